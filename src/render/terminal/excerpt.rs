//! One line of a document with carets under the columns that a problem is about.
//!
//! Invisible characters are shown as escapes, which are wider than one column, and the carets follow.

use super::style::{Color, Style, styled};
use crate::sanitize;
use std::fmt::Write;
use std::ops::Range;

/// Characters of the line that are shown.
const MAX_WIDTH: usize = 100;
/// Characters that are kept to the left of the marked ones when the start of the line is cut.
const CONTEXT_LEN: usize = 20;
const ELLIPSIS: char = '…';

/// The line, cut around `columns` (in characters, from 1), and a line with the carets.
pub fn render_excerpt(line: &str, columns: &Range<u32>, color: Color) -> String {
    let marked = columns.start.saturating_sub(1) as usize..columns.end.saturating_sub(1) as usize;
    let first = if marked.start + CONTEXT_LEN < MAX_WIDTH { 0 } else { marked.start - CONTEXT_LEN };
    let (mut text, mut padding, mut carets) = (String::new(), 0, 0);
    if first > 0 {
        text.push(ELLIPSIS);
        padding += 1;
    }
    let mut chars = line.chars().enumerate().skip(first);
    for (at, c) in chars.by_ref().take(MAX_WIDTH) {
        let escaped = escape_char(c);
        let width = escaped.chars().count();
        text.push_str(&escaped);
        match at {
            at if at < marked.start => padding += width,
            at if at < marked.end => carets += width,
            _ => {}
        }
    }
    if chars.next().is_some() {
        text.push(ELLIPSIS);
    }
    let carets = styled(color, Style::Bold, &"^".repeat(carets.max(1)));
    let mut excerpt = String::new();
    let _ = writeln!(excerpt, "    {}\n    {}{carets}", text.trim_end(), " ".repeat(padding));
    excerpt
}

fn escape_char(c: char) -> String {
    if c == '\t' {
        " ".to_owned()
    } else {
        sanitize::single_line(c.encode_utf8(&mut [0; 4])).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, columns: Range<u32>) -> String {
        render_excerpt(line, &columns, Color::Never)
    }

    #[test]
    fn carets_mark_the_columns() {
        assert_eq!(excerpt("|\ta.b | x", 3..6), "    | a.b | x\n      ^^^\n");
        assert_eq!(excerpt("a\u{202e}b", 2..4), "    a\\u{202e}b\n     ^^^^^^^^^\n");
        assert_eq!(excerpt("", 1..2), "    \n    ^\n");
    }

    #[test]
    fn long_line_is_truncated_around_the_columns() {
        let line = format!("{}here{}", "a".repeat(200), "b".repeat(200));
        let cut = format!("    …{}here{}…\n", "a".repeat(20), "b".repeat(76));
        assert_eq!(excerpt(&line, 201..205), format!("{cut}    {}^^^^\n", " ".repeat(21)));
        let whole = format!("    {}…\n    {}\n", "a".repeat(100), "^".repeat(100));
        assert_eq!(excerpt(&line, 1..401), whole);
    }
}
