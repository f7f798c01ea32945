//! The changes from one list to another, row by row.
//!
//! Rows are identified by pattern and variants, not by position: a row on another line of the same section has
//! not changed, one in another section was moved.

use super::duplicates::ClaimKey;
use super::index::literals::LiteralIndex;
use super::list::KnownFailures;
use super::pattern::{PatternIdentity, PatternKind};
use super::relaxed::relaxed_rows;
use super::row::{Row, RowId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::slice;

/// One change, most important kind first. `old` is a row of the old list, `new` one of the new list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each variant's comment covers its fields")]
pub enum Change {
    /// A new row.
    Added { new: RowId },
    /// The new row claims all that the old rows did, and more.
    Widened { old: Vec<RowId>, new: RowId },
    /// The new row, for no other change of its own, excuses more than these old rows did, whose tests it claims now.
    /// Without old rows, the lists have too many patterns to compare.
    Relaxed { old: Vec<RowId>, new: RowId },
    /// Cells of a row were changed.
    Edited { old: RowId, new: RowId, cells: Vec<EditedCell>, excuses_more: bool },
    /// A row is in another section or document.
    Moved { old: RowId, new: RowId },
    /// The new rows claim a part of what the old row did; the `relaxed` ones excuse more.
    Narrowed { old: RowId, new: Vec<RowId>, relaxed: Vec<RowId> },
    /// A row was removed.
    Removed { old: RowId },
    /// The new row repeats another row; if it replaces that, it may excuse more.
    Duplicated { new: RowId, original: RowId, excuses_more: bool },
    /// The old row repeated another row, which is kept.
    Deduplicated { old: RowId, into: RowId },
}

impl Change {
    /// The rows of the new list that excuse more than the old list did.
    pub fn rows_that_excuse_more(&self) -> &[RowId] {
        match self {
            Change::Added { new }
            | Change::Widened { new, .. }
            | Change::Relaxed { new, .. }
            | Change::Edited { new, excuses_more: true, .. }
            | Change::Duplicated { new, excuses_more: true, .. } => slice::from_ref(new),
            Change::Narrowed { relaxed, .. } => relaxed,
            Change::Edited { .. }
            | Change::Moved { .. }
            | Change::Removed { .. }
            | Change::Duplicated { .. }
            | Change::Deduplicated { .. } => &[],
        }
    }

    /// Marks the change if it is why some of these rows excuse more, and takes those.
    fn take_relaxed(&mut self, relaxed: &mut BTreeMap<RowId, BTreeSet<RowId>>) {
        let mut take = |id: &RowId| relaxed.remove(id).is_some();
        match self {
            Change::Edited { new, cells, excuses_more, .. } => {
                *excuses_more |= cells.contains(&EditedCell::Status) && take(new);
            }
            Change::Duplicated { new, excuses_more, .. } => *excuses_more = take(new),
            Change::Narrowed { new, relaxed: laxer, .. } => {
                *laxer = new.iter().copied().filter(take).collect();
            }
            Change::Added { .. }
            | Change::Widened { .. }
            | Change::Relaxed { .. }
            | Change::Moved { .. }
            | Change::Removed { .. }
            | Change::Deduplicated { .. } => {}
        }
    }
}

/// A cell whose content was changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EditedCell {
    /// The expected status.
    Status,
    /// The variants, if neither scope contains the other.
    Variants,
    /// The category.
    Category,
    /// The reason.
    Reason,
    /// The issue.
    Issue,
    /// The expiry date.
    Expires,
    /// The owner.
    Owner,
    /// An unknown column, by its header.
    Other(String),
}

