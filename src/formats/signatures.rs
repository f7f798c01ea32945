//! The lines at which a run of another format begins or is summed up, after a file that is complete already.
//!
//! Detecting a format needs many lines of a file; this needs one, so each signature is a line that hardly anything but
//! its format prints. JSON has no such lines and is detected as a file of its own would be.

use super::table::header;
use crate::syntax::ansi;
use crate::syntax::bounded_text::BoundedText;
use std::sync::LazyLock;

/// How much of a line is looked at, in bytes.
pub(super) const MAX_LEN: usize = 1 << 10;

/// Lines of text formats.
struct Signature {
    /// The formats in which the line is no news.
    formats: &'static [&'static str],
    /// What it begins with.
    start: &'static str,
    /// What must follow.
    rest: fn(&str) -> bool,
}

/// The root elements of XML formats, unless any other file may have one of that name.
const XML_ROOTS: [&str; 19] = [
    "assembly",
    "TestResult",
    "testsuites",
    "testsuite",
    "testrun",
    "TestRun",
    "TestResults",
    "TestLog",
    "TestCase",
    "assemblies",
    "test-run",
    "test-results",
    "robot",
    "Catch",
    "Site",
    "gtester",
    "unittest-results",
    "testExecutions",
    "CUNIT_TEST_RUN_REPORT",
];

const TAP: &[&str] = &["tap", "ktap", "prove", "prove-files"];
const PROVE: &[&str] = &["prove", "prove-files"];
const SUBUNIT: &[&str] = &["subunit", "samba-selftest"];
/// nextest repeats what libtest printed.
const LIBTEST: &[&str] = &["libtest", "nextest"];
const TABLE: &[&str] = &["table-csv", "subunit-csv"];
const SUMS: &[&str] = &["automake", "dejagnu", "lit"];

const SIGNATURES: [Signature; 73] = [
    line(TAP, "TAP version ", starts_with_digit),
    line(&["ktap"], "KTAP version ", starts_with_digit),
    line(TAP, "1..", is_plan),
    line(TAP, "ok ", is_point),
    line(TAP, "not ok ", is_point),
    line(PROVE, "Files=", |rest| rest.contains(", Tests=")),
    line(PROVE, "", |line| line.contains(".t .. ")),
    line(&["libtest"], "   Doc-tests ", any),
    line(&["libtest"], "     Running ", |rest| rest.contains(" (target/")),
    line(LIBTEST, "running ", |rest| is_count(rest, &["test", "tests"])),
    line(LIBTEST, "test result: ", any),
    line(LIBTEST, "test ", |rest| ends_with_one(rest, &[" ... ok", " ... FAILED"])),
    line(&["nextest"], " Nextest run ID ", any),
    line(&["nextest"], "    Starting ", |rest| rest.contains(" across ")),
    line(&["nextest"], "        PASS [", any),
    line(&["nextest"], "        FAIL [", any),
    line(&["nextest"], "     Summary [", any),
    line(&["pytest"], "==", |rest| rest.contains("= test session starts =")),
    line(&["pytest"], "==", is_pytest_summary),
    line(&["pytest"], "", is_pytest_result),
    line(&["pytest"], "==", |rest| rest.contains("= FAILURES =")),
    line(&["pytest"], "FAILED ", |rest| rest.contains(".py::")),
    line(&["unittest"], "Ran ", is_unittest_summary),
    line(&["unittest"], "test", is_unittest_result),
    line(&["googletest"], "[==========] ", |rest| rest.contains(" test")),
    line(&["googletest"], "[ RUN      ] ", any),
    line(&["googletest"], "[  FAILED  ] ", any),
    line(&["ctest-text"], "Test project ", |rest| rest.contains(['/', '\\'])),
    line(&["ctest-text"], "", |line| starts_with_digit(line) && line.contains("% tests passed, ")),
    line(&["go"], "=== RUN ", any),
    line(&["go"], "--- PASS: ", any),
    line(&["go"], "--- FAIL: ", any),
    line(&["go"], "ok  \t", any),
    line(&["go"], "FAIL\t", |rest| !rest.ends_with(" failed]")),
    line(&["lit"], "-- Testing: ", starts_with_digit),
    line(&["lit"], "Total Discovered Tests: ", starts_with_digit),
    line(&["automake"], "# TOTAL: ", any),
    line(&["automake"], ":test-result: ", any),
    line(SUMS, "PASS: ", any),
    line(&["dejagnu"], "Test run by ", |rest| rest.contains(" on ")),
    line(&["dejagnu"], "\t\t=== ", |rest| rest.ends_with(" ===")),
    line(&["test262-text"], "PASS ", |rest| rest.contains("test/") && rest.ends_with(".js")),
    line(&["node-spec"], "\u{2714} ", |rest| rest.ends_with("ms)")),
    line(&["node-spec"], "\u{2716} ", |rest| rest.ends_with("ms)")),
    line(&["node-spec"], "\u{2139} tests ", starts_with_digit),
    line(&["teamcity"], "##teamcity[test", any),
    line(SUBUNIT, "time: 2", |rest| rest.len() >= 18 && rest.contains(':')),
    line(SUBUNIT, "progress: ", |rest| starts_with_digit(rest) || matches!(rest, "push" | "pop")),
    line(SUBUNIT, "test: ", any),
    line(SUBUNIT, "testsuite: ", any),
    line(&["samba-selftest"], "[", is_selftest),
    line(&["xfstests"], "FSTYP         -- ", any),
    line(&["ltp-output"], "<<<test_start>>>", any),
    line(&["ltp-pan"], "Test Start Time: ", any),
    line(&["pynfs"], "", |line| ends_with_one(line, &[" : PASS", " : FAILURE"])),
    line(&["deqp-log"], "Test case '", |rest| rest.ends_with("'..")),
    line(&["deqp-qpa"], "#beginTestCaseResult ", any),
    line(&["deqp-csv"], "", is_deqp_row),
    line(&["subunit-csv"], "test,status,start_time", any),
    line(&["subunit", "smbtorture-simple", "samba-selftest"], "smbtorture ", starts_with_digit),
    line(&["nfstest"], "    TEST: Running test '", any),
    line(&["nfstest"], "", is_nfstest_summary),
    line(&["pjdfstest-rs"], "Summary: ", |rest| {
        rest.contains(" skipped, ") && rest.ends_with(" total")
    }),
    line(TABLE, "", header::is_header),
    line(&["subunit-v2"], "\u{b3}", |rest| rest.starts_with(|c: char| (' '..='/').contains(&c))),
    line(&["go"], "FAIL    ", |rest| rest.ends_with('s') && rest.contains("  ")),
    line(&["go"], "goos: ", any),
    line(&["xfstests"], "Ran: ", |rest| rest.contains('/')),
    line(&["xfstests"], "Passed all ", |rest| rest.ends_with(" tests")),
    line(&["ltp-pan"], "Total Failures: ", starts_with_digit),
    line(&["ltp-pan"], "startup='", any),
    line(&["ltp-pan", "ltp-output"], "tag=", |rest| rest.contains(" stime=")),
    line(&["smbtorture-simple"], "TEST ", |rest| rest.contains(" FAILED! - ")),
];

