//! What is fuzzed: one function a target, from any bytes to nothing, which panics where something is wrong.
//!
//! libFuzzer calls them through `fuzz/targets/`, and `tests/suite/fuzz.rs` with seeds and a bounded number of
//! changed ones. A newcomer's trap: most of them do more than not to crash: they say the same in a second,
//! slower way and compare.

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

/// A target: its name in `fuzz/targets/`, and what is called.
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
