//! The outcome that a test runner reported, and how several outcomes of one test combine into one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

/// What the test runner reported, mildest first.
// `Unfinished` is milder than any failure, so that a test that failed once and once never ended stays a
// failure. It makes the run incomplete all the same: see `Comparison::has_unexcused_hang`.
#[derive(Serialize, Deserialize, JsonSchema, IntoStaticStr, VariantArray)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It ran and passed.
    Passed,
    /// It was not run, deliberately.
    Skipped,
    /// It failed as the runner itself expected; not a failure.
    Xfailed,
    /// It started and never ended.
    Unfinished,
    /// It passed although the runner expected a failure, and the runner counts that as failing.
    Xpassed,
    /// It ran and failed.
    Failed,
    /// It could not be run to its end.
    Errored,
    /// It was ended by its time limit.
    TimedOut,
    /// It ended by a signal or took its process down.
    Crashed,
}

impl Outcome {
    /// Every outcome, mildest first.
    pub const ALL: &'static [Outcome] = Outcome::VARIANTS;

    /// Whether the runner counts it against the run: an unexpected pass, or worse.
    pub fn is_failing(self) -> bool {
        self >= Outcome::Xpassed
    }

    /// The word that users see, as in the JSON report.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Whether a result is one of several attempts, the least important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attempt {
    /// An attempt that another one followed, such as surefire's rerun elements. No plan counts it.
    Intermediate,
    /// The only attempt, or the last of several.
    Final,
}

/// The failing outcomes, mildest first.
const FAILING: [Outcome; 5] =
    [Outcome::Xpassed, Outcome::Failed, Outcome::Errored, Outcome::TimedOut, Outcome::Crashed];

/// The number of results by outcome; each attempt of a test counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeCounts([u64; Outcome::ALL.len()]);

impl OutcomeCounts {
    /// Counts one more result.
    pub fn add(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    /// The number of results with this outcome.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.0[outcome as usize]
    }

    /// The number of results.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The number of failing results.
    pub fn failing(&self) -> u64 {
        FAILING.into_iter().map(|outcome| self.get(outcome)).sum()
    }

    /// Adds another run's counts.
    pub fn merge(&mut self, other: &OutcomeCounts) {
        for (count, other_count) in self.0.iter_mut().zip(other.0) {
            *count += other_count;
        }
    }
}

/// The outcomes of one test in one run. Merging is commutative, so that the order of results never matters.
///
/// A bit for each outcome of a final result, one for each outcome of an attempt that another followed, one for each
/// failing outcome that was an infrastructure failure, `FINAL_BIT` and `REPEATED_BIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutcomeSet(u32);

/// The first bit of the attempts that others followed, which are in the order of [`Outcome::ALL`].
const RETRIED_SHIFT: u32 = 9;
/// The first bit of the infrastructure failures, which are in the order of [`FAILING`].
const INFRA_SHIFT: u32 = 18;
/// There was a final result.
const FINAL_BIT: u32 = 1 << 30;
/// There were several final results.
const REPEATED_BIT: u32 = 1 << 31;

/// All outcomes of a test as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CombinedOutcome {
    /// The only outcome, or the worst of several.
    Single(Outcome),
    /// It passed, after attempts that failed. The worst failure.
    Flaky(Outcome),
    /// It only had infrastructure failures. The worst of them.
    Unmeasured(Outcome),
}

/// How a test counts among the runs that had it, as a query over many records counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HistoryOutcome {
    /// It passed, and no attempt failed.
    Passed,
    /// A result that no further attempt followed failed, or all attempts that count did.
    Failed,
    /// An attempt failed, the last one did not.
    Flaky,
    /// It was not run.
    Skipped,
    /// It failed as the runner expects, or never ended.
    Other,
}

impl HistoryOutcome {
    /// Whether a row is needed to excuse it: it did more than pass, and was not skipped.
    pub fn has_failed(self) -> bool {
        match self {
            HistoryOutcome::Failed | HistoryOutcome::Flaky | HistoryOutcome::Other => true,
            HistoryOutcome::Passed | HistoryOutcome::Skipped => false,
        }
    }
}

