//! The check run: what is created, in how many requests, and what happens when GitHub fails.
//!
//! Each test talks to a [`FakeGithub`], which refuses what GitHub refuses, and checks the state that it has afterwards.

use crate::fake_github::{Access, Author, FakeGithub, Fault};
use crate::github::{HEAD, Job, block_on, github};
use knownfail::github::{
    CheckAnnotation, CheckConclusion, CheckLevel, CheckRun, CheckRunError, CheckRunResult,
    ConclusionBasis, RequestError, TokenAccess, WorkflowRun, create_check_run,
};
use std::time::Duration;

const CREATE: &str = "/check-runs";
const APPEND: &str = "/check-runs/";

fn check_run(annotations: u32) -> CheckRun {
    let annotation = |line| CheckAnnotation {
        level: if line == 1 { CheckLevel::Failure } else { CheckLevel::Warning },
        path: "KNOWN_FAILURES.md".into(),
        line,
        title: format!("Row {line}"),
        message: "newly passing".into(),
    };
    CheckRun {
        name: "conformance".into(),
        series: ".github/workflows/ci.yml\npull_request".into(),
        id: "ci/test/memory -->".into(),
        writer: "0a".into(),
        conclusion: CheckConclusion::Failure,
        title: "failed: 1 new failure".into(),
        hiding_title: "failed: another one".into(),
        crowded_title: "failed: too many".into(),
        summary: "é".repeat(32_767),
        annotations: (1..=annotations).map(annotation).collect(),
    }
}

fn create(job: &Job<'_>, run: &CheckRun) -> Result<CheckRunResult, CheckRunError> {
    let context = job.context();
    block_on(async { create_check_run(&job.client(), &context, run).await })
}

/// Why the check run that was created has its conclusion.
fn basis(result: Result<CheckRunResult, CheckRunError>) -> ConclusionBasis {
    match result.expect("no error") {
        CheckRunResult::Created { basis, .. } => basis,
        CheckRunResult::Superseded(run) => panic!("superseded by {run:?}"),
    }
}

/// The lines of the annotations of the only check run.
fn lines(github: &FakeGithub) -> Vec<u64> {
    let runs = github.check_runs();
    assert_eq!(runs.len(), 1, "{runs:?}");
    let line = |annotation: &serde_json::Value| annotation["start_line"].as_u64().unwrap();
    runs[0].annotations.iter().map(line).collect()
}

#[test]
fn check_run_is_on_the_head_commit_and_links_to_its_run() {
    let github = github();
    let created = create(&Job::new(&github), &check_run(2)).expect("created");
    let CheckRunResult::Created { url, .. } = created else { panic!("{created:?}") };
    let runs = github.check_runs();
    let [run] = &*runs else { panic!("{runs:?}") };
    assert_eq!(url, Some(format!("https://github.com/octo/r/runs/{}", run.id)));
    assert_eq!(run.sha, HEAD);
    assert_eq!(run.created["name"], "conformance");
    assert_eq!(run.created["conclusion"], "failure");
    let page = "https://github.com/octo/r/actions/runs/9001/attempts/1";
    assert_eq!(run.created["details_url"], page);
    let external = run.created["external_id"].as_str().expect("an id");
    assert!(external.starts_with("ci-test-memory.") && external.ends_with("/9001/1"), "{external}");
    let levels: Vec<_> = run.annotations.iter().map(|a| &a["annotation_level"]).collect();
    assert_eq!(levels, ["failure", "warning"]);
    assert_eq!(github.writes(), ["POST /repos/octo/r/check-runs"]);
}

#[test]
fn rerun_creates_another_check_run() {
    let github = github();
    for attempt in [1, 1, 2] {
        create(&Job::with_token(&github, "tok_workflow", attempt), &check_run(0)).expect("created");
    }
    assert_eq!(github.check_runs().len(), 3);
}