/// The changes from `old` to `new`, sorted.
pub fn changes(old: &KnownFailures, new: &KnownFailures) -> Vec<Change> {
    let mut differ = Differ {
        old,
        new,
        old_sections: sections_of(old),
        new_sections: sections_of(new),
        unmatched_old: Vec::new(),
        unmatched_new: Vec::new(),
        changes: Vec::new(),
        steps: 0,
    };
    differ.pair_same_claims();
    differ.pair_same_patterns();
    let Differ { mut unmatched_old, mut unmatched_new, mut changes, .. } = differ;
    let widened = take_supersets((new, &mut unmatched_new), (old, &mut unmatched_old));
    changes.extend(widened.into_iter().map(|(new, old)| Change::Widened { old, new }));
    let narrowed = take_supersets((old, &mut unmatched_old), (new, &mut unmatched_new));
    let narrowed = narrowed.into_iter();
    changes.extend(narrowed.map(|(old, new)| Change::Narrowed { old, new, relaxed: Vec::new() }));
    changes.extend(unmatched_old.into_iter().map(|old| Change::Removed { old }));
    changes.extend(unmatched_new.into_iter().map(|new| Change::Added { new }));
    add_lost_issues(old, new, &mut changes);
    mark_relaxed_rows(old, new, &mut changes);
    changes.sort_unstable();
    changes
}

/// Adds a change for each row with an issue in whose place another row, without one, counts for the same tests.
fn add_lost_issues(old: &KnownFailures, new: &KnownFailures, changes: &mut Vec<Change>) {
    let mut explained = HashSet::new();
    for change in changes.iter() {
        if let Change::Edited { old, new, .. } = change {
            explained.insert((*old, *new));
        }
    }
    let untracked = new.rows_with_ids().filter(|(_, row)| counts(row) && row.issue.is_empty());
    let untracked: HashMap<ClaimKey<'_>, RowId> =
        untracked.map(|(id, row)| (ClaimKey::new(row), id)).collect();
    let tracked = old.rows_with_ids().filter(|(_, row)| counts(row) && !row.issue.is_empty());
    let pairs = tracked.filter_map(|(id, row)| Some((id, *untracked.get(&ClaimKey::new(row))?)));
    changes.extend(pairs.filter(|pair| !explained.contains(pair)).map(|(old, new)| {
        Change::Edited { old, new, cells: vec![EditedCell::Issue], excuses_more: false }
    }));
}

fn counts(row: &Row) -> bool {
    row.inactive.is_none()
}

/// Marks the changes that make rows excuse more, and adds one for each row that has no such change.
fn mark_relaxed_rows(old: &KnownFailures, new: &KnownFailures, changes: &mut Vec<Change>) {
    let grown = changes.iter().flat_map(Change::rows_that_excuse_more).copied().collect();
    let mut relaxed = relaxed_rows(old, new, &grown);
    changes.iter_mut().for_each(|change| change.take_relaxed(&mut relaxed));
    let relaxed = relaxed.into_iter();
    changes.extend(relaxed.map(|(new, old)| Change::Relaxed { old: Vec::from_iter(old), new }));
}

/// Both lists, and the rows without an explanation so far.
struct Differ<'l> {
    old: &'l KnownFailures,
    new: &'l KnownFailures,
    /// The sections that have rows.
    old_sections: HashSet<&'l [String]>,
    new_sections: HashSet<&'l [String]>,
    /// Rows without a counterpart so far, sorted.
    unmatched_old: Vec<RowId>,
    unmatched_new: Vec<RowId>,
    changes: Vec<Change>,
    /// Steps of comparing scopes.
    steps: u64,
}

/// What similar rows have in common: a section, a reason.
type Likeness<'r> = (Option<&'r [String]>, Option<&'r str>);

/// The degrees of likeness of two rows that claim the same, most alike first.
const LIKENESS: [fn(&Row) -> Likeness<'_>; 4] = [
    |row| (Some(&row.section), Some(&row.reason)),
    |row| (Some(&row.section), None),
    |row| (None, Some(&row.reason)),
    |_| (None, None),
];

