//! The XML of Check, the unit testing framework for C.
//!
//! Its root has the same name as JUnit's; the namespace distinguishes them.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlHead, XmlReport, lookup_ignore_case, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["check"],
    title: "XML of Check, the unit testing framework for C",
    test_name: "`suite:case:test:iteration`, as Check prints it",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does",
    totals: "none: the format declares none",
    link: "https://libcheck.github.io/check/doc/check_html/check_4.html#XML-Logging",
    sniff: Sniff::Xml(sniff),
    read: xml_report::read::<CheckReader>,
};

const OUTCOMES: [(&str, Outcome); 5] = [
    ("success", Outcome::Passed),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
    ("error: Received signal …", Outcome::Crashed),
    ("error: Test timeout expired", Outcome::TimedOut),
];

/// How the message of an error begins that is a crash or a timeout.
const ERROR_PREFIXES: [(&str, Outcome); 2] =
    [("Received signal", Outcome::Crashed), ("Test timeout", Outcome::TimedOut)];

const NAMESPACE: &str = "http://check.sourceforge.net/ns";

/// Whether a file is of this format, and not JUnit.
pub(crate) fn sniff(head: &XmlHead) -> bool {
    xml_report::has_root::<CheckReader>(head) && head.namespace == NAMESPACE
}

#[derive(Default)]
struct CheckReader {
    suite: String,
    case: TestCase,
    test_id: String,
    iteration: String,
    description: String,
}

impl XmlReport for CheckReader {
    const ROOTS: &'static [&'static str] = &["testsuites"];
    const ELEMENTS: &'static [&'static str] = &["suite", "test"];
    const TEXTS: &'static [&'static str] =
        &["title", "fn", "id", "iteration", "description", "message"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        if tag.name() == "test" {
            self.case = TestCase::new(tag.line, "");
            let result = tag.attribute("result");
            self.case.add_known(lookup_ignore_case(&OUTCOMES, result.trim()), "result", &result);
        }
    }

    fn open_unknown(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>) {
        // In place of a test.
        if parent == "suite" {
            let mut case = TestCase::new(tag.line, &*self.suite);
            case.add_unknown("element", tag.name());
            case.emit(builder);
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match end.name {
            "title" => self.suite = end.text.to_owned(),
            "id" => self.test_id = end.text.to_owned(),
            "iteration" => self.iteration = end.text.to_owned(),
            "description" => self.description = end.text.to_owned(),
            "fn" => {
                let (file, line) = end.text.rsplit_once(':').unwrap_or((end.text, ""));
                self.case.set_location(file, line);
            }
            "message" => {
                if self.case.outcome == Some(Outcome::Errored)
                    && let Some((_, outcome)) =
                        ERROR_PREFIXES.iter().find(|(prefix, _)| end.text.starts_with(prefix))
                {
                    self.case.outcome = Some(*outcome);
                }
                self.case.add_message(end.text);
            }
            "test" => {
                let parts = [&self.suite, &self.description, &self.test_id, &self.iteration];
                let parts = parts.map(String::as_str);
                let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                self.case.name = parts.join(":");
                self.case.emit(builder);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn unknown_element_in_place_of_a_test_is_a_failure() {
        let suite = "<suite><title>S</title><zorked result='failure'/></suite>";
        let xml = format!(
            "<testsuites xmlns='http://check.sourceforge.net/ns'><datetime/>{suite}</testsuites>"
        );
        assert_eq!(read_as("check", &xml).0, ["failed S: unknown element `zorked`"]);
    }
}
