//! What the JUnit reader makes of small reports.

use crate::formats::emit::test_record::testing::{DecodedRun, read_with};
use crate::model::GapKind;

fn read_all(xml: &str) -> DecodedRun {
    read_with(super::reader::read, xml)
}

/// The only test of a suite named `s`.
fn read_one(case: &str) -> String {
    read_all(&format!("<testsuite name='s'>{case}</testsuite>")).0.remove(0)
}

#[test]
fn test_name_is_complete_without_repetition() {
    for (attributes, name) in [
        ("classname='a.B' name='c d'", "a.B.c d"),
        ("classname='same' name='same'", "same"),
        ("classname='own' name='own / ok'", "own / ok"),
        ("classname='own' name='owner'", "own.owner"),
        ("name='n'", "s.n"),
        ("classname='s.s' name='n'", "s.n"),
        ("classname='only' name=''", "only"),
        ("package='p/1' classname='does it'", "p/1.does it"),
        ("", "s"),
    ] {
        assert_eq!(read_one(&format!("<testcase {attributes}/>")), format!("passed {name}"));
    }
}

#[test]
fn case_order_does_not_change_names() {
    let case = |(class, name): (&str, &str)| {
        format!("<testcase name='{name}' time='1' classname='{class}'/>")
    };
    let cases = [("a", "1"), ("test", "1"), ("test", "test"), ("b", "1")];
    let want = ["passed a.1", "passed b.1", "passed test", "passed test.1"];
    for first in 0..cases.len() {
        let turned = cases.iter().cycle().skip(first).take(cases.len());
        let cases = turned.map(|pair| case(*pair)).collect::<String>();
        for suite in ["<testsuite name='S'", "<testsuites><testsuite name='S' hostname=''"] {
            let mut names = read_all(&format!("{suite}>{cases}</testsuite>")).0;
            names.sort();
            assert_eq!(names, want);
        }
    }
}

#[test]
fn node_is_detected_before_its_first_test() {
    let case = |name: &str| format!("<testcase name='{name}' time='1' classname='test'/>");
    let header = "time='1' disabled='0' errors='0' tests='1' failures='0' skipped='0'";
    let suite = |inside: &str| format!("<testsuite name='S' {header}>{inside}</testsuite>");
    let top = case("test") + &case("a");
    for (inside, want) in [
        (top.clone() + &suite(&case("b")), ["passed test", "passed a", "passed S.b"]),
        (suite(&case("b")) + &top, ["passed S.b", "passed test", "passed a"]),
    ] {
        assert_eq!(read_all(&format!("<testsuites>{inside}</testsuites>")).0, want);
        let named = read_all(&format!("<testsuites name='N'>{inside}</testsuites>")).0;
        assert!(named.contains(&"passed test.b".to_owned()), "{named:?}");
    }
}

#[test]
fn pytest_is_detected_and_its_lines_start_at_zero() {
    let header = "errors='0' failures='0' skipped='0' tests='1' time='1' timestamp='' hostname=''";
    let case = "<testcase classname='c' name='n' file='f' line='6'>";
    let cases = format!("{case}</testcase>{case}<failure/></testcase>");
    let suite = format!("<testsuite name='mine' {header}>{cases}</testsuite>");
    let named = "<testsuites name='pytest tests'><testsuite name='mine' tests='1'>";
    for pytest in [suite, format!("{named}{cases}</testsuite></testsuites>")] {
        let run = read_all(&pytest);
        assert_eq!(run.0, ["~failed c.n", "failed c.n"]);
        assert_eq!(run.2, ["f:7"]);
    }
    let other = read_all(&format!("<testsuite name='mine'>{cases}</testsuite>"));
    assert_eq!(other.0, ["passed c.n", "failed c.n"]);
    assert_eq!(other.2, ["f:6"]);
}

