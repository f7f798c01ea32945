//! The report as text: the verdict first, the counts last.

use super::diff::render_changes;
use super::style::{Color, Style, file_and_line, styled, with_variant};
use crate::model::Severity;
use crate::report::{
    ChangeLine, Conclusion, Failure, GapLine, HintLine, ProblemLine, Reason, Report, RichText,
    RowLine, RowStatus, RunSummary, ShownTest, TestLine, UpdateNote, VariantLine, Verdict,
    messages,
};
use crate::sanitize;
use std::fmt::{self, Write};

/// Lines of a message that are shown for a failure.
const MAX_MESSAGE_LINES: usize = 3;
/// Names that are listed for a row; the JSON report has all of them.
const MAX_NAMES: usize = 5;

/// The report as text. It is formatted piece by piece, since a run of many failures has a long one.
#[derive(Debug)]
pub struct TerminalReport<'r> {
    /// What is formatted.
    pub report: &'r Report,
    /// Whether to color it.
    pub color: Color,
}

impl fmt::Display for TerminalReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        let mut text = Printer { to: f, color: self.color };
        text.verdict(report)?;
        let mut parts: Vec<&Part> = PARTS.iter().collect();
        parts.sort_by_key(|(reasons, _)| report.order_of(reasons));
        for (_, print) in parts {
            print(&mut text, report)?;
        }
        text.hints(&report.hints)?;
        writeln!(text.to, "\n{}", messages::counts(report))
    }
}

/// A part of the report, with the reasons that it is about.
type Part = (&'static [Reason], fn(&mut Printer<'_>, &Report) -> fmt::Result);

/// What makes the check fail is moved to the front.
const PARTS: &[Part] = &[
    (&[Reason::NewFailures], |text, report| text.new_failures(report)),
    (&[Reason::Missing], |text, report| text.missing(report)),
    (&[Reason::Flaky], |text, report| text.flaky_tests(report)),
    (&[Reason::Missing], |text, report| text.shrunken_suites(report)),
    (&[Reason::NewlyPassing], |text, report| text.passing_rows(report)),
    (&[], |text, report| text.rows(messages::NOW_COMPLETING, report.rows_now_completing())),
    (&[], |text, report| text.fixed(report)),
    (&[], |text, report| text.mixed_and_loose_rows(report)),
    (&[Reason::Unmatched], |text, report| text.unmatched(report)),
    (&[Reason::HiddenRegressions, Reason::MessageMismatch], |text, report| {
        text.changed_failures(report)
    }),
    (&[Reason::Incomplete], |text, report| text.not_measured(report)),
    (&[], |text, report| {
        text.list(messages::ACCEPTED_GAPS, gap_lines(report, |variant| &variant.accepted))
    }),
    (&[Reason::Document], |text, report| {
        text.items("Problems", report.problems_without_gap(), Printer::problem)
    }),
    (&[Reason::Growth], |text, report| text.list_diff(report)),
];

/// What an update did not edit, and why it edited the rest.
#[derive(Debug)]
pub struct UpdateLines<'a> {
    /// Removed rows with what earlier runs are evidence of.
    pub evidence: &'a [UpdateNote],
    /// Rows that are kept although tests of them pass.
    pub kept: &'a [UpdateNote],
    /// New failures without a row.
    pub skipped: &'a [UpdateNote],
}

/// The changes that an update made to the documents, and what it left as it was.
pub fn render_update(
    changes: &[ChangeLine],
    lines: &UpdateLines<'_>,
    report: &Report,
    color: Color,
) -> String {
    let mut text = render_changes(changes, color);
    let mut printer = Printer { to: &mut text, color };
    // Writing to a string does not fail.
    let _ = printer.update_notes(messages::EVIDENCE, lines.evidence);
    let _ = printer.update_notes(messages::KEPT_ROWS, lines.kept);
    let _ = printer.update_notes(messages::SKIPPED_FAILURES, lines.skipped);
    let _ = printer.not_measured(report);
    text
}

/// A problem as `file:line:column: severity: message [code]`.
pub fn render_problem(problem: &ProblemLine, color: Color) -> String {
    let mut text = String::new();
    let _ = Printer { to: &mut text, color }.problem(problem);
    text
}

/// The hints on names that differ in form only; empty without any.
pub fn render_hints(hints: &[HintLine], color: Color) -> String {
    let mut text = String::new();
    let _ = Printer { to: &mut text, color }.hints(hints);
    text
}

struct Printer<'t> {
    to: &'t mut dyn Write,
    color: Color,
}

