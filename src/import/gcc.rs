//! GCC's manifests of known failures, `contrib/testsuite-management/*.xfail`.
//!
//! In: lines of a DejaGnu summary, attributes before a bar (`flaky | FAIL: …`), `@include`, `@remove`. Out:
//! rows under the tool and the `.exp` file that the lines stand below. A newcomer's trap: `@remove`
//! takes out what any earlier line put in, of an including file too.
//!
//! Grammar: <https://gcc.gnu.org/git/?p=gcc.git;a=blob;f=contrib/testsuite-management/validate_failures.py>

use super::comments::Comments;
use super::list_builder::{Draft, exactly, links};
use super::{About, Files, Imported, Row, Source, Status, UnsaidKind, lines, path_parts};
use jiff::civil::Date;
use std::collections::{HashMap, HashSet};

pub(super) const ABOUT: About = About { name: "gcc", recognise, read };

/// The results a manifest may expect. An `ERROR` is of no test, so that no row can claim it.
const RESULTS: [(&str, Option<Status>); 4] = [
    ("FAIL", Some(Status::Fail)),
    ("XPASS", Some(Status::Fail)),
    ("UNRESOLVED", Some(Status::Error)),
    ("ERROR", None),
];

/// How many files may include one another.
const INCLUDES_LIMIT: usize = 64;

fn recognise(path: &str, text: &str) -> bool {
    let is_entry = |line: &str| result(split_attributes(line).1).is_some();
    path.ends_with(".xfail")
        || text.lines().any(|line| tool(line).is_some())
            && lines(text).any(|(_, line)| is_entry(line))
}

fn read(source: &Source, files: &mut Files<'_>) -> Imported {
    let mut reader = Reader {
        draft: Draft::new(source),
        files,
        first_directory: directory_of(&source.path).to_owned(),
        included: Vec::new(),
        rows: HashMap::new(),
        removed: HashSet::new(),
    };
    reader.file(&source.text, "");
    reader.draft.leave_out(&reader.removed);
    reader.draft.finish()
}

/// A path without its last part, with the slash behind.
fn directory_of(path: &str) -> &str {
    let name = path_parts(path).next().unwrap_or_default();
    &path[..path.len() - name.len()]
}

struct Reader<'f, 'g> {
    draft: Draft,
    files: &'f mut Files<'g>,
    /// Where the first file stands, as its user wrote it, with a slash behind.
    first_directory: String,
    /// Every file that was included, by its path from the first one's directory.
    included: Vec<String>,
    /// The places of the rows of each pattern among the draft's items, and of those that were taken out.
    rows: HashMap<String, Vec<usize>>,
    removed: HashSet<usize>,
}

impl Reader<'_, '_> {
    /// Reads one file; `directory` is where it stands, from the first one's, with a slash behind.
    fn file(&mut self, text: &str, directory: &str) {
        let mut comments = Comments::default();
        for ((number, line), whole) in lines(text).zip(text.lines()) {
            if line.is_empty() {
                comments.end(&mut self.draft);
            } else if let Some(comment) = line.strip_prefix('#') {
                comments.comment(comment, &mut self.draft);
            } else if let Some(entry) = line.strip_prefix("@remove ") {
                self.remove(number, entry.trim());
            } else if let Some(path) = line.strip_prefix("@include ") {
                comments.end(&mut self.draft);
                self.include(number, path.trim(), directory);
            } else if let Some(tool) = tool(whole) {
                comments.end(&mut self.draft);
                self.draft.heading(1, tool);
            } else if let Some(exp) = exp(line) {
                comments.end(&mut self.draft);
                self.draft.heading(2, exp);
            } else if !whole.trim().ends_with(" Summary ===") {
                self.entry(number, line, &comments.reason());
            }
        }
        comments.end(&mut self.draft);
    }

    fn entry(&mut self, number: u32, line: &str, reason: &str) {
        let (attributes, summary) = split_attributes(line);
        let Some((word, status, name)) = result(summary) else {
            return self.draft.unknown_line(number, line);
        };
        let Some(status) = status else {
            let word = format!("{word}: {name}");
            return self.draft.unsaid(number, UnsaidKind::Result { word });
        };
        let mut row = self.draft.blank_row(number, exactly(name));
        row.status = status;
        row.reason = reason.to_owned();
        row.issue = links(reason);
        for attribute in attributes.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            match attribute.strip_prefix("expire=") {
                None if attribute == "flaky" => row.status = Status::Flaky,
                None => {
                    let word = attribute.to_owned();
                    self.draft.unsaid(number, UnsaidKind::Remark { word });
                }
                Some(text) => match date(text) {
                    Some(date) => row.expires = Some(date),
                    None => {
                        let text = text.to_owned();
                        return self.draft.unsaid(number, UnsaidKind::Date { text });
                    }
                },
            }
        }
        self.put(row);
    }

    fn put(&mut self, row: Row) {
        let pattern = row.pattern.clone();
        let place = self.draft.row(row);
        self.rows.entry(pattern).or_default().push(place);
    }

    fn remove(&mut self, number: u32, entry: &str) {
        let found = result(split_attributes(entry).1);
        let rows = found.and_then(|(_, _, name)| self.rows.remove(&exactly(name)));
        match rows {
            Some(places) => self.removed.extend(places),
            None => self.draft.unsaid(number, UnsaidKind::Remove { text: entry.to_owned() }),
        }
    }

    fn include(&mut self, number: u32, path: &str, directory: &str) {
        let from_first = format!("{directory}{path}");
        let text = if self.included.contains(&from_first) {
            Err("it is included already".to_owned())
        } else if self.included.len() >= INCLUDES_LIMIT {
            Err(format!("more than {INCLUDES_LIMIT} files are included"))
        } else {
            (self.files)(&from_first)
        };
        match text {
            Ok(text) => {
                self.included.push(from_first.clone());
                let file = format!("{}{from_first}", self.first_directory);
                let includer = std::mem::replace(&mut self.draft.file, file.into());
                self.file(&text, directory_of(&from_first));
                self.draft.file = includer;
            }
            Err(why) => {
                self.draft.unsaid(number, UnsaidKind::Include { path: path.to_owned(), why });
            }
        }
    }
}

/// `gcc` of a line `=== gcc tests ===`, which begins with tabulators.
fn tool(line: &str) -> Option<&str> {
    line.strip_prefix("\t\t=== ")?.trim_end().strip_suffix(" tests ===")
}

/// `gcc.dg/dg.exp` of a line `Running gcc:gcc.dg/dg.exp ...`.
fn exp(line: &str) -> Option<&str> {
    let path = line.strip_prefix("Running ")?.strip_suffix(" ...")?;
    Some(path.rsplit_once(':').map_or(path, |(_, path)| path))
}

fn split_attributes(line: &str) -> (&str, &str) {
    match line.split_once('|') {
        Some((attributes, rest)) if result(line).is_none() => (attributes.trim(), rest.trim()),
        Some(_) | None => ("", line),
    }
}

/// The word, what it is here, and the name behind it.
fn result(summary: &str) -> Option<(&str, Option<Status>, &str)> {
    let (word, name) = summary.split_once(':')?;
    let (_, status) = RESULTS.iter().find(|(known, _)| *known == word)?;
    let name = name.trim();
    (!name.is_empty()).then_some((word, *status, name))
}

/// `YYYYMMDD`.
fn date(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    if !digits {
        return None;
    }
    let (month, day) = (i8::try_from(part(4..6)?).ok()?, i8::try_from(part(6..8)?).ok()?);
    Date::new(part(0..4)?, month, day).ok()
}
