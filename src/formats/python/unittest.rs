//! What Python's `unittest -v` prints.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a test with failing subtests has no outcome
//! on its own line, and why a test failed stands behind all tests.
//!
//! <https://docs.python.org/3/library/unittest.html>

use crate::formats::emit::test_record;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Event, Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding::decode_lossy;
use crate::syntax::lines::{RawLine, for_each_line};
use crate::syntax::read_end::ReadEnd;
use std::collections::BTreeMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["unittest"],
    title: "python -m unittest -v, Django's test runner",
    test_name: "`module.Class.test`; a subtest with its `[message] (parameters)`",
    outcomes: &[
        ("ok", Outcome::Passed),
        ("FAIL", Outcome::Failed),
        ("ERROR", Outcome::Errored),
        ("skipped", Outcome::Skipped),
        ("expected failure", Outcome::Xfailed),
        ("unexpected success", Outcome::Xpassed),
        ("a test without an outcome", Outcome::Unfinished),
    ],
    incomplete: "no `Ran N tests` and verdict at the end; more failures in the verdict than came",
    link: "https://docs.python.org/3/library/unittest.html",
    sniff: Sniff::Lines(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 6] = [
    ("ok", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("skipped", Outcome::Skipped),
    ("expected failure", Outcome::Xfailed),
    ("unexpected success", Outcome::Xpassed),
];

/// How many failing tests are held for what is said of them at the end.
const MAX_PENDING_TESTS: usize = 100_000;

/// Whether the first bytes of a file are of this format: a test and its outcome on a line.
pub(crate) fn sniff(head: &str) -> bool {
    let mut lines = head.lines().filter_map(split_title);
    lines.any(|(title, said)| parse_name(title).is_some() && parse_outcome(said).is_some())
}

/// Reads a whole output.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = UnittestReader {
        builder,
        previous_line: String::new(),
        open: None,
        failing: Vec::new(),
        failing_indices: BTreeMap::new(),
        current_failure: None,
        in_summary: false,
        ended: false,
    };
    let (line, read) = for_each_line(input, |number, RawLine { bytes, .. }| {
        reader.line(number, &decode_lossy(bytes))
    });
    let end = if reader.ended { EndOfInput::Complete } else { EndOfInput::Truncated };
    reader.finish();
    read.map_or_else(|error| ReadEnd::unreadable(line, &error), |()| ReadEnd { line, end })
}

struct UnittestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The line before: a test's own title, when its documentation stands on the next.
    previous_line: String,
    /// The test whose outcome has not come.
    open: Option<UnittestOpenTest>,
    failing: Vec<UnittestFailure>,
    /// Where each of them stands, by its name.
    failing_indices: BTreeMap<String, usize>,
    current_failure: Option<usize>,
    in_summary: bool,
    ended: bool,
}

struct UnittestOpenTest {
    line: u32,
    name: String,
    has_subtests: bool,
}

struct UnittestFailure {
    line: u32,
    name: String,
    outcome: Outcome,
    message: BoundedText,
}

