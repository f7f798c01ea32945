//! Cucumber Messages: a message a line, linked by ids. A test case that will be retried has no final result yet.

use super::steps::{STEP_STATUSES, StepOutcomes};
use crate::formats::emit::{
    TestRecord, emit_bail_out, emit_started, first_non_empty, names, outcome_for,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::HashMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["cucumber-ndjson", "cucumber-messages"],
    title: "Cucumber Messages (ndjson)",
    test_name: "`features/a.feature: Scenario`; further rows of an outline end in #2, #3",
    outcomes: &STEP_STATUSES,
    incomplete: "a test case starts and never ends; the stream has no testRunFinished",
    totals: "",
    link: "https://github.com/cucumber/messages",
    sniff: Sniff::Json(|head| {
        head.has_all(&["meta/protocolVersion"]) || head.has_all(&["testCaseStarted/testCaseId"])
    }),
    read,
};

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = CucumberMessagesReader::default();
    json::for_each_record(input, |line, message| reader.message(line, message, builder))
        .truncated_if(!reader.finished)
}

#[derive(Default)]
struct CucumberMessagesReader {
    /// The scenarios by their ids.
    pickles: HashMap<String, Pickle>,
    /// How many scenarios share a name.
    name_counts: HashMap<String, u32>,
    /// The scenario's id of each test case.
    cases: HashMap<String, String>,
    /// The open attempts, by their ids.
    running: HashMap<String, CucumberAttempt>,
    finished: bool,
}

/// One attempt of a test case, and its steps so far.
struct CucumberAttempt {
    case: String,
    steps: StepOutcomes,
    /// Before version 17 of the messages a step has this.
    will_be_retried: bool,
}

/// A scenario; the rows of an outline are several.
struct Pickle {
    name: String,
    file: String,
    line: Option<u64>,
}

impl CucumberMessagesReader {
    fn message(&mut self, line: u32, message: &Value, builder: &mut RunBuilder<'_>) {
        let Some((kind, message)) = message.as_object().first() else { return };
        match kind.as_str() {
            "pickle" => self.pickle(message),
            "testCase" => {
                let [id, pickle] = ["id", "pickleId"].map(|key| message[key].as_str().to_owned());
                self.cases.insert(id, pickle);
            }
            "testCaseStarted" => self.start(line, message, builder),
            "testStepFinished" => {
                let id = message["testCaseStartedId"].as_str();
                if let Some(running) = self.running.get_mut(id) {
                    let result = &message["testStepResult"];
                    running.will_be_retried |= result["willBeRetried"].is_true();
                    running.steps.add_step(result["status"].as_str(), result["message"].as_str());
                }
            }
            "testCaseFinished" => self.end(line, message, builder),
            "testRunHookFinished" => {
                let result = &message["result"];
                let status = result["status"].as_str().to_lowercase();
                if outcome_for(&STEP_STATUSES, &status).is_failing() {
                    let why = first_non_empty(&[result["message"].as_str(), "a hook"]);
                    emit_bail_out(why, line, builder);
                }
            }
            "parseError" => {
                TestRecord::new(message["source"]["uri"].as_str(), Outcome::Errored)
                    .message(message["message"].as_str())
                    .emit(line, builder);
            }
            "testRunFinished" => {
                self.finished = true;
                if !message["message"].as_str().is_empty() {
                    emit_bail_out(message["message"].as_str(), line, builder);
                }
            }
            _ => {}
        }
    }

    fn pickle(&mut self, pickle: &Value) {
        let file = pickle["uri"].as_str().trim_start_matches("file:");
        let mut name = names::join(&[file, pickle["name"].as_str()], ": ");
        let count = self.name_counts.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name.push_str(&format!(" #{count}"));
        }
        let (file, line) = (file.to_owned(), pickle["location"]["line"].as_u64());
        self.pickles.insert(pickle["id"].as_str().to_owned(), Pickle { name, file, line });
    }

    fn start(&mut self, line: u32, started: &Value, builder: &mut RunBuilder<'_>) {
        let [id, case] = ["id", "testCaseId"].map(|key| started[key].as_str().to_owned());
        if let Some(pickle) = self.cases.get(&case).and_then(|id| self.pickles.get(id)) {
            emit_started(&pickle.name, line, builder);
        }
        let steps = StepOutcomes::default();
        self.running.insert(id, CucumberAttempt { case, steps, will_be_retried: false });
    }

    fn end(&mut self, line: u32, finished: &Value, builder: &mut RunBuilder<'_>) {
        let running = self.running.remove(finished["testCaseStartedId"].as_str());
        let Some(CucumberAttempt { case, steps, will_be_retried }) = running else { return };
        let pickle = self.cases.get(&case).and_then(|id| self.pickles.get(id));
        let (name, file, line_in_file) = pickle
            .map_or((case.as_str(), "", None), |p| (p.name.as_str(), p.file.as_str(), p.line));
        let will_be_retried = will_be_retried || finished["willBeRetried"].is_true();
        TestRecord::new(name, steps.outcome())
            .message(&steps.message)
            .location(file, line_in_file)
            .attempt(if will_be_retried { Attempt::Intermediate } else { Attempt::Final })
            .emit(line, builder);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failed_attempts_are_retries_and_stream_needs_its_end() {
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
        let read = read_as("cucumber-ndjson", &text);
        assert_eq!(read.0, ["~failed a.feature: s: a step is failed", "passed a.feature: s"]);
        assert_eq!(read.1, [GapKind::Truncated]);
        let whole = format!("{text}\n{{\"testRunFinished\":{{\"success\":true}}}}\n");
        assert_eq!(read_as("cucumber-ndjson", &whole).1, []);
    }
}
