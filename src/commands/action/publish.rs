//! What a run says, put in its places: log, comment, check run, job summary, outputs, files.
//!
//! In: the strings of a run. Out: effects. A newcomer's trap: whatever cannot be told here is one warning in
//! the job's log and changes no verdict.

use super::api::{Api, CheckSays, Warning};
use super::documents::in_repository;
use super::settings::{Comment, Settings};
use crate::commands::{output_files, print, print_harmless};
use crate::compare::Verdict;
use crate::error::Error;
use crate::files::Root;
use crate::github::{self, Context, Layout, Post, Pull, Record, Removal, StickyComment};
use crate::policy::Conclusion;
use crate::render::markdown::verdict;
use crate::render::{
    Links, Publication, annotations, render_details, render_own_details, render_shared,
    render_unjudged,
};
use crate::report::{Digest, Reach, Report, messages};
use std::path::{Path, PathBuf};

/// Where a run is told, and how.
pub struct Teller<'a> {
    pub settings: &'a Settings,
    pub context: &'a Context,
    pub api: &'a Result<Api<'a>, Warning>,
    pub links: &'a Links,
}

/// What the comment says of this run.
struct Says<'a> {
    digest: Digest,
    details: &'a dyn Fn(usize) -> String,
    foot: &'a str,
    /// What all jobs of a matrix say alike.
    shared: String,
}

/// The verdict lines of a comment.
struct VerdictLines;

impl Layout for VerdictLines {
    fn head(&self, sections: &[&Record]) -> String {
        let digests: Vec<Digest> =
            sections.iter().map(|record| verdict::read_record(record)).collect();
        verdict::render_head(&digests)
    }

    fn heading(&self, section: &Record) -> String {
        verdict::render_heading(&verdict::read_record(section))
    }

    fn left_out(&self) -> String {
        messages::LEFT_OUT.to_owned()
    }

    fn rank(&self, section: &Record) -> u8 {
        verdict::rank(&verdict::read_record(section))
    }
}

