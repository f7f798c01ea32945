//! xUnit.net's result files: version 2 and later (`assemblies`), version 1 (`assembly` with classes).
//!
//! In: elements. Out: events. The trap: what fails outside a test, as the clean-up of a collection,
//! is an error of the assembly or a failure of the class, and no test tells it: it is a result of its
//! own.
//!
//! <https://xunit.net/docs/format-xml-v2>

use crate::formats::emit::names;
use crate::formats::emit::test_case::{self, Case};
use crate::formats::emit::xml_report::{self, Around, Closed, Content, Elements, Opening};
use crate::formats::{About, dotnet};
use crate::model::{Event, Outcome, PlanScope, RunBuilder, Sink};
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use std::io::Read;

pub const ABOUT: About = About {
    title: "XML of xUnit.net, versions 1 to 3",
    names: "the display name, which is `Namespace.Class.Method(args)`; behind the class where it is \
            another",
    outcomes: &OUTCOMES,
    incomplete: "the file ends before its root does; an assembly has fewer tests or failures than it \
                 announces",
    link: "https://xunit.net/docs/format-xml-v2",
};

const OUTCOMES: [(&str, Outcome); 5] = [
    ("Pass", Outcome::Passed),
    ("Fail", Outcome::Failed),
    ("Skip", Outcome::Skipped),
    ("NotRun", Outcome::Skipped),
    ("error", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(opening: &Opening) -> bool {
    let known = ["assembly", "collection", "class", "errors"];
    xml_report::has_root::<XUnit>(opening)
        && opening.names.get(1).is_none_or(|name| known.contains(&name.as_str()))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    xml_report::read(input, &mut XUnit::default(), builder)
}

/// A run.
#[derive(Default)]
struct XUnit {
    assembly: Assembly,
    class: String,
    /// The open test, or what failed outside a test.
    open: Option<Case>,
}

#[derive(Default)]
struct Assembly {
    line: u32,
    total: Option<u64>,
    failed: Option<u64>,
    not_run: u64,
    tests: u64,
    /// What failed outside a test.
    others: u64,
}

impl Elements for XUnit {
    const ROOTS: &'static [&'static str] = &["assemblies", "assembly"];
    const KNOWN: &'static [(&'static str, Content)] = &[
        ("assemblies", Content::Elements),
        ("assembly", Content::Elements),
        ("class", Content::Elements),
        ("test", Content::Elements),
        ("error", Content::Elements),
        ("failure", Content::Elements),
        ("message", Content::Text),
        ("stack-trace", Content::Text),
        ("reason", Content::Text),
        ("source-file", Content::Text),
        ("source-line", Content::Text),
    ];

    fn open<S: Sink>(
        &mut self,
        around: Around<'_>,
        tag: &Tag<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (tag.name(), around.parent()) {
            ("assembly", _) => {
                builder.event(tag.line, Event::SuiteStarted { name: None });
                let number = |name: &str| tag.attribute(name).trim().parse::<u64>().ok();
                self.assembly = Assembly {
                    line: tag.line,
                    total: number("total"),
                    failed: number("failed"),
                    not_run: number("not-run").unwrap_or(0),
                    ..Assembly::default()
                };
            }
            ("class", _) => self.class = tag.attribute("name").into_owned(),
            ("test", _) => {
                let (class, name) = (tag.attribute("type"), tag.attribute("name"));
                let name = if name.is_empty() { tag.attribute("method") } else { name };
                let mut case = Case::new(tag.line, names::of_class(&class, &name, "."));
                case.add(test_case::caseless_outcome(&OUTCOMES, &tag.attribute("result")));
                case.stands(&tag.attribute("source-file"), &tag.attribute("source-line"));
                self.open = Some(case);
            }
            ("error", _) => {
                let (kind, name) = (tag.attribute("type"), tag.attribute("name"));
                let name =
                    if name.is_empty() { kind.into_owned() } else { format!("{name} ({kind})") };
                self.open = Some(Case::new(tag.line, name));
            }
            ("failure", "class") => self.open = Some(Case::new(tag.line, self.class.clone())),
            _ => {}
        }
    }

    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    ) {
        match (closed.name, around.parent(), &mut self.open) {
            ("message", "failure", Some(case)) => dotnet::say_failure(case, closed.text),
            ("reason", "test", Some(case)) => case.say(closed.text),
            ("stack-trace", "failure", Some(case)) => dotnet::say_stack(case, closed.text),
            ("source-file", "test", Some(case)) => case.stands(closed.text, ""),
            ("source-line", "test", Some(case)) => {
                case.file_line = case.file_line.or(closed.text.parse().ok());
            }
            ("failure", "test", Some(case)) => case.add(Outcome::Failed),
            ("test", ..) => {
                self.assembly.tests += 1;
                self.end(builder);
            }
            ("error", ..) | ("failure", "class", _) => {
                if let Some(case) = &mut self.open {
                    case.add(Outcome::Errored);
                }
                self.assembly.others += 1;
                self.end(builder);
            }
            ("assembly", ..) => self.announce(closed.line, builder),
            _ => {}
        }
    }
}

impl XUnit {
    fn end<S: Sink>(&mut self, builder: &mut RunBuilder<'_, S>) {
        if let Some(case) = self.open.take() {
            case.end(builder);
        }
    }

    fn announce<S: Sink>(&mut self, line: u32, builder: &mut RunBuilder<'_, S>) {
        let Assembly { line: begun, total, failed, not_run, tests, others } =
            std::mem::take(&mut self.assembly);
        if let Some(total) = total {
            // Tests that only run when asked for are counted apart.
            let known = total..=total.saturating_add(not_run);
            let tests = if known.contains(&tests) { tests } else { total };
            let tests = tests.saturating_add(others);
            builder.event(begun, Event::Plan { tests, scope: PlanScope::Descendants });
        }
        if let Some(tests) = failed {
            let tests = tests.saturating_add(others);
            builder.event(begun, Event::AnnouncedFailing { tests });
        }
        builder.event(line, Event::SuiteEnded);
    }
}
