//! Turns the events of one file into results, gaps and problems, and is alone in deciding what events
//! mean: a start without an end, a plan that was not met, totals that do not fit.
//!
//! Results are passed to a [`Sink`] one at a time; only the open tests are kept. Each nested suite is a
//! frame on a stack; frame 0 is the file.

use super::open_tests::{OpenTest, OpenTests, Slot};
use super::{
    AffectedTests, Attempt, EndOfInput, Event, ExitCodeFinding, FailureCounts, Finished, Gap,
    GapKind, Origin, Outcome, PlanScope, ProblemKind, ResultsProblem, Scope, SuiteId, TestName,
    TestResult, common_prefix_len,
};
use std::borrow::Cow;

/// Receives the content of one results file.
pub trait Sink {
    /// A result, borrowed for this call.
    fn result(&mut self, result: &TestResult<'_>);
    /// A part of the run that was not measured.
    fn gap(&mut self, gap: Gap);
    /// A problem at a line of the file; line 0 is the whole file.
    fn problem(&mut self, line: u32, kind: ProblemKind);
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn result(&mut self, result: &TestResult<'_>) {
        (**self).result(result);
    }

    fn gap(&mut self, gap: Gap) {
        (**self).gap(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        (**self).problem(line, kind);
    }
}

/// How the names of one file are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadConfig {
    /// Text before each name.
    pub prefix: String,
    /// The name of the file, which may be that of its suite and so a prefix of its tests' names.
    pub suite: Option<String>,
}

/// Turns the events of one file into results, gaps and problems.
pub struct RunBuilder<'s> {
    sink: &'s mut dyn Sink,
    config: ReadConfig,
    file: u32,
    suite_count: u32,
    /// Suites that are not nested in another one.
    root_suites: u32,
    declared_empty: bool,
    frames: Vec<SuiteFrame>,
    /// The open tests of all frames.
    open_tests: OpenTests,
    /// The buffer of the name that ended last, to be reused.
    name_buffer: String,
    exit_code: Option<i64>,
    /// Failing attempts that another one followed.
    retried_failures: u64,
    /// The number of open suites that are nested too deeply to have a frame.
    ignored_depth: u64,
    is_damaged: bool,
}

/// Nested suites with a frame of their own; deeper ones belong to the last of these.
const MAX_DEPTH: usize = 500;
/// Open tests in all suites, and the bytes of their names. Runners have at most a few hundred; the limits bound the memory
/// that a hostile file takes.
const MAX_OPEN_TESTS: usize = 100_000;
const MAX_OPEN_NAME_BYTES: usize = 64 << 20;

#[derive(Default)]
struct SuiteFrame {
    id: SuiteId,
    line: u32,
    plan: Option<(u64, PlanScope)>,
    declared_failures: Option<u64>,
    declared_skips: Option<u64>,
    /// The words in which it reports that it failed.
    reported_failure: Option<String>,
    children: u64,
    descendants: u64,
    failing: u64,
    /// The number of skipped tests and expected failures.
    skipped: u64,
    has_unfinished: bool,
    /// The suite's name, which need not be a prefix of its tests' names.
    name: Option<String>,
    /// Shared by the names of all its tests; `None` while it has none.
    common_prefix: Option<String>,
}

/// The separators between the parts of a name.
pub(crate) const NAME_SEPARATORS: [char; 3] = ['.', '/', ':'];

/// Which tests may be missing where a suite has fewer than planned.
#[derive(Clone, Copy)]
enum Missing {
    OfSuite,
    Anything,
}

impl<'s> RunBuilder<'s> {
    /// A builder for the results file with this index.
    pub fn new(file: u32, config: ReadConfig, sink: &'s mut dyn Sink) -> Self {
        let root = SuiteFrame {
            id: SuiteId { file, suite: 0 },
            line: 1,
            name: config.suite.clone().filter(|name| name.contains(NAME_SEPARATORS)),
            ..SuiteFrame::default()
        };
        RunBuilder {
            sink,
            config,
            file,
            suite_count: 0,
            root_suites: 0,
            declared_empty: false,
            frames: vec![root],
            open_tests: OpenTests::default(),
            name_buffer: String::new(),
            exit_code: None,
            retried_failures: 0,
            ignored_depth: 0,
            is_damaged: false,
        }
    }

