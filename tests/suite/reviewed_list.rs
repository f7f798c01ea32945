//! A row counts only where a reviewer sees it, and only for what a reviewer sees.
//!
//! The pages are those of GitHub's own renderer, read by an HTML5 parser (`tests/github-markdown/tables.py`).

use crate::github_markdown::ask_python;
use crate::harness::Knownfail;
use knownfail::known::KnownFailures;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

/// Number of documents that are compared.
const DOCUMENT_COUNT: usize = 4_000;

/// Lines above and between tables. What is left open here may swallow them.
const LINES: &[&str] = &[
    "",
    "",
    "",
    "# Part",
    "Some words.",
    "===",
    "---",
    "```",
    "~~~",
    "<!--",
    "-->",
    "<!-- one line -->",
    "<!-- two -- dashes -->",
    "<!-->",
    "<div>",
    "<div><!--",
    "<div>--></div>",
    "</div>",
    "<div title=\"",
    "<div title='",
    "\"></div>",
    "'>",
    "<details><summary>More</summary>",
    "</details>",
    "<details title=\"<!--\">",
    "<p><?php",
    "?>",
    "<?php > <!-- ?>",
    "<!DOCTYPE",
    "<!doctype",
    "<![CDATA[",
    "]]>",
    ">",
    "<script>",
    "</script>",
    "<script>x</script>",
    "<script><!-- </script>",
    "<script><template></script></template>",
    "<svg></svg><video></video>",
    "Word <button><noscript> more.",
    "- x <noscript>",
    "<b></b><frameset>",
    "Word <table> more <td>.",
    "<picture>",
    "<source srcset=\"x\"></picture>",
    "test_foo[a]: broken",
    "`[^a]/x.py]::b`",
    "<style>",
    "<textarea>",
    "</textarea>",
    "<pre>",
    "</pre>",
    "<template>",
    "</template>",
    "<select>",
    "<source>",
    "<search>",
    "<svg><![CDATA[",
    "<b title=\"",
    "<table><tr><td>",
    "</td></tr></table>",
    "[^a]: A note.",
    "[^a]: | Test | Why |",
    "[^b]:",
    "See [^a].",
    "[a]: /b",
    "[a]:",
    "- item",
    "1. item",
    "  more",
    "    code",
    "> quoted",
    "words <!-- inside",
    "words <b title=\"x",
    "`code",
    "\\",
    "\u{b}",
    "\u{c}",
    "\0",
    "\u{7f}",
    "\u{a0}",
    "\u{2028}",
    "\u{85}",
    "\u{1c}",
    "\u{1f}",
    "\u{3000}",
    "| loose | row |",
    "a | b",
    ":-- | --",
];

/// What may precede each line of a table.
const PREFIXES: &[&str] = &[
    "", "", "", "", "", "", "", " ", "  ", "   ", "    ", "> ", "- ", "  > ", "\t", "\u{b}",
    "\u{c}", "\0", "\u{1}", "\u{a0}", "\u{feff}", "\u{85}", "\u{1c}", "\u{1f}", "\u{3000}",
    "\u{2003}", "[^a]: ", "1. ", "<b>", "<!-- -->",
];

/// Headers with their delimiter row, and templates of rows: `@` becomes a name that no other row has.
const TABLES: &[(&str, &str, &[&str])] = &[
    (
        "| Test | Why |",
        "|---|---|",
        &[
            "| {} | x |",
            "| {} | <b> |",
            "| {} | <!-- a -- b --> |",
            "{} | x",
            "| {} |",
            "| {} | [^a] |",
            "| {} | <b title=\"--> |",
            "| {} | x<td>y |",
            "| {} | </table><noscript> |",
            "| {} | </tr></TABLE> |",
            "| {} | <video> and <title> |",
            "| {} | `<!--` | y |",
        ],
    ),
    (
        "| Why | Test |",
        "|:-:|---|",
        &[
            "| x | {} |",
            "| <?a > <!-- ?> | {} |",
            "| <b title=\"-->\"> | {} |",
            "| <!-- | {} |",
            "| ` | {} | ` |",
            "| \\| | {} |",
            "| <iframe> | {} |",
        ],
    ),
    ("Test | Why", "--|--", &["{} | x", "| {} | x |", "{} | --> |"]),
    ("| Test |", "| --- |", &["| {} |", "{}", "| {} | extra |"]),
];

