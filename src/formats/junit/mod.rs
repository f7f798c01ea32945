//! JUnit XML, in the dialects that real producers write.
//!
//! In: tags. Out: events. What a newcomer would get wrong: there is no standard, only habits, and
//! they stand in tables (in `child`, `case` and `dialects`) and not in the code. What a header
//! announces is told when its suite ends, because only its cases show which dialect it is, and some
//! dialects announce wrong counts.
//!
//! <https://github.com/testmoapp/junitxml>

mod case;
mod child;
mod dialects;
pub(crate) mod failsafe_summary;

use super::About;
use super::c_cpp::check;
use super::emit::xml_report::{Closing, Opening};
use super::gnu::dejagnu_xml;
use crate::model::{Attempt, End, Event, Finished, Outcome, Place, PlanScope, RunBuilder, Sink};
use crate::syntax::encoding;
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::{Tag, Value};
use crate::syntax::xml::{Node, Text, Xml};
use case::{Attributes, Case, Names, Told};
use child::{CHILDREN, Child, OpenChild, Texts};
use dialects::{Dialect, Header};
use std::borrow::Cow;
use std::io::{self, Read};

pub const ABOUT: About = About {
    title: "JUnit XML, as surefire, Gradle, pytest, nextest, CTest, gotestsum, jest-junit, googletest \
            and others write it",
    names: "`classname.name`; the name alone where it holds the class already; the suite where there \
            is no class",
    outcomes: &[
        ("a testcase without a child of these", Outcome::Passed),
        ("failure; PHPUnit's warning; status or result=\"failed\"", Outcome::Failed),
        ("error; status or result=\"error\"", Outcome::Errored),
        ("a suite without a testcase that wrote to system-err", Outcome::Errored),
        ("skipped, ignored, status=\"notrun\" or \"disabled\", disabled=\"1\"", Outcome::Skipped),
        ("skipped type=\"pytest.xfail\"; skipped type=\"todo\" beside a failure", Outcome::Xfailed),
        ("failure message=\"[XPASS(strict)] …\"", Outcome::Xpassed),
        ("failure type=\"test timeout\"; bats's \"failed due to timeout\"", Outcome::TimedOut),
        ("failure or error type=\"test abort\"", Outcome::Crashed),
        ("a testcase that the file ends in", Outcome::Unfinished),
    ],
    incomplete: "the file ends before its root does; something ends that never began, or a testcase \
                 never does; a suite holds fewer cases or failures than its header announces",
    link: "https://github.com/testmoapp/junitxml",
};

/// nextest's scripts are no tests; only a failing one is told.
const SETUP_SCRIPT: &str = "@setup-script:";

/// What a test's element is called.
const CASE: &str = "testcase";

/// How deep elements may be nested.
const DEEPEST: usize = 200;

/// Whether the first bytes of a file are of this format: its first element is a suite.
pub fn sniff(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    if head.starts_with(b"<") {
        return is_suite(&Opening::of(head));
    }
    // Output of the tests may stand before.
    memchr::memmem::find_iter(head, b"\n<")
        .take(50)
        .any(|at| is_suite(&Opening::of(&head[at + 1..])))
}

fn is_suite(opening: &Opening) -> bool {
    is_suite_name(opening.root()) && !check::sniff(opening) && !dejagnu_xml::sniff(opening)
}

/// `testsuites` and `testsuite`, to one of which Catch2 glues text; what Eclipse exports begins with
/// `testrun`.
fn is_suite_name(name: &str) -> bool {
    name.starts_with("testsuite") || name == "testrun"
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut xml = match Xml::new(input) {
        Ok(xml) => xml,
        Err(error) => return Ended::unreadable(0, &error),
    };
    let mut report = Report {
        builder,
        dialect: Dialect::Common,
        document: Document::Begun,
        cut: false,
        damage: Damage::None,
        may_be_node: false,
        open: Vec::new(),
        suites: Vec::new(),
        case: Case::default(),
        held: None,
        child: None,
        spare: Texts::default(),
        name: String::new(),
    };
    let stopped = report.read(&mut xml);
    let line = xml.line();
    if xml.fell_back() {
        let read_as = encoding::FALLBACK;
        report.builder.event(line, Event::WrongEncoding { read_as });
    }
    let cut = report.cut || !report.open.is_empty() || report.document == Document::Declared;
    report.close_to(0, Closing::NeverClosed);
    match (stopped, report.damage) {
        (Err(error), _) => Ended::unreadable(line, &error),
        (Ok(_), Damage::At(line, what)) => Ended::unreadable(line, &what),
        (Ok(Stopped::TooDeep), Damage::None | Damage::Here(_)) => {
            Ended::unreadable(line, &format!("elements nested deeper than {DEEPEST}"))
        }
        (Ok(Stopped::Cut), Damage::None | Damage::Here(_)) => Ended { line, end: End::Cut },
        (Ok(Stopped::AtEnd), Damage::None | Damage::Here(_)) => {
            Ended { line, end: if cut { End::Cut } else { End::Whole } }
        }
    }
}

