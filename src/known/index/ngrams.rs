//! A few bytes of a text, found wherever they stand, thousands of them at once.
//!
//! In: grams, each with a place in a list; then texts. Out: the places of those that a text holds. A newcomer's trap:
//! nearly all bytes of nearly all texts are no gram of the list, so what has to be quick is to say no.
//!
//! The idea: <https://en.wikipedia.org/wiki/Rabin%E2%80%93Karp_algorithm#Multiple_pattern_search>

use crate::model::{BloomFilter, FilterHash};
use std::collections::HashMap;

/// Bits of the filter for each gram: each gram of each name is asked for.
const BITS_PER_NGRAM: usize = 64;

/// The bit that tells upper from lower case.
const CASE_BIT: u8 = 0x20;

/// The most bytes that are looked for at once: the more, the rarer they are.
pub(crate) const MAX_NGRAM_LEN: usize = 8;

/// The grams of so many bytes that a text has, from its start.
pub(crate) fn ngrams(len: usize, text: &[u8]) -> impl Iterator<Item = u64> {
    let shift = 8 * (len - 1);
    let next = move |gram: u64, byte: &u8| gram >> 8 | u64::from(byte | CASE_BIT) << shift;
    let (start, rest) = text.split_at_checked(len - 1).unwrap_or_default();
    let mut gram = start.iter().fold(0, next);
    rest.iter().map(move |byte| {
        gram = next(gram, byte);
        gram
    })
}

/// The same for the longest there are.
fn longest_ngrams(text: &[u8]) -> impl Iterator<Item = u64> {
    text.array_windows().map(longest_ngram)
}

/// The one that begins there.
fn longest_ngram_at(text: &[u8], start: usize) -> Option<u64> {
    Some(longest_ngram(text.get(start..)?.first_chunk()?))
}

fn longest_ngram(bytes: &[u8; MAX_NGRAM_LEN]) -> u64 {
    u64::from_le_bytes(*bytes) | u64::from_le_bytes([CASE_BIT; MAX_NGRAM_LEN])
}

/// A few bytes of a text, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ngram {
    pub len: usize,
    /// Whether they can stand at one place of a name only.
    pub is_prefix: bool,
    pub bytes: u64,
}

/// What looks like chance, made of a gram.
pub(crate) fn hash(bytes: u64) -> FilterHash {
    FilterHash(bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Where in a text grams are looked for.
#[derive(Debug)]
pub(crate) enum Position {
    Anywhere,
    /// Only where they can begin: rising, each once.
    At(Vec<usize>),
}

/// Finds grams of one length.
#[derive(Debug)]
pub(crate) struct Ngrams {
    len: usize,
    position: Position,
    filter: BloomFilter,
    indices: HashMap<u64, usize>,
}

impl Ngrams {
    /// Those of this length that are looked for there, with their places; `None` without any.
    pub(crate) fn new(
        len: usize,
        position: Position,
        indices: &HashMap<Ngram, usize>,
    ) -> Option<Ngrams> {
        let is_prefix = matches!(position, Position::At(_));
        let matching =
            indices.iter().filter(|(gram, _)| gram.len == len && gram.is_prefix == is_prefix);
        let indices: HashMap<u64, usize> = matching.map(|(gram, at)| (gram.bytes, *at)).collect();
        if indices.is_empty() {
            return None;
        }
        let filter =
            BloomFilter::from_hashes(indices.keys().map(|gram| hash(*gram)), BITS_PER_NGRAM);
        Some(Ngrams { len, position, filter, indices })
    }

    /// Hands over the places of those that a text holds where they are looked for, as often as it does.
    pub(crate) fn for_each_match(&self, text: &str, mut each: impl FnMut(usize)) {
        let text = text.as_bytes();
        let lookup = |gram| self.lookup(gram, &mut each);
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

    /// Each gram of each name comes by here: nothing but this is hot.
    #[inline]
    fn lookup(&self, gram: u64, each: &mut impl FnMut(usize)) {
        if self.filter.may_contain(hash(gram)) {
            self.index_of(gram).into_iter().for_each(each);
        }
    }

    #[cold]
    fn index_of(&self, gram: u64) -> Option<usize> {
        self.indices.get(&gram).copied()
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
