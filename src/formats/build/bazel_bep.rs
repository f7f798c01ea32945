//! Bazel's build events as JSON (`--build_event_json_file`).
//!
//! In: a stream of events. Out: a result for each test target, and one for each try before the last.
//! What a newcomer would get wrong: a target's tries, runs and shards are results of their own, and
//! only its summary says what came of it; single cases stand in its `test.xml`.
//!
//! <https://bazel.build/remote/bep>

use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{End, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Each, Head, Value};
use crate::syntax::read_end::Ended;
use std::collections::BTreeMap;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Bazel's build events as JSON (--build_event_json_file)",
    names: "the target's label, as in //src/test:a_test",
    outcomes: &STATUSES,
    incomplete: "the stream has no event with lastMessage; the build failed for another reason than a \
                 test",
    link: "https://bazel.build/remote/bep",
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
const RAN: [u64; 3] = [0, 3, 4];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    ["started", "testResult/label", "testSummary/label", "buildFinished", "targetConfigured"]
        .iter()
        .any(|event| head.has(&[&format!("id/{event}")]))
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut targets: BTreeMap<String, Target> = BTreeMap::new();
    let mut last = false;
    let ended = json::read(
        input,
        &mut Each(|line, event: &Value| {
            last |= event["lastMessage"].is_true();
            look(line, event, &mut targets, builder);
        }),
    );
    for (label, target) in targets {
        target.tell(&label, builder);
    }
    let end = if ended.end == End::Whole && !last { End::Cut } else { ended.end };
    Ended { end, ..ended }
}

/// What is known of a test target.
#[derive(Default)]
struct Target {
    line: u32,
    /// By run and shard: the last try's number and outcome.
    tries: BTreeMap<(u64, u64), (u64, Outcome)>,
    failed_once: bool,
    summary: Option<Outcome>,
}

fn look<S: Sink>(
    line: u32,
    event: &Value,
    targets: &mut BTreeMap<String, Target>,
    builder: &mut RunBuilder<'_, S>,
) {
    let id = &event["id"];
    let (result, summary) = (&id["testResult"], &id["testSummary"]);
    if result.is_some() {
        let target = targets.entry(result["label"].text().to_owned()).or_default();
        let outcome = test_record::exact_outcome(&STATUSES, event["testResult"]["status"].text());
        target.line = line;
        target.failed_once |= outcome.is_failing();
        let number = result["attempt"].count().unwrap_or(1);
        let slot = [&result["run"], &result["shard"]].map(|n| n.count().unwrap_or(1));
        let last = target.tries.entry((slot[0], slot[1])).or_insert((number, outcome));
        if number >= last.0 {
            *last = (number, outcome);
        }
    } else if summary.is_some() {
        let target = targets.entry(summary["label"].text().to_owned()).or_default();
        let status = event["testSummary"]["overallStatus"].text();
        target.line = line;
        target.failed_once |= status == "FLAKY";
        target.summary = Some(test_record::exact_outcome(&STATUSES, status));
    } else if id["buildFinished"].is_some() {
        let exit = &event["finished"]["exitCode"];
        // Zero is left out.
        if !RAN.contains(&exit["code"].count().unwrap_or(0)) {
            test_record::gave_up(
                test_record::first(&[exit["name"].text(), "the build failed"]),
                line,
                builder,
            );
        }
    }
}

impl Target {
    fn tell<S: Sink>(self, label: &str, builder: &mut RunBuilder<'_, S>) {
        let worst = self.tries.values().map(|(_, outcome)| *outcome).max();
        let Some(outcome) = self.summary.or(worst) else { return };
        Told::new(label, outcome).flaky(self.failed_once).tell(self.line, builder);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;
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
        let read = said(Format::BazelBep, &text.join("\n"));
        assert_eq!(read.0, ["timed-out //a:t"]);
        assert_eq!(read.1, []);
        let read = said(Format::BazelBep, &[result(1, 1, "PASSED"), end(1)].join("\n"));
        assert_eq!(read.1, [GapKind::BailedOut { why: "BUILD_FAILURE".to_owned() }]);
        assert_eq!(said(Format::BazelBep, &result(1, 1, "PASSED")).1, [GapKind::Cut]);
    }
}
