//! The details of a subunit version 1 outcome: lines up to a `]`, or parts with a type, a name and counted bytes.

use super::v1_line::Details;
use crate::syntax::BoundedText;
use crate::syntax::lines::{LineReader, RawLine};
use std::io::{self, Read};

/// Reads the details after an outcome into `message`; false if the file ends inside them.
pub(super) fn read(
    lines: &mut LineReader<impl Read>,
    details: Details,
    message: &mut BoundedText,
) -> io::Result<bool> {
    message.clear();
    if details == Details::None {
        return Ok(true);
    }
    let mut is_first = true;
    while let Some(line) = lines.next_line()? {
        match line.bytes {
            b"]" => return Ok(true),
            bytes if details == Details::Parts && bytes.starts_with(b"Content-Type: ") => {
                let is_text = bytes[14..].starts_with(b"text/");
                if !read_part(lines, is_text, &mut is_first, message)? {
                    return Ok(false);
                }
            }
            bytes => message.push_line(bytes),
        }
    }
    Ok(false)
}

/// Reads one part: its name, then chunks with their lengths in hexadecimal, then a 0.
fn read_part(
    lines: &mut LineReader<impl Read>,
    is_text: bool,
    is_first: &mut bool,
    message: &mut BoundedText,
) -> io::Result<bool> {
    let Some(RawLine { bytes: name, .. }) = lines.next_line()? else { return Ok(false) };
    // One text is enough: the traceback or the reason, or else the first.
    let is_preferred = name == b"traceback" || name == b"reason";
    let is_used = is_text && (is_preferred || *is_first);
    if is_used {
        *is_first = false;
        message.clear();
    }
    while let Some(RawLine { bytes, .. }) = lines.next_line()? {
        let digits = std::str::from_utf8(bytes).ok();
        match digits.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()) {
            Some(0) => return Ok(true),
            Some(length) => {
                let keep = |bytes: &[u8]| {
                    if is_used {
                        message.push_bytes(bytes)
                    }
                };
                if !lines.take(length, keep)? {
                    return Ok(false);
                }
            }
            // Not in the grammar: read on as lines.
            None => return Ok(true),
        }
    }
    Ok(false)
}
