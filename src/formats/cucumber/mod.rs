//! What Cucumber's two formats share: the words of its steps, and what they make of a scenario.
//!
//! In: the status words of a scenario's steps. Out: its outcome. What a newcomer would get wrong: steps
//! that are undefined, pending or ambiguous fail a scenario; Cucumber is strict since version 4.

pub(crate) mod json;
pub(crate) mod messages;

use super::emit::test_record;
use crate::model::Outcome;

/// A scenario has the worst of its steps.
pub(super) const STEP_STATUSES: [(&str, Outcome); 9] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("untested", Outcome::Skipped),
    ("xfailed", Outcome::Xfailed),
    ("failed", Outcome::Failed),
    ("undefined", Outcome::Failed),
    ("pending", Outcome::Failed),
    ("ambiguous", Outcome::Failed),
    ("error", Outcome::Errored),
];

/// What the steps of a scenario make of it, and what one of them said.
#[derive(Debug, Clone, Default)]
pub(super) struct StepOutcomes {
    worst: Option<Outcome>,
    pub message: String,
}

impl StepOutcomes {
    /// Takes a step's word, and what is said of it if it's the worst so far.
    pub(super) fn add_step(&mut self, word: &str, message: &str) {
        let word = word.to_ascii_lowercase();
        let outcome = test_record::outcome_for(&STEP_STATUSES, &word);
        if self.worst.is_none_or(|worst| outcome > worst) {
            self.worst = Some(outcome);
            self.message = match message {
                "" if outcome.is_failing() => format!("a step is {word}"),
                message => message.to_owned(),
            };
        }
    }

    /// Takes the steps of a background.
    pub(super) fn add_background(&mut self, other: &StepOutcomes) {
        if other.worst > self.worst {
            *self = other.clone();
        }
    }

    /// A scenario without steps did nothing.
    pub(super) fn outcome(&self) -> Outcome {
        self.worst.unwrap_or(Outcome::Skipped)
    }
}
