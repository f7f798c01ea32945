//! `knownfail action`: the container's entry point.
//!
//! Judges as `check` does, with inputs from `INPUT_*` and the context from `GITHUB_*` and the event. Failing to
//! publish does not change the exit code.

mod api;
mod committed;
mod documents;
mod pages;
mod paths;
mod publish;
mod settings;

use super::check::{self, JudgedRun};
use super::console::print;
use crate::cli::ActionOptions;
use crate::compare::ListChange;
use crate::error::{Error, Result};
use crate::files::{self, AccessRoot};
use crate::github::{self, ActionInputs, Context, CreatePolicy, Pull, Repository};
use crate::known::KnownFailures;
use crate::policy::{Conclusion, Reason};
use crate::render::markdown::escape;
use crate::render::terminal::Color;
use crate::render::{Links, RenderedReport};
use crate::report::{DefaultRepository, IssueStates, Report, SourceRoots, issues_to_query};
use crate::secrets::Secrets;
use api::{Api, Job, Warning, Warnings};
use documents::ListSource;
use publish::{Publisher, publish_config_error};
use settings::{CommentMode, Settings};
use std::collections::BTreeMap;
use std::path::Path;

/// Maximum number of issues that are looked up, in one request.
const MAX_ISSUES: usize = 100;

pub(super) fn run(options: &ActionOptions) -> Result<u8> {
    let secrets = Secrets::load();
    let env = |name: &str| secrets.variable(name);
    let event = env("GITHUB_EVENT_PATH").and_then(|path| read_event(Path::new(&path)));
    let context = Context::read(&env, event.as_ref())?;
    let on_error = |error: &Error| {
        if !options.dry_run {
            publish_config_error(error, &context);
        }
    };
    let settings = Settings::read(&ActionInputs::new(&env), &context, options);
    let settings = settings.inspect_err(on_error)?;
    let root = AccessRoot::Within(context.workspace.clone());
    change_directory(&context.workspace, &settings.directory).inspect_err(on_error)?;
    let api = Api::new(&context, settings.token.as_ref(), settings.ca_bundle.as_deref());
    let (writer, warnings) = (github::random_id(), Warnings::default());
    let job = &Job { settings: &settings, context: &context, writer, api, warnings };
    let source = ListSource::find(job);
    let judged = source.and_then(|source| judge(job, &source, &root));
    let Judged { report, links, warnings } = match judged {
        Ok(judged) => judged,
        Err(error) => {
            let publisher = Publisher { job, links: &links(job) };
            if options.dry_run {
                print(&format!("===== comment\n{}\n", publisher.failure_text(&error)));
            } else {
                publisher.publish_failure(&error);
            }
            return Err(error);
        }
    };
    let publisher = Publisher { job, links: &links };
    let rendered = RenderedReport { report: &report, links: &links, color: Color::Never };
    let create_policy = create_policy(settings.comment, &report, &rendered);
    if options.dry_run {
        print(&publisher.dry_run(&report, &rendered, create_policy));
    } else {
        warnings.into_iter().for_each(|warning| job.warnings.add(warning));
        publisher.publish(&report, &rendered, &root, create_policy);
    }
    Ok(report.judgement.conclusion.exit_code())
}

/// The report of a run, where its links lead, and what could not be done for it.
struct Judged {
    report: Report,
    links: Links,
    warnings: Vec<Warning>,
}

fn judge(job: &Job<'_>, source: &ListSource, root: &AccessRoot) -> Result<Judged, Error> {
    let check = &job.settings.check;
    let (list, list_warning) = match list_change(job) {
        Ok(list) => (list, None),
        Err(warning) => (None, warning),
    };
    let (known, unknown_source) = documents::read(job, source)?;
    // Not everybody gives the token what it takes, and nothing of the report is missing.
    unknown_source.iter().for_each(Warning::log);
    let mut run = check::judge_run(check, root, &known, list)?;
    let issues = issue_states(job, &known, &run);
    let record_error = run.record_error.take();
    let record_warning = record_error.map(|error| Warning::new(&error, &error.hint()));
    let scope = job.settings.run_scope();
    let sources = source_roots(job);
    let report = run.into_report(&check.title, &known, scope, issues.as_ref(), &sources);
    let warnings = [list_warning, record_warning].into_iter().flatten().collect();
    let compared = Some(source).filter(|_| unknown_source.is_none());
    let links = links(job);
    let documents = pages::document_pages(job, &known, compared, &links.diffs);
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

/// Changes to the input's directory, which paths are relative to.
fn change_directory(workspace: &Path, directory: &Path) -> Result<()> {
    let target = workspace.join(directory);
    let failed = |error: std::io::Error| files::Error::read(directory, error);
    let target = target.canonicalize().map_err(failed)?;
    if !workspace.canonicalize().is_ok_and(|root| target.starts_with(root)) {
        let (path, root) = (directory.to_owned(), workspace.to_owned());
        return Err(files::Error::OutsideRoot { path, root }.into());
    }
    Ok(std::env::set_current_dir(target).map_err(failed)?)
}

/// The input's directory, from the repository's root: empty, or with a slash at its end.
fn directory_in_repository(settings: &Settings) -> String {
    let directory = settings.directory.to_string_lossy();
    match directory.trim_start_matches("./").trim_matches('/') {
        "" | "." => String::new(),
        directory => format!("{directory}/"),
    }
}

/// Where the suite may have seen the repository: here, or outside the action's container.
fn source_roots(Job { settings, context, .. }: &Job<'_>) -> SourceRoots {
    let directory = directory_in_repository(settings);
    let outside = context.runner_workspace.as_ref();
    let outside = outside.map(|parent| parent.join(&context.repository.name).join(&directory));
    let roots = std::env::current_dir().ok().into_iter().chain(outside);
    SourceRoots::new(roots, directory)
}

/// Where links lead, but for those to rows.
fn links(job: &Job<'_>) -> Links {
    let Job { settings, context, .. } = job;
    let directory = directory_in_repository(settings);
    let path = escape::url_path(&directory);
    let repository = context.repository_url();
    let blob = |sha: &str| Some(format!("{}/blob/{sha}/{path}", repository.as_ref()?));
    Links {
        documents: BTreeMap::new(),
        head: blob(&context.head_sha),
        checkout: blob(pages::checkout_commit(context)),
        run: context.run_url(),
        commit: Some(context.head_sha.clone()),
        directory,
        diffs: paths::diff_paths(job),
        has_summary: settings.job_summary,
    }
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
