//! The workflows and shell lines of the pages do what their text claims: when all is well, when a test fails, when the
//! suite, its step or its machine is killed, and when a job leaves nothing.
//!
//! They are run as they are written, by a model of GitHub, with test runners that print what smbtorture printed. A block
//! that no test runs, or a step of it, fails.

use crate::action::{self, BASE, HEAD, MERGE, PULL};
use crate::fake_github::Comment;
use crate::harness::PROGRAM;
use crate::workflow_runner::gitlab::FakeGitlab;
use crate::workflow_runner::yaml;
use crate::workflow_runner::{Event, JobResult, JobRun, LOST_RUNNER, Repository, SHELL_PROCESS};
use crate::workflows;
use comrak::nodes::NodeValue;
use comrak::{Arena, Options};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Mutex;

const CHARSET: &str = include_str!("../../examples/smbtorture/results/smb2.charset.txt");
const CONNECT: &str = include_str!("../../examples/smbtorture/results/smb2.connect.txt");
const PERMS: &str =
    include_str!("../../examples/smbtorture/results/smb2.delete-on-close-perms.txt");
const WPT: &str = include_str!("../formats/wptreport-json/wptrunner/results.json");

const KNOWN_FAILURE: &str = "smb2.charset.Testing partial surrogate";
const NEW_FAILURE: &str = "smb2.delete-on-close-perms.CREATE_IF Existing";

