//! What is odd about a list that reads well: rows that add nothing, patterns that claim too much or mean
//! something else, prose that counts wrongly.
//!
//! In: the rows and totals of all documents. Out: problems that `lint` tells and a check does not: none
//! of them changes what a row claims. A newcomer's trap: a row inside a wider one is no mistake, since it
//! may say why this very test fails; only one that says the same is.

use super::{KnownFailures, PatternKind, Row};
use crate::model::{Problem, ProblemKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A number that prose gives as a total.
#[derive(Debug, Clone)]
pub(super) struct Total {
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    pub told: u64,
    /// The headings above it, outermost first.
    pub section: Arc<[String]>,
}

/// What is odd, in the order of the rules.
pub(super) fn oddities(known: &KnownFailures) -> Vec<Problem> {
    let used: Vec<&Row> = known.rows().iter().filter(|row| row.unused.is_none()).collect();
    let wide: Vec<&Row> =
        used.iter().filter(|row| row.pattern.kind() != PatternKind::Exact).copied().collect();
    let mut problems = Vec::new();
    for row in &used {
        let at = |kind| Problem::new(&row.file, row.line, row.column, kind);
        problems.extend(redundant(row, &wide).map(at));
        problems.extend(of_pattern(row).map(at));
    }
    problems.extend(odd_issues(&used));
    let wrong = known.totals.iter().filter_map(|total| wrong_total(known, total));
    problems.extend(wrong);
    problems
}

/// A wider row that says the same.
fn redundant(row: &Row, wide: &[&Row]) -> Option<ProblemKind> {
    let same = |wider: &Row| {
        let elsewhere = (&wider.file, wider.line) != (&row.file, row.line);
        elsewhere && wider.includes(row) && !row.includes(wider) && wider.says_the_same(row)
    };
    let wider = wide.iter().find(|wider| same(wider))?;
    Some(ProblemKind::RedundantRow {
        pattern: row.pattern.as_str().to_owned(),
        wider: wider.pattern.as_str().to_owned(),
        file: wider.file.clone(),
        line: wider.line,
    })
}

fn of_pattern(row: &Row) -> Option<ProblemKind> {
    let pattern = row.pattern.as_str();
    let told = || pattern.to_owned();
    if row.pattern.is_catch_all() {
        Some(ProblemKind::CatchAllRow { pattern: told() })
    } else if !row.pattern.can_match() {
        Some(ProblemKind::NeverMatches { pattern: told() })
    } else if row.pattern.kind() != PatternKind::Regex && looks_like_regex(pattern) {
        Some(ProblemKind::LooksLikeRegex { pattern: told() })
    } else {
        None
    }
}

/// Whether a pattern that is none reads as a regular expression: no test is called so.
fn looks_like_regex(pattern: &str) -> bool {
    let anchored = pattern.starts_with('^') && pattern.ends_with('$');
    anchored || [r"\.", r"\d", r"\w", ".*.*", ".+"].iter().any(|sign| pattern.contains(sign))
}

/// Issues that lead nowhere, in documents most of whose issues lead somewhere: a column that nobody uses
/// for references is no mistake.
fn odd_issues(rows: &[&Row]) -> Vec<Problem> {
    let mut by_file: BTreeMap<&str, (Vec<&Row>, usize)> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.issue.is_empty()) {
        let (odd, others) = by_file.entry(&row.file).or_default();
        if leads_somewhere(&row.issue) { *others += 1 } else { odd.push(row) }
    }
    let odd = by_file.into_values().filter(|(odd, others)| odd.len() <= *others);
    let kind = |row: &Row| ProblemKind::OddIssue { text: row.issue.clone() };
    odd.flat_map(|(odd, _)| odd)
        .map(|row| Problem::new(&row.file, row.line, 0, kind(row)))
        .collect()
}

/// Whether an issue has a number, a key of a tracker or an address.
fn leads_somewhere(issue: &str) -> bool {
    issue.contains("://") || issue.chars().any(|c| c.is_ascii_digit())
}

/// A total that fits neither the document nor any section that it stands in.
fn wrong_total(known: &KnownFailures, total: &Total) -> Option<Problem> {
    let of_file = || known.rows().iter().filter(|row| row.file == total.file);
    let below = |depth: usize| {
        let inside = |row: &&Row| row.section.starts_with(&total.section[..depth]);
        of_file().filter(inside).count() as u64
    };
    let own = of_file().filter(|row| row.section == total.section).count() as u64;
    let counts: Vec<u64> = (0..=total.section.len()).map(below).chain([own]).collect();
    // The innermost part that has rows at all is most likely meant.
    let found = counts.iter().rev().copied().find(|count| *count > 0)?;
    let kind = ProblemKind::WrongTotal { told: total.told, found };
    (!counts.contains(&total.told)).then(|| Problem::new(&total.file, total.line, 0, kind))
}

/// The number of a line of prose that begins as a total: `**Total: 48 tests**`. What is more than a bare
/// total (`Total of this week: 5`) may count anything.
pub(super) fn total_in(line: &str) -> Option<u64> {
    let text = line.trim_start_matches(['-', '*', '+', '_', ' ', '\t', '>']);
    let (total, number) = text.split_once(':')?;
    let number = number.trim_start_matches(['*', '_', ' ']);
    let digits = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
    let mut behind = number[digits.len()..].chars();
    // `1.5`, `48%`, `3/5` and `8→6` are no counts of rows.
    let is_whole = match (behind.next(), behind.next()) {
        (Some('.' | ','), after) => after.is_none_or(char::is_whitespace),
        (Some('%' | '/' | '→' | '-' | ':'), _) => false,
        (_, _) => true,
    };
    let is_total = total.trim_matches(['*', '_', ' ']).eq_ignore_ascii_case("total");
    digits.parse().ok().filter(|_| is_total && is_whole)
}
