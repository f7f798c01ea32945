//! The integration tests: one crate, one module a subject.

mod github;
mod github_double;
