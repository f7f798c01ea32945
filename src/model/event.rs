//! The events that the decoders of all formats emit and [`RunBuilder`] interprets.
//!
//! A decoder knows the grammar of its format and nothing else; what a start without an end or a plan
//! that was not met *means* is decided by the builder alone.
//!
//! [`RunBuilder`]: super::RunBuilder

use super::{Attempt, Outcome, SourceLocation};
use std::borrow::Cow;

/// One event in a results file.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// A suite starts inside the current one; its name, where the format has one.
    SuiteStarted { name: Option<Cow<'a, str>> },
    /// The innermost open suite ends.
    SuiteEnded,
    /// How many tests the innermost open suite has.
    Plan { tests: u64, scope: PlanScope },
    /// How many failing tests (failures and errors) the innermost open suite declares.
    DeclaredFailures { tests: u64 },
    /// How many skipped tests the innermost open suite declares, expected failures included.
    DeclaredSkips { tests: u64 },
    /// The innermost open suite reports that it failed, in these words, such as `exitcode 1`.
    ReportedFailure { what: Cow<'a, str> },
    /// A test starts.
    Started { name: Cow<'a, str> },
    /// A test ends, whether or not it was seen to start.
    Finished(Finished<'a>),
    /// The runner gives up; what follows is still read.
    BailedOut { why: Cow<'a, str> },
    /// A part of the file is malformed; what follows is still read. Only the first one of a file counts.
    Damaged { what: Cow<'a, str> },
    /// The bytes are not in the encoding that the file declares.
    WrongEncoding { read_as: &'static str },
}

/// What a plan counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanScope {
    /// The suite's own tests, with each nested suite as one (subunit's `progress:`).
    Children,
    /// The same, but more tests than planned are as wrong as fewer (TAP's `1..N`).
    ChildrenExact,
    /// All tests of the suite and of the suites nested in it (the `tests` of JUnit).
    Descendants,
}

/// The end of a test.
#[derive(Debug, Clone)]
pub struct Finished<'a> {
    /// The whole name in its format's terms, as the runner printed it: not yet escaped or prefixed;
    /// empty where there is none.
    pub name: Cow<'a, str>,
    /// The outcome that the runner reported.
    pub outcome: Outcome,
    /// Whether the format marks it as one attempt of several.
    pub attempt: Attempt,
    /// The message of the failure or skip; may be empty.
    pub message: Cow<'a, str>,
    /// The test's source location, where the results have one.
    pub location: Option<SourceLocation<'a>>,
}

impl<'a> Event<'a> {
    /// The end of a test with a single attempt and no location.
    pub fn finished(name: &'a str, outcome: Outcome, message: &'a str) -> Event<'a> {
        Event::Finished(Finished::new(name, outcome, message))
    }
}

impl<'a> Finished<'a> {
    /// The end of a test with a single attempt and no location.
    pub fn new(name: impl Into<Cow<'a, str>>, outcome: Outcome, message: &'a str) -> Finished<'a> {
        let (name, message) = (name.into(), Cow::Borrowed(message));
        Finished { name, outcome, attempt: Attempt::Final, message, location: None }
    }
}

/// How a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOfInput {
    /// As its format requires.
    Complete,
    /// In the middle of something.
    Truncated,
    /// Without the number of its tests, which its format requires.
    NoPlan,
    /// Malformed at the current line; the rest was not read.
    Unreadable { what: String },
    /// Malformed at the current line; what follows was read.
    Damaged { what: String },
}
