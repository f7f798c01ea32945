//! The one owner of what events mean: a start without an end, a plan not met, counts that don't fit.
//!
//! In: the events of one file with their lines. Out: results, gaps and problems, handed to a [`Sink`]
//! one at a time; nothing is held but the tests that are open. A suite inside a suite is a frame on a
//! stack; frame 0 is the file.

use super::{
    Attempt, End, Event, Finished, Gap, GapKind, Origin, Outcome, PlanScope, ProblemKind, Reach,
    ResultsProblem, Scope, SuiteId, TestName, TestResult,
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
pub struct Naming {
    /// Text before each name.
    pub prefix: String,
    /// The caller says that results that share a name are retries.
    pub repeats_are_retries: bool,
    /// What the file is called, in case it is named after its suite: what its tests' names begin with.
    pub suite: Option<String>,
}

/// Turns the events of one file into results, gaps and problems.
pub struct RunBuilder<'s, S: Sink> {
    sink: &'s mut S,
    naming: Naming,
    file: u32,
    suites: u32,
    /// How many of the suites stood inside no other.
    outermost: u32,
    line: u32,
    announced_nothing: bool,
    frames: Vec<Frame>,
    /// How many tests are open in all of them.
    open: usize,
    /// The name of the test that ended last, to be used again for the next that starts.
    spare: String,
    exit_code: Option<i64>,
    /// Open suites that stand too deep for a frame of their own.
    too_deep: u64,
}

/// Suites inside suites that are told apart; what stands deeper counts for the last of them.
const DEEPEST: usize = 500;
/// Tests that may be open at once, in all suites. Runners have one or a few hundred; each end is looked
/// for among them, so that a file of starts alone must not make that a long list.
const MOST_OPEN: usize = 2_000;

/// One open suite.
struct Frame {
    id: SuiteId,
    line: u32,
    plan: Option<(u64, PlanScope)>,
    announced_failing: Option<u64>,
    children: u64,
    descendants: u64,
    failing: u64,
    open: Vec<Open>,
    /// Whether a test of it never ended.
    gave_up: bool,
    /// What the suite is called; its tests need not begin so.
    name: Option<String>,
    common: Option<String>,
}

/// What stands between the parts of a name.
const SEPARATORS: [char; 3] = ['.', '/', ':'];

/// A test that started.
struct Open {
    name: String,
    line: u32,
    /// How many tests ended while this was the innermost one open: its own, if it ends; else its
    /// siblings, because it died before them.
    inside: u64,
}

/// What a result counts for in its suite.
#[derive(Debug, Clone, Copy)]
enum Counts {
    AsTest {
        failing: bool,
    },
    /// One try of several: the last one counts.
    AsTry,
}

impl<'s, S: Sink> RunBuilder<'s, S> {
    /// A builder for the file of this number.
    pub fn new(file: u32, naming: Naming, sink: &'s mut S) -> Self {
        let name = naming.suite.clone().filter(|name| name.contains(SEPARATORS));
        let root = Frame::new(SuiteId { file, suite: 0 }, 1, name);
        let frames = vec![root];
        RunBuilder {
            sink,
            naming,
            file,
            suites: 0,
            outermost: 0,
            line: 1,
            announced_nothing: false,
            frames,
            open: 0,
            spare: String::new(),
            exit_code: None,
            too_deep: 0,
        }
    }

    /// Notes the exit code of the runner that wrote this file.
    pub fn with_exit_code(mut self, code: Option<i64>) -> Self {
        self.exit_code = code;
        self
    }

