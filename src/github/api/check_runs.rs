//! A check run on the head commit, with annotations on its files.
//!
//! A POST always creates another check run and a PATCH always appends annotations, so neither may be repeated blindly: after
//! a lost response, the check run is looked up first. GitHub may list it under any workflow of the commit; that cannot be
//! chosen. The newest check run of a name is what a required check sees, so it fails if an older one does that nothing has
//! replaced: each carries in its external id who created it, and with which conclusion.
//! <https://docs.github.com/en/rest/checks/runs>

use super::error::Result;
use crate::github::comment::marker::{self, CommentId};
use crate::github::context::TokenAccess;
use crate::github::{Client, Context, Permission, RequestError};
use crate::sanitize;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Maximum number of annotations in one request.
const MAX_PER_REQUEST: usize = 50;
/// Maximum number of annotations of a check run: more are not worth the requests.
pub const MAX_CHECK_ANNOTATIONS: usize = 500;
/// Maximum length of a name, in characters.
const MAX_NAME_LEN: usize = 200;

/// A check run to create.
#[derive(Debug, Clone)]
pub struct CheckRun {
    /// Its name on the pull request and in branch rules.
    pub name: String,
    /// Identifies the job and the step over all runs: a later run replaces the conclusion of an earlier one with the same id.
    pub id: String,
    /// Identifies this process.
    pub writer: String,
    pub conclusion: CheckConclusion,
    pub title: String,
    /// The title instead, if it would hide the failure of another one with its name.
    pub hiding_title: String,
    /// Markdown, escaped, at most 65,535 bytes.
    pub summary: String,
    /// The most useful first; GitHub shows at most 500.
    pub annotations: Vec<CheckAnnotation>,
}

/// The conclusion of a check run. A pull request passes on GitHub's `neutral`, and `action_required` promises a button, so
/// neither is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckConclusion {
    Failure,
    Success,
}

impl CheckConclusion {
    fn as_str(self) -> &'static str {
        match self {
            CheckConclusion::Failure => "failure",
            CheckConclusion::Success => "success",
        }
    }
}

/// A check run that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedCheckRun {
    /// The URL of its page.
    pub url: Option<String>,
    /// Worse than its own if it would have hidden a failure.
    pub conclusion: CheckConclusion,
}

/// The name of the check run of a variant, which may be empty: each variant has a check run of its own.
pub fn check_run_name(name: &str, variant: &str) -> String {
    let name = if variant.is_empty() { name.to_owned() } else { format!("{name} ({variant})") };
    marker::bounded(&sanitize::single_line(&name), MAX_NAME_LEN)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckAnnotation {
    pub level: CheckLevel,
    /// From the repository's root.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// At most 255 characters.
    pub title: String,
    /// At most 64 KiB; not empty.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckLevel {
    Failure,
    Warning,
}

/// Why there is no check run, or one without all of its annotations. It never changes a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckRunError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("it has {} of {} annotations: {}", .uploaded, .total, .error)]
    Annotations { uploaded: usize, total: usize, error: RequestError },
    #[error("it may hide the failure of another one with its name: {0}")]
    Unverified(RequestError),
}

impl CheckRunError {
    /// What to do about it, with a token of this access.
    pub fn hint(&self, access: TokenAccess) -> &'static str {
        match self {
            CheckRunError::Request(error)
            | CheckRunError::Annotations { error, .. }
            | CheckRunError::Unverified(error) => error.hint(Permission::WriteChecks, access),
        }
    }
}

/// Creates a check run on the head commit. A re-run creates another one, which counts instead of the older one of the same
/// name. Who creates one that succeeds looks for others before and after: of two that are created at once, the later one
/// sees the earlier one.
pub async fn create_check_run(
    client: &Client,
    context: &Context,
    run: &CheckRun,
) -> Result<CreatedCheckRun, CheckRunError> {
    let api = CheckRunApi { client, context, run };
    let annotations = &run.annotations[..run.annotations.len().min(MAX_CHECK_ANNOTATIONS)];
    let mut parts = annotations.chunks(MAX_PER_REQUEST);
    let first = parts.next().unwrap_or_default();
    let mut conclusion = api.joint_conclusion().await?;
    let (id, mut uploaded) = (api.create(conclusion, first).await?, first.len());
    for part in parts {
        let appended = api.append(id, uploaded, conclusion, part).await;
        appended.map_err(|error| CheckRunError::Annotations {
            uploaded,
            total: annotations.len(),
            error,
        })?;
        uploaded += part.len();
    }
    if conclusion == CheckConclusion::Success {
        conclusion = api.joint_conclusion().await.map_err(CheckRunError::Unverified)?;
        if conclusion == CheckConclusion::Failure {
            api.fail(id).await.map_err(CheckRunError::Unverified)?;
        }
    }
    Ok(CreatedCheckRun { url: api.url(id), conclusion })
}

