//! `go test -json`: test2json's events, one JSON object a line.
//!
//! In: lines. Out: events. What a newcomer would get wrong: test2json makes events of what a test
//! prints, so a result line behind output without a line end has no event of its own; and a package can
//! fail although no test of it did. Lines that are no JSON are common: the compiler's words.
//!
//! <https://pkg.go.dev/cmd/test2json>

use super::go_test::{self, Package, Verdict, name};
use super::lines::{Line, each};
use super::message::Message;
use super::{About, Ended, encoding};
use crate::model::{End, Event, Outcome, RunBuilder, Sink};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "go test -json, as the go command, test2json and gotestsum write it",
    names: "`package.Test/subtest`, beside it `package.Test`, which fails with its subtests; the package \
            alone when it fails and no test of it did",
    outcomes: go_test::OUTCOMES,
    incomplete: "a package or a test without an end; a line cut. A stream cut between two packages \
                 shows nothing",
    link: "https://pkg.go.dev/cmd/test2json",
};

/// How many packages that did not build are remembered, and how many may run at once.
const MOST_BUILDS: usize = 10_000;
const MOST_PACKAGES: usize = 100_000;

/// One event, as far as it matters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said<'a> {
    #[serde(borrow)]
    action: Cow<'a, str>,
    #[serde(borrow, default)]
    package: Cow<'a, str>,
    #[serde(borrow, default)]
    test: Cow<'a, str>,
    #[serde(borrow, default)]
    output: Cow<'a, str>,
    #[serde(borrow, default)]
    import_path: Cow<'a, str>,
    #[serde(borrow, default)]
    failed_build: Cow<'a, str>,
}

/// Whether the first bytes of a file are of this format: a line is one of its events.
pub fn sniff(head: &[u8]) -> bool {
    let mut lines = head.split(|b| *b == b'\n').take(400);
    lines.any(|line| {
        said(line).is_some_and(|said| {
            let names = [&said.package, &said.import_path, &said.test];
            names.iter().any(|name| !name.is_empty())
        })
    })
}

fn said(line: &[u8]) -> Option<Said<'_>> {
    let line = line.trim_ascii();
    if !line.starts_with(b"{") { None } else { serde_json::from_slice(line).ok() }
}

/// Reads a whole stream.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut stream =
        Stream { builder, packages: BTreeMap::new(), builds: BTreeMap::new(), dropped: false };
    let mut cut = false;
    let (line, read) = each(input, |number, Line { bytes, ended }| match said(bytes) {
        Some(said) => stream.event(number, &said),
        None if bytes.starts_with(b"{") && !ended => cut = true,
        None => stream.text(number, &encoding::text(bytes)),
    });
    let cut = stream.finish(line) || cut;
    let end = if cut { End::Cut } else { End::Whole };
    read.map_or_else(|error| Ended::unreadable(line, &error), |()| Ended { line, end })
}

struct Stream<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    packages: BTreeMap<String, Package>,
    /// What the compiler said of packages that did not build.
    builds: BTreeMap<String, Build>,
    /// Whether a package was one too many to follow.
    dropped: bool,
}

#[derive(Default)]
struct Build {
    output: Message,
    failed: bool,
    told: bool,
}

impl<S: Sink> Stream<'_, '_, S> {
    fn event(&mut self, line: u32, said: &Said<'_>) {
        // test2json by itself knows no package.
        if !said.import_path.is_empty() {
            return self.build(said);
        }
        if !self.packages.contains_key(&*said.package) {
            if self.packages.len() == MOST_PACKAGES {
                self.dropped = true;
                return;
            }
            self.packages.insert(said.package.to_string(), Package::default());
        }
        let Some(package) = self.packages.get_mut(&*said.package) else { return };
        let test = &*said.test;
        let verdict = Verdict::of(&said.action);
        match (&*said.action, verdict) {
            ("run", _) => package.start(line, test),
            ("output", _) => {
                if let Some(bench) = package.print(line, test, &said.output) {
                    let name = name(&said.package, &bench);
                    self.builder.event(line, Event::finished(&name, Outcome::Passed, ""));
                }
            }
            (_, Some(verdict)) if !test.is_empty() => {
                let message = package.end(test, verdict);
                let name = name(&said.package, test);
                self.builder.event(line, Event::finished(&name, verdict.outcome(), message.text()));
            }
            (_, Some(verdict)) => {
                let built = self.builds.get_mut(&*said.failed_build);
                if let Some(build) = built {
                    build.told = true;
                    package.output.clear();
                    package.output.push(build.output.text());
                }
                package.finish(line, &said.package, verdict, self.builder);
                self.packages.remove(&*said.package);
            }
            (_, None) => {}
        }
    }

    fn build(&mut self, said: &Said<'_>) {
        let room = self.builds.len() < MOST_BUILDS;
        if !room {
            return;
        }
        let build = self.builds.entry(said.import_path.to_string()).or_default();
        match &*said.action {
            "build-output" => build.output.push(&said.output),
            "build-fail" => build.failed = true,
            _ => {}
        }
    }

    /// A line that is no JSON: the go command says there what could not be built.
    fn text(&mut self, line: u32, text: &str) {
        if let Some((package, why)) = go_test::not_built(text)
            && !self.packages.contains_key(package)
        {
            self.builder.event(line, Event::finished(package, Outcome::Errored, why));
        }
    }

    /// Ends the stream; whether it was cut.
    fn finish(&mut self, line: u32) -> bool {
        for (path, build) in std::mem::take(&mut self.builds) {
            if build.failed && !build.told {
                let path = path.split(' ').next().unwrap_or(&path);
                let message = build.output.text();
                self.builder.event(line, Event::finished(path, Outcome::Errored, message));
            }
        }
        let cut = !self.packages.is_empty() || self.dropped;
        for (path, package) in std::mem::take(&mut self.packages) {
            package.leave_open(&path, self.builder);
        }
        cut
    }
}
