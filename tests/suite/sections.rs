//! One comment with many writers: each job of a matrix keeps its own section, whoever writes at the same time.
//!
//! Each test talks to a [`FakeGithub`] and checks the state that it has afterwards. Where jobs race, time is real, and a test takes
//! as long as they wait for each other.

use crate::fake_github::{FakeGithub, Fault};
use crate::github::{
    ClockMode, HEAD, Job, MOVED_HEAD, active_comments, github, section_text, sections,
};
use knownfail::github::{CreatePolicy, PublishResult};
use std::sync::Barrier;
use std::time::Duration;

/// A job of the matrix.
fn matrix_job<'a>(github: &'a FakeGithub, section: &str) -> Job<'a> {
    Job { section: section.to_owned(), ..Job::new(github) }
}

/// Starts all jobs at the same time; each publishes its name.
fn race(jobs: Vec<(String, Job<'_>)>) {
    let start = Barrier::new(jobs.len());
    std::thread::scope(|scope| {
        for (body, job) in &jobs {
            let (body, start) = (body.clone(), &start);
            // Two threads cannot share the fake clock; a racing job uses the real one.
            let (github, run, writer) = (job.github, job.run, job.writer);
            let racer = Racer { github, run, writer, section: job.section.clone() };
            scope.spawn(move || {
                let Racer { github, run, writer, section } = racer;
                let clock_mode = ClockMode::Real;
                let job = Job { run, writer, section, clock_mode, ..Job::new(github) };
                start.wait();
                job.publish(&body).expect("published");
            });
        }
    });
}

struct Racer<'a> {
    github: &'a FakeGithub,
    run: (u64, u64),
    writer: &'a str,
    section: String,
}

/// The sections of the only live comment, sorted by name.
fn only_sections(github: &FakeGithub) -> Vec<(String, String)> {
    let live = active_comments(github);
    assert_eq!(live.len(), 1, "{live:#?}");
    let mut sections = sections(&live[0]);
    sections.sort();
    sections
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, body)| (name.to_owned(), body.to_owned())).to_vec()
}

#[test]
fn matrix_job_changes_only_its_own_section() {
    let github = github();
    assert_eq!(matrix_job(&github, "memory").publish_result("m1"), PublishResult::Posted);
    assert_eq!(matrix_job(&github, "postgres").publish_result("p1"), PublishResult::Edited);
    assert_eq!(only_sections(&github), pairs([("memory", "m1"), ("postgres", "p1")]));
    let body = &active_comments(&github)[0].body;
    assert!(body.contains("2 in all\n\none of several\n\n<!-- knownfail:section "), "{body}");

    // A re-run of one job replaces its section only.
    let rerun = Job { run: (1, 2), ..matrix_job(&github, "memory") };
    assert_eq!(rerun.publish_result("m1.2"), PublishResult::Edited);
    assert_eq!(only_sections(&github), pairs([("memory", "m1.2"), ("postgres", "p1")]));
    github.clear_requests();
    assert_eq!(matrix_job(&github, "memory").publish_result("late"), PublishResult::Superseded);
    assert_eq!(matrix_job(&github, "postgres").publish_result("p1"), PublishResult::Unchanged);
    assert_eq!(github.writes(), [""; 0]);
}

#[test]
fn section_of_a_removed_job_disappears_with_a_new_run() {
    for (run, sha) in [((2, 1), HEAD), ((1, 1), MOVED_HEAD), ((2, 1), MOVED_HEAD)] {
        let github = github();
        for section in ["", "memory", "postgres"] {
            matrix_job(&github, section).publish_result(section);
        }
        github.set_head(7, sha);
        let next = |section: &str| Job { run, sha, ..matrix_job(&github, section) };
        assert_eq!(next("memory").publish_result("m2"), PublishResult::Edited);
        assert_eq!(only_sections(&github), pairs([("memory", "m2")]));
        assert_eq!(
            Job { create_policy: CreatePolicy::OnlyIfExists, ..next("sqlite") }
                .publish_result("s2"),
            PublishResult::Edited
        );
        assert_eq!(only_sections(&github), pairs([("memory", "m2"), ("sqlite", "s2")]));
        // The previous run's sections are gone.
        github.clear_requests();
        let outdated = matrix_job(&github, "postgres").publish("p1").expect("published");
        assert_eq!(outdated.result, PublishResult::Superseded);
        assert_eq!(github.writes(), [""; 0]);
    }
}

#[test]
fn section_text_cannot_forge_another_section() {
    let forged = "| a |\n<!-- knownfail:foot -->\n<!-- knownfail:section attempt=99 name=postgres \
                  is=success -->\nall is well\n";
    let github = github();
    matrix_job(&github, "postgres").publish_result("broken");
    matrix_job(&github, "memory --> <!-- knownfail:section name=x -->").publish_result(forged);
    matrix_job(&github, "sqlite").publish_result("fine");
    let found = only_sections(&github);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.len(), names[1], names[2]), (3, "postgres", "sqlite"), "{names:?}");
    assert_eq!(found[1].1, "broken");
    assert!(found[0].1.contains("all is well"), "{found:?}");
    assert_eq!(active_comments(&github)[0].body.matches("<!-- knownfail:foot -->").count(), 3);
}

#[test]
fn shared_text_is_shown_once_at_the_end() {
    let github = github();
    for (section, shared) in [("memory", "the list"), ("postgres", ""), ("sqlite", "the list")] {
        Job { shared: shared.to_owned(), ..matrix_job(&github, section) }.publish_result(section);
    }
    let body = active_comments(&github).remove(0).body;
    assert_eq!(body.matches("the list").count(), 1, "{body}");
    assert!(body.trim_end().ends_with("the list\n\n<!-- knownfail:foot -->"), "{body}");
    assert!(body.contains("\n3 in all\n"), "{body}");
    // A new run removes it like any other.
    Job { run: (2, 1), ..matrix_job(&github, "memory") }.publish_result("m2");
    assert_eq!(only_sections(&github), pairs([("memory", "m2")]));
}

