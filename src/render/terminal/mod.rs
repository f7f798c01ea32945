//! The report for a person at a terminal: the verdict first, the counts last.
//!
//! In: a report and whether to colour. Out: text in which nothing from outside can move the cursor.

pub(crate) mod diff;
pub(crate) mod excerpt;
pub(crate) mod history;

use crate::model::Severity;
use crate::report::{
    ChangeLine, Conclusion, Failure, ProblemLine, Reason, Report, RichText, RowLine, RowStatus,
    TestLine, UpdateNote, Verdict, messages,
};
use crate::sanitize;
use diff::render_changes;
use std::fmt::{self, Write};

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    Never,
    Always,
}

/// How a word stands out.
#[derive(Clone, Copy)]
pub(crate) enum Style {
    Error,
    Success,
    Warning,
    Dim,
    Bold,
}

/// Lines of a message that are shown under a failure.
const MAX_MESSAGE_LINES: usize = 3;

/// Names that are listed below a row; all of them stand in the JSON report.
const MAX_NAMES: usize = 5;

/// The report as text. It comes piece by piece: of many failures it is long.
pub struct TerminalReport<'r> {
    pub report: &'r Report,
    pub color: Color,
}

impl fmt::Display for TerminalReport<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let mut terminal = Terminal::new(to, self.color);
        terminal.verdict(report);
        terminal.failures(report, "New failures", &report.new_failures);
        let missing = report.missing.iter().map(|test| (&test.name, &test.variant));
        terminal.names("Missing: the base run had them", missing);
        terminal.failures(report, "Flaky: failed, then passed", &report.flaky);
        terminal.flips(report);
        terminal.shrunken_suites(report);
        terminal.rows(messages::newly_passing(report.run_scope), report.removable_rows());
        terminal.rows(messages::UNCONFIRMED, report.unconfirmed_rows());
        terminal.rows(messages::NOW_COMPLETING, report.rows_now_completing());
        let fixed = report.fixed.iter().map(|(name, variant)| (name, variant));
        terminal.names("Fixed: they failed in the base run", fixed);
        let mixed = report.rows_with_status(RowStatus::Mixed);
        terminal.rows("Rows that cover tests that do not fail", mixed);
        let flaky = report.rows.iter().filter(|row| row.is_flaky && row.history.is_some());
        terminal.rows(messages::FLAKY_ROWS, flaky);
        terminal.loose_rows(report);
        terminal.unmatched(report);
        terminal.differences(report);
        terminal.not_measured(report);
        terminal.accepted_gaps(report);
        terminal.problems(report);
        terminal.list(report);
        let counts = messages::counts(report);
        terminal.write_line(&format!("\n{counts}"));
        terminal.result
    }
}

/// What is said of rows and tests beside what an update did to them.
pub struct UpdateLines<'a> {
    /// What earlier runs say of rows that left.
    pub evidence: &'a [UpdateNote],
    /// Rows that stay although tests of them pass.
    pub kept: &'a [UpdateNote],
    /// New failures without a row.
    pub skipped: &'a [UpdateNote],
}

/// What an update did to the documents, and what it left.
pub fn render_update(
    changes: &[ChangeLine],
    lines: &UpdateLines<'_>,
    report: &Report,
    color: Color,
) -> String {
    let mut text = render_changes(changes, color);
    let mut terminal = Terminal::new(&mut text, color);
    terminal.update_notes(messages::EVIDENCE, lines.evidence);
    terminal.update_notes(messages::KEPT_ROWS, lines.kept);
    terminal.update_notes(messages::SKIPPED_FAILURES, lines.skipped);
    terminal.not_measured(report);
    text
}

/// A problem as `file:line:column: severity: message [code]`.
pub fn render_problem(problem: &ProblemLine, color: Color) -> String {
    let mut text = String::new();
    Terminal::new(&mut text, color).problem(problem);
    text
}

struct Terminal<'t> {
    to: &'t mut dyn Write,
    /// Whether all of it was taken until now.
    result: fmt::Result,
    color: Color,
}

