//! Tests of jobs that read and write one comment in any order.

use super::merge::{Step, Writer, find_keeper};
use super::sections::tests::PlainRenderer;
use super::sections::{CommentSection, SectionKey, SectionRenderer};
use super::state::{CommentBody, OwnComment, PublishNote, PublishResult};
use super::{
    CommentState, MAX_ATTEMPTS, MAX_POST_DELAY, WriteHistory, is_stable, random_delay, random_id,
};
use crate::github::WorkflowRun;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One execution of a step: what the runner gives it, and how it ends.
#[derive(Debug, Clone)]
struct Process {
    workflow: u64,
    run: u64,
    attempt: u64,
    variant: u8,
    step: u8,
    is_green: bool,
}

impl Process {
    fn section(&self, writer: &str) -> CommentSection {
        let key = SectionKey {
            variant: format!("variant {}", self.variant),
            step: format!("step {}", self.step),
            job: "test".to_owned(),
            workflow: format!("{}.yml", self.workflow),
        };
        let id = 9_000 + 100 * self.run + self.workflow;
        let run = WorkflowRun { id, number: self.run, attempt: self.attempt };
        let conclusion = if self.is_green { "success" } else { "failure" };
        let fields = vec![("is".to_owned(), conclusion.to_owned())];
        CommentSection::new(key, run, writer, fields).with_text("details", "foot")
    }

    fn body(&self, writer: &str) -> CommentBody {
        CommentBody { sha: "a".repeat(40), sections: vec![self.section(writer)], disbelieved: 0 }
    }
}

/// Whatever steps, jobs and workflows there are, many of them equal.
fn process() -> impl Strategy<Value = Process> {
    (0u64..2, 3u64..5, 1u64..3, 0u8..2, 0u8..2, any::<bool>()).prop_map(
        |(workflow, run, attempt, variant, step, is_green)| Process {
            workflow,
            run,
            attempt,
            variant,
            step,
            is_green,
        },
    )
}

/// A job inside [`publish`](super::publish): it has read, or is about to.
struct RacingJob {
    own_body: CommentBody,
    seen: Option<Vec<OwnComment>>,
    first_write: Option<PublishResult>,
    history: WriteHistory,
    last_stable: Option<CommentBody>,
    reads: u32,
    /// What it reports, once it is over.
    over: Option<Option<PublishNote>>,
    /// The jobs that had read when this one wrote, with the number of that read.
    pending_writers: Vec<(usize, u32)>,
}

impl RacingJob {
    fn new(own_body: CommentBody) -> Self {
        RacingJob {
            own_body,
            seen: None,
            first_write: None,
            history: WriteHistory::None,
            last_stable: None,
            reads: 0,
            over: None,
            pending_writers: Vec::new(),
        }
    }

    /// The write that follows from the last read.
    fn write(&mut self, seen: &[OwnComment], comments: &mut Vec<OwnComment>) {
        let (first_write, renderer) = (self.first_write, &PlainRenderer);
        let writer = Writer { own_body: &self.own_body, first_write, renderer };
        match writer.next_step(seen) {
            Step::Post(body) => {
                let id = comments.len() as u64;
                self.record_write(PublishResult::Posted, &body);
                comments.push(live_comment(id, body));
            }
            Step::Edit { keeper, body } => {
                self.record_write(PublishResult::Edited, &body);
                comments[keeper as usize].body = body;
            }
            Step::Done { keeper, note, .. } => {
                if !is_stable(seen, &self.history, self.last_stable.as_ref()) {
                    self.last_stable = find_keeper(seen).map(|keeper| keeper.body.clone());
                    return;
                }
                for redundant in writer.redundant_comments(seen, keeper) {
                    comments[redundant.id as usize].state = CommentState::Superseded;
                }
                self.over = Some(note);
            }
        }
    }

