//! The output of `cargo test`: the lines of Rust's libtest.
//!
//! The binary is named only on stderr, so stdout alone has names without it. A binary that died prints no result line.
//! Below the first `failures:` or `successes:` there is the output of tests, until a list of their names and the result
//! line.

use super::libtest_line::{
    HintStrength, LibtestResult, OUTCOMES, WordHint, parse_binary, parse_command, parse_heading,
    parse_late_test, parse_outcome, parse_panic, parse_planned, parse_quiet, parse_test,
};
use super::libtest_suite::{EndedSuite, LibtestSuite, LibtestTest, SuiteEnd};
use super::nextest;
use crate::formats::emit::emit_bail_out;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;
use std::collections::BTreeSet;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["libtest", "cargo-test"],
    title: "cargo test: libtest's text",
    test_name: "`binary::path::test`, or `path::test` where the output does not name the binary; a \
            documentation test without its line number, the second of one name with ` #2`",
    outcomes: &OUTCOMES,
    incomplete: "a binary without `test result:`; a test whose outcome output has torn, where neither the list \
                 below `failures:` nor the totals settle it; `--quiet`, which does not name what passed; what \
                 could not be compiled",
    totals: "`running N tests`; the counts and the word of `test result:`; cargo's `error: test failed`",
    link: "https://doc.rust-lang.org/rustc/tests/index.html",
    sniff: Sniff::Lines(|head| {
        // With --no-capture, nextest's output has that of each test.
        head.lines().any(is_run) && !head.lines().any(nextest::is_run_start)
    }),
    read,
};

fn is_run(line: &str) -> bool {
    let result = line.strip_prefix("test result: ");
    parse_planned(line).is_some()
        || result.is_some_and(|rest| rest.starts_with("ok. ") || rest.starts_with("FAILED. "))
}

/// How cargo reports that a binary failed; before it there is the number of targets, in the last one.
const CARGO_FAILURES: [&str; 4] =
    ["test failed, ", "doctest failed, ", "bench failed, ", "could not execute process "];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = LibtestReader {
        builder,
        binary: String::new(),
        suites: Vec::new(),
        sections: None,
        gave_result: true,
        binary_pending: false,
    };
    let mut truncated = false;
    let read = for_each_line(input, |line| {
        if line.has_newline {
            reader.line(line.number, line.text);
        } else {
            truncated |= !line.text.is_empty();
        }
    });
    // A suite that others followed has no end because its binary died.
    truncated |= reader.suites.last().is_some_and(|suite| suite.nested.is_empty());
    truncated |= reader.binary_pending;
    reader.end_binary(read.line, None);
    read.complete_if(!truncated)
}

struct LibtestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The current binary; empty if the output does not name it.
    binary: String,
    /// The suite that runs, and those in which it started: a test can run tests, and where the output does not name
    /// binaries, one that died has no end.
    suites: Vec<LibtestSuite>,
    /// Below the first `failures:` or `successes:` of the suite.
    sections: Option<Sections>,
    /// Whether the last binary printed a result line.
    gave_result: bool,
    /// Whether nothing follows the name of the last binary.
    binary_pending: bool,
}

/// The output of tests, which ends with lists of their names.
#[derive(Default)]
struct Sections {
    /// The list that is read, if it is one.
    list: Option<TitleList>,
    /// Whether the output of the current test has a run of its own.
    has_nested_run: bool,
}

/// Indented names below `failures:` or `successes:`, and an empty line.
struct TitleList {
    heading: &'static str,
    titles: BTreeSet<String>,
    len: u64,
    ended: bool,
}

/// How deep suites are nested, and how many of them and of their tests wait for the end of another.
const MAX_DEPTH: usize = 20;
const MAX_NESTED: usize = 1_000;
const MAX_NESTED_TESTS: usize = 100_000;

/// The most different titles of a list.
const MAX_TITLES: usize = 100_000;

const LIST_HEADINGS: [&str; 2] = ["failures:", "successes:"];

