//! What the comment and the job summary differ in, and the parts that their sections share: frames, tables, links.

use super::escape;
use super::truncate::{MarkdownSection, Noun};
use crate::report::{DiffPaths, DocumentVersion, ListDiff, Reason, Report, TestLine, VersionPatch};
use crate::sanitize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// More items than this are folded.
pub(super) const MAX_UNFOLDED: usize = 30;
/// The log has the whole report, whatever its length.
pub(super) const SEE_LOG: &str = "see the log";

/// Where links lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Where readers find the documents, by their displayed paths.
    pub documents: BTreeMap<String, DocumentPage>,
    /// The address that a path from the repository's root is appended to for the file at the tested commit, such as
    /// `https://github.com/OWNER/REPO/blob/COMMIT/`: for what a pull request does to the list. `None` without one.
    pub head: Option<String>,
    /// The same at the commit that is checked out by default, whose lines the results have: for the tests' own files.
    pub checkout: Option<String>,
    /// The address of the run.
    pub run: Option<String>,
    /// The commit that was tested.
    pub commit: Option<String>,
    /// What the report's paths are relative to, from the repository's root: empty, or ending in a slash.
    pub directory: String,
    /// Where patches apply.
    pub diffs: DiffPaths,
    /// Source files of failures that are checked out, by their paths in the report: a suite may name files of other
    /// repositories.
    pub sources: BTreeSet<String>,
    /// Whether a job summary is written, which has more room than a comment.
    pub has_summary: bool,
}

/// A document where the readers of a report find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentPage {
    /// Its address at a commit; `None` if no commit has it.
    pub url: Option<String>,
    /// Whether that is the text that judged, so that it has the report's lines.
    pub is_judged: bool,
    /// What it is at the tested commit, where annotations are shown and patches are applied.
    pub head: DocumentVersion,
    /// The patch for the tested commit, or for the text that judged where that commit's is not known; `None` without rows
    /// to remove.
    pub patch: Option<VersionPatch>,
}

impl DocumentPage {
    /// The address of a line, or of the whole page if its lines may be others.
    fn address(&self, line: u32) -> Option<String> {
        let url = self.url.as_ref()?;
        let has_line = self.is_judged && line > 0;
        Some(if has_line { format!("{url}#L{line}") } else { url.clone() })
    }

    /// Where the tested commit has a line; `None` if it does not have it.
    fn head_line(&self, line: u32) -> Option<u32> {
        let found = match &self.head {
            DocumentVersion::Same | DocumentVersion::Unknown => Some(line),
            DocumentVersion::Changed(lines) => lines.line(line),
            DocumentVersion::Missing => None,
        };
        // Of a list that no commit has, only its own lines show what it is about.
        found.or_else(|| (!self.is_judged).then_some(line))
    }
}

impl Links {
    /// Where the tested commit has a line of a document; `None` if it does not have it.
    pub(in crate::render) fn head_line(&self, file: &str, line: u32) -> Option<u32> {
        self.documents.get(file).map_or(Some(line), |page| page.head_line(line))
    }

