//! JUnit outcomes, compared with those of another XML reader.
//!
//! Well-formed reports of a plain shape (suites, cases, and in a case a failure, an error or a skip) are read twice: by our reader,
//! and with quick-xml by the plain rule. Reports of other shapes prove nothing.

use super::choices::Choices;
use knownfail::formats::Format;
use knownfail::model::{Gap, Outcome, ProblemKind, ReadConfig, RunBuilder, Sink, TestResult};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// The first byte selects between a report and choices that make one.
pub(crate) fn junit(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let report = match first % 2 {
        0 => generate(&mut Choices::new(rest)),
        _ => String::from_utf8_lossy(rest).into_owned(),
    };
    if let Some(plain) = read_reference(&report) {
        let mut decoded = JunitResults::default();
        let builder = RunBuilder::new(0, ReadConfig::default(), &mut decoded);
        Format::from_name("junit").unwrap().read(report.as_bytes(), builder);
        let outcomes: Vec<Outcome> = decoded.results.iter().map(|(_, outcome)| *outcome).collect();
        let expected: Vec<Outcome> = plain.iter().map(|case| case.outcome()).collect();
        assert_eq!(outcomes, expected, "{report}");
        for ((name, _), case) in decoded.results.iter().zip(&plain) {
            if let Some(expected) = case.full_name() {
                assert_eq!(*name, expected, "{report}");
            }
        }
        if !plain.is_empty() {
            assert_eq!((decoded.gaps, decoded.problems), (vec![], vec![]), "{report}");
        }
    } else {
        assert_eq!(first % 2, 1, "what is made is of the plain shape: {report}");
    }
}

#[derive(Default)]
struct JunitResults {
    results: Vec<(String, Outcome)>,
    gaps: Vec<Gap>,
    problems: Vec<ProblemKind>,
}

impl Sink for JunitResults {
    fn result(&mut self, result: &TestResult<'_>) {
        self.results.push((result.name.to_string(), result.outcome));
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    fn problem(&mut self, _: u32, kind: ProblemKind) {
        self.problems.push(kind);
    }
}

// The second reading.

/// A case by the plain rule.
#[derive(Default)]
struct Case {
    class: String,
    name: String,
    failed: bool,
    errored: bool,
    skipped: bool,
}

impl Case {
    fn outcome(&self) -> Outcome {
        match (self.errored, self.failed, self.skipped) {
            (true, _, _) => Outcome::Errored,
            (_, true, _) => Outcome::Failed,
            (_, _, true) => Outcome::Skipped,
            (false, false, false) => Outcome::Passed,
        }
    }

    /// Its name, if class and name share nothing.
    fn full_name(&self) -> Option<String> {
        let class = !self.class.is_empty() && self.class.bytes().all(|b| b.is_ascii_digit());
        let name = !self.name.is_empty()
            && self.name.bytes().all(|b| b.is_ascii_lowercase() || b"<&>\"'".contains(&b));
        (class && name).then(|| format!("{}.{}", self.class, self.name))
    }
}

/// The cases of a report; `None` if it is not well-formed or not of the plain shape.
fn read_reference(report: &str) -> Option<Vec<Case>> {
    let mut reader = quick_xml::Reader::from_str(report);
    reader.config_mut().enable_all_checks(true);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<String> = Vec::new();
    let (mut cases, mut roots, mut declared) = (Vec::new(), 0, false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                let element = tag.name().0.to_owned();
                roots += usize::from(open.is_empty());
                let attributes = attributes(&tag)?;
                on_start_tag(&element, open.last().map(String::as_str), attributes, &mut cases)?;
                open.push(element);
            }
            Event::End(_) => {
                open.pop()?;
            }
            Event::Empty(_) | Event::DocType(_) => return None,
            Event::GeneralRef(name) => {
                let known = ["lt", "gt", "amp", "quot", "apos"].contains(&&*name);
                (known && !open.is_empty()).then_some(())?;
            }
            Event::Text(text) => {
                let is_whitespace = text.trim_matches([' ', '\n', '\r', '\t']).is_empty();
                let plain = !text.contains("Timeout") && !text.contains('\0');
                (plain && (is_whitespace || !open.is_empty())).then_some(())?;
            }
            Event::CData(text) => (!open.is_empty() && !text.contains("Timeout")).then_some(())?,
            // A second one starts a second document.
            Event::Decl(_) => {
                let second = std::mem::replace(&mut declared, true);
                (!second && open.is_empty() && roots == 0).then_some(())?;
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return (open.is_empty() && roots == 1).then_some(cases),
        }
    }
}

fn attributes(tag: &BytesStart<'_>) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(XmlVersion::default()).ok()?.into_owned();
        let name = attribute.key.0.to_owned();
        let known = ["name", "classname", "message", "time"].contains(&&*name);
        // Values that identify the report's producer, or explain a failure.
        let plain = !["pytest", "Mocha Tests", "test"].contains(&&*value)
            && !value.starts_with("[XPASS")
            && !value.starts_with('@')
            && value.len() < 1_000;
        (known && plain).then_some(())?;
        found.push((name, value));
    }
    Some(found)
}

