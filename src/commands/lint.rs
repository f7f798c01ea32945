//! `knownfail lint`: the documents' problems as `file:line:column: severity: message [code]`.
//!
//! A problem of a whole line has column 0 in output for programs; text output has the start of the line's text.

use super::console::{color, eprint, eprint_list_kinds, print};
use crate::cli::{LintOptions, LintOutput};
use crate::error::Error;
use crate::files::{self, AccessRoot, display_path};
use crate::ingest::{inputs, lists};
use crate::known::{Edits, KnownFailures, RowId, SpanResolver, edit, lint};
use crate::model::{Problem, ProblemKind, Severity};
use crate::render::annotations::{self, Annotation, problem_annotation, render_commands};
use crate::render::json::render_problems;
use crate::render::terminal::render_problem;
use crate::render::{Finding, render_code_quality, render_excerpt, render_sarif};
use crate::report::{ProblemLine, messages};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Runs the command: exit code 1 when a document has an error.
pub(super) fn run(options: &LintOptions) -> Result<u8, Error> {
    let paths = &lists::expand_paths(&options.documents)?;
    let separate: Vec<&[PathBuf]> =
        if options.separate { paths.chunks(1).collect() } else { vec![paths] };
    if options.fix {
        let removed = separate.iter().map(|list| fix(list, options)).sum::<Result<u64, Error>>()?;
        eprint(&format!("{} removed\n", messages::count(removed, "row", "rows")));
    }
    let lists = separate.into_iter().map(|list| LintedList::read(list, options));
    let lists = lists.collect::<Result<Vec<_>, Error>>()?;
    let problems = || lists.iter().flat_map(|list| &list.problems);
    let lines = || problems().map(ProblemLine::new);
    let annotations = || lines().map(|line| problem_annotation(&line)).collect::<Vec<Annotation>>();
    print(&match options.output {
        LintOutput::Text => text(&lists),
        LintOutput::Json => render_problems(&lines().collect::<Vec<_>>()),
        LintOutput::Sarif => {
            render_sarif(&lists.iter().flat_map(LintedList::findings).collect::<Vec<_>>())
        }
        LintOutput::Github => {
            annotations::neutralize_commands(&text(&lists)) + &render_commands(&annotations())
        }
        LintOutput::CodeQuality => {
            let document = paths.first().map(|path| display_path(path));
            render_code_quality(&annotations(), document.as_deref().unwrap_or_default())
        }
    });
    Ok(u8::from(problems().any(|problem| problem.kind.severity() == Severity::Error)))
}

/// Documents that are one list, and their problems in order.
struct LintedList {
    known: KnownFailures,
    problems: Vec<Problem>,
}

impl LintedList {
    fn read(documents: &[PathBuf], options: &LintOptions) -> Result<LintedList, Error> {
        let known = lists::read(documents, options.list.list_format, &AccessRoot::Unrestricted)
            .map_err(Error::into_argument)?;
        eprint_list_kinds(&known);
        let problems = [known.problems(), &lint::lint(&known), &known.expired(inputs::today())];
        let mut problems = problems.concat();
        known.sort_problems(&mut problems);
        problems.retain(|problem| !is_suppressed(problem, options));
        Ok(LintedList { known, problems })
    }

    fn findings(&self) -> Vec<Finding> {
        let spans = SpanResolver::new(&self.known);
        let finding = |problem| Finding {
            problem: ProblemLine::new(problem),
            columns: spans.resolve(problem).map(|span| span.columns),
        };
        self.problems.iter().map(finding).collect()
    }

    fn excerpts(&self) -> String {
        let spans = SpanResolver::new(&self.known);
        self.problems.iter().map(|problem| render_with_excerpt(&spans, problem)).collect()
    }
}

/// Removes the rows of a list that only repeat others, unless that is allowed; returns how many.
fn fix(paths: &[PathBuf], options: &LintOptions) -> Result<u64, Error> {
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
    Ok(removed_rows.len() as u64)
}

/// Whether `--allow` suppresses the problem.
fn is_suppressed(problem: &Problem, options: &LintOptions) -> bool {
    options.allow.iter().any(|code| code == problem.kind.code())
}

/// Each problem with an excerpt, the counts last.
fn text(lists: &[LintedList]) -> String {
    let lines: String = lists.iter().map(LintedList::excerpts).collect();
    let problems = || lists.iter().flat_map(|list| &list.problems);
    let count = |severity| problems().filter(|p| p.kind.severity() == severity).count() as u64;
    let rows = lists.iter().map(|list| list.known.rows().len() as u64).sum();
    let rows = messages::count(rows, "row", "rows");
    let errors = messages::count(count(Severity::Error), "error", "errors");
    let warnings = messages::count(count(Severity::Warning), "warning", "warnings");
    format!("{lines}{rows}: {errors}, {warnings}\n")
}

fn render_with_excerpt(spans: &SpanResolver<'_>, problem: &Problem) -> String {
    let mut line = ProblemLine::new(problem);
    let Some(span) = spans.resolve(problem) else { return render_problem(&line, color()) };
    line.column = span.columns.start;
    render_problem(&line, color()) + &render_excerpt(span.line, &span.columns, color())
}
