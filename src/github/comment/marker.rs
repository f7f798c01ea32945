//! The hidden lines of our comments: which job owns the comment, which run wrote it, where its sections begin.
//!
//! They are HTML comments that contain validated words only; everything else is percent-encoded, since `-->` would end them.
//! Anybody can write such a line, so it proves nothing without the comment's author.

use crate::github::{Context, event};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

/// Maximum length of an id that is kept as it is, in bytes.
const MAX_ID_LEN: usize = 100;

/// The prefix of each of our lines.
const MARKER_PREFIX: &str = "<!-- knownfail:";
const MARKER_SUFFIX: &str = " -->";
/// The prefix of the line above a section.
const SECTION_PREFIX: &str = "<!-- knownfail:section ";
/// The prefix of the only line of a section without text; a word without a value has that of the section before it.
const BRIEF_PREFIX: &str = "<!-- knownfail:brief ";
/// The line above the last line of a section.
pub(crate) const FOOTER_MARKER: &str = "<!-- knownfail:foot -->";

/// Identifies one of our comments on a pull request: letters, digits, `.`, `_` and single `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommentId(String);

impl CommentId {
    /// Makes an id of any text. Other characters become `-`, and such an id ends with a hash of the text, so that different texts
    /// have different ids.
    pub(crate) fn new(text: &str) -> CommentId {
        let mut id = String::new();
        for c in text.chars().take(MAX_ID_LEN) {
            let c = if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
            if c != '-' || !id.ends_with('-') {
                id.push(c);
            }
        }
        if id != text || id.is_empty() {
            id = format!("{}.{}", id.trim_end_matches('-'), hash(text));
        }
        CommentId(id)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// 128 bits of a text, as 32 hexadecimal digits.
pub(crate) fn hash(text: &str) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    format!("{:032x}", hasher.finish128().as_u128())
}

/// A section's name, short enough for its line; different names stay different.
pub(crate) fn bounded_section_name(text: &str) -> String {
    bounded(text, MAX_ID_LEN)
}

/// A text up to a number of characters; a longer one is cut and gets a hash, so that different texts stay different.
pub(crate) fn bounded(text: &str, max_len: usize) -> String {
    match text.char_indices().nth(max_len) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}….{}", &text[..at], hash(text)),
    }
}

/// The workflow as a section's line names it.
pub(crate) fn workflow_name(context: &Context) -> String {
    bounded_section_name(context.workflow_identity())
}

/// Whether a comment is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommentState {
    Live,
    /// Another comment replaced it.
    Superseded,
}

/// The word that marks a superseded comment.
const SUPERSEDED: &str = "superseded";

/// The first line of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker {
    /// The number of the run that wrote it last.
    pub run: u64,
    /// That run's id; 0 if unknown.
    pub run_id: u64,
    /// The commit that it is about.
    pub sha: String,
    pub state: CommentState,
}

impl Marker {
    /// The line, without its line end.
    pub(crate) fn to_line(&self, id: &CommentId) -> String {
        let Marker { run, run_id, sha, state } = self;
        let state = match state {
            CommentState::Live => String::new(),
            CommentState::Superseded => format!(" {SUPERSEDED}"),
        };
        format!("{}run={run} id={run_id} sha={sha}{state}{MARKER_SUFFIX}", marker_start(id))
    }

    /// Splits a comment's text into its marker and the rest; `None` without a marker of this id. Missing values count as oldest.
    pub(crate) fn parse<'a>(text: &'a str, id: &CommentId) -> Option<(Marker, &'a str)> {
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        let words = line.trim_end().strip_prefix(&marker_start(id))?.strip_suffix("-->")?;
        let mut marker =
            Marker { run: 0, run_id: 0, sha: String::new(), state: CommentState::Live };
        for word in words.split_whitespace() {
            if let Some(run) = word.strip_prefix("run=") {
                marker.run = run.parse().unwrap_or(0);
            } else if let Some(id) = word.strip_prefix("id=") {
                marker.run_id = id.parse().unwrap_or(0);
            } else if let Some(sha) = word.strip_prefix("sha=").and_then(event::parse_sha) {
                marker.sha = sha;
            } else if word == SUPERSEDED {
                marker.state = CommentState::Superseded;
            }
        }
        Some((marker, rest))
    }
}

/// The start of the line; the trailing space distinguishes `a` from `ab`.
fn marker_start(CommentId(id): &CommentId) -> String {
    format!("{MARKER_PREFIX}v1:{id} ")
}

/// The line above a section: names, which are ours, with their values.
pub(crate) fn format_section_line(fields: &[(String, String)]) -> String {
    let words: Vec<String> =
        fields.iter().map(|(word, value)| format!("{word}={}", encode(value))).collect();
    format!("{SECTION_PREFIX}{}{MARKER_SUFFIX}", words.join(" "))
}

/// The only line of a section without text, which is after one with these fields.
pub(crate) fn format_brief_line(fields: &Words, previous: &Words) -> String {
    let format = |field: &(String, String)| {
        let (word, value) = field;
        match previous.iter().find(|(name, _)| name == word) {
            Some(same) if same == field => word.clone(),
            Some(_) | None => format!("{word}={}", encode(value)),
        }
    };
    let words: Vec<String> = fields.iter().map(format).collect();
    format!("{BRIEF_PREFIX}{}{MARKER_SUFFIX}", words.join(" "))
}

