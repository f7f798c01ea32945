//! All documents of a run as one list.
//!
//! Reading never fails: what cannot be read is a [`Problem`] with its line. Inactive rows (duplicates, and rows
//! that an overlay replaced) are kept; they only never claim a test.

use super::document::lines::{lines, to_u32};
use super::document::reader::{ListTable, NonListTable};
use super::document::{self, ParsedDocument};
use super::duplicates::{ClaimKey, mark_duplicates};
use super::index::{Claim, Index, precedence};
use super::list_format::ListFormat;
use super::list_kinds::{IncludeLoader, ParsedList, SourceList, apply_overrides, rows};
use super::row::{Inactive, Row, RowId};
use crate::model::{NameHash, NameHasher, Problem, ProblemKind, Variant};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, OnceLock};

#[derive(Debug, Clone)]
pub struct Document {
    /// The path as the user gave it.
    pub path: Arc<str>,
    /// Its whole text, unchanged.
    pub text: String,
    /// How it is written; `None` if it is no list.
    pub format: Option<ListFormat>,
    /// The files that it includes, by the paths that it names.
    includes: BTreeMap<String, Result<String, String>>,
    /// What was found in it, less the rows, tables and problems that the list has.
    pub(super) parsed: ParsedDocument,
}

impl Document {
    /// Another version of it.
    pub fn with_text(&self, text: String) -> ListFile {
        ListFile {
            path: self.path.clone(),
            bytes: text.into_bytes(),
            format: self.format,
            includes: self.includes.clone(),
        }
    }

    /// The files that it includes and that were read: the names that it gives them, and their texts.
    pub fn included_files(&self) -> impl Iterator<Item = (&str, &str)> {
        let read = self.includes.iter();
        read.filter_map(|(name, text)| Some((name.as_str(), text.as_deref().ok()?)))
    }

    /// Whether its rows can be removed, narrowed and added.
    pub fn is_editable(&self) -> bool {
        self.format.is_some_and(ListFormat::is_editable)
    }

    /// Its tables that are lists, from top to bottom.
    pub(super) fn lists(&self) -> &[ListTable] {
        &self.parsed.lists
    }
}

/// A list as it is given, before it is read.
#[derive(Debug, Clone)]
pub struct ListFile {
    /// The path as the user gave it.
    pub path: Arc<str>,
    pub bytes: Vec<u8>,
    /// How it is written; `None` to detect that.
    pub format: Option<ListFormat>,
    /// The files that it includes, as far as they are read already.
    includes: BTreeMap<String, Result<String, String>>,
}

impl ListFile {
    /// A file that includes others which were not read yet.
    pub fn new(path: Arc<str>, bytes: Vec<u8>, format: Option<ListFormat>) -> ListFile {
        ListFile { path, bytes, format, includes: BTreeMap::new() }
    }
}

/// Reads a file that a list includes, by the path of the list and the path that it names; the error is the reason why it
/// cannot be read.
pub type IncludedFileLoader<'f> = dyn FnMut(&str, &str) -> Result<String, String> + 'f;

/// All documents of a run as one list.
#[derive(Debug, Default)]
pub struct KnownFailures {
    documents: Vec<Document>,
    rows: Vec<Row>,
    problems: Vec<Problem>,
    non_list_tables: Vec<NonListTable>,
    name_hasher: NameHasher,
    /// Built on first use, since most commands claim nothing.
    index: OnceLock<Index>,
}

impl KnownFailures {
    /// Reads documents, given as path and text; a later one overlays those before it.
    pub fn read(documents: &[(Arc<str>, String)]) -> KnownFailures {
        let bytes = |(path, text): &(Arc<str>, String)| (path.clone(), text.clone().into_bytes());
        KnownFailures::read_bytes(documents.iter().map(bytes).collect())
    }

    /// Reads documents from their bytes; bytes that are not UTF-8 are a problem with its line.
    pub fn read_bytes(documents: Vec<(Arc<str>, Vec<u8>)>) -> KnownFailures {
        let files = documents.into_iter().map(|(path, bytes)| ListFile::new(path, bytes, None));
        KnownFailures::from_files(files)
    }

