//! Suites that shrank since the base run, and tests that flip between runs of one commit.

use crate::compare::{FlippingTest, SuiteFact};

/// A suite of the base run, and how much of it ran.
#[derive(Debug, Clone)]
pub struct SuiteLine {
    /// Its tests' names without their last part; may be empty.
    pub suite: String,
    /// Empty for a run without variants.
    pub variant: String,
    /// Tests that ran in the base run.
    pub base: u64,
    /// Those of them that ran in this run too.
    pub current: u64,
}

/// A test that failed in some runs of one commit and not in others.
#[derive(Debug, Clone)]
pub struct FlipLine {
    /// The whole name.
    pub name: String,
    /// Empty for a run without variants.
    pub variant: String,
    /// Runs in which it failed.
    pub failed: usize,
    /// Complete runs that had its variant.
    pub runs: usize,
}

impl SuiteLine {
    pub(super) fn new(fact: &SuiteFact) -> SuiteLine {
        SuiteLine {
            suite: fact.suite.to_string(),
            variant: fact.variant.as_str().to_owned(),
            base: fact.base,
            current: fact.current,
        }
    }
}

impl FlipLine {
    pub(super) fn new(fact: &FlippingTest) -> FlipLine {
        FlipLine {
            name: fact.name.to_string(),
            variant: fact.variant.as_str().to_owned(),
            failed: fact.failed,
            runs: fact.runs,
        }
    }
}