const fn line(
    formats: &'static [&'static str],
    start: &'static str,
    rest: fn(&str) -> bool,
) -> Signature {
    Signature { formats, start, rest }
}

/// By the first byte of a line, which signatures it may have: bit N for the Nth one.
static BY_FIRST_BYTE: LazyLock<[u128; 256]> = LazyLock::new(|| {
    let mut masks = [0_u128; 256];
    for (index, signature) in SIGNATURES.iter().enumerate() {
        match signature.start.bytes().next() {
            Some(first) => masks[usize::from(first)] |= 1_u128 << index,
            None => (b'"'..=b'z')
                .filter(|first| first.is_ascii_alphanumeric() || *first == b'"')
                .for_each(|first| masks[usize::from(first)] |= 1_u128 << index),
        }
    }
    masks
});

/// Whether a line that begins with this byte may be one of those.
pub(super) fn may_begin_with(byte: u8) -> bool {
    // The first byte of a packet of subunit 2 is no UTF-8.
    matches!(byte, b'<' | 0xb3) || BY_FIRST_BYTE[usize::from(byte)] != 0
}

/// The format whose results a line begins or sums up, unless `own` has such lines too.
pub(super) fn of_other_format(own: &str, line: &str) -> Option<&'static str> {
    if is_xml_beginning(line) {
        return Some("XML");
    }
    let mut may_match = BY_FIRST_BYTE[usize::from(*line.as_bytes().first()?)];
    while may_match != 0 {
        let Signature { formats, start, rest } = &SIGNATURES[may_match.trailing_zeros() as usize];
        may_match &= may_match - 1;
        if line.strip_prefix(start).is_some_and(rest) && !formats.contains(&own) {
            return Some(formats[0]);
        }
    }
    None
}

