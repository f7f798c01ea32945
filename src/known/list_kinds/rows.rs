//! Makes the rows of a list from its entries, with the list's own file and lines.

use super::model::{ListEntry, ListItem, ParsedList, Status};
use crate::known::document::ParsedDocument;
use crate::known::document::lines::{lines, to_u32, truncate};
use crate::known::document::reader::ListTable;
use crate::known::document::sections::Sections;
use crate::known::pattern::regex_budget::RegexBudget;
use crate::known::pattern::{BadRegex, Pattern};
use crate::known::row::{Expected, FailureKind, Row};
use crate::known::variants::VariantScope;
use crate::model::{Problem, ProblemKind};
use std::sync::Arc;

/// Maximum bytes of a directive that a problem quotes.
const MAX_QUOTE_LEN: usize = 100;

/// The rows of a list; `file` is its path as the user gave it.
pub(in crate::known) fn to_document(
    file: &Arc<str>,
    text: &str,
    list: ParsedList,
) -> ParsedDocument {
    let mut builder = RowBuilder {
        file,
        lines: lines(text).collect(),
        last_line: 0,
        sections: Sections::default(),
        regex_budget: RegexBudget::default(),
        parsed: ParsedDocument::default(),
    };
    for item in list.items {
        match item {
            ListItem::Heading { level, title } => {
                builder.sections.enter(builder.last_line + 1, level, title);
            }
            ListItem::SectionEnd { level } => builder.sections.leave(builder.last_line + 1, level),
            ListItem::Directive { line, text } => builder.directive(line, &text),
            ListItem::Prose(_) => {}
            ListItem::Entry(entry) => {
                builder.last_line = builder.last_line.max(entry.line);
                builder.entry(entry);
            }
        }
    }
    let unread = list.unsupported.into_iter().filter(|item| !item.kind.is_harmless());
    let problem = |item: super::Unsupported| {
        Problem::new(&item.file, item.line, 0, ProblemKind::UnreadEntry(item.kind))
    };
    builder.parsed.problems.extend(unread.map(problem));
    builder.finish()
}

struct RowBuilder<'t> {
    file: &'t Arc<str>,
    lines: Vec<&'t str>,
    /// That of the last entry.
    last_line: u32,
    sections: Sections,
    regex_budget: RegexBudget,
    parsed: ParsedDocument,
}

impl RowBuilder<'_> {
    fn problem(&mut self, file: &str, line: u32, column: u32, kind: ProblemKind) {
        self.parsed.problems.push(Problem::new(file, line, column, kind));
    }

    fn directive(&mut self, line: u32, directive: &str) {
        for text in self.sections.apply(line, directive, &mut self.regex_budget) {
            let mut text = text.to_owned();
            truncate(&mut text, MAX_QUOTE_LEN);
            self.problem(self.file, line, 0, ProblemKind::BadDirective { text });
        }
    }

    /// Adds the row of an entry, or the problem that it has none.
    fn entry(&mut self, entry: ListEntry) {
        if self.sections.options().ignored_by.is_some() {
            return;
        }
        let column = self.column(&entry);
        let parsed = match self.parse_patterns(&entry) {
            Ok(parsed) => parsed,
            Err(kind) => return self.problem(&entry.file, entry.line, column, kind),
        };
        let options = self.sections.options();
        let row = new_row(entry, column, parsed, &self.sections);
        if row.issue.is_empty() && options.requires_issue {
            let kind = ProblemKind::MissingIssue { pattern: row.pattern.as_str().to_owned() };
            self.problem(&row.file, row.line, column, kind);
        }
        self.extend_list(&row.file, row.line);
        self.parsed.rows.push(row);
    }

    /// The pattern and the variants of an entry, or else those of its section.
    fn parse_patterns(
        &mut self,
        entry: &ListEntry,
    ) -> Result<(Pattern, VariantScope), ProblemKind> {
        let budget = &mut self.regex_budget;
        let bad = |text: &str, bad: BadRegex| {
            let (pattern, why) = (text.to_owned(), bad.why);
            ProblemKind::BadRegex { pattern, why }
        };
        let pattern = Pattern::parse_with_budget(&entry.pattern, budget);
        let pattern = pattern.map_err(|error| bad(&entry.pattern, error))?;
        if entry.variants.is_empty() {
            return Ok((pattern, self.sections.options().variants.clone()));
        }
        let variants = entry.variants.join(", ");
        let scope = VariantScope::parse(&variants, budget);
        Ok((pattern, scope.map_err(|error| bad(&variants, error))?))
    }

    /// The 1-based column of an entry's first character in its line.
    fn column(&self, entry: &ListEntry) -> u32 {
        let line = (entry.line as usize).checked_sub(1).filter(|_| entry.file == *self.file);
        let line = line.and_then(|at| self.lines.get(at)).copied().unwrap_or_default();
        let text = line.trim_start_matches('\u{feff}');
        to_u32(text.chars().take_while(|c| c.is_whitespace()).count() + 1)
    }

    /// Adds a line to the block of entries that ends before it, or begins a block: a new row is placed below another one
    /// of its block.
    fn extend_list(&mut self, file: &Arc<str>, line: u32) {
        if file != self.file {
            return;
        }
        match self.parsed.lists.last_mut() {
            Some(block) if block.end + 1 >= line => block.end = block.end.max(line),
            Some(_) | None => {
                let block = ListTable::without_columns(line, self.sections.options());
                self.parsed.lists.push(block);
            }
        }
    }

    /// A list without entries has a place for new ones: its end, line 0.
    fn finish(mut self) -> ParsedDocument {
        if self.parsed.lists.is_empty() {
            self.parsed.lists.push(ListTable::without_columns(0, self.sections.options()));
        }
        ParsedDocument { allowed_codes: self.sections.allowed_codes, ..self.parsed }
    }
}

/// The row of an entry in the current section.
fn new_row(
    entry: ListEntry,
    column: u32,
    (pattern, variants): (Pattern, VariantScope),
    sections: &Sections,
) -> Row {
    let options = sections.options();
    let pattern = if options.matches_ends { pattern.into_end() } else { pattern };
    let loose = if options.is_loose { pattern.to_loose().map(Box::new) } else { None };
    let source = (!entry.source.is_empty()).then(|| ("Source".to_owned(), entry.source));
    Row {
        file: entry.file,
        line: entry.line,
        column,
        pattern,
        loose,
        expected: match entry.status {
            Status::AnyFailure => options.expected.clone(),
            status => expected(status),
        },
        variants,
        category: entry.category,
        reason: entry.reason,
        issue: entry.issue,
        owner: String::new(),
        expires: entry.expires,
        other: source.into_iter().collect(),
        section: sections.path().clone(),
        levels: sections.levels().clone(),
        inactive: None,
    }
}

/// What a row of this status excuses.
fn expected(status: Status) -> Expected {
    let failure = |worst| Expected::Failure { worst, message: None };
    match status {
        Status::AnyFailure => Expected::AnyFailure,
        Status::Fail => failure(FailureKind::Fail),
        Status::Error => failure(FailureKind::Error),
        Status::Timeout => failure(FailureKind::Timeout),
        Status::Crash => failure(FailureKind::Crash),
        Status::Flaky => Expected::Flaky { message: None },
        Status::Skip => Expected::Skip,
    }
}
