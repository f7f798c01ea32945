//! Targets that results can be read into, one sink per file.

use crate::compare::{BaseRun, Comparison, ComparisonBuilder, DuplicateNames, ResultsFile};
use crate::model::{Gap, Problem, ProblemKind, Sink, TestResult};
use crate::record::Recorder;
use std::collections::BTreeSet;

/// Something that results are read into.
pub(crate) trait ResultTarget {
    fn file_sink(&mut self, file_id: u32) -> Box<dyn Sink + '_>;

    /// Takes a problem that is not in a file's results, such as a damaged record; ignored by default, because it was
    /// reported when the files were read first.
    fn problem(&mut self, _problem: Problem) {}
}

/// A comparison, and the record that is written of its results.
pub(crate) struct RecordedComparison<'f, 'r> {
    pub builder: &'f mut ComparisonBuilder<'r>,
    /// Files whose results are not compared.
    pub left_out: &'f BTreeSet<u32>,
    pub recorder: Option<&'f Recorder>,
}

impl ResultTarget for RecordedComparison<'_, '_> {
    fn file_sink(&mut self, file_id: u32) -> Box<dyn Sink + '_> {
        let sink = Box::new(self.builder.file_sink(file_id));
        if self.left_out.contains(&file_id) {
            return Box::new(WithoutResults(sink));
        }
        match self.recorder {
            Some(recorder) => Box::new(recorder.recording_sink(file_id, sink)),
            None => sink,
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.builder.add_problem(problem);
    }
}

impl ResultTarget for DuplicateNames<'_, '_> {
    fn file_sink(&mut self, file_id: u32) -> Box<dyn Sink + '_> {
        Box::new(DuplicateNames::file_sink(self, file_id))
    }
}

pub(crate) struct BaseTarget<'f, 'r> {
    pub base: &'f mut BaseRun,
    pub comparison: &'f Comparison<'r>,
    /// By id.
    pub files: &'f [ResultsFile],
}

impl ResultTarget for BaseTarget<'_, '_> {
    fn file_sink(&mut self, file_id: u32) -> Box<dyn Sink + '_> {
        Box::new(self.base.file_sink(self.comparison, &self.files[file_id as usize]))
    }

    fn problem(&mut self, problem: Problem) {
        self.base.add_problem(problem);
    }
}

/// Passes on everything but results.
struct WithoutResults<'s>(Box<dyn Sink + 's>);

impl Sink for WithoutResults<'_> {
    fn result(&mut self, _: &TestResult<'_>) {}

    fn gap(&mut self, gap: Gap) {
        self.0.gap(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.0.problem(line, kind);
    }
}

pub(crate) struct SharedSink<'s>(pub &'s mut dyn Sink);

impl ResultTarget for SharedSink<'_> {
    fn file_sink(&mut self, _: u32) -> Box<dyn Sink + '_> {
        Box::new(&mut *self.0)
    }
}
