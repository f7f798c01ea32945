//! Which files are opened and written: links, pipes, devices and git's own files.
//!
//! Opening a pipe would hang, so a test of this file that does not end has failed.
#![cfg(unix)]

use crate::harness::{Knownfail, PROGRAM};
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const DOCUMENT: &str = "| Test | Reason |\n| --- | --- |\n| a.known | slow |\n| a.stale | gone |\n";
const RESULTS: &str = "test: a.known\nfailure: a.known [\nx\n]\ntest: a.stale\nsuccess: a.stale\n";

fn program() -> Knownfail {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("results.txt", RESULTS);
    program
}

fn make_fifo(path: &str) {
    let made = Command::new("mkfifo").arg(path).status().expect("install: coreutils");
    assert!(made.success());
}

/// Every option or argument that names a file to be read.
const READ_COMMANDS: [&[&str]; 9] = [
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

/// Runs each command with this file; returns their messages.
fn assert_each_refuses(program: &Knownfail, commands: &[&[&str]], file: &str) -> Vec<String> {
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
fn pipes_devices_and_directories_are_refused_without_waiting() {
    let program = program();
    make_fifo(&program.path("pipe"));
    fs::create_dir(program.path("directory")).unwrap();
    for file in ["pipe", "directory", "/dev/zero"] {
        // `import` takes a directory: it reads the lists in it.
        let commands = if file == "directory" { &READ_COMMANDS[..8] } else { &READ_COMMANDS[..] };
        let refusals = assert_each_refuses(&program, commands, file);
        let expected = if file == "directory" { "is a directory" } else { "is not a regular file" };
        assert!(refusals.iter().all(|message| message.contains(expected)), "{refusals:?}");
    }
}

#[test]
fn files_that_may_contain_secrets_are_never_read() {
    let mut program = program();
    program.env("SECRET", "never-to-be-seen");
    program.file(".git/config", "[http]\n\textraheader = never-to-be-seen\n");
    symlink("/proc/self/environ", program.path("environ.txt")).unwrap();
    symlink(".git/config", program.path("config.txt")).unwrap();
    for file in ["/proc/self/environ", ".git/config", "environ.txt", "config.txt"] {
        for message in assert_each_refuses(&program, &READ_COMMANDS, file) {
            assert!(!message.contains("never-to-be-seen"), "{file}: {message}");
            let reasons = ["are never read", "leads out of", "not a regular file"];
            assert!(reasons.iter().any(|why| message.contains(why)), "{file}: {message}");
        }
    }
}

#[test]
fn wildcard_follows_no_outside_link_and_ends_on_link_cycles() {
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

/// Runs the program as a user with restricted permissions; root, who runs tests in a container, has all.
fn run_unprivileged(program: &Knownfail, arguments: &[&str]) -> Output {
    if fs::metadata(program.path("")).unwrap().uid() != 0 {
        return program.command(PROGRAM, arguments).output().unwrap();
    }
    // Another user may not be able to read the program's own directory.
    let copy = program.path("bin-knownfail");
    if !fs::exists(&copy).unwrap() {
        fs::copy(PROGRAM, &copy).unwrap();
        fs::set_permissions(program.path(""), Permissions::from_mode(0o755)).unwrap();
    }
    program.command(&copy, arguments).uid(65_534).output().unwrap()
}

#[test]
fn unreadable_directory_is_an_error() {
    let mut program = program();
    program.file("results/a/r.txt", RESULTS);
    program.file("results/b/r.txt", "test: a.new\nfailure: a.new [\nx\n]\n");
    program.file("results/b/deep/r.txt", RESULTS);
    let patterns = ["results/**/*.txt", "results/*/*.txt", "results/b/*.txt"];
    // Without permission to list it, and without permission to enter it.
    for mode in [0o000, 0o444] {
        fs::set_permissions(program.path("results/b"), Permissions::from_mode(mode)).unwrap();
        for pattern in patterns {
            let ran = run_unprivileged(&program, &["check", pattern]);
            assert_eq!(ran.status.code(), Some(2), "{pattern}: {ran:?}");
            let stderr = String::from_utf8(ran.stderr).unwrap();
            assert!(stderr.contains("cannot read results/b"), "{pattern}: {stderr}");
            assert!(stderr.contains("denied"), "{pattern}: {stderr}");
        }
    }
    fs::set_permissions(program.path("results/b"), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(program.path("results/b/deep"), Permissions::from_mode(0o000)).unwrap();
    for (pattern, code) in [("results/*/*.txt", 1), ("results/**/*.txt", 2)] {
        let ran = run_unprivileged(&program, &["check", pattern]);
        assert_eq!(ran.status.code(), Some(code), "where nothing can match, nobody looks: {ran:?}");
    }
    fs::set_permissions(program.path("results/b/deep"), Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn too_deep_directory_is_an_error() {
    let mut program = program();
    program.file(&format!("r/{}r.txt", "d/".repeat(499)), RESULTS);
    assert_eq!(program.run(&["check", "r/**/*.txt"]).code, 0);
    program.file(&format!("r/{}r.txt", "d/".repeat(500)), RESULTS);
    let ran = program.run(&["check", "r/**/*.txt"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("more than 500 directories below r"), "{}", ran.stderr);
}

#[test]
fn empty_and_dot_parts_of_a_pattern_are_ignored() {
    let mut program = program();
    program.file("r/a/r.txt", RESULTS);
    for pattern in ["r//*/r.txt", "r/./*/r.txt", ".//r/a/*.txt", "./r/*/.//r.txt"] {
        let ran = program.run(&["check", pattern, "--output", "json"]);
        assert_eq!(ran.code, 0, "{pattern}: {}", ran.stderr);
    }
    let absolute = program.path("r//./*/*.txt");
    assert_eq!(program.run(&["check", &absolute]).code, 0);
    for pattern in ["r/*/", "gone/*.txt", "results.txt/*.txt"] {
        let ran = program.run(&["check", pattern]);
        assert_eq!(ran.code, 2, "{pattern}");
        assert!(ran.stderr.contains(&format!("no file matches `{pattern}`")), "{}", ran.stderr);
    }
}

#[test]
fn pattern_of_all_files_does_not_match_the_directory_itself() {
    let mut lists = Knownfail::new();
    let list = lists.file("K.md", DOCUMENT).path("K.md");
    for (pattern, files) in [
        ("*", 1),
        ("./*", 1),
        (".//./*", 1),
        ("?*", 1),
        ("[!x]*", 1),
        ("{*,a/*}", 2),
        ("**", 2),
        ("./**", 2),
        ("**/*", 2),
        ("**/**", 2),
        ("**/*/*", 1),
        ("{variant}", 1),
        ("**/{variant}", 2),
    ] {
        let mut program = Knownfail::new();
        program.file("r.txt", RESULTS).file("a/s.txt", RESULTS);
        let ran = program.run(&["check", pattern, "-k", &list, "--output", "json"]);
        assert_eq!(ran.code, 0, "{pattern}: {}", ran.stderr);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let variants = report["variants"].as_array().unwrap().iter();
        let count: u64 = variants.map(|variant| variant["files"].as_u64().unwrap()).sum();
        assert_eq!(count, files, "{pattern}: {}", ran.stdout);
        // The action's paths are patterns too.
        let mut program = Knownfail::action();
        program.file("K.md", DOCUMENT).file("out/r.txt", RESULTS).file("out/a/s.txt", RESULTS);
        program.input("results", pattern).input("working-directory", "out");
        program.input("known-failures", "../K.md").input("comment", "off");
        let ran = program.run(&["action"]);
        assert_eq!(ran.code, 0, "{pattern}: {}", ran.stdout);
    }
    for pattern in ["*", "**", "**/*", "**/", "./"] {
        let ran = Knownfail::new().run(&["check", pattern, "-k", &list]);
        assert_eq!(ran.code, 2, "{pattern}");
        let expected = if pattern == "./" {
            "./ is a directory".to_owned()
        } else {
            format!("no file matches `{pattern}`")
        };
        assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    }
}

#[test]
fn writing_keeps_links_and_permissions() {
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
fn report_is_written_into_a_pipe_without_replacing_it() {
    let program = program();
    make_fifo(&program.path("pipe"));
    let reader = Command::new("cat").arg(program.path("pipe")).stdout(Stdio::piped()).spawn();
    let ran =
        program.command(PROGRAM, &["check", "results.txt", "--json", "pipe"]).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let read = reader.unwrap().wait_with_output().unwrap().stdout;
    assert!(read.starts_with(b"{") && read.ends_with(b"}\n"));
    assert!(fs::metadata(program.path("pipe")).unwrap().file_type().is_fifo());
}

#[test]
fn file_given_by_several_paths_is_read_once() {
    let program = program();
    fs::create_dir(program.path("d")).unwrap();
    fs::write(program.path("d/r.txt"), RESULTS).unwrap();
    symlink("r.txt", program.path("d/link.txt")).unwrap();
    let absolute = program.path("d/r.txt");
    for path in
        ["d/r.txt", "./d/r.txt", "d//r.txt", "d/../d/r.txt", "d/*.txt", "**/r.txt", &absolute]
    {
        let ran = program.run(&["check", "d/r.txt", path, "--output", "json"]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["results"]["total"], 2, "{path}");
        assert_eq!(report["variants"][0]["files"], 1, "{path}");
        assert_eq!(report["problems"], serde_json::json!([]), "{path}");
    }
    // Evidence as well: a run that is named twice is not two runs.
    let all = ["check", "results.txt", "--json", "one.json"];
    assert_eq!(program.run(&all).code, 0);
    let twice = ["check", "results.txt", "--evidence", "one.json", "--evidence", "./*.json"];
    let ran = program.run(&twice);
    assert!(ran.stdout.contains("passed in 2 of 2 runs"), "{}", ran.stdout);
}

#[test]
fn file_given_for_two_variants_is_an_error() {
    let program = program();
    fs::create_dir_all(program.path("out/m")).unwrap();
    fs::write(program.path("out/m/r.txt"), RESULTS).unwrap();
    let check = |arguments: &[&str]| program.run(&[&["check"], arguments].concat());
    let expected =
        "knownfail: error: out/m/r.txt is given for two variants: `m` and none\n  hint: let one";
    for patterns in [["out/{variant}/*.txt", "out/**/*.txt"], ["out/**/r.txt", "out/{variant}/*"]] {
        let ran = check(&patterns);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{patterns:?}");
        let expected = if patterns[0].contains("variant") {
            expected.to_owned()
        } else {
            expected.replace("`m` and none", "none and `m`")
        };
        assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
    }
    assert_eq!(check(&["out/{variant}/*.txt", "out/m/r.txt", "--variant", "m"]).code, 0);
}

#[test]
fn inputs_are_never_overwritten() {
    let mut program = program();
    program.file("base.txt", RESULTS).file("codes.tsv", "results 0\n").file("keep.md", DOCUMENT);
    symlink("results.txt", program.path("link.txt")).unwrap();
    fs::create_dir(program.path("d")).unwrap();
    let first = ["check", "results.txt", "--record", "run.record", "--json", "run.json"];
    assert_eq!(program.run(&first).code, 0);
    let inputs = [
        ("KNOWN_FAILURES.md", "a document"),
        ("results.txt", "results"),
        ("./d/../results.txt", "results"),
        ("link.txt", "results"),
        ("base.txt", "results of the base run"),
        ("codes.tsv", "the exit-code table"),
        ("run.json", "evidence"),
    ];
    let outputs = [
        ("--json", "the JSON report"),
        ("--record", "the record"),
        ("--patch", "the patch"),
        ("--markdown", "the Markdown report"),
        ("--junit", "the JUnit report"),
        ("--code-quality", "the Code Quality report"),
    ];
    let arguments = [
        "check",
        "results.txt",
        "--baseline",
        "base.txt",
        "--exit-codes",
        "codes.tsv",
        "--evidence",
        "run.json",
    ];
    let before = inputs.map(|(path, _)| program.read(path));
    for (option, output) in outputs {
        for (path, read_as) in inputs {
            let ran = program.run(&[&arguments[..], &[option, path]].concat());
            let expected = format!(
                "knownfail: error: {path} is read as {read_as}: {output} cannot be written to it\n  \
                 hint: give {output} a path of its own\n"
            );
            assert_eq!(
                (ran.code, ran.stdout, ran.stderr),
                (2, String::new(), expected),
                "{option}"
            );
        }
    }
    assert_eq!(inputs.map(|(path, _)| program.read(path)), before);
    // A file that is not read may be replaced: it is yesterday's report.
    let ran = program.run(&[&arguments[..], &["--markdown", "keep.md"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn two_outputs_to_one_path_are_an_error() {
    let program = program();
    fs::create_dir(program.path("d")).unwrap();
    let check = |more: &[&str]| program.run(&[&["check", "results.txt"], more].concat());
    for other in ["out", "./d/../out"] {
        let ran = check(&["--json", "out", "--junit", other]);
        let expected = format!(
            "knownfail: error: {other} is where the JSON report is written: the JUnit report cannot be written to it \
             too\n  hint: give the JUnit report a path of its own\n"
        );
        assert_eq!((ran.code, ran.stderr), (2, expected));
        assert!(!Path::new(&program.path("out")).exists());
    }
    let ran = check(&["--json", "/dev/null", "--junit", "/dev/null", "--markdown", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn import_and_history_never_overwrite_their_inputs() {
    let mut program = program();
    program.file("list.xfail", "a.b\n");
    let before = ["KNOWN_FAILURES.md", "list.xfail"].map(|path| program.read(path));
    for (arguments, expected) in [
        (
            &["import", "list.xfail", "--output", "./list.xfail"][..],
            "./list.xfail is read as a list: the document cannot be written to it",
        ),
        (
            &["history", "--svg", "KNOWN_FAILURES.md"],
            "KNOWN_FAILURES.md is read as a document: the picture cannot be written to it",
        ),
    ] {
        let ran = program.run(arguments);
        assert!(ran.code == 2 && ran.stderr.contains(expected), "{}", ran.stderr);
    }
    assert_eq!(["KNOWN_FAILURES.md", "list.xfail"].map(|path| program.read(path)), before);
}

#[test]
fn record_may_replace_the_one_it_continues() {
    let program = program();
    let check = |more: &[&str]| program.run(&[&["check", "results.txt"], more].concat());
    assert_eq!(check(&["--record", "run.record"]).code, 0);
    for earlier in ["--baseline", "--evidence"] {
        let ran = check(&[earlier, "run.record", "--record", "run.record"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(program.run(&["check", "run.record"]).code, 0);
        assert_eq!(check(&[earlier, "run.record", "--json", "run.record"]).code, 2);
    }
    let ran = check(&["run.record", "--record", "run.record"]);
    let expected = "run.record is read as results: the record cannot be written to it";
    assert!(ran.code == 2 && ran.stderr.contains(expected), "{}", ran.stderr);
}

#[test]
fn action_never_overwrites_its_inputs() {
    for input in ["json-file", "patch-file", "record-file"] {
        let mut program = Knownfail::action();
        program.file("KNOWN_FAILURES.md", DOCUMENT).file("results.txt", RESULTS);
        program.input("results", "results.txt").input("comment", "off").input(input, "results.txt");
        let ran = program.run(&["action"]);
        assert_eq!(ran.code, 2, "{input}: {}", ran.stdout);
        assert!(ran.stdout.contains("results.txt is read as results"), "{input}: {}", ran.stdout);
        assert_eq!(program.read("results.txt"), RESULTS, "{input}");
    }
}
