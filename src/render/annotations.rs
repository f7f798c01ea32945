//! Annotations: as data for a check run, and as the workflow commands that GitHub's runner reads from the log.
//!
//! The runner keeps ten errors and ten warnings of a step and drops the rest. It also honours `##[…]` in the middle
//! of a line and ends lines at a lone carriage return: text from outside is only written through the escapes of this
//! file.
//!
//! Commands: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use super::markdown::layout::Links;
use crate::model::Severity;
use crate::report::{
    Failure, FlippingTest, ListLine, MissingTest, ProblemLine, Reason, Report, RichText, RowLine,
    RowStatus, Since, TestLine, VariantLine, messages,
};
use crate::sanitize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Annotations of a level that the runner keeps in a step.
const MAX_PER_LEVEL: usize = 10;
/// Tests at one line that are annotated one by one; more are one annotation.
const MAX_PER_LINE: usize = 3;
/// Names in an annotation of several tests.
const MAX_NAMES: usize = 20;
/// Lines of a message that are shown.
const MAX_MESSAGE_LINES: usize = 10;
/// Characters of a title; a check run takes 255.
const MAX_TITLE_LEN: usize = 200;
/// Characters of a message; the runner keeps 4,096 UTF-16 units.
const MAX_MESSAGE_LEN: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// An error or a warning.
    pub level: Severity,
    /// What it is about.
    pub topic: Topic,
    /// `None` if it is not about a file.
    pub location: Option<Location>,
    pub title: String,
    /// One or more lines.
    pub message: String,
    /// What identifies it from run to run, whatever its counts are: a test, a row, a sentence.
    pub subject: String,
}

/// What an annotation is about, the most useful first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A new failure at the test's own line.
    LocatedFailure,
    /// A part of the run, or a test, that was not measured.
    NotMeasured,
    /// Tests of the base run that did not run.
    Missing,
    /// A row of which a test passed in the base run.
    HiddenRegression,
    /// A new failure without a line of its own.
    Failure,
    /// A known failure without the message that its row pins.
    MessageMismatch,
    /// A test that failed, then passed, or that failed in some runs of one commit.
    Flaky,
    /// A row without an issue.
    Growth,
    /// A row that passes.
    NewlyPassing,
    /// A row that matches no test.
    Unmatched,
    /// A problem of a document or of results.
    Problem,
    /// A new failure that failed in the base run too.
    FailureInBase,
}

impl Topic {
    /// The reason for which it can fail the check.
    pub fn reason(self) -> Reason {
        match self {
            Topic::LocatedFailure | Topic::Failure | Topic::FailureInBase => Reason::NewFailures,
            Topic::NotMeasured => Reason::Incomplete,
            Topic::Missing => Reason::Missing,
            Topic::HiddenRegression => Reason::HiddenRegressions,
            Topic::MessageMismatch => Reason::MessageMismatch,
            Topic::Flaky => Reason::Flaky,
            Topic::Growth => Reason::Growth,
            Topic::NewlyPassing => Reason::NewlyPassing,
            Topic::Unmatched => Reason::Unmatched,
            Topic::Problem => Reason::Document,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// From the repository's root; always within it.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based; 0 for the whole line.
    pub column: u32,
}

impl Location {
    /// A line of a file that the report names; `None` for one outside of the repository.
    fn new(links: &Links, file: &str, line: u64, column: u32) -> Option<Location> {
        let line = line.clamp(1, i32::MAX as u64) as u32;
        let file = Some(file).filter(|file| !file.contains([':', '\\']))?;
        let file = links.repository_path(file)?;
        Some(Location { file: sanitize::single_line(&file).into_owned(), line, column })
    }
}

/// The annotations of a report: errors first, the most useful of each level first. GitHub shows them on the tested commit,
/// so rows are annotated at their lines there.
pub fn annotations(report: &Report, links: &Links) -> Vec<Annotation> {
    let annotator = Annotator { report, links };
    let mut all: Vec<Annotation> = annotator.not_measured().collect();
    all.extend(annotator.tests());
    all.extend(annotator.missing());
    all.extend(annotator.untracked_rows());
    all.extend(annotator.passing_rows());
    all.extend(annotator.unmatched_rows());
    all.extend(annotator.problems());
    // Errors are less than warnings.
    all.sort_by_key(|annotation| (annotation.level, annotation.topic));
    all
}

/// At most `limit` of these annotations, in their order. Each reason keeps its first one, so that many of one kind do not
/// hide the others.
pub fn most_useful<'a>(
    all: impl Iterator<Item = &'a Annotation>,
    limit: usize,
) -> Vec<&'a Annotation> {
    let mut kept = BTreeSet::new();
    let (firsts, others): (Vec<_>, Vec<_>) =
        all.enumerate().partition(|(_, one)| kept.insert((one.level, one.topic.reason())));
    let mut selected: Vec<(usize, &Annotation)> =
        firsts.into_iter().chain(others).take(limit).collect();
    selected.sort_unstable_by_key(|(index, _)| *index);
    selected.into_iter().map(|(_, annotation)| annotation).collect()
}