/// Names and values in a line of ours.
type Words = [(String, String)];

/// A line that a section begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SectionLine {
    /// Its text follows.
    WithText(Vec<(String, String)>),
    /// It has no text.
    Brief(Vec<(String, String)>),
}

/// The names and values of such a line, after a section with these; `None` for any other line.
pub(crate) fn parse_section_line(line: &str, previous: &Words) -> Option<SectionLine> {
    let line = line.trim_end().strip_suffix("-->")?;
    if let Some(words) = line.strip_prefix(SECTION_PREFIX) {
        let pairs = words.split_whitespace().filter_map(|word| word.split_once('='));
        let pairs = pairs.map(|(word, value)| (word.to_owned(), decode(value)));
        return Some(SectionLine::WithText(pairs.collect()));
    }
    let words = line.strip_prefix(BRIEF_PREFIX)?;
    let pair = |word: &str| match word.split_once('=') {
        Some((word, value)) => Some((word.to_owned(), decode(value))),
        None => previous.iter().find(|(name, _)| name == word).cloned(),
    };
    Some(SectionLine::Brief(words.split_whitespace().filter_map(pair).collect()))
}

/// A text in which nothing is one of our lines. A directive for a list, which has a space after the colon, is none: it
/// stays as it is, to be copied.
pub(crate) fn neutralize_markers(text: &str) -> String {
    let mut parts = text.split(MARKER_PREFIX);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let prefix = if part.starts_with(' ') { MARKER_PREFIX } else { "<!--\u{200b} knownfail:" };
        text + prefix + part
    })
}

/// Percent-encodes a value to one word without `-`, so that nothing in it ends the line.
fn encode(value: &str) -> String {
    let mut word = String::new();
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' => word.push(char::from(byte)),
            byte => word.push_str(&format!("%{byte:02X}")),
        }
    }
    word
}

fn decode(word: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).filter(|_| *first == b'%');
        let byte = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        (rest, _) = match byte {
            Some(byte) => (&after[2..], bytes.push(byte)),
            None => (after, bytes.push(*first)),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_and_distinct() {
        assert_eq!(CommentId::new("ci.linux_x86-64").0, "ci.linux_x86-64");
        let texts = ["a--b", "a-b", "a b", "a\nb", "-->", "", "-", "é", "a -->\n@all", "a-"];
        let long = "x".repeat(4000);
        let ids: Vec<String> = texts
            .iter()
            .copied()
            .chain([&*long, &long[1..]])
            .map(|text| CommentId::new(text).0)
            .collect();
        for (index, id) in ids.iter().enumerate() {
            assert!(!id.is_empty() && id.len() <= MAX_ID_LEN + 33 && !id.contains("--"), "{id}");
            let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            assert!(id.bytes().all(safe), "{id}");
            assert!(!ids[..index].contains(id), "{id} twice");
        }
    }

    #[test]
    fn marker_round_trips() {
        let id = CommentId::new("linux");
        for state in [CommentState::Live, CommentState::Superseded] {
            let marker = Marker { run: 12, run_id: 9_000, sha: "ab".repeat(20), state };
            let text = format!("{}\nthe\nbody", marker.to_line(&id));
            assert_eq!(Marker::parse(&text, &id), Some((marker, "the\nbody")));
            assert_eq!(Marker::parse(&text, &CommentId::new("lin")), None);
            assert_eq!(Marker::parse(&format!("> {text}"), &id), None);
        }
        let odd = Marker::parse("<!-- knownfail:v1:linux run=x id=-1 sha=zz new=1 -->\r\n", &id);
        let oldest = Marker { run: 0, run_id: 0, sha: String::new(), state: CommentState::Live };
        assert_eq!(odd, Some((oldest, "")));
    }

    #[test]
    fn section_line_round_trips_any_text() {
        for text in ["memory", "", "a b=c", "--> <!-- x\r\n-", "%41%", "é\u{1f468}", "%"] {
            let words =
                [("name".to_owned(), text.to_owned()), ("is".to_owned(), "failure".to_owned())];
            let line = format_section_line(&words);
            assert_eq!((line.matches("--").count(), line.lines().count()), (2, 1), "{line}");
            let parsed = parse_section_line(&format!("{line}\r"), &[]);
            assert_eq!(parsed, Some(SectionLine::WithText(words.to_vec())), "{line}");
            assert_eq!(parse_section_line(&neutralize_markers(&line), &[]), None);
            for previous in [&[][..], &words, &words[1..], &[("name".to_owned(), "x".to_owned())]] {
                let line = format_brief_line(&words, previous);
                assert_eq!((line.matches("--").count(), line.lines().count()), (2, 1), "{line}");
                let parsed = parse_section_line(&line, previous);
                assert_eq!(parsed, Some(SectionLine::Brief(words.to_vec())), "{line}");
                assert_eq!(parse_section_line(&neutralize_markers(&line), previous), None);
            }
        }
        assert_eq!(parse_section_line(FOOTER_MARKER, &[]), None);
        let long = "x".repeat(4000);
        assert_ne!(bounded_section_name(&long), bounded_section_name(&long[1..]));
        assert!(bounded_section_name(&long).len() < 200);
    }
}
