//! Parser for the status column: cells such as `fail`, `Timed out` or `fail: NT_STATUS_*`.

use crate::known::pattern::regex_budget::RegexBudget;
use crate::known::pattern::{BadRegex, Pattern};
use crate::known::row::{Expected, FailureKind};

/// Why a status cell cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadStatus {
    /// An unknown word.
    #[error("`{word}` is no status")]
    Unknown { word: String },
    /// The pattern for the message is not a valid regular expression.
    #[error("{}", source.why)]
    Message { pattern: String, source: BadRegex },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatusWord {
    AnyFailure,
    Failure(FailureKind),
    Flaky,
    Skip,
}

/// The known words, in lower case, with spaces for `-` and `_`.
const STATUS_WORDS: &[(StatusWord, &[&str])] = &[
    (
        StatusWord::AnyFailure,
        &["", "any", "any failure", "expected", "expected failure", "known", "known failure"],
    ),
    (
        StatusWord::Failure(FailureKind::Fail),
        &["fail", "fails", "failed", "failing", "failure", "xfail", "expected fail"],
    ),
    (StatusWord::Failure(FailureKind::Error), &["error", "errors", "errored", "erroring"]),
    (
        StatusWord::Failure(FailureKind::Timeout),
        &["timeout", "timeouts", "timed out", "time out", "times out", "hang", "hangs", "hanging"],
    ),
    (StatusWord::Failure(FailureKind::Crash), &["crash", "crashes", "crashed", "crashing"]),
    (StatusWord::Flaky, &["flaky", "flake", "flakes", "flakey", "intermittent", "unstable"]),
    (StatusWord::Skip, &["skip", "skips", "skipped", "skipping", "disabled", "not run"]),
];

impl Expected {
    /// Parses the source of a status cell.
    pub(crate) fn parse(cell: &str, budget: &mut RegexBudget) -> Result<Expected, BadStatus> {
        let (word, message) = cell.split_once(':').unwrap_or((cell, ""));
        let message = message.trim().trim_matches('`').trim();
        let normalized = normalize(word);
        let known = STATUS_WORDS.iter().find(|(_, words)| words.contains(&normalized.as_str()));
        match known.map(|(word, _)| *word) {
            Some(StatusWord::AnyFailure) if message.is_empty() => Ok(Expected::AnyFailure),
            Some(StatusWord::Flaky) if message.is_empty() => Ok(Expected::Flaky),
            Some(StatusWord::Skip) if message.is_empty() => Ok(Expected::Skip),
            Some(StatusWord::Failure(worst)) => {
                Ok(Expected::Failure { worst, message: parse_message(message, budget)? })
            }
            Some(StatusWord::AnyFailure | StatusWord::Flaky | StatusWord::Skip) | None => {
                Err(BadStatus::Unknown { word: cell.trim().to_owned() })
            }
        }
    }
}

fn parse_message(message: &str, budget: &mut RegexBudget) -> Result<Option<Pattern>, BadStatus> {
    if message.is_empty() {
        return Ok(None);
    }
    let pattern = Pattern::parse_with_budget(message, budget);
    let bad = |source| BadStatus::Message { pattern: message.to_owned(), source };
    pattern.map(Some).map_err(bad)
}

/// In lower case, without emphasis and symbols, with single spaces.
fn normalize(word: &str) -> String {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let words: Vec<&str> = word.split([' ', '\t', '-', '_']).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(cell: &str) -> Result<Expected, BadStatus> {
        Expected::parse(cell, &mut RegexBudget::default())
    }

    fn failure(worst: FailureKind) -> Expected {
        Expected::Failure { worst, message: None }
    }

    #[test]
    fn status_words_parse_in_any_style() {
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
            assert!(message.is_match_in_lines("first\n  got NT_STATUS_NO_MEMORY, want OK\n"));
            assert!(!message.is_match_in_lines("NT_ STATUS"));
        }
        let bad = parse("crash: re:(");
        assert!(matches!(bad, Err(BadStatus::Message { pattern, .. }) if pattern == "re:("));
    }
}
