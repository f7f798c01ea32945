//! Annotations: as data for a check run, and as the workflow commands that GitHub's runner reads from the log.
//!
//! The runner keeps ten errors and ten warnings of a step and drops the rest. It also honours `##[…]` in the middle
//! of a line and ends lines at a lone carriage return: text from outside is only written through the escapes of this
//! file.
//!
//! Commands: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use crate::model::Severity;
use crate::report::{
    Failure, ListLine, ProblemLine, Reason, Report, RichText, RowLine, RowStatus, RunScope,
    TestLine, VariantLine, messages,
};
use crate::sanitize;
use std::borrow::Cow;

/// Annotations of a level that the runner keeps in a step.
const MAX_PER_LEVEL: usize = 10;
/// Characters of a title; a check run takes 255.
const MAX_TITLE_LEN: usize = 200;
/// Characters of a message; the runner keeps 4,096 UTF-16 units.
const MAX_MESSAGE_LEN: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// An error or a warning.
    pub level: Severity,
    /// `None` if it is not about a file.
    pub location: Option<Location>,
    pub title: String,
    /// One or more lines.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// From the repository's root; always within it.
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// 1-based; 0 for the whole line.
    pub column: u32,
}

impl Location {
    fn new(file: &str, line: u64, column: u32) -> Option<Location> {
        let line = line.clamp(1, i32::MAX as u64) as u32;
        Some(Location { file: repository_path(file)?, line, column })
    }
}

/// The annotations of a report: errors first, the most useful of each level first. The report's paths are
/// relative to `directory`, which is empty or ends in a slash.
pub fn annotations(report: &Report, directory: &str) -> Vec<Annotation> {
    let is_red = report.judgement.reasons.contains(&Reason::Incomplete);
    let level = if is_red { Severity::Error } else { Severity::Warning };
    let mut all: Vec<Annotation> =
        report.new_failures.iter().map(|failure| new_failure(report, failure)).collect();
    all.extend(missing(report));
    if report.judgement.reasons.contains(&Reason::Growth) {
        all.extend(report.list_diff.iter().flat_map(|list| list.untracked()).map(untracked));
    }
    all.extend(report.hidden_regressions().map(|test| hidden_regression(report, test)));
    all.extend(report.variants.iter().flat_map(|variant| not_measured(variant, level)));
    all.extend(report.problems_without_gap().map(problem_annotation));
    let passing = report.rows_with_status(RowStatus::NewlyPassing);
    all.extend(passing.map(|row| passing_row(row, report.run_scope)));
    // Errors are less than warnings.
    all.sort_by_key(|annotation| annotation.level);
    for location in all.iter_mut().filter_map(|annotation| annotation.location.as_mut()) {
        location.file.insert_str(0, directory);
    }
    all
}

/// Annotations as workflow commands, one a line and at most ten of each level.
pub fn render_commands(annotations: &[Annotation]) -> String {
    let mut text = String::new();
    for (level, command) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        let selected = annotations.iter().filter(|annotation| annotation.level == level);
        let selected: Vec<&Annotation> = selected.collect();
        let is_truncated = selected.len() > MAX_PER_LEVEL;
        let shown = if is_truncated { MAX_PER_LEVEL - 1 } else { selected.len() };
        text.extend(selected[..shown].iter().map(|annotation| annotation.command(command)));
        // The last one has the number of the others.
        if is_truncated {
            let title = format!("{} more", selected.len() - shown);
            let message = "The log has all of them.".to_owned();
            text.push_str(&Annotation::new(level, None, &title, message).command(command));
        }
    }
    text
}

impl Annotation {
    fn new(
        level: Severity,
        location: Option<Location>,
        title: &str,
        message: String,
    ) -> Annotation {
        let title = sanitize::truncate(title, MAX_TITLE_LEN).into_owned();
        let message = sanitize::truncate(&message, MAX_MESSAGE_LEN).into_owned();
        Annotation { level, location, title, message }
    }

    fn command(&self, command: &str) -> String {
        let mut properties = Vec::new();
        if let Some(Location { file, line, column }) = &self.location {
            properties.push(format!("file={}", escape_property(file)));
            properties.push(format!("line={line}"));
            if *column > 0 {
                properties.push(format!("col={column}"));
            }
        }
        properties.push(format!("title={}", escape_property(&self.title)));
        format!("::{command} {}::{}\n", properties.join(","), escape_data(&self.message))
    }
}

