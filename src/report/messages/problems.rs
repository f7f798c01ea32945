//! Problems of documents and results: what is wrong and what to do about it, one sentence for each.

use super::gaps::{gap, unread};
use super::{count, number};
use crate::model::{ProblemKind, ResultsProblem};
use crate::report::RichText;

/// An open issue all of whose rows can be removed.
pub(crate) fn closing_issue(issue: &str) -> RichText {
    let closes = format!("closes {issue}");
    let text = RichText::new("the last rows of ").quoted(issue).text(" pass: write ");
    text.quoted(closes).text(" in the description")
}

/// A closed issue that rows still name.
pub(crate) fn closed_issue_with_rows(issue: &str, rows: u64) -> RichText {
    let rows = count(rows, "row names", "rows name");
    RichText::from_quoted(issue).text(format!(" is closed, and {rows} it"))
}

/// A row that `lint --fix` removed.
pub(crate) fn removed_duplicate(pattern: &str, first_line: u32) -> RichText {
    RichText::new("removed: ")
        .quoted(pattern)
        .text(format!(" is on line {first_line} too, with the same cells"))
}

/// What is wrong with an input.
pub(crate) fn problem(kind: &ProblemKind) -> RichText {
    match kind {
        ProblemKind::DroppedRow { pattern } => RichText::new("the row ")
            .quoted(pattern)
            .text(" is in no table: a blank line or a comment above it ends the table, and Markdown drops it"),
        ProblemKind::ExtraCells { found, expected } => RichText::new(format!(
            "the row has {found} cells and its table {expected} columns: Markdown drops the rest \
             (a pipe inside a cell is written "
        ))
        .quoted("\\|")
        .text(")"),
        ProblemKind::RowWithoutPipe => {
            RichText::new("this line is a row of the table above it: leave a blank line between them")
        }
        ProblemKind::DelimiterWidth { found: 0, .. } => RichText::new(
            "the header has no delimiter row below it: Markdown sees no table here",
        ),
        ProblemKind::DelimiterWidth { found, expected } => RichText::new(format!(
            "the delimiter row has {} and the header {expected}: Markdown sees no table here",
            count(*found as u64, "column", "columns")
        )),
        ProblemKind::NotUtf8 { lines } => {
            let more = match lines.saturating_sub(1) {
                0 => String::new(),
                n => format!(" (nor {})", count(n, "line below is", "lines below are")),
            };
            RichText::new(format!(
                "this line is not UTF-8{more}: what was read may be another name; save the document as UTF-8"
            ))
        }
        ProblemKind::EmptyPattern => RichText::new("the row names no test"),
        ProblemKind::BadRegex { pattern, why } => {
            RichText::new("the regular expression ").quoted(pattern).text(" cannot be read: ").quoted(why)
        }
        ProblemKind::DuplicateRow { pattern, first_file, first_line, same_reason } => {
            let also = if *same_reason { "" } else { ", with another reason" };
            RichText::from_quoted(pattern)
                .text(" is listed twice: first at ")
                .quoted(format!("{first_file}:{first_line}"))
                .text(also)
        }
        ProblemKind::ContradictingRow { pattern, first_file, first_line } => {
            RichText::from_quoted(pattern)
                .text(" is listed twice with different expectations: first at ")
                .quoted(format!("{first_file}:{first_line}"))
        }
        ProblemKind::UnknownStatus { word } => RichText::new("the status ")
            .quoted(word)
            .text(" is not one of fail, error, timeout, crash, flaky and skip: the row excuses any failure"),
        ProblemKind::BadDate { text } => RichText::new("the date ")
            .quoted(text)
            .text(" cannot be read: write it as year-month-day, such as 2030-01-31"),
        ProblemKind::Expired { pattern, date } => {
            RichText::from_quoted(pattern).text(" was due for review by ").quoted(date)
        }
        ProblemKind::UnknownVariant { pattern, variant } => RichText::new("no run has the variant ")
            .quoted(variant)
            .text(" that the row ")
            .quoted(pattern)
            .text(" names"),
        ProblemKind::MissingIssue { pattern } => {
            RichText::from_quoted(pattern).text(" has no issue, and its section asks for one")
        }
        ProblemKind::BadDirective { text } if text.to_ascii_lowercase().contains("knownfail") => {
            RichText::from_quoted(text)
                .text(" is not a directive: one is written ")
                .quoted("<!-- knownfail: OPTION -->")
                .text(", with its colon, on a line of its own")
        }
        ProblemKind::BadDirective { text } => RichText::from_quoted(text).text(
            " is not a directive; there are ignore, compat = loose, policy = issue-required, variants = a, b and allow = code, code",
        ),
        ProblemKind::LooksLikeList { names } => RichText::new(format!(
            "{} of this table are tests of the run, but no column is headed ",
            count(*names as u64, "cell", "cells")
        ))
        .quoted("Test")
        .text(", so that its rows are not read"),
        ProblemKind::EmptyList => RichText::new("the table has no rows"),
        ProblemKind::NoList => {
            RichText::new("no table of known failures: one has a column headed ").quoted("Test Name")
        }
        ProblemKind::RedundantRow { pattern, wider, file, line } => RichText::from_quoted(pattern)
            .text(" is redundant: ")
            .quoted(wider)
            .text(" at ")
            .quoted(format!("{file}:{line}"))
            .text(" says the same"),
        ProblemKind::ShadowedRow { pattern, by, file, line } => RichText::from_quoted(pattern)
            .text(" claims nothing: ")
            .quoted(by)
            .text(" at ")
            .quoted(format!("{file}:{line}"))
            .text(" matches all of its tests and takes precedence"),
        ProblemKind::OverlappingRows { pattern, other, file, line, claims } => {
            let which = if *claims { "this row" } else { "that row" };
            RichText::from_quoted(pattern)
                .text(" and ")
                .quoted(other)
                .text(" at ")
                .quoted(format!("{file}:{line}"))
                .text(format!(" can match the same test, and neither contains the other: {which} claims it"))
        }
        ProblemKind::CatchAllRow { pattern } => RichText::from_quoted(pattern)
            .text(" claims every test: no failure of anything will ever be new"),
        ProblemKind::NeverMatches { pattern } => RichText::new("no name can match ")
            .quoted(pattern)
            .text(": it contradicts itself, or needs a line break or another character that names show as an escape"),
        ProblemKind::LooksLikeRegex { pattern } => RichText::from_quoted(pattern)
            .text(" looks like a regular expression but is not one: write ")
            .quoted("re:")
            .text(" in front of it"),
        ProblemKind::MarkupInPattern { pattern } => RichText::from_quoted(pattern).text(
            " has markup in it, which is read as part of the pattern: write the name alone, bare or in backticks",
        ),
        ProblemKind::UnrecognizedIssue { text } => RichText::new("the issue ")
            .quoted(text)
            .text(" is neither a number nor a link; write - for none"),
        ProblemKind::WrongTotal { stated, actual } => RichText::new(format!(
            "the text gives a total of {}, the list has {}",
            number(*stated),
            count(*actual, "row", "rows")
        )),
        ProblemKind::ProseSaysRemoved { pattern, row } => RichText::new("the text says that ")
            .quoted(pattern)
            .text(format!(" passes or was removed, and line {row} lists it")),
        ProblemKind::ProseSaysListed { name } => RichText::new("the text says that ")
            .quoted(name)
            .text(" still fails or is listed, and no row has it"),
        ProblemKind::DuplicateResult { name, variant, count } => {
            let text = RichText::from_quoted(name).text(format!(" has {count} results"));
            let text = if variant.is_empty() {
                text
            } else {
                text.text(" in ").quoted(variant)
            };
            text.text(
                ", the worst counts: tests that share a name hide each other (--prefix tells them \
                 apart, --duplicates rerun says that they are retries)",
            )
        }
        ProblemKind::MoreDuplicateResults { count } => {
            RichText::new(format!("{} more names have several results", number(*count)))
        }
        ProblemKind::Results(problem) => results_problem(problem),
        ProblemKind::PartialBase { listed, tests } => RichText::new(format!(
            "this report names {} of the base run's {}: of the others nobody knows whether they passed, \
             and whether they are missing; write it with --all-tests, or a record with --record",
            number(*listed),
            count(*tests, "test", "tests")
        )),
        ProblemKind::IncompleteBase { why, more } => {
            let text = RichText::new("the base run was incomplete");
            let text = match why {
                Some(why) => text.text(": ").append(gap(why)),
                None => text,
            };
            let text = match more {
                0 => text,
                more => text.text(format!(", and {} more", number(*more))),
            };
            text.text("; what it did not measure is not reported as missing here")
        }
    }
}

fn results_problem(problem: &ResultsProblem) -> RichText {
    match problem {
        ResultsProblem::Unread { why } => unread(why),
        ResultsProblem::Unreadable { what } => {
            RichText::new("could not be read from here on: ").quoted(what)
        }
        ResultsProblem::Truncated => RichText::new("the file is truncated"),
        ResultsProblem::CountsExceeded { what, declared, actual } => RichText::new(format!(
            "the header announces {} {what}, the file has {}",
            number(*declared),
            number(*actual)
        )),
        ResultsProblem::ExitCodeZero { failing } => RichText::new(format!(
            "the test runner's exit code is 0 although {} failed: it would be 0 for a run that was cut, too",
            count(*failing, "test", "tests")
        )),
        ResultsProblem::WrongEncoding { read_as } => RichText::new(format!(
            "the bytes are not in the encoding that the file says: read as {read_as}"
        )),
    }
}
