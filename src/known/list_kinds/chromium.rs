//! Chromium's expectation files (`TestExpectations`), and WebKit's of the same shape.
//!
//! Each line is `bugs [ tags ] test [ results ] # comment`. An entry applies if all of its tags do, while variants
//! are alternatives. Each of the results may happen, so an entry with `Pass` among others is flaky, which excuses any
//! failure.
//!
//! Syntax: <https://chromium.googlesource.com/chromium/src/+/main/docs/testing/web_test_expectations.md>

use super::comments::Comments;
use super::lines::{first_entry, numbered_lines};
use super::list_builder::{ListBuilder, variant_pattern};
use super::list_spec::ListKind;
use super::model::{
    ListEntry, ParsedList, SourceList, Status, StatusTable, UnsupportedKind, find_status,
};
use super::wildcard;
use crate::known::WildcardToken;

pub(super) const EXPECTATIONS: ListKind =
    ListKind { name: "chromium", detect, read: |source, _| read(source) };

/// The results but for [`PASS`]; without a status: how the test is run.
const RESULTS: &StatusTable = &[
    ("Failure", Some(Status::Fail)),
    ("Timeout", Some(Status::Timeout)),
    ("Crash", Some(Status::Crash)),
    ("Skip", Some(Status::Skip)),
    ("Slow", None),
    ("RetryOnFailure", None),
    // WebKit's.
    ("Text", Some(Status::Fail)),
    ("Image", Some(Status::Fail)),
    ("ImageOnlyFailure", Some(Status::Fail)),
    ("Audio", Some(Status::Fail)),
    ("Leak", Some(Status::Fail)),
    ("WontFix", Some(Status::Skip)),
    ("DumpJSConsoleLogInStdErr", None),
    ("Rebaseline", None),
];

const PASS: &str = "Pass";

/// A parsed line.
struct ExpectationLine<'l> {
    bugs: Vec<&'l str>,
    tags: Vec<&'l str>,
    test: &'l str,
    results: Vec<&'l str>,
    comment: &'l str,
}

fn detect(path: &str, text: &str) -> bool {
    let declares = |line: &str| line.starts_with("# results: [") || line.starts_with("# tags: [");
    path.ends_with("TestExpectations")
        || numbered_lines(text).any(|(_, line)| declares(line))
        || first_entry(text).and_then(split).is_some()
}

fn read(source: &SourceList) -> ParsedList {
    let mut builder = ListBuilder::new(source);
    let mut comments = Comments::default();
    let mut in_header = false;
    for (number, line) in numbered_lines(&source.text) {
        if let Some(comment) = line.strip_prefix('#') {
            in_header |= is_header(comment);
            if !in_header {
                comments.add_line(line, &mut builder);
            }
            // A declaration of tags or results may span several lines, up to a bracket.
            in_header &= !comment.contains(']') && !is_setting(comment);
        } else if !comments.add_line(line, &mut builder) {
            in_header = false;
            let reason = comments.reason();
            match split(line) {
                Some(parts) => read_expectation(&mut builder, number, &parts, &reason),
                None => builder.add_unknown_line(number, line),
            }
        }
    }
    comments.end_block(&mut builder);
    builder.finish()
}

fn is_header(comment: &str) -> bool {
    let comment = comment.trim_start();
    comment.starts_with("tags: [") || comment.starts_with("results: [") || is_setting(comment)
}

fn is_setting(comment: &str) -> bool {
    let comment = comment.trim_start();
    comment.starts_with("conflicts_allowed:") || comment.starts_with("conflict_resolution:")
}

/// Parses a line; `None` if it is not an expectation.
fn split(line: &str) -> Option<ExpectationLine<'_>> {
    // A `#` inside a word does not start a comment.
    let begins = |(at, _): &(usize, &str)| line[..*at].ends_with([' ', '\t']);
    let (content, comment) = match line.match_indices('#').find(begins) {
        Some((at, _)) => (line[..at].trim(), &line[at + 1..]),
        None => (line, ""),
    };
    let mut words = content.split_whitespace().peekable();
    let bugs = std::iter::from_fn(|| words.next_if(|word| is_bug(word))).collect();
    let tags = bracketed(&mut words)?;
    let test = words.next().filter(|test| *test != "[" && *test != "]")?;
    let results = bracketed(&mut words).filter(|results| !results.is_empty())?;
    words.next().is_none().then_some(ExpectationLine { bugs, tags, test, results, comment })
}

