//! mozlog's raw log: web-platform-tests and the suites of Gecko and Servo, one action a line.
//!
//! In: a document a line, with other output between. Out: a start and an end for each test, a result
//! for each subtest; see [`super::wpt`] for what is expected. A log without `suite_end` is cut.
//!
//! <https://firefox-source-docs.mozilla.org/mozbase/mozlog.html>

use super::wpt::{self, Expectations};
use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, RunBuilder};
use crate::syntax::json::{self, ForEachDocument, JsonHead, Value};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mozlog-jsonl", "mozlog"],
    title: "mozlog's raw log (--log-raw): web-platform-tests, Gecko, Servo",
    test_name: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "a test starts and never ends; the log has no suite_end",
    link: "https://firefox-source-docs.mozilla.org/mozbase/mozlog.html",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["action", "time", "source"]) && head.has_all(&["thread"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut open = 0_u32;
    let mut suites = 0_u32;
    let ended = json::read(
        input,
        &mut ForEachDocument(|line, record: &Value| {
            match record["action"].as_str() {
                "suite_start" => (open, suites) = (open + 1, suites + 1),
                "suite_end" => open = open.saturating_sub(1),
                _ => {}
            }
            emit(line, record, builder);
        }),
    );
    let end = match ended.end {
        EndOfInput::Complete if open > 0 || suites == 0 => EndOfInput::Truncated,
        end => end,
    };
    ReadEnd { end, ..ended }
}

fn emit(line: u32, record: &Value, builder: &mut RunBuilder<'_>) {
    let name = wpt::test_name(record);
    match record["action"].as_str() {
        "test_start" => test_record::emit_started(name, line, builder),
        "test_status" => {
            let name = wpt::subtest_name(&name, record["subtest"].as_str());
            TestRecord::new(name, wpt::outcome(record, Expectations::Known))
                .message(record["message"].as_str())
                .emit(line, builder);
        }
        "test_end" => {
            TestRecord::new(name, wpt::outcome(record, Expectations::Known))
                .message(record["message"].as_str())
                .emit(line, builder);
        }
        "log" if record["level"].as_str() == "CRITICAL" => {
            test_record::emit_bail_out(record["message"].as_str(), line, builder);
        }
        _ => {}
    }
}
