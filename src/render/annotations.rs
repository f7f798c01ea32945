//! Annotations: as data, and as the workflow commands that GitHub's runner reads from the log.
//!
//! In: a report. Out: all annotations, the most useful first; as commands at most ten errors and ten
//! warnings, as the runner drops what comes behind. A newcomer's trap: the runner also honours `##[…]`
//! in the middle of a line and ends lines at a lone carriage return, so that texts from outside are only
//! ever written through here.
//! Commands: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use super::terminal::plain_sentence;
use crate::model::Severity;
use crate::report::{
    Failure, ListLine, ProblemLine, Reach, Reason, Report, RowLine, RowStatus, TestLine,
    VariantLine, messages,
};
use crate::sanitize;
use std::borrow::Cow;

/// What the runner keeps of each kind in a step.
const KEPT: usize = 10;
/// Characters of a title; a check run takes 255.
const TITLE: usize = 200;
/// Characters of a message; the runner keeps 4,096 UTF-16 units.
const MESSAGE: usize = 1_000;

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    pub level: Severity,
    /// `None` where it concerns no file.
    pub place: Option<Place>,
    /// One line.
    pub title: String,
    pub message: String,
}

/// A place in the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From the repository's root; it never leads out of it.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1; 0 when the whole line is meant.
    pub column: u32,
}

impl Place {
    fn new(file: &str, line: u64, column: u32) -> Option<Place> {
        let line = line.clamp(1, i32::MAX as u64) as u32;
        Some(Place { file: within(file)?, line, column })
    }
}

/// The annotations of a report: errors first, each level's most useful first. The report's paths are
/// relative to `directory`, which is empty or ends in a slash.
pub fn annotations(report: &Report, directory: &str) -> Vec<Annotation> {
    let is_red = report.judgement.reasons.contains(&Reason::Incomplete);
    let level = if is_red { Severity::Error } else { Severity::Warning };
    let mut all: Vec<Annotation> =
        report.new_failures.iter().map(|failure| new_failure(report, failure)).collect();
    all.extend(missing(report));
    if report.judgement.reasons.contains(&Reason::Growth) {
        all.extend(report.list.iter().flat_map(|list| list.untracked()).map(untracked));
    }
    all.extend(report.hidden_regressions().map(|test| hidden_regression(report, test)));
    all.extend(report.variants.iter().flat_map(|variant| not_measured(variant, level)));
    all.extend(report.other_problems().map(annotated));
    let passing = report.rows_that_are(RowStatus::NewlyPassing);
    all.extend(passing.map(|row| passing_row(row, report.reach)));
    all.sort_by_key(|annotation| match annotation.level {
        Severity::Error => 0,
        Severity::Warning => 1,
    });
    for place in all.iter_mut().filter_map(|annotation| annotation.place.as_mut()) {
        place.file.insert_str(0, directory);
    }
    all
}

/// Annotations as workflow commands, one a line.
pub fn render_commands(annotations: &[Annotation]) -> String {
    let mut text = String::new();
    for (level, word) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let of_level = annotations.iter().filter(|annotation| annotation.level == level);
        commands(word, of_level.collect(), &mut text);
    }
    text
}

/// The first ten, the last of which says how many more there are.
fn commands(word: &str, annotations: Vec<&Annotation>, to: &mut String) {
    let shown = if annotations.len() > KEPT { KEPT - 1 } else { annotations.len() };
    for annotation in &annotations[..shown] {
        to.push_str(&annotation.command(word));
    }
    if let [first, ..] = &annotations[shown..] {
        let more = Annotation {
            level: first.level,
            place: None,
            title: format!("{} more", annotations.len() - shown),
            message: "The log has all of them.".to_owned(),
        };
        to.push_str(&more.command(word));
    }
}

impl Annotation {
    fn new(level: Severity, place: Option<Place>, title: &str, message: String) -> Annotation {
        let title = sanitize::shortened(title, TITLE).into_owned();
        let message = sanitize::shortened(&message, MESSAGE).into_owned();
        Annotation { level, place, title, message }
    }

    fn command(&self, word: &str) -> String {
        let mut properties = Vec::new();
        if let Some(Place { file, line, column }) = &self.place {
            properties.push(format!("file={}", property(file)));
            properties.push(format!("line={line}"));
            if *column > 0 {
                properties.push(format!("col={column}"));
            }
        }
        properties.push(format!("title={}", property(&self.title)));
        format!("::{word} {}::{}\n", properties.join(","), data(&self.message))
    }
}

