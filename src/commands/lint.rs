//! `knownfail lint`: the documents' problems as `file:line:column: severity: message [code]`.
//!
//! A problem of a whole line has column 0 in output for programs; text output has the start of the line's text.

use super::console::{color, eprint, eprint_list_kinds, print};
use crate::cli::{LintOptions, LintOutput};
use crate::error::Error;
use crate::files::{self, AccessRoot};
use crate::ingest::{inputs, lists};
use crate::known::{Edits, KnownFailures, RowId, SpanResolver, edit, lint};
use crate::model::{Problem, ProblemKind, Severity};
use crate::render::annotations::{self, Annotation, problem_annotation, render_commands};
use crate::render::json::render_problems;
use crate::render::terminal::render_problem;
use crate::render::{Finding, render_excerpt, render_sarif};
use crate::report::{ProblemLine, messages};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Runs the command: exit code 1 when a document has an error.
pub(super) fn run(options: &LintOptions) -> Result<u8, Error> {
    let paths = lists::expand_paths(&options.documents)?;
    if options.fix {
        fix(options, &paths)?;
    }
    let known = lists::read(&paths, options.list.list_format, &AccessRoot::Unrestricted)
        .map_err(Error::into_argument)?;
    eprint_list_kinds(&known);
    let problems = [known.problems(), &lint::lint(&known), &known.expired(inputs::today())];
    let mut problems = problems.concat();
    known.sort_problems(&mut problems);
    problems.retain(|problem| !is_suppressed(problem, options));
    let lines: Vec<ProblemLine> = problems.iter().map(ProblemLine::new).collect();
    print(&match options.output {
        LintOutput::Text => text(&known, &problems),
        LintOutput::Json => render_problems(&lines),
        LintOutput::Sarif => sarif(&known, &problems),
        LintOutput::Github => {
            let annotations: Vec<Annotation> = lines.iter().map(problem_annotation).collect();
            annotations::neutralize_commands(&text(&known, &problems))
                + &render_commands(&annotations)
        }
    });
    Ok(u8::from(lines.iter().any(|problem| problem.severity == Severity::Error)))
}

/// Removes the rows that only repeat others, unless that is allowed.
fn fix(options: &LintOptions, paths: &[PathBuf]) -> Result<(), Error> {
    let known = lists::read_for_edit(paths, options.list.list_format);
    let known = known.map_err(Error::into_argument)?;
    // The only problem whose fix changes nothing else.
    let is_fixable = |problem: &&Problem| {
        matches!(problem.kind, ProblemKind::DuplicateRow { .. }) && !is_suppressed(problem, options)
    };
    let fixable = known.problems().iter().filter(is_fixable);
    let fixable: BTreeSet<(&str, u32)> =
        fixable.map(|problem| (&*problem.file, problem.line)).collect();
    // By line, because a document may be given twice.
    let removed_rows: BTreeMap<(&str, u32), (RowId, RowId)> = known
        .exact_duplicates()
        .map(|(id, first)| ((&*known.row(id).file, known.row(id).line), (id, first)))
        .filter(|(location, (id, _))| {
            fixable.contains(location) && known.is_editable(known.row(*id))
        })
        .collect();
    let removed = removed_rows.values().map(|(id, _)| *id).collect();
    let edited = edit::apply(&known, &Edits { removed, ..Edits::default() });
    for ((path, old), new) in paths.iter().zip(known.documents()).zip(&edited) {
        if old.text != *new {
            files::replace(path, new)?;
        }
    }
    for ((file, line), (id, first)) in &removed_rows {
        let pattern = known.row(*id).pattern.as_str();
        let message = messages::removed_duplicate(pattern, known.row(*first).line);
        eprint(&format!("{file}:{line}: {}\n", message.to_plain_line()));
    }
    eprint(&format!("{} removed\n", messages::count(removed_rows.len() as u64, "row", "rows")));
    Ok(())
}

/// Whether `--allow` suppresses the problem.
fn is_suppressed(problem: &Problem, options: &LintOptions) -> bool {
    options.allow.iter().any(|code| code == problem.kind.code())
}

/// Each problem with an excerpt, the counts last.
fn text(known: &KnownFailures, problems: &[Problem]) -> String {
    let spans = SpanResolver::new(known);
    let lines: String =
        problems.iter().map(|problem| render_with_excerpt(&spans, problem)).collect();
    let count = |severity| problems.iter().filter(|p| p.kind.severity() == severity).count() as u64;
    let rows = messages::count(known.rows().len() as u64, "row", "rows");
    let errors = messages::count(count(Severity::Error), "error", "errors");
    let warnings = messages::count(count(Severity::Warning), "warning", "warnings");
    format!("{lines}{rows}: {errors}, {warnings}\n")
}

fn sarif(known: &KnownFailures, problems: &[Problem]) -> String {
    let spans = SpanResolver::new(known);
    let finding = |problem| Finding {
        problem: ProblemLine::new(problem),
        columns: spans.resolve(problem).map(|span| span.columns),
    };
    render_sarif(&problems.iter().map(finding).collect::<Vec<Finding>>())
}

fn render_with_excerpt(spans: &SpanResolver<'_>, problem: &Problem) -> String {
    let mut line = ProblemLine::new(problem);
    let Some(span) = spans.resolve(problem) else { return render_problem(&line, color()) };
    line.column = span.columns.start;
    render_problem(&line, color()) + &render_excerpt(span.line, &span.columns, color())
}
