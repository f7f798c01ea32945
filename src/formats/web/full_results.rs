//! `full_results.json`, the results of Chromium's and WebKit's layout tests and of typ: one document, a trie of tests.
//! WebKit wraps it in `ADD_RESULTS(…);`, as Chromium does its `failing_results.json`.
//!
//! `actual` has a word for each attempt. A failing word is expected if `expected` has it and neither `is_unexpected`
//! (Chromium) nor `report` (WebKit) contradicts that for the last attempt. In WebKit's files `FAIL` means any
//! difference of text or audio. A pass that was not expected fails no run of theirs.
//!
//! WebKit leaves out expected passes and skips, so that their totals are no number of tests in the file. Nor are they
//! in `failing_results.json`. WebKit's `other_crashes` are of processes that ran no test; they fail no run either.
//!
//! <https://chromium.googlesource.com/chromium/src/+/main/docs/testing/json_test_results_format.md>

use crate::formats::emit::{
    TestRecord, check_total, emit_bail_out, emit_started, first_non_empty, lookup, names,
    saturating_sum, unknown,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, Value, VisitAction, Visitor};
use memchr::memmem;
use std::io::{self, Read};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["chromium-json", "full-results", "webkit"],
    title: "full_results.json: the layout tests of Chromium and WebKit, typ, V8",
    test_name: "the parts of the name, joined by the path_delimiter (`/` unless it is before the tests)",
    outcomes: &WORDS,
    incomplete: "the document or its ADD_RESULTS( has no end; interrupted; a test without actual; \
                 less than its totals declare",
    totals: "num_failures_by_type, num_regressions, num_missing, num_flaky; num_passes and skipped where those \
             tests are in the file (not WebKit's)",
    link: "https://chromium.googlesource.com/chromium/src/+/main/docs/testing/json_test_results_format.md",
    sniff: Sniff::Bytes(sniff),
    read,
};

const WORDS: [(&str, Outcome); 14] = [
    ("PASS", Outcome::Passed),
    ("SKIP", Outcome::Skipped),
    ("a failing word that was expected", Outcome::Xfailed),
    ("FAIL", Outcome::Failed),
    ("TEXT", Outcome::Failed),
    ("IMAGE", Outcome::Failed),
    ("IMAGE+TEXT", Outcome::Failed),
    ("AUDIO", Outcome::Failed),
    ("LEAK", Outcome::Failed),
    ("MISSING", Outcome::Failed),
    ("NOTRUN", Outcome::Errored),
    ("UNKNOWN", Outcome::Errored),
    ("TIMEOUT", Outcome::TimedOut),
    ("CRASH", Outcome::Crashed),
];

/// The words that `FAIL` among the expected ones includes (webkitpy's `result_was_expected`).
const DIFFERENCES: [&str; 3] = ["TEXT", "IMAGE+TEXT", "AUDIO"];

/// What is before the document where it is a script.
const WRAPPER: &[u8] = b"ADD_RESULTS(";

/// The most attempts of a test that are read.
const MAX_ATTEMPTS: usize = 100;

/// A trie of tests, with the wrapper, a total or the results of a test. Output may be before it.
fn sniff(head: &[u8]) -> bool {
    let has = |key: &str, value: &[u8]| has_member(head, key, value);
    has("tests", b"{")
        && (memmem::find(head, WRAPPER).is_some()
            || has("num_failures_by_type", b"{")
            || has("num_regressions", b"")
            || has("path_delimiter", b"\"")
            || has("actual", b"\"") && has("expected", b"\""))
}

/// Whether some object has this member, and its value begins like this.
fn has_member(json: &[u8], key: &str, value: &[u8]) -> bool {
    let key = format!("\"{key}\"");
    memmem::find_iter(json, &key).any(|at| {
        let rest = json[at + key.len()..].trim_ascii_start();
        let rest = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        rest.is_some_and(|rest| rest.starts_with(value))
    })
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut script = Script { input, head: Vec::new(), last: 0 };
    let mut reader = FullResultsReader::new(builder);
    let end = json::read(&mut script, &mut reader);
    let is_wrapped = script.head == WRAPPER;
    if let Some(line) = reader.ended {
        reader.compare_totals(line, is_wrapped);
    }
    end.truncated_if(is_wrapped && !matches!(script.last, b')' | b';'))
}

/// The bytes of a file, with the first and the last one that are no whitespace.
struct Script<'a> {
    input: Input<'a>,
    /// As many bytes as the wrapper has.
    head: Vec<u8>,
    last: u8,
}

