//! The one owner of what events mean: a start without an end, a plan not met, counts that don't fit.
//!
//! In: the events of one file with their lines. Out: results, gaps and problems, handed to a [`Sink`]
//! one at a time; nothing is held but the tests that are open. A suite inside a suite is a frame on a
//! stack; frame 0 is the file.

use super::{
    AffectedTests, Attempt, EndOfInput, Event, Finished, Gap, GapKind, Origin, Outcome, PlanScope,
    ProblemKind, ResultsProblem, Scope, SuiteId, TestName, TestResult, common_prefix_len,
};
use std::borrow::Cow;

/// Where a builder puts what it made of a file.
pub trait Sink {
    /// One result, lent for this call.
    fn result(&mut self, result: &TestResult<'_>);
    /// One part of the run that was not measured.
    fn gap(&mut self, gap: Gap);
    /// One problem at a line of this file (0: the whole file).
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

/// How the names and repeats of one file are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadConfig {
    /// Text before each name.
    pub prefix: String,
    /// The caller says that results that share a name are retries.
    pub repeats_are_retries: bool,
    /// What the file is called, in case it is named after its suite: what its tests' names begin with.
    pub suite: Option<String>,
}

/// Turns the events of one file into results, gaps and problems.
pub struct RunBuilder<'s> {
    sink: &'s mut dyn Sink,
    config: ReadConfig,
    file: u32,
    suites: u32,
    /// How many of the suites stood inside no other.
    root_suites: u32,
    line: u32,
    declared_empty: bool,
    frames: Vec<SuiteFrame>,
    /// How many tests are open in all of them.
    open_count: usize,
    /// The name of the test that ended last, to be used again for the next that starts.
    name_buffer: String,
    exit_code: Option<i64>,
    /// Open suites that stand too deep for a frame of their own.
    ignored_depth: u64,
}

/// Suites inside suites that are told apart; what stands deeper counts for the last of them.
const MAX_DEPTH: usize = 500;
/// Tests that may be open at once, in all suites. Runners have one or a few hundred; each end is looked
/// for among them, so that a file of starts alone must not make that a long list.
const MAX_OPEN_TESTS: usize = 2_000;

/// One open suite.
struct SuiteFrame {
    id: SuiteId,
    line: u32,
    plan: Option<(u64, PlanScope)>,
    declared_failures: Option<u64>,
    children: u64,
    descendants: u64,
    failing: u64,
    open_tests: Vec<OpenTest>,
    /// Whether a test of it never ended.
    has_unfinished: bool,
    /// What the suite is called; its tests need not begin so.
    name: Option<String>,
    common_prefix: Option<String>,
}

/// What stands between the parts of a name.
const SEPARATORS: [char; 3] = ['.', '/', ':'];

/// A test that started.
struct OpenTest {
    name: String,
    line: u32,
    /// How many tests ended while this was the innermost one open: its own, if it ends; else its
    /// siblings, because it died before them.
    ended_inside: u64,
}

/// What a result counts for in its suite.
#[derive(Debug, Clone, Copy)]
enum Counting {
    Test {
        failing: bool,
    },
    /// One try of several: the last one counts.
    Attempt,
}

impl<'s> RunBuilder<'s> {
    /// A builder for the file of this number.
    pub fn new(file: u32, config: ReadConfig, sink: &'s mut dyn Sink) -> Self {
        let name = config.suite.clone().filter(|name| name.contains(SEPARATORS));
        let root = SuiteFrame::new(SuiteId { file, suite: 0 }, 1, name);
        let frames = vec![root];
        RunBuilder {
            sink,
            config,
            file,
            suites: 0,
            root_suites: 0,
            line: 1,
            declared_empty: false,
            frames,
            open_count: 0,
            name_buffer: String::new(),
            exit_code: None,
            ignored_depth: 0,
        }
    }

    /// Notes the exit code of the runner that wrote this file.
    pub fn with_exit_code(mut self, code: Option<i64>) -> Self {
        self.exit_code = code;
        self
    }

