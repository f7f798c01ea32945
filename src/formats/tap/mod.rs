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

use super::About;
use super::emit::names;
use crate::model::{Attempt, End, Event, Finished, Outcome, Place, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use grammar::{DEEPEST, Escapes, Point, Said, unescaped};
use point::{Held, Taken};
use std::borrow::Cow;
use std::io::Read;

pub const ABOUT: About = About {
    title: "TAP (Test Anything Protocol) 12 to 14, as Test::More, pjdfstest, node --test, tape, bats, \
            vitest and Qt print it",
    names: "the point's description; `#N` for a point without one; node: subtests joined by dots; \
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
};

/// Points that bats prints when what closes a file or the run fails, and never plans.
const UNPLANNED: [&str; 2] = ["teardown_file failed", "teardown_suite"];

/// Whether the first bytes of a file are of this format: a version, a plan or a numbered point.
pub fn sniff(head: &str) -> bool {
    if ktap::sniff(head) {
        return false;
    }
    let (mut told, mut first) = (false, true);
    for line in head.lines() {
        if prove::is_header(line) {
            return false;
        }
        match Said::parse(line) {
            Said::Version(_) | Said::Plan { .. } => told = true,
            Said::Point(point) => told |= first && point.number.is_some(),
            Said::Comment(_) | Said::Subtest(_) => continue,
            Said::BailedOut(_) | Said::Yaml | Said::Other => {}
        }
        first &= line.trim().is_empty();
    }
    told
}

/// Reads a whole stream.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut stream = Stream::new(builder);
    let (line, read) = each(input, |number, Line { bytes, .. }| stream.line(number, &text(bytes)));
    let end = stream.finish(line);
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

/// TAP, line by line; prove's output holds one document after the other.
pub struct Stream<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// What stands before each name: the file.
    file: String,
    version: Version,
    subtests: Subtests,
    plan: Plan,
    planned: u64,
    /// How many more results the outer points gave than there are of them: a group with nothing in it
    /// gives none, a test with tests inside two.
    more: i64,
    /// Points of the outer stream so far.
    points: u64,
    /// Results so far, and how many of them are failing.
    results: u64,
    failing: u64,
    /// The subtests that are open, outermost first.
    open: Vec<Open>,
    /// Whether a suite was opened for the present document.
    in_document: bool,
    /// Whether one was opened for what stands inside an outer point.
    in_point: bool,
    cut: bool,
    bailed_out: bool,
    held: Option<Held>,
    /// What failed inside the subtest whose point has not come yet.
    inside: Message,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Untold,
    Thirteen,
    Later,
}

impl Version {
    fn escapes(self) -> Escapes {
        match self {
            Version::Untold => Escapes::OfTestMore,
            Version::Thirteen | Version::Later => Escapes::Always,
        }
    }
}

/// What the points inside a point are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subtests {
    /// Part of it.
    Parts,
    /// Tests of their own, as it is; node says which points are suites.
    Node,
    /// Tests of their own; a point with braces is none.
    Vitest,
}

/// Where the plan stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    None,
    BeforePoints,
    BehindPoints,
}

/// A subtest that has begun.
struct Open {
    indent: usize,
    line: u32,
    name: String,
    ok: bool,
    /// How many results had failed before it.
    failing: u64,
}

impl<'b, 's, S: Sink> Stream<'b, 's, S> {
    pub fn new(builder: &'b mut RunBuilder<'s, S>) -> Self {
        Stream {
            builder,
            file: String::new(),
            version: Version::Untold,
            subtests: Subtests::Parts,
            plan: Plan::None,
            planned: 0,
            more: 0,
            points: 0,
            results: 0,
            failing: 0,
            open: Vec::new(),
            in_document: false,
            in_point: false,
            cut: false,
            bailed_out: false,
            held: None,
            inside: Message::default(),
            name: String::new(),
        }
    }

