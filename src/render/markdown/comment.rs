//! The pull request's comment and the job's summary, in GitHub's Markdown.
//!
//! In: a report and where links lead. Out: Markdown within the place's limit. Both are made of the same
//! sections; the summary has more room and adds the known failures by section of the document. What
//! gives way first when room is short: known failures, mixed rows, outputs, the patch and what was fixed,
//! rows without a test, changes of the list, problems, issues and differences, newly passing rows, what was not measured, new
//! failures. The verdict and the counts always stand.

use super::escape;
use super::failures::PLAIN;
use super::truncate::{Section, fit};
use super::verdict::{render_head, verdict_line};
use crate::model::Severity;
use crate::report::{
    Digest, FlipLine, IssueLine, ListLine, ListReport, MissingLine, ProblemLine, Reason, Report,
    SuiteLine, TestLine, VariantLine, Verdict, messages,
};
use crate::sanitize;
use std::collections::BTreeMap;

/// A comment's limit in bytes, below GitHub's 65,536 characters.
const COMMENT: usize = 60_000;
/// The limit of what jobs that share a comment say alike.
const SHARED: usize = 10_000;
/// A summary's limit in bytes, below GitHub's 1 MiB for all summaries of a step.
pub const SUMMARY: usize = 900 * 1024;
/// Where all of a report is printed, whatever its length.
const THE_LOG: &str = "see the log";

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
    let (head, foot) = (render_head(&[Digest::of(report)]), render_foot(report, links));
    let details = render_details(report, links, COMMENT.saturating_sub(head.len() + foot.len()));
    format!("{head}\n\n{details}{foot}\n")
}

/// What stands in a comment between the verdict and the last line, within so many bytes.
pub fn render_details(report: &Report, links: &Links, budget: usize) -> String {
    let place = Place::of_comment(report, links);
    fit(&place.sections(report), budget, place.elsewhere)
}

/// The same for one of several jobs that keep one comment: what they all say alike is left out.
pub fn render_own_details(report: &Report, links: &Links, budget: usize) -> String {
    let names_variants = report.variants.len() != 1;
    let place = Place { list: None, names_variants, ..Place::of_comment(report, links) };
    fit(&place.sections(report), budget, place.elsewhere)
}

/// What all jobs that keep one comment say alike: what the pull request does to the list.
pub fn render_shared(report: &Report, links: &Links) -> String {
    let place = Place::of_comment(report, links);
    let list = place.list.map(|list| place.list(report, list));
    fit(&list.into_iter().collect::<Vec<_>>(), SHARED, place.elsewhere)
}

/// The last line: the counts, the commit and the run.
pub fn render_foot(report: &Report, links: &Links) -> String {
    foot(Some(messages::counts(report)), links)
}

/// The one line to which a comment shrinks when all is well.
pub fn render_shrunk(report: &Report, links: &Links) -> String {
    let digest = Digest { variants: Vec::new(), ..Digest::of(report) };
    format!("{}\n\n{}\n", verdict_line(&digest), render_foot(report, links))
}

/// What is said when nothing could be judged: the details and the last line. `why` and `hint` may hold
/// texts from outside.
pub fn render_unjudged(why: &str, hint: &str, links: &Links) -> (String, String) {
    let said = |text| escape::prose(&messages::capitalised(text));
    let details = format!("{}\n\n{}\n\n", said(why), said(hint));
    (details, foot(None, links))
}

/// The job's summary, within so many bytes.
pub fn render_summary(report: &Report, links: &Links, budget: usize) -> String {
    let (list, elsewhere) = (report.list.as_ref(), THE_LOG);
    let place = Place { links, list, names_variants: true, most: 5_000, outputs: 100, elsewhere };
    let head = format!("{}\n\n", render_head(&[Digest::of(report)]));
    let whole = |text| Section { head: text, ..Section::default() };
    let mut sections = vec![whole(head)];
    sections.extend(place.sections(report));
    sections.push(place.signed_off(report));
    sections.push(place.closed_gaps(report));
    sections.push(place.mixed_rows(report));
    sections.extend(place.known_by_section(report));
    sections.push(whole(render_foot(report, links) + "\n"));
    fit(&sections, budget, place.elsewhere)
}

/// What differs between the places.
pub(crate) struct Place<'a> {
    pub links: &'a Links,
    /// What the pull request does to the list, where it is told here.
    pub list: Option<&'a ListReport>,
    /// Whether variants are named: one that stands in the heading above is not.
    pub names_variants: bool,
    /// Items of a list.
    pub most: usize,
    /// Failure outputs.
    pub outputs: usize,
    /// Where everything is.
    pub elsewhere: &'static str,
}