impl Printer<'_> {
    fn styled(&self, style: Style, text: &str) -> String {
        styled(self.color, style, text)
    }

    fn verdict(&mut self, report: &Report) -> fmt::Result {
        let conclusion = report.judgement.conclusion;
        let style = match conclusion {
            Conclusion::Success => Style::Success,
            Conclusion::Failure => Style::Error,
            Conclusion::Inconclusive => Style::Warning,
        };
        let word = self.styled(style, messages::conclusion(conclusion));
        if !report.title.is_empty() {
            write!(self.to, "{}: ", sanitize::single_line(&report.title))?;
        }
        let headline = messages::headline(&RunSummary::from_report(report));
        writeln!(self.to, "{word}: {}", headline.to_plain_line())
    }

    /// A heading and what is printed for each item; nothing without items.
    fn items<T>(
        &mut self,
        heading: &str,
        items: impl IntoIterator<Item = T>,
        print: impl Fn(&mut Self, T) -> fmt::Result,
    ) -> fmt::Result {
        for (index, item) in items.into_iter().enumerate() {
            if index == 0 {
                let heading = self.styled(Style::Bold, heading);
                writeln!(self.to, "\n{heading}")?;
            }
            print(self, item)?;
        }
        Ok(())
    }

    /// Indented lines under a heading.
    fn list(&mut self, heading: &str, lines: impl IntoIterator<Item = String>) -> fmt::Result {
        self.items(heading, lines, |printer, line| writeln!(printer.to, "  {line}"))
    }

    fn new_failures(&mut self, report: &Report) -> fmt::Result {
        let (caused, in_base) = report.new_failures_by_cause();
        self.items("New failures", caused, |p, failure| p.failure(report, failure))?;
        let heading = messages::NEW_FAILURES_IN_BASE;
        self.items(heading, in_base, |p, failure| p.failure(report, failure))?;
        if report.rows_to_add.is_empty() || report.add_command.is_empty() {
            return Ok(());
        }
        let command = sanitize::single_line(&report.add_command);
        let text = self.styled(Style::Dim, &messages::add_rows_with(&command));
        writeln!(self.to, "  {text}")
    }

    fn missing(&mut self, report: &Report) -> fmt::Result {
        let missing = report.missing.iter();
        let lines = missing.map(|test| with_variant(&test.name, test.variant.as_str()));
        self.list("Missing: only in the base run", lines)
    }

    fn fixed(&mut self, report: &Report) -> fmt::Result {
        let fixed = report.fixed.iter();
        let lines = fixed.map(|test| with_variant(&test.name, test.variant.as_str()));
        self.list("Fixed: failed in the base run", lines)
    }

    fn flaky_tests(&mut self, report: &Report) -> fmt::Result {
        self.items(messages::FLAKY_TESTS, &report.flaky, |p, test| p.failure(report, test))?;
        self.flipping_tests(report)
    }

    fn passing_rows(&mut self, report: &Report) -> fmt::Result {
        self.rows(messages::newly_passing(report.run_scope), report.removable_rows())?;
        self.rows(messages::UNCONFIRMED, report.unconfirmed_rows())?;
        self.rows(messages::STRICTEST, report.strictest_rows())
    }

    fn mixed_and_loose_rows(&mut self, report: &Report) -> fmt::Result {
        let mixed = report.rows_with_status(RowStatus::Mixed);
        self.rows("Rows that cover tests that do not fail", mixed)?;
        self.rows(messages::FLAKY_ROWS, report.flaky_rows())?;
        let loose_rows = report.rows.iter().filter(|row| !row.loose_matches.is_empty());
        self.items(messages::LOOSE_ROWS, loose_rows, |p, row| {
            p.location_and_pattern(row)?;
            p.name_list(messages::LOOSE_ONLY_TESTS, &row.loose_matches)
        })
    }

    fn failure(&mut self, report: &Report, failure: &Failure) -> fmt::Result {
        let tests: Vec<&TestLine> = failure.tests.iter().map(|i| &report.tests[*i]).collect();
        let outcomes = self.styled(Style::Error, &outcomes(report, &tests));
        writeln!(self.to, "  {}  {outcomes}", sanitize::single_line(&failure.name))?;
        let Some(ShownTest { test, variant }) = failure.shown_test(report) else { return Ok(()) };
        if let Some(variant) = variant {
            writeln!(self.to, "      {}:", sanitize::single_line(variant))?;
        }
        if let Some(remark) = test.remarks.first() {
            writeln!(self.to, "      {}", remark.to_plain_line())?;
        }
        let mut lines = sanitize::lines(&test.message);
        for line in lines.by_ref().take(MAX_MESSAGE_LINES) {
            writeln!(self.to, "      {}", sanitize::truncate(&line, 200))?;
        }
        if lines.next().is_some() {
            self.to.write_str("      …\n")?;
        }
        let locations = self.styled(Style::Dim, &locations(test));
        writeln!(self.to, "      {locations}")
    }

    fn rows<'r>(&mut self, heading: &str, rows: impl Iterator<Item = &'r RowLine>) -> fmt::Result {
        let rows: Vec<(String, &RowLine)> =
            rows.map(|row| (file_and_line(&row.file, row.line), row)).collect();
        let width = rows.iter().map(|(location, _)| location.len()).max().unwrap_or_default();
        self.items(heading, rows, |printer, (location, row)| {
            let pattern = sanitize::single_line(&row.pattern);
            let counts = printer.styled(Style::Dim, &messages::row_counts(row));
            writeln!(printer.to, "  {location:width$}  {pattern}  {counts}")?;
            if let Some(by_variant) = messages::by_variant(row) {
                let counts = printer.styled(Style::Dim, &sanitize::single_line(&by_variant));
                writeln!(printer.to, "      {counts}")?;
            }
            if let Some(reason) = row.keep_reason.as_ref().filter(|_| row.is_strictest()) {
                writeln!(printer.to, "      {}", reason.to_plain_line())?;
            }
            printer.name_list(messages::exact_rows(row), row.narrowed())
        })
    }

    fn location_and_pattern(&mut self, row: &RowLine) -> fmt::Result {
        let location = file_and_line(&row.file, row.line);
        writeln!(self.to, "  {location}  {}", sanitize::single_line(&row.pattern))
    }

    /// The rows that match no test: all of them where that is red, otherwise those with a suggestion and a few more.
    fn unmatched(&mut self, report: &Report) -> fmt::Result {
        let mut rows: Vec<&RowLine> = report.rows_with_status(RowStatus::Unmatched).collect();
        let suggestions = rows.iter().filter(|row| row.unexplained_suggestion().is_some()).count();
        let is_red = report.judgement.reasons.contains(&Reason::Unmatched);
        let limit = if is_red { rows.len() } else { suggestions.max(MAX_NAMES) };
        let hidden = rows.len().saturating_sub(limit);
        if hidden > 0 {
            rows.sort_by_key(|row| row.unexplained_suggestion().is_none());
        }
        rows.truncate(limit);
        self.items("Rows that match no test", rows, |printer, row| {
            printer.location_and_pattern(row)?;
            let Some(name) = row.unexplained_suggestion() else { return Ok(()) };
            let suggestion = messages::did_you_mean(&sanitize::single_line(name));
            writeln!(printer.to, "      {suggestion}")
        })?;
        self.and_more("  ", hidden)
    }

    fn hints(&mut self, hints: &[HintLine]) -> fmt::Result {
        self.items(messages::NAME_HINTS, hints, |printer, hint| {
            let row = file_and_line(&hint.file, hint.line);
            let pattern = sanitize::single_line(&hint.pattern);
            let test = sanitize::single_line(&hint.test);
            writeln!(
                printer.to,
                "  {}",
                messages::name_relation(hint.relation, hint.rows, hint.tests)
            )?;
            writeln!(printer.to, "      {row}: {pattern}")?;
            writeln!(printer.to, "      {} {test}", messages::HINT_TEST)?;
            writeln!(printer.to, "      {}", hint.remedy.to_plain_line())
        })
    }

    fn and_more(&mut self, indent: &str, hidden: usize) -> fmt::Result {
        match hidden {
            0 => Ok(()),
            n => writeln!(self.to, "{indent}{}", messages::and_more(n)),
        }
    }

    /// The first names of a list, with a heading of their own.
    fn name_list(&mut self, heading: &str, names: &[String]) -> fmt::Result {
        if !names.is_empty() {
            writeln!(self.to, "      {heading}")?;
        }
        for name in names.iter().take(MAX_NAMES) {
            writeln!(self.to, "        {}", sanitize::single_line(name))?;
        }
        self.and_more("        ", names.len().saturating_sub(MAX_NAMES))
    }

    /// Known failures with their rows and remarks; those whose rows hide a regression first.
    fn changed_failures(&mut self, report: &Report) -> fmt::Result {
        let has_remarks =
            |test: &&TestLine| test.verdict == Verdict::KnownFailure && !test.remarks.is_empty();
        let mut tests: Vec<&TestLine> = report.tests.iter().filter(has_remarks).collect();
        tests.sort_by_key(|test| (!test.is_hidden_regression, !test.is_message_mismatch));
        let line = |test: &TestLine| {
            let row = test.row.map(|row| &report.rows[row]);
            let row = row.map(|row| file_and_line(&row.file, row.line) + "  ").unwrap_or_default();
            let name = with_variant(&test.name, &test.variant);
            let remarks: Vec<String> = test.remarks.iter().map(RichText::to_plain_line).collect();
            format!("{row}{name}  {}", remarks.join("; "))
        };
        self.list(messages::FAILURES_WITH_REMARKS, tests.into_iter().map(line))
    }

    fn update_notes(&mut self, heading: &str, notes: &[UpdateNote]) -> fmt::Result {
        let color = self.color;
        let line = |note: &UpdateNote| {
            let location = location_prefix(note.location.as_ref());
            let text = styled(color, Style::Dim, &note.text.to_plain_line());
            format!("{location}{}  {text}", sanitize::single_line(&note.name))
        };
        self.list(heading, notes.iter().map(line))
    }

    fn not_measured(&mut self, report: &Report) -> fmt::Result {
        let test = |failure: &Failure| {
            let test = &report.tests[failure.tests[0]];
            let what = messages::unmeasured(test.outcome, test.base);
            format!("{}  {what}", sanitize::single_line(&failure.name))
        };
        let gaps = gap_lines(report, |variant| &variant.incomplete_reasons);
        self.list("Not measured", gaps.chain(report.unmeasured.iter().map(test)))
    }

    fn flipping_tests(&mut self, report: &Report) -> fmt::Result {
        let color = self.color;
        let lines = report.flipping.iter().map(|test| {
            let rate = styled(color, Style::Dim, &messages::flip_rate(test.failed, test.runs));
            format!("{}  {rate}", with_variant(&test.name, test.variant.as_str()))
        });
        self.list(messages::FLIPPING_TESTS, lines)
    }

    fn shrunken_suites(&mut self, report: &Report) -> fmt::Result {
        let lines = report.shrunken_suites().map(|suite| {
            let count = messages::suite_count(suite.current, suite.base);
            format!(
                "{}  {count}",
                with_variant(messages::suite(&suite.suite), suite.variant.as_str())
            )
        });
        self.list(messages::SHRUNKEN_SUITES, lines)
    }

    fn problem(&mut self, problem: &ProblemLine) -> fmt::Result {
        let location = file_and_line(&problem.file, problem.line);
        let column = problem.column;
        let column = if column == 0 { String::new() } else { format!(":{column}") };
        let severity = match problem.severity {
            Severity::Error => self.styled(Style::Error, "error"),
            Severity::Warning => self.styled(Style::Warning, "warning"),
        };
        let message = problem.message.to_plain_line();
        let code = self.styled(Style::Dim, &format!("[{}]", problem.code));
        writeln!(self.to, "{location}{column}: {severity}: {message} {code}")
    }

    fn list_diff(&mut self, report: &Report) -> fmt::Result {
        let Some(list) = &report.list_diff else { return Ok(()) };
        let lines = list
            .lines
            .iter()
            .map(|line| location_prefix(line.location.as_ref()) + &line.text.to_plain_line());
        self.list(&format!("{}: {}", messages::LIST_CHANGES, list.summary), lines)
    }
}

