//! The rows for new failures that the comment and the summary offer, and the command in the log.

use crate::action::{Action, RED, visible_body};
use crate::harness::Knownfail;

const TITLE: &str = "<details><summary>Row to add, if the failure is expected</summary>\n\n";
const MANY: &str = "<details><summary>Rows to add, if the failures are expected</summary>\n\n";

/// The folded block with this title.
fn block<'t>(text: &'t str, title: &str) -> &'t str {
    let (_, rest) = text.split_once(title).unwrap_or_else(|| panic!("no {title}: {text}"));
    rest.split_once("</details>\n").unwrap().0
}

#[test]
fn new_failure_has_a_row_to_paste_as_update_adds_it() {
    let list = "## Locks\n\n| Test | Category | Reason | Issue |\n| --- | --- | --- | --- |\n\
        | a.known | Slow | s | #1 |\n\n## Other\n\n| Test | Reason |\n| --- | --- |\n| z | x |\n";
    let mut action = Action::new().file("KNOWN_FAILURES.md", list);
    let step = action.run_with_results(RED);
    assert_eq!(step.code, 1, "{}", step.printed);
    for text in [visible_body(&action.comments()[0]), step.summary] {
        let block = block(&text, TITLE);
        assert!(block.starts_with("After [`KNOWN_FAILURES.md:5`](https://"), "{block}");
        let rows = "), in Locks:\n\n```markdown\n| a.new | Slow | y |  |\n```\n";
        assert!(block.contains(rows), "{block}");
    }
    assert!(step.printed.contains("  To list them: knownfail update --add results.txt\n"));
    // It is what `update --add` writes.
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list).file("results.txt", RED);
    assert_eq!(program.run(&["update", "--add", "results.txt"]).code, 0);
    assert!(program.read("KNOWN_FAILURES.md").contains("| #1 |\n| a.new | Slow | y |  |\n"));
}

#[test]
fn rows_name_each_document_and_a_new_table_has_its_header() {
    let rows = |name: &str| format!("| Test | Reason |\n| --- | --- |\n| {name} | |\n");
    let mut action = Action::new()
        .file("A.md", rows("a.one"))
        .file("B.md", rows("b.one"))
        .with("known-failures", "A.md\nB.md");
    let results = "test: a.two\nfailure: a.two [\nx\n]\ntest: b.two\nfailure: b.two [\ny\n]\n";
    let step = action.run_with_results(results);
    let text = visible_body(&action.comments()[0]);
    let all = block(&text, MANY);
    for part in ["A.md:3", "| a.two | x |\n", "B.md:3", "| b.two | y |\n"] {
        assert!(all.contains(part), "{part}: {all}");
    }
    let command = "knownfail update --add results.txt -k A.md -k B.md\n";
    assert!(step.printed.contains(command), "{}", step.printed);
    let mut action = Action::new().file("KNOWN_FAILURES.md", "# Known failures\n");
    action.run_with_results(RED);
    let text = visible_body(&action.comments()[0]);
    let all = block(&text, MANY);
    let table = "| Test Name | Category | Reason | Issue |\n| --------- | -------- | ------ | ----- |\n\
        | a.known |  | x |  |\n| a.new |  | y |  |\n```\n";
    assert!(all.starts_with("At the end of [`KNOWN_FAILURES.md`]("), "{all}");
    assert!(all.contains(table), "{all}");
}

#[test]
fn row_that_would_not_help_is_not_offered() {
    // The test has a row, which expects something milder.
    let list = "| Test | Status |\n| --- | --- |\n| a.new | skip |\n| a.known | |\n";
    let mut action = Action::new().file("KNOWN_FAILURES.md", list);
    let step = action.run_with_results(RED);
    assert_eq!(step.code, 1, "{}", step.printed);
    let text = visible_body(&action.comments()[0]);
    assert!(!text.contains("to add, if"), "{text}");
    assert!(!step.printed.contains("To list them"), "{}", step.printed);
}

#[test]
fn text_of_tests_cannot_leave_the_block() {
    let name = "a ``` </details> @team <img src=x> | ~~~";
    let message = "```` </details> @team #1 | <b>";
    let results = format!("test: {name}\nfailure: {name} [\n{message}\n]\n");
    let mut action = Action::new();
    let step = action.run_with_results(&results);
    assert_eq!(step.code, 1, "{}", step.printed);
    let text = visible_body(&action.comments()[0]);
    let (_, rest) = text.split_once(TITLE).unwrap();
    let mut lines = rest.lines().skip_while(|line| !line.starts_with("```"));
    let opening = lines.next().unwrap();
    let fence = opening.strip_suffix("markdown").unwrap();
    let row = lines.next().unwrap();
    assert!(row.starts_with("| ````a ``` </details> @team"), "{row}");
    assert!(!row.contains(fence), "{row}");
    assert_eq!(lines.next(), Some(fence));
    // What is copied claims the failure.
    let list = format!("| Test Name | Reason | Issue |\n| --- | --- | --- |\n{row}\n");
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list).file("results.txt", results);
    let ran = program.run(&["check", "results.txt"]);
    assert_eq!(ran.code, 0, "{row}\n{}", ran.stdout);
}

#[test]
fn many_rows_are_bounded_and_counted() {
    let name = |n: usize| format!("{}.t{n:03}", "n".repeat(200));
    let results: String =
        (0..250).map(|n| format!("test: {0}\nfailure: {0} [\nx\n]\n", name(n))).collect();
    let mut action = Action::new();
    let step = action.run_with_results(&results);
    let comment = &action.comments()[0].body;
    assert!(comment.len() <= 60_000, "{}", comment.len());
    let summary = block(&step.summary, MANY);
    assert_eq!(summary.matches("\n| nnn").count(), 200);
    let more = "50 more rows are not shown: `knownfail update --add` writes all of them.\n";
    assert!(summary.contains(more), "{summary}");
}

#[test]
fn job_of_a_matrix_warns_of_rows_that_apply_to_all_variants() {
    let mut action = Action::new();
    let step = action.run_step(|program| {
        program.file("results.txt", RED).input("variant", "memory");
    });
    let text = visible_body(&action.comments()[0]);
    let block = block(&text, TITLE);
    let note = "A row without variants also excuses its test in the variants of other jobs.\n";
    assert!(block.contains(note), "{block}");
    let command = "knownfail update --add results.txt --variant memory\n";
    assert!(step.printed.contains(command), "{}", step.printed);
}
