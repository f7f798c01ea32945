//! The sticky comment: one a pull request and id, edited, never stacked, never deleted.
//!
//! In: the comment's text. Out: what was done about it, and its address. A newcomer's trap: looking
//! and writing are two requests, and other jobs write in between; GitHub has no write that would
//! notice. So there is one loop: look, decide on *one* step, do it, let the dust settle, look again.
//! It ends when nothing is left to do: a lost answer, a second comment and a stale overwrite are
//! all mended by looking again, each job seeing to its own text.
//! <https://docs.github.com/en/rest/issues/comments>

use super::client::Patience;
use super::marker::{Id, Marker, State};
use super::pull::head_now;
use super::{Client, Context, RequestError, find_pull};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

/// GitHub gives at most this many comments a page.
const PAGE: usize = 100;
/// GitHub allows 2,500 comments a pull request; a list that goes on beyond this is no list.
const PAGES: usize = 50;
/// So often is looked and written before giving up.
const ROUNDS: u32 = 10;
/// The time after which a job that looked before our write has written too, whatever it saw.
const DUST: Duration = Duration::from_secs(1);
/// The author of what is written with a workflow's own token.
const WORKFLOW_BOT: &str = "github-actions[bot]";

/// What to publish.
#[derive(Debug, Clone)]
pub struct StickyComment {
    /// Which comment of the pull request: jobs with different ids don't touch each other's.
    pub id: String,
    /// Markdown, escaped and within GitHub's limits. The marker is put before it.
    pub body: String,
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
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            PublishError::NoPullRequest => "comments need a pull request; the summary does not",
            PublishError::Forbidden { .. } => {
                "give the job `permissions: pull-requests: write`; on pull requests from forks and \
                 from Dependabot the token can only read, whatever the workflow says"
            }
            PublishError::Request(error) => error.hint(),
            PublishError::TooManyComments => "switch the comment off; the summary says the same",
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
    comment: &StickyComment,
) -> Result<Published, PublishError> {
    let pull = find_pull(client, context).await?.ok_or(PublishError::NoPullRequest)?;
    let mut thread = Thread { client, context, pull, id: Id::of(&comment.id), author: None };
    let mine = Statement {
        run: (context.run.number, context.run.attempt),
        sha: context.head_sha.clone(),
        body: comment.body.clone(),
    };
    let mut done = None;
    for round in 1..=ROUNDS {
        let ours = thread.ours().await?;
        let write = match next_step(&ours, &mine, done) {
            Step::Rest { keeper, what } => {
                thread.retire(surplus(&ours, keeper, &mine), keeper).await;
                return Ok(Published { url: Some(thread.url(keeper)), what });
            }
            Step::Write(Write::Post) if comment.post == Post::OnlyIfExists => {
                return Ok(Published { url: None, what: What::NotNeeded });
            }
            Step::Write(write) => write,
        };
        if head_now(client, context, pull).await? != context.head_sha {
            return Ok(Published { url: None, what: What::Superseded });
        }
        let (kind, written) = match write {
            Write::Post => (What::Posted, thread.post(&mine).await),
            Write::Edit { keeper, statement } => {
                (What::Edited, thread.edit(keeper, State::Live, statement).await)
            }
        };
        done = done.or(Some(kind));
        match written {
            Ok(()) => client.sleep(DUST).await,
            // It may be done all the same: the next look will tell.
            Err(error) => match client.pause(round, &error).await {
                Patience::Left => {}
                Patience::Over => return Err(error.into()),
            },
        }
    }
    Err(PublishError::Unsettled)
}

/// What a comment says, and in which run's name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    run: (u64, u64),
    sha: String,
    body: String,
}

impl Statement {
    /// When it was made: greater is newer. Another head's is older than any of the head that `mine`
    /// speaks of.
    fn recency_beside(&self, mine: &Statement) -> Option<(u64, u64)> {
        (self.sha == mine.sha).then_some(self.run)
    }
}

