//! Chromium's expectation files (`TestExpectations`), and WebKit's of the same shape.
//!
//! In: `bugs [ tags ] test [ results ] # comment`, one a line. Out: rows. A newcomer's trap: several tags
//! must hold together, while our variants are alternatives; and results are what may happen, so that
//! `Pass` among them makes a test flaky, which with us excuses any failure.
//!
//! Grammar: <https://chromium.googlesource.com/chromium/src/+/main/docs/testing/web_test_expectations.md>

use super::comments::Comments;
use super::list_builder::{ListBuilder, variant_pattern};
use super::wildcard::{self, WildcardPiece};
use super::{
    Imported, ImportedRow, ListFormat, SourceList, Status, UnsupportedKind, numbered_lines,
};

pub(super) const FORMAT: ListFormat =
    ListFormat { name: "chromium", detect, read: |source, _| read(source) };

/// What a result says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChromiumResult {
    Pass,
    Expected(Status),
    /// How it is run, not how it ends.
    Modifier,
}

const RESULTS: [(&str, ChromiumResult); 15] = [
    ("Pass", ChromiumResult::Pass),
    ("Failure", ChromiumResult::Expected(Status::Fail)),
    ("Timeout", ChromiumResult::Expected(Status::Timeout)),
    ("Crash", ChromiumResult::Expected(Status::Crash)),
    ("Skip", ChromiumResult::Expected(Status::Skip)),
    ("Slow", ChromiumResult::Modifier),
    ("RetryOnFailure", ChromiumResult::Modifier),
    // WebKit's.
    ("Text", ChromiumResult::Expected(Status::Fail)),
    ("Image", ChromiumResult::Expected(Status::Fail)),
    ("ImageOnlyFailure", ChromiumResult::Expected(Status::Fail)),
    ("Audio", ChromiumResult::Expected(Status::Fail)),
    ("Leak", ChromiumResult::Expected(Status::Fail)),
    ("WontFix", ChromiumResult::Expected(Status::Skip)),
    ("DumpJSConsoleLogInStdErr", ChromiumResult::Modifier),
    ("Rebaseline", ChromiumResult::Modifier),
];

/// A line in its parts.
struct ExpectationLine<'l> {
    bugs: Vec<&'l str>,
    tags: Vec<&'l str>,
    test: &'l str,
    results: Vec<&'l str>,
    comment: &'l str,
}

fn detect(path: &str, text: &str) -> bool {
    let mut entries = numbered_lines(text).map(|(_, line)| line);
    path.ends_with("TestExpectations")
        || entries
            .clone()
            .any(|line| line.starts_with("# results: [") || line.starts_with("# tags: ["))
        || entries
            .find(|l| !l.is_empty() && !l.starts_with('#'))
            .is_some_and(|l| split(l).is_some())
}

fn read(source: &SourceList) -> Imported {
    let mut draft = ListBuilder::new(source);
    let mut comments = Comments::default();
    let mut in_header = false;
    for (number, line) in numbered_lines(&source.text) {
        if line.is_empty() {
            comments.end_block(&mut draft);
        } else if let Some(comment) = line.strip_prefix('#') {
            in_header |= is_header(comment);
            if !in_header {
                comments.add_line(comment, &mut draft);
            }
            // Tags and results that the file declares end with a bracket, some lines further down.
            in_header &= !comment.contains(']') && !is_setting(comment);
        } else {
            in_header = false;
            let reason = comments.reason();
            match split(line) {
                Some(parts) => read_expectation(&mut draft, number, &parts, &reason),
                None => draft.add_unknown_line(number, line),
            }
        }
    }
    comments.end_block(&mut draft);
    draft.finish()
}

fn is_header(comment: &str) -> bool {
    let comment = comment.trim_start();
    comment.starts_with("tags: [") || comment.starts_with("results: [") || is_setting(comment)
}

fn is_setting(comment: &str) -> bool {
    let comment = comment.trim_start();
    comment.starts_with("conflicts_allowed:") || comment.starts_with("conflict_resolution:")
}

/// Cuts a line into its parts; `None` when it is no expectation.
fn split(line: &str) -> Option<ExpectationLine<'_>> {
    // A `#` inside a word is a part of it.
    let begins = |(at, _): &(usize, &str)| line[..*at].ends_with([' ', '\t']);
    let (content, comment) = match line.match_indices('#').find(begins) {
        Some((at, _)) => (line[..at].trim(), &line[at + 1..]),
        None => (line, ""),
    };
    let mut words = content.split_whitespace().peekable();
    let mut bugs = Vec::new();
    while let Some(bug) = words.next_if(|word| is_bug(word)) {
        bugs.push(bug);
    }
    let tags = bracketed(&mut words)?;
    let test = words.next().filter(|test| *test != "[" && *test != "]")?;
    let results = bracketed(&mut words).filter(|results| !results.is_empty())?;
    words.next().is_none().then_some(ExpectationLine { bugs, tags, test, results, comment })
}

