//! The output of Perl's `prove`, with `-v` or without.
//!
//! Without `-v` a test file is one test, because prove prints only the numbers of failed points; with `-v` each point is
//! one. A bare `ok` after a plan is prove's result of the file, not a point. On a terminal the result is on the line of
//! the file's header and overwrites its progress.

use super::grammar::{
    is_file_failure, is_plan_or_point, is_prove_header, parse_prove_header, strip_overwritten,
};
use super::prove_report::{
    MAX_FILES, ProveEntry, ProveState, is_failed_run, parse_counts, parse_failed_subtests,
};
use super::reader::TapReader;
use crate::formats::emit::saturating_sum;
use crate::formats::signatures;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::for_each_line;
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["prove"],
    title: "prove, with -v or without",
    test_name: "with -v: `file/description`, `file#N` for a point without one; else the file. Of an \
            absolute path only what follows its `tests` or `t` folder is part of the name",
    outcomes: &[
        ("ok", Outcome::Passed),
        ("not ok; Failed n/m subtests", Outcome::Failed),
        (
            "a file that ends with an exit code, or without a plan, and no failing point",
            Outcome::Errored,
        ),
        ("# SKIP; skipped: reason", Outcome::Skipped),
        ("not ok # TODO, # XFAIL", Outcome::Xfailed),
        ("ok # TODO whose reason says that it is unexpected, # XPASS", Outcome::Xpassed),
    ],
    incomplete: "no `Result:` at the end; fewer or more points than a file's plan; a file without a plan; \
                 fewer files than `Files=N`; `Result: FAIL` although nothing failed; `Bailout called`",
    totals: "`Files=N`; `Result: FAIL`; with -v also `Tests=N`, `Failed n/m subtests` and what the report counts of \
             each file",
    link: "https://perldoc.perl.org/prove",
    sniff: Sniff::Lines(|head| head.lines().any(is_prove_header)),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = ProveReader {
        tap: TapReader::new(builder),
        file: None,
        state: ProveState::Running,
        truncated: false,
        files: BTreeMap::new(),
        entry: None,
        failing_before: 0,
        missing: 0,
        missing_failures: 0,
        unexplained: 0,
    };
    let read = for_each_line(input, |line| reader.line(line.number, strip_overwritten(line.text)));
    reader.end_file(read.line);
    reader.check_totals(read.line);
    let is_complete = reader.tap.finish(read.line);
    read.complete_if(is_complete && reader.state == ProveState::Ended && !reader.truncated)
}

struct ProveReader<'b, 's> {
    tap: TapReader<'b, 's>,
    file: Option<ProveFile>,
    state: ProveState,
    truncated: bool,
    /// The test files of the present run.
    files: BTreeMap<String, FileResults>,
    /// The file that the report describes.
    entry: Option<ProveEntry>,
    /// How many results failed before the present run.
    failing_before: u64,
    /// How many files are counted but not named.
    missing: u64,
    /// How many failed points are counted but not printed.
    missing_failures: u64,
    /// How many runs failed although nothing in them did.
    unexplained: u64,
}

/// The test file that is being run.
struct ProveFile {
    line: u32,
    path: String,
    name: String,
    /// Whether its points are printed.
    has_points: bool,
    failing_before: u64,
    results_before: u64,
    /// How many of its points failed or are missing, and how many there should be, as prove counts them.
    subtests: (u64, u64),
    /// The result of the file as a whole, if its points are not printed.
    result: Option<Outcome>,
    exit: Option<String>,
}

/// What was read of a test file.
#[derive(Clone, Copy)]
struct FileResults {
    failed: bool,
    /// How many points are printed, and how many of them failed; `None` if only the result of the file is.
    points: Option<(u64, u64)>,
}