impl<'t> Terminal<'t> {
    fn new(to: &'t mut dyn Write, color: Color) -> Terminal<'t> {
        Terminal { to, result: Ok(()), color }
    }

    fn write_line(&mut self, line: &str) {
        self.write_parts(&[line]);
    }

    /// A line of these parts.
    fn write_parts(&mut self, parts: &[&str]) {
        for part in parts.iter().chain(&["\n"]) {
            self.result = self.result.and_then(|()| self.to.write_str(part));
        }
    }

    fn styled(&self, style: Style, text: &str) -> String {
        styled(self.color, style, text)
    }

    fn verdict(&mut self, report: &Report) {
        let conclusion = report.judgement.conclusion;
        let style = match conclusion {
            Conclusion::Success => Style::Success,
            Conclusion::Failure => Style::Error,
            Conclusion::Inconclusive => Style::Warning,
        };
        let word = self.styled(style, messages::conclusion(conclusion));
        let title = match report.title.is_empty() {
            true => String::new(),
            false => format!("{}: ", sanitize::single_line(&report.title)),
        };
        self.write_line(&format!("{title}{word}: {}", to_plain_line(&report.headline)));
    }

    fn heading(&mut self, heading: &str) {
        let heading = self.styled(Style::Bold, heading);
        self.write_line(&format!("\n{heading}"));
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
            self.write_line(&format!(
                "  {}{}",
                sanitize::single_line(name),
                variant_suffix(variant)
            ));
        }
    }

    fn failure(&mut self, report: &Report, name: &str, tests: &[&TestLine]) {
        let first = tests.first().map(|test| test.outcome);
        let common = first.filter(|first| {
            let variants = report.variants.len();
            variants > 1 && tests.len() == variants && tests.iter().all(|t| t.outcome == *first)
        });
        let outcomes: Vec<String> = match common {
            Some(outcome) => vec![messages::in_all_variants(outcome, tests.len())],
            None => tests.iter().map(|test| outcome_with_variant(test)).collect(),
        };
        let outcome = self.styled(Style::Error, &outcomes.join(", "));
        self.write_parts(&["  ", &sanitize::single_line(name), "  ", &outcome]);
        for remark in tests.iter().flat_map(|test| &test.remarks).take(1) {
            self.write_line(&format!("      {}", to_plain_line(remark)));
        }
        let Some(test) = tests.iter().find(|test| !test.message.is_empty()).or(tests.first())
        else {
            return;
        };
        let mut lines = sanitize::lines(&test.message);
        for line in lines.by_ref().take(MAX_MESSAGE_LINES) {
            self.write_parts(&["      ", &sanitize::truncate(&line, 200)]);
        }
        if lines.next().is_some() {
            self.write_line("      …");
        }
        let text = locations(test);
        let text = self.styled(Style::Dim, &text);
        self.write_parts(&["      ", &text]);
    }

