//! What no file of the repository may say: paths of one machine, names of package registries.
//!
//! In: the files that git tracks, without recorded data. Out: a violation a line, `file:line: what`.
//! A newcomer's trap: results recorded from real tools may well name a path of the machine they ran
//! on; they are data and are not looked at.

use std::fmt::Write;
use std::process::Command;

/// Recorded data, and this list.
const EXCLUDED_PATHS: [&str; 4] =
    ["tests/formats/", "tests/scenarios/", "examples/", "tests/suite/repository_hygiene.rs"];

const FORBIDDEN_TEXTS: [&str; 9] = [
    "/root/",
    "/home/",
    "/Users/",
    ".pkg.dev",
    "registry.npmjs.org",
    "pypi.org",
    "static.crates.io",
    "index.crates.io",
    "deb.debian.org",
];

#[test]
fn no_file_contains_a_machine_path_or_a_registry() {
    let git = Command::new("git").args(["ls-files", "-z"]).output().expect("install: git");
    assert!(git.status.success(), "run in a clone: {git:?}");
    let repository_path = env!("CARGO_MANIFEST_DIR");
    let mut found = String::new();
    for path in String::from_utf8_lossy(&git.stdout).split_terminator('\0') {
        if EXCLUDED_PATHS.iter().any(|p| path.starts_with(p)) {
            continue;
        }
        // Deleted and not yet committed, or no text: nothing is said there.
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for (line, text) in text.lines().enumerate() {
            for what in
                FORBIDDEN_TEXTS.into_iter().chain([repository_path]).filter(|w| text.contains(w))
            {
                let _ = writeln!(found, "{path}:{}: {what}", line + 1);
            }
        }
    }
    assert!(found.is_empty(), "\n{found}");
}
