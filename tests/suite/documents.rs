//! Documents: real ones against what GitHub's own parser counts, small ones for each problem.

use knownfail::known::{
    Expected, FailureKind, Inactive, KnownFailures, PatternKind, Row, escape_cell, remove_rows,
};
use knownfail::model::{ProblemKind, TestName, Variant};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

const REAL_DOCUMENTS_DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documents");

fn read(text: &str) -> KnownFailures {
    KnownFailures::read(&[("list.md".into(), text.to_owned())])
}

fn real_document(name: &str) -> String {
    fs::read_to_string(format!("{REAL_DOCUMENTS_DIR}/{name}"))
        .expect("a document of the collection")
}

fn patterns(known: &KnownFailures) -> Vec<&str> {
    known.rows().iter().map(|row| row.pattern.as_str()).collect()
}

/// The only row of a document without problems.
fn only_row(text: &str) -> Row {
    let known = read(text);
    assert_eq!(known.problems(), [], "{text}");
    let [row] = known.rows() else { panic!("one row: {:?}", known.rows()) };
    row.clone()
}

/// Problems with their lines and columns.
type LocatedProblems = Vec<(u32, u32, ProblemKind)>;

#[test]
fn front_matter_is_not_a_section() {
    let table = "| Test |\n|---|\n| a |\n";
    let row = only_row(&format!("---\ntitle: x\nlayout: y\n---\n\n{table}"));
    assert_eq!((&*row.section, row.line), (&[][..], 8));
    let row = only_row(&format!("Top\n===\n\n{table}"));
    assert_eq!(*row.section, ["Top".to_owned()]);
}

#[test]
fn real_documents_have_the_tables_and_rows_that_github_shows() {
    let truth = real_document("TRUTH.tsv");
    let mut seen = BTreeSet::new();
    for line in truth.lines().skip(1) {
        let (name, expected) = line.split_once('\t').expect("tab-separated");
        seen.insert(name.to_owned());
        for text in [
            real_document(name),
            real_document(name).replace('\n', "\r\n"),
            format!("\u{feff}{}", real_document(name)),
        ] {
            let known = read(&text);
            let mut names: BTreeMap<&str, usize> = BTreeMap::new();
            for pattern in patterns(&known) {
                *names.entry(pattern).or_default() += 1;
            }
            let repeated = names.values().filter(|count| **count > 1).count();
            let (lists, others) = (known.list_count(), known.non_list_tables().len());
            let found = format!("{lists}\t{others}\t{}\t{repeated}", known.rows().len());
            assert_eq!(found, expected, "{name}");
        }
    }
    let files = fs::read_dir(REAL_DOCUMENTS_DIR).expect("the collection").flatten();
    let names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let documents = names.filter(|name| name.ends_with(".md") && name != "ABOUT.md");
    assert_eq!(documents.collect::<BTreeSet<_>>(), seen, "each document has its truth");
}

#[test]
fn real_documents_have_only_duplicates_and_empty_lists() {
    for name in ["smbtorture-2026-03-01.md", "dittofs-head-smb-conformance-KNOWN_FAILURES.md"] {
        assert_eq!(read(&real_document(name)).problems(), [], "{name}");
    }
    let known = read(&real_document("dittofs-093-2026-05-29-b473aba0.md"));
    let reported: Vec<(u32, &str)> =
        known.problems().iter().map(|p| (p.line, p.kind.code())).collect();
    let lines = |code: &str| -> Vec<u32> {
        reported.iter().filter(|(_, c)| *c == code).map(|(line, _)| *line).collect()
    };
    assert_eq!((lines("duplicate-row").len(), lines("empty-list").len()), (2, 4));
    assert_eq!(reported.len(), 6);
}

