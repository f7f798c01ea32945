//! Suggests to remove lines of the pull request, in a review that can be applied with a click.
//!
//! GitHub accepts suggestions only inside the pull request's diff. A line is found there by its number and its text, since
//! the same text may be a row for other variants elsewhere. A suggestion that was ever made is not repeated.
//! <https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request>

use super::pulls::fetch_head_sha;
use crate::github::comment::PublishError;
use crate::github::comment::marker::{CommentId, hash};
use crate::github::{Client, Context, find_pull};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// GitHub lists at most 3,000 files; the same limit for comments.
const MAX_PAGES: usize = 30;
/// More suggestions than this are noise; the patch has them all.
const MAX_SUGGESTIONS: usize = 20;

/// A line to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// From the repository's root.
    pub path: String,
    /// Its number at the pull request's head.
    pub line: u32,
    pub text: String,
    /// Why it can go: Markdown, escaped.
    pub note: String,
}

/// One line of a unified diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffLine {
    /// Its old line number, from 1; `None` for an added line.
    pub old: Option<u32>,
    /// Its new line number, from 1; `None` for a removed line.
    pub new: Option<u32>,
    pub text: String,
}

/// Suggests to remove those lines that the pull request's diff shows; returns the number of suggestions that
/// this call is known to have made.
pub async fn suggest(
    client: &Client,
    context: &Context,
    id: &str,
    removals: &[Removal],
) -> Result<usize, PublishError> {
    let pull = find_pull(client, context).await?.number().ok_or(PublishError::NoPullRequest)?;
    if removals.is_empty() || fetch_head_sha(client, context, pull).await? != context.head_sha {
        return Ok(0);
    }
    let number = pull.to_string();
    let path = |resource| context.resource(&["pulls", &number, resource]);
    let (files, _) = client.get_pages::<PullRequestFile>(&path("files"), MAX_PAGES).await?;
    let lines = lines_by_path(&files, removals);
    let mut attempt = 1;
    loop {
        // After a failed attempt, it shows whether the review was posted all the same.
        let (comments, _) = client.get_pages::<ReviewComment>(&path("comments"), MAX_PAGES).await?;
        let suggested = new_suggestions(id, removals, &lines, &comments);
        if suggested.is_empty() {
            return Ok(0);
        }
        let body = json!({
            "commit_id": context.head_sha, "event": "COMMENT", "comments": suggested,
        });
        match client.post::<Value>(&path("reviews"), &body).await {
            Ok(_) => return Ok(suggested.len()),
            Err(error) => client.wait_before_retry(attempt, error).await?,
        }
        attempt += 1;
    }
}

/// The suggestions on lines of the diff that were never made.
fn new_suggestions(
    id: &str,
    removals: &[Removal],
    lines: &HashMap<&str, HeadLines>,
    comments: &[ReviewComment],
) -> Vec<Value> {
    let existing: HashSet<&str> =
        comments.iter().filter_map(|comment| comment.body.lines().next()).collect();
    let suggestion = |removal: &Removal| {
        let text = lines.get(&*removal.path)?.get(&removal.line)?;
        if *text != removal.text {
            return None;
        }
        let marker = suggestion_marker(id, removal);
        let body = format!("{marker}\n{}\n\n```suggestion\n```\n", removal.note);
        let suggestion =
            json!({ "path": removal.path, "line": removal.line, "side": "RIGHT", "body": body });
        (!existing.contains(&*marker)).then_some(suggestion)
    };
    removals.iter().filter_map(suggestion).take(MAX_SUGGESTIONS).collect()
}

/// The lines that a file's diff shows of the head, by number.
type HeadLines = HashMap<u32, String>;

