//! What a reader of the comment sees first: why the check fails, the evidence for it, what to do about it.

use crate::action::{Action, DOCUMENT, MERGE, action_with_list_change, visible_body};
use knownfail::policy::Reason;
use std::fmt::Write;

const LIST: &str = "# Known failures\n\n\
    | Test | Status | Issue |\n| --- | --- | --- |\n\
    | pinned.t | fail: right | #1 |\n| hidden.* | | #1 |\n| passing.t | | #1 |\n| unmatched.t | | #1 |\n";

/// Results and a base run with something of every reason, apart from those of the whole run.
const RESULTS: &str = "<testsuite>\
    <testcase classname='pinned' name='t'><failure message='wrong'/></testcase>\
    <testcase classname='hidden' name='t'><failure message='x'/></testcase>\
    <testcase classname='passing' name='t'/>\
    <testcase classname='grown' name='t'><failure message='x'/></testcase>\
    <testcase classname='new' name='t'><failure message='x'/></testcase>\
    <testcase classname='flaky' name='t'><flakyFailure message='once'/></testcase>\
    </testsuite>";
const BASE: &str = "<testsuite>\
    <testcase classname='pinned' name='t'><failure message='right'/></testcase>\
    <testcase classname='hidden' name='t'/>\
    <testcase classname='passing' name='t'><failure message='x'/></testcase>\
    <testcase classname='gone' name='t'/>\
    </testsuite>";

/// A pull request that shows something of every reason and fails for this one.
fn red_for(reason: &str) -> Action {
    let dropped = "\n| dropped.t | | |\n";
    let new = format!("{LIST}| grown.t | | |\n{dropped}");
    let action = action_with_list_change(&format!("{LIST}{dropped}"), &new);
    let action = action.file("base.xml", BASE).with("baseline", "base.xml");
    let action = action.with("fail-on", reason);
    // A row matches no test only if the run is complete.
    if reason == "incomplete" { action.with("min-tests", "99") } else { action }
}

#[test]
fn comment_begins_with_the_red_reason_its_advice_and_its_evidence() {
    for reason in Reason::ALL.iter().copied() {
        let (headline, advice, evidence) = match reason {
            Reason::NewFailures => {
                ("1 new failure, ", "Fix the new", "| Test | Outcome | Message |\n")
            }
            Reason::Missing => {
                ("1 missing test, ", "Find out why", "#### 1 test of the base run did not run\n")
            }
            Reason::HiddenRegressions => (
                "1 regression hidden by a row, ",
                "Find out why",
                "#### 1 regression hidden by a row: ",
            ),
            Reason::NewlyPassing => (
                "1 newly passing test, ",
                "Remove the row that passes",
                "#### 1 row can be removed\n",
            ),
            Reason::Unmatched => {
                ("1 row matches no test, ", "Remove the row", "#### 1 row matches no test\n")
            }
            Reason::MessageMismatch => (
                "1 known failure with a different message, ",
                "Check whether",
                "#### 1 known failure with a different message\n",
            ),
            Reason::Flaky => (
                "1 flaky test, ",
                "Fix the flaky test",
                "#### 1 test failed, then passed when it was",
            ),
            Reason::Growth => (
                "1 row without an issue, ",
                "Name an issue in the row without one",
                "#### This pull request changes the list: ",
            ),
            Reason::Incomplete => {
                ("The run is incomplete, ", "Find out what", "#### Not measured\n")
            }
            Reason::Document => ("1 error in the list, ", "Correct the error", "#### Problems\n"),
        };
        let mut action = red_for(reason.as_str());
        let step = action.run_with_results(RESULTS);
        assert_ne!(step.code, 0, "{reason:?}: {}", step.printed);
        for text in [visible_body(&action.comments()[0]), step.summary] {
            let text = text.trim_start();
            let (verdict, rest) = text.split_once(".** ").expect(text);
            let (advised, evident) = rest.split_once("\n\n").expect(rest);
            let verdict = verdict.split_once("**").expect(verdict).1;
            assert!(verdict.starts_with(headline), "{reason:?}: {verdict}");
            assert!(advised.starts_with(advice), "{reason:?}: {advised}");
            assert!(advised.ends_with('.') && advised.matches(". ").count() == 0, "{advised}");
            assert!(evident.trim_start().starts_with(evidence), "{reason:?}: {text}");
        }
    }
}

