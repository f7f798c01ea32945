//! What the action's inputs come to.
//!
//! In: `INPUT_*` and where the run stands. Out: [`Settings`], or which input takes what. A newcomer's trap: an
//! input that is not given arrives as an empty text, so that each has its default here too.

use super::documents::JudgedBy;
use crate::cli::{CheckOptions, Duplicates, HowRead, Limits, Measured, ReadOptions};
use crate::compare::MostInfra;
use crate::error::Error;
use crate::formats::Format;
use crate::github::{Context, Inputs, Token};
use crate::known::Pattern;
use crate::policy::FailOn;
use crate::report::Reach;
use std::path::PathBuf;

/// What the inputs come to.
pub struct Settings {
    pub check: CheckOptions,
    pub judged_by: JudgedBy,
    pub directory: PathBuf,
    /// Tells this comment from others on the same pull request; jobs of a matrix share it.
    pub id: String,
    pub comment: Comment,
    /// Whether the rows' issues are looked up.
    pub issues: bool,
    /// Whether rows that can go are suggested on their lines.
    pub suggestions: bool,
    pub job_summary: bool,
    pub annotations: bool,
    /// The name of the check run; none without it.
    pub check_run: Option<String>,
    pub token: Option<Token>,
    pub ca_bundle: Option<PathBuf>,
}

/// When to comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comment {
    OnChange,
    Always,
    OnFailure,
    Off,
}

/// What an input takes that is a number.
const WHOLE: &str = "a whole number";

/// What an input takes: words, the default first.
type Words<T> = &'static [(&'static str, T)];

const COMMENT: Words<Comment> = &[
    ("on-change", Comment::OnChange),
    ("always", Comment::Always),
    ("on-failure", Comment::OnFailure),
    ("off", Comment::Off),
];
const DUPLICATES: Words<Duplicates> = &[("worst", Duplicates::Worst), ("rerun", Duplicates::Rerun)];
const JUDGED_BY: Words<JudgedBy> = &[("", JudgedBy::Workspace), ("base", JudgedBy::Base)];
const ON: Words<bool> = &[("true", true), ("false", false)];
const OFF: Words<bool> = &[("false", false), ("true", true)];

impl Settings {
    /// A job that names its variant is one of a matrix: the others speak for theirs.
    pub fn reach(&self) -> Reach {
        match self.check.read.how.variant.is_empty() {
            true => Reach::All,
            false => Reach::OneOfSeveral,
        }
    }

    /// Reads the inputs.
    ///
    /// # Errors
    /// An input that is none of what it takes.
    pub fn read(inputs: &Inputs<'_>, context: &Context) -> Result<Settings, Error> {
        let text = |name| inputs.text(name).unwrap_or_default();
        let format = inputs.text("format").unwrap_or_else(|| "auto".to_owned());
        if format != "auto" && Format::from_name(&format).is_none() {
            let takes = "auto, or a name that `knownfail formats` lists";
            return Err(Error::input("format", format, takes));
        }
        let documents = match inputs.lines("known-failures") {
            none if none.is_empty() => vec!["KNOWN_FAILURES.md".to_owned()],
            documents => documents,
        };
        let how = HowRead {
            format,
            variant: text("variant"),
            prefix: text("prefix"),
            duplicates: choice(inputs, "duplicates", DUPLICATES)?,
            limits: limits(inputs)?,
        };
        let read = ReadOptions {
            results: inputs.lines("results"),
            known_failures: documents.into_iter().map(PathBuf::from).collect(),
            how,
        };
        let check = CheckOptions {
            read,
            baseline: inputs.lines("baseline"),
            measured: Measured {
                test_exit_code: number(inputs, "test-exit-code", WHOLE)?,
                exit_codes: inputs.text("exit-codes").map(PathBuf::from),
                min_tests: number(inputs, "min-tests", WHOLE)?,
                infra: patterns(inputs, "infra")?,
                max_infra: share(inputs, "max-infra")?,
                evidence: inputs.lines("evidence"),
                runs: number(inputs, "runs", "a whole number, 1 or more")?,
            },
            commit: Some(context.head_sha.clone()),
            record: inputs.text("record-file").map(PathBuf::from),
            fail_on: match inputs.text("fail-on") {
                Some(list) => FailOn::parse(&list)?,
                None => FailOn::default(),
            },
            title: text("title"),
            json: inputs.text("json-file").map(PathBuf::from),
            patch: inputs.text("patch-file").map(PathBuf::from),
            ..CheckOptions::default()
        };
        let by_job = format!("{}/{}", context.workflow, context.job);
        Ok(Settings {
            check,
            judged_by: choice(inputs, "known-failures-ref", JUDGED_BY)?,
            directory: PathBuf::from(text("working-directory")),
            id: inputs.text("id").unwrap_or(by_job),
            comment: choice(inputs, "comment", COMMENT)?,
            issues: choice(inputs, "issues", ON)?,
            suggestions: choice(inputs, "suggestions", OFF)?,
            job_summary: choice(inputs, "job-summary", ON)?,
            annotations: choice(inputs, "annotations", ON)?,
            check_run: inputs.text("check-run"),
            token: inputs.text("token").and_then(|token| Token::new(&token)),
            ca_bundle: inputs.text("ca-bundle").map(PathBuf::from),
        })
    }
}

fn limits(inputs: &Inputs<'_>) -> Result<Limits, Error> {
    let usual = Limits::default();
    Ok(Limits {
        max_files: number(inputs, "max-files", WHOLE)?.unwrap_or(usual.max_files),
        max_bytes: number(inputs, "max-bytes", WHOLE)?.unwrap_or(usual.max_bytes),
        max_tests: number(inputs, "max-tests", WHOLE)?.unwrap_or(usual.max_tests),
    })
}

/// One of some words.
fn choice<T: Copy>(inputs: &Inputs<'_>, input: &'static str, words: Words<T>) -> Result<T, Error> {
    let Some(value) = inputs.text(input) else { return Ok(words[0].1) };
    let found = words.iter().find(|(word, _)| *word == value);
    let takes = || {
        let words = words.iter().map(|(word, _)| if word.is_empty() { "nothing" } else { word });
        words.collect::<Vec<_>>().join(" or ")
    };
    found.map(|(_, choice)| *choice).ok_or_else(|| Error::input(input, value, takes()))
}

fn number<N: std::str::FromStr>(
    inputs: &Inputs<'_>,
    input: &'static str,
    takes: &str,
) -> Result<Option<N>, Error> {
    let Some(value) = inputs.text(input) else { return Ok(None) };
    let number = value.parse().map(Some);
    number.map_err(|_| Error::input(input, value, takes))
}

/// Patterns, one per line.
fn patterns(inputs: &Inputs<'_>, input: &'static str) -> Result<Vec<Pattern>, Error> {
    let wrong = |value: String| Error::input(input, value, "patterns, one per line");
    let lines = inputs.lines(input).into_iter();
    lines.map(|line| Pattern::parse(&line).map_err(|_| wrong(line))).collect()
}

/// A number of tests, or a share of them.
fn share(inputs: &Inputs<'_>, input: &'static str) -> Result<MostInfra, Error> {
    let Some(value) = inputs.text(input) else { return Ok(MostInfra::default()) };
    let takes = "a number of tests, or a percentage such as 0.5%";
    value.parse().map_err(|_| Error::input(input, value, takes))
}
