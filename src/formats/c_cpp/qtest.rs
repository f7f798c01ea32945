//! Qt Test's XML.
//!
//! A function has an incident for each row of its data, and a row can have several: an expected failure is reported
//! where it happens, and the end of the row again.

use crate::formats::emit::{
    ElementEnd, TestCase, XmlReport, lookup_ignore_case, names, xml_report,
};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::Tag;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["qtest"],
    title: "Qt Test's XML (`-o FILE,xml`)",
    test_name: "`class::function`, with the row of its data: `class::function(row)`, as Qt Test prints it",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; a function without an incident",
    totals: "none: the format declares none",
    link: "https://doc.qt.io/qt-6/qtest-overview.html",
    sniff: Sniff::Xml(|head| {
        xml_report::has_root::<QtestReader>(head) && head.has_inner(&["TestFunction", "QtVersion"])
    }),
    read: xml_report::read::<QtestReader>,
};

/// The types of incidents and messages. Those of functions on the blacklist never fail.
const OUTCOMES: [(&str, Outcome); 10] = [
    ("pass", Outcome::Passed),
    ("bpass", Outcome::Passed),
    ("fail", Outcome::Failed),
    ("xpass", Outcome::Xpassed),
    ("xfail", Outcome::Xfailed),
    ("bfail", Outcome::Xfailed),
    ("bxpass", Outcome::Xfailed),
    ("bxfail", Outcome::Xfailed),
    ("skip", Outcome::Skipped),
    ("qfatal", Outcome::Crashed),
];

/// The types of messages that have no outcome.
const NEUTRAL_MESSAGES: [&str; 7] =
    ["qdebug", "qinfo", "qwarn", "qcritical", "system", "info", "warn"];

#[derive(Default)]
struct QtestReader {
    class: String,
    function: String,
    line: u32,
    /// The last row of the function, which further incidents may concern.
    row: Option<QtestRow>,
    incident: Option<QtestRow>,
}

/// A row, or a function without rows.
struct QtestRow {
    tag: String,
    case: TestCase,
}

impl XmlReport for QtestReader {
    const ROOTS: &'static [&'static str] = &["TestCase"];
    const ELEMENTS: &'static [&'static str] = &["TestFunction", "Incident", "Message"];
    const TEXTS: &'static [&'static str] = &["DataTag", "Description"];

    fn open(&mut self, tag: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {
        match tag.name() {
            "TestCase" => self.class = tag.attribute("name").into_owned(),
            "TestFunction" => {
                self.function = tag.attribute("name").into_owned();
                self.line = tag.line;
            }
            "Incident" => {
                self.incident = Some(QtestRow::new(tag));
            }
            "Message" => {
                let is_neutral = NEUTRAL_MESSAGES.contains(&&*tag.attribute("type"));
                self.incident = (!is_neutral).then(|| QtestRow::new(tag));
            }
            _ => {}
        }
    }

    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>) {
        match (end.name, &mut self.incident) {
            ("DataTag", Some(incident)) => incident.tag = end.text.to_owned(),
            ("Description", Some(incident)) => incident.case.add_message(end.text),
            ("Incident" | "Message", _) => {
                if let Some(incident) = self.incident.take() {
                    self.add_incident(incident, builder);
                }
            }
            ("TestCase", _) => {
                // An incident outside any function.
                if let Some(row) = self.row.take() {
                    self.function.clear();
                    self.emit_row(row, builder);
                }
            }
            ("TestFunction", _) => {
                let row = self.row.take().unwrap_or_else(|| QtestRow {
                    tag: String::new(),
                    case: TestCase::new(self.line, ""),
                });
                self.emit_row(row, builder);
            }
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
    fn new(tag: &Tag<'_>) -> QtestRow {
        let mut case = TestCase::new(tag.line, "");
        let kind = tag.attribute("type");
        case.add_known(lookup_ignore_case(&OUTCOMES, kind.trim()), "type", &kind);
        case.set_location(&tag.attribute("file"), &tag.attribute("line"));
        QtestRow { tag: String::new(), case }
    }
}
