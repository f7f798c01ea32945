//! piglit's `results.json`, which igt-gpu-tools writes too: one document with an object of tests.
//!
//! A test with subtests is reported by them: its own result repeats the worst of theirs, unless it failed by itself, as
//! by a crash after them. The object of subtests always has a `__type__`.

use crate::formats::emit::{
    TestRecord, check_total, first_non_empty, known_or_failed, lookup, names, outcome_for,
    saturating_sum,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, OutcomeCounts, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["piglit-json", "piglit", "igt"],
    title: "piglit's results.json, as piglit and igt-gpu-tools write it",
    test_name: "the test, and after an @ its subtest, as in spec@glsl-1.10@execution@fs-a@sub",
    outcomes: &STATUSES,
    incomplete: "the document has no end; a test is incomplete",
    totals: "the number of each status in `totals`",
    link: "https://gitlab.freedesktop.org/mesa/piglit",
    sniff: Sniff::Json(|head| {
        head.has_text("__type__", "TestrunResult")
            || head.has_text("time_elapsed/__type__", "TimeAttribute")
            || head.has_all(&["info/system/uname"])
            || head.has_all(&["info/system/glxinfo"])
            || head.has_all(&["results_version", "tests"])
    }),
    read,
};

const STATUSES: [(&str, Outcome); 11] = [
    ("pass", Outcome::Passed),
    ("warn", Outcome::Passed),
    ("skip", Outcome::Skipped),
    ("notrun", Outcome::Skipped),
    ("incomplete", Outcome::Unfinished),
    ("fail", Outcome::Failed),
    ("dmesg-warn", Outcome::Failed),
    ("dmesg-fail", Outcome::Failed),
    ("timeout", Outcome::TimedOut),
    ("crash", Outcome::Crashed),
    ("abort", Outcome::Crashed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut report = PiglitReader::default();
    let read =
        json::for_each(input, &["tests/{name}", "totals/root"], |line, path, value| match path {
            ["totals", ..] => report.declare(line, value, builder),
            [.., name] => report.emit(line, name, value, builder),
            [] => {}
        });
    report.compare(builder);
    read
}

#[derive(Default)]
struct PiglitReader {
    counts: OutcomeCounts,
    /// The totals of the whole run.
    declared: Vec<(Outcome, u64)>,
    totals_line: u32,
}

impl PiglitReader {
    fn declare(&mut self, line: u32, totals: &Value, builder: &mut RunBuilder<'_>) {
        self.totals_line = line;
        for (status, count) in totals.as_object() {
            check_total(status, count, line, builder);
            self.declared.push((outcome_for(&STATUSES, status), count.as_u64().unwrap_or(0)));
        }
    }

    /// Compares the totals, which also igt writes at the end, with the results.
    fn compare(&self, builder: &mut RunBuilder<'_>) {
        let declared = |is_counted: fn(Outcome) -> bool| {
            let counts = self.declared.iter().filter(|(outcome, _)| is_counted(*outcome));
            saturating_sum(counts.map(|(_, count)| *count))
        };
        let passed = declared(|outcome| outcome == Outcome::Passed);
        let unfinished = declared(|outcome| outcome == Outcome::Unfinished);
        let missing = [(passed, Outcome::Passed), (unfinished, Outcome::Unfinished)]
            .map(|(count, outcome)| count.saturating_sub(self.counts.get(outcome)));
        let seen = self.counts.total();
        let tests = declared(|_| true).max(seen.saturating_add(saturating_sum(missing)));
        builder.expect_tests(self.totals_line, Some(tests).filter(|tests| *tests > seen));
        builder.expect_failures(self.totals_line, declared(Outcome::is_failing));
        builder.expect_skips(self.totals_line, declared(|outcome| outcome == Outcome::Skipped));
    }

    fn emit(&mut self, line: u32, name: &str, test: &Value, builder: &mut RunBuilder<'_>) {
        let texts = ["exception", "traceback", "err", "out"].map(|key| test[key].as_str().trim());
        let message = first_non_empty(&texts);
        // Old versions have one subtest a test, under the singular.
        let subtests = ["subtests", "subtest"].into_iter().flat_map(|key| test[key].as_object());
        let subtests = subtests.filter(|(subtest, _)| subtest != "__type__");
        let (mut has_subtests, mut worst) = (false, Outcome::Passed);
        for (subtest, status) in subtests {
            let name = names::join_child(name, subtest, "@");
            worst = worst.max(self.emit_result(line, &name, status, message, builder));
            has_subtests = true;
        }
        let own = outcome_for(&STATUSES, test["result"].as_str());
        let failed_by_itself = is_bad(own) && !is_bad(worst) && !test["result"].is_null();
        if failed_by_itself || !has_subtests && !test.as_object().is_empty() {
            self.emit_result(line, name, &test["result"], message, builder);
        }
    }

    fn emit_result(
        &mut self,
        line: u32,
        name: &str,
        status: &Value,
        message: &str,
        builder: &mut RunBuilder<'_>,
    ) -> Outcome {
        let word = status.as_str();
        let (outcome, unknown) = known_or_failed(lookup(&STATUSES, word), "status", word);
        self.counts.add(outcome);
        let message = first_non_empty(&[message, &unknown]);
        TestRecord::new(name, outcome).message(message).emit(line, builder);
        outcome
    }
}

/// Whether a test failed, or did not end.
fn is_bad(outcome: Outcome) -> bool {
    outcome.is_failing() || outcome == Outcome::Unfinished
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn test_that_fails_after_its_subtests_is_a_result() {
        let results = |result: &str, subtests: &str| {
            let test = format!("{{\"result\": \"{result}\", \"subtests\": {{{subtests}}}}}");
            let report = format!("{{\"results_version\": 10, \"tests\": {{\"a\": {test}}}}}");
            read_as("piglit-json", &report).0
        };
        assert_eq!(results("crash", r#""x": "pass""#), ["passed a@x", "crashed a"]);
        assert_eq!(results("fail", r#""x": "fail""#), ["failed a@x"]);
        assert_eq!(results("pass", r#""x": "pass""#), ["passed a@x"]);
        let unknown = "failed a@x: unknown status `zorked`";
        assert_eq!(results("fail", r#""x": "zorked""#), [unknown]);
    }

    #[test]
    fn totals_are_those_of_tests_and_subtests() {
        let report = |root: &str| {
            let tests = r#""a": {"result": "fail", "subtests": {"x": "pass", "y": "fail"}}, "b": {"result": "skip"}"#;
            let totals = format!("\"totals\": {{\"\": {{\"pass\": 9}}, \"root\": {{{root}}}}}");
            read_as(
                "piglit-json",
                &format!("{{\"results_version\": 10, \"tests\": {{{tests}}}, {totals}}}"),
            )
        };
        assert_eq!(report(r#""pass": 1, "fail": 1, "skip": 1, "crash": 0"#).1, []);
        for more in [r#""pass": 2"#, r#""crash": 2"#, r#""notrun": 2"#, r#""incomplete": 1"#] {
            assert_eq!(report(more).1.len(), 1, "{more}");
        }
    }
}
