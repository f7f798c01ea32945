//! `scripts/release` and `scripts/licences`: the contents of a release.
//!
//! The archives, the list of checksums that the native action reads, the stamped manifests, the package. Steps that write run in a
//! copy of the repository.

use crate::action_yml;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGETS: [&str; 5] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
];
const URL: &str = "https://github.com/OWNER/REPO/releases/download/v1.2.3";

/// The digests of the images that a release is built with.
const IMAGES: &str = ".github/release-images/Dockerfile";

/// The files that a release's steps write, with all that they read.
pub(crate) fn copy_repository() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = [
        "action.yml",
        "native",
        "docs",
        "scripts",
        "Dockerfile",
        "Cargo.toml",
        "Cargo.lock",
        ".github",
    ];
    let texts = ["CHANGELOG.md", "README.md", "LICENSE-MIT", "LICENSE-APACHE"];
    let mut copy = Command::new("cp");
    copy.arg("-r").args(files).args(texts).arg(directory.path());
    assert!(copy.status().unwrap().success());
    directory
}

/// The changelog of a release of the present version.
pub(crate) fn dated_changelog() -> String {
    let title = format!("## [{VERSION}]");
    let changelog = include_str!("../../CHANGELOG.md").lines();
    changelog
        .map(|line| {
            if line.starts_with(&title) {
                format!("{title} - 2026-01-31\n")
            } else {
                format!("{line}\n")
            }
        })
        .collect()
}

fn run_release_script(root: &Path, arguments: &[&str]) -> Output {
    Command::new(root.join("scripts/release")).args(arguments).output().unwrap()
}

/// Runs a step that has to succeed and returns its output.
fn run_step(root: &Path, arguments: &[&str]) -> String {
    let output = run_release_script(root, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Runs a step that has to fail and returns its message.
fn run_refused_step(root: &Path, arguments: &[&str]) -> String {
    let output = run_release_script(root, arguments);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), String::new()));
    text(&output.stderr)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn rewrite(path: PathBuf, from: &str, to: &str) {
    let old = std::fs::read_to_string(&path).unwrap();
    let new = old.replace(from, to);
    assert_ne!(old, new, "{}", path.display());
    std::fs::write(path, new).unwrap();
}

#[test]
fn release_requires_matching_package_lock_and_changelog() {
    let copy = copy_repository();
    let root = copy.path();
    let changelog = root.join("CHANGELOG.md");
    let dated = dated_changelog();
    std::fs::write(&changelog, dated.clone() + "\n## [0.0.1] - 2025-01-31\n\n- Something older.\n")
        .unwrap();
    run_step(root, &["check", VERSION]);
    let notes = run_step(root, &["notes", VERSION]);
    assert!(notes.starts_with("### Added\n"), "{notes}");
    assert!(!notes.contains("Something older"), "{notes}");

    assert!(
        run_refused_step(root, &["check", "9.9.9"]).contains("this is 9.9.9, and Cargo.toml says")
    );
    std::fs::write(&changelog, include_str!("../../CHANGELOG.md")).unwrap();
    assert!(run_refused_step(root, &["check", VERSION]).contains("CHANGELOG.md has no line"));
    let own = format!("name = \"knownfail\"\nversion = \"{VERSION}\"");
    rewrite(root.join("Cargo.lock"), &own, "name = \"knownfail\"\nversion = \"0.0.9\"");
    assert!(run_refused_step(root, &["check", VERSION]).contains("Cargo.lock says 0.0.9"));
}

