//! What node's test runner prints on a terminal, its reporter `spec`.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a group's line comes before its tests and
//! again behind them; behind the counts all failures are told a second time; and what a test prints
//! without a line end stands before the sign of its result.
//!
//! <https://nodejs.org/api/test.html#test-reporters>

use crate::formats::About;
use crate::formats::emit::{names, test_record};
use crate::model::{End, Event, Outcome, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "node --test, reporter spec",
    names: "the names of the tests around it and its own, joined by dots; a test with tests inside is \
            told when it fails and none of them did",
    outcomes: &[
        ("✔, also with # TODO", Outcome::Passed),
        ("✖", Outcome::Failed),
        ("✖ with a # reason: a failing TODO", Outcome::Xfailed),
        ("✖, 'test timed out after …'", Outcome::TimedOut),
        ("﹣", Outcome::Skipped),
    ],
    incomplete: "no counts at the end; fewer tests than they say, or failures and none came",
    link: "https://nodejs.org/api/test.html#test-reporters",
};

/// How results begin, and what they mean by themselves.
const SIGNS: [(&str, Outcome); 4] = [
    ("✔ ", Outcome::Passed),
    ("✖ ", Outcome::Failed),
    ("﹣ ", Outcome::Skipped),
    ("⚠ ", Outcome::Xfailed),
];

/// How the line of a group begins.
const GROUP: &str = "▶ ";

/// How counts begin.
const INFO: &str = "ℹ ";

/// How deep groups are followed.
const DEEPEST: usize = 200;

/// How many further lines a name may have.
const MOST_LINES: usize = 20;

/// What one line says.
#[derive(Debug, PartialEq)]
enum Said<'a> {
    Group {
        depth: usize,
        name: &'a str,
    },
    Result {
        depth: Option<usize>,
        outcome: Outcome,
        name: &'a str,
    },
    /// A result whose name goes on in the next line.
    Begun {
        depth: usize,
        outcome: Outcome,
        name: &'a str,
    },
    Count(&'a str, u64),
    Output,
}

impl<'a> Said<'a> {
    fn parse(line: &'a str) -> Said<'a> {
        let content = line.trim_start_matches(' ');
        let depth = (line.len() - content.len()) / 2;
        if let Some(count) = content.strip_prefix(INFO) {
            let count = count.split_once(' ').and_then(|(of, n)| Some((of, n.parse().ok()?)));
            return count.map_or(Said::Output, |(of, n)| Said::Count(of, n));
        }
        if let Some(name) = content.strip_prefix(GROUP) {
            return Said::Group { depth, name: split(name).map_or(name, |(name, _)| name) };
        }
        let sign =
            |text: &'a str| SIGNS.iter().find_map(|(sign, o)| Some((*o, text.strip_prefix(sign)?)));
        if let Some((outcome, rest)) = sign(content) {
            return match split(rest) {
                Some((name, todo)) => {
                    let outcome = meant(outcome, todo);
                    Said::Result { depth: Some(depth), outcome, name }
                }
                // A test that was cancelled has no duration.
                None if outcome != Outcome::Passed => {
                    Said::Result { depth: Some(depth), outcome, name: rest }
                }
                None => Said::Begun { depth, outcome, name: rest },
            };
        }
        // Behind output without a line end.
        let inside = SIGNS.iter().filter_map(|(sign, _)| content.rfind(sign)).max();
        let inside = inside.and_then(|at| sign(&content[at..]));
        match inside.and_then(|(outcome, rest)| Some((outcome, split(rest)?))) {
            Some((outcome, (name, todo))) => {
                Said::Result { depth: None, outcome: meant(outcome, todo), name }
            }
            None => Said::Output,
        }
    }
}

/// A failing test with a reason behind its duration is one that is still to be done.
fn meant(outcome: Outcome, reason: &str) -> Outcome {
    if outcome == Outcome::Failed && !reason.is_empty() { Outcome::Xfailed } else { outcome }
}

/// The name and the reason in `name (12.3ms) # reason`.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let (before, reason) = match text.rfind("ms) # ") {
        Some(at) => (&text[..at + 3], &text[at + 6..]),
        None => (text.strip_suffix(" #").unwrap_or(text), ""),
    };
    let (name, time) = before.strip_suffix("ms)")?.rsplit_once(" (")?;
    let is_time = time.contains('.') && time.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_time.then_some((name, reason))
}

/// Whether the first bytes of a file are of this format: a result with its duration, or the counts.
pub fn sniff(head: &str) -> bool {
    head.lines().any(|line| match Said::parse(line) {
        Said::Result { depth: Some(_), name, .. } => {
            name.len() + 8 < line.len() && line.contains("ms)")
        }
        Said::Count("tests" | "suites", _) => true,
        Said::Group { .. }
        | Said::Result { .. }
        | Said::Begun { .. }
        | Said::Count(..)
        | Said::Output => false,
    })
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output {
        builder,
        groups: Vec::new(),
        held: None,
        begun: None,
        came: 0,
        failing: 0,
        parents: 0,
        counted: false,
        over: false,
    };
    let (line, read) = each(input, |number, Line { bytes, .. }| {
        output.line(number, &text(bytes));
    });
    output.flush();
    let end = if output.over { End::Whole } else { End::Cut };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// The open groups, outermost first.
    groups: Vec<Group>,
    /// A result, until what is said of it has come.
    held: Option<Held>,
    /// A result whose name goes on.
    begun: Option<(Held, usize)>,
    came: u64,
    failing: u64,
    /// Groups that were no results: tests with tests inside among them.
    parents: u64,
    /// Whether the counts have begun.
    counted: bool,
    /// Whether they have ended.
    over: bool,
}

