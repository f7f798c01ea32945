//! Parses the lines that unittest prints: titles, outcomes, headings, totals.

use crate::formats::emit::test_record::lookup;
use crate::model::Outcome;

/// The words after a test's title.
pub(super) const OUTCOMES: [(&str, Outcome); 7] = [
    ("ok", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    (SKIPPED, Outcome::Skipped),
    (EXPECTED, Outcome::Xfailed),
    (UNEXPECTED, Outcome::Xpassed),
    ("a test without an outcome", Outcome::Unfinished),
];

pub(super) const SKIPPED: &str = "skipped";
pub(super) const EXPECTED: &str = "expected failure";
pub(super) const UNEXPECTED: &str = "unexpected success";

/// The words of headings.
const HEADINGS: [(&str, &str); 3] =
    [("FAIL", "FAIL"), ("ERROR", "ERROR"), ("UNEXPECTED SUCCESS", UNEXPECTED)];

/// The verdict of a run that failed.
pub(super) const FAILED: &str = "FAILED";
const VERDICTS: [&str; 3] = ["OK", FAILED, "NO TESTS RAN"];

/// The counts of the verdict, and the words that are counted.
pub(super) const FAILURE_COUNTS: [(&str, &str); 3] =
    [("failures=", "FAIL"), ("errors=", "ERROR"), ("unexpected successes=", UNEXPECTED)];
pub(super) const SKIP_COUNTS: [(&str, &str); 2] =
    [("skipped=", SKIPPED), ("expected failures=", EXPECTED)];

/// What is set up and torn down around tests: its failures are no tests.
const FIXTURES: [&str; 4] = ["setUpClass", "tearDownClass", "setUpModule", "tearDownModule"];

pub(super) fn outcome_of(word: &str) -> Outcome {
    lookup(&OUTCOMES, word).unwrap_or(Outcome::Failed)
}

/// The title of a test, and what follows it on its line.
pub(super) struct Title<'a> {
    /// The name of the test, without the parameters of a subtest.
    pub name: String,
    /// `[message] (parameters)` of a subtest, with a blank before them.
    pub parameters: &'a str,
    pub status: &'a str,
    /// Whether the class is followed by the test's name again, as from Python 3.11 on.
    pub has_full_path: bool,
}

impl<'a> Title<'a> {
    /// Parses `test_x (m.T.test_x)`, or the older `test_x (m.T)`. Output may stand before it.
    pub(super) fn parse(title: &'a str) -> Option<Title<'a>> {
        let (test, rest) = title.split_once(" (")?;
        let test = test.rsplit(' ').next().unwrap_or(test);
        let (path, parameters) = rest.split_once(')')?;
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_.<>".contains(c))
        };
        if !is_name(test) || !is_name(path) || !(path.contains('.') || FIXTURES.contains(&test)) {
            return None;
        }
        let last = path.rsplit('.').next().unwrap_or(path);
        let has_full_path = test == last || (last.starts_with("test") && test.ends_with(last));
        let name = if has_full_path { path.to_owned() } else { format!("{path}.{test}") };
        Some(Title { name, parameters, status: "", has_full_path })
    }

    /// The same title without the output before it: tests begin with `test`.
    pub(super) fn behind_output(self) -> Title<'a> {
        let (path, test) = self.name.rsplit_once('.').unwrap_or(("", &self.name));
        match test.find("test").filter(|at| *at > 0) {
            Some(at) => Title { name: format!("{path}.{}", &test[at..]), ..self },
            None => self,
        }
    }

    /// Whether the parameters, if there are any, end: after a parenthesis, or after the bracket of a message, and
    /// not within quotation marks.
    fn has_whole_parameters(&self) -> bool {
        let mut quote = None;
        let mut characters = self.parameters.chars();
        while let Some(c) = characters.next() {
            match quote {
                Some(_) if c == '\\' => drop(characters.next()),
                Some(open) if c == open => quote = None,
                None if c == '\'' || c == '"' => quote = Some(c),
                Some(_) | None => {}
            }
        }
        self.parameters.is_empty() || (quote.is_none() && self.parameters.ends_with([')', ']']))
    }

    pub(super) fn is_subtest(&self) -> bool {
        !self.parameters.is_empty()
    }

    pub(super) fn full_name(&self) -> String {
        format!("{}{}", self.name, self.parameters)
    }

    /// Whether it is the set-up of a class or module, and no test.
    pub(super) fn is_fixture(&self) -> bool {
        let test = self.name.rsplit('.').next().unwrap_or(&self.name);
        FIXTURES.contains(&test)
    }
}

/// The title and the status in `test_x (m.T.test_x) ... ok`; the name is on the line before where this one has a
/// docstring.
pub(super) fn parse_title<'a>(line: &'a str, previous: &'a str) -> Option<Title<'a>> {
    let mut splits = line.match_indices(" ... ").take(MAX_SPLITS).filter_map(|(at, dots)| {
        let (title, status) = (&line[..at], &line[at + dots.len()..]);
        Title::parse(title).map(|found| Title { status: status.trim_end(), ..found })
    });
    // The parameters of a subtest may contain the dots too.
    if let Some(found) = splits.find(|found| found.has_whole_parameters()) {
        return Some(found);
    }
    let (title, status) =
        line.split_once(" ... ").or_else(|| line.strip_suffix(" ...").map(|title| (title, "")))?;
    let found = Title::parse(title).or_else(|| Title::parse(previous));
    found.map(|found| Title { status: status.trim_end(), ..found })
}

