//! Qt Test's XML.
//!
//! In: elements. Out: events. The trap: a function has one incident for each row of its data, and one
//! row can have several: an expected failure is told where it happens, and the end of the row again.
//!
//! <https://doc.qt.io/qt-6/qtest-overview.html>

use crate::formats::About;
use crate::formats::emit::test_case::{self, Case};
use crate::formats::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::formats::emit::{names, test_record};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Qt Test's XML (`-o FILE,xml`)",
    names: "`class::function`, with the row of its data: `class::function(row)`, as Qt Test prints it",
    outcomes: &TYPES,
    incomplete: "the file ends before its root does; a function without an incident",
    link: "https://doc.qt.io/qt-6/qtest-overview.html",
};

/// What incidents mean. Those of functions on the blacklist count for nothing.
const TYPES: [(&str, Outcome); 9] = [
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
const MESSAGES: [(&str, Outcome); 2] = [("skip", Outcome::Skipped), ("qfatal", Outcome::Crashed)];

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    xml_report::has_root::<QTest>(opening)
        && opening.names[1..]
            .iter()
            .any(|name| ["TestFunction", "QtVersion"].contains(&name.as_str()))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut QTest::default(), builder)
}

/// A run.
#[derive(Default)]
struct QTest {
    class: String,
    function: String,
    line: u32,
    /// The last row of the function, which further incidents may concern.
    row: Option<Row>,
    incident: Option<Row>,
}

/// What is said of a row, or of a function without rows.
#[derive(Default)]
struct Row {
    tag: String,
    case: Case,
}

impl Elements for QTest {
    const ROOTS: &'static [&'static str] = &["TestCase"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("TestCase", Content::Elements),
        ("TestFunction", Content::Elements),
        ("Incident", Content::Elements),
        ("Message", Content::Elements),
        ("DataTag", Content::Text),
        ("Description", Content::Text),
    ];

    fn open<S: Sink>(&mut self, _: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
        match tag.name() {
            "TestCase" => self.class = tag.attribute("name").into_owned(),
            "TestFunction" => {
                self.function = tag.attribute("name").into_owned();
                self.line = tag.line;
            }
            "Incident" => {
                let outcome = test_case::caseless_outcome(&TYPES, &tag.attribute("type"));
                self.incident = Some(Row::of(tag, outcome));
            }
            "Message" => {
                let known = test_record::look_up(&MESSAGES, &*tag.attribute("type"));
                self.incident = known.map(|outcome| Row::of(tag, outcome));
            }
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        _: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, &mut self.incident) {
            ("DataTag", Some(incident)) => incident.tag = closed.text.to_owned(),
            ("Description", Some(incident)) => incident.case.say(closed.text),
            ("Incident" | "Message", _) => {
                if let Some(incident) = self.incident.take() {
                    self.add(incident, builder);
                }
            }
            ("TestCase", _) => {
                // What was said outside any function.
                if let Some(row) = self.row.take() {
                    self.function.clear();
                    self.end(row, builder);
                }
            }
            ("TestFunction", _) => match self.row.take() {
                Some(row) => self.end(row, builder),
                None => self.end(Row { case: Case::new(self.line, ""), ..Row::default() }, builder),
            },
            _ => {}
        }
    }
}

impl QTest {
    fn add<S: Sink>(&mut self, incident: Row, builder: &mut RunBuilder<'_, S>) {
        match &mut self.row {
            Some(row) if row.tag == incident.tag => {
                if let Some(outcome) = incident.case.outcome {
                    row.case.add(outcome);
                }
                row.case.say(incident.case.message.text());
            }
            _ => {
                if let Some(row) = self.row.replace(incident) {
                    self.end(row, builder);
                }
            }
        }
    }

    fn end<S: Sink>(&self, mut row: Row, builder: &mut RunBuilder<'_, S>) {
        row.case.name = names::below(&self.class, &self.function, "::");
        if !row.tag.is_empty() {
            row.case.name.push_str(&format!("({})", row.tag));
        }
        row.case.end(builder);
    }
}

impl Row {
    fn of(tag: &Tag<'_>, outcome: Outcome) -> Row {
        let mut case = Case::new(tag.line, "");
        case.add(outcome);
        case.stands(&tag.attribute("file"), &tag.attribute("line"));
        Row { tag: String::new(), case }
    }
}
