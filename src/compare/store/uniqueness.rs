//! Whether no two of many numbers are the same: asked of every run, and nearly always so.
//!
//! In: numbers that look like chance. Out: yes, or no, or that it is not worth to find out here. Sorting them would
//! tell too, and take several times as long.

use crate::model::{BloomFilter, FilterHash};

/// Bits of the filter for each number: what a processor's own cache has room for.
const BITS_PER_KEY: usize = 8;

/// In how many numbers one may look as if it came before, at most: a filter takes fewer for such by mistake.
const MAX_COLLISION_FRACTION: usize = 16;

/// Whether they certainly differ; no where they may or may not.
pub(crate) fn all_unique(numbers: impl ExactSizeIterator<Item = u128> + Clone) -> bool {
    let mut filter = BloomFilter::with_capacity(numbers.len(), BITS_PER_KEY);
    let mut collisions = Vec::new();
    for number in numbers.clone() {
        if filter.insert(FilterHash::from_u128(number)) {
            collisions.push(number);
            if collisions.len() > numbers.len().div_ceil(MAX_COLLISION_FRACTION) {
                return false;
            }
        }
    }
    // Which numbers came before these, nobody noted.
    let collision_filter = BloomFilter::from_hashes(
        collisions.iter().map(|number| FilterHash::from_u128(*number)),
        2 * BITS_PER_KEY,
    );
    let mut candidates: Vec<u128> = numbers
        .filter(|number| collision_filter.may_contain(FilterHash::from_u128(*number)))
        .collect();
    candidates.sort_unstable();
    candidates.windows(2).all(|pair| pair[0] != pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pseudo_random(number: u64) -> u128 {
        u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    #[test]
    fn many_numbers_are_unique_until_one_is_repeated() {
        let mut numbers: Vec<u128> = (0..100_000).map(pseudo_random).collect();
        assert!(all_unique(numbers.iter().copied()));
        numbers[99_999] = numbers[17];
        assert!(!all_unique(numbers.iter().copied()));
    }

    proptest! {
        #[test]
        fn repeated_numbers_are_never_reported_unique(
            numbers in prop::collection::vec(0u64..40, 0..20),
            generate in prop::sample::select(vec![pseudo_random as fn(u64) -> u128, u128::from]),
        ) {
            let is_unique = numbers.iter().collect::<std::collections::BTreeSet<_>>().len() == numbers.len();
            prop_assert!(is_unique || !all_unique(numbers.iter().map(|number| generate(*number))));
        }
    }
}
