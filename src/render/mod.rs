//! A report as strings, one file a place: terminal, comment, summary, annotations, JSON, JUnit.
//!
//! In: a [`Report`] and where links lead. Out: text that is safe in its place, whatever a test is called.
//! Every function here is pure; who writes the strings where is `run`'s matter.
//!
//! [`Report`]: crate::report::Report

pub mod annotations;
pub mod json;
pub mod junit;
pub mod markdown;
pub(crate) mod outputs;
mod sarif;
pub(crate) mod svg_chart;
pub mod terminal;

pub use markdown::comment::{
    Links, render_collapsed, render_comment, render_details, render_footer, render_job_details,
    render_not_judged, render_shared, render_summary,
};
pub use outputs::RenderedReport;
pub use sarif::{Finding, render_sarif};
pub use svg_chart::render_chart;
pub use terminal::diff::{render_changes, render_changes_json, schema as changes_schema};
pub use terminal::excerpt::render_excerpt;
pub use terminal::history::{render_history, render_history_json, schema as history_schema};
