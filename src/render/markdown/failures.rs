//! The failures of a comment and a summary: a row for each test, a column for each variant, and their outputs.
//!
//! Hundreds of failures are folded by the common prefixes of their names, so that a reader sees the broken area
//! before the single tests.

use super::escape;
use super::layout::{Frame, MAX_UNFOLDED, SectionLayout, table_head};
use super::truncate::{MarkdownSection, Noun, more_note};
use crate::report::{
    Failure, NameGroup, Reason, ShownTest, TestLine, Verdict, messages, name_groups,
};
use crate::sanitize;

/// Lines of a failure's output that are shown, and characters of a line.
const MAX_OUTPUT_LINES: usize = 25;
const MAX_OUTPUT_LINE_LEN: usize = 400;
/// Characters of a message in a table.
const MAX_MESSAGE_LEN: usize = 160;
const MAX_GROUPS: usize = 20;

/// Where the test of an output is named.
#[derive(Debug, Clone, Copy)]
enum OutputName {
    /// In the title of the only one.
    InTitle,
    Above,
}

const FAILING_TESTS: Noun = ["failing test", "failing tests"];

impl SectionLayout<'_> {
    /// The new failures. Those that failed in the base run too are folded below those that this change can have caused,
    /// and truncated before them.
    pub(super) fn new_failures(&self) -> Vec<MarkdownSection> {
        let (caused, in_base) = self.report.new_failures_by_cause();
        let title = self.new_failures_title();
        if caused.is_empty() {
            return self.failures_by_prefix(in_base, &title);
        }
        let mut sections = self.failures_by_prefix(caused, &title);
        if !in_base.is_empty() {
            let title = messages::new_failures_in_base(self.report.count_new_failures_in_base());
            let Frame { head, tail } = Frame::folded(&title);
            let section = self.failures(in_base, 3, FAILING_TESTS, &head);
            sections.push(MarkdownSection { tail, ..section });
        }
        sections
    }

    /// Failures in a table; many are folded by the common prefixes of their names.
    fn failures_by_prefix(&self, all: &[Failure], title: &str) -> Vec<MarkdownSection> {
        let table = |failures: &[Failure]| self.failures(failures, 1, FAILING_TESTS, title);
        if all.len() <= MAX_UNFOLDED {
            return vec![table(all)];
        }
        let names: Vec<&str> = all.iter().map(|failure| &*failure.name).collect();
        let mut groups = name_groups(&names, MAX_GROUPS);
        if let [whole] = &groups[..] {
            let Frame { head, tail } = Frame::folded(&group_title(whole, all));
            let section = self.failures(all, 1, FAILING_TESTS, &format!("{title}{head}"));
            return vec![MarkdownSection { tail, ..section }];
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
        let section = self.section(1, FAILING_TESTS, frame, items);
        vec![table(&single), MarkdownSection { weights, ..section }]
    }

    /// Below other sections, the table needs a title.
    fn new_failures_title(&self) -> String {
        let is_first = self.is_red(Reason::NewFailures) || self.report.judgement.reasons.is_empty();
        let tests = self.report.new_failures.len() as u64;
        let count = messages::new_failures(self.report.count(Verdict::NewFailure), tests);
        if is_first { String::new() } else { format!("#### {}\n\n", messages::capitalize(&count)) }
    }

    /// New failures with a common prefix, folded.
    fn group(&self, group: &NameGroup, all: &[Failure], max_rows: usize) -> String {
        let failures = &all[group.range.clone()];
        let title = group_title(group, all);
        let rows: String = failures.iter().take(max_rows).map(|f| self.failure(f)).collect();
        let hidden = failures.len().saturating_sub(max_rows);
        let note = more_note(hidden, FAILING_TESTS, self.full_report_hint);
        let head = self.failures_head();
        format!("<details><summary>{title}</summary>\n\n{head}{rows}{note}\n</details>\n")
    }

    /// A table with a row for each test and a column for each variant.
    pub(super) fn failures(
        &self,
        failures: &[Failure],
        rank: u8,
        noun: Noun,
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
        let address = self.tests(failure).find_map(|test| self.source_address(test));
        let name = escape::test_name(&failure.name);
        let mut cells = vec![address.map_or(name.clone(), |url| escape::link(&name, &url))];
        cells.extend(failure.outcomes.iter().map(|result| match result {
            None => String::new(),
            Some((_, Verdict::KnownFailure)) => "known".to_owned(),
            Some((outcome, verdict)) => {
                messages::outcome_of_attempts(*outcome, *verdict == Verdict::Flaky)
            }
        }));
        cells.push(failure.shown_test(self.report).map_or_else(String::new, message));
        escape::table_row(&cells)
    }

    /// The first outputs that the table does not show as a whole, folded.
    pub(super) fn outputs(&self) -> MarkdownSection {
        let has_long_output = |failure: &&Failure| {
            self.tests(failure).any(|test| {
                sanitize::lines(&test.message).count() > 1 || test.message.len() > MAX_MESSAGE_LEN
            })
        };
        let all: Vec<&Failure> = self.report.new_failures.iter().filter(has_long_output).collect();
        let shown = &all[..all.len().min(self.max_outputs)];
        let items = match shown {
            [only] => vec![self.output(only, OutputName::InTitle)],
            _ => shown.iter().map(|failure| self.output(failure, OutputName::Above)).collect(),
        };
        let title = match shown {
            [only] => format!("Output of {}", self.test_in_html(only)),
            _ if shown.len() < all.len() => format!("Output of the first {} tests", shown.len()),
            _ => format!("Output of {} tests", shown.len()),
        };
        let frame = Frame { tail: "</details>\n\n".to_owned(), ..Frame::folded(&title) };
        self.section(6, ["output", "outputs"], frame, items)
    }

    /// The output of one failure in the variant whose message is shown.
    fn output(&self, failure: &Failure, name: OutputName) -> String {
        let Some(ShownTest { test, .. }) = failure.shown_test(self.report) else {
            return String::new();
        };
        let mut lines: Vec<String> = sanitize::lines(&test.message)
            .take(MAX_OUTPUT_LINES + 1)
            .map(|line| sanitize::truncate(&line, MAX_OUTPUT_LINE_LEN).into_owned())
            .collect();
        if lines.len() > MAX_OUTPUT_LINES {
            lines[MAX_OUTPUT_LINES] = "…".to_owned();
        }
        let name = match name {
            OutputName::Above => Some(self.test(&test.name, &test.variant)),
            OutputName::InTitle => None,
        };
        let above: Vec<String> = name.into_iter().chain(self.source_link(test)).collect();
        let separator = if above.is_empty() { "" } else { "\n\n" };
        format!("{}{separator}{}\n", above.join(" · "), escape::fenced("text", &lines))
    }

    /// The test whose output is shown.
    fn test_in_html(&self, failure: &Failure) -> String {
        let shown = failure.shown_test(self.report);
        let variant = shown.and_then(|shown| self.named_variant(&shown.test.variant));
        let variant = variant.map(|variant| format!(" ({})", escape::escape_html(variant)));
        escape::code_in_html(&failure.name) + &variant.unwrap_or_default()
    }

    fn tests(&self, failure: &Failure) -> impl Iterator<Item = &TestLine> {
        failure.tests.iter().map(|index| &self.report.tests[*index])
    }
}

/// `smb2.: 31 new failures`; names without a common start have no prefix.
fn group_title(group: &NameGroup, all: &[Failure]) -> String {
    let failures = &all[group.range.clone()];
    let in_all: usize = failures.iter().map(|failure| failure.tests.len()).sum();
    let count = messages::new_failures(in_all as u64, failures.len() as u64);
    match group.prefix.as_str() {
        "" => count,
        prefix => format!("{}: {count}", escape::code_in_html(prefix)),
    }
}

/// The first remark and the first line of the message, with the variant that shows them if the others differ.
fn message(ShownTest { test, variant }: ShownTest<'_>) -> String {
    let remark = test.remarks.first().map(escape::rich_text);
    let line = sanitize::first_line(&test.message);
    let line = line.map(|line| escape::code(&sanitize::truncate(&line, MAX_MESSAGE_LEN)));
    let text = remark.into_iter().chain(line).collect::<Vec<_>>().join("<br>");
    match variant {
        Some(variant) if !text.is_empty() => format!("{}: {text}", escape::escape_text(variant)),
        Some(_) | None => text,
    }
}
