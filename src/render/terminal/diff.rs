//! `knownfail diff` as text.

use super::style::{Color, Style, file_and_line, styled, with_variant};
use crate::report::{ChangeKind, ChangeLine, ChangedRow, RowStatus, messages};
use crate::sanitize;

/// Rows that are named for one change; the others are only counted.
const MAX_NAMED_ROWS: usize = 10;

/// The changes as text: a line of counts, then a part for each kind.
pub fn render_changes(changes: &[ChangeLine], color: Color) -> String {
    let mut text = format!("{}\n", messages::changes(changes));
    for kind in changes.chunk_by(|a, b| a.kind == b.kind) {
        let heading = messages::change_heading(kind[0].kind);
        text.push_str(&format!("\n{}\n", styled(color, Style::Bold, heading)));
        for change in kind {
            render_change(change, color, &mut text);
        }
    }
    text
}

fn render_change(change: &ChangeLine, color: Color, text: &mut String) {
    // The rows that the change is about, and those that replace them or that they replace.
    let (rows, others): (_, &[ChangedRow]) = match change.kind {
        ChangeKind::Narrowed => (&change.old, &change.new),
        ChangeKind::Widened | ChangeKind::Relaxed => (&change.new, &change.old),
        ChangeKind::Removed | ChangeKind::Merged => (&change.old, &[]),
        ChangeKind::Added | ChangeKind::Edited | ChangeKind::Moved | ChangeKind::Repeated => {
            (&change.new, &[])
        }
    };
    for row in rows {
        let details = messages::change_details(change, row)
            .map(|details| format!("  {}", sanitize::single_line(&details)));
        text.push_str(&format!("  {}{}\n", describe_row(row), details.unwrap_or_default()));
        if let Some((status, counts)) = row.run.filter(|_| change.excuses_more) {
            let style = if status == RowStatus::Active { Style::Dim } else { Style::Warning };
            let run = styled(color, style, &messages::row_check(status, counts));
            text.push_str(&format!("      {run}\n"));
        }
    }
    for row in others.iter().take(MAX_NAMED_ROWS) {
        text.push_str(&format!("      {}\n", styled(color, Style::Dim, &describe_row(row))));
    }
    if others.len() > MAX_NAMED_ROWS {
        text.push_str(&format!("      {}\n", messages::and_more(others.len() - MAX_NAMED_ROWS)));
    }
    for cell in &change.cells {
        text.push_str(&format!("      {}\n", messages::cell_change(cell).to_plain_line()));
    }
    if messages::is_surprising_growth(change) {
        let note = styled(color, Style::Warning, messages::EXCUSES_MORE_NOW);
        text.push_str(&format!("      {note}\n"));
    }
}

/// `KNOWN_FAILURES.md:7  smb2.lock  in memory`
fn describe_row(row: &ChangedRow) -> String {
    let location = file_and_line(&row.file, row.line);
    format!("{location}  {}", with_variant(&row.pattern, &row.variants))
}
