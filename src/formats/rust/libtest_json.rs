//! libtest's JSON, as `cargo test -- --format json` and `cargo nextest --message-format libtest-json` write it, with
//! the tests' output between.
//!
//! `timeout` only reports that a test takes long. nextest marks a retry by a suffix of the name where the test ends.
//! The suites of nextest overlap and are distinguished by the names of their tests; one may end and start again, because
//! nextest counts ignored tests among the running ones, and it drops the event of a test that is ignored last.
//!
//! <https://doc.rust-lang.org/nightly/unstable-book/compiler-flags/report-time.html>

use super::doc_tests::{self, strip_line};
use super::libtest_line::parse_location;
use super::nextest_suites::NextestSuites;
use crate::formats::emit::{
    PendingTest, check_totals, known_or_failed, lookup, saturating_sum, test_record,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Event, Finished, Outcome, RunBuilder};
use crate::syntax::BoundedText;
use crate::syntax::json::{self, Value};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["libtest-json"],
    title: "libtest's JSON lines, from cargo test and cargo nextest",
    test_name: "the test's path; nextest: `crate::binary$path`. A documentation test without its line number, the \
                second of one name with ` #2`",
    outcomes: &OUTCOMES,
    incomplete: "a suite without an end; fewer tests than its test_count; a truncated line. A stream cut \
                 between two suites shows nothing",
    totals: "each suite's test_count, passed, failed, ignored and event; of nextest's ignored only what test_count \
             has room for, because tests of `--run-ignored` are among them",
    link: "https://doc.rust-lang.org/rustc/tests/index.html#--format-format",
    sniff: Sniff::Bytes(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 7] = [
    ("ok", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("ignored", Outcome::Skipped),
    ("allowed_failure", Outcome::Xfailed),
    ("bench, as the type", Outcome::Passed),
    ("failed, reason \"time limit exceeded\"", Outcome::TimedOut),
    ("started and nothing else", Outcome::Unfinished),
];

/// The most documentation tests of a suite that are numbered.
const MAX_DOC_TESTS: usize = 10_000;

/// The keys that an event may have first.
const FIRST_KEYS: [&str; 2] = ["type", "event"];

/// Whether the first bytes of a file contain an event.
fn sniff(head: &[u8]) -> bool {
    let mut found = false;
    if memchr::memmem::find(head, b"\"event\"").is_some() {
        json::for_each_record_with(head, &FIRST_KEYS, |_, event| {
            found |= match (event["type"].as_str(), event["event"].as_str()) {
                ("suite", "started") => event["test_count"].as_u64().is_some(),
                ("suite", "ok" | "failed") => event["failed"].as_u64().is_some(),
                ("test", "started" | "ok" | "failed" | "ignored") => {
                    !event["name"].as_str().is_empty()
                }
                _ => false,
            };
        });
    }
    found
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = LibtestJsonReader {
        builder,
        suite: None,
        nextest: NextestSuites::default(),
        seen_elsewhere: 0,
        doc_tests: Vec::new(),
        doc_tests_started: BTreeMap::new(),
        message: BoundedText::default(),
    };
    let end =
        json::for_each_record_with(input, &FIRST_KEYS, |line, event| reader.event(line, event));
    let is_truncated = reader.suite.is_some() || reader.nextest.has_open();
    reader.end_suite(end.line, &Value::Null);
    let LibtestJsonReader { builder, nextest, seen_elsewhere, .. } = reader;
    nextest.finish(end.line, seen_elsewhere, builder);
    end.truncated_if(is_truncated)
}

struct LibtestJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The suite without a name that has started.
    suite: Option<OpenSuite>,
    nextest: NextestSuites,
    /// The number of tests outside nextest's suites.
    seen_elsewhere: u64,
    /// The documentation tests of the suite that ended, which wait for the others of their names.
    doc_tests: Vec<PendingTest>,
    /// Those that started and did not end, with their lines.
    doc_tests_started: BTreeMap<String, u32>,
    /// A buffer for the message of one test.
    message: BoundedText,
}

struct OpenSuite {
    line: u32,
    planned: Option<u64>,
    kind: SuiteKind,
}

enum SuiteKind {
    /// It has no test yet.
    Unknown,
    Libtest,
    /// One of nextest's, of this name.
    Nextest(String),
}

