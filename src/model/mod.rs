//! Tests, results, outcomes, events, gaps and problems: the types that every other module shares.
//!
//! What the test runner reported is an [`Outcome`]; what knownfail concludes from it is a verdict, which
//! belongs to `compare`.

pub(crate) mod bloom_filter;
mod event;
mod exit_code;
mod gap;
pub(crate) mod name_hash;
mod open_tests;
mod outcome;
mod problem;
mod result;
mod retries;
pub(crate) mod run_builder;
mod unsupported_entry;
mod variant;

pub use bloom_filter::{BloomFilter, FilterHash};
pub use event::{EndOfInput, Event, Finished, PlanScope};
pub use exit_code::{ExitCodeFinding, FailureCounts};
pub use gap::{AffectedTests, Gap, GapKind, Scope, Unread};
pub use name_hash::{BuildIdentityHasher, NameHash, NameHasher};
pub use outcome::{Attempt, CombinedOutcome, HistoryOutcome, Outcome, OutcomeCounts, OutcomeSet};
pub use problem::{
    BaseRunGap, HiddenBy, MisleadingCause, Problem, ProblemKind, RepeatCause, RepeatedName,
    ResultsProblem, Severity,
};
pub(crate) use result::is_invisible;
pub use result::{
    MAX_MESSAGE_LEN, Origin, SourceLocation, SuiteId, TestName, TestResult, common_prefix_len,
    first_line, truncate_at_char,
};
pub use retries::{Retries, RetrySink};
pub use run_builder::{ReadConfig, RunBuilder, Sink};
pub use unsupported_entry::UnsupportedKind;
pub use variant::Variant;
