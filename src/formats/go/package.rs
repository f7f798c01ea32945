//! The state of one Go package while it is read, shared by `go test -json` and `go test -v`.
//!
//! A package that fails ends its open tests as crashed; one that fails without any failing test is a failing result of
//! its own.

use crate::formats::emit::names;
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::BoundedText;
use std::collections::BTreeMap;

pub(crate) const OUTCOMES: &[(&str, Outcome)] = &[
    ("pass", Outcome::Passed),
    ("fail", Outcome::Failed),
    ("skip", Outcome::Skipped),
    ("a benchmark's measurement", Outcome::Passed),
    ("a package that fails and no test of it did; [build failed]", Outcome::Errored),
    ("a test that is open when its package fails", Outcome::Crashed),
    ("the same after `panic: test timed out`", Outcome::TimedOut),
    ("a test without an end", Outcome::Unfinished),
];

/// The most open tests of a package.
const MAX_OPEN_TESTS: usize = 100_000;
/// The most tests of a package with output before they start.
const MAX_UNSTARTED_TESTS: usize = 1_000;

/// How a test or a package ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoVerdict {
    Pass,
    Fail,
    Skip,
    /// A word that go does not print.
    Unknown,
}

impl GoVerdict {
    /// The verdict of this word, in any case.
    pub(crate) fn parse(word: &str) -> Option<GoVerdict> {
        match word {
            "pass" | "PASS" => Some(GoVerdict::Pass),
            "fail" | "FAIL" => Some(GoVerdict::Fail),
            "skip" | "SKIP" => Some(GoVerdict::Skip),
            _ => None,
        }
    }

    pub(crate) fn outcome(self) -> Outcome {
        match self {
            GoVerdict::Pass => Outcome::Passed,
            GoVerdict::Fail | GoVerdict::Unknown => Outcome::Failed,
            GoVerdict::Skip => Outcome::Skipped,
        }
    }

    pub(crate) fn is_failing(self) -> bool {
        self.outcome().is_failing()
    }
}

/// A package whose tests are running.
#[derive(Default)]
pub(crate) struct GoPackage {
    open: BTreeMap<String, GoOpenTest>,
    /// The output of tests that have not started: fuzzing prints no start.
    unstarted: BTreeMap<String, BoundedText>,
    /// The last test that ended.
    last_ended: Option<(String, GoVerdict)>,
    failing: u64,
    timed_out: bool,
    /// The package's output outside its tests.
    pub output: BoundedText,
}

struct GoOpenTest {
    line: u32,
    message: BoundedText,
    /// The verdict of a result line in the middle of its output.
    inline_result: Option<GoVerdict>,
}

impl GoPackage {
    pub(crate) fn start(&mut self, line: u32, test: &str) {
        if self.open.len() < MAX_OPEN_TESTS {
            let open = GoOpenTest { line, message: BoundedText::default(), inline_result: None };
            self.open.insert(test.to_owned(), open);
        }
    }

    /// Ends a test; returns its output.
    pub(crate) fn end(&mut self, test: &str, verdict: GoVerdict) -> BoundedText {
        self.failing += u64::from(verdict.is_failing());
        self.last_ended = Some((test.to_owned(), verdict));
        let early = self.unstarted.remove(test);
        self.open.remove(test).map(|open| open.message).or(early).unwrap_or_default()
    }

    /// Whether a result repeats the last one: fuzzing reports the failing input under the name of the test.
    pub(crate) fn is_repeated(&self, test: &str, verdict: GoVerdict) -> bool {
        let is_last = |(name, ended): &(String, GoVerdict)| name == test && *ended == verdict;
        !self.is_open(test) && self.last_ended.as_ref().is_some_and(is_last)
    }

