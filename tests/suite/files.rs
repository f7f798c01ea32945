//! What is opened and what is written: files, where they belong, and nothing else.
//!
//! In: links, pipes, devices and git's own files where files are expected. A newcomer's trap: what is opened and
//! waited for hangs; so a test here that does not end is one that failed.
#![cfg(unix)]

use crate::knownfail::{Knownfail, PROGRAM};
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::process::{Command, Stdio};

const DOCUMENT: &str = "| Test | Reason |\n| --- | --- |\n| a.known | slow |\n| a.stale | gone |\n";
const RESULTS: &str = "test: a.known\nfailure: a.known [\nx\n]\ntest: a.stale\nsuccess: a.stale\n";

fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("results.txt", RESULTS);
    program
}

fn pipe(path: &str) {
    let made = Command::new("mkfifo").arg(path).status().expect("install: coreutils");
    assert!(made.success());
}

/// Every place where a user names a file to be read.
const READ: [&[&str]; 9] = [
    &["check", "FILE"],
    &["check", "results.txt", "-k", "FILE"],
    &["check", "results.txt", "--baseline", "FILE"],
    &["check", "results.txt", "--exit-codes", "FILE"],
    &["check", "results.txt", "--evidence", "FILE"],
    &["update", "results.txt", "-k", "FILE"],
    &["lint", "FILE"],
    &["diff", "KNOWN_FAILURES.md", "FILE"],
    &["import", "FILE"],
];

/// Runs each command with this file; what each said.
fn each_refuses(program: &Knownfail, commands: &[&[&str]], file: &str) -> Vec<String> {
    let each = commands.iter().map(|arguments| {
        let named = |argument: &&str| {
            if *argument == "FILE" { file.to_owned() } else { (*argument).to_owned() }
        };
        let arguments: Vec<String> = arguments.iter().map(named).collect();
        let ran = program.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        ran.stderr
    });
    each.collect()
}

#[test]
fn pipes_devices_and_directories_are_no_files_and_are_not_waited_for() {
    let program = program();
    pipe(&program.path("pipe"));
    fs::create_dir(program.path("directory")).unwrap();
    for file in ["pipe", "directory", "/dev/zero"] {
        // `import` takes a directory: it reads the lists in it.
        let commands = if file == "directory" { &READ[..8] } else { &READ[..] };
        let refusals = each_refuses(&program, commands, file);
        let told = if file == "directory" { "is a directory" } else { "is not a regular file" };
        assert!(refusals.iter().all(|said| said.contains(told)), "{refusals:?}");
    }
}

#[test]
fn what_may_hold_secrets_is_never_read() {
    let mut program = program();
    program.env("SECRET", "never-to-be-seen");
    program.file(".git/config", "[http]\n\textraheader = never-to-be-seen\n");
    symlink("/proc/self/environ", program.path("environ.txt")).unwrap();
    symlink(".git/config", program.path("config.txt")).unwrap();
    for file in ["/proc/self/environ", ".git/config", "environ.txt", "config.txt"] {
        for said in each_refuses(&program, &READ, file) {
            assert!(!said.contains("never-to-be-seen"), "{file}: {said}");
            let why = ["is never read", "leads out of", "not a regular file"];
            assert!(why.iter().any(|why| said.contains(why)), "{file}: {said}");
        }
    }
}

#[test]
fn a_wildcard_follows_no_link_out_and_ends_in_circles() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("out.txt"), RESULTS).unwrap();
    let program = program();
    fs::create_dir_all(program.path("results/deep")).unwrap();
    fs::write(program.path("results/deep/a.txt"), RESULTS).unwrap();
    symlink("..", program.path("results/deep/circle")).unwrap();
    symlink("round", program.path("results/round")).unwrap();
    symlink(outside.path(), program.path("results/out")).unwrap();
    let ran = program.run(&["check", "results/**/*.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    symlink(outside.path().join("out.txt"), program.path("results/link.txt")).unwrap();
    let ran = program.run(&["check", "results/**/*.txt"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("results/link.txt leads out of"), "{}", ran.stderr);
}

#[test]
fn what_is_written_keeps_links_and_permissions() {
    let program = program();
    fs::create_dir(program.path("docs")).unwrap();
    fs::rename(program.path("KNOWN_FAILURES.md"), program.path("docs/known.md")).unwrap();
    symlink("docs/known.md", program.path("KNOWN_FAILURES.md")).unwrap();
    fs::set_permissions(program.path("docs/known.md"), Permissions::from_mode(0o640)).unwrap();
    fs::write(program.path("report.json"), "old").unwrap();
    fs::set_permissions(program.path("report.json"), Permissions::from_mode(0o600)).unwrap();
    let mode = |path: &str| fs::metadata(program.path(path)).unwrap().permissions().mode() & 0o777;

    assert_eq!(program.run(&["check", "results.txt", "--json", "report.json"]).code, 0);
    assert!(program.read("report.json").starts_with('{'));
    assert_eq!(mode("report.json"), 0o600);
    assert_eq!(program.run(&["update", "results.txt"]).code, 0);
    assert!(!program.read("docs/known.md").contains("a.stale"));
    assert_eq!(mode("docs/known.md"), 0o640);
    assert!(fs::symlink_metadata(program.path("KNOWN_FAILURES.md")).unwrap().is_symlink());
}

#[test]
fn a_report_goes_into_a_pipe_and_does_not_take_its_place() {
    let program = program();
    pipe(&program.path("pipe"));
    let reader = Command::new("cat").arg(program.path("pipe")).stdout(Stdio::piped()).spawn();
    let ran =
        program.command(PROGRAM, &["check", "results.txt", "--json", "pipe"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let read = reader.unwrap().wait_with_output().unwrap().stdout;
    assert!(read.starts_with(b"{") && read.ends_with(b"}\n"));
    assert!(fs::metadata(program.path("pipe")).unwrap().file_type().is_fifo());
}
