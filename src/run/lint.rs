//! `knownfail lint`: documents alone, their problems as `file:line:column: severity: message [code]`.

use super::{check, colour, print};
use crate::cli::{LintOptions, LintOutput, ReadOptions};
use crate::error::Error;
use crate::files::Root;
use crate::known::KnownFailures;
use crate::model::{Problem, Severity};
use crate::render::annotations::{self, Annotation, annotated, render_commands};
use crate::render::json::render_problems;
use crate::render::terminal::render_problem;
use crate::report::{ProblemLine, words};

/// Runs the command: exit code 1 when a document has an error.
pub fn run(options: &LintOptions) -> Result<u8, Error> {
    let documents =
        ReadOptions { known_failures: options.documents.clone(), ..ReadOptions::default() };
    let known = check::read_documents(&documents, &Root::Anywhere)?;
    let told = |problem: &&Problem| !options.allow.iter().any(|code| code == problem.kind.code());
    let problems: Vec<ProblemLine> =
        problems(&known).iter().filter(told).map(ProblemLine::new).collect();
    print(&match options.output {
        LintOutput::Text => text(&known, &problems),
        LintOutput::Json => render_problems(&problems),
        LintOutput::Github => {
            let annotations: Vec<Annotation> = problems.iter().map(annotated).collect();
            annotations::harmless(&text(&known, &problems)) + &render_commands(&annotations)
        }
    });
    Ok(u8::from(problems.iter().any(|problem| problem.severity == Severity::Error)))
}

/// One line a problem, the counts last.
fn text(known: &KnownFailures, problems: &[ProblemLine]) -> String {
    let lines: String = problems.iter().map(|problem| render_problem(problem, colour())).collect();
    let of = |severity| problems.iter().filter(|p| p.severity == severity).count() as u64;
    let rows = words::count(known.rows().len() as u64, "row", "rows");
    let errors = words::count(of(Severity::Error), "error", "errors");
    let warnings = words::count(of(Severity::Warning), "warning", "warnings");
    format!("{lines}{rows}: {errors}, {warnings}\n")
}

/// Everything that is wrong or odd, by document and line.
fn problems(known: &KnownFailures) -> Vec<Problem> {
    let mut problems = [known.problems().to_vec(), known.oddities()].concat();
    let place = |file: &str| known.documents().iter().position(|other| *other.path == *file);
    problems.sort_by_cached_key(|p| (place(&p.file), p.line, p.column, p.kind.clone()));
    problems
}
