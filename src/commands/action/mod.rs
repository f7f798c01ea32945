//! `knownfail action`: the container's entry point.
//!
//! In: inputs from `INPUT_*`, the context from `GITHUB_*` and the event. Out: the same judgement as
//! `check` gives, told as annotations, summary, outputs and the pull request's comment. A newcomer's
//! trap: whatever becomes of the telling, the exit code is the judgement's.

pub(crate) mod api;
pub(crate) mod documents;
pub(crate) mod publish;
pub(crate) mod settings;

use super::check::{self, Checked, JudgedRun};
use crate::cli::ActionOptions;
use crate::compare::ListChange;
use crate::error::Error;
use crate::files::AccessRoot;
use crate::github::{Context, CreatePolicy, Inputs, Pull, Repository};
use crate::known::KnownFailures;
use crate::policy::{Conclusion, Reason};
use crate::render::markdown::escape;
use crate::render::terminal::Color;
use crate::render::{Links, RenderedReport};
use crate::report::{DefaultRepository, IssueStates, Report, issues_to_query};
use crate::secrets::Secrets;
use api::{Api, Warning};
use documents::{DocumentSource, Documents};
use publish::{Publisher, publish_config_error};
use settings::{CommentMode, Settings};
use std::path::Path;

/// How many issues are asked for, in one question.
const MAX_ISSUES: usize = 100;

/// Runs the action.
pub(crate) fn run(options: &ActionOptions) -> Result<u8, Error> {
    let secrets = Secrets::load();
    let env = |name: &str| secrets.variable(name);
    let event = env("GITHUB_EVENT_PATH").and_then(|path| read_event(Path::new(&path)));
    let context = Context::read(&env, event.as_ref())?;
    let on_error = |error: &Error| {
        if !options.dry_run {
            publish_config_error(error, &context);
        }
    };
    let mut settings = Settings::read(&Inputs::new(&env), &context).inspect_err(on_error)?;
    if options.dry_run {
        settings.check.record = None;
    }
    let root = AccessRoot::Within(context.workspace.clone());
    change_directory(&context.workspace, &settings.directory).inspect_err(on_error)?;
    let api = Api::new(&context, settings.token.as_ref(), settings.ca_bundle.as_deref());
    let links = links(&context, &settings);
    let publisher = Publisher { settings: &settings, context: &context, api: &api, links: &links };
    let (report, warnings) = match judge(&settings, &context, &api, &root) {
        Ok(judged) => judged,
        Err(error) => {
            match options.dry_run {
                true => {
                    super::print(&format!("===== comment\n{}\n", publisher.failure_text(&error)))
                }
                false => publisher.publish_failure(&error),
            }
            return Err(error);
        }
    };
    let rendered = RenderedReport::new(&report, &links, Color::Never);
    let create_policy = create_policy(settings.comment, &report, &rendered);
    match options.dry_run {
        true => super::print(&publisher.dry_run(&report, &rendered, create_policy)),
        false => {
            warnings.iter().for_each(Warning::emit);
            publisher.publish(&report, &rendered, &root, create_policy);
        }
    }
    Ok(report.judgement.conclusion.exit_code())
}

/// Judges the run, and says what could not be asked of the pull request.
fn judge(
    settings: &Settings,
    context: &Context,
    api: &Result<Api<'_>, Warning>,
    root: &AccessRoot,
) -> Result<(Report, Vec<Warning>), Error> {
    let documents =
        Documents { options: &settings.check.read, directory: &settings.directory, context, api };
    let (list, warning) = list_change(settings, &documents);
    let known = documents.read(settings.document_source)?;
    let Checked { run, record_error } = check::judge_run(&settings.check, root, &known, list)?;
    let issues = issue_states(settings, context, api, &known, &run);
    let title = &settings.check.title;
    let report = run.into_report(title, &known, settings.run_scope(), issues.as_ref());
    let record_error = record_error.map(|error| Warning::new(&error, &error.hint()));
    Ok((report, warning.into_iter().chain(record_error).collect()))
}

/// The states of the issues that rows name; only looked up on a pull request.
fn issue_states(
    settings: &Settings,
    context: &Context,
    api: &Result<Api<'_>, Warning>,
    known: &KnownFailures,
    run: &JudgedRun,
) -> Option<IssueStates> {
    let api = api.as_ref().ok().filter(|_| settings.issues && context.pull != Pull::None)?;
    let Repository { owner, name } = context.repository.clone();
    let server_url = context.server_url.clone();
    let repository = DefaultRepository { server_url, owner, repository: name };
    let issues = issues_to_query(known, &run.facts, &run.external, &repository, MAX_ISSUES);
    (!issues.is_empty()).then(|| IssueStates { repository, states: api.issues(&issues) })
}

/// Whether the comment is begun where there is none; `None` when it is switched off.
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

/// Paths are relative to this directory from here on.
fn change_directory(workspace: &Path, directory: &Path) -> Result<(), Error> {
    let target = workspace.join(directory);
    let outside_error =
        || Error::OutsideRoot { path: directory.to_owned(), root: workspace.to_owned() };
    let failed =
        |error: std::io::Error| Error::Read { path: directory.to_owned(), why: error.to_string() };
    let target = target.canonicalize().map_err(failed)?;
    match workspace.canonicalize() {
        Ok(root) if target.starts_with(&root) => std::env::set_current_dir(target).map_err(failed),
        Ok(_) | Err(_) => Err(outside_error()),
    }
}

fn links(context: &Context, settings: &Settings) -> Links {
    let (server, repository) = (&context.server_url, &context.repository);
    let directory = settings.directory.to_string_lossy();
    let directory = match directory.trim_start_matches("./").trim_matches('/') {
        "" | "." => String::new(),
        directory => format!("{directory}/"),
    };
    let path = escape::url_path(&directory);
    let (owner, name, sha) = (&repository.owner, &repository.name, &context.head_sha);
    let blob = |sha: &str| Some(format!("{server}/{owner}/{name}/blob/{sha}/{path}"));
    let document_commit = match (settings.document_source, &context.base_sha) {
        (DocumentSource::Base, Some(base)) => base,
        (DocumentSource::Base, None) | (DocumentSource::Workspace, _) => sha,
    };
    Links {
        blob: blob(document_commit),
        head: blob(sha),
        run: Some(context.run_url()),
        commit: Some(sha.clone()),
        directory,
        has_summary: settings.job_summary,
    }
}

/// What the pull request does to the list, and what is worth a warning: without that, `growth` never
/// fires, and who asked for it has to know.
fn list_change(
    settings: &Settings,
    documents: &Documents<'_>,
) -> (Option<ListChange>, Option<Warning>) {
    match documents.list_change() {
        Ok(list) => (list, None),
        Err(warning) if settings.check.fail_on.contains(Reason::Growth) => {
            (None, Some(warning.context("rows that are added are not judged (growth)")))
        }
        // Told elsewhere, if it matters: who has no token or no pull request knows it.
        Err(_) if documents.context.base_sha.is_none() || documents.api.is_err() => (None, None),
        Err(warning) => (None, Some(warning.context("list changes are not reported"))),
    }
}