#[test]
fn real_row_has_every_cell_of_its_line() {
    let known = read(&real_document("smbtorture-2026-03-01.md"));
    let row = known.rows().iter().find(|row| row.pattern.as_str() == "smb2.hold-oplock");
    let row = row.expect("a row of the document");
    assert_eq!(&*row.section, ["smbtorture Known Failures", "Expected Failures", "Oplocks"]);
    assert_eq!((row.category.as_str(), row.issue.as_str()), ("Hold test", ""));
    assert_eq!(row.reason, "Interactive test with 5-min timeout");
    let line = real_document("smbtorture-2026-03-01.md")
        .lines()
        .nth(row.line as usize - 1)
        .map(str::to_owned);
    assert!(line.is_some_and(|line| line.starts_with("| smb2.hold-oplock |")), "{row:?}");
    assert_eq!((row.column, row.pattern.kind()), (3, PatternKind::Exact));
    assert_eq!(row.expected, Expected::AnyFailure);
}

#[test]
fn columns_in_any_order_are_read_and_unknown_ones_kept() {
    let row = only_row(
        "| Owner | **Why** | *Priority* | `Tracking` | TEST | Status | Platform | Review by | Category |\n\
         |---|---|---|---|---|---|---|---|---|\n\
         | ann | a **bold** [link](https://x.example) | 1 | [#7](https://x.example/7) | \
         `a.*` | Crash: `SIG*` | `m*`, !m2 | 2027-02-28 | Locks |\n",
    );
    assert_eq!(row.pattern.as_str(), "a.*");
    assert_eq!((row.owner.as_str(), row.category.as_str()), ("ann", "Locks"));
    assert_eq!((row.reason.as_str(), row.issue.as_str()), ("a bold link", "#7"));
    assert_eq!(row.other, [("Priority".to_owned(), "1".to_owned())]);
    assert_eq!(row.expires.map(|date| date.to_string()).as_deref(), Some("2027-02-28"));
    let Expected::Failure { worst: FailureKind::Crash, message: Some(message) } = &row.expected
    else {
        panic!("{:?}", row.expected)
    };
    assert_eq!(message.as_str(), "SIG*");
    let allowed = ["m1", "m2", "x", ""].map(|name| row.variants.allows(&Variant::new(name)));
    assert_eq!(allowed, [true, false, false, false]);
}

#[test]
fn pattern_is_the_source_text_of_its_cell() {
    let table = |cell: &str| format!("| # | Test | Reason |\n|---|---|---|\n| é | {cell} | - |\n");
    let cases = [
        ("a.*b", "a.*b", 7),
        ("`*a*.*b*`", "*a*.*b*", 8),
        ("`a.*`", "a.*", 8),
        ("``  a`b  ``", "a`b", 11),
        ("a \\| b", "a | b", 7),
        ("`a\\|b`", "a|b", 8),
        ("`a\\\\|b`", "a\\|b", 8),
        ("`__init__ &lt;x&gt; [y](z)`", "__init__ &lt;x&gt; [y](z)", 8),
        ("👩\u{200d}💻", "👩\\u{200d}💻", 7),
        ("[x]{y}", "[x]{y}", 7),
    ];
    for (cell, pattern, column) in cases {
        let row = only_row(&table(cell));
        assert_eq!((row.pattern.as_str(), row.column), (pattern, column), "{cell}");
    }
    for issue in ["-", "", "n/a", "None", "—"] {
        let row = only_row(&format!("| Test | Issue |\n|---|---|\n| a | {issue} |\n"));
        assert_eq!(row.issue, "", "{issue}");
    }
}

#[test]
fn tables_are_found_wherever_markdown_has_them() {
    let known = read(
        "> | Test | Why |\n> |---|---|\n> | in.quote | x |\n\n\
         1. item\n\n   Test | Why\n   --- | ---\n   in.list | x\n\n\
         <details>\n\n| Test |\n|---|\n| in.details |\n\n</details>\n\n\
         text right above\n| Test | Why |\n|---|---|\n| below.text | \t x |",
    );
    assert_eq!(patterns(&known), ["in.quote", "in.list", "in.details", "below.text"]);
    let places: Vec<_> = known.rows().iter().map(|row| (row.line, row.column)).collect();
    assert_eq!(places, [(3, 5), (9, 4), (15, 3), (22, 3)]);
    assert_eq!(known.problems(), []);
}

