//! What `lint` reports beyond `check`, and how reports are suppressed.

use crate::harness::{Knownfail, PROGRAM};
use knownfail::known::KnownFailures;
use knownfail::known::lint::lint;
use knownfail::model::ProblemKind;
use knownfail::report::{PROBLEM_CODES, ProblemCode, ReportedBy};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The oddities of a document: line and code.
fn lint_problems(text: &str) -> Vec<(u32, &'static str)> {
    let known = KnownFailures::read(&[("list.md".into(), text.to_owned())]);
    lint(&known).iter().map(|problem| (problem.line, problem.kind.code())).collect()
}

fn list(rows: &str) -> String {
    format!("| Test | Reason | Issue |\n|---|---|---|\n{rows}")
}

#[test]
fn each_rule_reports_its_cases() {
    assert_eq!(lint_problems(&list("| a.* | x | |\n| a.b | x | |\n")), [(4, "redundant-row")]);
    assert_eq!(
        lint_problems(&list("| a.* | x | |\n| a.b | y | |\n")),
        [],
        "it says why this one fails"
    );
    assert_eq!(lint_problems(&list("| a.* | x | |\n| a.?* | x | |\n")), [(4, "redundant-row")]);
    assert_eq!(lint_problems(&list("| * | x | |\n")), [(3, "catch-all-row")]);
    assert_eq!(lint_problems(&list("| re:.* | x | |\n")), [(3, "catch-all-row")]);
    for pattern in [r"smb2\.dir\..*", "^a$", r"t\d"] {
        assert_eq!(
            lint_problems(&list(&format!("| `{pattern}` | | |\n"))),
            [(3, "looks-like-regex")]
        );
    }
    assert_eq!(lint_problems(&list("| re:a\\nb | | |\n")), [(3, "never-matches")]);
    for pattern in ["a.*", "a.b+c", "x[1]", "a$", r"re:t\d"] {
        assert_eq!(lint_problems(&list(&format!("| {pattern} | | |\n"))), [], "{pattern}");
    }
    for pattern in ["**a.b**", "***a.b***", "__a.b__", "~~a~~", "[a.b](http://x)", "[`a`](#1)"] {
        let row = format!("| `` {pattern} `` | | |\n");
        assert_eq!(lint_problems(&list(&row)), [(3, "marked-up-pattern")], "{pattern}");
    }
    for pattern in ["*a.b*", "__init__", "[a] f(b)", "a[b](c)", "<a>", "<b>a</b>", r"\[a\](b)"] {
        assert_eq!(lint_problems(&list(&format!("| `{pattern}` | | |\n"))), [], "{pattern}");
    }
    assert_eq!(lint_problems(&list("| a | | #1 |\n| b | | soon |\n")), [(4, "odd-issue")]);
    assert_eq!(
        lint_problems(&list("| a | | slow |\n| b | | soon |\n")),
        [],
        "no column of references"
    );
}

#[test]
fn invalid_directive_is_reported_with_the_syntax() {
    let mut program = Knownfail::new();
    program.file("K.md", "<!--\nknownfail: ignore\n-->\n\n| Test |\n|---|\n| a |\n");
    let ran = program.run(&["lint", "K.md"]);
    let expected = "K.md:2:1: error: `knownfail: ignore` is not a directive: one is written \
        `<!-- knownfail: OPTION -->`, with its colon, on a line of its own [bad-directive]\n";
    assert!(ran.code == 1 && ran.stdout.starts_with(expected), "{}", ran.stdout);
}