/// A comment with our marker and our author.
#[derive(Debug, Clone)]
struct Ours {
    id: u64,
    node_id: Option<String>,
    state: State,
    statement: Statement,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
enum Step<'a> {
    Write(Write<'a>),
    /// Nothing: the comment `keeper` says what it should.
    Rest {
        keeper: u64,
        what: What,
    },
}

#[derive(Debug, PartialEq, Eq)]
enum Write<'a> {
    Post,
    Edit { keeper: u64, statement: &'a Statement },
}

/// Decides on one step. `ours` are sorted by id; the lowest live one is kept, whoever looks. It has
/// to say the newest of what was said about this head: after a race that may be another job's text.
fn next_step<'a>(ours: &'a [Ours], mine: &'a Statement, done: Option<What>) -> Step<'a> {
    let live = || ours.iter().filter(|comment| comment.state == State::Live);
    let Some(keeper) = live().next() else {
        return Step::Write(Write::Post);
    };
    let recency = |statement: &Statement| statement.recency_beside(mine);
    // The last of equals wins: what the keeper says, unless this run has yet to say its word.
    let newest = std::iter::once(mine)
        .chain(live().rev().map(|comment| &comment.statement))
        .chain(done.is_none().then_some(mine))
        .max_by_key(|statement| recency(statement))
        .unwrap_or(mine);
    if !same_text(&newest.body, &keeper.statement.body) {
        return Step::Write(Write::Edit { keeper: keeper.id, statement: newest });
    }
    let what = match recency(newest) > recency(mine) {
        true => What::Superseded,
        false => done.unwrap_or(What::Unchanged),
    };
    Step::Rest { keeper: keeper.id, what }
}

/// What a race left for this job to clear away: its own and older comments. A newer job clears away
/// its own itself, and twenty jobs don't all clear away twenty comments.
fn surplus<'a>(ours: &'a [Ours], keeper: u64, mine: &Statement) -> impl Iterator<Item = &'a Ours> {
    ours.iter().filter(move |comment| {
        let said = &comment.statement;
        comment.state == State::Live
            && comment.id != keeper
            && (said == mine || said.recency_beside(mine) < mine.recency_beside(mine))
    })
}

/// Line ends and blanks at the end don't count: a web form changes them.
fn same_text(a: &str, b: &str) -> bool {
    a.trim_end().lines().eq(b.trim_end().lines())
}

/// A comment as GitHub lists it. The author is `null` when the account is gone.
#[derive(Deserialize)]
struct Comment {
    id: u64,
    node_id: Option<String>,
    body: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

/// The comments of one pull request.
struct Thread<'a> {
    client: &'a Client,
    context: &'a Context,
    pull: u64,
    id: Id,
    /// Who the token writes as, once it is known.
    author: Option<String>,
}

