//! The paths of the action's inputs: every way to name a file means the same, and nothing outside of the workspace and of
//! the runner's directory of temporary files is read or written.

use crate::action::{
    Action, BASE, DOCUMENT, GREEN, HEAD, MERGE, RED, StepResult, action_with_list_change,
};
use crate::harness::Knownfail;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// Inputs that name files, with their values from the root of the workspace.
const FILES: [(&str, &str); 8] = [
    ("known-failures", "ci/KNOWN_FAILURES.md"),
    ("results", "ci/out/*.txt\nci/more/{variant}.txt"),
    ("baseline", "ci/base.txt"),
    ("evidence", "ci/evidence.jsonl"),
    ("exit-codes", "ci/codes.tsv"),
    ("json-file", "ci/report.json"),
    ("record-file", "ci/record.jsonl"),
    ("patch-file", "rows.patch"),
];

/// How a path from the root is written.
type Write = fn(&Knownfail, &str) -> String;

/// Runs a job whose inputs are written so; returns all that it shows.
fn run(directory: &str, write: Write, prepare: impl FnOnce(&mut Knownfail)) -> String {
    let list = DOCUMENT.to_owned() + "| b.gone | slow | |\n";
    let mut action =
        action_with_list_change(DOCUMENT, DOCUMENT).with("fail-on", "regression,growth");
    let passing = GREEN.replace("failure: a.known [\nx\n]", "success: a.known");
    for (path, text) in [
        ("ci/KNOWN_FAILURES.md", &*list),
        ("ci/out/r.txt", &passing),
        ("ci/more/memory.txt", &passing),
        ("ci/base.txt", &passing),
        ("ci/codes.tsv", "r\t0\nmemory\t0\n"),
    ] {
        action = action.file(path, text);
    }
    action.github.put_file(crate::action::MERGE_BASE, "ci/KNOWN_FAILURES.md", DOCUMENT);
    for commit in [BASE, HEAD, MERGE] {
        action.github.put_file(commit, "ci/KNOWN_FAILURES.md", &list);
    }
    let finished = action.run_step(|program| {
        program.run(&[
            "check",
            "ci/base.txt",
            "-k",
            "ci/KNOWN_FAILURES.md",
            "--record",
            "ci/evidence.jsonl",
        ]);
        for (input, value) in FILES {
            let lines: Vec<String> = value.lines().map(|path| write(program, path)).collect();
            program.input(input, &lines.join("\n"));
        }
        let root = program.path("");
        program.input("working-directory", &directory.replace("ROOT", root.trim_end_matches('/')));
        program.env("RUNNER_WORKSPACE", "/runner/work/r");
        prepare(program);
    });
    assert_eq!(finished.code, 1, "{}", finished.printed);
    assert!(finished.warnings().is_empty(), "{:?}", finished.warnings());
    let outputs = ["json-file", "patch-file"].map(|output| &*finished.outputs[output]);
    assert_eq!(outputs, ["ci/report.json", "rows.patch"]);
    let comment = crate::action::visible_body(&action.comments()[0]);
    for text in [
        "--- a/ci/KNOWN_FAILURES.md\n",
        "1 row without an issue",
        &format!("/blob/{HEAD}/ci/KNOWN_FAILURES.md?plain=1#L6"),
    ] {
        assert!(comment.contains(text), "{comment}\nlacks {text}");
    }
    comment + &finished.summary + &finished.printed
}

#[test]
fn paths_of_the_workspace_mean_the_same_as_relative_ones() {
    let from_root: Write = |_, path| path.to_owned();
    let from_ci: Write = |_, path| format!("../{path}");
    let with_dots: Write = |_, path| format!("./x/..//{path}");
    let absolute: Write = |program, path| program.path(path);
    let of_the_runner: Write = |_, path| format!("/runner/work/r/r/{path}");
    let in_a_job_container: Write = |_, path| format!("/__w/r/r/./{path}");
    let expected = run("", from_root, |_| {});
    for (case, directory, write) in [
        ("dots", "./", with_dots),
        ("absolute", "ROOT", absolute),
        ("absolute, untranslated", "/runner/work/r/r/", of_the_runner),
        ("of a job's container", ".", in_a_job_container),
    ] {
        assert_eq!(run(directory, write, |_| {}), expected, "{case}");
    }
    let from_ci_directory = run("ci", from_ci, |_| {});
    for (case, directory, write) in
        [("absolute", "ROOT/ci/", absolute), ("absolute, untranslated", "ci/../ci", of_the_runner)]
    {
        assert_eq!(run(directory, write, |_| {}), from_ci_directory, "{case}");
    }
    let links = tempfile::tempdir().unwrap();
    let link = links.path().join("workspace");
    let through_a_link = |program: &mut Knownfail| {
        symlink(program.path(""), &link).unwrap();
        program.env("GITHUB_WORKSPACE", link.to_str().unwrap());
        program.input(
            "results",
            &format!("{0}/ci/out/*.txt\n{0}/ci/more/{{variant}}.txt", link.display()),
        );
    };
    assert_eq!(run("", absolute, through_a_link), expected, "the workspace is a link");
}

