//! Every sentence about a run that a user sees, one file for each subject.
//!
//! Text from outside is quoted, or a test's name could break a comment. Errors of the program itself, and what `why`
//! prints, are worded where they are made.

mod annotations;
mod changes;
mod gaps;
mod history;
mod import;
mod outcomes;
mod problems;
mod publishing;
mod rows;
mod verdict;

pub(crate) use annotations::*;
pub(crate) use changes::*;
pub(crate) use gaps::*;
pub(crate) use history::*;
pub(crate) use import::*;
pub(crate) use outcomes::*;
pub(crate) use problems::*;
pub(crate) use publishing::*;
pub(crate) use rows::*;
pub(crate) use verdict::*;

use super::RichText;

/// `1 test`, `2 tests`
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// `12,345`
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The text with a capital letter at its start.
pub(crate) fn capitalize(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

/// The template with its `{}` replaced by quoted text.
fn quoting<const N: usize>(template: &str, quoted: [&str; N]) -> RichText {
    let mut parts = template.split("{}");
    let first = RichText::new(parts.next().unwrap_or_default());
    parts.zip(quoted).fold(first, |text, (part, quoted)| text.quoted(quoted).text(part))
}

/// Appends quoted names, separated by commas.
fn append_names<'n>(text: RichText, names: impl IntoIterator<Item = &'n String>) -> RichText {
    names.into_iter().enumerate().fold(text, |text, (index, name)| {
        text.text(if index == 0 { "" } else { ", " }).quoted(name)
    })
}

/// The day in UTC: `2026-03-01`
pub(crate) fn date(time: jiff::Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// `and 7 more`
pub(crate) fn and_more(n: usize) -> String {
    format!("and {} more", number(n as u64))
}

/// ` and 7 more`; empty for 0.
fn and_more_if_any(n: usize) -> String {
    if n == 0 { String::new() } else { format!(" {}", and_more(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated_by_commas() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
    }
}
