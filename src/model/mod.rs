//! The words every other module speaks: tests, outcomes, results, events, problems.
//!
//! Nothing here knows a file format, the document, a verdict or GitHub. A newcomer's trap: what the
//! test runner *said* is an [`Outcome`]; what we *think* of it is a verdict, and lives in `compare`.

mod builder;
mod event;
mod filter;
mod gap;
mod key;
mod outcome;
mod problem;
mod result;
mod variant;

pub use builder::{Naming, RunBuilder, Sink};
pub use event::{End, Event, Finished, PlanScope};
pub use filter::{Filter, Hash};
pub use gap::{Gap, GapKind, Reach, Scope, Unread};
pub use key::{Hashed, NameKey, Secret};
pub use outcome::{FoldedOutcome, Outcome, OutcomeCounts, OutcomeSet};
pub use problem::{Origin, Problem, ProblemKind, ResultsProblem, Severity};
pub use result::{
    Attempt, KEPT_MESSAGE, Place, SuiteId, TestName, TestResult, first_line, start_of,
};
pub use variant::Variant;
