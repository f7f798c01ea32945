//! The action's image and steps on a pull request, one after another.
//!
//! The workspace is the bundled example, GitHub is the fake one on loopback. The first test that needs the image builds it, which
//! takes minutes after a change of the dependencies.

use crate::action_yml;
use crate::container_step::{ContainerStepResult, Step, build, image, podman};
use crate::fake_github::{Access, Author, FakeGithub};
use crate::runner_protocol::{Annotation, Level};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

const PULL: u64 = 1;
const OTHER_PULL: u64 = 2;
const TOKEN: &str = "ghs_not_to_be_shown";
const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The example without the truncated suite: failures on no row, counted in its README.
const NEW_FAILURES: [&str; 3] = [
    "smb2.delete-on-close-perms.CREATE_IF Existing",
    "smb2.delete-on-close-perms.OVERWRITE_IF Existing",
    "smb2.ioctl-on-stream",
];

#[test]
fn image_is_small_and_contains_one_static_binary() {
    let size = inspect("{{.Size}}").parse::<u64>().expect("a size");
    assert!(size < 15_000_000, "{size} bytes");
    // The last layer is the binary; a dynamic one would not start without its loader.
    let version = podman(&["run", "--rm", "--entrypoint", "/knownfail", image(), "--version"]);
    assert!(version.status.success(), "{version:?}");
    assert_eq!(inspect("{{.Config.Entrypoint}}"), "[/knownfail action]");
    assert_eq!(inspect("{{.Config.User}}"), "", "only root can write what GitHub mounts");
    assert_eq!(
        inspect("{{index .Labels \"org.opencontainers.image.licenses\"}}"),
        env!("CARGO_PKG_LICENSE")
    );
}