    /// Takes the next event and the 1-based line it stands at.
    pub fn event(&mut self, line: u32, event: Event<'_>) {
        self.line = line;
        match event {
            Event::SuiteStarted { name: _ } if self.frames.len() > DEEPEST => self.too_deep += 1,
            Event::SuiteStarted { name } => {
                self.suites += 1;
                self.outermost += u32::from(self.frames.len() == 1);
                let id = SuiteId { file: self.file, suite: self.suites };
                let name = name.filter(|name| !name.is_empty());
                let name = name.map(|name| self.naming.prefix.clone() + &TestName::shown(&name));
                self.frames.push(Frame::new(id, line, name));
            }
            Event::SuiteEnded if self.too_deep > 0 => self.too_deep -= 1,
            Event::SuiteEnded => self.close_suite(),
            Event::Plan { tests, scope } => {
                self.announced_nothing |= tests == 0;
                self.top().plan = Some((tests, scope));
            }
            Event::AnnouncedFailing { tests } => self.top().announced_failing = Some(tests),
            Event::Started { name } => {
                let mut kept = std::mem::take(&mut self.spare);
                kept.clear();
                kept.push_str(&named(name));
                self.top().open.push(Open { name: kept, line, inside: 0 });
                self.open += 1;
                if self.open > MOST_OPEN {
                    self.give_up_on_the_oldest();
                }
            }
            Event::Finished(finished) => {
                self.finished(line, Finished { name: named(finished.name), ..finished });
            }
            Event::BailedOut { why } => {
                let why = TestName::shown(&why).into_owned();
                self.gap(GapKind::BailedOut { why }, Reach::Any, line);
            }
            Event::WrongEncoding { read_as } => {
                let read_as = read_as.into();
                self.sink.problem(line, ResultsProblem::WrongEncoding { read_as }.into());
            }
        }
    }

    /// Takes the end of the test that started last of those that are open, as [`Event::Finished`] with its name
    /// and no message would; nothing where none is.
    pub fn finish_innermost(&mut self, line: u32, outcome: Outcome) {
        self.line = line;
        let Some(depth) = self.frames.iter().rposition(|frame| !frame.open.is_empty()) else {
            return;
        };
        let place = (depth, self.frames[depth].open.len() - 1);
        let Open { name, .. } = self.take_open(place);
        let finished = Finished {
            name: Cow::Borrowed(&name),
            outcome,
            attempt: Attempt::Only,
            message: Cow::Borrowed(""),
            place: None,
        };
        self.ended(line, Some(place), finished);
        self.spare = name;
    }

    /// Ends the file: whatever is open never ended.
    pub fn finish(mut self, line: u32, end: End) {
        self.line = line;
        // Suites that only the end of the file closed: in a file of several, nobody knows whether
        // more of them would have come.
        let several = self.outermost > 1;
        while self.frames.len() > 1 {
            self.close_frame(several);
        }
        let found = self.frames[0].descendants + self.frames[0].open.len() as u64;
        let (failing, reach) = (self.frames[0].failing, self.frames[0].reach());
        if self.exit_code == Some(0) && failing > 0 {
            self.sink.problem(0, ResultsProblem::ExitCodeZero { failing }.into());
        }
        self.close_frame(several);
        if let Some(kind) = self.exit_code.and_then(|code| GapKind::of_exit_code(code, failing)) {
            self.gap(kind, reach, line);
        }
        match end {
            End::Whole if found == 0 && !self.announced_nothing => {
                self.gap(GapKind::NoTests, Reach::Any, line);
            }
            End::Whole => {}
            End::Cut => {
                self.sink.problem(line, ResultsProblem::Cut.into());
                self.gap(GapKind::Cut, Reach::Any, line);
            }
            End::Unreadable { what } => {
                let problem = ResultsProblem::Unreadable { what: what.clone() };
                self.sink.problem(line, problem.into());
                self.gap(GapKind::Unreadable { what }, Reach::Any, line);
            }
        }
    }

    /// Whether a test of this name started and did not end, in any open suite.
    pub fn is_open(&self, name: &str) -> bool {
        self.frames.iter().rev().flat_map(|f| f.open.iter().rev()).any(|open| open.name == name)
    }