/// Annotations as workflow commands, one a line and at most ten of each level.
pub fn render_commands(annotations: &[Annotation]) -> String {
    let mut text = String::new();
    for (level, command) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let all = || annotations.iter().filter(|annotation| annotation.level == level);
        let count = all().count();
        let is_truncated = count > MAX_PER_LEVEL;
        let shown = most_useful(all(), if is_truncated { MAX_PER_LEVEL - 1 } else { count });
        text.extend(shown.iter().map(|annotation| annotation.render(command)));
        if is_truncated {
            text.push_str(&more(command, all(), &shown));
        }
    }
    text
}

/// The last command: how many annotations are not shown, in all and by reason.
fn more<'a>(
    command: &str,
    all: impl Iterator<Item = &'a Annotation>,
    shown: &[&Annotation],
) -> String {
    let mut hidden: BTreeMap<Reason, usize> = BTreeMap::new();
    for annotation in all {
        *hidden.entry(annotation.topic.reason()).or_default() += 1;
    }
    for annotation in shown {
        hidden.entry(annotation.topic.reason()).and_modify(|n| *n -= 1);
    }
    hidden.retain(|_, n| *n > 0);
    let title = format!("{} more", hidden.values().sum::<usize>());
    let by_reason = hidden.into_iter().map(|(reason, n)| (reason.as_str(), n));
    render_command(command, None, &title, &messages::more_annotations(by_reason))
}

fn render_command(command: &str, location: Option<&Location>, title: &str, text: &str) -> String {
    let mut properties = Vec::new();
    if let Some(Location { file, line, column }) = location {
        properties.push(format!("file={}", escape_property(file)));
        properties.push(format!("line={line}"));
        if *column > 0 {
            properties.push(format!("col={column}"));
        }
    }
    properties.push(format!("title={}", escape_property(title)));
    format!("::{command} {}::{}\n", properties.join(","), escape_data(text))
}

impl Annotation {
    fn new(
        level: Severity,
        topic: Topic,
        location: Option<Location>,
        title: &str,
        message: String,
    ) -> Annotation {
        let title = sanitize::truncate(title, MAX_TITLE_LEN).into_owned();
        let message = sanitize::truncate(&message, MAX_MESSAGE_LEN).into_owned();
        let subject = title.clone();
        Annotation { level, topic, location, title, message, subject }
    }

    fn with_subject(self, subject: &str) -> Annotation {
        Annotation { subject: subject.to_owned(), ..self }
    }

    fn render(&self, command: &str) -> String {
        render_command(command, self.location.as_ref(), &self.title, &self.message)
    }
}

/// A test, or the tests of one name, to annotate.
struct TestEntry<'r> {
    topic: Topic,
    place: Place,
    /// For one test, and for several.
    titles: [&'static str; 2],
    name: &'r str,
    lines: Vec<String>,
}

/// Where a test is annotated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// At its own line, or that of the row that claims it: tests at one line have much in common.
    Own(Location),
    /// At the nearest row, if any: an annotation without a location is not shown at any file.
    Nearest(Option<Location>),
}

