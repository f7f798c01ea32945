//! Every output of a report as a string, rendered when it is asked for: of a run of many failures each is long, and
//! most runs want one or two.

use super::annotations::{self, Annotation};
use super::code_quality::render_code_quality;
use super::markdown::comment::{
    MAX_SUMMARY_SIZE, render_collapsed, render_comment, render_footer, render_summary,
};
use super::markdown::layout::Links;
use super::terminal::{Color, TerminalReport};
use crate::report::{CONTEXT, Report, RunSummary, messages};
use crate::sanitize;

/// A report that renders its outputs on demand; it writes none of them.
#[derive(Debug, Clone, Copy)]
pub struct RenderedReport<'r> {
    /// What is rendered.
    pub report: &'r Report,
    /// Where its links lead.
    pub links: &'r Links,
    /// Whether to color its text.
    pub color: Color,
}

impl RenderedReport<'_> {
    /// For a terminal or a job's log.
    pub fn text(&self) -> TerminalReport<'_> {
        TerminalReport { report: self.report, color: self.color }
    }

    /// The pull request's comment: one line when all is well.
    pub fn comment(&self) -> String {
        if self.has_news() {
            render_comment(self.report, self.links)
        } else {
            render_collapsed(self.report, self.links)
        }
    }

    /// Whether a person has to know something.
    pub fn has_news(&self) -> bool {
        !self.report.has_nothing_to_report()
    }

    /// The job's summary.
    pub fn summary(&self) -> String {
        self.summary_with_limit(MAX_SUMMARY_SIZE)
    }

    /// The same in at most `limit` bytes, and never more than a step may write.
    pub fn summary_with_limit(&self, limit: usize) -> String {
        render_summary(self.report, self.links, limit.min(MAX_SUMMARY_SIZE))
    }

    /// The last line of this run's section of the comment.
    pub fn footer(&self) -> String {
        render_footer(self.report, self.links)
    }

    /// The annotations, the most useful first.
    pub fn annotations(&self) -> Vec<Annotation> {
        annotations::annotations(self.report, self.links)
    }

    /// The annotations that a step may have, as workflow commands.
    pub fn workflow_commands(&self) -> String {
        annotations::render_commands(&self.annotations())
    }

    /// The annotations as GitLab's Code Quality report.
    pub fn code_quality(&self) -> String {
        let list = self.report.documents.first().map_or("", String::as_str);
        render_code_quality(&self.annotations(), list)
    }

    /// The check run's title, one line: `failed: 2 new failures`.
    pub fn check_title(&self) -> String {
        let conclusion = messages::conclusion(self.report.judgement.conclusion);
        let headline = messages::headline(&RunSummary::from_report(self.report)).to_plain_line();
        sanitize::truncate(&format!("{conclusion}: {headline}"), 200).into_owned()
    }

    /// The check run's text: the comment, never shrunk to a line.
    pub fn check_summary(&self) -> String {
        render_comment(self.report, self.links)
    }

    /// The patch that removes the rows that pass from the documents that judged. Empty without such rows.
    pub fn patch(&self) -> String {
        let diffs = &self.links.diffs;
        diffs.join(self.report.patches.iter().map(|patch| diffs.patch(patch, CONTEXT)))
    }
}
