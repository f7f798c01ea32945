//! One line of a document with carets below the part that is meant.
//!
//! In: the line and the columns. Out: two indented lines of text. A newcomer's trap: what a line holds may
//! be invisible or move the cursor; it comes out as an escape, which is wider than the character was.

use super::{Colour, Style, styled};
use crate::sanitize;
use std::fmt::Write;
use std::ops::Range;

/// Characters of the line that are shown.
const WIDTH: usize = 100;
/// Characters that stay in front of the part that is meant when the line's start is cut.
const BEFORE: usize = 20;
const CUT: char = '…';

/// The line, cut around the columns (in characters, from 1), and below it the carets.
pub fn render_excerpt(line: &str, columns: &Range<u32>, colour: Colour) -> String {
    let meant = columns.start.saturating_sub(1) as usize..columns.end.saturating_sub(1) as usize;
    let first = if meant.start + BEFORE < WIDTH { 0 } else { meant.start - BEFORE };
    let (mut text, mut blanks, mut carets) = (String::new(), 0, 0);
    if first > 0 {
        text.push(CUT);
        blanks += 1;
    }
    let mut chars = line.chars().enumerate().skip(first);
    for (at, c) in chars.by_ref().take(WIDTH) {
        let shown = shown(c);
        let width = shown.chars().count();
        text.push_str(&shown);
        match at {
            at if at < meant.start => blanks += width,
            at if at < meant.end => carets += width,
            _ => {}
        }
    }
    if chars.next().is_some() {
        text.push(CUT);
    }
    let carets = styled(colour, Style::Strong, &"^".repeat(carets.max(1)));
    let mut excerpt = String::new();
    let _ = writeln!(excerpt, "    {}\n    {}{carets}", text.trim_end(), " ".repeat(blanks));
    excerpt
}

fn shown(c: char) -> String {
    if c == '\t' { " ".to_owned() } else { sanitize::line(c.encode_utf8(&mut [0; 4])).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, columns: Range<u32>) -> String {
        render_excerpt(line, &columns, Colour::Never)
    }

    #[test]
    fn carets_stand_below_what_is_meant() {
        assert_eq!(excerpt("|\ta.b | x", 3..6), "    | a.b | x\n      ^^^\n");
        assert_eq!(excerpt("a\u{202e}b", 2..4), "    a\\u{202e}b\n     ^^^^^^^^^\n");
        assert_eq!(excerpt("", 1..2), "    \n    ^\n");
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_meant() {
        let line = format!("{}here{}", "a".repeat(200), "b".repeat(200));
        let cut = format!("    …{}here{}…\n", "a".repeat(20), "b".repeat(76));
        assert_eq!(excerpt(&line, 201..205), format!("{cut}    {}^^^^\n", " ".repeat(21)));
        let whole = format!("    {}…\n    {}\n", "a".repeat(100), "^".repeat(100));
        assert_eq!(excerpt(&line, 1..401), whole);
    }
}
