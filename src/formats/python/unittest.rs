//! What Python's `unittest -v` prints.
//!
//! In: lines. Out: events. What a newcomer would get wrong: a test with failing subtests has no outcome
//! on its own line, and why a test failed stands behind all tests.
//!
//! <https://docs.python.org/3/library/unittest.html>

use crate::formats::About;
use crate::formats::emit::test_record;
use crate::model::{End, Event, Outcome, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::collections::BTreeMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "python -m unittest -v, Django's test runner",
    names: "`module.Class.test`; a subtest with its `[message] (parameters)`",
    outcomes: &[
        ("ok", Outcome::Passed),
        ("FAIL", Outcome::Failed),
        ("ERROR", Outcome::Errored),
        ("skipped", Outcome::Skipped),
        ("expected failure", Outcome::Xfailed),
        ("unexpected success", Outcome::Xpassed),
        ("a test without an outcome", Outcome::Unfinished),
    ],
    incomplete: "no `Ran N tests` and verdict at the end; more failures in the verdict than came",
    link: "https://docs.python.org/3/library/unittest.html",
};

const OUTCOMES: [(&str, Outcome); 6] = [
    ("ok", Outcome::Passed),
    ("FAIL", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("skipped", Outcome::Skipped),
    ("expected failure", Outcome::Xfailed),
    ("unexpected success", Outcome::Xpassed),
];

/// How many failing tests are held for what is said of them at the end.
const MOST_HELD: usize = 100_000;

/// Whether the first bytes of a file are of this format: a test and its outcome on a line.
pub fn sniff(head: &str) -> bool {
    let mut said = head.lines().filter_map(split);
    said.any(|(title, said)| name(title).is_some() && outcome(said).is_some())
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output {
        builder,
        title: String::new(),
        open: None,
        failing: Vec::new(),
        places: BTreeMap::new(),
        about: None,
        counted: false,
        ended: false,
    };
    let (line, read) = each(input, |number, Line { bytes, .. }| output.line(number, &text(bytes)));
    let end = if output.ended { End::Whole } else { End::Cut };
    output.finish();
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// The line before: a test's own title, when its documentation stands on the next.
    title: String,
    /// The test whose outcome has not come.
    open: Option<Open>,
    failing: Vec<Failing>,
    /// Where each of them stands, by its name.
    places: BTreeMap<String, usize>,
    about: Option<usize>,
    counted: bool,
    ended: bool,
}

struct Open {
    line: u32,
    name: String,
    has_subtests: bool,
}

struct Failing {
    line: u32,
    name: String,
    outcome: Outcome,
    message: Message,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        if self.counted {
            let verdict = line == "OK"
                || ["OK (", "FAILED", "NO TESTS RAN"].iter().any(|v| line.starts_with(v));
            if verdict && !self.ended {
                self.ended = true;
                let tests = ["failures=", "errors=", "unexpected successes="];
                let tests = test_record::sum(tests.iter().map(|what| count(line, what)));
                self.builder.event(number, Event::AnnouncedFailing { tests });
            }
        } else if line.starts_with("Ran ") && line.contains(" test") && line.contains(" in ") {
            self.counted = true;
        } else if let Some((_, title)) = heading(line) {
            self.leave();
            let name = name(title).unwrap_or_else(|| title.to_owned());
            self.about = self.places.get(&name).copied();
        } else if let Some(about) = self.about {
            let is_rule = line.starts_with("-----") || line.starts_with("=====");
            if let Some(failing) = self.failing.get_mut(about).filter(|_| !is_rule) {
                failing.message.push_line(line.as_bytes());
            }
        } else if let Some((title, said)) = split(line) {
            let found = name(title).or_else(|| name(&self.title));
            if let Some(name) = found {
                self.test(number, name, said, line.starts_with("  "));
            }
        } else if let Some(outcome) = outcome(line)
            && let Some(open) = self.open.take()
        {
            self.tell(open.line, open.name, outcome, line);
        }
        self.title.clear();
        self.title.push_str(line);
    }

    fn test(&mut self, line: u32, name: String, said: &str, is_subtest: bool) {
        if is_subtest {
            if let Some(open) = &mut self.open {
                open.has_subtests = true;
            }
        } else {
            self.leave();
        }
        match outcome(said) {
            Some(outcome) => self.tell(line, name, outcome, said),
            None => self.open = Some(Open { line, name, has_subtests: false }),
        }
    }

    fn tell(&mut self, line: u32, name: String, outcome: Outcome, said: &str) {
        if outcome.is_failing() && self.failing.len() < MOST_HELD {
            let message = Message::default();
            self.places.entry(name.clone()).or_insert(self.failing.len());
            self.failing.push(Failing { line, name, outcome, message });
        } else {
            let why = said.strip_prefix("skipped ").unwrap_or("").trim_matches(['\'', '"']);
            self.builder.event(line, Event::finished(&name, outcome, why));
        }
    }

    /// Gives up the open test, unless its subtests are its outcome.
    fn leave(&mut self) {
        if let Some(open) = self.open.take().filter(|open| !open.has_subtests) {
            self.builder.event(open.line, Event::Started { name: open.name.into() });
        }
    }

    fn finish(&mut self) {
        self.leave();
        self.places.clear();
        for failing in self.failing.drain(..) {
            let said = failing.message.text();
            self.builder.event(failing.line, Event::finished(&failing.name, failing.outcome, said));
        }
    }
}

/// The title and what is said of it in `test_x (m.T.test_x) ... ok`.
fn split(line: &str) -> Option<(&str, &str)> {
    let (title, said) =
        line.split_once(" ... ").or_else(|| line.strip_suffix(" ...").map(|title| (title, "")))?;
    Some((title.trim_start(), said.trim_end()))
}

/// The whole name in `test_x (m.T.test_x)`, or in the older `test_x (m.T)`.
fn name(title: &str) -> Option<String> {
    let (test, rest) = title.split_once(" (")?;
    let (path, parameters) = rest.split_once(')')?;
    let is_name = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_.<>".contains(c))
    };
    if !is_name(test) || !is_name(path) {
        return None;
    }
    let whole = path.strip_suffix(test).is_some_and(|before| before.ends_with('.'));
    let name = if whole { path.to_owned() } else { format!("{path}.{test}") };
    Some(name + parameters)
}

fn outcome(said: &str) -> Option<Outcome> {
    let known = OUTCOMES.iter().find(|(word, _)| match *word {
        "skipped" => said.starts_with("skipped '") || said.starts_with("skipped \""),
        word => said == word,
    });
    known.map(|(_, outcome)| *outcome)
}

/// The outcome and the title in `FAIL: test_x (m.T.test_x)`.
fn heading(line: &str) -> Option<(&str, &str)> {
    let (word, title) = line.split_once(": ")?;
    ["FAIL", "ERROR", "UNEXPECTED SUCCESS"].contains(&word).then_some((word, title))
}

/// The number behind `failures=`; `expected failures=` is another.
fn count(line: &str, what: &str) -> u64 {
    let inside = line.split_once('(').map_or("", |(_, inside)| inside.trim_end_matches(')'));
    let found = inside.split(", ").find_map(|part| part.strip_prefix(what));
    found.and_then(|count| count.parse().ok()).unwrap_or(0)
}
