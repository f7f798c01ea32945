//! How GitHub runs a workflow: jobs, matrices, steps, artifacts and caches, as far as the pages' workflows use them.
//!
//! Scripts run like in the runner. The project's own action is the program that was just built, against a [`FakeGithub`];
//! other actions are modelled. A workflow that uses something else panics.

pub(crate) mod artifacts;
pub(crate) mod expression;
pub(crate) mod files;
pub(crate) mod gitlab;
pub(crate) mod yaml;

use crate::action::{BASE, HEAD, MERGE, PULL};
use crate::action_yml;
use crate::fake_github::FakeGithub;
use crate::harness::{Knownfail, PROGRAM};
use crate::runner_protocol;
use artifacts::Storage;
use expression::{Scope, Status, as_text};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// A variable with the path of a file: a script that creates it loses its runner, and its job has no further step.
pub(crate) const LOST_RUNNER: &str = "LOST_RUNNER";
/// A variable with the path of a file that has the process of the step's shell.
pub(crate) const SHELL_PROCESS: &str = "SHELL_PROCESS";

/// A repository whose workflows run, one event after the other.
pub(crate) struct Repository {
    pub github: FakeGithub,
    /// What is checked out.
    pub checkout: tempfile::TempDir,
    pub storage: Storage,
    /// An action that does its work and fails then, like a download with a wrong digest.
    pub broken_action: Option<&'static str>,
    /// Every step that has run.
    pub steps: BTreeSet<String>,
    runs: u64,
}

/// What starts a run.
#[derive(Clone)]
pub(crate) struct Event {
    pub name: &'static str,
    pub payload: Value,
    /// `GITHUB_SHA`.
    pub sha: &'static str,
}

/// A job that has ended, or one entry of its matrix.
#[derive(Debug)]
pub(crate) struct JobRun {
    pub id: String,
    pub result: JobResult,
    pub outputs: Value,
    /// The exit code of our action.
    pub verdict: Option<i32>,
    /// The exit codes of its scripts; `None` if a signal ended one.
    pub codes: Vec<Option<i32>>,
    pub log: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobResult {
    Success,
    Failure,
    Skipped,
}

impl JobResult {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            JobResult::Success => "success",
            JobResult::Failure => "failure",
            JobResult::Skipped => "skipped",
        }
    }
}

impl JobRun {
    fn new(id: &str, result: JobResult) -> JobRun {
        let (outputs, codes, log) = (json!({}), Vec::new(), String::new());
        JobRun { id: id.to_owned(), result, outputs, verdict: None, codes, log }
    }
}

impl Repository {
    /// A repository with pull request 7 and these files, scripts executable.
    pub(crate) fn new(files: &[(&str, &str)]) -> Repository {
        let github = FakeGithub::start();
        github.add_pull(PULL, "octo:topic", HEAD);
        let checkout = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let is_script = text.starts_with("#!");
            let file = checkout.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, text).unwrap();
            if is_script {
                run_to_end(Command::new("chmod").arg("+x").arg(&file));
            }
            if path.ends_with(".md") {
                for commit in [BASE, HEAD, MERGE] {
                    github.put_file(commit, path, text);
                }
            }
        }
        let (storage, steps) = (Storage::default(), BTreeSet::new());
        Repository { github, checkout, storage, broken_action: None, steps, runs: 0 }
    }

    /// Runs a workflow; a job after the jobs that it needs.
    pub(crate) fn run(&mut self, workflow: &Value, event: &Event) -> Vec<JobRun> {
        self.runs += 1;
        let mut waiting = workflow["jobs"].as_object().expect("jobs").clone();
        let mut ended: Vec<JobRun> = Vec::new();
        while !waiting.is_empty() {
            let is_ended = |id: &String| ended.iter().any(|job| job.id == *id);
            let next = waiting.iter().find(|(_, job)| needs(job).iter().all(is_ended));
            let (id, definition) = next.map(|(id, job)| (id.clone(), job.clone())).expect("a job");
            waiting.remove(&id);
            let contexts = self.contexts(event, &needs(&definition), &ended);
            ended.extend(self.run_job(&id, &definition, event, &contexts));
        }
        ended
    }

    /// The contexts of a job that needs these.
    fn contexts(&self, event: &Event, needs: &[String], ended: &[JobRun]) -> Value {
        let mut results = Map::new();
        for id in needs {
            let runs: Vec<&JobRun> = ended.iter().filter(|job| job.id == *id).collect();
            let outputs = runs.last().expect("a job").outputs.clone();
            results.insert(id.clone(), json!({ "result": result(&runs), "outputs": outputs }));
        }
        let github = json!({
            "event_name": event.name, "event": event.payload, "sha": event.sha, "token": "tok_workflow",
        });
        json!({ "github": github, "needs": results, "matrix": {}, "steps": {} })
    }

    fn run_job(
        &mut self,
        id: &str,
        definition: &Value,
        event: &Event,
        contexts: &Value,
    ) -> Vec<JobRun> {
        let mut needs = contexts["needs"].as_object().expect("needs").values();
        let all_succeeded = needs.all(|job| job["result"] == "success");
        let status = if all_succeeded { Status::Success } else { Status::Failure };
        if !(Scope { contexts, status }).holds(&definition["if"]) {
            return vec![JobRun::new(id, JobResult::Skipped)];
        }
        let entries = matrix_entries(&definition["strategy"]["matrix"]).into_iter();
        let run = |matrix: Value| {
            let mut contexts = contexts.clone();
            contexts["matrix"] = matrix;
            Job::new(self, id, event, contexts).run(definition)
        };
        entries.map(run).collect()
    }
}