/// A check run in a response.
#[derive(Deserialize)]
struct CreatedRun {
    id: u64,
    external_id: Option<String>,
    output: CheckRunOutput,
}

#[derive(Deserialize)]
struct CheckRunOutput {
    annotations_count: usize,
}

#[derive(Deserialize)]
struct CheckRunList {
    check_runs: Vec<CreatedRun>,
}

struct CheckRunApi<'a> {
    client: &'a Client,
    context: &'a Context,
    run: &'a CheckRun,
}

impl CheckRunApi<'_> {
    /// The conclusion of all check runs of this name together, this one included.
    async fn joint_conclusion(&self) -> Result<CheckConclusion> {
        if self.run.conclusion == CheckConclusion::Failure {
            return Ok(CheckConclusion::Failure);
        }
        let existing = self.list().await?;
        let ids = existing.into_iter().filter_map(|run| run.external_id);
        Ok(joint_conclusion(ids.chain([self.external_id()])))
    }

    async fn create(
        &self,
        conclusion: CheckConclusion,
        annotations: &[CheckAnnotation],
    ) -> Result<u64> {
        let mut body = json!({
            "name": self.run.name,
            "head_sha": self.context.head_sha,
            "external_id": self.external_id(),
            "status": "completed",
            "conclusion": conclusion,
            "output": self.output(conclusion, annotations),
        });
        if let Some(url) = self.context.run_url() {
            body["details_url"] = json!(url);
        }
        let mut attempt = 1;
        loop {
            let path = self.context.resource(&["check-runs"]);
            match self.client.post::<CreatedRun>(&path, &body).await {
                Ok(created) => return Ok(created.id),
                Err(error) => self.client.wait_before_retry(attempt, error).await?,
            }
            if let Some(id) = self.find_created().await? {
                return Ok(id);
            }
            attempt += 1;
        }
    }

    /// The check run that an earlier attempt created although its response got lost.
    async fn find_created(&self) -> Result<Option<u64>> {
        let external_id = self.external_id();
        let check_runs = self.list().await?;
        let own_run = check_runs.iter().find(|run| run.external_id.as_ref() == Some(&external_id));
        Ok(own_run.map(|run| run.id))
    }

    /// The newest check runs of this name on the commit.
    async fn list(&self) -> Result<Vec<CreatedRun>> {
        let path = self.context.resource(&["commits", &self.context.head_sha, "check-runs"]);
        let query = [("check_name", &*self.run.name), ("filter", "all"), ("per_page", "100")];
        let CheckRunList { check_runs } = self.client.get(&path, &query).await?;
        Ok(check_runs)
    }

    /// Turns the check run into a failure.
    async fn fail(&self, id: u64) -> Result<()> {
        let id = id.to_string();
        let path = self.context.resource(&["check-runs", &id]);
        let conclusion = CheckConclusion::Failure;
        let body = json!({ "conclusion": conclusion, "output": self.output(conclusion, &[]) });
        let mut attempt = 1;
        loop {
            match self.client.patch::<Value>(&path, &body).await {
                Ok(_) => return Ok(()),
                Err(error) => self.client.wait_before_retry(attempt, error).await?,
            }
            attempt += 1;
        }
    }

    /// Appends the annotations that are not there yet.
    async fn append(
        &self,
        id: u64,
        uploaded: usize,
        conclusion: CheckConclusion,
        annotations: &[CheckAnnotation],
    ) -> Result<()> {
        let id = id.to_string();
        let path = self.context.resource(&["check-runs", &id]);
        let body = json!({ "output": self.output(conclusion, annotations) });
        let mut attempt = 1;
        loop {
            match self.client.patch::<Value>(&path, &body).await {
                Ok(_) => return Ok(()),
                Err(error) => self.client.wait_before_retry(attempt, error).await?,
            }
            let current: CreatedRun = self.client.get(&path, &[]).await?;
            if current.output.annotations_count > uploaded {
                return Ok(());
            }
            attempt += 1;
        }
    }

    fn output(&self, conclusion: CheckConclusion, annotations: &[CheckAnnotation]) -> Value {
        let CheckRun { title, hiding_title, summary, .. } = self.run;
        let title = if conclusion == self.run.conclusion { title } else { hiding_title };
        let annotations: Vec<Value> = annotations.iter().map(annotation).collect();
        json!({ "title": title, "summary": summary, "annotations": annotations })
    }

    /// Who creates it with which conclusion of its own; validated characters only.
    fn external_id(&self) -> String {
        let (CheckRun { id, writer, conclusion, .. }, run) = (self.run, self.context.run);
        let (id, conclusion) = (CommentId::new(id), conclusion.as_str());
        format!("{}/{conclusion}/{writer}/{}/{}", id.as_str(), run.id, run.attempt)
    }

    /// The URL of the check run's page, built here so that it cannot lead elsewhere.
    fn url(&self, id: u64) -> Option<String> {
        Some(format!("{}/runs/{id}", self.context.repository_url()?))
    }
}

