//! `update`, compared with a second reading: the edited documents excuse every failure that the original ones excused.
//!
//! Choices make a document and the results of a few tests in two variants. An edit can change which row claims a test, so planning
//! is repeated until nothing is left to do, as the command does.

use super::choices::Choices;
use knownfail::compare::{
    ComparisonBuilder, Facts, Infrastructure, ResultsFile, Retain, RunContext, Verdict,
};
use knownfail::known::{KnownFailures, edit};
use knownfail::model::{Attempt, Event, Finished, Outcome, ReadConfig, RunBuilder, Variant};
use knownfail::report::{Edit, Evidence, PlanInput, UpdatePlan};
use std::borrow::Cow;
use std::collections::BTreeSet;

const NAMES: [&str; 10] = ["a", "a.b", "a.b.c", "a.c", "b", "b c", "a|b", "a*", "`a`", "re:a"];
const PATTERNS: [&str; 18] = [
    "a", "a.b", "`a.b.c`", "a.*", "*", "b c", r"a\|b", "a.b*", "re:a.*", "*.c", "?", r"a\*",
    "gone", "`a.*`", "**b**", "a.c", "re:(", "",
];
const STATUSES: [&str; 8] = ["", "fail", "error", "crash", "flaky", "skip", "fail: x", "nonsense"];
const VARIANTS: [&str; 5] = ["", "m", "!m", "n", "m, n"];
const LINES: [&str; 12] = [
    "",
    "## Section",
    "prose | with a pipe",
    "<!-- knownfail: compat = loose -->",
    "<!-- a comment -->",
    "> | Test | Reason |",
    "| Test | Reason |\n|---|---|",
    "| Test Name | Category | Reason | Issue |\n| --------- | -------- | ------ | ----- |",
    "| Test | Status | Variants |\n|---|---|---|",
    "```\n| a | in code |\n```",
    "    indented",
    "| Tool | Size |\n|--|--|\n| a | 1 |",
];
const OUTCOMES: [Outcome; 7] = [
    Outcome::Passed,
    Outcome::Passed,
    Outcome::Failed,
    Outcome::Errored,
    Outcome::Crashed,
    Outcome::Skipped,
    Outcome::Unfinished,
];

/// A result: its file, the test, its outcome.
type FileResult = (usize, &'static str, Outcome);

/// A document, results, and what may be edited.
pub(crate) fn update(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let allowed = choices.pick(&[
        &[Edit::Remove, Edit::Narrow][..],
        &[Edit::Remove],
        &[Edit::Narrow],
        &[Edit::Add],
        &[Edit::Remove, Edit::Narrow, Edit::Add],
    ]);
    let end = choices.pick(&["\n", "\r\n"]);
    let document = generate_document(&mut choices, end);
    let results: Vec<FileResult> = (0..choices.next_below(12) + 1)
        .map(|_| (choices.next_below(2), choices.pick(&NAMES), choices.pick(&OUTCOMES)))
        .collect();
    let edited = apply_updates(&document, &results, allowed);
    let (before, after) = (facts(&document, &results).0, facts(&edited, &results).0);
    let context = || format!("{results:?}\n{document}\nbecame\n{edited}");
    let new = new_failures(&after);
    assert!(new.is_subset(&new_failures(&before)), "{}", context());
    if !allowed.contains(&Edit::Add) {
        assert_eq!(non_row_lines(&edited), non_row_lines(&document), "{}", context());
    }
    if allowed == [Edit::Remove] {
        let lines: Vec<&str> = document.split('\n').collect();
        let mut remaining = lines.iter();
        // The last line may have had no line end.
        let edited = edited.strip_suffix('\n').unwrap_or(&edited);
        assert!(
            edited.split('\n').all(|line| remaining.any(|other| *other == line)),
            "{}",
            context()
        );
    }
}

fn generate_document(choices: &mut Choices<'_>, end: &str) -> String {
    let mut text = format!("| Test | Status | Variants | Reason |{end}|---|---|---|---|{end}");
    let mut width = 4;
    for _ in 0..choices.next_below(16) {
        let line = match choices.next_below(3) {
            0 => choices.pick(&LINES).to_owned(),
            _ => {
                let (pattern, status) = (choices.pick(&PATTERNS), choices.pick(&STATUSES));
                let cells = [pattern, status, choices.pick(&VARIANTS), "why"];
                format!("| {} |", cells[..width].join(" | "))
            }
        };
        if line.starts_with("| T") {
            width = line.split('\n').next().unwrap_or("").matches('|').count().clamp(3, 5) - 1;
            text += end;
        }
        text += &line.replace('\n', end);
        text += end;
    }
    match choices.next_below(3) {
        0 => text.trim_end().to_owned(),
        _ => text,
    }
}

/// Runs the command's rounds.
fn apply_updates(document: &str, results: &[FileResult], allowed: &[Edit]) -> String {
    let mut text = document.to_owned();
    for _ in 0..50 {
        let (facts, known) = &facts(&text, results);
        let evidence = &Evidence::default();
        let (plan, edited) =
            UpdatePlan::new(PlanInput { known, facts, evidence, allowed, max_added: usize::MAX });
        let Some(edited) = edited else { return text };
        let lost = edit::lost_rows(known, &plan.edits, &edited);
        text = edited.documents()[0].text.clone();
        assert_eq!(lost, Vec::<String>::new(), "{document}\nbecame\n{text}");
    }
    panic!("no end of it: {results:?}\n{document}\nbecame\n{text}");
}

fn facts(document: &str, results: &[FileResult]) -> (Facts, KnownFailures) {
    let file = |variant: u16| ResultsFile { path: format!("{variant}.txt").into(), variant };
    let known = KnownFailures::read(&[("K.md".into(), document.to_owned())]);
    let run = RunContext {
        known: &known,
        files: vec![file(0), file(1)],
        variants: vec![Variant::new("m"), Variant::new("n")],
        retain: Retain::Notable,
        infra: Infrastructure::default(),
    };
    let mut fold = ComparisonBuilder::new(&run);
    for number in 0..2 {
        let mut sink = fold.file_sink(number as u32);
        let mut builder = RunBuilder::new(number as u32, ReadConfig::default(), &mut sink);
        for (line, (file, name, outcome)) in (1..).zip(results) {
            if *file == number {
                builder.handle(line, event(name, *outcome));
            }
        }
        builder.finish(0, knownfail::model::EndOfInput::Complete);
    }
    let facts = fold.finish().into_facts(jiff::civil::date(2030, 1, 1), Vec::new(), None);
    (facts, known)
}

fn event(name: &'static str, outcome: Outcome) -> Event<'static> {
    let name = Cow::Borrowed(name);
    match outcome {
        Outcome::Unfinished => Event::Started { name },
        outcome => Event::Finished(Finished {
            name,
            outcome,
            attempt: Attempt::Final,
            message: Cow::Borrowed("x | y"),
            location: None,
        }),
    }
}

/// The names and variants that are red.
fn new_failures(facts: &Facts) -> BTreeSet<(String, Variant)> {
    let new = facts.tests.iter().filter(|test| test.verdict == Verdict::NewFailure);
    new.map(|test| (test.name.to_string(), test.variant.clone())).collect()
}

/// The lines that are not rows.
fn non_row_lines(document: &str) -> Vec<String> {
    let known = KnownFailures::read(&[("K.md".into(), document.to_owned())]);
    let rows: BTreeSet<u32> = known.rows().iter().map(|row| row.line).collect();
    let lines = (1..).zip(document.split_inclusive('\n'));
    let prose = lines.filter(|(number, _)| !rows.contains(number));
    prose.map(|(_, line)| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}
