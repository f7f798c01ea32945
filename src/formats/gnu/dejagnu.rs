//! DejaGnu's `.sum`, and its `.log`, which holds the same lines between the tests' output.
//!
//! In: lines. Out: events. What a newcomer would get wrong: there is a summary for each board and one
//! for all of them, so counts are summed by board; and a name is repeated as a matter of course, so its
//! later occurrences are numbered.
//!
//! <https://www.gnu.org/software/dejagnu/manual/A-POSIX-conforming-test-framework.html>

use crate::formats::About;
use crate::formats::emit::names;
use crate::model::{End, Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

pub const ABOUT: About = About {
    title: "DejaGnu's .sum and .log, as the test suites of GCC, GDB, binutils and libffi write them",
    names: "the text behind the outcome, without `(PRMS …)`; `board: ` before it where there are several \
            boards; ` #2` behind its second occurrence",
    outcomes: &[
        ("PASS", Outcome::Passed),
        ("FAIL", Outcome::Failed),
        ("UNRESOLVED", Outcome::Errored),
        ("UNTESTED, UNSUPPORTED", Outcome::Skipped),
        ("XFAIL, KFAIL", Outcome::Xfailed),
        ("XPASS, KPASS", Outcome::Xpassed),
    ],
    incomplete: "no summary at the end; a summary that counts more tests than came",
    link: "https://www.gnu.org/software/dejagnu/manual/A-POSIX-conforming-test-framework.html",
};

/// The words before a colon, and what the summary calls them.
const OUTCOMES: [(&str, &str, Outcome); 9] = [
    ("PASS", "expected passes", Outcome::Passed),
    ("FAIL", "unexpected failures", Outcome::Failed),
    ("XPASS", "unexpected successes", Outcome::Xpassed),
    ("XFAIL", "expected failures", Outcome::Xfailed),
    ("KPASS", "unknown successes", Outcome::Xpassed),
    ("KFAIL", "known failures", Outcome::Xfailed),
    ("UNRESOLVED", "unresolved testcases", Outcome::Errored),
    ("UNTESTED", "untested testcases", Outcome::Skipped),
    ("UNSUPPORTED", "unsupported tests", Outcome::Skipped),
];

/// How many names are remembered to number their occurrences.
const MOST_NAMES: usize = 4_000_000;

/// Whether the first bytes of a file are of this format: DejaGnu's header, or its results.
pub fn sniff(head: &str) -> bool {
    let mut header = false;
    for line in head.lines() {
        if line.starts_with("Running target ") || heading(line).is_some() {
            return true;
        }
        header |= line.starts_with("Test run by ") || line.starts_with("Test Run By ");
        if header && (line.starts_with("Native configuration is ") || result(line).is_some()) {
            return true;
        }
    }
    false
}

/// What stands between `===` and `===`.
fn heading(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix("=== ")?.strip_suffix(" ===")?;
    (line.starts_with('\t') && (inner.ends_with(" tests") || inner.contains(" Summary")))
        .then_some(inner)
}

fn result(line: &str) -> Option<(Outcome, &str)> {
    let (word, name) = line.split_once(": ")?;
    let known = OUTCOMES.iter().find(|(known, _, _)| *known == word)?;
    if name.trim().is_empty() { None } else { Some((known.2, name)) }
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut file = File {
        builder,
        board: String::new(),
        boards: 0,
        names: Occurrences::new(MOST_NAMES),
        came: 0,
        came_of_tool: 0,
        came_on_board: 0,
        counted: Counted::Nothing,
        sum: 0,
        summaries: 0,
        scheduled: false,
        said: Message::default(),
    };
    let (line, read) = each(input, |number, Line { bytes, .. }| file.line(number, &text(bytes)));
    let end = file.finish(line);
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct File<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    board: String,
    /// How many boards the schedule names.
    boards: u32,
    names: Occurrences,
    /// How many results came, those of this tool, and those of this board.
    came: u64,
    came_of_tool: u64,
    came_on_board: u64,
    counted: Counted,
    sum: u64,
    summaries: u32,
    scheduled: bool,
    /// What was printed since the last result, errors of the framework above all.
    said: Message,
}

/// Whose summary is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Nothing,
    Board,
    All,
}

