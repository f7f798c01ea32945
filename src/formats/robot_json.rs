//! Robot Framework's output as JSON (version 7 on).
//!
//! In: one document, suites inside suites. Out: a result for each test. What a newcomer would get wrong:
//! a suite's name stands behind its tests, so they wait for it.
//!
//! <https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html#json-output-files>

use super::json::{self, Head, Value, Visitor, Want};
use super::told::{self, Told};
use super::{About, Ended, names};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use std::io::Read;

pub const ABOUT: About = About {
    title: "Robot Framework's output as JSON (--output x.json)",
    names: "the long name: the suites and the test, joined by dots",
    outcomes: &STATUSES,
    incomplete: "the document has no end",
    link: "https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html",
};

const STATUSES: [(&str, Outcome); 5] = [
    ("PASS", Outcome::Passed),
    ("SKIP", Outcome::Skipped),
    ("NOT RUN", Outcome::Skipped),
    ("FAIL", Outcome::Failed),
    ("PASS in a suite whose teardown failed", Outcome::Failed),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["generator", "rpa"]) || head.has(&["generator", "suite/id"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, suites: Vec::new(), announced: None })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    suites: Vec<Suite>,
    /// How many tests its statistics count, and how many that failed.
    announced: Option<[u64; 2]>,
}

/// An open suite, and the tests of it and of the suites inside it.
struct Suite {
    name: String,
    /// Whether its teardown succeeded: if not, its tests failed, whatever they say.
    torn_down: bool,
    source: String,
    tests: Vec<Test>,
}

struct Test {
    line: u32,
    name: String,
    outcome: Outcome,
    message: String,
    source: String,
    source_line: Option<u64>,
}

fn is_suite(place: &[&str]) -> bool {
    matches!(place, ["suite"] | [.., "suites", "*"])
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            ["statistics", "total"] => Want::Take,
            [] | ["suite" | "statistics"] | [.., "suites", "*"] => Want::Enter,
            [above @ .., "suites" | "tests"] if is_suite(above) => Want::Enter,
            [above @ .., "name" | "source" | "teardown"] if is_suite(above) => Want::Take,
            [above @ .., "tests", "*"] if is_suite(above) => Want::Take,
            _ => Want::Skip,
        }
    }

    fn entered(&mut self, _: u32, place: &[&str]) {
        if is_suite(place) {
            self.suites.push(Suite {
                name: String::new(),
                torn_down: true,
                source: String::new(),
                tests: Vec::new(),
            });
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        if place == ["statistics", "total"] {
            let [pass, fail, skip] = ["pass", "fail", "skip"].map(|key| value[key].count());
            let tests = told::sum([pass, fail, skip].into_iter().flatten());
            return self.announced = Some([tests, fail.unwrap_or(0)]);
        }
        let Some(suite) = self.suites.last_mut() else { return };
        match place {
            [.., "name"] => value.text().clone_into(&mut suite.name),
            [.., "teardown"] => suite.torn_down = value["status"].text() != "FAIL",
            [.., "source"] => value.text().clone_into(&mut suite.source),
            _ => {
                let message = value["message"].text();
                suite.tests.push(Test {
                    line,
                    name: value["name"].text().to_owned(),
                    outcome: told::outcome(&STATUSES, value["status"].text()),
                    message: message[..message.floor_char_boundary(1 << 10)].to_owned(),
                    source: String::new(),
                    source_line: value["lineno"].count(),
                });
            }
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if is_suite(place) {
            self.close();
        }
        if let Some([tests, failing]) = self.announced.filter(|_| place.is_empty()) {
            self.builder.event(line, Event::Plan { tests, scope: PlanScope::Descendants });
            self.builder.event(line, Event::AnnouncedFailing { tests: failing });
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    /// Names the tests of the innermost suite, and hands them to the one around it.
    fn close(&mut self) {
        let Some(mut suite) = self.suites.pop() else { return };
        for test in &mut suite.tests {
            test.name = names::joined(&[&suite.name, &test.name], ".");
            if !suite.torn_down && test.outcome == Outcome::Passed {
                test.outcome = Outcome::Failed;
                "Parent suite teardown failed".clone_into(&mut test.message);
            }
            if test.source.is_empty() {
                test.source.clone_from(&suite.source);
            }
        }
        if let Some(around) = self.suites.last_mut() {
            around.tests.append(&mut suite.tests);
            return;
        }
        for test in suite.tests {
            Told::new(test.name, test.outcome)
                .message(&test.message)
                .at(&test.source, test.source_line)
                .tell(test.line, self.builder);
        }
    }
}
