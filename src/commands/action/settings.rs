//! The action's inputs.
//!
//! An input that is not given is passed as an empty text, so every default is repeated from `action.yml`.

use super::inputs::{Choices, InputReader};
use super::matrix;
use crate::cli::{
    ActionOptions, CheckOptions, CompletenessOptions, Duplicates, InputOptions, Limits,
    ListFormatOptions, ReadOptions,
};
use crate::error::Error;
use crate::formats::Format;
use crate::github::{ApiToken, Context, TokenError};
use crate::known::ListFormat;
use crate::policy::{FailOn, UnknownReason};
use crate::report::RunScope;
use crate::sanitize;
use std::path::PathBuf;

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
    /// The error only prevents publishing.
    pub token: Result<ApiToken, TokenError>,
    /// The error is that of the input: it only prevents publishing.
    pub ca_bundle: Option<Result<PathBuf, Error>>,
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

/// The value of `format` that detects each file's.
const AUTO: &str = "auto";

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

    /// Reads the inputs; what is wrong with them is collected by `inputs`. Without a context, only what needs none can be
    /// published.
    pub(super) fn read(
        inputs: &mut InputReader<'_>,
        context: Option<&Context>,
        options: &ActionOptions,
    ) -> Settings {
        let default_id = context.map(|context| format!("{}/{}", context.workflow, context.job));
        Settings {
            check: check_options(inputs, context, options),
            document_source: inputs.choice("known-failures-ref", DOCUMENT_SOURCES),
            id: inputs.text("id").or(default_id).unwrap_or_default(),
            comment: inputs.choice("comment", COMMENT_MODES),
            issues: inputs.choice("issues", TRUE_BY_DEFAULT),
            suggestions: inputs.choice("suggestions", FALSE_BY_DEFAULT),
            job_summary: inputs.choice("job-summary", TRUE_BY_DEFAULT),
            annotations: inputs.choice("annotations", TRUE_BY_DEFAULT),
            check_run: inputs.text("check-run"),
            token: ApiToken::new(&inputs.text("token").unwrap_or_default()),
            ca_bundle: inputs.path("ca-bundle"),
        }
    }
}

fn check_options(
    inputs: &mut InputReader<'_>,
    context: Option<&Context>,
    options: &ActionOptions,
) -> CheckOptions {
    let mut documents = inputs.files("known-failures");
    if inputs.text("known-failures").is_none() {
        documents.push("KNOWN_FAILURES.md".to_owned());
    }
    CheckOptions {
        read: ReadOptions {
            results: inputs.files("results"),
            known_failures: documents.into_iter().map(PathBuf::from).collect(),
            list: ListFormatOptions {
                list_format: inputs.parse_with("list-format", parse_list_format),
            },
            input: input_options(inputs),
        },
        baseline: inputs.files("baseline"),
        completeness: CompletenessOptions {
            test_exit_code: inputs.parse("test-exit-code", WHOLE_NUMBER),
            exit_codes: inputs.file("exit-codes"),
            min_tests: inputs.parse("min-tests", WHOLE_NUMBER),
            infra: inputs.patterns("infra"),
            max_infra: inputs.parse("max-infra", INFRA_LIMIT).unwrap_or_default(),
            evidence: inputs.files("evidence"),
            runs: inputs.parse("runs", POSITIVE_NUMBER),
        },
        commit: context.map(|context| context.head_sha.clone()),
        record: inputs.output("record-file").filter(|_| !options.dry_run),
        fail_on: inputs.parse_with("fail-on", parse_fail_on).unwrap_or_default(),
        title: inputs.text("title").unwrap_or_default(),
        json: inputs.output("json-file"),
        patch: inputs.output("patch-file"),
        ..CheckOptions::default()
    }
}

fn input_options(inputs: &mut InputReader<'_>) -> InputOptions {
    let limits = Limits::default();
    InputOptions {
        format: inputs.parse_with("format", parse_format).unwrap_or_else(|| AUTO.to_owned()),
        variant: matrix::variant(&inputs.text("variant").unwrap_or_default()),
        prefix: inputs.text("prefix").unwrap_or_default(),
        duplicates: inputs.choice("duplicates", DUPLICATE_MODES),
        limits: Limits {
            max_files: inputs.parse("max-files", WHOLE_NUMBER).unwrap_or(limits.max_files),
            max_bytes: inputs.parse("max-bytes", WHOLE_NUMBER).unwrap_or(limits.max_bytes),
            max_tests: inputs.parse("max-tests", WHOLE_NUMBER).unwrap_or(limits.max_tests),
        },
    }
}

fn parse_fail_on(list: &str) -> Result<FailOn, Error> {
    let short = |error: UnknownReason| UnknownReason { word: sanitize::value(&error.word) };
    Ok(FailOn::parse(list).map_err(short)?)
}

fn parse_list_format(name: &str) -> Result<ListFormat, Error> {
    let expected = || Vec::from_iter(ListFormat::all().map(ListFormat::name)).join(", ");
    ListFormat::from_name(name).ok_or_else(|| {
        Error::input("list-format", name.to_owned(), format!("one of {}", expected()))
    })
}

fn parse_format(name: &str) -> Result<String, Error> {
    if name == AUTO || Format::from_name(name).is_some() {
        return Ok(name.to_owned());
    }
    let expected = "auto, or a name that `knownfail formats` lists";
    Err(Error::input("format", name.to_owned(), expected))
}