    /// Begins the document of a file, whose name stands before each test's.
    pub fn start_file(&mut self, line: u32, file: &str) {
        self.end_document(line);
        self.file.clear();
        self.file.push_str(file);
        self.start_document(line);
    }

    /// Ends the document; whether a plan was missing is told by [`Stream::finish`].
    pub fn end_document(&mut self, line: u32) {
        self.flush();
        self.cut |= self.open.iter().any(|open| !open.ok) && self.subtests == Subtests::Vitest;
        let has_plan = self.plan != Plan::None || self.bailed_out;
        self.cut |= self.in_document && !has_plan && self.points > 0;
        self.open.clear();
        self.end_point(line);
        if self.in_document {
            self.builder.event(line, Event::SuiteEnded);
            self.in_document = false;
        }
        (self.plan, self.points, self.version) = (Plan::None, 0, Version::Untold);
        self.more = 0;
        self.inside.clear();
    }

    /// Whether all points of the present document's plan may have come: the plan stood behind them.
    pub fn has_plan(&self) -> bool {
        self.plan != Plan::None
    }

    /// How many results failed so far, the one held included.
    pub fn failing(&self) -> u64 {
        let held = self.held.as_ref().is_some_and(|held| held.outcome.is_failing());
        self.failing + u64::from(held)
    }

    /// A result of the builder that is no point.
    pub fn finish_test(&mut self, line: u32, name: &str, outcome: Outcome, message: &str) {
        self.flush();
        self.count_result(outcome);
        self.builder.event(line, Event::finished(name, outcome, message));
    }

    /// There should have been so many more results than came.
    pub fn announce(&mut self, line: u32, more: u64) {
        self.flush();
        let tests = self.results + more;
        self.builder.event(line, Event::Plan { tests, scope: PlanScope::Descendants });
    }

    /// There should have been so many more failing results than came.
    pub fn announce_failing(&mut self, line: u32, more: u64) {
        self.flush();
        self.builder.event(line, Event::AnnouncedFailing { tests: self.failing + more });
    }

    /// The runner stopped before its end.
    pub fn give_up(&mut self, line: u32, why: &str) {
        self.flush();
        self.builder.event(line, Event::BailedOut { why: Cow::Borrowed(why) });
    }

    fn count_result(&mut self, outcome: Outcome) {
        self.results += 1;
        self.failing += u64::from(outcome.is_failing());
    }

    /// Ends the stream.
    pub fn finish(&mut self, line: u32) -> End {
        let never_began = self.in_document && self.plan == Plan::None && self.points == 0;
        self.end_document(line);
        if self.cut || never_began { End::Cut } else { End::Whole }
    }

    /// Takes the next line.
    pub fn line(&mut self, number: u32, line: &str) {
        let content = line.trim_start_matches([' ', '\t']);
        let indent = line.len() - content.len();
        let said = Said::parse(content);
        if self.is_of_yaml(indent, content, &said) {
            return;
        }
        match said {
            Said::Version(version) if indent == 0 => {
                if self.points > 0 || self.plan != Plan::None {
                    self.end_document(number);
                }
                self.start_document(number);
                let thirteen = version.ends_with("13");
                self.version = if thirteen { Version::Thirteen } else { Version::Later };
            }
            Said::Plan { tests } if indent == 0 => self.plan(number, tests),
            Said::Point(point) if indent == 0 => self.outer_point(number, &point),
            Said::Point(point) => self.inner_point(number, indent, &point),
            Said::BailedOut(why) => {
                self.bailed_out = true;
                self.give_up(number, why);
            }
            Said::Subtest(name) => {
                self.flush();
                self.close_to(indent);
                let name = self.unescaped(name);
                self.open_subtest(number, indent, &name, true);
            }
            Said::Comment(comment) => self.comment(comment),
            Said::Yaml | Said::Version(_) | Said::Plan { .. } => {}
            Said::Other if content.starts_with('}') => self.close_brace(number, indent),
            Said::Other if content.is_empty() => {}
            Said::Other => {
                if let Some(held) = &mut self.held {
                    held.end_yaml();
                }
            }
        }
    }

