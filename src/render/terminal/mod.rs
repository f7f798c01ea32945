//! The report for a person at a terminal: the verdict first, the counts last.
//!
//! In: a report and whether to colour. Out: text in which nothing from outside can move the cursor.

pub(crate) mod diff;
pub(crate) mod excerpt;
pub(crate) mod history;

use crate::model::Severity;
use crate::report::{
    ChangeLine, Conclusion, Failure, LeftLine, ProblemLine, Reason, Report, RowLine, RowStatus,
    Sentence, TestLine, Verdict, messages,
};
use crate::sanitize;
use diff::render_changes;
use std::fmt::{self, Write};

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Never,
    Always,
}

/// How a word stands out.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Bad,
    Good,
    Odd,
    Faint,
    Strong,
}

/// Lines of a message that are shown under a failure.
const MESSAGE_LINES: usize = 3;

/// Names that are listed below a row; all of them stand in the JSON report.
const NAMES: usize = 5;

/// The report as text. It comes piece by piece: of many failures it is long.
pub struct Text<'r> {
    pub report: &'r Report,
    pub colour: Colour,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let mut terminal = Terminal::new(to, self.colour);
        terminal.verdict(report);
        terminal.failures(report, "New failures", &report.new_failures);
        let missing = report.missing.iter().map(|test| (&test.name, &test.variant));
        terminal.names("Missing: the base run had them", missing);
        terminal.failures(report, "Flaky: failed, then passed", &report.flaky);
        terminal.flips(report);
        terminal.shrunk(report);
        terminal.rows(messages::newly_passing(report.reach), report.rows_that_can_go());
        terminal.rows(messages::IN_DOUBT, report.rows_in_doubt());
        terminal.rows(messages::CLOSED_GAPS, report.closed_gaps());
        let fixed = report.fixed.iter().map(|(name, variant)| (name, variant));
        terminal.names("Fixed: they failed in the base run", fixed);
        let mixed = report.rows_that_are(RowStatus::Mixed);
        terminal.rows("Rows that cover tests that do not fail", mixed);
        let flaky = report.rows.iter().filter(|row| row.is_flaky && row.record.is_some());
        terminal.rows(messages::FLAKY_ROWS, flaky);
        terminal.loose_rows(report);
        terminal.unmatched(report);
        terminal.differences(report);
        terminal.not_measured(report);
        terminal.signed_off(report);
        terminal.problems(report);
        terminal.list(report);
        let counts = messages::counts(report);
        terminal.line(&format!("\n{counts}"));
        terminal.written
    }
}

/// What is said of rows and tests beside what an update did to them.
pub struct UpdateLines<'a> {
    /// What earlier runs say of rows that left.
    pub evidence: &'a [LeftLine],
    /// Rows that stay although tests of them pass.
    pub stays: &'a [LeftLine],
    /// New failures without a row.
    pub not_added: &'a [LeftLine],
}

/// What an update did to the documents, and what it left.
pub fn render_update(
    changes: &[ChangeLine],
    lines: &UpdateLines<'_>,
    report: &Report,
    colour: Colour,
) -> String {
    let mut text = render_changes(changes, colour);
    let mut terminal = Terminal::new(&mut text, colour);
    terminal.left(messages::EVIDENCE, lines.evidence);
    terminal.left(messages::STAY, lines.stays);
    terminal.left(messages::NOT_ADDED, lines.not_added);
    terminal.not_measured(report);
    text
}

/// A problem as `file:line:column: severity: message [code]`.
pub fn render_problem(problem: &ProblemLine, colour: Colour) -> String {
    let mut text = String::new();
    Terminal::new(&mut text, colour).problem(problem);
    text
}

struct Terminal<'t> {
    to: &'t mut dyn Write,
    /// Whether all of it was taken until now.
    written: fmt::Result,
    colour: Colour,
}

