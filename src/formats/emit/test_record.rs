//! The end of one test as formats of plain records tell it, on its way into the builder.
//!
//! In: a name, an outcome, what else the record says. Out: one event. Messages lose their colours and
//! what is beyond [`bounded_text::LONGEST`].

use crate::model::{Attempt, Event, Finished, Outcome, Place, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text;
use std::borrow::Cow;

/// What a record says of a test.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    name: Cow<'a, str>,
    outcome: Outcome,
    attempt: Attempt,
    message: &'a str,
    place: Option<Place<'a>>,
    flaky: bool,
}

impl<'a> Told<'a> {
    /// A test and its outcome.
    pub fn new(name: impl Into<Cow<'a, str>>, outcome: Outcome) -> Told<'a> {
        Told {
            name: name.into(),
            outcome,
            attempt: Attempt::Only,
            message: "",
            place: None,
            flaky: false,
        }
    }

    /// What the runner said about it.
    pub fn message(self, message: &'a str) -> Told<'a> {
        Told { message, ..self }
    }

    /// Where it stands in the source; without a file, nowhere.
    pub fn at(self, file: &'a str, line: Option<u64>) -> Told<'a> {
        let line = line.filter(|line| *line > 0);
        let file = Some(file.trim_start_matches("file://")).filter(|file| !file.is_empty());
        Told { place: file.map(|file| Place { file: Cow::Borrowed(file), line }), ..self }
    }

    /// Whether another try followed.
    pub fn attempt(self, attempt: Attempt) -> Told<'a> {
        Told { attempt, ..self }
    }

    /// Whether it passed after a try that failed, of which the format says no more.
    pub fn flaky(self, flaky: bool) -> Told<'a> {
        Told { flaky: flaky && self.outcome == Outcome::Passed, ..self }
    }

    /// Hands it over.
    pub fn tell<S: Sink>(self, line: u32, builder: &mut RunBuilder<'_, S>) {
        let message = plain(self.message.trim());
        let message = match message.floor_char_boundary(bounded_text::LONGEST) {
            whole if whole == message.len() => message,
            cut => Cow::Owned(message[..cut].to_owned()),
        };
        let Told { outcome, attempt, place, .. } = self;
        let name = self.name;
        if self.flaky {
            let failed = Finished {
                name: name.clone(),
                outcome: Outcome::Failed,
                attempt: Attempt::Retry,
                message: message.clone(),
                place: place.clone(),
            };
            builder.event(line, Event::Finished(failed));
        }
        builder.event(line, Event::Finished(Finished { name, outcome, attempt, message, place }));
    }
}

/// A test starts.
pub fn started<'a, S: Sink>(name: impl Into<Cow<'a, str>>, line: u32, to: &mut RunBuilder<'_, S>) {
    to.event(line, Event::Started { name: name.into() });
}

/// What a summary announces counts only where fewer came: what else a report tells has no place in it.
pub fn announced<S: Sink>(tests: Option<u64>, came: u64, line: u32, to: &mut RunBuilder<'_, S>) {
    if let Some(tests) = tests.filter(|tests| *tests > came) {
        to.event(line, Event::Plan { tests, scope: PlanScope::Descendants });
    }
}

/// The runner gave up, or something outside its tests failed.
pub fn gave_up<S: Sink>(why: &str, line: u32, to: &mut RunBuilder<'_, S>) {
    let why = plain(why.trim());
    let why = why.lines().next().unwrap_or("").to_owned();
    let cut = why.floor_char_boundary(400);
    to.event(line, Event::BailedOut { why: Cow::Owned(why[..cut].to_owned()) });
}

/// The sum of numbers that a file holds. A hostile one must not wrap to a small one, which any run would meet.
pub fn sum(numbers: impl IntoIterator<Item = u64>) -> u64 {
    numbers.into_iter().fold(0, u64::saturating_add)
}

/// What a table says of a word, or of what else stands in its first column.
pub fn look_up<K: PartialEq, T: Copy>(table: &[(K, T)], word: K) -> Option<T> {
    table.iter().find(|(known, _)| *known == word).map(|(_, said)| *said)
}

/// The outcome of a word that stands in a format's table just so; words that are not in it are failures.
pub fn exact_outcome(words: &[(&str, Outcome)], word: &str) -> Outcome {
    look_up(words, word).unwrap_or(Outcome::Failed)
}

/// The last part of a path.
pub fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The first text that is not empty.
pub fn first<'a>(texts: &[&'a str]) -> &'a str {
    texts.iter().copied().find(|text| !text.is_empty()).unwrap_or("")
}

/// Text without the terminal's colours.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains("\u{1b}[") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ';' | '?'));
        plain.push_str(rest.get(1..).unwrap_or(""));
    }
    Cow::Owned(plain)
}

/// What the tests of readers share.
#[cfg(test)]
pub mod testing {
    use crate::model::{
        Attempt, Gap, GapKind, Naming, Place, ProblemKind, RunBuilder, Sink, TestResult,
    };
    use crate::syntax::read_end::Ended;

