//! Holds `update` against its promises: what becomes of tests is asked of the model, before and after.
//!
//! The edited documents are read by a small reader of the tables that the generator writes, and judged by the model: with the
//! run that they were updated with, and with another one, the next run of the suite.

use super::case::{Case, Cells, Directive, Document, Run, Section};
use super::cases::for_each_case;
use super::files::{self, RUN};
use super::generator::{self, Inputs};
use super::judging::{Workspace, show};
use super::model::Model;
use super::model::claims::{self, Row, Standing};
use super::model::outcomes::TestId;
use super::model::row_status::RowStatus;
use super::model::verdicts::Verdict;
use std::collections::BTreeSet;

/// The edits that are requested together.
const REQUESTS: [&[&str]; 5] = [
    &["--remove", "--narrow", "--add"],
    &["--remove", "--narrow", "--add"],
    &[],
    &["--narrow", "--add"],
    &["--add"],
];

/// An update: a case, the edits that are requested, and the next run.
type UpdateCase = (Case, usize, Run);

/// A list before and after an update.
struct Updated {
    before: Case,
    after: Case,
    /// What the program prints.
    notes: String,
    is_added: bool,
    /// The documents after one update and after another one.
    texts: Vec<String>,
    texts_of_second_call: Vec<String>,
}

fn hold(workspace: &mut Workspace, (case, request, next): &UpdateCase) -> Result<(), String> {
    let requested = REQUESTS[*request];
    let updated = update(workspace, case, requested)?;
    let mut broken = Vec::new();
    let mut promise = |what: &str, kept: Vec<String>| {
        broken.extend(kept.iter().map(|test| format!("{what}: {test}\n")));
    };
    if updated.texts != updated.texts_of_second_call {
        promise("a second call changes this", updated.texts_of_second_call.clone());
    }
    promise("rows of one pattern that contradict", updated.new_duplicates());
    promise("it failed or was skipped, and lost its row", updated.lost_tests());
    promise("the next run is greener", updated.greener_tests(next));
    if requested.contains(&"--add") {
        promise("new, without a row and without a reason", updated.unreported_new_failures());
    }
    if requested != ["--add"] && requested != ["--narrow", "--add"] {
        promise("newly passing, kept without a reason", updated.unreported_passing_rows());
    }
    if broken.is_empty() {
        return Ok(());
    }
    let next = files::results(next, "next").into_iter();
    let next: String = next.map(|(path, text)| format!("--- {path}\n{text}")).collect();
    let (texts, notes) = (updated.texts.join("\n--- next document\n"), updated.notes);
    Err(format!(
        "{}{}{next}--- update {requested:?}\n{texts}\n--- notes\n{notes}",
        broken.concat(),
        show(case)
    ))
}

/// Updates the documents of a case, twice.
fn update(workspace: &mut Workspace, case: &Case, requested: &[&str]) -> Result<Updated, String> {
    let mut arguments = workspace.prepare(case);
    arguments.retain(|argument| is_taken_by_update(argument));
    arguments.insert(0, "update".to_owned());
    arguments.push(files::pattern(&case.run, RUN));
    arguments.extend(requested.iter().map(|edit| (*edit).to_owned()));
    let mut call = || {
        let output = workspace.run(&arguments, &[]);
        let paths = case.documents.iter().map(|document| document.path);
        let texts: Vec<String> = paths.map(|path| workspace.read(path)).collect();
        match output.code {
            0 => Ok((output.stdout, texts)),
            code => Err(format!("exit code {code}: {}{}", output.stderr, show(case))),
        }
    };
    let ((notes, texts), (_, texts_of_second_call)) = (call()?, call()?);
    let documents = case.documents.iter().zip(&texts);
    let documents = documents.map(|(document, text)| read_document(document.path, text)).collect();
    let after = Case { documents, ..case.clone() };
    let is_added = requested.contains(&"--add");
    Ok(Updated { before: case.clone(), after, notes, is_added, texts, texts_of_second_call })
}

/// `update` judges nothing.
fn is_taken_by_update(argument: &str) -> bool {
    let judging = ["--fail-on", "--commit", "--all-tests", "--baseline"];
    !judging.iter().any(|option| argument.starts_with(option))
}

impl Updated {
    /// Rows that another active or duplicate row contradicts and that were not there before.
    fn new_duplicates(&self) -> Vec<String> {
        let duplicates = |case: &Case| -> Vec<String> {
            let rows = claims::rows(case);
            let duplicates = rows.iter().filter(|row| row.standing == Standing::Duplicate);
            duplicates.map(|row| row.pattern.to_owned()).collect()
        };
        let mut known = duplicates(&self.before);
        let mut new = duplicates(&self.after);
        new.retain(|pattern| match known.iter().position(|other| other == pattern) {
            Some(index) => {
                known.remove(index);
                false
            }
            None => true,
        });
        new
    }

