//! The number of instructions of whole runs, counted by valgrind and compared with recorded figures, so that a slowdown is
//! noticed on any machine, however busy.
//!
//! The inputs are those of `cargo bench`, small. The binary is built with a profile of its own, because a debug build is slow in
//! other places than a release, and a release takes too long to build. `UPDATE_INSTRUCTIONS=1 cargo test instructions` records
//! new figures: the commit explains the change.

#[path = "../../benches/speed/cpu.rs"]
mod cpu;
#[path = "../../benches/speed/inputs.rs"]
mod inputs;

use inputs::RowKind;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// By architecture and run.
const RECORDED_COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt");

/// How far a count may be from the recorded one: other versions of the compiler and of dependencies differ by less, and so do
/// random hash seeds.
const TOLERANCE: f64 = 0.06;

const TEST_COUNT: u64 = 5_000;
const ROW_COUNT: u64 = 500;

#[test]
fn instruction_counts_match_the_recorded_ones() {
    let folder = tempfile::tempdir().unwrap();
    let counted = build_counted_binary();
    let mut report = String::from(FILE_HEADER);
    let mut wrong = Vec::new();
    let recorded = std::fs::read_to_string(RECORDED_COUNTS).unwrap_or_default();
    for (name, arguments) in runs(folder.path()) {
        let key = format!("{} {name}", std::env::consts::ARCH);
        let count = count_instructions(&counted, &arguments, folder.path());
        let _ = writeln!(report, "{key}: {count:.1}");
        let before = recorded.lines().find_map(|l| l.strip_prefix(&key)?.strip_prefix(": "));
        match before.and_then(|figure| figure.parse::<f64>().ok()) {
            None => wrong.push(format!("{key}: {count:.1} million, and nothing is noted")),
            Some(before) if (count / before - 1.0).abs() > TOLERANCE => {
                wrong.push(format!("{key}: {count:.1} million, {before:.1} are noted"));
            }
            Some(_) => {}
        }
    }
    if std::env::var_os("UPDATE_INSTRUCTIONS").is_some() {
        let own_prefix = format!("{} ", std::env::consts::ARCH);
        let others = recorded
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with(&own_prefix));
        others.for_each(|line| report += &format!("{line}\n"));
        return std::fs::write(RECORDED_COUNTS, report).unwrap();
    }
    assert!(
        wrong.is_empty(),
        "{}\nUPDATE_INSTRUCTIONS=1 cargo test instructions notes them, if they are meant",
        wrong.join("\n")
    );
}

const FILE_HEADER: &str = "\
# Millions of instructions of a whole process, by architecture and run: see docs/performance.md.
# UPDATE_INSTRUCTIONS=1 cargo test instructions rewrites this file.
";

/// A run, in a directory with its inputs.
fn runs(folder: &Path) -> [(&'static str, Vec<&'static str>); 4] {
    let mut results = Vec::new();
    inputs::write_junit(TEST_COUNT, &mut results).unwrap();
    std::fs::write(folder.join("results.xml"), &results).unwrap();
    results.clear();
    inputs::write_smbtorture(TEST_COUNT, &mut results).unwrap();
    std::fs::write(folder.join("results.txt"), &results).unwrap();
    for kind in RowKind::ALL {
        let mut document = Vec::new();
        inputs::write_document(TEST_COUNT, ROW_COUNT, kind, &mut document).unwrap();
        std::fs::write(folder.join(format!("{}.md", kind.name())), document).unwrap();
    }
    [
        ("check of JUnit XML", vec!["check", "results.xml", "-k", "plain.md"]),
        ("check of smbtorture", vec!["check", "results.txt", "-k", "plain.md"]),
        ("check with expressions", vec!["check", "results.txt", "-k", "expressions.md"]),
        ("lint", vec!["lint", "plain.md"]),
    ]
}

/// Builds the binary if necessary.
pub(crate) fn build_counted_binary() -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(ROOT).args(["build", "--locked", "--no-default-features"]);
    let output = cargo.args(["--profile", "counted", "--message-format", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let executable = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(str::to_owned)
    });
    executable.expect("cargo says where the binary is")
}

/// Millions of instructions.
pub(crate) fn count_instructions(binary: &str, arguments: &[&str], folder: &Path) -> f64 {
    let valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary];
    let command = valgrind.iter().chain(arguments).copied().map(String::from).collect();
    let command = cpu::pin_to_one_cpu(command).unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut run = Command::new(&command[0]);
    run.args(&command[1..]).current_dir(folder).env_clear().env("PATH", path);
    let Output { status, stderr, .. } = run.output().expect("taskset runs");
    let log = String::from_utf8_lossy(&stderr);
    assert!(
        status.code().is_some_and(|code| code < 3),
        "{status}: is valgrind missing? scripts/setup installs it\n{log}"
    );
    let count = log.lines().find_map(|line| Some(line.split_once("Collected : ")?.1));
    let count = count.unwrap_or_else(|| panic!("valgrind told no count:\n{log}"));
    count.trim().parse::<f64>().unwrap() / 1e6
}
