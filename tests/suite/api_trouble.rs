//! What the action does, and reports, when GitHub refuses, limits, or cannot be reached.
//!
//! One warning for each cause, with the hint that fits, and the verdict stays.

use crate::action::{Action, GREEN, PULL, RED, StepResult, pull_request};
use crate::fake_github::{Access, Fault};
use crate::runner_protocol::Level;

/// A step with a comment, a check run and a list change to report.
fn action() -> Action {
    Action::new().with("check-run", "conformance")
}

/// The only warning.
fn warning(finished: &StepResult) -> String {
    assert_eq!(finished.code, 1, "{}", finished.printed);
    let warnings = finished.warnings();
    let [warning] = warnings[..] else { panic!("{warnings:?}") };
    warning.to_owned()
}

#[test]
fn refusal_is_one_warning_that_names_its_cause() {
    let archived = "Repository was archived so is read-only.";
    for (faults, expected) in [
        (
            vec![("POST", "/comments", "Unable to create comment because issue is locked.")],
            "no comment: GitHub refused it (403): Unable to create comment because issue is \
             locked.: the conversation is locked: unlock it",
        ),
        (
            vec![("POST", "/comments", archived), ("POST", "/check-runs", archived)],
            "no comment, no check run: GitHub refused it (403): Repository was archived so is \
             read-only.: the repository is archived",
        ),
        (
            vec![("POST", "/check-runs", "You must authenticate via a GitHub App.")],
            "no check run: GitHub refused it (403): You must authenticate via a GitHub App.: only \
             the workflow's own token",
        ),
        (
            vec![(
                "GET",
                "/compare/",
                "Resource protected by organization SAML enforcement. You must grant your Personal \
                 Access token access to this organization.",
            )],
            "authorize the token for the organization's single sign-on",
        ),
    ] {
        let mut action = action();
        for (method, path, message) in faults {
            action.github.inject_fault(method, path, Fault::Refused(403, message));
        }
        let warning = warning(&action.run_with_results(RED));
        assert!(warning.contains(expected), "{warning}\nlacks\n{expected}");
    }
}

/// Statuses of their own, for which neither the token's permissions nor knownfail is to blame.
#[test]
fn rejection_that_is_not_our_fault_has_a_hint_of_its_own() {
    let passing = RED.replace("failure: a.known [\nx\n]", "success: a.known");
    for (path, status, message, expected) in [
        (
            "/comments",
            410,
            "Issues are disabled for this repo",
            "enable issues in the repository's",
        ),
        ("/comments", 451, "Repository access blocked", "GitHub has blocked the repository"),
        ("/comments", 403, "Repository access blocked", "GitHub has blocked the repository"),
        (
            "/reviews",
            422,
            "User can only have one pending review per pull request",
            "submit or discard it",
        ),
        ("/comments", 422, "Validation Failed", "please report it"),
    ] {
        let mut action = Action::new().with("suggestions", "true");
        action.github.set_patch("KNOWN_FAILURES.md", "@@ -0,0 +5,1 @@\n+| a.known | slow | #1 |");
        action.github.inject_fault("POST", path, Fault::Refused(status, message));
        let warning = warning(&action.run_with_results(&passing));
        assert!(warning.contains(message) && warning.contains(expected), "{warning}");
    }
}

#[test]
fn list_of_the_base_that_cannot_be_read_names_its_cause() {
    let saml = "Resource protected by organization SAML enforcement.";
    for (fault, expected) in [
        (Fault::Redirect("https://api.github.com/repositories/1".to_owned()), "renamed or moved"),
        (Fault::Refused(401, "Bad credentials"), "has expired"),
        (Fault::Refused(403, saml), "single sign-on"),
        (Fault::Refused(403, "Resource not accessible by integration"), "`permissions: contents"),
    ] {
        let mut action = Action::new().with("known-failures-ref", "base");
        // The list's change is looked up before.
        for _ in 0..2 {
            action.github.inject_fault("GET", "/contents/", fault.clone());
        }
        let finished = action.run_with_results(RED);
        assert_eq!(finished.code, 2, "{fault:?}: {}", finished.printed);
        let errors: Vec<&str> = finished
            .runner
            .annotations
            .iter()
            .filter(|annotation| annotation.level == Level::Error)
            .map(|annotation| &*annotation.message)
            .collect();
        let [error] = errors[..] else { panic!("{errors:?}") };
        let (what, hint) = error.split_once('\n').expect("a hint");
        assert!(what.starts_with("cannot read the base branch's list: KNOWN_FAILURES.md: "));
        assert!(hint.contains(expected), "{fault:?}: {error}");
    }
}

