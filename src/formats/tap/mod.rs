//! TAP 12, 13 and 14, as Test::More, pjdfstest, node, tape, vitest, bats and Qt print it.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a subtest counts as what its point in the
//! outer stream says, as every TAP harness counts it, and what failed inside stands in its message;
//! only node and vitest, whose outer points are mere groups, are told test by test. A point can be
//! judged only when its YAML block has passed, so one point is always held.
//!
//! <https://testanything.org/tap-version-14-specification.html>

pub(crate) mod grammar;
pub(crate) mod ktap;
pub(crate) mod point;
pub(crate) mod prove;

use super::emit::names;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{
    Attempt, EndOfInput, Event, Finished, Outcome, PlanScope, RunBuilder, SourceLocation,
};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding::decode_lossy;
use crate::syntax::lines::{RawLine, for_each_line};
use crate::syntax::read_end::ReadEnd;
use grammar::{Escapes, MAX_DEPTH, Point, TapLine, unescape};
use point::{Consumed, PendingPoint};
use std::borrow::Cow;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["tap"],
    title: "TAP (Test Anything Protocol) 12 to 14, as Test::More, pjdfstest, node --test, tape, bats, \
            vitest and Qt print it",
    test_name: "the point's description; `#N` for a point without one; node: subtests joined by dots; \
            vitest: joined by ` > `",
    outcomes: &[
        ("ok, ok # TODO", Outcome::Passed),
        ("not ok", Outcome::Failed),
        ("# SKIP", Outcome::Skipped),
        ("not ok # TODO", Outcome::Xfailed),
        (
            "not ok # timeout after …; timeout_sec: …; failureType: 'testTimeoutFailure'",
            Outcome::TimedOut,
        ),
    ],
    incomplete: "no plan; fewer or more points than the plan, in which bats counts no `teardown_file failed`; \
                 `Bail out!`; subtests in braces that don't close",
    link: "https://testanything.org/tap-version-14-specification.html",
    sniff: Sniff::Lines(sniff),
    read,
};

/// Points that bats prints when what closes a file or the run fails, and never plans.
const UNPLANNED_POINTS: [&str; 2] = ["teardown_file failed", "teardown_suite"];

/// Whether the first bytes of a file are of this format: a version, a plan or a numbered point.
pub(super) fn sniff(head: &str) -> bool {
    if ktap::sniff(head) {
        return false;
    }
    let (mut found, mut first) = (false, true);
    for line in head.lines() {
        if prove::is_header(line) {
            return false;
        }
        match TapLine::parse(line) {
            TapLine::Version(_) | TapLine::Plan { .. } => found = true,
            TapLine::Point(point) => found |= first && point.number.is_some(),
            TapLine::Comment(_) | TapLine::Subtest(_) => continue,
            TapLine::BailedOut(_) | TapLine::Yaml | TapLine::Other => {}
        }
        first &= line.trim().is_empty();
    }
    found
}

/// Reads a whole stream.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = TapReader::new(builder);
    let (line, read) = for_each_line(input, |number, RawLine { bytes, .. }| {
        reader.line(number, &decode_lossy(bytes))
    });
    let end = reader.finish(line);
    read.map_or_else(|error| ReadEnd::unreadable(line, &error), |()| ReadEnd { line, end })
}

/// TAP, line by line; prove's output holds one document after the other.
pub(super) struct TapReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// What stands before each name: the file.
    file: String,
    version: TapVersion,
    subtests: SubtestMode,
    plan: TapPlan,
    planned: u64,
    /// How many more results the outer points gave than there are of them: a group with nothing in it
    /// gives none, a test with tests inside two.
    extra_results: i64,
    /// Points of the outer stream so far.
    points: u64,
    /// Results so far, and how many of them are failing.
    results: u64,
    failing: u64,
    /// The subtests that are open, outermost first.
    open: Vec<OpenSubtest>,
    /// Whether a suite was opened for the present document.
    in_document: bool,
    /// Whether one was opened for what stands inside an outer point.
    in_point: bool,
    truncated: bool,
    bailed_out: bool,
    pending: Option<PendingPoint>,
    /// What failed inside the subtest whose point has not come yet.
    subtest_failures: BoundedText,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TapVersion {
    Unknown,
    Thirteen,
    Later,
}

impl TapVersion {
    fn escapes(self) -> Escapes {
        match self {
            TapVersion::Unknown => Escapes::TestMore,
            TapVersion::Thirteen | TapVersion::Later => Escapes::Always,
        }
    }
}

