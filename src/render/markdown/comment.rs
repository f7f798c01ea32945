//! The pull request's comment and the job's summary, in GitHub's Markdown.
//!
//! In: a report and where links lead. Out: Markdown within the place's limit. Both are made of the same
//! sections; the summary has more room and adds the known failures by section of the document. What
//! gives way first when room is short: known failures, mixed rows, outputs, the patch and what was fixed,
//! rows without a test, changes of the list, problems, issues and differences, newly passing rows, what was not measured, new
//! failures. The verdict and the counts always stand.

use super::escape;
use super::failures::MAX_UNFOLDED;
use super::truncate::{MarkdownSection, fit_to_budget};
use super::verdict::{render_headline, verdict_line};
use crate::model::Severity;
use crate::report::{
    FlipLine, IssueLine, ListDiff, ListLine, MissingLine, ProblemLine, Reason, Report, RunSummary,
    SuiteLine, TestLine, VariantLine, Verdict, messages,
};
use crate::sanitize;
use std::collections::BTreeMap;

/// A comment's limit in bytes, below GitHub's 65,536 characters.
const MAX_COMMENT_SIZE: usize = 60_000;
/// The limit of what jobs that share a comment say alike.
const MAX_SHARED_SIZE: usize = 10_000;
/// A summary's limit in bytes, below GitHub's 1 MiB for all summaries of a step.
pub(crate) const MAX_SUMMARY_SIZE: usize = 900 * 1024;
/// Where all of a report is printed, whatever its length.
const SEE_LOG: &str = "see the log";

/// Where links lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The address below which the documents stand, such as
    /// `https://github.com/OWNER/REPO/blob/COMMIT/`; `None` where there is none.
    pub blob: Option<String>,
    /// The same on the pull request's head: what it does to the documents is told there.
    pub head: Option<String>,
    /// The address of the run.
    pub run: Option<String>,
    /// The commit that was tested.
    pub commit: Option<String>,
    /// What paths are relative to, from the repository's root: empty, or ending in a slash.
    pub directory: String,
    /// Whether a job summary is written, which has room for more than a comment.
    pub has_summary: bool,
}

/// The pull request's comment, or the text of a check run: all that one run says.
pub fn render_comment(report: &Report, links: &Links) -> String {
    let (head, footer) =
        (render_headline(&[RunSummary::from_report(report)]), render_footer(report, links));
    let details =
        render_details(report, links, MAX_COMMENT_SIZE.saturating_sub(head.len() + footer.len()));
    format!("{head}\n\n{details}{footer}\n")
}

/// What stands in a comment between the verdict and the last line, within so many bytes.
pub fn render_details(report: &Report, links: &Links, budget: usize) -> String {
    let layout = SectionLayout::for_comment(report, links);
    fit_to_budget(&layout.sections(report), budget, layout.full_report_hint)
}

/// The same for one of several jobs that keep one comment: what they all say alike is left out.
pub fn render_job_details(report: &Report, links: &Links, budget: usize) -> String {
    let names_variants = report.variants.len() != 1;
    let layout =
        SectionLayout { list: None, names_variants, ..SectionLayout::for_comment(report, links) };
    fit_to_budget(&layout.sections(report), budget, layout.full_report_hint)
}

/// What all jobs that keep one comment say alike: what the pull request does to the list.
pub fn render_shared(report: &Report, links: &Links) -> String {
    let layout = SectionLayout::for_comment(report, links);
    let list = layout.list.map(|list| layout.list(report, list));
    fit_to_budget(&list.into_iter().collect::<Vec<_>>(), MAX_SHARED_SIZE, layout.full_report_hint)
}

/// The last line: the counts, the commit and the run.
pub fn render_footer(report: &Report, links: &Links) -> String {
    footer(Some(messages::counts(report)), links)
}

