//! The binary: parses arguments, runs the command, returns its exit code.

use clap::Parser;
use knownfail::cli::{Cli, Command};
use knownfail::{commands, secrets};
use std::process::ExitCode;

fn main() -> ExitCode {
    commands::install_signal_handlers();
    let cli = Cli::parse();
    if matches!(cli.command, Command::Action(_)) {
        secrets::reexec_without_secrets();
    }
    match commands::run(&cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            commands::eprint_error(&error);
            ExitCode::from(2)
        }
    }
}
