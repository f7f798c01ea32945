//! Converts other tools' lists of known failures to a Markdown document.

mod writer;

pub use crate::known::list_kinds::remove_duplicates;
pub use writer::write;
