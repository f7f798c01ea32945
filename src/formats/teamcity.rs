//! TeamCity's service messages, as Qt, Catch2, pytest's and jest's TeamCity reporters print them.
//!
//! A test may fail several times before it finishes. Tests of several flows run in parallel, and each flow has its own
//! suites.

use crate::formats::emit::{PendingTest, names, test_record, unknown};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::for_each_line;
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["teamcity"],
    title: "TeamCity service messages, as Qt, Catch2, teamcity-messages and jest-teamcity print them",
    test_name: "the suites and the test, joined by dots",
    outcomes: &OUTCOMES,
    incomplete: "a test or a suite without an end; a buildProblem or a failed buildStatus although no test failed",
    totals: "testCount, of all programs together and of a suite; the build's status and problems",
    link: "https://www.jetbrains.com/help/teamcity/service-messages.html",
    // A message about a test or a suite of tests.
    sniff: Sniff::Bytes(|head| {
        let mut lines = head.split(|b| *b == b'\n').take(1000);
        lines.any(|line| line.trim_ascii_start().starts_with(b"##teamcity[test"))
    }),
    read,
};

/// The messages that give an outcome, and others.
const OUTCOMES: [(&str, Outcome); 6] = [
    ("testFinished", Outcome::Passed),
    ("testFailed", Outcome::Failed),
    ("testIgnored", Outcome::Skipped),
    ("testIgnored, marked as 'ok to fail' by Catch2", Outcome::Xfailed),
    ("another message with the name of an open test", Outcome::Failed),
    ("testStarted and nothing else", Outcome::Unfinished),
];

/// The messages without the outcome of a test, although they may have the name of one.
const NEUTRAL_MESSAGES: [&str; 9] = [
    "testStdOut",
    "testStdErr",
    "testMetadata",
    "blockOpened",
    "blockClosed",
    "setParameter",
    "message",
    "progressStart",
    "progressFinish",
];

const MESSAGE_PREFIX: &str = "##teamcity[";

/// How deep suites may be nested; deeper ones count for the last of these.
const MAX_DEPTH: usize = 200;
const MAX_OPEN_TESTS: usize = 100_000;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = TeamcityReader::new(builder);
    let (mut is_complete, mut lost) = (true, None);
    let read = for_each_line(input, |line| {
        let mut rest = line.text;
        while let Some((_, message)) = rest.split_once(MESSAGE_PREFIX) {
            let (inside, tail) = split_message(message);
            // A message that other output tore, or whose details are truncated, is one.
            reader.message(line.number, inside);
            is_complete &= line.has_newline || tail.is_some();
            rest = tail.unwrap_or("");
        }
        // The truncated part may contain a message.
        if line.truncated && !line.text.contains(MESSAGE_PREFIX) {
            lost.get_or_insert(line.number);
        }
    });
    is_complete &= reader.flows.is_empty();
    reader.finish(read.line);
    match lost {
        Some(line) if read.is_ok() => {
            ReadEnd::damaged(line, &"the end of a line of more than 1 MiB is lost")
        }
        Some(_) | None => read.complete_if(is_complete),
    }
}

/// The inside of a message, and what follows it on the line; `None` if it has no end.
fn split_message(message: &str) -> (&str, Option<&str>) {
    let (mut bytes, mut quote) = (message.bytes().enumerate(), None);
    while let Some((at, byte)) = bytes.next() {
        match (byte, quote) {
            (b'|', _) => drop(bytes.next()),
            (b'\'' | b'"', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            (b']', None) => return (&message[..at], Some(&message[at + 1..])),
            _ => {}
        }
    }
    match message.trim_end().strip_suffix(']') {
        Some(inside) => (inside, Some("")),
        None => (message, None),
    }
}

struct TeamcityReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The open suites of each flow.
    flows: BTreeMap<String, Vec<TeamcitySuite>>,
    /// The open tests, by their whole names.
    open: BTreeMap<String, PendingTest>,
    /// The last attempts of tests, if the runner repeats those that fail.
    attempts: Option<BTreeMap<String, PendingTest>>,
    /// The sum of the counts outside any suite.
    declared: Option<u64>,
    /// The tests that ended, and how many of those are missing that suites declared.
    seen: u64,
    missing: u64,
}