impl Read for Script<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.input.read(buffer)?;
        let bytes = buffer.get(..length).unwrap_or_default();
        let skipped = |byte: &&u8| self.head.is_empty() && byte.is_ascii_whitespace();
        let missing = WRAPPER.len() - self.head.len();
        let head: Vec<u8> = bytes.iter().skip_while(skipped).take(missing).copied().collect();
        self.head.extend(head);
        self.last = bytes.trim_ascii_end().last().copied().unwrap_or(self.last);
        Ok(length)
    }
}

struct FullResultsReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    delimiter: String,
    /// The open nodes of the trie.
    nodes: Vec<Node>,
    /// What the report declares of itself.
    totals: Vec<(&'static str, u64)>,
    /// The number of tests by word, with the index of the word; 0 is any that is unknown.
    types: Vec<(usize, u64)>,
    seen: Counts,
    /// The line of the document's end.
    ended: Option<u32>,
}

/// A node of the trie: a test, if it has an expected or an actual result.
#[derive(Default)]
struct Node {
    line: u32,
    actual: Option<String>,
    expected: Option<String>,
    is_unexpected: bool,
    report: String,
    details: String,
}

/// The tests so far.
#[derive(Default)]
struct Counts {
    tests: u64,
    /// Those with several attempts.
    repeated: u64,
    /// Tests by the word of the first attempt, of the last one and of any.
    first: [u64; WORDS.len() + 1],
    last: [u64; WORDS.len() + 1],
    any: [u64; WORDS.len() + 1],
    /// The attempts by word.
    attempts: [u64; WORDS.len() + 1],
}

const TOTALS: [&str; 5] = ["num_passes", "num_flaky", "num_regressions", "num_missing", "skipped"];

impl Visitor for FullResultsReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["tests", ..] | ["num_failures_by_type"] => VisitAction::Enter,
            ["path_delimiter" | "interrupted"] | ["num_failures_by_type", _] => VisitAction::Take,
            [key] if TOTALS.contains(key) => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn enter(&mut self, line: u32, path: &[&str]) {
        if path.first() == Some(&"tests") {
            self.nodes.push(Node { line, ..Node::default() });
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        match path {
            [] => self.ended = Some(line),
            ["tests", name @ ..] => {
                if let Some(node) = self.nodes.pop() {
                    self.node(name, &node);
                }
            }
            _ => {}
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["tests", .., key] => {
                if let Some(node) = self.nodes.last_mut() {
                    node.add(key, value);
                }
            }
            ["path_delimiter"] => {
                first_non_empty(&[value.as_str(), "/"]).clone_into(&mut self.delimiter);
            }
            ["interrupted"] if value.is_true() => emit_bail_out("interrupted", line, self.builder),
            ["num_failures_by_type", word] if self.types.len() < 2 * WORDS.len() => {
                check_total(word, value, line, self.builder);
                self.types.push((word_index(word), value.as_u64().unwrap_or(0)));
            }
            [key] => {
                let total = TOTALS.into_iter().find(|known| known == key);
                if total.is_some() {
                    check_total(key, value, line, self.builder);
                }
                let total = total.zip(value.as_u64());
                self.totals.extend(total);
            }
            _ => {}
        }
    }
}

impl Node {
    fn add(&mut self, key: &str, value: &Value) {
        let text = matches!(value, Value::String(_)).then(|| value.as_str().to_owned());
        match key {
            "actual" => self.actual = text,
            "expected" => self.expected = text,
            "is_unexpected" => self.is_unexpected = value.is_true(),
            "report" => self.report = text.unwrap_or_default(),
            "message" | "crash_site" | "text_mismatch" => self.details = text.unwrap_or_default(),
            _ => {}
        }
    }

    fn expected(&self) -> &str {
        self.expected.as_deref().unwrap_or("")
    }

    fn outcome(&self, word: &str, is_last: bool) -> Outcome {
        let Some(outcome) = known_word(word) else { return Outcome::Failed };
        let expects = |word| self.expected().split_whitespace().any(|expected| expected == word);
        let is_expected = expects(word) || DIFFERENCES.contains(&word) && expects("FAIL");
        let is_denied = is_last && (self.is_unexpected || !matches!(&*self.report, "" | "FLAKY"));
        if outcome.is_failing() && is_expected && !is_denied { Outcome::Xfailed } else { outcome }
    }

    fn message(&self, word: &str, outcome: Outcome) -> String {
        if known_word(word).is_none() {
            return unknown("status", word);
        }
        if !outcome.is_failing() {
            return String::new();
        }
        let expected = first_non_empty(&[self.expected(), "nothing"]);
        let separator = if self.details.is_empty() { "" } else { ": " };
        format!("{word}, expected {expected}{separator}{}", self.details)
    }
}

impl<'b, 's> FullResultsReader<'b, 's> {
    fn new(builder: &'b mut RunBuilder<'s>) -> Self {
        FullResultsReader {
            builder,
            delimiter: "/".to_owned(),
            nodes: Vec::new(),
            totals: Vec::new(),
            types: Vec::new(),
            seen: Counts::default(),
            ended: None,
        }
    }

