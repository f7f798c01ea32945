//! The output of a googletest program.
//!
//! Output of a test may precede a marker on the same line, or tear it in two. The lists and counts at the end repeat
//! the outcomes; suites whose set-up failed appear there alone. A googletest program that a test starts prints the same
//! lines: they are output if the test goes on after them.

use crate::formats::emit::{PendingTest, location, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder, SourceLocation};
use crate::syntax::for_each_line;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["googletest", "gtest"],
    title: "googletest's output",
    test_name: "`Suite.Test`, as --gtest_filter takes it; the suite when its set-up or tear-down fails",
    outcomes: &OUTCOMES,
    incomplete: "a test without an outcome, unless the end names it; no `N tests ran`; a failure outside any \
                 test. Suites that are disabled as a whole are not named",
    totals: "tests of the run and of each suite; tests that passed, failed and were skipped; failed suites",
    link: "https://google.github.io/googletest/primer.html",
    sniff: Sniff::Lines(|head| {
        let begins = ["[==========] Running ", RUN];
        let is_summary = |line: &str| line.starts_with(BANNER) && line.contains(" ran. (");
        head.lines()
            .any(|line| begins.iter().any(|begin| line.starts_with(begin)) || is_summary(line))
    }),
    read,
};

/// The markers of outcomes, then what has none.
const OUTCOMES: [(&str, Outcome); 6] = [
    ("[       OK ]", Outcome::Passed),
    ("[  FAILED  ]", Outcome::Failed),
    ("[  SKIPPED ]", Outcome::Skipped),
    (DISABLED, Outcome::Skipped),
    ("a suite whose SetUpTestSuite or TearDownTestSuite failed", Outcome::Errored),
    ("[ RUN      ] without an outcome", Outcome::Unfinished),
];

const BANNER: &str = "[==========] ";
const SUITE: &str = "[----------] ";
const RUN: &str = "[ RUN      ] ";
const FAILED: &str = "[  FAILED  ] ";
const PASSED: &str = "[  PASSED  ] ";
const SKIPPED: &str = "[  SKIPPED ] ";
const DISABLED: &str = "[ DISABLED ]";

/// The most tests without an outcome that wait for the lists at the end, and the most failures that are remembered.
const MAX_TORN: usize = 1_000;
const MAX_FAILED: usize = 100_000;
/// The maximum length of a marker that is not known.
const MAX_MARKER_LEN: usize = 32;
/// The maximum size in bytes of lines that may be those of a program that a test started.
const MAX_NESTED_BYTES: usize = 256 << 10;
/// How often lines are read again; after that, each program is the next one.
const MAX_REPLAYS: u32 = 100;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = GoogletestReader::new(builder);
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text);
        }
    });
    while reader.nested.is_some() {
        reader.give_up_nested();
    }
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
    run: GoogletestRun,
    /// Lines after the start of another program inside the open test.
    nested: Option<NestedLines>,
    /// How often such lines were read again, because they were not inside a test.
    replays: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoogletestState {
    Running,
    /// The outcomes are repeated; the list of this outcome is read.
    Listing(Option<Outcome>),
    Ended,
}

/// What is known of a run.
#[derive(Default)]
struct GoogletestRun {
    /// How many tests run according to the first line and the last.
    declared: Option<u64>,
    declared_passed: Option<u64>,
    declared_skipped: u64,
    declared_failed: u64,
    declared_failed_suites: u64,
    /// How many results there are, those of disabled tests and of suites included.
    seen: u64,
    passed: u64,
    disabled: u64,
    failed_suites: u64,
    /// How many tests the open suite declares and how many of its results there are.
    suite: (u64, u64),
    /// How many tests of the suites that ended are missing.
    missing: u64,
    /// Tests whose outcome was torn, with their outcome if a list has them.
    torn: Vec<PendingTest>,
    /// Where in `torn` the last test of a name is.
    torn_indices: BTreeMap<String, usize>,
    failed: BTreeSet<String>,
}

/// Lines that are either output of the open test, or follow its crash or its torn outcome.
#[derive(Default)]
struct NestedLines {
    /// Whether a program starts with them, and not a single test.
    is_program: bool,
    lines: Vec<(u32, String)>,
    bytes: usize,
    /// The test that is open in them; empty if none is.
    open: String,
    is_listing: bool,
}