/// Whether results may be in what follows an XML document. A few other lines are what the runner's caller printed.
pub(super) fn may_be_results(text: &BoundedText) -> bool {
    let is_result = |line: &str| {
        let line = ansi::strip(line.trim_start_matches('\u{feff}'));
        begins_json(&line) || of_other_format("", &line).is_some()
    };
    text.is_full() || text.text().lines().any(is_result)
}

fn begins_json(line: &str) -> bool {
    let inner = line.trim_start().strip_prefix(['{', '[']).map(str::trim_start);
    inner.is_some_and(|inner| inner.is_empty() || inner.starts_with(['"', '{', '[']))
}

/// Describes a line at which another format begins.
pub(super) fn other_format(own: &str, other: &str) -> String {
    format!("the file is {own}, and {other} begins here: write each format to a file of its own")
}

/// Whether an XML document begins: its declaration, or the root of a format.
pub(super) fn is_xml_beginning(text: &str) -> bool {
    let name = text.strip_prefix('<').and_then(|tag| tag.split([' ', '\t', '>', '/']).next());
    text.starts_with("<?xml ") || name.is_some_and(|name| XML_ROOTS.contains(&name))
}

fn any(_: &str) -> bool {
    true
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_selftest(rest: &str) -> bool {
    starts_with_digit(rest) && rest.contains(" at ") && rest.contains("s] ")
}

fn is_plan(rest: &str) -> bool {
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    digits.len() < rest.len() && (digits.is_empty() || digits.trim_start().starts_with('#'))
}

fn is_point(rest: &str) -> bool {
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    digits.len() < rest.len() && (digits.is_empty() || digits.starts_with(' '))
}

/// Whether this is a number and one of these words.
fn is_count(text: &str, words: &[&str]) -> bool {
    text.split_once(' ')
        .is_some_and(|(number, word)| number.parse::<u64>().is_ok() && words.contains(&word))
}

fn ends_with_one(text: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| text.ends_with(end))
}

fn is_pytest_summary(rest: &str) -> bool {
    let counts = [" passed", " failed", " error", " skipped"];
    rest.ends_with("==") && rest.contains(" in ") && counts.iter().any(|word| rest.contains(word))
}

fn is_pytest_result(text: &str) -> bool {
    let outcomes = [" PASSED", " FAILED", " ERROR", " SKIPPED", " XFAIL", " XPASS"];
    text.split_once(".py::").is_some_and(|(file, rest)| {
        !file.contains(' ') && outcomes.iter().any(|outcome| rest.contains(outcome))
    })
}

fn is_deqp_row(text: &str) -> bool {
    let mut cells = text.split(',').skip(1);
    let outcomes = ["Pass", "Fail", "Crash", "Timeout", "Skip", "Flake", "ExpectedFail"];
    cells.next().is_some_and(|outcome| outcomes.contains(&outcome))
        && cells.next().is_some_and(|time| time.parse::<f64>().is_ok())
}

fn is_nfstest_summary(text: &str) -> bool {
    text.ends_with(" failed)") && starts_with_digit(text) && text.contains(" tests (")
}

fn is_unittest_summary(rest: &str) -> bool {
    let (count, time) = rest.split_once(" in ").unwrap_or_default();
    is_count(count, &["test", "tests"]) && starts_with_digit(time)
}

fn is_unittest_result(rest: &str) -> bool {
    rest.contains(" (") && ends_with_one(rest, &[") ... ok", ") ... FAIL", ") ... ERROR"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_one_of_another_format() {
        for (own, text, other) in [
            ("libtest", "TAP version 13", Some("tap")),
            ("ktap", "TAP version 13", None),
            ("tap", "1..3 # SKIP no disk", None),
            ("go", "1..3 # SKIP no disk", Some("tap")),
            ("go", "1..3 of them", None),
            ("tap", "<testsuites tests=\"1\">", Some("XML")),
            ("tap", "<testsuite", Some("XML")),
            ("tap", "<testsuites-of-ours>", None),
            ("tap", "=========== 1 failed, 2 passed in 0.10s ===========", Some("pytest")),
            ("tap", "Ran 3 tests in 0.001s", Some("unittest")),
            ("tap", "Ran 3 tests", None),
            ("tap", "running 1 test", Some("libtest")),
            ("tap", "running all tests", None),
            ("tap", "ok", None),
            ("go", "not ok 1", Some("tap")),
            ("tap", "outcome,name", Some("table-csv")),
            ("tap", "\"Name\";\"Result\"", Some("table-csv")),
            ("subunit-csv", "name,outcome", None),
            ("tap", "name and outcome, in this order", None),
        ] {
            assert_eq!(of_other_format(own, text), other, "{own}: {text}");
        }
    }
}
