//! libtest and nextest.

pub(crate) mod libtest;
pub(crate) mod libtest_json;
pub(crate) mod nextest;
