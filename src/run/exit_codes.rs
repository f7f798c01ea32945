//! The exit codes of a run's suites, where results come one file a suite.
//!
//! In: a table of two columns, the results file's name without its ending and the code its runner ended
//! with, blanks or a tab between. Out: codes by name. Lines of one word are passed over: scripts like to
//! say that they are done.

use crate::error::Error;
use crate::files::{self, Root};
use std::collections::BTreeMap;
use std::path::Path;

/// Exit codes by the results file's name without its ending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExitCodes(BTreeMap<String, i64>);

impl ExitCodes {
    /// The code of one file's runner.
    pub fn of(&self, stem: &str) -> Option<i64> {
        self.0.get(stem).copied()
    }

    /// Every name with its code, by name.
    pub fn all(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(name, code)| (name.as_str(), *code))
    }
}

/// Reads a table.
///
/// # Errors
/// A path that cannot be read, or a line that is not UTF-8 or whose second column is no number.
pub fn read(path: &Path, root: &Root) -> Result<ExitCodes, Error> {
    let text = files::read_text(path, root)?;
    let text = text.map_err(|bad| Error::NotUtf8 { path: path.to_owned(), line: bad.line })?;
    parse(&text).map_err(|line| Error::ExitCodes { path: path.to_owned(), line })
}

/// The codes, or the 1-based line that is wrong.
fn parse(text: &str) -> Result<ExitCodes, usize> {
    let mut codes = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let mut columns = line.split_whitespace();
        if let (Some(name), Some(code)) = (columns.next(), columns.next()) {
            let code = code.parse().map_err(|_| index + 1)?;
            codes.insert(name.to_owned(), code);
        }
    }
    Ok(ExitCodes(codes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_read_and_wrong_ones_told() {
        let codes = parse("smb2.scan 1\nsmb2.lease\t124\n\ndone\n").unwrap();
        assert_eq!((codes.of("smb2.scan"), codes.of("smb2.lease")), (Some(1), Some(124)));
        assert_eq!((codes.of("done"), codes.of("x")), (None, None));
        assert_eq!(parse("a 0\nb zero\n"), Err(2));
    }
}