impl LibtestJsonReader<'_, '_> {
    fn event(&mut self, line: u32, event: &Value) {
        let [kind, word, name] = ["type", "event", "name"].map(|key| event[key].as_str());
        match (kind, word) {
            ("suite", "started") => self.start_suite(line, event),
            // The lines of `--list`.
            ("suite", "discovery" | "completed") => {}
            ("suite", _) => {
                check_totals(event, &COUNTS, line, self.builder);
                match suite_name(event) {
                    Some(name) => self.nextest.end(&name, event),
                    None => self.end_suite(line, event),
                }
            }
            ("test" | "bench", _) if name.is_empty() => {}
            ("test", "started") => {
                let name = split_attempt(name).0;
                self.note_test(name);
                self.nextest.start_test(name);
                self.start_test(line, name);
            }
            ("test", "timeout" | "discovered") => {}
            ("bench", "") => self.finish(line, event, Some(Outcome::Passed)),
            ("test", "failed") if event["reason"].as_str().contains("time limit exceeded") => {
                self.finish(line, event, Some(Outcome::TimedOut));
            }
            ("test" | "bench", _) => self.finish(line, event, lookup(&OUTCOMES, word)),
            (_, _) => {}
        }
    }

    fn start_suite(&mut self, line: u32, event: &Value) {
        self.end_suite(line, &Value::Null);
        check_totals(event, &["test_count"], line, self.builder);
        let planned = event["test_count"].as_u64();
        match suite_name(event) {
            Some(name) => self.nextest.start(&name, planned),
            None => self.suite = Some(OpenSuite { line, planned, kind: SuiteKind::Unknown }),
        }
    }

    fn start_test(&mut self, line: u32, name: &str) {
        let is_doc_test = self.suite.is_some() && strip_line(name) != name;
        if is_doc_test && self.doc_tests_started.len() < MAX_DOC_TESTS {
            self.doc_tests_started.insert(name.to_owned(), line);
        } else {
            test_record::emit_started(strip_line(name), line, self.builder);
        }
    }

    /// A suite without a name is one of nextest's if its first test is.
    fn note_test(&mut self, test: &str) {
        let is_unknown = |suite: &&mut OpenSuite| matches!(suite.kind, SuiteKind::Unknown);
        let Some(suite) = self.suite.as_mut().filter(is_unknown) else { return };
        suite.kind = match test.split_once('$') {
            Some((name, _)) => {
                self.nextest.start(name, suite.planned);
                SuiteKind::Nextest(name.to_owned())
            }
            None => {
                self.builder.handle(suite.line, Event::SuiteStarted { name: None });
                SuiteKind::Libtest
            }
        };
    }

    fn finish(&mut self, line: u32, event: &Value, known: Option<Outcome>) {
        let (outcome, unknown) = known_or_failed(known, "event", event["event"].as_str());
        let (name, attempts) = split_attempt(event["name"].as_str());
        self.note_test(name);
        self.message.clear();
        self.message.push(&unknown);
        for text in ["message", "reason", "stdout", "stderr"].map(|key| event[key].as_str()) {
            if !text.is_empty() {
                self.message.push_line(text.as_bytes());
            }
        }
        let message = std::mem::take(&mut self.message);
        if attempts > 1 {
            // Only the last attempt is in the stream.
            let message = if outcome.is_failing() { message.text() } else { "" };
            self.emit(line, name, Outcome::Failed, Attempt::Intermediate, message);
        }
        if self.suite.is_some() && strip_line(name) != name && self.doc_tests.len() < MAX_DOC_TESTS
        {
            self.doc_tests_started.remove(name);
            let test = PendingTest { message, ..PendingTest::new(line, name, outcome) };
            self.doc_tests.push(test);
        } else {
            self.emit(line, strip_line(name), outcome, Attempt::Final, message.text());
            self.message = message;
        }
        self.seen_elsewhere += u64::from(!self.nextest.end_test(name, outcome));
    }

    fn emit(&mut self, line: u32, name: &str, outcome: Outcome, attempt: Attempt, message: &str) {
        let location = if outcome.is_failing() { parse_location(message) } else { None };
        let finished = Finished { attempt, location, ..Finished::new(name, outcome, message) };
        self.builder.handle(line, Event::Finished(finished));
    }

