//! Search for thousands of n-grams in one pass over a text.
//!
//! Nearly all n-grams of nearly all texts are not searched for, so a Bloom filter rejects them first. An Aho-Corasick
//! automaton takes several times as long, since its states do not fit into a CPU's cache.
//!
//! See <https://en.wikipedia.org/wiki/Rabin%E2%80%93Karp_algorithm#Multiple_pattern_search>.

use crate::model::{BloomFilter, FilterHash};
use std::collections::HashMap;

/// Bits of the filter for each n-ngram.
const BITS_PER_NGRAM: usize = 64;

/// The bit that distinguishes upper from lower case.
const CASE_BIT: u8 = 0x20;

/// The length of n-grams, unless the literal is shorter: the longer, the rarer they are.
pub(crate) const MAX_NGRAM_LEN: usize = 8;

/// The n-grams of a text, from its start; `len` is from 1 to [`MAX_NGRAM_LEN`].
pub(crate) fn ngrams(len: usize, text: &[u8]) -> impl Iterator<Item = u64> {
    let shift = 8 * (len - 1);
    let next = move |ngram: u64, byte: &u8| ngram >> 8 | u64::from(byte | CASE_BIT) << shift;
    let (start, rest) = text.split_at_checked(len - 1).unwrap_or_default();
    let mut ngram = start.iter().fold(0, next);
    rest.iter().map(move |byte| {
        ngram = next(ngram, byte);
        ngram
    })
}

/// Like [`ngrams`], faster, for [`MAX_NGRAM_LEN`].
fn longest_ngrams(text: &[u8]) -> impl Iterator<Item = u64> {
    text.array_windows().map(longest_ngram)
}

fn longest_ngram_at(text: &[u8], start: usize) -> Option<u64> {
    Some(longest_ngram(text.get(start..)?.first_chunk()?))
}

fn longest_ngram(bytes: &[u8; MAX_NGRAM_LEN]) -> u64 {
    u64::from_le_bytes(*bytes) | u64::from_le_bytes([CASE_BIT; MAX_NGRAM_LEN])
}

/// A few bytes of a text as an integer, without case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ngram {
    pub len: usize,
    /// Whether it belongs to the literal prefix of a pattern and so occurs at one position only.
    pub is_prefix: bool,
    pub bytes: u64,
}

pub(crate) fn hash(bytes: u64) -> FilterHash {
    FilterHash(bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Where in a text n-grams are searched for.
#[derive(Debug)]
pub(crate) enum Position {
    Anywhere,
    /// At these offsets, ascending and unique.
    At(Vec<usize>),
}

/// Searches for n-grams of one length.
#[derive(Debug)]
pub(crate) struct Ngrams {
    len: usize,
    position: Position,
    filter: BloomFilter,
    indices: HashMap<u64, usize>,
}

impl Ngrams {
    /// The n-grams of this length and kind of position; `None` if there are none.
    pub(crate) fn new(
        len: usize,
        position: Position,
        indices: &HashMap<Ngram, usize>,
    ) -> Option<Ngrams> {
        let is_prefix = matches!(position, Position::At(_));
        let matching =
            indices.iter().filter(|(ngram, _)| ngram.len == len && ngram.is_prefix == is_prefix);
        let indices: HashMap<u64, usize> =
            matching.map(|(ngram, index)| (ngram.bytes, *index)).collect();
        if indices.is_empty() {
            return None;
        }
        let filter =
            BloomFilter::from_hashes(indices.keys().map(|ngram| hash(*ngram)), BITS_PER_NGRAM);
        Some(Ngrams { len, position, filter, indices })
    }

    /// Calls `each` with the index of each n-ngram that occurs in the text, once per occurrence.
    pub(crate) fn for_each_match(&self, text: &str, mut each: impl FnMut(usize)) {
        let text = text.as_bytes();
        let lookup = |ngram| self.lookup(ngram, &mut each);
        match (&self.position, self.len) {
            (Position::Anywhere, MAX_NGRAM_LEN) => longest_ngrams(text).for_each(lookup),
            (Position::Anywhere, len) => ngrams(len, text).for_each(lookup),
            (Position::At(starts), MAX_NGRAM_LEN) => {
                starts.iter().map_while(|at| longest_ngram_at(text, *at)).for_each(lookup);
            }
            (Position::At(starts), len) => {
                let ngram_at = |start: &usize| ngrams(len, text.get(*start..start + len)?).next();
                starts.iter().map_while(ngram_at).for_each(lookup);
            }
        }
    }

    /// Called for each n-ngram of each name.
    #[inline]
    fn lookup(&self, ngram: u64, each: &mut impl FnMut(usize)) {
        if self.filter.may_contain(hash(ngram)) {
            self.index_of(ngram).into_iter().for_each(each);
        }
    }

    #[cold]
    fn index_of(&self, ngram: u64) -> Option<usize> {
        self.indices.get(&ngram).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_ngrams_are_ngrams_of_maximum_length() {
        let text = "Smb2.lease.é_V17".as_bytes();
        let all = |grams: &mut dyn Iterator<Item = u64>| grams.collect::<Vec<u64>>();
        let longest = all(&mut longest_ngrams(text));
        assert_eq!(longest, all(&mut ngrams(MAX_NGRAM_LEN, text)));
        assert_eq!(longest.len(), text.len() - 7);
        assert_eq!(all(&mut ngrams(3, b"aB")), [0; 0]);
    }

    #[test]
    fn ngrams_are_found_only_at_their_positions() {
        for len in [3, MAX_NGRAM_LEN] {
            let text = &b"smb2.create.lease"[..len + 4];
            let bytes = ngrams(len, text).nth(3).unwrap();
            let text = str::from_utf8(text).unwrap();
            let found = |position, text: &str| {
                let is_prefix = matches!(position, Position::At(_));
                let indices = HashMap::from([(Ngram { len, is_prefix, bytes }, 7)]);
                let mut found = Vec::new();
                let ngrams = Ngrams::new(len, position, &indices).unwrap();
                ngrams.for_each_match(text, |index| found.push(index));
                found
            };
            assert_eq!(found(Position::At(vec![0, 3]), text), [7]);
            assert_eq!(found(Position::Anywhere, text), [7]);
            assert_eq!(found(Position::At(vec![2, 4, 99]), text), [0; 0]);
            assert_eq!(found(Position::At(vec![3]), "sm"), [0; 0]);
            assert_eq!(found(Position::Anywhere, "sm"), [0; 0]);
            let prefixes = HashMap::from([(Ngram { len, is_prefix: true, bytes }, 7)]);
            assert!(Ngrams::new(len, Position::Anywhere, &prefixes).is_none());
        }
    }
}
