//! Subcommands. All side effects happen here.

mod action;
mod check;
mod command_line;
mod console;
mod diff;
mod diff_paths;
pub mod formats;
#[cfg(feature = "history")]
mod history;
mod import;
mod init;
mod lint;
mod list;
mod output_files;
mod signals;
mod update;
mod why;

pub use console::eprint_error;
pub use signals::install_signal_handlers;

use crate::cli::Command;
use crate::error::Error;

/// Runs a command and returns the exit code of the process.
///
/// # Errors
/// When the command cannot do its work; the exit code is 2 then.
pub fn run(command: &Command) -> Result<u8, Error> {
    let code = match command {
        Command::Check(options) => check::run(options),
        Command::Init(options) => init::run(options),
        Command::List(options) => list::run(options),
        Command::Lint(options) => lint::run(options),
        Command::Diff(options) => diff::run(options),
        Command::Import(options) => import::run(options),
        #[cfg(feature = "history")]
        Command::History(options) => history::run(options),
        Command::Update(options) => update::run(options),
        Command::Why(options) => why::run(options),
        Command::Formats => formats::run(),
        // The log is only one of the places where it publishes.
        Command::Action(options) => return Ok(action::run(options)),
    }?;
    if code == 0 {
        console::check_stdout()?;
    }
    Ok(code)
}
