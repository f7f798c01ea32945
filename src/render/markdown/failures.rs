//! The failures of a comment and a summary: a row a test, a column a variant, and their outputs.
//!
//! In: a report. Out: sections of Markdown. A newcomer's trap: hundreds of failures are folded by what their
//! names begin with, so that a reader sees where it breaks before which tests break.

use super::comment::{SectionLayout, table_head};
use super::escape;
use super::name_groups::{NameGroup, groups};
use super::truncate::{self, MarkdownSection};
use crate::report::{Failure, Report, Verdict, messages};
use crate::sanitize;

/// Characters of a failure's output that are shown.
const MAX_OUTPUT_LINES: usize = 25;
const MAX_OUTPUT_LINE_LEN: usize = 400;

/// More new failures than this are folded by name, and more of what else is red as a whole.
pub(crate) const MAX_UNFOLDED: usize = 30;
/// Into at most so many groups.
const MAX_GROUPS: usize = 20;
const NEW_FAILURES: &str = "new failures";

impl SectionLayout<'_> {
    /// One row a test; many are folded by what their names begin with.
    pub(crate) fn new_failures(&self, report: &Report) -> Vec<MarkdownSection> {
        let all = &report.new_failures;
        let table = |failures: &[Failure]| self.failures(report, failures, 1, NEW_FAILURES, "");
        let names: Vec<&str> = all.iter().map(|failure| &*failure.name).collect();
        let mut groups =
            if all.len() > MAX_UNFOLDED { groups(&names, MAX_GROUPS) } else { Vec::new() };
        if groups.len() < 2 {
            return vec![table(all)];
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.range.len()));
        let (folded, single): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.range.len() > 1);
        let rows = (self.max_items / folded.len().max(1)).max(5);
        let item = |group: &NameGroup| self.group(report, group, rows);
        let single: Vec<Failure> =
            single.into_iter().flat_map(|group| all[group.range].to_vec()).collect();
        let folded = MarkdownSection {
            rank: 1,
            head: format!("#### {}\n\n", messages::BY_NAME_PREFIX),
            items: folded.iter().map(item).collect(),
            weights: folded.iter().map(|group| group.range.len()).collect(),
            tail: "\n".to_owned(),
            noun: NEW_FAILURES,
            max_items: self.max_items,
        };
        vec![table(&single), folded]
    }

    /// New failures whose names begin alike, folded.
    fn group(&self, report: &Report, group: &NameGroup, rows: usize) -> String {
        let all = &report.new_failures[group.range.clone()];
        let prefix = escape::escape_html(&sanitize::truncate(&group.prefix, 200));
        let n = messages::count(all.len() as u64, "new failure", "new failures");
        let shown: String =
            all.iter().take(rows).map(|failure| self.failure(report, failure)).collect();
        let note = truncate::more_note(
            all.len().saturating_sub(rows),
            NEW_FAILURES,
            self.full_report_hint,
        );
        let head = failures_head(report);
        format!(
            "<details><summary><code>{prefix}</code>: {n}</summary>\n\n{head}{shown}{note}\n</details>\n"
        )
    }

    /// One row a test, one column a variant.
    pub(crate) fn failures(
        &self,
        report: &Report,
        failures: &[Failure],
        rank: u8,
        noun: &'static str,
        title: &str,
    ) -> MarkdownSection {
        if failures.is_empty() {
            return MarkdownSection::default();
        }
        let head = format!("{title}{}", failures_head(report));
        let items = failures.iter().map(|failure| self.failure(report, failure)).collect();
        MarkdownSection {
            rank,
            head,
            items,
            tail: "\n".to_owned(),
            noun,
            max_items: self.max_items,
            ..MarkdownSection::default()
        }
    }

    fn failure(&self, report: &Report, failure: &Failure) -> String {
        let mut cells = vec![escape::test_name(&failure.name)];
        cells.extend(failure.outcomes.iter().map(|result| match result {
            None => String::new(),
            Some((_, Verdict::KnownFailure)) => "known".to_owned(),
            Some((outcome, _)) => messages::outcome(*outcome).to_owned(),
        }));
        let tests = || failure.tests.iter().map(|index| &report.tests[*index]);
        let remark = tests().flat_map(|test| &test.remarks).next().map(escape::rich_text);
        let message = tests().find_map(|test| sanitize::first_line(&test.message));
        let message = message.map(|line| escape::code(&sanitize::truncate(&line, 160)));
        let details: Vec<String> = remark.into_iter().chain(message).collect();
        cells.push(details.join("<br>"));
        escape::table_row(&cells)
    }

    /// The first outputs, folded.
    pub(crate) fn outputs(&self, report: &Report) -> MarkdownSection {
        // An output that the table shows as a whole is not worth another look.
        let has_long_output = |failure: &&Failure| {
            let messages = failure.tests.iter().map(|index| &report.tests[*index].message);
            messages.into_iter().any(|m| sanitize::lines(m).count() > 1 || m.len() > 160)
        };
        let first: Vec<&Failure> =
            report.new_failures.iter().filter(has_long_output).take(self.max_outputs).collect();
        if first.is_empty() {
            return MarkdownSection::default();
        }
        let suffix = match first.len() {
            1 => String::new(),
            n => format!(" of the first {n} failures"),
        };
        let head = format!("<details><summary>Output{suffix}</summary>\n\n");
        let items = first.iter().map(|failure| output(report, failure)).collect();
        let (tail, noun) = ("</details>\n\n".to_owned(), "outputs");
        MarkdownSection {
            rank: 6,
            head,
            items,
            tail,
            noun,
            max_items: self.max_outputs,
            ..MarkdownSection::default()
        }
    }
}

/// The head of a table of failures.
fn failures_head(report: &Report) -> String {
    let variants = report.variants.iter().map(|variant| match variant.name.is_empty() {
        true => "Outcome".to_owned(),
        false => escape::escape_text(&variant.name),
    });
    let heads: Vec<String> =
        std::iter::once("Test".to_owned()).chain(variants).chain(["Message".to_owned()]).collect();
    table_head(&heads)
}

/// The output of one failure in its first variant.
fn output(report: &Report, failure: &Failure) -> String {
    let tests = failure.tests.iter().map(|index| &report.tests[*index]);
    let Some(test) = tests.into_iter().find(|test| !test.message.is_empty()) else {
        return String::new();
    };
    let mut lines: Vec<String> = sanitize::lines(&test.message)
        .take(MAX_OUTPUT_LINES + 1)
        .map(|line| sanitize::truncate(&line, MAX_OUTPUT_LINE_LEN).into_owned())
        .collect();
    if lines.len() > MAX_OUTPUT_LINES {
        lines[MAX_OUTPUT_LINES] = "…".to_owned();
    }
    let location = test.file.as_ref().map(|file| {
        let line = test.line.map_or_else(String::new, |line| format!(":{line}"));
        format!(" at {}", escape::code(&format!("{file}{line}")))
    });
    let name = escape::test_name(&test.name);
    format!("{name}{}\n\n{}\n", location.unwrap_or_default(), escape::fenced("text", &lines))
}
