//! GitHub: where a run stands, the few API calls, the sticky comment, the check run, the runner's files.
//!
//! Strings come in, effects go out; nothing here knows a test, a row or a verdict. A newcomer's
//! trap: everything that arrives here (environment, event, API answers) may have been written by
//! an attacker, and the token must never leave through an error, a log or a redirect.

mod api_url;
mod check_run;
mod client;
mod comment;
mod contents;
mod context;
mod inputs;
mod issues;
mod marker;
mod pull;
mod random;
mod runner;
mod sections;
mod suggestions;
mod thread;

pub use api_url::{ApiUrl, ApiUrlError};
pub use check_run::{
    CheckAnnotation, CheckConclusion, CheckLevel, CheckRun, CheckRunError, create_check_run,
};
pub use client::{Client, ClientError, ClientOptions, Clock, RequestError, SystemClock, Token};
pub use comment::{Post, PublishError, Published, StickyComment, What, publish};
pub use contents::{FileChange, file_at, files_of_pull};
pub use context::{Context, ContextError, HeadRepository, Pull, Repository, Run};
pub use inputs::Inputs;
pub use issues::{Issue, State as IssueState, issue_states};
pub use pull::find_pull;
pub use runner::{RunnerFileError, append_summary, set_outputs, summary_room};
pub use sections::{Layout, Record, Section};
pub use suggestions::{DiffLine, Removal, diff_lines, suggest};