/// Patterns; `@` becomes a name that no other pattern of the document has.
const PATTERNS: &[&str] = &[
    "@",
    "@",
    "@",
    "@.*",
    "`@`",
    "`@.*`",
    "`@.*a*`",
    "`` @`.* ``",
    "@*a*",
    "@.*a",
    "*@*",
    "_@_",
    "__@__",
    "a_@_b",
    "**@**",
    "~~@~~",
    "~@~",
    "[@]",
    "[@](u)",
    "[@][a]",
    "[@](<u>)",
    "![@](u)",
    "@[a]",
    "@[a-z]*",
    "[a]@",
    "@[^a]",
    "[^a]",
    "<!-- @ -->",
    "@<!-- x -->",
    "@<b>",
    "<@>",
    "<http://@>",
    "http://@",
    "www.@.com",
    "@&amp;",
    "@&#42;",
    "&#64;@",
    "@&",
    "@\\*",
    "@\\_",
    "@\\|x",
    "`@\\|x`",
    "@\\\\\\|x",
    "`@\\\\|x`",
    "@\\",
    "re:@(a\\|b)",
    "`re:@(a\\|b)`",
    "re:@\\.x",
    "`re:@\\.x`",
    "@\u{200b}",
    "@\u{ad}",
    "@\u{202e}x",
    "@\u{b}",
    "@ \u{c}x",
    "@\u{1}",
    "@\u{7f}",
    "@\0",
    "@\u{a0}",
    "@  x",
    "`@  x`",
    "` @ `",
    "@`",
    "`@",
    "``@`",
    "`@` x",
    "x `@`",
    "`@` `x`",
    "@ :tada:",
    "@é",
    "@\u{fe0f}",
    "❤\u{fe0f}@",
    "@<br>x",
    "'@'",
    "\"@\"",
    "@...",
    "@--",
    "(c)@",
    "@@x.com",
    "@$x$",
    "==@==",
    "||@||",
    "@*€*x",
    "@_→_x",
    "*@*→",
    "©é“)@ź~£~",
    "_~~@_~",
    "*~@~~*",
    "`@[^x]::y`",
    "@[x]::y",
    "$@$",
];

fn pattern(number: usize) -> impl Strategy<Value = String> {
    prop::sample::select(PATTERNS)
        .prop_map(move |pattern| pattern.replacen('@', &format!("t{number}"), 1))
}

/// A table of a few rows, each line with the same prefix or one of its own.
fn table(number: usize) -> impl Strategy<Value = String> {
    let row = |at: usize| {
        (
            any::<prop::sample::Index>(),
            pattern(number * 10 + at),
            prefix(),
            prop::bool::weighted(0.1),
        )
    };
    let rows = (row(0), row(1), row(2), row(3));
    (prop::sample::select(TABLES), prefix(), rows, 1..5_usize).prop_map(
        |((header, delimiter, templates), prefix, rows, count)| {
            let rows = [rows.0, rows.1, rows.2, rows.3].into_iter().take(count);
            let rows = rows.map(|(template, pattern, own, has_own)| {
                let prefix = if has_own { own } else { prefix };
                format!("{prefix}{}", template.get(templates).replace("{}", &pattern))
            });
            let lines = [format!("{prefix}{header}"), format!("{prefix}{delimiter}")]
                .into_iter()
                .chain(rows);
            lines.collect::<Vec<_>>().join("\n")
        },
    )
}

fn prefix() -> impl Strategy<Value = &'static str> {
    prop::sample::select(PREFIXES)
}

