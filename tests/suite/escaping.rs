//! Names of tests are only text in every output.
//!
//! Any text goes through the escaping of each output, then through a parser of that output: comrak with GitHub's settings for
//! Markdown, and `runner_protocol` for workflow commands.

use crate::runner_protocol::Runner;
use comrak::nodes::NodeValue;
use comrak::{Arena, Options};
use knownfail::render::annotations;
use knownfail::render::markdown::escape;
use proptest::prelude::*;

/// Texts made of the building blocks of attacks.
pub(crate) fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "B",
        "1",
        " ",
        "  ",
        "|",
        "\\",
        "\\|",
        "`",
        "``",
        "```",
        "*",
        "_",
        "~~",
        "@team",
        "#1",
        "GH-1",
        "<img src=x>",
        "<!--",
        "-->",
        "]]>",
        "&lt;",
        "&#64;",
        "[x](y)",
        "![x](y)",
        "<details>",
        "</details>",
        "</summary>",
        "http://example.com",
        "www.example.com",
        "a@example.com",
        "::error::",
        "##[error]",
        "::stop-commands::x",
        "%0A",
        "\n",
        "\r",
        "\t",
        "\u{a0}",
        "\u{202e}",
        "\u{1b}[31m",
        "\u{0}",
        "$x$",
        "- ",
        "1. ",
        "> ",
        "# ",
        "---",
        "===",
        "ü",
        "語",
        ":",
        ",",
        "::",
        "\u{2028}",
        "0123456789abcdef0123456789abcdef01234567",
        "OWNER/REPO#1",
    ]);
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

/// comrak with GitHub's settings.
pub(crate) fn github_options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options
}

/// The kinds of the inline nodes of a text in GitHub's Markdown, and all its literal text.
fn read(source: &str) -> (Vec<&'static str>, String) {
    let arena = Arena::new();
    let root = comrak::parse_document(&arena, source, &github_options());
    let (mut kinds, mut text) = (Vec::new(), String::new());
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(literal) => text.push_str(literal),
            NodeValue::Code(code) => {
                kinds.push("code");
                text.push_str(&code.literal);
            }
            NodeValue::HtmlInline(_) | NodeValue::HtmlBlock(_) => kinds.push("html"),
            NodeValue::Link(_) => kinds.push("link"),
            NodeValue::Image(_) => kinds.push("image"),
            NodeValue::Emph | NodeValue::Strong | NodeValue::Strikethrough => {
                kinds.push("emphasis")
            }
            NodeValue::FootnoteReference(_) => kinds.push("footnote"),
            NodeValue::Heading(_) | NodeValue::List(_) | NodeValue::BlockQuote => {
                kinds.push("block")
            }
            NodeValue::CodeBlock(_) | NodeValue::ThematicBreak => kinds.push("block"),
            NodeValue::TableRow(_) => kinds.push("row"),
            NodeValue::TableCell => kinds.push("cell"),
            NodeValue::SoftBreak | NodeValue::LineBreak => kinds.push("break"),
            _ => {}
        }
    }
    (kinds, text)
}

/// A code span, or the `<code>` element that replaces one in which a backslash precedes a pipe.
fn is_code(kinds: &[&str]) -> bool {
    kinds == ["code"] || kinds == ["html", "html"]
}

/// A text on one line, with invisible characters as escapes.
pub(crate) fn escape(text: &str) -> String {
    knownfail::model::TestName::escape(text).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn code_span_contains_only_the_text(text in hostile_text()) {
        let (kinds, read) = read(&format!("x {} x", escape::code(&text)));
        prop_assert!(is_code(&kinds), "{:?}", kinds);
        prop_assert_eq!(read.replace('\u{200b}', ""), format!("x {} x", escape(&text)));
    }

    #[test]
    fn table_cell_contains_only_the_text(text in hostile_text(), other in hostile_text()) {
        let table = format!(
            "| a | b |\n| --- | --- |\n{}",
            escape::table_row(&[escape::code(&text), escape::escape_text(&other)])
        );
        let (kinds, read) = read(&table);
        let (frame, content) = kinds.split_at(5);
        prop_assert_eq!(frame, ["row", "cell", "cell", "row", "cell"], "{}", table);
        let (last, code) = content.split_last().unwrap();
        prop_assert!(is_code(code) && *last == "cell", "{:?}: {}", kinds, table);
        let read = read.replace('\u{200b}', "");
        prop_assert!(read.contains(&escape(&text)), "{:?} in {:?}", text, read);
    }

    #[test]
    fn prose_renders_as_plain_text(text in hostile_text()) {
        let (kinds, read) = read(&format!("x {} x", escape::escape_text(&text)));
        prop_assert_eq!(kinds, Vec::<&str>::new(), "{}", escape::escape_text(&text));
        // At the start of a list item, where blocks could begin.
        let (kinds, _) = self::read(&format!("- {}: x", escape::escape_text(&text)));
        prop_assert_eq!(kinds, ["block"], "{}", escape::escape_text(&text));
        // GitHub looks for mentions and references after rendering the Markdown.
        for marker in ["@team", "#1", "GH-1", "http://", "www.example"] {
            prop_assert!(!read.contains(marker), "{marker} in {read:?}");
        }
    }

    #[test]
    fn prose_with_code_renders_only_text_and_code(text in hostile_text()) {
        let prose = escape::text_with_code(&text);
        for source in [format!("x {prose} x"), format!("x\n\n{prose}")] {
            let (kinds, _) = self::read(&source);
            // A backslash before a pipe turns a span into an element.
            let is_allowed = |kind: &&str| *kind == "code" || *kind == "html" && text.contains("\\|");
            prop_assert!(kinds.iter().all(is_allowed), "{kinds:?}: {prose}");
        }
    }

    #[test]
    fn escaped_html_contains_no_markup(text in hostile_text()) {
        let html = escape::escape_html(&text);
        prop_assert!(!html.contains(['<', '>', '"']), "{}", html);
    }

    #[test]
    fn fenced_block_contains_only_its_lines(text in hostile_text()) {
        let lines: Vec<String> =
            knownfail::sanitize::lines(&text).map(|line| line.into_owned()).collect();
        let (kinds, _) = read(&format!("{}\nend", escape::fenced("text", &lines)));
        prop_assert_eq!(kinds, ["block"]);
    }

    #[test]
    fn untrusted_text_adds_no_workflow_command(title in hostile_text(), message in hostile_text(), log in hostile_text()) {
        let command = format!("::error title={}::{}\n", annotations::escape_property(&title), annotations::escape_data(&message));
        let printed = annotations::neutralize_commands(&knownfail::sanitize::lines(&log).fold(
            String::new(),
            |text, line| text + "  " + &line + "\n",
        ));
        let mut runner = Runner::default();
        runner.read(&format!("{printed}{command}"));
        prop_assert_eq!(runner.annotations.len(), 1, "{}{}", printed, command);
        prop_assert!(runner.complaints.is_empty(), "{:?}", runner.complaints);
        prop_assert!(runner.masks.is_empty(), "{:?}", runner.masks);
    }
}
