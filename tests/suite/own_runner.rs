//! What docs/own-runner.md shows is run, and knownfail judges what it prints.

use crate::harness::{CommandOutput, Knownfail};
use std::path::Path;

/// The code blocks of the page in a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/own-runner.md");
    let page = std::fs::read_to_string(page).unwrap();
    let parts = page.split("\n```").skip(1).step_by(2);
    let blocks = parts.filter_map(|block| block.split_once('\n'));
    blocks.filter(|(name, _)| *name == language).map(|(_, text)| text.to_owned()).collect()
}

/// A directory with two tests that pass and one that fails, which the list has. What it prints looks like results, and
/// does not end its last line.
fn suite() -> Knownfail {
    let mut program = Knownfail::new();
    program
        .file("tests/a.sh", "exit 0\n")
        .file("tests/b.sh", "printf '1, not \"2\"\\nok 1 - fake\\n1..1'; exit 1\n")
        .file("tests/c d.sh", "exit 0\n")
        .file("KNOWN_FAILURES.md", "| Test |\n| --- |\n| tests/b.sh |\n")
        .file("EMPTY.md", "");
    program
}

fn run_block(program: &Knownfail, language: &str, block: &str) -> String {
    let shell = if language == "sh" { "sh" } else { "/usr/bin/python3" };
    let output = program.run_program(shell, &["-c", block]);
    assert_eq!((output.code, output.stderr.as_str()), (0, ""), "{block}");
    output.stdout
}

#[test]
fn each_example_is_judged_right() {
    let [shell, python] = ["sh", "python"].map(blocks);
    assert_eq!([shell.len(), python.len()], [5, 3]);
    let examples = shell.iter().take(3).map(|block| ("sh", block));
    for (language, block) in examples.chain(python.iter().map(|block| ("python", block))) {
        let mut program = suite();
        let printed = run_block(&program, language, block);
        program.file("results", &printed);
        let known = program.run(&["check", "results", "-k", "KNOWN_FAILURES.md"]);
        assert_eq!(known.code, 0, "{block}{printed}{}", known.stdout);
        assert!(known.stdout.contains("3 tests: 2 passed, 1 known failure"), "{}", known.stdout);
        let new = program.run(&["check", "results", "-k", "EMPTY.md", "--test-exit-code", "1"]);
        assert_eq!(new.code, 1, "{block}{printed}");
        let shows_message = language == "python" || printed.starts_with("1..");
        assert_eq!(new.stdout.contains("1, not \"2\""), shows_message, "{block}{}", new.stdout);
        // It is never green when its end is missing.
        for (end, _) in printed.match_indices('\n').filter(|(end, _)| end + 1 < printed.len()) {
            program.file("cut", &printed[..=end]);
            let cut = program.run(&["check", "cut", "-k", "KNOWN_FAILURES.md"]);
            assert_eq!(cut.code, 2, "{block}{}", &printed[..=end]);
        }
    }
}

/// Runs the recipe of this number on a log, and checks its table.
fn check_recipe(number: usize, log: &str) -> (i32, String) {
    let mut program = suite();
    program.file("log", log);
    run_block(&program, "sh", &blocks("sh")[number]);
    let output = program.run(&["check", "results.csv", "-k", "EMPTY.md"]);
    (output.code, output.stdout)
}

#[test]
fn columns_without_a_format_are_a_table() {
    let (code, printed) = check_recipe(3, "start of the run\nchmod/00   ok\nlink/03\tFAILED\n");
    assert!(code == 1 && printed.contains("2 tests: 1 passed, 1 new failure"), "{printed}");
    assert_eq!(check_recipe(3, "chmod/00   ok\nlink/03    skipped\n").0, 0);
    let log = "sub dir/04 FAILED\n  say \"a\", b   ok\r\n";
    let (code, printed) = check_recipe(3, log);
    assert!(code == 1 && printed.contains("2 tests: 1 passed, 1 new failure"), "{printed}");
    assert!(printed.contains("sub dir/04"), "{printed}");
    for (line, what) in [
        ("link/03    WARNED", "unknown outcome `WARNED`"),
        ("link/05 FAILED (2 of 5)", "unknown outcome `5)`"),
        ("link/06", "the row has no outcome"),
    ] {
        let (code, printed) = check_recipe(3, &format!("chmod/00   ok\n{line}\n"));
        assert!(code != 0 && printed.contains(what), "{printed}");
    }
}

/// Checks results that fail once against an empty list: they are never green.
fn check_results(text: &str) -> CommandOutput {
    let mut program = suite();
    program.file("results", text);
    program.run(&["check", "results", "-k", "EMPTY.md"])
}

