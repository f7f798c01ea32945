//! The seven suites of the team that the list format comes from: its own lists, and results as its runners print them.
//!
//! No row of a list is changed; at most one directive is put above its table, and one option is given.
//! `tests/origin/ABOUT.md` names the sources.

use crate::harness::Knownfail;
use serde_json::Value;

/// A suite, judged by its list.
struct Suite {
    results: &'static str,
    list: &'static str,
    /// A line below the title of the list.
    directive: Option<&'static str>,
    options: &'static [&'static str],
    /// The relation that the hint without the remedy has, with the number of rows that it explains.
    hint: Option<(&'static str, u64)>,
    known: u64,
    passed: u64,
    /// Tests that fail and are on no list.
    new: &'static [&'static str],
    /// Rows of tests that the runner leaves out.
    left_out: &'static [&'static str],
    /// A row whose name the team's script cut at its blank, and what the hint advises.
    cut: Option<(&'static str, &'static str)>,
}

const SMBTORTURE: Suite = Suite {
    results: "origin/smbtorture.txt",
    list: "documents/dittofs-140-2026-07-21-5937d0a4.md",
    directive: None,
    options: &["--prefix", "smb2."],
    hint: Some(("missing-prefix", 45)),
    known: 45,
    passed: 16,
    new: &["smb2.charset.Testing partial surrogate", "smb2.lock.rw-shared"],
    left_out: &["smb2.scan.scan", "smb2.dirlease.oplocks"],
    cut: Some(("smb2.charset.Testing", "`smb2.charset.Testing *`")),
};

const SMBTORTURE_KERBEROS: Suite = Suite {
    results: "origin/smbtorture-kerberos.txt",
    list: "documents/dittofs-head-smb-conformance-smbtorture-KNOWN_FAILURES_KERBEROS.md",
    directive: None,
    options: &["--prefix", "smb2."],
    hint: Some(("missing-prefix", 1)),
    known: 1,
    passed: 3,
    new: &["smb2.bind_negative_smb3signCtoHs"],
    left_out: &[],
    cut: None,
};

const WINDOWS_PROTOCOL_SUITES: Suite = Suite {
    results: "origin/wpts.trx",
    list: "documents/dittofs-head-smb-conformance-KNOWN_FAILURES.md",
    directive: Some("<!-- knownfail: match = end -->"),
    options: &[],
    hint: Some(("end-of-name", 39)),
    known: 39,
    passed: 4,
    new: &["Microsoft.Protocols.TestSuites.FileSharing.SMB2.TestSuite.DirectoryLeasing.\
            BVT_DirectoryLeasing_ReadWriteHandleCaching"],
    left_out: &[],
    cut: None,
};

/// The lists name files, `prove -v` prints their points. They also name what other versions and file systems have.
const PJDFSTEST_V3: Suite = Suite {
    results: "origin/pjdfstest-v3.txt",
    list: "documents/dittofs-head-posix-KNOWN_FAILURES.md",
    directive: Some("<!-- knownfail: match = end -->"),
    options: &["--format", "prove-files"],
    hint: Some(("points-of-file", 2)),
    known: 4,
    passed: 4,
    new: &["/tmp/pjdfstest-run/tests/chmod/03.t"],
    left_out: &[
        "open/etxtbsy",
        "open::etxtbsy",
        "fcntl/lock*",
        "lockf/*",
        "xattr/*",
        "getxattr/*",
        "setxattr/*",
        "listxattr/*",
        "removexattr/*",
        "lchflags/*",
        "acl/*",
        "getfacl/*",
        "setfacl/*",
        "fallocate/*",
        "posix_fallocate/*",
    ],
    cut: None,
};

const PJDFSTEST_V4: Suite = Suite {
    results: "origin/pjdfstest-v4.txt",
    list: "documents/dittofs-head-posix-KNOWN_FAILURES_V4.md",
    directive: Some("<!-- knownfail: match = end -->"),
    options: &["--format", "prove-files"],
    hint: Some(("points-of-file", 2)),
    known: 3,
    passed: 2,
    new: &["/tmp/pjdfstest-run/tests/rename/21.t"],
    left_out: &[
        "open/etxtbsy",
        "open::etxtbsy",
        "lchflags/*",
        "fallocate/*",
        "posix_fallocate/*",
        "xattr/*",
        "getxattr/*",
        "setxattr/*",
        "listxattr/*",
        "removexattr/*",
    ],
    cut: None,
};

const PYNFS_40: Suite = Suite {
    results: "origin/pynfs-v40.log",
    list: "origin/KNOWN_FAILURES_V40.md",
    directive: None,
    options: &[],
    hint: None,
    known: 24,
    passed: 5,
    new: &["LOOK1"],
    left_out: &[],
    cut: None,
};

const PYNFS_41: Suite = Suite {
    results: "origin/pynfs-v41.log",
    list: "origin/KNOWN_FAILURES_V41.md",
    directive: None,
    options: &[],
    hint: None,
    known: 16,
    passed: 3,
    new: &["COUR2"],
    left_out: &[],
    cut: None,
};

const SUITES: [&Suite; 7] = [
    &SMBTORTURE,
    &SMBTORTURE_KERBEROS,
    &WINDOWS_PROTOCOL_SUITES,
    &PJDFSTEST_V3,
    &PJDFSTEST_V4,
    &PYNFS_40,
    &PYNFS_41,
];

/// A file below `tests/`.
fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A directory with the results and the unchanged list.
fn program(results: &str, list: &str) -> Knownfail {
    let mut program = Knownfail::new();
    program.file("results", read(results)).file("KNOWN_FAILURES.md", read(list));
    program
}

