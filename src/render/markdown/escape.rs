//! Text from outside escaped for GitHub's Markdown: one function for each context.
//!
//! A backslash stops neither a mention nor an issue reference, since GitHub looks for those in the rendered text; and
//! a code span does not protect a pipe in a table.
//!
//! Specification: <https://github.github.com/gfm/>

use crate::report::{RichText, TextPiece};
use crate::sanitize;

/// Prevents GitHub from linking mentions, issue references and commits in plain text.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Characters that are markup anywhere in a line.
const INLINE_MARKUP: &str = "\\`*_[]<>&~$#@:!";
/// Characters that begin a list, a heading or a rule, in the first word of a line.
const BLOCK_MARKUP: &str = "-+.)=";

/// Characters of a name that are shown.
const MAX_NAME_LEN: usize = 300;

/// The name of a test, or a pattern, as code; a long one is truncated.
pub fn test_name(text: &str) -> String {
    code(&sanitize::truncate(text, MAX_NAME_LEN))
}

/// A text as a code span on one line.
pub fn code(text: &str) -> String {
    let text = sanitize::single_line(text);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    // Markdown parsers disagree on a backslash and an escaped pipe in a table.
    if text.contains("\\|") {
        return code_element(&text);
    }
    let fence = "`".repeat(longest_backtick_run(&text) + 1);
    // Spaces at both edges are stripped, unless the text is all spaces.
    let edge = |c: Option<char>| matches!(c, Some('`' | ' '));
    let at_edge = edge(text.chars().next()) || edge(text.chars().last());
    let pad = if at_edge && !text.trim_matches(' ').is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A text as a `<code>` element, its punctuation as character references.
fn code_element(text: &str) -> String {
    let escape = |c: char| match c {
        '@' => format!("&#{};{ZERO_WIDTH_SPACE}", u32::from(c)),
        c if c.is_ascii_punctuation() => format!("&#{};", u32::from(c)),
        c => c.to_string(),
    };
    format!("<code>{}</code>", text.chars().map(escape).collect::<String>())
}

/// A row of a table. Its cells are Markdown; their pipes are escaped, since not even a code span protects one.
pub fn table_row(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A text as prose on one line: nothing in it is markup, a mention, a reference or a link. A pipe is markup only in
/// a table, and [`table_row`] escapes it.
pub fn escape_text(raw: &str) -> String {
    escape_untrimmed(raw.trim())
}

/// The same with the spaces at both edges.
fn escape_untrimmed(raw: &str) -> String {
    let raw = sanitize::single_line(raw);
    let mut safe = String::with_capacity(raw.len() + 16);
    let (mut hex, mut first_word) = (0, true);
    for (at, c) in raw.char_indices() {
        hex = if c.is_ascii_hexdigit() { hex + 1 } else { 0 };
        // Seven hexadecimal digits look like a commit.
        if hex == 7 {
            safe.push(ZERO_WIDTH_SPACE);
            hex = 0;
        }
        let prefix = &raw[..at];
        if c == '.' && ends_with_ignoring_case(prefix, "www") {
            safe.push(ZERO_WIDTH_SPACE);
        }
        let opens_block = first_word && BLOCK_MARKUP.contains(c);
        first_word &= c != ' ';
        if INLINE_MARKUP.contains(c) || opens_block {
            safe.push('\\');
        }
        safe.push(c);
        let needs_break = matches!(c, '@' | '#') || (c == ':' && raw[at..].starts_with("://"));
        if needs_break || (c == '-' && ends_with_ignoring_case(prefix, "gh")) {
            safe.push(ZERO_WIDTH_SPACE);
        }
    }
    safe
}

/// A text as prose in which words in backquotes are code, as in the messages of errors.
pub fn text_with_code(raw: &str) -> String {
    let parts: Vec<&str> = raw.trim().split('`').collect();
    let mut safe = String::with_capacity(raw.len() + 16);
    for (at, part) in parts.iter().enumerate() {
        let (is_outside, is_closed) = (at % 2 == 0, at + 1 < parts.len());
        match (is_outside, is_closed) {
            // Adjacent code spans would be one.
            (true, true) if part.is_empty() && at > 0 => safe.push(ZERO_WIDTH_SPACE),
            (true, _) => safe += &escape_untrimmed(part),
            (false, true) => safe += &code(part),
            (false, false) => safe += &escape_untrimmed(&format!("`{part}")),
        }
    }
    safe
}

/// A text inside the tags of HTML, such as a `<summary>`, where Markdown is off.
pub fn escape_html(raw: &str) -> String {
    let mut safe = String::new();
    for c in sanitize::single_line(raw).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '@' | '#' => safe.extend([c, ZERO_WIDTH_SPACE]),
            c => safe.push(c),
        }
    }
    safe
}

/// The start of a name as code inside the tags of HTML.
pub fn code_in_html(raw: &str) -> String {
    format!("<code>{}</code>", escape_html(&sanitize::truncate(raw, 200)))
}

/// Lines as a fenced block. `language` is not escaped.
pub fn fenced(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_backtick_run(line)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

/// A message: its own text as it is, quoted text as code spans.
pub fn rich_text(text: &RichText) -> String {
    let piece = |piece: &TextPiece| match piece {
        TextPiece::Text(text) => text.clone(),
        TextPiece::Quoted(quoted) => test_name(quoted),
    };
    text.pieces().iter().map(piece).collect()
}

/// A link whose text is code. Text from outside in `url` has to be percent-encoded.
pub fn code_link(label: &str, url: &str) -> String {
    link(&code(label), url)
}

/// A link whose text is Markdown.
pub fn link(markdown: &str, url: &str) -> String {
    format!("[{markdown}]({url})")
}

/// A path from outside, percent-encoded as part of an address.
pub fn url_path(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                encoded.push(char::from(byte));
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn longest_backtick_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn ends_with_ignoring_case(text: &str, suffix: &str) -> bool {
    let start = text.len().checked_sub(suffix.len());
    start.and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}
