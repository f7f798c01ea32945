//! What an edit writes is read back as the same rows, in tables of every kind; nothing else changes.

use crate::harness::Knownfail;
use knownfail::known::{Edits, KnownFailures, NewRow, Pattern, Row, RowId, edit};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Names that would begin a list, a heading, code or another block without a pipe before them.
const ODD_NAMES: [&str; 24] = [
    "1. adds",
    "1.",
    "12) x",
    "- x",
    "-",
    "---",
    "- - -",
    "+ a",
    "* b",
    "# x",
    "> q",
    "```",
    "~~~",
    "`a`",
    "``b",
    "<div>",
    "<!-- x -->",
    "===",
    "[a]: b",
    "[^1]: x",
    "|x",
    "--|--",
    "\\",
    "a  b",
];

fn read(text: &str) -> KnownFailures {
    KnownFailures::read(&[("K.md".into(), text.to_owned())])
}

fn update(document: &str, results: &[(&str, &str)], option: &str) -> String {
    let mut program = Knownfail::new();
    let results: String =
        results.iter().map(|(name, status)| format!("{name},{status}\n")).collect();
    program.file("K.md", document).file("r.csv", results);
    let ran = program.run(&["update", "r.csv", "-k", "K.md", option]);
    assert_eq!(ran.code, 0, "{document}{}", ran.stderr);
    program.read("K.md")
}

#[test]
fn a_row_gets_its_pipes_where_its_name_would_begin_another_block() {
    for (name, row) in [
        ("a.x", "a.x | y"),
        ("1 adds", "1 adds | y"),
        ("+ a", "`+ a` | y"),
        ("1. adds", "| 1. adds | y |"),
        ("- x", "| - x | y |"),
        ("-", "| - | y |"),
        ("- - -", "| - - - | y |"),
        ("```", "| ```` ``` ```` | y |"),
    ] {
        for prefix in ["", "> ", ">\t"] {
            let list = |row: &str| {
                ["Test | Why", "--|--", row].map(|line| format!("{prefix}{line}\n")).concat()
            };
            let narrowed = update(&list("?* | y"), &[(name, "Fail"), ("p", "Pass")], "--narrow");
            assert_eq!(narrowed, list(row), "{name}");
            let added = update(&list("a.a | y"), &[(name, "Fail"), ("a.a", "Fail")], "--add");
            let row = row.replace("| y", "| failed");
            assert_eq!(added, list("a.a | y") + &format!("{prefix}{row}\n"), "{name}");
        }
    }
    // In an item of a list, and in a table with one column.
    let results = [("- x", "Fail"), ("p", "Pass")];
    let narrowed = update("- Test | Why\n  --|--\n  ?* | y\n", &results, "--narrow");
    assert_eq!(narrowed, "- Test | Why\n  --|--\n  | - x | y |\n");
    assert_eq!(update("Test |\n--|\n?* |\n", &results, "--narrow"), "Test |\n--|\n| - x |\n");
    assert_eq!(update("Test\n:--\n?*\n", &results, "--narrow"), "Test\n:--\n| - x |\n");
}

#[test]
fn a_table_that_has_lost_its_rows_stays_a_list() {
    for (text, expected) in [
        ("Words\n\nTest | Why\n--|--\na.x | y\n\nMore\n", "Words\n\nTest | Why\n--|--\n\nMore\n"),
        ("Test | Why\n--|--\na.x | y\n# Part\n", "Test | Why\n--|--\n# Part\n"),
        ("Test\n:--\na.x\n", "Test\n:--\n"),
        ("Test\n:-:\na.x\n\n---\n", "Test\n:-:\n\n---\n"),
    ] {
        assert_eq!(update(text, &[("a.x", "Pass")], "--remove"), expected);
        assert_eq!(read(expected).list_count(), 1, "{expected}");
    }
}

/// The width of the first column of an aligned table.
const ALIGNED_WIDTH: usize = 9;

/// How a table is written.
#[derive(Debug, Clone)]
struct Style {
    framed: bool,
    width: usize,
    name_first: bool,
    /// Before its first line, and before all others.
    container: (&'static str, &'static str),
}

fn style() -> impl Strategy<Value = Style> {
    let containers = [
        ("", ""),
        ("", ""),
        ("> ", "> "),
        ("- ", "  "),
        ("-\t", "\t"),
        ("1. > ", "   > "),
        (">\t", ">\t"),
    ];
    (
        any::<bool>(),
        prop::sample::select(vec![0, 0, ALIGNED_WIDTH]),
        any::<bool>(),
        prop::sample::select(containers.to_vec()),
    )
        .prop_map(|(framed, width, name_first, container)| Style {
            framed,
            width,
            name_first,
            container,
        })
}

