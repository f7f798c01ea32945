//! What `cargo test` prints: the lines of Rust's libtest.
//!
//! In: lines. Out: events. What a newcomer would get wrong: the binary is named on stderr alone, so an
//! output of stdout only has bare names; and a binary that died prints no result line.
//!
//! <https://doc.rust-lang.org/rustc/tests/index.html>

use crate::formats::emit::names;
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
use std::collections::BTreeMap;
use std::io::Read;

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
    link: "https://doc.rust-lang.org/rustc/tests/index.html",
    sniff: Sniff::Lines(sniff),
    read,
};

/// How many failing tests of a binary are held for their messages.
const MAX_PENDING_TESTS: usize = 100_000;

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &str) -> bool {
    head.lines().any(|line| parse_planned(line).is_some() || line.starts_with("test result: ok. "))
}

/// The number in `running N tests`.
fn parse_planned(line: &str) -> Option<u64> {
    let (count, rest) = line.strip_prefix("running ")?.split_once(' ')?;
    if rest == "test" || rest == "tests" { count.parse().ok() } else { None }
}

/// Reads a whole output.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = LibtestReader {
        builder,
        binary: String::new(),
        suite: None,
        gave_result: true,
        binary_pending: false,
        doc_tests: BTreeMap::new(),
        failing: Vec::new(),
        failing_indices: BTreeMap::new(),
        current_failure: None,
        running: None,
    };
    let mut cut = false;
    let (line, read) = for_each_line(input, |number, RawLine { bytes, has_newline: ended, .. }| {
        let line = decode_lossy(bytes);
        if ended {
            reader.line(number, &line);
        } else {
            cut |= !line.is_empty();
        }
    });
    cut |= reader.suite.is_some() || reader.binary_pending;
    reader.end_suite(line, None);
    let end = if cut { EndOfInput::Truncated } else { EndOfInput::Complete };
    read.map_or_else(|error| ReadEnd::unreadable(line, &error), |()| ReadEnd { line, end })
}

struct LibtestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The binary that runs; empty when the output does not say.
    binary: String,
    suite: Option<LibtestSuite>,
    /// Whether the binary that ran last gave a result.
    gave_result: bool,
    /// Whether a binary was named and nothing came behind.
    binary_pending: bool,
    /// How often a documentation test's name came in this suite.
    doc_tests: BTreeMap<String, u32>,
    failing: Vec<LibtestFailure>,
    /// Where each of them stands, by its name.
    failing_indices: BTreeMap<String, usize>,
    /// Which of them is being told about.
    current_failure: Option<usize>,
    /// The test whose line has begun: its output stands between.
    running: Option<(u32, String)>,
}

struct LibtestSuite {
    planned: u64,
    seen: u64,
}

struct LibtestFailure {
    line: u32,
    name: String,
    outcome: Outcome,
    message: BoundedText,
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
            self.current_failure = self.failing_indices.get(&name).copied();
        } else if line == "failures:" {
            self.current_failure = None;
        } else if let Some(failing) = self.current_failure.and_then(|at| self.failing.get_mut(at)) {
            failing.message.push_line(line.as_bytes());
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
        if outcome.is_failing() && self.failing.len() < MAX_PENDING_TESTS {
            let message = BoundedText::default();
            self.failing_indices.entry(name.clone()).or_insert(self.failing.len());
            self.failing.push(LibtestFailure { line, name, outcome, message });
        } else {
            self.builder.handle(line, Event::finished(&name, outcome, reason));
        }
    }

    /// The whole name of a test: without what libtest says of how it is meant to end, and without the
    /// line of a documentation test, which moves.
    fn full_name(&self, title: &str) -> String {
        let kinds = [" - should panic", " - compile fail", " - compile"];
        let name = kinds.iter().find_map(|kind| title.strip_suffix(kind));
        let name = name.filter(|name| !name.is_empty()).unwrap_or(title);
        let name = strip_line(name);
        names::join_child(&self.binary, name, "::")
    }

    /// Ends the suite that is open, with its result line if it has one.
    fn end_suite(&mut self, line: u32, result: Option<&str>) {
        self.current_failure = None;
        self.doc_tests.clear();
        self.failing_indices.clear();
        for failing in self.failing.drain(..) {
            let message = failing.message.text();
            self.builder.handle(
                failing.line,
                Event::Finished(Finished {
                    name: Cow::Borrowed(&failing.name),
                    outcome: failing.outcome,
                    attempt: Attempt::Final,
                    message: Cow::Borrowed(message),
                    location: parse_location(message),
                }),
            );
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
            let scope = PlanScope::Children;
            self.builder.handle(line, Event::Plan { tests: suite.planned, scope });
        }
        if let Some(tests) = failed {
            self.builder.expect_failures(line, tests);
        }
        self.builder.handle(line, Event::SuiteEnded);
    }

    /// Cargo's word on a binary that failed; told when the binary itself said nothing.
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

/// The name and what stands behind it in `test name ... ok`.
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

/// The name of a documentation test without its line, which moves.
pub(crate) fn strip_line(name: &str) -> &str {
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

/// The place in `thread 'x' panicked at src/lib.rs:10:9:`, and in the older form with the message first.
pub(crate) fn parse_location(message: &str) -> Option<SourceLocation<'static>> {
    let line = message.lines().find(|line| line.contains("panicked at "))?;
    let text = line.rsplit([' ', ',']).next()?.trim_end_matches(':');
    let mut parts = text.rsplitn(3, ':');
    let (Some(_), Some(line), Some(file)) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    Some(SourceLocation { file: Cow::Owned(file.to_owned()), line: Some(line.parse().ok()?) })
}
