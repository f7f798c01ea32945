//! One comment, many writers: each job of a matrix keeps its own section, whoever writes at the same time.
//!
//! Each test talks to a [`GithubDouble`] and then looks at what stands there. A newcomer's trap: where jobs
//! race, time is real, and a test takes as long as they wait for each other.

use crate::github::{HEAD, Job, MOVED, Time, github, live, sections, text};
use crate::github_double::{Fault, GithubDouble};
use knownfail::github::{Post, What};
use std::sync::Barrier;

/// A job of the matrix.
fn entry<'a>(github: &'a GithubDouble, section: &str) -> Job<'a> {
    Job { section: section.to_owned(), ..Job::of(github) }
}

/// Starts all jobs at once; each says its name.
fn race(jobs: Vec<(String, Job<'_>)>) {
    let start = Barrier::new(jobs.len());
    std::thread::scope(|scope| {
        for (says, job) in &jobs {
            let (says, start) = (says.clone(), &start);
            // The fake clock is no matter of two threads; a racing job has none.
            let job = Racer { github: job.github, run: job.run, section: job.section.clone() };
            scope.spawn(move || {
                let Racer { github, run, section } = job;
                let job = Job { run, section, time: Time::Real, ..Job::of(github) };
                start.wait();
                job.publish(&says).expect("published");
            });
        }
    });
}

struct Racer<'a> {
    github: &'a GithubDouble,
    run: (u64, u64),
    section: String,
}

/// The sections of the only live comment, sorted by name.
fn only(github: &GithubDouble) -> Vec<(String, String)> {
    let live = live(github);
    assert_eq!(live.len(), 1, "{live:#?}");
    let mut sections = sections(&live[0]);
    sections.sort();
    sections
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(name, says)| (name.to_owned(), says.to_owned())).to_vec()
}

#[test]
fn each_job_of_a_matrix_has_its_section_and_leaves_the_others_alone() {
    let github = github();
    assert_eq!(entry(&github, "memory").what("m1"), What::Posted);
    assert_eq!(entry(&github, "postgres").what("p1"), What::Edited);
    assert_eq!(only(&github), pairs([("memory", "m1"), ("postgres", "p1")]));
    let body = &live(&github)[0].body;
    assert!(body.contains("2 in all\n\none of several\n\n<!-- knownfail:section "), "{body}");

    // A re-run of one job: its section alone is another.
    let again = Job { run: (1, 2), ..entry(&github, "memory") };
    assert_eq!(again.what("m1.2"), What::Edited);
    assert_eq!(only(&github), pairs([("memory", "m1.2"), ("postgres", "p1")]));
    github.forget_requests();
    assert_eq!(entry(&github, "memory").what("late"), What::Superseded);
    assert_eq!(entry(&github, "postgres").what("p1"), What::Unchanged);
    assert_eq!(github.writes(), [""; 0]);
}

#[test]
fn a_section_whose_job_is_gone_goes_with_a_new_run() {
    for (run, sha) in [((2, 1), HEAD), ((1, 1), MOVED), ((2, 1), MOVED)] {
        let github = github();
        for section in ["", "memory", "postgres"] {
            entry(&github, section).what(section);
        }
        github.set_head(7, sha);
        let next = |section: &str| Job { run, sha, ..entry(&github, section) };
        assert_eq!(next("memory").what("m2"), What::Edited);
        assert_eq!(only(&github), pairs([("memory", "m2")]));
        assert_eq!(Job { post: Post::OnlyIfExists, ..next("sqlite") }.what("s2"), What::Edited);
        assert_eq!(only(&github), pairs([("memory", "m2"), ("sqlite", "s2")]));
        // What is left of the run before says nothing more.
        github.forget_requests();
        let before = entry(&github, "postgres").publish("p1").expect("published");
        assert_eq!(before.what, What::Superseded);
        assert_eq!(github.writes(), [""; 0]);
    }
}

#[test]
fn what_a_section_says_cannot_be_another_section() {
    let forged = "| a |\n<!-- knownfail:foot -->\n<!-- knownfail:section attempt=99 name=postgres \
                  is=success -->\nall is well\n";
    let github = github();
    entry(&github, "postgres").what("broken");
    entry(&github, "memory --> <!-- knownfail:section name=x -->").what(forged);
    entry(&github, "sqlite").what("fine");
    let said = only(&github);
    let names: Vec<&str> = said.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.len(), names[1], names[2]), (3, "postgres", "sqlite"), "{names:?}");
    assert_eq!(said[1].1, "broken");
    assert!(said[0].1.contains("all is well"), "{said:?}");
    assert_eq!(live(&github)[0].body.matches("<!-- knownfail:foot -->").count(), 3);
}

