//! The commands: everything below put together, and the only place with effects.
//!
//! In: a [`Command`]. Out: an exit code. `check` is the main job, told in ten calls; the others are
//! shorter walks over the same parts.

mod action;
mod api;
mod check;
mod diff;
mod documents;
mod evidence;
mod exit_codes;
pub mod formats;
#[cfg(feature = "history")]
mod history;
mod import;
mod lint;
mod progress;
mod publish;
mod read;
mod settings;
mod update;
mod why;

use crate::cli::Command;
use crate::error::Error;
use crate::render::terminal::Colour;
use std::io::{IsTerminal, Write};

/// Runs a command; gives the process's exit code.
///
/// # Errors
/// When nothing could be judged. That is exit code 2.
pub fn run(command: &Command) -> Result<u8, Error> {
    match command {
        Command::Check(options) => check::run(options),
        Command::Lint(options) => lint::run(options),
        Command::Diff(options) => diff::run(options),
        Command::Import(options) => import::run(options),
        #[cfg(feature = "history")]
        Command::History(options) => history::run(options),
        Command::Update(options) => update::run(options),
        Command::Why(options) => why::run(options),
        Command::Formats => formats::run(),
        Command::Action(options) => action::run(options),
    }
}

/// Whether standard output is to be coloured: <https://no-color.org>.
fn colour() -> Colour {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    match !forbidden && (forced || std::io::stdout().is_terminal()) {
        true => Colour::Always,
        false => Colour::Never,
    }
}

/// Prints to standard output. A reader that went away early is no error of ours.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
