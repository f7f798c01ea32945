//! Rules about single cells: a pattern that matches everything or nothing, contains Markdown markup or looks like a
//! regular expression, and an issue that is not a reference.

use super::pattern_rows::RowEntry;
use crate::known::list::KnownFailures;
use crate::known::list_format::ListFormat;
use crate::known::pattern::PatternKind;
use crate::known::row::Row;
use crate::model::{Problem, ProblemKind};
use std::collections::BTreeMap;

/// The rows whose pattern is probably not what its author meant.
pub(super) fn suspicious_patterns(known: &KnownFailures, active: &[RowEntry<'_>]) -> Vec<Problem> {
    let problem = |(_, row): &RowEntry<'_>| Some(row.problem(check_pattern(known, row)?));
    active.iter().filter_map(problem).collect()
}

fn check_pattern(known: &KnownFailures, row: &Row) -> Option<ProblemKind> {
    let text = row.pattern.as_str();
    let pattern = || text.to_owned();
    let is_regex = row.pattern.kind() == PatternKind::Regex;
    if row.pattern.is_catch_all() {
        Some(ProblemKind::CatchAllRow { pattern: pattern() })
    } else if !row.pattern.can_match() {
        Some(ProblemKind::NeverMatches { pattern: pattern() })
    } else if !is_regex && is_marked_up(text) && is_in_document(known, row) {
        Some(ProblemKind::MarkupInPattern { pattern: pattern() })
    } else if !is_regex && looks_like_regex(text) {
        Some(ProblemKind::LooksLikeRegex { pattern: pattern() })
    } else {
        None
    }
}

/// Whether a row is one of Markdown, where a pattern may have markup by mistake.
fn is_in_document(known: &KnownFailures, row: &Row) -> bool {
    let format = known.document(&row.file).and_then(|document| document.format);
    matches!(format, Some(ListFormat::Markdown))
}

/// Whether the whole pattern, inside of its backticks, is bold, struck out or a link. `*x*` is a wildcard, `__init__` a
/// name, and `<b>x</b>` one of a test of HTML.
fn is_marked_up(pattern: &str) -> bool {
    let inside = |start: &str, end: &str| {
        let inner = pattern.strip_prefix(start)?.strip_suffix(end)?;
        inner.chars().any(char::is_alphanumeric).then_some(inner)
    };
    let is_link = inside("[", ")").is_some_and(|inner| inner.matches("](").count() == 1);
    let is_word = |inner: &str| inner.chars().all(|c| c.is_alphanumeric() || c == '_');
    inside("**", "**").is_some()
        || inside("~~", "~~").is_some()
        || inside("__", "__").is_some_and(|inner| !is_word(inner))
        || is_link
}

/// Whether a name or wildcard contains what only regular expressions do.
fn looks_like_regex(pattern: &str) -> bool {
    let anchored = pattern.starts_with('^') && pattern.ends_with('$');
    anchored || [r"\.", r"\d", r"\w", ".*.*", ".+"].iter().any(|symbol| pattern.contains(symbol))
}

/// The issues that are not references, in documents most of whose issues are.
pub(super) fn unrecognized_issues(rows: &[RowEntry<'_>]) -> Vec<Problem> {
    let mut by_file: BTreeMap<&str, (Vec<&Row>, usize)> = BTreeMap::new();
    for (_, row) in rows.iter().filter(|(_, row)| !row.issue.is_empty()) {
        let (unrecognized, others) = by_file.entry(&row.file).or_default();
        if is_reference(&row.issue) { *others += 1 } else { unrecognized.push(row) }
    }
    let files =
        by_file.into_values().filter(|(unrecognized, others)| unrecognized.len() <= *others);
    let kind = |row: &Row| ProblemKind::UnrecognizedIssue { text: row.issue.clone() };
    files
        .flat_map(|(unrecognized, _)| unrecognized)
        .map(|row| Problem::new(&row.file, row.line, 0, kind(row)))
        .collect()
}

/// Whether an issue contains a number, the key of a tracker or a URL.
fn is_reference(issue: &str) -> bool {
    issue.contains("://") || issue.chars().any(|c| c.is_ascii_digit())
}
