//! libtest's JSON, as `cargo test -- --format json` and `cargo nextest --message-format libtest-json`
//! write it.
//!
//! In: lines, one JSON object each. Out: events. What a newcomer would get wrong: `timeout` only says
//! that a test takes long; and nextest tells a retry by a suffix of the name where the test ends.
//!
//! <https://doc.rust-lang.org/nightly/unstable-book/compiler-flags/report-time.html>

use super::libtest::{place, without_line};
use super::lines::{Line, each};
use super::message::Message;
use super::{About, Ended};
use crate::model::{Attempt, End, Event, Finished, Outcome, PlanScope, RunBuilder, Sink};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Read;

pub const ABOUT: About = About {
    title: "libtest's JSON lines, from cargo test and cargo nextest",
    names: "the test's path; nextest: `crate::binary$path`. A documentation test without its line number",
    outcomes: &[
        ("ok, bench", Outcome::Passed),
        ("failed", Outcome::Failed),
        ("failed, reason \"time limit exceeded\"", Outcome::TimedOut),
        ("ignored", Outcome::Skipped),
        ("allowed_failure", Outcome::Xfailed),
        ("started and nothing else", Outcome::Unfinished),
    ],
    incomplete: "a suite without an end; fewer tests than its test_count; a line cut. A stream cut \
                 between two suites shows nothing",
    link: "https://doc.rust-lang.org/rustc/tests/index.html#--format-format",
};

/// One event, as far as it matters.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    event: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    stdout: Cow<'a, str>,
    #[serde(borrow, default)]
    stderr: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(default)]
    test_count: Option<u64>,
    #[serde(default)]
    failed: Option<u64>,
}

/// Whether the first bytes of a file are of this format: a line is one of its events.
pub fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|b| *b == b'\n').take(400);
    lines.any(|line| said(line).is_some_and(|said| said.is_ours()))
}

impl Said<'_> {
    fn is_ours(&self) -> bool {
        match (&*self.kind, &*self.event) {
            ("suite", "started") => self.test_count.is_some(),
            ("suite", "ok" | "failed") => self.failed.is_some(),
            ("test", "started" | "ok" | "failed" | "ignored") => !self.name.is_empty(),
            _ => false,
        }
    }
}

fn said(line: &[u8]) -> Option<Said<'_>> {
    let line = line.trim_ascii();
    if !line.starts_with(b"{") { None } else { serde_json::from_slice(line).ok() }
}

/// Reads a whole stream.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut stream = Stream { builder, in_suite: false, message: Message::default() };
    let mut cut = false;
    let (line, read) = each(input, |number, Line { bytes, ended }| match said(bytes) {
        Some(said) => stream.event(number, &said),
        None => cut |= bytes.starts_with(b"{") && !ended,
    });
    let end = if cut || stream.in_suite { End::Cut } else { End::Whole };
    stream.end_suite(line);
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Stream<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    in_suite: bool,
    message: Message,
}

impl<S: Sink> Stream<'_, '_, S> {
    fn event(&mut self, line: u32, said: &Said<'_>) {
        match (&*said.kind, &*said.event) {
            ("suite", "started") => {
                self.end_suite(line);
                self.in_suite = true;
                self.builder.event(line, Event::SuiteStarted { name: None });
                if let Some(tests) = said.test_count {
                    // Tests run side by side: none is part of the one that started before it.
                    let scope = PlanScope::Descendants;
                    self.builder.event(line, Event::Plan { tests, scope });
                }
            }
            ("suite", _) => {
                if let Some(tests) = said.failed {
                    self.builder.event(line, Event::AnnouncedFailing { tests });
                }
                self.end_suite(line);
            }
            ("test", _) if said.name.is_empty() => {}
            ("test", "started") => {
                let name = split_attempt(&said.name).0.into();
                self.builder.event(line, Event::Started { name });
            }
            ("test", "timeout" | "discovered") => {}
            ("test", "ok") | ("bench", _) => self.finish(line, said, Outcome::Passed),
            ("test", "ignored") => self.finish(line, said, Outcome::Skipped),
            ("test", "allowed_failure") => self.finish(line, said, Outcome::Xfailed),
            ("test", "failed") if said.reason.contains("time limit exceeded") => {
                self.finish(line, said, Outcome::TimedOut);
            }
            ("test", _) => self.finish(line, said, Outcome::Failed),
            (_, _) => {}
        }
    }

    fn finish(&mut self, line: u32, said: &Said<'_>, outcome: Outcome) {
        if said.name.is_empty() {
            return;
        }
        let (name, attempts) = split_attempt(&said.name);
        self.message.clear();
        for text in [&said.message, &said.reason, &said.stdout, &said.stderr] {
            if !text.is_empty() {
                self.message.push_line(text.as_bytes());
            }
        }
        if attempts > 1 {
            self.tell(line, name, Outcome::Failed, Attempt::Retry, "");
        }
        let message = std::mem::take(&mut self.message);
        self.tell(line, name, outcome, Attempt::Only, message.text());
        self.message = message;
    }

    fn tell(&mut self, line: u32, name: &str, outcome: Outcome, attempt: Attempt, message: &str) {
        let place = if outcome.is_failing() { place(message) } else { None };
        let (name, message) = (Cow::Borrowed(name), Cow::Borrowed(message));
        let finished = Finished { name, outcome, attempt, message, place };
        self.builder.event(line, Event::Finished(finished));
    }

    fn end_suite(&mut self, line: u32) {
        if std::mem::take(&mut self.in_suite) {
            self.builder.event(line, Event::SuiteEnded);
        }
    }
}

/// A name without what differs from run to run, and the number of the try that nextest puts behind it.
fn split_attempt(name: &str) -> (&str, u32) {
    let nextest = if name.contains('$') { name.rsplit_once('#') } else { None };
    let (name, attempt) = match nextest.map(|(name, number)| (name, number.parse())) {
        Some((name, Ok(number))) if !name.is_empty() => (name, number),
        Some((_, Ok(_) | Err(_))) | None => (name, 1),
    };
    (without_line(name), attempt)
}
