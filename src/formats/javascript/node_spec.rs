//! What node's test runner prints on a terminal, its reporter `spec`.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a group's line comes before its tests and
//! again behind them; behind the counts all failures are told a second time; and what a test prints
//! without a line end stands before the sign of its result.
//!
//! <https://nodejs.org/api/test.html#test-reporters>

use crate::formats::emit::{names, test_record};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Event, Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding::decode_lossy;
use crate::syntax::lines::{RawLine, for_each_line};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["node-spec", "node"],
    title: "node --test, reporter spec",
    test_name: "the names of the tests around it and its own, joined by dots; a test with tests inside is \
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
    sniff: Sniff::Lines(sniff),
    read,
};

/// How results begin, and what they mean by themselves.
const SYMBOLS: [(&str, Outcome); 4] = [
    ("✔ ", Outcome::Passed),
    ("✖ ", Outcome::Failed),
    ("﹣ ", Outcome::Skipped),
    ("⚠ ", Outcome::Xfailed),
];

/// How the line of a group begins.
const GROUP_PREFIX: &str = "▶ ";

/// How counts begin.
const COUNT_PREFIX: &str = "ℹ ";

/// How deep groups are followed.
const MAX_DEPTH: usize = 200;

/// How many further lines a name may have.
const MAX_NAME_LINES: usize = 20;

/// What one line says.
#[derive(Debug, PartialEq)]
enum NodeSpecLine<'a> {
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
    Partial {
        depth: usize,
        outcome: Outcome,
        name: &'a str,
    },
    Count(&'a str, u64),
    Output,
}

impl<'a> NodeSpecLine<'a> {
    fn parse(line: &'a str) -> NodeSpecLine<'a> {
        let content = line.trim_start_matches(' ');
        let depth = (line.len() - content.len()) / 2;
        if let Some(count) = content.strip_prefix(COUNT_PREFIX) {
            let count = count.split_once(' ').and_then(|(label, n)| Some((label, n.parse().ok()?)));
            return count.map_or(NodeSpecLine::Output, |(label, n)| NodeSpecLine::Count(label, n));
        }
        if let Some(name) = content.strip_prefix(GROUP_PREFIX) {
            return NodeSpecLine::Group {
                depth,
                name: split_duration(name).map_or(name, |(name, _)| name),
            };
        }
        let parse_symbol = |text: &'a str| {
            SYMBOLS.iter().find_map(|(symbol, o)| Some((*o, text.strip_prefix(symbol)?)))
        };
        if let Some((outcome, rest)) = parse_symbol(content) {
            return match split_duration(rest) {
                Some((name, todo)) => {
                    let outcome = apply_directive(outcome, todo);
                    NodeSpecLine::Result { depth: Some(depth), outcome, name }
                }
                // A test that was cancelled has no duration.
                None if outcome != Outcome::Passed => {
                    NodeSpecLine::Result { depth: Some(depth), outcome, name: rest }
                }
                None => NodeSpecLine::Partial { depth, outcome, name: rest },
            };
        }
        // Behind output without a line end.
        let inside = SYMBOLS.iter().filter_map(|(symbol, _)| content.rfind(symbol)).max();
        let inside = inside.and_then(|at| parse_symbol(&content[at..]));
        match inside.and_then(|(outcome, rest)| Some((outcome, split_duration(rest)?))) {
            Some((outcome, (name, todo))) => {
                NodeSpecLine::Result { depth: None, outcome: apply_directive(outcome, todo), name }
            }
            None => NodeSpecLine::Output,
        }
    }
}

/// A failing test with a reason behind its duration is one that is still to be done.
fn apply_directive(outcome: Outcome, reason: &str) -> Outcome {
    if outcome == Outcome::Failed && !reason.is_empty() { Outcome::Xfailed } else { outcome }
}

/// The name and the reason in `name (12.3ms) # reason`.
fn split_duration(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let (prefix, reason) = match text.rfind("ms) # ") {
        Some(at) => (&text[..at + 3], &text[at + 6..]),
        None => (text.strip_suffix(" #").unwrap_or(text), ""),
    };
    let (name, time) = prefix.strip_suffix("ms)")?.rsplit_once(" (")?;
    let is_time = time.contains('.') && time.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_time.then_some((name, reason))
}

/// Whether the first bytes of a file are of this format: a result with its duration, or the counts.
pub(crate) fn sniff(head: &str) -> bool {
    head.lines().any(|line| match NodeSpecLine::parse(line) {
        NodeSpecLine::Result { depth: Some(_), name, .. } => {
            name.len() + 8 < line.len() && line.contains("ms)")
        }
        NodeSpecLine::Count("tests" | "suites", _) => true,
        NodeSpecLine::Group { .. }
        | NodeSpecLine::Result { .. }
        | NodeSpecLine::Partial { .. }
        | NodeSpecLine::Count(..)
        | NodeSpecLine::Output => false,
    })
}

/// Reads a whole output.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = NodeSpecReader {
        builder,
        groups: Vec::new(),
        pending: None,
        partial: None,
        seen: 0,
        failing: 0,
        groups_seen: 0,
        counts_started: false,
        ended: false,
    };
    let (line, read) = for_each_line(input, |number, RawLine { bytes, .. }| {
        reader.line(number, &decode_lossy(bytes));
    });
    reader.flush();
    let end = if reader.ended { EndOfInput::Complete } else { EndOfInput::Truncated };
    read.map_or_else(|error| ReadEnd::unreadable(line, &error), |()| ReadEnd { line, end })
}

