//! Command lines that a reader can paste into a shell.

use crate::cli::{Duplicates, InputOptions, ReadOptions};
use crate::report::messages;
use std::fmt::Write;
use std::path::Path;

/// The document that commands read unless another one is named.
const DEFAULT_DOCUMENT: &str = "KNOWN_FAILURES.md";

/// The command that adds rows for the new failures of these results.
pub(super) fn add_command(read: &ReadOptions) -> String {
    format!("knownfail update --add{}", arguments(read))
}

/// The arguments that name the same results and documents, read in the same way.
fn arguments(read: &ReadOptions) -> String {
    let ReadOptions { results, known_failures, list, input } = read;
    let mut text = String::new();
    for pattern in results {
        let _ = write!(text, " {}", messages::shell_word(pattern));
    }
    let is_default = matches!(&known_failures[..], [one] if one == Path::new(DEFAULT_DOCUMENT));
    for document in known_failures.iter().filter(|_| !is_default) {
        let _ = write!(text, " -k {}", messages::shell_word(&document.to_string_lossy()));
    }
    if let Some(format) = list.list_format {
        let _ = write!(text, " --list-format {}", format.name());
    }
    for (option, value) in input_values(input) {
        let _ = write!(text, " --{option} {}", messages::shell_word(&value));
    }
    text
}

/// How results are read, where that is not the default: options of the command line, and inputs of the action.
pub(super) fn input_values(input: &InputOptions) -> impl Iterator<Item = (&'static str, String)> {
    let format = input.forced_format().map_or("", |_| input.format.as_str());
    let duplicates = match input.duplicates {
        Duplicates::Worst => "",
        Duplicates::Rerun => "rerun",
    };
    let values = [
        ("format", format),
        ("variant", &input.variant),
        ("prefix", &input.prefix),
        ("duplicates", duplicates),
    ];
    let values = values.into_iter().filter(|(_, value)| !value.is_empty());
    values.map(|(name, value)| (name, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ListFormatOptions;

    #[test]
    fn command_names_what_differs_from_the_defaults() {
        let plain = ReadOptions {
            results: vec!["results/{variant}/**/*.xml".to_owned()],
            known_failures: vec![DEFAULT_DOCUMENT.into()],
            list: ListFormatOptions::default(),
            input: InputOptions::default(),
        };
        assert_eq!(add_command(&plain), "knownfail update --add 'results/{variant}/**/*.xml'");
        let input = InputOptions {
            format: "tap".to_owned(),
            variant: "a b".to_owned(),
            prefix: "it's".to_owned(),
            duplicates: Duplicates::Rerun,
            ..InputOptions::default()
        };
        let read = ReadOptions {
            results: vec!["a.tap".to_owned(), "$(x)".to_owned()],
            known_failures: vec!["A.md".into(), "B.md".into()],
            list: ListFormatOptions::default(),
            input,
        };
        assert_eq!(
            add_command(&read),
            r"knownfail update --add a.tap '$(x)' -k A.md -k B.md --format tap --variant 'a b' --prefix 'it'\''s' --duplicates rerun"
        );
    }
}
