//! What a test runner's exit code shows, be it that of one file or of the whole run.

use super::{Attempt, GapKind, Outcome, ResultsProblem};

/// The failing results that an exit code belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FailureCounts {
    /// Every failing result.
    pub all: u64,
    /// Those of them that another attempt followed.
    pub retried: u64,
}

/// What an exit code shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExitCodeFinding {
    /// The run is incomplete.
    Gap(GapKind),
    /// The code would not show that the run is incomplete.
    Problem(ResultsProblem),
}

impl FailureCounts {
    /// Counts a result.
    pub fn add(&mut self, outcome: Outcome, attempt: Attempt) {
        if outcome.is_failing() {
            self.all += 1;
            self.retried += u64::from(attempt == Attempt::Intermediate);
        }
    }
}

impl ExitCodeFinding {
    /// What a code shows. The runner was ended by its time limit or a signal, unless the code is the number of
    /// failing results. Or it failed although no result did, where an attempt explains it as well: some runners
    /// return 1 for a test that passed when it was retried. Or it returned 0 although tests failed, where an attempt
    /// does not count: a retry made up for it.
    pub fn new(code: i64, failures: FailureCounts) -> Option<ExitCodeFinding> {
        let FailureCounts { all, retried } = failures;
        let counts_failures = u64::try_from(code)
            .is_ok_and(|code| code == all || (MAX_FAILURE_CODES.contains(&code) && all > code));
        let was_ended = !counts_failures && (code == 124 || !(0..=128).contains(&code));
        if was_ended || (code != 0 && all == 0) {
            return Some(ExitCodeFinding::Gap(GapKind::ExitCode { code }));
        }
        let failing = all - retried;
        let problem = ResultsProblem::ExitCodeZero { failing };
        (code == 0 && failing > 0).then_some(ExitCodeFinding::Problem(problem))
    }

    /// The gap, if it is one.
    pub fn gap(self) -> Option<GapKind> {
        match self {
            ExitCodeFinding::Gap(kind) => Some(kind),
            ExitCodeFinding::Problem(_) => None,
        }
    }

    /// The problem, if it is one.
    pub fn problem(self) -> Option<ResultsProblem> {
        match self {
            ExitCodeFinding::Gap(_) => None,
            ExitCodeFinding::Problem(problem) => Some(problem),
        }
    }
}

/// The exit codes of runners that return the number of failures, if there are more: Robot Framework, Perl's
/// Test::Builder, and mocha and Catch2.
// <https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html#return-codes>
// <https://metacpan.org/pod/Test::More#EXIT-CODES>
// <https://mochajs.org/#command-line-usage>, <https://github.com/catchorg/Catch2/blob/v3.4.0/src/catch2/catch_session.cpp>
const MAX_FAILURE_CODES: [u64; 3] = [250, 254, 255];

#[cfg(test)]
mod tests {
    use super::*;

    fn is_gap(code: i64, failures: FailureCounts) -> bool {
        ExitCodeFinding::new(code, failures).is_some_and(|found| found.gap().is_some())
    }

    #[test]
    fn an_exit_code_that_counts_failures_is_no_gap() {
        for (code, all, expected) in [
            (0, 0, false),
            (0, 3, false),
            (1, 3, false),
            (1, 0, true),
            (124, 3, true),
            (124, 124, false),
            (137, 3, true),
            (137, 137, false),
            (137, 138, true),
            (250, 900, false),
            (250, 249, true),
            (254, 254, false),
            (255, 300, false),
            (255, 3, true),
            (-11, 3, true),
            (256, 256, false),
        ] {
            let failures = FailureCounts { all, retried: 0 };
            assert_eq!(is_gap(code, failures), expected, "{code} of {all}");
        }
    }

    #[test]
    fn an_attempt_explains_a_failing_code_and_is_none_for_zero() {
        let failures = |all, retried| FailureCounts { all, retried };
        assert_eq!(ExitCodeFinding::new(1, failures(1, 1)), None);
        assert_eq!(ExitCodeFinding::new(0, failures(1, 1)), None);
        let problem = ResultsProblem::ExitCodeZero { failing: 1 };
        let found = ExitCodeFinding::new(0, failures(2, 1));
        assert_eq!(found, Some(ExitCodeFinding::Problem(problem)));
    }
}
