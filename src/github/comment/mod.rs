//! The sticky comment: one for each pull request and id, edited, never duplicated, never deleted.
//!
//! Reading and writing are two requests, other jobs write in between, and GitHub has no conditional write. So there is one loop:
//! read, decide on *one* step, do it, wait until concurrent writers have finished, read again. It ends when nothing is left
//! to do. Lost responses, duplicate comments, lost sections and stale overwrites are all repaired by reading again, each job
//! for its own section.
//! <https://docs.github.com/en/rest/issues/comments>

mod claims;
pub(crate) mod marker;
mod merge;
pub(crate) mod sections;
mod state;
pub(crate) mod thread;

use super::api::pulls::fetch_head_sha;
use super::api::random;
use super::{Client, Context, find_pull};
use claims::Claims;
use marker::{CommentId, CommentState};
use merge::{Step, Writer, find_keeper};
use sections::{CommentSection, Fields, SectionKey, SectionRenderer};
use state::{CommentBody, OwnComment};
pub use state::{PublishError, PublishNote, PublishResult};
use std::time::{Duration, SystemTime};
use thread::CommentThread;

/// Maximum number of read-write rounds.
const MAX_ATTEMPTS: u32 = 30;
/// After this time, a job that read before our write has written too. Longer if requests are slow.
const MIN_SETTLE_DELAY: Duration = Duration::from_secs(1);
const MAX_SETTLE_DELAY: Duration = Duration::from_secs(5);
/// Maximum wait for other jobs that write the same comment.
const MAX_BACKOFF: Duration = Duration::from_secs(16);
/// Maximum wait of one of several jobs before it posts the first comment.
const MAX_POST_DELAY: Duration = Duration::from_secs(5);

/// What to publish.
#[derive(Clone)]
pub struct StickyComment<'a> {
    /// Identifies the comment: jobs with different ids do not touch each other's.
    pub id: String,
    /// The variant that names this job's section; empty if it is not one of several.
    pub section: String,
    /// Identifies this process, as [`random_id`] does.
    pub writer: String,
    /// The section's data for the renderer.
    pub fields: Fields,
    /// Renders the section after its heading, within this many bytes: Markdown, escaped.
    pub details: &'a dyn Fn(usize) -> String,
    /// The section's last line: Markdown, escaped, never truncated.
    pub footer: String,
    /// What all jobs of the run have in common; may be empty.
    pub shared: String,
    /// Renders what is above the sections.
    pub renderer: &'a dyn SectionRenderer,
    pub create_policy: CreatePolicy,
}

/// Whether a missing comment is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatePolicy {
    Always,
    OnlyIfExists,
}

/// The result of publishing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The URL of the comment, if there is one.
    pub url: Option<String>,
    pub result: PublishResult,
    /// What to report in the job's log.
    pub note: Option<PublishNote>,
}

/// Identifies this process among those that write as the same step of the same attempt.
pub fn random_id() -> String {
    let nanoseconds = || SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let random = random::random_u128().unwrap_or_else(nanoseconds);
    format!("{:016x}", random as u64)
}

/// Brings the pull request's comment up to date.
pub async fn publish(
    client: &Client,
    context: &Context,
    comment: &StickyComment<'_>,
) -> Result<Published, PublishError> {
    let pull = find_pull(client, context).await?.number().ok_or(PublishError::NoPullRequest)?;
    let (id, renderer) = (CommentId::new(&comment.id), comment.renderer);
    let (author, claims) = (None, Claims::default());
    let mut thread = CommentThread { client, context, pull, id, renderer, author, claims };
    let mut post_delay = (!comment.section.is_empty()).then_some(MAX_POST_DELAY);
    let (mut first_write, mut written_comment) = (None, None);
    let (mut history, mut last_stable) = (WriteHistory::None, None);
    let (mut failures, mut collisions, mut max_latency) = (0, 0, Duration::ZERO);
    for _ in 0..MAX_ATTEMPTS {
        if fetch_head_sha(client, context, pull).await? != context.head_sha {
            let Some(comment) = written_comment else {
                let (result, note) = (PublishResult::Superseded, Some(PublishNote::NewerHead));
                return Ok(Published { url: None, result, note });
            };
            let result = first_write.unwrap_or(PublishResult::Unchanged);
            return Ok(Published { url: thread.url(comment), result, note: None });
        }
        // Nothing happens between this read and the write, so that few others write in between.
        let own_comments = thread.own_comments().await?;
        let read_latency = client.last_latency();
        let own_body = build_body(context, comment, &own_comments);
        let writer = Writer { own_body: &own_body, first_write, renderer };
        let (kind, body, written) = match writer.next_step(&own_comments) {
            Step::Done { keeper, result, note } => {
                if !is_stable(&own_comments, &history, last_stable.as_ref()) {
                    last_stable = find_keeper(&own_comments).map(|keeper| keeper.body.clone());
                    client.sleep(settle_delay(max_latency)).await;
                    continue;
                }
                let redundant = writer.redundant_comments(&own_comments, keeper);
                thread.supersede(&redundant, keeper).await;
                return Ok(Published { url: thread.url(keeper), result, note });
            }
            Step::Post(_) if comment.create_policy == CreatePolicy::OnlyIfExists => {
                let result = PublishResult::NotNeeded;
                return Ok(Published { url: None, result, note: None });
            }
            Step::Post(_) if post_delay.is_some() => {
                client.sleep(random_delay(post_delay.take().unwrap_or_default())).await;
                continue;
            }
            Step::Post(body) => {
                let written = thread.post(&body).await;
                (PublishResult::Posted, body, written)
            }
            Step::Edit { keeper, body } => {
                let written = thread.edit(keeper, &body).await.map(|()| keeper);
                (PublishResult::Edited, body, written)
            }
        };
        (first_write, history, last_stable) =
            (first_write.or(Some(kind)), history.record(body), None);
        match written {
            Ok(comment) => {
                // What was written before is gone: others write as well, so back off.
                collisions += u32::from(written_comment.is_some());
                written_comment = Some(comment);
                max_latency = max_latency.max(read_latency + client.last_latency());
                client.sleep(settle_delay(max_latency) + backoff_delay(collisions)).await;
            }
            // Somebody has deleted the comment meanwhile; the next read shows it.
            Err(error) if error.is_not_found() && kind == PublishResult::Edited && failures < 3 => {
                failures += 1;
                written_comment = None;
            }
            // It may have been written all the same; the next read shows it.
            Err(error) => {
                failures += 1;
                client.wait_before_retry(failures, error).await?;
            }
        }
    }
    Err(PublishError::Contended)
}