    /// A path of the report from the repository's root; `None` if it is outside.
    pub(in crate::render) fn repository_path(&self, file: &str) -> Option<String> {
        if file.is_empty() || file.starts_with('/') || Path::new(file).is_absolute() {
            return None;
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in self.directory.split('/').chain(file.split('/')) {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// The address of a line of a file at a commit, or of the whole file for 0; `None` for a file that is not in the
    /// repository. `blob` is one of the addresses that paths are appended to.
    fn line_address(&self, blob: Option<&str>, file: &str, line: u32) -> Option<String> {
        let page = page_address(blob?, &self.repository_path(file)?);
        Some(if line == 0 { page } else { format!("{page}#L{line}") })
    }

    /// A line of a document at the tested commit, as a link if it has an address.
    pub(super) fn head_link(&self, file: &str, line: u32) -> String {
        let address = self.line_address(self.head.as_deref(), file, line);
        link_or_code(&file_and_line(file, line), address)
    }
}

/// A report, and what a comment and a summary show of it.
pub(super) struct SectionLayout<'a> {
    pub(super) report: &'a Report,
    pub(super) links: &'a Links,
    /// What the pull request does to the list, if it is shown.
    pub(super) list: Option<&'a ListDiff>,
    /// Whether variants are named; the heading of a job's section names its only one.
    pub(super) names_variants: bool,
    pub(super) max_items: usize,
    /// Limit of the failures whose output is shown.
    pub(super) max_outputs: usize,
    pub(super) full_report_hint: &'static str,
}

impl<'a> SectionLayout<'a> {
    pub(super) fn for_comment(report: &'a Report, links: &'a Links) -> Self {
        SectionLayout {
            report,
            links,
            list: report.list_diff.as_ref(),
            names_variants: true,
            max_items: 100,
            max_outputs: 5,
            full_report_hint: if links.has_summary { "see the job summary" } else { SEE_LOG },
        }
    }

    pub(super) fn for_summary(report: &'a Report, links: &'a Links) -> Self {
        SectionLayout {
            max_items: 5_000,
            max_outputs: 100,
            full_report_hint: SEE_LOG,
            ..SectionLayout::for_comment(report, links)
        }
    }

    /// Items in a frame; empty without items. `noun` is what they are called in "… and 7 more failures".
    pub(super) fn section(
        &self,
        rank: u8,
        noun: Noun,
        frame: Frame,
        items: Vec<String>,
    ) -> MarkdownSection {
        if items.is_empty() {
            return MarkdownSection::default();
        }
        let (Frame { head, tail }, max_items) = (frame, self.max_items);
        MarkdownSection { rank, noun, head, items, tail, max_items, weights: Vec::new() }
    }

    /// The same with lines as the items of a list.
    pub(super) fn bullets(
        &self,
        rank: u8,
        noun: Noun,
        frame: Frame,
        lines: impl IntoIterator<Item = String>,
    ) -> MarkdownSection {
        let items = lines.into_iter().map(|line| format!("- {line}\n")).collect();
        self.section(rank, noun, frame, items)
    }

    /// Open if this is why the check fails and there are few items, folded otherwise.
    pub(super) fn frame(&self, reason: Reason, items: usize, title: &str) -> Frame {
        if self.is_red(reason) && items <= MAX_UNFOLDED {
            Frame::open(title)
        } else {
            Frame::folded(title)
        }
    }

    /// The rank of what shows a reason: truncated last where the check fails for it.
    pub(super) fn rank(&self, reason: Reason, otherwise: u8) -> u8 {
        if self.is_red(reason) { 1 } else { otherwise }
    }

    pub(super) fn is_red(&self, reason: Reason) -> bool {
        self.report.judgement.reasons.contains(&reason)
    }

    /// `smb2.lock (memory)`
    pub(super) fn test(&self, name: &str, variant: &str) -> String {
        let name = escape::test_name(name);
        match self.named_variant(variant) {
            Some(variant) => format!("{name} ({})", escape::escape_text(variant)),
            None => name,
        }
    }

    /// A variant that is named where a test of it is.
    pub(super) fn named_variant<'v>(&self, variant: &'v str) -> Option<&'v str> {
        Some(variant).filter(|variant| self.names_variants && !variant.is_empty())
    }

    /// The file and line of a test, as a link if the file is checked out.
    pub(super) fn source_link(&self, test: &TestLine) -> Option<String> {
        let label = file_and_line(test.file.as_ref()?, source_line(test));
        Some(link_or_code(&label, self.source_address(test)))
    }

    /// The address of a test's line in a file that is checked out.
    pub(super) fn source_address(&self, test: &TestLine) -> Option<String> {
        let file = test.file.as_ref().filter(|file| self.links.sources.contains(&***file))?;
        self.links.line_address(self.links.checkout.as_deref(), file, source_line(test))
    }

    /// A line of a document, as a link if it has an address.
    pub(super) fn row_link(&self, file: &str, line: u32) -> String {
        let label = file_and_line(file, line);
        let address = self.links.documents.get(file).and_then(|page| page.address(line));
        address.map_or_else(|| escape::code(&label), |address| escape::code_link(&label, &address))
    }
}

/// The text around the items of a section. Titles are Markdown.
pub(super) struct Frame {
    pub(super) head: String,
    pub(super) tail: String,
}

impl Frame {
    pub(super) fn open(title: &str) -> Frame {
        Frame { head: format!("#### {title}\n\n"), tail: "\n".to_owned() }
    }

    /// Without a title.
    pub(super) fn plain() -> Frame {
        Frame { head: String::new(), tail: "\n".to_owned() }
    }

    pub(super) fn folded(title: &str) -> Frame {
        let head = format!("<details><summary>{title}</summary>\n\n");
        Frame { head, tail: "\n</details>\n\n".to_owned() }
    }
}

/// The header and the delimiter row of a table.
pub(super) fn table_head<S: AsRef<str>>(columns: &[S]) -> String {
    let names: Vec<String> = columns.iter().map(|name| name.as_ref().to_owned()).collect();
    format!("{}{}|\n", escape::table_row(&names), "| --- ".repeat(names.len()))
}

fn link_or_code(label: &str, address: Option<String>) -> String {
    address.map_or_else(|| escape::code(label), |address| escape::code_link(label, &address))
}

/// A test's line in its file; 0 if it is not known.
fn source_line(test: &TestLine) -> u32 {
    test.line.and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
}

/// The address of a file's page that shows its lines; of Markdown, GitHub shows the rendered page otherwise.
pub fn page_address(blob: &str, path: &str) -> String {
    let plain = if path.ends_with(".md") { "?plain=1" } else { "" };
    format!("{blob}{}{plain}", escape::url_path(path))
}

/// `file:line`, short enough for a table.
pub(super) fn file_and_line(file: &str, line: u32) -> String {
    let text = if line == 0 { file.to_owned() } else { format!("{file}:{line}") };
    sanitize::truncate(&text, 200).into_owned()
}