    /// Sets the exit code of the runner that wrote this file, if it may show a gap: 0 does not.
    pub fn with_exit_code(mut self, code: Option<i64>) -> Self {
        self.exit_code = code;
        self
    }

    /// Declares how many tests the innermost open suite has, those of suites inside it included.
    pub fn expect_tests(&mut self, line: u32, tests: impl Into<Option<u64>>) {
        self.expect(line, tests, PlanScope::Descendants);
    }

    /// Declares how many tests the innermost open suite has, each suite inside it counted as one.
    pub fn expect_children(&mut self, line: u32, tests: impl Into<Option<u64>>) {
        self.expect(line, tests, PlanScope::Children);
    }

    fn expect(&mut self, line: u32, tests: impl Into<Option<u64>>, scope: PlanScope) {
        if let Some(tests) = tests.into() {
            self.handle(line, Event::Plan { tests, scope });
        }
    }

    /// Declares how many tests of the innermost open suite fail.
    pub fn expect_failures(&mut self, line: u32, tests: impl Into<Option<u64>>) {
        if let Some(tests) = tests.into() {
            self.handle(line, Event::DeclaredFailures { tests });
        }
    }

    /// Declares how many tests of the innermost open suite are skipped or fail as expected.
    pub fn expect_skips(&mut self, line: u32, tests: impl Into<Option<u64>>) {
        if let Some(tests) = tests.into() {
            self.handle(line, Event::DeclaredSkips { tests });
        }
    }

    /// Declares that the innermost open suite failed, in words that the file has, such as `exitcode 1`: one of its
    /// tests must have failed.
    pub fn expect_a_failure(&mut self, line: u32, what: &str) {
        self.handle(line, Event::ReportedFailure { what: what.into() });
    }

    /// Handles the next event, at a 1-based line.
    pub fn handle(&mut self, line: u32, event: Event<'_>) {
        match event {
            Event::SuiteStarted { name } => self.open_suite(line, name),
            Event::SuiteEnded => self.close_suite(),
            Event::Plan { tests, scope } => {
                self.declared_empty |= tests == 0;
                self.current().plan = Some((tests, scope));
            }
            Event::DeclaredFailures { tests } => {
                let declared = &mut self.current().declared_failures;
                *declared = (*declared).max(Some(tests));
            }
            Event::DeclaredSkips { tests } => {
                let declared = &mut self.current().declared_skips;
                *declared = (*declared).max(Some(tests));
            }
            Event::ReportedFailure { what } => {
                let what = TestName::escape(&what).into_owned();
                self.current().reported_failure.get_or_insert(what);
            }
            Event::Started { name } => self.open_test(line, &or_unnamed(name)),
            Event::Finished(finished) => {
                self.on_finished(line, Finished { name: or_unnamed(finished.name), ..finished });
            }
            Event::BailedOut { why } => {
                let why = TestName::escape(&why).into_owned();
                self.gap(GapKind::BailedOut { why }, AffectedTests::All, line);
            }
            Event::Damaged { what } => self.damage(line, &what),
            Event::WrongEncoding { read_as } => {
                let read_as = read_as.into();
                self.sink.problem(line, ResultsProblem::WrongEncoding { read_as }.into());
            }
        }
    }

    /// Ends the open test that started last, as [`Event::Finished`] with its name and no message would;
    /// does nothing if no test is open.
    pub fn finish_last_started(&mut self, line: u32, outcome: Outcome) {
        let Some((test, enclosing)) =
            self.open_tests.newest().and_then(|slot| self.take_open(slot))
        else {
            return;
        };
        let finished = Finished::new(&*test.name, outcome, "");
        self.record_end(line, test.depth, enclosing, finished);
        self.name_buffer = test.name;
    }