    fn record_write(&mut self, kind: PublishResult, body: &CommentBody) {
        self.first_write = self.first_write.or(Some(kind));
        let history = std::mem::replace(&mut self.history, WriteHistory::None);
        (self.history, self.last_stable) = (history.record(body.clone()), None);
    }
}

fn live_comment(id: u64, body: CommentBody) -> OwnComment {
    OwnComment { id, node_id: None, state: CommentState::Live, body }
}

/// One request of one job: a read, or the write that follows from it.
fn act(jobs: &mut [RacingJob], index: usize, comments: &mut Vec<OwnComment>) {
    if let Some(seen) = jobs[index].seen.take() {
        let pending = |(i, job): (usize, &RacingJob)| job.seen.is_some().then_some((i, job.reads));
        jobs[index].pending_writers = jobs.iter().enumerate().filter_map(pending).collect();
        jobs[index].write(&seen, comments);
    } else if jobs[index].over.is_none() {
        for (other, read) in std::mem::take(&mut jobs[index].pending_writers) {
            if jobs[other].reads == read && jobs[other].seen.is_some() {
                act(jobs, other, comments);
            }
        }
        jobs[index].seen = Some(comments.clone());
        jobs[index].reads += 1;
    }
}

/// The comments after processes have taken turns in that order, and what each reports.
fn race(
    existing: &[OwnComment],
    processes: &[Process],
    order: &[prop::sample::Index],
) -> (Vec<OwnComment>, Vec<Option<PublishNote>>) {
    let body = |(index, process): (usize, &Process)| process.body(&format!("{index:02}"));
    let mut jobs: Vec<RacingJob> =
        processes.iter().enumerate().map(body).map(RacingJob::new).collect();
    let mut comments = existing.to_vec();
    for index in order {
        act(&mut jobs, index.index(processes.len()), &mut comments);
    }
    while let Some(index) = jobs.iter().position(|job| job.over.is_none()) {
        assert!(jobs[index].reads <= MAX_ATTEMPTS, "it gives up");
        act(&mut jobs, index, &mut comments);
    }
    (comments, jobs.into_iter().filter_map(|job| job.over).collect())
}

/// The processes whose result counts: of the newest run of each workflow, and of the newest attempt of each key in it.
fn current(processes: &[Process]) -> Vec<CommentSection> {
    let sections = processes.iter().enumerate();
    let sections = sections.map(|(index, process)| process.section(&format!("{index:02}")));
    let sections: Vec<CommentSection> = sections.collect();
    let mut runs: BTreeMap<String, u64> = BTreeMap::new();
    let mut attempts: BTreeMap<(SectionKey, u64), u64> = BTreeMap::new();
    for CommentSection { key, run, .. } in &sections {
        let newest = runs.entry(key.workflow.clone()).or_default();
        *newest = run.id.max(*newest);
        let newest = attempts.entry((key.clone(), run.id)).or_default();
        *newest = run.attempt.max(*newest);
    }
    let is_current = |section: &CommentSection| {
        runs[&section.key.workflow] == section.run.id
            && attempts[&(section.key.clone(), section.run.id)] == section.run.attempt
    };
    sections.into_iter().filter(is_current).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever the order of requests, however alike they are, and whether there was a comment before: one comment is
    /// left, and it is no greener than its worst writer.
    #[test]
    fn jobs_that_race_leave_one_comment_with_every_current_section(
        existing in prop::collection::vec(process(), 0..3),
        processes in prop::collection::vec(process(), 1..8),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
    ) {
        let old = |(id, process): (u64, &Process)| {
            live_comment(id, Process { run: id, ..process.clone() }.body("old"))
        };
        let existing: Vec<OwnComment> = (0..).zip(&existing).map(old).collect();
        let (comments, notes) = race(&existing, &processes, &order);
        let live: Vec<&OwnComment> =
            comments.iter().filter(|c| c.state == CommentState::Live).collect();
        prop_assert_eq!(live.len(), 1);
        prop_assert_eq!(live[0].id, 0);
        let found = &live[0].body.sections;
        let writers: BTreeSet<&str> = found.iter().map(|section| section.writer.as_str()).collect();
        prop_assert_eq!(writers.len() + found.iter().filter(|s| s.writer == "old").count(),
            found.len() + usize::from(writers.contains("old")), "nobody has two sections");
        let expected = current(&processes);
        for section in &expected {
            let same = found.iter().find(|other| other.writer == section.writer);
            prop_assert_eq!(same.map(|same| &same.fields), Some(&section.fields), "{:#?}", found);
            let newest = found.iter().filter(|other| other.key.workflow == section.key.workflow);
            prop_assert!(newest.map(|other| other.run.id).all(|id| id == section.run.id));
        }
        let rank = |sections: &[CommentSection]| {
            sections.iter().map(|section| PlainRenderer.rank(&section.fields)).min()
        };
        prop_assert!(rank(found) <= rank(&expected));
        // Of those that nothing distinguishes, all but one have noticed each other.
        let keys: BTreeSet<&SectionKey> = expected.iter().map(|section| &section.key).collect();
        let noticed = expected.iter().filter(|section| {
            let index: usize = section.writer.parse().unwrap();
            notes[index] == Some(PublishNote::Twin)
        });
        prop_assert!(noticed.count() + keys.len() >= expected.len());
    }
}

