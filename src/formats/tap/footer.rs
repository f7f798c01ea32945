//! What a TAP producer counts of its own points, in comments at the end of its output.
//!
//! The counts differ in what they include, so each is compared in the sense of its producer:
//!
//! - node's are disjoint, and `cancelled` is a kind of failure.
//! - tape's `pass`, which two blanks follow, includes what was skipped and what is to do.
//! - QtTest's `pass` includes expected failures, its `fail` unexpected passes.
//! - mocha's `tests` does not include what is pending.
//! - AVA's `fail` includes what is to do, its `tests` does not.
//!
//! <https://github.com/nodejs/node/blob/v22.0.0/lib/internal/test_runner/reporter/tap.js>,
//! <https://github.com/tape-testing/tape/blob/v5.9.0/lib/results.js>,
//! <https://github.com/qt/qtbase/blob/v6.8.0/src/testlib/qtaptestlogger.cpp>,
//! <https://github.com/mochajs/mocha/blob/v11.0.0/lib/reporters/tap.js>,
//! <https://github.com/avajs/supertap/blob/v3.0.1/index.js>

use crate::formats::emit::{lookup, saturating_sum};
use crate::model::{Outcome, OutcomeCounts, RunBuilder};
use crate::syntax::ansi;

/// What a count is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Tests,
    Passed,
    Failed,
    Cancelled,
    Skipped,
    Todo,
}

const LABELS: [(&str, Label); 9] = [
    ("tests", Label::Tests),
    ("pass", Label::Passed),
    ("passed", Label::Passed),
    ("fail", Label::Failed),
    ("failed", Label::Failed),
    ("cancelled", Label::Cancelled),
    ("skip", Label::Skipped),
    ("skipped", Label::Skipped),
    ("todo", Label::Todo),
];

/// What precedes the number of failed points, of which some may be to do: Test::More and node-tap.
const FAILED_PREFIXES: [&str; 2] = ["Looks like you failed ", "failed "];

/// What precedes a number of points: bats, Test::More.
const TESTS_PREFIXES: [&str; 2] = ["bats warning: Executed ", "Looks like you planned "];

/// The results of one document.
#[derive(Debug, Default)]
pub(super) struct TapCounts {
    pub outcomes: OutcomeCounts,
    /// How many results have a TODO and passed.
    pub todo_passed: u64,
}

/// The counts in the comments after the last point of a document.
#[derive(Debug, Default)]
pub(super) struct TapFooter {
    line: u32,
    tests: Option<u64>,
    passed: Option<u64>,
    /// Whether what was skipped or is to do counts as passed.
    passed_includes_skipped: bool,
    failed: Option<u64>,
    /// Failures, of which some may be to do.
    failed_or_todo: Option<u64>,
    cancelled: Option<u64>,
    skipped: Option<u64>,
    todo: Option<u64>,
    /// The producer's words for a failure.
    failure: Option<String>,
}

impl TapFooter {
    /// Reads a comment, without its hash; any other than a count is ignored.
    pub(super) fn add(&mut self, line: u32, comment: &str) {
        let comment = ansi::strip(comment);
        if let Some((label, count)) = parse_count(&comment) {
            self.line = line;
            self.passed_includes_skipped |= comment.starts_with("pass  ");
            *self.field(label) = Some(count);
        } else if let Some(count) = FAILED_PREFIXES.iter().find_map(|p| count_after(&comment, p)) {
            (self.line, self.failed_or_todo) = (line, Some(count));
        } else if let Some(count) = TESTS_PREFIXES.iter().find_map(|p| count_after(&comment, p)) {
            (self.line, self.tests) = (line, Some(count));
        } else if comment.starts_with("Looks like your test ") {
            self.line = line;
            self.failure.get_or_insert_with(|| comment.into_owned());
        } else if let Some(totals) = KernelTotals::parse(&comment) {
            self.line = line;
            self.tests = Some(totals.tests());
            self.failed = Some(totals.failing());
            self.skipped = Some(totals.skipped);
        }
    }

