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
fn attribute_decides_when_no_child_does() {
    for (attribute, word) in [
        ("disabled='1'", "skipped"),
        ("disabled='true'", "skipped"),
        ("disabled='0'", "passed"),
        ("ignored='true'", "skipped"),
        ("status='notrun'", "skipped"),
        ("status='run' result='completed'", "passed"),
        ("status='run' result='SUPPRESSED'", "skipped"),
        ("status='Failed'", "failed"),
        ("status='run' result='failure'", "failed"),
        ("result='error'", "errored"),
        ("status='broken'", "errored"),
    ] {
        let case = format!("<testcase classname='c' name='n' {attribute}");
        assert_eq!(read_one(&format!("{case}/>")), format!("{word} c.n"), "{attribute}");
        let failed = read_one(&format!("{case}><failure/></testcase>"));
        assert_eq!(failed, "failed c.n", "{attribute}");
    }
    let disabled = "<testcase classname='c' name='n' status='disabled'><failure/></testcase>";
    assert_eq!(read_one(disabled), "skipped c.n");
    let skipped = "<testcase classname='c' name='n' status='failed'><skipped/></testcase>";
    assert_eq!(read_one(skipped), "skipped c.n");
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

#[test]
fn declared_failures_without_failing_case_are_a_gap() {
    let read = |name: &str, cases: &str| {
        let header = format!("name='{name}' tests='100' failures='5'");
        let suites = format!("<testsuites><testsuite {header}>{cases}</testsuite></testsuites>");
        read_all(&suites).1
    };
    let gap = |declared, actual| GapKind::CountMismatch {
        what: "failing tests".into(),
        declared,
        actual,
    };
    let (passed, failed) = ("<testcase name='a'/>", "<testcase name='b'><failure/></testcase>");
    assert_eq!(read("pytest", passed), [gap(5, 0)]);
    assert_eq!(read("pytest", &format!("{passed}{failed}")), []);
    assert_eq!(read("s", failed)[1], gap(5, 1));
}

#[test]
fn missing_case_end_is_reported_and_keeps_results() {
    let lost = "<testcase classname='a' name='b'><failure message='f'>x</failure>";
    let rest = "<testcase classname='a' name='c'/><testcase classname='a' name='d'/>";
    let damage = [GapKind::Unreadable { what: super::reader::UNCLOSED_CASE.to_owned() }];
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
