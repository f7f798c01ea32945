//! A check run on the head commit, with annotations on its files.
//!
//! A POST always creates another check run and a PATCH always appends annotations, so neither may be repeated blindly: after
//! a lost response, the check run is looked up first. GitHub may list it under any workflow of the commit; that cannot be
//! chosen. The newest check run of a name is what a required check sees, so it fails if an older one does that nothing has
//! replaced: each carries in its external id who created it, and with which conclusion. Of each workflow and trigger only
//! the newest run counts, as in the comment.
//! <https://docs.github.com/en/rest/checks/runs>

use super::error::Result;
use crate::github::comment::marker::{self, CommentId};
use crate::github::context::TokenAccess;
use crate::github::{Client, Context, Permission, RequestError, WorkflowRun};
use crate::sanitize;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Maximum number of annotations in one request.
const MAX_PER_REQUEST: usize = 50;
/// Maximum number of annotations of a check run: more are not worth the requests.
pub const MAX_CHECK_ANNOTATIONS: usize = 500;
/// Check runs on one page of a list.
const PAGE_SIZE: usize = 100;
/// Maximum number of pages with check runs of one name on one commit.
const MAX_PAGES: usize = 10;
/// Maximum length of a name, in characters.
const MAX_NAME_LEN: usize = 200;

/// A check run to create.
#[derive(Debug, Clone)]
pub struct CheckRun {
    /// Its name on the pull request and in branch rules.
    pub name: String,
    /// Identifies the workflow and what started it: of the runs of each, only the newest counts.
    pub series: String,
    /// Identifies the job and the step in a run: a later attempt replaces the conclusion of an earlier one with the same id.
    pub id: String,
    /// Identifies this process.
    pub writer: String,
    pub conclusion: CheckConclusion,
    pub title: String,
    /// The title instead, if it would hide the failure of another one with its name.
    pub hiding_title: String,
    /// The title instead, if there are too many with its name to find a failure among them.
    pub crowded_title: String,
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

/// What became of a check run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckRunResult {
    Created {
        /// The URL of its page.
        url: Option<String>,
        basis: ConclusionBasis,
    },
    /// None was created: this run or attempt, which is newer, has created one.
    Superseded(WorkflowRun),
}

/// Why a check run has its conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConclusionBasis {
    /// It is this job's.
    Own,
    /// It is a failure, since another one of its name failed.
    OtherFailed,
    /// It is a failure, since there are too many of its name to know.
    TooMany,
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
        self.request().hint(Permission::WriteChecks, access)
    }

    /// The request that failed.
    pub fn request(&self) -> &RequestError {
        match self {
            CheckRunError::Request(error)
            | CheckRunError::Annotations { error, .. }
            | CheckRunError::Unverified(error) => error,
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
) -> Result<CheckRunResult, CheckRunError> {
    let api = CheckRunApi { client, context, run };
    let annotations = &run.annotations[..run.annotations.len().min(MAX_CHECK_ANNOTATIONS)];
    let mut parts = annotations.chunks(MAX_PER_REQUEST);
    let first = parts.next().unwrap_or_default();
    let existing = match (api.list().await, run.conclusion) {
        (Ok(existing), _) => existing,
        // A failure hides none.
        (Err(_), CheckConclusion::Failure) => ExistingRuns::default(),
        (Err(error), CheckConclusion::Success) => return Err(error.into()),
    };
    if let Some(newer) = existing.newer_than(&api.external_id()) {
        return Ok(CheckRunResult::Superseded(newer));
    }
    let mut basis = api.basis(&existing);
    let (id, mut uploaded) = (api.create(basis, first).await?, first.len());
    for part in parts {
        let appended = api.append(id, uploaded, basis, part).await;
        appended.map_err(|error| CheckRunError::Annotations {
            uploaded,
            total: annotations.len(),
            error,
        })?;
        uploaded += part.len();
    }
    if api.conclusion(basis) == CheckConclusion::Success {
        basis = api.basis(&api.list().await.map_err(CheckRunError::Unverified)?);
        if api.conclusion(basis) == CheckConclusion::Failure {
            api.fail(id, basis).await.map_err(CheckRunError::Unverified)?;
        }
    }
    Ok(CheckRunResult::Created { url: api.url(id), basis })
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
    total_count: usize,
    check_runs: Vec<CreatedRun>,
}

/// The check runs of one name on the commit.
#[derive(Default)]
struct ExistingRuns {
    /// Their ids with their external ids.
    runs: Vec<(u64, String)>,
    /// Whether there are more than can be looked through.
    are_too_many: bool,
}

impl ExistingRuns {
    fn external_ids(&self) -> impl Iterator<Item = ExternalId> {
        self.runs.iter().filter_map(|(_, text)| ExternalId::parse(text))
    }

    /// A run or attempt that makes this one obsolete.
    fn newer_than(&self, own: &ExternalId) -> Option<WorkflowRun> {
        let is_newer = |other: &ExternalId| {
            other.series == own.series
                && (other.run > own.run
                    || other.run == own.run && other.id == own.id && other.attempt > own.attempt)
        };
        let newest = self.external_ids().filter(is_newer).max_by_key(|id| (id.run, id.attempt))?;
        Some(WorkflowRun { id: newest.run, number: newest.number, attempt: newest.attempt })
    }
}

struct CheckRunApi<'a> {
    client: &'a Client,
    context: &'a Context,
    run: &'a CheckRun,
}