    fn start_document(&mut self, line: u32) {
        if !self.in_document {
            self.in_document = true;
            self.builder.event(line, Event::SuiteStarted { name: None });
        }
    }

    fn plan(&mut self, line: u32, tests: u64) {
        self.flush();
        match self.plan {
            Plan::BehindPoints => return,
            Plan::BeforePoints if self.points == 0 => return,
            Plan::BeforePoints => self.end_document(line),
            Plan::None => {}
        }
        self.start_document(line);
        self.end_point(line);
        self.plan = if self.points == 0 { Plan::BeforePoints } else { Plan::BehindPoints };
        self.planned = tests;
        self.tell_plan(line);
    }

    fn tell_plan(&mut self, line: u32) {
        if self.plan != Plan::None {
            let tests = self.planned.saturating_add_signed(self.more);
            self.builder.event(line, Event::Plan { tests, scope: PlanScope::ExactlyChildren });
        }
    }

    fn count(&mut self, line: u32, more: i64) {
        self.more += more;
        self.tell_plan(line);
    }

    fn outer_point(&mut self, line: u32, point: &Point<'_>) {
        self.flush();
        if self.plan == Plan::BehindPoints {
            self.end_document(line);
        }
        self.start_document(line);
        self.points += 1;
        let is_first = self.points == 1 && self.plan == Plan::BeforePoints;
        if is_first && point.opens && point.timed && self.version == Version::Thirteen {
            self.subtests = Subtests::Vitest;
        }
        self.take(line, 0, point);
    }

    fn inner_point(&mut self, line: u32, indent: usize, point: &Point<'_>) {
        let escapes = self.version.escapes();
        match (self.subtests, &mut self.held) {
            (Subtests::Vitest, _) => {
                self.flush();
                self.take(line, indent, point);
            }
            // Whether this is node's is told by the YAML block behind it.
            (Subtests::Node | Subtests::Parts, Some(held)) if held.opens => {
                if point.outcome().is_failing() {
                    let name = unescaped(point.name, escapes);
                    held.message.push_line(format!("not ok {name}").as_bytes());
                }
            }
            (Subtests::Node | Subtests::Parts, _) => {
                self.flush();
                self.take(line, indent, point);
            }
        }
    }

