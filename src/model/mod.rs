//! The words every other module speaks: tests, outcomes, results, events, problems.
//!
//! Nothing here knows a file format, the document, a verdict or GitHub. A newcomer's trap: what the
//! test runner *said* is an [`Outcome`]; what we *think* of it is a verdict, and lives in `compare`.

pub(crate) mod bloom_filter;
mod event;
mod gap;
pub(crate) mod name_hash;
mod outcome;
mod problem;
mod result;
pub(crate) mod run_builder;
mod variant;

pub use bloom_filter::{BloomFilter, FilterHash};
pub use event::{EndOfInput, Event, Finished, PlanScope};
pub use gap::{AffectedTests, Gap, GapKind, Scope, Unread};
pub use name_hash::{BuildIdentityHasher, NameHash, NameHasher};
pub use outcome::{CombinedOutcome, Outcome, OutcomeCounts, OutcomeSet};
pub use problem::{Origin, Problem, ProblemKind, ResultsProblem, Severity};
pub use result::{
    Attempt, MAX_MESSAGE_LEN, SourceLocation, SuiteId, TestName, TestResult, common_prefix_len,
    first_line, truncate_at_char,
};
pub use run_builder::{ReadConfig, RunBuilder, Sink};
pub use variant::Variant;