    /// The name of the test that started last of those that did not end.
    pub fn innermost_open(&self) -> Option<&str> {
        let mut open = self.frames.iter().rev().flat_map(|frame| frame.open.iter().rev());
        open.next().map(|open| open.name.as_str())
    }

    fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("frame 0 stays until finish")
    }

    fn close_suite(&mut self) {
        if self.frames.len() > 1 {
            self.close_frame(false);
        }
    }

    fn gap(&mut self, kind: GapKind, reach: Reach, line: u32) {
        let suite = self.frames.last().map_or(SuiteId { file: self.file, suite: 0 }, |f| f.id);
        let origin = Some(Origin { file: self.file, line });
        self.sink.gap(Gap { kind, reach, scope: Scope::Suite(suite), origin });
    }

    fn finished(&mut self, line: u32, finished: Finished<'_>) {
        let is_it = |open: &Open| *open.name == *finished.name;
        let find = |(depth, frame): (usize, &Frame)| {
            frame.open.iter().rposition(is_it).map(|position| (depth, position))
        };
        let opened = match self.open {
            0 => None,
            _ => self.frames.iter().enumerate().rev().find_map(find),
        };
        let ended = opened.map(|place| self.take_open(place));
        self.ended(line, opened, finished);
        self.spare = ended.map(|open| open.name).unwrap_or_default();
    }

    /// Takes the end of a test, and where it stood among the open ones if it had started.
    #[inline]
    fn ended(&mut self, line: u32, opened: Option<(usize, usize)>, finished: Finished<'_>) {
        let depth = opened.map_or(self.frames.len() - 1, |(depth, _)| depth);
        let counts = match finished.attempt {
            Attempt::Only => Counts::AsTest { failing: finished.outcome.is_failing() },
            Attempt::Retry => Counts::AsTry,
        };
        let result = self.result(line, self.frames[depth].id, finished);
        let position = opened.map(|(_, position)| position);
        self.frames[depth].count(position, &result.name, counts);
        self.sink.result(&result);
    }

    fn take_open(&mut self, (depth, position): (usize, usize)) -> Open {
        self.open -= 1;
        self.frames[depth].open.remove(position)
    }

    #[inline]
    fn result<'a>(&self, line: u32, suite: SuiteId, finished: Finished<'a>) -> TestResult<'a> {
        let name = match (self.naming.prefix.as_str(), finished.name) {
            ("", Cow::Borrowed(name)) => TestName::shown(name),
            ("", Cow::Owned(name)) => Cow::Owned(TestName::shown(&name).into_owned()),
            (prefix, name) => Cow::Owned(format!("{prefix}{}", TestName::shown(&name))),
        };
        let retried = self.naming.repeats_are_retries;
        TestResult {
            name,
            outcome: finished.outcome,
            attempt: if retried { Attempt::Retry } else { finished.attempt },
            message: finished.message,
            place: finished.place,
            suite,
            origin: Origin { file: self.file, line },
        }
    }

    /// A suite's tests started before those of the suites inside it.
    #[cold]
    fn give_up_on_the_oldest(&mut self) {
        if let Some(depth) = self.frames.iter().position(|frame| !frame.open.is_empty()) {
            let oldest = self.frames[depth].open.remove(0);
            self.give_up(depth, oldest);
        }
    }

    /// A test of this frame never ended.
    fn give_up(&mut self, depth: usize, open: Open) {
        self.open -= 1;
        let finished = Finished {
            name: Cow::Owned(open.name),
            outcome: Outcome::Unfinished,
            attempt: Attempt::Only,
            message: Cow::Borrowed(""),
            place: None,
        };
        let result = self.result(open.line, self.frames[depth].id, finished);
        self.frames[depth].give_up(&result.name, open.inside);
        self.sink.result(&result);
    }

    /// Closes the innermost frame, the file's own included.
    fn close_frame(&mut self, more_may_have_followed: bool) {
        let Some(depth) = self.frames.len().checked_sub(1) else { return };
        for open in std::mem::take(&mut self.frames[depth].open) {
            self.give_up(depth, open);
        }
        let Some(frame) = self.frames.pop() else { return };
        let reach = if more_may_have_followed { Reach::Any } else { frame.reach() };
        for kind in frame.shortfalls() {
            let origin = Some(Origin { file: self.file, line: frame.line });
            let (reach, scope) = (reach.clone(), Scope::Suite(frame.id));
            self.sink.gap(Gap { kind, reach, scope, origin });
        }
        if let Some((announced, PlanScope::Descendants)) = frame.plan
            && frame.descendants > announced
        {
            let (what, came) = ("tests".into(), frame.descendants);
            let kind = ResultsProblem::CountsExceeded { what, announced, came }.into();
            self.sink.problem(frame.line, kind);
        }
        if let Some(parent) = self.frames.last_mut() {
            parent.absorb(frame);
        }
    }
}

