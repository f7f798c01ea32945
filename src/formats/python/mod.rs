//! pytest and unittest.

pub(crate) mod pytest;
pub(crate) mod pytest_json;
pub(crate) mod pytest_reportlog;
pub(crate) mod unittest;
