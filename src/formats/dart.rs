//! The JSON reporter of Dart and Flutter (`--reporter json`, `--machine`): an event a line, with other output between.
//!
//! Hidden tests (loading a file, setting up) count only if they fail.

use crate::formats::emit::{
    TestRecord, emit_bail_out, emit_started, file_name, names, outcome_for,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::HashMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["dart-json", "dart", "flutter"],
    title: "dart test --reporter json, flutter test --machine",
    test_name: "as Dart prints it: the path from `test/` on, a colon, the names of groups and test; a \
                platform other than the VM comes first, in brackets",
    outcomes: &RESULTS,
    incomplete: "a test starts and never ends; the stream has no `done`",
    totals: "",
    link: "https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md",
    sniff: Sniff::Json(|head| {
        head.has_all(&["protocolVersion", "runnerVersion"])
            || head.has_all(&["test/suiteID", "type"])
    }),
    read,
};

const RESULTS: [(&str, Outcome); 4] = [
    ("success", Outcome::Passed),
    ("success, and skipped", Outcome::Skipped),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        DartReader { builder, suites: HashMap::new(), tests: HashMap::new(), done: false };
    let end = json::for_each_record(input, |line, event| reader.event(line, event))
        .truncated_if(!reader.done);
    reader.emit_open_tests();
    end
}

struct DartReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// The names of the suites by their ids.
    suites: HashMap<u64, String>,
    /// The open tests by their ids.
    tests: HashMap<u64, DartTest>,
    done: bool,
}

/// A test that has started.
#[derive(Default)]
struct DartTest {
    /// The line of its start in the results file.
    started: u32,
    name: String,
    file: String,
    line_in_file: Option<u64>,
    message: String,
}

impl DartReader<'_, '_> {
    fn event(&mut self, line: u32, event: &Value) {
        match event["type"].as_str() {
            "start" => self.done = false,
            "suite" => self.suite(&event["suite"]),
            "testStart" => self.start(line, &event["test"]),
            "error" => {
                let test = event["testID"].as_u64().and_then(|id| self.tests.get_mut(&id));
                if let Some(test) = test.filter(|test| test.message.is_empty()) {
                    test.message =
                        format!("{}\n{}", event["error"].as_str(), event["stackTrace"].as_str());
                }
            }
            "testDone" => self.end(line, event),
            "done" => {
                self.done = true;
                if event["success"].is_null() {
                    emit_bail_out("closed before all tests ran", line, self.builder);
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
        self.suites.insert(id, format!("{platform}{}", path_from_test_dir(suite["path"].as_str())));
    }

    fn start(&mut self, line: u32, test: &Value) {
        let Some(id) = test["id"].as_u64() else { return };
        let suite = test["suiteID"].as_u64().and_then(|id| self.suites.get(&id));
        let name = match test["name"].as_str() {
            // The rest is the suite's absolute path.
            loading if loading.starts_with("loading ") && test["line"].is_null() => "loading",
            name => name,
        };
        // `url` may be a library; `root_url` is then the file that was run.
        let file = test.first_str(&["root_url", "url"]);
        let test = DartTest {
            started: line,
            name: names::join(&[suite.map_or("", String::as_str), name], ": "),
            file: file.to_owned(),
            line_in_file: test["root_line"].as_u64().or(test["line"].as_u64()),
            message: String::new(),
        };
        self.tests.insert(id, test);
    }

    /// Emits the starts of tests that never ended; only the end has whether a test is hidden.
    fn emit_open_tests(self) {
        let mut open: Vec<DartTest> = self.tests.into_values().collect();
        open.sort_by_key(|test| test.started);
        for test in open {
            emit_started(&test.name, test.started, self.builder);
        }
    }

    fn end(&mut self, line: u32, event: &Value) {
        let id = event["testID"].as_u64();
        // A test whose start is damaged has no name, but it ended.
        let test = id.and_then(|id| self.tests.remove(&id)).unwrap_or_else(|| DartTest {
            name: format!("(test {})", id.unwrap_or(0)),
            ..DartTest::default()
        });
        let outcome = match outcome_for(&RESULTS, event["result"].as_str()) {
            Outcome::Passed if event["skipped"].is_true() => Outcome::Skipped,
            outcome => outcome,
        };
        if event["hidden"].is_true() && !outcome.is_failing() {
            return;
        }
        TestRecord::new(test.name, outcome)
            .message(&test.message)
            .location(&test.file, test.line_in_file)
            .emit(line, self.builder);
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
}
