//! The command line.
//!
//! Options are parsed to the crate's types, so that an invalid value is a usage error with exit code 2. The action
//! builds the same [`CheckOptions`] from its inputs.

#![allow(missing_docs, reason = "fields without help are groups of options")]

use crate::compare::InfraLimit;
use crate::formats::Format;
use crate::known::list_kinds::ListKind;
use crate::known::{BadRegex, ListFormat, MessagePattern};
use crate::model::{Outcome, ProblemKind};
use crate::policy::FailOn;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Judge a big test suite against a list of known failures.
///
/// Only new failures are red, and an incomplete run never passes.
#[derive(Debug, Parser)]
#[command(name = "knownfail", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// A subcommand.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge results; the exit code is the conclusion
    ///
    /// 0: success. 1: failure. 2: inconclusive, or not able to judge.
    Check(Box<CheckOptions>),
    /// Write a first list from a run, and print the workflow to paste
    Init(InitOptions),
    /// Print the outcome and the name of each test, sorted by name
    List(ListOptions),
    /// Check lists alone; exit code 1 if one has an error
    Lint(LintOptions),
    /// Edit the lists: remove rows that pass, narrow wildcards, add new failures
    Update(Box<UpdateOptions>),
    /// Compare two lists row by row
    Diff(DiffOptions),
    /// Write a document from other tools' lists of known failures
    ///
    /// What a document cannot express is reported on standard error, line by line.
    Import(ImportOptions),
    /// Show how many rows a list had over time, from its git history
    #[cfg(feature = "history")]
    History(HistoryOptions),
    /// Show which row claims a test, which rows would, and its results
    Why(WhyOptions),
    /// List the formats that can be read, and how each names a test
    Formats,
    /// Run as GitHub's container action: inputs from INPUT_*, context from GITHUB_*
    Action(ActionOptions),
}

/// Which results and documents are read.
#[derive(Debug, Clone, Default, Args)]
pub struct ReadOptions {
    /// Results files: paths or patterns; `{variant}` stands for the file's variant
    #[arg(value_name = "RESULTS")]
    pub results: Vec<String>,

    /// List of known failures, or a directory of lists; a later one overlays those before it
    #[arg(short, long, value_name = "FILE", default_value = "KNOWN_FAILURES.md")]
    pub known_failures: Vec<PathBuf>,

    #[command(flatten)]
    pub list: ListFormatOptions,

    #[command(flatten)]
    pub input: InputOptions,
}

/// How lists are read.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ListFormatOptions {
    /// Kind of the lists; without it, each is detected from its content and name
    #[arg(long, value_name = "KIND", value_parser = list_format_names())]
    pub list_format: Option<ListFormat>,
}

/// How results are read.
#[derive(Debug, Clone, Default, Args)]
pub struct InputOptions {
    /// Format of the results, as `knownfail formats` lists them; `auto` detects each file's from its
    /// content
    #[arg(long, value_name = "FORMAT", default_value = "auto", value_parser = format_names(),
        hide_possible_values = true)]
    pub format: String,

    /// Variant of results whose pattern holds no `{variant}`
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub variant: String,

    /// Text before each name; `{file}` stands for the file's name without its extension
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub prefix: String,

    /// How several results of one name are treated
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub duplicates: Duplicates,

    #[command(flatten)]
    pub limits: Limits,
}

/// Limits on untrusted results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct Limits {
    /// Maximum number of results files
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_files)]
    pub max_files: u64,

    /// Maximum size of all results files in bytes, and of one compressed file when decompressed
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_bytes)]
    pub max_bytes: u64,

    /// Maximum number of results
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_tests)]
    pub max_tests: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_files: 10_000, max_bytes: 8 << 30, max_tests: 20_000_000 }
    }
}

/// Options of `check`.
#[derive(Debug, Clone, Default, Args)]
pub struct CheckOptions {
    #[command(flatten)]
    pub read: ReadOptions,

