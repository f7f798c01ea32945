//! The action's two manifests, as far as a step needs them: the names of inputs and outputs, the defaults.
//!
//! In: `action.yml` and `native/action.yml`. Out: names and texts. A newcomer's trap: this reads our own layout (two blanks a
//! level, one-line defaults) and is no YAML reader; whether GitHub takes the file is another question.

use std::collections::BTreeMap;

pub const MANIFEST: &str = include_str!("../../action.yml");
/// The same action for runners without Docker.
pub const NATIVE: &str = include_str!("../../native/action.yml");

/// The inputs in the manifest's order, with their defaults: empty where there is none.
pub fn inputs() -> Vec<(String, String)> {
    section("inputs:")
}

/// The outputs in the manifest's order.
pub fn outputs() -> Vec<String> {
    section("outputs:").into_iter().map(|(name, _)| name).collect()
}

/// The lines of a manifest below a title.
fn below<'a>(manifest: &'a str, title: &str) -> Vec<&'a str> {
    let inside = manifest.lines().skip_while(|line| *line != title).skip(1);
    inside.take_while(|line| line.is_empty() || line.starts_with(' ')).collect()
}

fn section(title: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in below(MANIFEST, title) {
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
fn the_manifest_is_read() {
    let inputs: BTreeMap<String, String> = inputs().into_iter().collect();
    assert_eq!(inputs["results"], "");
    assert_eq!(inputs["job-summary"], "true");
    assert_eq!(inputs["token"], "${{ github.token }}");
    assert_eq!(outputs().first().map(String::as_str), Some("conclusion"));
    assert_eq!(outputs().last().map(String::as_str), Some("comment-url"));
}

#[test]
fn the_native_action_has_the_same_inputs_and_outputs() {
    assert_eq!(below(NATIVE, "inputs:"), below(MANIFEST, "inputs:"));
    let outputs = below(NATIVE, "outputs:");
    let (values, told): (Vec<_>, Vec<_>) =
        outputs.into_iter().partition(|line| line.starts_with("    value: "));
    assert_eq!(told, below(MANIFEST, "outputs:"));
    let expected: Vec<String> = self::outputs()
        .iter()
        .map(|name| format!("    value: ${{{{ steps.knownfail.outputs.{name} }}}}"))
        .collect();
    assert_eq!(values, expected);
}

#[test]
fn the_native_action_hands_over_every_input_by_the_environment_alone() {
    let expected: Vec<String> = inputs()
        .iter()
        .map(|(name, _)| {
            let variable = name.to_uppercase().replace('-', "_");
            format!("        INPUT_{variable}: ${{{{ inputs.{name} }}}}")
        })
        .collect();
    let runs = below(NATIVE, "runs:");
    let handed: Vec<&str> = runs.into_iter().filter(|line| line.contains("${{")).collect();
    assert_eq!(handed, expected);
}
