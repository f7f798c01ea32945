//! What Samba's format-subunit prints: `make test`, and smbtorture piped into it.
//!
//! In: lines. Out: events. What a newcomer would get wrong: of the tests it names only those that
//! failed, and of the others there is a letter each or nothing at all. So a letter is a result without
//! a name, and a suite with neither a letter nor a failure is one passing result.
//!
//! <https://wiki.samba.org/index.php/Understanding_Samba_Testing_Output>

use super::{smbtorture_simple, v1};
use crate::formats::About;
use crate::formats::emit::{names, test_record};
use crate::model::{End, Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::borrow::Cow;
use std::io::Read;

pub const ABOUT: About = About {
    title: "the formatted output of Samba's selftest (format-subunit)",
    names: "as printed behind `UNEXPECTED(…): `; `suite #N` for a test that is a letter; `suite` for a \
            suite of which nothing else is told",
    outcomes: &[
        (".", Outcome::Passed),
        ("a suite without a letter and without a failure", Outcome::Passed),
        ("s", Outcome::Skipped),
        ("X", Outcome::Xfailed),
        ("F, UNEXPECTED(failure)", Outcome::Failed),
        ("E, UNEXPECTED(error)", Outcome::Errored),
        ("ERROR: Testsuite[…], and no test of it failed", Outcome::Errored),
        ("U, UNEXPECTED(uxsuccess)", Outcome::Xpassed),
        ("a suite that the output ends in", Outcome::Unfinished),
    ],
    incomplete: "no `ALL OK (…)` or `FAILED (…)` at the end; it counts more failures than came; fewer \
                 suites than were announced",
    link: "https://wiki.samba.org/index.php/Understanding_Samba_Testing_Output",
};

const LETTERS: [(char, Outcome); 6] = [
    ('.', Outcome::Passed),
    ('s', Outcome::Skipped),
    ('X', Outcome::Xfailed),
    ('F', Outcome::Failed),
    ('E', Outcome::Errored),
    ('U', Outcome::Xpassed),
];

const UNEXPECTED: [(&str, Outcome); 3] =
    [("failure", Outcome::Failed), ("error", Outcome::Errored), ("uxsuccess", Outcome::Xpassed)];

/// What one line says.
enum Said<'a> {
    /// A suite starts: its name, how many suites there are, and the letters on its line.
    Suite(&'a str, Option<u64>, &'a str),
    Letters(&'a str),
    Unexpected(Outcome, &'a str),
    /// A suite failed.
    SuiteFailed(&'a str),
    Reason(&'a str),
    /// All is over; how many tests failed.
    Summary(u64),
    Output,
}

impl<'a> Said<'a> {
    fn parse(line: &'a str) -> Said<'a> {
        if let Some((name, suites, letters)) = suite(line) {
            return Said::Suite(name, suites, letters);
        }
        if let Some((word, name)) =
            line.strip_prefix("UNEXPECTED(").and_then(|rest| rest.split_once("): "))
        {
            return Said::Unexpected(test_record::exact_outcome(&UNEXPECTED, word), name);
        }
        let failed = line.strip_prefix("ERROR: Testsuite[").and_then(|rest| rest.strip_suffix(']'));
        if let Some(name) = failed {
            return Said::SuiteFailed(name);
        }
        if let Some(reason) = line.strip_prefix("REASON: ") {
            return Said::Reason(reason);
        }
        match (summary(line), letters(line)) {
            (Some(failing), _) => Said::Summary(failing),
            (None, "") => Said::Output,
            (None, letters) => Said::Letters(letters),
        }
    }
}

/// The name, the number of suites and the letters in `[1(0)/2 at 3s, 1 errors] name: ..s ok`.
fn suite(line: &str) -> Option<(&str, Option<u64>, &str)> {
    let (numbers, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (index, behind) = numbers.split_once('(')?;
    let (tests, behind) = behind.split_once(')')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(index) || !is_number(tests) {
        return None;
    }
    let suites = behind.strip_prefix('/').map(|rest| rest.split([' ', ',']).next().unwrap_or(""));
    let suites = suites.and_then(|suites| suites.parse().ok());
    if let Some((name, told)) = rest.rsplit_once(':') {
        let told = told.trim_start();
        let letters = letters(told);
        let end = told[letters.len()..].trim_start();
        if end == "ok" || end.bytes().all(|b| b.is_ascii_uppercase()) {
            return Some((name, suites, letters));
        }
    }
    Some((rest, suites, ""))
}

/// The letters that a line begins with. What a test prints comes right behind its letter, so letters
/// that could be the beginning of a word are none.
fn letters(line: &str) -> &str {
    let is_letter = |c: char| test_record::look_up(&LETTERS, c).is_some();
    let rest = line.trim_start_matches(is_letter);
    let letters = &line[..line.len() - rest.len()];
    let ends = rest.is_empty() || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let sure = if ends && (rest.is_empty() || letters.contains('.')) {
        letters.len()
    } else {
        letters.rfind('.').map_or(0, |at| at + 1)
    };
    &letters[..sure]
}

/// How many tests failed in `FAILED (1 failures, 2 errors and 0 unexpected successes in 3 testsuites)`
/// or `ALL OK (5 tests in 3 testsuites)`.
fn summary(line: &str) -> Option<u64> {
    if line.starts_with("ALL OK (") && line.ends_with(" testsuites)") {
        return Some(0);
    }
    let rest = line.strip_prefix("FAILED (")?.strip_suffix(" testsuites)")?;
    let (failures, rest) = rest.split_once(" failures, ")?;
    let (errors, rest) = rest.split_once(" errors and ")?;
    let (successes, _) = rest.split_once(" unexpected successes in ")?;
    let numbers: Result<Vec<u64>, _> =
        [failures, errors, successes].map(str::parse).into_iter().collect();
    Some(test_record::sum(numbers.ok()?))
}

/// Whether the first bytes of a file are of this format: a suite's line or the summary, or letters
/// behind smbtorture's banner.
pub fn sniff(head: &str) -> bool {
    let is_smbtorture =
        head.starts_with("smbtorture ") && !v1::sniff(head) && !smbtorture_simple::sniff(head);
    head.lines().any(|line| match Said::parse(line) {
        Said::Suite(..) | Said::Summary(_) => true,
        Said::Letters(_) => is_smbtorture,
        Said::Unexpected(..) | Said::SuiteFailed(_) | Said::Reason(_) | Said::Output => false,
    })
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output { builder, suite: None, letters: 0, held: None, over: false };
    let (line, read) = each(input, |number, Line { bytes, .. }| output.line(number, &text(bytes)));
    output.flush();
    let end = if output.over { End::Whole } else { End::Cut };
    output.leave_suite(line, output.over);
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    suite: Option<Suite>,
    /// Letters so far, of the suite or of all.
    letters: u64,
    /// A failing test, until its reason has come.
    held: Option<Held>,
    over: bool,
}

/// An open suite.
struct Suite {
    line: u32,
    name: String,
    /// Whether a result of it was told.
    told: bool,
    failed: bool,
}

struct Held {
    line: u32,
    name: String,
    outcome: Outcome,
    message: Message,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        match Said::parse(line) {
            Said::Suite(name, suites, letters) => {
                self.flush();
                self.leave_suite(number, true);
                if let Some(tests) = suites {
                    self.builder.event(number, Event::Plan { tests, scope: PlanScope::Children });
                }
                self.builder.event(number, Event::SuiteStarted { name: Some(Cow::Borrowed(name)) });
                let (name, told, failed) = (name.to_owned(), false, false);
                self.suite = Some(Suite { line: number, name, told, failed });
                self.letters = 0;
                self.letters(number, letters);
            }
            Said::Letters(letters) => self.letters(number, letters),
            Said::Unexpected(outcome, name) => self.hold(number, outcome, name),
            Said::SuiteFailed(name) => {
                self.flush();
                if self.suite.as_ref().is_none_or(|suite| !suite.failed) {
                    self.hold(number, Outcome::Errored, name);
                }
            }
            Said::Reason(reason) => self.say(reason),
            Said::Summary(tests) => {
                self.flush();
                self.leave_suite(number, true);
                self.builder.event(number, Event::AnnouncedFailing { tests });
                self.over = true;
            }
            Said::Output => self.say(line),
        }
    }

    fn letters(&mut self, number: u32, letters: &str) {
        for letter in letters.chars() {
            self.letters += 1;
            let outcome = test_record::look_up(&LETTERS, letter).unwrap_or(Outcome::Failed);
            let suite = self.suite.as_ref().map_or("", |suite| &suite.name);
            let name = names::below(suite, &format!("#{}", self.letters), " ");
            self.tell(number, &name, outcome, "");
        }
    }

    fn hold(&mut self, line: u32, outcome: Outcome, name: &str) {
        self.flush();
        let (name, message) = (name.to_owned(), Message::default());
        self.held = Some(Held { line, name, outcome, message });
    }

    fn say(&mut self, line: &str) {
        if let Some(held) = self.held.as_mut().filter(|_| !line.is_empty()) {
            held.message.push_line(line.as_bytes());
        }
    }

    fn flush(&mut self) {
        if let Some(Held { line, name, outcome, message }) = self.held.take() {
            self.tell(line, &name, outcome, message.text());
        }
    }

    fn tell(&mut self, line: u32, name: &str, outcome: Outcome, message: &str) {
        self.builder.event(line, Event::finished(name, outcome, message));
        if let Some(suite) = &mut self.suite {
            suite.told = true;
            suite.failed |= outcome.is_failing();
        }
    }

    fn leave_suite(&mut self, line: u32, ended: bool) {
        let Some(suite) = self.suite.take() else { return };
        match (suite.told, ended) {
            (_, false) => {
                let name = Cow::Borrowed(suite.name.as_str());
                self.builder.event(suite.line, Event::Started { name });
            }
            (false, true) => {
                self.builder.event(suite.line, Event::finished(&suite.name, Outcome::Passed, ""));
            }
            (true, true) => {}
        }
        self.builder.event(line, Event::SuiteEnded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    #[test]
    fn failing_tests_have_names_and_other_suites_are_one_result() {
        let text = "[1(0)/3 at 0s] samba.one(env)\n[2(7)/3 at 1s] samba.two(env)\n\
                    UNEXPECTED(failure): samba.two.a b(env)\nREASON: Exception: no\nmore\n\
                    ERROR: Testsuite[samba.two(env)]\nREASON: Exit code was 1\n\
                    [3(9)/3 at 2s, 1 errors] samba.three(env)\nERROR: Testsuite[samba.three(env)]\n\
                    REASON: unable to set up environment env\n\
                    \nFAILED (1 failures, 0 errors and 0 unexpected successes in 2 testsuites)\n";
        let said = said(Format::SambaSelftest, text);
        let want = [
            "passed samba.one(env)",
            "failed samba.two.a b(env): Exception: no\nmore",
            "errored samba.three(env): unable to set up environment env",
        ];
        assert_eq!(said.0, want);
        assert_eq!(said.1, []);
    }

    #[test]
    fn a_letter_is_a_result_also_before_what_the_next_test_prints() {
        let text = "[1(0)/1 at 0s] one: .sX ok\n\nALL OK (2 tests in 1 testsuites)\n";
        let want = ["passed one #1", "skipped one #2", "xfailed one #3"];
        assert_eq!(said(Format::SambaSelftest, text).0, want);
        for (line, sure) in [
            ("..# STEAL", ".."),
            (".sending reply", "."),
            ("FEE", "FEE"),
            ("Failed to", ""),
            ("s", "s"),
            ("E: no", ""),
            ("FAILED (x", ""),
        ] {
            assert_eq!(letters(line), sure, "{line}");
        }
    }

    #[test]
    fn without_a_summary_the_last_suite_never_ended() {
        let said = said(Format::SambaSelftest, "[1(0)/2 at 0s] one\n[2(1)/2 at 0s] two\n");
        assert_eq!(said.0, ["passed one", "unfinished two"]);
        assert!(!said.1.is_empty());
    }
}
