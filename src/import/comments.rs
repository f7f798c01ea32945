//! Comments of a list as reasons of rows, headings and prose.
//!
//! A block of comments is the reason of the rows that directly follow it, up to an empty line or the next block. A
//! block without such rows is a banner: a heading if it is one short line or decorated, and prose otherwise.

use super::lines::numbered_lines;
use super::list_builder::ListBuilder;
use super::model::{Imported, SourceList};

/// Maximum number of characters of a heading.
const MAX_TITLE_LEN: usize = 80;

/// Characters that decorate the text of comments.
const DECORATION: [char; 6] = ['=', '*', '-', '#', '+', '~'];

/// The last block of comments.
#[derive(Default)]
pub(super) struct Comments {
    block: Vec<String>,
    state: BlockState,
    /// The first block describes the file.
    has_previous: bool,
}

#[derive(Default, PartialEq, Eq)]
enum BlockState {
    /// No row has followed yet.
    #[default]
    Open,
    /// It is the reason of a row.
    Used,
}

/// Reads a list of one entry a line, with comments after `#`: calls `read_entry` with each entry, its line and the
/// reason from the comments.
pub(super) fn read_entries(
    source: &SourceList,
    mut read_entry: impl FnMut(&mut ListBuilder, u32, &str, String),
) -> Imported {
    let mut builder = ListBuilder::new(source);
    let mut comments = Comments::default();
    for (line, text) in numbered_lines(&source.text) {
        if text.is_empty() {
            comments.end_block(&mut builder);
        } else if let Some(comment) = text.strip_prefix('#') {
            comments.add_line(comment, &mut builder);
        } else {
            read_entry(&mut builder, line, text, comments.reason());
        }
    }
    comments.end_block(&mut builder);
    builder.finish()
}

impl Comments {
    /// Adds a line without its `#`.
    pub(super) fn add_line(&mut self, text: &str, builder: &mut ListBuilder) {
        if self.state == BlockState::Used {
            self.end_block(builder);
        }
        self.block.push(text.trim().to_owned());
    }

    /// Ends the block, at an empty line or at the end of the list.
    pub(super) fn end_block(&mut self, builder: &mut ListBuilder) {
        let block = std::mem::take(&mut self.block);
        let used = std::mem::take(&mut self.state) == BlockState::Used;
        if block.is_empty() {
            return;
        }
        if !used {
            self.banner(&block, builder);
        }
        self.has_previous = true;
    }

    fn banner(&self, block: &[String], builder: &mut ListBuilder) {
        let bare = |line: &String| line.trim_matches(DECORATION).trim().to_owned();
        let text_lines: Vec<&String> = block.iter().filter(|line| !bare(line).is_empty()).collect();
        let [first, rest @ ..] = text_lines.as_slice() else { return };
        let title = bare(first);
        let decorated = block.iter().any(|line| {
            DECORATION.iter().any(|symbol| line.starts_with(&symbol.to_string().repeat(3)))
        });
        let short = title.chars().count() <= MAX_TITLE_LEN;
        if short && (decorated || rest.is_empty() && self.has_previous) {
            builder.add_heading(1, &title);
            builder.add_prose(&join_lines(rest));
        } else {
            builder.add_prose(&join_lines(&text_lines));
        }
    }

    /// The reason of a row from the current block.
    pub(super) fn reason(&mut self) -> String {
        if !self.block.is_empty() {
            self.state = BlockState::Used;
        }
        join_lines(&self.block.iter().filter(|line| !line.is_empty()).collect::<Vec<_>>())
    }
}

fn join_lines(lines: &[&String]) -> String {
    lines.iter().map(|line| line.as_str()).collect::<Vec<_>>().join(" ")
}