    /// Results of the base branch, or a record or JSON report of them: separates what this change caused from
    /// what was there before
    #[arg(long, value_name = "PATTERN")]
    pub baseline: Vec<String>,

    #[command(flatten)]
    pub completeness: CompletenessOptions,

    /// What fails the check: `regression`, `strict`, `strict-all`, `nothing`, or reasons separated by commas
    ///
    /// Reasons: new-failures, incomplete, document, newly-passing, unmatched, missing, flaky,
    /// differently, growth, hidden-regressions. With a base run, newly-passing is red for tests that failed there;
    /// with `strict-all`, for all of them. It is never red for a row that may still be needed: one that names a
    /// variant without results, or that the runs of `--evidence` do not agree about.
    #[arg(long, value_name = "LIST", default_value = "regression", value_parser = FailOn::parse)]
    pub fail_on: FailOn,

    /// What is printed [default: text; github inside Actions]
    #[arg(long, value_name = "OUTPUT", value_enum)]
    pub output: Option<CheckOutput>,

    /// Commit that was tested: tests that flip between runs of one commit are reported
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,

    /// Title of the report
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub title: String,

    /// List passed and skipped tests in the JSON report too
    #[arg(long)]
    pub all_tests: bool,

    /// Write the JSON report to a file
    ///
    /// For this and the other outputs, `-` is standard output. What is otherwise printed goes to standard error then.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Write a record of all results to a file, a few bytes per test; it can be read in their place
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Write the patch that removes the rows that pass to a file, for `git apply` or `patch -p1`
    #[arg(long, value_name = "FILE")]
    pub patch: Option<PathBuf>,

    /// Write the report as Markdown to a file
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,

    /// Write the judged tests as JUnit XML to a file
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// Write what annotations show as GitLab's Code Quality report to a file
    #[arg(long, value_name = "FILE")]
    pub code_quality: Option<PathBuf>,
}

/// Whether a run is complete, and evidence from earlier runs.
#[derive(Debug, Clone, Default, Args)]
pub struct CompletenessOptions {
    /// Exit code of the test runner
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub test_exit_code: Option<i64>,

    /// Table of exit codes, for one results file per suite; each line: results file name without extension, exit
    /// code
    #[arg(long, value_name = "FILE")]
    pub exit_codes: Option<PathBuf>,

    /// Minimum number of tests that run, skipped ones not included; with fewer, the run is incomplete
    #[arg(long, value_name = "N")]
    pub min_tests: Option<u64>,

    /// Pattern for the message of an infrastructure failure, matched against each line; may be given several
    /// times. Such a failure counts neither as a failure nor as a pass
    #[arg(long, value_name = "PATTERN", value_parser = parse_infra)]
    pub infra: Vec<MessagePattern>,

    /// Maximum number (or percentage) of infrastructure failures before the run counts as incomplete
    #[arg(long, value_name = "N", default_value = "0")]
    pub max_infra: InfraLimit,

    /// JSON reports or records of earlier runs: a row is only removed, or proposed for removal, when they agree
    #[arg(long, value_name = "FILE")]
    pub evidence: Vec<String>,

    /// Complete runs in which a row must have passed, this one included [default: all of them]
    #[arg(long, value_name = "N", requires = "evidence", value_parser = parse_runs)]
    pub runs: Option<NonZeroUsize>,
}

/// Options of `init`.
#[derive(Debug, Clone, Args)]
pub struct InitOptions {
    /// Results files of a run, whose failures are listed; without any, the list is empty
    #[arg(value_name = "RESULTS")]
    pub results: Vec<String>,

    /// File to write, which must not exist
    #[arg(short, long, value_name = "FILE", default_value = "KNOWN_FAILURES.md")]
    pub known_failures: PathBuf,

    /// Write one name a line instead of a Markdown document (the default for names in `.txt`)
    #[arg(long)]
    pub plain: bool,

    #[command(flatten)]
    pub input: InputOptions,
}

