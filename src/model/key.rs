//! A test's name as a number, wherever it only matters whether two names are the same.
//!
//! In: names. Out: their SipHash under a secret of this process, so that no results file and no document can
//! make two names meet. A newcomer's trap: numbers of two secrets have nothing to do with each other; one run
//! has one secret.
//!
//! <https://www.aumasson.jp/siphash/siphash.pdf>

use siphasher::sip128::SipHasher13;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// The secret under which names are hashed.
#[derive(Debug, Clone, Copy)]
pub struct Secret(SipHasher13);

impl Default for Secret {
    /// A fresh one.
    fn default() -> Secret {
        let draw = |n: u8| RandomState::new().hash_one(n);
        Secret(SipHasher13::new_with_keys(draw(0), draw(1)))
    }
}

impl Secret {
    /// The number of a name.
    pub fn key(&self, name: &str) -> NameKey {
        NameKey(self.0.hash(name.as_bytes()).as_u128())
    }
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
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_ne_bytes(word);
        }
    }

    fn write_u128(&mut self, word: u128) {
        self.0 = (word >> 64) as u64;
    }
}
