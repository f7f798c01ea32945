//! The patch that removes rows, as a block that can be copied and applied to the tested commit.
//!
//! What the copy button of a code block gives is not always what was put into it: no `\r`, no end of the last line, and
//! escapes in place of what is invisible. So a patch is only shown if what is copied applies.

use super::escape;
use super::layout::{DocumentPage, Frame, SectionLayout};
use super::truncate::MarkdownSection;
use crate::report::{CONTEXT, DiffPaths, DocumentVersion, Patch, VersionPatch, messages};
use crate::sanitize;
use std::collections::BTreeSet;
use std::path::Path;

/// Ends a patch as git's mails do. Without it, git would refuse what has lost its last line end.
const SIGNATURE: [&str; 2] = ["-- ", "knownfail"];

impl SectionLayout<'_> {
    /// The lists whose rows have to be removed by hand, as there is no patch for them.
    pub(super) fn removed_by_hand(&self) -> MarkdownSection {
        let rows = self.report.rows.iter().filter(|row| row.is_removable() && !row.is_editable);
        let files: BTreeSet<&str> = rows.map(|row| row.file.as_str()).collect();
        let note = |file| messages::removed_by_hand(&escape::code(file)) + "\n";
        self.section(5, ["list", "lists"], Frame::plain(), files.into_iter().map(note).collect())
    }

    /// The patch that removes rows from one document, folded; without rows that can be removed, only why.
    pub(super) fn patch(&self, patch: &Patch) -> MarkdownSection {
        let page = self.links.documents.get(&patch.file);
        let at_head = page.and_then(|page| page.patch.as_ref());
        let shown = at_head.map_or(patch, |at_head| &at_head.patch);
        let mut parts = page.map_or_else(Vec::new, |page| self.notes(page));
        if shown.rows.is_empty() {
            return self.section(5, ["patch", "patches"], Frame::plain(), vec![parts.join("\n")]);
        }
        let path = self.links.diffs.path(&patch.file).map(Path::to_string_lossy);
        let path = escape::escape_html(path.as_deref().unwrap_or(&patch.file));
        let title = messages::patch(shown.rows.len() as u64, &path, self.report.run_scope);
        parts.extend(shown_patch(&self.links.diffs, shown));
        self.section(5, ["patch", "patches"], Frame::folded(&title), vec![parts.join("\n")])
    }

    /// What differs from the patch of the list that judged.
    fn notes(&self, page: &DocumentPage) -> Vec<String> {
        let Some(VersionPatch { patch, missing, needed }) = &page.patch else { return Vec::new() };
        let commit = self.links.commit.as_deref().unwrap_or_default();
        let (file, removed) = (escape::code(&patch.file), patch.rows.len());
        let is_elsewhere = match page.head {
            DocumentVersion::Same | DocumentVersion::Changed(_) => false,
            DocumentVersion::Missing => removed > 0,
            DocumentVersion::Unknown => true,
        };
        let notes = [
            (*missing > 0).then(|| {
                let is_only = removed + needed == 0;
                messages::rows_not_at_commit(*missing, is_only, &file, commit, page.is_judged)
            }),
            (*needed > 0).then(|| {
                let is_only = removed + missing == 0;
                messages::rows_needed_at_commit(*needed, is_only, &file, commit)
            }),
            is_elsewhere.then(|| messages::patch_of_judged_list(commit)),
        ];
        notes.into_iter().flatten().map(|note| note + "\n").collect()
    }
}

/// The block with a patch and what a reader has to know of it, or where to get the patch instead.
fn shown_patch(diffs: &DiffPaths, patch: &Patch) -> Vec<String> {
    if diffs.path(&patch.file).is_none() {
        return vec![messages::PATCH_OUTSIDE.to_owned() + "\n"];
    }
    // Less context may do without a line that cannot be copied. Without any, git refuses a patch.
    let all = (1..=CONTEXT).rev().map(|context| diffs.patch(patch, context));
    let Some(diff) = all.into_iter().find(|diff| is_copyable(diff)) else {
        return vec![messages::PATCH_NOT_SHOWN.to_owned() + "\n"];
    };
    let lines = diff.lines().chain(SIGNATURE).map(str::to_owned);
    let block = escape::fenced("diff", &Vec::from_iter(lines));
    let note = diff.contains("\r\n").then(|| messages::CRLF_PATCH.to_owned() + "\n");
    note.into_iter().chain([block]).collect()
}

/// Whether a page shows every line as it is, line ends aside. A replacement character may be bytes that are no text.
fn is_copyable(diff: &str) -> bool {
    let is_shown = |part: &str| *part == *sanitize::single_line(part) && !part.contains('\u{fffd}');
    diff.lines().flat_map(|line| line.split('\t')).all(is_shown)
}