impl<'b, 's> GoogletestReader<'b, 's> {
    fn new(builder: &'b mut RunBuilder<'s>) -> Self {
        let (state, run) = (GoogletestState::Ended, GoogletestRun::default());
        GoogletestReader { builder, open: None, state, run, nested: None, replays: 0 }
    }

    fn line(&mut self, number: u32, line: &str) {
        if self.nested.is_some() {
            return self.nested_line(number, line);
        }
        match self.open.take() {
            Some(open) => self.line_in_test(number, line, open),
            None => self.line_outside_tests(number, line),
        }
    }

    fn line_in_test(&mut self, number: u32, line: &str, mut open: PendingTest) {
        if let Some((outcome, output)) = parse_outcome(line, &open.name) {
            open.message.push_line(output.as_bytes());
            return self.finish(PendingTest { outcome, ..open });
        }
        let is_program = line.starts_with("[==========] Running ");
        let is_next = is_program && self.replays >= MAX_REPLAYS;
        if is_next || line.strip_prefix(BANNER).is_some_and(is_end_of_run) {
            self.add_torn(open);
            return self.line_outside_tests(number, line);
        }
        if is_program || line.starts_with(RUN) {
            let mut nested = NestedLines { is_program, ..NestedLines::default() };
            nested.add(number, line);
            self.nested = Some(nested);
            self.open = Some(open);
            return;
        }
        open.message.push_line(line.as_bytes());
        self.open = Some(open);
    }

    fn line_outside_tests(&mut self, number: u32, line: &str) {
        if let Some(rest) = line.strip_prefix(BANNER) {
            match rest.strip_prefix("Running ") {
                Some(rest) => self.start_run(number, parse_count(rest)),
                None if is_end_of_run(rest) => self.start_lists(number, rest),
                None => {}
            }
        } else if let Some((_, name)) = line.rsplit_once(RUN) {
            if self.state != GoogletestState::Running {
                self.start_run(number, None);
            }
            self.open = Some(PendingTest::new(number, name.trim(), Outcome::Unfinished));
        } else if let GoogletestState::Listing(list) = self.state {
            self.line_of_lists(number, line, list);
        } else if let Some(rest) = line.strip_prefix(SUITE) {
            self.suite_line(rest);
        } else if let Some(name) = line.strip_prefix(DISABLED) {
            self.run.count();
            self.run.disabled += 1;
            self.builder.handle(number, Event::finished(name.trim(), Outcome::Skipped, ""));
        } else {
            self.other_line(number, line);
        }
    }

    /// An outcome whose start is lost, or a failure in the environment of the tests.
    fn other_line(&mut self, number: u32, line: &str) {
        if let Some((outcome, name)) = parse_whole_outcome(line) {
            if self.state != GoogletestState::Running {
                self.start_run(number, None);
            }
            self.finish(PendingTest::new(number, name, outcome));
        } else if line.ends_with(": Failure") && parse_location(line).is_some() {
            let what = format!("a failure outside any test: {line}");
            self.builder.expect_a_failure(number, &what);
        }
    }

    /// A suite begins or ends: `3 tests from A, where TypeParam = int`, `3 tests from A (0 ms total)`.
    fn suite_line(&mut self, rest: &str) {
        let is_suite = rest.contains(" from ");
        match parse_count(rest).filter(|_| is_suite) {
            Some(count) if rest.ends_with(" ms total)") => {
                self.run.suite.0 = self.run.suite.0.max(count);
                self.run.end_suite();
            }
            Some(count) => {
                self.run.end_suite();
                self.run.suite = (count, 0);
            }
            None => {}
        }
    }