#[test]
fn release_requires_the_matching_repository() {
    let copy = copy_repository();
    let root = copy.path();
    std::fs::write(root.join("CHANGELOG.md"), dated_changelog()).unwrap();
    let address = "https://github.example/some-one/known.fail";
    let reason = run_refused_step(root, &["check", VERSION, address]);
    assert!(
        reason.contains(&format!("this is {address}, and Cargo.toml says https://")),
        "{reason}"
    );
    assert!(
        run_refused_step(root, &["name", "nobody"]).contains("no name of a repository: nobody")
    );

    // As it is for a repository without a name.
    let own_parts = env!("CARGO_PKG_REPOSITORY").rsplitn(3, '/').take(2).collect::<Vec<_>>();
    let own_name = format!("{}/{}", own_parts[1], own_parts[0]);
    for file in ["Cargo.toml", "README.md", "docs/recipes.md", "native/run"] {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        std::fs::write(root.join(file), text.replace(&own_name, "OWNER/REPO")).unwrap();
    }
    run_step(root, &["name", "some-one/known.fail"]);
    run_step(root, &["check", VERSION, "https://github.com/some-one/known.fail"]);
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    assert!(read("README.md").contains("uses: some-one/known.fail@v"));
    assert!(read("native/run").contains("(uses: some-one/known.fail/native@v"));
    assert!(read("docs/recipes.md").contains("--repo some-one/known.fail` says"));
    assert!(read("docs/github.md").contains("`OWNER/REPO#1`"), "any issue");
}

#[test]
fn every_base_image_is_pinned() {
    let copy = copy_repository();
    let root = copy.path();
    let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
    let before = read("Dockerfile");
    run_step(root, &["pin"]);
    let pinned = read("Dockerfile");
    let digests = read(IMAGES);
    let bases = |text: &str| -> Vec<String> {
        let from = text.lines().filter_map(|line| line.strip_prefix("FROM "));
        from.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
    };
    let mut unpinned = pinned.clone();
    for (base, with_digest) in bases(&before).iter().zip(bases(&pinned)) {
        let digest = with_digest.strip_prefix(&format!("{base}@sha256:")).expect("a digest");
        assert!(digest.len() == 64 && digests.contains(&format!("FROM {with_digest}\n")));
        unpinned = unpinned.replace(&with_digest, base);
    }
    assert_eq!((unpinned, bases(&before).len()), (before, 2));
}

#[test]
fn release_without_a_digest_is_refused() {
    let rust = "docker.io/library/rust:1.95-slim-bookworm";
    // Another tag, no digest, a short one, two of them.
    let digest = format!("@sha256:{}", "0a".repeat(32));
    for wrong in [
        format!("FROM docker.io/library/rust:1.96-slim-bookworm{digest}\n"),
        format!("FROM {rust}\n"),
        format!("FROM {rust}@sha256:0a\n"),
        format!("FROM {rust}{digest}\nFROM {rust}{digest}\n"),
        format!("# FROM {rust}{digest}\n"),
    ] {
        let copy = copy_repository();
        std::fs::write(copy.path().join(IMAGES), wrong).unwrap();
        let reason = run_refused_step(copy.path(), &["pin"]);
        assert!(reason.contains(&format!("has not one digest of {rust}")), "{reason}");
    }
    let builder = run_step(Path::new("."), &["pinned", "docker.io/moby/buildkit"]);
    assert!(builder.starts_with("docker.io/moby/buildkit:v"), "{builder}");
    assert_eq!(builder.trim_end().split_once("@sha256:").unwrap().1.len(), 64, "{builder}");
    assert!(run_refused_step(Path::new("."), &["pinned", "example/other"]).contains("has not one"));
}

/// Whatever a release is made with that is fetched by a tag elsewhere.
#[test]
fn release_workflow_names_no_image_by_a_tag() {
    let workflow = std::fs::read_to_string(".github/workflows/release.yml").unwrap();
    let creates: Vec<&str> =
        workflow.lines().filter(|line| line.contains("docker buildx create ")).collect();
    assert_eq!(creates.len(), 1);
    assert!(creates[0].contains("--driver-opt \"image=$builder\""), "{creates:?}");
    for word in ["docker pull", "container:", "setup-buildx"] {
        assert!(!workflow.contains(word), "{word}");
    }
    let dependabot = std::fs::read_to_string(".github/dependabot.yml").unwrap();
    assert!(
        dependabot.contains("package-ecosystem: docker\n    directory: /.github/release-images\n")
    );
}

