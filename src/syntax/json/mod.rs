//! A streaming JSON reader: one document, or one a line, with other output between them.
//!
//! A [`Visitor`] decides path by path what is read; only one value is in memory at a time. A file is a stream of
//! documents even where its format has one, because runners print before and after it. A line that does not begin
//! as a document is output and ignored, but a document that breaks off makes the file unreadable or truncated:
//! reading continues after it. A document with a comma or a closing bracket after it is part of one whose beginning
//! is missing.
//!
//! `serde_json` has no line per value, rejects `NaN`, lone surrogates and invalid UTF-8, and cannot resume after a
//! syntax error.
//!
//! <https://www.rfc-editor.org/rfc/rfc8259>

mod for_each;
mod head;
mod reader;
mod value;
mod visitor;

pub use for_each::{DOCUMENT_END, for_each, for_each_record, for_each_record_with};
pub use head::JsonHead;
pub use reader::read;
pub use value::Value;
pub use visitor::{JsonLayout, VisitAction, Visitor};
