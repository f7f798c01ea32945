//! Fields of an event payload, validated: a payload may contain anything.
//!
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

use serde_json::Value;

/// The text at a path of keys, separated by dots; `None` if it is empty.
pub(super) fn text_at<'a>(event: &'a Value, path: &str) -> Option<&'a str> {
    let text = path.split('.').try_fold(event, |value, key| value.get(key))?.as_str()?;
    Some(text).filter(|text| !text.is_empty())
}

/// The commit at a path of keys.
pub(super) fn sha_at(event: &Value, path: &str) -> Option<String> {
    text_at(event, path).and_then(parse_sha)
}

/// A validated commit hash: it becomes part of URLs and of the comment's marker.
pub(super) fn parse_sha(text: &str) -> Option<String> {
    let is_sha = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_sha.then(|| text.to_ascii_lowercase())
}
