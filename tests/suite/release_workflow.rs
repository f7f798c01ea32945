//! The scripts of the release workflow, run as its jobs run them.
//!
//! The git server is a directory, and stand-ins for `docker` and `gh` record their arguments. Checked are the files, the commit
//! and the tags that users get. What only GitHub can do (runners, registry, signatures) is not tested.

use crate::release::{VERSION, checksum_list, copy_repository, dated_changelog};
use crate::workflows::extract_scripts;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const WORKFLOW: &str = ".github/workflows/release.yml";

/// A job of the workflow: a checkout and the programs on its PATH.
struct ReleaseJob {
    directory: TempDir,
    scripts: TempDir,
    programs: TempDir,
}

impl ReleaseJob {
    fn new() -> ReleaseJob {
        let job = ReleaseJob {
            directory: copy_repository(),
            scripts: extract_scripts(&[WORKFLOW.to_owned()]),
            programs: tempfile::tempdir().unwrap(),
        };
        // A digest made from the requested name.
        job.add_program("docker", "[[ $2 != imagetools || $3 == create ]] || echo \"sha256:$(sha256sum <<< \"$4\" | cut -c 1-64)\"");
        job.add_program("gh", "[[ $1 != release ]] || cat");
        job
    }

    /// Puts a program on the job's PATH that records its arguments, then runs `script`.
    fn add_program(&self, name: &str, script: &str) {
        let path = self.programs.path().join(name);
        let log = self.programs.path().join(format!("{name}.log"));
        let text = format!(
            "#!/bin/bash\necho \"$*\" >> '{0}'\n{{ {script}; }} | tee -a '{0}'\n",
            log.display()
        );
        std::fs::write(&path, text).unwrap();
        assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
    }

    /// The recorded arguments and output of a program.
    fn program_log(&self, name: &str) -> String {
        std::fs::read_to_string(self.programs.path().join(format!("{name}.log"))).unwrap()
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(path)).unwrap()
    }

    /// Runs a program in the checkout and returns its output.
    fn run(&self, program: &Path, arguments: &[&str]) -> String {
        let path = std::env::var("PATH").unwrap();
        let request = format!("release/v{VERSION}");
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.directory.path())
            .env("PATH", format!("{}:{path}", self.programs.path().display()))
            .env("HOME", self.programs.path())
            .env("CARGO_HOME", cargo_home())
            .env("ARCHITECTURE", "arm64")
            .env("GITHUB_ACTOR", "someone")
            .env("GITHUB_OUTPUT", self.programs.path().join("output"))
            .env("GITHUB_REF_NAME", &request)
            .env("GITHUB_REPOSITORY", "OWNER/REPO")
            .env("GITHUB_SERVER_URL", "https://github.com")
            .env("GITHUB_SHA", "0d".repeat(20))
            .env("RUNNER_OS", "Linux")
            .env("TARGET", "aarch64-unknown-linux-gnu")
            .env("TAG_OF_REQUEST", &request)
            .env("IMAGE", format!("ghcr.io/owner/repo@sha256:{}", "0c".repeat(32)))
            .env("TOKEN", "ghs_not_to_be_shown")
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{program:?}: {printed}{output:?}");
        printed
    }

    fn step(&self, name: &str) {
        let script = self.scripts.path().join(format!("release-{name}"));
        self.run(Path::new("bash"), &[&script.to_string_lossy()]);
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.run(Path::new("git"), arguments).trim_end().to_owned()
    }
}

/// The programs of this machine find their crates in the usual place.
fn cargo_home() -> String {
    std::env::var("CARGO_HOME").unwrap_or_else(|_| std::env::var("HOME").unwrap() + "/.cargo")
}

#[test]
fn image_and_program_are_built_with_pinned_images() {
    let job = ReleaseJob::new();
    let built = "[[ $2 != build ]] || echo '{\"containerimage.digest\":\"sha256:a\"}' > built.json";
    job.add_program("docker", built);
    job.step("check-pin-the-image's-bases");
    let pins = job.read(".github/release-images/Dockerfile");
    let pin = |image: &str| {
        let line = pins.lines().find_map(|line| line.strip_prefix(&format!("FROM {image}")));
        format!("{image}{}", line.expect("a line"))
    };
    let (builder, rust) = (pin("docker.io/moby/buildkit"), pin("docker.io/library/rust"));
    let base = pin("gcr.io/distroless/static-debian12");
    let dockerfile = job.read("Dockerfile");
    assert!(dockerfile.contains(&format!("\nFROM {rust} AS build\n")), "{dockerfile}");
    assert!(dockerfile.contains(&format!("\nFROM {base}\n")), "{dockerfile}");

    job.step("image-build-and-push-by-digest");
    job.step("program-build");
    let calls = job.program_log("docker");
    assert!(
        calls.contains(&format!("buildx create --use --driver-opt image={builder}\n")),
        "{calls}"
    );
    assert!(calls.contains(&format!(
        "--env RUSTFLAGS {rust} cargo build --release --locked --target aarch64-unknown-linux-gnu\n"
    )), "{calls}");
    assert!(builder.contains("@sha256:") && rust.contains("@sha256:") && base.contains("@sha256:"));
    assert_eq!(job.read("digest/arm64"), "sha256:a\n");
}

