//! Reading runs: finding and numbering their files, reading them in parallel and within limits.

mod batch;
pub(crate) mod evidence;
mod exit_code_zero;
mod exit_codes;
mod file_identity;
pub(crate) mod inputs;
mod json_report;
pub(crate) mod limits;
pub(crate) mod lists;
pub(crate) mod plan;
mod progress;
pub(crate) mod reader;
pub(crate) mod sinks;
pub(crate) mod source;
