//! The JSON reporter of Dart and Flutter (`--reporter json`, `--machine`): an event a line, with other output between.
//!
//! Hidden tests (loading a file, setting up) count only if they fail.

use crate::formats::emit::{
    TestRecord, check_totals, emit_bail_out, emit_started, file_name, names, outcome_for,
    saturating_sum, unknown,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::{HashMap, VecDeque};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["dart-json", "dart", "flutter"],
    title: "dart test --reporter json, flutter test --machine",
    test_name: "as Dart prints it: the path from `test/` on, a colon, the names of groups and test; a \
                platform other than the VM comes first, in brackets",
    outcomes: &RESULTS,
    incomplete: "a test starts and never ends; the stream has no `done`, or one without a verdict",
    totals: "the tests of each suite's outermost groups; `success` of `done`. Not `allSuites`, which counts \
             suites without a selected test too",
    link: "https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md",
    sniff: Sniff::Json(|head| {
        head.has_all(&["protocolVersion", "runnerVersion"])
            || head.has_all(&["test/suiteID", "type"])
    }),
    read,
};

const RESULTS: [(&str, Outcome); 5] = [
    ("success", Outcome::Passed),
    ("success, and skipped", Outcome::Skipped),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
    ("success, and an error after it", Outcome::Errored),
];

/// How many tests that ended wait for errors that come late.
const MAX_ENDED: usize = 1_000;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = DartReader {
        builder,
        suites: HashMap::new(),
        tests: HashMap::new(),
        ended: VecDeque::new(),
        done: false,
        last_line: 1,
    };
    let end = json::for_each_record(input, |line, event| reader.event(line, event))
        .truncated_if(!reader.done);
    reader.finish();
    end
}

struct DartReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The suites by their ids.
    suites: HashMap<u64, DartSuite>,
    /// The open tests by their ids.
    tests: HashMap<u64, DartTest>,
    /// The tests that ended last, with their ids: an error may follow the end of its test.
    ended: VecDeque<(u64, DartTest)>,
    done: bool,
    last_line: u32,
}

#[derive(Default)]
struct DartSuite {
    name: String,
    /// How many tests its outermost groups declare, and how many of its tests ended.
    declared: u64,
    ended: u64,
    /// Whether a test was skipped: a group that is skipped as a whole counts all of its tests and is one.
    has_skips: bool,
}

/// A test that has started.
struct DartTest {
    /// The line of its start in the results file, later that of its end.
    line: u32,
    suite: Option<u64>,
    name: String,
    file: String,
    line_in_file: Option<u64>,
    message: String,
    /// The worst of its result and its errors.
    outcome: Outcome,
}

impl Default for DartTest {
    fn default() -> DartTest {
        DartTest {
            line: 0,
            suite: None,
            name: String::new(),
            file: String::new(),
            line_in_file: None,
            message: String::new(),
            outcome: Outcome::Passed,
        }
    }
}

impl DartTest {
    fn add_error(&mut self, event: &Value) {
        if self.message.is_empty() {
            self.message = format!("{}\n{}", event["error"].as_str(), event["stackTrace"].as_str());
        }
        let outcome = if event["isFailure"].is_true() { Outcome::Failed } else { Outcome::Errored };
        self.outcome = self.outcome.max(outcome);
    }

    fn emit(&self, builder: &mut RunBuilder<'_>) {
        TestRecord::new(self.name.as_str(), self.outcome)
            .message(&self.message)
            .location(&self.file, self.line_in_file)
            .emit(self.line, builder);
    }
}

impl DartReader<'_, '_> {
    fn event(&mut self, line: u32, event: &Value) {
        self.last_line = line;
        match event["type"].as_str() {
            "start" => self.done = false,
            "suite" => self.suite(&event["suite"]),
            "testStart" => self.start(line, &event["test"]),
            "group" => self.group(line, &event["group"]),
            "error" => self.error(line, event),
            "testDone" => self.end(line, event),
            "done" => {
                self.done = true;
                match &event["success"] {
                    Value::Bool(true) => {}
                    Value::Null => {
                        emit_bail_out("closed before all tests ran", line, self.builder);
                    }
                    Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => self.builder.expect_a_failure(line, "success false"),
                }
            }
            _ => {}
        }
    }

    fn suite(&mut self, suite: &Value) {
        let Some(id) = suite["id"].as_u64() else { return };
        let platform = match suite["platform"].as_str() {
            "" | "vm" => String::new(),
            platform => format!("[{platform}] "),
        };
        let name = format!("{platform}{}", path_from_test_dir(suite["path"].as_str()));
        self.suites.entry(id).or_default().name = name;
    }

    /// Counts the tests of an outermost group.
    fn group(&mut self, line: u32, group: &Value) {
        check_totals(group, &["testCount"], line, self.builder);
        if let Some(id) = group["suiteID"].as_u64().filter(|_| group["parentID"].is_null()) {
            let declared = &mut self.suites.entry(id).or_default().declared;
            *declared = declared.saturating_add(group["testCount"].as_u64().unwrap_or(0));
        }
    }

    fn error(&mut self, line: u32, event: &Value) {
        let id = event["testID"].as_u64().unwrap_or(0);
        if let Some(test) = self.tests.get_mut(&id) {
            test.add_error(event);
        } else if let Some((_, test)) = self.ended.iter_mut().find(|(ended, _)| *ended == id) {
            test.add_error(event);
        } else {
            let mut test = DartTest { line, name: format!("(test {id})"), ..DartTest::default() };
            test.add_error(event);
            test.emit(self.builder);
        }
    }