/// The one line to which a comment shrinks when all is well.
pub fn render_collapsed(report: &Report, links: &Links) -> String {
    let summary = RunSummary { variants: Vec::new(), ..RunSummary::from_report(report) };
    format!("{}\n\n{}\n", verdict_line(&summary), render_footer(report, links))
}

/// What is said when nothing could be judged: the details and the last line. `why` and `hint` may hold
/// texts from outside.
pub fn render_not_judged(why: &str, hint: &str, links: &Links) -> (String, String) {
    let to_prose = |text| escape::text_with_code(&messages::capitalize(text));
    let details = format!("{}\n\n{}\n\n", to_prose(why), to_prose(hint));
    (details, footer(None, links))
}

/// The job's summary, within so many bytes.
pub fn render_summary(report: &Report, links: &Links, budget: usize) -> String {
    let (list, full_report_hint) = (report.list_diff.as_ref(), SEE_LOG);
    let layout = SectionLayout {
        links,
        list,
        names_variants: true,
        max_items: 5_000,
        max_outputs: 100,
        full_report_hint,
    };
    let head = format!("{}\n\n", render_headline(&[RunSummary::from_report(report)]));
    let head_only = |text| MarkdownSection { head: text, ..MarkdownSection::default() };
    let mut sections = vec![head_only(head)];
    sections.extend(layout.sections(report));
    sections.push(layout.accepted_gaps(report));
    sections.push(layout.rows_now_completing(report));
    sections.push(layout.mixed_rows(report));
    sections.extend(layout.known_by_section(report));
    sections.push(head_only(render_footer(report, links) + "\n"));
    fit_to_budget(&sections, budget, layout.full_report_hint)
}

/// What differs between the places.
pub(crate) struct SectionLayout<'a> {
    pub links: &'a Links,
    /// What the pull request does to the list, where it is told here.
    pub list: Option<&'a ListDiff>,
    /// Whether variants are named: one that stands in the heading above is not.
    pub names_variants: bool,
    /// Items of a list.
    pub max_items: usize,
    /// Failure outputs.
    pub max_outputs: usize,
    /// Where everything is.
    pub full_report_hint: &'static str,
}

impl<'a> SectionLayout<'a> {
    fn for_comment(report: &'a Report, links: &'a Links) -> Self {
        let list = report.list_diff.as_ref();
        let full_report_hint = if links.has_summary { "see the job summary" } else { SEE_LOG };
        SectionLayout {
            links,
            list,
            names_variants: true,
            max_items: 100,
            max_outputs: 5,
            full_report_hint,
        }
    }

    fn sections(&self, report: &Report) -> Vec<MarkdownSection> {
        let mut sections = self.new_failures(report);
        sections.push(self.outputs(report));
        sections.push(self.missing(report));
        sections.push(self.not_measured(report));
        sections.push(self.hidden_regressions(report));
        sections.push(self.differences(report));
        sections.push(self.failures(
            report,
            &report.flaky,
            3,
            "flaky tests",
            "#### Failed, then passed when retried\n\n",
        ));
        sections.push(self.flips(report));
        sections.push(self.shrunken_suites(report));
        sections.push(self.newly_passing(report));
        sections.extend(report.patches.iter().map(|patch| self.patch(report, patch)));
        sections.push(self.fixed(report));
        sections.push(self.issues(report));
        sections.push(self.problems(report));
        sections.extend(self.list.map(|list| self.list(report, list)));
        sections.push(self.unmatched(report));
        sections.retain(|section| !section.head.is_empty());
        sections
    }

    fn missing(&self, report: &Report) -> MarkdownSection {
        let item = |test: &MissingLine| {
            let variant = self.variant_suffix(&test.variant);
            format!("- {}{variant}\n", escape::test_name(&test.name))
        };
        let items: Vec<String> = report.missing.iter().map(item).collect();
        if items.is_empty() {
            return MarkdownSection::default();
        }
        let is_red = report.judgement.reasons.contains(&Reason::Missing);
        let (head, tail) = heading_or_details(
            &messages::missing(items.len() as u64),
            is_red && items.len() <= MAX_UNFOLDED,
        );
        let noun = "missing tests";
        MarkdownSection {
            rank: 2,
            head,
            items,
            tail,
            noun,
            max_items: self.max_items,
            ..MarkdownSection::default()
        }
    }

