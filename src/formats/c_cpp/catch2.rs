//! The XML reporter of Catch2, versions 1 to 3.
//!
//! A test that failed as its tags allow is reported as a success; only its assertions show the failure.

use crate::formats::emit::{ElementEnd, TestCase, XmlReport, test_record, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
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
    incomplete: "the file ends before its root does; fewer cases than its last counts",
    totals: "",
    link: "https://github.com/catchorg/Catch2/blob/devel/docs/reporters.md",
    sniff: Sniff::Xml(xml_report::has_root::<Catch2Reader>),
    read: xml_report::read::<Catch2Reader>,
};

const MAY_FAIL_TAGS: [&str; 2] = ["[!mayfail]", "[!shouldfail]"];

/// The counts of an `OverallResultsCases`, without those of failures.
const CASE_COUNTS: [&str; 3] = ["successes", "expectedFailures", "skips"];

#[derive(Default)]
struct Catch2Reader {
    case: TestCase,
    /// Whether an assertion failed.
    failed: bool,
    may_fail: bool,
    crashed: bool,
}

impl XmlReport for Catch2Reader {
    const ROOTS: &'static [&'static str] = &["Catch2TestRun", "Catch"];
    const ELEMENTS: &'static [&'static str] =
        &["TestCase", "Expression", "OverallResult", "OverallResultsCases"];
    const TEXTS: &'static [&'static str] =
        &["Original", "Expanded", "Exception", "Failure", "FatalErrorCondition", "Skip"];

    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestCase" => {
                let tags = tag.attribute("tags");
                *self = Catch2Reader {
                    case: TestCase::new(tag.line, tag.attribute("name")),
                    may_fail: MAY_FAIL_TAGS.iter().any(|may_fail| tags.contains(may_fail)),
                    ..Catch2Reader::default()
                };
            }
            "Expression" if tag.attribute("success") != "false" => {}
            "Expression" | "Exception" | "Failure" | "FatalErrorCondition" => {
                let crashed = tag.name() == "FatalErrorCondition";
                self.crashed |= crashed;
                self.failed |= !crashed;
                self.case.set_location(&tag.attribute("filename"), &tag.attribute("line"));
            }
            "OverallResult" => {
                let skips = !matches!(&*tag.attribute("skips"), "" | "0");
                self.case.outcome = Some(match &*tag.attribute("success") {
                    "true" if self.failed && self.may_fail => Outcome::Xfailed,
                    "true" if skips => Outcome::Skipped,
                    "true" => Outcome::Passed,
                    _ if self.crashed => Outcome::Crashed,
                    _ => Outcome::Failed,
                });
            }
            // The groups of version 2 have their own counts.
            "OverallResultsCases" if Catch2Reader::ROOTS.contains(&parent) => {
                let count = |name: &str| tag.number(name).unwrap_or(0);
                let failed = count("failures");
                let others = test_record::saturating_sum(CASE_COUNTS.map(count));
                builder.expect_tests(tag.line, others.saturating_add(failed));
                builder.expect_failures(tag.line, failed);
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, end.parent) {
            ("Original" | "Expanded", "Expression") if self.failed => {
                self.case.add_message(end.text);
            }
            ("Exception" | "Failure" | "FatalErrorCondition" | "Skip", _) => {
                self.case.add_message(end.text);
            }
            ("TestCase", _) => self.case.emit(builder),
            _ => {}
        }
    }
}
