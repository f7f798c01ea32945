//! The output of Python's `unittest -v`.
//!
//! A test with failing subtests has no outcome on its own line. The messages of failures follow after all tests.

use crate::formats::emit::{PendingFailures, PendingTest, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["unittest"],
    title: "python -m unittest -v, Django's test runner",
    test_name: "`module.Class.test`; a subtest with its `[message] (parameters)`",
    outcomes: &OUTCOMES,
    incomplete: "no `Ran N tests` and verdict at the end; more failures in the verdict than results that failed",
    totals: "",
    link: "https://docs.python.org/3/library/unittest.html",
    // A test and its outcome on one line.
    sniff: Sniff::Lines(|head| {
        let mut lines = head.lines().filter_map(split_title);
        lines.any(|(title, status)| parse_name(title).is_some() && parse_outcome(status).is_some())
    }),
    read,
};

const OUTCOMES: [(&str, Outcome); 7] = [
    ("ok", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("skipped", Outcome::Skipped),
    ("expected failure", Outcome::Xfailed),
    ("unexpected success", Outcome::Xpassed),
    ("a test without an outcome", Outcome::Unfinished),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = UnittestReader {
        builder,
        previous_line: String::new(),
        open: None,
        failures: PendingFailures::default(),
        in_summary: false,
        ended: false,
    };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    reader.finish();
    read.complete_if(reader.ended)
}

struct UnittestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The line before: the title of a test whose docstring is on the next line.
    previous_line: String,
    /// The test whose outcome has not been read yet.
    open: Option<UnittestOpenTest>,
    failures: PendingFailures,
    in_summary: bool,
    ended: bool,
}

struct UnittestOpenTest {
    line: u32,
    name: String,
    has_subtests: bool,
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
            self.failures.start_message(&name);
        } else if let Some(message) = self.failures.message() {
            if !line.starts_with("-----") && !line.starts_with("=====") {
                message.push_line(line.as_bytes());
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
        if let Some(test) = self.failures.add(PendingTest::new(line, name, outcome)) {
            let why = status.strip_prefix("skipped ").unwrap_or("").trim_matches(['\'', '"']);
            self.builder.handle(line, Event::finished(&test.name, outcome, why));
        }
    }

    /// Ends the open test without an outcome, unless its subtests are its outcome.
    fn close_test(&mut self) {
        if let Some(open) = self.open.take().filter(|open| !open.has_subtests) {
            self.builder.handle(open.line, Event::Started { name: open.name.into() });
        }
    }

    fn finish(&mut self) {
        self.close_test();
        self.failures.take().iter().for_each(|test| test.emit(self.builder));
    }
}

/// The title and the status in `test_x (m.T.test_x) ... ok`.
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

/// The number after `failures=`, which `expected failures=` is not.
fn parse_count(line: &str, what: &str) -> u64 {
    let inside = line.split_once('(').map_or("", |(_, inside)| inside.trim_end_matches(')'));
    let found = inside.split(", ").find_map(|part| part.strip_prefix(what));
    found.and_then(|count| count.parse().ok()).unwrap_or(0)
}
