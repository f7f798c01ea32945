//! One run of a libtest binary: its tests until the result line.
//!
//! Tests wait for the result line, because output may have torn their outcomes: the list below `failures:` names
//! what failed, and the totals show whether the words that were found elsewhere can be the outcomes.

use super::doc_tests;
use super::libtest_line::{LibtestResult, WordHint, location_of};
use crate::formats::emit::{TestRecord, names};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::BoundedText;
use std::collections::{BTreeMap, BTreeSet};

/// The most tests that wait for the result line, and the most tests with output.
const MAX_TESTS: usize = 100_000;
/// The most lines in which a test may follow output.
const MAX_CANDIDATES: usize = 1_000;

pub(super) struct LibtestSuite {
    line: u32,
    /// The number in `running N tests`; none where the file begins later.
    planned: Option<u64>,
    seen: u64,
    tests: Vec<LibtestTest>,
    /// The first test of each title.
    indices: BTreeMap<String, usize>,
    failing: BTreeSet<String>,
    /// Tests that follow output in their lines, if they are tests.
    candidates: Vec<LibtestTest>,
    /// The output of each test, by title.
    outputs: BTreeMap<String, TestOutput>,
    /// The test whose output the next lines are.
    current: Option<String>,
    /// Suites that started before the end of this one: output of its tests, or those of the next binaries.
    pub nested: Vec<EndedSuite>,
    /// Whether its start was emitted.
    has_started: bool,
}

/// A suite and its end.
pub(super) struct EndedSuite {
    pub suite: LibtestSuite,
    pub end: SuiteEnd,
}

#[derive(Default)]
pub(super) struct SuiteEnd {
    pub line: u32,
    pub result: Option<LibtestResult>,
    /// The list before the result line.
    pub failed: BTreeSet<String>,
    /// How the binary died, which is a result of its own.
    pub crash: Option<String>,
}

#[derive(Default)]
struct TestOutput {
    text: BoundedText,
    has_heading: bool,
}

pub(super) struct LibtestTest {
    pub line: u32,
    /// The name, without the binary and without how the test is expected to end.
    pub title: String,
    /// None where output has torn the word, or where it is unknown.
    pub outcome: Option<Outcome>,
    pub hint: Option<WordHint>,
    /// Why it is ignored.
    pub reason: String,
}

impl LibtestTest {
    pub(super) fn new(line: u32, title: &str, outcome: Option<Outcome>) -> LibtestTest {
        LibtestTest { line, title: title.to_owned(), outcome, hint: None, reason: String::new() }
    }

    fn has_torn_outcome(&self) -> bool {
        self.outcome.is_none()
    }
}

impl LibtestSuite {
    pub(super) fn new(line: u32, planned: Option<u64>) -> LibtestSuite {
        LibtestSuite {
            line,
            planned,
            seen: 0,
            tests: Vec::new(),
            indices: BTreeMap::new(),
            failing: BTreeSet::new(),
            candidates: Vec::new(),
            outputs: BTreeMap::new(),
            current: None,
            nested: Vec::new(),
            has_started: false,
        }
    }

    /// Adds a test; without room for it, it is emitted as it is.
    pub(super) fn add(&mut self, test: LibtestTest, binary: &str, builder: &mut RunBuilder<'_>) {
        self.seen = self.seen.saturating_add(1);
        if self.tests.len() == MAX_TESTS {
            self.current = None;
            self.emit_start(builder);
            return self.emit(&test, 1, binary, builder);
        }
        self.current = test.has_torn_outcome().then(|| test.title.clone());
        if test.outcome.is_some_and(Outcome::is_failing) {
            self.failing.insert(test.title.clone());
        }
        self.indices.entry(test.title.clone()).or_insert(self.tests.len());
        self.tests.push(test);
    }

    pub(super) fn add_candidate(&mut self, test: LibtestTest) {
        if self.candidates.len() < MAX_CANDIDATES {
            self.candidates.push(test);
        }
    }