#[test]
fn token_of_a_fork_gets_the_hint_for_forks_only_where_it_is_read_only() {
    for (event, expected) in [
        ("pull_request", "from forks get a read-only token"),
        ("pull_request_target", "give the job"),
    ] {
        let mut action = Action::new().on(event, pull_request("mallory"));
        action.github.set_owner(PULL, "mallory");
        action.access = Access::Read;
        let warning = warning(&action.run_with_results(RED));
        assert!(warning.contains(expected), "{event}: {warning}");
        assert!(warning.contains("it needs issues: write or pull-requests: write"), "{warning}");
    }
}

#[test]
fn wrong_token_is_asked_once() {
    let mut action = action();
    let finished = action.run_step_with(RED, "INPUT_TOKEN", "tok_revoked");
    let warning = warning(&finished);
    let expected =
        "list changes are not reported, no comment, no check run: GitHub refused it (401)";
    assert!(warning.starts_with(expected) && warning.contains("expired"), "{warning}");
    assert_eq!(action.github.requests().len(), 1);
}

#[test]
fn comment_that_is_deleted_meanwhile_is_posted_again_only_if_something_is_wrong() {
    for (results, code, comments) in [(RED, 1, 1), (GREEN, 0, 0)] {
        let mut action = Action::new();
        action.run_with_results(RED);
        let first = action.comments()[0].id;
        action.github.inject_fault("PATCH", "/comments/", Fault::Deleted);
        // Another text than before, so that the comment is edited.
        let more = format!("{results}test: a.more\nsuccess: a.more\n");
        let finished = action.run_with_results(&more);
        assert_eq!((finished.code, finished.warnings().len()), (code, 0), "{}", finished.printed);
        let found: Vec<u64> = action.comments().iter().map(|comment| comment.id).collect();
        assert_eq!(found.len(), comments, "{found:?}");
        assert!(!found.contains(&first));
    }
}

#[test]
fn pull_request_that_is_closed_meanwhile_still_gets_its_comment() {
    let mut action = Action::new();
    action.github.close_pull(PULL);
    let finished = action.run_with_results(RED);
    assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
    assert_eq!(action.comments().len(), 1);
}

#[test]
fn pull_request_that_has_moved_on_is_a_line_of_the_log() {
    let mut action = Action::new();
    action.github.set_head(PULL, "9999999999999999999999999999999999999999");
    let finished = action.run_with_results(RED);
    assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
    assert!(finished.printed.contains("the pull request has newer commits"));
    assert_eq!(action.github.writes(), [""; 0]);
}

#[test]
fn limit_beyond_our_patience_ends_the_requests_with_one_warning() {
    for fault in [
        Fault::PrimaryLimit { in_seconds: 1800 },
        Fault::TooManyRequests { retry_after: 1800 },
        Fault::SecondaryLimit { retry_after: Some(1800) },
    ] {
        let mut action = action();
        action.github.inject_fault("POST", "/comments", fault.clone());
        let warning = warning(&action.run_with_results(RED));
        let expected = "no comment, no check run: GitHub asks to wait 180";
        assert!(warning.starts_with(expected), "{fault:?}: {warning}");
        let last = action.github.requests().pop().expect("a request");
        assert_eq!((&*last.method, last.path.ends_with("/comments")), ("POST", true), "{last:?}");
    }
}

#[test]
fn limit_of_any_length_is_a_warning() {
    for fault in [Fault::EndlessLimit, Fault::TooManyRequests { retry_after: u64::MAX }] {
        let mut action = action();
        action.github.inject_fault("POST", "/comments", fault.clone());
        let warning = warning(&action.run_with_results(RED));
        let expected = "no comment, no check run: GitHub asks to wait 18446744073709551615 seconds";
        assert!(warning.starts_with(expected), "{fault:?}: {warning}");
    }
}