/// What the points inside a point are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SubtestMode {
    /// Part of it.
    Grouped,
    /// Tests of their own, as it is; node says which points are suites.
    Node,
    /// Tests of their own; a point with braces is none.
    Vitest,
}

/// Where the plan stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TapPlan {
    None,
    Leading,
    Trailing,
}

/// A subtest that has begun.
struct OpenSubtest {
    indent: usize,
    line: u32,
    name: String,
    ok: bool,
    /// How many results had failed before it.
    failing_before: u64,
}

impl<'b, 's> TapReader<'b, 's> {
    pub(super) fn new(builder: &'b mut RunBuilder<'s>) -> Self {
        TapReader {
            builder,
            file: String::new(),
            version: TapVersion::Unknown,
            subtests: SubtestMode::Grouped,
            plan: TapPlan::None,
            planned: 0,
            extra_results: 0,
            points: 0,
            results: 0,
            failing: 0,
            open: Vec::new(),
            in_document: false,
            in_point: false,
            truncated: false,
            bailed_out: false,
            pending: None,
            subtest_failures: BoundedText::default(),
            name: String::new(),
        }
    }

    /// Begins the document of a file, whose name stands before each test's.
    pub(super) fn start_file(&mut self, line: u32, file: &str) {
        self.end_document(line);
        self.file.clear();
        self.file.push_str(file);
        self.start_document(line);
    }

    /// Ends the document; whether a plan was missing is told by [`Stream::finish`].
    pub(super) fn end_document(&mut self, line: u32) {
        self.flush();
        self.truncated |=
            self.open.iter().any(|open| !open.ok) && self.subtests == SubtestMode::Vitest;
        let has_plan = self.plan != TapPlan::None || self.bailed_out;
        self.truncated |= self.in_document && !has_plan && self.points > 0;
        self.open.clear();
        self.end_point(line);
        if self.in_document {
            self.builder.handle(line, Event::SuiteEnded);
            self.in_document = false;
        }
        (self.plan, self.points, self.version) = (TapPlan::None, 0, TapVersion::Unknown);
        self.extra_results = 0;
        self.subtest_failures.clear();
    }

    /// Whether all points of the present document's plan may have come: the plan stood behind them.
    pub(super) fn has_plan(&self) -> bool {
        self.plan != TapPlan::None
    }

    /// How many results failed so far, the one held included.
    pub(super) fn failing(&self) -> u64 {
        let pending_failed = self.pending.as_ref().is_some_and(|held| held.outcome.is_failing());
        self.failing + u64::from(pending_failed)
    }

    /// A result of the builder that is no point.
    pub(super) fn finish_test(&mut self, line: u32, name: &str, outcome: Outcome, message: &str) {
        self.flush();
        self.count_result(outcome);
        self.builder.handle(line, Event::finished(name, outcome, message));
    }

    /// There should have been so many more results than came.
    pub(super) fn declare_missing(&mut self, line: u32, missing: u64) {
        self.flush();
        let tests = self.results + missing;
        self.builder.expect_tests(line, tests);
    }

    /// There should have been so many more failing results than came.
    pub(super) fn declare_missing_failures(&mut self, line: u32, missing: u64) {
        self.flush();
        self.builder.expect_failures(line, self.failing + missing);
    }

    /// The runner stopped before its end.
    pub(super) fn emit_bail_out(&mut self, line: u32, why: &str) {
        self.flush();
        self.builder.handle(line, Event::BailedOut { why: Cow::Borrowed(why) });
    }

    fn count_result(&mut self, outcome: Outcome) {
        self.results += 1;
        self.failing += u64::from(outcome.is_failing());
    }