#[test]
fn worst_of_attributes_and_children_counts() {
    for (attribute, word, with_failure) in [
        ("disabled='1'", "skipped", "failed"),
        ("disabled='true'", "skipped", "failed"),
        ("disabled='0'", "passed", "failed"),
        ("ignored='true'", "skipped", "failed"),
        ("incomplete='true'", "unfinished", "failed"),
        ("executed='False'", "skipped", "failed"),
        ("success='false'", "failed", "failed"),
        ("failed='true'", "failed", "failed"),
        ("failures='2'", "failed", "failed"),
        ("failures='0' errors='0'", "passed", "failed"),
        ("errors='1'", "errored", "errored"),
        ("Status='Failed'", "failed", "failed"),
        ("outcome='Failed' verdict='timeout'", "timed-out", "timed-out"),
        ("state='Texas'", "passed", "failed"),
        ("passed='3'", "passed", "failed"),
        ("status='notrun'", "skipped", "failed"),
        ("status='run' result='completed'", "passed", "failed"),
        ("status='run' result='SUPPRESSED'", "skipped", "failed"),
        ("status='' result=''", "passed", "failed"),
        ("status='0'", "passed", "failed"),
        ("status='Failed'", "failed", "failed"),
        ("status='run' result='failure'", "failed", "failed"),
        ("result='error'", "errored", "errored"),
        ("status='broken'", "errored", "errored"),
        ("status='TIMED_OUT'", "timed-out", "timed-out"),
        ("status='passed' result='crashed'", "crashed", "crashed"),
        ("result='xfail'", "xfailed", "failed"),
        ("status='RUNNING'", "unfinished", "failed"),
    ] {
        let case = format!("<testcase classname='c' name='n' {attribute}");
        assert_eq!(read_one(&format!("{case}/>")), format!("{word} c.n"), "{attribute}");
        let failed = read_one(&format!("{case}><failure/></testcase>"));
        assert_eq!(failed, format!("{with_failure} c.n"), "{attribute}");
    }
    let disabled = "<testcase classname='c' name='n' status='disabled'><failure/></testcase>";
    assert_eq!(read_one(disabled), "skipped c.n");
    let skipped = "<testcase classname='c' name='n' status='failed'><skipped/></testcase>";
    assert_eq!(read_one(skipped), "failed c.n");
}

#[test]
fn unknown_word_or_element_is_a_failure_that_names_it() {
    for (case, message) in [
        ("status='zorked'/>", "unknown status `zorked`"),
        ("status='run' result='zorked'><skipped/></testcase>", "unknown result `zorked`"),
        ("status='2'/>", "unknown status `2`"),
        ("disabled='zorked'/>", "unknown disabled `zorked`"),
        ("><zorked/></testcase>", "unknown element `zorked`"),
        ("><zorked message='m'>why</zorked></testcase>", "unknown element `zorked`\nm\nwhy"),
        (" status='zorked'><skipped message='s'/></testcase>", "unknown status `zorked`"),
        ("><skipped/><zorked><failure/></zorked></testcase>", "a nested element `failure`"),
        ("><run/></testcase>", "unknown element `run`"),
    ] {
        let result = read_one(&format!("<testcase classname='c' name='n' {case}"));
        assert_eq!(result, format!("failed c.n: {message}"));
    }
    let long =
        read_one(&format!("<testcase name='n' classname='c' status='{}'/>", "z".repeat(999)));
    assert!(long.len() < 200, "{long}");
    assert_eq!(read_one("<zorked>why</zorked>"), "failed s: unknown element `zorked`\nwhy");
    let case = "<testcase classname='c' name='n'/>";
    assert_eq!(
        read_all(&format!("<testsuite><group>{case}</group></testsuite>")).0,
        ["passed c.n"]
    );
    let unknown_group = format!("<testsuite><zorked>{case}</zorked></testsuite>");
    assert_eq!(read_all(&unknown_group).0, ["passed c.n"]);
}

#[test]
fn rerun_without_a_failure_or_a_no_in_passed_is_a_failure() {
    let read = |inside: &str| {
        let case = format!("<testcase classname='c' name='n'>{inside}</testcase>");
        read_all(&format!("<testsuite name='s'>{case}</testsuite>")).0
    };
    assert_eq!(read("<rerunError message='m'/>"), ["~errored c.n: m", "errored c.n: m"]);
    let after = read("<rerunError message='m'/><failure message='f'/>");
    assert_eq!(after, ["~errored c.n: m", "failed c.n: f"]);
    assert_eq!(read("<flakyError message='m'/>"), ["~errored c.n: m", "passed c.n"]);
    assert_eq!(read("<passed>false</passed>"), ["failed c.n: false"]);
    assert_eq!(read("<passed>true</passed>"), ["passed c.n: true"]);
}