impl Teller<'_> {
    /// Tells a run in all places; the comment is begun as `post` says.
    pub fn tell(
        &self,
        report: &Report,
        publication: &Publication<'_>,
        root: &Root,
        post: Option<Post>,
    ) {
        self.write_files(publication, root);
        self.log(publication);
        let details = |budget| match (publication.is_news(), report.reach) {
            (true, Reach::OneOfSeveral) => render_own_details(report, self.links, budget),
            (true, Reach::All) => render_details(report, self.links, budget),
            (false, _) => String::new(),
        };
        let shared = match (publication.is_news(), report.reach) {
            (true, Reach::OneOfSeveral) => render_shared(report, self.links),
            (true, Reach::All) | (false, _) => String::new(),
        };
        let digest = Digest::of(report);
        let says = Says { digest, details: &details, foot: &publication.foot(), shared };
        let comment_url = told(self.comment(says, post)).flatten();
        told(self.suggest(report));
        told(self.create_check(&CheckSays {
            conclusion: report.judgement.conclusion,
            title: &publication.check_title(),
            summary: &publication.check_summary(),
            annotations: &publication.annotations(),
        }));
        told(self.summary(&|room| publication.summary_within(room)));
        told(self.set_outputs(&outputs(
            self.settings,
            report,
            comment_url.as_deref(),
            Path::exists,
        )));
    }

    /// Nothing could be judged: an old comment must not go on saying that all is well.
    pub fn tell_why_not(&self, error: &Error) {
        annotate(error);
        let digest = Digest::not_judged(&self.settings.check.title);
        let (why, foot) = render_unjudged(&error.to_string(), &error.hint(), self.links);
        let text = self.unjudged(error);
        let post = (self.settings.comment != Comment::Off).then_some(Post::Always);
        let details = |_| why.clone();
        let says = Says { digest, details: &details, foot: &foot, shared: String::new() };
        let url = told(self.comment(says, post));
        told(self.create_check(&CheckSays {
            conclusion: Conclusion::Inconclusive,
            title: messages::NOTHING_JUDGED,
            summary: &text,
            annotations: &[],
        }));
        told(self.summary(&|_| text.clone()));
        told(self.set_outputs(&unjudged_outputs(url.flatten())));
    }

    /// The whole text that says why nothing could be judged.
    pub fn unjudged(&self, error: &Error) -> String {
        let digest = Digest::not_judged(&self.settings.check.title);
        let (why, foot) = render_unjudged(&error.to_string(), &error.hint(), self.links);
        format!("{}\n\n{why}{foot}\n", verdict::render_head(&[digest]))
    }

    /// Everything that would be told, under the name of its place.
    pub fn dry_run(
        &self,
        report: &Report,
        publication: &Publication<'_>,
        post: Option<Post>,
    ) -> String {
        let comment = match (&self.context.pull, post) {
            (Pull::None, _) => "comment: none, the run belongs to no pull request",
            (Pull::Number(_) | Pull::FromBranch { .. }, None) => "comment: switched off",
            (Pull::Number(_) | Pull::FromBranch { .. }, Some(Post::Always)) => "comment",
            (Pull::Number(_) | Pull::FromBranch { .. }, Some(Post::OnlyIfExists)) => {
                "comment: only if there is one already"
            }
        };
        let outputs: String = outputs(self.settings, report, None, |_| true)
            .into_iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        let check_run = match &self.settings.check_run {
            None => "check run: none was asked for",
            Some(_) => "check run",
        };
        [
            ("log", &annotations::harmless(&publication.text().to_string())),
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

    /// Writes the files that were asked for. One that cannot be written is a warning: that says nothing about the
    /// tests.
    fn write_files(&self, publication: &Publication<'_>, root: &Root) {
        let written = output_files::write_files(&self.settings.check, publication, root);
        told(written.map_err(|error| Warning::new(&error, &error.hint())));
    }

    /// The job's log: the report, then the annotations.
    fn log(&self, publication: &Publication) {
        print_harmless(&publication.text().to_string());
        if self.settings.annotations {
            print(&publication.commands());
        }
    }

    /// Keeps this job's section of the pull request's comment; gives the comment's address.
    fn comment(&self, says: Says<'_>, post: Option<Post>) -> Result<Option<String>, Warning> {
        let Some(post) = post.filter(|_| self.context.pull != Pull::None) else { return Ok(None) };
        let section = self.settings.check.read.how.variant.clone();
        let variants = Some(section.clone()).filter(|variant| !variant.is_empty());
        let digest = Digest { variants: variants.into_iter().collect(), ..says.digest };
        let comment = StickyComment {
            id: self.settings.id.clone(),
            section,
            record: verdict::record(&digest),
            details: says.details,
            foot: says.foot.to_owned(),
            shared: says.shared,
            layout: &VerdictLines,
            post,
        };
        let published = self.api.as_ref().map_err(Warning::clone);
        let published = published.and_then(|api| api.comment(&comment));
        published.map_err(|warning| warning.because("no comment"))
    }

    /// Suggests on their lines that rows go, where that was asked for. One job of a matrix does not know
    /// whether the others need a row.
    fn suggest(&self, report: &Report) -> Result<(), Warning> {
        let Settings { suggestions, id, directory, .. } = self.settings;
        let is_one_of_several = report.reach == Reach::OneOfSeveral;
        if !suggestions || is_one_of_several || self.context.pull == Pull::None {
            return Ok(());
        }
        let mut removals = Vec::new();
        for patch in &report.patches {
            let Some(path) = in_repository(directory, Path::new(&patch.file)) else { continue };
            let lines = github::diff_lines(&patch.diff("")).into_iter();
            removals.extend(lines.filter(|line| line.new.is_none()).map(|line| Removal {
                path: path.clone(),
                text: line.text,
                why: messages::CAN_GO.to_owned(),
            }));
        }
        let suggested = self.api.as_ref().map_err(Warning::clone);
        let suggested = suggested.and_then(|api| api.suggest(id, &removals));
        suggested.map_err(|warning| warning.because("no suggestions"))
    }

    /// Creates the check run that was asked for. Jobs of a matrix that share a comment don't share it.
    fn create_check(&self, says: &CheckSays<'_>) -> Result<(), Warning> {
        let Settings { id, check, check_run, .. } = self.settings;
        let Some(name) = check_run else { return Ok(()) };
        let run = says.as_check_run(name, &format!("{id}/{}", check.read.how.variant));
        let created = self.api.as_ref().map_err(Warning::clone).and_then(|api| api.check_run(&run));
        created.map_err(|warning| warning.because("no check run"))
    }

    /// Appends to the job summary what it has room for.
    fn summary(&self, text: &dyn Fn(usize) -> String) -> Result<(), Warning> {
        let path = self.context.summary_file.as_ref().filter(|_| self.settings.job_summary);
        let Some(path) = path else { return Ok(()) };
        let text = text(github::summary_room(path));
        let appended = github::append_summary(path, &text);
        appended.map_err(|error| Warning::new(&error, error.hint()).because("no job summary"))
    }

    fn set_outputs(&self, outputs: &[(&str, String)]) -> Result<(), Warning> {
        set_outputs(self.context, outputs)
    }
}

/// Says that the action was asked for something that it cannot do, where nothing else can be told yet.
pub fn tell_refusal(error: &Error, context: &Context) {
    annotate(error);
    told(set_outputs(context, &unjudged_outputs(None)));
}

/// The error as an annotation: without one, only who opens the log finds it.
fn annotate(error: &Error) {
    let command = annotations::data(&format!("{error}\n{}", error.hint()));
    print(&format!("::error title={}::{command}\n", messages::NOTHING_JUDGED));
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
    is_written: fn(&Path) -> bool,
) -> [(&'static str, String); 13] {
    let count = |verdict| report.count(verdict).to_string();
    // As a later step needs it, which knows nothing of this one's directory; and only if it was written.
    let file = |path: &Option<PathBuf>| {
        let written = path.as_deref().filter(|path| is_written(path));
        let within = |path| in_repository(&settings.directory, path);
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        written.map_or_else(String::new, |path| within(path).unwrap_or_else(|| shown(path)))
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

/// The step's outputs when nothing could be judged: a count that nobody took is no number.
fn unjudged_outputs(comment_url: Option<String>) -> [(&'static str, String); 2] {
    [
        ("conclusion", Conclusion::Inconclusive.word().to_owned()),
        ("comment-url", comment_url.unwrap_or_default()),
    ]
}

/// What was done; what could not be done is one warning in the job's log.
fn told<T>(done: Result<T, Warning>) -> Option<T> {
    done.inspect_err(Warning::tell).ok()
}
