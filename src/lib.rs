//! Judges the results of a big test suite against a Markdown document of known failures.
//!
//! The story, in the order of the modules: results come in (`formats` turns bytes into `model`'s events,
//! a builder turns those into results; `record` gives back those of earlier calls), the document comes in (`known`), they are compared (`compare`),
//! judged (`compare::policy`), reported (`report`), rendered (`render`) and published (`github`, `run`).

pub mod byte_search;
pub mod cli;
pub mod commands;
pub mod compare;
pub mod error;
pub mod files;
pub mod formats;
#[cfg(feature = "history")]
pub mod git;
pub mod github;
pub mod import;
pub mod ingest;
pub mod known;
pub mod model;
pub mod policy;
pub mod record;
pub mod render;
pub mod report;
pub mod sanitize;
pub mod secrets;
pub mod syntax;
