//! The document of known failures: its rows, what they claim, and what is wrong with it.
//!
//! In: the documents' texts. Out: [`KnownFailures`], which says which row claims a test. Reading is
//! pure and never fails: what could not be read is a problem with its line. A newcomer's trap: a row
//! that is a duplicate, or that an overlay replaced, is still a row; it only never claims anything.

pub(crate) mod diff;
mod document;
pub(crate) mod duplicates;
mod edit;
mod index;
pub(crate) mod lint;
mod pattern;
mod row;
pub(crate) mod span;

pub use diff::{Change, EditedCell, changes};
pub use document::cells::{escape_cell, escape_pattern};
pub use edit::{Edits, NewRow, remove_rows};
pub use index::Claim;
pub use pattern::{BadRegex, Pattern, PatternKind};
pub use row::{
    Expected, FailureKind, Inactive, MatchMode, Row, RowId, VariantPatterns, VariantScope,
};
pub use span::{Span, SpanResolver};

use crate::model::{NameHash, NameHasher, Problem, ProblemKind, Variant};
use document::cells::escape_text;
use document::columns::Columns;
use document::directive::ProblemCodes;
use document::lines::lines;
use document::prose_claims::ProseClaim;
use index::Index;
use jiff::civil::Date;
use lint::StatedTotal;
use std::sync::{Arc, OnceLock};

/// One document, as it was given.
#[derive(Debug, Clone)]
pub struct Document {
    /// The path as the user gave it.
    pub path: Arc<str>,
    /// All of its text, untouched.
    pub text: String,
}

/// A table that is a list.
#[derive(Debug, Clone)]
struct ListTable {
    file: Arc<str>,
    columns: Columns,
    /// 1-based line of its header; its delimiter row follows.
    line: u32,
    /// 1-based line of its last row, or of its delimiter row.
    end: u32,
}

/// A table without a test column: its cells may be names of tests all the same.
#[derive(Debug, Clone)]
pub struct NonListTable {
    /// The document's path as the user gave it.
    pub file: Arc<str>,
    /// 1-based line of its header.
    pub line: u32,
    /// The texts of its cells, header aside, as a pattern would be read; long tables are cut.
    pub cells: Vec<String>,
}

/// All documents of a run, as one list.
#[derive(Debug, Default)]
pub struct KnownFailures {
    documents: Vec<Document>,
    rows: Vec<Row>,
    problems: Vec<Problem>,
    non_list_tables: Vec<NonListTable>,
    lists: Vec<ListTable>,
    totals: Vec<StatedTotal>,
    prose_claims: Vec<ProseClaim>,
    /// By document: from which line on which codes are allowed.
    allowed_codes: Vec<Vec<(u32, ProblemCodes)>>,
    name_hasher: NameHasher,
    /// Made when it is first asked: most commands claim nothing.
    index: OnceLock<Index>,
}

impl KnownFailures {
    /// Reads documents; a later one overlays those before it.
    pub fn read(documents: &[(Arc<str>, String)]) -> KnownFailures {
        KnownFailures::read_owned(documents.to_vec())
    }

    fn read_owned(documents: Vec<(Arc<str>, String)>) -> KnownFailures {
        let mut known = KnownFailures::default();
        let mut rows_by_document = Vec::new();
        for (path, text) in documents {
            let parsed = document::read(&path, &text);
            known.documents.push(Document { path, text });
            let first = known.rows.len();
            // Most lists are one document, whose rows need not be held twice.
            match first {
                0 => known.rows = parsed.rows,
                _ => known.rows.extend(parsed.rows),
            }
            rows_by_document.push(first..known.rows.len());
            known.problems.extend(parsed.problems);
            known.non_list_tables.extend(parsed.non_list_tables);
            known.lists.extend(parsed.lists);
            known.totals.extend(parsed.totals);
            known.prose_claims.extend(parsed.prose_claims);
            known.allowed_codes.push(parsed.allowed_codes);
        }
        known.problems.extend(duplicates::mark_duplicates(&mut known.rows, &rows_by_document));
        known.sort_problems();
        let problems = std::mem::take(&mut known.problems);
        known.problems =
            problems.into_iter().filter(|problem| !known.is_suppressed(problem)).collect();
        known
    }

    /// Reads documents from their bytes; what is no UTF-8 is a problem with its line.
    pub fn read_bytes(documents: Vec<(Arc<str>, Vec<u8>)>) -> KnownFailures {
        let mut problems = Vec::new();
        let mut texts = Vec::with_capacity(documents.len());
        for (path, bytes) in documents {
            let text = String::from_utf8(bytes).unwrap_or_else(|bad| {
                problems.push(not_utf8(&path, bad.as_bytes()));
                String::from_utf8_lossy(bad.as_bytes()).into_owned()
            });
            texts.push((path, text));
        }
        let mut known = KnownFailures::read_owned(texts);
        known.problems.extend(problems);
        known.sort_problems();
        known
    }

    fn sort_problems(&mut self) {
        let document_index =
            |path: &str| self.documents.iter().position(|other| *other.path == *path);
        self.problems
            .sort_by_cached_key(|p| (document_index(&p.file), p.line, p.column, p.kind.clone()));
    }

