//! Every English sentence about a run that a user sees, one file a subject.
//!
//! In: facts. Out: [`Sentence`]s without markup. A newcomer's trap: texts from outside go into `quote`,
//! never into `words`, or a test's name could break a comment. Errors of the program itself, and what `why` prints,
//! are worded where they are made.

pub(crate) mod changes;
pub(crate) mod gaps;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod outcomes;
pub(crate) mod problems;
pub(crate) mod rows;
pub(crate) mod verdict;

pub(crate) use changes::*;
pub(crate) use gaps::*;
pub(crate) use history::*;
pub(crate) use import::*;
pub(crate) use outcomes::*;
pub(crate) use problems::*;
pub(crate) use rows::*;
pub(crate) use verdict::*;

use super::RichText;

/// `1 test`, `2 tests`.
pub(crate) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A number with its thousands apart: `12,345`.
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

/// A text that begins as a sentence does.
pub(crate) fn capitalize(text: &str) -> String {
    let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
    first.to_uppercase() + rest
}

/// Names with commas between.
pub(crate) fn append_quoted_list(text: RichText, names: &[String]) -> RichText {
    names.iter().enumerate().fold(text, |said, (index, name)| {
        said.text(if index == 0 { "" } else { ", " }).quoted(name)
    })
}

/// A day, in UTC: `2026-03-01`.
pub(crate) fn date(time: jiff::Timestamp) -> String {
    time.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

/// What was not named.
pub(crate) fn and_more(n: usize) -> String {
    format!("and {} more", number(n as u64))
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
