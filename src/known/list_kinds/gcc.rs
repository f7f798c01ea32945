//! GCC's manifests of known failures, `contrib/testsuite-management/*.xfail`.
//!
//! Each line is one of a DejaGnu summary, with optional attributes before a bar (`flaky | FAIL: …`), or `@include` or
//! `@remove`. The manifest is a set of results with their names: `@remove` removes an earlier one, of including files
//! too, and a name with several results may have any of them. An expired entry is no entry.
//!
//! Syntax: <https://gcc.gnu.org/git/?p=gcc.git;a=blob;f=contrib/testsuite-management/validate_failures.py>

use super::comments::Comments;
use super::lines::{entries, file_name, numbered_lines};
use super::list_builder::{ListBuilder, RowChange, links, literal_pattern};
use super::list_spec::{IncludeLoader, ListKind};
use super::model::{
    ListEntry, ParsedList, SourceList, Status, StatusTable, UnsupportedKind, find_status,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::HashMap;

pub(super) const XFAIL: ListKind = ListKind { name: "gcc", detect, read };

/// The results that a manifest may expect. An `ERROR` belongs to no test, so no row can claim it.
const RESULTS: &StatusTable = &[
    ("FAIL", Some(Status::Fail)),
    ("XPASS", Some(Status::Fail)),
    ("UNRESOLVED", Some(Status::Error)),
    ("ERROR", None),
];

/// Maximum number of included files.
const MAX_INCLUDES: usize = 64;

fn detect(path: &str, text: &str) -> bool {
    let is_entry = |line: &str| parse_result(split_attributes(line).1).is_some();
    (path.ends_with(".xfail") || text.lines().any(|line| tool_name(line).is_some()))
        && entries(text).any(is_entry)
}

fn read(source: &SourceList, files: &mut IncludeLoader<'_>) -> ParsedList {
    let mut reader = GccReader {
        builder: ListBuilder::new(source),
        files,
        first_directory: parent_directory(&source.path).to_owned(),
        included: Vec::new(),
        rows: HashMap::new(),
        removed: Vec::new(),
    };
    reader.read_file(&source.text, "");
    let GccReader { mut builder, removed, .. } = reader;
    builder.replace_items(removed.into_iter().map(|index| (index, Vec::new())).collect());
    leave_out_expired(&mut builder, jiff::Timestamp::now().to_zoned(TimeZone::UTC).date());
    let merged = merge_results(&builder);
    builder.replace_items(merged);
    builder.finish()
}

/// `validate_failures.py` ignores expired entries.
fn leave_out_expired(builder: &mut ListBuilder, today: Date) {
    builder.change_rows(|row| match row.expires.filter(|date| *date < today) {
        Some(date) => RowChange::LeftOut(UnsupportedKind::Expired { date }),
        None => RowChange::None,
    });
}

/// One row, with the worst result, for names with several results.
fn merge_results(builder: &ListBuilder) -> HashMap<usize, Vec<ListEntry>> {
    let mut by_name: HashMap<&str, Vec<(usize, &ListEntry)>> = HashMap::new();
    for (index, row) in builder.rows() {
        by_name.entry(&row.pattern).or_default().push((index, row));
    }
    let mut merged = HashMap::new();
    for rows in by_name.into_values() {
        let [(first, row), others @ ..] = rows.as_slice() else { continue };
        let is_alike = |(_, other): &(usize, &ListEntry)| {
            other.expires == row.expires && other.status != Status::Flaky
        };
        if others.is_empty() || row.status == Status::Flaky || !others.iter().all(is_alike) {
            continue;
        }
        let status = rows.iter().map(|(_, row)| row.status).max().unwrap_or_default();
        merged.insert(*first, vec![ListEntry { status, ..(*row).clone() }]);
        merged.extend(others.iter().map(|(index, _)| (*index, Vec::new())));
    }
    merged
}

/// A path up to its last slash, or empty.
fn parent_directory(path: &str) -> &str {
    &path[..path.len() - file_name(path).len()]
}

struct GccReader<'f, 'g> {
    builder: ListBuilder,
    files: &'f mut IncludeLoader<'g>,
    /// The directory of the first file, with a slash.
    first_directory: String,
    /// The paths of all included files, relative to that directory.
    included: Vec<String>,
    /// By result and pattern: the indices of its rows among the builder's items.
    rows: HashMap<(String, String), Vec<usize>>,
    removed: Vec<usize>,
}

impl GccReader<'_, '_> {
    /// Reads a file in `directory`, which is relative to the first one's and ends with a slash.
    fn read_file(&mut self, text: &str, directory: &str) {
        let mut comments = Comments::default();
        for ((number, line), raw_line) in numbered_lines(text).zip(text.lines()) {
            if comments.add_line(line, &mut self.builder) {
                continue;
            }
            if let Some(entry) = line.strip_prefix("@remove ") {
                self.remove(number, entry.trim());
            } else if let Some(path) = line.strip_prefix("@include ") {
                comments.end_block(&mut self.builder);
                self.include(number, path.trim(), directory);
            } else if let Some(tool) = tool_name(raw_line) {
                comments.end_block(&mut self.builder);
                self.builder.add_heading(1, tool);
            } else if let Some(exp) = exp_file(line) {
                comments.end_block(&mut self.builder);
                self.builder.add_heading(2, exp);
            } else if !raw_line.trim().ends_with(" Summary ===") {
                self.read_entry(number, line, comments.reason());
            }
        }
        comments.end_block(&mut self.builder);
    }

    fn read_entry(&mut self, number: u32, line: &str, reason: String) {
        let (attributes, summary) = split_attributes(line);
        let Some((word, status, name)) = parse_result(summary) else {
            return self.builder.add_unknown_line(number, line);
        };
        let Some(status) = status else {
            let word = format!("{word}: {name}");
            return self.builder.add_unsupported(number, UnsupportedKind::Result { word });
        };
        let (issue, row) = (links(&reason), self.builder.new_row(number, literal_pattern(name)));
        let mut row = ListEntry { status, reason, issue, ..row };
        for attribute in attributes.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            if let Some(text) = attribute.strip_prefix("expire=") {
                row.expires = parse_date(text);
                if row.expires.is_none() {
                    let text = text.to_owned();
                    return self.builder.add_unsupported(number, UnsupportedKind::Date { text });
                }
            } else if attribute == "flaky" {
                row.status = Status::Flaky;
            } else {
                let word = attribute.to_owned();
                self.builder.add_unsupported(number, UnsupportedKind::Modifier { word });
            }
        }
        let key = (word.to_owned(), row.pattern.clone());
        let index = self.builder.add_row(row);
        self.rows.entry(key).or_default().push(index);
    }

    fn remove(&mut self, number: u32, entry: &str) {
        let found = parse_result(split_attributes(entry).1);
        let key = found.map(|(word, _, name)| (word.to_owned(), literal_pattern(name)));
        match key.and_then(|key| self.rows.remove(&key)) {
            Some(indices) => self.removed.extend(indices),
            None => {
                let text = entry.to_owned();
                self.builder.add_unsupported(number, UnsupportedKind::Remove { text });
            }
        }
    }

    fn include(&mut self, number: u32, path: &str, directory: &str) {
        let from_first = format!("{directory}{path}");
        let text = if self.included.contains(&from_first) {
            Err("it is already included".to_owned())
        } else if self.included.len() >= MAX_INCLUDES {
            Err(format!("more than {MAX_INCLUDES} files are included"))
        } else {
            (self.files)(&from_first)
        };
        match text {
            Ok(text) => {
                self.included.push(from_first.clone());
                let file = format!("{}{from_first}", self.first_directory);
                let includer = std::mem::replace(&mut self.builder.file, file.into());
                self.read_file(&text, parent_directory(&from_first));
                self.builder.file = includer;
            }
            Err(why) => {
                let path = path.to_owned();
                self.builder.add_unsupported(number, UnsupportedKind::Include { path, why });
            }
        }
    }
}