impl<'t> Terminal<'t> {
    fn new(to: &'t mut dyn Write, colour: Colour) -> Terminal<'t> {
        Terminal { to, written: Ok(()), colour }
    }

    fn line(&mut self, line: &str) {
        self.joined(&[line]);
    }

    /// A line of these parts.
    fn joined(&mut self, parts: &[&str]) {
        for part in parts.iter().chain(&["\n"]) {
            self.written = self.written.and_then(|()| self.to.write_str(part));
        }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        styled(self.colour, style, text)
    }

    fn verdict(&mut self, report: &Report) {
        let conclusion = report.judgement.conclusion;
        let style = match conclusion {
            Conclusion::Success => Style::Good,
            Conclusion::Failure => Style::Bad,
            Conclusion::Inconclusive => Style::Odd,
        };
        let word = self.styled(style, messages::conclusion(conclusion));
        let title = match report.title.is_empty() {
            true => String::new(),
            false => format!("{}: ", sanitize::line(&report.title)),
        };
        self.line(&format!("{title}{word}: {}", plain_sentence(&report.headline)));
    }

    fn heading(&mut self, heading: &str) {
        let heading = self.styled(Style::Strong, heading);
        self.line(&format!("\n{heading}"));
    }

    fn failures(&mut self, report: &Report, heading: &str, failures: &[Failure]) {
        if failures.is_empty() {
            return;
        }
        self.heading(heading);
        for failure in failures {
            let tests: Vec<&TestLine> = failure.tests.iter().map(|i| &report.tests[*i]).collect();
            self.failure(report, &failure.name, &tests);
        }
    }

    fn names<'n>(&mut self, heading: &str, tests: impl Iterator<Item = (&'n String, &'n String)>) {
        let mut tests = tests.peekable();
        if tests.peek().is_some() {
            self.heading(heading);
        }
        for (name, variant) in tests {
            self.line(&format!("  {}{}", sanitize::line(name), in_variant(variant)));
        }
    }

    fn failure(&mut self, report: &Report, name: &str, tests: &[&TestLine]) {
        let first = tests.first().map(|test| test.outcome);
        let common = first.filter(|first| {
            let variants = report.variants.len();
            variants > 1 && tests.len() == variants && tests.iter().all(|t| t.outcome == *first)
        });
        let said: Vec<String> = match common {
            Some(outcome) => vec![messages::in_all_variants(outcome, tests.len())],
            None => tests.iter().map(|test| outcome_in(test)).collect(),
        };
        let outcome = self.styled(Style::Bad, &said.join(", "));
        self.joined(&["  ", &sanitize::line(name), "  ", &outcome]);
        for remark in tests.iter().flat_map(|test| &test.remarks).take(1) {
            self.line(&format!("      {}", plain_sentence(remark)));
        }
        let Some(test) = tests.iter().find(|test| !test.message.is_empty()).or(tests.first())
        else {
            return;
        };
        let mut lines = sanitize::lines(&test.message);
        for line in lines.by_ref().take(MESSAGE_LINES) {
            self.joined(&["      ", &sanitize::shortened(&line, 200)]);
        }
        if lines.next().is_some() {
            self.line("      …");
        }
        let place = place(test);
        let place = self.styled(Style::Faint, &place);
        self.joined(&["      ", &place]);
    }

