//! CTest's Test.xml, which `ctest -T Test` writes for a dashboard.
//!
//! `notrun` is a skip only where the test asks for it; a test that could not be started is `notrun` too, and CTest
//! counts it as failed.

use crate::formats::emit::{ElementEnd, TestCase, XmlReport, unknown, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ctest-xml", "ctest"],
    title: "CTest's Test.xml (`ctest -T Test`)",
    test_name: "the test's name",
    outcomes: &[
        ("passed", Outcome::Passed),
        ("failed", Outcome::Failed),
        ("failed with exit code Timeout", Outcome::TimedOut),
        ("failed with exit code SEGFAULT, ILLEGAL, INTERRUPT, NUMERICAL, …", Outcome::Crashed),
        ("notrun: SKIP_RETURN_CODE, SKIP_REGULAR_EXPRESSION, Disabled", Outcome::Skipped),
        ("notrun for any other reason", Outcome::Errored),
    ],
    incomplete: "the file ends before its root does; fewer tests than its list names",
    totals: "the tests that its TestList names",
    link: "https://cmake.org/cmake/help/latest/manual/ctest.1.html#dashboard-client",
    sniff: Sniff::Xml(|head| {
        xml_report::has_root::<CtestReader>(head) && head.has_inner(&["Testing"])
    }),
    read: xml_report::read::<CtestReader>,
};

const STATUSES: [&str; 3] = ["passed", "failed", "notrun"];

/// How the reason of a skip begins; any other reason means that CTest could not run the test.
const SKIP_REASONS: [&str; 3] = ["SKIP_RETURN_CODE", "SKIP_REGULAR_EXPRESSION", "Disabled"];

pub(crate) fn is_skip_reason(reason: &str) -> bool {
    SKIP_REASONS.iter().any(|skip| reason.starts_with(skip))
}

/// How the exit code or completion status of a failed test begins.
pub(super) const COMPLETION_OUTCOMES: [(&str, Outcome); 10] = [
    ("Timeout", Outcome::TimedOut),
    ("SEGFAULT", Outcome::Crashed),
    ("ILLEGAL", Outcome::Crashed),
    ("INTERRUPT", Outcome::Crashed),
    ("NUMERICAL", Outcome::Crashed),
    ("OTHER_FAULT", Outcome::Crashed),
    ("Subprocess aborted", Outcome::Crashed),
    ("Subprocess killed", Outcome::Crashed),
    ("Bus error", Outcome::Crashed),
    ("BAD_COMMAND", Outcome::Errored),
];

#[derive(Default)]
struct CtestReader {
    listed: u64,
    case: TestCase,
    status: String,
    measurement: String,
    /// The worst of [`COMPLETION_OUTCOMES`] for the test.
    completion: Option<Outcome>,
    reason: String,
}

impl XmlReport for CtestReader {
    const ROOTS: &'static [&'static str] = &["Site"];
    const ELEMENTS: &'static [&'static str] =
        &["Testing", "TestList", "Test", "Results", "NamedMeasurement", "Measurement"];
    const TEXTS: &'static [&'static str] = &["Name", "Value"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
        match (tag.name(), parent) {
            ("Test", "TestList") => self.listed += 1,
            ("Test", _) => {
                self.case = TestCase::new(tag.line, "");
                self.status = tag.attribute("Status").into_owned();
                self.completion = None;
                self.reason.clear();
            }
            ("NamedMeasurement", _) => self.measurement = tag.attribute("name").into_owned(),
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent, self.measurement.as_str()) {
            ("Name", "Test", _) => self.case.name = end.text.to_owned(),
            ("Value", "NamedMeasurement", "Exit Code") => self.set_completion(end.text),
            ("Value", "NamedMeasurement", "Completion Status") => {
                self.set_completion(end.text);
                if end.text != "Completed" {
                    self.reason = end.text.to_owned();
                }
            }
            ("Value", "NamedMeasurement", "Fail Reason") => self.case.add_message(end.text),
            ("Value", "Measurement", _) => {
                if !self.reason.is_empty() && self.reason != end.text {
                    self.case.add_message(&self.reason);
                }
                self.case.add_message(end.text);
            }
            ("Test", "TestList", _) => {}
            ("Test", ..) => {
                if !STATUSES.contains(&self.status.as_str()) {
                    self.case.add_message(&unknown("status", &self.status));
                }
                self.case.outcome = self.outcome();
                self.case.emit(builder);
            }
            ("Testing", ..) => {
                let listed = Some(std::mem::take(&mut self.listed));
                builder.expect_tests(end.line, listed.filter(|tests| *tests > 0));
            }
            _ => {}
        }
    }
}

impl CtestReader {
    fn set_completion(&mut self, word: &str) {
        let known = COMPLETION_OUTCOMES.iter().find(|(known, _)| word.starts_with(known));
        self.completion = self.completion.max(known.map(|(_, outcome)| *outcome));
    }

    fn outcome(&self) -> Option<Outcome> {
        match self.status.as_str() {
            "passed" => Some(Outcome::Passed),
            "notrun" if self.reason.is_empty() || is_skip_reason(&self.reason) => {
                Some(Outcome::Skipped)
            }
            "notrun" => Some(Outcome::Errored),
            _ => Some(self.completion.unwrap_or(Outcome::Failed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn a_test_of_the_list_without_a_result_is_missed() {
        let report = |listed: &str| {
            format!(
                "<Site><Testing><TestList><Test>./a</Test>{listed}</TestList>\
                 <Test Status='passed'><Name>a</Name></Test></Testing></Site>"
            )
        };
        assert_eq!(read_as("ctest-xml", &report("")).1, []);
        let missing = GapKind::PlanNotMet { planned: 2, actual: 1 };
        assert_eq!(read_as("ctest-xml", &report("<Test>./b</Test>")).1, [missing]);
    }
}