    /// Ends the stream.
    pub(super) fn finish(&mut self, line: u32) -> EndOfInput {
        let has_no_points = self.in_document && self.plan == TapPlan::None && self.points == 0;
        self.end_document(line);
        if self.truncated || has_no_points { EndOfInput::Truncated } else { EndOfInput::Complete }
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, number: u32, line: &str) {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        let parsed = TapLine::parse(content);
        if self.is_yaml_line(indent, content, &parsed) {
            return;
        }
        match parsed {
            TapLine::Version(version) if indent == 0 => {
                if self.points > 0 || self.plan != TapPlan::None {
                    self.end_document(number);
                }
                self.start_document(number);
                let thirteen = version.ends_with("13");
                self.version = if thirteen { TapVersion::Thirteen } else { TapVersion::Later };
            }
            TapLine::Plan { tests } if indent == 0 => self.accept_plan(number, tests),
            TapLine::Point(point) if indent == 0 => self.point(number, &point),
            TapLine::Point(point) => self.subtest_point(number, indent, &point),
            TapLine::BailedOut(why) => {
                self.bailed_out = true;
                self.emit_bail_out(number, why);
            }
            TapLine::Subtest(name) => {
                self.flush();
                self.close_to(indent);
                let name = self.unescape(name);
                self.open_subtest(number, indent, &name, true);
            }
            TapLine::Comment(comment) => self.comment(comment),
            TapLine::Yaml | TapLine::Version(_) | TapLine::Plan { .. } => {}
            TapLine::Other if content.starts_with('}') => self.close_brace(number, indent),
            TapLine::Other if content.is_empty() => {}
            TapLine::Other => {
                if let Some(pending) = &mut self.pending {
                    pending.end_yaml();
                }
            }
        }
    }

    fn start_document(&mut self, line: u32) {
        if !self.in_document {
            self.in_document = true;
            self.builder.handle(line, Event::SuiteStarted { name: None });
        }
    }

    fn accept_plan(&mut self, line: u32, tests: u64) {
        self.flush();
        match self.plan {
            TapPlan::Trailing => return,
            TapPlan::Leading if self.points == 0 => return,
            TapPlan::Leading => self.end_document(line),
            TapPlan::None => {}
        }
        self.start_document(line);
        self.end_point(line);
        self.plan = if self.points == 0 { TapPlan::Leading } else { TapPlan::Trailing };
        self.planned = tests;
        self.emit_plan(line);
    }

    fn emit_plan(&mut self, line: u32) {
        if self.plan != TapPlan::None {
            let tests = self.planned.saturating_add_signed(self.extra_results);
            self.builder.handle(line, Event::Plan { tests, scope: PlanScope::ChildrenExact });
        }
    }

    fn add_extra_results(&mut self, line: u32, extra: i64) {
        self.extra_results += extra;
        self.emit_plan(line);
    }

    fn point(&mut self, line: u32, point: &Point<'_>) {
        self.flush();
        if self.plan == TapPlan::Trailing {
            self.end_document(line);
        }
        self.start_document(line);
        self.points += 1;
        let is_first = self.points == 1 && self.plan == TapPlan::Leading;
        if is_first && point.opens && point.timed && self.version == TapVersion::Thirteen {
            self.subtests = SubtestMode::Vitest;
        }
        self.accept_point(line, 0, point);
    }

    fn subtest_point(&mut self, line: u32, indent: usize, point: &Point<'_>) {
        let escapes = self.version.escapes();
        match (self.subtests, &mut self.pending) {
            (SubtestMode::Vitest, _) => {
                self.flush();
                self.accept_point(line, indent, point);
            }
            // Whether this is node's is told by the YAML block behind it.
            (SubtestMode::Node | SubtestMode::Grouped, Some(pending)) if pending.opens => {
                if point.outcome().is_failing() {
                    let name = unescape(point.name, escapes);
                    pending.message.push_line(format!("not ok {name}").as_bytes());
                }
            }
            (SubtestMode::Node | SubtestMode::Grouped, _) => {
                self.flush();
                self.accept_point(line, indent, point);
            }
        }
    }

