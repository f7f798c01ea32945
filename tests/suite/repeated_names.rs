//! Results that share a name: what is reported, and when they are attempts of one test.

use crate::harness::Knownfail;

const DOCUMENT: &str = "| Test Name | Reason |\n|---|---|\n| other | x |\n";

fn program(files: &[(&str, &str)]) -> Knownfail {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    for (path, text) in files {
        program.file(path, text);
    }
    program
}

/// A subunit log with these results of tests named `a`.
fn log(outcomes: &[&str]) -> String {
    outcomes.iter().map(|outcome| format!("test: a\n{outcome}: a\n")).collect()
}

#[test]
fn many_repeated_names_are_one_warning() {
    let once: String = (0..300).map(|n| format!("test: t.{n}\nsuccess: t.{n}\n")).collect();
    let program = program(&[("r.txt", &once.repeat(2))]);
    let ran = program.run(&["check", "r.txt"]);
    let warnings: Vec<&str> =
        ran.stdout.lines().filter(|line| line.contains("[duplicate-result]")).collect();
    let expected = "r.txt:2: warning: 300 names have several results, the worst counts: `t.0` (2), \
                    `t.1` (2), `t.10` (2) and 297 more; give each test a name of its own, such as \
                    one with its parameters [duplicate-result]";
    assert_eq!(warnings, [expected]);
}

#[test]
fn the_remedy_fits_the_cause() {
    let suite = |result: &str| {
        format!("<testsuite name='s'><testcase name='a'>{result}</testcase></testsuite>")
    };
    let suites = format!("<testsuites>{}{}</testsuites>", suite(""), suite("<failure/>"));
    for (files, remedy) in [
        (
            vec![("1.txt", log(&["success"])), ("2.txt", log(&["failure"]))],
            "--prefix \"{file}.\" keeps them apart",
        ),
        (vec![("1.xml", suites)], "several suites of one file"),
        (vec![("1.txt", log(&["failure", "success"]))], "use --duplicates rerun"),
        (vec![("1.txt", log(&["success", "failure"]))], "give each test a name of its own"),
    ] {
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let ran = program(&files).run(&["check", "?.*"]);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        assert!(ran.stdout.contains(remedy), "{remedy}: {}", ran.stdout);
    }
}

#[test]
fn rerun_only_folds_what_can_be_attempts_of_one_test() {
    let rerun = |files: &[(&str, &str)]| {
        let program = program(files);
        let ran = program.run(&["check", "?.*", "--duplicates", "rerun", "--record", "record"]);
        // A record of the same results is judged as they are.
        let from_record = program.run(&["check", "record", "--duplicates", "rerun"]);
        assert_eq!(
            (from_record.code, from_record.stdout.lines().next()),
            (ran.code, ran.stdout.lines().next())
        );
        ran.code
    };
    assert_eq!(rerun(&[("1.txt", &log(&["failure", "failure", "success"]))]), 0);
    // A runner does not retry what passed.
    assert_eq!(rerun(&[("1.txt", &log(&["success", "failure"]))]), 1);
    assert_eq!(rerun(&[("1.txt", &log(&["failure", "success", "failure"]))]), 1);
    assert_eq!(rerun(&[("1.txt", &log(&["failure"])), ("2.txt", &log(&["success"]))]), 1);
    let suites = "<testsuites><testsuite name='s'><testcase name='a'><failure/></testcase></testsuite>\
                  <testsuite name='s'><testcase name='a'/></testsuite></testsuites>";
    assert_eq!(rerun(&[("1.xml", suites)]), 1);
}

/// `failed-in-one.xml` and `flaky-in-another.xml` of the trust cases: the same name, retried in both files.
const FAILED_IN_ONE: &str = "<testsuite name='s' tests='1' failures='1'><testcase name='t'>\
    <failure message='fails, also when retried'/><rerunFailure message='again'/></testcase></testsuite>";
const FLAKY_IN_ANOTHER: &str = "<testsuite name='s' tests='1'><testcase name='t'>\
    <flakyFailure message='once'/></testcase></testsuite>";

