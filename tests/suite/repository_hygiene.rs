//! Texts that no file of the repository may contain: paths of one machine, names of package registries.
//!
//! Results that real tools printed may well contain a path of the machine they ran on; they are data and not checked.

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
        // Deleted and not yet committed, or not text.
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
