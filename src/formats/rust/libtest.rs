//! What `cargo test` prints: the lines of Rust's libtest.
//!
//! In: lines. Out: events. What a newcomer would get wrong: the binary is named on stderr alone, so an
//! output of stdout only has bare names; and a binary that died prints no result line.
//!
//! <https://doc.rust-lang.org/rustc/tests/index.html>

use crate::formats::About;
use crate::formats::emit::names;
use crate::model::{Attempt, End, Event, Finished, Outcome, Place, PlanScope, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{Line, each};
use crate::syntax::read_end::Ended;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "cargo test: libtest's text",
    names: "`binary::path::test`, or `path::test` where the output does not name the binary; a \
            documentation test without its line number, the second of one name with ` #2`",
    outcomes: &[
        ("ok, bench", Outcome::Passed),
        ("FAILED", Outcome::Failed),
        ("FAILED (time limit exceeded)", Outcome::TimedOut),
        ("ignored", Outcome::Skipped),
        ("process didn't exit successfully, and the binary gave no result", Outcome::Crashed),
        ("a test without an end", Outcome::Unfinished),
    ],
    incomplete: "fewer tests than `running N tests`; a binary without `test result:`",
    link: "https://doc.rust-lang.org/rustc/tests/index.html",
};

/// How many failing tests of a binary are held for their messages.
const MOST_HELD: usize = 100_000;

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &str) -> bool {
    head.lines().any(|line| running(line).is_some() || line.starts_with("test result: ok. "))
}

/// The number in `running N tests`.
fn running(line: &str) -> Option<u64> {
    let (count, rest) = line.strip_prefix("running ")?.split_once(' ')?;
    if rest == "test" || rest == "tests" { count.parse().ok() } else { None }
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output {
        builder,
        binary: String::new(),
        suite: None,
        gave_result: true,
        announced: false,
        doc_tests: BTreeMap::new(),
        failing: Vec::new(),
        places: BTreeMap::new(),
        about: None,
        running: None,
    };
    let mut cut = false;
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        let line = text(bytes);
        if ended {
            output.line(number, &line);
        } else {
            cut |= !line.is_empty();
        }
    });
    cut |= output.suite.is_some() || output.announced;
    output.end_suite(line, None);
    let end = if cut { End::Cut } else { End::Whole };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// The binary that runs; empty when the output does not say.
    binary: String,
    suite: Option<Suite>,
    /// Whether the binary that ran last gave a result.
    gave_result: bool,
    /// Whether a binary was named and nothing came behind.
    announced: bool,
    /// How often a documentation test's name came in this suite.
    doc_tests: BTreeMap<String, u32>,
    failing: Vec<Failing>,
    /// Where each of them stands, by its name.
    places: BTreeMap<String, usize>,
    /// Which of them is being told about.
    about: Option<usize>,
    /// The test whose line has begun: its output stands between.
    running: Option<(u32, String)>,
}

struct Suite {
    planned: u64,
    came: u64,
}

