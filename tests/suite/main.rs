//! All tests of the whole program: one crate, one module a subject.

mod action;
mod action_yml;
mod changes;
mod check_run;
mod cli;
mod container;
mod contract;
mod documents;
mod escaping;
mod formats;
mod github;
mod github_double;
mod history;
mod hostile;
mod import;
mod knownfail;
mod layers;
mod lint;
mod patterns;
mod properties;
mod runner;
mod samba;
mod scenarios;
mod step;
mod tracked;
mod update;
