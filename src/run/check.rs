//! The main job: documents and results in, a conclusion and everything that is said of it out.

use super::limits::{self, Used};
use super::{colour, evidence, exit_codes, print, read, tell};
use crate::cli::{CheckOptions, Output, ReadOptions};
use crate::compare::policy::{Judgement, Reason, judge};
use crate::compare::{Comparison, Facts, Keep, Keys, ListChange, ResultsFile, Run};
use crate::error::Error;
use crate::files::{self, Found, Root};
use crate::known::KnownFailures;
use crate::model::{Gap, GapKind, Reach, Variant};
use crate::render::{Links, Publication, annotations, plain};
use crate::report::{Report, words};
use std::path::Path;
use std::sync::Arc;

/// Runs the command.
pub fn run(options: &CheckOptions) -> Result<u8, Error> {
    let known = read_documents(&options.read, &Root::Anywhere)?;
    if options.fail_on.contains(Reason::Growth) {
        tell(&format!("knownfail: warning: {}\n", words::NO_GROWTH));
    }
    let report = report(options, &Root::Anywhere, known, None)?;
    let links = Links::default();
    let publication = Publication::new(&report, &links, colour());
    let written = write_files(options, &publication, &Root::Anywhere);
    print(&printed(options, &publication));
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
    let (error, hint) = (plain::line(&error), plain::line(&hint));
    annotations::harmless(&format!("knownfail: error: {error}\n  hint: {hint}"))
}

/// Judges a run by a list: the whole story but for where its end is told. `list` is what the change
/// under test does to the list, where that is known.
///
/// # Errors
/// When there are no results.
pub fn report(
    options: &CheckOptions,
    root: &Root,
    known: KnownFailures,
    list: Option<ListChange>,
) -> Result<Report, Error> {
    let found = find_results(&options.read, root)?;
    let base = find_base(options, root)?;
    let evidence = evidence::read(&options.evidence, options.runs, root)?;
    let (facts, known) = facts(options, known, &found, &base, root)?;
    let facts = Facts { list, ..facts };
    let judgement: Judgement = judge(&facts, &options.fail_on);
    Ok(Report::new(&options.title, &facts, judgement, &known, &evidence))
}

/// What the results say of the documents; those come back.
///
/// # Errors
/// More variants than can be told apart, or exit codes that cannot be read.
pub fn facts(
    options: &CheckOptions,
    known: KnownFailures,
    found: &[Found],
    base: &[Found],
    root: &Root,
) -> Result<(Facts, KnownFailures), Error> {
    let keep = if options.all_tests { Keep::Everything } else { Keep::Noteworthy };
    let mut plan = Plan::new(known, found, base, keep, &options.read)?;
    if let Some(path) = &options.exit_codes {
        plan.note_exit_codes(&exit_codes::read(path, root)?);
    }
    let mut comparison = read::read(&plan.run, &plan.sources);
    plan.used.check()?;
    note_the_whole_run(options, &mut comparison);
    let repeats = read::repeats(&comparison, &plan.sources);
    let before = read::base(&comparison, &plan.base);
    plan.used_by_base.check()?;
    let facts = comparison.facts(today(), repeats, before);
    Ok((facts, plan.run.known))
}

/// Reads the documents; the first that cannot be read ends the run.
pub fn read_documents(options: &ReadOptions, root: &Root) -> Result<KnownFailures, Error> {
    let read = |path: &std::path::PathBuf| {
        files::read_document(path, root).map(|text| (shown(path), text))
    };
    let documents = options.known_failures.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    Ok(KnownFailures::read(&documents))
}

/// A path as it is shown: relative to the present directory where it lies below, since links and
/// patches need it so; nothing in it can move a cursor.
pub fn shown(path: &Path) -> Arc<str> {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).ok().filter(|below| !below.as_os_str().is_empty());
    crate::render::plain::line(&below.unwrap_or(path).to_string_lossy()).into()
}

/// Finds the results files.
pub fn find_results(options: &ReadOptions, root: &Root) -> Result<Vec<Found>, Error> {
    if options.results.is_empty() {
        return Err(Error::NothingGiven);
    }
    let found = files::find(&options.results, &Variant::new(&options.variant), root)?;
    limits::allow(&found, &options.limits)?;
    Ok(found)
}

