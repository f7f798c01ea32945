//! failsafe-summary.xml, which Maven's Failsafe writes along with its JUnit XML.
//!
//! It has no tests: those are in the other files. It is the only file that shows that the tests' virtual machine died
//! before any of them ran.

use crate::formats::emit::{ElementEnd, XmlReport, lookup, total_in_text, unknown, xml_report};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["failsafe-summary"],
    title: "failsafe-summary.xml of Maven's Failsafe, read along with its JUnit XML",
    test_name: "it names no tests",
    outcomes: &[("a failureMessage, timeout=\"true\": the run is incomplete", Outcome::Unfinished)],
    incomplete: "the file ends before its root does; it holds a failure of the run itself; an element or a \
                 value of result or timeout that Failsafe does not write; result=\"255\" without a failure",
    totals: "none: its numbers are those of the JUnit XML next to it; its result is compared with its own numbers",
    link: "https://maven.apache.org/surefire/maven-failsafe-plugin/verify-mojo.html",
    sniff: Sniff::Xml(xml_report::has_root::<FailsafeReader>),
    read: xml_report::read::<FailsafeReader>,
};

/// The values of `result`, and whether something failed: none, `RunResult.NO_TESTS` and `RunResult.FAILURE` of
/// `maven-surefire`.
const RESULTS: [(&str, bool); 4] = [("", false), ("0", false), ("254", false), ("255", true)];

/// The values of `timeout`.
const TIMEOUTS: [(&str, bool); 3] = [("", false), ("false", false), ("true", true)];

#[derive(Default)]
struct FailsafeReader {
    line: u32,
    /// The value of `result` if it means that something failed, or is not known.
    failed: Option<String>,
    /// The same of `timeout`.
    timed_out: Option<String>,
    /// The number of failures and errors.
    failing: u64,
    failure: String,
    unknown: Option<String>,
}

impl XmlReport for FailsafeReader {
    const ROOTS: &'static [&'static str] = &["failsafe-summary"];
    const ELEMENTS: &'static [&'static str] = &[];
    const TEXTS: &'static [&'static str] =
        &["completed", "errors", "failures", "skipped", "flakes", "failureMessage"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        if tag.name() == "failsafe-summary" {
            let bad = |name: &str, known: &[(&str, bool)]| {
                let value = tag.attribute(name);
                let is_bad = lookup(known, &*value).unwrap_or(true);
                is_bad.then(|| format!("{name}=\"{value}\""))
            };
            self.line = tag.line;
            self.failed = bad("result", &RESULTS);
            self.timed_out = bad("timeout", &TIMEOUTS);
        }
    }

    fn open_unknown(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
        if parent == "failsafe-summary" {
            self.unknown = Some(unknown("element", tag.name()));
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            "failureMessage" => self.failure = end.text.to_owned(),
            "errors" | "failures" => {
                let failing = total_in_text(end.name, end.text, end.line, builder);
                self.failing = self.failing.saturating_add(failing.unwrap_or(0));
            }
            "failsafe-summary" => {
                // The tests are in other files.
                builder.expect_tests(self.line, 0);
                if let Some(why) = self.why_incomplete() {
                    builder.handle(self.line, Event::BailedOut { why: why.into() });
                }
            }
            _ => {}
        }
    }
}

impl FailsafeReader {
    fn why_incomplete(&mut self) -> Option<String> {
        if let Some(why) = self.failure.lines().next() {
            return Some(why.to_owned());
        }
        if let Some(timed_out) = self.timed_out.take() {
            let is_known = timed_out == "timeout=\"true\"";
            let why = if is_known { "the tests ran out of time".to_owned() } else { timed_out };
            return Some(why);
        }
        // Failures are in the other files.
        let failed = self.failed.take();
        let is_explained = self.failing > 0 && failed.as_deref() == Some("result=\"255\"");
        self.unknown.take().or(failed.filter(|_| !is_explained))
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn verdict_without_a_failure_is_a_gap() {
        let gaps = |attributes: &str, inside: &str| {
            let text = format!("<failsafe-summary {attributes}>{inside}</failsafe-summary>");
            read_as("failsafe-summary", &text).1.len()
        };
        let numbers = "<completed>3</completed><errors>0</errors><failures>1</failures>";
        for (attributes, inside, want) in [
            ("timeout='false'", "<completed>3</completed><failureMessage/>", 0),
            ("result='255' timeout='false'", numbers, 0),
            ("result='254' timeout='false'", "<completed>0</completed>", 0),
            ("result='255' timeout='false'", "<completed>3</completed>", 1),
            ("result='7' timeout='false'", numbers, 1),
            ("timeout='true'", numbers, 1),
            ("timeout='zorked'", numbers, 1),
            ("timeout='false'", "<zorked>1</zorked>", 1),
            ("timeout='false'", "<failureMessage>boom</failureMessage>", 1),
        ] {
            assert_eq!(gaps(attributes, inside), want, "{attributes} {inside}");
        }
    }
}
