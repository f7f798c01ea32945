//! Results meet the document: which row claims each test, and what that makes of both.
//!
//! In: results one at a time, and a [`KnownFailures`]. Out: [`Facts`], judged by [`policy`] alone.
//! A newcomer's trap: nothing here decides whether a run is red; a verdict is a fact about one test.
//!
//! [`KnownFailures`]: crate::known::KnownFailures

pub(crate) mod base_run;
mod comparison;
pub(crate) mod duplicate_names;
mod facts;
mod gaps;
mod infrastructure;
mod list_change;
pub(crate) mod row_status;
pub(crate) mod store;
pub(crate) mod suite_counts;
mod verdict;

pub use base_run::BaseRun;
pub use comparison::{Comparison, ComparisonBuilder, FileSink, ResultsFile, Retain, RunContext};
pub use duplicate_names::DuplicateNames;
pub use facts::{
    Facts, FixedTest, FlippingTest, IncompleteReason, MissingTest, PerVariant, RowFact, SuiteFact,
    TestFact, TruncatedPart, VariantFact, VerdictCounts,
};
pub use infrastructure::{InfraLimit, Infrastructure, ParseInfraLimitError};
pub use list_change::ListChange;
pub use row_status::{RowCounts, RowStatus};
pub use verdict::{Remark, Verdict};