#[test]
fn directory_that_is_a_link_is_what_it_leads_to() {
    let mut action = Action::new()
        .file("real/smb/KNOWN_FAILURES.md", DOCUMENT)
        .file("real/smb/results.txt", RED)
        .with("working-directory", "smb")
        .with("json-file", "report.json");
    let finished = action.run_step(|program| symlink("real/smb", program.path("smb")).unwrap());
    assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
    assert_eq!(finished.outputs["json-file"], "real/smb/report.json");
}

/// A directory outside of the workspace with a file for each input.
fn outside() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("list.md", DOCUMENT),
        ("r.txt", RED),
        ("codes.tsv", "results\t0\n"),
        ("report.json", "old"),
    ] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// Runs a job with a path outside; `OUT` in the value is the directory, and `link` a link to it.
fn run_outside(
    outside: &TempDir,
    input: &'static str,
    value: &str,
    temp: Option<&str>,
) -> StepResult {
    let path = outside.path().to_str().unwrap();
    let mut action = Action::new()
        .file("results.txt", RED)
        .with("comment", "off")
        .with("check-run", "conformance")
        .with(input, &value.replace("OUT", path).replace("UP", &format!("../..{path}")));
    action.run_step(|program| {
        symlink(outside.path(), program.path("link")).unwrap();
        if let Some(temp) = temp {
            program.env("RUNNER_TEMP", &temp.replace("OUT", path));
        }
    })
}

#[test]
fn nothing_outside_is_read() {
    let outside = outside();
    for (input, file) in [
        ("known-failures", "list.md"),
        ("results", "r.txt"),
        ("results", "*.txt"),
        ("baseline", "r.txt"),
        ("evidence", "r.txt"),
        ("exit-codes", "codes.tsv"),
    ] {
        for (start, why) in [
            ("OUT", format!("the input `{input}`: ")),
            ("UP", format!("the input `{input}`: ")),
            ("link", "leads out of".to_owned()),
        ] {
            let finished = run_outside(&outside, input, &format!("{start}/{file}"), None);
            assert_eq!(finished.code, 2, "{input} {start}: {}", finished.printed);
            assert!(finished.printed.contains(&why), "{input} {start}: {}", finished.printed);
        }
    }
    // It is only needed to publish.
    for (start, why) in
        [("OUT", "is outside of"), ("UP", "is outside of"), ("link", "leads out of")]
    {
        let finished = run_outside(&outside, "ca-bundle", &format!("{start}/list.md"), None);
        assert_eq!(finished.code, 1, "{start}: {}", finished.printed);
        let [warning] = finished.warnings()[..] else { panic!("{:?}", finished.warnings()) };
        assert!(
            warning.starts_with("no check run: ") && warning.contains(why),
            "{start}: {warning}"
        );
    }
}

#[test]
fn nothing_outside_is_written() {
    let outside = outside();
    for input in ["json-file", "record-file", "patch-file"] {
        for (start, why) in [
            ("OUT", "is outside of the workspace: the action reads and writes"),
            ("UP", "is outside of the workspace: the action reads and writes"),
            ("link", "leads out of"),
        ] {
            let finished = run_outside(&outside, input, &format!("{start}/report.json"), None);
            assert_eq!(finished.code, 1, "{input} {start}: {}", finished.printed);
            let [warning] = finished.warnings()[..] else { panic!("{:?}", finished.warnings()) };
            assert!(warning.contains(why), "{input} {start}: {warning}");
            assert_eq!(fs::read(outside.path().join("report.json")).unwrap(), b"old");
        }
    }
}

#[test]
fn files_of_runner_temp_are_read_and_written() {
    for (temp, value) in [("OUT", "OUT"), ("OUT/", "/runner/work/_temp"), ("OUT", "/__w/_temp")] {
        let outside = outside();
        let path = outside.path().to_str().unwrap();
        let mut action = Action::new()
            .with("results", &format!("{value}/*.txt").replace("OUT", path))
            .with("json-file", &format!("{value}/report.json").replace("OUT", path));
        let finished = action.run_step(|program| {
            program.env("RUNNER_TEMP", &temp.replace("OUT", path));
            program.env("RUNNER_WORKSPACE", "/runner/work/r");
        });
        assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
        assert!(fs::read(outside.path().join("report.json")).unwrap().starts_with(b"{"));
        // A container's own path of it means nothing to a later step.
        assert_eq!(finished.outputs["json-file"], "/runner/work/_temp/report.json");
    }
}

