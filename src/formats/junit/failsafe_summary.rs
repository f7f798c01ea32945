//! failsafe-summary.xml, which Maven's Failsafe writes along with its JUnit XML.
//!
//! It has no tests: those are in the other files. It is the only file that shows that the tests' virtual machine died
//! before any of them ran.

use crate::formats::emit::{ElementEnd, XmlReport, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["failsafe-summary"],
    title: "failsafe-summary.xml of Maven's Failsafe, read along with its JUnit XML",
    test_name: "it names no tests",
    outcomes: &[("a failureMessage, timeout=\"true\": the run is incomplete", Outcome::Unfinished)],
    incomplete: "the file ends before its root does; it holds a failure of the run itself",
    totals: "",
    link: "https://maven.apache.org/surefire/maven-failsafe-plugin/verify-mojo.html",
    sniff: Sniff::Xml(xml_report::has_root::<FailsafeReader>),
    read: xml_report::read::<FailsafeReader>,
};

#[derive(Default)]
struct FailsafeReader {
    line: u32,
    timed_out: bool,
    failure: String,
}

impl XmlReport for FailsafeReader {
    const ROOTS: &'static [&'static str] = &["failsafe-summary"];
    const ELEMENTS: &'static [&'static str] = &[];
    const TEXTS: &'static [&'static str] = &["failureMessage"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        if tag.name() == "failsafe-summary" {
            self.line = tag.line;
            self.timed_out = tag.attribute("timeout") == "true";
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            "failureMessage" => self.failure = end.text.to_owned(),
            "failsafe-summary" => {
                // The tests are in other files.
                builder.expect_tests(self.line, 0);
                let why = match (self.failure.lines().next(), self.timed_out) {
                    (Some(why), _) => why.to_owned(),
                    (None, true) => "the tests ran out of time".to_owned(),
                    (None, false) => return,
                };
                builder.handle(self.line, Event::BailedOut { why: why.into() });
            }
            _ => {}
        }
    }
}