    /// Takes the next event and the 1-based line it stands at.
    pub fn handle(&mut self, line: u32, event: Event<'_>) {
        self.line = line;
        match event {
            Event::SuiteStarted { name: _ } if self.frames.len() > MAX_DEPTH => {
                self.ignored_depth += 1
            }
            Event::SuiteStarted { name } => {
                self.suites += 1;
                self.root_suites += u32::from(self.frames.len() == 1);
                let id = SuiteId { file: self.file, suite: self.suites };
                let name = name.filter(|name| !name.is_empty());
                let name = name.map(|name| self.config.prefix.clone() + &TestName::escape(&name));
                self.frames.push(SuiteFrame::new(id, line, name));
            }
            Event::SuiteEnded if self.ignored_depth > 0 => self.ignored_depth -= 1,
            Event::SuiteEnded => self.close_suite(),
            Event::Plan { tests, scope } => {
                self.declared_empty |= tests == 0;
                self.current().plan = Some((tests, scope));
            }
            Event::DeclaredFailures { tests } => self.current().declared_failures = Some(tests),
            Event::Started { name } => {
                let mut buffer = std::mem::take(&mut self.name_buffer);
                buffer.clear();
                buffer.push_str(&or_unnamed(name));
                self.current().open_tests.push(OpenTest { name: buffer, line, ended_inside: 0 });
                self.open_count += 1;
                if self.open_count > MAX_OPEN_TESTS {
                    self.abandon_oldest();
                }
            }
            Event::Finished(finished) => {
                self.on_finished(line, Finished { name: or_unnamed(finished.name), ..finished });
            }
            Event::BailedOut { why } => {
                let why = TestName::escape(&why).into_owned();
                self.gap(GapKind::BailedOut { why }, AffectedTests::All, line);
            }
            Event::WrongEncoding { read_as } => {
                let read_as = read_as.into();
                self.sink.problem(line, ResultsProblem::WrongEncoding { read_as }.into());
            }
        }
    }

    /// Takes the end of the test that started last of those that are open, as [`Event::Finished`] with its name
    /// and no message would; nothing where none is.
    pub fn finish_last_started(&mut self, line: u32, outcome: Outcome) {
        self.line = line;
        let Some(depth) = self.frames.iter().rposition(|frame| !frame.open_tests.is_empty()) else {
            return;
        };
        let slot = (depth, self.frames[depth].open_tests.len() - 1);
        let OpenTest { name, .. } = self.take_open(slot);
        let finished = Finished {
            name: Cow::Borrowed(&name),
            outcome,
            attempt: Attempt::Final,
            message: Cow::Borrowed(""),
            location: None,
        };
        self.record_end(line, Some(slot), finished);
        self.name_buffer = name;
    }

    /// Ends the file: whatever is open never ended.
    pub fn finish(mut self, line: u32, end: EndOfInput) {
        self.line = line;
        // Suites that only the end of the file closed: in a file of several, nobody knows whether
        // more of them would have come.
        let several = self.root_suites > 1;
        while self.frames.len() > 1 {
            self.close_frame(several);
        }
        let found = self.frames[0].descendants + self.frames[0].open_tests.len() as u64;
        let (failing, affected) = (self.frames[0].failing, self.frames[0].affected_tests());
        if self.exit_code == Some(0) && failing > 0 {
            self.sink.problem(0, ResultsProblem::ExitCodeZero { failing }.into());
        }
        self.close_frame(several);
        if let Some(kind) = self.exit_code.and_then(|code| GapKind::from_exit_code(code, failing)) {
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
            EndOfInput::Unreadable { what } => {
                let problem = ResultsProblem::Unreadable { what: what.clone() };
                self.sink.problem(line, problem.into());
                self.gap(GapKind::Unreadable { what }, AffectedTests::All, line);
            }
        }
    }

    /// Whether a test of this name started and did not end, in any open suite.
    pub fn is_open(&self, name: &str) -> bool {
        self.frames
            .iter()
            .rev()
            .flat_map(|f| f.open_tests.iter().rev())
            .any(|open| open.name == name)
    }

    /// The name of the test that started last of those that did not end.
    pub fn last_started(&self) -> Option<&str> {
        let mut open = self.frames.iter().rev().flat_map(|frame| frame.open_tests.iter().rev());
        open.next().map(|open| open.name.as_str())
    }

    fn current(&mut self) -> &mut SuiteFrame {
        self.frames.last_mut().expect("frame 0 stays until finish")
    }

    fn close_suite(&mut self) {
        if self.frames.len() > 1 {
            self.close_frame(false);
        }
    }