/// How long to wait until every job that read before our write has written: others are as slow as we are.
fn settle_delay(max_latency: Duration) -> Duration {
    MIN_SETTLE_DELAY.max(max_latency * 3).min(MAX_SETTLE_DELAY)
}

/// Randomized backoff after a collision, longer after each.
fn backoff_delay(collisions: u32) -> Duration {
    match collisions {
        0 => Duration::ZERO,
        n => random_delay(Duration::from_secs(1 << n.min(4)).min(MAX_BACKOFF)),
    }
}

/// Up to this long.
fn random_delay(limit: Duration) -> Duration {
    let fraction = random::random_u128().map_or(0.5, |bits| (bits % 1_000) as f64 / 1_000.0);
    limit.mul_f64(fraction)
}

/// This job's content, within the room that the other sections leave.
fn build_body(
    context: &Context,
    comment: &StickyComment<'_>,
    own_comments: &[OwnComment],
) -> CommentBody {
    let StickyComment { section, writer, fields, details, footer, shared, renderer, .. } = comment;
    let (key, run) = (SectionKey::new(context, section), context.run);
    let shared = CommentSection::shared(&key.workflow, run).with_text(shared, "");
    let shared = Some(shared).filter(|shared| !shared.details.is_empty());
    let own = CommentSection::new(key, run, writer, fields.clone());
    let with_details = |details: &str| {
        let own = own.clone().with_text(details, footer);
        let sections = std::iter::once(own).chain(shared.clone()).collect();
        CommentBody { sha: context.head_sha.clone(), sections, disbelieved: 0 }
    };
    let empty = Writer { own_body: &with_details(""), first_write: None, renderer: *renderer };
    let others = empty.other_sections(own_comments);
    with_details(&details(sections::remaining_room(&others, *renderer)))
}

/// What this job has written so far.
#[derive(Debug, Clone)]
enum WriteHistory {
    None,
    Once(CommentBody),
    /// It was overwritten, or it is unknown whether it was written.
    Repeated,
}

impl WriteHistory {
    fn record(self, body: CommentBody) -> WriteHistory {
        match self {
            WriteHistory::None => WriteHistory::Once(body),
            WriteHistory::Once(_) | WriteHistory::Repeated => WriteHistory::Repeated,
        }
    }
}

/// Whether nobody else is about to overwrite the comment: its content is what this job wrote at its first attempt and there
/// is no other comment, or it has not changed since this job last read it. A job that read while a third one had overwritten
/// it may still be about to write; and what this job wrote twice may be there because another job wrote the same since.
fn is_stable(
    own_comments: &[OwnComment],
    history: &WriteHistory,
    last_stable: Option<&CommentBody>,
) -> bool {
    let is_current = |body: &CommentBody| {
        find_keeper(own_comments).is_some_and(|keeper| keeper.body.has_same_content(body))
    };
    let live = own_comments.iter().filter(|comment| comment.state == CommentState::Live).count();
    match history {
        WriteHistory::None => true,
        WriteHistory::Once(body) => {
            (live == 1 && is_current(body)) || last_stable.is_some_and(is_current)
        }
        WriteHistory::Repeated => last_stable.is_some_and(is_current),
    }
}

#[cfg(test)]
mod racing;
