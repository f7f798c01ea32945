//! The main job: documents and results in, a conclusion and everything that is said of it out.

use super::{
    color, eprint_redacted, is_inside_actions, output_files, print, print_neutralized, print_text,
    print_with,
};
use crate::cli::{CheckOptions, CheckOutput, ReadOptions};
use crate::compare::{Comparison, ExternalFacts, Facts, Infrastructure, ListChange, Retain};
use crate::error::Error;
use crate::files::{self, AccessRoot, MatchedFile, TempFile};
use crate::ingest::plan::ReadPlan;
use crate::ingest::{evidence, exit_codes, json_report, limits, reader};
use crate::known::KnownFailures;
use crate::model::{
    AffectedTests, Gap, GapKind, Problem, ResultsProblem, Scope, Severity, Variant,
};
use crate::policy::{Judgement, Reason, judge};
use crate::record::Recorder;
use crate::render::terminal::{Color, render_problem};
use crate::render::{Links, RenderedReport, annotations};
use crate::report::{
    Evidence, IssueStates, ProblemLine, Report, ReportInput, RunScope, messages, unconfirmed,
};
use crate::sanitize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs the command.
pub(crate) fn run(options: &CheckOptions) -> Result<u8, Error> {
    let known = read_documents(&options.read, &AccessRoot::Unrestricted)?;
    if options.fail_on.contains(Reason::Growth) {
        eprint_redacted(&format!("knownfail: warning: {}\n", messages::GROWTH_NEEDS_ACTION));
    }
    let Checked { run, record_error } =
        judge_run(options, &AccessRoot::Unrestricted, &known, None)?;
    let report = run.into_report(&options.title, &known, RunScope::Whole, None);
    let links = Links::default();
    let rendered = RenderedReport::new(&report, &links, color());
    let write_result = output_files::write_files(options, &rendered, &AccessRoot::Unrestricted);
    let write_result = write_result.and(record_error.map_or(Ok(()), Err));
    print_report(options, &rendered);
    let exit_code = report.judgement.conclusion.exit_code();
    // The process ends soon: freeing millions of tests one by one takes longer than leaving them.
    std::mem::forget((report, known));
    // Red stays red; nothing is green of which something that was asked for was not done.
    match (write_result, exit_code) {
        (Err(error), 0) => Err(error),
        (Err(error), code) => {
            eprint_redacted(&format_error(&error));
            Ok(code)
        }
        (Ok(()), code) => Ok(code),
    }
}

/// An error and what to do about it, as they are told on standard error.
pub fn format_error(error: &Error) -> String {
    let (error, hint) = (error.to_string(), error.hint());
    let (error, hint) = (sanitize::single_line(&error), sanitize::single_line(&hint));
    annotations::neutralize_commands(&format!("knownfail: error: {error}\n  hint: {hint}"))
}

/// A run, compared with the list and judged.
pub(crate) struct JudgedRun {
    pub facts: Facts,
    pub external: ExternalFacts,
    judgement: Judgement,
    evidence: Evidence,
}

/// A judged run, and why its record could not be written, which changes no verdict.
pub(crate) struct Checked {
    pub run: JudgedRun,
    pub record_error: Option<Error>,
}

impl JudgedRun {
    /// The report of the run; `issues` are the states of the issues that rows name, where they were looked up.
    pub(crate) fn into_report(
        self,
        title: &str,
        known: &KnownFailures,
        run_scope: RunScope,
        issues: Option<&IssueStates>,
    ) -> Report {
        let JudgedRun { facts, external, judgement, evidence } = self;
        let (external, evidence) = (&external, &evidence);
        Report::new(ReportInput {
            title,
            run_scope,
            facts,
            external,
            judgement,
            known,
            evidence,
            issues,
        })
    }
}

/// Runs `check` up to the judgement; the caller reports and publishes it. `list` is the effect of the change under
/// test on the list, where that is known.
///
/// # Errors
/// When there are no results, or an output would take the place of something that is read.
pub(crate) fn judge_run(
    options: &CheckOptions,
    root: &AccessRoot,
    known: &KnownFailures,
    list: Option<ListChange>,
) -> Result<Checked, Error> {
    let found = find_results(&options.read, root)?;
    let base = find_base(options, root)?;
    let evidence_files = evidence::find(options, root)?;
    output_files::ensure_outputs_distinct(options, &found, &base, &evidence_files)?;
    let evidence = evidence::read(options, known, &evidence_files)?;
    let (facts, record_error) = collect_facts(options, known, &found, &base, root)?;
    let flipping = evidence.flipping_tests(&facts, known);
    let unconfirmed = unconfirmed(known, &facts, &evidence);
    ensure_match_budget(known)?;
    let external = ExternalFacts { flipping, unconfirmed, list };
    let judgement = judge(&facts, &external, &options.fail_on);
    let run = JudgedRun { facts, external, judgement, evidence };
    Ok(Checked { run, record_error })
}

