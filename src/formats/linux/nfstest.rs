//! NFStest, whose programs are `nfstest_posix`, `nfstest_lock` and others: tests by their messages, with the totals at
//! the end.
//!
//! With `--tverbose 0` a line is a whole group, with 2 each step of a test is a line.
//!
//! <https://wiki.linux-nfs.org/wiki/index.php/NFStest>

use crate::formats::emit::{
    PendingTest, emit_plan, known_or_failed, lookup, names, saturating_sum, total_in_text,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["nfstest"],
    title: "NFStest: nfstest_posix, nfstest_lock, nfstest_delegation and others",
    test_name: "the test, the heading inside of it and the message, joined by `/`, as in rename/Rename file/rename - new \
                file name should exist; without the counts at its end",
    outcomes: &OUTCOMES,
    incomplete: "no `N tests (…)` at the end; fewer tests than it counts",
    totals: "all tests, passed and failed ones and known bugs",
    link: "https://wiki.linux-nfs.org/wiki/index.php/NFStest",
    sniff: Sniff::Lines(sniff),
    read,
};

const OUTCOMES: [(&str, Outcome); 4] = [
    ("PASS", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("BUG", Outcome::Xfailed),
    ("IGNR", Outcome::Skipped),
];

/// Words before a colon that are no results.
const NOTES: [&str; 4] = ["TEST", "TIME", "WARN", "INFO"];

const TEST: &str = "TEST: Running test '";

/// What begins each message of a test.
const INDENT: &str = "    ";

/// The names of the totals.
const PASSED: &str = "passed";
const FAILED: &str = "failed";
const BUGS: &str = "known bugs";

/// A test that starts; or the first line is a group with its counts.
fn sniff(head: &str) -> bool {
    let lines = || head.lines().filter(|line| !line.trim().is_empty());
    let is_group = |line: &str| parse_result(line).is_some_and(|(_, text)| has_counts(text));
    let mut messages = lines().filter_map(|line| line.strip_prefix(INDENT));
    lines().next().and_then(|line| line.strip_prefix(INDENT)).is_some_and(is_group)
        || messages.any(|line| line.starts_with(TEST))
}

/// The word and the message of `PASS: message`; an unknown word too.
fn parse_result(line: &str) -> Option<(&str, &str)> {
    let (word, message) = line.split_once(": ")?;
    let is_word = (3..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase());
    let is_known = lookup(&OUTCOMES, word).is_some();
    (is_known || is_word && !NOTES.contains(&word)).then_some((word, message.trim()))
}

fn has_counts(message: &str) -> bool {
    strip_counts(message).len() < message.len()
}

/// A message without the ` (6 passed, 0 failed)` of the steps of a test.
fn strip_counts(message: &str) -> &str {
    let Some((start, counts)) = message.rsplit_once(" (") else { return message };
    let counts = counts.strip_suffix(')').unwrap_or("");
    let is_count = |count: &str| {
        let (number, word) = count.split_once(' ').unwrap_or_default();
        number.parse::<u64>().is_ok() && [PASSED, FAILED, BUGS, "warnings"].contains(&word)
    };
    if counts.split(", ").all(is_count) { start } else { message }
}

/// The number and the counts of `3 tests (2 passed, 1 failed)`.
fn parse_summary(line: &str) -> Option<(&str, &str)> {
    let (number, counts) = line.strip_suffix(')')?.split_once(" tests (")?;
    (!number.contains(' ')).then_some((number, counts))
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = NfstestReader {
        builder,
        test: String::new(),
        heading: String::new(),
        pending: None,
        seen: 0,
        ignored: 0,
        is_open: false,
        has_ended: false,
    };
    let read = for_each_line(input, |line| {
        // The message, which is the name, may be cut off.
        let is_result = line.text.strip_prefix(INDENT).and_then(parse_result).is_some();
        if line.has_newline || !is_result {
            reader.line(line.number, line.text);
        }
    });
    reader.flush();
    let is_complete = reader.has_ended && !reader.is_open;
    read.complete_if(is_complete)
}

struct NfstestReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The names around a message: the test, and the last message in it that is no result.
    test: String,
    heading: String,
    /// The last result, whose message may go on.
    pending: Option<PendingTest>,
    /// How many tests the present run has, and how many of them the totals leave out.
    seen: u64,
    ignored: u64,
    /// Whether there were results since the last totals.
    is_open: bool,
    has_ended: bool,
}

