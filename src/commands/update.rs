//! `knownfail update`: edits the documents as the results require.
//!
//! Removing a row can make another row claim its tests, so the results are compared again with the edited documents
//! until there is nothing left to edit; nothing is written before that.

use super::check::{Compared, compare};
use super::console::{color, eprint, eprint_document_errors, eprint_left_out, print, print_text};
use super::diff_paths::current_diff_paths;
use crate::cli::{CheckOptions, UpdateOptions};
use crate::compare::{ExternalFacts, ListChange};
use crate::error::Error;
use crate::files::{self, AccessRoot, display_path};
use crate::ingest::evidence;
use crate::ingest::inputs::Inputs;
use crate::known::edit::{self, ObstacleCause};
use crate::known::{Edits, KnownFailures, Pattern};
use crate::policy::{FailOn, judge};
use crate::render::terminal::{UpdateLines, render_update};
use crate::report::{
    Edit, Report, ReportInput, RunScope, SourceRoots, UpdateNote, UpdatePlan, change_lines,
    messages,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A document's path, as it is displayed, and text.
type NamedText = (Arc<str>, String);

/// Runs the command: exit code 0, whether or not there was something to edit.
pub(super) fn run(options: &UpdateOptions) -> Result<u8, Error> {
    let paths = &options.read.known_failures;
    let read = |path: &PathBuf| -> Result<NamedText, Error> {
        Ok((display_path(path), files::read_for_edit(path, &AccessRoot::Unrestricted)?))
    };
    let original = paths.iter().map(read).collect::<Result<Vec<NamedText>, Error>>()?;
    let updated = update(options, &original)?;
    let notes = render_notes(&original, &updated);
    let edited = original.iter().zip(updated.known.documents());
    let edited = paths.iter().zip(edited).filter(|(_, (old, new))| old.1 != new.text);
    if options.dry_run {
        let paths = current_diff_paths(paths);
        print(&paths.join(edited.map(|(_, (old, new))| paths.diff(&old.0, &old.1, &new.text))));
        eprint(&notes);
        return Ok(0);
    }
    for (path, (_, new)) in edited {
        files::replace(path, &new.text)?;
    }
    print_text(&notes);
    Ok(0)
}

fn render_notes(original: &[NamedText], updated: &UpdateResult) -> String {
    let UpdateResult { known, report, evidence, kept_rows, plan } = updated;
    let documents = known.documents().iter();
    let edited: Vec<NamedText> =
        documents.map(|document| (document.path.clone(), document.text.clone())).collect();
    let list = ListChange::new(KnownFailures::read(original), KnownFailures::read(&edited));
    let changes = change_lines(&list, None);
    let was_edited = |note: &UpdateNote| {
        let mut old = changes.iter().flat_map(|change| &change.old);
        old.any(|row| {
            note.location.as_ref().is_some_and(|location| *location == (row.file.clone(), row.line))
        })
    };
    let kept: Vec<UpdateNote> =
        kept_rows.iter().filter(|note| !was_edited(note)).cloned().collect();
    let lines = UpdateLines { evidence, kept: &kept, skipped: &plan.skipped_lines() };
    render_update(&changes, &lines, report, color())
}

/// The edited documents and their report.
struct UpdateResult {
    known: KnownFailures,
    report: Report,
    /// What earlier runs show about the original rows that are removed.
    evidence: Vec<UpdateNote>,
    /// Original rows that stay.
    kept_rows: Vec<UpdateNote>,
    /// Without edits.
    plan: UpdatePlan,
}

fn update(options: &UpdateOptions, original: &[NamedText]) -> Result<UpdateResult, Error> {
    let check = CheckOptions {
        read: options.read.clone(),
        completeness: options.completeness.clone(),
        ..CheckOptions::default()
    };
    let inputs = Inputs::find(&check, &AccessRoot::Unrestricted)?;
    let allowed = allowed_edits(options);
    let mut known = KnownFailures::read(original);
    eprint_document_errors(&known);
    let evidence = evidence::read(&inputs, &known)?;
    eprint_left_out(&evidence);
    let external = ExternalFacts::default();
    let (mut already_added, mut withheld, mut first) = (BTreeMap::new(), BTreeMap::new(), None);
    loop {
        let Compared { facts, .. } = compare(&inputs, &known)?;
        let report = Report::new(ReportInput {
            title: "",
            run_scope: RunScope::Whole,
            judgement: judge(&facts, &external, &FailOn::default()),
            facts: facts.clone(),
            external: &external,
            known: &known,
            evidence: &evidence,
            issues: None,
            sources: &SourceRoots::default(),
        });
        let plan = UpdatePlan::new(&known, &facts, &report, &allowed, &already_added);
        let initial_lines = || (plan.evidence_lines(&report), plan.kept_lines(&facts, &report));
        let (evidence, kept_rows) = first.get_or_insert_with(initial_lines);
        if !plan.useless.is_empty() {
            // Once more without these rows, which would be added again on every run.
            withheld.extend(plan.useless.into_iter().map(|name| (name, 0)));
            already_added.clone_from(&withheld);
            known = KnownFailures::read(original);
            continue;
        }
        if plan.edits.is_empty() {
            let (evidence, kept_rows) = (std::mem::take(evidence), std::mem::take(kept_rows));
            return Ok(UpdateResult { known, report, evidence, kept_rows, plan });
        }
        let edited = edit_documents(&known, &plan.edits)?;
        already_added.extend(plan.failing);
        known = edited;
    }
}

/// The edited documents, if they have every row that was kept or written.
fn edit_documents(known: &KnownFailures, edits: &Edits) -> Result<KnownFailures, Error> {
    let paths = known.documents().iter().map(|document| document.path.clone());
    let edited = KnownFailures::read(&Vec::from_iter(paths.zip(edit::apply(known, edits))));
    match edit::lost_row(known, edits, &edited) {
        None => Ok(edited),
        Some(pattern) => Err(row_would_not_count(known, edits, pattern)),
    }
}

fn row_would_not_count(known: &KnownFailures, edits: &Edits, pattern: String) -> Error {
    let new = edits.added.iter().find(|new| Pattern::for_name(&new.name) == pattern);
    let Some(obstacle) = new.and_then(|new| edit::row_obstacle(known, new)) else {
        // A row that is kept or narrowed, or one that only other edits prevent.
        let row = known.rows().iter().find(|row| row.pattern.as_str() == pattern);
        let document = known.documents().first().map(|document| (&document.path, 1));
        let location = row.map(|row| (&row.file, row.line)).or(document);
        let (file, line) =
            location.map_or_else(Default::default, |(file, line)| (file.clone(), line));
        let why = format!("the edits would leave no row `{pattern}`");
        return Error::RowWouldNotCount { file, line, why };
    };
    let why = match obstacle.cause {
        ObstacleCause::Problem(kind) => messages::problem(&kind).to_plain_line(),
        ObstacleCause::Ignored => {
            format!(
                "the row `{pattern}` would be in a section that `<!-- knownfail: ignore -->` ignores"
            )
        }
        ObstacleCause::NotARow => format!("the row `{pattern}` would not be a row of a list"),
    };
    Error::RowWouldNotCount { file: obstacle.file, line: obstacle.line, why }
}

fn allowed_edits(options: &UpdateOptions) -> Vec<Edit> {
    let requested =
        [(options.remove, Edit::Remove), (options.narrow, Edit::Narrow), (options.add, Edit::Add)];
    let requested: Vec<Edit> =
        requested.into_iter().filter(|(on, _)| *on).map(|(_, edit)| edit).collect();
    if requested.is_empty() { vec![Edit::Remove, Edit::Narrow] } else { requested }
}
