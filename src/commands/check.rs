//! The main job: documents and results in, a conclusion and everything that is said of it out.

use super::{
    colour, is_inside_actions, output_files, print, print_harmless, print_text, print_with, tell,
};
use crate::cli::{CheckOptions, Output, ReadOptions};
use crate::compare::{Comparison, Facts, Infrastructure, Keep, ListChange};
use crate::error::Error;
use crate::files::{self, Found, Root, Scratch};
use crate::ingest::plan::Plan;
use crate::ingest::{evidence, exit_codes, json_report, limits, reader};
use crate::known::KnownFailures;
use crate::model::{Gap, GapKind, Problem, Reach, ResultsProblem, Scope, Severity, Variant};
use crate::policy::{Judgement, Reason, judge};
use crate::record::Recorder;
use crate::render::terminal::{Colour, render_problem};
use crate::render::{Links, Publication, annotations};
use crate::report::{ProblemLine, Report, in_doubt, messages};
use crate::sanitize;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the command.
pub fn run(options: &CheckOptions) -> Result<u8, Error> {
    let known = read_documents(&options.read, &Root::Anywhere)?;
    if options.fail_on.contains(Reason::Growth) {
        tell(&format!("knownfail: warning: {}\n", messages::NO_GROWTH));
    }
    let (report, unwritten) = report(options, &Root::Anywhere, known, None)?;
    // As in `report`: the process ends soon.
    let report = ManuallyDrop::new(report);
    let links = Links::default();
    let publication = Publication::new(&report, &links, colour());
    let written = output_files::write_files(options, &publication, &Root::Anywhere);
    let written = written.and(unwritten.map_or(Ok(()), Err));
    print_report(options, &publication);
    // Red stays red; nothing is green of which something that was asked for was not done.
    match (written, report.judgement.conclusion.exit_code()) {
        (Err(error), 0) => Err(error),
        (Err(error), code) => {
            tell(&told(&error));
            Ok(code)
        }
        (Ok(()), code) => Ok(code),
    }
}

/// An error and what to do about it, as they are told on standard error.
pub fn told(error: &Error) -> String {
    let (error, hint) = (error.to_string(), error.hint());
    let (error, hint) = (sanitize::line(&error), sanitize::line(&hint));
    annotations::harmless(&format!("knownfail: error: {error}\n  hint: {hint}"))
}

/// Judges a run by a list: the whole story but for where its end is told. `list` is what the change
/// under test does to the list, where that is known. Beside the report comes why the record could not be
/// written, if it could not: that changes no verdict.
///
/// # Errors
/// When there are no results, or an output would take the place of something that is read.
pub fn report(
    options: &CheckOptions,
    root: &Root,
    known: KnownFailures,
    list: Option<ListChange>,
) -> Result<(Report, Option<Error>), Error> {
    let found = find_results(&options.read, root)?;
    let base = find_base(options, root)?;
    let earlier = evidence::find(options, root)?;
    output_files::spare_inputs(options, &found, &base, &earlier)?;
    let (evidence, known) = evidence::read(options, known, &earlier)?;
    let (facts, known, unwritten) = facts(options, known, &found, &base, root)?;
    let flips = evidence.flips(&facts, &known);
    let in_doubt = in_doubt(&known, &facts, &evidence);
    are_affordable(&known)?;
    // The process ends soon, and takes its memory with it: giving it back piece by piece takes longer.
    let known = ManuallyDrop::new(known);
    let facts = Facts { list: list.map(Arc::new), flips, in_doubt, ..facts };
    let judgement: Judgement = judge(&facts, &options.fail_on);
    let report = Report::new(&options.title, facts, judgement, &known, &evidence);
    Ok((report, unwritten))
}

/// What the results say of the documents; those come back, and why the record could not be written.
///
/// # Errors
/// More variants than can be told apart, or exit codes that cannot be read.
pub fn facts(
    options: &CheckOptions,
    known: KnownFailures,
    found: &[Found],
    base: &[Found],
    root: &Root,
) -> Result<(Facts, KnownFailures, Option<Error>), Error> {
    let keep = if options.all_tests { Keep::Everything } else { Keep::Noteworthy };
    let (reports, results): (Vec<Found>, Vec<Found>) =
        base.iter().cloned().partition(json_report::is_report);
    let reported = json_report::variants(&reports)?;
    let of_base = (&*reports, &*reported);
    let mut plan = Plan::with_reports(known, found, &results, of_base, keep, &options.read)?;
    plan.run.infra = infrastructure(options);
    if let Some(path) = &options.measured.exit_codes {
        plan.note_exit_codes(&exit_codes::read(path, root)?);
    }
    let path = options.record.as_deref();
    let (recording, mut unwritten) =
        match path.map(|path| Recording::new(path, &plan, options, root)).transpose() {
            Ok(recording) => (recording, None),
            Err(error) => (None, Some(error)),
        };
    let recorder = recording.as_ref().map(|recording| &recording.recorder);
    let mut comparison = reader::read(&plan.run, &plan.sources, recorder);
    plan.used.check()?;
    for gap in plan.gaps.iter().cloned().chain(gaps_of_the_whole_run(options, &comparison)) {
        recorder.iter().for_each(|recorder| recorder.gap(&gap));
        comparison.gap(gap);
    }
    comparison_problems(options, &plan, &mut comparison);
    let repeats = reader::repeats(&comparison, &plan.sources);
    let before = plan.base.as_ref().map(|base| {
        let mut before = reader::base(&comparison, base);
        base.used.check()?;
        for report in &base.reports {
            let variants = &plan.run.variants;
            json_report::read_base(report, &comparison, variants, &mut before, &base.used)?;
        }
        Ok::<_, Error>(before)
    });
    let facts = comparison.facts(today(), repeats, before.transpose()?);
    are_affordable(&plan.run.known)?;
    // Only now: it may take the place of a file that was read.
    unwritten = recording.and_then(|recording| recording.finish(root).err()).or(unwritten);
    Ok((facts, plan.run.known, unwritten))
}

