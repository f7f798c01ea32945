//! A 128-bit keyed hash of test names, for wherever it only matters whether two names are equal.
//!
//! The key is drawn anew by each process, so that no results file and no document can make two names
//! collide. Hashes under different keys have nothing in common: a run has one key, and no hash leaves it.
//!
//! <https://www.aumasson.jp/siphash/siphash.pdf>

use siphasher::sip128::SipHasher13;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Hashes names under one secret key.
#[derive(Debug, Clone)]
pub struct NameHasher(SipHasher13);

impl Default for NameHasher {
    /// A hasher with a fresh key.
    fn default() -> NameHasher {
        let random = RandomState::new();
        NameHasher(SipHasher13::new_with_keys(random.hash_one(0), random.hash_one(1)))
    }
}

impl NameHasher {
    /// The hash of a name.
    #[inline]
    pub fn hash(&self, name: &str) -> NameHash {
        NameHash(self.0.hash(name.as_bytes()).as_u128())
    }
}

/// The hash of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameHash(pub u128);

/// For maps whose keys are hashes already. Their order is random and must never be visible.
pub type BuildIdentityHasher = BuildHasherDefault<IdentityHasher>;

/// Hashes a `u128` to its upper half.
#[derive(Debug, Default)]
pub struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = (hash >> 64) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn different_names_differ_in_both_halves_of_their_hashes() {
        let hasher = NameHasher::default();
        let mut names: BTreeSet<String> = (0..500).map(|length| "\0".repeat(length)).collect();
        for length in [1, 7, 8, 9, 24, 300] {
            for at in 0..length {
                let changed = |to| format!("{}{to}{}", "a".repeat(at), "a".repeat(length - at - 1));
                names.extend(["a", "b", "\u{7f}", "\0"].map(changed));
            }
        }
        let halves = |half: fn(u128) -> u64| {
            let hashes = names.iter().map(|name| half(hasher.hash(name).0));
            hashes.collect::<BTreeSet<u64>>().len()
        };
        assert_eq!(halves(|hash| hash as u64), names.len());
        assert_eq!(halves(|hash| (hash >> 64) as u64), names.len());
    }

    #[test]
    fn hash_is_stable_in_one_hasher_and_differs_between_two() {
        let (hasher, other) = (NameHasher::default(), NameHasher::default());
        for name in ["", "a", "smb2.lease.break", &"x".repeat(300)] {
            assert_eq!(hasher.hash(name), hasher.clone().hash(name));
            assert_ne!(hasher.hash(name), other.hash(name));
        }
    }
}
