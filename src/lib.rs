//! Compares the results of a big test suite with a list of known failures.
//!
//! The library exists for the binary, its tests and fuzzing. There is no stability promise; modules that are public
//! only for tests and fuzzing are hidden from the documentation.
//!
//! Data flows in one direction; every step but the last is a pure function:
//!
//! 1. [`known`] parses the list into `KnownFailures`, which everything that follows borrows.
//! 2. [`formats`] decodes results files, with the tokenizers of [`syntax`], into events; [`model`]'s `RunBuilder`
//!    turns events into results. [`record`] reads results of earlier runs.
//! 3. [`compare`] matches results with the list. The outcome is `Facts`.
//! 4. [`policy`] judges the facts: the conclusion, and its reasons.
//! 5. [`report`] turns facts and judgement into words and counts, [`render`] those into strings.
//! 6. [`commands`] has the effects: it reads files ([`files`], `ingest`), prints, and publishes ([`github`]).

#[doc(hidden)]
pub mod byte_search;
pub mod cli;
pub mod commands;
#[doc(hidden)]
pub mod compare;
pub mod error;
#[doc(hidden)]
pub mod files;
#[doc(hidden)]
pub mod formats;
#[cfg(feature = "history")]
#[doc(hidden)]
pub mod git;
#[doc(hidden)]
pub mod github;
#[doc(hidden)]
pub mod import;
mod ingest;
#[doc(hidden)]
pub mod known;
#[doc(hidden)]
pub mod model;
#[doc(hidden)]
pub mod policy;
#[doc(hidden)]
pub mod record;
#[doc(hidden)]
pub mod render;
#[doc(hidden)]
pub mod report;
#[doc(hidden)]
pub mod sanitize;
pub mod secrets;
#[doc(hidden)]
pub mod syntax;