/// Compares the results with the list. Returns the facts, and why the record could not be written.
///
/// # Errors
/// More variants than can be told apart, or exit codes that cannot be read.
pub(crate) fn collect_facts(
    options: &CheckOptions,
    known: &KnownFailures,
    found: &[MatchedFile],
    base: &[MatchedFile],
    root: &AccessRoot,
) -> Result<(Facts, Option<Error>), Error> {
    let retain = if options.all_tests { Retain::All } else { Retain::Notable };
    let (reports, results): (Vec<MatchedFile>, Vec<MatchedFile>) =
        base.iter().cloned().partition(json_report::is_report);
    let reported = json_report::variants(&reports)?;
    let base_reports = (&*reports, &*reported);
    let mut plan =
        ReadPlan::with_reports(known, found, &results, base_reports, retain, &options.read)?;
    plan.run.infra = infrastructure(options);
    if let Some(path) = &options.completeness.exit_codes {
        plan.set_exit_codes(&exit_codes::read(path, root)?);
    }
    let path = options.record.as_deref();
    let (record_writer, mut record_error) =
        match path.map(|path| RecordWriter::new(path, &plan, options, root)).transpose() {
            Ok(record_writer) => (record_writer, None),
            Err(error) => (None, Some(error)),
        };
    let recorder = record_writer.as_ref().map(|record_writer| &record_writer.recorder);
    let mut comparison = reader::read(&plan.run, &plan.sources, recorder);
    plan.usage.check_results()?;
    for gap in plan.gaps.iter().cloned().chain(run_level_gaps(options, &comparison)) {
        recorder.iter().for_each(|recorder| recorder.add_gap(&gap));
        comparison.add_gap(gap);
    }
    run_level_problems(options, &plan, &mut comparison);
    let duplicate_names = reader::find_duplicate_names(&comparison, &plan.sources);
    let base_run = plan.base.as_ref().map(|base| {
        let mut base_run = reader::read_base_run(&comparison, base);
        base.usage.check_results()?;
        for report in &base.reports {
            let variants = &plan.run.variants;
            json_report::read_base(report, &comparison, variants, &mut base_run, &base.usage)?;
        }
        Ok::<_, Error>(base_run)
    });
    let facts = comparison.into_facts(today(), duplicate_names, base_run.transpose()?);
    ensure_match_budget(known)?;
    // Only now: it may take the place of a file that was read.
    record_error =
        record_writer.and_then(|record_writer| record_writer.finish(root).err()).or(record_error);
    Ok((facts, record_error))
}

/// The record that is written of a run.
struct RecordWriter<'p> {
    path: &'p Path,
    recorder: Recorder,
    /// Removed when all is done.
    _temp_file: TempFile,
}

impl<'p> RecordWriter<'p> {
    fn new(
        path: &'p Path,
        plan: &ReadPlan<'_>,
        options: &CheckOptions,
        root: &AccessRoot,
    ) -> Result<RecordWriter<'p>, Error> {
        let temp_file = TempFile::create_for(path, root)?;
        let failed =
            |error: std::io::Error| Error::Write { path: path.to_owned(), why: error.to_string() };
        let file = temp_file.file.try_clone().map_err(failed)?;
        let manifest = plan.record_manifest(options.commit.as_deref().unwrap_or_default());
        Ok(RecordWriter {
            path,
            recorder: Recorder::new(manifest, file, crate::secrets::redact),
            _temp_file: temp_file,
        })
    }

    fn finish(self, root: &AccessRoot) -> Result<(), Error> {
        files::write_unredacted(self.path, root, |to| self.recorder.finish(to))
    }
}

/// Reads the documents; the first that cannot be read ends the run.
pub(crate) fn read_documents(
    options: &ReadOptions,
    root: &AccessRoot,
) -> Result<KnownFailures, Error> {
    let read =
        |path: &PathBuf| files::read_document(path, root).map(|text| (display_path(path), text));
    let documents = options.known_failures.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    Ok(KnownFailures::read_bytes(documents))
}

