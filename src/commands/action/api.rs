//! Blocking calls of GitHub's API. A failed call is a warning in the log and does not change the verdict.

use super::settings::Settings;
use crate::commands::console::print;
use crate::files::{self, AccessRoot};
use crate::github::{
    self, ApiToken, BranchName, CheckAnnotation, CheckLevel, CheckRun, Client, ClientOptions,
    CommittedFile, Context, PublishResult, PullDiff, Removal, RequestError, StickyComment,
};
use crate::model::Severity;
use crate::render::annotations::{self, Annotation};
use crate::report::{IssueRef, IssueState, messages};
use crate::sanitize;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

/// What could not be done, and what to do about it; may be empty.
#[derive(Debug, Clone)]
pub(super) struct Warning {
    pub what: String,
    pub hint: String,
}

impl Warning {
    /// A warning with a hint, which may be empty.
    pub(crate) fn new(what: impl ToString, hint: &str) -> Warning {
        Warning { what: what.to_string(), hint: hint.to_owned() }
    }

    /// Prefixes the consequence.
    pub(crate) fn context(self, consequence: &str) -> Warning {
        Warning { what: format!("{consequence}: {}", self.what), ..self }
    }

    /// Prints a workflow command.
    pub(crate) fn emit(&self) {
        let message = annotations::escape_data(&self.to_text());
        print(&format!("::warning title=knownfail::{message}\n"));
    }

    /// Prints a line of the log, which is no annotation.
    pub(crate) fn log(&self) {
        let line = format!("knownfail: {}", sanitize::single_line(&self.to_text()));
        print(&annotations::neutralize_commands(&line));
    }

    fn to_text(&self) -> String {
        let Warning { what, hint } = self;
        let separator = if hint.is_empty() { "" } else { ": " };
        format!("{what}{separator}{hint}")
    }
}

/// A job of a workflow: its inputs, its context, and the API, where it can be used.
pub(super) struct Job<'a> {
    pub settings: &'a Settings,
    pub context: &'a Context,
    pub api: Result<Api<'a>, Warning>,
}

/// A client with the run's token.
pub(super) struct Api<'c> {
    context: &'c Context,
    client: Client,
    runtime: tokio::runtime::Runtime,
    files: FileCache,
}

/// The files that were read, by commit and path: a list is compared with several.
type FileCache = RefCell<BTreeMap<(String, String), CommittedFile>>;

impl<'c> Api<'c> {
    /// Sets up a client; sends nothing. Fails without a token, or with an unusable CA bundle.
    pub(crate) fn new(
        context: &'c Context,
        token: Option<&ApiToken>,
        ca_bundle: Option<&Path>,
    ) -> Result<Api<'c>, Warning> {
        let token = token.ok_or_else(|| Warning::new("there is no token", ""))?;
        let mut options = ClientOptions::new(context.api_url.clone(), token.clone());
        if let Some(path) = ca_bundle {
            let bundle = files::read_document(path, &AccessRoot::Within(context.workspace.clone()));
            let bundle = bundle.map_err(|error| Warning::new(&error, &error.hint()))?;
            options.ca_bundle = Some(bundle);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Warning::new(error, ""))?;
        let client = runtime.block_on(async { Client::new(options) });
        let client = client.map_err(|error| Warning::new(&error, error.hint()))?;
        Ok(Api { context, client, runtime, files: RefCell::default() })
    }

    /// A file at a commit, links followed.
    pub(crate) fn file_at(&self, commit: &str, path: &str) -> Result<CommittedFile, Warning> {
        let key = (commit.to_owned(), path.to_owned());
        if let Some(file) = self.files.borrow().get(&key) {
            return Ok(file.clone());
        }
        let request = github::file_at(&self.client, self.context, commit, path);
        let file = self.call(request, RequestError::hint)?;
        self.files.borrow_mut().insert(key, file.clone());
        Ok(file)
    }

    /// Whether files of a commit can be read.
    pub(crate) fn has_commit(&self, commit: &str) -> Result<bool, Warning> {
        self.call(github::has_commit(&self.client, self.context, commit), RequestError::hint)
    }

    /// The commit at the head of a branch.
    pub(crate) fn branch_head(&self, name: &BranchName) -> Result<String, Warning> {
        let request = github::branch_head(&self.client, self.context, name);
        self.call(request, RequestError::hint)
    }

    /// What the pull request does to files, from where it left the base branch.
    pub(crate) fn pull_diff(&self, base: &str) -> Result<PullDiff, Warning> {
        self.call(github::pull_diff(&self.client, self.context, base), RequestError::hint)
    }

    /// The states of issues, without those that cannot be looked up.
    pub(crate) fn issues(&self, issues: &[IssueRef]) -> BTreeMap<IssueRef, IssueState> {
        let api_issue = |issue: &IssueRef| {
            let IssueRef { owner, repository, number } = issue.clone();
            github::Issue { owner, name: repository, number }
        };
        let api_issues: Vec<github::Issue> = issues.iter().map(api_issue).collect();
        let states = self.runtime.block_on(github::issue_states(&self.client, &api_issues));
        let pairs = issues.iter().cloned().zip(states.unwrap_or_default());
        let state = |state| match state {
            github::IssueState::Open => IssueState::Open,
            github::IssueState::Closed => IssueState::Closed,
        };
        pairs.filter_map(|(issue, found)| Some((issue, state(found?)))).collect()
    }

    /// Creates or updates the pull request's comment; returns its URL, if there is one.
    pub(crate) fn comment(&self, comment: &StickyComment<'_>) -> Result<Option<String>, Warning> {
        let published = github::publish(&self.client, self.context, comment);
        let published = self.call(published, |error| error.hint(self.context.head_repository))?;
        if published.result == PublishResult::Superseded {
            print(messages::COMMENT_IS_NEWER);
        }
        Ok(published.url)
    }

    /// Suggests removing lines that are in the pull request's diff; returns the number of suggestions.
    pub(crate) fn suggest(&self, id: &str, removals: &[Removal]) -> Result<usize, Warning> {
        let suggested = github::suggest(&self.client, self.context, id, removals);
        self.call(suggested, |error| error.hint(self.context.head_repository))
    }

    /// Creates a check run; returns its URL.
    pub(crate) fn check_run(&self, run: &CheckRun) -> Result<String, Warning> {
        let created = github::create_check_run(&self.client, self.context, run);
        self.call(created, |error| error.hint(self.context.head_repository))
    }

    fn call<T, E: Display>(
        &self,
        request: impl Future<Output = Result<T, E>>,
        hint: impl FnOnce(&E) -> &'static str,
    ) -> Result<T, Warning> {
        self.runtime.block_on(request).map_err(|error| Warning::new(&error, hint(&error)))
    }
}

/// An annotation of a check run; `None` without a file: only the summary has it.
pub(super) fn check_annotation(annotation: &Annotation) -> Option<CheckAnnotation> {
    let location = annotation.location.as_ref()?;
    Some(CheckAnnotation {
        level: match annotation.level {
            Severity::Error => CheckLevel::Failure,
            Severity::Warning => CheckLevel::Warning,
        },
        path: location.file.clone(),
        line: location.line,
        title: annotation.title.clone(),
        message: annotation.message.clone(),
    })
}
