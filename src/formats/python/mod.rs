//! pytest and unittest.

mod emitted_counts;
pub(crate) mod pytest;
pub(crate) mod pytest_json;
mod pytest_line;
pub(crate) mod pytest_reportlog;
mod pytest_session;
pub(crate) mod unittest;
mod unittest_line;

/// The message of a test whose status is a word that its runner does not have.
fn unknown_status(word: &str) -> String {
    format!("unknown status `{word}`")
}
