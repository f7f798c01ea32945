//! The thin binary: arguments in, the library's exit code out.

use clap::Parser;
use knownfail::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match knownfail::run::run(&cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("knownfail: error: {error}\n  hint: {}", error.hint());
            ExitCode::from(2)
        }
    }
}