    /// Ends the file. Tests that are still open never ended.
    pub fn finish(mut self, line: u32, end: EndOfInput) {
        // Where the end of the file closes one of several suites, further suites may be missing.
        let missing = if self.root_suites > 1 { Missing::Anything } else { Missing::OfSuite };
        while self.frames.len() > 1 {
            self.close_frame(missing);
        }
        let root = &self.frames[0];
        let found = root.descendants + self.open_tests.len() as u64;
        let (failing, affected) = (root.failing, root.affected_tests());
        self.close_frame(missing);
        let retried = self.retried_failures;
        let failures = FailureCounts { all: failing + retried, retried };
        let finding = self.exit_code.and_then(|code| ExitCodeFinding::new(code, failures));
        if let Some(kind) = finding.and_then(ExitCodeFinding::gap) {
            self.gap(kind, affected, line);
        }
        match end {
            EndOfInput::Complete if found == 0 && !self.declared_empty => {
                self.gap(GapKind::NoTests, AffectedTests::All, line);
            }
            EndOfInput::Complete => {}
            EndOfInput::Truncated => {
                self.sink.problem(line, ResultsProblem::Truncated.into());
                self.gap(GapKind::Truncated, AffectedTests::All, line);
            }
            EndOfInput::NoPlan => {
                self.sink.problem(line, ResultsProblem::Truncated.into());
                self.gap(GapKind::NoPlan, AffectedTests::All, line);
            }
            EndOfInput::Unreadable { what } => {
                let problem = ResultsProblem::Unreadable { what: what.clone() };
                self.sink.problem(line, problem.into());
                self.gap(GapKind::Unreadable { what }, AffectedTests::All, line);
            }
            EndOfInput::Damaged { what } => {
                let problem = ResultsProblem::Damaged { what: what.clone() };
                self.sink.problem(line, problem.into());
                self.gap(GapKind::Damaged { what }, AffectedTests::All, line);
            }
        }
    }

    /// Whether a test with this name is open in any suite.
    pub fn is_open(&mut self, name: &str) -> bool {
        self.open_tests.find(name).is_some()
    }

    /// The name of the open test that started last.
    pub fn last_started(&self) -> Option<&str> {
        let newest = self.open_tests.newest()?;
        self.open_tests.test(newest).map(|open| open.name.as_str())
    }

    fn current(&mut self) -> &mut SuiteFrame {
        self.frames.last_mut().expect("frame 0 is only removed by finish")
    }

    fn open_suite(&mut self, line: u32, name: Option<Cow<'_, str>>) {
        if self.frames.len() > MAX_DEPTH {
            self.ignored_depth += 1;
            return;
        }
        self.suite_count += 1;
        self.root_suites += u32::from(self.frames.len() == 1);
        let id = SuiteId { file: self.file, suite: self.suite_count };
        let name = name.filter(|name| !name.is_empty());
        let name = name.map(|name| self.config.prefix.clone() + &TestName::escape(&name));
        self.frames.push(SuiteFrame { id, line, name, ..SuiteFrame::default() });
    }

    fn close_suite(&mut self) {
        if self.ignored_depth > 0 {
            self.ignored_depth -= 1;
        } else if self.frames.len() > 1 {
            self.close_frame(Missing::OfSuite);
        }
    }

    fn open_test(&mut self, line: u32, name: &str) {
        let mut buffer = std::mem::take(&mut self.name_buffer);
        buffer.clear();
        buffer.push_str(name);
        let depth = self.frames.len() - 1;
        self.open_tests.push(OpenTest { name: buffer, line, depth, ended_inside: 0 });
        while self.open_tests.len() > MAX_OPEN_TESTS
            || self.open_tests.name_bytes() > MAX_OPEN_NAME_BYTES
        {
            self.abandon_oldest();
        }
    }

    /// Emits damage of the file, which any of its tests may be in.
    #[cold]
    fn damage(&mut self, line: u32, what: &str) {
        if std::mem::replace(&mut self.is_damaged, true) {
            return;
        }
        let what = TestName::escape(what).into_owned();
        self.sink.problem(line, ResultsProblem::Damaged { what: what.clone() }.into());
        let file = SuiteId { file: self.file, suite: 0 };
        self.suite_gap(file, GapKind::Damaged { what }, AffectedTests::All, line);
    }

