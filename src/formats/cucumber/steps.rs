//! The outcome of a scenario from the statuses of its steps.
//!
//! Undefined, pending and ambiguous steps fail a scenario: Cucumber is strict since version 4.

use crate::formats::emit::outcome_for;
use crate::model::Outcome;

/// A scenario has the worst outcome of its steps. Words may be in any case; from `untested` on they are behave's
/// (`model_type.py`). A `pending_warn` step is one that behave accepts.
pub(super) const STEP_STATUSES: [(&str, Outcome); 17] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("undefined", Outcome::Failed),
    ("pending", Outcome::Failed),
    ("unknown", Outcome::Failed),
    ("ambiguous", Outcome::Failed),
    ("untested", Outcome::Skipped),
    ("untested_pending", Outcome::Skipped),
    ("untested_undefined", Outcome::Skipped),
    ("pending_warn", Outcome::Skipped),
    ("xfailed", Outcome::Xfailed),
    ("executing", Outcome::Unfinished),
    ("xpassed", Outcome::Xpassed),
    ("error", Outcome::Errored),
    ("hook_error", Outcome::Errored),
    ("cleanup_error", Outcome::Errored),
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

    /// Adds that some steps never ended, unless an ended one failed.
    pub(super) fn add_unfinished(&mut self, ended: usize, planned: usize) {
        if self.worst < Some(Outcome::Unfinished) {
            self.worst = Some(Outcome::Unfinished);
            self.message = format!("{ended} of {planned} steps ended");
        }
    }

    /// Adds the steps of a background, or the status of the whole.
    pub(super) fn add_worse(&mut self, other: &StepOutcomes) {
        if other.worst > self.worst {
            *self = other.clone();
        }
    }

    /// The outcome of the scenario; one without steps is skipped.
    pub(super) fn outcome(&self) -> Outcome {
        self.worst.unwrap_or(Outcome::Skipped)
    }
}
