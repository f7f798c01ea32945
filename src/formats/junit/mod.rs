//! JUnit XML, in the dialects that real producers write.
//!
//! There is no standard, only conventions, and they are data: the words for an outcome in `words`, the children of a
//! testcase in `child`, the producers in `dialects`.

mod case;
mod child;
mod dialects;
pub(crate) mod failsafe_summary;
mod qt5;
mod reader;
mod suite;
#[cfg(test)]
mod tests;
mod words;

use super::c_cpp::check;
use super::emit::xml_report::XmlHead;
use super::gnu::dejagnu_xml;
use crate::formats::{FormatSpec, Sniff};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["junit"],
    title: "JUnit XML, as surefire, Gradle, pytest, nextest, CTest, gotestsum, jest-junit, googletest \
            and others write it",
    test_name: "`classname.name`; the name alone where it contains the class already; the suite where there \
            is no class; with the browser or device in front of web-test-runner's and Flank's; Playwright's as it \
            prints them: `[project] › file › describe › title`; pynfs's code, such as EID9",
    outcomes: &words::OUTCOMES,
    incomplete: "the file ends before its root does; an end tag has no start tag, or a testcase no end \
                 tag; a suite has fewer cases, failures or skips than its header announces",
    totals: "tests, failures and errors, skips of each suite and of the root; not the tests of pytest, Catch2, \
             doctest and Mocha, whose headers count what has no testcase",
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