impl OutcomeSet {
    /// The set with one result.
    pub fn new(outcome: Outcome, attempt: Attempt) -> OutcomeSet {
        OutcomeSet(match attempt {
            Attempt::Final => FINAL_BIT | 1 << outcome as u32,
            Attempt::Intermediate => 1 << (RETRIED_SHIFT + outcome as u32),
        })
    }

    /// The set with one infrastructure failure, which does not measure the test.
    pub fn from_infrastructure_failure(outcome: Outcome, attempt: Attempt) -> OutcomeSet {
        let set = OutcomeSet::new(outcome, attempt);
        match FAILING.iter().position(|failing| *failing == outcome) {
            Some(index) => OutcomeSet(set.0 & FINAL_BIT | 1 << (INFRA_SHIFT + index as u32)),
            None => set,
        }
    }

    /// Adds the outcomes of further results.
    pub fn merge(&mut self, other: OutcomeSet) {
        let repeated = if self.0 & other.0 & FINAL_BIT == 0 { 0 } else { REPEATED_BIT };
        self.0 |= other.0 | repeated;
    }

    /// Whether a result had this outcome.
    pub fn contains(self, outcome: Outcome) -> bool {
        (self.0 | self.0 >> RETRIED_SHIFT) & (1 << outcome as u32) != 0
    }

    /// Whether a result had another outcome than skipped.
    pub fn has_started(self) -> bool {
        const SKIPPED: u32 = 1 << Outcome::Skipped as u32;
        self.0 & !(SKIPPED | SKIPPED << RETRIED_SHIFT | FINAL_BIT | REPEATED_BIT) != 0
    }

    /// Whether a test ran to some end other than a failure because of infrastructure.
    pub fn has_run(self) -> bool {
        let ran = |outcome: &&Outcome| !matches!(outcome, Outcome::Skipped | Outcome::Unfinished);
        Outcome::ALL.iter().filter(ran).any(|outcome| self.contains(*outcome))
    }

    /// Whether there were several results that were not attempts of a retried test.
    pub fn is_repeated(self) -> bool {
        self.0 & REPEATED_BIT != 0
    }

    /// The set as one outcome. A failure that no further attempt followed is one, whatever other attempts did.
    pub fn combine(self) -> CombinedOutcome {
        let outcomes = Outcome::ALL.iter().copied();
        let Some(worst) = outcomes.clone().rfind(|outcome| self.contains(*outcome)) else {
            let is_set = |index: &usize| self.0 & (1 << (INFRA_SHIFT + *index as u32)) != 0;
            // A set is never empty.
            let worst = (0..FAILING.len()).rfind(is_set).map_or(Outcome::Failed, |i| FAILING[i]);
            return CombinedOutcome::Unmeasured(worst);
        };
        let has_failed = FAILING.iter().any(|outcome| self.0 & (1 << *outcome as u32) != 0);
        let flaky = worst.is_failing() && !has_failed && self.contains(Outcome::Passed);
        if flaky { CombinedOutcome::Flaky(worst) } else { CombinedOutcome::Single(worst) }
    }

    /// How the test counts in its history; `None` if it only had infrastructure failures, which measure nothing. Where
    /// nothing else followed the attempts, they count as the last results do.
    pub fn in_history(self) -> Option<HistoryOutcome> {
        let has = |shift: u32, outcome: Outcome| self.0 & (1 << (shift + outcome as u32)) != 0;
        let has_last = Outcome::ALL.iter().any(|outcome| has(0, *outcome));
        let is_last = |outcome| has(if has_last { 0 } else { RETRIED_SHIFT }, outcome);
        let only_fails = || Outcome::ALL.iter().all(|o| o.is_failing() || !self.contains(*o));
        if FAILING.into_iter().any(|outcome| has(0, outcome)) {
            Some(HistoryOutcome::Failed)
        } else if FAILING.into_iter().any(|outcome| has(RETRIED_SHIFT, outcome)) {
            Some(if only_fails() { HistoryOutcome::Failed } else { HistoryOutcome::Flaky })
        } else if is_last(Outcome::Xfailed) || is_last(Outcome::Unfinished) {
            Some(HistoryOutcome::Other)
        } else if is_last(Outcome::Passed) {
            Some(HistoryOutcome::Passed)
        } else {
            is_last(Outcome::Skipped).then_some(HistoryOutcome::Skipped)
        }
    }
}