/// The result of the runs of a job.
fn result(runs: &[&JobRun]) -> &'static str {
    let failed = runs.iter().find(|job| job.result == JobResult::Failure);
    failed.or(runs.first()).expect("a job").result.as_str()
}

fn needs(job: &Value) -> Vec<String> {
    match &job["needs"] {
        Value::Array(jobs) => jobs.iter().map(as_text).collect(),
        Value::Null => Vec::new(),
        job => vec![as_text(job)],
    }
}

/// Every combination of a matrix's values.
fn matrix_entries(matrix: &Value) -> Vec<Value> {
    let mut entries = vec![json!({})];
    for (name, values) in matrix.as_object().into_iter().flatten() {
        let values = values.as_array().expect("a list of values");
        let with = |entry: &Value, value: &Value| {
            let mut entry = entry.clone();
            entry[name] = value.clone();
            entry
        };
        entries = entries.iter().flat_map(|e| values.iter().map(move |v| with(e, v))).collect();
    }
    entries
}

/// A job that is running.
struct Job<'r> {
    repository: &'r mut Repository,
    workspace: Knownfail,
    /// `RUNNER_TEMP`.
    temp: tempfile::TempDir,
    contexts: Value,
    status: Status,
    run: JobRun,
}

/// How a step has ended. What it wrote to its outputs counts in any case.
struct StepRun {
    succeeded: bool,
    outputs: BTreeMap<String, String>,
}

impl<'r> Job<'r> {
    fn new(repository: &'r mut Repository, id: &str, event: &Event, contexts: Value) -> Job<'r> {
        let (mut workspace, temp) = (Knownfail::action(), tempfile::tempdir().unwrap());
        let path = |name: &str| temp.path().join(name).to_string_lossy().into_owned();
        std::fs::write(path("event.json"), event.payload.to_string()).unwrap();
        let run = repository.runs.to_string();
        for (name, value) in [
            ("GITHUB_API_URL", repository.github.url()),
            ("GITHUB_REPOSITORY", "octo/r"),
            ("GITHUB_EVENT_NAME", event.name),
            ("GITHUB_EVENT_PATH", &path("event.json")),
            ("GITHUB_OUTPUT", &path("output")),
            ("GITHUB_STEP_SUMMARY", &path("summary")),
            ("GITHUB_RUN_ID", &run),
            ("GITHUB_RUN_NUMBER", &run),
            ("GITHUB_SHA", event.sha),
            ("GITHUB_REF", event.payload["ref"].as_str().unwrap_or("refs/heads/main")),
            (LOST_RUNNER, &path("lost")),
            (SHELL_PROCESS, &path("process")),
        ] {
            workspace.env(name, value);
        }
        let run = JobRun::new(id, JobResult::Success);
        Job { repository, workspace, temp, contexts, status: Status::Success, run }
    }

    fn run(mut self, definition: &Value) -> JobRun {
        let env = self.expand_all(&definition["env"]);
        for (name, value) in &env {
            self.workspace.env(name, value);
        }
        for step in definition["steps"].as_array().expect("steps") {
            if !self.scope().holds(&step["if"]) {
                continue;
            }
            self.repository.steps.insert(step.to_string());
            let StepRun { succeeded, outputs } = match step["uses"].as_str() {
                Some(uses) => self.use_action(uses, &self.expand_all(&step["with"])),
                None => self.run_script(step),
            };
            if !succeeded && step["continue-on-error"] != true {
                self.status = Status::Failure;
            }
            if let Some(id) = step["id"].as_str() {
                self.contexts["steps"][id] = json!({ "outputs": outputs });
            }
            if self.temp.path().join("lost").exists() {
                self.run.result = JobResult::Failure;
                return self.run;
            }
        }
        if self.status == Status::Failure {
            self.run.result = JobResult::Failure;
        }
        self.run.outputs = json!(self.expand_all(&definition["outputs"]));
        self.run
    }

    fn scope(&self) -> Scope<'_> {
        Scope { contexts: &self.contexts, status: self.status }
    }

