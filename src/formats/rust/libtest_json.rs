//! libtest's JSON, as `cargo test -- --format json` and `cargo nextest --message-format libtest-json` write it, with
//! the tests' output between.
//!
//! `timeout` only reports that a test takes long. nextest marks a retry by a suffix of the name where the test ends.
//!
//! <https://doc.rust-lang.org/nightly/unstable-book/compiler-flags/report-time.html>

use super::libtest::{parse_location, strip_line};
use crate::formats::emit::test_record;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Event, Finished, Outcome, RunBuilder};
use crate::syntax::BoundedText;
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["libtest-json"],
    title: "libtest's JSON lines, from cargo test and cargo nextest",
    test_name: "the test's path; nextest: `crate::binary$path`. A documentation test without its line number",
    outcomes: &OUTCOMES,
    incomplete: "a suite without an end; fewer tests than its test_count; a truncated line. A stream cut \
                 between two suites shows nothing",
    totals: "",
    link: "https://doc.rust-lang.org/rustc/tests/index.html#--format-format",
    sniff: Sniff::Bytes(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 6] = [
    ("ok, bench", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("failed, reason \"time limit exceeded\"", Outcome::TimedOut),
    ("ignored", Outcome::Skipped),
    ("allowed_failure", Outcome::Xfailed),
    ("started and nothing else", Outcome::Unfinished),
];

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
    let mut reader =
        LibtestJsonReader { builder, in_suite: false, message: BoundedText::default() };
    let end =
        json::for_each_record_with(input, &FIRST_KEYS, |line, event| reader.event(line, event));
    let in_suite = reader.in_suite;
    reader.end_suite(end.line);
    end.truncated_if(in_suite)
}

struct LibtestJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    in_suite: bool,
    /// A buffer for the message of one test.
    message: BoundedText,
}

impl LibtestJsonReader<'_, '_> {
    fn event(&mut self, line: u32, event: &Value) {
        let [kind, word, name] = ["type", "event", "name"].map(|key| event[key].as_str());
        match (kind, word) {
            ("suite", "started") => {
                self.end_suite(line);
                self.in_suite = true;
                self.builder.handle(line, Event::SuiteStarted { name: None });
                if let Some(tests) = event["test_count"].as_u64() {
                    // Tests run in parallel: an open test does not contain the next one.
                    self.builder.expect_tests(line, tests);
                }
            }
            ("suite", _) => {
                self.builder.expect_failures(line, event["failed"].as_u64());
                self.end_suite(line);
            }
            ("test" | "bench", _) if name.is_empty() => {}
            ("test", "started") => {
                test_record::emit_started(split_attempt(name).0, line, self.builder);
            }
            ("test", "timeout" | "discovered") => {}
            ("test", "ok") | ("bench", _) => self.finish(line, event, Outcome::Passed),
            ("test", "failed") if event["reason"].as_str().contains("time limit exceeded") => {
                self.finish(line, event, Outcome::TimedOut);
            }
            ("test", _) => self.finish(line, event, test_record::outcome_for(&OUTCOMES, word)),
            (_, _) => {}
        }
    }

    fn finish(&mut self, line: u32, event: &Value, outcome: Outcome) {
        let (name, attempts) = split_attempt(event["name"].as_str());
        self.message.clear();
        for text in ["message", "reason", "stdout", "stderr"].map(|key| event[key].as_str()) {
            if !text.is_empty() {
                self.message.push_line(text.as_bytes());
            }
        }
        if attempts > 1 {
            self.emit(line, name, Outcome::Failed, Attempt::Intermediate, "");
        }
        let message = std::mem::take(&mut self.message);
        self.emit(line, name, outcome, Attempt::Final, message.text());
        self.message = message;
    }

    fn emit(&mut self, line: u32, name: &str, outcome: Outcome, attempt: Attempt, message: &str) {
        let location = if outcome.is_failing() { parse_location(message) } else { None };
        let finished = Finished { attempt, location, ..Finished::new(name, outcome, message) };
        self.builder.handle(line, Event::Finished(finished));
    }

    fn end_suite(&mut self, line: u32) {
        if std::mem::take(&mut self.in_suite) {
            self.builder.handle(line, Event::SuiteEnded);
        }
    }
}

/// A name without its volatile parts, and the number of the attempt, which nextest appends.
fn split_attempt(name: &str) -> (&str, u32) {
    let nextest = if name.contains('$') { name.rsplit_once('#') } else { None };
    let (name, attempt) = match nextest.map(|(name, number)| (name, number.parse())) {
        Some((name, Ok(number))) if !name.is_empty() => (name, number),
        Some((_, Ok(_) | Err(_))) | None => (name, 1),
    };
    (strip_line(name), attempt)
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
