//! Records: a run's results, read in their place.
//!
//! Runs, complete and in shards, give the same report whatever was recorded and merged on the way. The layout's own tests are
//! unit tests in `src/record`.

use crate::harness::{CommandOutput, Knownfail};
use crate::properties::files;
use proptest::prelude::*;
use serde_json::Value;

const DOCUMENT: &str = "\
| Test | Status | Variants |
|---|---|---|
| smb2.dir.* | | |
| smb2.lease.a | timeout | v0 |
| *.b | flaky | |
| smb2.gone | skip | |
";

/// Results of two variants in three shards, with everything that a report can contain.
fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    let failing = "test: smb2.dir.b\nfailure: smb2.dir.b [\n../lib/dir.c:12: wrong\nmore\n]\n";
    program.file(
        "1-v0/smb2.dir.txt",
        format!("progress: 3\ntest: smb2.dir.a\nsuccess: smb2.dir.a\n{failing}"),
    );
    program.file(
        "2-v0/smb2.lease.txt",
        "progress: 9\ntest: smb2.lease.c\nskip: smb2.lease.c [\nno leases\n]\ntest: smb2.lease.a\n",
    );
    program.file("2-v1/smb2.dir.txt", format!("progress: 1\n{failing}"));
    program.file("3-v1/more.xml", "<testsuite name=\"s\" tests=\"3\"><testcase classname=\"smb2.dir\" name=\"b\"/>\
        <testcase classname=\"x\" name=\"y\" file=\"x.py\" line=\"7\"><failure message=\"no\">no\nno</failure></testcase>");
    program.file("3-v1/nothing.txt", "nothing of ours\n");
    program
}

/// What is printed, without the command for the list: it names the files that the run was given.
fn without_command(ran: &CommandOutput) -> String {
    let is_command = |line: &&str| line.starts_with("  To list them: ");
    ran.stdout.split_inclusive('\n').filter(|line| !is_command(line)).collect()
}

fn run_result(ran: &CommandOutput, program: &Knownfail, file: &str) -> (i32, Value, String) {
    let report = serde_json::from_str(&program.read(file)).unwrap();
    (ran.code, report, without_command(ran))
}

#[test]
fn merged_shard_records_equal_one_complete_run() {
    let program = program();
    let single_run = program.run(&[
        "check",
        "*-{variant}/*",
        "--json",
        "once.json",
        "--all-tests",
        "--record",
        "once.record",
    ]);
    for shard in ["1", "2", "3"] {
        let results = format!("{shard}-{{variant}}/*");
        program.run(&["check", &results, "--record", &format!("shard-{shard}.record")]);
    }
    let expected = run_result(&single_run, &program, "once.json");
    assert_eq!(expected.0, 1);
    let texts = expected.1.to_string();
    for fragment in [
        "has 2 results in",
        "planned tests ran",
        "is truncated",
        "not a known format",
        "x.py",
        "no leases",
    ] {
        assert!(texts.contains(fragment), "{fragment}: {texts:#}");
    }
    for order in [["1", "2", "3"], ["3", "1", "2"], ["2", "3", "1"]] {
        let shards = order.map(|shard| format!("shard-{shard}.record"));
        let mut arguments = vec!["check"];
        arguments.extend(shards.iter().map(String::as_str));
        arguments.extend(["--json", "merged.json", "--all-tests", "--record", "merged.record"]);
        let merged = program.run(&arguments);
        assert_eq!(run_result(&merged, &program, "merged.json"), expected);
        let bytes = |file: &str| std::fs::read(program.path(file)).unwrap();
        assert!(
            bytes("merged.record") == bytes("once.record"),
            "a merge is a record of everything"
        );
    }
    let reread = program.run(&["check", "once.record", "--json", "again.json", "--all-tests"]);
    assert_eq!(run_result(&reread, &program, "again.json"), expected);
    // One shard as it was written, the others as records.
    let mixed = program.run(&[
        "check",
        "1-{variant}/*",
        "shard-[23].record",
        "--json",
        "mixed.json",
        "--all-tests",
    ]);
    assert_eq!(run_result(&mixed, &program, "mixed.json"), expected);
}