#[test]
fn code_comments_and_other_tables_are_not_rows() {
    let known = read(
        "| Test |\n|---|\n| a |\n\n\
         ```\n| Test |\n|---|\n| fenced |\n```\n\n    | Test |\n    |---|\n    | indented |\n\n\
         <!--\n| Test |\n|---|\n| commented |\n\nknownfail: ignore\n| x |\n-->\n\n\
         | Status | Meaning |\n|---|---|\n| `b.c` | is no test |\n\nSome | prose | here\n",
    );
    assert_eq!(patterns(&known), ["a"]);
    assert_eq!(known.problems(), []);
    let [other] = known.non_list_tables() else { panic!("{:?}", known.non_list_tables()) };
    assert_eq!((other.line, other.cells.join("+")), (24, "b.c+is no test".to_owned()));
}

#[test]
fn row_in_a_comment_is_ignored_and_nbsp_is_whitespace() {
    let nbsp = '\u{a0}';
    let known = read(&format!(
        "| Test | Status |\n|---|---|\n| <!-- a.b --> | |\n| <!-- x --> <!-- `y` --> | | more |\n\
         | a.c{nbsp} | fail{nbsp} |\n|{nbsp}`a.d{nbsp}`{nbsp} | |\n| `<!-- e -->` | |\n| | |\n"
    ));
    assert_eq!(patterns(&known), ["a.c", "a.d", "<!-- e -->"]);
    let codes: Vec<_> =
        known.problems().iter().map(|problem| (problem.line, problem.kind.code())).collect();
    assert_eq!(codes, [(8, "empty-pattern")], "nothing is reported of a row in a comment");
    let name = format!("a.c{nbsp}");
    let known = read(&format!("| Test |\n|---|\n| {} |\n", knownfail::known::escape_cell(&name)));
    assert!(known.rows()[0].pattern.matches(&name));
}

#[test]
fn directive_applies_to_the_rest_of_its_section() {
    let table = |name: &str| format!("\n| Test | Why |\n|---|---|\n| {name} | |\n\n");
    let text = [
        "<!-- knownfail: variants = m -->\n",
        &table("top"),
        "# One\n<!-- knownfail: compat = loose; variants = p, q -->\n",
        &table("one.*"),
        "## Inside\n",
        &table("inside.*"),
        "<!-- knownfail: ignore -->\n",
        &table("ignored"),
        "### Below ignored\n",
        &table("also.ignored"),
        "## Beside\n",
        &table("beside.*"),
        "# Two\n",
        &table("two.*"),
    ];
    let known = read(&text.concat());
    assert_eq!(known.problems(), []);
    let facts = |row: &Row| {
        let variants: Vec<&str> = row.variants.only.iter().map(|p| p.as_str()).collect();
        format!("{} {} {}", row.pattern.as_str(), row.loose.is_some(), variants.join("+"))
    };
    let facts: Vec<String> = known.rows().iter().map(facts).collect();
    let expected = [
        "top false m",
        "one.* true p+q",
        "inside.* true p+q",
        "beside.* true p+q",
        "two.* false m",
    ];
    assert_eq!(facts, expected);
    assert_eq!(&*known.rows()[2].section, ["One", "Inside"]);
    let own =
        read("<!-- knownfail: variants = m -->\n| Test | When |\n|---|---|\n| a | p |\n| b | |\n");
    let own: Vec<&str> = own.rows().iter().map(|row| row.variants.only[0].as_str()).collect();
    assert_eq!(own, ["p", "m"]);
}

