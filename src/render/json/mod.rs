//! JSON for other programs. Each schema is a versioned public contract: within a version, fields are only added.

mod diff;
mod history;
mod report;

pub use diff::{render_changes_json, schema as changes_schema};
pub use history::{render_history_json, schema as history_schema};
pub use report::{render_json, render_problems, schema, write_json};
