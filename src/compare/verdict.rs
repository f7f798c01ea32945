//! The verdict on a test, from its outcome and the row that claims it.
//!
//! Whether a pass is newly passing depends on the status of the whole row: a pass under a wildcard that also
//! has failures is not.

use super::RowStatus;
use super::expectation::{excuses, excuses_unfinished, failure_kind};
use super::store::details::{Concern, Message};
use crate::known::{Expected, FailureKind, Row};
use crate::model::{CombinedOutcome, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// What knownfail concludes about a test, the verdict that concerns a reader most first.
#[derive(Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It failed and no row excuses that.
    NewFailure,
    /// The base run has it and this run does not.
    Missing,
    /// It never ended, or failed because of infrastructure, and no row excuses it.
    Unmeasured,
    /// It failed and passed when it was retried.
    Flaky,
    /// It passed, and so did every other test of the row that expects it to fail.
    NewlyPassing,
    /// It failed as a row, or the runner itself, expects.
    KnownFailure,
    /// It was not run, deliberately.
    Skipped,
    /// It passed, and no row is newly passing because of it.
    Passed,
}

impl Verdict {
    /// Every verdict, in the order of the enum.
    pub const ALL: &'static [Verdict] = Verdict::VARIANTS;

    /// The word that users see, as in the JSON report.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The verdict on a test with this outcome, claimed by this row.
    pub(super) fn from_outcome(
        outcome: CombinedOutcome,
        row: Option<(&Row, RowStatus)>,
    ) -> Verdict {
        let expected = row.map(|(row, _)| &row.expected);
        let is_excused = |failing| expected.is_some_and(|expected| excuses(expected, failing));
        let known_or = |verdict, is_known| if is_known { Verdict::KnownFailure } else { verdict };
        match outcome {
            CombinedOutcome::Flaky(_) => {
                known_or(Verdict::Flaky, expected.is_some_and(Expected::is_flaky))
            }
            CombinedOutcome::Unmeasured(failing) => {
                known_or(Verdict::Unmeasured, is_excused(failing))
            }
            CombinedOutcome::Single(outcome) => match outcome {
                Outcome::Passed => match row {
                    Some((_, RowStatus::NewlyPassing)) => Verdict::NewlyPassing,
                    Some(_) | None => Verdict::Passed,
                },
                Outcome::Skipped => Verdict::Skipped,
                Outcome::Xfailed => Verdict::KnownFailure,
                Outcome::Unfinished => {
                    known_or(Verdict::Unmeasured, expected.is_some_and(excuses_unfinished))
                }
                Outcome::Xpassed
                | Outcome::Failed
                | Outcome::Errored
                | Outcome::TimedOut
                | Outcome::Crashed => known_or(Verdict::NewFailure, is_excused(outcome)),
            },
        }
    }
}

/// A detail of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// A new failure, because it is worse than its row expects.
    Worse { expected: FailureKind },
    /// A new failure, because its row expects it not to run.
    ExpectedSkip,
    /// A known failure that is milder than its row expects.
    Improved { expected: FailureKind },
    /// A known failure whose message does not match the pattern that its row pins.
    MessageMismatch,
    /// A known failure of a row that passed in the base run: the row hides a regression.
    HidesRegression,
    /// A failure that was milder in the base run.
    Worsened { base: Outcome },
    /// A known failure with another message in the base run.
    MessageChanged,
    /// A new failure that the base run does not have as a test.
    NewTest,
    /// An infrastructure failure, which does not measure the test.
    Infrastructure,
    /// It failed, and another of its results never ended, which no row excuses.
    AlsoNeverEnded,
}

impl Remark {
    /// The remark on a test that failed under a row that expects this. A test that is flaky or was not measured is
    /// neither a new nor a known failure, and has none.
    pub(super) fn from_row(
        verdict: Verdict,
        outcome: Outcome,
        concern: Concern,
        expected: &Expected,
    ) -> Option<Remark> {
        let kind = failure_kind(outcome)?;
        let is_mismatch = matches!(concern, Concern::Excused(_, Message::Mismatch));
        match (verdict, expected) {
            (Verdict::KnownFailure, _) if is_mismatch => Some(Remark::MessageMismatch),
            (Verdict::NewFailure, Expected::Skip) => Some(Remark::ExpectedSkip),
            (Verdict::NewFailure, Expected::Failure { worst, .. }) => {
                Some(Remark::Worse { expected: *worst })
            }
            (Verdict::KnownFailure, Expected::Failure { worst, .. }) => {
                (kind < *worst).then_some(Remark::Improved { expected: *worst })
            }
            (
                Verdict::NewFailure
                | Verdict::Missing
                | Verdict::Unmeasured
                | Verdict::Flaky
                | Verdict::NewlyPassing
                | Verdict::KnownFailure
                | Verdict::Skipped
                | Verdict::Passed,
                Expected::AnyFailure
                | Expected::Flaky { .. }
                | Expected::Skip
                | Expected::Failure { .. },
            ) => None,
        }
    }

    /// The remark on a known failure by its outcome in the base run, and its message there where that differs.
    /// `has_row` is whether a row claims it: where the runner alone expects a failure, no row hides anything.
    pub(super) fn from_base(
        outcome: Outcome,
        has_row: bool,
        base: CombinedOutcome,
        changed_message: Option<&str>,
    ) -> Option<Remark> {
        let worsened = match base {
            CombinedOutcome::Single(Outcome::Passed) if has_row => Remark::HidesRegression,
            CombinedOutcome::Single(base)
                if failure_kind(base).is_some_and(|kind| failure_kind(outcome) > Some(kind)) =>
            {
                Remark::Worsened { base }
            }
            CombinedOutcome::Single(_)
            | CombinedOutcome::Flaky(_)
            | CombinedOutcome::Unmeasured(_) => {
                return changed_message.map(|_| Remark::MessageChanged);
            }
        };
        Some(worsened)
    }
}
