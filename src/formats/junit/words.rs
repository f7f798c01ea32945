//! The words for the outcome of a testcase, in its attributes `status` and `result` or as the name of a child.

use crate::formats::emit;
use crate::model::Outcome;
use std::borrow::Cow;

/// What decides the outcome of a testcase; the entries of several words describe what is no word. A word may be in
/// any case, with `_`, `-` or spaces between its parts. The most common words come first, since each test may have two.
pub(super) const OUTCOMES: [(&str, Outcome); 110] = {
    use Outcome::{
        Crashed, Errored, Failed, Passed, Skipped, TimedOut, Unfinished, Xfailed, Xpassed,
    };
    [
        ("run", Passed),
        ("completed", Passed),
        ("passed", Passed),
        ("success", Passed),
        ("pass", Passed),
        ("ok", Passed),
        ("successful", Passed),
        ("succeeded", Passed),
        // Qt's tests on the blacklist never fail.
        ("bpass", Passed),
        // The exit status of a test.
        ("0", Passed),
        ("a testcase without one of these words and elements", Passed),
        ("notrun", Skipped),
        (DISABLED, Skipped),
        ("skipped", Skipped),
        ("skip", Skipped),
        ("ignored", Skipped),
        ("ignore", Skipped),
        ("suppressed", Skipped),
        ("pending", Skipped),
        ("todo", Skipped),
        ("inconclusive", Skipped),
        // GUT's `no asserts`: nothing was measured.
        ("noasserts", Skipped),
        ("notexecuted", Skipped),
        ("excluded", Skipped),
        ("filtered", Skipped),
        ("deselected", Skipped),
        ("notapplicable", Skipped),
        ("n/a", Skipped),
        ("unsupported", Skipped),
        ("assumptionfailure", Skipped),
        ("assumptionfailed", Skipped),
        ("disabled=\"1\", ignored=\"true\", skipped=\"true\"", Skipped),
        ("executed=\"false\"", Skipped),
        ("an element <aborted>: a failed assumption", Skipped),
        ("xfail", Xfailed),
        ("xfailed", Xfailed),
        ("expectedfailure", Xfailed),
        ("expectedfail", Xfailed),
        ("bfail", Xfailed),
        ("bxfail", Xfailed),
        ("bxpass", Xfailed),
        ("skipped type=\"pytest.xfail\"; skipped type=\"todo\" with a failure", Xfailed),
        ("skipped message=\"TEST_CASE tagged with !mayfail\" with a failure", Xfailed),
        ("untested", Unfinished),
        ("running", Unfinished),
        ("started", Unfinished),
        ("executing", Unfinished),
        ("inprogress", Unfinished),
        ("incomplete", Unfinished),
        ("queued", Unfinished),
        ("preparing", Unfinished),
        ("installing", Unfinished),
        ("incomplete=\"true\"", Unfinished),
        ("a testcase that the file ends in", Unfinished),
        ("xpass", Xpassed),
        ("xpassed", Xpassed),
        ("unexpectedsuccess", Xpassed),
        ("unexpectedpass", Xpassed),
        ("upass", Xpassed),
        ("failure message=\"[XPASS(strict)] …\"", Xpassed),
        ("failed", Failed),
        ("fail", Failed),
        ("failure", Failed),
        ("unsuccessful", Failed),
        ("notok", Failed),
        ("nok", Failed),
        ("ko", Failed),
        ("rejected", Failed),
        ("unstable", Failed),
        ("undefined", Failed),
        ("ambiguous", Failed),
        ("risky", Failed),
        ("useless", Failed),
        ("warning", Failed),
        ("success=\"false\", passed=\"false\", failed=\"true\", failures=\"1\"", Failed),
        ("rerunFailure without a failure", Failed),
        ("any other word, any other element", Failed),
        ("error", Errored),
        ("errored", Errored),
        ("broken", Errored),
        ("blocked", Errored),
        ("aborted", Errored),
        ("canceled", Errored),
        ("cancelled", Errored),
        ("stopped", Errored),
        ("terminated", Errored),
        ("interrupted", Errored),
        ("invalid", Errored),
        ("unresolved", Errored),
        ("exception", Errored),
        ("fatal", Errored),
        ("internalerror", Errored),
        ("hookerror", Errored),
        ("cleanuperror", Errored),
        ("rerunError without an error, errors=\"1\"", Errored),
        ("a suite without a testcase that wrote to system-err", Errored),
        ("timeout", TimedOut),
        ("timedout", TimedOut),
        ("testtimeout", TimedOut),
        ("hung", TimedOut),
        ("failure type=\"test timeout\"; bats's \"failed due to timeout\"", TimedOut),
        ("crash", Crashed),
        ("crashed", Crashed),
        ("panicked", Crashed),
        ("panic", Crashed),
        ("killed", Crashed),
        ("segfault", Crashed),
        ("qfatal", Crashed),
        ("failure or error type=\"test abort\"", Crashed),
        ("an error that says that a worker of pytest-xdist crashed", Crashed),
    ]
};

/// The status that takes precedence over a failure.
pub(super) const DISABLED: &str = "disabled";

/// The outcome of a word, if it is a known one.
pub(super) fn outcome_for_word(word: &str) -> Option<Outcome> {
    let word = word.trim();
    let find = |word: &str| OUTCOMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
    let known = find(word).or_else(|| {
        let joined = word.contains(SEPARATORS).then(|| word.replace(SEPARATORS, ""));
        joined.and_then(|word| find(&word))
    });
    // An entry of several words is no word.
    known.filter(|(known, _)| !known.contains(' ')).map(|(_, outcome)| *outcome)
}

/// Whether a value means no.
pub(super) fn is_no(value: &str) -> bool {
    NO.iter().any(|no| no.eq_ignore_ascii_case(value))
}

const NO: [&str; 3] = ["false", "no", "0"];

/// What may be between the parts of a word, as in `TIMED_OUT`.
const SEPARATORS: [char; 3] = ['_', '-', ' '];

/// Describes the value of an attribute or the name of an element that is not known.
pub(super) fn unknown(what: &str, word: &str) -> String {
    emit::unknown(what, &shorten(word))
}

/// The beginning of a word that may be of any length.
pub(super) fn shorten(word: &str) -> Cow<'_, str> {
    match word.char_indices().nth(MAX_WORD_LEN) {
        None => Cow::Borrowed(word),
        Some((end, _)) => Cow::Owned(format!("{}…", &word[..end])),
    }
}

/// The most characters of an unknown word that are shown.
const MAX_WORD_LEN: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_spelling() {
        for word in ["TIMED_OUT", "timed out", "TimedOut", " timed-out "] {
            assert_eq!(outcome_for_word(word), Some(Outcome::TimedOut), "{word}");
        }
        assert_eq!(outcome_for_word("NOT_RUN"), Some(Outcome::Skipped));
        assert_eq!(outcome_for_word("zorked"), None);
        assert_eq!(outcome_for_word("any other word, any other element"), None);
    }

    #[test]
    fn no_word_is_listed_twice() {
        for (index, (word, _)) in OUTCOMES.iter().enumerate() {
            assert!(OUTCOMES[..index].iter().all(|(earlier, _)| earlier != word), "{word}");
        }
    }
}
