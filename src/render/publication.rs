//! Everything a run gives out, as one value: strings that only have to be put in their places.

use super::annotations::{self, Annotation};
use super::comment::{Links, SUMMARY, render_comment, render_foot, render_shrunk, render_summary};
use super::terminal::{Colour, plain_sentence, render_terminal};
use super::{json, junit, plain};
use crate::report::{Report, words};

/// The strings of a run. Nothing in it has been written anywhere yet.
#[derive(Debug, Clone)]
pub struct Publication {
    /// For a terminal or a job's log.
    pub text: String,
    /// The pull request's comment: whole, or one line when all is well.
    pub comment: String,
    /// The last line of this run's section of the comment.
    pub foot: String,
    /// Whether the comment says that something is wrong.
    pub is_news: bool,
    /// The job's summary.
    pub summary: String,
    /// The most useful first.
    pub annotations: Vec<Annotation>,
    /// The annotations that a step may have, as workflow commands.
    pub commands: String,
    /// The check run's title: one line.
    pub check_title: String,
    /// The check run's text: the comment as it is before it shrinks.
    pub check_summary: String,
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
        let annotations = annotations::annotations(report, &links.directory);
        let whole = render_comment(report, links);
        Publication {
            text: render_terminal(report, colour),
            comment: match quiet {
                true => render_shrunk(report, links),
                false => whole.clone(),
            },
            foot: render_foot(report, links),
            is_news: !quiet,
            summary: render_summary(report, links, SUMMARY),
            commands: annotations::render_commands(&annotations),
            annotations,
            check_title: check_title(report),
            check_summary: whole,
            json: json::render_json(report),
            junit: junit::render_junit(report),
            patch: report.patches.iter().map(|patch| patch.diff.as_str()).collect(),
        }
    }
}

/// `failed: 2 new failures`
fn check_title(report: &Report) -> String {
    let conclusion = words::conclusion(report.judgement.conclusion);
    let headline = plain_sentence(&report.headline);
    plain::shortened(&format!("{conclusion}: {headline}"), 200).into_owned()
}
