//! Tests that are deferred until the end of the suites around them, because Robot Framework reports only there that
//! the teardown of a suite failed, and with it all tests of the suite.
//!
//! Many tests share a reason, so it is stored once and added to their messages when they are emitted. The memory is
//! limited: beyond the limit tests are emitted early, and the run is incomplete.

use crate::formats::emit::TestCase;
use crate::model::{Event, Outcome, RunBuilder};
use std::rc::Rc;

/// Maximum size of the deferred tests, in bytes.
const MAX_DEFERRED_BYTES: usize = 256 << 20;

/// Deferred tests, in the order of the file.
pub(crate) struct DeferredTests {
    tests: Vec<DeferredTest>,
    /// Tests emitted so far.
    flushed: usize,
    bytes: usize,
    max_bytes: usize,
    /// Whether it was reported that the limit was exceeded.
    is_reported: bool,
}

struct DeferredTest {
    case: TestCase,
    /// The messages of teardowns that changed its outcome.
    reasons: Vec<Rc<str>>,
}

impl DeferredTest {
    fn bytes(&self) -> usize {
        let TestCase { name, message, file, earlier_attempts: earlier, .. } = &self.case;
        size_of::<DeferredTest>()
            + name.len()
            + message.text().len()
            + file.len()
            + earlier.len()
            + self.reasons.len() * size_of::<Rc<str>>()
    }
}

impl Default for DeferredTests {
    fn default() -> DeferredTests {
        DeferredTests {
            tests: Vec::new(),
            flushed: 0,
            bytes: 0,
            max_bytes: MAX_DEFERRED_BYTES,
            is_reported: false,
        }
    }
}

impl DeferredTests {
    /// The index of the next test in the file.
    pub(crate) fn next_index(&self) -> usize {
        self.flushed + self.tests.len()
    }

    pub(crate) fn push(&mut self, case: TestCase, builder: &mut RunBuilder<'_>) {
        let (line, deferred) = (case.line, DeferredTest { case, reasons: Vec::new() });
        self.bytes += deferred.bytes();
        self.tests.push(deferred);
        self.enforce_limit(line, builder);
    }

    /// Changes the tests from an index on.
    pub(crate) fn update_from(
        &mut self,
        first: usize,
        line: u32,
        builder: &mut RunBuilder<'_>,
        mut update: impl FnMut(&mut TestCase),
    ) {
        self.for_each_from(first, |test| update(&mut test.case));
        self.enforce_limit(line, builder);
    }

    /// Applies the outcome of a suite's teardown to the tests from an index on.
    pub(crate) fn apply_teardown(
        &mut self,
        first: usize,
        line: u32,
        builder: &mut RunBuilder<'_>,
        outcome: Outcome,
        message: &str,
    ) {
        let message: Rc<str> = Rc::from(message);
        self.for_each_from(first, |test| {
            if test.case.outcome.is_some_and(|own| is_overridden_by(own, outcome)) {
                test.case.outcome = Some(outcome);
                test.reasons.reserve_exact(1);
                test.reasons.push(Rc::clone(&message));
            }
        });
        self.enforce_limit(line, builder);
    }

    fn for_each_from(&mut self, first: usize, mut update: impl FnMut(&mut DeferredTest)) {
        let first = first.saturating_sub(self.flushed);
        for test in self.tests.iter_mut().skip(first) {
            self.bytes -= test.bytes();
            update(test);
            self.bytes += test.bytes();
        }
    }

    fn enforce_limit(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        if self.bytes <= self.max_bytes {
            return;
        }
        if !std::mem::replace(&mut self.is_reported, true) {
            let why = "more tests than fit in memory until their suites end";
            builder.handle(line, Event::BailedOut { why: why.into() });
        }
        self.flush(builder);
    }

    /// Emits all deferred tests.
    pub(crate) fn flush(&mut self, builder: &mut RunBuilder<'_>) {
        self.bytes = 0;
        self.flushed += self.tests.len();
        for DeferredTest { mut case, reasons } in self.tests.drain(..) {
            reasons.iter().for_each(|why| case.add_message(why));
            case.emit(builder);
        }
    }
}

/// Whether the teardown of its suite changes a test's outcome. As Robot Framework counts, a skipped test stays skipped,
/// and a skipped teardown skips a test whatever its own outcome.
fn is_overridden_by(own: Outcome, teardown: Outcome) -> bool {
    own != Outcome::Skipped && (teardown == Outcome::Skipped || own < teardown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::DecodedRun;
    use crate::model::{GapKind, ReadConfig};

    fn passed(name: &str) -> TestCase {
        TestCase { outcome: Some(Outcome::Passed), ..TestCase::new(1, name) }
    }

    /// The results of six tests with a memory limit.
    fn run_with_limit(max_bytes: usize) -> DecodedRun {
        let mut run = DecodedRun::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut run);
        let mut deferred = DeferredTests { max_bytes, ..DeferredTests::default() };
        for name in ["a", "b", "c", "d", "e", "f"] {
            deferred.push(passed(name), &mut builder);
        }
        deferred.apply_teardown(5, 2, &mut builder, Outcome::Errored, "no disk");
        deferred.apply_teardown(4, 2, &mut builder, Outcome::Skipped, "full");
        deferred.apply_teardown(2, 3, &mut builder, Outcome::Failed, &"x".repeat(8 << 10));
        deferred.flush(&mut builder);
        builder.finish(4, crate::model::EndOfInput::Complete);
        run
    }

    #[test]
    fn teardown_outcome_applies_to_all_tests_of_suite() {
        let whole = run_with_limit(10 * size_of::<DeferredTest>());
        assert_eq!((&*whole.0[0], &*whole.0[1]), ("passed a", "passed b"));
        assert!(whole.0[2].starts_with("failed c: xxx"));
        assert!(whole.0[3].starts_with("failed d: xxx"));
        assert_eq!(whole.0[4..], ["skipped e: full", "skipped f: no disk\nfull"]);
        assert_eq!((whole.0.len(), whole.1), (6, vec![]));
    }

    #[test]
    fn tests_over_limit_are_flushed_and_run_is_incomplete() {
        let (first, unbuffered) =
            (run_with_limit(4 * size_of::<DeferredTest>() + 8), run_with_limit(0));
        assert_eq!(first.0[..5], ["passed a", "passed b", "passed c", "passed d", "passed e"]);
        assert_eq!(first.0[5], "skipped f: no disk\nfull");
        assert!(matches!(first.1[..], [GapKind::BailedOut { .. }]));
        assert_eq!((unbuffered.0.len(), unbuffered.1.len()), (6, 1));
    }
}