    fn gap(&mut self, kind: GapKind, affected: AffectedTests, line: u32) {
        let suite = self.frames.last().map_or(SuiteId { file: self.file, suite: 0 }, |f| f.id);
        self.suite_gap(suite, kind, affected, line);
    }

    fn suite_gap(&mut self, suite: SuiteId, kind: GapKind, affected: AffectedTests, line: u32) {
        let origin = Some(Origin { file: self.file, line });
        self.sink.gap(Gap { kind, affected, scope: Scope::Suite(suite), origin });
    }

    fn on_finished(&mut self, line: u32, finished: Finished<'_>) {
        match self.open_tests.find(&finished.name).and_then(|slot| self.take_open(slot)) {
            Some((test, enclosing)) => {
                self.record_end(line, test.depth, enclosing, finished);
                self.name_buffer = test.name;
            }
            None => {
                let depth = self.frames.len() - 1;
                let in_depth = |slot: &Slot| {
                    self.open_tests.test(*slot).is_some_and(|test| test.depth == depth)
                };
                let enclosing = self.open_tests.newest().filter(in_depth);
                self.record_end(line, depth, enclosing, finished);
            }
        }
    }

    /// Counts a test of this frame that ended and passes it on; `enclosing` is the open test that it ended inside.
    #[inline]
    fn record_end(
        &mut self,
        line: u32,
        depth: usize,
        enclosing: Option<Slot>,
        finished: Finished<'_>,
    ) {
        let (attempt, outcome) = (finished.attempt, finished.outcome);
        let result = self.result(line, self.frames[depth].id, finished);
        let frame = &mut self.frames[depth];
        frame.shrink_common_prefix(&result.name);
        if attempt == Attempt::Final {
            frame.count(outcome);
            match enclosing.and_then(|slot| self.open_tests.test_mut(slot)) {
                Some(enclosing) => enclosing.ended_inside += 1,
                None => frame.children += 1,
            }
        } else {
            self.retried_failures += u64::from(outcome.is_failing());
        }
        self.sink.result(&result);
    }

    /// Takes an open test, with the one that it is inside of.
    fn take_open(&mut self, slot: Slot) -> Option<(OpenTest, Option<Slot>)> {
        let enclosing = self.open_tests.enclosing(slot);
        Some((self.open_tests.remove(slot)?, enclosing))
    }

    #[inline]
    fn result<'a>(&self, line: u32, suite: SuiteId, finished: Finished<'a>) -> TestResult<'a> {
        let name = match (self.config.prefix.as_str(), finished.name) {
            ("", Cow::Borrowed(name)) => TestName::escape(name),
            ("", Cow::Owned(name)) => Cow::Owned(TestName::escape(&name).into_owned()),
            (prefix, name) => Cow::Owned(format!("{prefix}{}", TestName::escape(&name))),
        };
        TestResult {
            name,
            outcome: finished.outcome,
            attempt: finished.attempt,
            message: finished.message,
            location: finished.location,
            suite,
            origin: Origin { file: self.file, line },
        }
    }

    #[cold]
    fn abandon_oldest(&mut self) {
        let oldest = self.open_tests.oldest();
        if let Some(test) = oldest.and_then(|oldest| self.open_tests.remove(oldest)) {
            self.abandon(test);
        }
    }

    /// Passes on a test that never ended.
    fn abandon(&mut self, open: OpenTest) {
        let finished = Finished::new(Cow::Owned(open.name), Outcome::Unfinished, "");
        let result = self.result(open.line, self.frames[open.depth].id, finished);
        self.frames[open.depth].abandon(&result.name, open.ended_inside);
        self.sink.result(&result);
    }

    /// Closes the innermost frame, be it frame 0.
    fn close_frame(&mut self, missing: Missing) {
        let Some(depth) = self.frames.len().checked_sub(1) else { return };
        for open in self.open_tests.remove_suite(depth) {
            self.abandon(open);
        }
        let Some(mut frame) = self.frames.pop() else { return };
        let affected = match missing {
            Missing::OfSuite => frame.affected_tests(),
            Missing::Anything => AffectedTests::All,
        };
        for kind in frame.missing_tests() {
            self.suite_gap(frame.id, kind, affected.clone(), frame.line);
        }
        if let Some((declared, PlanScope::Descendants)) = frame.plan
            && frame.descendants > declared
        {
            let (what, actual) = ("tests".into(), frame.descendants);
            let kind = ResultsProblem::CountsExceeded { what, declared, actual }.into();
            self.sink.problem(frame.line, kind);
        }
        if let Some(parent) = self.frames.last_mut() {
            parent.merge_child(frame);
        }
    }
}

