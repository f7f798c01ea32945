//! Results whose messages are still being read.

use super::test_record::TestRecord;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use std::collections::BTreeMap;

/// A result whose message may continue, or whose outcome may still change.
pub(crate) struct PendingTest {
    /// The 1-based line of the result.
    pub line: u32,
    pub name: String,
    pub outcome: Outcome,
    pub message: BoundedText,
}

impl PendingTest {
    pub(crate) fn new(line: u32, name: impl Into<String>, outcome: Outcome) -> PendingTest {
        PendingTest { line, name: name.into(), outcome, message: BoundedText::default() }
    }

    /// The result with its message.
    pub(crate) fn record(&self) -> TestRecord<'_> {
        TestRecord::new(self.name.as_str(), self.outcome).message(self.message.text())
    }

    pub(crate) fn emit(&self, builder: &mut RunBuilder<'_>) {
        self.record().emit(self.line, builder);
    }
}

/// Failing tests whose messages follow after all results, under headings with their names.
#[derive(Default)]
pub(crate) struct PendingFailures {
    tests: Vec<PendingTest>,
    /// The first test of each name.
    indices: BTreeMap<String, usize>,
    /// The test of the last heading.
    current: Option<usize>,
}

impl PendingFailures {
    /// The most failures that are kept; further ones have no message.
    const MAX: usize = 100_000;

    /// Keeps a result if it failed; otherwise returns it.
    pub(crate) fn add(&mut self, test: PendingTest) -> Option<PendingTest> {
        if !test.outcome.is_failing() || self.tests.len() == PendingFailures::MAX {
            return Some(test);
        }
        self.indices.entry(test.name.clone()).or_insert(self.tests.len());
        self.tests.push(test);
        None
    }

    pub(crate) fn start_message(&mut self, name: &str) {
        self.current = self.indices.get(name).copied();
    }

    /// The message that is being read.
    pub(crate) fn message(&mut self) -> Option<&mut BoundedText> {
        self.current.and_then(|index| self.tests.get_mut(index)).map(|test| &mut test.message)
    }

    /// Removes all tests, in the order of the file.
    pub(crate) fn take(&mut self) -> Vec<PendingTest> {
        std::mem::take(self).tests
    }
}
