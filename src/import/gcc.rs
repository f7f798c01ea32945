//! GCC's manifests of known failures, `contrib/testsuite-management/*.xfail`.
//!
//! In: lines of a DejaGnu summary, attributes before a bar (`flaky | FAIL: …`), `@include`, `@remove`. Out:
//! rows under the tool and the `.exp` file that the lines stand below. A newcomer's trap: `@remove`
//! takes out what any earlier line put in, of an including file too.
//!
//! Grammar: <https://gcc.gnu.org/git/?p=gcc.git;a=blob;f=contrib/testsuite-management/validate_failures.py>

use super::comments::Comments;
use super::list_builder::{ListBuilder, links, literal_pattern};
use super::{
    Imported, ImportedRow, IncludeLoader, ListFormat, SourceList, Status, UnsupportedKind,
    numbered_lines, path_parts_reversed,
};
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

pub(super) const FORMAT: ListFormat = ListFormat { name: "gcc", detect, read };

/// The results a manifest may expect. An `ERROR` is of no test, so that no row can claim it.
const RESULTS: [(&str, Option<Status>); 4] = [
    ("FAIL", Some(Status::Fail)),
    ("XPASS", Some(Status::Fail)),
    ("UNRESOLVED", Some(Status::Error)),
    ("ERROR", None),
];

/// How many files may include one another.
const MAX_INCLUDES: usize = 64;

fn detect(path: &str, text: &str) -> bool {
    let is_entry = |line: &str| parse_result(split_attributes(line).1).is_some();
    path.ends_with(".xfail")
        || text.lines().any(|line| tool_name(line).is_some())
            && numbered_lines(text).any(|(_, line)| is_entry(line))
}

fn read(source: &SourceList, files: &mut IncludeLoader<'_>) -> Imported {
    let mut reader = GccReader {
        draft: ListBuilder::new(source),
        files,
        first_directory: parent_directory(&source.path).to_owned(),
        included: Vec::new(),
        rows: HashMap::new(),
        removed: HashSet::new(),
    };
    reader.read_file(&source.text, "");
    reader.draft.remove_items(&reader.removed);
    reader.draft.finish()
}

/// A path without its last part, with the slash behind.
fn parent_directory(path: &str) -> &str {
    let name = path_parts_reversed(path).next().unwrap_or_default();
    &path[..path.len() - name.len()]
}

struct GccReader<'f, 'g> {
    draft: ListBuilder,
    files: &'f mut IncludeLoader<'g>,
    /// Where the first file stands, as its user wrote it, with a slash behind.
    first_directory: String,
    /// Every file that was included, by its path from the first one's directory.
    included: Vec<String>,
    /// The places of the rows of each pattern among the draft's items, and of those that were taken out.
    rows: HashMap<String, Vec<usize>>,
    removed: HashSet<usize>,
}

impl GccReader<'_, '_> {
    /// Reads one file; `directory` is where it stands, from the first one's, with a slash behind.
    fn read_file(&mut self, text: &str, directory: &str) {
        let mut comments = Comments::default();
        for ((number, line), raw_line) in numbered_lines(text).zip(text.lines()) {
            if line.is_empty() {
                comments.end_block(&mut self.draft);
            } else if let Some(comment) = line.strip_prefix('#') {
                comments.add_line(comment, &mut self.draft);
            } else if let Some(entry) = line.strip_prefix("@remove ") {
                self.remove(number, entry.trim());
            } else if let Some(path) = line.strip_prefix("@include ") {
                comments.end_block(&mut self.draft);
                self.include(number, path.trim(), directory);
            } else if let Some(tool) = tool_name(raw_line) {
                comments.end_block(&mut self.draft);
                self.draft.add_heading(1, tool);
            } else if let Some(exp) = exp_file(line) {
                comments.end_block(&mut self.draft);
                self.draft.add_heading(2, exp);
            } else if !raw_line.trim().ends_with(" Summary ===") {
                self.read_entry(number, line, &comments.reason());
            }
        }
        comments.end_block(&mut self.draft);
    }

    fn read_entry(&mut self, number: u32, line: &str, reason: &str) {
        let (attributes, summary) = split_attributes(line);
        let Some((word, status, name)) = parse_result(summary) else {
            return self.draft.add_unknown_line(number, line);
        };
        let Some(status) = status else {
            let word = format!("{word}: {name}");
            return self.draft.add_unsupported(number, UnsupportedKind::Result { word });
        };
        let mut row = self.draft.new_row(number, literal_pattern(name));
        row.status = status;
        row.reason = reason.to_owned();
        row.issue = links(reason);
        for attribute in attributes.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            match attribute.strip_prefix("expire=") {
                None if attribute == "flaky" => row.status = Status::Flaky,
                None => {
                    let word = attribute.to_owned();
                    self.draft.add_unsupported(number, UnsupportedKind::Modifier { word });
                }
                Some(text) => match parse_date(text) {
                    Some(date) => row.expires = Some(date),
                    None => {
                        let text = text.to_owned();
                        return self.draft.add_unsupported(number, UnsupportedKind::Date { text });
                    }
                },
            }
        }
        self.add_row(row);
    }

    fn add_row(&mut self, row: ImportedRow) {
        let pattern = row.pattern.clone();
        let index = self.draft.add_row(row);
        self.rows.entry(pattern).or_default().push(index);
    }

    fn remove(&mut self, number: u32, entry: &str) {
        let found = parse_result(split_attributes(entry).1);
        let rows = found.and_then(|(_, _, name)| self.rows.remove(&literal_pattern(name)));
        match rows {
            Some(indices) => self.removed.extend(indices),
            None => self
                .draft
                .add_unsupported(number, UnsupportedKind::Remove { text: entry.to_owned() }),
        }
    }

    fn include(&mut self, number: u32, path: &str, directory: &str) {
        let from_first = format!("{directory}{path}");
        let text = if self.included.contains(&from_first) {
            Err("it is included already".to_owned())
        } else if self.included.len() >= MAX_INCLUDES {
            Err(format!("more than {MAX_INCLUDES} files are included"))
        } else {
            (self.files)(&from_first)
        };
        match text {
            Ok(text) => {
                self.included.push(from_first.clone());
                let file = format!("{}{from_first}", self.first_directory);
                let includer = std::mem::replace(&mut self.draft.file, file.into());
                self.read_file(&text, parent_directory(&from_first));
                self.draft.file = includer;
            }
            Err(why) => {
                self.draft.add_unsupported(
                    number,
                    UnsupportedKind::Include { path: path.to_owned(), why },
                );
            }
        }
    }
}

/// `gcc` of a line `=== gcc tests ===`, which begins with tabulators.
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

/// The word, what it is here, and the name behind it.
fn parse_result(summary: &str) -> Option<(&str, Option<Status>, &str)> {
    let (word, name) = summary.split_once(':')?;
    let (_, status) = RESULTS.iter().find(|(known, _)| *known == word)?;
    let name = name.trim();
    (!name.is_empty()).then_some((word, *status, name))
}

/// `YYYYMMDD`.
fn parse_date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    if !digits {
        return None;
    }
    let (month, day) = (i8::try_from(part(4..6)?).ok()?, i8::try_from(part(6..8)?).ok()?);
    Date::new(part(0..4)?, month, day).ok()
}