    fn node(&mut self, name: &[&str], node: &Node) {
        if node.actual.is_none() && node.expected.is_none() {
            return;
        }
        let name = names::join(name, &self.delimiter);
        let actual = node.actual.as_deref().unwrap_or("");
        let words: Vec<&str> = actual.split_whitespace().collect();
        let Some((last, earlier)) = words.split_last() else {
            return emit_started(&name, node.line, self.builder);
        };
        self.seen.add(&words);
        let earlier = earlier.iter().take(MAX_ATTEMPTS).map(|word| (word, Attempt::Intermediate));
        for (word, attempt) in earlier.chain([(last, Attempt::Final)]) {
            let outcome = node.outcome(word, attempt == Attempt::Final);
            TestRecord::new(name.as_str(), outcome)
                .message(&node.message(word, outcome))
                .attempt(attempt)
                .emit(node.line, self.builder);
        }
    }

    fn total(&self, key: &str) -> u64 {
        lookup(&self.totals, key).unwrap_or(0)
    }

    fn compare_totals(&mut self, line: u32, is_wrapped: bool) {
        self.builder.expect_failures(line, self.total("num_regressions"));
        let seen = |word| self.seen.any[word_index(word)];
        let mut wrong = vec![
            ("num_flaky", self.total("num_flaky"), self.seen.repeated),
            ("num_missing", self.total("num_missing"), seen("MISSING")),
        ];
        // Chromium's file, with all tests.
        if !self.types.is_empty() && !is_wrapped {
            wrong.push(("num_passes", self.total("num_passes"), seen("PASS")));
            wrong.push(("skipped", self.total("skipped"), seen("SKIP")));
        }
        wrong.retain(|(_, declared, seen)| declared > seen);
        for (what, declared, seen) in wrong {
            emit_bail_out(&format!("{what} is {declared}, and {seen} came"), line, self.builder);
        }
        if !self.seen.has(&self.types, is_wrapped) {
            emit_bail_out("num_failures_by_type declares more than came", line, self.builder);
        }
    }
}

impl Counts {
    fn add(&mut self, words: &[&str]) {
        self.tests += 1;
        self.repeated += u64::from(words.len() > 1);
        let indices: Vec<usize> = words.iter().map(|word| word_index(word)).collect();
        for (counts, index) in
            [(&mut self.first, indices.first()), (&mut self.last, indices.last())]
        {
            if let Some(index) = index {
                counts[*index] += 1;
            }
        }
        for (index, count) in self.any.iter_mut().enumerate() {
            *count += u64::from(indices.contains(&index));
        }
        indices.iter().for_each(|index| self.attempts[*index] += 1);
    }

    /// Whether there are as many tests by word as declared. Chromium's runner counts first attempts, typ the last ones,
    /// some count every attempt.
    /// If all tests are repeated, each counts for each of its words.
    fn has(&self, types: &[(usize, u64)], is_wrapped: bool) -> bool {
        let skipped = self.any[word_index("SKIP")];
        let declared = saturating_sum(types.iter().map(|(_, declared)| *declared));
        let is_every_attempt = declared == saturating_sum(self.attempts);
        let is_repetition = saturating_sum([self.repeated, skipped]) >= self.tests;
        let omitted = ["PASS", "SKIP"].map(word_index);
        let is_enough = |counts: &[u64]| {
            types.iter().all(|(word, declared)| {
                is_wrapped && omitted.contains(word) || counts[*word] >= *declared
            })
        };
        is_enough(&self.first)
            || is_enough(&self.last)
            || is_repetition && is_enough(&self.any)
            || is_every_attempt && is_enough(&self.attempts)
    }
}

fn known_word(word: &str) -> Option<Outcome> {
    lookup(&WORDS, word).filter(|_| !word.contains(' '))
}

