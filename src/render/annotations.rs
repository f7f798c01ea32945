//! Annotations, as the workflow commands that GitHub's runner reads from the log.
//!
//! In: a report. Out: at most ten errors and ten warnings, the most useful first; the runner drops what
//! comes behind. A newcomer's trap: the runner also honours `##[…]` in the middle of a line and ends
//! lines at a lone carriage return, so that texts from outside are only ever written through here.
//! Commands: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use super::{plain, terminal::plain_sentence};
use crate::model::Severity;
use crate::report::Reason;
use crate::report::RowStatus;
use crate::report::{Failure, ProblemLine, Report, RowLine, TestLine, VariantLine, words};

/// What the runner keeps of each kind in a step.
const KEPT: usize = 10;
/// Characters of a message; the runner keeps 4,096 UTF-16 units.
const MESSAGE: usize = 1_000;

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Annotation {
    file: Option<String>,
    line: u64,
    column: u32,
    title: String,
    message: String,
}

/// The workflow commands of a report, one a line.
pub fn render_annotations(report: &Report) -> String {
    let mut errors: Vec<Annotation> =
        report.new_failures.iter().map(|failure| new_failure(report, failure)).collect();
    errors.extend(missing(report));
    let mut warnings: Vec<Annotation> =
        report.hidden_regressions().map(|test| hidden_regression(report, test)).collect();
    let is_red = report.judgement.reasons.contains(&Reason::Incomplete);
    let not_measured = report.variants.iter().flat_map(not_measured);
    if is_red {
        errors.extend(not_measured)
    } else {
        warnings.extend(not_measured)
    }
    for problem in report.other_problems() {
        match problem.severity {
            Severity::Error => errors.push(annotated(problem)),
            Severity::Warning => warnings.push(annotated(problem)),
        }
    }
    warnings.extend(report.rows_that_are(RowStatus::NewlyPassing).map(passing_row));
    let mut text = String::new();
    commands("error", errors, &mut text);
    commands("warning", warnings, &mut text);
    text
}

/// The first ten, the last of which says how many more there are.
fn commands(level: &str, mut annotations: Vec<Annotation>, to: &mut String) {
    let all = annotations.len();
    if all > KEPT {
        annotations.truncate(KEPT - 1);
        annotations.push(Annotation {
            file: None,
            line: 0,
            column: 0,
            title: format!("{} more", all + 1 - KEPT),
            message: "The job summary and the JSON report have all of them.".to_owned(),
        });
    }
    for annotation in annotations {
        to.push_str(&annotation.command(level));
        to.push('\n');
    }
}

impl Annotation {
    fn command(&self, level: &str) -> String {
        let mut properties = Vec::new();
        if let Some(file) = &self.file {
            properties.push(format!("file={}", property(file)));
            properties.push(format!("line={}", self.line.clamp(1, i32::MAX as u64)));
            if self.column > 0 {
                properties.push(format!("col={}", self.column));
            }
        }
        properties.push(format!("title={}", property(&plain::shortened(&self.title, 200))));
        let message = data(&plain::shortened(&self.message, MESSAGE));
        format!("::{level} {}::{message}", properties.join(","))
    }
}

fn new_failure(report: &Report, failure: &Failure) -> Annotation {
    let tests = || failure.tests.iter().map(|index| &report.tests[*index]);
    let placed = tests().find_map(|test| Some((within(test.file.as_ref()?)?, test.line?)));
    let near = failure.near.map(|row| &report.rows[row]);
    let (file, line) = match (placed, near.and_then(|row| Some((within(&row.file)?, row.line)))) {
        (Some((file, line)), _) => (Some(file), line),
        (None, Some((file, line))) => (Some(file), u64::from(line)),
        (None, None) => (None, 0),
    };
    let mut said: Vec<String> = tests()
        .map(|test| match test.variant.is_empty() {
            true => words::outcome(test.outcome).to_owned(),
            false => format!("{}: {}", test.variant, words::outcome(test.outcome)),
        })
        .collect();
    said.extend(tests().flat_map(|test| &test.remarks).take(1).map(plain_sentence));
    let message = tests().find(|test| !test.message.is_empty());
    said.extend(message.into_iter().flat_map(|test| plain::lines(&test.message).take(10)));
    let title = format!("New failure: {}", plain::shortened(&failure.name, 180));
    Annotation { file, line, column: 0, title, message: said.join("\n") }
}

/// All missing tests in one: a suite that did not run has many.
fn missing(report: &Report) -> Option<Annotation> {
    let names = report.missing.iter().take(20).map(|test| plain::line(&test.name).into_owned());
    let names: Vec<String> = names.collect();
    let (n, message) = (report.missing.len(), names.join("\n"));
    let title = format!("{} of the base run did not come", words::count(n as u64, "test", "tests"));
    (n > 0).then_some(Annotation { file: None, line: 0, column: 0, title, message })
}

fn hidden_regression(report: &Report, test: &TestLine) -> Annotation {
    let row = test.row.map(|row| &report.rows[row]);
    Annotation {
        file: row.and_then(|row| within(&row.file)),
        line: row.map_or(0, |row| u64::from(row.line)),
        column: 0,
        title: "This row hides a regression".to_owned(),
        message: format!("{} passed in the base run", plain::line(&test.name)),
    }
}

fn not_measured(variant: &VariantLine) -> impl Iterator<Item = Annotation> {
    variant.why.iter().map(|why| Annotation {
        file: None,
        line: 0,
        column: 0,
        title: match variant.name.is_empty() {
            true => "Not measured".to_owned(),
            false => format!("Not measured: {}", variant.name),
        },
        message: plain_sentence(why),
    })
}

fn annotated(problem: &ProblemLine) -> Annotation {
    Annotation {
        file: within(&problem.file),
        line: u64::from(problem.line),
        column: problem.column,
        title: problem.code.to_owned(),
        message: plain_sentence(&problem.message),
    }
}

fn passing_row(row: &RowLine) -> Annotation {
    Annotation {
        file: within(&row.file),
        line: u64::from(row.line),
        column: 0,
        title: "Newly passing: this row can go".to_owned(),
        message: format!("{}: {}", plain::line(&row.pattern), words::row_counts(row)),
    }
}

/// A path that stays within the repository, as the runner can show it.
fn within(path: &str) -> Option<String> {
    let path = path.trim_start_matches("./");
    let strange = |part: &str| part.is_empty() || part == "..";
    let outside =
        path.starts_with('/') || path.contains([':', '\\']) || path.split('/').any(strange);
    (!outside).then(|| plain::line(path).into_owned())
}

/// Text as the data of a workflow command. Breaks `##[`, which the runner honours anywhere in a line.
pub fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| plain::line(line).into_owned()).collect();
    let text = lines.join("\n").replace("##[", "##\u{200b}[");
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text as the value of a workflow command's property.
pub fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Lines for the job's log in which nothing is a workflow command.
pub fn harmless(text: &str) -> String {
    let harmless = |line: &str| {
        let line = line.replace("##[", "##\u{200b}[");
        if line.trim_start().starts_with("::") { format!("\u{200b}{line}") } else { line }
    };
    text.lines().map(|line| harmless(line) + "\n").collect()
}
