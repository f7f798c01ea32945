//! The status column: which words say what a row excuses.
//!
//! In: the source text of a cell such as `fail`, `Timed out` or `fail: NT_STATUS_*`. Out: an
//! [`Expected`]. A newcomer's trap: an unknown word makes a row excuse any failure, as without a
//! status; it never makes it excuse nothing.

use crate::known::pattern::regex_budget::Budget;
use crate::known::{BadRegex, Expected, FailureKind, Pattern};

/// Why a status cell says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadStatus {
    /// A word that is no status.
    #[error("`{word}` is no status")]
    Unknown { word: String },
    /// What the message is pinned to is no regular expression.
    #[error("{}", source.why)]
    Message { pattern: String, source: BadRegex },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    AnyFailure,
    Failure(FailureKind),
    Flaky,
    Skip,
}

/// Every word there is, in lower case, with blanks for `-` and `_`.
const WORDS: &[(Word, &[&str])] = &[
    (
        Word::AnyFailure,
        &["", "any", "any failure", "expected", "expected failure", "known", "known failure"],
    ),
    (
        Word::Failure(FailureKind::Fail),
        &["fail", "fails", "failed", "failing", "failure", "xfail", "expected fail"],
    ),
    (Word::Failure(FailureKind::Error), &["error", "errors", "errored", "erroring"]),
    (
        Word::Failure(FailureKind::Timeout),
        &["timeout", "timeouts", "timed out", "time out", "times out", "hang", "hangs", "hanging"],
    ),
    (Word::Failure(FailureKind::Crash), &["crash", "crashes", "crashed", "crashing"]),
    (Word::Flaky, &["flaky", "flake", "flakes", "flakey", "intermittent", "unstable"]),
    (Word::Skip, &["skip", "skips", "skipped", "skipping", "disabled", "not run"]),
];

impl Expected {
    /// Reads a status cell.
    pub(crate) fn parse(cell: &str, budget: &mut Budget) -> Result<Expected, BadStatus> {
        let (word, message) = cell.split_once(':').unwrap_or((cell, ""));
        let message = message.trim().trim_matches('`').trim();
        let normal = normal(word);
        let known = WORDS.iter().find(|(_, words)| words.contains(&normal.as_str()));
        match known.map(|(word, _)| *word) {
            Some(Word::AnyFailure) if message.is_empty() => Ok(Expected::AnyFailure),
            Some(Word::Flaky) if message.is_empty() => Ok(Expected::Flaky),
            Some(Word::Skip) if message.is_empty() => Ok(Expected::Skip),
            Some(Word::Failure(worst)) => {
                Ok(Expected::Failure { worst, message: pinned(message, budget)? })
            }
            Some(Word::AnyFailure | Word::Flaky | Word::Skip) | None => {
                Err(BadStatus::Unknown { word: cell.trim().to_owned() })
            }
        }
    }
}

fn pinned(message: &str, budget: &mut Budget) -> Result<Option<Pattern>, BadStatus> {
    if message.is_empty() {
        return Ok(None);
    }
    let pattern = Pattern::parse_within(message, budget);
    let bad = |source| BadStatus::Message { pattern: message.to_owned(), source };
    pattern.map(Some).map_err(bad)
}

/// The word without emphasis, signs and case.
fn normal(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let words: Vec<&str> = word.split([' ', '\t', '-', '_']).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(cell: &str) -> Result<Expected, BadStatus> {
        Expected::parse(cell, &mut Budget::default())
    }

    fn failure(worst: FailureKind) -> Expected {
        Expected::Failure { worst, message: None }
    }

    #[test]
    fn words_in_any_dress() {
        let cases = [
            ("", Expected::AnyFailure),
            ("-", Expected::AnyFailure),
            ("Expected", Expected::AnyFailure),
            ("`fail`", failure(FailureKind::Fail)),
            ("**Fails**", failure(FailureKind::Fail)),
            ("Error", failure(FailureKind::Error)),
            ("Timed-Out", failure(FailureKind::Timeout)),
            ("timed  out", failure(FailureKind::Timeout)),
            ("❌ crash", failure(FailureKind::Crash)),
            ("fail:", failure(FailureKind::Fail)),
            ("FLAKY", Expected::Flaky),
            ("skipped", Expected::Skip),
        ];
        for (cell, expected) in cases {
            assert_eq!(parse(cell), Ok(expected), "{cell:?}");
        }
        for cell in ["Permanently", "fail or pass", "skip: needs root", "passes"] {
            let word = cell.to_owned();
            assert_eq!(parse(cell), Err(BadStatus::Unknown { word }));
        }
    }

    #[test]
    fn a_message_can_be_pinned() {
        for cell in ["fail: NT_STATUS_*", "`fail: NT_STATUS_*`", "fail: `NT_STATUS_*`"] {
            let Ok(Expected::Failure { worst, message: Some(message) }) = parse(cell) else {
                panic!("{cell}")
            };
            assert_eq!((worst, message.as_str()), (FailureKind::Fail, "NT_STATUS_*"));
            assert!(message.contains_match("first\n  got NT_STATUS_NO_MEMORY, want OK\n"));
            assert!(!message.contains_match("NT_ STATUS"));
        }
        let bad = parse("crash: re:(");
        assert!(matches!(bad, Err(BadStatus::Message { pattern, .. }) if pattern == "re:("));
    }
}
