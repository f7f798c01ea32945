//! The job's secrets: read from the environment once, redacted from everything that is written.
//!
//! Removing a variable from the own environment is not safe in Rust, and leaves it in `/proc/self/environ`. So
//! [`reexec_without_secrets`] executes the program again without them and passes them through a pipe. Redaction
//! prevents accidents, such as a test that logs its environment, not deliberate leaks.

use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::OnceLock;

/// Set when the secrets are on standard input.
const STDIN_MARKER_VAR: &str = "KNOWNFAIL_SECRETS_ON_STDIN";
/// Replaces a secret.
const REDACTED: &str = "***";
/// A shorter text is not a secret, and would occur in ordinary words.
const MIN_SECRET_LEN: usize = 8;
/// Bytes that a pipe buffers without a reader.
const PIPE_CAPACITY: usize = 32 << 10;

/// Matches the secrets, verbatim and escaped as Markdown; `None` without any.
static MATCHER: OnceLock<Option<Regex>> = OnceLock::new();

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
        let _ = MATCHER.set(build_matcher(secrets.values().map(String::as_str)));
        Secrets(secrets)
    }

    /// The value of an environment variable, also of one that was removed.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned().or_else(|| std::env::var(name).ok())
    }
}

/// Replaces the job's secrets in a text.
pub fn redact(text: &str) -> Cow<'_, str> {
    match matcher() {
        Some(regex) => regex.replace_all(text, REDACTED),
        None => Cow::Borrowed(text),
    }
}

fn matcher() -> Option<&'static Regex> {
    MATCHER.get().and_then(Option::as_ref)
}

/// Redacts a text that is written piece by piece, line by line: no secret contains a line break.
pub struct RedactingWriter<W: Write> {
    inner: W,
    buffer: Vec<u8>,
}

/// Bytes that are buffered before a line break is looked for.
const LINE_BUFFER: usize = 64 << 10;

impl<W: Write> RedactingWriter<W> {
    /// Redacts what is written to `inner`.
    pub fn new(inner: W) -> RedactingWriter<W> {
        RedactingWriter { inner, buffer: Vec::with_capacity(2 * LINE_BUFFER) }
    }

    fn flush_up_to(&mut self, until: usize) -> io::Result<()> {
        let line = &self.buffer[..until];
        match matcher() {
            Some(_) => self.inner.write_all(redact(&String::from_utf8_lossy(line)).as_bytes())?,
            None => self.inner.write_all(line)?,
        }
        self.buffer.drain(..until);
        Ok(())
    }
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= LINE_BUFFER
            && let Some(end) = memchr::memrchr(b'\n', &self.buffer)
        {
            self.flush_up_to(end + 1)?;
        }
        Ok(bytes.len())
    }

    /// Also writes an unfinished last line, so a secret across two flushes is not found.
    fn flush(&mut self) -> io::Result<()> {
        self.flush_up_to(self.buffer.len())?;
        self.inner.flush()
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

/// Matches any of these texts, also with characters escaped as Markdown does.
fn build_matcher<'s>(secrets: impl Iterator<Item = &'s str>) -> Option<Regex> {
    let char_pattern = |c: char| {
        let escaped = regex::escape(c.encode_utf8(&mut [0; 4]));
        format!(r"\\{{0,2}}(?:{escaped}|&#{};)\x{{200b}}?", u32::from(c))
    };
    let trimmed = secrets.map(str::trim).filter(|secret| secret.len() >= MIN_SECRET_LEN);
    let any: Vec<String> =
        trimmed.map(|secret| secret.chars().map(char_pattern).collect()).collect();
    if any.is_empty() { None } else { Regex::new(&any.join("|")).ok() }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunked_writes_arrive_complete() {
        let text: String = (0..20_000).map(|n| format!("line {n} é\n")).collect::<String>() + "end";
        for step in [1, 7, 1_000, 200_000] {
            let mut arrived = Vec::new();
            let mut writer = RedactingWriter::new(&mut arrived);
            text.as_bytes().chunks(step).for_each(|piece| writer.write_all(piece).unwrap());
            writer.flush().unwrap();
            assert_eq!(arrived, text.as_bytes());
        }
    }

    #[test]
    fn secret_is_found_in_any_markdown_escaping() {
        let regex = build_matcher(["ghs_a-b.C0123", "short"].into_iter()).unwrap();
        for written in [
            "x ghs_a-b.C0123 y",
            r"x ghs\_a-b.C0123 y",
            r#"x ghs\\_a\\-b.C0123 y"#,
            "x ghs&#95;a&#45;b&#46;C0123 y",
            "x gh\u{200b}s_a-b.C0123 y",
        ] {
            assert_eq!(regex.replace_all(written, REDACTED), "x *** y");
        }
        assert_eq!(regex.replace_all("short ghs_a-b.C012", REDACTED), "short ghs_a-b.C012");
    }
}
