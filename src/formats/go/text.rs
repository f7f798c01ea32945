//! The output of `go test`, with `-v` or without.
//!
//! The package is named after its tests, so results are pending until then. Without `-v` only failing tests are named,
//! so a package without any named test is one passing result.

use super::package::{
    self, GoPackage, GoVerdict, benchmark, build_failure, full_name, parse_result,
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
    totals: "",
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
    Result(GoVerdict, &'a str),
    Benchmark(&'a str),
    Package(GoVerdict, &'a str, &'a str),
    /// `PASS` or `FAIL`: the end of a test binary.
    BinaryEnd,
    NoTests,
    Output,
}

impl<'a> GoLine<'a> {
    fn parse(line: &'a str) -> GoLine<'a> {
        if let Some(rest) = line.strip_prefix("=== ") {
            let (word, test) = rest.split_once(' ').unwrap_or((rest, ""));
            return match word {
                "RUN" => GoLine::Run(test.trim()),
                "PAUSE" | "CONT" | "NAME" => GoLine::OutputFollows(test.trim()),
                _ => GoLine::Output,
            };
        }
        if let Some((verdict, test)) = parse_result(line.trim_start_matches(' ')) {
            return GoLine::Result(verdict, test);
        }
        if let Some((package, why)) = build_failure(line) {
            return GoLine::Package(GoVerdict::Fail, package, why);
        }
        match line {
            "PASS" | "FAIL" => return GoLine::BinaryEnd,
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
        None => (GoVerdict::Fail, line.strip_prefix("FAIL")?.strip_prefix(['\t', ' '])?),
    };
    let rest = rest.trim_start();
    let (package, rest) = rest.split_once(['\t', ' '])?;
    let rest = rest.trim();
    let time = rest.split_whitespace().next()?;
    let seconds = time.strip_suffix('s').is_some_and(|time| time.parse::<f64>().is_ok());
    let known = seconds || time == "(cached)" || rest.starts_with('[');
    known.then_some((verdict, package, rest))
}

fn sniff(head: &[u8]) -> bool {
    if super::json::sniff(head) {
        return false;
    }
    let mut benchmarks_begin = false;
    lines::first_lines(head).lines().any(|line| match GoLine::parse(line) {
        GoLine::Run(_) | GoLine::Result(..) | GoLine::Package(..) => true,
        GoLine::NoTests => true,
        GoLine::Benchmark(_) => benchmarks_begin,
        GoLine::OutputFollows(_) | GoLine::BinaryEnd => false,
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
        current: GoCurrentTest::None,
        binary_ended: false,
        packages: 0,
        no_tests: false,
    };
    let read = for_each_line(input, |line| {
        if line.has_newline || !is_truncated_result(line.text) {
            reader.line(line.number, line.text);
        }
    });
    let lone_binary = reader.binary_ended && reader.packages == 0;
    let is_complete = (reader.pending.is_empty() || lone_binary) && !reader.package.has_open();
    reader.emit_pending("");
    reader.package.emit_open("", reader.builder);
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
    current: GoCurrentTest,
    /// Whether the last line is the end of a test binary, which is all that a binary prints when run directly.
    binary_ended: bool,
    packages: u64,
    no_tests: bool,
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
        match GoLine::parse(line) {
            GoLine::Run(test) => {
                self.binary_ended = false;
                self.package.start(number, test);
                self.current = GoCurrentTest::Running(test.to_owned());
            }
            GoLine::OutputFollows(test) => self.current = GoCurrentTest::Running(test.to_owned()),
            GoLine::Result(verdict, test) => {
                self.binary_ended = false;
                let message = self.package.end(test, verdict);
                self.defer(number, test, verdict.outcome(), message);
                self.current = GoCurrentTest::Ended;
            }
            GoLine::Benchmark(test) => {
                self.package.end(test, GoVerdict::Pass);
                self.defer(number, test, Outcome::Passed, BoundedText::default());
            }
            GoLine::Package(verdict, package, why) => {
                self.end_package(number, verdict, package, why)
            }
            GoLine::BinaryEnd => self.binary_ended = true,
            GoLine::NoTests => self.no_tests = true,
            GoLine::Output => match package::inline_result(line) {
                Some((verdict, test)) if self.package.is_open(test) => {
                    let message = self.package.end(test, verdict);
                    self.defer(number, test, verdict.outcome(), message);
                }
                Some(_) | None => self.add_output(number, line),
            },
        }
    }

    fn add_output(&mut self, number: u32, line: &str) {
        self.binary_ended = false;
        match &self.current {
            GoCurrentTest::Ended => {
                let last = self.pending.last_mut().filter(|test| test.outcome.is_failing());
                if let Some(failed) = last {
                    failed.message.push_line(line.as_bytes());
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

    fn defer(&mut self, line: u32, test: &str, outcome: Outcome, message: BoundedText) {
        if self.pending.len() == MAX_PENDING_TESTS {
            self.emit_pending("");
        }
        self.pending.push(PendingTest { message, ..PendingTest::new(line, test, outcome) });
    }

    fn end_package(&mut self, line: u32, verdict: GoVerdict, package: &str, why: &str) {
        let has_tests = !self.pending.is_empty() || self.package.has_open();
        self.emit_pending(package);
        self.packages += 1;
        if self.package.output.text().is_empty() {
            self.package.output.push(why);
        }
        self.package.finish(line, package, verdict, self.builder);
        if verdict == GoVerdict::Pass && !has_tests && !std::mem::take(&mut self.no_tests) {
            self.builder.handle(line, Event::finished(package, Outcome::Passed, ""));
        }
        self.package = GoPackage::default();
        self.current = GoCurrentTest::None;
        self.no_tests = false;
    }

    fn emit_pending(&mut self, package: &str) {
        for pending in self.pending.drain(..) {
            let name = full_name(package, &pending.name);
            PendingTest { name, ..pending }.emit(self.builder);
        }
    }
}