    fn line_of_lists(&mut self, number: u32, line: &str, list: Option<Outcome>) {
        if parse_whole_outcome(line).is_some() {
            // Of the next program, which prints failures alone.
            self.other_line(number, line);
        } else if let Some(count) = line.strip_prefix(PASSED).and_then(parse_count) {
            self.run.declared_passed = Some(count);
        } else if let Some(count) = line.strip_prefix(SKIPPED).and_then(parse_count) {
            self.run.declared_skipped = count;
            self.state = GoogletestState::Listing(Some(Outcome::Skipped));
        } else if let Some(count) = line.strip_prefix(FAILED).and_then(parse_count) {
            self.run.declared_failed = self.run.declared_failed.max(count);
            self.state = GoogletestState::Listing(Some(Outcome::Failed));
        } else if let Some(count) = parse_footer(line, &["FAILED TEST", "FAILED TESTS"]) {
            self.run.declared_failed = self.run.declared_failed.max(count);
        } else if let Some(count) = parse_footer(line, &FAILED_SUITES) {
            self.run.declared_failed_suites = count;
        } else if let Some(rest) = line.strip_prefix(FAILED) {
            self.failed_item(number, rest);
        } else if let (Some(name), Some(list)) = (line.strip_prefix(SKIPPED), list) {
            self.run.name_torn(name, list);
        }
    }

    /// An item of the list of failures: `A.b`, `A/0.b, where TypeParam = int`, `A: SetUpTestSuite or …`.
    fn failed_item(&mut self, number: u32, item: &str) {
        if let Some((suite, what)) = item.split_once(": ").filter(|(_, what)| is_set_up(what)) {
            self.run.seen += 1;
            self.run.failed_suites += 1;
            return self.builder.handle(number, Event::finished(suite, Outcome::Errored, what));
        }
        let name = item.split(", where ").next().unwrap_or(item).trim();
        if self.run.failed.contains(name) || self.run.name_torn(name, Outcome::Failed) {
            return;
        }
        if self.run.failed.len() < MAX_FAILED {
            self.finish(PendingTest::new(number, name, Outcome::Failed));
        }
    }

    fn finish(&mut self, mut test: PendingTest) {
        self.run.count();
        self.run.passed += u64::from(test.outcome == Outcome::Passed);
        if test.outcome == Outcome::Passed {
            test.message.clear();
        }
        if test.outcome.is_failing() && self.run.failed.len() < MAX_FAILED {
            self.run.failed.insert(test.name.clone());
        }
        let location = parse_location(test.message.text()).filter(|_| test.outcome.is_failing());
        test.record().at(location).emit(test.line, self.builder);
    }

    fn start_run(&mut self, line: u32, declared: Option<u64>) {
        self.end_run(line);
        self.state = GoogletestState::Running;
        self.run.declared = declared;
        self.builder.handle(line, Event::SuiteStarted { name: None });
    }

    /// `3 tests from 2 test suites ran. (0 ms total)`
    fn start_lists(&mut self, line: u32, rest: &str) {
        if self.state != GoogletestState::Running {
            self.start_run(line, None);
        }
        self.run.end_suite();
        self.run.declared = self.run.declared.max(parse_count(rest));
        self.state = GoogletestState::Listing(None);
    }

    fn end_run(&mut self, line: u32) {
        let mut run = std::mem::take(&mut self.run);
        if self.state == GoogletestState::Ended {
            return;
        }
        self.state = GoogletestState::Ended;
        run.end_suite();
        for test in run.resolve_torn() {
            if test.outcome == Outcome::Unfinished {
                test_record::emit_started(&test.name, test.line, self.builder);
            } else {
                test.emit(self.builder);
            }
        }
        self.builder.expect_tests(line, run.expected_tests());
        let failed = run.declared_failed.saturating_add(run.declared_failed_suites);
        self.builder.expect_failures(line, failed);
        self.builder.expect_skips(line, run.declared_skipped.saturating_add(run.disabled));
        self.builder.handle(line, Event::SuiteEnded);
    }

    /// The open test has no outcome, as far as is known.
    fn close_test(&mut self) {
        if let Some(test) = self.open.take() {
            self.add_torn(test);
        }
    }

    fn add_torn(&mut self, test: PendingTest) {
        if self.run.torn.len() < MAX_TORN {
            self.run.count();
            self.run.torn_indices.insert(test.name.clone(), self.run.torn.len());
            self.run.torn.push(test);
        } else {
            test_record::emit_started(&test.name, test.line, self.builder);
        }
    }

