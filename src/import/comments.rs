//! Comments of a list, as reasons of the rows below them or as headings and prose.
//!
//! In: the comments, blank lines and rows of a list, in order. Out: what is said of the next row. The
//! rule: a block of comments speaks of the rows right below it, up to a blank line or the next block; a
//! block without such rows is a banner, and heads a section where it is one short line or decorated.

use super::list_builder::ListBuilder;

/// Characters a title of a banner may have.
const MAX_TITLE_LEN: usize = 80;

/// What comments wear around their text.
const DECORATION: [char; 6] = ['=', '*', '-', '#', '+', '~'];

/// The block of comments that was read last.
#[derive(Default)]
pub(super) struct Comments {
    block: Vec<String>,
    state: BlockState,
    /// Whether a block was there before: the first one tells what the file is.
    has_previous: bool,
}

#[derive(Default, PartialEq, Eq)]
enum BlockState {
    /// Its lines are still coming.
    #[default]
    Open,
    /// Rows came below it.
    Used,
}

impl Comments {
    /// A line of a comment, without its sign.
    pub(super) fn add_line(&mut self, text: &str, draft: &mut ListBuilder) {
        if self.state == BlockState::Used {
            self.end_block(draft);
        }
        self.block.push(text.trim().to_owned());
    }

    /// A blank line, or the end of the list.
    pub(super) fn end_block(&mut self, draft: &mut ListBuilder) {
        let block = std::mem::take(&mut self.block);
        let used = std::mem::take(&mut self.state) == BlockState::Used;
        if block.is_empty() {
            return;
        }
        if !used {
            self.banner(&block, draft);
        }
        self.has_previous = true;
    }

    fn banner(&self, block: &[String], draft: &mut ListBuilder) {
        let bare = |line: &String| line.trim_matches(DECORATION).trim().to_owned();
        let text_lines: Vec<&String> = block.iter().filter(|line| !bare(line).is_empty()).collect();
        let [first, rest @ ..] = text_lines.as_slice() else { return };
        let title = bare(first);
        let decorated = block.iter().any(|line| {
            DECORATION.iter().any(|symbol| line.starts_with(&symbol.to_string().repeat(3)))
        });
        let short = title.chars().count() <= MAX_TITLE_LEN;
        if short && (decorated || rest.is_empty() && self.has_previous) {
            draft.add_heading(1, &title);
            draft.add_prose(&join_lines(rest));
        } else {
            draft.add_prose(&join_lines(&text_lines));
        }
    }

    /// What the block above says of a row.
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