    /// Reads lists of any format, without files that they include and that were not read yet.
    pub fn from_files(files: impl IntoIterator<Item = ListFile>) -> KnownFailures {
        KnownFailures::read_files(files, &mut |_, _| Err("only the list itself is read".to_owned()))
    }

    /// Reads lists of any format; `load` reads a file that a list includes.
    pub fn read_files(
        files: impl IntoIterator<Item = ListFile>,
        load: &mut IncludedFileLoader<'_>,
    ) -> KnownFailures {
        let mut known = KnownFailures::default();
        let mut problems = Vec::new();
        let mut rows_by_document = Vec::new();
        let open = |file| OpenedList::open(file, load, &mut problems);
        let mut opened: Vec<OpenedList> = files.into_iter().map(open).collect();
        apply_overrides(opened.iter_mut().filter_map(OpenedList::entries_mut));
        for OpenedList { source: SourceList { path, text }, format, includes, content } in opened {
            let mut parsed = content.into_document(&path, &text);
            let rows = std::mem::take(&mut parsed.rows);
            let first = known.rows.len();
            // Most lists are one document: not copying its rows keeps the memory peak low.
            if first == 0 {
                known.rows = rows;
            } else {
                known.rows.extend(rows);
            }
            rows_by_document.push(first..known.rows.len());
            problems.append(&mut parsed.problems);
            known.non_list_tables.append(&mut parsed.non_list_tables);
            known.documents.push(Document { path, text, format, includes, parsed });
        }
        problems.extend(mark_duplicates(&mut known.rows, &rows_by_document));
        known.sort_problems(&mut problems);
        problems.retain(|problem| !known.is_suppressed(problem));
        KnownFailures { problems, ..known }
    }

    /// Reads the same documents again.
    #[must_use]
    pub fn copy(&self) -> KnownFailures {
        self.with_texts(self.documents.iter().map(|document| document.text.clone()))
    }

    /// Reads the same documents with other texts, in the same order.
    #[must_use]
    pub fn with_texts(&self, texts: impl IntoIterator<Item = String>) -> KnownFailures {
        let files =
            self.documents.iter().zip(texts).map(|(document, text)| document.with_text(text));
        KnownFailures::from_files(files)
    }

    /// Whether the document of a row can be edited.
    pub fn is_editable(&self, row: &Row) -> bool {
        self.document(&row.file).is_some_and(Document::is_editable)
    }

    /// The document with this path.
    pub fn document(&self, path: &str) -> Option<&Document> {
        self.documents.iter().find(|document| *document.path == *path)
    }

    /// Sorts problems of the documents by document, then by line.
    pub fn sort_problems(&self, problems: &mut [Problem]) {
        let document_index =
            |path: &str| self.documents.iter().position(|document| *document.path == *path);
        problems
            .sort_by_cached_key(|p| (document_index(&p.file), p.line, p.column, p.kind.clone()));
    }