/// The name of a test without one, as in damaged files.
const UNNAMED: &str = "(no name)";

fn or_unnamed(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.is_empty() { Cow::Borrowed(UNNAMED) } else { name }
}

impl SuiteFrame {
    /// Counts a test that ended.
    fn count(&mut self, outcome: Outcome) {
        self.descendants += 1;
        self.failing += u64::from(outcome.is_failing());
        self.skipped += u64::from(matches!(outcome, Outcome::Skipped | Outcome::Xfailed));
    }

    /// Counts a test that never ended, and the tests that ended inside it.
    fn abandon(&mut self, name: &str, ended_inside: u64) {
        self.has_unfinished = true;
        self.shrink_common_prefix(name);
        self.descendants += 1;
        self.children += 1 + ended_inside;
    }

    /// Shortens the common prefix to what it shares with this name.
    fn shrink_common_prefix(&mut self, name: &str) {
        match &mut self.common_prefix {
            None => self.common_prefix = Some(name.to_owned()),
            Some(common) if name.starts_with(common.as_str()) => {}
            Some(common) => {
                let len = common_prefix_len(common.as_bytes(), name.as_bytes());
                common.truncate(common.floor_char_boundary(len));
            }
        }
    }

    fn merge_child(&mut self, child: SuiteFrame) {
        self.children += 1;
        self.descendants += child.descendants;
        self.failing += child.failing;
        self.skipped += child.skipped;
        if let Some(common) = child.common_prefix {
            self.shrink_common_prefix(&common);
        }
    }

    /// The tests that a missing part of this suite could have contained: those whose names begin like its
    /// other names, up to the last separator, or those that begin with the suite's own name if that is shorter.
    fn affected_tests(&self) -> AffectedTests {
        let common = self.common_prefix.as_deref().unwrap_or("");
        let own = self.name.as_deref().filter(|name| common.starts_with(name));
        let Some(at) = common.rfind(NAME_SEPARATORS) else { return AffectedTests::All };
        let prefix = own.filter(|own| own.len() <= at).unwrap_or(&common[..=at]);
        AffectedTests::WithPrefix(prefix.to_owned())
    }

