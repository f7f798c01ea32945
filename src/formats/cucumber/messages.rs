//! Cucumber Messages: a message a line.
//!
//! In: messages, which name each other by their ids. Out: a start and an end for each test case. What a
//! newcomer would get wrong: a test case that will be retried is no verdict yet.
//!
//! <https://github.com/cucumber/messages>

use super::{STEPS, Steps};
use crate::formats::About;
use crate::formats::emit::names;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Attempt, End, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Each, Head, Value};
use crate::syntax::read_end::Ended;
use std::collections::HashMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Cucumber Messages (ndjson)",
    names: "`features/a.feature: Scenario`; the further rows of an outline have #2, #3 behind them",
    outcomes: &STEPS,
    incomplete: "a test case starts and never ends; the stream has no testRunFinished",
    link: "https://github.com/cucumber/messages",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["meta/protocolVersion"]) || head.has(&["testCaseStarted/testCaseId"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut stream = Stream {
        builder,
        pickles: HashMap::new(),
        names: HashMap::new(),
        cases: HashMap::new(),
        running: HashMap::new(),
        finished: false,
    };
    let ended = json::read(input, &mut Each(|line, message: &Value| stream.message(line, message)));
    let end = if ended.end == End::Whole && !stream.finished { End::Cut } else { ended.end };
    Ended { end, ..ended }
}

struct Stream<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    /// The scenarios by their ids.
    pickles: HashMap<String, Pickle>,
    /// How often a name came.
    names: HashMap<String, u32>,
    /// The scenario's id of each test case.
    cases: HashMap<String, String>,
    /// The tries that have no end yet.
    running: HashMap<String, Try>,
    finished: bool,
}

/// One try of a test case, and its steps so far.
struct Try {
    case: String,
    steps: Steps,
    /// Whether it will be tried again; before version 17 of the messages its steps say that.
    again: bool,
}

struct Pickle {
    name: String,
    file: String,
    line: Option<u64>,
}

impl<S: Sink> Stream<'_, '_, S> {
    fn message(&mut self, line: u32, message: &Value) {
        let Some((kind, message)) = message.members().first() else { return };
        match kind.as_str() {
            "pickle" => self.pickle(message),
            "testCase" => {
                let (id, pickle) = (message["id"].text(), message["pickleId"].text());
                self.cases.insert(id.to_owned(), pickle.to_owned());
            }
            "testCaseStarted" => self.start(line, message),
            "testStepFinished" => {
                let id = message["testCaseStartedId"].text();
                if let Some(running) = self.running.get_mut(id) {
                    let result = &message["testStepResult"];
                    running.again |= result["willBeRetried"].is_true();
                    running.steps.step(result["status"].text(), result["message"].text());
                }
            }
            "testCaseFinished" => self.end(line, message),
            "testRunHookFinished" => {
                let result = &message["result"];
                if test_record::exact_outcome(&STEPS, &result["status"].text().to_lowercase())
                    .is_failing()
                {
                    test_record::gave_up(
                        test_record::first(&[result["message"].text(), "a hook"]),
                        line,
                        self.builder,
                    );
                }
            }
            "parseError" => {
                let file = message["source"]["uri"].text();
                Told::new(file, Outcome::Errored)
                    .message(message["message"].text())
                    .tell(line, self.builder);
            }
            "testRunFinished" => {
                self.finished = true;
                if !message["message"].text().is_empty() {
                    test_record::gave_up(message["message"].text(), line, self.builder);
                }
            }
            _ => {}
        }
    }

    fn pickle(&mut self, pickle: &Value) {
        let file = pickle["uri"].text().trim_start_matches("file:");
        let mut name = names::joined(&[file, pickle["name"].text()], ": ");
        let number = self.names.entry(name.clone()).or_default();
        *number += 1;
        if *number > 1 {
            name.push_str(&format!(" #{number}"));
        }
        let (file, line) = (file.to_owned(), pickle["location"]["line"].count());
        self.pickles.insert(pickle["id"].text().to_owned(), Pickle { name, file, line });
    }

    fn start(&mut self, line: u32, started: &Value) {
        let case = started["testCaseId"].text();
        if let Some(pickle) = self.cases.get(case).and_then(|id| self.pickles.get(id)) {
            test_record::started(pickle.name.as_str(), line, self.builder);
        }
        let id = started["id"].text().to_owned();
        let case = case.to_owned();
        self.running.insert(id, Try { case, steps: Steps::default(), again: false });
    }

    fn end(&mut self, line: u32, finished: &Value) {
        let running = self.running.remove(finished["testCaseStartedId"].text());
        let Some(Try { case, steps, again }) = running else { return };
        let pickle = self.cases.get(&case).and_then(|id| self.pickles.get(id));
        let (name, file, place) = pickle
            .map_or((case.as_str(), "", None), |p| (p.name.as_str(), p.file.as_str(), p.line));
        let again = again || finished["willBeRetried"].is_true();
        Told::new(name, steps.outcome())
            .message(&steps.message)
            .at(file, place)
            .attempt(if again { Attempt::Retry } else { Attempt::Only })
            .tell(line, self.builder);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
    use crate::model::GapKind;

    #[test]
    fn tries_again_are_retries_and_a_stream_needs_its_end() {
        let start = r#"{"meta":{"protocolVersion":"16"}}
{"pickle":{"id":"p","uri":"a.feature","name":"s"}}
{"testCase":{"id":"c","pickleId":"p"}}"#;
        let run = |id: u32, status: &str, again: bool| {
            format!(
                r#"{{"testCaseStarted":{{"id":"{id}","testCaseId":"c"}}}}
{{"testStepFinished":{{"testCaseStartedId":"{id}","testStepResult":{{"status":"{status}"}}}}}}
{{"testCaseFinished":{{"testCaseStartedId":"{id}","willBeRetried":{again}}}}}"#
            )
        };
        let text = [start.to_owned(), run(1, "FAILED", true), run(2, "PASSED", false)].join("\n");
        let read = said(Format::CucumberMessages, &text);
        assert_eq!(read.0, ["~failed a.feature: s: a step is failed", "passed a.feature: s"]);
        assert_eq!(read.1, [GapKind::Cut]);
        let whole = format!("{text}\n{{\"testRunFinished\":{{\"success\":true}}}}\n");
        assert_eq!(said(Format::CucumberMessages, &whole).1, []);
    }
}