impl ProveReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some(result) =
            line.strip_prefix("Result: ").filter(|_| self.state == ProveState::Reporting)
        {
            self.end_run(number, is_failed_run(result));
        } else if line.starts_with("FAILED--Further testing stopped") {
            self.state = ProveState::Ended;
        } else if line == "Test run interrupted!" {
            self.end_file(number);
            self.state = ProveState::Reporting;
            self.tap.emit_bail_out(number, line);
        } else if line == "Test Summary Report" || line == "All tests successful." {
            self.end_file(number);
            self.state = ProveState::Reporting;
        } else if let Some((files, tests)) = parse_counts(line) {
            self.end_file(number);
            self.end_entry();
            self.state = ProveState::Reporting;
            let missing = files.saturating_sub(self.files.len() as u64);
            self.missing = self.missing.saturating_add(missing.max(self.missing_points(tests)));
        } else if let Some((path, status)) = parse_prove_header(line) {
            // The report before has no end.
            self.truncated |= self.state == ProveState::Reporting;
            self.start_file(number, path);
            self.file_result(number, status);
        } else if self.state == ProveState::Reporting {
            self.report_line(number, line);
        } else if let Some(why) = line.strip_prefix("Bailout called.  Further testing stopped:") {
            self.tap.line(number, &format!("Bail out!{why}"));
        } else if !self.file_result(number, line) {
            self.tap_line(number, line);
        }
    }

    fn tap_line(&mut self, number: u32, line: &str) {
        if let Some(file) = &mut self.file {
            file.has_points |= line.starts_with("ok ") || line.starts_with("not ok");
            self.tap.line(number, line);
        } else if is_plan_or_point(line) {
            self.tap.emit_damage(number, &signatures::other_format("prove", "tap"));
        }
    }

    fn start_file(&mut self, line: u32, path: &str) {
        // On a terminal, the header is repeated after output of the tests.
        let is_repeated =
            |file: &ProveFile| file.path == path && file.result.is_none() && file.exit.is_none();
        if self.file.as_ref().is_some_and(is_repeated) {
            return;
        }
        self.end_file(line);
        let name = relative_path(path).to_owned();
        self.tap.start_file(line, &name);
        self.file = Some(ProveFile {
            line,
            path: path.to_owned(),
            name,
            has_points: false,
            failing_before: self.tap.failing(),
            results_before: self.tap.results(),
            subtests: (0, 0),
            result: None,
            exit: None,
        });
        self.state = ProveState::Running;
    }

    /// Reads prove's result of the file; false if the line is something else.
    fn file_result(&mut self, line: u32, status: &str) -> bool {
        let Some(file) = &mut self.file else { return false };
        let status = status.trim_end();
        let (outcome, message) = if status == "ok" || status.starts_with("ok   ") {
            if file.has_points && !self.tap.has_plan() {
                return false;
            }
            // The points are printed, and none was read.
            if !file.has_points && self.tap.has_plan() {
                return true;
            }
            (Outcome::Passed, "")
        } else if status == "skipped" || status.starts_with("skipped: ") {
            (Outcome::Skipped, status.trim_start_matches("skipped").trim_start_matches([':', ' ']))
        } else if status.starts_with("Failed ") && status.contains(" subtest") {
            file.subtests = parse_failed_subtests(status).unwrap_or((0, 0));
            (Outcome::Failed, status)
        } else if is_file_failure(status) {
            file.exit.get_or_insert_with(|| status.to_owned());
            return true;
        } else {
            return false;
        };
        if !file.has_points && file.result.is_none() {
            file.result = Some(outcome);
            // The result of the file is not one of its planned points.
            self.tap.end_document(line);
            self.tap.finish_test(line, &file.name, outcome, message);
        }
        true
    }

    fn end_file(&mut self, line: u32) {
        let Some(file) = self.file.take() else { return };
        let failing = self.tap.failing() - file.failing_before;
        let mut failed = failing > 0;
        self.tap.end_document(line);
        let points = self.tap.results() - file.results_before;
        if file.has_points {
            let (failed, all) = file.subtests;
            let explained = failing.saturating_add(all.saturating_sub(points));
            self.add_missing_failures(failed.saturating_sub(explained));
        }
        let points = match file.result {
            Some(Outcome::Skipped) => Some((0, 0)),
            None if !file.has_points => Some((0, 0)),
            None => Some((points, failing)),
            Some(_) => None,
        };
        match file.exit {
            Some(exit) if file.result.is_none() && !failed => {
                failed = true;
                self.tap.finish_test(file.line, &file.name, Outcome::Errored, &exit);
            }
            // A file without any output: only the end of the output can be the reason.
            None if file.result.is_none() && !file.has_points => self.truncated = true,
            Some(_) | None => {}
        }
        self.track_file(file.path, FileResults { failed, points });
    }

    fn track_file(&mut self, path: String, results: FileResults) {
        if self.files.len() < MAX_FILES {
            self.files.insert(path, results);
        } else {
            self.truncated = true;
        }
    }

    /// How many points fewer than these there are; 0 if prove did not print them.
    fn missing_points(&self, tests: u64) -> u64 {
        let points: Option<Vec<u64>> =
            self.files.values().map(|file| file.points.map(|(points, _)| points)).collect();
        let points = points.map_or(0, saturating_sum);
        if points == 0 { 0 } else { tests.saturating_sub(points) }
    }

    fn add_missing_failures(&mut self, failures: u64) {
        self.missing_failures = self.missing_failures.saturating_add(failures);
    }

    fn report_line(&mut self, number: u32, line: &str) {
        if let Some(entry) = ProveEntry::parse(number, line) {
            self.end_entry();
            self.entry = Some(entry);
        } else if let Some(entry) = &mut self.entry {
            entry.line(line);
        }
    }

    /// Emits a file that failed only according to the report.
    fn end_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        let ProveEntry { line, path, outcome, .. } = entry;
        let results = self.files.get(&path).copied();
        if outcome.is_failing() && !results.is_some_and(|results| results.failed) {
            self.tap.finish_test(line, relative_path(&path), outcome, entry.message.text());
            self.track_file(path, FileResults { failed: true, points: None });
        } else if let Some((points, failed)) = results.and_then(|results| results.points)
            && points > 0
        {
            self.add_missing_failures(entry.failed.saturating_sub(failed));
            self.missing = self.missing.saturating_add(entry.tests.saturating_sub(points));
        }
    }

    fn end_run(&mut self, line: u32, failed: bool) {
        self.end_file(line);
        self.end_entry();
        let failing = self.tap.failing();
        self.unexplained += u64::from(failed && failing == self.failing_before);
        self.failing_before = failing;
        self.files.clear();
        self.state = ProveState::Ended;
    }

    /// Declares what the summaries count beyond what was read.
    fn check_totals(&mut self, line: u32) {
        if self.missing > 0 {
            self.tap.declare_missing(line, self.missing);
        }
        let failures = self.missing_failures.max(self.unexplained);
        if failures > 0 {
            self.tap.declare_missing_failures(line, failures);
        }
    }
}

