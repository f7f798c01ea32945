//! The rules of judging where two of them meet: an incomplete run and `strict`, a retry and a base run, a pinned
//! message and infrastructure.
//!
//! Each test is the smallest run that shows one rule; `K.md` is the list.

use crate::harness::{CommandOutput, Knownfail};
use serde_json::Value;

/// A directory with a list of these rows (pattern and status) and results files.
fn program(rows: &[(&str, &str)], files: &[(&str, &str)]) -> Knownfail {
    let mut program = Knownfail::new();
    let rows = rows.iter().map(|(pattern, status)| format!("| {pattern} | {status} |\n"));
    let list = format!("| Test | Status |\n|---|---|\n{}", rows.collect::<String>());
    program.file("K.md", list);
    for (path, text) in files {
        program.file(path, text);
    }
    program
}

/// `check` with this list, with arguments separated by spaces.
fn check(program: &Knownfail, arguments: &str) -> CommandOutput {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    program.run(&[&["check", "-k", "K.md"], &arguments[..]].concat())
}

/// The JSON report of `check`.
fn report(program: &Knownfail, arguments: &str) -> Value {
    let ran = check(program, &format!("{arguments} --output json"));
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

/// The remarks on a test.
fn remarks(report: &Value, name: &str) -> Vec<String> {
    let test = test(report, name);
    let remarks = test["remarks"].as_array().unwrap().iter();
    remarks.map(|remark| remark.as_str().unwrap().to_owned()).collect()
}

fn test<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut tests = report["tests"].as_array().unwrap().iter();
    tests.find(|test| test["name"] == name).unwrap_or_else(|| panic!("no {name}: {report:#}"))
}

fn statuses(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["pattern"].as_str().unwrap(), row["status"].as_str().unwrap())).collect()
}

/// The codes of the problems, but for a list without rows.
fn codes(report: &Value) -> Vec<&str> {
    let problems = report["problems"].as_array().unwrap().iter();
    let codes = problems.map(|problem| problem["code"].as_str().unwrap());
    codes.filter(|code| *code != "empty-list").collect()
}

/// A suite whose attempts are marked: failures with these messages, then a pass or a failure with the last.
fn attempts(name: &str, failures: &[&str], passes: bool) -> String {
    let last = if passes { failures.len() } else { failures.len() - 1 };
    let (earlier, last) = failures.split_at(last);
    let element = if passes { "flakyFailure" } else { "rerunFailure" };
    let failed = last.iter().map(|message| format!("<failure message=\"{message}\"/>"));
    let earlier = earlier.iter().map(|message| format!("<{element} message=\"{message}\"/>"));
    let children: String = failed.chain(earlier).collect();
    format!(
        "<testsuites><testsuite><testcase name=\"{name}\">{children}</testcase></testsuite></testsuites>\n"
    )
}

/// A log of subunit: `name word message` each; without a word the test never ends.
fn log(results: &[(&str, &str, &str)]) -> String {
    let line = |(name, word, message): &(&str, &str, &str)| match (*word, *message) {
        ("", _) => format!("test: {name}\n"),
        (word, "") => format!("test: {name}\n{word}: {name}\n"),
        (word, message) => format!("test: {name}\n{word}: {name} [\n{message}\n]\n"),
    };
    results.iter().map(line).collect()
}

const PASSES: &str = "a.x,Pass\n";
const FAILS: &str = "a.x,Fail\n";

mod incomplete_runs {
    use super::*;

    #[test]
    fn a_test_that_never_ended_leaves_no_row_unmatched() {
        let hangs = "progress: 1\ntest: s.a\n";
        let program = program(&[("zzz", "")], &[("r.txt", hangs)]);
        assert_eq!(check(&program, "r.txt --fail-on strict").code, 2);
        assert_eq!(statuses(&report(&program, "r.txt")), [("zzz", "not-measured")]);
    }

