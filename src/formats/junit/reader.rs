//! Reads a JUnit report tag by tag, whatever is missing or misplaced in it.
//!
//! A missing end tag costs its own test only: the rest is read, and the damage is reported at its line. The totals
//! of a header are emitted when its suite ends, because only its cases show the dialect, and some dialects declare
//! wrong totals.

use super::case::{CaseAttributes, CaseResult, JunitCase, NameParts};
use super::child::{Child, OpenChild, TextBuffers};
use super::dialects::Dialect;
use super::suite::{JunitSuite, is_suite_name};
use crate::formats::ReadEnd;
use crate::formats::emit::{EndKind, RESULTS_AFTER_ROOT, location};
use crate::formats::signatures;
use crate::model::{Attempt, EndOfInput, Event, Finished, Outcome, RunBuilder, SourceLocation};
use crate::syntax::xml::tag::AttributeValue;
use crate::syntax::xml::{TextMode, XmlToken, XmlTokenizer};
use crate::syntax::{BoundedText, Tag, encoding};
use std::borrow::Cow;
use std::io::{self, Read};

/// The suite names of nextest's scripts, which are no tests; only a failing one is a result.
const SETUP_SCRIPT: &str = "@setup-script:";

/// The element of a test.
const CASE: &str = "testcase";

/// How deep elements may be nested.
const MAX_DEPTH: usize = 200;

/// In the name of one of Mocha's hooks, after whose failure the other tests of its suite do not run.
const ENDING_HOOKS: [&str; 3] =
    ["\"before all\" hook", "\"before each\" hook", "\"after each\" hook"];

/// Ginkgo's property of a suite.
const SUITE_SUCCEEDED: &str = "SuiteSucceeded";

const FOREIGN_ROOT: &str =
    "an element that is no suite follows the root element: write each format to a file of its own";
const UNMATCHED_END: &str = "an end tag without its start tag";
pub(super) const UNCLOSED_CASE: &str = "a testcase without its end tag";

pub(super) fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut xml = match XmlTokenizer::new(input) {
        Ok(xml) => xml,
        Err(error) => return ReadEnd::unreadable(0, &error),
    };
    let mut reader = JunitReader::new(builder);
    let result = reader.read(&mut xml);
    let line = xml.line();
    if xml.used_fallback_encoding() {
        let read_as = encoding::FALLBACK;
        reader.builder.handle(line, Event::WrongEncoding { read_as });
    }
    let truncated = reader.truncated || reader.is_inside_document();
    reader.close_to(0, EndKind::Missing);
    match (result, reader.damage) {
        (Err(error), _) => ReadEnd::unreadable(line, &error),
        (Ok(_), Some((line, what))) => ReadEnd::damaged(line, &what),
        (Ok(end), None) => ReadEnd { line, end }.truncated_if(truncated),
    }
}

struct JunitReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    dialect: Dialect,
    /// Whether the present document has its declaration but no element yet.
    is_only_declared: bool,
    /// Whether an earlier document was truncated.
    truncated: bool,
    tag_damage: Option<&'static str>,
    /// The first damage of the file, and its line.
    damage: Option<(u32, &'static str)>,
    /// Whether everything so far is as node writes it.
    may_be_node: bool,
    open: Vec<OpenElement>,
    suites: Vec<JunitSuite>,
    case: JunitCase,
    /// The comments of a file of node's after its last test.
    footer: BoundedText,
    has_root: bool,
    /// The text that follows the last root.
    text_after_root: BoundedText,
    pending: Option<JunitPendingPass>,
    child: Option<OpenChild>,
    /// The buffers of the child that ended last, to be reused.
    text_buffers: TextBuffers,
    /// Buffer for the full name of a test.
    name: String,
}

/// An element that has not ended.
#[derive(Debug, Clone, Copy)]
struct OpenElement {
    kind: Element,
    /// Of its name, to find its end tag.
    hash: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Suite,
    Case,
    /// Directly in a suite or case.
    Child(Child),
    /// What a test printed.
    Output,
    /// Has no meaning, nor has anything but suites and cases in it.
    Other,
}

