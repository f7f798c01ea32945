//! A check run on the head commit, with annotations on its files.
//!
//! A POST always creates another check run and a PATCH always appends annotations, so neither may be repeated blindly: after
//! a lost response, the check run is looked up first. GitHub may list it under any workflow of the commit; that cannot be
//! chosen.
//! <https://docs.github.com/en/rest/checks/runs>

use super::error::Result;
use crate::github::comment::marker::CommentId;
use crate::github::context::TokenAccess;
use crate::github::{Client, Context, Permission, RequestError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Maximum number of annotations in one request.
const MAX_PER_REQUEST: usize = 50;
/// Maximum number of annotations of a check run: more are not worth the requests.
pub const MAX_CHECK_ANNOTATIONS: usize = 500;

/// A check run to create.
#[derive(Debug, Clone)]
pub struct CheckRun {
    /// Its name on the pull request and in branch rules.
    pub name: String,
    /// Identifies the job: jobs with different ids do not take each other's check run for their own.
    pub id: String,
    pub conclusion: CheckConclusion,
    pub title: String,
    /// Markdown, escaped, at most 65,535 bytes.
    pub summary: String,
    /// The most useful first; GitHub shows at most 500.
    pub annotations: Vec<CheckAnnotation>,
}

/// The conclusion of a check run. A pull request passes on GitHub's `neutral`, and `action_required` promises a button, so
/// neither is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckConclusion {
    Success,
    Failure,
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
}

impl CheckRunError {
    /// What to do about it, with a token of this access.
    pub fn hint(&self, access: TokenAccess) -> &'static str {
        match self {
            CheckRunError::Request(error) | CheckRunError::Annotations { error, .. } => {
                error.hint(Permission::WriteChecks, access)
            }
        }
    }
}

/// Creates a check run on the head commit and returns the URL of its page, if the server's address is known. A re-run creates another one, which counts instead
/// of the older one of the same name.
pub async fn create_check_run(
    client: &Client,
    context: &Context,
    run: &CheckRun,
) -> Result<Option<String>, CheckRunError> {
    let api = CheckRunApi { client, context, run };
    let annotations = &run.annotations[..run.annotations.len().min(MAX_CHECK_ANNOTATIONS)];
    let mut parts = annotations.chunks(MAX_PER_REQUEST);
    let first = parts.next().unwrap_or_default();
    let (id, mut uploaded) = (api.create(first).await?, first.len());
    for part in parts {
        api.append(id, uploaded, part).await.map_err(|error| CheckRunError::Annotations {
            uploaded,
            total: annotations.len(),
            error,
        })?;
        uploaded += part.len();
    }
    Ok(api.url(id))
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
    async fn create(&self, annotations: &[CheckAnnotation]) -> Result<u64> {
        let mut body = json!({
            "name": self.run.name,
            "head_sha": self.context.head_sha,
            "external_id": self.external_id(),
            "status": "completed",
            "conclusion": self.run.conclusion,
            "output": self.output(annotations),
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
        let path = self.context.resource(&["commits", &self.context.head_sha, "check-runs"]);
        let query = [("check_name", &*self.run.name), ("filter", "all"), ("per_page", "100")];
        let CheckRunList { check_runs } = self.client.get(&path, &query).await?;
        let external_id = self.external_id();
        let own_run = check_runs.iter().find(|run| run.external_id.as_ref() == Some(&external_id));
        Ok(own_run.map(|run| run.id))
    }

    /// Appends the annotations that are not there yet.
    async fn append(
        &self,
        id: u64,
        uploaded: usize,
        annotations: &[CheckAnnotation],
    ) -> Result<()> {
        let id = id.to_string();
        let path = self.context.resource(&["check-runs", &id]);
        let body = json!({ "output": self.output(annotations) });
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

    fn output(&self, annotations: &[CheckAnnotation]) -> Value {
        let CheckRun { title, summary, .. } = self.run;
        let annotations: Vec<Value> = annotations.iter().map(annotation).collect();
        json!({ "title": title, "summary": summary, "annotations": annotations })
    }

    /// Identifies job, run and attempt; validated characters only.
    fn external_id(&self) -> String {
        let Context { run, .. } = self.context;
        format!("{}/{}/{}", CommentId::new(&self.run.id).as_str(), run.id, run.attempt)
    }

    /// The URL of the check run's page, built here so that it cannot lead elsewhere.
    fn url(&self, id: u64) -> Option<String> {
        Some(format!("{}/runs/{id}", self.context.repository_url()?))
    }
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