    /// A line after the start of another program or test, while a test is open.
    fn nested_line(&mut self, number: u32, line: &str) {
        let (Some(nested), Some(open)) = (&mut self.nested, &mut self.open) else { return };
        let outcome = parse_outcome(line, &open.name).filter(|_| nested.may_end_outer(line));
        if let Some((outcome, output)) = outcome.filter(|_| nested.open != open.name) {
            let lines = nested.lines.iter().map(|(_, line)| line.as_str());
            lines.chain([output]).for_each(|line| open.message.push_line(line.as_bytes()));
            let name = std::mem::take(&mut open.name);
            let test = PendingTest::new(open.line, name, outcome);
            let test = PendingTest { message: std::mem::take(&mut open.message), ..test };
            (self.nested, self.open) = (None, None);
            return self.finish(test);
        }
        let is_next = !nested.is_program && nested.is_next(line);
        nested.add(number, line);
        if is_next || nested.bytes > MAX_NESTED_BYTES {
            self.give_up_nested();
        }
    }

    /// The open test had crashed or has a torn outcome, and the lines after it are those of the next.
    fn give_up_nested(&mut self) {
        let Some(nested) = self.nested.take() else { return };
        self.replays += u32::from(nested.is_program);
        self.close_test();
        for (number, line) in nested.lines {
            self.line(number, &line);
        }
    }
}

impl GoogletestRun {
    fn count(&mut self) {
        self.seen += 1;
        self.suite.1 += 1;
    }

    fn end_suite(&mut self) {
        let (declared, seen) = std::mem::take(&mut self.suite);
        self.missing = self.missing.saturating_add(declared.saturating_sub(seen));
    }

    /// Sets the outcome of a torn test of this name; whether there is one.
    fn name_torn(&mut self, name: &str, outcome: Outcome) -> bool {
        let index = self.torn_indices.get(name.trim());
        let test = index.and_then(|index| self.torn.get_mut(*index));
        let found = test.is_some();
        if let Some(test) = test {
            test.outcome = outcome;
        }
        found
    }

    /// The torn tests. Those that no list has passed if that many more passed than were seen to.
    fn resolve_torn(&mut self) -> Vec<PendingTest> {
        let mut torn = std::mem::take(&mut self.torn);
        let unknown = |test: &&mut PendingTest| test.outcome == Outcome::Unfinished;
        let count = torn.iter_mut().filter(unknown).count() as u64;
        if count > 0 && self.declared_passed == Some(self.passed + count) {
            self.passed += count;
            for test in torn.iter_mut().filter(unknown) {
                test.outcome = Outcome::Passed;
                test.message.clear();
            }
        }
        torn
    }

    /// The most tests that any of the totals needs.
    fn expected_tests(&self) -> Option<u64> {
        let unplanned = self.disabled + self.failed_suites;
        let declared = self.declared.map(|tests| tests.saturating_add(unplanned));
        let others = self.seen - self.passed;
        let passed = self.declared_passed.map(|passed| passed.saturating_add(others));
        let suites = Some(self.seen.saturating_add(self.missing)).filter(|_| self.missing > 0);
        declared.max(passed).max(suites)
    }
}

impl NestedLines {
    fn add(&mut self, number: u32, line: &str) {
        if let Some((_, name)) = line.rsplit_once(RUN) {
            name.trim().clone_into(&mut self.open);
        } else if self.ends_open(line) {
            self.open.clear();
        } else if let Some(rest) = line.strip_prefix(BANNER) {
            self.is_listing = is_end_of_run(rest);
        }
        self.bytes += size_of::<(u32, String)>() + line.len();
        self.lines.push((number, line.to_owned()));
    }

    fn ends_open(&self, line: &str) -> bool {
        !self.open.is_empty() && parse_outcome(line, &self.open).is_some()
    }

    /// Whether an outcome on this line may be that of the test around, and is not an item of a list.
    fn may_end_outer(&self, line: &str) -> bool {
        !self.is_listing || line.ends_with(" ms)") || line.contains(OUTCOMES[0].0)
    }

    /// Whether the run goes on after the start of a test: it was no output.
    fn is_next(&self, line: &str) -> bool {
        line.starts_with(RUN) || line.starts_with(BANNER) || self.ends_open(line)
    }
}

fn is_end_of_run(rest: &str) -> bool {
    rest.contains(" ran.")
}

fn is_set_up(what: &str) -> bool {
    what.starts_with("SetUpTest")
}