    /// A map of texts with their expressions replaced.
    fn expand_all(&self, texts: &Value) -> BTreeMap<String, String> {
        let texts = texts.as_object().into_iter().flatten();
        texts.map(|(name, text)| (name.clone(), self.scope().expand(&as_text(text)))).collect()
    }

    /// Without `shell:` there is no `pipefail`.
    fn run_script(&mut self, step: &Value) -> StepRun {
        let options: &[&str] = match step["shell"].as_str() {
            None => &["-e"],
            Some("bash") => &["--noprofile", "--norc", "-e", "-o", "pipefail"],
            Some(shell) => panic!("the model lacks the shell {shell}"),
        };
        let file = self.temp.path().join("script").to_string_lossy().into_owned();
        std::fs::write(&file, step["run"].as_str().expect("a script")).unwrap();
        let shell = format!("echo $$ > \"${SHELL_PROCESS}\"; exec bash \"$@\"");
        let mut arguments = vec!["-c", &shell, "bash"];
        arguments.extend(options.iter().copied().chain([file.as_str()]));
        let mut command = self.workspace.command("sh", &arguments);
        command.envs(self.expand_all(&step["env"]));
        let (code, outputs) = self.run_command(command);
        self.run.codes.push(code);
        StepRun { succeeded: code == Some(0), outputs }
    }

    fn use_knownfail(&mut self, with: &BTreeMap<String, String>) -> StepRun {
        let mut command = self.workspace.command(PROGRAM, &["action"]);
        for (name, default) in action_yml::inputs() {
            let value = with.get(&name).cloned();
            let value = value.unwrap_or_else(|| self.scope().expand(&default));
            command.env(format!("INPUT_{}", name.to_uppercase()), value);
        }
        let (code, outputs) = self.run_command(command);
        self.run.verdict = code;
        StepRun { succeeded: code == Some(0), outputs }
    }

    /// The exit code, if no signal ended the process, and the outputs.
    fn run_command(&mut self, mut command: Command) -> (Option<i32>, BTreeMap<String, String>) {
        let outputs = self.temp.path().join("output");
        std::fs::write(&outputs, "").unwrap();
        let program = Path::new(PROGRAM).parent().unwrap().display();
        command.env("PATH", format!("{program}:{}", std::env::var("PATH").unwrap()));
        let output = command.output().unwrap();
        for stream in [&output.stdout, &output.stderr] {
            self.run.log += &String::from_utf8_lossy(stream);
        }
        let text = std::fs::read_to_string(&outputs).unwrap();
        (output.status.code(), runner_protocol::read_file_command(&text).expect("outputs"))
    }

    fn use_action(&mut self, uses: &str, with: &BTreeMap<String, String>) -> StepRun {
        let (action, _) = uses.split_once('@').expect("a version");
        let mut outputs = BTreeMap::new();
        let workspace = self.workspace.path("");
        let workspace = Path::new(&workspace);
        let Repository { storage, checkout, broken_action, .. } = &mut *self.repository;
        let ended = match uses {
            "OWNER/REPO@v1" | "OWNER/REPO/native@v1" => return self.use_knownfail(with),
            "actions/checkout@v7" => {
                let from = checkout.path().join(".");
                run_to_end(Command::new("cp").arg("-a").arg(from).arg(workspace));
                Ok(())
            }
            "actions/upload-artifact@v7" => storage.upload(with, workspace),
            "actions/download-artifact@v8" => storage.download(with, workspace),
            "actions/cache/save@v6" => {
                storage.save(with, workspace);
                Ok(())
            }
            "actions/cache/restore@v6" => {
                let key = storage.restore(with, workspace);
                outputs.extend(key.map(|key| ("cache-matched-key".to_owned(), key.to_owned())));
                Ok(())
            }
            _ => panic!("the model lacks {uses}"),
        };
        self.run.log += &format!("{uses}: {ended:?}\n");
        StepRun { succeeded: ended.is_ok() && *broken_action != Some(action), outputs }
    }
}

fn run_to_end(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}