    fn gap(&mut self, kind: GapKind, affected: AffectedTests, line: u32) {
        let suite = self.frames.last().map_or(SuiteId { file: self.file, suite: 0 }, |f| f.id);
        let origin = Some(Origin { file: self.file, line });
        self.sink.gap(Gap { kind, affected, scope: Scope::Suite(suite), origin });
    }

    fn on_finished(&mut self, line: u32, finished: Finished<'_>) {
        let is_match = |open: &OpenTest| *open.name == *finished.name;
        let find = |(depth, frame): (usize, &SuiteFrame)| {
            frame.open_tests.iter().rposition(is_match).map(|position| (depth, position))
        };
        let opened = match self.open_count {
            0 => None,
            _ => self.frames.iter().enumerate().rev().find_map(find),
        };
        let ended = opened.map(|slot| self.take_open(slot));
        self.record_end(line, opened, finished);
        self.name_buffer = ended.map(|open| open.name).unwrap_or_default();
    }

    /// Takes the end of a test, and where it stood among the open ones if it had started.
    #[inline]
    fn record_end(&mut self, line: u32, opened: Option<(usize, usize)>, finished: Finished<'_>) {
        let depth = opened.map_or(self.frames.len() - 1, |(depth, _)| depth);
        let counts = match finished.attempt {
            Attempt::Final => Counting::Test { failing: finished.outcome.is_failing() },
            Attempt::Intermediate => Counting::Attempt,
        };
        let result = self.result(line, self.frames[depth].id, finished);
        let position = opened.map(|(_, position)| position);
        self.frames[depth].count(position, &result.name, counts);
        self.sink.result(&result);
    }

    fn take_open(&mut self, (depth, position): (usize, usize)) -> OpenTest {
        self.open_count -= 1;
        self.frames[depth].open_tests.remove(position)
    }

