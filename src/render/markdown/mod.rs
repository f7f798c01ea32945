//! The report as GitHub's Markdown: comment and job summary.

pub(super) mod comment;
pub mod escape;
mod failures;
pub(super) mod layout;
mod pasted_rows;
mod patch;
mod rows;
pub(crate) mod section_names;
mod truncate;
pub(crate) mod verdict;
