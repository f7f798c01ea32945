//! deqp-runner's lists: fails (`name,Status`), flakes and skips (regular expressions).
//!
//! Each line is a test or an expression. An expression may match anywhere in a name. In a line without any other
//! symbol of a regular expression, a dot is literal. A test that is skipped does not run, and a failure of a test that
//! a flake matches is a known flake, whatever the fails have for it.
//!
//! Syntax: `parse_regex_set`, `translate_result` and `RunnerResults::from_csv` in
//! <https://docs.rs/crate/deqp-runner/latest/source/src/>

use super::comments::read_entries;
use super::lines::{entries, file_name};
use super::list_builder::{ListBuilder, links, literal_pattern};
use super::list_spec::ListKind;
use super::model::{
    ListEntry, ParsedList, Precedence, SourceList, Status, StatusTable, UnsupportedKind,
    find_status,
};
use super::regex::Search;

pub(super) const FAILS: ListKind = ListKind {
    name: "deqp-fails",
    detect: |_, text| entries(text).next().is_some_and(is_fail),
    read: |source, _| {
        let list = read_entries(source, read_fail);
        ParsedList { precedence: Precedence::Baseline, ..list }
    },
};

pub(super) const FLAKES: ListKind = ListKind {
    name: "deqp-flakes",
    detect: |path, text| is_named(path, "flakes") && has_expressions(text),
    read: |source, _| read_regexes(source, Status::Flaky),
};

pub(super) const SKIPS: ListKind = ListKind {
    name: "deqp-skips",
    detect: |path, text| is_named(path, "skips") && has_expressions(text),
    read: |source, _| read_regexes(source, Status::Skip),
};

/// What an entry of the fails excuses; `with_baseline` in `runner_results.rs`. A warning counts as passing.
const STATUSES: &StatusTable = &[
    ("Fail", Some(Status::Fail)),
    ("Crash", Some(Status::Crash)),
    ("Timeout", Some(Status::Timeout)),
    ("ExpectedFail", Some(Status::Fail)),
    ("Skip", None),
    ("Flake", None),
    ("KnownFlake", None),
    ("Missing", None),
    ("Pass", None),
    ("Warn", None),
];

/// Symbols of a regular expression.
const REGEX_SYMBOLS: &str = "*+?()[]{}|^$\\";

/// Whether the file is `flakes.txt`, `board-flakes.txt` or the like for the word `flakes`.
fn is_named(path: &str, word: &str) -> bool {
    let stem = file_name(path).split('.').next().unwrap_or_default();
    stem.rsplit(['-', '_']).next() == Some(word)
}

/// Whether most entries look like tests of the suites that deqp-runner runs, or there are none.
fn has_expressions(text: &str) -> bool {
    let (expressions, others): (Vec<&str>, _) = entries(text).partition(|entry| {
        let mut words = entry.split_whitespace();
        let first = words.next().unwrap_or_default();
        let has_symbols = first.contains(|c| c == '.' || REGEX_SYMBOLS.contains(c));
        // piglit's names, such as `spec@!opengl 1.1@masked-clear`, have spaces.
        first.contains('@') || words.next().is_none() && has_symbols
    });
    expressions.len() > others.len() || expressions.is_empty() && others.is_empty()
}

/// Whether an entry is `name,Status`.
fn is_fail(entry: &str) -> bool {
    split(entry).is_some_and(|(_, word)| find_fail_status(word).is_some())
}

/// What a word excuses; `None` if it is no status.
fn find_fail_status(word: &str) -> Option<Option<Status>> {
    let is_improvement = word.starts_with("UnexpectedImprovement(") && word.ends_with(')');
    if is_improvement { Some(None) } else { find_status(STATUSES, word) }
}

/// Name and status of `name,Status`, which may be followed by more after another comma.
fn split(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(',')?;
    let status = rest.split(',').next()?;
    (!name.is_empty() && !status.is_empty()).then_some((name, status))
}

fn read_fail(builder: &mut ListBuilder, line: u32, entry: &str, reason: String) {
    let Some((name, word)) = split(entry) else { return builder.add_unknown_line(line, entry) };
    match find_fail_status(word) {
        Some(Some(status)) => {
            let (issue, row) = (links(&reason), builder.new_row(line, literal_pattern(name)));
            builder.add_row(ListEntry { status, reason, issue, ..row });
        }
        Some(None) => builder.add_without_effect(),
        None => {
            let word = word.to_owned();
            builder.add_unsupported(line, UnsupportedKind::Result { word });
        }
    }
}

fn read_regexes(source: &SourceList, status: Status) -> ParsedList {
    let list = read_entries(source, |builder, line, entry, reason| {
        if is_fail(entry) {
            return builder.add_unknown_line(line, entry);
        }
        let is_plain = !entry.contains(|c| REGEX_SYMBOLS.contains(c));
        let regex = if is_plain { regex_syntax::escape(entry) } else { entry.to_owned() };
        let (issue, row) = (links(&reason), builder.new_row(line, entry.to_owned()));
        let row = ListEntry { status, reason, issue, ..row };
        builder.add_regex_row(row, &regex, Search::Anywhere);
    });
    ParsedList { precedence: Precedence::Override, ..list }
}