impl OpenElement {
    fn is_suite_or_case(&self) -> bool {
        matches!(self.kind, Element::Suite | Element::Case)
    }
}

/// Whether an element that is not directly in a case fails it nevertheless.
fn is_nested_failure(name: &str) -> bool {
    ["failure", "error"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// FNV-1a.
fn hash(name: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    name.bytes().fold(0x811c_9dc5, step)
}

/// A test that passed, unless a further attempt follows.
struct JunitPendingPass {
    line: u32,
    name: String,
}

impl<'b, 's> JunitReader<'b, 's> {
    fn new(builder: &'b mut RunBuilder<'s>) -> Self {
        JunitReader {
            builder,
            dialect: Dialect::Common,
            is_only_declared: false,
            truncated: false,
            tag_damage: None,
            damage: None,
            may_be_node: false,
            open: Vec::new(),
            suites: Vec::new(),
            case: JunitCase::default(),
            footer: BoundedText::default(),
            has_root: false,
            text_after_root: BoundedText::default(),
            pending: None,
            child: None,
            text_buffers: TextBuffers::default(),
            name: String::new(),
        }
    }

    fn read(&mut self, xml: &mut XmlTokenizer<impl Read>) -> io::Result<EndOfInput> {
        let mut end = None;
        loop {
            let last = self.open.last().map(|open| open.kind);
            let is_after_root = last.is_none() && self.has_root;
            let text = match (&mut self.child, last) {
                (Some(child), Some(Element::Child(_) | Element::Other)) => {
                    TextMode::Collect(&mut child.texts.text)
                }
                (None, Some(Element::Case)) if self.dialect == Dialect::Qt5 => {
                    TextMode::Comments(&mut self.case.comments)
                }
                (None, Some(Element::Suite)) if self.dialect == Dialect::Node => {
                    TextMode::Comments(&mut self.footer)
                }
                // After a declaration, it is what the next program printed first.
                (None, None) if is_after_root && !self.is_only_declared => {
                    TextMode::Collect(&mut self.text_after_root)
                }
                (Some(_) | None, _) => TextMode::Discard,
            };
            let token = xml.next(text)?;
            if is_after_root {
                self.check_after_root(&token);
            }
            match token {
                XmlToken::StartTag(tag) => self.start(&tag),
                XmlToken::EmptyTag(tag) if tag.name() == CASE => self.empty_case(&tag),
                XmlToken::EmptyTag(tag) => {
                    self.start(&tag);
                    self.close_last();
                }
                XmlToken::EndTag(name) => self.end(&name),
                XmlToken::Declaration => self.start_document(),
                XmlToken::Eof => end = Some(EndOfInput::Complete),
                XmlToken::UnexpectedEof => end = Some(EndOfInput::Truncated),
            }
            if let Some(what) = self.tag_damage.take() {
                self.damage.get_or_insert((xml.line(), what));
            }
            if let Some(end) = end {
                return Ok(end);
            }
            if self.open.len() > MAX_DEPTH {
                let what = format!("elements nested deeper than {MAX_DEPTH}");
                return Ok(EndOfInput::Unreadable { what });
            }
        }
    }

    /// Reports what follows a root and is none of JUnit.
    #[cold]
    fn check_after_root(&mut self, next: &XmlToken<'_>) {
        let is_foreign = match next {
            XmlToken::StartTag(tag) | XmlToken::EmptyTag(tag) => {
                tag.name() != CASE && !is_suite_name(tag.name())
            }
            XmlToken::EndTag(_) => true,
            XmlToken::Declaration | XmlToken::Eof | XmlToken::UnexpectedEof => false,
        };
        let text = std::mem::take(&mut self.text_after_root);
        if signatures::may_be_results(&text) {
            self.tag_damage.get_or_insert(RESULTS_AFTER_ROOT);
        } else if is_foreign {
            self.tag_damage.get_or_insert(FOREIGN_ROOT);
        }
    }

    fn is_inside_document(&self) -> bool {
        !self.open.is_empty() || self.is_only_declared
    }

    /// At the start of a document, the previous one must have ended, and must have had a root.
    fn start_document(&mut self) {
        self.truncated |= self.is_inside_document();
        self.close_to(0, EndKind::Missing);
        self.is_only_declared = true;
    }

    fn start(&mut self, tag: &Tag<'_>) {
        self.is_only_declared = false;
        self.footer.clear();
        let kind = self.classify(tag.name());
        match kind {
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
            Element::Child(child) => {
                let texts = std::mem::take(&mut self.text_buffers);
                self.child = Some(OpenChild::new(tag, child, texts));
            }
            Element::Other if tag.name() == "property" && self.dialect == Dialect::Common => {
                self.read_property(tag);
            }
            Element::Other if is_nested_failure(tag.name()) => self.add_nested_failure(tag),
            Element::Output | Element::Other => {}
        }
        self.open.push(OpenElement { kind, hash: hash(tag.name()) });
    }

    /// Adds a failure that is deeper below a case than any tool writes one.
    #[cold]
    fn add_nested_failure(&mut self, tag: &Tag<'_>) {
        let is_in_case = self.open.iter().any(|open| open.kind == Element::Case);
        // Inside a failure, it is a part of its text.
        let is_in_failure = self.child.as_ref().is_some_and(
            |child| matches!(child.child, Child::Verdict(outcome) if outcome.is_failing()),
        );
        if is_in_case && !is_in_failure {
            let child =
                OpenChild::new(tag, Child::Verdict(Outcome::Failed), TextBuffers::default());
            let message = format!("a nested element `{}`\n{}", tag.name(), child.message());
            self.case.add_verdict(child.outcome(), message.trim_end());
        }
    }

    fn classify(&self, name: &str) -> Element {
        match name {
            CASE => Element::Case,
            "system-err" if self.is_only_evidence() => Element::Child(Child::Printed),
            "system-out" | "system-err" => Element::Output,
            name if is_suite_name(name) => Element::Suite,
            name if self.open.last().is_some_and(OpenElement::is_suite_or_case) => {
                Child::from_name(name).map_or(Element::Other, Element::Child)
            }
            _ => Element::Other,
        }
    }

    /// Fast path for a `<testcase/>` without children, as most tests pass: nothing is copied.
    fn empty_case(&mut self, tag: &Tag<'_>) {
        self.is_only_declared = false;
        self.footer.clear();
        self.close_open_case();
        let attributes = CaseAttributes::from_tag(tag);
        self.detect_from_first_case(tag, attributes.names());
        self.end_case(&attributes.to_result(tag.line), EndKind::EndTag);
    }

    /// Whether the output of a suite may be all that is known of it.
    fn is_only_evidence(&self) -> bool {
        self.open.last().is_some_and(|open| open.kind == Element::Suite)
            && self.suites.last().is_some_and(JunitSuite::has_no_result)
    }

    /// Closes what must not contain a suite or case: a case, whose end tag is missing, or a verdict on a suite.
    fn close_open_case(&mut self) {
        if let Some(case) = self.open.iter().rposition(|open| open.kind == Element::Case) {
            self.tag_damage.get_or_insert(UNCLOSED_CASE);
            self.close_to(case, EndKind::Missing);
        } else if self.child.is_some() {
            self.close_open_child();
        }
    }

    /// Closes the child of a suite before a suite or case in it.
    fn close_open_child(&mut self) {
        let is_child = |open: &OpenElement| matches!(open.kind, Element::Child(_));
        let Some(depth) = self.open.iter().rposition(is_child) else { return };
        if self.open[depth].kind == Element::Child(Child::Unknown) {
            // It is a group of tests.
            self.open[depth].kind = Element::Other;
            self.child = None;
        } else {
            self.close_to(depth, EndKind::Missing);
        }
    }

    fn end(&mut self, name: &str) {
        let element = match name {
            CASE => Element::Case,
            name if is_suite_name(name) => Element::Suite,
            name => return self.end_inner(name),
        };
        let Some(depth) = self.open.iter().rposition(|open| open.kind == element) else {
            self.tag_damage.get_or_insert(UNMATCHED_END);
            return;
        };
        if element == Element::Suite
            && self.open[depth..].iter().any(|open| open.kind == Element::Case)
        {
            self.tag_damage.get_or_insert(UNCLOSED_CASE);
        }
        self.close_to(depth + 1, EndKind::Missing);
        self.close_to(depth, EndKind::EndTag);
    }

    /// Ends an element that is neither suite nor case: the innermost one of this name. If there is none, the last
    /// one, since its text may look like tags.
    fn end_inner(&mut self, name: &str) {
        let hash = hash(name);
        let mut inner = self.open.iter().rev().take_while(|open| !open.is_suite_or_case());
        if let Some(back) = inner.position(|open| open.hash == hash) {
            return self.close_to(self.open.len() - 1 - back, EndKind::EndTag);
        }
        match self.open.last().map(|open| open.kind) {
            Some(Element::Child(_) | Element::Output) => self.close_last(),
            Some(Element::Other | Element::Suite | Element::Case) | None => {
                if Child::is_known(name) {
                    self.tag_damage.get_or_insert(UNMATCHED_END);
                }
                if self.open.last().is_some_and(|open| open.kind == Element::Other) {
                    self.close_last();
                }
            }
        }
    }

    fn close_last(&mut self) {
        self.close_to(self.open.len() - 1, EndKind::EndTag);
    }

    /// Closes elements until `depth` are open.
    fn close_to(&mut self, depth: usize, end_kind: EndKind) {
        while self.open.len() > depth {
            match self.open.pop().map(|open| open.kind) {
                Some(Element::Suite) => self.end_suite(),
                Some(Element::Case) => {
                    let mut case = std::mem::take(&mut self.case);
                    if self.dialect == Dialect::Qt5 {
                        case.read_qt5_comments();
                    }
                    self.end_case(&case.to_result(), end_kind);
                    self.case = case;
                }
                Some(Element::Child(_)) => self.end_child(),
                Some(Element::Output | Element::Other) | None => {}
            }
        }
    }

    /// Reads a property that shows the dialect, or Ginkgo's verdict on a suite.
    fn read_property(&mut self, tag: &Tag<'_>) {
        self.detect_from_attributes(tag);
        let mut is_failed = [false; 2];
        tag.attributes(|attribute, value| match attribute {
            "name" => is_failed[0] = value.source == SUITE_SUCCEEDED,
            "value" => is_failed[1] = value.source != "true",
            _ => {}
        });
        if is_failed == [true; 2] && self.open.iter().all(|open| open.kind != Element::Case) {
            let what = format!("{SUITE_SUCCEEDED} is not true");
            self.update_suite(|suite| suite.add_failure_claim(what));
        }
    }

    fn detect_from_attributes(&mut self, tag: &Tag<'_>) {
        tag.attributes(|attribute, value| {
            let detected = Dialect::detect_by_attribute(tag.name(), attribute, &value.text());
            self.dialect = detected.unwrap_or(self.dialect);
        });
    }

    /// Detects the dialect by the first suite, which node writes below a root without attributes.
    fn detect_from_order(&mut self, tag: &Tag<'_>) {
        let may_be_node = std::mem::replace(&mut self.may_be_node, false);
        match Dialect::detect_by_order(tag).filter(|_| self.dialect == Dialect::Common) {
            Some(Dialect::Node) if !may_be_node => {}
            Some(dialect) => self.dialect = dialect,
            None => {}
        }
    }

    /// Detects the dialect by the first case, if it comes before any suite.
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
        self.detect_from_attributes(tag);
        self.may_be_node = is_root && tag.name() == "testsuites" && !tag.has_attributes();
        self.update_suite(|parent| parent.has_verdict = true);
        let suite = JunitSuite::from_tag(tag, self.dialect);
        let name = Some(suite.name.as_str()).filter(|name| !name.is_empty()).map(Cow::Borrowed);
        self.builder.handle(tag.line, Event::SuiteStarted { name });
        self.suites.push(suite);
        self.has_root = true;
    }

    fn end_suite(&mut self) {
        self.flush();
        let Some(mut suite) = self.suites.pop() else { return };
        if let Some((line, message)) = suite.printed.take().filter(|_| suite.has_no_result()) {
            suite.failing += 1;
            let errored = Event::finished(&suite.name, Outcome::Errored, &message);
            self.builder.handle(line, errored);
        }
        let is_root = self.suites.is_empty();
        if is_root && self.dialect == Dialect::Node {
            suite.emit_footer(self.footer.text(), self.builder);
            self.footer.clear();
        }
        suite.emit_end(self.dialect, is_root, self.builder);
        self.update_suite(|parent| parent.merge_child(&suite));
    }

    fn end_case(&mut self, case: &CaseResult<'_>, end_kind: EndKind) {
        let Some((mut outcome, mut message)) = self.outcome_and_message(case, end_kind) else {
            case.names.write_full_name(self.dialect, &self.suites, &mut self.name);
            let name = Cow::Borrowed(self.name.as_str());
            return self.builder.handle(case.line, Event::Started { name });
        };
        let suite = self.suites.last().map_or("", |suite| suite.name.as_str());
        if outcome == Outcome::Passed && suite.starts_with(SETUP_SCRIPT) {
            return self.update_suite(|suite| suite.scripts += 1);
        }
        case.names.write_full_name(self.dialect, &self.suites, &mut self.name);
        if case.flaky && (outcome == Outcome::Passed || outcome.is_failing()) {
            let attempt = outcome.max(Outcome::Failed);
            emit_attempt(self.builder, case.line, &self.name, attempt, message);
            (outcome, message) = (Outcome::Passed, "");
        }
        self.update_suite(|suite| suite.count(outcome, case.elements));
        if self.dialect != Dialect::Common {
            self.count_in_dialect(outcome, case);
        }
        if self.dialect == Dialect::Pytest && self.defer_pass(case.line, outcome) {
            return;
        }
        let suite = self.suites.last_mut();
        // A pass needs its file only to be distinguished from a retry.
        let may_be_retry =
            suite.is_some_and(|suite| suite.may_have_failed_before(&self.name, outcome));
        let location = match outcome {
            Outcome::Passed if !may_be_retry => None,
            outcome => source_location(self.dialect, &self.suites, case, outcome),
        };
        let finished = Finished { location, ..Finished::new(&self.name, outcome, message) };
        self.builder.handle(case.line, Event::Finished(finished));
    }

    /// The outcome of a test and its reason; `None` if it did not end.
    fn outcome_and_message<'c>(
        &self,
        case: &CaseResult<'c>,
        end_kind: EndKind,
    ) -> Option<(Outcome, &'c str)> {
        match (case.outcome, end_kind) {
            (None, EndKind::Missing) | (Some(Outcome::Unfinished), _) => None,
            // Maestro skips nothing: a pending flow did not begin.
            (Some(Outcome::Skipped), _) if self.dialect == Dialect::Maestro => None,
            (Some(outcome), _) => Some((outcome, case.message)),
            // Qt 5 writes a result for each function that ended, or a skip.
            (None, EndKind::EndTag) if self.dialect == Dialect::Qt5 => {
                Some((Outcome::Failed, "no result"))
            }
            (None, EndKind::EndTag) => Some((Outcome::Passed, case.message)),
        }
    }

    /// Counts what the header of a dialect counts differently.
    fn count_in_dialect(&mut self, outcome: Outcome, case: &CaseResult<'_>) {
        let is_hook = self.dialect == Dialect::Mocha
            && outcome.is_failing()
            && ENDING_HOOKS.iter().any(|hook| self.name.contains(hook));
        // Of a function with data, each row counts.
        let hides_failures = self.dialect == Dialect::Qt5 && case.is_blacklisted;
        self.update_suite(|suite| {
            suite.failed_hooks += u64::from(is_hook);
            suite.hides_failures |= hides_failures;
        });
    }

    /// pytest-rerunfailures writes each attempt that failed as a case without a failure, and then the
    /// last attempt under the same name: so a pass waits for the next case.
    fn defer_pass(&mut self, line: u32, outcome: Outcome) -> bool {
        // An error after a pass is that of the teardown.
        let ends_attempts = matches!(outcome, Outcome::Passed | Outcome::Failed);
        match self.pending.take() {
            Some(pending) if ends_attempts && pending.name == self.name => {
                emit_attempt(self.builder, pending.line, &pending.name, Outcome::Failed, "");
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
            self.builder.handle(line, Event::finished(&name, Outcome::Passed, ""));
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
        let in_case = self.open.last().is_some_and(|open| open.kind == Element::Case);
        let (message, outcome) = (child.message(), child.outcome());
        match child.child {
            Child::Printed if message.is_empty() => {}
            Child::Printed => {
                let printed = Some((child.line, message.into_owned()));
                self.update_suite(|suite| suite.printed = printed);
            }
            // A suite that failed as a whole.
            _ if !in_case => {
                self.update_suite(|suite| {
                    suite.has_verdict = true;
                    suite.failing += u64::from(outcome.is_failing());
                });
                let name = self.suites.last().map_or("", |suite| suite.name.as_str());
                // A test of the same name is no retry of it.
                self.builder.handle(child.line, Event::SuiteStarted { name: None });
                self.builder.handle(child.line, Event::finished(name, outcome, &message));
                self.builder.handle(child.line, Event::SuiteEnded);
            }
            _ if self.dialect == Dialect::Node && child.is_todo() => {
                self.case.expected_to_fail = true;
                self.case.skips += 1;
            }
            Child::Unknown => self.case.add_unknown(&message),
            Child::Verdict(_) => {
                let has_failed = self.case.has_failed();
                self.case.expected_to_fail |= child.is_mayfail();
                self.case.add_verdict(outcome, &message);
                if has_failed && outcome.is_failing() {
                    self.update_suite(|suite| suite.extra_failures += 1);
                }
                let is_skip = matches!(outcome, Outcome::Skipped | Outcome::Xfailed);
                self.case.skips += u64::from(is_skip);
            }
            Child::Attempt(_) | Child::Rerun(_) => {
                if matches!(child.child, Child::Rerun(_)) {
                    self.case.rerun = self.case.rerun.max(Some(outcome));
                    self.case.explain_rerun(&message);
                }
                self.update_suite(|suite| suite.attempts += 1);
                self.case.names().write_full_name(self.dialect, &self.suites, &mut self.name);
                emit_attempt(self.builder, child.line, &self.name, outcome, &message);
            }
        }
    }
}

/// Where a test is in the source: its own file; of one that failed else that of the innermost suite with one.
fn source_location<'c>(
    dialect: Dialect,
    suites: &'c [JunitSuite],
    case: &CaseResult<'c>,
    outcome: Outcome,
) -> Option<SourceLocation<'c>> {
    let line = case.line_in_file.map(|line| line.saturating_add(dialect.line_offset()));
    let of_case = Some(case.file).filter(|file| !file.is_empty());
    let suite = suites.last().filter(|_| of_case.is_none() && outcome.is_failing());
    if let Some(suite) = suite.filter(|_| dialect.suite_is_file()) {
        let line = line.or_else(|| line_in_message(dialect, case.message));
        return Some(SourceLocation { file: Cow::Borrowed(&suite.name), line });
    }
    let of_suite = || suites.iter().rev().map(|suite| &*suite.file).find(|file| !file.is_empty());
    let file = of_case.or_else(|| suite.and_then(|_| of_suite()))?;
    let mut file = AttributeValue::new(file).text();
    let in_file = line.is_none().then(|| location::parse_suffix(&file)).flatten();
    if let Some((len, _)) = in_file {
        file = Cow::Owned(file[..len].to_owned());
    }
    Some(SourceLocation { file, line: line.or(in_file.map(|(_, line)| line)) })
}

/// The line in a message of Playwright's, which begins with `file:line:column title`.
fn line_in_message(dialect: Dialect, message: &str) -> Option<u64> {
    let (location, _) = message.split_once(' ').filter(|_| dialect == Dialect::Playwright)?;
    location::parse_with_column(location)?.line
}

/// Emits the result of an attempt that another one follows.
fn emit_attempt(builder: &mut RunBuilder<'_>, line: u32, name: &str, outcome: Outcome, text: &str) {
    let attempt = Attempt::Intermediate;
    let finished = Finished { attempt, ..Finished::new(name, outcome, text) };
    builder.handle(line, Event::Finished(finished));
}
