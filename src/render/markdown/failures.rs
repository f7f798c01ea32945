//! The failures of a comment and a summary: a row for each test, a column for each variant, and their outputs.
//!
//! Hundreds of failures are folded by the common prefixes of their names, so that a reader sees the broken area
//! before the single tests.

use super::escape;
use super::layout::{Frame, MAX_UNFOLDED, SectionLayout, table_head};
use super::name_groups::{NameGroup, groups};
use super::truncate::{MarkdownSection, more_note};
use crate::report::{Failure, TestLine, Verdict, messages};
use crate::sanitize;

/// Lines of a failure's output that are shown, and characters of a line.
const MAX_OUTPUT_LINES: usize = 25;
const MAX_OUTPUT_LINE_LEN: usize = 400;
/// Characters of a message in a table.
const MAX_MESSAGE_LEN: usize = 160;
const MAX_GROUPS: usize = 20;
const NEW_FAILURES: &str = "new failures";

impl SectionLayout<'_> {
    /// The new failures. Those that failed in the base run too are folded below those that this change can have caused,
    /// and truncated before them.
    pub(super) fn new_failures(&self) -> Vec<MarkdownSection> {
        let (caused, in_base) = self.report.new_failures_by_cause();
        if caused.is_empty() {
            return self.failures_by_prefix(in_base);
        }
        let mut sections = self.failures_by_prefix(caused);
        if !in_base.is_empty() {
            let title = messages::new_failures_in_base(self.report.count_new_failures_in_base());
            let Frame { head, tail } = Frame::folded(&title);
            let section = self.failures(in_base, 3, NEW_FAILURES, &head);
            sections.push(MarkdownSection { tail, ..section });
        }
        sections
    }

    /// Failures in a table; many are folded by the common prefixes of their names.
    fn failures_by_prefix(&self, all: &[Failure]) -> Vec<MarkdownSection> {
        let table = |failures: &[Failure]| self.failures(failures, 1, NEW_FAILURES, "");
        let names: Vec<&str> = all.iter().map(|failure| &*failure.name).collect();
        let max_groups = if all.len() > MAX_UNFOLDED { MAX_GROUPS } else { 1 };
        let mut groups = groups(&names, max_groups);
        if groups.len() < 2 {
            return vec![table(all)];
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.range.len()));
        let (folded, single): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.range.len() > 1);
        let single: Vec<Failure> =
            single.into_iter().flat_map(|group| all[group.range].to_vec()).collect();
        let max_rows = (self.max_items / folded.len().max(1)).max(5);
        let items = folded.iter().map(|group| self.group(group, all, max_rows)).collect();
        let frame = Frame::open(messages::BY_NAME_PREFIX);
        let weights = folded.iter().map(|group| group.range.len()).collect();
        let section = self.section(1, NEW_FAILURES, frame, items);
        vec![table(&single), MarkdownSection { weights, ..section }]
    }

    /// New failures with a common prefix, folded.
    fn group(&self, group: &NameGroup, all: &[Failure], max_rows: usize) -> String {
        let failures = &all[group.range.clone()];
        let prefix = escape::escape_html(&sanitize::truncate(&group.prefix, 200));
        let count = messages::count(failures.len() as u64, "new failure", "new failures");
        let rows: String = failures.iter().take(max_rows).map(|f| self.failure(f)).collect();
        let hidden = failures.len().saturating_sub(max_rows);
        let note = more_note(hidden, NEW_FAILURES, self.full_report_hint);
        let head = self.failures_head();
        format!(
            "<details><summary><code>{prefix}</code>: {count}</summary>\n\n{head}{rows}{note}\n</details>\n"
        )
    }

    /// A table with a row for each test and a column for each variant.
    pub(super) fn failures(
        &self,
        failures: &[Failure],
        rank: u8,
        noun: &'static str,
        title: &str,
    ) -> MarkdownSection {
        let head = format!("{title}{}", self.failures_head());
        let items = failures.iter().map(|failure| self.failure(failure)).collect();
        self.section(rank, noun, Frame { head, tail: "\n".to_owned() }, items)
    }

    fn failures_head(&self) -> String {
        let mut columns = vec!["Test".to_owned()];
        columns.extend(self.report.variants.iter().map(|variant| match variant.name.as_str() {
            "" => "Outcome".to_owned(),
            name => escape::escape_text(name),
        }));
        columns.push("Message".to_owned());
        table_head(&columns)
    }

    fn failure(&self, failure: &Failure) -> String {
        let mut cells = vec![escape::test_name(&failure.name)];
        cells.extend(failure.outcomes.iter().map(|result| match result {
            None => String::new(),
            Some((_, Verdict::KnownFailure)) => "known".to_owned(),
            Some((outcome, _)) => messages::outcome(*outcome).to_owned(),
        }));
        let remark = self.tests(failure).flat_map(|test| &test.remarks).next();
        let message = self.tests(failure).find_map(|test| sanitize::first_line(&test.message));
        let message = message.map(|line| escape::code(&sanitize::truncate(&line, MAX_MESSAGE_LEN)));
        let details: Vec<String> =
            remark.map(escape::rich_text).into_iter().chain(message).collect();
        cells.push(details.join("<br>"));
        escape::table_row(&cells)
    }

    /// The first outputs that the table does not show as a whole, folded.
    pub(super) fn outputs(&self) -> MarkdownSection {
        let has_long_output = |failure: &&Failure| {
            self.tests(failure).any(|test| {
                sanitize::lines(&test.message).count() > 1 || test.message.len() > MAX_MESSAGE_LEN
            })
        };
        let failures = self.report.new_failures.iter().filter(has_long_output);
        let items: Vec<String> =
            failures.take(self.max_outputs).map(|failure| self.output(failure)).collect();
        let suffix = match items.len() {
            1 => String::new(),
            n => format!(" of the first {n} failures"),
        };
        let head = format!("<details><summary>Output{suffix}</summary>\n\n");
        self.section(6, "outputs", Frame { head, tail: "</details>\n\n".to_owned() }, items)
    }

    /// The output of one failure in the first variant that has any.
    fn output(&self, failure: &Failure) -> String {
        let Some(test) = self.tests(failure).find(|test| !test.message.is_empty()) else {
            return String::new();
        };
        let mut lines: Vec<String> = sanitize::lines(&test.message)
            .take(MAX_OUTPUT_LINES + 1)
            .map(|line| sanitize::truncate(&line, MAX_OUTPUT_LINE_LEN).into_owned())
            .collect();
        if lines.len() > MAX_OUTPUT_LINES {
            lines[MAX_OUTPUT_LINES] = "…".to_owned();
        }
        let location = test.file.as_ref().map_or_else(String::new, |file| {
            let line = test.line.map_or_else(String::new, |line| format!(":{line}"));
            format!(" at {}", escape::code(&format!("{file}{line}")))
        });
        let name = escape::test_name(&test.name);
        format!("{name}{location}\n\n{}\n", escape::fenced("text", &lines))
    }

    fn tests(&self, failure: &Failure) -> impl Iterator<Item = &TestLine> {
        failure.tests.iter().map(|index| &self.report.tests[*index])
    }
}