/// `memory: the file is truncated`, for every gap of every variant.
fn gap_lines<'r>(
    report: &'r Report,
    gaps: fn(&VariantLine) -> &[GapLine],
) -> impl Iterator<Item = String> + 'r {
    report.gaps(gaps).map(|(variant, gap)| {
        let name = sanitize::single_line(variant.map_or("", |variant| &variant.name));
        let prefix = if name.is_empty() { String::new() } else { format!("{name}: ") };
        prefix + &gap.to_plain_line()
    })
}

/// `KNOWN_FAILURES.md:7  `; empty without a location.
fn location_prefix(location: Option<&(String, u32)>) -> String {
    location.map_or_else(String::new, |(file, line)| file_and_line(file, *line) + "  ")
}

/// `failed in memory, crashed in s3`, or in one phrase where it is the same in all variants.
fn outcomes(report: &Report, tests: &[&TestLine]) -> String {
    let outcome = |test: &TestLine| messages::outcome_of_attempts(test.outcome, test.is_flaky);
    let in_variant = |test: &&TestLine| match test.variant.as_str() {
        "" => outcome(test),
        variant => format!("{} in {}", outcome(test), sanitize::single_line(variant)),
    };
    let is_same = tests.windows(2).all(|pair| pair[0].outcome == pair[1].outcome);
    match tests {
        [first, _, ..] if is_same && tests.len() == report.variants.len() => {
            outcome(first) + &messages::in_all_variants(tests.len())
        }
        _ => tests.iter().map(in_variant).collect::<Vec<_>>().join(", "),
    }
}

/// The failure's lines in the source, if known, and in the results.
fn locations(test: &TestLine) -> String {
    let line = test.line.map_or_else(String::new, |line| format!(":{line}"));
    let file = test.file.as_ref();
    let source = file.map(|file| format!("{}{line}  ", sanitize::single_line(file)));
    source.unwrap_or_default() + &file_and_line(&test.result.0, test.result.1)
}