/// The outcome of the open test, and the output before it on the line. A marker that is not known is a failure.
fn parse_outcome<'l>(line: &'l str, open: &str) -> Option<(Outcome, &'l str)> {
    line.rmatch_indices("] ").find_map(|(at, _)| {
        let rest = line[at + 2..].strip_prefix(open)?;
        if !rest.is_empty() && !rest.starts_with([' ', ',']) {
            return None;
        }
        let before = &line[..=at];
        let known = OUTCOMES.iter().find_map(|(marker, outcome)| {
            before.strip_suffix(marker).map(|output| (*outcome, output))
        });
        known.or_else(|| {
            let mut bytes = before.bytes().rev().take(MAX_MARKER_LEN);
            let has_marker = rest.ends_with(" ms)") && bytes.any(|byte| byte == b'[');
            has_marker.then_some((Outcome::Failed, line))
        })
    })
}

/// The outcome in a whole line with its time: `[       OK ] A.b (0 ms)`.
fn parse_whole_outcome(line: &str) -> Option<(Outcome, &str)> {
    let (marker, rest) = line.split_at_checked(OUTCOMES[0].0.len())?;
    let outcome = test_record::lookup(&OUTCOMES, marker)?;
    let (name, _) = rest.strip_suffix(" ms)")?.rsplit_once(" (")?;
    let name = name.split(", where ").next().unwrap_or(name).trim();
    name.contains('.').then_some((outcome, name))
}

/// The number at the start of `5 tests from …` or `5 tests, listed below:`.
fn parse_count(rest: &str) -> Option<u64> {
    let (count, label) = rest.split_once(' ')?;
    label.starts_with("test").then_some(count)?.parse().ok()
}

const FAILED_SUITES: [&str; 4] =
    ["FAILED TEST SUITE", "FAILED TEST SUITES", "FAILED TEST CASE", "FAILED TEST CASES"];