#[test]
fn both_architectures_become_one_image() {
    let job = ReleaseJob::new();
    job.file("built/image-amd64/amd64", "sha256:a\n");
    job.file("built/image-arm64/arm64", "sha256:b\n");
    job.step("publish-one-image-for-both-architectures");
    let calls = job.program_log("docker");
    let name = "ghcr.io/owner/repo";
    let create = format!("create --tag {name}:{VERSION} {name}@sha256:a {name}@sha256:b\n");
    assert!(calls.contains(&create), "{calls}");
    assert!(!calls.contains("ghs_not_to_be_shown"), "{calls}");
    let output = std::fs::read_to_string(job.programs.path().join("output")).unwrap();
    let mut lines = output.lines();
    assert_eq!(lines.next(), Some("name=ghcr.io/owner/repo"));
    assert_eq!(lines.next().map(|line| line.len()), Some("digest=sha256:".len() + 64), "{output}");
}

#[test]
fn archives_and_checksums_are_made_from_the_programs() {
    let job = ReleaseJob::new();
    for folder in ["src", "tests"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        std::os::unix::fs::symlink(source, job.directory.path().join(folder)).unwrap();
    }
    job.file("programs/program-x86_64-pc-windows-msvc/knownfail.exe", "MZ");
    job.step("archives-make-them");
    let archive = "knownfail-x86_64-pc-windows-msvc.tar.gz";
    let listed = job.run(Path::new("tar"), &["-tzf", &format!("archives/{archive}")]);
    assert!(listed.contains("/knownfail.exe\n"), "{listed}");
    let list = job.read("archives/SHA256SUMS");
    let (checksum, file) = list.trim_end().split_once("  ").unwrap();
    assert_eq!((checksum.len(), file), (64, archive));
    assert!(job.read("archives/knownfail.cdx.json").contains("\"pkg:cargo/ring@"));
}

#[test]
fn release_tags_point_to_a_commit_with_the_built_files() {
    let job = ReleaseJob::new();
    job.file("CHANGELOG.md", &dated_changelog());
    let server = tempfile::tempdir().unwrap();
    job.git(&["init", "--quiet", "--bare", &server.path().to_string_lossy()]);
    job.git(&["init", "--quiet"]);
    job.git(&["remote", "add", "origin", &server.path().to_string_lossy()]);
    job.git(&["add", "--all"]);
    let author = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
    job.git(&[&author[..], &["commit", "--quiet", "-m", "What is released"]].concat());
    job.git(&["push", "--quiet", "origin", &format!("HEAD:refs/tags/release/v{VERSION}")]);
    let requested = job.git(&["rev-parse", "HEAD"]);
    let pinned = job.read("Dockerfile").replace("bookworm AS", "bookworm@sha256:0 AS");
    job.file("built/dockerfile/Dockerfile", &pinned);
    job.file("built/archives/SHA256SUMS", &checksum_list());

    job.step("publish-commit-tags-release");

    let major = VERSION.split('.').next().unwrap();
    let commit = |tag: &str| job.git(&["ls-remote", "origin", &format!("refs/tags/{tag}")]);
    let (exact, followed) = (commit(&format!("v{VERSION}")), commit(&format!("v{major}")));
    assert_eq!(exact[..40], followed[..40]);
    let released = &exact[..40];
    assert_eq!(job.git(&["rev-parse", &format!("{released}^")]), requested);
    let show = |file: &str| job.git(&["show", &format!("{released}:{file}")]);
    assert!(
        show("action.yml")
            .ends_with(&format!("docker://ghcr.io/owner/repo@sha256:{}", "0c".repeat(32)))
    );
    let from = format!("# from https://github.com/OWNER/REPO/releases/download/v{VERSION}\n");
    assert!(show("native/SHA256SUMS").contains(&(from + checksum_list().trim_end())));
    assert_eq!(show("Dockerfile"), pinned.trim_end());
    let changed = job.git(&["diff", "--name-only", &requested, released]);
    assert_eq!(changed, "Dockerfile\naction.yml\nnative/SHA256SUMS");
    let calls = job.program_log("gh");
    let create = format!("release create v{VERSION} --verify-tag --title {VERSION} --notes-file -");
    assert!(calls.contains(&format!("{create} built/archives/SHA256SUMS\n### Added\n")), "{calls}");
}
