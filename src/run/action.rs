//! `knownfail action`: the container's entry point.
//!
//! In: inputs from `INPUT_*`, the context from `GITHUB_*` and the event. Out: the same judgement as
//! `check` gives, told as annotations, summary, outputs and the pull request's comment. A newcomer's
//! trap: whatever becomes of the telling, the exit code is the judgement's.

use super::api::{Api, CheckSays, Warning};
use super::check;
use super::documents::{Documents, JudgedBy};
use crate::cli::{ActionOptions, CheckOptions, Duplicates, Limits, ReadOptions};
use crate::compare::policy::{Conclusion, FailOn, Reason};
use crate::compare::{ListChange, Verdict};
use crate::error::Error;
use crate::files::Root;
use crate::formats::Format;
use crate::github::{self, Context, Inputs, Post, Pull, StickyComment, Token};
use crate::render::terminal::Colour;
use crate::render::{Links, Publication, annotations, markdown, render_unjudged};
use crate::report::Report;
use crate::secrets::Secrets;
use std::path::{Path, PathBuf};

/// Runs the action.
pub fn run(options: &ActionOptions) -> Result<u8, Error> {
    let secrets = Secrets::take();
    let env = |name: &str| secrets.variable(name);
    let event = env("GITHUB_EVENT_PATH").and_then(|path| read_event(Path::new(&path)));
    let context = Context::read(&env, event.as_ref())?;
    let inputs = Inputs::new(&env);
    let settings = Settings::read(&inputs, &context)?;
    let root = Root::Below(context.workspace.clone());
    enter(&context.workspace, &settings.directory)?;
    let api = Api::new(&context, settings.token.as_ref(), settings.ca_bundle.as_deref());
    let links = links(&context, &settings);
    let documents = Documents {
        options: &settings.check.read,
        directory: &settings.directory,
        context: &context,
        api: &api,
    };
    let (list, list_warning) = list_change(&settings, &documents);
    let known = documents.read(settings.judged_by);
    let report = match known.and_then(|known| check::report(&settings.check, &root, known, list)) {
        Ok(report) => report,
        Err(error) => {
            let text =
                render_unjudged(&settings.check.title, &error.to_string(), &error.hint(), &links);
            match options.dry_run {
                true => super::print(&format!("===== comment\n{text}\n")),
                false => tell_why_not(&settings, &context, &api, &error, &text),
            }
            return Err(error);
        }
    };
    let publication = Publication::new(&report, &links, Colour::Never);
    let post = post(settings.comment, &report, &publication);
    if options.dry_run {
        super::print(&dry_run(&settings, &context, &report, &publication, post));
    } else {
        write_files(&settings, &publication, &root)?;
        log(&settings, &publication);
        list_warning.iter().for_each(Warning::tell);
        let comment_url =
            told(comment(&settings, &context, &api, &publication.comment(), post)).flatten();
        let judged = CheckSays {
            conclusion: report.judgement.conclusion,
            title: &publication.check_title(),
            summary: &publication.check_summary(),
            annotations: &publication.annotations(),
        };
        told(create_check(&settings, &api, &judged));
        told(summary(&settings, &context, &publication.summary()));
        told(set_outputs(&context, &outputs(&settings, &report, comment_url.as_deref())));
    }
    Ok(report.judgement.conclusion.exit_code())
}

/// Writes the files that were asked for. A full disk is a warning: it says nothing of the tests.
fn write_files(
    settings: &Settings,
    publication: &Publication<'_>,
    root: &Root,
) -> Result<(), Error> {
    match check::write_files(&settings.check, publication, root) {
        Err(error @ Error::Write { .. }) => {
            Warning::new(&error, &error.hint()).tell();
            Ok(())
        }
        done => done,
    }
}

/// Nothing could be judged: an old comment must not go on saying that all is well.
fn tell_why_not(
    settings: &Settings,
    context: &Context,
    api: &Result<Api<'_>, Warning>,
    error: &Error,
    text: &str,
) {
    let command = annotations::data(&format!("{error}\n{}", error.hint()));
    super::print(&format!("::error title=Nothing could be judged::{command}\n"));
    let post = (settings.comment != Comment::Off).then_some(Post::Always);
    let url = told(comment(settings, context, api, text, post)).flatten();
    let not_judged = CheckSays {
        conclusion: Conclusion::Inconclusive,
        title: "Nothing could be judged",
        summary: text,
        annotations: &[],
    };
    told(create_check(settings, api, &not_judged));
    told(summary(settings, context, text));
    let outputs = [
        ("conclusion", Conclusion::Inconclusive.word().to_owned()),
        ("comment-url", url.unwrap_or_default()),
    ];
    told(set_outputs(context, &outputs));
}