#[test]
fn worker_of_pytest_that_crashed_is_a_crash() {
    let read = |message: &str| {
        let error = format!("<error message='failed on setup with &quot;{message}&quot;'/>");
        read_one(&format!("<testcase classname='c' name='n'>{error}</testcase>"))
    };
    let crash = read("worker &apos;gw0&apos; crashed while running &apos;t.py::n&apos;");
    assert!(crash.starts_with("crashed c.n: failed on setup"), "{crash}");
    assert_eq!(read("boom"), "errored c.n: failed on setup with \"boom\"");
}

#[test]
fn line_at_the_end_of_a_file_is_its_line() {
    let case = |attributes: &str| {
        let case = format!("<testcase classname='c' name='n' {attributes}><failure/></testcase>");
        read_all(&format!("<testsuite name='s'>{case}</testsuite>")).2
    };
    assert_eq!(case("file='a.c:7'"), ["a.c:7"]);
    assert_eq!(case("file='a.c:7:3'"), ["a.c:7"]);
    assert_eq!(case("file='a.c:7' line='3'"), ["a.c:7:3"]);
}

#[test]
fn element_has_the_outcome_of_its_word() {
    for (element, word) in [
        ("aborted", "skipped"),
        ("ignored", "skipped"),
        ("pending", "skipped"),
        ("warning", "failed"),
        ("canceled", "errored"),
        ("internalError", "errored"),
        ("timeout", "timed-out"),
        ("crash", "crashed"),
        ("success", "passed"),
        ("webLink", "passed"),
        ("properties", "passed"),
    ] {
        let case = format!("<testcase classname='c' name='n'><{element}/></testcase>");
        assert_eq!(read_one(&case), format!("{word} c.n"));
    }
    let inside = "<properties><property><failure/></property></properties>";
    let case = |inside: &str| format!("<testcase classname='c' name='n'>{inside}</testcase>");
    assert_eq!(read_one(&case(inside)), "failed c.n: a nested element `failure`");
}

#[test]
fn unclosed_tags_in_text_hide_no_verdict() {
    for (inside, word) in [
        ("<system-out>vector<int></system-out><failure/>", "failed"),
        ("<skipped>a <T></skipped><error/>", "errored"),
        ("<properties><property></properties><failure/>", "failed"),
        ("<flakyFailure><failure/></flakyFailure>", "failed"),
    ] {
        let case =
            format!("<testsuite><testcase classname='c' name='n'>{inside}</testcase></testsuite>");
        let results = read_all(&case).0;
        let last = results.last().unwrap().split(':').next().unwrap();
        assert_eq!(last, format!("{word} c.n"), "{inside}");
    }
    let unclosed = "<error>boom<testcase classname='c' name='n'><skipped/></testcase>";
    assert_eq!(
        read_all(&format!("<testsuite name='s'>{unclosed}</testsuite>")).0,
        ["errored s: boom", "skipped c.n"]
    );
}

#[test]
fn bats_timeout_line_gives_timed_out() {
    let outcome_of = |text: &str| {
        let failure = format!("<failure type='failure'>tags: a\n{text}\nTerminated</failure>");
        let result = read_one(&format!("<testcase classname='c' name='n'>{failure}</testcase>"));
        result.split(' ').next().unwrap().to_owned()
    };
    let stack = "(from function `f' in file a, line 1,\n in test file b, line 2)\n";
    assert_eq!(outcome_of(&format!("{stack}  `sleep 5' failed due to timeout")), "timed-out");
    assert_eq!(outcome_of("  `sleep 5' failed"), "failed");
    assert_eq!(outcome_of("it printed: 'a' failed due to timeout"), "failed");
}

/// The gaps of a suite with this header.
fn gaps(header: &str, cases: &str) -> Vec<GapKind> {
    read_all(&format!("<testsuites><testsuite {header}>{cases}</testsuite></testsuites>")).1
}

fn mismatch(what: &'static str, declared: u64, actual: u64) -> GapKind {
    GapKind::CountMismatch { what: what.into(), declared, actual }
}

const PASSED: &str = "<testcase name='a'/>";
const FAILED: &str = "<testcase name='b'><failure/></testcase>";
const SKIPPED: &str = "<testcase name='c'><skipped/></testcase>";

