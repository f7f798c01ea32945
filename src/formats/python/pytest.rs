//! The output of pytest with `-v` or `-rA`.
//!
//! Without either option only failures are named. The summary repeats, with reasons, the results that `-v` printed.
//! pytest-xdist prints the outcome before the name. With `-s` the output of a test is before its outcome, and may
//! be that of another pytest, whose lines are no results.

use super::pytest_line::{
    OUTCOMES, Placement, find_word, parse_counts, parse_rule, parse_started, parse_title,
    parse_worker_report, starts_session,
};
use super::pytest_session::PytestSession;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pytest"],
    title: "pytest's output with -v or -rA",
    test_name: "the node id, as `tests/test_a.py::TestClass::test_b[parameter]`; with -rA alone a skipped \
            test is named by its file and reason, because pytest names no more",
    outcomes: &OUTCOMES,
    incomplete: "no `=== … in 0.1s ===` at the end; a test whose outcome cannot be told from its output; an \
                 interrupted session",
    totals: "`collected N items`; passed, failed, errors, skipped, xfailed and xpassed of the last line",
    link: "https://docs.pytest.org/en/stable/how-to/output.html",
    sniff: Sniff::Lines(|head| {
        let is_start =
            |line: &str| line.starts_with("=====") && line.contains(" test session starts ");
        head.lines().any(is_start)
    }),
    read,
};

/// Titles of interrupted sessions. `-x` and `--maxfail` print one too, but may stop after the last test.
const INTERRUPTIONS: [&str; 3] =
    ["KeyboardInterrupt", "_pytest.outcomes.Exit", "maximum crashed workers"];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = PytestReader {
        builder,
        part: PytestPart::Tests,
        inner_sessions: 0,
        unsettled: None,
        width: 0,
        session: PytestSession::default(),
    };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    let PytestReader { builder, part, inner_sessions, session, .. } = reader;
    session.finish(builder);
    read.complete_if(part == PytestPart::Ended && inner_sessions == 0)
}

struct PytestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    part: PytestPart,
    /// The sessions that a test has begun and not ended: their lines are output.
    inner_sessions: usize,
    /// The least convincing word that shows that what looked like a heading was the output of the last test, whose
    /// outcome was not seen on a line of its own.
    unsettled: Option<Placement>,
    /// The width of the headings.
    width: usize,
    session: PytestSession,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PytestPart {
    Tests,
    /// The output of the failures.
    Failures,
    /// Other sections before the summary.
    Sections,
    Summary,
    Ended,
}