/// What a test without any name is called: damaged files hold such.
const UNNAMED: &str = "(no name)";

fn named(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.is_empty() { Cow::Borrowed(UNNAMED) } else { name }
}

impl Frame {
    fn new(id: SuiteId, line: u32, name: Option<String>) -> Frame {
        Frame {
            id,
            line,
            plan: None,
            announced_failing: None,
            children: 0,
            descendants: 0,
            failing: 0,
            open: Vec::new(),
            gave_up: false,
            name,
            common: None,
        }
    }

    /// Counts a test that ended, and where it stood among the open ones if it had started.
    fn count(&mut self, position: Option<usize>, name: &str, counts: Counts) {
        self.share(name);
        let Counts::AsTest { failing } = counts else { return };
        self.descendants += 1;
        self.failing += u64::from(failing);
        let around = position.unwrap_or(self.open.len()).checked_sub(1);
        match around.and_then(|around| self.open.get_mut(around)) {
            Some(around) => around.inside += 1,
            None => self.children += 1,
        }
    }

    /// Takes the tests that never ended, and what ended inside them.
    fn give_up(&mut self, name: &str, inside: u64) {
        self.gave_up = true;
        self.share(name);
        self.descendants += 1;
        self.children += 1 + inside;
    }

    /// Shortens the part that all names have in common.
    fn share(&mut self, name: &str) {
        match &mut self.common {
            None => self.common = Some(name.to_owned()),
            Some(common) if name.starts_with(common.as_str()) => {}
            Some(common) => {
                let same = common.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
                let boundary = (0..=same).rev().find(|at| common.is_char_boundary(*at));
                common.truncate(boundary.unwrap_or(0));
            }
        }
    }

    fn absorb(&mut self, child: Frame) {
        self.children += 1;
        self.descendants += child.descendants;
        self.failing += child.failing;
        if let Some(common) = child.common {
            self.share(&common);
        }
    }

    /// The names a missing part of this suite would have had: up to the last separator of what all
    /// its names have in common, or from the suite's own name on where that is shorter.
    fn reach(&self) -> Reach {
        let common = self.common.as_deref().unwrap_or("");
        let own = self.name.as_deref().filter(|name| common.starts_with(name));
        match common.rfind(SEPARATORS) {
            Some(at) => {
                let of_all = &common[..=at];
                let own = own.filter(|own| own.len() < of_all.len());
                Reach::Below(own.unwrap_or(of_all).to_owned())
            }
            None => Reach::Any,
        }
    }

