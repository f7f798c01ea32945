//! `knownfail why TEST`: the row that claims it, the rows that would, and what the results said.

use super::folds::Everything;
use super::plan::Plan;
use super::{check, print_text, read};
use crate::cli::WhyOptions;
use crate::compare::Keep;
use crate::error::Error;
use crate::files::Root;
use crate::known::{Expected, KnownFailures, Row};
use crate::model::{Gap, Outcome, ProblemKind, Sink, TestResult, Variant};
use crate::render::plain;
use crate::report::{nearest_rows, proposed_row, words};
use std::fmt::Write;

/// How many of the nearest rows are shown.
const NEAREST: usize = 3;

/// Runs the command.
pub fn run(options: &WhyOptions) -> Result<u8, Error> {
    let known = check::read_documents(&options.read, &Root::Anywhere)?;
    let mut text = format!("{}\n", plain::line(&options.test));
    let variant = Variant::new(&options.read.how.variant);
    let is_claimed = claims(&known, &options.test, &variant, &mut text);
    if options.read.results.is_empty() {
        if !is_claimed {
            paste(&known, &options.test, None, &mut text);
        }
    } else {
        let found = check::find_results(&options.read, &Root::Anywhere)?;
        let plan = Plan::new(known, &found, &[], Keep::Noteworthy, &options.read)?;
        let mut said = Said { test: &options.test, results: Vec::new() };
        read::read_into(&plan.sources, &mut Everything(&mut said));
        let failed = said.results.iter().find(|result| result.outcome.is_failing());
        let told = failed.or(said.results.first()).map(|it| (it.outcome, it.message.as_str()));
        if !is_claimed {
            paste(&plan.run.known, &options.test, told, &mut text);
        }
        results(&plan.run, &options.test, &said.results, &mut text);
    }
    print_text(&text);
    Ok(0)
}

/// Says which rows match, or else which are near; whether there are any that match.
fn claims(known: &KnownFailures, test: &str, variant: &Variant, text: &mut String) -> bool {
    let matching = known.matching(test, variant);
    for (place, id) in matching.iter().enumerate() {
        let verb = if place == 0 { "claimed by" } else { "then by   " };
        row(verb, known.row(*id), text);
    }
    if matching.is_empty() {
        let _ = writeln!(text, "  no row claims it");
        for near in nearest_rows(known, test, NEAREST) {
            row("nearest   ", &known.rows()[near], text);
        }
    }
    !matching.is_empty()
}

/// The row that would claim the test, as it can be pasted.
fn paste(known: &KnownFailures, test: &str, said: Option<(Outcome, &str)>, text: &mut String) {
    let new = proposed_row(known, test, said);
    let Some((file, line, row)) = known.proposed(&new) else { return };
    let at = if line == 0 {
        plain::line(&file).into_owned()
    } else {
        format!("{}:{line}", plain::line(&file))
    };
    let _ = writeln!(text, "  a row for it, below {at}:");
    let _ = writeln!(text, "{}", plain::line(&row));
}

fn row(verb: &str, row: &Row, text: &mut String) {
    let pattern = plain::line(row.pattern.as_str());
    let _ = writeln!(text, "  {verb} {}:{}  {pattern}", plain::line(&row.file), row.line);
    let section = row.section.join(" › ");
    for (name, cell) in [
        ("section", section.as_str()),
        ("category", &row.category),
        ("reason", &row.reason),
        ("issue", &row.issue),
        ("excuses", &excuses(row)),
        ("variants", &words::scope(&row.variants)),
    ] {
        if !cell.is_empty() {
            let _ = writeln!(text, "      {name:8}  {}", plain::line(cell));
        }
    }
}

/// What a row excuses, where it is not any failure.
fn excuses(row: &Row) -> String {
    match row.expected {
        Expected::AnyFailure => String::new(),
        Expected::Failure { .. } | Expected::Flaky | Expected::Skip => {
            words::expected(&row.expected)
        }
    }
}

fn results(run: &crate::compare::Run, test: &str, results: &[OneResult], text: &mut String) {
    if results.is_empty() {
        let _ = writeln!(text, "  no result of this name");
    }
    for result in results {
        let file = run.files.get(result.file as usize);
        let variant = file.map(|file| &run.variants[file.variant as usize]);
        let variant = variant.filter(|variant| !variant.as_str().is_empty());
        let path = file.map_or("", |file| &file.path);
        let outcome = words::outcome(result.outcome);
        let _ = write!(text, "  {outcome}");
        if let Some(variant) = variant {
            let claim = run.known.claim(test, variant).map(|claim| run.known.row(claim.row));
            let by = claim.map_or("no row".to_owned(), |row| {
                format!("{}:{}", plain::line(&row.file), row.line)
            });
            let _ = write!(text, " in {}, claimed by {by}", plain::line(variant.as_str()));
        }
        let _ = writeln!(text, "  {path}:{}", result.line);
        for line in plain::lines(&result.message).take(10) {
            let _ = writeln!(text, "      {line}");
        }
    }
}

/// The results of one test.
struct Said<'t> {
    test: &'t str,
    results: Vec<OneResult>,
}

struct OneResult {
    outcome: Outcome,
    message: String,
    file: u32,
    line: u32,
}

impl Sink for Said<'_> {
    fn result(&mut self, result: TestResult<'_>) {
        if result.name == self.test {
            self.results.push(OneResult {
                outcome: result.outcome,
                message: result.message.into_owned(),
                file: result.origin.file,
                line: result.origin.line,
            });
        }
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
