//! What a googletest program prints.
//!
//! In: lines. Out: events. What a newcomer would get wrong: what the tests print can stand before a
//! mark on the same line, and the list at the end tells the failures for the second time; only the
//! suites whose set-up failed are told there alone.
//!
//! <https://google.github.io/googletest/primer.html>

use crate::formats::About;
use crate::model::{Attempt, End, Event, Finished, Outcome, Place, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::borrow::Cow;
use std::io::Read;

pub const ABOUT: About = About {
    title: "googletest's output",
    names: "`Suite.Test`, as --gtest_filter takes it; the suite when its set-up or tear-down fails",
    outcomes: &[
        ("[       OK ]", Outcome::Passed),
        ("[  FAILED  ]", Outcome::Failed),
        ("[  SKIPPED ]", Outcome::Skipped),
        ("[  FAILED  ] Suite: SetUpTestSuite or TearDownTestSuite", Outcome::Errored),
        ("[ RUN      ] and nothing else", Outcome::Unfinished),
    ],
    incomplete: "fewer tests than `Running N tests`; no `N tests ran`; fewer failures than the list at the \
                 end counts. Disabled tests are not named",
    link: "https://google.github.io/googletest/primer.html",
};

const FAILED: &str = "[  FAILED  ] ";

/// The marks that end a test.
const MARKS: [(&str, Outcome); 3] = [
    ("[       OK ] ", Outcome::Passed),
    (FAILED, Outcome::Failed),
    ("[  SKIPPED ] ", Outcome::Skipped),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &str) -> bool {
    let begins = ["[==========] Running ", "[ RUN      ] "];
    head.lines().any(|line| begins.iter().any(|begin| line.starts_with(begin)))
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let message = Message::default();
    let mut output = Output { builder, open: None, state: State::Ended, failed: 0, message };
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        if ended {
            output.line(number, &text(bytes));
        }
    });
    output.leave();
    let end = if output.state == State::Running { End::Cut } else { End::Whole };
    output.end_run(line);
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    open: Option<(u32, String)>,
    state: State,
    /// How many tests of the run failed, as the list at its end counts them.
    failed: u64,
    /// What the open test printed.
    message: Message,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// The results are listed once more.
    Listing,
    Ended,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(rest) = line.strip_prefix("[==========] ") {
            match rest.strip_prefix("Running ") {
                Some(rest) => self.start_run(number, rest),
                None if rest.contains(" ran.") => self.state = State::Listing,
                None => {}
            }
        } else if let Some(name) = line.strip_prefix("[ RUN      ] ") {
            self.leave();
            if self.state != State::Running {
                self.start_run(number, "");
            }
            self.open = Some((number, name.trim().to_owned()));
        } else if self.state == State::Listing {
            if let Some((failed, suites)) = counted(line) {
                self.failed = if suites { self.failed + failed } else { failed };
                self.builder.event(number, Event::AnnouncedFailing { tests: self.failed });
            }
            let suite = line.strip_prefix(FAILED).and_then(|rest| rest.split_once(": "));
            if let Some((suite, what)) = suite.filter(|(_, what)| what.starts_with("SetUpTest")) {
                self.builder.event(number, Event::finished(suite, Outcome::Errored, what));
            }
        } else if let Some((outcome, output)) = self.mark(line) {
            self.message.push_line(output.as_bytes());
            if let Some((started, name)) = self.open.take() {
                self.finish(started, &name, outcome);
            }
        } else if self.open.is_some() {
            self.message.push_line(line.as_bytes());
        }
    }

    /// The outcome of the open test, and what stands before it on its line.
    fn mark<'l>(&self, line: &'l str) -> Option<(Outcome, &'l str)> {
        let (_, open) = self.open.as_ref()?;
        MARKS.iter().find_map(|(mark, outcome)| {
            let (before, rest) = line.split_at(line.rfind(mark)?);
            let rest = rest[mark.len()..].strip_prefix(open.as_str())?;
            (rest.is_empty() || rest.starts_with([' ', ','])).then_some((*outcome, before))
        })
    }

    fn finish(&mut self, line: u32, name: &str, outcome: Outcome) {
        let message = if outcome == Outcome::Passed { "" } else { self.message.text() };
        let place = if outcome.is_failing() { place(message) } else { None };
        let (name, message) = (Cow::Borrowed(name), Cow::Borrowed(message));
        let attempt = Attempt::Only;
        let finished = Finished { name, outcome, attempt, message, place };
        self.builder.event(line, Event::Finished(finished));
        self.message.clear();
    }

    fn start_run(&mut self, line: u32, rest: &str) {
        self.leave();
        self.end_run(line);
        self.state = State::Running;
        self.failed = 0;
        self.builder.event(line, Event::SuiteStarted { name: None });
        let count = rest.split(' ').next().and_then(|count| count.parse().ok());
        if let Some(tests) = count {
            let scope = PlanScope::Children;
            self.builder.event(line, Event::Plan { tests, scope });
        }
    }

    fn end_run(&mut self, line: u32) {
        if self.state != State::Ended {
            self.builder.event(line, Event::SuiteEnded);
            self.state = State::Ended;
        }
    }

    /// Gives up the test that is open.
    fn leave(&mut self) {
        if let Some((started, name)) = self.open.take() {
            self.builder.event(started, Event::Started { name: name.into() });
        }
        self.message.clear();
    }
}