    fn shortfalls(&self) -> Vec<GapKind> {
        let mut kinds = Vec::new();
        match self.plan {
            Some((planned, scope)) => {
                let came = match scope {
                    PlanScope::Children | PlanScope::ExactlyChildren => self.children,
                    PlanScope::Descendants => self.descendants,
                };
                let too_many = scope == PlanScope::ExactlyChildren && came > planned;
                if came < planned || too_many {
                    kinds.push(GapKind::PlanUnmet { planned, came });
                }
            }
            None if self.gave_up => kinds.push(GapKind::OpenEnd),
            None => {}
        }
        if let Some(announced) = self.announced_failing.filter(|n| *n > self.failing) {
            let (what, came) = ("failing tests".into(), self.failing);
            kinds.push(GapKind::Counts { what, announced, came });
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept(Vec<String>, Vec<Gap>, Vec<ProblemKind>);

    impl Sink for Kept {
        fn result(&mut self, result: &TestResult<'_>) {
            self.0.push(format!("{} {}", result.name, result.outcome.word()));
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap);
        }
        fn problem(&mut self, _line: u32, kind: ProblemKind) {
            self.2.push(kind);
        }
    }

    fn built(prefix: &str, events: &[Event<'static>]) -> Kept {
        let mut kept = Kept::default();
        let naming = Naming { prefix: prefix.to_owned(), ..Naming::default() };
        let mut builder = RunBuilder::new(0, naming, &mut kept);
        for (index, event) in events.iter().enumerate() {
            builder.event(index as u32 + 1, event.clone());
        }
        builder.finish(events.len() as u32 + 1, End::Whole);
        kept
    }

    fn start(name: &'static str) -> Event<'static> {
        Event::Started { name: name.into() }
    }

    fn pass(name: &'static str) -> Event<'static> {
        Event::Finished(Finished {
            name: name.into(),
            outcome: Outcome::Passed,
            attempt: Attempt::Only,
            message: "".into(),
            place: None,
        })
    }

    fn plan(tests: u64) -> Event<'static> {
        Event::Plan { tests, scope: PlanScope::Children }
    }

    #[test]
    fn a_start_without_an_end_is_unfinished_and_the_rest_of_the_plan_a_gap() {
        let kept = built("", &[plan(4), start("s.a"), pass("s.a"), start("s.b")]);
        assert_eq!(kept.0, ["s.a passed", "s.b unfinished"]);
        assert_eq!(kept.1.len(), 1);
        assert_eq!(kept.1[0].kind, GapKind::PlanUnmet { planned: 4, came: 2 });
        assert_eq!(kept.1[0].reach, Reach::Below("s.".to_owned()));
    }

    #[test]
    fn the_last_planned_test_that_never_ends_leaves_no_further_gap() {
        let kept = built("", &[plan(1), start("s.a")]);
        assert_eq!(kept.0, ["s.a unfinished"]);
        assert_eq!(kept.1, []);
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
        assert_eq!(built("", &nested).1, []);
    }

    #[test]
    fn a_test_inside_an_open_test_is_none_of_the_plan() {
        let nested = [plan(2), start("a"), start("n"), pass("n"), start("m"), pass("m"), pass("a")];
        assert_eq!(built("", &nested).1[0].kind, GapKind::PlanUnmet { planned: 2, came: 1 });
        let beside = [plan(2), start("a"), start("b"), pass("a"), pass("b")];
        assert_eq!(built("", &beside).1, []);
    }

    #[test]
    fn a_test_behind_one_that_never_ended_is_of_the_plan() {
        assert_eq!(built("", &[plan(2), start("a"), start("b"), pass("b")]).1, []);
    }

    #[test]
    fn only_the_last_try_counts() {
        let mut tries = vec![Event::Plan { tests: 2, scope: PlanScope::Descendants }];
        for attempt in [Attempt::Retry, Attempt::Only] {
            tries.push(Event::Finished(Finished {
                name: "a".into(),
                outcome: Outcome::Passed,
                attempt,
                message: "".into(),
                place: None,
            }));
        }
        let kept = built("", &tries);
        assert_eq!(kept.0.len(), 2);
        assert_eq!(kept.1[0].kind, GapKind::PlanUnmet { planned: 2, came: 1 });
    }

    #[test]
    fn a_file_of_starts_alone_stays_short() {
        let names: Vec<String> = (0..3 * MOST_OPEN).map(|n| format!("s.{n}")).collect();
        let mut kept = Kept::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut kept);
        for name in &names {
            builder.event(1, Event::Started { name: name.into() });
            assert!(builder.frames[0].open.len() <= MOST_OPEN);
        }
        builder.finish(1, End::Whole);
        assert_eq!(kept.0.len(), names.len());
        assert_eq!(kept.1[0].kind, GapKind::OpenEnd);
    }

    #[test]
    fn suites_inside_suites_share_what_may_be_open() {
        let mut kept = Kept::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut kept);
        let half = MOST_OPEN / 2;
        let start = |builder: &mut RunBuilder<'_, Kept>, test: usize| {
            builder.event(1, Event::Started { name: test.to_string().into() });
        };
        for suite in 0..3 {
            (0..half).for_each(|test| start(&mut builder, suite * half + test));
            builder.event(1, Event::SuiteStarted { name: None });
        }
        // The oldest are those of the outermost suite.
        let open: Vec<usize> = builder.frames.iter().map(|frame| frame.open.len()).collect();
        assert_eq!((open, builder.open), (vec![0, half, half, 0], MOST_OPEN));
        builder.event(1, pass("1500"));
        assert_eq!(builder.open, MOST_OPEN - 1);
        builder.finish(1, End::Whole);
        assert_eq!(kept.0.len(), 3 * half);
        assert_eq!(kept.0.first().map(String::as_str), Some("0 unfinished"));
        assert!(kept.0.contains(&"1500 passed".to_owned()));
    }

