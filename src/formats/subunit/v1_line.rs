//! The grammar of one line of subunit version 1.
//!
//! Whether such a line is an event depends on the stream, because tests may print lines that look the same. Most lines
//! are the start of a test, its success or a time, which are parsed first; most output differs in its first byte.
//!
//! <https://github.com/testing-cabal/subunit#version-1>

use crate::model::Outcome;

/// The words that give an outcome. A word precedes those that it ends with.
const OUTCOMES: [(&[u8], Outcome); 9] = [
    (b"uxsuccess", Outcome::Xpassed),
    (b"success", Outcome::Passed),
    (b"successful", Outcome::Passed),
    (b"failure", Outcome::Failed),
    (b"error", Outcome::Errored),
    (b"skip", Outcome::Skipped),
    (b"xfail", Outcome::Xfailed),
    (b"knownfail", Outcome::Xfailed),
    (b"fail", Outcome::Failed),
];

/// One line that may be an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SubunitLine<'a> {
    /// One of smbtorture's first lines: a run starts.
    Banner,
    Started {
        name: &'a [u8],
        separator: Separator,
    },
    Ended(OutcomeLine<'a>),
    Progress(SubunitProgress),
    SuiteStarted {
        name: &'a [u8],
    },
    /// `testsuite-count: 5`, in the output of older versions of Samba's selftest.
    SuiteCount(u64),
    /// `testsuite-failure: name`, in the output of Samba's selftest.
    SuiteEnded(OutcomeLine<'a>),
    /// `time:` and `tags:`.
    Ignored,
}

/// The end of a test or of a suite.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OutcomeLine<'a> {
    pub outcome: Outcome,
    pub name: &'a [u8],
    pub details: Details,
    pub separator: Separator,
}

/// Whether a colon follows the keyword; without it, a line is more likely to be output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    Colon,
    Space,
}

/// What follows an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Details {
    None,
    /// Lines up to a `]`.
    Lines,
    /// Parts with a type, a name and counted bytes.
    Parts,
}

/// The argument of `progress:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SubunitProgress {
    Push,
    Pop,
    Set(u64),
    Add(i64),
}

