//! The action's inputs, as the runner passes them to a container.
//!
//! Dashes stay in the variable's name (`INPUT_FAIL-ON`), which no shell can read, so `native/action.yml` writes underscores.
//! An input that is not given arrives as an empty text, even if it is marked as required.

/// Reads `INPUT_*`.
pub struct ActionInputs<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> ActionInputs<'a> {
    /// Looks up inputs with `env`.
    pub fn new(env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        ActionInputs { env }
    }

    /// An input without surrounding whitespace; `None` if it is not given or empty.
    pub fn text(&self, name: &str) -> Option<String> {
        let variable = format!("INPUT_{}", name.replace(' ', "_").to_uppercase());
        let lookup = |variable: &str| {
            let value = (self.env)(variable)?.trim().to_owned();
            Some(value).filter(|value| !value.is_empty())
        };
        lookup(&variable).or_else(|| lookup(&variable.replace('-', "_")))
    }

    /// An input with one item a line. Commas are part of an item (`*.{xml,json}`).
    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let items = text.lines().map(str::trim).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read_as_the_runner_names_them() {
        let env = |name: &str| match name {
            "INPUT_RESULTS" => Some("a/*.{xml,json}\r\n\r\n  b.txt\n".to_owned()),
            "INPUT_TITLE" | "INPUT_MIN-TESTS" => Some("  ".to_owned()),
            "INPUT_MIN_TESTS" => Some("7".to_owned()),
            _ => None,
        };
        let inputs = ActionInputs::new(&env);
        assert_eq!(inputs.lines("results"), ["a/*.{xml,json}", "b.txt"]);
        assert_eq!(inputs.text("title"), None);
        assert_eq!(inputs.text("token"), None);
        assert_eq!(inputs.text("min-tests").as_deref(), Some("7"), "as a shell passes it on");
        assert!(inputs.lines("title").is_empty());
    }
}
