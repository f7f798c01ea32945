//! The runner's files: the step's summary and outputs. Text is appended; what other steps wrote stays.
//!
//! A value that contains the delimiter's line would set further outputs. The runner drops a summary over 1 MiB completely.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use super::api::random;
use crate::secrets;
use std::fs::OpenOptions;
use std::io::{Error, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Maximum size of a step's summary, in bytes.
const MAX_SUMMARY_SIZE: u64 = 1024 * 1024;

/// The files that a step writes to; `None` outside of a workflow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunnerFiles {
    /// For the step's outputs.
    pub outputs: Option<PathBuf>,
    /// For the step's summary.
    pub summary: Option<PathBuf>,
}

impl RunnerFiles {
    /// Reads their paths from environment variables.
    pub fn read(env: &dyn Fn(&str) -> Option<String>) -> RunnerFiles {
        let path = |name| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        RunnerFiles { outputs: path("GITHUB_OUTPUT"), summary: path("GITHUB_STEP_SUMMARY") }
    }
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RunnerFileError {
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: Error },
    #[error(
        "the summary holds {existing} bytes; {added} more would not fit into {MAX_SUMMARY_SIZE}"
    )]
    SummaryFull { existing: u64, added: u64 },
    #[error("the output {0} has a name or a value that the runner would misread")]
    UnsafeOutput(String),
    #[error("the system gave no random bits")]
    NoRandomness,
}

impl RunnerFileError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            RunnerFileError::File { .. } => {
                "the runner names this file and has to let it be written"
            }
            RunnerFileError::SummaryFull { .. } => "write a shorter summary",
            RunnerFileError::UnsafeOutput(_) => "outputs are counts, words and paths",
            RunnerFileError::NoRandomness => "outputs can't be delimited safely without it",
        }
    }
}

/// Appends Markdown to the step's summary if all of it fits.
pub fn append_summary(path: &Path, text: &str) -> Result<(), RunnerFileError> {
    append(path, text, MAX_SUMMARY_SIZE)
}

/// How many more bytes the step's summary may have.
pub fn remaining_summary_bytes(path: &Path) -> usize {
    let existing = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    // One byte for the line end that another writer may have left out.
    usize::try_from(MAX_SUMMARY_SIZE.saturating_sub(existing + 1)).unwrap_or(0)
}

/// Sets outputs of the step, all or none. A name consists of letters, digits, `-` and `_`.
pub fn set_outputs(path: &Path, outputs: &[(&str, &str)]) -> Result<(), RunnerFileError> {
    let random = random::random_u128().ok_or(RunnerFileError::NoRandomness)?;
    append(path, &render_outputs(&format!("ghadelimiter_{random:032x}"), outputs)?, u64::MAX)
}

/// Each output as `name<<delimiter`, value and delimiter, on lines of their own.
fn render_outputs(delimiter: &str, outputs: &[(&str, &str)]) -> Result<String, RunnerFileError> {
    let is_word = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let mut text = String::new();
    for (name, value) in outputs {
        if !is_word(name) || value.contains(delimiter) {
            return Err(RunnerFileError::UnsafeOutput(name.escape_default().to_string()));
        }
        text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    }
    Ok(text)
}

fn append(path: &Path, text: &str, limit: u64) -> Result<(), RunnerFileError> {
    let to_error = |source| RunnerFileError::File { path: path.to_owned(), source };
    let text = &*secrets::redact(text);
    let mut file =
        OpenOptions::new().read(true).append(true).create(true).open(path).map_err(to_error)?;
    let existing = file.metadata().map_err(to_error)?.len();
    let mut last = [b'\n'];
    if existing > 0 {
        file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)).map_err(to_error)?;
    }
    // Another writer may have left out the last line end.
    let text = if last == *b"\n" { text.to_owned() } else { format!("\n{text}") };
    let added = text.len() as u64;
    if existing.saturating_add(added) > limit {
        return Err(RunnerFileError::SummaryFull { existing, added });
    }
    file.write_all(text.as_bytes()).map_err(to_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_set_another_output() {
        let injected = "x\nEOF\nevil=1";
        let text = render_outputs("EOF_1", &[("path", injected), ("tests", "3")]).unwrap();
        assert_eq!(text, "path<<EOF_1\nx\nEOF\nevil=1\nEOF_1\ntests<<EOF_1\n3\nEOF_1\n");
        for (name, value) in
            [("path", "x\nEOF_1\nevil=1"), ("a\nevil", "1"), ("a=b", "1"), ("", "")]
        {
            let refused = render_outputs("EOF_1", &[("tests", "3"), (name, value)]);
            assert!(matches!(refused, Err(RunnerFileError::UnsafeOutput(_))), "{name:?} {value:?}");
        }
    }
}
