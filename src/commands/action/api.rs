//! What the action asks GitHub's API and tells it, one call after another.
//!
//! In: the context, a token, what is to be published. Out: addresses, or a [`Warning`]. A newcomer's
//! trap: whatever goes wrong here is told once in the log and changes no verdict.

use crate::files::{self, AccessRoot};
use crate::github::{
    self, ApiToken, CheckAnnotation, CheckConclusion, CheckLevel, CheckRun, Client, ClientOptions,
    Context, FileChange, Removal, StickyComment,
};
use crate::model::Severity;
use crate::policy::Conclusion;
use crate::render::annotations::{self, Annotation};
use crate::report::{IssueRef, IssueState};
use std::collections::BTreeMap;
use std::path::Path;

/// What could not be done, and what to do about it.
#[derive(Debug, Clone)]
pub(crate) struct Warning {
    pub what: String,
    pub hint: String,
}

impl Warning {
    /// A warning.
    pub(crate) fn new(what: impl ToString, hint: &str) -> Warning {
        Warning { what: what.to_string(), hint: hint.to_owned() }
    }

    /// The same, behind what there is not because of it.
    pub(crate) fn context(self, consequence: &str) -> Warning {
        Warning { what: format!("{consequence}: {}", self.what), ..self }
    }

    /// Says it in the job's log.
    pub(crate) fn emit(&self) {
        let Warning { what, hint } = self;
        let separator = if hint.is_empty() { "" } else { ": " };
        let message = annotations::escape_data(&format!("{what}{separator}{hint}"));
        crate::commands::print(&format!("::warning title=knownfail::{message}\n"));
    }
}

/// GitHub's API with the token of this run. Nothing is sent before the first question.
pub(crate) struct Api<'c> {
    context: &'c Context,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl<'c> Api<'c> {
    /// Sets up a client.
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
        Ok(Api { context, client, runtime })
    }

    /// A file's text at a commit; `None` where there is none.
    pub(crate) fn file_at(&self, commit: &str, path: &str) -> Result<Option<Vec<u8>>, Warning> {
        let request = github::file_at(&self.client, self.context, commit, path);
        self.runtime.block_on(request).map_err(|error| Warning::new(&error, error.hint()))
    }

    /// What the pull request makes of some files; `None` when it touches none of them.
    pub(crate) fn pull_file_changes(
        &self,
        base: &str,
        paths: &[String],
    ) -> Result<Option<Vec<FileChange>>, Warning> {
        let request = github::pull_file_changes(&self.client, self.context, base, paths);
        self.runtime.block_on(request).map_err(|error| Warning::new(&error, error.hint()))
    }

    /// Which of these issues are open, as far as GitHub tells. Not to know is no news.
    pub(crate) fn issues(&self, issues: &[IssueRef]) -> BTreeMap<IssueRef, IssueState> {
        let api_issues: Vec<github::Issue> = issues.iter().map(as_asked).collect();
        let states = self.runtime.block_on(github::issue_states(&self.client, &api_issues));
        let pairs = issues.iter().cloned().zip(states.unwrap_or_default());
        pairs.filter_map(|(issue, state)| Some((issue, as_told(state?)))).collect()
    }

    /// Keeps the pull request's comment; gives its address where there is one.
    pub(crate) fn comment(&self, comment: &StickyComment<'_>) -> Result<Option<String>, Warning> {
        let published = github::publish(&self.client, self.context, comment);
        match self.runtime.block_on(published) {
            Ok(published) => Ok(published.url),
            Err(error) => Err(Warning::new(&error, error.hint(self.context.head_repository))),
        }
    }

    /// Suggests to take out lines that the pull request's diff shows.
    pub(crate) fn suggest(&self, id: &str, removals: &[Removal]) -> Result<(), Warning> {
        let suggested = github::suggest(&self.client, self.context, id, removals);
        match self.runtime.block_on(suggested) {
            Ok(_) => Ok(()),
            Err(error) => Err(Warning::new(&error, error.hint(self.context.head_repository))),
        }
    }

    /// Creates a check run.
    pub(crate) fn check_run(&self, run: &CheckRun) -> Result<(), Warning> {
        let created = github::create_check_run(&self.client, self.context, run);
        match self.runtime.block_on(created) {
            Ok(_) => Ok(()),
            Err(error) => Err(Warning::new(&error, error.hint(self.context.head_repository))),
        }
    }
}

fn as_asked(issue: &IssueRef) -> github::Issue {
    let IssueRef { owner, repository, number } = issue.clone();
    github::Issue { owner, name: repository, number }
}

fn as_told(state: github::IssueState) -> IssueState {
    match state {
        github::IssueState::Open => IssueState::Open,
        github::IssueState::Closed => IssueState::Closed,
    }
}

/// What a check run says.
pub(crate) struct CheckRunContent<'a> {
    pub conclusion: Conclusion,
    pub title: &'a str,
    /// Markdown within a check run's limit.
    pub summary: &'a str,
    /// Those that stand in no file are left to the summary.
    pub annotations: &'a [Annotation],
}

impl CheckRunContent<'_> {
    /// The same in GitHub's words.
    pub(crate) fn to_check_run(&self, name: &str, id: &str) -> CheckRun {
        CheckRun {
            name: name.to_owned(),
            id: id.to_owned(),
            conclusion: match self.conclusion {
                Conclusion::Success => CheckConclusion::Success,
                Conclusion::Failure | Conclusion::Inconclusive => CheckConclusion::Failure,
            },
            title: self.title.to_owned(),
            summary: self.summary.to_owned(),
            annotations: self.annotations.iter().filter_map(check_annotation).collect(),
        }
    }
}

fn check_annotation(annotation: &Annotation) -> Option<CheckAnnotation> {
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
