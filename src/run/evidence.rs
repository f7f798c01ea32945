//! Earlier reports, read as evidence.
//!
//! In: files that `--json` wrote. Out: what each says of the rows. A file that is no report of ours is
//! an error: evidence that is not there must not look like evidence.

use crate::error::Error;
use crate::files::{self, Root};
use crate::model::Variant;
use crate::report::{Evidence, PastCounts, PastRun};
use serde::Deserialize;
use std::path::Path;

/// Reads reports, given as paths or patterns.
///
/// # Errors
/// A pattern that nothing matches, a file that cannot be read or is no report.
pub fn read(patterns: &[String], wanted: Option<usize>, root: &Root) -> Result<Evidence, Error> {
    let found = files::find(patterns, &Variant::default(), root)?;
    let runs = found.iter().map(|file| read_report(&file.path, root));
    Ok(Evidence { runs: runs.collect::<Result<_, _>>()?, wanted })
}

/// The part of a report that is evidence.
#[derive(Deserialize)]
struct Report {
    schema: u32,
    variants: Vec<Variants>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Variants {
    complete: bool,
}

#[derive(Deserialize)]
struct Row {
    file: String,
    pattern: String,
    failed: u64,
    passed: u64,
    skipped: u64,
}

fn read_report(path: &Path, root: &Root) -> Result<PastRun, Error> {
    let text = files::read_text(path, root)?;
    let report: Report = serde_json::from_str(&text)
        .ok()
        .filter(|report: &Report| report.schema == 1)
        .ok_or_else(|| Error::NoReport { path: path.to_owned() })?;
    let counts = |row: Row| {
        let Row { file, pattern, failed, passed, skipped } = row;
        ((file, pattern), PastCounts { failed, passed, skipped })
    };
    Ok(PastRun {
        complete: report.variants.iter().all(|variant| variant.complete),
        variants: report.variants.len(),
        rows: report.rows.into_iter().map(counts).collect(),
    })
}