fn on_start_tag(
    element: &str,
    parent: Option<&str>,
    attributes: Vec<(String, String)>,
    cases: &mut Vec<Case>,
) -> Option<()> {
    let value = |name: &str| {
        let found = attributes.iter().find(|(attribute, _)| attribute == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    match (element, parent) {
        ("testsuites", None) | ("testsuite", None | Some("testsuites" | "testsuite")) => {}
        ("testcase", Some("testsuite")) => {
            cases.push(Case { class: value("classname"), name: value("name"), ..Case::default() });
        }
        ("failure", Some("testcase")) => cases.last_mut()?.failed = true,
        ("error", Some("testcase")) => cases.last_mut()?.errored = true,
        ("skipped", Some("testcase")) => cases.last_mut()?.skipped = true,
        ("system-out" | "system-err", Some("testcase" | "testsuite")) => {}
        (_, _) => return None,
    }
    Some(())
}

// The generator.

const SEPARATORS: [&str; 8] = [
    "",
    "\n",
    " \r\n\t",
    "<!-- <testcase name='no'/> -->",
    "<?x <testcase/> ?>",
    "<!---->",
    "<!--\n- > -->",
    "\n\n\n",
];
const TEXTS: [&str; 10] = [
    "x",
    "&lt;testcase name=&quot;no&quot;/&gt;",
    "<![CDATA[</testcase><testcase name='no'/>]]>",
    "<![CDATA[]]>",
    "]]&gt;",
    "&amp;amp;",
    "é\u{1f468}",
    "<!-- </failure> -->",
    "> ' \"",
    "\n   at line 3\n",
];
const NAMES: [&str; 10] =
    ["a", "b", "ab", "&lt;", "&amp;", "&gt;", "&quot;", "&apos;", "&#97;", "&#x62;"];
const WHITESPACE: [&str; 4] = [" ", "\n", "\t", "  \r\n "];

fn generate(choices: &mut Choices<'_>) -> String {
    let mut report = String::from(choices.pick(&[
        "",
        "<?xml version=\"1.0\"?>\n",
        "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>",
    ]));
    report += choices.pick(&["", "\n", "<!-- x -->"]);
    match choices.next_below(3) {
        0 => {
            report += "<testsuites>";
            for _ in 0..choices.next_below(3) {
                suite(choices, &mut report, 0);
            }
            report += "</testsuites>";
        }
        _ => suite(choices, &mut report, 0),
    }
    report + choices.pick(&["", "\n", "\n<!-- x -->\n"])
}

fn suite(choices: &mut Choices<'_>, report: &mut String, depth: usize) {
    let name = choices.text(&["S", "T", "U"], 3);
    *report += &format!("<testsuite name='{name}'>");
    for _ in 0..choices.next_below(6) {
        *report += choices.pick(&SEPARATORS);
        match choices.next_below(8) {
            0 if depth < 4 => suite(choices, report, depth + 1),
            1 => element(choices, report, "system-out"),
            _ => case(choices, report),
        }
    }
    *report += "</testsuite>";
}

fn case(choices: &mut Choices<'_>, report: &mut String) {
    let quote = choices.pick(&["'", "\""]);
    let (class, name) = (choices.text(&["1", "2", "33"], 3), choices.text(&NAMES, 4));
    let mut attributes =
        [format!("classname={quote}{class}{quote}"), format!("name={quote}{name}{quote}")];
    if choices.next_below(2) == 1 {
        attributes.reverse();
    }
    let whitespace = choices.pick(&WHITESPACE);
    *report += &format!("<testcase{whitespace}{}{whitespace}{}", attributes[0], attributes[1]);
    *report += choices.pick(&["", " ", "\n", " time='0.1'"]);
    if choices.next_below(3) == 0 {
        *report += "/>";
        return;
    }
    *report += ">";
    for _ in 0..choices.next_below(4) {
        *report += choices.pick(&SEPARATORS);
        let child = choices.pick(&["failure", "error", "skipped", "system-out", "system-err"]);
        element(choices, report, child);
    }
    *report += choices.pick(&["</testcase>", "</testcase >", "</testcase\n>"]);
}

fn element(choices: &mut Choices<'_>, report: &mut String, name: &str) {
    *report += &format!("<{name}");
    if choices.next_below(2) == 1 {
        *report += &format!(" message='{}'", choices.text(&["x", "&lt;", "&#10;", ">", "/"], 3));
    }
    if choices.next_below(3) == 0 {
        *report += choices.pick(&["/>", " />"]);
        return;
    }
    *report += ">";
    *report += &choices.text(&TEXTS, 4);
    *report += &format!("</{name}>");
}
