//! What smbtorture prints with `--format=simple`.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a test that passes is not named, so a suite
//! of which no test failed is one passing result, and a suite that never says how long it took is one
//! that never ended.
//!
//! <https://wiki.samba.org/index.php/Writing_Torture_Tests>

use crate::formats::emit::names;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Event, Outcome, RunBuilder};
use crate::syntax::encoding::decode_lossy;
use crate::syntax::lines::{RawLine, for_each_line};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["smbtorture-simple"],
    title: "smbtorture --format=simple",
    test_name: "`suite.test` for what failed or was skipped, and `suite` for a suite without a failure",
    outcomes: &[
        ("took", Outcome::Passed),
        ("FAILED!", Outcome::Failed),
        ("ERROR!", Outcome::Errored),
        ("SKIPPED!", Outcome::Skipped),
        ("Running without took", Outcome::Unfinished),
    ],
    incomplete: "a suite that does not say how long it took",
    link: "https://wiki.samba.org/index.php/Writing_Torture_Tests",
    sniff: Sniff::Lines(sniff),
    read,
};

/// How a line about a test goes on behind the test's name, and what it means.
const OUTCOMES: [(&str, Outcome); 4] = [
    (" FAILED! - ", Outcome::Failed),
    (" ERROR! - ", Outcome::Errored),
    (" SKIPPED! - ", Outcome::Skipped),
    (" UNEXPECTED SUCCESS! - ", Outcome::Xpassed),
];

/// Whether the first bytes of a file are of this format: smbtorture's banner, then a suite that runs.
pub(crate) fn sniff(head: &str) -> bool {
    let runs = |line: &str| line.starts_with("Running ") && !line.starts_with("Running for ");
    head.starts_with("smbtorture ") && head.lines().any(runs) && !super::v1::sniff(head)
}

/// Reads a whole output.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = SmbtortureSimpleReader { builder, suite: None, failed: false };
    let (line, read) = for_each_line(input, |number, RawLine { bytes, has_newline: ended, .. }| {
        let line = decode_lossy(bytes);
        if ended || line.ends_with(" secs") {
            reader.line(number, &line);
        }
    });
    reader.close_suite();
    read.map_or_else(
        |error| ReadEnd::unreadable(line, &error),
        |()| ReadEnd { line, end: EndOfInput::Complete },
    )
}

struct SmbtortureSimpleReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    suite: Option<(u32, String)>,
    failed: bool,
}

impl SmbtortureSimpleReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((outcome, name, message)) = parse_result(line) {
            let name = match &self.suite {
                Some((_, suite)) => names::join_child(suite, name, "."),
                None => name.to_owned(),
            };
            self.failed |= outcome.is_failing();
            self.builder.handle(number, Event::finished(&name, outcome, message));
        } else if let Some(suite) =
            line.strip_prefix("Running ").filter(|s| !s.is_empty() && !s.contains(' '))
        {
            self.close_suite();
            self.suite = Some((number, suite.to_owned()));
            self.failed = false;
        } else if self.is_end(line) {
            let Some((started, suite)) = self.suite.take() else { return };
            if !self.failed {
                self.builder.handle(started, Event::finished(&suite, Outcome::Passed, ""));
            }
        }
    }

    /// Whether a line is `suite took 10.6 secs`.
    fn is_end(&self, line: &str) -> bool {
        let Some((_, suite)) = &self.suite else { return false };
        let time = line.strip_prefix(suite.as_str()).and_then(|rest| rest.strip_prefix(" took "));
        time.and_then(|time| time.strip_suffix(" secs")).is_some()
    }

    fn close_suite(&mut self) {
        if let Some((started, suite)) = self.suite.take() {
            self.builder.handle(started, Event::Started { name: suite.into() });
        }
    }
}

/// The outcome, the name and the message in `TEST name FAILED! - message`.
fn parse_result(line: &str) -> Option<(Outcome, &str, &str)> {
    let rest = line.strip_prefix("TEST ")?;
    OUTCOMES.iter().find_map(|(word, outcome)| {
        let (name, message) = rest.split_once(word)?;
        Some((*outcome, name, message))
    })
}
