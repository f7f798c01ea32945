//! The output of `go test`, with `-v` or without.
//!
//! The package is named after its tests, so results are pending until then. Without `-v` only failing tests are named,
//! so a package without any named test is one passing result.

use super::package::{
    self, CompilerOutput, GoPackage, GoVerdict, benchmark, build_failure, full_name, parse_result,
};
use crate::formats::emit::PendingTest;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{BoundedText, for_each_line, lines};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["go"],
    title: "go test, with -v or without",
    test_name: "`package.Test/subtest`, and `package.Test`, which fails with its subtests; the package \
            alone when it fails and no test of it did, or when it passes and names no test",
    outcomes: package::OUTCOMES,
    incomplete: "a test without an end; tests without their package's line. An output cut between two \
                 packages shows nothing",
    totals: "none but `PASS`, `FAIL` and the verdict of a package: one that failed without a failing test is a \
             failing result",
    link: "https://pkg.go.dev/cmd/go#hdr-Test_packages",
    sniff: Sniff::Bytes(sniff),
    read,
};

/// The most results of one package that wait for its name.
const MAX_PENDING_TESTS: usize = 200_000;

enum GoLine<'a> {
    Run(&'a str),
    /// Output of this test follows.
    OutputFollows(&'a str),
    Result(GoResult<'a>),
    Benchmark(&'a str),
    Package(GoVerdict, &'a str, &'a str),
    /// `PASS` or `FAIL`: the end of a test binary.
    BinaryEnd(GoVerdict),
    NoTests,
    Output,
}

#[derive(Clone, Copy)]
struct GoResult<'a> {
    verdict: GoVerdict,
    test: &'a str,
    /// Whether it is that of a subtest, or of an input of a fuzz test.
    is_indented: bool,
}

impl<'a> GoLine<'a> {
    fn parse(line: &'a str) -> GoLine<'a> {
        if let Some(rest) = line.strip_prefix("=== ") {
            let (word, test) = rest.split_once(' ').unwrap_or((rest, ""));
            return match word {
                "RUN" | "FUZZ" => GoLine::Run(test.trim()),
                "PAUSE" | "CONT" | "NAME" => GoLine::OutputFollows(test.trim()),
                _ => GoLine::Output,
            };
        }
        if let Some((verdict, test)) = parse_result(line.trim_start_matches(' ')) {
            let is_indented = line.starts_with(' ');
            return GoLine::Result(GoResult { verdict, test, is_indented });
        }
        if let Some((package, why)) = build_failure(line) {
            return GoLine::Package(GoVerdict::Fail, package, why);
        }
        match line {
            "PASS" => return GoLine::BinaryEnd(GoVerdict::Pass),
            "FAIL" => return GoLine::BinaryEnd(GoVerdict::Fail),
            "testing: warning: no tests to run" => return GoLine::NoTests,
            _ => {}
        }
        if line.starts_with("?   \t") {
            return GoLine::NoTests;
        }
        match parse_package(line) {
            Some((GoVerdict::Pass, _, rest)) if rest.contains("[no tests to run]") => {
                GoLine::NoTests
            }
            Some((verdict, package, rest)) => GoLine::Package(verdict, package, rest),
            None => benchmark(line).map_or(GoLine::Output, GoLine::Benchmark),
        }
    }
}

/// The package in `ok  \tpackage\t0.1s` or `FAIL\tpackage\t0.1s`.
fn parse_package(line: &str) -> Option<(GoVerdict, &str, &str)> {
    let (verdict, rest) = match line.strip_prefix("ok ") {
        // With a single space and no tab it may be a TAP point.
        Some(rest) if rest.starts_with(' ') || rest.contains('\t') => (GoVerdict::Pass, rest),
        Some(_) => return None,
        None => match line.strip_prefix("FAIL") {
            Some(rest) => (GoVerdict::Fail, rest.strip_prefix(['\t', ' '])?),
            None => (GoVerdict::Unknown, unknown_package(line)?),
        },
    };
    let rest = rest.trim_start();
    let (package, rest) = rest.split_once(['\t', ' '])?;
    let rest = rest.trim();
    let time = rest.split_whitespace().next()?;
    let seconds = time.strip_suffix('s').is_some_and(|time| time.parse::<f64>().is_ok());
    let known = seconds || time == "(cached)" || rest.starts_with('[');
    known.then_some((verdict, package, rest))
}

/// What follows a word that go does not print before a package, in `word  \tpackage\t0.1s`.
fn unknown_package(line: &str) -> Option<&str> {
    let (word, rest) = line.split_once('\t')?;
    let (package, time) = rest.split_once('\t')?;
    let is_word = word.ends_with(' ') && word.trim_end().bytes().all(|b| b.is_ascii_alphanumeric());
    (is_word && !package.contains(' ') && time.ends_with('s')).then_some(rest)
}

fn sniff(head: &[u8]) -> bool {
    if super::json::sniff(head) {
        return false;
    }
    let mut benchmarks_begin = false;
    lines::first_lines(head).lines().any(|line| match GoLine::parse(line) {
        GoLine::Run(_) | GoLine::NoTests => true,
        GoLine::Result(GoResult { verdict, .. }) | GoLine::Package(verdict, ..) => {
            verdict != GoVerdict::Unknown
        }
        GoLine::Benchmark(_) => benchmarks_begin,
        GoLine::OutputFollows(_) | GoLine::BinaryEnd(_) => false,
        GoLine::Output => {
            benchmarks_begin |= line.starts_with("pkg: ");
            false
        }
    })
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = GoReader {
        builder,
        package: GoPackage::default(),
        pending: Vec::new(),
        has_failed: false,
        current: GoCurrentTest::None,
        is_verbose: false,
        binary: None,
        held_end: None,
        binary_ended: false,
        packages: 0,
        no_tests: false,
        compiler_output: CompilerOutput::default(),
    };
    let read = for_each_line(input, |line| {
        if line.has_newline || !is_truncated_result(line.text) {
            reader.line(line.number, line.text);
        }
    });
    if let Some(end) = reader.held_end.take() {
        reader.end_package(end.line, GoVerdict::Pass, &end.package, &end.why);
    }
    let lone_binary = reader.binary_ended && reader.packages == 0;
    let is_complete = (reader.pending.is_empty() || lone_binary) && !reader.package.has_open();
    reader.end_file(read.line);
    read.complete_if(is_complete)
}

/// Whether a line without an end is a result without its time.
fn is_truncated_result(line: &str) -> bool {
    line.trim_start().starts_with("--- ") && !line.ends_with(')')
}

struct GoReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    package: GoPackage,
    /// The results of the current package.
    pending: Vec<PendingTest>,
    /// Whether one of the pending results failed.
    has_failed: bool,
    current: GoCurrentTest,
    /// Whether the package prints the start of each test, so that a result without one is output.
    is_verbose: bool,
    /// How the test binary ended, in the lines before.
    binary: Option<GoVerdict>,
    /// The line of a package that passed while a test runs: output of this test, unless another package follows.
    held_end: Option<PackageEnd>,
    /// Whether the last line is the end of a test binary, which is all that a binary prints when run directly.
    binary_ended: bool,
    packages: u64,
    no_tests: bool,
    compiler_output: CompilerOutput,
}

struct PackageEnd {
    line: u32,
    package: String,
    why: String,
}

/// Whose output the next lines are.
enum GoCurrentTest {
    None,
    Running(String),
    /// The test of the last pending result.
    Ended,
}

impl GoReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        let parsed = GoLine::parse(line);
        let is_end = matches!(parsed, GoLine::BinaryEnd(_));
        let begins = matches!(parsed, GoLine::Run(_) | GoLine::Package(..) | GoLine::NoTests);
        if let Some(end) = self.held_end.take().filter(|_| begins) {
            self.end_package(end.line, GoVerdict::Pass, &end.package, &end.why);
        }
        match parsed {
            GoLine::Run(test) => self.start(number, test),
            GoLine::OutputFollows(test) => self.current = GoCurrentTest::Running(test.to_owned()),
            GoLine::Result(result) => self.result(number, line, result),
            GoLine::Benchmark(test) => {
                self.package.end(test, GoVerdict::Pass);
                self.defer(number, test, GoVerdict::Pass, BoundedText::default());
            }
            GoLine::Package(verdict, package, why) => {
                if self.may_end_package(verdict) {
                    self.end_package(number, verdict, package, why);
                } else {
                    let (package, why) = (package.to_owned(), why.to_owned());
                    let has_passed = self.binary == Some(GoVerdict::Pass) && !self.has_failed;
                    let end = PackageEnd { line: number, package, why };
                    self.held_end = has_passed.then_some(end);
                    self.add_output(number, line);
                }
            }
            GoLine::BinaryEnd(verdict) => self.end_binary(number, line, verdict),
            GoLine::NoTests => self.no_tests = true,
            GoLine::Output if !self.package.has_open() && self.compiler_output.add(line) => {}
            GoLine::Output => self.output(number, line),
        }
        self.binary_ended = is_end && !self.package.has_open();
        if !is_end && !line.starts_with("coverage: ") {
            self.binary = None;
        }
    }

    fn start(&mut self, line: u32, test: &str) {
        self.is_verbose = true;
        self.package.start(line, test);
        self.current = GoCurrentTest::Running(test.to_owned());
    }

    /// `PASS` and `FAIL` may be output of a test that runs.
    fn end_binary(&mut self, number: u32, line: &str, verdict: GoVerdict) {
        self.binary = Some(verdict);
        if self.package.has_open() {
            return self.add_output(number, line);
        }
        self.current = GoCurrentTest::None;
    }

    /// A package does not pass while a test runs or after one that failed: such a line is output.
    fn may_end_package(&self, verdict: GoVerdict) -> bool {
        verdict != GoVerdict::Pass || !(self.package.has_open() || self.has_failed)
    }

    fn result(&mut self, number: u32, line: &str, result: GoResult<'_>) {
        let GoResult { verdict, test, is_indented } = result;
        let is_repeated = is_indented && self.package.is_repeated(test, verdict);
        let is_output =
            self.is_verbose && !self.package.is_open(test) && !test.starts_with("Benchmark");
        if is_repeated {
            return;
        }
        if is_output {
            return self.add_output(number, line);
        }
        let message = self.package.end(test, verdict);
        self.defer(number, test, verdict, message);
        self.current = GoCurrentTest::Ended;
    }

    /// Output, which may be followed by a result or a start in its line.
    fn output(&mut self, number: u32, line: &str) {
        match package::inline_result(line) {
            Some((verdict, test)) if self.has_ended(verdict, test, line) => {
                let message = self.package.end(test, verdict);
                self.defer(number, test, verdict, message);
                self.current = GoCurrentTest::Ended;
            }
            Some(_) | None => self.add_output(number, line),
        }
        if let Some((_, test)) = line.split_once("=== RUN   ") {
            self.start(number, test.trim());
        }
    }

    /// Whether a result after output in its line is one: that of a test which runs; without `-v`, a failure.
    fn has_ended(&self, verdict: GoVerdict, test: &str, line: &str) -> bool {
        let is_failure = verdict == GoVerdict::Fail && line.ends_with("s)") && !test.contains(' ');
        self.package.is_open(test) || (!self.is_verbose && is_failure)
    }

    fn add_output(&mut self, number: u32, line: &str) {
        match &self.current {
            GoCurrentTest::Ended => {
                let last = self.pending.last_mut().filter(|test| test.outcome.is_failing());
                match last {
                    Some(failed) => failed.message.push_line(line.as_bytes()),
                    None => drop(self.package.add_output(0, "", line)),
                }
            }
            GoCurrentTest::Running(test) => {
                self.package.add_output(number, test, line);
            }
            GoCurrentTest::None => {
                self.package.add_output(0, "", line);
            }
        }
    }

    fn defer(&mut self, line: u32, test: &str, verdict: GoVerdict, mut message: BoundedText) {
        if self.pending.len() == MAX_PENDING_TESTS {
            self.emit_pending("");
        }
        if verdict == GoVerdict::Unknown {
            message.push("unknown result");
        }
        let outcome = verdict.outcome();
        self.has_failed |= verdict == GoVerdict::Fail;
        self.pending.push(PendingTest { message, ..PendingTest::new(line, test, outcome) });
    }

    fn end_package(&mut self, line: u32, verdict: GoVerdict, package: &str, why: &str) {
        let has_tests = !self.pending.is_empty() || self.package.has_open();
        self.builder.handle(line, Event::SuiteStarted { name: Some(package.into()) });
        self.emit_pending(package);
        self.packages += 1;
        if let Some(build) = self.compiler_output.take(package) {
            self.package.output = build;
        }
        if self.package.output.text().is_empty() {
            self.package.output.push(why);
        }
        self.package.finish(line, package, verdict, self.builder);
        if verdict == GoVerdict::Pass && !has_tests && !std::mem::take(&mut self.no_tests) {
            self.builder.handle(line, Event::finished(package, Outcome::Passed, ""));
        }
        if verdict == GoVerdict::Pass && self.binary == Some(GoVerdict::Fail) {
            self.builder.expect_a_failure(line, "FAIL");
        }
        self.builder.handle(line, Event::SuiteEnded);
        self.start_package();
    }

    fn start_package(&mut self) {
        self.package = GoPackage::default();
        self.current = GoCurrentTest::None;
        self.is_verbose = false;
        self.has_failed = false;
        self.no_tests = false;
        self.binary = None;
    }

    /// Ends a package without its line: all that a test binary prints, or a file that was cut.
    fn end_file(&mut self, line: u32) {
        self.emit_pending("");
        std::mem::take(&mut self.package).emit_open("", self.builder);
        // Also the last line of several packages, one of which failed.
        if self.binary_ended && self.binary == Some(GoVerdict::Fail) {
            self.builder.expect_a_failure(line, "FAIL");
        }
    }

    fn emit_pending(&mut self, package: &str) {
        for pending in self.pending.drain(..) {
            let name = full_name(package, &pending.name);
            PendingTest { name, ..pending }.emit(self.builder);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn results_that_a_test_prints_are_output() {
        let printed = "--- PASS: TestB (0.00s)\nok  \tother\t0.1s\nFAIL\n";
        let text = format!(
            "=== RUN   TestA\n{printed}noise--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tp\t0.01s\nFAIL\n"
        );
        let read = read_as("go", &text);
        assert!(read.0[0].starts_with("failed p.TestA: ok  \tother"), "{:?}", read.0);
        assert_eq!((read.0.len(), read.1), (1, vec![]));
    }

    #[test]
    fn package_with_a_lost_result_ends_before_the_next_one() {
        let lost = "=== RUN   TestA\n--- PASS: Te\nPASS\nok  \tp\t0.1s\n";
        let next = "=== RUN   TestB\n--- PASS: TestB (0.00s)\nPASS\nok  \tq\t0.1s\n";
        let read = read_as("go", &format!("{lost}{next}"));
        assert_eq!(read.0, ["unfinished p.TestA", "passed q.TestB"]);
        assert_eq!(read_as("go", lost).0, ["unfinished p.TestA"]);
        let printed =
            format!("=== RUN   TestA\n{next}--- PASS: TestA (0.00s)\nPASS\nok  \tp\t0.1s\n");
        let read = read_as("go", &printed);
        assert_eq!(read.0, ["passed p.TestB", "passed p.TestA"]);
    }

    #[test]
    fn unknown_words_are_failures() {
        assert_eq!(
            read_as("go", "=== RUN   TestA\n--- GOOD: TestA (0.00s)\nPASS\nok  \tp\t0.01s\n").0,
            ["failed p.TestA: unknown result"]
        );
        let text = "ok  \tp\t0.01s\ngood  \tq\t0.02s\n";
        assert_eq!(read_as("go", text).0, ["passed p", "errored q: 0.02s"]);
    }

    #[test]
    fn a_package_that_fails_has_its_panic() {
        let text =
            "PASS\npanic: late\nFAIL\tp\t0.01s\n# q\nq.go:1:2: no\nFAIL\tq [build failed]\nFAIL\n";
        let read = read_as("go", text);
        assert_eq!(read.0, ["errored p: panic: late", "errored q: # q\nq.go:1:2: no"]);
        assert_eq!(read.1, []);
        let binary = read_as("go", "=== RUN   TestA\n--- PASS: TestA (0.00s)\nFAIL\n");
        assert_eq!(binary.1, [GapKind::ReportedFailure { what: "FAIL".to_owned() }]);
    }
}
