//! The sticky comment: one a pull request and id, edited, never stacked, never deleted.
//!
//! In: what one job says, its section. Out: what was done about it, and the comment's address. A newcomer's
//! trap: looking and writing are two requests, and other jobs write in between; GitHub has no write that
//! would notice. So there is one loop: look, decide on *one* step, do it, let the dust settle, look again.
//! It ends when nothing is left to do: a lost answer, a second comment, a lost section and a stale
//! overwrite are all mended by looking again, each job seeing to its own section.
//! <https://docs.github.com/en/rest/issues/comments>

pub(crate) mod marker;
pub(crate) mod sections;
pub(crate) mod thread;

use super::api::client::Patience;
use super::api::pulls::head_now;
use super::api::random;
use super::context::{HeadRepository, READ_ONLY};
use super::{Client, Context, RequestError, find_pull};
use marker::{Id, State};
use sections::{Layout, Record, Section};
use std::collections::BTreeMap;
use std::time::Duration;
use thread::Thread;

/// So often is looked and written before giving up.
const ROUNDS: u32 = 30;
/// The time after which a job that looked before our write has written too, whatever it saw. Where
/// requests take long, it is longer.
const DUST: Duration = Duration::from_secs(1);
const LONGEST_DUST: Duration = Duration::from_secs(5);
/// The longest wait for other jobs that write the same comment.
const LONGEST_TURN: Duration = Duration::from_secs(16);

/// What to publish.
#[derive(Clone)]
pub struct StickyComment<'a> {
    /// Which comment of the pull request: jobs with different ids don't touch each other's.
    pub id: String,
    /// Which section of it is this job's; empty where there is but one.
    pub section: String,
    /// What the section comes to.
    pub record: Record,
    /// The section below its heading, within so many bytes: Markdown, escaped.
    pub details: &'a dyn Fn(usize) -> String,
    /// The section's last line: Markdown, escaped, never cut.
    pub foot: String,
    /// What every job of the run says the same; empty for nothing.
    pub shared: String,
    /// What stands above the sections.
    pub layout: &'a dyn Layout,
    pub post: Post,
}

/// Whether a comment is begun where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    Always,
    OnlyIfExists,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The comment's page, where there is a comment.
    pub url: Option<String>,
    pub what: What,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Posted,
    Edited,
    /// It said the same already.
    Unchanged,
    /// There is no comment, and none was to be begun.
    NotNeeded,
    /// A newer run has spoken, or the pull request has a newer head.
    Superseded,
}

/// Why the comment isn't there. It never changes a verdict.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    #[error("the run belongs to no pull request")]
    NoPullRequest,
    #[error("the token may not do this ({status}: {message}){}", needs_clause(needs.as_deref()))]
    Forbidden { status: u16, message: String, needs: Option<String> },
    #[error(transparent)]
    Request(RequestError),
    #[error("the pull request has more comments than can be looked through")]
    TooManyComments,
    #[error("other jobs kept writing the same comment")]
    Unsettled,
}

impl PublishError {
    /// What to do about it; `head` is whose commit is under test.
    pub fn hint(&self, head: HeadRepository) -> &'static str {
        match self {
            PublishError::NoPullRequest => "comments need a pull request; the summary does not",
            PublishError::Forbidden { .. } => match head {
                HeadRepository::Fork => READ_ONLY,
                HeadRepository::Same => {
                    "give the job `permissions: pull-requests: write`; Dependabot's pull requests \
                     get a read-only token whatever the workflow says"
                }
            },
            PublishError::Request(error) => error.hint(),
            PublishError::TooManyComments => "turn the comment off; the summary says the same",
            PublishError::Unsettled => "give each job an `id` of its own",
        }
    }
}

fn needs_clause(needs: Option<&str>) -> String {
    needs.map(|needs| format!("; it needs {needs}")).unwrap_or_default()
}

impl From<RequestError> for PublishError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Forbidden { status, message, needs } => {
                PublishError::Forbidden { status, message, needs }
            }
            RequestError::Rejected { .. }
            | RequestError::Limited { .. }
            | RequestError::Unreachable { .. }
            | RequestError::Unclear { .. }
            | RequestError::Redirected { .. }
            | RequestError::TooLong => PublishError::Request(error),
        }
    }
}

