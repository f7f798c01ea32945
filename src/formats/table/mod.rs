//! Tables of results, which a runner of one's own can print: a row for each test with its name and its outcome, as
//! JSON Lines or as CSV.

pub(crate) mod csv;
pub(in crate::formats) mod header;
pub(crate) mod jsonl;
mod row;
