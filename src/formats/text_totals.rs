//! Lines of text formats that sum up a run, and which of their numbers are none.
//!
//! A reader takes a line for a summary by its numbers, so it would pass over one whose number is no number.

/// A line of a format that has numbers.
pub(super) struct TextTotal {
    format: &'static str,
    /// What it begins with.
    pub start: &'static str,
    /// What ought to be a number and is not.
    malformed: fn(&str) -> Option<&str>,
}

const TOTALS: [TextTotal; 45] = [
    total("libtest", "test result: ", |rest| counts(rest, "; ")),
    total("nextest", "    Starting ", |rest| first(rest).filter(|_| rest.contains(" across "))),
    total("nextest", "     Summary [", |rest| first(rest.split_once("] ")?.1)),
    total("nextest", "     Summary [", |rest| counts(rest.split_once(": ")?.1, ", ")),
    total("pytest", "=", pytest_counts),
    total("unittest", "Ran ", |rest| first(rest).filter(|_| rest.contains(" in "))),
    total("unittest", "FAILED (", members),
    total("unittest", "OK (", members),
    total("googletest", "[==========] Running ", first),
    total("googletest", "[==========] ", |rest| first(rest).filter(|word| *word != "Running")),
    total("googletest", "[----------] ", |rest| first(rest).filter(|_| rest.contains(" from "))),
    total("googletest", "[  PASSED  ] ", first),
    total("lit", "-- Testing: ", first),
    total("lit", "Total Discovered Tests: ", first),
    total("googletest", "[  SKIPPED ] ", |rest| {
        first(rest).filter(|_| rest.ends_with(", listed below:"))
    }),
    total("googletest", "[  FAILED  ] ", |rest| {
        first(rest).filter(|_| rest.ends_with(", listed below:"))
    }),
    total("lit", "Unresolved Tests (", first),
    total("lit", "Timed Out Tests (", first),
    total("lit", "Failed Tests (", first),
    total("lit", "Unexpectedly Passed Tests (", first),
    total("lit", "  ", |rest| first(rest.strip_suffix("%)")?.split_once(": ")?.1)),
    total("prove", "Files=", prove_counts),
    total("prove", "Failed ", |rest| fraction(rest.trim_end().strip_suffix(" subtests")?)),
    total("prove-files", "Files=", prove_counts),
    total("automake", "# TOTAL:", first),
    total("automake", "# PASS:", first),
    total("automake", "# SKIP:", first),
    total("automake", "# XFAIL:", first),
    total("automake", "# FAIL:", first),
    total("automake", "# XPASS:", first),
    total("automake", "# ERROR:", first),
    total("dejagnu", "# of ", |rest| first(rest.split_once('\t').map_or("", |(_, count)| count))),
    total("ltp-pan", "Total Tests: ", first),
    total("ltp-pan", "Total Skipped Tests: ", first),
    total("ltp-pan", "Total Failures: ", first),
    total("pynfs", "Command line asked for ", first),
    total("pynfs", "Of those: ", |rest| counts(rest, ", ")),
    total("deqp-log", "  Passed: ", fraction),
    total("deqp-log", "  Failed: ", fraction),
    total("deqp-log", "  Not supported: ", fraction),
    total("deqp-log", "  Warnings: ", fraction),
    total("deqp-log", "  Waived: ", fraction),
    total("xfstests", "Passed all ", first),
    total("node-spec", "\u{2139} ", node_count),
    total("teamcity", "##teamcity[testCount ", |rest| {
        let count = rest.split_once("count='")?.1;
        first(count.split_once('\'')?.0)
    }),
];

const fn total(
    format: &'static str,
    start: &'static str,
    malformed: fn(&str) -> Option<&str>,
) -> TextTotal {
    TextTotal { format, start, malformed }
}

/// `Files=2, Tests=5, …` after its first word.
fn prove_counts(rest: &str) -> Option<&str> {
    first(rest).or_else(|| first(rest.split_once("Tests=")?.1))
}

/// The lines of a format.
pub(super) fn of_format(format: &str) -> Vec<&'static TextTotal> {
    TOTALS.iter().filter(|total| total.format == format).collect()
}

