//! `knownfail lint`: documents alone, their problems as `file:line:column: severity: message [code]`.
//!
//! In: documents. Out: each problem with the line that it is about. A newcomer's trap: a problem of a whole
//! line has no column of its own; a person is shown where the line's text begins, a program is told 0.

use super::{check, colour, print, tell};
use crate::cli::{LintOptions, LintOutput, ReadOptions};
use crate::error::Error;
use crate::files::{self, Root};
use crate::known::{Edits, KnownFailures, RowId, Sources};
use crate::model::{Problem, ProblemKind, Severity};
use crate::render::annotations::{self, Annotation, annotated, render_commands};
use crate::render::json::render_problems;
use crate::render::terminal::{plain_sentence, render_problem};
use crate::render::{Finding, render_excerpt, render_sarif};
use crate::report::{ProblemLine, messages};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Runs the command: exit code 1 when a document has an error.
pub fn run(options: &LintOptions) -> Result<u8, Error> {
    if options.fix {
        fix(options)?;
    }
    let documents =
        ReadOptions { known_failures: options.documents.clone(), ..ReadOptions::default() };
    let known = check::read_documents(&documents, &Root::Anywhere).map_err(Error::of_argument)?;
    let mut problems = problems(&known);
    problems.retain(|problem| !is_allowed(problem, options));
    let lines: Vec<ProblemLine> = problems.iter().map(ProblemLine::new).collect();
    print(&match options.output {
        LintOutput::Text => text(&known, &problems),
        LintOutput::Json => render_problems(&lines),
        LintOutput::Sarif => sarif(&known, &problems),
        LintOutput::Github => {
            let annotations: Vec<Annotation> = lines.iter().map(annotated).collect();
            annotations::harmless(&text(&known, &problems)) + &render_commands(&annotations)
        }
    });
    Ok(u8::from(lines.iter().any(|problem| problem.severity == Severity::Error)))
}

/// Takes out the rows that only repeat others, unless it is allowed that they do.
fn fix(options: &LintOptions) -> Result<(), Error> {
    let read = |path: &PathBuf| {
        let text = files::read_to_edit(path, &Root::Anywhere).map_err(Error::of_argument)?;
        Ok((check::shown(path), text))
    };
    let documents = options.documents.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    let known = KnownFailures::read(&documents);
    // The only problem that can be fixed without asking.
    let is_fixed = |problem: &&Problem| {
        matches!(problem.kind, ProblemKind::DuplicateRow { .. }) && !is_allowed(problem, options)
    };
    let fixed = known.problems().iter().filter(is_fixed);
    let fixed: BTreeSet<(&str, u32)> = fixed.map(|it| (&*it.file, it.line)).collect();
    // A document that is given twice has each line once.
    let gone: BTreeMap<(&str, u32), (RowId, RowId)> = known
        .exact_duplicates()
        .map(|(id, first)| ((&*known.row(id).file, known.row(id).line), (id, first)))
        .filter(|(place, _)| fixed.contains(place))
        .collect();
    let removed = gone.values().map(|(id, _)| *id).collect();
    let edited = known.edited(&Edits { removed, ..Edits::default() });
    for ((path, (_, old)), new) in options.documents.iter().zip(&documents).zip(&edited) {
        if old != new {
            files::replace(path, new)?;
        }
    }
    for ((file, line), (id, first)) in &gone {
        let pattern = known.row(*id).pattern.as_str();
        let said = messages::removed_duplicate(pattern, known.row(*first).line);
        tell(&format!("{file}:{line}: {}\n", plain_sentence(&said)));
    }
    tell(&format!("{} removed\n", messages::count(gone.len() as u64, "row", "rows")));
    Ok(())
}

/// Whether the command line says that this problem need not be reported.
fn is_allowed(problem: &Problem, options: &LintOptions) -> bool {
    options.allow.iter().any(|code| code == problem.kind.code())
}

/// Each problem with what it is about, the counts last.
fn text(known: &KnownFailures, problems: &[Problem]) -> String {
    let sources = Sources::new(known);
    let lines: String = problems.iter().map(|problem| shown(&sources, problem)).collect();
    let of = |severity| problems.iter().filter(|p| p.kind.severity() == severity).count() as u64;
    let rows = messages::count(known.rows().len() as u64, "row", "rows");
    let errors = messages::count(of(Severity::Error), "error", "errors");
    let warnings = messages::count(of(Severity::Warning), "warning", "warnings");
    format!("{lines}{rows}: {errors}, {warnings}\n")
}

fn sarif(known: &KnownFailures, problems: &[Problem]) -> String {
    let sources = Sources::new(known);
    let finding = |problem| Finding {
        problem: ProblemLine::new(problem),
        columns: sources.place(problem).map(|place| place.columns),
    };
    render_sarif(&problems.iter().map(finding).collect::<Vec<Finding>>())
}

fn shown(sources: &Sources<'_>, problem: &Problem) -> String {
    let mut line = ProblemLine::new(problem);
    let Some(place) = sources.place(problem) else { return render_problem(&line, colour()) };
    line.column = place.columns.start;
    render_problem(&line, colour()) + &render_excerpt(place.line, &place.columns, colour())
}

/// Everything that is wrong or odd, by document and line.
fn problems(known: &KnownFailures) -> Vec<Problem> {
    let mut problems =
        [known.problems().to_vec(), known.oddities(), known.expired(check::today())].concat();
    let place = |file: &str| known.documents().iter().position(|other| *other.path == *file);
    problems.sort_by_cached_key(|p| (place(&p.file), p.line, p.column, p.kind.clone()));
    problems
}
