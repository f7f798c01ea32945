//! deqp-runner's `results.csv` and `failures.csv`: a name, a status and an optional duration on each line, no header.
//!
//! The statuses are the result of deqp-runner's comparison with its own list of failures. Missing lines at the end of a
//! file cannot be detected.

use crate::formats::emit::{TestRecord, known_or_failed, read_rows, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::encoding;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["deqp-csv", "deqp-failures-csv", "deqp-runner"],
    title: "deqp-runner's results.csv and failures.csv: Vulkan and OpenGL CTS, piglit, gtest-runner",
    test_name: "the first field, as in dEQP-VK.api.smoke.triangle",
    outcomes: &STATUSES,
    incomplete: "a test that the runner calls Missing; a last line without its end",
    totals: "none: it is a table of tests",
    link: "https://gitlab.freedesktop.org/mesa/deqp-runner",
    sniff: Sniff::Bytes(sniff),
    read,
};

/// A flake passed in one attempt and failed in another.
const STATUSES: [(&str, Outcome); 15] = [
    ("Pass", Outcome::Passed),
    ("Warn", Outcome::Passed),
    ("Flake", Outcome::Passed),
    ("KnownFlake", Outcome::Passed),
    ("Fail", Outcome::Failed),
    ("UnexpectedImprovement(Fail)", Outcome::Failed),
    ("UnexpectedImprovement(Crash)", Outcome::Crashed),
    ("UnexpectedImprovement(Timeout)", Outcome::TimedOut),
    ("Crash", Outcome::Crashed),
    ("Timeout", Outcome::TimedOut),
    ("Skip", Outcome::Skipped),
    ("ExpectedFail", Outcome::Xfailed),
    ("UnexpectedImprovement", Outcome::Xpassed),
    ("UnexpectedPass", Outcome::Xpassed),
    ("Missing", Outcome::Unfinished),
];

/// The statuses of tests whose attempts differed.
const FLAKY_STATUSES: [&str; 2] = ["Flake", "KnownFlake"];

/// A name and a status on each of the first lines.
fn sniff(head: &[u8]) -> bool {
    let mut lines: Vec<&[u8]> = head.split(|byte| *byte == b'\n').collect();
    // The last one may be truncated.
    if lines.len() > 1 {
        lines.pop();
    }
    lines.iter().take(20).all(|line| {
        let line = encoding::decode_lossy(line.trim_ascii_end());
        matches!(split_fields(&line), Some((name, status)) if !name.is_empty() && is_status(status))
    })
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let is_ignored = |line: &str| line.trim_ascii_end().is_empty() || line.starts_with('#');
    read_rows(input, is_ignored, "has no status", |number, line| {
        let (name, status) = split_fields(line.trim_ascii_end())?;
        let flaky = FLAKY_STATUSES.contains(&status);
        let (outcome, message) = known_or_failed(known_outcome(status), "status", status);
        TestRecord::new(name, outcome).flaky(flaky).message(&message).emit(number, builder);
        Some(())
    })
}

/// The name and the status. Names may contain commas; a number at the end is the duration.
fn split_fields(line: &str) -> Option<(&str, &str)> {
    let (rest, last) = line.rsplit_once(',')?;
    match last.parse::<f64>() {
        Ok(_) => rest.rsplit_once(','),
        Err(_) => Some((rest, last)),
    }
}

fn is_status(word: &str) -> bool {
    known_outcome(word).is_some()
}

fn known_outcome(word: &str) -> Option<Outcome> {
    let known = test_record::lookup(&STATUSES, word);
    known.or_else(|| match word.strip_prefix("UnexpectedImprovement(")? {
        "Pass)" | "Skip)" | "Warn)" => Some(Outcome::Xpassed),
        _ => Some(Outcome::Failed),
    })
}
