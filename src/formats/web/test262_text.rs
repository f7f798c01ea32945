//! What test262-harness prints by itself, its reporter `simple`.
//!
//! In: lines. Out: events. What a newcomer would get wrong: only a test that failed says in which mode
//! it ran, so a test that passes in both modes is two results of one name.
//!
//! <https://github.com/test262-utils/test262-harness>

use crate::formats::About;
use crate::model::{End, Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "test262-harness' own output; --reporter=json tells the modes apart",
    names: "the file; for a test that failed its mode too, as in test/language/x.js (strict mode)",
    outcomes: &[("PASS", Outcome::Passed), ("FAIL", Outcome::Failed)],
    incomplete: "no `Ran N tests` at the end, fewer tests or failures than it says",
    link: "https://github.com/test262-utils/test262-harness",
};

/// Where test262 keeps its tests.
const FOLDERS: [&str; 6] =
    ["annexB/", "built-ins/", "harness/", "intl402/", "language/", "staging/"];

/// Whether the first bytes of a file are of this format: its first line is a result of test262.
pub fn sniff(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    let line = text(head.split(|b| *b == b'\n').next().unwrap_or(head));
    result(line.trim_end()).is_some_and(|(_, name)| {
        let name = name.trim_end_matches(" (default)").trim_end_matches(" (strict mode)");
        name.ends_with(".js")
            && FOLDERS.iter().any(|folder| name.contains(&format!("test/{folder}")))
    })
}

/// The outcome and the name in `FAIL test/language/x.js (default)`.
fn result(line: &str) -> Option<(Outcome, &str)> {
    match line.strip_prefix("PASS ") {
        Some(name) => Some((Outcome::Passed, name)),
        None => Some((Outcome::Failed, line.strip_prefix("FAIL ")?)),
    }
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output { builder, held: None, over: false };
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        if ended || result(&text(bytes)).is_none() {
            output.line(number, &text(bytes));
        }
    });
    output.flush();
    let end = if output.over { End::Whole } else { End::Cut };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// A result, until what is said of it has come.
    held: Option<(u32, Outcome, String, Message)>,
    over: bool,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((outcome, name)) = result(line) {
            self.flush();
            self.held = Some((number, outcome, name.trim().to_owned(), Message::default()));
        } else if let Some(tests) =
            count(line, "Ran ", " tests").or_else(|| count(line, "Ran ", " test"))
        {
            self.flush();
            self.over = true;
            self.builder.event(number, Event::Plan { tests, scope: PlanScope::Descendants });
        } else if let Some(tests) = count(line, "", " failed").filter(|_| self.over) {
            self.builder.event(number, Event::AnnouncedFailing { tests });
        } else if let Some((.., message)) = self.held.as_mut().filter(|_| line.starts_with(' ')) {
            message.push_line(line.trim().as_bytes());
        }
    }

    fn flush(&mut self) {
        if let Some((line, outcome, name, message)) = self.held.take() {
            self.builder.event(line, Event::finished(&name, outcome, message.text()));
        }
    }
}

fn count(line: &str, before: &str, behind: &str) -> Option<u64> {
    line.strip_prefix(before)?.strip_suffix(behind)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    #[test]
    fn what_is_said_of_a_failure_is_its_message() {
        let text = "\nFAIL test/language/a.js (default)\n  Expected no error, got Test262Error\n\n\
                    PASS test/language/b.js\nRan 3 tests\n1 passed\n2 failed\n";
        let said = said(Format::Test262Text, text);
        let want = [
            "failed test/language/a.js (default): Expected no error, got Test262Error",
            "passed test/language/b.js",
        ];
        assert_eq!(said.0, want);
        assert_eq!(said.1.len(), 2);
    }
}
