//! The secrets of a job: taken from the environment once, and put into nothing that leaves the process.
//!
//! In: the environment of GitHub's runner. Out: the token for who asks by name; any other text without
//! them. A newcomer's trap: taking a variable out of one's own environment is not safe in Rust, and leaves it in
//! `/proc/self/environ`; so [`leave_environment`] starts the program anew without them, and hands them over
//! in a pipe. What [`hide`] does is for accidents, such as a test that logs its environment: who prints
//! a secret with blanks between its letters is not stopped by it, and need not be, since he has it.

use regex::Regex;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::OnceLock;

/// Says that the secrets stand on standard input.
const STDIN_MARKER_VAR: &str = "KNOWNFAIL_SECRETS_ON_STDIN";
/// What is put in the place of a secret.
const REDACTED: &str = "***";
/// A shorter one is no secret, and would be found in all kinds of words.
const MIN_SECRET_LEN: usize = 8;
/// What a pipe takes without a reader, in bytes.
const PIPE_CAPACITY: usize = 32 << 10;

/// Finds the secrets, as they are and as Markdown writes them.
static MATCHER: OnceLock<Option<Regex>> = OnceLock::new();

/// The secrets by the names of their variables. It has no `Debug`, so that it can't be logged by accident.
pub struct Secrets(BTreeMap<String, String>);

/// Whether a variable leaves the environment: GitHub's own, and secrets. Nothing needs them there.
fn is_removed(name: &str) -> bool {
    name.starts_with("ACTIONS_") || matches!(name, "INPUT_TOKEN" | "GITHUB_TOKEN" | "GH_TOKEN")
}

/// Whether one of these is a secret; the others are addresses and switches.
fn is_secret(name: &str) -> bool {
    name.ends_with("TOKEN")
}

impl Secrets {
    /// Takes them from where [`leave_environment`] put them, or else from the environment.
    pub fn load() -> Secrets {
        let handed_over = std::env::var_os(STDIN_MARKER_VAR).is_some();
        let secrets = if handed_over { from_stdin() } else { from_environment() };
        let _ = MATCHER.set(build_matcher(secrets.values().map(String::as_str)));
        Secrets(secrets)
    }

    /// The value of a variable, whether it was taken or still stands in the environment.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned().or_else(|| std::env::var(name).ok())
    }
}

/// A text without any secret of the job.
pub fn redact(text: &str) -> Cow<'_, str> {
    match matcher() {
        Some(regex) => regex.replace_all(text, REDACTED),
        None => Cow::Borrowed(text),
    }
}

fn matcher() -> Option<&'static Regex> {
    MATCHER.get().and_then(Option::as_ref)
}

/// Takes the secrets out of a text that is written piece by piece: line by line, since no secret has an end of a
/// line in it.
pub struct RedactingWriter<W: Write> {
    inner: W,
    buffer: Vec<u8>,
}

/// Bytes that are held until a line's end.
const LINE_BUFFER: usize = 64 << 10;

impl<W: Write> RedactingWriter<W> {
    /// Nothing is written yet.
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

    /// Passes on the last line, too: nothing may follow that belongs to it.
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

/// Finds any of these texts, also where Markdown put a backslash or a reference for one of their signs.
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

/// Starts the program anew, with the same arguments and without any secret in its environment, if there is one.
/// Comes back where there is none, or where the system cannot do that.
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
    let (Ok(program), Ok((reader, mut writer))) = (std::env::current_exe(), std::io::pipe()) else {
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
    // It only returns when it failed: then the environment has to serve.
    let _ = command.exec();
}

/// Where a process cannot become another one, the secrets stay in the environment.
#[cfg(not(unix))]
pub fn leave_environment() {}

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