    #[test]
    fn a_gap_of_another_variant_leaves_no_row_unmatched() {
        let cut = "1..3\nok 1 - a.x\n";
        let mut program = program(&[], &[("p-r.csv", PASSES), ("m-r.tap", cut)]);
        program.file("K.md", "| Test | Variants |\n|---|---|\n| zzz | p |\n");
        assert_eq!(check(&program, "{variant}-r.* --fail-on strict").code, 2);
        let report = report(&program, "{variant}-r.*");
        assert_eq!(statuses(&report), [("zzz", "not-measured")]);
    }

    #[test]
    fn a_hang_that_a_row_excuses_leaves_the_run_complete() {
        let hangs = "progress: 1\ntest: s.a\n";
        let program = program(&[("s.a", "timeout"), ("zzz", "")], &[("r.txt", hangs)]);
        assert_eq!(check(&program, "r.txt --fail-on strict").code, 1);
        assert_eq!(statuses(&report(&program, "r.txt")), [("s.a", "active"), ("zzz", "unmatched")]);
    }
}

#[test]
fn a_row_for_a_hang_does_not_accept_failures_that_are_counted_and_not_shown() {
    let run = "running 3 tests\ntest s.b ... ok\ntest s.a ... hello\n\
               test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
    let program = program(&[("s.a", "timeout")], &[("r.txt", run)]);
    let ran = check(&program, "r.txt");
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("declares a total of 2 for failing tests"), "{}", ran.stdout);
}

mod pinned_messages {
    use super::*;

    #[test]
    fn a_flaky_test_does_not_fail_differently() {
        let flaky = attempts("a.x", &["another"], true);
        let program = program(&[("a.x", "fail: NT_STATUS_OK")], &[("r.xml", &flaky)]);
        let report = report(&program, "r.xml --fail-on differently");
        assert_eq!(report["conclusion"], "success", "{report:#}");
        assert_eq!(test(&report, "a.x")["verdict"], "flaky");
        assert_eq!(remarks(&report, "a.x"), Vec::<String>::new());
    }

    #[test]
    fn an_infrastructure_failure_is_not_held_against_a_pinned_message() {
        let (pinned, lost) = (("a.x", "failure", "wrong handle"), ("a.x", "error", "no server"));
        let row = [("a.x", "error: wrong handle")];
        for results in [vec![pinned, lost], vec![lost, pinned], vec![lost]] {
            let program = program(&row, &[("r.txt", &log(&results))]);
            for how in ["worst", "rerun"] {
                let arguments = format!("r.txt --infra=no*server --max-infra=1 --duplicates={how}");
                let ran = check(&program, &format!("{arguments} --fail-on differently"));
                assert_eq!(ran.code, 0, "{how} {results:?} {}", ran.stdout);
            }
        }
        // The message of the failure still is, whatever else happened to the test.
        let other = ("a.x", "failure", "something else");
        let program = program(&row, &[("r.txt", &log(&[other, lost]))]);
        assert_eq!(check(&program, "r.txt --infra=no*server --fail-on differently").code, 1);
    }
}

mod base_runs {
    use super::*;

    #[test]
    fn a_run_held_against_itself_has_no_changed_message() {
        let results = [
            ("a.x", "failure", "first"),
            ("a.x", "error", "worst"),
            ("a.x", "failure", "last"),
            ("a.y", "failure", "one"),
            ("a.y", "failure", "two"),
            ("a.y", "success", ""),
        ];
        let rows = [("a.x", ""), ("a.y", "fail: one")];
        let mut forward = log(&results);
        forward.insert_str(0, "smbtorture 4.17.12\n");
        let reversed = log(&results.iter().rev().copied().collect::<Vec<_>>());
        let two_files = results.split_at(4);
        let program = program(
            &rows,
            &[
                ("forward.txt", &forward),
                ("reversed.txt", &reversed),
                ("split/b.txt", &log(two_files.0)),
                ("split/a.txt", &log(two_files.1)),
            ],
        );
        for run in ["forward", "reversed"] {
            let files = format!("{run}.txt --record {run}.record --json {run}.json --all-tests");
            check(&program, &files);
        }
        let runs = ["forward.txt", "reversed.txt", "split/*.txt", "forward.record"];
        for run in runs {
            for base in runs.iter().chain(&["forward.json", "reversed.json"]) {
                let report = report(&program, &format!("{run} --baseline {base}"));
                for name in ["a.x", "a.y"] {
                    let remarks = remarks(&report, name);
                    let changed = remarks.iter().find(|remark| remark.contains("in the base run"));
                    assert_eq!(changed, None, "{run} {base} {name}");
                }
            }
        }
    }

