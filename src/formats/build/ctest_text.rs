//! What `ctest` prints on the console.
//!
//! Results count up to the number of tests, so a line that does not is output of a test, which may be that of another
//! ctest: with `--output-on-failure` it follows the result as it is, with `--verbose` after the test's number.
//!
//! <https://github.com/Kitware/CMake/blob/master/Source/CTest/cmCTestRunTest.cxx>

use super::ctest_line::{
    CtestSummary, OUTCOMES, ResultLine, parse_listed, parse_output, parse_start, parse_status,
    strip_time,
};
use crate::formats::emit::{TestCase, unknown};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{BoundedText, for_each_line};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ctest-text"],
    title: "What `ctest` prints, also with -V, --output-on-failure or --repeat",
    test_name: "the test's name",
    outcomes: &OUTCOMES,
    incomplete: "no `Total Test time`; fewer results than their counter's total, as with --stop-on-failure",
    totals: "the total of the results' counter; `NN% tests passed, N tests failed out of N`; the lists of tests that \
             failed and that did not run",
    link: "https://cmake.org/cmake/help/latest/manual/ctest.1.html",
    sniff: Sniff::Lines(|head| {
        head.lines().any(|line| {
            let is_counted = |result: ResultLine<'_>| result.counter.is_some();
            ResultLine::parse(line).is_some_and(is_counted) || CtestSummary::parse(line).is_some()
        })
    }),
    read,
};

/// The most tests of a run, and the most that run at the same time.
const MAX_TESTS: usize = 200_000;
const MAX_RUNNING: usize = 10_000;

/// What ctest prints of a test with `--verbose` that is not the test's output.
const VERBOSE_NOTES: [&str; 4] = [
    "Test command: ",
    "Working Directory: ",
    "Test timeout computed to be: ",
    "Environment variables: ",
];

/// The status of tests that the summary leaves out.
const DISABLED: &str = "***Not Run (Disabled)";

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = CtestTextReader { builder, run: CtestRun::default() };
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text);
        }
    });
    let is_complete = reader.run.ended;
    reader.end_run(read.line);
    read.complete_if(is_complete)
}

struct CtestTextReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    run: CtestRun,
}

/// A run of ctest; a file may have several.
#[derive(Default)]
struct CtestRun {
    /// The counter of the last result, and its total.
    count: u64,
    total: Option<u64>,
    tests: BTreeMap<u64, TestCase>,
    running: BTreeMap<u64, RunningTest>,
    /// The test that the next lines are about.
    current: Option<u64>,
    /// Whether its status is not in the line of its name.
    has_late_status: bool,
    summary: Option<CtestSummary>,
    /// The tests in the lists after the summary: number, name, outcome.
    listed: Vec<(u64, String, Outcome)>,
    /// The number of disabled tests, which the summary leaves out.
    disabled: u64,
    failing: u64,
    reports_errors: bool,
    /// Whether it printed its time, which is last but for the lists.
    ended: bool,
}

struct RunningTest {
    line: u32,
    name: String,
    output: BoundedText,
}

impl CtestTextReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if self.run.ended && line.starts_with("Test project ") {
            self.end_run(number);
        } else if self.run.summary.is_some() {
            self.run.end_line(line);
        } else if let Some(result) = ResultLine::parse(line).filter(|r| self.run.is_own(r)) {
            self.run.add_result(number, &result);
        } else if let Some((test, name)) = parse_start(line) {
            self.run.start(number, test, name);
        } else if let Some(summary) =
            CtestSummary::parse(line).filter(|s| self.run.is_own_summary(s))
        {
            self.run.summary = Some(summary);
            self.run.current = None;
        } else if self.run.has_late_status && line.starts_with("***") {
            self.run.add_late_status(line);
        } else if is_verbose_start(line) {
            self.run.current = None;
        } else {
            self.run.add_output(line);
        }
    }

    fn end_run(&mut self, line: u32) {
        let mut run = std::mem::take(&mut self.run);
        if run.tests.is_empty() && run.running.is_empty() && run.summary.is_none() {
            return;
        }
        self.builder.handle(line, Event::SuiteStarted { name: None });
        run.add_listed(line);
        run.declare(line, self.builder);
        for mut test in run.tests.into_values() {
            // What `--repeat until-fail` ends with is no flaky test; equal failures are one.
            if test.outcome.is_some_and(Outcome::is_failing) {
                let last = test.outcome;
                test.earlier_attempts
                    .retain(|earlier| earlier.is_failing() && Some(*earlier) != last);
            }
            test.emit(self.builder);
        }
        for test in run.running.into_values().filter(|_| run.summary.is_none()) {
            self.builder.handle(test.line, Event::Started { name: test.name.into() });
        }
        self.builder.handle(line, Event::SuiteEnded);
    }
}