#[test]
fn declared_failures_without_failing_case_are_a_gap() {
    let failing = |declared, actual| mismatch("failing tests", declared, actual);
    assert_eq!(gaps("name='pytest' tests='9' failures='5'", PASSED), [failing(5, 0)]);
    assert_eq!(gaps("name='s' failures='5'", FAILED), [failing(5, 1)]);
    assert_eq!(gaps("name='s' errors='1'", PASSED), [failing(1, 0)]);
    assert_eq!(gaps("name='s' errors='99999999999999999999'", PASSED), [failing(u64::MAX, 0)]);
    assert_eq!(gaps("name='s' failed='1'", PASSED), [failing(1, 0)]);
    assert_eq!(gaps("name='s' errors='1' failures='1'", FAILED), [failing(2, 1)]);
    assert_eq!(gaps("name='s' errors='18446744073709551615' failures='1'", FAILED).len(), 1);
    // PHPUnit
    let warning = "<testcase name='w'><warning/></testcase>";
    assert_eq!(gaps("assertions='1' warnings='1' failures='0'", PASSED), [failing(1, 0)]);
    assert_eq!(gaps("assertions='1' warnings='1' failures='0'", warning), []);
    assert_eq!(gaps("warnings='1' failures='0'", PASSED), []);
    // A failure is counted for each element.
    let twice = "<testcase name='b'><failure/><failure/></testcase>";
    assert_eq!(gaps("hostname='tbd' tests='99' failures='2'", twice), []);
    assert_eq!(gaps("hostname='tbd' tests='99' failures='3'", twice), [failing(2, 1)]);
}

#[test]
fn declared_skips_without_skipped_case_are_a_gap() {
    let skips = |declared, actual| mismatch("skipped tests", declared, actual);
    for word in ["skipped", "skips", "skip", "disabled", "ignored", "aborted"] {
        assert_eq!(gaps(&format!("{word}='1'"), PASSED), [skips(1, 0)], "{word}");
        assert_eq!(gaps(&format!("{word}='1'"), SKIPPED), []);
    }
    assert_eq!(gaps("skipped='1' skip='1' disabled='1'", SKIPPED), [skips(2, 1)]);
    // pytest: a skipped test whose teardown failed.
    let both = "<testcase name='c'><skipped/><error/></testcase>";
    assert_eq!(gaps("name='pytest' skipped='1' errors='1'", both), []);
}

#[test]
fn suite_that_says_it_failed_has_a_failing_test_or_a_gap() {
    let failed = |what: &str| GapKind::ReportedFailure { what: what.to_owned() };
    assert_eq!(gaps("status='failed'", PASSED), [failed("status=\"failed\"")]);
    assert_eq!(gaps("result='zorked'", PASSED), [failed("result=\"zorked\"")]);
    assert_eq!(gaps("success='false'", PASSED), [failed("success=\"false\"")]);
    assert_eq!(gaps("status='failed'", FAILED), []);
    assert_eq!(gaps("status='passed' result='completed'", PASSED), []);
    // Ginkgo
    let property = |value: &str| {
        let property = format!("<property name='SuiteSucceeded' value='{value}'/>");
        gaps("", &format!("<properties>{property}</properties>{PASSED}"))
    };
    assert_eq!(property("true"), []);
    assert_eq!(property("false"), [failed("SuiteSucceeded is not true")]);
}

#[test]
fn criterion_counts_crashes_and_skips_twice() {
    let gaps = |numbers: &str| {
        let case =
            "<testcase name='a' assertions='1' status='ERRORED'><error type='crash'/></testcase>";
        let suite = format!("<testsuite name='s' tests='2' {numbers}>{case}{SKIPPED}</testsuite>");
        read_all(&format!("<testsuites name='Criterion Tests'>{suite}</testsuites>")).1
    };
    assert_eq!(gaps("failures='1' errors='1' disabled='1' skipped='1'"), []);
    assert_eq!(gaps("failures='1' errors='2' disabled='1' skipped='1'").len(), 1);
    assert_eq!(gaps("failures='1' errors='1' disabled='2' skipped='1'").len(), 1);
}

