//! `knownfail update`: edits the documents as the results require.
//!
//! Removing a row can make another row claim its tests, so the results are compared again with the edited documents
//! until there is nothing left to edit; nothing is written before that.

use super::check::{Compared, compare};
use super::console::{
    color, eprint, eprint_document_errors, eprint_left_out, eprint_list_kinds, print, print_text,
};
use super::diff_paths::current_diff_paths;
use super::init;
use crate::cli::{CheckOptions, UpdateOptions};
use crate::compare::{ExternalFacts, ListChange};
use crate::error::Error;
use crate::files::{self, AccessRoot};
use crate::ingest::inputs::Inputs;
use crate::ingest::{evidence, lists};
use crate::known::{Edits, KnownFailures, Row, edit};
use crate::policy::{FailOn, judge};
use crate::render::terminal::{Color, UpdateLines, render_hints, render_update};
use crate::report::{
    DEFAULT_EDITS, Edit, JudgedList, PlanInput, Report, ReportInput, RowReviews, RowsToAdd,
    RunScope, SourceRoots, UpdateNote, UpdatePlan, change_lines,
};

/// Runs the command: exit code 0, whether or not there was something to edit.
pub(super) fn run(options: &UpdateOptions) -> Result<u8, Error> {
    if let Some(path) = init::missing_list(options) {
        return init::create(options, path);
    }
    let options = &UpdateOptions { read: lists::expand(&options.read)?, ..options.clone() };
    let paths = &options.read.known_failures;
    let original = lists::read_for_edit(paths, options.read.list.list_format)?;
    eprint_list_kinds(&original);
    let updated = update(options, &original)?;
    let notes = render_notes(&original, &updated);
    let edited = original.documents().iter().zip(updated.known.documents());
    let edited = paths.iter().zip(edited).filter(|(_, (old, new))| old.text != new.text);
    if options.dry_run {
        let paths = current_diff_paths(paths);
        print(
            &paths.join(edited.map(|(_, (old, new))| paths.diff(&old.path, &old.text, &new.text))),
        );
        eprint(&notes);
        return Ok(0);
    }
    for (path, (_, new)) in edited {
        files::replace(path, &new.text)?;
    }
    print_text(&notes);
    Ok(0)
}

fn render_notes(original: &KnownFailures, updated: &UpdateResult) -> String {
    let UpdateResult { known, report, evidence, kept, skipped } = updated;
    let list = ListChange::new(original.copy(), known.copy());
    let changes = change_lines(&list, None);
    let lines = UpdateLines { evidence, kept, skipped };
    render_update(&changes, &lines, report, color())
}

/// The edited documents and their report.
struct UpdateResult {
    known: KnownFailures,
    report: Report,
    /// What earlier runs show about the original rows that are removed.
    evidence: Vec<UpdateNote>,
    /// Rows that stay although tests of them pass, with their lines in the documents as the command leaves them.
    kept: Vec<UpdateNote>,
    /// New failures that get no row.
    skipped: Vec<UpdateNote>,
}

