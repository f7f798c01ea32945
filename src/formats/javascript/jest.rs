//! The JSON of jest and vitest.
//!
//! In: one document, a list of test files. Out: a result for each assertion result, and one for a file
//! that failed although no test of it did. What a newcomer would get wrong: paths are absolute, so
//! they can't be part of a name; the full name is what `--testNamePattern` and jest-junit use.
//!
//! <https://jestjs.io/docs/cli#--json>

use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "jest --json, vitest --reporter=json",
    names: "the full name: the titles of its describe blocks and its own; a file that can't run by its \
            last part",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer tests than numTotalTests; wasInterrupted; \
                 no success although no test failed",
    link: "https://jestjs.io/docs/cli#--json",
};

const STATUSES: [(&str, Outcome); 8] = [
    ("passed", Outcome::Passed),
    ("focused", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("skipped", Outcome::Skipped),
    ("todo", Outcome::Skipped),
    ("disabled", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("a file that failed, and no test of it", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["numTotalTests", "numFailedTests"])
        || head.has(&["testResults/*/assertionResults"])
        || head.has(&["numFailedTestSuites", "numPassedTests"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(
        input,
        &mut Report { builder, announced: None, came: 0, success: true, failed: false },
    )
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    announced: Option<u64>,
    came: u64,
    success: bool,
    failed: bool,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["testResults"] => Want::Enter,
            ["testResults", "*"] | ["numTotalTests" | "wasInterrupted" | "success"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            ["numTotalTests"] => self.announced = value.count(),
            ["wasInterrupted"] if value.is_true() => {
                test_record::gave_up("wasInterrupted", line, self.builder);
            }
            ["success"] => self.success = !value.is_some() || value.is_true(),
            ["testResults", _] => self.file(line, value),
            _ => {}
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if place.is_empty() {
            test_record::announced(self.announced, self.came, line, self.builder);
            if !self.success && !self.failed {
                test_record::gave_up("no test failed, and the run did", line, self.builder);
            }
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn file(&mut self, line: u32, file: &Value) {
        let path = test_record::first(&[file["name"].text(), file["testFilePath"].text()]);
        let mut failed = false;
        // Results processors see the files' results by another key.
        let tests =
            ["assertionResults", "testResults"].into_iter().flat_map(|key| file[key].list());
        for test in tests {
            self.came += 1;
            let outcome = test_record::exact_outcome(&STATUSES, test["status"].text());
            failed |= outcome.is_failing();
            let titles = test["ancestorTitles"].texts();
            let title = test["title"].text();
            let name = match test["fullName"].text() {
                "" => names::joined(&[&titles.join(" "), title], " "),
                full => full.trim().to_owned(),
            };
            // A file that can't run may have one assertion without a title.
            let (name, outcome) = match name.is_empty() && outcome.is_failing() {
                true => (test_record::last_part(path).to_owned(), Outcome::Errored),
                false => (name, outcome),
            };
            let retried =
                test["invocations"].count() > Some(1) || !test["retryReasons"].list().is_empty();
            let messages = test["failureMessages"].texts();
            Told::new(name, outcome)
                .message(messages.first().copied().unwrap_or(""))
                .at(path, test["location"]["line"].count())
                .flaky(retried)
                .tell(line, self.builder);
        }
        let error = &file["testExecError"];
        if (file["status"].text() == "failed" || error.is_some()) && !failed {
            failed = true;
            Told::new(test_record::last_part(path), Outcome::Errored)
                .message(test_record::first(&[
                    file["message"].text(),
                    file["failureMessage"].text(),
                ]))
                .at(path, None)
                .tell(line, self.builder);
        }
        self.failed |= failed;
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn fewer_tests_than_announced_and_failures_of_no_test() {
        let text = r#"noise of a test
{"numFailedTests": 0, "numTotalTests": 2, "success": false, "testResults": [
{"name": "/w/a.test.js", "status": "passed", "assertionResults": [
  {"ancestorTitles": ["a", "b"], "title": "c", "status": "passed"}]}]}"#;
        let read = said(Format::Jest, text);
        assert_eq!(read.0, ["passed a b c"]);
        let why = "no test failed, and the run did".to_owned();
        let unmet = GapKind::PlanUnmet { planned: 2, came: 1 };
        assert_eq!(read.1, [GapKind::BailedOut { why }, unmet]);
    }
}