impl<'a> Place<'a> {
    fn of_comment(report: &'a Report, links: &'a Links) -> Self {
        let list = report.list.as_ref();
        let elsewhere = if links.has_summary { "see the job summary" } else { THE_LOG };
        Place { links, list, names_variants: true, most: 100, outputs: 5, elsewhere }
    }

    fn sections(&self, report: &Report) -> Vec<Section> {
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
        sections.push(self.shrunk(report));
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

    fn missing(&self, report: &Report) -> Section {
        let item = |test: &MissingLine| {
            let variant = self.in_variant(&test.variant);
            format!("- {}{variant}\n", escape::name(&test.name))
        };
        let items: Vec<String> = report.missing.iter().map(item).collect();
        if items.is_empty() {
            return Section::default();
        }
        let is_red = report.judgement.reasons.contains(&Reason::Missing);
        let (head, tail) =
            frame(&messages::missing(items.len() as u64), is_red && items.len() <= PLAIN);
        let noun = "missing tests";
        Section { rank: 2, head, items, tail, noun, most: self.most, ..Section::default() }
    }

    /// Known failures that fail otherwise than their rows or the base run say; open where that is red.
    fn differences(&self, report: &Report) -> Section {
        let is_it = |test: &&TestLine| {
            let is_known = test.verdict == Verdict::KnownFailure && !test.is_hidden_regression;
            is_known && !test.remarks.is_empty()
        };
        let item = |test: &TestLine| {
            let name = escape::name(&test.name);
            let remarks: Vec<String> = test.remarks.iter().map(escape::sentence).collect();
            format!("- {name}{} {}\n", self.in_variant(&test.variant), remarks.join("; "))
        };
        let items: Vec<String> = report.tests.iter().filter(is_it).map(item).collect();
        if items.is_empty() {
            return Section::default();
        }
        let is_red = report.judgement.reasons.contains(&Reason::Differently);
        let (head, tail) = frame(&messages::with_a_difference(items.len() as u64), is_red);
        let noun = "known failures with a difference";
        Section { rank: 4, head, items, tail, noun, most: self.most, ..Section::default() }
    }

    /// Tests that failed in the base run and pass here without a row, folded.
    fn fixed(&self, report: &Report) -> Section {
        let item = |(name, variant): &(String, String)| {
            format!("- {}{}\n", escape::name(name), self.in_variant(variant))
        };
        let items: Vec<String> = report.fixed.iter().map(item).collect();
        if items.is_empty() {
            return Section::default();
        }
        let (head, tail) = frame(&messages::fixed(items.len() as u64), false);
        let noun = "tests that pass now";
        Section { rank: 5, head, items, tail, noun, most: self.most, ..Section::default() }
    }

    fn not_measured(&self, report: &Report) -> Section {
        let mut items: Vec<String> = Vec::new();
        for variant in &report.variants {
            let of = self.of_variant(&variant.name);
            items.extend(variant.why.iter().map(|w| format!("- {of}{}\n", escape::sentence(w))));
        }
        for failure in &report.unmeasured {
            let test = &report.tests[failure.tests[0]];
            let name = escape::name(&failure.name);
            items.push(format!("- {name} {}\n", messages::unmeasured(test.outcome, test.base)));
        }
        self.listed("Not measured", items, 2, "reasons")
    }

    fn flips(&self, report: &Report) -> Section {
        let item = |flip: &FlipLine| {
            let name = escape::name(&flip.name);
            let often = messages::flips(flip.failed, flip.runs);
            format!("- {name}{} {often}\n", self.in_variant(&flip.variant))
        };
        self.listed(messages::FLIPS, report.flips.iter().map(item).collect(), 3, "tests")
    }

    fn shrunk(&self, report: &Report) -> Section {
        let item = |suite: &SuiteLine| {
            let name = sanitize::shortened(messages::suite(&suite.suite), 300);
            let ran = messages::ran(suite.now, suite.before);
            format!("- {}{} {ran}\n", escape::code(&name), self.in_variant(&suite.variant))
        };
        self.listed(messages::SHRUNK, report.shrunk().map(item).collect(), 3, "suites")
    }

    fn signed_off(&self, report: &Report) -> Section {
        let of = |variant: &VariantLine| {
            let name = self.of_variant(&variant.name);
            let told = variant.signed_off.iter().map(escape::sentence);
            told.map(|told| format!("- {name}{told}\n")).collect::<Vec<_>>()
        };
        let items = report.variants.iter().flat_map(of).collect();
        self.listed(messages::SIGNED_OFF, items, 7, "gaps")
    }

    /// A list below a heading of our own words; nothing without items.
    pub(crate) fn listed(
        &self,
        title: &str,
        items: Vec<String>,
        rank: u8,
        noun: &'static str,
    ) -> Section {
        if items.is_empty() {
            return Section::default();
        }
        let head = format!("#### {title}\n\n");
        let (tail, most) = ("\n".to_owned(), self.most);
        Section { rank, head, items, tail, noun, most, ..Section::default() }
    }

    /// What to do about the issues that rows name.
    fn issues(&self, report: &Report) -> Section {
        let item = |line: &IssueLine| {
            format!("- {} {}\n", self.at(&line.file, line.line), escape::sentence(&line.said))
        };
        self.listed("Issues", report.issues.iter().map(item).collect(), 4, "issues")
    }

    fn problems(&self, report: &Report) -> Section {
        let items = report.other_problems().map(|p| self.problem(p)).collect();
        self.listed("Problems", items, 4, "problems")
    }

    fn problem(&self, problem: &ProblemLine) -> String {
        let severity = match problem.severity {
            Severity::Error => "**error**: ",
            Severity::Warning => "",
        };
        // Only documents stand in the repository; results files do not.
        let at = match problem.of_document {
            true => self.at(&problem.file, problem.line),
            false => escape::code(&place(&problem.file, problem.line)),
        };
        format!("- {at} {severity}{}\n", escape::sentence(&problem.message))
    }

    /// What the pull request does to the list; open where that is red.
    fn list(&self, report: &Report, list: &ListReport) -> Section {
        let item = |line: &ListLine| {
            let place = line.place.as_ref();
            let at =
                place.map(|(file, line)| linked(self.links.head.as_deref(), file, *line) + " ");
            format!("- {}{}\n", at.unwrap_or_default(), escape::sentence(&line.said))
        };
        let title = format!("{}: {}", messages::LIST_CHANGES, list.summary);
        let is_red = report.judgement.reasons.contains(&Reason::Growth);
        let (head, tail) = frame(&title, is_red && list.lines.len() <= PLAIN);
        Section {
            rank: 4,
            head,
            items: list.lines.iter().map(item).collect(),
            tail,
            noun: "changes of the list",
            most: self.most,
            ..Section::default()
        }
    }

    /// The known failures by section of the document, folded.
    fn known_by_section(&self, report: &Report) -> Vec<Section> {
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
            let variant = self.in_variant(&test.variant);
            let name = escape::name(&test.name);
            let outcome = messages::outcome(test.outcome);
            by_section.entry(key).or_default().push(format!("- {name}{variant} {outcome}\n"));
        }
        by_section.into_iter().map(|((_, _, section), items)| self.folded(section, items)).collect()
    }