#[test]
fn tests_that_a_producer_does_not_write_are_no_gap() {
    let mocha = |suite: &str| {
        let root = "<testsuites name='Mocha Tests' tests='4' failures='0' skipped='1'>";
        read_all(&format!("{root}{suite}</testsuites>")).1
    };
    let hook = "<testcase name='s \"before each\" hook for \"a\"'><failure/></testcase>";
    let plan = |planned, actual| GapKind::PlanNotMet { planned, actual };
    // One that is pending and two that --grep excludes.
    let suite = |cases: &str| format!("<testsuite name='s' tests='4'>{cases}</testsuite>");
    assert_eq!(mocha(&suite(PASSED)), []);
    assert_eq!(mocha(&suite(&format!("{PASSED}{hook}"))), [plan(5, 2)]);
    assert_eq!(mocha(&suite("")), [plan(4, 0), GapKind::NoTests]);
    assert_eq!(
        mocha(&format!("<testsuite skipped='1'>{PASSED}</testsuite>")),
        [mismatch("skipped tests", 1, 0)]
    );
    let libtest = "name='test' package='test' tests='3'";
    assert_eq!(gaps(&format!("{libtest} skipped='2'"), PASSED), []);
    assert_eq!(gaps(&format!("{libtest} skipped='1'"), PASSED), [plan(2, 1)]);
}

#[test]
fn pending_flow_of_maestro_did_not_end() {
    let suite = |device: &str| {
        let case = "<testcase name='n' classname='n' status='PENDING'/>";
        read_all(&format!("<testsuite{device} tests='1'>{case}</testsuite>")).0
    };
    assert_eq!(suite(""), ["skipped n"]);
    assert_eq!(suite(" device='Pixel 6'"), ["unfinished n"]);
}

#[test]
fn footer_of_node_shows_a_failed_test_that_contains_tests() {
    let case = |name: &str, inside: &str| {
        format!("<testcase name='{name}' time='1' classname='test'>{inside}</testcase>")
    };
    let header = "time='1' disabled='0' errors='0' tests='1'";
    let suite = |failures: u8, inside: &str| {
        format!(
            "<testsuite name='p' {header} failures='{failures}' skipped='0'>{inside}</testsuite>"
        )
    };
    let gaps = |suite: &str, fail: u8, skipped: u8| {
        let footer = format!("<!-- tests 2 --><!-- fail {fail} --><!-- skipped {skipped} -->");
        read_all(&format!("<testsuites>{suite}{footer}</testsuites>")).1
    };
    let passed = suite(0, &case("a", ""));
    assert_eq!(gaps(&passed, 0, 0), []);
    assert_eq!(gaps(&passed, 1, 0), [mismatch("failing tests", 1, 0)]);
    assert_eq!(gaps(&passed, 0, 1), [mismatch("skipped tests", 1, 0)]);
    let failed = suite(1, &case("a", "<failure/>"));
    assert_eq!(gaps(&failed, 2, 0), []);
    assert_eq!(gaps(&failed, 3, 0), [mismatch("failing tests", 2, 1)]);
}

#[test]
fn playwright_project_is_part_of_the_name() {
    let suite = |host: &str, cases: &str| {
        let header = "tests='1' failures='0' skipped='0' time='1' errors='0'";
        let suite = format!("<testsuite name='a.spec.ts' timestamp='' hostname='{host}' {header}>");
        read_all(&format!("{suite}{cases}</testsuite>"))
    };
    let case = |name: &str| format!("<testcase name='{name}' classname='a.spec.ts' time='1'/>");
    let want = ["passed [webkit] \u{203a} a.spec.ts \u{203a} d \u{203a} t"];
    assert_eq!(suite("webkit", &case("d \u{203a} t")).0, want);
    assert_eq!(suite("webkit", &case("[webkit] d \u{203a} t")).0, want);
    assert_eq!(suite("", &case("t")).0, ["passed a.spec.ts.t"]);
    let failed = "<testcase name='t'><failure message='a.spec.ts:3:5 t'/></testcase>";
    assert_eq!(suite("webkit", failed).2, ["a.spec.ts:3"]);
}

