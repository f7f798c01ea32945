//! `knownfail check`: compares results with the list, judges the run and reports it.

use super::command_line::add_command;
use super::console::{
    color, eprint, eprint_error, eprint_left_out, eprint_list_kinds, is_inside_actions, print,
    print_neutralized, print_text, print_with,
};
use super::diff_paths::current_diff_paths;
use super::output_files;
use crate::cli::{CheckOptions, CheckOutput};
use crate::compare::{Comparison, ExternalFacts, Facts, ListChange};
use crate::error::{Error, Result};
use crate::files::{self, AccessRoot, TempFile};
use crate::ingest::inputs::{self, Inputs};
use crate::ingest::limits::ensure_match_budget;
use crate::ingest::plan::ReadPlan;
use crate::ingest::{evidence, lists, reader};
use crate::known::{KnownFailures, RowId};
use crate::model::{AffectedTests, ExitCodeFinding, Gap, GapKind, Problem, Scope};
use crate::policy::{Judgement, Reason, judge};
use crate::record::Recorder;
use crate::render::annotations::neutralize_commands;
use crate::render::json::{render_json, write_json};
use crate::render::{Links, RenderedReport};
use crate::report::{
    CurrentOutcomes, Evidence, IssueStates, JudgedList, Report, ReportInput, RowReviews, RowsToAdd,
    RunScope, SourceRoots, messages,
};
use crate::secrets;
use std::collections::BTreeSet;
use std::path::Path;

/// Runs the command; the exit code is the conclusion.
pub(super) fn run(options: &CheckOptions) -> Result<u8> {
    let root = &AccessRoot::Unrestricted;
    let options = &CheckOptions { read: lists::expand(&options.read)?, ..options.clone() };
    let known = lists::read(&options.read.known_failures, options.read.list.list_format, root)?;
    eprint_list_kinds(&known);
    if options.fail_on.contains(Reason::Growth) {
        eprint(&format!("knownfail: warning: {}\n", messages::GROWTH_NEEDS_ACTION));
    }
    let mut run = judge_run(options, root, &known, None)?;
    let record_error = run.record_error.take();
    let sources = SourceRoots::new(std::env::current_dir().ok(), "");
    let list = (&known, JudgedList::OfChange);
    let report = run.into_report(&options.title, list, RunScope::Whole, None, &sources);
    let diffs = current_diff_paths(&options.read.known_failures);
    let links = Links { diffs, ..Links::default() };
    let rendered = RenderedReport { report: &report, links: &links, color: color() };
    let (_, write_result) = output_files::write_files(options, &rendered, root);
    let write_result = write_result.and(record_error.map_or(Ok(()), Err));
    print_report(options, &rendered);
    let exit_code = report.judgement.conclusion.exit_code();
    // The process ends soon: freeing millions of tests one by one takes longer than leaving them.
    std::mem::forget((report, known));
    // A failure stays a failure; a success whose outputs could not be written is an error.
    match (write_result, exit_code) {
        (Err(error), 0) => Err(error),
        (Err(error), code) => {
            eprint_error(&error);
            Ok(code)
        }
        (Ok(()), code) => Ok(code),
    }
}

/// A run, compared with the list and judged.
pub(super) struct JudgedRun {
    pub facts: Facts,
    pub external: ExternalFacts,
    judgement: Judgement,
    evidence: Evidence,
    reviews: RowReviews,
    /// The command that adds rows for its new failures.
    add_command: String,
    /// Why its record could not be written, which does not change the verdict.
    pub record_error: Option<Error>,
}

