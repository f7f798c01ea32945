//! No reader takes a word that it does not know for a pass or a skip: the status words and outcome elements of every
//! fixture are replaced by an invented one.

use crate::formats::{DecodedFile, Fixture, assert_covers_all_formats, fixtures, is_exempt, read};
use knownfail::model::Outcome;
use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::ops::Range;

/// Where the files of a format have their status words.
enum Words {
    /// Expressions whose first group is a status word, or the name of an element that gives an outcome.
    At(&'static [&'static str]),
    /// The same; a test without any of them passed.
    AtUnlessPassed(&'static [&'static str]),
    /// Nowhere that a test could replace them, and why.
    Untested(&'static str),
}

/// Every format, grouped as in `src/formats/`.
const WORDS: [(&str, Words); 84] = [
    // junit
    ("failsafe-summary", Words::At(&[r#" timeout="([^"]+)""#, r#" result="([^"]+)""#])),
    (
        "junit",
        Words::AtUnlessPassed(&[
            r"<(failure|error|skipped|warning|aborted)[ />]",
            r"<(flakyFailure|flakyError|rerunFailure|rerunError)[ />]",
            r#"<testcase[^>]*? status="([^"]+)""#,
            r#"<testcase[^>]*? result="([^"]+)""#,
            r#"<testcase[^>]*? (?:ignored|incomplete)="([^"]+)""#,
            // Qt 5
            r#"<!-- message="[^"]*" type="(skip)""#,
        ]),
    ),
    // sonar
    ("sonar", Words::AtUnlessPassed(&[r"<(failure|error|skipped)[ />]"])),
    // javascript
    ("jest-json", Words::At(&[r#""status":\s*"(\w+)""#])),
    ("karma-json", Words::Untested("three booleans of a test; tested in the reader")),
    ("mocha-json", Words::At(&[r#""(passes|pending|failures)":\s*\["#])),
    ("mocha-json-stream", Words::At(&[r#"(?m)^\["(pass|fail)""#])),
    ("mochawesome-json", Words::At(&[r#""state":\s*"(\w+)""#, r#""(skipped)":\s*true"#])),
    ("node-spec", Words::At(&["(✔|✖|﹣|⚠) "])),
    ("playwright-json", Words::At(&[r#""(?:status|expectedStatus)":\s*"(\w+)""#])),
    ("testcafe-json", Words::At(&[r#""(errs)":"#])),
    // web
    ("chromium-json", Words::At(&[r#""actual":\s*"(?:[\w+]+ )*([\w+]+)""#])),
    ("autobahn-json", Words::At(&[r#""behavior(?:Close)?":\s*"([\w -]+)""#])),
    ("mozlog-jsonl", Words::At(&[r#""status":\s*"([\w-]+)""#])),
    ("test262-json", Words::At(&[r#""(pass|skip)":\s*true"#])),
    ("test262-text", Words::At(&[r"(?m)^(PASS|FAIL) "])),
    ("wptreport-json", Words::At(&[r#""status":\s*"([\w-]+)""#])),
    // cucumber
    ("cucumber-json", Words::At(&[r#""status":\s*"(\w+)""#])),
    ("cucumber-ndjson", Words::At(&[r#""status":\s*"(\w+)""#, r#"\{"(testStepFinished)""#])),
    // ctrf
    ("ctrf-json", Words::At(&[r#""status":\s*"(\w+)""#])),
    // rwx
    ("rwx-json", Words::At(&[r#""attempt":\s*\{[^{}]*"status":\s*\{\s*"kind":\s*"(\w+)""#])),
    // python
    (
        "pytest",
        Words::At(&[
            r#"(?m)^\S+\.py::\S.*? ([A-Z]+)(?: \([^\[]*\))? +\[ *[0-9]+%\]$"#,
            r#"(?m)^\[gw[0-9]+\] \[ *[0-9]+%\] (PASSED|FAILED|SKIPPED|XFAIL|XPASS|ERROR) "#,
            r#"(?m)^\S+\.py::\S+ (PASSED)$"#,
        ]),
    ),
    ("pytest-json", Words::At(&[r#""nodeid": "[^"]*", "lineno": [0-9]+, "outcome": "([a-z ]+)""#])),
    (
        "pytest-reportlog",
        Words::At(&[r#""outcome": "(passed)", "longrepr": null, "when": "call""#]),
    ),
    (
        "unittest",
        Words::At(&[
            r#"(?m)^(ok)$"#,
            r#"(?m)^\s*(?:test_\w+ \([^)]*\)[^\n]*|First[^\n]*|setUp\w+ \([^)]*\)) \.\.\. (ok|FAIL|ERROR|expected failure|unexpected success|skipped)\b"#,
        ]),
    ),
    // pynfs
    ("pynfs", Words::At(&[r#"(?m)^\S+ +st_\S+ +: ([A-Z ]+)$"#])),
    ("pynfs-json", Words::AtUnlessPassed(&[r#""(failure)": \{"#, r#""(skipped)": 1,"#])),
    // dart
    ("dart-json", Words::At(&[r#""result":"([a-z]+)","skipped":(?:true|false),"hidden":false"#])),
    // rspec
    ("rspec-json", Words::At(&[r#""status": ?"([a-z]+)""#])),
    // robot
    (
        "robot",
        Words::At(&[
            r#"(?s)<status [^>]*status="([A-Z ]+)"[^>]*/?>(?:[^<]*</status>)?\s*</test>"#,
            r#"<status status="([A-Z ]+)"[^>]*/>\s*</test>"#,
        ]),
    ),
    ("robot-json", Words::At(&[r#""lineno":[0-9]+,\n"status":"([A-Z ]+)""#])),
    // rust
    (
        "libtest",
        Words::At(&[
            r"(?m)^test \S.* \.\.\. (ok|FAILED|ignored)\b",
            r"(?m) --- (FAILED)$",
            r"(?m)^(?:torn)?(ok|FAILED|ignored)$",
        ]),
    ),
    ("libtest-json", Words::At(&[r#""type": ?"test",[^\n]*?"event": ?"(ok|failed|ignored)""#])),
    ("nextest", Words::At(&[r"(?m)^ *(?:TRY \d )?([A-Z+ -]+?|FLAKY \d/\d) \[ *(?:\d+\.\d+s)?\] "])),
    // go
    ("ginkgo-json", Words::At(&[r#""State": "(\w+)""#])),
    (
        "go",
        Words::At(&[
            r"(?m)^(?: {4}| {8})?(?:[^\s-][^\n]*)?--- (PASS|FAIL|SKIP): ",
            r"(?m)^(ok|FAIL)\s*\t",
        ]),
    ),
    ("go-json", Words::At(&[r#""Action": ?"(pass|fail|skip)",[^\n]*"Test":"#])),
    // llvm
    ("lit", Words::At(&[r"(?m)^([A-Z]+): .* :: "])),
    ("lit-json", Words::At(&[r#""code": "(\w+)""#])),
    // android_cts
    ("android-cts", Words::At(&[r#"<Test result="(\w+)""#])),
    // build
    ("bazel-bep", Words::At(&[r#""overallStatus":\s*"(\w+)""#])),
    (
        "ctest-xml",
        Words::At(&[
            r#"<Test Status="(\w+)""#,
            r#""Completion Status"><Value>((?:SKIP_\w+|Disabled)[^<]*)<"#,
        ]),
    ),
    (
        "ctest-text",
        Words::At(&[
            r"(?m)^ *(?:\d+/\d+ )?Test +#\d+: .*\.\.+(?:   |\w+ \w+)?((?:\*\*\*)?[A-Z][\w() ]+?)(?::.*|  .*| +\d+\.\d+ sec)$",
        ]),
    ),
    ("meson-json", Words::At(&[r#""result": "(\w+)""#])),
    // tap
    (
        "ktap",
        Words::At(&[
            r"(?m)^[ \t]+(ok|not ok) ",
            r"(?m)^(ok|not ok) \d+ selftests: ",
            r"(?m)^not ok .* # (SKIP|TODO)",
        ]),
    ),
    (
        "prove",
        Words::At(&[
            r"(?m)^(ok) [-\d]",
            r"(?m)^(not ok) .*# (?:TODO|SKIP)",
            r"\.\.+ (ok|skipped)\b",
        ]),
    ),
    ("prove-files", Words::At(&[r"\.\.+ (ok|skipped)\b", r"(?m)^(ok)(?:$| +\d+ ms )"])),
    (
        "tap",
        Words::At(&[
            r"(?m)^(ok)\b",
            r"(?m)^(not ok) .*# (?i:todo|skip)\b",
            r"(?m)^not ok .*# ((?i:todo|skip))\b",
        ]),
    ),
    // subunit
    (
        "samba-selftest",
        Words::At(&[
            r"(?m)^(\.+|[.sXFEU]+$)",
            r"(?m)^\[\d+\(\d+\)/.*: ([.sXFEU]+) ok$",
            r"UNEXPECTED\((\w+)\)",
        ]),
    ),
    (
        "smbtorture-simple",
        Words::At(&["(?m)^TEST .* ([A-Z]+)! - ", r"(?m)^\w+ (took) [\d.]+ secs$"]),
    ),
    ("subunit", Words::At(&["(?m)^(success(?:ful)?|failure|error|skip|xfail|uxsuccess): "])),
    ("subunit-csv", Words::At(&[r"(?m)^.+,(\w+),[^,\n]*,[^,\n]*$"])),
    (
        "subunit-v2",
        Words::Untested("the status is three bits; the reader has a test of all eight values"),
    ),
    // linux
    ("kirk-json", Words::At(&[r#""(?:status|result)": "(\w+)""#])),
    (
        "ltp-output",
        Words::At(&[
            r#"initiation_status="(ok)"\nduration=\d+ termination_type=exited termination_id=(?:0|32) "#,
            r"termination_type=(exited) termination_id=(?:0|32) ",
            r"termination_type=exited termination_id=(0|32) ",
        ]),
    ),
    (
        "ltp-pan",
        Words::At(&[
            r"(?m)^\S+ +(PASS|FAIL|CONF) +\d+ *$",
            r"exit=(exited) stat=(?:0|32) ",
            r"stat=(\d+)",
        ]),
    ),
    ("xfstests", Words::At(&[r"(?m)^[\w-]+/\d{3,}\s+(?:\d+s \.\.\. +)?(\d+s|\[not run\])"])),
    ("pjdfstest-rs", Words::At(&[r"(?m)^\w+::[\w:]+ +([A-Za-z ]+)$"])),
    ("nfstest", Words::At(&[r"(?m)^    (PASS|FAIL|BUG): "])),
    // table
    (
        "table-csv",
        Words::At(&[r"(?m)^[^,\n]+::[^\n]*,,?([a-z]+),[^\n]*,[0-9.e-]+$", r"(?m)^([a-z-]+)\t\w"]),
    ),
    ("table-jsonl", Words::At(&[r#""outcome": ?"([a-z-]+)""#])),
    // gnu
    (
        "automake",
        Words::At(&["(?m)^(PASS|FAIL|ERROR|SKIP|XFAIL|XPASS): .", r":test-result: (\w+)"]),
    ),
    (
        "dejagnu",
        Words::At(&["(?m)^(PASS|FAIL|UNRESOLVED|UNTESTED|UNSUPPORTED|XFAIL|KFAIL|XPASS|KPASS): "]),
    ),
    ("dejagnu-xml", Words::At(&[r"(?s)<test>.*?<result>(\w+)</result>"])),
    // graphics
    ("deqp-csv", Words::At(&[r"(?m)^.*,([A-Za-z()]+)(?:,[\d.]+)?$"])),
    ("deqp-log", Words::At(&[r"(?m)^  ([A-Z]\w+) \("])),
    ("deqp-qpa", Words::At(&[r#"StatusCode="(\w+)""#])),
    (
        "piglit-json",
        Words::At(&[
            r#"(?m)^ {16}"[^"]+": "(pass|fail|skip|crash|warn|timeout)""#,
            r#""result": "([\w-]+)",\s*"returncode": -?\d+,\s*"subtests": \{\s*"__type__""#,
        ]),
    ),
    // c_cpp
    (
        "boost-test",
        Words::AtUnlessPassed(&[
            r#"<TestCase [^>]*\bresult="([\w-]+)""#,
            r"</?(Error|FatalError|Exception)\b",
            r#"skipped="(yes)""#,
        ]),
    ),
    ("catch2-xml", Words::At(&[r#"<OverallResult success="(\w+)""#])),
    ("check", Words::At(&[r#"<test result="(\w+)""#])),
    ("cppunit", Words::At(&[r"<(SuccessfulTests|FailedTests|SkippedTests|IgnoredTests)\b"])),
    ("cunit", Words::At(&[r"<(CUNIT_RUN_TEST_SUCCESS)\b"])),
    (
        "googletest",
        Words::At(&[r"(?m)\[ *([A-Z]+) *\] [^\n]* \(\d+ ms\)$", r"(?m)^\[ (DISABLED) \]"]),
    ),
    (
        "gtest-json",
        Words::At(&[
            r#""result": "(COMPLETED)",[^\[\]{}]*\}"#,
            r#""result": "(SKIPPED|SUPPRESSED)""#,
            r#""status": "(NOTRUN)""#,
        ]),
    ),
    (
        "gtester",
        Words::At(&[
            r#"<status [^>]*result="(\w+)""#,
            r#"<status exit-status="(\d+)"[^>]*result="success""#,
        ]),
    ),
    ("qtest", Words::At(&[r#"<Incident type="(\w+)""#, r#"<Message type="(skip|qfatal)""#])),
    ("unittest++", Words::AtUnlessPassed(&[r"<(failure)\b"])),
    // dotnet
    (
        "gallio",
        Words::At(&[
            r#"(?s)<testStep [^>]*isTestCase="true".*?<outcome status="(\w+)""#,
            r#"<run [^>]*result="([\w-]+)""#,
        ]),
    ),
    (
        "nunit",
        Words::At(&[
            r#"<test-case [^>]*\bresult="(\w+)""#,
            r#"<test-case [^>]*executed="True"\s+success="(\w+)""#,
            r#"<test-case [^>]*executed="(False)""#,
        ]),
    ),
    ("trx", Words::At(&[r#"<UnitTestResult [^>]*\boutcome="(\w+)""#])),
    ("xunit", Words::At(&[r#"<test [^>]*\bresult="(\w+)""#])),
    // fpcunit
    ("fpcunit", Words::At(&[r#"<Test [^>]*Result="(\w+)""#])),
    // teamcity
    (
        "teamcity",
        Words::At(&[
            r"##teamcity\[(testFailed|testIgnored)",
            r"\[testStarted [^\n]*\n(?:##teamcity\[testStdOut [^\n]*\n)*##teamcity\[(testFinished)",
        ]),
    ),
];

/// Fixtures in which a word is repeated, or means nothing, and why.
const EXEMPT: [(&str, &str); 23] = [
    ("googletest/nested", "a test prints the markers of another run"),
    ("tap/pytest-tap", "an `ok` with a TODO is an unexpected pass"),
    ("node-spec/node-20", "a test with tests inside has two lines"),
    ("node-spec/own", "a test with tests inside has two lines"),
    ("samba-selftest/immediate", "a suite that passed has no word"),
    ("tap/bats-tap13", "bats has no TODO: it is part of a name"),
    ("xfstests/sections", "a time stands before the check that failed"),
    ("prove/terminal-verbose", "colours separate the words"),
    ("tap/node", "a suite has a point too, which is no result"),
    ("tap/qt", "an `ok` with a TODO is an unexpected pass"),
    ("tap/qt-unexpected-pass", "an `ok` with a TODO is an unexpected pass"),
    ("pynfs/verbose", "each result is printed twice"),
    ("pytest/inner-sessions", "the words of other sessions are output"),
    (
        "pytest/nocapture",
        "without progress a word may be output; the summary repeats the failures alone",
    ),
    ("pytest/nocapture-every-outcome", "the same, and tests print such words"),
    ("pytest/workers", "of one test that errored another phase passed"),
    ("robot/suite-teardowns", "a teardown skips all tests of its suite"),
    ("robot-json/own", "a test passed in a suite whose teardown failed"),
    ("robot-json/suite-teardowns", "a teardown skips all tests of its suite"),
    ("libtest-json/overlapping", "an ignored test has no event and is counted by its suite"),
    ("go/bench-alone", "a benchmark has a measurement and no word"),
    ("go-json/benchmark", "a benchmark has a measurement and no word"),
    ("ctest-xml/all-outcomes", "notrun is a skip or a failure, by another word"),
];

/// Known to no reader, in no language.
const INVENTED: &[u8] = b"zorked";
/// The most occurrences of a word that are replaced one by one.
const MAX_SINGLE: usize = 30;

#[test]
fn an_unknown_word_is_never_a_pass_or_a_skip() {
    let (mut wrong, fixtures) = (Vec::new(), fixtures());
    for (format, words) in &WORDS {
        let (expressions, may_pass) = match words {
            Words::At(expressions) => (*expressions, false),
            Words::AtUnlessPassed(expressions) => (*expressions, true),
            Words::Untested(_) => continue,
        };
        let regexes: Vec<Regex> = expressions.iter().map(|e| Regex::new(e).unwrap()).collect();
        let mut found = 0;
        for fixture in fixtures.iter().filter(|fixture| fixture.format.name() == *format) {
            let places = places(&regexes, &fixture.bytes);
            found += places.len();
            if !is_exempt(&EXEMPT, fixture) && !places.is_empty() {
                let faults = faults(fixture, &places, may_pass);
                wrong.extend(faults.iter().map(|fault| format!("{}: {fault}", fixture.case)));
            }
        }
        if found == 0 {
            wrong.push(format!("{format}: no fixture has a word at {expressions:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_format_has_words_or_a_reason() {
    assert_covers_all_formats(WORDS.iter().map(|(format, words)| {
        let why = match words {
            Words::At(_) | Words::AtUnlessPassed(_) => None,
            Words::Untested(why) => Some(*why),
        };
        (*format, why)
    }));
}

/// Where the first group of each expression matches, in the order of the file.
fn places(regexes: &[Regex], bytes: &[u8]) -> Vec<Range<usize>> {
    let groups = |regex: &Regex| {
        let captures = regex.captures_iter(bytes);
        captures.filter_map(|found| Some(found.get(1)?.range())).collect::<Vec<_>>()
    };
    let mut places: Vec<Range<usize>> = regexes.iter().flat_map(groups).collect();
    places.sort_by_key(|place| place.start);
    places.dedup();
    places
}

/// The file with the invented word at these places.
fn replace(bytes: &[u8], places: &[&Range<usize>]) -> Vec<u8> {
    let (mut text, mut end) = (Vec::new(), 0);
    for place in places {
        text.extend_from_slice(&bytes[end..place.start]);
        text.extend_from_slice(INVENTED);
        end = place.end;
    }
    text.extend_from_slice(&bytes[end..]);
    text
}

fn faults(fixture: &Fixture, places: &[Range<usize>], may_pass: bool) -> Vec<String> {
    let read = |places: &[&Range<usize>]| read(fixture.format, &*replace(&fixture.bytes, places));
    let before = read(&[]);
    let mut faults = Vec::new();
    let all = read(&places.iter().collect::<Vec<_>>());
    let passed = if may_pass { all.counts.get(Outcome::Passed) } else { 0 };
    if good(&all) != passed || passed > before.counts.get(Outcome::Passed) {
        faults.push(format!("all words replaced: {:?}", all.outcomes_by_test));
    }
    if is_green(&all) && !may_pass {
        faults.push("all words replaced: green".to_owned());
    }
    let word_at = |place: &Range<usize>| &fixture.bytes[place.clone()];
    for word in places.iter().map(word_at).collect::<BTreeSet<_>>() {
        let name = String::from_utf8_lossy(word);
        let same: Vec<&Range<usize>> = places.iter().filter(|at| word_at(at) == word).collect();
        let after = read(&same);
        if good(&after) > good(&before) {
            faults.push(format!("{name:?} replaced: {:?}", after.outcomes_by_test));
        }
        if is_green(&after) && !is_green(&before) {
            faults.push(format!("{name:?} replaced: green, which it was not"));
        }
        if good(&after) == good(&before) {
            continue;
        }
        // It was good: each single one of them counts, but for those of tests that had failed anyway.
        let has_no_effect = |place: &&Range<usize>| good(&read(&[*place])) >= good(&before);
        let idle = same.iter().take(MAX_SINGLE).copied().filter(has_no_effect);
        let idle: Vec<usize> = idle.map(|place| place.start).collect();
        let failed_anyway = same.len().saturating_sub((good(&before) - good(&after)) as usize);
        if idle.len() > failed_anyway {
            faults.push(format!("{name:?} at {idle:?}: as good as before"));
        }
    }
    faults
}

/// The number of results that never turn a run red.
fn good(file: &DecodedFile) -> u64 {
    [Outcome::Passed, Outcome::Skipped, Outcome::Xfailed].map(|o| file.counts.get(o)).iter().sum()
}

fn is_green(file: &DecodedFile) -> bool {
    file.counts.total() == good(file) && file.gaps.is_empty()
}
