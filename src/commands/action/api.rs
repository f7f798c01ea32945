//! Blocking calls of GitHub's API. A failed call is a warning in the log and does not change the verdict.

use super::settings::Settings;
use super::workspace::Workspace;
use crate::commands::console::print;
use crate::files;
use crate::github::{
    self, BranchName, CheckAnnotation, CheckLevel, CheckRun, CheckRunError, CheckRunResult, Client,
    ClientOptions, CommittedFile, Context, DirectoryFile, FoundPull, Permission, PublishNote, Pull,
    PullDiff, Removal, RequestError, StickyComment,
};
use crate::model::Severity;
use crate::render::annotations::{self, Annotation};
use crate::report::{IssueRef, IssueState, messages};
use crate::sanitize;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Display;

/// What could not be done, and what to do about it; may be empty.
#[derive(Debug, Clone)]
pub(super) struct Warning {
    /// What the user does not get.
    consequences: Vec<String>,
    pub what: String,
    pub hint: String,
}

impl Warning {
    /// A warning with a hint, which may be empty.
    pub(crate) fn new(what: impl ToString, hint: &str) -> Warning {
        Warning { consequences: Vec::new(), what: what.to_string(), hint: hint.to_owned() }
    }

    /// Adds what the user does not get.
    pub(crate) fn context(mut self, consequence: &str) -> Warning {
        self.consequences.push(consequence.to_owned());
        self
    }

    /// The same, unless it names already what the user does not get.
    pub(crate) fn or_context(self, consequence: &str) -> Warning {
        if self.consequences.is_empty() { self.context(consequence) } else { self }
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
        let Warning { consequences, what, hint } = self;
        let consequences = consequences.join(", ");
        let parts = [&consequences, what, hint].into_iter().filter(|part| !part.is_empty());
        parts.map(String::as_str).collect::<Vec<_>>().join(": ")
    }
}

/// Warnings that are yet to be printed, one for each cause: a GitHub that is down is not reported once for each thing that
/// it keeps from being published.
#[derive(Default)]
pub(super) struct Warnings(RefCell<Vec<Warning>>);

impl Warnings {
    pub(crate) fn add(&self, warning: Warning) {
        let mut all = self.0.borrow_mut();
        let is_same =
            |other: &&mut Warning| (&other.what, &other.hint) == (&warning.what, &warning.hint);
        match all.iter_mut().find(is_same) {
            Some(known) => known.consequences.extend(warning.consequences),
            None => all.push(warning),
        }
    }

    /// Prints all as workflow commands.
    pub(crate) fn emit(&self) {
        self.0.take().iter().for_each(Warning::emit);
    }
}

/// A job of a workflow: its inputs, its context, and the API, where it can be used.
pub(super) struct Job<'a> {
    pub settings: &'a Settings,
    pub workspace: &'a Workspace,
    pub context: &'a Context,
    /// Identifies this process among the jobs of the run.
    pub writer: String,
    pub api: Result<Api<'a>, Warning>,
    pub warnings: Warnings,
}

/// A client with the run's token.
pub(super) struct Api<'c> {
    context: &'c Context,
    client: Client,
    runtime: tokio::runtime::Runtime,
    files: FileCache,
    /// The contents of files that directories list, by their ids: most are the same at every commit.
    blobs: RefCell<BTreeMap<String, CommittedFile>>,
    /// The pull request that the run belongs to, once it was looked up.
    pull: OnceCell<FoundPull>,
}

/// The files that were read, by commit and path: a list is compared with several.
type FileCache = RefCell<BTreeMap<(String, String), CommittedFile>>;