/// Everything that would be published, under the name of its place.
fn dry_run(
    settings: &Settings,
    context: &Context,
    report: &Report,
    publication: &Publication<'_>,
    post: Option<Post>,
) -> String {
    let comment = match (&context.pull, post) {
        (Pull::None, _) => "comment: none, the run belongs to no pull request",
        (Pull::Number(_) | Pull::FromBranch { .. }, None) => "comment: switched off",
        (Pull::Number(_) | Pull::FromBranch { .. }, Some(Post::Always)) => "comment",
        (Pull::Number(_) | Pull::FromBranch { .. }, Some(Post::OnlyIfExists)) => {
            "comment: only if there is one already"
        }
    };
    let outputs: String = outputs(settings, report, None)
        .into_iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    let check_run = match &settings.check_run {
        None => "check run: none was asked for",
        Some(_) => "check run",
    };
    [
        ("log", &annotations::harmless(&publication.text())),
        ("annotations", &publication.commands()),
        (comment, &publication.comment()),
        (check_run, &publication.check_summary()),
        ("job summary", &publication.summary()),
        ("outputs", &outputs),
        ("patch", &publication.patch()),
    ]
    .into_iter()
    .map(|(place, text)| format!("===== {place}\n{text}\n"))
    .collect()
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

/// What the inputs come to.
struct Settings {
    check: CheckOptions,
    judged_by: JudgedBy,
    directory: PathBuf,
    id: String,
    comment: Comment,
    job_summary: bool,
    annotations: bool,
    /// The name of the check run; none without it.
    check_run: Option<String>,
    token: Option<Token>,
    ca_bundle: Option<PathBuf>,
}

/// When to comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comment {
    OnChange,
    Always,
    OnFailure,
    Off,
}

const COMMENT: &[(&str, Comment)] = &[
    ("on-change", Comment::OnChange),
    ("always", Comment::Always),
    ("on-failure", Comment::OnFailure),
    ("off", Comment::Off),
];
const DUPLICATES: &[(&str, Duplicates)] =
    &[("worst", Duplicates::Worst), ("rerun", Duplicates::Rerun)];
const JUDGED_BY: &[(&str, JudgedBy)] = &[("", JudgedBy::Workspace), ("base", JudgedBy::Base)];
const SWITCH: &[(&str, bool)] = &[("true", true), ("false", false)];

impl Settings {
    fn read(inputs: &Inputs<'_>, context: &Context) -> Result<Settings, Error> {
        let text = |name| inputs.text(name).unwrap_or_default();
        let format = inputs.text("format").unwrap_or_else(|| "auto".to_owned());
        if format != "auto" && Format::from_name(&format).is_none() {
            let takes = "auto, or a name that `knownfail formats` lists";
            return Err(Error::Input { input: "format", value: format, takes });
        }
        let documents = match inputs.lines("known-failures") {
            none if none.is_empty() => vec!["KNOWN_FAILURES.md".to_owned()],
            documents => documents,
        };
        let read = ReadOptions {
            results: inputs.lines("results"),
            known_failures: documents.into_iter().map(PathBuf::from).collect(),
            format,
            variant: text("variant"),
            prefix: text("prefix"),
            duplicates: choice(inputs, "duplicates", DUPLICATES, "worst or rerun")?,
            limits: limits(inputs)?,
        };
        let variant = read.variant.clone();
        let check = CheckOptions {
            read,
            baseline: inputs.lines("baseline"),
            test_exit_code: number(inputs, "test-exit-code")?,
            min_tests: number(inputs, "min-tests")?,
            fail_on: match inputs.text("fail-on") {
                Some(list) => FailOn::parse(&list)?,
                None => FailOn::default(),
            },
            title: text("title"),
            json: inputs.text("json-file").map(PathBuf::from),
            patch: inputs.text("patch-file").map(PathBuf::from),
            ..CheckOptions::default()
        };
        let by_job = format!("{}/{}/{variant}", context.workflow, context.job);
        Ok(Settings {
            check,
            judged_by: choice(inputs, "known-failures-ref", JUDGED_BY, "base, or nothing")?,
            directory: PathBuf::from(text("working-directory")),
            id: inputs.text("id").unwrap_or(by_job),
            comment: choice(inputs, "comment", COMMENT, "on-change, always, on-failure or off")?,
            job_summary: choice(inputs, "job-summary", SWITCH, "true or false")?,
            annotations: choice(inputs, "annotations", SWITCH, "true or false")?,
            check_run: inputs.text("check-run"),
            token: inputs.text("token").and_then(|token| Token::new(&token)),
            ca_bundle: inputs.text("ca-bundle").map(PathBuf::from),
        })
    }
}

fn limits(inputs: &Inputs<'_>) -> Result<Limits, Error> {
    let usual = Limits::default();
    Ok(Limits {
        max_files: number(inputs, "max-files")?.unwrap_or(usual.max_files),
        max_bytes: number(inputs, "max-bytes")?.unwrap_or(usual.max_bytes),
        max_tests: number(inputs, "max-tests")?.unwrap_or(usual.max_tests),
    })
}

