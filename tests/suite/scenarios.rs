//! Scenarios as Markdown files that a person can read: a document, results and inputs with the expected output.
//!
//! Each file in `tests/scenarios` consists of fenced blocks. Inputs: `document PATH`, `results PATH`, `base PATH` (results of the
//! base run), `inputs` (`name: value`), `before PATH` (a document at the merge base of the pull request), `issues` (`#1: open`),
//! `source PATH` (a source file that is checked out),
//! `matrix` (variants, one a line: each runs by itself, with the results in `VARIANT/`, and all keep one comment), `steps`
//! (the same with the ids of steps). Outputs:
//! `exit`, `log`, `annotations`, `comment`, `job summary`, `patch`; only those that a file has are compared.
//! `UPDATE_SCENARIOS=1 cargo test scenarios` rewrites the outputs.

use crate::fake_github::FakeGithub;
use crate::harness::{HEAD, Knownfail};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Longer than any fence that a comment needs.
const FENCE: &str = "``````";
/// The merge base of the pull request.
const BASE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const FENCE_LINE: &str = "\n``````";

#[test]
fn every_scenario_produces_its_expected_output() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let wrong: Vec<String> = files.iter().filter_map(|file| check_scenario(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs a scenario; returns what is wrong, if anything.
fn check_scenario(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let (outputs, expected) = run_scenario(&text);
    let played = fill_in_outputs(&text, &outputs);
    if std::env::var_os("UPDATE_SCENARIOS").is_some() {
        std::fs::write(file, &played).unwrap();
        return None;
    }
    assert!(expected > 0, "{} expects nothing", file.display());
    (played != text).then(|| {
        let diff = similar::TextDiff::from_lines(&text, &played);
        let diff = diff.unified_diff().context_radius(3).to_string();
        format!("{}: (UPDATE_SCENARIOS=1 rewrites it)\n{diff}", file.display())
    })
}

/// The inputs of a scenario.
const INPUT_BLOCKS: [&str; 9] =
    ["document", "results", "base", "inputs", "before", "issues", "matrix", "steps", "source"];

/// The outputs of a scenario, and the number of expected ones.
fn run_scenario(text: &str) -> (BTreeMap<String, String>, usize) {
    let mut program = Knownfail::action();
    let (github, mut writers) = (FakeGithub::start(), Vec::new());
    github.add_pull_to("OWNER/REPO", 7, "OWNER:topic", HEAD);
    github.set_merge_base(BASE);
    let (mut results, mut documents, mut base, mut expected) =
        (Vec::new(), Vec::new(), Vec::new(), 0);
    for (info, body) in blocks(text) {
        match info.split_once(' ').unwrap_or((info, "")) {
            ("document", path) => {
                documents.push(path);
                program.file(path, format!("{body}\n"));
                github.put_file(HEAD, path, &format!("{body}\n"));
                if !text.contains("\n``````before ") {
                    github.put_file(BASE, path, &format!("{body}\n"));
                }
            }
            ("before", path) => {
                github.put_file(BASE, path, &format!("{body}\n"));
            }
            ("issues", _) => {
                for (number, state) in body.lines().filter_map(|line| line.split_once(": ")) {
                    let number = number.trim_start_matches('#').parse().unwrap();
                    github.add_issue("OWNER/REPO", number, state == "open");
                }
            }
            (kind @ ("matrix" | "steps"), _) => {
                writers = body.lines().map(|name| (kind, name)).collect();
            }
            ("results", path) => {
                results.push(path);
                program.file(path, format!("{body}\n"));
            }
            ("source", path) => {
                program.file(path, body);
            }
            ("base", path) => {
                base.push(path);
                program.file(path, format!("{body}\n"));
            }
            ("inputs", _) => {
                for (name, value) in body.lines().filter_map(|line| line.split_once(": ")) {
                    program.input(name, value);
                }
            }
            _ => expected += 1,
        }
    }
    program.default_input("results", &results.join("\n"));
    program.default_input("baseline", &base.join("\n"));
    program.default_input("known-failures", &documents.join("\n"));
    program.env("GITHUB_API_URL", github.url()).input("token", "tok_workflow");
    if !writers.is_empty() {
        for (kind, name) in writers {
            program.input("results", &format!("{name}/**/*.txt"));
            match kind {
                "matrix" => program.input("variant", name),
                _ => program.env("GITHUB_ACTION", name),
            };
            program.run(&["action"]);
        }
        return (BTreeMap::from([("comment".to_owned(), comment(&github))]), expected);
    }
    let ran = program.run(&["action", "--dry-run"]);
    let mut outputs = BTreeMap::from([("exit".to_owned(), format!("{}\n", ran.code))]);
    if !ran.stderr.is_empty() {
        outputs.insert("log".to_owned(), ran.stderr);
    }
    for part in ran.stdout.split("===== ").skip(1) {
        let (place, body) = part.split_once('\n').unwrap();
        let place = place.split_once(':').map_or(place, |(place, _)| place);
        outputs.insert(place.to_owned(), format!("{}\n", body.trim_end()));
    }
    (outputs, expected)
}

/// The visible text of the only comment.
fn comment(github: &FakeGithub) -> String {
    let comments = github.all_comments();
    let [comment] = &comments[..] else { panic!("{comments:#?}") };
    let lines = comment.body.lines().filter(|line| !line.starts_with("<!-- knownfail:"));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    text.replace("\n\n\n", "\n\n")
}

/// The fenced blocks of a scenario: info string and body.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    let mut parts = text.split(FENCE_LINE).skip(1);
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (info, body) = block.split_once('\n').unwrap_or((block, ""));
        blocks.push((info, body));
    }
    blocks
}

/// The scenario with the actual outputs.
fn fill_in_outputs(text: &str, outputs: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut parts = text.split(FENCE_LINE);
    filled.push_str(parts.next().unwrap_or_default());
    while let (Some(block), Some(between)) = (parts.next(), parts.next()) {
        let (info, body) = block.split_once('\n').unwrap_or((block, ""));
        let is_input = INPUT_BLOCKS.contains(&info.split(' ').next().unwrap());
        let body = match outputs.get(info) {
            Some(output) if !is_input => output.trim_end(),
            Some(_) | None if is_input => body,
            Some(_) | None => "",
        };
        let _ = write!(filled, "\n{FENCE}{info}\n{body}\n{FENCE}{between}");
    }
    filled
}
