//! A few bytes of a text, found wherever they stand, thousands of them at once.
//!
//! In: grams, each with a place in a list; then texts. Out: the places of those that a text holds. A newcomer's trap:
//! nearly all bytes of nearly all texts are no gram of the list, so what has to be quick is to say no.
//!
//! The idea: <https://en.wikipedia.org/wiki/Rabin%E2%80%93Karp_algorithm#Multiple_pattern_search>

use crate::model::{Filter, Hash};
use std::collections::HashMap;

/// Bits of the filter for each gram: each gram of each name is asked for.
const BITS: usize = 64;

/// The bit that tells upper from lower case.
const CASE: u8 = 0x20;

/// The most bytes that are looked for at once: the more, the rarer they are.
pub(crate) const MOST_BYTES: usize = 8;

/// The grams of so many bytes that a text has, from its start.
pub(crate) fn grams(len: usize, text: &[u8]) -> impl Iterator<Item = u64> {
    let shift = 8 * (len - 1);
    let next = move |gram: u64, byte: &u8| gram >> 8 | u64::from(byte | CASE) << shift;
    let (start, rest) = text.split_at_checked(len - 1).unwrap_or_default();
    let mut gram = start.iter().fold(0, next);
    rest.iter().map(move |byte| {
        gram = next(gram, byte);
        gram
    })
}

/// The same for the longest there are.
fn longest_grams(text: &[u8]) -> impl Iterator<Item = u64> {
    text.array_windows().map(of_longest)
}

/// The one that begins there.
fn longest_gram(text: &[u8], start: usize) -> Option<u64> {
    Some(of_longest(text.get(start..)?.first_chunk()?))
}

fn of_longest(bytes: &[u8; MOST_BYTES]) -> u64 {
    u64::from_le_bytes(*bytes) | u64::from_le_bytes([CASE; MOST_BYTES])
}

/// A few bytes of a text, as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Gram {
    pub len: usize,
    /// Whether they can stand at one place of a name only.
    pub leads: bool,
    pub bytes: u64,
}

/// What looks like chance, made of a gram.
pub(crate) fn hashed(bytes: u64) -> Hash {
    Hash(bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Where in a text grams are looked for.
#[derive(Debug)]
pub(crate) enum Where {
    Anywhere,
    /// Only where they can begin: rising, each once.
    At(Vec<usize>),
}

/// Finds grams of one length.
#[derive(Debug)]
pub(crate) struct Grams {
    len: usize,
    looked_for: Where,
    filter: Filter,
    places: HashMap<u64, usize>,
}

impl Grams {
    /// Those of this length that are looked for there, with their places; `None` without any.
    pub(crate) fn new(
        len: usize,
        looked_for: Where,
        places: &HashMap<Gram, usize>,
    ) -> Option<Grams> {
        let lead = matches!(looked_for, Where::At(_));
        let of_kind = places.iter().filter(|(gram, _)| gram.len == len && gram.leads == lead);
        let places: HashMap<u64, usize> = of_kind.map(|(gram, at)| (gram.bytes, *at)).collect();
        if places.is_empty() {
            return None;
        }
        let filter = Filter::of(places.keys().map(|gram| hashed(*gram)), BITS);
        Some(Grams { len, looked_for, filter, places })
    }

    /// Hands over the places of those that a text holds where they are looked for, as often as it does.
    pub(crate) fn for_each_in(&self, text: &str, mut each: impl FnMut(usize)) {
        let text = text.as_bytes();
        let look_up = |gram| self.look_up(gram, &mut each);
        match (&self.looked_for, self.len) {
            (Where::Anywhere, MOST_BYTES) => longest_grams(text).for_each(look_up),
            (Where::Anywhere, len) => grams(len, text).for_each(look_up),
            (Where::At(starts), MOST_BYTES) => {
                starts.iter().map_while(|at| longest_gram(text, *at)).for_each(look_up);
            }
            (Where::At(starts), len) => {
                let at = |start: &usize| grams(len, text.get(*start..start + len)?).next();
                starts.iter().map_while(at).for_each(look_up);
            }
        }
    }

    /// Each gram of each name comes by here: nothing but this is hot.
    #[inline]
    fn look_up(&self, gram: u64, each: &mut impl FnMut(usize)) {
        if self.filter.may_have(hashed(gram)) {
            self.place(gram).into_iter().for_each(each);
        }
    }

    #[cold]
    fn place(&self, gram: u64) -> Option<usize> {
        self.places.get(&gram).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_are_one_number_either_way() {
        let text = "Smb2.lease.é_V17".as_bytes();
        let all = |grams: &mut dyn Iterator<Item = u64>| grams.collect::<Vec<u64>>();
        let longest = all(&mut longest_grams(text));
        assert_eq!(longest, all(&mut grams(MOST_BYTES, text)));
        assert_eq!(longest.len(), text.len() - 7);
        assert_eq!(all(&mut grams(3, b"aB")), [0; 0]);
    }

    #[test]
    fn they_are_found_only_where_they_are_looked_for() {
        for len in [3, MOST_BYTES] {
            let text = &b"smb2.create.lease"[..len + 4];
            let bytes = grams(len, text).nth(3).unwrap();
            let text = str::from_utf8(text).unwrap();
            let found = |looked_for, text: &str| {
                let leads = matches!(looked_for, Where::At(_));
                let places = HashMap::from([(Gram { len, leads, bytes }, 7)]);
                let mut found = Vec::new();
                let grams = Grams::new(len, looked_for, &places).unwrap();
                grams.for_each_in(text, |place| found.push(place));
                found
            };
            assert_eq!(found(Where::At(vec![0, 3]), text), [7]);
            assert_eq!(found(Where::Anywhere, text), [7]);
            assert_eq!(found(Where::At(vec![2, 4, 99]), text), [0; 0]);
            assert_eq!(found(Where::At(vec![3]), "sm"), [0; 0]);
            assert_eq!(found(Where::Anywhere, "sm"), [0; 0]);
            let leads = HashMap::from([(Gram { len, leads: true, bytes }, 7)]);
            assert!(Grams::new(len, Where::Anywhere, &leads).is_none());
        }
    }
}