#[test]
fn each_problem_is_reported_on_its_line() {
    use ProblemKind::*;
    use knownfail::model::HiddenBy;
    let list = "| Test | Status |\n|---|---|\n| a | fail |\n";
    let dropped = |pattern: &str| DroppedRow { pattern: pattern.into() };
    let cases: Vec<(String, LocatedProblems)> = vec![
        (format!("{list}\n| b | |\n| `c*` |\n"), vec![(5, 0, dropped("b")), (6, 0, dropped("c*"))]),
        (format!("{list}<!-- note -->\n| b | |\n"), vec![(5, 0, dropped("b"))]),
        (
            format!("{list}<!--\n| gone |\n-->\n| b | |\n\n| c |"),
            vec![(7, 0, dropped("b")), (9, 0, dropped("c"))],
        ),
        (format!("{list}<div>\n| b | |\n</div>\n"), vec![(5, 0, dropped("b"))]),
        (format!("{list}    | b | |\n"), vec![(4, 0, dropped("b"))]),
        (format!("{list}\nProse.\n\n| b | |\n"), vec![(7, 0, dropped("b"))]),
        (format!("{list}\n### More\n\n| b | |\n"), vec![(7, 0, dropped("b"))]),
        (
            format!("> {}\n> | b | |\n", list.trim_end().replace('\n', "\n> ") + "\n>"),
            vec![(5, 0, dropped("b"))],
        ),
        (format!("{list}| b | | x | |\n"), vec![(4, 9, ExtraCells { found: 4, expected: 2 })]),
        (format!("{list}and prose\n"), vec![(4, 0, RowWithoutPipe)]),
        (
            "| Test | Why |\n|---|\n| a | |\n".into(),
            vec![(0, 0, NoList), (2, 0, DelimiterWidth { found: 1, expected: 2 })],
        ),
        (
            "| Test | Why |\n\n|---|---|\n| a | |\n".into(),
            vec![(0, 0, NoList), (1, 0, DelimiterWidth { found: 0, expected: 2 })],
        ),
        (format!("{list}| | fail |\n|`` ``||\n"), vec![(4, 0, EmptyPattern), (5, 0, EmptyPattern)]),
        (
            format!("{list}| re:a( | |\n"),
            vec![(4, 3, BadRegex { pattern: "re:a(".into(), why: "unclosed group".into() })],
        ),
        (
            format!("{list}| b | fail: re:( |\n"),
            vec![(4, 7, BadRegex { pattern: "re:(".into(), why: "unclosed group".into() })],
        ),
        (
            format!("{list}| b | wontfix |\n"),
            vec![(4, 7, UnknownStatus { word: "wontfix".into() })],
        ),
        (
            format!("{list}| a | failing |\n"),
            vec![(
                4,
                3,
                DuplicateRow {
                    pattern: "a".into(),
                    first_file: "list.md".into(),
                    first_line: 3,
                    same_reason: true,
                },
            )],
        ),
        (
            format!("{list}\n{list}").replacen("| a | fail |", "| `a` | crash |", 1),
            vec![(
                7,
                3,
                ContradictingRow {
                    pattern: "a".into(),
                    first_file: "list.md".into(),
                    first_line: 3,
                },
            )],
        ),
        (
            "| Test | Until |\n|---|---|\n| a | soon |\n| b | 2026-02-30 |\n".into(),
            vec![
                (3, 7, BadDate { text: "soon".into() }),
                (4, 7, BadDate { text: "2026-02-30".into() }),
            ],
        ),
        (
            format!("<!-- knownfail: policy = issue-required -->\n{list}"),
            vec![(4, 3, MissingIssue { pattern: "a".into() })],
        ),
        (
            format!("<!-- knownfail: compat = loos; ignor -->\n{list}"),
            vec![
                (1, 0, BadDirective { text: "compat = loos".into() }),
                (1, 0, BadDirective { text: "ignor".into() }),
            ],
        ),
        (
            format!("Text <!-- knownfail: ignore -->\n\n{list}"),
            vec![(1, 0, BadDirective { text: "<!-- knownfail: ignore -->".into() })],
        ),
        (
            format!("<!-- knownfail ignore -->\n\n<!-- knownfail -->\n\n{list}"),
            vec![
                (1, 0, BadDirective { text: "<!-- knownfail ignore -->".into() }),
                (3, 0, BadDirective { text: "<!-- knownfail -->".into() }),
            ],
        ),
        (
            format!("<!--\n\nknownfail: ignore\n-->\n\n<!-- knownfail\nignore -->\n\n{list}"),
            vec![
                (3, 0, BadDirective { text: "knownfail: ignore".into() }),
                (6, 0, BadDirective { text: "<!-- knownfail".into() }),
            ],
        ),
        (
            format!("<!-- x --> <!-- knownfail:\nignore -->\n\n<!-- knownfail:\n-->\n\n{list}"),
            vec![
                (1, 0, BadDirective { text: "<!-- x --> <!-- knownfail:".into() }),
                (4, 0, BadDirective { text: "<!-- knownfail:".into() }),
                // The second comment of a line that has ended the block.
                (9, 3, HiddenRow { pattern: "a".into(), by: HiddenBy::OpenHtml { line: 1 } }),
            ],
        ),
        // A list that waits for its first row.
        ("| Test | Why |\n|---|---|\n\nText\n".into(), vec![]),
        (format!("| Test | Why |\n|---|---|\n\n{list}"), vec![(1, 0, EmptyList)]),
        ("".into(), vec![]),
        (" \n\n".into(), vec![]),
        ("Text\n".into(), vec![(0, 0, NoList)]),
        ("| Name | Age |\n|---|---|\n| a | 1 |\n".into(), vec![(0, 0, NoList)]),
    ];
    for (text, expected) in cases {
        let known = read(&text);
        let found = known.problems().iter();
        let found: Vec<_> = found.map(|p| (p.line, p.column, p.kind.clone())).collect();
        assert_eq!(found, expected, "{text}");
        // The same lines are reported whatever ends them.
        let windows = read(&text.replace('\n', "\r\n"));
        assert_eq!(windows.problems(), known.problems(), "{text}");
    }
}

