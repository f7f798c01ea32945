//! Suggestions: lines of the pull request that can go, as reviews that a click takes over.
//!
//! In: lines of files. Out: one review with a suggestion for each line that stands in the pull request's
//! diff; GitHub takes none elsewhere. A newcomer's trap: a line is looked for by its text, since the files
//! that were tested are mostly the head merged into the base branch, where it has another number; and what
//! was suggested once is never suggested again, whatever became of it.
//! <https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request>

use super::comment::PublishError;
use super::marker::{Id, hash};
use super::pull::head_now;
use super::{Client, Context, RequestError, find_pull};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const PAGE: usize = 100;
/// GitHub lists at most 3,000 files; of more comments than this we read no further.
const PAGES: usize = 30;
/// More suggestions than this are noise: the patch has them all.
const MOST: usize = 20;

/// A line that can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// From the repository's root.
    pub path: String,
    /// The line as it stands.
    pub text: String,
    /// What is said of it: Markdown, escaped.
    pub why: String,
}

/// One line of a unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// Its number before, from 1; `None` for a line that was added.
    pub old: Option<u32>,
    /// Its number after, from 1; `None` for a line that was removed.
    pub new: Option<u32>,
    pub text: String,
}

/// Suggests to take out those lines that the pull request's diff shows; how many were suggested.
pub async fn suggest(
    client: &Client,
    context: &Context,
    id: &str,
    removals: &[Removal],
) -> Result<usize, PublishError> {
    let pull = find_pull(client, context).await?.ok_or(PublishError::NoPullRequest)?;
    if removals.is_empty() || head_now(client, context, pull).await? != context.head_sha {
        return Ok(0);
    }
    let files: Vec<File> = all_pages(client, context, pull, "files").await?;
    let comments: Vec<Comment> = all_pages(client, context, pull, "comments").await?;
    let mut suggested: Vec<Value> = Vec::new();
    for removal in removals {
        let Some(line) = line_in(&files, removal) else { continue };
        let marker = marker(id, removal);
        let is_there = |comment: &Comment| comment.body.lines().next() == Some(&*marker);
        if suggested.len() < MOST && !comments.iter().any(is_there) {
            let body = format!("{marker}\n{}\n\n```suggestion\n```\n", removal.why);
            let path = &removal.path;
            suggested.push(json!({ "path": path, "line": line, "side": "RIGHT", "body": body }));
        }
    }
    if !suggested.is_empty() {
        let body = json!({
            "commit_id": context.head_sha, "event": "COMMENT", "comments": suggested,
        });
        let number = pull.to_string();
        let _: Value = client.post(&path(context, &number, "reviews"), &body).await?;
    }
    Ok(suggested.len())
}

/// Where a line stands in the diff; `None` when it stands there nowhere, or twice.
fn line_in(files: &[File], removal: &Removal) -> Option<u32> {
    let file = files.iter().find(|file| file.filename == removal.path)?;
    let lines = diff_lines(file.patch.as_deref()?);
    let mut found = lines.iter().filter(|line| line.text == removal.text).filter_map(|l| l.new);
    let line = found.next()?;
    found.next().is_none().then_some(line)
}

/// Whose suggestion it is and what of, checked words only.
fn marker(id: &str, Removal { path, text, .. }: &Removal) -> String {
    let (id, line) = (Id::of(id), hash(&format!("{path}\n{text}")));
    format!("<!-- knownfail:suggestion:{} {line} -->", id.as_str())
}

/// The lines of a unified diff, with or without the files' names above it.
pub fn diff_lines(diff: &str) -> Vec<DiffLine> {
    let mut lines = Vec::new();
    let mut next: Option<(u32, u32)> = None;
    for line in diff.lines() {
        if let Some(hunk) = line.strip_prefix("@@ -") {
            next = starts(hunk);
            continue;
        }
        let Some((old, new)) = &mut next else { continue };
        let take = |number: &mut u32| {
            *number = number.saturating_add(1);
            Some(*number - 1)
        };
        let (old, new) = match line.as_bytes().first() {
            Some(b'-') => (take(old), None),
            Some(b'+') => (None, take(new)),
            Some(b' ') => (take(old), take(new)),
            Some(_) | None => continue,
        };
        lines.push(DiffLine { old, new, text: line[1..].to_owned() });
    }
    lines
}

/// `1,7 +1,6 @@`: where both sides begin.
fn starts(hunk: &str) -> Option<(u32, u32)> {
    let (old, rest) = hunk.split_once(" +")?;
    let number = |range: &str| range.split([',', ' ']).next()?.parse().ok();
    Some((number(old)?, number(rest)?))
}

#[derive(Deserialize)]
struct File {
    filename: String,
    patch: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    body: String,
}

async fn all_pages<T: DeserializeOwned>(
    client: &Client,
    context: &Context,
    pull: u64,
    what: &str,
) -> Result<Vec<T>, RequestError> {
    let (number, mut all) = (pull.to_string(), Vec::new());
    for page in 1..=PAGES {
        let query = [("per_page", &*PAGE.to_string()), ("page", &*page.to_string())];
        let part: Vec<T> = client.get(&path(context, &number, what), &query).await?;
        let is_last = part.len() < PAGE;
        all.extend(part);
        if is_last {
            break;
        }
    }
    Ok(all)
}

fn path<'a>(context: &'a Context, number: &'a str, what: &'a str) -> [&'a str; 6] {
    let repository = &context.repository;
    ["repos", &repository.owner, &repository.name, "pulls", number, what]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_diff_have_their_numbers_on_both_sides() {
        let diff = "--- a/x\n+++ b/x\n@@ -5,3 +5,3 @@ heading\n a\n-b\n+c\n d\n\\ No newline\n@@ -20 +21,2 @@\n x\n+y\n";
        let lines: Vec<_> = diff_lines(diff);
        let shown: Vec<(Option<u32>, Option<u32>, &str)> =
            lines.iter().map(|line| (line.old, line.new, line.text.as_str())).collect();
        let expected = [
            (Some(5), Some(5), "a"),
            (Some(6), None, "b"),
            (None, Some(6), "c"),
            (Some(7), Some(7), "d"),
            (Some(20), Some(21), "x"),
            (None, Some(22), "y"),
        ];
        assert_eq!(shown, expected);
        assert!(diff_lines("@@ -x +y @@\n a\n").is_empty());
    }
}