/// How many tests failed, in `[  FAILED  ] 5 tests, listed below:` and ` 5 FAILED TESTS`; or suites, in
/// ` 2 FAILED TEST SUITES`.
fn counted(line: &str) -> Option<(u64, bool)> {
    if let Some(rest) = line.strip_prefix(FAILED) {
        let (count, rest) = rest.split_once(' ')?;
        let is_count = matches!(rest, "test, listed below:" | "tests, listed below:");
        return if is_count { Some((count.parse().ok()?, false)) } else { None };
    }
    let (count, rest) = line.trim().split_once(' ')?;
    let suites = match rest {
        "FAILED TEST" | "FAILED TESTS" => false,
        "FAILED TEST SUITE" | "FAILED TEST SUITES" | "FAILED TEST CASE" | "FAILED TEST CASES" => {
            true
        }
        _ => return None,
    };
    Some((count.parse().ok()?, suites))
}

/// The place in `file.cc:62: Failure`, or in Visual C++'s `file.cc(62): error: `.
fn place(message: &str) -> Option<Place<'_>> {
    let (file, line) = message.lines().find_map(|line| {
        let unix = line.strip_suffix(": Failure").and_then(|at| at.rsplit_once(':'));
        unix.or_else(|| line.split_once("): error").and_then(|(at, _)| at.rsplit_once('(')))
    })?;
    Some(Place { file: Cow::Borrowed(file), line: Some(line.parse().ok()?) })
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn a_failure_that_only_the_summary_counts_is_missed() {
        let run = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] A.b\n[       OK ] A.b (0 ms)\n\
            [==========] 1 test from 1 test suite ran. (0 ms total)\n[  PASSED  ] 0 tests.\n";
        let suite = "[  FAILED  ] S: SetUpTestSuite or TearDownTestSuite\n\n 1 FAILED TEST SUITE\n";
        assert_eq!(said(Format::Googletest, &format!("{run}{suite}")).1, []);
        let test = "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.z\n\n 1 FAILED TEST\n";
        let counts =
            |announced, came| GapKind::Counts { what: "failing tests".into(), announced, came };
        assert_eq!(said(Format::Googletest, &format!("{run}{test}")).1, [counts(1, 0)]);
        let both = said(Format::Googletest, &format!("{run}{test}{suite}"));
        assert_eq!(both.1, [counts(2, 1)]);
    }
}
