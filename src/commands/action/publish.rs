//! Publishes a report: log, comment, check run, summary, outputs, files.
//!
//! What cannot be published is a warning in the job's log and does not change the verdict.

use super::api::{Api, Job, Warning, check_annotation, notice};
use super::paths::api_path;
use super::settings::{CommentMode, Settings};
use crate::commands::console::{print, print_neutralized};
use crate::commands::output_files;
use crate::compare::Verdict;
use crate::error::Error;
use crate::github::{
    self, CheckConclusion, CheckRun, CheckRunResult, CommentSection, ConclusionBasis, Context,
    CreatePolicy, DiffLine, Fields, FoundPull, Pull, Removal, RunnerFiles, SectionKey,
    SectionRenderer, SharedPlace, StickyComment,
};
use crate::policy::{Conclusion, Reason};
use crate::render::annotations::{self, Annotation};
use crate::render::markdown::section_names::{SectionSource, section_name};
use crate::render::markdown::verdict;
use crate::render::{
    Links, NotJudged, RenderedReport, render_details, render_job_details, render_shared,
};
use crate::report::{
    CONTEXT, DocumentVersion, Report, RunScope, RunSummary, VersionPatch, messages,
};
use std::path::{Path, PathBuf};

/// What can be published of a step without its context.
pub(super) struct Step<'a> {
    pub settings: &'a Settings,
    pub files: RunnerFiles,
}

pub(super) struct Publisher<'a> {
    pub job: &'a Job<'a>,
    pub step: &'a Step<'a>,
    pub links: &'a Links,
}

/// The verdict lines of a comment.
struct VerdictRenderer;

impl SectionRenderer for VerdictRenderer {
    fn headline(&self, sections: &[&CommentSection]) -> String {
        let sources = sources(sections);
        let summaries: Vec<RunSummary> =
            sections.iter().map(|section| named_summary(section, &sources)).collect();
        verdict::render_headline(&summaries)
    }

    fn heading(&self, section: &CommentSection, sections: &[&CommentSection]) -> String {
        let sources = sources(sections);
        let heading = verdict::render_heading(&named_summary(section, &sources));
        let has_twin = sources.iter().any(|other| source(section).is_twin_of(other));
        let note = if has_twin && section.slot > 1 { messages::TWIN_NOTE } else { "" };
        format!("{heading}\n\n{note}")
    }

    fn omitted_note(&self) -> String {
        messages::DETAILS_OMITTED.to_owned()
    }

    fn counted_note(&self, count: usize) -> String {
        format!("{} {}", messages::counted_sections(count), messages::DETAILS_OMITTED)
    }

    fn rank(&self, fields: &Fields) -> (u8, u8) {
        verdict::rank(&verdict::from_fields(fields))
    }

    fn mildest_rank(&self) -> (u8, u8) {
        verdict::MILDEST_RANK
    }

    /// What the pull request does to the list comes first where that is the first reason of the headline.
    fn shared_place(&self, sections: &[&Fields]) -> SharedPlace {
        let summaries = sections.iter().map(|fields| verdict::from_fields(fields));
        match summaries.filter_map(|summary| summary.reasons.first().copied()).min() {
            Some(Reason::Growth) => SharedPlace::First,
            Some(_) | None => SharedPlace::Last,
        }
    }
}

/// The summary of a section, with what distinguishes it as its variant.
fn named_summary(section: &CommentSection, sources: &[SectionSource<'_>]) -> RunSummary {
    let name = section_name(&source(section), sources);
    let variants = Some(name).filter(|name| !name.is_empty()).into_iter().collect();
    RunSummary { variants, ..verdict::from_fields(&section.fields) }
}

fn sources<'s>(sections: &[&'s CommentSection]) -> Vec<SectionSource<'s>> {
    sections.iter().copied().map(source).collect()
}

