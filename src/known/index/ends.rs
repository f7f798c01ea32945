//! Finds names that match the ends of others, by the hash of each end.
//!
//! Only ends as long as some row's name are hashed, so a name with a thousand separators takes no more time than the
//! list's own names.

use crate::known::pattern::ends::ends;
use crate::model::{BuildIdentityHasher, NameHash, NameHasher};
use std::collections::{BTreeSet, HashMap};

/// Bytes that are hashed in about one step.
const BYTES_PER_STEP: usize = 8;

/// The ranks of rows by their name.
#[derive(Debug)]
pub(super) struct EndIndex {
    hasher: NameHasher,
    /// Those of a name ascending.
    ranks: HashMap<NameHash, Vec<usize>, BuildIdentityHasher>,
    /// The lengths of the names in bytes.
    lengths: BTreeSet<usize>,
}

impl EndIndex {
    /// Names with their ranks, ascending; `None` without any.
    pub(super) fn new<'n>(
        names: impl Iterator<Item = (&'n str, usize)>,
        hasher: &NameHasher,
    ) -> Option<EndIndex> {
        let mut ranks: HashMap<_, Vec<usize>, _> = HashMap::default();
        let mut lengths = BTreeSet::new();
        for (name, rank) in names {
            ranks.entry(hasher.hash(name)).or_default().push(rank);
            lengths.insert(name.len());
        }
        (!ranks.is_empty()).then(|| EndIndex { hasher: hasher.clone(), ranks, lengths })
    }

    /// Calls `each` with the ranks of each end of the name that has some. Adds the steps to `steps`.
    pub(super) fn for_each_candidate(
        &self,
        name: &str,
        steps: &mut u64,
        mut each: impl FnMut(&[usize]),
    ) {
        for end in std::iter::once(name).chain(ends(name)) {
            *steps += 1;
            if self.lengths.contains(&end.len()) {
                *steps += (end.len() / BYTES_PER_STEP) as u64;
                if let Some(ranks) = self.ranks.get(&self.hasher.hash(end)) {
                    each(ranks);
                }
            }
        }
    }
}