/// Options of `list`.
#[derive(Debug, Clone, Args)]
pub struct ListOptions {
    /// Results files: paths or patterns; `{variant}` stands for the file's variant
    #[arg(value_name = "RESULTS", required = true)]
    pub results: Vec<String>,

    /// Print only tests with one of these outcomes, separated by commas
    #[arg(long, value_name = "OUTCOME", value_delimiter = ',', value_parser = outcome_names())]
    pub outcome: Vec<Outcome>,

    /// What is printed
    #[arg(long, value_name = "OUTPUT", value_enum, default_value_t)]
    pub output: ListOutput,

    #[command(flatten)]
    pub input: InputOptions,
}

/// Output of `list`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ListOutput {
    /// For a person and for grep: the outcome, the name, the variant
    #[default]
    Text,
    /// For a program: an object for each test, one a line (JSON Lines)
    Jsonl,
}

/// Options of `lint`.
#[derive(Debug, Clone, Args)]
pub struct LintOptions {
    /// Lists of known failures, or directories of lists; together they are one list
    #[arg(value_name = "FILE", default_value = "KNOWN_FAILURES.md")]
    pub documents: Vec<PathBuf>,

    #[command(flatten)]
    pub list: ListFormatOptions,

    /// Code of a warning that is not reported; may be given several times
    #[arg(long, value_name = "CODE", value_parser = PossibleValuesParser::new(ProblemKind::SUPPRESSIBLE))]
    #[arg(hide_possible_values = true)]
    pub allow: Vec<String>,

    /// Check each document as a list of its own
    #[arg(long)]
    pub separate: bool,

    /// Remove rows that repeat an earlier row of the same document word for word
    ///
    /// What was removed is reported on standard error, the remaining problems as usual.
    #[arg(long)]
    pub fix: bool,

    /// What is printed
    #[arg(long, value_name = "OUTPUT", value_enum, default_value_t)]
    pub output: LintOutput,
}

/// Output of `lint`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LintOutput {
    /// For a person
    #[default]
    Text,
    /// For a program: the `problems` of the JSON report
    Json,
    /// For code scanning and editors: SARIF 2.1.0
    Sarif,
    /// For a job's log: annotations
    Github,
    /// For GitLab: its Code Quality report
    CodeQuality,
}

/// Options of `update`. Without `--remove`, `--narrow` and `--add`, the first two are enabled.
#[derive(Debug, Clone, Default, Args)]
pub struct UpdateOptions {
    #[command(flatten)]
    pub read: ReadOptions,

    /// Remove the rows whose tests all pass (the default)
    #[arg(long)]
    pub remove: bool,

    /// Replace wildcards that also claim passing tests by exact rows (the default)
    #[arg(long)]
    pub narrow: bool,

    /// Add rows for new failures, each below the row most like it
    #[arg(long)]
    pub add: bool,

    /// Print the change as a unified diff for `git apply` or `patch -p1`, and write nothing
    #[arg(long)]
    pub dry_run: bool,

    #[command(flatten)]
    pub completeness: CompletenessOptions,
}

/// Options of `diff`.
#[derive(Debug, Clone, Args)]
pub struct DiffOptions {
    /// The old list
    #[arg(value_name = "OLD")]
    pub old: PathBuf,

    /// The new list
    #[arg(value_name = "NEW")]
    pub new: PathBuf,

    #[command(flatten)]
    pub list: ListFormatOptions,

    /// Results of a run: whether the tests of rows that were added or widened really fail
    #[arg(value_name = "RESULTS")]
    pub results: Vec<String>,

    #[command(flatten)]
    pub input: InputOptions,

    /// What is printed
    #[arg(long, value_name = "OUTPUT", value_enum, default_value_t)]
    pub output: OutputFormat,
}

/// Options of `history`.
#[cfg(feature = "history")]
#[derive(Debug, Clone, Args)]
pub struct HistoryOptions {
    /// List of known failures, in a git repository
    #[arg(value_name = "FILE", default_value = "KNOWN_FAILURES.md")]
    pub document: PathBuf,