/// The record that is written of a run.
struct Recording<'p> {
    path: &'p Path,
    recorder: Recorder,
    /// Removed when all is done.
    _scratch: Scratch,
}

impl<'p> Recording<'p> {
    fn new(
        path: &'p Path,
        plan: &Plan,
        options: &CheckOptions,
        root: &Root,
    ) -> Result<Recording<'p>, Error> {
        let scratch = Scratch::beside(path, root)?;
        let failed =
            |error: std::io::Error| Error::Write { path: path.to_owned(), why: error.to_string() };
        let file = scratch.file.try_clone().map_err(failed)?;
        let contents = plan.contents(options.commit.as_deref().unwrap_or_default());
        Ok(Recording {
            path,
            recorder: Recorder::new(contents, file, crate::secrets::hide),
            _scratch: scratch,
        })
    }

    fn finish(self, root: &Root) -> Result<(), Error> {
        files::write_raw(self.path, root, |to| self.recorder.finish(to))
    }
}

/// Reads the documents; the first that cannot be read ends the run.
pub fn read_documents(options: &ReadOptions, root: &Root) -> Result<KnownFailures, Error> {
    let read = |path: &PathBuf| files::read_document(path, root).map(|text| (shown(path), text));
    let documents = options.known_failures.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    Ok(KnownFailures::read_bytes(documents))
}

/// Reports the errors of documents on standard error, for a command that has no other place for them: a row that
/// could not be read takes no part in what it does.
pub fn report_errors(known: &KnownFailures) {
    let errors = known.problems().iter().filter(|it| it.kind.severity() == Severity::Error);
    for error in errors {
        let line = render_problem(&ProblemLine::new(error), Colour::Never);
        tell(&annotations::harmless(&line));
    }
}

/// A path as it is shown: relative to the present directory where it lies below, since links and
/// patches need it so; nothing in it can move a cursor.
pub fn shown(path: &Path) -> Arc<str> {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).ok().filter(|below| !below.as_os_str().is_empty());
    crate::sanitize::line(&below.unwrap_or(path).to_string_lossy()).into()
}

/// Whether all claims were made.
///
/// # Errors
/// Rows that take too long.
pub fn are_affordable(known: &KnownFailures) -> Result<(), Error> {
    match known.slowest() {
        None => Ok(()),
        Some(row) => Err(Error::SlowRows { file: row.file.clone(), line: row.line }),
    }
}

/// Finds the results files.
pub fn find_results(options: &ReadOptions, root: &Root) -> Result<Vec<Found>, Error> {
    if options.results.is_empty() {
        return Err(Error::NothingGiven);
    }
    let found = files::find(&options.results, &Variant::new(&options.how.variant), root)?;
    limits::allow(&found, &options.how.limits)?;
    Ok(found)
}

fn find_base(options: &CheckOptions, root: &Root) -> Result<Vec<Found>, Error> {
    let how = &options.read.how;
    let found = files::find(&options.baseline, &Variant::new(&how.variant), root);
    let found = found.map_err(|error| error.of_option("baseline"))?;
    limits::allow(&found, &how.limits)?;
    Ok(found)
}

/// What concerns the run as a whole: the runner's exit code, too few tests.
fn gaps_of_the_whole_run(
    options: &CheckOptions,
    comparison: &Comparison<'_>,
) -> impl Iterator<Item = Gap> + use<> {
    let (failing, came) = (comparison.results().failing(), comparison.tests());
    let ended =
        options.measured.test_exit_code.and_then(|code| GapKind::of_exit_code(code, failing));
    let wanted = options.measured.min_tests.filter(|wanted| came < *wanted);
    let too_few = wanted.map(|wanted| GapKind::TooFew { wanted, came });
    let gap = |kind| Gap { kind, reach: Reach::Any, scope: Scope::Run, origin: None };
    ended.into_iter().chain(too_few).map(gap)
}

/// A runner that says that all is well although tests failed would say so of a killed run too.
fn comparison_problems(options: &CheckOptions, plan: &Plan, comparison: &mut Comparison<'_>) {
    let failing = comparison.results().failing();
    if options.measured.test_exit_code == Some(0)
        && failing > 0
        && let Some(file) = plan.run.files.first()
    {
        let kind = ResultsProblem::ExitCodeZero { failing }.into();
        comparison.problem(Problem::new(&file.path, 0, 0, kind));
    }
}

/// What fails because of infrastructure.
pub fn infrastructure(options: &CheckOptions) -> Infrastructure {
    Infrastructure { patterns: options.measured.infra.clone(), most: options.measured.max_infra }
}

/// The present day, in UTC.
pub fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn print_report(options: &CheckOptions, publication: &Publication<'_>) {
    let default = if is_inside_actions() { Output::Github } else { Output::Text };
    match options.output.unwrap_or(default) {
        Output::Text => print_text(&publication.text()),
        Output::Json => print_with(|to| publication.write_json(to)),
        Output::Markdown => print_text(&publication.summary()),
        Output::Github => {
            print_harmless(&publication.text().to_string());
            print(&publication.commands());
        }
    }
}