    fn rows<'r>(&mut self, heading: &str, rows: impl Iterator<Item = &'r RowLine>) {
        let rows: Vec<&RowLine> = rows.collect();
        if rows.is_empty() {
            return;
        }
        self.heading(heading);
        let width = rows.iter().map(|row| at(&row.file, row.line).len()).max().unwrap_or(0);
        for row in rows {
            let at = format!("{:width$}", at(&row.file, row.line));
            let counts = self.styled(Style::Faint, &messages::row_counts(row));
            self.line(&format!("  {at}  {}  {counts}", sanitize::line(&row.pattern)));
            if let Some(by_variant) = messages::by_variant(row) {
                let said = self.styled(Style::Faint, &sanitize::line(&by_variant));
                self.line(&format!("      {said}"));
            }
            self.named(messages::EXACT_ROWS, &row.narrowed);
        }
    }

    /// Rows without tests: all of them where that is red, else those with a hint and a few more.
    fn unmatched(&mut self, report: &Report) {
        let mut rows: Vec<&RowLine> = report.unmatched().collect();
        if rows.is_empty() {
            return;
        }
        let hints = rows.iter().filter(|row| row.near.is_some()).count();
        let shown = match report.judgement.reasons.contains(&Reason::Unmatched) {
            true => rows.len(),
            false => rows.len().min(hints.max(NAMES)),
        };
        if shown < rows.len() {
            rows.sort_by_key(|row| row.near.is_none());
        }
        self.heading("Rows that match no test");
        for row in &rows[..shown] {
            self.line(&format!("  {}  {}", at(&row.file, row.line), sanitize::line(&row.pattern)));
            self.hint(row);
        }
        if shown < rows.len() {
            self.line(&format!("  {}", messages::more(rows.len() - shown)));
        }
    }

    /// What a row without tests may have meant.
    fn hint(&mut self, row: &RowLine) {
        if let Some(near) = &row.near {
            self.line(&format!("      {}", messages::did_you_mean(&sanitize::line(near))));
        }
    }

    /// The rows that reach further than their pattern says, with the names.
    fn loose_rows(&mut self, report: &Report) {
        let mut rows = report.rows.iter().filter(|row| !row.loosely.is_empty()).peekable();
        if rows.peek().is_some() {
            self.heading(messages::LOOSELY);
        }
        for row in rows {
            self.line(&format!("  {}  {}", at(&row.file, row.line), sanitize::line(&row.pattern)));
            self.named(messages::ONLY_LOOSELY, &row.loosely);
        }
    }

    /// Names below what is said of them, the first ones.
    fn named(&mut self, said: &str, names: &[String]) {
        if names.is_empty() {
            return;
        }
        self.line(&format!("      {said}"));
        for name in names.iter().take(NAMES) {
            self.line(&format!("        {}", sanitize::line(name)));
        }
        if names.len() > NAMES {
            self.line(&format!("        {}", messages::more(names.len() - NAMES)));
        }
    }

    /// Known failures with something to say about them.
    fn differences(&mut self, report: &Report) {
        let said =
            |test: &&TestLine| test.verdict == Verdict::KnownFailure && !test.remarks.is_empty();
        let mut tests: Vec<&TestLine> = report.tests.iter().filter(said).collect();
        tests.sort_by_key(|test| !test.is_hidden_regression);
        if tests.is_empty() {
            return;
        }
        self.heading(messages::WITH_A_DIFFERENCE);
        for test in tests {
            let remarks: Vec<String> = test.remarks.iter().map(plain_sentence).collect();
            self.line(&format!("  {}  {}", sanitize::line(&test.name), remarks.join("; ")));
        }
    }

    fn left(&mut self, heading: &str, left: &[LeftLine]) {
        if !left.is_empty() {
            self.heading(heading);
        }
        for row in left {
            let place = row.place.as_ref().map(|(file, line)| at(file, *line) + "  ");
            let why = self.styled(Style::Faint, &plain_sentence(&row.why));
            let name = sanitize::line(&row.name);
            self.line(&format!("  {}{name}  {why}", place.unwrap_or_default()));
        }
    }

    fn not_measured(&mut self, report: &Report) {
        if report.is_complete() && report.unmeasured.is_empty() {
            return;
        }
        self.heading("Not measured");
        for variant in &report.variants {
            let name = named(&variant.name);
            for why in &variant.why {
                self.line(&format!("  {name}{}", plain_sentence(why)));
            }
        }
        for failure in &report.unmeasured {
            let test = &report.tests[failure.tests[0]];
            let what = messages::unmeasured(test.outcome, test.base);
            self.line(&format!("  {}  {what}", sanitize::line(&failure.name)));
        }
    }

    /// What was cut and is signed off: told, so that nobody takes it for measured.
    fn signed_off(&mut self, report: &Report) {
        if report.variants.iter().all(|variant| variant.signed_off.is_empty()) {
            return;
        }
        self.heading(messages::SIGNED_OFF);
        for variant in &report.variants {
            for what in &variant.signed_off {
                self.line(&format!("  {}{}", named(&variant.name), plain_sentence(what)));
            }
        }
    }

    fn flips(&mut self, report: &Report) {
        if !report.flips.is_empty() {
            self.heading(messages::FLIPS);
        }
        for flip in &report.flips {
            let often = self.styled(Style::Faint, &messages::flips(flip.failed, flip.runs));
            let variant = in_variant(&flip.variant);
            self.line(&format!("  {}{variant}  {often}", sanitize::line(&flip.name)));
        }
    }

    fn shrunk(&mut self, report: &Report) {
        if report.shrunk().next().is_some() {
            self.heading(messages::SHRUNK);
        }
        for suite in report.shrunk() {
            let (name, variant) = (messages::suite(&suite.suite), in_variant(&suite.variant));
            let ran = messages::ran(suite.now, suite.before);
            self.line(&format!("  {}{variant}  {ran}", sanitize::line(name)));
        }
    }

    fn problems(&mut self, report: &Report) {
        let mut problems = report.other_problems().peekable();
        if problems.peek().is_some() {
            self.heading("Problems");
        }
        for problem in problems {
            self.problem(problem);
        }
    }

    fn list(&mut self, report: &Report) {
        let Some(list) = &report.list else { return };
        self.heading(&format!("{}: {}", messages::LIST_CHANGES, list.summary));
        for line in &list.lines {
            let place = line.place.as_ref();
            let at = place.map_or_else(String::new, |(file, line)| at(file, *line) + "  ");
            self.line(&format!("  {at}{}", plain_sentence(&line.said)));
        }
    }

    fn problem(&mut self, problem: &ProblemLine) {
        let mut at = at(&problem.file, problem.line);
        if problem.column > 0 {
            let _ = write!(at, ":{}", problem.column);
        }
        let severity = match problem.severity {
            Severity::Error => self.styled(Style::Bad, "error"),
            Severity::Warning => self.styled(Style::Odd, "warning"),
        };
        let message = plain_sentence(&problem.message);
        let code = self.styled(Style::Faint, &format!("[{}]", problem.code));
        self.line(&format!("{at}: {severity}: {message} {code}"));
    }
}