impl Style {
    fn line(&self, test: &str, why: &str) -> String {
        let width = self.width;
        let (left, right) = if self.name_first { (test, why) } else { (why, test) };
        if self.framed {
            format!("| {left:width$} | {right:width$} |")
        } else {
            format!("{left:width$} | {right}")
        }
    }

    fn table(&self, rows: &[(String, String)]) -> Vec<String> {
        let dashes = "-".repeat(self.width.max(3));
        let head = [self.line("Test", "Why"), self.line(&dashes, &dashes)];
        let lines = head.into_iter().chain(rows.iter().map(|(test, why)| self.line(test, why)));
        let first = |at| if at == 0 { self.container.0 } else { self.container.1 };
        lines.enumerate().map(|(at, line)| format!("{}{line}", first(at))).collect()
    }
}

fn name() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(&ODD_NAMES[..]).prop_map(str::to_owned);
    prop_oneof![3 => "[a-c]\\.[a-c]{1,3}", 1 => "[\u{e9}\u{597d}] ?[a|`*_\\\\-]{0,3}[a-z]", 2 => odd]
}

/// A cell with a pattern, in any of the ways that people write it.
fn test_cell() -> impl Strategy<Value = String> {
    let written = name().prop_map(|name| knownfail::known::escape_cell(&name));
    prop_oneof![
        4 => written,
        1 => prop::sample::select(vec!["a.*", "`a.*`", "`` a ` b ``", r"`a\|b`", r"a\|*", "re:b.*", "?*"]).prop_map(str::to_owned),
    ]
}

/// A document of lists, prose, directives and other tables, with line ends of all kinds.
fn document() -> impl Strategy<Value = String> {
    let rows = prop::collection::vec((test_cell(), "[xyé]{1,3}"), 0..5);
    let table = (style(), rows).prop_map(|(style, rows)| style.table(&rows));
    let others = [
        "# Part",
        "Words",
        "<!-- knownfail: allow = duplicate -->",
        "<!-- a comment -->",
        "```\n| Test |\n|---|\n| no |\n```",
        "| Key | Value |\n|---|---|\n| a | b |",
        "---",
        "| Test | Why |\n|---|---|\n| a.a | x |\n<!-- between -->\n| a.b | x |",
    ];
    let other = prop::sample::select(others.to_vec())
        .prop_map(|text| text.split('\n').map(str::to_owned).collect());
    let part = prop_oneof![3 => table, 1 => other];
    let gap = prop::sample::select(&[true, true, true, false][..]);
    let ends = prop_oneof![
        4 => Just(vec!["\n"]), 2 => Just(vec!["\r\n"]), 2 => Just(vec!["\r"]),
        1 => prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", "\r"]), 1..5),
    ];
    (prop::collection::vec((part, gap), 1..5), ends, any::<bool>(), any::<bool>()).prop_map(
        |(parts, ends, has_bom, is_ended): (Vec<(Vec<String>, bool)>, _, _, _)| {
            let with_gap =
                |(lines, gap): (Vec<String>, bool)| lines.into_iter().chain(gap.then(String::new));
            let lines: Vec<String> = parts.into_iter().flat_map(with_gap).collect();
            let last = lines.len() - 1;
            let mut text = String::from(if has_bom { "\u{feff}" } else { "" });
            for (at, line) in lines.iter().enumerate() {
                text += line;
                text += if at == last && !is_ended { "" } else { ends[at % ends.len()] };
            }
            text
        },
    )
}

/// An edit of a row: which row, and how.
#[derive(Debug, Clone)]
enum RowEdit {
    Remove,
    Narrow(Vec<String>),
    AddAfter(String),
}

fn row_edit() -> impl Strategy<Value = RowEdit> {
    prop_oneof![
        Just(RowEdit::Remove),
        prop::collection::vec(name(), 1..3).prop_map(RowEdit::Narrow),
        name().prop_map(RowEdit::AddAfter),
    ]
}

/// A row as a reader of the list sees it, with its pattern apart.
type RowFacts = (String, Vec<String>);

fn facts(row: &Row) -> RowFacts {
    (row.reason.clone(), row.section.to_vec())
}

/// A row that the edited document should have.
struct ExpectedRow {
    pattern: String,
    facts: RowFacts,
    /// Whether its line is kept.
    is_kept: bool,
}

