//! What lint tells beyond what a check does, and how it is kept quiet.

use crate::knownfail::Knownfail;
use knownfail::known::KnownFailures;
use knownfail::model::ProblemKind;
use std::collections::BTreeMap;

/// The oddities of a document: line and code.
fn odd(text: &str) -> Vec<(u32, &'static str)> {
    let known = KnownFailures::read(&[("list.md".into(), text.to_owned())]);
    known.oddities().iter().map(|problem| (problem.line, problem.kind.code())).collect()
}

fn list(rows: &str) -> String {
    format!("| Test | Reason | Issue |\n|---|---|---|\n{rows}")
}

#[test]
fn each_rule_finds_what_it_is_for() {
    assert_eq!(odd(&list("| a.* | x | |\n| a.b | x | |\n")), [(4, "redundant-row")]);
    assert_eq!(odd(&list("| a.* | x | |\n| a.b | y | |\n")), [], "it says why this one fails");
    assert_eq!(odd(&list("| a.* | x | |\n| a.?* | x | |\n")), [(4, "redundant-row")]);
    assert_eq!(odd(&list("| * | x | |\n")), [(3, "catch-all-row")]);
    assert_eq!(odd(&list("| re:.* | x | |\n")), [(3, "catch-all-row")]);
    for pattern in [r"smb2\.dir\..*", "^a$", r"t\d"] {
        assert_eq!(odd(&list(&format!("| {pattern} | | |\n"))), [(3, "looks-like-regex")]);
    }
    for pattern in ["a.*", "a.b+c", "x[1]", "a$", r"re:t\d"] {
        assert_eq!(odd(&list(&format!("| {pattern} | | |\n"))), [], "{pattern}");
    }
    assert_eq!(odd(&list("| a | | #1 |\n| b | | soon |\n")), [(4, "odd-issue")]);
    assert_eq!(odd(&list("| a | | slow |\n| b | | soon |\n")), [], "no column of references");
}

#[test]
fn a_total_counts_the_document_or_a_section() {
    let rows = "| a | | |\n| b | | |\n";
    let text = |total: &str| {
        format!("{total}\n\n# One\n\n{}\n# Two\n\n{}| c | | |\n\n{total}\n", list(rows), list(rows))
    };
    assert_eq!(odd(&text("Total: 5.")), [], "the document");
    let wrong = [(1, "wrong-total"), (18, "wrong-total")];
    assert_eq!(odd(&text("- **Total: 4 tests**")), wrong);
    for prose in ["Total of last week: 9", "Total: 50%", "Total (all): 9", "Total: 1.5", "total"] {
        assert_eq!(odd(&text(prose)), [], "{prose}");
    }
}

#[test]
fn real_documents_raise_no_false_alarm() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert_eq!(odd(&text), [], "{:?}", file.file_name());
    }
}

#[test]
fn a_warning_can_be_allowed_and_an_error_not() {
    let mut program = Knownfail::new();
    let empty = "| Test |\n|---|\n";
    program.file(
        "KNOWN_FAILURES.md",
        format!("# A\n\n<!-- knownfail: allow = empty-list -->\n\n{empty}\n# B\n\n{empty}"),
    );
    let ran = program.run(&["lint"]);
    assert_eq!(ran.stdout.matches("[empty-list]").count(), 1, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("KNOWN_FAILURES.md:10: warning"), "{}", ran.stdout);
    let ran = program.run(&["lint", "--allow", "empty-list"]);
    assert_eq!(ran.stdout, "0 rows: 0 errors, 0 warnings\n");
    assert_eq!(program.run(&["lint", "--allow", "bad-regex"]).code, 2);
    let json: serde_json::Value =
        serde_json::from_str(&program.run(&["lint", "--output", "json"]).stdout).unwrap();
    assert_eq!((&json["problems"][0]["line"], &json["schema"]), (&10.into(), &1.into()));
    let ran = program.run(&["lint", "--output", "github"]);
    assert!(ran.stdout.contains("::warning file=KNOWN_FAILURES.md,line=10"), "{}", ran.stdout);
}

#[test]
fn the_page_of_lint_lists_every_code() {
    let page = include_str!("../../docs/lint.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let told: BTreeMap<&str, &str> =
        rows.map(|(code, rest)| (code, rest.split([' ', ',']).next().unwrap())).collect();
    let source = include_str!("../../src/model/problem.rs");
    let mut expected = BTreeMap::new();
    for line in source.lines().filter(|line| line.contains("=> (\"")) {
        let (kind, fact) = line.split_once("=> (\"").unwrap();
        let (code, severity) = fact.split_once("\", ").unwrap();
        // What is wrong with results is no matter of lint.
        let of_results = ["Result", "Counts", "Encoding"].iter().any(|word| kind.contains(word));
        if !of_results {
            expected.insert(code, if severity.starts_with("Error") { "error" } else { "warning" });
        }
    }
    assert_eq!(told, expected);
    let mut warnings: Vec<&str> = told
        .iter()
        .filter(|(_, severity)| **severity == "warning")
        .map(|(code, _)| *code)
        .collect();
    let mut allowable = ProblemKind::ALLOWABLE.to_vec();
    warnings.sort_unstable();
    allowable.sort_unstable();
    assert_eq!(warnings, allowable);
}
