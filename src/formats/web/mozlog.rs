//! mozlog's raw log, of web-platform-tests and the suites of Gecko and Servo: one action a line, with other output
//! between. See [`super::wpt`] for expectations.

use super::wpt::{self, Expectations};
use crate::formats::emit::{TestRecord, emit_bail_out, emit_started};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::RunBuilder;
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mozlog-jsonl", "mozlog"],
    title: "mozlog's raw log (--log-raw): web-platform-tests, Gecko, Servo",
    test_name: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "a test starts and never ends; the log has no suite_end",
    totals: "",
    link: "https://firefox-source-docs.mozilla.org/mozbase/mozlog.html",
    sniff: Sniff::Json(|head| head.has_all(&["action", "time", "source", "thread"])),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut suites, mut open_suites) = (0_u32, 0_u32);
    json::for_each_record(input, |line, record| match record["action"].as_str() {
        "suite_start" => {
            suites += 1;
            open_suites += 1;
        }
        "suite_end" => open_suites = open_suites.saturating_sub(1),
        "test_start" => emit_started(&wpt::test_name(record), line, builder),
        "test_status" => {
            let name = wpt::subtest_name(&wpt::test_name(record), record["subtest"].as_str());
            emit(line, name, record, builder);
        }
        "test_end" => emit(line, wpt::test_name(record), record, builder),
        "log" if record["level"].as_str() == "CRITICAL" => {
            emit_bail_out(record["message"].as_str(), line, builder);
        }
        _ => {}
    })
    .truncated_if(open_suites > 0 || suites == 0)
}

fn emit(line: u32, name: String, record: &Value, builder: &mut RunBuilder<'_>) {
    TestRecord::new(name, wpt::outcome(record, Expectations::Known))
        .message(record["message"].as_str())
        .emit(line, builder);
}