fn source(section: &CommentSection) -> SectionSource<'_> {
    let SectionKey { variant, step, job, workflow } = &section.key;
    SectionSource { variant, step, job, workflow, slot: section.slot }
}

impl Publisher<'_> {
    /// Publishes a report everywhere; without a policy there is no comment.
    pub(crate) fn publish(
        &self,
        report: &Report,
        rendered: &RenderedReport<'_>,
        create_policy: Option<CreatePolicy>,
    ) {
        let root = self.job.workspace.access_root();
        let check = &self.job.settings.check;
        let (written, result) = output_files::write_files(check, rendered, &root);
        warn_on_error(result.map_err(|error| Warning::new(&error, &error.hint())));
        print_neutralized(&rendered.text().to_string());
        if self.job.settings.annotations {
            print(&rendered.workflow_commands());
        }
        let details = |budget| match (rendered.has_news(), report.run_scope) {
            (true, RunScope::OneOfMatrix) => render_job_details(report, self.links, budget),
            (true, RunScope::Whole) => render_details(report, self.links, budget),
            (false, _) => String::new(),
        };
        let shared = match (rendered.has_news(), report.run_scope) {
            (true, RunScope::OneOfMatrix) => render_shared(report, self.links),
            (true, RunScope::Whole) | (false, _) => String::new(),
        };
        let summary = RunSummary::from_report(report);
        let comment_url = create_policy.and_then(|create_policy| {
            let footer = rendered.footer();
            self.comment(summary, &details, footer.to_string(), shared, create_policy)
        });
        self.suggest(report);
        self.create_check(
            report.judgement.conclusion,
            rendered.check_title(),
            rendered.check_summary(),
            &rendered.annotations(),
        );
        warn_on_error(self.step.summary(&|limit| rendered.summary_with_limit(limit)));
        let is_written = |path: &Path| written.contains(path);
        let outputs = outputs(self.job, report, comment_url.as_deref(), &is_written);
        warn_on_error(self.step.set_outputs(&outputs));
        self.job.warnings.emit();
    }

    /// Updates the comment and creates the check run of a run that could not be judged: earlier ones may be green. Returns
    /// the comment's URL.
    fn publish_failure(&self, failure: &Failure<'_>) -> Option<String> {
        let title = messages::NOT_JUDGED_TITLE.to_owned();
        let rendered = &failure.rendered;
        let url = self.failure_policy().and_then(|create_policy| {
            let (summary, footer) = (rendered.summary().clone(), rendered.footer().to_owned());
            let details = |budget| rendered.details(budget);
            self.comment(summary, &details, footer, String::new(), create_policy)
        });
        self.create_check(Conclusion::Inconclusive, title, rendered.comment(), &[]);
        url
    }

    /// Everything that would be published, each under a heading.
    pub(crate) fn dry_run(
        &self,
        report: &Report,
        rendered: &RenderedReport<'_>,
        create_policy: Option<CreatePolicy>,
    ) -> String {
        dry_run_text(&[
            ("log", &annotations::neutralize_commands(&rendered.text().to_string())),
            ("annotations", &rendered.workflow_commands()),
            self.dry_comment(create_policy, &rendered.comment()),
            self.dry_check_run(&rendered.check_summary()),
            ("job summary", &rendered.summary()),
            ("outputs", &outputs_text(&outputs(self.job, report, None, &|_| true))),
            ("patch", &rendered.patch()),
        ])
    }

    /// The comment in a dry run, under its heading.
    fn dry_comment<'t>(&self, policy: Option<CreatePolicy>, text: &'t str) -> (&'t str, &'t str) {
        match (&self.job.context.pull, policy) {
            (Pull::None, _) => ("comment: none, the run belongs to no pull request", ""),
            (Pull::Number(_) | Pull::FromBranch { .. }, None) => ("comment: switched off", ""),
            (Pull::Number(_) | Pull::FromBranch { .. }, Some(CreatePolicy::Always)) => {
                ("comment", text)
            }
            (Pull::Number(_) | Pull::FromBranch { .. }, Some(CreatePolicy::OnlyIfExists)) => {
                ("comment: only if the pull request has one already", text)
            }
        }
    }

    /// The check run in a dry run, under its heading.
    fn dry_check_run<'t>(&self, text: &'t str) -> (&'t str, &'t str) {
        match &self.job.settings.check_run {
            None => ("check run: none, the input `check-run` is not set", ""),
            Some(_) => ("check run", text),
        }
    }

    /// How the comment of a run that could not be judged is created.
    fn failure_policy(&self) -> Option<CreatePolicy> {
        match self.job.settings.comment {
            CommentMode::Off => None,
            CommentMode::OnChange | CommentMode::Always | CommentMode::OnFailure => {
                Some(CreatePolicy::Always)
            }
        }
    }

    /// Calls the API; a warning names the consequence of a failure.
    fn call_api<T>(
        &self,
        consequence: &str,
        call: impl FnOnce(&Api<'_>) -> Result<T, Warning>,
    ) -> Option<T> {
        let result = self.job.api.as_ref().map_err(Warning::clone).and_then(call);
        let add = |warning: Warning| self.job.warnings.add(warning.or_context(consequence));
        result.map_err(add).ok()
    }

    /// Warns of further pull requests of the same commit, which get no comment.
    fn warn_of_other_pulls(&self, api: &Api<'_>) -> Result<(), Warning> {
        if let FoundPull::Number { number, others } = api.find_pull()?
            && !others.is_empty()
        {
            let what = messages::several_pulls(*number, others);
            self.job.warnings.add(Warning::new(what, messages::SEVERAL_PULLS_HINT));
        }
        Ok(())
    }

    /// Updates this job's section of the pull request's comment; returns the comment's URL. `shared` is what all jobs
    /// of a matrix have in common, shown once.
    fn comment(
        &self,
        mut summary: RunSummary,
        details: &dyn Fn(usize) -> String,
        footer: String,
        shared: String,
        create_policy: CreatePolicy,
    ) -> Option<String> {
        if self.job.context.pull == Pull::None {
            return None;
        }
        let section = self.job.settings.check.read.input.variant.clone();
        let variants = Some(section.clone()).filter(|variant| !variant.is_empty());
        summary.variants = variants.into_iter().collect();
        let comment = StickyComment {
            id: self.job.settings.id.clone(),
            section,
            writer: self.job.writer.clone(),
            fields: verdict::to_fields(&summary),
            details,
            footer,
            shared,
            renderer: &VerdictRenderer,
            create_policy,
        };
        self.call_api("no comment", |api| {
            self.warn_of_other_pulls(api)?;
            api.comment(&comment)
        })
        .flatten()
    }

    /// Suggests removing rows, on their lines. One job of a matrix does not know whether the others need a row.
    fn suggest(&self, report: &Report) {
        let Settings { suggestions, id, .. } = self.job.settings;
        let is_one_of_matrix = report.run_scope == RunScope::OneOfMatrix;
        if !suggestions || is_one_of_matrix || self.job.context.pull == Pull::None {
            return;
        }
        let mut removals = Vec::new();
        for (file, page) in &self.links.documents {
            let path = self.links.diffs.documents.get(&**file);
            let path = path.and_then(|path| api_path(path));
            let (Some(path), Some(VersionPatch { patch, .. })) = (path, &page.patch) else {
                continue;
            };
            // Only of a known text are the lines those of the pull request's diff.
            match page.head {
                DocumentVersion::Same | DocumentVersion::Changed(_) => {}
                DocumentVersion::Missing | DocumentVersion::Unknown => continue,
            }
            let lines = github::parse_diff_lines(&patch.hunks(CONTEXT));
            // A diff that also adds a line replaces one that has several rows, with `\r` between them.
            if lines.iter().any(|line| line.old.is_none()) {
                continue;
            }
            // Each suggestion can be applied without the others.
            let removed = lines.into_iter().filter(|line| line.new.is_none());
            removals.extend(removed.filter_map(|DiffLine { old, text, .. }| {
                let line = old.filter(|line| patch.separable.contains(line))?;
                Some(Removal {
                    path: path.clone(),
                    line,
                    text,
                    note: messages::REMOVABLE.to_owned(),
                })
            }));
        }
        self.call_api("no suggestions", |api| api.suggest(id, &removals));
    }

    /// Creates the requested check run: one per job, also where the jobs of a matrix share a comment.
    fn create_check(
        &self,
        conclusion: Conclusion,
        title: String,
        summary: String,
        annotations: &[Annotation],
    ) {
        let Settings { id, check, check_run, .. } = self.job.settings;
        let Some(name) = check_run else { return };
        let located = annotations.iter().filter(|annotation| annotation.location.is_some());
        let annotations = annotations::most_useful(located, github::MAX_CHECK_ANNOTATIONS);
        let (context, variant) = (self.job.context, &check.read.input.variant);
        let (Context { job, step, trigger, .. }, workflow) = (context, context.workflow_identity());
        let run = CheckRun {
            name: github::check_run_name(name, variant),
            series: format!("{workflow}\n{trigger}"),
            id: format!("{id}/{variant}/{step}/{job}"),
            writer: self.job.writer.clone(),
            conclusion: match conclusion {
                Conclusion::Success => CheckConclusion::Success,
                Conclusion::Failure | Conclusion::Inconclusive => CheckConclusion::Failure,
            },
            hiding_title: messages::hiding_check_title(&title),
            crowded_title: messages::crowded_check_title(&title),
            title,
            summary,
            annotations: annotations.into_iter().filter_map(check_annotation).collect(),
        };
        let what = match self.call_api("no check run", |api| api.check_run(&run)) {
            None | Some(CheckRunResult::Created { basis: ConclusionBasis::Own, .. }) => return,
            Some(CheckRunResult::Superseded(run)) => {
                return notice(&messages::newer_check_run(run.number, run.attempt));
            }
            Some(CheckRunResult::Created { basis: ConclusionBasis::OtherFailed, .. }) => {
                messages::hiding_check(&run.name)
            }
            Some(CheckRunResult::Created { basis: ConclusionBasis::TooMany, .. }) => {
                messages::crowded_check(&run.name)
            }
        };
        Warning::new(what, messages::HIDING_CHECK_HINT).emit();
    }
}