impl PytestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(title) = parse_title(line) {
            return self.title(number, title, line.trim_end().len());
        }
        if starts_session(line) {
            // After the output of a test, or after its name.
            self.inner_sessions += 1;
            if self.inner_sessions > 1 {
                return;
            }
        } else if self.inner_sessions > 0 {
            return;
        }
        if let Some(title) = parse_rule(line, '!') {
            return self.interrupt(number, title);
        }
        if self.goes_on(line) {
            self.unsettled = None;
            self.part = PytestPart::Tests;
            self.session.forget_summary();
        }
        match self.part {
            PytestPart::Tests => self.session.progress(number, line, self.builder),
            PytestPart::Failures => self.session.failure_line(line),
            PytestPart::Summary => self.session.summary_line(number, line),
            PytestPart::Sections | PytestPart::Ended => {}
        }
    }

    /// Whether the tests go on, although a heading seemed to end them: it was output.
    fn goes_on(&self, line: &str) -> bool {
        let is_outcome = || {
            let found = find_word(line);
            found.is_some_and(|(_, placement)| {
                self.unsettled.is_some_and(|least| placement >= least)
            })
        };
        let is_start = || {
            let is_result = |rest: &str| self.unsettled.is_some() || find_word(rest).is_some();
            parse_worker_report(line).is_some()
                || parse_started(line).is_some_and(|it| it.word.is_some() || is_result(it.rest))
        };
        match self.part {
            PytestPart::Tests => false,
            PytestPart::Failures | PytestPart::Sections => is_outcome(),
            PytestPart::Summary | PytestPart::Ended => is_start() || is_outcome(),
        }
    }

    fn title(&mut self, number: u32, title: &str, width: usize) {
        let counts = parse_counts(title);
        if title == "test session starts" {
            return self.start_session(number, width);
        }
        if self.inner_sessions > 0 {
            self.inner_sessions -= usize::from(counts.is_some());
            return;
        }
        if self.part == PytestPart::Tests {
            let least = if width == self.width { Placement::Whole } else { Placement::Inside };
            self.unsettled = Some(least).filter(|_| !self.session.has_whole_outcome());
        }
        if let Some(counts) = counts {
            self.part = PytestPart::Ended;
            self.session.end(number, counts);
            return;
        }
        self.part = match title {
            "short test summary info" => {
                self.session.forget_summary();
                PytestPart::Summary
            }
            "FAILURES" | "ERRORS" => PytestPart::Failures,
            _ => PytestPart::Sections,
        };
    }

    /// Starts the next session of the file, unless the last one has not ended: then it is a test's.
    fn start_session(&mut self, number: u32, width: usize) {
        let is_next = match self.part {
            PytestPart::Ended => true,
            PytestPart::Tests => self.session.is_empty(),
            PytestPart::Failures | PytestPart::Sections | PytestPart::Summary => false,
        };
        if !is_next || self.inner_sessions > 0 {
            self.inner_sessions += 1;
            return;
        }
        std::mem::take(&mut self.session).finish(self.builder);
        self.session.start(number, self.builder);
        self.part = PytestPart::Tests;
        self.width = width;
    }

    fn interrupt(&mut self, number: u32, title: &str) {
        if INTERRUPTIONS.iter().any(|known| title.contains(known)) {
            self.builder.handle(number, Event::BailedOut { why: title.into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};

    fn read(body: &str) -> DecodedRun {
        read_as("pytest", &format!("===== test session starts =====\n{body}"))
    }

    #[test]
    fn phases_of_a_test_are_one_and_reruns_are_attempts() {
        let body = "collected 3 items\n\nt.py::a FAILED [ 33%]\nt.py::a ERROR [ 33%]\n\
            t.py::b RERUN [ 66%]\nt.py::b PASSED [ 66%]\nt.py::c SKIPPED (why) [100%]\n\
            ===== short test summary info =====\nFAILED t.py::a - one\nERROR t.py::a - two\n\
            ===== 1 failed, 1 passed, 1 skipped, 1 error, 1 rerun in 0.1s =====\n";
        let run = read(body);
        let want = [
            "~failed t.py::b",
            "passed t.py::b",
            "errored t.py::a: one\ntwo",
            "skipped t.py::c: why",
        ];
        assert_eq!((run.0, run.1), (want.map(str::to_owned).to_vec(), vec![]));
        for (found, more) in
            [("1 passed", "2 passed"), ("1 error", "2 errors"), ("collected 3", "collected 4")]
        {
            assert_eq!(
                read(&body.replacen(found, more, 1)).1.len(),
                1 + usize::from(found == "1 error"),
                "{more}"
            );
        }
    }

    #[test]
    fn imitated_lines_are_output_and_the_summary_decides() {
        let body = "collected 4 items\n\nt.py::a x\nFAILED\nPASSED\nt.py::b PASSED\nFAILEDclosing\n\
            t.py::c t.py::inner FAILED [ 50%]\n===== 3 failed, 4 passed in 0.1s =====\n\
            ===== short test summary info =====\nFAILED t.py::inner - nope\nPASSED\nt.py::d PASSEDbye\n\n\
            ===== FAILURES =====\n_____ b _____\nE   boom\n----- Captured stdout call -----\n\
            ===== test session starts =====\n===== short test summary info =====\nFAILED t.py::z\n\
            ===== 1 failed in 0.1s =====\n===== short test summary info =====\nFAILED t.py::b\n\
            ===== 1 failed, 3 passed in 0.1s =====\n";
        let run = read(body);
        let want = ["passed t.py::a", "failed t.py::b: boom", "passed t.py::c", "passed t.py::d"];
        assert_eq!((run.0, run.1), (want.map(str::to_owned).to_vec(), vec![]));
    }

    #[test]
    fn what_the_summary_does_not_repeat_is_unfinished() {
        let body = "collected 2 items\n\nt.py::a nothing\nt.py::b PASSED\n\n===== 2 passed in 0.1s =====\n";
        let run = read(body);
        assert_eq!(run.0, ["passed t.py::b", "unfinished t.py::a"]);
        let torn =
            body.replace("nothing", "FAILED to connect").replace("2 passed", "1 failed, 1 passed");
        assert_eq!(read(&torn).0, ["failed t.py::a", "passed t.py::b"]);
        assert_eq!(read(&body.replace("nothing", "FAILED to connect")).0, run.0);
    }

    #[test]
    fn shards_run_some_of_the_collected_tests() {
        for line in ["Running 1 items in this shard: t.py::a", "Running test group #1 (1 tests)"] {
            let body = format!(
                "collected 2 items\n{line}\n\nt.py::a PASSED\n===== 1 passed in 0.1s =====\n"
            );
            let run = read(&body);
            assert_eq!((run.0, run.1), (vec!["passed t.py::a".to_owned()], vec![]), "{line}");
            let fewer = body.replace(" 1 items", " 2 items").replace("(1 ", "(2 ");
            assert_eq!(read(&fewer).1.len(), 1, "{line}");
        }
    }

    #[test]
    fn workers_crash_and_sessions_follow_each_other() {
        let body = "gw0 [2]\n\nt.py::a \n[gw0] node down: Not properly terminated\n\
            [gw0] [ 50%] FAILED t.py::a \nt.py::b \n[gw1] [100%] zorked t.py::b \n\
            ===== FAILURES =====\n_____ t.py _____\nworker 'gw0' crashed while running 't.py::a'\n\
            ===== 2 failed in 0.9s =====\n\
            ===== test session starts =====\ncollected 1 item\nt.py::a PASSED [100%]\n\
            ===== 1 passed in 0.1s =====\n";
        let run = read(body);
        let want = [
            "crashed t.py::a: worker 'gw0' crashed while running 't.py::a'",
            "failed t.py::b: unknown status `zorked`",
            "passed t.py::a",
        ];
        assert_eq!(run.0, want);
        assert_eq!(run.1, []);
    }
}