fn find_base(options: &CheckOptions, root: &Root) -> Result<Vec<Found>, Error> {
    let found = files::find(&options.baseline, &Variant::new(&options.read.variant), root)?;
    limits::allow(&found, &options.read.limits)?;
    Ok(found)
}

/// What is read: files and variants with their numbers.
pub struct Plan {
    pub run: Run,
    /// By number.
    pub sources: Vec<read::Source>,
    /// The base run's files; empty without one.
    pub base: Vec<(ResultsFile, read::Source)>,
    used: Arc<Used>,
    used_by_base: Arc<Used>,
}

impl Plan {
    /// Numbers files and variants, and says how each file is read.
    ///
    /// # Errors
    /// More variants than can be numbered.
    pub fn new(
        known: KnownFailures,
        found: &[Found],
        base: &[Found],
        keep: Keep,
        options: &ReadOptions,
    ) -> Result<Plan, Error> {
        let both = found.iter().chain(base);
        let mut variants: Vec<Variant> = both.map(|file| file.variant.clone()).collect();
        variants.sort_unstable();
        variants.dedup();
        let (used, used_by_base) = (Used::none(options.limits), Used::none(options.limits));
        let numbered = |file: &Found, used: &Arc<Used>| {
            let index = variants.binary_search(&file.variant).unwrap_or_default();
            let count = variants.len();
            let variant = u16::try_from(index).map_err(|_| Error::TooManyVariants { count })?;
            let path = crate::render::plain::line(&file.path.to_string_lossy()).into();
            let source = read::Source::new(file, options, used);
            Ok::<_, Error>((ResultsFile { path, variant }, source))
        };
        let base = base
            .iter()
            .map(|file| numbered(file, &used_by_base))
            .collect::<Result<Vec<_>, Error>>()?;
        let files =
            found.iter().map(|file| numbered(file, &used)).collect::<Result<Vec<_>, Error>>()?;
        let (files, sources) = files.into_iter().unzip();
        let run = Run { known, files, variants, keys: Keys::random(), keep };
        Ok(Plan { run, sources, base, used, used_by_base })
    }

    /// Gives each file the exit code of its runner.
    fn note_exit_codes(&mut self, codes: &exit_codes::ExitCodes) {
        for source in &mut self.sources {
            source.note_exit_code(codes);
        }
    }
}

/// What concerns the run as a whole: the runner's exit code, too few tests.
fn note_the_whole_run(options: &CheckOptions, comparison: &mut Comparison<'_>) {
    let (failing, came) = (comparison.results().failing(), comparison.tests());
    let mut gap = |kind| comparison.gap(Gap { kind, reach: Reach::Any, suite: None, origin: None });
    if let Some(kind) = options.test_exit_code.and_then(|code| GapKind::of_exit_code(code, failing))
    {
        gap(kind);
    }
    if let Some(wanted) = options.min_tests.filter(|wanted| came < *wanted) {
        gap(GapKind::TooFew { wanted, came });
    }
}

fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Writes the files that were asked for.
pub fn write_files(
    options: &CheckOptions,
    publication: &Publication<'_>,
    root: &Root,
) -> Result<(), Error> {
    type Rendered<'r> = fn(&Publication<'r>) -> String;
    let files: [(Option<&Path>, Rendered<'_>); 4] = [
        (options.json.as_deref(), Publication::json),
        (options.patch.as_deref(), Publication::patch),
        (options.markdown.as_deref(), Publication::summary),
        (options.junit.as_deref(), Publication::junit),
    ];
    let mut written = Ok(());
    for (path, rendered) in files {
        if let Some(path) = path {
            written = written.and(files::write(path, &rendered(publication), root));
        }
    }
    written
}

fn printed(options: &CheckOptions, publication: &Publication<'_>) -> String {
    let inside_actions = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let default = if inside_actions { Output::Github } else { Output::Text };
    match options.output.unwrap_or(default) {
        Output::Text => publication.text(),
        Output::Json => publication.json(),
        Output::Markdown => publication.summary(),
        Output::Github => annotations::harmless(&publication.text()) + &publication.commands(),
    }
}
