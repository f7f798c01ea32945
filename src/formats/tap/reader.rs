//! TAP 12, 13 and 14, as Test::More, pjdfstest, node, tape, vitest, bats and Qt print it.
//!
//! A subtest counts as its point in the outer stream does, as in every TAP harness, and what failed inside is the
//! message of that point. Only for node and vitest, whose outer points are mere groups, each inner point is a test.
//! A point is final only after its YAML block or its comments, so the last point is always pending.

use super::footer::{TapCounts, TapFooter};
use super::grammar::{Directive, Escapes, MAX_DEPTH, Point, TapLine, is_prove_header, unescape};
use super::headings::TapHeadings;
use super::ktap;
use super::point::{Consumed, PendingPoint};
use crate::formats::emit::{TestRecord, names};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{EndOfInput, Event, Outcome, PlanScope, RunBuilder, SourceLocation};
use crate::syntax::{BoundedText, for_each_line};
use std::borrow::Cow;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["tap"],
    title: "TAP (Test Anything Protocol) 12 to 14, as Test::More, pjdfstest, node --test, tape, mocha, \
            AVA, QUnit, testem, bats, vitest and Qt print it",
    test_name: "the point's description; `#N` for a point without one; node: subtests joined by dots; \
            vitest: joined by ` > `",
    outcomes: &[
        ("ok, ok # TODO", Outcome::Passed),
        ("not ok", Outcome::Failed),
        ("# SKIP, and any word that begins so", Outcome::Skipped),
        ("not ok # TODO, # XFAIL", Outcome::Xfailed),
        (
            "ok # TODO whose reason says that it is unexpected, not ok # unexpected success, # XPASS",
            Outcome::Xpassed,
        ),
        (
            "not ok # timeout after …; timeout_sec: …; failureType: 'testTimeoutFailure'",
            Outcome::TimedOut,
        ),
    ],
    incomplete: "no plan; fewer or more points than the plan, in which bats counts no `teardown_file failed`; \
                 `Bail out!`; subtests in braces that don't close; a subtest with a failure or too few points whose \
                 point is `ok`, and nothing else failed",
    totals: "the plan; tests, pass, fail, cancelled, skipped and todo at the end, as node, tape, QtTest, mocha and \
             AVA count them; what Test::More says of failures and exit codes",
    link: "https://testanything.org/tap-version-14-specification.html",
    sniff: Sniff::Lines(sniff),
    read,
};

/// Points that bats prints when closing a file or the run fails, and never plans.
const UNPLANNED_POINTS: [&str; 2] = ["teardown_file failed", "teardown_suite"];

