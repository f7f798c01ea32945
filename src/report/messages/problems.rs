//! What is wrong with an input, one sentence a problem.
//!
//! In: a problem. Out: what is wrong and what to do about it. One match has them all, so that none is forgotten.

use super::gaps::{gap, unread};
use super::{count, number};
use crate::model::{ProblemKind, ResultsProblem};
use crate::report::Sentence;

/// An issue all of whose rows pass.
pub fn closes(issue: &str) -> Sentence {
    let closes = format!("closes {issue}");
    let said = Sentence::new("the last rows of ").quote(issue).words(" pass: write ");
    said.quote(closes).words(" in the description")
}

/// An issue that is done with, while rows go on naming it.
pub fn closed_with_rows(issue: &str, rows: u64) -> Sentence {
    let rows = count(rows, "row names", "rows name");
    Sentence::quoting(issue).words(format!(" is closed, and {rows} it"))
}

/// What became of a row that only repeated an earlier one.
pub fn removed_duplicate(pattern: &str, first_line: u32) -> Sentence {
    Sentence::new("removed: ")
        .quote(pattern)
        .words(format!(" is on line {first_line} too, with the same cells"))
}

/// What is wrong with an input.
pub fn problem(kind: &ProblemKind) -> Sentence {
    match kind {
        ProblemKind::DroppedRow { pattern } => Sentence::new("the row ")
            .quote(pattern)
            .words(" is in no table: a blank line or a comment above it ends the table, and Markdown drops it"),
        ProblemKind::ExtraCells { found, expected } => Sentence::new(format!(
            "the row has {found} cells and its table {expected} columns: Markdown drops the rest \
             (a pipe inside a cell is written "
        ))
        .quote("\\|")
        .words(")"),
        ProblemKind::RowWithoutPipe => {
            Sentence::new("this line is a row of the table above it: leave a blank line between them")
        }
        ProblemKind::DelimiterWidth { found: 0, .. } => Sentence::new(
            "the header has no delimiter row below it: Markdown sees no table here",
        ),
        ProblemKind::DelimiterWidth { found, expected } => Sentence::new(format!(
            "the delimiter row has {} and the header {expected}: Markdown sees no table here",
            count(*found as u64, "column", "columns")
        )),
        ProblemKind::NotUtf8 { lines } => {
            let more = match lines.saturating_sub(1) {
                0 => String::new(),
                n => format!(" (nor {})", count(n, "line below is", "lines below are")),
            };
            Sentence::new(format!(
                "this line is not UTF-8{more}: what was read may be another name; save the document as UTF-8"
            ))
        }
        ProblemKind::EmptyPattern => Sentence::new("the row names no test"),
        ProblemKind::BadRegex { pattern, why } => {
            Sentence::new("the regular expression ").quote(pattern).words(" cannot be read: ").quote(why)
        }
        ProblemKind::DuplicateRow { pattern, first_file, first_line, same_reason } => {
            let also = if *same_reason { "" } else { ", with another reason" };
            Sentence::quoting(pattern)
                .words(" is listed twice: first at ")
                .quote(format!("{first_file}:{first_line}"))
                .words(also)
        }
        ProblemKind::ContradictingRow { pattern, first_file, first_line } => {
            Sentence::quoting(pattern)
                .words(" is listed twice with different expectations: first at ")
                .quote(format!("{first_file}:{first_line}"))
        }
        ProblemKind::UnknownStatus { word } => Sentence::new("the status ")
            .quote(word)
            .words(" is not one of fail, error, timeout, crash, flaky and skip: the row excuses any failure"),
        ProblemKind::BadDate { text } => Sentence::new("the date ")
            .quote(text)
            .words(" cannot be read: write it as year-month-day, such as 2030-01-31"),
        ProblemKind::Expired { pattern, date } => {
            Sentence::quoting(pattern).words(" was due for review by ").quote(date)
        }
        ProblemKind::UnknownVariant { pattern, variant } => Sentence::new("no run has the variant ")
            .quote(variant)
            .words(" that the row ")
            .quote(pattern)
            .words(" names"),
        ProblemKind::MissingIssue { pattern } => {
            Sentence::quoting(pattern).words(" has no issue, and its section asks for one")
        }
        ProblemKind::BadDirective { text } if text.to_ascii_lowercase().contains("knownfail") => {
            Sentence::quoting(text)
                .words(" is not a directive: one is written ")
                .quote("<!-- knownfail: OPTION -->")
                .words(", with its colon, on a line of its own")
        }
        ProblemKind::BadDirective { text } => Sentence::quoting(text).words(
            " is not a directive; there are ignore, compat = loose, policy = issue-required, variants = a, b and allow = code, code",
        ),
        ProblemKind::LooksLikeList { names } => Sentence::new(format!(
            "{} of this table are tests of the run, but no column is headed ",
            count(*names as u64, "cell", "cells")
        ))
        .quote("Test")
        .words(", so that its rows are not read"),
        ProblemKind::EmptyList => Sentence::new("the table has no rows"),
        ProblemKind::NoList => {
            Sentence::new("no table of known failures: one has a column headed ").quote("Test Name")
        }
        ProblemKind::RedundantRow { pattern, wider, file, line } => Sentence::quoting(pattern)
            .words(" is redundant: ")
            .quote(wider)
            .words(" at ")
            .quote(format!("{file}:{line}"))
            .words(" says the same"),
        ProblemKind::ShadowedRow { pattern, by, file, line } => Sentence::quoting(pattern)
            .words(" claims nothing: ")
            .quote(by)
            .words(" at ")
            .quote(format!("{file}:{line}"))
            .words(" matches all of its tests and takes precedence"),
        ProblemKind::OverlappingRows { pattern, other, file, line, claims } => {
            let which = if *claims { "this row" } else { "that row" };
            Sentence::quoting(pattern)
                .words(" and ")
                .quote(other)
                .words(" at ")
                .quote(format!("{file}:{line}"))
                .words(format!(" can match the same test, and neither contains the other: {which} claims it"))
        }
        ProblemKind::CatchAllRow { pattern } => Sentence::quoting(pattern)
            .words(" claims every test: no failure of anything will ever be new"),
        ProblemKind::NeverMatches { pattern } => Sentence::new("no name can match ")
            .quote(pattern)
            .words(": it contradicts itself, or needs a line break or another character that names show as an escape"),
        ProblemKind::LooksLikeRegex { pattern } => Sentence::quoting(pattern)
            .words(" looks like a regular expression but is not one: write ")
            .quote("re:")
            .words(" in front of it"),
        ProblemKind::MarkedUpPattern { pattern } => Sentence::quoting(pattern).words(
            " has markup in it, which is read as part of the pattern: write the name alone, bare or in backticks",
        ),
        ProblemKind::OddIssue { text } => Sentence::new("the issue ")
            .quote(text)
            .words(" is neither a number nor a link; write - for none"),
        ProblemKind::WrongTotal { told, found } => Sentence::new(format!(
            "the text gives a total of {}, the list has {}",
            number(*told),
            count(*found, "row", "rows")
        )),
        ProblemKind::ProseSaysGone { pattern, row } => Sentence::new("the text says that ")
            .quote(pattern)
            .words(format!(" passes or was removed, and line {row} lists it")),
        ProblemKind::ProseSaysListed { name } => Sentence::new("the text says that ")
            .quote(name)
            .words(" still fails or is listed, and no row has it"),
        ProblemKind::DuplicateResult { name, variant, count } => {
            let said = Sentence::quoting(name).words(format!(" has {count} results"));
            let said = if variant.is_empty() {
                said
            } else {
                said.words(" in ").quote(variant)
            };
            said.words(
                ", the worst counts: tests that share a name hide each other (--prefix tells them \
                 apart, --duplicates rerun says that they are retries)",
            )
        }
        ProblemKind::MoreDuplicateResults { count } => {
            Sentence::new(format!("{} more names have several results", number(*count)))
        }
        ProblemKind::Results(problem) => results_problem(problem),
        ProblemKind::PartialBase { listed, tests } => Sentence::new(format!(
            "this report names {} of the base run's {}: of the others nobody knows whether they passed, \
             and whether they are missing; write it with --all-tests, or a record with --record",
            number(*listed),
            count(*tests, "test", "tests")
        )),
        ProblemKind::IncompleteBase { why, more } => {
            let said = Sentence::new("the base run was incomplete");
            let said = match why {
                Some(why) => said.words(": ").join(gap(why)),
                None => said,
            };
            let said = match more {
                0 => said,
                more => said.words(format!(", and {} more", number(*more))),
            };
            said.words("; what it did not measure is not reported as missing here")
        }
    }
}

fn results_problem(problem: &ResultsProblem) -> Sentence {
    match problem {
        ResultsProblem::Unread { why } => unread(why),
        ResultsProblem::Unreadable { what } => {
            Sentence::new("could not be read from here on: ").quote(what)
        }
        ResultsProblem::Cut => Sentence::new("the file is truncated"),
        ResultsProblem::CountsExceeded { what, announced, came } => Sentence::new(format!(
            "the header announces {} {what}, the file has {}",
            number(*announced),
            number(*came)
        )),
        ResultsProblem::ExitCodeZero { failing } => Sentence::new(format!(
            "the test runner's exit code is 0 although {} failed: it would be 0 for a run that was cut, too",
            count(*failing, "test", "tests")
        )),
        ResultsProblem::WrongEncoding { read_as } => Sentence::new(format!(
            "the bytes are not in the encoding that the file says: read as {read_as}"
        )),
    }
}
