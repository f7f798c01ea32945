//! What is told beside single runs of single tests: suites that shrank, tests that flip.
//!
//! In: facts. Out: the same as plain texts and numbers.

use crate::compare::{FlippingTest, SuiteFact};

/// A suite of the base run.
#[derive(Debug, Clone)]
pub struct SuiteLine {
    /// What stands before the last part of its tests' names; may be empty.
    pub suite: String,
    pub variant: String,
    /// Tests that ran in the base run, and how many of these ran here too.
    pub base: u64,
    pub current: u64,
}

/// A test that flips between runs of one commit.
#[derive(Debug, Clone)]
pub struct FlipLine {
    pub name: String,
    pub variant: String,
    pub failed: usize,
    pub runs: usize,
}

impl SuiteLine {
    pub(crate) fn new(fact: &SuiteFact) -> SuiteLine {
        SuiteLine {
            suite: fact.suite.to_string(),
            variant: fact.variant.as_str().to_owned(),
            base: fact.base,
            current: fact.current,
        }
    }
}

impl FlipLine {
    pub(crate) fn new(fact: &FlippingTest) -> FlipLine {
        FlipLine {
            name: fact.name.to_string(),
            variant: fact.variant.as_str().to_owned(),
            failed: fact.failed,
            runs: fact.runs,
        }
    }
}