/// A field of podman's description of the image.
fn inspect(format: &str) -> String {
    let output = podman(&["image", "inspect", "--format", format, image()]);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Compiling takes minutes and is done once; the rest is built again, from a copy of the context in another place and at
/// another time.
#[test]
fn rebuilt_image_has_the_same_id() {
    let copy = tempfile::tempdir().expect("a directory");
    let dockerfile = fs::read_to_string("Dockerfile").expect("UTF-8");
    let (_, last_stage) = dockerfile.rsplit_once("\nFROM ").expect("two stages");
    let program = "localhost/knownfail:program";
    let id = inspect("{{.Id}}");
    build(&["--target", "build", "-t", program, "-f", "Dockerfile", "."]);
    let path = copy.path().join("Dockerfile");
    fs::write(&path, format!("FROM {program} AS build\nFROM {last_stage}")).expect("a file");
    for file in ["LICENSE-MIT", "LICENSE-APACHE"] {
        fs::write(copy.path().join(file), fs::read(file).expect("a licence")).expect("a file");
    }
    let (file, context) = (path.to_string_lossy(), copy.path().to_string_lossy());
    assert_eq!(build(&["--no-cache", "-f", &file, &context]), id);
}

#[test]
fn pull_request_gets_one_comment_that_is_updated() {
    let job = ContainerJob::new(Access::Write);

    let first = job.run(1);
    assert_eq!(first.exit_code, 1, "{}", first.printed);
    assert_judged(&first, "failure", 3);
    assert!(first.summary.contains(NEW_FAILURES[2]), "{}", first.summary);
    let comments = job.comments(PULL);
    assert_eq!(comments.len(), 1);
    let (id, long) = &comments[0];
    assert!(NEW_FAILURES.iter().all(|name| long.contains(name)), "{long}");

    job.add_row(NEW_FAILURES[2]);
    let second = job.run(2);
    assert_judged(&second, "failure", 2);
    let comments = job.comments(PULL);
    assert_eq!((comments.len(), comments[0].0), (1, *id), "edited, not stacked");
    assert_ne!(comments[0].1, *long);

    job.add_row(NEW_FAILURES[0]);
    job.add_row(NEW_FAILURES[1]);
    job.remove_row("smb2.connect");
    job.remove_row("smb2.openattr");
    let third = job.run(3);
    assert_eq!(third.exit_code, 0, "{}", third.printed);
    assert_judged(&third, "success", 0);
    let comments = job.comments(PULL);
    assert_eq!((comments.len(), comments[0].0), (1, *id), "never deleted");
    let is_visible = |line: &&str| !line.is_empty() && !line.starts_with("<!-- ");
    let lines = comments[0].1.lines().filter(is_visible).count();
    assert_eq!(lines, 2, "verdict and counts: {}", comments[0].1);

    assert_eq!(job.comments(OTHER_PULL), []);
}

#[test]
fn missing_write_permission_warns_and_still_judges() {
    let job = ContainerJob::new(Access::Read);
    let finished = job.run(1);
    assert_eq!(finished.exit_code, 1, "{}", finished.printed);
    assert_judged(&finished, "failure", 3);
    assert!(finished.summary.contains(NEW_FAILURES[2]), "{}", finished.summary);
    let about_comment = |a: &&Annotation| a.level == Level::Warning && a.file.is_none();
    let warnings: Vec<_> = finished.runner.annotations.iter().filter(about_comment).collect();
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    assert_eq!(job.comments(PULL), []);
}

#[test]
fn link_out_of_the_workspace_is_not_followed() {
    let job = ContainerJob::new(Access::Write);
    let link = job.workspace.path().join("results/link.txt");
    std::os::unix::fs::symlink("/proc/self/environ", link).expect("a link");
    let finished = job.run(1);
    assert_ne!(finished.exit_code, 0);
    let comments = job.comments(PULL).into_iter().map(|(_, body)| body).collect::<String>();
    for text in [finished.printed, finished.summary, comments] {
        assert!(!text.contains(TOKEN) && !text.contains("GITHUB_RUN_ID="), "{text}");
    }
}

/// The program is the container's first process, which only ends on a signal that it handles.
#[test]
fn container_stops_immediately_on_sigterm() {
    // It waits for secrets that never arrive.
    let waiting = "KNOWNFAIL_SECRETS_ON_STDIN=1";
    let run = podman(&["run", "--detach", "--interactive", "--env", waiting, image()]);
    let id = String::from_utf8_lossy(&run.stdout).trim().to_owned();
    let state = || {
        let format = "{{.State.Running}} {{.State.ExitCode}}";
        let output = podman(&["container", "inspect", "--format", format, &id]);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert!(state().starts_with("true"), "{run:?}");
    // It may not have started yet.
    for _ in 0..50 {
        podman(&["kill", "--signal", "TERM", &id]);
        std::thread::sleep(std::time::Duration::from_millis(100));
        if state().starts_with("false") {
            break;
        }
    }
    let ended = state();
    podman(&["rm", "--force", "--time", "0", &id]);
    assert_eq!(ended, "false 143");
}

/// What must hold for every run of the example.
fn assert_judged(finished: &ContainerStepResult, conclusion: &str, new_failures: u64) {
    let ContainerStepResult { outputs, runner, printed, .. } = finished;
    assert_eq!(outputs["conclusion"], conclusion, "{printed}");
    assert_eq!(outputs["new-failures"], new_failures.to_string());
    assert_eq!(outputs["known-failures"], (9 - new_failures).to_string());
    assert_eq!((&*outputs["tests"], &*outputs["skipped"]), ("68", "3"));
    let promised = action_yml::outputs();
    assert!(outputs.keys().all(|key| promised.contains(key)), "{outputs:?}");
    let errors = runner.annotations.iter().filter(|a| a.level == Level::Error);
    let annotated =
        errors.filter(|a| NEW_FAILURES.iter().any(|name| format!("{a:?}").contains(name))).count();
    assert_eq!(annotated as u64, new_failures, "{:#?}", runner.annotations);
    assert_eq!((runner.dropped, &runner.complaints), (0, &Vec::new()));
    assert!(!printed.contains(TOKEN), "{printed}");
}

/// A job whose workspace is the bundled example.
struct ContainerJob {
    workspace: TempDir,
    github: FakeGithub,
}

impl ContainerJob {
    /// A job whose token has these permissions.
    fn new(access: Access) -> ContainerJob {
        let github = FakeGithub::start();
        github.add_token(TOKEN, Author::workflow(), access);
        github.add_pull(PULL, "octo:topic", HEAD);
        github.add_pull(OTHER_PULL, "octo:other", HEAD);
        let workspace = tempfile::tempdir().expect("a directory");
        let copied = Command::new("cp")
            .args(["-r", "examples/smbtorture/results", "examples/smbtorture/KNOWN_FAILURES.md"])
            .arg(workspace.path())
            .status();
        assert!(copied.expect("cp").success());
        // The truncated suite would make every run inconclusive.
        fs::remove_file(workspace.path().join("results/smb2.notify.txt")).expect("the example");
        ContainerJob { workspace, github }
    }

    /// Adds a test to the list.
    fn add_row(&self, test: &str) {
        let path = self.workspace.path().join("KNOWN_FAILURES.md");
        let document = fs::read_to_string(&path).expect("the document");
        let row = format!("| {test} | | Known by now | #7 |\n");
        let first = "| smb2.durable-open.*";
        fs::write(path, document.replacen(first, &(row + first), 1)).expect("the document");
    }

    /// Removes a row that passes from the list.
    fn remove_row(&self, pattern: &str) {
        let path = self.workspace.path().join("KNOWN_FAILURES.md");
        let document = fs::read_to_string(&path).expect("the document");
        let row = format!("| {pattern} |");
        let kept = document.lines().filter(|line| !line.starts_with(&row));
        fs::write(path, kept.collect::<Vec<_>>().join("\n")).expect("the document");
    }

    fn run(&self, run_number: u64) -> ContainerStepResult {
        let step = Step {
            workspace: self.workspace.path(),
            api_url: self.github.url(),
            token: TOKEN,
            run_number,
            pull: PULL,
            head_sha: HEAD,
            with: &[("results", "results/*.txt")],
        };
        step.run()
    }

    /// The comments of a pull request: id and body.
    fn comments(&self, pull: u64) -> Vec<(u64, String)> {
        self.github.comments(pull).into_iter().map(|c| (c.id, c.body)).collect()
    }
}
