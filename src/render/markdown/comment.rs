//! The pull request's comment and the job's summary, in GitHub's Markdown.
//!
//! Both are made of the same sections; the summary has more room and adds the known failures by section of the
//! document. What makes the check fail comes first, in the order of the headline. The rank of a section decides what is
//! truncated first: known failures, then mixed rows, rows to add, outputs, the patch and fixed tests, rows without a test, changes of
//! the list, problems, issues and differences, newly passing rows, what was not measured, and last new failures and
//! whatever else makes the check fail. The verdict and the counts are never truncated.

use super::escape;
use super::layout::{Frame, Links, SEE_LOG, SectionLayout, file_and_line};
use super::truncate::{MarkdownSection, fit_to_budget};
use super::verdict::{render_headline, verdict_line};
use crate::model::Severity;
use crate::report::{
    GapLine, ListDiff, ListLine, ProblemLine, Reason, Report, RunSummary, TestLine, VariantLine,
    Verdict, messages,
};
use crate::sanitize;
use std::collections::BTreeMap;

/// A comment's limit in bytes: GitHub's is 65,536 characters.
const MAX_COMMENT_SIZE: usize = 60_000;
/// The limit of what jobs that share a comment have in common, in bytes.
const MAX_SHARED_SIZE: usize = 10_000;
/// A summary's limit in bytes: GitHub's is 1 MiB for all summaries of a step.
pub(in crate::render) const MAX_SUMMARY_SIZE: usize = 900 * 1024;

/// The limit of an error and of its hint, in characters: what they name is shorter.
const MAX_ERROR_LEN: usize = 2_000;

/// The comment of a run that does not share it, or the text of a check run.
pub fn render_comment(report: &Report, links: &Links) -> String {
    let head = render_headline(&[RunSummary::from_report(report)]);
    let footer = render_footer(report, links);
    let budget = MAX_COMMENT_SIZE.saturating_sub(head.len() + footer.len());
    format!("{head}\n\n{}{footer}\n", render_details(report, links, budget))
}

/// The part of a comment between the verdict and the footer, in at most `budget` bytes.
pub fn render_details(report: &Report, links: &Links, budget: usize) -> String {
    let layout = SectionLayout::for_comment(report, links);
    fit_to_budget(&layout.sections(), budget, layout.full_report_hint)
}

/// The same for one of several jobs that share a comment, without [`render_shared`].
pub fn render_job_details(report: &Report, links: &Links, budget: usize) -> String {
    let names_variants = report.variants.len() != 1;
    let layout = SectionLayout::for_comment(report, links);
    let layout = SectionLayout { list: None, names_variants, ..layout };
    fit_to_budget(&layout.sections(), budget, layout.full_report_hint)
}

/// What is the same for all jobs that share a comment: what the pull request does to the list.
pub fn render_shared(report: &Report, links: &Links) -> String {
    let layout = SectionLayout::for_comment(report, links);
    let list: Vec<MarkdownSection> =
        layout.list.map(|list| layout.list(list)).into_iter().collect();
    fit_to_budget(&list, MAX_SHARED_SIZE, layout.full_report_hint)
}

/// The last line: the counts, the commit and the run.
pub fn render_footer(report: &Report, links: &Links) -> String {
    footer(Some(messages::counts(report)), links)
}

/// The one line to which a comment shrinks when all is well.
pub fn render_collapsed(report: &Report, links: &Links) -> String {
    let summary = RunSummary::from_report(report);
    format!("{}\n\n{}\n", verdict_line(&summary), render_footer(report, links))
}

/// What is published of a run that could not be judged.
#[derive(Debug, Clone)]
pub struct NotJudged {
    summary: RunSummary,
    /// Each error with its hint, as Markdown.
    errors: Vec<String>,
    footer: String,
}

impl NotJudged {
    /// The errors with their hints may quote text from outside.
    pub fn new(
        title: &str,
        errors: impl IntoIterator<Item = (String, String)>,
        links: &Links,
    ) -> NotJudged {
        let to_prose = |text: &str| {
            let text = sanitize::truncate(text, MAX_ERROR_LEN);
            escape::text_with_code(&messages::sentence(&text))
        };
        let errors = errors.into_iter();
        let errors =
            errors.map(|(why, hint)| format!("{}\n\n{}\n\n", to_prose(&why), to_prose(&hint)));
        let summary = RunSummary::failed_to_judge(title);
        NotJudged { summary, errors: errors.collect(), footer: footer(None, links) }
    }

