//! The output of pytest with `-v` or `-rA`.
//!
//! Without either option only failures are named. The summary repeats, with reasons, the results that `-v` printed.
//! pytest-xdist prints the outcome before the name.

use crate::formats::emit::test_record;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pytest"],
    title: "pytest's output with -v or -rA",
    test_name: "the node id, as `tests/test_a.py::TestClass::test_b[parameter]`; with -rA alone a skipped \
            test is named by its file and reason, because pytest names no more",
    outcomes: &[
        ("PASSED, XPASS (not strict)", Outcome::Passed),
        ("FAILED, SUBFAILED, a FAILED strict XPASS", Outcome::Failed),
        ("ERROR", Outcome::Errored),
        ("SKIPPED", Outcome::Skipped),
        ("XFAIL", Outcome::Xfailed),
    ],
    incomplete: "no `=== … in 0.1s ===` at the end; more failures in it than results that failed",
    totals: "",
    link: "https://docs.pytest.org/en/stable/how-to/output.html",
    sniff: Sniff::Lines(|head| {
        let is_start =
            |line: &str| line.starts_with("=====") && line.contains(" test session starts ");
        head.lines().any(is_start)
    }),
    read,
};

const OUTCOMES: [(&str, Outcome); 6] = [
    ("PASSED", Outcome::Passed),
    ("FAILED", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("SKIPPED", Outcome::Skipped),
    ("XFAIL", Outcome::Xfailed),
    ("XPASS", Outcome::Passed),
];

/// The most failing tests that wait for their reasons.
const MAX_PENDING_TESTS: usize = 100_000;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        PytestReader { builder, part: PytestPart::Tests, verbose: false, failing: BTreeMap::new() };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    reader.emit_failing();
    read.complete_if(reader.part == PytestPart::Ended)
}

struct PytestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    part: PytestPart,
    /// Whether tests were named as they ran.
    verbose: bool,
    /// The failing tests by outcome and name, with their lines and reasons.
    failing: BTreeMap<(Outcome, String), (u32, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PytestPart {
    Tests,
    /// The output of the failures.
    Failures,
    Summary,
    Ended,
}

impl PytestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(title) = parse_title(line) {
            if let Some(failing) = parse_failing_count(title) {
                self.emit_failing();
                self.part = PytestPart::Ended;
                self.builder.expect_failures(number, failing);
            } else {
                self.part = match title {
                    "test session starts" => PytestPart::Tests,
                    "short test summary info" => PytestPart::Summary,
                    _ => PytestPart::Failures,
                };
            }
            return;
        }
        match self.part {
            PytestPart::Tests => {
                if let Some((outcome, name)) = parse_progress(line) {
                    self.verbose = true;
                    self.add_result(number, outcome, name, "");
                }
            }
            PytestPart::Summary => self.summary(number, line),
            PytestPart::Failures | PytestPart::Ended => {}
        }
    }

    fn summary(&mut self, number: u32, line: &str) {
        if let Some(rest) = line.strip_prefix("SUBFAILED") {
            let named = rest.find(") ").map(|at| rest.split_at(at + 1));
            if let Some((parameters, rest)) = named {
                let (name, why) = split_reason(rest.trim_start());
                let name = format!("{name} {parameters}");
                self.add_result(number, Outcome::Failed, &name, why);
            }
            return;
        }
        let Some((word, rest)) = line.split_once(' ') else { return };
        let Some(outcome) = test_record::lookup(&OUTCOMES, word) else { return };
        if word == "SKIPPED" {
            if let Some(name) = parse_skip(rest).filter(|_| !self.verbose) {
                self.builder.handle(number, Event::finished(&name, Outcome::Skipped, ""));
            }
            return;
        }
        let (name, why) = split_reason(rest.strip_prefix("at setup of ").unwrap_or(rest));
        if !self.verbose || outcome.is_failing() {
            self.add_result(number, outcome, name, why);
        }
    }

    fn add_result(&mut self, line: u32, outcome: Outcome, name: &str, why: &str) {
        let key = (outcome, name.to_owned());
        let has_room = self.failing.len() < MAX_PENDING_TESTS || self.failing.contains_key(&key);
        if !outcome.is_failing() || !has_room {
            return self.builder.handle(line, Event::finished(name, outcome, why));
        }
        let entry = self.failing.entry(key);
        let (_, reason) = entry.or_insert_with(|| (line, String::new()));
        if reason.is_empty() {
            reason.push_str(why);
        }
    }

    fn emit_failing(&mut self) {
        for ((outcome, name), (line, why)) in std::mem::take(&mut self.failing) {
            self.builder.handle(line, Event::finished(&name, outcome, &why));
        }
    }
}

/// The title in `===== title =====`.
fn parse_title(line: &str) -> Option<&str> {
    let inner = line.trim_matches('=');
    let ruled =
        line.starts_with('=') && line.trim_end().ends_with('=') && inner.len() + 2 <= line.len();
    let title = inner.trim();
    (ruled && inner.starts_with(' ') && !title.is_empty()).then_some(title)
}

