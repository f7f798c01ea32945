//! The output of `cargo test`: the lines of Rust's libtest.
//!
//! The binary is named only on stderr, so stdout alone has names without it. A binary that died prints no result line.

use crate::formats::emit::{PendingFailures, PendingTest, location, names};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder, SourceLocation};
use crate::syntax::for_each_line;
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["libtest", "cargo-test"],
    title: "cargo test: libtest's text",
    test_name: "`binary::path::test`, or `path::test` where the output does not name the binary; a \
            documentation test without its line number, the second of one name with ` #2`",
    outcomes: &[
        ("ok, bench", Outcome::Passed),
        ("FAILED", Outcome::Failed),
        ("FAILED (time limit exceeded)", Outcome::TimedOut),
        ("ignored", Outcome::Skipped),
        ("process didn't exit successfully, and the binary gave no result", Outcome::Crashed),
        ("a test without an end", Outcome::Unfinished),
    ],
    incomplete: "fewer tests than `running N tests`; a binary without `test result:`",
    totals: "",
    link: "https://doc.rust-lang.org/rustc/tests/index.html",
    sniff: Sniff::Lines(|head| {
        head.lines()
            .any(|line| parse_planned(line).is_some() || line.starts_with("test result: ok. "))
    }),
    read,
};

/// The number in `running N tests`.
fn parse_planned(line: &str) -> Option<u64> {
    let (count, rest) = line.strip_prefix("running ")?.split_once(' ')?;
    if rest == "test" || rest == "tests" { count.parse().ok() } else { None }
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = LibtestReader {
        builder,
        binary: String::new(),
        suite: None,
        gave_result: true,
        binary_pending: false,
        doc_tests: BTreeMap::new(),
        failures: PendingFailures::default(),
        running: None,
    };
    let mut truncated = false;
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text);
        } else {
            truncated |= !line.text.is_empty();
        }
    });
    truncated |= reader.suite.is_some() || reader.binary_pending;
    reader.end_suite(read.line, None);
    read.complete_if(!truncated)
}

struct LibtestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The current binary; empty if the output does not name it.
    binary: String,
    suite: Option<LibtestSuite>,
    /// Whether the last binary printed a result line.
    gave_result: bool,
    /// Whether nothing follows the name of the last binary.
    binary_pending: bool,
    /// The occurrences of each name of a documentation test in this suite.
    doc_tests: BTreeMap<String, u32>,
    failures: PendingFailures,
    /// The test whose line has begun: its output separates the name from the outcome.
    running: Option<(u32, String)>,
}

struct LibtestSuite {
    planned: u64,
    seen: u64,
}

impl LibtestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        self.binary_pending &= line.is_empty();
        if let Some(planned) = parse_planned(line) {
            self.end_suite(number, None);
            self.builder.handle(number, Event::SuiteStarted { name: None });
            self.suite = Some(LibtestSuite { planned, seen: 0 });
            self.gave_result = false;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.end_suite(number, Some(result));
        } else if let Some(binary) = parse_binary(line) {
            self.end_suite(number, None);
            self.binary = binary.to_owned();
            self.binary_pending = true;
            self.gave_result = true;
        } else if let Some(how) = line.trim_start().strip_prefix("process didn't exit successfully")
        {
            self.process_died(number, how);
        } else if let Some((name, word)) = parse_test(line) {
            self.test(number, name, word);
        } else if let Some(outcome) = self.running.as_ref().and_then(|_| parse_outcome(line)) {
            if let Some((started, name)) = self.running.take() {
                self.finish(started, name, outcome, "");
            }
        } else if let Some(name) = parse_heading(line) {
            let name = self.full_name(name);
            self.failures.start_message(&name);
        } else if line == "failures:" {
            self.failures.end_message();
        } else if let Some(message) = self.failures.message() {
            message.push_line(line.as_bytes());
        }
    }

    fn test(&mut self, line: u32, name: &str, word: &str) {
        let mut name = self.full_name(name);
        if name.contains(" - ") {
            let count = self.doc_tests.entry(name.clone()).or_default();
            *count += 1;
            if *count > 1 {
                name = format!("{name} #{count}");
            }
        }
        match parse_outcome(word) {
            Some(outcome) => {
                let reason = word.strip_prefix("ignored, ").unwrap_or("");
                self.finish(line, name, outcome, reason);
            }
            None => self.running = Some((line, name)),
        }
    }

    fn finish(&mut self, line: u32, name: String, outcome: Outcome, reason: &str) {
        if let Some(suite) = &mut self.suite {
            suite.seen += 1;
        }
        if let Some(test) = self.failures.add(PendingTest::new(line, name, outcome)) {
            self.builder.handle(line, Event::finished(&test.name, outcome, reason));
        }
    }

    /// The whole name of a test, without how it is expected to end and without the line of a documentation test, which
    /// changes with the file.
    fn full_name(&self, title: &str) -> String {
        let kinds = [" - should panic", " - compile fail", " - compile"];
        let name = kinds.iter().find_map(|kind| title.strip_suffix(kind));
        let name = name.filter(|name| !name.is_empty()).unwrap_or(title);
        let name = strip_line(name);
        names::join_child(&self.binary, name, "::")
    }

    /// Ends the open suite, with its result line if it has one.
    fn end_suite(&mut self, line: u32, result: Option<&str>) {
        self.doc_tests.clear();
        for test in self.failures.take() {
            let location = parse_location(test.message.text());
            test.record().at(location).emit(test.line, self.builder);
        }
        if let Some((started, name)) = self.running.take() {
            self.builder.handle(started, Event::Started { name: name.into() });
        }
        let Some(suite) = self.suite.take() else { return };
        self.gave_result = result.is_some();
        let failed = result.and_then(|result| parse_count(result, " failed"));
        // With `--quiet` only the failing tests are named.
        let is_quiet = suite.seen == 0 && result.is_some();
        if !is_quiet {
            self.builder.expect_children(line, suite.planned);
        }
        self.builder.expect_failures(line, failed);
        self.builder.handle(line, Event::SuiteEnded);
    }

    /// Emits the failure that cargo reports for a binary which printed no result line.
    fn process_died(&mut self, line: u32, status: &str) {
        let has_no_result = self.suite.is_some() || !self.gave_result;
        if has_no_result && !self.binary.is_empty() {
            let name = std::mem::take(&mut self.binary);
            let how = status.rsplit_once('(').map_or(status, |(_, how)| how.trim_end_matches(')'));
            self.builder.handle(line, Event::finished(&name, Outcome::Crashed, how));
            self.end_suite(line, None);
            self.gave_result = true;
        }
    }
}