/// The words between `[` and `]`, if the next word is a bracket; `None` if it is not closed.
fn bracketed<'l>(
    words: &mut std::iter::Peekable<impl Iterator<Item = &'l str>>,
) -> Option<Vec<&'l str>> {
    if words.next_if_eq(&"[").is_none() {
        return Some(Vec::new());
    }
    let inside = std::iter::from_fn(|| words.next_if(|word| *word != "]")).collect();
    words.next().map(|_| inside)
}

fn is_bug(word: &str) -> bool {
    let hosts = ["crbug.com/", "skbug.com/", "webkit.org/b/", "b/", "http://", "https://"];
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let hosted = |host: &&str| {
        word.strip_prefix(*host).is_some_and(|rest| {
            rest.ends_with(|c: char| c.is_ascii_digit()) && (*host != "b/" || is_number(rest))
        })
    };
    word.starts_with("Bug(") && word.ends_with(')') || hosts.iter().any(hosted)
}

fn read_expectation(
    builder: &mut ListBuilder,
    number: u32,
    line: &ExpectationLine<'_>,
    default_reason: &str,
) {
    let Some(pattern) = pattern(line.test) else {
        let text = line.test.to_owned();
        return builder.add_unsupported(number, UnsupportedKind::Wildcard { text });
    };
    let Some(status) = status(builder, number, &line.results) else { return };
    let mut row = ListEntry { status, ..builder.new_row(number, pattern) };
    match line.tags.as_slice() {
        [] => {}
        [tag] => match variant_pattern(tag) {
            Some(variant) => row.variants.push(variant),
            None => {
                let name = (*tag).to_owned();
                return builder.add_unsupported(number, UnsupportedKind::Variant { name });
            }
        },
        tags => {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            return builder.add_unsupported(number, UnsupportedKind::AllOf { tags });
        }
    }
    row.reason =
        if line.comment.trim().is_empty() { default_reason } else { line.comment }.to_owned();
    row.issue = line.bugs.iter().map(|bug| link(bug)).collect::<Vec<_>>().join(", ");
    builder.add_row(row);
}

/// A bug as a link if it has a host.
fn link(bug: &str) -> String {
    let has_host = bug.split('/').next().is_some_and(|host| host.contains('.'));
    if has_host { format!("https://{bug}") } else { bug.to_owned() }
}

/// The status of a row for these results; `None`, and reported, if no row can expect them.
fn status(builder: &mut ListBuilder, number: u32, words: &[&str]) -> Option<Status> {
    let mut passes = false;
    let mut worst = None;
    for word in words.iter().copied() {
        let unsupported = || word.to_owned();
        match find_status(RESULTS, word) {
            Some(Some(status)) => worst = worst.max(Some(status)),
            None if word == PASS => passes = true,
            Some(None) => {
                builder.add_unsupported(number, UnsupportedKind::Modifier { word: unsupported() });
            }
            None => {
                builder.add_unsupported(number, UnsupportedKind::Result { word: unsupported() });
                return None;
            }
        }
    }
    if worst.is_none() && passes {
        builder.add_unsupported(number, UnsupportedKind::Result { word: PASS.to_owned() });
    }
    // A skipped test has no other result.
    worst.map(|worst| if passes && worst != Status::Skip { Status::Flaky } else { worst })
}

/// The pattern of a path, which may have a `*` at its end; `\*` is a literal `*`.
fn pattern(test: &str) -> Option<String> {
    let (stem, open) = match test.strip_suffix('*') {
        Some(stem) if !stem.ends_with('\\') => (stem, true),
        Some(_) | None => (test, test.ends_with('/')),
    };
    let stem_text = stem.replace(r"\*", "*");
    if stem.matches('*').count() != stem.matches(r"\*").count() {
        return None;
    }
    let star = open.then_some(WildcardToken::Star);
    wildcard::pattern([WildcardToken::Text(stem_text)].into_iter().chain(star))
}
