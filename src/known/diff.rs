//! What became of each row from one list to another: the words of a list, not lines of a diff.
//!
//! In: the list before and the list after. Out: one [`Change`] for each thing that happened, sorted, the
//! one that concerns a reader most first. Pure and data only. A newcomer's trap: a row is what it claims
//! (pattern and variants), not where it stands, so a row that only stands elsewhere is no change, and
//! one that stands in another section was moved.

use super::duplicates::Claimed;
use super::index::literals::Needles;
use super::pattern::PatternIdentity;
use super::{KnownFailures, PatternKind, Row, RowId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// One thing that happened to the list. `old` is a row of the list before, `new` one of the list after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Claims what no row claimed.
    Added { new: RowId },
    /// Claims all that the old rows did, and more.
    Widened { old: Vec<RowId>, new: RowId },
    /// Claims the same; these cells say something else.
    Edited { old: RowId, new: RowId, cells: Vec<EditedCell> },
    /// Claims the same under other headings, or in another document.
    Moved { old: RowId, new: RowId },
    /// Claims a part of what the old row did.
    Narrowed { old: RowId, new: Vec<RowId> },
    /// Nothing of the list after claims what it did.
    Removed { old: RowId },
    /// Says once more what another row says too.
    Repeated { new: RowId, of: RowId },
    /// Said what another row, which is still there, says too.
    Merged { old: RowId, into: RowId },
}

/// A cell that says something else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EditedCell {
    /// What it excuses.
    Status,
    /// Where it holds, when neither scope contains the other.
    Variants,
    Category,
    Reason,
    Issue,
    Expires,
    Owner,
    /// A column without a meaning of ours, by its header.
    Other(String),
}

/// What became of each row.
pub fn changes(old: &KnownFailures, new: &KnownFailures) -> Vec<Change> {
    let sections = [old, new].map(|known| known.rows().iter().map(|row| &*row.section).collect());
    let (left, came, changes) = (Vec::new(), Vec::new(), Vec::new());
    let mut lists = Lists { old, new, sections, left, came, changes };
    lists.pair_same_claims();
    lists.pair_same_patterns();
    lists.find_widened();
    lists.find_narrowed();
    let Lists { left, came, mut changes, .. } = lists;
    changes.extend(left.into_iter().map(|old| Change::Removed { old }));
    changes.extend(came.into_iter().map(|new| Change::Added { new }));
    changes.sort_unstable();
    changes
}

/// Both lists, and what is still to be explained.
struct Lists<'l> {
    old: &'l KnownFailures,
    new: &'l KnownFailures,
    /// The sections of both that have rows.
    sections: [HashSet<&'l [String]>; 2],
    /// Rows of the old list without a counterpart so far, in order.
    left: Vec<RowId>,
    /// Rows of the new list without a counterpart so far, in order.
    came: Vec<RowId>,
    changes: Vec<Change>,
}

/// What rows have in common that are alike: a section, a reason.
type Likeness<'r> = (Option<&'r [String]>, Option<&'r str>);

/// How alike two rows are that claim the same, most first: what both have to have.
const LIKENESS: [fn(&Row) -> Likeness<'_>; 4] = [
    |row| (Some(&row.section), Some(&row.reason)),
    |row| (Some(&row.section), None),
    |row| (None, Some(&row.reason)),
    |_| (None, None),
];

