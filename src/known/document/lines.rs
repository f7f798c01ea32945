//! The lines of a document, cut where Markdown cuts them: behind `\n`, `\r\n` and a lone `\r`.
//!
//! In: a text. Out: its lines with their endings; joined they are the text again. Whoever numbers
//! lines of a document has to do it here, or a stray `\r` shifts every number behind it.
//!
//! Specification: <https://spec.commonmark.org/0.31.2/#line-ending>

use memchr::memchr2;

/// The lines, in order, endings included.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match memchr2(b'\n', b'\r', rest.as_bytes()) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None if rest.is_empty() => return None,
            None => rest.len(),
        };
        let (line, remaining) = rest.split_at(end);
        rest = remaining;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn lines_keep_every_kind_of_line_ending() {
        let text = "a\nb\r\nc\rd\n\r\ne";
        let found: Vec<&str> = lines(text).collect();
        assert_eq!(found, ["a\n", "b\r\n", "c\r", "d\n", "\r\n", "e"]);
        assert_eq!(found.concat(), text);
    }
}
