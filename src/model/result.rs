//! One result of one test.
//!
//! A [`TestResult`] borrows from the reader's buffer and lives for one call; copy what has to be kept.

use super::{Attempt, Outcome};
use crate::byte_search;
use std::borrow::Cow;

/// How the name of a test is written everywhere: whole, with control characters escaped.
pub struct TestName;

impl TestName {
    /// The name as it is shown and compared: control characters, line separators and invisible
    /// characters become `\n`, `\t` or `\u{…}`; everything else, spaces included, is kept.
    #[inline]
    pub fn escape(raw: &str) -> Cow<'_, str> {
        if byte_search::all_in_range_except(b' '..=DELETE, DELETE, raw) {
            Cow::Borrowed(raw)
        } else {
            TestName::escape_slow(raw)
        }
    }

    #[cold]
    fn escape_slow(raw: &str) -> Cow<'_, str> {
        if !raw.chars().any(is_invisible) {
            return Cow::Borrowed(raw);
        }
        let mut escaped = String::with_capacity(raw.len() + 8);
        for c in raw.chars() {
            match c {
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                '\t' => escaped.push_str("\\t"),
                c if is_invisible(c) => escaped.extend(c.escape_unicode()),
                c => escaped.push(c),
            }
        }
        Cow::Owned(escaped)
    }
}

/// The maximum length of a message in bytes; the rest is dropped.
pub const MAX_MESSAGE_LEN: usize = 8 * 1024;

/// The first `limit` bytes of a text, or fewer so that no character is cut.
#[inline]
pub fn truncate_at_char(text: &str, limit: usize) -> &str {
    if text.len() <= limit { text } else { &text[..text.floor_char_boundary(limit)] }
}

/// The first non-blank line of a message, trimmed.
pub fn first_line(message: &str) -> Option<&str> {
    message.lines().map(str::trim).find(|line| !line.is_empty())
}

/// How many bytes two texts have in common at their start.
pub fn common_prefix_len(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

const DELETE: u8 = 0x7f;

/// Whether a character has no shape of its own: controls, and what Unicode calls default ignorable, except for the
/// variation selectors of emoji.
///
/// Source: <https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt>
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{13430}'..='\u{1343f}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The source location of a test, as the results file has it: untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLocation<'a> {
    /// The path as the runner printed it.
    pub file: Cow<'a, str>,
    /// 1-based line, if known.
    pub line: Option<u64>,
}

/// A suite of a results file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SuiteId {
    /// The index of the file, as in [`Origin::file`].
    pub file: u32,
    /// Its index in the file in the order of appearance; 0 is the file itself.
    pub suite: u32,
}

/// A line of a results file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The index of the file among the sorted results files of the run.
    pub file: u32,
    /// 1-based line; 0 when the format has no lines.
    pub line: u32,
}

#[derive(Debug, Clone)]
pub struct TestResult<'a> {
    /// The whole identity: the prefix and the name, escaped by [`TestName::escape`].
    pub name: Cow<'a, str>,
    /// The outcome that the runner reported.
    pub outcome: Outcome,
    /// Whether it is one attempt of several.
    pub attempt: Attempt,
    /// The message of a failure or skip; may be empty and may contain line breaks.
    pub message: Cow<'a, str>,
    /// The test's source location, where the results have one.
    pub location: Option<SourceLocation<'a>>,
    /// The innermost suite that contains it.
    pub suite: SuiteId,
    /// Its line in the results files.
    pub origin: Origin,
}