    fn rows<'r>(&mut self, heading: &str, rows: impl Iterator<Item = &'r RowLine>) {
        let rows: Vec<&RowLine> = rows.collect();
        if rows.is_empty() {
            return;
        }
        self.heading(heading);
        let width =
            rows.iter().map(|row| file_and_line(&row.file, row.line).len()).max().unwrap_or(0);
        for row in rows {
            let location = format!("{:width$}", file_and_line(&row.file, row.line));
            let counts = self.styled(Style::Dim, &messages::row_counts(row));
            self.write_line(&format!(
                "  {location}  {}  {counts}",
                sanitize::single_line(&row.pattern)
            ));
            if let Some(by_variant) = messages::by_variant(row) {
                let text = self.styled(Style::Dim, &sanitize::single_line(&by_variant));
                self.write_line(&format!("      {text}"));
            }
            self.name_list(messages::EXACT_ROWS, &row.narrowed);
        }
    }

    /// Rows without tests: all of them where that is red, else those with a hint and a few more.
    fn unmatched(&mut self, report: &Report) {
        let mut rows: Vec<&RowLine> = report.unmatched().collect();
        if rows.is_empty() {
            return;
        }
        let hints = rows.iter().filter(|row| row.suggestion.is_some()).count();
        let shown = match report.judgement.reasons.contains(&Reason::Unmatched) {
            true => rows.len(),
            false => rows.len().min(hints.max(MAX_NAMES)),
        };
        if shown < rows.len() {
            rows.sort_by_key(|row| row.suggestion.is_none());
        }
        self.heading("Rows that match no test");
        for row in &rows[..shown] {
            self.write_line(&format!(
                "  {}  {}",
                file_and_line(&row.file, row.line),
                sanitize::single_line(&row.pattern)
            ));
            self.hint(row);
        }
        if shown < rows.len() {
            self.write_line(&format!("  {}", messages::and_more(rows.len() - shown)));
        }
    }

    /// What a row without tests may have meant.
    fn hint(&mut self, row: &RowLine) {
        if let Some(suggestion) = &row.suggestion {
            self.write_line(&format!(
                "      {}",
                messages::did_you_mean(&sanitize::single_line(suggestion))
            ));
        }
    }

    /// The rows that reach further than their pattern says, with the names.
    fn loose_rows(&mut self, report: &Report) {
        let mut rows = report.rows.iter().filter(|row| !row.loose_matches.is_empty()).peekable();
        if rows.peek().is_some() {
            self.heading(messages::LOOSE_ROWS);
        }
        for row in rows {
            self.write_line(&format!(
                "  {}  {}",
                file_and_line(&row.file, row.line),
                sanitize::single_line(&row.pattern)
            ));
            self.name_list(messages::LOOSE_ONLY_TESTS, &row.loose_matches);
        }
    }

    /// Names below what is said of them, the first ones.
    fn name_list(&mut self, heading: &str, names: &[String]) {
        if names.is_empty() {
            return;
        }
        self.write_line(&format!("      {heading}"));
        for name in names.iter().take(MAX_NAMES) {
            self.write_line(&format!("        {}", sanitize::single_line(name)));
        }
        if names.len() > MAX_NAMES {
            self.write_line(&format!("        {}", messages::and_more(names.len() - MAX_NAMES)));
        }
    }

    /// Known failures with something to say about them.
    fn differences(&mut self, report: &Report) {
        let is_listed =
            |test: &&TestLine| test.verdict == Verdict::KnownFailure && !test.remarks.is_empty();
        let mut tests: Vec<&TestLine> = report.tests.iter().filter(is_listed).collect();
        tests.sort_by_key(|test| !test.is_hidden_regression);
        if tests.is_empty() {
            return;
        }
        self.heading(messages::CHANGED_FAILURES);
        for test in tests {
            let remarks: Vec<String> = test.remarks.iter().map(to_plain_line).collect();
            self.write_line(&format!(
                "  {}  {}",
                sanitize::single_line(&test.name),
                remarks.join("; ")
            ));
        }
    }

    fn update_notes(&mut self, heading: &str, notes: &[UpdateNote]) {
        if !notes.is_empty() {
            self.heading(heading);
        }
        for row in notes {
            let location =
                row.location.as_ref().map(|(file, line)| file_and_line(file, *line) + "  ");
            let why = self.styled(Style::Dim, &to_plain_line(&row.text));
            let name = sanitize::single_line(&row.name);
            self.write_line(&format!("  {}{name}  {why}", location.unwrap_or_default()));
        }
    }

    fn not_measured(&mut self, report: &Report) {
        if report.is_complete() && report.unmeasured.is_empty() {
            return;
        }
        self.heading("Not measured");
        for variant in &report.variants {
            let name = variant_prefix(&variant.name);
            for why in &variant.incomplete_reasons {
                self.write_line(&format!("  {name}{}", to_plain_line(why)));
            }
        }
        for failure in &report.unmeasured {
            let test = &report.tests[failure.tests[0]];
            let what = messages::unmeasured(test.outcome, test.base);
            self.write_line(&format!("  {}  {what}", sanitize::single_line(&failure.name)));
        }
    }

    /// What was cut and is signed off: told, so that nobody takes it for measured.
    fn accepted_gaps(&mut self, report: &Report) {
        if report.variants.iter().all(|variant| variant.accepted.is_empty()) {
            return;
        }
        self.heading(messages::ACCEPTED_GAPS);
        for variant in &report.variants {
            for what in &variant.accepted {
                self.write_line(&format!(
                    "  {}{}",
                    variant_prefix(&variant.name),
                    to_plain_line(what)
                ));
            }
        }
    }

    fn flips(&mut self, report: &Report) {
        if !report.flipping.is_empty() {
            self.heading(messages::FLIPPING_TESTS);
        }
        for flip in &report.flipping {
            let rate = self.styled(Style::Dim, &messages::flip_rate(flip.failed, flip.runs));
            let variant = variant_suffix(&flip.variant);
            self.write_line(&format!("  {}{variant}  {rate}", sanitize::single_line(&flip.name)));
        }
    }

    fn shrunken_suites(&mut self, report: &Report) {
        if report.shrunken_suites().next().is_some() {
            self.heading(messages::SHRUNKEN_SUITES);
        }
        for suite in report.shrunken_suites() {
            let (name, variant) = (messages::suite(&suite.suite), variant_suffix(&suite.variant));
            let ran = messages::suite_count(suite.current, suite.base);
            self.write_line(&format!("  {}{variant}  {ran}", sanitize::single_line(name)));
        }
    }

    fn problems(&mut self, report: &Report) {
        let mut problems = report.problems_without_gap().peekable();
        if problems.peek().is_some() {
            self.heading("Problems");
        }
        for problem in problems {
            self.problem(problem);
        }
    }

    fn list(&mut self, report: &Report) {
        let Some(list) = &report.list_diff else { return };
        self.heading(&format!("{}: {}", messages::LIST_CHANGES, list.summary));
        for line in &list.lines {
            let location = line.location.as_ref();
            let prefix =
                location.map_or_else(String::new, |(file, line)| file_and_line(file, *line) + "  ");
            self.write_line(&format!("  {prefix}{}", to_plain_line(&line.text)));
        }
    }

    fn problem(&mut self, problem: &ProblemLine) {
        let mut location = file_and_line(&problem.file, problem.line);
        if problem.column > 0 {
            let _ = write!(location, ":{}", problem.column);
        }
        let severity = match problem.severity {
            Severity::Error => self.styled(Style::Error, "error"),
            Severity::Warning => self.styled(Style::Warning, "warning"),
        };
        let message = to_plain_line(&problem.message);
        let code = self.styled(Style::Dim, &format!("[{}]", problem.code));
        self.write_line(&format!("{location}: {severity}: {message} {code}"));
    }
}

