//! Comments of a list as reasons of rows, headings and prose.
//!
//! A block of comments is the reason of the rows that directly follow it, up to an empty line or the next block. A
//! block without such rows is a banner: a heading if it is one short line or decorated, and prose otherwise.

use super::lines::numbered_lines;
use super::list_builder::ListBuilder;
use super::model::{ParsedList, SourceList};
use crate::known::document::lines::truncate;

/// Maximum number of characters of a heading.
const MAX_TITLE_LEN: usize = 80;

/// Maximum bytes of a reason from comments: each row below them has it.
const MAX_REASON_LEN: usize = 500;

/// Characters that decorate the text of comments.
const DECORATION: [char; 6] = ['=', '*', '-', '#', '+', '~'];

/// The last block of comments.
#[derive(Default)]
pub(super) struct Comments {
    block: Vec<String>,
    /// Whether it is the reason of a row.
    is_used: bool,
    /// The first block describes the file.
    has_previous: bool,
}

/// Reads a list of one entry a line, with comments after `#`: calls `read_entry` with each entry, its line and the
/// reason from the comments.
pub(super) fn read_entries(
    source: &SourceList,
    mut read_entry: impl FnMut(&mut ListBuilder, u32, &str, String),
) -> ParsedList {
    let mut builder = ListBuilder::new(source);
    let mut comments = Comments::default();
    for (line, text) in numbered_lines(&source.text) {
        if !comments.add_line(text, &mut builder) {
            read_entry(&mut builder, line, text, comments.reason());
        }
    }
    comments.end_block(&mut builder);
    builder.finish()
}

impl Comments {
    /// Adds a comment, or ends the block at an empty line. Returns false for any other line.
    pub(super) fn add_line(&mut self, line: &str, builder: &mut ListBuilder) -> bool {
        if self.is_used && line.starts_with('#') || line.is_empty() {
            self.end_block(builder);
        }
        self.block.extend(line.strip_prefix('#').map(|comment| comment.trim().to_owned()));
        line.is_empty() || line.starts_with('#')
    }

    /// Ends the block, at an empty line or at the end of the list.
    pub(super) fn end_block(&mut self, builder: &mut ListBuilder) {
        let block = std::mem::take(&mut self.block);
        if !std::mem::take(&mut self.is_used) {
            self.banner(&block, builder);
        }
        self.has_previous |= !block.is_empty();
    }

    fn banner(&self, block: &[String], builder: &mut ListBuilder) {
        let bare = |line: &str| line.trim_matches(DECORATION).trim().to_owned();
        let text_lines: Vec<&str> =
            block.iter().map(String::as_str).filter(|line| !bare(line).is_empty()).collect();
        let [first, rest @ ..] = text_lines.as_slice() else { return };
        let title = bare(first);
        let starts_with_three =
            |line: &String| DECORATION.iter().any(|c| line.starts_with(&c.to_string().repeat(3)));
        let decorated = block.iter().any(starts_with_three);
        let short = title.chars().count() <= MAX_TITLE_LEN;
        if short && (decorated || rest.is_empty() && self.has_previous) {
            builder.add_heading(1, &title);
            builder.add_prose(&rest.join(" "));
        } else {
            builder.add_prose(&text_lines.join(" "));
        }
    }

    /// The reason of a row from the current block.
    pub(super) fn reason(&mut self) -> String {
        self.is_used = !self.block.is_empty();
        let lines = self.block.iter().map(String::as_str).filter(|line| !line.is_empty());
        let mut reason = lines.collect::<Vec<_>>().join(" ");
        truncate(&mut reason, MAX_REASON_LEN);
        reason
    }
}
