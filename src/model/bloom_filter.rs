//! Says of nearly everything that is not in a set that it is not, and takes one look into memory.
//!
//! In: what looks like chance. Out: no, or perhaps.
//!
//! The idea: Putze, Sanders and Singler, Cache-, Hash- and Space-Efficient Bloom Filters,
//! <https://doi.org/10.1145/1498698.1594230>

/// What looks like chance, made of a member; most of all its upper half.
#[derive(Debug, Clone, Copy)]
pub struct FilterHash(pub u64);

impl FilterHash {
    /// That of a number that looks like chance itself.
    #[inline]
    pub fn from_u128(number: u128) -> FilterHash {
        FilterHash((number >> u64::BITS) as u64)
    }

    /// So many bits of it, at least one, as a number.
    #[inline]
    pub fn top_bits(self, bits: u32) -> usize {
        (self.0 >> (u64::BITS - bits)) as usize
    }
}

/// The set, as far as it is known.
#[derive(Debug)]
pub struct BloomFilter {
    /// Each member has two bits in one of them.
    words: Vec<u64>,
    /// The logarithm of how many there are.
    log2_words: u32,
}

impl Default for BloomFilter {
    fn default() -> BloomFilter {
        BloomFilter::with_capacity(0, 0)
    }
}

impl BloomFilter {
    /// An empty one, with at least so many bits for each of so many members.
    pub fn with_capacity(members: usize, bits: usize) -> BloomFilter {
        let words = (bits * members).div_ceil(u64::BITS as usize).max(2).next_power_of_two();
        BloomFilter { words: vec![0; words], log2_words: words.ilog2() }
    }

    /// One of these members, with at least so many bits for each.
    pub fn from_hashes(
        members: impl ExactSizeIterator<Item = FilterHash>,
        bits: usize,
    ) -> BloomFilter {
        let mut filter = BloomFilter::with_capacity(members.len(), bits);
        for member in members {
            filter.insert(member);
        }
        filter
    }

    /// Adds a member. Whether it may have been one before.
    #[inline]
    pub fn insert(&mut self, member: FilterHash) -> bool {
        let (word, [one, other]) = self.position(member);
        let old = self.words[word];
        self.words[word] = old | 1 << one | 1 << other;
        old >> one & old >> other & 1 == 1
    }

    /// Whether it may be a member.
    #[inline]
    pub fn may_contain(&self, hash: FilterHash) -> bool {
        let (word, [one, other]) = self.position(hash);
        let word = self.words[word];
        word >> one & word >> other & 1 == 1
    }

    /// The word of a member, and the numbers of its bits there.
    #[inline]
    fn position(&self, hash: FilterHash) -> (usize, [u64; 2]) {
        // From the middle: the upper ones say which word, and a product's lower ones depend on few.
        let bits = [32, 26].map(|at| hash.0 >> at & u64::from(u64::BITS - 1));
        (hash.top_bits(self.log2_words), bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> FilterHash {
        FilterHash(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[test]
    fn members_may_be_contained_and_hardly_any_others() {
        for members in [0u32, 1, 1000] {
            let filter =
                BloomFilter::from_hashes((0..members).map(|number| hash(number.into())), 16);
            assert!((0..members).all(|number| filter.may_contain(hash(number.into()))));
            let others =
                (members..10_000).filter(|number| filter.may_contain(hash((*number).into())));
            assert!(others.count() < 400, "{members}");
        }
        assert!(!BloomFilter::default().may_contain(hash(7)));
    }

    #[test]
    fn insert_of_a_member_returns_true() {
        let mut filter = BloomFilter::with_capacity(10, 16);
        let added = [3u64, 5, 3, 5].map(|number| filter.insert(hash(number)));
        assert_eq!(added, [false, false, true, true]);
    }
}
