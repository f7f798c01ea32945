//! Other inputs from outside: other tools' lists, and the event that started the run.

use super::document::describe;
use knownfail::github::{Context, TrustedBase};
use knownfail::import;
use knownfail::known::KnownFailures;
use knownfail::known::list_kinds::{ListItem, ListKind, SourceList};

/// The first byte is the kind of list, the rest is the list. The output can be read.
pub(crate) fn import(bytes: &[u8]) {
    let Some((first, list)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(list).into_owned();
    let Some(kind) = ListKind::all().cycle().nth(usize::from(*first)) else { return };
    let source = SourceList { path: "list.txt".into(), text };
    ListKind::detect(&source);
    let mut files = |path: &str| Err(format!("no {path} here"));
    let mut lists = [kind.read(&source, &mut files)];
    import::remove_duplicates(&mut lists);
    let [list] = lists;
    let rows = list.items.iter().filter(|item| matches!(item, ListItem::Entry(_))).count();
    let written = import::write(&[(source, list)]);
    let known = KnownFailures::read(&[("K.md".into(), written.clone())]);
    let read: Vec<String> = known.rows().iter().map(describe).collect();
    assert_eq!(read.len(), rows, "{written}\n{read:#?}\n{:#?}", known.problems());
}

/// The payload of an event under any event's name.
pub(crate) fn event(bytes: &[u8]) {
    let Some((first, payload)) = bytes.split_first() else { return };
    let events = ["pull_request", "pull_request_target", "workflow_run", "merge_group", "push"];
    let name = events[usize::from(*first) % events.len()];
    let payload: Option<serde_json::Value> = serde_json::from_slice(payload).ok();
    let env = |variable: &str| {
        let value = match variable {
            "GITHUB_EVENT_NAME" => name,
            "GITHUB_REPOSITORY" => "OWNER/REPO",
            "GITHUB_API_URL" => "https://api.github.com",
            "GITHUB_SERVER_URL" => "https://github.com",
            "GITHUB_RUN_ID" | "GITHUB_RUN_NUMBER" | "GITHUB_RUN_ATTEMPT" => "1",
            "GITHUB_SHA" => "0123456789abcdef0123456789abcdef01234567",
            _ => "x",
        };
        Some(value.to_owned())
    };
    if let Ok(context) = Context::read(&env, payload.as_ref()) {
        let is_commit = |sha: &str| {
            matches!(sha.len(), 40 | 64) && sha.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        assert!(is_commit(&context.head_sha), "{context:?}");
        assert!(context.base_sha.as_deref().is_none_or(is_commit), "{context:?}");
        if let Ok(TrustedBase::Commit(commit)) = &context.trusted_base {
            assert!(is_commit(commit), "{context:?}");
        }
    }
}