/// A document in which each row has a name of its own.
fn document() -> impl Strategy<Value = String> {
    let line = || prop::sample::select(LINES).prop_map(str::to_owned);
    let lines = || prop::collection::vec(line(), 0..4);
    let end = prop::sample::select(&["\n", "\n", "\n", "\r\n", "\r"][..]);
    (lines(), table(0), lines(), table(1), lines(), table(2), lines(), end).prop_map(
        |(a, first, b, second, c, third, d, end)| {
            let parts =
                [a.join("\n"), first, b.join("\n"), second, c.join("\n"), third, d.join("\n")];
            parts.join("\n").replace('\n', end)
        },
    )
}

/// The patterns that count, as written but for backticks.
fn counted_patterns(document: &str) -> Vec<String> {
    let known = KnownFailures::read(&[("K.md".into(), document.to_owned())]);
    known.rows().iter().map(|row| row.pattern.as_str().to_owned()).collect()
}

#[test]
fn a_row_counts_only_where_github_shows_it() {
    let mut runner = TestRunner::default();
    let count =
        std::env::var("KNOWNFAIL_DOCUMENTS").map_or(DOCUMENT_COUNT, |count| count.parse().unwrap());
    let documents: Vec<String> =
        (0..count).map(|_| document().new_tree(&mut runner).unwrap().current()).collect();
    let pages: Vec<Vec<Vec<String>>> = ask_python("tables.py", &documents);
    assert_eq!(pages.len(), documents.len());
    let mut counted = 0;
    let mut visible = 0;
    for (document, rows) in documents.iter().zip(&pages) {
        let shown: BTreeSet<&str> = rows.iter().flatten().map(|cell| cell.trim()).collect();
        visible += rows.len();
        for pattern in counted_patterns(document) {
            counted += 1;
            assert!(
                shown.contains(pattern.trim()),
                "{pattern:?} counts, but GitHub shows {shown:?} of {document:?}"
            );
        }
    }
    // Most of the documents are odd, and yet many rows count.
    assert!(
        counted > documents.len() / 4,
        "{counted} rows of {} documents, {visible} shown",
        documents.len()
    );
}

/// The name of the only test of a run, which fails.
const NAME: &str = "smb2.lock.hidden";

/// Checks a run of one failing test against a document; the exit code, and the lines and codes of its errors.
fn check(document: &str, more: &[&str]) -> (i32, Vec<(u64, String)>) {
    let mut program = Knownfail::new();
    program.file("K.md", document);
    program.file("r.tap", format!("1..1\nnot ok 1 - {NAME}\n"));
    let fixed = ["check", "r.tap", "-k", "K.md", "--json", "report.json"];
    let ran = program.run(&[&fixed[..], more].concat());
    let report: serde_json::Value = serde_json::from_str(&program.read("report.json")).unwrap();
    let problems = report["problems"].as_array().unwrap().iter();
    let errors = problems.filter(|problem| problem["severity"] == "error");
    let errors = errors.map(|problem| {
        (problem["line"].as_u64().unwrap(), problem["code"].as_str().unwrap().to_owned())
    });
    (ran.code, errors.collect())
}

/// The document's only error is this one, and no row claims the test.
fn assert_counts_for_nothing(document: &str, line: u64, code: &str) {
    assert_eq!(check(document, &[]), (1, vec![(line, code.to_owned())]), "{document}");
    let lint = {
        let mut program = Knownfail::new();
        program.file("K.md", document);
        program.run(&["lint", "K.md"])
    };
    assert!(lint.code == 1 && lint.stdout.contains(&format!("[{code}]")), "{}", lint.stdout);
    // No directive switches it off.
    let allowed = format!("<!-- knownfail: allow = {code} -->\n\n{document}");
    let (exit, errors) = check(&allowed, &[]);
    assert!(exit == 1 && errors.contains(&(line + 2, code.to_owned())), "{errors:?} of {allowed}");
}

