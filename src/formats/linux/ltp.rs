//! Exit values and output of LTP's tests, shared by the formats of its runners.
//!
//! An exit value is a sum: 7 is a failure, a breakage and a warning. LTP's library reports a test that timed out or
//! crashed as broken; only the output distinguishes them.
//!
//! <https://linux-test-project.readthedocs.io/en/latest/developers/api_c_tests.html>

use crate::model::Outcome;
use crate::syntax::{BoundedText, ansi};

/// The bits of an exit value. A warning (4) alone is a failure for every runner.
const TFAIL: i64 = 1;
const TBROK: i64 = 2;
const TCONF: i64 = 32;
/// Greater values are signals, as a shell reports them.
const SIGNAL_BASE: i64 = 128;

/// How LTP's C and shell libraries report why they stopped a test.
const STOP_REASONS: [(&str, Outcome); 3] = [
    ("TBROK: Test killed! (timeout?)", Outcome::TimedOut),
    ("TBROK: Test killed by SIG", Outcome::Crashed),
    ("Test timed out, sending SIG", Outcome::TimedOut),
];

/// The outcome of a test with this exit value.
pub(crate) fn outcome_of_exit(value: i64) -> Outcome {
    match value {
        0 => Outcome::Passed,
        TCONF => Outcome::Skipped,
        value if !(0..=SIGNAL_BASE).contains(&value) => Outcome::Crashed,
        value if value & TFAIL == 0 && value & TBROK != 0 => Outcome::Errored,
        _ => Outcome::Failed,
    }
}

/// The part of a test's output that explains why it did not pass.
#[derive(Debug, Default)]
pub(crate) struct TestOutput {
    message: BoundedText,
    stop_outcome: Option<Outcome>,
    /// Whether the line is in its summary, which repeats the rest.
    in_summary: bool,
}

impl TestOutput {
    pub(crate) fn add_line(&mut self, line: &str) {
        let line = ansi::strip(line);
        let why = STOP_REASONS.iter().find(|(words, _)| line.contains(words));
        self.stop_outcome = self.stop_outcome.or(why.map(|(_, outcome)| *outcome));
        self.in_summary |= line == "Summary:";
        let is_relevant = !self.in_summary && !line.trim().is_empty();
        if is_relevant && !line.contains("TPASS") && !line.contains("TINFO") {
            self.add_note(&line);
        }
    }

    /// Adds a line of the runner.
    pub(crate) fn add_note(&mut self, line: &str) {
        self.message.push_line(line.as_bytes());
    }

    /// The reported outcome, or the reason why the library stopped a test that is reported as broken or crashed.
    pub(crate) fn outcome(&self, reported: Outcome) -> Outcome {
        let by_itself = !matches!(reported, Outcome::Errored | Outcome::Crashed);
        if by_itself { reported } else { self.stop_outcome.unwrap_or(reported) }
    }

    /// The message; empty for a test that passed.
    pub(crate) fn message(&self, outcome: Outcome) -> &str {
        if outcome == Outcome::Passed { "" } else { self.message.text() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_value_is_a_sum() {
        let outcomes = [
            (Outcome::Passed, &[0][..]),
            (Outcome::Skipped, &[32]),
            (Outcome::Failed, &[1, 3, 4, 7, 33, 36, 127, 128]),
            (Outcome::Errored, &[2, 6, 34]),
            (Outcome::Crashed, &[139, -11]),
        ];
        for (outcome, values) in outcomes {
            assert!(values.iter().all(|value| outcome_of_exit(*value) == outcome), "{outcome:?}");
        }
    }

    #[test]
    fn failure_before_the_timeout_stays_a_failure() {
        let mut output = TestOutput::default();
        output.add_line("a.c:1: \u{1b}[1;31mTBROK: \u{1b}[0mTest killed! (timeout?)");
        output.add_line("a.c:1: TINFO: nothing new");
        output.add_line("Summary:");
        output.add_line("broken   1");
        assert_eq!(output.outcome(Outcome::Errored), Outcome::TimedOut);
        assert_eq!(output.outcome(Outcome::Failed), Outcome::Failed);
        assert_eq!(output.outcome(Outcome::Passed), Outcome::Passed);
        assert_eq!(output.message(Outcome::TimedOut), "a.c:1: TBROK: Test killed! (timeout?)");
        assert_eq!(output.message(Outcome::Passed), "");
    }
}