/// The checkout's credentials and the runner's own files are in it as well.
#[test]
fn links_in_runner_temp_lead_to_nothing_else_in_it() {
    let outside = outside();
    fs::create_dir(outside.path().join("artifact")).unwrap();
    fs::create_dir(outside.path().join("_runner_file_commands")).unwrap();
    symlink("../r.txt", outside.path().join("artifact/up.txt")).unwrap();
    symlink("r.txt", outside.path().join("same.txt")).unwrap();
    symlink("_runner_file_commands", outside.path().join("dir")).unwrap();
    for value in ["OUT/artifact/*.txt", "OUT/artifact/up.txt", "OUT/same.txt"] {
        let finished = run_outside(&outside, "results", value, Some("OUT"));
        assert_eq!(finished.code, 2, "{value}: {}", finished.printed);
        assert!(finished.printed.contains("leads out of"), "{value}: {}", finished.printed);
    }
    let finished = run_outside(&outside, "json-file", "OUT/dir/report.json", Some("OUT"));
    assert_eq!((finished.code, finished.warnings().len()), (1, 1), "{}", finished.printed);
    // A path in the workspace does not lead there either.
    let finished = run_outside(&outside, "results", "link/r.txt", Some("OUT"));
    assert_eq!(finished.code, 2, "{}", finished.printed);
}

#[test]
fn same_document_by_two_paths_is_refused() {
    let mut action = Action::new().file("results.txt", RED).with("comment", "off");
    let finished = action.run_step(|program| {
        let twice = format!("KNOWN_FAILURES.md\n{}", program.path("./KNOWN_FAILURES.md"));
        program.input("known-failures", &twice);
    });
    assert_eq!(finished.code, 2, "{}", finished.printed);
    assert!(finished.printed.contains("KNOWN_FAILURES.md is given twice"), "{}", finished.printed);
}

// --- Hints ---------------------------------------------------------------------------------------

#[test]
fn what_matches_nothing_gets_the_hint_that_fits() {
    for (value, hint) in [
        ("$HOME/r.xml", "`$HOME` is not expanded"),
        ("~/r.xml", "`~` is not expanded"),
        ("- out/*.txt", "a YAML list is none of an input"),
        ("!out/*.txt", "`!` excludes nothing"),
        ("'out/*.txt'", "the quotes are a part of it"),
        ("out/r.txt, out/s.txt", "write each path on a line of its own"),
        (r"out\*.txt", "write `/` between directories"),
        ("Out/*.txt", "there is `out`: lower and upper case are different"),
        ("gone/deep/*.txt", "there is no directory `gone`: check"),
    ] {
        for input in ["results", "baseline", "evidence", "known-failures"] {
            if input == "known-failures" && value.contains('*') {
                continue;
            }
            let mut action = Action::new()
                .file("out/r.txt", RED)
                .file("results.txt", RED)
                .with("comment", "off")
                .with(input, value);
            let finished = action.run_step(|_| {});
            assert_eq!(finished.code, 2, "{input}: {value}: {}", finished.printed);
            let expected = format!("hint: {hint}");
            assert!(finished.printed.contains(&expected), "{input}: {value}: {}", finished.printed);
        }
    }
    for (value, hint) in [
        ("out/{Variant}.txt", "`{Variant}` matches `Variant`"),
        ("out[1]/*.txt", "`[…]` matches one of the characters in it"),
        ("**.txt", "`**` matches directories only"),
        ("*/", "`out` is a directory: name the files in it, such as `*/**/*.xml`"),
        ("out/", "name the files in it, in quotes: 'out/**/*.xml'"),
        ("out/*.TXT", "there is `out/r.txt`: lower and upper case are different"),
    ] {
        let mut program = Knownfail::new();
        program
            .file("out/r.txt", RED)
            .file("KNOWN_FAILURES.md", DOCUMENT)
            .file("out[2]/r.txt", RED);
        let ran = program.run(&["check", value]);
        assert_eq!(ran.code, 2, "{value}: {}", ran.stdout);
        assert!(ran.stderr.contains(&format!("hint: {hint}")), "{value}: {}", ran.stderr);
    }
    // What the hint proposes works.
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", DOCUMENT).file("out[2]/r.txt", RED);
    assert_eq!(program.run(&["check", "out[[]2]/*.txt"]).code, 1);
}

// --- The patch -----------------------------------------------------------------------------------

#[test]
fn without_rows_to_remove_there_is_no_patch() {
    for old in [None, Some("a patch of an earlier run")] {
        let mut action = Action::new().with("patch-file", "rows.patch");
        let finished = action.run_step(|program| {
            program.file("results.txt", RED);
            if let Some(old) = old {
                program.file("rows.patch", old);
            }
        });
        assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
        assert_eq!(finished.outputs["patch-file"], "", "{old:?}");
        // On the command line too, where the file can still be looked at.
        let mut program = Knownfail::new();
        program.file("results.txt", RED).file("KNOWN_FAILURES.md", DOCUMENT);
        if let Some(old) = old {
            program.file("rows.patch", old);
        }
        let ran = program.run(&["check", "results.txt", "--patch", "rows.patch"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
        assert!(!fs::exists(program.path("rows.patch")).unwrap(), "{old:?}");
        program.file("results.txt", "test: a.known\nsuccess: a.known\n");
        program.run(&["check", "results.txt", "--patch", "rows.patch"]);
        assert!(program.read("rows.patch").starts_with("--- a/KNOWN_FAILURES.md\n"));
    }
}
