//! Bazel's build events as JSON (`--build_event_json_file`).
//!
//! In: a stream of events. Out: a result for each test target, and one for each try before the last.
//! What a newcomer would get wrong: a target's tries, runs and shards are results of their own, and
//! only its summary says what came of it; single cases stand in its `test.xml`.
//!
//! <https://bazel.build/remote/bep>

use crate::formats::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Outcome, RunBuilder};
use crate::syntax::json::{self, ForEachDocument, JsonHead, Value};
use crate::syntax::read_end::ReadEnd;
use std::collections::BTreeMap;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["bazel-bep"],
    title: "Bazel's build events as JSON (--build_event_json_file)",
    test_name: "the target's label, as in //src/test:a_test",
    outcomes: &STATUSES,
    incomplete: "the stream has no event with lastMessage; the build failed for another reason than a \
                 test",
    link: "https://bazel.build/remote/bep",
    sniff: Sniff::Json(sniff),
    read,
};

/// A flaky target passed in one try and failed in another.
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

/// The exit codes of a build whose tests ran: success, some failed, there are none.
const TESTS_RAN_EXIT_CODES: [u64; 3] = [0, 3, 4];

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    ["started", "testResult/label", "testSummary/label", "buildFinished", "targetConfigured"]
        .iter()
        .any(|event| head.has_all(&[&format!("id/{event}")]))
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut targets: BTreeMap<String, BazelTarget> = BTreeMap::new();
    let mut last = false;
    let ended = json::read(
        input,
        &mut ForEachDocument(|line, event: &Value| {
            last |= event["lastMessage"].is_true();
            handle_event(line, event, &mut targets, builder);
        }),
    );
    for (label, target) in targets {
        target.emit(&label, builder);
    }
    let end =
        if ended.end == EndOfInput::Complete && !last { EndOfInput::Truncated } else { ended.end };
    ReadEnd { end, ..ended }
}

/// What is known of a test target.
#[derive(Default)]
struct BazelTarget {
    line: u32,
    /// By run and shard: the last try's number and outcome.
    last_attempts: BTreeMap<(u64, u64), (u64, Outcome)>,
    failed_once: bool,
    summary: Option<Outcome>,
}

fn handle_event(
    line: u32,
    event: &Value,
    targets: &mut BTreeMap<String, BazelTarget>,
    builder: &mut RunBuilder<'_>,
) {
    let id = &event["id"];
    let (result, summary) = (&id["testResult"], &id["testSummary"]);
    if result.is_some() {
        let target = targets.entry(result["label"].as_str().to_owned()).or_default();
        let outcome = test_record::outcome_for(&STATUSES, event["testResult"]["status"].as_str());
        target.line = line;
        target.failed_once |= outcome.is_failing();
        let attempt = result["attempt"].as_u64().unwrap_or(1);
        let slot = [&result["run"], &result["shard"]].map(|n| n.as_u64().unwrap_or(1));
        let last = target.last_attempts.entry((slot[0], slot[1])).or_insert((attempt, outcome));
        if attempt >= last.0 {
            *last = (attempt, outcome);
        }
    } else if summary.is_some() {
        let target = targets.entry(summary["label"].as_str().to_owned()).or_default();
        let status = event["testSummary"]["overallStatus"].as_str();
        target.line = line;
        target.failed_once |= status == "FLAKY";
        target.summary = Some(test_record::outcome_for(&STATUSES, status));
    } else if id["buildFinished"].is_some() {
        let exit = &event["finished"]["exitCode"];
        // Zero is left out.
        if !TESTS_RAN_EXIT_CODES.contains(&exit["code"].as_u64().unwrap_or(0)) {
            test_record::emit_bail_out(
                test_record::first_non_empty(&[exit["name"].as_str(), "the build failed"]),
                line,
                builder,
            );
        }
    }
}

impl BazelTarget {
    fn emit(self, label: &str, builder: &mut RunBuilder<'_>) {
        let worst = self.last_attempts.values().map(|(_, outcome)| *outcome).max();
        let Some(outcome) = self.summary.or(worst) else { return };
        TestRecord::new(label, outcome).flaky(self.failed_once).emit(self.line, builder);
    }
}

#[cfg(test)]
mod tests {

    use crate::formats::emit::test_record::testing::read_as;
    use crate::model::GapKind;

    #[test]
    fn a_build_that_fails_is_incomplete_and_shards_are_one_target() {
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
    }
}
