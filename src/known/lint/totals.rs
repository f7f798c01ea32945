//! Rule: totals in prose are the number of rows.

use crate::known::document::totals::StatedTotal;
use crate::known::list::KnownFailures;
use crate::known::row::Row;
use crate::model::{Problem, ProblemKind};
use std::collections::HashMap;
use std::sync::Arc;

/// The totals that are not the number of rows of their document or of any section that contains them.
pub(super) fn total_mismatches(known: &KnownFailures) -> Vec<Problem> {
    if known.documents().iter().all(|document| document.totals.is_empty()) {
        return Vec::new();
    }
    let counts = SectionCounts::new(known.rows());
    let totals = known
        .documents()
        .iter()
        .flat_map(|document| document.totals.iter().map(|total| (&*document.path, total)));
    totals.filter_map(|(file, total)| counts.mismatch(file, total)).collect()
}

/// The number of rows by document and section.
type CountBySection<'k> = HashMap<(&'k str, &'k [String]), u64>;

/// The number of rows of each section, without and with the sections inside it.
#[derive(Default)]
struct SectionCounts<'k> {
    direct: CountBySection<'k>,
    nested: CountBySection<'k>,
}

impl<'k> SectionCounts<'k> {
    fn new(rows: &'k [Row]) -> SectionCounts<'k> {
        let mut counts = SectionCounts::default();
        // Adjacent rows of a section share its headings, so that these are hashed once.
        for rows in rows.chunk_by(|a, b| a.file == b.file && Arc::ptr_eq(&a.section, &b.section)) {
            let (file, section, count) = (&*rows[0].file, &*rows[0].section, rows.len() as u64);
            *counts.direct.entry((file, section)).or_default() += count;
            for depth in 0..=section.len() {
                *counts.nested.entry((file, &section[..depth])).or_default() += count;
            }
        }
        counts
    }

    fn mismatch(&self, file: &str, total: &StatedTotal) -> Option<Problem> {
        let section = &*total.section;
        let nested = (0..=section.len()).map(|depth| self.nested.get(&(file, &section[..depth])));
        let direct = self.direct.get(&(file, section));
        let counts: Vec<u64> =
            nested.chain([direct]).map(|count| count.copied().unwrap_or(0)).collect();
        // Most likely the innermost section that has rows is meant.
        let found = counts.iter().rev().copied().find(|count| *count > 0)?;
        let kind = ProblemKind::WrongTotal { stated: total.stated, actual: found };
        (!counts.contains(&total.stated)).then(|| Problem::new(file, total.line, 0, kind))
    }
}
