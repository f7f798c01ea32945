//! All tests of the whole program: one binary, a module a subject.

mod action_yml;
mod container;
mod documents;
mod github;
mod github_double;
mod knownfail;
mod layers;
mod patterns;
mod runner;
mod samba;
mod scenarios;
mod step;
mod tracked;
