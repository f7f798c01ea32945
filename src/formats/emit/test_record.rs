//! Emits the result of a test that a file has in one piece, and small helpers that readers share.
//!
//! Messages lose terminal control sequences and whatever exceeds [`bounded_text::MAX_LEN`].

use crate::model::{Attempt, Event, Finished, Outcome, RunBuilder, SourceLocation};
use crate::syntax::{ansi, bounded_text};
use std::borrow::Cow;

#[derive(Debug, Clone)]
pub(crate) struct TestRecord<'a> {
    name: Cow<'a, str>,
    outcome: Outcome,
    attempt: Attempt,
    message: &'a str,
    location: Option<SourceLocation<'a>>,
    flaky: bool,
}

impl<'a> TestRecord<'a> {
    /// A result without a message and a location, of the only attempt.
    pub(crate) fn new(name: impl Into<Cow<'a, str>>, outcome: Outcome) -> TestRecord<'a> {
        TestRecord {
            name: name.into(),
            outcome,
            attempt: Attempt::Final,
            message: "",
            location: None,
            flaky: false,
        }
    }

    /// Sets what the runner printed about the result.
    pub(crate) fn message(self, message: &'a str) -> TestRecord<'a> {
        TestRecord { message, ..self }
    }

    /// Sets where the test is in the source: a path or `file://` URL, which may be empty, and a line, 0 if unknown.
    pub(crate) fn location(self, file: &'a str, line: Option<u64>) -> TestRecord<'a> {
        let line = line.filter(|line| *line > 0);
        let file = Some(file.trim_start_matches("file://")).filter(|file| !file.is_empty());
        self.at(file.map(|file| SourceLocation { file: Cow::Borrowed(file), line }))
    }

    pub(crate) fn at(self, location: Option<SourceLocation<'a>>) -> TestRecord<'a> {
        TestRecord { location, ..self }
    }

    /// Sets whether another attempt follows.
    pub(crate) fn attempt(self, attempt: Attempt) -> TestRecord<'a> {
        TestRecord { attempt, ..self }
    }

    /// Sets whether an attempt failed before the one that passed, where the file has only the last result.
    pub(crate) fn flaky(self, flaky: bool) -> TestRecord<'a> {
        TestRecord { flaky: flaky && self.outcome == Outcome::Passed, ..self }
    }

    pub(crate) fn emit(self, line: u32, builder: &mut RunBuilder<'_>) {
        let message = ansi::strip(self.message.trim());
        let message = match message.floor_char_boundary(bounded_text::MAX_LEN) {
            whole if whole == message.len() => message,
            cut => Cow::Owned(message[..cut].to_owned()),
        };
        let TestRecord { name, outcome, attempt, location, flaky, .. } = self;
        let finished = Finished { name, outcome, attempt, message, location };
        if flaky {
            let (outcome, attempt) = (Outcome::Failed, Attempt::Intermediate);
            let failed = Finished { outcome, attempt, ..finished.clone() };
            builder.handle(line, Event::Finished(failed));
        }
        builder.handle(line, Event::Finished(finished));
    }
}

pub(crate) fn emit_started(name: &str, line: u32, builder: &mut RunBuilder<'_>) {
    builder.handle(line, Event::Started { name: Cow::Borrowed(name) });
}

/// Emits a plan if a summary declares more tests than the file has.
pub(crate) fn emit_plan(tests: Option<u64>, seen: u64, line: u32, builder: &mut RunBuilder<'_>) {
    builder.expect_tests(line, tests.filter(|tests| *tests > seen));
}

/// Emits that the runner gave up, or that something outside its tests failed; the first line of `why` is kept.
pub(crate) fn emit_bail_out(why: &str, line: u32, builder: &mut RunBuilder<'_>) {
    let why = ansi::strip(why.trim());
    let why = why.lines().next().unwrap_or("").to_owned();
    let end = why.floor_char_boundary(400);
    builder.handle(line, Event::BailedOut { why: Cow::Owned(why[..end].to_owned()) });
}

/// The sum of numbers in a file. It must not wrap to a small number, which any run would satisfy.
pub(crate) fn saturating_sum(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, u64::saturating_add)
}

/// The value of a key in a table, such as the outcome of a word.
pub(crate) fn lookup<K: PartialEq, T: Copy>(table: &[(K, T)], key: K) -> Option<T> {
    table.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
}

/// The outcome of a word in a format's table; any other word is a failure.
pub(crate) fn outcome_for(words: &[(&str, Outcome)], word: &str) -> Outcome {
    lookup(words, word).unwrap_or(Outcome::Failed)
}

/// The outcome of a word in a format's table, ignoring case.
pub(crate) fn lookup_ignore_case(words: &[(&str, Outcome)], word: &str) -> Option<Outcome> {
    let known = words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    known.map(|(_, outcome)| *outcome)
}

/// A known outcome without a message. A word that is not known is a failure whose message names it; `what` is what the
/// format calls it, such as a status.
pub(crate) fn known_or_failed(known: Option<Outcome>, what: &str, word: &str) -> (Outcome, String) {
    known.map_or_else(|| (Outcome::Failed, unknown(what, word)), |outcome| (outcome, String::new()))
}

/// The message for a word, element or attribute that the format does not have.
pub(crate) fn unknown(what: &str, word: &str) -> String {
    format!("unknown {what} `{word}`")
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The first text that is not empty.
pub(crate) fn first_non_empty<'a>(texts: &[&'a str]) -> &'a str {
    texts.iter().copied().find(|text| !text.is_empty()).unwrap_or("")
}

