//! Limits of input: the message at each limit, and that nothing over it is green.

use crate::harness::{Knownfail, PROGRAM};
use std::fmt::Write as _;
use std::io::Write as _;

const DOCUMENT: &str = "| Test | Reason |\n| --- | --- |\n";

fn passing_results(count: usize) -> String {
    (0..count).map(|n| format!("test: t{n}\nsuccess: t{n}\n")).collect()
}

#[test]
fn exceeded_limit_is_an_error_that_names_the_option() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    program.file("r/a.txt", passing_results(10)).file("r/b.txt", passing_results(10));
    for (option, limit, enough) in
        [("--max-files", "1", "2"), ("--max-bytes", "400", "1000"), ("--max-tests", "19", "20")]
    {
        let ran = program.run(&["check", "r/*.txt", option, limit, "--duplicates", "rerun"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option}: {}", ran.stderr);
        assert!(ran.stderr.contains(option) && ran.stderr.contains(limit), "{}", ran.stderr);
        let ran = program.run(&["check", "r/*.txt", option, enough, "--duplicates", "rerun"]);
        assert_eq!(ran.code, 0, "{option}: {}", ran.stderr);
        let baseline = ["check", "r/a.txt", "--baseline", "r/*.txt", option, limit];
        assert_eq!(program.run(&baseline).code, 2, "{option}");
    }
}

#[test]
fn oversized_compressed_file_is_not_measured() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(passing_results(10_000).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.txt.gz", packed);
    assert_eq!(program.run(&["check", "r.txt.gz"]).code, 0);
    let ran = program.run(&["check", "r.txt.gz", "--max-bytes", "100000"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("unpacks to more than 100000 bytes"), "{}", ran.stdout);
}

#[test]
fn oversized_compressed_record_is_not_measured() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.txt", passing_results(10_000));
    assert_eq!(program.run(&["check", "r.txt", "--record", "run.record"]).code, 0);
    // The file itself is allowed.
    let limit = std::fs::metadata(program.path("run.record")).unwrap().len() + 1;
    assert_eq!(program.run(&["check", "run.record"]).code, 0);
    let ran = program.run(&["check", "run.record", "--max-bytes", &limit.to_string()]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    let why = format!("unpacks to more than {limit} bytes");
    assert!(ran.stdout.contains(&why), "{}", ran.stdout);
}

/// A part of a record in the layout of `docs/record.md`.
fn record_part(kind: u8, raw: &[u8]) -> Vec<u8> {
    let best = flate2::Compression::best();
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), best);
    packed.write_all(raw).unwrap();
    let packed = packed.finish().unwrap();
    let mut sum = flate2::Crc::new();
    sum.update(raw);
    let numbers = [raw.len() as u32, packed.len() as u32, sum.sum()].map(u32::to_le_bytes);
    [&[kind], numbers.as_flattened(), &packed].concat()
}

#[cfg(unix)]
#[test]
fn record_with_too_many_files_is_refused_before_listing_them() {
    // No commit; a million files, each with the same path as the one before, and no variant.
    let head = [&[0, 0x80, 0x80, 0x40][..], &vec![0; 3 << 20]].concat();
    let record =
        [b"knownfail record 1\n".to_vec(), record_part(b'H', &head), record_part(b'E', &[0, 0])]
            .concat();
    assert!(record.len() < 4_000, "{}", record.len());
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.txt", passing_results(1));
    for n in 0..10 {
        program.file(&format!("r/{n}.record"), &record);
    }
    for arguments in ["'r/*'", "r.txt --baseline 'r/*'", "r.txt --evidence r/0.record"] {
        let script = format!("ulimit -v 250000; exec \"$0\" check {arguments}");
        let ran = program.run_program("sh", &["-c", &script, PROGRAM]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments}: {}", ran.stderr);
        let why = "there are more than 10000 results files";
        assert!(ran.stderr.contains(why), "{arguments}: {}", ran.stderr);
    }
}

/// Searching all gaps for each file would take hours.
#[test]
fn many_files_without_results_take_linear_time() {
    let count = 200_000_u32;
    let number = [count as u8 | 0x80, (count >> 7) as u8 | 0x80, (count >> 14) as u8];
    let head = [&[0][..], &number, &vec![0; 3 * count as usize]].concat();
    let record =
        [b"knownfail record 1\n".to_vec(), record_part(b'H', &head), record_part(b'E', &[0, 0])]
            .concat();
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.record", &record);
    let began = std::time::Instant::now();
    let ran = program.run(&["check", "r.record", "--max-files", "1000000"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stdout.contains("no tests found"), "{}", ran.stdout);
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn report_as_base_run_obeys_the_limits() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.txt", passing_results(10));
    assert_eq!(program.run(&["check", "r.txt", "--all-tests", "--json", "base.json"]).code, 0);
    program.file("r.txt", passing_results(9));
    let with = |limit| ["check", "r.txt", "--baseline", "base.json", "--max-tests", limit];
    assert_eq!(program.run(&with("10")).code, 1, "one test is missing");
    let ran = program.run(&with("9"));
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("--max-tests"), "{}", ran.stderr);
}

