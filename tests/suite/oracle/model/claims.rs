//! The list: which rows count, what their cells mean, and which row claims a test.

use crate::oracle::case::{Case, Directive, Outcome};
use regex::Regex;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// One row of the list.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub file: &'static str,
    /// 1-based.
    pub line: u32,
    pub pattern: &'static str,
    /// "A pattern also matches a name that ends with it after a separator."
    pub matches_ends: bool,
    pub expected: Expected,
    /// The alternatives of the column, or those of the section's directive; empty for all variants.
    pub variants: Vec<&'static str>,
    pub standing: Standing,
}

/// Whether a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    /// An earlier row of the document has the same pattern and variants.
    Duplicate,
    /// A later document has a row with the same pattern and variants.
    Replaced,
}

/// What a row excuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// "Without one, a row excuses any failure."
    AnyFailure,
    /// "`fail`, `error`, `timeout` and `crash` are ordered by severity: a row excuses its own severity and anything
    /// milder." `pin` is what a line of the message must show.
    Failure { worst: Severity, pin: Option<&'static str> },
    /// "`flaky` accepts failing and passing." `pin` is what a line of the message of a failure must show.
    Flaky { pin: Option<&'static str> },
    /// "`skip` expects that the test does not run."
    Skip,
}

/// How badly a test failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Fail,
    Error,
    Timeout,
    Crash,
}

/// All rows, in the order of the documents.
pub(crate) fn rows(case: &Case) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for document in &case.documents {
        for (line, section, cells) in document.write().1 {
            let (mut of_section, mut status) = ("", "");
            match section.directive {
                Directive::Variants(names) => of_section = names,
                Directive::Status(word) => status = word,
                Directive::None | Directive::Ignore | Directive::MatchEnd => {}
            }
            let cell = if cells.variants.is_empty() { of_section } else { cells.variants };
            let status = if cells.status.is_empty() { status } else { cells.status };
            let row = Row {
                file: document.path,
                line,
                pattern: cells.pattern,
                matches_ends: section.directive == Directive::MatchEnd
                    && !cells.pattern.starts_with("re:"),
                expected: expected(status),
                variants: cell.split(", ").filter(|name| !name.is_empty()).collect(),
                standing: Standing::Active,
            };
            add(&mut rows, row);
        }
    }
    rows
}

/// "The same pattern and variants are listed twice": the second row of a document claims nothing. "A row of a later
/// document replaces the row of an earlier one with the same pattern and variants."
fn add(rows: &mut Vec<Row>, mut row: Row) {
    let twin = rows
        .iter_mut()
        .find(|earlier| earlier.standing == Standing::Active && earlier.claims_the_same_as(&row));
    match twin {
        Some(twin) if twin.file == row.file => row.standing = Standing::Duplicate,
        Some(twin) => twin.standing = Standing::Replaced,
        None => {}
    }
    rows.push(row);
}

/// "`document` is a row that cannot be read, or a contradiction": a duplicate that expects something else.
pub(crate) fn has_contradiction(rows: &[Row]) -> bool {
    let duplicates = rows.iter().filter(|row| row.standing == Standing::Duplicate);
    duplicates.into_iter().any(|duplicate| {
        let first = rows.iter().find(|row| {
            row.file == duplicate.file
                && row.standing != Standing::Duplicate
                && row.claims_the_same_as(duplicate)
        });
        first.is_some_and(|first| first.expected != duplicate.expected)
    })
}

/// The row that a duplicate repeats, which has the history of both; any other row itself.
pub(crate) fn first_of_equals(rows: &[Row], index: usize) -> usize {
    let row = &rows[index];
    let is_first = |other: &Row| other.file == row.file && other.claims_the_same_as(row);
    let first = rows.iter().position(is_first).filter(|_| row.standing == Standing::Duplicate);
    first.unwrap_or(index)
}

/// "Among the rows whose variants allow it: exact before wildcard before `re:`; among wildcards the one with the longest
/// literal text; then the first in the file." The index of the row.
pub(crate) fn claim(rows: &[Row], name: &str, variant: &str) -> Option<usize> {
    let candidates = rows.iter().enumerate().filter(|(_, row)| {
        row.standing == Standing::Active && row.allows(variant) && row.matches(name)
    });
    let rank = |index: usize, row: &Row| match row.kind() {
        Kind::Exact => (0, 0, index),
        Kind::Wildcard => (1, usize::MAX - literal_length(row.pattern), index),
        Kind::Expression => (2, 0, index),
    };
    candidates.min_by_key(|(index, row)| rank(*index, row)).map(|(index, _)| index)
}