/// Helpers for the unit tests of readers.
#[cfg(test)]
pub(crate) mod testing {
    use crate::model::{
        Attempt, Gap, GapKind, ProblemKind, ReadConfig, RunBuilder, Sink, SourceLocation,
        TestResult,
    };
    use crate::syntax::read_end::ReadEnd;
    use std::io::Read;

    /// What a reader made of a text: results as `outcome name: message`, intermediate attempts with a leading `~`;
    /// gaps; and locations as `file:line`.
    #[derive(Default)]
    pub(crate) struct DecodedRun(pub Vec<String>, pub Vec<GapKind>, pub Vec<String>);

    impl Sink for DecodedRun {
        fn result(&mut self, result: &TestResult<'_>) {
            let mark = if result.attempt == Attempt::Intermediate { "~" } else { "" };
            let message = match &*result.message {
                "" => String::new(),
                message => format!(": {message}"),
            };
            self.0.push(format!("{mark}{} {}{message}", result.outcome.as_str(), result.name));
            let location =
                |at: &SourceLocation<'_>| format!("{}:{}", at.file, at.line.unwrap_or(0));
            self.2.extend(result.location.as_ref().map(location));
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap.kind);
        }
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    /// Reads a text with a format's reader, without checking that it is detected.
    pub(crate) fn read_with(
        read: fn(&mut dyn Read, &mut RunBuilder<'_>) -> ReadEnd,
        text: &str,
    ) -> DecodedRun {
        let mut run = DecodedRun::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut run);
        let ReadEnd { line, end } = read(&mut text.as_bytes(), &mut builder);
        builder.finish(line, end);
        run
    }

    /// Reads a text as a format, which must be detected.
    pub(crate) fn read_as(format: &str, text: &str) -> DecodedRun {
        let format = crate::formats::Format::from_name(format).expect("a format");
        assert!(format.matches(text.as_bytes()), "not detected: {text}");
        let mut run = DecodedRun::default();
        format.read(text.as_bytes(), RunBuilder::new(0, ReadConfig::default(), &mut run));
        run
    }
}

#[cfg(test)]
mod tests {
    use super::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn huge_counts_saturate_instead_of_wrapping() {
        let max = u64::MAX;
        let mocha = format!(r#""passes": {max}, "pending": {max}, "failures": 2"#);
        let dejagnu = "\t\t=== a tests ===\nPASS: x\nPASS: y\n\t\t=== b tests ===\nPASS: z\n";
        let trx =
            "<UnitTestResult testName='a' outcome='Passed'/><ResultSummary outcome='Completed'>";
        for (format, text) in [
            ("mocha-json", format!(r#"{{"stats": {{"suites": 1, {mocha}}}, "tests": []}}"#)),
            (
                "mocha-json-stream",
                format!("[\"start\", {{\"total\": 1}}]\n[\"end\", {{{mocha}}}]\n"),
            ),
            (
                "dejagnu",
                format!("{dejagnu}\t\t=== b Summary ===\n\n# of expected passes\t\t{max}\n"),
            ),
            (
                "pytest",
                format!(
                    "===== test session starts =====\nt.py::a PASSED  [100%]\n\
                     ===== {max} failed, 1 error in 0.1s =====\n"
                ),
            ),
            (
                "unittest",
                format!(
                    "test_a (t.T.test_a) ... ok\n\n---\nRan 1 test in 0.1s\n\n\
                     FAILED (failures={max}, errors=1)\n"
                ),
            ),
            (
                "trx",
                format!(
                    "<TestRun><Times/><Results>{trx}<Counters total='1' failed='{max}' error='1'/>\
                     </ResultSummary></Results></TestRun>"
                ),
            ),
        ] {
            let gaps = read_as(format, &text).1;
            let is_unmet = |gap: &GapKind| {
                matches!(gap, GapKind::PlanNotMet { .. } | GapKind::CountMismatch { .. })
            };
            assert!(gaps.iter().any(is_unmet), "{format}: {gaps:?}");
        }
    }

    #[test]
    fn source_line_of_u64_max_is_accepted() {
        let last = u64::MAX;
        let report = format!(
            r#"{{"created": 1, "exitcode": 0, "root": "/", "tests": [
            {{"nodeid": "t.py::a", "lineno": {last}, "outcome": "failed"}}]}}"#
        );
        assert_eq!(read_as("pytest-json", &report).0, ["failed t.py::a"]);
        let report = format!(
            r#"{{"$report_type": "TestReport", "nodeid": "t.py::a", "location": ["t.py", {last}, "a"],
            "when": "teardown", "outcome": "failed"}}"#
        );
        assert_eq!(read_as("pytest-reportlog", &report).0, ["errored t.py::a"]);
    }
}
