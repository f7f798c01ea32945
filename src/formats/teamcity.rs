//! TeamCity's service messages, as Qt, Catch2, pytest's and jest's TeamCity reporters print them.
//!
//! A test may fail several times before it finishes. Tests of several flows run in parallel, and each flow has its own
//! suites.

use crate::formats::emit::{PendingTest, names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["teamcity"],
    title: "TeamCity service messages, as Qt, Catch2, teamcity-messages and jest-teamcity print them",
    test_name: "the suites and the test, joined by dots",
    outcomes: &[
        ("testFinished", Outcome::Passed),
        ("testFailed", Outcome::Failed),
        ("testIgnored", Outcome::Skipped),
        ("testIgnored, marked as 'ok to fail' by Catch2", Outcome::Xfailed),
        ("testStarted and nothing else", Outcome::Unfinished),
    ],
    incomplete: "a test or a suite without an end; fewer tests than testCount",
    totals: "",
    link: "https://www.jetbrains.com/help/teamcity/service-messages.html",
    // A message about a test or a suite of tests.
    sniff: Sniff::Bytes(|head| {
        let mut lines = head.split(|b| *b == b'\n').take(1000);
        lines.any(|line| line.trim_ascii_start().starts_with(b"##teamcity[test"))
    }),
    read,
};

const MESSAGE_PREFIX: &str = "##teamcity[";

/// How deep suites may be nested; deeper ones count for the last of these.
const MAX_DEPTH: usize = 200;
const MAX_OPEN_TESTS: usize = 100_000;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = TeamcityReader { builder, flows: BTreeMap::new(), open: BTreeMap::new() };
    let (mut is_complete, mut lost) = (true, None);
    let read = for_each_line(input, |line| {
        let Some((_, message)) = line.text.split_once(MESSAGE_PREFIX) else {
            // The truncated part may contain a message.
            if line.truncated {
                lost.get_or_insert(line.number);
            }
            return;
        };
        let message = message.trim_end();
        match message.strip_suffix(']') {
            Some(inside) => reader.message(line.number, inside),
            // A failure with truncated details is still a failure.
            None if line.truncated => reader.message(line.number, message),
            None => {}
        }
        is_complete &= line.has_newline || message.ends_with(']');
    });
    is_complete &= reader.flows.is_empty();
    reader.close_tests();
    match lost {
        Some(line) if read.is_ok() => {
            ReadEnd::damaged(line, &"the end of a line of more than 1 MiB is lost")
        }
        Some(_) | None => read.complete_if(is_complete),
    }
}

struct TeamcityReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The open suites of each flow.
    flows: BTreeMap<String, Vec<String>>,
    /// The open tests, by their whole names.
    open: BTreeMap<String, PendingTest>,
}

impl TeamcityReader<'_, '_> {
    fn message(&mut self, line: u32, inside: &str) {
        let (kind, rest) = inside.split_once(' ').unwrap_or((inside, ""));
        let values = parse_values(rest);
        let value = |name: &str| values.get(name).map_or("", String::as_str);
        let flow = value("flowId");
        match kind {
            "testSuiteStarted" => {
                let suites = self.flows.entry(flow.to_owned()).or_default();
                if suites.len() < MAX_DEPTH {
                    suites.push(value("name").to_owned());
                }
            }
            "testSuiteFinished" => {
                let ended = match self.flows.get_mut(flow) {
                    Some(suites) => suites.pop().is_some() && suites.is_empty(),
                    None => false,
                };
                if ended {
                    self.flows.remove(flow);
                }
            }
            "testCount" => self.builder.expect_tests(line, value("count").parse::<u64>().ok()),
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
                    test.emit(self.builder);
                }
            }
            _ => {}
        }
    }

    /// Adds an outcome to an open test; emits it if the test is not open.
    fn add_outcome(&mut self, line: u32, flow: &str, test: &str, outcome: Outcome, texts: &[&str]) {
        let name = self.full_name(flow, test);
        let Some(open) = self.open.get_mut(&name) else {
            return self.builder.handle(line, Event::finished(&name, outcome, texts[0]));
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
            names::push_parent(&mut name, suite, ".");
        }
        name + test
    }

    fn close_tests(&mut self) {
        for test in std::mem::take(&mut self.open).into_values() {
            test_record::emit_started(&test.name, test.line, self.builder);
        }
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