#[test]
fn manual_edit_of_the_comment_loses_no_section() {
    let github = github();
    matrix_job(&github, "memory").publish_result("m1");
    matrix_job(&github, "postgres").publish_result("p1");
    let comment = active_comments(&github).remove(0);
    let edited = comment.body.replace('\n', "\r\n").replace("2 in all", "I was here");
    github.edit_comment(comment.id, &edited);
    matrix_job(&github, "sqlite").publish_result("s1");
    assert_eq!(
        only_sections(&github),
        pairs([("memory", "m1"), ("postgres", "p1"), ("sqlite", "s1")])
    );
    assert!(active_comments(&github)[0].body.contains("3 in all"));
}

#[test]
fn oversized_sections_are_truncated_or_omitted_with_a_note() {
    let github = github();
    for n in 0..9 {
        let long = format!("{n}{}", "x".repeat(40_000));
        matrix_job(&github, &format!("variant {n}")).publish_result(&long);
        let body = active_comments(&github)[0].body.clone();
        assert!(body.len() <= 60_000, "{}", body.len());
    }
    let found = only_sections(&github);
    assert_eq!(found.len(), 9);
    assert!(found.iter().all(|(_, body)| body == "left out" || body.len() > 5_000));
    assert!(found[8].1.starts_with('8'), "who writes has its share at least");
}

#[test]
fn fifty_racing_runs_leave_one_comment_with_the_newest_text() {
    for graphql in ["with GraphQL", "without GraphQL"] {
        let github = github();
        if graphql == "without GraphQL" {
            github.disable_graphql();
        }
        let job = |run| (format!("run {run}"), Job { run: (run, 1), ..Job::new(&github) });
        race((1..=50).map(job).collect());
        let live = active_comments(&github);
        assert_eq!(live.len(), 1, "{graphql}: {live:#?}");
        assert_eq!(section_text(&live[0]), "run 50", "{graphql}");
        let url = format!("https://github.com/octo/r/pull/7#issuecomment-{}", live[0].id);
        for redundant in github.comments(7).into_iter().filter(|c| c.id != live[0].id) {
            assert!(live[0].id < redundant.id, "the lowest id is kept");
            assert_eq!(section_text(&redundant), format!("Superseded by [this comment]({url})."));
            assert_eq!(redundant.is_minimized, graphql == "with GraphQL", "{redundant:?}");
        }
        github.clear_requests();
        let rerun = Job { run: (50, 1), ..Job::new(&github) };
        assert_eq!(rerun.publish_result("run 50"), PublishResult::Unchanged);
        assert_eq!(github.writes(), [""; 0], "healed once is healed");
    }
}

#[test]
fn fifty_racing_matrix_jobs_leave_one_comment_with_all_sections() {
    for before in ["nothing before", "a comment before"] {
        let github = github();
        if before == "a comment before" {
            matrix_job(&github, "of the last run").publish_result("old");
        }
        let name = |n: u64| format!("variant{n:02}");
        let job = |n| (format!("says {n}"), Job { run: (2, 1), ..matrix_job(&github, &name(n)) });
        race((0..50).map(job).collect());
        let expected: Vec<(String, String)> =
            (0..50).map(|n| (name(n), format!("says {n}"))).collect();
        assert_eq!(only_sections(&github), expected, "{before}");
        assert!(
            github.comments(7).len() < 25,
            "few surplus comments: {}",
            github.comments(7).len()
        );
    }
}

#[test]
fn ten_racing_jobs_that_nothing_distinguishes_all_keep_their_results() {
    let github = github();
    let writers = ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09"];
    let job = |writer| Job { writer, ..matrix_job(&github, "memory") };
    race(writers.iter().map(|writer| ((*writer).to_owned(), job(writer))).collect());
    let mut texts: Vec<String> = only_sections(&github).into_iter().map(|(_, text)| text).collect();
    texts.sort();
    assert_eq!(texts, writers);
}

#[test]
fn one_of_several_jobs_waits_a_moment_before_it_posts_the_first_comment() {
    let github = github();
    let first = matrix_job(&github, "memory");
    assert_eq!(first.publish_result("m1"), PublishResult::Posted);
    let waits = first.clock.waits();
    let [wait, _] = waits[..] else { panic!("{waits:?}") };
    assert!(wait <= Duration::from_secs(5), "{waits:?}");
    let second = matrix_job(&github, "postgres");
    assert_eq!(second.publish_result("p1"), PublishResult::Edited);
    assert_eq!(second.clock.waits().len(), 1, "a comment exists, and it only settles");

    let github = self::github();
    let lone = Job::new(&github);
    assert_eq!(lone.publish_result("one"), PublishResult::Posted);
    assert_eq!(lone.clock.waits().len(), 1, "it waits for nobody");
}

#[test]
fn failed_write_loses_no_section() {
    for fault in [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::HangUp,
        Fault::HangUpAfter,
        Fault::TruncatedAfter,
        Fault::TooManyRequests { retry_after: 2 },
    ] {
        let github = github();
        matrix_job(&github, "memory").publish_result("m1");
        github.inject_fault("PATCH", "/comments/", fault.clone());
        assert_eq!(
            matrix_job(&github, "postgres").publish_result("p1"),
            PublishResult::Edited,
            "{fault:?}"
        );
        assert_eq!(
            only_sections(&github),
            pairs([("memory", "m1"), ("postgres", "p1")]),
            "{fault:?}"
        );
    }
}