struct TeamcitySuite {
    name: String,
    declared: u64,
    seen: u64,
}

impl<'b, 's> TeamcityReader<'b, 's> {
    fn new(builder: &'b mut RunBuilder<'s>) -> Self {
        let (flows, open) = (BTreeMap::new(), BTreeMap::new());
        let (attempts, declared) = (None, None);
        TeamcityReader { builder, flows, open, attempts, declared, seen: 0, missing: 0 }
    }

    fn message(&mut self, line: u32, inside: &str) {
        let (kind, rest) = inside.split_once(' ').unwrap_or((inside, ""));
        let values = parse_values(rest);
        let value = |name: &str| values.get(name).map_or("", String::as_str);
        let flow = value("flowId");
        match kind {
            "testSuiteStarted" => {
                let suites = self.flows.entry(flow.to_owned()).or_default();
                if suites.len() < MAX_DEPTH {
                    let name = value("name").to_owned();
                    suites.push(TeamcitySuite { name, declared: 0, seen: 0 });
                }
            }
            "testSuiteFinished" => self.end_suite(flow),
            "testCount" => self.add_count(flow, value("count")),
            "testRetrySupport" => {
                self.flush_attempts();
                self.attempts = (value("enabled") == "true").then(BTreeMap::new);
            }
            "testStarted" if self.open.len() < MAX_OPEN_TESTS => {
                let name = self.full_name(flow, value("name"));
                let open = PendingTest::new(line, name.as_str(), Outcome::Passed);
                self.open.insert(name, open);
            }
            "testFailed" => {
                let texts = [value("message"), value("details")];
                self.add_outcome(line, flow, value("name"), Outcome::Failed, &texts);
            }
            "testIgnored" => {
                let why = value("message");
                let expected = why.contains("failure ignore as test marked as 'ok to fail'");
                let outcome = if expected { Outcome::Xfailed } else { Outcome::Skipped };
                self.add_outcome(line, flow, value("name"), outcome, &[why]);
            }
            "testFinished" => {
                let name = self.full_name(flow, value("name"));
                if let Some(test) = self.open.remove(&name) {
                    self.end_test(flow, test);
                }
            }
            "buildProblem" => self.report_failure(line, kind, value("description")),
            "buildStatus" if !matches!(value("status"), "" | "SUCCESS") => {
                self.report_failure(line, kind, value("status"));
            }
            kind if !NEUTRAL_MESSAGES.contains(&kind) => {
                let name = self.full_name(flow, value("name"));
                if self.open.contains_key(&name) {
                    let why = unknown("message", kind);
                    self.add_outcome(line, flow, value("name"), Outcome::Failed, &[&why]);
                }
            }
            _ => {}
        }
    }

    fn report_failure(&mut self, line: u32, kind: &str, what: &str) {
        self.builder.expect_a_failure(line, &format!("{kind} {what}"));
    }

    fn end_suite(&mut self, flow: &str) {
        let Some(suites) = self.flows.get_mut(flow) else { return };
        if let Some(suite) = suites.pop() {
            let missing = suite.declared.saturating_sub(suite.seen);
            self.missing = self.missing.saturating_add(missing);
        }
        if suites.is_empty() {
            self.flows.remove(flow);
        }
    }

    /// Adds a count: that of a program, or that of the open suite.
    fn add_count(&mut self, flow: &str, count: &str) {
        let Ok(count) = count.parse::<u64>() else { return };
        match self.flows.get_mut(flow).and_then(|suites| suites.last_mut()) {
            Some(suite) => suite.declared = suite.declared.max(count),
            None => self.declared = Some(self.declared.unwrap_or(0).saturating_add(count)),
        }
    }

