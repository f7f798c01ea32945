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
use super::list_spec::ListSpec;
use super::model::{Imported, ImportedRow, SourceList, Status, UnsupportedKind};
use super::regex::{self, Search};

pub(super) const FAILS: ListSpec = ListSpec {
    name: "deqp-fails",
    detect: |_, text| is_fails(text),
    read: |source, _| read_entries(source, read_fail),
};

pub(super) const FLAKES: ListSpec = ListSpec {
    name: "deqp-flakes",
    detect: |path, _| file_name_contains(path, "flake"),
    read: |source, _| read_regexes(source, Status::Flaky),
};

pub(super) const SKIPS: ListSpec = ListSpec {
    name: "deqp-skips",
    detect: |path, _| file_name_contains(path, "skip"),
    read: |source, _| read_regexes(source, Status::Skip),
};

/// The statuses of a list; `None` for one that excuses nothing.
const STATUSES: [(&str, Option<Status>); 11] = [
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

fn is_fails(text: &str) -> bool {
    first_entry(text).and_then(split).is_some_and(|(_, word)| known_status(word).is_some())
}

/// The status of a keyword; `None` if it is unknown.
fn known_status(word: &str) -> Option<Option<Status>> {
    STATUSES.iter().find(|(known, _)| *known == word).map(|(_, status)| *status)
}

/// Name and status of `name,Status`, which may be followed by more after another comma.
fn split(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(',')?;
    let status = rest.split(',').next()?;
    (!name.is_empty() && !status.is_empty()).then_some((name, status))
}

fn read_fail(builder: &mut ListBuilder, line: u32, entry: &str, reason: String) {
    let Some((name, word)) = split(entry) else { return builder.add_unknown_line(line, entry) };
    match known_status(word).flatten() {
        Some(status) => add_row(builder, line, literal_pattern(name), reason, status),
        None => builder.add_unsupported(line, UnsupportedKind::Result { word: word.to_owned() }),
    }
}

fn read_regexes(source: &SourceList, status: Status) -> Imported {
    read_entries(source, |builder, line, entry, reason| {
        read_regex(builder, line, entry, reason, status);
    })
}

fn read_regex(builder: &mut ListBuilder, line: u32, entry: &str, reason: String, status: Status) {
    if split(entry).is_some_and(|(_, word)| known_status(word).is_some()) {
        return builder.add_unknown_line(line, entry);
    }
    let is_plain = !entry.contains(|c| REGEX_SYMBOLS.contains(c));
    let source = if is_plain { regex_syntax::escape(entry) } else { entry.to_owned() };
    match regex::pattern(&source, Search::Anywhere) {
        Ok(pattern) => add_row(builder, line, pattern, reason, status),
        Err(why) => {
            builder.add_unsupported(line, UnsupportedKind::Regex { text: entry.to_owned(), why });
        }
    }
}

fn add_row(builder: &mut ListBuilder, line: u32, pattern: String, reason: String, status: Status) {
    let (issue, row) = (links(&reason), builder.new_row(line, pattern));
    builder.add_row(ImportedRow { status, reason, issue, ..row });
}