impl LibtestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        self.binary_pending &= line.is_empty();
        if self.sections.is_some() {
            return self.section_line(number, line);
        }
        if let Some(planned) = parse_planned(line) {
            let may_nest = self.suites.last().is_some_and(LibtestSuite::is_running);
            if !may_nest || self.suites.len() == MAX_DEPTH {
                self.end_binary(number, None);
            }
            self.start_suite(number, Some(planned));
        } else if let Some(result) = LibtestResult::parse(line) {
            self.end_suite(number, result, BTreeSet::new());
        } else if let Some(binary) = parse_binary(line) {
            self.end_binary(number, None);
            self.binary = binary.to_owned();
            self.binary_pending = true;
            self.gave_result = false;
        } else if let Some(how) = line.trim_start().strip_prefix("process didn't exit successfully")
        {
            self.process_died(number, how);
        } else if let Some((title, word)) = parse_test(line) {
            self.test(number, title, word);
        } else if let Some((title, outcome)) = parse_quiet(line) {
            self.add(LibtestTest::new(number, title, Some(outcome)));
        } else if LIST_HEADINGS.contains(&line) {
            self.start_sections(number, line);
        } else {
            self.other_line(number, line);
        }
    }

    fn start_suite(&mut self, line: u32, planned: Option<u64>) {
        self.suites.push(LibtestSuite::new(line, planned));
        self.gave_result = false;
    }

    fn start_sections(&mut self, number: u32, line: &str) {
        if let Some(suite) = self.suites.last_mut() {
            suite.end_output();
            self.sections = Some(Sections::default());
            self.section_line(number, line);
        }
    }

    fn test(&mut self, line: u32, title: &str, word: &str) {
        let mut test = LibtestTest::new(line, title, parse_outcome(word));
        word.strip_prefix("ignored, ").unwrap_or("").clone_into(&mut test.reason);
        let is_torn = test.outcome.is_none();
        test.hint = if is_torn { WordHint::parse(word) } else { None };
        self.add(test);
        if let Some(suite) = self.suites.last_mut().filter(|_| is_torn) {
            suite.push_output(word);
        }
    }

    fn add(&mut self, test: LibtestTest) {
        if self.suites.is_empty() {
            self.start_suite(test.line, None);
        }
        if let Some(suite) = self.suites.last_mut() {
            suite.add(test, &self.binary, self.builder);
        }
    }

    /// Output of a test with `--nocapture`, or what cargo prints between two binaries.
    fn other_line(&mut self, number: u32, line: &str) {
        let Some(suite) = self.suites.last_mut() else { return self.cargo_line(number, line) };
        if let Some((title, word)) = parse_late_test(line) {
            let mut test = LibtestTest::new(number, title, None);
            test.hint = WordHint::parse(word);
            return suite.add_candidate(test);
        }
        if let Some(thread) = parse_panic(line) {
            suite.start_panic(thread);
        }
        match WordHint::parse(line) {
            Some(hint) if hint.strength == HintStrength::WholeLine => suite.add_hint(hint),
            Some(hint) => {
                suite.add_hint(hint);
                suite.push_output(line);
            }
            None => suite.push_output(line),
        }
    }

    fn cargo_line(&mut self, number: u32, line: &str) {
        let Some(error) = line.strip_prefix("error: ") else { return };
        if error.starts_with("could not compile ") {
            return emit_bail_out(error, number, self.builder);
        }
        let targets = error.split_once(' ').filter(|(count, _)| count.parse::<u64>().is_ok());
        let has_failed = match targets {
            Some((_, rest)) => matches!(rest, "target failed:" | "targets failed:"),
            None => CARGO_FAILURES.iter().any(|failure| error.starts_with(failure)),
        };
        if has_failed {
            self.builder.expect_a_failure(number, line);
        }
    }

    fn section_line(&mut self, number: u32, line: &str) {
        let (Some(sections), Some(suite)) = (&mut self.sections, self.suites.last_mut()) else {
            return;
        };
        if let Some(heading) = LIST_HEADINGS.iter().find(|heading| **heading == line) {
            return sections.start_list(heading, suite);
        }
        if sections.list.as_mut().is_some_and(|list| list.add(line)) {
            return;
        }
        match LibtestResult::parse(line) {
            Some(result) if sections.is_end(&result, suite) => {
                let failed = sections.list.take().filter(|list| list.heading == "failures:");
                let failed = failed.map(|list| list.titles).unwrap_or_default();
                self.end_suite(number, result, failed);
            }
            Some(_) | None => sections.output(line, suite),
        }
    }

    /// Ends the suite that runs with its result line and the list of what failed.
    fn end_suite(&mut self, line: u32, result: LibtestResult, failed: BTreeSet<String>) {
        self.sections = None;
        let suite = self.suites.pop().unwrap_or_else(|| LibtestSuite::new(line, None));
        let end = SuiteEnd { line, result: Some(result), failed, crash: None };
        let Some(outer) = self.suites.last_mut() else {
            self.gave_result = true;
            return self.finish(EndedSuite { suite, end });
        };
        outer.nested.push(EndedSuite { suite, end });
        let tests: usize = outer.nested.iter().map(|nested| nested.suite.len()).sum();
        if outer.nested.len() == MAX_NESTED || tests > MAX_NESTED_TESTS {
            self.end_binary(line, None);
        }
    }

    /// Ends all suites of the binary, which have no result line.
    fn end_binary(&mut self, line: u32, mut crash: Option<String>) {
        self.sections = None;
        for suite in std::mem::take(&mut self.suites) {
            self.gave_result = false;
            let end = SuiteEnd { line, crash: crash.take(), ..SuiteEnd::default() };
            self.finish(EndedSuite { suite, end });
        }
    }

    /// Emits a suite. Those in it are output of its tests if it has its own result.
    fn finish(&mut self, EndedSuite { mut suite, end }: EndedSuite) {
        let nested = std::mem::take(&mut suite.nested);
        let is_complete = end.result.is_some_and(|result| suite.is_complete(&result));
        suite.finish(&end, &self.binary, self.builder);
        for nested in nested.into_iter().filter(|_| !is_complete) {
            self.finish(nested);
        }
    }

    /// Emits the failure that cargo reports for a binary which printed no result line.
    fn process_died(&mut self, line: u32, status: &str) {
        if self.suites.is_empty() && self.gave_result {
            return;
        }
        if self.binary.is_empty() {
            parse_command(status).unwrap_or("(binary)").clone_into(&mut self.binary);
        }
        let how = status.rsplit_once('(').map_or(status, |(_, how)| how.trim_end_matches(')'));
        if self.suites.is_empty() {
            self.builder.handle(line, Event::finished(&self.binary, Outcome::Crashed, how));
        }
        self.end_binary(line, Some(how.to_owned()));
        self.binary.clear();
        self.gave_result = true;
    }
}

