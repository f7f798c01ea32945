//! `update` against a second reading: the documents it leaves excuse every failure that they excused before.
//!
//! In: choices that make a document and the results of a few tests in two variants. A newcomer's trap: an edit
//! can make another row the one that claims a test, so that the plan is made again until it is empty, as the
//! command does.

use super::choices::Choices;
use knownfail::compare::{Facts, Fold, Infrastructure, Keep, ResultsFile, Run, Verdict};
use knownfail::known::KnownFailures;
use knownfail::model::{Attempt, Event, Finished, Naming, Outcome, RunBuilder, Variant};
use knownfail::policy::{FailOn, judge};
use knownfail::report::{Edit, Evidence, Report, UpdatePlan};
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

/// A result: the file it came in, the test, what became of it.
type Result = (usize, &'static str, Outcome);

/// A document, results, and what may be edited.
pub fn update(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let allowed = choices.of(&[
        &[Edit::Remove, Edit::Narrow][..],
        &[Edit::Remove],
        &[Edit::Narrow],
        &[Edit::Add],
        &[Edit::Remove, Edit::Narrow, Edit::Add],
    ]);
    let end = choices.of(&["\n", "\r\n"]);
    let document = made(&mut choices, end);
    let results: Vec<Result> = (0..choices.below(12) + 1)
        .map(|_| (choices.below(2), choices.of(&NAMES), choices.of(&OUTCOMES)))
        .collect();
    let edited = updated(&document, &results, allowed);
    let (before, after) = (facts(&document, &results).0, facts(&edited, &results).0);
    let told = || format!("{results:?}\n{document}\nbecame\n{edited}");
    let new = new_failures(&after);
    assert!(new.is_subset(&new_failures(&before)), "{}", told());
    if !allowed.contains(&Edit::Add) {
        assert_eq!(prose(&edited), prose(&document), "{}", told());
    }
    if allowed == [Edit::Remove] {
        let lines: Vec<&str> = document.split('\n').collect();
        let mut left = lines.iter();
        // The last line need not have had an end.
        let edited = edited.strip_suffix('\n').unwrap_or(&edited);
        assert!(edited.split('\n').all(|line| left.any(|other| *other == line)), "{}", told());
    }
}

fn made(choices: &mut Choices<'_>, end: &str) -> String {
    let mut text = format!("| Test | Status | Variants | Reason |{end}|---|---|---|---|{end}");
    let mut width = 4;
    for _ in 0..choices.below(16) {
        let line = match choices.below(3) {
            0 => choices.of(&LINES).to_owned(),
            _ => {
                let (pattern, status) = (choices.of(&PATTERNS), choices.of(&STATUSES));
                let cells = [pattern, status, choices.of(&VARIANTS), "why"];
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
    match choices.below(3) {
        0 => text.trim_end().to_owned(),
        _ => text,
    }
}

/// What the command does, round after round.
fn updated(document: &str, results: &[Result], allowed: &[Edit]) -> String {
    let mut text = document.to_owned();
    let mut tried = BTreeSet::new();
    for _ in 0..50 {
        let (facts, known) = facts(&text, results);
        let evidence = Evidence::default();
        let judgement = judge(&facts, &FailOn::default());
        let report = Report::new("", facts.clone(), judgement, &known, &evidence);
        let plan = UpdatePlan::new(&known, &facts, &report, allowed, &tried);
        if plan.edits.is_empty() {
            return text;
        }
        tried.extend(plan.edits.added.iter().map(|row| row.name.clone()));
        text = known.edited(&plan.edits).remove(0);
    }
    panic!("no end of it: {results:?}\n{document}\nbecame\n{text}");
}

fn facts(document: &str, results: &[Result]) -> (Facts, KnownFailures) {
    let file = |variant: u16| ResultsFile { path: format!("{variant}.txt").into(), variant };
    let run = Run {
        known: KnownFailures::read(&[("K.md".into(), document.to_owned())]),
        files: vec![file(0), file(1)],
        variants: vec![Variant::new("m"), Variant::new("n")],
        keep: Keep::Noteworthy,
        infra: Infrastructure::default(),
    };
    let mut fold = Fold::new(&run);
    for number in 0..2 {
        let mut sink = fold.file(number as u32);
        let mut builder = RunBuilder::new(number as u32, Naming::default(), &mut sink);
        for (line, (file, name, outcome)) in (1..).zip(results) {
            if *file == number {
                builder.event(line, event(name, *outcome));
            }
        }
        builder.finish(0, knownfail::model::End::Whole);
    }
    let facts = fold.end().facts(jiff::civil::date(2030, 1, 1), Vec::new(), None);
    (facts, run.known)
}

fn event(name: &'static str, outcome: Outcome) -> Event<'static> {
    let name = Cow::Borrowed(name);
    match outcome {
        Outcome::Unfinished => Event::Started { name },
        outcome => Event::Finished(Finished {
            name,
            outcome,
            attempt: Attempt::Only,
            message: Cow::Borrowed("x | y"),
            place: None,
        }),
    }
}

/// The names and variants that are red.
fn new_failures(facts: &Facts) -> BTreeSet<(String, Variant)> {
    let new = facts.tests.iter().filter(|test| test.verdict == Verdict::NewFailure);
    new.map(|test| (test.name.to_string(), test.variant.clone())).collect()
}

/// The lines that are no rows.
fn prose(document: &str) -> Vec<String> {
    let known = KnownFailures::read(&[("K.md".into(), document.to_owned())]);
    let rows: BTreeSet<u32> = known.rows().iter().map(|row| row.line).collect();
    let lines = (1..).zip(document.split_inclusive('\n'));
    let prose = lines.filter(|(number, _)| !rows.contains(number));
    prose.map(|(_, line)| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}
