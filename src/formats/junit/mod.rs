//! JUnit XML, in the dialects that real producers write.
//!
//! There is no standard, only conventions, and they are data: the children of a testcase in `child`, its statuses in
//! `case`, the producers in `dialects`.

mod case;
mod child;
mod dialects;
pub(crate) mod failsafe_summary;
mod reader;
mod suite;
#[cfg(test)]
mod tests;

use super::c_cpp::check;
use super::emit::xml_report::XmlHead;
use super::gnu::dejagnu_xml;
use crate::formats::{FormatSpec, Sniff};
use crate::model::Outcome;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["junit"],
    title: "JUnit XML, as surefire, Gradle, pytest, nextest, CTest, gotestsum, jest-junit, googletest \
            and others write it",
    test_name: "`classname.name`; the name alone where it contains the class already; the suite where there \
            is no class",
    outcomes: &[
        ("a testcase without a child of these", Outcome::Passed),
        ("failure; PHPUnit's warning; status or result=\"failed\"", Outcome::Failed),
        ("error; status or result=\"error\"", Outcome::Errored),
        ("a suite without a testcase that wrote to system-err", Outcome::Errored),
        ("skipped, ignored, status=\"notrun\" or \"disabled\", disabled=\"1\"", Outcome::Skipped),
        ("skipped type=\"pytest.xfail\"; skipped type=\"todo\" with a failure", Outcome::Xfailed),
        ("failure message=\"[XPASS(strict)] …\"", Outcome::Xpassed),
        ("failure type=\"test timeout\"; bats's \"failed due to timeout\"", Outcome::TimedOut),
        ("failure or error type=\"test abort\"", Outcome::Crashed),
        ("a testcase that the file ends in", Outcome::Unfinished),
    ],
    incomplete: "the file ends before its root does; an end tag has no start tag, or a testcase no end \
                 tag; a suite has fewer cases or failures than its header announces",
    totals: "",
    link: "https://github.com/testmoapp/junitxml",
    sniff: Sniff::Bytes(sniff),
    read: reader::read,
};

/// Whether the first element of a file is a suite.
fn sniff(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    if head.starts_with(b"<") {
        return is_junit(&XmlHead::parse(head));
    }
    // The tests may have printed something first.
    memchr::memmem::find_iter(head, b"\n<")
        .take(50)
        .any(|at| is_junit(&XmlHead::parse(&head[at + 1..])))
}

fn is_junit(head: &XmlHead) -> bool {
    suite::is_suite_name(head.root()) && !check::sniff(head) && !dejagnu_xml::sniff(head)
}
