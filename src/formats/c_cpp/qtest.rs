//! Qt Test's XML.
//!
//! In: elements. Out: events. The trap: a function has one incident for each row of its data, and one
//! row can have several: an expected failure is told where it happens, and the end of the row again.
//!
//! <https://doc.qt.io/qt-6/qtest-overview.html>

use crate::formats::emit::test_case::{self, TestCase};
use crate::formats::emit::xml_report::{self, Ancestors, Content, ElementEnd, XmlHead, XmlReport};
use crate::formats::emit::{names, test_record};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Outcome, RunBuilder};
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["qtest"],
    title: "Qt Test's XML (`-o FILE,xml`)",
    test_name: "`class::function`, with the row of its data: `class::function(row)`, as Qt Test prints it",
    outcomes: &INCIDENT_TYPES,
    incomplete: "the file ends before its root does; a function without an incident",
    link: "https://doc.qt.io/qt-6/qtest-overview.html",
    sniff: Sniff::Xml(sniff),
    read,
};

/// What incidents mean. Those of functions on the blacklist count for nothing.
const INCIDENT_TYPES: [(&str, Outcome); 9] = [
    ("pass", Outcome::Passed),
    ("bpass", Outcome::Passed),
    ("fail", Outcome::Failed),
    ("xpass", Outcome::Xpassed),
    ("xfail", Outcome::Xfailed),
    ("bfail", Outcome::Xfailed),
    ("bxpass", Outcome::Xfailed),
    ("bxfail", Outcome::Xfailed),
    ("skip", Outcome::Skipped),
];

/// The messages that are verdicts.
const MESSAGE_TYPES: [(&str, Outcome); 2] =
    [("skip", Outcome::Skipped), ("qfatal", Outcome::Crashed)];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(opening: &XmlHead) -> bool {
    xml_report::has_root::<QtestReader>(opening)
        && opening.names[1..]
            .iter()
            .any(|name| ["TestFunction", "QtVersion"].contains(&name.as_str()))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    xml_report::read(input, &mut QtestReader::default(), builder)
}

/// A run.
#[derive(Default)]
struct QtestReader {
    class: String,
    function: String,
    line: u32,
    /// The last row of the function, which further incidents may concern.
    row: Option<QtestRow>,
    incident: Option<QtestRow>,
}

/// What is said of a row, or of a function without rows.
#[derive(Default)]
struct QtestRow {
    tag: String,
    case: TestCase,
}

impl XmlReport for QtestReader {
    const ROOTS: &'static [&'static str] = &["TestCase"];
    const ELEMENTS: &'static [(&'static str, Content)] = &[
        ("TestCase", Content::Children),
        ("TestFunction", Content::Children),
        ("Incident", Content::Children),
        ("Message", Content::Children),
        ("DataTag", Content::Text),
        ("Description", Content::Text),
    ];

    fn open(&mut self, _: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestCase" => self.class = tag.attribute("name").into_owned(),
            "TestFunction" => {
                self.function = tag.attribute("name").into_owned();
                self.line = tag.line;
            }
            "Incident" => {
                let outcome =
                    test_case::outcome_for_ignore_case(&INCIDENT_TYPES, &tag.attribute("type"));
                self.incident = Some(QtestRow::new(tag, outcome));
            }
            "Message" => {
                let known = test_record::lookup(&MESSAGE_TYPES, &*tag.attribute("type"));
                self.incident = known.map(|outcome| QtestRow::new(tag, outcome));
            }
            _ => {}
        }
    }

    fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (closed.name, &mut self.incident) {
            ("DataTag", Some(incident)) => incident.tag = closed.text.to_owned(),
            ("Description", Some(incident)) => incident.case.add_message(closed.text),
            ("Incident" | "Message", _) => {
                if let Some(incident) = self.incident.take() {
                    self.add_incident(incident, builder);
                }
            }
            ("TestCase", _) => {
                // What was said outside any function.
                if let Some(row) = self.row.take() {
                    self.function.clear();
                    self.emit_row(row, builder);
                }
            }
            ("TestFunction", _) => match self.row.take() {
                Some(row) => self.emit_row(row, builder),
                None => self.emit_row(
                    QtestRow { case: TestCase::new(self.line, ""), ..QtestRow::default() },
                    builder,
                ),
            },
            _ => {}
        }
    }
}

impl QtestReader {
    fn add_incident(&mut self, incident: QtestRow, builder: &mut RunBuilder<'_>) {
        match &mut self.row {
            Some(row) if row.tag == incident.tag => {
                if let Some(outcome) = incident.case.outcome {
                    row.case.add_outcome(outcome);
                }
                row.case.add_message(incident.case.message.text());
            }
            _ => {
                if let Some(row) = self.row.replace(incident) {
                    self.emit_row(row, builder);
                }
            }
        }
    }

    fn emit_row(&self, mut row: QtestRow, builder: &mut RunBuilder<'_>) {
        row.case.name = names::join_child(&self.class, &self.function, "::");
        if !row.tag.is_empty() {
            row.case.name.push_str(&format!("({})", row.tag));
        }
        row.case.emit(builder);
    }
}

impl QtestRow {
    fn new(tag: &Tag<'_>, outcome: Outcome) -> QtestRow {
        let mut case = TestCase::new(tag.line, "");
        case.add_outcome(outcome);
        case.set_location(&tag.attribute("file"), &tag.attribute("line"));
        QtestRow { tag: String::new(), case }
    }
}