impl TextTotal {
    /// The part of a line that ought to be a number and is not.
    pub(super) fn malformed_in<'l>(&self, line: &'l str) -> Option<&'l str> {
        (self.malformed)(line.strip_prefix(self.start)?)
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The first word, unless it is a number.
fn first(rest: &str) -> Option<&str> {
    let end = |c: char| c.is_whitespace() || ".,;)".contains(c);
    let word = rest.trim_start().split(end).next().unwrap_or("");
    (!is_number(word)).then_some(word)
}

/// The numbers of `3/4 (75.0%)`.
fn fraction(rest: &str) -> Option<&str> {
    let mut numbers = rest.trim_start().split([' ', '/']).take(2);
    numbers.find(|number| !is_number(number))
}

/// The words before the outcomes in `ok. 1 passed; 2 failed`.
fn counts<'l>(rest: &'l str, separator: &str) -> Option<&'l str> {
    let outcomes = [
        "passed",
        "failed",
        "ignored",
        "measured",
        "timed out",
        "Passed",
        "Failed",
        "Warned",
        "Skipped",
    ];
    let parts = rest.split_once(". ").map_or(rest, |(_, parts)| parts).split(separator);
    let counts = parts.filter_map(|part| {
        let part = part.split(" (").next().unwrap_or("");
        outcomes.iter().find_map(|outcome| part.trim_end().strip_suffix(outcome))
    });
    counts.map(str::trim).find(|count| !is_number(count))
}

/// The count in `tests 3`.
fn node_count(rest: &str) -> Option<&str> {
    let names = ["tests", "suites", "pass", "fail", "cancelled", "skipped", "todo"];
    let (name, count) = rest.split_once(' ').unwrap_or((rest, ""));
    first(count).filter(|_| names.contains(&name))
}

/// The words before the outcomes in `== 1 failed, 2 passed in 0.10s ==`.
fn pytest_counts(rest: &str) -> Option<&str> {
    let line = rest.trim_matches('=').trim();
    let (counts, _) = line.rsplit_once(" in ").filter(|_| rest.ends_with('='))?;
    let outcomes = ["passed", "failed", "skipped", "xfailed", "xpassed", "error", "errors"];
    let is_outcome =
        |part: &&str| outcomes.iter().any(|word| part.rsplit(' ').next() == Some(word));
    let parts = counts.split(", ").filter(is_outcome);
    let mut counts = parts.map(|part| part.split_once(' ').map_or("", |(count, _)| count));
    counts.find(|count| !is_number(count))
}

/// The values of `failures=1, errors=2)`.
fn members(rest: &str) -> Option<&str> {
    let members = rest.strip_suffix(')')?.split(", ");
    let mut counts = members.filter_map(|member| Some(member.split_once('=')?.1));
    counts.find(|count| !is_number(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_where_a_number_ought_to_be_is_found() {
        for (format, line, malformed) in [
            ("libtest", "test result: ok. 1 passed; 0 failed; finished in 0.1s", None),
            ("libtest", "test result: ok. x passed; 0 failed; finished in 0.1s", Some("x")),
            ("libtest", "test result: ok.  passed; 0 failed", Some("")),
            ("pytest", "===== 1 failed, 2 passed, 1 warning in 0.10s =====", None),
            ("pytest", "===== 1 failed, -2 passed in 0.10s (0:01:02) =====", Some("-2")),
            ("pytest", "===== FAILURES in here =====", None),
            ("pytest", "= 1 passed, 4 subtests passed in 0.10s =", None),
            ("unittest", "Ran 3 tests in 0.001s", None),
            ("unittest", "Ran x tests in 0.001s", Some("x")),
            ("unittest", "FAILED (failures=1, errors=)", Some("")),
            ("googletest", "[  PASSED  ] 1e9 tests.", Some("1e9")),
            ("googletest", "[==========] Running 1 test from 1 test suite.", None),
            ("deqp-log", "  Passed:        1/x (50.0%)", Some("x")),
            ("prove", "Files=1, Tests=x,  0 wallclock secs", Some("x")),
            ("teamcity", "##teamcity[testCount count='x' flowId='1']", Some("x")),
        ] {
            let found = of_format(format).iter().find_map(|total| total.malformed_in(line));
            assert_eq!(found, malformed, "{line}");
        }
    }
}
