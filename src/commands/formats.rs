//! `knownfail formats`: the formats that can be read, and how each names a test.
//!
//! `docs/formats.md` is generated from the same texts; a test keeps it up to date.

use super::console::print;
use crate::error::Error;
use crate::formats::Format;
use std::fmt::Write;

pub(super) fn run() -> Result<u8, Error> {
    let mut text = String::new();
    for format in Format::all() {
        let spec = format.spec();
        let _ = writeln!(text, "{}: {}", format.name(), spec.title);
        let _ = writeln!(text, "  name        {}", spec.test_name);
        let outcomes = spec.outcomes.iter();
        let outcomes = outcomes.map(|(word, outcome)| format!("{word} → {}", outcome.as_str()));
        let outcomes: Vec<String> = outcomes.collect();
        let _ = writeln!(text, "  outcomes    {}", outcomes.join("; "));
        let _ = writeln!(text, "  incomplete  {}", spec.incomplete);
        let _ = writeln!(text, "  totals      {}", spec.totals);
        if !format.is_detected() {
            let _ = writeln!(text, "  detected    never: only with --format {}", format.name());
        }
        let _ = writeln!(text, "  described   {}\n", spec.link);
    }
    text.push_str("A file's format is detected from its content; --format NAME forces one.\n");
    text.push_str("A file may be compressed: gzip, bzip2, Zstandard.\n");
    print(&text);
    Ok(0)
}

/// The text of `docs/formats.md`.
pub fn page() -> String {
    let mut text = String::from(PAGE_INTRO);
    for format in Format::all() {
        let spec = format.spec();
        let _ = writeln!(text, "\n## {}\n\n{}.\n", format.name(), spec.title);
        if !format.is_detected() {
            let _ = writeln!(text, "Never detected: only with `--format {}`.\n", format.name());
        }
        let _ = writeln!(text, "**Name of a test:** {}.\n", spec.test_name);
        let _ = writeln!(text, "| reported | outcome |\n| --- | --- |");
        for (word, outcome) in spec.outcomes {
            let _ = writeln!(text, "| {} | {} |", word.replace('|', "\\|"), outcome.as_str());
        }
        let _ = writeln!(text, "\n**Incomplete:** {}.\n", spec.incomplete);
        let _ = writeln!(text, "**Totals checked:** {}.\n", spec.totals);
        let _ = writeln!(text, "See <{}>.", spec.link);
    }
    text
}

const PAGE_INTRO: &str = "\
# Formats

The format of each file is detected from its content, and formats can be mixed in one run; `--format` forces one. A word that a
format does not know is a failure, never a skip. A file that cannot be read completely makes its run incomplete, and nothing
read before that point is lost; so does a file that goes on in another format, and a total that is no number. `knownfail formats` prints this list.
A script of your own can print TAP or a table: [A runner of your own](own-runner.md).
";