#[test]
fn rows_that_github_does_not_show_count_for_nothing() {
    let table = "| Test | Reason |\n| --- | --- |\n| * | hidden |\n";
    let table_in = |prefix: &str| {
        table.replace("| ", &format!("{prefix}| ")).replace(&format!(" {prefix}| "), " | ")
    };
    for (document, line) in [
        (format!("<div><!--\n\n{table}\n<div>--></div>\n"), 5),
        (format!("<div title=\"\n\n{table}\n<div>\"></div>\n"), 5),
        (format!("<details><summary>x</summary>\n<!-- by accident\n\n{table}"), 6),
        (format!("<p><?php > <!-- ?>\n\n{table}"), 5),
        (format!("A word <?x > <!-- ?> more.\n\n{table}"), 5),
        (format!("- <div><!--\n\n{}", table_in("  ")), 5),
        (format!("> <div><!--\n>\n{}", table_in("> ")), 5),
        (format!("<table><template>\n\n{table}"), 5),
        (format!("<div><script>\n\n{table}"), 5),
        (format!("<textarea>\n\n</textarea>\n{table}"), 6),
        (format!("<pre>\n</textarea>\n{table}"), 5),
        (format!("<!doctype\n\n>\n{table}"), 6),
        (format!("<div><!--\n\nSome <!-- a -- b --> words\n\n{table}"), 7),
        (format!("[^x]: note\n{table}"), 4),
        (format!("See[^x].\n\n[^x]: note\n{table}"), 6),
        (format!("[^x]:\n{table}"), 4),
        (format!("- [^x]: note\n{}", table_in("  ")), 4),
        ("| Test | Reason |\n|---|---|\n| smb2.lock.* | r<td>skip |\n".to_owned(), 3),
        ("| Test | Reason<th>Status |\n|---|---|\n| smb2.lock.* | r |\n".to_owned(), 3),
        ("| Test | Reason |\n|---|---|\n| smb2.lock.* | x</Table><noscript> |\n".to_owned(), 3),
        (format!("Word <button><noscript> more.\n\n{table}"), 5),
        (format!("- x <noscript>\n{}", table_in("  ")), 4),
        (format!("<b></b><frameset>\n\n{table}"), 5),
        (format!("Word <svg><foreignObject> more.\n\n{table}"), 5),
        (format!("<div><sub><sub>\n\n{table}"), 5),
        (format!("<del>\n\n{table}\n</del>\n"), 5),
        ("| Test |\n| --- |\n| smb2.other |\n\u{b}| * |\n".to_owned(), 4),
        ("| Test |\n| --- |\n| smb2.other |\n| * | \u{c}\n".to_owned(), 4),
        ("| Test |\n| --- |\n| smb2.other |\n| smb2.*\0 |\n".to_owned(), 4),
    ] {
        assert_counts_for_nothing(&document, line, "hidden-row");
    }
}

#[test]
fn html_with_many_attributes_is_read_in_bounded_depth() {
    let table = "| Test |\n|---|\n| smb2.lock.* |\n";
    for quote in ["\"", "'"] {
        let attributes = format!("a={quote}{quote} ").repeat(100_000);
        let document = format!("<p {attributes}></p>\n\n{table}");
        assert_eq!(check(&document, &[]), (0, vec![]));
        let document = format!("<p {attributes} b=\"'\" c='\"'></p>\n\n{table}");
        let (code, errors) = check(&document, &[]);
        assert!(code == 0 || errors == [(5, "hidden-row".to_owned())], "{code} {errors:?}");
    }
}

#[test]
fn rows_in_front_matter_count_for_nothing() {
    let document = "---\nx: |\n\n  | Test |\n  |---|\n  | * |\n\nx: y\n---\n\n# Known failures\n";
    assert_eq!(check(document, &[]), (1, vec![(6, "hidden-row".to_owned())]));
}

