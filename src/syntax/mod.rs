//! Byte streams: encodings, decompression, lines, XML tags, JSON values and rows of CSV. Knows nothing of tests.

pub mod ansi;
pub mod bounded_text;
pub mod buffer;
pub mod csv;
pub mod decompress;
pub mod encoding;
pub mod json;
pub mod lines;
pub mod read_end;
#[cfg(test)]
pub mod slow;
pub mod xml;

pub use bounded_text::BoundedText;
pub use encoding::decode_lossy;
pub use lines::for_each_line;
pub(crate) use xml::tag::Tag;