/// Why reading stopped.
enum Stopped {
    AtEnd,
    Cut,
    TooDeep,
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    dialect: Dialect,
    document: Document,
    /// Whether a document before the present one was cut.
    cut: bool,
    damage: Damage,
    /// Whether nothing has come that node would have written otherwise.
    may_be_node: bool,
    open: Vec<Element>,
    suites: Vec<Suite>,
    case: Case,
    held: Option<Held>,
    child: Option<OpenChild>,
    /// The room of the child that ended last, to be used again.
    spare: Texts,
    /// The identity of a test, while it is being made.
    name: String,
}

/// Whether something ended that never began, or the other way round: then the tag that is missing is
/// damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    None,
    /// In the tag that is being read.
    Here(&'static str),
    /// First at this line.
    At(u32, &'static str),
}

const NEVER_BEGAN: &str = "an element ends here that never began";
const NEVER_ENDED: &str = "the testcase before this place has no end";

impl Damage {
    fn is_here(&mut self, what: &'static str) {
        if *self == Damage::None {
            *self = Damage::Here(what);
        }
    }
}

/// How far the present document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Document {
    /// It has its declaration and no element.
    Declared,
    Begun,
}

/// An element that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Suite,
    Case,
    /// One of [`CHILDREN`].
    Child,
    /// One of them where it means nothing.
    Misplaced,
    /// What a test printed.
    Output,
    Other,
}

/// An open suite.
#[derive(Debug, Default)]
struct Suite {
    line: u32,
    name: String,
    tests: Option<u64>,
    failing: Option<u64>,
    /// Whether one of them failed, or it did as a whole.
    failed: bool,
    /// Whether anything came in it that speaks for it: a suite, or a verdict on it as a whole.
    speaks: bool,
    /// What it printed before any test came, and where.
    printed: Option<(u32, String)>,
    /// How many of its cases were tests.
    came: u64,
    /// How many of what a header may count are no tests: scripts, and tries but the last.
    no_tests: u64,
    /// How many failing elements a header may count beside one a test.
    more_failing: u64,
}

impl Suite {
    /// Whether nothing in it tells how it went, and it does not say itself that it had nothing to do.
    fn is_silent(&self) -> bool {
        self.came == 0 && self.no_tests == 0 && !self.speaks && self.tests != Some(0)
    }
}

/// A test that passed, if no further try of it follows.
struct Held {
    line: u32,
    name: String,
}

impl<S: Sink> Report<'_, '_, S> {
    fn read(&mut self, xml: &mut Xml<impl Read>) -> io::Result<Stopped> {
        loop {
            let text = match (&mut self.child, self.open.last()) {
                (Some(child), Some(Element::Child | Element::Misplaced | Element::Other)) => {
                    Text::Keep(&mut child.texts.text)
                }
                (Some(_) | None, _) => Text::Skip,
            };
            match xml.next(text)? {
                Node::Open(tag) => self.start(&tag),
                Node::Empty(tag) if tag.name() == CASE => self.whole_case(&tag),
                Node::Empty(tag) => {
                    self.start(&tag);
                    self.close_to(self.open.len() - 1, Closing::Closed);
                }
                Node::Close(name) => self.end(&name),
                Node::Declaration => self.start_document(),
                Node::End => return Ok(Stopped::AtEnd),
                Node::Cut => return Ok(Stopped::Cut),
            }
            if let Damage::Here(what) = self.damage {
                self.damage = Damage::At(xml.line(), what);
            }
            if self.open.len() > DEEPEST {
                return Ok(Stopped::TooDeep);
            }
        }
    }

