//! GitHub's own renderer, cmark-gfm, has the same opinion of hostile texts as ours.
//!
//! The texts of `escaping` go through the functions of each place, all in one batch through
//! `tests/github-markdown/render.py`. A newcomer's trap: comrak is a port of cmark-gfm and differs from it
//! in corners, such as a backslash before an escaped pipe; what people see is cmark-gfm.

use crate::escaping::{hostile, shown};
use knownfail::known::{Pattern, escape_cell};
use knownfail::render::markdown::escape;
use knownfail::sanitize;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// How many texts are tried in each place.
const TEXTS: usize = 3_000;

/// The start tag and the text directly inside.
pub type Element = (String, String);

/// A place where texts from outside stand: the Markdown, and what has to come of it.
struct Place {
    markdown: String,
    expected: Vec<Element>,
}

#[test]
fn github_shows_every_text_as_it_is() {
    let mut runner = TestRunner::default();
    let mut text = || hostile().new_tree(&mut runner).unwrap().current();
    let places: Vec<Place> = (0..TEXTS).flat_map(|_| places(&text(), &text())).collect();
    let sources: Vec<&str> = places.iter().map(|place| place.markdown.as_str()).collect();
    let rendered = render(&sources);
    assert_eq!(rendered.len(), places.len());
    for (place, elements) in places.iter().zip(&rendered) {
        let elements: Vec<Element> =
            elements.iter().map(|(tag, text)| element(tag, text)).collect();
        assert_eq!(elements, place.expected, "{}", place.markdown);
    }
}

fn places(text: &str, other: &str) -> [Place; 6] {
    let code = element("<code>", &shown(text));
    let prose = shown(other.trim());
    let lines: Vec<String> = sanitize::lines(text).map(|line| line.into_owned()).collect();
    let cells = escape::table_row(&[escape::code(text), escape::text(other)]);
    [
        Place {
            markdown: format!("x {} x", escape::code(text)),
            expected: vec![element("<p>", "x  x"), code.clone()],
        },
        Place {
            markdown: format!("| h | h |\n| --- | --- |\n{cells}"),
            expected: table(2, [element("<td>", ""), code, element("<td>", &prose)]),
        },
        Place {
            markdown: format!("- {}", escape::text(other)),
            expected: vec![element("<ul>", ""), element("<li>", &prose)],
        },
        Place {
            markdown: format!("<details><summary>{}</summary></details>", escape::html(text)),
            expected: vec![element("<details>", ""), element("<summary>", &shown(text))],
        },
        Place {
            markdown: escape::fenced("text", &lines),
            expected: vec![
                element("<pre lang=\"text\">", ""),
                element("<code>", &lines.join("\n")),
            ],
        },
        row(&shown(text)),
    ]
}

/// A name as a cell of the document: what is seen is the pattern for this name and no other.
fn row(name: &str) -> Place {
    let (cell, pattern) = (escape_cell(name), Pattern::literal(name));
    let expected = match cell.starts_with('`') {
        true => table(1, [element("<td>", ""), element("<code>", &pattern)]),
        false => table(1, [element("<td>", &pattern)]),
    };
    Place { markdown: format!("| h |\n| --- |\n| {cell} |\n"), expected }
}

/// A table whose header is `h` in each column, and whose one row is this.
fn table<const N: usize>(columns: usize, row: [Element; N]) -> Vec<Element> {
    let mut table = vec![element("<table>", ""), element("<thead>", ""), element("<tr>", "")];
    table.extend(vec![element("<th>", "h"); columns]);
    table.extend([element("<tbody>", ""), element("<tr>", "")]);
    table.extend(row);
    table
}

/// An element, without what is not seen: zero-width spaces, and line ends between elements.
fn element(tag: &str, text: &str) -> Element {
    (tag.to_owned(), text.replace('\u{200b}', "").trim_matches('\n').to_owned())
}

/// Renders texts in one process.
pub fn render(sources: &[&str]) -> Vec<Vec<Element>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new("/usr/bin/python3")
        .arg(root.join("tests/github-markdown/render.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("install: apt-get install python3-cmarkgfm");
    let mut input = python.stdin.take().unwrap();
    // All is read before anything is written: no pipe fills up.
    serde_json::to_writer(&mut input, sources).unwrap();
    input.flush().unwrap();
    drop(input);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "if cmarkgfm is missing: apt-get install python3-cmarkgfm");
    serde_json::from_slice(&output.stdout).unwrap()
}
