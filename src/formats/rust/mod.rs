//! libtest and nextest.

mod doc_tests;
pub(crate) mod libtest;
pub(crate) mod libtest_json;
mod libtest_line;
mod libtest_suite;
pub(crate) mod nextest;
mod nextest_suites;
