//! The output of Perl's `prove`, with `-v` or without, by file: each test file is one test.
//!
//! The result of a file is on the line of its header, or with `-v` after its points. A bare `ok` may be a point as well:
//! it is the result if no point follows and the plan is met without it. A file that failed waits for the report, which
//! alone names the signal that ended it.

use super::grammar::{
    TapLine, is_file_failure, is_plan_or_point, parse_prove_header, strip_overwritten,
};
use super::prove_report::{
    MAX_FILES, ProveEntry, ProveState, is_failed_run, parse_counts, parse_failed_subtests,
};
use crate::formats::signatures;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{BoundedText, for_each_line};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["prove-files"],
    title: "prove by file, with -v or without: each test file is one test, as in a list of files",
    test_name: "the file as prove prints it: `tests/open/03.t`, `/path/tests/open/03.t`; a list of shorter names, such as \
            `open/03.t`, has the directive `match = end`",
    outcomes: &[
        ("ok, also with a TODO that passed", Outcome::Passed),
        ("Failed n/m subtests", Outcome::Failed),
        (
            "Dubious, No subtests run and All n subtests passed; in the report an exit code or \
             Parse errors, and no failing point",
            Outcome::Errored,
        ),
        ("Wstat of a signal in the report", Outcome::Crashed),
        ("skipped: reason", Outcome::Skipped),
        ("a file without a result", Outcome::Unfinished),
    ],
    incomplete: "no `Result:` at the end; a file without a result; fewer files than `Files=N`; with -v fewer points than \
                 `Tests=N`; `Result: FAIL` although nothing failed; `Bailout called`",
    totals: "`Files=N`; `Result: FAIL`; with -v also `Tests=N`",
    link: "https://perldoc.perl.org/prove",
    sniff: Sniff::Never,
    read,
};

/// The most files of one run that wait for the report; the results of further ones are those of their own lines.
const MAX_WAITING: usize = 1_000;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = FilesReader {
        builder,
        file: None,
        state: ProveState::Running,
        truncated: false,
        bailed_out: false,
        run: Run::default(),
        entry: None,
        results: 0,
        failing: 0,
        missing: 0,
        unexplained: 0,
    };
    let read = for_each_line(input, |line| reader.line(line.number, strip_overwritten(line.text)));
    reader.end_run();
    reader.check_totals(read.line);
    read.complete_if(reader.state == ProveState::Ended && !reader.truncated)
}

/// Whether a file can pass a run with this outcome, so that the report does not name it but for a TODO that passed.
fn is_good(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Passed | Outcome::Skipped)
}

struct FilesReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The file whose lines are read.
    file: Option<OpenFile>,
    state: ProveState,
    truncated: bool,
    bailed_out: bool,
    run: Run,
    /// The file that the report describes.
    entry: Option<ProveEntry>,
    results: u64,
    failing: u64,
    /// How many files or points are counted and not printed.
    missing: u64,
    /// How many runs failed although no file of theirs did.
    unexplained: u64,
}

/// One run of prove; its output may hold several.
#[derive(Default)]
struct Run {
    /// Each file, and what waits for the report; `None` if its result is emitted.
    files: BTreeMap<String, Option<OpenFile>>,
    waiting: usize,
    /// How many points are printed.
    points: u64,
    /// How many of its results are failing.
    failing: u64,
}

/// What is known of a file.
struct OpenFile {
    line: u32,
    path: String,
    /// What prove printed of the file so far.
    verdict: Option<Verdict>,
    planned: Option<u64>,
    /// The points, with a bare `ok` that may be the result.
    points: u64,
    /// Whether the last line that counts is a point that failed, whose comments follow.
    in_failure: bool,
    /// The points that failed, with their comments, and what prove printed of the file.
    message: BoundedText,
}

/// The result of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// A bare `ok`, which is counted as a point as well.
    BareOk,
    Of(Outcome),
}

impl Verdict {
    /// Parses what is after a file's name or on a line of its own.
    fn parse(status: &str) -> Option<Verdict> {
        let is_timed = || status.starts_with("ok   ") && status.contains(" ms");
        if status == "ok" {
            Some(Verdict::BareOk)
        } else if is_timed() {
            Some(Verdict::Of(Outcome::Passed))
        } else if status == "skipped" || status.starts_with("skipped: ") {
            Some(Verdict::Of(Outcome::Skipped))
        } else if parse_failed_subtests(status).is_some() {
            Some(Verdict::Of(Outcome::Failed))
        } else if is_file_failure(status) {
            Some(Verdict::Of(Outcome::Errored))
        } else {
            None
        }
    }

    fn is_failing(self) -> bool {
        matches!(self, Verdict::Of(outcome) if outcome.is_failing())
    }
}

