//! The tests that have started and not ended, in the order in which they started.
//!
//! A file that never ends a test leaves all of them open, so each operation takes about the same time however many are open:
//! tests are linked by the order of their starts, and those of the same name with each other. Nearly every test ends while it is
//! among the newest, so names are indexed only when one is looked up that is not.

use super::name_hash::{BuildIdentityHasher, NameHash, NameHasher};
use std::collections::HashMap;

/// The newest tests, which are searched one by one.
const UNINDEXED: usize = 8;

/// A test that started.
#[derive(Debug)]
pub(super) struct OpenTest {
    pub name: String,
    pub line: u32,
    /// The index of its suite's frame.
    pub depth: usize,
    /// The number of tests that ended while this one was the innermost open test: its subtests if it
    /// ends, its siblings if it never does.
    pub ended_inside: u64,
}

/// The position of an open test, until it is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot(usize);

/// Two neighbors in an order.
#[derive(Debug, Clone, Copy, Default)]
struct Links {
    older: Option<Slot>,
    newer: Option<Slot>,
}

#[derive(Debug)]
struct Entry {
    test: OpenTest,
    started: Links,
    /// Its hash and the tests of the same name, once it is indexed.
    same_name: Option<(NameHash, Links)>,
}

/// The tests that have started and not ended. A test starts in the innermost suite, so the tests of one suite are neighbors.
#[derive(Debug, Default)]
pub(super) struct OpenTests {
    /// By slot.
    entries: Vec<Option<Entry>>,
    free: Vec<Slot>,
    /// The number of bytes of all names.
    name_bytes: usize,
    oldest: Option<Slot>,
    newest: Option<Slot>,
    /// The newest test that is indexed; so are all older ones.
    newest_indexed: Option<Slot>,
    /// The newest indexed test of each name.
    by_name: HashMap<NameHash, Slot, BuildIdentityHasher>,
    hasher: Option<Box<NameHasher>>,
}

impl OpenTests {
    pub(super) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// The number of bytes of all names.
    pub(super) fn name_bytes(&self) -> usize {
        self.name_bytes
    }

    /// The test that started first.
    pub(super) fn oldest(&self) -> Option<Slot> {
        self.oldest
    }

    /// The test that started last.
    pub(super) fn newest(&self) -> Option<Slot> {
        self.newest
    }

    /// The test that started before this one in the same suite.
    pub(super) fn enclosing(&self, slot: Slot) -> Option<Slot> {
        let entry = self.entry(slot)?;
        let depth = |older: &Slot| self.test(*older).map(|test| test.depth);
        entry.started.older.filter(|older| depth(older) == Some(entry.test.depth))
    }

    pub(super) fn test(&self, slot: Slot) -> Option<&OpenTest> {
        Some(&self.entry(slot)?.test)
    }

    pub(super) fn test_mut(&mut self, slot: Slot) -> Option<&mut OpenTest> {
        Some(&mut self.entry_mut(slot)?.test)
    }

