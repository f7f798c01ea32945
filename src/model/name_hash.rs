//! A keyed 128-bit hash of a test's name, for places where it only matters whether two names are equal.
//!
//! The key is random and secret, so that no results file and no document can make two names collide. A short name is hashed
//! multilinearly: the sum of its words, each times a secret multiplier. For any two names, the odds of a collision are proven to
//! be 1 in 2^128 keys, as long as nobody sees the multipliers. A long name is hashed with SipHash. Hashes under different keys are
//! not comparable; a run has one key, and no hash leaves the process. SipHash for all names costs 5 % of a run with a million
//! smbtorture tests.
//!
//! <https://arxiv.org/abs/1202.4961> (theorem 3.1), <https://www.aumasson.jp/siphash/siphash.pdf>

use siphasher::sip128::SipHasher13;
use std::array;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Maximum length of a name that is hashed multilinearly, in bytes.
const MAX_SHORT_NAME: usize = 256;

/// Bytes of a word.
const WORD_SIZE: usize = size_of::<u64>();

/// The key under which names are hashed.
#[derive(Debug, Clone)]
pub struct NameHasher {
    /// The multipliers of the words, by position.
    words: [Multipliers; MAX_SHORT_NAME / WORD_SIZE],
    /// Multiplies the last bytes.
    last: Multipliers,
    length: Multipliers,
    /// The initial sums.
    start: Multipliers,
    siphash: SipHasher13,
}

/// Multipliers for both halves of a hash.
type Multipliers = [u128; 2];

impl Default for NameHasher {
    /// A random key.
    fn default() -> NameHasher {
        let (state, mut drawn) = (RandomState::new(), 0u64);
        let mut draw = || {
            drawn += 1;
            state.hash_one(drawn)
        };
        let siphash = SipHasher13::new_with_keys(draw(), draw());
        let mut multipliers =
            || array::from_fn(|_| u128::from(draw()) << u64::BITS | u128::from(draw()));
        let words = array::from_fn(|_| multipliers());
        NameHasher {
            words,
            last: multipliers(),
            length: multipliers(),
            start: multipliers(),
            siphash,
        }
    }
}

impl NameHasher {
    /// The hash of a name.
    #[inline]
    pub fn hash(&self, name: &str) -> NameHash {
        match name.as_bytes() {
            short if short.len() <= MAX_SHORT_NAME => NameHash(self.multilinear(short)),
            long => NameHash(self.siphash.hash(long).as_u128()),
        }
    }

    /// The multilinear hash: each word counts at its position only, and the length of the name is one of the words.
    #[inline]
    fn multilinear(&self, name: &[u8]) -> u128 {
        let (words, rest) = name.as_chunks::<WORD_SIZE>();
        // Overlaps the previous word if the name has a partial word at its end.
        let last = name.last_chunk().copied().unwrap_or_else(|| zero_pad(rest));
        let mut sums = self.start;
        let mut add = |multipliers: &Multipliers, word: u64| {
            for (sum, multiplier) in sums.iter_mut().zip(multipliers) {
                *sum = sum.wrapping_add(multiplier.wrapping_mul(word.into()));
            }
        };
        for (multipliers, word) in self.words.iter().zip(words) {
            add(multipliers, u64::from_le_bytes(*word));
        }
        add(&self.last, u64::from_le_bytes(last));
        add(&self.length, name.len() as u64);
        // Only the upper bits depend on all bits of the multipliers.
        let [high, low] = sums.map(|sum| sum >> u64::BITS);
        high << u64::BITS | low
    }
}

/// Pads less than a word with zeros.
fn zero_pad(bytes: &[u8]) -> [u8; WORD_SIZE] {
    let mut word = [0; WORD_SIZE];
    word[..bytes.len()].copy_from_slice(bytes);
    word
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameHash(pub u128);

/// A hasher for maps whose keys are hashes already. Map order must not be visible.
pub type BuildIdentityHasher = BuildHasherDefault<IdentityHasher>;

/// Passes on a part of the hash.
#[derive(Debug, Default)]
pub struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.chunks(WORD_SIZE).for_each(|chunk| self.0 ^= u64::from_ne_bytes(zero_pad(chunk)));
    }

    fn write_u128(&mut self, word: u128) {
        self.0 = (word >> 64) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn different_names_have_different_hashes() {
        let hasher = NameHasher::default();
        let mut names: BTreeSet<String> =
            (0..2 * MAX_SHORT_NAME).map(|length| "\0".repeat(length)).collect();
        for length in [
            1,
            WORD_SIZE - 1,
            WORD_SIZE,
            WORD_SIZE + 1,
            3 * WORD_SIZE,
            MAX_SHORT_NAME - 1,
            MAX_SHORT_NAME,
            MAX_SHORT_NAME + 1,
        ] {
            for at in 0..length {
                let changed = |to| format!("{}{to}{}", "a".repeat(at), "a".repeat(length - at - 1));
                names.extend(["a", "b", "\u{7f}", "\0"].map(changed));
            }
        }
        let halves = |half: fn(u128) -> u64| {
            let hashes = names.iter().map(|name| half(hasher.hash(name).0));
            hashes.collect::<BTreeSet<u64>>().len()
        };
        assert_eq!(
            (halves(|n| n as u64), halves(|n| (n >> 64) as u64)),
            (names.len(), names.len())
        );
    }

    #[test]
    fn hash_is_stable_in_one_hasher_and_differs_between_two() {
        let (hasher, other) = (NameHasher::default(), NameHasher::default());
        for name in ["", "a", "smb2.lease.break", &"x".repeat(MAX_SHORT_NAME + 1)] {
            assert_eq!(hasher.hash(name), hasher.clone().hash(name));
            assert_ne!(hasher.hash(name), other.hash(name));
        }
    }
}
