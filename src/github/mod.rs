//! GitHub: the context of a run, the API, the sticky comment, the check run, the runner's files.
//!
//! Knows no test, row or verdict. Everything that arrives here (environment, event, responses) may have been written by an
//! attacker, and the token must never leave through an error, a log or a redirect.

pub(crate) mod api;
mod base;
mod comment;
mod context;
mod event;
mod inputs;
mod runner;

pub use api::branches::branch_head;
pub use api::budget::Clock;
pub use api::check_runs::{
    CheckAnnotation, CheckConclusion, CheckLevel, CheckRun, CheckRunError, CheckRunResult,
    ConclusionBasis, MAX_CHECK_ANNOTATIONS, check_run_name, create_check_run,
};
pub use api::client::{ApiToken, Client, ClientOptions, TokenError};
pub use api::compare::{PullDiff, pull_diff};
pub use api::contents::{CommittedFile, DirectoryFile, blob, file_at, has_commit};
pub use api::error::{Permission, RequestError};
pub use api::issues::{ApiIssueState as IssueState, Issue, issue_states};
pub use api::pulls::{FoundPull, find_pull};
pub use api::review_suggestions::{DiffLine, Removal, parse_diff_lines, suggest};
pub use api::tls::ClientError;
pub use api::url::{ApiUrl, ApiUrlError};
pub use base::{BranchName, NoBase, TrustedBase};
pub use comment::sections::{CommentSection, Fields, SectionKey, SectionRenderer, SharedPlace};
pub use comment::{
    CreatePolicy, PublishError, PublishNote, PublishResult, Published, StickyComment, publish,
    random_id,
};
pub use context::{
    Context, ContextError, HeadRepository, Pull, Repository, TokenAccess, WorkflowRun,
};
pub use inputs::ActionInputs;
pub use runner::{
    RunnerFileError, RunnerFiles, append_summary, remaining_summary_bytes, set_outputs,
};