/// The words between `[` and `]`, if they come next; `None` for an open bracket.
fn bracketed<'l>(
    words: &mut std::iter::Peekable<impl Iterator<Item = &'l str>>,
) -> Option<Vec<&'l str>> {
    let mut inside = Vec::new();
    if words.next_if_eq(&"[").is_some() {
        loop {
            match words.next()? {
                "]" => break,
                word => inside.push(word),
            }
        }
    }
    Some(inside)
}

fn is_bug(word: &str) -> bool {
    let hosts = ["crbug.com/", "skbug.com/", "webkit.org/b/", "b/", "http://", "https://"];
    let hosted = |host: &&str| {
        let rest = word.strip_prefix(*host);
        rest.is_some_and(|rest| rest.ends_with(|c: char| c.is_ascii_digit()))
            && !rest.is_some_and(|rest| *host == "b/" && rest.bytes().any(|b| !b.is_ascii_digit()))
    };
    word.starts_with("Bug(") && word.ends_with(')') || hosts.iter().any(hosted)
}

fn read_expectation(
    draft: &mut ListBuilder,
    number: u32,
    line: &ExpectationLine<'_>,
    default_reason: &str,
) {
    let Some(pattern) = pattern(line.test) else {
        let text = line.test.to_owned();
        return draft.add_unsupported(number, UnsupportedKind::Wildcard { text });
    };
    let Some(status) = status(draft, number, &line.results) else { return };
    let mut row = ImportedRow { status, ..draft.new_row(number, pattern) };
    match line.tags.as_slice() {
        [] => {}
        [tag] => match variant_pattern(tag) {
            Some(variant) => row.variants.push(variant),
            None => {
                let name = (*tag).to_owned();
                return draft.add_unsupported(number, UnsupportedKind::Variant { name });
            }
        },
        tags => {
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            return draft.add_unsupported(number, UnsupportedKind::AllOf { tags });
        }
    }
    row.reason =
        if line.comment.trim().is_empty() { default_reason } else { line.comment }.to_owned();
    row.issue = line.bugs.iter().map(|bug| link(bug)).collect::<Vec<_>>().join(", ");
    draft.add_row(row);
}

/// A bug as a link, where it is one.
fn link(bug: &str) -> String {
    let has_host = bug.split('/').next().is_some_and(|host| host.contains('.'));
    if has_host { format!("https://{bug}") } else { bug.to_owned() }
}

/// The worst that may happen; `None`, and told, when no row can expect that.
fn status(draft: &mut ListBuilder, number: u32, words: &[&str]) -> Option<Status> {
    let mut passes = false;
    let mut worst = None;
    for word in words {
        match RESULTS.iter().find(|(known, _)| known == word).map(|(_, result)| *result) {
            Some(ChromiumResult::Pass) => passes = true,
            Some(ChromiumResult::Expected(status)) => worst = worst.max(Some(status)),
            Some(ChromiumResult::Modifier) => {
                draft.add_unsupported(
                    number,
                    UnsupportedKind::Modifier { word: (*word).to_owned() },
                );
            }
            None => {
                draft.add_unsupported(number, UnsupportedKind::Result { word: (*word).to_owned() });
                return None;
            }
        }
    }
    match worst {
        // What is skipped never gets to do the rest.
        Some(Status::Skip) => worst,
        Some(_) if passes => Some(Status::Flaky),
        Some(_) => worst,
        None if passes => {
            draft.add_unsupported(number, UnsupportedKind::Result { word: "Pass".to_owned() });
            None
        }
        // Only how it is run: told above.
        None => None,
    }
}

/// A test's path; a `*` may stand at its end alone, and one behind a backslash is a character.
fn pattern(test: &str) -> Option<String> {
    let (stem, open) = match test.strip_suffix('*') {
        Some(stem) if !stem.ends_with('\\') => (stem, true),
        Some(_) | None => (test, test.ends_with('/')),
    };
    let stem_text = stem.replace(r"\*", "*");
    if stem.matches('*').count() != stem.matches(r"\*").count() {
        return None;
    }
    let mut pieces = Vec::new();
    wildcard::push(&mut pieces, WildcardPiece::Text(stem_text));
    if open {
        wildcard::push(&mut pieces, WildcardPiece::Star);
    }
    wildcard::pattern(&pieces)
}
