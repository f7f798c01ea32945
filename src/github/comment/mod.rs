//! The sticky comment: one for each pull request and id, edited, never duplicated, never deleted.
//!
//! Reading and writing are two requests, other jobs write in between, and GitHub has no conditional write. So there is one loop:
//! read, decide on *one* step, do it, wait until concurrent writers have finished, read again. It ends when nothing is left
//! to do. Lost responses, duplicate comments, lost sections and stale overwrites are all repaired by reading again, each job
//! for its own section.
//! <https://docs.github.com/en/rest/issues/comments>

mod claims;
pub(crate) mod marker;
pub(crate) mod sections;
mod state;
pub(crate) mod thread;

use super::api::pulls::fetch_head_sha;
use super::api::random;
use super::{Client, Context, find_pull};
use claims::Claims;
use marker::{CommentId, CommentState};
use sections::{CommentSection, Fields, SectionRenderer};
pub use state::PublishError;
use state::{CommentBody, OwnComment};
use std::collections::BTreeMap;
use std::time::Duration;
use thread::CommentThread;

/// Maximum number of read-write rounds.
const MAX_ATTEMPTS: u32 = 30;
/// After this time, a job that read before our write has written too. Longer if requests are slow.
const MIN_SETTLE_DELAY: Duration = Duration::from_secs(1);
const MAX_SETTLE_DELAY: Duration = Duration::from_secs(5);
/// Maximum wait for other jobs that write the same comment.
const MAX_BACKOFF: Duration = Duration::from_secs(16);

