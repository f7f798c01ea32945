//! Every total that a file declares of itself is compared with what was read: raised by one, the run is incomplete.

use crate::formats::{Fixture, assert_covers_all_formats, fixtures, is_exempt, read};
use crate::mixed_formats::read_unmixed;
use regex::bytes::Regex;

/// Where the files of a format declare something of themselves.
enum Totals {
    At(&'static [Total]),
    /// Nowhere that a test could change it, and why.
    Untested(&'static str),
}

/// What a file declares of itself.
enum Total {
    /// An expression whose first group is a number: of tests, failures, skips.
    Count(&'static str),
    /// An expression whose first group means that nothing failed, and what is there when something has.
    Verdict(&'static str, &'static str),
}

/// Every format, grouped as in `src/formats/`.
const TOTALS: [(&str, Totals); 84] = [
    // junit
    ("failsafe-summary", Totals::Untested("its numbers are those of the JUnit files next to it")),
    (
        "junit",
        Totals::At(&[
            // Not those of pytest, Catch2, doctest and Mocha, which follow `skipped`, `failures`, `time` or `timestamp`.
            Total::Count(
                r#"<test(?:suites?|run)(?:[^>]*(?:name|hostname|id|package|device|project|disabled|errors|assertions)="[^"]*")?\s+tests="(\d+)""#,
            ),
            // Qt 5
            Total::Count(r#"errors="\d+" failures="\d+" tests="(\d+)" name="#),
            Total::Count(r#"<test(?:suites?|run) [^>]*?\bfailures="(\d+)""#),
            // Not those of Qt 5, which come first: they are messages.
            Total::Count(r#"<test(?:suites?|run) [^>]*?\w="[^"]*"\s+errors="(\d+)""#),
            Total::Count(r#"<test(?:suites?|run) [^>]*?\b(?:skipped|skips?|aborted)="(\d+)""#),
            // Not those of googletest's root, which does not count other skips.
            Total::Count(r#"<test(?:suite|run) [^>]*?\b(?:disabled|ignored)="(\d+)""#),
            // Ginkgo
            Total::Verdict(r#"name="SuiteSucceeded" value="(true)""#, "false"),
        ]),
    ),
    // sonar
    ("sonar", Totals::Untested("the format declares no totals")),
    // javascript
    (
        "jest-json",
        Totals::At(&[
            Total::Count(r#""num(?:Total|Failed)Tests":\s*(\d+)"#),
            Total::Count(
                r#""num(?:Passed|Pending|Failed)TestSuites":\s*(\d+),\s*"num(?:Passed|Pending|Failed)Tests""#,
            ),
            Total::Count(
                r#""num(?:RuntimeError|Total)TestSuites":\s*(\d+),\s*"num(?:Todo|Total)Tests""#,
            ),
            Total::Count(r#""numPassedTests":\s*(\d+),\s*"numPendingTestSuites""#),
            Total::Count(r#""numPendingTests":\s*(\d+),\s*"numRuntimeErrorTestSuites""#),
            Total::Count(r#""numTodoTests":\s*(\d+),\s*"numTotalTestSuites""#),
            Total::Verdict(r#""success":\s*(true)"#, "false"),
        ]),
    ),
    (
        "karma-json",
        Totals::At(&[
            Total::Count(r#""summary":\s*\{\s*"success":\s*(\d+)"#),
            Total::Count(
                r#""failed":\s*(\d+),\s*"skipped":\s*\d+,\s*"error":\s*\w+,\s*"disconnected":\s*\w+,\s*"exitCode""#,
            ),
            Total::Count(
                r#""skipped":\s*(\d+),\s*"error":\s*\w+,\s*"disconnected":\s*\w+,\s*"exitCode""#,
            ),
        ]),
    ),
    ("mocha-json", Totals::At(&[Total::Count(r#""(?:tests|passes|pending|failures)":\s*(\d+)"#)])),
    (
        "mocha-json-stream",
        Totals::At(&[Total::Count(r#"(?m)^\["end".*"(?:passes|failures)":(\d+)"#)]),
    ),
    (
        "mochawesome-json",
        Totals::At(&[Total::Count(
            r#""(?:tests|passes|pending|failures|testsRegistered|other|skipped)":\s*(\d+)"#,
        )]),
    ),
    (
        "node-spec",
        Totals::At(&[Total::Count(
            r"(?m)^ℹ (?:tests|suites|pass|fail|cancelled|skipped|todo) (\d+)$",
        )]),
    ),
    (
        "playwright-json",
        Totals::At(&[Total::Count(r#""(?:expected|skipped|unexpected|flaky)":\s*(\d+)"#)]),
    ),
    ("testcafe-json", Totals::At(&[Total::Count(r#""(?:passed|total|skipped)":\s*(\d+)"#)])),
    // web
    (
        "chromium-json",
        Totals::At(&[
            Total::Count(r#""num_(?:flaky|regressions|missing)":\s*(\d+)"#),
            Total::Count(r#""(?:FAIL|PASS|SKIP)":\s*(\d+)"#),
            Total::Verdict(r#""interrupted":\s*(false)"#, "true"),
        ]),
    ),
    ("autobahn-json", Totals::Untested("the format declares none")),
    ("mozlog-jsonl", Totals::Untested("a list of the names of the tests; tested in the reader")),
    ("test262-json", Totals::Untested("the format declares none")),
    (
        "test262-text",
        Totals::At(&[
            Total::Count(r#"(?m)^Ran (\d+) tests"#),
            Total::Count(r#"(?m)^(\d+) (?:passed|failed)$"#),
        ]),
    ),
    ("wptreport-json", Totals::Untested("the format declares none")),
    // cucumber
    ("cucumber-json", Totals::Untested("the format declares none")),
    (
        "cucumber-ndjson",
        Totals::Untested(
            "a message for each test case, and the success of the run; tested in the reader",
        ),
    ),
    // ctrf
    (
        "ctrf-json",
        Totals::At(&[Total::Count(
            r#""(?:tests|passed|failed|pending|skipped|other|flaky)":\s*(\d+)"#,
        )]),
    ),
    // rwx
    (
        "rwx-json",
        Totals::At(&[Total::Count(
            r#""(?:tests|otherErrors|canceled|failed|pended|quarantined|skipped|successful|timedOut|todo)":\s*(\d+)"#,
        )]),
    ),
    // python
    (
        "pytest",
        Totals::At(&[
            Total::Count(r#"([0-9]+) failed[, ]"#),
            Total::Count(r#"([0-9]+) passed[, ]"#),
            Total::Count(r#"([0-9]+) skipped[, ]"#),
            Total::Count(r#"([0-9]+) xfailed[, ]"#),
            Total::Count(r#"([0-9]+) xpassed[, ]"#),
            Total::Count(r#"([0-9]+) errors?[, ]"#),
            Total::Count(r#"collected ([0-9]+) items?"#),
            Total::Count(r#"workers \[([0-9]+) items\]"#),
            Total::Count(r#"(?m)^gw0 \[([0-9]+)\]"#),
        ]),
    ),
    (
        "pytest-json",
        Totals::At(&[
            Total::Count(r#""summary": \{[^}]*"passed": ([0-9]+)"#),
            Total::Count(r#""summary": \{[^}]*"failed": ([0-9]+)"#),
            Total::Count(r#""summary": \{[^}]*"error": ([0-9]+)"#),
            Total::Count(r#""summary": \{[^}]*"skipped": ([0-9]+)"#),
            Total::Count(r#""summary": \{[^}]*"xfailed": ([0-9]+)"#),
            Total::Count(r#""summary": \{[^}]*"xpassed": ([0-9]+)"#),
            Total::Count(r#""summary": \{[^}]*"rerun": ([0-9]+)"#),
            Total::Count(r#""total": ([0-9]+)"#),
            Total::Count(r#""collected": ([0-9]+)"#),
            Total::Verdict(r#""exitcode": ([01])"#, "2"),
        ]),
    ),
    ("pytest-reportlog", Totals::At(&[Total::Verdict(r#""exitstatus": ([01])"#, "2")])),
    (
        "unittest",
        Totals::At(&[
            Total::Count(r#"Ran ([0-9]+) test"#),
            Total::Count(r#"[( ]failures=([0-9]+)"#),
            Total::Count(r#"errors=([0-9]+)"#),
            Total::Count(r#"skipped=([0-9]+)"#),
            Total::Count(r#"expected failures=([0-9]+)"#),
            Total::Count(r#"unexpected successes=([0-9]+)"#),
        ]),
    ),
    // pynfs
    (
        "pynfs",
        Totals::At(&[
            Total::Count(r#"asked for ([0-9]+) of"#),
            Total::Count(r#", ([0-9]+) Failed"#),
            Total::Count(r#", ([0-9]+) Warned"#),
            Total::Count(r#", ([0-9]+) Passed"#),
            Total::Count(r#"Of those: ([0-9]+) Skipped"#),
        ]),
    ),
    (
        "pynfs-json",
        Totals::At(&[
            Total::Count(r#""tests": ([0-9]+)"#),
            Total::Count(r#""failures": ([0-9]+)"#),
            Total::Count(r#""errors": ([0-9]+)"#),
            Total::Count(r#""skipped": ([0-9]{2,})"#),
        ]),
    ),
    // dart
    (
        "dart-json",
        Totals::At(&[
            // The groups' `testCount` has a unit test: a group that is skipped as a whole has one test.
            Total::Verdict(r#""success":(true)"#, "false"),
        ]),
    ),
    // rspec
    (
        "rspec-json",
        Totals::At(&[
            Total::Count(r#""example_count": ?([0-9]+)"#),
            Total::Count(r#""failure_count": ?([0-9]+)"#),
            Total::Count(r#""pending_count": ?([0-9]+)"#),
            Total::Count(r#""errors_outside_of_examples_count": ?([0-9]+)"#),
            Total::Count(r#""summary_line": ?"([0-9]+) example"#),
            Total::Count(r#"([0-9]+) failures?[",]"#),
            Total::Count(r#"([0-9]+) pending""#),
        ]),
    ),
    // robot
    (
        "robot",
        Totals::At(&[
            Total::Count(r#"<stat [^>]*pass="([0-9]+)"[^>]*>All T"#),
            Total::Count(r#"<stat [^>]*fail="([0-9]+)"[^>]*>All T"#),
            Total::Count(r#"<stat [^>]*skip="([0-9]+)"[^>]*>All T"#),
            Total::Count(r#"<stat [^>]*id="s1"[^>]*pass="([0-9]+)""#),
            Total::Verdict(r#"(?s)</test>\s*<status status="(PASS)"[^>]*/?>"#, "FAIL"),
        ]),
    ),
    (
        "robot-json",
        Totals::At(&[
            Total::Count(r#""label":"All Tests",\n"pass":([0-9]+)"#),
            Total::Count(r#""label":"All Tests",\n"pass":[0-9]+,\n"fail":([0-9]+)"#),
            Total::Count(
                r#""label":"All Tests",\n"pass":[0-9]+,\n"fail":[0-9]+,\n"skip":([0-9]+)"#,
            ),
            Total::Count(r#""id":"s1",\n"pass":([0-9]+)"#),
        ]),
    ),
    // rust
    (
        "libtest",
        Totals::At(&[
            Total::Count(r"(?m)^running (\d+) tests?$"),
            Total::Count(r"(?m)^test result: .* (\d+) passed;"),
            Total::Count(r"(?m)^test result: .* (\d+) failed;"),
            Total::Count(r"(?m)^test result: .* (\d+) ignored;"),
            Total::Count(r"(?m)^test result: .* (\d+) measured;"),
            Total::Verdict(r"(?m)^test result: (ok)\.", "FAILED"),
        ]),
    ),
    (
        "libtest-json",
        Totals::At(&[
            Total::Count(r#""test_count": ?(\d+)"#),
            Total::Count(r#""passed": ?(\d+)"#),
            Total::Count(r#""failed": ?(\d+)"#),
            // nextest's ignored tests include some that ran, with --run-ignored.
            Total::Count(r#""ignored": (\d+)"#),
            Total::Count(r#""measured": (\d+)"#),
            Total::Verdict(r#""type": "suite", "event": "(ok)""#, "failed"),
        ]),
    ),
    (
        "nextest",
        Totals::At(&[
            Total::Count(r"(?m)^    Starting (\d+) tests? "),
            Total::Count(r"(?m)^     Summary .* (\d+) tests? run:"),
            Total::Count(r"(?m)^     Summary .* run: (\d+) passed"),
            Total::Count(r"(?m)^     Summary .* (\d+) failed"),
            Total::Count(r"(?m)^     Summary .* (\d+) timed out"),
        ]),
    ),
    // go
    (
        "ginkgo-json",
        Totals::Untested("its one report is of a run that failed: a unit test has the totals"),
    ),
    ("go", Totals::At(&[Total::Verdict(r"(?m)^(PASS)$", "FAIL")])),
    (
        "go-json",
        Totals::Untested("a package that failed without a failing test is a failing result"),
    ),
    // llvm
    (
        "lit",
        Totals::At(&[
            Total::Count(r"(?m)^-- Testing: (\d+) tests"),
            Total::Count(r"(?m)^Total Discovered Tests: (\d+)$"),
            Total::Count(r"(?m)^  [A-Z][A-Za-z ]+: (\d+) \("),
            Total::Count(
                r"(?m)^(?:Unresolved|Timed Out|Failed|Unexpectedly Passed) Tests \((\d+)\):$",
            ),
        ]),
    ),
    ("lit-json", Totals::Untested("the document has tests and nothing about them")),
    // android_cts
    (
        "android-cts",
        Totals::At(&[
            Total::Count(r#"\bpass="(\d+)""#),
            Total::Count(r#"\bfailed="(\d+)""#),
            Total::Count(r#"\bmodules_done="(\d+)""#),
            Total::Count(r#"\bmodules_total="(\d+)""#),
            Total::Count(r#"\btotal_tests="(\d+)""#),
        ]),
    ),
    // build
    ("bazel-bep", Totals::At(&[Total::Verdict(r#""overallSuccess":\s*(true)"#, "false")])),
    ("ctest-xml", Totals::Untested("the list of tests is no number: a unit test has it")),
    (
        "ctest-text",
        Totals::At(&[
            Total::Count(r"(?m)^ *\d+/(\d+) Test +#"),
            Total::Count(r"(?m)^\d+% tests passed, (\d+) tests failed out of"),
            Total::Count(r"(?m)^\d+% tests passed, .* out of (\d+)$"),
            Total::Verdict(r"(?m)^(100)% tests passed", "99"),
        ]),
    ),
    ("meson-json", Totals::Untested("one line a test, and nothing about them")),
    // tap
    (
        "ktap",
        Totals::At(&[
            Total::Count(r"(?m)^[ \t]*1\.\.(\d+)"),
            Total::Count(r"(?m)^# \w+: pass:(\d+)"),
            Total::Count(r"(?m)^# \w+: .* fail:(\d+)"),
            Total::Count(r"(?m)^# \w+: .* skip:(\d+)"),
            Total::Count(r"(?m)^# \w+: .* total:(\d+)"),
        ]),
    ),
    (
        "prove",
        Totals::At(&[
            Total::Count(r"Files=(\d+)"),
            Total::Count(r"Files=\d+, Tests=(\d+)"),
            Total::Count(r"(?m)^Failed (\d+)/\d+ subtests"),
            Total::Count(r"Tests: (\d+) Failed: "),
            Total::Count(r"Tests: \d+ Failed: (\d+)"),
        ]),
    ),
    (
        "prove-files",
        Totals::At(&[
            Total::Count(r"Files=(\d+)"),
            Total::Count(r"Files=\d+, Tests=(\d+)"),
            Total::Verdict(r"Result: (PASS)", "FAIL"),
        ]),
    ),
    (
        "tap",
        Totals::At(&[
            Total::Count(r"(?m)^1\.\.(\d+)"),
            Total::Count(r"(?m)^# (?:tests|pass|fail|cancelled|skip|skipped|todo) +(\d+)$"),
        ]),
    ),
    // subunit
    (
        "samba-selftest",
        Totals::At(&[
            Total::Count(r"ALL OK \((\d+) tests"),
            Total::Count(r"ALL OK \(\d+ tests in (\d+) testsuites"),
            Total::Count(r"FAILED \((\d+) failures"),
            Total::Count(r"failures, (\d+) errors"),
            Total::Count(r"errors and (\d+) unexpected"),
            Total::Count(r"successes in (\d+) testsuites"),
        ]),
    ),
    ("smbtorture-simple", Totals::Untested("it counts nothing, neither tests nor failures")),
    ("subunit", Totals::At(&[Total::Count(r"(?m)^progress: (\d+)$")])),
    ("subunit-csv", Totals::Untested("a table of tests, without a count")),
    ("subunit-v2", Totals::Untested("a stream of packets, without a count")),
    // linux
    (
        "kirk-json",
        Totals::At(&[
            Total::Count(r#""stats": \{[^}]*"passed": (\d+)"#),
            Total::Count(r#""stats": \{[^}]*"failed": (\d+)"#),
            Total::Count(r#""stats": \{[^}]*"broken": (\d+)"#),
            Total::Count(r#""stats": \{[^}]*"skipped": (\d+)"#),
            Total::Count(r#""stats": \{[^}]*"warnings": (\d+)"#),
        ]),
    ),
    (
        "ltp-output",
        Totals::Untested("it counts nothing; the one sentence of runltp has a test of the reader"),
    ),
    (
        "ltp-pan",
        Totals::At(&[
            Total::Count(r"Total Tests: (\d+)"),
            Total::Count(r"Total Skipped Tests: (\d+)"),
            Total::Count(r"Total Failures: (\d+)"),
        ]),
    ),
    (
        "xfstests",
        Totals::At(&[
            Total::Count(r"Passed all (\d+) tests"),
            Total::Count(r"Failed (\d+) of \d+ tests"),
            Total::Count(r"Failed \d+ of (\d+) tests"),
        ]),
    ),
    (
        "pjdfstest-rs",
        Totals::At(&[Total::Count(
            r"(?m)^Summary: (?:\d+ [a-z ]+, )*(\d+) (?:failed|skipped|passed|expected failures|total)",
        )]),
    ),
    (
        "nfstest",
        Totals::At(&[
            Total::Count(r"(?m)^(\d+) tests \("),
            Total::Count(r"(?m)^\d+ tests \((?:\d+ [a-z ]+, )*(\d+) (?:passed|failed|known bugs)"),
        ]),
    ),
    // table
    ("table-csv", Totals::At(&[Total::Count(r"(?m)^# plan: (\d+)$")])),
    ("table-jsonl", Totals::At(&[Total::Count(r#"(?m)^\{"plan": (\d+)\}$"#)])),
    // gnu
    (
        "automake",
        Totals::At(&[
            Total::Count(r"# TOTAL: +(\d+)"),
            Total::Count(r"(?m)^(\d+) of \d+ tests? "),
            Total::Count(r"(?m)^\d+ of (\d+) tests? "),
            Total::Count(r"# (?:PASS|SKIP|XFAIL|FAIL|XPASS|ERROR): +(\d+)"),
        ]),
    ),
    ("dejagnu", Totals::At(&[Total::Count(r"(?m)^# of [a-z ]+\t+(\d+)$")])),
    ("dejagnu-xml", Totals::At(&[Total::Count(r"<total>(\d+)</total>")])),
    // graphics
    ("deqp-csv", Totals::Untested("a table of tests, without a count")),
    (
        "deqp-log",
        Totals::At(&[
            Total::Count(r"(?m)^  (?:Passed|Failed|Not supported|Warnings|Waived): +(\d+)/"),
            Total::Count(r"(?m)^  (?:Passed|Failed|Not supported|Warnings|Waived): +\d+/(\d+)"),
        ]),
    ),
    ("deqp-qpa", Totals::Untested("the log of each case, without a count")),
    (
        "piglit-json",
        Totals::At(&[
            Total::Count(r#""root": \{[^}]*?"pass": (\d+)"#),
            Total::Count(r#""root": \{[^}]*?"(?:fail|crash|timeout|dmesg-fail)": (\d+)"#),
            Total::Count(r#""root": \{[^}]*?"(?:skip|notrun)": (\d+)"#),
            Total::Count(r#""root": \{[^}]*?"incomplete": (\d+)"#),
        ]),
    ),
    // c_cpp
    (
        "boost-test",
        Totals::At(&[
            Total::Count(r#"\btest_cases_passed="(\d+)""#),
            Total::Count(r#"\btest_cases_passed_with_warnings="(\d+)""#),
            Total::Count(r#"\btest_cases_failed="(\d+)""#),
            Total::Count(r#"\btest_cases_timed_out="(\d+)""#),
        ]),
    ),
    (
        "catch2-xml",
        Totals::At(&[
            Total::Count(r#"<OverallResultsCases [^>]*\bsuccesses="(\d+)""#),
            Total::Count(r#"<OverallResultsCases [^>]*\bfailures="(\d+)""#),
            Total::Count(r#"<OverallResultsCases [^>]*\bexpectedFailures="(\d+)""#),
        ]),
    ),
    ("check", Totals::Untested("its XML has no counts and no verdict")),
    (
        "cppunit",
        Totals::At(&[
            Total::Count(r"<Tests>(\d+)</Tests>"),
            Total::Count(r"<FailuresTotal>(\d+)</FailuresTotal>"),
            Total::Count(r"<Failures>(\d+)</Failures>"),
            Total::Count(r"<Errors>(\d+)</Errors>"),
        ]),
    ),
    (
        "cunit",
        Totals::At(&[
            Total::Count(r"(?s)<TYPE>\s*Test Cases\s*</TYPE>.*?<RUN>\s*(\d+)"),
            Total::Count(r"(?s)<TYPE>\s*Test Cases\s*</TYPE>.*?<SUCCEEDED>\s*(\d+)"),
            Total::Count(r"(?s)<TYPE>\s*Test Cases\s*</TYPE>.*?<FAILED>\s*(\d+)"),
            Total::Count(r"(?s)<TYPE>\s*Suites\s*</TYPE>.*?<RUN>\s*(\d+)"),
            Total::Count(r"(?s)<TYPE>\s*Suites\s*</TYPE>.*?<FAILED>\s*(\d+)"),
            Total::Count(r"(?s)<TYPE>\s*Assertions\s*</TYPE>.*?<FAILED>\s*(\d+)"),
        ]),
    ),
    (
        "googletest",
        Totals::At(&[
            Total::Count(r"Running (\d+) tests? from"),
            Total::Count(r"\[==========\] (\d+) tests? from"),
            Total::Count(r"(?m)^\[----------\] (\d+) tests? from [^AM]"),
            Total::Count(r"\[  PASSED  \] (\d+) tests?"),
            Total::Count(r"\[  SKIPPED \] (\d+) tests?, listed"),
            Total::Count(r"\[  FAILED  \] (\d+) tests?, listed"),
            Total::Count(r"(\d+) FAILED TESTS?\n"),
            Total::Count(r"(\d+) FAILED TEST SUITES?\n"),
        ]),
    ),
    (
        "gtest-json",
        Totals::At(&[
            Total::Count(r#""tests": (\d+)"#),
            Total::Count(r#""failures": (\d+)"#),
            Total::Count(r#""errors": (\d+)"#),
            Total::Count(r#""disabled": (\d+)"#),
        ]),
    ),
    ("gtester", Totals::Untested("its XML has no counts and no verdict")),
    ("qtest", Totals::Untested("its XML has no counts and no verdict")),
    (
        "unittest++",
        Totals::At(&[
            Total::Count(r#"\btests="(\d+)""#),
            Total::Count(r#"\bfailedtests="(\d+)""#),
            Total::Count(r#"\bfailures="(\d+)""#),
        ]),
    ),
    // dotnet
    (
        "gallio",
        Totals::At(&[
            Total::Count(r#"\btestCount="(\d+)""#),
            Total::Count(r#"\bstepCount="(\d+)""#),
            Total::Count(r#"\brunCount="(\d+)""#),
            Total::Count(r#"\bpassedCount="(\d+)""#),
            Total::Count(r#"\bfailedCount="(\d+)""#),
            Total::Count(r#"\binconclusiveCount="(\d+)""#),
            Total::Count(r#"\bskippedCount="(\d+)""#),
            Total::Count(r#"<outcomeSummary count="(\d+)""#),
            Total::Count(r#"\brun-count="(\d+)""#),
            Total::Count(r#"\bsuccess-count="(\d+)""#),
            Total::Count(r#"\bfailure-count="(\d+)""#),
            Total::Count(r#"\bignore-count="(\d+)""#),
            Total::Count(r#"\bskip-count="(\d+)""#),
        ]),
    ),
    (
        "nunit",
        Totals::At(&[
            Total::Count(r#"<test-(?:run|suite) [^>]*\btotal="(\d+)""#),
            Total::Count(r#"<test-(?:run|suite) [^>]*\bpassed="(\d+)""#),
            Total::Count(r#"<test-(?:run|suite) [^>]*\bfailed="(\d+)""#),
            Total::Count(r#"<test-(?:run|suite) [^>]*\bwarnings="(\d+)""#),
            Total::Count(r#"<test-(?:run|suite) [^>]*\binconclusive="(\d+)""#),
            Total::Count(r#"<test-(?:run|suite) [^>]*\bskipped="(\d+)""#),
            Total::Count(r#"<test-results [^>]*\btotal="(\d+)""#),
            Total::Count(r#"<test-results [^>]*\berrors="(\d+)""#),
            Total::Count(r#"<test-results [^>]*\bfailures="(\d+)""#),
            Total::Count(r#"<test-results [^>]*\bnot-run="(\d+)""#),
            Total::Count(r#"<test-results [^>]*\binconclusive="(\d+)""#),
        ]),
    ),
    (
        "trx",
        Totals::At(&[
            Total::Count(r#"<Counters [^>]*\btotal="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bexecuted="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bpassed="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bfailed="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\berror="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\btimeout="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\baborted="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\binconclusive="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bpassedButRunAborted="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bnotRunnable="(\d+)""#),
            Total::Count(r#"<Counters total="[127]" [^>]*\bnotExecuted="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bdisconnected="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bwarning="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\binProgress="(\d+)""#),
            Total::Count(r#"<Counters [^>]*\bpending="(\d+)""#),
            Total::Verdict(r#"<ResultSummary outcome="(Completed|Passed)""#, "Failed"),
        ]),
    ),
    (
        "xunit",
        Totals::At(&[
            Total::Count(r#"<(?:assembly|collection|class) [^>]*\btotal="(\d+)""#),
            Total::Count(r#"<(?:assembly|collection|class) [^>]*\bpassed="(\d+)""#),
            Total::Count(r#"<(?:assembly|collection|class) [^>]*\bfailed="(\d+)""#),
            Total::Count(r#"<(?:assembly|collection|class) [^>]*\bskipped="(\d+)""#),
            Total::Count(r#"<(?:assembly|collection|class) [^>]*\berrors="(\d+)""#),
        ]),
    ),
    // fpcunit
    (
        "fpcunit",
        Totals::At(&[
            Total::Count(r#"\bNumberOfRunTests="(\d+)""#),
            Total::Count(r#"\bNumberOfErrors="(\d+)""#),
            Total::Count(r#"\bNumberOfFailures="(\d+)""#),
            Total::Count(r#"\bNumberOfIgnoredTests="(\d+)""#),
        ]),
    ),
    // teamcity
    ("teamcity", Totals::At(&[Total::Count(r"testCount [^\n]*count='(\d+)'")])),
];

/// Fixtures whose totals are known to be something else, and why.
const EXEMPT: [(&str, &str); 17] = [
    ("junit/maestro-canceled", "flows that were canceled are not counted as failures"),
    ("jest-json/duplicates", "two results were added by hand, so its totals are too small"),
    ("googletest/nested", "a test prints the summary of another run"),
    ("tap/catch2", "it does not plan what CHECK_NOFAIL lets fail"),
    ("tap/mocha", "its tests are those that ran, without the pending ones"),
    ("prove/pjdfstest", "points are only counted, not printed"),
    ("prove-files/plain", "points are only counted, not printed"),
    ("prove/terminal", "points are only counted, not printed"),
    ("prove/terminal-parallel", "points are only counted, not printed"),
    ("xfstests/sections", "the summary of each section is repeated at the end"),
    ("pynfs/verbose", "the tests that were skipped are not listed"),
    ("pytest/crashed-worker", "with workers, a skipped module is counted and has no line"),
    ("pytest/inner-sessions", "the totals of other sessions are output"),
    ("pytest/nocapture-every-outcome", "a test prints what looks like totals"),
    ("pytest/workers", "with workers, a skipped module is counted and has no line"),
    ("robot/suite-teardown-failed", "its statistics count two of its three tests"),
    ("libtest/nested", "a test prints the totals of another run, which are output"),
];

/// The most places of one expression in one file that are changed, one by one.
const MAX_PLACES: usize = 60;

#[test]
fn a_raised_total_makes_the_run_incomplete() {
    let (mut wrong, fixtures) = (Vec::new(), fixtures());
    for (format, totals) in &TOTALS {
        let totals = match totals {
            Totals::At(totals) => *totals,
            Totals::Untested(_) => continue,
        };
        for total in totals {
            let expression = match total {
                Total::Count(expression) | Total::Verdict(expression, _) => *expression,
            };
            let regex = Regex::new(expression).unwrap();
            let mut places = 0;
            for fixture in fixtures.iter().filter(|fixture| fixture.format.name() == *format) {
                places += regex.captures_iter(&fixture.bytes).count();
                if !is_exempt(&EXEMPT, fixture) {
                    wrong.extend(faults(fixture, total, &regex));
                }
            }
            if places == 0 {
                wrong.push(format!("{format}: no fixture has a total at {expression}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lines of text that are output without their number, as tests may print them: the format and a part of the expression.
const OUTPUT_WITHOUT_NUMBER: [(&str, &str); 7] = [
    ("libtest", "^running "),
    ("test262-text", "^"),
    // Comments, which may be any text, and plans: without one the document is truncated.
    ("tap", ""),
    ("ktap", ""),
    ("pytest", "collected"),
    ("googletest", "FAILED TEST"),
    ("prove", "Tests: "),
];

#[test]
fn a_total_that_is_no_number_makes_the_run_incomplete() {
    let (mut wrong, fixtures) = (Vec::new(), fixtures());
    for (format, totals) in &TOTALS {
        let Totals::At(totals) = totals else { continue };
        for total in *totals {
            let Total::Count(expression) = total else { continue };
            let is_output = |line: &(&str, &str)| line.0 == *format && expression.contains(line.1);
            if OUTPUT_WITHOUT_NUMBER.iter().any(is_output) {
                continue;
            }
            let regex = Regex::new(expression).unwrap();
            for fixture in fixtures.iter().filter(|fixture| fixture.format.name() == *format) {
                let before = read(fixture.format, &*fixture.bytes);
                if !before.gaps.is_empty() || is_exempt(&EXEMPT, fixture) {
                    continue;
                }
                for found in regex.captures_iter(&fixture.bytes).take(MAX_PLACES) {
                    let group = found.get(1).unwrap();
                    for word in ["abc", "-1", "1e9x", ""] {
                        let [start, end] =
                            [&fixture.bytes[..group.start()], &fixture.bytes[group.end()..]];
                        let is_quoted = start.ends_with(b"\"");
                        let is_json = format.contains("json") && !is_quoted;
                        // A plan of subunit may be a difference.
                        if is_json && word.is_empty() || *format == "subunit" && word == "-1" {
                            continue;
                        }
                        let word = if is_json { format!("\"{word}\"") } else { word.to_owned() };
                        let bytes = [start, word.as_bytes(), end].concat();
                        if read_unmixed(fixture.format, &bytes).gaps.is_empty() {
                            let line = start.split(|byte| *byte == b'\n').count();
                            let found = String::from_utf8_lossy(&found[0]);
                            wrong.push(format!(
                                "{format}: {}:{line}: {word} in {found:?}: complete",
                                fixture.case
                            ));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_format_has_totals_or_a_reason() {
    assert_covers_all_formats(TOTALS.iter().map(|(format, totals)| {
        let why = match totals {
            Totals::At(_) => None,
            Totals::Untested(why) => Some(*why),
        };
        (*format, why)
    }));
}

/// The places where the file could declare more than it contains, and would be complete all the same.
fn faults(fixture: &Fixture, total: &Total, regex: &Regex) -> Vec<String> {
    let before = read(fixture.format, &*fixture.bytes);
    if !before.gaps.is_empty() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for found in regex.captures_iter(&fixture.bytes).take(MAX_PLACES) {
        let Some(group) = found.get(1) else { continue };
        let changed = match total {
            Total::Count(_) => {
                let count = String::from_utf8_lossy(group.as_bytes());
                (count.parse::<u64>().unwrap() + 1).to_string()
            }
            // A test that failed explains it.
            Total::Verdict(..) if before.counts.failing() > 0 => continue,
            Total::Verdict(_, failed) => (*failed).to_owned(),
        };
        let [start, end] = [&fixture.bytes[..group.start()], &fixture.bytes[group.end()..]];
        let bytes = [start, changed.as_bytes(), end].concat();
        if read(fixture.format, &*bytes).gaps.is_empty() {
            let line = start.split(|byte| *byte == b'\n').count();
            let found = String::from_utf8_lossy(&found[0]);
            faults.push(format!("{}:{line}: {changed} in {found:?}: complete", fixture.case));
        }
    }
    faults
}