    /// Tests that a row claimed and none does now, although they failed or were skipped in this run, or failed in an
    /// earlier one; and known failures that are new now.
    fn lost_tests(&self) -> Vec<String> {
        let (before, after) = (Model::new(&self.before), Model::new(&self.after));
        let is_claimed = |model: &Model<'_>, (name, variant): TestId| {
            claims::claim(&model.rows, name, variant).is_some()
        };
        let needs_row = before.tests_that_need_rows();
        let lost =
            needs_row.iter().filter(|id| is_claimed(&before, **id) && !is_claimed(&after, **id));
        let known = before.verdicts().into_iter().filter(|(_, v)| *v == Verdict::KnownFailure);
        let now = after.verdicts();
        let no_longer_known = known.filter(|(id, _)| now[id] != Verdict::KnownFailure);
        lost.copied().chain(no_longer_known.map(|(id, _)| id)).map(describe).collect()
    }

    /// Tests of the next run that are red with the list before the update and not with the one after it. A test that was
    /// added is a known failure from now on.
    fn greener_tests(&self, next: &Run) -> Vec<String> {
        let with_next = |case: &Case| Case { run: next.clone(), ..case.clone() };
        let (before, after) = (with_next(&self.before), with_next(&self.after));
        let (before, after) = (Model::new(&before).verdicts(), Model::new(&after).verdicts());
        let now = Model::new(&self.before).verdicts().into_iter();
        let new = now.filter(|(_, verdict)| *verdict == Verdict::NewFailure);
        let added: BTreeSet<&str> =
            new.filter(|_| self.is_added).map(|((name, _), _)| name).collect();
        let greener = before.into_iter().filter(|(id, verdict)| {
            redness(after[id]) < redness(*verdict) && !added.contains(id.0)
        });
        greener.map(|(id, _)| describe(id)).collect()
    }

    /// New failures that the notes do not name.
    fn unreported_new_failures(&self) -> Vec<String> {
        let verdicts = Model::new(&self.after).verdicts();
        let new = verdicts.into_iter().filter(|(_, verdict)| *verdict == Verdict::NewFailure);
        let listed = self.notes_below("New failures without a row");
        let names = |name: &str| listed.iter().any(|line| line.contains(name));
        new.map(|(id, _)| id).filter(|id| !names(id.0)).map(describe).collect()
    }

    /// Rows that could be removed and that the notes do not name.
    fn unreported_passing_rows(&self) -> Vec<String> {
        let model = Model::new(&self.after);
        let listed = self.notes_below("Rows with passing tests that were kept");
        let is_listed = |row: &Row| listed.iter().any(|line| line.contains(row.pattern));
        let passing = model.rows.iter().enumerate().filter(|(index, row)| {
            model.statuses[*index] == RowStatus::NewlyPassing && !is_listed(row)
        });
        passing.map(|(_, row)| row.pattern.to_owned()).collect()
    }

    /// The lines below a heading of the notes.
    fn notes_below(&self, heading: &str) -> Vec<&str> {
        let lines = self.notes.lines().skip_while(|line| !line.starts_with(heading)).skip(1);
        lines.take_while(|line| line.starts_with(' ')).collect()
    }
}

fn describe((name, variant): TestId) -> String {
    format!("`{name}` in `{variant}`")
}

/// How red a test makes a run.
fn redness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NewFailure => 3,
        Verdict::Unmeasured => 2,
        Verdict::Flaky => 1,
        Verdict::Passed
        | Verdict::Skipped
        | Verdict::KnownFailure
        | Verdict::NewlyPassing
        | Verdict::Missing => 0,
    }
}

/// Reads a document as the generator writes it and `update` edits it.
fn read_document(path: &'static str, text: &str) -> Document {
    let mut sections = vec![Section { directive: Directive::None, rows: Vec::new() }];
    let mut columns: Option<Vec<String>> = None;
    for line in text.lines() {
        let section = sections.last_mut().expect("there is always one");
        if line.starts_with('#') {
            sections.push(Section { directive: Directive::None, rows: Vec::new() });
            columns = None;
        } else if let Some(directive) = line.strip_prefix("<!-- knownfail: ") {
            section.directive = read_directive(directive.trim_end_matches(" -->"));
        } else if line.is_empty() {
            columns = None;
        } else if let Some(columns) = &columns {
            if !line.starts_with("|-") && !line.starts_with("| -") {
                section.rows.push(read_row(columns, line));
            }
        } else {
            columns = Some(split(line));
        }
    }
    Document { path, sections }
}

fn read_directive(text: &str) -> Directive {
    match text.split_once(" = ") {
        Some(("variants", variants)) => Directive::Variants(leak(variants)),
        Some(("status", status)) => Directive::Status(leak(status)),
        Some(("match", "end")) => Directive::MatchEnd,
        Some(_) | None => Directive::Ignore,
    }
}

fn read_row(columns: &[String], line: &str) -> Cells {
    let cells = split(line);
    let cell = |name: &str| {
        let index = columns.iter().position(|column| column.starts_with(name));
        let text = index.and_then(|index| cells.get(index)).map_or("", String::as_str);
        leak(&text.replace('`', ""))
    };
    Cells {
        pattern: cell("Test"),
        status: cell("Status"),
        variants: cell("Variants"),
        issue: cell("Issue"),
    }
}

/// The cells of a line, with `\|` as `|`.
fn split(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('|').trim_end_matches('|').replace("\\|", "\0");
    line.split('|').map(|cell| cell.trim().replace('\0', "|")).collect()
}

/// The values of a case live as long as the test run.
fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

#[test]
fn update_keeps_its_promises() {
    for_each_case(1, || generator::update_case(Inputs::Run, REQUESTS.len()), hold);
}

#[test]
fn update_with_evidence_keeps_its_promises() {
    for_each_case(10, || generator::update_case(Inputs::Evidence, REQUESTS.len()), hold);
}