fn new_failure(report: &Report, failure: &Failure) -> Annotation {
    let tests = || failure.tests.iter().map(|index| &report.tests[*index]);
    let placed = tests().find_map(|test| Place::new(test.file.as_ref()?, test.line?, 0));
    // Where no row is near, the document: without a place an annotation is not shown beside any file.
    let near = || match failure.near {
        Some(near) => at_row(&report.rows[near]),
        None => report.rows.first().and_then(|row| Place::new(&row.file, 1, 0)),
    };
    let mut said: Vec<String> = tests()
        .map(|test| match test.variant.is_empty() {
            true => messages::outcome(test.outcome).to_owned(),
            false => format!("{}: {}", test.variant, messages::outcome(test.outcome)),
        })
        .collect();
    said.extend(tests().flat_map(|test| &test.remarks).take(1).map(plain_sentence));
    let message = tests().find(|test| !test.message.is_empty());
    said.extend(
        message
            .into_iter()
            .flat_map(|test| sanitize::lines(&test.message).take(10))
            .map(Cow::into_owned),
    );
    let title = format!("New failure: {}", sanitize::shortened(&failure.name, 180));
    Annotation::new(Severity::Error, placed.or_else(near), &title, said.join("\n"))
}

fn untracked(line: &ListLine) -> Annotation {
    let place = line.place.as_ref().and_then(|(file, line)| Place::new(file, (*line).into(), 0));
    let message = plain_sentence(&line.said);
    Annotation::new(Severity::Error, place, "A row without an issue", message)
}

/// All missing tests in one: a suite that did not run has many.
fn missing(report: &Report) -> Option<Annotation> {
    let names = report.missing.iter().take(20).map(|test| sanitize::line(&test.name).into_owned());
    let names: Vec<String> = names.collect();
    let (n, message) = (report.missing.len(), names.join("\n"));
    let title = messages::missing(n as u64);
    (n > 0).then(|| Annotation::new(Severity::Error, None, &title, message))
}

fn hidden_regression(report: &Report, test: &TestLine) -> Annotation {
    let place = test.row.and_then(|row| at_row(&report.rows[row]));
    let message = format!("{} passed in the base run", sanitize::line(&test.name));
    Annotation::new(Severity::Warning, place, "This row hides a regression", message)
}

fn not_measured(variant: &VariantLine, level: Severity) -> impl Iterator<Item = Annotation> {
    let title = match variant.name.is_empty() {
        true => "Not measured".to_owned(),
        false => format!("Not measured: {}", variant.name),
    };
    variant.why.iter().map(move |why| Annotation::new(level, None, &title, plain_sentence(why)))
}

/// The annotation of one problem.
pub fn annotated(problem: &ProblemLine) -> Annotation {
    let place = Place::new(&problem.file, problem.line.into(), problem.column);
    Annotation::new(problem.severity, place, problem.code, plain_sentence(&problem.message))
}

fn passing_row(row: &RowLine, reach: Reach) -> Annotation {
    let message = format!("{}: {}", sanitize::line(&row.pattern), messages::row_counts(row));
    Annotation::new(Severity::Warning, at_row(row), messages::row_passes(reach), message)
}

fn at_row(row: &RowLine) -> Option<Place> {
    Place::new(&row.file, row.line.into(), 0)
}

/// A path that stays within the repository, as the runner can show it.
fn within(path: &str) -> Option<String> {
    let path = path.trim_start_matches("./");
    let strange = |part: &str| part.is_empty() || part == "..";
    let outside =
        path.starts_with('/') || path.contains([':', '\\']) || path.split('/').any(strange);
    (!outside).then(|| sanitize::line(path).into_owned())
}

/// Text as the data of a workflow command. Breaks `##[`, which the runner honours anywhere in a line.
pub fn data(text: &str) -> String {
    let lines: Vec<String> =
        text.split('\n').map(|line| sanitize::line(line).into_owned()).collect();
    let text = lines.join("\n").replace("##[", "##\u{200b}[");
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text as the value of a workflow command's property.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Lines for the job's log in which nothing is a workflow command.
pub fn harmless(text: &str) -> String {
    let mut harmless = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        if line.trim_start().starts_with("::") {
            harmless.push('\u{200b}');
        }
        for (at, part) in line.split("##[").enumerate() {
            harmless.push_str(if at > 0 { "##\u{200b}[" } else { "" });
            harmless.push_str(part);
        }
        harmless.push('\n');
    }
    harmless
}
