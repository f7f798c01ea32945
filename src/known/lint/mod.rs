//! What is odd about a list that reads well: rows that add nothing, patterns that claim too much or mean
//! something else, prose that counts wrongly.
//!
//! In: the rows and totals of all documents. Out: problems that `lint` tells and a check does not: none
//! of them changes what a row claims. A newcomer's trap: a row inside a wider one is no mistake, since it
//! may say why this very test fails; only one that says the same is.

pub(crate) mod overlaps;

use super::document::prose_claims::{ClaimKind, ProseClaim};
use super::index::literals::LiteralIndex;
use super::index::precedence;
use super::span::SpanResolver;
use super::{KnownFailures, PatternKind, Row, RowId};
use crate::model::{Problem, ProblemKind};
use overlaps::overlaps;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Steps that may be taken to find rows inside wider ones: in lists that take more, not every one is told.
const MAX_STEPS: u64 = 1 << 30;

/// A number that prose gives as a total.
#[derive(Debug, Clone)]
pub(crate) struct StatedTotal {
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    pub stated: u64,
    /// The headings above it, outermost first.
    pub section: Arc<[String]>,
}

/// What is odd, in the order of the rules.
pub(crate) fn lint(known: &KnownFailures) -> Vec<Problem> {
    let active: Vec<(RowId, &Row)> =
        known.rows_with_ids().filter(|(_, row)| row.inactive.is_none()).collect();
    let is_wide = |row: &Row| row.pattern.kind() != PatternKind::Exact;
    let pattern_rows =
        PatternRows::new(known, active.iter().copied().filter(|(_, row)| is_wide(row)).collect());
    let spans = SpanResolver::new(known);
    let mut problems = Vec::new();
    for (id, row) in &active {
        let problem = |kind| Problem::new(&row.file, row.line, row.column, kind);
        problems.extend(pattern_rows.redundancy(*id, row).map(problem));
        problems.extend(check_pattern(row, &spans).map(problem));
    }
    problems.extend(overlaps(&pattern_rows.rows).into_iter().map(|(row, other)| {
        let claims = pattern_rows.precedes(row, other);
        let ((_, row), (_, other)) = (row, other);
        let kind = ProblemKind::OverlappingRows {
            pattern: row.pattern.as_str().to_owned(),
            other: other.pattern.as_str().to_owned(),
            file: other.file.clone(),
            line: other.line,
            claims,
        };
        Problem::new(&row.file, row.line, row.column, kind)
    }));
    problems.extend(unrecognized_issues(&active));
    problems.extend(total_mismatches(known));
    problems.extend(stale_prose(known, &active, &pattern_rows));
    problems
}

/// The rows that claim more than one name.
struct PatternRows<'k> {
    known: &'k KnownFailures,
    rows: Vec<(RowId, &'k Row)>,
    literal_index: LiteralIndex,
    steps: Cell<u64>,
}

impl<'k> PatternRows<'k> {
    fn new(known: &'k KnownFailures, rows: Vec<(RowId, &'k Row)>) -> PatternRows<'k> {
        let literal_index = LiteralIndex::new(rows.iter().map(|(_, row)| row.broadest_pattern()));
        PatternRows { known, rows, literal_index, steps: Cell::new(0) }
    }

    /// Whether the first of two rows claims what both match.
    fn precedes(&self, (a, _): (RowId, &Row), (b, _): (RowId, &Row)) -> bool {
        precedence(self.known.rows(), a) < precedence(self.known.rows(), b)
    }

    /// What is odd about a row inside a wider one: that says the same, or claims all of its tests.
    fn redundancy(&self, id: RowId, row: &Row) -> Option<ProblemKind> {
        if self.steps.get() > MAX_STEPS {
            return None;
        }
        let is_superset = |index: &usize| {
            let (other, wider) = self.rows[*index];
            let mut steps = self.steps.get();
            let includes =
                other != id && steps <= MAX_STEPS && wider.is_superset_with(row, &mut steps);
            self.steps.set(steps);
            includes
        };
        let mut supersets = self.literal_index.superset_candidates(row.broadest_pattern());
        supersets.retain(is_superset);
        supersets.sort_unstable();
        let (pattern, is_exact) =
            (row.pattern.as_str().to_owned(), row.pattern.kind() == PatternKind::Exact);
        let row_at = |index: &usize| self.rows[*index];
        let is_redundant =
            |(_, wider): &(RowId, &Row)| wider.has_same_content(row) && !row.is_superset_of(wider);
        if let Some((_, wider)) = supersets.iter().map(row_at).find(is_redundant) {
            let (file, line) = (wider.file.clone(), wider.line);
            let wider = wider.pattern.as_str().to_owned();
            return Some(ProblemKind::RedundantRow { pattern, wider, file, line });
        }
        let shadows = |other: &(RowId, &Row)| !is_exact && self.precedes(*other, (id, row));
        let (_, by) = supersets.iter().map(row_at).find(shadows)?;
        let (by, file, line) = (by.pattern.as_str().to_owned(), by.file.clone(), by.line);
        Some(ProblemKind::ShadowedRow { pattern, by, file, line })
    }

    /// Whether some row matches a name, in whatever variants.
    fn has_match(&self, name: &str) -> bool {
        let mut found = self.literal_index.candidates(name);
        found.extend_from_slice(self.literal_index.without_literals());
        found.into_iter().any(|index| self.rows[index].1.matches(name).is_some())
    }
}