impl Lists<'_> {
    /// Rows that claim the same on both sides, each with its likeliest counterpart.
    fn pair_same_claims(&mut self) {
        let (before, mut after) = (by_claim(self.old), by_claim(self.new));
        for (claimed, mut old) in before {
            let Some(mut new) = after.remove(&claimed) else {
                self.left.extend(old);
                continue;
            };
            let pairs = self.alike(&mut old, &mut new);
            let first = pairs.iter().map(|(_, n)| *n).min();
            pairs.into_iter().for_each(|pair| self.pair(pair));
            // One side has rows over, or neither; some pair was made.
            let Some(of) = first else { continue };
            self.changes.extend(old.into_iter().map(|old| Change::Merged { old, into: of }));
            self.changes.extend(new.into_iter().map(|new| Change::Repeated { new, of }));
        }
        self.came.extend(after.into_values().flatten());
        self.left.sort_unstable();
        self.came.sort_unstable();
    }

    /// Takes rows that claim the same out of both lists, each with its likeliest counterpart.
    fn alike(&self, old: &mut Vec<RowId>, new: &mut Vec<RowId>) -> Vec<(RowId, RowId)> {
        let mut pairs = Vec::new();
        for likeness in LIKENESS {
            if old.is_empty() || new.is_empty() {
                break;
            }
            let mut left: HashMap<Likeness<'_>, VecDeque<RowId>> = HashMap::new();
            for n in new.iter() {
                left.entry(likeness(self.new.row(*n))).or_default().push_back(*n);
            }
            old.retain(|o| {
                let alike = left.get_mut(&likeness(self.old.row(*o)));
                let found = alike.and_then(VecDeque::pop_front);
                pairs.extend(found.map(|n| (*o, n)));
                found.is_none()
            });
            *new = left.into_values().flatten().collect();
            new.sort_unstable();
        }
        pairs
    }

    /// Rows of the same pattern that hold in other variants.
    fn pair_same_patterns(&mut self) {
        let mut came: HashMap<PatternIdentity<'_>, VecDeque<RowId>> = HashMap::new();
        for id in std::mem::take(&mut self.came) {
            came.entry(self.new.row(id).pattern.identity()).or_default().push_back(id);
        }
        for id in std::mem::take(&mut self.left) {
            let same = came.get_mut(&self.old.row(id).pattern.identity());
            match same.and_then(VecDeque::pop_front) {
                Some(new) => self.pair((id, new)),
                None => self.left.push(id),
            }
        }
        self.came = came.into_values().flatten().collect();
        self.came.sort_unstable();
    }

    /// New wildcards and expressions, with the old rows that they swallowed.
    fn find_widened(&mut self) {
        let found = wider_rows((self.new, &self.came), (self.old, &self.left));
        explain(&mut self.came, &mut self.left, &found);
        let widened = found.into_iter().map(|(new, old)| Change::Widened { old, new });
        self.changes.extend(widened);
    }

    /// Old wildcards and expressions, with the new rows that stand for a part of them.
    fn find_narrowed(&mut self) {
        let found = wider_rows((self.old, &self.left), (self.new, &self.came));
        explain(&mut self.left, &mut self.came, &found);
        let narrowed = found.into_iter().map(|(old, new)| Change::Narrowed { old, new });
        self.changes.extend(narrowed);
    }

    /// What happened to one row whose pattern stayed.
    fn pair(&mut self, (old, new): (RowId, RowId)) {
        let (a, b) = (self.old.row(old), self.new.row(new));
        let mut cells = edited_cells(a, b);
        match (b.includes(a), a.includes(b)) {
            (true, true) => {}
            (true, false) => self.changes.push(Change::Widened { old: vec![old], new }),
            (false, true) => self.changes.push(Change::Narrowed { old, new: vec![new] }),
            (false, false) => cells.insert(0, EditedCell::Variants),
        }
        if !cells.is_empty() {
            self.changes.push(Change::Edited { old, new, cells });
        }
        if self.was_moved(a, b) {
            self.changes.push(Change::Moved { old, new });
        }
    }

    /// Whether a row stands in another document or section. A section whose heading was reworded is the
    /// same one: its old name is gone and the new one was not there.
    fn was_moved(&self, a: &Row, b: &Row) -> bool {
        let [before, after] = &self.sections;
        let reworded = || !after.contains(&*a.section) && !before.contains(&*b.section);
        let same = a.section == b.section || reworded();
        !same || document(self.old, a) != document(self.new, b)
    }
}

/// Steps that may be taken to find rows inside wider ones: in lists that take more, some are reported as
/// rows that were removed and rows that were added.
const STEPS: u64 = 1 << 30;

/// A list and some of its rows.
type Part<'l> = (&'l KnownFailures, &'l [RowId]);

/// The wide rows that include some of the others, each with those; a row that several include belongs to
/// the one with the longest literal text.
fn wider_rows((wide_list, wide): Part<'_>, (list, rows): Part<'_>) -> Vec<(RowId, Vec<RowId>)> {
    let is_wide = |id: &RowId| wide_list.row(*id).pattern.kind() != PatternKind::Exact;
    let mut wide: Vec<RowId> = wide.iter().copied().filter(is_wide).collect();
    wide.sort_by_cached_key(|id| Reverse(wide_list.row(*id).pattern.literal_len()));
    let needles = Needles::new(wide.iter().map(|id| wide_list.row(*id).widest()));
    let mut found: BTreeMap<usize, Vec<RowId>> = BTreeMap::new();
    let mut steps = 0;
    for id in rows {
        if steps > STEPS {
            break;
        }
        let row = list.row(*id);
        let candidates = needles.wider_than(row.widest()).into_iter();
        let includes =
            |at: &usize| steps <= STEPS && wide_list.row(wide[*at]).includes_in(row, &mut steps);
        let first = candidates.filter(includes).min();
        if let Some(first) = first {
            found.entry(first).or_default().push(*id);
        }
    }
    found.into_iter().map(|(at, rows)| (wide[at], rows)).collect()
}

/// Takes out the rows that were found to belong together.
fn explain(wide: &mut Vec<RowId>, rows: &mut Vec<RowId>, found: &[(RowId, Vec<RowId>)]) {
    let wider: HashSet<RowId> = found.iter().map(|(id, _)| *id).collect();
    let narrower: HashSet<RowId> = found.iter().flat_map(|(_, ids)| ids).copied().collect();
    wide.retain(|id| !wider.contains(id));
    rows.retain(|id| !narrower.contains(id));
}

/// The rows by what they claim, each list in order. Never shown in the order of the map.
fn by_claim(known: &KnownFailures) -> HashMap<Claimed<'_>, Vec<RowId>> {
    let mut found: HashMap<Claimed<'_>, Vec<RowId>> = HashMap::new();
    for (id, row) in known.rows_with_ids() {
        found.entry(Claimed::by(row)).or_default().push(id);
    }
    found
}

fn edited_cells(a: &Row, b: &Row) -> Vec<EditedCell> {
    let ours = [
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
    let ours = ours.into_iter().filter(|(_, differs)| *differs).map(|(cell, _)| cell);
    ours.chain(other.map(|header| EditedCell::Other(header.to_owned()))).collect()
}

/// Which of the documents a row stands in: the paths of two lists need not be the same.
fn document(known: &KnownFailures, row: &Row) -> Option<usize> {
    known.documents().iter().position(|document| document.path == row.file)
}
