//! `knownfail diff`: what became of each row between two lists.

use crate::harness::Knownfail;
use knownfail::known::{Change, EditedCell, Expected, KnownFailures, RowId, changes};
use knownfail::model::Variant;
use proptest::prelude::*;
use std::time::{Duration, Instant};

const REAL_DOCUMENTS: [&str; 4] = [
    include_str!("../documents/dittofs-001-2026-02-28-2aa4292e.md"),
    include_str!("../documents/dittofs-005-2026-03-03-67c6ca19.md"),
    include_str!("../documents/dittofs-093-2026-05-29-b473aba0.md"),
    include_str!("../documents/dittofs-140-2026-07-21-5937d0a4.md"),
];

fn read(text: &str) -> KnownFailures {
    KnownFailures::read(&[("list.md".into(), text.to_owned())])
}

/// A change with the patterns of its rows, their lines after `@`.
fn describe(old: &KnownFailures, new: &KnownFailures, change: &Change) -> String {
    let row = |known: &KnownFailures, id: RowId| {
        format!("{}@{}", known.row(id).pattern.as_str(), known.row(id).line)
    };
    let all = |known: &KnownFailures, ids: &[RowId]| {
        ids.iter().map(|id| row(known, *id)).collect::<Vec<_>>().join(" ")
    };
    match change {
        Change::Added { new: n } => format!("added {}", row(new, *n)),
        Change::Widened { old: o, new: n } => {
            format!("widened {} to {}", all(old, o), row(new, *n))
        }
        Change::Relaxed { old: o, new: n } => {
            format!("relaxed {} to {}", all(old, o), row(new, *n))
        }
        Change::Edited { old: o, new: n, cells, excuses_more } => {
            let more = if *excuses_more { " more" } else { "" };
            format!("edited {} to {}: {cells:?}{more}", row(old, *o), row(new, *n))
        }
        Change::Moved { old: o, new: n } => format!("moved {} to {}", row(old, *o), row(new, *n)),
        Change::Narrowed { old: o, new: n, relaxed } => {
            let more = if relaxed.is_empty() { "" } else { "; more by " };
            format!("narrowed {} to {}{more}{}", row(old, *o), all(new, n), all(new, relaxed))
        }
        Change::Removed { old: o } => format!("removed {}", row(old, *o)),
        Change::Duplicated { new: n, original: of, excuses_more } => {
            let more = if *excuses_more { " more" } else { "" };
            format!("repeated {} of {}{more}", row(new, *n), row(new, *of))
        }
        Change::Deduplicated { old: o, into } => {
            format!("merged {} into {}", row(old, *o), row(new, *into))
        }
    }
}

fn list(rows: &str) -> String {
    format!("| Test | Reason | Status | Variants |\n|---|---|---|---|\n{rows}")
}