    /// Adds output of a test, or of the package itself; returns the benchmark that it measured.
    pub(crate) fn add_output(&mut self, line: u32, test: &str, output: &str) -> Option<String> {
        let text = output.trim_end_matches('\n');
        self.timed_out |= text.starts_with("panic: test timed out after ");
        let is_result = text.trim_start().starts_with("--- ");
        // test2json has no event for a result that output follows in its line.
        if is_result && !text.ends_with("s)") {
            self.note_result(parse_result(text.trim_start()));
        }
        if text.starts_with("=== ") || is_result {
            return None;
        }
        if let Some(benchmark) = benchmark(text) {
            self.open.remove(benchmark);
            return Some(benchmark.to_owned());
        }
        self.note_result(inline_result(text));
        let is_summary = ["PASS", "FAIL", "ok  \t", "FAIL\t"].iter().any(|s| text.starts_with(s));
        match self.open.get_mut(test) {
            Some(open) => open.message.push_line(text.as_bytes()),
            None if is_summary && line > 0 => {}
            None if test.is_empty() => self.output.push_line(text.as_bytes()),
            None => self.add_unstarted_output(test, text),
        }
        None
    }

    /// Keeps a result line of an open test that may have no event.
    fn note_result(&mut self, result: Option<(GoVerdict, &str)>) {
        if let Some((verdict, test)) = result
            && let Some(open) = self.open.get_mut(test)
        {
            open.inline_result = Some(verdict);
        }
    }

    fn add_unstarted_output(&mut self, test: &str, text: &str) {
        if self.unstarted.len() < MAX_UNSTARTED_TESTS {
            let output = self.unstarted.entry(test.to_owned()).or_default();
            output.push_line(text.as_bytes());
        }
        self.output.push_line(text.as_bytes());
    }

    /// Ends the package and the tests that are still open.
    pub(crate) fn finish(
        &mut self,
        line: u32,
        package: &str,
        verdict: GoVerdict,
        builder: &mut RunBuilder<'_>,
    ) {
        for (test, open) in std::mem::take(&mut self.open) {
            let name = full_name(package, &test);
            let outcome = match (open.inline_result, verdict) {
                (Some(inline_result), _) => inline_result.outcome(),
                (None, GoVerdict::Fail | GoVerdict::Unknown) if self.timed_out => Outcome::TimedOut,
                (None, GoVerdict::Fail | GoVerdict::Unknown) => Outcome::Crashed,
                (None, GoVerdict::Pass | GoVerdict::Skip) => {
                    builder.handle(open.line, Event::Started { name: name.into() });
                    continue;
                }
            };
            self.failing += u64::from(outcome.is_failing());
            let message = match open.message.text() {
                "" => self.output.text(),
                message => message,
            };
            builder.handle(line, Event::finished(&name, outcome, message));
        }
        if verdict.is_failing() && self.failing == 0 {
            let name = if package.is_empty() { "(package)" } else { package };
            builder.handle(line, Event::finished(name, Outcome::Errored, self.output.text()));
        }
    }

    /// Emits the open tests of a package without an end.
    pub(crate) fn emit_open(self, package: &str, builder: &mut RunBuilder<'_>) {
        for (test, open) in self.open {
            let name = full_name(package, &test);
            match open.inline_result {
                Some(verdict) => {
                    let message = open.message.text();
                    builder.handle(open.line, Event::finished(&name, verdict.outcome(), message));
                }
                None => builder.handle(open.line, Event::Started { name: name.into() }),
            }
        }
    }

    pub(crate) fn is_open(&self, test: &str) -> bool {
        self.open.contains_key(test)
    }

    pub(crate) fn has_open(&self) -> bool {
        !self.open.is_empty()
    }
}

pub(crate) fn full_name(package: &str, test: &str) -> String {
    names::join_child(package, test, ".")
}

/// The verdict and the name in `--- PASS: TestX (0.00s)` or `--- FAIL: BenchmarkX`; output may follow the time.
pub(crate) fn parse_result(text: &str) -> Option<(GoVerdict, &str)> {
    let (word, rest) = text.strip_prefix("--- ")?.split_once(": ")?;
    let (test, time) = match rest.split_once(" (") {
        Some((test, time)) => (test, time.split_once("s)")?.0),
        // A benchmark has no time.
        None if rest.starts_with("Benchmark") && !rest.contains(' ') => (rest, "0"),
        None => return None,
    };
    let is_time = time.trim_end_matches(" second").parse::<f64>().is_ok();
    let is_word = !word.is_empty() && !word.contains(' ') && word != "BENCH";
    (is_time && is_word).then(|| (GoVerdict::parse(word).unwrap_or(GoVerdict::Unknown), test))
}