/// What prose says of names against what the rows of the same document say.
fn stale_prose(
    known: &KnownFailures,
    active: &[(RowId, &Row)],
    pattern_rows: &PatternRows<'_>,
) -> Vec<Problem> {
    if known.prose_claims.is_empty() {
        return Vec::new();
    }
    let mut rows: HashMap<(&str, &str), u32> = HashMap::new();
    for (_, row) in active {
        rows.entry((&row.file, row.pattern.as_str())).or_insert(row.line);
    }
    let names: HashSet<&str> =
        active.iter().filter_map(|(_, row)| row.pattern.exact_name()).collect();
    let suites: HashSet<&str> =
        active.iter().filter_map(|(_, row)| suite(row.pattern.as_str())).collect();
    let is_listed = |name: &str| {
        let listed =
            known.documents().iter().any(|document| rows.contains_key(&(&*document.path, name)));
        listed || names.contains(name) || pattern_rows.has_match(name)
    };
    let stale = |claim: &ProseClaim| {
        let name = claim.name.clone();
        let row = rows.get(&(&*claim.file, &claim.name)).copied();
        let kind = match (claim.kind, row) {
            (ClaimKind::NotFailing, Some(row)) => {
                ProblemKind::ProseSaysRemoved { pattern: name, row }
            }
            (ClaimKind::Failing, None)
                if suite(&name).is_some_and(|name_suite| suites.contains(name_suite))
                    && !is_listed(&name) =>
            {
                ProblemKind::ProseSaysListed { name }
            }
            (ClaimKind::NotFailing, None) | (ClaimKind::Failing, _) => return None,
        };
        Some(Problem::new(&claim.file, claim.line, 0, kind))
    };
    let mut problems: Vec<Problem> = known.prose_claims.iter().filter_map(stale).collect();
    problems.dedup();
    problems
}

/// The name's first part, of several.
fn suite(name: &str) -> Option<&str> {
    let (suite, rest) = name.split_once(['.', '/', ':'])?;
    let is_name = !suite.is_empty() && !rest.is_empty() && !name.contains(char::is_whitespace);
    is_name.then_some(suite)
}

fn check_pattern(row: &Row, spans: &SpanResolver<'_>) -> Option<ProblemKind> {
    let pattern = row.pattern.as_str();
    let owned = || pattern.to_owned();
    if row.pattern.is_catch_all() {
        Some(ProblemKind::CatchAllRow { pattern: owned() })
    } else if !row.pattern.can_match() {
        Some(ProblemKind::NeverMatches { pattern: owned() })
    } else if row.pattern.kind() != PatternKind::Regex
        && (is_marked_up(pattern) || has_markup(row, spans))
    {
        Some(ProblemKind::MarkupInPattern { pattern: owned() })
    } else if row.pattern.kind() != PatternKind::Regex && looks_like_regex(pattern) {
        Some(ProblemKind::LooksLikeRegex { pattern: owned() })
    } else {
        None
    }
}

/// Whether Markdown would show a pattern as something else than it is: all of it is bold, struck out, a
/// link or an element. `*x*` is a wildcard and `__init__` a name.
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

/// Whether a cell has markup in it that is read as a part of the name.
fn has_markup(row: &Row, spans: &SpanResolver<'_>) -> bool {
    let pattern = row.pattern.as_str();
    pattern.contains(['`', '<', '\\'])
        && spans.raw_cell(row).is_some_and(|cell| RawCell::parse(cell).is_marked_up())
}

