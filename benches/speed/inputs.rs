//! The inputs of the benchmarks: a run with a number of tests and a document with a number of rows, always the same.
//!
//! Suites of a hundred tests with dotted names, about 3 % failures with a message of ten lines, 2 % skipped; failures cluster in
//! some suites, as wildcard rows presuppose. Rows come first from the failures, then from names that no test has, as in real lists.
//! Any change in this file changes every figure that was ever recorded.

use std::io::{self, Write};

const AREAS: [&str; 20] = [
    "create",
    "lease",
    "oplock",
    "durable-open",
    "ioctl",
    "notify",
    "lock",
    "session",
    "replay",
    "multichannel",
    "dirlease",
    "compound",
    "read",
    "getinfo",
    "acls",
    "rename",
    "sharemode",
    "streams",
    "timestamps",
    "quota",
];
const WORDS: [&str; 24] = [
    "basic",
    "open",
    "close",
    "breaking1",
    "upgrade2",
    "complex",
    "handle",
    "persistent",
    "reconnect",
    "shared",
    "exclusive",
    "batch",
    "level2",
    "timeout",
    "async",
    "cancel",
    "nested",
    "truncate",
    "sparse",
    "invalid",
    "zero",
    "large",
    "owner",
    "encrypted",
];

/// Tests of a suite.
const TESTS_PER_SUITE: u64 = 100;
/// One suite in this many fails more often than not.
const BAD_SUITE_INTERVAL: u64 = 50;

/// The outcome of a test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TestOutcome {
    Pass,
    Fail,
    Skip,
}

/// The random number generator SplitMix64, always with the same seeds.
struct SplitMix64(u64);

impl SplitMix64 {
    /// A generator for one purpose, independent of all others.
    fn from_seed(what: u64) -> SplitMix64 {
        SplitMix64(what.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn next_below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.next_below(words.len() as u64) as usize]
    }
}

fn area(suite: u64) -> &'static str {
    AREAS[suite as usize % AREAS.len()]
}

fn class(suite: u64) -> String {
    let (one, other) = (suite as usize * 7 % WORDS.len(), (suite as usize * 11 + 3) % WORDS.len());
    format!("smb2.{}.{}-{}-{suite:05}", area(suite), WORDS[one], WORDS[other])
}

fn name(test: u64) -> String {
    let mut chance = SplitMix64::from_seed(test);
    let mut word = || chance.pick(&WORDS);
    format!("{}_{}_{}_{test:07}", word(), word(), word())
}

fn is_bad_suite(suite: u64) -> bool {
    suite % BAD_SUITE_INTERVAL == 7
}

fn test_outcome(test: u64) -> TestOutcome {
    let fails = if is_bad_suite(test / TESTS_PER_SUITE) { 6_000 } else { 184 };
    match SplitMix64::from_seed(!test).next_below(10_000) {
        drawn if drawn < fails => TestOutcome::Fail,
        drawn if drawn >= 9_800 => TestOutcome::Skip,
        _ => TestOutcome::Pass,
    }
}

fn suites(tests: u64) -> impl Iterator<Item = (u64, std::ops::Range<u64>)> {
    (0..tests.div_ceil(TESTS_PER_SUITE))
        .map(move |s| (s, s * TESTS_PER_SUITE..tests.min((s + 1) * TESTS_PER_SUITE)))
}

fn count_outcome(mut tests: std::ops::Range<u64>, what: TestOutcome) -> usize {
    tests.by_ref().filter(|test| test_outcome(*test) == what).count()
}