    /// Known failures that fail otherwise than their rows or the base run say; open where that is red.
    fn differences(&self, report: &Report) -> MarkdownSection {
        let has_difference = |test: &&TestLine| {
            let is_known = test.verdict == Verdict::KnownFailure && !test.is_hidden_regression;
            is_known && !test.remarks.is_empty()
        };
        let item = |test: &TestLine| {
            let name = escape::test_name(&test.name);
            let remarks: Vec<String> = test.remarks.iter().map(escape::rich_text).collect();
            format!("- {name}{} {}\n", self.variant_suffix(&test.variant), remarks.join("; "))
        };
        let items: Vec<String> = report.tests.iter().filter(has_difference).map(item).collect();
        if items.is_empty() {
            return MarkdownSection::default();
        }
        let is_red = report.judgement.reasons.contains(&Reason::MessageMismatch);
        let (head, tail) =
            heading_or_details(&messages::changed_failures(items.len() as u64), is_red);
        let noun = "known failures with a difference";
        MarkdownSection {
            rank: 4,
            head,
            items,
            tail,
            noun,
            max_items: self.max_items,
            ..MarkdownSection::default()
        }
    }

    /// Tests that failed in the base run and pass here without a row, folded.
    fn fixed(&self, report: &Report) -> MarkdownSection {
        let item = |(name, variant): &(String, String)| {
            format!("- {}{}\n", escape::test_name(name), self.variant_suffix(variant))
        };
        let items: Vec<String> = report.fixed.iter().map(item).collect();
        if items.is_empty() {
            return MarkdownSection::default();
        }
        let (head, tail) = heading_or_details(&messages::fixed(items.len() as u64), false);
        let noun = "tests that pass now";
        MarkdownSection {
            rank: 5,
            head,
            items,
            tail,
            noun,
            max_items: self.max_items,
            ..MarkdownSection::default()
        }
    }

    fn not_measured(&self, report: &Report) -> MarkdownSection {
        let mut items: Vec<String> = Vec::new();
        for variant in &report.variants {
            let prefix = self.variant_prefix(&variant.name);
            items.extend(
                variant
                    .incomplete_reasons
                    .iter()
                    .map(|w| format!("- {prefix}{}\n", escape::rich_text(w))),
            );
        }
        for failure in &report.unmeasured {
            let test = &report.tests[failure.tests[0]];
            let name = escape::test_name(&failure.name);
            items.push(format!("- {name} {}\n", messages::unmeasured(test.outcome, test.base)));
        }
        self.list_section("Not measured", items, 2, "reasons")
    }

    fn flips(&self, report: &Report) -> MarkdownSection {
        let item = |flip: &FlipLine| {
            let name = escape::test_name(&flip.name);
            let rate = messages::flip_rate(flip.failed, flip.runs);
            format!("- {name}{} {rate}\n", self.variant_suffix(&flip.variant))
        };
        self.list_section(
            messages::FLIPPING_TESTS,
            report.flipping.iter().map(item).collect(),
            3,
            "tests",
        )
    }

    fn shrunken_suites(&self, report: &Report) -> MarkdownSection {
        let item = |suite: &SuiteLine| {
            let name = sanitize::truncate(messages::suite(&suite.suite), 300);
            let ran = messages::suite_count(suite.current, suite.base);
            format!("- {}{} {ran}\n", escape::code(&name), self.variant_suffix(&suite.variant))
        };
        self.list_section(
            messages::SHRUNKEN_SUITES,
            report.shrunken_suites().map(item).collect(),
            3,
            "suites",
        )
    }

