//! What earlier runs said of the rows: evidence for taking one out.
//!
//! In: the rows of earlier reports. Out: for each row, in how many runs it passed. A newcomer's trap: an
//! incomplete run is no evidence, whatever its rows say, and neither is one in which the row's tests
//! were skipped.

use std::collections::BTreeMap;

/// One earlier run, as its JSON report tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PastRun {
    /// Whether all of it was measured.
    pub complete: bool,
    pub variants: usize,
    /// By document and pattern: how many tests failed, passed and were skipped.
    pub rows: BTreeMap<(String, String), PastCounts>,
}

/// How many of a row's tests did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PastCounts {
    pub failed: u64,
    pub passed: u64,
    pub skipped: u64,
}

impl PastCounts {
    /// Whether all of the row's tests ran and passed.
    pub fn all_passed(self) -> bool {
        self.passed > 0 && self.failed == 0 && self.skipped == 0
    }
}

/// Earlier runs, and how many have to agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub runs: Vec<PastRun>,
    /// In how many complete runs, this one included, a row has to have passed; without a number, in all.
    pub wanted: Option<usize>,
}

/// What the runs say of one row, this run included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Complete runs in which all of the row's tests passed.
    pub passed: usize,
    /// Complete runs in which one of them failed.
    pub failed: usize,
    /// Complete runs.
    pub runs: usize,
    /// The most variants that one of them had.
    pub variants: usize,
    /// Whether that is enough to take the row out.
    pub is_enough: bool,
}

impl Evidence {
    /// What earlier runs and this one say of a row; `None` without any earlier run. `this` is what this
    /// run says, if it is complete, and how many variants it has.
    pub fn of(
        &self,
        file: &str,
        pattern: &str,
        this: Option<(PastCounts, usize)>,
    ) -> Option<Record> {
        if self.runs.is_empty() {
            return None;
        }
        let key = (file.to_owned(), pattern.to_owned());
        let complete = self.runs.iter().filter(|run| run.complete);
        let earlier = complete.map(|run| (run.rows.get(&key).copied(), run.variants));
        let all: Vec<(Option<PastCounts>, usize)> =
            earlier.chain(this.map(|(counts, n)| (Some(counts), n))).collect();
        let count = |is: fn(PastCounts) -> bool| {
            all.iter().filter(|(counts, _)| counts.is_some_and(is)).count()
        };
        let (passed, runs) = (count(PastCounts::all_passed), all.len());
        Some(Record {
            passed,
            failed: count(|counts| counts.failed > 0),
            runs,
            variants: all.iter().map(|(_, variants)| *variants).max().unwrap_or(0),
            is_enough: runs > 0 && passed >= self.wanted.unwrap_or(runs),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSED: PastCounts = PastCounts { failed: 0, passed: 2, skipped: 0 };
    const FAILED: PastCounts = PastCounts { failed: 1, passed: 1, skipped: 0 };

    fn run(complete: bool, counts: PastCounts) -> PastRun {
        let rows = BTreeMap::from([(("K.md".to_owned(), "a.*".to_owned()), counts)]);
        PastRun { complete, variants: 3, rows }
    }

    #[test]
    fn only_complete_runs_count_and_by_default_all_have_to_agree() {
        let runs = vec![run(true, PASSED), run(false, PASSED), run(true, FAILED)];
        let mut evidence = Evidence { runs, wanted: None };
        let record = evidence.of("K.md", "a.*", Some((PASSED, 1))).unwrap();
        assert_eq!((record.passed, record.failed, record.runs, record.variants), (2, 1, 3, 3));
        assert!(!record.is_enough);
        evidence.wanted = Some(2);
        assert!(evidence.of("K.md", "a.*", Some((PASSED, 1))).unwrap().is_enough);
    }

    #[test]
    fn a_run_without_the_row_is_no_evidence_for_it() {
        let evidence = Evidence { runs: vec![run(true, PASSED)], wanted: None };
        assert!(!evidence.of("K.md", "b", Some((PASSED, 1))).unwrap().is_enough);
        let only_incomplete = Evidence { runs: vec![run(false, PASSED)], wanted: None };
        assert!(!only_incomplete.of("K.md", "a.*", None).unwrap().is_enough);
        assert_eq!(Evidence::default().of("K.md", "b", Some((PASSED, 1))), None);
    }
}
