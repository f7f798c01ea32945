//! What a pull request makes the list excuse, beyond rows that it adds: `growth`, and the lines that show it.

use crate::action::{Action, GREEN, StepResult, action_with_list_change};
use knownfail::compare::ListChange;
use knownfail::known::KnownFailures;
use knownfail::report::ListDiff;

/// Rows of the old and the new list, and the line that the comment shows for the row that counts; none if nothing more
/// is excused.
const GROWTH: &[(&str, &str, Option<&str>)] = &[
    // A status is lifted or widened.
    ("| b | fail | |", "| b | | |", Some("changes `status` of `b`, which excuses more")),
    ("| b | fail | |", "| b | timeout | |", Some("changes `status` of `b`, which excuses more")),
    ("| b | crash | |", "| b | flaky | |", Some("changes `status` of `b`, which excuses more")),
    ("| b | skip | |", "| b | fail | |", Some("changes `status` of `b`, which excuses more")),
    ("| b | fail | |", "| b | skip | |", Some("changes `status` of `b`, which excuses more")),
    ("| b | | |", "| b | timeout | |", Some("changes `status` of `b`, which excuses more")),
    ("| b | fail: x | |", "| b | fail | |", Some("changes `status` of `b`, which excuses more")),
    (
        "| b | fail: xy | |",
        "| b | fail: x | |",
        Some("changes `status` of `b`, which excuses more"),
    ),
    ("| b | fail: x | |", "| b | fail: y | |", Some("changes `status` of `b`, which excuses more")),
    // It is narrowed.
    ("| b | | |", "| b | fail | |", None),
    ("| b | crash | |", "| b | | |", None),
    ("| b | flaky | |", "| b | | |", None),
    ("| b | timeout | |", "| b | error | |", None),
    ("| b | fail | |", "| b | fail: x | |", None),
    ("| b | fail: x | |", "| b | fail: xy | |", None),
    // Variants.
    ("| b | | m |", "| b | | |", Some("more variants for `b`")),
    ("| b | | m |", "| b | | m, p |", Some("more variants for `b`")),
    ("| b | | m |", "| b | | p |", Some("changes `variants` of `b`, which excuses more")),
    ("| b | | |", "| b | | m |", None),
    ("| b | | |", "| b | fail | m |", None),
    ("| b | fail | |", "| b | | m |", Some("changes `status` of `b`, which excuses more")),
    // A stricter row gives way to a laxer one.
    (
        "| b.x | fail | |\n| b.* | | |",
        "| b.* | | |",
        Some("leaves tests of `b.x` to `b.*`, which excuses more"),
    ),
    (
        "| b.x | skip | |\n| b.* | | |",
        "| b.* | | |",
        Some("leaves tests of `b.x` to `b.*`, which excuses more"),
    ),
    (
        "| b.x.* | fail | |\n| re:b.* | | |",
        "| re:b.* | | |",
        Some("leaves tests of `b.x.*` to `re:b.*`, which excuses more"),
    ),
    (
        "| b.x | fail | |\n| b.* | | |",
        "| b.x | fail | m |\n| b.* | | |",
        Some("leaves tests of `b.x` to `b.*`, which excuses more"),
    ),
    (
        "| b.x.* | fail | |\n| b.* | | |",
        "| b.x.y | fail | |\n| b.* | | |",
        Some("leaves tests of `b.x.*` to `b.*`, which excuses more"),
    ),
    (
        "| b.*x | fail | |\n| b.y* | | |",
        "| b.y* | | |\n| b.*x | fail | |",
        Some("leaves tests of `b.*x` to `b.y*`, which excuses more"),
    ),
    (
        "| re:b.*x | fail | |\n| re:b.* | | |",
        "| re:b.* | | |\n| re:b.*x | fail | |",
        Some("leaves tests of `re:b.*x` to `re:b.*`, which excuses more"),
    ),
    (
        "| b | fail | m |\n| b | | |",
        "| b | | |\n| b | fail | m |",
        Some("replaces a stricter row by `b`, which excuses more"),
    ),
    ("| b.* | fail | |", "| b.x | | |", Some("narrows `b.*` to `b.x`, which excuses more")),
    ("| b.x | | |\n| b.* | fail | |", "| b.* | fail | |", None),
    ("| b.x | fail | |\n| c.* | | |", "| c.* | | |", None),
    ("| b.x | fail | |\n| b.* | fail | |\n| * | | |", "| b.* | fail | |\n| * | | |", None),
    ("| b.y* | | |\n| b.*x | fail | |", "| b.*x | fail | |\n| b.y* | | |", None),
    ("| re:b.*x | fail | |\n| re:c.* | | |", "| re:c.* | | |\n| re:b.*x | fail | |", None),
    // Of two rows for the same tests, the first counts.
    ("| b | fail | |\n| b | | |", "| b | | |\n| b | fail | |", Some("which excuses more")),
    ("| b | fail | |\n| b | | |", "| b | | |", Some("which excuses more")),
    ("| b | fail | |", "| b | fail | |\n| b | | |", None),
];

