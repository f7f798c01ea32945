//! Cucumber Messages: a message a line, linked by ids. A test case that will be retried has no final result yet.

use super::steps::{STEP_STATUSES, StepOutcomes};
use crate::formats::emit::{
    TestRecord, emit_bail_out, emit_plan, emit_started, first_non_empty, names, outcome_for,
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
    incomplete: "a test case or a step starts and never ends; the stream has no testRunFinished",
    totals: "the test cases and their steps; the success of the run",
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
    cases: HashMap<String, CucumberCase>,
    /// The open attempts, by their ids.
    running: HashMap<String, CucumberAttempt>,
    /// How many results are of no further attempt.
    results: u64,
    /// How many of them are of no test case.
    parse_errors: u64,
    finished: bool,
}

/// A test case: its scenario's id and the number of its steps, hooks included.
struct CucumberCase {
    pickle: String,
    steps: usize,
}

/// One attempt of a test case, and its steps so far.
struct CucumberAttempt {
    case: String,
    steps: StepOutcomes,
    ended_steps: usize,
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
                let steps = message["testSteps"].as_array().len();
                self.cases.insert(id, CucumberCase { pickle, steps });
            }
            "testCaseStarted" => self.start(line, message, builder),
            "testStepFinished" => {
                let id = message["testCaseStartedId"].as_str();
                if let Some(running) = self.running.get_mut(id) {
                    let result = &message["testStepResult"];
                    running.will_be_retried |= result["willBeRetried"].is_true();
                    running.ended_steps += 1;
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
                self.results += 1;
                self.parse_errors += 1;
                TestRecord::new(message["source"]["uri"].as_str(), Outcome::Errored)
                    .message(message["message"].as_str())
                    .emit(line, builder);
            }
            "testRunFinished" => self.end_run(line, message, builder),
            _ => {}
        }
    }

    fn end_run(&mut self, line: u32, finished: &Value, builder: &mut RunBuilder<'_>) {
        self.finished = true;
        let exception = &finished["exception"];
        let messages = [&finished["message"], &exception["message"], &exception["type"]];
        let why = first_non_empty(&messages.map(Value::as_str));
        if !exception.is_null() || !why.is_empty() {
            emit_bail_out(why, line, builder);
        }
        let planned = self.parse_errors.saturating_add(self.cases.len() as u64);
        emit_plan(Some(planned), self.results, line, builder);
        if finished["success"] == Value::Bool(false) {
            builder.expect_a_failure(line, "success false");
        }
    }

    fn pickle_of(&self, case: &str) -> Option<&Pickle> {
        self.cases.get(case).and_then(|case| self.pickles.get(&case.pickle))
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
        if let Some(pickle) = self.pickle_of(&case) {
            emit_started(&pickle.name, line, builder);
        }
        let steps = StepOutcomes::default();
        let attempt = CucumberAttempt { case, steps, ended_steps: 0, will_be_retried: false };
        self.running.insert(id, attempt);
    }

    fn end(&mut self, line: u32, finished: &Value, builder: &mut RunBuilder<'_>) {
        let running = self.running.remove(finished["testCaseStartedId"].as_str());
        let Some(CucumberAttempt { case, mut steps, ended_steps, will_be_retried }) = running
        else {
            return;
        };
        let planned_steps = self.cases.get(&case).map_or(0, |case| case.steps);
        if ended_steps < planned_steps {
            steps.add_unfinished(ended_steps, planned_steps);
        }
        let will_be_retried = will_be_retried || finished["willBeRetried"].is_true();
        self.results += u64::from(!will_be_retried);
        let (name, file, line_in_file) = self
            .pickle_of(&case)
            .map_or((case.as_str(), "", None), |p| (p.name.as_str(), p.file.as_str(), p.line));
        TestRecord::new(name, steps.outcome())
            .message(&steps.message)
            .location(file, line_in_file)
            .attempt(if will_be_retried { Attempt::Intermediate } else { Attempt::Final })
            .emit(line, builder);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};
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

    fn read_case(status: &str, planned: u32, cases: u32, finished: &str) -> DecodedRun {
        let steps = vec!["{}"; planned as usize].join(",");
        let mut text = r#"{"meta":{"protocolVersion":"16"}}
{"pickle":{"id":"p","uri":"a.feature","name":"s"}}"#
            .to_owned();
        for case in 0..cases {
            text.push_str(&format!(
                "\n{{\"testCase\":{{\"id\":\"{case}\",\"pickleId\":\"p\",\"testSteps\":[{steps}]}}}}"
            ));
        }
        text.push_str(&format!(
            r#"
{{"testCaseStarted":{{"id":"r","testCaseId":"0"}}}}
{{"testStepFinished":{{"testCaseStartedId":"r","testStepResult":{{"status":"{status}"}}}}}}
{{"testCaseFinished":{{"testCaseStartedId":"r"}}}}
{{"testRunFinished":{{{finished}}}}}
"#
        ));
        read_as("cucumber-ndjson", &text)
    }

    #[test]
    fn unknown_status_and_missing_step_are_no_pass() {
        assert_eq!(read_case("PASSED", 1, 1, "").0, ["passed a.feature: s"]);
        let exception = r#""success": false, "exception": {"type": "E", "message": "no port"}"#;
        let why = "no port".to_owned();
        assert!(read_case("FAILED", 1, 1, exception).1.contains(&GapKind::BailedOut { why }));
        assert_eq!(read_case("ZORKED", 1, 1, "").0, ["failed a.feature: s: a step is zorked"]);
        let unfinished = ["unfinished a.feature: s: 1 of 2 steps ended"];
        assert_eq!(read_case("PASSED", 2, 1, "").0, unfinished);
        assert_eq!(read_case("FAILED", 2, 1, "").0, ["failed a.feature: s: a step is failed"]);
    }

    #[test]
    fn test_cases_and_success_of_the_run_are_compared() {
        assert_eq!(read_case("PASSED", 1, 1, r#""success":true"#).1, []);
        let unmet = GapKind::PlanNotMet { planned: 2, actual: 1 };
        assert_eq!(read_case("PASSED", 1, 2, "").1, [unmet]);
        let what = "success false".to_owned();
        let reported = GapKind::ReportedFailure { what };
        assert_eq!(read_case("PASSED", 1, 1, r#""success":false"#).1, [reported]);
        assert_eq!(read_case("FAILED", 1, 1, r#""success":false"#).1, []);
    }
}