#[test]
fn rows_in_the_open_count() {
    let table = "| Test | Reason |\n| --- | --- |\n| smb2.lock.* | known |\n";
    for document in [
        format!("<!-- closed\n\nin its own block -->\n\n{table}"),
        format!("<details><summary>More</summary>\n\n{table}\n</details>\n"),
        format!("<div align=\"center\">\n\n# Known failures\n\n</div>\n\n{table}"),
        format!("See[^x].\n\n{table}\n[^x]: A note.\n"),
        format!("Words <!-- and a remark --> and <kbd>a key</kbd>.\n\n{table}"),
        format!("<style>\ntd {{ color: red }}\n</style>\n<div><svg></svg></div>\n\n{table}"),
        format!("<!-- knownfail: policy = issue-required; allow = missing-issue -->\n\n{table}"),
        "| Test | Reason |\n|---|---|\n| `smb2.lock.*` | the **`<b>`** of <file> <iframe> |\n".to_owned(),
        "| Test | Why |\n|---|---|\n| smb2.lock.* | see <https://example.org>, *now*, ~~later~~ &mdash; [x](y) |\n".to_owned(),
        "| Test | Issue |\n|---|---|\n| smb2.lock.* | [#12](https://example.org/12), **#13**<br>`#14` |\n".to_owned(),
        format!("<picture>\n  <source srcset=\"x\">\n  <img src=\"y\">\n</picture>\n\n{table}"),
        format!("{table}| `re:tests/[^/]+\\.py::Test[A-Z]::x` | r |\n"),
        format!("{table}| `a[^b]::c` | r |\n\n- test_foo[sqlite]: broken\n"),
        "| Test | Why |\n|---|---|\n| smb2.lock.* | r |\n| t[sqlite] | in [sqlite]: boom |\n\n`arr[sqlite]: x`\n".to_owned(),
        "| Test | Reason | Description | Issue | Link |\n|---|---|---|---|---|\n| smb2.lock.* | a | b | #1 | #2 |\n".to_owned(),
        "| Test | Issue |\n|---|---|\n| smb2.lock.* | #12<BR>#13 |\n".to_owned(),
        "| Test |\n|---|\n| smb2.lock.* |\n| chromium › a_b_c.spec.ts › it → works |\n".to_owned(),
        "| Test: | Status[^1] |\n|---|---|\n| smb2.lock.* | fail |\n\n[^1]: A note.\n".to_owned(),
        "| Test | Why |\n|---|---|\n| smb2.lock.* | <video> and <iframe> of <T> |\n".to_owned(),
        "| Test | Status |\n|---|---|\n| smb2.lock.* | ⚠\u{fe0f} **Fails** |\n".to_owned(),
        "| Test | Status |\n|---|---|\n| smb2.lock.* | fail |\n".to_owned(),
        "| Test | Variants |\n|---|---|\n| smb2.lock.* | `linux`, `!windows`, - |\n".to_owned(),
        "| Test |\n|---|\n| `re:smb2\\.(lock\\|dir)\\..*` |\n".to_owned(),
        "| Test |\n|---|\n| smb2.l*ck.hidden |\n".to_owned(),
    ] {
        assert_eq!(check(&document, &["--variant", "linux"]), (0, vec![]), "{document}");
    }
}

