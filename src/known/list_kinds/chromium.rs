//! Chromium's expectation files (`TestExpectations`), and WebKit's of the same shape.
//!
//! Each line is `bugs [ tags ] test [ results ] # comment`. Each of the results may happen, so an entry with `Pass`
//! among others is flaky, which excuses any failure. An entry without a failing result excuses nothing, and no wider
//! entry excuses its test. In WebKit, an entry without results skips the test, and a test may be a directory.
//!
//! A row has a test as the file names it: Chromium also applies it to the virtual tests of which it is the base.
//!
//! Syntax: <https://chromium.googlesource.com/chromium/src/+/main/docs/testing/web_test_expectations.md>, and
//! `expectations_parser.py` of <https://chromium.googlesource.com/catapult/+/main/third_party/typ/>

use super::chromium_conflicts::{Expectation, Results, resolve};
use super::chromium_exemptions::{Exemption, exempt};
use super::chromium_header::{Dialect, Header, Wildcards, declares, is_declaration, is_setting};
use super::chromium_tags::{tag_sets, variant};
use super::comments::Comments;
use super::lines::{entries, file_name, numbered_lines};
use super::list_builder::ListBuilder;
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
    /// Empty if the line has none.
    results: Vec<&'l str>,
    comment: &'l str,
}

/// Whether the text has declarations or expectations. In WebKit, some entries are nothing but a path.
fn detect(path: &str, text: &str) -> bool {
    let is_expectation =
        |line: &str| split(line).is_some_and(|line| !line.results.is_empty() && is_known(&line));
    let is_line = |entry: &str| split(entry).is_some();
    declares(text)
        || entries(text).next().is_some_and(is_line) && entries(text).any(is_expectation)
        || file_name(path) == "TestExpectations" && entries(text).all(is_line)
}

/// Whether the first result of a line is one.
fn is_known(line: &ExpectationLine<'_>) -> bool {
    line.results.first().is_some_and(|word| *word == PASS || find_status(RESULTS, word).is_some())
}

fn read(source: &SourceList) -> ParsedList {
    let header = Header::read(&source.text);
    let mut reader = ExpectationReader {
        header: &header,
        builder: ListBuilder::new(source),
        expectations: Vec::new(),
        exemptions: Vec::new(),
    };
    let mut comments = Comments::default();
    let mut in_header = false;
    for (number, line) in numbered_lines(&source.text) {
        if let Some(comment) = line.strip_prefix('#') {
            in_header |= is_declaration(comment);
            if !in_header {
                comments.add_line(line, &mut reader.builder);
            }
            // A declaration of tags or results may span several lines, up to a bracket.
            in_header &= !comment.contains(']') && !is_setting(comment);
        } else if !comments.add_line(line, &mut reader.builder) {
            in_header = false;
            reader.read_line(number, line, &comments.reason());
        }
    }
    comments.end_block(&mut reader.builder);
    let ExpectationReader { mut builder, expectations, exemptions, .. } = reader;
    match header.dialect {
        Dialect::Chromium => resolve(&header, &mut builder, &expectations),
        Dialect::WebKit => exempt(header.dialect, &mut builder, &exemptions),
    }
    builder.finish()
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
    let has_results = words.peek().is_some();
    let results = bracketed(&mut words).filter(|results| has_results != results.is_empty())?;
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

/// A bug as a link if it has a host.
fn link(bug: &str) -> String {
    let has_host = bug.split('/').next().is_some_and(|host| host.contains('.'));
    if has_host { format!("https://{bug}") } else { bug.to_owned() }
}

struct ExpectationReader<'h> {
    header: &'h Header,
    builder: ListBuilder,
    /// Of Chromium.
    expectations: Vec<Expectation>,
    /// Of WebKit.
    exemptions: Vec<Exemption>,
}

impl ExpectationReader<'_> {
    fn read_line(&mut self, number: u32, line: &str, default_reason: &str) {
        let dialect = self.header.dialect;
        let is_complete =
            |line: &ExpectationLine<'_>| !line.results.is_empty() || dialect == Dialect::WebKit;
        let Some(parsed) = split(line).filter(is_complete) else {
            return self.builder.add_unknown_line(number, line);
        };
        if let Err(kind) = self.add(number, &parsed, default_reason) {
            self.builder.add_unsupported(number, kind);
        }
    }

    fn add(
        &mut self,
        number: u32,
        line: &ExpectationLine<'_>,
        default_reason: &str,
    ) -> Result<(), UnsupportedKind> {
        let pattern = pattern(self.header, line.test)
            .ok_or_else(|| UnsupportedKind::Wildcard { text: line.test.to_owned() })?;
        let sets = tag_sets(self.header, &line.tags)
            .ok_or_else(|| UnsupportedKind::Variant { name: line.tags.join(" ") })?;
        let results = results(self.header.dialect, &line.results)?;
        let reason =
            if line.comment.trim().is_empty() { default_reason } else { line.comment }.to_owned();
        let issue = line.bugs.iter().map(|bug| link(bug)).collect::<Vec<_>>().join(", ");
        let row = ListEntry { reason, issue, ..self.builder.new_row(number, pattern) };
        match (self.header.dialect, results.status()) {
            (Dialect::Chromium, _) => {
                let tags = sets.into_iter().next().unwrap_or_default();
                let index = self.builder.add_row(row);
                self.expectations.push(Expectation { index, tags, results });
            }
            (Dialect::WebKit, Some(status)) => {
                let sets = sets.iter().filter(|set| !set.is_empty());
                let variants = sets.filter_map(variant).collect();
                self.builder.add_row(ListEntry { status, variants, ..row });
            }
            (Dialect::WebKit, None) => {
                self.exemptions.extend(sets.iter().map(|tags| Exemption::new(&row, tags)));
                self.builder.add_without_effect();
            }
        }
        Ok(())
    }
}

/// What these words expect.
fn results(dialect: Dialect, words: &[&str]) -> Result<Results, UnsupportedKind> {
    let mut results = Results::default();
    if words.is_empty() && dialect == Dialect::WebKit {
        results.worst = Some(Status::Skip);
    }
    for word in words.iter().copied() {
        match find_status(RESULTS, word) {
            Some(status) => results.worst = results.worst.max(status),
            None if word == PASS => results.may_pass = true,
            None => return Err(UnsupportedKind::Result { word: word.to_owned() }),
        }
    }
    Ok(results)
}

/// The pattern of a test; `\*` is a literal `*`. `None` if a `*` is where the file allows none.
fn pattern(header: &Header, test: &str) -> Option<String> {
    let is_directory = header.dialect == Dialect::WebKit && is_directory(test);
    let text = |part: &str| WildcardToken::Text(part.replace('\0', "*"));
    // No path has a null character.
    let test = test.replace('\0', "").replace(r"\*", "\0");
    let parts: Vec<&str> = test.split('*').collect();
    let is_at_end = matches!(parts.as_slice(), [_] | [_, ""]);
    if header.wildcards == Wildcards::AtEnd && !is_at_end {
        return None;
    }
    let mut tokens = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        tokens.extend((at > 0).then_some(WildcardToken::Star));
        tokens.push(text(part));
    }
    if is_directory {
        tokens.push(WildcardToken::Text(if test.ends_with('/') { "" } else { "/" }.to_owned()));
        tokens.push(WildcardToken::Star);
    }
    wildcard::pattern(tokens)
}

/// Whether a path is that of a directory: it ends with a slash, or its last part has no extension.
fn is_directory(test: &str) -> bool {
    let path = test.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    !path.ends_with('*') && !extension.starts_with(|c: char| c.is_ascii_alphabetic())
}
