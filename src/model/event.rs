//! What a results file says, one thing at a time: the language between decoders and [`RunBuilder`].
//!
//! A decoder turns bytes into events and owns the grammar of its format alone; what a start without
//! an end or a plan not met *means* is the builder's matter.
//!
//! [`RunBuilder`]: super::RunBuilder

use super::{Attempt, Outcome, SourceLocation};
use std::borrow::Cow;

/// One thing that a results file says.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// A suite opens inside the present one. The name is given where the format has one.
    SuiteStarted { name: Option<Cow<'a, str>> },
    /// The innermost open suite closes.
    SuiteEnded,
    /// How many tests the innermost open suite will have.
    Plan { tests: u64, scope: PlanScope },
    /// How many failing tests (failures and errors) the header of the innermost open suite announces.
    DeclaredFailures { tests: u64 },
    /// A test starts.
    Started { name: Cow<'a, str> },
    /// A test ends. A start need not have come before.
    Finished(Finished<'a>),
    /// The runner says that it gives up here; what comes behind is still read.
    BailedOut { why: Cow<'a, str> },
    /// The bytes were not in the encoding that the file says.
    WrongEncoding { read_as: &'static str },
}

/// What a plan counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanScope {
    /// The suite's own tests, a suite inside it counting as one (subunit's `progress:`).
    Children,
    /// The same, where the plan is a contract: more than it says is as wrong as fewer (TAP's `1..N`).
    ChildrenExact,
    /// All tests of the suite and of the suites inside it (the `tests` of JUnit).
    Descendants,
}

/// The end of a test.
#[derive(Debug, Clone)]
pub struct Finished<'a> {
    /// The whole name in its format's terms, as the runner printed it: not yet escaped or prefixed; empty
    /// where there is none.
    pub name: Cow<'a, str>,
    /// What the runner said.
    pub outcome: Outcome,
    /// Whether the format says that it was one try of several.
    pub attempt: Attempt,
    /// What the runner said about it; may be empty.
    pub message: Cow<'a, str>,
    /// Where the test stands in the source, when the results say so.
    pub location: Option<SourceLocation<'a>>,
}

impl<'a> Event<'a> {
    /// The end of a test that was tried once and has no place.
    pub fn finished(name: &'a str, outcome: Outcome, message: &'a str) -> Event<'a> {
        Event::Finished(Finished {
            name: Cow::Borrowed(name),
            outcome,
            attempt: Attempt::Final,
            message: Cow::Borrowed(message),
            location: None,
        })
    }
}

/// How a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOfInput {
    /// As its format says that a whole file ends.
    Complete,
    /// In the middle of something.
    Truncated,
    /// It stopped making sense at the present line; what stands behind was not read.
    Unreadable { what: String },
}