struct Group {
    name: String,
    /// How many results had failed before it.
    failing: u64,
}

struct Held {
    line: u32,
    depth: usize,
    outcome: Outcome,
    name: String,
    message: Message,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((mut held, lines)) = self.begun.take() {
            let (rest, ended) = match split(line) {
                Some((rest, _)) => (rest, true),
                None => (line, lines == MOST_LINES),
            };
            held.name.push('\n');
            held.name.push_str(rest);
            match ended {
                true => self.hold(held),
                false => self.begun = Some((held, lines + 1)),
            }
            return;
        }
        let said = Said::parse(line);
        if self.counted && !matches!(said, Said::Count(..)) {
            return;
        }
        match said {
            Said::Group { depth, name } => {
                self.flush();
                self.groups.truncate(depth);
                if self.groups.len() < DEEPEST {
                    let (name, failing) = (name.to_owned(), self.failing);
                    self.groups.push(Group { name, failing });
                }
            }
            Said::Result { depth, outcome, name } => {
                self.flush();
                let depth = depth.unwrap_or(self.groups.len());
                self.hold(Held::new(number, depth, outcome, name));
            }
            Said::Begun { depth, outcome, name } => {
                self.flush();
                self.begun = Some((Held::new(number, depth, outcome, name), 0));
            }
            Said::Count(of, count) => {
                self.flush();
                self.counted = true;
                self.count(number, of, count);
            }
            Said::Output => {
                if let Some(held) = self.held.as_mut().filter(|held| held.outcome.is_failing()) {
                    if line.trim_start().starts_with("'test timed out after ") {
                        held.outcome = Outcome::TimedOut;
                    }
                    held.message.push_line(line.trim().as_bytes());
                }
            }
        }
    }

    fn hold(&mut self, held: Held) {
        let ends_group = self.groups.get(held.depth).is_some_and(|group| group.name == held.name);
        if ends_group {
            let failed_inside = self.groups[held.depth].failing < self.failing;
            self.groups.truncate(held.depth);
            if !held.outcome.is_failing() || failed_inside {
                self.parents += 1;
                return;
            }
        }
        self.groups.truncate(held.depth);
        self.held = Some(held);
    }

    fn flush(&mut self) {
        if let Some((begun, _)) = self.begun.take() {
            self.hold(begun);
        }
        let Some(Held { line, outcome, name, message, .. }) = self.held.take() else { return };
        self.came += 1;
        self.failing += u64::from(outcome.is_failing());
        let mut whole = String::new();
        for group in &self.groups {
            names::push_around(&mut whole, &group.name, ".");
        }
        whole.push_str(&name);
        self.builder.event(line, Event::finished(&whole, outcome, message.text()));
    }

    fn count(&mut self, line: u32, of: &str, count: u64) {
        match of {
            "tests" => {
                let tests = count.saturating_sub(self.parents);
                test_record::announced(Some(tests), self.came, line, self.builder);
            }
            "fail" | "cancelled" if count > 0 && self.failing == 0 => {
                self.builder.event(line, Event::AnnouncedFailing { tests: count });
            }
            // The last one but the duration.
            "todo" => self.over = true,
            _ => {}
        }
    }
}

impl Held {
    fn new(line: u32, depth: usize, outcome: Outcome, name: &str) -> Held {
        Held { line, depth, outcome, name: name.to_owned(), message: Message::default() }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    #[test]
    fn groups_are_names_and_failures_come_once() {
        let text = "▶ outer\n  ✔ a (0.1ms)\n  ▶ inner\n    ✖ b (1.5ms)\n      Error: no\n  ✖ inner (2.0ms)\n\
                    ✖ outer (3.1ms)\nprinted✔ c (0.2ms)\n﹣ d (0.1ms) # SKIP\n✖ e (0.1ms) # later\n\
                    ✖ f (50.2ms)\n  'test timed out after 50ms'\nℹ tests 8\nℹ fail 2\nℹ todo 1\n\
                    ℹ duration_ms 9.5\n✖ failing tests:\n\ntest at a.js:1:1\n✖ b (1.5ms)\n";
        let said = said(Format::NodeSpec, text);
        let want = [
            "passed outer.a",
            "failed outer.inner.b: Error: no",
            "passed c",
            "skipped d",
            "xfailed e",
            "timed-out f: 'test timed out after 50ms'",
        ];
        assert_eq!(said.0, want);
        assert_eq!(said.1, []);
    }

    #[test]
    fn a_group_that_fails_by_itself_is_a_result_and_a_name_may_have_lines() {
        let text = "▶ hooks\n  ✔ a (0.1ms)\n✖ hooks (3.1ms)\n\n  Error: before hook\n✔ two\n lines (0.3ms)\n";
        let said = said(Format::NodeSpec, text);
        let want = ["passed hooks.a", "failed hooks: Error: before hook", "passed two\\n lines"];
        assert_eq!(said.0, want);
        assert_eq!(said.1.len(), 1);
    }
}