/// A result in the middle of a line, after output without a line end.
pub(crate) fn inline_result(text: &str) -> Option<(GoVerdict, &str)> {
    parse_result(&text[text.find("--- ").filter(|at| *at > 0)?..])
}

/// The benchmark in `BenchmarkX-8   100   12 ns/op`.
pub(crate) fn benchmark(text: &str) -> Option<&str> {
    if !text.starts_with("Benchmark") {
        return None;
    }
    let mut words = text.split_whitespace();
    let first = words.next()?;
    let is_count = words.next()?.bytes().all(|b| b.is_ascii_digit());
    let has_measurement = words.any(|word| word == "ns/op");
    let name = match first.rsplit_once('-') {
        Some((name, cpus)) if cpus.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => first,
    };
    (is_count && has_measurement).then_some(name)
}

/// The package and the reason in `FAIL\tpackage [build failed]`.
pub(crate) fn build_failure(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("FAIL")?.strip_prefix(['\t', ' '])?.trim();
    let (package, why) = rest.split_once(" [")?;
    let why = why.strip_suffix(']')?;
    why.ends_with(" failed").then_some((package.trim(), why))
}

/// What the compiler prints about packages: `# package`, then lines with places in files.
#[derive(Default)]
pub(crate) struct CompilerOutput {
    by_package: BTreeMap<String, BoundedText>,
    /// The package that the next lines are about.
    current: Option<String>,
}

/// The most packages with output of the compiler.
const MAX_COMPILED_PACKAGES: usize = 1_000;

impl CompilerOutput {
    /// Adds a line if it is the compiler's.
    pub(crate) fn add(&mut self, line: &str) -> bool {
        if let Some(package) = line.strip_prefix("# ") {
            let package = package.split(' ').next().unwrap_or(package);
            self.current = Some(package.to_owned());
        } else if !is_compiler_line(line) {
            self.current = None;
        }
        let Some(package) = &self.current else { return false };
        if self.by_package.contains_key(package) || self.by_package.len() < MAX_COMPILED_PACKAGES {
            self.by_package.entry(package.clone()).or_default().push_line(line.as_bytes());
        }
        true
    }

    pub(crate) fn take(&mut self, package: &str) -> Option<BoundedText> {
        self.by_package.remove(package)
    }
}

/// Whether a line is `file.go:1:2: message`, or more of such a message.
fn is_compiler_line(line: &str) -> bool {
    let is_place = |(place, rest): (&str, &str)| {
        !place.contains(' ') && rest.starts_with(|c: char| c.is_ascii_digit())
    };
    line.starts_with('\t') || line.split_once(".go:").is_some_and(is_place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_may_follow_a_result() {
        for text in
            ["--- FAIL: T (0.00s)", "--- FAIL: T (0.00s)[e2e] done", "--- FAIL: T (0.06 seconds)"]
        {
            assert_eq!(parse_result(text), Some((GoVerdict::Fail, "T")), "{text}");
        }
        for text in
            ["--- FAIL: T", "--- FAIL: T (xs)", "--- a b: T (0.00s)", "--- BENCH: T (0.00s)"]
        {
            assert_eq!(parse_result(text), None, "{text}");
        }
    }

    #[test]
    fn a_benchmark_is_the_first_word_of_its_line() {
        assert_eq!(benchmark("BenchmarkA-8 \t 100\t 12 ns/op"), Some("BenchmarkA"));
        assert_eq!(benchmark("BenchmarkA/b-c 100 1.5 ns/op 3 B/op"), Some("BenchmarkA/b-c"));
        for none in ["Benchmark é 1 2 ns/op", "Benchmark é", "BenchmarkA", "x 1 2 ns/op"] {
            assert_eq!(benchmark(none), None, "{none}");
        }
    }
}
