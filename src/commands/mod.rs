//! The commands: everything below put together, and the only place with effects.
//!
//! In: a [`Command`]. Out: an exit code. `check` is the main job, told in ten calls; the others are
//! shorter walks over the same parts.

pub(crate) mod action;
pub(crate) mod check;
pub(crate) mod diff;
pub mod formats;
#[cfg(feature = "history")]
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod lint;
pub(crate) mod output_files;
pub(crate) mod signals;
pub(crate) mod update;
pub(crate) mod why;

use crate::cli::Command;
use crate::error::Error;
use crate::render::annotations;
use crate::render::terminal::Color;
use crate::secrets;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

pub use check::format_error;
pub use signals::install_signal_handlers;

/// Why standard output did not take something, if it did not.
static STDOUT_ERROR: OnceLock<String> = OnceLock::new();

/// Runs a command; gives the process's exit code.
///
/// # Errors
/// When nothing could be judged. That is exit code 2.
pub fn run(command: &Command) -> Result<u8, Error> {
    let code = dispatch(command)?;
    // Where a disk is full, half of what was asked for is missing. The action's log is but one of its places.
    match (command, STDOUT_ERROR.get()) {
        (Command::Action(_), _) | (_, None) => Ok(code),
        (_, Some(why)) if code == 0 => Err(Error::Stdout { why: why.clone() }),
        (_, Some(_)) => Ok(code),
    }
}

fn dispatch(command: &Command) -> Result<u8, Error> {
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
fn color() -> Color {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    match !forbidden && (forced || (!is_dumb && std::io::stdout().is_terminal())) {
        true => Color::Always,
        false => Color::Never,
    }
}

/// Prints to standard output, secrets aside. A reader that went away early is no error of ours.
fn print(text: &str) {
    /// Bytes that are written at once, so that a long text is not held twice.
    const CHUNK_SIZE: usize = 32 << 10;
    print_with(|to| text.as_bytes().chunks(CHUNK_SIZE).try_for_each(|chunk| to.write_all(chunk)));
}

/// The same for a text that comes piece by piece.
fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = secrets::RedactingWriter::new(io::stdout().lock());
    let printed = write(&mut out).and_then(|()| out.flush());
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = STDOUT_ERROR.set(error.to_string());
        }
        Ok(()) | Err(_) => {}
    }
}

/// Prints a text for people: inside Actions its reader is the runner, too.
fn print_text(text: &dyn std::fmt::Display) {
    match is_inside_actions() {
        true => print_neutralized(&text.to_string()),
        false => print_with(|to| write!(to, "{text}")),
    }
}

/// Whether GitHub's runner reads what is printed.
fn is_inside_actions() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Prints lines in which nothing is a workflow command.
fn print_neutralized(text: &str) {
    print_with(|to| {
        text.lines()
            .try_for_each(|line| to.write_all(annotations::neutralize_commands(line).as_bytes()))
    });
}

/// Tells on standard error, secrets aside. Nobody need listen.
pub fn eprint_redacted(text: &str) {
    let _ = io::stderr().write_all(secrets::redact(text).as_bytes());
}
