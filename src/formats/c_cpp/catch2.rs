//! The XML reporter of Catch2, versions 1 to 3.
//!
//! A test that failed as its tags allow is reported as a success; only its assertions show the failure. The counts of
//! `OverallResults` are those of assertions.

use crate::formats::emit::{ElementEnd, TestCase, XmlReport, saturating_sum, unknown, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["catch2-xml", "catch2"],
    title: "XML of Catch2 (`--reporter xml`)",
    test_name: "the test case's name",
    outcomes: &[
        ("OverallResult success=\"true\"", Outcome::Passed),
        ("OverallResult success=\"false\"", Outcome::Failed),
        ("success, with failing assertions: [!mayfail], [!shouldfail]", Outcome::Xfailed),
        ("success, with skips", Outcome::Skipped),
        ("FatalErrorCondition", Outcome::Crashed),
        ("a test case without an OverallResult", Outcome::Unfinished),
    ],
    incomplete: "the file ends before its root does",
    totals: "cases of each result, of the run and of each group (`OverallResultsCases`); failed assertions, which need \
             a failed case",
    link: "https://github.com/catchorg/Catch2/blob/devel/docs/reporters.md",
    sniff: Sniff::Xml(xml_report::has_root::<Catch2Reader>),
    read: xml_report::read::<Catch2Reader>,
};

const MAY_FAIL_TAGS: [&str; 2] = ["[!mayfail]", "[!shouldfail]"];

#[derive(Default)]
struct Catch2Reader {
    /// The cases of the present group, and of the others.
    group: Catch2Counts,
    others: Catch2Counts,
    case: Catch2Case,
}

#[derive(Default)]
struct Catch2Counts {
    cases: u64,
    passed: u64,
}

#[derive(Default)]
struct Catch2Case {
    test: TestCase,
    /// Whether an assertion failed.
    failed: bool,
    may_fail: bool,
    crashed: bool,
}

impl XmlReport for Catch2Reader {
    const ROOTS: &'static [&'static str] = &["Catch2TestRun", "Catch"];
    const ELEMENTS: &'static [&'static str] = &[
        "Group",
        "TestCase",
        "Expression",
        "OverallResult",
        "OverallResults",
        "OverallResultsCases",
    ];
    const TEXTS: &'static [&'static str] =
        &["Original", "Expanded", "Exception", "Failure", "FatalErrorCondition", "Skip"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            name if Catch2Reader::ROOTS.contains(&name) => *self = Catch2Reader::default(),
            "Group" => builder.handle(tag.line, Event::SuiteStarted { name: None }),
            "TestCase" => self.case = Catch2Case::from_tag(tag),
            "Expression" if tag.attribute("success") != "false" => {}
            "Expression" | "Exception" | "Failure" | "FatalErrorCondition" => {
                let crashed = tag.name() == "FatalErrorCondition";
                self.case.crashed |= crashed;
                self.case.failed |= !crashed;
                self.case.test.set_location(&tag.attribute("filename"), &tag.attribute("line"));
            }
            "OverallResult" => self.case.end(tag),
            // Those of assertions.
            "OverallResults" if tag.number("failures") > Some(0) => {
                builder.expect_a_failure(tag.line, "failures of OverallResults");
            }
            "OverallResultsCases" if parent == "Group" => self.group.expect(tag, builder),
            "OverallResultsCases" if Catch2Reader::ROOTS.contains(&parent) => {
                self.end_group();
                self.others.expect(tag, builder);
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent) {
            ("Original" | "Expanded", "Expression") if self.case.failed => {
                self.case.test.add_message(end.text);
            }
            ("Exception" | "Failure" | "FatalErrorCondition" | "Skip", _) => {
                self.case.test.add_message(end.text);
            }
            ("TestCase", _) => {
                self.group.cases += 1;
                self.group.passed += u64::from(self.case.test.outcome == Some(Outcome::Passed));
                self.case.test.emit(builder);
            }
            ("Group", _) => {
                self.end_group();
                builder.handle(end.line, Event::SuiteEnded);
            }
            _ => {}
        }
    }
}

impl Catch2Reader {
    fn end_group(&mut self) {
        let Catch2Counts { cases, passed } = std::mem::take(&mut self.group);
        self.others.cases += cases;
        self.others.passed += passed;
    }
}

impl Catch2Case {
    fn from_tag(tag: &Tag<'_>) -> Catch2Case {
        let tags = tag.attribute("tags");
        Catch2Case {
            test: TestCase::new(tag.line, tag.attribute("name")),
            may_fail: MAY_FAIL_TAGS.iter().any(|may_fail| tags.contains(may_fail)),
            ..Catch2Case::default()
        }
    }

    /// Handles an `OverallResult`.
    fn end(&mut self, tag: &Tag<'_>) {
        let success = tag.attribute("success");
        self.test.outcome = Some(match &*success {
            "true" if self.failed && self.may_fail => Outcome::Xfailed,
            "true" => match &*tag.attribute("skips") {
                "" | "0" => Outcome::Passed,
                skips if skips.parse::<u64>().is_ok() => Outcome::Skipped,
                _ => Outcome::Failed,
            },
            _ if self.crashed => Outcome::Crashed,
            _ => Outcome::Failed,
        });
        if !matches!(&*success, "true" | "false") {
            self.test.add_message(&unknown("success", &success));
        }
    }
}

impl Catch2Counts {
    fn expect(&self, tag: &Tag<'_>, builder: &mut RunBuilder<'_>) {
        let count = |name: &str| tag.number(name).unwrap_or(0);
        let (passed, failed) = (count("successes"), count("failures"));
        let skipped = count("expectedFailures").saturating_add(count("skips"));
        let passed_too = passed.saturating_add(self.cases - self.passed);
        builder.expect_tests(tag.line, saturating_sum([passed, failed, skipped]).max(passed_too));
        builder.expect_failures(tag.line, failed);
        builder.expect_skips(tag.line, skipped);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn failing_assertion_that_no_case_shows_is_a_gap() {
        let gaps = |failures: u64| {
            let case = "<TestCase name='a'><OverallResult success='true'/></TestCase>";
            let totals = format!("<OverallResults successes='1' failures='{failures}'/>");
            read_as("catch2-xml", &format!("<Catch2TestRun>{case}{totals}</Catch2TestRun>")).1.len()
        };
        assert_eq!([0, 1].map(gaps), [0, 1]);
    }
}