#[test]
fn evidence_for_the_red_reason_is_truncated_last() {
    let mut results = RESULTS.replace("</testsuite>", "");
    for n in 0..300 {
        let message = "x".repeat(200);
        let name = format!("{}.t{n}", "n".repeat(280));
        let _ = write!(
            results,
            "<testcase classname='{name}' name='t'><failure message='{message}'/></testcase>"
        );
    }
    results += "</testsuite>";
    for (reason, evidence) in [
        ("growth", "adds `grown.t`, without an issue"),
        ("unmatched", "`unmatched.t`"),
        ("flaky", "| `flaky.t` | failed, then passed | `once` |"),
        ("document", "the row `dropped.t` is in no table"),
        (
            "differently",
            "the message was `right` in the base run, now it is `wrong`; the row pins `right`\n",
        ),
    ] {
        let mut action = red_for(reason);
        action.run_with_results(&results);
        let text = visible_body(&action.comments()[0]);
        let at = text.find(evidence).unwrap_or_else(|| panic!("{reason}: {text}"));
        assert!(at < text.find("failing tests: see the job summary").unwrap_or(0), "{reason}");
    }
}

/// The comment after jobs with these variants, each with its results.
fn matrix(action: &mut Action, jobs: &[(&str, &str)]) -> String {
    for (variant, results) in jobs {
        action.run_step(|program| {
            program.file("results.txt", results).input("variant", variant);
            program.env("GITHUB_RUN_NUMBER", "1").env("GITHUB_RUN_ID", "1000");
        });
    }
    visible_body(&action.comments()[0])
}

#[test]
fn lone_section_names_its_variant() {
    let red = "test: a.new\nfailure: a.new [\ny\n]\n";
    let text = matrix(&mut Action::new(), &[("linux memory", red)]);
    assert!(text.trim_start().starts_with("❌ **1 new failure in `linux memory`.** Fix"), "{text}");
    let text = matrix(
        &mut Action::new().with("comment", "always"),
        &[("memory", "test: a\nsuccess: a\n")],
    );
    assert!(text.trim_start().starts_with("✅ **No new failures in `memory`.**"), "{text}");
}

#[test]
fn matrix_that_is_red_for_the_list_begins_with_it() {
    let red = "test: a.new\nfailure: a.new [\ny\n]\n";
    let green = "test: a.new\nsuccess: a.new\n";
    // The job with a new failure has that reason before the list's.
    for (results, is_first) in [(green, true), (red, false)] {
        let new = format!("{LIST}| grown.t | | |\n");
        let mut action = action_with_list_change(LIST, &new).with("fail-on", "regression,growth");
        let text = matrix(&mut action, &[("memory", green), ("postgres", results)]);
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}: {text}"));
        let list = at("#### This pull request changes the list");
        assert_eq!(text.matches("This pull request changes the list").count(), 1, "{text}");
        assert_eq!(list < at("### ❌ memory"), is_first, "{text}");
        assert_eq!(list < at("### ❌ postgres"), is_first, "{text}");
    }
}

#[test]
fn sections_of_a_matrix_begin_with_the_worst_by_severity_and_reason() {
    let mut action = Action::new().with("fail-on", "strict");
    let passing = "test: a.known\nsuccess: a.known\n";
    let new = "test: a.known\nfailure: a.known [\nx\n]\ntest: b\nfailure: b [\ny\n]\n";
    let cut = "test: a.known\n";
    let text = matrix(&mut action, &[("a", passing), ("b", cut), ("y", new), ("z", new)]);
    let headings = text.lines().filter_map(|line| line.strip_prefix("### "));
    let variants: Vec<&str> = headings.filter_map(|line| line.split([' ', ':']).nth(1)).collect();
    assert_eq!(variants, ["y", "z", "a", "b"], "{text}");
}

