//! pytest and unittest.

mod emitted_counts;
pub(crate) mod pytest;
pub(crate) mod pytest_json;
mod pytest_line;
pub(crate) mod pytest_reportlog;
mod pytest_session;
pub(crate) mod unittest;
mod unittest_line;