    /// Adds what may be the outcome of the last test, if that has none.
    pub(super) fn add_hint(&mut self, hint: WordHint) {
        let torn = self.tests.last_mut().filter(|test| test.has_torn_outcome());
        let is_weaker =
            |test: &&mut LibtestTest| test.hint.is_none_or(|known| hint.strength >= known.strength);
        if let Some(test) = torn.filter(is_weaker) {
            test.hint = Some(hint);
        }
    }

    /// Begins the output of a test below its heading. A test has one heading: any other is output.
    pub(super) fn start_section(&mut self, title: &str) -> bool {
        let is_test = self.indices.contains_key(title) || self.unnamed() > 0;
        let is_new = self.outputs.get(title).is_none_or(|output| !output.has_heading);
        if !is_test || !is_new || self.outputs.len() == MAX_TESTS {
            return false;
        }
        self.outputs.entry(title.to_owned()).or_default().has_heading = true;
        self.current = Some(title.to_owned());
        true
    }

    /// Begins the output of the test on whose thread something panicked.
    pub(super) fn start_panic(&mut self, title: &str) {
        self.current = Some(title.to_owned());
    }

    /// Whether this is the test whose output is read.
    pub(super) fn is_current(&self, title: &str) -> bool {
        self.current.as_deref() == Some(title)
    }

    /// Drops the output so far of the current test.
    pub(super) fn restart_output(&mut self) {
        if let Some(output) = self.current.as_ref().and_then(|title| self.outputs.get_mut(title)) {
            output.text.clear();
        }
    }

    pub(super) fn end_output(&mut self) {
        self.current = None;
    }

    pub(super) fn push_output(&mut self, line: &str) {
        let Some(title) = &self.current else { return };
        if let Some(output) = self.outputs.get_mut(title) {
            output.text.push_line(line.as_bytes());
        } else if self.outputs.len() < MAX_TESTS {
            let output = self.outputs.entry(title.clone()).or_default();
            output.text.push_line(line.as_bytes());
        }
    }

    /// Whether a test may still run.
    pub(super) fn is_running(&self) -> bool {
        self.unnamed() > 0 || self.tests.last().is_some_and(LibtestTest::has_torn_outcome)
    }

    /// Whether a result line counts the tests that were read.
    pub(super) fn is_complete(&self, result: &LibtestResult) -> bool {
        self.planned == Some(result.tests()) && self.unnamed() == self.candidates.len() as u64
    }

    pub(super) fn len(&self) -> usize {
        self.tests.len()
    }

    /// The number of tests that no line names.
    fn unnamed(&self) -> u64 {
        self.planned.unwrap_or(u64::MAX).saturating_sub(self.seen)
    }

    /// Whether a result line after sections is this suite's and not that of a run inside a test, by the list of
    /// what failed before it.
    pub(super) fn is_own_result(&self, result: &LibtestResult, failed: &BTreeSet<String>) -> bool {
        let is_whole = self.planned.is_none_or(|planned| planned == result.tests());
        if !self.failing.is_subset(failed) {
            return false;
        }
        let is_unknown = |title: &&String| !self.indices.contains_key(*title);
        let unknown = failed.iter().filter(is_unknown).count() as u64;
        unknown <= self.unnamed() && (is_whole || (unknown == 0 && !failed.is_empty()))
    }

    fn emit_start(&mut self, builder: &mut RunBuilder<'_>) {
        if !std::mem::replace(&mut self.has_started, true) {
            builder.handle(self.line, Event::SuiteStarted { name: None });
        }
    }