    #[test]
    fn a_long_message_is_compared_as_far_as_it_is_kept() {
        let long = format!("{}{}", "x".repeat(9000), "y");
        let program = program(&[("a.x", "")], &[("r.txt", &log(&[("a.x", "failure", &long)]))]);
        let report = report(&program, "r.txt --baseline r.txt");
        assert_eq!(remarks(&report, "a.x"), Vec::<String>::new());
    }

    #[test]
    fn a_failure_that_only_the_runner_expects_is_no_hidden_regression() {
        let xfails = "a.x,ExpectedFail\n";
        let files = [("r.csv", xfails), ("base.csv", PASSES)];
        let arguments = "r.csv --baseline base.csv --fail-on hidden-regressions";
        let without_row = program(&[], &files);
        assert_eq!(check(&without_row, arguments).code, 0);
        let report = report(&without_row, arguments);
        assert_eq!(remarks(&report, "a.x"), Vec::<String>::new());
        let with_row = program(&[("a.x", "")], &[("r.csv", FAILS), ("base.csv", PASSES)]);
        assert_eq!(check(&with_row, arguments).code, 1);
    }

    #[test]
    fn a_test_that_was_flaky_in_the_base_run_did_not_fail_there() {
        let flaky = attempts("a.x", &["m"], true);
        let mut program = program(&[], &[("r.csv", PASSES), ("base.xml", &flaky)]);
        program.file("swapped.txt", "test: a.x\nfailure: a.x\ntest: a.x\nsuccess: a.x\n");
        check(&program, "base.xml --json base.json --record base.record --all-tests");
        for base in ["base.xml", "base.json", "base.record", "swapped.txt --duplicates rerun"] {
            let ran = check(&program, &format!("r.csv --baseline {base}"));
            assert!(!ran.stdout.contains("Fixed"), "{base}: {}", ran.stdout);
        }
        program.file("K.md", "| Test |\n|---|\n| a.x |\n");
        for base in ["base.xml", "base.json", "base.record", "swapped.txt --duplicates rerun"] {
            let ran = check(&program, &format!("r.csv --baseline {base} --fail-on strict"));
            assert_eq!(ran.code, 0, "{base}: {}", ran.stdout);
            assert!(ran.stdout.contains("a.x  1 passed\n"), "{base}: {}", ran.stdout);
            let report = report(&program, &format!("r.csv --baseline {base}"));
            let test = test(&report, "a.x");
            assert_eq!((&test["base"], &test["base_flaky"]), (&"failed".into(), &true.into()));
        }
        program.file("worse.csv", "a.x,Crash\n");
        let report = report(&program, "worse.csv --baseline base.xml");
        assert!(!remarks(&report, "a.x").iter().any(|remark| remark.contains("now crashes")));
    }

    #[test]
    fn in_the_base_run_too_is_written_of_what_passed_there() {
        let files = [
            ("r.csv", "a.x,Pass\na.y,Pass\n"),
            ("passed.csv", "a.x,Pass\na.y,Pass\n"),
            ("skipped.csv", "a.x,Skip\na.y,Pass\n"),
            ("failed.csv", "a.x,Pass\na.y,Fail\n"),
            ("less.csv", "a.x,Pass\n"),
            ("none.csv", "b.x,Pass\n"),
        ];
        let program = program(&[("a.*", "")], &files);
        for (base, expected) in [
            ("passed", "2 passed, in the base run too\n"),
            ("skipped", "2 passed\n"),
            ("failed", "2 passed; failed in the base run\n"),
            ("less", "2 passed, in the base run too\n"),
            ("none", "2 passed\n"),
        ] {
            let ran = check(&program, &format!("r.csv --baseline {base}.csv"));
            assert!(ran.stdout.contains(expected), "{base}: {}", ran.stdout);
        }
    }

