//! Converts other tools' lists of known failures to a Markdown document.

mod writer;

pub use writer::{remove_duplicates, write};