impl Differ<'_> {
    /// Pairs rows that claim the same in both lists, each with the row that is most alike.
    fn pair_same_claims(&mut self) {
        let (old_claims, mut new_claims) = (by_claim(self.old), by_claim(self.new));
        for (claim, mut old) in old_claims {
            let Some(mut new) = new_claims.remove(&claim) else {
                self.unmatched_old.extend(old);
                continue;
            };
            let pairs = self.pair_by_likeness(&mut old, &mut new);
            let Some(original) = pairs.iter().map(|(_, new)| *new).min() else { continue };
            pairs.into_iter().for_each(|(old, new)| self.pair(old, new));
            // Unpaired rows are left on one side at most.
            let deduplicated = |old| Change::Deduplicated { old, into: original };
            self.changes.extend(old.into_iter().map(deduplicated));
            let duplicated = |new| Change::Duplicated { new, original, excuses_more: false };
            self.changes.extend(new.into_iter().map(duplicated));
        }
        self.unmatched_new.extend(new_claims.into_values().flatten());
        self.unmatched_old.sort_unstable();
        self.unmatched_new.sort_unstable();
    }

    /// Moves the most similar rows of `old` and `new`, which all claim the same, into pairs.
    fn pair_by_likeness(&self, old: &mut Vec<RowId>, new: &mut Vec<RowId>) -> Vec<(RowId, RowId)> {
        let mut pairs = Vec::new();
        for likeness in LIKENESS {
            if old.is_empty() || new.is_empty() {
                break;
            }
            let mut candidates: HashMap<Likeness<'_>, VecDeque<RowId>> = HashMap::new();
            for n in new.iter() {
                candidates.entry(likeness(self.new.row(*n))).or_default().push_back(*n);
            }
            old.retain(|o| {
                let same_likeness = candidates.get_mut(&likeness(self.old.row(*o)));
                let found = same_likeness.and_then(VecDeque::pop_front);
                pairs.extend(found.map(|n| (*o, n)));
                found.is_none()
            });
            *new = candidates.into_values().flatten().collect();
            new.sort_unstable();
        }
        pairs
    }

    /// Pairs rows with the same pattern and different variants.
    fn pair_same_patterns(&mut self) {
        let mut unmatched: HashMap<PatternIdentity<'_>, VecDeque<RowId>> = HashMap::new();
        for id in std::mem::take(&mut self.unmatched_new) {
            unmatched.entry(self.new.row(id).pattern.identity()).or_default().push_back(id);
        }
        for id in std::mem::take(&mut self.unmatched_old) {
            let same = unmatched.get_mut(&self.old.row(id).pattern.identity());
            match same.and_then(VecDeque::pop_front) {
                Some(new) => self.pair(id, new),
                None => self.unmatched_old.push(id),
            }
        }
        self.unmatched_new = unmatched.into_values().flatten().collect();
        self.unmatched_new.sort_unstable();
    }

    /// Records the changes of a row whose pattern is the same.
    fn pair(&mut self, old: RowId, new: RowId) {
        let (a, b) = (self.old.row(old), self.new.row(new));
        let mut cells = edited_cells(a, b);
        let is_same = a.variants.is_same(&b.variants) && a.loose == b.loose;
        let mut includes = |wide: &Row, narrow: &Row| {
            is_same || self.steps <= MAX_STEPS && wide.is_superset_of(narrow, &mut self.steps)
        };
        let reach = match (includes(b, a), includes(a, b)) {
            (true, true) => None,
            (true, false) => Some(Change::Widened { old: vec![old], new }),
            (false, true) => Some(Change::Narrowed { old, new: vec![new], relaxed: Vec::new() }),
            (false, false) => {
                cells.insert(0, EditedCell::Variants);
                None
            }
        };
        if !cells.is_empty() {
            // It applies to variants that it did not apply to.
            let excuses_more = cells.contains(&EditedCell::Variants);
            self.changes.push(Change::Edited { old, new, cells, excuses_more });
        }
        self.changes.extend(reach);
        if self.was_moved(a, b) {
            self.changes.push(Change::Moved { old, new });
        }
    }

    /// Whether a row is in another document or section. A section whose heading was reworded is the same one:
    /// only the old list has its old heading, and only the new list its new one.
    fn was_moved(&self, a: &Row, b: &Row) -> bool {
        let is_reworded =
            || !self.new_sections.contains(&*a.section) && !self.old_sections.contains(&*b.section);
        let is_same_section = a.section == b.section || is_reworded();
        !is_same_section || document_index(self.old, a) != document_index(self.new, b)
    }
}