fn new_failure(report: &Report, failure: &Failure) -> Annotation {
    let tests = || failure.tests.iter().map(|index| &report.tests[*index]);
    let location = |test: &TestLine| Location::new(test.file.as_ref()?, test.line.unwrap_or(1), 0);
    let test_location = tests().find_map(location);
    // An annotation without a location is not shown at any file.
    let fallback = || match failure.nearest_row {
        Some(nearest) => at_row(&report.rows[nearest]),
        None => report.rows.first().and_then(|row| Location::new(&row.file, 1, 0)),
    };
    let mut lines: Vec<String> = tests()
        .map(|test| match test.variant.as_str() {
            "" => messages::outcome(test.outcome).to_owned(),
            variant => format!("{variant}: {}", messages::outcome(test.outcome)),
        })
        .collect();
    lines.extend(tests().flat_map(|test| &test.remarks).take(1).map(RichText::to_plain_line));
    let message = tests().find(|test| !test.message.is_empty());
    let message = message.into_iter().flat_map(|test| sanitize::lines(&test.message).take(10));
    lines.extend(message.map(Cow::into_owned));
    let title = format!("New failure: {}", sanitize::truncate(&failure.name, 180));
    Annotation::new(Severity::Error, test_location.or_else(fallback), &title, lines.join("\n"))
}

fn untracked(line: &ListLine) -> Annotation {
    let location =
        line.location.as_ref().and_then(|(file, line)| Location::new(file, (*line).into(), 0));
    let message = line.text.to_plain_line();
    Annotation::new(Severity::Error, location, "A row without an issue", message)
}

/// One for all missing tests: a suite that did not run has many.
fn missing(report: &Report) -> Option<Annotation> {
    let names: Vec<Cow<'_, str>> =
        report.missing.iter().take(20).map(|test| sanitize::single_line(&test.name)).collect();
    let title = messages::missing(report.missing.len() as u64);
    (!names.is_empty()).then(|| Annotation::new(Severity::Error, None, &title, names.join("\n")))
}

fn hidden_regression(report: &Report, test: &TestLine) -> Annotation {
    let location = test.row.and_then(|row| at_row(&report.rows[row]));
    let message = format!("{} passed in the base run", sanitize::single_line(&test.name));
    Annotation::new(Severity::Warning, location, "This row hides a regression", message)
}

fn not_measured(variant: &VariantLine, level: Severity) -> impl Iterator<Item = Annotation> {
    let title = match variant.name.as_str() {
        "" => "Not measured".to_owned(),
        name => format!("Not measured: {name}"),
    };
    let reasons = variant.incomplete_reasons.iter();
    reasons.map(move |reason| Annotation::new(level, None, &title, reason.to_plain_line()))
}

pub fn problem_annotation(problem: &ProblemLine) -> Annotation {
    let location = Location::new(&problem.file, problem.line.into(), problem.column);
    Annotation::new(problem.severity, location, problem.code, problem.message.to_plain_line())
}

fn passing_row(row: &RowLine, run_scope: RunScope) -> Annotation {
    let pattern = sanitize::single_line(&row.pattern);
    let mut message = format!("{pattern}: {}", messages::row_counts(row));
    if let Some(reason) = row.keep_reason.as_ref().filter(|_| row.is_strictest()) {
        message = format!("{message}; {}", reason.to_plain_line());
    }
    let title = messages::row_passes(row, run_scope);
    Annotation::new(Severity::Warning, at_row(row), title, message)
}

fn at_row(row: &RowLine) -> Option<Location> {
    Location::new(&row.file, row.line.into(), 0)
}

/// A path within the repository in the form that the runner shows; `None` for others.
fn repository_path(path: &str) -> Option<String> {
    let path = path.trim_start_matches("./");
    let is_unsafe = |part: &str| part.is_empty() || part == "..";
    let is_outside =
        path.starts_with('/') || path.contains([':', '\\']) || path.split('/').any(is_unsafe);
    (!is_outside).then(|| sanitize::single_line(path).into_owned())
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
