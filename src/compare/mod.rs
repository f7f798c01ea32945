//! Compares results with the list: from results to [`Facts`].
//!
//! A verdict is a fact about one test; whether a run fails is decided by [`policy`](crate::policy) alone.

pub(crate) mod base_run;
mod comparison;
pub(crate) mod duplicate_names;
mod expectation;
mod facts;
mod gaps;
mod infrastructure;
mod list_change;
mod name_relations;
mod row_counts;
pub(crate) mod row_status;
pub(crate) mod store;
pub(crate) mod suite_counts;
mod test_history;
mod verdict;

pub use base_run::BaseRun;
pub use comparison::{Comparison, ComparisonBuilder, FileSink, ResultsFile, Retain, RunContext};
pub use duplicate_names::DuplicateNames;
pub(crate) use expectation::excuses;
pub use facts::{
    ClaimedTests, ExternalFacts, Facts, FixedTest, FlippingTest, IncompleteReason, MeasuredTest,
    Measurements, MissingTest, PerVariant, RowFact, SuiteFact, TestFact, TruncatedPart,
    VariantFact, VerdictCounts,
};
pub use infrastructure::{InfraLimit, Infrastructure, ParseInfraLimitError};
pub use list_change::ListChange;
pub use name_relations::{NameHint, NameMatcher, NameRelation, NameRemedy};
pub use row_counts::{RowCounts, VariantCounts};
pub use row_status::RowStatus;
pub use test_history::{TestHistories, TestHistory};
pub use verdict::{Remark, Verdict};
