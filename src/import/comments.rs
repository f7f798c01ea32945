//! Comments of a list, as reasons of the rows below them or as headings and prose.
//!
//! In: the comments, blank lines and rows of a list, in order. Out: what is said of the next row. The
//! rule: a block of comments speaks of the rows right below it, up to a blank line or the next block; a
//! block without such rows is a banner, and heads a section where it is one short line or decorated.

use super::list_builder::Draft;

/// Characters a title of a banner may have.
const TITLE_LIMIT: usize = 80;

/// What comments wear around their text.
const DECORATION: [char; 6] = ['=', '*', '-', '#', '+', '~'];

/// The block of comments that was read last.
#[derive(Default)]
pub(super) struct Comments {
    block: Vec<String>,
    state: State,
    /// Whether a block was there before: the first one tells what the file is.
    later: bool,
}

#[derive(Default, PartialEq, Eq)]
enum State {
    /// Its lines are still coming.
    #[default]
    Open,
    /// Rows came below it.
    Used,
}

impl Comments {
    /// A line of a comment, without its sign.
    pub(super) fn comment(&mut self, text: &str, draft: &mut Draft) {
        if self.state == State::Used {
            self.end(draft);
        }
        self.block.push(text.trim().to_owned());
    }

    /// A blank line, or the end of the list.
    pub(super) fn end(&mut self, draft: &mut Draft) {
        let block = std::mem::take(&mut self.block);
        let used = std::mem::take(&mut self.state) == State::Used;
        if block.is_empty() {
            return;
        }
        if !used {
            self.banner(&block, draft);
        }
        self.later = true;
    }

    fn banner(&self, block: &[String], draft: &mut Draft) {
        let bare = |line: &String| line.trim_matches(DECORATION).trim().to_owned();
        let said: Vec<&String> = block.iter().filter(|line| !bare(line).is_empty()).collect();
        let [first, rest @ ..] = said.as_slice() else { return };
        let title = bare(first);
        let decorated = block.iter().any(|line| {
            DECORATION.iter().any(|sign| line.starts_with(&sign.to_string().repeat(3)))
        });
        let short = title.chars().count() <= TITLE_LIMIT;
        if short && (decorated || rest.is_empty() && self.later) {
            draft.heading(1, &title);
            draft.prose(&joined(rest));
        } else {
            draft.prose(&joined(&said));
        }
    }

    /// What the block above says of a row.
    pub(super) fn reason(&mut self) -> String {
        if !self.block.is_empty() {
            self.state = State::Used;
        }
        joined(&self.block.iter().filter(|line| !line.is_empty()).collect::<Vec<_>>())
    }
}

fn joined(lines: &[&String]) -> String {
    lines.iter().map(|line| line.as_str()).collect::<Vec<_>>().join(" ")
}
