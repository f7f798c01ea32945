//! `knownfail formats`: what can be read, and how each format names a test.
//!
//! The page `docs/formats.md` is made here too, from the same texts; a test keeps it so.

use super::print;
use crate::error::Error;
use crate::formats::Format;
use std::fmt::Write;

/// Runs the command.
pub fn run() -> Result<u8, Error> {
    print(&list_text());
    Ok(0)
}

fn list_text() -> String {
    let mut text = String::new();
    for format in Format::ALL {
        let about = format.about();
        let _ = writeln!(text, "{}: {}", format.name(), about.title);
        let _ = writeln!(text, "  name        {}", about.names);
        let outcomes: Vec<String> = about
            .outcomes
            .iter()
            .map(|(word, outcome)| format!("{word} → {}", outcome.as_str()))
            .collect();
        let _ = writeln!(text, "  outcomes    {}", outcomes.join("; "));
        let _ = writeln!(text, "  incomplete  {}", about.incomplete);
        let _ = writeln!(text, "  described   {}\n", about.link);
    }
    text.push_str("A file's format is detected from its content; --format NAME forces one.\n");
    text.push_str("A file may be compressed: gzip, bzip2, Zstandard.\n");
    text
}

/// The page of the documentation, as Markdown.
pub fn page() -> String {
    let mut text = String::from(PAGE_INTRO);
    for format in Format::ALL {
        let about = format.about();
        let _ = writeln!(text, "\n## {}\n\n{}.\n", format.name(), about.title);
        let _ = writeln!(text, "**Name of a test:** {}.\n", about.names);
        let _ = writeln!(text, "| reported | outcome |\n| --- | --- |");
        for (word, outcome) in about.outcomes {
            let _ = writeln!(text, "| {} | {} |", word.replace('|', "\\|"), outcome.as_str());
        }
        let _ = writeln!(text, "\n**Incomplete:** {}.\n", about.incomplete);
        let _ = writeln!(text, "See <{}>.", about.link);
    }
    text
}

const PAGE_INTRO: &str = "\
# Formats

The format of each file is detected from its content, and formats can be mixed in one run; `--format` forces one. A word that a
format does not know is a failure, never a skip. A file that cannot be read completely makes its run incomplete, and nothing
read before that point is lost. `knownfail formats` prints this list.
";
