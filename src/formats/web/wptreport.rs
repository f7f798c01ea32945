//! `wptreport.json`, the report of web-platform-tests: one document with a result for each test's harness and for each
//! of its subtests. See [`super::wpt`] for expectations.
//!
//! wptrunner always writes `run_info` with `debug`, `subtests` and `message` of each test, and `message` of each
//! subtest; the harness of a test with subtests is OK or not, and neither PASS nor FAIL. A file in which anything is
//! different is by a program that has no expectations.
//!
//! <https://github.com/web-platform-tests/wpt/blob/master/tools/wptrunner/wptrunner/formatters/wptreport.py>

use super::wpt::{self, Judgement};
use crate::formats::emit::{PendingTest, TestRecord, emit_bail_out, emit_started};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["wptreport-json", "wptreport"],
    title: "wptreport.json: web-platform-tests, as wptrunner, Servo, Deno and Node write it",
    test_name: "the test's path; for a subtest `path | subtest`, as mozlog prints it",
    outcomes: &wpt::STATUSES,
    incomplete: "the document has no end; a test without a status",
    totals: "none: the format declares none",
    link: "https://web-platform-tests.org/running-tests/command-line-arguments.html",
    sniff: Sniff::Json(|head| {
        let is_kirk = head.has_all(&["results/*/test_fqn"]);
        head.has_all(&["results/*/test", "results/*/status"]) && !is_kirk
            || head.has_all(&["results/*/test", "results/*/subtests"])
            || head.has_all(&["run_info", "time_start"])
    }),
    read,
};

/// The number of failing results without an expectation after which a file is taken for wptrunner's.
const MAX_HELD: usize = 1000;

const PATHS: [&str; 4] = ["run_info", "results/*", "lsan_leaks/*", "mozleak/{scope}/total/*"];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        WptReportReader { builder, writer: Writer::Imitation, held: Vec::new(), released: false };
    let end = json::for_each(input, &PATHS, |line, path, value| match path {
        ["run_info"] if !value["debug"].is_null() => reader.writer = Writer::Wptrunner,
        ["results", _] => reader.test(line, value),
        ["lsan_leaks", _] => wpt::emit_sanitizer_leak(line, value, reader.builder),
        ["mozleak", ..] => wpt::emit_leaked_bytes(line, value, reader.builder),
        _ => {}
    });
    reader.release();
    end
}

/// Who wrote a file, as far as it is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// A status without `expected` was expected.
    Wptrunner,
    /// Nothing is known to be expected without `expected`.
    Imitation,
}

struct WptReportReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    writer: Writer,
    /// Failing results without an expectation, while a later test may still show that wptrunner did not write them.
    held: Vec<PendingTest>,
    /// Whether any of them were taken for expected.
    released: bool,
}

impl WptReportReader<'_, '_> {
    fn test(&mut self, line: u32, test: &Value) {
        let subtests = test["subtests"].as_array();
        let is_whole = wpt::has_key(test, "subtests")
            && wpt::has_key(test, "message")
            && subtests.iter().all(|subtest| wpt::has_key(subtest, "message"))
            && (subtests.is_empty() || !matches!(test["status"].as_str(), "PASS" | "FAIL"));
        if !is_whole && self.writer == Writer::Wptrunner {
            self.reject_writer(line);
        }
        let name = wpt::test_name(test);
        for subtest in subtests {
            self.result(line, wpt::subtest_name(&name, subtest["name"].as_str()), subtest);
        }
        let asserts = &test["asserts"];
        let counts = ["count", "min", "max"].map(|key| &asserts[key]);
        wpt::emit_assertions(line, &name, counts, self.builder);
        self.result(line, name, test);
    }

    fn result(&mut self, line: u32, name: String, record: &Value) {
        let judgement = wpt::judge(record);
        let message = wpt::message(record, judgement);
        let outcome = match judgement {
            Judgement::Started => return emit_started(&name, line, self.builder),
            Judgement::Unless(outcome) if self.writer == Writer::Wptrunner => {
                let mut test = PendingTest::new(line, name, outcome);
                test.message.push_line(message.as_bytes());
                return self.hold(test);
            }
            Judgement::Sure(outcome) | Judgement::Unless(outcome) => outcome,
            Judgement::Unknown => Outcome::Failed,
        };
        TestRecord::new(name, outcome).message(&message).emit(line, self.builder);
    }

