//! Results meet the document: which row claims each test, and what that makes of both.
//!
//! In: results one at a time, and a [`KnownFailures`]. Out: [`Facts`], judged by [`policy`] alone.
//! A newcomer's trap: nothing here decides whether a run is red; a verdict is a fact about one test.
//!
//! [`KnownFailures`]: crate::known::KnownFailures

mod base;
mod comparison;
mod distinct;
mod facts;
mod gaps;
mod infrastructure;
mod inventory;
mod kept;
mod list_change;
mod log;
pub mod policy;
mod repeats;
mod rows;
mod seen;
mod sum_up;
mod verdict;

pub use base::BaseRun;
pub use comparison::{Comparison, FileFold, Fold, Keep, ResultsFile, Run};
pub use facts::{
    Counts, Cut, Facts, FixedTest, FlipFact, InVariants, MissingTest, RowFact, SuiteFact, TestFact,
    VariantFact, Why,
};
pub use infrastructure::{Infrastructure, MostInfra, NoShare};
pub use list_change::ListChange;
pub use repeats::Repeats;
pub use rows::{RowCounts, RowStatus};
pub use verdict::{Remark, Verdict};