#[test]
fn ordinary_prose_causes_no_problem() {
    let list = "| Test | Status |\n|---|---|\n| a | fail |\n";
    for prose in [
        "\nText with a | pipe | in it.\n",
        "\nText.\n\n| A picture |-- of something\n| with bars |\n",
        "\n| Test | Why |\n|---|---|\n| b | |\n",
        "\n| Metric | Count |\n|---|---|\n| Total | 3 |\n\n| Metric |\n",
        "\n    | Test | Why |\n",
        "<!--\nknownfail is described\nin docs/\n-->\n\n<!-- knownfail\nis a tool -->\n\n<!--\n\n-->\n",
        "<!-- knownfail is described in docs/ -->\n\n`<!-- knownfail: x -->` sets an option.\n",
        "\n<!-- knownfail: ignore -->\n\n| b |\n\n| Test | Why |\n|---|\n",
        "\n---\n\n- | item\n",
    ] {
        let known = read(&format!("{list}{prose}"));
        assert_eq!(known.problems(), [], "{prose}");
    }
}

#[test]
fn row_that_is_unreadable_or_has_an_unknown_status_is_dropped() {
    let known = read(
        "| Test | Status | Variants |\n|---|---|---|\n| re:( | | |\n| a | fail: re:( | |\n\
         | b | | re:( |\n| c | eventually | |\n",
    );
    assert_eq!(patterns(&known), Vec::<&str>::new());
    assert_eq!(known.problems().len(), 4);
}

#[test]
fn overlay_replaces_the_rows_of_its_base() {
    let table = |rows: &str| format!("| Test | Why | Variants |\n|---|---|---|\n{rows}");
    let known = KnownFailures::read(&[
        ("base.md".into(), table("| a | base | |\n| b.* | base | m, n |\n| c | base | |\n")),
        ("over.md".into(), table("| `a` | over | all |\n| b.* | over | n,m |\n| c | over | m |\n")),
    ]);
    assert_eq!(known.problems(), []);
    let claimed = |name: &str, variant: &str| {
        let claim = known.claim(name, &Variant::new(variant)).expect("a row claims it");
        let row = known.row(claim.row);
        format!("{}:{}", row.file, row.line)
    };
    assert_eq!(claimed("a", ""), "over.md:3");
    assert_eq!(claimed("b.x", "m"), "over.md:4");
    assert_eq!(claimed("c", "m"), "base.md:5");
    let replaced =
        known.rows().iter().filter(|r| matches!(r.inactive, Some(Inactive::Replaced { .. })));
    assert_eq!(replaced.count(), 2);
    assert_eq!(known.documents()[1].path.as_ref(), "over.md");
}