/// The external id of a check run of ours.
#[derive(Debug)]
struct ExternalId {
    /// The job and the step.
    id: String,
    run: u64,
    attempt: u64,
    writer: String,
    conclusion: CheckConclusion,
}

impl ExternalId {
    fn parse(text: &str) -> Option<ExternalId> {
        let mut parts = text.rsplitn(5, '/');
        let attempt = parts.next()?.parse().ok()?;
        let run = parts.next()?.parse().ok()?;
        let writer = parts.next()?.to_owned();
        let conclusion = match parts.next()? {
            "success" => CheckConclusion::Success,
            "failure" => CheckConclusion::Failure,
            _ => return None,
        };
        Some(ExternalId { id: parts.next()?.to_owned(), run, attempt, writer, conclusion })
    }
}

/// The worst of what check runs with these external ids conclude. Of each job and step the newest run counts. Of several
/// that nothing distinguishes, a later attempt replaces as many earlier ones, the worst first: GitHub re-runs what failed.
fn joint_conclusion(external_ids: impl Iterator<Item = String>) -> CheckConclusion {
    let mut jobs: BTreeMap<String, BTreeMap<u64, Attempts>> = BTreeMap::new();
    for external_id in external_ids.filter_map(|text| ExternalId::parse(&text)) {
        let ExternalId { id, run, attempt, writer, conclusion } = external_id;
        let attempts = jobs.entry(id).or_default().entry(run).or_default();
        attempts.entry(attempt).or_default().insert(writer, conclusion);
    }
    let newest = jobs.into_values().filter_map(|mut runs| runs.pop_last());
    let current = newest.flat_map(|(_, attempts)| current_conclusions(attempts));
    current.min().unwrap_or(CheckConclusion::Success)
}

/// By attempt, what each process concludes.
type Attempts = BTreeMap<u64, BTreeMap<String, CheckConclusion>>;

fn current_conclusions(attempts: Attempts) -> Vec<CheckConclusion> {
    let mut current: Vec<CheckConclusion> = Vec::new();
    for processes in attempts.into_values() {
        current.sort_unstable();
        current.drain(..processes.len().min(current.len()));
        current.extend(processes.into_values());
    }
    current
}

fn annotation(annotation: &CheckAnnotation) -> Value {
    let CheckAnnotation { level, path, line, title, message } = annotation;
    json!({
        "path": path,
        "start_line": line,
        "end_line": line,
        "annotation_level": level,
        "title": title,
        "message": message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_conclusion_of_each_job_counts_and_the_worst_of_all() {
        use CheckConclusion::{Failure, Success};
        let table: [(&[&str], CheckConclusion); 12] = [
            (&[], Success),
            (&["a/success/01/7/1"], Success),
            (&["a/failure/01/7/1", "b/success/02/7/1"], Failure),
            (&["a/failure/01/7/1", "a/success/02/7/1"], Failure),
            (&["a/failure/01/7/1", "a/success/02/7/2"], Success),
            (&["a/failure/01/7/1", "a/success/02/8/1"], Success),
            (&["a/success/01/7/2", "a/failure/02/7/1"], Success),
            (&["a/failure/01/7/1", "b/failure/02/7/1", "b/success/03/7/2"], Failure),
            // Two that nothing distinguishes.
            (&["a/failure/01/7/1", "a/success/02/7/1", "a/success/03/7/2"], Success),
            (&["a/failure/01/7/1", "a/failure/02/7/1", "a/success/03/7/2"], Failure),
            (
                &["a/failure/01/7/1", "a/failure/02/7/1", "a/success/03/7/2", "a/success/04/7/2"],
                Success,
            ),
            (&["a/failure/7/1", "failure/01/7/1", "x", "", "a/neutral/01/7/1"], Success),
        ];
        for (ids, expected) in table {
            let ids = ids.iter().map(|id| (*id).to_owned());
            assert_eq!(joint_conclusion(ids.clone()), expected, "{:?}", ids.collect::<Vec<_>>());
        }
    }

    #[test]
    fn names_are_one_short_line_and_differ_by_variant() {
        assert_eq!(check_run_name("suite", ""), "suite");
        assert_eq!(check_run_name("suite", "memory 4.1"), "suite (memory 4.1)");
        assert_eq!(check_run_name("a\nb", ""), "a\\nb");
        let long = "x".repeat(4_000);
        let name = check_run_name("suite", &long);
        assert!(name.chars().count() < 255 && name != check_run_name("suite", &long[1..]));
    }
}
