//! Runs the program in a directory of its own with a scrubbed environment.
//!
//! Nothing of the machine's `GITHUB_*` or `INPUT_*` reaches the program.

use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A directory to run the program in, and its environment.
pub(crate) struct Knownfail {
    directory: TempDir,
    env: Vec<(String, String)>,
}

/// The exit code and output of a command.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_knownfail");

/// The head commit of the pull request that [`Knownfail::action`] runs in.
pub(crate) const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";

impl Knownfail {
    /// An empty directory.
    pub(crate) fn new() -> Knownfail {
        Knownfail { directory: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    /// A directory that is the workspace of a job on pull request 7 of OWNER/REPO.
    pub(crate) fn action() -> Knownfail {
        let mut program = Knownfail::new();
        let event = serde_json::json!({ "pull_request": {
            "number": 7,
            "head": { "sha": HEAD, "ref": "topic", "repo": { "full_name": "OWNER/REPO" } },
            "base": { "sha": HEAD, "ref": "main", "repo": { "full_name": "OWNER/REPO" } },
        } });
        program.file(".event.json", event.to_string());
        let (workspace, event) = (program.path(""), program.path(".event.json"));
        for (name, value) in [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", "https://api.github.com"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "OWNER/REPO"),
            ("GITHUB_RUN_ID", "1000"),
            ("GITHUB_RUN_NUMBER", "7"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_WORKFLOW", "CI"),
            ("GITHUB_JOB", "smbtorture"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_SHA", HEAD),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_WORKSPACE", &workspace),
            ("GITHUB_EVENT_PATH", &event),
        ] {
            program.env(name, value);
        }
        program
    }

    /// An absolute path in the directory.
    pub(crate) fn path(&self, relative: &str) -> String {
        self.directory.path().join(relative).to_string_lossy().into_owned()
    }

    /// Writes a file.
    pub(crate) fn file(&mut self, relative: &str, text: impl AsRef<[u8]>) -> &mut Knownfail {
        let path = self.directory.path().join(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// The text of a file.
    pub(crate) fn read(&self, relative: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(relative)).unwrap()
    }

    /// Whether there is a file.
    pub(crate) fn exists(&self, relative: &str) -> bool {
        self.directory.path().join(relative).exists()
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(&mut self, name: &str, value: &str) -> &mut Knownfail {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets an input of the action.
    pub(crate) fn input(&mut self, name: &str, value: &str) -> &mut Knownfail {
        self.env(&input_variable(name), value)
    }

    /// Sets an input of the action unless it is set.
    pub(crate) fn default_input(&mut self, name: &str, value: &str) -> &mut Knownfail {
        let variable = input_variable(name);
        if self.env.iter().any(|(name, _)| *name == variable) {
            self
        } else {
            self.env(&variable, value)
        }
    }

    /// The program, or a command that starts it, in the directory.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(Path::new(self.directory.path())).env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program in the directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.run_program(PROGRAM, arguments)
    }

    /// Runs another program in the same place.
    pub(crate) fn run_program(&self, program: &str, arguments: &[&str]) -> CommandOutput {
        let output = self.command(program, arguments).output().unwrap();
        CommandOutput {
            code: output.status.code().expect("ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The variable that the runner uses for an input: dashes stay.
fn input_variable(name: &str) -> String {
    format!("INPUT_{}", name.to_uppercase())
}
