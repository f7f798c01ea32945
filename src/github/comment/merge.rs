//! What a job makes of the comments that it has read: one step, decided without effects.
//!
//! Of each workflow the newest run for this head counts, and of each section the newest attempt, so jobs that write at the
//! same time agree in whatever order they read. Jobs that nothing distinguishes have the same key: each takes a slot of its
//! own, and a re-run the slot of an earlier attempt, the worst first, since GitHub re-runs what failed.

use super::marker::CommentState;
use super::sections::{self, CommentSection, SectionKey, SectionRenderer};
use super::state::{CommentBody, OwnComment, PublishNote, PublishResult};
use std::collections::{BTreeMap, BTreeSet};

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Post(CommentBody),
    Edit {
        keeper: u64,
        body: CommentBody,
    },
    /// Nothing is left to do: the comment `keeper` is up to date.
    Done {
        keeper: u64,
        result: PublishResult,
        note: Option<PublishNote>,
    },
}

/// A job's content, and what it has done so far.
pub(super) struct Writer<'a> {
    /// Its own section first.
    pub own_body: &'a CommentBody,
    pub first_write: Option<PublishResult>,
    pub renderer: &'a dyn SectionRenderer,
}

/// The sections of a comment by key and slot.
type Slots = BTreeMap<(SectionKey, u64), CommentSection>;

