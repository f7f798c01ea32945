//! TAP, and what is built on it: the output of `prove`, and the kernel's KTAP.

mod footer;
mod grammar;
mod headings;
pub(crate) mod ktap;
mod point;
pub(crate) mod prove;
pub(crate) mod prove_files;
mod prove_report;
mod reader;

pub(crate) use reader::FORMAT;