impl Thread<'_> {
    /// All comments of ours, sorted by id.
    async fn ours(&mut self) -> Result<Vec<Ours>, PublishError> {
        let marked = self.marked().await?;
        if marked.is_empty() {
            return Ok(Vec::new());
        }
        let author = self.author().await?;
        let ours = marked.into_iter().filter(|(login, _)| login.eq_ignore_ascii_case(&author));
        Ok(ours.map(|(_, comment)| comment).collect())
    }

    /// All comments with our marker, with their authors' logins. The pages are numbered here: an
    /// address out of a `Link` header could lead anywhere.
    async fn marked(&self) -> Result<Vec<(String, Ours)>, PublishError> {
        let mut marked = BTreeMap::new();
        for page in 1..=PAGES {
            let query = [("per_page", &*PAGE.to_string()), ("page", &*page.to_string())];
            let number = self.pull.to_string();
            let path = self.path(&["issues", &number, "comments"]);
            let comments: Vec<Comment> = self.client.get(&path, &query).await?;
            let is_last = comments.len() < PAGE;
            // A comment can move to the next page while we read: the map drops the second.
            marked.extend(comments.into_iter().filter_map(|c| Some((c.id, self.read(c)?))));
            if is_last {
                return Ok(marked.into_values().collect());
            }
        }
        Err(PublishError::TooManyComments)
    }

    fn read(&self, comment: Comment) -> Option<(String, Ours)> {
        let Comment { id, node_id, body, user } = comment;
        let body = body?;
        let (Marker { run, sha, state }, text) = Marker::read(&body, &self.id)?;
        let statement = Statement { run, sha, body: text.to_owned() };
        Some((user?.login, Ours { id, node_id, state, statement }))
    }

    /// Who the token writes as. GraphQL tells any token; REST tells people's tokens only; a
    /// workflow's token that may ask neither is the workflow's own.
    async fn author(&mut self) -> Result<String, PublishError> {
        #[derive(Deserialize)]
        struct Answer {
            viewer: User,
        }
        if let Some(author) = &self.author {
            return Ok(author.clone());
        }
        let author = match self.client.graphql("query{viewer{login}}", json!({})).await {
            Ok(Answer { viewer }) => viewer.login,
            Err(RequestError::Forbidden { .. } | RequestError::Rejected { .. }) => {
                match self.client.get(&["user"], &[]).await {
                    Ok(User { login }) => login,
                    Err(RequestError::Forbidden { .. }) => WORKFLOW_BOT.to_owned(),
                    Err(error) => return Err(error.into()),
                }
            }
            Err(error) => return Err(error.into()),
        };
        self.author = Some(author.clone());
        Ok(author)
    }

    async fn post(&mut self, statement: &Statement) -> Result<(), RequestError> {
        let body = json!({ "body": self.text(State::Live, statement) });
        let number = self.pull.to_string();
        let path = self.path(&["issues", &number, "comments"]);
        let comment: Comment = self.client.post(&path, &body).await?;
        self.author = comment.user.map(|user| user.login).or(self.author.take());
        Ok(())
    }

    async fn edit(&self, id: u64, state: State, said: &Statement) -> Result<(), RequestError> {
        let body = json!({ "body": self.text(state, said) });
        let id = id.to_string();
        let path = self.path(&["issues", "comments", &id]);
        let _: Comment = self.client.patch(&path, &body).await?;
        Ok(())
    }

    /// Leaves of each surplus comment only a line that leads to the one that is kept, and folds that
    /// away where it can. What fails here is left to the next run, which finds the same surplus.
    async fn retire(&self, surplus: impl Iterator<Item = &Ours>, keeper: u64) {
        let body = format!("Superseded by [this comment]({}).", self.url(keeper));
        for comment in surplus {
            let statement = Statement { body: body.clone(), ..comment.statement.clone() };
            if self.edit(comment.id, State::Superseded, &statement).await.is_ok() {
                let _ = self.minimise(comment).await;
            }
        }
    }

    /// Folds a comment away as outdated; only GraphQL can.
    async fn minimise(&self, comment: &Ours) -> Result<(), RequestError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(rename = "minimizeComment")]
            _done: Minimized,
        }
        #[derive(Deserialize)]
        struct Minimized {}
        let query = "mutation($id:ID!){minimizeComment(input:{subjectId:$id,classifier:OUTDATED})\
                     {minimizedComment{isMinimized}}}";
        let _: Answer = self.client.graphql(query, json!({ "id": comment.node_id })).await?;
        Ok(())
    }

    fn text(&self, state: State, statement: &Statement) -> String {
        let Statement { run, sha, body } = statement;
        let marker = Marker { run: *run, sha: sha.clone(), state };
        format!("{}\n{body}", marker.line(&self.id))
    }

    /// The comment's page; made here, so that it can't lead elsewhere.
    fn url(&self, id: u64) -> String {
        let Context { server_url, repository, .. } = self.context;
        let (owner, name) = (&repository.owner, &repository.name);
        format!("{server_url}/{owner}/{name}/pull/{}#issuecomment-{id}", self.pull)
    }

    fn path<'b>(&'b self, rest: &[&'b str]) -> Vec<&'b str> {
        let repository = &self.context.repository;
        [&["repos", &*repository.owner, &*repository.name], rest].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A job in the middle of [`publish`]: it has looked, or is about to.
    struct Job {
        mine: Statement,
        seen: Option<Vec<Ours>>,
        done: Option<What>,
        looks: u32,
        is_over: bool,
        /// The jobs that had looked when this one wrote, and which look that was.
        dust: Vec<(usize, u32)>,
    }

    impl Job {
        fn new(number: u64, index: usize) -> Self {
            let body = format!("run {number}, job {index}");
            let mine = Statement { run: (number, 1), sha: "a".repeat(40), body };
            Job { mine, seen: None, done: None, looks: 0, is_over: false, dust: Vec::new() }
        }

        /// The write that the last look led to.
        fn write(&mut self, seen: &[Ours], there: &mut Vec<Ours>) {
            match next_step(seen, &self.mine, self.done) {
                Step::Write(Write::Post) => {
                    let (id, statement) = (there.len() as u64, self.mine.clone());
                    there.push(Ours { id, node_id: None, state: State::Live, statement });
                    self.done = self.done.or(Some(What::Posted));
                }
                Step::Write(Write::Edit { keeper, statement }) => {
                    there[keeper as usize].statement = statement.clone();
                    self.done = self.done.or(Some(What::Edited));
                }
                Step::Rest { keeper, .. } => {
                    for surplus in surplus(seen, keeper, &self.mine) {
                        there[surplus.id as usize].state = State::Superseded;
                    }
                    self.is_over = true;
                }
            }
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
        /// Whatever the order of requests, and whether there was a comment before: one is left,
        /// with the newest run's text, and no job gives up.
        #[test]
        fn jobs_that_race_leave_one_comment_with_the_newest_text(
            before in 0u64..3,
            runs in prop::collection::vec(3u64..8, 1..7),
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
            prop_assert_eq!(Some(live[0].statement.run.0), runs.iter().copied().max());
        }
    }
}