#[test]
fn oversized_report_is_refused_unread() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.txt", passing_results(1));
    assert_eq!(program.run(&["check", "r.txt", "--json", "base.json"]).code, 0);
    let file = std::fs::OpenOptions::new().write(true).open(program.path("base.json")).unwrap();
    // A sparse file takes no space.
    file.set_len((8 << 30) + 1).unwrap();
    let ran =
        program.run(&["check", "r.txt", "--baseline", "base.json", "--max-bytes", "99999999999"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("no report is that long"), "{}", ran.stderr);
}

#[test]
fn many_gaps_are_merged_and_the_run_stays_incomplete() {
    let mut results = String::new();
    for n in 0..5_000 {
        let _ = write!(
            results,
            "progress: push\nprogress: 2\ntest: a{n}\nsuccess: a{n}\nprogress: pop\n"
        );
    }
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("r.txt", results);
    let ran = program.run(&["check", "r.txt"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("more than 999 parts"), "{}", ran.stdout);
    assert!(ran.stdout.lines().count() < 1_100);
}

#[test]
fn long_names_are_truncated_and_stay_distinct() {
    let name = "n".repeat(10_000);
    let results = ["a", "b"].map(|end| format!("test: {name}{end}\nsuccess: {name}{end}\n"));
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT);
    program.file("r.txt", "test: short\nsuccess: short\n".to_owned() + &results.concat());
    let ran = program.run(&["check", "r.txt", "--output", "json", "--all-tests"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let names: Vec<&str> =
        report["tests"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.iter().all(|name| name.len() <= 4096 + 20));
}

#[test]
fn oversized_document_is_refused() {
    let rows: String = (0..200_100).map(|n| format!("|{n}|\n")).collect();
    let wide = format!("| a | {} |\n", "x".repeat(9 << 20));
    for (text, why) in [(rows, "more than 200000 lines"), (wide, "more than 8388608 bytes")] {
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", DOCUMENT.to_owned() + &text);
        program.file("r.txt", passing_results(1));
        for arguments in [&["check", "r.txt"][..], &["lint"], &["update", "r.txt"]] {
            let ran = program.run(arguments);
            assert_eq!(ran.code, 2, "{arguments:?}");
            assert!(ran.stderr.contains(why), "{arguments:?}: {}", ran.stderr);
        }
    }
}

#[cfg(unix)]
#[test]
fn long_heading_is_stored_once_for_all_rows() {
    let long = "x".repeat(100_000);
    let row = |n: u32| format!("| t{n} | |\n");
    let section = |n: u32| format!("## s{n}\n\n{DOCUMENT}{}\n", row(n));
    let under_one_heading = format!("# {long}\n\n{}", (0..10_000).map(section).collect::<String>());
    let rows = (0..10_000).map(row).collect::<String>();
    for document in [under_one_heading, format!("| Test | {long} |\n|---|---|\n{rows}")] {
        let mut program = Knownfail::new();
        program.file("K.md", document);
        let script = "ulimit -v 400000; exec \"$0\" lint K.md";
        let ran = program.run_program("sh", &["-c", script, PROGRAM]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert_eq!(ran.stdout, "10,000 rows: 0 errors, 0 warnings\n");
    }
}

#[test]
fn oversized_expressions_are_document_errors() {
    let big = |n: usize| format!("| re:(a{{{}}}){{1000}} | x |\n", 900 + n % 100);
    let many = |n: usize| format!("| re:x{n}(b[ac]{{100}}){{200}} | x |\n");
    for rows in [(0..10_000).map(big).collect::<String>(), (0..10_000).map(many).collect()] {
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", DOCUMENT.to_owned() + &rows);
        let ran = program.run(&["lint", "--output", "json"]);
        assert_eq!(ran.code, 1);
        assert!(ran.stdout.contains("would be too big"), "{}", &ran.stdout[..500]);
    }
}

#[test]
fn slow_rows_are_an_error_that_names_one() {
    let size = |n: usize| if n == 2 { 6_000 } else { 3_000 };
    let row = |n: usize| format!("| re:[ab]*[ab][abc]{{{}}}[0-9]*k{n}q | x |\n", size(n));
    let document = DOCUMENT.to_owned() + &(0..4).map(row).collect::<String>();
    let texts: String = (0..4).map(|n| format!("k{n}q")).collect();
    // Names that no automaton is small enough for: each byte is charged with all states from the first such name on, although the
    // other names are soon given up.
    let first = |n: usize| format!("{}{texts}.{n}", "ab".repeat(750));
    let name = |n: usize| format!("{n}.{texts}.{}", "ab".repeat(1_950));
    let names = (0..10).map(first).chain((0..400).map(name));
    let results = names.map(|name| format!("test: {name}\nfailure: {name} [\n]\n"));
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", document);
    program.file("r.txt", results.collect::<String>());
    for arguments in [&["check", "r.txt", "--fail-on", "nothing"][..], &["update", "r.txt"]] {
        let ran = program.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("KNOWN_FAILURES.md:5: matching these patterns"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains("hint: use patterns with more literal text"), "{}", ran.stderr);
    }
    // Ordinary names are not charged for such rows.
    program.file("r.txt", passing_results(100));
    assert_eq!(program.run(&["check", "r.txt"]).code, 0);
}
