//! A test's name as a number, wherever it only matters whether two names are the same.
//!
//! In: names. Out: their hash under a secret of this process, so that no results file and no document can
//! make two names meet. Of a short name that is the sum of its words, each times a secret number: whoever chose two
//! names, they are proven to meet under one secret in 2^128. Of a long one it is SipHash. A newcomer's trap: the
//! proof holds as long as nobody sees the numbers, and numbers of two secrets have nothing to do with each other;
//! one run has one secret, and no number leaves it.
//!
//! <https://arxiv.org/abs/1202.4961> (theorem 3.1), <https://www.aumasson.jp/siphash/siphash.pdf>

use siphasher::sip128::SipHasher13;
use std::array;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// The length of the longest name that is hashed as a sum, in bytes.
const MAX_SHORT_NAME: usize = 256;

/// A word of a name.
const WORD_SIZE: usize = size_of::<u64>();

/// The secret under which names are hashed.
#[derive(Debug, Clone)]
pub struct NameHasher {
    /// What a word is multiplied with, by its place.
    words: [Multipliers; MAX_SHORT_NAME / WORD_SIZE],
    /// For the last bytes.
    last: Multipliers,
    length: Multipliers,
    /// What a sum begins with.
    start: Multipliers,
    siphash: SipHasher13,
}

/// For each half of a number.
type Multipliers = [u128; 2];

impl Default for NameHasher {
    /// A fresh one.
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
    /// The number of a name.
    #[inline]
    pub fn hash(&self, name: &str) -> NameHash {
        match name.as_bytes() {
            short if short.len() <= MAX_SHORT_NAME => NameHash(self.multilinear(short)),
            long => NameHash(self.siphash.hash(long).as_u128()),
        }
    }

    /// A multilinear hash: what stands at one place only counts there, and a name's length says how far it goes.
    #[inline]
    fn multilinear(&self, name: &[u8]) -> u128 {
        let (words, rest) = name.as_chunks::<WORD_SIZE>();
        // Some of them may stand in the word before too.
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
        // Only the upper bits depend on all of a factor's.
        let [high, low] = sums.map(|sum| sum >> u64::BITS);
        high << u64::BITS | low
    }
}

/// Less than a word, as one.
fn zero_pad(bytes: &[u8]) -> [u8; WORD_SIZE] {
    let mut word = [0; WORD_SIZE];
    word[..bytes.len()].copy_from_slice(bytes);
    word
}

/// A name's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameHash(pub u128);

/// How a map finds what is a hash already. Never shown in its order.
pub type BuildIdentityHasher = BuildHasherDefault<IdentityHasher>;

/// Takes a part of what is a hash already.
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
