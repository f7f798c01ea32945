//! The inputs, outputs and defaults of the action's two manifests.
//!
//! This parses our own layout only (two spaces a level, one-line defaults); whether GitHub accepts the files is tested elsewhere.

use std::collections::BTreeMap;

pub(crate) const MANIFEST: &str = include_str!("../../action.yml");
/// The same action for runners without Docker.
pub(crate) const NATIVE: &str = include_str!("../../native/action.yml");

/// The inputs in the manifest's order, with their defaults or an empty text.
pub(crate) fn inputs() -> Vec<(String, String)> {
    section("inputs:")
}

/// The outputs in the manifest's order.
pub(crate) fn outputs() -> Vec<String> {
    section("outputs:").into_iter().map(|(name, _)| name).collect()
}

/// The lines of a manifest's section.
fn section_lines<'a>(manifest: &'a str, title: &str) -> Vec<&'a str> {
    let lines = manifest.lines().skip_while(|line| *line != title).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with(' ')).collect()
}

fn section(title: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in section_lines(MANIFEST, title) {
        let text = line.trim_start();
        match (line.len() - text.len(), text.strip_suffix(':'), text.strip_prefix("default: ")) {
            (2, Some(name), _) => found.push((name.to_owned(), String::new())),
            (4, _, Some(default)) => {
                found.last_mut().expect("an input").1 = default.trim_matches('"').to_owned();
            }
            _ => {}
        }
    }
    found
}

#[test]
fn manifest_inputs_and_outputs_are_parsed() {
    let inputs: BTreeMap<String, String> = inputs().into_iter().collect();
    assert_eq!(inputs["results"], "");
    assert_eq!(inputs["job-summary"], "true");
    assert_eq!(inputs["token"], "${{ github.token }}");
    assert_eq!(outputs().first().map(String::as_str), Some("conclusion"));
    assert_eq!(outputs().last().map(String::as_str), Some("comment-url"));
}

/// The native manifest, generated from the other: the same inputs and outputs.
fn expected_native_manifest() -> String {
    let (head, rest) = NATIVE.split_once("\ninputs:\n").expect("inputs");
    let (_, runs) = rest.split_once("\nruns:\n").expect("runs");
    let (step, _) = runs.split_once("      env:\n").expect("an environment");
    let mut manifest = format!("{head}\n");
    for title in ["inputs:", "outputs:"] {
        manifest += &format!("{title}\n");
        for line in section_lines(MANIFEST, title) {
            manifest += &format!("{line}\n");
            let name = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
            let name = name.filter(|name| title == "outputs:" && !name.starts_with(' '));
            if let Some(name) = name {
                manifest += &format!("    value: ${{{{ steps.knownfail.outputs.{name} }}}}\n");
            }
        }
    }
    manifest += &format!("runs:\n{step}      env:\n");
    for (name, _) in inputs() {
        let variable = name.to_uppercase().replace('-', "_");
        manifest += &format!("        INPUT_{variable}: ${{{{ inputs.{name} }}}}\n");
    }
    manifest
}

#[test]
fn the_native_action_has_the_same_inputs_and_outputs() {
    let expected = expected_native_manifest();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write("native/action.yml", &expected).unwrap();
    }
    let existing = std::fs::read_to_string("native/action.yml").unwrap();
    assert!(existing == expected, "UPDATE_DOCS=1 cargo test native_action rewrites it");
}
