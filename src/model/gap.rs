//! A part of a run that was not measured, and which tests it could have held.

use super::{Origin, SuiteId};
use std::borrow::Cow;

/// Something that makes a run incomplete, at the place where it happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What is wrong.
    pub kind: GapKind,
    /// Which tests the missing part could have held.
    pub affected: AffectedTests,
    /// What was cut.
    pub scope: Scope,
    /// The file and line that shows it; `None` when the whole run is concerned.
    pub origin: Option<Origin>,
}

/// Why a run is incomplete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// A test started and never ended and nothing says how many more there were. The test itself is
    /// a result with outcome `unfinished`; this only marks what may have been cut behind it.
    UnfinishedTest,
    /// Fewer tests came than the plan said, or more where the plan is a contract.
    PlanNotMet { planned: u64, actual: u64 },
    /// The file ends in the middle of something.
    Truncated,
    /// Nothing of the file was read.
    Unread { why: Unread },
    /// The file stops making sense: what stands behind the place could not be read.
    Unreadable { what: String },
    /// The counts in its header promise more than its cases show.
    CountMismatch { what: Cow<'static, str>, declared: u64, actual: u64 },
    /// A file without any test.
    NoTests,
    /// The runner itself says that it gave up.
    BailedOut { why: String },
    /// The runner's exit code says that it was ended, or failed although no test did.
    ExitCode { code: i64 },
    /// Fewer tests than the caller asked for.
    TooFewTests { required: u64, actual: u64 },
    /// The table of exit codes has suites that left no results at all; the first ones, with their codes.
    NoResultsFiles { suites: u64, first: Vec<String> },
    /// The table of exit codes has none for the file: nothing says how its runner ended.
    NoExitCode,
    /// A record could not be read from this byte on.
    DamagedRecord { path: String, offset: u64, what: String },
}

/// Why nothing of a file was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// It has not a single byte.
    Empty,
    /// It is in no format that is known, of so many; and what it looks like, or nothing.
    UnknownFormat { candidates: u64, looks_like: String },
    /// It cannot be opened, or its first bytes cannot be read.
    Failed { why: String },
}

/// What a gap is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One suite; the first of a file is the file.
    Suite(SuiteId),
    /// Everything in the variant of this file: all of one shard, as its record tells it.
    Variant { file: u32 },
    /// The whole run.
    Run,
}

impl Scope {
    /// The suite, where it is one.
    pub fn suite(self) -> Option<SuiteId> {
        match self {
            Scope::Suite(suite) => Some(suite),
            Scope::Variant { .. } | Scope::Run => None,
        }
    }

    /// The file, where it is of one.
    pub fn file(self) -> Option<u32> {
        match self {
            Scope::Suite(SuiteId { file, .. }) | Scope::Variant { file } => Some(file),
            Scope::Run => None,
        }
    }
}

impl GapKind {
    /// What the exit code of a runner says of its results: a gap when it was ended by its time limit or
    /// a signal, or when it failed although none of its tests did.
    pub fn from_exit_code(code: i64, failing: u64) -> Option<GapKind> {
        let was_ended = code == 124 || !(0..=128).contains(&code);
        (was_ended || (code != 0 && failing == 0)).then_some(GapKind::ExitCode { code })
    }
}

/// Which tests a missing part could have held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AffectedTests {
    /// Tests whose names begin so: the part all names of the suite have in common.
    WithPrefix(String),
    /// Nothing is known: any test.
    All,
}