struct NodeSpecReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The open groups, outermost first.
    groups: Vec<NodeSpecGroup>,
    /// A result, until what is said of it has come.
    pending: Option<NodeSpecPendingTest>,
    /// A result whose name goes on.
    partial: Option<(NodeSpecPendingTest, usize)>,
    seen: u64,
    failing: u64,
    /// Groups that were no results: tests with tests inside among them.
    groups_seen: u64,
    /// Whether the counts have begun.
    counts_started: bool,
    /// Whether they have ended.
    ended: bool,
}

struct NodeSpecGroup {
    name: String,
    /// How many results had failed before it.
    failing: u64,
}

struct NodeSpecPendingTest {
    line: u32,
    depth: usize,
    outcome: Outcome,
    name: String,
    message: BoundedText,
}

impl NodeSpecReader<'_, '_> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((mut partial, lines)) = self.partial.take() {
            let (rest, ended) = match split_duration(line) {
                Some((rest, _)) => (rest, true),
                None => (line, lines == MAX_NAME_LINES),
            };
            partial.name.push('\n');
            partial.name.push_str(rest);
            match ended {
                true => self.defer(partial),
                false => self.partial = Some((partial, lines + 1)),
            }
            return;
        }
        let parsed = NodeSpecLine::parse(line);
        if self.counts_started && !matches!(parsed, NodeSpecLine::Count(..)) {
            return;
        }
        match parsed {
            NodeSpecLine::Group { depth, name } => {
                self.flush();
                self.groups.truncate(depth);
                if self.groups.len() < MAX_DEPTH {
                    let (name, failing) = (name.to_owned(), self.failing);
                    self.groups.push(NodeSpecGroup { name, failing });
                }
            }
            NodeSpecLine::Result { depth, outcome, name } => {
                self.flush();
                let depth = depth.unwrap_or(self.groups.len());
                self.defer(NodeSpecPendingTest::new(number, depth, outcome, name));
            }
            NodeSpecLine::Partial { depth, outcome, name } => {
                self.flush();
                self.partial = Some((NodeSpecPendingTest::new(number, depth, outcome, name), 0));
            }
            NodeSpecLine::Count(label, count) => {
                self.flush();
                self.counts_started = true;
                self.handle_count(number, label, count);
            }
            NodeSpecLine::Output => {
                if let Some(pending) =
                    self.pending.as_mut().filter(|held| held.outcome.is_failing())
                {
                    if line.trim_start().starts_with("'test timed out after ") {
                        pending.outcome = Outcome::TimedOut;
                    }
                    pending.message.push_line(line.trim().as_bytes());
                }
            }
        }
    }

    fn defer(&mut self, pending: NodeSpecPendingTest) {
        let ends_group =
            self.groups.get(pending.depth).is_some_and(|group| group.name == pending.name);
        if ends_group {
            let failed_inside = self.groups[pending.depth].failing < self.failing;
            self.groups.truncate(pending.depth);
            if !pending.outcome.is_failing() || failed_inside {
                self.groups_seen += 1;
                return;
            }
        }
        self.groups.truncate(pending.depth);
        self.pending = Some(pending);
    }

    fn flush(&mut self) {
        if let Some((partial, _)) = self.partial.take() {
            self.defer(partial);
        }
        let Some(NodeSpecPendingTest { line, outcome, name, message, .. }) = self.pending.take()
        else {
            return;
        };
        self.seen += 1;
        self.failing += u64::from(outcome.is_failing());
        let mut full_name = String::new();
        for group in &self.groups {
            names::push_parent(&mut full_name, &group.name, ".");
        }
        full_name.push_str(&name);
        self.builder.handle(line, Event::finished(&full_name, outcome, message.text()));
    }

    fn handle_count(&mut self, line: u32, label: &str, count: u64) {
        match label {
            "tests" => {
                let tests = count.saturating_sub(self.groups_seen);
                test_record::emit_declared_count(Some(tests), self.seen, line, self.builder);
            }
            "fail" | "cancelled" if count > 0 && self.failing == 0 => {
                self.builder.expect_failures(line, count);
            }
            // The last one but the duration.
            "todo" => self.ended = true,
            _ => {}
        }
    }
}

impl NodeSpecPendingTest {
    fn new(line: u32, depth: usize, outcome: Outcome, name: &str) -> NodeSpecPendingTest {
        NodeSpecPendingTest {
            line,
            depth,
            outcome,
            name: name.to_owned(),
            message: BoundedText::default(),
        }
    }
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn groups_are_names_and_failures_are_read_once() {
        let text = "▶ outer\n  ✔ a (0.1ms)\n  ▶ inner\n    ✖ b (1.5ms)\n      Error: no\n  ✖ inner (2.0ms)\n\
                    ✖ outer (3.1ms)\nprinted✔ c (0.2ms)\n﹣ d (0.1ms) # SKIP\n✖ e (0.1ms) # later\n\
                    ✖ f (50.2ms)\n  'test timed out after 50ms'\nℹ tests 8\nℹ fail 2\nℹ todo 1\n\
                    ℹ duration_ms 9.5\n✖ failing tests:\n\ntest at a.js:1:1\n✖ b (1.5ms)\n";
        let read = read_as("node-spec", text);
        let want = [
            "passed outer.a",
            "failed outer.inner.b: Error: no",
            "passed c",
            "skipped d",
            "xfailed e",
            "timed-out f: 'test timed out after 50ms'",
        ];
        assert_eq!(read.0, want);
        assert_eq!(read.1, []);
    }

    #[test]
    fn failing_group_is_a_result_and_names_may_have_several_lines() {
        let text = "▶ hooks\n  ✔ a (0.1ms)\n✖ hooks (3.1ms)\n\n  Error: before hook\n✔ two\n lines (0.3ms)\n";
        let read = read_as("node-spec", text);
        let want = ["passed hooks.a", "failed hooks: Error: before hook", "passed two\\n lines"];
        assert_eq!(read.0, want);
        assert_eq!(read.1.len(), 1);
    }
}
