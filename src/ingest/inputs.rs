//! The inputs of a command: what its options name, found once.

use super::limits;
use crate::cli::{CheckOptions, ReadOptions};
use crate::error::{Error, Result};
use crate::files::{self, AccessRoot, MatchedFile};
use crate::model::Variant;
use std::path::PathBuf;

/// The inputs of a `check`, except its documents, which may come from another branch.
pub(crate) struct Inputs<'o> {
    pub options: &'o CheckOptions,
    /// What may be read and written.
    pub root: &'o AccessRoot,
    pub results: Vec<MatchedFile>,
    pub base: Vec<MatchedFile>,
    /// Records and reports of earlier runs.
    pub evidence: Vec<MatchedFile>,
}

impl<'o> Inputs<'o> {
    /// Finds the files that the options name.
    ///
    /// # Errors
    /// No results; a pattern that nothing matches; a file that may not be read; more than the limits allow.
    pub(crate) fn find(options: &'o CheckOptions, root: &'o AccessRoot) -> Result<Inputs<'o>> {
        let ReadOptions { results, input, .. } = &options.read;
        if results.is_empty() {
            return Err(Error::NoResultsGiven);
        }
        let variant = Variant::new(&input.variant);
        let results = files::find(results, &variant, root, None)?;
        limits::check_found_files(&results, &input.limits)?;
        let is_results = |list: &&PathBuf| results.iter().any(|file| file.is_at(list));
        if let Some(path) = options.read.known_failures.iter().find(is_results) {
            return Err(Error::ListIsResults { path: path.clone() });
        }
        let base = files::find(&options.baseline, &variant, root, Some("baseline"))?;
        limits::check_found_files(&base, &input.limits)?;
        let evidence = &options.completeness.evidence;
        let evidence = files::find(evidence, &Variant::default(), root, Some("evidence"))?;
        Ok(Inputs { options, root, results, base, evidence })
    }
}

/// The current date, in UTC.
pub(crate) fn today() -> jiff::civil::Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}