/// Maximum steps of the search for rows inside wider ones, and of comparing scopes. With more, some rows are reported as
/// removed and added instead, and some scopes as changed.
const MAX_STEPS: u64 = 1 << 30;

/// Some rows of a list.
type ListSubset<'l> = (&'l KnownFailures, &'l mut Vec<RowId>);

/// Takes the wide rows that include some of the other rows, each with these. A row that several include is listed
/// with the one that has the longest literal text.
fn take_supersets(
    (wide, wide_ids): ListSubset<'_>,
    (other, other_ids): ListSubset<'_>,
) -> BTreeMap<RowId, Vec<RowId>> {
    let is_exact = |id: &RowId| wide.row(*id).pattern.kind() == PatternKind::Exact;
    let mut rows: Vec<_> = wide_ids.extract_if(.., |id| !is_exact(id)).collect();
    rows.sort_by_cached_key(|id| Reverse(wide.row(*id).pattern.literal_len()));
    let literal_index = LiteralIndex::new(rows.iter().map(|id| wide.row(*id).broadest_pattern()));
    let mut found: BTreeMap<RowId, Vec<RowId>> = BTreeMap::new();
    let mut steps = 0;
    other_ids.retain(|id| {
        if steps > MAX_STEPS {
            return true;
        }
        let row = other.row(*id);
        let candidates = literal_index.superset_candidates(row.broadest_pattern()).into_iter();
        let is_superset =
            |at: &usize| steps <= MAX_STEPS && wide.row(rows[*at]).is_superset_of(row, &mut steps);
        let first = candidates.filter(is_superset).min();
        first.map(|at| found.entry(rows[at]).or_default().push(*id)).is_none()
    });
    wide_ids.extend(rows.into_iter().filter(|id| !found.contains_key(id)));
    wide_ids.sort_unstable();
    found
}

fn sections_of(known: &KnownFailures) -> HashSet<&[String]> {
    known.rows().iter().map(|row| &*row.section).collect()
}

/// The rows by what they claim, each vector sorted.
fn by_claim(known: &KnownFailures) -> HashMap<ClaimKey<'_>, Vec<RowId>> {
    let mut found: HashMap<ClaimKey<'_>, Vec<RowId>> = HashMap::new();
    for (id, row) in known.rows_with_ids() {
        found.entry(ClaimKey::new(row)).or_default().push(id);
    }
    found
}

fn edited_cells(a: &Row, b: &Row) -> Vec<EditedCell> {
    let known_cells = [
        (EditedCell::Status, a.expected != b.expected),
        (EditedCell::Category, a.category != b.category),
        (EditedCell::Reason, a.reason != b.reason),
        (EditedCell::Issue, a.issue != b.issue),
        (EditedCell::Expires, a.expires != b.expires),
        (EditedCell::Owner, a.owner != b.owner),
    ];
    let headers: BTreeSet<&str> = a.other.iter().chain(&b.other).map(|(h, _)| &**h).collect();
    let cell = |row: &Row, header: &str| -> String {
        let cells = row.other.iter().filter(|(h, _)| h == header);
        cells.map(|(_, cell)| cell.as_str()).collect::<Vec<_>>().join("\n")
    };
    let other = headers.into_iter().filter(|header| cell(a, header) != cell(b, header));
    let known_cells = known_cells.into_iter().filter(|(_, differs)| *differs).map(|(cell, _)| cell);
    known_cells.chain(other.map(|header| EditedCell::Other(header.to_owned()))).collect()
}

/// The index of a row's document, since the paths of two lists may differ.
fn document_index(known: &KnownFailures, row: &Row) -> Option<usize> {
    known.documents().iter().position(|document| document.path == row.file)
}