impl Sections {
    fn start_list(&mut self, heading: &'static str, suite: &mut LibtestSuite) {
        match &self.list {
            Some(list) if list.ended && list.heading == "successes:" => {}
            Some(_) | None => self.end_list(suite),
        }
        self.list = Some(TitleList { heading, titles: BTreeSet::new(), len: 0, ended: false });
    }

    /// What looked like a list was output.
    fn end_list(&mut self, suite: &mut LibtestSuite) {
        let Some(list) = self.list.take() else { return };
        suite.push_output(list.heading);
        for title in list.titles {
            suite.push_output(&format!("    {title}"));
        }
    }

    /// Whether a result line ends the suite.
    fn is_end(&self, result: &LibtestResult, suite: &LibtestSuite) -> bool {
        let Some(list) = self.list.as_ref().filter(|list| list.ended) else { return false };
        if list.heading == "failures:" {
            result.failed == list.len && suite.is_own_result(result, &list.titles)
        } else {
            result.passed == list.len && suite.is_own_result(result, &BTreeSet::new())
        }
    }

    fn output(&mut self, line: &str, suite: &mut LibtestSuite) {
        self.end_list(suite);
        if parse_heading(line).is_some_and(|title| suite.start_section(title)) {
            self.has_nested_run = false;
            return;
        }
        self.has_nested_run |= parse_planned(line).is_some();
        if self.has_nested_run && parse_panic(line).is_some_and(|thread| suite.is_current(thread)) {
            suite.restart_output();
            self.has_nested_run = false;
        }
        suite.push_output(line);
    }
}