    #[command(flatten)]
    pub list: ListFormatOptions,

    /// What is printed
    #[arg(long, value_name = "OUTPUT", value_enum, default_value_t)]
    pub output: OutputFormat,

    /// Write a chart to a file
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Deepest level of heading that is a section of its own
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=6))]
    pub level: u8,

    /// Start from this day (UTC), such as 2026-03-01
    #[arg(long, value_name = "DATE")]
    pub since: Option<jiff::civil::Date>,
}

/// Options of `import`.
#[derive(Debug, Clone, Args)]
pub struct ImportOptions {
    /// Lists, or directories of them
    #[arg(value_name = "FILE", required = true)]
    pub lists: Vec<PathBuf>,

    /// Kind of the lists; without it, each is detected from its content and name
    #[arg(long, value_name = "KIND", value_parser = kind_names())]
    pub from: Option<ListKind>,

    /// Write the document to a file
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Options of `why`.
#[derive(Debug, Clone, Args)]
pub struct WhyOptions {
    /// The whole name of the test
    #[arg(value_name = "TEST")]
    pub test: String,

    #[command(flatten)]
    pub read: ReadOptions,
}

/// Options of `action`.
#[derive(Debug, Clone, Args)]
pub struct ActionOptions {
    /// Print what would be published, and where, and publish nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// How several results of one name are treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Duplicates {
    /// The worst counts, and the name is reported
    #[default]
    Worst,
    /// A failure is an attempt if a later result of its suite has its name
    Rerun,
}

/// Output of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckOutput {
    /// For a person
    Text,
    /// The JSON report
    Json,
    /// The report as Markdown
    Markdown,
    /// For a job's log, with annotations
    Github,
}

/// Output of `diff` and `history`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For a person
    #[default]
    Text,
    /// For a program
    Json,
}

impl InputOptions {
    /// The format given by `--format`; `None` for `auto`.
    pub fn forced_format(&self) -> Option<Format> {
        Format::from_name(&self.format)
    }
}

/// The values of `--format`.
pub fn format_names() -> PossibleValuesParser {
    let format = |names: &'static [&'static str]| {
        PossibleValue::new(names[0]).aliases(names[1..].iter().copied())
    };
    let formats = Format::all().map(|entry| format(entry.spec().names));
    let auto = PossibleValue::new("auto");
    PossibleValuesParser::new(std::iter::once(auto).chain(formats).collect::<Vec<_>>())
}

fn list_format_names() -> impl TypedValueParser<Value = ListFormat> {
    let names = PossibleValuesParser::new(ListFormat::all().map(ListFormat::name));
    names.try_map(|name| ListFormat::from_name(&name).ok_or("no kind of list has this name"))
}

fn outcome_names() -> impl TypedValueParser<Value = Outcome> {
    let names = PossibleValuesParser::new(Outcome::ALL.iter().map(|outcome| outcome.as_str()));
    names.try_map(|name| {
        let outcome = Outcome::ALL.iter().find(|outcome| outcome.as_str() == name);
        outcome.copied().ok_or("no outcome has this name")
    })
}

fn kind_names() -> impl TypedValueParser<Value = ListKind> {
    let names = PossibleValuesParser::new(ListKind::all().map(ListKind::name).collect::<Vec<_>>());
    names.try_map(|name| ListKind::from_name(&name).ok_or("no kind of list has this name"))
}

/// An empty pattern, as from an unset variable, would match every message with an empty line.
fn parse_infra(text: &str) -> Result<MessagePattern, String> {
    match text.trim() {
        "" => Err("it names nothing".to_owned()),
        _ => MessagePattern::parse(text).map_err(|error: BadRegex| error.to_string()),
    }
}

fn parse_runs(number: &str) -> Result<NonZeroUsize, &'static str> {
    number.parse().map_err(|_| "it takes a whole number, 1 or more")
}
