//! Reads the action's inputs by type. What is wrong with them is collected, and a wrong input has its default: all errors
//! are reported together, and published under the settings that are right.

use super::workspace::Workspace;
use crate::error::Error;
use crate::github::ActionInputs;
use crate::known::MessagePattern;
use std::path::PathBuf;
use std::str::FromStr;

/// The values of an input, the default first.
pub(super) type Choices<T> = &'static [(&'static str, T)];

/// Reads inputs, and collects what is wrong with them.
pub(super) struct InputReader<'a> {
    inputs: ActionInputs<'a>,
    workspace: &'a Workspace,
    /// Why nothing can be judged.
    pub errors: Vec<Error>,
    /// Why a file is not written, which does not change the verdict.
    pub warnings: Vec<Error>,
}

impl<'a> InputReader<'a> {
    pub(super) fn new(inputs: ActionInputs<'a>, workspace: &'a Workspace) -> Self {
        InputReader { inputs, workspace, errors: Vec::new(), warnings: Vec::new() }
    }

    /// A text; `None` if it is not given.
    pub(super) fn text(&self, input: &str) -> Option<String> {
        self.inputs.text(input)
    }

    /// An input with a fixed set of values.
    pub(super) fn choice<T: Copy>(&mut self, input: &'static str, choices: Choices<T>) -> T {
        let default = choices[0].1;
        let Some(value) = self.text(input) else { return default };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == value) {
            return *choice;
        }
        let names = choices.iter().map(|(word, _)| if word.is_empty() { "nothing" } else { word });
        let expected = Vec::from_iter(names).join(" or ");
        self.errors.push(Error::input(input, value, expected));
        default
    }

    /// An input that its type parses; `None` if it is not given.
    pub(super) fn parse<T: FromStr>(&mut self, input: &'static str, expected: &str) -> Option<T> {
        self.parse_with(input, |value| {
            value.parse().map_err(|_| Error::input(input, value.to_owned(), expected))
        })
    }

    /// An input that a function parses; `None` if it is not given.
    pub(super) fn parse_with<T>(
        &mut self,
        input: &str,
        parse: impl FnOnce(&str) -> Result<T, Error>,
    ) -> Option<T> {
        let parsed = parse(&self.text(input)?);
        parsed.map_err(|error| self.errors.push(error)).ok()
    }

    /// Patterns of messages, one per line.
    pub(super) fn patterns(&mut self, input: &'static str) -> Vec<MessagePattern> {
        let mut patterns = Vec::new();
        for line in self.inputs.lines(input) {
            match MessagePattern::parse(&line) {
                Ok(pattern) => patterns.push(pattern),
                Err(_) => self.errors.push(Error::input(input, line, "patterns, one per line")),
            }
        }
        patterns
    }

    /// The paths or patterns of files that are read, one per line.
    pub(super) fn files(&mut self, input: &'static str) -> Vec<String> {
        let mut files = Vec::new();
        for line in self.inputs.lines(input) {
            match self.resolve(input, line) {
                Ok(file) => files.push(file),
                Err(error) => self.errors.push(error),
            }
        }
        files
    }

    /// The path of a file that is read.
    pub(super) fn file(&mut self, input: &'static str) -> Option<PathBuf> {
        self.path(input)?.map_err(|error| self.errors.push(error)).ok()
    }

    /// The path of a file that is written.
    pub(super) fn output(&mut self, input: &'static str) -> Option<PathBuf> {
        self.path(input)?.map_err(|error| self.warnings.push(error)).ok()
    }

    /// A path; `None` if it is not given.
    pub(super) fn path(&self, input: &'static str) -> Option<Result<PathBuf, Error>> {
        Some(self.resolve(input, self.text(input)?).map(PathBuf::from))
    }

    fn resolve(&self, input: &'static str, path: String) -> Result<String, Error> {
        self.workspace.resolve(&path).ok_or(Error::OutsideWorkspace { input, path })
    }
}