/// A run as JUnit XML, or a part of it: the tests with these numbers.
pub(super) fn write_junit(tests: u64, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"all\" tests=\"{tests}\" time=\"12000.0\">")?;
    for (suite, tests) in suites(tests) {
        let (failures, skipped) = (
            count_outcome(tests.clone(), TestOutcome::Fail),
            count_outcome(tests.clone(), TestOutcome::Skip),
        );
        let (class, size) = (class(suite), tests.clone().count());
        writeln!(
            out,
            "  <testsuite name=\"{class}\" tests=\"{size}\" failures=\"{failures}\" errors=\"0\" \
             skipped=\"{skipped}\" time=\"1.234\" timestamp=\"2026-11-01T12:00:00\" \
             hostname=\"runner-1\">\n    <properties>\n      <property name=\"profile\" \
             value=\"memory\"/>\n    </properties>"
        )?;
        for test in tests {
            junit_case(test, &class, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn junit_case(test: u64, class: &str, out: &mut impl Write) -> io::Result<()> {
    let (area, name, mut chance) =
        (area(test / TESTS_PER_SUITE), name(test), SplitMix64::from_seed(test ^ 0x55));
    let time = chance.next_below(50);
    write!(
        out,
        "    <testcase classname=\"{class}\" name=\"{name}\" file=\"source4/torture/smb2/{area}.c\" \
         time=\"0.{time:03}\""
    )?;
    match test_outcome(test) {
        TestOutcome::Fail => {
            writeln!(
                out,
                ">\n      <failure message=\"status was NT_STATUS_ACCESS_DENIED, expected \
                 &quot;NT_STATUS_OK&quot;\" type=\"torture\">../../source4/torture/smb2/{area}.c:{}: \
                 status was NT_STATUS_OBJECT_NAME_NOT_FOUND, expected NT_STATUS_OK: {name} \
                 &lt;open&gt; failed",
                100 + test % 900
            )?;
            for step in 0..9 {
                let handle = chance.next() as u32;
                writeln!(
                    out,
                    "  at step {step}: handle 0x{handle:08x}, level {step} &amp; share mode {}",
                    test % 8
                )?;
            }
            writeln!(out, "</failure>\n    </testcase>")
        }
        TestOutcome::Skip => writeln!(
            out,
            ">\n      <skipped message=\"server does not support {area}\"/>\n    </testcase>"
        ),
        TestOutcome::Pass if chance.next_below(100) == 0 => {
            write!(out, ">\n      <system-out><![CDATA[")?;
            for line in 0..12 {
                writeln!(
                    out,
                    "[{line:04}] smbd: processed request {} <ok> & done",
                    chance.next_below(1 << 20)
                )?;
            }
            writeln!(out, "]]></system-out>\n    </testcase>")
        }
        TestOutcome::Pass => writeln!(out, "/>"),
    }
}

/// A run in smbtorture's format, suite after suite.
pub(super) fn write_smbtorture(tests: u64, out: &mut impl Write) -> io::Result<()> {
    for (suite, tests) in suites(tests) {
        let class = class(suite);
        writeln!(out, "smbtorture 4.17.12-Debian\nUsing seed {}", 1_795_393_401 + suite)?;
        writeln!(out, "{}\nprogress: {}", TimeLine(tests.start), tests.clone().count())?;
        for test in tests {
            let (name, area, time) = (name(test), area(suite), TimeLine(test));
            write!(out, "test: {class}.{name}\n{time}\n{time}\n")?;
            match test_outcome(test) {
                TestOutcome::Pass => writeln!(out, "success: {class}.{name}"),
                TestOutcome::Skip => {
                    writeln!(out, "skip: {class}.{name} [\nserver does not support this\n]")
                }
                TestOutcome::Fail => writeln!(
                    out,
                    "failure: {class}.{name} [\n../../source4/torture/smb2/{area}.c:{}: status was \
                     NT_STATUS_INVALID_PARAMETER, expected NT_STATUS_OK: setup complex file \
                     {name}.dat\n]",
                    100 + test % 900
                ),
            }?;
        }
    }
    Ok(())
}

/// A `time:` line, seven milliseconds after that of the previous test.
struct TimeLine(u64);

impl std::fmt::Display for TimeLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (millis, seconds) = (self.0 * 7 % 1000, self.0 * 7 / 1000);
        let (hours, minutes, seconds) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "time: 2026-11-01 {hours:02}:{minutes:02}:{seconds:02}.{millis:03}000")
    }
}

