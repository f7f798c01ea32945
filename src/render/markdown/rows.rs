//! What a comment and a summary say of the document's rows: those that can be removed, hide something, or do
//! nothing.
//!
//! In: a report. Out: sections of Markdown. A newcomer's trap: a row that passes in one variant may be needed in
//! another; a run that speaks for one of several variants never says that a row can go.

use super::comment::{SectionLayout, heading_or_details, table_head};
use super::escape;
use super::failures::MAX_UNFOLDED;
use super::truncate::MarkdownSection;
use crate::report::{Patch, Reason, Report, RowLine, RowStatus, TestLine, messages};
use crate::sanitize;
use std::collections::BTreeMap;

/// Names that are listed behind a row.
const MAX_NAMES: usize = 5;

/// What keeps `12 passed` in one line where a table is squeezed: the header is as wide.
const ROW_COLUMNS: [&str; 4] = ["Row", "Pattern", "Tests\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}", "Reason"];

impl SectionLayout<'_> {
    /// Known failures that passed in the base run, by row.
    pub(crate) fn hidden_regressions(&self, report: &Report) -> MarkdownSection {
        let mut by_row: BTreeMap<usize, Vec<&TestLine>> = BTreeMap::new();
        for test in report.hidden_regressions() {
            by_row.entry(test.row.unwrap_or_default()).or_default().push(test);
        }
        if by_row.is_empty() {
            return MarkdownSection::default();
        }
        let weights: Vec<usize> = by_row.values().map(Vec::len).collect();
        let items: Vec<String> = by_row
            .iter()
            .map(|(row, tests)| self.hidden_regression_item(&report.rows[*row], tests))
            .collect();
        let title = messages::hidden_regressions(weights.iter().sum::<usize>() as u64);
        let (head, tail) = heading_or_details(&title, items.len() <= MAX_UNFOLDED);
        let noun = "hidden regressions";
        MarkdownSection { rank: 2, head, items, weights, tail, noun, max_items: self.max_items }
    }

    /// A row with the tests whose regression it hides.
    fn hidden_regression_item(&self, row: &RowLine, tests: &[&TestLine]) -> String {
        let name = |test: &&TestLine| {
            let name = escape::test_name(&test.name);
            format!("{name}{}", self.variant_suffix(&test.variant))
        };
        let mut names: Vec<String> = tests.iter().take(MAX_NAMES).map(name).collect();
        if tests.len() > MAX_NAMES {
            names.push(messages::and_more(tests.len() - MAX_NAMES));
        }
        let (link, names) = (self.row_link(&row.file, row.line), names.join(", "));
        match tests {
            [only] if *only.name == *row.pattern => format!("- {link} {names}\n"),
            _ => {
                let pattern = escape::test_name(&row.pattern);
                format!("- {link} {pattern}: {names}\n")
            }
        }
    }

    /// The rows that pass.
    pub(crate) fn newly_passing(&self, report: &Report) -> MarkdownSection {
        let rows: Vec<&RowLine> = report.removable_rows().collect();
        let title = messages::rows_that_pass(rows.len() as u64, report.run_scope);
        self.rows(3, &title, &rows)
    }

    /// The patch that takes rows out of a document.
    pub(crate) fn patch(&self, report: &Report, patch: &Patch) -> MarkdownSection {
        let title =
            messages::patch(patch.rows as u64, &escape::escape_html(&patch.file), report.run_scope);
        let diff = patch.diff(&self.links.directory);
        let lines: Vec<String> = diff.lines().map(sanitize_keep_tabs).collect();
        let (head, tail) = heading_or_details(&title, false);
        let items = vec![escape::fenced("diff", &lines)];
        MarkdownSection {
            rank: 5,
            head,
            items,
            tail,
            noun: "patches",
            max_items: 1,
            ..MarkdownSection::default()
        }
    }

    /// Rows that match no test; folded, unless that is red.
    pub(crate) fn unmatched(&self, report: &Report) -> MarkdownSection {
        let item = |row: &RowLine| {
            let pattern = escape::test_name(&row.pattern);
            let suggestion = row.suggestion.as_ref().map(|name| escape::test_name(name));
            let suggestion = suggestion.map(|name| format!(" {}", messages::did_you_mean(&name)));
            format!(
                "- {} {pattern}{}\n",
                self.row_link(&row.file, row.line),
                suggestion.unwrap_or_default()
            )
        };
        let items: Vec<String> = report.unmatched().map(item).collect();
        if items.is_empty() {
            return MarkdownSection::default();
        }
        let is_red = report.judgement.reasons.contains(&Reason::Unmatched);
        let title = messages::count(items.len() as u64, "row matches", "rows match");
        let (head, tail) =
            heading_or_details(&format!("{title} no test"), is_red && items.len() <= MAX_UNFOLDED);
        MarkdownSection {
            rank: 6,
            head,
            items,
            tail,
            noun: "rows",
            max_items: self.max_items,
            ..MarkdownSection::default()
        }
    }

    /// Rows that also claim passing tests.
    pub(crate) fn mixed_rows(&self, report: &Report) -> MarkdownSection {
        let rows: Vec<&RowLine> = report.rows_with_status(RowStatus::Mixed).collect();
        let title = messages::mixed_rows(rows.len() as u64);
        self.rows(7, &title, &rows)
    }

    /// Rows whose tests no longer hang or crash.
    pub(crate) fn rows_now_completing(&self, report: &Report) -> MarkdownSection {
        let item = |row: &RowLine| {
            let name = escape::test_name(&row.pattern);
            let counts = messages::row_counts(row);
            format!("- {} {name} {counts}\n", self.row_link(&row.file, row.line))
        };
        self.list_section(
            messages::NOW_COMPLETING,
            report.rows_now_completing().map(item).collect(),
            7,
            "rows",
        )
    }

    /// A table of rows; nothing without any.
    fn rows(&self, rank: u8, title: &str, rows: &[&RowLine]) -> MarkdownSection {
        if rows.is_empty() {
            return MarkdownSection::default();
        }
        let head = format!("#### {title}\n\n{}", table_head(&ROW_COLUMNS));
        let items = rows.iter().map(|row| self.row(row)).collect();
        let (tail, noun, max_items) = ("\n".to_owned(), "rows", self.max_items);
        MarkdownSection { rank, head, items, tail, noun, max_items, ..MarkdownSection::default() }
    }

    fn row(&self, row: &RowLine) -> String {
        let reason = [row.reason.as_str(), row.issue.as_str()].join(" ");
        escape::table_row(&[
            self.row_link(&row.file, row.line),
            escape::test_name(&row.pattern),
            messages::row_counts(row),
            escape::escape_text(&sanitize::truncate(reason.trim(), 200)),
        ])
    }
}

/// A line of a patch: tabs stay, or it would not apply; what is invisible shows.
fn sanitize_keep_tabs(line: &str) -> String {
    line.split('\t').map(sanitize::single_line).collect::<Vec<_>>().join("\t")
}
