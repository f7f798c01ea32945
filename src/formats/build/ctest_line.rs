//! The lines that `ctest` prints on the console.

use super::ctest::COMPLETION_OUTCOMES;
use crate::model::Outcome;

pub(super) const OUTCOMES: [(&str, Outcome); 8] = [
    ("Passed", Outcome::Passed),
    ("***Failed", Outcome::Failed),
    ("***Timeout", Outcome::TimedOut),
    ("***Exception", Outcome::Crashed),
    ("***Skipped", Outcome::Skipped),
    ("***Not Run (Disabled)", Outcome::Skipped),
    ("***Not Run", Outcome::Errored),
    ("a test that starts and has no result", Outcome::Unfinished),
];

/// `      Start  1: one`.
pub(super) fn parse_start(line: &str) -> Option<(u64, &str)> {
    let (number, name) = line.trim_start().strip_prefix("Start ")?.trim_start().split_once(": ")?;
    Some((number.parse().ok()?, name))
}

/// `1: text`, which `--verbose` prints of test 1.
pub(super) fn parse_output(line: &str) -> Option<(u64, &str)> {
    let (number, text) = line.split_once(':')?;
    let text = if text.is_empty() { text } else { text.strip_prefix(' ')? };
    Some((number.parse().ok()?, text))
}

/// ` 1/20 Test  #1: one .....   Passed    0.01 sec`.
pub(super) struct ResultLine<'a> {
    /// Which result it is, of how many; none where the test is repeated.
    pub counter: Option<(u64, u64)>,
    pub number: u64,
    /// The name, dots, the status and the time.
    pub rest: &'a str,
}

impl<'a> ResultLine<'a> {
    pub(super) fn parse(line: &'a str) -> Option<ResultLine<'a>> {
        let (head, rest) = line.split_once('#')?;
        let head = head.trim();
        let counter = head.strip_suffix("Test").or_else(|| head.strip_suffix("MemCheck"))?.trim();
        let (number, rest) = rest.split_once(": ")?;
        let counter = match counter {
            "" => None,
            counter => {
                let (count, total) = counter.split_once('/')?;
                Some((count.trim().parse().ok()?, total.trim().parse().ok()?))
            }
        };
        let is_result = rest.contains("..");
        is_result.then_some(ResultLine { counter, number: number.parse().ok()?, rest })
    }

    /// The name and the status; `started` is the name that the test started with, if it is known.
    pub(super) fn split(&self, started: Option<&str>) -> (&'a str, &'a str) {
        let known = started.and_then(|name| {
            let status = self.rest.strip_prefix(name)?.strip_prefix(' ')?;
            Some((self.rest.get(..name.len())?, status))
        });
        let found = known.or_else(|| self.rest.split_once(" .."));
        let (name, status) = found.unwrap_or((self.rest, ""));
        (name, status.trim_start_matches('.'))
    }
}

/// The outcome of a status, and its text without the word and without the time.
pub(super) fn parse_status(status: &str) -> (Option<Outcome>, String) {
    let text = strip_time(status);
    if text.trim_start() == "Passed" {
        return (Some(Outcome::Passed), String::new());
    }
    let Some(at) = text.find("***") else { return (None, text.trim().to_owned()) };
    let (before, word) = text.split_at(at);
    let known = OUTCOMES.iter().find(|(known, _)| word.starts_with(known));
    let rest = known.map_or(word, |(known, _)| &word[known.len()..]);
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim();
    let message = format!("{} {rest}", before.trim());
    (known.map(|(_, outcome)| *outcome), message.trim().to_owned())
}

/// A text without the time at its end: `Passed    0.01 sec`.
pub(super) fn strip_time(text: &str) -> &str {
    let time = text.strip_suffix(" sec").and_then(|text| text.rsplit_once(' '));
    match time {
        Some((text, seconds)) if seconds.parse::<f64>().is_ok() => text.trim_end(),
        Some(_) | None => text.trim_end(),
    }
}

/// `26% tests passed, 14 tests failed out of 19`: disabled tests are not among them.
#[derive(Clone, Copy)]
pub(super) struct CtestSummary {
    pub percent: u64,
    pub failed: u64,
    pub tests: u64,
}

impl CtestSummary {
    pub(super) fn parse(line: &str) -> Option<CtestSummary> {
        let (percent, rest) = line.split_once("% tests passed, ")?;
        let (failed, tests) = rest.split_once(" failed out of ")?;
        Some(CtestSummary {
            percent: percent.parse().ok()?,
            failed: failed.split(' ').next()?.parse().ok()?,
            tests: tests.parse().ok()?,
        })
    }
}

/// The number, the name and the outcome in the lists at the end: `  3 - three (Timeout)`, perhaps with labels.
pub(super) fn parse_listed(line: &str) -> Option<(u64, &str, Outcome)> {
    let (number, rest) = line.strip_prefix('\t')?.trim_start().split_once(" - ")?;
    let (name, reason) = rest.rsplit_once(" (")?;
    let (reason, _) = reason.split_once(')')?;
    let outcome = match reason {
        "Skipped" | "Disabled" => Outcome::Skipped,
        "Not Run" => Outcome::Errored,
        _ => {
            let known = COMPLETION_OUTCOMES.iter().find(|(known, _)| reason.starts_with(known));
            known.map_or(Outcome::Failed, |(_, outcome)| *outcome)
        }
    };
    Some((number.parse().ok()?, name, outcome))
}