#[test]
fn removing_rows_changes_nothing_else() {
    let text = "# T\r\n\r\n| Test |\r\n|---|\r\n| a |\r\n| b |\n| c |\rlast | line";
    let without = |rows: &[u32]| remove_rows(text, &rows.iter().copied().collect());
    assert_eq!(without(&[]), text);
    assert_eq!(without(&[5, 7]), "# T\r\n\r\n| Test |\r\n|---|\r\n| b |\nlast | line");
    assert_eq!(without(&[8]), "# T\r\n\r\n| Test |\r\n|---|\r\n| a |\r\n| b |\n| c |\r");
}

proptest! {
    #[test]
    fn name_written_into_a_cell_reads_back(
        name in prop_oneof!["\\PC{0,12}", r"[ab*?\\|` _.:<@#\[\]-]{0,12}", "re:\\PC{0,4}"],
    ) {
        let name = TestName::escape(&name).into_owned();
        let text = format!("| Test | Why |\n|---|---|\n| {} | x |\n", escape_cell(&name));
        let known = read(&text);
        prop_assert_eq!(known.problems(), &[]);
        prop_assert_eq!(known.rows().len(), 1);
        let row = &known.rows()[0];
        prop_assert_eq!(&row.reason, "x");
        prop_assert!(row.pattern.matches(&name), "{}", text);
        let longer = format!("{name}x");
        prop_assert!(!row.pattern.matches(&longer));
        let is_trimmed = name.trim_matches([' ', '\u{a0}']) == name;
        let plain = !name.is_empty() && is_trimmed && !name.starts_with("re:");
        prop_assert_eq!(row.pattern.kind() == PatternKind::Exact, plain);
    }

    #[test]
    fn any_text_is_read_without_panic(text in r"(\| |\||Test|Why|-|---|\n|\r|\t|    |>|`|\\|<!--|-->|knownfail:|;|#|é|\PC|\x00|re:|\*){0,60}") {
        let known = read(&text);
        let lines = text.matches(['\n', '\r']).count() + 1;
        prop_assert!(known.problems().iter().all(|problem| problem.line as usize <= lines));
        prop_assert!(known.rows().iter().all(|row| row.line as usize <= lines && row.line > 2));
        let _ = known.claim(&text, &Variant::default());
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn remaining_rows_are_unchanged_after_removal(
        document in prop::sample::select(vec!["smbtorture-2026-03-01.md", "dittofs-140-2026-07-21-5937d0a4.md"]),
        ending in prop::sample::select(vec!["\n", "\r\n"]),
        chosen in prop::collection::vec(any::<bool>(), 64),
    ) {
        let text = real_document(document).replace('\n', ending);
        let facts = |row: &Row| (row.pattern.as_str().to_owned(), row.reason.clone(), row.section.clone());
        let before = read(&text);
        let pairs = || before.rows().iter().zip(chosen.iter().cycle());
        let removed: BTreeSet<u32> = pairs().filter(|(_, c)| **c).map(|(row, _)| row.line).collect();
        let after_text = remove_rows(&text, &removed);
        let after = read(&after_text);
        let remaining: Vec<_> = pairs().filter(|(_, c)| !**c).map(|(row, _)| facts(row)).collect();
        prop_assert_eq!(after.rows().iter().map(facts).collect::<Vec<_>>(), remaining);
        let others = text.split_inclusive('\n').zip(1..).filter(|(_, at)| !removed.contains(at));
        prop_assert_eq!(after_text.clone(), others.map(|(line, _)| line).collect::<String>());
    }
}
