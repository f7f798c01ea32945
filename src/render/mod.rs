//! A report as strings, one file for each output: terminal, comment, summary, annotations, JSON, JUnit, Code Quality.
//!
//! Every function is pure, and its text is safe to show there whatever a test is called.

pub mod annotations;
mod code_quality;
pub mod json;
pub mod junit;
pub mod markdown;
mod outputs;
mod sarif;
mod svg_chart;
pub mod terminal;
mod test_list;
mod workflow;

pub use code_quality::render_code_quality;
pub use json::{changes_schema, history_schema, render_changes_json, render_history_json};
pub use markdown::comment::{
    NotJudged, render_collapsed, render_comment, render_details, render_footer, render_job_details,
    render_shared, render_summary,
};
pub use markdown::layout::{DocumentPage, Links, page_address};
pub use outputs::RenderedReport;
pub use sarif::{Finding, render_sarif};
pub use svg_chart::render_chart;
pub use terminal::{render_changes, render_excerpt, render_history};
pub use test_list::{TestList, TestListLine, write_test_list_json};
pub use workflow::{WorkflowInput, render_workflow};