    /// Forgets the counts: a point follows, so they were comments of a test.
    pub(super) fn clear(&mut self) {
        if self.line > 0 {
            *self = TapFooter::default();
        }
    }

    fn field(&mut self, label: Label) -> &mut Option<u64> {
        match label {
            Label::Tests => &mut self.tests,
            Label::Passed => &mut self.passed,
            Label::Failed => &mut self.failed,
            Label::Cancelled => &mut self.cancelled,
            Label::Skipped => &mut self.skipped,
            Label::Todo => &mut self.todo,
        }
    }

    /// Declares to the open suite what is more than the results of the document. `planned` is its number of points.
    pub(super) fn emit(&self, counts: &TapCounts, planned: u64, builder: &mut RunBuilder<'_>) {
        let results = counts.outcomes.total();
        let xfailed = counts.outcomes.get(Outcome::Xfailed);
        let uncounted = self.tests.map_or(0, |tests| planned.saturating_sub(tests).min(xfailed));
        let missing = self.missing(counts, uncounted);
        if missing > 0 {
            builder.expect_tests(self.line, results.saturating_add(missing));
        }
        let failed = saturating_sum(self.failed.into_iter().chain(self.cancelled));
        builder.expect_failures(self.line, failed.saturating_sub(uncounted));
        let not_passed = counts.outcomes.failing() + self.skips(counts);
        builder.expect_failures(self.line, self.failed_or_todo.filter(|n| *n > not_passed));
        let missing = self.missing_skips(counts);
        if missing > 0 {
            builder.expect_skips(self.line, self.skips(counts).saturating_add(missing));
        }
        if let Some(failure) = &self.failure {
            builder.expect_a_failure(self.line, failure);
        }
    }

    /// How many more tests than results there are, or more passed ones. What is to do counts as passed, unless some of
    /// it is uncounted.
    fn missing(&self, counts: &TapCounts, uncounted: u64) -> u64 {
        let tests = self.tests.unwrap_or(0).saturating_sub(counts.outcomes.total());
        let passed = counts.outcomes.get(Outcome::Passed);
        let most = match self.todo {
            _ if self.passed_includes_skipped => passed + self.skips(counts),
            Some(_) => passed - counts.todo_passed,
            None if uncounted > 0 => passed,
            None => passed + counts.outcomes.get(Outcome::Xfailed),
        };
        tests.max(self.passed.unwrap_or(0).saturating_sub(most))
    }

    fn skips(&self, counts: &TapCounts) -> u64 {
        counts.outcomes.get(Outcome::Skipped) + counts.outcomes.get(Outcome::Xfailed)
    }

    fn missing_skips(&self, counts: &TapCounts) -> u64 {
        let todo = counts.outcomes.get(Outcome::Xfailed)
            + counts.outcomes.get(Outcome::Xpassed)
            + counts.todo_passed;
        let skipped = counts.outcomes.get(Outcome::Skipped);
        let missing = [
            self.skipped.unwrap_or(0).saturating_sub(skipped),
            self.todo.unwrap_or(0).saturating_sub(todo),
        ];
        saturating_sum(missing)
    }
}

/// The count in `pass  3` or `skip: 2`.
fn parse_count(comment: &str) -> Option<(Label, u64)> {
    let (word, count) = comment.split_once([' ', '\t'])?;
    let label = lookup(&LABELS, word.strip_suffix(':').unwrap_or(word))?;
    Some((label, parse_number(count.trim())?))
}

/// The number after these words, and before further ones.
fn count_after(comment: &str, words: &str) -> Option<u64> {
    let (count, rest) = comment.strip_prefix(words)?.split_once(' ')?;
    let is_count = ["test", "of ", "instead of "].iter().any(|words| rest.starts_with(words));
    parse_number(count).filter(|_| is_count)
}

