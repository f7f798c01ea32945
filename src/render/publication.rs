//! Everything a run gives out, as one value: strings that only have to be put in their places.

use super::comment::{Links, render_comment, render_shrunk, render_summary};
use super::terminal::{Colour, render_terminal};
use super::{annotations, json, junit};
use crate::report::Report;

/// The strings of a run. Nothing in it has been written anywhere yet.
#[derive(Debug, Clone)]
pub struct Publication {
    /// For a terminal or a job's log.
    pub text: String,
    /// The pull request's comment: whole, or one line when all is well.
    pub comment: String,
    /// Whether the comment says that something is wrong.
    pub is_news: bool,
    /// The job's summary.
    pub summary: String,
    /// Workflow commands, one a line.
    pub annotations: String,
    /// The JSON report.
    pub json: String,
    /// The results as JUnit XML, known failures as skipped.
    pub junit: String,
    /// The rows that pass, taken out of the documents; empty when there is none.
    pub patch: String,
}

impl Publication {
    /// Renders a report for every place.
    pub fn new(report: &Report, links: &Links, colour: Colour) -> Publication {
        let quiet = report.is_quiet();
        Publication {
            text: render_terminal(report, colour),
            comment: match quiet {
                true => render_shrunk(report, links),
                false => render_comment(report, links),
            },
            is_news: !quiet,
            summary: render_summary(report, links),
            annotations: annotations::render_annotations(report),
            json: json::render_json(report),
            junit: junit::render_junit(report),
            patch: report.patches.iter().map(|patch| patch.diff.as_str()).collect(),
        }
    }
}
