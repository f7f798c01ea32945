//! Detects the encoding of a results file and decodes it: all other code sees UTF-8.
//!
//! A byte that is no UTF-8 is decoded as windows-1252, one by one, so that two different names stay different, as they
//! would not with a replacement character.
//!
//! <https://encoding.spec.whatwg.org/>

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// The encoding of bytes that are no UTF-8 where no encoding is declared.
pub const FALLBACK: &str = "windows-1252";

/// The number of first bytes of a file that [`detect`] uses.
pub const SNIFF_LEN: usize = 256;

/// Where a file of this format may declare its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingSource {
    /// Only by a byte order mark.
    Bom,
    /// By a byte order mark or an XML declaration.
    XmlDeclaration,
}

/// The encoding of a file by its first bytes, and how many of them are a byte order mark. `None`
/// means UTF-8.
pub fn detect(head: &[u8], source: EncodingSource) -> (Option<&'static Encoding>, usize) {
    // The result must not depend on how much of a file was read.
    let head = &head[..head.len().min(SNIFF_LEN)];
    if let Some((encoding, bom_len)) = Encoding::for_bom(head) {
        return (Some(encoding).filter(|e| *e != UTF_8), bom_len);
    }
    match head {
        [0, 1..=255, 0, 1..=255, ..] => return (Some(UTF_16BE), 0),
        [1..=255, 0, 1..=255, 0, ..] => return (Some(UTF_16LE), 0),
        [..] => {}
    }
    let label = match source {
        EncodingSource::Bom => None,
        EncodingSource::XmlDeclaration => xml_encoding(head),
    };
    // A declaration that was read as single bytes cannot be in an encoding of two.
    let one_byte = |e: &&Encoding| ![UTF_8, UTF_16LE, UTF_16BE].contains(e);
    (label.and_then(Encoding::for_label).filter(one_byte), 0)
}

/// The value of `encoding="…"` in an XML declaration.
fn xml_encoding(head: &[u8]) -> Option<&[u8]> {
    let declaration = head.trim_ascii_start().strip_prefix(b"<?xml")?;
    let declaration = &declaration[..memchr::memmem::find(declaration, b"?>")?];
    let value = &declaration[memchr::memmem::find(declaration, b"encoding")? + 8..];
    let value = value.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, value) = value.split_first()?;
    Some(&value[..memchr::memchr(*quote, value)?])
}

/// Decodes bytes as UTF-8, and each byte that is none as windows-1252.
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len() + 16);
            decode_into(bytes, &mut text);
            Cow::Owned(text)
        }
    }
}

/// Appends bytes, decoded as by [`decode_lossy`].
pub fn decode_into(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
}

/// The first bytes of a file, decoded if they are in a known encoding, without the byte order mark.
pub fn decode_head(head: &[u8]) -> Cow<'_, [u8]> {
    match detect(head, EncodingSource::Bom) {
        (None, bom_len) => Cow::Borrowed(&head[bom_len..]),
        (Some(encoding), bom_len) => {
            let text = encoding.decode_without_bom_handling(&head[bom_len..]).0;
            Cow::Owned(text.into_owned().into_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_declaration_is_found_and_bom_wins() {
        let latin = br#"<?xml version="1.0" encoding='ISO-8859-1'?><a/>"#;
        assert_eq!(detect(latin, EncodingSource::XmlDeclaration), (Some(WINDOWS_1252), 0));
        assert_eq!(detect(latin, EncodingSource::Bom), (None, 0));
        assert_eq!(detect(b"\xef\xbb\xbf<a/>", EncodingSource::XmlDeclaration), (None, 3));
        assert_eq!(detect(b"\xff\xfe<\0a\0", EncodingSource::Bom), (Some(UTF_16LE), 2));
        assert_eq!(detect(b"\0<\0a", EncodingSource::XmlDeclaration), (Some(UTF_16BE), 0));
        assert_eq!(
            detect(br#"<?xml encoding="utf-16"?>"#, EncodingSource::XmlDeclaration),
            (None, 0)
        );
        let mut late = b"<?xml encoding='latin1'".to_vec();
        late.extend_from_slice(&[b' '; SNIFF_LEN]);
        late.extend_from_slice(b"?>");
        assert_eq!(detect(&late, EncodingSource::XmlDeclaration), (None, 0));
    }

    #[test]
    fn distinct_invalid_bytes_stay_distinct() {
        assert_eq!(decode_lossy(b"na\xefve \xc3\xa4"), "na\u{ef}ve \u{e4}");
        assert_ne!(decode_lossy(b"a\xe4"), decode_lossy(b"a\xe5"));
    }
}
