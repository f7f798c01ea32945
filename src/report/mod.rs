//! What is reported of a run, and in which order: texts and counts, no markup.
//!
//! Text from outside is kept as it was read; each renderer escapes it for its own output.

mod changes;
mod document_version;
mod evidence;
mod first_list;
mod history;
mod issues;
mod list_changes;
pub(crate) mod messages;
mod name_groups;
mod name_hints;
mod nearest_rows;
mod patch;
mod problem_codes;
#[allow(clippy::module_inception, reason = "the report is what this folder is about")]
mod report;
mod rich_text;
mod row_decisions;
mod rows;
mod rows_to_add;
mod source_roots;
mod suggest;
mod summary;
mod update_plan;

pub use changes::{CellChange, ChangeKind, ChangeLine, ChangedRow, change_lines};
pub use document_version::{DocumentVersion, VersionPatch, patches_in_version};
pub use evidence::{CurrentOutcomes, Evidence, ListedRows, PastRun, RowHistory, RowKey};
pub use first_list::first_list;
pub use history::{History, HistoryVersion, ListSize, SectionHistory};
pub use issues::{
    DefaultRepository, IssueLine, IssueRef, IssueState, IssueStates, RunScope, issues_to_query,
};
pub use list_changes::{ListDiff, ListLine};
pub use name_groups::{NameGroup, name_groups};
pub use name_hints::HintLine;
pub use nearest_rows::nearest_rows;
pub use patch::{CONTEXT, DiffPaths, Patch};
pub use problem_codes::{PROBLEM_CODES, ProblemCode, ReportedBy};
pub use report::{
    Failure, GapLine, JudgedList, ProblemLine, Report, ReportInput, ShownTest, TestLine,
    VariantLine,
};
pub use rich_text::{RichText, TextPiece};
pub use row_decisions::{DEFAULT_EDITS, Edit, KeepReason, RowDecision, RowReviews};
pub use rows::{RowLine, Since};
pub use rows_to_add::{RowsAtPlace, RowsToAdd};
pub use source_roots::SourceRoots;
pub use summary::RunSummary;
pub use update_plan::{PlanInput, SkipReason, UpdateNote, UpdatePlan, proposed_row};

pub use crate::compare::{
    FixedTest, FlippingTest, MissingTest, NameRelation, RowCounts, RowStatus, SuiteFact, Verdict,
};
pub use crate::policy::{Conclusion, Judgement, Reason};
