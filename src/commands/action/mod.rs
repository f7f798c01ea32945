//! `knownfail action`: the container's entry point.
//!
//! Judges as `check` does, with inputs from `INPUT_*` and the context from `GITHUB_*` and the event. Failing to
//! publish does not change the exit code.

mod api;
mod committed;
mod documents;
mod inputs;
mod matrix;
mod pages;
mod paths;
mod publish;
mod settings;
mod workspace;

use super::check::{self, JudgedRun};
use super::console::{eprint_error, eprint_list_kinds, print};
use crate::cli::{ActionOptions, CheckOptions, ReadOptions};
use crate::compare::ListChange;
use crate::error::Error;
use crate::github::{self, ActionInputs, Context, CreatePolicy, Pull, Repository, RunnerFiles};
use crate::known::KnownFailures;
use crate::policy::{Conclusion, Reason};
use crate::render::terminal::Color;
use crate::render::{Links, RenderedReport};
use crate::report::{DefaultRepository, IssueStates, Report, issues_to_query};
use crate::secrets::Secrets;
use api::{Api, Job, Warning, Warnings};
use documents::{JudgingList, ListSource};
use inputs::InputReader;
use publish::{Failure, Publisher, Step, publish_failure};
use settings::{CommentMode, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use workspace::Workspace;

/// Maximum number of issues that are looked up, in one request.
const MAX_ISSUES: usize = 100;
/// Maximum number of failures whose source files are looked for.
const MAX_SOURCES: usize = 500;

/// Runs the command; the exit code is the conclusion. Whatever is wrong, all that can be published is: where nothing could
/// be judged, an earlier comment or check run may be green.
pub(super) fn run(options: &ActionOptions) -> u8 {
    let secrets = Secrets::load();
    let env = |name: &str| secrets.variable(name);
    let inputs = ActionInputs::new(&env);
    let event = env("GITHUB_EVENT_PATH").and_then(|path| read_event(Path::new(&path)));
    let context = Context::read(&env, event.as_ref()).map_err(Error::from);
    let directory = inputs.text("working-directory").unwrap_or_default();
    let (workspace, directory_error) = Workspace::enter(&env, &directory);
    let mut inputs = InputReader::new(inputs, &workspace);
    let settings = &Settings::read(&mut inputs, context.as_ref().ok(), options);
    let InputReader { mut errors, warnings, .. } = inputs;
    errors.extend(directory_error);
    let step = Step { settings, files: RunnerFiles::read(&env) };
    match &context {
        Ok(context) => {
            let api = Api::new(context, settings, &workspace);
            let (writer, unpublished) = (github::random_id(), Warnings::default());
            let job = &Job {
                settings,
                workspace: &workspace,
                context,
                writer,
                api,
                warnings: unpublished,
            };
            let warnings = warnings.iter().map(|error| Warning::new(error, &error.hint()));
            run_job(job, &step, errors, warnings.collect(), options)
        }
        Err(_) => {
            errors.splice(..0, context.err());
            fail(&errors, &step, None, options)
        }
    }
}

/// Judges the run, unless there are errors already, and publishes it.
fn run_job(
    job: &Job<'_>,
    step: &Step<'_>,
    errors: Vec<Error>,
    mut warnings: Vec<Warning>,
    options: &ActionOptions,
) -> u8 {
    let valid = if errors.is_empty() { Ok(()) } else { Err(errors) };
    let source = valid.and_then(|()| ListSource::find(job).map_err(|error| vec![error]));
    let judged = source.and_then(|source| judge(job, &source).map_err(|error| vec![error]));
    let (report, links) = match judged {
        Ok(judged) => {
            warnings.extend(judged.warnings);
            (judged.report, judged.links)
        }
        Err(errors) => {
            let links = links(job, &job.settings.check.read.known_failures);
            let publisher = Publisher { job, step, links: &links };
            return fail(&errors, step, Some(&publisher), options);
        }
    };
    let links = Links { sources: checked_out_sources(&report), ..links };
    let publisher = Publisher { job, step, links: &links };
    let rendered = RenderedReport { report: &report, links: &links, color: Color::Never };
    let create_policy = create_policy(job.settings.comment, &report, &rendered);
    if options.dry_run {
        print(&publisher.dry_run(&report, &rendered, create_policy));
    } else {
        warnings.into_iter().for_each(|warning| job.warnings.add(warning));
        publisher.publish(&report, &rendered, create_policy);
    }
    report.judgement.conclusion.exit_code()
}

/// Reports that nothing could be judged.
fn fail(
    errors: &[Error],
    step: &Step<'_>,
    publisher: Option<&Publisher<'_>>,
    options: &ActionOptions,
) -> u8 {
    let links = publisher.map_or_else(Links::default, |publisher| publisher.links.clone());
    let failure = Failure::new(errors, &step.settings.check.title, &links);
    if options.dry_run {
        print(&failure.dry_run(publisher));
    } else {
        publish_failure(&failure, step, publisher);
    }
    errors.iter().for_each(eprint_error);
    Conclusion::Inconclusive.exit_code()
}

/// The report of a run, where its links lead, and what could not be done for it.
struct Judged {
    report: Report,
    links: Links,
    warnings: Vec<Warning>,
}

fn judge(job: &Job<'_>, source: &ListSource) -> Result<Judged, Error> {
    let (change, change_warning) = match list_change(job) {
        Ok(change) => (change, None),
        Err(warning) => (None, warning),
    };
    let list = documents::read(job, source)?;
    let JudgingList { paths, known, unknown_source } = &list;
    eprint_list_kinds(known);
    // Not everybody gives the token what it takes, and nothing of the report is missing.
    unknown_source.iter().for_each(Warning::log);
    let check = &job.settings.check;
    let read = ReadOptions { known_failures: paths.clone(), ..check.read.clone() };
    let check = CheckOptions { read, ..check.clone() };
    let mut run = check::judge_run(&check, &job.workspace.access_root(), known, change)?;
    let issues = issue_states(job, known, &run);
    let record_error = run.record_error.take();
    let record_warning = record_error.map(|error| Warning::new(&error, &error.hint()));
    let scope = job.settings.run_scope();
    let sources = job.workspace.source_roots();
    let judged = (known, source.judged_list());
    let report = run.into_report(&check.title, judged, scope, issues.as_ref(), &sources);
    let warnings = [change_warning, record_warning].into_iter().flatten().collect();
    let links = links(job, paths);
    let documents = pages::document_pages(job, &report, &list, source, &links.diffs);
    Ok(Judged { report, links: Links { documents, ..links }, warnings })
}

/// The states of the issues that rows name; only looked up on a pull request.
fn issue_states(job: &Job<'_>, known: &KnownFailures, run: &JudgedRun) -> Option<IssueStates> {
    let Context { server_url, repository, pull, .. } = job.context;
    let api = job.api.as_ref().ok().filter(|_| job.settings.issues && *pull != Pull::None)?;
    let Repository { owner, name } = repository.clone();
    let server_url = server_url.clone()?;
    let repository = DefaultRepository { server_url, owner, repository: name };
    let issues = issues_to_query(known, &run.facts, &run.external, &repository, MAX_ISSUES);
    (!issues.is_empty()).then(|| IssueStates { repository, states: api.issues(&issues) })
}

/// Whether a comment is created where there is none; `None` if comments are off.
fn create_policy(
    comment: CommentMode,
    report: &Report,
    rendered: &RenderedReport<'_>,
) -> Option<CreatePolicy> {
    let should_create = match comment {
        CommentMode::Off => return None,
        CommentMode::Always => true,
        CommentMode::OnChange => rendered.has_news(),
        CommentMode::OnFailure => report.judgement.conclusion != Conclusion::Success,
    };
    Some(if should_create { CreatePolicy::Always } else { CreatePolicy::OnlyIfExists })
}

fn read_event(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Where links lead, but for those to rows; `lists` are the paths of the lists.
fn links(job: &Job<'_>, lists: &[PathBuf]) -> Links {
    let Job { settings, workspace, context, .. } = job;
    let repository = context.repository_url();
    let blob = |sha: &str| Some(format!("{}/blob/{sha}/", repository.as_ref()?));
    Links {
        documents: BTreeMap::new(),
        head: blob(&context.head_sha),
        checkout: blob(pages::checkout_commit(context)),
        run: context.run_url(),
        commit: Some(context.head_sha.clone()),
        directory: workspace.directory().to_owned(),
        diffs: paths::diff_paths(job, lists),
        sources: BTreeSet::new(),
        has_summary: settings.job_summary,
    }
}

/// The source files of the first tests in tables that are checked out: a link to another one would lead nowhere.
fn checked_out_sources(report: &Report) -> BTreeSet<String> {
    let failures = report.new_failures.iter().chain(&report.flaky);
    let tests = failures.flat_map(|failure| &failure.tests);
    let files = tests.take(MAX_SOURCES).filter_map(|test| report.tests[*test].file.as_ref());
    let is_checked_out = |file: &&Arc<str>| Path::new(&***file).is_file();
    files.filter(is_checked_out).map(ToString::to_string).collect()
}

/// The effect of the pull request on the list. The error is a warning where the user expects that effect to be
/// known: without it, `growth` never applies.
fn list_change(job: &Job<'_>) -> Result<Option<ListChange>, Option<Warning>> {
    documents::list_change(job).map_err(|warning| {
        if job.settings.check.fail_on.contains(Reason::Growth) {
            Some(warning.context("rows that are added are not judged (growth)"))
        } else if job.context.base_sha.is_none() || job.api.is_err() {
            // Without a pull request or a token, the reason is obvious or reported elsewhere.
            None
        } else {
            Some(warning.context("list changes are not reported"))
        }
    })
}
