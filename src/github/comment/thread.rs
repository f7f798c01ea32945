//! The comments of one pull request, as requests.
//!
//! In: texts and ids of comments. Out: those comments that are ours, read into what they say. A newcomer's
//! trap: the marker alone proves nothing, anyone can write it; only with our author it is ours. And an
//! address out of a `Link` header could lead anywhere, so that pages are numbered here.
//! <https://docs.github.com/en/rest/issues/comments>

use super::marker::{Id, Marker, State};
use super::sections::{self, Layout};
use super::{Ours, PublishError, Statement};
use crate::github::{Client, Context, RequestError};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// GitHub gives at most this many comments a page.
const PAGE: usize = 100;
/// GitHub allows 2,500 comments a pull request; a list that goes on beyond this is no list.
const PAGES: usize = 50;
/// The author of what is written with a workflow's own token.
const WORKFLOW_BOT: &str = "github-actions[bot]";

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
pub(crate) struct Thread<'a> {
    pub client: &'a Client,
    pub context: &'a Context,
    pub pull: u64,
    pub id: Id,
    pub layout: &'a dyn Layout,
    /// Who the token writes as, once it is known.
    pub author: Option<String>,
}

impl Thread<'_> {
    /// All comments of ours, sorted by id.
    pub async fn ours(&mut self) -> Result<Vec<Ours>, PublishError> {
        let mut marked = self.marked().await?;
        if marked.is_empty() {
            return Ok(Vec::new());
        }
        if self.author.is_none() {
            self.author = Some(self.ask_author().await?);
            // Who is to write has to have looked just before.
            marked = self.marked().await?;
        }
        let author = self.author.clone().unwrap_or_default();
        let ours = marked.into_iter().filter(|(login, _)| login.eq_ignore_ascii_case(&author));
        Ok(ours.map(|(_, comment)| comment).collect())
    }

    /// All comments with our marker, with their authors' logins.
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
        let statement = Statement { run, sha, sections: sections::read(text) };
        Some((user?.login, Ours { id, node_id, state, statement }))
    }

    /// Who the token writes as. GraphQL tells any token; REST tells people's tokens only; a
    /// workflow's token that may ask neither is the workflow's own.
    async fn ask_author(&self) -> Result<String, PublishError> {
        #[derive(Deserialize)]
        struct Answer {
            viewer: User,
        }
        match self.client.graphql("query{viewer{login}}", json!({})).await {
            Ok(Answer { viewer }) => Ok(viewer.login),
            Err(RequestError::Forbidden { .. } | RequestError::Rejected { .. }) => {
                match self.client.get(&["user"], &[]).await {
                    Ok(User { login }) => Ok(login),
                    Err(RequestError::Forbidden { .. }) => Ok(WORKFLOW_BOT.to_owned()),
                    Err(error) => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    pub async fn post(&mut self, statement: &Statement) -> Result<(), RequestError> {
        let number = self.pull.to_string();
        let path = self.path(&["issues", &number, "comments"]);
        let body = json!({ "body": self.text(statement) });
        let comment: Comment = self.client.post(&path, &body).await?;
        self.author = comment.user.map(|user| user.login).or(self.author.take());
        Ok(())
    }

    pub async fn edit(&self, id: u64, statement: &Statement) -> Result<(), RequestError> {
        self.put(id, &self.text(statement)).await
    }

    async fn put(&self, id: u64, text: &str) -> Result<(), RequestError> {
        let id = id.to_string();
        let path = self.path(&["issues", "comments", &id]);
        let _: Comment = self.client.patch(&path, &json!({ "body": text })).await?;
        Ok(())
    }

    /// Leaves of each surplus comment only a line that leads to the one that is kept, and folds that
    /// away where it can. What fails here is left to the next run, which finds the same surplus.
    pub async fn retire(&self, surplus: &[&Ours], keeper: u64) {
        for comment in surplus {
            let marker = self.marker(&comment.statement, State::Superseded);
            let text = format!("{marker}\nSuperseded by [this comment]({}).", self.url(keeper));
            if self.put(comment.id, &text).await.is_ok() {
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

    fn marker(&self, statement: &Statement, state: State) -> String {
        let Statement { run, sha, .. } = statement;
        Marker { run: *run, sha: sha.clone(), state }.line(&self.id)
    }

    fn text(&self, statement: &Statement) -> String {
        let marker = self.marker(statement, State::Live);
        format!("{marker}\n{}", sections::text(&statement.sections, self.layout))
    }

    /// The comment's page; made here, so that it can't lead elsewhere.
    pub fn url(&self, id: u64) -> String {
        let Context { server_url, repository, .. } = self.context;
        let (owner, name) = (&repository.owner, &repository.name);
        format!("{server_url}/{owner}/{name}/pull/{}#issuecomment-{id}", self.pull)
    }

    fn path<'b>(&'b self, rest: &[&'b str]) -> Vec<&'b str> {
        let repository = &self.context.repository;
        [&["repos", &*repository.owner, &*repository.name], rest].concat()
    }
}
