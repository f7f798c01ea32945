//! Hostile names of branches, files, sections and tests: the action, run as a process, prints no command but its own, shows no
//! secret and stays in its workspace.
//!
//! Names of the corpus are put in every place that an attacker controls. Checked are what GitHub's runner would do with the
//! output, and everything that was written and sent.

use crate::action::{Action, HEAD, StepResult, TOKEN, pull_request};
use crate::escaping::github_options;
use crate::fake_github::FakeGithub;
use crate::github_markdown;
use crate::runner_protocol::Level;
use comrak::Arena;
use comrak::nodes::NodeValue;
use knownfail::known::escape_cell;
use knownfail::model::TestName;
use serde_json::json;

/// Names that mean something to runners, shells, terminals, Markdown, HTML or file systems.
const HOSTILE_NAMES: [&str; 24] = [
    "::error::gotcha",
    "x\r::error::gotcha",
    "\u{a0}::warning file=a::gotcha",
    "x ##[error]gotcha",
    "##[add-mask]a",
    "::add-mask::a",
    "::stop-commands::x",
    "::set-output name=conclusion::success",
    "%0A::error::gotcha",
    "x\n::error::gotcha",
    "ghadelimiter_0\nconclusion=success",
    "EOF",
    "$(touch gotcha)`touch gotcha`; touch gotcha",
    "--help",
    "@octo/everyone fixes #1, GH-1",
    "<img src=x onerror=gotcha><!-- -->",
    "--><!-- gotcha -->",
    "</details></td>|x|`` ` ``",
    "[x](javascript:gotcha) ![x](https://gotcha.example/x.png)",
    "{variant}{file}**",
    "../../../../proc/self/environ",
    "\u{1b}]0;gotcha\u{7}\u{1b}[2J\u{202e}",
    "a\u{0}b\u{2028}c\u{feff}",
    "é\u{301}\u{1f468}\u{200d}\u{1f469}\u{10ffff}",
];

/// A name as one component of a path.
fn file_name(name: &str) -> String {
    name.replace(['/', '\0'], "_")
}

/// A name on one line of results or of a document.
fn one_line(name: &str) -> String {
    name.replace(['\n', '\r', '\0'], " ")
}

/// Runs it with each name, in parallel, since most of the time is waiting.
fn for_each_name(test: fn(&str)) {
    std::thread::scope(|scope| {
        for name in HOSTILE_NAMES {
            scope.spawn(move || test(name));
        }
    });
}

#[test]
fn hostile_names_are_treated_as_text() {
    for_each_name(|name| {
        let mut action = action_with_hostile_name(name);
        let finished = action.run_step(|_| {});
        assert_harmless(name, &finished, &action.github);
        assert_eq!(finished.code, 1, "{name:?}: {}", finished.printed);
        assert_eq!(finished.outputs["conclusion"], "failure", "{name:?}");
        assert_eq!(finished.outputs["new-failures"], "1", "{name:?}");
        assert_eq!(action.comments().len(), 1, "{name:?}: {}", finished.printed);
        assert_eq!(action.github.check_runs().len(), 1, "{name:?}: {}", finished.printed);
        // The new failure and the row that passes, and nothing that a name made up.
        let annotations = &finished.runner.annotations;
        let errors = annotations.iter().filter(|a| a.level == Level::Error).count();
        assert_eq!((errors, annotations.len()), (1, 2), "{name:?}: {annotations:#?}");
    });
}

#[test]
fn hostile_inputs_are_treated_as_text_in_errors() {
    for_each_name(|name| {
        for input in ["results", "known-failures", "fail-on", "format", "ca-bundle", "min-tests"] {
            let value = name.replace('\0', "");
            let mut action =
                action_with_hostile_name("plain").with(input, &value).with("comment", "off");
            let finished = action.run_step(|_| {});
            assert_harmless(name, &finished, &action.github);
            let annotations = &finished.runner.annotations;
            assert!(
                annotations.iter().all(|a| a.message != "gotcha"),
                "{name:?}: {annotations:#?}"
            );
        }
    });
}

/// The elements that a renderer makes of a text, in order, with the targets of links.
fn skeletons(texts: &[String]) -> Vec<Vec<String>> {
    let sources: Vec<&str> = texts.iter().map(String::as_str).collect();
    let tag = |(tag, _): &(String, String)| normalize_tag(tag);
    let cmark = github_markdown::render(&sources);
    let by_cmark = cmark.iter().map(|elements| elements.iter().map(tag).collect());
    let by_comrak = sources.iter().map(|source| comrak_skeleton(source));
    by_cmark.chain(by_comrak).collect()
}