    #[test]
    fn a_row_whose_test_hung_in_the_base_run_was_fixed() {
        let hangs = "progress: 1\ntest: a.x\n";
        let program = program(&[("a.x", "timeout")], &[("r.csv", PASSES), ("base.txt", hangs)]);
        let ran = check(&program, "r.csv --baseline base.txt --fail-on strict");
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        assert!(ran.stdout.contains("1 passed; failed in the base run"), "{}", ran.stdout);
    }

    #[test]
    fn a_test_that_the_base_run_lost_to_infrastructure_is_not_new() {
        let base = log(&[("a.x", "error", "no server"), ("a.y", "success", "")]);
        let now = log(&[("a.x", "error", "wrong"), ("a.y", "success", "")]);
        let program = program(&[], &[("r.txt", &now), ("base.txt", &base)]);
        let report = report(&program, "r.txt --baseline base.txt --infra=no*server");
        assert_eq!(remarks(&report, "a.x"), Vec::<String>::new());
    }

    #[test]
    fn a_test_that_never_ended_makes_the_base_run_incomplete() {
        let hangs = "progress: 2\ntest: a.x\nsuccess: a.x\ntest: a.hangs\n";
        let mut program = program(&[], &[("r.csv", PASSES), ("base.txt", hangs)]);
        let of_base = report(&program, "r.csv --baseline base.txt");
        assert_eq!(codes(&of_base), ["incomplete-base"], "{of_base:#}");
        let problem = of_base["problems"].as_array().unwrap().last().unwrap();
        let message = problem["message"].as_str().unwrap();
        assert!(message.contains("1 test started and never ended"), "{message}");
        assert_eq!(problem["line"], 4);
        program.file("K.md", "| Test | Status |\n|---|---|\n| a.hangs | timeout |\n");
        assert_eq!(codes(&report(&program, "r.csv --baseline base.txt")), Vec::<&str>::new());
        // As in a run itself, a row that excuses any failure excuses a hang, and nothing else is missing.
        program.file("K.md", "| Test |\n|---|\n| a.hangs |\n");
        assert_eq!(codes(&report(&program, "r.csv --baseline base.txt")), Vec::<&str>::new());
    }

    #[test]
    fn too_many_infrastructure_failures_make_the_base_run_incomplete() {
        let lost = [("a.y", "success", ""), ("a.z", "success", ""), ("a.w", "error", "no server")];
        let base = log(&[&[("a.x", "error", "no server")], &lost[..]].concat());
        let again = log(&[("a.x", "error", "no server"), ("a.x", "success", "")]);
        let files = [("r.csv", PASSES), ("base.txt", &base), ("again.txt", &again)];
        let program = program(&[], &files);
        check(&program, "base.txt --record base.record --json all.json --all-tests");
        // One of the two is a test that this run has, the other is missing.
        for base in ["base.txt", "base.record", "all.json"] {
            let of_base = |options: &str| {
                report(&program, &format!("r.csv --baseline {base} --infra=no*server {options}"))
            };
            for (limit, is_reported) in [("1", true), ("2", false), ("49.9%", true), ("50%", false)]
            {
                let of_base = of_base(&format!("--max-infra {limit}"));
                let expected = if is_reported { &["incomplete-base"][..] } else { &[] };
                assert_eq!(codes(&of_base), expected, "{base} {limit}");
            }
            let message =
                of_base("--max-infra 0")["problems"].as_array().unwrap().last().unwrap().clone();
            let message = message["message"].as_str().unwrap();
            let why = "2 tests failed because of infrastructure, more than --max-infra allows";
            assert!(message.contains(why), "{message}");
        }
        // A test that another result of it measured is none.
        let of_base = report(&program, "r.csv --baseline again.txt --infra=no*server");
        assert_eq!(codes(&of_base), Vec::<&str>::new(), "{of_base:#}");
    }