    fn hold(&mut self, test: PendingTest) {
        self.held.push(test);
        if self.released || self.held.len() == MAX_HELD {
            self.release();
        }
    }

    /// Emits the results that were held, as expected if wptrunner wrote them.
    fn release(&mut self) {
        for mut test in std::mem::take(&mut self.held) {
            if self.writer == Writer::Wptrunner {
                test.outcome = Outcome::Xfailed;
                self.released = true;
            }
            test.emit(self.builder);
        }
    }

    /// Takes no further status for expected, after a test that wptrunner cannot have written.
    fn reject_writer(&mut self, line: u32) {
        if self.released {
            let why = "a test is not as wptrunner writes it, unlike those before it, whose failures \
                       were read as expected";
            emit_bail_out(why, line, self.builder);
        }
        self.writer = Writer::Imitation;
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    /// Runners that imitate the format write no expectations, and their failures are failures.
    #[test]
    fn failing_status_is_expected_only_if_wptrunner_wrote_it() {
        let results = r#""results": [{"test": "/a.html", "status": "OK", "message": null, "subtests": [
            {"name": "x", "status": "FAIL", "message": "m", "known_intermittent": []},
            {"name": "y", "status": "FAIL", "message": null, "expected": "FAIL"}]}"#;
        let imitation = format!(r#"{{"run_info": {{"product": "a"}}, {results}]}}"#);
        let want = ["failed /a.html | x: m", "xfailed /a.html | y", "passed /a.html"];
        assert_eq!(read_as("wptreport-json", &imitation).0, want);
        let original = format!(r#"{{"run_info": {{"debug": false}}, {results}]}}"#);
        let held = ["xfailed /a.html | y", "passed /a.html", "xfailed /a.html | x: m"];
        assert_eq!(read_as("wptreport-json", &original).0, held);
        let harness = original.replace("\"OK\"", "\"PASS\"");
        assert_eq!(read_as("wptreport-json", &harness).0, want);
        let later = format!(
            r#"{{"run_info": {{"debug": 1}}, {results}, {{"test": "b", "status": "OK"}}]}}"#
        );
        assert!(read_as("wptreport-json", &later).0.contains(&"failed /a.html | x: m".to_owned()));
    }

    #[test]
    fn test_after_expected_failures_may_not_lack_keys() {
        let test = r#"{"test": "/a", "status": "FAIL", "message": null, "subtests": []},"#;
        let text = format!(
            r#"{{"run_info": {{"debug": false}}, "results": [{}{{"test": "b", "status": "OK"}}]}}"#,
            test.repeat(MAX_HELD + 1)
        );
        let run = read_as("wptreport-json", &text);
        assert_eq!((run.0.len(), &*run.0[MAX_HELD]), (MAX_HELD + 2, "xfailed /a"));
        assert!(matches!(run.1[..], [GapKind::BailedOut { .. }]));
    }

    #[test]
    fn unknown_status_leaks_and_assertions_are_failures() {
        let text = r#"{"run_info": {"debug": true}, "results": [
            {"test": "a", "status": "ZORKED", "message": null, "subtests": []},
            {"test": "b", "status": "", "message": null, "subtests": []},
            {"test": "c", "status": "PASS", "message": null, "subtests": [],
             "asserts": {"count": 3, "min": 0, "max": 1}}],
            "lsan_leaks": [{"frames": ["f", "g"], "scope": "s", "allowed_match": null},
                           {"frames": ["h"], "scope": "s", "allowed_match": "h"}],
            "mozleak": {"s": {"objects": [], "total": [{"bytes": 5, "threshold": 4, "process": "tab"}]}}}"#;
        let want = [
            "failed a: unknown status `ZORKED`",
            "failed c | assertion count: 3 assertions, expected 0 to 1",
            "passed c",
            "failed LeakSanitizer | s: leak at f, g",
            "failed leakcheck | tab: 5 bytes leaked, threshold 4",
            "unfinished b",
        ];
        assert_eq!(read_as("wptreport-json", text).0, want);
    }
}