    /// Where a document starts, the one before must have ended, and must have had a root.
    fn start_document(&mut self) {
        self.cut |= !self.open.is_empty() || self.document == Document::Declared;
        self.close_to(0, Closing::NeverClosed);
        self.document = Document::Declared;
    }

    fn start(&mut self, tag: &Tag<'_>) {
        self.document = Document::Begun;
        let element = match tag.name() {
            CASE => Element::Case,
            "system-err" if self.may_be_all_there_is() => {
                self.child =
                    Some(OpenChild::new(tag, Child::Printed, std::mem::take(&mut self.spare)));
                Element::Child
            }
            "system-out" | "system-err" => Element::Output,
            name if is_suite_name(name) => Element::Suite,
            "property" if self.dialect == Dialect::Common => {
                self.look_at_property(tag);
                Element::Other
            }
            name => match (CHILDREN.iter().find(|(child, _)| *child == name), self.open.last()) {
                (Some((_, child)), Some(Element::Case | Element::Suite)) => {
                    self.child = Some(OpenChild::new(tag, *child, std::mem::take(&mut self.spare)));
                    Element::Child
                }
                (Some(_), _) => Element::Misplaced,
                (None, _) => Element::Other,
            },
        };
        match element {
            Element::Suite => {
                self.leave_case();
                self.start_suite(tag);
            }
            Element::Case => {
                self.leave_case();
                let said = Attributes::of(tag);
                self.case.start(tag.line, &said);
                self.look_at_first_case(tag, said.names());
            }
            Element::Child | Element::Misplaced | Element::Output | Element::Other => {}
        }
        self.open.push(element);
    }

    /// Takes a case in which nothing stands: most tests pass, so nothing of it is copied.
    fn whole_case(&mut self, tag: &Tag<'_>) {
        self.document = Document::Begun;
        self.leave_case();
        let said = Attributes::of(tag);
        self.look_at_first_case(tag, said.names());
        self.end_case(&said.told(tag.line), Closing::Closed);
    }

    /// Whether what a suite printed may be all that is known of it.
    fn may_be_all_there_is(&self) -> bool {
        self.open.last() == Some(&Element::Suite)
            && self.suites.last().is_some_and(Suite::is_silent)
    }

    /// Where a suite or a case starts, no case can be open: if one is, its end is lost.
    fn leave_case(&mut self) {
        if let Some(case) = self.open.iter().rposition(|element| *element == Element::Case) {
            self.damage.is_here(NEVER_ENDED);
            self.close_to(case, Closing::NeverClosed);
        }
    }

    fn end(&mut self, name: &str) {
        let element = match name {
            CASE => Element::Case,
            name if is_suite_name(name) => Element::Suite,
            _ => match self.open.last() {
                Some(Element::Child | Element::Output | Element::Misplaced) => {
                    return self.close_to(self.open.len() - 1, Closing::Closed);
                }
                Some(Element::Other | Element::Suite | Element::Case) | None => {
                    if CHILDREN.iter().any(|(child, _)| *child == name) {
                        self.damage.is_here(NEVER_BEGAN);
                    }
                    if self.open.last() == Some(&Element::Other) {
                        self.close_to(self.open.len() - 1, Closing::Closed);
                    }
                    return;
                }
            },
        };
        let Some(depth) = self.open.iter().rposition(|open| *open == element) else {
            return self.damage.is_here(NEVER_BEGAN);
        };
        if element == Element::Suite && self.open[depth..].contains(&Element::Case) {
            self.damage.is_here(NEVER_ENDED);
        }
        self.close_to(depth + 1, Closing::NeverClosed);
        self.close_to(depth, Closing::Closed);
    }

    /// Closes elements until this many are open.
    fn close_to(&mut self, depth: usize, closing: Closing) {
        while self.open.len() > depth {
            match self.open.pop() {
                Some(Element::Suite) => self.end_suite(),
                Some(Element::Case) => {
                    let case = std::mem::take(&mut self.case);
                    self.end_case(&case.told(), closing);
                    self.case = case;
                }
                Some(Element::Child) => self.end_child(),
                Some(Element::Misplaced | Element::Output | Element::Other) | None => {}
            }
        }
    }