/// `gcc` of a line `=== gcc tests ===`, which begins with two tabs.
fn tool_name(line: &str) -> Option<&str> {
    line.strip_prefix("\t\t=== ")?.trim_end().strip_suffix(" tests ===")
}

/// `gcc.dg/dg.exp` of a line `Running gcc:gcc.dg/dg.exp ...`.
fn exp_file(line: &str) -> Option<&str> {
    let path = line.strip_prefix("Running ")?.strip_suffix(" ...")?;
    Some(path.rsplit_once(':').map_or(path, |(_, path)| path))
}

fn split_attributes(line: &str) -> (&str, &str) {
    match line.split_once('|') {
        Some((attributes, rest)) if parse_result(line).is_none() => {
            (attributes.trim(), rest.trim())
        }
        Some(_) | None => ("", line),
    }
}

/// Result, status and name of a line `FAIL: name`.
fn parse_result(summary: &str) -> Option<(&str, Option<Status>, &str)> {
    let (word, name) = summary.split_once(':')?;
    let (status, name) = (find_status(RESULTS, word)?, name.trim());
    (!name.is_empty()).then_some((word, status, name))
}

/// `YYYYMMDD`.
fn parse_date(text: &str) -> Option<Date> {
    let is_date = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    is_date.then(|| Date::strptime("%Y%m%d", text).ok()).flatten()
}
