//! The output of Python's `unittest -v`.
//!
//! A test may print between its title and its outcome, or the outcome of another run. Every failure is repeated after
//! all tests, under a heading, so the headings decide. A test with failing subtests has no outcome on its own line.

use super::emitted_counts::EmittedCounts;
use super::unittest_line::{
    self as line, OUTCOMES, Placement, Title, UNEXPECTED, find_word, outcome_of, parse_heading,
    parse_ran, parse_title, parse_verdict,
};
use crate::formats::emit::{TestRecord, emit_started, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::RunBuilder;
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::for_each_line;
use std::collections::{HashMap, HashSet};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["unittest"],
    title: "python -m unittest -v, Django's test runner",
    test_name: "`module.Class.test`; a subtest with its `[message] (parameters)`",
    outcomes: &OUTCOMES,
    incomplete: "no `Ran N tests` and verdict at the end; a test whose outcome cannot be told from its output",
    totals: "`Ran N tests`, Django's `Found N test(s)`; failures, errors, skipped, expected failures and \
             unexpected successes of the verdict",
    link: "https://docs.python.org/3/library/unittest.html",
    // A test and its outcome on one line, or the title of Python 3.11, which nothing else prints.
    sniff: Sniff::Lines(|head| {
        let mut titles = head.lines().filter_map(|text| parse_title(text, ""));
        titles.any(|title| {
            title.has_full_path
                || find_word(title.status).is_some_and(|(_, at)| at == Placement::Whole)
        })
    }),
    read,
};

/// The most tests, and the most headings, that wait for the end of the run.
const MAX_PENDING: usize = 100_000;
/// The most headings of one test, and the most tests that are found by the same name.
const MAX_SAME_NAME: usize = 100;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = UnittestReader {
        builder,
        previous_line: String::new(),
        part: UnittestPart::Tests,
        inner: InnerRun::None,
        is_tentative: false,
        run: UnittestRun::default(),
    };
    let read = for_each_line(input, |line| reader.line(line.number, line.text));
    let UnittestReader { builder, part, run, .. } = reader;
    run.finish(builder);
    read.complete_if(part == UnittestPart::Ended)
}

struct UnittestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The line before: the title of a test whose docstring is on the next line, or the rule above a heading.
    previous_line: String,
    part: UnittestPart,
    inner: InnerRun,
    /// Whether the outcome of the last test may still follow: what looked like a heading was its output.
    is_tentative: bool,
    run: UnittestRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnittestPart {
    Tests,
    Failures,
    /// Behind `Ran N tests`.
    Summary,
    Ended,
}

/// A run that a test prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InnerRun {
    None,
    Tests,
    Summary,
}

impl UnittestReader<'_, '_> {
    fn line(&mut self, number: u32, text: &str) {
        match self.inner {
            InnerRun::None => self.outer_line(number, text),
            InnerRun::Tests if parse_ran(text).is_some() => self.inner = InnerRun::Summary,
            InnerRun::Summary if parse_verdict(text).is_some() => self.inner = InnerRun::None,
            InnerRun::Tests | InnerRun::Summary => {}
        }
        self.previous_line.clear();
        self.previous_line.push_str(text);
    }

    fn outer_line(&mut self, number: u32, text: &str) {
        if self.is_tentative && is_whole_word(text) {
            self.is_tentative = false;
            self.part = UnittestPart::Tests;
            self.run.forget_summary();
        }
        let heading = parse_heading(text).filter(|_| line::is_rule(&self.previous_line, b'='));
        if let Some((word, title)) = heading {
            self.leave_tests(UnittestPart::Failures);
            return self.run.add_heading(number, word, title);
        }
        if let Some(tests) = parse_ran(text) {
            self.leave_tests(UnittestPart::Summary);
            self.run.ran = Some((number, tests));
            return;
        }
        match self.part {
            UnittestPart::Tests => self.progress(number, text),
            UnittestPart::Failures => self.run.failure_line(text),
            UnittestPart::Summary => {
                if let Some(verdict) = parse_verdict(text) {
                    self.part = UnittestPart::Ended;
                    self.run.verdict = Some((number, verdict.to_owned()));
                }
            }
            UnittestPart::Ended => {
                if parse_title(text, "").is_some_and(|title| find_word(title.status).is_some()) {
                    std::mem::take(&mut self.run).finish(self.builder);
                    self.part = UnittestPart::Tests;
                    self.progress(number, text);
                }
            }
        }
    }

    /// Leaves the part in which the tests run. If the last test has no outcome on a line of its own, what seems to end
    /// that part may be its output.
    fn leave_tests(&mut self, part: UnittestPart) {
        if self.part == UnittestPart::Tests {
            self.is_tentative = !self.run.has_whole_outcome();
        }
        self.part = part;
    }

