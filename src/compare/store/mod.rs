//! The memory layout of a comparison: 16 bytes per test, and details only where a report needs them.

pub(crate) mod append_log;
pub(crate) mod details;
pub(crate) mod name_sample;
pub(crate) mod outcomes;
pub(crate) mod test_set;
pub(crate) mod uniqueness;
