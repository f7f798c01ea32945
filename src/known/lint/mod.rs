//! What is odd about a list that reads well: rows that add nothing, patterns that claim too much or mean
//! something else, prose that counts wrongly.
//!
//! In: the rows and totals of all documents. Out: problems that `lint` tells and a check does not: none
//! of them changes what a row claims. A newcomer's trap: a row inside a wider one is no mistake, since it
//! may say why this very test fails; only one that says the same is.

pub(crate) mod overlaps;

use super::document::prose_claims::{Standing, Told};
use super::index::literals::Needles;
use super::index::precedence;
use super::span::Sources;
use super::{KnownFailures, PatternKind, Row, RowId};
use crate::model::{Problem, ProblemKind};
use overlaps::overlaps;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Steps that may be taken to find rows inside wider ones: in lists that take more, not every one is told.
const STEPS: u64 = 1 << 30;

/// A number that prose gives as a total.
#[derive(Debug, Clone)]
pub(crate) struct Total {
    pub file: Arc<str>,
    /// 1-based.
    pub line: u32,
    pub told: u64,
    /// The headings above it, outermost first.
    pub section: Arc<[String]>,
}

/// What is odd, in the order of the rules.
pub(crate) fn oddities(known: &KnownFailures) -> Vec<Problem> {
    let used: Vec<(RowId, &Row)> =
        known.rows_with_ids().filter(|(_, row)| row.unused.is_none()).collect();
    let is_wide = |row: &Row| row.pattern.kind() != PatternKind::Exact;
    let wide = Wide::new(known, used.iter().copied().filter(|(_, row)| is_wide(row)).collect());
    let sources = Sources::new(known);
    let mut problems = Vec::new();
    for (id, row) in &used {
        let at = |kind| Problem::new(&row.file, row.line, row.column, kind);
        problems.extend(wide.around(*id, row).map(at));
        problems.extend(of_pattern(row, &sources).map(at));
    }
    problems.extend(overlaps(&wide.rows).into_iter().map(|(row, other)| {
        let claims = wide.precedes(row, other);
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
    problems.extend(odd_issues(&used));
    problems.extend(wrong_totals(known));
    problems.extend(stale_prose(known, &used, &wide));
    problems
}

/// The rows that claim more than one name.
struct Wide<'k> {
    known: &'k KnownFailures,
    rows: Vec<(RowId, &'k Row)>,
    needles: Needles,
    steps: Cell<u64>,
}

impl<'k> Wide<'k> {
    fn new(known: &'k KnownFailures, rows: Vec<(RowId, &'k Row)>) -> Wide<'k> {
        let needles = Needles::new(rows.iter().map(|(_, row)| row.widest()));
        Wide { known, rows, needles, steps: Cell::new(0) }
    }

    /// Whether the first of two rows claims what both match.
    fn precedes(&self, (a, _): (RowId, &Row), (b, _): (RowId, &Row)) -> bool {
        precedence(self.known.rows(), a) < precedence(self.known.rows(), b)
    }

    /// What is odd about a row inside a wider one: that says the same, or claims all of its tests.
    fn around(&self, id: RowId, row: &Row) -> Option<ProblemKind> {
        if self.steps.get() > STEPS {
            return None;
        }
        let wider = |place: &usize| {
            let (other, wider) = self.rows[*place];
            let mut steps = self.steps.get();
            let includes = other != id && steps <= STEPS && wider.includes_in(row, &mut steps);
            self.steps.set(steps);
            includes
        };
        let mut places = self.needles.wider_than(row.widest());
        places.retain(wider);
        places.sort_unstable();
        let (pattern, is_exact) =
            (row.pattern.as_str().to_owned(), row.pattern.kind() == PatternKind::Exact);
        let found = |place: &usize| self.rows[*place];
        let same = |(_, wider): &(RowId, &Row)| wider.says_the_same(row) && !row.includes(wider);
        if let Some((_, wider)) = places.iter().map(found).find(same) {
            let (file, line) = (wider.file.clone(), wider.line);
            let wider = wider.pattern.as_str().to_owned();
            return Some(ProblemKind::RedundantRow { pattern, wider, file, line });
        }
        let shadows = |other: &(RowId, &Row)| !is_exact && self.precedes(*other, (id, row));
        let (_, by) = places.iter().map(found).find(shadows)?;
        let (by, file, line) = (by.pattern.as_str().to_owned(), by.file.clone(), by.line);
        Some(ProblemKind::ShadowedRow { pattern, by, file, line })
    }

    /// Whether some row matches a name, in whatever variants.
    fn has(&self, name: &str) -> bool {
        let mut found = self.needles.in_name(name);
        found.extend_from_slice(self.needles.needless());
        found.into_iter().any(|place| self.rows[place].1.fit(name).is_some())
    }
}

/// What prose says of names against what the rows of the same document say.
fn stale_prose(known: &KnownFailures, used: &[(RowId, &Row)], wide: &Wide<'_>) -> Vec<Problem> {
    if known.told.is_empty() {
        return Vec::new();
    }
    let mut rows: HashMap<(&str, &str), u32> = HashMap::new();
    for (_, row) in used {
        rows.entry((&row.file, row.pattern.as_str())).or_insert(row.line);
    }
    let names: HashSet<&str> =
        used.iter().filter_map(|(_, row)| row.pattern.exact_name()).collect();
    let suites: HashSet<&str> =
        used.iter().filter_map(|(_, row)| suite(row.pattern.as_str())).collect();
    let has = |name: &str| {
        let listed = known.documents().iter().any(|it| rows.contains_key(&(&*it.path, name)));
        listed || names.contains(name) || wide.has(name)
    };
    let stale = |told: &Told| {
        let name = told.name.clone();
        let row = rows.get(&(&*told.file, &told.name)).copied();
        let kind = match (told.standing, row) {
            (Standing::Off, Some(row)) => ProblemKind::ProseSaysGone { pattern: name, row },
            (Standing::On, None)
                if suite(&name).is_some_and(|it| suites.contains(it)) && !has(&name) =>
            {
                ProblemKind::ProseSaysListed { name }
            }
            (Standing::Off, None) | (Standing::On, _) => return None,
        };
        Some(Problem::new(&told.file, told.line, 0, kind))
    };
    let mut problems: Vec<Problem> = known.told.iter().filter_map(stale).collect();
    problems.dedup();
    problems
}

/// The name's first part, of several.
fn suite(name: &str) -> Option<&str> {
    let (suite, rest) = name.split_once(['.', '/', ':'])?;
    let is_name = !suite.is_empty() && !rest.is_empty() && !name.contains(char::is_whitespace);
    is_name.then_some(suite)
}

fn of_pattern(row: &Row, sources: &Sources<'_>) -> Option<ProblemKind> {
    let pattern = row.pattern.as_str();
    let told = || pattern.to_owned();
    if row.pattern.is_catch_all() {
        Some(ProblemKind::CatchAllRow { pattern: told() })
    } else if !row.pattern.can_match() {
        Some(ProblemKind::NeverMatches { pattern: told() })
    } else if row.pattern.kind() != PatternKind::Regex
        && (is_marked_up(pattern) || has_markup(row, sources))
    {
        Some(ProblemKind::MarkedUpPattern { pattern: told() })
    } else if row.pattern.kind() != PatternKind::Regex && looks_like_regex(pattern) {
        Some(ProblemKind::LooksLikeRegex { pattern: told() })
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
fn has_markup(row: &Row, sources: &Sources<'_>) -> bool {
    let pattern = row.pattern.as_str();
    pattern.contains(['`', '<', '\\'])
        && sources.typed(row).is_some_and(|cell| Typed::read(cell).is_marked_up())
}

/// Signs that formatters escape. Others are escaped by whoever means a wildcard's, or a regular expression.
const ESCAPED: [char; 6] = ['_', '<', '>', '~', '#', '&'];

/// A cell as Markdown sees it.
#[derive(Debug, Default)]
struct Typed<'c> {
    cell: &'c str,
    spans: usize,
    /// Whether a code span begins that never ends: a pipe cut it in two.
    is_cut: bool,
    has_escape: bool,
    /// What is not in code.
    outside: String,
}

impl<'c> Typed<'c> {
    fn read(cell: &'c str) -> Typed<'c> {
        let mut typed = Typed { cell, ..Typed::default() };
        let mut rest = cell;
        while let Some(c) = rest.chars().next() {
            let ticks = rest.len() - rest.trim_start_matches('`').len();
            if ticks > 0 {
                rest = &rest[ticks..];
                let Some(behind) = behind_span(rest, ticks) else {
                    typed.is_cut = true;
                    return typed;
                };
                (rest, typed.spans) = (behind, typed.spans + 1);
                continue;
            }
            typed.outside.push(c);
            rest = &rest[c.len_utf8()..];
            if let ('\\', Some(escaped)) = (c, rest.chars().next()) {
                typed.has_escape |= ESCAPED.contains(&escaped);
                typed.outside.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
        }
        typed
    }

    fn is_marked_up(&self) -> bool {
        // Backticks in the midst of a name are a part of what it is called.
        let begins_or_ends = self.cell.starts_with('`') || self.cell.ends_with('`');
        let stands_alone = self.spans == 1 && self.outside.trim().is_empty();
        let is_beside = self.spans > 0 && begins_or_ends && !stands_alone;
        let outside = self.outside.to_ascii_lowercase();
        let tags = ["<br>", "<br/>", "<br />", "<!--"];
        self.is_cut || is_beside || self.has_escape || tags.iter().any(|it| outside.contains(it))
    }
}

/// What follows a code span that has begun with so many ticks; `None` where it does not end.
fn behind_span(mut rest: &str, ticks: usize) -> Option<&str> {
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
    anchored || [r"\.", r"\d", r"\w", ".*.*", ".+"].iter().any(|sign| pattern.contains(sign))
}

/// Issues that lead nowhere, in documents most of whose issues lead somewhere: a column that nobody uses
/// for references is no mistake.
fn odd_issues(rows: &[(RowId, &Row)]) -> Vec<Problem> {
    let mut by_file: BTreeMap<&str, (Vec<&Row>, usize)> = BTreeMap::new();
    for (_, row) in rows.iter().filter(|(_, row)| !row.issue.is_empty()) {
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

/// Totals that fit neither the document nor any section that they stand in.
fn wrong_totals(known: &KnownFailures) -> Vec<Problem> {
    if known.totals.is_empty() {
        return Vec::new();
    }
    let counts = Counts::of(known.rows());
    known.totals.iter().filter_map(|total| counts.wrong(total)).collect()
}

/// How many rows stand in a part of a document: its path and the headings above.
type InParts<'k> = HashMap<(&'k str, &'k [String]), u64>;

/// How many rows stand right below the headings of a section, and in it and all sections inside.
#[derive(Default)]
struct Counts<'k> {
    own: InParts<'k>,
    below: InParts<'k>,
}

impl<'k> Counts<'k> {
    fn of(rows: &'k [Row]) -> Counts<'k> {
        let mut counts = Counts::default();
        // The rows below one heading share it, so that its text is looked at once.
        for rows in rows.chunk_by(|a, b| a.file == b.file && Arc::ptr_eq(&a.section, &b.section)) {
            let (file, section, count) = (&*rows[0].file, &*rows[0].section, rows.len() as u64);
            *counts.own.entry((file, section)).or_default() += count;
            for depth in 0..=section.len() {
                *counts.below.entry((file, &section[..depth])).or_default() += count;
            }
        }
        counts
    }

    fn wrong(&self, total: &Total) -> Option<Problem> {
        let (file, section) = (&*total.file, &*total.section);
        let below = (0..=section.len()).map(|depth| self.below.get(&(file, &section[..depth])));
        let own = self.own.get(&(file, section));
        let counts: Vec<u64> =
            below.chain([own]).map(|count| count.copied().unwrap_or(0)).collect();
        // The innermost part that has rows at all is most likely meant.
        let found = counts.iter().rev().copied().find(|count| *count > 0)?;
        let kind = ProblemKind::WrongTotal { told: total.told, found };
        (!counts.contains(&total.told)).then(|| Problem::new(file, total.line, 0, kind))
    }
}

/// The number of a line of prose that begins as a total: `**Total: 48 tests**`. What is more than a bare
/// total (`Total of this week: 5`) may count anything.
pub(crate) fn total_in(line: &str) -> Option<u64> {
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