/// A tag without what may differ; of a link, the path of its target counts.
fn normalize_tag(tag: &str) -> String {
    match tag.split_once("href=\"https://github.com/octo/r/") {
        Some((before, path)) => {
            format!("{before}href={}", path.split('/').next().unwrap_or_default())
        }
        None => tag.to_owned(),
    }
}

/// The nodes that comrak parses, with code as `<code>` whether a span or an element.
fn comrak_skeleton(source: &str) -> Vec<String> {
    let arena = Arena::new();
    let mut skeleton = Vec::new();
    for node in comrak::parse_document(&arena, source, &github_options()).descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(_) | NodeValue::SoftBreak => {}
            NodeValue::Code(_) => skeleton.push("<code>".to_owned()),
            NodeValue::HtmlInline(html) if html == "</code>" => {}
            NodeValue::HtmlInline(html) => skeleton.push(normalize_tag(html)),
            NodeValue::HtmlBlock(block) => {
                // Our own texts are between the tags.
                let tags = block.literal.split('<').skip(1).filter_map(|t| t.split('>').next());
                skeleton.extend(tags.map(|tag| normalize_tag(&format!("<{tag}>"))));
            }
            NodeValue::Link(link) => {
                skeleton.push(normalize_tag(&format!("<a href=\"{}\">", link.url)))
            }
            other => skeleton.push(other.xml_node_name().to_owned()),
        }
    }
    skeleton
}

/// The texts of one run that people see.
fn visible_texts(name: &str) -> [String; 3] {
    let mut action = action_with_hostile_name(name);
    let finished = action.run_step(|_| {});
    let comment = action.comments().remove(0).body;
    let check = action.github.check_runs().remove(0);
    let check = check.created["output"]["summary"].as_str().expect("Markdown").to_owned();
    let is_visible = |line: &&str| !line.starts_with("<!-- knownfail:section");
    let comment = comment.lines().filter(is_visible).collect::<Vec<_>>().join("\n");
    [comment, finished.summary, check]
}

#[test]
fn only_elements_of_the_templates_are_rendered() {
    // In the last one is a character that no patch can show.
    let harmless = ["plain", "another", "in\u{ad}visible"];
    let names: Vec<&str> = HOSTILE_NAMES.into_iter().chain(harmless).collect();
    let mut texts: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> =
            names.iter().map(|name| scope.spawn(move || visible_texts(name))).collect();
        runs.into_iter().flat_map(|run| run.join().expect("a run")).collect()
    });
    // The marker contains a commit and a hash.
    for text in &mut texts {
        *text = text.lines().skip_while(|l| l.starts_with("<!-- ")).collect::<Vec<_>>().join("\n");
    }
    let skeletons = skeletons(&texts);
    let plain = 3 * HOSTILE_NAMES.len();
    let without_patch = plain + 3 * (harmless.len() - 1);
    for reader in skeletons.chunks(texts.len()) {
        for (index, skeleton) in reader.iter().enumerate() {
            let name = names[index / 3];
            let has_patch = !texts[index].contains("This page cannot show");
            let expected = &reader[if has_patch { plain } else { without_patch } + index % 3];
            assert_eq!(skeleton, expected, "{name:?}\n{}", texts[index]);
        }
    }
}

#[test]
fn megabyte_name_is_truncated_and_hides_nothing() {
    for symbol in ["x", "|", "`", "<", "@", "\u{202e}", "é"] {
        let long = symbol.repeat(1_000_000 / symbol.len());
        let results = format!(
            "test: known\nfailure: known [\nx\n]\ntest: s.{long}\nfailure: s.{long} [\n{long}\n]\n"
        );
        let document = "| Test Name | Reason | Issue |\n| - | - | - |\n| known | x | #1 |\n";
        let mut action = Action::new()
            .file("KNOWN_FAILURES.md", document)
            .file("results.txt", results)
            .with("check-run", "conformance");
        let finished = action.run_step(|_| {});
        assert_eq!(finished.code, 1, "{symbol:?}");
        assert_harmless(symbol, &finished, &action.github);
        let comment = &action.comments()[0].body;
        assert!(comment.len() < 60_000 && finished.summary.len() < 900 * 1024, "{symbol:?}");
        assert!(
            comment.contains("2 tests: 0 passed, 1 known failure, 1 new failure"),
            "{symbol:?}"
        );
        let annotations = &finished.runner.annotations;
        assert!(annotations.iter().all(|a| a.message.len() < 8_192), "{symbol:?}");
    }
}