#[test]
fn failed_review_is_repeated_and_never_posted_twice() {
    let patch = "@@ -0,0 +5,1 @@\n+| a.known | slow | #1 |";
    let passing = RED.replace("failure: a.known [\nx\n]", "success: a.known");
    for fault in [
        Fault::BadGateway,
        Fault::BadGatewayAfter,
        Fault::HangUpAfter,
        Fault::TooManyRequests { retry_after: 1 },
    ] {
        let mut action = Action::new().with("suggestions", "true");
        action.github.set_patch("KNOWN_FAILURES.md", patch);
        action.github.inject_fault("POST", "/reviews", fault.clone());
        let finished = action.run_with_results(&passing);
        assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
        assert_eq!(action.github.review_comments().len(), 1, "{fault:?}");
    }
}

/// Judging needs no API.
#[test]
fn unusable_address_is_one_warning_and_no_request() {
    for (name, value, expected) in [
        ("GITHUB_API_URL", "http://ghe.example/api/v3", "the token is only sent over https"),
        ("GITHUB_API_URL", "ghe.example", "GITHUB_API_URL: the address is not a URL"),
        ("GITHUB_API_URL", "", "the environment variable GITHUB_API_URL is not set"),
        ("GITHUB_RUN_ID", "", "the environment variable GITHUB_RUN_ID is not set"),
        ("GITHUB_RUN_ATTEMPT", "x", "GITHUB_RUN_ATTEMPT does not hold a number"),
        ("GITHUB_JOB", "", "GITHUB_JOB is not set"),
    ] {
        let mut action = action();
        let finished = action.run_step_with(RED, name, value);
        let warning = warning(&finished);
        assert!(warning.starts_with("no comment, no check run: "), "{warning}");
        assert!(warning.contains(expected), "{value}: {warning}");
        assert!(finished.summary.contains("a.new") && finished.outputs["new-failures"] == "1");
        assert_eq!(action.github.requests().len(), 0, "{value}");

        let mut by_base = action.with("known-failures-ref", "base");
        let finished = by_base.run_step_with(RED, name, value);
        assert_eq!(finished.code, 2, "{}", finished.printed);
        assert!(finished.printed.contains(name), "{}", finished.printed);
    }
}

#[test]
fn links_need_the_address_of_the_server_and_it_may_be_http() {
    let finished = Action::new().run_step_with(RED, "GITHUB_SERVER_URL", "http://ghe.example");
    assert!(finished.summary.contains("\"http://ghe.example/octo/r/"), "{}", finished.summary);

    for value in ["", "ghe.example", "javascript:alert(1)", "https://user:secret@ghe.example"] {
        let mut action = action();
        let finished = action.run_step_with(RED, "GITHUB_SERVER_URL", value);
        assert_eq!((finished.code, finished.warnings().len()), (1, 0), "{}", finished.printed);
        assert_eq!((action.comments().len(), action.github.check_runs().len()), (1, 1));
        let comment = &action.comments()[0].body;
        for text in [comment, &finished.summary] {
            assert!(text.contains("a.new") && !text.contains("/octo/r/"), "{text}");
            assert!(!text.contains("secret") && !text.contains("javascript:"), "{text}");
        }
        assert_eq!(finished.outputs["comment-url"], "");
    }
}

#[test]
fn unreachable_github_is_one_warning() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let finished = action().run_step_with(RED, "GITHUB_API_URL", &free);
    let warning = warning(&finished);
    let expected =
        "list changes are not reported, no comment, no check run: GitHub is not reachable";
    assert!(warning.starts_with(expected), "{warning}");
}

#[test]
fn unreadable_ca_bundle_is_named() {
    let mut action = action().with("ca-bundle", "no/such/authority.pem");
    let warning = warning(&action.run_with_results(RED));
    let expected = "no comment, no check run: the input `ca-bundle`: ";
    assert!(warning.starts_with(expected), "{warning}");
    assert!(warning.contains("no/such/authority.pem"), "{warning}");
}