/// Brings the pull request's comment up to date.
pub async fn publish(
    client: &Client,
    context: &Context,
    comment: &StickyComment<'_>,
) -> Result<Published, PublishError> {
    let pull = find_pull(client, context).await?.ok_or(PublishError::NoPullRequest)?;
    let (id, layout) = (Id::of(&comment.id), comment.layout);
    let mut thread = Thread { client, context, pull, id, layout, author: None };
    let (mut done, mut stood) = (None, false);
    let (mut said, mut rested) = (Said::Nothing, None);
    let (mut failures, mut collisions, mut slowest) = (0, 0, Duration::ZERO);
    for _ in 0..ROUNDS {
        if head_now(client, context, pull).await? != context.head_sha {
            return Ok(Published { url: None, what: What::Superseded });
        }
        // Between this look and the write there is nothing, so that few others come in between.
        let ours = thread.ours().await?;
        let looking = client.last_answer_took();
        let mine = statement_of(context, comment, &ours);
        let write = match next_step(&ours, &mine, done, layout) {
            Step::Rest { keeper, what } => {
                if !is_settled(&ours, &said, rested.as_ref()) {
                    rested = stands(&ours).cloned();
                    client.sleep(dust(slowest)).await;
                    continue;
                }
                let surplus: Vec<&Ours> = surplus(&ours, keeper, &mine).collect();
                thread.retire(&surplus, keeper).await;
                return Ok(Published { url: Some(thread.url(keeper)), what });
            }
            Step::Write(Write::Post(_)) if comment.post == Post::OnlyIfExists => {
                return Ok(Published { url: None, what: What::NotNeeded });
            }
            Step::Write(write) => write,
        };
        let (kind, statement, written) = match write {
            Write::Post(statement) => {
                let written = thread.post(&statement).await;
                (What::Posted, statement, written)
            }
            Write::Edit { keeper, statement } => {
                let written = thread.edit(keeper, &statement).await;
                (What::Edited, statement, written)
            }
        };
        (done, said, rested) = (done.or(Some(kind)), said.and(statement), None);
        match written {
            Ok(()) => {
                // Written before, and yet it does not stand there: others write, so take turns.
                collisions += u32::from(stood);
                stood = true;
                slowest = slowest.max(looking + client.last_answer_took());
                client.sleep(dust(slowest) + turn(collisions)).await;
            }
            // It may be done all the same: the next look will tell.
            Err(error) => {
                failures += 1;
                match client.pause(failures, &error).await {
                    Patience::Left => {}
                    Patience::Over => return Err(error.into()),
                }
            }
        }
    }
    Err(PublishError::Unsettled)
}

/// How long to wait until whoever looked before a write of ours has written: others are as slow as we are.
fn dust(slowest: Duration) -> Duration {
    DUST.max(slowest * 3).min(LONGEST_DUST)
}

/// A random wait, longer after each collision: jobs that wrote at once don't do so again.
fn turn(collisions: u32) -> Duration {
    let spread = random::bits().map_or(0.5, |bits| (bits % 1_000) as f64 / 1_000.0);
    match collisions {
        0 => Duration::ZERO,
        n => Duration::from_secs(1 << n.min(4)).min(LONGEST_TURN).mul_f64(spread),
    }
}

/// What this job says, in the room that the other sections leave.
fn statement_of(context: &Context, comment: &StickyComment<'_>, ours: &[Ours]) -> Statement {
    let StickyComment { section, record, details, foot, shared, layout, .. } = comment;
    let attempt = context.run.attempt;
    let shared = Some(Section::shared(attempt, shared)).filter(|shared| !shared.details.is_empty());
    let said = |details: &str| {
        let mine = Section::new(section, attempt, record.clone(), details, foot);
        let sections = std::iter::once(mine).chain(shared.clone()).collect();
        Statement { run: context.run.number, sha: context.head_sha.clone(), sections }
    };
    let mine = said("");
    let mut others = together(ours, &mine, None).sections;
    others.retain(|other| other.name != mine.sections[0].name);
    said(&details(sections::room_beside(&others, *layout)))
}

/// What a comment says of one run of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    pub run: u64,
    pub sha: String,
    /// The first is the job's own, where a job says it.
    pub sections: Vec<Section>,
}

impl Statement {
    /// When it was made: greater is newer. Another head's is older than any of the head that `mine`
    /// speaks of.
    fn recency_beside(&self, mine: &Statement) -> Option<u64> {
        (self.sha == mine.sha).then_some(self.run)
    }

    fn says_the_same(&self, other: &Statement) -> bool {
        let by_name = |statement: &Statement| -> BTreeMap<String, Section> {
            statement.sections.iter().map(|s| (s.name.clone(), s.clone())).collect()
        };
        (self.run, &self.sha) == (other.run, &other.sha) && by_name(self) == by_name(other)
    }
}

/// A comment with our marker and our author.
#[derive(Debug, Clone)]
pub(crate) struct Ours {
    pub id: u64,
    pub node_id: Option<String>,
    pub state: State,
    pub statement: Statement,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Write(Write),
    /// Nothing: the comment `keeper` says what it should.
    Rest {
        keeper: u64,
        what: What,
    },
}

#[derive(Debug, PartialEq, Eq)]
enum Write {
    Post(Statement),
    Edit { keeper: u64, statement: Statement },
}