/// A text of ours, made to stand out.
pub(crate) fn styled(colour: Colour, style: Style, text: &str) -> String {
    let code = match style {
        Style::Bad => "31;1",
        Style::Good => "32;1",
        Style::Odd => "33;1",
        Style::Faint => "2",
        Style::Strong => "1",
    };
    match colour {
        Colour::Never => text.to_owned(),
        Colour::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
    }
}

/// A sentence as one line of plain text.
pub fn plain_sentence(sentence: &Sentence) -> String {
    sanitize::line(&sentence.to_string()).into_owned()
}

/// `memory: `
fn named(variant: &str) -> String {
    if variant.is_empty() { String::new() } else { format!("{}: ", sanitize::line(variant)) }
}

/// `  in memory`
fn in_variant(variant: &str) -> String {
    if variant.is_empty() { String::new() } else { format!("  in {}", sanitize::line(variant)) }
}

fn outcome_in(test: &TestLine) -> String {
    let outcome = messages::outcome(test.outcome);
    match test.variant.is_empty() {
        true => outcome.to_owned(),
        false => format!("{outcome} in {}", sanitize::line(&test.variant)),
    }
}

/// Where a failure stands: in the source if known, and in the results.
fn place(test: &TestLine) -> String {
    let source = test.file.as_ref().map(|file| match test.line {
        Some(line) => format!("{}:{line}", sanitize::line(file)),
        None => sanitize::line(file).into_owned(),
    });
    let result = at(&test.result.0, test.result.1);
    source.into_iter().chain([result]).collect::<Vec<_>>().join("  ")
}

/// A line of a file, as programs that open files take it; line 0 is the file.
pub(crate) fn at(file: &str, line: u32) -> String {
    let file = sanitize::line(file);
    if line == 0 { file.into_owned() } else { format!("{file}:{line}") }
}
