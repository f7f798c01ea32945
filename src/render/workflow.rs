//! The workflow that a team starts with, as YAML.

use std::fmt::Write;

/// An input of the action's step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowInput {
    /// As in `action.yml`.
    pub name: &'static str,
    /// Any text; several values are lines of it.
    pub value: String,
}

const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");
/// Each release moves the tag of its major version.
const MAJOR_VERSION: &str = env!("CARGO_PKG_VERSION_MAJOR");

/// Text before and after what the step of the action takes.
const BEFORE: &str = "\
# .github/workflows/conformance.yml
on: pull_request

permissions:
  contents: read
  pull-requests: write   # for the comment; without it everything else still works

jobs:
  suite:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: suite
        # Put in the command that runs the tests. The next step decides whether the job is red.
        run: |
          code=0
          ./run-suite --output results/ || code=$?
          echo \"code=$code\" >> \"$GITHUB_OUTPUT\"
";
const AFTER: &str = "          test-exit-code: ${{ steps.suite.outputs.code || '124' }}\n";

/// A workflow with a step that runs the suite and one that judges its results.
pub fn render_workflow(inputs: impl Iterator<Item = WorkflowInput>) -> String {
    let repository = REPOSITORY.trim_start_matches("https://github.com/");
    let mut text = format!(
        "{BEFORE}      - uses: {repository}@v{MAJOR_VERSION}\n        if: ${{{{ !cancelled() }}}}\n        with:\n"
    );
    for WorkflowInput { name, value } in inputs {
        let _ = writeln!(text, "          {name}: {}", scalar(&value));
    }
    text + AFTER
}

/// A text as a YAML scalar: plain where it is the same without quotes.
fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./-*{},=".contains(c);
    let begins_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
    if begins_plain && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        // YAML's quoted scalars have the escapes of JSON's strings.
        serde_json::Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_yaml_reads_differently_are_quoted() {
        for (text, expected) in [
            ("results/{variant}/**/*.xml", "results/{variant}/**/*.xml"),
            ("*.xml", r#""*.xml""#),
            ("a: b #c", r#""a: b #c""#),
            ("a.xml\nb.xml", r#""a.xml\nb.xml""#),
            ("- x\"", r#""- x\"""#),
            ("", r#""""#),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }
}
