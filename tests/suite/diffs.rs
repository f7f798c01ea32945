//! Diffs apply with `git apply` and with `patch -p1`, and give what `update` writes, byte for byte.

use crate::github_markdown::render;
use crate::harness::{Knownfail, PROGRAM};
use knownfail::known::{KnownFailures, LineMap};
use knownfail::report::{CONTEXT, DiffPaths, Patch};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const LIST: &str = "\
# Known

| Test | Why |
|------|-----|
| a.x | one |
| a.y | two |
| b.* | three |

End.
";
const RESULTS: &str = "a.x,Pass\na.y,Fail\nb.x,Fail\nb.y,Pass\nc,Fail\n";
const ALL: [&str; 3] = ["--remove", "--narrow", "--add"];

/// Both programs, with the arguments to apply a diff.
pub(crate) const APPLY: [&[&str]; 2] = [&["git", "apply"], &["patch", "-p1", "--batch", "--input"]];

/// Applies a file with a diff in a directory.
pub(crate) fn apply(tool: &[&str], directory: &Path, diff: &Path) {
    let program = tool[0];
    let applied = Command::new(program).args(&tool[1..]).arg(diff).current_dir(directory).output();
    let applied = applied
        .unwrap_or_else(|error| panic!("{program}: {error}; run scripts/setup, which installs it"));
    assert!(applied.status.success(), "{applied:?}\n{}", std::fs::read_to_string(diff).unwrap());
}

/// The directory that a diff has to be applied in, from where it was made.
fn directory_of(diff: &str) -> &str {
    let stated = diff.strip_prefix("Apply in ").and_then(|text| text.split_once(':'));
    stated.map_or(".", |(directory, _)| directory)
}