/// The index of a word in counts by word; 0 if it is unknown.
fn word_index(word: &str) -> usize {
    WORDS.iter().position(|(known, _)| *known == word).map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};
    use crate::model::GapKind;

    fn read_report(tests: &str, totals: &str) -> DecodedRun {
        let text = format!(
            "{{\"path_delimiter\": \"/\", \"tests\": {{\"a\": {{{tests}}}}}, \"interrupted\": false{totals}}}"
        );
        read_as("chromium-json", &text)
    }

    #[test]
    fn failing_word_is_expected_only_if_its_test_says_so() {
        let result = |members: &str| {
            let mut results = read_report(&format!("\"b.html\": {{{members}}}"), "").0;
            results.pop().unwrap_or_default()
        };
        for (members, want) in [
            (r#""expected": "PASS", "actual": "PASS""#, "passed a/b.html"),
            (r#""expected": "FAIL", "actual": "PASS", "is_unexpected": true"#, "passed a/b.html"),
            (r#""expected": "PASS FAIL", "actual": "FAIL""#, "xfailed a/b.html"),
            (r#""expected": "FAIL", "actual": "IMAGE+TEXT""#, "xfailed a/b.html"),
            (r#""expected": "FAIL", "actual": "IMAGE""#, "failed a/b.html: IMAGE, expected FAIL"),
            (
                r#""actual": "CRASH", "crash_site": "f()""#,
                "crashed a/b.html: CRASH, expected nothing: f()",
            ),
            (
                r#""expected": "FAIL", "actual": "FAIL", "is_unexpected": true"#,
                "failed a/b.html: FAIL, expected FAIL",
            ),
            (
                r#""expected": "TIMEOUT", "actual": "TIMEOUT", "report": "ZORKED""#,
                "timed-out a/b.html: TIMEOUT, expected TIMEOUT",
            ),
            (
                r#""expected": "PASS", "actual": "ZORKED""#,
                "failed a/b.html: unknown status `ZORKED`",
            ),
            (r#""expected": "SKIP", "actual": "SKIP""#, "skipped a/b.html"),
            (r#""expected": "PASS""#, "unfinished a/b.html"),
            (r#""expected": "PASS", "actual": " ""#, "unfinished a/b.html"),
        ] {
            assert_eq!(result(members), want, "{members}");
        }
    }

    #[test]
    fn words_are_attempts_and_directories_may_be_called_anything() {
        let tests = r#""actual": {"expected": {"c.html": {"actual": "FAIL TIMEOUT PASS", "expected": "PASS FAIL",
            "artifacts": {"log": ["actual"]}, "times": [1, 2]}}}"#;
        let want = [
            "~xfailed a/actual/expected/c.html",
            "~timed-out a/actual/expected/c.html: TIMEOUT, expected PASS FAIL",
            "passed a/actual/expected/c.html",
        ];
        assert_eq!(read_report(tests, "").0, want);
    }

    #[test]
    fn totals_are_compared_with_first_or_last_attempts() {
        let tests = r#""b": {"actual": "FAIL PASS", "expected": "PASS"}, "c": {"actual": "PASS", "expected": "PASS"},
            "d": {"actual": "SKIP", "expected": "SKIP"}"#;
        let by_type = |types: &str| format!(", \"num_failures_by_type\": {{{types}}}");
        for types in [
            r#""FAIL": 1, "PASS": 1, "SKIP": 1"#,
            r#""FAIL": 0, "PASS": 2, "SKIP": 1, "SLOW": 0"#,
            r#""FAIL": 1, "PASS": 2, "SKIP": 1"#,
        ] {
            assert_eq!(read_report(tests, &by_type(types)).1, [], "{types}");
        }
        for totals in [
            &*by_type(r#""FAIL": 2, "PASS": 1"#),
            &by_type(r#""FAIL": 1, "PASS": 2"#),
            &by_type(r#""FAIL": 2, "PASS": 2, "SKIP": 1"#),
            &by_type(r#""CRASH": 1"#),
            &by_type(r#""ZORKED": 1"#),
            r#", "num_regressions": 1"#,
            r#", "num_missing": 1"#,
            r#", "num_flaky": 2"#,
            &(by_type("\"FAIL\": 0") + r#", "num_passes": 3"#),
            &(by_type("\"FAIL\": 0") + r#", "skipped": 2"#),
        ] {
            assert!(!read_report(tests, totals).1.is_empty(), "{totals}");
        }
        let repeated = r#""b": {"actual": "PASS FAIL", "expected": "PASS"}"#;
        assert_eq!(read_report(repeated, &by_type(r#""FAIL": 1, "PASS": 1"#)).1, []);
        assert_eq!(read_report(tests, r#", "num_passes": 99, "skipped": 99"#).1, []);
    }

    #[test]
    fn wrapped_document_needs_its_end_and_may_lack_passes() {
        let document = r#"{"tests":{"a":{"actual":"FAIL","expected":"FAIL"}},"interrupted":false,
            "num_failures_by_type":{"FAIL":1,"PASS":9}}"#;
        let read = |text: &str| read_as("chromium-json", text);
        let whole = read(&format!("ADD_RESULTS({document});\n"));
        assert_eq!((whole.0, whole.1), (vec!["xfailed a".to_owned()], vec![]));
        assert_eq!(read(&format!("ADD_RESULTS({document}")).1, [GapKind::Truncated]);
        assert_eq!(read(document).1.len(), 1);
        let interrupted = read(&format!("ADD_RESULTS({});", document.replace("false", "true")));
        assert_eq!(interrupted.1, [GapKind::BailedOut { why: "interrupted".to_owned() }]);
    }
}
