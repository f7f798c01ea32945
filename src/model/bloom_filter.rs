//! A blocked Bloom filter: both bits of a member are in one word, so that a query reads memory once.
//!
//! Putze, Sanders and Singler, Cache-, Hash- and Space-Efficient Bloom Filters,
//! <https://doi.org/10.1145/1498698.1594230>

/// A hash of a member; its upper half has to be uniformly distributed.
#[derive(Debug, Clone, Copy)]
pub struct FilterHash(pub u64);

impl FilterHash {
    /// The upper half of a number that is a hash itself.
    #[inline]
    pub fn from_u128(hash: u128) -> FilterHash {
        FilterHash((hash >> u64::BITS) as u64)
    }

    /// The topmost `bits` bits (at least one) as a number.
    #[inline]
    pub fn top_bits(self, bits: u32) -> usize {
        (self.0 >> (u64::BITS - bits)) as usize
    }
}

/// A set that may report a non-member as a member, but never the other way round.
#[derive(Debug)]
pub struct BloomFilter {
    /// Their number is a power of two.
    words: Vec<u64>,
    log2_words: u32,
}

impl Default for BloomFilter {
    fn default() -> BloomFilter {
        BloomFilter::with_capacity(0, 0)
    }
}

impl BloomFilter {
    /// An empty filter with at least `bits_per_member` bits for each of `members` members.
    pub fn with_capacity(members: usize, bits_per_member: usize) -> BloomFilter {
        let words =
            (bits_per_member * members).div_ceil(u64::BITS as usize).max(2).next_power_of_two();
        BloomFilter { words: vec![0; words], log2_words: words.ilog2() }
    }

    /// The filter of these members, with at least `bits_per_member` bits for each.
    pub fn from_hashes(
        members: impl ExactSizeIterator<Item = FilterHash>,
        bits_per_member: usize,
    ) -> BloomFilter {
        let mut filter = BloomFilter::with_capacity(members.len(), bits_per_member);
        for member in members {
            filter.insert(member);
        }
        filter
    }

    /// Adds a member. Returns whether it may have been one already.
    #[inline]
    pub fn insert(&mut self, member: FilterHash) -> bool {
        let (word, mask) = self.position(member);
        let old = self.words[word];
        self.words[word] = old | mask;
        old & mask == mask
    }

    /// Whether it may be a member.
    #[inline]
    pub fn may_contain(&self, hash: FilterHash) -> bool {
        let (word, mask) = self.position(hash);
        self.words[word] & mask == mask
    }

    /// The index of a member's word, and its bits in it.
    #[inline]
    fn position(&self, hash: FilterHash) -> (usize, u64) {
        // Bits from the middle: the upper ones choose the word, and the lower ones of a product depend on few.
        let [one, other] = [32, 26].map(|shift| hash.0 >> shift & u64::from(u64::BITS - 1));
        (hash.top_bits(self.log2_words), 1 << one | 1 << other)
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
