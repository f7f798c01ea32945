//! Whether no two of many numbers are the same: asked of every run, and nearly always so.
//!
//! In: numbers that look like chance. Out: yes, or no, or that it is not worth to find out here. Sorting them would
//! tell too, and take several times as long.

use crate::model::{Filter, Hash};

/// Bits of the filter for each number: what a processor's own cache has room for.
const BITS: usize = 8;

/// In how many numbers one may look as if it came before, at most: a filter takes fewer for such by mistake.
const AGAIN: usize = 16;

/// Whether they certainly differ; no where they may or may not.
pub(crate) fn all_differ(numbers: impl ExactSizeIterator<Item = u128> + Clone) -> bool {
    let mut before = Filter::with_room(numbers.len(), BITS);
    let mut again = Vec::new();
    for number in numbers.clone() {
        if before.add(Hash::of(number)) {
            again.push(number);
            if again.len() > numbers.len().div_ceil(AGAIN) {
                return false;
            }
        }
    }
    // Which numbers came before these, nobody noted.
    let wanted = Filter::of(again.iter().map(|number| Hash::of(*number)), 2 * BITS);
    let mut found: Vec<u128> = numbers.filter(|it| wanted.may_have(Hash::of(*it))).collect();
    found.sort_unstable();
    found.windows(2).all(|pair| pair[0] != pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chance(number: u64) -> u128 {
        u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
    }

    #[test]
    fn many_numbers_differ_until_one_comes_again() {
        let mut numbers: Vec<u128> = (0..100_000).map(chance).collect();
        assert!(all_differ(numbers.iter().copied()));
        numbers[99_999] = numbers[17];
        assert!(!all_differ(numbers.iter().copied()));
    }

    proptest! {
        #[test]
        fn it_never_says_yes_where_a_number_came_again(
            numbers in prop::collection::vec(0u64..40, 0..20),
            of in prop::sample::select(vec![chance as fn(u64) -> u128, u128::from]),
        ) {
            let differ = numbers.iter().collect::<std::collections::BTreeSet<_>>().len() == numbers.len();
            prop_assert!(differ || !all_differ(numbers.iter().map(|number| of(*number))));
        }
    }
}
