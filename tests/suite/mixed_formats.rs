//! A file that begins in one format and goes on in another is never complete with the results of the first alone.

use crate::formats::{DecodedFile, Fixture, fixtures, read};
use crate::harness::Knownfail;
use knownfail::formats::Format;
use knownfail::model::{Outcome, ReadConfig, RunBuilder};
use regex::Regex;
use std::collections::BTreeSet;
use std::io::Read;

/// Reads a file as the program does.
pub(crate) fn read_unmixed(format: Format, bytes: &[u8]) -> DecodedFile {
    let mut read = DecodedFile::default();
    let reopen = || Ok(Box::new(std::io::Cursor::new(bytes.to_vec())) as Box<dyn Read>);
    format.read_unmixed(bytes, reopen, &mut read, 0, |sink| {
        RunBuilder::new(0, ReadConfig::default(), sink)
    });
    read
}

/// The smallest fixture of each format that reads as complete.
fn complete_fixtures() -> Vec<Fixture> {
    let mut all = fixtures();
    all.sort_by_key(|fixture| fixture.bytes.len());
    let mut chosen: Vec<Fixture> = Vec::new();
    for fixture in all {
        let is_known = chosen.iter().any(|other| other.format == fixture.format);
        let alone = read(fixture.format, &*fixture.bytes);
        let is_complete = alone.gaps.is_empty() && alone.counts.get(Outcome::Unfinished) == 0;
        if !is_known && is_complete {
            chosen.push(fixture);
        }
    }
    chosen.sort_by_key(|fixture| fixture.format.name());
    chosen
}

/// Pairs of formats that cannot be distinguished at this place: the second one's lines are the first one's own.
const ALIKE: [(&str, &str); 3] =
    [("nextest", "libtest"), ("prove", "prove-files"), ("prove-files", "prove")];