impl TitleList {
    /// Adds a line of the list; any other line is not part of it.
    fn add(&mut self, line: &str) -> bool {
        if self.ended {
            return false;
        }
        match line.strip_prefix("    ") {
            Some(title) => {
                self.len += 1;
                if self.titles.len() < MAX_TITLES {
                    self.titles.insert(title.to_owned());
                }
                true
            }
            None => {
                self.ended = line.is_empty();
                self.ended
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    const RESULT: &str = "0 measured; 0 filtered out; finished in 0.10s\n";

    #[test]
    fn torn_outcomes_are_found_if_the_totals_have_room() {
        let run = |words: &str, passed: u32| {
            format!(
                "running 2 tests\n{words}\ntest result: ok. {passed} passed; 0 failed; 0 ignored; {RESULT}"
            )
        };
        for words in [
            "test a ... test a has been running for over 60 seconds\nok\ntest b ... ok\n",
            "test a ... hello\nworldok\ntest b ... ok[log]\n",
            "test a ... ok\nnoisetest b ... ok\n",
        ] {
            let read = read_as("libtest", &run(words, 2));
            assert_eq!(read.0, ["passed a", "passed b"], "{words}");
            assert_eq!(read.1, []);
        }
        let unknown = read_as("libtest", &run("test a ... o[log]k\ntest b ... ok\n", 2));
        assert_eq!(unknown.0, ["passed b", "unfinished a"]);
        let no_room = read_as("libtest", &run("test a ... \nok\ntest b ... ok\n", 1));
        assert_eq!(no_room.0, ["passed b", "unfinished a"]);
    }

    #[test]
    fn a_run_inside_a_test_is_output_also_without_capture() {
        let inner = format!(
            "\nrunning 1 test\ntest inner ... FAILED\n\nfailures:\n\n---- inner stdout ----\nno\n\n\n\
             failures:\n    inner\n\ntest result: FAILED. 0 passed; 1 failed; 0 ignored; {RESULT}\n"
        );
        let run = format!(
            "running 2 tests\ntest a ... ok\ntest b ... {inner}ok\n\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; {RESULT}"
        );
        let read = read_as("libtest", &run);
        assert_eq!(
            (&read.0[..], read.1),
            (&["passed a".to_owned(), "passed b".into()][..], vec![])
        );
        // Without an end of the outer one they are two binaries, the first of which died.
        let read = read_as("libtest", &format!("running 2 tests\ntest a ... ok\n{inner}"));
        assert_eq!(read.0, ["passed a", "failed inner: no"]);
        assert_eq!(read.1, [GapKind::PlanNotMet { planned: 2, actual: 1 }]);
    }

    #[test]
    fn a_binary_that_fails_without_a_result_is_one() {
        let run = "     Running tests/a.rs (target/debug/deps/a-0123456789abcdef)\n\
            error: test failed, to rerun pass `--test a`\n\nCaused by:\n  \
            process didn't exit successfully: `/t/a-0123456789abcdef` (exit status: 127)\n\
            \nrunning 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(read_as("libtest", run).0, ["crashed a: exit status: 127"]);
    }

    #[test]
    fn doc_tests_of_one_name_are_numbered_by_line() {
        let run = format!(
            "   Doc-tests m\n\nrunning 2 tests\ntest src/lib.rs - f (line 9) ... FAILED\n\
             test src/lib.rs - f (line 2) - compile ... ok\n\nfailures:\n\n\
             ---- src/lib.rs - f (line 9) stdout ----\nboom\n\n\nfailures:\n    src/lib.rs - f (line 9)\n\n\
             test result: FAILED. 1 passed; 1 failed; 0 ignored; {RESULT}"
        );
        let read = read_as("libtest", &run);
        assert_eq!(read.0, ["failed m::src/lib.rs - f #2: boom", "passed m::src/lib.rs - f"]);
    }
}