/// A number of digits alone; one that is too large is the largest.
fn parse_number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The counts of KUnit and kselftest: `pass:1 fail:0 skip:0 total:1`, `pass:1 fail:0 xfail:0 xpass:0 skip:0 error:0`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KernelTotals {
    passed: u64,
    failed: u64,
    xfailed: u64,
    xpassed: u64,
    pub skipped: u64,
    errors: u64,
    total: u64,
}

impl KernelTotals {
    /// Parses `NAME: pass:1 fail:0 …`.
    pub(super) fn parse(comment: &str) -> Option<KernelTotals> {
        let (_, counts) = comment.split_once(": pass:")?;
        let mut totals = KernelTotals::default();
        let mut words = counts.split_ascii_whitespace();
        totals.passed = parse_number(words.next()?)?;
        for word in words {
            let (label, count) = word.split_once(':')?;
            let field = match label {
                "fail" => &mut totals.failed,
                "xfail" => &mut totals.xfailed,
                "xpass" => &mut totals.xpassed,
                "skip" => &mut totals.skipped,
                "error" => &mut totals.errors,
                "total" => &mut totals.total,
                _ => return None,
            };
            *field = parse_number(count)?;
        }
        Some(totals)
    }

    pub(super) fn tests(&self) -> u64 {
        let parts = [self.passed, self.xfailed, self.skipped, self.failing()];
        self.total.max(saturating_sum(parts))
    }

    pub(super) fn failing(&self) -> u64 {
        saturating_sum([self.failed, self.xpassed, self.errors])
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    fn gaps(points: &str, footer: &str) -> usize {
        read_as("tap", &format!("TAP version 13\n{points}{footer}")).1.len()
    }

    #[test]
    fn each_producer_counts_in_its_own_way() {
        let points =
            "ok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP\nnot ok 4 - d # TODO\nok 5 - e # TODO\n1..5\n";
        for footer in [
            "# tests 5\n# suites 0\n# pass 1\n# fail 0\n# cancelled 1\n# skipped 1\n# todo 2\n",
            "# tests 5\n# pass  4\n# fail  1\n",
            "# tests 5\n# pass  4\n# todo  2\n# fail  1\n",
            "# tests 5\n# pass 3\n# fail 1\n",
            "# tests 4\n# pass 2\n# skip 1\n# fail 2\n",
            "# failed 2 of 5 tests\n# skip: 1\n# todo: 2\n",
            "# Looks like you failed 2 tests of 5.\n",
            "# Looks like your test exited with 1 just after 5.\n",
            "# Totals: pass:1 fail:1 xfail:2 xpass:0 skip:1 error:0\n",
            "# pass the salt\n# tests 5 times\n# fail 2x\n",
        ] {
            assert_eq!(gaps(points, footer), 0, "{footer}");
        }
        for footer in [
            "# tests 6\n",
            "# pass 4\n",
            "# pass 2\n# todo 1\n",
            "# pass  5\n",
            "# fail 2\n",
            "# fail 1\n# cancelled 1\n",
            "# tests 5\n# fail 2\n",
            "# skipped 2\n",
            "# bats warning: Executed 6 instead of expected 5 tests\n",
            "# Looks like you planned 6 tests but ran 5.\n",
            "# todo 3\n",
            "# Looks like you failed 4 tests of 5.\n",
            "# failed 4 of 5 tests\n",
            "# Totals: pass:1 fail:1 xfail:1 xpass:0 skip:1 error:1\n",
            "# fail 99999999999999999999999\n",
        ] {
            assert_eq!(gaps(points, footer), 1, "{footer}");
        }
        assert_eq!(
            gaps("1..1\nok 1 - a\n", "# Looks like your test exited with 2 just after 1.\n"),
            1
        );
        assert_eq!(gaps("1..2\nok 1 - a\n# fail 7\nok 2 - b\n", ""), 0);
    }
}