#[test]
fn a_second_format_makes_the_file_incomplete() {
    let chosen = complete_fixtures();
    assert!(chosen.len() > 70);
    let mut wrong = Vec::new();
    for first in &chosen {
        let alone = read(first.format, &*first.bytes);
        for second in chosen.iter().filter(|second| second.format != first.format) {
            let both = [&*first.bytes, b"\n", &*second.bytes].concat();
            // The format may be detected by the second part.
            let head = &both[..both.len().min(Format::SNIFF_LEN)];
            let Some(format) = Format::sniff(head) else { continue };
            let read = read_unmixed(format, &both);
            let pair = (first.format.name(), second.format.name());
            let is_seen = !read.gaps.is_empty() || read.counts.failing() > alone.counts.failing();
            if !is_seen && !ALIKE.contains(&pair) {
                wrong.push(format!("{} and then {}, read as {format:?}", pair.0, pair.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The exit code of a check without any known failure, and what it printed.
fn check(name: &str, text: &str) -> (i32, String) {
    check_as("auto", name, text)
}

fn check_as(format: &str, name: &str, text: &str) -> (i32, String) {
    let mut knownfail = Knownfail::new();
    knownfail.file("KNOWN_FAILURES.md", "").file(name, text);
    let output = knownfail.run(&["check", name, "--format", format]);
    (output.code, output.stdout + &output.stderr)
}

const JUNIT: &str = "<?xml version=\"1.0\"?>\n<testsuites><testsuite name=\"s\" tests=\"2\" \
    failures=\"1\"><testcase name=\"a\"/><testcase name=\"t\"><failure message=\"boom\"/></testcase>\
    </testsuite></testsuites>\n";

/// The case `tap-then-junit.txt` of the attack on the program: 16 KiB of TAP, so that its format is detected by it alone.
#[test]
fn junit_after_tap_is_never_green() {
    let tap = format!("1..1\nok 1 - x\n{}", "# pad\n".repeat(2_800));
    let (code, printed) = check("results.txt", &format!("{tap}{JUNIT}"));
    assert_eq!(code, 2, "{printed}");
    let expected = "results.txt:2803: error: a part could not be read";
    assert!(printed.contains("2803"), "{expected}: {printed}");
    assert!(printed.contains("the file is tap, and XML begins here"), "{printed}");
    assert_eq!(check("results.txt", &tap).0, 0);
}

#[test]
fn further_content_makes_a_complete_file_incomplete() {
    let passing = "<testsuites><testsuite name=\"s\" tests=\"1\"><testcase name=\"a\"/></testsuite></testsuites>\n";
    let libtest = "\nrunning 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 \
        filtered out; finished in 0.00s\n\n";
    let pytest = "============================= test session starts ==============================\n\
        collected 1 item\n\nt.py::a FAILED    [100%]\n\n=================== 1 failed in 0.10s ===================\n";
    let tap = "1..2\nok 1 - a\nnot ok 2 - b\n";
    let go = "{\"Time\":\"2024-01-01T00:00:00Z\",\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"TestA\"}\n\
        {\"Time\":\"2024-01-01T00:00:00Z\",\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"TestA\"}\n\
        {\"Time\":\"2024-01-01T00:00:00Z\",\"Action\":\"pass\",\"Package\":\"p\"}\n";
    let jest = "{\"numTotalTests\": 1, \"numPassedTests\": 1, \"numFailedTests\": 0, \"success\": true, \"testResults\": \
        [{\"name\": \"a.js\", \"status\": \"passed\", \"assertionResults\": [{\"fullName\": \"a\", \"title\": \"a\", \
        \"ancestorTitles\": [], \"status\": \"passed\"}]}]}";
    let subunit = "time: 2026-11-23 01:00:00.000000\nprogress: 1\ntest: a\nsuccess: a\n";
    for first in [passing, libtest, go, &format!("{jest}\n"), subunit] {
        assert_eq!(check("results", first).0, 0, "{first}");
    }
    for (first, second) in [
        (passing, tap),
        (passing, libtest),
        (passing, pytest),
        (passing, "FAILED t.py::b\n"),
        (passing, "<assemblies><assembly/></assemblies>"),
        (passing.trim_end(), tap),
        (libtest, pytest),
        (libtest, JUNIT),
        (libtest, tap),
        (libtest, go),
        (go, "--- FAIL: TestB (0.00s)\nFAIL\tq\t0.1s\n"),
        (go, JUNIT),
        (go, jest),
        (&format!("{jest}\n"), tap),
        (jest, tap),
        (jest, JUNIT),
        (subunit, JUNIT),
        (subunit, tap),
        (subunit, jest),
    ] {
        let (code, printed) = check("results", &format!("{first}{second}"));
        assert_ne!(code, 0, "{first}{second}: {printed}");
        // And then the first one again.
        let (code, printed) = check("results", &format!("{first}{second}{first}"));
        assert_ne!(code, 0, "{first}{second}{first}: {printed}");
    }
}

#[test]
fn what_the_caller_of_a_runner_prints_after_xml_is_no_result() {
    let passing = "<testsuites><testsuite name=\"s\" tests=\"1\"><testcase name=\"a\"/></testsuite></testsuites>\n";
    for end in [
        "+ exit 0\n",
        "make: *** [Makefile:3: test] Error 1\n",
        "\nreal\t0m1.2s\n",
        "npm ERR! Test failed.  See above for more details.\n",
        "\u{1b}[32mDone\u{1b}[0m in 3s [ok]\n{}\n",
        "Overall result : PASSED\nname,Pass\n",
    ] {
        let (code, printed) = check("results", &format!("{passing}{end}"));
        assert_eq!(code, 0, "{end}: {printed}");
    }
    let noise = "noise\n".repeat(2_000);
    for end in
        ["\u{1b}[1mnot ok 1 - b\u{1b}[0m\n", "[{\"a\": 1}]\n", &format!("{noise}not ok 1 - b\n")]
    {
        let (code, printed) = check("results", &format!("{passing}{end}"));
        assert_eq!(code, 2, "{end}: {printed}");
    }
}

#[test]
fn what_a_test_prints_is_no_other_format() {
    let printed = format!(
        "TAP version 13\n1..1\nnot ok 1\n{JUNIT}--- FAIL: TestB (0.00s)\n{{\"numTotalTests\": 1}}\n"
    );
    for (format, before, after) in [
        (
            "libtest",
            "running 1 test\n",
            "test a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n",
        ),
        ("subunit", "progress: 1\ntest: a\n", "success: a\n"),
        (
            "googletest",
            "[==========] Running 1 test from 1 test suite.\n[----------] 1 test from A\n[ RUN      ] A.b\n",
            "[       OK ] A.b (0 ms)\n[----------] 1 test from A (0 ms total)\n\n[==========] 1 test from 1 test suite ran. (0 ms total)\n[  PASSED  ] 1 test.\n",
        ),
        (
            "junit",
            "<testsuites><testsuite name=\"s\" tests=\"1\"><testcase name=\"a\"><system-out><![CDATA[",
            "]]></system-out></testcase></testsuite></testsuites>",
        ),
    ] {
        let (code, output) = check_as(format, "results", &format!("{before}{printed}{after}"));
        assert_eq!(code, 0, "{before}: {output}");
    }
}

#[test]
fn several_documents_of_one_format_are_all_read() {
    let passing = "<?xml version=\"1.0\"?><testsuite name=\"s\" tests=\"1\"><testcase name=\"a\"/></testsuite>";
    let (code, printed) =
        check("results.xml", &format!("{passing}\n{}", passing.replace("\"a\"", "\"b\"")));
    assert!(code == 0 && printed.contains("2 tests"), "{printed}");
    let (code, printed) = check("results.xml", &format!("{passing}{JUNIT}"));
    assert!(code == 1 && printed.contains("1 new failure"), "{printed}");
}

#[test]
fn failure_anywhere_below_a_case_fails_it() {
    for inside in [
        "<properties><property name=\"p\"><failure message=\"m\"/></property></properties>",
        "<properties><failure message=\"m\"/></properties>",
        "<system-out>text<failure message=\"m\">t</failure></system-out>",
        "<system-out><a><b><error/></b></a></system-out>",
        "<steps><step><failure/></step></steps>",
        "<skipped><failure message=\"m\"/></skipped>",
    ] {
        let text = format!(
            "<testsuite name=\"s\" tests=\"1\"><testcase name=\"a\">{inside}</testcase></testsuite>"
        );
        let (code, printed) = check("results.xml", &text);
        assert_eq!(code, 1, "{inside}: {printed}");
    }
    for output in ["<![CDATA[<failure/>]]>", "&lt;failure/&gt;"] {
        let text = format!(
            "<testsuite name=\"s\"><testcase name=\"a\"><system-out>{output}</system-out></testcase></testsuite>"
        );
        assert_eq!(check("results.xml", &text).0, 0, "{output}");
    }
}

#[test]
fn total_that_is_no_number_is_reported_with_its_line() {
    for (attribute, value) in [
        ("tests", "abc"),
        ("tests", ""),
        ("failures", "-1"),
        ("errors", "1e9"),
        ("skipped", "none"),
        ("tests", "99999999999999999999"),
    ] {
        let text = format!(
            "<testsuites>\n<testsuite name=\"s\" {attribute}=\"{value}\"><testcase name=\"a\"/></testsuite>\n</testsuites>"
        );
        let (code, printed) = check("results.xml", &text);
        assert_eq!(code, 2, "{attribute}=\"{value}\": {printed}");
        assert!(printed.contains("results.xml:2"), "{printed}");
    }
    let spaces =
        "<testsuite name=\"s\" tests=\"1 \"><testcase name=\"a\" time=\"0,5\"/></testsuite>";
    assert_eq!(check("results.xml", spaces).0, 0);
}

/// Whatever element of a report of XML is wrapped in an unknown one, its failures are still failures.
#[test]
fn a_failure_in_a_wrapper_is_still_one() {
    let name = Regex::new(r"<([A-Za-z][\w.-]*)[ >/]").unwrap();
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let text = String::from_utf8_lossy(&fixture.bytes);
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
            continue;
        }
        let before = read(fixture.format, text.as_bytes());
        let names: BTreeSet<&str> =
            name.captures_iter(&text).map(|found| found.get(1).unwrap().as_str()).collect();
        for name in names {
            let start = Regex::new(&format!("<{name}( [^<>]*)?(/?)>")).unwrap();
            let changed = start.replace_all(&text, |found: &regex::Captures<'_>| {
                let end = if &found[2] == "/" { "</wrapper>" } else { "" };
                format!("<wrapper>{}{end}", &found[0])
            });
            let changed = changed.replace(&format!("</{name}>"), &format!("</{name}></wrapper>"));
            let after = read(fixture.format, changed.as_bytes());
            // The reason why a test was not run.
            let is_reason = fixture.format.name() == "ctest-xml" && name == "Value";
            if !is_reason
                && after.gaps.len() <= before.gaps.len()
                && after.counts.failing() < before.counts.failing()
            {
                wrong.push(format!(
                    "{}: {name}: {} of {}",
                    fixture.case,
                    after.counts.failing(),
                    before.counts.failing()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
