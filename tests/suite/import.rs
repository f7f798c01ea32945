//! Other tools' lists become a document that, read back, has exactly the intended rows.
//!
//! The lists in `tests/import/` are read by the command; generated ones go through the library.

use crate::harness::Knownfail;
use knownfail::import;
use knownfail::known::list_kinds::{ListEntry, ListItem, ListKind, ParsedList, SourceList};
use knownfail::known::{Expected, FailureKind, KnownFailures};
use proptest::prelude::*;

const LISTS: [(&str, &str, usize, usize); 7] = [
    ("knownfail", "samba-knownfail", 2, 1),
    ("board-fails.txt", "deqp-fails", 2, 0),
    ("board-flakes.txt", "deqp-flakes", 2, 0),
    ("target.xfail", "gcc", 2, 2),
    ("TestExpectations", "chromium", 4, 0),
    ("expected-failures.md", "ocis", 1, 0),
    ("issues.yaml", "lkft", 3, 0),
];

fn source(name: &str) -> SourceList {
    let path = format!("{}/tests/import/{name}", env!("CARGO_MANIFEST_DIR"));
    SourceList { path: name.into(), text: std::fs::read_to_string(path).unwrap() }
}

fn read(kind: &str, source: &SourceList) -> ParsedList {
    let kind = ListKind::from_name(kind).unwrap();
    let mut lists = [kind.read(source, &mut |_| Err("not here".to_owned()))];
    import::remove_duplicates(&mut lists);
    let [list] = lists;
    list
}

fn imported_rows(list: &ParsedList) -> Vec<&ListEntry> {
    let rows = list.items.iter().filter_map(|item| match item {
        ListItem::Entry(row) => Some(row),
        ListItem::Heading { .. }
        | ListItem::SectionEnd { .. }
        | ListItem::Directive { .. }
        | ListItem::Prose(_) => None,
    });
    rows.collect()
}

fn status_word(expected: &Expected) -> &'static str {
    match expected {
        Expected::AnyFailure => "",
        Expected::Failure { worst: FailureKind::Fail, .. } => "fail",
        Expected::Failure { worst: FailureKind::Error, .. } => "error",
        Expected::Failure { worst: FailureKind::Timeout, .. } => "timeout",
        Expected::Failure { worst: FailureKind::Crash, .. } => "crash",
        Expected::Flaky { .. } => "flaky",
        Expected::Skip => "skip",
    }
}

/// Whether the document has exactly the rows of the list, without problems.
fn assert_reads_back(source: &SourceList, list: ParsedList) {
    let text = import::write(&[(source.clone(), list.clone())]);
    let known = KnownFailures::read(&[("K.md".into(), text.clone())]);
    let rows = imported_rows(&list);
    if !rows.is_empty() {
        assert_eq!(known.problems(), [], "{text}");
    }
    assert_eq!(known.rows().len(), rows.len(), "{text}");
    for (row, read) in rows.into_iter().zip(known.rows()) {
        assert_eq!(read.pattern.as_str(), row.pattern, "{text}");
        assert_eq!(status_word(&read.expected), row.status.as_str(), "{text}");
        assert_eq!((&read.reason, &read.issue), (&row.reason, &row.issue), "{text}");
        let variants: Vec<&str> = read.variants.only.iter().map(|v| v.as_str()).collect();
        assert_eq!(
            (variants, read.expires),
            (row.variants.iter().map(|v| &**v).collect(), row.expires)
        );
    }
}

#[test]
fn each_list_kind_is_detected_and_counted() {
    for (name, kind, rows, unsupported) in LISTS {
        let source = source(name);
        assert_eq!(ListKind::detect(&source).map(ListKind::name), Some(kind), "{name}");
        let list = read(kind, &source);
        assert_eq!(
            (imported_rows(&list).len(), list.unsupported.len()),
            (rows, unsupported),
            "{name}: {list:#?}"
        );
        assert_reads_back(&source, list);
    }
}

#[test]
fn imported_rows_match_their_lines() {
    let row = |name, kind, at: usize| imported_rows(&read(kind, &source(name)))[at].clone();
    let lease = row("knownfail", "samba-knownfail", 1);
    assert_eq!((&*lease.pattern, &*lease.issue), ("samba3.smb2.lease.*", "https://example.org/1"));
    let media = row("TestExpectations", "chromium", 0);
    assert_eq!((media.status.as_str(), &*media.reason), ("timeout", "late frame"));
    assert_eq!((&*media.issue, media.variants), ("https://crbug.com/123", vec!["Linux".into()]));
    let excess = row("target.xfail", "gcc", 0);
    assert_eq!(excess.expires.unwrap().to_string(), "2030-01-31");
    let maps = row("issues.yaml", "lkft", 0);
    assert_eq!((maps.status.as_str(), &*maps.reason), ("flaky", "slow there"));
    let scenario = row("expected-failures.md", "ocis", 0);
    assert_eq!((&*scenario.reason, &*scenario.issue), ("Wrong code", "https://example.org/3"));
}

