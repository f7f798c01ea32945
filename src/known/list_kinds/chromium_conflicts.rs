//! Several entries of a Chromium file for the same test.
//!
//! Where the tags of several entries hold at the same time, the results of all of them are expected, or those of the
//! last one (`conflict_resolution: override`). Of rows with the same pattern the first one claims a test, so the rows
//! of a test are ordered from the narrowest to the widest, and each combination of tags has a row of its own where it
//! expects something else.

use super::chromium_exemptions::{Exemption, exempt};
use super::chromium_header::{ConflictResolution, Header};
use super::chromium_tags::{TagSet, variant};
use super::list_builder::ListBuilder;
use super::model::{ListEntry, Status};
use std::collections::{BTreeSet, HashMap};

/// Maximum number of entries of a test that are combined: the work grows with the third power.
const MAX_ENTRIES: usize = 64;

/// The results that an entry expects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Results {
    /// The worst but for a pass.
    pub worst: Option<Status>,
    pub may_pass: bool,
}

/// An entry whose row is an item of the builder.
#[derive(Debug)]
pub(super) struct Expectation {
    /// The index of the row.
    pub index: usize,
    pub tags: TagSet,
    pub results: Results,
}

impl Results {
    /// The status of a row; `None` if it would excuse nothing. A skipped test has no other result.
    pub(super) fn status(self) -> Option<Status> {
        let is_flaky = |worst: &Status| self.may_pass && *worst != Status::Skip;
        self.worst.map(|worst| if is_flaky(&worst) { Status::Flaky } else { worst })
    }

    /// Whether the entry is about how the test is run only.
    fn is_empty(self) -> bool {
        self.worst.is_none() && !self.may_pass
    }

    fn combine(self, later: Results, conflicts: ConflictResolution) -> Results {
        match conflicts {
            _ if later.is_empty() => self,
            ConflictResolution::Override => later,
            ConflictResolution::Union => Results {
                worst: self.worst.max(later.worst),
                may_pass: self.may_pass || later.may_pass,
            },
        }
    }
}

/// Gives the rows of the expectations their status and variants.
pub(super) fn resolve(header: &Header, builder: &mut ListBuilder, entries: &[Expectation]) {
    let rows: HashMap<usize, ListEntry> =
        builder.rows().map(|(index, row)| (index, row.clone())).collect();
    let mut by_test: HashMap<&str, Vec<&Expectation>> = HashMap::new();
    for entry in entries {
        if let Some(row) = rows.get(&entry.index) {
            by_test.entry(&row.pattern).or_default().push(entry);
        }
    }
    let mut replacements = HashMap::new();
    let mut exemptions = Vec::new();
    for entries in by_test.into_values() {
        let resolved = if entries.len() > MAX_ENTRIES {
            let own = entries.iter().filter(|entry| entry.results.status().is_none());
            let exemption =
                |entry: &&Expectation| Some(Exemption::new(rows.get(&entry.index)?, &entry.tags));
            exemptions.extend(own.filter_map(exemption));
            entries.iter().filter_map(|entry| own_row(entry, &rows)).collect()
        } else {
            let test = TestEntries { header, entries: &entries };
            exemptions.extend(test.exemptions(&rows));
            test.rows(&rows)
        };
        // In the places of the entries, the first of which also has the rows for which there is no place.
        let surplus = resolved.len().saturating_sub(entries.len());
        let mut resolved = resolved.into_iter();
        for (place, entry) in entries.iter().enumerate() {
            let count = if place == 0 { surplus + 1 } else { 1 };
            replacements.insert(entry.index, resolved.by_ref().take(count).collect());
        }
    }
    builder.replace_items(replacements);
    exempt(header.dialect, builder, &exemptions);
    let has_effect = |entry: &&Expectation| entry.results.worst.is_some();
    let without_effect = entries.iter().filter(|entry| !has_effect(entry)).count();
    (0..without_effect).for_each(|_| builder.add_without_effect());
}

