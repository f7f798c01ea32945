//! Rules: the statements and totals in the prose of a document agree with its rows.

use super::pattern_rows::{PatternRows, RowEntry};
use crate::known::document::prose_claims::{ClaimKind, ProseClaim};
use crate::known::document::reader::StatedTotal;
use crate::known::list::{Document, KnownFailures};
use crate::known::pattern::Pattern;
use crate::known::row::Row;
use crate::model::{Problem, ProblemKind};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Maximum steps of the search for rows that match names in prose; with more, some statements are not reported.
const MAX_PROSE_STEPS: u64 = 1 << 28;

/// The statements in prose that contradict the rows of their document.
pub(super) fn stale_prose(
    known: &KnownFailures,
    active: &[RowEntry<'_>],
    pattern_rows: &PatternRows<'_>,
) -> Vec<Problem> {
    if known.documents().iter().all(|document| document.parsed.prose_claims.is_empty()) {
        return Vec::new();
    }
    let mut lines: HashMap<(&str, &str), u32> = HashMap::new();
    for (_, row) in active {
        lines.entry((&row.file, row.pattern.as_str())).or_insert(row.line);
    }
    let patterns = || active.iter().map(|(_, row)| &row.pattern);
    let names = patterns().filter_map(Pattern::exact_name);
    let names: HashSet<&str> = names.chain(patterns().map(Pattern::as_str)).collect();
    let suites: HashSet<&str> = patterns().filter_map(|p| suite(p.as_str())).collect();
    let is_in_listed_suite = |name: &str| suite(name).is_some_and(|name| suites.contains(name));
    let mut steps = 0;
    let mut is_listed = |name: &str| {
        names.contains(name) || pattern_rows.has_match(name, &mut steps, MAX_PROSE_STEPS)
    };
    let mut stale = |file: &str, claim: &ProseClaim| {
        let name = claim.name.clone();
        let row = lines.get(&(file, &claim.name)).copied();
        let kind = match (claim.kind, row) {
            (ClaimKind::NotFailing, Some(row)) => {
                ProblemKind::ProseSaysRemoved { pattern: name, row }
            }
            (ClaimKind::Failing, None) if is_in_listed_suite(&name) && !is_listed(&name) => {
                ProblemKind::ProseSaysListed { name }
            }
            (ClaimKind::NotFailing, None) | (ClaimKind::Failing, _) => return None,
        };
        Some(Problem::new(file, claim.line, 0, kind))
    };
    let mut stale_claims = |document: &Document| -> Vec<Problem> {
        document
            .parsed
            .prose_claims
            .iter()
            .filter_map(|claim| stale(&document.path, claim))
            .collect()
    };
    let mut problems: Vec<Problem> = known.documents().iter().flat_map(&mut stale_claims).collect();
    problems.dedup();
    problems
}

/// The first part of a name that has several.
fn suite(name: &str) -> Option<&str> {
    let (suite, rest) = name.split_once(['.', '/', ':'])?;
    let is_name = !suite.is_empty() && !rest.is_empty() && !name.contains(char::is_whitespace);
    is_name.then_some(suite)
}

/// The totals that are not the number of rows of their document or of any section that contains them.
pub(super) fn total_mismatches(known: &KnownFailures) -> Vec<Problem> {
    if known.documents().iter().all(|document| document.parsed.totals.is_empty()) {
        return Vec::new();
    }
    let counts = SectionCounts::new(known.rows());
    let mismatches = |document: &Document| -> Vec<Problem> {
        document.parsed.totals.iter().filter_map(|t| counts.mismatch(&document.path, t)).collect()
    };
    known.documents().iter().flat_map(mismatches).collect()
}

/// The number of rows by document and section, without and with the sections inside it.
#[derive(Default)]
struct SectionCounts<'k> {
    direct: HashMap<(&'k str, &'k [String]), u64>,
    nested: HashMap<(&'k str, &'k [String]), u64>,
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