/// Signs that formatters escape. Others are escaped by whoever means a wildcard's, or a regular expression.
const ESCAPED_CHARS: [char; 6] = ['_', '<', '>', '~', '#', '&'];

/// A cell as Markdown sees it.
#[derive(Debug, Default)]
struct RawCell<'c> {
    cell: &'c str,
    spans: usize,
    /// Whether a code span begins that never ends: a pipe cut it in two.
    has_unclosed_span: bool,
    has_escape: bool,
    /// What is not in code.
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
        // Backticks in the midst of a name are a part of what it is called.
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

/// What follows a code span that has begun with so many ticks; `None` where it does not end.
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

/// Whether a pattern that is none reads as a regular expression: no test is called so.
fn looks_like_regex(pattern: &str) -> bool {
    let anchored = pattern.starts_with('^') && pattern.ends_with('$');
    anchored || [r"\.", r"\d", r"\w", ".*.*", ".+"].iter().any(|symbol| pattern.contains(symbol))
}

/// Issues that lead nowhere, in documents most of whose issues lead somewhere: a column that nobody uses
/// for references is no mistake.
fn unrecognized_issues(rows: &[(RowId, &Row)]) -> Vec<Problem> {
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

/// Whether an issue has a number, a key of a tracker or an address.
fn is_reference(issue: &str) -> bool {
    issue.contains("://") || issue.chars().any(|c| c.is_ascii_digit())
}

/// Totals that fit neither the document nor any section that they stand in.
fn total_mismatches(known: &KnownFailures) -> Vec<Problem> {
    if known.totals.is_empty() {
        return Vec::new();
    }
    let counts = SectionCounts::new(known.rows());
    known.totals.iter().filter_map(|total| counts.mismatch(total)).collect()
}

/// How many rows stand in a part of a document: its path and the headings above.
type CountBySection<'k> = HashMap<(&'k str, &'k [String]), u64>;

/// How many rows stand right below the headings of a section, and in it and all sections inside.
#[derive(Default)]
struct SectionCounts<'k> {
    direct: CountBySection<'k>,
    nested: CountBySection<'k>,
}

impl<'k> SectionCounts<'k> {
    fn new(rows: &'k [Row]) -> SectionCounts<'k> {
        let mut counts = SectionCounts::default();
        // The rows below one heading share it, so that its text is looked at once.
        for rows in rows.chunk_by(|a, b| a.file == b.file && Arc::ptr_eq(&a.section, &b.section)) {
            let (file, section, count) = (&*rows[0].file, &*rows[0].section, rows.len() as u64);
            *counts.direct.entry((file, section)).or_default() += count;
            for depth in 0..=section.len() {
                *counts.nested.entry((file, &section[..depth])).or_default() += count;
            }
        }
        counts
    }

    fn mismatch(&self, total: &StatedTotal) -> Option<Problem> {
        let (file, section) = (&*total.file, &*total.section);
        let nested = (0..=section.len()).map(|depth| self.nested.get(&(file, &section[..depth])));
        let direct = self.direct.get(&(file, section));
        let counts: Vec<u64> =
            nested.chain([direct]).map(|count| count.copied().unwrap_or(0)).collect();
        // The innermost part that has rows at all is most likely meant.
        let found = counts.iter().rev().copied().find(|count| *count > 0)?;
        let kind = ProblemKind::WrongTotal { stated: total.stated, actual: found };
        (!counts.contains(&total.stated)).then(|| Problem::new(file, total.line, 0, kind))
    }
}

/// The number of a line of prose that begins as a total: `**Total: 48 tests**`. What is more than a bare
/// total (`Total of this week: 5`) may count anything.
pub(crate) fn parse_total(line: &str) -> Option<u64> {
    let text = line.trim_start_matches(['-', '*', '+', '_', ' ', '\t', '>']);
    let (total, number) = text.split_once(':')?;
    let number = number.trim_start_matches(['*', '_', ' ']);
    let digits = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
    let mut following = number[digits.len()..].chars();
    // `1.5`, `48%`, `3/5` and `8→6` are no counts of rows.
    let is_whole = match (following.next(), following.next()) {
        (Some('.' | ','), after) => after.is_none_or(char::is_whitespace),
        (Some('%' | '/' | '→' | '-' | ':'), _) => false,
        (_, _) => true,
    };
    let is_total = total.trim_matches(['*', '_', ' ']).eq_ignore_ascii_case("total");
    digits.parse().ok().filter(|_| is_total && is_whole)
}