    #[test]
    fn a_base_run_without_any_test_is_incomplete() {
        let files = [("r.csv", PASSES), ("base/one.txt", "progress: 0\n"), ("two.csv", PASSES)];
        let program = program(&[], &files);
        let of_base = report(&program, "r.csv --baseline base/one.txt");
        assert_eq!(codes(&of_base), ["incomplete-base"], "{of_base:#}");
        let problem = of_base["problems"].as_array().unwrap().last().unwrap();
        let message = problem["message"].as_str().unwrap();
        assert!(message.starts_with("the base run was incomplete: no tests found"), "{message}");
        assert_eq!(problem["file"], "base/one.txt");
        // A file may plan nothing where another one has tests.
        std::fs::rename(program.path("two.csv"), program.path("base/two.csv")).unwrap();
        let of_base = report(&program, "r.csv --baseline base/*");
        assert_eq!(codes(&of_base), Vec::<&str>::new(), "{of_base:#}");
    }

    #[test]
    fn a_variant_that_only_the_base_run_has_did_not_run() {
        let files = [("now/m.csv", PASSES), ("base/m.csv", PASSES), ("base/p.csv", PASSES)];
        let mut program = program(&[], &files);
        program.file("K.md", "| Test | Variants |\n|---|---|\n| zzz | p |\n");
        let arguments = "now/{variant}.csv --baseline base/{variant}.csv";
        let of_run = report(&program, arguments);
        let variant = &of_run["variants"][1];
        assert_eq!((&variant["name"], &variant["complete"]), (&"p".into(), &false.into()));
        let why = variant["why"][0].as_str().unwrap();
        assert_eq!(why, "the variant did not run: only the base run has results of it");
        assert_eq!(of_run["reasons"], serde_json::json!(["missing"]), "{of_run:#}");
        assert_eq!(statuses(&of_run), [("zzz", "not-measured")]);
        let shown = check(&program, arguments).stdout;
        assert!(shown.contains("p: the variant did not run"), "{shown}");
        assert!(!shown.contains("incomplete"), "{shown}");
        // A job that judges one variant and leaves the others to other jobs is not red because of them.
        let alone = check(&program, &format!("{arguments} --fail-on new-failures,incomplete"));
        assert_eq!(alone.code, 0, "{}", alone.stdout);
    }

    #[test]
    fn the_inventory_counts_tests() {
        let base = log(&[
            ("s.a", "failure", ""),
            ("s.a", "success", ""),
            ("s.b", "skip", ""),
            ("s.b", "success", ""),
            ("s.gone", "failure", ""),
            ("s.gone", "success", ""),
        ]);
        let program = program(&[], &[("base.txt", &base), ("r.csv", "s.a,Pass\ns.b,Pass\n")]);
        for how in ["worst", "rerun"] {
            let report = report(&program, &format!("r.csv --baseline base.txt --duplicates {how}"));
            let suite = &report["inventory"][0];
            assert_eq!((&suite["base"], &suite["ran"]), (&3.into(), &2.into()), "{report:#}");
            let report =
                self::report(&program, &format!("base.txt --baseline base.txt --duplicates {how}"));
            let suite = &report["inventory"][0];
            assert_eq!((&suite["base"], &suite["ran"]), (&3.into(), &3.into()), "{report:#}");
        }
    }

    #[test]
    fn a_test_that_the_base_run_did_not_measure_is_not_missing() {
        let base = log(&[("a", "failure", "host is down"), ("b", "success", "")]);
        let run = log(&[("b", "success", "")]);
        let program = program(&[], &[("base.txt", &base), ("r.txt", &run)]);
        let report = report(&program, "r.txt --baseline base.txt --infra host*");
        assert_eq!(report["counts"]["missing"], 0);
        assert_eq!(report["conclusion"], "success");
    }