#[test]
fn device_or_browser_is_part_of_the_name() {
    let case = "<testcase name='t' classname='c'/>";
    let flank = "<testsuite name='Pixel-28' testLabExecutionId='m-1'>";
    assert_eq!(read_all(&format!("{flank}{case}</testsuite>")).0, ["passed Pixel-28.c.t"]);
    let property = "<properties><property name='browser.launcher' value='x'/></properties>";
    let suite = format!("<testsuite name='Chrome_x_/a.js'>{property}{case}</testsuite>");
    assert_eq!(read_all(&suite).0, ["passed Chrome_x_/a.js.c.t"]);
}

#[test]
fn flaky_attribute_is_a_failed_attempt() {
    let case = |inside: &str| {
        let case = format!("<testcase classname='c' name='n' flaky='true'>{inside}</testcase>");
        read_all(&format!("<testsuite tests='1' failures='0' flakes='1'>{case}</testsuite>"))
    };
    assert_eq!(case("<failure>boom</failure>").0, ["~failed c.n: boom", "passed c.n"]);
    assert_eq!(case("").0, ["~failed c.n", "passed c.n"]);
    assert_eq!(case("<skipped/>").0, ["skipped c.n"]);
    assert_eq!(case("<failure/>").1, []);
}

#[test]
fn file_of_suite_is_location_of_its_failing_tests() {
    let cases =
        format!("{PASSED}{FAILED}{SKIPPED}<testcase name='d' file='own'><failure/></testcase>");
    for suite in ["file='a&amp;b.js'", "filepath='a&amp;b.js'"] {
        let suite = format!("<testsuite {suite}><testsuite>{cases}</testsuite></testsuite>");
        assert_eq!(read_all(&suite).2, ["a&b.js:0", "own:0"]);
    }
    let vitest = "<testsuites name='vitest tests'><testsuite name='src/a.test.ts'>";
    let run = read_all(&format!("{vitest}{FAILED}</testsuite></testsuites>"));
    assert_eq!(run.2, ["src/a.test.ts:0"]);
}

#[test]
fn qt5_results_are_in_attributes_and_comments() {
    let suite = |failures: u8, cases: &str| {
        let header = format!("errors='7' failures='{failures}' tests='1' name='T'");
        read_all(&format!("<testsuite {header}>{cases}</testsuite>"))
    };
    let comment = |kind: &str| format!("<!-- message=\"a &lt; b\" type=\"{kind}\" -->");
    for (result, inside, want) in [
        ("", comment("skip"), "skipped T.f: a < b"),
        ("", comment("warn") + &comment("skip"), "skipped T.f: a < b"),
        ("result='pass'", comment("skip"), "passed T.f"),
        ("result='xfail'", comment("info"), "xfailed T.f: a < b"),
        ("result='fail'", comment("qfatal") + "<failure/>", "crashed T.f: a < b"),
        ("result='bfail'", comment("info"), "xfailed T.f: a < b"),
        ("", comment("warn"), "failed T.f: no result"),
    ] {
        let run = suite(0, &format!("<testcase {result} name='f'>{inside}</testcase>"));
        assert_eq!((&*run.0, &*run.1), (&[want.to_owned()][..], &[][..]));
    }
    let xpass =
        "<testcase result='xpass' name='f'><failure message='m' result='xpass'/></testcase>";
    assert_eq!(suite(1, xpass).0, ["xpassed T.f: m"]);
    assert_eq!(suite(2, xpass).1, [mismatch("failing tests", 2, 1)]);
    // A failure on the blacklist counts, but is not written.
    assert_eq!(suite(2, "<testcase result='bfail' name='f'/>").1, []);
}

#[test]
fn catch2_mayfail_is_an_expected_failure() {
    let marked = |inside: &str| {
        let mark = "<skipped message='TEST_CASE tagged with !mayfail'/>";
        let case =
            format!("<testcase classname='c' name='n' status='run'>{mark}{inside}</testcase>");
        read_all(&format!("<testsuite hostname='tbd' failures='0'>{case}</testsuite>")).0
    };
    assert_eq!(marked("<failure message='m'/>"), ["xfailed c.n: m"]);
    assert_eq!(marked("<error message='m'/>"), ["xfailed c.n: m"]);
    assert_eq!(marked(""), ["skipped c.n: TEST_CASE tagged with !mayfail"]);
    let unknown = marked("<failure/><zorked/>");
    assert_eq!(unknown, ["failed c.n: unknown element `zorked`"]);
}

