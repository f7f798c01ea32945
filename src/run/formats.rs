//! `knownfail formats`: what can be read, and how each format names a test.

use super::print;
use crate::error::Error;
use crate::formats::Format;
use std::fmt::Write;

/// Runs the command.
pub fn run() -> Result<u8, Error> {
    print(&listed());
    Ok(0)
}

fn listed() -> String {
    let mut text = String::new();
    for format in Format::ALL {
        let about = format.about();
        let _ = writeln!(text, "{}: {}", format.name(), about.title);
        let _ = writeln!(text, "  name        {}", about.names);
        let outcomes: Vec<String> = about
            .outcomes
            .iter()
            .map(|(word, outcome)| format!("{word} → {}", outcome.word()))
            .collect();
        let _ = writeln!(text, "  outcomes    {}", outcomes.join("; "));
        let _ = writeln!(text, "  incomplete  {}", about.incomplete);
        let _ = writeln!(text, "  described   {}\n", about.link);
    }
    text.push_str("A file's format is recognised by its content; --format NAME forces one.\n");
    text.push_str("A file may be packed: gzip, bzip2, Zstandard.\n");
    text
}
