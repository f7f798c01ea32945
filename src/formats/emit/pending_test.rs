//! Results whose messages are still being read.

use super::test_record::TestRecord;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;

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
