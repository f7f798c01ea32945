//! The output of smbtorture with `--format=simple`.
//!
//! Tests that pass are not named, so a suite without a failing test is one passing result. A suite without the line that
//! has its duration never ended.

use crate::formats::emit::{names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["smbtorture-simple"],
    title: "smbtorture --format=simple",
    test_name: "`suite.test` for what failed or was skipped, and `suite` for a suite without a failure",
    outcomes: &[
        ("took", Outcome::Passed),
        ("FAILED!", Outcome::Failed),
        ("ERROR!", Outcome::Errored),
        ("SKIPPED!", Outcome::Skipped),
        ("UNEXPECTED SUCCESS!", Outcome::Xpassed),
        ("another word with !", Outcome::Failed),
        ("Running without took", Outcome::Unfinished),
    ],
    incomplete: "a suite without its duration",
    totals: "none: it counts nothing",
    link: "https://wiki.samba.org/index.php/Writing_Torture_Tests",
    sniff: Sniff::Lines(sniff),
    read,
};

/// The text after the name of a test, and the outcome.
const OUTCOMES: [(&str, Outcome); 4] = [
    (" FAILED! - ", Outcome::Failed),
    (" ERROR! - ", Outcome::Errored),
    (" SKIPPED! - ", Outcome::Skipped),
    (" UNEXPECTED SUCCESS! - ", Outcome::Xpassed),
];

/// Whether there is smbtorture's banner, then a suite.
pub(crate) fn sniff(head: &str) -> bool {
    let runs = |line: &str| line.starts_with("Running ") && !line.starts_with("Running for ");
    head.starts_with("smbtorture ") && head.lines().any(runs) && !super::v1::sniff(head)
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = SmbtortureSimpleReader { builder, suite: None, failed: false };
    let read = for_each_line(input, |line| {
        if line.has_newline || line.text.ends_with(" secs") {
            reader.line(line.number, line.text);
        }
    });
    reader.close_suite();
    read.complete_if(true)
}

struct SmbtortureSimpleReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The line and the name of the open suite.
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
            test_record::emit_started(&suite, started, self.builder);
        }
    }
}

/// The outcome, the name and the message in `TEST name FAILED! - message`.
fn parse_result(line: &str) -> Option<(Outcome, &str, &str)> {
    let rest = line.strip_prefix("TEST ")?;
    let known = OUTCOMES.iter().find_map(|(word, outcome)| {
        let (name, message) = rest.split_once(word)?;
        Some((*outcome, name, message))
    });
    known.or_else(|| {
        let (result, message) = rest.split_once("! - ")?;
        let (name, _) = result.rsplit_once(' ')?;
        Some((Outcome::Failed, name, message))
    })
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn unknown_word_is_a_failure() {
        let text = "smbtorture 4.17\nRunning s\nTEST a b ZORKED! - why\ns took 1 secs\n";
        assert_eq!(read_as("smbtorture-simple", text).0, ["failed s.a b: why"]);
    }
}
