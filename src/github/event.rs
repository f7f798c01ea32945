//! Fields of an event payload, validated: a payload may contain anything.
//!
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

use serde_json::Value;

/// The text at a path of keys, separated by dots; `None` if it is empty.
pub(super) fn text_at<'a>(event: &'a Value, path: &str) -> Option<&'a str> {
    let text = path.split('.').try_fold(event, |value, key| value.get(key))?.as_str()?;
    Some(text).filter(|text| !text.is_empty())
}

/// A pull request in the list of a `workflow_run`.
pub(super) struct ListedPull {
    pub number: u64,
    pub head_sha: Option<String>,
    pub base_sha: Option<String>,
    /// The branch that it goes to.
    pub base_branch: String,
}

/// The pull requests of the run that started this one, into this repository: a fork's run can list others. There is none
/// for a fork's pull request.
pub(super) fn listed_pulls(event: &Value) -> Vec<ListedPull> {
    let id = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_u64);
    let own = id(event, "/repository/id");
    let list = event.pointer("/workflow_run/pull_requests").and_then(Value::as_array);
    let parse = |pull: &Value| {
        own.filter(|own| id(pull, "/base/repo/id") == Some(*own))?;
        Some(ListedPull {
            number: id(pull, "/number")?,
            head_sha: sha_at(pull, "head.sha"),
            base_sha: sha_at(pull, "base.sha"),
            base_branch: text_at(pull, "base.ref").unwrap_or_default().to_owned(),
        })
    };
    list.into_iter().flatten().filter_map(parse).collect()
}

/// Chooses among the open pull requests of one commit, given as number and base branch: the one into the default branch,
/// else the first. Returns it and the others.
pub(super) fn choose_pull(
    mut pulls: Vec<(u64, String)>,
    default_branch: Option<&str>,
) -> Option<(u64, Vec<u64>)> {
    pulls.sort();
    pulls.dedup();
    let is_default = |(_, base): &(u64, String)| Some(&**base) == default_branch;
    let chosen = pulls.iter().position(is_default).unwrap_or(0);
    let (number, _) = (!pulls.is_empty()).then(|| pulls.remove(chosen))?;
    Some((number, pulls.into_iter().map(|(number, _)| number).collect()))
}

/// The commit at a path of keys.
pub(super) fn sha_at(event: &Value, path: &str) -> Option<String> {
    text_at(event, path).and_then(parse_sha)
}

/// A validated commit hash: it becomes part of URLs and of the comment's marker.
pub(super) fn parse_sha(text: &str) -> Option<String> {
    let is_sha = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    // Git's word for no commit, such as that of a deleted branch.
    let is_sha = is_sha && text.bytes().any(|b| b != b'0');
    is_sha.then(|| text.to_ascii_lowercase())
}