fn update(options: &UpdateOptions, original: &KnownFailures) -> Result<UpdateResult, Error> {
    let check = CheckOptions {
        read: options.read.clone(),
        completeness: options.completeness.clone(),
        ..CheckOptions::default()
    };
    let inputs = Inputs::find(&check, &AccessRoot::Unrestricted)?;
    let allowed = allowed_edits(options);
    let mut known = original.copy();
    eprint_document_errors(&known);
    let mut evidence = evidence::read(&inputs, &known)?;
    eprint_left_out(&evidence);
    let external = ExternalFacts::default();
    let mut removed = Vec::new();
    let mut hints = None;
    loop {
        let Compared { facts, .. } = compare(&inputs, &known)?;
        let report = Report::new(ReportInput {
            title: "",
            run_scope: RunScope::Whole,
            judged_list: JudgedList::OfChange,
            judgement: judge(&facts, &external, &FailOn::default()),
            facts: facts.clone(),
            external: &external,
            known: &known,
            evidence: &evidence,
            reviews: RowReviews::new(&known, &facts, &evidence),
            issues: None,
            sources: &SourceRoots::default(),
            rows_to_add: RowsToAdd::default(),
            add_command: String::new(),
        });
        // Those of the list as it was: a row that is added may be what a hint is about.
        hints.get_or_insert_with(|| eprint(&render_hints(&report.hints, Color::Never)));
        let (plan, edited) = UpdatePlan::new(PlanInput {
            known: &known,
            facts: &facts,
            evidence: &evidence,
            allowed: &allowed,
            max_added: usize::MAX,
        });
        removed.extend(with_original_lines(plan.evidence_lines(&report.rows), &known, original));
        let Some(edited) = edited else {
            let kept = plan.kept_lines(&known, &facts, &report.rows);
            return Ok(UpdateResult {
                kept: if options.dry_run {
                    with_original_lines(kept, &known, original)
                } else {
                    kept
                },
                skipped: plan.skipped_lines(),
                evidence: removed,
                known,
                report,
            });
        };
        ensure_rows_remain(&known, &plan.edits, &edited)?;
        known = edited;
        // What earlier runs show about a row depends on the rows that it shares its tests with.
        evidence = evidence::read(&inputs, &known)?;
    }
}

/// Makes sure that the edited list has every row that was kept or written.
fn ensure_rows_remain(
    known: &KnownFailures,
    edits: &Edits,
    edited: &KnownFailures,
) -> Result<(), Error> {
    let lost = edit::lost_rows(known, edits, edited);
    let Some(pattern) = lost.first() else { return Ok(()) };
    let row = known.rows().iter().find(|row| row.pattern.as_str() == pattern);
    let document = known.documents().first().map(|document| (&document.path, 1));
    let location = row.map(|row| (&row.file, row.line)).or(document);
    let (file, line) = location.map_or_else(Default::default, |(file, line)| (file.clone(), line));
    let why = format!("the edits would leave no row `{pattern}`");
    Err(Error::RowWouldNotCount { file, line, why })
}

/// Notes on rows of `known` with their lines in the original documents, which an earlier edit may have moved. Rows that
/// these do not have keep theirs.
fn with_original_lines(
    notes: Vec<UpdateNote>,
    known: &KnownFailures,
    original: &KnownFailures,
) -> Vec<UpdateNote> {
    let with_line = |mut note: UpdateNote| {
        let Some((file, line)) = &note.location else { return note };
        let is_here = |row: &&Row| *row.file == **file && row.line == *line;
        let row = known.rows().iter().find(is_here).and_then(|row| same_row(row, known, original));
        note.location = row.map(|row| (row.file.to_string(), row.line)).or(note.location);
        note
    };
    notes.into_iter().map(with_line).collect()
}

/// The row of `original` with the pattern and variants of this one; of several, the one in the same position.
fn same_row<'o>(row: &Row, known: &KnownFailures, original: &'o KnownFailures) -> Option<&'o Row> {
    let is_same = |other: &&Row| {
        other.file == row.file
            && other.pattern.as_str() == row.pattern.as_str()
            && other.variants.is_same(&row.variants)
    };
    let ahead = known.rows().iter().filter(is_same).filter(|other| other.line < row.line).count();
    original.rows().iter().filter(is_same).nth(ahead)
}

fn allowed_edits(options: &UpdateOptions) -> Vec<Edit> {
    let requested =
        [(options.remove, Edit::Remove), (options.narrow, Edit::Narrow), (options.add, Edit::Add)];
    let requested: Vec<Edit> =
        requested.into_iter().filter(|(on, _)| *on).map(|(_, edit)| edit).collect();
    if requested.is_empty() { DEFAULT_EDITS.to_vec() } else { requested }
}