#[test]
fn what_a_test_printed_does_not_change_the_format_of_its_table() {
    let quoted = [
        "TAP version 13\n1..1\nok 1 - fake\n",
        "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\nok  \tp\t0.01s\n",
        "\nrunning 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n",
        "{\"\"Action\"\":\"\"pass\"\",\"\"Package\"\":\"\"p\"\",\"\"Test\"\":\"\"T\"\"}\n",
        "<testsuites>\n<testsuite name=\"\"s\"\" tests=\"\"1\"\"><testcase name=\"\"a\"\"/></testsuite></testsuites>\n",
        "smbtorture 4.17\nprogress: 1\ntest: s.a\nsuccess: s.a\n",
        "test,status,start_time,stop_time\na,success,,\n",
    ];
    let headers = [
        "name,outcome,message",
        "outcome;name;message",
        "\"name\",\"outcome\",\"message\"",
        "suite\tname\toutcome\tmessage",
        "Test_Name,Status,Reason",
        "id,result,error",
    ];
    for header in headers {
        let separator =
            header.chars().find(|character| [',', ';', '\t'].contains(character)).unwrap();
        for text in quoted {
            let row = |name: &str, outcome: &str, message: &str| {
                let cells = header.split(separator).map(|column| {
                    match column.trim_matches('"').to_lowercase().as_str() {
                        "suite" => "s".to_owned(),
                        "name" | "test_name" | "id" => name.to_owned(),
                        "outcome" | "status" | "result" => outcome.to_owned(),
                        _ => format!("\"{message}\""),
                    }
                });
                cells.collect::<Vec<_>>().join(&separator.to_string())
            };
            let rows = [row("a", "passed", ""), row("b", "failed", text)].join("\n");
            let output = check_results(&format!("{header}\n{rows}\n"));
            let counts = "2 tests: 1 passed, 1 new failure";
            assert!(
                output.code == 1 && output.stdout.contains(counts),
                "{rows}\n{}",
                output.stdout
            );
        }
    }
}

#[test]
fn failing_rows_are_never_lost() {
    for text in [
        "name,outcome,message\n#1 adds,failed,expected 1, got 2\nb,passed,\n",
        "{\"name\":\"a\",\"outcome\":\"passed\"}\n{\"name\":\"a\",\"outcome\":\"failed\",\"retry\":true}\n",
        "{\"outcome\":{\"kind\":\"failed\"},\"result\":\"passed\",\"name\":\"x\"}\n",
        "{\"name\":\"a\",\"outcome\":\"passed\",\"plan\":7}\n",
        "TAP version 13\n1..1\nok 1 - x\noutcome;name\nfailed;b\n",
    ] {
        let output = check_results(text);
        assert_ne!(output.code, 0, "{text}{}", output.stdout);
    }
    let retried = "name,outcome,retry\na,failed,true\na,passed,\n";
    assert_eq!(check_results(retried).code, 0);
}

/// The output of cthon04's basic tests, as its own sources print it.
#[test]
fn cthon04_is_complete_with_nine_tests() {
    let passing = |test: u32| format!("\n./test{test}: a test\n\t1 of them\n\t./test{test} ok.\n");
    let tests = |count: u32| (1..=count).map(passing).collect::<String>();
    let head = "Starting BASIC tests: test directory /mnt/t (arg: -f)\n";
    let all = format!("{head}{}\nCongratulations, you passed the basic tests!\n", tests(9));
    let (code, printed) = check_recipe(4, &all);
    assert!(code == 0 && printed.contains("9 tests: 9 passed"), "{printed}");
    assert_eq!(check_recipe(4, &format!("{head}{}", tests(8))).0, 2);
    let failed = format!(
        "{head}{}\n./test5: read and write\n\t./test5: (/mnt/t) 'bigfile' has size 0, should be 1048576\n\
         basic tests failed\n",
        tests(4)
    );
    let (code, printed) = check_recipe(4, &failed);
    assert!(code == 1 && printed.contains("./test5"), "{printed}");
}

#[test]
fn tap_without_a_plan_gets_the_advice_to_print_one() {
    let mut program = suite();
    program.file("results", "ok - a\nnot ok - tests/b.sh\n");
    let output = program.run(&["check", "results", "-k", "KNOWN_FAILURES.md"]);
    assert_eq!(output.code, 2);
    assert!(output.stdout.contains("its runner has to print `1..N`"), "{}", output.stdout);
    program.file("results", "ok - a\nnot ok - tests/b.sh\n1..2\n");
    assert_eq!(program.run(&["check", "results", "-k", "KNOWN_FAILURES.md"]).code, 0);
}

#[test]
fn unknown_word_of_a_table_is_reported_with_its_line() {
    let mut program = suite();
    program.file("results.csv", "name,outcome\na,passed\nb,warned\n");
    let output = program.run(&["check", "results.csv", "-k", "EMPTY.md"]);
    assert_ne!(output.code, 0);
    assert!(output.stdout.contains("results.csv:3"), "{}", output.stdout);
    assert!(output.stdout.contains("unknown outcome `warned`"), "{}", output.stdout);
}

/// mocha ends with the number of failures, which is a signal's code only if it is not that number.
#[test]
fn exit_code_that_counts_the_failures_is_no_signal() {
    let mut program = suite();
    let names: Vec<String> = (0..130).map(|number| format!("t{number}")).collect();
    program.file("ALL.md", "| Test |\n| --- |\n| t* |\n");
    for (failing, code, expected) in [(130, "130", 0), (129, "130", 2), (131, "130", 2)] {
        let names = names.iter().cloned().chain(["t130".to_owned()]).take(failing);
        let rows: String = names.map(|name| format!("{name},failed\n")).collect();
        program.file("results.csv", format!("name,outcome\nu,passed\n{rows}"));
        let arguments = ["check", "results.csv", "-k", "ALL.md", "--test-exit-code", code];
        assert_eq!(program.run(&arguments).code, expected, "{failing} failures, exit code {code}");
    }
}