    /// What a reader made of a text: `outcome name: message`, tries with a `~`; the gaps; and the places, as
    /// `file:line`.
    #[derive(Default)]
    pub struct Said(pub Vec<String>, pub Vec<GapKind>, pub Vec<String>);

    impl Sink for Said {
        fn result(&mut self, result: &TestResult<'_>) {
            let mark = if result.attempt == Attempt::Retry { "~" } else { "" };
            let message = match &*result.message {
                "" => String::new(),
                message => format!(": {message}"),
            };
            self.0.push(format!("{mark}{} {}{message}", result.outcome.word(), result.name));
            let place = |place: &Place<'_>| format!("{}:{}", place.file, place.line.unwrap_or(0));
            self.2.extend(result.place.as_ref().map(place));
        }
        fn gap(&mut self, gap: Gap) {
            self.1.push(gap.kind);
        }
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    /// Reads a text with a format's own reader, whatever else it may look like.
    pub fn read_by(
        read: impl FnOnce(&[u8], &mut RunBuilder<'_, Said>) -> Ended,
        text: &str,
    ) -> Said {
        let mut said = Said::default();
        let mut builder = RunBuilder::new(0, Naming::default(), &mut said);
        let Ended { line, end } = read(text.as_bytes(), &mut builder);
        builder.finish(line, end);
        said
    }

    /// Reads a text as a format.
    pub fn said(format: crate::formats::Format, text: &str) -> Said {
        assert!(format.claims(text.as_bytes()), "not recognised: {text}");
        let mut said = Said::default();
        format.read(text.as_bytes(), RunBuilder::new(0, Naming::default(), &mut said));
        said
    }
}

#[cfg(test)]
mod tests {
    use super::testing::said;
    use super::*;
    use crate::formats::Format;
    use crate::model::GapKind;

    #[test]
    fn colours_are_taken_out_and_nothing_else() {
        assert_eq!(plain("\u{1b}[1m\u{1b}[31m\u{25cf} x\u{1b}[0m [1]"), "\u{25cf} x [1]");
        assert_eq!(plain("a\u{1b}[\u{e4}"), "a");
    }

    #[test]
    fn no_number_of_a_file_wraps_to_one_that_its_tests_meet() {
        let most = u64::MAX;
        let mocha = format!(r#""passes": {most}, "pending": {most}, "failures": 2"#);
        let dejagnu = "\t\t=== a tests ===\nPASS: x\nPASS: y\n\t\t=== b tests ===\nPASS: z\n";
        let trx =
            "<UnitTestResult testName='a' outcome='Passed'/><ResultSummary outcome='Completed'>";
        for (format, text) in [
            (Format::MochaJson, format!(r#"{{"stats": {{"suites": 1, {mocha}}}, "tests": []}}"#)),
            (
                Format::MochaJsonStream,
                format!("[\"start\", {{\"total\": 1}}]\n[\"end\", {{{mocha}}}]\n"),
            ),
            (
                Format::Dejagnu,
                format!("{dejagnu}\t\t=== b Summary ===\n\n# of expected passes\t\t{most}\n"),
            ),
            (
                Format::Pytest,
                format!(
                    "===== test session starts =====\nt.py::a PASSED  [100%]\n\
                     ===== {most} failed, 1 error in 0.1s =====\n"
                ),
            ),
            (
                Format::Unittest,
                format!(
                    "test_a (t.T.test_a) ... ok\n\n---\nRan 1 test in 0.1s\n\n\
                     FAILED (failures={most}, errors=1)\n"
                ),
            ),
            (
                Format::Trx,
                format!(
                    "<TestRun><Times/><Results>{trx}<Counters total='1' failed='{most}' error='1'/>\
                     </ResultSummary></Results></TestRun>"
                ),
            ),
        ] {
            let gaps = said(format, &text).1;
            let is_unmet =
                |gap: &GapKind| matches!(gap, GapKind::PlanUnmet { .. } | GapKind::Counts { .. });
            assert!(gaps.iter().any(is_unmet), "{}: {gaps:?}", format.name());
        }
    }

    #[test]
    fn a_line_of_the_source_may_be_any_number() {
        let last = u64::MAX;
        let report = format!(
            r#"{{"created": 1, "exitcode": 0, "root": "/", "tests": [
            {{"nodeid": "t.py::a", "lineno": {last}, "outcome": "failed"}}]}}"#
        );
        assert_eq!(said(Format::PytestJson, &report).0, ["failed t.py::a"]);
        let report = format!(
            r#"{{"$report_type": "TestReport", "nodeid": "t.py::a", "location": ["t.py", {last}, "a"],
            "when": "teardown", "outcome": "passed"}}"#
        );
        assert_eq!(said(Format::PytestReportlog, &report).0, ["passed t.py::a"]);
    }
}
