//! A report as strings, one file a place: terminal, comment, summary, annotations, JSON, JUnit.
//!
//! In: a [`Report`] and where links lead. Out: text that is safe in its place, whatever a test is called.
//! Every function here is pure; who writes the strings where is `run`'s matter.
//!
//! [`Report`]: crate::report::Report

pub mod annotations;
mod budget;
mod changes;
mod chart;
mod excerpt;
mod failures;
mod groups;
mod history;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod plain;
mod publication;
mod rows;
mod sarif;
pub mod terminal;
pub mod verdict;

mod comment;

pub use changes::{render_changes, render_changes_json, schema as changes_schema};
pub use chart::render_chart;
pub use comment::{
    Links, render_comment, render_details, render_foot, render_own_details, render_shared,
    render_shrunk, render_summary, render_unjudged,
};
pub use excerpt::render_excerpt;
pub use history::{render_history, render_history_json, schema as history_schema};
pub use publication::Publication;
pub use sarif::{Finding, render_sarif};