#[test]
fn annotations_are_sent_by_fifty_up_to_five_hundred() {
    for (given, taken, requests) in
        [(0, 0, 1), (50, 50, 1), (51, 51, 2), (100, 100, 2), (121, 121, 3), (900, 500, 10)]
    {
        let github = github();
        create(&Job::new(&github), &check_run(given)).expect("created");
        assert_eq!(lines(&github), (1..=taken).collect::<Vec<_>>());
        assert_eq!(github.writes().len(), requests, "{given}");
    }
}

#[test]
fn failed_request_leaves_one_check_run_without_repeats() {
    for fault in [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::Html(503),
        Fault::HangUp,
        Fault::HangUpAfter,
        Fault::TruncatedAfter,
        Fault::TooManyRequests { retry_after: 2 },
        Fault::SecondaryLimit { retry_after: None },
    ] {
        for (method, path) in [("POST", CREATE), ("PATCH", APPEND)] {
            let github = github();
            github.inject_fault(method, path, fault.clone());
            create(&Job::new(&github), &check_run(120)).expect("created");
            assert_eq!(lines(&github), (1..=120).collect::<Vec<_>>(), "{method} {fault:?}");
        }
    }
}

#[test]
fn check_run_of_another_job_with_the_same_name_is_not_reused() {
    let github = github();
    let other = CheckRun { id: "ci/test/postgres".into(), ..check_run(0) };
    create(&Job::new(&github), &other).expect("created");
    github.inject_fault("POST", CREATE, Fault::BadGateway);
    create(&Job::new(&github), &check_run(0)).expect("created");
    assert_eq!(github.check_runs().len(), 2);
}

#[test]
fn check_run_that_succeeds_hides_no_failure_of_its_name() {
    use CheckConclusion::{Failure, Success};
    let run = |id: &str, writer: &str, conclusion| CheckRun {
        id: id.into(),
        writer: writer.into(),
        conclusion,
        title: "passed".into(),
        ..check_run(60)
    };
    let (ci, push) = ("ci.yml\npull_request", "ci.yml\npush");
    // Who else has created one, in which run and attempt; this one is of attempt 2 of run 2.
    let table = [
        ("another step", ci, "ci/other", (2, 2), Failure, Failure),
        ("a step that has not been run again yet", ci, "ci/other", (2, 1), Failure, Failure),
        ("another step that succeeded", ci, "ci/other", (2, 2), Success, Success),
        ("an equal job", ci, "ci/this", (2, 2), Failure, Failure),
        ("the earlier attempt", ci, "ci/this", (2, 1), Failure, Success),
        ("an older run", ci, "ci/this", (1, 1), Failure, Success),
        ("a job that the newer run does not have", ci, "ci/other", (1, 1), Failure, Success),
        ("an older run of another event", push, "ci/this", (1, 1), Failure, Failure),
        ("a newer run of another event", push, "ci/this", (3, 1), Failure, Failure),
    ];
    for (what, series, id, run_and_attempt, conclusion, expected) in table {
        let github = github();
        let other = Job { run: run_and_attempt, ..Job::new(&github) };
        let other_run = CheckRun { series: series.into(), ..run(id, "01", conclusion) };
        create(&other, &other_run).expect("created");
        let own_run = CheckRun { series: ci.into(), ..run("ci/this", "02", Success) };
        let found = basis(create(&Job { run: (2, 2), ..Job::new(&github) }, &own_run));
        let hides = expected == Failure;
        let expected = if hides { ConclusionBasis::OtherFailed } else { ConclusionBasis::Own };
        assert_eq!(found, expected, "{what}");
        let newest = github.check_runs().pop().expect("a check run");
        let conclusion = if hides { "failure" } else { "success" };
        assert_eq!(newest.created["conclusion"], conclusion, "{what}");
        let title = if hides { "failed: another one" } else { "passed" };
        assert_eq!(newest.created["output"]["title"], title, "{what}");
        assert_eq!(newest.annotations.len(), 60, "{what}");
    }
}