/// Decides on one step. `ours` are sorted by id; the lowest live one is kept, whoever looks. It has
/// to say the newest of what was said about this head: after a race that may be other jobs' text.
fn next_step(ours: &[Ours], mine: &Statement, done: Option<What>, layout: &dyn Layout) -> Step {
    let mut newest = together(ours, mine, done);
    newest.sections = sections::fitting(newest.sections, layout);
    let Some(keeper) = ours.iter().find(|comment| comment.state == State::Live) else {
        return Step::Write(Write::Post(newest));
    };
    if !newest.says_the_same(&keeper.statement) {
        return Step::Write(Write::Edit { keeper: keeper.id, statement: newest });
    }
    let of_mine = |section: &&Section| section.name == mine.sections[0].name;
    let newer = newest.sections.iter().find(of_mine).map(|section| section.attempt);
    let superseded =
        newest.run > mine.run || newer.is_some_and(|attempt| attempt > mine.sections[0].attempt);
    let what = if superseded { What::Superseded } else { done.unwrap_or(What::Unchanged) };
    Step::Rest { keeper: keeper.id, what }
}

/// The newest that was said of each section, in the newest run about this head. A section that this run
/// has no job for any more goes with the run that had it.
fn together(ours: &[Ours], mine: &Statement, done: Option<What>) -> Statement {
    let live = ours.iter().filter(|comment| comment.state == State::Live);
    let there: Vec<&Statement> = live.map(|comment| &comment.statement).rev().collect();
    let run = there.iter().filter_map(|said| said.recency_beside(mine)).max();
    let run = run.map_or(mine.run, |run| run.max(mine.run));
    // The last of equals wins: what the keeper says, unless this run has yet to say its word.
    let first = std::iter::once(mine).filter(|_| done.is_some());
    let last = std::iter::once(mine).filter(|_| done.is_none());
    let mut sections: BTreeMap<&str, &Section> = BTreeMap::new();
    for said in first.chain(there).chain(last) {
        for section in said.sections.iter().filter(|_| said.recency_beside(mine) == Some(run)) {
            let newest = sections.entry(&section.name).or_insert(section);
            if section.attempt >= newest.attempt {
                *newest = section;
            }
        }
    }
    let sections = sections.into_values().cloned().collect();
    Statement { run, sha: mine.sha.clone(), sections }
}

/// What the comment that is kept says.
fn stands(ours: &[Ours]) -> Option<&Statement> {
    let keeper = ours.iter().find(|comment| comment.state == State::Live);
    keeper.map(|comment| &comment.statement)
}

/// What a job has written so far.
#[derive(Debug, Clone)]
enum Said {
    Nothing,
    Once(Statement),
    /// What it wrote did not stand, or it was not known whether it was written.
    Again,
}

impl Said {
    fn and(self, statement: Statement) -> Said {
        match self {
            Said::Nothing => Said::Once(statement),
            Said::Once(_) | Said::Again => Said::Again,
        }
    }
}

/// Whether nobody else is about to write over what stands there: it is what this job said at its first try, and
/// there is no other comment; or it is what stood there when this job last looked. Who looked while a third one had
/// spoilt it may still be about to write; and what this job said twice may stand there because another job wrote
/// the same since.
fn is_settled(ours: &[Ours], said: &Said, rested: Option<&Statement>) -> bool {
    let is_it = |said: &Statement| stands(ours).is_some_and(|there| there.says_the_same(said));
    let live = ours.iter().filter(|comment| comment.state == State::Live).count();
    match said {
        Said::Nothing => true,
        Said::Once(said) => (live == 1 && is_it(said)) || rested.is_some_and(is_it),
        Said::Again => rested.is_some_and(is_it),
    }
}

/// What a race left for this job to clear away: comments that begin with its own section, and older ones.
/// What another job began it clears away itself, and twenty jobs don't all clear away twenty comments.
fn surplus<'a>(ours: &'a [Ours], keeper: u64, mine: &Statement) -> impl Iterator<Item = &'a Ours> {
    let (name, attempt) = (&mine.sections[0].name, mine.sections[0].attempt);
    let is_mine = move |section: &Section| section.name == *name && section.attempt <= attempt;
    ours.iter().filter(move |comment| {
        let said = &comment.statement;
        let (said_in, mine_in) = (said.recency_beside(mine), mine.recency_beside(mine));
        comment.state == State::Live
            && comment.id != keeper
            && (said_in < mine_in || (said_in == mine_in && said.sections.iter().any(is_mine)))
    })
}

#[cfg(test)]
mod tests {
    use super::sections::tests::Plain;
    use super::*;
    use proptest::prelude::*;