/// The row of an entry by itself; `None` if it would excuse nothing.
fn own_row(entry: &Expectation, rows: &HashMap<usize, ListEntry>) -> Option<ListEntry> {
    let (status, row) = (entry.results.status()?, rows.get(&entry.index)?);
    let only = (!entry.tags.is_empty()).then(|| variant(&entry.tags)).flatten();
    Some(ListEntry { status, variants: only.into_iter().collect(), ..row.clone() })
}

/// The entries of a test, in the order of the file.
struct TestEntries<'e> {
    header: &'e Header,
    entries: &'e [&'e Expectation],
}

impl TestEntries<'_> {
    /// Its rows, the narrowest first.
    fn rows(&self, rows: &HashMap<usize, ListEntry>) -> Vec<ListEntry> {
        let (sets, results): (Vec<TagSet>, Vec<Results>) = self.results().into_iter().unzip();
        let mut resolved = Vec::new();
        for (at, set) in sets.iter().enumerate() {
            let own = self.entries.iter().find(|entry| entry.tags == *set);
            let wider = (at + 1..sets.len()).find(|wider| sets[*wider].is_subset(set));
            let is_same = wider.is_some_and(|wider| results[wider] == results[at]);
            let Some(status) = results[at].status().filter(|_| own.is_some() || !is_same) else {
                continue;
            };
            let source = own.or_else(|| self.entries.iter().find(|e| e.tags.is_subset(set)));
            let Some(row) = source.and_then(|entry| rows.get(&entry.index)) else { continue };
            let is_exception = |narrow: &usize| {
                results[*narrow].status().is_none() && sets[*narrow].is_superset(set)
            };
            let only = (!set.is_empty()).then(|| variant(set)).flatten();
            let except = (0..at).filter(is_exception).filter_map(|narrow| variant(&sets[narrow]));
            let variants = only.into_iter().chain(except.map(|item| format!("!{item}"))).collect();
            resolved.push(ListEntry { status, variants, ..row.clone() });
        }
        resolved
    }

    /// Where the entries excuse nothing.
    fn exemptions(&self, rows: &HashMap<usize, ListEntry>) -> Vec<Exemption> {
        let results = self.results().into_iter();
        let exemption = |(tags, _): (TagSet, Results)| {
            let entry = self.entries.iter().rev().find(|entry| entry.tags.is_subset(&tags))?;
            Some(Exemption::new(rows.get(&entry.index)?, &tags))
        };
        results.filter(|(_, results)| results.status().is_none()).filter_map(exemption).collect()
    }

    /// What is expected with each set of tags, the largest first.
    fn results(&self) -> Vec<(TagSet, Results)> {
        let mut sets: Vec<TagSet> = self.tag_sets().into_iter().collect();
        sets.sort_by_key(|set| std::cmp::Reverse(set.len()));
        let with_results = |set: TagSet| {
            let results = self.results_for(&set);
            (set, results)
        };
        sets.into_iter().map(with_results).collect()
    }

    /// The tags of the entries, and of each two that can apply at the same time.
    fn tag_sets(&self) -> BTreeSet<TagSet> {
        let mut sets: BTreeSet<TagSet> =
            self.entries.iter().map(|entry| entry.tags.clone()).collect();
        let own: Vec<TagSet> = sets.iter().cloned().collect();
        for (at, first) in own.iter().enumerate() {
            let both = own[at + 1..].iter().map(|second| first | second);
            sets.extend(both.filter(|set| self.can_hold(set)));
        }
        sets
    }

    /// Whether no two tags are of the same set.
    fn can_hold(&self, tags: &TagSet) -> bool {
        let mut sets = BTreeSet::new();
        let declared = tags.iter().filter_map(|tag| self.header.tags.get(tag));
        declared.into_iter().all(|tag| sets.insert(tag.set))
    }

    /// What is expected where exactly these tags hold.
    fn results_for(&self, tags: &TagSet) -> Results {
        let applying = self.entries.iter().filter(|entry| entry.tags.is_subset(tags));
        let results = applying.map(|entry| entry.results);
        let combine = |all: Results, later| all.combine(later, self.header.conflicts);
        results.fold(Results::default(), combine)
    }
}