/// The rows that the edited document should have, in order.
fn expected_rows(known: &KnownFailures, edits: &Edits) -> Vec<ExpectedRow> {
    let written =
        |name: &str, facts| ExpectedRow { pattern: Pattern::for_name(name), facts, is_kept: false };
    let mut rows = Vec::new();
    for (id, row) in known.rows_with_ids() {
        if let Some(names) = edits.narrowed.get(&id) {
            rows.extend(names.iter().map(|name| written(name, facts(row))));
        } else if !edits.removed.contains(&id) {
            let pattern = row.pattern.as_str().to_owned();
            rows.push(ExpectedRow { pattern, facts: facts(row), is_kept: true });
        }
        for new in edits.added.iter().filter(|new| new.after == Some(id)) {
            rows.push(written(&new.name, (new.reason.clone(), row.section.to_vec())));
        }
    }
    rows
}

fn edits(known: &KnownFailures, chosen: &[(prop::sample::Index, RowEdit)]) -> Edits {
    let mut edits = Edits::default();
    for (index, edit) in chosen.iter().filter(|_| !known.rows().is_empty()) {
        let id = RowId(index.index(known.rows().len()) as u32);
        match edit {
            RowEdit::Remove if !edits.narrowed.contains_key(&id) => drop(edits.removed.insert(id)),
            RowEdit::Narrow(names) if !edits.removed.contains(&id) => {
                edits.narrowed.insert(id, names.clone());
            }
            RowEdit::AddAfter(name) => edits.added.push(NewRow {
                name: name.clone(),
                reason: "new".to_owned(),
                variants: Vec::new(),
                after: Some(id),
            }),
            RowEdit::Remove | RowEdit::Narrow(_) => {}
        }
    }
    edits
}

/// The lines but for those with these 1-based numbers, without line ends. Without spaces and dashes if the document may
/// have an aligned table, whose columns an edit may widen.
fn other_lines(text: &str, numbers: &BTreeSet<u32>, may_widen: bool) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let others = (1..).zip(text.lines()).filter(|(number, _)| !numbers.contains(number));
    let unpadded = |line: &str| line.replace(|c| may_widen && [' ', '-'].contains(&c), "");
    others.map(|(_, line)| unpadded(line)).collect()
}

/// The kinds of line ends.
fn line_ends(text: &str) -> BTreeSet<&'static str> {
    let lone = text.replace("\r\n", "");
    let ends =
        [("\r\n", text.contains("\r\n")), ("\r", lone.contains('\r')), ("\n", lone.contains('\n'))];
    ends.into_iter().filter(|(_, is_there)| *is_there).map(|(end, _)| end).collect()
}

fn problem_codes(known: &KnownFailures) -> BTreeSet<&'static str> {
    known.problems().iter().map(|problem| problem.kind.code()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_edit_is_read_back_as_the_rows_that_it_writes(
        text in document(),
        chosen in prop::collection::vec((any::<prop::sample::Index>(), row_edit()), 1..5),
    ) {
        let known = read(&text);
        let edits = edits(&known, &chosen);
        let edited = edit::apply(&known, &edits).remove(0);
        let known_after = read(&edited);
        let (rows, expected) = (known_after.rows(), expected_rows(&known, &edits));
        let found = Vec::from_iter(rows.iter().map(|row| (row.pattern.as_str(), facts(row))));
        let wanted = Vec::from_iter(expected.iter().map(|row| (&*row.pattern, row.facts.clone())));
        prop_assert_eq!(found, wanted, "{:?} became {:?}", text, edited);

        let replaced = edits.removed.iter().chain(edits.narrowed.keys());
        let replaced = replaced.map(|id| known.row(*id).line).collect();
        let written = rows.iter().zip(&expected).filter(|(_, expected)| !expected.is_kept);
        let written = written.map(|(row, _)| row.line).collect();
        let may_widen = text.contains(&"-".repeat(ALIGNED_WIDTH));
        prop_assert_eq!(
            other_lines(&edited, &written, may_widen),
            other_lines(&text, &replaced, may_widen),
            "{:?} became {:?}", text, edited
        );
        let ends = line_ends(&text);
        // Where they are mixed, a blank line may come to follow a lone `\r`, which gets a `\n`.
        prop_assert!(ends.len() != 1 || line_ends(&edited).is_subset(&ends), "{:?}", edited);
        let before = problem_codes(&known);
        for code in problem_codes(&known_after).difference(&before) {
            // Whether there are rows, and which.
            let is_of_rows = ["empty-list", "duplicate-row"].contains(code);
            prop_assert!(is_of_rows, "{}: {:?} became {:?}", code, text, edited);
        }
        if edits.is_empty() {
            prop_assert_eq!(edited, text);
        }
    }
}
