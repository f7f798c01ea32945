//! `knownfail action`: the container's entry point.
//!
//! In: inputs from `INPUT_*`, the context from `GITHUB_*` and the event. Out: the same judgement as
//! `check` gives, told as annotations, summary, outputs and the pull request's comment. A newcomer's
//! trap: whatever becomes of the telling, the exit code is the judgement's.

pub(crate) mod api;
pub(crate) mod documents;
pub(crate) mod publish;
pub(crate) mod settings;

use super::check;
use crate::cli::ActionOptions;
use crate::compare::ListChange;
use crate::error::Error;
use crate::files::Root;
use crate::github::{Context, Inputs, Post, Pull, Repository};
use crate::policy::{Conclusion, Reason};
use crate::render::markdown::escape;
use crate::render::terminal::Colour;
use crate::render::{Links, Publication};
use crate::report::{Home, IssueLine, Report, issue_lines, issues_to_ask};
use crate::secrets::Secrets;
use api::{Api, Warning};
use documents::{Documents, JudgedBy};
use publish::{Teller, tell_refusal};
use settings::{Comment, Settings};
use std::path::Path;

/// How many issues are asked for, in one question.
const ISSUES: usize = 100;

/// Runs the action.
pub fn run(options: &ActionOptions) -> Result<u8, Error> {
    let secrets = Secrets::take();
    let env = |name: &str| secrets.variable(name);
    let event = env("GITHUB_EVENT_PATH").and_then(|path| read_event(Path::new(&path)));
    let context = Context::read(&env, event.as_ref())?;
    let refused = |error: &Error| {
        if !options.dry_run {
            tell_refusal(error, &context);
        }
    };
    let mut settings = Settings::read(&Inputs::new(&env), &context).inspect_err(refused)?;
    if options.dry_run {
        settings.check.record = None;
    }
    let root = Root::Below(context.workspace.clone());
    enter(&context.workspace, &settings.directory).inspect_err(refused)?;
    let api = Api::new(&context, settings.token.as_ref(), settings.ca_bundle.as_deref());
    let links = links(&context, &settings);
    let teller = Teller { settings: &settings, context: &context, api: &api, links: &links };
    let (report, warnings) = match judge(&settings, &context, &api, &root) {
        Ok(judged) => judged,
        Err(error) => {
            match options.dry_run {
                true => super::print(&format!("===== comment\n{}\n", teller.unjudged(&error))),
                false => teller.tell_why_not(&error),
            }
            return Err(error);
        }
    };
    let publication = Publication::new(&report, &links, Colour::Never);
    let post = post(settings.comment, &report, &publication);
    match options.dry_run {
        true => super::print(&teller.dry_run(&report, &publication, post)),
        false => {
            warnings.iter().for_each(Warning::tell);
            teller.tell(&report, &publication, &root, post);
        }
    }
    Ok(report.judgement.conclusion.exit_code())
}

/// Judges the run, and says what could not be asked of the pull request.
fn judge(
    settings: &Settings,
    context: &Context,
    api: &Result<Api<'_>, Warning>,
    root: &Root,
) -> Result<(Report, Vec<Warning>), Error> {
    let documents =
        Documents { options: &settings.check.read, directory: &settings.directory, context, api };
    let (list, warning) = list_change(settings, &documents);
    let known = documents.read(settings.judged_by)?;
    let (mut report, unwritten) = check::report(&settings.check, root, known, list)?;
    report.reach = settings.reach();
    report.issues = issues(settings, context, api, &report);
    let unwritten = unwritten.map(|error| Warning::new(&error, &error.hint()));
    Ok((report, warning.into_iter().chain(unwritten).collect()))
}

/// What is to be said of the issues that rows name: on a pull request, where somebody reads it.
fn issues(
    settings: &Settings,
    context: &Context,
    api: &Result<Api<'_>, Warning>,
    report: &Report,
) -> Vec<IssueLine> {
    let Repository { owner, name } = context.repository.clone();
    let home = Home { server_url: context.server_url.clone(), owner, repository: name };
    let asked = issues_to_ask(&report.rows, &home, ISSUES);
    let wanted = settings.issues && context.pull != Pull::None && !asked.is_empty();
    let Ok(api) = api.as_ref() else { return Vec::new() };
    if !wanted {
        return Vec::new();
    }
    issue_lines(&report.rows, &home, &api.issues(&asked), report.reach)
}

/// Whether the comment is begun where there is none; `None` when it is switched off.
fn post(comment: Comment, report: &Report, publication: &Publication<'_>) -> Option<Post> {
    let wanted = match comment {
        Comment::Off => return None,
        Comment::Always => true,
        Comment::OnChange => publication.is_news(),
        Comment::OnFailure => report.judgement.conclusion != Conclusion::Success,
    };
    Some(if wanted { Post::Always } else { Post::OnlyIfExists })
}

fn read_event(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Paths are relative to this directory from here on.
fn enter(workspace: &Path, directory: &Path) -> Result<(), Error> {
    let wanted = workspace.join(directory);
    let outside = || Error::Outside { path: directory.to_owned(), root: workspace.to_owned() };
    let failed =
        |error: std::io::Error| Error::Read { path: directory.to_owned(), why: error.to_string() };
    let wanted = wanted.canonicalize().map_err(failed)?;
    match workspace.canonicalize() {
        Ok(root) if wanted.starts_with(&root) => std::env::set_current_dir(wanted).map_err(failed),
        Ok(_) | Err(_) => Err(outside()),
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
    let judged_by = match (settings.judged_by, &context.base_sha) {
        (JudgedBy::Base, Some(base)) => base,
        (JudgedBy::Base, None) | (JudgedBy::Workspace, _) => sha,
    };
    Links {
        blob: blob(judged_by),
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
            (None, Some(warning.because("rows that are added are not judged (growth)")))
        }
        // Told elsewhere, if it matters: who has no token or no pull request knows it.
        Err(_) if documents.context.base_sha.is_none() || documents.api.is_err() => (None, None),
        Err(warning) => (None, Some(warning.because("list changes are not reported"))),
    }
}
