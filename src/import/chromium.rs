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
use super::list_spec::ListSpec;
use super::model::{Imported, ImportedRow, SourceList, Status, UnsupportedKind};
use super::wildcard::{self, WildcardToken};

pub(super) const EXPECTATIONS: ListSpec =
    ListSpec { name: "chromium", detect, read: |source, _| read(source) };

/// The meaning of a result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ChromiumResult {
    Pass,
    Expected(Status),
    /// How the test is run.
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

fn read(source: &SourceList) -> Imported {
    let mut builder = ListBuilder::new(source);
    let mut comments = Comments::default();
    let mut in_header = false;
    for (number, line) in numbered_lines(&source.text) {
        if line.is_empty() {
            comments.end_block(&mut builder);
        } else if let Some(comment) = line.strip_prefix('#') {
            in_header |= is_header(comment);
            if !in_header {
                comments.add_line(comment, &mut builder);
            }
            // A declaration of tags or results may span several lines, up to a bracket.
            in_header &= !comment.contains(']') && !is_setting(comment);
        } else {
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
    let mut bugs = Vec::new();
    while let Some(bug) = words.next_if(|word| is_bug(word)) {
        bugs.push(bug);
    }
    let tags = bracketed(&mut words)?;
    let test = words.next().filter(|test| *test != "[" && *test != "]")?;
    let results = bracketed(&mut words).filter(|results| !results.is_empty())?;
    words.next().is_none().then_some(ExpectationLine { bugs, tags, test, results, comment })
}

/// The words between `[` and `]`, if the next word is a bracket; `None` if it is not closed.
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
    let mut row = ImportedRow { status, ..builder.new_row(number, pattern) };
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
    for word in words {
        match RESULTS.iter().find(|(known, _)| known == word).map(|(_, result)| *result) {
            Some(ChromiumResult::Pass) => passes = true,
            Some(ChromiumResult::Expected(status)) => worst = worst.max(Some(status)),
            Some(ChromiumResult::Modifier) => {
                let word = (*word).to_owned();
                builder.add_unsupported(number, UnsupportedKind::Modifier { word });
            }
            None => {
                builder
                    .add_unsupported(number, UnsupportedKind::Result { word: (*word).to_owned() });
                return None;
            }
        }
    }
    match worst {
        // A skipped test has no other result.
        Some(Status::Skip) => worst,
        Some(_) if passes => Some(Status::Flaky),
        Some(_) => worst,
        None if passes => {
            builder.add_unsupported(number, UnsupportedKind::Result { word: "Pass".to_owned() });
            None
        }
        // Only modifiers, which are reported above.
        None => None,
    }
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
    let mut tokens = Vec::new();
    wildcard::push(&mut tokens, WildcardToken::Text(stem_text));
    if open {
        wildcard::push(&mut tokens, WildcardToken::Star);
    }
    wildcard::pattern(&tokens)
}
