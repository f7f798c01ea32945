//! The rows of a comment and a summary: those that can be removed, that hide a regression, or that match no test.
//!
//! A row that passes in one variant may be needed in another: a run of one of several variants never proposes to
//! remove it.

use super::escape;
use super::layout::{Frame, MAX_UNFOLDED, SectionLayout, table_head};
use super::truncate::MarkdownSection;
use crate::report::{Reason, RowLine, RowStatus, RunScope, TestLine, messages};
use crate::sanitize;
use std::collections::BTreeMap;

/// Names that are listed for a row.
const MAX_NAMES: usize = 5;
/// The header with the no-break spaces is as wide as `12 passed`, which so stays on one line.
const ROW_COLUMNS: [&str; 4] = ["Row", "Pattern", "Tests\u{a0}\u{a0}\u{a0}\u{a0}\u{a0}", "Reason"];

impl SectionLayout<'_> {
    /// Known failures that passed in the base run, by row.
    pub(super) fn hidden_regressions(&self) -> MarkdownSection {
        let mut by_row: BTreeMap<usize, Vec<&TestLine>> = BTreeMap::new();
        for test in self.report.hidden_regressions() {
            by_row.entry(test.row.unwrap_or_default()).or_default().push(test);
        }
        let weights: Vec<usize> = by_row.values().map(Vec::len).collect();
        let title = messages::hidden_regressions(weights.iter().sum::<usize>() as u64);
        let is_open = by_row.len() <= MAX_UNFOLDED;
        let frame = if is_open { Frame::open(&title) } else { Frame::folded(&title) };
        let lines = by_row
            .iter()
            .map(|(row, tests)| self.hidden_regression(&self.report.rows[*row], tests));
        let rank = self.rank(Reason::HiddenRegressions, 2);
        let section = self.bullets(rank, ["hidden regression", "hidden regressions"], frame, lines);
        MarkdownSection { weights, ..section }
    }

    /// A row with the tests whose regression it hides.
    fn hidden_regression(&self, row: &RowLine, tests: &[&TestLine]) -> String {
        let name = |test: &&TestLine| self.test(&test.name, &test.variant);
        let mut names: Vec<String> = tests.iter().take(MAX_NAMES).map(name).collect();
        if tests.len() > MAX_NAMES {
            names.push(messages::and_more(tests.len() - MAX_NAMES));
        }
        let (link, names) = (self.row_link(&row.file, row.line), names.join(", "));
        match tests {
            [only] if *only.name == *row.pattern => format!("{link} {names}"),
            _ => format!("{link} {}: {names}", escape::test_name(&row.pattern)),
        }
    }

    pub(super) fn newly_passing(&self) -> MarkdownSection {
        let rows: Vec<&RowLine> = self.report.removable_rows().collect();
        let title = messages::rows_that_pass(rows.len() as u64, self.report.run_scope);
        self.rows(self.rank(Reason::NewlyPassing, 3), &title, &rows)
    }

    /// Rows that pass, and that stay because another row would excuse more.
    pub(super) fn strictest_rows(&self) -> MarkdownSection {
        let rows: Vec<&RowLine> = self.report.strictest_rows().collect();
        let title = messages::strictest_rows(rows.len() as u64);
        let frame = self.frame(Reason::NewlyPassing, rows.len(), &title);
        self.kept_rows(self.rank(Reason::NewlyPassing, 3), frame, rows)
    }

    /// Rows that pass, and that stay because earlier runs or other variants may need them. One job of a matrix has no
    /// other variants.
    pub(super) fn unconfirmed_rows(&self) -> MarkdownSection {
        let rows: Vec<&RowLine> = match self.report.run_scope {
            RunScope::Whole => self.report.unconfirmed_rows().collect(),
            RunScope::OneOfMatrix => Vec::new(),
        };
        let title = messages::unconfirmed_rows(rows.len() as u64);
        self.kept_rows(3, Frame::folded(&title), rows)
    }

    /// Rows with the reasons why they stay.
    fn kept_rows(&self, rank: u8, frame: Frame, rows: Vec<&RowLine>) -> MarkdownSection {
        let lines = rows.into_iter().map(|row| {
            let reason = row.keep_reason.as_ref().map(escape::rich_text).unwrap_or_default();
            format!("{}: {reason}", self.row_link_and_pattern(row))
        });
        self.bullets(rank, ["row", "rows"], frame, lines)
    }

    pub(super) fn unmatched(&self) -> MarkdownSection {
        let rows = || self.report.rows_with_status(RowStatus::Unmatched);
        let n = rows().count();
        let title = messages::count(n as u64, "row matches no test", "rows match no test");
        let frame = self.frame(Reason::Unmatched, n, &title);
        let lines = rows().map(|row| {
            let suggestion = row.unexplained_suggestion().map_or_else(String::new, |name| {
                format!(" {}", messages::did_you_mean(&escape::test_name(name)))
            });
            self.row_link_and_pattern(row) + &suggestion
        });
        self.bullets(self.rank(Reason::Unmatched, 6), ["row", "rows"], frame, lines)
    }

    /// How rows and tests differ in form.
    pub(super) fn hints(&self) -> MarkdownSection {
        let lines = self.report.hints.iter().map(|hint| {
            let what = messages::name_relation(hint.relation, hint.rows, hint.tests);
            let row = self.row_link(&hint.file, hint.line);
            let pattern = escape::test_name(&hint.pattern);
            let test = format!("{} {}", messages::HINT_TEST, escape::test_name(&hint.test));
            let remedy = escape::rich_text(&hint.remedy);
            format!("{what}: {row} {pattern}, {test}. Remedy: {remedy}.")
        });
        self.bullets(1, ["hint", "hints"], Frame::open(messages::NAME_HINTS), lines)
    }

    /// Rows that also claim passing tests.
    pub(super) fn mixed_rows(&self) -> MarkdownSection {
        let rows: Vec<&RowLine> = self.report.rows_with_status(RowStatus::Mixed).collect();
        self.rows(7, &messages::mixed_rows(rows.len() as u64), &rows)
    }

    /// Flaky rows, with how often their tests failed in earlier runs.
    pub(super) fn flaky_rows(&self) -> MarkdownSection {
        let rows: Vec<&RowLine> = self.report.flaky_rows().collect();
        self.rows(7, messages::FLAKY_ROWS, &rows)
    }

    /// Rows that expect a hang or a crash, and whose tests no longer hang or crash.
    pub(super) fn rows_now_completing(&self) -> MarkdownSection {
        let rows = self.report.rows_now_completing();
        let line =
            |row| format!("{} {}", self.row_link_and_pattern(row), messages::row_counts(row));
        self.bullets(7, ["row", "rows"], Frame::open(messages::NOW_COMPLETING), rows.map(line))
    }

    fn row_link_and_pattern(&self, row: &RowLine) -> String {
        format!("{} {}", self.row_link(&row.file, row.line), escape::test_name(&row.pattern))
    }

    fn rows(&self, rank: u8, title: &str, rows: &[&RowLine]) -> MarkdownSection {
        let Frame { head, tail } = Frame::open(title);
        let frame = Frame { head: head + &table_head(&ROW_COLUMNS), tail };
        self.section(rank, ["row", "rows"], frame, rows.iter().map(|row| self.row(row)).collect())
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