    fn look_at_property(&mut self, tag: &Tag<'_>) {
        tag.attributes(|attribute, value| {
            if let Some(dialect) = Dialect::by("property", attribute, &value.text()) {
                self.dialect = dialect;
            }
        });
    }

    /// The dialect by the first suite, which node writes below a root that says nothing.
    fn look_at_order(&mut self, tag: &Tag<'_>) {
        let may_be_node = std::mem::replace(&mut self.may_be_node, false);
        match Dialect::by_order(tag).filter(|_| self.dialect == Dialect::Common) {
            Some(Dialect::Node) if !may_be_node => {}
            Some(dialect) => self.dialect = dialect,
            None => {}
        }
    }

    /// The dialect by the first case, if no suite came before.
    fn look_at_first_case(&mut self, tag: &Tag<'_>, names: Names<'_>) {
        if self.may_be_node
            && let Some(is_of_node) = names.may_be_of_node(tag)
        {
            self.may_be_node = false;
            if is_of_node && self.dialect == Dialect::Common {
                self.dialect = Dialect::Node;
            }
        }
    }

    fn start_suite(&mut self, tag: &Tag<'_>) {
        let is_root = self.suites.is_empty();
        if is_root {
            self.dialect = Dialect::Common;
        }
        self.look_at_order(tag);
        self.may_be_node = is_root && tag.name() == "testsuites";
        self.count(|around| around.speaks = true);
        let mut suite = Suite { line: tag.line, ..Suite::default() };
        let (mut failures, mut errors) = (None, None);
        tag.attributes(|attribute, value| {
            self.may_be_node = false;
            match attribute {
                "name" => suite.name.push_str(&value.bounded().text()),
                "tests" => suite.tests = number(&value.text()),
                "failures" => failures = number(&value.text()),
                "errors" => errors = number(&value.text()),
                _ => {}
            }
            if let Some(dialect) = Dialect::by(tag.name(), attribute, &value.text()) {
                self.dialect = dialect;
            }
        });
        suite.failing = failures.map(|failures: u64| failures.saturating_add(errors.unwrap_or(0)));
        let name = Some(suite.name.as_str()).filter(|name| !name.is_empty()).map(Cow::Borrowed);
        self.builder.event(tag.line, Event::SuiteStarted { name });
        self.suites.push(suite);
    }

    fn end_suite(&mut self) {
        self.release();
        let Some(mut suite) = self.suites.pop() else { return };
        if let Some((line, message)) = suite.printed.take().filter(|_| suite.is_silent()) {
            suite.failed = true;
            finish(self.builder, line, &suite.name, Outcome::Errored, Attempt::Only, &message);
        }
        self.announce(&suite);
        if let Some(around) = self.suites.last_mut() {
            around.failed |= suite.failed;
            around.came += suite.came;
            around.no_tests += suite.no_tests;
            around.more_failing += suite.more_failing;
        }
        self.builder.event(suite.line, Event::SuiteEnded);
    }

    /// What its header says that it holds.
    fn announce(&mut self, suite: &Suite) {
        let (_, header) = self.dialect.habits();
        let least = suite.tests.unwrap_or(0).saturating_sub(suite.no_tests);
        match (suite.tests, header) {
            (Some(0), _) => self.plan(suite.line, 0, PlanScope::Descendants),
            (Some(tests), Header::Counts) => match suite.came {
                0 if least == 0 => {}
                came if (least..=tests).contains(&came) => {
                    self.plan(suite.line, came, PlanScope::Descendants);
                }
                _ => self.plan(suite.line, tests, PlanScope::Descendants),
            },
            (Some(tests), Header::CountsChildren) => {
                self.plan(suite.line, tests, PlanScope::Children);
            }
            (Some(tests), Header::CountsOtherwise) if self.suites.is_empty() && suite.came == 0 => {
                self.plan(suite.line, tests, PlanScope::Descendants);
            }
            (Some(_), Header::CountsOtherwise) | (None, _) => {}
        }
        match (suite.failing, header) {
            // However it counts, where it counts failures something failed.
            (Some(_), Header::CountsOtherwise) if suite.failed => {}
            (Some(failing), Header::Counts | Header::CountsChildren | Header::CountsOtherwise) => {
                let tests = failing.saturating_sub(suite.more_failing);
                self.builder.event(suite.line, Event::AnnouncedFailing { tests });
            }
            (None, _) => {}
        }
    }

