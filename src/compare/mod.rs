//! Results meet the document: which row claims each test, and what that makes of both.
//!
//! In: results one at a time, and a [`KnownFailures`]. Out: [`Facts`], judged by [`policy`] alone.
//! A newcomer's trap: nothing here decides whether a run is red; a verdict is a fact about one test.
//!
//! [`KnownFailures`]: crate::known::KnownFailures

mod comparison;
mod facts;
pub mod policy;
mod repeats;
mod rows;
mod seen;
mod verdict;

pub use comparison::{Comparison, FileFold, Keep, ResultsFile, Run};
pub use facts::{Counts, Facts, RowFact, TestFact, VariantFact, Why};
pub use repeats::Repeats;
pub use rows::{RowCounts, RowStatus};
pub use seen::Keys;
pub use verdict::{Remark, Verdict};