    /// Ends a test, which is one of several attempts if the runner repeats tests.
    fn end_test(&mut self, flow: &str, test: PendingTest) {
        let attempts = self.attempts.as_mut().filter(|tests| tests.len() < MAX_OPEN_TESTS);
        let earlier = match attempts {
            Some(attempts) => attempts.insert(test.name.clone(), test),
            None => {
                test.emit(self.builder);
                None
            }
        };
        if let Some(earlier) = earlier {
            let line = earlier.line;
            return earlier.record().attempt(Attempt::Intermediate).emit(line, self.builder);
        }
        self.seen += 1;
        for suite in self.flows.get_mut(flow).into_iter().flatten() {
            suite.seen += 1;
        }
    }

    fn flush_attempts(&mut self) {
        for test in self.attempts.take().into_iter().flatten() {
            test.1.emit(self.builder);
        }
    }

    /// Adds an outcome to an open test; emits it if the test is not open.
    fn add_outcome(&mut self, line: u32, flow: &str, test: &str, outcome: Outcome, texts: &[&str]) {
        let name = self.full_name(flow, test);
        let Some(open) = self.open.get_mut(&name) else {
            let mut test = PendingTest::new(line, name, outcome);
            test.message.push_line(texts[0].as_bytes());
            return self.end_test(flow, test);
        };
        if outcome > open.outcome {
            open.outcome = outcome;
            open.message.clear();
            for text in texts.iter().filter(|text| !text.is_empty()) {
                open.message.push_line(text.as_bytes());
            }
        }
    }

    fn full_name(&self, flow: &str, test: &str) -> String {
        let mut name = String::new();
        for suite in self.flows.get(flow).into_iter().flatten() {
            names::push_parent(&mut name, &suite.name, ".");
        }
        name + test
    }

    fn finish(&mut self, line: u32) {
        self.flush_attempts();
        for test in std::mem::take(&mut self.open).into_values() {
            self.seen += 1;
            if test.outcome.is_failing() {
                test.emit(self.builder);
            } else {
                test_record::emit_started(&test.name, test.line, self.builder);
            }
        }
        let missing = Some(self.seen.saturating_add(self.missing)).filter(|_| self.missing > 0);
        self.builder.expect_tests(line, self.declared.max(missing));
    }
}

/// The values in `name='a |'b|'' message='c'`, unescaped.
fn parse_values(mut rest: &str) -> BTreeMap<&str, String> {
    let mut values = BTreeMap::new();
    while let Some((name, tail)) = rest.split_once('=') {
        let tail = tail.trim_start();
        let Some(quote) = tail.chars().next().filter(|c| ['\'', '"'].contains(c)) else { break };
        let (value, tail) = parse_value(&tail[1..], quote);
        values.insert(name.trim(), value);
        rest = tail;
    }
    values
}