/// The lines of the diff by path, for the files of the removals.
fn lines_by_path<'f>(
    files: &'f [PullRequestFile],
    removals: &[Removal],
) -> HashMap<&'f str, HeadLines> {
    let paths: HashSet<&str> = removals.iter().map(|removal| &*removal.path).collect();
    let mut found = HashMap::new();
    for PullRequestFile { filename, patch } in
        files.iter().filter(|file| paths.contains(&*file.filename))
    {
        let lines = parse_diff_lines(patch.as_deref().unwrap_or_default()).into_iter();
        let lines = lines.filter_map(|DiffLine { new, text, .. }| Some((new?, text)));
        found.entry(&**filename).or_insert_with(|| lines.collect());
    }
    found
}

/// Identifies a suggestion by job and line; validated characters only.
fn suggestion_marker(id: &str, Removal { path, text, .. }: &Removal) -> String {
    let (id, line) = (CommentId::new(id), hash(&format!("{path}\n{text}")));
    format!("<!-- knownfail:suggestion:{} {line} -->", id.as_str())
}

/// The lines of a unified diff, with or without file headers.
pub fn parse_diff_lines(diff: &str) -> Vec<DiffLine> {
    let mut lines = Vec::new();
    let mut next: Option<(u32, u32)> = None;
    for line in diff.lines() {
        if let Some(hunk) = line.strip_prefix("@@ -") {
            next = parse_hunk_header(hunk);
            continue;
        }
        let Some((old, new)) = &mut next else { continue };
        let next_number = |number: &mut u32| {
            *number = number.saturating_add(1);
            Some(*number - 1)
        };
        let (old, new) = match line.as_bytes().first() {
            Some(b'-') => (next_number(old), None),
            Some(b'+') => (None, next_number(new)),
            Some(b' ') => (next_number(old), next_number(new)),
            Some(_) | None => continue,
        };
        lines.push(DiffLine { old, new, text: line[1..].to_owned() });
    }
    lines
}

/// The first line numbers of both sides of a hunk, as in `1,7 +1,6 @@`.
fn parse_hunk_header(hunk: &str) -> Option<(u32, u32)> {
    let (old, rest) = hunk.split_once(" +")?;
    let number = |range: &str| range.split([',', ' ']).next()?.parse().ok();
    Some((number(old)?, number(rest)?))
}

#[derive(Deserialize)]
struct PullRequestFile {
    filename: String,
    patch: Option<String>,
}

#[derive(Deserialize)]
struct ReviewComment {
    body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_head_are_found_by_their_number() {
        let file = |name: &str, patch: Option<&str>| PullRequestFile {
            filename: name.to_owned(),
            patch: patch.map(str::to_owned),
        };
        let patch = "@@ -1,4 +1,4 @@\n once\n twice\n-gone\n+twice\n+came\n";
        let files = [file("a.md", Some(patch)), file("other.md", Some(patch)), file("b.md", None)];
        let removal = |path: &str| Removal {
            path: path.to_owned(),
            line: 1,
            text: String::new(),
            note: String::new(),
        };
        let found = lines_by_path(&files, &[removal("a.md"), removal("a.md"), removal("b.md")]);
        assert_eq!(found.len(), 2);
        let expected = [(1, "once"), (2, "twice"), (3, "twice"), (4, "came")];
        assert_eq!(found["a.md"], expected.map(|(line, text)| (line, text.to_owned())).into());
        assert!(found["b.md"].is_empty());
    }

    #[test]
    fn diff_lines_have_old_and_new_numbers() {
        let diff = "--- a/x\n+++ b/x\n@@ -5,3 +5,3 @@ heading\n a\n-b\n+c\n d\n\\ No newline\n@@ -20 +21,2 @@\n x\n+y\n";
        let lines: Vec<_> = parse_diff_lines(diff);
        let actual: Vec<(Option<u32>, Option<u32>, &str)> =
            lines.iter().map(|line| (line.old, line.new, line.text.as_str())).collect();
        let expected = [
            (Some(5), Some(5), "a"),
            (Some(6), None, "b"),
            (None, Some(6), "c"),
            (Some(7), Some(7), "d"),
            (Some(20), Some(21), "x"),
            (None, Some(22), "y"),
        ];
        assert_eq!(actual, expected);
        assert!(parse_diff_lines("@@ -x +y @@\n a\n").is_empty());
    }
}
