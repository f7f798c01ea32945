//! The output of xfstests' `check`, and its `check.log`.
//!
//! The first time on a line is that of the previous run; a line that ends with it is a test that never ended.
//! `Passed all 39 tests` includes those not run. With sections, all results are repeated at the end.
//!
//! <https://git.kernel.org/pub/scm/fs/xfs/xfstests-dev.git>

use crate::formats::emit::{PendingTest, names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::{decode_lossy, for_each_line};
use std::collections::BTreeSet;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["xfstests"],
    title: "xfstests: the output of ./check, and check.log",
    test_name: "`generic/001`; `section/generic/001` where there are sections",
    outcomes: &[
        ("a time", Outcome::Passed),
        (
            "anything else: - output mismatch, [failed, exit status N], _check_dmesg …",
            Outcome::Failed,
        ),
        ("[not run]", Outcome::Skipped),
        ("nothing after the test, or only the time of the previous run", Outcome::Unfinished),
    ],
    incomplete: "no `Passed all` or `Failed n of m`; fewer tests than `Ran:` lists or failures than \
                 `Failures:` does; `Interrupted!`",
    totals: "the tests of `Ran:`, `Not run:`, `Failures:`, `Passed all` and `Failed n of m`",
    link: "https://git.kernel.org/pub/scm/fs/xfs/xfstests-dev.git/tree/README",
    sniff: Sniff::Bytes(|head| {
        head.split(|b| *b == b'\n').take(400).any(|line| {
            let ran = line.strip_prefix(b"Ran: ").map(decode_lossy);
            line.starts_with(b"FSTYP         -- ")
                || ran.is_some_and(|ran| {
                    ran.split(' ').next().is_some_and(|t| parse_test(t).is_some())
                })
        })
    }),
    read,
};

const SECTION_PREFIX: &str = "SECTION       -- ";

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = XfstestsReader {
        builder,
        section: String::new(),
        state: XfstestsState::NotStarted,
        seen: 0,
        open: None,
        lists: XfstestsLists::default(),
    };
    let mut truncated = false;
    let read = for_each_line(input, |line| {
        truncated |= !line.has_newline && parse_summary(line.text).is_none();
        reader.line(line.number, line.text);
    });
    truncated |= reader.state == XfstestsState::Running || !reader.lists.ran.is_empty();
    reader.end_test();
    reader.end_run(read.line);
    read.complete_if(!truncated)
}

struct XfstestsReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    section: String,
    state: XfstestsState,
    /// The number of results in this run.
    seen: u64,
    /// The current test.
    open: Option<PendingTest>,
    lists: XfstestsLists,
}