/// Runs `check` up to the judgement; the caller reports and publishes it. `list` is the effect of the change under
/// test on the list, where that is known.
///
/// # Errors
/// Inputs that cannot be found or read; an output that would replace an input.
pub(super) fn judge_run(
    options: &CheckOptions,
    root: &AccessRoot,
    known: &KnownFailures,
    list: Option<ListChange>,
) -> Result<JudgedRun, Error> {
    let inputs = Inputs::find(options, root)?;
    output_files::ensure_distinct(&inputs)?;
    let evidence = evidence::read(&inputs, known)?;
    eprint_left_out(&evidence);
    let Compared { facts, current, record_error } =
        compare_with_evidence(&inputs, known, &evidence)?;
    let reviews = RowReviews::new(known, &facts, &evidence);
    let external = ExternalFacts {
        flipping: evidence.flipping_tests(&current, &facts, known),
        unconfirmed: reviews.unconfirmed(&facts),
        removed: list.as_ref().map(|list| removed_rows(list, known, &facts)).unwrap_or_default(),
        list,
    };
    ensure_match_budget(known)?;
    let judgement = judge(&facts, &external, &options.fail_on);
    let add_command = add_command(&options.read);
    Ok(JudgedRun { facts, external, judgement, evidence, reviews, add_command, record_error })
}

/// The rows of the list that judges that the change under test removes.
fn removed_rows(list: &ListChange, known: &KnownFailures, facts: &Facts) -> BTreeSet<RowId> {
    let tests = facts.tests.iter();
    list.removed_from(known, tests.filter_map(|test| Some((test.row?, &*test.name, &test.variant))))
}

impl JudgedRun {
    /// The report of the run. `issues` are the states of the issues that rows name, where they were looked up.
    pub(super) fn into_report(
        self,
        title: &str,
        (known, judged_list): (&KnownFailures, JudgedList),
        run_scope: RunScope,
        issues: Option<&IssueStates>,
        sources: &SourceRoots,
    ) -> Report {
        let rows_to_add = RowsToAdd::new(known, &self.facts);
        Report::new(ReportInput {
            title,
            run_scope,
            judged_list,
            facts: self.facts,
            external: &self.external,
            judgement: self.judgement,
            known,
            evidence: &self.evidence,
            reviews: self.reviews,
            issues,
            sources,
            rows_to_add,
            add_command: self.add_command,
        })
    }
}

/// The facts of a run, and why its record could not be written.
pub(super) struct Compared {
    pub facts: Facts,
    current: CurrentOutcomes,
    record_error: Option<Error>,
}

/// Reads the results, the base run included, and compares them with the list.
pub(super) fn compare(inputs: &Inputs<'_>, known: &KnownFailures) -> Result<Compared, Error> {
    compare_with_evidence(inputs, known, &Evidence::default())
}

fn compare_with_evidence(
    inputs: &Inputs<'_>,
    known: &KnownFailures,
    evidence: &Evidence,
) -> Result<Compared, Error> {
    let options = inputs.options;
    let plan = ReadPlan::new(inputs, known)?;
    let path = options.record.as_deref();
    let record = path.map(|path| RecordWriter::new(path, &plan, inputs)).transpose();
    let recorder = record.as_ref().ok().and_then(|record| record.as_ref());
    let recorder = recorder.map(|record| &record.recorder);
    let mut comparison = reader::read(&plan, recorder)?;
    for gap in plan.gaps.iter().cloned().chain(run_gaps(options, &comparison)) {
        recorder.iter().for_each(|recorder| recorder.add_gap(&gap));
        comparison.add_gap(gap);
    }
    if let Some(problem) = exit_code_problem(options, &plan, &comparison) {
        recorder.iter().for_each(|recorder| recorder.add_problem(&problem));
        comparison.add_problem(problem);
    }
    let duplicate_names = reader::find_duplicate_names(&comparison, &plan);
    let base = plan.base.as_ref();
    let base = base.map(|base| reader::read_base_run(&comparison, &plan, base)).transpose()?;
    let current = evidence.current_outcomes(&comparison);
    let facts = comparison.into_facts(inputs::today(), duplicate_names, base);
    ensure_match_budget(known)?;
    // Written last: it may replace a file that was read.
    let written = record.and_then(|record| record.map_or(Ok(()), |record| record.finish(inputs)));
    Ok(Compared { facts, current, record_error: written.err() })
}