impl<'a> SubunitLine<'a> {
    /// Parses a line; `None` for output.
    pub(crate) fn parse(line: &'a [u8]) -> Option<SubunitLine<'a>> {
        // The fast path, for the most frequent lines.
        let strip = |word: &[u8]| line.strip_prefix(word).filter(|rest| !rest.is_empty());
        if strip(b"time: ").is_some() {
            return Some(SubunitLine::Ignored);
        }
        if let Some(name) = strip(b"test: ") {
            return Some(SubunitLine::Started { name, separator: Separator::Colon });
        }
        if let Some(rest) = strip(b"success: ") {
            let passed = OutcomeLine::new(Outcome::Passed, rest, Separator::Colon);
            return Some(SubunitLine::Ended(passed));
        }
        // Nearly all output differs in its first byte.
        if !matches!(line.first()?, b'e' | b'f' | b'k' | b'p' | b's' | b't' | b'u' | b'x' | b'U') {
            return None;
        }
        if matches!(line, [b's', b'm', ..] | [b'U', ..]) && is_banner(line) {
            return Some(SubunitLine::Banner);
        }
        let end = line.iter().take(24).position(|b| !b.is_ascii_lowercase() && *b != b'-')?;
        let (word, rest) = line.split_at(end);
        let (separator, rest) = match rest {
            [b':', b' ', rest @ ..] => (Separator::Colon, rest),
            [b' ', rest @ ..] => (Separator::Space, rest),
            [..] => return None,
        };
        match (word, separator) {
            (_, _) if rest.is_empty() => None,
            (b"time" | b"tags", Separator::Colon) => Some(SubunitLine::Ignored),
            (b"test" | b"testing", _) => Some(SubunitLine::Started { name: rest, separator }),
            (b"progress", Separator::Colon) => {
                SubunitProgress::parse(rest).map(SubunitLine::Progress)
            }
            (b"testsuite", Separator::Colon) => Some(SubunitLine::SuiteStarted { name: rest }),
            (b"testsuite-count", Separator::Colon) => {
                let suites = std::str::from_utf8(rest).ok()?.trim_end().parse().ok()?;
                Some(SubunitLine::SuiteCount(suites))
            }
            (b"skip-testsuite", Separator::Colon) => {
                Some(SubunitLine::SuiteEnded(OutcomeLine::new(Outcome::Skipped, rest, separator)))
            }
            (word, _) => {
                let ended = |word| Some(OutcomeLine::new(parse_outcome(word)?, rest, separator));
                match (word.strip_prefix(b"testsuite-"), separator) {
                    (Some(word), Separator::Colon) => ended(word).map(SubunitLine::SuiteEnded),
                    (Some(_), Separator::Space) => None,
                    (None, _) => ended(word).map(SubunitLine::Ended),
                }
            }
        }
    }

    /// An outcome after output without a line end: only if the line ends with the name of an open test.
    pub(crate) fn parse_after_output(line: &'a [u8], open: &str) -> Option<OutcomeLine<'a>> {
        let (without, details) = split_details(line);
        let prefix = without.strip_suffix(open.as_bytes())?.strip_suffix(b": ")?;
        let mut words = OUTCOMES.iter().filter(|(word, _)| prefix.ends_with(word));
        let &(word, outcome) = words.next()?;
        // `xfail` may be output that ends with `x` and then `fail`, unless a word starts there.
        let output = &prefix[..prefix.len() - word.len()];
        if words.next().is_some() && output.last().is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let name = &without[without.len() - open.len()..];
        Some(OutcomeLine { outcome, name, details, separator: Separator::Colon })
    }
}

impl<'a> OutcomeLine<'a> {
    fn new(outcome: Outcome, rest: &'a [u8], separator: Separator) -> OutcomeLine<'a> {
        let (name, details) = split_details(rest);
        OutcomeLine { outcome, name, details, separator }
    }
}

impl SubunitProgress {
    fn parse(rest: &[u8]) -> Option<SubunitProgress> {
        match std::str::from_utf8(rest).ok()?.trim_end() {
            "push" => Some(SubunitProgress::Push),
            "pop" => Some(SubunitProgress::Pop),
            number if number.starts_with(['+', '-']) => {
                number.parse().ok().map(SubunitProgress::Add)
            }
            number => number.parse().ok().map(SubunitProgress::Set),
        }
    }
}

fn parse_outcome(word: &[u8]) -> Option<Outcome> {
    crate::formats::emit::test_record::lookup(&OUTCOMES, word)
}

fn split_details(rest: &[u8]) -> (&[u8], Details) {
    if rest.last() != Some(&b'[') && !rest.ends_with(b"t") {
        return (rest, Details::None);
    }
    match (rest.strip_suffix(b" ["), rest.strip_suffix(b" [ multipart")) {
        (Some(name), _) => (name, Details::Lines),
        (None, Some(name)) => (name, Details::Parts),
        (None, None) => (rest, Details::None),
    }
}

fn is_banner(line: &[u8]) -> bool {
    let number = line.strip_prefix(b"smbtorture ").or_else(|| line.strip_prefix(b"Using seed "));
    number.is_some_and(|n| n.first().is_some_and(u8::is_ascii_digit))
}

/// Whether a line is a whole `time:`, which no other program prints.
pub(crate) fn is_time(line: &[u8]) -> bool {
    let shape = b"time: 0000-00-00 00:00:00";
    let same = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        shape => byte == shape,
    };
    line.len() >= shape.len() && line.iter().zip(shape).all(same)
}

/// Whether a line can be the beginning of an event.
pub(crate) fn is_event_prefix(line: &[u8]) -> bool {
    let words = OUTCOMES.iter().map(|(word, _)| *word);
    let words =
        words.chain([&b"test"[..], b"testing", b"testsuite", b"time", b"tags", b"progress"]);
    let word = line.strip_suffix(b" ").unwrap_or(line);
    let word = word.strip_suffix(b":").unwrap_or(word);
    !word.is_empty() && words.into_iter().any(|known| known.starts_with(word))
}
