//! The action's manifest, as far as a step needs it: the names of inputs and outputs, the defaults.
//!
//! In: `action.yml`. Out: names and texts. A newcomer's trap: this reads our own layout (two blanks a
//! level, one-line defaults) and is no YAML reader; whether GitHub takes the file is another question.

use std::collections::BTreeMap;

const MANIFEST: &str = include_str!("../../action.yml");

/// The inputs in the manifest's order, with their defaults: empty where there is none.
pub fn inputs() -> Vec<(String, String)> {
    section("inputs:")
}

/// The outputs in the manifest's order.
pub fn outputs() -> Vec<String> {
    section("outputs:").into_iter().map(|(name, _)| name).collect()
}

fn section(title: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let inside = MANIFEST.lines().skip_while(|line| *line != title).skip(1);
    for line in inside.take_while(|line| line.is_empty() || line.starts_with(' ')) {
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
