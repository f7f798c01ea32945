//! What exit values and outputs of LTP's tests mean, for the formats of its runners.
//!
//! In: an exit value, or what a test printed. Out: an outcome. What a newcomer would get wrong: the
//! value is a sum, so 7 is a failure, a breakage and a warning; and a test whose time ran out or that
//! crashed is told by LTP's library as broken, so that only its text says more.
//!
//! <https://linux-test-project.readthedocs.io/en/latest/developers/api_c_tests.html>

use crate::formats::emit::test_record;
use crate::model::Outcome;
use crate::syntax::bounded_text::BoundedText;

/// What an exit value is a sum of. A warning (4) alone makes a test fail for every runner.
const TFAIL: i64 = 1;
const TBROK: i64 = 2;
const TCONF: i64 = 32;
/// Above it stand the signals, as a shell tells them.
const SIGNAL_BASE: i64 = 128;

/// How the library and its shell part say why they stopped a test.
const STOP_REASONS: [(&str, Outcome); 3] = [
    ("TBROK: Test killed! (timeout?)", Outcome::TimedOut),
    ("TBROK: Test killed by SIG", Outcome::Crashed),
    ("Test timed out, sending SIG", Outcome::TimedOut),
];

/// The outcome of a test that ended with this value.
pub(crate) fn outcome_of_exit(value: i64) -> Outcome {
    match value {
        0 => Outcome::Passed,
        TCONF => Outcome::Skipped,
        value if !(0..=SIGNAL_BASE).contains(&value) => Outcome::Crashed,
        value if value & TFAIL == 0 && value & TBROK != 0 => Outcome::Errored,
        _ => Outcome::Failed,
    }
}

/// What a test printed, as far as it tells about an end that was no pass.
#[derive(Debug, Default)]
pub(crate) struct TestOutput {
    message: BoundedText,
    stop_outcome: Option<Outcome>,
    /// Whether its summary came, which tells nothing new.
    in_summary: bool,
}

impl TestOutput {
    /// Takes its next line.
    pub(crate) fn add_line(&mut self, line: &str) {
        let line = test_record::strip_ansi(line);
        let why = STOP_REASONS.iter().find(|(words, _)| line.contains(words));
        self.stop_outcome = self.stop_outcome.or(why.map(|(_, outcome)| *outcome));
        self.in_summary |= line == "Summary:";
        let is_relevant = !self.in_summary && !line.trim().is_empty();
        if is_relevant && !line.contains("TPASS") && !line.contains("TINFO") {
            self.add_note(&line);
        }
    }

    /// Takes what the runner says.
    pub(crate) fn add_note(&mut self, line: &str) {
        self.message.push_line(line.as_bytes());
    }

    /// The outcome that its runner tells, or why the library brought it about. What failed by itself
    /// has failed, late or not.
    pub(crate) fn outcome(&self, reported: Outcome) -> Outcome {
        let by_itself = !matches!(reported, Outcome::Errored | Outcome::Crashed);
        if by_itself { reported } else { self.stop_outcome.unwrap_or(reported) }
    }

    /// What it said, if this outcome needs it.
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
