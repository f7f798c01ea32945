//! One step of a workflow that uses the action, run with podman as GitHub's runner runs it.
//!
//! The image is built from the repository's Dockerfile once a test run. The container shares the machine's network, so it
//! reaches the API on loopback.
//! <https://github.com/actions/runner/blob/main/src/Runner.Worker/Handlers/ContainerActionHandler.cs>

use crate::action_yml;
use crate::runner_protocol::{self, MAX_SUMMARY_BYTES, Runner};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::OnceLock;

const IMAGE: &str = "localhost/knownfail:tested";
const INSTALL: &str = "install: apt-get install podman runc debootstrap";

/// The action's image, built from the repository.
pub(crate) fn image() -> &'static str {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| {
        let bases = Command::new("tests/container/base-images").output().expect("bash");
        assert!(bases.status.success(), "{INSTALL}\n{}", text(&bases.stderr));
        build(&["-t", IMAGE, "-f", "Dockerfile", "."]);
    });
    IMAGE
}

/// Builds an image as a release does, without timestamps; returns its id.
pub(crate) fn build(arguments: &[&str]) -> String {
    let built = podman(&[&["build", "-q", "--timestamp", "0"], arguments].concat());
    assert!(built.status.success(), "{}", text(&built.stderr));
    text(&built.stdout).trim().to_owned()
}

/// Runs podman with settings that need no daemon.
pub(crate) fn podman(arguments: &[&str]) -> Output {
    podman_command().args(arguments).output().expect(INSTALL)
}

fn podman_command() -> Command {
    let mut podman = Command::new("podman");
    podman.env(
        "CONTAINERS_CONF",
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/container/containers.conf"),
    );
    podman
}

/// A step of a job on a pull request.
pub(crate) struct Step<'a> {
    /// The checked-out repository.
    pub workspace: &'a Path,
    /// The API's URL, such as `http://127.0.0.1:4010`.
    pub api_url: &'a str,
    pub token: &'a str,
    /// Greater for each run.
    pub run_number: u64,
    /// The pull request and its head commit.
    pub pull: u64,
    pub head_sha: &'a str,
    /// The inputs under `with:`.
    pub with: &'a [(&'a str, &'a str)],
}

/// The results of a step.
pub(crate) struct ContainerStepResult {
    pub exit_code: i32,
    /// Annotations, masks, log.
    pub runner: Runner,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
    /// The output of the container.
    pub printed: String,
}

impl Step<'_> {
    /// Runs the step to its end.
    pub(crate) fn run(&self) -> ContainerStepResult {
        let temp = tempfile::tempdir().expect("a directory");
        let workflow = temp.path().join("_github_workflow");
        let files = temp.path().join("_runner_file_commands");
        for dir in [&workflow, &files, &temp.path().join("_github_home")] {
            fs::create_dir(dir).expect("a directory");
        }
        fs::write(workflow.join("event.json"), self.event().to_string()).expect("the event");
        for name in ["output", "summary", "env", "path", "state"] {
            fs::write(files.join(name), "").expect("an empty file");
        }
        let output = self.podman_run(temp.path()).output().expect(INSTALL);
        let mut runner = Runner::default();
        runner.read(&text(&output.stdout));
        runner.read(&text(&output.stderr));
        let outputs = fs::read_to_string(files.join("output")).expect("UTF-8");
        let summary = fs::read_to_string(files.join("summary")).expect("UTF-8");
        assert!(summary.len() <= MAX_SUMMARY_BYTES, "GitHub drops a summary of {}", summary.len());
        ContainerStepResult {
            exit_code: output.status.code().expect("an exit code"),
            runner,
            outputs: runner_protocol::read_file_command(&outputs).expect("outputs"),
            summary,
            printed: text(&output.stdout) + &text(&output.stderr),
        }
    }

    fn podman_run(&self, temp: &Path) -> Command {
        let mut podman = podman_command();
        podman.args(["run", "--rm", "--workdir", "/github/workspace"]);
        // Only the names are on the command line; the values are inherited.
        for (name, value) in self.environment() {
            podman.args(["-e", &name]).env(name, value);
        }
        let mut mount = |from: &Path, to: &str| {
            podman.args(["-v", &format!("{}:/github/{to}", from.display())]);
        };
        mount(self.workspace, "workspace");
        mount(temp, "runner_temp");
        mount(&temp.join("_github_home"), "home");
        mount(&temp.join("_github_workflow"), "workflow");
        mount(&temp.join("_runner_file_commands"), "file_commands");
        podman.arg(image());
        podman
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        for (name, default) in action_yml::inputs() {
            let given = self.with.iter().find(|(given, _)| *given == name).map(|(_, value)| *value);
            let value = given.unwrap_or(match default.as_str() {
                "${{ github.token }}" => self.token,
                "${{ toJSON(matrix) }}" => "null",
                default => default,
            });
            // Spaces become underscores, dashes stay.
            variables.insert(format!("INPUT_{}", name.to_uppercase()), value.to_owned());
        }
        let fixed = [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_ACTOR", "octo"),
            ("GITHUB_API_URL", self.api_url),
            ("GITHUB_BASE_REF", "main"),
            ("GITHUB_ENV", "/github/file_commands/env"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", "/github/workflow/event.json"),
            ("GITHUB_HEAD_REF", "topic"),
            ("GITHUB_JOB", "conformance"),
            ("GITHUB_OUTPUT", "/github/file_commands/output"),
            ("GITHUB_PATH", "/github/file_commands/path"),
            ("GITHUB_REPOSITORY", "octo/r"),
            ("GITHUB_REPOSITORY_OWNER", "octo"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            // The merge commit, which is not the pull request's head.
            ("GITHUB_SHA", "ffffffffffffffffffffffffffffffffffffffff"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_STATE", "/github/file_commands/state"),
            ("GITHUB_STEP_SUMMARY", "/github/file_commands/summary"),
            ("GITHUB_WORKFLOW", "CI"),
            ("GITHUB_WORKSPACE", "/github/workspace"),
            ("HOME", "/github/home"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_TEMP", "/github/runner_temp"),
        ];
        variables.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let Step { run_number, pull, .. } = self;
        variables.insert("GITHUB_RUN_NUMBER".into(), run_number.to_string());
        variables.insert("GITHUB_RUN_ID".into(), (4200 + run_number).to_string());
        variables.insert("GITHUB_REF".into(), format!("refs/pull/{pull}/merge"));
        variables.insert("GITHUB_REF_NAME".into(), format!("{pull}/merge"));
        variables
    }

    fn event(&self) -> Value {
        let repository = serde_json::json!({ "full_name": "octo/r", "default_branch": "main" });
        serde_json::json!({
            "action": "synchronize",
            "number": self.pull,
            "repository": repository,
            "pull_request": {
                "number": self.pull,
                "head": { "sha": self.head_sha, "ref": "topic", "repo": repository },
                "base": { "sha": "b".repeat(40), "ref": "main", "repo": repository },
            },
        })
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
