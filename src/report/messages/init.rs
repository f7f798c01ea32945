//! What `init` and `list` report, and the prose of a first list.

use super::{count, number};
use crate::known::ListStyle;
use std::fmt::Write;

/// The prose of a list that is written from a run, one paragraph each.
pub(crate) fn intro_of_list(style: ListStyle) -> Vec<String> {
    let (entry, what) = match style {
        ListStyle::Markdown => ("row", "the reason, and an issue once there is one"),
        ListStyle::Plain => ("line", "the reason"),
    };
    vec![format!(
        "The tests that are expected to fail. A failure of any other test makes the check red.\n\
         Each {entry} gives {what}; it goes once its test passes."
    )]
}

/// The same of a list without entries, with an example that is no entry.
pub(crate) fn intro_of_empty_list(style: ListStyle) -> Vec<String> {
    let mut intro = intro_of_list(style);
    intro.push(match style {
        ListStyle::Markdown => {
            "For example, a row with the test name `suite.*`, the reason `Not implemented` and the issue `#1` excuses \
             the\nfailures of all tests below `suite`."
                .to_owned()
        }
        ListStyle::Plain => "For example: suite.*  # not implemented".to_owned(),
    });
    intro
}

/// `KNOWN_FAILURES.md: 12 rows for 14 failures; read back, they excuse all of them`
pub(crate) fn list_written(file: &str, entries: u64, style: ListStyle) -> String {
    let entries = match style {
        ListStyle::Markdown => count(entries, "row", "rows"),
        ListStyle::Plain => count(entries, "line", "lines"),
    };
    format!("{file}: written with {entries}\n")
}

/// A list from a run of which a part was not measured.
pub(crate) const INCOMPLETE_FIRST_LIST: &str =
    "the run is incomplete, and what was not measured cannot be listed:";

/// A plain list from results of several variants.
pub(crate) const PLAIN_HAS_NO_VARIANTS: &str =
    "a plain list has no variants: each line excuses its test in all of them";

/// Tests that a first list does not excuse, with the first of their names.
pub(crate) fn not_excused(tests: u64, first: &str) -> String {
    let tests = count(tests, "failure is", "failures are");
    format!("{tests} not excused by the new list, as that of {first}: add rows by hand")
}

/// What to do with a first list.
pub(crate) const NEXT_STEPS: &str =
    "commit it with a workflow such as the one below, and put in the command that runs the tests";

/// A list that was missing, and that `update --add` writes.
pub(crate) fn list_was_missing(file: &str) -> String {
    format!("{file} does not exist: it is created\n")
}

/// `489 tests in 3 files: smbtorture (2 files), junit`
pub(crate) fn results_read(tests: u64, files: u64, formats: &[(&str, u64)]) -> String {
    let mut text =
        format!("{} in {}", count(tests, "test", "tests"), count(files, "file", "files"));
    for (index, (format, files)) in formats.iter().enumerate() {
        let separator = if index == 0 { ": " } else { ", " };
        let _ = write!(text, "{separator}{format}");
        if formats.len() > 1 {
            let _ = write!(text, " ({})", count(*files, "file", "files"));
        }
    }
    text + "\n"
}

/// How many of the tests `--outcome` selects.
pub(crate) fn tests_selected(selected: u64) -> String {
    format!("{} selected by --outcome\n", number(selected))
}

/// Title of the folded rows for new failures.
pub(crate) fn rows_to_add(rows: u64) -> &'static str {
    match rows {
        1 => "Row to add, if the failure is expected",
        _ => "Rows to add, if the failures are expected",
    }
}

/// Rows of a job that does not know the other variants.
pub(crate) const ROWS_IN_ALL_VARIANTS: &str =
    "A row without variants also excuses its test in the variants of other jobs.";

/// New failures whose rows are not shown.
pub(crate) fn more_rows_to_add(rows: u64) -> String {
    format!(
        "{} not shown: `knownfail update --add` writes all of them.",
        match rows {
            1 => "1 more row is".to_owned(),
            n => format!("{} more rows are", number(n)),
        }
    )
}

/// The command that writes rows for new failures.
pub(crate) fn add_rows_with(command: &str) -> String {
    format!("To list them: {command}")
}

/// Of a test that passed when it was retried, in the list of tests.
pub(crate) const THEN_PASSED: &str = "  (passed when it was retried)";
