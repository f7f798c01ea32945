//! The one crate of all integration tests: a module a subject.

mod layers;
mod runner;
mod samba;
mod tracked;