impl Place {
    fn location(&self) -> Option<Location> {
        match self {
            Place::Own(location) => Some(location.clone()),
            Place::Nearest(location) => location.clone(),
        }
    }
}

/// Makes the annotations of a report.
struct Annotator<'r> {
    report: &'r Report,
    links: &'r Links,
}

impl<'r> Annotator<'r> {
    fn is_red(&self, reason: Reason) -> bool {
        self.report.judgement.reasons.contains(&reason)
    }

    /// An annotation that is an error if the check fails because of its topic.
    fn annotation(
        &self,
        topic: Topic,
        location: Option<Location>,
        title: &str,
        message: String,
    ) -> Annotation {
        let is_red = self.is_red(topic.reason());
        let level = if is_red { Severity::Error } else { Severity::Warning };
        Annotation::new(level, topic, location, title, message)
    }

    /// The tests that are annotated; many at one line are one annotation.
    fn tests(&self) -> Vec<Annotation> {
        let mut entries = self.new_failures();
        entries.extend(self.hidden_regressions());
        entries.extend(self.message_mismatches());
        entries.extend(self.flaky_tests());
        entries.extend(self.unmeasured_tests());
        entries.sort_by(|a, b| (a.topic, &a.place).cmp(&(b.topic, &b.place)));
        let is_same_line = |a: &TestEntry<'_>, b: &TestEntry<'_>| {
            a.topic == b.topic && a.place == b.place && matches!(a.place, Place::Own(_))
        };
        let by_line = entries.chunk_by(is_same_line);
        by_line.flat_map(|entries| self.annotations_at_line(entries)).collect()
    }

    fn annotations_at_line(&self, entries: &[TestEntry<'_>]) -> Vec<Annotation> {
        if entries.len() > MAX_PER_LINE {
            return vec![self.folded_tests(entries)];
        }
        let annotation = |entry: &TestEntry<'_>| {
            let title = messages::test_title(entry.titles, entry.name);
            self.annotation(entry.topic, entry.place.location(), &title, entry.lines.join("\n"))
        };
        entries.iter().map(annotation).collect()
    }

    /// One annotation of many tests: their names, and what the first one has to show.
    fn folded_tests(&self, entries: &[TestEntry<'_>]) -> Annotation {
        let first = &entries[0];
        let name = |entry: &TestEntry<'_>| sanitize::single_line(entry.name).into_owned();
        let mut lines: Vec<String> = entries.iter().take(MAX_NAMES).map(name).collect();
        if entries.len() > MAX_NAMES {
            lines.push(messages::and_more(entries.len() - MAX_NAMES));
        }
        lines.extend(first.lines.iter().cloned());
        let title = messages::tests_title(first.titles, entries.len() as u64);
        let annotation =
            self.annotation(first.topic, first.place.location(), &title, lines.join("\n"));
        annotation.with_subject(first.titles[1])
    }

    fn new_failures(&self) -> Vec<TestEntry<'r>> {
        let what = |test: &TestLine| messages::outcome(test.outcome).to_owned();
        let (caused, in_base) = self.report.new_failures_by_cause();
        let caused = caused.iter().map(|failure| {
            let is_located = self.tests_of(failure).any(|test| self.source(test).is_some());
            let topic = if is_located { Topic::LocatedFailure } else { Topic::Failure };
            self.failure(topic, messages::NEW_FAILURE, failure, what)
        });
        let in_base = in_base.iter().map(|failure| {
            self.failure(Topic::FailureInBase, messages::NEW_FAILURE_IN_BASE, failure, what)
        });
        caused.chain(in_base).collect()
    }