#[test]
fn unknown_directive_is_reported_with_all_that_there_are() {
    let mut program = Knownfail::new();
    program.file("K.md", "<!-- knownfail: tight -->\n\n| Test |\n|---|\n| a |\n");
    let message = program.run(&["lint", "K.md"]).stdout;
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md"));
    let page = page.unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `<!-- knownfail: "));
    let names: Vec<&str> =
        rows.map(|row| row.split([' ', '=']).next().unwrap_or_default()).collect();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(message.contains(&format!(" {name}")), "{name}: {message}");
    }
    assert!(message.contains("match = end, match = whole"), "{message}");
}

#[test]
fn expired_row_is_reported() {
    let mut program = Knownfail::new();
    let rows = "| a | 2020-01-31 |\n| b | 9999-12-31 |\n| a | 2020-01-31 |\n";
    program.file("KNOWN_FAILURES.md", format!("| Test | Expires |\n|---|---|\n{rows}"));
    let ran = program.run(&["lint", "--allow", "duplicate-row"]);
    let expected =
        "KNOWN_FAILURES.md:3:3: warning: `a` was due for review by `2020-01-31` [expired-row]";
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("3 rows: 0 errors, 1 warning\n"), "{}", ran.stdout);
    assert_eq!(ran.code, 0);
    let ran = program.run(&["lint", "--allow", "duplicate-row", "--allow", "expired-row"]);
    assert!(ran.stdout.ends_with("3 rows: 0 errors, 0 warnings\n"), "{}", ran.stdout);
}

#[test]
fn non_utf8_bytes_are_reported_with_their_position() {
    let mut program = Knownfail::new();
    let document =
        b"\xef\xbb\xbf| Test | Why |\n|---|---|\n| \xc3\xbc.\xffb | x |\n| b | caf\xe9 |\n";
    program.file("KNOWN_FAILURES.md", document).file("r.tap", "1..1\nok 1 - a\n");
    let ran = program.run(&["lint"]);
    let expected = "KNOWN_FAILURES.md:3:5: error: this line is not UTF-8, nor is 1 line below it: what was \
        read may be another name; save the file as UTF-8 [not-utf8]";
    assert!(ran.stdout.starts_with(expected), "{}", ran.stdout);
    assert_eq!(ran.code, 1);
    let ran = program.run(&["check", "r.tap", "--output", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &report["reasons"][0]), (2, &Value::from("document")));
    assert_eq!(report["rows"].as_array().unwrap().len(), 2, "nothing already read is lost");
    let text = "| Test |\n|---|\n| a\u{fffd} |\n";
    program.file("KNOWN_FAILURES.md", text);
    assert_eq!(
        program.run(&["lint"]).stdout,
        "1 row: 0 errors, 0 warnings\n",
        "a character like any"
    );
}

#[test]
fn shadowed_and_overlapping_rows_are_reported() {
    assert_eq!(lint_problems(&list("| a.* | x | |\n| a.?* | y | |\n")), [(4, "shadowed-row")]);
    assert_eq!(
        lint_problems(&list("| a.?* | y | |\n| a.* | x | |\n")),
        [],
        "the finer one comes first"
    );
    assert_eq!(lint_problems(&list("| * | y | |\n| re:a | x | |\n")), [(3, "catch-all-row")]);
    assert_eq!(
        lint_problems(&list("| a.*.b | x | |\n| a.c.* | y | |\n")),
        [(4, "overlapping-rows")]
    );
    for rows in [
        "| a.*.b | x | |\n| a.c.*c | y | |\n",
        "| a.*.b | x | |\n| a.c.* | x | |\n",
        "| a.* | x | |\n| a.b.* | y | |\n",
        "| *.b | x | |\n| a.* | y | |\n",
    ] {
        assert_eq!(lint_problems(&list(rows)), [], "{rows}");
    }
    let variants =
        "| Test | Why | When |\n|---|---|---|\n| a.*.b | x | m |\n| a.c.* | y | n, p |\n";
    assert_eq!(lint_problems(variants), [], "they never meet");
}

#[test]
fn prose_contradicting_the_list_is_reported() {
    let rows = list("| s.a | x | |\n| s.b.* | y | |\n");
    let stale = |prose: &str| -> Vec<(u32, &str)> { lint_problems(&format!("{rows}\n{prose}\n")) };
    for prose in [
        "Removed `s.a` and `s.c` from known failures.",
        "Since then `s.a` passes.",
        "## `s.a` was removed",
        "`s.z`, `s.a` (#12) have been fixed.",
        "`s.b.*` no longer fails.",
        "It is clear: **`s.q`** + **`s.a`** — now pass",
        "`s.c` still fails.",
        "`s.d` is on the list",
    ] {
        assert_eq!(stale(prose), [(6, "stale-prose")], "{prose}");
    }
    let many = "`s.a` passes. ".repeat(3_000);
    assert_eq!(stale(&many), [(6, "stale-prose")], "once a line");
    assert_eq!(stale(&"`s.a` passes, ".repeat(20_000)), [], "nobody wrote that");
    let listed =
        "Mended. Removed from known failures:\n\n- Streams: `s.c`\n- Locks: `s.q`, `s.a`\n";
    assert_eq!(stale(listed), [(9, "stale-prose")]);
    for prose in [
        "Removed `s.c` from known failures.",
        "Removed `s.a`'s second row.",
        "When `s.a` passes, take it out.",
        "`s.a` passes a wrong handle.",
        "`s.a` was fixed but regressed.",
        "`s.a` passes on memory",
        "`s.a` still fails.",
        "`s.b.c` still fails.",
        "`other.test` still fails.",
        "`s.a` is not removed.",
        "    `s.a` passes.",
        "# Changes of 2026-03-01\n\nRemoved `s.a`.",
        "## Changelog\n\n`s.a` passes.",
        "Removed:\n\nnothing\n\n- `s.a`",
        "Not yet removed:\n\n- `s.a`",
        "Removed:\n\n- nothing like `s.a`",
    ] {
        assert_eq!(stale(prose), [], "{prose}");
    }
}

#[test]
fn a_total_counts_the_document_or_a_section() {
    let rows = "| a | | |\n| b | | |\n";
    let text = |total: &str| {
        format!("{total}\n\n# One\n\n{}\n# Two\n\n{}| c | | |\n\n{total}\n", list(rows), list(rows))
    };
    assert_eq!(lint_problems(&text("Total: 5.")), [], "the document");
    let wrong = [(1, "wrong-total"), (18, "wrong-total")];
    assert_eq!(lint_problems(&text("- **Total: 4 tests**")), wrong);
    for prose in ["Total of last week: 9", "Total: 50%", "Total (all): 9", "Total: 1.5", "total"] {
        assert_eq!(lint_problems(&text(prose)), [], "{prose}");
    }
}

/// Comparing every row with every total would take minutes.
#[test]
fn many_totals_are_checked_in_bounded_time() {
    let rows: String = (0..50_000).map(|n| format!("| t{n} | | |\n")).collect();
    let totals = "Total: 50000\n\nTotal: 1\n\n".repeat(10_000);
    let text = format!("# A\n\n## B\n\n### C\n\n{}\n{totals}", list(&rows));
    let known = KnownFailures::read(&[("list.md".into(), text)]);
    let began = Instant::now();
    assert_eq!(lint(&known).len(), 10_000);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn real_documents_cause_no_false_positive() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(lint_problems(&text), [], "{:?}", file.file_name());
    }
}

#[test]
fn a_warning_can_be_allowed_and_an_error_not() {
    let mut program = Knownfail::new();
    let empty = "| Test |\n|---|\n";
    program.file(
        "KNOWN_FAILURES.md",
        format!("# A\n\n<!-- knownfail: allow = empty-list -->\n\n{empty}\n# B\n\n{empty}\n{empty}| a |\n"),
    );
    let ran = program.run(&["lint"]);
    assert_eq!(ran.stdout.matches("[empty-list]").count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("KNOWN_FAILURES.md:10:1: warning"), "{}", ran.stdout);
    let ran = program.run(&["lint", "--allow", "empty-list"]);
    assert_eq!(ran.stdout, "1 row: 0 errors, 0 warnings\n");
    // An error cannot be suppressed, and an unknown code is not taken for one that finds nothing.
    for code in ["bad-regex", "empty-lists", "empty-list,no-list"] {
        let ran = program.run(&["lint", "--allow", code]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{code}");
        let all = ProblemKind::SUPPRESSIBLE.join(", ");
        assert!(ran.stderr.contains(&all) && ran.stderr.contains(code), "{}", ran.stderr);
    }
    let json: serde_json::Value =
        serde_json::from_str(&program.run(&["lint", "--output", "json"]).stdout).unwrap();
    assert_eq!((&json["problems"][0]["line"], &json["schema"]), (&10.into(), &1.into()));
    let ran = program.run(&["lint", "--output", "github"]);
    assert!(ran.stdout.contains("::warning file=KNOWN_FAILURES.md,line=10"), "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn repeated_directives_take_constant_memory() {
    let directives = "<!-- knownfail: allow = no-list, empty-list -->\n\n".repeat(12_000);
    let mut program = Knownfail::new();
    program.file(
        "K.md",
        format!(
            "{directives}| Test |\n|---|\n\n# B\n\n| Test |\n|---|\n\n| Test |\n|---|\n| a |\n"
        ),
    );
    let script = "ulimit -v 300000; exec \"$0\" lint K.md";
    let ran = program.run_program("sh", &["-c", script, PROGRAM]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, "1 row: 0 errors, 0 warnings\n");
    program.file("K.md", "# A\n\n<!-- knownfail: allow = empty-list -->\n\n| Test |\n|---|\n| a |\n\n# B\n\n| Test |\n|---|\n");
    let ran = program.run(&["lint", "K.md"]);
    assert!(ran.stdout.starts_with("K.md:11:1: warning"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("1 row: 0 errors, 1 warning\n"), "{}", ran.stdout);
}

/// With the names of the section kept for each row, it would take more than four gigabytes.
#[cfg(unix)]
#[test]
fn variants_of_a_section_are_stored_once() {
    let directive = |names: u32| {
        let names: Vec<String> = (0..names).map(|n| format!("variant-{n}")).collect();
        format!("<!-- knownfail: variants = {} -->\n\n", names.join(", "))
    };
    let rows: String = (0..20_000).map(|n| format!("| s.{n}.* | | |\n")).collect();
    let mut program = Knownfail::new();
    program.file("K.md", directive(100) + &list(&rows)).file("r.tap", "1..1\nok 1 - x\n");
    program.file("old.md", list("| s.a | | |\n"));
    program.file("many.md", directive(10_000) + &list("| s.a | | |\n"));
    let run = |command: &str| {
        let script = format!("ulimit -v 600000; exec \"$0\" {command}");
        program.run_program("sh", &["-c", &script, PROGRAM])
    };
    let ran = run("lint K.md");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout, "20,000 rows: 0 errors, 0 warnings\n");
    for command in ["check r.tap -k K.md --variant v --json r.json", "diff old.md K.md"] {
        let ran = run(command);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{command}");
    }
    let ran = run("lint many.md");
    let expected = "many.md:1:1: error: `variants = variant-0, variant-1,";
    assert!(ran.code == 1 && ran.stdout.starts_with(expected), "{}", ran.stdout);
    assert!(ran.stdout.lines().next().unwrap().len() < 500, "{}", ran.stdout);
}

