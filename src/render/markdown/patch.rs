//! The patch that removes rows, as a block that can be copied and applied to the tested commit.
//!
//! What the copy button of a code block gives is not always what was put into it: no `\r`, no end of the last line, and
//! escapes in place of what is invisible. So a patch is only shown if what is copied applies.

use super::escape;
use super::layout::{DocumentPage, Frame, SectionLayout};
use super::truncate::MarkdownSection;
use crate::report::{CONTEXT, DiffPaths, DocumentVersion, Patch, messages};
use crate::sanitize;
use std::borrow::Cow;

/// Ends a patch as git's mails do. Without it, git would refuse what has lost its last line end.
const SIGNATURE: [&str; 2] = ["-- ", "knownfail"];

impl SectionLayout<'_> {
    /// The patch that removes rows from one document, folded.
    pub(super) fn patch(&self, patch: &Patch) -> MarkdownSection {
        let commit = self.links.commit.as_deref().unwrap_or_default();
        let at_head = PatchAtHead::new(patch, self.links.documents.get(&patch.file));
        let rows = at_head.patch.as_ref().map_or(patch.rows.len(), |patch| patch.rows.len()) as u64;
        let title = messages::patch(rows, &escape::escape_html(&patch.file), self.report.run_scope);
        let mut parts = at_head.notes(patch.rows.len(), commit);
        parts.extend(at_head.patch.iter().flat_map(|patch| shown_patch(&self.links.diffs, patch)));
        self.section(5, ["patch", "patches"], Frame::folded(&title), vec![parts.join("\n")])
    }
}

/// A patch as it applies to the tested commit.
struct PatchAtHead<'p> {
    /// `None` if the commit has none of the rows.
    patch: Option<Cow<'p, Patch>>,
    page: Option<&'p DocumentPage>,
}

impl<'p> PatchAtHead<'p> {
    fn new(patch: &'p Patch, page: Option<&'p DocumentPage>) -> PatchAtHead<'p> {
        let patch = match page.map(|page| (&page.head, page.is_judged)) {
            Some((DocumentVersion::Changed(version), _)) => {
                Some(Cow::Owned(patch.in_version(version)))
            }
            Some((DocumentVersion::Missing, true)) => None,
            None | Some((DocumentVersion::Same | DocumentVersion::Unknown, _)) => {
                Some(Cow::Borrowed(patch))
            }
            // A step has made it.
            Some((DocumentVersion::Missing, false)) => Some(Cow::Borrowed(patch)),
        };
        PatchAtHead { patch: patch.filter(|patch| !patch.rows.is_empty()), page }
    }

    /// What differs from the patch of the list that judged, which removes so many rows.
    fn notes(&self, all: usize, commit: &str) -> Vec<String> {
        let removed = self.patch.as_ref().map_or(0, |patch| patch.rows.len());
        let is_judged = self.page.is_some_and(|page| page.is_judged);
        let is_elsewhere = |page: &DocumentPage| match page.head {
            DocumentVersion::Same | DocumentVersion::Changed(_) => false,
            DocumentVersion::Missing => removed > 0,
            DocumentVersion::Unknown => true,
        };
        let mut notes = Vec::new();
        if removed < all {
            let why = if is_judged { messages::BRANCH_DIFFERS } else { "" };
            notes.push(format!("{}{why}.\n", messages::rows_not_at_commit(removed, all, commit)));
        }
        if self.page.is_some_and(is_elsewhere) {
            notes.push(messages::patch_of_judged_list(commit) + "\n");
        }
        notes
    }
}

/// The block with a patch and what a reader has to know of it, or where to get the patch instead.
fn shown_patch(diffs: &DiffPaths, patch: &Patch) -> Vec<String> {
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
