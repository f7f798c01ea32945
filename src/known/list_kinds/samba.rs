//! Samba's `selftest/knownfail`, `flapping` and `skip`, and the directories of such files.
//!
//! Each line is a regular expression, with a reason after `#`. The expression must match at the start of the name,
//! but not up to its end.
//!
//! Syntax: `read_test_regexes` and `find_in_list` in
//! <https://git.samba.org/?p=samba.git;a=blob;f=selftest/subunithelper.py>

use super::comments::read_entries;
use super::lines::{file_name, first_entry, path_parts_reversed};
use super::list_builder::links;
use super::list_spec::ListKind;
use super::model::{ListEntry, ParsedList, SourceList, Status};
use super::regex::Search;

pub(super) const KNOWNFAIL: ListKind = ListKind {
    name: "samba-knownfail",
    detect: |path, text| is_named(path, &["knownfail", "expectedfail"]) || is_samba(text),
    read: |source, _| read(source, Status::AnyFailure),
};

pub(super) const FLAPPING: ListKind = ListKind {
    name: "samba-flapping",
    detect: |path, _| is_named(path, &["flapping"]),
    read: |source, _| read(source, Status::Flaky),
};

pub(super) const SKIP: ListKind = ListKind {
    name: "samba-skip",
    detect: |path, _| file_name(path) == "skip" || file_name(path).starts_with("skip."),
    read: |source, _| read(source, Status::Skip),
};

/// Whether the name of the file or of its directory starts with one of these.
fn is_named(path: &str, names: &[&str]) -> bool {
    path_parts_reversed(path).take(2).any(|part| names.iter().any(|name| part.starts_with(name)))
        && !path.ends_with(".md")
}

/// Whether the first entry is about one of Samba's tests and the list describes itself as Samba's list does.
fn is_samba(text: &str) -> bool {
    first_entry(text).is_some_and(|line| line.trim_start_matches('^').starts_with("samba"))
        && text.contains("expected to fail")
}

fn read(source: &SourceList, status: Status) -> ParsedList {
    read_entries(source, |builder, line, entry, block_reason| {
        let (regex, comment) = entry.split_once('#').unwrap_or((entry, ""));
        let reason = if comment.trim().is_empty() { block_reason } else { comment.to_owned() };
        let regex = regex.trim();
        let (issue, row) = (issue(&reason), builder.new_row(line, regex.to_owned()));
        let row = ListEntry { status, reason, issue, ..row };
        builder.add_regex_row(row, regex, Search::FromStart);
    })
}

/// The link to a bug that a reason mentions as `bug 6960`, or its own links.
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