    /// The headline numbers.
    pub fn summary(&self) -> &RunSummary {
        &self.summary
    }

    /// The part of a comment between the verdict and the footer, in at most `budget` bytes.
    pub fn details(&self, budget: usize) -> String {
        let errors = MarkdownSection {
            rank: 1,
            items: self.errors.clone(),
            noun: ["error", "errors"],
            max_items: usize::MAX,
            ..MarkdownSection::default()
        };
        fit_to_budget(&[errors], budget, SEE_LOG)
    }

    /// The last line.
    pub fn footer(&self) -> &str {
        &self.footer
    }

    /// The comment of a run that does not share it, or the text of a check run.
    pub fn comment(&self) -> String {
        self.text(MAX_COMMENT_SIZE)
    }

    /// The job's summary, in at most `budget` bytes.
    pub fn job_summary(&self, budget: usize) -> String {
        self.text(budget.min(MAX_SUMMARY_SIZE))
    }

    fn text(&self, budget: usize) -> String {
        let head = render_headline(std::slice::from_ref(&self.summary));
        let frame = head.len() + self.footer.len() + "\n\n\n".len();
        let details = self.details(budget.saturating_sub(frame));
        format!("{head}\n\n{details}{}\n", self.footer)
    }
}

/// The job's summary, in at most `budget` bytes.
pub fn render_summary(report: &Report, links: &Links, budget: usize) -> String {
    let layout = SectionLayout::for_summary(report, links);
    let head_only = |head| MarkdownSection { head, ..MarkdownSection::default() };
    let headline = render_headline(&[RunSummary::from_report(report)]);
    let mut sections = vec![head_only(format!("{headline}\n\n"))];
    sections.extend(layout.sections());
    sections.extend([layout.accepted_gaps(), layout.rows_now_completing(), layout.mixed_rows()]);
    sections.push(layout.flaky_rows());
    sections.extend(layout.known_by_section());
    sections.push(head_only(render_footer(report, links) + "\n"));
    fit_to_budget(&sections, budget, layout.full_report_hint)
}