    /// Emits the documentation tests; without the end of their suite their order is unknown.
    fn emit_doc_tests(&mut self, has_end: bool) {
        let tests = std::mem::take(&mut self.doc_tests);
        let titles = || tests.iter().map(|test| test.name.as_str());
        let ordinals = if has_end { doc_tests::ordinals(titles()) } else { BTreeMap::new() };
        for (index, test) in tests.iter().enumerate() {
            let name = doc_tests::name(&test.name, ordinals.get(&index).copied().unwrap_or(1));
            self.emit(test.line, &name, test.outcome, Attempt::Final, test.message.text());
        }
        for (name, line) in std::mem::take(&mut self.doc_tests_started) {
            test_record::emit_started(strip_line(&name), line, self.builder);
        }
    }

    /// Ends the suite without a name, by its last event if it has one.
    fn end_suite(&mut self, line: u32, event: &Value) {
        self.emit_doc_tests(!event.is_null());
        let Some(suite) = self.suite.take() else { return };
        match suite.kind {
            SuiteKind::Nextest(_) if event.is_null() => return,
            SuiteKind::Nextest(name) => return self.nextest.end(&name, event),
            SuiteKind::Unknown => {
                self.builder.handle(suite.line, Event::SuiteStarted { name: None });
            }
            SuiteKind::Libtest => {}
        }
        let count = |key: &str| event[key].as_u64();
        let counted = COUNTS.map(count);
        let counted = saturating_sum(counted.into_iter().flatten());
        // Tests run in parallel: an open test does not contain the next one.
        self.builder.expect_tests(line, suite.planned.max(Some(counted)));
        self.builder.expect_failures(line, count("failed"));
        let skipped = [count("ignored"), count("allowed_fail")];
        self.builder.expect_skips(line, saturating_sum(skipped.into_iter().flatten()));
        if !event.is_null() && event["event"].as_str() != "ok" {
            self.builder.expect_a_failure(line, &format!("suite {}", event["event"].as_str()));
        }
        self.builder.handle(line, Event::SuiteEnded);
    }
}

/// What the end of a suite counts.
const COUNTS: [&str; 5] = ["passed", "failed", "allowed_fail", "ignored", "measured"];

/// The name of a suite of nextest as the names of its tests have it.
fn suite_name(event: &Value) -> Option<String> {
    let suite = &event["nextest"];
    if suite.is_null() {
        return None;
    }
    let mut name = format!("{}::{}", suite["crate"].as_str(), suite["test_binary"].as_str());
    if let Some(index) = suite["stress_index"].as_u64() {
        name.push_str(&format!("@stress-{index}"));
    }
    Some(name)
}

/// A name without the number of the attempt, and this number, which nextest appends.
fn split_attempt(name: &str) -> (&str, u32) {
    let nextest = if name.contains('$') { name.rsplit_once('#') } else { None };
    let (name, attempt) = match nextest.map(|(name, number)| (name, number.parse())) {
        Some((name, Ok(number))) if !name.is_empty() => (name, number),
        Some((_, Ok(_) | Err(_))) | None => (name, 1),
    };
    (name, attempt)
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    const STARTED: &str = r#"{ "type": "suite", "event": "started", "test_count": 1 }
{ "type": "test", "event": "started", "name": "a" }
"#;

    #[test]
    fn failure_with_output_beyond_the_line_limit_is_one() {
        let stdout = "x".repeat(2 << 20);
        let failed = format!(
            r#"{{ "type": "test", "name": "a", "event": "failed", "stdout": "{stdout}" }}
{{ "type": "suite", "event": "failed", "passed": 0, "failed": 1 }}
"#
        );
        let read = read_as("libtest-json", &format!("{STARTED}{failed}"));
        assert!(read.0[0].starts_with("failed a: xxx"));
        assert_eq!((read.0.len(), read.1), (1, vec![]));
    }

    #[test]
    fn printed_json_is_no_event_and_damaged_event_is_no_output() {
        let printed = "{\"a\": Some(1)}\n[\n    \"a\",\n]\n{\n";
        let ok = r#"{ "type": "test", "name": "a", "event": "ok" }
{ "type": "suite", "event": "ok", "passed": 1, "failed": 0 }
"#;
        let whole = read_as("libtest-json", &format!("{STARTED}{printed}{ok}"));
        assert_eq!((&whole.0[..], whole.1), (&["passed a".to_owned()][..], vec![]));
        let damaged = r#"{ "type": "test", "name": "b", "event": "failed, }"#;
        let damaged = read_as("libtest-json", &format!("{STARTED}{damaged}\n{ok}"));
        assert!(matches!(&damaged.1[..], [GapKind::Damaged { .. }]), "{:?}", damaged.1);
    }
}