/// A text of ours, made to stand out.
pub(crate) fn styled(color: Color, style: Style, text: &str) -> String {
    let code = match style {
        Style::Error => "31;1",
        Style::Success => "32;1",
        Style::Warning => "33;1",
        Style::Dim => "2",
        Style::Bold => "1",
    };
    match color {
        Color::Never => text.to_owned(),
        Color::Always => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
    }
}

/// A sentence as one line of plain text.
pub fn to_plain_line(sentence: &RichText) -> String {
    sanitize::single_line(&sentence.to_string()).into_owned()
}

/// `memory: `
fn variant_prefix(variant: &str) -> String {
    if variant.is_empty() { String::new() } else { format!("{}: ", sanitize::single_line(variant)) }
}

/// `  in memory`
fn variant_suffix(variant: &str) -> String {
    if variant.is_empty() {
        String::new()
    } else {
        format!("  in {}", sanitize::single_line(variant))
    }
}

fn outcome_with_variant(test: &TestLine) -> String {
    let outcome = messages::outcome(test.outcome);
    match test.variant.is_empty() {
        true => outcome.to_owned(),
        false => format!("{outcome} in {}", sanitize::single_line(&test.variant)),
    }
}

/// Where a failure stands: in the source if known, and in the results.
fn locations(test: &TestLine) -> String {
    let source = test.file.as_ref().map(|file| match test.line {
        Some(line) => format!("{}:{line}", sanitize::single_line(file)),
        None => sanitize::single_line(file).into_owned(),
    });
    let result = file_and_line(&test.result.0, test.result.1);
    source.into_iter().chain([result]).collect::<Vec<_>>().join("  ")
}

/// A line of a file, as programs that open files take it; line 0 is the file.
pub(crate) fn file_and_line(file: &str, line: u32) -> String {
    let file = sanitize::single_line(file);
    if line == 0 { file.into_owned() } else { format!("{file}:{line}") }
}
