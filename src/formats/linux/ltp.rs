//! What exit values and outputs of LTP's tests mean, for the formats of its runners.
//!
//! In: an exit value, or what a test printed. Out: an outcome. What a newcomer would get wrong: the
//! value is a sum, so 7 is a failure, a breakage and a warning; and a test whose time ran out or that
//! crashed is told by LTP's library as broken, so that only its text says more.
//!
//! <https://linux-test-project.readthedocs.io/en/latest/developers/api_c_tests.html>

use crate::formats::emit::test_record;
use crate::model::Outcome;
use crate::syntax::bounded_text::Message;

/// What an exit value is a sum of. A warning (4) alone makes a test fail for every runner.
const FAIL: i64 = 1;
const BROK: i64 = 2;
const CONF: i64 = 32;
/// Above it stand the signals, as a shell tells them.
const SIGNALS: i64 = 128;

/// How the library and its shell part say why they stopped a test.
const STOPPED: [(&str, Outcome); 3] = [
    ("TBROK: Test killed! (timeout?)", Outcome::TimedOut),
    ("TBROK: Test killed by SIG", Outcome::Crashed),
    ("Test timed out, sending SIG", Outcome::TimedOut),
];

/// The outcome of a test that ended with this value.
pub fn exited(value: i64) -> Outcome {
    match value {
        0 => Outcome::Passed,
        CONF => Outcome::Skipped,
        value if !(0..=SIGNALS).contains(&value) => Outcome::Crashed,
        value if value & FAIL == 0 && value & BROK != 0 => Outcome::Errored,
        _ => Outcome::Failed,
    }
}

/// What a test printed, as far as it tells about an end that was no pass.
#[derive(Debug, Default)]
pub struct Printed {
    message: Message,
    stopped: Option<Outcome>,
    /// Whether its summary came, which tells nothing new.
    summary: bool,
}

impl Printed {
    /// Takes its next line.
    pub fn line(&mut self, line: &str) {
        let line = test_record::plain(line);
        let why = STOPPED.iter().find(|(words, _)| line.contains(words));
        self.stopped = self.stopped.or(why.map(|(_, outcome)| *outcome));
        self.summary |= line == "Summary:";
        let tells = !self.summary && !line.trim().is_empty();
        if tells && !line.contains("TPASS") && !line.contains("TINFO") {
            self.note(&line);
        }
    }

    /// Takes what the runner says.
    pub fn note(&mut self, line: &str) {
        self.message.push_line(line.as_bytes());
    }

    /// The outcome that its runner tells, or why the library brought it about. What failed by itself
    /// has failed, late or not.
    pub fn outcome(&self, told: Outcome) -> Outcome {
        let by_itself = !matches!(told, Outcome::Errored | Outcome::Crashed);
        if by_itself { told } else { self.stopped.unwrap_or(told) }
    }

    /// What it said, if this outcome needs it.
    pub fn message(&self, outcome: Outcome) -> &str {
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
            assert!(values.iter().all(|value| exited(*value) == outcome), "{outcome:?}");
        }
    }

    #[test]
    fn only_what_did_not_fail_by_itself_ran_out_of_time() {
        let mut printed = Printed::default();
        printed.line("a.c:1: \u{1b}[1;31mTBROK: \u{1b}[0mTest killed! (timeout?)");
        printed.line("a.c:1: TINFO: nothing new");
        printed.line("Summary:");
        printed.line("broken   1");
        assert_eq!(printed.outcome(Outcome::Errored), Outcome::TimedOut);
        assert_eq!(printed.outcome(Outcome::Failed), Outcome::Failed);
        assert_eq!(printed.outcome(Outcome::Passed), Outcome::Passed);
        assert_eq!(printed.message(Outcome::TimedOut), "a.c:1: TBROK: Test killed! (timeout?)");
        assert_eq!(printed.message(Outcome::Passed), "");
    }
}