#[test]
fn variant_order_does_not_matter() {
    let head = "| Test | Why | When |\n|---|---|---|\n";
    let known = |rows: &str| KnownFailures::read(&[("k.md".into(), format!("{head}{rows}"))]);
    let codes = |rows: &str| -> Vec<&str> {
        known(rows).problems().iter().map(|problem| problem.kind.code()).collect()
    };
    assert_eq!(codes("| a | x | m, n |\n| a | x | n, m, m |\n"), ["duplicate-row"]);
    assert_eq!(codes("| a | x | !m |\n| a | x | !m, - |\n"), ["duplicate-row"]);
    assert_eq!(codes("| a | x | all |\n| a | x | |\n"), ["duplicate-row"]);
    assert_eq!(codes("| a | x | m |\n| a | x | !m |\n| a | x | m, n |\n| a | x | |\n"), [""; 0]);
}

/// A document with tabs, backticks, a long line and invisible characters, and lint's report of it.
const LINT_OUTPUT: &str = "\
KNOWN_FAILURES.md:4:4: warning: `a.b` is listed twice: first at `KNOWN_FAILURES.md:3` [duplicate-row]
    | `a.b` | x |
       ^^^
KNOWN_FAILURES.md:5:3: error: the regular expression `re:(` cannot be read: `unclosed group` [bad-regex]
    | re:( | \\u{202e} |
      ^^^^
KNOWN_FAILURES.md:6:128: warning: the row has 3 cells and its table 2 columns: Markdown drops the rest \
(a pipe inside a cell is written `\\|`) [extra-cells]
    …yyyyyyyyyyyyyyyyy | more |
                         ^^^^
KNOWN_FAILURES.md:8:1: error: the row `late` is in no table: a blank line or a comment above it ends \
the table, and Markdown drops it [dropped-row]
    | late | |
    ^^^^^^^^^^
3 rows: 2 errors, 2 warnings
";

#[test]
fn each_finding_shows_its_source_excerpt() {
    let mut program = Knownfail::new();
    let rows = format!("| c | {} | more |\n\n| late | |\n", "y".repeat(118));
    let text = "| Test\t| Reason |\n|---|---|\n| a.b | x |\n|\t`a.b` | x |\n| re:( | \u{202e} |\n";
    program.file("KNOWN_FAILURES.md", format!("{text}{rows}"));
    assert_eq!(program.run(&["lint"]).stdout, LINT_OUTPUT);
}

#[test]
fn lint_page_lists_every_code() {
    let page = include_str!("../../docs/lint.md");
    let sections = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let codes: Vec<&str> = PROBLEM_CODES.iter().map(|rule| rule.code).collect();
    assert_eq!(sections.collect::<Vec<_>>(), codes, "a section for each code, in their order");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let documented: BTreeMap<&str, &str> =
        rows.map(|(code, rest)| (code, rest.split([' ', ',']).next().unwrap())).collect();
    let source = include_str!("../../src/model/problem.rs");
    let mut expected = BTreeMap::new();
    for line in source.lines().filter(|line| line.contains("=> (\"")) {
        let (_, fact) = line.split_once("=> (\"").unwrap();
        let (code, severity) = fact.split_once("\", ").unwrap();
        // Problems of results are not reported by lint: docs/report.md has them.
        if fact.ends_with("Document),") {
            expected.insert(code, if severity.starts_with("Error") { "error" } else { "warning" });
        }
    }
    assert_eq!(documented, expected);
    let mut warnings: Vec<&str> = documented
        .iter()
        .filter(|(_, severity)| **severity == "warning")
        .map(|(code, _)| *code)
        // A list cannot allow itself to be another than the reviewed one.
        .filter(|code| *code != "uncommitted-list")
        .collect();
    let mut allowable = ProblemKind::SUPPRESSIBLE.to_vec();
    warnings.sort_unstable();
    allowable.sort_unstable();
    assert_eq!(warnings, allowable);
}

#[test]
fn lint_page_matches_the_rules() {
    let page = include_str!("../../docs/lint.md");
    let documented: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let row = |rule: &ProblemCode| {
        let severity = format!("{:?}", rule.severity).to_lowercase();
        let by = match rule.reported_by {
            ReportedBy::Both => "",
            ReportedBy::Check => ", check",
            ReportedBy::Lint => ", lint",
        };
        format!("| `{}` | {severity}{by} | {} |", rule.code, rule.help)
    };
    assert_eq!(documented, PROBLEM_CODES.iter().map(row).collect::<Vec<String>>());
}

/// What the schema of SARIF 2.1.0 requires of the parts that we write, and what code scanning requires
/// beyond that.
#[test]
fn sarif_has_the_required_shape() {
    let mut program = Knownfail::new();
    let list =
        "| Test | Status |\n|---|---|\n| `a[1](http://x){0}` | |\n| `a[1](http://x){0}` | |\n";
    program.file("my docs/K.md", format!("{list}| re:( | |\n")).file("none.md", "nothing\n");
    let ran = program.run(&["lint", "my docs/K.md", "./none.md", "--output", "sarif"]);
    assert_eq!(ran.code, 1);
    let log: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!(driver["name"], "knownfail");
    let rules = driver["rules"].as_array().unwrap();
    let lint_rules = PROBLEM_CODES.iter().filter(|rule| rule.is_reported_by_lint());
    assert_eq!(
        rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect::<Vec<_>>(),
        lint_rules.map(|rule| rule.code).collect::<Vec<_>>()
    );
    for rule in rules {
        for text in [&rule["shortDescription"]["text"], &rule["help"]["text"]] {
            assert!(!text.as_str().unwrap().is_empty());
        }
        assert!(is_level(&rule["defaultConfiguration"]["level"]));
    }
    let results = log["runs"][0]["results"].as_array().unwrap();
    let mut found = Vec::new();
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(is_level(&result["level"]));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let region = &place["region"];
        assert!(region["startLine"].as_u64().unwrap() >= 1);
        let columns = ["startColumn", "endColumn"].map(|name| region[name].as_u64());
        assert!(columns[0] <= columns[1] && columns[0] != Some(0));
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        found.push((result["ruleId"].as_str().unwrap(), uri, region["startLine"].clone(), columns));
    }
    let expected = [
        ("duplicate-row", "my%20docs/K.md", Value::from(4), [Some(4), Some(21)]),
        ("bad-regex", "my%20docs/K.md", Value::from(5), [Some(3), Some(7)]),
        ("no-list", "none.md", Value::from(1), [None, None]),
    ];
    assert_eq!(found, expected);
    let message = results[0]["message"]["text"].as_str().unwrap();
    assert!(message.starts_with(r"`a\[1\](http://x){{0}}` is listed twice"), "{message}");
}

