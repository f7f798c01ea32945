//! Cucumber's two formats, and the statuses of steps that they share.

pub(crate) mod json;
pub(crate) mod messages;
mod steps;
