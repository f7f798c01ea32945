//! The XML reporter of Catch2, versions 1 to 3.
//!
//! In: elements. Out: events. The trap: a test that failed as its tags allow has success all the same;
//! only its assertions tell it.
//!
//! <https://github.com/catchorg/Catch2/blob/devel/docs/reporters.md>

use crate::formats::emit::test_case::TestCase;
use crate::formats::emit::test_record;
use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

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
    incomplete: "the file ends before its root does; fewer cases than its last counts say",
    link: "https://github.com/catchorg/Catch2/blob/devel/docs/reporters.md",
    sniff: Sniff::Xml(sniff),
    read,
};

/// The tags of tests whose failure is no failure.
const MAY_FAIL_TAGS: [&str; 2] = ["[!mayfail]", "[!shouldfail]"];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<Catch2Reader>(opening)
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut Catch2Reader::default(), builder)
}

/// A run.
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
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("Catch2TestRun", Content::Children),
        ("Catch", Content::Children),
        ("TestCase", Content::Children),
        ("Expression", Content::Children),
        ("Original", Content::Text),
        ("Expanded", Content::Text),
        ("Exception", Content::Text),
        ("Failure", Content::Text),
        ("FatalErrorCondition", Content::Text),
        ("Skip", Content::Text),
        ("OverallResult", Content::Children),
        ("OverallResultsCases", Content::Children),
    ];

    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, builder: &mut RunBuilder<'_>) {
        let location = (tag.attribute("filename"), tag.attribute("line"));
        match tag.name() {
            "TestCase" => {
                self.case = TestCase::new(tag.line, tag.attribute("name"));
                (self.failed, self.crashed) = (false, false);
                let tags = tag.attribute("tags");
                self.may_fail = MAY_FAIL_TAGS.iter().any(|may_fail| tags.contains(may_fail));
            }
            "Expression" if tag.attribute("success") == "false" => {
                self.failed = true;
                self.case.set_location(&location.0, &location.1);
            }
            "Exception" | "Failure" => {
                self.failed = true;
                self.case.set_location(&location.0, &location.1);
            }
            "FatalErrorCondition" => {
                self.crashed = true;
                self.case.set_location(&location.0, &location.1);
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
            "OverallResultsCases" if matches!(ancestors.parent(), "Catch" | "Catch2TestRun") => {
                let count = |name: &str| tag.attribute(name).trim().parse().unwrap_or(0);
                let [passed, failed, expected, skipped]: [u64; 4] =
                    ["successes", "failures", "expectedFailures", "skips"].map(count);
                let counts = [passed, failed, expected, skipped];
                let tests = test_record::saturating_sum(counts);
                builder.expect_tests(tag.line, tests);
                builder.expect_failures(tag.line, failed);
            }
            _ => {}
        }
    }

    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    ) {
        let in_expression = ancestors.parent() == "Expression";
        match closed.name {
            "Original" | "Expanded" if in_expression && self.failed => {
                self.case.add_message(closed.text)
            }
            "Exception" | "Failure" | "FatalErrorCondition" | "Skip" => {
                self.case.add_message(closed.text)
            }
            "TestCase" => self.case.emit(builder),
            _ => {}
        }
    }
}