#[test]
fn cells_that_show_something_else_than_they_claim_count_for_nothing() {
    let patterns = [
        r"re:smb2\.other<!--\|.*\|-->",
        r"re:[smb2\.other](\|.*\|)",
        "smb2.lock.*<!-- -->",
        "<span title='*'>smb2.other</span>*",
        "*smb2.l*ck.hidden",
        "*smb2.lock.hidden*",
        "**smb2.*",
        "&#42;",
        "smb2.&ast;*",
        r"smb2.lock\.*",
        r"smb2.lock.\**",
        "![smb2.other](x)*",
        "~~smb2.other~~*",
        "`smb2.other`*",
        "`smb2.lock.*` (fixed)",
        "smb2.*\u{200b}",
        "smb2.*\u{ad}",
        "smb2.*\u{e0041}",
        "smb2.*\u{2800}",
        "re:smb2.lock.x*€*hidden",
        "re:smb2.(other\\\\|.*)",
        "_~~smb2.*_~",
        "re:smb2.other $%^\\|smb2.*$",
        "`smb2.*\u{202e}`",
    ];
    for pattern in patterns {
        let document = format!("| Test | Reason |\n| --- | --- |\n| {pattern} | known |\n");
        assert_counts_for_nothing(&document, 3, "misleading-cell");
    }
    // A reference is a link if the document defines it anywhere.
    let document = "| Test |\n| --- |\n| smb2.[lock].* |\n\n[lock]: https://example.org\n";
    assert_counts_for_nothing(document, 3, "misleading-cell");
    let column = |header: &str, cell: &str| {
        format!("| Test | {header} |\n| --- | --- |\n| `smb2.lock.*` | {cell} |\n")
    };
    for cell in [
        "fail<!-- -->",
        "fail: *a*",
        "![]()fail",
        "~~fail~~",
        "fail: `a`<!--|.*-->",
        "fail\u{200b}",
        "fail: \u{200b}*",
    ] {
        assert_counts_for_nothing(&column("Status", cell), 3, "misleading-cell");
    }
    for cell in
        ["f\u{430}il", "fa\u{200b}il", "f&#97;il", "wontfix", "[fail](x)", "skip: needs root"]
    {
        assert_counts_for_nothing(&column("Status", cell), 3, "unknown-status");
    }
    for cell in [
        "memory<!--,*,-->",
        "<b>memory</b>,*",
        "[memory](,*,)",
        "memory,&#42;",
        "*a,b*",
        "!l\u{456}nux",
        "!linux\u{200b}",
        "~~memory~~",
        "memory ![](,*)",
        "a*€*x, linux",
        "*~~a~*, linux",
        "memory $\\phantom{,*,}$",
    ] {
        assert_counts_for_nothing(&column("Variants", cell), 3, "misleading-cell");
    }
    for cell in
        ["<!-- #12 -->", "#12 <!-- closed -->", "<b></b>", "![](x)", "#12\u{200b}", "\u{200b}"]
    {
        assert_counts_for_nothing(&column("Issue", cell), 3, "misleading-cell");
    }
    for header in [
        "Stat\u{200b}us",
        "St\u{430}tus",
        "V\u{430}riants",
        "Sta\u{ad}tus",
        "S\u{422}ATUS",
        "WHE\u{39d}",
        "PIatform",
        "P1atform",
        "Platforrn",
    ] {
        assert_counts_for_nothing(&column(header, "skip"), 1, "misleading-cell");
    }
    for (first, second) in [("Status", "Status"), ("Status", "Expected"), ("When", "Variants")] {
        let document =
            format!("| Test | {first} | {second} |\n|---|---|---|\n| smb2.lock.* | | skip |\n");
        assert_counts_for_nothing(&document, 1, "misleading-cell");
    }
    // What shows as a known header is one.
    assert_eq!(check(&column("Status:", "skip"), &[]), (1, vec![]));
    assert_eq!(check(&column("Platforms", "windows"), &["--variant", "linux"]).0, 1);
    assert_eq!(check(&column("<b>Sta</b>tus", "skip"), &[]), (1, vec![]));
}

#[test]
fn an_issue_in_which_nothing_is_visible_is_none() {
    for cell in
        ["[](https://example.org/12)", "&nbsp;", "&#8203;", "[&ZeroWidthSpace;](x)", "\u{a0}"]
    {
        let document = format!(
            "<!-- knownfail: policy = issue-required -->\n\n| Test | Issue |\n|---|---|\n| smb2.* | {cell} |\n"
        );
        let mut program = Knownfail::new();
        program.file("K.md", &document);
        let ran = program.run(&["lint", "K.md"]);
        assert!(ran.stdout.contains("[missing-issue]"), "{cell:?}: {}", ran.stdout);
    }
}