impl CombinedOutcome {
    /// Whether the test failed: a pass after a retry makes it flaky instead.
    pub fn has_failed(self) -> bool {
        match self {
            CombinedOutcome::Single(outcome) => outcome.is_failing(),
            CombinedOutcome::Flaky(_) | CombinedOutcome::Unmeasured(_) => false,
        }
    }

    /// Whether it failed and passed when it was retried.
    pub fn is_flaky(self) -> bool {
        matches!(self, CombinedOutcome::Flaky(_))
    }

    /// The worst outcome.
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
    fn outcomes_are_listed_in_the_order_of_severity() {
        assert!(Outcome::ALL.is_sorted());
        for (index, outcome) in Outcome::ALL.iter().enumerate() {
            assert_eq!(index, *outcome as usize);
        }
    }

    #[test]
    fn repeats_are_the_worst_unless_they_are_retries() {
        let mut set = OutcomeSet::new(Outcome::Passed, Attempt::Final);
        set.merge(OutcomeSet::new(Outcome::Failed, Attempt::Final));
        assert_eq!(set.combine(), CombinedOutcome::Single(Outcome::Failed));
        assert!(set.is_repeated());
        // An attempt elsewhere does not make up for a failure that nothing followed.
        set.merge(OutcomeSet::new(Outcome::Passed, Attempt::Intermediate));
        set.merge(OutcomeSet::new(Outcome::Errored, Attempt::Intermediate));
        assert_eq!(set.combine(), CombinedOutcome::Single(Outcome::Errored));
    }

    #[test]
    fn failing_attempts_and_then_a_pass_are_flaky() {
        let mut set = OutcomeSet::new(Outcome::Failed, Attempt::Intermediate);
        assert_eq!(set.combine(), CombinedOutcome::Single(Outcome::Failed));
        set.merge(OutcomeSet::new(Outcome::Passed, Attempt::Final));
        assert_eq!(set.combine(), CombinedOutcome::Flaky(Outcome::Failed));
        assert!(!set.is_repeated());
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
    fn history_counts_the_last_attempt_and_infrastructure_not_at_all() {
        let history = |results: &[(Outcome, Attempt)]| {
            let mut set = OutcomeSet::from_infrastructure_failure(Outcome::Failed, Attempt::Final);
            results
                .iter()
                .for_each(|(outcome, attempt)| set.merge(OutcomeSet::new(*outcome, *attempt)));
            set.in_history()
        };
        let (last, retried) = (Attempt::Final, Attempt::Intermediate);
        assert_eq!(history(&[]), None);
        for (results, expected) in [
            (vec![(Outcome::Passed, last)], HistoryOutcome::Passed),
            (vec![(Outcome::Passed, last), (Outcome::Crashed, last)], HistoryOutcome::Failed),
            (vec![(Outcome::Xpassed, last)], HistoryOutcome::Failed),
            (vec![(Outcome::Failed, retried), (Outcome::Passed, last)], HistoryOutcome::Flaky),
            (vec![(Outcome::Failed, retried), (Outcome::Skipped, last)], HistoryOutcome::Flaky),
            (vec![(Outcome::Failed, retried)], HistoryOutcome::Failed),
            (vec![(Outcome::Failed, retried), (Outcome::Passed, retried)], HistoryOutcome::Flaky),
            (vec![(Outcome::Passed, retried)], HistoryOutcome::Passed),
            (vec![(Outcome::Skipped, last)], HistoryOutcome::Skipped),
            (vec![(Outcome::Xfailed, last)], HistoryOutcome::Other),
            (vec![(Outcome::Unfinished, last), (Outcome::Passed, last)], HistoryOutcome::Other),
        ] {
            assert_eq!(history(&results), Some(expected), "{results:?}");
        }
    }

    #[test]
    fn a_test_that_failed_and_also_never_ended_is_a_failure() {
        let mut set = OutcomeSet::new(Outcome::Unfinished, Attempt::Final);
        set.merge(OutcomeSet::new(Outcome::Failed, Attempt::Final));
        assert_eq!(set.combine(), CombinedOutcome::Single(Outcome::Failed));
    }
}
