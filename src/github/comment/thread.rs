//! Requests for the comments of one pull request.
//!
//! The marker alone proves nothing, since anybody can write it: a comment is ours if the author is, too. What it claims about
//! newer runs is looked up.
//! <https://docs.github.com/en/rest/issues/comments>

use super::claims::Claims;
use super::marker::{CommentId, CommentState, Marker};
use super::sections::{self, SectionKey, SectionRenderer};
use super::state::{CommentBody, OwnComment, PublishError};
use crate::github::api::client::MorePages;
use crate::github::{Client, Context, RequestError, WorkflowRun};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// GitHub allows 2,500 comments on a pull request.
const MAX_PAGES: usize = 50;
/// The author of comments that are written with a workflow's own token.
const WORKFLOW_BOT: &str = "github-actions[bot]";

/// A comment in a response. The author is `null` if the account is gone.
#[derive(Deserialize)]
struct IssueComment {
    id: u64,
    node_id: Option<String>,
    body: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

/// Whether a comment is in use and about the commit under test; no other competes with this run.
fn is_about_head(comment: &OwnComment, context: &Context) -> bool {
    comment.state == CommentState::Live && comment.body.sha == context.head_sha
}

/// The comments of one pull request.
pub(crate) struct CommentThread<'a> {
    pub client: &'a Client,
    pub context: &'a Context,
    pub pull: u64,
    pub id: CommentId,
    pub renderer: &'a dyn SectionRenderer,
    /// The token's login, once it is known.
    pub author: Option<String>,
    pub claims: Claims,
}

