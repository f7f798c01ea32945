//! The fuzz targets: one function each, which panics if something is wrong.
//!
//! libFuzzer calls them through `fuzz/targets/`, and `tests/suite/fuzz.rs` with seeds and a limited number of mutations. Most of
//! them compare the result with that of a second, slower implementation.

mod choices;
mod decode;
mod document;
mod junit;
mod patterns;
mod record;
#[path = "../../src/syntax/slow.rs"]
mod slow;
mod untrusted_inputs;
mod update;

pub(super) use decode::{decode, sniff};
pub(super) use document::document;
pub(super) use junit::junit;
pub(super) use patterns::patterns;
pub(super) use record::{example, record};
pub(crate) use slow::ChunkedReader;
pub(super) use untrusted_inputs::{event, import};
pub(super) use update::update;

/// A target: its name in `fuzz/targets/`, and its function.
pub(super) type Target = (&'static str, fn(&[u8]));

/// Every target.
pub(super) const TARGETS: [Target; 9] = [
    ("decode", decode),
    ("sniff", sniff),
    ("junit", junit),
    ("document", document),
    ("patterns", patterns),
    ("update", update),
    ("import", import),
    ("event", event),
    ("record", record),
];
