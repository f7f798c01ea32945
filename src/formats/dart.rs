//! The JSON reporter of Dart and Flutter (`--reporter json`, `--machine`).
//!
//! In: an event a line, with other output between. Out: the end of each test. What a
//! newcomer would get wrong: hidden tests (loading a file, setting up) are none, unless they fail.
//!
//! <https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md>

use super::emit::names;
use super::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Outcome, RunBuilder};
use crate::syntax::json::{self, ForEachDocument, JsonHead, Value};
use crate::syntax::read_end::ReadEnd;
use std::collections::HashMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["dart-json", "dart", "flutter"],
    title: "dart test --reporter json, flutter test --machine",
    test_name: "as Dart prints it: the path from `test/` on, a colon, the names of groups and test; a \
            platform that is not the VM before it in brackets",
    outcomes: &RESULTS,
    incomplete: "a test starts and never ends; the stream has no `done`",
    link: "https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md",
    sniff: Sniff::Json(sniff),
    read,
};

const RESULTS: [(&str, Outcome); 4] = [
    ("success", Outcome::Passed),
    ("success, and skipped", Outcome::Skipped),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub(super) fn sniff(head: &JsonHead) -> bool {
    head.has_all(&["protocolVersion", "runnerVersion"]) || head.has_all(&["test/suiteID", "type"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader =
        DartReader { builder, suites: HashMap::new(), tests: HashMap::new(), done: false };
    let ended =
        json::read(input, &mut ForEachDocument(|line, event: &Value| reader.event(line, event)));
    let end = if ended.end == EndOfInput::Complete && !reader.done {
        EndOfInput::Truncated
    } else {
        ended.end
    };
    reader.abandon_open_tests();
    ReadEnd { end, ..ended }
}

struct DartReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    suites: HashMap<u64, String>,
    tests: HashMap<u64, DartTest>,
    done: bool,
}

/// A test that started.
struct DartTest {
    started: u32,
    name: String,
    file: String,
    line: Option<u64>,
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
                if !event["success"].is_some() {
                    test_record::emit_bail_out("closed before all tests ran", line, self.builder);
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
        let suite = suite.map_or("", String::as_str);
        let name = match test["name"].as_str() {
            // It says the path again, from the top of the machine.
            loading if loading.starts_with("loading ") && !test["line"].is_some() => "loading",
            name => name,
        };
        let name = names::join(&[suite, name], ": ");
        // The place in the file that was run, if the test itself stands in a library.
        let file = test_record::first_non_empty(&[test["root_url"].as_str(), test["url"].as_str()])
            .to_owned();
        let line_in_file = test["root_line"].as_u64().or(test["line"].as_u64());
        let test =
            DartTest { started: line, name, file, line: line_in_file, message: String::new() };
        self.tests.insert(id, test);
    }

    /// Tests that never ended: only now is it known that they are not hidden.
    fn abandon_open_tests(self) {
        let mut open: Vec<DartTest> = self.tests.into_values().collect();
        open.sort_by_key(|test| test.started);
        for test in open {
            test_record::emit_started(test.name, test.started, self.builder);
        }
    }

    fn end(&mut self, line: u32, event: &Value) {
        let id = event["testID"].as_u64();
        let test = id.and_then(|id| self.tests.remove(&id));
        // A test whose start is damaged has no name, but ended all the same.
        let test = test.unwrap_or_else(|| DartTest {
            started: line,
            name: format!("(test {})", id.unwrap_or(0)),
            file: String::new(),
            line: None,
            message: String::new(),
        });
        let DartTest { name, file, line: line_in_file, message, .. } = test;
        let outcome = match test_record::outcome_for(&RESULTS, event["result"].as_str()) {
            Outcome::Passed if event["skipped"].is_true() => Outcome::Skipped,
            outcome => outcome,
        };
        if event["hidden"].is_true() && !outcome.is_failing() {
            return;
        }
        TestRecord::new(name, outcome)
            .message(&message)
            .location(&file, line_in_file)
            .emit(line, self.builder);
    }
}

/// A path from its last `test/` on; one that is not absolute stays.
fn path_from_test_dir(path: &str) -> &str {
    let absolute = path.starts_with('/') || path.contains(":\\") || path.contains("://");
    match (absolute, path.rfind("/test/")) {
        (false, _) => path,
        (true, Some(at)) => &path[at + 1..],
        (true, None) => test_record::file_name(path),
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