    /// Tests that failed, then passed, or that failed in some runs of one commit, where that fails the check.
    fn flaky_tests(&self) -> Vec<TestEntry<'r>> {
        if !self.is_red(Reason::Flaky) {
            return Vec::new();
        }
        let what = |_: &TestLine| messages::FAILED_THEN_PASSED.to_owned();
        let flaky = self.report.flaky.iter();
        let flaky = flaky.map(|test| self.failure(Topic::Flaky, messages::FLAKY_TEST, test, what));
        let flipping = self.report.flipping.iter().map(|test| self.flipping_test(test));
        flaky.chain(flipping).collect()
    }

    /// Tests that were not measured and have a line, where that fails the check. What is not measured as a whole has an
    /// annotation without them.
    fn unmeasured_tests(&self) -> impl Iterator<Item = TestEntry<'r>> {
        let what = |test: &TestLine| messages::unmeasured(test.outcome, test.base);
        let unmeasured = self.report.unmeasured.iter();
        let unmeasured = unmeasured.filter(|_| self.is_red(Reason::Incomplete));
        let entries = unmeasured.map(move |test| {
            self.failure(Topic::NotMeasured, messages::UNMEASURED_TEST, test, what)
        });
        entries.filter(|entry| matches!(entry.place, Place::Own(_)))
    }

    /// The tests of one name; `what` is what each did.
    fn failure(
        &self,
        topic: Topic,
        titles: [&'static str; 2],
        failure: &'r Failure,
        what: impl Fn(&TestLine) -> String,
    ) -> TestEntry<'r> {
        let tests = || self.tests_of(failure);
        let mut lines: Vec<String> =
            tests().map(|test| in_variant(&test.variant, what(test))).collect();
        lines.extend(tests().flat_map(|test| &test.remarks).take(1).map(RichText::to_plain_line));
        let message = tests().find(|test| !test.message.is_empty());
        let message = message
            .into_iter()
            .flat_map(|test| sanitize::lines(&test.message).take(MAX_MESSAGE_LINES));
        lines.extend(message.map(Cow::into_owned));
        let claimed = || tests().find_map(|test| self.at_row_of(test));
        let own = tests().find_map(|test| self.source(test)).or_else(claimed);
        let place = own.map_or_else(|| Place::Nearest(self.nearest_row(failure)), Place::Own);
        TestEntry { topic, place, titles, name: &failure.name, lines }
    }

    fn tests_of(&self, failure: &'r Failure) -> impl Iterator<Item = &'r TestLine> + use<'r> {
        let report = self.report;
        failure.tests.iter().map(|index| &report.tests[*index])
    }

    fn nearest_row(&self, failure: &Failure) -> Option<Location> {
        match failure.nearest_row {
            Some(nearest) => self.at_row(&self.report.rows[nearest]),
            None => self.report.rows.first().and_then(|row| self.location(&row.file, 1)),
        }
    }

    /// The test's own line.
    fn source(&self, test: &TestLine) -> Option<Location> {
        self.location(test.file.as_ref()?, test.line.unwrap_or(1))
    }

    fn location(&self, file: &str, line: u64) -> Option<Location> {
        Location::new(self.links, file, line, 0)
    }

    fn at_row_of(&self, test: &TestLine) -> Option<Location> {
        test.row.and_then(|row| self.at_row(&self.report.rows[row]))
    }

    /// A row where the tested commit has it, or its document: at another row it would be misread.
    fn at_row(&self, row: &RowLine) -> Option<Location> {
        let line = self.links.head_line(&row.file, row.line).unwrap_or(1);
        self.location(&row.file, line.into())
    }

    fn flipping_test(&self, test: &'r FlippingTest) -> TestEntry<'r> {
        let tests = &self.report.tests;
        let first = tests.partition_point(|line| *line.name < *test.name);
        let mut same = tests[first..].iter().take_while(|line| *line.name == *test.name);
        let line = same.find(|line| line.variant == test.variant.as_str());
        let own = line.and_then(|line| self.source(line).or_else(|| self.at_row_of(line)));
        let rate = messages::flip_rate(test.failed, test.runs);
        TestEntry {
            topic: Topic::Flaky,
            place: own.map_or(Place::Nearest(None), Place::Own),
            titles: messages::FLIPPING_TEST,
            name: &test.name,
            lines: vec![in_variant(test.variant.as_str(), rate)],
        }
    }

    /// Known failures of rows that passed in the base run, each at its row.
    fn hidden_regressions(&self) -> impl Iterator<Item = TestEntry<'r>> {
        let entry = |test| {
            let row = self.at_row_of(test);
            known_failure(Topic::HiddenRegression, messages::HIDDEN_REGRESSION, test, row)
        };
        self.report.hidden_regressions().map(entry)
    }

    /// Known failures without the message that their rows pin, where that fails the check.
    fn message_mismatches(&self) -> impl Iterator<Item = TestEntry<'r>> {
        let entry = |test| {
            let own = self.source(test).or_else(|| self.at_row_of(test));
            known_failure(Topic::MessageMismatch, messages::DIFFERENT_MESSAGE, test, own)
        };
        let tests = self.report.tests.iter().filter(|_| self.is_red(Reason::MessageMismatch));
        tests.filter(|test| test.is_message_mismatch).map(entry)
    }

    /// What was not measured. A variant that did not run at all is never red: another job may run it.
    fn not_measured(&self) -> impl Iterator<Item = Annotation> {
        self.report.gaps(|variant| &variant.incomplete_reasons).map(|(variant, gap)| {
            let title = messages::not_measured(variant.map_or("", |variant| &variant.name));
            let gap = gap.to_plain_line();
            let annotation = self.annotation(Topic::NotMeasured, None, &title, gap.clone());
            let annotation = annotation.with_subject(&format!("{title}: {gap}"));
            let did_run = variant.is_none_or(VariantLine::did_run);
            let level = if did_run { annotation.level } else { Severity::Warning };
            Annotation { level, ..annotation }
        })
    }

    /// One for all missing tests: a suite that did not run has many.
    fn missing(&self) -> Option<Annotation> {
        let missing = &self.report.missing;
        let line = |test: &MissingTest| {
            let (name, variant) = (sanitize::single_line(&test.name), test.variant.as_str());
            in_variant(&sanitize::single_line(variant), name.into_owned())
        };
        let lines: Vec<String> = missing.iter().take(MAX_NAMES).map(line).collect();
        let title = messages::missing(missing.len() as u64);
        let annotation = || self.annotation(Topic::Missing, None, &title, lines.join("\n"));
        let subject = Reason::Missing.as_str();
        (!lines.is_empty()).then(|| annotation().with_subject(subject))
    }

    /// Problems at the lines of the tested commit. Errors of the list are only errors where they fail the check.
    fn problems(&self) -> impl Iterator<Item = Annotation> {
        let is_red = self.is_red(Reason::Document);
        self.report.problems_without_gap().map(move |problem| {
            let annotation = problem_at_head(problem, self.links);
            let can_be_error = is_red || !problem.is_document_problem;
            let level = if can_be_error { annotation.level } else { Severity::Warning };
            Annotation { level, ..annotation }
        })
    }

    fn untracked_rows(&self) -> impl Iterator<Item = Annotation> {
        let list = self.report.list_diff.as_ref().filter(|_| self.is_red(Reason::Growth));
        list.into_iter().flat_map(|list| list.untracked()).map(|line: &ListLine| {
            let location = line.location.as_ref();
            let location = location.and_then(|(file, line)| self.location(file, (*line).into()));
            let message = line.text.to_plain_line();
            let title = messages::UNTRACKED_ROW;
            self.annotation(Topic::Growth, location, title, message.clone()).with_subject(&message)
        })
    }

    /// Rows that pass. One that may still be needed is never red, and one that passed in the base run only if this
    /// change fixed no other.
    fn passing_rows(&self) -> impl Iterator<Item = Annotation> {
        let is_confirmed = |row: &RowLine| row.is_removable() || row.is_strictest();
        let is_fixed =
            move |row: &RowLine| is_confirmed(row) && row.since == Some(Since::ThisChange);
        let passing = || self.report.rows_with_status(RowStatus::NewlyPassing);
        let has_fixed = passing().any(is_fixed);
        passing().map(move |row| {
            let title = messages::row_passes(row, self.report.run_scope);
            let annotation =
                self.annotation(Topic::NewlyPassing, self.at_row(row), title, passing_row(row));
            let can_be_red = if has_fixed { is_fixed(row) } else { is_confirmed(row) };
            let level = if can_be_red { annotation.level } else { Severity::Warning };
            Annotation { level, ..annotation }.with_subject(&row.pattern)
        })
    }

    fn unmatched_rows(&self) -> impl Iterator<Item = Annotation> {
        let unmatched = self.report.rows_with_status(RowStatus::Unmatched);
        unmatched.filter(|_| self.is_red(Reason::Unmatched)).map(|row| {
            let message = unmatched_row(row);
            let title = messages::UNMATCHED_ROW;
            let annotation = self.annotation(Topic::Unmatched, self.at_row(row), title, message);
            annotation.with_subject(&row.pattern)
        })
    }
}