    fn plan(&mut self, line: u32, tests: u64, scope: PlanScope) {
        self.builder.event(line, Event::Plan { tests, scope });
    }

    fn end_case(&mut self, case: &Told<'_>, closing: Closing) {
        let suite = self.suites.last().map_or("", |suite| suite.name.as_str());
        let outcome = match (case.outcome, closing) {
            (Some(outcome), _) => outcome,
            (None, Closing::Closed) => Outcome::Passed,
            (None, Closing::NeverClosed) => {
                case.names.identity(self.dialect, &self.suites, &mut self.name);
                let name = Cow::Borrowed(self.name.as_str());
                return self.builder.event(case.line, Event::Started { name });
            }
        };
        if outcome == Outcome::Passed && suite.starts_with(SETUP_SCRIPT) {
            return self.count(|suite| suite.no_tests += 1);
        }
        self.count(|suite| {
            suite.came += 1;
            suite.failed |= outcome.is_failing();
        });
        if outcome == Outcome::Xfailed && case.todo {
            // node's header counts it as a failure all the same.
            self.count(|suite| suite.more_failing += 1);
        }
        case.names.identity(self.dialect, &self.suites, &mut self.name);
        if self.dialect == Dialect::Pytest && self.is_held(case.line, outcome) {
            return;
        }
        let place = match case.file {
            "" => None,
            _ if outcome == Outcome::Passed => None,
            file => {
                let line = case.file_line;
                let line = line.map(|line| line.saturating_add(self.dialect.lines_behind()));
                Some(Place { file: Value::new(file).text(), line })
            }
        };
        let finished = Finished {
            name: Cow::Borrowed(&self.name),
            outcome,
            attempt: Attempt::Only,
            message: Cow::Borrowed(case.message),
            place,
        };
        self.builder.event(case.line, Event::Finished(finished));
    }

    /// pytest-rerunfailures writes each try that failed as a case without a failure, and then the
    /// last try under the same name: so a pass waits for what follows it.
    fn is_held(&mut self, line: u32, outcome: Outcome) -> bool {
        // An error behind a pass is that of the teardown.
        let ends_tries = matches!(outcome, Outcome::Passed | Outcome::Failed);
        match self.held.take() {
            Some(held) if ends_tries && held.name == self.name => {
                let (line, name) = (held.line, &held.name);
                finish(self.builder, line, name, Outcome::Failed, Attempt::Retry, "");
            }
            held => {
                self.held = held;
                self.release();
            }
        }
        let holds = outcome == Outcome::Passed;
        if holds {
            self.held = Some(Held { line, name: self.name.clone() });
        }
        holds
    }

    fn release(&mut self) {
        if let Some(Held { line, name }) = self.held.take() {
            finish(self.builder, line, &name, Outcome::Passed, Attempt::Only, "");
        }
    }

    fn count(&mut self, change: impl FnOnce(&mut Suite)) {
        if let Some(suite) = self.suites.last_mut() {
            change(suite);
        }
    }

    fn end_child(&mut self) {
        if let Some(child) = self.child.take() {
            self.take_child(&child);
            self.spare = child.texts;
        }
    }

