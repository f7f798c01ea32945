//! The tests of one session of pytest, and its summary of them.
//!
//! Setup, call and teardown are phases of one test. A test that passed and printed nothing is emitted when the next one
//! starts. One that failed waits for its reason, and one whose outcome is torn by its output for the summary.

use super::emitted_counts::EmittedCounts;
use super::pytest_line::{
    Category, Placement, RERUN, ReportCounts, Started, SummaryEntry, find_word, name_end,
    outcome_of, parse_entry, parse_plan, parse_rule, parse_selected, parse_skipped_modules,
    parse_started, parse_subtest_progress, parse_worker_report,
};
use crate::formats::emit::{TestRecord, emit_started, saturating_sum, unknown};
use crate::model::{Attempt, Event, Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use std::collections::{HashMap, HashSet};

/// How many tests, and how many lines of the summary, are kept until the end of the session.
const MAX_PENDING: usize = 1_000_000;
/// How many phases and attempts of one test are kept, and how many tests of one name are found by it.
const MAX_SAME_NAME: usize = 100;

#[derive(Default)]
pub(super) struct PytestSession {
    /// Whether the line of its start was read.
    is_open: bool,
    plan: Option<(u32, u64)>,
    skipped_modules: u64,
    /// Whether tests were named as they ran.
    is_verbose: bool,
    has_workers: bool,
    /// The test that runs, by worker; the worker's name is empty without pytest-xdist.
    running: HashMap<String, PytestTest>,
    /// With workers: the tests that started and have no result, and their lines.
    started: HashMap<String, u32>,
    /// The tests that wait for the end of the session, and where each name is in them.
    pending: Vec<PytestTest>,
    by_name: HashMap<String, Vec<usize>>,
    entries: Vec<SummaryEntry>,
    /// The tests of the headings of the failures, as `Class.test`, and the text below them.
    failures: HashMap<String, BoundedText>,
    failure_count: u64,
    current_failure: Option<String>,
    /// The tests that workers ran when they crashed, with the line of the crash.
    crashes: Vec<(String, String)>,
    declared: Option<(u32, ReportCounts)>,
    seen: ReportCounts,
    emitted: EmittedCounts,
    /// The number of emitted results with a word that pytest does not have.
    unknown: u64,
    /// The number of emitted results that were collected as tests.
    items: u64,
}

#[derive(Default)]
struct PytestTest {
    line: u32,
    name: String,
    /// The words of its phases and attempts.
    words: Vec<&'static str>,
    /// The word of the phase that runs, and where it is.
    candidate: Option<(&'static str, Placement)>,
    /// The last word of its output that is no failure.
    harmless: Option<&'static str>,
    /// A word that pytest does not have.
    unknown: Option<String>,
    /// Whether its outcome is between other output.
    is_torn: bool,
    /// Whether the summary has confirmed its outcome.
    is_confirmed: bool,
    has_crashed: bool,
    /// Whether the whole line of the crash was read.
    has_crash_line: bool,
    message: BoundedText,
}

impl PytestTest {
    fn new(line: u32, name: &str) -> PytestTest {
        PytestTest { line, name: name.to_owned(), ..PytestTest::default() }
    }

    fn with_word(line: u32, name: &str, word: &'static str) -> PytestTest {
        PytestTest { words: vec![word], ..PytestTest::new(line, name) }
    }

    /// Takes a line of its output, which may have its outcome.
    fn output(&mut self, text: &str) {
        let Some((word, placement)) = find_word(text) else {
            self.is_torn |= !text.trim().is_empty();
            return;
        };
        self.is_torn |= placement != Placement::WithProgress;
        if placement >= Placement::Whole {
            // What looked like its word was output.
            self.unknown = None;
        }
        if word.starts_with("SUB") {
            return;
        }
        if !outcome_of(word).is_failing() {
            self.harmless = Some(word);
        }
        if self.candidate.is_none_or(|(_, best)| placement >= best) {
            self.candidate = Some((word, placement));
        }
    }

    fn end_phase(&mut self) {
        let word = self.candidate.take().map(|(word, _)| word);
        self.words.extend(word.filter(|_| self.words.len() < MAX_SAME_NAME));
    }

    /// The worst outcome of its phases; `None` if it has none.
    fn outcome(&self) -> Option<Outcome> {
        if self.has_crashed {
            return Some(Outcome::Crashed);
        }
        let words = self.words.iter().filter(|word| **word != RERUN).map(|word| outcome_of(word));
        words.chain(self.unknown.as_ref().map(|_| Outcome::Failed)).max()
    }

    fn is_failing(&self) -> bool {
        self.outcome().is_some_and(Outcome::is_failing)
    }

    /// The title of its failure: the node id without its file.
    fn heading(&self) -> String {
        self.name.split_once("::").map_or("", |(_, path)| path).replace("::", ".")
    }

    /// Replaces the word of the last phase.
    fn set_word(&mut self, word: Option<&'static str>) {
        self.words.pop();
        self.words.extend(word);
    }
}

impl PytestSession {
    pub(super) fn start(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        self.is_open = true;
        builder.handle(line, Event::SuiteStarted { name: None });
    }

    /// Whether nothing of it was read.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_verbose && self.plan.is_none()
    }

    /// Whether the outcome of the last test was seen on a line of its own, and not only between other output.
    pub(super) fn has_whole_outcome(&self) -> bool {
        let Some(test) = self.running.get("").filter(|_| !self.has_workers) else { return true };
        match test.candidate {
            Some((_, placement)) => placement >= Placement::Whole,
            None => !test.words.is_empty() || test.unknown.is_some(),
        }
    }

    /// A line of the part in which the tests run.
    pub(super) fn progress(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        if let Some(report) = parse_worker_report(line) {
            self.use_workers();
            return self.worker_report(number, report.worker, report.word, &report.name, builder);
        }
        if !self.is_verbose
            && let Some(plan) = parse_plan(line)
        {
            self.plan = Some((number, plan));
            self.skipped_modules = parse_skipped_modules(line).unwrap_or(0);
            self.has_workers |= !line.contains("collected ");
        }
        if !self.is_verbose
            && let Some(selected) = parse_selected(line)
        {
            self.plan = Some((number, selected));
        }
        if let Some((word, test, name)) = parse_subtest_progress(line) {
            self.end_previous_test("", test, builder);
            let new = || PytestTest::new(number, test);
            self.running.entry(String::new()).or_insert_with(new);
            self.subtest(number, word, &name);
        } else if let Some(started) = parse_started(line) {
            self.start_test(number, &started, builder);
        } else if let Some(test) = self.running.get_mut("") {
            test.output(line);
        }
    }

    fn start_test(&mut self, number: u32, started: &Started<'_>, builder: &mut RunBuilder<'_>) {
        self.is_verbose = true;
        if self.has_workers && started.word.is_none() {
            if started.rest.is_empty() {
                self.started.insert(started.name.to_owned(), number);
            }
            return;
        }
        if let Some(word) = started.word.filter(|word| word.starts_with("SUB")) {
            return self.subtest(number, word, started.name);
        }
        self.end_previous_test("", started.name, builder);
        let new = || PytestTest::new(number, started.name);
        let test = self.running.entry(String::new()).or_insert_with(new);
        test.end_phase();
        match started.word {
            Some(word) => {
                let whole = [Placement::Whole, Placement::WithProgress];
                test.candidate = Some((word, whole[usize::from(started.has_progress)]));
                if outcome_of(word).is_failing() {
                    test.is_torn |= !started.has_progress;
                } else {
                    test.harmless = Some(word);
                    test.message.push_line(started.rest.as_bytes());
                }
            }
            None if started.has_progress && is_one_word(started.rest) => {
                test.unknown = Some(started.rest.to_owned());
            }
            None => test.output(started.rest),
        }
    }

    fn worker_report(
        &mut self,
        number: u32,
        worker: &str,
        word: &str,
        name: &str,
        builder: &mut RunBuilder<'_>,
    ) {
        self.is_verbose = true;
        let known = find_word(word).filter(|(known, _)| *known == word).map(|(known, _)| known);
        if let Some(word) = known.filter(|word| word.starts_with("SUB")) {
            return self.subtest(number, word, name);
        }
        let name = self.without_output(worker, name);
        self.started.remove(name);
        self.end_previous_test(worker, name, builder);
        let new = || PytestTest::new(number, name);
        let test = self.running.entry(worker.to_owned()).or_insert_with(new);
        test.end_phase();
        match known {
            Some(word) => test.candidate = Some((word, Placement::WithProgress)),
            None => test.unknown = Some(word.to_owned()),
        }
    }

    /// The name of a test that a worker reports, without what another process printed after it.
    fn without_output<'a>(&self, worker: &str, name: &'a str) -> &'a str {
        let short = &name[..name_end(name, name.find("::").unwrap_or(0))];
        let is_running = self.running.get(worker).is_some_and(|test| test.name == short);
        let is_known = self.started.contains_key(short) || is_running;
        if is_known && !self.started.contains_key(name) { short } else { name }
    }

    /// A subtest is a result of its own only if it failed.
    fn subtest(&mut self, number: u32, word: &'static str, name: &str) {
        self.is_verbose = true;
        let outcome = outcome_of(word);
        if outcome.is_failing() {
            self.keep(PytestTest::with_word(number, name, word));
        } else if outcome != Outcome::Passed {
            self.seen.add_word(word);
        }
    }

    /// The first worker's first test started before it was known that there are workers.
    fn use_workers(&mut self) {
        self.has_workers = true;
        if let Some(test) = self.running.remove("") {
            self.started.insert(test.name, test.line);
        }
    }

    /// Ends the test that a worker ran before, unless this is another phase of it.
    fn end_previous_test(&mut self, worker: &str, name: &str, builder: &mut RunBuilder<'_>) {
        if self.running.get(worker).is_some_and(|test| test.name != name)
            && let Some(mut test) = self.running.remove(worker)
        {
            test.end_phase();
            if test.outcome().is_none() || test.is_failing() || test.is_torn {
                self.keep(test);
            } else {
                self.emit(&test, builder);
            }
        }
    }

    fn keep(&mut self, test: PytestTest) {
        if self.pending.len() < MAX_PENDING {
            let indices = self.by_name.entry(test.name.clone()).or_default();
            if indices.len() < MAX_SAME_NAME {
                indices.push(self.pending.len());
            }
            self.pending.push(test);
        }
    }

    /// A line of the sections `ERRORS` and `FAILURES`.
    pub(super) fn failure_line(&mut self, line: &str) {
        if let Some(title) = parse_rule(line, '_') {
            let phases = ["ERROR at setup of ", "ERROR at teardown of ", "ERROR collecting "];
            let test = phases.iter().find_map(|phase| title.strip_prefix(phase)).unwrap_or(title);
            self.current_failure = Some(test.to_owned());
            self.failure_count += 1;
            if self.failures.len() < MAX_PENDING {
                self.failures.entry(test.to_owned()).or_default();
            }
        } else if let Some(name) = parse_crash(line) {
            self.crashes.push((name.to_owned(), line.to_owned()));
        } else if parse_rule(line, '-').is_some_and(|title| title.starts_with("Captured ")) {
            self.current_failure = None;
        } else if let Some(error) = line.strip_prefix("E  ")
            && let Some(failure) = self.current_failure.as_ref()
            && let Some(message) = self.failures.get_mut(failure)
        {
            message.push_line(error.trim().as_bytes());
        }
    }

    /// Forgets what looked like a summary before: it was output.
    pub(super) fn forget_summary(&mut self) {
        self.entries.clear();
        self.declared = None;
    }

    pub(super) fn summary_line(&mut self, number: u32, line: &str) {
        if self.entries.len() < MAX_PENDING {
            self.entries.extend(parse_entry(number, line));
        }
    }

    pub(super) fn end(&mut self, line: u32, declared: ReportCounts) {
        self.declared = Some((line, declared));
    }

    pub(super) fn finish(mut self, builder: &mut RunBuilder<'_>) {
        let mut running: Vec<PytestTest> = self.running.drain().map(|(_, test)| test).collect();
        running.sort_by_key(|test| test.line);
        for mut test in running {
            // What the last test of a truncated file printed may look like its outcome.
            if self.declared.is_none() {
                test.candidate = test.candidate.filter(|(word, placement)| {
                    *placement == Placement::WithProgress || outcome_of(word).is_failing()
                });
            }
            test.end_phase();
            self.keep(test);
        }
        for entry in std::mem::take(&mut self.entries) {
            self.apply_entry(entry);
        }
        for (name, line) in std::mem::take(&mut self.crashes) {
            self.apply_crash(&name, &line);
        }
        self.resolve_torn_tests();
        for mut test in std::mem::take(&mut self.pending) {
            if test.is_failing() && test.message.text().is_empty() {
                let found = self.failures.get(&test.heading()).or(self.failures.get(&test.name));
                test.message.push(found.map_or("", BoundedText::text));
            }
            self.emit(&test, builder);
        }
        let mut started: Vec<(String, u32)> = self.started.drain().collect();
        started.sort_by_key(|(_, line)| *line);
        for (name, line) in started {
            self.emit(&PytestTest::new(line, &name), builder);
        }
        self.compare_totals(builder);
        if self.is_open {
            builder.handle(self.declared.map_or(1, |(line, _)| line), Event::SuiteEnded);
        }
    }

    /// Applies a line of the summary: to the test of its name that has none yet, to its reason, or as a result
    /// that is nowhere else.
    fn apply_entry(&mut self, entry: SummaryEntry) {
        let outcome = outcome_of(entry.word);
        let indices = self.by_name.get(&entry.name).map_or(&[][..], Vec::as_slice);
        let is_untold = |test: &PytestTest| {
            test.outcome().is_none() || (test.is_torn && !test.words.contains(&entry.word))
        };
        let index = indices.iter().copied().find(|index| is_untold(&self.pending[*index]));
        let index = index.or_else(|| {
            let told = |index: &usize| self.pending[*index].words.contains(&entry.word);
            indices.iter().copied().find(told).or(indices.first().copied())
        });
        let Some(index) = index else {
            if !self.is_verbose || (outcome.is_failing() && entry.word != RERUN) {
                let mut test = PytestTest::with_word(entry.line, &entry.name, entry.word);
                test.message.push_line(entry.why.as_bytes());
                test.has_crashed = is_crash(&entry.why);
                test.is_confirmed = true;
                self.seen.add(Category::Skipped, entry.count.saturating_sub(1));
                if entry.word == "SKIPPED" {
                    // It has no name, but the plan counts it.
                    self.items = self.items.saturating_add(entry.count);
                }
                self.keep(test);
            }
            return;
        };
        let test = &mut self.pending[index];
        if is_untold(test) && entry.word == "ERROR" && test.outcome().is_some() {
            test.words.push(entry.word);
        } else if is_untold(test) {
            test.set_word(Some(entry.word));
        } else if !self.is_verbose && !test.words.contains(&entry.word) {
            test.words.push(entry.word);
        }
        test.is_confirmed = true;
        // Without tracebacks, this is all that shows a crash; it may be cut.
        test.has_crashed |= is_crash(&entry.why) && outcome.is_failing();
        if !entry.why.is_empty() && outcome.is_failing() {
            test.message.push_line(entry.why.as_bytes());
        }
    }

    fn apply_crash(&mut self, name: &str, line: &str) {
        let indices = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let is_next = |index: &&usize| {
            self.pending[**index].is_failing() && !self.pending[**index].has_crash_line
        };
        if let Some(index) = indices.iter().find(is_next).copied() {
            let test = &mut self.pending[index];
            test.has_crashed = true;
            test.has_crash_line = true;
            test.message.clear();
            test.message.push(line);
        }
    }

    /// Decides about tests whose outcome is in their output, where the summary names the failures.
    fn resolve_torn_tests(&mut self) {
        let Some((_, declared)) = self.declared else { return };
        let confirmed = self.pending.iter().filter(|test| test.is_confirmed && test.is_failing());
        let confirmed_words = confirmed.flat_map(|test| test.words.iter());
        let mut named = ReportCounts::default();
        confirmed_words.for_each(|word| named.add_word(word));
        let names_all = [Category::Failed, Category::Errors]
            .into_iter()
            .all(|category| named.get(category) >= declared.get(category));
        let failing = [Category::Failed, Category::Errors].map(|it| declared.get(it));
        let shows_all = self.failure_count >= saturating_sum(failing);
        let definite = |test: &&PytestTest| test.is_failing() && !test.is_torn;
        let told: HashSet<String> =
            self.pending.iter().filter(definite).map(PytestTest::heading).collect();
        for test in self.pending.iter_mut().filter(|test| !test.is_confirmed) {
            let has_heading = self.failures.contains_key(&test.heading());
            let is_unknown = test.is_torn || test.outcome().is_none();
            if test.is_torn && test.is_failing() {
                if names_all || (shows_all && !has_heading) {
                    test.set_word(test.harmless);
                }
            } else if is_unknown && !names_all && has_heading && !told.contains(&test.heading()) {
                test.set_word(Some("FAILED"));
            }
        }
    }

    fn emit(&mut self, test: &PytestTest, builder: &mut RunBuilder<'_>) {
        test.words.iter().for_each(|word| self.seen.add_word(word));
        let failed_attempts = test.words.iter().filter(|word| **word == RERUN).count();
        for _ in 0..failed_attempts {
            TestRecord::new(test.name.as_str(), Outcome::Failed)
                .attempt(Attempt::Intermediate)
                .emit(test.line, builder);
        }
        self.items += u64::from(test.name.contains("::") && !is_subtest(test));
        self.unknown += u64::from(test.unknown.is_some());
        let outcome = test.outcome();
        self.emitted.add(outcome);
        let Some(outcome) = outcome else {
            return emit_started(&test.name, test.line, builder);
        };
        let unknown = test.unknown.as_ref().map(|word| unknown("status", word));
        let message = match (test.message.text(), &unknown) {
            ("", Some(unknown)) => unknown,
            (text, _) => text,
        };
        TestRecord::new(test.name.as_str(), outcome).message(message).emit(test.line, builder);
    }

    /// Compares the number of reports in each category with the last line, and the tests with the plan.
    fn compare_totals(&self, builder: &mut RunBuilder<'_>) {
        let EmittedCounts { tests, failing, skipped, unfinished } = self.emitted;
        let (unknown, items) = (self.unknown, self.items);
        let mut line = self.declared.map_or(1, |(line, _)| line);
        let mut expected = tests;
        if let Some((_, declared)) = self.declared {
            let mut seen = self.seen;
            seen.add(Category::Skipped, self.uncollected_skips(items));
            let missing = declared.missing_in(&seen);
            let missing_failures =
                saturating_sum([Category::Failed, Category::Errors].map(|it| missing.get(it)));
            let missing_skips =
                saturating_sum([Category::Skipped, Category::Xfailed].map(|it| missing.get(it)));
            // Tests that are reported already may be what is missing.
            let untold = unfinished.saturating_add(unknown);
            builder.expect_failures(
                line,
                failing.saturating_add(missing_failures.saturating_sub(untold)),
            );
            builder
                .expect_skips(line, skipped.saturating_add(missing_skips.saturating_sub(untold)));
            expected = tests.saturating_add(missing.tests().saturating_sub(untold));
        }
        if let Some((plan_line, plan)) = self.plan {
            let planned = tests.saturating_add(plan.saturating_sub(items));
            if planned > expected {
                (line, expected) = (plan_line, planned);
            }
        }
        // A plan that is met would hide that a test has no outcome.
        let is_known = self.declared.is_some() && unfinished == 0 && tests > 0;
        if is_known || expected > tests {
            builder.expect_tests(line, expected);
        }
    }

    /// How many of the skips that the last line counts may be those of modules, which have no line: with workers their
    /// number is not printed, so any if all tests are there.
    fn uncollected_skips(&self, items: u64) -> u64 {
        let has_all = self.plan.is_some_and(|(_, plan)| items >= plan);
        if self.has_workers && has_all { u64::MAX } else { self.skipped_modules }
    }
}

fn is_subtest(test: &PytestTest) -> bool {
    test.words.iter().any(|word| word.starts_with("SUB"))
}

fn is_one_word(text: &str) -> bool {
    let word = text.split_once(" (").map_or(text, |(word, _)| word);
    !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == '_')
}

/// Whether this is `worker 'gw0' crashed while running 't.py::test'`; it was a slave in older versions.
fn is_crash(line: &str) -> bool {
    let worker = line.split_once(" crashed while running ").map_or("", |(worker, _)| worker);
    let kind = worker.split_once(" '").map_or("", |(kind, _)| kind);
    ["worker", "slave"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

/// The test that crashed its worker.
fn parse_crash(line: &str) -> Option<&str> {
    let test = line.split_once(" crashed while running ").filter(|_| is_crash(line))?.1;
    let quote = test.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
    test.trim_end().strip_prefix(quote)?.strip_suffix(quote)
}
