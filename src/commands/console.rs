//! Standard output and standard error, with secrets redacted.

use crate::error::Error;
use crate::ingest::lists;
use crate::known::KnownFailures;
use crate::model::Severity;
use crate::render::annotations;
use crate::render::terminal::{Color, render_problem};
use crate::report::{Evidence, ProblemLine, messages};
use crate::sanitize;
use crate::secrets;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

/// The first error of writing to standard output.
static STDOUT_ERROR: OnceLock<String> = OnceLock::new();

/// Fails when something could not be written to standard output.
pub(super) fn check_stdout() -> Result<(), Error> {
    match STDOUT_ERROR.get() {
        None => Ok(()),
        Some(why) => Err(Error::Stdout { why: why.clone() }),
    }
}

/// Whether standard output is colored: <https://no-color.org>.
pub(super) fn color() -> Color {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let forced = std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    if !forbidden && (forced || (!is_dumb && io::stdout().is_terminal())) {
        Color::Always
    } else {
        Color::Never
    }
}

/// Reports the kind of each list that is no document.
pub(super) fn eprint_list_kinds(known: &KnownFailures) {
    lists::kinds(known).iter().for_each(|line| eprint(&format!("knownfail: {line}\n")));
}

pub(super) fn print(text: &str) {
    /// Bytes that are written at once, so that a long text is not buffered twice.
    const CHUNK_SIZE: usize = 32 << 10;
    print_with(|to| text.as_bytes().chunks(CHUNK_SIZE).try_for_each(|chunk| to.write_all(chunk)));
}

/// Prints a text that is written piece by piece. A closed pipe is not an error.
pub(super) fn print_with(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = secrets::RedactingWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = STDOUT_ERROR.set(error.to_string());
        }
        Ok(()) | Err(_) => {}
    }
}

/// Prints an output of which the path is `-`. Inside Actions, the runner also reads it unless another program does.
pub(super) fn print_output(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    if !is_inside_actions() {
        return print_with(write);
    }
    print_with(|to| {
        let mut text = Vec::new();
        write(&mut text)?;
        to.write_all(annotations::neutralize_commands(&String::from_utf8_lossy(&text)).as_bytes())
    });
}

/// Prints a text for people; inside Actions, the runner also reads it.
pub(super) fn print_text(text: &dyn Display) {
    if is_inside_actions() {
        print_neutralized(&text.to_string());
    } else {
        print_with(|to| write!(to, "{text}"));
    }
}

/// Whether GitHub's runner reads standard output.
pub(super) fn is_inside_actions() -> bool {
    std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// Prints a text in which no line is a workflow command.
pub(super) fn print_neutralized(text: &str) {
    print_with(|to| {
        text.lines()
            .try_for_each(|line| to.write_all(annotations::neutralize_commands(line).as_bytes()))
    });
}

/// Writes to standard error; write errors are ignored.
pub(super) fn eprint(text: &str) {
    let _ = io::stderr().write_all(secrets::redact(text).as_bytes());
}

/// Prints a warning on standard error.
pub(super) fn eprint_warning(text: &str) {
    let text = sanitize::single_line(text);
    eprint(&annotations::neutralize_commands(&format!("knownfail: warning: {text}\n")));
}

/// Prints an error and what to do about it on standard error. The runner also reads that, and paths and inputs may
/// be an attacker's.
pub fn eprint_error(error: &Error) {
    let (error, hint) = (error.to_string(), error.hint());
    let (error, hint) = (sanitize::single_line(&error), sanitize::single_line(&hint));
    let text = format!("knownfail: error: {error}\n  hint: {hint}");
    eprint(&annotations::neutralize_commands(&text));
}

/// Names the evidence that was left out.
pub(super) fn eprint_left_out(evidence: &Evidence) {
    for path in &evidence.left_out {
        let text = format!("knownfail: note: {}\n", messages::left_out(path));
        eprint(&annotations::neutralize_commands(&text));
    }
}

/// Prints the errors of documents on standard error, for a command that reports them nowhere else: an invalid row is
/// ignored by it.
pub(super) fn eprint_document_errors(known: &KnownFailures) {
    for problem in known.problems() {
        if problem.kind.severity() == Severity::Error {
            let line = render_problem(&ProblemLine::new(problem), Color::Never);
            eprint(&annotations::neutralize_commands(&line));
        }
    }
}
