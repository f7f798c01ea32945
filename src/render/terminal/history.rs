//! A document's rows over time, as text and as JSON.
//!
//! In: a history. Out: text for a terminal, a line for each version or, where those are many, for each
//! week, month or year; or one JSON object with every version, whose schema is `schema/history-1.json`.

use super::{Color, Style, styled};
use crate::render::json::{TOOL, to_pretty_json};
use crate::report::{History, HistoryVersion, messages};
use crate::sanitize;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

/// Lines of the table over time, but for years: those may be more.
const MAX_LINES: usize = 24;
/// Sections that are named.
const MAX_SECTIONS: usize = 12;
/// Characters of the longest bar.
const MAX_BAR_WIDTH: u64 = 32;
/// Characters of a commit's id that are shown.
const SHORT_ID_LEN: usize = 8;

/// The history as text.
pub fn render_history(history: &History, color: Color) -> String {
    let heading =
        format!("{}: {}", sanitize::single_line(&history.file), messages::history(history));
    let mut text = format!("{}\n\n", styled(color, Style::Bold, &heading));
    let dim = |text: &str| styled(color, Style::Dim, text);
    let [date, commit, rows, change] = messages::VERSION_COLUMNS;
    text.push_str(&dim(&format!("{date:10}  {commit:8}  {rows:>7}  {change:>7}")));
    text.push('\n');
    let max_rows = history.largest().size.rows;
    let mut previous: Option<u64> = None;
    for version in downsample(history) {
        let rows = version.size.rows;
        let change = previous.map_or_else(String::new, |previous| difference(previous, rows));
        let (date, commit) = (messages::date(version.time), short_id(&version.commit));
        let line =
            format!("{date:10}  {commit:8}  {rows:>7}  {change:>7}  {}", bar(rows, max_rows));
        text.push_str(line.trim_end());
        text.push('\n');
        previous = Some(rows);
    }
    render_sections(history, &dim, &mut text);
    if let Some(note) = messages::history_note(&history.last) {
        text.push_str(&format!("\n{note}\n"));
    }
    text
}

fn render_sections(history: &History, dim: &impl Fn(&str) -> String, text: &mut String) {
    let sections = history.sections();
    if sections.is_empty() {
        return;
    }
    let [first, max, now, name] = messages::SECTION_COLUMNS;
    let heading = format!("{first:>7}  {max:>7}  {now:>7}  {name}");
    text.push_str(&format!("\n{}\n", dim(&heading)));
    for section in sections.iter().take(MAX_SECTIONS) {
        let name = sanitize::single_line(messages::section(&section.section));
        let (first, max, last) = (section.first, section.max, section.last);
        text.push_str(&format!("{first:>7}  {max:>7}  {last:>7}  {name}\n"));
    }
    if sections.len() > MAX_SECTIONS {
        text.push_str(&format!("{:27}{}\n", "", messages::and_more(sections.len() - MAX_SECTIONS)));
    }
}

/// The start of a commit's id.
fn short_id(id: &str) -> &str {
    id.get(..SHORT_ID_LEN).unwrap_or(id)
}

fn difference(previous: u64, now: u64) -> String {
    match now.cmp(&previous) {
        std::cmp::Ordering::Less => format!("-{}", previous - now),
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("+{}", now - previous),
    }
}

/// A bar whose length is to the longest one's as `rows` is to `most`, to an eighth of a character.
fn bar(rows: u64, max_rows: u64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (rows * MAX_BAR_WIDTH * 8).div_ceil(max_rows.max(1));
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
fn downsample(history: &History) -> Vec<&HistoryVersion> {
    let day = |version: &HistoryVersion| version.time.to_zoned(TimeZone::UTC).date();
    let mut selected: Vec<(usize, &HistoryVersion)> =
        history.versions().enumerate().skip(1).collect();
    for period in PERIODS {
        let period_key = |(index, version): &(usize, &HistoryVersion)| period(*index, day(version));
        let periods = selected.chunk_by(|a, b| period_key(a) == period_key(b));
        selected = periods.filter_map(|same| same.last().copied()).collect();
        if selected.len() < MAX_LINES {
            break;
        }
    }
    [history.first()].into_iter().chain(selected.into_iter().map(|(_, version)| version)).collect()
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
    to_pretty_json(&json)
}

/// The JSON Schema of a history, ending in a line break.
pub fn schema() -> String {
    to_pretty_json(&schemars::schema_for!(JsonHistory<'static>))
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