    fn progress(&mut self, number: u32, text: &str) {
        if let Some(found) = line::parse_found(text) {
            self.run.found = Some((number, found));
        }
        let Some(title) = parse_title(text, &self.previous_line) else {
            if !line::is_rule(text, b'=') && !line::is_rule(text, b'-') {
                self.run.output(text);
            }
            return;
        };
        self.run.start_test(number, &title, self.builder);
        match parse_title(title.status, "") {
            // Up to Python 3.10, a test with failing subtests is followed by the next one on its line.
            Some(next) if !title.has_full_path && !next.has_full_path => {
                let status = next.status;
                self.run.start_test(number, &next.behind_output(), self.builder);
                self.run.output(status);
            }
            Some(_) => self.inner = InnerRun::Tests,
            None => self.run.output(title.status),
        }
    }
}

fn is_whole_word(text: &str) -> bool {
    find_word(text).is_some_and(|(_, placement)| placement == Placement::Whole)
}

/// The tests of one run, and the totals at its end.
#[derive(Default)]
struct UnittestRun {
    /// The test whose title was read last.
    open: Option<UnittestTest>,
    /// The tests that failed or whose outcome is torn, and where each name is in them.
    pending: Vec<UnittestTest>,
    by_name: HashMap<String, Vec<usize>>,
    headings: Vec<Heading>,
    found: Option<(u32, u64)>,
    ran: Option<(u32, u64)>,
    verdict: Option<(u32, String)>,
    /// How many tests began, as `Ran N tests` counts them: not subtests, and not the set-up of a class.
    begun: u64,
    /// The reports of each word, as the verdict counts them.
    seen: HashMap<&'static str, u64>,
    emitted: EmittedCounts,
}

#[derive(Default)]
struct UnittestTest {
    line: u32,
    name: String,
    is_subtest: bool,
    has_subtests: bool,
    /// Whether the title is that of Python 3.10 or older, which does not name the classes that are skipped.
    is_old: bool,
    /// Classes that were skipped after it.
    skipped_classes: u64,
    candidate: Option<(&'static str, Placement)>,
    /// The last word of its output that is no failure.
    harmless: Option<&'static str>,
    /// Whether there is output between its title and its outcome.
    is_torn: bool,
    /// The words of its headings.
    headings: Vec<&'static str>,
    message: BoundedText,
}

/// A failure as it is repeated after all tests.
struct Heading {
    line: u32,
    word: &'static str,
    name: String,
    /// The name without the parameters of a subtest.
    test: String,
    message: BoundedText,
    /// Whether the rule below the title was read.
    has_rule: bool,
}

impl UnittestTest {
    fn output(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let Some((word, placement)) = find_word(text) else {
            self.is_torn = true;
            return;
        };
        match self.candidate {
            Some((_, Placement::Whole)) if self.is_old && word == line::SKIPPED => {
                self.skipped_classes += 1;
                return;
            }
            // No test prints these.
            Some((line::EXPECTED | UNEXPECTED, Placement::Whole)) => return,
            Some(_) | None => {}
        }
        self.is_torn |= placement != Placement::Whole || self.candidate.is_some();
        if !outcome_of(word).is_failing() {
            self.harmless = Some(word);
        }
        if self.candidate.is_none_or(|(_, best)| placement >= best) {
            self.candidate = Some((word, placement));
            if word == line::SKIPPED {
                self.message.clear();
                self.message.push(line::skip_reason(text));
            }
        }
    }

    /// The words that count: those of its headings, which name every failure, or that of its own line.
    fn words(&self, is_ended: bool) -> Vec<&'static str> {
        if !self.headings.is_empty() {
            return self.headings.clone();
        }
        let word = match self.candidate {
            // Without a summary, a word between other output is not to be relied upon.
            Some((word, _)) if self.is_torn && !is_ended && !outcome_of(word).is_failing() => None,
            Some((word, _))
                if self.is_torn
                    && is_ended
                    && outcome_of(word).is_failing()
                    && word != UNEXPECTED =>
            {
                self.harmless
            }
            candidate => candidate.map(|(word, _)| word),
        };
        word.into_iter().collect()
    }
}

impl UnittestRun {
    fn has_whole_outcome(&self) -> bool {
        let Some(test) = &self.open else { return true };
        test.has_subtests || test.candidate.is_some_and(|(_, at)| at == Placement::Whole)
    }

    fn output(&mut self, text: &str) {
        if let Some(test) = &mut self.open {
            test.output(text);
        }
    }

