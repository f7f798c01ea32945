//! The outcome and the name of each test: for eyes and grep, and as JSON Lines, which can be read as results.

use crate::model::Outcome;
use crate::report::messages;
use crate::sanitize;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};

/// A test of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TestListLine<'a> {
    /// Its whole name.
    pub name: &'a str,
    /// The worst of several.
    pub outcome: Outcome,
    /// Empty for a run without variants.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub variant: &'a str,
    /// Whether it passed when it was retried after that outcome.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
}

/// `failed      smb2.lock  in memory`, a line for each test.
#[derive(Debug, Clone, Copy)]
pub struct TestList<'a>(pub &'a [TestListLine<'a>]);

impl fmt::Display for TestList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = Outcome::ALL.iter().map(|outcome| outcome.as_str().len()).max().unwrap_or(0);
        for TestListLine { name, outcome, variant, flaky } in self.0 {
            write!(f, "{:width$}  {}", outcome.as_str(), sanitize::single_line(name))?;
            if !variant.is_empty() {
                write!(f, "  in {}", sanitize::single_line(variant))?;
            }
            writeln!(f, "{}", if *flaky { messages::THEN_PASSED } else { "" })?;
        }
        Ok(())
    }
}

/// An object for each test, one a line.
pub fn write_test_list_json(tests: &[TestListLine<'_>], to: &mut dyn Write) -> io::Result<()> {
    for test in tests {
        serde_json::to_writer(&mut *to, test)?;
        to.write_all(b"\n")?;
    }
    Ok(())
}