    fn unescape<'t>(&self, description: &'t str) -> Cow<'t, str> {
        unescape(description, self.version.escapes())
    }

    /// Holds a point, or opens it where it is only a group.
    fn accept_point(&mut self, line: u32, indent: usize, point: &Point<'_>) {
        let mut pending =
            PendingPoint::new(line, indent, point, (self.points, self.version.escapes()));
        if self.subtests == SubtestMode::Vitest && point.opens {
            self.close_to(indent);
            self.open_subtest(line, indent, &pending.name, point.ok);
            return;
        }
        if indent == 0 && !self.subtest_failures.text().is_empty() {
            pending.message.push_line(self.subtest_failures.text().as_bytes());
            self.subtest_failures.clear();
        }
        self.pending = Some(pending);
    }

    fn open_subtest(&mut self, line: u32, indent: usize, name: &str, ok: bool) {
        if self.open.len() < MAX_DEPTH {
            let (name, failing) = (name.to_owned(), self.failing);
            self.open.push(OpenSubtest { indent, line, name, ok, failing_before: failing });
        }
    }

    /// Forgets the subtests that began at this indentation or deeper.
    fn close_to(&mut self, indent: usize) {
        while self.open.last().is_some_and(|open| open.indent >= indent) {
            self.open.pop();
        }
    }

    /// The end of subtests in braces; a group that failed although nothing in it did is a result.
    fn close_brace(&mut self, line: u32, indent: usize) {
        if self.subtests != SubtestMode::Vitest {
            return;
        }
        self.flush();
        let mut is_empty = !self.in_point;
        while let Some(open) = self.open.pop() {
            let is_match = open.indent == indent;
            if is_match && !open.ok && open.failing_before == self.failing {
                self.make_name(&open.name);
                let failed = Event::finished(&self.name, Outcome::Failed, "");
                self.builder.handle(open.line, failed);
                self.count_result(Outcome::Failed);
                is_empty = false;
            }
            if open.indent <= indent {
                break;
            }
        }
        if indent == 0 {
            if is_empty {
                self.add_extra_results(line, -1);
            }
            self.end_point(line);
        }
    }

    fn comment(&mut self, comment: &str) {
        if let Some(pending) = &mut self.pending {
            pending.add_comment(comment);
        }
    }

    /// Whether a line is part of the YAML block of the point held.
    fn is_yaml_line(&mut self, indent: usize, content: &str, parsed: &TapLine<'_>) -> bool {
        match self.pending.as_mut().map(|held| held.accept(indent, content, parsed)) {
            Some(Consumed::Line) => true,
            Some(Consumed::NodeLine) => {
                self.subtests = SubtestMode::Node;
                true
            }
            Some(Consumed::Nothing) | None => false,
        }
    }

    /// Gives the point held to the builder.
    fn flush(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        let is_inner = pending.indent > 0;
        if self.subtests == SubtestMode::Grouped && is_inner {
            if pending.outcome.is_failing() {
                self.subtest_failures.push_line(format!("not ok {}", pending.name).as_bytes());
                self.subtest_failures.push_line(pending.message.text().as_bytes());
            }
            return;
        }
        let mut failing_before = self.failing;
        while let Some(open) = self.open.pop_if(|open| open.indent >= pending.indent) {
            failing_before = open.failing_before;
        }
        let is_silent =
            pending.is_suite && (!pending.outcome.is_failing() || failing_before < self.failing);
        if is_inner && !self.in_point {
            self.in_point = true;
            self.builder.handle(pending.line, Event::SuiteStarted { name: None });
        }
        if !is_inner {
            let has_inner = self.in_point;
            let is_failing = pending.outcome.is_failing();
            let is_bats = pending.message.text().contains("(from function `");
            if is_failing && is_bats && UNPLANNED_POINTS.contains(&pending.name.as_str()) {
                self.add_extra_results(pending.line, 1);
            }
            self.end_point(pending.line);
            match (is_silent, has_inner) {
                (true, false) => self.add_extra_results(pending.line, -1),
                (false, true) => self.add_extra_results(pending.line, 1),
                (true, true) | (false, false) => {}
            }
        }
        if is_silent {
            return;
        }
        self.count_result(pending.outcome);
        self.make_name(&pending.name);
        let location = pending.file.filter(|_| pending.outcome.is_failing());
        let location = location
            .map(|file| SourceLocation { file: Cow::Owned(file), line: pending.line_in_file });
        self.builder.handle(
            pending.line,
            Event::Finished(Finished {
                name: Cow::Borrowed(&self.name),
                outcome: pending.outcome,
                attempt: Attempt::Final,
                message: Cow::Borrowed(pending.message.text()),
                location,
            }),
        );
    }

    /// Makes the whole name of a test inside the subtests that are open.
    fn make_name(&mut self, name: &str) {
        self.name.clear();
        let file_separator = if name.starts_with('#') { "" } else { "/" };
        names::push_parent(&mut self.name, &self.file, file_separator);
        let separator = match self.subtests {
            SubtestMode::Grouped => "",
            SubtestMode::Node => ".",
            SubtestMode::Vitest => " > ",
        };
        if self.subtests != SubtestMode::Grouped {
            for open in &self.open {
                names::push_parent(&mut self.name, &open.name, separator);
            }
        }
        self.name.push_str(name);
    }

    fn end_point(&mut self, line: u32) {
        if std::mem::take(&mut self.in_point) {
            self.builder.handle(line, Event::SuiteEnded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::{DecodedRun, read_with};
    use crate::model::GapKind;

    fn read_all(text: &str) -> DecodedRun {
        read_with(read, text)
    }

    #[test]
    fn subtest_failures_are_in_the_message_of_its_point() {
        let run = read_all(
            "# Subtest: a\n    ok 1 - b\n    not ok 2 - c\n    1..2\nnot ok 1 - a\n1..1\n",
        );
        assert_eq!(run.0, ["failed a: not ok c"]);
        let run = read_all("not ok 1 - a {\n    not ok 1 - b\n    1..1\n}\nok 2\n1..2\n");
        assert_eq!(run.0, ["failed a: not ok b", "passed #2"]);
        assert_eq!(run.1, []);
    }

    #[test]
    fn vitest_group_is_a_result_only_if_it_alone_failed() {
        let vitest = "TAP version 13\n1..2\nnot ok 1 - a.ts # time=1ms {\n    1..2\n    \
            not ok 1 - outer # time=1ms {\n        1..1\n        not ok 1 - x # time=1ms\n            \
            ---\n            at: \"/a.ts:3:4\"\n            ...\n    }\n    ok 2 - y\n}\n\
            not ok 2 - b.ts # time=1ms {\n}\n";
        let run = read_all(vitest);
        let want = ["failed a.ts > outer > x: at: \"/a.ts:3:4\"", "passed a.ts > y", "failed b.ts"];
        assert_eq!(run.0, want);
        assert_eq!(run.1, []);
        let cut = &vitest[..vitest.find("not ok 2 - b").unwrap()];
        assert_eq!(read_all(cut).1, [GapKind::PlanNotMet { planned: 2, actual: 1 }]);
    }

    #[test]
    fn pjdfstest_failure_text_is_the_message() {
        let run = read_all("1..2\nok 1\nnot ok 2 - tried 'lstat x_1f uid', expected 0, got 1\n");
        assert_eq!(run.0[1], "failed #2: tried 'lstat x_1f uid', expected 0, got 1");
    }

    #[test]
    fn concatenated_documents_have_separate_plans() {
        let run = read_all("1..2\nok 1 a\nok 2 b\n1..3\nok 1 c\n");
        assert_eq!(run.0.len(), 3);
        assert_eq!(run.1, [GapKind::PlanNotMet { planned: 3, actual: 1 }]);
        assert_eq!(read_all("ok 1 a\n1..1\nok 1 b\n1..1\n").1, []);
        assert_eq!(read_all("ok 1 a\n1..1\nok 1 b\n").1, [GapKind::Truncated]);
    }

    #[test]
    fn points_beyond_the_plan_are_a_gap() {
        for text in ["1..2\nok 1\nok 2\nok 3\n", "ok 1\nok 2\nok 3\n1..2\n"] {
            let run = read_all(text);
            assert_eq!(run.0.len(), 3);
            assert_eq!(run.1, [GapKind::PlanNotMet { planned: 2, actual: 3 }]);
        }
        let nothing = read_all("1..0 # SKIP no disk\nok 1 a\n");
        assert_eq!(nothing.1, [GapKind::PlanNotMet { planned: 0, actual: 1 }]);
    }

    #[test]
    fn unplanned_bats_points_extend_the_plan() {
        let run =
            read_all("1..1\nok 1 a\nnot ok 2 teardown_file failed\n# (from function `x' in a)\n");
        assert_eq!((run.0.len(), run.1), (2, vec![]));
        // It does not stand in for a test that never came.
        let run =
            read_all("1..3\nok 1 a\nok 2 b\nnot ok 4 teardown_suite\n# (from function `x' in a)\n");
        assert_eq!(run.1, [GapKind::PlanNotMet { planned: 4, actual: 3 }]);
    }

    #[test]
    fn bats_yaml_timeout_gives_timed_out() {
        let run = read_all("TAP version 13\n1..1\nnot ok 1 a\n  ---\n  timeout_sec: 1\n  ...\n");
        assert_eq!(run.0, ["timed-out a: timeout_sec: 1"]);
    }

    #[test]
    fn points_inside_yaml_are_ignored() {
        let run = read_all("1..2\nnot ok 1 a\n  ---\n  message: m\n  ok 9 x\n  ...\nok 2 b\n");
        assert_eq!(run.0, ["failed a: message: m\nok 9 x", "passed b"]);
    }
}