    #[test]
    fn a_row_stays_while_tests_that_failed_in_the_base_run_are_missing() {
        let program = program(
            &[("a", ""), ("b.*", "")],
            &[
                ("run/v1/r.csv", "a,Pass\nb.x,Pass\n"),
                ("base/v1/r.csv", "a,Pass\nb.x,Fail\nb.y,Fail\n"),
                ("base/v2/r.csv", "a,Fail\n"),
            ],
        );
        let arguments = "run/{variant}/r.csv --baseline base/{variant}/r.csv --fail-on strict-all";
        let report = report(&program, &format!("{arguments} --patch p.diff"));
        for row in [0, 1] {
            let kept = report["rows"][row]["kept"].as_str().unwrap();
            assert!(kept.ends_with("failed in the base run are missing"), "{kept}");
        }
        assert_eq!(report["reasons"], serde_json::json!(["missing"]), "no row can be removed");
        assert!(!program.exists("p.diff"));
    }

    #[test]
    fn what_a_hang_cuts_off_does_not_depend_on_names() {
        for (first, hangs, gone) in [("s.a", "s.hangs", "s.gone"), ("first", "hangs", "gone")] {
            let now = format!("progress: 9\ntest: {first}\nsuccess: {first}\ntest: {hangs}\n");
            let base = format!("test: {first}\nsuccess: {first}\ntest: {gone}\nsuccess: {gone}\n");
            for status in ["timeout", "crash"] {
                let files = [("r.txt", now.as_str()), ("base.txt", &base)];
                let program = program(&[(hangs, status)], &files);
                assert_eq!(check(&program, "r.txt").code, 0, "{hangs}");
                let report = report(&program, "r.txt --baseline base.txt");
                assert_eq!(test(&report, gone)["verdict"], "missing");
                assert_eq!(report["reasons"], serde_json::json!(["missing"]));
            }
            let program = program(&[(hangs, "")], &[("r.txt", &now)]);
            assert_eq!(check(&program, "r.txt").code, 2, "no other status accepts it");
        }
    }
}

mod numbers {
    use super::*;

    #[test]
    fn a_percentage_of_infrastructure_failures_is_exact() {
        let results = |lost: usize| -> String {
            let lost_result = |n| format!("test: t{n}\nerror: t{n} [\nno server\n]\n");
            let passed_result = |n| format!("test: t{n}\nsuccess: t{n}\n");
            (0..lost).map(lost_result).chain((lost..750).map(passed_result)).collect()
        };
        let program = program(&[], &[("69.txt", &results(69)), ("70.txt", &results(70))]);
        let code = |file: &str| {
            check(&program, &format!("{file} --infra=no*server --max-infra=9.2%")).code
        };
        assert_eq!((code("69.txt"), code("70.txt")), (0, 2));
    }

    #[test]
    fn min_tests_counts_tests_that_ran() {
        let results = "test: a\nsuccess: a\ntest: b\nskip: b\ntest: c\n";
        let program = program(&[("c", "")], &[("r.txt", results)]);
        // A test that started and never ended ran; a skipped one did not.
        assert_eq!(check(&program, "r.txt --min-tests 2").code, 0);
        let ran = check(&program, "r.txt --min-tests 3");
        assert_eq!(ran.code, 2);
        assert!(ran.stdout.contains("2 tests ran, --min-tests requires 3"), "{}", ran.stdout);
    }
}

mod exit_codes {
    use super::*;

    /// The conclusion and problems of a run with this exit code: for the whole run, and for its file in a table.
    fn both(program: &mut Knownfail, file: &str, code: i64, more: &str) -> (String, Vec<String>) {
        program.file("codes.tsv", format!("r {code}\n"));
        let judged = |option: String| {
            let report = report(program, &format!("{file} {option} --fail-on incomplete{more}"));
            let codes = codes(&report).into_iter().filter(|code| *code != "duplicate-result");
            (report["conclusion"].as_str().unwrap().to_owned(), codes.map(str::to_owned).collect())
        };
        let whole = judged(format!("--test-exit-code={code}"));
        assert_eq!(whole, judged("--exit-codes codes.tsv".to_owned()), "{file} {code} {more}");
        whole
    }

