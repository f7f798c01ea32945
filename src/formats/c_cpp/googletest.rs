//! The output of a googletest program.
//!
//! Output of a test may precede a marker on the same line. The list at the end repeats the failures; only suites whose
//! set-up failed appear there alone.

use crate::formats::emit::{PendingTest, location, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder, SourceLocation};
use crate::syntax::for_each_line;

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
    totals: "",
    link: "https://google.github.io/googletest/primer.html",
    sniff: Sniff::Lines(|head| {
        let begins = ["[==========] Running ", "[ RUN      ] "];
        head.lines().any(|line| begins.iter().any(|begin| line.starts_with(begin)))
    }),
    read,
};

const FAILED_PREFIX: &str = "[  FAILED  ] ";

/// The markers that end a test.
const RESULT_MARKERS: [(&str, Outcome); 3] = [
    ("[       OK ] ", Outcome::Passed),
    (FAILED_PREFIX, Outcome::Failed),
    ("[  SKIPPED ] ", Outcome::Skipped),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        GoogletestReader { builder, open: None, state: GoogletestState::Ended, failed: 0 };
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text);
        }
    });
    reader.close_test();
    let is_complete = reader.state != GoogletestState::Running;
    reader.end_run(read.line);
    read.complete_if(is_complete)
}

struct GoogletestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The open test, with its output as the message.
    open: Option<PendingTest>,
    state: GoogletestState,
    /// How many tests of the run failed according to the list at its end.
    failed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoogletestState {
    Running,
    /// The failures are repeated.
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
            self.open = Some(PendingTest::new(number, name.trim(), Outcome::Unfinished));
        } else if self.state == GoogletestState::Listing {
            let suites = || Some(self.failed.saturating_add(parse_failed_suites(line)?));
            if let Some(failed) = parse_failed_tests(line).or_else(suites) {
                self.failed = failed;
                self.builder.expect_failures(number, self.failed);
            }
            let suite = line.strip_prefix(FAILED_PREFIX).and_then(|rest| rest.split_once(": "));
            if let Some((suite, what)) = suite.filter(|(_, what)| what.starts_with("SetUpTest")) {
                self.builder.handle(number, Event::finished(suite, Outcome::Errored, what));
            }
        } else if let Some(mut open) = self.open.take() {
            match parse_result(line, &open.name) {
                Some((outcome, output)) => {
                    open.message.push_line(output.as_bytes());
                    self.finish(PendingTest { outcome, ..open });
                }
                None => {
                    open.message.push_line(line.as_bytes());
                    self.open = Some(open);
                }
            }
        }
    }

    fn finish(&mut self, mut test: PendingTest) {
        if test.outcome == Outcome::Passed {
            test.message.clear();
        }
        let location = parse_location(test.message.text()).filter(|_| test.outcome.is_failing());
        test.record().at(location).emit(test.line, self.builder);
    }

    fn start_run(&mut self, line: u32, rest: &str) {
        self.close_test();
        self.end_run(line);
        self.state = GoogletestState::Running;
        self.failed = 0;
        self.builder.handle(line, Event::SuiteStarted { name: None });
        let count = rest.split(' ').next().and_then(|count| count.parse::<u64>().ok());
        self.builder.expect_children(line, count);
    }

    fn end_run(&mut self, line: u32) {
        if self.state != GoogletestState::Ended {
            self.builder.handle(line, Event::SuiteEnded);
            self.state = GoogletestState::Ended;
        }
    }

    /// Ends the open test without an outcome.
    fn close_test(&mut self) {
        if let Some(test) = self.open.take() {
            test_record::emit_started(&test.name, test.line, self.builder);
        }
    }
}

/// The outcome of the open test, and the output before it on the line.
fn parse_result<'l>(line: &'l str, open: &str) -> Option<(Outcome, &'l str)> {
    RESULT_MARKERS.iter().find_map(|(marker, outcome)| {
        let (output, rest) = line.split_at(line.rfind(marker)?);
        let rest = rest[marker.len()..].strip_prefix(open)?;
        (rest.is_empty() || rest.starts_with([' ', ','])).then_some((*outcome, output))
    })
}

/// The count in `[  FAILED  ] 5 tests, listed below:` or ` 5 FAILED TESTS`.
fn parse_failed_tests(line: &str) -> Option<u64> {
    let (count, labels) = match line.strip_prefix(FAILED_PREFIX) {
        Some(count) => (count, ["test, listed below:", "tests, listed below:"]),
        None => (line.trim(), ["FAILED TEST", "FAILED TESTS"]),
    };
    let (count, label) = count.split_once(' ')?;
    labels.contains(&label).then_some(count)?.parse().ok()
}

/// The count in ` 2 FAILED TEST SUITES`.
fn parse_failed_suites(line: &str) -> Option<u64> {
    let (count, label) = line.trim().split_once(' ')?;
    let label = label.strip_prefix("FAILED TEST ")?;
    ["SUITE", "SUITES", "CASE", "CASES"].contains(&label).then_some(count)?.parse().ok()
}

/// The location in `file.cc:62: Failure`, or in Visual C++'s `file.cc(62): error: `.
fn parse_location(message: &str) -> Option<SourceLocation<'_>> {
    message.lines().find_map(|line| match line.strip_suffix(": Failure") {
        Some(text) => location::parse(text, ":"),
        None => location::parse(line.split_once("): error")?.0, "("),
    })
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
