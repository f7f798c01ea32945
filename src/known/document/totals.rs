//! Totals in a document's prose, such as `**Total: 48 tests**`.

use std::sync::Arc;

/// A number that prose gives as a total.
#[derive(Debug, Clone)]
pub(in crate::known) struct StatedTotal {
    /// 1-based.
    pub line: u32,
    pub stated: u64,
    /// The headings above it, outermost first.
    pub section: Arc<[String]>,
}

/// The number in a line that begins with a bare total. Lines such as `Total of this week: 5` may count anything
/// and are ignored.
pub(super) fn parse_total(line: &str) -> Option<u64> {
    let text = line.trim_start_matches(['-', '*', '+', '_', ' ', '\t', '>']);
    let (total, number) = text.split_once(':')?;
    let number = number.trim_start_matches(['*', '_', ' ']);
    let digits = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
    let mut following = number[digits.len()..].chars();
    // `1.5`, `48%`, `3/5` and `8→6` are not counts of rows.
    let is_whole = match (following.next(), following.next()) {
        (Some('.' | ','), after) => after.is_none_or(char::is_whitespace),
        (Some('%' | '/' | '→' | '-' | ':'), _) => false,
        (_, _) => true,
    };
    let is_total = total.trim_matches(['*', '_', ' ']).eq_ignore_ascii_case("total");
    digits.parse().ok().filter(|_| is_total && is_whole)
}