/// A value up to its quote, and the text after it.
fn parse_value(text: &str, quote: char) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '|' => match characters.next().map(|(_, escaped)| escaped) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('x') => value.push('\u{85}'),
                Some('l') => value.push('\u{2028}'),
                Some('p') => value.push('\u{2029}'),
                Some('0') => {
                    // `|0xABCD`
                    let digits = text.get(at + 3..at + 7).unwrap_or("");
                    match u32::from_str_radix(digits, 16).ok().and_then(char::from_u32) {
                        Some(coded) => {
                            value.push(coded);
                            characters.nth(4);
                        }
                        None => value.push('0'),
                    }
                }
                Some(escaped) => value.push(escaped),
                None => {}
            },
            character if character == quote => return (value, &text[at + 1..]),
            character => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;
    use crate::syntax::lines::MAX_LEN;

    #[test]
    fn a_failure_with_endless_details_is_one() {
        let details = "x".repeat(2 * MAX_LEN);
        let text = format!(
            "##teamcity[testStarted name='a']\n\
             ##teamcity[testFailed name='a' message='no' details='{details}']\n\
             ##teamcity[testFinished name='a']\n"
        );
        let read = read_as("teamcity", &text);
        assert!(read.0[0].starts_with("failed a: no"));
        assert_eq!((read.0.len(), read.1), (1, vec![]));
    }

    #[test]
    fn messages_are_found_within_output() {
        let text = "##teamcity[testStarted name='a']\n\
                    out##teamcity[testFailed name='a' message='|[x|] ]']more\n\
                    ##teamcity[testFinished name='a']##teamcity[testStarted name='b']\n\
                    ##teamcity[testFailed name='b' message='torn\n##teamcity[testFinished name='b']\n";
        assert_eq!(read_as("teamcity", text).0, ["failed a: [x] ]", "failed b: torn"]);
    }

    #[test]
    fn unknown_message_of_a_test_fails_it() {
        let text = "##teamcity[testStarted name='a']\n##teamcity[testAborted name='a']\n\
                    ##teamcity[testStdOut name='a' out='x']\n##teamcity[testFinished name='a']\n\
                    ##teamcity[testStarted name='b']\n##teamcity[testFailed name='b' message='no']\n";
        let want = ["failed a: unknown message `testAborted`", "failed b: no"];
        assert_eq!(read_as("teamcity", text).0, want);
    }

    #[test]
    fn counts_and_problems_are_compared() {
        let test = "##teamcity[testStarted name='a']\n##teamcity[testFinished name='a']\n";
        let gaps = |before: &str, after: &str| {
            read_as("teamcity", &format!("{before}{test}{after}")).1.len()
        };
        let count = |count: u32| format!("##teamcity[testCount count='{count}']\n");
        assert_eq!([gaps(&count(1), ""), gaps(&count(2), "")], [0, 1]);
        assert_eq!(gaps(&count(1), &count(1)), 1);
        let suite = format!("##teamcity[testSuiteStarted name='s']\n{}", count(2));
        assert_eq!(gaps(&suite, "##teamcity[testSuiteFinished name='s']\n"), 1);
        assert_eq!(gaps("", "##teamcity[buildProblem description='exit code 1']\n"), 1);
        assert_eq!(gaps("", "##teamcity[buildStatus status='FAILURE' text='no']\n"), 1);
        assert_eq!(gaps("", "##teamcity[buildStatus status='SUCCESS' text='ok']\n"), 0);
    }

    #[test]
    fn repeated_tests_are_attempts_if_the_runner_says_so() {
        let attempt = |lines: &str| {
            format!("##teamcity[testStarted name='a']\n{lines}##teamcity[testFinished name='a']\n")
        };
        let failed = attempt("##teamcity[testFailed name='a' message='no']\n");
        let both = failed + &attempt("");
        assert_eq!(read_as("teamcity", &both).0, ["failed a: no", "passed a"]);
        let retried = format!("##teamcity[testRetrySupport enabled='true']\n{both}");
        assert_eq!(read_as("teamcity", &retried).0, ["~failed a: no", "passed a"]);
    }

    #[test]
    fn message_lost_after_endless_output_is_a_gap() {
        let output = "x".repeat(2 * MAX_LEN);
        let text = format!(
            "##teamcity[testStarted name='a']\n{output}##teamcity[testFailed name='a']\n\
             ##teamcity[testFinished name='a']\n"
        );
        let gaps = read_as("teamcity", &text).1;
        assert!(matches!(&gaps[..], [GapKind::Damaged { .. }]), "{gaps:?}");
    }

    #[test]
    fn values_are_unescaped() {
        let values = parse_values(r#"name='a |'b|' |[c|] ||' message='x|ny|0x263a' count="3""#);
        assert_eq!(values["name"], "a 'b' [c] |");
        assert_eq!(values["message"], "x\ny\u{263a}");
        assert_eq!(values["count"], "3");
    }
}
