//! The thin binary: arguments in, the library's exit code out.

use clap::Parser;
use knownfail::cli::Cli;
use knownfail::render::annotations::harmless;
use knownfail::render::plain::line;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match knownfail::run::run(&cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // GitHub's runner reads commands here too, and paths and inputs may be an attacker's.
            let (error, hint) = (error.to_string(), error.hint());
            let text = format!("knownfail: error: {}\n  hint: {}", line(&error), line(&hint));
            eprint!("{}", harmless(&text));
            ExitCode::from(2)
        }
    }
}
