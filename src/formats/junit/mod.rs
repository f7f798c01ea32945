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

use super::c_cpp::check;
use super::emit::xml_report::{EndKind, XmlHead};
use super::gnu::dejagnu_xml;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{
    Attempt, EndOfInput, Event, Finished, Outcome, PlanScope, RunBuilder, SourceLocation,
};
use crate::syntax::encoding;
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::{AttributeValue, Tag};
use crate::syntax::xml::{TextMode, XmlToken, XmlTokenizer};
use case::{CaseAttributes, CaseResult, JunitCase, NameParts};
use child::{CHILDREN, Child, OpenChild, TextBuffers};
use dialects::{Dialect, Header};
use std::borrow::Cow;
use std::io::{self, Read};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["junit"],
    title: "JUnit XML, as surefire, Gradle, pytest, nextest, CTest, gotestsum, jest-junit, googletest \
            and others write it",
    test_name: "`classname.name`; the name alone where it holds the class already; the suite where there \
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
    sniff: Sniff::Bytes(sniff),
    read,
};

/// nextest's scripts are no tests; only a failing one is told.
const SETUP_SCRIPT: &str = "@setup-script:";

/// What a test's element is called.
const CASE: &str = "testcase";

/// How deep elements may be nested.
const MAX_DEPTH: usize = 200;

/// Whether the first bytes of a file are of this format: its first element is a suite.
pub(super) fn sniff(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    if head.starts_with(b"<") {
        return is_suite(&XmlHead::parse(head));
    }
    // Output of the tests may stand before.
    memchr::memmem::find_iter(head, b"\n<")
        .take(50)
        .any(|at| is_suite(&XmlHead::parse(&head[at + 1..])))
}

fn is_suite(head: &XmlHead) -> bool {
    is_suite_name(head.root()) && !check::sniff(head) && !dejagnu_xml::sniff(head)
}

/// `testsuites` and `testsuite`, to one of which Catch2 glues text; what Eclipse exports begins with
/// `testrun`.
fn is_suite_name(name: &str) -> bool {
    name.starts_with("testsuite") || name == "testrun"
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut xml = match XmlTokenizer::new(input) {
        Ok(xml) => xml,
        Err(error) => return ReadEnd::unreadable(0, &error),
    };
    let mut reader = JunitReader {
        builder,
        dialect: Dialect::Common,
        document: DocumentState::Begun,
        truncated: false,
        damage: JunitDamage::None,
        may_be_node: false,
        open: Vec::new(),
        suites: Vec::new(),
        case: JunitCase::default(),
        pending: None,
        child: None,
        text_buffers: TextBuffers::default(),
        name: String::new(),
    };
    let stop_reason = reader.read(&mut xml);
    let line = xml.line();
    if xml.used_fallback_encoding() {
        let read_as = encoding::FALLBACK;
        reader.builder.handle(line, Event::WrongEncoding { read_as });
    }
    let truncated =
        reader.truncated || !reader.open.is_empty() || reader.document == DocumentState::Declared;
    reader.close_to(0, EndKind::Missing);
    match (stop_reason, reader.damage) {
        (Err(error), _) => ReadEnd::unreadable(line, &error),
        (Ok(_), JunitDamage::At(line, what)) => ReadEnd::unreadable(line, &what),
        (Ok(JunitStopReason::TooDeep), JunitDamage::None | JunitDamage::Here(_)) => {
            ReadEnd::unreadable(line, &format!("elements nested deeper than {MAX_DEPTH}"))
        }
        (Ok(JunitStopReason::Truncated), JunitDamage::None | JunitDamage::Here(_)) => {
            ReadEnd { line, end: EndOfInput::Truncated }
        }
        (Ok(JunitStopReason::Eof), JunitDamage::None | JunitDamage::Here(_)) => ReadEnd {
            line,
            end: if truncated { EndOfInput::Truncated } else { EndOfInput::Complete },
        },
    }
}

/// Why reading stopped.
enum JunitStopReason {
    Eof,
    Truncated,
    TooDeep,
}

struct JunitReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    dialect: Dialect,
    document: DocumentState,
    /// Whether a document before the present one was cut.
    truncated: bool,
    damage: JunitDamage,
    /// Whether nothing has come that node would have written otherwise.
    may_be_node: bool,
    open: Vec<Element>,
    suites: Vec<JunitSuite>,
    case: JunitCase,
    pending: Option<JunitPendingPass>,
    child: Option<OpenChild>,
    /// The room of the child that ended last, to be used again.
    text_buffers: TextBuffers,
    /// The identity of a test, while it is being made.
    name: String,
}

