//! Says of nearly everything that is not in a set that it is not, and takes one look into memory.
//!
//! In: what looks like chance. Out: no, or perhaps.
//!
//! The idea: Putze, Sanders and Singler, Cache-, Hash- and Space-Efficient Bloom Filters,
//! <https://doi.org/10.1145/1498698.1594230>

/// What looks like chance, made of a member; most of all its upper half.
#[derive(Debug, Clone, Copy)]
pub struct Hash(pub u64);

impl Hash {
    /// That of a number that looks like chance itself.
    #[inline]
    pub fn of(number: u128) -> Hash {
        Hash((number >> u64::BITS) as u64)
    }

    /// So many bits of it, at least one, as a number.
    #[inline]
    pub fn first(self, bits: u32) -> usize {
        (self.0 >> (u64::BITS - bits)) as usize
    }
}

/// The set, as far as it is known.
#[derive(Debug)]
pub struct Filter {
    /// Each member has two bits in one of them.
    words: Vec<u64>,
    /// The logarithm of how many there are.
    bits: u32,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter::with_room(0, 0)
    }
}

impl Filter {
    /// An empty one, with at least so many bits for each of so many members.
    pub fn with_room(members: usize, bits: usize) -> Filter {
        let words = (bits * members).div_ceil(u64::BITS as usize).max(2).next_power_of_two();
        Filter { words: vec![0; words], bits: words.ilog2() }
    }

    /// One of these members, with at least so many bits for each.
    pub fn of(members: impl ExactSizeIterator<Item = Hash>, bits: usize) -> Filter {
        let mut filter = Filter::with_room(members.len(), bits);
        for member in members {
            filter.add(member);
        }
        filter
    }

    /// Adds a member. Whether it may have been one before.
    #[inline]
    pub fn add(&mut self, member: Hash) -> bool {
        let (word, [one, other]) = self.place(member);
        let before = self.words[word];
        self.words[word] = before | 1 << one | 1 << other;
        before >> one & before >> other & 1 == 1
    }

    /// Whether it may be a member.
    #[inline]
    pub fn may_have(&self, hash: Hash) -> bool {
        let (word, [one, other]) = self.place(hash);
        let word = self.words[word];
        word >> one & word >> other & 1 == 1
    }

    /// The word of a member, and the numbers of its bits there.
    #[inline]
    fn place(&self, hash: Hash) -> (usize, [u64; 2]) {
        // From the middle: the upper ones say which word, and a product's lower ones depend on few.
        let bits = [32, 26].map(|at| hash.0 >> at & u64::from(u64::BITS - 1));
        (hash.first(self.bits), bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> Hash {
        Hash(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn members_may_be_there_and_few_others() {
        for members in [0u32, 1, 1000] {
            let filter = Filter::of((0..members).map(|number| hash(number.into())), 16);
            assert!((0..members).all(|number| filter.may_have(hash(number.into()))));
            let others = (members..10_000).filter(|number| filter.may_have(hash((*number).into())));
            assert!(others.count() < 400, "{members}");
        }
        assert!(!Filter::default().may_have(hash(7)));
    }

    #[test]
    fn what_is_added_again_was_there_before() {
        let mut filter = Filter::with_room(10, 16);
        let added = [3u64, 5, 3, 5].map(|number| filter.add(hash(number)));
        assert_eq!(added, [false, false, true, true]);
    }
}