/// What to publish.
#[derive(Clone)]
pub struct StickyComment<'a> {
    /// Identifies the comment: jobs with different ids do not touch each other's.
    pub id: String,
    /// This job's section; empty if there is only one.
    pub section: String,
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
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishResult {
    Posted,
    Edited,
    /// The comment was up to date.
    Unchanged,
    /// There is no comment, and none was to be created.
    NotNeeded,
    /// A newer run has written, or the pull request has a newer head.
    Superseded,
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
    let (mut first_write, mut was_written) = (None, false);
    let (mut history, mut last_stable) = (WriteHistory::None, None);
    let (mut failures, mut collisions, mut max_latency) = (0, 0, Duration::ZERO);
    for _ in 0..MAX_ATTEMPTS {
        if fetch_head_sha(client, context, pull).await? != context.head_sha {
            return Ok(Published { url: None, result: PublishResult::Superseded });
        }
        // Nothing happens between this read and the write, so that few others write in between.
        let own_comments = thread.own_comments().await?;
        let read_latency = client.last_latency();
        let own_body = build_body(context, comment, &own_comments);
        let (kind, body, written) = match next_step(&own_comments, &own_body, first_write, renderer)
        {
            Step::Done { keeper, result } => {
                if !is_stable(&own_comments, &history, last_stable.as_ref()) {
                    last_stable = find_keeper(&own_comments).map(|keeper| keeper.body.clone());
                    client.sleep(settle_delay(max_latency)).await;
                    continue;
                }
                let redundant: Vec<&OwnComment> =
                    redundant_comments(&own_comments, keeper, &own_body).collect();
                thread.supersede(&redundant, keeper).await;
                return Ok(Published { url: thread.url(keeper), result });
            }
            Step::Post(_) if comment.create_policy == CreatePolicy::OnlyIfExists => {
                return Ok(Published { url: None, result: PublishResult::NotNeeded });
            }
            Step::Post(body) => {
                let written = thread.post(&body).await;
                (PublishResult::Posted, body, written)
            }
            Step::Edit { keeper, body } => {
                let written = thread.edit(keeper, &body).await;
                (PublishResult::Edited, body, written)
            }
        };
        (first_write, history, last_stable) =
            (first_write.or(Some(kind)), history.record(body), None);
        match written {
            Ok(()) => {
                // What was written before is gone: others write as well, so back off.
                collisions += u32::from(was_written);
                was_written = true;
                max_latency = max_latency.max(read_latency + client.last_latency());
                client.sleep(settle_delay(max_latency) + backoff_delay(collisions)).await;
            }
            // Somebody has deleted the comment meanwhile; the next read shows it.
            Err(error) if error.is_not_found() && kind == PublishResult::Edited && failures < 3 => {
                failures += 1;
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
    let jitter = random::random_fraction();
    match collisions {
        0 => Duration::ZERO,
        n => Duration::from_secs(1 << n.min(4)).min(MAX_BACKOFF).mul_f64(jitter),
    }
}

/// This job's content, within the room that the other sections leave.
fn build_body(
    context: &Context,
    comment: &StickyComment<'_>,
    own_comments: &[OwnComment],
) -> CommentBody {
    let StickyComment { section, fields, details, footer, shared, renderer, .. } = comment;
    let attempt = context.run.attempt;
    let shared =
        Some(CommentSection::shared(attempt, shared)).filter(|shared| !shared.details.is_empty());
    let with_details = |details: &str| {
        let own_section = CommentSection::new(section, attempt, fields.clone(), details, footer);
        let sections = std::iter::once(own_section).chain(shared.clone()).collect();
        let (run, run_id, sha) = (context.run.number, context.run.id, context.head_sha.clone());
        CommentBody { run, run_id, sha, sections }
    };
    let empty_body = with_details("");
    let mut others = merge_sections(own_comments, &empty_body, None).sections;
    others.retain(|other| other.name != empty_body.sections[0].name);
    with_details(&details(sections::remaining_room(&others, *renderer)))
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Post(CommentBody),
    Edit {
        keeper: u64,
        body: CommentBody,
    },
    /// Nothing is left to do: the comment `keeper` is up to date.
    Done {
        keeper: u64,
        result: PublishResult,
    },
}

/// Decides on the next step. `own_comments` are sorted by id; all jobs keep the lowest live one. It has to contain the
/// newest sections for this head; after a race, those may be other jobs'.
fn next_step(
    own_comments: &[OwnComment],
    own_body: &CommentBody,
    first_write: Option<PublishResult>,
    renderer: &dyn SectionRenderer,
) -> Step {
    let mut newest = merge_sections(own_comments, own_body, first_write);
    newest.sections = sections::shrink_to_fit(newest.sections, renderer);
    let Some(keeper) = find_keeper(own_comments) else {
        return Step::Post(newest);
    };
    if !newest.has_same_content(&keeper.body) {
        return Step::Edit { keeper: keeper.id, body: newest };
    }
    let is_own = |section: &&CommentSection| section.name == own_body.sections[0].name;
    let newest_attempt = newest.sections.iter().find(is_own).map(|section| section.attempt);
    let is_superseded = newest.recency(own_body) > own_body.recency(own_body)
        || newest_attempt.is_some_and(|attempt| attempt > own_body.sections[0].attempt);
    let result = if is_superseded {
        PublishResult::Superseded
    } else {
        first_write.unwrap_or(PublishResult::Unchanged)
    };
    Step::Done { keeper: keeper.id, result }
}

/// The newest version of each section, in the newest run for this head. A section of an older run is dropped.
fn merge_sections(
    own_comments: &[OwnComment],
    own_body: &CommentBody,
    first_write: Option<PublishResult>,
) -> CommentBody {
    let live = own_comments.iter().filter(|comment| comment.state == CommentState::Live);
    let existing: Vec<&CommentBody> = live.map(|comment| &comment.body).rev().collect();
    let recency = |body: &CommentBody| body.recency(own_body);
    let newest_run = existing.iter().copied().chain([own_body]).map(recency).max().flatten();
    // The last of equals wins: the kept comment's, unless this job has not written yet.
    let first = std::iter::once(own_body).filter(|_| first_write.is_some());
    let last = std::iter::once(own_body).filter(|_| first_write.is_none());
    let mut sections: BTreeMap<&str, &CommentSection> = BTreeMap::new();
    for body in first.chain(existing).chain(last) {
        for section in body.sections.iter().filter(|_| recency(body) == newest_run) {
            let newest = sections.entry(&section.name).or_insert(section);
            if section.attempt >= newest.attempt {
                *newest = section;
            }
        }
    }
    let sections = sections.into_values().cloned().collect();
    let (run, run_id) = newest_run.unwrap_or((own_body.run, own_body.run_id));
    CommentBody { run, run_id, sha: own_body.sha.clone(), sections }
}

/// The comment that is kept.
fn find_keeper(own_comments: &[OwnComment]) -> Option<&OwnComment> {
    own_comments.iter().find(|comment| comment.state == CommentState::Live)
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

/// Comments that a race left and that this job cleans up: those that contain its own section, and older ones. Other jobs
/// clean up their own, so that twenty jobs do not all clean up twenty comments.
fn redundant_comments<'a>(
    own_comments: &'a [OwnComment],
    keeper: u64,
    own_body: &CommentBody,
) -> impl Iterator<Item = &'a OwnComment> {
    let (name, attempt) = (&own_body.sections[0].name, own_body.sections[0].attempt);
    let is_own =
        move |section: &CommentSection| section.name == *name && section.attempt <= attempt;
    own_comments.iter().filter(move |comment| {
        let body = &comment.body;
        let (recency, own_recency) = (body.recency(own_body), own_body.recency(own_body));
        comment.state == CommentState::Live
            && comment.id != keeper
            && (recency < own_recency
                || (recency == own_recency && body.sections.iter().any(is_own)))
    })
}

#[cfg(test)]
mod tests {
    use super::sections::tests::PlainRenderer;
    use super::*;
    use proptest::prelude::*;

    /// A job inside [`publish`]: it has read, or is about to.
    struct RacingJob {
        own_body: CommentBody,
        seen: Option<Vec<OwnComment>>,
        first_write: Option<PublishResult>,
        history: WriteHistory,
        last_stable: Option<CommentBody>,
        reads: u32,
        is_over: bool,
        /// The jobs that had read when this one wrote, with the number of that read.
        pending_writers: Vec<(usize, u32)>,
    }

    impl RacingJob {
        fn new(run: u64, index: usize) -> Self {
            let (name, attempt) = (format!("section {}", index % 3), index as u64 / 3);
            let fields = vec![("run".to_owned(), run.to_string())];
            let section = CommentSection::new(&name, attempt, fields, "details", "foot");
            let (run_id, sha, sections) = (9_000 + run, "a".repeat(40), vec![section]);
            let own_body = CommentBody { run, run_id, sha, sections };
            let (seen, first_write, last_stable, pending_writers) = (None, None, None, Vec::new());
            let history = WriteHistory::None;
            RacingJob {
                own_body,
                seen,
                first_write,
                history,
                last_stable,
                reads: 0,
                is_over: false,
                pending_writers,
            }
        }

        /// The write that follows from the last read.
        fn write(&mut self, seen: &[OwnComment], comments: &mut Vec<OwnComment>) {
            match next_step(seen, &self.own_body, self.first_write, &PlainRenderer) {
                Step::Post(body) => {
                    let id = comments.len() as u64;
                    self.record_write(PublishResult::Posted, &body);
                    comments.push(OwnComment {
                        id,
                        node_id: None,
                        state: CommentState::Live,
                        body,
                    });
                }
                Step::Edit { keeper, body } => {
                    self.record_write(PublishResult::Edited, &body);
                    comments[keeper as usize].body = body;
                }
                Step::Done { keeper, .. } => {
                    if !is_stable(seen, &self.history, self.last_stable.as_ref()) {
                        self.last_stable = find_keeper(seen).map(|keeper| keeper.body.clone());
                        return;
                    }
                    for redundant in redundant_comments(seen, keeper, &self.own_body) {
                        comments[redundant.id as usize].state = CommentState::Superseded;
                    }
                    self.is_over = true;
                }
            }
        }

        fn record_write(&mut self, kind: PublishResult, body: &CommentBody) {
            self.first_write = self.first_write.or(Some(kind));
            let history = std::mem::replace(&mut self.history, WriteHistory::None);
            (self.history, self.last_stable) = (history.record(body.clone()), None);
        }
    }

    /// One request of one job: a read, or the write that follows from it.
    fn act(jobs: &mut [RacingJob], index: usize, comments: &mut Vec<OwnComment>) {
        if let Some(seen) = jobs[index].seen.take() {
            let pending =
                |(i, job): (usize, &RacingJob)| job.seen.is_some().then_some((i, job.reads));
            jobs[index].pending_writers = jobs.iter().enumerate().filter_map(pending).collect();
            jobs[index].write(&seen, comments);
        } else if !jobs[index].is_over {
            for (other, read) in std::mem::take(&mut jobs[index].pending_writers) {
                if jobs[other].reads == read && jobs[other].seen.is_some() {
                    act(jobs, other, comments);
                }
            }
            jobs[index].seen = Some(comments.clone());
            jobs[index].reads += 1;
        }
    }

    /// The comments after jobs of these runs have taken turns in that order.
    fn race(
        existing: &[OwnComment],
        runs: &[u64],
        order: &[prop::sample::Index],
    ) -> Vec<OwnComment> {
        let mut jobs: Vec<RacingJob> =
            (0..).zip(runs).map(|(i, run)| RacingJob::new(*run, i)).collect();
        let mut comments = existing.to_vec();
        for index in order {
            act(&mut jobs, index.index(runs.len()), &mut comments);
        }
        while let Some(index) = jobs.iter().position(|job| !job.is_over) {
            assert!(jobs[index].reads <= MAX_ATTEMPTS, "it gives up");
            act(&mut jobs, index, &mut comments);
        }
        comments
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Whatever the order of requests, and whether there was a comment before: one is left, with the newest attempt of each
        /// section of the newest run, and no job gives up.
        #[test]
        fn jobs_that_race_leave_one_comment_with_the_newest_sections(
            existing_count in 0u64..3,
            runs in prop::collection::vec(3u64..5, 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
        ) {
            let old = |id| OwnComment {
                id, node_id: None, state: CommentState::Live, body: RacingJob::new(id, 0).own_body,
            };
            let existing: Vec<OwnComment> = (0..existing_count).map(old).collect();
            let comments = race(&existing, &runs, &order);
            let live: Vec<&OwnComment> = comments.iter().filter(|c| c.state == CommentState::Live).collect();
            prop_assert_eq!(live.len(), 1);
            prop_assert_eq!(live[0].id, 0);
            let newest = runs.iter().copied().max().unwrap();
            prop_assert_eq!(live[0].body.run, newest);
            let mut expected: BTreeMap<String, u64> = BTreeMap::new();
            for (index, _) in runs.iter().enumerate().filter(|(_, run)| **run == newest) {
                let job = RacingJob::new(newest, index).own_body.sections.remove(0);
                let attempt = expected.entry(job.name).or_default();
                *attempt = job.attempt.max(*attempt);
            }
            let attempts = live[0].body.sections.iter().map(|s| (s.name.clone(), s.attempt));
            prop_assert_eq!(attempts.collect::<BTreeMap<_, _>>(), expected);
        }
    }
}
