//! The table of exit codes, for runs with one results file per suite.
//!
//! Each line has the results file's name without its extension and the runner's exit code, separated by spaces or a
//! tab. Of several codes for one name the worst counts, since a rerun does not undo that a suite was killed. Lines of
//! one word are ignored, because scripts print such lines when they are done; but a name followed by a tab and
//! nothing else has lost its code.

use crate::error::Error;
use crate::files::{self, AccessRoot};
use std::collections::BTreeMap;
use std::path::Path;

/// Exit codes by the results file's name without its extension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ExitCodes(BTreeMap<String, i64>);

/// The exit code of one file's runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// No table was given.
    NoTable,
    /// The table lacks this file: the script may have been killed before it wrote the code.
    Missing,
    Known(i64),
}

impl ExitCode {
    /// The code, if it is known.
    pub(crate) fn known(self) -> Option<i64> {
        match self {
            ExitCode::Known(code) => Some(code),
            ExitCode::NoTable | ExitCode::Missing => None,
        }
    }
}

impl ExitCodes {
    /// The code for a file's stem.
    pub(crate) fn get(&self, stem: &str) -> ExitCode {
        self.0.get(stem).map_or(ExitCode::Missing, |code| ExitCode::Known(*code))
    }

    /// Every name with its code, by name.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, code)| (name.as_str(), *code))
    }
}

/// Reads a table.
///
/// # Errors
/// A path that cannot be read, a line that is not UTF-8 or whose second column is not a number, or no codes.
pub(crate) fn read(path: &Path, root: &AccessRoot) -> Result<ExitCodes, Error> {
    let text = files::read_text(path, root)?;
    let text =
        text.map_err(|bad| files::Error::NotUtf8 { path: path.to_owned(), line: bad.line })?;
    let codes = parse(&text);
    let codes = codes.map_err(|line| Error::InvalidExitCode { path: path.to_owned(), line })?;
    if codes.0.is_empty() {
        return Err(Error::NoExitCodes { path: path.to_owned() });
    }
    Ok(codes)
}

/// The codes, or the 1-based number of an invalid line.
fn parse(text: &str) -> Result<ExitCodes, usize> {
    let mut codes = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let mut columns = line.split_whitespace();
        match (columns.next(), columns.next()) {
            (Some(name), Some(code)) => {
                let code: i64 = code.parse().map_err(|_| index + 1)?;
                let worst = codes.entry(name.to_owned()).or_insert(code);
                if severity(code) > severity(*worst) {
                    *worst = code;
                }
            }
            (Some(_), None) if line.contains('\t') => return Err(index + 1),
            (_, None) | (None, Some(_)) => {}
        }
    }
    Ok(ExitCodes(codes))
}

/// A runner that failed has finished, one that was killed has not.
fn severity(code: i64) -> u8 {
    match code {
        0 => 0,
        1..=123 | 125..=128 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_parsed_and_wrong_lines_are_reported() {
        let codes = parse("smb2.scan 1\nsmb2.lease\t124\n\ndone\n").unwrap();
        assert_eq!(codes.get("smb2.scan"), ExitCode::Known(1));
        assert_eq!(codes.get("smb2.lease"), ExitCode::Known(124));
        assert_eq!((codes.get("done"), codes.get("x")), (ExitCode::Missing, ExitCode::Missing));
        assert_eq!(parse("a 0\nb zero\n"), Err(2));
        assert_eq!(parse("a\t0\nb\t\n"), Err(2), "a shell that was killed before it had the code");
    }

    #[test]
    fn rerun_does_not_hide_a_killed_suite() {
        for table in ["a 137\na 1\n", "a 1\na 137\na 0\n", "a 0\na 137\n"] {
            assert_eq!(parse(table).unwrap().get("a"), ExitCode::Known(137), "{table}");
        }
        assert_eq!(parse("a 0\na 1\na 0\n").unwrap().get("a"), ExitCode::Known(1));
    }
}
