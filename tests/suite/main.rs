//! All tests of the whole program: one crate, one module a subject.

mod cli;
mod documents;
mod formats;
mod github;
mod github_double;
mod knownfail;
mod layers;
mod patterns;
mod runner;
mod samba;
mod scenarios;
mod tracked;
