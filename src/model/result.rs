//! What one run said of one test, once.
//!
//! A [`TestResult`] borrows from the reader's buffer and lives for one call: whoever wants to keep
//! something of it copies that.

use super::{Origin, Outcome};
use crate::byte_search;
use std::borrow::Cow;

/// How a test's name is written everywhere: whole, with control characters shown as escapes.
pub struct TestName;

impl TestName {
    /// The name as it is shown and compared: control characters, line separators and invisible
    /// direction marks become `\n`, `\t` or `\u{…}`; everything else, blanks included, stays.
    #[inline]
    pub fn escape(raw: &str) -> Cow<'_, str> {
        match byte_search::all_in_range_except(b' '..=DELETE, DELETE, raw) {
            true => Cow::Borrowed(raw),
            false => TestName::escape_slow(raw),
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

/// How much of a message is kept, in bytes.
pub const MAX_MESSAGE_LEN: usize = 8 * 1024;

/// The first `limit` bytes of a text, whole characters only.
#[inline]
pub fn truncate_at_char(text: &str, limit: usize) -> &str {
    if text.len() <= limit { text } else { &text[..text.floor_char_boundary(limit)] }
}

/// The first line of a message that says something, without blanks around it.
pub fn first_line(message: &str) -> Option<&str> {
    message.lines().map(str::trim).find(|line| !line.is_empty())
}

/// How many bytes two texts have in common at their start.
pub fn common_prefix_len(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

const DELETE: u8 = 0x7f;

/// Characters a reader cannot see, or that change how their neighbours are shown.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Whether the format says that this result is one of several tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The only result the runner means to give, or the last of several tries.
    Final,
    /// A try that another one followed, as surefire's rerun elements or nextest's retries say. It
    /// counts for no plan.
    Intermediate,
}

/// Where a test stands in the source, as the results file says: untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceLocation<'a> {
    /// The path as the runner printed it.
    pub file: Cow<'a, str>,
    /// 1-based line, if known.
    pub line: Option<u64>,
}

/// A suite within a file: the file's number and the suite's number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SuiteId {
    /// The file's number, as in [`Origin::file`].
    pub file: u32,
    /// Counted from 0 in the order of appearance; 0 is the file itself.
    pub suite: u32,
}

/// What one run said of one test, once.
#[derive(Debug, Clone)]
pub struct TestResult<'a> {
    /// The whole identity, as [`TestName::shown`] writes it, prefix included.
    pub name: Cow<'a, str>,
    /// What the runner said.
    pub outcome: Outcome,
    /// Whether it was one try of several.
    pub attempt: Attempt,
    /// What the runner said about a failure or a skip; may be empty, may hold line breaks.
    pub message: Cow<'a, str>,
    /// Where the test stands in the source, when the results say so.
    pub location: Option<SourceLocation<'a>>,
    /// The suite it came in, for the place of an incompleteness.
    pub suite: SuiteId,
    /// Where in the results files it stands.
    pub origin: Origin,
}