/// The exit code and report of a check.
fn check(program: &Knownfail, options: &[&str]) -> (i32, Value) {
    let ran = program.run(&[&["check", "results", "--output", "json"], options].concat());
    (ran.code, serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}")))
}

/// The names of tests with a verdict.
fn names(report: &Value, verdict: &str) -> Vec<String> {
    let tests = report["tests"].as_array().unwrap().iter();
    let tests = tests.filter(|test| test["verdict"] == verdict);
    tests.map(|test| test["name"].as_str().unwrap().to_owned()).collect()
}

/// The patterns of rows with a status.
fn patterns(report: &Value, status: &str) -> Vec<String> {
    let rows = report["rows"].as_array().unwrap().iter();
    let rows = rows.filter(|row| row["status"] == status);
    rows.map(|row| row["pattern"].as_str().unwrap().to_owned()).collect()
}

/// The relation, number of rows and remedy of each hint.
fn hints(report: &Value) -> Vec<(String, u64, String)> {
    let hints = report["hints"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    hints
        .map(|hint| {
            (text(&hint["relation"]), hint["rows"].as_u64().unwrap(), text(&hint["remedy"]))
        })
        .collect()
}

/// Puts a line below the title of the list.
fn add_directive(program: &mut Knownfail, directive: &str) {
    let list = program.read("KNOWN_FAILURES.md");
    let (title, rest) = list.split_once('\n').unwrap();
    program.file("KNOWN_FAILURES.md", format!("{title}\n{directive}\n{rest}"));
}

#[test]
fn unchanged_list_names_the_remedy_it_needs() {
    for suite in SUITES {
        let program = program(suite.results, suite.list);
        let (code, report) = check(&program, &[]);
        assert_eq!(code, 1, "{}", suite.results);
        let expected = suite.hint.map(|(relation, rows)| (relation.to_owned(), rows));
        let actual = hints(&report).into_iter().map(|(relation, rows, _)| (relation, rows));
        assert_eq!(actual.collect::<Vec<_>>(), Vec::from_iter(expected), "{}", suite.results);
        // Each run names the next step.
        let option = (!suite.options.is_empty()).then(|| suite.options.join(" "));
        let steps = [(&[][..], option.as_deref()), (suite.options, suite.directive)];
        for (options, remedy) in steps {
            let printed = program.run(&[&["check", "results"], options].concat()).stdout;
            let is_named = remedy.is_none_or(|remedy| printed.contains(&format!("`{remedy}`")));
            assert!(is_named, "{}: {printed}", suite.results);
        }
    }
}

#[test]
fn each_suite_is_judged_right_with_at_most_one_directive() {
    for suite in SUITES {
        let mut program = program(suite.results, suite.list);
        if let Some(directive) = suite.directive {
            add_directive(&mut program, directive);
        }
        let mut options = suite.options.to_vec();
        let (code, report) = check(&program, &options);
        let name = suite.results;
        assert_eq!(code, 1, "{name}");
        assert_eq!(names(&report, "new-failure"), suite.new, "{name}");
        assert_eq!(report["counts"]["known_failures"], suite.known, "{name}");
        assert_eq!(report["counts"]["passed"], suite.passed, "{name}");
        assert_eq!(report["counts"]["newly_passing"], 0, "{name}");
        let mut unmatched = patterns(&report, "unmatched");
        unmatched.retain(|row| suite.cut.is_none_or(|(cut, _)| row != cut));
        assert_eq!(unmatched, suite.left_out, "{name}");
        let left: Vec<_> = hints(&report).into_iter().map(|(_, _, remedy)| remedy).collect();
        let cut = suite.cut.map(|(_, row)| format!("write the row as {row}"));
        assert_eq!(left, Vec::from_iter(cut), "{name}");

        // Without the failures that are on no list it is green.
        let rows: String = suite.new.iter().map(|test| format!("| {test} |\n")).collect();
        program.file("MORE.md", format!("| Test |\n| --- |\n{rows}"));
        options.extend(["-k", "KNOWN_FAILURES.md", "-k", "MORE.md"]);
        let (code, report) = check(&program, &options);
        assert_eq!((code, &report["conclusion"]), (0, &"success".into()), "{name}");
    }
}

/// A run that was killed is never green, whatever the list excuses.
#[test]
fn truncated_run_of_each_suite_is_incomplete() {
    for suite in SUITES {
        let mut program = program(suite.results, suite.list);
        let results = read(suite.results);
        program.file("results", results.get(..results.len() * 2 / 3).unwrap());
        let (_, report) = check(&program, &[]);
        let reasons = report["reasons"].as_array().unwrap();
        assert!(reasons.contains(&"incomplete".into()), "{}", suite.results);
    }
}

/// The same lists name tests of pjdfstest in Rust as well.
#[test]
fn pjdfstest_in_rust_is_judged_by_its_own_totals() {
    let program =
        program("origin/pjdfstest-rs.txt", "documents/dittofs-head-posix-KNOWN_FAILURES.md");
    let (code, report) = check(&program, &[]);
    assert_eq!((code, &report["reasons"]), (1, &serde_json::json!(["new-failures"])));
    // Its own: 7 failed, 21 skipped, 370 passed, 398 total.
    let counts = &report["counts"];
    assert_eq!((&counts["tests"], &counts["new_failures"]), (&398.into(), &7.into()));
    assert_eq!((&counts["skipped"], &counts["newly_passing"]), (&21.into(), &1.into()));
    assert_eq!(patterns(&report, "newly-passing"), ["open::etxtbsy"]);
}
