//! The output of node's test runner on a terminal: its reporter `spec`.
//!
//! The line of a group is printed before its tests and again after them. After the counts all failures are repeated.
//! Output of a test without a line end precedes the symbol of its result.

use crate::formats::emit::{PendingTest, names, test_record};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::for_each_line;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["node-spec", "node"],
    title: "node --test, reporter spec",
    test_name: "the names of the enclosing tests and its own, joined by dots; a test with tests inside is \
            a result only if it fails and none of them did",
    outcomes: &[
        ("✔, also with # TODO", Outcome::Passed),
        ("✖", Outcome::Failed),
        ("✖ with a # reason: a failing TODO", Outcome::Xfailed),
        ("✖, 'test timed out after …'", Outcome::TimedOut),
        ("﹣", Outcome::Skipped),
    ],
    incomplete: "no counts at the end; fewer tests than they count, or failures although no test failed",
    totals: "",
    link: "https://nodejs.org/api/test.html#test-reporters",
    sniff: Sniff::Lines(sniff),
    read,
};

/// The starts of results, and their outcomes without a directive.
const SYMBOLS: [(&str, Outcome); 4] = [
    ("✔ ", Outcome::Passed),
    ("✖ ", Outcome::Failed),
    ("﹣ ", Outcome::Skipped),
    ("⚠ ", Outcome::Xfailed),
];

/// The start of the line of a group.
const GROUP_PREFIX: &str = "▶ ";

/// The start of a count.
const COUNT_PREFIX: &str = "ℹ ";

/// How deep groups may be nested; deeper ones count for the last of these.
const MAX_DEPTH: usize = 200;

/// The most further lines of a name.
const MAX_NAME_LINES: usize = 20;

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
    /// A result whose name continues on the next line.
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
        // After output without a line end.
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

/// A failing test with a reason after its duration is a TODO.
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

/// A result with its duration, or the counts.
fn sniff(head: &str) -> bool {
    head.lines().any(|line| {
        let parsed = NodeSpecLine::parse(line);
        if let NodeSpecLine::Result { depth: Some(_), name, .. } = parsed {
            return name.len() + 8 < line.len() && line.contains("ms)");
        }
        matches!(parsed, NodeSpecLine::Count("tests" | "suites", _))
    })
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = NodeSpecReader::default();
    let read = for_each_line(input, |line| reader.line(line.number, line.text, builder));
    reader.flush(builder);
    read.complete_if(reader.ended)
}

#[derive(Default)]
struct NodeSpecReader {
    /// The open groups, outermost first.
    groups: Vec<NodeSpecGroup>,
    /// The last result, whose message may follow.
    pending: Option<PendingTest>,
    /// A result whose name continues.
    partial: Option<PartialResult>,
    seen: u64,
    failing: u64,
    /// Groups that were not results: among them tests with tests inside.
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

struct PartialResult {
    test: PendingTest,
    depth: usize,
    /// How many lines of the name there are after the first.
    more_lines: usize,
}

impl NodeSpecReader {
    fn line(&mut self, number: u32, line: &str, builder: &mut RunBuilder<'_>) {
        if let Some(partial) = self.partial.take() {
            return self.continue_name(partial, line);
        }
        let parsed = NodeSpecLine::parse(line);
        if self.counts_started && !matches!(parsed, NodeSpecLine::Count(..)) {
            return;
        }
        match parsed {
            NodeSpecLine::Group { depth, name } => {
                self.flush(builder);
                self.groups.truncate(depth);
                if self.groups.len() < MAX_DEPTH {
                    let (name, failing) = (name.to_owned(), self.failing);
                    self.groups.push(NodeSpecGroup { name, failing });
                }
            }
            NodeSpecLine::Result { depth, outcome, name } => {
                self.flush(builder);
                let depth = depth.unwrap_or(self.groups.len());
                self.defer(PendingTest::new(number, name, outcome), depth);
            }
            NodeSpecLine::Partial { depth, outcome, name } => {
                self.flush(builder);
                let test = PendingTest::new(number, name, outcome);
                self.partial = Some(PartialResult { test, depth, more_lines: 0 });
            }
            NodeSpecLine::Count(label, count) => {
                self.flush(builder);
                self.counts_started = true;
                self.handle_count(number, label, count, builder);
            }
            NodeSpecLine::Output => {
                if let Some(failed) = self.pending.as_mut().filter(|test| test.outcome.is_failing())
                {
                    if line.trim_start().starts_with("'test timed out after ") {
                        failed.outcome = Outcome::TimedOut;
                    }
                    failed.message.push_line(line.trim().as_bytes());
                }
            }
        }
    }

    fn continue_name(&mut self, mut partial: PartialResult, line: &str) {
        let (rest, is_last) = match split_duration(line) {
            Some((rest, _)) => (rest, true),
            None => (line, partial.more_lines == MAX_NAME_LINES),
        };
        partial.test.name.push('\n');
        partial.test.name.push_str(rest);
        partial.more_lines += 1;
        if is_last {
            self.defer(partial.test, partial.depth);
        } else {
            self.partial = Some(partial);
        }
    }

    /// Makes a result the pending one, unless it only ends its group.
    fn defer(&mut self, test: PendingTest, depth: usize) {
        let group = self.groups.get(depth).filter(|group| group.name == test.name);
        let is_redundant =
            group.is_some_and(|g| !test.outcome.is_failing() || g.failing < self.failing);
        self.groups.truncate(depth);
        if is_redundant {
            self.groups_seen += 1;
        } else {
            self.pending = Some(test);
        }
    }

    fn flush(&mut self, builder: &mut RunBuilder<'_>) {
        if let Some(PartialResult { test, depth, .. }) = self.partial.take() {
            self.defer(test, depth);
        }
        let Some(test) = self.pending.take() else { return };
        self.seen += 1;
        self.failing += u64::from(test.outcome.is_failing());
        let mut name = String::new();
        for group in &self.groups {
            names::push_parent(&mut name, &group.name, ".");
        }
        name.push_str(&test.name);
        PendingTest { name, ..test }.emit(builder);
    }

    fn handle_count(&mut self, line: u32, label: &str, count: u64, builder: &mut RunBuilder<'_>) {
        match label {
            "tests" => {
                let tests = count.saturating_sub(self.groups_seen);
                test_record::emit_plan(Some(tests), self.seen, line, builder);
            }
            "fail" | "cancelled" if count > 0 && self.failing == 0 => {
                builder.expect_failures(line, count);
            }
            // Only the duration follows.
            "todo" => self.ended = true,
            _ => {}
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