/// The comment after processes have written one after another, each with its conclusion and slot.
fn in_turn(processes: &[(u64, &str)]) -> Vec<(String, u64)> {
    let mut comments = Vec::new();
    for (index, (attempt, conclusion)) in processes.iter().enumerate() {
        let is_green = *conclusion == "success";
        let process =
            Process { workflow: 0, run: 1, attempt: *attempt, variant: 0, step: 0, is_green };
        let mut job = RacingJob::new(process.body(&format!("{index:02}")));
        while job.over.is_none() {
            job.write(&comments.clone(), &mut comments);
        }
    }
    let sections = comments.iter().flat_map(|comment| &comment.body.sections);
    sections.map(|section| (section.fields[0].1.clone(), section.slot)).collect()
}

/// Nothing distinguishes the writers, so a re-run takes the place of the worst: GitHub re-runs what failed.
#[test]
fn rerun_of_one_of_several_equal_jobs_leaves_the_others() {
    let (red, green) = ("failure", "success");
    let table = [
        (vec![(1, red), (1, green)], vec![red, green]),
        (vec![(1, green), (1, red), (2, green)], vec![green, green]),
        (vec![(1, red), (1, red), (2, green)], vec![green, red]),
        (vec![(1, red), (1, red), (2, green), (2, green)], vec![green, green]),
        (vec![(1, green), (1, green), (2, red)], vec![red, green]),
        (vec![(1, red), (1, red), (2, green), (3, red)], vec![green, red]),
    ];
    for (processes, expected) in table {
        let expected: Vec<(String, u64)> =
            expected.into_iter().map(str::to_owned).zip(1..).collect();
        assert_eq!(in_turn(&processes), expected, "{processes:?}");
    }
}

/// Fifty jobs that start at once, where a new comment is visible a moment after the decision to post it.
#[test]
fn jobs_that_wait_before_the_first_comment_rarely_post_another() {
    let latency = Duration::from_millis(300);
    let delays: Vec<Duration> = (0..50).map(|_| random_delay(MAX_POST_DELAY)).collect();
    let first = delays.iter().min().copied().unwrap_or_default();
    let surplus = delays.iter().filter(|delay| **delay < first + latency).count() - 1;
    assert!(surplus < 25, "{surplus}: {delays:?}");
    assert!(delays.iter().all(|delay| *delay <= MAX_POST_DELAY));
}

#[test]
fn ids_of_processes_differ() {
    let ids: BTreeSet<String> = (0..100).map(|_| random_id()).collect();
    assert_eq!(ids.len(), 100);
    assert!(ids.iter().all(|id| id.len() == 16));
}
