//! `knownfail why TEST`: the row that claims the test, other rows that match it, and its results.

use super::console::{eprint_list_kinds, print_text};
use crate::cli::{CheckOptions, WhyOptions};
use crate::compare::{NameMatcher, RunContext};
use crate::error::Error;
use crate::files::AccessRoot;
use crate::ingest::inputs::Inputs;
use crate::ingest::limits::ensure_match_budget;
use crate::ingest::lists;
use crate::ingest::plan::ReadPlan;
use crate::ingest::reader;
use crate::ingest::sinks::SharedSink;
use crate::known::{Expected, KnownFailures, Row, RowId, edit};
use crate::model::{Gap, Outcome, ProblemKind, Sink, TestResult, Variant};
use crate::render::terminal::{Color, render_hints};
use crate::report::{HintLine, messages, nearest_rows, proposed_row};
use crate::sanitize;
use std::fmt::Write;

/// Maximum number of nearest rows that are shown.
const MAX_NEAREST: usize = 3;

pub(super) fn run(options: &WhyOptions) -> Result<u8, Error> {
    let root = &AccessRoot::Unrestricted;
    let options = &WhyOptions { read: lists::expand(&options.read)?, ..options.clone() };
    let known = lists::read(&options.read.known_failures, options.read.list.list_format, root)?;
    eprint_list_kinds(&known);
    let (test, variant) = (&options.test, Variant::new(&options.read.input.variant));
    let matching = known.matching(test, &variant);
    let other_variants = known.matching_other_variants(test, &variant);
    ensure_match_budget(&known)?;
    let is_claimed = !matching.is_empty() || !other_variants.is_empty();
    let suggestion = |result| {
        if is_claimed { String::new() } else { suggested_row(&known, test, result) }
    };
    let claims = format_claims(&known, test, &matching, &other_variants);
    let head = format!("{}\n{claims}", sanitize::single_line(test));
    let rest = if options.read.results.is_empty() {
        suggestion(None) + &related_rows(&known, test, &variant)
    } else {
        let check = CheckOptions { read: options.read.clone(), ..CheckOptions::default() };
        let plan = ReadPlan::new(&Inputs::find(&check, root)?, &known)?;
        let rows = matching.iter().chain(&other_variants).copied();
        let related = NameMatcher::new(&known, rows);
        let mut results_of_test =
            ResultsOfTest { test, run: &plan.run, related, results: Vec::new() };
        reader::read_into(&plan.sources, &mut SharedSink(&mut results_of_test));
        let ResultsOfTest { results, related, .. } = results_of_test;
        let failed = results.iter().find(|result| result.outcome.is_failing());
        let example = failed.or(results.first());
        let example = example.map(|result| (result.outcome, result.message.as_str()));
        let hints = match (is_claimed, results.is_empty()) {
            (false, _) => related_rows(&known, test, &variant),
            (true, true) => format_hints(&known, related),
            (true, false) => String::new(),
        };
        suggestion(example) + &format_results(&plan.run, test, &results) + &hints
    };
    print_text(&(head + &rest));
    Ok(0)
}

/// The rows that match, in this variant and in others, or else the nearest ones.
fn format_claims(
    known: &KnownFailures,
    test: &str,
    matching: &[RowId],
    other_variants: &[RowId],
) -> String {
    let other_rows = other_variants.iter().map(|id| format_row("elsewhere ", known.row(*id)));
    let other_rows: String = other_rows.collect();
    if let Some((first, others)) = matching.split_first() {
        let others = others.iter().map(|id| format_row("then by   ", known.row(*id)));
        return format_row("claimed by", known.row(*first))
            + &others.collect::<String>()
            + &other_rows;
    }
    if !other_rows.is_empty() {
        return format!(
            "  no row claims it in this variant (--variant), only in others\n{other_rows}"
        );
    }
    let nearest = nearest_rows(known, test, MAX_NEAREST).into_iter();
    let nearest: String =
        nearest.map(|index| format_row("nearest   ", &known.rows()[index])).collect();
    format!("  no row claims it\n{nearest}")
}

