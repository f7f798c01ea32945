//! The JSON reporter of Dart and Flutter (`--reporter json`, `--machine`).
//!
//! In: an event a line, with other output between. Out: the end of each test. What a
//! newcomer would get wrong: hidden tests (loading a file, setting up) are none, unless they fail.
//!
//! <https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md>

use super::About;
use super::emit::names;
use super::emit::test_record::{self, Told};
use crate::model::{End, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Each, Head, Value};
use crate::syntax::read_end::Ended;
use std::collections::HashMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "dart test --reporter json, flutter test --machine",
    names: "as Dart prints it: the path from `test/` on, a colon, the names of groups and test; a \
            platform that is not the VM before it in brackets",
    outcomes: &RESULTS,
    incomplete: "a test starts and never ends; the stream has no `done`",
    link: "https://github.com/dart-lang/test/blob/master/pkgs/test/doc/json_reporter.md",
};

const RESULTS: [(&str, Outcome); 4] = [
    ("success", Outcome::Passed),
    ("success, and skipped", Outcome::Skipped),
    ("failure", Outcome::Failed),
    ("error", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["protocolVersion", "runnerVersion"]) || head.has(&["test/suiteID", "type"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut stream = Stream { builder, suites: HashMap::new(), tests: HashMap::new(), done: false };
    let ended = json::read(input, &mut Each(|line, event: &Value| stream.event(line, event)));
    let end = if ended.end == End::Whole && !stream.done { End::Cut } else { ended.end };
    stream.give_up();
    Ended { end, ..ended }
}

struct Stream<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    suites: HashMap<u64, String>,
    tests: HashMap<u64, Test>,
    done: bool,
}

/// A test that started.
struct Test {
    started: u32,
    name: String,
    file: String,
    line: Option<u64>,
    message: String,
}

impl<S: Sink> Stream<'_, '_, S> {
    fn event(&mut self, line: u32, event: &Value) {
        match event["type"].text() {
            "start" => self.done = false,
            "suite" => self.suite(&event["suite"]),
            "testStart" => self.start(line, &event["test"]),
            "error" => {
                let test = event["testID"].count().and_then(|id| self.tests.get_mut(&id));
                if let Some(test) = test.filter(|test| test.message.is_empty()) {
                    test.message =
                        format!("{}\n{}", event["error"].text(), event["stackTrace"].text());
                }
            }
            "testDone" => self.end(line, event),
            "done" => {
                self.done = true;
                if !event["success"].is_some() {
                    test_record::gave_up("closed before all tests ran", line, self.builder);
                }
            }
            _ => {}
        }
    }

    fn suite(&mut self, suite: &Value) {
        let Some(id) = suite["id"].count() else { return };
        let platform = match suite["platform"].text() {
            "" | "vm" => String::new(),
            platform => format!("[{platform}] "),
        };
        self.suites.insert(id, format!("{platform}{}", below_test(suite["path"].text())));
    }

    fn start(&mut self, line: u32, test: &Value) {
        let Some(id) = test["id"].count() else { return };
        let suite = test["suiteID"].count().and_then(|id| self.suites.get(&id));
        let suite = suite.map_or("", String::as_str);
        let name = match test["name"].text() {
            // It says the path again, from the top of the machine.
            loading if loading.starts_with("loading ") && !test["line"].is_some() => "loading",
            name => name,
        };
        let name = names::joined(&[suite, name], ": ");
        // The place in the file that was run, if the test itself stands in a library.
        let file = test_record::first(&[test["root_url"].text(), test["url"].text()]).to_owned();
        let line_there = test["root_line"].count().or(test["line"].count());
        let test = Test { started: line, name, file, line: line_there, message: String::new() };
        self.tests.insert(id, test);
    }

    /// Tests that never ended: only now is it known that they are not hidden.
    fn give_up(self) {
        let mut open: Vec<Test> = self.tests.into_values().collect();
        open.sort_by_key(|test| test.started);
        for test in open {
            test_record::started(test.name, test.started, self.builder);
        }
    }

    fn end(&mut self, line: u32, event: &Value) {
        let id = event["testID"].count();
        let test = id.and_then(|id| self.tests.remove(&id));
        // A test whose start is damaged has no name, but ended all the same.
        let test = test.unwrap_or_else(|| Test {
            started: line,
            name: format!("(test {})", id.unwrap_or(0)),
            file: String::new(),
            line: None,
            message: String::new(),
        });
        let Test { name, file, line: line_there, message, .. } = test;
        let outcome = match test_record::exact_outcome(&RESULTS, event["result"].text()) {
            Outcome::Passed if event["skipped"].is_true() => Outcome::Skipped,
            outcome => outcome,
        };
        if event["hidden"].is_true() && !outcome.is_failing() {
            return;
        }
        Told::new(name, outcome).message(&message).at(&file, line_there).tell(line, self.builder);
    }
}

/// A path from its last `test/` on; one that is not absolute stays.
fn below_test(path: &str) -> &str {
    let absolute = path.starts_with('/') || path.contains(":\\") || path.contains("://");
    match (absolute, path.rfind("/test/")) {
        (false, _) => path,
        (true, Some(at)) => &path[at + 1..],
        (true, None) => test_record::last_part(path),
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn hidden_tests_are_none_unless_they_fail_and_open_ones_never_ended() {
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
        let read = said(Format::Dart, text);
        let want = [
            "errored [chrome] test/a_test.dart: loading: does not compile",
            "unfinished [chrome] test/a_test.dart: g hangs",
        ];
        assert_eq!(read.0, want);
        assert!(read.1.contains(&GapKind::Cut));
    }
}
