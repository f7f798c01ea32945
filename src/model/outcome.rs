//! What the test runner said of a test, and how several results of one test fold into one.
//!
//! In: single outcomes. Out: a set of them per test that merges in any order with the same result.

use super::Attempt;
use serde::{Deserialize, Serialize};

/// What the test runner said.
// A later one is worse. `Unfinished` is milder than any failure, so that a test that failed once and
// once never ended stays a failure.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It ran and passed.
    Passed,
    /// It was not run, deliberately.
    Skipped,
    /// The runner itself expected the failure that came; not a failure.
    Xfailed,
    /// It started and never ended.
    Unfinished,
    /// It passed although the runner expected a failure, and the runner counts that as failing.
    Xpassed,
    /// It ran and failed.
    Failed,
    /// It could not run to a verdict.
    Errored,
    /// It was ended by its time limit.
    TimedOut,
    /// It ended by a signal or took its process down.
    Crashed,
}

impl Outcome {
    /// Every outcome, mildest first.
    pub const ALL: [Outcome; 9] = [
        Outcome::Passed,
        Outcome::Skipped,
        Outcome::Xfailed,
        Outcome::Unfinished,
        Outcome::Xpassed,
        Outcome::Failed,
        Outcome::Errored,
        Outcome::TimedOut,
        Outcome::Crashed,
    ];

    /// Whether the runner counts it against the run.
    pub fn is_failing(self) -> bool {
        match self {
            Outcome::Xpassed
            | Outcome::Failed
            | Outcome::Errored
            | Outcome::TimedOut
            | Outcome::Crashed => true,
            Outcome::Passed | Outcome::Skipped | Outcome::Xfailed | Outcome::Unfinished => false,
        }
    }

    /// The word users see, as in the JSON report.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Skipped => "skipped",
            Outcome::Xfailed => "xfailed",
            Outcome::Unfinished => "unfinished",
            Outcome::Xpassed => "xpassed",
            Outcome::Failed => "failed",
            Outcome::Errored => "errored",
            Outcome::TimedOut => "timed-out",
            Outcome::Crashed => "crashed",
        }
    }
}

/// The outcomes that fail, mildest first.
const FAILING: [Outcome; 5] =
    [Outcome::Xpassed, Outcome::Failed, Outcome::Errored, Outcome::TimedOut, Outcome::Crashed];

/// How many results of each outcome the files held, before repeats are folded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts([u64; Outcome::ALL.len()]);

impl OutcomeCounts {
    /// Counts one more result.
    pub fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// How many results had this outcome.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// How many results there were.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many results failed in any way.
    pub fn failing(&self) -> u64 {
        let failing = Outcome::ALL.into_iter().filter(|o| o.is_failing());
        failing.map(|o| self.get(o)).sum()
    }

    /// Adds another run's counts.
    pub fn merge(&mut self, other: &OutcomeCounts) {
        for (count, other_count) in self.0.iter_mut().zip(other.0) {
            *count += other_count;
        }
    }
}

/// The outcomes one test had in one run: merging is commutative, so order never matters.
///
/// Two bytes, since there is one for every test: a bit for each outcome, one more for each that fails
/// and was for want of infrastructure, one for "a result was called a retry", one for "there were several
/// results".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutcomeSet(u16);

/// Where the bits of failures for want of infrastructure begin: those of the outcomes that fail, in order.
const INFRA_SHIFT: u16 = 9;
const RETRY_BIT: u16 = 1 << 14;
const MULTIPLE_BIT: u16 = 1 << 15;

/// One outcome for a test, after its repeats are folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CombinedOutcome {
    /// The only outcome, or the worst of several.
    Single(Outcome),
    /// It passed and failed, and the runner or the caller says that the repeats were retries. Holds
    /// the worst of the failures.
    Flaky(Outcome),
    /// It failed for want of infrastructure and was never measured.
    Unmeasured(Outcome),
}

impl OutcomeSet {
    /// The set with one result.
    pub fn new(outcome: Outcome, attempt: Attempt) -> OutcomeSet {
        let retried = match attempt {
            Attempt::Final => 0,
            Attempt::Intermediate => RETRY_BIT,
        };
        OutcomeSet(1 << outcome as u16 | retried)
    }