impl CheckRunApi<'_> {
    /// What decides on the conclusion: it is that of all check runs of this name together, this one included.
    fn basis(&self, existing: &ExistingRuns) -> ConclusionBasis {
        let all = existing.external_ids().chain([self.external_id()]);
        match (self.run.conclusion, joint_conclusion(all)) {
            (CheckConclusion::Failure, _) => ConclusionBasis::Own,
            (CheckConclusion::Success, CheckConclusion::Failure) => ConclusionBasis::OtherFailed,
            (CheckConclusion::Success, CheckConclusion::Success) if existing.are_too_many => {
                ConclusionBasis::TooMany
            }
            (CheckConclusion::Success, CheckConclusion::Success) => ConclusionBasis::Own,
        }
    }

    fn conclusion(&self, basis: ConclusionBasis) -> CheckConclusion {
        match basis {
            ConclusionBasis::Own => self.run.conclusion,
            ConclusionBasis::OtherFailed | ConclusionBasis::TooMany => CheckConclusion::Failure,
        }
    }

    async fn create(&self, basis: ConclusionBasis, annotations: &[CheckAnnotation]) -> Result<u64> {
        let mut body = json!({
            "name": self.run.name,
            "head_sha": self.context.head_sha,
            "external_id": self.external_id().to_string(),
            "status": "completed",
            "conclusion": self.conclusion(basis),
            "output": self.output(basis, annotations),
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
        let external_id = self.external_id().to_string();
        let existing = self.list().await?;
        let own_run = existing.runs.iter().find(|(_, other)| *other == external_id);
        Ok(own_run.map(|(id, _)| *id))
    }

    /// The check runs of this name on the commit. One that is created meanwhile moves others to the next page.
    async fn list(&self) -> Result<ExistingRuns> {
        let path = self.context.resource(&["commits", &self.context.head_sha, "check-runs"]);
        let (name, per_page) = (&*self.run.name, &*PAGE_SIZE.to_string());
        let mut existing = ExistingRuns::default();
        for page in 1..=MAX_PAGES {
            let page_number = page.to_string();
            let query = [
                ("check_name", name),
                ("filter", "all"),
                ("per_page", per_page),
                ("page", &*page_number),
            ];
            let CheckRunList { total_count, check_runs } = self.client.get(&path, &query).await?;
            let is_last = check_runs.len() < PAGE_SIZE || total_count <= page * PAGE_SIZE;
            let with_id = check_runs.into_iter().filter_map(|run| Some((run.id, run.external_id?)));
            existing.runs.extend(with_id);
            if is_last {
                return Ok(existing);
            }
        }
        Ok(ExistingRuns { are_too_many: true, ..existing })
    }

    /// Turns the check run into a failure.
    async fn fail(&self, id: u64, basis: ConclusionBasis) -> Result<()> {
        let id = id.to_string();
        let path = self.context.resource(&["check-runs", &id]);
        let conclusion = self.conclusion(basis);
        let body = json!({ "conclusion": conclusion, "output": self.output(basis, &[]) });
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
        basis: ConclusionBasis,
        annotations: &[CheckAnnotation],
    ) -> Result<()> {
        let id = id.to_string();
        let path = self.context.resource(&["check-runs", &id]);
        let body = json!({ "output": self.output(basis, annotations) });
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

    fn output(&self, basis: ConclusionBasis, annotations: &[CheckAnnotation]) -> Value {
        let CheckRun { title, hiding_title, crowded_title, summary, .. } = self.run;
        let title = match basis {
            ConclusionBasis::Own => title,
            ConclusionBasis::OtherFailed => hiding_title,
            ConclusionBasis::TooMany => crowded_title,
        };
        let annotations: Vec<Value> = annotations.iter().map(annotation).collect();
        json!({ "title": title, "summary": summary, "annotations": annotations })
    }

    /// Who creates it, with which conclusion of its own.
    fn external_id(&self) -> ExternalId {
        let (CheckRun { series, id, writer, conclusion, .. }, run) = (self.run, self.context.run);
        ExternalId {
            id: CommentId::new(id).as_str().to_owned(),
            series: marker::hash(series),
            conclusion: *conclusion,
            writer: writer.clone(),
            number: run.number,
            run: run.id,
            attempt: run.attempt,
        }
    }

    /// The URL of the check run's page, built here so that it cannot lead elsewhere.
    fn url(&self, id: u64) -> Option<String> {
        Some(format!("{}/runs/{id}", self.context.repository_url()?))
    }
}

/// The external id of a check run of ours: validated characters only.
#[derive(Debug)]
struct ExternalId {
    /// The job and the step.
    id: String,
    /// The workflow and what started it.
    series: String,
    conclusion: CheckConclusion,
    writer: String,
    number: u64,
    run: u64,
    attempt: u64,
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExternalId { id, series, conclusion, writer, number, run, attempt } = self;
        let conclusion = conclusion.as_str();
        write!(f, "{id}/{series}/{conclusion}/{writer}/{number}/{run}/{attempt}")
    }
}

impl ExternalId {
    fn parse(text: &str) -> Option<ExternalId> {
        let mut parts = text.rsplitn(7, '/');
        let attempt = parts.next()?.parse().ok()?;
        let run = parts.next()?.parse().ok()?;
        let number = parts.next()?.parse().ok()?;
        let writer = parts.next()?.to_owned();
        let conclusion = match parts.next()? {
            "success" => CheckConclusion::Success,
            "failure" => CheckConclusion::Failure,
            _ => return None,
        };
        let (series, id) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        Some(ExternalId { id, series, conclusion, writer, number, run, attempt })
    }
}

/// The worst of what check runs with these external ids conclude. Of each series the newest run counts, with each of its
/// jobs and steps. Of several that nothing distinguishes, a later attempt replaces as many earlier ones, the worst first:
/// GitHub re-runs what failed.
fn joint_conclusion(external_ids: impl Iterator<Item = ExternalId>) -> CheckConclusion {
    let mut series: BTreeMap<String, BTreeMap<u64, BTreeMap<String, Attempts>>> = BTreeMap::new();
    for external_id in external_ids {
        let run = series.entry(external_id.series).or_default().entry(external_id.run).or_default();
        let attempts = run.entry(external_id.id).or_default();
        let attempt = attempts.entry(external_id.attempt).or_default();
        attempt.insert(external_id.writer, external_id.conclusion);
    }
    let newest = series.into_values().filter_map(|mut runs| runs.pop_last());
    let current = newest.flat_map(|(_, jobs)| jobs.into_values().flat_map(current_conclusions));
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
        let table: [(&[&str], CheckConclusion); 15] = [
            (&[], Success),
            (&["a/w/success/01/1/7/1"], Success),
            (&["a/w/failure/01/1/7/1", "b/w/success/02/1/7/1"], Failure),
            (&["a/w/failure/01/1/7/1", "a/w/success/02/1/7/1"], Failure),
            (&["a/w/failure/01/1/7/1", "a/w/success/02/1/7/2"], Success),
            (&["a/w/failure/01/1/7/1", "a/w/success/02/2/8/1"], Success),
            (&["a/w/success/01/1/7/2", "a/w/failure/02/1/7/1"], Success),
            (&["a/w/failure/01/1/7/1", "b/w/failure/02/1/7/1", "b/w/success/03/1/7/2"], Failure),
            // Another workflow or trigger.
            (&["a/w/failure/01/1/7/1", "a/v/success/02/2/8/1"], Failure),
            (&["a/w/success/01/1/7/1", "a/v/failure/02/2/8/1", "a/w/success/03/3/9/1"], Failure),
            // A job or step that the newer run does not have.
            (&["a/w/failure/01/1/7/1", "b/w/success/02/2/8/1"], Success),
            // Two that nothing distinguishes.
            (&["a/w/failure/01/1/7/1", "a/w/success/02/1/7/1", "a/w/success/03/1/7/2"], Success),
            (&["a/w/failure/01/1/7/1", "a/w/failure/02/1/7/1", "a/w/success/03/1/7/2"], Failure),
            (
                &[
                    "a/w/failure/01/1/7/1",
                    "a/w/failure/02/1/7/1",
                    "a/w/success/03/1/7/2",
                    "a/w/success/04/1/7/2",
                ],
                Success,
            ),
            (&["a/w/failure/1/7/1", "failure/01/1/7/1", "x", "", "a/w/neutral/01/1/7/1"], Success),
        ];
        for (ids, expected) in table {
            let parsed = ids.iter().filter_map(|id| ExternalId::parse(id));
            assert_eq!(joint_conclusion(parsed), expected, "{ids:?}");
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
