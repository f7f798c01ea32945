//! GitHub: where a run stands, the few API calls, the sticky comment, the check run, the runner's files.
//!
//! Strings come in, effects go out; nothing here knows a test, a row or a verdict. A newcomer's
//! trap: everything that arrives here (environment, event, API answers) may have been written by
//! an attacker, and the token must never leave through an error, a log or a redirect.

pub(crate) mod api;
mod comment;
mod context;
mod inputs;
mod runner;

pub use api::check_runs::{
    CheckAnnotation, CheckConclusion, CheckLevel, CheckRun, CheckRunError, create_check_run,
};
pub use api::client::{
    Client, ClientError, ClientOptions, Clock, RequestError, SystemClock, Token,
};
pub use api::contents::{FileChange, file_at, files_of_pull};
pub use api::issues::{Issue, State as IssueState, issue_states};
pub use api::pulls::find_pull;
pub use api::review_suggestions::{DiffLine, Removal, diff_lines, suggest};
pub use api::url::{ApiUrl, ApiUrlError};
pub use comment::sections::{Layout, Record, Section};
pub use comment::{Post, PublishError, Published, StickyComment, What, publish};
pub use context::{Context, ContextError, HeadRepository, Pull, Repository, Run};
pub use inputs::Inputs;
pub use runner::{RunnerFileError, append_summary, set_outputs, summary_room};