/// The kind of a document's rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RowKind {
    /// Seven names for every three wildcards.
    Plain,
    /// The same, the wildcards as regular expressions.
    Expressions,
    /// Each row with a `*` at both ends.
    Substrings,
    /// Each row with `?` in some places.
    QuestionMarks,
    /// Each row an expression that ignores case.
    EitherCase,
    /// Each row an expression without any literal text.
    WithoutLiterals,
}

impl RowKind {
    pub(super) const ALL: [RowKind; 6] = [
        RowKind::Plain,
        RowKind::Expressions,
        RowKind::Substrings,
        RowKind::QuestionMarks,
        RowKind::EitherCase,
        RowKind::WithoutLiterals,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            RowKind::Plain => "plain",
            RowKind::Expressions => "expressions",
            RowKind::Substrings => "inside",
            RowKind::QuestionMarks => "marks",
            RowKind::EitherCase => "either-case",
            RowKind::WithoutLiterals => "textless",
        }
    }

    /// A row for all tests of a class, or for one.
    fn pattern(self, name: &str, is_class: bool) -> String {
        let escaped = || name.replace('.', "\\.");
        match self {
            RowKind::Plain if is_class => format!("{name}.*"),
            RowKind::Expressions if is_class => format!("re:{}\\..*", escaped()),
            RowKind::Plain | RowKind::Expressions => name.to_owned(),
            RowKind::Substrings => format!("*{}*", &name[3..]),
            RowKind::QuestionMarks => format!("{}?{}?*", &name[..3], &name[4..name.len() - 1]),
            RowKind::EitherCase => {
                format!("re:(?i){}.*", escaped().to_uppercase().replace("\\.", "."))
            }
            RowKind::WithoutLiterals => {
                let class = |c: char| if c.is_ascii_digit() { "\\d" } else { "[^a-f]" };
                let end: String = name.chars().skip(name.len() - 12).map(class).collect();
                format!("re:\\w+\\W.+{end}")
            }
        }
    }
}

/// A document with this many rows for a run with this many tests; one failure in twenty has no row.
pub(super) fn write_document(
    tests: u64,
    rows: u64,
    kind: RowKind,
    out: &mut impl Write,
) -> io::Result<()> {
    let wide = rows * 3 / 10;
    let mut bad = suites(tests).map(|(suite, _)| suite).filter(|suite| is_bad_suite(*suite));
    let has_row = |test: &u64| {
        let covered = is_bad_suite(test / TESTS_PER_SUITE)
            && test / TESTS_PER_SUITE / BAD_SUITE_INTERVAL < wide;
        test_outcome(*test) == TestOutcome::Fail
            && !covered
            && SplitMix64::from_seed(test ^ 0x77).next_below(20) > 0
    };
    let mut failing = (0..tests).filter(has_row);
    writeln!(out, "# Known failures\n\nTests listed here are expected to fail.")?;
    for row in 0..rows {
        if row % 25 == 0 {
            writeln!(out, "\n### Group {}\n", row / 25)?;
            writeln!(out, "| Test Name | Category | Reason | Issue |\n|---|---|---|---|")?;
        }
        let pattern = if row % 10 < 3 {
            let unused_class = || format!("smb2.{}.retired-{row:05}", area(row));
            kind.pattern(&bad.next().map_or_else(unused_class, class), true)
        } else {
            let unused_test = || format!("smb2.{}.gone-{row:05}.removed", area(row));
            let own = |test: u64| format!("{}.{}", class(test / TESTS_PER_SUITE), name(test));
            kind.pattern(&failing.next().map_or_else(unused_test, own), false)
        };
        // Bare, most of these would show as something else.
        let pattern = if kind == RowKind::Plain { pattern } else { format!("`{pattern}`") };
        writeln!(
            out,
            "| {pattern} | {} | Not there yet (phase {}) | #{} |",
            area(row),
            row % 90,
            row + 100
        )?;
    }
    Ok(())
}