impl CommentThread<'_> {
    /// All our comments, sorted by id, without the sections that are not believed.
    pub(crate) async fn own_comments(&mut self) -> Result<Vec<OwnComment>, PublishError> {
        let mut comments = self.authored_comments().await?;
        // A write has to follow a read directly.
        while self.look_up_claims(&comments).await {
            comments = self.authored_comments().await?;
        }
        for comment in &mut comments {
            if is_about_head(comment, self.context) {
                let sections = &mut comment.body.sections;
                let before = sections.len();
                sections.retain(|section| self.claims.is_believed(section, self.context));
                comment.body.disbelieved = before - sections.len();
            }
        }
        Ok(comments)
    }

    /// Looks up the runs of which sections claim to be; returns whether GitHub was asked.
    async fn look_up_claims(&mut self, comments: &[OwnComment]) -> bool {
        let (client, context) = (self.client, self.context);
        let relevant = comments.iter().filter(|comment| is_about_head(comment, context));
        let sections = relevant.flat_map(|comment| &comment.body.sections);
        self.claims.look_up(client, context, sections).await
    }

    /// All comments with our marker and our author.
    async fn authored_comments(&mut self) -> Result<Vec<OwnComment>, PublishError> {
        let mut comments = self.comments_with_marker().await?;
        if comments.is_empty() {
            return Ok(Vec::new());
        }
        if self.author.is_none() {
            self.author = Some(self.fetch_author().await?);
            comments = self.comments_with_marker().await?;
        }
        let author = self.author.clone().unwrap_or_default();
        let own = comments.into_iter().filter(|(login, _)| login.eq_ignore_ascii_case(&author));
        Ok(own.map(|(_, comment)| comment).collect())
    }

    /// All comments with our marker, with their authors' logins.
    async fn comments_with_marker(&self) -> Result<Vec<(String, OwnComment)>, PublishError> {
        let number = self.pull.to_string();
        let path = self.context.resource(&["issues", &number, "comments"]);
        let (comments, more) = self.client.get_pages::<IssueComment>(&path, MAX_PAGES).await?;
        if more == MorePages::Possible {
            return Err(PublishError::TooManyComments);
        }
        // A comment can move to the next page while we read; the map drops the duplicate.
        let by_id = comments.into_iter().filter_map(|c| Some((c.id, self.parse(c)?)));
        Ok(by_id.collect::<BTreeMap<_, _>>().into_values().collect())
    }

    fn parse(&self, comment: IssueComment) -> Option<(String, OwnComment)> {
        let IssueComment { id, node_id, body, user } = comment;
        let body = body?;
        let (Marker { run, run_id, sha, state }, text) = Marker::parse(&body, &self.id)?;
        let mut sections = sections::parse_sections(text);
        // Earlier versions wrote the run into the marker alone, and only for one workflow.
        for section in sections.iter_mut().filter(|section| section.run.id == 0) {
            section.run = WorkflowRun { id: run_id, number: run, ..section.run };
            section.key = SectionKey::new(self.context, &section.key.variant);
        }
        let comment_body = CommentBody { sha, sections, disbelieved: 0 };
        Some((user?.login, OwnComment { id, node_id, state, body: comment_body }))
    }

    /// The token's login. GraphQL answers any token, REST only personal tokens; a token that may use neither is the workflow's
    /// own.
    async fn fetch_author(&self) -> Result<String, PublishError> {
        #[derive(Deserialize)]
        struct ViewerResponse {
            viewer: User,
        }
        match self.client.graphql("query{viewer{login}}", json!({})).await {
            Ok(ViewerResponse { viewer }) => Ok(viewer.login),
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

    /// Posts a comment; returns its id.
    pub(crate) async fn post(&mut self, comment_body: &CommentBody) -> Result<u64, RequestError> {
        let number = self.pull.to_string();
        let path = self.context.resource(&["issues", &number, "comments"]);
        let body = json!({ "body": self.render(comment_body) });
        let comment: IssueComment = self.client.post(&path, &body).await?;
        self.author = comment.user.map(|user| user.login).or(self.author.take());
        Ok(comment.id)
    }

    pub(crate) async fn edit(&self, id: u64, body: &CommentBody) -> Result<(), RequestError> {
        self.patch_comment(id, &self.render(body)).await
    }

    async fn patch_comment(&self, id: u64, text: &str) -> Result<(), RequestError> {
        let id = id.to_string();
        let path = self.context.resource(&["issues", "comments", &id]);
        let _: IssueComment = self.client.patch(&path, &json!({ "body": text })).await?;
        Ok(())
    }

    /// Replaces each redundant comment by a link to the one that is kept, and minimizes it. On an error, the next run finds it
    /// again.
    pub(crate) async fn supersede(&self, redundant: &[&OwnComment], keeper: u64) {
        for comment in redundant {
            let marker = self.marker_line(&comment.body.sha, CommentState::Superseded);
            let text = match self.url(keeper) {
                Some(url) => format!("{marker}\nSuperseded by [this comment]({url})."),
                None => format!("{marker}\nSuperseded by another comment."),
            };
            if self.patch_comment(comment.id, &text).await.is_ok() {
                let _ = self.minimize(comment).await;
            }
        }
    }

    /// Minimizes a comment as outdated, which only GraphQL can.
    async fn minimize(&self, comment: &OwnComment) -> Result<(), RequestError> {
        #[derive(Deserialize)]
        struct MinimizeResponse {
            #[serde(rename = "minimizeComment")]
            _done: Map<String, Value>,
        }
        let query = "mutation($id:ID!){minimizeComment(input:{subjectId:$id,classifier:OUTDATED})\
                     {minimizedComment{isMinimized}}}";
        let _: MinimizeResponse =
            self.client.graphql(query, json!({ "id": comment.node_id })).await?;
        Ok(())
    }

    fn marker_line(&self, sha: &str, state: CommentState) -> String {
        let WorkflowRun { id: run_id, number: run, .. } = self.context.run;
        Marker { run, run_id, sha: sha.to_owned(), state }.to_line(&self.id)
    }

    fn render(&self, body: &CommentBody) -> String {
        let marker = self.marker_line(&body.sha, CommentState::Live);
        format!("{marker}\n{}", sections::render_sections(&body.sections, self.renderer))
    }

    /// The URL of the comment, built here so that it cannot lead elsewhere.
    pub(crate) fn url(&self, id: u64) -> Option<String> {
        let repository = self.context.repository_url()?;
        Some(format!("{repository}/pull/{}#issuecomment-{id}", self.pull))
    }
}
