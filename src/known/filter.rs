//! Says of nearly everything that is not in a set that it is not, and takes two bits to look at.
//!
//! In: what looks like chance. Out: no, or perhaps.
//!
//! The idea: <https://en.wikipedia.org/wiki/Bloom_filter>

/// What looks like chance, made of a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hash(pub u64);

impl Hash {
    /// So many bits of it, as a number.
    pub(super) fn first(self, bits: u32) -> usize {
        (self.0 >> (u64::BITS - bits)) as usize
    }

    /// As many that follow them.
    fn second(self, bits: u32) -> usize {
        Hash(self.0 << bits).first(bits)
    }
}

/// The set, as far as it is known.
#[derive(Debug)]
pub(super) struct Filter {
    words: Vec<u64>,
    /// The logarithm of how many bits there are.
    bits: u32,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter::new([].into_iter(), 0)
    }
}

impl Filter {
    /// One with at least so many bits for each member.
    pub(super) fn new(members: impl ExactSizeIterator<Item = Hash>, bits: usize) -> Filter {
        let bits = (bits * members.len()).next_power_of_two().ilog2().max(u64::BITS.ilog2());
        let mut filter = Filter { words: vec![0; 1 << (bits - u64::BITS.ilog2())], bits };
        for member in members {
            for bit in [member.first(bits), member.second(bits)] {
                filter.words[bit / 64] |= 1 << (bit % 64);
            }
        }
        filter
    }

    /// Whether it may be a member.
    #[inline]
    pub(super) fn may_have(&self, hash: Hash) -> bool {
        self.has(hash.first(self.bits)) && self.has(hash.second(self.bits))
    }

    #[inline]
    fn has(&self, bit: usize) -> bool {
        self.words[bit / 64] >> (bit % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_may_be_there_and_few_others() {
        let hash = |number: u64| Hash(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for members in [0u32, 1, 1000] {
            let filter = Filter::new((0..members).map(|number| hash(number.into())), 16);
            assert!((0..members).all(|number| filter.may_have(hash(number.into()))));
            let others = (members..10_000).filter(|number| filter.may_have(hash((*number).into())));
            assert!(others.count() < 400, "{members}");
        }
        assert!(!Filter::default().may_have(hash(7)));
    }
}