/// A known failure with the remarks on it.
fn known_failure<'r>(
    topic: Topic,
    titles: [&'static str; 2],
    test: &'r TestLine,
    location: Option<Location>,
) -> TestEntry<'r> {
    let remarks: Vec<String> = test.remarks.iter().map(RichText::to_plain_line).collect();
    TestEntry {
        topic,
        place: location.map_or(Place::Nearest(None), Place::Own),
        titles,
        name: &test.name,
        lines: vec![in_variant(&test.variant, remarks.join("; "))],
    }
}

/// `memory: timed out`
fn in_variant(variant: &str, text: String) -> String {
    if variant.is_empty() { text } else { format!("{variant}: {text}") }
}

/// A problem at the line that it names.
pub fn problem_annotation(problem: &ProblemLine) -> Annotation {
    problem_at(problem, Some(problem.line), &Links::default())
}

/// A problem at the same line of the tested commit.
fn problem_at_head(problem: &ProblemLine, links: &Links) -> Annotation {
    let is_at_row = problem.is_document_problem && problem.line > 0;
    let head_line = || links.head_line(&problem.file, problem.line);
    problem_at(problem, if is_at_row { head_line() } else { Some(problem.line) }, links)
}

/// A problem at a line, or at its whole file.
fn problem_at(problem: &ProblemLine, line: Option<u32>, links: &Links) -> Annotation {
    let (line, column) = line.map_or((1, 0), |line| (line, problem.column));
    let location = Location::new(links, &problem.file, line.into(), column);
    let message = problem.message.to_plain_line();
    let annotation =
        Annotation::new(problem.severity, Topic::Problem, location, problem.code, message.clone());
    annotation.with_subject(&without_line_numbers(&message))
}

