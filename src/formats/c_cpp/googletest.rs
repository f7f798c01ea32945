//! What a googletest program prints.
//!
//! In: lines. Out: events. What a newcomer would get wrong: what the tests print can stand before a
//! mark on the same line, and the list at the end tells the failures for the second time; only the
//! suites whose set-up failed are told there alone.
//!
//! <https://google.github.io/googletest/primer.html>

use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{
    Attempt, EndOfInput, Event, Finished, Outcome, PlanScope, RunBuilder, SourceLocation,
};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding::decode_lossy;
use crate::syntax::lines::{RawLine, for_each_line};
use crate::syntax::read_end::ReadEnd;
use std::borrow::Cow;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["googletest", "gtest"],
    title: "googletest's output",
    test_name: "`Suite.Test`, as --gtest_filter takes it; the suite when its set-up or tear-down fails",
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
    sniff: Sniff::Lines(sniff),
    read,
};

const FAILED_PREFIX: &str = "[  FAILED  ] ";

/// The marks that end a test.
const RESULT_MARKERS: [(&str, Outcome); 3] = [
    ("[       OK ] ", Outcome::Passed),
    (FAILED_PREFIX, Outcome::Failed),
    ("[  SKIPPED ] ", Outcome::Skipped),
];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &str) -> bool {
    let begins = ["[==========] Running ", "[ RUN      ] "];
    head.lines().any(|line| begins.iter().any(|begin| line.starts_with(begin)))
}

/// Reads a whole output.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let message = BoundedText::default();
    let mut reader =
        GoogletestReader { builder, open: None, state: GoogletestState::Ended, failed: 0, message };
    let (line, read) = for_each_line(input, |number, RawLine { bytes, has_newline: ended, .. }| {
        if ended {
            reader.line(number, &decode_lossy(bytes));
        }
    });
    reader.close_test();
    let end = if reader.state == GoogletestState::Running {
        EndOfInput::Truncated
    } else {
        EndOfInput::Complete
    };
    reader.end_run(line);
    read.map_or_else(|error| ReadEnd::unreadable(line, &error), |()| ReadEnd { line, end })
}

struct GoogletestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    open: Option<(u32, String)>,
    state: GoogletestState,
    /// How many tests of the run failed, as the list at its end counts them.
    failed: u64,
    /// What the open test printed.
    message: BoundedText,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoogletestState {
    Running,
    /// The results are listed once more.
    Listing,
    Ended,
}

impl GoogletestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(rest) = line.strip_prefix("[==========] ") {
            match rest.strip_prefix("Running ") {
                Some(rest) => self.start_run(number, rest),
                None if rest.contains(" ran.") => self.state = GoogletestState::Listing,
                None => {}
            }
        } else if let Some(name) = line.strip_prefix("[ RUN      ] ") {
            self.close_test();
            if self.state != GoogletestState::Running {
                self.start_run(number, "");
            }
            self.open = Some((number, name.trim().to_owned()));
        } else if self.state == GoogletestState::Listing {
            if let Some((failed, suites)) = parse_failed_count(line) {
                self.failed = if suites { self.failed + failed } else { failed };
                self.builder.expect_failures(number, self.failed);
            }
            let suite = line.strip_prefix(FAILED_PREFIX).and_then(|rest| rest.split_once(": "));
            if let Some((suite, what)) = suite.filter(|(_, what)| what.starts_with("SetUpTest")) {
                self.builder.handle(number, Event::finished(suite, Outcome::Errored, what));
            }
        } else if let Some((outcome, output)) = self.parse_result(line) {
            self.message.push_line(output.as_bytes());
            if let Some((started, name)) = self.open.take() {
                self.finish(started, &name, outcome);
            }
        } else if self.open.is_some() {
            self.message.push_line(line.as_bytes());
        }
    }

    /// The outcome of the open test, and what stands before it on its line.
    fn parse_result<'l>(&self, line: &'l str) -> Option<(Outcome, &'l str)> {
        let (_, open) = self.open.as_ref()?;
        RESULT_MARKERS.iter().find_map(|(mark, outcome)| {
            let (output, rest) = line.split_at(line.rfind(mark)?);
            let rest = rest[mark.len()..].strip_prefix(open.as_str())?;
            (rest.is_empty() || rest.starts_with([' ', ','])).then_some((*outcome, output))
        })
    }

    fn finish(&mut self, line: u32, name: &str, outcome: Outcome) {
        let message = if outcome == Outcome::Passed { "" } else { self.message.text() };
        let location = if outcome.is_failing() { parse_location(message) } else { None };
        let (name, message) = (Cow::Borrowed(name), Cow::Borrowed(message));
        let attempt = Attempt::Final;
        let finished = Finished { name, outcome, attempt, message, location };
        self.builder.handle(line, Event::Finished(finished));
        self.message.clear();
    }

    fn start_run(&mut self, line: u32, rest: &str) {
        self.close_test();
        self.end_run(line);
        self.state = GoogletestState::Running;
        self.failed = 0;
        self.builder.handle(line, Event::SuiteStarted { name: None });
        let count = rest.split(' ').next().and_then(|count| count.parse().ok());
        if let Some(tests) = count {
            let scope = PlanScope::Children;
            self.builder.handle(line, Event::Plan { tests, scope });
        }
    }

    fn end_run(&mut self, line: u32) {
        if self.state != GoogletestState::Ended {
            self.builder.handle(line, Event::SuiteEnded);
            self.state = GoogletestState::Ended;
        }
    }

    /// Gives up the test that is open.
    fn close_test(&mut self) {
        if let Some((started, name)) = self.open.take() {
            self.builder.handle(started, Event::Started { name: name.into() });
        }
        self.message.clear();
    }
}

/// How many tests failed, in `[  FAILED  ] 5 tests, listed below:` and ` 5 FAILED TESTS`; or suites, in
/// ` 2 FAILED TEST SUITES`.
fn parse_failed_count(line: &str) -> Option<(u64, bool)> {
    if let Some(rest) = line.strip_prefix(FAILED_PREFIX) {
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
fn parse_location(message: &str) -> Option<SourceLocation<'_>> {
    let (file, line) = message.lines().find_map(|line| {
        let unix = line.strip_suffix(": Failure").and_then(|at| at.rsplit_once(':'));
        unix.or_else(|| line.split_once("): error").and_then(|(at, _)| at.rsplit_once('(')))
    })?;
    Some(SourceLocation { file: Cow::Borrowed(file), line: Some(line.parse().ok()?) })
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failure_only_in_the_summary_is_missed() {
        let run = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] A.b\n[       OK ] A.b (0 ms)\n\
            [==========] 1 test from 1 test suite ran. (0 ms total)\n[  PASSED  ] 0 tests.\n";
        let suite = "[  FAILED  ] S: SetUpTestSuite or TearDownTestSuite\n\n 1 FAILED TEST SUITE\n";
        assert_eq!(read_as("googletest", &format!("{run}{suite}")).1, []);
        let test = "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.z\n\n 1 FAILED TEST\n";
        let counts = |declared, actual| GapKind::CountMismatch {
            what: "failing tests".into(),
            declared,
            actual,
        };
        assert_eq!(read_as("googletest", &format!("{run}{test}")).1, [counts(1, 0)]);
        let both = read_as("googletest", &format!("{run}{test}{suite}"));
        assert_eq!(both.1, [counts(2, 1)]);
    }
}
