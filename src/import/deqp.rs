//! deqp-runner's lists: fails (`name,Status`), flakes and skips (regular expressions).
//!
//! In: one test or expression a line, comments behind `#` at a line's start. Out: rows. A newcomer's
//! trap: expressions are looked for anywhere in a name, and in a line without any other sign of a regular
//! expression a dot is a dot.
//!
//! Grammar: `parse_regex_set` and `RunnerResults::from_csv` in
//! <https://docs.rs/crate/deqp-runner/latest/source/src/>

use super::comments::Comments;
use super::list_builder::{ListBuilder, links, literal_pattern};
use super::regex::{self, Search};
use super::{
    Imported, ListFormat, SourceList, Status, UnsupportedKind, numbered_lines, path_parts_reversed,
};

pub(super) const FAILS: ListFormat = ListFormat {
    name: "deqp-fails",
    detect: |_, text| is_fails(text),
    read: |source, _| read(source, read_fail),
};

pub(super) const FLAKES: ListFormat = ListFormat {
    name: "deqp-flakes",
    detect: |path, _| file_name_contains(path, "flake"),
    read: |source, _| {
        read(source, |draft, at, line, why| read_regex(draft, at, line, why, Status::Flaky))
    },
};

pub(super) const SKIPS: ListFormat = ListFormat {
    name: "deqp-skips",
    detect: |path, _| file_name_contains(path, "skip"),
    read: |source, _| {
        read(source, |draft, at, line, why| read_regex(draft, at, line, why, Status::Skip))
    },
};

/// What a status of the list is here; `None` for one that excuses nothing.
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

/// Signs of a regular expression.
const REGEX_SYMBOLS: &str = "*+?()[]{}|^$\\";

fn file_name_contains(path: &str, word: &str) -> bool {
    path_parts_reversed(path).next().is_some_and(|name| name.to_ascii_lowercase().contains(word))
}

fn is_fails(text: &str) -> bool {
    let mut entries =
        numbered_lines(text).map(|(_, line)| line).filter(|l| !l.is_empty() && !l.starts_with('#'));
    let is_fail = |line: &str| split(line).is_some_and(|(_, s)| STATUSES.iter().any(|k| k.0 == s));
    entries.next().is_some_and(is_fail)
}

/// `name,Status`, and whatever stands behind a second comma.
fn split(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(',')?;
    let status = rest.split(',').next()?;
    (!name.is_empty() && !status.is_empty()).then_some((name, status))
}

/// Reads a line that is neither blank nor a comment: its number, its text, what stands above.
type ReadLine = fn(&mut ListBuilder, u32, &str, &str);

fn read(source: &SourceList, read_line: ReadLine) -> Imported {
    let mut draft = ListBuilder::new(source);
    let mut comments = Comments::default();
    for (number, line) in numbered_lines(&source.text) {
        if line.is_empty() {
            comments.end_block(&mut draft);
        } else if let Some(comment) = line.strip_prefix('#') {
            comments.add_line(comment, &mut draft);
        } else {
            read_line(&mut draft, number, line, &comments.reason());
        }
    }
    comments.end_block(&mut draft);
    draft.finish()
}

fn read_fail(draft: &mut ListBuilder, number: u32, line: &str, reason: &str) {
    let Some((name, word)) = split(line) else { return draft.add_unknown_line(number, line) };
    let known = STATUSES.iter().find(|(status, _)| *status == word);
    match known.and_then(|(_, status)| *status) {
        Some(status) => add_row(draft, number, literal_pattern(name), reason, status),
        None => draft.add_unsupported(number, UnsupportedKind::Result { word: word.to_owned() }),
    }
}

fn read_regex(draft: &mut ListBuilder, number: u32, line: &str, reason: &str, status: Status) {
    if split(line).is_some_and(|(_, word)| STATUSES.iter().any(|(known, _)| *known == word)) {
        return draft.add_unknown_line(number, line);
    }
    let plain = !line.contains(|c| REGEX_SYMBOLS.contains(c));
    let source = if plain { regex_syntax::escape(line) } else { line.to_owned() };
    match regex::pattern(&source, Search::Anywhere) {
        Ok(pattern) => add_row(draft, number, pattern, reason, status),
        Err(why) => {
            draft.add_unsupported(number, UnsupportedKind::Regex { text: line.to_owned(), why })
        }
    }
}

fn add_row(draft: &mut ListBuilder, number: u32, pattern: String, reason: &str, status: Status) {
    let mut row = draft.new_row(number, pattern);
    row.status = status;
    row.reason = reason.to_owned();
    row.issue = links(reason);
    draft.add_row(row);
}
