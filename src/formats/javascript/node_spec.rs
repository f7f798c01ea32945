//! The output of node's test runner on a terminal: its reporter `spec`.
//!
//! The line of a group is printed before its tests and again after them. After the counts all failures are repeated.
//! Output of a test without a line end precedes the symbol of its result.

use crate::formats::emit::{PendingTest, names, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
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
    incomplete: "no counts at the end; fewer tests than they count",
    totals: "tests, suites, pass, fail, cancelled, skipped and todo at the end",
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
    let mut are_complete = true;
    let read = for_each_line(input, |line| {
        if reader.ended && reader.starts_run(line.text) {
            are_complete &= std::mem::take(&mut reader).end_run(line.number, builder);
        }
        reader.line(line.number, line.text, builder);
    });
    are_complete &= reader.end_run(read.line, builder);
    read.complete_if(are_complete)
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
    skipped: u64,
    /// Groups that were not results: among them tests with tests inside. And how many of them failed.
    groups_seen: u64,
    groups_failed: u64,
    /// Whether the counts have begun.
    counts_started: bool,
    counts: NodeSpecCounts,
    /// Whether they have ended. The failures that follow are those that were read.
    ended: bool,
    /// Whether a suite was begun for this run.
    has_suite: bool,
}

/// The counts at the end; each test is in one of them.
#[derive(Default)]
struct NodeSpecCounts {
    line: u32,
    tests: u64,
    suites: u64,
    passed: u64,
    /// What failed or was cancelled.
    failed: u64,
    skipped: u64,
    todo: u64,
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
        if !std::mem::replace(&mut self.has_suite, true) {
            builder.handle(number, Event::SuiteStarted { name: None });
        }
        let parsed = NodeSpecLine::parse(line);
        if self.ended {
            return;
        }
        if self.counts_started && !matches!(parsed, NodeSpecLine::Count(..)) {
            // They were output of a test.
            self.counts_started = false;
            self.counts = NodeSpecCounts::default();
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
                self.handle_count(number, label, count);
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
            self.groups_failed += u64::from(test.outcome.is_failing());
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
        self.skipped += u64::from(test.outcome == Outcome::Skipped);
        let mut name = String::new();
        for group in &self.groups {
            names::push_parent(&mut name, &group.name, ".");
        }
        name.push_str(&test.name);
        PendingTest { name, ..test }.emit(builder);
    }

    fn handle_count(&mut self, line: u32, label: &str, count: u64) {
        let counts = &mut self.counts;
        counts.line = line;
        match label {
            "tests" => counts.tests = count,
            "suites" => counts.suites = count,
            "pass" => counts.passed = count,
            "fail" | "cancelled" => counts.failed = counts.failed.saturating_add(count),
            "skipped" => counts.skipped = count,
            "todo" => {
                counts.todo = count;
                // Only the duration follows.
                self.ended = true;
            }
            _ => {}
        }
    }

    /// Whether another run begins after the counts of this one, in the output of a script. A failure may be one of
    /// those that are repeated, which the counts of its run show.
    fn starts_run(&self, line: &str) -> bool {
        match NodeSpecLine::parse(line) {
            NodeSpecLine::Group { depth, .. } => depth == 0,
            NodeSpecLine::Result { depth, outcome, .. } => {
                let is_repeated = outcome.is_failing() || outcome == Outcome::Xfailed;
                let may_repeat = self.counts.failed > 0 || self.counts.todo > 0;
                depth == Some(0) && !(is_repeated && may_repeat)
            }
            NodeSpecLine::Count(label, _) => label == "tests",
            NodeSpecLine::Partial { .. } | NodeSpecLine::Output => false,
        }
    }

    /// Ends a run; whether its counts were read.
    fn end_run(mut self, line: u32, builder: &mut RunBuilder<'_>) -> bool {
        self.flush(builder);
        self.compare(builder);
        if self.has_suite {
            builder.handle(line, Event::SuiteEnded);
        }
        self.ended
    }

    /// Declares what is counted and was not seen. A suite is a group, and so is a test with tests inside.
    fn compare(&self, builder: &mut RunBuilder<'_>) {
        let NodeSpecCounts { line, tests, suites, passed, failed, skipped, todo } = self.counts;
        let by_outcome = saturating_sum([passed, failed, skipped, todo]);
        let tests = tests.max(by_outcome).saturating_add(suites);
        let seen = self.seen.saturating_add(self.groups_seen);
        let missing = tests.saturating_sub(seen);
        let declared = self.seen.saturating_add(missing);
        builder.expect_tests(line, Some(declared).filter(|_| missing > 0));
        // It is unknown which of the groups that failed are suites.
        builder.expect_failures(line, failed.saturating_sub(self.groups_failed));
        builder.expect_skips(line, Some(skipped).filter(|tests| *tests > self.skipped));
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
    fn runs_follow_each_other_and_counts_may_be_output() {
        let counts = |passed: u32, failed: u32| {
            format!(
                "ℹ tests {}\nℹ pass {passed}\nℹ fail {failed}\nℹ todo 0\nℹ duration_ms 9.5\n",
                passed + failed
            )
        };
        let repeated = "\n✖ failing tests:\n\ntest at a.js:1:1\n✖ b (1.5ms)\n  Error: no\n";
        let first = format!("✔ a (0.1ms)\nℹ tests 3\n✖ b (1.5ms)\n{}{repeated}", counts(1, 1));
        let text = format!("{first}> next\n✔ c (0.1ms)\n✖ d (0.1ms)\n{}", counts(1, 1));
        let read = read_as("node-spec", &text);
        assert_eq!((read.0.len(), read.1), (4, vec![]));
        assert_eq!(read_as("node-spec", &format!("{first}{}", counts(1, 1))).1.len(), 2);
        let green = format!("✔ a (0.1ms)\n{}", counts(1, 0));
        let read = read_as("node-spec", &format!("{green}✖ d (0.1ms)\n{}", counts(0, 1)));
        assert_eq!((read.0, read.1), (vec!["passed a".to_owned(), "failed d".to_owned()], vec![]));
    }

    #[test]
    fn each_count_is_compared() {
        let gaps = |counts: &str| {
            let text = format!(
                "▶ s\n  ✔ a (0.1ms)\n✔ s (0.3ms)\n﹣ b (0.1ms) # SKIP\n✖ c (0.1ms)\n{counts}"
            );
            read_as("node-spec", &text).1.len()
        };
        let right =
            "ℹ tests 3\nℹ suites 1\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n";
        assert_eq!(gaps(right), 0);
        for (one, more) in [
            ("tests 3", "tests 4"),
            ("suites 1", "suites 2"),
            ("pass 1", "pass 2"),
            ("fail 1", "fail 2"),
            ("cancelled 0", "cancelled 1"),
            ("skipped 1", "skipped 2"),
            ("todo 0", "todo 1"),
        ] {
            assert!(gaps(&right.replace(one, more)) > 0, "{more}");
        }
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