    /// Adds a test that starts now.
    pub(super) fn push(&mut self, test: OpenTest) {
        self.name_bytes += test.name.len();
        let started = Links { older: self.newest, newer: None };
        let entry = Some(Entry { test, started, same_name: None });
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot.0] = entry;
                slot
            }
            None => {
                self.entries.push(entry);
                Slot(self.entries.len() - 1)
            }
        };
        match self.newest.and_then(|newest| self.entry_mut(newest)) {
            Some(newest) => newest.started.newer = Some(slot),
            None => self.oldest = Some(slot),
        }
        self.newest = Some(slot);
    }

    /// The test of this name that started last.
    pub(super) fn find(&mut self, name: &str) -> Option<Slot> {
        let mut next = self.newest;
        for _ in 0..UNINDEXED {
            let slot = next?;
            let entry = self.entry(slot)?;
            if entry.test.name == name {
                return Some(slot);
            }
            next = entry.started.older;
        }
        next?;
        self.index_all();
        self.by_name.get(&self.hasher.as_ref()?.hash(name)).copied()
    }

    /// Removes a test.
    pub(super) fn remove(&mut self, slot: Slot) -> Option<OpenTest> {
        let Entry { test, started, same_name } = self.entries.get_mut(slot.0)?.take()?;
        self.free.push(slot);
        self.name_bytes -= test.name.len();
        match started.newer.and_then(|newer| self.entry_mut(newer)) {
            Some(newer) => newer.started.older = started.older,
            None => self.newest = started.older,
        }
        match started.older.and_then(|older| self.entry_mut(older)) {
            Some(older) => older.started.newer = started.newer,
            None => self.oldest = started.newer,
        }
        if self.newest_indexed == Some(slot) {
            self.newest_indexed = started.older;
        }
        if let Some((hash, links)) = same_name {
            self.unlink_name(hash, links);
        }
        Some(test)
    }

    /// Removes the newest tests as long as they are of the suite at this depth. Returns them by their start.
    pub(super) fn remove_suite(&mut self, depth: usize) -> Vec<OpenTest> {
        let mut removed = Vec::new();
        while let Some(newest) = self.newest
            && self.test(newest).is_some_and(|test| test.depth == depth)
        {
            removed.extend(self.remove(newest));
        }
        removed.reverse();
        removed
    }

    fn entry(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot.0)?.as_ref()
    }

    fn entry_mut(&mut self, slot: Slot) -> Option<&mut Entry> {
        self.entries.get_mut(slot.0)?.as_mut()
    }

    /// Indexes the tests that are not indexed yet, by their start.
    fn index_all(&mut self) {
        let hasher = self.hasher.take().unwrap_or_default();
        let indexed = self.newest_indexed;
        let mut next = match indexed {
            Some(indexed) => self.entry(indexed).and_then(|entry| entry.started.newer),
            None => self.oldest,
        };
        while let Some(slot) = next
            && let Some(entry) = self.entry(slot)
        {
            next = entry.started.newer;
            let hash = hasher.hash(&entry.test.name);
            let older = self.by_name.insert(hash, slot);
            self.set_same_name(slot, hash, Links { older, newer: None });
            if let Some((_, links)) = older.and_then(|older| self.same_name(older)) {
                links.newer = Some(slot);
            }
            self.newest_indexed = Some(slot);
        }
        self.hasher = Some(hasher);
    }

    /// Removes a test from those of the same name.
    fn unlink_name(&mut self, hash: NameHash, Links { older, newer }: Links) {
        if let Some((_, links)) = older.and_then(|older| self.same_name(older)) {
            links.newer = newer;
        }
        match (newer.and_then(|newer| self.same_name(newer)), older) {
            (Some((_, links)), _) => links.older = older,
            (None, Some(older)) => {
                self.by_name.insert(hash, older);
            }
            (None, None) => {
                self.by_name.remove(&hash);
            }
        }
    }

    fn set_same_name(&mut self, slot: Slot, hash: NameHash, links: Links) {
        if let Some(entry) = self.entry_mut(slot) {
            entry.same_name = Some((hash, links));
        }
    }

    fn same_name(&mut self, slot: Slot) -> Option<&mut (NameHash, Links)> {
        self.entry_mut(slot)?.same_name.as_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open_test(name: &str, line: u32) -> OpenTest {
        OpenTest { name: name.to_owned(), line, depth: 0, ended_inside: 0 }
    }

    /// What happens to the open tests.
    #[derive(Debug, Clone)]
    enum Step {
        Start(u8),
        Find(u8),
        End(u8),
        EndOldest,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..12_u8).prop_map(Step::Start),
            1 => (0..12_u8).prop_map(Step::Find),
            2 => (0..12_u8).prop_map(Step::End),
            1 => Just(Step::EndOldest),
        ]
    }

    proptest! {
        #[test]
        fn a_search_of_all_open_tests_finds_the_same(steps in prop::collection::vec(step(), 0..120)) {
            let mut open = OpenTests::default();
            // The plain way: names and lines by their start.
            let mut plain: Vec<(String, u32)> = Vec::new();
            for (line, step) in (0..).zip(steps) {
                match step {
                    Step::Start(name) => {
                        open.push(open_test(&name.to_string(), line));
                        plain.push((name.to_string(), line));
                    }
                    Step::Find(name) | Step::End(name) => {
                        let at = plain.iter().rposition(|(other, _)| *other == name.to_string());
                        let slot = open.find(&name.to_string());
                        let found = slot.and_then(|slot| open.test(slot)).map(|test| test.line);
                        prop_assert_eq!(found, at.map(|at| plain[at].1));
                        if let (Step::End(_), Some(at), Some(slot)) = (step, at, slot) {
                            let enclosing = open.enclosing(slot).and_then(|slot| open.test(slot));
                            let before = at.checked_sub(1).map(|before| plain[before].1);
                            prop_assert_eq!(enclosing.map(|test| test.line), before);
                            open.remove(slot);
                            plain.remove(at);
                        }
                    }
                    Step::EndOldest => {
                        let oldest = open.oldest().and_then(|oldest| open.remove(oldest));
                        let expected = (!plain.is_empty()).then(|| plain.remove(0));
                        prop_assert_eq!(oldest.map(|test| (test.name, test.line)), expected);
                    }
                }
                prop_assert_eq!(open.len(), plain.len());
                let bytes: usize = plain.iter().map(|(name, _)| name.len()).sum();
                prop_assert_eq!(open.name_bytes(), bytes);
            }
            let lines: Vec<u32> = open.remove_suite(0).iter().map(|test| test.line).collect();
            prop_assert_eq!(lines, plain.iter().map(|(_, line)| *line).collect::<Vec<u32>>());
            prop_assert!(open.newest().is_none() && open.by_name.is_empty());
        }
    }
}
