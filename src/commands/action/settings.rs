//! The action's inputs.
//!
//! An input that is not given is passed as an empty text, so every default is repeated from `action.yml`.

use crate::cli::{
    ActionOptions, CheckOptions, CompletenessOptions, Duplicates, InputOptions, Limits, ReadOptions,
};
use crate::error::{Error, Result};
use crate::formats::Format;
use crate::github::{ActionInputs, ApiToken, Context};
use crate::known::MessagePattern;
use crate::policy::FailOn;
use crate::report::RunScope;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Which documents a run is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentSource {
    /// The workspace's, which have to be those of a commit.
    Committed,
    /// The workspace's, also where a step of the job has changed them.
    Workspace,
    /// Those of a commit that the change under test cannot influence.
    Base,
}

pub(super) struct Settings {
    pub check: CheckOptions,
    pub document_source: DocumentSource,
    pub directory: PathBuf,
    /// Identifies the comment on the pull request; jobs of a matrix share it.
    pub id: String,
    pub comment: CommentMode,
    /// Whether the states of rows' issues are looked up.
    pub issues: bool,
    /// Whether removals of rows are suggested on their lines.
    pub suggestions: bool,
    pub job_summary: bool,
    pub annotations: bool,
    /// The name of the check run; `None` creates none.
    pub check_run: Option<String>,
    pub token: Option<ApiToken>,
    pub ca_bundle: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommentMode {
    OnChange,
    Always,
    OnFailure,
    Off,
}

/// What inputs expect.
const WHOLE_NUMBER: &str = "a whole number";
const POSITIVE_NUMBER: &str = "a whole number, 1 or more";
const INFRA_LIMIT: &str = "a number of tests, or a percentage such as 0.5%";

/// The values of an input, the default first.
type Choices<T> = &'static [(&'static str, T)];

const COMMENT_MODES: Choices<CommentMode> = &[
    ("on-change", CommentMode::OnChange),
    ("always", CommentMode::Always),
    ("on-failure", CommentMode::OnFailure),
    ("off", CommentMode::Off),
];
const DUPLICATE_MODES: Choices<Duplicates> =
    &[("worst", Duplicates::Worst), ("rerun", Duplicates::Rerun)];
const DOCUMENT_SOURCES: Choices<DocumentSource> = &[
    ("", DocumentSource::Committed),
    ("base", DocumentSource::Base),
    ("workspace", DocumentSource::Workspace),
];
const TRUE_BY_DEFAULT: Choices<bool> = &[("true", true), ("false", false)];
const FALSE_BY_DEFAULT: Choices<bool> = &[("false", false), ("true", true)];

impl Settings {
    /// A job that names its variant is one of a matrix.
    pub(crate) fn run_scope(&self) -> RunScope {
        if self.check.read.input.variant.is_empty() {
            RunScope::Whole
        } else {
            RunScope::OneOfMatrix
        }
    }