    pub(super) fn finish(mut self, end: &SuiteEnd, binary: &str, builder: &mut RunBuilder<'_>) {
        self.emit_start(builder);
        if self.unnamed() == self.candidates.len() as u64 {
            for test in std::mem::take(&mut self.candidates) {
                self.add(test, binary, builder);
            }
        }
        self.settle_listed(end, binary, builder);
        self.settle_torn(end);
        // Without all of them their order is unknown.
        let titles = || self.tests.iter().map(|test| test.title.as_str());
        let ordinals = end.result.map(|_| doc_tests::ordinals(titles())).unwrap_or_default();
        for (index, test) in self.tests.iter().enumerate() {
            self.emit(test, ordinals.get(&index).copied().unwrap_or(1), binary, builder);
        }
        if let Some(how) = &end.crash {
            builder.handle(end.line, Event::finished(binary, Outcome::Crashed, how));
        }
        self.declare(end, builder);
        builder.handle(end.line, Event::SuiteEnded);
    }

    fn declare(&self, end: &SuiteEnd, builder: &mut RunBuilder<'_>) {
        let planned = self.planned.unwrap_or(0);
        let planned = planned.max(end.result.map_or(0, |result| result.tests()));
        // The crash of the binary is that of a test which no line names, or of one that is unfinished.
        let has_unfinished = self.tests.iter().any(LibtestTest::has_torn_outcome);
        let extra = u64::from(end.crash.is_some() && has_unfinished);
        builder.expect_children(end.line, planned.saturating_add(extra));
        if let Some(result) = &end.result {
            builder.expect_failures(end.line, result.failed);
            builder.expect_skips(end.line, result.ignored);
            if !result.ok {
                builder.expect_a_failure(end.line, "test result: FAILED");
            }
        }
    }

    /// What the list names failed, whatever its own line is.
    fn settle_listed(&mut self, end: &SuiteEnd, binary: &str, builder: &mut RunBuilder<'_>) {
        for title in &end.failed {
            let index = self.indices.get(title);
            match index.and_then(|index| self.tests.get_mut(*index)) {
                Some(test) if test.outcome.is_some_and(Outcome::is_failing) => {}
                Some(test) => test.outcome = Some(Outcome::Failed),
                None => {
                    let test = LibtestTest::new(end.line, title, Some(Outcome::Failed));
                    self.add(test, binary, builder);
                }
            }
        }
    }

    /// Words that were found elsewhere are outcomes if the totals of the result line have room for them. Without a
    /// result line, only failures are.
    fn settle_torn(&mut self, end: &SuiteEnd) {
        let count = |wanted: Outcome| {
            let outcome = |test: &LibtestTest| test.outcome.or(test.hint.map(|hint| hint.outcome));
            self.tests.iter().filter(|test| outcome(test) == Some(wanted)).count() as u64
        };
        let [passed, skipped] = [Outcome::Passed, Outcome::Skipped].map(count);
        let fits = |outcome: Outcome| match (outcome, &end.result) {
            (Outcome::Passed, Some(result)) => {
                passed <= result.passed.saturating_add(result.measured)
            }
            (Outcome::Skipped, Some(result)) => skipped <= result.ignored,
            (Outcome::Passed | Outcome::Skipped, None) => false,
            // The list would name it.
            (_, Some(result)) => result.failed > end.failed.len() as u64,
            (_, None) => true,
        };
        for test in self.tests.iter_mut().filter(|test| test.has_torn_outcome()) {
            test.outcome = test.hint.map(|hint| hint.outcome).filter(|outcome| fits(*outcome));
        }
    }

    fn emit(&self, test: &LibtestTest, ordinal: u32, binary: &str, builder: &mut RunBuilder<'_>) {
        let name = doc_tests::name(&test.title, ordinal);
        let name = names::join_child(binary, &name, "::");
        let Some(outcome) = test.outcome else {
            return builder.handle(test.line, Event::Started { name: name.into() });
        };
        let output = self.outputs.get(&test.title).map_or("", |output| output.text.text());
        let (message, location) = if outcome.is_failing() {
            (output, location_of(output, &test.title))
        } else {
            (test.reason.as_str(), None)
        };
        TestRecord::new(name, outcome).message(message).at(location).emit(test.line, builder);
    }
}
