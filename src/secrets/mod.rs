//! The job's secrets: read from the environment once, removed from it, redacted from everything that is written.
//!
//! Removing a variable from the own environment is not safe in Rust, and leaves it in `/proc/self/environ`. So
//! [`reexec_without_secrets`] executes the program again without them and passes them through a pipe. Redaction
//! prevents accidents, such as a test that logs its environment, not deliberate leaks.

mod encodings;
mod redaction;

pub use redaction::{RedactingWriter, redact};

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// Set when the secrets are on standard input.
const STDIN_MARKER_VAR: &str = "KNOWNFAIL_SECRETS_ON_STDIN";
/// Bytes that a pipe buffers without a reader.
const PIPE_CAPACITY: usize = 32 << 10;

/// The secrets by the names of their variables. Not `Debug`, so that it cannot be logged by accident.
pub struct Secrets(BTreeMap<String, String>);

/// Whether a variable is removed from the environment.
fn is_removed(name: &str) -> bool {
    name.starts_with("ACTIONS_") || matches!(name, "INPUT_TOKEN" | "GITHUB_TOKEN" | "GH_TOKEN")
}

/// Whether a removed variable is a secret; the others are URLs and flags.
fn is_secret(name: &str) -> bool {
    name.ends_with("TOKEN")
}

impl Secrets {
    /// Reads the secrets from the pipe of [`reexec_without_secrets`], or else from the environment, and starts to
    /// redact them.
    pub fn load() -> Secrets {
        let handed_over = std::env::var_os(STDIN_MARKER_VAR).is_some();
        let secrets = if handed_over { from_stdin() } else { from_environment() };
        redaction::start(secrets.values().map(String::as_str));
        Secrets(secrets)
    }

    /// The value of an environment variable, also of one that was removed.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned().or_else(|| std::env::var(name).ok())
    }
}

fn from_environment() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let all = std::env::vars_os().filter_map(text);
    all.filter(|(name, value)| is_removed(name) && is_secret(name) && !value.is_empty()).collect()
}

fn from_stdin() -> BTreeMap<String, String> {
    let mut text = String::new();
    let _ = std::io::stdin().lock().take(PIPE_CAPACITY as u64).read_to_string(&mut text);
    let pair = |line: &str| line.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()));
    text.split('\0').filter_map(pair).collect()
}

/// Executes the program again with the same arguments and without secrets in its environment. Returns if there
/// are none, or if that is not possible.
#[cfg(unix)]
pub fn reexec_without_secrets() {
    use std::os::unix::process::CommandExt;
    let secrets = from_environment();
    let text: Vec<String> = secrets.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let text = text.join("\0");
    if secrets.is_empty()
        || text.len() > PIPE_CAPACITY
        || std::env::var_os(STDIN_MARKER_VAR).is_some()
    {
        return;
    }
    let (Ok(program), Ok((reader, mut writer))) = (own_program(), std::io::pipe()) else {
        return;
    };
    if writer.write_all(text.as_bytes()).is_err() {
        return;
    }
    drop(writer);
    let mut arguments = std::env::args_os();
    let mut command = std::process::Command::new(program);
    command
        .arg0(arguments.next().unwrap_or_default())
        .args(arguments)
        .stdin(reader)
        .env(STDIN_MARKER_VAR, "1");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_removed) {
            command.env_remove(name);
        }
    }
    // `exec` only returns on failure; then the secrets are read from the environment.
    let _ = command.exec();
}

/// The file that this process runs. Linux has it also if its name is gone, or is another file's by now.
#[cfg(unix)]
fn own_program() -> io::Result<std::path::PathBuf> {
    let running = std::path::Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_path_buf()) } else { std::env::current_exe() }
}

/// There is no `exec`: the secrets stay in the environment.
#[cfg(not(unix))]
pub fn reexec_without_secrets() {}
