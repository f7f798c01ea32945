//! Judges the results of a big test suite against a Markdown document of known failures.
pub mod github;
pub mod model;
