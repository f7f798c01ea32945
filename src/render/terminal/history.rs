//! `knownfail history` as text: a line for each version or, when there are many, for each week, month or year.

use super::style::{Color, Style, styled};
use crate::report::{History, HistoryVersion, messages};
use crate::sanitize;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Lines of the table of versions, unless there are more years.
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
    let difference = now.cast_signed() - previous.cast_signed();
    if difference == 0 { String::new() } else { format!("{difference:+}") }
}

/// A bar whose length is proportional to `rows`, to an eighth of a character.
fn bar(rows: u64, max_rows: u64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (rows * MAX_BAR_WIDTH * 8).div_ceil(max_rows.max(1));
    let part = PARTS[(eighths % 8) as usize];
    format!("{}{part}", "█".repeat((eighths / 8) as usize))
}

/// The key of the period that a version belongs to, from its index and its day.
type Period = fn(usize, Date) -> (i64, i64);

/// Shortest first: single versions, days, weeks, months, years.
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

/// The first version, and the last one of each period: of the shortest periods that fit into [`MAX_LINES`].
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