impl OpenFile {
    fn new(line: u32, path: &str) -> OpenFile {
        let (path, message) = (path.to_owned(), BoundedText::default());
        let (verdict, planned, points, in_failure) = (None, None, 0, false);
        OpenFile { line, path, verdict, planned, points, in_failure, message }
    }

    /// Reads what follows the file's name on the line of its header.
    fn header_status(&mut self, status: &str) {
        match Verdict::parse(status) {
            Some(Verdict::BareOk) => self.add_verdict(Verdict::Of(Outcome::Passed), status),
            Some(verdict) => self.add_verdict(verdict, status),
            None => {}
        }
    }

    /// Reads a line of the file.
    fn line(&mut self, line: &str) {
        let status = line.trim_end();
        match Verdict::parse(status) {
            Some(Verdict::BareOk) => {
                self.add_point();
                self.add_verdict(Verdict::BareOk, status);
            }
            // What a test prints.
            Some(Verdict::Of(Outcome::Skipped)) if self.points > 0 => {}
            Some(verdict) => self.add_verdict(verdict, status),
            None => self.tap_line(status),
        }
    }

    fn tap_line(&mut self, line: &str) {
        match TapLine::parse(line) {
            TapLine::Plan { tests } => self.planned = Some(tests),
            TapLine::Point(point) => {
                self.add_point();
                self.in_failure = !point.ok && point.outcome().is_failing();
                if self.in_failure {
                    self.message.push_line(line.as_bytes());
                }
            }
            TapLine::Comment(_) if self.in_failure => self.message.push_line(line.as_bytes()),
            TapLine::Comment(_)
            | TapLine::Version(_)
            | TapLine::BailedOut(_)
            | TapLine::Subtest(_)
            | TapLine::Yaml
            | TapLine::Other => {}
        }
    }

    /// A result that a point follows was output, unless it is a failure.
    fn add_point(&mut self) {
        self.points += 1;
        self.in_failure = false;
        self.verdict = self.verdict.filter(|verdict| verdict.is_failing());
    }

    fn add_verdict(&mut self, verdict: Verdict, status: &str) {
        self.in_failure = false;
        // `Dubious` precedes the number of points that failed.
        let is_worse = verdict == Verdict::Of(Outcome::Failed)
            || !self.verdict.is_some_and(Verdict::is_failing);
        if is_worse {
            self.verdict = Some(verdict);
        }
        match verdict {
            Verdict::BareOk | Verdict::Of(Outcome::Passed) => {}
            Verdict::Of(Outcome::Skipped) => {
                let reason = status.trim_start_matches("skipped").trim_start_matches([':', ' ']);
                self.message.push_line(reason.as_bytes());
            }
            Verdict::Of(_) => self.message.push_line(status.as_bytes()),
        }
    }

    /// The outcome, and how many points were printed.
    fn end(&self) -> (Outcome, u64) {
        match self.verdict {
            Some(Verdict::Of(outcome)) => (outcome, self.points),
            Some(Verdict::BareOk) => {
                let points = self.points - 1;
                let is_met = self.planned.map_or(points == 0, |planned| planned == points);
                (if is_met { Outcome::Passed } else { Outcome::Unfinished }, points)
            }
            None => (Outcome::Unfinished, self.points),
        }
    }
}

