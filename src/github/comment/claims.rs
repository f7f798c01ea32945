//! Whether a section was written by the run that it names.
//!
//! Marker and author prove little: every workflow of the repository writes as the same bot, and some workflows publish what
//! somebody else wrote. A claim to be of a newer run of this workflow would keep this run from writing, and one to be of
//! another workflow adds to the comment, so GitHub is asked for the run. A token that may not read runs decides by how far
//! ahead the claim is, and keeps what others wrote, which can only make the comment redder. Who doubts too much overwrites a
//! newer section on the same commit, who believes too much never writes again: in doubt, the claim is not believed.

use super::marker;
use super::sections::CommentSection;
use crate::github::api::runs::{RunRecord, fetch_run};
use crate::github::{Client, Context, RequestError, WorkflowRun};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of runs that are looked up, this one included; further claims are not believed.
const MAX_LOOKUPS: u32 = 20;
/// How many runs, or attempts, a claim may be ahead if GitHub cannot be asked.
const MAX_UNCONFIRMED_LEAD: u64 = 100;

/// The run that a section claims to be of. Later runs are greater.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    id: u64,
    attempt: u64,
    number: u64,
    workflow: String,
}

impl Claim {
    fn new(section: &CommentSection) -> Claim {
        let (WorkflowRun { id, number, attempt }, key) = (section.run, &section.key);
        Claim { id, attempt, number, workflow: key.workflow.clone() }
    }

    /// Whether the claim has no effect, or one that every earlier job of this run has.
    fn is_harmless(&self, context: &Context) -> bool {
        let own = (context.run.id, context.run.attempt);
        self.workflow == marker::workflow_name(context) && (self.id, self.attempt) <= own
    }
}

/// The claims so far.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// This run, once it was looked up; `None` inside if it may not be read.
    own: Option<Option<RunRecord>>,
    /// Whether a claim is believed.
    known: BTreeMap<Claim, bool>,
    lookups: u32,
}

impl Claims {
    /// Looks up the runs of sections that are not known yet; returns whether GitHub was asked.
    pub(super) async fn look_up<'s>(
        &mut self,
        client: &Client,
        context: &Context,
        sections: impl Iterator<Item = &'s CommentSection>,
    ) -> bool {
        let is_new = |claim: &Claim| !claim.is_harmless(context) && !self.known.contains_key(claim);
        // Sorted: the likely ones first.
        let new: BTreeSet<Claim> = sections.map(Claim::new).filter(is_new).collect();
        let before = self.lookups;
        for claim in new {
            let is_believed = self.confirm(client, context, &claim).await;
            self.known.insert(claim, is_believed);
        }
        self.lookups > before
    }

    /// Whether a section claims nothing that matters, or was confirmed.
    pub(super) fn is_believed(&self, section: &CommentSection, context: &Context) -> bool {
        let claim = Claim::new(section);
        claim.is_harmless(context) || self.known.get(&claim).copied().unwrap_or(false)
    }

    async fn confirm(&mut self, client: &Client, context: &Context, claim: &Claim) -> bool {
        if claim.id == 0 {
            return false;
        }
        if self.own.is_none() {
            self.lookups += 1;
            self.own = Some(fetch_run(client, context, context.run.id).await.ok());
        }
        let Some(Some(own)) = &self.own else { return is_plausible(claim, context) };
        if self.lookups == MAX_LOOKUPS {
            return false;
        }
        self.lookups += 1;
        match fetch_run(client, context, claim.id).await {
            Ok(run) => is_confirmed_by(&run, own, claim, context),
            Err(RequestError::Forbidden { .. }) => false,
            Err(_) => is_plausible(claim, context),
        }
    }
}

/// Whether a run is the claimed one. The runs of a `workflow_run` have the default branch's commit, which moves.
fn is_confirmed_by(run: &RunRecord, own: &RunRecord, claim: &Claim, context: &Context) -> bool {
    let is_run = run.run_number == claim.number && run.run_attempt >= claim.attempt;
    if claim.workflow == marker::workflow_name(context) {
        let has_own_head = run.head_sha == own.head_sha || own.head_sha != context.head_sha;
        return is_run && run.workflow_id == own.workflow_id && has_own_head;
    }
    let file = run.path.as_deref().filter(|_| context.workflow_file.is_some());
    let is_file = file.is_none_or(|path| {
        let (file, _) = path.split_once('@').unwrap_or((path, ""));
        marker::bounded_section_name(file) == claim.workflow
    });
    is_run && run.workflow_id != own.workflow_id && is_file
}

/// Whether such a run is possible soon after this one, or of another workflow. A run has one id, number and workflow.
fn is_plausible(claim: &Claim, context: &Context) -> bool {
    let own = context.run;
    if claim.workflow != marker::workflow_name(context) {
        return claim.id != own.id;
    }
    let is_next = |claimed: u64, own: u64| {
        claimed.checked_sub(own).is_some_and(|lead| lead <= MAX_UNCONFIRMED_LEAD)
    };
    if claim.id == own.id {
        return claim.number == own.number && is_next(claim.attempt, own.attempt);
    }
    claim.number != own.number
        && is_next(claim.number, own.number)
        && claim.attempt <= MAX_UNCONFIRMED_LEAD
}