#[test]
fn older_run_or_attempt_creates_no_check_run() {
    for conclusion in [CheckConclusion::Failure, CheckConclusion::Success] {
        for newer in [(2, 1), (1, 3)] {
            let github = github();
            let newer_job = Job { run: newer, ..Job::new(&github) };
            create(&newer_job, &check_run(0)).expect("created");
            let late = CheckRun { conclusion, writer: "02".into(), ..check_run(0) };
            let result = create(&Job { run: (1, 2), ..Job::new(&github) }, &late);
            let WorkflowRun { id, number, attempt } = newer_job.context().run;
            let expected = WorkflowRun { id, number, attempt };
            assert_eq!(result, Ok(CheckRunResult::Superseded(expected)));
            assert_eq!(github.check_runs().len(), 1);
        }
    }
}

#[test]
fn failure_is_found_among_many_check_runs_of_one_name() {
    let run = |id: &str, conclusion| CheckRun { id: id.into(), conclusion, ..check_run(0) };
    let own = run("ci/this", CheckConclusion::Success);
    let table = [
        (CheckConclusion::Failure, 350, ConclusionBasis::OtherFailed, "failed: another one"),
        (CheckConclusion::Success, 350, ConclusionBasis::Own, "failed: 1 new failure"),
        (CheckConclusion::Success, 1_100, ConclusionBasis::TooMany, "failed: too many"),
    ];
    for (first, copies, expected, title) in table {
        let github = github();
        create(&Job::new(&github), &run("ci/first", first)).expect("created");
        create(&Job::new(&github), &run("ci/other", CheckConclusion::Success)).expect("created");
        github.copy_check_run(copies);
        assert_eq!(basis(create(&Job::new(&github), &own)), expected);
        let newest = github.check_runs().pop().expect("a check run");
        let conclusion = if expected == ConclusionBasis::Own { "success" } else { "failure" };
        assert_eq!(newest.created["conclusion"], conclusion, "{expected:?}");
        assert_eq!(newest.created["output"]["title"], title);
    }
}

#[test]
fn check_run_of_a_job_that_ran_at_the_same_time_is_seen_after_creation() {
    let github = github();
    github.inject_fault("POST", CREATE, Fault::Hang(Duration::from_millis(500)));
    let github = &github;
    let create = |writer: &str, conclusion| {
        let run = CheckRun { writer: writer.into(), conclusion, ..check_run(0) };
        basis(create(&Job::new(github), &run))
    };
    std::thread::scope(|scope| {
        // It has looked, and its request to create one takes long.
        let green = scope.spawn(move || create("01", CheckConclusion::Success));
        while github.requests().len() < 2 {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(create("02", CheckConclusion::Failure), ConclusionBasis::Own);
        assert_eq!(green.join().expect("no panic"), ConclusionBasis::OtherFailed);
    });
    let newest = github.check_runs().pop().expect("a check run");
    assert_eq!(newest.created["conclusion"], "failure");
    assert_eq!(newest.created["output"]["title"], "failed: another one");
}

#[test]
fn token_without_permission_is_refused_once() {
    let github = github();
    github.add_token("tok_comment", Author::workflow(), Access::Comment);
    github.add_token("tok_person", Author::person("octo"), Access::Maintain);
    for token in ["tok_fork", "tok_comment", "tok_person", "tok_revoked"] {
        github.clear_requests();
        let error = create(&Job::with_token(&github, token, 1), &check_run(0)).expect_err(token);
        let is_refusal = matches!(error, CheckRunError::Request(RequestError::Forbidden { .. }));
        assert!(is_refusal, "{error}");
        let hint = error.hint(TokenAccess::AsConfigured);
        let expected = match token {
            "tok_person" => "no personal token",
            "tok_revoked" => "expired",
            _ => "checks: write",
        };
        assert!(hint.contains(expected), "{token}: {hint}");
        assert!(github.writes().len() <= 1, "{token}");
    }
    assert!(github.check_runs().is_empty());
}

#[test]
fn undelivered_annotations_are_an_error_and_keep_the_check_run() {
    let github = github();
    for _ in 0..10 {
        github.inject_fault("PATCH", APPEND, Fault::BadGateway);
    }
    let error = create(&Job::new(&github), &check_run(120)).expect_err("unfinished");
    assert!(error.to_string().starts_with("it has 50 of 120 annotations: "), "{error}");
    assert_eq!(github.check_runs().len(), 1);
}
