//! The files that GitHub reads: actions, workflows, issue forms.
//!
//! They are validated with JSON schemas of GitHub's formats and with shellcheck. A schema does not know what a workflow may be
//! made to do; zizmor does, and `scripts/test` runs it where it is installed, as CI always does. The worst of it is checked in
//! this file as well.

use std::path::Path;
use std::process::{Command, Output};

const INSTALL: &str = "install: apt-get install python3-jsonschema python3-ruamel.yaml shellcheck; or run scripts/setup";
const ACTIONS: [&str; 2] = ["action.yml", "native/action.yml"];

/// The errors of a schema for some files.
pub(crate) fn problems(schema: &str, files: &[String]) -> String {
    assert!(!files.is_empty());
    let output = Command::new("/usr/bin/python3")
        .args(["tests/github-schemas/validate.py", &format!("tests/github-schemas/{schema}.json")])
        .args(files)
        .output()
        .expect(INSTALL);
    assert!(output.status.success(), "{INSTALL}\n{}", stderr(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The YAML files of a directory, without GitHub's own configuration.
fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().path().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".yml") && !name.ends_with("/config.yml")).collect();
    names.sort();
    names
}

fn workflows() -> Vec<String> {
    files(".github/workflows")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn actions_workflows_and_issue_forms_fit_the_schemas() {
    assert_eq!(problems("action", &ACTIONS.map(str::to_owned)), "");
    assert_eq!(problems("workflow", &workflows()), "");
    assert_eq!(problems("issue-form", &files(".github/ISSUE_TEMPLATE")), "");
}

#[test]
fn schemas_reject_mistakes() {
    let wrong = tempfile::tempdir().unwrap();
    let mistakes = [
        ("action", ACTIONS[0], "using: docker", "using: dokcer"),
        ("action", ACTIONS[1], "shell: bash", "shel: bash"),
        ("workflow", ".github/workflows/ci.yml", "runs-on:", "run-on:"),
        ("workflow", ".github/workflows/release.yml", "attestations: write", "attestation: write"),
        ("issue-form", ".github/ISSUE_TEMPLATE/wrong.yml", "type: textarea", "type: text"),
    ];
    for (schema, file, right, mistaken) in mistakes {
        let path = wrong.path().join("wrong.yml").to_string_lossy().into_owned();
        std::fs::write(&path, read(file).replacen(right, mistaken, 1)).unwrap();
        assert_ne!(problems(schema, &[path]), "", "{mistaken} in {file}");
    }
}

#[test]
fn external_actions_are_pinned_to_a_commit() {
    let mut seen = 0;
    for file in workflows() {
        for line in read(&file).lines() {
            let Some(uses) = line.trim().trim_start_matches("- ").strip_prefix("uses: ") else {
                continue;
            };
            seen += 1;
            let is_local = uses.starts_with("./");
            let commit = uses.split_once('@').map_or("", |(_, version)| version);
            let (commit, version_comment) = commit.split_once(" # v").unwrap_or((commit, ""));
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_local || is_commit && !version_comment.is_empty(), "{file}: {uses}");
        }
    }
    assert!(seen > 10, "{seen}");
}

/// GitHub replaces an expression in a script before a shell parses it.
#[test]
fn scripts_contain_no_expression() {
    for file in workflows().into_iter().chain(ACTIONS.map(str::to_owned)) {
        // The column of `run:` until its script ends.
        let mut script = None;
        for line in read(&file).lines() {
            let start = line.find(|c| !matches!(c, ' ' | '-')).unwrap_or(usize::MAX);
            script = script.filter(|column| start > *column);
            if line.get(start..).is_some_and(|rest| rest.starts_with("run:")) {
                script = Some(start);
            }
            assert!(script.is_none() || !line.contains("${{"), "{file}: {line}");
        }
    }
}

#[test]
fn only_the_release_can_sign_and_write() {
    for file in workflows() {
        let text = read(&file);
        assert!(text.contains("\npermissions: {}\n"), "{file}: no permissions but those of a job");
        let writes = text.matches(": write").count();
        assert_eq!(writes > 0, file.ends_with("/release.yml"), "{file}");
        let checkouts = text.matches("uses: actions/checkout@").count();
        assert_eq!(checkouts, text.matches("persist-credentials: false").count(), "{file}");
    }
}

#[test]
fn minimum_rust_version_is_the_same_everywhere() {
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    for (file, line) in [
        (".github/workflows/ci.yml", format!("\n  RUST: \"{oldest}\"\n")),
        (".github/workflows/fuzz.yml", format!("\n  RUST: \"{oldest}\"\n")),
        (".github/workflows/release.yml", format!("\n  RUST: \"{oldest}\"\n")),
        ("Dockerfile", format!("\nFROM docker.io/library/rust:{oldest}-")),
        ("README.md", format!("(needs Rust {oldest} or newer)")),
    ] {
        assert!(read(file).contains(&line), "{file}: {line}");
    }
}

/// The scripts of workflows and actions as files of this directory.
pub(crate) fn extract_scripts(files: &[String]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("/usr/bin/python3")
        .arg("tests/github-schemas/scripts.py")
        .arg(folder.path())
        .args(files)
        .output()
        .expect(INSTALL);
    assert!(output.status.success(), "{INSTALL}\n{}", stderr(&output));
    folder
}

pub(crate) fn shellcheck<S: AsRef<std::ffi::OsStr>>(scripts: &[S]) {
    let checked = Command::new("shellcheck").args(scripts).output().expect(INSTALL);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

#[test]
fn workflow_scripts_pass_shellcheck() {
    let native = ACTIONS[1].to_owned();
    let folder = extract_scripts(&workflows().into_iter().chain([native]).collect::<Vec<_>>());
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let scripts: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(scripts.len() > 10, "{scripts:?}");
    shellcheck(&scripts);
}

#[test]
fn scripts_pass_shellcheck() {
    let tracked = Command::new("git").args(["ls-files"]).output().expect("install: git");
    let tracked = String::from_utf8_lossy(&tracked.stdout).into_owned();
    let is_bash = |file: &&str| {
        let bytes = std::fs::read(file).unwrap_or_default();
        Path::new(file).extension().is_none() && bytes.starts_with(b"#!/usr/bin/env bash\n")
    };
    let scripts: Vec<&str> = tracked.lines().filter(is_bash).collect();
    assert!(scripts.contains(&"native/run") && scripts.contains(&"scripts/release"));
    shellcheck(&scripts);
    for script in scripts.iter().filter(|script| **script != ".ci/run") {
        assert!(read(script).contains("\nset -euo pipefail\n"), "{script}");
    }
}
