//! README, reference, `--help`, `action.yml` and the JSON schema agree.

use crate::action_yml;
use clap::CommandFactory;
use knownfail::cli::Cli;
use knownfail::policy::{REASON_SETS, Reason};
use std::collections::BTreeMap;

const README: &str = include_str!("../../README.md");
const REFERENCE: &str = include_str!("../../docs/reference.md");

/// The rows of the reference's table with this header: first cell and second, without backticks.
fn table(header: &str) -> BTreeMap<String, String> {
    let lines = REFERENCE.lines().skip_while(|line| !line.starts_with(header)).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    let cell = |cell: &str| cell.trim().replace('`', "");
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|');
        (cell(cells.next().unwrap()), cell(cells.next().unwrap()))
    })
    .collect()
}

fn check_command() -> clap::Command {
    Cli::command().find_subcommand("check").unwrap().clone()
}

#[test]
fn reference_lists_every_option_with_its_default() {
    let documented = table("| option of `check` |");
    let mut expected = BTreeMap::new();
    for option in check_command().get_arguments().filter(|argument| !argument.is_positional()) {
        let long = option.get_long().unwrap();
        if ["help", "version"].contains(&long) {
            continue;
        }
        let name = match option.get_value_names().filter(|_| option.get_action().takes_values()) {
            Some(names) => format!("--{long} {}", names[0]),
            None => format!("--{long}"),
        };
        let name = option.get_short().map_or(name.clone(), |short| format!("-{short}, {name}"));
        let defaults = option.get_default_values().iter().map(|value| value.to_string_lossy());
        let default: String =
            if option.get_action().takes_values() { defaults.collect() } else { String::new() };
        expected.insert(name, default);
    }
    // Its default depends on the environment, so the parser has none.
    expected.insert("--output OUTPUT".to_owned(), "text".to_owned());
    assert_eq!(documented, expected);
}

#[test]
fn reference_lists_what_update_adds_to_the_options_of_check() {
    let longs = |command: &str| -> Vec<String> {
        let command = Cli::command().find_subcommand(command).unwrap().clone();
        let options = command.get_arguments().filter_map(|argument| argument.get_long());
        options.map(|long| format!("--{long}")).collect()
    };
    let check = longs("check");
    let own: Vec<String> = longs("update").into_iter().filter(|o| !check.contains(o)).collect();
    let mut documented: Vec<String> = table("| option of `update` |").into_keys().collect();
    documented.sort_by_key(|option| own.iter().position(|o| o == option));
    assert_eq!(documented, own);
}

#[test]
fn every_option_of_every_command_is_documented() {
    let pages = ["docs/reference.md", "docs/commands.md", "docs/lint.md", "docs/github.md"];
    let read = |page: &str| std::fs::read_to_string(page).unwrap();
    let pages: String = pages.into_iter().map(read).collect();
    for command in Cli::command().get_subcommands() {
        for long in command.get_arguments().filter_map(|option| option.get_long()) {
            let ends =
                |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            let is_documented = pages.split(&format!("--{long}")).skip(1).any(ends);
            assert!(
                is_documented,
                "`--{long}` of `knownfail {}` is on no page",
                command.get_name()
            );
        }
    }
}

#[test]
fn reference_lists_every_command() {
    for command in Cli::command().get_subcommands() {
        let line = format!("\nknownfail {}", command.get_name());
        assert!(REFERENCE.contains(&line), "{line}");
    }
}

#[test]
fn reference_lists_every_input_with_its_default() {
    let documented = table("| input | default |");
    let mut expected: BTreeMap<String, String> = action_yml::inputs().into_iter().collect();
    for (input, text) in [
        ("results", "(required)"),
        ("variant", "the values of the job's matrix"),
        ("id", "workflow and job"),
    ] {
        expected.insert(input.to_owned(), text.to_owned());
    }
    assert_eq!(documented, expected);
}

#[test]
fn inputs_and_options_of_one_name_have_one_default() {
    let inputs: BTreeMap<String, String> = action_yml::inputs().into_iter().collect();
    for option in check_command().get_arguments() {
        let (Some(long), Some(default)) = (option.get_long(), option.get_default_values().first())
        else {
            continue;
        };
        if let Some(input) = inputs.get(long).filter(|_| long != "variant" && long != "all-tests") {
            assert_eq!(*input, default.to_string_lossy(), "{long}");
        }
    }
}

#[test]
fn reference_lists_every_output() {
    let outputs = REFERENCE.split("\nOutputs: ").nth(1).unwrap().split("\n\n").next().unwrap();
    let documented: Vec<&str> = outputs.split('`').skip(1).step_by(2).collect();
    assert_eq!(documented, action_yml::outputs());
}

#[test]
fn every_reason_and_set_is_in_help_and_manifest() {
    let help = check_command().render_long_help().to_string();
    let words = Reason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .chain(REASON_SETS.iter().map(|(name, _)| *name));
    for word in words {
        assert!(help.contains(word), "{word} in --help");
        assert!(include_str!("../../action.yml").contains(word), "{word} in action.yml");
    }
}

#[test]
fn schema_files_match_the_types() {
    let schemas = [
        ("schema/report-1.json", knownfail::render::json::schema()),
        ("schema/changes-1.json", knownfail::render::changes_schema()),
        ("schema/history-1.json", knownfail::render::history_schema()),
    ];
    for (path, schema) in schemas {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &schema).unwrap();
        }
        let existing = std::fs::read_to_string(path).unwrap_or_default();
        assert!(existing == schema, "UPDATE_SCHEMA=1 cargo test schema rewrites it");
    }
}

#[test]
fn report_page_lists_every_key_and_code() {
    let page = include_str!("../../docs/report.md");
    let cells = |header: &str| -> BTreeMap<String, String> {
        let lines = page.lines().skip_while(|line| !line.starts_with(header)).skip(2);
        let rows = lines.take_while(|line| line.starts_with("| `"));
        let row = |row: &str| {
            let mut cells =
                row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', ""));
            (cells.next().unwrap(), cells.next().unwrap())
        };
        rows.map(row).collect()
    };
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../schema/report-1.json")).unwrap();
    let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(cells("| key |").keys().collect::<Vec<_>>(), keys);

    let mut codes = BTreeMap::new();
    let facts = include_str!("../../src/model/problem.rs").split("(\"").skip(1);
    for fact in facts.filter(|fact| !fact.contains(", Document)")) {
        let (code, severity) = fact.split_once("\", ").unwrap();
        let severity = if severity.starts_with("Error") { "error" } else { "warning" };
        codes.insert(code.to_owned(), severity.to_owned());
    }
    assert_eq!(cells("| code |"), codes);
}

#[test]
fn page_of_formats_matches_the_code() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    let page = knownfail::commands::formats::page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let existing = std::fs::read_to_string(path).unwrap_or_default();
    assert!(existing == page, "UPDATE_DOCS=1 cargo test page_of_formats rewrites it");
}

#[test]
fn claiming_rule_in_readme_matches_the_code() {
    let rule = "exact before wildcard before `re:`; among wildcards the one with the longest \
                literal text; then the first in the file";
    let readme = README.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(readme.contains(rule));
    let code = include_str!("../../src/known/index/mod.rs").replace("//!", "").replace("///", "");
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(code.contains(rule), "src/known/index/mod.rs has the rule in the same words");
}
