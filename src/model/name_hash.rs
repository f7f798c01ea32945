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
const SHORT: usize = 256;

/// A word of a name.
const WORD: usize = size_of::<u64>();

/// The secret under which names are hashed.
#[derive(Debug, Clone)]
pub struct Secret {
    /// What a word is multiplied with, by its place.
    words: [Factors; SHORT / WORD],
    /// For the last bytes.
    last: Factors,
    length: Factors,
    /// What a sum begins with.
    start: Factors,
    of_long: SipHasher13,
}

/// For each half of a number.
type Factors = [u128; 2];

impl Default for Secret {
    /// A fresh one.
    fn default() -> Secret {
        let (state, mut drawn) = (RandomState::new(), 0u64);
        let mut draw = || {
            drawn += 1;
            state.hash_one(drawn)
        };
        let of_long = SipHasher13::new_with_keys(draw(), draw());
        let mut factors =
            || array::from_fn(|_| u128::from(draw()) << u64::BITS | u128::from(draw()));
        let words = array::from_fn(|_| factors());
        Secret { words, last: factors(), length: factors(), start: factors(), of_long }
    }
}

impl Secret {
    /// The number of a name.
    #[inline]
    pub fn key(&self, name: &str) -> NameKey {
        match name.as_bytes() {
            short if short.len() <= SHORT => NameKey(self.sum(short)),
            long => NameKey(self.of_long.hash(long).as_u128()),
        }
    }

    /// A multilinear hash: what stands at one place only counts there, and a name's length says how far it goes.
    #[inline]
    fn sum(&self, name: &[u8]) -> u128 {
        let (words, rest) = name.as_chunks::<WORD>();
        // Some of them may stand in the word before too.
        let last = name.last_chunk().copied().unwrap_or_else(|| padded(rest));
        let mut sums = self.start;
        let mut add = |factors: &Factors, word: u64| {
            for (sum, factor) in sums.iter_mut().zip(factors) {
                *sum = sum.wrapping_add(factor.wrapping_mul(word.into()));
            }
        };
        for (factors, word) in self.words.iter().zip(words) {
            add(factors, u64::from_le_bytes(*word));
        }
        add(&self.last, u64::from_le_bytes(last));
        add(&self.length, name.len() as u64);
        // Only the upper bits depend on all of a factor's.
        let [high, low] = sums.map(|sum| sum >> u64::BITS);
        high << u64::BITS | low
    }
}

/// Less than a word, as one.
fn padded(bytes: &[u8]) -> [u8; WORD] {
    let mut word = [0; WORD];
    word[..bytes.len()].copy_from_slice(bytes);
    word
}

/// A name's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameKey(pub u128);

/// How a map finds what is a hash already. Never shown in its order.
pub type Hashed = BuildHasherDefault<Unhashed>;

/// Takes a part of what is a hash already.
#[derive(Debug, Default)]
pub struct Unhashed(u64);

impl Hasher for Unhashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.chunks(WORD).for_each(|chunk| self.0 ^= u64::from_ne_bytes(padded(chunk)));
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
    fn names_that_differ_anywhere_have_numbers_of_their_own() {
        let secret = Secret::default();
        let mut names: BTreeSet<String> =
            (0..2 * SHORT).map(|length| "\0".repeat(length)).collect();
        for length in [1, WORD - 1, WORD, WORD + 1, 3 * WORD, SHORT - 1, SHORT, SHORT + 1] {
            for at in 0..length {
                let changed = |to| format!("{}{to}{}", "a".repeat(at), "a".repeat(length - at - 1));
                names.extend(["a", "b", "\u{7f}", "\0"].map(changed));
            }
        }
        let halves = |of: fn(u128) -> u64| {
            let numbers = names.iter().map(|name| of(secret.key(name).0));
            numbers.collect::<BTreeSet<u64>>().len()
        };
        assert_eq!(
            (halves(|n| n as u64), halves(|n| (n >> 64) as u64)),
            (names.len(), names.len())
        );
    }

    #[test]
    fn a_name_has_one_number_under_a_secret_and_others_under_others() {
        let (secret, other) = (Secret::default(), Secret::default());
        for name in ["", "a", "smb2.lease.break", &"x".repeat(SHORT + 1)] {
            assert_eq!(secret.key(name), secret.clone().key(name));
            assert_ne!(secret.key(name), other.key(name));
        }
    }
}