/// Writes the record of a run.
struct RecordWriter<'p> {
    path: &'p Path,
    recorder: Recorder,
    /// The recorder's; removed when dropped.
    _temp_file: TempFile,
}

impl<'p> RecordWriter<'p> {
    fn new(path: &'p Path, plan: &ReadPlan<'_>, inputs: &Inputs<'_>) -> Result<RecordWriter<'p>> {
        let temp_file = TempFile::create_for(path, inputs.root)?;
        let file = temp_file.file.try_clone();
        let file = file.map_err(|error| files::Error::write(path, error))?;
        let manifest = plan.record_manifest(inputs.options.commit.as_deref());
        let recorder = Recorder::new(manifest, file, secrets::redact);
        Ok(RecordWriter { path, recorder, _temp_file: temp_file })
    }

    fn finish(self, inputs: &Inputs<'_>) -> Result<()> {
        if output_files::is_stdout(self.path, inputs.root) {
            print_with(|to| self.recorder.finish(to));
            return Ok(());
        }
        let written =
            files::write_unredacted(self.path, inputs.root, |to| self.recorder.finish(to));
        Ok(written?)
    }
}

/// The gaps of the whole run: the runner's exit code, too few tests.
fn run_gaps(
    options: &CheckOptions,
    comparison: &Comparison<'_>,
) -> impl Iterator<Item = Gap> + use<> {
    let exit_gap = exit_code_finding(options, comparison).and_then(ExitCodeFinding::gap);
    let actual = comparison.ran_count();
    let required = options.completeness.min_tests.filter(|required| actual < *required);
    let too_few = required.map(|required| GapKind::TooFewTests { required, actual });
    let gap = |kind| Gap { kind, affected: AffectedTests::All, scope: Scope::Run, origin: None };
    exit_gap.into_iter().chain(too_few).map(gap)
}

fn exit_code_finding(
    options: &CheckOptions,
    comparison: &Comparison<'_>,
) -> Option<ExitCodeFinding> {
    let code = options.completeness.test_exit_code?;
    ExitCodeFinding::new(code, comparison.failures())
}

/// The problem of a runner that exits with 0 although tests failed: it would do so if it were killed, too.
fn exit_code_problem(
    options: &CheckOptions,
    plan: &ReadPlan<'_>,
    comparison: &Comparison<'_>,
) -> Option<Problem> {
    let problem = exit_code_finding(options, comparison)?.problem()?;
    Some(Problem::new(&plan.run.files.first()?.path, 0, 0, problem.into()))
}

fn print_report(options: &CheckOptions, rendered: &RenderedReport<'_>) {
    let default = if is_inside_actions() { CheckOutput::Github } else { CheckOutput::Text };
    let output = options.output.unwrap_or(default);
    if output_files::has_stdout_output(options, &AccessRoot::Unrestricted) {
        return eprint(&printed_report(output, rendered));
    }
    match output {
        CheckOutput::Text => print_text(&rendered.text()),
        CheckOutput::Json => print_with(|to| write_json(rendered.report, to)),
        CheckOutput::Markdown => print_text(&rendered.summary()),
        CheckOutput::Github => {
            print_neutralized(&rendered.text().to_string());
            print(&rendered.workflow_commands());
        }
    }
}

/// What is printed as one text, for standard error.
fn printed_report(output: CheckOutput, rendered: &RenderedReport<'_>) -> String {
    let for_people = |text: String| {
        if is_inside_actions() { neutralize_commands(&text) } else { text }
    };
    match output {
        CheckOutput::Text => for_people(rendered.text().to_string()),
        CheckOutput::Json => render_json(rendered.report),
        CheckOutput::Markdown => for_people(rendered.summary()),
        CheckOutput::Github => {
            neutralize_commands(&rendered.text().to_string()) + &rendered.workflow_commands()
        }
    }
}
