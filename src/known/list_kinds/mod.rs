//! Readers of lists that are no Markdown: plain lists of names, and those of other tools.
//!
//! A row never excuses more than the entry that it is made of: an entry that only a wider row could express is left
//! out and reported.

mod chromium;
mod chromium_conflicts;
mod chromium_exemptions;
mod chromium_header;
mod chromium_tags;
mod comments;
mod deqp;
mod gcc;
mod lines;
mod list_builder;
mod list_kind;
mod list_spec;
mod lkft;
mod model;
mod names;
mod ocis;
mod overrides;
pub(in crate::known) mod plain;
mod regex;
mod repeats;
pub(in crate::known) mod rows;
mod samba;
mod wildcard;
mod yaml;

pub use list_spec::{IncludeLoader, ListKind};
pub use model::{
    ListEntry, ListItem, ParsedList, SourceList, Status, Unsupported, UnsupportedKind,
};
pub use overrides::apply_overrides;
pub use repeats::remove_duplicates;