/// A document of these rows, all with the same issue.
fn list(rows: &str, issue: &str) -> String {
    let rows = format!("{rows}\n| a.known | | |");
    let rows: String = rows.lines().map(|row| format!("{row} {issue} |\n")).collect();
    format!("| Test | Status | Variants | Issue |\n|---|---|---|---|\n{rows}")
}

fn judge(mut action: Action) -> StepResult {
    action.run_with_results(GREEN)
}

#[test]
fn everything_that_excuses_more_counts() {
    let read = |text: String| KnownFailures::read(&[("list.md".into(), text)]);
    for (old, new, expected) in GROWTH {
        for issue in ["-", "#1"] {
            let change = ListChange::new(read(list(old, issue)), read(list(new, issue)));
            // Rows in another order are no change by themselves.
            let diff = ListDiff::new(&change);
            let lines = diff.iter().flat_map(|diff| &diff.lines);
            let lines: Vec<String> = lines.map(|line| line.text.to_plain_line()).collect();
            let is_untracked = expected.is_some() && issue == "-";
            assert_eq!(diff.is_some_and(|diff| diff.grows), expected.is_some(), "{new}: {lines:?}");
            assert_eq!(change.has_untracked(), is_untracked, "{new}: {lines:?}");
            let suffix = if is_untracked { ", without an issue" } else { "" };
            let line = expected.map_or_else(String::new, |text| format!("{text}{suffix}"));
            assert!(lines.join("\n").contains(&line), "{new}: {lines:?}");
            let excuses_more = |line: &str| line.contains("which excuses more");
            assert_eq!(lines.iter().any(|text| excuses_more(text)), excuses_more(&line), "{new}");
        }
    }
}

#[test]
fn a_lifted_status_is_red_and_in_the_comment() {
    let strict = list("| b.x | fail | |\n| b.* | | |", "-");
    for (rows, issue, exit) in [
        ("| b.x | | |\n| b.* | | |", "-", 1),
        ("| b.* | | |", "-", 1),
        ("| b.* | | |", "#1", 0),
        ("| b.x | fail: x | |\n| b.* | | |", "-", 0),
    ] {
        let mut action =
            action_with_list_change(&strict, &list(rows, issue)).with("fail-on", "growth");
        let finished = action.run_with_results(GREEN);
        assert_eq!(finished.code, exit, "{rows}: {}", finished.printed);
        let is_growth = !rows.contains("fail");
        // A comment also shows rows that are tracked.
        assert_eq!(action.comments().len(), usize::from(is_growth), "{rows}");
        assert_eq!(finished.summary.contains("which excuses more"), is_growth, "{rows}");
        let annotated = finished.runner.annotations.iter().any(|a| a.line == Some(3));
        assert_eq!(annotated, exit == 1, "{rows}");
    }
}

