//! `knownfail update`: the documents, edited as the results say.
//!
//! In: documents and results. Out: the documents written, or the diff printed. A newcomer's trap: taking
//! out a row can make another one claim its tests, so the results are read again with the edited
//! documents until nothing is left to do; nothing is written before that.

use super::{check, color, print, print_text};
use crate::cli::{CheckOptions, UpdateOptions};
use crate::compare::{ExternalFacts, ListChange};
use crate::error::Error;
use crate::files::{self, AccessRoot, MatchedFile};
use crate::ingest::evidence;
use crate::known::{Edits, KnownFailures, edit};
use crate::policy::{FailOn, judge};
use crate::render::terminal::{UpdateLines, render_update};
use crate::report::{
    Edit, Report, ReportInput, RunScope, UpdateNote, UpdatePlan, change_lines, unified_diff,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Runs the command: exit code 0 whether or not there was something to edit.
pub(crate) fn run(options: &UpdateOptions) -> Result<u8, Error> {
    let paths = &options.read.known_failures;
    let original = paths.iter().map(|path| read(path)).collect::<Result<Vec<_>, Error>>()?;
    let updated = update(options, &original)?;
    let notes = render_notes(&original, &updated);
    let edited = original.iter().zip(updated.known.documents());
    let edited = paths.iter().zip(edited).filter(|(_, (old, new))| old.1 != new.text);
    if options.dry_run {
        let diffs = edited.map(|(_, (old, new))| unified_diff(&old.0, &old.1, &new.text));
        print(&diffs.collect::<String>());
        super::eprint_redacted(&notes);
        return Ok(0);
    }
    for (path, (_, new)) in edited {
        files::replace(path, &new.text)?;
    }
    print_text(&notes);
    Ok(0)
}

fn render_notes(original: &[(Arc<str>, String)], updated: &UpdateResult) -> String {
    let UpdateResult { known, report, evidence, kept_rows: kept, plan } = updated;
    let documents = known.documents().iter();
    let edited: Vec<_> =
        documents.map(|document| (document.path.clone(), document.text.clone())).collect();
    let list = ListChange::new(KnownFailures::read(original), KnownFailures::read(&edited));
    let changes = change_lines(&list, None);
    let was_edited = |line: &UpdateNote| {
        let mut old = changes.iter().flat_map(|change| &change.old);
        old.any(|row| {
            line.location.as_ref().is_some_and(|location| *location == (row.file.clone(), row.line))
        })
    };
    let kept: Vec<UpdateNote> = kept.iter().filter(|line| !was_edited(line)).cloned().collect();
    let lines = UpdateLines { evidence, kept: &kept, skipped: &plan.skipped_lines() };
    render_update(&changes, &lines, report, color())
}

/// The documents as the results want them, and what is left.
struct UpdateResult {
    known: KnownFailures,
    report: Report,
    /// What earlier runs say of the rows of the documents as they were that leave.
    evidence: Vec<UpdateNote>,
    /// Rows of the documents as they were that stay.
    kept_rows: Vec<UpdateNote>,
    /// Without edits.
    plan: UpdatePlan,
}

fn update(options: &UpdateOptions, original: &[(Arc<str>, String)]) -> Result<UpdateResult, Error> {
    let found: Vec<MatchedFile> = check::find_results(&options.read, &AccessRoot::Unrestricted)?;
    let (check, allowed) = (check_options(options), allowed_edits(options));
    let mut documents = original.to_vec();
    let known = KnownFailures::read(&documents);
    check::report_errors(&known);
    let earlier = evidence::find(&check, &AccessRoot::Unrestricted)?;
    let evidence = evidence::read(&check, &known, &earlier)?;
    let external = ExternalFacts::default();
    let (mut already_added, mut first) = (BTreeSet::new(), None);
    loop {
        let known = KnownFailures::read(&documents);
        let (facts, _) =
            check::collect_facts(&check, &known, &found, &[], &AccessRoot::Unrestricted)?;
        let judgement = judge(&facts, &external, &FailOn::default());
        let report = Report::new(ReportInput {
            title: "",
            run_scope: RunScope::Whole,
            facts: facts.clone(),
            external: &external,
            judgement,
            known: &known,
            evidence: &evidence,
            issues: None,
        });
        let plan = UpdatePlan::new(&known, &facts, &report, &allowed, &already_added);
        let initial_lines = || (plan.evidence_lines(&report), plan.kept_lines(&facts, &report));
        let (evidence, kept_rows) = first.get_or_insert_with(initial_lines);
        if plan.edits.is_empty() {
            let (evidence, kept_rows) = (std::mem::take(evidence), std::mem::take(kept_rows));
            return Ok(UpdateResult { known, report, evidence, kept_rows, plan });
        }
        already_added.extend(plan.edits.added.iter().map(|row| row.name.clone()));
        apply_edits(&mut documents, &known, &plan.edits);
    }
}

fn apply_edits(documents: &mut [(Arc<str>, String)], known: &KnownFailures, edits: &Edits) {
    for ((_, text), edited) in documents.iter_mut().zip(edit::apply(known, edits)) {
        *text = edited;
    }
}

fn read(path: &Path) -> Result<(Arc<str>, String), Error> {
    Ok((check::display_path(path), files::read_for_edit(path, &AccessRoot::Unrestricted)?))
}

fn check_options(options: &UpdateOptions) -> CheckOptions {
    CheckOptions {
        read: options.read.clone(),
        completeness: options.completeness.clone(),
        ..CheckOptions::default()
    }
}

fn allowed_edits(options: &UpdateOptions) -> Vec<Edit> {
    let requested =
        [(options.remove, Edit::Remove), (options.narrow, Edit::Narrow), (options.add, Edit::Add)];
    let requested: Vec<Edit> =
        requested.into_iter().filter(|(on, _)| *on).map(|(_, edit)| edit).collect();
    if requested.is_empty() { vec![Edit::Remove, Edit::Narrow] } else { requested }
}