    fn missing_tests(&mut self) -> Vec<GapKind> {
        let mut kinds = Vec::new();
        if let Some((planned, scope)) = self.plan {
            let actual = match scope {
                PlanScope::Children | PlanScope::ChildrenExact => self.children,
                PlanScope::Descendants => self.descendants,
            };
            if actual < planned || (scope == PlanScope::ChildrenExact && actual > planned) {
                kinds.push(GapKind::PlanNotMet { planned, actual });
            }
        } else if self.has_unfinished {
            kinds.push(GapKind::UnfinishedTest);
        }
        if let Some(declared) = self.declared_failures.filter(|n| *n > self.failing) {
            let (what, actual) = ("failing tests".into(), self.failing);
            kinds.push(GapKind::CountMismatch { what, declared, actual });
        }
        if let Some(declared) = self.declared_skips.filter(|n| *n > self.skipped) {
            let (what, actual) = ("skipped tests".into(), self.skipped);
            kinds.push(GapKind::CountMismatch { what, declared, actual });
        }
        if let Some(what) = self.reported_failure.take().filter(|_| self.failing == 0) {
            kinds.push(GapKind::ReportedFailure { what });
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct CollectedRun(Vec<String>, Vec<Gap>, Vec<ProblemKind>);

    impl Sink for CollectedRun {
        fn result(&mut self, result: &TestResult<'_>) {
            self.0.push(format!("{} {}", result.name, result.outcome.as_str()));
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap);
        }
        fn problem(&mut self, _line: u32, kind: ProblemKind) {
            self.2.push(kind);
        }
    }

    fn build_run(prefix: &str, events: &[Event<'static>]) -> CollectedRun {
        let mut run = CollectedRun::default();
        let config = ReadConfig { prefix: prefix.to_owned(), ..ReadConfig::default() };
        let mut builder = RunBuilder::new(0, config, &mut run);
        for (index, event) in events.iter().enumerate() {
            builder.handle(index as u32 + 1, event.clone());
        }
        builder.finish(events.len() as u32 + 1, EndOfInput::Complete);
        run
    }

    fn start(name: &'static str) -> Event<'static> {
        Event::Started { name: name.into() }
    }

    fn pass(name: &'static str) -> Event<'static> {
        Event::finished(name, Outcome::Passed, "")
    }

    fn plan(tests: u64) -> Event<'static> {
        Event::Plan { tests, scope: PlanScope::Children }
    }

    #[test]
    fn start_without_end_is_unfinished_and_rest_of_plan_a_gap() {
        let run = build_run("", &[plan(4), start("s.a"), pass("s.a"), start("s.b")]);
        assert_eq!(run.0, ["s.a passed", "s.b unfinished"]);
        assert_eq!(run.1.len(), 1);
        assert_eq!(run.1[0].kind, GapKind::PlanNotMet { planned: 4, actual: 2 });
        assert_eq!(run.1[0].affected, AffectedTests::WithPrefix("s.".to_owned()));
    }

    #[test]
    fn last_planned_test_without_end_leaves_no_further_gap() {
        let run = build_run("", &[plan(1), start("s.a")]);
        assert_eq!(run.0, ["s.a unfinished"]);
        assert_eq!(run.1, []);
    }

    #[test]
    fn a_nested_suite_counts_as_one_child() {
        let nested = [
            plan(2),
            pass("a"),
            Event::SuiteStarted { name: None },
            plan(2),
            pass("n.b"),
            pass("n.c"),
            Event::SuiteEnded,
        ];
        assert_eq!(build_run("", &nested).1, []);
    }

    #[test]
    fn nested_test_is_not_counted_in_the_plan() {
        let nested = [plan(2), start("a"), start("n"), pass("n"), start("m"), pass("m"), pass("a")];
        assert_eq!(build_run("", &nested).1[0].kind, GapKind::PlanNotMet { planned: 2, actual: 1 });
        let interleaved = [plan(2), start("a"), start("b"), pass("a"), pass("b")];
        assert_eq!(build_run("", &interleaved).1, []);
    }

    #[test]
    fn test_after_an_unfinished_one_counts_in_the_plan() {
        assert_eq!(build_run("", &[plan(2), start("a"), start("b"), pass("b")]).1, []);
    }

    #[test]
    fn only_the_final_attempt_counts() {
        let mut attempts = vec![Event::Plan { tests: 2, scope: PlanScope::Descendants }];
        for attempt in [Attempt::Intermediate, Attempt::Final] {
            attempts.push(Event::Finished(Finished {
                name: "a".into(),
                outcome: Outcome::Passed,
                attempt,
                message: "".into(),
                location: None,
            }));
        }
        let run = build_run("", &attempts);
        assert_eq!(run.0.len(), 2);
        assert_eq!(run.1[0].kind, GapKind::PlanNotMet { planned: 2, actual: 1 });
    }

    #[test]
    fn file_of_starts_alone_has_bounded_open_tests() {
        let names: Vec<String> = (0..3 * MAX_OPEN_TESTS).map(|n| format!("s.{n}")).collect();
        let mut run = CollectedRun::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut run);
        for name in &names {
            builder.handle(1, Event::Started { name: name.into() });
            assert!(builder.open_tests.len() <= MAX_OPEN_TESTS);
        }
        builder.finish(1, EndOfInput::Complete);
        assert_eq!(run.0.len(), names.len());
        assert_eq!(run.1[0].kind, GapKind::UnfinishedTest);
    }

    #[test]
    fn nested_suites_share_the_open_test_limit() {
        let mut run = CollectedRun::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut run);
        let half = MAX_OPEN_TESTS / 2;
        let start = |builder: &mut RunBuilder<'_>, test: usize| {
            builder.handle(1, Event::Started { name: test.to_string().into() });
        };
        for suite in 0..3 {
            (0..half).for_each(|test| start(&mut builder, suite * half + test));
            builder.handle(1, Event::SuiteStarted { name: None });
        }
        assert_eq!(builder.open_tests.len(), MAX_OPEN_TESTS);
        let inner = (half + 1).to_string();
        builder.handle(1, Event::finished(&inner, Outcome::Passed, ""));
        assert_eq!(builder.open_tests.len(), MAX_OPEN_TESTS - 1);
        builder.finish(1, EndOfInput::Complete);
        assert_eq!(run.0.len(), 3 * half);
        // The oldest are those of the outermost suite.
        assert_eq!((run.0[0].as_str(), &run.0[half]), ("0 unfinished", &format!("{inner} passed")));
    }

