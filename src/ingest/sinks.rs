//! Where results go while they are read: a sink for each file, whatever it is that is being made.
//!
//! A newcomer's trap: formats are compiled for one sink only, or each of seventy would stand in the
//! program once for every use; so sinks are boxed here.

use crate::compare::{BaseRun, Comparison, Fold, Repeats, ResultsFile};
use crate::model::{Gap, Problem, ProblemKind, Sink, TestResult};
use crate::record::Recorder;

/// Something that results are read into.
pub trait Folds {
    /// The sink for the results of the file of this number.
    fn file(&mut self, number: u32) -> Box<dyn Sink + '_>;

    /// Takes a problem that belongs to no file of results, such as a damaged record.
    fn problem(&mut self, problem: Problem);
}

/// A comparison, and the record that is written of it.
pub struct Recording<'f, 'r> {
    pub fold: &'f mut Fold<'r>,
    pub recorder: Option<&'f Recorder>,
}

impl Folds for Recording<'_, '_> {
    fn file(&mut self, number: u32) -> Box<dyn Sink + '_> {
        let fold = Box::new(self.fold.file(number));
        match self.recorder {
            Some(recorder) => Box::new(recorder.recorded(number, fold)),
            None => fold,
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.fold.problem(problem);
    }
}

/// Names that several results share.
pub struct Looked<'f, 'c, 'r>(pub &'f mut Repeats<'c, 'r>);

impl Folds for Looked<'_, '_, '_> {
    fn file(&mut self, number: u32) -> Box<dyn Sink + '_> {
        Box::new(self.0.file(number))
    }

    /// The first reading told it.
    fn problem(&mut self, _: Problem) {}
}

/// A base run.
pub struct Based<'f, 'r> {
    pub base: &'f mut BaseRun,
    pub comparison: &'f Comparison<'r>,
    /// By number.
    pub files: &'f [ResultsFile],
}

impl Folds for Based<'_, '_> {
    fn file(&mut self, number: u32) -> Box<dyn Sink + '_> {
        match self.files.get(number as usize) {
            Some(file) => Box::new(self.base.file(self.comparison, file)),
            None => Box::new(Nowhere),
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.base.problem(problem);
    }
}

/// Takes everything and keeps nothing.
struct Nowhere;

impl Sink for Nowhere {
    fn result(&mut self, _: &TestResult<'_>) {}

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}

/// One sink for all files.
pub struct Everything<'s, S: Sink>(pub &'s mut S);

impl<S: Sink> Folds for Everything<'_, S> {
    fn file(&mut self, _: u32) -> Box<dyn Sink + '_> {
        Box::new(&mut *self.0)
    }

    fn problem(&mut self, _: Problem) {}
}