    #[test]
    fn suites_inside_suites_have_an_end() {
        let mut kept = Kept::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut kept);
        for _ in 0..3 * DEEPEST {
            builder.event(1, Event::SuiteStarted { name: None });
        }
        builder.event(1, pass("a"));
        for _ in 0..3 * DEEPEST {
            builder.event(1, Event::SuiteEnded);
        }
        assert_eq!(builder.frames.len(), 1);
        builder.finish(1, End::Whole);
        assert_eq!(kept.0, ["a passed"]);
    }

    #[test]
    fn what_a_suite_is_called_widens_what_could_have_been_cut() {
        let reach = |suite: Option<&str>, events: &[Event<'static>]| {
            let mut kept = Kept::default();
            let suite = suite.map(str::to_owned);
            let mut builder = RunBuilder::new(0, Naming { suite, ..Naming::default() }, &mut kept);
            events.iter().for_each(|event| builder.event(1, event.clone()));
            builder.finish(1, End::Whole);
            kept.1[0].reach.clone()
        };
        let below = |prefix: &str| Reach::Below(prefix.to_owned());
        let cut = [plan(9), pass("smb2.lease.deep.a"), pass("smb2.lease.deep.b")];
        assert_eq!(reach(None, &cut), below("smb2.lease.deep."));
        assert_eq!(reach(Some("smb2.lease"), &cut), below("smb2.lease"));
        assert_eq!(reach(Some("smb2.rename"), &cut), below("smb2.lease.deep."));
        // A file that is named after everything says nothing of one suite.
        assert_eq!(reach(Some("smb2"), &cut), below("smb2.lease.deep."));
        let named = [
            Event::SuiteStarted { name: Some("lib".into()) },
            plan(2),
            pass("lib.deep.a"),
            Event::SuiteEnded,
        ];
        assert_eq!(reach(None, &named), below("lib"));
    }

    #[test]
    fn a_file_without_tests_is_a_gap_unless_it_says_so() {
        assert_eq!(built("", &[]).1[0].kind, GapKind::NoTests);
        assert_eq!(built("", &[plan(0)]).1, []);
    }

    #[test]
    fn a_test_without_a_name_gets_one() {
        assert_eq!(built("", &[start(""), pass("")]).0, ["(no name) passed"]);
    }

    #[test]
    fn names_are_escaped_and_prefixed() {
        assert_eq!(built("smb2.", &[pass("a\nb c")]).0, ["smb2.a\\nb c passed"]);
    }
}
