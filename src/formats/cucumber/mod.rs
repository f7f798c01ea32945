//! Cucumber's two formats, and the statuses of steps that they share.
//!
//! Undefined, pending and ambiguous steps fail a scenario: Cucumber is strict since version 4.

pub(crate) mod json;
pub(crate) mod messages;
mod steps;