    fn start(&mut self, line: u32, test: &Value) {
        let Some(id) = test["id"].as_u64() else { return };
        let suite_id = test["suiteID"].as_u64();
        let suite = suite_id.and_then(|id| self.suites.get(&id));
        let name = match test["name"].as_str() {
            // The rest is the suite's absolute path.
            loading if loading.starts_with("loading ") && test["line"].is_null() => "loading",
            name => name,
        };
        // `url` may be a library; `root_url` is then the file that was run.
        let file = test.first_str(&["root_url", "url"]);
        let test = DartTest {
            line,
            suite: suite_id,
            name: names::join(&[suite.map_or("", |suite| suite.name.as_str()), name], ": "),
            file: file.to_owned(),
            line_in_file: test["root_line"].as_u64().or(test["line"].as_u64()),
            message: String::new(),
            outcome: Outcome::Passed,
        };
        self.tests.insert(id, test);
    }

    fn end(&mut self, line: u32, event: &Value) {
        let id = event["testID"].as_u64();
        // A test whose start is damaged has no name, but it ended.
        let mut test = id.and_then(|id| self.tests.remove(&id)).unwrap_or_else(|| DartTest {
            name: format!("(test {})", id.unwrap_or(0)),
            ..DartTest::default()
        });
        let word = event["result"].as_str();
        let outcome = match outcome_for(&RESULTS, word) {
            Outcome::Passed if event["skipped"].is_true() => Outcome::Skipped,
            outcome => outcome,
        };
        if outcome == Outcome::Failed && word != "failure" && test.message.is_empty() {
            test.message = unknown("result", word);
        }
        // The result of a test that failed is the kind of its failure.
        test.outcome = if outcome.is_failing() { outcome } else { outcome.max(test.outcome) };
        if event["hidden"].is_true() && !test.outcome.is_failing() {
            return;
        }
        if let Some(suite) = test.suite.and_then(|id| self.suites.get_mut(&id)) {
            suite.ended += 1;
            suite.has_skips |= outcome == Outcome::Skipped;
        }
        test.line = line;
        self.ended.push_back((id.unwrap_or(0), test));
        if self.ended.len() > MAX_ENDED
            && let Some((_, test)) = self.ended.pop_front()
        {
            test.emit(self.builder);
        }
    }

    /// Emits the tests that ended last, and the starts of those that never ended; only the end has whether a test is
    /// hidden.
    fn finish(self) {
        self.ended.iter().for_each(|(_, test)| test.emit(self.builder));
        let mut open: Vec<&DartTest> = self.tests.values().collect();
        open.sort_by_key(|test| test.line);
        for test in &open {
            emit_started(&test.name, test.line, self.builder);
        }
        // A test that never ended makes its run incomplete already.
        let suites = self.suites.values().filter(|suite| !suite.has_skips && open.is_empty());
        let missing =
            saturating_sum(suites.map(|suite| suite.declared.saturating_sub(suite.ended)));
        if missing > 0 {
            let why = format!("groups have {missing} more tests than ended");
            emit_bail_out(&why, self.last_line, self.builder);
        }
    }
}

/// A path from its last `test/` on; one that is not absolute is unchanged.
fn path_from_test_dir(path: &str) -> &str {
    let absolute = path.starts_with('/') || path.contains(":\\") || path.contains("://");
    match (absolute, path.rfind("/test/")) {
        (false, _) => path,
        (true, Some(at)) => &path[at + 1..],
        (true, None) => file_name(path),
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn hidden_tests_count_if_failing_and_open_tests_are_unfinished() {
        let text = r#"{"protocolVersion":"0.1.1","runnerVersion":"1.2","type":"start"}
{"suite":{"id":0,"platform":"chrome","path":"/w/pkg/test/a_test.dart"},"type":"suite"}
{"test":{"id":1,"name":"loading /w/pkg/test/a_test.dart","suiteID":0,"line":null},"type":"testStart"}
Some output
{"testID":1,"error":"does not compile","stackTrace":"","isFailure":false,"type":"error"}
{"testID":1,"result":"error","skipped":false,"hidden":false,"type":"testDone"}
{"test":{"id":2,"name":"(setUpAll)","suiteID":0,"line":3},"type":"testStart"}
{"testID":2,"result":"success","skipped":false,"hidden":true,"type":"testDone"}
{"test":{"id":3,"name":"g hangs","suiteID":0,"line":5},"type":"testStart"}
"#;
        let read = read_as("dart-json", text);
        let want = [
            "errored [chrome] test/a_test.dart: loading: does not compile",
            "unfinished [chrome] test/a_test.dart: g hangs",
        ];
        assert_eq!(read.0, want);
        assert!(read.1.contains(&GapKind::Truncated));
    }

    #[test]
    fn late_error_counts_and_groups_declare_their_tests() {
        let stream = |error: &str, count: u32, success: &str| {
            let text = format!(
                r#"{{"protocolVersion":"0.1.1","runnerVersion":"1.2","type":"start"}}
{{"group":{{"id":1,"suiteID":0,"parentID":null,"testCount":{count}}},"type":"group"}}
{{"test":{{"id":2,"name":"a","suiteID":0,"line":3}},"type":"testStart"}}
{{"testID":2,"result":"success","skipped":false,"hidden":false,"type":"testDone"}}
{error}
{{"success":{success},"type":"done"}}
"#
            );
            read_as("dart-json", &text)
        };
        let late =
            r#"{"testID":2,"error":"late","stackTrace":"","isFailure":false,"type":"error"}"#;
        assert_eq!(stream(late, 1, "false").0, ["errored a: late"]);
        assert_eq!(stream(late, 1, "false").1, []);
        assert_eq!(stream("", 1, "true").1, []);
        assert_eq!(stream("", 2, "true").1.len(), 1);
        let what = "success false".to_owned();
        assert_eq!(stream("", 1, "false").1, [GapKind::ReportedFailure { what }]);
    }
}
