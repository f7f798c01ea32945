//! `knownfail lint`: documents alone, their problems as `file:line:column: severity: message [code]`.

use super::{check, colour, print};
use crate::cli::{LintOptions, ReadOptions};
use crate::error::Error;
use crate::files::Root;
use crate::model::Severity;
use crate::render::terminal::render_problem;
use crate::report::{ProblemLine, words};

/// Runs the command: exit code 1 when a document has an error.
pub fn run(options: &LintOptions) -> Result<u8, Error> {
    let documents =
        ReadOptions { known_failures: options.documents.clone(), ..ReadOptions::default() };
    let known = check::read_documents(&documents, &Root::Anywhere)?;
    let problems: Vec<ProblemLine> = known.problems().iter().map(ProblemLine::new).collect();
    let lines: String = problems.iter().map(|problem| render_problem(problem, colour())).collect();
    print(&lines);
    let of = |severity| problems.iter().filter(|p| p.severity == severity).count() as u64;
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    let rows = words::count(known.rows().len() as u64, "row", "rows");
    let errors_found = words::count(errors, "error", "errors");
    let warnings_found = words::count(warnings, "warning", "warnings");
    print(&format!("{rows}: {errors_found}, {warnings_found}\n"));
    Ok(u8::from(errors > 0))
}