impl Row {
    fn claims_the_same_as(&self, other: &Row) -> bool {
        let sorted = |row: &Row| {
            let mut variants: Vec<String> =
                row.variants.iter().map(|item| canonical(item)).collect();
            variants.sort_unstable();
            variants
        };
        self.pattern == other.pattern
            && self.matches_ends == other.matches_ends
            && sorted(self) == sorted(other)
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let after = |(at, separator): (usize, &str)| &name[at + separator.len()..];
        let mut ends = name.match_indices(['.', '/', ':', '#', '>', ' ', '\\']).map(after);
        matches(self.pattern, name)
            || self.matches_ends && ends.any(|end| matches(self.pattern, end))
    }

    /// A row that matches ends ranks like a wildcard.
    fn kind(&self) -> Kind {
        if self.matches_ends { Kind::Wildcard } else { kind(self.pattern) }
    }

    /// "Where: `memory, postgres`, `!windows`, `linux nvidia`, `ubuntu-*`": one of the alternatives, and none of those with a
    /// `!`.
    pub(crate) fn allows(&self, variant: &str) -> bool {
        let (excluded, named): (Vec<&str>, Vec<&str>) =
            self.variants.iter().partition(|name| name.starts_with('!'));
        let is_named = named.is_empty() || named.iter().any(|item| is_of(item, variant));
        is_named && !excluded.iter().any(|item| is_of(&item[1..], variant))
    }

    /// Whether it names exactly one test.
    pub(crate) fn is_exact(&self) -> bool {
        self.kind() == Kind::Exact
    }

    /// Whether a test whose name begins with `prefix` could match.
    pub(crate) fn could_match(&self, prefix: &str) -> bool {
        match self.kind() {
            _ if self.matches_ends => true,
            Kind::Exact => literal_text(self.pattern).starts_with(prefix),
            Kind::Wildcard => {
                let (pattern, prefix): (Vec<char>, Vec<char>) =
                    (self.pattern.chars().collect(), prefix.chars().collect());
                could_match(&pattern, &prefix)
            }
            Kind::Expression => true,
        }
    }
}

/// "Each is a pattern over the whole variant, or a set of words, each of which the variant must have."
pub(crate) fn is_of(item: &str, variant: &str) -> bool {
    let has_word = |word: &str| variant.split_whitespace().any(|own| matches(word, own));
    let has_words = !item.starts_with("re:") && item.split_whitespace().all(has_word);
    matches(item, variant) || has_words
}

/// The order of words without wildcards does not matter.
fn canonical(item: &str) -> String {
    let (mark, words) = item.strip_prefix('!').map_or(("", item), |words| ("!", words));
    let mut words: Vec<&str> = words.split(' ').collect();
    if kind(item) == Kind::Exact {
        words.sort_unstable();
    }
    format!("{mark}{}", words.join(" "))
}

#[derive(PartialEq, Eq)]
enum Kind {
    Exact,
    Wildcard,
    Expression,
}

fn kind(pattern: &str) -> Kind {
    let is_wild = |pattern: &str| {
        let without_escapes = ["\\\\", "\\*", "\\?"]
            .into_iter()
            .fold(pattern.to_owned(), |text, escape| text.replace(escape, ""));
        without_escapes.contains(['*', '?'])
    };
    if pattern.starts_with("re:") {
        Kind::Expression
    } else if is_wild(pattern) {
        Kind::Wildcard
    } else {
        Kind::Exact
    }
}

/// "The whole name must match." "`re:` before a pattern makes it a regular expression over the whole name."
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("re:") {
        Some(expression) => compile(&format!("^(?:{expression})$")).is_match(name),
        None => {
            let (pattern, name): (Vec<char>, Vec<char>) =
                (pattern.chars().collect(), name.chars().collect());
            matches_wildcard(&pattern, &name)
        }
    }
}

/// A regular expression; the few that there are, are compiled once.
fn compile(expression: &str) -> Regex {
    thread_local! {
        static COMPILED: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
    }
    COMPILED.with_borrow_mut(|compiled| {
        let entry = compiled.entry(expression.to_owned());
        entry.or_insert_with(|| Regex::new(expression).unwrap()).clone()
    })
}