#[test]
fn release_commit_names_image_and_archives() {
    let copy = copy_repository();
    let root = copy.path();
    let image = format!("ghcr.io/owner/repo@sha256:{}", "0b".repeat(32));
    let sums = checksum_list();
    let list = root.join("SHA256SUMS").to_string_lossy().into_owned();
    std::fs::write(&list, &sums).unwrap();
    run_step(root, &["stamp", &image, URL, &list]);

    let manifest = std::fs::read_to_string(root.join("action.yml")).unwrap();
    assert!(manifest.ends_with(&format!("\n  image: docker://{image}\n")), "{manifest}");
    let native = std::fs::read_to_string(root.join("native/SHA256SUMS")).unwrap();
    assert!(native.ends_with(&format!("\n# from {URL}\n{sums}")), "{native}");

    let second_stamp = run_refused_step(root, &["stamp", &image, URL, &list]);
    assert!(second_stamp.contains("does not say"), "{second_stamp}");
    let tag = run_refused_step(root, &["stamp", "ghcr.io/owner/repo:v1", URL, &list]);
    assert!(tag.contains("no image with its digest"), "{tag}");
    std::fs::write(&list, sums.replace("apple", "pear")).unwrap();
    let reason = run_refused_step(root, &["stamp", &image, URL, &list]);
    assert!(reason.contains("lacks knownfail-x86_64-apple-darwin.tar.gz"), "{reason}");
}

/// A list of checksums of all archives.
pub(crate) fn checksum_list() -> String {
    let line = |(i, target): (u64, &str)| format!("{i:064x}  knownfail-{target}.tar.gz\n");
    (0..).zip(TARGETS).map(line).collect()
}

#[test]
fn native_run_targets_match_the_release_workflow() {
    let script = std::fs::read_to_string("native/run").unwrap();
    let targets: BTreeSet<&str> = script
        .split("target=")
        .skip(1)
        .map(|rest| rest.split([' ', ';']).next().unwrap())
        .collect();
    assert_eq!(targets, TARGETS.into_iter().collect());
    let workflow = std::fs::read_to_string(".github/workflows/release.yml").unwrap();
    let built: BTreeSet<&str> =
        workflow.lines().filter_map(|line| line.trim().strip_prefix("- target: ")).collect();
    assert_eq!(built, targets);
}

#[test]
fn archive_is_reproducible_and_runs_in_native_runner() {
    let work = tempfile::tempdir().unwrap();
    let program = work.path().join("program");
    std::fs::write(&program, "#!/bin/sh\nexit 7\n").unwrap();
    let archive = |folder: &str| {
        let folder = work.path().join(folder);
        std::fs::create_dir(&folder).unwrap();
        let (program, to) = (program.to_string_lossy(), folder.to_string_lossy());
        run_step(Path::new("."), &["archive", TARGETS[0], &program, &to]);
        std::fs::read(folder.join(format!("knownfail-{}.tar.gz", TARGETS[0]))).unwrap()
    };
    let first = archive("first");
    assert!(first == archive("second"), "two archives of one program differ");

    let runner = crate::native_action::NativeRunner::with_archive(first);
    assert_eq!(runner.judge().code, 7);
    let listed = Command::new("tar").args(["-tvzf", &runner.cached_archive()]).output().unwrap();
    let listed = text(&listed.stdout);
    for file in [
        "knownfail",
        "README.md",
        "CHANGELOG.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "THIRD-PARTY-LICENCES.txt",
    ] {
        let path = format!("1970-01-01 00:00 knownfail-{}/{file}\n", TARGETS[0]);
        assert!(listed.contains(&path), "{path}{listed}");
    }
}