    /// The set with one result that says nothing of the test: it failed for want of infrastructure.
    pub fn from_infrastructure_failure(outcome: Outcome, attempt: Attempt) -> OutcomeSet {
        match FAILING.iter().position(|failing| *failing == outcome) {
            Some(index) => {
                let bit = 1 << (INFRA_SHIFT + index as u16);
                OutcomeSet(OutcomeSet::new(outcome, attempt).0 & RETRY_BIT | bit)
            }
            None => OutcomeSet::new(outcome, attempt),
        }
    }

    /// Takes in another result, or several.
    pub fn merge(&mut self, other: OutcomeSet) {
        self.0 |= other.0 | MULTIPLE_BIT;
    }

    /// Whether a result had this outcome.
    pub fn contains(self, outcome: Outcome) -> bool {
        self.0 & (1 << outcome as u16) != 0
    }

    /// Whether there were several results and nothing called them retries.
    pub fn is_repeated(self) -> bool {
        self.0 & MULTIPLE_BIT != 0 && self.0 & RETRY_BIT == 0
    }

    /// What the set says of the test.
    pub fn combine(self) -> CombinedOutcome {
        let worst = Outcome::ALL.into_iter().rev().find(|o| self.contains(*o));
        let Some(worst) = worst else {
            let is_set = |index: &usize| self.0 & (1 << (INFRA_SHIFT + *index as u16)) != 0;
            let worst = (0..FAILING.len()).rev().find(is_set);
            // Never empty: a set is made with an outcome, and none is ever taken out.
            return CombinedOutcome::Unmeasured(
                worst.map_or(Outcome::Failed, |index| FAILING[index]),
            );
        };
        let flaky = self.0 & RETRY_BIT != 0 && worst.is_failing() && self.contains(Outcome::Passed);
        if flaky { CombinedOutcome::Flaky(worst) } else { CombinedOutcome::Single(worst) }
    }
}

impl CombinedOutcome {
    /// The outcome to show: the worst there was.
    pub fn worst(self) -> Outcome {
        match self {
            CombinedOutcome::Single(outcome)
            | CombinedOutcome::Flaky(outcome)
            | CombinedOutcome::Unmeasured(outcome) => outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_all_is_the_order_of_the_enum() {
        assert!(Outcome::ALL.is_sorted());
        for (index, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(index, outcome as usize);
        }
    }

    #[test]
    fn repeats_are_the_worst_unless_they_are_retries() {
        let mut set = OutcomeSet::new(Outcome::Passed, Attempt::Final);
        set.merge(OutcomeSet::new(Outcome::Failed, Attempt::Final));
        assert_eq!(set.combine(), CombinedOutcome::Single(Outcome::Failed));
        set.merge(OutcomeSet::new(Outcome::Passed, Attempt::Intermediate));
        assert_eq!(set.combine(), CombinedOutcome::Flaky(Outcome::Failed));
    }

    #[test]
    fn infrastructure_failure_counts_only_if_nothing_was_measured() {
        let lost = OutcomeSet::from_infrastructure_failure(Outcome::Errored, Attempt::Final);
        assert_eq!(lost.combine(), CombinedOutcome::Unmeasured(Outcome::Errored));
        for outcome in [Outcome::Passed, Outcome::Skipped, Outcome::Failed] {
            let mut set = OutcomeSet::new(outcome, Attempt::Intermediate);
            set.merge(lost);
            assert_eq!(set.combine(), CombinedOutcome::Single(outcome));
        }
        assert!(FAILING.is_sorted());
        assert!(Outcome::ALL.iter().all(|o| o.is_failing() == FAILING.contains(o)));
    }

    #[test]
    fn a_test_that_failed_and_also_never_ended_is_a_failure() {
        let mut set = OutcomeSet::new(Outcome::Unfinished, Attempt::Final);
        set.merge(OutcomeSet::new(Outcome::Failed, Attempt::Final));
        assert_eq!(set.combine(), CombinedOutcome::Single(Outcome::Failed));
    }
}
