//! Every sentence about a run that a user sees, one file for each subject.
//!
//! Text from outside is quoted, or a test's name could break a comment. Errors of the program itself, and what `why`
//! prints, are worded where they are made.

mod annotations;
mod changes;
mod gaps;
mod history;
mod import;
mod init;
mod lists;
mod name_hints;
mod outcomes;
mod problems;
mod publishing;
mod rows;
mod shell;
mod verdict;

pub(crate) use annotations::*;
pub(crate) use changes::*;
pub(crate) use gaps::*;
pub(crate) use history::*;
pub(crate) use import::*;
pub(crate) use init::*;
pub(crate) use lists::*;
pub(crate) use name_hints::*;
pub(crate) use outcomes::*;
pub(crate) use problems::*;
pub(crate) use publishing::*;
pub(crate) use rows::*;
pub(crate) use shell::shell_word;
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

/// The text with a capital letter at its start and a full stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim();
    let stop = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    capitalize(text) + stop
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
    use super::gaps::{count_mismatch, excess_infrastructure, never_ended};
    use super::*;
    use crate::model::ProblemKind;
    use crate::report::RunScope;

    #[test]
    fn thousands_are_separated_by_commas() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1000), "1,000");
        assert_eq!(number(1_234_567), "1,234,567");
    }

    /// A message for a number, and what it is for 1 and 2.
    type Counted = (fn(u64) -> String, &'static str, &'static str);

    #[test]
    fn words_agree_with_their_number() {
        const COUNTED: &[Counted] = &[
            (
                failures_with_remarks,
                "1 known failure with a remark",
                "2 known failures with remarks",
            ),
            (
                mismatches,
                "1 known failure with a different message",
                "2 known failures with a different message",
            ),
            (
                flaky_tests,
                "1 test failed, then passed when it was retried",
                "2 tests failed, then passed when they were retried",
            ),
            (missing, "1 test of the base run did not run", "2 tests of the base run did not run"),
            (
                fixed,
                "1 test failed in the base run and passes now",
                "2 tests failed in the base run and pass now",
            ),
            (
                hidden_regressions,
                "1 regression hidden by a row: a known failure that passed in the base run",
                "2 regressions hidden by rows: known failures that passed in the base run",
            ),
            (
                |n| rows_that_pass(n, RunScope::Whole),
                "1 row can be removed",
                "2 rows can be removed",
            ),
            (
                |n| rows_that_pass(n, RunScope::OneOfMatrix),
                "1 row passes in this variant",
                "2 rows pass in this variant",
            ),
            (
                |n| patch(n, "K.md", RunScope::Whole),
                "Patch that removes 1 row from K.md",
                "Patch that removes 2 rows from K.md",
            ),
            (
                |n| patch(n, "K.md", RunScope::OneOfMatrix),
                "Patch that removes 1 row from K.md: apply it if no other variant needs it",
                "Patch that removes 2 rows from K.md: apply it if no other variant needs them",
            ),
            (
                mixed_rows,
                "1 row covers tests that do not fail",
                "2 rows cover tests that do not fail",
            ),
            (
                unconfirmed_rows,
                "1 row passes, but not in enough runs or variants",
                "2 rows pass, but not in enough runs or variants",
            ),
            (
                strictest_rows,
                "1 row passes, but without it another row would excuse more",
                "2 rows pass, but without them another row would excuse more",
            ),
            (
                |n| closed_issue_with_rows("#1", n).to_string(),
                "`#1` is closed, and 1 row names it",
                "`#1` is closed, and 2 rows name it",
            ),
            (
                |n| never_ended(n).to_string(),
                "1 test started and never ended",
                "2 tests started and never ended",
            ),
            (
                |n| excess_infrastructure(n).to_string(),
                "1 test failed because of infrastructure, more than --max-infra allows",
                "2 tests failed because of infrastructure, more than --max-infra allows",
            ),
            (
                |n| count_mismatch("failing tests", n, 0),
                "the file declares a total of 1 for failing tests and contains 0",
                "the file declares a total of 2 for failing tests and contains 0",
            ),
            (
                |n| failure_rate(1, n as usize).to_string(),
                "failed in 1 of 1 earlier run",
                "failed in 1 of 2 earlier runs",
            ),
            (|n| import_summary(n, 0, 0), "1 row: nothing was lost", "2 rows: nothing was lost"),
            (
                |n| import_summary(1, 0, n),
                "1 row; 1 entry was left out or changed",
                "1 row; 2 entries were left out or changed",
            ),
            (
                |n| problem(&ProblemKind::LooksLikeList { names: n as usize }).to_string(),
                "1 cell of this table is a test of the run, but no column is headed `Test`, so that its rows \
                 are not read",
                "2 cells of this table are tests of the run, but no column is headed `Test`, so that its rows \
                 are not read",
            ),
            (
                |n| {
                    problem(&ProblemKind::ExtraCells { found: 4, expected: n as usize }).to_string()
                },
                "the row has 4 cells and its table 1 column: Markdown drops the rest (a pipe inside a cell is \
                 written `\\|`)",
                "the row has 4 cells and its table 2 columns: Markdown drops the rest (a pipe inside a cell is \
                 written `\\|`)",
            ),
        ];
        for (message, one, two) in COUNTED {
            assert_eq!((message(1).as_str(), message(2).as_str()), (*one, *two));
        }
        assert_eq!(in_all_variants(2), " in both variants");
        assert_eq!(in_all_variants(3), " in all 3 variants");
    }

    #[test]
    fn sentence_has_one_capital_and_one_full_stop() {
        for (text, sentence) in
            [("no file", "No file."), ("No file.", "No file."), ("why? ", "Why?")]
        {
            assert_eq!(super::sentence(text), sentence);
        }
    }
}
