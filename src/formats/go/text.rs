//! What `go test` prints, with `-v` or without.
//!
//! In: lines. Out: events. What a newcomer would get wrong: the package is named behind its tests, so a
//! package's results are held until its line comes; and without `-v` only failing tests are named, so a
//! package of which nothing is named is one passing result.
//!
//! <https://pkg.go.dev/cmd/go#hdr-Test_packages>

use super::package::{self, Package, Verdict, measured, name, not_built, result};
use crate::formats::About;
use crate::model::{End, Event, Outcome, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding::text;
use crate::syntax::lines::{self, Line, each};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "go test, with -v or without",
    names: "`package.Test/subtest`, beside it `package.Test`, which fails with its subtests; the package \
            alone when it fails and no test of it did, or when it passes and names no test",
    outcomes: package::OUTCOMES,
    incomplete: "a test without an end; tests without their package's line. An output cut between two \
                 packages shows nothing",
    link: "https://pkg.go.dev/cmd/go#hdr-Test_packages",
};

/// How many results of one package are held for its name.
const MOST_HELD: usize = 200_000;

/// What one line says.
enum Said<'a> {
    Run(&'a str),
    /// Output of this test follows.
    Goes(&'a str),
    Result(Verdict, &'a str),
    Benchmark(&'a str),
    Package(Verdict, &'a str, &'a str),
    /// `PASS` or `FAIL`: the end of a test binary.
    End,
    NoTests,
    Output,
}

impl<'a> Said<'a> {
    fn parse(line: &'a str) -> Said<'a> {
        if let Some(rest) = line.strip_prefix("=== ") {
            let (word, test) = rest.split_once(' ').unwrap_or((rest, ""));
            return match word {
                "RUN" => Said::Run(test.trim()),
                "PAUSE" | "CONT" | "NAME" => Said::Goes(test.trim()),
                _ => Said::Output,
            };
        }
        if let Some((verdict, test)) = result(line.trim_start_matches(' ')) {
            return Said::Result(verdict, test);
        }
        if let Some((package, why)) = not_built(line) {
            return Said::Package(Verdict::Fail, package, why);
        }
        match line {
            "PASS" | "FAIL" => return Said::End,
            "testing: warning: no tests to run" => return Said::NoTests,
            _ => {}
        }
        if line.starts_with("?   \t") {
            return Said::NoTests;
        }
        match package(line) {
            Some((Verdict::Pass, _, rest)) if rest.contains("[no tests to run]") => Said::NoTests,
            Some((verdict, package, rest)) => Said::Package(verdict, package, rest),
            None => measured(line).map_or(Said::Output, Said::Benchmark),
        }
    }
}

/// The package in `ok  \tpackage\t0.1s` or `FAIL\tpackage\t0.1s`.
fn package(line: &str) -> Option<(Verdict, &str, &str)> {
    let (verdict, rest) = match line.strip_prefix("ok ") {
        // One blank and no tab may be a test point of TAP.
        Some(rest) if rest.starts_with(' ') || rest.contains('\t') => (Verdict::Pass, rest),
        Some(_) => return None,
        None => (Verdict::Fail, line.strip_prefix("FAIL")?.strip_prefix(['\t', ' '])?),
    };
    let rest = rest.trim_start();
    let (package, rest) = rest.split_once(['\t', ' '])?;
    let rest = rest.trim();
    let time = rest.split_whitespace().next()?;
    let seconds = time.strip_suffix('s').is_some_and(|time| time.parse::<f64>().is_ok());
    let known = seconds || time == "(cached)" || rest.starts_with('[');
    known.then_some((verdict, package, rest))
}

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &[u8]) -> bool {
    if super::json::sniff(head) {
        return false;
    }
    let mut benchmarks_begin = false;
    lines::first(head).lines().any(|line| match Said::parse(line) {
        Said::Run(_) | Said::Result(..) | Said::Package(..) => true,
        Said::NoTests => true,
        Said::Benchmark(_) => benchmarks_begin,
        Said::Goes(_) | Said::End => false,
        Said::Output => {
            benchmarks_begin |= line.starts_with("pkg: ");
            false
        }
    })
}

/// Reads a whole output.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut output = Output {
        builder,
        package: Package::default(),
        held: Vec::new(),
        current: Current::Nothing,
        ended: false,
        packages: 0,
        no_tests: false,
    };
    let (line, read) = each(input, |number, Line { bytes, ended, .. }| {
        if ended || !is_beginning(bytes) {
            output.line(number, &text(bytes));
        }
    });
    let lone_binary = output.ended && output.packages == 0;
    let cut = !output.held.is_empty() && !lone_binary || output.package.has_open();
    output.tell("");
    output.package.leave_open("", output.builder);
    let end = if cut { End::Cut } else { End::Whole };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

/// Whether a line that has no end is cut: a result or a package without its time.
fn is_beginning(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"--- ") && !line.ends_with(b")")
}

struct Output<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    package: Package,
    /// The results of the present package.
    held: Vec<Held>,
    current: Current,
    /// Whether the last line says how a test binary ended: run by itself, it says no more.
    ended: bool,
    packages: u64,
    no_tests: bool,
}

