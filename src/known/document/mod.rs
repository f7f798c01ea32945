//! Parser for one Markdown document.
//!
//! Only this folder uses comrak, which finds the blocks and tables and renders cells as text. Patterns are taken
//! from the source of their line instead, since comrak would treat `*` and `_` as emphasis.
//!
//! Specification: <https://github.github.com/gfm/>

pub(super) mod cells;
pub(super) mod columns;
pub(super) mod directive;
mod dropped_rows;
pub(super) mod escape;
mod hidden_rows;
mod html;
pub(super) mod lines;
mod misleading;
mod nodes;
mod parse;
pub(super) mod prose_claims;
pub(super) mod reader;
mod row_runs;
pub(super) mod sections;
mod status;
mod table;
mod unclosed_block;

pub(super) use parse::parse;
pub(super) use reader::ParsedDocument;
pub(super) use unclosed_block::closing_line;
