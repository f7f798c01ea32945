//! How many tests of each suite ran, held against the base run: a suite that shrank is seen.
//!
//! In: the results of the base run that ran there, and whether each ran here too. Out: numbers by suite
//! and variant. A suite is what stands before a name's last part. A newcomer's trap: there may be as many
//! suites as tests; then longer names are cut until there are few enough, whatever the order.

use super::store::outcomes::VariantId;
use std::collections::BTreeMap;

/// Suites that are told apart.
const MOST: usize = 2_000;

/// How many tests ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ran {
    /// In the base run.
    pub before: u64,
    /// Of these, here too.
    pub now: u64,
}

/// The suites of a base run.
#[derive(Debug)]
pub(crate) struct Inventory {
    suites: BTreeMap<(Box<str>, VariantId), Ran>,
    /// Parts of a suite's name that are told apart.
    depth: usize,
}

impl Default for Inventory {
    fn default() -> Inventory {
        Inventory { suites: BTreeMap::new(), depth: usize::MAX }
    }
}

impl Inventory {
    /// Counts a test that ran in the base run.
    pub fn count(&mut self, name: &str, variant: VariantId, ran_here: bool) {
        let suite = first_parts(suite_of(name), self.depth);
        let ran = self.suites.entry((suite.into(), variant)).or_default();
        ran.before += 1;
        ran.now += u64::from(ran_here);
        while self.suites.len() > MOST && self.depth > 0 {
            self.cut();
        }
    }

    /// By suite, then variant.
    pub fn suites(&self) -> impl Iterator<Item = (&str, VariantId, Ran)> {
        self.suites.iter().map(|((suite, variant), ran)| (&**suite, *variant, *ran))
    }

    fn cut(&mut self) {
        let deepest = self.suites.keys().map(|(suite, _)| parts(suite)).max().unwrap_or(0);
        self.depth = deepest.saturating_sub(1);
        for ((suite, variant), ran) in std::mem::take(&mut self.suites) {
            let suite = first_parts(&suite, self.depth);
            let sum = self.suites.entry((suite.into(), variant)).or_default();
            sum.before += ran.before;
            sum.now += ran.now;
        }
    }
}

/// What parts of a name stand between.
const BETWEEN: [char; 3] = ['.', '/', ':'];

/// The name without its last part. Behind a blank nobody names suites any more.
fn suite_of(name: &str) -> &str {
    let head = name.split(' ').next().unwrap_or(name);
    head.rfind(BETWEEN).map_or("", |at| head[..at].trim_end_matches(BETWEEN))
}

fn parts(suite: &str) -> usize {
    suite.split(BETWEEN).filter(|part| !part.is_empty()).count()
}

/// The first so many parts of a suite's name.
fn first_parts(suite: &str, depth: usize) -> &str {
    let mut ends = suite.match_indices(BETWEEN).map(|(at, _)| at).chain([suite.len()]);
    let mut seen = 0;
    let mut start = 0;
    let end = ends.find(|end| {
        seen += usize::from(*end > start);
        start = *end + 1;
        seen > depth
    });
    match end {
        // The part that is one too many ends here: cut in front of it.
        Some(end) => {
            suite[..end].rfind(BETWEEN).map_or("", |at| suite[..at].trim_end_matches(BETWEEN))
        }
        None => suite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V: VariantId = VariantId(0);

    fn told(inventory: &Inventory) -> Vec<(String, u64, u64)> {
        inventory.suites().map(|(suite, _, ran)| (suite.to_owned(), ran.before, ran.now)).collect()
    }

    #[test]
    fn tests_are_counted_by_what_stands_before_their_last_part() {
        let mut inventory = Inventory::default();
        for (name, ran) in [
            ("smb2.lease.request", true),
            ("smb2.lease.break me.now", false),
            ("a::b::c", true),
            ("plain", true),
        ] {
            inventory.count(name, V, ran);
        }
        let expected = [("", 1, 1), ("a::b", 1, 1), ("smb2.lease", 2, 1)];
        assert_eq!(told(&inventory), expected.map(|(s, b, n)| (s.to_owned(), b, n)));
    }

    #[test]
    fn many_suites_become_fewer_whatever_the_order() {
        let names: Vec<String> = (0..3 * MOST).map(|n| format!("x.s{}.t{n}.leaf", n % 7)).collect();
        let (mut forth, mut back) = (Inventory::default(), Inventory::default());
        names.iter().for_each(|name| forth.count(name, V, true));
        names.iter().rev().for_each(|name| back.count(name, V, true));
        assert_eq!(told(&forth), told(&back));
        assert_eq!(told(&forth).len(), 7);
        assert_eq!(told(&forth)[0].0, "x.s0");
        let mut flat = Inventory::default();
        (0..3 * MOST).for_each(|n| flat.count(&format!("s{n}.t"), V, true));
        assert_eq!(told(&flat), [(String::new(), 3 * MOST as u64, 3 * MOST as u64)]);
    }
}