/// Updates documents in a directory; the diff of a dry run, applied by either program, gives the same.
fn assert_diff_does_what_update_does(
    directory: &str,
    documents: &[(&str, &str)],
    expected_directory: &str,
) -> String {
    let mut program = Knownfail::new();
    let root = program.path("");
    let arguments = documents
        .iter()
        .flat_map(|(path, _)| ["-k".to_owned(), path.replace("ROOT", root.trim_end_matches('/'))]);
    let arguments = Vec::from_iter(arguments);
    program.file(&format!("{directory}/r.csv"), RESULTS);
    assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
    let working_dir = Path::new(&root).join(directory);
    let path = |document: usize| working_dir.join(&arguments[2 * document + 1]);
    let reset = || {
        for (at, (_, text)) in documents.iter().enumerate() {
            std::fs::create_dir_all(path(at).parent().unwrap()).unwrap();
            std::fs::write(path(at), text).unwrap();
        }
    };
    let contents = || {
        Vec::from_iter((0..documents.len()).map(|at| std::fs::read_to_string(path(at)).unwrap()))
    };
    let update = |option: Option<&str>| {
        let mut command = program.command(PROGRAM, &["update", "r.csv"]);
        command.args(ALL).args(&arguments).args(option).current_dir(&working_dir);
        let ran = command.output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    reset();
    let diff = update(Some("--dry-run"));
    assert_eq!(directory_of(&diff), expected_directory, "{diff}");
    update(None);
    let updated = contents();
    for (at, (_, old)) in documents.iter().enumerate() {
        assert_ne!(*old, updated[at], "every document changes");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &diff).unwrap();
    for tool in APPLY {
        reset();
        apply(tool, &working_dir.join(directory_of(&diff)).canonicalize().unwrap(), file.path());
        assert_eq!(contents(), updated, "{tool:?} of\n{diff}");
    }
    diff
}

#[test]
fn diffs_name_documents_wherever_they_are() {
    for (directory, document, applied_in, header) in [
        (".", "K.md", ".", "a/K.md\n"),
        (".", "./docs//K.md", ".", "a/docs/K.md\n"),
        (".", "docs/../K.md", ".", "a/K.md\n"),
        (".", "ROOT/docs/K.md", ".", "a/docs/K.md\n"),
        ("ci", "../K.md", "..", "a/K.md\n"),
        ("ci", "../docs/K.md", "..", "a/docs/K.md\n"),
        ("ci/linux", "../../K.md", "../..", "a/K.md\n"),
        ("ci/linux", "ROOT/docs/K.md", "../..", "a/docs/K.md\n"),
        ("ci", "../ci/K.md", ".", "a/K.md\n"),
    ] {
        let diff = assert_diff_does_what_update_does(directory, &[(document, LIST)], applied_in);
        assert!(diff.contains(&format!("--- {header}")), "{document}: {diff}");
    }
    // One directory for all documents, also of those that are in the current one.
    let documents = [("../K.md", LIST), ("K.md", "| Test |\n|--|\n| a.y |\n| a.x |\n")];
    let diff = assert_diff_does_what_update_does("ci", &documents, "..");
    assert!(diff.contains("--- a/K.md\n") && diff.contains("--- a/ci/K.md\n"), "{diff}");
}

#[test]
fn the_patch_of_check_is_the_diff_of_the_same_update() {
    let mut program = Knownfail::new();
    program.file("ci/r.csv", RESULTS).file("K.md", LIST);
    let run = |arguments: &[&str]| {
        let mut command = program.command(PROGRAM, arguments);
        let ran = command.args(["r.csv", "-k", "../K.md"]).current_dir(program.path("ci"));
        String::from_utf8(ran.output().unwrap().stdout).unwrap()
    };
    run(&["check", "--patch", "rows.patch"]);
    let patch = program.read("ci/rows.patch");
    assert!(patch.starts_with("Apply in ..: paths are relative to it.\n\n--- a/K.md\n"), "{patch}");
    assert_eq!(patch, run(&["update", "--remove", "--dry-run"]));
}

#[cfg(unix)]
#[test]
fn diffs_name_documents_with_blanks_quotes_and_other_characters() {
    for (name, header) in [
        ("my list.md", "a/my list.md\t\n"),
        (" my  list.md", "a/ my  list.md\t\n"),
        ("my docs/the list.md", "a/my docs/the list.md\t\n"),
        ("bekannte Fehler — ü.md", "a/bekannte Fehler — ü.md\t\n"),
        ("已知.md", "a/已知.md\n"),
        ("my \"list\".md", "\"a/my \\\"list\\\".md\"\n"),
        ("a\\b.md", "\"a/a\\\\b.md\"\n"),
        ("a\tb.md", "\"a/a\\011b.md\"\n"),
        ("a\nb.md", "\"a/a\\012b.md\"\n"),
        ("blank.md ", "\"a/blank.md \"\n"),
    ] {
        let diff = assert_diff_does_what_update_does(".", &[(name, LIST)], ".");
        assert!(diff.starts_with(&format!("--- {header}")), "{name}: {diff}");
    }
}

#[cfg(unix)]
#[test]
fn a_diff_names_the_file_that_a_link_leads_to() {
    let mut program = Knownfail::new();
    program.file("docs/list.md", LIST).file("r.csv", RESULTS).file("x", "");
    std::os::unix::fs::symlink("docs/list.md", program.path("K.md")).unwrap();
    let ran = program.run(&["update", "r.csv", "-k", "K.md", "--dry-run"]);
    assert!(ran.stdout.starts_with("--- a/docs/list.md\n"), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn diffs_keep_every_kind_of_line_end() {
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let cr = |text: &str| text.replace('\n', "\r");
    let list = LIST.to_owned();
    for text in [
        crlf(&list),
        cr(&list),
        list.replace("one |\n", "one |\r").replace("two |\n", "two |\r\n"),
        list.replace("| a.y", "\r\n| a.y"),
        list.trim_end().to_owned(),
        crlf(&list).trim_end().to_owned(),
        cr(&list).trim_end().to_owned(),
        list.replace("\n\nEnd.\n", ""),
        cr(&list.replace("\n\nEnd.\n", "")),
        format!("\u{feff}{list}"),
        format!("\u{feff}{}", crlf(&list)),
        list.replace("# Known\n\n", ""),
        list.replace("End.", "-- End\n++ of\n@@ -1 +1 @@\n\\ it\t"),
    ] {
        assert_diff_does_what_update_does(".", &[("K.md", &text)], ".");
    }
    // A new list in an empty document.
    assert_diff_does_what_update_does(".", &[("K.md", "")], ".");
}

/// What the copy button of the block with a diff gives, for each comment: its text without the end of the last line.
pub(crate) fn copied_diffs(comments: &[&str]) -> Vec<Option<String>> {
    let rendered = render(comments);
    let copied = |elements: &Vec<(String, String)>| {
        let block = elements.iter().position(|(tag, _)| tag == "<pre lang=\"diff\">")?;
        let (_, text) = &elements[block + 1];
        Some(text.strip_suffix('\n').unwrap_or(text).to_owned())
    };
    rendered.iter().map(copied).collect()
}

/// The comment of a dry run of the action, whether it would be posted or not.
fn comment_of(output: &str) -> &str {
    let (_, rest) = output.split_once("===== comment").unwrap_or_else(|| panic!("{output}"));
    rest.split_once("===== check run").map_or(rest, |(comment, _)| comment)
}

/// The diff in the comment of a dry run of the action.
fn diff_in_comment(output: &str) -> String {
    copied_diffs(&[comment_of(output)]).remove(0).unwrap_or_else(|| panic!("{output}"))
}

#[test]
fn patches_of_the_action_apply_at_the_root_of_the_repository() {
    let updated = LIST.replace("| a.x | one |\n", "");
    for (directory, document, path) in [
        (".", "K.md", "K.md"),
        ("ci", "K.md", "ci/K.md"),
        ("./ci/", "../my list.md", "my list.md"),
        ("ci", "../docs/K.md", "docs/K.md"),
        ("ci", "WORKSPACE/docs/K.md", "docs/K.md"),
    ] {
        let mut program = Knownfail::action();
        let root = program.path("");
        let document = document.replace("WORKSPACE", root.trim_end_matches('/'));
        program.file(path, LIST).file(&format!("{directory}/r.csv"), RESULTS);
        program.input("working-directory", directory).input("known-failures", &document);
        program.input("results", "r.csv");
        program.input("patch-file", if directory == "." { "u.patch" } else { "../u.patch" });
        let ran = program.run(&["action", "--dry-run"]);
        let title = format!("<summary>Patch that removes 1 row from {path}</summary>");
        assert!(ran.stdout.contains(&title), "{title}: {}", ran.stdout);
        program.file("comment.patch", diff_in_comment(&ran.stdout));
        program.input("known-failures-ref", "workspace").input("comment", "off");
        program.run(&["action"]);
        assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
        for patch in ["u.patch", "comment.patch"] {
            for tool in APPLY {
                program.file(path, LIST);
                apply(tool, Path::new(&root), Path::new(&program.path(patch)));
                assert_eq!(program.read(path), updated, "{document}: {tool:?} of {patch}");
            }
        }
    }
}

#[test]
fn a_list_outside_the_repository_has_no_patch_in_the_comment() {
    let outside = tempfile::tempdir().expect("a directory");
    let document = outside.path().join("L.md");
    std::fs::write(&document, LIST).expect("a file");
    let mut program = Knownfail::action();
    program.file("r.csv", RESULTS).input("results", "r.csv");
    program.env("RUNNER_TEMP", &outside.path().to_string_lossy());
    program.input("known-failures", &document.to_string_lossy());
    let ran = program.run(&["action", "--dry-run"]);
    assert_eq!(copied_diffs(&[comment_of(&ran.stdout)]), [None], "{}", ran.stdout);
    let note =
        "The list is outside the repository, where no patch of it applies: use `knownfail update`.";
    assert!(comment_of(&ran.stdout).contains(note), "{}", ran.stdout);
}

#[test]
fn a_comment_names_how_its_patch_applies_to_other_line_ends() {
    let mut program = Knownfail::action();
    program.file("r.csv", RESULTS).file("K.md", LIST.replace('\n', "\r\n"));
    program.input("known-failures", "K.md").input("results", "r.csv");
    let ran = program.run(&["action", "--dry-run"]);
    assert!(ran.stdout.contains("apply with `git apply --ignore-whitespace`"), "{}", ran.stdout);
    program.file("diff", diff_in_comment(&ran.stdout));
    apply(
        &["git", "apply", "--ignore-whitespace"],
        Path::new(&program.path("")),
        Path::new(&program.path("diff")),
    );
    assert_eq!(program.read("K.md"), LIST.replace("| a.x | one |\n", "").replace('\n', "\r\n"));

    program.file("K.md", LIST.replace('\n', "\r"));
    let ran = program.run(&["action", "--dry-run"]);
    assert!(ran.stdout.contains(NOT_SHOWN), "{}", ran.stdout);
    assert_eq!(copied_diffs(&[comment_of(&ran.stdout)]), [None]);
}

/// In place of a patch that would not apply.
const NOT_SHOWN: &str = "use the file that `patch-file` names, or `knownfail update`.";
const WITH_CRLF: &str = "apply with `git apply --ignore-whitespace`";

/// What a line may have that a page shows differently, or that ends a block too early.
const ODD: &[&str] = &[
    "plain",
    "two",
    "three",
    "more",
    "<!-- knownfail: policy = issue-required -->",
    "a\tb",
    "blanks at the end  ",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "zero\u{200b}width",
    "\u{202e}reversed",
    "\u{a0}",
    "\u{fffd}",
    "é ü 已知",
    "````` ticks",
    "~~~",
    "</code></pre></details>",
    "@someone #12 https://example.org",
    "--- a/x",
    "@@ -1 +1 @@",
    "\u{c}form feed",
    "\u{85}",
    "\u{2028}",
    "*emphasis* \\| &amp; \\",
];

/// A document with rows and odd lines, and its results: each row but the last ones passes or fails.
fn odd_document() -> impl Strategy<Value = (String, String)> {
    let odd = || prop::sample::select(ODD).prop_map(str::to_owned);
    // Most lines are ordinary, so that some diffs have no odd line.
    let line = || prop_oneof![3 => Just("words".to_owned()), 1 => odd()];
    let lines = || prop::collection::vec(line(), 0..4);
    let rows = prop::collection::vec((line(), prop::bool::weighted(0.4)), 1..8);
    let ends = prop::sample::select(&["\n", "\n", "\n", "\r\n", "\r"][..]);
    let starts = prop::sample::select(&["", "", "\u{feff}"][..]);
    (lines(), rows, lines(), ends, starts, any::<bool>()).prop_map(
        |(above, rows, below, end, start, is_cut)| {
            let mut document = vec![above.join("\n"), String::new()];
            document.extend(["| Test | Why |".to_owned(), "|---|---|".to_owned()]);
            let row = |(at, (why, _)): (usize, &(String, bool))| {
                format!("| t.{at} | {} |", why.replace('|', "/"))
            };
            document.extend(rows.iter().enumerate().map(row));
            document.extend([String::new(), below.join("\n")]);
            let last = if is_cut { "" } else { "\n" };
            let document = format!("{start}{}{last}", document.join("\n")).replace('\n', end);
            let result = |(at, (_, passes)): (usize, &(String, bool))| {
                format!("t.{at},{}\n", if *passes { "Pass" } else { "Fail" })
            };
            let results = rows.iter().enumerate().map(result).collect::<String>();
            (document, results + "t.none,Pass\n")
        },
    )
}

#[test]
fn a_patch_that_is_copied_out_of_a_comment_applies() {
    let mut runner = TestRunner::default();
    let documents = (0..150).map(|_| odd_document().new_tree(&mut runner).unwrap().current());
    let mut runs = Vec::new();
    for (document, results) in documents {
        let mut program = Knownfail::action();
        program.file("K.md", &document).file("r.csv", &results);
        program.input("known-failures", "K.md").input("results", "r.csv");
        let ran = program.run(&["action", "--dry-run"]).stdout;
        program.run(&["update", "r.csv", "-k", "K.md", "--remove"]);
        let updated = program.read("K.md");
        runs.push((program, document, updated, comment_of(&ran).to_owned()));
    }
    let comments: Vec<&str> = runs.iter().map(|(.., comment)| comment.as_str()).collect();
    let (mut copied, mut refused) = (0, 0);
    for ((program, document, updated, comment), diff) in runs.iter().zip(copied_diffs(&comments)) {
        let Some(diff) = diff else {
            refused += u32::from(comment.contains(NOT_SHOWN));
            assert!(updated == document || comment.contains(NOT_SHOWN), "{document:?} {comment}");
            continue;
        };
        copied += 1;
        std::fs::write(program.path("copied"), &diff).unwrap();
        assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
        let ignoring_whitespace = ["git", "apply", "--ignore-whitespace"];
        let has_crlf = comment.contains(WITH_CRLF);
        let tools = if has_crlf { &[&ignoring_whitespace[..]][..] } else { &APPLY };
        for tool in tools {
            std::fs::write(program.path("K.md"), document).unwrap();
            apply(tool, Path::new(&program.path("")), Path::new(&program.path("copied")));
            assert_eq!(program.read("K.md"), *updated, "{tool:?} of {diff}");
        }
    }
    assert!(copied > 20 && refused > 5, "{copied} copied, {refused} refused");
}

#[test]
fn a_patch_has_less_context_where_a_page_would_change_it() {
    let row = "| a.x | one |\n";
    for (document, lines) in [
        (LIST.to_owned(), Some(8)),
        (LIST.replace("# Known\n", "\u{feff}# Known\n"), Some(8)),
        (LIST.replace("b.* | three", "b.* | thr\u{200b}ee"), Some(4)),
        (LIST.replace("a.y | two", "a.y | t\u{200d}wo"), None),
        (LIST.replace("a.x | one", "a.x | o\u{ad}ne"), None),
        (LIST.replace("a.y | two", "a.y | <!-- ``` -->"), Some(8)),
    ] {
        let mut program = Knownfail::action();
        program.file("r.csv", RESULTS).file("K.md", &document);
        program.input("known-failures", "K.md").input("results", "r.csv");
        let ran = program.run(&["action", "--dry-run"]).stdout;
        let diff = copied_diffs(&[comment_of(&ran)]).remove(0);
        let shown = diff.as_ref().map(|diff| diff.lines().skip(2).count() - 2);
        assert_eq!(shown, lines, "{document}: {ran}");
        assert_eq!(ran.contains(NOT_SHOWN), lines.is_none(), "{ran}");
        let Some(diff) = diff else { continue };
        assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
        for tool in APPLY {
            program.file("K.md", &document).file("diff", &diff);
            apply(tool, Path::new(&program.path("")), Path::new(&program.path("diff")));
            assert_eq!(program.read("K.md"), document.replace(row, ""), "{tool:?}");
        }
    }
}

/// Text of lines with ends of all kinds, some of which look like those of a diff.
fn text() -> impl Strategy<Value = Vec<String>> {
    let line = [
        "| a |",
        "| b |",
        "",
        "-- a",
        "++ b",
        "- ",
        "@@ -1 +1 @@",
        "\\ No newline",
        "é\t",
        "\u{feff}",
        "diff --git a/x b/x",
    ];
    let ends = ["\n", "\n", "\n", "\r\n", "\r"];
    let line = (prop::sample::select(line.to_vec()), prop::sample::select(ends.to_vec()));
    prop::collection::vec(line.prop_map(|(line, end)| format!("{line}{end}")), 0..20)
}

/// Rows in any order, each once.
fn rows() -> impl Strategy<Value = Vec<String>> {
    let rows: Vec<String> = (0..12).map(|row| format!("| t.{row} |\n")).collect();
    prop::sample::subsequence(rows, 0..12).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_patch_of_one_version_applies_to_any_other(
        judged in rows(),
        other in rows(),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 1..5),
    ) {
        prop_assume!(!judged.is_empty());
        let text = |rows: &[String]| format!("| Test |\n|--|\n{}", rows.concat());
        let lines: BTreeSet<u32> =
            removed.iter().map(|index| 3 + index.index(judged.len()) as u32).collect();
        let patch = Patch {
            file: "K.md".to_owned(),
            text: text(&judged),
            rows: lines.clone(),
            ..Patch::default()
        };
        let list = |text: String| KnownFailures::read(&[("K.md".into(), text)]);
        let map = LineMap::new(&list(text(&judged)), &list(text(&other)), "K.md");
        let rows = lines.iter().filter_map(|line| map.line(*line)).collect();
        let patch = Patch { text: text(&other), rows, ..patch };
        let is_removed = |row: &&String| lines.iter().any(|line| judged[*line as usize - 3] == **row);
        let rest: Vec<String> = other.iter().filter(|row| !is_removed(row)).cloned().collect();
        prop_assert_eq!(patch.rows.len(), other.len() - rest.len());
        if patch.rows.is_empty() {
            return Ok(());
        }
        let mut program = Knownfail::new();
        prop_assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
        for context in 1..=CONTEXT {
            program.file("diff", DiffPaths::default().patch(&patch, context));
            for tool in APPLY {
                program.file("K.md", text(&other));
                apply(tool, Path::new(&program.path("")), Path::new(&program.path("diff")));
                prop_assert_eq!(program.read("K.md"), text(&rest));
            }
        }
    }

    #[test]
    fn any_diff_applies(
        lines in text(),
        inserted in prop::collection::vec((any::<prop::sample::Index>(), text()), 0..2),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        (old_is_cut, new_is_cut) in any::<(bool, bool)>(),
    ) {
        let text = |lines: &[String], is_cut: bool| {
            let text = lines.concat();
            if is_cut { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
        };
        let old = text(&lines, old_is_cut);
        let mut lines = lines;
        for index in removed {
            let at = index.index(lines.len().max(1));
            lines.drain(at..lines.len().min(at + 1));
        }
        for (index, more) in inserted {
            let at = index.index(lines.len() + 1);
            lines.splice(at..at, more);
        }
        let new = text(&lines, new_is_cut);
        prop_assume!(old != new);
        let mut program = Knownfail::new();
        program.file("diff", DiffPaths::default().diff("K.md", &old, &new));
        prop_assert_eq!(program.run_program("git", &["init", "-q"]).code, 0);
        for tool in APPLY {
            program.file("K.md", &old);
            apply(tool, Path::new(&program.path("")), Path::new(&program.path("diff")));
            prop_assert_eq!(program.read("K.md"), new.as_str(), "{:?}", tool);
        }
    }
}