impl NfstestReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        let Some(text) = line.strip_prefix(INDENT) else {
            self.flush();
            if line.starts_with("*** ") {
                self.test.clear();
                self.heading.clear();
            } else if let Some((tests, counts)) = parse_summary(line) {
                self.summary(number, tests, counts);
            }
            return;
        };
        if let Some(more) = text.strip_prefix(INDENT) {
            if let Some(test) = &mut self.pending {
                test.message.push_line(more.trim().as_bytes());
            }
            return;
        }
        self.flush();
        if let Some(test) = text.strip_prefix(TEST) {
            self.test = test.trim_end().trim_end_matches('\'').to_owned();
            self.heading.clear();
        } else if let Some((word, message)) = parse_result(text) {
            self.result(number, word, message);
        } else if !NOTES.iter().any(|note| text.starts_with(note)) && !text.trim().is_empty() {
            self.heading = text.trim().to_owned();
        }
    }

    fn result(&mut self, line: u32, word: &str, message: &str) {
        if !self.is_open {
            self.is_open = true;
            (self.seen, self.ignored) = (0, 0);
            self.builder.handle(line, Event::SuiteStarted { name: None });
        }
        let (outcome, unknown) = known_or_failed(lookup(&OUTCOMES, word), "status", word);
        self.seen += 1;
        self.ignored += u64::from(outcome == Outcome::Skipped);
        let name = names::join(&[&self.test, &self.heading, strip_counts(message)], "/");
        let mut test = PendingTest::new(line, name, outcome);
        test.message.push(&unknown);
        self.pending = Some(test);
    }

    fn summary(&mut self, line: u32, tests: &str, counts: &str) {
        self.has_ended = true;
        let mut count = |name: &str| {
            let count = counts.split(", ").find_map(|count| count.strip_suffix(name));
            count.map_or(0, |count| total_in_text(name, count, line, self.builder).unwrap_or(0))
        };
        let [passed, failed, bugs] = [PASSED, FAILED, BUGS].map(&mut count);
        let tests = total_in_text("tests", tests, line, self.builder);
        let sum = saturating_sum([passed, failed, bugs]);
        let tests = saturating_sum([tests.unwrap_or(0).max(sum), self.ignored]);
        emit_plan(Some(tests), self.seen, line, self.builder);
        self.builder.expect_failures(line, failed);
        self.builder.expect_skips(line, saturating_sum([bugs, self.ignored]));
        if self.is_open {
            self.is_open = false;
            self.builder.handle(line, Event::SuiteEnded);
        }
    }

    fn flush(&mut self) {
        if let Some(test) = self.pending.take() {
            test.emit(self.builder);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    const RESULTS: &str = "\n*** Verify rename()\n    TEST: Running test 'rename'\n    Rename file\n    \
        PASS: rename - new name should exist\n    FAIL: rename - data is correct (5 passed, 1 failed)\n          \
        offset 3\n    Rename link\n    PASS: rename - new name should exist\n    BUG:  rename - old (x)\n    \
        ZORK: rename - z\n    WARN: slow\n    IGNR: rename - w\n    TIME: 0.1s\n\n\n";

    #[test]
    fn words_headings_and_totals_are_read() {
        let read =
            |summary: &str| read_as("nfstest", &format!("{RESULTS}{summary}\n\nTotal time: 1s\n"));
        let run = read("5 tests (2 passed, 1 failed, 1 known bugs, 1 warnings)");
        let expected = [
            "passed rename/Rename file/rename - new name should exist",
            "failed rename/Rename file/rename - data is correct: offset 3",
            "passed rename/Rename link/rename - new name should exist",
            "xfailed rename/Rename link/rename - old (x)",
            "failed rename/Rename link/rename - z: unknown status `ZORK`",
            "skipped rename/Rename link/rename - w",
        ];
        assert_eq!((run.0, run.1), (expected.map(str::to_owned).to_vec(), vec![]));
        for summary in [
            "6 tests (2 passed, 1 failed, 1 known bugs)",
            "5 tests (4 passed, 1 failed, 1 known bugs)",
            "5 tests (2 passed, 3 failed)",
            "5 tests (2 passed, x failed)",
            "x tests (2 passed, 1 failed)",
            "5 tests",
        ] {
            assert_ne!(read(summary).1, [], "{summary}");
        }
        assert_eq!(read_as("nfstest", RESULTS).1, [GapKind::Truncated]);
    }

    #[test]
    fn groups_alone_are_tests() {
        let text = "\n    FAIL: Verify access() (37 passed, 21 failed)\n    PASS: Verify chdir() (3 passed, 0 failed)\n\n\
            2 tests (1 passed, 1 failed)\n";
        let run = read_as("nfstest", text);
        assert_eq!(run.0, ["failed Verify access()", "passed Verify chdir()"]);
        assert_eq!(run.1, []);
    }
}