    fn accepted_gaps(&self, report: &Report) -> MarkdownSection {
        let variant_items = |variant: &VariantLine| {
            let name = self.variant_prefix(&variant.name);
            let accepted = variant.accepted.iter().map(escape::rich_text);
            accepted.map(|told| format!("- {name}{told}\n")).collect::<Vec<_>>()
        };
        let items = report.variants.iter().flat_map(variant_items).collect();
        self.list_section(messages::ACCEPTED_GAPS, items, 7, "gaps")
    }

    /// A list below a heading of our own words; nothing without items.
    pub(crate) fn list_section(
        &self,
        title: &str,
        items: Vec<String>,
        rank: u8,
        noun: &'static str,
    ) -> MarkdownSection {
        if items.is_empty() {
            return MarkdownSection::default();
        }
        let head = format!("#### {title}\n\n");
        let (tail, max_items) = ("\n".to_owned(), self.max_items);
        MarkdownSection { rank, head, items, tail, noun, max_items, ..MarkdownSection::default() }
    }

    /// What to do about the issues that rows name.
    fn issues(&self, report: &Report) -> MarkdownSection {
        let item = |line: &IssueLine| {
            format!(
                "- {} {}\n",
                self.row_link(&line.file, line.line),
                escape::rich_text(&line.text)
            )
        };
        self.list_section("Issues", report.issues.iter().map(item).collect(), 4, "issues")
    }

    fn problems(&self, report: &Report) -> MarkdownSection {
        let items = report.problems_without_gap().map(|p| self.problem(p)).collect();
        self.list_section("Problems", items, 4, "problems")
    }

    fn problem(&self, problem: &ProblemLine) -> String {
        let severity = match problem.severity {
            Severity::Error => "**error**: ",
            Severity::Warning => "",
        };
        // Only documents stand in the repository; results files do not.
        let location = match problem.is_document_problem {
            true => self.row_link(&problem.file, problem.line),
            false => escape::code(&file_and_line(&problem.file, problem.line)),
        };
        format!("- {location} {severity}{}\n", escape::rich_text(&problem.message))
    }

    /// What the pull request does to the list; open where that is red.
    fn list(&self, report: &Report, list: &ListDiff) -> MarkdownSection {
        let item = |line: &ListLine| {
            let location = line.location.as_ref();
            let link = location
                .map(|(file, line)| link_to_line(self.links.head.as_deref(), file, *line) + " ");
            format!("- {}{}\n", link.unwrap_or_default(), escape::rich_text(&line.text))
        };
        let title = format!("{}: {}", messages::LIST_CHANGES, list.summary);
        let is_red = report.judgement.reasons.contains(&Reason::Growth);
        let (head, tail) = heading_or_details(&title, is_red && list.lines.len() <= MAX_UNFOLDED);
        MarkdownSection {
            rank: 4,
            head,
            items: list.lines.iter().map(item).collect(),
            tail,
            noun: "changes of the list",
            max_items: self.max_items,
            ..MarkdownSection::default()
        }
    }

    /// The known failures by section of the document, folded.
    fn known_by_section(&self, report: &Report) -> Vec<MarkdownSection> {
        let mut by_section: BTreeMap<(&str, u32, &[String]), Vec<String>> = BTreeMap::new();
        let mut first_line: BTreeMap<(&str, &[String]), u32> = BTreeMap::new();
        for row in &report.rows {
            first_line.entry((&row.file, &row.section)).or_insert(row.line);
        }
        for test in report.tests.iter().filter(|test| test.verdict == Verdict::KnownFailure) {
            let row = test.row.map(|row| &report.rows[row]);
            let key = row.map_or(("", 0, &[] as &[String]), |row| {
                (row.file.as_str(), first_line[&(row.file.as_str(), &*row.section)], &*row.section)
            });
            let variant = self.variant_suffix(&test.variant);
            let name = escape::test_name(&test.name);
            let outcome = messages::outcome(test.outcome);
            by_section.entry(key).or_default().push(format!("- {name}{variant} {outcome}\n"));
        }
        by_section
            .into_iter()
            .map(|((_, _, section), items)| self.collapsed_section(section, items))
            .collect()
    }