#[test]
fn import_writes_a_document_that_lint_accepts() {
    let mut program = Knownfail::new();
    for (name, ..) in LISTS {
        program.file(&format!("lists/{name}"), source(name).text);
    }
    program.file("outside.xfail", "secret");
    let ran = program.run(&["import", "lists", "--output", "K.md"]);
    assert_eq!((ran.code, &*ran.stdout), (0, ""), "{ran:?}");
    assert!(ran.stderr.contains("knownfail:6: left out"), "{}", ran.stderr);
    assert!(ran.stderr.contains("target.xfail:9: ") && !ran.stderr.contains("secret"));
    assert!(
        ran.stderr.ends_with("16 rows; 1 entry excuses nothing and needs no row; 3 entries were left out or changed\n"),
        "{ran:?}"
    );
    let ran = program.run(&["lint", "K.md"]);
    assert_eq!((ran.code, &*ran.stdout), (0, "16 rows: 0 errors, 0 warnings\n"));
}

/// A GCC list that includes one in a directory, which includes another next to it.
#[test]
fn included_list_is_reported_by_its_path() {
    let head = "\t\t=== gcc tests ===\n\n";
    let mut program = Knownfail::new();
    program.file("lists/a.xfail", format!("{head}FAIL: a\n@include sub/b.xfail\nFAIL: d\n"));
    program.file("lists/sub/b.xfail", "FAIL: b\n@include c.xfail\nodd b\n");
    program.file("lists/sub/c.xfail", "FAIL: c\nodd c\n@remove FAIL: a\n@remove FAIL: a\n");
    let ran = program.run(&["import", "lists/a.xfail"]);
    for prefix in ["lists/sub/c.xfail:2: ", "lists/sub/c.xfail:4: ", "lists/sub/b.xfail:3: "] {
        assert!(
            ran.stderr.lines().any(|line| line.starts_with(prefix)),
            "{prefix}: {}",
            ran.stderr
        );
    }
    let known = KnownFailures::read(&[("K.md".into(), ran.stdout)]);
    let rows: Vec<&str> = known.rows().iter().map(|row| row.pattern.as_str()).collect();
    assert_eq!(rows, ["b", "c", "d"], "what is removed is removed from the files above, too");
}

#[test]
fn removed_row_may_be_added_again() {
    let text = "FAIL: a\nFAIL: b\nFAIL: a\n@remove FAIL: a\nFAIL: a\n";
    let list = read("gcc", &SourceList { path: "l.xfail".into(), text: text.to_owned() });
    let rows: Vec<(&str, u32)> =
        imported_rows(&list).iter().map(|row| (&*row.pattern, row.line)).collect();
    assert_eq!(rows, [("b", 2), ("a", 5)]);
}

#[test]
fn chromium_comment_starts_at_the_first_hash() {
    let text = "a/b.html [ Failure ]\t# first # second\na/c#d.html [ Crash ] # third\t# fourth\n";
    let list = read("chromium", &SourceList { path: "TestExpectations".into(), text: text.into() });
    let rows: Vec<(&str, &str)> =
        imported_rows(&list).iter().map(|row| (&*row.pattern, &*row.reason)).collect();
    assert_eq!(rows, [("a/b.html", "first # second"), ("a/c#d.html", "third # fourth")]);
}

/// Three lists of aliases to one another: their expansion grows with the third power of their length.
#[test]
fn yaml_aliases_do_not_multiply_rows() {
    let issue = format!("&i {{test_names: [{}], notes: x}}", vec!["t"; 136].join(","));
    let list = |issues: &str, projects: &str| {
        format!("projects:\n- &p\n  name: P\n  known_issues:\n  - {issue}\n{issues}{projects}")
    };
    let repeated = "  - *i\n".repeat(136);
    let mut program = Knownfail::new();
    program.file("few.yaml", list(&repeated[..56], "- *p\n"));
    assert_eq!(program.run(&["import", "few.yaml"]).code, 0);
    program.file("many.yaml", list(&repeated, &"- *p\n".repeat(136)));
    let ran = program.run(&["import", "many.yaml"]);
    assert_eq!(ran.code, 2, "{}", &ran.stderr[..ran.stderr.len().min(500)]);
    assert!(ran.stderr.contains("many.yaml:5: the whole list is left out"), "{}", ran.stderr);
    assert!(!ran.stdout.contains('|'), "{}", ran.stdout);
    // An alias of what contains it names nothing.
    program.file("round.yaml", "projects: &p\n- known_issues: *p\n# known_issues:\n");
    let ran = program.run(&["import", "round.yaml", "--from", "lkft"]);
    assert!(ran.stderr.contains("round.yaml:2: ") && ran.code == 2, "{}", ran.stderr);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any text can be read as any kind, and the result reads back.
    #[test]
    fn any_imported_list_reads_back(
        text in "(([#a-c]|[ -~]|\\t|é|- \\[a\\.feature:1\\]\\(b\\)|FAIL: |,Fail| \\[ Crash \\]|\\*|\\||`|\n){0,12}\n){0,8}"
    ) {
        let source = SourceList { path: "list".into(), text };
        for kind in ListKind::all() {
            assert_reads_back(&source, read(kind.name(), &source));
        }
    }
}