#[test]
fn headline_and_heading_count_the_tests_of_several_variants_alike() {
    let suite = |cases: &str| format!("<testsuite>{cases}</testsuite>");
    let flaky = suite("<testcase classname='a' name='t'><flakyFailure message='once'/></testcase>");
    let with_missing = flaky.replace("</testsuite>", "<testcase name='gone'/></testsuite>");
    let mut action = Action::new()
        .with("results", "out-{variant}/*.xml")
        .with("baseline", "base-{variant}/*.xml")
        .with("fail-on", "flaky,missing");
    for variant in ["memory", "s3"] {
        action = action.file(&format!("out-{variant}/r.xml"), &flaky);
        action = action.file(&format!("base-{variant}/r.xml"), &with_missing);
    }
    let step = action.run_step(|_| {});
    let text = visible_body(&action.comments()[0]);
    for part in [
        "❌ **2 missing tests, 2 flaky tests, ",
        "#### 2 tests of the base run did not run\n",
        "#### 2 tests failed, then passed when they were retried\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let missing = step.runner.annotations.iter().find(|one| one.message.contains("gone"));
    assert_eq!(missing.map(|one| &*one.message), Some("memory: gone\ns3: gone"));
}

#[test]
fn many_failures_are_folded_whatever_their_names() {
    let case = |name: &str| format!("<testcase name='{name}'><failure message='x'/></testcase>");
    let numbered =
        |prefix: &str, n: usize| (0..n).map(|n| format!("{prefix}{n:02}")).collect::<Vec<_>>();
    for (names, fold) in [
        (
            numbered("n.", 31),
            "<details><summary><code>n.</code>: 31 new failures</summary>\n\n| Test",
        ),
        (numbered("", 31), "<details><summary>31 new failures</summary>\n\n| Test"),
        (numbered("n.", 30), "| Test"),
        (
            [numbered("m.", 20), numbered("n.", 20)].concat(),
            "#### New failures by the start of their names\n\n<details><summary><code>m.</code>: 20 new",
        ),
    ] {
        let cases: String = names.iter().map(|name| case(name)).collect();
        let mut action = Action::new();
        action.run_with_results(&format!("<testsuite>{cases}</testsuite>"));
        let text = visible_body(&action.comments()[0]);
        let (_, evidence) = text.split_once("\n\n").expect(&text);
        assert!(evidence.trim_start().starts_with(fold), "{fold}\n{text}");
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}

#[test]
fn message_is_that_of_a_variant_that_is_named_where_others_differ() {
    let suite = |same: &str, different: &str| {
        format!(
            "<testsuite><testcase classname='a' name='same'><failure message='{same}'/></testcase>\
             <testcase classname='a' name='different'><failure message='{different}'/></testcase>\
             <testcase classname='a' name='remark'/></testsuite>"
        )
    };
    let mut action = Action::new()
        .file("out-memory/r.xml", suite("both", "first"))
        .file(
            "out-postgres/r.xml",
            suite("both", "second").replace("'remark'/>", "'remark'><error/></testcase>"),
        )
        .with("results", "out-{variant}/*.xml");
    let step = action.run_step(|_| {});
    let text = visible_body(&action.comments()[0]);
    for row in [
        "❌ **5 new failures (3 tests).** ",
        "| `a.different` | failed | failed | memory: `first` |\n",
        "| `a.remark` | passed | errored |  |\n",
        "| `a.same` | failed | failed | `both` |\n",
        "6 tests in 2 variants: ",
    ] {
        assert!(text.contains(row), "{row}\n{text}");
    }
    let log = "  a.different  failed in both variants\n      memory:\n      first\n";
    assert!(step.printed.contains(log), "{}", step.printed);
}

#[test]
fn source_files_are_links_if_they_are_checked_out() {
    let case = |file: &str| {
        format!(
            "<testcase classname='a' name='t' file='{file}' line='7'><failure>x\ny</failure></testcase>"
        )
    };
    // The merge commit, which is checked out.
    let blob = format!("https://github.com/octo/r/blob/{MERGE}/");
    for (file, shown) in [
        (
            "src/a b#c?(d)|e.c",
            format!("[`src/a b#c?(d)|e.c:7`]({blob}src/a%20b%23c%3F%28d%29%7Ce.c#L7)"),
        ),
        ("src/lost.c", "`src/lost.c:7`".to_owned()),
        ("../outside.c", "`../outside.c:7`".to_owned()),
        ("/etc/passwd", "`/etc/passwd:7`".to_owned()),
    ] {
        let mut action = Action::new().file("src/a b#c?(d)|e.c", "");
        action.run_with_results(&format!("<testsuite>{}</testsuite>", case(file)));
        let text = visible_body(&action.comments()[0]);
        let expected = format!(
            "<details><summary>Output of <code>a.t</code></summary>\n\n{shown}\n\n```text\nx\ny\n```\n"
        );
        assert!(text.contains(&expected), "{expected}\n{text}");
        let name =
            shown.split_once("](").map_or("`a.t`".to_owned(), |(_, url)| format!("[`a.t`]({url}"));
        let row = format!("| {name} | failed | `x` |\n");
        assert!(text.contains(&row), "{row}\n{text}");
    }
}

#[test]
fn output_names_its_tests_and_how_many_there_are() {
    let case = |n: usize| {
        format!("<testcase classname='a' name='t{n}'><failure>x\ny</failure></testcase>")
    };
    for (tests, title) in [
        (1, "Output of <code>a.t0</code>"),
        (2, "Output of 2 tests"),
        (5, "Output of 5 tests"),
        (6, "Output of the first 5 tests"),
    ] {
        let mut action = Action::new();
        let cases: String = (0..tests).map(case).collect();
        action.run_with_results(&format!("<testsuite>{cases}</testsuite>"));
        let text = visible_body(&action.comments()[0]);
        assert!(text.contains(&format!("<summary>{title}</summary>")), "{title}\n{text}");
        assert_eq!(text.contains("\n`a.t0`\n\n```text\n"), tests > 1, "{text}");
    }
}

#[test]
fn advice_names_the_document_that_a_row_would_be_added_to() {
    let list = |rows: &str| format!("| Test | Reason |\n| --- | --- |\n{rows}");
    for (first, second, test, named) in [
        ("| a.x | |\n", "| b.x | |\n", "a.y", "`first.md`"),
        ("| a.x | |\n", "| b.x | |\n", "b.y", "`second.md`"),
        // The row that a later document has in place of an earlier one.
        ("| a.* | |\n", "| a.* | skip |\n", "a.x", "`second.md`"),
        ("| a.x | |\n", "| b.x | |\n", "new.y", "`second.md`"),
        ("", "", "new.y", "`second.md`"),
    ] {
        let second = list(second).replace("Reason", "Status");
        let mut action = Action::new()
            .file("first.md", list(first))
            .file("second.md", second)
            .with("known-failures", "first.md\nsecond.md");
        action.run_with_results(&format!("test: {test}\nfailure: {test} [\nx\n]\n"));
        let text = visible_body(&action.comments()[0]);
        let advice = format!("or list it in {named} with a reason.\n");
        assert!(text.contains(&advice), "{advice}\n{text}");
    }
}

#[test]
fn advice_on_new_failures_changes_the_list_that_judges_where_it_can_be_changed() {
    let error = |name: &str| format!("test: {name}\nerror: {name} [\nx\n]\n");
    let added =
        "| Test | Status |\n| --- | --- |\n| a.x | fail |\n| b.x | skip |\n| w.* | fail |\n";
    let (one, two) = (error("a.x"), error("a.x") + &error("b.x"));
    for (document, by, results, advice) in [
        (DOCUMENT, "", one.clone(), "list it in `KNOWN_FAILURES.md` with a reason."),
        (
            DOCUMENT,
            "base",
            one.clone(),
            "list it in `KNOWN_FAILURES.md` on the base branch with a reason.",
        ),
        (added, "", one, "change the status of its row in `KNOWN_FAILURES.md`."),
        (added, "", two.clone(), "change the status of their rows in `KNOWN_FAILURES.md`."),
        (
            added,
            "base",
            two.clone(),
            "change the status of their rows in `KNOWN_FAILURES.md` on the base branch.",
        ),
        // A row of its own goes before the wildcard.
        (added, "", error("w.x"), "list it in `KNOWN_FAILURES.md` with a reason."),
        (
            added,
            "",
            two + &error("w.x"),
            "list them in `KNOWN_FAILURES.md` with their reasons; where one has a row, change the status of \
             that.",
        ),
    ] {
        // Also as one of a matrix, whose summary is read from the comment.
        for variant in ["", "memory"] {
            let mut action = Action::new().file("KNOWN_FAILURES.md", document);
            action = action.with("known-failures-ref", by).with("variant", variant);
            action.run_with_results(&results);
            let text = visible_body(&action.comments()[0]);
            assert!(text.contains(&format!(", or {advice}\n")), "{advice}\n{text}");
        }
    }
}

#[test]
fn advice_on_rows_that_pass_has_those_that_the_patch_leaves() {
    let document = "| Test | Status |\n| --- | --- |\n| a.* | |\n| a.x | fail |\n| b | |\n";
    let mut action =
        Action::new().file("KNOWN_FAILURES.md", document).with("fail-on", "newly-passing");
    let results = "test: a.x\nsuccess: a.x\ntest: a.y\nfailure: a.y [\nx\n]\ntest: b\nsuccess: b\n";
    let step = action.run_with_results(results);
    let text = visible_body(&action.comments()[0]);
    let advice = "** Remove the rows that can be removed; others stay, because without them other rows would \
                  excuse more: make those stricter.\n";
    assert!(step.code == 1 && text.contains(advice), "{text}");
    assert!(text.contains("-| b | |\n") && !text.contains("-| a.x"), "{text}");
}

#[test]
fn log_begins_with_the_red_reason_too() {
    for (reason, heading) in [
        ("new-failures", "New failures\n"),
        ("missing", "Missing: "),
        ("hidden-regressions", "Known failures with remarks\n"),
        ("differently", "Known failures with remarks\n"),
        ("newly-passing", "Newly passing: "),
        ("unmatched", "Rows that match no test\n"),
        ("flaky", "Flaky: "),
        ("growth", "This pull request changes the list: "),
        ("document", "Problems\n"),
    ] {
        let step = red_for(reason).run_with_results(RESULTS);
        // After the verdict.
        let (_, evidence) = step.printed.split_once('\n').expect(&step.printed);
        assert!(evidence.starts_with(heading), "{reason}\n{}", step.printed);
    }
}

#[test]
fn log_names_the_variant_and_the_row_of_a_known_failure() {
    let suite = |outcome: &str| {
        format!("<testsuite><testcase classname='a' name='known'>{outcome}</testcase></testsuite>")
    };
    let mut action = Action::new()
        .with("results", "out-{variant}/*.xml")
        .with("baseline", "base-{variant}/*.xml");
    for variant in ["memory", "s3"] {
        action = action.file(&format!("out-{variant}/r.xml"), suite("<failure message='x'/>"));
        action = action.file(&format!("base-{variant}/r.xml"), suite(""));
    }
    let step = action.run_step(|_| {});
    for variant in ["memory", "s3"] {
        let line =
            format!("\n  KNOWN_FAILURES.md:5  a.known  in {variant}  passed in the base run: ");
        assert!(step.printed.contains(&line), "{line}\n{}", step.printed);
    }
}

#[test]
fn reason_why_nothing_was_judged_is_a_sentence() {
    let mut action = Action::new().with("results", "none/*.txt");
    let step = action.run_step(|_| {});
    assert_eq!(step.code, 2);
    let text = visible_body(&action.comments()[0]);
    for line in text.lines().filter(|line| line.contains("none/") || line.starts_with("Check")) {
        assert!(line.ends_with('.'), "{line}");
    }
}
