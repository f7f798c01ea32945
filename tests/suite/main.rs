//! The integration tests, as one crate.

mod documents;
mod patterns;
