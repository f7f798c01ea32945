//! Checks that all keys are distinct, usually without sorting them.
//!
//! This is so in nearly every run, and sorting takes several times as long.

use crate::model::{BloomFilter, FilterHash};

/// Few enough that the filter fits into a processor's cache.
const BITS_PER_KEY: usize = 8;

/// With more than one collision in this many keys, some keys are probably equal: the filter alone causes fewer.
const KEYS_PER_COLLISION: usize = 16;

/// Returns true only if no two keys are equal. May return false even so. Keys have to be uniformly distributed.
pub(crate) fn all_unique(keys: impl ExactSizeIterator<Item = u128> + Clone) -> bool {
    let mut filter = BloomFilter::with_capacity(keys.len(), BITS_PER_KEY);
    let mut collisions = Vec::new();
    for key in keys.clone() {
        if filter.insert(FilterHash::from_u128(key)) {
            collisions.push(key);
            if collisions.len() > keys.len().div_ceil(KEYS_PER_COLLISION) {
                return false;
            }
        }
    }
    // An equal key may have come before each of these: find and compare all that could be one.
    let collision_filter = BloomFilter::from_hashes(
        collisions.iter().map(|key| FilterHash::from_u128(*key)),
        2 * BITS_PER_KEY,
    );
    let mut candidates: Vec<u128> =
        keys.filter(|key| collision_filter.may_contain(FilterHash::from_u128(*key))).collect();
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
    fn many_keys_are_unique_until_one_is_repeated() {
        let mut numbers: Vec<u128> = (0..100_000).map(pseudo_random).collect();
        assert!(all_unique(numbers.iter().copied()));
        numbers[99_999] = numbers[17];
        assert!(!all_unique(numbers.iter().copied()));
    }

    proptest! {
        #[test]
        fn repeated_keys_are_never_reported_unique(
            numbers in prop::collection::vec(0u64..40, 0..20),
            generate in prop::sample::select(vec![pseudo_random as fn(u64) -> u128, u128::from]),
        ) {
            let is_unique = numbers.iter().collect::<std::collections::BTreeSet<_>>().len() == numbers.len();
            prop_assert!(is_unique || !all_unique(numbers.iter().map(|number| generate(*number))));
        }
    }
}