/// `test 1`, which `--verbose` prints before `Start`.
fn is_verbose_start(line: &str) -> bool {
    line.strip_prefix("test ").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}

impl CtestRun {
    /// Whether a result is the next one of this run.
    fn is_own(&self, result: &ResultLine<'_>) -> bool {
        match (result.counter, self.total) {
            (Some(_), None) => true,
            (Some((count, total)), Some(known)) => total == known && count == self.count + 1,
            (None, _) => {
                // With `--repeat until-fail` also the first result, as long as another may follow.
                let known = self.tests.get(&result.number).map(|test| &test.name);
                let running = self.running.get(&result.number).map(|test| &test.name);
                known.or(running).is_some_and(|name| result.rest.starts_with(name))
            }
        }
    }

    /// Whether a summary is that of this run: of all its tests, or of those that ended.
    fn is_own_summary(&self, summary: &CtestSummary) -> bool {
        let ended = self.tests.len() as u64;
        self.total.is_none_or(|total| self.count == total)
            || (summary.tests.checked_add(self.disabled) == Some(ended)
                && summary.failed == self.failing)
    }

    fn start(&mut self, line: u32, number: u64, name: &str) {
        let has_other_name = self.tests.get(&number).is_some_and(|test| test.name != name);
        if !has_other_name && self.running.len() < MAX_RUNNING {
            let test = RunningTest { line, name: name.to_owned(), output: BoundedText::default() };
            self.running.insert(number, test);
            self.current = Some(number);
        }
    }

    fn add_result(&mut self, line: u32, result: &ResultLine<'_>) {
        if let Some((count, total)) = result.counter {
            (self.count, self.total) = (count, Some(total));
        }
        let running = self.running.remove(&result.number);
        let (name, status) = result.split(running.as_ref().map(|test| test.name.as_str()));
        let (outcome, text) = parse_status(status);
        if self.tests.len() == MAX_TESTS {
            return;
        }
        self.disabled += u64::from(status.starts_with(DISABLED));
        let test = self.tests.entry(result.number).or_insert_with(|| TestCase::new(line, name));
        let earlier = test.outcome.filter(|outcome| !test.earlier_attempts.contains(outcome));
        test.earlier_attempts.extend(earlier);
        self.failing -= u64::from(test.outcome.is_some_and(Outcome::is_failing));
        test.line = line;
        test.outcome = Some(outcome.unwrap_or(Outcome::Failed));
        self.failing += u64::from(test.outcome.is_some_and(Outcome::is_failing));
        test.message.clear();
        test.add_message(&match outcome {
            Some(_) => text,
            None => unknown("status", &text),
        });
        if outcome != Some(Outcome::Passed) {
            test.add_message(running.as_ref().map_or("", |test| test.output.text()));
        }
        self.current = Some(result.number);
        self.has_late_status = outcome.is_none();
    }

    /// Ends a test whose status is in a line of its own: on Windows, the text of an exception ends with a line.
    fn add_late_status(&mut self, line: &str) {
        self.has_late_status = false;
        let test = self.current.and_then(|current| self.tests.get_mut(&current));
        if let (Some(test), (Some(outcome), text)) = (test, parse_status(line)) {
            let message = test.message.text().replacen("unknown status ", "", 1);
            // It counted as a failure.
            self.failing -= u64::from(!outcome.is_failing());
            self.disabled += u64::from(line.starts_with(DISABLED));
            test.outcome = Some(outcome);
            test.message.clear();
            test.add_message(message.trim_matches('`'));
            test.add_message(&text);
        }
    }

    /// Adds a line to the output of the test that printed it.
    fn add_output(&mut self, line: &str) {
        let verbose = parse_output(line).filter(|(number, _)| self.running.contains_key(number));
        let (number, text) = match (verbose, self.current) {
            (Some((_, text)), _) if VERBOSE_NOTES.iter().any(|note| text.starts_with(note)) => {
                return;
            }
            (Some(found), _) => found,
            (None, Some(current)) => (current, strip_time(line)),
            (None, None) => return,
        };
        if let Some(running) = self.running.get_mut(&number) {
            running.output.push_line(text.as_bytes());
        } else if let Some(test) = self.tests.get_mut(&number)
            && test.outcome.is_some_and(Outcome::is_failing)
        {
            test.message.push_line(text.as_bytes());
        }
    }

