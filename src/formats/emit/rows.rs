//! Reads tables of results that have one row a line.

use crate::formats::{Input, ReadEnd};
use crate::model::EndOfInput;
use crate::syntax::{encoding, lines};

/// Calls `emit` with the 1-based line and the text of each row, until a last line without an end. If `emit` returns
/// `None`, the row is malformed: the file is damaged at the last of these, which `problem` describes.
pub(crate) fn read_rows(
    input: Input<'_>,
    is_ignored: fn(&str) -> bool,
    problem: &str,
    mut emit: impl FnMut(u32, &str) -> Option<()>,
) -> ReadEnd {
    lines::read_lines(input, |lines| {
        let (mut malformed, mut number) = (None, 0);
        while let Some(line) = lines.next_line()? {
            number += 1;
            let text = encoding::decode_lossy(line.bytes);
            if is_ignored(&text) {
                continue;
            }
            if !line.has_newline {
                return Ok(EndOfInput::Truncated);
            }
            if emit(number, &text).is_none() {
                malformed = Some(format!("line {number} {problem}"));
            }
        }
        Ok(malformed.map_or(EndOfInput::Complete, |what| EndOfInput::Damaged { what }))
    })
}
