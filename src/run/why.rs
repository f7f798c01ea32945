//! `knownfail why TEST`: the row that claims it, the rows that would, and what the results said.

use super::folds::Everything;
use super::plan::Plan;
use super::{check, print, read};
use crate::cli::WhyOptions;
use crate::compare::Keep;
use crate::error::Error;
use crate::files::Root;
use crate::known::{KnownFailures, Row, escape_cell};
use crate::model::{Gap, Outcome, ProblemKind, Sink, TestResult, Variant};
use crate::render::plain;
use crate::report::{nearest_row, words};
use std::fmt::Write;

/// Runs the command.
pub fn run(options: &WhyOptions) -> Result<u8, Error> {
    let known = check::read_documents(&options.read, &Root::Anywhere)?;
    let mut text = format!("{}\n", plain::line(&options.test));
    let variant = Variant::new(&options.read.variant);
    claims(&known, &options.test, &variant, &mut text);
    if !options.read.results.is_empty() {
        let found = check::find_results(&options.read, &Root::Anywhere)?;
        let plan = Plan::new(known, &found, &[], Keep::Noteworthy, &options.read)?;
        let mut said = Said { test: &options.test, results: Vec::new() };
        read::read_into(&plan.sources, &mut Everything(&mut said));
        results(&plan.run, &said.results, &mut text);
    }
    print(&text);
    Ok(0)
}

fn claims(known: &KnownFailures, test: &str, variant: &Variant, text: &mut String) {
    let matching = known.matching(test, variant);
    for (place, id) in matching.iter().enumerate() {
        let verb = if place == 0 { "claimed by" } else { "then by   " };
        row(verb, known.row(*id), text);
    }
    if matching.is_empty() {
        let _ = writeln!(text, "  no row claims it");
        if let Some(near) = nearest_row(known, test) {
            row("nearest   ", &known.rows()[near], text);
        }
        let _ =
            writeln!(text, "  a row for it: | {} | category | reason | issue |", escape_cell(test));
    }
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
    ] {
        if !cell.is_empty() {
            let _ = writeln!(text, "      {name:8}  {}", plain::line(cell));
        }
    }
}

fn results(run: &crate::compare::Run, results: &[OneResult], text: &mut String) {
    if results.is_empty() {
        let _ = writeln!(text, "  no result of this name");
    }
    for result in results {
        let file = run.files.get(result.file as usize);
        let variant = file.map_or("", |file| run.variants[file.variant as usize].as_str());
        let variant = if variant.is_empty() { String::new() } else { format!(" in {variant}") };
        let path = file.map_or("", |file| &file.path);
        let outcome = words::outcome(result.outcome);
        let _ = writeln!(text, "  {outcome}{variant}  {path}:{}", result.line);
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
