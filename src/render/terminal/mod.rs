//! Text for a person at a terminal or reading a job's log. Nothing in it can move the cursor.

mod diff;
mod excerpt;
mod history;
mod report;
mod style;

pub use diff::render_changes;
pub use excerpt::render_excerpt;
pub use history::render_history;
pub use report::{TerminalReport, UpdateLines, render_hints, render_problem, render_update};
pub use style::Color;