#[test]
fn missing_case_end_is_reported_and_keeps_results() {
    let lost = "<testcase classname='a' name='b'><failure message='f'>x</failure>";
    let rest = "<testcase classname='a' name='c'/><testcase classname='a' name='d'/>";
    let damage = [GapKind::Damaged { what: super::reader::UNCLOSED_CASE.to_owned() }];
    let run = read_all(&format!("<testsuite name='s'>{lost}{rest}</testsuite>"));
    assert_eq!(run.0, ["failed a.b: f\nx", "passed a.c", "passed a.d"]);
    assert_eq!(run.1, damage);
    let run = read_all(&format!("<testsuite name='s'>{rest}{lost}</testsuite>"));
    assert_eq!((run.0.len(), &*run.1), (3, &damage[..]));
}

#[test]
fn suite_with_only_stderr_is_errored() {
    let suite = |header: &str, inside: &str| {
        let suite = format!("<testsuite name='x'{header}>{inside}</testsuite>");
        let mut result = read_all(&format!("<testsuites>{suite}</testsuites>")).0;
        result.retain(|result| result.contains(" x"));
        result
    };
    let (printed, case) = ("<system-err>boom</system-err>", "<testcase classname='c' name='n'/>");
    assert_eq!(suite("", printed), ["errored x: boom"]);
    assert_eq!(suite("", &format!("{printed}<system-err> </system-err>")), ["errored x: boom"]);
    assert_eq!(suite("", &format!("<error/>{printed}")), ["errored x"]);
    for (header, inside) in [
        ("", format!("{printed}{case}")),
        ("", format!("{case}{printed}")),
        ("", format!("{printed}<testsuite name='y'>{case}</testsuite>")),
        ("", "<system-err> </system-err>".to_owned()),
        (" tests='0'", printed.to_owned()),
    ] {
        assert_eq!(suite(header, &inside), [""; 0], "{inside}");
    }
}

#[test]
fn worst_child_gives_outcome_and_message() {
    let children = "<skipped message='s'/><failure message='f'/><error message='e'>E</error>";
    let case = format!("<testcase classname='c' name='n'>{children}</testcase>");
    assert_eq!(read_one(&case), "errored c.n: e\nE");
}

#[test]
fn ctest_not_run_is_errored_not_skipped() {
    let case = |why: &str| {
        let skipped = format!("<skipped message='{why}'/>");
        read_one(&format!("<testcase name='n' classname='n' status='notrun'>{skipped}</testcase>"))
    };
    assert_eq!(case("Unable to find executable"), "errored n: Unable to find executable");
    assert_eq!(case("SKIP_RETURN_CODE=77"), "skipped n: SKIP_RETURN_CODE=77");
}

#[test]
fn retries_precede_the_final_result() {
    let flaky = "<testsuite tests='2' failures='1'><testcase classname='c' name='n'>\
                 <flakyFailure message='once'><system-out>no</system-out></flakyFailure>\
                 </testcase></testsuite>";
    let run = read_all(flaky);
    assert_eq!(run.0, ["~failed c.n: once", "passed c.n"]);
    assert_eq!(run.1, []);
}

#[test]
fn case_open_at_eof_keeps_its_message() {
    let start = "<testsuite name='s'><testcase classname='c' name='n'>";
    let run = read_all(start);
    assert_eq!((&*run.0[0], run.1.last()), ("unfinished c.n", Some(&GapKind::Truncated)));
    let run = read_all(&format!("{start}<failure message='f'>te"));
    assert_eq!((&*run.0[0], run.1.last()), ("failed c.n: f\nte", Some(&GapKind::Truncated)));
}

#[test]
fn document_without_root_is_truncated() {
    let whole = "<?xml version='1.0'?><testsuite name='s'><testcase name='n'/></testsuite>\n";
    assert_eq!(read_all(&format!("{whole}{whole}")).1, []);
    let crashed = format!("{whole}<?xml version='1.0'?>a fault\n{whole}");
    assert_eq!(read_all(&crashed).1, [GapKind::Truncated]);
}

#[test]
fn a_suite_that_failed_as_a_whole_is_a_result() {
    assert_eq!(read_one("<error message='no database'/>"), "errored s: no database");
}