struct Held {
    line: u32,
    test: String,
    outcome: Outcome,
    message: Message,
}

/// Whose output comes.
enum Current {
    Nothing,
    Running(String),
    /// Of the result held last.
    Ended,
}

impl<S: Sink> Output<'_, '_, S> {
    fn line(&mut self, number: u32, line: &str) {
        match Said::parse(line) {
            Said::Run(test) => {
                self.ended = false;
                self.package.start(number, test);
                self.current = Current::Running(test.to_owned());
            }
            Said::Goes(test) => self.current = Current::Running(test.to_owned()),
            Said::Result(verdict, test) => {
                self.ended = false;
                let message = self.package.end(test, verdict);
                self.hold(number, test, verdict.outcome(), message);
                self.current = Current::Ended;
            }
            Said::Benchmark(test) => {
                self.package.end(test, Verdict::Pass);
                self.hold(number, test, Outcome::Passed, Message::default());
            }
            Said::Package(verdict, package, why) => self.end_package(number, verdict, package, why),
            Said::End => self.ended = true,
            Said::NoTests => self.no_tests = true,
            Said::Output => match package::swallowed(line) {
                Some((verdict, test)) if self.package.is_open(test) => {
                    let message = self.package.end(test, verdict);
                    self.hold(number, test, verdict.outcome(), message);
                }
                Some(_) | None => self.print(number, line),
            },
        }
    }

    fn print(&mut self, number: u32, line: &str) {
        self.ended = false;
        match &self.current {
            Current::Ended => {
                if let Some(held) = self.held.last_mut().filter(|held| held.outcome.is_failing()) {
                    held.message.push_line(line.as_bytes());
                }
            }
            Current::Running(test) => {
                self.package.print(number, test, line);
            }
            Current::Nothing => {
                self.package.print(0, "", line);
            }
        }
    }

    fn hold(&mut self, line: u32, test: &str, outcome: Outcome, message: Message) {
        if self.held.len() == MOST_HELD {
            self.tell("");
        }
        self.held.push(Held { line, test: test.to_owned(), outcome, message });
    }

    fn end_package(&mut self, line: u32, verdict: Verdict, package: &str, why: &str) {
        let named = !self.held.is_empty() || self.package.has_open();
        self.tell(package);
        self.packages += 1;
        if self.package.output.text().is_empty() {
            self.package.output.push(why);
        }
        self.package.finish(line, package, verdict, self.builder);
        if verdict == Verdict::Pass && !named && !std::mem::take(&mut self.no_tests) {
            self.builder.event(line, Event::finished(package, Outcome::Passed, ""));
        }
        self.package = Package::default();
        self.current = Current::Nothing;
        self.no_tests = false;
    }

    fn tell(&mut self, package: &str) {
        for held in self.held.drain(..) {
            let name = name(package, &held.test);
            let event = Event::finished(&name, held.outcome, held.message.text());
            self.builder.event(held.line, event);
        }
    }
}
