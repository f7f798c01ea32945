//! deqp-runner's lists: fails (`name,Status`), flakes and skips (regular expressions).
//!
//! Each line is a test or an expression. An expression may match anywhere in a name. In a line without any other
//! symbol of a regular expression, a dot is literal.
//!
//! Syntax: `parse_regex_set` and `RunnerResults::from_csv` in
//! <https://docs.rs/crate/deqp-runner/latest/source/src/>

use super::comments::read_entries;
use super::lines::{file_name, first_entry};
use super::list_builder::{ListBuilder, links, literal_pattern};
use super::list_spec::ListKind;
use super::model::{
    ListEntry, ParsedList, SourceList, Status, StatusTable, UnsupportedKind, find_status,
};
use super::regex::Search;

pub(super) const FAILS: ListKind = ListKind {
    name: "deqp-fails",
    detect: |_, text| first_entry(text).is_some_and(is_fail),
    read: |source, _| read_entries(source, read_fail),
};

pub(super) const FLAKES: ListKind = ListKind {
    name: "deqp-flakes",
    detect: |path, _| file_name_contains(path, "flake"),
    read: |source, _| read_regexes(source, Status::Flaky),
};

pub(super) const SKIPS: ListKind = ListKind {
    name: "deqp-skips",
    detect: |path, _| file_name_contains(path, "skip"),
    read: |source, _| read_regexes(source, Status::Skip),
};

/// The statuses of a list.
const STATUSES: &StatusTable = &[
    ("Fail", Some(Status::Fail)),
    ("Crash", Some(Status::Crash)),
    ("Timeout", Some(Status::Timeout)),
    ("Skip", Some(Status::Skip)),
    ("Flake", Some(Status::Flaky)),
    ("KnownFlake", Some(Status::Flaky)),
    ("ExpectedFail", Some(Status::Fail)),
    ("Missing", None),
    ("Pass", None),
    ("Warn", None),
    ("UnexpectedImprovement(Pass)", None),
];

/// Symbols of a regular expression.
const REGEX_SYMBOLS: &str = "*+?()[]{}|^$\\";

fn file_name_contains(path: &str, word: &str) -> bool {
    file_name(path).to_ascii_lowercase().contains(word)
}

/// Whether an entry is `name,Status`.
fn is_fail(entry: &str) -> bool {
    split(entry).is_some_and(|(_, word)| find_status(STATUSES, word).is_some())
}

/// Name and status of `name,Status`, which may be followed by more after another comma.
fn split(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(',')?;
    let status = rest.split(',').next()?;
    (!name.is_empty() && !status.is_empty()).then_some((name, status))
}

fn read_fail(builder: &mut ListBuilder, line: u32, entry: &str, reason: String) {
    let Some((name, word)) = split(entry) else { return builder.add_unknown_line(line, entry) };
    let Some(status) = find_status(STATUSES, word).flatten() else {
        let word = word.to_owned();
        return builder.add_unsupported(line, UnsupportedKind::Result { word });
    };
    let (issue, row) = (links(&reason), builder.new_row(line, literal_pattern(name)));
    builder.add_row(ListEntry { status, reason, issue, ..row });
}

fn read_regexes(source: &SourceList, status: Status) -> ParsedList {
    read_entries(source, |builder, line, entry, reason| {
        if is_fail(entry) {
            return builder.add_unknown_line(line, entry);
        }
        let is_plain = !entry.contains(|c| REGEX_SYMBOLS.contains(c));
        let regex = if is_plain { regex_syntax::escape(entry) } else { entry.to_owned() };
        let (issue, row) = (links(&reason), builder.new_row(line, entry.to_owned()));
        let row = ListEntry { status, reason, issue, ..row };
        builder.add_regex_row(row, &regex, Search::Anywhere);
    })
}