impl Writer<'_> {
    fn own(&self) -> &CommentSection {
        &self.own_body.sections[0]
    }

    /// Decides on the next step. `own_comments` are sorted by id; all jobs keep the lowest live one. It has to contain the
    /// newest sections for this head; after a race, those may be other jobs'.
    pub(super) fn next_step(&self, own_comments: &[OwnComment]) -> Step {
        let slots = self.newest_sections(own_comments);
        let place = self.find_place(&slots);
        let sections = self.with_own_sections(slots, &place).into_values().collect();
        let workflow = &self.own().key.workflow;
        let sections = sections::shrink_to_fit(sections, workflow, self.renderer);
        let newest = CommentBody { sections, ..self.own_body.clone() };
        let Some(keeper) = find_keeper(own_comments) else {
            return Step::Post(newest);
        };
        if !newest.has_same_content(&keeper.body) {
            return Step::Edit { keeper: keeper.id, body: newest };
        }
        let written = self.first_write.unwrap_or(PublishResult::Unchanged);
        let (result, note) = match place {
            Place::Superseded(note) => (PublishResult::Superseded, Some(note)),
            Place::Slot(_) if self.has_twin(&newest) => (written, Some(PublishNote::Twin)),
            Place::Slot(_) => (written, None),
        };
        Step::Done { keeper: keeper.id, result, note }
    }

    /// The sections of others that the comment has to keep.
    pub(super) fn other_sections(&self, own_comments: &[OwnComment]) -> Vec<CommentSection> {
        let slots = self.newest_sections(own_comments);
        let place = self.find_place(&slots);
        let own = (self.own().key.clone(), place.slot());
        let all = self.with_own_sections(slots, &place).into_iter();
        all.filter(|(key, _)| *key != own).map(|(_, section)| section).collect()
    }

    /// The newest attempt of each section, in the newest run of each workflow.
    fn newest_sections(&self, own_comments: &[OwnComment]) -> Slots {
        let is_current = |comment: &&OwnComment| {
            comment.state == CommentState::Live && comment.body.sha == self.own_body.sha
        };
        // The last of equals wins: the kept comment's.
        let live = own_comments.iter().filter(is_current).rev();
        let all: Vec<&CommentSection> = live.flat_map(|comment| &comment.body.sections).collect();
        let mut newest_runs: BTreeMap<&str, u64> = BTreeMap::new();
        for section in all.iter().copied().chain([self.own()]) {
            let newest = newest_runs.entry(&section.key.workflow).or_default();
            *newest = section.run.id.max(*newest);
        }
        let mut slots = Slots::new();
        for section in all {
            let key = (section.key.clone(), section.slot);
            let is_newest = slots
                .get(&key)
                .is_none_or(|newest: &CommentSection| section.run.attempt >= newest.run.attempt);
            if is_newest && newest_runs.get(&*section.key.workflow) == Some(&section.run.id) {
                slots.insert(key, section.clone());
            }
        }
        // After a race, a writer can have two slots.
        let mut seen = BTreeSet::new();
        slots.retain(|(key, _), section| {
            let writer = (key.clone(), section.run.attempt, section.writer.clone());
            section.writer.is_empty() || seen.insert(writer)
        });
        slots
    }

    /// Where the own section belongs.
    fn find_place(&self, slots: &Slots) -> Place {
        let own = self.own();
        let same_workflow =
            || slots.values().filter(|section| section.key.workflow == own.key.workflow);
        if let Some(newer) = same_workflow().find(|section| section.run.id > own.run.id) {
            return Place::Superseded(PublishNote::NewerRun(newer.run));
        }
        let same_key: Vec<&CommentSection> =
            same_workflow().filter(|section| section.key == own.key).collect();
        let newer = same_key.iter().find(|section| section.run.attempt > own.run.attempt);
        if let Some(newer) = newer {
            return Place::Superseded(PublishNote::NewerRun(newer.run));
        }
        let is_own = |section: &&&CommentSection| {
            section.writer == own.writer && section.recency() == own.recency()
        };
        let outdated = same_key.iter().filter(|section| section.run.attempt < own.run.attempt);
        let worst = outdated.min_by_key(|section| self.renderer.rank(&section.fields));
        let taken = same_key.iter().find(is_own).or(worst).map(|section| section.slot);
        let is_free = |slot: &u64| same_key.iter().all(|section| section.slot != *slot);
        let free = || (1..).find(is_free).unwrap_or(1);
        Place::Slot(taken.unwrap_or_else(free))
    }

    /// Adds the own sections, unless the comment has them or a newer run has written. What this job has written may have
    /// been cut since, and stays as it is.
    fn with_own_sections(&self, mut slots: Slots, place: &Place) -> Slots {
        let Place::Slot(slot) = place else { return slots };
        for section in &self.own_body.sections {
            let slot = if section.key == self.own().key { *slot } else { section.slot };
            let key = (section.key.clone(), slot);
            let current = slots.get(&key).map(|section| section.run.attempt);
            let is_written = current >= Some(section.run.attempt)
                && (self.first_write.is_some() || current > Some(section.run.attempt));
            if !is_written {
                slots.insert(key, CommentSection { slot, ..section.clone() });
            }
        }
        slots
    }

    /// Whether another job that nothing distinguishes from this one has a section.
    fn has_twin(&self, body: &CommentBody) -> bool {
        let own = self.own();
        body.sections.iter().any(|section| {
            section.key == own.key
                && section.recency() == own.recency()
                && section.writer != own.writer
        })
    }

    /// Comments that a race left and that this job cleans up: those that contain its own section, older ones, and those of
    /// other workflows. Other jobs of this run clean up their own, so that twenty jobs do not all clean up twenty comments.
    pub(super) fn redundant_comments<'c>(
        &self,
        own_comments: &'c [OwnComment],
        keeper: u64,
    ) -> Vec<&'c OwnComment> {
        let own = self.own();
        let is_of_other_run = |section: &CommentSection| {
            section.key.workflow != own.key.workflow || section.run.id < own.run.id
        };
        let is_own = |section: &CommentSection| {
            section.key == own.key
                && section.run.id == own.run.id
                && (section.run.attempt < own.run.attempt || section.writer == own.writer)
        };
        let is_redundant = |comment: &&OwnComment| {
            let CommentBody { sha, sections, .. } = &comment.body;
            comment.state == CommentState::Live
                && comment.id != keeper
                && (*sha != self.own_body.sha
                    || sections.iter().all(is_of_other_run)
                    || sections.iter().any(is_own))
        };
        own_comments.iter().filter(is_redundant).collect()
    }
}

/// Where a job's own section belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Slot(u64),
    /// Nowhere: something newer has written.
    Superseded(PublishNote),
}

impl Place {
    /// The slot; 0, which no section has, without one.
    fn slot(&self) -> u64 {
        match self {
            Place::Slot(slot) => *slot,
            Place::Superseded(_) => 0,
        }
    }
}

/// The comment that is kept.
pub(super) fn find_keeper(own_comments: &[OwnComment]) -> Option<&OwnComment> {
    own_comments.iter().find(|comment| comment.state == CommentState::Live)
}