/// The binary in `     Running tests/basic.rs (target/debug/deps/basic-0123456789abcdef)`.
fn parse_binary(line: &str) -> Option<&str> {
    if let Some(name) = line.strip_prefix("   Doc-tests ") {
        return Some(name);
    }
    let rest = line.strip_prefix("     Running ")?;
    let path = match rest.rsplit_once('(') {
        Some((_, path)) => path.trim_end_matches(')'),
        None => rest.split(' ').next().unwrap_or(rest),
    };
    let file = path.trim_matches('`').rsplit(['/', '\\']).next()?;
    let file = file.strip_suffix(".exe").unwrap_or(file);
    match file.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 => Some(name),
        Some(_) | None => Some(file),
    }
}

/// The name and the status in `test name ... ok`.
fn parse_test(line: &str) -> Option<(&str, &str)> {
    let (name, word) = line.strip_prefix("test ")?.split_once(" ... ")?;
    if name.is_empty() { None } else { Some((name, word)) }
}

/// The name in `---- name stdout ----`.
fn parse_heading(line: &str) -> Option<&str> {
    let name = line.strip_prefix("---- ")?.strip_suffix(" ----")?;
    let name = name.strip_suffix(" stdout").or_else(|| name.strip_suffix(" stderr"));
    name.filter(|name| !name.is_empty())
}

/// The name of a documentation test without its line, which changes with the file.
pub(super) fn strip_line(name: &str) -> &str {
    match name.rsplit_once(" (line ") {
        Some((base, line)) if line.ends_with(')') && !base.is_empty() => base,
        Some(_) | None => name,
    }
}

fn parse_outcome(word: &str) -> Option<Outcome> {
    let word = word.trim_end();
    let first = word.split([' ', ',', ':']).next().unwrap_or(word);
    match first {
        "ok" if word == "ok" || word.starts_with("ok <") => Some(Outcome::Passed),
        "FAILED" if word.contains("time limit exceeded") => Some(Outcome::TimedOut),
        "FAILED" if word == "FAILED" || word.starts_with("FAILED <") => Some(Outcome::Failed),
        "ignored" => Some(Outcome::Skipped),
        "bench" => Some(Outcome::Passed),
        _ => None,
    }
}

/// The number before a word of the result line.
fn parse_count(result: &str, word: &str) -> Option<u64> {
    let prefix = &result[..result.find(word)?];
    prefix.rsplit(' ').next()?.parse().ok()
}

/// The location in `thread 'x' panicked at src/lib.rs:10:9:`, or in the older form with the message first.
pub(super) fn parse_location(message: &str) -> Option<SourceLocation<'_>> {
    let line = message.lines().find(|line| line.contains("panicked at "))?;
    location::parse_with_column(line.rsplit([' ', ',']).next()?.trim_end_matches(':'))
}