/// A test runner that prints what the test wants, and ends as it wants.
const TEST_RUNNER: &str = r#"#!/usr/bin/env bash
name=suite output=/dev/stdout
while [ $# -gt 0 ]; do
  case $1 in
    --output) mkdir -p "$2"; output=$2/smbtorture.txt; shift ;;
    --log-wptreport) output=$2; shift ;;
    --store) name=$2; shift ;;
    --shard) name=shard-${2%/*}; shift ;;
    create | lock | notify) name=$1 ;;
  esac
  shift
done
if [ -e ".suite/$name.txt" ]; then cat ".suite/$name.txt" > "$output"; fi
. ".suite/$name.end"
"#;

/// How a test runner fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// With a known failure, so its exit code is 1.
    Passes,
    NewFailure,
    /// Its exit code is 1 although no test failed.
    FailsSilently,
    /// It is killed in the middle of a test.
    SuiteKilled,
    /// The shell of its step is killed then.
    StepKilled,
    /// The shell is killed, and the output does not show it.
    StepKilledBetweenTests,
    /// The shell is killed before there is any output.
    StepKilledAtOnce,
    /// The job's machine is gone.
    RunnerLost,
    /// What failed passes.
    Improves,
}

use Fate::{
    FailsSilently, Improves, NewFailure, Passes, RunnerLost, StepKilled, StepKilledAtOnce,
    StepKilledBetweenTests, SuiteKilled,
};

impl Fate {
    fn output(self) -> Option<String> {
        let (begin, _) = CHARSET.split_once("Failed to convert").unwrap();
        match self {
            Passes => Some(CHARSET.to_owned()),
            NewFailure => Some(PERMS.to_owned()),
            FailsSilently | StepKilledBetweenTests => Some(CONNECT.to_owned()),
            SuiteKilled | StepKilled | RunnerLost => Some(begin.to_owned()),
            StepKilledAtOnce => None,
            Improves => Some(improved()),
        }
    }

    fn end(self) -> String {
        let kill = format!("kill -KILL \"$(cat \"${SHELL_PROCESS}\")\"; exit 137");
        match self {
            Passes | NewFailure | FailsSilently => "exit 1".to_owned(),
            Improves => "exit 0".to_owned(),
            SuiteKilled => "kill -KILL $$".to_owned(),
            StepKilled | StepKilledBetweenTests | StepKilledAtOnce => kill,
            RunnerLost => format!("touch \"${LOST_RUNNER}\"; {kill}"),
        }
    }

    fn exit_code(self) -> i32 {
        match self {
            Passes | Improves => 0,
            NewFailure => 1,
            FailsSilently
            | SuiteKilled
            | StepKilled
            | StepKilledBetweenTests
            | StepKilledAtOnce
            | RunnerLost => 2,
        }
    }
}

/// The results of [`CHARSET`], all passed.
fn improved() -> String {
    let (before, rest) = CHARSET.split_once("failure: ").unwrap();
    let (_, after) = rest.split_once("]\n").unwrap();
    format!("{before}success: {KNOWN_FAILURE}\n{after}")
}

/// The fates that one job can have and still report, with what the comment contains.
const CASES: [(Fate, &str); 7] = [
    (Passes, ""),
    (NewFailure, NEW_FAILURE),
    (FailsSilently, "although no test failed"),
    (SuiteKilled, "incomplete"),
    (StepKilled, "incomplete"),
    (StepKilledBetweenTests, "incomplete"),
    (StepKilledAtOnce, ""),
];

/// A repository with a suite; each part of it has a fate.
fn repository(fates: &[(&str, Fate)]) -> Repository {
    let document = document(&[KNOWN_FAILURE]);
    let mut files: Vec<(String, String)> = vec![("KNOWN_FAILURES.md".to_owned(), document)];
    for runner in ["run-smbtorture", "run-suite", "wpt"] {
        files.push((runner.to_owned(), TEST_RUNNER.to_owned()));
    }
    for (name, fate) in fates {
        files.extend(fate.output().map(|output| (format!(".suite/{name}.txt"), output)));
        files.push((format!(".suite/{name}.end"), fate.end()));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
    Repository::new(&files)
}

fn document(patterns: &[&str]) -> String {
    let rows: String = patterns.iter().map(|pattern| format!("| {pattern} |\n")).collect();
    format!("| Test |\n| --- |\n{rows}")
}

// --- The pages -----------------------------------------------------------------------------------

/// A section of a page with its blocks, and what has run of them.
struct Recipe {
    place: String,
    workflows: Vec<Value>,
    scripts: Vec<String>,
    ran: Mutex<BTreeSet<String>>,
}

/// Pages in which a block without a language could only be shell lines that no test finds.
const RUNNABLE_PAGES: [&str; 2] = ["README.md", "docs/recipes.md"];

/// Pages whose shell lines a module of their own runs: `adoption` and `own_runner`.
const TESTED_ELSEWHERE: [&str; 2] = ["docs/own-list.md", "docs/own-runner.md"];

/// Sections with blocks, each with its test.
type Section = (&'static str, &'static str, fn(&Recipe));
const SECTIONS: [Section; 17] = [
    ("README.md", "knownfail", first_screen),
    ("README.md", "In a workflow", one_job),
    ("docs/gitlab.md", "A job with reports and a note", gitlab),
    ("docs/migrating.md", "From a shell script of your own", own_script),
    ("docs/recipes.md", "The suite's exit code", exit_code),
    ("docs/recipes.md", "A matrix, one comment", matrix),
    ("docs/recipes.md", "Comparing with the base branch", base_branch),
    ("docs/recipes.md", "Shards, one report", shards),
    ("docs/recipes.md", "Pull requests from forks", forks),
    ("docs/recipes.md", "A required check with a path filter", path_filter),
    ("docs/recipes.md", "A pull request that changes only the list", only_the_list),
    ("docs/recipes.md", "A merge queue", merge_queue),
    ("docs/recipes.md", "Suites that run one by one", one_by_one),
    ("docs/recipes.md", "web-platform-tests", web_platform_tests),
    ("docs/recipes.md", "Nightly run that proposes updates", nightly),
    ("docs/recipes.md", "Lint before committing", lint),
    ("docs/recipes.md", "Without Docker", without_docker),
];

#[test]
fn every_recipe_holds_when_jobs_are_killed_or_leave_nothing() {
    let mut recipes = recipes();
    recipes.retain(|recipe| !TESTED_ELSEWHERE.iter().any(|page| recipe.place.starts_with(page)));
    let found: Vec<&str> = recipes.iter().map(|recipe| &*recipe.place).collect();
    let tested = SECTIONS.map(|(page, heading, _)| format!("{page}: {heading}"));
    assert_eq!(found, tested, "each section with YAML or shell lines needs a test");
    std::thread::scope(|scope| {
        for ((.., test), recipe) in SECTIONS.iter().zip(&recipes) {
            scope.spawn(|| {
                test(recipe);
                recipe.assert_all_ran();
            });
        }
    });
}

/// Like the repository's own workflows.
#[test]
fn recipes_fit_the_schema_and_pass_shellcheck() {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<String> = Vec::new();
    for workflow in recipes().iter().flat_map(Recipe::whole_workflows) {
        let file = folder.path().join(format!("{}.yml", files.len()));
        // JSON is YAML.
        std::fs::write(&file, workflow.to_string()).unwrap();
        files.push(file.to_string_lossy().into_owned());
    }
    assert!(files.len() > 15, "{files:?}");
    assert_eq!(workflows::problems("workflow", &files), "");
    let scripts = workflows::extract_scripts(&files);
    let entries = std::fs::read_dir(scripts.path()).unwrap();
    let scripts: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    assert!(scripts.len() > 15, "{scripts:?}");
    workflows::shellcheck(&scripts);
}

/// The sections of all pages that have workflows or shell lines, in their order.
fn recipes() -> Vec<Recipe> {
    let listed = Command::new("git").args(["ls-files", "README.md", "docs/*.md"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut recipes: Vec<Recipe> = Vec::new();
    for page in listed.lines() {
        for (heading, language, code) in blocks(page) {
            let place = format!("{page}: {heading}");
            if recipes.last().is_none_or(|recipe| recipe.place != place) {
                let (workflows, scripts) = (Vec::new(), Vec::new());
                recipes.push(Recipe { place, workflows, scripts, ran: Mutex::default() });
            }
            let recipe = recipes.last_mut().unwrap();
            match language {
                Language::Yaml => recipe.workflows.push(yaml::parse(&code)),
                Language::Shell => recipe.scripts.push(code),
            }
        }
    }
    recipes
}

enum Language {
    Yaml,
    Shell,
}

/// The workflows and shell lines of a page, each with its heading.
fn blocks(page: &str) -> Vec<(String, Language, String)> {
    let source = std::fs::read_to_string(page).unwrap();
    let (mut blocks, mut heading) = (Vec::new(), String::new());
    let arena = Arena::new();
    for node in comrak::parse_document(&arena, &source, &Options::default()).descendants() {
        let text = |part: &NodeValue| part.text().map(|text| text.to_string());
        match &node.data.borrow().value {
            NodeValue::Heading(_) => {
                let parts = node.descendants();
                heading = parts.filter_map(|part| text(&part.data.borrow().value)).collect();
            }
            NodeValue::CodeBlock(block) => {
                let language = match block.info.as_str() {
                    "yaml" => Language::Yaml,
                    "sh" => Language::Shell,
                    "" if RUNNABLE_PAGES.contains(&page) => {
                        panic!("{page}: no language:\n{}", block.literal)
                    }
                    _ => continue,
                };
                blocks.push((heading.clone(), language, block.literal.clone()));
            }
            _ => {}
        }
    }
    blocks
}

/// The first workflow of another section.
fn workflow_of(heading: &str) -> Value {
    let recipe = recipes().into_iter().find(|recipe| recipe.place.ends_with(heading));
    recipe.unwrap().workflows.remove(0)
}

impl Recipe {
    /// Runs a workflow of the section, or a changed one.
    fn run(&self, repository: &mut Repository, workflow: &Value, event: &Event) -> Vec<JobRun> {
        let jobs = repository.run(workflow, event);
        self.ran.lock().unwrap().append(&mut repository.steps);
        jobs
    }

    /// Runs shell lines of the section as the steps of a job, and returns the last one's exit code with the log.
    fn run_scripts(&self, repository: &mut Repository, scripts: &[String]) -> (i32, String) {
        let script = |text: &String| json!({ "if": "always()", "run": text });
        self.ran.lock().unwrap().extend(scripts.iter().cloned());
        let workflow = one_job_of(scripts.iter().map(script).collect());
        let job = repository.run(&workflow, &pull_request()).remove(0);
        (job.codes.last().copied().flatten().expect("an exit code"), job.log)
    }

    /// The workflows, with an event where a block leaves it out; fragments and shell lines as steps of one.
    fn whole_workflows(&self) -> Vec<Value> {
        let of_job = |steps: Value| {
            let job = json!({ "runs-on": "ubuntu-latest", "steps": steps });
            json!({ "on": "push", "jobs": { "job": job } })
        };
        let blocks = self.workflows.iter().filter_map(|block| match block {
            Value::Array(_) => Some(of_job(block.clone())),
            block => block.get("jobs").is_some().then(|| {
                let mut workflow = block.clone();
                if workflow.get("on").is_none() {
                    workflow["on"] = json!("push");
                }
                workflow
            }),
        });
        blocks.chain(self.scripts.iter().map(|script| of_job(json!([{ "run": script }])))).collect()
    }

    fn assert_all_ran(&self) {
        let ran = self.ran.lock().unwrap();
        for workflow in &self.workflows {
            let jobs = workflow["jobs"].as_object().into_iter().flatten();
            let steps = jobs.flat_map(|(_, job)| job["steps"].as_array().expect("steps"));
            for step in steps.chain(workflow.as_array().into_iter().flatten()) {
                assert!(ran.contains(&step.to_string()), "{}: no test runs {step}", self.place);
            }
        }
        for script in &self.scripts {
            assert!(ran.contains(script), "{}: no test runs\n{script}", self.place);
        }
    }
}

/// A workflow whose job has these steps after a checkout.
fn one_job_of(steps: Vec<Value>) -> Value {
    let checkout = json!({ "uses": "actions/checkout@v7" });
    let steps: Vec<Value> = std::iter::once(checkout).chain(steps).collect();
    json!({ "jobs": { "job": { "steps": steps } } })
}

fn steps_of(fragment: &Value) -> Vec<Value> {
    fragment.as_array().expect("steps").clone()
}

fn pull_request() -> Event {
    Event { name: "pull_request", payload: action::pull_request("octo"), sha: MERGE }
}

fn push() -> Event {
    let repository = json!({ "full_name": "octo/r", "default_branch": "main" });
    let payload = json!({ "ref": "refs/heads/main", "repository": repository });
    Event { name: "push", payload, sha: BASE }
}

/// The exit code of the only use of our action.
fn verdict(jobs: &[JobRun]) -> i32 {
    let [verdict] = jobs.iter().filter_map(|job| job.verdict).collect::<Vec<_>>()[..] else {
        panic!("{jobs:#?}");
    };
    verdict
}

/// The text of the only comment, empty if there is none.
fn comment(repository: &Repository) -> String {
    match &repository.github.comments(PULL)[..] {
        [] => String::new(),
        [Comment { body, .. }] => body.clone(),
        comments => panic!("{comments:#?}"),
    }
}

/// Runs every case at the same time.
fn each<T: Copy + Sync>(cases: &[T], test: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        cases.iter().for_each(|case| drop(scope.spawn(|| test(*case))));
    });
}

/// A workflow with one job, on a pull request: every fate that it can report.
fn assert_reports(recipe: &Recipe, workflow: &Value) {
    each(&CASES, |(fate, text)| {
        let mut repository = repository(&[("suite", fate)]);
        let jobs = recipe.run(&mut repository, workflow, &pull_request());
        let place = &recipe.place;
        assert_eq!(verdict(&jobs), fate.exit_code(), "{place}: {fate:?}: {jobs:#?}");
        let comment = comment(&repository);
        assert_eq!(comment.is_empty(), fate == Passes, "{place}: {fate:?}: {comment}");
        assert!(comment.contains(text), "{place}: {fate:?}: {comment}");
    });
}

// --- The sections --------------------------------------------------------------------------------

/// A merge request whose pipelines end in different ways, and what its note is then.
fn gitlab(recipe: &Recipe) {
    let ([jobs], [script]) = (&recipe.workflows[..], &recipe.scripts[..]) else { panic!() };
    recipe.ran.lock().unwrap().insert(script.clone());
    let mut gitlab = FakeGitlab::start();
    // More than a page of other notes, one with our marker.
    (0..120).for_each(|_| gitlab.add_foreign_note("hello"));
    gitlab.add_foreign_note("<!-- knownfail -->\nnot ours");
    let pipeline = |gitlab: &FakeGitlab, fate: Fate| {
        let repository = repository(&[("suite", fate)]);
        let folder = repository.checkout.path();
        std::fs::create_dir(folder.join("ci")).unwrap();
        std::fs::write(folder.join("ci/knownfail-note.sh"), script).unwrap();
        let (code, log) = gitlab.run_job(&jobs["suite"], folder);
        assert_eq!(code, fate.exit_code(), "{fate:?}: {log}");
        let reports = &jobs["suite"]["artifacts"]["reports"];
        let report = |kind: &str| {
            std::fs::read_to_string(folder.join(reports[kind].as_str().unwrap())).unwrap()
        };
        assert_eq!(report("junit").contains("<failure"), fate == NewFailure, "{fate:?}");
        let quality: Vec<Value> = serde_json::from_str(&report("codequality")).unwrap();
        assert_eq!(quality.is_empty(), fate == Passes, "{fate:?}: {quality:#?}");
        gitlab.own_notes()
    };
    assert_eq!(pipeline(&gitlab, Passes), [""; 0], "nothing is wrong, and no note exists");
    for (fate, text) in [
        (NewFailure, NEW_FAILURE),
        (SuiteKilled, "incomplete"),
        (FailsSilently, "although no test failed"),
        (Passes, "1 known"),
    ] {
        let notes = pipeline(&gitlab, fate);
        let [note] = &notes[..] else { panic!("{fate:?}: {notes:?}") };
        assert!(note.starts_with("<!-- knownfail -->\n") && note.contains(text), "{note}");
    }
    // No line of a test's message is a quick action.
    let repository = repository(&[("suite", NewFailure)]);
    let folder = repository.checkout.path();
    let message = "test: a\nfailure: a [\n/close\n  /merge \"x\" \\\n]\n";
    std::fs::write(folder.join(".suite/suite.txt"), message).unwrap();
    std::fs::create_dir(folder.join("ci")).unwrap();
    std::fs::write(folder.join("ci/knownfail-note.sh"), script).unwrap();
    let (code, log) = gitlab.run_job(&jobs["suite"], folder);
    let notes = gitlab.own_notes();
    assert!(code == 1 && notes[0].contains("/close"), "{log}: {notes:?}");
    assert!(!notes[0].lines().any(|line| line.trim_start().starts_with('/')), "{notes:?}");
    assert!(!log.contains(FakeGitlab::TOKEN), "{log}");
    // A job of a fork has no token, and a branch no merge request.
    for variable in ["KNOWNFAIL_TOKEN", "CI_MERGE_REQUEST_IID"] {
        gitlab.requests.lock().unwrap().clear();
        gitlab.without = Some(variable);
        assert_eq!(gitlab.run_job(&jobs["suite"], folder).0, 1);
        assert!(gitlab.requests.lock().unwrap().is_empty(), "{variable}");
    }
}

/// What the page claims of the script, and of knownfail in its place.
fn own_script(recipe: &Recipe) {
    let [script, add_extension] = &recipe.scripts[..] else { panic!("{:?}", recipe.scripts) };
    recipe.ran.lock().unwrap().extend(recipe.scripts.iter().cloned());
    let log = |names: &[&str]| -> String {
        names.iter().map(|name| format!("test: {name}\nfailure: {name} [\nx\n]\n")).collect()
    };
    let run = |rows: &[&str], names: &[&str]| {
        let mut program = crate::harness::Knownfail::new();
        program.file("KNOWN_FAILURES.md", document(rows)).file("results.txt", log(names));
        let code = program.run_program("bash", &["-c", &format!("PATH=/usr/bin:/bin\n{script}")]);
        (code.code, program.run(&["check", "results.txt"]))
    };
    let many: Vec<String> = (0..256).map(|n| format!("n{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let testing = ["smb2.charset.Testing a", "smb2.charset.Testing b"];
    let cases: [(&[&str], &[&str], i32, i32); 8] = [
        (&["smb2.dir.*"], &["smb2.dir.one", "smb2.dir.a.b"], 0, 0),
        (&["smb2.dir.*"], &["smb2.dirlease.rename"], 0, 1),
        (&["a.b"], &["a.bc"], 0, 1),
        (&["smb2.charset.Testing"], &testing, 0, 1),
        (&["smb2.charset.Testing *"], &testing, 2, 0),
        (&["x"], &["Test.a"], 0, 1),
        (&["x"], &many, 0, 1),
        (&["x"], &many[..255], 255, 1),
    ];
    for (rows, names, by_script, by_knownfail) in cases {
        let (code, ran) = run(rows, names);
        assert_eq!((code, ran.code), (by_script, by_knownfail), "{rows:?}: {}", ran.stdout);
    }
    // The remedies.
    let mut program = crate::harness::Knownfail::new();
    let loose = format!("<!-- knownfail: compat = loose -->\n\n{}", document(&["smb2.dir.*"]));
    program.file("KNOWN_FAILURES.md", loose).file("results.txt", log(&["smb2.dirlease.rename"]));
    let ran = program.run(&["check", "results.txt"]);
    assert!(ran.code == 0 && ran.stdout.contains("smb2.dirlease.rename"), "{}", ran.stdout);
    program.file("KNOWN_FAILURES.md", document(&["smb2.charset.Testing"]));
    program.file("results.txt", log(&testing));
    program.run(&["update", "--add", "results.txt"]);
    let ran = program.run(&["check", "results.txt", "--fail-on", "strict"]);
    assert!(ran.stdout.contains("smb2.charset.Testing\n"), "{}", ran.stdout);
    assert_eq!((ran.code, program.run(&["check", "results.txt"]).code), (1, 0));
    program.file("KNOWN_FAILURES.md", document(&["open/03", "open/04"]));
    program.file("results.txt", log(&["open/03.t", "open/04.t"]));
    assert_eq!(program.run(&["check", "results.txt"]).code, 1);
    let edit = format!("PATH=/usr/bin:/bin\n{add_extension}");
    assert_eq!(program.run_program("bash", &["-c", &edit]).code, 0);
    assert_eq!(program.run(&["check", "results.txt", "--fail-on", "strict"]).code, 0);
    program.file("results.txt", "test: a\n");
    assert_eq!(program.run(&["check", "results.txt"]).code, 2);
}

/// The commands that a reader tries first.
fn first_screen(recipe: &Recipe) {
    let [check, setup] = &recipe.scripts[..] else { panic!("{:?}", recipe.scripts) };
    let cargo = "cargo run -- ";
    let arguments = check.trim().strip_prefix(cargo).expect("cargo builds and runs it");
    let program = Command::new("bash").args(["-c", &format!("{PROGRAM} {arguments}")]).output();
    let program = program.unwrap();
    assert_eq!(program.status.code(), Some(1), "{program:?}");
    assert!(String::from_utf8_lossy(&program.stdout).contains("3 new failures"), "{program:?}");
    // It would run this test.
    let setup_text = std::fs::read_to_string(setup.trim()).unwrap();
    assert!(setup_text.starts_with("#!/usr/bin/env bash\n"), "{setup_text}");
    recipe.ran.lock().unwrap().extend(recipe.scripts.iter().cloned());
}

fn one_job(recipe: &Recipe) {
    assert_reports(recipe, &recipe.workflows[0]);
}

fn exit_code(recipe: &Recipe) {
    let [job, piped] = &recipe.workflows[..] else { panic!("{:#?}", recipe.workflows) };
    assert_reports(recipe, &one_job_of(steps_of(job)));
    let [_, knownfail] = &steps_of(job)[..] else { panic!("{job:#}") };
    let with_pipe = [&steps_of(piped)[..], std::slice::from_ref(knownfail)].concat();
    assert_reports(recipe, &one_job_of(with_pipe.clone()));

    // What the page warns of: without `pipefail`, which `shell: bash` sets too, the code of a killed suite is 0.
    for (shell, is_hidden) in [(Value::Null, true), (json!("bash"), false)] {
        let mut steps = steps_of(piped);
        let script = steps[0]["run"].as_str().unwrap().replace("set -o pipefail\n", "");
        steps[0]["run"] = json!(script + "echo \"the code is $code\"\n");
        steps[0]["shell"] = shell;
        let mut repository = repository(&[("suite", SuiteKilled)]);
        let jobs = repository.run(&one_job_of(steps), &pull_request());
        assert_eq!(jobs[0].log.contains("the code is 0"), is_hidden, "{jobs:#?}");
    }
}

/// Two variants, whose jobs end in all ways.
fn matrix(recipe: &Recipe) {
    let workflow = &recipe.workflows[0];
    let mut pairs: Vec<(Fate, Fate)> = Vec::new();
    for fate in CASES.map(|(fate, _)| fate).into_iter().chain([RunnerLost]) {
        pairs.extend([(Passes, fate), (RunnerLost, fate)]);
    }
    each(&pairs, |(memory, postgres)| {
        let mut repository = repository(&[("memory", memory), ("postgres", postgres)]);
        let jobs = recipe.run(&mut repository, workflow, &pull_request());
        let (codes, comment) = ([memory, postgres].map(Fate::exit_code), comment(&repository));
        let expected = if codes.contains(&1) { 1 } else { codes[0].max(codes[1]) };
        let context = format!("{memory:?}, {postgres:?}: {jobs:#?}\n{comment}");
        assert_eq!(verdict(&jobs), expected, "{context}");
        assert_eq!(comment.is_empty(), expected == 0, "{context}");
        assert_eq!(comment.contains(NEW_FAILURE), postgres == NewFailure, "{context}");
        let lost = [("memory", memory), ("postgres", postgres)]
            .map(|(name, fate)| (fate == RunnerLost).then(|| format!("smbtorture-{name} (124)")));
        match lost {
            [Some(_), Some(_)] => assert!(comment.contains("could be judged"), "{context}"),
            // The line has no variant: the one that is left is not meant.
            [Some(name), None] | [None, Some(name)] => {
                let line = format!("- 1 suite has an exit code and no results file: `{name}`\n");
                assert_eq!(comment.matches(&line).count(), 1, "{line} in {context}");
            }
            [None, None] => {}
        }
    });
    matrix_run_again(recipe, workflow);
    let mut repository = repository(&[("memory", Passes), ("postgres", Passes)]);
    repository.broken_action = Some("actions/download-artifact");
    let jobs = recipe.run(&mut repository, workflow, &pull_request());
    assert_eq!(verdict(&jobs), 0, "what was downloaded is judged: {jobs:#?}");
    assert!(jobs.iter().any(|job| job.result == JobResult::Failure), "{jobs:#?}");
}

/// A second attempt replaces the artifacts of the first.
fn matrix_run_again(recipe: &Recipe, workflow: &Value) {
    let mut repository = repository(&[("memory", Passes), ("postgres", StepKilled)]);
    assert_eq!(verdict(&recipe.run(&mut repository, workflow, &pull_request())), 2);
    let end = repository.checkout.path().join(".suite/postgres.end");
    std::fs::write(end, Passes.end()).unwrap();
    let text = repository.checkout.path().join(".suite/postgres.txt");
    std::fs::write(text, Passes.output().unwrap()).unwrap();
    let jobs = recipe.run(&mut repository, workflow, &pull_request());
    assert_eq!(verdict(&jobs), 0, "{jobs:#?}");
}

fn base_branch(recipe: &Recipe) {
    let [workflow, fail_on] = &recipe.workflows[..] else { panic!("{:#?}", recipe.workflows) };
    // The first pull request finds no record.
    assert_reports(recipe, workflow);
    let after_push = |base: Fate, now: Fate, base_sha: &str, workflow: &Value| {
        let mut repository = repository(&[("suite", base)]);
        let pushed = verdict(&recipe.run(&mut repository, workflow, &push()));
        assert_eq!(pushed, base.exit_code());
        let folder = repository.checkout.path().join(".suite");
        std::fs::write(folder.join("suite.txt"), now.output().unwrap()).unwrap();
        std::fs::write(folder.join("suite.end"), now.end()).unwrap();
        let mut event = pull_request();
        event.payload["pull_request"]["base"]["sha"] = json!(base_sha);
        let jobs = recipe.run(&mut repository, workflow, &event);
        (verdict(&jobs), comment(&repository))
    };
    let cases = [
        (Passes, Passes, BASE),
        (Passes, NewFailure, BASE),
        // A base commit without a record: the newest one before it.
        (Passes, NewFailure, MERGE),
        (SuiteKilled, NewFailure, BASE),
    ];
    each(&cases, |(base, now, base_sha)| {
        let (code, comment) = after_push(base, now, base_sha, workflow);
        assert_eq!(code, now.exit_code(), "{base:?}, {now:?}: {comment}");
        // The four tests of the base run are missing, if a complete one was saved.
        let missing = (base, now) == (Passes, NewFailure);
        assert_eq!(comment.contains("missing"), missing, "{base:?}, {now:?}: {comment}");
        assert!(!comment.contains("base run was incomplete"), "{base:?}, {now:?}: {comment}");
    });
    let mut strict = workflow.clone();
    let steps = strict["jobs"]["suite"]["steps"].as_array_mut().unwrap();
    let knownfail = steps.iter_mut().find(|step| step["id"] == "knownfail").unwrap();
    knownfail["with"]["fail-on"] = fail_on["fail-on"].clone();
    assert_eq!(after_push(Improves, Passes, BASE, workflow).0, 0);
    let (code, comment) = after_push(Improves, Passes, BASE, &strict);
    assert_eq!(code, 1, "{comment}");
    assert!(comment.contains(KNOWN_FAILURE), "{comment}");
}

/// What the records of two shards give, with the fate of the second.
fn shards(recipe: &Recipe) {
    let [shard, report] = &recipe.scripts[..] else { panic!("{:#?}", recipe.scripts) };
    let second = shard.replace("1/2", "2/2").replace("shard-1", "shard-2");
    each(&CASES, |(fate, _)| {
        let mut repository = repository(&[("shard-1", Passes), ("shard-2", fate)]);
        let clear = "rm -r results".to_owned();
        let scripts = [shard.clone(), clear, second.clone(), report.clone()];
        let (code, log) = recipe.run_scripts(&mut repository, &scripts);
        assert_eq!(code, fate.exit_code(), "{fate:?}: {log}");
        assert_eq!(log.contains(NEW_FAILURE), fate == NewFailure, "{fate:?}: {log}");
    });
    // Shards that upload their results are a matrix without variants.
    let workflow = workflow_of("A matrix, one comment").to_string().replace("{variant}", "*");
    let workflow = yaml::parse(&workflow);
    each(&[Passes, NewFailure, StepKilled, RunnerLost], |fate| {
        let mut repository = repository(&[("memory", Passes), ("postgres", fate)]);
        let jobs = recipe.run(&mut repository, &workflow, &pull_request());
        assert_eq!(verdict(&jobs), fate.exit_code(), "{fate:?}: {jobs:#?}");
    });
}

/// Two workflows: the fork's has no say in the second.
fn forks(recipe: &Recipe) {
    let [suite, report] = &recipe.workflows[..] else { panic!("{:#?}", recipe.workflows) };
    let from_fork = || Event { payload: action::pull_request("mallory"), ..pull_request() };
    let after = |conclusion: &str| {
        let mut payload = action::workflow_run("mallory");
        payload["workflow_run"]["id"] = json!(1);
        payload["workflow_run"]["conclusion"] = json!(conclusion);
        payload["repository"] = json!({ "full_name": "octo/r", "default_branch": "main" });
        Event { name: "workflow_run", payload, sha: BASE }
    };
    each(&[&CASES[..], &[(RunnerLost, "could be judged")]].concat(), |(fate, text)| {
        let mut repository = repository(&[("suite", fate)]);
        repository.github.set_owner(PULL, "mallory");
        let measured = recipe.run(&mut repository, suite, &from_fork());
        let conclusion = measured[0].result.as_str();
        let jobs = recipe.run(&mut repository, report, &after(conclusion));
        let comment = comment(&repository);
        assert_eq!(verdict(&jobs), fate.exit_code(), "{fate:?}: {measured:#?} {jobs:#?}");
        assert_eq!(comment.is_empty(), fate == Passes, "{fate:?}: {comment}");
        assert!(comment.contains(text), "{fate:?}: {comment}");
    });
    let conclusions = [("cancelled", Some(2)), ("skipped", None), ("action_required", None)];
    each(&conclusions, |(conclusion, expected)| {
        let mut repository = repository(&[]);
        repository.github.set_owner(PULL, "mallory");
        let jobs = recipe.run(&mut repository, report, &after(conclusion));
        assert_eq!(jobs[0].verdict, expected, "{conclusion}: {jobs:#?}");
        assert_eq!(comment(&repository).is_empty(), expected.is_none(), "{conclusion}");
    });
    let mut repository = repository(&[("suite", NewFailure)]);
    repository.github.set_owner(PULL, "mallory");
    recipe.run(&mut repository, suite, &from_fork());
    repository.broken_action = Some("actions/download-artifact");
    assert_eq!(verdict(&recipe.run(&mut repository, report, &after("success"))), 1);
    artifact_without_a_table(recipe, &from_fork(), &after("success"));
}

fn artifact_without_a_table(recipe: &Recipe, from_fork: &Event, after: &Event) {
    let [suite, report] = &recipe.workflows[..] else { panic!("{:#?}", recipe.workflows) };
    let mut repository = repository(&[("suite", Passes)]);
    repository.github.set_owner(PULL, "mallory");
    let mut without = suite.clone();
    let script = without["jobs"]["suite"]["steps"][1]["run"].as_str().unwrap().to_owned();
    without["jobs"]["suite"]["steps"][1]["run"] = json!(script + "rm results/*.tsv\n");
    recipe.run(&mut repository, &without, from_fork);
    assert_eq!(verdict(&recipe.run(&mut repository, report, after)), 2);
    assert!(comment(&repository).contains("could be judged"), "{}", comment(&repository));
}

/// The suite runs unless a change concerns none of its files.
fn path_filter(recipe: &Recipe) {
    let workflow = &recipe.workflows[0];
    let cases = [("docs/a.md", JobResult::Skipped), ("src/a.c", JobResult::Success)];
    each(&cases, |(changed, expected)| {
        let mut repository = repository(&[]);
        let script = format!(
            "git init -q -b main . && git config user.name n && git config user.email e
             commit() {{ mkdir -p docs src; echo \"$1\" >> \"$2\"; git add .; git commit -qm \"$1\"; }}
             commit one src/b.c && git checkout -qb topic && commit two {changed}
             git checkout -q main && commit three src/base.c && git merge -q --no-edit topic"
        );
        let checkout = repository.checkout.path();
        let made = Command::new("bash").args(["-ec", &script]).current_dir(checkout).output();
        assert!(made.as_ref().unwrap().status.success(), "{made:?}");
        let jobs = recipe.run(&mut repository, workflow, &pull_request());
        let suite = jobs.iter().find(|job| job.id == "suite").unwrap();
        assert_eq!(suite.result, expected, "{changed}: {jobs:#?}");
    });
    for broken in [None, Some("actions/checkout")] {
        // Without history, or without a checkout, nothing is known about the change.
        let mut repository = repository(&[]);
        repository.broken_action = broken;
        let jobs = recipe.run(&mut repository, workflow, &pull_request());
        assert!(jobs.iter().all(|job| job.result != JobResult::Skipped), "{broken:?}: {jobs:#?}");
    }
}

/// The suite runs unless the list is all that changes and the base branch has a record.
fn only_the_list(recipe: &Recipe) {
    let workflow = &recipe.workflows[0];
    let with_reason = format!("| Test | Reason |\n| --- | --- |\n| {KNOWN_FAILURE} | slow |\n");
    let removed = "| Test |\n| --- |\n".to_owned();
    // The list, another file, whether there is a record, the verdict, what the comment has.
    let cases = [
        (&with_reason, "", true, 0, ""),
        (&removed, "", true, 1, KNOWN_FAILURE),
        (&removed, "src/a.c", true, 1, NEW_FAILURE),
        (&with_reason, "", false, 1, NEW_FAILURE),
    ];
    std::thread::scope(|scope| {
        for (list, other, has_record, code, text) in cases {
            scope.spawn(move || {
                let mut repository = repository(&[("suite", Passes)]);
                let folder = repository.checkout.path().to_owned();
                if has_record {
                    assert_eq!(verdict(&recipe.run(&mut repository, workflow, &push())), 0);
                }
                let git = |script: &str| {
                    let mut bash = Command::new("bash");
                    let made = bash.args(["-ec", script]).current_dir(&folder).output().unwrap();
                    assert!(made.status.success(), "{made:?}");
                };
                git("git init -q -b main . && git config user.name n && git config user.email e
                     git add KNOWN_FAILURES.md && git commit -qm one && git checkout -qb topic");
                std::fs::write(folder.join("KNOWN_FAILURES.md"), list).unwrap();
                for commit in [HEAD, MERGE] {
                    repository.github.put_file(commit, "KNOWN_FAILURES.md", list);
                }
                git(&format!(
                    "for file in {other}; do mkdir -p \"${{file%/*}}\"; echo x > \"$file\"; git add \"$file\"; done
                     git commit -qam two && git checkout -q main && git commit -qm three --allow-empty
                     git merge -q --no-edit topic"
                ));
                // What the suite would show if it ran.
                let output = folder.join(".suite/suite.txt");
                std::fs::write(output, NewFailure.output().unwrap()).unwrap();
                let jobs = recipe.run(&mut repository, workflow, &pull_request());
                let comment = comment(&repository);
                assert_eq!(verdict(&jobs), code, "{list}, {other}: {jobs:#?}");
                assert!(comment.contains(text), "{list}, {other}: {comment}");
                assert!(text == NEW_FAILURE || !comment.contains(NEW_FAILURE), "{comment}");
            });
        }
    });
}

/// The events of the block, with the workflow of the README.
fn merge_queue(recipe: &Recipe) {
    let workflow = &workflow_of("In a workflow");
    let events = recipe.workflows[0]["on"].as_object().unwrap();
    assert_eq!(events.keys().collect::<Vec<_>>(), ["merge_group", "pull_request"]);
    let group = json!({ "head_sha": HEAD, "base_sha": BASE, "base_ref": "refs/heads/main" });
    let queued =
        Event { name: "merge_group", payload: json!({ "merge_group": group }), sha: MERGE };
    for (event, comments) in [(queued, 0), (pull_request(), 1)] {
        let mut repository = repository(&[("suite", NewFailure)]);
        let jobs = recipe.run(&mut repository, workflow, &event);
        assert_eq!(verdict(&jobs), 1, "{}: {jobs:#?}", event.name);
        assert_eq!(repository.github.comments(PULL).len(), comments, "{}", event.name);
    }
}

/// A loop over suites, in which one fares differently.
fn one_by_one(recipe: &Recipe) {
    let [run, check] = &recipe.scripts[..] else { panic!("{:#?}", recipe.scripts) };
    for name in ["create", "lock", "notify"] {
        each(&CASES, |(fate, _)| {
            let mut fates = [("create", Passes), ("lock", Passes), ("notify", Passes)];
            fates.iter_mut().filter(|(other, _)| *other == name).for_each(|(_, f)| *f = fate);
            let mut repository = repository(&fates);
            let rows = ["create", "lock", "notify"].map(|suite| format!("{suite}.{KNOWN_FAILURE}"));
            let document = document(&rows.each_ref().map(String::as_str));
            std::fs::write(repository.checkout.path().join("KNOWN_FAILURES.md"), document).unwrap();
            let scripts = [run.clone(), check.clone()];
            let (code, log) = recipe.run_scripts(&mut repository, &scripts);
            assert_eq!(code, fate.exit_code(), "{name}: {fate:?}: {log}");
        });
    }
}

fn web_platform_tests(recipe: &Recipe) {
    let known = r"`/css/c.html \| *`";
    let cases = [("exit 1", "x", 1), ("exit 1", known, 0), ("kill -KILL $$", known, 2)];
    each(&cases, |(end, row, expected)| {
        let mut repository = repository(&[("suite", Passes)]);
        let folder = repository.checkout.path();
        std::fs::write(folder.join("KNOWN_FAILURES.md"), document(&[row])).unwrap();
        std::fs::write(folder.join(".suite/suite.txt"), WPT).unwrap();
        std::fs::write(folder.join(".suite/suite.end"), end).unwrap();
        let (code, log) = recipe.run_scripts(&mut repository, &recipe.scripts);
        assert_eq!(code, expected, "{row}: {end}: {log}");
    });
}

fn nightly(recipe: &Recipe) {
    let workflow = &recipe.workflows[0];
    let event = Event { name: "schedule", payload: json!({ "schedule": "0 3 * * *" }), sha: BASE };
    each(&[Passes, NewFailure, SuiteKilled, StepKilledAtOnce, Improves], |fate| {
        let mut repository = repository(&[("suite", fate)]);
        let jobs = recipe.run(&mut repository, workflow, &event);
        let expected = if fate == Improves { 1 } else { fate.exit_code() };
        assert_eq!(verdict(&jobs), expected, "{fate:?}: {jobs:#?}");
        assert!(!jobs[0].log.contains("upload-artifact@v7: Err"), "{fate:?}: {jobs:#?}");
        let patch = repository.storage.artifact("update").map(|files| files.text("update.patch"));
        let patch = patch.unwrap_or_default();
        assert_eq!(patch.contains(&format!("-| {KNOWN_FAILURE} |")), fate == Improves, "{patch}");
        if fate == Improves {
            let folder = repository.checkout.path();
            std::fs::write(folder.join("update.patch"), &patch).unwrap();
            let applied =
                Command::new("git").args(["apply", "update.patch"]).current_dir(folder).output();
            assert!(applied.as_ref().unwrap().status.success(), "{applied:?} {patch}");
        }
    });
}

fn lint(recipe: &Recipe) {
    let hooks = yaml::parse(&std::fs::read_to_string(".pre-commit-hooks.yaml").unwrap());
    let used = &recipe.workflows[0]["repos"][0]["hooks"][0]["id"];
    assert!(hooks.as_array().unwrap().iter().any(|hook| hook["id"] == *used), "{used}");
    let (code, log) = recipe.run_scripts(&mut repository(&[]), &recipe.scripts);
    assert_eq!(code, 0, "{log}");
}

fn without_docker(recipe: &Recipe) {
    let workflow = one_job_of(steps_of(&recipe.workflows[0]));
    let case =
        |body: &str| format!("<testsuite><testcase name=\"a\">{body}</testcase></testsuite>");
    for (body, expected) in [("", 0), ("<failure/>", 1)] {
        let mut repository = repository(&[]);
        let folder = repository.checkout.path().join("results/deep");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.xml"), case(body)).unwrap();
        let jobs = recipe.run(&mut repository, &workflow, &pull_request());
        assert_eq!(verdict(&jobs), expected, "{jobs:#?}");
    }
}
