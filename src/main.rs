//! The thin binary: arguments in, the library's exit code out.

use clap::Parser;
use knownfail::cli::{Cli, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    knownfail::commands::install_signal_handlers();
    let cli = Cli::parse();
    if matches!(cli.command, Command::Action(_)) {
        knownfail::secrets::reexec_without_secrets();
    }
    match knownfail::commands::run(&cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // GitHub's runner reads commands here too, and paths and inputs may be an attacker's.
            knownfail::commands::eprint_redacted(&knownfail::commands::format_error(&error));
            ExitCode::from(2)
        }
    }
}