    fn collapsed_section(&self, section: &[String], items: Vec<String>) -> MarkdownSection {
        let title = match section {
            [] => "Known failures".to_owned(),
            section => section.join(" › "),
        };
        let n = messages::count(items.len() as u64, "known failure", "known failures");
        let head = format!(
            "<details><summary>{}: {n}</summary>\n\n",
            escape::escape_html(&sanitize::truncate(&title, 300))
        );
        let (tail, noun) = ("\n</details>\n\n".to_owned(), "known failures");
        MarkdownSection {
            rank: 8,
            head,
            items,
            tail,
            noun,
            max_items: self.max_items,
            ..MarkdownSection::default()
        }
    }

    /// ` (memory)`
    pub(crate) fn variant_suffix(&self, variant: &str) -> String {
        match self.names_variants && !variant.is_empty() {
            true => format!(" ({})", escape::escape_text(variant)),
            false => String::new(),
        }
    }

    /// `memory: `
    fn variant_prefix(&self, variant: &str) -> String {
        match self.names_variants && !variant.is_empty() {
            true => format!("{}: ", escape::escape_text(variant)),
            false => String::new(),
        }
    }

    /// A place in a document, as a link where there is something to link to.
    pub(crate) fn row_link(&self, file: &str, line: u32) -> String {
        link_to_line(self.links.blob.as_deref(), file, line)
    }
}

/// A place in a document, as a link where it stands below that address.
fn link_to_line(blob: Option<&str>, file: &str, line: u32) -> String {
    let label = file_and_line(file, line);
    let linkable = !file.starts_with('/') && !file.split('/').any(|part| part == "..");
    match blob.filter(|_| linkable) {
        Some(blob) => {
            let path = escape::url_path(file.trim_start_matches("./"));
            let plain = if path.ends_with(".md") { "?plain=1" } else { "" };
            escape::code_link(&label, &format!("{blob}{path}{plain}#L{}", line.max(1)))
        }
        None => escape::code(&label),
    }
}

/// The counts, the commit and the run.
fn footer(counts: Option<String>, links: &Links) -> String {
    let commit = links.commit.as_ref();
    let commit = commit.map(|commit| format!("commit {}", commit.get(..12).unwrap_or(commit)));
    let run = links.run.as_ref();
    let run = run.map(|run| format!("<a href=\"{}\">this run</a>", escape::escape_html(run)));
    let parts: Vec<String> = counts.into_iter().chain(commit).chain(run).collect();
    format!("<sub>{}</sub>", parts.join(" · "))
}

/// What stands around items: below a heading where they are open, else folded. The title is ours.
pub(crate) fn heading_or_details(title: &str, is_open: bool) -> (String, String) {
    match is_open {
        true => (format!("#### {title}\n\n"), "\n".to_owned()),
        false => {
            let head = format!("<details><summary>{title}</summary>\n\n");
            (head, "\n</details>\n\n".to_owned())
        }
    }
}

/// The header and the delimiter row of a table.
pub(crate) fn table_head<S: AsRef<str>>(columns: &[S]) -> String {
    let names: Vec<String> = columns.iter().map(|name| name.as_ref().to_owned()).collect();
    format!("{}{}|\n", escape::table_row(&names), "| --- ".repeat(names.len()))
}

/// `file:line`, short enough for a table.
fn file_and_line(file: &str, line: u32) -> String {
    let text = if line == 0 { file.to_owned() } else { format!("{file}:{line}") };
    sanitize::truncate(&text, 200).into_owned()
}