impl<S: Sink> File<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if let Some((outcome, name)) = result(line) {
            self.result(number, outcome, name);
        } else if let Some(board) = line.strip_prefix("Running target ") {
            self.end_summary(number);
            self.board = board.trim().to_owned();
            self.came_on_board = 0;
            self.scheduled = false;
            self.names = Occurrences::new(MOST_NAMES);
        } else if let Some(heading) = heading(line) {
            self.end_summary(number);
            self.counted = match heading {
                heading if heading.contains(" Summary for ") => Counted::Board,
                heading if heading.contains(" Summary") => Counted::All,
                _ => {
                    self.came_of_tool = 0;
                    Counted::Nothing
                }
            };
            self.sum = 0;
        } else if line.starts_with("Schedule of variations:") {
            (self.scheduled, self.boards) = (true, 0);
        } else if self.scheduled && line.starts_with("    ") {
            self.boards += 1;
        } else if let Some(count) = line.strip_prefix("# of ") {
            self.count(count);
        } else if line.starts_with("Running ") {
            self.said.clear();
        } else if line.starts_with("ERROR: ") || line.starts_with("WARNING: ") {
            self.said.push_line(line.as_bytes());
        }
    }

    fn result(&mut self, line: u32, outcome: Outcome, name: &str) {
        let name = without_bug(name);
        let name = match name.strip_prefix("testcase '").and_then(|n| n.split_once("' aborted")) {
            // The path is one of the machine.
            Some((path, _)) => format!("{} aborted", short(path)),
            None => name.to_owned(),
        };
        let name = if self.boards > 1 { names::below(&self.board, &name, ": ") } else { name };
        let name = match self.names.next(&name) {
            1 => name,
            times => format!("{name} #{times}"),
        };
        self.came += 1;
        self.came_of_tool += 1;
        self.came_on_board += 1;
        let message = if outcome.is_failing() { self.said.text() } else { "" };
        self.builder.event(line, Event::finished(&name, outcome, message));
        self.said.clear();
    }

    fn count(&mut self, text: &str) {
        if self.counted == Counted::Nothing {
            return;
        }
        let digits = text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (what, count) = text.split_at(digits);
        if OUTCOMES.iter().any(|(_, known, _)| *known == what.trim()) {
            self.sum = self.sum.saturating_add(count.parse().unwrap_or(0));
        }
    }

    /// Compares a summary with what came.
    fn end_summary(&mut self, line: u32) {
        let came = match std::mem::replace(&mut self.counted, Counted::Nothing) {
            Counted::Nothing => return,
            Counted::Board => self.came_on_board,
            Counted::All => {
                self.summaries += 1;
                self.came_of_tool
            }
        };
        if self.sum > came {
            let scope = PlanScope::Descendants;
            let tests = self.came.saturating_add(self.sum - came);
            self.builder.event(line, Event::Plan { tests, scope });
        }
    }

    fn finish(&mut self, line: u32) -> End {
        let complete = self.counted == Counted::All && self.sum > 0 || self.summaries > 0;
        self.end_summary(line);
        if complete { End::Whole } else { End::Cut }
    }
}

/// How often each name came, by its hash; of those beyond the `most`, nothing is known.
struct Occurrences {
    times: HashMap<u64, u32>,
    most: usize,
}

impl Occurrences {
    fn new(most: usize) -> Occurrences {
        Occurrences { times: HashMap::new(), most }
    }

    /// Counts a name once more: how often it has come.
    fn next(&mut self, name: &str) -> u32 {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let room = self.times.len() < self.most;
        match self.times.entry(hasher.finish()) {
            Entry::Occupied(mut times) => {
                *times.get_mut() += 1;
                *times.get()
            }
            Entry::Vacant(times) if room => *times.insert(1),
            Entry::Vacant(_) => 1,
        }
    }
}

/// A name without the number of its bug report.
fn without_bug(name: &str) -> &str {
    let name = name.trim_end();
    let start = name.rfind(" (PRMS").filter(|_| name.ends_with(')'));
    start.filter(|at| *at > 0).map_or(name, |at| name[..at].trim_end())
}

/// The last two parts of a path.
fn short(path: &str) -> &str {
    let mut slashes = path.rmatch_indices('/').map(|(at, _)| at + 1);
    slashes.nth(1).map_or(path, |at| &path[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_known_are_counted_on_when_no_more_are_remembered() {
        let mut names = Occurrences::new(2);
        let came = ["a", "b", "a", "c", "c", "a", "b"].map(|name| names.next(name));
        assert_eq!(came, [1, 1, 2, 1, 1, 3, 2]);
    }
}
