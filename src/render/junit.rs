//! The judged tests as JUnit XML: new failures as failures, known ones as skipped with their reason.
//!
//! So a viewer of JUnit shows as red what is new. Tests of the base run that are missing are errors. Tests that the report does not list (passed and skipped ones, unless
//! all tests were asked for) are left out.

use crate::report::{MissingTest, Report, TestLine, Verdict, messages};
use crate::sanitize;
use std::borrow::Cow;
use std::fmt::Write;
use std::io;

/// Writes the report as JUnit XML, test by test: a million tests are some hundred megabytes.
///
/// # Errors
/// Those of the writer.
pub fn write_junit(report: &Report, to: &mut dyn io::Write) -> io::Result<()> {
    to.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n")?;
    for variant in &report.variants {
        let tests: Vec<&TestLine> =
            report.tests.iter().filter(|test| test.variant == variant.name).collect();
        let is_missing = |test: &&MissingTest| test.variant.as_str() == variant.name;
        let missing: Vec<&MissingTest> = report.missing.iter().filter(is_missing).collect();
        let count = |verdicts: &[Verdict]| {
            tests.iter().filter(|test| verdicts.contains(&test.verdict)).count()
        };
        let name = if variant.name.is_empty() { "knownfail" } else { &variant.name };
        writeln!(
            to,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escape_attribute(name),
            tests.len() + missing.len(),
            count(&[Verdict::NewFailure]),
            count(&[Verdict::Unmeasured]) + missing.len(),
            count(&[Verdict::KnownFailure, Verdict::Skipped]),
        )?;
        let mut xml = String::new();
        for test in tests {
            write_testcase(report, test, &mut xml);
            to.write_all(xml.as_bytes())?;
            xml.clear();
        }
        for test in missing {
            writeln!(
                to,
                "    <testcase name=\"{}\">\n      <error type=\"missing\" message=\"{}\"/>\n    </testcase>",
                escape_attribute(&test.name),
                escape_attribute(messages::MISSING_TEST),
            )?;
        }
        to.write_all(b"  </testsuite>\n")?;
    }
    to.write_all(b"</testsuites>\n")
}

fn write_testcase(report: &Report, test: &TestLine, xml: &mut String) {
    let _ = write!(xml, "    <testcase name=\"{}\"", escape_attribute(&test.name));
    if let Some(file) = &test.file {
        let _ = write!(xml, " file=\"{}\"", escape_attribute(file));
    }
    if let Some(line) = test.line {
        let _ = write!(xml, " line=\"{line}\"");
    }
    let first_line = sanitize::first_line(&test.message).unwrap_or_default();
    let message = match test.remarks.first() {
        Some(remark) => remark.to_string(),
        None if first_line.is_empty() => messages::outcome(test.outcome).to_owned(),
        None => first_line,
    };
    match test.verdict {
        Verdict::NewFailure => write_child(xml, "failure", test, &message),
        Verdict::Unmeasured | Verdict::Missing => write_child(xml, "error", test, &message),
        Verdict::KnownFailure => {
            let row = test.row.map(|row| &report.rows[row]);
            let reason = row.map_or("the runner expects it", |row| row.reason.as_str());
            let message = format!("known failure: {reason}");
            let _ =
                writeln!(xml, "><skipped message=\"{}\"/></testcase>", escape_attribute(&message));
        }
        Verdict::Skipped => {
            let _ = writeln!(xml, "><skipped/></testcase>");
        }
        Verdict::Passed | Verdict::NewlyPassing | Verdict::Flaky => xml.push_str("/>\n"),
    }
}

fn write_child(xml: &mut String, element: &str, test: &TestLine, message: &str) {
    let text: Vec<Cow<'_, str>> = sanitize::lines(&test.message).collect();
    let (message, text) = (escape_attribute(message), escape_text(&text.join("\n")));
    let kind = test.outcome.as_str();
    let _ = writeln!(
        xml,
        ">\n      <{element} type=\"{kind}\" message=\"{message}\">{text}</{element}>\n    </testcase>"
    );
}

/// Text as the value of an attribute, on one line.
pub(super) fn escape_attribute(text: &str) -> String {
    escape_text(&sanitize::single_line(text)).replace('"', "&quot;")
}

/// Text between tags. Control characters, which XML does not allow, are escaped already.
fn escape_text(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
