//! Samba's `selftest/knownfail`, `flapping` and `skip`, and the directories of such files.
//!
//! In: one regular expression a line, a reason behind `#`, comments on lines of their own. Out: rows. A
//! newcomer's trap: the expression is looked for from the start of the name and need not reach its end.
//!
//! Grammar: `read_test_regexes` and `find_in_list` in
//! <https://git.samba.org/?p=samba.git;a=blob;f=selftest/subunithelper.py>

use super::comments::Comments;
use super::list_builder::{ListBuilder, links};
use super::regex::{self, Search};
use super::{
    Imported, ListFormat, SourceList, Status, UnsupportedKind, numbered_lines, path_parts_reversed,
};

pub(super) const KNOWNFAIL: ListFormat = ListFormat {
    name: "samba-knownfail",
    detect: |path, text| is_named(path, &["knownfail", "expectedfail"]) || is_samba(text),
    read: |source, _| read(source, Status::AnyFailure),
};

pub(super) const FLAPPING: ListFormat = ListFormat {
    name: "samba-flapping",
    detect: |path, _| is_named(path, &["flapping"]),
    read: |source, _| read(source, Status::Flaky),
};

pub(super) const SKIP: ListFormat = ListFormat {
    name: "samba-skip",
    detect: |path, _| {
        path_parts_reversed(path)
            .next()
            .is_some_and(|name| name == "skip" || name.starts_with("skip."))
    },
    read: |source, _| read(source, Status::Skip),
};

/// Whether the file or the directory it stands in is called so.
fn is_named(path: &str, names: &[&str]) -> bool {
    path_parts_reversed(path).take(2).any(|part| names.iter().any(|name| part.starts_with(name)))
        && !path.ends_with(".md")
}

/// Whether the expressions are of Samba's tests and the path does not say another list.
fn is_samba(text: &str) -> bool {
    let first_entry =
        numbered_lines(text).map(|(_, line)| line).find(|l| !l.is_empty() && !l.starts_with('#'));
    first_entry.is_some_and(|line| line.trim_start_matches('^').starts_with("samba"))
        && text.contains("expected to fail")
}

fn read(source: &SourceList, status: Status) -> Imported {
    let mut draft = ListBuilder::new(source);
    let mut comments = Comments::default();
    for (number, line) in numbered_lines(&source.text) {
        if line.is_empty() {
            comments.end_block(&mut draft);
        } else if let Some(comment) = line.strip_prefix('#') {
            comments.add_line(comment, &mut draft);
        } else {
            let (regex, own) = line.split_once('#').unwrap_or((line, ""));
            let block_reason = comments.reason();
            let reason = if own.trim().is_empty() { block_reason } else { own.to_owned() };
            add_row(&mut draft, number, regex.trim(), &reason, status);
        }
    }
    comments.end_block(&mut draft);
    draft.finish()
}

fn add_row(draft: &mut ListBuilder, number: u32, regex: &str, reason: &str, status: Status) {
    match regex::pattern(regex, Search::FromStart) {
        Ok(pattern) => {
            let mut row = draft.new_row(number, pattern);
            row.status = status;
            row.reason = reason.to_owned();
            row.issue = issue(reason);
            draft.add_row(row);
        }
        Err(why) => {
            draft.add_unsupported(number, UnsupportedKind::Regex { text: regex.to_owned(), why })
        }
    }
}

/// The bug that a reason names: `bug 6960`, or a link.
fn issue(reason: &str) -> String {
    let mut words = reason.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    while let Some(word) = words.next() {
        if !word.eq_ignore_ascii_case("bug") {
            continue;
        }
        let number = words.clone().next().filter(|n| n.len() > 2 && n.len() < 9);
        if let Some(number) = number.filter(|n| n.bytes().all(|b| b.is_ascii_digit())) {
            return format!("https://bugzilla.samba.org/show_bug.cgi?id={number}");
        }
    }
    links(reason)
}
