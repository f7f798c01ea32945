//! Earlier reports, read as evidence.
//!
//! In: files that `--json` wrote. Out: what each says of the rows. A file that is no report of ours is
//! an error: evidence that is not there must not look like evidence.

use crate::error::Error;
use crate::files::{self, Root};
use crate::model::Variant;
use crate::report::{Evidence, PastCounts, PastRun, RowKey};
use serde::Deserialize;
use std::collections::BTreeMap;
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
    name: String,
    complete: bool,
}

#[derive(Deserialize)]
struct Row {
    file: String,
    pattern: String,
    #[serde(default)]
    scope: String,
    #[serde(flatten)]
    total: Counts,
    /// Only where the run has several variants.
    #[serde(default)]
    by_variant: Vec<InVariant>,
}

#[derive(Deserialize)]
struct InVariant {
    name: String,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Deserialize)]
struct Counts {
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
    let variants: BTreeMap<String, bool> =
        report.variants.into_iter().map(|variant| (variant.name, variant.complete)).collect();
    let mut rows = BTreeMap::new();
    for row in report.rows {
        let counts = |Counts { failed, passed, skipped }| PastCounts { failed, passed, skipped };
        let mut told: BTreeMap<String, PastCounts> =
            row.by_variant.into_iter().map(|it| (it.name, counts(it.counts))).collect();
        // A run of one variant says it in the totals alone.
        let total = counts(row.total);
        if let (true, Some(variant), 1) = (told.is_empty(), variants.keys().next(), variants.len())
        {
            told.insert(variant.clone(), total);
        }
        rows.insert(RowKey { file: row.file, pattern: row.pattern, scope: row.scope }, told);
    }
    Ok(PastRun { variants, rows })
}
