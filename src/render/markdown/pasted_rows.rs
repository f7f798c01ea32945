//! The rows that a reader may add for new failures, as blocks that can be copied.
//!
//! What the copy button of a code block gives is not always what was put into it, so only rows that a page shows as they
//! are are offered.

use super::escape;
use super::layout::{Frame, SectionLayout};
use super::truncate::MarkdownSection;
use crate::report::{RowsAtPlace, RunScope, messages};
use crate::sanitize;

/// Characters of a section's headings.
const MAX_SECTION_LEN: usize = 200;

impl SectionLayout<'_> {
    /// The rows for new failures, folded: a block for each place of the list.
    pub(super) fn rows_to_add(&self) -> MarkdownSection {
        let all = &self.report.rows_to_add;
        let mut budget = self.max_items;
        let mut places: Vec<RowsAtPlace> = Vec::new();
        for place in &all.places {
            let shown = shown_rows(place, budget);
            budget -= shown.rows as usize;
            places.extend(Some(shown).filter(|shown| shown.rows > 0));
        }
        let shown: u64 = places.iter().map(|place| place.rows).sum();
        let more = all.row_count() - shown + all.more;
        let frame = Frame::folded(messages::rows_to_add(shown + more));
        let note = match self.report.run_scope {
            RunScope::Whole => String::new(),
            RunScope::OneOfMatrix => format!("{}\n\n", messages::ROWS_IN_ALL_VARIANTS),
        };
        let more = (more > 0).then(|| format!("{}\n", messages::more_rows_to_add(more)));
        let tail = more.unwrap_or_default() + &frame.tail;
        let frame = Frame { head: frame.head + &note, tail };
        let weights = places.iter().map(|place| place.rows as usize).collect();
        let items = places.iter().map(|place| self.rows_at_place(place)).collect();
        let section = self.section(6, ["row to add", "rows to add"], frame, items);
        MarkdownSection { weights, ..section }
    }

    fn rows_at_place(&self, place: &RowsAtPlace) -> String {
        let link = self.row_link(&place.file, place.line);
        let place_name = match place.line {
            0 => format!("At the end of {link}"),
            _ => format!("After {link}"),
        };
        let section = place.section.join(" › ");
        let section = match section.as_str() {
            "" => String::new(),
            section => {
                let section = sanitize::truncate(section, MAX_SECTION_LEN);
                format!(", in {}", escape::escape_text(&section))
            }
        };
        let language = if place.is_markdown { "markdown" } else { "text" };
        format!("{place_name}{section}:\n\n{}", escape::fenced(language, &place.lines))
    }
}

/// At most `limit` rows of a place, without those that a page does not show as they are.
fn shown_rows(place: &RowsAtPlace, limit: usize) -> RowsAtPlace {
    let is_shown = |line: &&String| **line == *sanitize::single_line(line);
    let (head, rows) = place.lines.split_at(place.lines.len() - place.rows as usize);
    let rows: Vec<String> = rows.iter().filter(is_shown).take(limit).cloned().collect();
    RowsAtPlace {
        rows: rows.len() as u64,
        lines: head.iter().cloned().chain(rows).collect(),
        ..place.clone()
    }
}