/// How many places in a line may be the end of a title.
const MAX_SPLITS: usize = 20;

/// Where a word is in the output of a test, the least convincing place first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Placement {
    AtEnd,
    /// It is the line.
    Whole,
}

/// The word in a line of output that may be the outcome of its test.
pub(super) fn find_word(line: &str) -> Option<(&'static str, Placement)> {
    let line = line.trim_end();
    let words = OUTCOMES.iter().map(|(word, _)| *word);
    let found = words.filter_map(|word| Some((word, word_start(line, word)?)));
    // `unexpected success` and `expected failure` are longer than what they end with.
    let (word, start) = found.min_by_key(|(_, start)| *start)?;
    let is_whole = line[..start].trim().is_empty();
    Some((word, if is_whole { Placement::Whole } else { Placement::AtEnd }))
}

/// Where a word at the end of a line begins; that of a skip has a reason in quotation marks.
fn word_start(line: &str, word: &str) -> Option<usize> {
    if word != SKIPPED {
        return line.strip_suffix(word).map(str::len);
    }
    let quoted = |quote: char| {
        let start = line.find(&format!("{SKIPPED} {quote}"))?;
        let reason = &line[start + SKIPPED.len() + 2..];
        reason.ends_with(quote).then_some(start)
    };
    quoted('\'').or_else(|| quoted('"'))
}

/// The reason in `skipped 'reason'`.
pub(super) fn skip_reason(line: &str) -> &str {
    let reason = line.split_once(SKIPPED).map_or("", |(_, reason)| reason);
    let reason = reason.trim().strip_prefix(['\'', '"']).unwrap_or("");
    reason.strip_suffix(['\'', '"']).unwrap_or(reason)
}

/// The word and the title in `FAIL: test_x (m.T.test_x)`.
pub(super) fn parse_heading(line: &str) -> Option<(&'static str, &str)> {
    let (word, title) = line.split_once(": ")?;
    Some((lookup(&HEADINGS, word)?, title))
}

/// Whether a line is a rule of this character.
pub(super) fn is_rule(line: &str, character: u8) -> bool {
    line.len() >= 20 && line.bytes().all(|byte| byte == character)
}

/// The number in `Ran 5 tests in 0.1s`.
pub(super) fn parse_ran(line: &str) -> Option<u64> {
    let (count, rest) = line.strip_prefix("Ran ")?.split_once(" test")?;
    rest.contains(" in ").then(|| count.parse().ok())?
}

/// The number in Django's `Found 5 test(s).`
pub(super) fn parse_found(line: &str) -> Option<u64> {
    line.strip_prefix("Found ")?.strip_suffix(" test(s).")?.parse().ok()
}

pub(super) fn parse_verdict(line: &str) -> Option<&str> {
    let is_verdict = |verdict: &&str| {
        let rest = line.strip_prefix(*verdict);
        rest.is_some_and(|rest| rest.trim().is_empty() || rest.starts_with(" ("))
    };
    VERDICTS.iter().find(|verdict| is_verdict(verdict)).map(|_| line)
}

/// The number after `failures=` in a verdict, which `expected failures=` is not.
pub(super) fn parse_count(verdict: &str, key: &str) -> u64 {
    let inside = verdict.split_once('(').map_or("", |(_, inside)| inside.trim_end_matches(')'));
    let found = inside.split(", ").find_map(|part| part.strip_prefix(key));
    found.and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_all_versions() {
        let name = |line| parse_title(line, "").map(|title| title.full_name());
        for (line, expected) in [
            ("test_a (m.A.test_a) ... ok", Some("m.A.test_a")),
            ("test_a (m.A) ... ok", Some("m.A.test_a")),
            ("closingtest_a (m.A.test_a) ... ok", Some("m.A.test_a")),
            ("inside  test_a (m.A.test_a) (i=1) ... FAIL", Some("m.A.test_a (i=1)")),
            ("setUpModule (m) ... ERROR", Some("m.setUpModule")),
            ("test_a (m.A.test_a) (s='a) ... ok') ... FAIL", Some("m.A.test_a (s='a) ... ok')")),
            ("test_a (m.A.test_a) (s=1) ... b ... FAIL", Some("m.A.test_a (s=1)")),
            ("First (line) ... ok", None),
            ("Creating a database (alias 'x') ... ok", None),
        ] {
            assert_eq!(name(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn words_in_output() {
        for (line, found) in [
            ("ok", Some(("ok", Placement::Whole))),
            ("helloFAIL", Some(("FAIL", Placement::AtEnd))),
            ("unexpected success", Some((UNEXPECTED, Placement::Whole))),
            ("out skipped 'it\\'s \"so\"'", Some((SKIPPED, Placement::AtEnd))),
            ("FAIL closing", None),
        ] {
            assert_eq!(find_word(line), found, "{line}");
        }
        assert_eq!(skip_reason("skipped 'not here'"), "not here");
    }
}