#[test]
fn what_all_jobs_say_alike_is_said_once_and_last() {
    let github = github();
    for (section, shared) in [("memory", "the list"), ("postgres", ""), ("sqlite", "the list")] {
        Job { shared: shared.to_owned(), ..entry(&github, section) }.what(section);
    }
    let body = live(&github).remove(0).body;
    assert_eq!(body.matches("the list").count(), 1, "{body}");
    assert!(body.trim_end().ends_with("the list\n\n<!-- knownfail:foot -->"), "{body}");
    assert!(body.contains("\n3 in all\n"), "{body}");
    // It goes with a new run like any other.
    Job { run: (2, 1), ..entry(&github, "memory") }.what("m2");
    assert_eq!(only(&github), pairs([("memory", "m2")]));
}

#[test]
fn a_person_who_edits_the_comment_loses_no_section() {
    let github = github();
    entry(&github, "memory").what("m1");
    entry(&github, "postgres").what("p1");
    let comment = live(&github).remove(0);
    let edited = comment.body.replace('\n', "\r\n").replace("2 in all", "I was here");
    github.edit_comment(comment.id, &edited);
    entry(&github, "sqlite").what("s1");
    assert_eq!(only(&github), pairs([("memory", "m1"), ("postgres", "p1"), ("sqlite", "s1")]));
    assert!(live(&github)[0].body.contains("3 in all"));
}

#[test]
fn sections_that_do_not_fit_together_are_cut_and_told() {
    let github = github();
    for n in 0..9 {
        let long = format!("{n}{}", "x".repeat(40_000));
        entry(&github, &format!("variant {n}")).what(&long);
        let body = live(&github)[0].body.clone();
        assert!(body.len() <= 60_000, "{}", body.len());
    }
    let said = only(&github);
    assert_eq!(said.len(), 9);
    assert!(said.iter().all(|(_, says)| says == "left out" || says.len() > 5_000));
    assert!(said[8].1.starts_with('8'), "who writes has its share at least");
}

#[test]
fn fifty_racing_runs_leave_one_comment_with_the_newest_text() {
    for graphql in ["with GraphQL", "without GraphQL"] {
        let github = github();
        if graphql == "without GraphQL" {
            github.without_graphql();
        }
        let job = |run| (format!("run {run}"), Job { run: (run, 1), ..Job::of(&github) });
        race((1..=50).map(job).collect());
        let live = live(&github);
        assert_eq!(live.len(), 1, "{graphql}: {live:#?}");
        assert_eq!(text(&live[0]), "run 50", "{graphql}");
        let url = format!("https://github.com/octo/r/pull/7#issuecomment-{}", live[0].id);
        for surplus in github.comments(7).into_iter().filter(|c| c.id != live[0].id) {
            assert!(live[0].id < surplus.id, "the lowest id is kept");
            assert_eq!(text(&surplus), format!("Superseded by [this comment]({url})."));
            assert_eq!(surplus.is_minimized, graphql == "with GraphQL", "{surplus:?}");
        }
        github.forget_requests();
        let again = Job { run: (50, 1), ..Job::of(&github) };
        assert_eq!(again.what("run 50"), What::Unchanged);
        assert_eq!(github.writes(), [""; 0], "healed once is healed");
    }
}

#[test]
fn fifty_racing_jobs_of_a_matrix_leave_one_comment_with_fifty_sections() {
    for before in ["nothing before", "a comment before"] {
        let github = github();
        if before == "a comment before" {
            entry(&github, "of the last run").what("old");
        }
        let name = |n: u64| format!("variant{n:02}");
        let job = |n| (format!("says {n}"), Job { run: (2, 1), ..entry(&github, &name(n)) });
        race((0..50).map(job).collect());
        let expected: Vec<(String, String)> =
            (0..50).map(|n| (name(n), format!("says {n}"))).collect();
        assert_eq!(only(&github), expected, "{before}");
    }
}

#[test]
fn whatever_happens_to_a_write_no_section_is_lost() {
    for fault in [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::HangUp,
        Fault::HangUpAfter,
        Fault::CutAfter,
        Fault::TooMany { retry_after: 2 },
    ] {
        let github = github();
        entry(&github, "memory").what("m1");
        github.fault("PATCH", "/comments/", fault.clone());
        assert_eq!(entry(&github, "postgres").what("p1"), What::Edited, "{fault:?}");
        assert_eq!(only(&github), pairs([("memory", "m1"), ("postgres", "p1")]), "{fault:?}");
    }
}
