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

pub use bloom_filter::{Filter, Hash};
pub use event::{End, Event, Finished, PlanScope};
pub use gap::{Gap, GapKind, Reach, Scope, Unread};
pub use name_hash::{Hashed, NameKey, Secret};
pub use outcome::{FoldedOutcome, Outcome, OutcomeCounts, OutcomeSet};
pub use problem::{Origin, Problem, ProblemKind, ResultsProblem, Severity};
pub use result::{
    Attempt, KEPT_MESSAGE, Place, SuiteId, TestName, TestResult, first_line, start_of,
};
pub use run_builder::{Naming, RunBuilder, Sink};
pub use variant::Variant;