/// The rows whose names differ from the test's in form only, if no row claims it.
fn related_rows(known: &KnownFailures, test: &str, variant: &Variant) -> String {
    let active = known.rows_with_ids().filter(|(_, row)| row.inactive.is_none());
    if known.claim(test, variant).is_some() {
        return String::new();
    }
    let mut related = NameMatcher::new(known, active.map(|(id, _)| id));
    related.add(test, variant);
    format_hints(known, related)
}

fn format_hints(known: &KnownFailures, related: NameMatcher<'_>) -> String {
    // Which other rows claim tests does not matter for one test.
    let hints = related.finish(0);
    let lines: Vec<HintLine> = hints.iter().filter_map(|hint| HintLine::new(hint, known)).collect();
    render_hints(&lines, Color::Never)
}

/// A row that would claim the test, to be pasted.
fn suggested_row(known: &KnownFailures, test: &str, result: Option<(Outcome, &str)>) -> String {
    let new = proposed_row(known, test, result);
    let Some((file, line, row)) = edit::preview_row(known, &new) else { return String::new() };
    let file = sanitize::single_line(&file);
    let location = if line == 0 { file.into_owned() } else { format!("{file}:{line}") };
    format!("  a row for it, below {location}:\n{}\n", sanitize::single_line(&row))
}

fn format_row(verb: &str, row: &Row) -> String {
    let pattern = sanitize::single_line(row.pattern.as_str());
    let mut text =
        format!("  {verb} {}:{}  {pattern}\n", sanitize::single_line(&row.file), row.line);
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
            let _ = writeln!(text, "      {name:8}  {}", sanitize::single_line(cell));
        }
    }
    text
}

/// What a row excuses; empty for any failure.
fn excuses(row: &Row) -> String {
    match row.expected {
        Expected::AnyFailure => String::new(),
        Expected::Failure { .. } | Expected::Flaky { .. } | Expected::Skip => {
            messages::expected(&row.expected)
        }
    }
}

fn format_results(run: &RunContext<'_>, test: &str, results: &[MatchingResult]) -> String {
    match results {
        [] => "  no result of this name\n".to_owned(),
        results => results.iter().map(|line| format_result(run, test, line)).collect(),
    }
}

/// One result: its outcome, its location, and the start of its message.
fn format_result(run: &RunContext<'_>, test: &str, result: &MatchingResult) -> String {
    let file = run.files.get(result.file as usize);
    let variant = file.map(|file| &run.variants[file.variant as usize]);
    let variant = variant.filter(|variant| !variant.as_str().is_empty());
    let claimed = variant.map(|variant| {
        let claim = run.known.claim(test, variant).map(|claim| run.known.row(claim.row));
        let by = claim.map_or("no row".to_owned(), |row| {
            format!("{}:{}", sanitize::single_line(&row.file), row.line)
        });
        format!(" in {}, claimed by {by}", sanitize::single_line(variant.as_str()))
    });
    let (outcome, claimed) = (messages::outcome(result.outcome), claimed.unwrap_or_default());
    let path = file.map_or("", |file| &file.path);
    let lines = sanitize::lines(&result.message).take(10).map(|line| format!("      {line}\n"));
    format!("  {outcome}{claimed}  {path}:{}\n{}", result.line, lines.collect::<String>())
}

struct ResultsOfTest<'t> {
    test: &'t str,
    run: &'t RunContext<'t>,
    /// The rows that match the test, compared with the tests that no row claims.
    related: NameMatcher<'t>,
    results: Vec<MatchingResult>,
}

struct MatchingResult {
    outcome: Outcome,
    message: String,
    file: u32,
    line: u32,
}

impl Sink for ResultsOfTest<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        if result.name == self.test {
            self.results.push(MatchingResult {
                outcome: result.outcome,
                message: result.message.to_string(),
                file: result.origin.file,
                line: result.origin.line,
            });
            return;
        }
        let file = self.run.files.get(result.origin.file as usize);
        let Some(variant) = file.map(|file| &self.run.variants[usize::from(file.variant)]) else {
            return;
        };
        if self.run.known.claim(&result.name, variant).is_none() {
            self.related.add(&result.name, variant);
        }
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
