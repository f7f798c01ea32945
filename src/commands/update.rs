//! `knownfail update`: the documents, edited as the results say.
//!
//! In: documents and results. Out: the documents written, or the diff printed. A newcomer's trap: taking
//! out a row can make another one claim its tests, so the results are read again with the edited
//! documents until nothing is left to do; nothing is written before that.

use super::{check, colour, print, print_text};
use crate::cli::{CheckOptions, UpdateOptions};
use crate::compare::ListChange;
use crate::error::Error;
use crate::files::{self, Found, Root};
use crate::ingest::evidence;
use crate::known::{Edits, KnownFailures};
use crate::policy::{FailOn, judge};
use crate::render::terminal::{UpdateLines, render_update};
use crate::report::{Edit, LeftLine, Report, UpdatePlan, change_lines, unified};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Runs the command: exit code 0 whether or not there was something to edit.
pub fn run(options: &UpdateOptions) -> Result<u8, Error> {
    let paths = &options.read.known_failures;
    let original = paths.iter().map(|path| read(path)).collect::<Result<Vec<_>, Error>>()?;
    let updated = update(options, &original)?;
    let told = told(&original, &updated);
    let edited = original.iter().zip(updated.known.documents());
    let edited = paths.iter().zip(edited).filter(|(_, (old, new))| old.1 != new.text);
    if options.dry_run {
        let diffs = edited.map(|(_, (old, new))| unified(&old.0, &old.1, &new.text));
        print(&diffs.collect::<String>());
        super::tell(&told);
        return Ok(0);
    }
    for (path, (_, new)) in edited {
        files::replace(path, &new.text)?;
    }
    print_text(&told);
    Ok(0)
}

fn told(original: &[(Arc<str>, String)], updated: &Updated) -> String {
    let Updated { known, report, evidence, stays, plan } = updated;
    let documents = known.documents().iter();
    let edited: Vec<_> = documents.map(|it| (it.path.clone(), it.text.clone())).collect();
    let list = ListChange::new(KnownFailures::read(original), KnownFailures::read(&edited));
    let changes = change_lines(&list, None);
    let edited = |stay: &LeftLine| {
        let mut old = changes.iter().flat_map(|change| &change.old);
        old.any(|row| stay.place.as_ref().is_some_and(|at| *at == (row.file.clone(), row.line)))
    };
    let stays: Vec<LeftLine> = stays.iter().filter(|stay| !edited(stay)).cloned().collect();
    let left = UpdateLines { evidence, stays: &stays, not_added: &plan.not_added_lines() };
    render_update(&changes, &left, report, colour())
}

/// The documents as the results want them, and what is left.
struct Updated {
    known: KnownFailures,
    report: Report,
    /// What earlier runs say of the rows of the documents as they were that leave.
    evidence: Vec<LeftLine>,
    /// Rows of the documents as they were that stay.
    stays: Vec<LeftLine>,
    /// Without edits.
    plan: UpdatePlan,
}

fn update(options: &UpdateOptions, original: &[(Arc<str>, String)]) -> Result<Updated, Error> {
    let found: Vec<Found> = check::find_results(&options.read, &Root::Anywhere)?;
    let (check, allowed) = (check_options(options), allowed(options));
    let mut documents = original.to_vec();
    let known = KnownFailures::read(&documents);
    check::report_errors(&known);
    let earlier = evidence::find(&check, &Root::Anywhere)?;
    let (evidence, _) = evidence::read(&check, known, &earlier)?;
    let (mut tried, mut first) = (BTreeSet::new(), None);
    loop {
        let known = KnownFailures::read(&documents);
        let (facts, known, _) = check::facts(&check, known, &found, &[], &Root::Anywhere)?;
        let judgement = judge(&facts, &FailOn::default());
        let report = Report::new("", facts.clone(), judgement, &known, &evidence);
        let plan = UpdatePlan::new(&known, &facts, &report, &allowed, &tried);
        let told = || (plan.evidence_lines(&report), plan.stay_lines(&facts, &report));
        let (evidence, stays) = first.get_or_insert_with(told);
        if plan.edits.is_empty() {
            let (evidence, stays) = (std::mem::take(evidence), std::mem::take(stays));
            return Ok(Updated { known, report, evidence, stays, plan });
        }
        tried.extend(plan.edits.added.iter().map(|row| row.name.clone()));
        edit(&mut documents, &known, &plan.edits);
    }
}

fn edit(documents: &mut [(Arc<str>, String)], known: &KnownFailures, edits: &Edits) {
    for ((_, text), edited) in documents.iter_mut().zip(known.edited(edits)) {
        *text = edited;
    }
}

fn read(path: &Path) -> Result<(Arc<str>, String), Error> {
    Ok((check::shown(path), files::read_to_edit(path, &Root::Anywhere)?))
}

fn check_options(options: &UpdateOptions) -> CheckOptions {
    CheckOptions {
        read: options.read.clone(),
        measured: options.measured.clone(),
        ..CheckOptions::default()
    }
}

fn allowed(options: &UpdateOptions) -> Vec<Edit> {
    let asked =
        [(options.remove, Edit::Remove), (options.narrow, Edit::Narrow), (options.add, Edit::Add)];
    let asked: Vec<Edit> = asked.into_iter().filter(|(on, _)| *on).map(|(_, edit)| edit).collect();
    if asked.is_empty() { vec![Edit::Remove, Edit::Narrow] } else { asked }
}