    pub(super) fn read(
        inputs: &ActionInputs<'_>,
        context: &Context,
        options: &ActionOptions,
    ) -> Result<Settings, Error> {
        let text = |name| inputs.text(name).unwrap_or_default();
        let format = inputs.text("format").unwrap_or_else(|| "auto".to_owned());
        if format != "auto" && Format::from_name(&format).is_none() {
            let expected = "auto, or a name that `knownfail formats` lists";
            return Err(Error::input("format", format, expected));
        }
        let documents = match inputs.lines("known-failures") {
            none if none.is_empty() => vec!["KNOWN_FAILURES.md".to_owned()],
            documents => documents,
        };
        let path = |name| inputs.text(name).map(PathBuf::from);
        let limits = Limits::default();
        let limit = |name, default| -> Result<u64> {
            Ok(parse(inputs, name, WHOLE_NUMBER)?.unwrap_or(default))
        };
        let input = InputOptions {
            format,
            variant: text("variant"),
            prefix: text("prefix"),
            duplicates: choice(inputs, "duplicates", DUPLICATE_MODES)?,
            limits: Limits {
                max_files: limit("max-files", limits.max_files)?,
                max_bytes: limit("max-bytes", limits.max_bytes)?,
                max_tests: limit("max-tests", limits.max_tests)?,
            },
        };
        let known_failures = documents.into_iter().map(PathBuf::from).collect();
        let check = CheckOptions {
            read: ReadOptions { results: inputs.lines("results"), known_failures, input },
            baseline: inputs.lines("baseline"),
            completeness: CompletenessOptions {
                test_exit_code: parse(inputs, "test-exit-code", WHOLE_NUMBER)?,
                exit_codes: path("exit-codes"),
                min_tests: parse(inputs, "min-tests", WHOLE_NUMBER)?,
                infra: patterns(inputs, "infra")?,
                max_infra: parse(inputs, "max-infra", INFRA_LIMIT)?.unwrap_or_default(),
                evidence: inputs.lines("evidence"),
                runs: parse(inputs, "runs", POSITIVE_NUMBER)?,
            },
            commit: Some(context.head_sha.clone()),
            record: path("record-file").filter(|_| !options.dry_run),
            fail_on: match inputs.text("fail-on") {
                Some(list) => FailOn::parse(&list)?,
                None => FailOn::default(),
            },
            title: text("title"),
            json: path("json-file"),
            patch: path("patch-file"),
            ..CheckOptions::default()
        };
        let default_id = format!("{}/{}", context.workflow, context.job);
        Ok(Settings {
            check,
            document_source: choice(inputs, "known-failures-ref", DOCUMENT_SOURCES)?,
            directory: relative_to(&context.workspace, &text("working-directory")),
            id: inputs.text("id").unwrap_or(default_id),
            comment: choice(inputs, "comment", COMMENT_MODES)?,
            issues: choice(inputs, "issues", TRUE_BY_DEFAULT)?,
            suggestions: choice(inputs, "suggestions", FALSE_BY_DEFAULT)?,
            job_summary: choice(inputs, "job-summary", TRUE_BY_DEFAULT)?,
            annotations: choice(inputs, "annotations", TRUE_BY_DEFAULT)?,
            check_run: inputs.text("check-run"),
            token: inputs.text("token").and_then(|token| ApiToken::new(&token)),
            ca_bundle: path("ca-bundle"),
        })
    }
}

/// A directory, which may be given with the workspace's path.
fn relative_to(workspace: &Path, directory: &str) -> PathBuf {
    let directory = Path::new(directory);
    directory.strip_prefix(workspace).unwrap_or(directory).to_owned()
}

/// An input with a fixed set of values.
fn choice<T: Copy>(
    inputs: &ActionInputs<'_>,
    input: &'static str,
    choices: Choices<T>,
) -> Result<T, Error> {
    let Some(value) = inputs.text(input) else { return Ok(choices[0].1) };
    let found = choices.iter().find(|(word, _)| *word == value);
    let expected = || {
        let names = choices.iter().map(|(word, _)| if word.is_empty() { "nothing" } else { word });
        names.collect::<Vec<_>>().join(" or ")
    };
    found.map(|(_, choice)| *choice).ok_or_else(|| Error::input(input, value, expected()))
}

/// An input that its type parses; `None` if it is not given.
fn parse<T: FromStr>(
    inputs: &ActionInputs<'_>,
    name: &'static str,
    expected: &str,
) -> Result<Option<T>> {
    let Some(value) = inputs.text(name) else { return Ok(None) };
    value.parse().map(Some).map_err(|_| Error::input(name, value, expected))
}

/// Patterns, one per line.
fn patterns(inputs: &ActionInputs<'_>, input: &'static str) -> Result<Vec<MessagePattern>> {
    let input_error = |value: String| Error::input(input, value, "patterns, one per line");
    let lines = inputs.lines(input).into_iter();
    lines.map(|line| MessagePattern::parse(&line).map_err(|_| input_error(line))).collect()
}
