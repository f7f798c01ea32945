//! pytest and unittest.

pub(crate) mod pytest;
pub(crate) mod pytest_json;
mod pytest_line;
pub(crate) mod pytest_reportlog;
mod pytest_session;
pub(crate) mod unittest;