/// Why nothing could be judged.
pub(super) struct Failure<'a> {
    errors: &'a [Error],
    rendered: NotJudged,
}

impl<'a> Failure<'a> {
    pub(crate) fn new(errors: &'a [Error], title: &str, links: &Links) -> Failure<'a> {
        let texts = errors.iter().map(|error| (error.to_string(), error.hint()));
        Failure { errors, rendered: NotJudged::new(title, texts, links) }
    }

    /// The errors as annotations, so that they are seen without opening the log.
    fn workflow_commands(&self) -> String {
        self.errors.iter().map(workflow_command).collect()
    }

    /// Everything that would be published, each under a heading; without a context, there is no publisher.
    pub(crate) fn dry_run(&self, publisher: Option<&Publisher<'_>>) -> String {
        let text = &self.rendered.comment();
        let [comment, check_run] = match publisher {
            Some(publisher) => [
                publisher.dry_comment(publisher.failure_policy(), text),
                publisher.dry_check_run(text),
            ],
            None => [
                ("comment: none, the job's context is unknown", ""),
                ("check run: none, the job's context is unknown", ""),
            ],
        };
        dry_run_text(&[
            ("annotations", &self.workflow_commands()),
            comment,
            check_run,
            ("job summary", &self.rendered.job_summary(usize::MAX)),
            ("outputs", &outputs_text(&failure_outputs(None))),
        ])
    }
}

/// Texts under their headings.
fn dry_run_text(parts: &[(&str, &str)]) -> String {
    parts.iter().map(|(title, text)| format!("===== {title}\n{text}\n")).collect()
}

fn outputs_text(outputs: &[(&str, String)]) -> String {
    outputs.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// Publishes everywhere that nothing could be judged; without a context, there is no publisher.
pub(super) fn publish_failure(
    failure: &Failure<'_>,
    step: &Step<'_>,
    publisher: Option<&Publisher<'_>>,
) {
    print(&failure.workflow_commands());
    let url = publisher.and_then(|publisher| publisher.publish_failure(failure));
    warn_on_error(step.summary(&|limit| failure.rendered.job_summary(limit)));
    warn_on_error(step.set_outputs(&failure_outputs(url)));
    publisher.iter().for_each(|publisher| publisher.job.warnings.emit());
}

impl Step<'_> {
    /// Appends to the job summary, within its remaining size.
    fn summary(&self, text: &dyn Fn(usize) -> String) -> Result<(), Warning> {
        let path = self.files.summary.as_ref().filter(|_| self.settings.job_summary);
        let Some(path) = path else { return Ok(()) };
        let text = text(github::remaining_summary_bytes(path));
        let appended = github::append_summary(path, &text);
        appended.map_err(|error| Warning::new(&error, error.hint()).context("no job summary"))
    }

    fn set_outputs(&self, outputs: &[(&str, String)]) -> Result<(), Warning> {
        let Some(path) = &self.files.outputs else { return Ok(()) };
        let outputs: Vec<(&str, &str)> =
            outputs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let set = github::set_outputs(path, &outputs);
        set.map_err(|error| Warning::new(&error, error.hint()).context("no outputs"))
    }
}

/// An error as an annotation.
fn workflow_command(error: &Error) -> String {
    let command = annotations::escape_data(&format!("{error}\n{}", error.hint()));
    format!("::error title={}::{command}\n", messages::NOT_JUDGED_TITLE)
}

/// The step's outputs; `is_written` tests whether this run wrote a requested file.
fn outputs(
    Job { settings, workspace, .. }: &Job<'_>,
    report: &Report,
    comment_url: Option<&str>,
    is_written: &dyn Fn(&Path) -> bool,
) -> [(&'static str, String); 13] {
    let count = |verdict| report.count(verdict).to_string();
    let file = |path: Option<&PathBuf>| {
        let written = path.filter(|path| is_written(path));
        written.map_or_else(String::new, |path| workspace.for_later_steps(path))
    };
    // Without rows to remove there is no patch.
    let patch = settings.check.patch.as_ref().filter(|_| !report.patches.is_empty());
    [
        ("conclusion", report.judgement.conclusion.as_str().to_owned()),
        ("tests", report.counts.test_count().to_string()),
        ("passed", count(Verdict::Passed)),
        ("skipped", count(Verdict::Skipped)),
        ("known-failures", count(Verdict::KnownFailure)),
        ("new-failures", count(Verdict::NewFailure)),
        ("newly-passing", count(Verdict::NewlyPassing)),
        ("flaky", count(Verdict::Flaky)),
        ("unmeasured", count(Verdict::Unmeasured)),
        ("missing", count(Verdict::Missing)),
        ("json-file", file(settings.check.json.as_ref())),
        ("patch-file", file(patch)),
        ("comment-url", comment_url.unwrap_or_default().to_owned()),
    ]
}

/// The step's outputs when nothing could be judged: there are no counts.
fn failure_outputs(comment_url: Option<String>) -> [(&'static str, String); 2] {
    [
        ("conclusion", Conclusion::Inconclusive.as_str().to_owned()),
        ("comment-url", comment_url.unwrap_or_default()),
    ]
}

/// Prints an error as a warning in the job's log.
fn warn_on_error<T>(result: Result<T, Warning>) -> Option<T> {
    result.inspect_err(Warning::emit).ok()
}