/// How many failures `1 failed, 2 passed, 1 error in 0.1s` counts.
fn parse_failing_count(title: &str) -> Option<u64> {
    let (counts, time) = title.rsplit_once(" in ")?;
    if !time.split(' ').next()?.ends_with('s') {
        return None;
    }
    let counts = counts.split(", ").filter_map(|count| count.split_once(' '));
    let failing = counts.filter(|(_, what)| ["failed", "error", "errors"].contains(what));
    Some(test_record::saturating_sum(failing.filter_map(|(count, _)| count.parse().ok())))
}

/// The outcome in `path::test PASSED  [ 10%]`, or in pytest-xdist's `[gw0] [ 10%] PASSED path::test`.
fn parse_progress(line: &str) -> Option<(Outcome, &str)> {
    let line = line.trim_end();
    if let Some(rest) = line.strip_prefix("[gw") {
        let (_, rest) = rest.split_once("%] ")?;
        let (word, name) = rest.split_once(' ')?;
        return Some((test_record::lookup(&OUTCOMES, word)?, name.trim_end()));
    }
    let line = match line.rsplit_once(" [") {
        Some((text, percent)) if percent.ends_with("%]") => text.trim_end(),
        Some(_) | None => line,
    };
    // Parameters and reasons may contain such words too, so search from the end.
    let file_end = line.find("::")?;
    let ends_with_word = |line: &str| -> Option<(Outcome, usize)> {
        let (name, word) = line.rsplit_once(' ')?;
        let outcome = test_record::lookup(&OUTCOMES, word)?;
        (name.len() > file_end).then_some((outcome, name.len()))
    };
    let found = ends_with_word(line).or_else(|| {
        let word_before = |at: usize| ends_with_word(line[..at].strip_suffix(' ')?);
        let mut openings = line.strip_suffix(')')?.rmatch_indices('(').map(|(at, _)| at);
        // A long reason is truncated, so its parentheses may not be balanced.
        reason_start(line).and_then(word_before).or_else(|| openings.find_map(word_before))
    });
    found.map(|(outcome, end)| (outcome, &line[..end]))
}

/// The position of the parenthesis that the last one closes.
fn reason_start(line: &str) -> Option<usize> {
    let inside = line.strip_suffix(')')?;
    let mut closed = 0_usize;
    inside.bytes().enumerate().rev().find_map(|(at, byte)| {
        match byte {
            b'(' if closed == 0 => return Some(at),
            b'(' => closed -= 1,
            b')' => closed += 1,
            _ => {}
        }
        None
    })
}

/// The node id and the reason in `path::test[a - b] - reason`.
fn split_reason(text: &str) -> (&str, &str) {
    let from = text.rfind("] - ").map_or(0, |at| at + 1);
    match text[from..].find(" - ") {
        Some(at) => (&text[..from + at], &text[from + at + 3..]),
        None => (text, ""),
    }
}

/// The file and the reason in `[1] path.py:5: reason`, without the line.
fn parse_skip(rest: &str) -> Option<String> {
    let (_, rest) = rest.strip_prefix('[')?.split_once("] ")?;
    let (location, reason) = rest.split_once(": ")?;
    let file = location.rsplit_once(':').map_or(location, |(file, _)| file);
    Some(format!("{file}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_in_progress() {
        let param = "a/test_b.py::C::d[x y - z] ";
        let want = (Outcome::Passed, param.trim_end());
        assert_eq!(parse_progress(&format!("{param}PASSED            [ 10%]")), Some(want));
        assert_eq!(parse_progress(&format!("[gw0] [ 10%] PASSED {param}")), Some(want));
        let skipped = parse_progress("t.py::a SKIPPED (why [not]) [100%]");
        assert_eq!(skipped, Some((Outcome::Skipped, "t.py::a")));
        assert_eq!(parse_progress("t.py ..F.s  [ 10%]"), None);
        assert_eq!(parse_progress("t.py::a PASSEDX"), None);
        for (line, outcome, name) in [
            ("t.py::a[x PASSED y] FAILED [ 1%]", Outcome::Failed, "t.py::a[x PASSED y]"),
            ("t.py::a[ FAILED (x)] PASSED", Outcome::Passed, "t.py::a[ FAILED (x)]"),
            ("t.py::a[ SKIPPED (x)] SKIPPED (y)", Outcome::Skipped, "t.py::a[ SKIPPED (x)]"),
            ("t.py::a SKIPPED (it FAILED (1) once)", Outcome::Skipped, "t.py::a"),
            ("t.py::a XFAIL (see f(x, y...)", Outcome::Xfailed, "t.py::a"),
        ] {
            assert_eq!(parse_progress(line), Some((outcome, name)), "{line}");
        }
        assert_eq!(parse_progress("PASSED (t.py::a)"), None);
        assert_eq!(parse_progress(&format!("{}x::)", " PASSED (".repeat(100_000))), None);
    }

    #[test]
    fn reasons_follow_the_parameters() {
        assert_eq!(split_reason("t.py::a[x - y] - boom - z"), ("t.py::a[x - y]", "boom - z"));
        assert_eq!(split_reason("t.py::a"), ("t.py::a", ""));
        assert_eq!(parse_skip("[1] t.py:5: why").as_deref(), Some("t.py: why"));
        assert_eq!(parse_failing_count("1 failed, 2 passed, 3 errors in 0.1s"), Some(4));
        assert_eq!(parse_failing_count("2 passed in 61.2s (0:01:01)"), Some(0));
        assert_eq!(parse_failing_count("FAILURES"), None);
    }
}
