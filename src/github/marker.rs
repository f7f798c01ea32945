//! The hidden first line of our comments: whose it is, which run wrote it, whether it still counts.
//!
//! In: the comment's id, a run, a commit. Out: one HTML comment, and back. A newcomer's trap: the
//! line holds checked words only, never text from outside, because `-->` would end it; and anyone
//! can write such a line, so it proves nothing without the comment's author.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

/// What is kept of an id as it is, in bytes.
const ID_LIMIT: usize = 100;

/// Which of the comments of a pull request: letters, digits, `.`, `_` and single `-` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Id(String);

impl Id {
    /// Makes an id of any text. Other characters become `-`; so that two ids stay two, such an id
    /// ends with a hash of the whole text.
    pub(super) fn of(text: &str) -> Id {
        let mut id = String::new();
        for c in text.chars().take(ID_LIMIT) {
            let c = if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
            if c != '-' || !id.ends_with('-') {
                id.push(c);
            }
        }
        if id != text || id.is_empty() {
            let mut hasher = SipHasher13::new();
            hasher.write(text.as_bytes());
            id = format!("{}.{:032x}", id.trim_end_matches('-'), hasher.finish128().as_u128());
        }
        Id(id)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a comment still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Live,
    /// Another one took its place.
    Superseded,
}

/// What a superseded comment's line says so with.
const SUPERSEDED: &str = "superseded";

/// What the line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// The number of the run and its attempt: later ones are greater.
    pub run: (u64, u64),
    /// The commit it speaks of.
    pub sha: String,
    pub state: State,
}

impl Marker {
    /// The line, without its end.
    pub(super) fn line(&self, id: &Id) -> String {
        let Marker { run: (number, attempt), sha, state } = self;
        let state = match state {
            State::Live => String::new(),
            State::Superseded => format!("{SUPERSEDED} "),
        };
        format!("{}run={number}.{attempt} sha={sha} {state}-->", start(id))
    }

    /// Reads a comment's text into its marker and the rest; `None` when it has no marker with this
    /// id. What the marker lacks counts as oldest.
    pub(super) fn read<'a>(text: &'a str, id: &Id) -> Option<(Marker, &'a str)> {
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        let words = line.trim_end().strip_prefix(&start(id))?.strip_suffix("-->")?;
        let mut marker = Marker { run: (0, 0), sha: String::new(), state: State::Live };
        for word in words.split_whitespace() {
            if let Some((number, attempt)) =
                word.strip_prefix("run=").and_then(|run| run.split_once('.'))
            {
                marker.run = (number.parse().unwrap_or(0), attempt.parse().unwrap_or(0));
            } else if let Some(sha) = word.strip_prefix("sha=").and_then(super::context::sha) {
                marker.sha = sha;
            } else if word == SUPERSEDED {
                marker.state = State::Superseded;
            }
        }
        Some((marker, rest))
    }
}

/// What the line begins with. The blank at its end keeps `a` apart from `ab`.
fn start(Id(id): &Id) -> String {
    format!("<!-- knownfail:v1:{id} ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_harmless_and_two_ids_stay_two() {
        assert_eq!(Id::of("ci.linux_x86-64").0, "ci.linux_x86-64");
        let texts = ["a--b", "a-b", "a b", "a\nb", "-->", "", "-", "é", "a -->\n@all", "a-"];
        let long = "x".repeat(4000);
        let ids: Vec<String> =
            texts.iter().copied().chain([&*long, &long[1..]]).map(|text| Id::of(text).0).collect();
        for (index, id) in ids.iter().enumerate() {
            assert!(!id.is_empty() && id.len() <= ID_LIMIT + 33 && !id.contains("--"), "{id}");
            let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            assert!(id.bytes().all(safe), "{id}");
            assert!(!ids[..index].contains(id), "{id} twice");
        }
    }

    #[test]
    fn a_marker_read_is_the_marker_written() {
        let id = Id::of("linux");
        for state in [State::Live, State::Superseded] {
            let marker = Marker { run: (12, 3), sha: "ab".repeat(20), state };
            let text = format!("{}\nthe\nbody", marker.line(&id));
            assert_eq!(Marker::read(&text, &id), Some((marker, "the\nbody")));
            assert_eq!(Marker::read(&text, &Id::of("lin")), None);
            assert_eq!(Marker::read(&format!("> {text}"), &id), None);
        }
        let odd = Marker::read("<!-- knownfail:v1:linux run=x sha=zz new=1 -->\r\n", &id);
        let oldest = Marker { run: (0, 0), sha: String::new(), state: State::Live };
        assert_eq!(odd, Some((oldest, "")));
    }
}