/// Whether something ended that never began, or the other way round: then the tag that is missing is
/// damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JunitDamage {
    None,
    /// In the tag that is being read.
    Here(&'static str),
    /// First at this line.
    At(u32, &'static str),
}

const UNMATCHED_END: &str = "an element ends here that never began";
const UNCLOSED_CASE: &str = "the testcase before this place has no end";

impl JunitDamage {
    fn report_once(&mut self, what: &'static str) {
        if *self == JunitDamage::None {
            *self = JunitDamage::Here(what);
        }
    }
}

/// How far the present document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DocumentState {
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
struct JunitSuite {
    line: u32,
    name: String,
    tests: Option<u64>,
    failing: Option<u64>,
    /// Whether one of them failed, or it did as a whole.
    failed: bool,
    /// Whether anything came in it that speaks for it: a suite, or a verdict on it as a whole.
    has_verdict: bool,
    /// What it printed before any test came, and where.
    printed: Option<(u32, String)>,
    /// How many of its cases were tests.
    tests_seen: u64,
    /// How many of what a header may count are no tests: scripts, and tries but the last.
    non_tests: u64,
    /// How many failing elements a header may count beside one a test.
    extra_failures: u64,
}

impl JunitSuite {
    /// Whether nothing in it tells how it went, and it does not say itself that it had nothing to do.
    fn has_no_result(&self) -> bool {
        self.tests_seen == 0 && self.non_tests == 0 && !self.has_verdict && self.tests != Some(0)
    }
}

/// A test that passed, if no further try of it follows.
struct JunitPendingPass {
    line: u32,
    name: String,
}

impl JunitReader<'_, '_> {
    fn read(&mut self, xml: &mut XmlTokenizer<impl Read>) -> io::Result<JunitStopReason> {
        loop {
            let text = match (&mut self.child, self.open.last()) {
                (Some(child), Some(Element::Child | Element::Misplaced | Element::Other)) => {
                    TextMode::Collect(&mut child.texts.text)
                }
                (Some(_) | None, _) => TextMode::Discard,
            };
            match xml.next(text)? {
                XmlToken::StartTag(tag) => self.start(&tag),
                XmlToken::EmptyTag(tag) if tag.name() == CASE => self.empty_case(&tag),
                XmlToken::EmptyTag(tag) => {
                    self.start(&tag);
                    self.close_to(self.open.len() - 1, EndKind::EndTag);
                }
                XmlToken::EndTag(name) => self.end(&name),
                XmlToken::Declaration => self.start_document(),
                XmlToken::Eof => return Ok(JunitStopReason::Eof),
                XmlToken::UnexpectedEof => return Ok(JunitStopReason::Truncated),
            }
            if let JunitDamage::Here(what) = self.damage {
                self.damage = JunitDamage::At(xml.line(), what);
            }
            if self.open.len() > MAX_DEPTH {
                return Ok(JunitStopReason::TooDeep);
            }
        }
    }

    /// Where a document starts, the one before must have ended, and must have had a root.
    fn start_document(&mut self) {
        self.truncated |= !self.open.is_empty() || self.document == DocumentState::Declared;
        self.close_to(0, EndKind::Missing);
        self.document = DocumentState::Declared;
    }

    fn start(&mut self, tag: &Tag<'_>) {
        self.document = DocumentState::Begun;
        let element = match tag.name() {
            CASE => Element::Case,
            "system-err" if self.is_only_evidence() => {
                self.child = Some(OpenChild::new(
                    tag,
                    Child::Printed,
                    std::mem::take(&mut self.text_buffers),
                ));
                Element::Child
            }
            "system-out" | "system-err" => Element::Output,
            name if is_suite_name(name) => Element::Suite,
            "property" if self.dialect == Dialect::Common => {
                self.detect_from_property(tag);
                Element::Other
            }
            name => match (CHILDREN.iter().find(|(child, _)| *child == name), self.open.last()) {
                (Some((_, child)), Some(Element::Case | Element::Suite)) => {
                    self.child =
                        Some(OpenChild::new(tag, *child, std::mem::take(&mut self.text_buffers)));
                    Element::Child
                }
                (Some(_), _) => Element::Misplaced,
                (None, _) => Element::Other,
            },
        };
        match element {
            Element::Suite => {
                self.close_open_case();
                self.start_suite(tag);
            }
            Element::Case => {
                self.close_open_case();
                let attributes = CaseAttributes::from_tag(tag);
                self.case.start(tag.line, &attributes);
                self.detect_from_first_case(tag, attributes.names());
            }
            Element::Child | Element::Misplaced | Element::Output | Element::Other => {}
        }
        self.open.push(element);
    }

    /// Takes a case in which nothing stands: most tests pass, so nothing of it is copied.
    fn empty_case(&mut self, tag: &Tag<'_>) {
        self.document = DocumentState::Begun;
        self.close_open_case();
        let attributes = CaseAttributes::from_tag(tag);
        self.detect_from_first_case(tag, attributes.names());
        self.end_case(&attributes.to_result(tag.line), EndKind::EndTag);
    }

    /// Whether what a suite printed may be all that is known of it.
    fn is_only_evidence(&self) -> bool {
        self.open.last() == Some(&Element::Suite)
            && self.suites.last().is_some_and(JunitSuite::has_no_result)
    }

    /// Where a suite or a case starts, no case can be open: if one is, its end is lost.
    fn close_open_case(&mut self) {
        if let Some(case) = self.open.iter().rposition(|element| *element == Element::Case) {
            self.damage.report_once(UNCLOSED_CASE);
            self.close_to(case, EndKind::Missing);
        }
    }

    fn end(&mut self, name: &str) {
        let element = match name {
            CASE => Element::Case,
            name if is_suite_name(name) => Element::Suite,
            _ => match self.open.last() {
                Some(Element::Child | Element::Output | Element::Misplaced) => {
                    return self.close_to(self.open.len() - 1, EndKind::EndTag);
                }
                Some(Element::Other | Element::Suite | Element::Case) | None => {
                    if CHILDREN.iter().any(|(child, _)| *child == name) {
                        self.damage.report_once(UNMATCHED_END);
                    }
                    if self.open.last() == Some(&Element::Other) {
                        self.close_to(self.open.len() - 1, EndKind::EndTag);
                    }
                    return;
                }
            },
        };
        let Some(depth) = self.open.iter().rposition(|open| *open == element) else {
            return self.damage.report_once(UNMATCHED_END);
        };
        if element == Element::Suite && self.open[depth..].contains(&Element::Case) {
            self.damage.report_once(UNCLOSED_CASE);
        }
        self.close_to(depth + 1, EndKind::Missing);
        self.close_to(depth, EndKind::EndTag);
    }

    /// Closes elements until this many are open.
    fn close_to(&mut self, depth: usize, end_kind: EndKind) {
        while self.open.len() > depth {
            match self.open.pop() {
                Some(Element::Suite) => self.end_suite(),
                Some(Element::Case) => {
                    let case = std::mem::take(&mut self.case);
                    self.end_case(&case.to_result(), end_kind);
                    self.case = case;
                }
                Some(Element::Child) => self.end_child(),
                Some(Element::Misplaced | Element::Output | Element::Other) | None => {}
            }
        }
    }

    fn detect_from_property(&mut self, tag: &Tag<'_>) {
        tag.attributes(|attribute, value| {
            if let Some(dialect) =
                Dialect::detect_by_attribute("property", attribute, &value.text())
            {
                self.dialect = dialect;
            }
        });
    }

    /// The dialect by the first suite, which node writes below a root that says nothing.
    fn detect_from_order(&mut self, tag: &Tag<'_>) {
        let may_be_node = std::mem::replace(&mut self.may_be_node, false);
        match Dialect::detect_by_order(tag).filter(|_| self.dialect == Dialect::Common) {
            Some(Dialect::Node) if !may_be_node => {}
            Some(dialect) => self.dialect = dialect,
            None => {}
        }
    }

    /// The dialect by the first case, if no suite came before.
    fn detect_from_first_case(&mut self, tag: &Tag<'_>, names: NameParts<'_>) {
        if self.may_be_node
            && let Some(is_node) = names.may_be_node(tag)
        {
            self.may_be_node = false;
            if is_node && self.dialect == Dialect::Common {
                self.dialect = Dialect::Node;
            }
        }
    }

    fn start_suite(&mut self, tag: &Tag<'_>) {
        let is_root = self.suites.is_empty();
        if is_root {
            self.dialect = Dialect::Common;
        }
        self.detect_from_order(tag);
        self.may_be_node = is_root && tag.name() == "testsuites";
        self.update_suite(|parent| parent.has_verdict = true);
        let mut suite = JunitSuite { line: tag.line, ..JunitSuite::default() };
        let (mut failures, mut errors) = (None, None);
        tag.attributes(|attribute, value| {
            self.may_be_node = false;
            match attribute {
                "name" => suite.name.push_str(&value.truncated().text()),
                "tests" => suite.tests = parse_count(&value.text()),
                "failures" => failures = parse_count(&value.text()),
                "errors" => errors = parse_count(&value.text()),
                _ => {}
            }
            if let Some(dialect) =
                Dialect::detect_by_attribute(tag.name(), attribute, &value.text())
            {
                self.dialect = dialect;
            }
        });
        suite.failing = failures.map(|failures: u64| failures.saturating_add(errors.unwrap_or(0)));
        let name = Some(suite.name.as_str()).filter(|name| !name.is_empty()).map(Cow::Borrowed);
        self.builder.handle(tag.line, Event::SuiteStarted { name });
        self.suites.push(suite);
    }

    fn end_suite(&mut self) {
        self.flush();
        let Some(mut suite) = self.suites.pop() else { return };
        if let Some((line, message)) = suite.printed.take().filter(|_| suite.has_no_result()) {
            suite.failed = true;
            emit_finished(
                self.builder,
                line,
                &suite.name,
                Outcome::Errored,
                Attempt::Final,
                &message,
            );
        }
        self.emit_declared_counts(&suite);
        if let Some(parent) = self.suites.last_mut() {
            parent.failed |= suite.failed;
            parent.tests_seen += suite.tests_seen;
            parent.non_tests += suite.non_tests;
            parent.extra_failures += suite.extra_failures;
        }
        self.builder.handle(suite.line, Event::SuiteEnded);
    }

    /// What its header says that it holds.
    fn emit_declared_counts(&mut self, suite: &JunitSuite) {
        let (_, header) = self.dialect.conventions();
        let min_tests = suite.tests.unwrap_or(0).saturating_sub(suite.non_tests);
        match (suite.tests, header) {
            (Some(0), _) => self.emit_plan(suite.line, 0, PlanScope::Descendants),
            (Some(tests), Header::Counts) => match suite.tests_seen {
                0 if min_tests == 0 => {}
                seen if (min_tests..=tests).contains(&seen) => {
                    self.emit_plan(suite.line, seen, PlanScope::Descendants);
                }
                _ => self.emit_plan(suite.line, tests, PlanScope::Descendants),
            },
            (Some(tests), Header::CountsChildren) => {
                self.emit_plan(suite.line, tests, PlanScope::Children);
            }
            (Some(tests), Header::Unreliable)
                if self.suites.is_empty() && suite.tests_seen == 0 =>
            {
                self.emit_plan(suite.line, tests, PlanScope::Descendants);
            }
            (Some(_), Header::Unreliable) | (None, _) => {}
        }
        match (suite.failing, header) {
            // However it counts, where it counts failures something failed.
            (Some(_), Header::Unreliable) if suite.failed => {}
            (Some(failing), Header::Counts | Header::CountsChildren | Header::Unreliable) => {
                let tests = failing.saturating_sub(suite.extra_failures);
                self.builder.expect_failures(suite.line, tests);
            }
            (None, _) => {}
        }
    }

    fn emit_plan(&mut self, line: u32, tests: u64, scope: PlanScope) {
        self.builder.handle(line, Event::Plan { tests, scope });
    }

    fn end_case(&mut self, case: &CaseResult<'_>, end_kind: EndKind) {
        let suite = self.suites.last().map_or("", |suite| suite.name.as_str());
        let outcome = match (case.outcome, end_kind) {
            (Some(outcome), _) => outcome,
            (None, EndKind::EndTag) => Outcome::Passed,
            (None, EndKind::Missing) => {
                case.names.write_full_name(self.dialect, &self.suites, &mut self.name);
                let name = Cow::Borrowed(self.name.as_str());
                return self.builder.handle(case.line, Event::Started { name });
            }
        };
        if outcome == Outcome::Passed && suite.starts_with(SETUP_SCRIPT) {
            return self.update_suite(|suite| suite.non_tests += 1);
        }
        self.update_suite(|suite| {
            suite.tests_seen += 1;
            suite.failed |= outcome.is_failing();
        });
        if outcome == Outcome::Xfailed && case.todo {
            // node's header counts it as a failure all the same.
            self.update_suite(|suite| suite.extra_failures += 1);
        }
        case.names.write_full_name(self.dialect, &self.suites, &mut self.name);
        if self.dialect == Dialect::Pytest && self.defer_pass(case.line, outcome) {
            return;
        }
        let location = match case.file {
            "" => None,
            _ if outcome == Outcome::Passed => None,
            file => {
                let line = case.line_in_file;
                let line = line.map(|line| line.saturating_add(self.dialect.line_offset()));
                Some(SourceLocation { file: AttributeValue::new(file).text(), line })
            }
        };
        let finished = Finished {
            name: Cow::Borrowed(&self.name),
            outcome,
            attempt: Attempt::Final,
            message: Cow::Borrowed(case.message),
            location,
        };
        self.builder.handle(case.line, Event::Finished(finished));
    }

    /// pytest-rerunfailures writes each try that failed as a case without a failure, and then the
    /// last try under the same name: so a pass waits for what follows it.
    fn defer_pass(&mut self, line: u32, outcome: Outcome) -> bool {
        // An error behind a pass is that of the teardown.
        let ends_tries = matches!(outcome, Outcome::Passed | Outcome::Failed);
        match self.pending.take() {
            Some(pending) if ends_tries && pending.name == self.name => {
                let (line, name) = (pending.line, &pending.name);
                emit_finished(self.builder, line, name, Outcome::Failed, Attempt::Intermediate, "");
            }
            pending => {
                self.pending = pending;
                self.flush();
            }
        }
        let is_deferred = outcome == Outcome::Passed;
        if is_deferred {
            self.pending = Some(JunitPendingPass { line, name: self.name.clone() });
        }
        is_deferred
    }

    fn flush(&mut self) {
        if let Some(JunitPendingPass { line, name }) = self.pending.take() {
            emit_finished(self.builder, line, &name, Outcome::Passed, Attempt::Final, "");
        }
    }

    fn update_suite(&mut self, change: impl FnOnce(&mut JunitSuite)) {
        if let Some(suite) = self.suites.last_mut() {
            change(suite);
        }
    }

    fn end_child(&mut self) {
        if let Some(child) = self.child.take() {
            self.accept_child(&child);
            self.text_buffers = child.texts;
        }
    }

    fn accept_child(&mut self, child: &OpenChild) {
        let in_case = self.open.last() == Some(&Element::Case);
        let message = child.message();
        let outcome = child.outcome();
        match child.child {
            Child::Printed if message.is_empty() => {}
            Child::Printed => {
                let printed = Some((child.line, message.into_owned()));
                self.update_suite(|suite| suite.printed = printed);
            }
            _ if !in_case => {
                // A suite that failed as a whole.
                self.update_suite(|suite| {
                    suite.has_verdict = true;
                    suite.failed |= outcome.is_failing();
                });
                let name = self.suites.last().map_or("", |suite| suite.name.as_str());
                emit_finished(self.builder, child.line, name, outcome, Attempt::Final, &message);
            }
            _ if self.dialect == Dialect::Node && child.is_todo() => self.case.todo = true,
            Child::Verdict(_) => {
                let is_repeated = outcome.is_failing()
                    && self.case.outcome.is_some_and(|earlier| earlier.is_failing());
                self.case.add_verdict(outcome, &message);
                if is_repeated {
                    self.update_suite(|suite| suite.extra_failures += 1);
                }
            }
            Child::Attempt(_) => {
                self.update_suite(|suite| {
                    suite.non_tests += 1;
                    suite.extra_failures += 1;
                });
                self.case.names().write_full_name(self.dialect, &self.suites, &mut self.name);
                let (line, name) = (child.line, &self.name);
                emit_finished(self.builder, line, name, outcome, Attempt::Intermediate, &message);
            }
        }
    }
}

fn parse_count(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

fn emit_finished(
    builder: &mut RunBuilder<'_>,
    line: u32,
    name: &str,
    outcome: Outcome,
    attempt: Attempt,
    message: &str,
) {
    let (name, message) = (Cow::Borrowed(name), Cow::Borrowed(message));
    let finished = Finished { name, outcome, attempt, message, location: None };
    builder.handle(line, Event::Finished(finished));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, GapKind, ProblemKind, ReadConfig, Sink, TestResult};

    /// Results, gaps, and the lines of places.
    #[derive(Default)]
    struct JunitTestSink(Vec<String>, Vec<GapKind>, Vec<u64>);

    impl Sink for JunitTestSink {
        fn result(&mut self, result: &TestResult<'_>) {
            let TestResult { name, outcome, attempt, message, location: place, .. } = result;
            self.2.extend(place.as_ref().and_then(|place| place.line));
            let attempt = if *attempt == Attempt::Intermediate { " then" } else { "" };
            self.0.push(
                format!("{name} {} {message}", outcome.as_str()).trim_end().to_owned() + attempt,
            );
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap.kind);
        }
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    fn read_all(xml: &str) -> JunitTestSink {
        let mut run = JunitTestSink::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut run);
        let ReadEnd { line, end } = read(&mut xml.as_bytes(), &mut builder);
        builder.finish(line, end);
        run
    }

    /// The only test of a suite named `s`.
    fn read_one(case: &str) -> String {
        read_all(&format!("<testsuite name='s'>{case}</testsuite>")).0.remove(0)
    }

    #[test]
    fn test_name_is_complete_without_repetition() {
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
            assert_eq!(read_one(&format!("<testcase {attributes}/>")), format!("{name} passed"));
        }
    }

    #[test]
    fn case_order_does_not_change_names() {
        let case = |(class, name): (&str, &str)| {
            format!("<testcase name='{name}' time='1' classname='{class}'/>")
        };
        let cases = [("a", "1"), ("test", "1"), ("test", "test"), ("b", "1")];
        let want = ["a.1 passed", "b.1 passed", "test passed", "test.1 passed"];
        for first in 0..cases.len() {
            let turned = cases.iter().cycle().skip(first).take(cases.len());
            let cases = turned.map(|pair| case(*pair)).collect::<String>();
            for suite in ["<testsuite name='S'", "<testsuites><testsuite name='S' hostname=''"] {
                let mut names = read_all(&format!("{suite}>{cases}</testsuite>")).0;
                names.sort();
                assert_eq!(names, want);
            }
        }
    }

    #[test]
    fn node_is_detected_before_its_first_test() {
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
    fn pytest_is_detected_and_its_lines_start_at_zero() {
        let header =
            "errors='0' failures='0' skipped='0' tests='1' time='1' timestamp='' hostname=''";
        let case = "<testcase classname='c' name='n' file='f' line='6'>";
        let cases = format!("{case}</testcase>{case}<failure/></testcase>");
        let suite = format!("<testsuite name='mine' {header}>{cases}</testsuite>");
        let named = "<testsuites name='pytest tests'><testsuite name='mine' tests='1'>";
        for pytest in [suite, format!("{named}{cases}</testsuite></testsuites>")] {
            let run = read_all(&pytest);
            assert_eq!(
                (&*run.0, &*run.2),
                (&["c.n failed then", "c.n failed"].map(str::to_owned)[..], &[7][..])
            );
        }
        let other = read_all(&format!("<testsuite name='mine'>{cases}</testsuite>"));
        assert_eq!((&*other.0[0], &*other.2), ("c.n passed", &[6][..]));
    }

    #[test]
    fn attribute_decides_when_no_child_does() {
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
            assert_eq!(read_one(&format!("{case}/>")), format!("c.n {word}"), "{attribute}");
            let failed = read_one(&format!("{case}><failure/></testcase>"));
            assert_eq!(failed, "c.n failed", "{attribute}");
        }
        let disabled = "<testcase classname='c' name='n' status='disabled'><failure/></testcase>";
        assert_eq!(read_one(disabled), "c.n skipped");
        let skipped = "<testcase classname='c' name='n' status='failed'><skipped/></testcase>";
        assert_eq!(read_one(skipped), "c.n skipped");
    }

    #[test]
    fn bats_timeout_line_gives_timed_out() {
        let outcome_of = |text: &str| {
            let failure = format!("<failure type='failure'>tags: a\n{text}\nTerminated</failure>");
            let result =
                read_one(&format!("<testcase classname='c' name='n'>{failure}</testcase>"));
            result.split(' ').nth(1).unwrap().to_owned()
        };
        let stack = "(from function `f' in file a, line 1,\n in test file b, line 2)\n";
        assert_eq!(outcome_of(&format!("{stack}  `sleep 5' failed due to timeout")), "timed-out");
        assert_eq!(outcome_of("  `sleep 5' failed"), "failed");
        assert_eq!(outcome_of("it said: 'a' failed due to timeout"), "failed");
    }

    #[test]
    fn declared_failures_without_failing_case_are_a_gap() {
        let read = |name: &str, cases: &str| {
            let header = format!("name='{name}' tests='100' failures='5'");
            let suites =
                format!("<testsuites><testsuite {header}>{cases}</testsuite></testsuites>");
            read_all(&suites).1
        };
        let gap = |announced, came| GapKind::CountMismatch {
            what: "failing tests".into(),
            declared: announced,
            actual: came,
        };
        let (passed, failed) = ("<testcase name='a'/>", "<testcase name='b'><failure/></testcase>");
        assert_eq!(read("pytest", passed), [gap(5, 0)]);
        assert_eq!(read("pytest", &format!("{passed}{failed}")), []);
        assert_eq!(read("s", failed)[1], gap(5, 1));
    }

    #[test]
    fn missing_case_end_is_reported_and_keeps_results() {
        let lost = "<testcase classname='a' name='b'><failure message='f'>x</failure>";
        let rest = "<testcase classname='a' name='c'/><testcase classname='a' name='d'/>";
        let damage = [GapKind::Unreadable { what: UNCLOSED_CASE.to_owned() }];
        let run = read_all(&format!("<testsuite name='s'>{lost}{rest}</testsuite>"));
        assert_eq!(run.0, ["a.b failed f\nx", "a.c passed", "a.d passed"]);
        assert_eq!(run.1, damage);
        let run = read_all(&format!("<testsuite name='s'>{rest}{lost}</testsuite>"));
        assert_eq!((run.0.len(), &*run.1), (3, &damage[..]));
    }

    #[test]
    fn suite_with_only_stderr_is_errored() {
        let suite = |header: &str, inside: &str| {
            let suite = format!("<testsuite name='x'{header}>{inside}</testsuite>");
            let mut result = read_all(&format!("<testsuites>{suite}</testsuites>")).0;
            result.retain(|said| said.starts_with("x "));
            result
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
    fn worst_child_gives_outcome_and_message() {
        let children = "<skipped message='s'/><failure message='f'/><error message='e'>E</error>";
        let case = format!("<testcase classname='c' name='n'>{children}</testcase>");
        assert_eq!(read_one(&case), "c.n errored e\nE");
    }

    #[test]
    fn ctest_not_run_is_errored_not_skipped() {
        let case = |why: &str| {
            let skipped = format!("<skipped message='{why}'/>");
            read_one(&format!(
                "<testcase name='n' classname='n' status='notrun'>{skipped}</testcase>"
            ))
        };
        assert_eq!(case("Unable to find executable"), "n errored Unable to find executable");
        assert_eq!(case("SKIP_RETURN_CODE=77"), "n skipped SKIP_RETURN_CODE=77");
    }

    #[test]
    fn retries_precede_the_final_result() {
        let flaky = "<testsuite tests='2' failures='1'><testcase classname='c' name='n'>\
                     <flakyFailure message='once'><system-out>no</system-out></flakyFailure>\
                     </testcase></testsuite>";
        let run = read_all(flaky);
        assert_eq!(run.0, ["c.n failed once then", "c.n passed"]);
        assert_eq!(run.1, []);
    }

    #[test]
    fn case_open_at_eof_keeps_its_message() {
        let start = "<testsuite name='s'><testcase classname='c' name='n'>";
        let run = read_all(start);
        assert_eq!((&*run.0[0], run.1.last()), ("c.n unfinished", Some(&GapKind::Truncated)));
        let run = read_all(&format!("{start}<failure message='f'>te"));
        assert_eq!((&*run.0[0], run.1.last()), ("c.n failed f\nte", Some(&GapKind::Truncated)));
    }

    #[test]
    fn document_without_root_is_truncated() {
        let whole = "<?xml version='1.0'?><testsuite name='s'><testcase name='n'/></testsuite>\n";
        assert_eq!(read_all(&format!("{whole}{whole}")).1, []);
        let crashed = format!("{whole}<?xml version='1.0'?>a fault\n{whole}");
        assert_eq!(read_all(&crashed).1, [GapKind::Truncated]);
    }

    #[test]
    fn a_suite_that_failed_as_a_whole_is_a_result() {
        assert_eq!(read_one("<error message='no database'/>"), "s errored no database");
    }
}