    #[test]
    fn an_exit_code_means_the_same_for_a_run_and_a_file() {
        let rerun = " --duplicates rerun";
        let infra = " --infra=no*server --max-infra=9";
        let (complete, incomplete) = ("success", "inconclusive");
        let warned = ["exit-code-zero"];
        let failed_twice = log(&[("a.x", "failure", ""), ("a.x", "failure", "")]);
        let retried = log(&[("a.x", "failure", ""), ("a.x", "success", "")]);
        let lost = log(&[("a.x", "error", "no server")]);
        let passed = log(&[("a.x", "success", "")]);
        let unexpected = log(&[("a.x", "uxsuccess", "")]);
        let flaky = attempts("a.x", &["m"], true);
        let failed_again = attempts("a.x", &["m", "n"], false);
        for (file, text, more, code, conclusion, problems) in [
            ("r.xml", &flaky, "", 1, complete, &[][..]),
            ("r.xml", &flaky, "", 0, complete, &[]),
            ("r.xml", &flaky, "", 137, incomplete, &[]),
            ("r.xml", &failed_again, "", 0, complete, &warned),
            ("r.txt", &retried, "", 1, complete, &[]),
            ("r.txt", &retried, "", 0, complete, &warned),
            ("r.txt", &retried, rerun, 1, complete, &[]),
            ("r.txt", &retried, rerun, 0, complete, &[]),
            ("r.txt", &failed_twice, rerun, 0, complete, &warned),
            ("r.txt", &passed, "", 0, complete, &[]),
            ("r.txt", &passed, "", 1, incomplete, &[]),
            ("r.txt", &unexpected, "", 1, complete, &[]),
            ("r.txt", &unexpected, "", 0, complete, &warned),
            ("r.txt", &lost, infra, 1, complete, &[]),
            ("r.txt", &lost, infra, 0, complete, &warned),
        ] {
            let mut program = program(&[], &[(file, text)]);
            let found = both(&mut program, file, code, more);
            assert_eq!(found.0, conclusion, "{file} {code} {more} {text}");
            assert_eq!(found.1, problems, "{file} {code} {more} {text}");
        }
    }

    #[test]
    fn a_record_keeps_the_warning_of_an_exit_code_of_zero() {
        let program = program(&[("a.x", "")], &[("r.csv", FAILS)]);
        let first = report(&program, "r.csv --test-exit-code 0 --record one.record");
        assert_eq!(codes(&first), ["exit-code-zero"]);
        let second = report(&program, "one.record --record two.record");
        assert_eq!(second["problems"], first["problems"]);
        let third = report(&program, "two.record");
        assert_eq!(third["problems"], first["problems"]);
        // A base run's is not repeated: this run's own exit code shows what its runner does.
        let with_base = report(&program, "r.csv --baseline one.record");
        assert_eq!(codes(&with_base), Vec::<&str>::new());
    }
}

#[test]
fn strict_all_is_red_for_each_newly_passing_test_but_unconfirmed_ones() {
    let mut program = program(&[("a.x", "")], &[("r.csv", PASSES), ("base.csv", PASSES)]);
    let code = |program: &Knownfail, more: &str| check(program, &format!("r.csv {more}")).code;
    assert_eq!(code(&program, "--baseline base.csv --fail-on strict"), 0);
    assert_eq!(code(&program, "--baseline base.csv --fail-on strict-all"), 1);
    program.file("failed.csv", FAILS);
    check(&program, "failed.csv --json failed.json");
    assert_eq!(code(&program, "--evidence failed.json --fail-on strict-all"), 0);
    program.file("K.md", "| Test | Variants |\n|---|---|\n| a.x | m, p |\n");
    assert_eq!(code(&program, "--variant m --fail-on strict-all"), 0);
}

#[test]
fn junit_has_the_missing_tests_as_errors() {
    let files = [("r.csv", PASSES), ("base.csv", "a.x,Pass\na.gone<1>,Pass\n")];
    let program = program(&[], &files);
    check(&program, "r.csv --baseline base.csv --junit out.xml");
    let written = program.read("out.xml");
    assert!(written.contains("tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\""), "{written}");
    assert!(written.contains("<testcase name=\"a.gone&lt;1&gt;\">\n      <error "), "{written}");
    assert_eq!(report(&program, "out.xml")["results"]["errored"], 1);
}
