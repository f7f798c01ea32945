//! Rule: the prose of a document agrees with its rows.

use super::pattern_rows::{PatternRows, RowEntry};
use crate::known::document::prose_claims::{ClaimKind, ProseClaim};
use crate::known::list::{Document, KnownFailures};
use crate::known::pattern::Pattern;
use crate::model::{Problem, ProblemKind};
use std::collections::{HashMap, HashSet};

/// The statements in prose that contradict the rows of their document.
pub(super) fn stale_prose(
    known: &KnownFailures,
    active: &[RowEntry<'_>],
    pattern_rows: &PatternRows<'_>,
) -> Vec<Problem> {
    if known.documents().iter().all(|document| document.prose_claims.is_empty()) {
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
    let is_listed = |name: &str| names.contains(name) || pattern_rows.has_match(name);
    let stale = |file: &str, claim: &ProseClaim| {
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
    let stale_claims = |document: &Document| -> Vec<Problem> {
        document.prose_claims.iter().filter_map(|claim| stale(&document.path, claim)).collect()
    };
    let mut problems: Vec<Problem> = known.documents().iter().flat_map(stale_claims).collect();
    problems.dedup();
    problems
}

/// The first part of a name that has several.
fn suite(name: &str) -> Option<&str> {
    let (suite, rest) = name.split_once(['.', '/', ':'])?;
    let is_name = !suite.is_empty() && !rest.is_empty() && !name.contains(char::is_whitespace);
    is_name.then_some(suite)
}