/// A job in which an attacker has chosen all names.
fn action_with_hostile_name(name: &str) -> Action {
    let (test, file) = (one_line(name), file_name(name));
    let results = format!(
        "test: s.{test}\nfailure: s.{test} [\n{test}\n##[error]gotcha\n]\n\
         test: known\nfailure: known [\nx\n]\ntest: stale\nsuccess: stale\n"
    );
    // A row with a control character, or with a comment for its issue, would not count.
    let cell = test.replace(|c: char| c.is_control(), " ");
    // Nor would one with a tag that ends its cell.
    let cell = cell.replace("</td>", "</i>").replace('\\', "\\\\").replace('|', "\\|");
    let issue = escape_cell(&TestName::escape(&test));
    let document = format!(
        "# {test}\n\n| Test Name | Category | Reason | Issue | {cell} |\n| - | - | - | - | - |\n\
         | known | {cell} | {cell} | {issue} | {cell} |\n| stale | | {cell} | #1 | |\n"
    );
    let mut payload = pull_request("octo");
    payload["pull_request"]["head"]["ref"] = json!(name);
    payload["pull_request"]["title"] = json!(name);
    let action = Action::new()
        .on("pull_request", payload)
        .file("KNOWN_FAILURES.md", &document)
        .file(&format!("results/{file}.txt"), results)
        .with("results", "results/*.txt")
        .with("check-run", "conformance")
        .with("json-file", "report.json")
        .with("title", &name.replace('\0', ""))
        .with("id", &name.replace('\0', ""))
        .with("variant", &name.replace('\0', ""));
    action.github.put_file(HEAD, "KNOWN_FAILURES.md", &document);
    action
}

/// What must hold for every run.
fn assert_harmless(name: &str, finished: &StepResult, github: &FakeGithub) {
    let StepResult { runner, printed, summary, outputs, report_file: left, .. } = finished;
    assert!(runner.complaints.is_empty(), "{name:?}: {:?}", runner.complaints);
    assert!(runner.masks.is_empty(), "{name:?}: {:?}", runner.masks);
    assert_eq!(runner.dropped, 0, "{name:?}");
    let promised = crate::action_yml::outputs();
    assert!(outputs.keys().all(|key| promised.contains(key)), "{name:?}: {outputs:?}");
    let sent: String = github.requests().into_iter().map(|request| request.body).collect();
    for (place, text) in [("log", printed), ("summary", summary), ("API", &sent), ("files", left)] {
        assert!(!text.contains(TOKEN), "{name:?}: the token in the {place}");
        assert!(!text.contains('\u{1b}'), "{name:?}: a terminal's command in the {place}");
    }
    assert!(!printed.contains('\r'), "{name:?}");
    for comment in github.comments(7) {
        assert!(comment.body.starts_with("<!-- knownfail:v1:"), "{name:?}");
    }
}

#[test]
fn links_out_of_the_workspace_are_not_followed() {
    let outside = tempfile::tempdir().expect("a directory");
    let secret = outside.path().join("secret.txt");
    std::fs::write(&secret, "| Test Name |\n| --- |\n| hidden.secret |\n").expect("a file");
    for (link, target, with) in [
        ("results/link.txt", &*secret, &[("results", "results/*.txt")][..]),
        ("results/link", outside.path(), &[("results", "results/link/*.txt")]),
        ("link.md", &*secret, &[("known-failures", "link.md")]),
        ("out", outside.path(), &[("json-file", "out/report.json")]),
        ("out", outside.path(), &[("patch-file", "out/known.patch")]),
        ("sub", outside.path(), &[("working-directory", "sub")]),
        ("environ.txt", "/proc/self/environ".as_ref(), &[("results", "environ.txt")]),
    ] {
        let mut action = action_with_hostile_name("plain");
        for (input, value) in with {
            action = action.with(input, value);
        }
        let finished = action.run_step(|program| {
            let link = program.path(link);
            std::fs::create_dir_all(std::path::Path::new(&link).parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(target, link).unwrap();
        });
        // What cannot be written is a warning, and does not change the verdict.
        let is_output = with.iter().any(|(input, _)| input.ends_with("-file"));
        let (code, warnings) = (finished.code, finished.warnings().len());
        assert_eq!(code, if is_output { 1 } else { 2 }, "{with:?}: {}", finished.printed);
        assert!(!is_output || warnings > 0, "{with:?}: {}", finished.printed);
        assert_harmless("plain", &finished, &action.github);
        let comments: String = action.comments().into_iter().map(|c| c.body).collect();
        for text in [&finished.printed, &finished.summary, &comments] {
            assert!(!text.contains("hidden.secret"), "{with:?}: {text}");
        }
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1, "{with:?}");
    }
}