    fn start_test(&mut self, line: u32, title: &Title<'_>, builder: &mut RunBuilder<'_>) {
        let is_open = self.open.as_ref().is_some_and(|test| test.name == title.name);
        if title.is_subtest() {
            // Its parent stays open: it may have an outcome too.
            if let Some(parent) = self.open.as_mut().filter(|test| !test.is_subtest) {
                parent.has_subtests = true;
            }
            self.close_test(builder);
        } else if is_open {
            // Another phase of the same test.
            if let Some(test) = &mut self.open {
                test.is_torn = true;
            }
            return;
        } else {
            self.close_test(builder);
            // After its subtests, a test that fails itself is named again.
            let is_new = !title.is_fixture() && !self.by_name.contains_key(&title.name);
            self.begun += u64::from(is_new);
        }
        self.open = Some(UnittestTest {
            line,
            name: title.full_name(),
            is_subtest: title.is_subtest(),
            is_old: !title.has_full_path,
            ..UnittestTest::default()
        });
    }

    fn close_test(&mut self, builder: &mut RunBuilder<'_>) {
        let Some(test) = self.open.take() else { return };
        let is_clean =
            !test.is_torn && test.candidate.is_some_and(|(word, _)| !outcome_of(word).is_failing());
        if is_clean {
            self.emit(&test, true, builder);
        } else if self.pending.len() < MAX_PENDING {
            let indices = self.by_name.entry(test.name.clone()).or_default();
            if indices.len() < MAX_SAME_NAME {
                indices.push(self.pending.len());
            }
            self.pending.push(test);
        } else {
            self.emit(&test, false, builder);
        }
    }

    fn add_heading(&mut self, line: u32, word: &'static str, title: &str) {
        let (name, test) = match Title::parse(title) {
            Some(title) => (title.full_name(), title.name.clone()),
            None => (title.to_owned(), title.to_owned()),
        };
        if self.headings.len() < MAX_PENDING {
            let (message, has_rule) = (BoundedText::default(), false);
            self.headings.push(Heading { line, word, name, test, message, has_rule });
        }
    }

    fn failure_line(&mut self, text: &str) {
        let Some(heading) = self.headings.last_mut() else { return };
        let is_rule = line::is_rule(text, b'-') || line::is_rule(text, b'=');
        if heading.has_rule && !is_rule {
            heading.message.push_line(text.as_bytes());
        }
        heading.has_rule |= is_rule;
    }

    /// Forgets what looked like the end of the run and was the output of a test.
    fn forget_summary(&mut self) {
        self.headings.clear();
        self.ran = None;
        self.verdict = None;
    }

    fn finish(mut self, builder: &mut RunBuilder<'_>) {
        let is_ended = self.verdict.is_some();
        // What the last test of a truncated file printed may look like its outcome.
        if let Some(test) = self.open.as_mut().filter(|_| !is_ended && self.headings.is_empty()) {
            test.candidate = test.candidate.filter(|(word, _)| outcome_of(word).is_failing());
        }
        self.close_test(builder);
        let headings = std::mem::take(&mut self.headings);
        let with_failing_subtests: HashSet<&str> =
            headings.iter().filter(|it| it.name != it.test).map(|it| it.test.as_str()).collect();
        for heading in &headings {
            self.apply_heading(heading);
        }
        for test in std::mem::take(&mut self.pending) {
            let has_subtests =
                test.has_subtests || with_failing_subtests.contains(test.name.as_str());
            if !test.words(is_ended).is_empty() || !has_subtests {
                self.emit(&test, is_ended, builder);
            }
        }
        self.compare_totals(builder);
    }

    /// Applies a heading to the test of its name, or adds a result that is nowhere else.
    fn apply_heading(&mut self, heading: &Heading) {
        let indices = self.by_name.get(&heading.name).map_or(&[][..], Vec::as_slice);
        let is_untold = |index: &&usize| !self.pending[**index].headings.contains(&heading.word);
        let index = indices.iter().find(is_untold).or(indices.last()).copied();
        let index = index.unwrap_or_else(|| {
            let index = self.pending.len();
            self.by_name.entry(heading.name.clone()).or_default().push(index);
            let (line, name) = (heading.line, heading.name.clone());
            self.pending.push(UnittestTest { line, name, ..UnittestTest::default() });
            index
        });
        let test = &mut self.pending[index];
        if test.headings.len() < MAX_SAME_NAME {
            test.headings.push(heading.word);
        }
        test.message.push_line(heading.message.text().as_bytes());
    }

