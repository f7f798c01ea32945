//! Judges the exit code 0 of one file's runner, once it is known which failures were retried.

use crate::model::{ExitCodeFinding, FailureCounts, Gap, ProblemKind, Sink, TestResult};

/// A sink that counts the failures of one file, to judge the exit code 0 of its runner.
pub(crate) struct ExitCodeZeroSink<'s> {
    sink: &'s mut dyn Sink,
    failures: FailureCounts,
}

impl<'s> ExitCodeZeroSink<'s> {
    /// Passes on everything to this sink.
    pub(crate) fn new(sink: &'s mut dyn Sink) -> ExitCodeZeroSink<'s> {
        ExitCodeZeroSink { sink, failures: FailureCounts::default() }
    }

    /// Passes on what the exit code shows, once the file was read.
    pub(crate) fn finish(self) {
        let problem = ExitCodeFinding::new(0, self.failures).and_then(ExitCodeFinding::problem);
        problem.into_iter().for_each(|problem| self.sink.problem(0, problem.into()));
    }
}

impl Sink for ExitCodeZeroSink<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.failures.add(result.outcome, result.attempt);
        self.sink.result(result);
    }

    fn gap(&mut self, gap: Gap) {
        self.sink.gap(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.sink.problem(line, kind);
    }
}
