//! The outcome of a scenario from the statuses of its steps.
//!
//! Undefined, pending and ambiguous steps fail a scenario: Cucumber is strict since version 4.

use crate::formats::emit::outcome_for;
use crate::model::Outcome;

/// A scenario has the worst outcome of its steps. Words may be in any case.
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

/// The worst of a scenario's steps so far.
#[derive(Debug, Clone, Default)]
pub(super) struct StepOutcomes {
    worst: Option<Outcome>,
    pub message: String,
}

impl StepOutcomes {
    /// Adds a step; its message is kept if it is the worst so far.
    pub(super) fn add_step(&mut self, word: &str, message: &str) {
        let word = word.to_ascii_lowercase();
        let outcome = outcome_for(&STEP_STATUSES, &word);
        if self.worst.is_none_or(|worst| outcome > worst) {
            self.worst = Some(outcome);
            self.message = match message {
                "" if outcome.is_failing() => format!("a step is {word}"),
                message => message.to_owned(),
            };
        }
    }

    pub(super) fn add_background(&mut self, other: &StepOutcomes) {
        if other.worst > self.worst {
            *self = other.clone();
        }
    }

    /// The outcome of the scenario; one without steps is skipped.
    pub(super) fn outcome(&self) -> Outcome {
        self.worst.unwrap_or(Outcome::Skipped)
    }
}