    /// The documents in the order they were given.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Every row, the inactive ones too, in the order of the documents.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub fn row(&self, id: RowId) -> &Row {
        &self.rows[id.0 as usize]
    }

    pub fn rows_with_ids(&self) -> impl Iterator<Item = (RowId, &Row)> {
        (0..).map(RowId).zip(&self.rows)
    }

    /// The rows with the pattern and the variants of one of these, which may be of another list.
    pub fn rows_like<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> BTreeSet<RowId> {
        let keys: HashSet<ClaimKey<'r>> = rows.into_iter().map(ClaimKey::new).collect();
        let rows = self.rows_with_ids().filter(|(_, row)| keys.contains(&ClaimKey::new(row)));
        rows.map(|(id, _)| id).collect()
    }

    /// Whether the list has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is wrong with the documents: by document, then by line.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Adds problems of the documents that reading them does not show.
    pub fn add_problems(&mut self, problems: Vec<Problem>) {
        let mut all = std::mem::take(&mut self.problems);
        all.extend(problems);
        self.sort_problems(&mut all);
        self.problems = all;
    }

    /// A problem for each row that has expired.
    pub fn expired(&self, today: Date) -> Vec<Problem> {
        let expired = self.rows.iter().filter_map(|row| row.expiry_problem(today));
        expired.filter(|problem| !self.is_suppressed(problem)).collect()
    }

    /// The rows that repeat an earlier row of their document cell for cell, each with that row.
    pub fn exact_duplicates(&self) -> impl Iterator<Item = (RowId, RowId)> {
        self.rows_with_ids().filter_map(|(id, row)| {
            let Some(Inactive::Duplicate { original }) = row.inactive else { return None };
            row.has_same_content(self.row(original)).then_some((id, original))
        })
    }

    /// Whether an `allow` directive suppresses this problem.
    pub fn is_suppressed(&self, problem: &Problem) -> bool {
        let mut documents = self.documents.iter();
        documents.find(|document| document.path == problem.file).is_some_and(|document| {
            let codes = &document.parsed.allowed_codes;
            let until = codes.partition_point(|(from, _)| *from <= problem.line);
            codes[..until].last().is_some_and(|(_, codes)| codes.contains(problem.kind.code()))
        })
    }

    /// The number of tables that are lists, those without rows included.
    pub fn list_count(&self) -> usize {
        self.documents.iter().map(|document| document.parsed.lists.len()).sum()
    }

    /// The tables that are not lists, except those in sections that a directive ignores.
    pub fn non_list_tables(&self) -> &[NonListTable] {
        &self.non_list_tables
    }

    /// The row that claims this name in this variant.
    pub fn claim(&self, name: &str, variant: &Variant) -> Option<Claim> {
        self.claim_hashed(self.hash_name(name), name, variant)
    }

    /// [`KnownFailures::claim`] for a name whose hash is known already.
    pub fn claim_hashed(&self, hash: NameHash, name: &str, variant: &Variant) -> Option<Claim> {
        self.index().claim(&self.rows, hash, name, variant)
    }

    /// The hash of a name; other lists hash with other keys.
    pub fn hash_name(&self, name: &str) -> NameHash {
        self.name_hasher.hash(name)
    }

    /// The key under which names are hashed.
    pub fn name_hasher(&self) -> &NameHasher {
        &self.name_hasher
    }

    /// Calls `each` with every row that matches this name and allows this variant, in no particular order; a
    /// row may come twice.
    pub fn for_each_match(
        &self,
        hash: NameHash,
        name: &str,
        variant: &Variant,
        each: impl FnMut(RowId),
    ) {
        self.index().for_each_match(&self.rows, hash, name, Some(variant), each);
    }

    /// Every row that matches this name and allows this variant, in the order in which they would claim it.
    pub fn matching(&self, name: &str, variant: &Variant) -> Vec<RowId> {
        let mut found = Vec::new();
        self.for_each_match(self.hash_name(name), name, variant, |id| found.push(id));
        found.sort_by_key(|id| precedence(&self.rows, *id));
        found
    }

    /// The rows that match this name in some variant, in no particular order; a row may come twice. All rows once matching
    /// exceeded its limit: then it is not known which do.
    pub(super) fn matching_in_any_variant(&self, name: &str) -> Vec<RowId> {
        let mut found = Vec::new();
        let each = |id| found.push(id);
        self.index().for_each_match(&self.rows, self.hash_name(name), name, None, each);
        if self.costliest_row().is_some() {
            found.extend(self.rows_with_ids().map(|(id, _)| id));
        }
        found
    }

    /// The rows that match this name in other variants only, in the order of the documents.
    pub fn matching_other_variants(&self, name: &str, variant: &Variant) -> Vec<RowId> {
        let matches_elsewhere = |row: &Row, steps: &mut u64| {
            row.inactive.is_none()
                && !row.variants.allows_with(variant, steps)
                && row.matches_with(name, steps).is_some()
        };
        let cost = self.index().cost();
        let found = |(id, row)| cost.charge_row(id, |steps| matches_elsewhere(row, steps));
        let rows = self.rows_with_ids().filter(|entry| found(*entry) == Some(true));
        rows.map(|(id, _)| id).collect()
    }

    /// The indices of the variants that a row applies to. None once matching exceeded its limit.
    pub fn allowed_variants(&self, id: RowId, variants: &[Variant]) -> Vec<usize> {
        let scope = &self.row(id).variants;
        let cost = self.index().cost();
        let allowed = cost.charge_row(id, |steps| {
            let allowed = variants.iter().enumerate();
            let allowed = allowed.filter(|(_, variant)| scope.allows_with(variant, steps));
            allowed.map(|(index, _)| index).collect()
        });
        allowed.unwrap_or_default()
    }

    /// Whether a failure with this message is the one that a row pins; any is, if it pins none. Always true once matching
    /// exceeded its limit.
    pub fn expects_message(&self, id: RowId, message: &str) -> bool {
        let Some(pinned) = self.row(id).expected.pinned_message() else { return true };
        let cost = self.index().cost();
        cost.charge_message(id, |steps| pinned.matches_with(message, steps)).unwrap_or(true)
    }

    /// The row that was the most expensive to match, if matching exceeded its limit. The claims made so far
    /// are not reliable then.
    pub fn costliest_row(&self) -> Option<&Row> {
        self.index.get().and_then(Index::costliest_row).map(|id| self.row(id))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.rows, &self.name_hasher))
    }
}

