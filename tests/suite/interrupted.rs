//! Runs that are interrupted: no document or report is left half written, and nothing is green.
//!
//! A full disk (as a limit on the size of files), signals, readers that go away. At such a limit the system kills a process unless
//! it ignores the signal; both are tested.
#![cfg(unix)]

use crate::harness::{Knownfail, PROGRAM};
use std::fs::{self, OpenOptions};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// A document and results of enough tests that no output fits into one block.
fn program(outcome: &str) -> Knownfail {
    let rows: String = (0..200).map(|n| format!("| t{n:03} | why | \n")).collect();
    let passing: String = (0..200).map(|n| format!("test: t{n:03}\nsuccess: t{n:03}\n")).collect();
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", format!("| Test | Reason |\n|---|---|\n{rows}"));
    program.file("results.txt", format!("{passing}test: new\n{outcome}: new\n"));
    program
}

/// Runs the program with at most this many blocks a file.
fn run_with_file_limit(
    program: &Knownfail,
    blocks: u32,
    signal: &str,
    arguments: &[&str],
) -> Output {
    let script = format!("{signal}; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let arguments = [&["-c", &script, PROGRAM], arguments].concat();
    program.command("/bin/sh", &arguments).output().expect("a shell")
}

const IGNORE_SIGXFSZ: &str = "trap '' XFSZ";
const KEEP_SIGXFSZ: &str = ":";

/// Whether any file was left over.
fn leftover_files(program: &Knownfail) -> Vec<String> {
    let entries = fs::read_dir(program.path("")).expect("a directory");
    let names =
        entries.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".part")).collect()
}

#[test]
fn full_disk_leaves_no_half_written_document() {
    for blocks in [0, 1, 2] {
        for signal in [IGNORE_SIGXFSZ, KEEP_SIGXFSZ] {
            let program = program("success");
            let before = program.read("KNOWN_FAILURES.md");
            for arguments in
                [&["update", "results.txt", "--narrow"][..], &["update", "results.txt", "--add"]]
            {
                let document =
                    before.clone() + "| a* | x |\n| n* | x |\n" + &"prose\n\n".repeat(300);
                fs::write(program.path("KNOWN_FAILURES.md"), &document).expect("a document");
                let ran = run_with_file_limit(&program, blocks, signal, &["update", "results.txt"]);
                assert_ne!(ran.status.code(), Some(0), "{arguments:?} {blocks} {signal}: {ran:?}");
                assert_eq!(program.read("KNOWN_FAILURES.md"), document, "{blocks} {signal}");
            }
            if signal == IGNORE_SIGXFSZ {
                assert_eq!(leftover_files(&program), [""; 0]);
            }
        }
    }
}

#[test]
fn full_disk_leaves_no_half_written_report_and_is_not_green() {
    for option in ["--json", "--patch", "--markdown", "--junit"] {
        for (outcome, code, verdict) in [("success", 2, "passed"), ("failure", 1, "failed")] {
            let program = program(outcome);
            let arguments = ["check", "results.txt", "--all-tests", option, "report"];
            let ran = run_with_file_limit(&program, 1, IGNORE_SIGXFSZ, &arguments);
            let (stdout, stderr) =
                (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
            assert_eq!(ran.status.code(), Some(code), "{option}: {stderr}");
            assert!(stdout.starts_with(verdict), "the verdict is told all the same: {stdout}");
            assert!(stderr.contains("cannot write report"), "{option}: {stderr}");
            assert!(!fs::exists(program.path("report")).expect("a directory"), "{option}");
            assert_eq!(leftover_files(&program), [""; 0]);
            let killed = run_with_file_limit(&program, 1, KEEP_SIGXFSZ, &arguments);
            assert_eq!(killed.status.code(), None, "{option}: {killed:?}");
            assert!(!fs::exists(program.path("report")).expect("a directory"), "{option}");
        }
    }
}

#[test]
fn unwritable_report_still_prints_the_verdict_and_is_not_green() {
    for (outcome, code) in [("success", 2), ("failure", 1)] {
        let program = program(outcome);
        // Nobody, not even root, may create files in /proc.
        for path in ["/proc/report.json", "no/such/directory/report.json", "/dev/full"] {
            let ran = program.run(&["check", "results.txt", "--json", path]);
            assert_eq!(ran.code, code, "{path}: {}", ran.stderr);
            assert!(ran.stderr.contains("cannot write"), "{path}: {}", ran.stderr);
            assert!(!ran.stdout.is_empty());
        }
    }
}

#[test]
fn failed_print_is_not_green() {
    for arguments in [
        &["check", "results.txt"][..],
        &["lint"],
        &["formats"],
        &["update", "results.txt", "--dry-run"],
    ] {
        let program = program("success");
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let ran = program.command(PROGRAM, arguments).stdout(full).output().expect("the program");
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {ran:?}");
        assert!(String::from_utf8_lossy(&ran.stderr).contains("cannot print"), "{arguments:?}");
    }
}

#[test]
fn closed_output_pipe_changes_no_verdict() {
    for (arguments, code) in [
        (&["check", "results.txt", "--output", "json", "--all-tests"][..], 0),
        (&["lint"], 0),
        (&["check", "nothing.txt"], 2),
        (&["check", "results.txt", "--fail-on", "growth"], 0),
        (&["update", "results.txt", "--dry-run"], 0),
    ] {
        let program = program("success");
        // Both ends are closed before the program writes anything.
        let closed = || {
            let mut reader = Command::new("/bin/true");
            let mut child = reader.stdin(Stdio::piped()).spawn().expect("a process");
            let pipe = child.stdin.take().expect("a pipe");
            child.wait().expect("its end");
            Stdio::from(pipe)
        };
        let ran = program.command(PROGRAM, arguments).stdout(closed()).stderr(closed()).status();
        assert_eq!(ran.expect("the program").code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn signal_leaves_a_complete_report_or_none() {
    let program = program("success");
    let tests: String =
        (0..20_000).map(|n| format!("test: m{n}\nfailure: m{n} [\nx\n]\n")).collect();
    fs::write(program.path("many.txt"), tests).expect("results");
    let mut whole = 0;
    for step in 0..12 {
        let _ = fs::remove_file(program.path("report.json"));
        let mut check = program.command(PROGRAM, &["check", "many.txt", "--json", "report.json"]);
        let mut child =
            check.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program");
        std::thread::sleep(Duration::from_millis(step * 60));
        let kill = Command::new("/bin/kill").args(["-TERM", &child.id().to_string()]).output();
        kill.expect("install: procps");
        assert_ne!(child.wait().expect("its end").code(), Some(0));
        if let Ok(report) = fs::read(program.path("report.json")) {
            serde_json::from_slice::<serde_json::Value>(&report).expect("a whole report");
            whole += 1;
        }
    }
    assert!(whole < 12, "no run was interrupted");
}