    #[inline]
    fn result<'a>(&self, line: u32, suite: SuiteId, finished: Finished<'a>) -> TestResult<'a> {
        let name = match (self.config.prefix.as_str(), finished.name) {
            ("", Cow::Borrowed(name)) => TestName::escape(name),
            ("", Cow::Owned(name)) => Cow::Owned(TestName::escape(&name).into_owned()),
            (prefix, name) => Cow::Owned(format!("{prefix}{}", TestName::escape(&name))),
        };
        let retried = self.config.repeats_are_retries;
        TestResult {
            name,
            outcome: finished.outcome,
            attempt: if retried { Attempt::Intermediate } else { finished.attempt },
            message: finished.message,
            location: finished.location,
            suite,
            origin: Origin { file: self.file, line },
        }
    }

    /// A suite's tests started before those of the suites inside it.
    #[cold]
    fn abandon_oldest(&mut self) {
        if let Some(depth) = self.frames.iter().position(|frame| !frame.open_tests.is_empty()) {
            let oldest = self.frames[depth].open_tests.remove(0);
            self.abandon(depth, oldest);
        }
    }

    /// A test of this frame never ended.
    fn abandon(&mut self, depth: usize, open: OpenTest) {
        self.open_count -= 1;
        let finished = Finished {
            name: Cow::Owned(open.name),
            outcome: Outcome::Unfinished,
            attempt: Attempt::Final,
            message: Cow::Borrowed(""),
            location: None,
        };
        let result = self.result(open.line, self.frames[depth].id, finished);
        self.frames[depth].abandon(&result.name, open.ended_inside);
        self.sink.result(&result);
    }

    /// Closes the innermost frame, the file's own included.
    fn close_frame(&mut self, may_be_truncated: bool) {
        let Some(depth) = self.frames.len().checked_sub(1) else { return };
        for open in std::mem::take(&mut self.frames[depth].open_tests) {
            self.abandon(depth, open);
        }
        let Some(frame) = self.frames.pop() else { return };
        let affected = if may_be_truncated { AffectedTests::All } else { frame.affected_tests() };
        for kind in frame.missing_tests() {
            let origin = Some(Origin { file: self.file, line: frame.line });
            let (affected, scope) = (affected.clone(), Scope::Suite(frame.id));
            self.sink.gap(Gap { kind, affected, scope, origin });
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

/// What a test without any name is called: damaged files hold such.
const UNNAMED: &str = "(no name)";

fn or_unnamed(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.is_empty() { Cow::Borrowed(UNNAMED) } else { name }
}

impl SuiteFrame {
    fn new(id: SuiteId, line: u32, name: Option<String>) -> SuiteFrame {
        SuiteFrame {
            id,
            line,
            plan: None,
            declared_failures: None,
            children: 0,
            descendants: 0,
            failing: 0,
            open_tests: Vec::new(),
            has_unfinished: false,
            name,
            common_prefix: None,
        }
    }

    /// Counts a test that ended, and where it stood among the open ones if it had started.
    fn count(&mut self, position: Option<usize>, name: &str, counting: Counting) {
        self.shrink_common_prefix(name);
        let Counting::Test { failing } = counting else { return };
        self.descendants += 1;
        self.failing += u64::from(failing);
        let enclosing = position.unwrap_or(self.open_tests.len()).checked_sub(1);
        match enclosing.and_then(|enclosing| self.open_tests.get_mut(enclosing)) {
            Some(enclosing) => enclosing.ended_inside += 1,
            None => self.children += 1,
        }
    }

    /// Takes the tests that never ended, and what ended inside them.
    fn abandon(&mut self, name: &str, ended_inside: u64) {
        self.has_unfinished = true;
        self.shrink_common_prefix(name);
        self.descendants += 1;
        self.children += 1 + ended_inside;
    }

    /// Shortens the part that all names have in common.
    fn shrink_common_prefix(&mut self, name: &str) {
        match &mut self.common_prefix {
            None => self.common_prefix = Some(name.to_owned()),
            Some(common) if name.starts_with(common.as_str()) => {}
            Some(common) => {
                let same = common_prefix_len(common.as_bytes(), name.as_bytes());
                let boundary = (0..=same).rev().find(|at| common.is_char_boundary(*at));
                common.truncate(boundary.unwrap_or(0));
            }
        }
    }

    fn merge_child(&mut self, child: SuiteFrame) {
        self.children += 1;
        self.descendants += child.descendants;
        self.failing += child.failing;
        if let Some(common) = child.common_prefix {
            self.shrink_common_prefix(&common);
        }
    }

    /// The names a missing part of this suite would have had: up to the last separator of what all
    /// its names have in common, or from the suite's own name on where that is shorter.
    fn affected_tests(&self) -> AffectedTests {
        let common = self.common_prefix.as_deref().unwrap_or("");
        let own = self.name.as_deref().filter(|name| common.starts_with(name));
        match common.rfind(SEPARATORS) {
            Some(at) => {
                let prefix = &common[..=at];
                let own = own.filter(|own| own.len() < prefix.len());
                AffectedTests::WithPrefix(own.unwrap_or(prefix).to_owned())
            }
            None => AffectedTests::All,
        }
    }

    fn missing_tests(&self) -> Vec<GapKind> {
        let mut kinds = Vec::new();
        match self.plan {
            Some((planned, scope)) => {
                let actual = match scope {
                    PlanScope::Children | PlanScope::ChildrenExact => self.children,
                    PlanScope::Descendants => self.descendants,
                };
                let too_many = scope == PlanScope::ChildrenExact && actual > planned;
                if actual < planned || too_many {
                    kinds.push(GapKind::PlanNotMet { planned, actual });
                }
            }
            None if self.has_unfinished => kinds.push(GapKind::UnfinishedTest),
            None => {}
        }
        if let Some(declared) = self.declared_failures.filter(|n| *n > self.failing) {
            let (what, actual) = ("failing tests".into(), self.failing);
            kinds.push(GapKind::CountMismatch { what, declared, actual });
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
        Event::Finished(Finished {
            name: name.into(),
            outcome: Outcome::Passed,
            attempt: Attempt::Final,
            message: "".into(),
            location: None,
        })
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
            assert!(builder.frames[0].open_tests.len() <= MAX_OPEN_TESTS);
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
        // The oldest are those of the outermost suite.
        let open: Vec<usize> = builder.frames.iter().map(|frame| frame.open_tests.len()).collect();
        assert_eq!((open, builder.open_count), (vec![0, half, half, 0], MAX_OPEN_TESTS));
        builder.handle(1, pass("1500"));
        assert_eq!(builder.open_count, MAX_OPEN_TESTS - 1);
        builder.finish(1, EndOfInput::Complete);
        assert_eq!(run.0.len(), 3 * half);
        assert_eq!(run.0.first().map(String::as_str), Some("0 unfinished"));
        assert!(run.0.contains(&"1500 passed".to_owned()));
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
        // A file that is named after everything says nothing of one suite.
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