impl FilesReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(result) =
            line.strip_prefix("Result: ").filter(|_| self.state == ProveState::Reporting)
        {
            self.end_run();
            self.end_with_result(is_failed_run(result));
        } else if line.starts_with("FAILED--Further testing stopped") {
            self.bail_out(number, line);
            self.end_run();
            self.end_with_result(false);
        } else if line == "Test run interrupted!" {
            self.bail_out(number, line);
            self.report();
        } else if line == "Test Summary Report" || line == "All tests successful." {
            self.report();
        } else if let Some((files, tests)) = parse_counts(line) {
            self.report();
            self.end_entry();
            self.count(files, tests);
        } else if let Some((path, status)) = parse_prove_header(line) {
            self.start_file(number, path, status);
        } else if self.state == ProveState::Reporting {
            self.report_line(number, line);
        } else if let Some(why) = line.strip_prefix("Bailout called.  Further testing stopped:") {
            self.bail_out(number, why.trim());
        } else if let Some(file) = &mut self.file {
            if let TapLine::BailedOut(why) = TapLine::parse(line) {
                self.bail_out(number, why);
            } else {
                file.line(line);
            }
        } else if is_plan_or_point(line) {
            let what = signatures::other_format(FORMAT.names[0], "tap").into();
            self.builder.handle(number, Event::Damaged { what });
        }
    }

    fn start_file(&mut self, line: u32, path: &str, status: &str) {
        // The report before has no end.
        self.truncated |= self.state == ProveState::Reporting;
        self.state = ProveState::Running;
        // On a terminal, the header is repeated after output of the tests.
        let is_repeated = |file: &OpenFile| file.path == path && file.verdict.is_none();
        if !self.file.as_ref().is_some_and(is_repeated) {
            self.end_file();
            self.file = Some(OpenFile::new(line, path));
        }
        if let Some(file) = &mut self.file {
            file.header_status(status);
        }
    }

    fn end_file(&mut self) {
        let Some(file) = self.file.take() else { return };
        let (outcome, points) = file.end();
        self.run.points = self.run.points.saturating_add(points);
        if self.run.files.len() >= MAX_FILES {
            self.truncated = true;
            self.emit(file.line, &file.path, outcome, file.message.text());
        } else if !is_good(outcome) && self.run.waiting < MAX_WAITING {
            self.run.waiting += 1;
            self.run.files.insert(file.path.clone(), Some(file));
        } else {
            self.emit(file.line, &file.path, outcome, file.message.text());
            self.run.files.insert(file.path, None);
        }
    }

    fn report(&mut self) {
        self.end_file();
        self.state = ProveState::Reporting;
    }

    fn report_line(&mut self, number: u32, line: &str) {
        if let Some(entry) = ProveEntry::parse(number, line) {
            self.end_entry();
            self.entry = Some(entry);
        } else if let Some(entry) = &mut self.entry {
            entry.line(line);
        }
    }

    /// Emits the file that the report described, unless it passed as read before.
    fn end_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        let outcome = if entry.has_signal { Outcome::Crashed } else { entry.outcome };
        match self.run.files.get_mut(&entry.path).map(Option::take) {
            Some(Some(mut file)) => {
                let own = file.end().0;
                // By the file's own lines, points that failed differ from an exit code: a plan that was not met counts.
                let keeps = own == Outcome::Failed && outcome != Outcome::Crashed;
                let is_unknown = outcome == Outcome::Passed;
                let outcome = if keeps || is_unknown { own } else { outcome };
                file.message.push_line(entry.message.text().as_bytes());
                self.run.waiting -= 1;
                self.emit(file.line, &file.path, outcome, file.message.text());
            }
            Some(None) | None if outcome.is_failing() => {
                self.emit(entry.line, &entry.path, outcome, entry.message.text());
                self.run.files.insert(entry.path, None);
            }
            Some(None) | None => {}
        }
    }

    /// Compares the totals of a run with what was read of it.
    fn count(&mut self, files: u64, tests: u64) {
        let files = files.saturating_sub(self.run.files.len() as u64);
        let points = self.run.points;
        // Without -v there is none.
        let tests = if points == 0 { 0 } else { tests.saturating_sub(points) };
        self.missing = self.missing.saturating_add(files.max(tests));
    }

    /// Emits the files that the report does not name.
    fn end_run(&mut self) {
        self.end_file();
        self.end_entry();
        let files = std::mem::take(&mut self.run.files);
        for file in files.into_values().flatten() {
            self.emit(file.line, &file.path, file.end().0, file.message.text());
        }
    }

    fn end_with_result(&mut self, failed: bool) {
        self.unexplained += u64::from(failed && self.run.failing == 0);
        self.run = Run::default();
        self.state = ProveState::Ended;
    }

    fn bail_out(&mut self, line: u32, why: &str) {
        if !self.bailed_out {
            self.bailed_out = true;
            self.builder.handle(line, Event::BailedOut { why: Cow::Borrowed(why) });
        }
    }

    fn emit(&mut self, line: u32, path: &str, outcome: Outcome, message: &str) {
        self.results += 1;
        self.failing += u64::from(outcome.is_failing());
        self.run.failing += u64::from(outcome.is_failing());
        self.builder.handle(line, Event::finished(path, outcome, message));
    }

    /// Declares what the summaries count beyond what was read.
    fn check_totals(&mut self, line: u32) {
        if self.missing > 0 {
            self.builder.expect_tests(line, self.results.saturating_add(self.missing));
        }
        if self.unexplained > 0 {
            self.builder.expect_failures(line, self.failing.saturating_add(self.unexplained));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_with;
    use crate::model::GapKind;

    const END: &str = "Result: FAIL\n";

    /// The results, and how many gaps there are.
    fn read(text: &str) -> (Vec<String>, usize) {
        let read = read_with(super::read, text);
        (read.0, read.1.len())
    }

    #[test]
    fn each_file_has_the_outcome_that_prove_gives_it() {
        for (file, report, expected) in [
            ("ok", "", "passed t/a.t"),
            ("\n1..2\nok\nok\nok", "", "passed t/a.t"),
            ("\nok\n1..1\nok        5 ms ( 0.00 usr = 0.01 CPU)", "", "passed t/a.t"),
            ("\n1..1\nnot ok 1 # TODO later\nok", "", "passed t/a.t"),
            (
                "\n1..1\nok 1 # TODO later\nok",
                "(Wstat: 0 Tests: 1 Failed: 0)\n  TODO passed:   1",
                "passed t/a.t",
            ),
            ("skipped: no d", "", "skipped t/a.t: no d"),
            ("\n1..0 # SKIP no d\nskipped: no d", "", "skipped t/a.t: no d"),
            (
                "\n1..2\nok 1\nnot ok 2 - b\n# why\nFailed 1/2 subtests ",
                "(Wstat: 0 Tests: 2 Failed: 1)\n  Failed test:  2",
                "failed t/a.t: not ok 2 - b\n# why\nFailed 1/2 subtests\nFailed test:  2",
            ),
            (
                "\nDubious, test returned 9 (wstat 2304, 0x900)\nAll 1 subtests passed ",
                "(Wstat: 2304 (exited 9) Tests: 1 Failed: 0)",
                "errored t/a.t: Dubious, test returned 9 (wstat 2304, 0x900)\nAll 1 subtests passed",
            ),
            (
                "\nDubious, test returned 255 (wstat 65280, 0xff00)\nFailed 1/3 subtests ",
                "(Wstat: 65280 (exited 255) Tests: 2 Failed: 0)",
                "failed t/a.t: Dubious, test returned 255 (wstat 65280, 0xff00)\nFailed 1/3 subtests",
            ),
            (
                "\nNo subtests run ",
                "(Wstat: 9 (Signal: KILL) Tests: 0 Failed: 0)",
                "crashed t/a.t: No subtests run",
            ),
            (
                "\nFailed 1/2 subtests ",
                "(Wstat: 139 Tests: 2 Failed: 1)",
                "crashed t/a.t: Failed 1/2 subtests",
            ),
            (
                "ok",
                "(Wstat: 0 Tests: 2 Failed: 0)\n  Parse errors: x",
                "errored t/a.t: Parse errors: x",
            ),
        ] {
            let report =
                if report.is_empty() { String::new() } else { format!("t/a.t {report}\n") };
            let text = format!(
                "t/a.t .. {file}\n\nTest Summary Report\n{report}Files=1, Tests=0, 0\nResult: PASS\n"
            );
            let (results, gaps) = read(&text);
            assert_eq!((results.last().map(String::as_str), gaps), (Some(expected), 0), "{text}");
        }
    }

    #[test]
    fn a_file_without_a_result_is_unfinished() {
        for end in ["", "1..3\n", "1..3\nok\n", "1..3\nok\nok\nok\n", "ok 1 - a\nskipped: this\n"] {
            let (results, gaps) = read(&format!("t/a.t .. ok\nt/b.t .. \n{end}"));
            assert_eq!(results[1], "unfinished t/b.t", "{end}");
            assert!(gaps > 0);
        }
        // Nor does what a test prints after its points end it.
        let text = "t/a.t .. \n1..3\nok 1\nFailed 1/3 subtests \nok 2\nok\n";
        assert_eq!(read(text).0, ["failed t/a.t: Failed 1/3 subtests"]);
    }

    #[test]
    fn totals_are_compared() {
        let files = "t/a.t .. \n1..2\nok 1\nok 2\nok\nt/b.t .. \n1..1\nok\nok\n";
        let run = |end: &str| read_with(super::read, &format!("{files}{end}")).1;
        assert_eq!(run("Files=2, Tests=3,  0\nResult: PASS\n"), []);
        for counts in ["Files=3, Tests=3", "Files=2, Tests=4"] {
            let missing = GapKind::PlanNotMet { planned: 3, actual: 2 };
            assert_eq!(run(&format!("{counts},  0\nResult: PASS\n")), [missing]);
        }
        let failing =
            GapKind::CountMismatch { what: "failing tests".into(), declared: 1, actual: 0 };
        assert_eq!(run(&format!("Files=2, Tests=3,  0\n{END}")), [failing]);
        assert_eq!(run("Files=2, Tests=3,  0\n").len(), 1);
        assert_eq!(run("").len(), 1);
        assert_eq!(read(&format!("not ok 1\n{files}Files=2, Tests=3,  0\nResult: PASS\n")).1, 1);
        let most = u64::MAX;
        assert_eq!(run(&format!("Files={most}, Tests={most},  0\nResult: PASS\n")).len(), 1);
    }

    #[test]
    fn several_runs_are_read_one_after_another() {
        let run = |file: &str, result: &str| {
            format!("{file} .. ok\nFiles=1, Tests=1,  0\nResult: {result}\n")
        };
        let both = read(&(run("t/a.t", "PASS") + &run("t/b.t", "PASS")));
        assert_eq!(both, (vec!["passed t/a.t".to_owned(), "passed t/b.t".to_owned()], 0));
        assert_eq!(read(&(run("t/a.t", "FAIL") + &run("t/b.t", "PASS"))).1, 1);
    }
}
