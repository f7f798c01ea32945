//! The list of known failures: its rows, the tests that they claim, and what is wrong with its documents.

mod active_rows;
mod diff;
mod document;
mod duplicates;
pub mod edit;
mod excuses;
mod index;
mod line_map;
pub mod lint;
mod list;
mod list_format;
pub mod list_kinds;
mod pattern;
mod relaxed;
mod row;
mod row_places;
mod span;
mod successors;
mod variants;

pub use diff::{Change, EditedCell, changes};
pub use document::escape::{escape_cell, escape_pattern};
pub use document::reader::NonListTable;
pub use edit::{Edits, NewRow, remove_rows};
pub use index::Claim;
pub use line_map::LineMap;
pub use list::{Document, IncludedFileLoader, KnownFailures, ListFile};
pub use list_format::ListFormat;
pub(crate) use pattern::WildcardToken;
pub use pattern::message::MessagePattern;
pub use pattern::{BadRegex, Pattern, PatternKind};
pub use row::{Expected, FailureKind, Inactive, MatchMode, Row, RowId};
pub use row_places::{RowPlace, RowPlaces};
pub use span::{Span, SpanResolver};
pub use successors::Successors;
pub use variants::{VariantItem, VariantItems, VariantScope};