    /// A job in the middle of [`publish`]: it has looked, or is about to.
    struct Job {
        mine: Statement,
        seen: Option<Vec<Ours>>,
        done: Option<What>,
        said: Said,
        rested: Option<Statement>,
        looks: u32,
        is_over: bool,
        /// The jobs that had looked when this one wrote, and which look that was.
        dust: Vec<(usize, u32)>,
    }

    impl Job {
        fn new(number: u64, index: usize) -> Self {
            let (name, attempt) = (format!("section {}", index % 3), index as u64 / 3);
            let record = vec![("run".to_owned(), number.to_string())];
            let section = Section::new(&name, attempt, record, "details", "foot");
            let mine = Statement { run: number, sha: "a".repeat(40), sections: vec![section] };
            let (seen, done, rested, dust) = (None, None, None, Vec::new());
            let said = Said::Nothing;
            Job { mine, seen, done, said, rested, looks: 0, is_over: false, dust }
        }

        /// The write that the last look led to.
        fn write(&mut self, seen: &[Ours], there: &mut Vec<Ours>) {
            match next_step(seen, &self.mine, self.done, &Plain) {
                Step::Write(Write::Post(statement)) => {
                    let id = there.len() as u64;
                    self.say(What::Posted, &statement);
                    there.push(Ours { id, node_id: None, state: State::Live, statement });
                }
                Step::Write(Write::Edit { keeper, statement }) => {
                    self.say(What::Edited, &statement);
                    there[keeper as usize].statement = statement;
                }
                Step::Rest { keeper, .. } => {
                    if !is_settled(seen, &self.said, self.rested.as_ref()) {
                        self.rested = stands(seen).cloned();
                        return;
                    }
                    for surplus in surplus(seen, keeper, &self.mine) {
                        there[surplus.id as usize].state = State::Superseded;
                    }
                    self.is_over = true;
                }
            }
        }

        fn say(&mut self, kind: What, statement: &Statement) {
            self.done = self.done.or(Some(kind));
            let said = std::mem::replace(&mut self.said, Said::Nothing);
            (self.said, self.rested) = (said.and(statement.clone()), None);
        }
    }

    /// One request of one job: a look, or the write that the last look led to.
    fn act(jobs: &mut [Job], index: usize, there: &mut Vec<Ours>) {
        if let Some(seen) = jobs[index].seen.take() {
            let looked = |(i, job): (usize, &Job)| job.seen.is_some().then_some((i, job.looks));
            jobs[index].dust = jobs.iter().enumerate().filter_map(looked).collect();
            jobs[index].write(&seen, there);
        } else if !jobs[index].is_over {
            for (other, look) in std::mem::take(&mut jobs[index].dust) {
                if jobs[other].looks == look && jobs[other].seen.is_some() {
                    act(jobs, other, there);
                }
            }
            jobs[index].seen = Some(there.clone());
            jobs[index].looks += 1;
        }
    }

    /// What jobs of these runs leave behind, when they take turns in that order.
    fn race(there: &[Ours], runs: &[u64], order: &[prop::sample::Index]) -> Vec<Ours> {
        let mut jobs: Vec<Job> = (0..).zip(runs).map(|(i, number)| Job::new(*number, i)).collect();
        let mut there = there.to_vec();
        for index in order {
            act(&mut jobs, index.index(runs.len()), &mut there);
        }
        while let Some(index) = jobs.iter().position(|job| !job.is_over) {
            assert!(jobs[index].looks <= ROUNDS, "it gives up");
            act(&mut jobs, index, &mut there);
        }
        there
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Whatever the order of requests, and whether there was a comment before: one is left, with the
        /// newest attempt of each section of the newest run, and no job gives up.
        #[test]
        fn jobs_that_race_leave_one_comment_with_the_newest_sections(
            before in 0u64..3,
            runs in prop::collection::vec(3u64..5, 1..8),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
        ) {
            let old = |id| Ours {
                id, node_id: None, state: State::Live, statement: Job::new(id, 0).mine,
            };
            let before: Vec<Ours> = (0..before).map(old).collect();
            let there = race(&before, &runs, &order);
            let live: Vec<&Ours> = there.iter().filter(|c| c.state == State::Live).collect();
            prop_assert_eq!(live.len(), 1);
            prop_assert_eq!(live[0].id, 0);
            let newest = runs.iter().copied().max().unwrap();
            prop_assert_eq!(live[0].statement.run, newest);
            let mut expected: BTreeMap<String, u64> = BTreeMap::new();
            for (index, _) in runs.iter().enumerate().filter(|(_, run)| **run == newest) {
                let job = Job::new(newest, index).mine.sections.remove(0);
                let attempt = expected.entry(job.name).or_default();
                *attempt = job.attempt.max(*attempt);
            }
            let said = live[0].statement.sections.iter().map(|s| (s.name.clone(), s.attempt));
            prop_assert_eq!(said.collect::<BTreeMap<_, _>>(), expected);
        }
    }
}