/// A list before its rows are final: entries of other lists may outrank its own.
struct OpenedList {
    source: SourceList,
    format: Option<ListFormat>,
    includes: BTreeMap<String, Result<String, String>>,
    content: ListContent,
}

enum ListContent {
    Document(Box<ParsedDocument>),
    Entries(ParsedList),
}

impl OpenedList {
    fn open(
        file: ListFile,
        load: &mut IncludedFileLoader<'_>,
        problems: &mut Vec<Problem>,
    ) -> OpenedList {
        let ListFile { path, bytes, format, mut includes } = file;
        let text = String::from_utf8(bytes).unwrap_or_else(|bad| {
            problems.push(not_utf8(&path, bad.as_bytes()));
            String::from_utf8_lossy(bad.as_bytes()).into_owned()
        });
        let source = SourceList { path, text };
        let format = format.or_else(|| ListFormat::detect(&source));
        let mut include = |name: &str| {
            let load = || load(&source.path, name);
            includes.entry(name.to_owned()).or_insert_with(load).clone()
        };
        let content = ListContent::parse(&source, format, &mut include);
        OpenedList { source, format, includes, content }
    }

    fn entries_mut(&mut self) -> Option<&mut ParsedList> {
        match &mut self.content {
            ListContent::Entries(list) => Some(list),
            ListContent::Document(_) => None,
        }
    }
}

impl ListContent {
    fn parse(
        source: &SourceList,
        format: Option<ListFormat>,
        include: &mut IncludeLoader<'_>,
    ) -> ListContent {
        let SourceList { path, text } = source;
        let document = match format {
            Some(ListFormat::Markdown) => document::parse(path, text),
            Some(ListFormat::Other(kind)) => {
                return ListContent::Entries(kind.read(source, include));
            }
            None => ParsedDocument {
                problems: vec![Problem::new(path, 0, 0, ProblemKind::UnknownList)],
                ..ParsedDocument::default()
            },
        };
        ListContent::Document(Box::new(document))
    }

    fn into_document(self, path: &Arc<str>, text: &str) -> ParsedDocument {
        match self {
            ListContent::Document(document) => *document,
            ListContent::Entries(list) => rows::to_document(path, text, list),
        }
    }
}

/// The problem that a document is not UTF-8, at its first bytes that are not.
fn not_utf8(path: &str, bytes: &[u8]) -> Problem {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    // One character replaces the invalid bytes, so that they have a line and a column.
    let prefix = format!("{valid}?");
    let last = lines(&prefix).last().unwrap_or_default().trim_start_matches('\u{feff}');
    let (line, column) = (to_u32(lines(&prefix).count()), to_u32(last.chars().count()));
    let is_bad = |line: &&[u8]| std::str::from_utf8(line).is_err();
    let lines = bytes.split(|byte| *byte == b'\n').filter(is_bad).count() as u64;
    Problem::new(path, line, column, ProblemKind::NotUtf8 { lines })
}