    #[test]
    fn nested_suites_are_limited_in_depth() {
        let mut run = CollectedRun::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut run);
        for _ in 0..3 * MAX_DEPTH {
            builder.handle(1, Event::SuiteStarted { name: None });
        }
        builder.handle(1, pass("a"));
        for _ in 0..3 * MAX_DEPTH {
            builder.handle(1, Event::SuiteEnded);
        }
        assert_eq!(builder.frames.len(), 1);
        builder.finish(1, EndOfInput::Complete);
        assert_eq!(run.0, ["a passed"]);
    }

    #[test]
    fn suite_name_widens_the_affected_tests() {
        let affected = |suite: Option<&str>, events: &[Event<'static>]| {
            let mut run = CollectedRun::default();
            let suite = suite.map(str::to_owned);
            let mut builder =
                RunBuilder::new(0, ReadConfig { suite, ..ReadConfig::default() }, &mut run);
            events.iter().for_each(|event| builder.handle(1, event.clone()));
            builder.finish(1, EndOfInput::Complete);
            run.1[0].affected.clone()
        };
        let with_prefix = |prefix: &str| AffectedTests::WithPrefix(prefix.to_owned());
        let truncated = [plan(9), pass("smb2.lease.deep.a"), pass("smb2.lease.deep.b")];
        assert_eq!(affected(None, &truncated), with_prefix("smb2.lease.deep."));
        assert_eq!(affected(Some("smb2.lease"), &truncated), with_prefix("smb2.lease"));
        assert_eq!(affected(Some("smb2.rename"), &truncated), with_prefix("smb2.lease.deep."));
        // A name without a separator is not the name of a suite.
        assert_eq!(affected(Some("smb2"), &truncated), with_prefix("smb2.lease.deep."));
        let named_suite = [
            Event::SuiteStarted { name: Some("lib".into()) },
            plan(2),
            pass("lib.deep.a"),
            Event::SuiteEnded,
        ];
        assert_eq!(affected(None, &named_suite), with_prefix("lib"));
    }

    #[test]
    fn file_without_tests_is_a_gap_unless_declared_empty() {
        assert_eq!(build_run("", &[]).1[0].kind, GapKind::NoTests);
        assert_eq!(build_run("", &[plan(0)]).1, []);
    }

    #[test]
    fn a_test_without_a_name_gets_one() {
        assert_eq!(build_run("", &[start(""), pass("")]).0, ["(no name) passed"]);
    }

    #[test]
    fn names_are_escaped_and_prefixed() {
        assert_eq!(build_run("smb2.", &[pass("a\nb c")]).0, ["smb2.a\\nb c passed"]);
    }
}