/// A path relative to the folder of the tests, if it is absolute and has such a folder.
fn relative_path(path: &str) -> &str {
    let path = path.strip_prefix("./").unwrap_or(path);
    if !path.starts_with('/') {
        return path;
    }
    let folder = ["/tests/", "/t/"].iter().find_map(|f| path.rfind(f).map(|at| at + f.len()));
    folder.map_or(path, |at| &path[at..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failures_only_in_the_report_are_not_lost() {
        let end = "Result: FAIL\n";
        let report = "\nTest Summary Report\n-------------------\nt/b.t  (Wstat: 0 Tests: 3 Failed: 1)\n  \
            Failed test:  2\nFiles=2, Tests=4,  0 wallclock secs\n";
        let read = read_as("prove", &format!("t/a.t .. ok\n{report}{end}"));
        assert_eq!(read.0, ["passed t/a.t", "failed t/b.t: Failed test:  2"]);
        assert_eq!(read.1, []);
        let read = read_as("prove", "t/a.t .. ok\nFiles=3, Tests=4, 0 wallclock\nResult: PASS\n");
        assert_eq!(read.1, [GapKind::PlanNotMet { planned: 3, actual: 1 }]);
        let read = read_as("prove", &format!("t/a.t .. ok\nFiles=1, Tests=4, 0\n{end}"));
        let failing =
            GapKind::CountMismatch { what: "failing tests".into(), declared: 1, actual: 0 };
        assert_eq!(read.1, [failing]);
        let unknown = read_as("prove", "t/a.t .. ok\nFiles=1, Tests=4, 0\nResult: ZORKED\n");
        assert_eq!(unknown.1.len(), 1);
        let todo = "t/a.t (Wstat: 0 Tests: 3 Failed: 0)\n  TODO passed:   1\n";
        let todo =
            format!("t/a.t .. ok\nTest Summary Report\n{todo}Files=1, Tests=3, 0\nResult: PASS\n");
        assert_eq!((read_as("prove", &todo).0.len(), read_as("prove", &todo).1), (1, vec![]));
        let report =
            report.replace("Failed: 1", "Failed: 0").replace("Failed test:  2", "Parse errors: x");
        let read = read_as("prove", &format!("t/a.t .. ok\nt/b.t .. ok\n{report}{end}"));
        assert_eq!(read.0[2], "errored t/b.t: Parse errors: x");
    }

    #[test]
    fn counts_of_points_are_compared_where_they_are_printed() {
        let run = |failed: u64, tests: u64, in_report: u64| {
            let file =
                format!("t/a.t .. \n1..2\nok 1 - a\nnot ok 2 - b\nFailed {failed}/2 subtests \n");
            let report =
                format!("t/a.t (Wstat: 0 Tests: 2 Failed: {in_report})\n  Failed test:  2\n");
            let end = format!("Files=1, Tests={tests},  0 wallclock secs\nResult: FAIL\n");
            read_as("prove", &format!("{file}Test Summary Report\n{report}{end}")).1.len()
        };
        assert_eq!(run(1, 2, 1), 0);
        assert_eq!([run(2, 2, 1), run(1, 3, 1), run(1, 2, 2)], [1, 1, 1]);
    }

    #[test]
    fn tap_outside_of_a_file_is_damage() {
        let run = "t/a.t .. ok\nFiles=1, Tests=1, 0\nResult: PASS\n";
        for tap in ["1..1\n", "not ok 2 - b\n"] {
            for text in [format!("{tap}{run}"), format!("{run}{tap}")] {
                let read = read_as("prove", &text);
                assert!(matches!(read.1[..], [GapKind::Damaged { .. }]), "{text}");
            }
        }
        assert_eq!(read_as("prove", &format!("ok\nok, all built\n{run}")).1, []);
    }

    #[test]
    fn verbose_skip_all_file_is_skipped() {
        let text =
            "t/d.t .. \n1..0 # SKIP no d\nskipped: no d\nFiles=1, Tests=0, 0\nResult: NOTESTS\n";
        let read = read_as("prove", text);
        assert_eq!((read.0, read.1), (vec!["skipped t/d.t: no d".to_owned()], vec![]));
    }

    #[test]
    fn absolute_paths_become_relative() {
        assert_eq!(relative_path("/build/pjd/tests/open/00.t"), "open/00.t");
        assert_eq!(relative_path("./t/op/a.t"), "t/op/a.t");
        assert_eq!(relative_path("/elsewhere/a.t"), "/elsewhere/a.t");
    }
}