/// Reports the errors of documents on standard error, for a command that has no other place for them: a row that
/// could not be read takes no part in what it does.
pub(crate) fn report_errors(known: &KnownFailures) {
    let errors =
        known.problems().iter().filter(|problem| problem.kind.severity() == Severity::Error);
    for error in errors {
        let line = render_problem(&ProblemLine::new(error), Color::Never);
        eprint_redacted(&annotations::neutralize_commands(&line));
    }
}

/// A path as it is shown: relative to the present directory where it lies below, since links and
/// patches need it so; nothing in it can move a cursor.
pub(crate) fn display_path(path: &Path) -> Arc<str> {
    let current_dir = std::env::current_dir().unwrap_or_default();
    let relative =
        path.strip_prefix(&current_dir).ok().filter(|relative| !relative.as_os_str().is_empty());
    crate::sanitize::single_line(&relative.unwrap_or(path).to_string_lossy()).into()
}

/// Whether all claims were made.
///
/// # Errors
/// Rows that take too long.
pub(crate) fn ensure_match_budget(known: &KnownFailures) -> Result<(), Error> {
    match known.costliest_row() {
        None => Ok(()),
        Some(row) => Err(Error::MatchingTooSlow { file: row.file.clone(), line: row.line }),
    }
}

/// Finds the results files.
pub(crate) fn find_results(
    options: &ReadOptions,
    root: &AccessRoot,
) -> Result<Vec<MatchedFile>, Error> {
    if options.results.is_empty() {
        return Err(Error::NoResultsGiven);
    }
    let found = files::find(&options.results, &Variant::new(&options.input.variant), root)?;
    limits::check_found_files(&found, &options.input.limits)?;
    Ok(found)
}

fn find_base(options: &CheckOptions, root: &AccessRoot) -> Result<Vec<MatchedFile>, Error> {
    let input = &options.read.input;
    let found = files::find(&options.baseline, &Variant::new(&input.variant), root);
    let found = found.map_err(|error| error.for_option("baseline"))?;
    limits::check_found_files(&found, &input.limits)?;
    Ok(found)
}

/// What concerns the run as a whole: the runner's exit code, too few tests.
fn run_level_gaps(
    options: &CheckOptions,
    comparison: &Comparison<'_>,
) -> impl Iterator<Item = Gap> + use<> {
    let (failing, actual) = (comparison.results().failing(), comparison.test_count());
    let exit_gap =
        options.completeness.test_exit_code.and_then(|code| GapKind::from_exit_code(code, failing));
    let required = options.completeness.min_tests.filter(|required| actual < *required);
    let too_few = required.map(|required| GapKind::TooFewTests { required, actual });
    let gap = |kind| Gap { kind, affected: AffectedTests::All, scope: Scope::Run, origin: None };
    exit_gap.into_iter().chain(too_few).map(gap)
}

/// A runner that says that all is well although tests failed would say so of a killed run too.
fn run_level_problems(
    options: &CheckOptions,
    plan: &ReadPlan<'_>,
    comparison: &mut Comparison<'_>,
) {
    let failing = comparison.results().failing();
    if options.completeness.test_exit_code == Some(0)
        && failing > 0
        && let Some(file) = plan.run.files.first()
    {
        let kind = ResultsProblem::ExitCodeZero { failing }.into();
        comparison.add_problem(Problem::new(&file.path, 0, 0, kind));
    }
}

/// What fails because of infrastructure.
pub(crate) fn infrastructure(options: &CheckOptions) -> Infrastructure {
    Infrastructure {
        patterns: options.completeness.infra.clone(),
        limit: options.completeness.max_infra,
    }
}

/// The present day, in UTC.
pub(crate) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn print_report(options: &CheckOptions, rendered: &RenderedReport<'_>) {
    let default = if is_inside_actions() { CheckOutput::Github } else { CheckOutput::Text };
    match options.output.unwrap_or(default) {
        CheckOutput::Text => print_text(&rendered.text()),
        CheckOutput::Json => print_with(|to| rendered.write_json(to)),
        CheckOutput::Markdown => print_text(&rendered.summary()),
        CheckOutput::Github => {
            print_neutralized(&rendered.text().to_string());
            print(&rendered.workflow_commands());
        }
    }
}