/// One of some words; the first of them is the default.
fn choice<T: Copy>(
    inputs: &Inputs<'_>,
    input: &'static str,
    words: &[(&str, T)],
    takes: &'static str,
) -> Result<T, Error> {
    let Some(value) = inputs.text(input) else { return Ok(words[0].1) };
    let found = words.iter().find(|(word, _)| *word == value);
    found.map(|(_, choice)| *choice).ok_or(Error::Input { input, value, takes })
}

fn number<N: std::str::FromStr>(
    inputs: &Inputs<'_>,
    input: &'static str,
) -> Result<Option<N>, Error> {
    let Some(value) = inputs.text(input) else { return Ok(None) };
    let number = value.parse().map(Some);
    number.map_err(|_| Error::Input { input, value, takes: "a whole number" })
}

fn read_event(path: &Path) -> Option<serde_json::Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Paths are relative to this directory from here on.
fn enter(workspace: &Path, directory: &Path) -> Result<(), Error> {
    let wanted = workspace.join(directory);
    let outside = || Error::Outside { path: directory.to_owned(), root: workspace.to_owned() };
    let (wanted, root) = (wanted.canonicalize(), workspace.canonicalize());
    match (wanted, root) {
        (Ok(wanted), Ok(root)) if wanted.starts_with(&root) => {
            std::env::set_current_dir(wanted).map_err(|_| outside())
        }
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Err(outside()),
    }
}

fn links(context: &Context, settings: &Settings) -> Links {
    let (server, repository) = (&context.server_url, &context.repository);
    let directory = settings.directory.to_string_lossy();
    let directory = match directory.trim_start_matches("./").trim_matches('/') {
        "" | "." => String::new(),
        directory => format!("{directory}/"),
    };
    let path = markdown::url_path(&directory);
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
        Err(warning) => (None, Some(warning.because("not told what happens to the list"))),
    }
}

/// The job's log: the report, then the annotations.
fn log(settings: &Settings, publication: &Publication<'_>) {
    super::print(&annotations::harmless(&publication.text()));
    if settings.annotations {
        super::print(&publication.commands());
    }
}

fn summary(settings: &Settings, context: &Context, text: &str) -> Result<(), Warning> {
    let Some(path) = context.summary_file.as_ref().filter(|_| settings.job_summary) else {
        return Ok(());
    };
    let appended = github::append_summary(path, text);
    appended.map_err(|error| Warning::new(&error, error.hint()).because("no job summary"))
}

fn set_outputs(context: &Context, outputs: &[(&str, String)]) -> Result<(), Warning> {
    let Some(path) = &context.output_file else { return Ok(()) };
    let outputs: Vec<(&str, &str)> =
        outputs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let set = github::set_outputs(path, &outputs);
    set.map_err(|error| Warning::new(&error, error.hint()).because("no outputs"))
}

/// The step's outputs: counts, words of ours, paths.
fn outputs(
    settings: &Settings,
    report: &Report,
    comment_url: Option<&str>,
) -> [(&'static str, String); 13] {
    let count = |verdict| report.count(verdict).to_string();
    let file = |path: &Option<PathBuf>| {
        path.as_ref().map_or_else(String::new, |path| path.to_string_lossy().into_owned())
    };
    [
        ("conclusion", report.judgement.conclusion.word().to_owned()),
        ("tests", report.counts.tests().to_string()),
        ("passed", count(Verdict::Passed)),
        ("skipped", count(Verdict::Skipped)),
        ("known-failures", count(Verdict::KnownFailure)),
        ("new-failures", count(Verdict::NewFailure)),
        ("newly-passing", count(Verdict::NewlyPassing)),
        ("flaky", count(Verdict::Flaky)),
        ("unmeasured", count(Verdict::Unmeasured)),
        ("missing", count(Verdict::Missing)),
        ("json-file", file(&settings.check.json)),
        ("patch-file", file(&settings.check.patch)),
        ("comment-url", comment_url.unwrap_or_default().to_owned()),
    ]
}

/// Keeps the pull request's comment; gives its address.
fn comment(
    settings: &Settings,
    context: &Context,
    api: &Result<Api<'_>, Warning>,
    body: &str,
    post: Option<Post>,
) -> Result<Option<String>, Warning> {
    let Some(post) = post.filter(|_| context.pull != Pull::None) else { return Ok(None) };
    let comment = StickyComment { id: settings.id.clone(), body: body.to_owned(), post };
    let published = api.as_ref().map_err(Warning::clone).and_then(|api| api.comment(&comment));
    published.map_err(|warning| warning.because("no comment"))
}

/// Creates the check run that was asked for.
fn create_check(
    settings: &Settings,
    api: &Result<Api<'_>, Warning>,
    says: &CheckSays<'_>,
) -> Result<(), Warning> {
    let Some(name) = &settings.check_run else { return Ok(()) };
    let run = says.as_check_run(name, &settings.id);
    let created = api.as_ref().map_err(Warning::clone).and_then(|api| api.check_run(&run));
    created.map_err(|warning| warning.because("no check run"))
}

/// What was done; what could not be done is one warning in the job's log.
fn told<T>(done: Result<T, Warning>) -> Option<T> {
    done.inspect_err(Warning::tell).ok()
}