/// The lists of tests at the end of a run.
#[derive(Default)]
struct XfstestsLists {
    ran: Vec<String>,
    not_run: BTreeSet<String>,
    failures: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum XfstestsState {
    NotStarted,
    Running,
    /// The run has its summary.
    Ended,
    /// The results of the section are repeated.
    Summarized,
}

impl XfstestsReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        let section = line.strip_prefix(SECTION_PREFIX);
        if self.state == XfstestsState::Summarized && section.is_none() {
            return;
        }
        if let Some(section) = section {
            self.end_test();
            self.end_run(number);
            self.section = section.trim().to_owned();
            self.state = XfstestsState::NotStarted;
        } else if line.starts_with("=====") && self.state == XfstestsState::NotStarted {
            self.state = XfstestsState::Summarized;
        } else if line.starts_with("FSTYP         -- ") || line.starts_with("Kernel version: ") {
            self.end_test();
            self.end_run(number);
            self.start_run(number);
        } else if let Some(list) = line.strip_prefix("Ran: ") {
            self.end_test();
            self.lists.ran = words(list).collect();
        } else if let Some(list) = line.strip_prefix("Not run: ") {
            self.lists.not_run = words(list).collect();
        } else if let Some(list) = line.strip_prefix("Failures: ") {
            self.lists.failures = words(list).collect();
        } else if let Some((failed, tests)) = parse_summary(line) {
            self.end_test();
            self.emit_lists(number, failed, tests);
            self.end_run(number);
        } else if line == "Interrupted!" {
            self.end_test();
            self.builder.handle(number, Event::BailedOut { why: "Interrupted!".into() });
        } else if let Some((name, rest)) = parse_test(line) {
            self.end_test();
            self.start_test(number, name, rest);
        } else if let Some(open) = &mut self.open
            && !line.is_empty()
        {
            if line.starts_with("_check_") || line.starts_with("- output mismatch") {
                open.outcome = Outcome::Failed;
            }
            open.message.push_line(line.trim_start().as_bytes());
        }
    }

    fn start_run(&mut self, line: u32) {
        self.state = XfstestsState::Running;
        self.seen = 0;
        self.builder.handle(line, Event::SuiteStarted { name: None });
    }

    fn start_test(&mut self, line: u32, name: &str, rest: &str) {
        if self.state != XfstestsState::Running {
            self.start_run(line);
        }
        let rest = rest.trim();
        let (previous_time, status) = rest.split_once(" ...").unwrap_or(("", rest));
        let status = if is_time(previous_time.trim()) { status.trim() } else { rest };
        let outcome = match status {
            "[expunged]" => return,
            "" | "..." => Outcome::Unfinished,
            status if is_time(status) => Outcome::Passed,
            status if status.starts_with("[not run]") => Outcome::Skipped,
            _ => Outcome::Failed,
        };
        let mut test = PendingTest::new(line, self.full_name(name), outcome);
        if outcome != Outcome::Passed {
            test.message.push(status.trim_start_matches("[not run]").trim());
        }
        self.open = Some(test);
    }

    fn full_name(&self, name: &str) -> String {
        names::join_child(&self.section, name, "/")
    }

    fn end_test(&mut self) {
        let Some(mut test) = self.open.take() else { return };
        self.seen += 1;
        if test.outcome == Outcome::Unfinished {
            return test_record::emit_started(&test.name, test.line, self.builder);
        }
        if test.outcome == Outcome::Passed {
            test.message.clear();
        }
        test.emit(self.builder);
    }

    /// Emits the lists as results if there is nothing else, as in `check.log`, and compares them and the numbers of
    /// the summary with the results.
    fn emit_lists(&mut self, line: u32, failed: u64, tests: u64) {
        let XfstestsLists { ran, not_run, failures } = std::mem::take(&mut self.lists);
        self.builder.expect_children(line, tests.max(ran.len() as u64));
        self.builder.expect_failures(line, failed.max(failures.len() as u64));
        self.builder.expect_skips(line, not_run.len() as u64);
        if self.state == XfstestsState::Running && self.seen > 0 {
            return;
        }
        for test in ran {
            let outcome = if failures.contains(&test) {
                Outcome::Failed
            } else if not_run.contains(&test) {
                Outcome::Skipped
            } else {
                Outcome::Passed
            };
            let name = self.full_name(&test);
            self.builder.handle(line, Event::finished(&name, outcome, ""));
        }
    }

    fn end_run(&mut self, line: u32) {
        if self.state == XfstestsState::Running {
            self.builder.handle(line, Event::SuiteEnded);
        }
        self.state = XfstestsState::Ended;
        self.seen = 0;
        self.lists = XfstestsLists::default();
    }
}

/// The test at the start of a line, as `generic/001`, and the rest of the line.
fn parse_test(line: &str) -> Option<(&str, &str)> {
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let (group, number) = name.split_once('/')?;
    let is_group =
        !group.is_empty() && group.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    let is_number = number.len() >= 3 && number.bytes().all(|b| b.is_ascii_digit());
    (is_group && is_number).then_some((name, rest))
}

fn is_time(text: &str) -> bool {
    let number = text.strip_suffix('s').unwrap_or("");
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// How many tests failed, and how many there are, in `Passed all 39 tests` or `Failed 2 of 15 tests`.
fn parse_summary(line: &str) -> Option<(u64, u64)> {
    let counts = line.strip_suffix(" tests")?;
    if let Some(tests) = counts.strip_prefix("Passed all ") {
        return Some((0, tests.parse().ok()?));
    }
    let (failed, tests) = counts.strip_prefix("Failed ")?.split_once(" of ")?;
    Some((failed.parse().ok()?, tests.parse().ok()?))
}

fn words(list: &str) -> impl Iterator<Item = String> {
    list.split_whitespace().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failure_only_in_the_summary_is_missed() {
        let run = "FSTYP         -- ext4\ngeneric/001 2s ...  3s\nRan: generic/001\n";
        assert_eq!(read_as("xfstests", &format!("{run}Passed all 1 tests\n")).1, []);
        let failed =
            read_as("xfstests", &format!("{run}Failures: generic/001\nFailed 1 of 1 tests\n"));
        let counts =
            GapKind::CountMismatch { what: "failing tests".into(), declared: 1, actual: 0 };
        assert_eq!(failed.1, [counts]);
        let more = [
            "Passed all 2 tests",
            "Failed 1 of 1 tests",
            "Not run: generic/001\nPassed all 1 tests",
        ];
        for more in more {
            assert_eq!(read_as("xfstests", &format!("{run}{more}\n")).1.len(), 1, "{more}");
        }
    }
}
