//! `go test -json`: test2json's events, one JSON object a line.
//!
//! test2json makes events of what a test prints, so a result line that follows output without a line end has no event
//! of its own; a package can fail although no test of it did. Lines that are no JSON are usual: the compiler's output.

use super::package::{self, CompilerOutput, GoPackage, GoVerdict, full_name};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::json::{self, JsonLayout, Value, VisitAction, Visitor};
use crate::syntax::{BoundedText, encoding};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["go-json"],
    title: "go test -json, as the go command, test2json and gotestsum write it",
    test_name: "`package.Test/subtest`, and `package.Test`, which fails with its subtests; the package \
            alone when it fails and no test of it did",
    outcomes: package::OUTCOMES,
    incomplete: "a package or a test without an end; a truncated line. A stream cut between two packages \
                 shows nothing",
    totals: "none but the verdict of a package: one that failed without a failing test is a failing result",
    link: "https://pkg.go.dev/cmd/test2json",
    sniff: Sniff::Bytes(sniff),
    read,
};

/// Maximum number of packages that did not build, and of packages that run at the same time.
const MAX_BUILDS: usize = 10_000;
const MAX_PACKAGES: usize = 100_000;

/// The actions of tests, besides `run` and `output`, that are no results.
const NO_RESULTS: [&str; 6] = ["start", "pause", "cont", "bench", "attr", "artifacts"];

/// The keys that an event may have first.
const FIRST_KEYS: [&str; 8] =
    ["Time", "Action", "Package", "ImportPath", "Test", "Elapsed", "Output", "FailedBuild"];

/// Whether the first bytes of a file contain an event.
pub(super) fn sniff(head: &[u8]) -> bool {
    let mut found = false;
    if memchr::memmem::find(head, b"\"Action\"").is_some() {
        json::for_each_record_with(head, &FIRST_KEYS, |_, event| {
            let names = ["Package", "ImportPath", "Test"];
            let is_named = names.iter().any(|key| !event[*key].as_str().is_empty());
            found |= is_named && !event["Action"].as_str().is_empty();
        });
    }
    found
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = GoJsonReader {
        builder,
        packages: BTreeMap::new(),
        builds: BTreeMap::new(),
        compiler_output: CompilerOutput::default(),
        dropped: false,
    };
    let end = json::read(input, &mut reader);
    let has_open_packages = !reader.packages.is_empty();
    reader.finish(end.line);
    end.truncated_if(has_open_packages || reader.dropped)
}

struct GoJsonReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    packages: BTreeMap<String, GoPackage>,
    builds: BTreeMap<String, GoBuild>,
    compiler_output: CompilerOutput,
    /// Whether packages were ignored because of a maximum.
    dropped: bool,
}

/// The compiler's output about a package.
#[derive(Default)]
struct GoBuild {
    output: BoundedText,
    failed: bool,
    /// Whether the package's own failure contains it.
    reported: bool,
}

impl Visitor for GoJsonReader<'_, '_> {
    fn layout(&self) -> JsonLayout {
        JsonLayout::Lines
    }

    fn first_keys(&self) -> &[&str] {
        &FIRST_KEYS
    }

    fn visit(&mut self, _: &[&str]) -> VisitAction {
        VisitAction::Take
    }

    fn value(&mut self, line: u32, _: &[&str], event: &Value) {
        match ["Action", "ImportPath"].map(|key| event[key].as_str()) {
            ["", _] => {}
            [_, ""] => self.event(line, event),
            [_, _] => self.build(event),
        }
    }

    /// The go command prints what it could not build as plain text.
    fn other_text(&mut self, line: u32, text: &[u8]) {
        let text = encoding::decode_lossy(text);
        if let Some((package, why)) = package::build_failure(&text)
            && !self.packages.contains_key(package)
        {
            let output = self.compiler_output.take(package);
            let message = output.as_ref().map_or(why, BoundedText::text);
            self.builder.handle(line, Event::finished(package, Outcome::Errored, message));
        } else {
            self.compiler_output.add(text.trim_end());
        }
    }
}

impl GoJsonReader<'_, '_> {
    fn event(&mut self, line: u32, event: &Value) {
        // test2json without the go command has no package.
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
            (_, Some(verdict)) if !test.is_empty() && package.is_repeated(test, verdict) => {}
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
                } else if let Some(output) = self.compiler_output.take(path) {
                    package.output = output;
                }
                package.finish(line, path, verdict, self.builder);
                self.packages.remove(path);
            }
            (_, None) => {
                // Without a known end the test is unfinished.
                if !test.is_empty() && !NO_RESULTS.contains(&action) && !package.is_open(test) {
                    package.start(line, test);
                }
            }
        }
    }

    fn build(&mut self, event: &Value) {
        let [path, action] = ["ImportPath", "Action"].map(|key| event[key].as_str());
        if !self.builds.contains_key(path) {
            if self.builds.len() == MAX_BUILDS {
                self.dropped |= action == "build-fail";
                return;
            }
            self.builds.insert(path.to_owned(), GoBuild::default());
        }
        let Some(build) = self.builds.get_mut(path) else { return };
        match action {
            "build-output" => build.output.push(event["Output"].as_str()),
            "build-fail" => build.failed = true,
            _ => {}
        }
    }

    /// Emits the builds that failed without a package and the tests that are still open.
    fn finish(&mut self, line: u32) {
        for (path, build) in std::mem::take(&mut self.builds) {
            if build.failed && !build.reported {
                let path = path.split(' ').next().unwrap_or(&path);
                let message = build.output.text();
                self.builder.handle(line, Event::finished(path, Outcome::Errored, message));
            }
        }
        for (path, package) in std::mem::take(&mut self.packages) {
            package.emit_open(&path, self.builder);
        }
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