    /// A line after the summary. If there is another summary, the one before was output.
    fn end_line(&mut self, line: &str) {
        if let Some(summary) = CtestSummary::parse(line) {
            self.summary = Some(summary);
            self.listed.clear();
        } else if let Some((number, name, outcome)) = parse_listed(line) {
            if self.listed.len() < MAX_TESTS {
                self.listed.push((number, name.to_owned(), outcome));
            }
        } else if line.starts_with("Total Test time (real) =") {
            self.ended = true;
        }
        self.reports_errors |= line == "Errors while running CTest";
    }

    /// What the lists name has failed, also without a result.
    fn add_listed(&mut self, line: u32) {
        for (number, name, outcome) in &self.listed {
            let new = || TestCase { outcome: Some(*outcome), ..TestCase::new(line, name.as_str()) };
            let test = self.tests.entry(*number).or_insert_with(new);
            let has_passed = test.outcome.is_none_or(|known| !known.is_failing());
            if outcome.is_failing() && has_passed && test.name == *name {
                test.outcome = Some(*outcome);
            }
        }
    }

    fn declare(&self, line: u32, builder: &mut RunBuilder<'_>) {
        let (tests, failed, percent) = match &self.summary {
            Some(summary) => {
                (summary.tests.saturating_add(self.disabled), summary.failed, summary.percent)
            }
            None => (0, 0, 100),
        };
        builder.expect_tests(line, self.total.unwrap_or(0).max(tests));
        let failures =
            self.listed.iter().filter(|(_, _, outcome)| outcome.is_failing()).count() as u64;
        builder.expect_failures(line, failed.max(failures));
        builder.expect_skips(line, self.listed.len() as u64 - failures);
        if percent < 100 {
            builder.expect_a_failure(line, &format!("{percent}% tests passed"));
        } else if self.reports_errors {
            builder.expect_a_failure(line, "Errors while running CTest");
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn status_may_be_in_the_next_line() {
        let run = "Test project C:/b\n    Start 1: a\n\
            1/1 Test #1: a ........Exit code 0xc0000135\n***Exception:   0.02 sec\n\n\
            0% tests passed, 1 tests failed out of 1\n\nTotal Test time (real) =   0.02 sec\n";
        let read = read_as("ctest-text", run);
        assert_eq!(read.0, ["crashed a: Exit code 0xc0000135"]);
        assert_eq!(read.1, []);
    }

    #[test]
    fn results_of_repetitions_have_no_counter() {
        let run = "Test project /o\n    Start 1: a\n    Test #1: a ....   Passed    0.01 sec\n    Start 1: a\n\
            1/2 Test #1: a ....   Passed    0.01 sec\n    Start 2: b\n    Test #2: b ...***Failed    0.01 sec\n\
            \n50% tests passed, 1 tests failed out of 2\n\nTotal Test time (real) =   0.02 sec\n\n\
            The following tests FAILED:\n\t  2 - b (Failed)\nErrors while running CTest\n";
        let read = read_as("ctest-text", run);
        assert_eq!(
            (read.0.as_slice(), read.1),
            (&["~passed a", "passed a", "failed b"].map(str::to_owned)[..], vec![])
        );
    }

    #[test]
    fn results_of_another_run_are_output() {
        let inner = "Test project /i\n    Start 1: x\n1/1 Test #1: x ......   Passed    0.01 sec\n\n\
            100% tests passed, 0 tests failed out of 1\n\nTotal Test time (real) =   0.01 sec\n\n";
        let run = format!(
            "Test project /o\n1/2 Test #1: a ......***Failed    0.01 sec\n{inner}\
             2/2 Test #2: b ......   Passed    0.01 sec\n\n\
             50% tests passed, 1 tests failed out of 2\n\nTotal Test time (real) =   0.02 sec\n"
        );
        let read = read_as("ctest-text", &run);
        assert!(read.0[0].starts_with("failed a: Test project /i"), "{:?}", read.0);
        assert_eq!((&read.0[1..], read.1), (&["passed b".to_owned()][..], vec![]));
    }
}
