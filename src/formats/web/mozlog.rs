//! mozlog's raw log, of web-platform-tests and the suites of Gecko and Servo: one action a line, with other output
//! between. See [`super::wpt`] for expectations; mozlog writes `pid` in each record.
//!
//! Which actions fail a run is in mozlog's `handlers/statushandler.py` and `formatters/tbplformatter.py`.

use super::wpt::{self, Judgement};
use crate::formats::emit::{TestRecord, emit_bail_out, emit_started, first_non_empty, unknown};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mozlog-jsonl", "mozlog"],
    title: "mozlog's raw log (--log-raw): web-platform-tests, Gecko, Servo",
    test_name: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "a test starts and never ends; fewer tests than its suite_start lists; the log has no suite_end",
    totals: "the tests that suite_start lists",
    link: "https://firefox-source-docs.mozilla.org/mozbase/mozlog.html",
    sniff: Sniff::Json(|head| head.has_all(&["action", "time", "source", "thread"])),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = MozlogReader { builder, suites: 0, open_suites: 0, crash: None };
    let end = json::for_each_record(input, |line, record| reader.record(line, record));
    let is_truncated = reader.open_suites > 0 || reader.suites == 0;
    end.truncated_if(is_truncated)
}

struct MozlogReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    suites: u32,
    open_suites: u32,
    /// The open test that crashed, and the message, while it may still end.
    crash: Option<(String, String)>,
}

impl MozlogReader<'_, '_> {
    fn record(&mut self, line: u32, record: &Value) {
        match record["action"].as_str() {
            "suite_start" => self.start_suite(line, record),
            "suite_end" => self.end_suite(line),
            "test_start" => emit_started(&wpt::test_name(record), line, self.builder),
            "test_end" => self.result(line, wpt::test_name(record), record),
            "test_status" => {
                let test = wpt::test_name(record);
                let name = wpt::subtest_name(&test, record["subtest"].as_str());
                if wpt::judge(record) == Judgement::Started {
                    emit_started(&name, line, self.builder);
                }
                self.result(line, name, record);
            }
            "log" if record["level"].as_str() == "CRITICAL" => {
                emit_bail_out(record["message"].as_str(), line, self.builder);
            }
            "log" => {}
            "crash" => self.crash(line, record),
            "assertion_count" => {
                let counts = ["count", "min_expected", "max_expected"].map(|key| &record[key]);
                wpt::emit_assertions(line, &wpt::test_name(record), counts, self.builder);
            }
            "lsan_leak" => wpt::emit_sanitizer_leak(line, record, self.builder),
            "mozleak_total" => wpt::emit_leaked_bytes(line, record, self.builder),
            "lsan_summary" if !record["allowed"].is_true() => {
                let bytes = record["bytes"].as_u64().unwrap_or(0);
                self.failure(line, "LeakSanitizer", &format!("{bytes} bytes leaked"));
            }
            "shutdown_failure" => {
                let name = wpt::subtest_name(record["group"].as_str(), "shutdown");
                self.failure(line, &name, record["message"].as_str());
            }
            "valgrind_error" => self.failure(line, "valgrind", record["primary"].as_str()),
            action if !record["status"].is_null() => {
                let name = first_non_empty(&[record["test"].as_str(), action]).to_owned();
                self.failure(line, &name, &unknown("action", action));
            }
            _ => {}
        }
    }

    fn start_suite(&mut self, line: u32, record: &Value) {
        self.suites += 1;
        self.open_suites += 1;
        self.builder.handle(line, Event::SuiteStarted { name: None });
        // A list, or a list for each group.
        let groups = record["tests"].as_object().iter();
        let grouped: usize = groups.map(|(_, tests)| tests.as_array().len()).sum();
        let planned = (grouped + record["tests"].as_array().len()) as u64;
        // A subtest is no child: it ends while its test is open.
        self.builder.expect_children(line, Some(planned).filter(|planned| *planned > 0));
    }

    fn end_suite(&mut self, line: u32) {
        if let Some((name, message)) = self.crash.take()
            && self.builder.is_open(&name)
        {
            TestRecord::new(name, Outcome::Crashed).message(&message).emit(line, self.builder);
        }
        self.open_suites = self.open_suites.saturating_sub(1);
        self.builder.handle(line, Event::SuiteEnded);
    }

