//! Whether a comment is of a newer run, as its marker claims.
//!
//! Marker and author prove little: every workflow of the repository writes as the same bot, and some workflows publish what
//! somebody else wrote. A claim to be newer would keep this run from writing, so GitHub is asked for the run; a token that may
//! not read runs decides by how far ahead the claim is. Who doubts too much overwrites a newer comment on the same commit,
//! who believes too much never writes again: in doubt, the claim is not believed.

use crate::github::api::runs::{RunRecord, fetch_run};
use crate::github::{Client, Context, RequestError, WorkflowRun};
use std::collections::BTreeMap;

/// Maximum number of runs that are looked up, this one included; further claims are not believed.
const MAX_LOOKUPS: u32 = 20;
/// How many runs, or attempts, a claim may be ahead if GitHub cannot be asked.
const MAX_UNCONFIRMED_LEAD: u64 = 100;

/// The claims so far.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    /// This run, once it was looked up; `None` inside if it may not be read.
    own: Option<Option<RunRecord>>,
    /// By number, id and attempt: whether it is believed.
    known: BTreeMap<(u64, u64, u64), bool>,
    lookups: u32,
}

fn key(run: WorkflowRun) -> (u64, u64, u64) {
    (run.number, run.id, run.attempt)
}

/// Whether a claimed run is newer than this one.
fn is_newer(claimed: WorkflowRun, own: WorkflowRun) -> bool {
    key(claimed) > key(own)
}

impl Claims {
    /// Looks up what is new among these runs; returns whether GitHub was asked.
    pub(super) async fn look_up(
        &mut self,
        client: &Client,
        context: &Context,
        claimed: &[WorkflowRun],
    ) -> bool {
        let is_new =
            |run: &WorkflowRun| is_newer(*run, context.run) && !self.known.contains_key(&key(*run));
        let mut new: Vec<WorkflowRun> = claimed.iter().copied().filter(is_new).collect();
        // The likely ones first.
        new.sort_by_key(|run| key(*run));
        let before = self.lookups;
        for run in new {
            let is_believed = self.confirm(client, context, run).await;
            self.known.insert(key(run), is_believed);
        }
        self.lookups > before
    }

    /// Whether a run is no newer than this one, or was confirmed.
    pub(super) fn is_believed(&self, claimed: WorkflowRun, own: WorkflowRun) -> bool {
        !is_newer(claimed, own) || self.known.get(&key(claimed)).copied().unwrap_or(false)
    }

    async fn confirm(&mut self, client: &Client, context: &Context, claimed: WorkflowRun) -> bool {
        if claimed.id == 0 {
            return false;
        }
        if self.own.is_none() {
            self.lookups += 1;
            self.own = Some(fetch_run(client, context, context.run.id).await.ok());
        }
        let Some(Some(own)) = &self.own else { return is_plausible(claimed, context.run) };
        if self.lookups == MAX_LOOKUPS {
            return false;
        }
        self.lookups += 1;
        match fetch_run(client, context, claimed.id).await {
            Ok(run) => is_confirmed_by(&run, own, claimed, context),
            Err(RequestError::Forbidden { .. }) => false,
            Err(_) => is_plausible(claimed, context.run),
        }
    }
}

/// Whether a run is the claimed one, of the same workflow and for the same commit. The runs of a `workflow_run` have the
/// default branch's commit, which moves.
fn is_confirmed_by(
    run: &RunRecord,
    own: &RunRecord,
    claimed: WorkflowRun,
    context: &Context,
) -> bool {
    let has_own_head = run.head_sha == own.head_sha || own.head_sha != context.head_sha;
    run.run_number == claimed.number
        && run.run_attempt >= claimed.attempt
        && run.workflow_id == own.workflow_id
        && has_own_head
}

/// Whether such a run is possible soon after this one. A run has one id.
fn is_plausible(claimed: WorkflowRun, own: WorkflowRun) -> bool {
    let within = |claimed: u64, own: u64| claimed.saturating_sub(own) <= MAX_UNCONFIRMED_LEAD;
    within(claimed.number, own.number)
        && within(claimed.attempt, own.attempt)
        && (claimed.number != own.number || claimed.id == own.id)
}