fn is_level(level: &Value) -> bool {
    ["none", "note", "warning", "error"].iter().any(|known| level == known)
}

#[test]
fn fix_removes_exact_duplicates_and_changes_nothing_else() {
    let mut program = Knownfail::new();
    let head = "# A\r\n\r\n| Test | Reason | Status | Variants |\r\n|---|---|---|---|\r\n";
    let kept = "| a.b | x | | |\r\n| a.c | x | | |\r\n";
    let others = "| a.b | y | | |\r\n| a.c | x | fail | |\r\n| a.b | x | | memory |\r\n";
    let duplicate = "|  `a.b` |x| | all |\r\n";
    program.file("K.md", format!("{head}{kept}{duplicate}{others}\r\nend\r{duplicate}"));
    let allowed = program.run(&["lint", "K.md", "--fix", "--allow", "duplicate-row"]);
    assert_eq!(allowed.stderr, "0 rows removed\n");
    let ran = program.run(&["lint", "K.md", "K.md", "--fix"]);
    let expected = "K.md:7: removed: `a.b` is on line 5 too, with the same cells\n1 row removed\n";
    assert_eq!(ran.stderr, expected);
    assert_eq!(ran.code, 1, "what is left is told: {}", ran.stdout);
    assert!(ran.stdout.contains("with another reason [duplicate-row]"), "{}", ran.stdout);
    let remaining = format!("{head}{kept}{others}\r\nend\r{duplicate}");
    assert_eq!(program.read("K.md"), remaining);
    assert_eq!(program.run(&["lint", "K.md", "--fix"]).stderr, "0 rows removed\n");
    assert_eq!(program.read("K.md"), remaining);
}
