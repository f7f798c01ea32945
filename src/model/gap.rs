//! Parts of a run that were not measured, and which tests they could have contained.

use super::{Origin, SuiteId};
use std::borrow::Cow;

/// A part of a run that was not measured: it makes the run incomplete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Why it was not measured.
    pub kind: GapKind,
    /// Which tests it could have contained.
    pub affected: AffectedTests,
    /// What it is a part of.
    pub scope: Scope,
    /// The file and line that shows it; `None` where it is the whole run.
    pub origin: Option<Origin>,
}

/// Why a run is incomplete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// A test started and never ended, and no plan gives the number of tests that should have followed. The test
    /// itself is a result with outcome `unfinished`.
    UnfinishedTest,
    /// Fewer tests than planned, or more where the plan is exact.
    PlanNotMet { planned: u64, actual: u64 },
    /// The file ends in the middle of something.
    Truncated,
    /// The file does not have the number of its tests, as TAP's `1..N`, so that tests may be missing.
    NoPlan,
    /// Nothing of the file was read.
    Unread { why: Unread },
    /// The file is malformed: the rest of it could not be read.
    Unreadable { what: String },
    /// A part of the file is malformed; what follows it was read.
    Damaged { what: String },
    /// The header declares more than the file contains.
    CountMismatch { what: Cow<'static, str>, declared: u64, actual: u64 },
    /// The file reports that the run failed, in these words of its own, although none of its tests did.
    ReportedFailure { what: String },
    /// A file without any test.
    NoTests,
    /// The runner reported that it gave up.
    BailedOut { why: String },
    /// The runner was ended, or failed although no test did.
    ExitCode { code: i64 },
    /// Fewer tests than the user requires.
    TooFewTests { required: u64, actual: u64 },
    /// The table of exit codes names suites without any results; the first ones, with their codes.
    NoResultsFiles { suites: u64, first: Vec<String> },
    /// The table of exit codes has no entry for the file.
    NoExitCode,
    /// A record could not be read from this byte on.
    DamagedRecord { path: String, offset: u64, what: String },
}

/// Why nothing of a file was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// It is empty.
    Empty,
    /// It is in none of the `candidates` known formats; `looks_like` is a hint, or empty.
    UnknownFormat { candidates: u64, looks_like: String },
    /// It cannot be opened, or its first bytes cannot be read.
    Failed { why: String },
}

/// What a gap is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One suite; the first of a file is the file.
    Suite(SuiteId),
    /// Everything in the variant of this file: one shard, as its record has it.
    Variant { file: u32 },
    /// The whole run.
    Run,
}

impl Scope {
    /// The suite, if the scope is one.
    pub fn suite(self) -> Option<SuiteId> {
        match self {
            Scope::Suite(suite) => Some(suite),
            Scope::Variant { .. } | Scope::Run => None,
        }
    }

    /// The file that the scope belongs to; `None` for the whole run.
    pub fn file(self) -> Option<u32> {
        match self {
            Scope::Suite(SuiteId { file, .. }) | Scope::Variant { file } => Some(file),
            Scope::Run => None,
        }
    }
}

/// Which tests a missing part could have contained.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AffectedTests {
    /// Tests whose names have this prefix, as all other names of the suite do.
    WithPrefix(String),
    /// Any test.
    All,
}
