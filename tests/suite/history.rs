//! `knownfail history`: a document's rows over the commits of a repository that git made.

use crate::harness::{CommandOutput, Knownfail};
use quick_xml::events::Event;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

const REAL_DOCUMENTS: [&str; 4] = [
    include_str!("../documents/dittofs-001-2026-02-28-2aa4292e.md"),
    include_str!("../documents/dittofs-005-2026-03-03-67c6ca19.md"),
    include_str!("../documents/dittofs-093-2026-05-29-b473aba0.md"),
    include_str!("../documents/dittofs-140-2026-07-21-5937d0a4.md"),
];

/// The program in the directory of a repository.
struct Repository {
    program: Knownfail,
    commits: u32,
}

impl Repository {
    fn new() -> Repository {
        let repository = Repository { program: Knownfail::new(), commits: 0 };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    /// Runs git; each commit is ten days after the previous one, from 2026-01-11 on.
    fn git(&self, arguments: &[&str]) -> String {
        self.git_at(1_767_225_600 + 864_000 * i64::from(self.commits), arguments)
    }

    fn git_at(&self, seconds: i64, arguments: &[&str]) -> String {
        let date = format!("@{seconds} +0200");
        let output = Command::new("git")
            .args(["-c", "user.name=T", "-c", "user.email=t@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(self.program.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")])
            .envs([("GIT_AUTHOR_DATE", "@0 +0000"), ("GIT_COMMITTER_DATE", &date)])
            .output()
            .expect("install: git");
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&mut self) -> &mut Repository {
        self.commits += 1;
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=m"]);
        self
    }

    fn write(&mut self, path: &str, text: impl AsRef<[u8]>) -> &mut Repository {
        self.program.file(path, text);
        self
    }

    fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.program.run(&[&["history"], arguments].concat())
    }

    /// The versions, without what is the same in all tests.
    fn versions(&self, arguments: &[&str]) -> Vec<(String, Option<String>, u64)> {
        let ran = self.run(&[arguments, &["--output", "json"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        let version = |version: &Value| {
            let day = version["time"].as_str().unwrap()[..10].to_owned();
            (day, version["file"].as_str().map(str::to_owned), version["rows"].as_u64().unwrap())
        };
        json["versions"].as_array().unwrap().iter().map(version).collect()
    }
}

/// A document with these sections of rows.
fn list(sections: &[(&str, &[&str])]) -> String {
    let mut text = "# Known failures\n".to_owned();
    for (heading, rows) in sections {
        text.push_str(&format!("\n## {heading}\n\n### Part\n\n| Test | Reason |\n|---|---|\n"));
        rows.iter().for_each(|row| text.push_str(&format!("| {row} | Not done |\n")));
    }
    text
}

fn expected_version(day: &str, file: &str, rows: u64) -> (String, Option<String>, u64) {
    (day.to_owned(), Some(file.to_owned()).filter(|file| !file.is_empty()), rows)
}

/// A document that grows, moves, is merged, is deleted and comes back.
fn eventful_repository() -> Repository {
    let mut repository = Repository::new();
    repository.write("other.md", list(&[("Other", &["o"])])).commit();
    repository.write("KNOWN_FAILURES.md", list(&[("Leases", &["a", "b"])])).commit();
    repository.write("unrelated", "x").commit();
    let grown = list(&[("Leases", &["a", "b", "c"]), ("Locks", &["d", "e", "d"])]);
    repository.write("KNOWN_FAILURES.md", &grown).commit();
    repository.git(&["checkout", "--quiet", "-b", "topic"]);
    repository.write("KNOWN_FAILURES.md", list(&[("Leases", &["a"]), ("Locks", &["d"])])).commit();
    repository
        .write("KNOWN_FAILURES.md", list(&[("Leases", &["a"]), ("Locks", &["d", "e"])]))
        .commit();
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("unrelated", "y").commit();
    repository.commits += 1;
    repository.git(&["merge", "--quiet", "--no-ff", "--message=m", "topic"]);
    repository.write("docs/README.md", "").commit();
    repository.git(&["mv", "KNOWN_FAILURES.md", "docs/known.md"]);
    repository.commit();
    std::fs::remove_file(repository.program.path("docs/known.md")).unwrap();
    let moved = list(&[("Leases", &["a"]), ("Locks", &["d", "e", "f"])]);
    repository.write("lists/known.md", moved).commit();
    std::fs::remove_file(repository.program.path("lists/known.md")).unwrap();
    repository.commit();
    repository.write("lists/known.md", list(&[("Locks", &["d"])])).commit();
    repository
}

#[test]
fn versions_follow_first_parents_renames_and_deletions() {
    let repository = eventful_repository();
    let expected = [
        expected_version("2026-01-21", "KNOWN_FAILURES.md", 2),
        expected_version("2026-02-10", "KNOWN_FAILURES.md", 5),
        expected_version("2026-03-22", "KNOWN_FAILURES.md", 3),
        expected_version("2026-04-21", "lists/known.md", 4),
        expected_version("2026-05-01", "", 0),
        expected_version("2026-05-11", "lists/known.md", 1),
    ];
    assert_eq!(repository.versions(&["lists/known.md"]), expected);
    repository.git(&["gc", "--quiet", "--prune=now"]);
    assert_eq!(repository.versions(&["lists/known.md"]), expected, "packed");
    // A file that HEAD lacks has a history as well; only the exact path is meant.
    assert_eq!(
        repository.versions(&["KNOWN_FAILURES.md"])[3],
        expected_version("2026-04-11", "", 0)
    );
    assert_eq!(repository.run(&["lists"]).code, 2);
}

#[test]
fn text_and_json_list_rows_by_section() {
    let repository = eventful_repository();
    let ran = repository.run(&["lists/known.md"]);
    let id = |back: u32| repository.git(&["rev-parse", "--short=8", &format!("HEAD~{back}")]);
    let expected = format!(
        "\
lists/known.md: 1 row now, 2 on 2026-01-21, at most 5 on 2026-02-10

date        commit       rows   change
2026-01-21  {}        2           ████████████▉
2026-02-10  {}        5       +3  ████████████████████████████████
2026-03-22  {}        3       -2  ███████████████████▎
2026-04-21  {}        4       +1  █████████████████████████▋
2026-05-01  {}        0       -4
2026-05-11  {}        1       +1  ██████▌

  first     most      now  section
      2        3        0  Leases
      0        3        1  Locks
",
        id(9),
        id(7),
        id(5),
        id(2),
        id(1),
        id(0),
    );
    assert_eq!(ran.stdout, expected);
    let ran = repository.run(&["lists/known.md", "--output", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["head"]["commit"], repository.git(&["rev-parse", "HEAD"]).as_str());
    assert_eq!(json["head"]["time"], "2026-05-11T00:00:00Z");
    let version = &json["versions"][1];
    assert_eq!(version["duplicates"], 1);
    let section = |name: &str, rows: u64| serde_json::json!({ "section": name, "rows": rows });
    assert_eq!(version["sections"], Value::from(vec![section("Leases", 3), section("Locks", 2)]));
}

#[test]
fn since_starts_with_the_version_valid_on_that_day() {
    let repository = eventful_repository();
    let found = repository.versions(&["lists/known.md", "--since", "2026-04-01"]);
    assert_eq!(
        found[0],
        expected_version("2026-03-22", "KNOWN_FAILURES.md", 3),
        "the last commit before"
    );
    assert_eq!(found[1], expected_version("2026-04-21", "lists/known.md", 4));
    assert_eq!(repository.run(&["lists/known.md", "--since", "April"]).code, 2);
}

#[test]
fn repository_is_found_from_any_path_in_it() {
    let mut repository = Repository::new();
    repository.write("sub/list.md", list(&[("A", &["a"])])).commit();
    repository.write("sub/deep/x", "").commit();
    std::os::unix::fs::symlink("sub/list.md", repository.program.path("link.md")).unwrap();
    repository.git(&["worktree", "add", "--quiet", "other", "-b", "other"]);
    let expected = [expected_version("2026-01-11", "sub/list.md", 1)];
    for path in ["sub/list.md", "sub/deep/../list.md", "link.md", "other/sub/list.md"] {
        assert_eq!(repository.versions(&[path]), expected, "{path}");
    }
    let absolute = repository.program.path("sub/list.md");
    assert_eq!(repository.versions(&[&absolute]), expected);
    std::fs::remove_dir_all(repository.program.path("sub")).unwrap();
    assert_eq!(repository.versions(&["sub/list.md"]), expected, "gone from the working tree");
}

#[test]
fn history_json_fits_the_schema() {
    let mut repository = Repository::new();
    repository.write("KNOWN_FAILURES.md", list(&[("A", &["a"]), ("B", &["b"])])).commit();
    repository.git(&["mv", "KNOWN_FAILURES.md", "LIST.md"]);
    repository.commit().write("LIST.md", list(&[("B", &["b", "c"])])).commit();
    let arguments = ["LIST.md", "--output", "json"];
    let printed = repository.run(&arguments).stdout;
    crate::json_schema::assert_fits_schema(
        &mut repository.program,
        "history-1",
        &printed,
        &arguments,
    );
}

#[test]
fn non_utf8_versions_are_reported() {
    let mut repository = Repository::new();
    repository.write("KNOWN_FAILURES.md", list(&[("A", &["a"])])).commit();
    assert_eq!(repository.run(&[]).stderr, "");
    repository.write("KNOWN_FAILURES.md", b"| Test |\n|---|\n| s.\xe4 |\n| s.\xf6 |\n").commit();
    let ran = repository.run(&[]);
    assert!(ran.stdout.contains("1 row that repeats another is not counted"), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("KNOWN_FAILURES.md: warning: 1 version is not UTF-8"),
        "{}",
        ran.stderr
    );
}

#[test]
fn errors_have_a_hint() {
    let mut program = Knownfail::new();
    program.file("KNOWN_FAILURES.md", list(&[]));
    let assert_error = |ran: CommandOutput, what: &str, hint: &str| {
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert!(ran.stderr.contains(what) && ran.stderr.contains(hint), "{}", ran.stderr);
    };
    assert_error(program.run(&["history"]), "is not in a readable git repository", "in a clone");
    let mut repository = Repository::new();
    repository.write("KNOWN_FAILURES.md", list(&[("A", &["a"])]));
    assert_error(repository.run(&[]), "has no commit", "commit the document first");
    repository.commit();
    repository.write("new.md", "");
    assert_error(
        repository.run(&["new.md"]),
        "no commit of HEAD's history has new.md",
        "check the path",
    );
    repository.write("KNOWN_FAILURES.md", list(&[("A", &["a", "b"])])).commit();
    repository.write("KNOWN_FAILURES.md", list(&[("A", &["b"])])).commit();
    let url = format!("file://{}", repository.program.path(""));
    repository.git(&["clone", "--quiet", "--depth=2", &url, "clone"]);
    assert_error(repository.run(&["clone/KNOWN_FAILURES.md"]), "shallow clone", "fetch-depth: 0");
    // The requested version may exist all the same.
    let found = repository.versions(&["clone/KNOWN_FAILURES.md", "--since", "2026-01-25"]);
    let expected = [("2026-01-21", 2), ("2026-01-31", 1)];
    assert_eq!(found, expected.map(|(day, rows)| expected_version(day, "KNOWN_FAILURES.md", rows)));
}

#[test]
fn commit_dates_out_of_range_are_accepted() {
    let mut repository = Repository::new();
    repository.write("KNOWN_FAILURES.md", list(&[("A", &["a"])])).commit();
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    repository.write("KNOWN_FAILURES.md", list(&[("A", &["a", "b"])])).commit();
    let commit = format!(
        "tree {tree}\nparent {}\nauthor T <t@x> 0 +0000\ncommitter T <t@x> 9223372036854775807 +9999\n\nm\n",
        repository.git(&["rev-parse", "HEAD"])
    );
    repository.write("commit", commit);
    let id = repository.git(&["hash-object", "-t", "commit", "--literally", "-w", "commit"]);
    repository.git(&["update-ref", "HEAD", &id]);
    let found = repository.versions(&["KNOWN_FAILURES.md", "--svg", "chart.svg"]);
    assert_eq!(found.iter().map(|(.., rows)| *rows).collect::<Vec<_>>(), [1, 2, 1]);
    assert_eq!(repository.run(&[]).code, 0);
}

/// The areas of a chart from the bottom up, from its text: `name: current rows` and the outline.
fn areas(svg: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let (mut found, mut outline): (Vec<(String, String)>, Option<String>) = (Vec::new(), None);
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) if tag.name().as_ref() == "path" => {
                let attributes = tag.attributes().map(|attribute| attribute.unwrap());
                let attributes: BTreeMap<String, String> =
                    attributes.map(|a| (a.key.as_ref().to_owned(), a.value.to_string())).collect();
                outline = Some(attributes["d"].clone());
                found.push((String::new(), attributes["d"].clone()));
            }
            Event::End(tag) if tag.name().as_ref() == "path" => outline = None,
            Event::Text(text) if outline.is_some() => {
                found.last_mut().unwrap().0.push_str(&text);
            }
            Event::GeneralRef(name) if outline.is_some() => {
                found.last_mut().unwrap().0.push_str(&format!("&{};", &*name));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

/// The heights of an area at each step, in rows, for a plot with `top` rows.
fn heights(outline: &str, top: f64) -> Vec<f64> {
    let numbers = |text: &str| -> Vec<f64> {
        let verticals = text.split('V').skip(1);
        verticals.map(|v| v.split(['H', 'Z']).next().unwrap().parse().unwrap()).collect()
    };
    let (upper, lower) = outline.split_once("H640").unwrap();
    let (upper, mut lower) = (numbers(upper), numbers(lower));
    lower.reverse();
    upper.iter().zip(lower).map(|(upper, lower)| ((lower - upper) / 296.0 * top).round()).collect()
}

#[test]
fn the_chart_shows_the_rows_of_each_version() {
    let mut repository = Repository::new();
    for text in REAL_DOCUMENTS {
        repository.write("KNOWN_FAILURES.md", text).commit();
    }
    let found = repository.versions(&["--svg", "chart.svg"]);
    let rows: Vec<f64> = found.iter().map(|(.., rows)| *rows as f64).collect();
    assert_eq!((rows[0], rows[3]), (23.0, 48.0), "as the documents' own counts say");
    let areas = areas(&repository.program.read("chart.svg"));
    assert_eq!(areas[0].0, "Expected Failures: 1 row now");
    let last = "Permanently Unimplementable (Out of Scope): 46 rows now";
    assert!(areas.iter().any(|(label, _)| label == last), "{areas:?}");
    let mut sums = vec![0.0; rows.len()];
    for (_, outline) in &areas {
        let heights = heights(outline, 400.0);
        assert_eq!(heights.len(), sums.len());
        sums.iter_mut().zip(heights).for_each(|(sum, height)| *sum += height);
    }
    assert_eq!(sums, rows);
}

#[test]
fn sections_follow_the_requested_level() {
    let mut repository = Repository::new();
    repository.write("KNOWN_FAILURES.md", REAL_DOCUMENTS[2]).commit();
    let sections = |level: &str| {
        let json = repository.run(&["--output", "json", "--level", level]).stdout;
        let json: Value = serde_json::from_str(&json).unwrap();
        let sections = json["versions"][0]["sections"].as_array().unwrap().clone();
        let rows: u64 = sections.iter().map(|section| section["rows"].as_u64().unwrap()).sum();
        (sections.len(), rows)
    };
    let (coarse, fine) = (sections("2"), sections("3"));
    assert!(sections("1").0 == 1 && coarse.0 < fine.0 && coarse.1 == fine.1, "{coarse:?} {fine:?}");
    assert_eq!(repository.run(&["--level", "7"]).code, 2);
}

#[test]
fn chart_merges_small_sections_and_escapes_headings() {
    let mut repository = Repository::new();
    let rows: Vec<String> = (0..9).map(|n| format!("t{n}")).collect();
    let hostile = "<script>alert(1)</script> & \"x\" ]]> \u{202e}\u{7}";
    let headings: Vec<String> =
        (0..9).map(|n| if n == 0 { hostile.into() } else { format!("S{n}") }).collect();
    let rows: Vec<[&str; 1]> = rows.iter().map(|row| [row.as_str()]).collect();
    let sections: Vec<(&str, &[&str])> =
        headings.iter().zip(&rows).map(|(heading, row)| (heading.as_str(), &row[..])).collect();
    repository.write("KNOWN_FAILURES.md", list(&sections)).commit();
    let text = repository.run(&["--svg", "chart.svg"]).stdout;
    let svg = repository.program.read("chart.svg");
    let ran = repository.run(&["--svg", "-"]);
    assert_eq!((ran.code, &ran.stdout, &ran.stderr), (0, &svg, &text));
    assert!(!repository.program.exists("-"));
    let areas = areas(&svg);
    assert_eq!(areas.len(), 8);
    assert_eq!(areas[7].0, "other sections: 2 rows now");
    assert_eq!(heights(&areas[7].1, 10.0), [2.0]);
    assert!(areas[0].0.contains("&lt;script&gt;") && !svg.contains("<script"), "{}", areas[0].0);
    assert!(!svg.contains(['\u{202e}', '\u{7}']));
}
