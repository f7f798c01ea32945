//! The report as Markdown: comment and job summary.

pub(crate) mod comment;
pub mod escape;
pub(crate) mod failures;
pub(crate) mod name_groups;
pub(crate) mod rows;
pub(crate) mod truncate;
pub(crate) mod verdict;