#[test]
fn an_overlay_row_that_replaces_a_stricter_one_counts() {
    let overlaid = |base: &str, before: &str, after: &str| {
        let (base, before, after) = (list(base, "-"), list(before, "-"), list(after, "-"));
        let action = action_with_list_change(&base, &base)
            .file("overlay.md", &after)
            .with("known-failures", "KNOWN_FAILURES.md\noverlay.md")
            .with("fail-on", "growth");
        action.github.put_file(crate::action::MERGE_BASE, "overlay.md", &before);
        action.github.put_file(crate::action::HEAD, "overlay.md", &after);
        judge(action)
    };
    let none = "| c | | |";
    for (base, before, after, line) in [
        ("| b | fail | |", none, "| b | | |\n| c | | |", "repeats `b`, which excuses more"),
        ("| b | skip | |", none, "| b | fail | |\n| c | | |", "repeats `b`, which excuses more"),
        ("| b | | |", "| b | fail | |\n| c | | |", none, "replaces a stricter row by `b`, which"),
        ("| b | | |", none, "| b | fail | |\n| c | | |", ""),
        ("| b | fail | |", "| b | | |\n| c | | |", none, ""),
    ] {
        let finished = overlaid(base, before, after);
        let printed = &finished.printed;
        assert_eq!(finished.code, i32::from(!line.is_empty()), "{base} {after}: {printed}");
        assert!(printed.contains(line), "{base} {after}: {printed}");
    }
}

#[test]
fn a_row_that_loses_its_issue_counts() {
    let (tracked, untracked) = (list("| b.* | | |", "#1"), list("| b.* | | |", "-"));
    for (old, new, exit) in [
        (&tracked, &untracked, 1),
        (&untracked, &untracked.replace("b.*", "b.x"), 0),
        (&tracked, &untracked.replace("b.*", "b.x"), 1),
        (&untracked, &tracked, 0),
        (&tracked, &tracked.replace("| b.* | | | #1 |\n", ""), 0),
    ] {
        let finished = judge(action_with_list_change(old, new).with("fail-on", "growth"));
        assert_eq!(finished.code, exit, "{old}{new}{}", finished.printed);
    }
}

#[test]
fn a_directive_that_widens_rows_counts() {
    let with = |directive: &str| {
        format!("<!-- knownfail: {directive} -->\n\n{}", list("| b.* | | |", "-"))
    };
    for (old, new, text) in [
        ("allow = odd-issue", "compat = loose", "lets `compat = loose` widen `b.*`"),
        ("variants = m", "variants = m, p", "more variants for `a.known`"),
        ("variants = m", "allow = odd-issue", "more variants for `a.known`"),
        ("compat = loose", "allow = odd-issue", ""),
        ("allow = odd-issue", "variants = m", ""),
    ] {
        let finished =
            judge(action_with_list_change(&with(old), &with(new)).with("fail-on", "growth"));
        assert_eq!(finished.code, i32::from(!text.is_empty()), "{new}: {}", finished.printed);
        assert!(finished.printed.contains(text), "{new}: {}", finished.printed);
    }
}

#[test]
fn an_issue_that_is_lost_to_a_row_for_the_same_tests_counts() {
    let (tracked, untracked) = ("| a | r1 | #1 |", "| a | r2 | |");
    let list =
        |rows: &[&str]| format!("| Test | Reason | Issue |\n|---|---|---|\n{}\n", rows.join("\n"));
    for (old, new, exit) in [
        (&[tracked, untracked][..], &[untracked][..], 1),
        (&[tracked, untracked], &[untracked, tracked], 1),
        (&[tracked], &[untracked, tracked], 1),
        (&[tracked, "| b | | |", untracked], &["| b | | |", untracked], 1),
        (&[tracked, untracked], &[tracked], 0),
        (&[untracked, tracked], &[untracked], 0),
        (&[untracked, tracked], &[tracked], 0),
        (&[untracked, tracked], &[tracked, untracked], 0),
        (&[tracked], &[tracked, untracked], 0),
    ] {
        let (old, new) = (list(old), list(new));
        let finished = judge(action_with_list_change(&old, &new).with("fail-on", "growth"));
        assert_eq!(finished.code, exit, "{old}{new}{}", finished.printed);
        let line = "changes `issue` of `a`, without an issue";
        assert_eq!(finished.printed.contains(line), exit == 1, "{old}{new}{}", finished.printed);
    }
}