/// A text without the numbers of lines that our messages name: `K.md:3`, `line 3`.
fn without_line_numbers(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        kept.push_str(before);
        if !(before.ends_with(':') || before.ends_with("line ")) {
            kept.push_str(&number[..end]);
        }
        rest = &number[end..];
    }
    kept + rest
}

fn passing_row(row: &RowLine) -> String {
    let pattern = sanitize::single_line(&row.pattern);
    let message = format!("{pattern}: {}", messages::row_counts(row));
    match row.keep_reason.as_ref().filter(|_| row.is_strictest()) {
        Some(reason) => format!("{message}; {}", reason.to_plain_line()),
        None => message,
    }
}

fn unmatched_row(row: &RowLine) -> String {
    let pattern = sanitize::single_line(&row.pattern).into_owned();
    let suggestion = row.suggestion.as_ref();
    let suggestion = suggestion.map(|name| messages::did_you_mean(&sanitize::single_line(name)));
    suggestion.map_or_else(|| pattern.clone(), |question| format!("{pattern}: {question}"))
}

/// Text as the data of a workflow command. Breaks `##[`, which the runner honours anywhere in a line.
pub fn escape_data(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| sanitize::single_line(line).into_owned()).collect();
    let text = lines.join("\n").replace("##[", "##\u{200b}[");
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text as the value of a workflow command's property.
pub fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Lines for the job's log in which nothing is a workflow command.
pub fn neutralize_commands(text: &str) -> String {
    let mut neutralized = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        if line.trim_start().starts_with("::") {
            neutralized.push('\u{200b}');
        }
        for (index, part) in line.split("##[").enumerate() {
            neutralized.push_str(if index > 0 { "##\u{200b}[" } else { "" });
            neutralized.push_str(part);
        }
        neutralized.push('\n');
    }
    neutralized
}