impl<'c> Api<'c> {
    /// Sets up a client; sends nothing. Fails without a token, or with an unusable CA bundle.
    pub(crate) fn new(
        context: &'c Context,
        settings: &Settings,
        workspace: &Workspace,
    ) -> Result<Api<'c>, Warning> {
        let token = settings.token.clone();
        let token = token.map_err(|error| Warning::new(error, error.hint()))?;
        let api_url = context.api_url.clone();
        let api_url = api_url.map_err(|error| Warning::new(&error, error.hint()))?;
        let mut options = ClientOptions::new(api_url, token);
        if let Some(path) = &settings.ca_bundle {
            let path = path.as_ref().map_err(|error| Warning::new(error, &error.hint()))?;
            let bundle = files::read_bytes(path, &workspace.access_root());
            let bundle = bundle.map_err(|error| {
                Warning::new(format!("the input `ca-bundle`: {error}"), &error.hint())
            })?;
            options.ca_bundle = Some(bundle);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Warning::new(error, "run it again"))?;
        let client = runtime.block_on(async { Client::new(options) });
        let client = client.map_err(|error| Warning::new(&error, error.hint()))?;
        let (files, blobs, pull) = (RefCell::default(), RefCell::default(), OnceCell::new());
        Ok(Api { context, client, runtime, files, blobs, pull })
    }

    /// A file or directory at a commit, links followed.
    pub(crate) fn file_at(&self, commit: &str, path: &str) -> Result<CommittedFile, Warning> {
        let key = (commit.to_owned(), path.to_owned());
        if let Some(file) = self.files.borrow().get(&key) {
            return Ok(file.clone());
        }
        let file = match self.listed_file(commit, path) {
            Some(Some(DirectoryFile { blob: Some(id), .. })) => self.blob(id)?,
            Some(None) => CommittedFile::Missing,
            Some(Some(DirectoryFile { blob: None, .. })) | None => {
                self.read_contents(github::file_at(&self.client, self.context, commit, path))?
            }
        };
        self.files.borrow_mut().insert(key, file.clone());
        Ok(file)
    }

    /// What the directory of a file has by its name; `None` if that directory was not read.
    fn listed_file(&self, commit: &str, path: &str) -> Option<Option<DirectoryFile>> {
        let (directory, name) = path.rsplit_once('/')?;
        let files = self.files.borrow();
        let directory = files.get(&(commit.to_owned(), directory.to_owned()))?;
        let CommittedFile::Directory(listed) = directory else { return None };
        Some(listed.iter().find(|file| file.name == name).cloned())
    }

    fn blob(&self, id: String) -> Result<CommittedFile, Warning> {
        if let Some(file) = self.blobs.borrow().get(&id) {
            return Ok(file.clone());
        }
        let file = self.read_contents(github::blob(&self.client, self.context, &id))?;
        self.blobs.borrow_mut().insert(id, file.clone());
        Ok(file)
    }

    /// Whether files of a commit can be read.
    pub(crate) fn has_commit(&self, commit: &str) -> Result<bool, Warning> {
        self.read_contents(github::has_commit(&self.client, self.context, commit))
    }

    /// The commit at the head of a branch.
    pub(crate) fn branch_head(&self, name: &BranchName) -> Result<String, Warning> {
        self.read_contents(github::branch_head(&self.client, self.context, name))
    }

    /// What the pull request does to files, from where it left the base branch.
    pub(crate) fn pull_diff(&self, base: &str) -> Result<PullDiff, Warning> {
        self.read_contents(github::pull_diff(&self.client, self.context, base))
    }

    /// The pull request that the run belongs to.
    pub(crate) fn find_pull(&self) -> Result<&FoundPull, Warning> {
        if let Some(found) = self.pull.get() {
            return Ok(found);
        }
        let access = self.context.token_access;
        let hint = |error: &RequestError| error.hint(Permission::ReadPullRequests, access);
        let found = self.call(github::find_pull(&self.client, self.context), hint)?;
        log_pull(&self.context.pull, &found);
        Ok(self.pull.get_or_init(|| found))
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
        let Some(context) = self.with_pull()? else { return Ok(None) };
        let published = github::publish(&self.client, &context, comment);
        let published = self.call(published, |error| error.hint(context.token_access))?;
        match published.note {
            None => {}
            Some(PublishNote::NewerHead) => notice(messages::NEWER_HEAD),
            Some(PublishNote::NewerRun(run)) => {
                notice(&messages::newer_run(run.number, run.attempt));
            }
            Some(PublishNote::Twin) => Warning::new(messages::TWIN, messages::TWIN_HINT).emit(),
        }
        Ok(published.url)
    }

    /// Suggests removing lines that are in the pull request's diff; returns the number of suggestions.
    pub(crate) fn suggest(&self, id: &str, removals: &[Removal]) -> Result<usize, Warning> {
        let Some(context) = self.with_pull()? else { return Ok(0) };
        let suggested = github::suggest(&self.client, &context, id, removals);
        self.call(suggested, |error| error.hint(context.token_access))
    }

    /// Creates a check run, unless a newer one makes it obsolete.
    pub(crate) fn check_run(&self, run: &CheckRun) -> Result<CheckRunResult, Warning> {
        let created = github::create_check_run(&self.client, self.context, run);
        self.runtime.block_on(created).map_err(|error| {
            let warning = Warning::new(error.request(), error.hint(self.context.token_access));
            match error {
                CheckRunError::Request(_) => warning,
                CheckRunError::Annotations { uploaded, total, .. } => {
                    warning.context(&messages::unfinished_check(uploaded, total))
                }
                CheckRunError::Unverified(_) => warning.context(messages::UNVERIFIED_CHECK),
            }
        })
    }

    /// The context with the pull request that was found; `None` without any.
    fn with_pull(&self) -> Result<Option<Context>, Warning> {
        let number = self.find_pull()?.number();
        Ok(number.map(|number| Context { pull: Pull::Number(number), ..self.context.clone() }))
    }

    fn read_contents<T>(
        &self,
        request: impl Future<Output = Result<T, RequestError>>,
    ) -> Result<T, Warning> {
        let access = self.context.token_access;
        self.call(request, |error| error.hint(Permission::ReadContents, access))
    }

    fn call<T, E: Display>(
        &self,
        request: impl Future<Output = Result<T, E>>,
        hint: impl FnOnce(&E) -> &'static str,
    ) -> Result<T, Warning> {
        self.runtime.block_on(request).map_err(|error| Warning::new(&error, hint(&error)))
    }
}

/// Logs why there is no pull request to comment on. That is no warning: a pull request may be merged, or get new commits,
/// while its tests run.
fn log_pull(named: &Pull, found: &FoundPull) {
    match (named, found) {
        (Pull::FromBranch { .. }, FoundPull::None) => print(messages::NO_OPEN_PULL),
        (_, FoundPull::MovedOn(number)) => print(&messages::pull_has_moved_on(*number)),
        (Pull::None | Pull::Number(_), FoundPull::None) | (_, FoundPull::Number { .. }) => {}
    }
}

/// Prints a workflow command that asks for nothing.
pub(super) fn notice(text: &str) {
    print(&format!("::notice title=knownfail::{}\n", annotations::escape_data(text)));
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
