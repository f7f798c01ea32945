//! Samba's `selftest/knownfail`, `flapping` and `skip`, and the directories of such files.
//!
//! Each line is a regular expression, with a reason after `#`. An expression of `knownfail` and `flapping` must match
//! at the start of the name, but not up to its end; one of `skip` may match anywhere in the name of a suite. Both
//! excuse a failure, but never an `error:`; a flapping test may also pass.
//!
//! Syntax: `read_test_regexes`, `find_in_list` and `FilterOps` in
//! <https://git.samba.org/?p=samba.git;a=blob;f=selftest/subunithelper.py>, and for `skip` `find_in_list` in
//! <https://git.samba.org/?p=samba.git;a=blob;f=selftest/selftest.pl>

use super::comments::read_entries;
use super::lines::{entries, path_parts_reversed};
use super::list_builder::links;
use super::list_spec::ListKind;
use super::model::{ListEntry, ParsedList, SourceList, Status};
use super::regex::Search;

pub(super) const KNOWNFAIL: ListKind = ListKind {
    name: "samba-knownfail",
    detect: |path, text| match role(path) {
        Some(role) => role == Role::Knownfail && has_expressions(text),
        None => is_samba(text),
    },
    read: |source, _| read(source, Role::Knownfail),
};

pub(super) const FLAPPING: ListKind = ListKind {
    name: "samba-flapping",
    detect: |path, text| role(path) == Some(Role::Flapping) && has_expressions(text),
    read: |source, _| read(source, Role::Flapping),
};

pub(super) const SKIP: ListKind = ListKind {
    name: "samba-skip",
    detect: |path, text| role(path) == Some(Role::Skip) && has_expressions(text),
    read: |source, _| read(source, Role::Skip),
};

/// What selftest uses a list for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Knownfail,
    Flapping,
    Skip,
}

/// Names of files and directories, each with its role.
const ROLES: [(&str, Role); 4] = [
    ("knownfail", Role::Knownfail),
    ("expectedfail", Role::Knownfail),
    ("flapping", Role::Flapping),
    ("skip", Role::Skip),
];

/// The role of a file by its name or that of its directory, such as `knownfail.d` or `skip_mit_kdc`.
fn role(path: &str) -> Option<Role> {
    let is_named = |part: &str, name: &str| {
        let rest = part.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    };
    path_parts_reversed(path)
        .take(2)
        .find_map(|part| {
            let is_markdown = part.ends_with(".md");
            ROLES.into_iter().find(|(name, _)| !is_markdown && is_named(part, name))
        })
        .map(|(_, role)| role)
}

/// Whether an entry begins as expressions do, or there are none.
fn has_expressions(text: &str) -> bool {
    let is_expression = |entry: &str| {
        let starts = ["^", ".*", "samba"];
        starts.iter().any(|start| entry.starts_with(start)) || entry.contains(r"\.")
    };
    entries(text).next().is_none() || entries(text).any(is_expression)
}

/// Whether the first entry is about one of Samba's tests: no name begins with `^`.
fn is_samba(text: &str) -> bool {
    let is_described = text.contains("expected to fail");
    entries(text).next().is_some_and(|entry| {
        entry.starts_with("^samba") || is_described && entry.starts_with("samba")
    })
}

fn read(source: &SourceList, role: Role) -> ParsedList {
    let (status, search) = match role {
        Role::Knownfail => (Status::Fail, Search::FromStart),
        Role::Flapping => (Status::Flaky, Search::FromStart),
        Role::Skip => (Status::Skip, Search::Anywhere),
    };
    read_entries(source, |builder, line, entry, block_reason| {
        let (regex, comment) = split_comment(entry, role);
        let reason = if comment.trim().is_empty() { block_reason } else { comment.to_owned() };
        let regex = regex.trim();
        let (issue, row) = (issue(&reason), builder.new_row(line, regex.to_owned()));
        let row = ListEntry { status, reason, issue, ..row };
        builder.add_regex_row(row, regex, search);
    })
}

/// An expression and the comment after it. In `skip`, a comment begins after whitespace only.
fn split_comment(entry: &str, role: Role) -> (&str, &str) {
    let begins_comment = |(at, _): &(usize, &str)| match role {
        Role::Knownfail | Role::Flapping => true,
        Role::Skip => entry[..*at].ends_with([' ', '\t']),
    };
    let hash = entry.match_indices('#').find(begins_comment);
    hash.map_or((entry, ""), |(at, _)| (&entry[..at], &entry[at + 1..]))
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
