//! Reading a run: its files planned, read in parallel and within limits.

pub(crate) mod batch;
pub(crate) mod evidence;
pub(crate) mod exit_codes;
pub(crate) mod json_report;
pub(crate) mod limits;
pub(crate) mod plan;
pub(crate) mod progress;
pub(crate) mod reader;
pub(crate) mod sinks;
