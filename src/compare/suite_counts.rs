//! Counts the tests of each suite in the base run, and how many of them ran in this run too.
//!
//! A suite is a name without its last part. There may be as many suites as tests; then the longest suite names
//! are shortened until there are few enough, with the same result whatever the order of the tests.

use super::store::outcomes::VariantId;
use crate::model::run_builder::NAME_SEPARATORS;
use std::collections::BTreeMap;

/// The maximum number of suites.
const MAX_SUITES: usize = 2_000;

/// The number of tests that ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SuiteCount {
    /// In the base run.
    pub base: u64,
    /// In both runs.
    pub current: u64,
}

/// The suites of a base run.
#[derive(Debug)]
pub(crate) struct SuiteCounts {
    suites: BTreeMap<(Box<str>, VariantId), SuiteCount>,
    /// The number of parts that suite names are shortened to.
    depth: usize,
}

impl Default for SuiteCounts {
    fn default() -> SuiteCounts {
        SuiteCounts { suites: BTreeMap::new(), depth: usize::MAX }
    }
}

impl SuiteCounts {
    /// Counts a test that ran in the base run.
    pub(crate) fn count(&mut self, name: &str, variant: VariantId, ran_now: bool) {
        let suite = first_parts(suite_of(name), self.depth);
        let suite_count = self.suites.entry((suite.into(), variant)).or_default();
        suite_count.base += 1;
        suite_count.current += u64::from(ran_now);
        while self.suites.len() > MAX_SUITES && self.depth > 0 {
            self.reduce_depth();
        }
    }

    /// By suite, then variant.
    pub(crate) fn suites(&self) -> impl Iterator<Item = (&str, VariantId, SuiteCount)> {
        self.suites.iter().map(|((suite, variant), count)| (&**suite, *variant, *count))
    }

    fn reduce_depth(&mut self) {
        let deepest = self.suites.keys().map(|(suite, _)| part_count(suite)).max().unwrap_or(0);
        self.depth = deepest.saturating_sub(1);
        for ((suite, variant), count) in std::mem::take(&mut self.suites) {
            let suite = first_parts(&suite, self.depth);
            let sum = self.suites.entry((suite.into(), variant)).or_default();
            sum.base += count.base;
            sum.current += count.current;
        }
    }
}

/// The name without its last part. What follows a space is not a suite.
fn suite_of(name: &str) -> &str {
    let head = name.split(' ').next().unwrap_or(name);
    head.rfind(NAME_SEPARATORS).map_or("", |at| head[..at].trim_end_matches(NAME_SEPARATORS))
}

fn part_count(suite: &str) -> usize {
    suite.split(NAME_SEPARATORS).filter(|part| !part.is_empty()).count()
}

/// The first `depth` parts of a suite name.
fn first_parts(suite: &str, depth: usize) -> &str {
    let mut ends = suite.match_indices(NAME_SEPARATORS).map(|(at, _)| at).chain([suite.len()]);
    let mut count = 0;
    let mut start = 0;
    let end = ends.find(|end| {
        count += usize::from(*end > start);
        start = *end + 1;
        count > depth
    });
    match end {
        // This is the end of the first part to be removed.
        Some(end) => suite[..end]
            .rfind(NAME_SEPARATORS)
            .map_or("", |at| suite[..at].trim_end_matches(NAME_SEPARATORS)),
        None => suite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARIANT: VariantId = VariantId(0);

    fn suite_list(counts: &SuiteCounts) -> Vec<(String, u64, u64)> {
        counts
            .suites()
            .map(|(suite, _, count)| (suite.to_owned(), count.base, count.current))
            .collect()
    }

    #[test]
    fn tests_are_counted_by_name_without_last_part() {
        let mut counts = SuiteCounts::default();
        for (name, ran) in [
            ("smb2.lease.request", true),
            ("smb2.lease.break me.now", false),
            ("a::b::c", true),
            ("plain", true),
        ] {
            counts.count(name, VARIANT, ran);
        }
        let expected = [("", 1, 1), ("a::b", 1, 1), ("smb2.lease", 2, 1)];
        assert_eq!(suite_list(&counts), expected.map(|(s, b, n)| (s.to_owned(), b, n)));
    }

    #[test]
    fn suite_limit_result_does_not_depend_on_order() {
        let names: Vec<String> =
            (0..3 * MAX_SUITES).map(|n| format!("x.s{}.t{n}.leaf", n % 7)).collect();
        let (mut forward, mut backward) = (SuiteCounts::default(), SuiteCounts::default());
        names.iter().for_each(|name| forward.count(name, VARIANT, true));
        names.iter().rev().for_each(|name| backward.count(name, VARIANT, true));
        assert_eq!(suite_list(&forward), suite_list(&backward));
        assert_eq!(suite_list(&forward).len(), 7);
        assert_eq!(suite_list(&forward)[0].0, "x.s0");
        let mut flat = SuiteCounts::default();
        (0..3 * MAX_SUITES).for_each(|n| flat.count(&format!("s{n}.t"), VARIANT, true));
        assert_eq!(
            suite_list(&flat),
            [(String::new(), 3 * MAX_SUITES as u64, 3 * MAX_SUITES as u64)]
        );
    }
}