#[test]
fn exit_code_of_a_shard_applies_to_its_variants() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test |\n|---|\n| smb2.rename.* |\n");
    let results = "progress: 1\ntest: smb2.rename.a\nsuccess: smb2.rename.a\n";
    program.file("v0/a.txt", results).file("v1/a.txt", results);
    program.run(&["check", "{variant}/a.txt", "--test-exit-code", "0", "--record", "both.record"]);
    assert_eq!(program.run(&["check", "both.record"]).code, 0);
    program.run(&["check", "v0/a.txt", "--variant", "v0", "--record", "good.record"]);
    let shard = program.run(&[
        "check",
        "v1/a.txt",
        "--variant",
        "v1",
        "--test-exit-code",
        "137",
        "--record",
        "killed.record",
    ]);
    assert_eq!(shard.code, 2);
    let ran = program.run(&["check", "*ed.record", "good.record", "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(ran.code, 2);
    let complete =
        |index: usize| (&report["variants"][index]["name"], &report["variants"][index]["complete"]);
    assert_eq!(complete(0), (&"v0".into(), &true.into()));
    assert_eq!(complete(1), (&"v1".into(), &false.into()));
}

#[test]
fn damaged_record_is_never_green_and_keeps_valid_results() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test |\n|---|\n| nothing |\n");
    let tests: String = (0..40_000)
        .map(|n| {
            format!("test: s.{n}.{}\nsuccess: s.{n}.{}\n", n * 7919 % 10_007, n * 7919 % 10_007)
        })
        .collect();
    program.file("results.txt", format!("progress: 40000\n{tests}"));
    assert_eq!(program.run(&["check", "results.txt", "--record", "whole.record"]).code, 0);
    let record = std::fs::read(program.path("whole.record")).unwrap();
    assert!(record.len() < 40_000 * 5, "{}", record.len());
    for cut in [record.len() - 1, record.len() - 20, record.len() * 3 / 4, 60, 25, 18] {
        program.file("cut.record", &record[..cut]);
        let ran = program.run(&["check", "cut.record", "--output", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(ran.code, 2, "{cut}");
        let problem = &report["problems"][0];
        assert_eq!(
            (&problem["code"], &problem["file"]),
            (&"unreadable-results".into(), &"cut.record".into())
        );
        let kept = report["counts"]["tests"].as_u64().unwrap();
        assert_eq!(kept > 0, cut > record.len() / 2, "{cut}: {kept}");
    }
    let mut damaged = record.clone();
    damaged[record.len() / 2] ^= 1;
    program.file("damaged.record", damaged);
    let ran = program.run(&["check", "damaged.record"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stdout.contains("the record `damaged.record` could not be read from byte "),
        "{}",
        ran.stdout
    );
    program.file("newer.record", "knownfail record 2\n");
    let ran = program.run(&["check", "newer.record"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("version 2, and this knownfail reads version 1"), "{}", ran.stdout);
}

#[test]
fn record_and_report_work_as_base_runs() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test |\n|---|\n| s.known |\n| s.fixed |\n");
    let log = |tests: &[(&str, &str)]| {
        let tests = tests
            .iter()
            .map(|(name, word)| format!("test: {name}\n{word}: {name} [\nit says {word}\n]\n"));
        format!("smbtorture 4.17.12\n{}", tests.collect::<String>())
    };
    let before = [
        ("s.known", "success"),
        ("s.fixed", "failure"),
        ("s.gone", "success"),
        ("s.ok", "success"),
    ];
    program.file("before.txt", log(&before));
    program.file(
        "now.txt",
        log(&[
            ("s.known", "failure"),
            ("s.fixed", "success"),
            ("s.ok", "failure"),
            ("s.new", "failure"),
        ]),
    );
    program.run(&[
        "check",
        "before.txt",
        "--record",
        "before.record",
        "--json",
        "all.json",
        "--all-tests",
    ]);
    program.run(&["check", "before.txt", "--json", "some.json"]);
    let check = |base: &str| {
        let ran = program.run(&["check", "now.txt", "--baseline", base, "--output", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        (ran.code, report)
    };
    let expected = check("before.txt");
    assert_eq!(expected.1["counts"]["missing"], 1);
    assert_eq!(check("before.record"), expected);
    assert_eq!(check("all.json"), expected);
    // A report that does not list passed tests: nothing is concluded from what it lacks.
    let (code, report) = check("some.json");
    assert_eq!((code, &report["counts"]["missing"]), (1, &0.into()));
    assert!(!report.to_string().contains("it is not in the base run"), "{report:#}");
    assert!(expected.1.to_string().contains("it is not in the base run"));
    let problem = &report["problems"][0];
    assert_eq!((&problem["code"], &problem["file"]), (&"partial-base".into(), &"some.json".into()));
    assert!(problem["message"].as_str().unwrap().contains("--all-tests"));
}

#[test]
fn record_works_as_evidence() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", "| Test |\n|---|\n| s.a |\n");
    let log = |word: &str| format!("test: s.a\n{word}: s.a\n");
    program.file("good.txt", log("success")).file("bad.txt", log("failure"));
    program.file("now.txt", log("success"));
    for name in ["good", "bad"] {
        let record = format!("{name}.record");
        program.run(&["check", &format!("{name}.txt"), "--record", &record, "--commit", "c0ffee"]);
    }
    let ran = program.run(&["check", "now.txt", "--evidence", "good.record"]);
    assert!(ran.stdout.contains("passed in 2 of 2 runs"), "{}", ran.stdout);
    let all = ["check", "now.txt", "--evidence", "*.record", "--commit"];
    let ran = program.run(&[&all[..], &["another"]].concat());
    assert!(ran.stdout.contains("failed in 1 of 3 runs"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("of this commit"), "{}", ran.stdout);
    // The same commit with another outcome.
    let ran = program.run(&[&all[..], &["c0ffee"]].concat());
    assert!(ran.stdout.contains("s.a  failed in 1 of 3 runs of this commit"), "{}", ran.stdout);
    assert_eq!(ran.code, 0);
    assert_eq!(program.run(&[&all[..], &["c0ffee", "--fail-on", "flaky"]].concat()).code, 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn merging_is_associative_and_equals_a_single_read(
        files in files(),
        cuts in prop::collection::vec(0usize..3, 4),
    ) {
        prop_assume!(!files.is_empty());
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", DOCUMENT);
        let mut shards: Vec<Vec<String>> = vec![Vec::new(); 3];
        for (index, (variant, text)) in files.iter().enumerate() {
            let path = format!("v{variant}/r{index}.txt");
            program.file(&path, text);
            shards[cuts[index % cuts.len()]].push(path);
        }
        let record = |from: &[String], to: &str| {
            let mut arguments = vec!["check"];
            arguments.extend(from.iter().map(String::as_str));
            arguments.extend(["--record", to]);
            program.run(&arguments)
        };
        shards.retain(|shard| !shard.is_empty());
        let mut records: Vec<String> = Vec::new();
        for (index, shard) in shards.iter().enumerate() {
            let name = format!("{index}.record");
            record(shard, &name);
            records.push(name);
        }
        let all: Vec<String> = shards.concat();
        let single_run = record(&all, "once.record");
        let left = match records.as_slice() {
            [a, b, rest @ ..] => {
                record(&[a.clone(), b.clone()], "ab.record");
                record(&[&["ab.record".to_owned()], rest].concat(), "left.record")
            }
            one => record(one, "left.record"),
        };
        let right = match records.as_slice() {
            [a, rest @ ..] if !rest.is_empty() => {
                record(rest, "bc.record");
                record(&["bc.record".to_owned(), a.clone()], "right.record")
            }
            one => record(one, "right.record"),
        };
        let bytes = |file: &str| std::fs::read(program.path(file)).unwrap();
        prop_assert!(bytes("left.record") == bytes("once.record"));
        prop_assert!(bytes("right.record") == bytes("once.record"));
        for merged in [left, right] {
            let [merged_text, single_text] = [&merged, &single_run].map(without_command);
            prop_assert_eq!((merged.code, merged_text), (single_run.code, single_text));
        }
    }
}
