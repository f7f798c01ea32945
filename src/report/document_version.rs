//! Documents at another commit than the one whose list judged: their lines may be others, and rows may have other effects.

use super::{Patch, Report};
use crate::compare::Verdict;
use crate::known::{KnownFailures, LineMap, RowId, Successors};
use crate::model::Variant;
use std::collections::BTreeSet;

/// A document at a commit, compared with the text that judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentVersion {
    /// Its text is the same.
    Same,
    /// Its text is another one, where the lines of the text that judged are found again.
    Changed(LineMap),
    /// The commit does not have it.
    Missing,
    /// It could not be read.
    Unknown,
}

/// A patch of the list that judged, for another version of that list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPatch {
    /// The patch; it removes no rows if none can be removed there.
    pub patch: Patch,
    /// How many rows the version does not have.
    pub missing: usize,
    /// How many rows the version needs, because of its other rows.
    pub needed: usize,
}

/// The patches of a report for another version of its list, in the same order.
///
/// A row that can be removed from the list that judged may be needed in the other one, where it may claim a test that did
/// not pass, or precede a row that excuses more.
pub fn patches_in_version(
    report: &Report,
    known: &KnownFailures,
    version: &KnownFailures,
) -> Vec<VersionPatch> {
    let texts = |list: &KnownFailures| -> Vec<String> {
        list.documents().iter().map(|document| document.text.clone()).collect()
    };
    if texts(known) == texts(version) {
        let unchanged =
            |patch: &Patch| VersionPatch { patch: patch.clone(), missing: 0, needed: 0 };
        return report.patches.iter().map(unchanged).collect();
    }
    let found: Vec<BTreeSet<RowId>> =
        report.patches.iter().map(|patch| rows_in_version(patch, known, version)).collect();
    let all: BTreeSet<RowId> = found.iter().flatten().copied().collect();
    let removable = removable_rows(report, version, all);
    let separable = Successors::new(version, variants(report)).removable_alone(&removable);
    let lines = |found: &BTreeSet<RowId>, chosen: &BTreeSet<RowId>| -> BTreeSet<u32> {
        found.intersection(chosen).map(|id| version.row(*id).line).collect()
    };
    let in_version = |(patch, found): (&Patch, &BTreeSet<RowId>)| {
        let mut documents = version.documents().iter();
        let document = documents.find(|document| *document.path == *patch.file);
        let rows = lines(found, &removable);
        VersionPatch {
            missing: patch.rows.len() - found.len(),
            needed: found.len() - rows.len(),
            patch: match document {
                Some(document) => Patch::new(document, rows, lines(found, &separable)),
                None => Patch { file: patch.file.clone(), ..Patch::default() },
            },
        }
    };
    report.patches.iter().zip(&found).map(in_version).collect()
}

/// The rows of a patch that another version has too.
fn rows_in_version(
    patch: &Patch,
    known: &KnownFailures,
    version: &KnownFailures,
) -> BTreeSet<RowId> {
    let map = LineMap::new(known, version, &patch.file);
    let lines: BTreeSet<u32> = patch.rows.iter().filter_map(|line| map.line(*line)).collect();
    let rows = version.rows_with_ids();
    let rows = rows.filter(|(_, row)| *row.file == *patch.file && lines.contains(&row.line));
    rows.map(|(id, _)| id).collect()
}

fn variants(report: &Report) -> impl Iterator<Item = Variant> {
    report.variants.iter().map(|line| Variant::new(&line.name))
}

/// Of these rows of a list, those that it does not need: all of their tests passed, and no other row excuses more.
fn removable_rows(
    report: &Report,
    list: &KnownFailures,
    mut rows: BTreeSet<RowId>,
) -> BTreeSet<RowId> {
    let passed = [Verdict::Passed, Verdict::NewlyPassing];
    for test in report.tests.iter().filter(|test| !passed.contains(&test.verdict)) {
        if let Some(claim) = list.claim(&test.name, &Variant::new(&test.variant)) {
            rows.remove(&claim.row);
        }
    }
    // Then it is not known what the rows claim.
    if list.costliest_row().is_some() {
        return BTreeSet::new();
    }
    let kept = Successors::new(list, variants(report)).more_tolerant(&rows, &BTreeSet::new());
    rows.retain(|id| !kept.contains_key(id));
    rows
}