#[test]
fn every_dependency_is_listed_with_its_licence() {
    let licences = Command::new("scripts/licences").arg(TARGETS[0]).output().unwrap();
    assert!(licences.status.success(), "{}", text(&licences.stderr));
    let licence_text = text(&licences.stdout);
    let sbom: Value = serde_json::from_str(&run_step(Path::new("."), &["sbom"])).unwrap();
    let components = sbom["components"].as_array().unwrap();
    let listed: BTreeSet<String> = components
        .iter()
        .map(|c| format!("{} {}", string_field(c, "name"), string_field(c, "version")))
        .collect();
    let with_texts: BTreeSet<String> = licence_text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(package, _)| package.split(' ').count() == 2)
        .map(|(package, _)| package.to_owned())
        .filter(|package| listed.contains(package))
        .collect();
    // A direct dependency and a transitive one, and nothing that only tests need.
    for package in ["comrak", "ring", "libc"] {
        let is_package = |p: &&String| p.split(' ').next() == Some(package);
        let found = with_texts.iter().find(is_package).unwrap_or_else(|| panic!("{package}"));
        assert!(licence_text.contains(&format!("\n{found}\n")), "no text for {found}");
    }
    assert!(!listed.iter().any(|package| package.starts_with("proptest ")));
    assert!(
        licence_text.contains("GNU LESSER GENERAL PUBLIC LICENSE"),
        "glibc is linked statically"
    );
    for component in components {
        let hash = component["hashes"][0]["content"].as_str().unwrap_or_default();
        assert_eq!(hash.len(), 64, "{component}");
        assert_eq!(component["purl"], component["bom-ref"]);
    }
    // GitHub's own action accepts no other version of CycloneDX.
    assert!(string_field(&sbom, "serialNumber").starts_with("urn:uuid:"));
    assert_eq!(string_field(&sbom["metadata"]["component"], "version"), VERSION);
}

fn string_field<'a>(component: &'a Value, key: &str) -> &'a str {
    component[key].as_str().unwrap_or_default()
}

#[test]
fn package_contains_its_sources_and_readme_links() {
    let listed = Command::new(env!("CARGO"))
        .args(["package", "--locked", "--allow-dirty", "--list"])
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", text(&listed.stderr));
    let listed = text(&listed.stdout);
    let packed: BTreeSet<&str> = listed.lines().collect();
    let tracked = Command::new("git").args(["ls-files", "src", "schema", "docs"]).output().unwrap();
    let tracked = text(&tracked.stdout);
    assert!(tracked.lines().count() > 100);
    for file in tracked.lines().filter(|file| Path::new(file).exists()) {
        assert!(packed.contains(file), "{file}");
    }
    let readme = std::fs::read_to_string("README.md").unwrap();
    for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        let file = link.split('#').next().unwrap();
        assert!(file.is_empty() || file.contains(':') || packed.contains(file), "{link}");
    }
    for file in packed {
        let excluded_folders = ["tests/", ".github/", "scripts/", "native/", "fuzz/"];
        assert!(!excluded_folders.iter().any(|folder| file.starts_with(folder)), "{file}");
    }
}

/// Building from the packed files alone takes a minute: `scripts/test` does it.
#[test]
fn registry_accepts_the_package() {
    let output = Command::new(env!("CARGO"))
        .args(["publish", "--dry-run", "--no-verify", "--locked", "--allow-dirty"])
        .output()
        .unwrap();
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("Packaged ") && !stderr.contains("manifest has no"), "{stderr}");
    let script = std::fs::read_to_string("scripts/test").unwrap();
    assert!(script.contains("\nstep cargo publish --dry-run --locked --allow-dirty\n"));
}

#[test]
fn unreleased_checkout_builds_its_own_image() {
    assert!(action_yml::MANIFEST.ends_with("\n  image: Dockerfile\n"));
    let native = std::fs::read_to_string("native/SHA256SUMS").unwrap();
    assert!(native.lines().all(|line| line.starts_with("# A release")), "{native}");
}