    fn folded(&self, section: &[String], items: Vec<String>) -> Section {
        let title = match section {
            [] => "Known failures".to_owned(),
            section => section.join(" › "),
        };
        let n = messages::count(items.len() as u64, "known failure", "known failures");
        let head = format!(
            "<details><summary>{}: {n}</summary>\n\n",
            escape::html(&sanitize::shortened(&title, 300))
        );
        let (tail, noun) = ("\n</details>\n\n".to_owned(), "known failures");
        Section { rank: 8, head, items, tail, noun, most: self.most, ..Section::default() }
    }

    /// ` (memory)`
    pub(crate) fn in_variant(&self, variant: &str) -> String {
        match self.names_variants && !variant.is_empty() {
            true => format!(" ({})", escape::text(variant)),
            false => String::new(),
        }
    }

    /// `memory: `
    fn of_variant(&self, variant: &str) -> String {
        match self.names_variants && !variant.is_empty() {
            true => format!("{}: ", escape::text(variant)),
            false => String::new(),
        }
    }

    /// A place in a document, as a link where there is something to link to.
    pub(crate) fn at(&self, file: &str, line: u32) -> String {
        linked(self.links.blob.as_deref(), file, line)
    }
}

/// A place in a document, as a link where it stands below that address.
fn linked(blob: Option<&str>, file: &str, line: u32) -> String {
    let label = place(file, line);
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
fn foot(counts: Option<String>, links: &Links) -> String {
    let commit = links.commit.as_ref();
    let commit = commit.map(|commit| format!("commit {}", commit.get(..12).unwrap_or(commit)));
    let run = links.run.as_ref();
    let run = run.map(|run| format!("<a href=\"{}\">this run</a>", escape::html(run)));
    let parts: Vec<String> = counts.into_iter().chain(commit).chain(run).collect();
    format!("<sub>{}</sub>", parts.join(" · "))
}

/// What stands around items: below a heading where they are open, else folded. The title is ours.
pub(crate) fn frame(title: &str, is_open: bool) -> (String, String) {
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
fn place(file: &str, line: u32) -> String {
    let place = if line == 0 { file.to_owned() } else { format!("{file}:{line}") };
    sanitize::shortened(&place, 200).into_owned()
}