impl UnittestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if self.in_summary {
            let is_verdict = line == "OK"
                || ["OK (", "FAILED", "NO TESTS RAN"].iter().any(|v| line.starts_with(v));
            if is_verdict && !self.ended {
                self.ended = true;
                let tests = ["failures=", "errors=", "unexpected successes="];
                let tests =
                    test_record::saturating_sum(tests.iter().map(|what| parse_count(line, what)));
                self.builder.expect_failures(number, tests);
            }
        } else if line.starts_with("Ran ") && line.contains(" test") && line.contains(" in ") {
            self.in_summary = true;
        } else if let Some((_, title)) = parse_heading(line) {
            self.close_test();
            let name = parse_name(title).unwrap_or_else(|| title.to_owned());
            self.current_failure = self.failing_indices.get(&name).copied();
        } else if let Some(index) = self.current_failure {
            let is_rule = line.starts_with("-----") || line.starts_with("=====");
            if let Some(failing) = self.failing.get_mut(index).filter(|_| !is_rule) {
                failing.message.push_line(line.as_bytes());
            }
        } else if let Some((title, status)) = split_title(line) {
            let found = parse_name(title).or_else(|| parse_name(&self.previous_line));
            if let Some(name) = found {
                self.test(number, name, status, line.starts_with("  "));
            }
        } else if let Some(outcome) = parse_outcome(line)
            && let Some(open) = self.open.take()
        {
            self.add_result(open.line, open.name, outcome, line);
        }
        self.previous_line.clear();
        self.previous_line.push_str(line);
    }

    fn test(&mut self, line: u32, name: String, status: &str, is_subtest: bool) {
        if is_subtest {
            if let Some(open) = &mut self.open {
                open.has_subtests = true;
            }
        } else {
            self.close_test();
        }
        match parse_outcome(status) {
            Some(outcome) => self.add_result(line, name, outcome, status),
            None => self.open = Some(UnittestOpenTest { line, name, has_subtests: false }),
        }
    }

    fn add_result(&mut self, line: u32, name: String, outcome: Outcome, status: &str) {
        if outcome.is_failing() && self.failing.len() < MAX_PENDING_TESTS {
            let message = BoundedText::default();
            self.failing_indices.entry(name.clone()).or_insert(self.failing.len());
            self.failing.push(UnittestFailure { line, name, outcome, message });
        } else {
            let why = status.strip_prefix("skipped ").unwrap_or("").trim_matches(['\'', '"']);
            self.builder.handle(line, Event::finished(&name, outcome, why));
        }
    }

    /// Gives up the open test, unless its subtests are its outcome.
    fn close_test(&mut self) {
        if let Some(open) = self.open.take().filter(|open| !open.has_subtests) {
            self.builder.handle(open.line, Event::Started { name: open.name.into() });
        }
    }

    fn finish(&mut self) {
        self.close_test();
        self.failing_indices.clear();
        for failing in self.failing.drain(..) {
            let message = failing.message.text();
            self.builder
                .handle(failing.line, Event::finished(&failing.name, failing.outcome, message));
        }
    }
}

/// The title and what is said of it in `test_x (m.T.test_x) ... ok`.
fn split_title(line: &str) -> Option<(&str, &str)> {
    let (title, status) =
        line.split_once(" ... ").or_else(|| line.strip_suffix(" ...").map(|title| (title, "")))?;
    Some((title.trim_start(), status.trim_end()))
}

/// The whole name in `test_x (m.T.test_x)`, or in the older `test_x (m.T)`.
fn parse_name(title: &str) -> Option<String> {
    let (test, rest) = title.split_once(" (")?;
    let (path, parameters) = rest.split_once(')')?;
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_.<>".contains(c))
    };
    if !is_name(test) || !is_name(path) {
        return None;
    }
    let is_full_path = path.strip_suffix(test).is_some_and(|prefix| prefix.ends_with('.'));
    let name = if is_full_path { path.to_owned() } else { format!("{path}.{test}") };
    Some(name + parameters)
}

fn parse_outcome(status: &str) -> Option<Outcome> {
    let known = OUTCOMES.iter().find(|(word, _)| match *word {
        "skipped" => status.starts_with("skipped '") || status.starts_with("skipped \""),
        word => status == word,
    });
    known.map(|(_, outcome)| *outcome)
}

/// The outcome and the title in `FAIL: test_x (m.T.test_x)`.
fn parse_heading(line: &str) -> Option<(&str, &str)> {
    let (word, title) = line.split_once(": ")?;
    ["FAIL", "ERROR", "UNEXPECTED SUCCESS"].contains(&word).then_some((word, title))
}

/// The number behind `failures=`; `expected failures=` is another.
fn parse_count(line: &str, what: &str) -> u64 {
    let inside = line.split_once('(').map_or("", |(_, inside)| inside.trim_end_matches(')'));
    let found = inside.split(", ").find_map(|part| part.strip_prefix(what));
    found.and_then(|count| count.parse().ok()).unwrap_or(0)
}