/// A version, a plan or a point on the first line; neither KTAP nor prove.
fn sniff(head: &str) -> bool {
    if ktap::sniff(head) {
        return false;
    }
    let (mut found, mut first) = (starts_with_points(head), true);
    for line in head.lines() {
        if is_prove_header(line) {
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

/// Whether the first line is a point with a dash, or the first two are points without: other lines begin with `ok` too.
fn starts_with_points(head: &str) -> bool {
    let is_content = |line: &&str| {
        !line.trim().is_empty() && !matches!(TapLine::parse(line), TapLine::Comment(_))
    };
    let is_point = |line: &&str| {
        !line.contains('\t')
            && matches!(TapLine::parse(line), TapLine::Point(point) if !point.name.is_empty())
    };
    let first: Vec<&str> = head.lines().filter(is_content).take(2).take_while(is_point).collect();
    let has_dash = |line: &&str| line.starts_with("ok - ") || line.starts_with("not ok - ");
    first.len() == 2 || first.first().is_some_and(has_dash)
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = TapReader::new(builder);
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    let is_complete = reader.finish(read.line);
    if reader.lacks_plan && !reader.truncated {
        return read.ended(EndOfInput::NoPlan);
    }
    read.complete_if(is_complete)
}

/// Reads TAP line by line. A stream may hold several documents, one after another, as prove's output does.
pub(super) struct TapReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The file whose document is read: the start of each name. Empty if there is none.
    file: String,
    document: TapDocument,
    subtests: SubtestMode,
    /// Results so far, and how many of them are failing.
    results: u64,
    failing: u64,
    /// The open subtests, outermost first.
    open: Vec<OpenSubtest>,
    /// Whether a suite is open for the tests inside an outer point.
    in_point: bool,
    truncated: bool,
    /// Whether a document has points and no plan.
    lacks_plan: bool,
    bailed_out: bool,
    pending: Option<PendingPoint>,
    /// What failed inside the subtest whose point has not been read yet.
    subtest_failures: BoundedText,
    /// A buffer for names.
    name: String,
}

/// One plan and its points.
#[derive(Default)]
struct TapDocument {
    /// Whether a suite is open for it.
    is_open: bool,
    version: TapVersion,
    plan: TapPlan,
    planned: u64,
    /// How many more results than points there are in the outer stream: an empty group gives none, a test with tests
    /// inside gives two.
    extra_results: i64,
    /// Points of the outer stream so far.
    points: u64,
    counts: TapCounts,
    footer: TapFooter,
    headings: TapHeadings,
    subtest: OuterSubtest,
}

/// What is before the next outer point.
#[derive(Default)]
struct OuterSubtest {
    /// Whether there is a subtest: its title, its plan or its brace. Without one, an indented point is output.
    is_certain: bool,
    /// Whether it has a title: `# Subtest: …`.
    is_titled: bool,
    /// The first point in it that failed.
    failure: Option<String>,
    /// Its plan and those of the subtests in it that are open, outermost first.
    plans: Vec<InnerPlan>,
    /// The first of them that was not met.
    unmet: Option<String>,
}

/// The plan and the points at one indentation.
struct InnerPlan {
    indent: usize,
    planned: Option<u64>,
    points: u64,
}

impl OuterSubtest {
    /// The plan at this indentation; those of deeper subtests end.
    fn plan_at(&mut self, indent: usize) -> Option<&mut InnerPlan> {
        self.end_plans(indent + 1);
        let is_open = self.plans.last().is_some_and(|plan| plan.indent == indent);
        if !is_open && self.plans.len() < MAX_DEPTH {
            self.plans.push(InnerPlan { indent, planned: None, points: 0 });
        }
        self.plans.last_mut().filter(|plan| plan.indent == indent)
    }

    fn end_plans(&mut self, indent: usize) {
        while let Some(plan) = self.plans.pop_if(|plan| plan.indent >= indent) {
            let InnerPlan { planned, points, .. } = plan;
            if let Some(planned) = planned.filter(|planned| (1..*planned).contains(&points)) {
                self.unmet.get_or_insert_with(|| format!("1..{planned} and {points} points"));
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum TapVersion {
    #[default]
    Unknown,
    Thirteen,
    Later,
}

/// Where the plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum TapPlan {
    #[default]
    None,
    Leading,
    Trailing,
}

/// What the points inside a point are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SubtestMode {
    /// Part of it.
    Grouped,
    /// Tests of their own, as the outer point is; node marks the points that are suites.
    Node,
    /// Tests of their own; a point with braces is not a test.
    Vitest,
}

struct OpenSubtest {
    indent: usize,
    line: u32,
    name: String,
    ok: bool,
    /// How many results had failed before it.
    failing_before: u64,
}

impl TapVersion {
    fn escapes(self) -> Escapes {
        match self {
            TapVersion::Unknown => Escapes::TestMore,
            TapVersion::Thirteen | TapVersion::Later => Escapes::Always,
        }
    }
}

impl<'b, 's> TapReader<'b, 's> {
    pub(super) fn new(builder: &'b mut RunBuilder<'s>) -> Self {
        TapReader {
            builder,
            file: String::new(),
            document: TapDocument::default(),
            subtests: SubtestMode::Grouped,
            results: 0,
            failing: 0,
            open: Vec::new(),
            in_point: false,
            truncated: false,
            lacks_plan: false,
            bailed_out: false,
            pending: None,
            subtest_failures: BoundedText::default(),
            name: String::new(),
        }
    }

    /// Reads the next line.
    pub(super) fn line(&mut self, number: u32, line: &str) {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        let parsed = TapLine::parse(content);
        if self.accept_yaml(indent, content, &parsed) {
            return;
        }
        match parsed {
            TapLine::Version(version) if indent == 0 => {
                if self.document.points > 0 || self.has_plan() {
                    self.end_document(number);
                }
                self.start_document(number);
                let thirteen = version.ends_with("13");
                self.document.version =
                    if thirteen { TapVersion::Thirteen } else { TapVersion::Later };
            }
            TapLine::Plan { tests } if indent == 0 => self.plan(number, tests),
            TapLine::Point(point) if indent == 0 => self.point(number, &point),
            TapLine::Point(point) => {
                if let Some(plan) = self.document.subtest.plan_at(indent) {
                    plan.points += 1;
                }
                self.subtest_point(number, indent, &point);
            }
            TapLine::BailedOut(why) => {
                self.bailed_out = true;
                self.emit_bail_out(number, why);
            }
            TapLine::Subtest(name) => {
                self.document.subtest.is_certain = true;
                self.document.subtest.is_titled = true;
                self.flush();
                self.close_to(indent);
                let name = unescape(name, self.document.version.escapes());
                self.open_subtest(number, indent, &name, true);
            }
            TapLine::Comment(comment) => self.comment(number, indent, comment),
            TapLine::Plan { tests } => {
                self.document.subtest.is_certain = true;
                if let Some(plan) = self.document.subtest.plan_at(indent) {
                    plan.planned.get_or_insert(tests);
                }
            }
            TapLine::Yaml | TapLine::Version(_) => {}
            TapLine::Other if content.starts_with('}') => self.close_brace(number, indent),
            TapLine::Other if content.is_empty() => {}
            TapLine::Other => {
                self.document.subtest.is_certain |= content.trim_end() == "{";
                self.document.headings.skip_note(line);
                if let Some(pending) = &mut self.pending {
                    pending.add_text(indent, content);
                }
            }
        }
    }

    /// Whether a line is part of the YAML block of the pending point.
    fn accept_yaml(&mut self, indent: usize, content: &str, parsed: &TapLine<'_>) -> bool {
        match self.pending.as_mut().map(|point| point.accept(indent, content, parsed)) {
            Some(Consumed::Line) => true,
            Some(Consumed::NodeLine) => {
                self.subtests = SubtestMode::Node;
                true
            }
            Some(Consumed::Nothing) | None => false,
        }
    }

    fn comment(&mut self, line: u32, indent: usize, comment: &str) {
        let document = &mut self.document;
        // In prove's output, the diagnostics of a file may precede its header.
        if indent == 0 && self.file.is_empty() {
            document.footer.add(line, comment);
            if document.headings.hold(comment) {
                return;
            }
        }
        self.add_heading_to_message();
        if let Some(pending) = &mut self.pending {
            pending.add_comment(comment);
        }
    }

    /// Adds a comment that is no heading, because no point follows it, to the message of the point before it.
    fn add_heading_to_message(&mut self) {
        if let Some(comment) = self.document.headings.release()
            && let Some(pending) = &mut self.pending
        {
            pending.add_comment(&comment);
        }
    }

    fn start_document(&mut self, line: u32) {
        if !self.document.is_open {
            self.document.is_open = true;
            self.builder.handle(line, Event::SuiteStarted { name: None });
        }
    }

    fn plan(&mut self, line: u32, tests: u64) {
        self.add_heading_to_message();
        self.flush();
        match self.document.plan {
            TapPlan::Trailing => return,
            TapPlan::Leading if self.document.points == 0 => return,
            TapPlan::Leading => self.end_document(line),
            TapPlan::None => {}
        }
        self.start_document(line);
        self.end_point(line);
        let is_leading = self.document.points == 0;
        self.document.plan = if is_leading { TapPlan::Leading } else { TapPlan::Trailing };
        self.document.planned = tests;
        if self.document.headings.is_catch2() {
            let unplanned = self.document.points.saturating_sub(tests);
            let unplanned = unplanned.min(self.document.counts.outcomes.get(Outcome::Xfailed));
            self.document.extra_results += unplanned.cast_signed();
        }
        self.emit_plan(line);
    }

    fn emit_plan(&mut self, line: u32) {
        if self.has_plan() {
            let tests = self.document.planned.saturating_add_signed(self.document.extra_results);
            self.builder.handle(line, Event::Plan { tests, scope: PlanScope::ChildrenExact });
        }
    }

    fn add_extra_results(&mut self, line: u32, extra: i64) {
        self.document.extra_results += extra;
        self.emit_plan(line);
    }

    fn point(&mut self, line: u32, point: &Point<'_>) {
        self.flush();
        if self.document.plan == TapPlan::Trailing {
            self.end_document(line);
        }
        self.start_document(line);
        let has_version = self.document.version != TapVersion::Unknown || self.has_plan();
        self.document.headings.start_point(has_version);
        let TapDocument { version, plan, points, footer, .. } = &mut self.document;
        *points += 1;
        footer.clear();
        let is_first = *points == 1 && *plan == TapPlan::Leading;
        if is_first && point.opens && point.timed && *version == TapVersion::Thirteen {
            self.subtests = SubtestMode::Vitest;
        }
        self.accept_point(line, 0, point);
    }

    fn subtest_point(&mut self, line: u32, indent: usize, point: &Point<'_>) {
        if self.subtests != SubtestMode::Vitest
            && let Some(outer) = self.pending.as_mut().filter(|outer| outer.opens)
        {
            if point.outcome().is_failing() {
                let name = unescape(point.name, self.document.version.escapes());
                let failure = format!("not ok {name}");
                outer.message.push_line(failure.as_bytes());
                if outer.outcome == Outcome::Passed {
                    self.builder.expect_a_failure(line, &failure);
                }
            }
            return;
        }
        self.flush();
        self.accept_point(line, indent, point);
    }

    /// Makes a point the pending one, or opens it if it is only a group.
    fn accept_point(&mut self, line: u32, indent: usize, point: &Point<'_>) {
        let TapDocument { points, version, .. } = self.document;
        let mut pending = PendingPoint::new(line, indent, point, points, version.escapes());
        if self.subtests == SubtestMode::Vitest && point.opens {
            self.close_to(indent);
            self.open_subtest(line, indent, &pending.name, point.ok);
            return;
        }
        if indent == 0 {
            self.end_subtest(line, pending.outcome);
            if !self.subtest_failures.text().is_empty() {
                pending.message.push_line(self.subtest_failures.text().as_bytes());
                self.subtest_failures.clear();
            }
            if self.document.headings.is_catch2()
                && matches!(point.directive, Some((Directive::Todo, _)))
            {
                pending.outcome = Outcome::Xfailed;
            }
        }
        self.pending = Some(pending);
    }

    /// Ends a subtest with its point: if something in it failed, that must not be `ok`.
    fn end_subtest(&mut self, line: u32, outcome: Outcome) {
        let mut subtest = std::mem::take(&mut self.document.subtest);
        subtest.end_plans(0);
        let OuterSubtest { is_certain, is_titled, failure, unmet, .. } = subtest;
        let failure = failure.filter(|_| is_certain).or(unmet.filter(|_| is_titled));
        if let Some(failure) = failure.filter(|_| outcome == Outcome::Passed) {
            self.builder.expect_a_failure(line, &failure);
        }
    }

    fn open_subtest(&mut self, line: u32, indent: usize, name: &str, ok: bool) {
        if self.open.len() < MAX_DEPTH {
            let (name, failing_before) = (name.to_owned(), self.failing);
            self.open.push(OpenSubtest { indent, line, name, ok, failing_before });
        }
    }

    /// Closes the subtests at this indentation or deeper.
    fn close_to(&mut self, indent: usize) {
        while self.open.pop_if(|open| open.indent >= indent).is_some() {}
    }

    /// Ends subtests in braces; a group that failed although nothing in it did is a result.
    fn close_brace(&mut self, line: u32, indent: usize) {
        if self.subtests != SubtestMode::Vitest {
            return;
        }
        self.document.subtest.end_plans(indent + 1);
        if let Some(unmet) = self.document.subtest.unmet.take() {
            self.builder.expect_a_failure(line, &unmet);
        }
        self.flush();
        let mut is_empty = !self.in_point;
        while let Some(open) = self.open.pop() {
            if open.indent == indent && !open.ok && open.failing_before == self.failing {
                self.make_name(&open.name);
                self.count_result(Outcome::Failed);
                let failed = Event::finished(&self.name, Outcome::Failed, "");
                self.builder.handle(open.line, failed);
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

    /// Emits the pending point.
    fn flush(&mut self) {
        let Some(point) = self.pending.take() else { return };
        let is_failing = point.outcome.is_failing();
        if point.indent > 0 && self.subtests == SubtestMode::Grouped {
            if is_failing {
                let failure = format!("not ok {}", point.name);
                self.subtest_failures.push_line(failure.as_bytes());
                self.subtest_failures.push_line(point.message.text().as_bytes());
                self.document.subtest.failure.get_or_insert(failure);
            }
            return;
        }
        let mut failing_before = self.failing;
        while let Some(open) = self.open.pop_if(|open| open.indent >= point.indent) {
            failing_before = open.failing_before;
        }
        // The point of a suite repeats what its tests reported, unless it alone failed.
        let is_redundant = point.is_suite && (!is_failing || failing_before < self.failing);
        if point.indent == 0 {
            self.end_outer_point(&point, is_redundant);
        } else if !self.in_point {
            self.in_point = true;
            self.builder.handle(point.line, Event::SuiteStarted { name: None });
        }
        if is_redundant {
            return;
        }
        self.count_result(point.outcome);
        let is_todo_passed = point.is_todo && point.outcome == Outcome::Passed;
        self.document.counts.todo_passed += u64::from(is_todo_passed);
        self.make_name(&point.name);
        let line = point.line_in_file;
        let location = point.file.filter(|_| is_failing);
        let location = location.map(|file| SourceLocation { file: Cow::Owned(file), line });
        TestRecord::new(self.name.as_str(), point.outcome)
            .message(point.message.text())
            .at(location)
            .emit(point.line, self.builder);
    }

    /// Ends the suite of an outer point, and corrects the plan where the point is not exactly one result.
    fn end_outer_point(&mut self, point: &PendingPoint, is_redundant: bool) {
        let is_bats = point.message.text().contains("(from function `");
        let is_unplanned = UNPLANNED_POINTS.contains(&point.name.as_str());
        if point.outcome.is_failing() && is_bats && is_unplanned {
            self.add_extra_results(point.line, 1);
        }
        let has_subtests = self.in_point;
        self.end_point(point.line);
        match (is_redundant, has_subtests) {
            (true, false) => self.add_extra_results(point.line, -1),
            (false, true) => self.add_extra_results(point.line, 1),
            (true, true) | (false, false) => {}
        }
    }

    fn end_point(&mut self, line: u32) {
        if std::mem::take(&mut self.in_point) {
            self.builder.handle(line, Event::SuiteEnded);
        }
    }

    fn count_result(&mut self, outcome: Outcome) {
        self.results += 1;
        self.failing += u64::from(outcome.is_failing());
        self.document.counts.outcomes.add(outcome);
    }

    /// Writes the whole name of a test, with the file and the open subtests, to the buffer.
    fn make_name(&mut self, name: &str) {
        self.name.clear();
        let file_separator = if name.starts_with('#') { "" } else { "/" };
        names::push_parent(&mut self.name, &self.file, file_separator);
        let separator = match self.subtests {
            SubtestMode::Grouped => None,
            SubtestMode::Node => Some("."),
            SubtestMode::Vitest => Some(" > "),
        };
        if let Some(separator) = separator {
            for open in &self.open {
                names::push_parent(&mut self.name, &open.name, separator);
            }
        }
        self.name.push_str(name);
    }

    /// Ends the document; whether its plan was missing is reported by [`finish`](Self::finish).
    pub(super) fn end_document(&mut self, line: u32) {
        self.add_heading_to_message();
        self.flush();
        self.end_subtest(line, Outcome::Passed);
        self.truncated |=
            self.open.iter().any(|open| !open.ok) && self.subtests == SubtestMode::Vitest;
        let has_plan = self.has_plan() || self.bailed_out;
        let document = std::mem::take(&mut self.document);
        let TapDocument { is_open, points, .. } = document;
        self.lacks_plan |= is_open && !has_plan && points > 0;
        self.open.clear();
        self.end_point(line);
        if is_open {
            let planned = document.planned.max(points);
            document.footer.emit(&document.counts, planned, self.builder);
            self.builder.handle(line, Event::SuiteEnded);
        }
        self.subtest_failures.clear();
    }

    /// Ends the stream; whether it was complete.
    pub(super) fn finish(&mut self, line: u32) -> bool {
        let is_empty = self.document.is_open && !self.has_plan() && self.document.points == 0;
        self.end_document(line);
        !self.truncated && !self.lacks_plan && (!is_empty || self.bailed_out)
    }

    // What follows is for the output of prove, in which each file has a document.

    /// Starts the document of a file, whose name is the start of each test's.
    pub(super) fn start_file(&mut self, line: u32, file: &str) {
        self.end_document(line);
        self.file.clear();
        self.file.push_str(file);
        self.start_document(line);
    }

    /// Whether the document has a plan.
    pub(super) fn has_plan(&self) -> bool {
        self.document.plan != TapPlan::None
    }

    /// How many results have failed so far, the pending one included.
    pub(super) fn failing(&self) -> u64 {
        let pending_failed = self.pending.as_ref().is_some_and(|point| point.outcome.is_failing());
        self.failing + u64::from(pending_failed)
    }

    /// How many results there are so far, the pending one included.
    pub(super) fn results(&self) -> u64 {
        self.results + u64::from(self.pending.as_ref().is_some_and(|point| point.indent == 0))
    }

    /// Emits a result that is not a point.
    pub(super) fn finish_test(&mut self, line: u32, name: &str, outcome: Outcome, message: &str) {
        self.flush();
        self.count_result(outcome);
        self.builder.handle(line, Event::finished(name, outcome, message));
    }

    /// Declares that this many results are missing.
    pub(super) fn declare_missing(&mut self, line: u32, missing: u64) {
        self.flush();
        self.builder.expect_tests(line, self.results.saturating_add(missing));
    }

    /// Declares that this many failing results are missing.
    pub(super) fn declare_missing_failures(&mut self, line: u32, missing: u64) {
        self.flush();
        self.builder.expect_failures(line, self.failing.saturating_add(missing));
    }

    /// Emits that a part of the output belongs to no file.
    pub(super) fn emit_damage(&mut self, line: u32, what: &str) {
        self.flush();
        self.builder.handle(line, Event::Damaged { what: Cow::Borrowed(what) });
    }

    /// Emits that the runner stopped early.
    pub(super) fn emit_bail_out(&mut self, line: u32, why: &str) {
        self.flush();
        self.builder.handle(line, Event::BailedOut { why: Cow::Borrowed(why) });
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::formats::Format;
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
    fn subtest_with_too_few_points_is_no_pass() {
        let gaps = |plan: u32, title: &str, point: &str| {
            let inner = format!(
                "    ok 1 - b\n        ok 1 - d\n        1..1\n    ok 2 - c\n    1..{plan}\n"
            );
            read_all(&format!("{title}{inner}{point} 1 - a\n1..1\n")).1
        };
        let what = "1..3 and 2 points".to_owned();
        assert_eq!(gaps(3, "# Subtest: a\n", "ok"), [GapKind::ReportedFailure { what }]);
        for met in [
            gaps(2, "# Subtest: a\n", "ok"),
            gaps(3, "", "ok"),
            gaps(3, "# Subtest: a\n", "not ok"),
        ] {
            assert_eq!(met, []);
        }
        let vitest = |plan: u32| {
            read_all(&format!(
                "TAP version 13\n1..1\nok 1 - a # time=1ms {{\n    1..{plan}\n    ok 1 - x\n}}\n"
            ))
            .1
        };
        assert_eq!([vitest(1).len(), vitest(2).len()], [0, 1]);
    }

    #[test]
    fn brace_in_output_ends_no_subtest() {
        let text = "# Subtest: a\n    ok 1 - b\nx={\n  \"y\": 1\n}\n    ok 2 - c\n    1..2\nok 1 - a\n1..1\n";
        assert_eq!(read_all(text).1, []);
    }

    #[test]
    fn bail_out_may_be_in_any_case() {
        let why = "no disk".to_owned();
        assert_eq!(read_all("1..1\nok 1\nBAIL OUT! no disk\n").1, [GapKind::BailedOut { why }]);
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
        let truncated = &vitest[..vitest.find("not ok 2 - b").unwrap()];
        assert_eq!(read_all(truncated).1, [GapKind::PlanNotMet { planned: 2, actual: 1 }]);
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
        assert_eq!(read_all("ok 1 a\n1..1\nok 1 b\n").1, [GapKind::NoPlan]);
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
        // It does not make up for a test that is missing.
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
    fn catch2_heading_of_the_next_point_is_no_message() {
        let catch2 = "# rng-seed: 7\n# one\nnot ok 1 - a == 1 for: 2 == 1\n# two\nok 2 - b # TODO\n\
            # two\nnot ok 3 - c with 1 message: 'm'\n1..3\n";
        let want = ["failed a == 1 for: 2 == 1", "xfailed b", "failed c with 1 message: 'm'"];
        assert_eq!(read_all(catch2).0, want);
        let catch2 = catch2.replace("1..3", "# two\nwarning 4 - 'w'\n# one\nok 5 - d\n1..3");
        let run = read_all(catch2.strip_prefix("# rng-seed: 7\n").unwrap());
        assert_eq!((&run.0[..3], &*run.0[3]), (&want.map(str::to_owned)[..], "passed d"));
        assert_eq!(run.1, []);
        assert_eq!(read_all(&catch2.replace("1..3", "1..5")).1.len(), 1);
        // Test::More has two comments or more after a failing point.
        let more =
            "# note\nnot ok 1 - a\n#   Failed test 'a'\n#   at a.t line 2.\nok 2 - b\n1..2\n";
        let message = "failed a: Failed test 'a'\nat a.t line 2.";
        assert_eq!(read_all(more).0, [message, "passed b"]);
        let tape =
            "TAP version 13\n# a\nnot ok 1 x\n  ---\n  operator: ok\n  ...\n# b\nok 2 y\n1..2\n";
        assert_eq!(read_all(tape).0, ["failed x: operator: ok", "passed y"]);
    }

    #[test]
    fn indented_text_after_a_failing_point_is_its_message() {
        let run =
            read_all("1..2\nnot ok 1 a\n  1 == 2\n  at b.js:3\noutput\n  more\nok 2 b\n  text\n");
        assert_eq!(run.0, ["failed a: 1 == 2\nat b.js:3", "passed b"]);
    }

    #[test]
    fn failure_inside_a_point_that_is_ok_is_a_gap() {
        let gaps = |text: &str| read_all(text).1.len();
        assert_eq!(gaps("# Subtest: a\n    not ok 1 - b\n    1..1\nok 1 - a\n1..1\n"), 1);
        assert_eq!(gaps("ok 1 - a {\n    not ok 1 - b\n    1..1\n}\n1..1\n"), 1);
        assert_eq!(gaps("# Subtest: a\n    not ok 1 - b # TODO\n    1..1\nok 1 - a\n1..1\n"), 0);
        assert_eq!(gaps("# Subtest: a\n    not ok 1 - b\n    1..1\nok 1 - a # TODO\n1..1\n"), 1);
        assert_eq!(gaps("ok 1 - a\n    not ok 7 - printed\nok 2 - b\n1..2\n"), 0);
    }

    #[test]
    fn bail_out_without_a_reason_is_no_truncation() {
        let gave_up = GapKind::BailedOut { why: String::new() };
        assert_eq!(read_all("TAP version 13\nBail out!\n").1, [gave_up.clone(), GapKind::NoTests]);
        assert_eq!(read_all("ok 1\nBail out!\n").1, [gave_up]);
    }

    #[test]
    fn points_without_numbers_are_tap() {
        let tap = Format::from_name("tap").unwrap();
        for text in [
            "ok - a\nnot ok - b # 1 == 2\n",
            "# of our runner\n\nok - a\n",
            "ok a\nnot ok b c\n",
            "not ok - a\n",
        ] {
            assert_eq!(Format::sniff(text.as_bytes()), Some(tap), "{text}");
            assert_eq!(read_all(text).1, [GapKind::NoPlan], "{text}");
            let planned = format!("{text}1..{}\n", text.matches("ok ").count());
            assert_eq!(read_all(&planned).1, [], "{text}");
        }
        for text in
            ["ok then\nlet us start\n", "ok\nok\n", "ok  \texample.com/a\t0.1s\nok  \tb\t1s\n"]
        {
            assert!(!tap.matches(text.as_bytes()), "{text}");
        }
        let run = read_all("ok - a\nnot ok - b\n# 1 == 2\nok - c # SKIP no disk\n1..3\n");
        assert_eq!(run.0, ["passed a", "failed b: 1 == 2", "skipped c: no disk"]);
    }

    #[test]
    fn testem_points_have_no_time_in_their_names() {
        let run = read_all(
            "ok 1 Chrome 120.0 - [5 ms] - m: a\nskip 2 Chrome 120.0 - [undefined ms] - m: b\n\
             todo 3 Chrome 120.0 - [1 ms] - m: c\nskip 4 tests\n\n1..3\n# tests 3\n# pass  1\n\
             # skip  1\n# todo  1\n# fail  0\n",
        );
        let names = ["passed", "skipped", "xfailed"].into_iter().zip(["a", "b", "c"]);
        let want: Vec<_> = names.map(|(o, name)| format!("{o} Chrome 120.0 - m: {name}")).collect();
        assert_eq!(run.0, want);
        assert_eq!(run.1, []);
    }

    #[test]
    fn points_inside_yaml_are_ignored() {
        let run = read_all("1..2\nnot ok 1 a\n  ---\n  message: m\n  ok 9 x\n  ...\nok 2 b\n");
        assert_eq!(run.0, ["failed a: message: m\nok 9 x", "passed b"]);
    }
}
