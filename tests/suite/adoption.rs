//! `docs/own-list.md` as a new user follows it: its commands are run as they are, with the results of each runner.

use crate::harness::{CommandOutput, Knownfail, PROGRAM};
use std::path::Path;

/// A section of the page: its shell lines.
fn scripts(heading: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/own-list.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("no section `{heading}`"));
    let parts = section.split("\n```").skip(1).step_by(2);
    parts.filter_map(|block| block.strip_prefix("sh\n")).map(str::to_owned).collect()
}

/// A test runner that writes these results where its own does, and its exit code.
struct Runner {
    name: &'static str,
    /// Where it writes them: nothing is standard output.
    file: &'static str,
    results: String,
    code: u8,
}

impl Runner {
    /// A directory with the runner and knownfail on the path, and the files of the team.
    fn install(&self, files: &[(&str, &str)]) -> Knownfail {
        let mut program = Knownfail::new();
        for (path, text) in files {
            program.file(path, text);
        }
        let (file, directory) = match (self.file, Path::new(self.file).parent()) {
            ("", _) | (_, None) => ("/dev/stdout", Path::new(".")),
            (file, Some(directory)) => (file, directory),
        };
        let script = format!(
            "#!/bin/sh\nmkdir -p '{}'\ncat .results > {file}\nexit {}\n",
            directory.display(),
            self.code
        );
        program.file(".results", &self.results);
        program.file(&format!("bin/{}", self.name), script);
        program.file("bin/knownfail", format!("#!/bin/sh\nexec '{PROGRAM}' \"$@\"\n"));
        let ran = program.run_program("/bin/sh", &["-c", "/bin/chmod +x bin/*"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        program
    }
}

/// Runs lines of the page.
fn follow(program: &Knownfail, script: &str) -> CommandOutput {
    let path = format!("PATH={}:/usr/bin:/bin\n", program.path("bin"));
    program.run_program("/bin/bash", &["-c", &(path + script)])
}

/// The last line of a block, which judges the run again.
fn judge_again(program: &Knownfail, script: &str) -> CommandOutput {
    let last = script.lines().last().unwrap();
    follow(program, &format!("code=1\n{last}"))
}

#[track_caller]
fn assert_printed(ran: &CommandOutput, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for part in parts {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
}

const PYTEST: &str = "\
============================= test session starts ==============================
collected 5 items

tests/test_cart.py F..F.                                                 [100%]

=================================== FAILURES ===================================
____________________________ TestTotal.test_vat ________________________________

    def test_vat(self): assert 1 == 2
E   assert 1 == 2

tests/test_cart.py:3: AssertionError
_______________________________ test_discount[2] _______________________________

    def test_discount(n): assert n == 1
E   assert 2 == 1

tests/test_cart.py:6: AssertionError
==================================== PASSES ====================================
=========================== short test summary info ============================
PASSED tests/test_cart.py::TestTotal::test_sum
PASSED tests/test_cart.py::test_discount[1]
PASSED tests/test_cart.py::test_empty
FAILED tests/test_cart.py::TestTotal::test_vat - assert 1 == 2
FAILED tests/test_cart.py::test_discount[2] - assert 2 == 1
========================= 2 failed, 3 passed in 0.05s ==========================
";

const PYTEST_JUNIT: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites name=\"pytest tests\">\
<testsuite name=\"pytest\" errors=\"0\" failures=\"2\" skipped=\"0\" tests=\"2\" time=\"0.068\">\
<testcase classname=\"tests.test_cart.TestTotal\" name=\"test_vat\" time=\"0.001\">\
<failure message=\"assert 1 == 2\">E   assert 1 == 2</failure></testcase>\
<testcase classname=\"tests.test_cart\" name=\"test_discount[2]\" time=\"0.001\">\
<failure message=\"assert 2 == 1\">E   assert 2 == 1</failure></testcase></testsuite></testsuites>";

#[test]
fn plain_list_judges_pytest() {
    let runner = Runner { name: "pytest", file: "", results: PYTEST.to_owned(), code: 1 };
    let vat = "tests/test_cart.py::TestTotal::test_vat  # #12, rounded per line\n";
    let [script] = &scripts("pytest, and a plain list")[..] else { panic!("one block") };
    let program = runner.install(&[("known_failures.txt", vat)]);
    let new = ["New failures\n  tests/test_cart.py::test_discount[2]", "1 known failure"];
    assert_printed(&follow(&program, script), 1, &new);
    let both = format!("{vat}tests/test_cart.py::test_discount[2]\n");
    let mut program = runner.install(&[("known_failures.txt", &both)]);
    assert_printed(&follow(&program, script), 0, &["3 passed, 2 known failures"]);

    // JUnit XML has other names.
    program.file("results.xml", PYTEST_JUNIT);
    let ran = program.run(&["check", "results.xml", "-k", "known_failures.txt"]);
    let hint = "write the row as `tests.test_cart.TestTotal.test_vat`, and the others likewise; or judge \
                what `pytest -rA` prints, which names files as the rows do";
    assert_printed(
        &ran,
        1,
        &[
            "2 rows differ from tests' names, or parts of them, in separators, case or extension only",
            hint,
        ],
    );
    let added = program.run(&["update", "--add", "results.xml", "-k", "known_failures.txt"]);
    assert_eq!(added.code, 0, "{added:?}");
    let ran = program.run(&["check", "results.xml", "-k", "known_failures.txt"]);
    assert_printed(&ran, 0, &["2 known failures"]);
}

/// What Samba's `selftest.pl` and `filter-subunit` print of an environment.
const SELFTEST: &str = "\
time: 2026-11-23 00:46:14.130727Z
progress: 5
test: samba3.smb2.session.reauth4(fileserver)
success: samba3.smb2.session.reauth4(fileserver)
test: samba3.smb2.session.reauth5(fileserver)
failure: samba3.smb2.session.reauth5(fileserver) [
../../source4/torture/smb2/session.c:807: status was NT_STATUS_OBJECT_NAME_NOT_FOUND, expected NT_STATUS_OK
]
test: samba3.smb2.session.bind_negative_smb3signCtoHd(fileserver)
xfail: samba3.smb2.session.bind_negative_smb3signCtoHd(fileserver) [
../../source4/torture/smb2/session.c:2161: status was NT_STATUS_OK, expected NT_STATUS_ACCESS_DENIED
]
test: samba3.smb2.session.expire1n(fileserver)
failure: samba3.smb2.session.expire1n(fileserver) [
../../source4/torture/smb2/session.c:1210: status was NT_STATUS_OK
]
test: samba3.raw.mux(fileserver)
skip: samba3.raw.mux(fileserver)
";

#[test]
fn lists_of_samba_judge_its_selftest() {
    let results = SELFTEST.to_owned();
    let runner = Runner { name: "make", file: "st/subunit", results, code: 1 };
    let files = [
        ("selftest/knownfail", "# expected to fail\n^samba3.smb2.session.*reauth5 # rm foo\n"),
        ("selftest/knownfail.d/README", "a file for each subject\n"),
        ("selftest/knownfail.d/smb2.session", "^samba3.smb2.session.bind_negative_smb3sign\n"),
        ("selftest/knownfail.d/a", "^samba3.a.b\n"),
        ("selftest/knownfail.d/b", "^samba3.a.c\n"),
        ("selftest/knownfail.d/c", "^samba3.a.d\n^samba3.a.e\n"),
        ("selftest/flapping", "^samba3.raw.mux.* #This test is flaky on the async lock time\n"),
        ("selftest/skip", "# skipped everywhere\n^samba3.smbtorture_s3.*.nbench\n"),
    ];
    let [script] = &scripts("Samba's selftest, and its lists")[..] else { panic!("one block") };
    let mut program = runner.install(&files);
    let ran = follow(&program, script);
    let new = "New failures\n  samba3.smb2.session.expire1n(fileserver)  failed";
    assert_printed(&ran, 1, &[new, "1 passed"]);
    assert!(!ran.stdout.contains("reauth5(fileserver)  failed"), "{}", ran.stdout);
    // A directory of lists is one line.
    let kinds = "knownfail: selftest/knownfail: a list of the kind `samba-knownfail`, 1 row\n\
                 knownfail: selftest/knownfail.d: 4 lists of the kind `samba-knownfail`, 5 rows\n";
    assert!(ran.stderr.starts_with(kinds), "{}", ran.stderr);

    program.file("selftest/knownfail.d/new", "^samba3.smb2.session.expire1n\n");
    assert_eq!(follow(&program, script).code, 0);
    // Errors are excused by no list.
    let errors = SELFTEST
        .replace("failure: samba3.smb2.session.expire1n", "error: samba3.smb2.session.expire1n");
    program.file(".results", errors);
    assert_printed(&follow(&program, script), 1, &["expire1n(fileserver)  errored"]);
}

#[test]
fn lists_of_deqp_runner_judge_its_results() {
    let results = "\
dEQP-VK.api.smoke.triangle,Pass,0.1
dEQP-VK.api.smoke.asm_triangle,Fail,0.2
dEQP-VK.draw.multi_draw.mosaic.max_draws_1,Crash,0.3
dEQP-VK.glsl.builtin.function.exp,Fail,0.1
";
    let file = "results/results.csv";
    let runner = Runner { name: "deqp-runner", file, results: results.to_owned(), code: 1 };
    let fails =
        "dEQP-VK.api.smoke.asm_triangle,Fail\ndEQP-VK.draw.multi_draw.mosaic.max_draws_1,Fail\n";
    let files = [
        ("radv-fails.txt", fails),
        (
            "radv-flakes.txt",
            "# https://gitlab.freedesktop.org/mesa/mesa/-/issues/1\ndEQP-VK.draw.multi_draw.*\n",
        ),
        ("radv-skips.txt", "# slow\ndEQP-VK.wsi.*\n"),
    ];
    let heading = "deqp-runner, and its fails, flakes and skips";
    let [script] = &scripts(heading)[..] else { panic!("one block") };
    let mut program = runner.install(&files);
    let ran = follow(&program, script);
    // The flake outranks the baseline, which has `Fail`.
    let new = "failed: 1 new failure\n\nNew failures\n  dEQP-VK.glsl.builtin.function.exp  failed";
    assert_printed(&ran, 1, &[new, "4 tests: 1 passed, 2 known failures, 1 new failure"]);
    // A row in the form of a plain list would be none of deqp-runner's.
    let lists = ["-k", "radv-fails.txt", "-k", "radv-flakes.txt", "-k", "radv-skips.txt"];
    let why = ["why", "dEQP-VK.glsl.builtin.function.exp", "results/results.csv"];
    let ran = program.run(&[&why[..], &lists].concat());
    assert_printed(&ran, 0, &["no row claims it", "failed  results/results.csv:4"]);
    assert!(!ran.stdout.contains("a row for it"), "{}", ran.stdout);
    let ran = program.run(&[&["update", "--add", "results/results.csv"][..], &lists].concat());
    assert_printed(&ran, 0, &["cannot be edited: edit it by hand, or make it a document"]);

    program.file("radv-fails.txt", format!("{fails}dEQP-VK.glsl.builtin.function.exp,Fail\n"));
    assert_printed(&follow(&program, script), 0, &["1 passed, 3 known failures"]);
}

#[test]
fn list_of_short_names_judges_trx() {
    let path = |name: &str| format!("{}/tests/origin/{name}", env!("CARGO_MANIFEST_DIR"));
    let results = std::fs::read_to_string(path("wpts.trx")).unwrap();
    let rows: Vec<&str> = results
        .split("testName=\"")
        .skip(1)
        .filter(|result| result.contains("outcome=\"Failed\""))
        .filter_map(|result| result.split('"').next())
        .collect();
    let rows: String = rows.iter().map(|name| format!("| {name} | x |\n")).collect();
    let list = format!("| Test Name | Reason |\n| --- | --- |\n{rows}");
    let runner = Runner { name: "dotnet", file: "results/a.trx", results, code: 1 };
    let [script] = &scripts("TRX, and short names")[..] else { panic!("one block") };
    let mut program = runner.install(&[("KNOWN_FAILURES.md", &list)]);
    let directive = "<!-- knownfail: match = end -->";
    let hint = ["40 rows are the ends of tests' names", directive];
    assert_printed(&follow(&program, script), 1, &hint);
    program.file("KNOWN_FAILURES.md", format!("{directive}\n\n{list}"));
    assert_printed(&judge_again(&program, script), 0, &["4 passed, 1 skipped, 40 known failures"]);
}

#[test]
fn list_of_files_judges_the_points_of_prove() {
    let results = "\
tests/open/00.t .. 
1..2
ok 1
ok 2
ok
tests/open/03.t .. 
1..3
ok 1
not ok 2
not ok 3
Failed 2/3 subtests 

Test Summary Report
-------------------
tests/open/03.t (Wstat: 0 Tests: 3 Failed: 2)
  Failed tests:  2-3
Files=2, Tests=5,  0 wallclock secs ( 0.01 usr  0.00 sys +  0.03 cusr  0.01 csys =  0.05 CPU)
Result: FAIL
";
    let runner = Runner { name: "prove", file: "", results: results.to_owned(), code: 1 };
    let list = [("known_failures.txt", "# path too long\nopen/03.t\n")];
    let [script, rewrite] = &scripts("prove, and a list of files")[..] else {
        panic!("two blocks")
    };
    let program = runner.install(&list);
    let hint = ["1 row names a file, and the results name its points", "`tests/open/03.t#*`"];
    assert_printed(&follow(&program, script), 1, &hint);
    assert_eq!(follow(&program, rewrite).code, 0);
    assert_eq!(program.read("known_failures.txt"), "# path too long\ntests/open/03.t#*\n");
    assert_printed(&judge_again(&program, script), 0, &["3 passed, 2 known failures"]);

    // Or by file.
    let program =
        runner.install(&[("known_failures.txt", "# knownfail: match = end\nopen/03.t\n")]);
    let by_file = script.replace("-k known", "--format prove-files -k known");
    assert_printed(&follow(&program, &by_file), 0, &["2 tests: 1 passed, 1 known failure"]);
}
