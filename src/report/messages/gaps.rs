//! Why a run is incomplete.
//!
//! In: what was not measured. Out: a sentence that names the file and the line.

use super::{count, number};
use crate::compare::{Cut, Why};
use crate::model::{GapKind, Unread};
use crate::report::Sentence;

/// The files and variants that were cut, the first ones.
pub(crate) fn cut_parts(mut said: Sentence, cut: &[Cut]) -> Sentence {
    const SHOWN: usize = 3;
    for (place, part) in cut.iter().take(SHOWN).enumerate() {
        said = said.words(if place == 0 { ": " } else { ", " });
        said = match &part.file {
            Some(file) => said.quote(file.to_string()),
            None => said.words("the whole run"),
        };
        if !part.variant.as_str().is_empty() {
            said = said.words(" in ").quote(part.variant.as_str());
        }
    }
    match cut.len().saturating_sub(SHOWN) {
        0 => said,
        more => said.words(format!(" and {} more", number(more as u64))),
    }
}

/// Stands above what was cut and is signed off.
pub const SIGNED_OFF: &str = "Cut short, and signed off by a row";

/// Why a run is incomplete.
pub fn why(why: &Why) -> Sentence {
    match why {
        Why::Unmeasured { tests } => {
            Sentence::new(format!("{} started and never ended", count(*tests, "test", "tests")))
        }
        Why::Infrastructure { tests } => Sentence::new(format!(
            "{} failed because of infrastructure, more than --max-infra allows",
            count(*tests, "test", "tests")
        )),
        Why::Gap { file, line, kind } => match file {
            None => gap(kind),
            Some(file) if *line > 1 => {
                Sentence::quoting(format!("{file}:{line}")).words(": ").join(gap(kind))
            }
            Some(file) => Sentence::quoting(file.to_string()).words(": ").join(gap(kind)),
        },
    }
}

pub(crate) fn gap(kind: &GapKind) -> Sentence {
    Sentence::new(match kind {
        GapKind::OpenEnd => {
            "a test never ended, and nothing says which tests should have followed".to_owned()
        }
        GapKind::PlanUnmet { planned, came } if came > planned => {
            let planned = count(*planned, "test was", "tests were");
            format!("{planned} planned, {} ran", number(*came))
        }
        GapKind::PlanUnmet { planned, came } => {
            format!("{} of {} planned tests ran", number(*came), number(*planned))
        }
        GapKind::Cut => "the file is truncated".to_owned(),
        GapKind::Unread { why } => return unread(why),
        GapKind::Unreadable { what } => {
            return Sentence::new("could not be read from here on: ").quote(what);
        }
        GapKind::Counts { what, announced, came } => {
            format!(
                "the header announces {} {what}, the file has {}",
                number(*announced),
                number(*came)
            )
        }
        GapKind::NoTests => "no test at all".to_owned(),
        GapKind::BailedOut { why } => return Sentence::new("the runner gave up: ").quote(why),
        GapKind::ExitCode { code } => exit_code(*code),
        GapKind::TooFew { wanted, came } => format!(
            "{} ran, --min-tests asks for {}",
            count(*came, "test", "tests"),
            number(*wanted)
        ),
        GapKind::NoResultsFiles { suites, first } => {
            let more = match suites.saturating_sub(first.len() as u64) {
                0 => String::new(),
                n => format!(" and {} more", number(n)),
            };
            let suites = count(*suites, "suite has", "suites have");
            let said = Sentence::new(format!("{suites} an exit code and no results file"));
            let named = first.iter().enumerate().fold(said, |said, (place, suite)| {
                said.words(if place == 0 { ": " } else { ", " }).quote(suite)
            });
            return named.words(more);
        }
        GapKind::NoExitCode => "the exit-code table has no code for it".to_owned(),
        GapKind::DamagedRecord { path, offset, what } => {
            return Sentence::new("the record ")
                .quote(path)
                .words(format!(" could not be read from byte {} on: ", number(*offset)))
                .quote(what);
        }
    })
}

/// Why nothing of a file was read.
pub(crate) fn unread(why: &Unread) -> Sentence {
    match why {
        Unread::Empty => Sentence::new("the file is empty"),
        Unread::NoFormat { tried, looks_like } => {
            let said = Sentence::new(format!(
                "not a known format: tried all {} that knownfail formats lists",
                number(*tried)
            ));
            match looks_like.as_str() {
                "" => said,
                looks_like => said.words("; it looks like ").quote(looks_like),
            }
        }
        Unread::Failed { why } => Sentence::new("it could not be read: ").quote(why),
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
        // As some languages tell a signal.
        -64..=-1 => format!("the test runner was ended by signal {} (exit code {code})", -code),
        1..=128 => format!("the test runner's exit code is {code} although no test failed"),
        _ => format!("the test runner did not end by itself (exit code {code})"),
    }
}
