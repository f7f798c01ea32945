//! State of the parser of one document: its lines, the current section, and what was found so far.

use super::columns::Columns;
use super::directive::SectionOptions;
use super::hidden_rows::HiddenRows;
use super::lines::to_u32;
use super::misleading::Definitions;
use super::prose_claims::ProseClaim;
use super::sections::Sections;
use crate::known::pattern::regex_budget::RegexBudget;
use crate::known::row::{Expected, Row};
use crate::known::variants::VariantScope;
use crate::model::{HiddenBy, Problem, ProblemKind};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was found in a document, from top to bottom.
#[derive(Debug, Clone, Default)]
pub(in crate::known) struct ParsedDocument {
    pub rows: Vec<Row>,
    pub lists: Vec<ListTable>,
    pub non_list_tables: Vec<NonListTable>,
    pub totals: Vec<StatedTotal>,
    pub prose_claims: Vec<ProseClaim>,
    /// The codes that `allow` directives suppress, each from a line on.
    pub allowed_codes: Vec<(u32, BTreeSet<&'static str>)>,
    /// The 1-based line of the directive that ignores the last table, if one does.
    pub last_table_ignored_by: Option<u32>,
    pub problems: Vec<Problem>,
}

/// A number that prose gives as a total.
#[derive(Debug, Clone)]
pub(in crate::known) struct StatedTotal {
    /// 1-based.
    pub line: u32,
    pub stated: u64,
    /// The headings above it, outermost first.
    pub section: Arc<[String]>,
}

/// A table with a test column.
#[derive(Debug, Clone)]
pub(in crate::known) struct ListTable {
    pub columns: Columns,
    /// 1-based line of its header; its delimiter row follows.
    pub line: u32,
    /// 1-based line of its last row, or of its delimiter row.
    pub end: u32,
    /// The variants of its rows without variants of their own.
    pub variants: VariantScope,
    /// The status of its rows without a status of their own.
    pub expected: Expected,
}

impl ListTable {
    /// A block of entries of a list without tables, which begins in this line.
    pub(crate) fn without_columns(line: u32, options: &SectionOptions) -> ListTable {
        ListTable {
            columns: Columns::default(),
            line: line.saturating_sub(1),
            end: line,
            variants: options.variants.clone(),
            expected: options.expected.clone(),
        }
    }
}

/// A table without a test column. Its cells may be names of tests all the same.
#[derive(Debug, Clone)]
pub struct NonListTable {
    /// The document's path as the user gave it.
    pub file: Arc<str>,
    /// 1-based line of its header.
    pub line: u32,
    /// The cells after the header, read as patterns are. A long table is truncated.
    pub cells: Vec<String>,
}

pub(super) struct MarkdownReader<'t> {
    pub file: &'t Arc<str>,
    lines: Vec<&'t str>,
    hidden: HiddenRows,
    pub definitions: Definitions,
    pub sections: Sections,
    pub preceding_list: Option<PrecedingList>,
    /// Cells kept of all tables that are not lists.
    pub non_list_cell_count: usize,
    pub regex_budget: RegexBudget,
    pub parsed: ParsedDocument,
}

/// The list that was read last: rows that Markdown dropped from it may follow.
pub(super) struct PrecedingList {
    pub width: usize,
    /// Its last line, 1-based.
    pub end: usize,
    /// Whether only comments and dropped rows have followed so far.
    pub adjacent: bool,
}

impl<'t> MarkdownReader<'t> {
    pub(super) fn new(
        file: &'t Arc<str>,
        lines: Vec<&'t str>,
        hidden: HiddenRows,
        definitions: Definitions,
    ) -> MarkdownReader<'t> {
        MarkdownReader {
            file,
            lines,
            hidden,
            definitions,
            sections: Sections::default(),
            preceding_list: None,
            non_list_cell_count: 0,
            regex_budget: RegexBudget::default(),
            parsed: ParsedDocument::default(),
        }
    }

    pub(super) fn finish(mut self) -> ParsedDocument {
        // A list that waits for its first row is no mistake; prose alone, or an empty table next to others, may be one.
        if self.parsed.lists.is_empty() && self.lines.iter().any(|line| !line.trim().is_empty()) {
            self.problem(0, 0, ProblemKind::NoList);
        }
        if self.parsed.rows.is_empty() {
            self.parsed.problems.retain(|problem| problem.kind != ProblemKind::EmptyList);
        }
        ParsedDocument { allowed_codes: self.sections.allowed_codes, ..self.parsed }
    }

    /// Adds a problem; `line` and `column` are 1-based, or 0 for the whole file and the whole line.
    pub(super) fn problem(&mut self, line: usize, column: u32, kind: ProblemKind) {
        self.parsed.problems.push(Problem::new(self.file, to_u32(line), column, kind));
    }

    /// A line by its 1-based number; empty when there is no such line.
    pub(super) fn line(&self, number: usize) -> &'t str {
        number.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or_default()
    }

    /// Why GitHub does not show the row or run of rows that starts at this line, if it does not.
    pub(super) fn hidden_by(&self, first_line: usize) -> Option<HiddenBy> {
        self.hidden.get(&first_line).copied()
    }

    /// The options of the current section.
    pub(super) fn options(&self) -> &SectionOptions {
        self.sections.options()
    }

    /// Applies the directive in a line to the current section. Returns the parts that are not valid.
    pub(super) fn apply_directive<'l>(&mut self, line: usize, directive: &'l str) -> Vec<&'l str> {
        self.sections.apply(to_u32(line), directive, &mut self.regex_budget)
    }

    /// The line of the directive that ignores the current section, if one does.
    pub(super) fn ignored_by(&self) -> Option<u32> {
        self.options().ignored_by
    }

    /// Marks that something else than dropped rows follows the list.
    pub(super) fn end_list(&mut self) {
        if let Some(list) = &mut self.preceding_list {
            list.adjacent = false;
        }
    }

    /// Whether only comments and dropped rows are between the list and the current line.
    pub(super) fn is_adjacent_to_list(&self) -> bool {
        self.preceding_list.as_ref().is_some_and(|list| list.adjacent)
    }
}
