//! Why a run is incomplete.

use super::{and_more_if_any, append_names, count, number};
use crate::compare::{IncompleteReason, TruncatedPart};
use crate::model::{GapKind, Unread};
use crate::report::RichText;

/// Appends the first truncated files and variants, and the number of the others.
pub(super) fn truncated_parts(mut text: RichText, parts: &[TruncatedPart]) -> RichText {
    const MAX_SHOWN: usize = 3;
    for (index, part) in parts.iter().take(MAX_SHOWN).enumerate() {
        text = text.text(if index == 0 { ": " } else { ", " });
        text = match &part.file {
            Some(file) => text.quoted(file.to_string()),
            None => text.text("the whole run"),
        };
        if !part.variant.as_str().is_empty() {
            text = text.text(" in ").quoted(part.variant.as_str());
        }
    }
    text.text(and_more_if_any(parts.len().saturating_sub(MAX_SHOWN)))
}

/// Heading of the gaps that do not make a run incomplete.
pub(crate) const ACCEPTED_GAPS: &str = "Truncated, as a row expects";

/// Why a variant of the base run was not measured; its name is shown before this.
pub(crate) fn variant_did_not_run(name: &str) -> RichText {
    RichText::new(if name.is_empty() {
        "no test without a variant ran: only the base run has results of them"
    } else {
        "the variant did not run: only the base run has results of it"
    })
}

/// A reason with the results file and line, if it has any.
pub(crate) fn incomplete_reason(reason: &IncompleteReason) -> RichText {
    match reason {
        IncompleteReason::Unmeasured { tests } => never_ended(*tests),
        IncompleteReason::Infrastructure { tests } => excess_infrastructure(*tests),
        IncompleteReason::Gap { file: None, kind, .. } => gap(kind),
        IncompleteReason::Gap { file: Some(file), line, kind, .. } => {
            let line = if *line > 1 { format!(":{line}") } else { String::new() };
            RichText::from_quoted(format!("{file}{line}")).text(": ").append(gap(kind))
        }
    }
}

/// `2 tests failed because of infrastructure, more than --max-infra allows`
pub(super) fn excess_infrastructure(tests: u64) -> RichText {
    RichText::new(format!(
        "{} failed because of infrastructure, more than --max-infra allows",
        count(tests, "test", "tests")
    ))
}

/// `2 tests started and never ended`
pub(super) fn never_ended(tests: u64) -> RichText {
    RichText::new(format!("{} started and never ended", count(tests, "test", "tests")))
}

pub(super) fn gap(kind: &GapKind) -> RichText {
    RichText::new(match kind {
        GapKind::UnfinishedTest => {
            "a test never ended, and which tests should have followed is unknown".to_owned()
        }
        GapKind::PlanNotMet { planned, actual } if actual > planned => {
            let planned = count(*planned, "test was", "tests were");
            format!("{planned} planned, {} ran", number(*actual))
        }
        GapKind::PlanNotMet { planned, actual } => {
            format!("{} of {} planned tests ran", number(*actual), number(*planned))
        }
        GapKind::Truncated => "the file is truncated".to_owned(),
        GapKind::NoPlan => "it has no plan: either it is truncated, or its runner has to print `1..N`, the number of \
                            tests, before the first one or after the last one"
            .to_owned(),
        GapKind::Unread { why } => return unread(why),
        GapKind::Unreadable { what } => {
            return RichText::new("could not be read from this line on: ").quoted(what);
        }
        GapKind::Damaged { what } => return damaged(what),
        GapKind::CountMismatch { what, declared, actual } => {
            count_mismatch(what, *declared, *actual)
        }
        GapKind::ReportedFailure { what } => {
            return RichText::new("the file reports ")
                .quoted(what)
                .text(" although none of its tests failed");
        }
        GapKind::NoTests => "no tests found".to_owned(),
        GapKind::BailedOut { why } if why.is_empty() => {
            "the runner gave up, without a reason".to_owned()
        }
        GapKind::BailedOut { why } => return RichText::new("the runner gave up: ").quoted(why),
        GapKind::ExitCode { code } => exit_code(*code),
        GapKind::TooFewTests { required, actual } => format!(
            "{} ran, --min-tests requires {}",
            count(*actual, "test", "tests"),
            number(*required)
        ),
        GapKind::NoResultsFiles { suites, first } => {
            let more = suites.saturating_sub(first.len() as u64) as usize;
            let suites = count(*suites, "suite has", "suites have");
            let text = RichText::new(format!("{suites} an exit code and no results file: "));
            return append_names(text, first).text(and_more_if_any(more));
        }
        GapKind::NoExitCode => "the exit-code table has no code for it".to_owned(),
        GapKind::DamagedRecord { path, offset, what } => {
            return RichText::new("the record ")
                .quoted(path)
                .text(format!(" could not be read from byte {} on: ", number(*offset)))
                .quoted(what);
        }
    })
}

pub(super) fn damaged(what: &str) -> RichText {
    RichText::new("a part could not be read: ").quoted(what)
}

pub(super) fn count_mismatch(what: &str, declared: u64, actual: u64) -> String {
    let (declared, actual) = (number(declared), number(actual));
    format!("the file declares a total of {declared} for {what} and contains {actual}")
}

/// What to do about the output of a runner that no format matches.
const OWN_RUNNER: &str = "; docs/own-runner.md shows what a runner of your own can print";

/// Why nothing of a file was read.
pub(super) fn unread(why: &Unread) -> RichText {
    match why {
        Unread::Empty => RichText::new("the file is empty"),
        Unread::UnknownFormat { candidates, looks_like } => {
            let formats = number(*candidates);
            let text = RichText::new("not a known format: ").quoted("knownfail formats");
            let text = text.text(format!(" lists the {formats} that were tried"));
            if looks_like.is_empty() {
                return text.text(OWN_RUNNER);
            }
            text.text("; it looks like ").quoted(looks_like)
        }
        Unread::Failed { why } => RichText::new("it could not be read: ").quoted(why),
    }
}

fn exit_code(code: i64) -> String {
    match code {
        124 => "the test runner was ended by its time limit (exit code 124)".to_owned(),
        137 => "the test runner was killed: out of memory, or stopped from outside (exit code \
                137, signal 9)"
            .to_owned(),
        139 => "the test runner itself crashed: a segmentation fault (exit code 139, signal 11)"
            .to_owned(),
        129..=192 => {
            format!("the test runner was ended by signal {} (exit code {code})", code - 128)
        }
        // Some languages return a signal as its negative number.
        -64..=-1 => format!("the test runner was ended by signal {} (exit code {code})", -code),
        1..=128 => format!("the test runner's exit code is {code} although no test failed"),
        _ => format!("the test runner did not end by itself (exit code {code})"),
    }
}
