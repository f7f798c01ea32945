//! failsafe-summary.xml, which Maven's Failsafe writes beside its JUnit XML.
//!
//! In: elements. Out: at most one event, no tests: those are in the other files. The trap: it is the
//! only file that tells when the virtual machine of the tests died before any of them ran.
//!
//! <https://maven.apache.org/surefire/maven-failsafe-plugin/verify-mojo.html>

use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["failsafe-summary"],
    title: "failsafe-summary.xml of Maven's Failsafe, read beside its JUnit XML",
    test_name: "it names no tests",
    outcomes: &[("a failureMessage, timeout=\"true\": the run is incomplete", Outcome::Unfinished)],
    incomplete: "the file ends before its root does; it holds a failure of the run itself",
    link: "https://maven.apache.org/surefire/maven-failsafe-plugin/verify-mojo.html",
    sniff: Sniff::Xml(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &XmlHead) -> bool {
    xml_report::has_root::<FailsafeReader>(head)
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut FailsafeReader::default(), builder)
}

/// A summary.
#[derive(Default)]
struct FailsafeReader {
    line: u32,
    timed_out: bool,
    failure: String,
}

impl XmlReport for FailsafeReader {
    const ROOTS: &'static [&'static str] = &["failsafe-summary"];
    const ELEMENTS: &'static [(&'static str, Content)] =
        &[("failsafe-summary", Content::Children), ("failureMessage", Content::Text)];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        if tag.name() == "failsafe-summary" {
            self.line = tag.line;
            self.timed_out = tag.attribute("timeout") == "true";
        }
    }

    fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match closed.name {
            "failureMessage" => self.failure = closed.text.to_owned(),
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
