//! mozlog's raw log: web-platform-tests and the suites of Gecko and Servo, one action a line.
//!
//! In: a document a line, with other output between. Out: a start and an end for each test, a result
//! for each subtest; see [`super::wpt`] for what is expected. A log without `suite_end` is cut.
//!
//! <https://firefox-source-docs.mozilla.org/mozbase/mozlog.html>

use super::wpt::{self, Expectations};
use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{End, RunBuilder, Sink};
use crate::syntax::json::{self, Each, Head, Value};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "mozlog's raw log (--log-raw): web-platform-tests, Gecko, Servo",
    names: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "a test starts and never ends; the log has no suite_end",
    link: "https://firefox-source-docs.mozilla.org/mozbase/mozlog.html",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["action", "time", "source"]) && head.has(&["thread"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut open = 0_u32;
    let mut suites = 0_u32;
    let ended = json::read(
        input,
        &mut Each(|line, record: &Value| {
            match record["action"].text() {
                "suite_start" => (open, suites) = (open + 1, suites + 1),
                "suite_end" => open = open.saturating_sub(1),
                _ => {}
            }
            tell(line, record, builder);
        }),
    );
    let end = match ended.end {
        End::Whole if open > 0 || suites == 0 => End::Cut,
        end => end,
    };
    Ended { end, ..ended }
}

fn tell<S: Sink>(line: u32, record: &Value, builder: &mut RunBuilder<'_, S>) {
    let name = wpt::test(record);
    match record["action"].text() {
        "test_start" => test_record::started(name, line, builder),
        "test_status" => {
            let name = wpt::subtest(&name, record["subtest"].text());
            Told::new(name, wpt::outcome(record, Expectations::Known))
                .message(record["message"].text())
                .tell(line, builder);
        }
        "test_end" => {
            Told::new(name, wpt::outcome(record, Expectations::Known))
                .message(record["message"].text())
                .tell(line, builder);
        }
        "log" if record["level"].text() == "CRITICAL" => {
            test_record::gave_up(record["message"].text(), line, builder);
        }
        _ => {}
    }
}