    fn take_child(&mut self, child: &OpenChild) {
        let in_case = self.open.last() == Some(&Element::Case);
        let message = child.said();
        let outcome = child.outcome();
        match child.child {
            Child::Printed if message.is_empty() => {}
            Child::Printed => {
                let printed = Some((child.line, message.into_owned()));
                self.count(|suite| suite.printed = printed);
            }
            _ if !in_case => {
                // A suite that failed as a whole.
                self.count(|suite| {
                    suite.speaks = true;
                    suite.failed |= outcome.is_failing();
                });
                let name = self.suites.last().map_or("", |suite| suite.name.as_str());
                finish(self.builder, child.line, name, outcome, Attempt::Only, &message);
            }
            _ if self.dialect == Dialect::Node && child.is_todo() => self.case.todo = true,
            Child::Verdict(_) => {
                let again = outcome.is_failing()
                    && self.case.outcome.is_some_and(|before| before.is_failing());
                self.case.add(outcome, &message);
                if again {
                    self.count(|suite| suite.more_failing += 1);
                }
            }
            Child::Try(_) => {
                self.count(|suite| {
                    suite.no_tests += 1;
                    suite.more_failing += 1;
                });
                self.case.names().identity(self.dialect, &self.suites, &mut self.name);
                let (line, name) = (child.line, &self.name);
                finish(self.builder, line, name, outcome, Attempt::Retry, &message);
            }
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

fn finish<S: Sink>(
    builder: &mut RunBuilder<'_, S>,
    line: u32,
    name: &str,
    outcome: Outcome,
    attempt: Attempt,
    message: &str,
) {
    let (name, message) = (Cow::Borrowed(name), Cow::Borrowed(message));
    let finished = Finished { name, outcome, attempt, message, place: None };
    builder.event(line, Event::Finished(finished));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, GapKind, Naming, ProblemKind, TestResult};

    /// Results, gaps, and the lines of places.
    #[derive(Default)]
    struct Kept(Vec<String>, Vec<GapKind>, Vec<u64>);

    impl Sink for Kept {
        fn result(&mut self, result: &TestResult<'_>) {
            let TestResult { name, outcome, attempt, message, place, .. } = result;
            self.2.extend(place.as_ref().and_then(|place| place.line));
            let attempt = if *attempt == Attempt::Retry { " then" } else { "" };
            self.0.push(
                format!("{name} {} {message}", outcome.word()).trim_end().to_owned() + attempt,
            );
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap.kind);
        }
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    fn read_all(xml: &str) -> Kept {
        let mut kept = Kept::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut kept);
        let Ended { line, end } = read(xml.as_bytes(), &mut builder);
        builder.finish(line, end);
        kept
    }

    /// The only test of a suite named `s`.
    fn one(case: &str) -> String {
        read_all(&format!("<testsuite name='s'>{case}</testsuite>")).0.remove(0)
    }

    #[test]
    fn a_name_is_whole_and_says_nothing_twice() {
        for (attributes, name) in [
            ("classname='a.B' name='c d'", "a.B.c d"),
            ("classname='same' name='same'", "same"),
            ("classname='own' name='own / ok'", "own / ok"),
            ("classname='own' name='owner'", "own.owner"),
            ("name='n'", "s.n"),
            ("classname='s.s' name='n'", "s.n"),
            ("classname='only' name=''", "only"),
            ("package='p/1' classname='does it'", "p/1.does it"),
            ("", "s"),
        ] {
            assert_eq!(one(&format!("<testcase {attributes}/>")), format!("{name} passed"));
        }
    }

    #[test]
    fn the_order_of_cases_changes_no_name() {
        let case = |(class, name): (&str, &str)| {
            format!("<testcase name='{name}' time='1' classname='{class}'/>")
        };
        let cases = [("a", "1"), ("test", "1"), ("test", "test"), ("b", "1")];
        let want = ["a.1 passed", "b.1 passed", "test passed", "test.1 passed"];
        for first in 0..cases.len() {
            let turned = cases.iter().cycle().skip(first).take(cases.len());
            let cases = turned.map(|it| case(*it)).collect::<String>();
            for suite in ["<testsuite name='S'", "<testsuites><testsuite name='S' hostname=''"] {
                let mut names = read_all(&format!("{suite}>{cases}</testsuite>")).0;
                names.sort();
                assert_eq!(names, want);
            }
        }
    }

    #[test]
    fn node_is_known_before_its_first_test_that_its_class_is_a_part_of() {
        let case = |name: &str| format!("<testcase name='{name}' time='1' classname='test'/>");
        let header = "time='1' disabled='0' errors='0' tests='1' failures='0' skipped='0'";
        let suite = |inside: &str| format!("<testsuite name='S' {header}>{inside}</testsuite>");
        let top = case("test") + &case("a");
        for (inside, want) in [
            (top.clone() + &suite(&case("b")), ["test passed", "a passed", "S.b passed"]),
            (suite(&case("b")) + &top, ["S.b passed", "test passed", "a passed"]),
        ] {
            assert_eq!(read_all(&format!("<testsuites>{inside}</testsuites>")).0, want);
            let named = read_all(&format!("<testsuites name='N'>{inside}</testsuites>")).0;
            assert!(named.contains(&"test.b passed".to_owned()), "{named:?}");
        }
    }

    #[test]
    fn pytest_is_known_by_what_else_it_writes_and_its_lines_begin_at_0() {
        let header =
            "errors='0' failures='0' skipped='0' tests='1' time='1' timestamp='' hostname=''";
        let case = "<testcase classname='c' name='n' file='f' line='6'>";
        let cases = format!("{case}</testcase>{case}<failure/></testcase>");
        let suite = format!("<testsuite name='mine' {header}>{cases}</testsuite>");
        let named = "<testsuites name='pytest tests'><testsuite name='mine' tests='1'>";
        for pytest in [suite, format!("{named}{cases}</testsuite></testsuites>")] {
            let kept = read_all(&pytest);
            assert_eq!(
                (&*kept.0, &*kept.2),
                (&["c.n failed then", "c.n failed"].map(str::to_owned)[..], &[7][..])
            );
        }
        let other = read_all(&format!("<testsuite name='mine'>{cases}</testsuite>"));
        assert_eq!((&*other.0[0], &*other.2), ("c.n passed", &[6][..]));
    }

    #[test]
    fn an_attribute_counts_where_no_child_does() {
        for (attribute, word) in [
            ("disabled='1'", "skipped"),
            ("disabled='true'", "skipped"),
            ("disabled='0'", "passed"),
            ("ignored='true'", "skipped"),
            ("status='notrun'", "skipped"),
            ("status='run' result='completed'", "passed"),
            ("status='run' result='SUPPRESSED'", "skipped"),
            ("status='Failed'", "failed"),
            ("status='run' result='failure'", "failed"),
            ("result='error'", "errored"),
            ("status='broken'", "errored"),
        ] {
            let case = format!("<testcase classname='c' name='n' {attribute}");
            assert_eq!(one(&format!("{case}/>")), format!("c.n {word}"), "{attribute}");
            let failed = one(&format!("{case}><failure/></testcase>"));
            assert_eq!(failed, "c.n failed", "{attribute}");
        }
        let disabled = "<testcase classname='c' name='n' status='disabled'><failure/></testcase>";
        assert_eq!(one(disabled), "c.n skipped");
        let skipped = "<testcase classname='c' name='n' status='failed'><skipped/></testcase>";
        assert_eq!(one(skipped), "c.n skipped");
    }

    #[test]
    fn a_line_of_bats_says_that_its_time_was_up() {
        let said = |text: &str| {
            let failure = format!("<failure type='failure'>tags: a\n{text}\nTerminated</failure>");
            let said = one(&format!("<testcase classname='c' name='n'>{failure}</testcase>"));
            said.split(' ').nth(1).unwrap().to_owned()
        };
        let stack = "(from function `f' in file a, line 1,\n in test file b, line 2)\n";
        assert_eq!(said(&format!("{stack}  `sleep 5' failed due to timeout")), "timed-out");
        assert_eq!(said("  `sleep 5' failed"), "failed");
        assert_eq!(said("it said: 'a' failed due to timeout"), "failed");
    }

    #[test]
    fn a_header_that_announces_failures_over_none_is_not_believed() {
        let read = |name: &str, cases: &str| {
            let header = format!("name='{name}' tests='100' failures='5'");
            let suites =
                format!("<testsuites><testsuite {header}>{cases}</testsuite></testsuites>");
            read_all(&suites).1
        };
        let gap =
            |announced, came| GapKind::Counts { what: "failing tests".into(), announced, came };
        let (passed, failed) = ("<testcase name='a'/>", "<testcase name='b'><failure/></testcase>");
        assert_eq!(read("pytest", passed), [gap(5, 0)]);
        assert_eq!(read("pytest", &format!("{passed}{failed}")), []);
        assert_eq!(read("s", failed)[1], gap(5, 1));
    }

    #[test]
    fn a_lost_end_of_a_case_is_told_and_hides_nothing() {
        let lost = "<testcase classname='a' name='b'><failure message='f'>x</failure>";
        let rest = "<testcase classname='a' name='c'/><testcase classname='a' name='d'/>";
        let damage = [GapKind::Unreadable { what: NEVER_ENDED.to_owned() }];
        let kept = read_all(&format!("<testsuite name='s'>{lost}{rest}</testsuite>"));
        assert_eq!(kept.0, ["a.b failed f\nx", "a.c passed", "a.d passed"]);
        assert_eq!(kept.1, damage);
        let kept = read_all(&format!("<testsuite name='s'>{rest}{lost}</testsuite>"));
        assert_eq!((kept.0.len(), &*kept.1), (3, &damage[..]));
    }

    #[test]
    fn a_suite_that_only_printed_is_an_error_of_it() {
        let suite = |header: &str, inside: &str| {
            let suite = format!("<testsuite name='x'{header}>{inside}</testsuite>");
            let mut said = read_all(&format!("<testsuites>{suite}</testsuites>")).0;
            said.retain(|said| said.starts_with("x "));
            said
        };
        let (printed, case) =
            ("<system-err>boom</system-err>", "<testcase classname='c' name='n'/>");
        assert_eq!(suite("", printed), ["x errored boom"]);
        assert_eq!(suite("", &format!("{printed}<system-err> </system-err>")), ["x errored boom"]);
        assert_eq!(suite("", &format!("<error/>{printed}")), ["x errored"]);
        for (header, inside) in [
            ("", format!("{printed}{case}")),
            ("", format!("{case}{printed}")),
            ("", format!("{printed}<testsuite name='y'>{case}</testsuite>")),
            ("", "<system-err> </system-err>".to_owned()),
            (" tests='0'", printed.to_owned()),
        ] {
            assert_eq!(suite(header, &inside), [""; 0], "{inside}");
        }
    }

    #[test]
    fn the_worst_child_counts_and_gives_the_message() {
        let children = "<skipped message='s'/><failure message='f'/><error message='e'>E</error>";
        let case = format!("<testcase classname='c' name='n'>{children}</testcase>");
        assert_eq!(one(&case), "c.n errored e\nE");
    }

    #[test]
    fn what_ctest_could_not_run_is_no_skip() {
        let case = |why: &str| {
            let skipped = format!("<skipped message='{why}'/>");
            one(&format!("<testcase name='n' classname='n' status='notrun'>{skipped}</testcase>"))
        };
        assert_eq!(case("Unable to find executable"), "n errored Unable to find executable");
        assert_eq!(case("SKIP_RETURN_CODE=77"), "n skipped SKIP_RETURN_CODE=77");
    }

    #[test]
    fn tries_come_before_what_they_led_to() {
        let flaky = "<testsuite tests='2' failures='1'><testcase classname='c' name='n'>\
                     <flakyFailure message='once'><system-out>no</system-out></flakyFailure>\
                     </testcase></testsuite>";
        let kept = read_all(flaky);
        assert_eq!(kept.0, ["c.n failed once then", "c.n passed"]);
        assert_eq!(kept.1, []);
    }

    #[test]
    fn a_case_that_the_file_ends_in_keeps_what_was_said() {
        let start = "<testsuite name='s'><testcase classname='c' name='n'>";
        let kept = read_all(start);
        assert_eq!((&*kept.0[0], kept.1.last()), ("c.n unfinished", Some(&GapKind::Cut)));
        let kept = read_all(&format!("{start}<failure message='f'>te"));
        assert_eq!((&*kept.0[0], kept.1.last()), ("c.n failed f\nte", Some(&GapKind::Cut)));
    }

    #[test]
    fn a_document_without_a_root_among_others_is_cut() {
        let whole = "<?xml version='1.0'?><testsuite name='s'><testcase name='n'/></testsuite>\n";
        assert_eq!(read_all(&format!("{whole}{whole}")).1, []);
        let crashed = format!("{whole}<?xml version='1.0'?>a fault\n{whole}");
        assert_eq!(read_all(&crashed).1, [GapKind::Cut]);
    }

    #[test]
    fn a_suite_that_failed_as_a_whole_is_a_result() {
        assert_eq!(one("<error message='no database'/>"), "s errored no database");
    }
}