#[test]
fn diff_with_results_reports_whether_added_rows_fail() {
    let mut program = Knownfail::new();
    program.file("old.md", list("| a | | | |\n"));
    program.file("new.md", list("| a | | | |\n| b | | | |\n| c | | | |\n| d | | | |\n"));
    let test = |name: &str, word: &str| format!("test: {name}\n{word}: {name}\n");
    let tests = [test("a", "failure"), test("b", "failure"), test("c", "success")].concat();
    program.file("r.txt", format!("progress: 3\n{tests}"));
    let ran = program.run(&["diff", "old.md", "new.md", "r.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for expected in [
        "new.md:4  b\n      it is needed: 1 failed\n",
        "new.md:5  c\n      its tests do not fail: 1 passed\n",
        "new.md:6  d\n      no test of that name ran\n",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    let json = program.run(&["diff", "old.md", "new.md", "r.txt", "--output", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"][1]["new"][0]["run"]["status"], "newly-passing");
    let json = program.run(&["diff", "old.md", "new.md", "--output", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"][1]["new"][0]["run"], serde_json::Value::Null);
    assert_eq!(program.run(&["diff", "old.md", "new.md", "none*.txt"]).code, 2);
}

#[test]
fn rows_with_equal_claims_pair_with_the_most_similar() {
    let section = |name: &str, rows: &str| format!("# {name}\n\n{}\n", list(rows));
    let old = read(
        &[section("A", "| a | x | | |\n| a | y | | |\n"), section("B", "| a | z | | |\n")].concat(),
    );
    let new = read(
        &[section("B", "| a | y | | |\n"), section("A", "| a | z | | |\n| a | x | | |\n")].concat(),
    );
    let found: Vec<String> =
        changes(&old, &new).iter().map(|change| describe(&old, &new, change)).collect();
    // Rows of the same section and reason are preferred, then those of the same section.
    let expected = ["edited a@6 to a@11: [Reason]", "edited a@12 to a@5: [Reason]"];
    assert_eq!(found, expected);
}

/// Comparing every pair would take minutes.
#[test]
fn many_rows_with_equal_claims_pair_in_bounded_time() {
    let rows = |numbers: &mut dyn Iterator<Item = u32>| {
        read(&list(&numbers.map(|n| format!("| a | r{n} | | |\n")).collect::<String>()))
    };
    let (old, new) = (rows(&mut (0..60_000)), rows(&mut (0..60_000).rev()));
    let began = Instant::now();
    assert_eq!(changes(&old, &new), []);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

/// Where there are too many pairs of patterns to compare, every row that may excuse more counts.
#[test]
fn many_patterns_in_another_order_count_in_bounded_time() {
    let rows = |numbers: &mut dyn Iterator<Item = u32>| {
        let status = |n: u32| if n.is_multiple_of(2) { "" } else { "fail" };
        read(&list(
            &numbers.map(|n| format!("| `*{n:05}*` | | {} | |\n", status(n))).collect::<String>(),
        ))
    };
    let (old, new) = (rows(&mut (0..6_000)), rows(&mut (0..6_000).rev()));
    let found = changes(&old, &new);
    let counted = found.iter().flat_map(Change::rows_that_excuse_more).count();
    assert_eq!((found.len(), counted), (3_000, 3_000));
}

#[test]
fn each_kind_of_change_is_detected() {
    let cases: [(String, String, &[&str]); 9] = [
        (list("| a | x | | |\n"), list("| b | x | | |\n"), &["added b@3", "removed a@3"]),
        (
            list("| s.a | | | |\n| s.b | | | |\n| t | | | |\n"),
            list("| s.* | | | |\n| t | | | |\n"),
            &["widened s.a@3 s.b@4 to s.*@3"],
        ),
        (
            list("| s.* | | | |\n| s.a | | | |\n"),
            list("| s.a | | | |\n| s.b | | | |\n| s.c.* | | | |\n| t | | | |\n"),
            &["added t@6", "narrowed s.*@3 to s.b@4 s.c.*@5"],
        ),
        (list("| a | | | m |\n"), list("| a | | | |\n"), &["widened a@3 to a@3"]),
        (list("| a | | | !m |\n"), list("| a | | | p, !m |\n"), &["narrowed a@3 to a@3"]),
        (
            list("| a | x | fail | m |\n"),
            list("| `a` | y | | p |\n"),
            &["edited a@3 to a@3: [Variants, Status, Reason] more"],
        ),
        (list("| a | x | | |\n| a | y | | |\n"), list("| a | y | | |\n"), &["merged a@3 into a@3"]),
        (list("| a | x | | |\n"), list("| a | y | | |\n| a | x | | |\n"), &["repeated a@3 of a@4"]),
        (list("| b | | | |\n| a | | | |\n"), list("| `a` | - | any | all |\n| b |\n"), &[]),
    ];
    for (old, new, expected) in cases {
        let (old, new) = (read(&old), read(&new));
        let found: Vec<String> =
            changes(&old, &new).iter().map(|change| describe(&old, &new, change)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn reworded_heading_is_not_a_move_to_another_section() {
    let sections = |a: &str, b: &str| {
        let row = |name: &str| format!("| Test |\n|---|\n| {name} |\n");
        read(&format!("# {a}\n\n{}\n# {b}\n\n{}", row("x"), row("y")))
    };
    let (before, renamed) = (sections("One", "Two"), sections("One (12)", "Two"));
    assert_eq!(changes(&before, &renamed), []);
    let swapped = sections("Two", "One");
    let moved = |id| Change::Moved { old: RowId(id), new: RowId(id) };
    assert_eq!(changes(&before, &swapped), [moved(0), moved(1)]);
}

#[test]
fn unknown_columns_are_identified_by_their_header() {
    let list = |cell: &str| read(&format!("| Test | Notes |\n|---|---|\n| a | {cell} |\n"));
    let [Change::Edited { cells, .. }] = &changes(&list("x"), &list("y"))[..] else { panic!() };
    assert_eq!(cells, &[EditedCell::Other("Notes".to_owned())]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Nothing is lost or reported twice: the old rows without the removed and with the added ones are the new rows.
    #[test]
    fn every_row_is_accounted_for_once(from in 0..REAL_DOCUMENTS.len(), to in 0..REAL_DOCUMENTS.len()) {
        let (old, new) = (read(REAL_DOCUMENTS[from]), read(REAL_DOCUMENTS[to]));
        let found = changes(&old, &new);
        let (mut removed, mut added) = (0, 0);
        for change in &found {
            let (minus, plus) = match change {
                Change::Added { .. } | Change::Duplicated { .. } => (0, 1),
                Change::Removed { .. } | Change::Deduplicated { .. } => (1, 0),
                Change::Widened { old, .. } => (old.len(), 1),
                Change::Narrowed { new, .. } => (1, new.len()),
                Change::Relaxed { .. } | Change::Edited { .. } | Change::Moved { .. } => (0, 0),
            };
            (removed, added) = (removed + minus, added + plus);
        }
        prop_assert_eq!(old.rows().len() - removed + added, new.rows().len());
        prop_assert!(from != to || found.is_empty());
        prop_assert!(found.is_sorted());
    }
}

#[test]
fn diff_reports_the_change_of_each_row() {
    let mut program = Knownfail::new();
    let table = |heading: &str, rows: &str| format!("## {heading}\n\n{}\n", list(rows));
    let kept = "| k | x | | |\n";
    let old = table("Leases", "| s.* | no | | |\n| a | x | fail | |\n| z | | | |\n");
    let new = table("Leases", "| s.a | no | | |\n| s.b | no | | |\n");
    program.file("old.md", old + &table("Kept", kept));
    let kept = format!("{kept}| a | `y` | | |\n| n | new one | | m |\n");
    program.file("new.md", new + &table("Kept", &kept));
    let ran = program.run(&["diff", "old.md", "new.md"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expected = "\
1 row added, 1 row edited, 1 row moved, 1 row narrowed, 1 row removed

Added
  new.md:14  n  in m  new one

Edited: the same tests, other cells
  new.md:13  a
      status: `fail` became `any failure`
      reason: `x` became `y`
      it excuses more than before

Moved: the same tests, another section
  new.md:13  a  from Leases to Kept

Narrowed: what they claimed, and what of it is left
  old.md:5  s.*
      new.md:5  s.a
      new.md:6  s.b

Removed
  old.md:7  z
";
    assert_eq!(ran.stdout, expected);
    let ran = program.run(&["diff", "old.md", "new.md", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&json["counts"]["narrowed"], &json["counts"]["widened"]), (&1.into(), &0.into()));
    assert_eq!(json["changes"][1]["cells"][0]["column"], "status");
    assert_eq!(program.run(&["diff", "old.md", "none.md"]).code, 2);
    assert_eq!(program.run(&["diff", "old.md", "old.md"]).stdout, "no row changed\n");
}

/// A document of several rows, each with a status and variants.
fn documents() -> impl Strategy<Value = Vec<String>> {
    let pattern = prop_oneof!["[ab]{1,2}", "[ab*?]{1,3}", "re:a.*", "re:.b"];
    let status = proptest::sample::select(vec![
        "", "", "fail", "error", "timeout", "crash", "flaky", "skip", "fail: x", "fail: xy",
    ]);
    let variants = proptest::sample::select(vec!["", "", "m", "p", "!m", "m, p"]);
    let row = (pattern, status, variants).prop_map(|(pattern, status, variants)| {
        format!("| {pattern} | | {status} | {variants} |\n")
    });
    let document =
        (any::<bool>(), proptest::collection::vec(row, 0..5)).prop_map(|(loose, rows)| {
            let directive = if loose { "<!-- knownfail: compat = loose -->\n\n" } else { "" };
            format!("{directive}{}", list(&rows.concat()))
        });
    proptest::collection::vec(document, 1..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the lists, and whichever rows claim a test: what only the new list excuses is by a row that counts.
    #[test]
    fn nothing_more_is_excused_without_a_row_that_counts(before in documents(), edit in documents(), kept in any::<u8>()) {
        // Both lists have rows in common.
        let after: Vec<String> = (0..before.len().max(edit.len()))
            .filter_map(|at| {
                let (old, new) = (before.get(at), edit.get(at));
                let mix = |old: &String| mixed_lines(old, new.map_or("", String::as_str), kept);
                old.map(mix).or_else(|| new.cloned())
            })
            .collect();
        let read = |texts: &[String]| {
            let document = |(at, text): (usize, &String)| (format!("{at}.md").into(), text.clone());
            KnownFailures::read(&texts.iter().enumerate().map(document).collect::<Vec<_>>())
        };
        let (old, new) = (read(&before), read(&after));
        let found = changes(&old, &new);
        let counted: Vec<RowId> =
            found.iter().flat_map(Change::rows_that_excuse_more).copied().collect();
        for name in ["a", "b", "aa", "ab", "ba", "bb", "aab", "abb", "bab", "a.b", "abab"] {
            for variant in ["", "m", "p", "q"] {
                let claim = |known: &KnownFailures| {
                    let claim = known.claim(name, &Variant::new(variant));
                    claim.map(|claim| (claim.row, known.row(claim.row).expected.clone()))
                };
                let Some((row, lax)) = claim(&new) else { continue };
                let is_covered = claim(&old).is_some_and(|(_, strict): (_, Expected)| strict.covers(&lax));
                prop_assert!(
                    is_covered || counted.contains(&row),
                    "{name} in {variant:?}: {before:#?} {after:#?} {found:?}"
                );
            }
        }
    }
}

/// The rows of `old` and `new` in turns, of which the bits of `kept` leave out some.
fn mixed_lines(old: &str, new: &str, kept: u8) -> String {
    let rows = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| Test"))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    let is_loose = if kept.is_multiple_of(2) { old } else { new }.contains("loose");
    let both = rows(old).into_iter().chain(rows(new)).enumerate();
    let left: Vec<String> =
        both.filter(|(at, _)| kept & (1 << (at % 8)) != 0).map(|(_, row)| row).collect();
    let left = if kept & 0x80 == 0 { left } else { left.into_iter().rev().collect() };
    let directive = if is_loose { "<!-- knownfail: compat = loose -->\n\n" } else { "" };
    format!("{directive}{}", list(&left.concat()))
}