    fn emit(&mut self, test: &UnittestTest, is_ended: bool, builder: &mut RunBuilder<'_>) {
        let words = test.words(is_ended);
        *self.seen.entry(line::SKIPPED).or_default() += test.skipped_classes;
        for word in &words {
            *self.seen.entry(word).or_default() += 1;
        }
        let outcome = words.iter().map(|word| outcome_of(word)).max();
        self.emitted.add(outcome);
        let Some(outcome) = outcome else {
            return emit_started(&test.name, test.line, builder);
        };
        TestRecord::new(test.name.as_str(), outcome)
            .message(test.message.text())
            .emit(test.line, builder);
    }

    /// Compares the reports of each kind with the verdict, and the tests that began with their number.
    fn compare_totals(&self, builder: &mut RunBuilder<'_>) {
        let EmittedCounts { tests, failing, skipped, unfinished } = self.emitted;
        let mut missing_tests = 0;
        for (line, count) in [self.found, self.ran].into_iter().flatten() {
            missing_tests = count.saturating_sub(self.begun).max(missing_tests);
            // A plan that is met would hide that a test has no outcome.
            if (unfinished == 0 && tests > 0) || missing_tests > 0 {
                builder.expect_tests(line, tests.saturating_add(missing_tests));
            }
        }
        let Some((line, verdict)) = &self.verdict else { return };
        let missing = |words: &[(&str, &'static str)]| {
            let missing = words.iter().map(|(key, word)| {
                let seen = self.seen.get(word).copied().unwrap_or(0);
                line::parse_count(verdict, key).saturating_sub(seen)
            });
            saturating_sum(missing).saturating_sub(unfinished)
        };
        builder.expect_failures(*line, failing.saturating_add(missing(&line::FAILURE_COUNTS)));
        builder.expect_skips(*line, skipped.saturating_add(missing(&line::SKIP_COUNTS)));
        if verdict.starts_with(line::FAILED) {
            builder.expect_a_failure(*line, line::FAILED);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    const END: &str = "----------------------------------------------------------------------";
    const RULE: &str = "======================================================================";

    #[test]
    fn outcomes_between_output_are_those_of_the_headings() {
        let text = format!(
            "test_a (m.A.test_a) ... ok\ntest_b (m.A.test_b) ... helloFAIL\n\
             test_c (m.A.test_c) ... ok\nFAIL\ntest_d (m.A.test_d) ... FAIL\nhm\n\
             test_d (m.A.test_d) ... ERROR\ntest_e (m.A.test_e) ... FAIL\nok\n\n{RULE}\n\
             ERROR: test_d (m.A.test_d)\n{END}\nlate\n\n{RULE}\nFAIL: test_b (m.A.test_b)\nDoc.\n{END}\n\
             b\n\n{RULE}\nFAIL: test_c (m.A.test_c)\n{END}\nc\n\n{RULE}\nFAIL: test_d (m.A.test_d)\n{END}\n\
             d\n\n{END}\nRan 5 tests in 0.1s\n\nFAILED (failures=3, errors=1)\n"
        );
        let read = read_as("unittest", &text);
        let want = [
            "passed m.A.test_a",
            "failed m.A.test_b: b",
            "failed m.A.test_c: c",
            "errored m.A.test_d: late\n\nd",
            "passed m.A.test_e",
        ];
        let results: Vec<String> =
            read.0.iter().map(|it| it.replace("late\nd", "late\n\nd")).collect();
        assert_eq!((results, read.1), (want.map(str::to_owned).to_vec(), vec![]));
        for (found, more) in
            [("Ran 5", "Ran 6"), ("failures=3", "failures=4"), ("errors=1", "errors=2")]
        {
            assert_eq!(read_as("unittest", &text.replace(found, more)).1.len(), 1, "{more}");
        }
    }

    #[test]
    fn a_run_that_a_test_prints_is_output_and_a_second_run_is_not() {
        let inner = format!(
            "test_x (i.A.test_x) ... FAIL\ntest_y (i.A.test_y) ... ok\n\n{RULE}\n\
             FAIL: test_x (i.A.test_x)\n{END}\nx\n\n{END}\nRan 2 tests in 0.1s\n\nFAILED (failures=1)\n"
        );
        let text = format!(
            "test_a (m.A.test_a) ... {inner}ok\n\n{END}\nRan 1 test in 0.1s\n\nOK\n{}",
            inner.replace("i.A", "second.A")
        );
        let read = read_as("unittest", &text);
        let want = ["passed m.A.test_a", "passed second.A.test_y", "failed second.A.test_x: x"];
        assert_eq!((read.0, read.1), (want.map(str::to_owned).to_vec(), vec![]));
    }
}
