//! `knownfail history [FILE]`: the number of a document's rows over time, from its git history.

use super::console::{color, eprint, print, print_output, print_text};
use super::output_files;
use crate::cli::{HistoryOptions, OutputFormat};
use crate::error::Error;
use crate::files::{self, AccessRoot};
use crate::git::{Commit, FileVersion, read_history};
use crate::known::{KnownFailures, ListFile};
use crate::render::annotations::neutralize_commands;
use crate::render::terminal::Color;
use crate::render::{render_chart, render_history, render_history_json};
use crate::report::{History, HistoryVersion, ListSize, messages};
use crate::sanitize;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// Runs the command: exit code 0, however many rows there are.
pub(super) fn run(options: &HistoryOptions) -> Result<u8, Error> {
    if let Some(path) = &options.svg {
        let document = [options.document.as_path()];
        output_files::ensure_not_input(path, "the picture", document, "a document")?;
    }
    let history = read(options)?;
    if let Some(path) = &options.svg {
        let chart = render_chart(&history);
        if output_files::is_stdout(path, &AccessRoot::Unrestricted) {
            print_output(|to| to.write_all(chart.as_bytes()));
            eprint(&printed_text(options, &history));
            return Ok(0);
        }
        files::write(path, &chart, &AccessRoot::Unrestricted)?;
    }
    match options.output {
        OutputFormat::Text => print_text(&render_history(&history, color())),
        OutputFormat::Json => print(&render_history_json(&history)),
    }
    Ok(0)
}

/// What is printed, for standard error.
fn printed_text(options: &HistoryOptions, history: &History) -> String {
    match options.output {
        OutputFormat::Text => {
            neutralize_commands(&render_history(history, Color::Never).to_string())
        }
        OutputFormat::Json => render_history_json(history),
    }
}

fn read(options: &HistoryOptions) -> Result<History, Error> {
    // Only the last day of the calendar has no midnight in UTC.
    let midnight = |date: jiff::civil::Date| date.to_zoned(TimeZone::UTC).ok();
    let since = options.since.and_then(midnight).map(|day| day.timestamp());
    let display_path: Arc<str> = sanitize::path(&options.document).into();
    let mut not_utf8 = 0;
    let found = read_history(&options.document, since.map(Timestamp::as_second), |bytes| {
        not_utf8 += u64::from(std::str::from_utf8(bytes).is_err());
        let file = ListFile::new(display_path.clone(), bytes.to_owned(), options.list.list_format);
        let known = KnownFailures::from_files([file]);
        Arc::new(ListSize::new(&known, options.level))
    })?;
    if not_utf8 > 0 {
        eprint(&format!("{display_path}: {}\n", messages::versions_not_utf8(not_utf8)));
    }
    let last = to_history_version(found.last);
    let earlier: Vec<HistoryVersion> = found.earlier.into_iter().map(to_history_version).collect();
    let from = since.unwrap_or(earlier.first().unwrap_or(&last).time);
    let Commit { id, seconds } = found.head;
    Ok(History {
        file: display_path.to_string(),
        from,
        head: (id, to_timestamp(seconds)),
        earlier,
        last,
    })
}

fn to_history_version(version: FileVersion<Arc<ListSize>>) -> HistoryVersion {
    let (file, size) = version.file.unzip();
    let Commit { id, seconds } = version.commit;
    HistoryVersion { commit: id, time: to_timestamp(seconds), file, size: size.unwrap_or_default() }
}

/// A commit may have any time; one outside the calendar is clamped.
fn to_timestamp(seconds: i64) -> Timestamp {
    let (min, max) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(seconds.clamp(min, max)).unwrap_or_default()
}
