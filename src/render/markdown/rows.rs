//! What a comment and a summary say of the document's rows: those that can be removed, hide something, or do
//! nothing.
//!
//! In: a report. Out: sections of Markdown. A newcomer's trap: a row that passes in one variant may be needed in
//! another; a run that speaks for one of several variants never says that a row can go.

use super::comment::{Place, frame, table_head};
use super::escape;
use super::failures::PLAIN;
use super::truncate::Section;
use crate::report::{Patch, Reason, Report, RowLine, RowStatus, TestLine, messages};
use crate::sanitize;
use std::collections::BTreeMap;

/// Names that are listed behind a row.
const NAMES: usize = 5;

/// What keeps `12 passed` in one line where a table is squeezed: the header is as wide.
const COLUMNS: [&str; 4] = ["Row", "Pattern", "Tests\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}", "Reason"];

impl Place<'_> {
    /// Known failures that passed in the base run, by row.
    pub(crate) fn hidden_regressions(&self, report: &Report) -> Section {
        let mut by_row: BTreeMap<usize, Vec<&TestLine>> = BTreeMap::new();
        for test in report.hidden_regressions() {
            by_row.entry(test.row.unwrap_or_default()).or_default().push(test);
        }
        if by_row.is_empty() {
            return Section::default();
        }
        let holds: Vec<usize> = by_row.values().map(Vec::len).collect();
        let items: Vec<String> =
            by_row.iter().map(|(row, tests)| self.hiding(&report.rows[*row], tests)).collect();
        let title = messages::hidden_regressions(holds.iter().sum::<usize>() as u64);
        let (head, tail) = frame(&title, items.len() <= PLAIN);
        let noun = "hidden regressions";
        Section { rank: 2, head, items, holds, tail, noun, most: self.most }
    }

    /// A row with the tests whose regression it hides.
    fn hiding(&self, row: &RowLine, tests: &[&TestLine]) -> String {
        let name = |test: &&TestLine| {
            let name = escape::name(&test.name);
            format!("{name}{}", self.in_variant(&test.variant))
        };
        let mut names: Vec<String> = tests.iter().take(NAMES).map(name).collect();
        if tests.len() > NAMES {
            names.push(messages::more(tests.len() - NAMES));
        }
        let (at, names) = (self.at(&row.file, row.line), names.join(", "));
        match tests {
            [only] if *only.name == *row.pattern => format!("- {at} {names}\n"),
            _ => {
                let pattern = escape::name(&row.pattern);
                format!("- {at} {pattern}: {names}\n")
            }
        }
    }

    /// The rows that pass.
    pub(crate) fn newly_passing(&self, report: &Report) -> Section {
        let rows: Vec<&RowLine> = report.rows_that_can_go().collect();
        let title = messages::rows_that_pass(rows.len() as u64, report.reach);
        self.rows(3, &title, &rows)
    }

    /// The patch that takes rows out of a document.
    pub(crate) fn patch(&self, report: &Report, patch: &Patch) -> Section {
        let title = messages::patch(patch.rows as u64, &escape::html(&patch.file), report.reach);
        let diff = patch.diff(&self.links.directory);
        let lines: Vec<String> = diff.lines().map(shown_with_tabs).collect();
        let (head, tail) = frame(&title, false);
        let items = vec![escape::fenced("diff", &lines)];
        Section { rank: 5, head, items, tail, noun: "patches", most: 1, ..Section::default() }
    }

    /// Rows that match no test; folded, unless that is red.
    pub(crate) fn unmatched(&self, report: &Report) -> Section {
        let item = |row: &RowLine| {
            let pattern = escape::name(&row.pattern);
            let near = row.near.as_ref().map(|near| escape::name(near));
            let near = near.map(|near| format!(" {}", messages::did_you_mean(&near)));
            format!("- {} {pattern}{}\n", self.at(&row.file, row.line), near.unwrap_or_default())
        };
        let items: Vec<String> = report.unmatched().map(item).collect();
        if items.is_empty() {
            return Section::default();
        }
        let is_red = report.judgement.reasons.contains(&Reason::Unmatched);
        let title = messages::count(items.len() as u64, "row matches", "rows match");
        let (head, tail) = frame(&format!("{title} no test"), is_red && items.len() <= PLAIN);
        Section { rank: 6, head, items, tail, noun: "rows", most: self.most, ..Section::default() }
    }

    /// Rows that also claim passing tests.
    pub(crate) fn mixed_rows(&self, report: &Report) -> Section {
        let rows: Vec<&RowLine> = report.rows_that_are(RowStatus::Mixed).collect();
        let title = messages::mixed_rows(rows.len() as u64);
        self.rows(7, &title, &rows)
    }

    /// Rows whose tests no longer hang or crash.
    pub(crate) fn closed_gaps(&self, report: &Report) -> Section {
        let item = |row: &RowLine| {
            let name = escape::name(&row.pattern);
            let counts = messages::row_counts(row);
            format!("- {} {name} {counts}\n", self.at(&row.file, row.line))
        };
        self.listed(messages::CLOSED_GAPS, report.closed_gaps().map(item).collect(), 7, "rows")
    }

    /// A table of rows; nothing without any.
    fn rows(&self, rank: u8, title: &str, rows: &[&RowLine]) -> Section {
        if rows.is_empty() {
            return Section::default();
        }
        let head = format!("#### {title}\n\n{}", table_head(&COLUMNS));
        let items = rows.iter().map(|row| self.row(row)).collect();
        let (tail, noun, most) = ("\n".to_owned(), "rows", self.most);
        Section { rank, head, items, tail, noun, most, ..Section::default() }
    }

    fn row(&self, row: &RowLine) -> String {
        let reason = [row.reason.as_str(), row.issue.as_str()].join(" ");
        escape::table_row(&[
            self.at(&row.file, row.line),
            escape::name(&row.pattern),
            messages::row_counts(row),
            escape::text(&sanitize::shortened(reason.trim(), 200)),
        ])
    }
}

/// A line of a patch: tabs stay, or it would not apply; what is invisible shows.
fn shown_with_tabs(line: &str) -> String {
    line.split('\t').map(sanitize::line).collect::<Vec<_>>().join("\t")
}
