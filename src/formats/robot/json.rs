//! Robot Framework's output as JSON (version 7 on).
//!
//! In: one document, suites inside suites. Out: a result for each test. What a newcomer would get wrong:
//! a suite's name stands behind its tests, so they wait for it.
//!
//! <https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html#json-output-files>

use super::deferred::Held;
use super::xml;
use crate::formats::About;
use crate::formats::emit::test_case::Case;
use crate::formats::emit::{names, test_record};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink, start_of};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Robot Framework's output as JSON (--output x.json)",
    names: "the long name: the suites and the test, joined by dots",
    outcomes: &STATUSES,
    incomplete: "the document has no end",
    link: "https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html",
};

const STATUSES: [(&str, Outcome); 6] = [
    ("PASS", Outcome::Passed),
    ("SKIP", Outcome::Skipped),
    (xml::NOT_RUN, Outcome::Skipped),
    ("FAIL", Outcome::Failed),
    ("PASS in a suite whose teardown failed", Outcome::Failed),
    ("any in a suite whose teardown was skipped", Outcome::Skipped),
];

/// What is kept of a message, and of the path of a suite, which is that of its tests, in bytes.
const LONGEST_MESSAGE: usize = 1 << 10;
const LONGEST_SOURCE: usize = 1 << 10;

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["generator", "rpa"]) || head.has(&["generator", "suite/id"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let held = Held::default();
    json::read(input, &mut Report { builder, suites: Vec::new(), held, announced: None })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    suites: Vec<Suite>,
    /// The tests of the open suites.
    held: Held,
    /// How many tests its statistics count, and how many that failed.
    announced: Option<[u64; 2]>,
}

/// An open suite.
struct Suite {
    name: String,
    source: String,
    /// Where its tests begin among those held.
    first: usize,
    /// How its tear-down ended, and what was said of that.
    teardown: Option<(Outcome, String)>,
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
            let (name, source, first) = (String::new(), String::new(), self.held.next());
            self.suites.push(Suite { name, source, first, teardown: None });
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        if place == ["statistics", "total"] {
            let [pass, fail, skip] = ["pass", "fail", "skip"].map(|key| value[key].count());
            let tests = test_record::sum([pass, fail, skip].into_iter().flatten());
            return self.announced = Some([tests, fail.unwrap_or(0)]);
        }
        let Some(suite) = self.suites.last_mut() else { return };
        match place {
            [.., "name"] => value.text().clone_into(&mut suite.name),
            [.., "source"] => {
                start_of(value.text(), LONGEST_SOURCE).clone_into(&mut suite.source);
            }
            [.., "teardown"] => {
                let status = value["status"].text();
                let outcome = test_record::exact_outcome(&STATUSES, status);
                // A dry run skips the tear-downs and runs the tests.
                let is_one = value.is_some() && status != xml::NOT_RUN;
                let what = xml::torn_down(outcome).filter(|_| is_one);
                let message = start_of(value["message"].text(), LONGEST_MESSAGE);
                suite.teardown = what.map(|what| (outcome, format!("{what}\n{message}")));
            }
            _ => {
                let mut test = Case::new(line, value["name"].text());
                test.outcome = Some(test_record::exact_outcome(&STATUSES, value["status"].text()));
                test.say(start_of(
                    &test_record::plain(value["message"].text().trim()),
                    LONGEST_MESSAGE,
                ));
                test.file_line = value["lineno"].count().filter(|line| *line > 0);
                self.held.push(test, self.builder);
            }
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if is_suite(place) {
            self.close(line);
        }
        if let Some([tests, failing]) = self.announced.filter(|_| place.is_empty()) {
            self.builder.event(line, Event::Plan { tests, scope: PlanScope::Descendants });
            self.builder.event(line, Event::AnnouncedFailing { tests: failing });
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    /// Names the tests of the innermost suite, and of the suites inside it.
    fn close(&mut self, line: u32) {
        let Some(Suite { name, source, first, teardown }) = self.suites.pop() else { return };
        let file = source.trim_start_matches("file://");
        self.held.change(first, line, self.builder, |test| {
            test.name = names::joined(&[&name, &test.name], ".");
            if test.file.is_empty() {
                file.clone_into(&mut test.file);
            }
        });
        if let Some((outcome, why)) = teardown {
            self.held.end(first, line, self.builder, (outcome, &why));
        }
        if self.suites.is_empty() {
            self.held.release(self.builder);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    #[test]
    fn a_teardown_is_that_of_all_tests_in_its_suite_and_names_come_behind() {
        let test =
            |name: &str, status: &str| format!(r#"{{"name": "{name}", "status": "{status}"}}"#);
        let suite = |name: &str, inside: &str, teardown: &str| {
            format!(
                r#"{{{inside}, "teardown": {{"status": "{teardown}", "message": "why"}}, "name": "{name}"}}"#
            )
        };
        let inner = format!(r#""tests": [{}, {}]"#, test("a", "PASS"), test("b", "FAIL"));
        let other = format!(r#""tests": [{}, {}]"#, test("c", "PASS"), test("d", "SKIP"));
        let inside = format!(
            r#""suites": [{}, {}], "tests": [{}]"#,
            suite("Inner", &inner, "FAIL"),
            suite("Other", &other, "SKIP"),
            test("e", "PASS")
        );
        let text = |teardown: &str| {
            format!(
                r#"{{"generator": "Robot", "rpa": false, "suite": {}}}"#,
                suite("S", &inside, teardown)
            )
        };
        let whole = said(Format::RobotJson, &text("PASS")).0;
        let want = [
            "failed S.Inner.a: Parent suite teardown failed:\nwhy",
            "failed S.Inner.b",
            "skipped S.Other.c: Skipped in parent suite teardown:\nwhy",
            "skipped S.Other.d",
            "passed S.e",
        ];
        assert_eq!(whole, want);
        assert_eq!(said(Format::RobotJson, &text("NOT RUN")).0, want);
        let outcomes = |teardown: &str| {
            let said = said(Format::RobotJson, &text(teardown)).0;
            said.iter().map(|test| test.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(outcomes("FAIL"), ["failed", "failed", "skipped", "skipped", "failed"]);
        assert_eq!(outcomes("SKIP"), ["skipped"; 5]);
    }
}