    fn result(&mut self, line: u32, name: String, record: &Value) {
        let judgement = wpt::judge(record);
        let outcome = match judgement {
            // Without a status it has not ended.
            Judgement::Started => return,
            Judgement::Unless(_) if wpt::has_key(record, "pid") => Outcome::Xfailed,
            Judgement::Sure(outcome) | Judgement::Unless(outcome) => outcome,
            Judgement::Unknown => Outcome::Failed,
        };
        let crash = self.crash.take_if(|(crashed, _)| *crashed == name);
        let messages = [wpt::message(record, judgement), crash.unwrap_or_default().1];
        TestRecord::new(name, outcome)
            .message(first_non_empty(&messages.each_ref().map(String::as_str)))
            .emit(line, self.builder);
    }

    /// A process crashed: that of the open test, which may still end with a status, or one of no test.
    fn crash(&mut self, line: u32, record: &Value) {
        let message = record.first_str(&["signature", "stackwalk_stdout"]);
        let name = wpt::test_name(record);
        if self.builder.is_open(&name) {
            self.crash = Some((name, message.to_owned()));
            return;
        }
        let name = first_non_empty(&[&name, record["process"].as_str(), "crash"]).to_owned();
        let name = wpt::subtest_name(&name, "crash");
        TestRecord::new(name, Outcome::Crashed).message(message).emit(line, self.builder);
    }

    fn failure(&mut self, line: u32, name: &str, message: &str) {
        TestRecord::new(name, Outcome::Failed).message(message).emit(line, self.builder);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};
    use crate::model::GapKind;

    fn read_log(records: &[&str], tests: u32) -> DecodedRun {
        let head = r#""time": 1, "source": "s", "thread": "t", "#;
        let tests: Vec<String> = (0..tests).map(|test| format!("\"{test}\"")).collect();
        let start = format!(r#""action": "suite_start", "tests": {{"g": [{}]}}"#, tests.join(","));
        let records = [&[start.as_str()], records, &[r#""action": "suite_end""#]].concat();
        let lines = records.iter().map(|record| format!("{{{head}{record}}}\n"));
        read_as("mozlog-jsonl", &lines.collect::<String>())
    }

    #[test]
    fn failing_status_is_expected_only_in_the_records_of_mozlog() {
        let end = r#""action": "test_end", "test": "a", "status": "FAIL""#;
        assert_eq!(read_log(&[end], 1).0, ["failed a"]);
        assert_eq!(read_log(&[&format!(r#"{end}, "pid": null"#)], 1).0, ["xfailed a"]);
        assert_eq!(read_log(&[end], 2).1, [GapKind::PlanNotMet { planned: 2, actual: 1 }]);
        let unknown = r#""action": "test_end", "test": "a", "pid": 1, "status": "ZORKED""#;
        assert_eq!(read_log(&[unknown], 1).0, ["failed a: unknown status `ZORKED`"]);
    }

    #[test]
    fn test_that_crashed_and_never_ended_is_crashed() {
        let start = r#""action": "test_start", "test": "a""#;
        let crash = r#""action": "crash", "test": "a", "signature": "@ f()""#;
        let end = r#""action": "test_end", "test": "a", "status": "CRASH", "expected": "OK""#;
        assert_eq!(read_log(&[start, crash], 1).0, ["crashed a: @ f()"]);
        assert_eq!(read_log(&[start, crash, end], 1).0, ["crashed a: @ f()"]);
        let process = r#""action": "crash", "process": "gpu", "signature": "@ f()""#;
        assert_eq!(read_log(&[process], 0).0, ["crashed gpu | crash: @ f()"]);
    }

    #[test]
    fn leaks_and_unknown_actions_with_a_status_are_failures() {
        let records = [
            r#""action": "shutdown_failure", "group": "g", "message": "m""#,
            r#""action": "lsan_summary", "bytes": 7, "allocations": 1"#,
            r#""action": "mozleak_total", "process": "tab", "bytes": 0, "threshold": 0"#,
            r#""action": "zorked", "test": "a", "status": "PASS""#,
        ];
        let want = [
            "failed g | shutdown: m",
            "failed LeakSanitizer: 7 bytes leaked",
            "failed a: unknown action `zorked`",
        ];
        assert_eq!(read_log(&records, 0).0, want);
    }
}
