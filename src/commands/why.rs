//! `knownfail why TEST`: the row that claims it, the rows that would, and what the results said.

use super::{check, print_text};
use crate::cli::WhyOptions;
use crate::compare::Keep;
use crate::error::Error;
use crate::files::Root;
use crate::ingest::plan::Plan;
use crate::ingest::reader;
use crate::ingest::sinks::Everything;
use crate::known::{Expected, KnownFailures, Row, RowId};
use crate::model::{Gap, Outcome, ProblemKind, Sink, TestResult, Variant};
use crate::report::{messages, nearest_rows, proposed_row};
use crate::sanitize;
use std::fmt::Write;

/// How many of the nearest rows are shown.
const NEAREST: usize = 3;

/// Runs the command.
pub fn run(options: &WhyOptions) -> Result<u8, Error> {
    let known = check::read_documents(&options.read, &Root::Anywhere)?;
    let (test, variant) = (&options.test, Variant::new(&options.read.how.variant));
    let matching = known.matching(test, &variant);
    let elsewhere = known.matching_elsewhere(test, &variant);
    let is_claimed = !matching.is_empty() || !elsewhere.is_empty();
    let proposed = |known: &KnownFailures, said| {
        if is_claimed { String::new() } else { paste(known, test, said) }
    };
    let head = format!("{}\n{}", sanitize::line(test), claims(&known, test, &matching, &elsewhere));
    let rest = if options.read.results.is_empty() {
        proposed(&known, None)
    } else {
        let found = check::find_results(&options.read, &Root::Anywhere)?;
        let plan = Plan::new(known, &found, &[], Keep::Noteworthy, &options.read)?;
        let mut said = Said { test, results: Vec::new() };
        reader::read_into(&plan.sources, &mut Everything(&mut said));
        let failed = said.results.iter().find(|result| result.outcome.is_failing());
        let told = failed.or(said.results.first()).map(|it| (it.outcome, it.message.as_str()));
        proposed(&plan.run.known, told) + &results(&plan.run, test, &said.results)
    };
    print_text(&(head + &rest));
    Ok(0)
}

/// Which rows match, here and in other variants, or else which are near.
fn claims(known: &KnownFailures, test: &str, matching: &[RowId], elsewhere: &[RowId]) -> String {
    let elsewhere = elsewhere.iter().map(|id| row("elsewhere ", known.row(*id)));
    let elsewhere: String = elsewhere.collect();
    if let Some((first, others)) = matching.split_first() {
        let others = others.iter().map(|id| row("then by   ", known.row(*id)));
        return row("claimed by", known.row(*first)) + &others.collect::<String>() + &elsewhere;
    }
    if !elsewhere.is_empty() {
        return format!(
            "  no row claims it in this variant (--variant), only in others\n{elsewhere}"
        );
    }
    let near = nearest_rows(known, test, NEAREST).into_iter();
    let near: String = near.map(|near| row("nearest   ", &known.rows()[near])).collect();
    format!("  no row claims it\n{near}")
}

/// The row that would claim the test, as it can be pasted.
fn paste(known: &KnownFailures, test: &str, said: Option<(Outcome, &str)>) -> String {
    let new = proposed_row(known, test, said);
    let Some((file, line, row)) = known.proposed(&new) else { return String::new() };
    let file = sanitize::line(&file);
    let at = if line == 0 { file.into_owned() } else { format!("{file}:{line}") };
    format!("  a row for it, below {at}:\n{}\n", sanitize::line(&row))
}

fn row(verb: &str, row: &Row) -> String {
    let pattern = sanitize::line(row.pattern.as_str());
    let mut text = format!("  {verb} {}:{}  {pattern}\n", sanitize::line(&row.file), row.line);
    let section = row.section.join(" › ");
    for (name, cell) in [
        ("section", section.as_str()),
        ("category", &row.category),
        ("reason", &row.reason),
        ("issue", &row.issue),
        ("excuses", &excuses(row)),
        ("variants", &messages::scope(&row.variants)),
    ] {
        if !cell.is_empty() {
            let _ = writeln!(text, "      {name:8}  {}", sanitize::line(cell));
        }
    }
    text
}

/// What a row excuses, where it is not any failure.
fn excuses(row: &Row) -> String {
    match row.expected {
        Expected::AnyFailure => String::new(),
        Expected::Failure { .. } | Expected::Flaky | Expected::Skip => {
            messages::expected(&row.expected)
        }
    }
}

fn results(run: &crate::compare::Run, test: &str, results: &[OneResult]) -> String {
    match results {
        [] => "  no result of this name\n".to_owned(),
        results => results.iter().map(|it| result(run, test, it)).collect(),
    }
}

/// One result: its outcome, where it stands, and how its message begins.
fn result(run: &crate::compare::Run, test: &str, result: &OneResult) -> String {
    let file = run.files.get(result.file as usize);
    let variant = file.map(|file| &run.variants[file.variant as usize]);
    let variant = variant.filter(|variant| !variant.as_str().is_empty());
    let claimed = variant.map(|variant| {
        let claim = run.known.claim(test, variant).map(|claim| run.known.row(claim.row));
        let by = claim.map_or("no row".to_owned(), |row| {
            format!("{}:{}", sanitize::line(&row.file), row.line)
        });
        format!(" in {}, claimed by {by}", sanitize::line(variant.as_str()))
    });
    let (outcome, claimed) = (messages::outcome(result.outcome), claimed.unwrap_or_default());
    let path = file.map_or("", |file| &file.path);
    let lines = sanitize::lines(&result.message).take(10).map(|line| format!("      {line}\n"));
    format!("  {outcome}{claimed}  {path}:{}\n{}", result.line, lines.collect::<String>())
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
    fn result(&mut self, result: &TestResult<'_>) {
        if result.name == self.test {
            self.results.push(OneResult {
                outcome: result.outcome,
                message: result.message.to_string(),
                file: result.origin.file,
                line: result.origin.line,
            });
        }
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
