//! GitHub's own renderer, cmark-gfm, renders hostile texts as comrak does.
//!
//! The texts of `escaping` go through the escaping of each output, all in one batch through `tests/github-markdown/render.py`.
//! comrak is a port of cmark-gfm and differs in corners, such as a backslash before an escaped pipe; people see cmark-gfm.

use crate::escaping::{escape, hostile_text};
use knownfail::known::{Pattern, escape_cell};
use knownfail::render::markdown::escape;
use knownfail::sanitize;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Number of texts for each output.
const TEXT_COUNT: usize = 3_000;

/// The start tag and the text directly inside it.
pub(crate) type Element = (String, String);

/// An output with untrusted text: the Markdown, and how it has to be rendered.
struct RenderCase {
    markdown: String,
    expected: Vec<Element>,
}

#[test]
fn github_renders_every_text_literally() {
    let mut runner = TestRunner::default();
    let mut text = || hostile_text().new_tree(&mut runner).unwrap().current();
    let cases: Vec<RenderCase> =
        (0..TEXT_COUNT).flat_map(|_| render_cases(&text(), &text())).collect();
    let sources: Vec<&str> = cases.iter().map(|place| place.markdown.as_str()).collect();
    let rendered = render(&sources);
    assert_eq!(rendered.len(), cases.len());
    for (place, elements) in cases.iter().zip(&rendered) {
        let elements: Vec<Element> =
            elements.iter().map(|(tag, text)| element(tag, text)).collect();
        assert_eq!(elements, place.expected, "{}", place.markdown);
    }
}

fn render_cases(text: &str, other: &str) -> [RenderCase; 6] {
    let code = element("<code>", &escape(text));
    let prose = escape(other.trim());
    let lines: Vec<String> = sanitize::lines(text).map(|line| line.into_owned()).collect();
    let cells = escape::table_row(&[escape::code(text), escape::escape_text(other)]);
    [
        RenderCase {
            markdown: format!("x {} x", escape::code(text)),
            expected: vec![element("<p>", "x  x"), code.clone()],
        },
        RenderCase {
            markdown: format!("| h | h |\n| --- | --- |\n{cells}"),
            expected: table(2, [element("<td>", ""), code, element("<td>", &prose)]),
        },
        RenderCase {
            markdown: format!("- {}", escape::escape_text(other)),
            expected: vec![element("<ul>", ""), element("<li>", &prose)],
        },
        RenderCase {
            markdown: format!(
                "<details><summary>{}</summary></details>",
                escape::escape_html(text)
            ),
            expected: vec![element("<details>", ""), element("<summary>", &escape(text))],
        },
        RenderCase {
            markdown: escape::fenced("text", &lines),
            expected: vec![
                element("<pre lang=\"text\">", ""),
                element("<code>", &lines.join("\n")),
            ],
        },
        row_case(&escape(text)),
    ]
}

/// A name as a cell of the document: the visible text is the pattern for this name only.
fn row_case(name: &str) -> RenderCase {
    let (cell, pattern) = (escape_cell(name), Pattern::for_name(name));
    let expected = if cell.starts_with('`') {
        table(1, [element("<td>", ""), element("<code>", &pattern)])
    } else {
        table(1, [element("<td>", &pattern)])
    };
    RenderCase { markdown: format!("| h |\n| --- |\n| {cell} |\n"), expected }
}

/// A table with the header `h` in each column, and this single row.
fn table<const N: usize>(columns: usize, row: [Element; N]) -> Vec<Element> {
    let mut table = vec![element("<table>", ""), element("<thead>", ""), element("<tr>", "")];
    table.extend(vec![element("<th>", "h"); columns]);
    table.extend([element("<tbody>", ""), element("<tr>", "")]);
    table.extend(row);
    table
}

/// An element without what is invisible: zero-width spaces, and line ends between elements.
fn element(tag: &str, text: &str) -> Element {
    (tag.to_owned(), text.replace('\u{200b}', "").trim_matches('\n').to_owned())
}

/// Renders texts in one process.
pub(crate) fn render(sources: &[&str]) -> Vec<Vec<Element>> {
    ask_python("render.py", sources)
}

/// Runs a script of `tests/github-markdown` on all texts at once.
pub(crate) fn ask_python<T: DeserializeOwned>(script: &str, texts: &[impl Serialize]) -> T {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let needed = "install: apt-get install python3-cmarkgfm python3-html5lib";
    let mut python = Command::new("/usr/bin/python3")
        .arg(root.join("tests/github-markdown").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect(needed);
    let mut input = python.stdin.take().unwrap();
    // All is read before anything is written: no pipe fills up.
    serde_json::to_writer(&mut input, texts).unwrap();
    input.flush().unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "if a module is missing, {needed}");
    serde_json::from_slice(&output.stdout).unwrap()
}