    fn unescaped<'t>(&self, description: &'t str) -> Cow<'t, str> {
        unescaped(description, self.version.escapes())
    }

    /// Holds a point, or opens it where it is only a group.
    fn take(&mut self, line: u32, indent: usize, point: &Point<'_>) {
        let mut held = Held::new(line, indent, point, (self.points, self.version.escapes()));
        if self.subtests == Subtests::Vitest && point.opens {
            self.close_to(indent);
            self.open_subtest(line, indent, &held.name, point.ok);
            return;
        }
        if indent == 0 && !self.inside.text().is_empty() {
            held.message.push_line(self.inside.text().as_bytes());
            self.inside.clear();
        }
        self.held = Some(held);
    }

    fn open_subtest(&mut self, line: u32, indent: usize, name: &str, ok: bool) {
        if self.open.len() < DEEPEST {
            let (name, failing) = (name.to_owned(), self.failing);
            self.open.push(Open { indent, line, name, ok, failing });
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
        if self.subtests != Subtests::Vitest {
            return;
        }
        self.flush();
        let mut is_empty = !self.in_point;
        while let Some(open) = self.open.pop() {
            let whole = open.indent == indent;
            if whole && !open.ok && open.failing == self.failing {
                self.make_name(&open.name);
                let failed = Event::finished(&self.name, Outcome::Failed, "");
                self.builder.event(open.line, failed);
                self.count_result(Outcome::Failed);
                is_empty = false;
            }
            if open.indent <= indent {
                break;
            }
        }
        if indent == 0 {
            if is_empty {
                self.count(line, -1);
            }
            self.end_point(line);
        }
    }

    fn comment(&mut self, comment: &str) {
        if let Some(held) = &mut self.held {
            held.comment(comment);
        }
    }

    /// Whether a line is part of the YAML block of the point held.
    fn is_of_yaml(&mut self, indent: usize, content: &str, said: &Said<'_>) -> bool {
        match self.held.as_mut().map(|held| held.takes(indent, content, said)) {
            Some(Taken::Line) => true,
            Some(Taken::LineOfNode) => {
                self.subtests = Subtests::Node;
                true
            }
            Some(Taken::Nothing) | None => false,
        }
    }

    /// Gives the point held to the builder.
    fn flush(&mut self) {
        let Some(held) = self.held.take() else { return };
        let is_inner = held.indent > 0;
        if self.subtests == Subtests::Parts && is_inner {
            if held.outcome.is_failing() {
                self.inside.push_line(format!("not ok {}", held.name).as_bytes());
                self.inside.push_line(held.message.text().as_bytes());
            }
            return;
        }
        let mut failing_before = self.failing;
        while let Some(open) = self.open.pop_if(|open| open.indent >= held.indent) {
            failing_before = open.failing;
        }
        let silent = held.is_suite && (!held.outcome.is_failing() || failing_before < self.failing);
        if is_inner && !self.in_point {
            self.in_point = true;
            self.builder.event(held.line, Event::SuiteStarted { name: None });
        }
        if !is_inner {
            let has_inner = self.in_point;
            let is_failing = held.outcome.is_failing();
            let is_bats = held.message.text().contains("(from function `");
            if is_failing && is_bats && UNPLANNED.contains(&held.name.as_str()) {
                self.count(held.line, 1);
            }
            self.end_point(held.line);
            match (silent, has_inner) {
                (true, false) => self.count(held.line, -1),
                (false, true) => self.count(held.line, 1),
                (true, true) | (false, false) => {}
            }
        }
        if silent {
            return;
        }
        self.count_result(held.outcome);
        self.make_name(&held.name);
        let place = held.file.filter(|_| held.outcome.is_failing());
        let place = place.map(|file| Place { file: Cow::Owned(file), line: held.file_line });
        self.builder.event(
            held.line,
            Event::Finished(Finished {
                name: Cow::Borrowed(&self.name),
                outcome: held.outcome,
                attempt: Attempt::Only,
                message: Cow::Borrowed(held.message.text()),
                place,
            }),
        );
    }

    /// Makes the whole name of a test inside the subtests that are open.
    fn make_name(&mut self, name: &str) {
        self.name.clear();
        let behind_file = if name.starts_with('#') { "" } else { "/" };
        names::push_around(&mut self.name, &self.file, behind_file);
        let between = match self.subtests {
            Subtests::Parts => "",
            Subtests::Node => ".",
            Subtests::Vitest => " > ",
        };
        if self.subtests != Subtests::Parts {
            for open in &self.open {
                names::push_around(&mut self.name, &open.name, between);
            }
        }
        self.name.push_str(name);
    }

    fn end_point(&mut self, line: u32) {
        if std::mem::take(&mut self.in_point) {
            self.builder.event(line, Event::SuiteEnded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::{Said, read_by};
    use crate::model::GapKind;

    fn read_all(text: &str) -> Said {
        read_by(|text, builder| read(text, builder), text)
    }

    #[test]
    fn a_subtest_is_its_point_and_tells_what_failed_inside() {
        let kept = read_all(
            "# Subtest: a\n    ok 1 - b\n    not ok 2 - c\n    1..2\nnot ok 1 - a\n1..1\n",
        );
        assert_eq!(kept.0, ["failed a: not ok c"]);
        let kept = read_all("not ok 1 - a {\n    not ok 1 - b\n    1..1\n}\nok 2\n1..2\n");
        assert_eq!(kept.0, ["failed a: not ok b", "passed #2"]);
        assert_eq!(kept.1, []);
    }

    #[test]
    fn vitest_groups_are_no_tests_unless_they_alone_failed() {
        let vitest = "TAP version 13\n1..2\nnot ok 1 - a.ts # time=1ms {\n    1..2\n    \
            not ok 1 - outer # time=1ms {\n        1..1\n        not ok 1 - x # time=1ms\n            \
            ---\n            at: \"/a.ts:3:4\"\n            ...\n    }\n    ok 2 - y\n}\n\
            not ok 2 - b.ts # time=1ms {\n}\n";
        let kept = read_all(vitest);
        let want = ["failed a.ts > outer > x: at: \"/a.ts:3:4\"", "passed a.ts > y", "failed b.ts"];
        assert_eq!(kept.0, want);
        assert_eq!(kept.1, []);
        let cut = &vitest[..vitest.find("not ok 2 - b").unwrap()];
        assert_eq!(read_all(cut).1, [GapKind::PlanUnmet { planned: 2, came: 1 }]);
    }

    #[test]
    fn what_pjdfstest_says_of_a_failure_is_no_name() {
        let kept = read_all("1..2\nok 1\nnot ok 2 - tried 'lstat x_1f uid', expected 0, got 1\n");
        assert_eq!(kept.0[1], "failed #2: tried 'lstat x_1f uid', expected 0, got 1");
    }

    #[test]
    fn one_document_behind_the_other_is_held_against_its_own_plan() {
        let kept = read_all("1..2\nok 1 a\nok 2 b\n1..3\nok 1 c\n");
        assert_eq!(kept.0.len(), 3);
        assert_eq!(kept.1, [GapKind::PlanUnmet { planned: 3, came: 1 }]);
        assert_eq!(read_all("ok 1 a\n1..1\nok 1 b\n1..1\n").1, []);
        assert_eq!(read_all("ok 1 a\n1..1\nok 1 b\n").1, [GapKind::Cut]);
    }

    #[test]
    fn points_beyond_the_plan_are_as_wrong_as_too_few() {
        for text in ["1..2\nok 1\nok 2\nok 3\n", "ok 1\nok 2\nok 3\n1..2\n"] {
            let kept = read_all(text);
            assert_eq!(kept.0.len(), 3);
            assert_eq!(kept.1, [GapKind::PlanUnmet { planned: 2, came: 3 }]);
        }
        let nothing = read_all("1..0 # SKIP no disk\nok 1 a\n");
        assert_eq!(nothing.1, [GapKind::PlanUnmet { planned: 0, came: 1 }]);
    }

    #[test]
    fn what_bats_never_plans_is_not_beyond_the_plan() {
        let kept =
            read_all("1..1\nok 1 a\nnot ok 2 teardown_file failed\n# (from function `x' in a)\n");
        assert_eq!((kept.0.len(), kept.1), (2, vec![]));
        // It does not stand in for a test that never came.
        let kept =
            read_all("1..3\nok 1 a\nok 2 b\nnot ok 4 teardown_suite\n# (from function `x' in a)\n");
        assert_eq!(kept.1, [GapKind::PlanUnmet { planned: 4, came: 3 }]);
    }

    #[test]
    fn bats_says_in_yaml_that_a_test_timed_out() {
        let kept = read_all("TAP version 13\n1..1\nnot ok 1 a\n  ---\n  timeout_sec: 1\n  ...\n");
        assert_eq!(kept.0, ["timed-out a: timeout_sec: 1"]);
    }

    #[test]
    fn the_yaml_of_a_point_holds_no_points() {
        let kept = read_all("1..2\nnot ok 1 a\n  ---\n  message: m\n  ok 9 x\n  ...\nok 2 b\n");
        assert_eq!(kept.0, ["failed a: message: m\nok 9 x", "passed b"]);
    }
}