#[test]
fn attempts_of_one_file_never_make_results_of_others_attempts() {
    let plain = |result: &str| {
        format!("<testsuite name='s' tests='1'><testcase name='t'>{result}</testcase></testsuite>")
    };
    let (failed, passed) = (plain("<failure message='x'/>"), plain(""));
    for (one, another, exit) in [
        (FAILED_IN_ONE, FLAKY_IN_ANOTHER, 1),
        (&*failed, FLAKY_IN_ANOTHER, 1),
        (FAILED_IN_ONE, &*passed, 1),
        (&*passed, FLAKY_IN_ANOTHER, 0),
    ] {
        let mut program = program(&[("1.xml", one), ("2.xml", another)]);
        for (name, text) in [("1.record", "1.xml"), ("2.record", "2.xml")] {
            program.run(&["check", text, "--record", name]);
        }
        program.run(&["check", "?.xml", "--record", "both.record"]);
        for inputs in [
            &["1.xml", "2.xml"][..],
            &["2.xml", "1.xml"],
            &["1.record", "2.record"],
            &["2.record", "1.xml"],
            &["both.record"],
        ] {
            for more in [&[][..], &["--duplicates", "rerun"], &["--fail-on", "new-failures"]] {
                let ran = program.run(&[&["check"], inputs, more].concat());
                assert_eq!(ran.code, exit, "{inputs:?} {more:?}: {}", ran.stdout);
                assert!(ran.stdout.contains("[duplicate-result]"), "{inputs:?}: {}", ran.stdout);
            }
        }
        // In two variants they are two tests.
        let variants = ["check", "{variant}.xml"];
        let ran = program.run(&variants);
        assert_eq!(ran.code, exit, "{}", ran.stdout);
        // In a base run, a test that failed in one of its files, or once, is none that passed.
        program.file("now.xml", &failed).file("known.md", "| Test |\n|---|\n| s.t |\n| t |\n");
        let hidden = ["check", "now.xml", "-k", "known.md", "--fail-on", "hidden-regressions"];
        let ran = program.run(&[&hidden[..], &["--baseline", "?.xml"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stdout);
    }
}

/// A list with one row.
fn list(name: &str, status: &str) -> String {
    format!("| Test | Status |\n|---|---|\n| {name} | {status} |\n")
}

#[test]
fn a_hang_counts_whatever_other_results_of_the_test_say() {
    let hang = "test: s.a\nsuccess: s.a\ntest: s.b\n";
    let others = ["success", "skip", "xfail", "failure", "error"];
    // The exit code of the hang alone, and with each of the others.
    for (status, alone, with_others) in [
        ("", 0, [0; 5]),
        ("flaky", 0, [0; 5]),
        ("timeout", 0, [0; 5]),
        ("crash", 0, [0; 5]),
        ("error", 2, [2; 5]),
        ("fail", 2, [2, 2, 2, 2, 1]),
        ("fail: x", 2, [2, 2, 2, 2, 1]),
        ("skip", 2, [2, 2, 2, 1, 1]),
    ] {
        for (other, exit) in others.iter().zip(with_others) {
            let result = format!("test: s.b\n{other}: s.b\n");
            let one_file = format!("{hang}{result}");
            let mut program =
                program(&[("1.log", hang), ("2.log", &result), ("all.log", &one_file)]);
            program.file("known.md", list("s.b", status));
            let check = |more: &[&str]| program.run(&[&["check", "-k", "known.md"], more].concat());
            assert_eq!(check(&["1.log"]).code, alone, "{status}");
            for inputs in [
                &["1.log", "2.log", "--record", "record"][..],
                &["2.log", "1.log"],
                &["record"],
                &["all.log"],
                &["all.log", "--duplicates", "rerun"],
            ] {
                let ran = check(inputs);
                assert_eq!(ran.code, exit, "{status} {other} {inputs:?}: {}", ran.stdout);
                let is_incomplete = ran.stdout.contains("1 test started and never ended");
                assert_eq!(is_incomplete, alone == 2, "{status} {other}: {}", ran.stdout);
            }
        }
    }
}

#[test]
fn a_failure_without_a_row_that_also_never_ended_is_both() {
    let program = program(&[
        ("1.log", "test: s.a\nsuccess: s.a\ntest: s.b\n"),
        ("2.log", "test: s.b\nfailure: s.b\n"),
    ]);
    for (fail_on, exit) in [("regression", 1), ("new-failures", 1), ("incomplete", 2)] {
        let ran = program.run(&["check", "1.log", "2.log", "--fail-on", fail_on]);
        assert_eq!(ran.code, exit, "{}", ran.stdout);
        assert!(ran.stdout.contains("it also started and never ended"), "{}", ran.stdout);
    }
}

#[test]
fn each_final_failure_has_to_show_the_pinned_message() {
    let xml = |results: &str| {
        format!(
            "<testsuite name='s'><testcase classname='c' name='t'>{results}</testcase></testsuite>"
        )
    };
    let (x, m) = ("<failure message='x'/>", "<failure message='m'/>");
    let (flaky_x, flaky_m) = ("<flakyFailure message='x'/>", "<flakyFailure message='m'/>");
    // The exit codes with `fail: x`, whichever file comes first.
    for (one, another, exit) in [
        (x, x, 0),
        (x, m, 1),
        (flaky_x, m, 1),
        (flaky_x, x, 0),
        // Nothing but a failure that a pass followed has another message.
        (flaky_m, x, 0),
        (flaky_x, flaky_x, 0),
        // A flaky test is no known failure.
        (flaky_x, flaky_m, 0),
        // An error is worse than the row expects.
        (x, "<error message='x'/>", 1),
    ] {
        for (first, second) in [(one, another), (another, one)] {
            let mut program = program(&[("1.xml", &xml(first)), ("2.xml", &xml(second))]);
            program.file("known.md", list("c.t", "fail: x"));
            let strict = ["check", "-k", "known.md", "--fail-on", "strict"];
            for inputs in [&["1.xml", "2.xml", "--record", "record"][..], &["record"]] {
                let ran = program.run(&[&strict[..], inputs].concat());
                assert_eq!(ran.code, exit, "{first} {second}: {}", ran.stdout);
            }
        }
    }
    // A mild failure with another message is not hidden by a worse one that shows the pinned message.
    let error = "<error message='x'/>";
    for (first, second) in [(error, m), (m, error)] {
        let mut program = program(&[("1.xml", &xml(first)), ("2.xml", &xml(second))]);
        program.file("known.md", list("c.t", "error: x"));
        let ran = program.run(&["check", "?.xml", "-k", "known.md", "--fail-on", "differently"]);
        assert_eq!(ran.code, 1, "{first} {second}: {}", ran.stdout);
        assert!(ran.stdout.contains("the message is `m`"), "{}", ran.stdout);
    }
}