    /// The documents in the order they were given.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Every row, the unused ones too, in the order of the documents.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// One row.
    pub fn row(&self, id: RowId) -> &Row {
        &self.rows[id.0 as usize]
    }

    /// Each row with its id.
    pub fn rows_with_ids(&self) -> impl Iterator<Item = (RowId, &Row)> {
        (0..).map(RowId).zip(&self.rows)
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is wrong with the documents: by document, then by line.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What is odd about the documents although nothing is wrong: for somebody who tidies them.
    pub fn lint(&self) -> Vec<Problem> {
        let problems = lint::lint(self);
        problems.into_iter().filter(|problem| !self.is_suppressed(problem)).collect()
    }

    /// The rows to look at again whose day has passed.
    pub fn expired(&self, today: Date) -> Vec<Problem> {
        let expired = self.rows.iter().filter_map(|row| row.expiry_problem(today));
        expired.filter(|problem| !self.is_suppressed(problem)).collect()
    }

    /// The rows that only repeat an earlier one of their document, cell for cell, each with that one.
    pub fn exact_duplicates(&self) -> impl Iterator<Item = (RowId, RowId)> {
        self.rows_with_ids().filter_map(|(id, row)| match row.inactive {
            Some(Inactive::Duplicate { original }) => {
                row.has_same_content(self.row(original)).then_some((id, original))
            }
            Some(Inactive::Replaced { .. }) | None => None,
        })
    }

    /// Whether a directive says that this problem need not be told.
    pub fn is_suppressed(&self, problem: &Problem) -> bool {
        let document_index =
            self.documents.iter().position(|document| document.path == problem.file);
        let latest = document_index.and_then(|at| {
            let until = self.allowed_codes[at].partition_point(|(from, _)| *from <= problem.line);
            self.allowed_codes[at][..until].last()
        });
        latest.is_some_and(|(_, codes)| codes.contains(problem.kind.code()))
    }

    /// How many tables are lists, those without rows too.
    pub fn list_count(&self) -> usize {
        self.lists.len()
    }

    /// The documents' texts with these edits, in their order; everything else byte for byte.
    pub fn edited(&self, edits: &Edits) -> Vec<String> {
        self.documents.iter().map(|document| edit::edited(self, document, edits)).collect()
    }

    /// A new row as the line that it would be, and the document and line that it would stand below (0: at
    /// the end).
    pub fn preview_row(&self, new: &NewRow) -> Option<(Arc<str>, u32, String)> {
        edit::preview_row(self, new)
    }

    /// The tables that are no lists and that no directive says to ignore.
    pub fn non_list_tables(&self) -> &[NonListTable] {
        &self.non_list_tables
    }

    /// The row that claims this name in this variant.
    pub fn claim(&self, name: &str, variant: &Variant) -> Option<Claim> {
        self.claim_hashed(self.hash_name(name), name, variant)
    }

    /// The row that claims this name, whose number is known already.
    pub fn claim_hashed(&self, hash: NameHash, name: &str, variant: &Variant) -> Option<Claim> {
        self.index().claim(&self.rows, hash, name, variant)
    }

    /// The number of a name, for as long as this list lives.
    pub fn hash_name(&self, name: &str) -> NameHash {
        self.name_hasher.hash(name)
    }

    /// Hands over every row that matches this name, whose number is known already, and allows this variant, in no
    /// special order; a row may come twice.
    pub fn for_each_match(
        &self,
        hash: NameHash,
        name: &str,
        variant: &Variant,
        each: impl FnMut(RowId),
    ) {
        self.index().for_each_match(&self.rows, hash, name, variant, each);
    }

    /// Every row that matches this name and allows this variant: the one that claims it, then those
    /// that would if it were not there.
    pub fn matching(&self, name: &str, variant: &Variant) -> Vec<RowId> {
        self.index().matching(&self.rows, self.hash_name(name), name, variant)
    }

    /// The rows that match this name and speak of other variants only, in the order of the documents.
    pub fn matching_other_variants(&self, name: &str, variant: &Variant) -> Vec<RowId> {
        let is_other_variant = |row: &Row| row.inactive.is_none() && !row.variants.allows(variant);
        let rows = self
            .rows_with_ids()
            .filter(|(_, row)| is_other_variant(row) && row.matches(name).is_some());
        rows.map(|(id, _)| id).collect()
    }

    /// The row that took the longest to be held against a name, if all names together took too long: then
    /// nothing that was claimed is to be believed.
    pub fn costliest_row(&self) -> Option<&Row> {
        self.index.get().and_then(Index::costliest_row).map(|id| self.row(id))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.rows, &self.name_hasher))
    }
}

/// Where a document's first bytes that are no UTF-8 stand.
fn not_utf8(path: &str, bytes: &[u8]) -> Problem {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    // Something stands behind it, if no more than the bytes in question.
    let prefix = format!("{valid}?");
    let last = lines(&prefix).last().unwrap_or_default().trim_start_matches('\u{feff}');
    let to_u32 = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let (line, column) = (to_u32(lines(&prefix).count()), to_u32(last.chars().count()));
    let is_bad = |line: &&[u8]| std::str::from_utf8(line).is_err();
    let lines = bytes.split(|byte| *byte == b'\n').filter(is_bad).count() as u64;
    Problem::new(path, line, column, ProblemKind::NotUtf8 { lines })
}
