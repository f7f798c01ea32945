//! Readers of other tools' lists of known failures.
//!
//! A row never excuses more than the entry that it is made of: an entry that only a wider row could express is left
//! out and reported.

mod chromium;
mod comments;
mod deqp;
mod gcc;
mod lines;
mod list_builder;
mod list_kind;
mod list_spec;
mod lkft;
mod model;
mod ocis;
mod regex;
mod samba;
mod wildcard;
mod yaml;

pub use list_spec::{IncludeLoader, ListKind};
pub use model::{
    ListEntry, ListItem, ParsedList, SourceList, Status, Unsupported, UnsupportedKind,
};
