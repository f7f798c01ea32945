//! Rules about single cells: a pattern that matches everything or nothing, contains Markdown markup or looks like a
//! regular expression, and an issue that is not a reference.

use super::pattern_rows::RowEntry;
use crate::known::list::KnownFailures;
use crate::known::pattern::PatternKind;
use crate::known::row::Row;
use crate::known::span::SpanResolver;
use crate::model::{Problem, ProblemKind};
use std::collections::BTreeMap;

/// The rows whose pattern is probably not what its author meant.
pub(super) fn suspicious_patterns(known: &KnownFailures, active: &[RowEntry<'_>]) -> Vec<Problem> {
    let spans = SpanResolver::new(known);
    let problem = |(_, row): &RowEntry<'_>| Some(row.problem(check_pattern(row, &spans)?));
    active.iter().filter_map(problem).collect()
}

fn check_pattern(row: &Row, spans: &SpanResolver<'_>) -> Option<ProblemKind> {
    let text = row.pattern.as_str();
    let pattern = || text.to_owned();
    let is_regex = row.pattern.kind() == PatternKind::Regex;
    if row.pattern.is_catch_all() {
        Some(ProblemKind::CatchAllRow { pattern: pattern() })
    } else if !row.pattern.can_match() {
        Some(ProblemKind::NeverMatches { pattern: pattern() })
    } else if !is_regex && (is_marked_up(text) || has_markup(row, spans)) {
        Some(ProblemKind::MarkupInPattern { pattern: pattern() })
    } else if !is_regex && looks_like_regex(text) {
        Some(ProblemKind::LooksLikeRegex { pattern: pattern() })
    } else {
        None
    }
}

/// Whether the whole pattern is bold, struck out, a link or an HTML element. `*x*` is a wildcard and `__init__` a
/// name.
fn is_marked_up(pattern: &str) -> bool {
    let inside = |start: &str, end: &str| {
        let inner = pattern.strip_prefix(start)?.strip_suffix(end)?;
        inner.chars().any(char::is_alphanumeric).then_some(inner)
    };
    let is_link = inside("[", ")").is_some_and(|inner| inner.matches("](").count() == 1);
    let is_element = inside("<", ">").is_some_and(|inner| {
        let name = |c: char| c.is_ascii_alphanumeric();
        let opening = &inner[..inner.find(|c| !name(c)).unwrap_or(inner.len())];
        !opening.is_empty()
            && inner.rsplit_once("</").is_some_and(|(_, closing)| closing == opening)
    });
    let is_word = |inner: &str| inner.chars().all(|c| c.is_alphanumeric() || c == '_');
    inside("**", "**").is_some()
        || inside("~~", "~~").is_some()
        || inside("__", "__").is_some_and(|inner| !is_word(inner))
        || is_link
        || is_element
}

/// Whether the pattern's cell contains markup, which became a part of the name.
fn has_markup(row: &Row, spans: &SpanResolver<'_>) -> bool {
    let pattern = row.pattern.as_str();
    pattern.contains(['`', '<', '\\'])
        && spans.raw_cell(row).is_some_and(|cell| RawCell::parse(cell).is_marked_up())
}

/// Characters that Markdown formatters escape. Escapes of other characters are meant for wildcards or regular
/// expressions.
const ESCAPED_CHARS: [char; 6] = ['_', '<', '>', '~', '#', '&'];

/// The code spans and escapes of a cell's source.
#[derive(Debug, Default)]
struct RawCell<'c> {
    cell: &'c str,
    spans: usize,
    /// Whether a code span is not closed, because a pipe has split it.
    has_unclosed_span: bool,
    has_escape: bool,
    /// The text outside of code spans.
    outside: String,
}

impl<'c> RawCell<'c> {
    fn parse(cell: &'c str) -> RawCell<'c> {
        let mut raw = RawCell { cell, ..RawCell::default() };
        let mut rest = cell;
        while let Some(c) = rest.chars().next() {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            if ticks > 0 {
                rest = &rest[ticks..];
                let Some(after_span) = skip_code_span(rest, ticks) else {
                    raw.has_unclosed_span = true;
                    return raw;
                };
                (rest, raw.spans) = (after_span, raw.spans + 1);
                continue;
            }
            raw.outside.push(c);
            rest = &rest[c.len_utf8()..];
            if let ('\\', Some(escaped)) = (c, rest.chars().next()) {
                raw.has_escape |= ESCAPED_CHARS.contains(&escaped);
                raw.outside.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
        }
        raw
    }

    fn is_marked_up(&self) -> bool {
        // Backticks in the middle of a name are a part of it.
        let begins_or_ends = self.cell.starts_with('`') || self.cell.ends_with('`');
        let is_whole_span = self.spans == 1 && self.outside.trim().is_empty();
        let has_partial_span = self.spans > 0 && begins_or_ends && !is_whole_span;
        let outside = self.outside.to_ascii_lowercase();
        let tags = ["<br>", "<br/>", "<br />", "<!--"];
        self.has_unclosed_span
            || has_partial_span
            || self.has_escape
            || tags.iter().any(|tag| outside.contains(tag))
    }
}

/// The text after a code span that was opened with this number of backticks; `None` if it is not closed.
fn skip_code_span(mut rest: &str, ticks: usize) -> Option<&str> {
    loop {
        rest = &rest[rest.find('`')?..];
        let run = rest.len() - rest.trim_start_matches('`').len();
        rest = &rest[run..];
        if run == ticks {
            return Some(rest);
        }
    }
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