/// The number in ` 5 FAILED TESTS`.
fn parse_footer(line: &str, labels: &[&str]) -> Option<u64> {
    let (count, label) = line.trim().split_once(' ')?;
    labels.contains(&label).then_some(count)?.parse().ok()
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

    const RAN: &str = "[==========] 2 tests from 1 test suite ran. (0 ms total)\n";

    /// A run of the tests A.a and A.b.
    fn run(lines: &str, end: &str) -> String {
        format!("[==========] Running 2 tests from 1 test suite.\n{lines}{RAN}{end}")
    }

    #[test]
    fn failure_only_in_the_list_is_a_result() {
        let passed = "[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n";
        let suite = "[  FAILED  ] S: SetUpTestSuite or TearDownTestSuite\n\n 1 FAILED TEST SUITE\n";
        let test = "[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.b\n";
        let both = read_as("googletest", &run(passed, &format!("{test}{suite} 1 FAILED TEST\n")));
        let errored = "errored S: SetUpTestSuite or TearDownTestSuite";
        assert_eq!(both.0, ["passed A.a", "failed A.b", errored]);
        assert_eq!(both.1, []);
        let more = read_as("googletest", &run(passed, &format!("{test} 2 FAILED TESTS\n")));
        assert_eq!(more.1.len(), 1);
    }

    #[test]
    fn torn_outcomes_are_those_of_the_summary() {
        let torn = "[ RUN      ] A.a\n[       OK ] output\nA.a (0 ms)\n\
                    [ RUN      ] A.b\nmore[       OK ] A.b (0 ms)\n";
        let read = |end: &str| read_as("googletest", &run(torn, end));
        let passed = read("[  PASSED  ] 2 tests.\n");
        assert_eq!((passed.0, passed.1), (vec!["passed A.b".into(), "passed A.a".into()], vec![]));
        let list = "[  PASSED  ] 1 test.\n[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.a\n";
        assert_eq!(read(list).0[1].lines().next(), Some("failed A.a: [       OK ] output"));
        let skips = "[  PASSED  ] 1 test.\n[  SKIPPED ] 1 test, listed below:\n[  SKIPPED ] A.a\n";
        assert!(read(skips).0[1].starts_with("skipped A.a"));
        assert_eq!(read("").0, ["passed A.b", "unfinished A.a"]);
        assert_eq!(read("[  PASSED  ] 1 test.\n").0[1], "unfinished A.a");
    }

    #[test]
    fn start_may_follow_output_and_be_lost() {
        let lines = "half a line[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n[ RUN  torn\n    ] A.b\n\
                     a.cc:3: Failure\n[  FAILED  ] A.b, where GetParam() = (1) (0 ms)\n";
        let end = "[  PASSED  ] 1 test.\n[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.b, where GetParam() = (1)\n";
        let read = read_as("googletest", &run(lines, end));
        assert_eq!((read.0, read.1), (vec!["passed A.a".into(), "failed A.b".into()], vec![]));
    }

    #[test]
    fn a_program_that_a_test_starts_is_output() {
        let inner = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] I.x\n\
                     [  FAILED  ] I.x (0 ms)\n[==========] 1 test from 1 test suite ran. (0 ms total)\n\
                     [  FAILED  ] 1 test, listed below:\n[  FAILED  ] I.x\n";
        let outer = format!("[ RUN      ] A.a\n{inner}[       OK ] A.a (0 ms)\n");
        let start = "[ RUN      ] A.b\n[ RUN      ] X.y\n[       OK ] A.b (0 ms)\n";
        let read =
            read_as("googletest", &run(&format!("{outer}{start}"), "[  PASSED  ] 2 tests.\n"));
        assert_eq!((read.0, read.1), (vec!["passed A.a".into(), "passed A.b".into()], vec![]));
        let failed = format!("[ RUN      ] A.a\n{inner}[  FAILED  ] A.a (0 ms)\n");
        let read = read_as("googletest", &run(&failed, "[  PASSED  ] 1 test.\n"));
        assert!(read.0[0].contains("I.x (0 ms)"), "{:?}", read.0);
    }

    #[test]
    fn a_program_after_a_crash_is_not_output() {
        let crashed = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] A.a\nSegmentation fault\n";
        let again = "[==========] Running 1 test from 1 test suite.\n[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n\
                     [==========] 1 test from 1 test suite ran. (0 ms total)\n[  PASSED  ] 1 test.\n";
        let read = read_as("googletest", &format!("{crashed}{again}"));
        assert_eq!(read.0, ["unfinished A.a", "passed A.a"]);
    }

    #[test]
    fn totals_are_compared() {
        let lines = "[----------] 2 tests from A\n[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n[ DISABLED ] A.c\n\
                     [ RUN      ] A.b\n[  SKIPPED ] A.b (0 ms)\n[----------] 2 tests from A (0 ms total)\n";
        let end = "[  PASSED  ] 1 test.\n[  SKIPPED ] 1 test, listed below:\n[  SKIPPED ] A.b\n";
        let text = run(lines, end);
        assert_eq!(read_as("googletest", &text).1, []);
        for (total, more) in [
            ("Running 2", "Running 3"),
            ("2 tests from 1 test suite ran", "3 tests from 1 test suite ran"),
            ("PASSED  ] 1", "PASSED  ] 2"),
            ("SKIPPED ] 1", "SKIPPED ] 2"),
        ] {
            let raised = text.replace(total, more);
            assert_ne!(raised, text);
            assert_eq!(read_as("googletest", &raised).1.len(), 1, "{total}");
        }
    }

    #[test]
    fn a_failure_outside_any_test_is_a_gap() {
        let lines = "[ RUN      ] A.a\n[       OK ] A.a (0 ms)\n[ RUN      ] A.b\n[       OK ] A.b (0 ms)\n\
                     [----------] Global test environment tear-down\nenv.cc:7: Failure\nFailed\n";
        let gaps = read_as("googletest", &run(lines, "[  PASSED  ] 2 tests.\n")).1;
        assert!(matches!(&gaps[..], [GapKind::ReportedFailure { .. }]), "{gaps:?}");
    }

    #[test]
    fn an_unknown_marker_is_a_failure() {
        let lines = "[ RUN      ] A.a\n[   MAYBE  ] A.a (0 ms)\n[ RUN      ] A.b\n[       OK ] A.b (0 ms)\n";
        let read = read_as("googletest", &run(lines, "[  PASSED  ] 2 tests.\n"));
        assert_eq!(read.0, ["failed A.a: [   MAYBE  ] A.a (0 ms)", "passed A.b"]);
    }
}