struct Failing {
    line: u32,
    name: String,
    outcome: Outcome,
    message: Message,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        self.announced &= line.is_empty();
        if let Some(planned) = running(line) {
            self.end_suite(number, None);
            self.builder.event(number, Event::SuiteStarted { name: None });
            self.suite = Some(Suite { planned, came: 0 });
            self.gave_result = false;
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.end_suite(number, Some(result));
        } else if let Some(binary) = binary(line) {
            self.end_suite(number, None);
            self.binary = binary.to_owned();
            self.announced = true;
            self.gave_result = true;
        } else if let Some(how) = line.trim_start().strip_prefix("process didn't exit successfully")
        {
            self.died(number, how);
        } else if let Some((name, word)) = test(line) {
            self.test(number, name, word);
        } else if let Some(outcome) = self.running.as_ref().and_then(|_| outcome(line)) {
            if let Some((started, name)) = self.running.take() {
                self.finish(started, name, outcome, "");
            }
        } else if let Some(name) = heading(line) {
            let name = self.name(name);
            self.about = self.places.get(&name).copied();
        } else if line == "failures:" {
            self.about = None;
        } else if let Some(failing) = self.about.and_then(|at| self.failing.get_mut(at)) {
            failing.message.push_line(line.as_bytes());
        }
    }

    fn test(&mut self, line: u32, name: &str, word: &str) {
        let mut name = self.name(name);
        if name.contains(" - ") {
            let count = self.doc_tests.entry(name.clone()).or_default();
            *count += 1;
            if *count > 1 {
                name = format!("{name} #{count}");
            }
        }
        match outcome(word) {
            Some(outcome) => {
                let reason = word.strip_prefix("ignored, ").unwrap_or("");
                self.finish(line, name, outcome, reason);
            }
            None => self.running = Some((line, name)),
        }
    }

    fn finish(&mut self, line: u32, name: String, outcome: Outcome, reason: &str) {
        if let Some(suite) = &mut self.suite {
            suite.came += 1;
        }
        if outcome.is_failing() && self.failing.len() < MOST_HELD {
            let message = Message::default();
            self.places.entry(name.clone()).or_insert(self.failing.len());
            self.failing.push(Failing { line, name, outcome, message });
        } else {
            self.builder.event(line, Event::finished(&name, outcome, reason));
        }
    }

    /// The whole name of a test: without what libtest says of how it is meant to end, and without the
    /// line of a documentation test, which moves.
    fn name(&self, whole: &str) -> String {
        let kinds = [" - should panic", " - compile fail", " - compile"];
        let name = kinds.iter().find_map(|kind| whole.strip_suffix(kind));
        let name = name.filter(|name| !name.is_empty()).unwrap_or(whole);
        let name = without_line(name);
        names::below(&self.binary, name, "::")
    }

    /// Ends the suite that is open, with its result line if it has one.
    fn end_suite(&mut self, line: u32, result: Option<&str>) {
        self.about = None;
        self.doc_tests.clear();
        self.places.clear();
        for failing in self.failing.drain(..) {
            let message = failing.message.text();
            self.builder.event(
                failing.line,
                Event::Finished(Finished {
                    name: Cow::Borrowed(&failing.name),
                    outcome: failing.outcome,
                    attempt: Attempt::Only,
                    message: Cow::Borrowed(message),
                    place: place(message),
                }),
            );
        }
        if let Some((started, name)) = self.running.take() {
            self.builder.event(started, Event::Started { name: name.into() });
        }
        let Some(suite) = self.suite.take() else { return };
        self.gave_result = result.is_some();
        let failed = result.and_then(|result| count(result, " failed"));
        // With `--quiet` only the failing tests are named.
        let is_quiet = suite.came == 0 && result.is_some();
        if !is_quiet {
            let scope = PlanScope::Children;
            self.builder.event(line, Event::Plan { tests: suite.planned, scope });
        }
        if let Some(tests) = failed {
            self.builder.event(line, Event::AnnouncedFailing { tests });
        }
        self.builder.event(line, Event::SuiteEnded);
    }

    /// Cargo's word on a binary that failed; told when the binary itself said nothing.
    fn died(&mut self, line: u32, how: &str) {
        let silent = self.suite.is_some() || !self.gave_result;
        if silent && !self.binary.is_empty() {
            let name = std::mem::take(&mut self.binary);
            let how = how.rsplit_once('(').map_or(how, |(_, how)| how.trim_end_matches(')'));
            self.builder.event(line, Event::finished(&name, Outcome::Crashed, how));
            self.end_suite(line, None);
            self.gave_result = true;
        }
    }
}

/// The binary in `     Running tests/basic.rs (target/debug/deps/basic-0123456789abcdef)`.
fn binary(line: &str) -> Option<&str> {
    if let Some(name) = line.strip_prefix("   Doc-tests ") {
        return Some(name);
    }
    let rest = line.strip_prefix("     Running ")?;
    let path = match rest.rsplit_once('(') {
        Some((_, path)) => path.trim_end_matches(')'),
        None => rest.split(' ').next().unwrap_or(rest),
    };
    let file = path.trim_matches('`').rsplit(['/', '\\']).next()?;
    let file = file.strip_suffix(".exe").unwrap_or(file);
    match file.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 => Some(name),
        Some(_) | None => Some(file),
    }
}

/// The name and what stands behind it in `test name ... ok`.
fn test(line: &str) -> Option<(&str, &str)> {
    let (name, word) = line.strip_prefix("test ")?.split_once(" ... ")?;
    if name.is_empty() { None } else { Some((name, word)) }
}

/// The name in `---- name stdout ----`.
fn heading(line: &str) -> Option<&str> {
    let name = line.strip_prefix("---- ")?.strip_suffix(" ----")?;
    let name = name.strip_suffix(" stdout").or_else(|| name.strip_suffix(" stderr"));
    name.filter(|name| !name.is_empty())
}

/// The name of a documentation test without its line, which moves.
pub fn without_line(name: &str) -> &str {
    match name.rsplit_once(" (line ") {
        Some((before, line)) if line.ends_with(')') && !before.is_empty() => before,
        Some(_) | None => name,
    }
}

fn outcome(word: &str) -> Option<Outcome> {
    let word = word.trim_end();
    let first = word.split([' ', ',', ':']).next().unwrap_or(word);
    match first {
        "ok" if word == "ok" || word.starts_with("ok <") => Some(Outcome::Passed),
        "FAILED" if word.contains("time limit exceeded") => Some(Outcome::TimedOut),
        "FAILED" if word == "FAILED" || word.starts_with("FAILED <") => Some(Outcome::Failed),
        "ignored" => Some(Outcome::Skipped),
        "bench" => Some(Outcome::Passed),
        _ => None,
    }
}

/// The number before a word of the result line.
fn count(result: &str, word: &str) -> Option<u64> {
    let before = &result[..result.find(word)?];
    before.rsplit(' ').next()?.parse().ok()
}

/// The place in `thread 'x' panicked at src/lib.rs:10:9:`, and in the older form with the message first.
pub fn place(message: &str) -> Option<Place<'static>> {
    let line = message.lines().find(|line| line.contains("panicked at "))?;
    let text = line.rsplit([' ', ',']).next()?.trim_end_matches(':');
    let mut parts = text.rsplitn(3, ':');
    let (Some(_), Some(line), Some(file)) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    Some(Place { file: Cow::Owned(file.to_owned()), line: Some(line.parse().ok()?) })
}
