//! A document's rows over time, as text and as JSON.
//!
//! In: a history. Out: text for a terminal, a line for each version or, where those are many, for each
//! week, month or year; or one JSON object with every version, whose schema is `schema/history-1.json`.

use super::{Colour, Style, styled};
use crate::render::json::{TOOL, pretty};
use crate::report::{History, HistoryVersion, messages};
use crate::sanitize;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

/// Lines of the table over time, but for years: those may be more.
const LINES: usize = 24;
/// Sections that are named.
const SECTIONS: usize = 12;
/// Characters of the longest bar.
const BAR: u64 = 32;
/// Characters of a commit's id that are shown.
const SHORT_ID: usize = 8;

/// The history as text.
pub fn render_history(history: &History, colour: Colour) -> String {
    let heading = format!("{}: {}", sanitize::line(&history.file), messages::history(history));
    let mut text = format!("{}\n\n", styled(colour, Style::Strong, &heading));
    let faint = |text: &str| styled(colour, Style::Faint, text);
    let [date, commit, rows, change] = messages::VERSION_COLUMNS;
    text.push_str(&faint(&format!("{date:10}  {commit:8}  {rows:>7}  {change:>7}")));
    text.push('\n');
    let most = history.most().size.rows;
    let mut before: Option<u64> = None;
    for version in thinned(history) {
        let rows = version.size.rows;
        let change = before.map_or_else(String::new, |before| difference(before, rows));
        let (date, commit) = (messages::date(version.time), short(&version.commit));
        let line = format!("{date:10}  {commit:8}  {rows:>7}  {change:>7}  {}", bar(rows, most));
        text.push_str(line.trim_end());
        text.push('\n');
        before = Some(rows);
    }
    render_sections(history, &faint, &mut text);
    if let Some(note) = messages::history_note(&history.last) {
        text.push_str(&format!("\n{note}\n"));
    }
    text
}

fn render_sections(history: &History, faint: &impl Fn(&str) -> String, text: &mut String) {
    let sections = history.sections();
    if sections.is_empty() {
        return;
    }
    let [first, most, now, name] = messages::SECTION_COLUMNS;
    let heading = format!("{first:>7}  {most:>7}  {now:>7}  {name}");
    text.push_str(&format!("\n{}\n", faint(&heading)));
    for section in sections.iter().take(SECTIONS) {
        let name = sanitize::line(messages::section(&section.section));
        let (first, most, last) = (section.first, section.most, section.last);
        text.push_str(&format!("{first:>7}  {most:>7}  {last:>7}  {name}\n"));
    }
    if sections.len() > SECTIONS {
        text.push_str(&format!("{:27}{}\n", "", messages::more(sections.len() - SECTIONS)));
    }
}

/// The start of a commit's id.
fn short(id: &str) -> &str {
    id.get(..SHORT_ID).unwrap_or(id)
}

fn difference(before: u64, now: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Less => format!("-{}", before - now),
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("+{}", now - before),
    }
}

/// A bar whose length is to the longest one's as `rows` is to `most`, to an eighth of a character.
fn bar(rows: u64, most: u64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (rows * BAR * 8).div_ceil(most.max(1));
    let part = PARTS[(eighths % 8) as usize];
    format!("{}{part}", "█".repeat((eighths / 8) as usize))
}

/// A way to tell which versions share a line.
type Period = fn(usize, Date) -> (i64, i64);

/// From the finest one on.
const PERIODS: [Period; 5] = [
    |index, _| (index as i64, 0),
    |_, date| (i64::from(date.year()), i64::from(date.day_of_year())),
    |_, date| {
        let week = date.iso_week_date();
        (i64::from(week.year()), i64::from(week.week()))
    },
    |_, date| (i64::from(date.year()), i64::from(date.month())),
    |_, date| (i64::from(date.year()), 0),
];

/// The first version and the last one of each period, of the shortest periods that are few enough.
fn thinned(history: &History) -> Vec<&HistoryVersion> {
    let day = |version: &HistoryVersion| version.time.to_zoned(TimeZone::UTC).date();
    let mut kept: Vec<(usize, &HistoryVersion)> = history.versions().enumerate().skip(1).collect();
    for period in PERIODS {
        let of = |(index, version): &(usize, &HistoryVersion)| period(*index, day(version));
        let periods = kept.chunk_by(|a, b| of(a) == of(b));
        kept = periods.filter_map(|same| same.last().copied()).collect();
        if kept.len() < LINES {
            break;
        }
    }
    [history.first()].into_iter().chain(kept.into_iter().map(|(_, version)| version)).collect()
}

/// What `knownfail history` says of a document.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "knownfail history")]
struct JsonHistory<'a> {
    /// The version of this schema.
    schema: u32,
    /// The program and its version.
    tool: &'static str,
    /// The document as it was asked for.
    file: &'a str,
    /// The commit that the history leads to, along first parents.
    head: JsonCommit<'a>,
    /// Each version of the document, oldest first. With `--since`, the first is the one that held on that
    /// day, under the last commit before it.
    versions: Vec<JsonVersion<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonCommit<'a> {
    /// The commit's whole id.
    commit: &'a str,
    /// When it was made: RFC 3339, in UTC.
    time: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonVersion<'a> {
    /// The commit's whole id.
    commit: &'a str,
    /// When it was made: RFC 3339, in UTC.
    time: String,
    /// Where the document stands in the repository; null where this commit deleted it.
    file: Option<&'a str>,
    /// How many rows it has.
    rows: u64,
    /// How many more there are that repeat one of these.
    duplicates: u64,
    /// The rows by section, in the order of the document.
    sections: Vec<JsonSection<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct JsonSection<'a> {
    /// Its heading, the last one down to the level that was asked for; empty for rows under no heading.
    section: &'a str,
    rows: u64,
}

/// The history as JSON, ending in a line break.
pub fn render_history_json(history: &History) -> String {
    let (commit, time) = &history.head;
    let json = JsonHistory {
        schema: 1,
        tool: TOOL,
        file: &history.file,
        head: JsonCommit { commit, time: time.to_string() },
        versions: history.versions().map(json_version).collect(),
    };
    pretty(&json)
}

/// The JSON Schema of a history, ending in a line break.
pub fn schema() -> String {
    pretty(&schemars::schema_for!(JsonHistory<'static>))
}

fn json_version(version: &HistoryVersion) -> JsonVersion<'_> {
    let sections = version.size.sections.iter();
    JsonVersion {
        commit: &version.commit,
        time: version.time.to_string(),
        file: version.file.as_deref(),
        rows: version.size.rows,
        duplicates: version.size.duplicates,
        sections: sections.map(|(section, rows)| JsonSection { section, rows: *rows }).collect(),
    }
}
