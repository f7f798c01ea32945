//! `go test -json`: test2json's events, one JSON object a line.
//!
//! In: documents, and lines between them. Out: events. What a newcomer would get wrong: test2json makes events of what a test
//! prints, so a result line behind output without a line end has no event of its own; and a package can
//! fail although no test of it did. Lines that are no JSON are common: the compiler's words.
//!
//! <https://pkg.go.dev/cmd/test2json>

use super::package::{self, GoPackage, GoVerdict, full_name};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Event, Outcome, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding;
use crate::syntax::json::{self, JsonLayout, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::collections::BTreeMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["go-json"],
    title: "go test -json, as the go command, test2json and gotestsum write it",
    test_name: "`package.Test/subtest`, beside it `package.Test`, which fails with its subtests; the package \
            alone when it fails and no test of it did",
    outcomes: package::OUTCOMES,
    incomplete: "a package or a test without an end; a line cut. A stream cut between two packages \
                 shows nothing",
    link: "https://pkg.go.dev/cmd/test2json",
    sniff: Sniff::Bytes(sniff),
    read,
};

/// How many packages that did not build are remembered, and how many may run at once.
const MAX_BUILDS: usize = 10_000;
const MAX_PACKAGES: usize = 100_000;

/// Whether the first bytes of a file are of this format: a line is one of its events.
pub(crate) fn sniff(head: &[u8]) -> bool {
    let mut sniffer = GoJsonSniffer(false);
    if memchr::memmem::find(head, b"\"Action\"").is_some() {
        json::read(head, &mut sniffer);
    }
    sniffer.0
}

/// What an event may have first.
const FIRST_KEYS: [&str; 8] =
    ["Time", "Action", "Package", "ImportPath", "Test", "Elapsed", "Output", "FailedBuild"];

/// Whether an event was found.
struct GoJsonSniffer(bool);

impl Visitor for GoJsonSniffer {
    fn visit(&mut self, _: &[&str]) -> VisitAction {
        VisitAction::Take
    }

    fn value(&mut self, _: u32, _: &[&str], event: &Value) {
        let names = ["Package", "ImportPath", "Test"];
        let is_named = names.iter().any(|key| !event[*key].as_str().is_empty());
        self.0 |= is_named && !event["Action"].as_str().is_empty();
    }

    const LAYOUT: JsonLayout = JsonLayout::Lines;

    const FIRST_KEYS: &'static [&'static str] = &FIRST_KEYS;
}

/// Reads a whole stream.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = GoJsonReader {
        builder,
        packages: BTreeMap::new(),
        builds: BTreeMap::new(),
        dropped: false,
    };
    let ended = json::read(input, &mut reader);
    let cut = reader.finish(ended.line);
    let end =
        if ended.end == EndOfInput::Complete && cut { EndOfInput::Truncated } else { ended.end };
    ReadEnd { end, ..ended }
}

struct GoJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    packages: BTreeMap<String, GoPackage>,
    /// What the compiler said of packages that did not build.
    builds: BTreeMap<String, GoBuild>,
    /// Whether a package, or one that did not build, was one too many to follow.
    dropped: bool,
}

#[derive(Default)]
struct GoBuild {
    output: BoundedText,
    failed: bool,
    reported: bool,
}

impl Visitor for GoJsonReader<'_, '_> {
    fn visit(&mut self, _: &[&str]) -> VisitAction {
        VisitAction::Take
    }

    fn value(&mut self, line: u32, _: &[&str], event: &Value) {
        if !event["Action"].as_str().is_empty() {
            self.event(line, event);
        }
    }

    const LAYOUT: JsonLayout = JsonLayout::Lines;

    const FIRST_KEYS: &'static [&'static str] = &FIRST_KEYS;

    /// The go command says here what could not be built.
    fn other_text(&mut self, line: u32, text: &[u8]) {
        if let Some((package, why)) = package::build_failure(&encoding::decode_lossy(text))
            && !self.packages.contains_key(package)
        {
            self.builder.handle(line, Event::finished(package, Outcome::Errored, why));
        }
    }
}

impl GoJsonReader<'_, '_> {
    fn event(&mut self, line: u32, event: &Value) {
        // What the compiler says.
        if !event["ImportPath"].as_str().is_empty() {
            return self.build(event);
        }
        // test2json by itself knows no package.
        let [path, test, action] = ["Package", "Test", "Action"].map(|key| event[key].as_str());
        if !self.packages.contains_key(path) {
            if self.packages.len() == MAX_PACKAGES {
                self.dropped = true;
                return;
            }
            self.packages.insert(path.to_owned(), GoPackage::default());
        }
        let Some(package) = self.packages.get_mut(path) else { return };
        match (action, GoVerdict::parse(action)) {
            ("run", _) => package.start(line, test),
            ("output", _) => {
                if let Some(bench) = package.add_output(line, test, event["Output"].as_str()) {
                    let name = full_name(path, &bench);
                    self.builder.handle(line, Event::finished(&name, Outcome::Passed, ""));
                }
            }
            (_, Some(verdict)) if !test.is_empty() => {
                let message = package.end(test, verdict);
                let name = full_name(path, test);
                self.builder
                    .handle(line, Event::finished(&name, verdict.outcome(), message.text()));
            }
            (_, Some(verdict)) => {
                if let Some(build) = self.builds.get_mut(event["FailedBuild"].as_str()) {
                    build.reported = true;
                    package.output.clear();
                    package.output.push(build.output.text());
                }
                package.finish(line, path, verdict, self.builder);
                self.packages.remove(path);
            }
            (_, None) => {}
        }
    }

    fn build(&mut self, event: &Value) {
        let path = event["ImportPath"].as_str();
        if !self.builds.contains_key(path) {
            if self.builds.len() == MAX_BUILDS {
                self.dropped |= event["Action"].as_str() == "build-fail";
                return;
            }
            self.builds.insert(path.to_owned(), GoBuild::default());
        }
        let Some(build) = self.builds.get_mut(path) else { return };
        match event["Action"].as_str() {
            "build-output" => build.output.push(event["Output"].as_str()),
            "build-fail" => build.failed = true,
            _ => {}
        }
    }

    /// Ends the stream; whether it was cut.
    fn finish(&mut self, line: u32) -> bool {
        for (path, build) in std::mem::take(&mut self.builds) {
            if build.failed && !build.reported {
                let path = path.split(' ').next().unwrap_or(&path);
                let message = build.output.text();
                self.builder.handle(line, Event::finished(path, Outcome::Errored, message));
            }
        }
        let cut = !self.packages.is_empty() || self.dropped;
        for (path, package) in std::mem::take(&mut self.packages) {
            package.emit_open(&path, self.builder);
        }
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::MAX_BUILDS;

    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn known_build_is_followed_beyond_the_limit() {
        let build = |action: &str, number: usize, output: &str| {
            format!(
                "{{\"ImportPath\":\"p{number}\",\"Action\":\"{action}\",\"Output\":\"{output}\"}}\n"
            )
        };
        let text: String = (0..MAX_BUILDS).map(|n| build("build-output", n, "no")).collect();
        let ends = build("build-output", MAX_BUILDS, "no") + &build("build-fail", 0, "");
        let followed = read_as("go-json", &format!("{text}{ends}"));
        assert_eq!((&*followed.0[0], followed.1), ("errored p0: no", vec![]));
        let dropped = read_as("go-json", &(text + &build("build-fail", MAX_BUILDS, "")));
        assert!(dropped.1.contains(&GapKind::Truncated));
    }
}