/// "`*` matches any characters, `?` any one character; `\*`, `\?` and `\\` are literal, and nothing else is special."
fn matches_wildcard(pattern: &[char], name: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['*', rest @ ..] => {
            (0..=name.len()).any(|skipped| matches_wildcard(rest, &name[skipped..]))
        }
        ['?', rest @ ..] => !name.is_empty() && matches_wildcard(rest, &name[1..]),
        ['\\', literal @ ('*' | '?' | '\\'), rest @ ..] | [literal, rest @ ..] => {
            name.first() == Some(literal) && matches_wildcard(rest, &name[1..])
        }
    }
}

/// Whether some name that begins with `prefix` matches.
fn could_match(pattern: &[char], prefix: &[char]) -> bool {
    match (pattern, prefix) {
        (_, []) | (['*', ..], _) => true,
        ([], _) => false,
        (['?', rest @ ..], [_, more @ ..]) => could_match(rest, more),
        (
            ['\\', literal @ ('*' | '?' | '\\'), rest @ ..] | [literal, rest @ ..],
            [next, more @ ..],
        ) => literal == next && could_match(rest, more),
    }
}

/// The characters that are no wildcards.
fn literal_text(pattern: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '*' | '?' => {}
            '\\' => text.push(rest.next_if(|c| "*?\\".contains(*c)).unwrap_or('\\')),
            literal => text.push(literal),
        }
    }
    text
}

fn literal_length(pattern: &str) -> usize {
    literal_text(pattern).chars().count()
}

fn expected(status: &'static str) -> Expected {
    let (word, pin) = match status.split_once(": ") {
        Some((word, pin)) => (word, Some(pin)),
        None => (status, None),
    };
    let failure = |worst| Expected::Failure { worst, pin };
    match word {
        "" => Expected::AnyFailure,
        "fail" => failure(Severity::Fail),
        "error" => failure(Severity::Error),
        "timeout" => failure(Severity::Timeout),
        "crash" => failure(Severity::Crash),
        "flaky" => Expected::Flaky { pin },
        "skip" => Expected::Skip,
        unknown => panic!("no status: {unknown}"),
    }
}

impl Expected {
    /// Whether a test may fail so.
    pub(crate) fn excuses(self, failure: Outcome) -> bool {
        match self {
            Expected::AnyFailure | Expected::Flaky { .. } => true,
            Expected::Failure { worst, .. } => {
                severity(failure).is_some_and(|severity| severity <= worst)
            }
            Expected::Skip => false,
        }
    }

    /// Whether a test may start and never end: that is a hang, so as bad as a timeout.
    pub(crate) fn excuses_hang(self) -> bool {
        matches!(self, Expected::AnyFailure | Expected::Flaky { .. }) || self.accepts_cut_suite()
    }

    /// "When a row with `timeout` or `crash` claims a test that never ended, it also accepts that the rest of that suite
    /// did not run."
    pub(crate) fn accepts_cut_suite(self) -> bool {
        matches!(self, Expected::Failure { worst: Severity::Timeout | Severity::Crash, .. })
    }

    /// Whether it accepts failing and passing.
    pub(crate) fn is_flaky(self) -> bool {
        matches!(self, Expected::Flaky { .. })
    }

    /// What the message of a failure must show.
    pub(crate) fn pin(self) -> Option<&'static str> {
        match self {
            Expected::Failure { pin, .. } | Expected::Flaky { pin } => pin,
            Expected::AnyFailure | Expected::Skip => None,
        }
    }
}

/// How badly a failing test failed; "passed unexpectedly" is a failure.
pub(crate) fn severity(outcome: Outcome) -> Option<Severity> {
    match outcome {
        Outcome::Passed | Outcome::Skipped | Outcome::Xfailed | Outcome::Unfinished => None,
        Outcome::Xpassed | Outcome::Failed => Some(Severity::Fail),
        Outcome::Errored => Some(Severity::Error),
        Outcome::TimedOut => Some(Severity::Timeout),
        Outcome::Crashed => Some(Severity::Crash),
    }
}

/// Whether a pattern matches a part of a line of a message.
pub(crate) fn matches_message(pattern: &str, message: &str) -> bool {
    match pattern.strip_prefix("re:") {
        Some(expression) => {
            let expression = compile(expression);
            message.lines().any(|line| expression.is_match(line))
        }
        None => message.lines().any(|line| matches(&format!("*{pattern}*"), line)),
    }
}
