//! Parser for the status column: cells such as `fail`, `Timed out` or `fail: NT_STATUS_*`.

use crate::known::pattern::BadRegex;
use crate::known::pattern::message::MessagePattern;
use crate::known::pattern::regex_budget::RegexBudget;
use crate::known::row::{Expected, FailureKind};

/// Why a status cell cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadStatus {
    /// An unknown word.
    Unknown { word: String },
    /// The pattern for the message is not a valid regular expression.
    Message { pattern: String, source: BadRegex },
}

/// The known words, in lower case, with spaces for `-` and `_`.
const STATUS_WORDS: &[(Expected, &[&str])] = &[
    (
        Expected::AnyFailure,
        &["", "any", "any failure", "expected", "expected failure", "known", "known failure"],
    ),
    (
        failure(FailureKind::Fail),
        &["fail", "fails", "failed", "failing", "failure", "xfail", "expected fail"],
    ),
    (failure(FailureKind::Error), &["error", "errors", "errored", "erroring"]),
    (
        failure(FailureKind::Timeout),
        &["timeout", "timeouts", "timed out", "time out", "times out", "hang", "hangs", "hanging"],
    ),
    (failure(FailureKind::Crash), &["crash", "crashes", "crashed", "crashing"]),
    (
        Expected::Flaky { message: None },
        &["flaky", "flake", "flakes", "flakey", "intermittent", "unstable"],
    ),
    (Expected::Skip, &["skip", "skips", "skipped", "skipping", "disabled", "not run"]),
];

const fn failure(worst: FailureKind) -> Expected {
    Expected::Failure { worst, message: None }
}

impl Expected {
    /// Parses the source of a status cell.
    pub(crate) fn parse(cell: &str, budget: &mut RegexBudget) -> Result<Expected, BadStatus> {
        let (word, text) = cell.split_once(':').unwrap_or((cell, ""));
        let text = text.trim().trim_matches('`').trim();
        let normalized = normalize(word);
        let known = STATUS_WORDS.iter().find(|(_, words)| words.contains(&normalized.as_str()));
        match known.map(|(status, _)| status.clone()) {
            Some(status) if text.is_empty() => Ok(status),
            Some(Expected::Failure { worst, message: _ }) => {
                Ok(Expected::Failure { worst, message: Some(parse_message(text, budget)?) })
            }
            Some(Expected::Flaky { message: _ }) => {
                Ok(Expected::Flaky { message: Some(parse_message(text, budget)?) })
            }
            Some(Expected::AnyFailure | Expected::Skip) | None => {
                Err(BadStatus::Unknown { word: cell.trim().to_owned() })
            }
        }
    }

    /// Whether the source of a status cell names a status.
    pub(crate) fn is_named(cell: &str) -> bool {
        cell.contains(char::is_alphanumeric)
    }
}

fn parse_message(text: &str, budget: &mut RegexBudget) -> Result<MessagePattern, BadStatus> {
    let bad = |source| BadStatus::Message { pattern: text.to_owned(), source };
    MessagePattern::parse_with_budget(text, budget).map_err(bad)
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
            ("FLAKY", Expected::Flaky { message: None }),
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
            assert!(message.matches("first\n  got NT_STATUS_NO_MEMORY, want OK\n"));
            assert!(!message.matches("NT_ STATUS"));
        }
        let Ok(Expected::Flaky { message: Some(message) }) = parse("flaky: `timed *`") else {
            panic!("a flaky row with a message")
        };
        assert!(message.matches("it timed out") && !message.matches("it hung"));
        let bad = parse("crash: re:(");
        assert!(matches!(bad, Err(BadStatus::Message { pattern, .. }) if pattern == "re:("));
    }
}