impl SectionLayout<'_> {
    /// What makes the check fail first, as in the headline.
    fn sections(&self) -> Vec<MarkdownSection> {
        let mut parts = self.parts();
        // The others keep their order.
        parts.sort_by_key(|(reason, _)| self.report.order_of(reason.as_slice()));
        let sections = parts.into_iter().flat_map(|(_, sections)| sections);
        sections.filter(|section| !section.is_empty()).collect()
    }

    /// The sections about each reason, and those about none.
    fn parts(&self) -> Vec<(Option<Reason>, Vec<MarkdownSection>)> {
        let mut new_failures = self.new_failures();
        new_failures.extend([self.hints(), self.outputs(), self.rows_to_add()]);
        let mut newly_passing = vec![self.newly_passing()];
        newly_passing.extend(self.report.patches.iter().map(|patch| self.patch(patch)));
        newly_passing.extend([
            self.removed_by_hand(),
            self.strictest_rows(),
            self.unconfirmed_rows(),
        ]);
        let list = self.list.map(|list| self.list(list)).into_iter().collect();
        vec![
            (Some(Reason::NewFailures), new_failures),
            (Some(Reason::Missing), vec![self.missing(), self.shrunken_suites()]),
            (Some(Reason::Incomplete), vec![self.not_measured()]),
            (Some(Reason::HiddenRegressions), vec![self.hidden_regressions()]),
            (Some(Reason::MessageMismatch), vec![self.mismatches()]),
            (None, vec![self.failures_with_remarks()]),
            (Some(Reason::Flaky), vec![self.flaky_tests(), self.flipping_tests()]),
            (Some(Reason::NewlyPassing), newly_passing),
            (None, vec![self.fixed(), self.issues()]),
            (Some(Reason::Document), vec![self.problems()]),
            (Some(Reason::Growth), list),
            (Some(Reason::Unmatched), vec![self.unmatched()]),
        ]
    }

    fn flaky_tests(&self) -> MarkdownSection {
        let tests = &self.report.flaky;
        let n = self.report.count(Verdict::Flaky);
        let title = format!("#### {}\n\n", messages::flaky_tests(n));
        self.failures(tests, self.rank(Reason::Flaky, 3), ["flaky test", "flaky tests"], &title)
    }

    fn missing(&self) -> MarkdownSection {
        let tests = &self.report.missing;
        let title = messages::missing(tests.len() as u64);
        let frame = self.frame(Reason::Missing, tests.len(), &title);
        let lines = tests.iter().map(|test| self.test(&test.name, test.variant.as_str()));
        self.bullets(self.rank(Reason::Missing, 2), ["missing test", "missing tests"], frame, lines)
    }

    /// Known failures without the message that their rows pin, if that makes the check fail.
    fn mismatches(&self) -> MarkdownSection {
        let is_red = self.is_red(Reason::MessageMismatch);
        let tests: Vec<&TestLine> = self.report.mismatches().filter(|_| is_red).collect();
        let title = messages::mismatches(tests.len() as u64);
        let frame = self.frame(Reason::MessageMismatch, tests.len(), &title);
        self.with_remarks(self.rank(Reason::MessageMismatch, 4), frame, tests)
    }

    /// The other known failures that differ from what their rows expect, or from the base run.
    fn failures_with_remarks(&self) -> MarkdownSection {
        let is_red = self.is_red(Reason::MessageMismatch);
        let is_other = |test: &&TestLine| {
            let is_known = test.verdict == Verdict::KnownFailure && !test.remarks.is_empty();
            is_known && !test.is_hidden_regression && !(is_red && test.is_message_mismatch)
        };
        let tests: Vec<&TestLine> = self.report.tests.iter().filter(is_other).collect();
        let frame = Frame::folded(&messages::failures_with_remarks(tests.len() as u64));
        self.with_remarks(4, frame, tests)
    }

    fn with_remarks(&self, rank: u8, frame: Frame, tests: Vec<&TestLine>) -> MarkdownSection {
        let lines = tests.into_iter().map(|test| {
            let remarks: Vec<String> = test.remarks.iter().map(escape::rich_text).collect();
            format!("{}: {}", self.test(&test.name, &test.variant), remarks.join("; "))
        });
        self.bullets(
            rank,
            ["known failure with a remark", "known failures with remarks"],
            frame,
            lines,
        )
    }

    /// Tests that failed in the base run and now pass without a row.
    fn fixed(&self) -> MarkdownSection {
        let tests = &self.report.fixed;
        let frame = Frame::folded(&messages::fixed(tests.len() as u64));
        let lines = tests.iter().map(|test| self.test(&test.name, test.variant.as_str()));
        self.bullets(5, ["test that passes now", "tests that pass now"], frame, lines)
    }

    fn not_measured(&self) -> MarkdownSection {
        let tests = self.report.unmeasured.iter().map(|failure| {
            let test = &self.report.tests[failure.tests[0]];
            let name = escape::test_name(&failure.name);
            format!("{name} {}", messages::unmeasured(test.outcome, test.base))
        });
        let gaps = self.gaps(|variant| &variant.incomplete_reasons);
        let rank = self.rank(Reason::Incomplete, 2);
        self.bullets(rank, ["reason", "reasons"], Frame::open("Not measured"), gaps.chain(tests))
    }

    fn flipping_tests(&self) -> MarkdownSection {
        let lines = self.report.flipping.iter().map(|test| {
            let rate = messages::flip_rate(test.failed, test.runs);
            format!("{} {rate}", self.test(&test.name, test.variant.as_str()))
        });
        let rank = self.rank(Reason::Flaky, 3);
        self.bullets(rank, ["test", "tests"], Frame::open(messages::FLIPPING_TESTS), lines)
    }

    fn shrunken_suites(&self) -> MarkdownSection {
        let lines = self.report.shrunken_suites().map(|suite| {
            let name = self.test(messages::suite(&suite.suite), suite.variant.as_str());
            format!("{name}: {}", messages::suite_count(suite.current, suite.base))
        });
        self.bullets(3, ["suite", "suites"], Frame::open(messages::SHRUNKEN_SUITES), lines)
    }

    fn accepted_gaps(&self) -> MarkdownSection {
        let gaps = self.gaps(|variant| &variant.accepted);
        self.bullets(7, ["gap", "gaps"], Frame::open(messages::ACCEPTED_GAPS), gaps)
    }

    fn gaps(&self, gaps: fn(&VariantLine) -> &[GapLine]) -> impl Iterator<Item = String> {
        self.report.gaps(gaps).map(|(variant, gap)| {
            let name = variant.map_or("", |variant| &variant.name);
            let is_named = self.names_variants && !name.is_empty();
            let prefix = is_named.then(|| escape::escape_text(name) + ": ");
            prefix.unwrap_or_default() + &escape::rich_text(gap)
        })
    }

    fn issues(&self) -> MarkdownSection {
        let lines = self.report.issues.iter().map(|issue| {
            let link = self.row_link(&issue.file, issue.line);
            format!("{link} {}", escape::rich_text(&issue.text))
        });
        self.bullets(4, ["issue", "issues"], Frame::open("Issues"), lines)
    }

    fn problems(&self) -> MarkdownSection {
        let mut problems: Vec<&ProblemLine> = self.report.problems_without_gap().collect();
        // Errors are less than warnings.
        problems.sort_by_key(|problem| problem.severity);
        let lines = problems.into_iter().map(|problem| self.problem(problem));
        self.bullets(
            self.rank(Reason::Document, 4),
            ["problem", "problems"],
            Frame::open("Problems"),
            lines,
        )
    }

    fn problem(&self, problem: &ProblemLine) -> String {
        let severity = match problem.severity {
            Severity::Error => "**error**: ",
            Severity::Warning => "",
        };
        // Results files are not in the repository.
        let location = if problem.is_document_problem {
            self.row_link(&problem.file, problem.line)
        } else {
            escape::code(&file_and_line(&problem.file, problem.line))
        };
        format!("{location} {severity}{}", escape::rich_text(&problem.message))
    }

    /// What the pull request does to the list.
    fn list(&self, list: &ListDiff) -> MarkdownSection {
        let title = format!("{}: {}", messages::LIST_CHANGES, list.summary);
        let frame = self.frame(Reason::Growth, list.lines.len(), &title);
        let mut lines: Vec<&ListLine> = list.lines.iter().collect();
        lines.sort_by_key(|line| !line.is_untracked);
        let lines = lines.into_iter().map(|line| {
            let place = line.location.as_ref();
            let link = place.map(|(file, line)| self.links.head_link(file, *line) + " ");
            format!("{}{}", link.unwrap_or_default(), escape::rich_text(&line.text))
        });
        self.bullets(
            self.rank(Reason::Growth, 4),
            ["change of the list", "changes of the list"],
            frame,
            lines,
        )
    }

    /// The known failures by section of the document, each folded.
    fn known_by_section(&self) -> Vec<MarkdownSection> {
        let report = self.report;
        let mut first_line: BTreeMap<(&str, &[String]), u32> = BTreeMap::new();
        for row in &report.rows {
            first_line.entry((&row.file, &row.section)).or_insert(row.line);
        }
        let mut by_section: BTreeMap<(&str, u32, &[String]), Vec<String>> = BTreeMap::new();
        for test in report.tests.iter().filter(|test| test.verdict == Verdict::KnownFailure) {
            let row = test.row.map(|row| &report.rows[row]);
            let key = row.map_or(("", 0, &[] as &[String]), |row| {
                (row.file.as_str(), first_line[&(row.file.as_str(), &*row.section)], &*row.section)
            });
            let name = self.test(&test.name, &test.variant);
            let outcome = messages::outcome_of_attempts(test.outcome, test.is_flaky);
            let line = format!("{name} {outcome}");
            by_section.entry(key).or_default().push(line);
        }
        let section = |((_, _, headings), lines): ((&str, u32, &[String]), Vec<String>)| {
            let headings = headings.join(" › ");
            let title = if headings.is_empty() { "Known failures" } else { &headings };
            let title = escape::escape_html(&sanitize::truncate(title, 300));
            let count = messages::count(lines.len() as u64, "known failure", "known failures");
            self.bullets(
                8,
                ["known failure", "known failures"],
                Frame::folded(&format!("{title}: {count}")),
                lines,
            )
        };
        by_section.into_iter().map(section).collect()
    }
}

/// The counts, the commit and the run; empty if none of them is known.
fn footer(counts: Option<String>, links: &Links) -> String {
    let commit = links.commit.as_ref();
    let commit = commit.map(|commit| format!("commit {}", commit.get(..12).unwrap_or(commit)));
    let run = links.run.as_ref();
    let run = run.map(|run| format!("<a href=\"{}\">this run</a>", escape::escape_html(run)));
    let parts: Vec<String> = counts.into_iter().chain(commit).chain(run).collect();
    if parts.is_empty() { String::new() } else { format!("<sub>{}</sub>", parts.join(" · ")) }
}
