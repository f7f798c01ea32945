//! Bazel's build events as JSON (`--build_event_json_file`): a result for each test target.
//!
//! Attempts, runs and shards of a target have events of their own; only its summary has the outcome of the whole.
//! Single test cases are in its `test.xml`.

use crate::formats::emit::{
    TestRecord, emit_bail_out, first_non_empty, lookup, outcome_for, unknown,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};
use std::collections::BTreeMap;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["bazel-bep"],
    title: "Bazel's build events as JSON (--build_event_json_file)",
    test_name: "the target's label, as in //src/test:a_test",
    outcomes: &STATUSES,
    incomplete: "the stream has no event with lastMessage; the build failed for another reason than a \
                 test",
    totals: "the build's exit code and overallSuccess, of which a failing test is an explanation",
    link: "https://bazel.build/remote/bep",
    sniff: Sniff::Json(|head| {
        ["started", "testResult/label", "testSummary/label", "buildFinished", "targetConfigured"]
            .iter()
            .any(|event| head.has_all(&[&format!("id/{event}")]))
    }),
    read,
};

/// A flaky target passed in one attempt and failed in another.
const STATUSES: [(&str, Outcome); 9] = [
    ("PASSED", Outcome::Passed),
    ("FLAKY", Outcome::Passed),
    ("FAILED", Outcome::Failed),
    ("TIMEOUT", Outcome::TimedOut),
    ("INCOMPLETE", Outcome::Unfinished),
    ("REMOTE_FAILURE", Outcome::Errored),
    ("FAILED_TO_BUILD", Outcome::Errored),
    ("TOOL_HALTED_BEFORE_TESTING", Outcome::Unfinished),
    ("NO_STATUS", Outcome::Unfinished),
];

/// The exit codes of a build that ran its tests: success, some failed, there are none.
const TESTS_RAN_EXIT_CODES: [u64; 3] = [0, TESTS_FAILED, 4];
const TESTS_FAILED: u64 = 3;

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut targets: BTreeMap<String, BazelTarget> = BTreeMap::new();
    let mut has_last = false;
    let end = json::for_each_record(input, |line, event| {
        has_last |= event["lastMessage"].is_true();
        handle_event(line, event, &mut targets, builder);
    });
    for (label, target) in targets {
        target.emit(&label, builder);
    }
    end.truncated_if(!has_last)
}

/// The state of a test target.
#[derive(Default)]
struct BazelTarget {
    line: u32,
    /// By run and shard.
    last_attempts: BTreeMap<(u64, u64), BazelAttempt>,
    failed_once: bool,
    /// Whether its summary is FLAKY: then some runs of several may have failed at last.
    is_flaky: bool,
    summary: Option<Outcome>,
    /// A status that Bazel does not have.
    unknown: String,
}

struct BazelAttempt {
    number: u64,
    outcome: Outcome,
}

fn handle_event(
    line: u32,
    event: &Value,
    targets: &mut BTreeMap<String, BazelTarget>,
    builder: &mut RunBuilder<'_>,
) {
    let id = &event["id"];
    let (result, summary) = (&id["testResult"], &id["testSummary"]);
    if !result.is_null() {
        let target = targets.entry(result["label"].as_str().to_owned()).or_default();
        target.line = line;
        target.add_attempt(result, event["testResult"]["status"].as_str());
    } else if !summary.is_null() {
        let target = targets.entry(summary["label"].as_str().to_owned()).or_default();
        let status = event["testSummary"]["overallStatus"].as_str();
        target.line = line;
        target.is_flaky = status == "FLAKY";
        target.failed_once |= target.is_flaky;
        target.summary = Some(outcome_of(status));
        target.note_unknown(status);
    } else if !id["buildFinished"].is_null() {
        let exit = &event["finished"]["exitCode"];
        // Zero is left out.
        if !TESTS_RAN_EXIT_CODES.contains(&exit["code"].as_u64().unwrap_or(0)) {
            let why = first_non_empty(&[exit["name"].as_str(), "the build failed"]);
            emit_bail_out(why, line, builder);
        } else if exit["code"].as_u64() == Some(TESTS_FAILED) {
            builder
                .expect_a_failure(line, first_non_empty(&[exit["name"].as_str(), "exit code 3"]));
        } else if event["finished"]["overallSuccess"] == Value::Bool(false) {
            builder.expect_a_failure(line, "overallSuccess false");
        }
    }
}

/// The outcome of a status; the format leaves the first of its words out.
fn outcome_of(status: &str) -> Outcome {
    outcome_for(&STATUSES, first_non_empty(&[status, "NO_STATUS"]))
}

impl BazelTarget {
    fn add_attempt(&mut self, id: &Value, status: &str) {
        let outcome = outcome_of(status);
        self.failed_once |= outcome.is_failing();
        self.note_unknown(status);
        let [run, shard, number] =
            ["run", "shard", "attempt"].map(|key| id[key].as_u64().unwrap_or(1));
        let last = self.last_attempts.get(&(run, shard));
        if last.is_none_or(|last| number >= last.number) {
            self.last_attempts.insert((run, shard), BazelAttempt { number, outcome });
        }
    }

    fn note_unknown(&mut self, status: &str) {
        if !status.is_empty() && lookup(&STATUSES, status).is_none() {
            self.unknown = unknown("status", status);
        }
    }

    fn emit(self, label: &str, builder: &mut RunBuilder<'_>) {
        let worst = self.last_attempts.values().map(|attempt| attempt.outcome).max();
        let outcome = match self.summary {
            // A summary that an attempt contradicts; a flaky target is none.
            Some(Outcome::Passed) if !self.is_flaky => worst.max(self.summary),
            summary => summary.or(worst),
        };
        let Some(outcome) = outcome else { return };
        TestRecord::new(label, outcome)
            .message(&self.unknown)
            .flaky(self.failed_once)
            .emit(self.line, builder);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn failed_build_is_incomplete_and_shards_are_one_target() {
        let result = |shard: u32, attempt: u32, status: &str| {
            format!(
                r#"{{"id": {{"testResult": {{"label": "//a:t", "shard": {shard}, "attempt": {attempt}}}}},
                "testResult": {{"status": "{status}"}}}}"#
            )
        };
        let end = |code: u32| {
            format!(
                r#"{{"id": {{"buildFinished": {{}}}}, "lastMessage": true,
                "finished": {{"exitCode": {{"name": "BUILD_FAILURE", "code": {code}}}}}}}"#
            )
        };
        let text =
            [result(1, 1, "PASSED"), result(2, 1, "FAILED"), result(2, 2, "TIMEOUT"), end(3)];
        let read = read_as("bazel-bep", &text.join("\n"));
        assert_eq!(read.0, ["timed-out //a:t"]);
        assert_eq!(read.1, []);
        let read = read_as("bazel-bep", &[result(1, 1, "PASSED"), end(1)].join("\n"));
        assert_eq!(read.1, [GapKind::BailedOut { why: "BUILD_FAILURE".to_owned() }]);
        assert_eq!(read_as("bazel-bep", &result(1, 1, "PASSED")).1, [GapKind::Truncated]);
        for (overall, outcome) in [("PASSED", "failed"), ("FLAKY", "passed")] {
            let summary = format!(
                r#"{{"id": {{"testSummary": {{"label": "//a:t"}}}}, "testSummary": {{"overallStatus": "{overall}"}}}}"#
            );
            let read = read_as("bazel-bep", &[result(1, 1, "FAILED"), summary, end(0)].join("\n"));
            assert_eq!(read.0.last(), Some(&format!("{outcome} //a:t")));
        }
    }
}
