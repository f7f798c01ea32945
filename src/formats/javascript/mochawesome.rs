//! mochawesome's JSON, from mocha and Cypress: one document, suites in suites. A hook that failed is a result too.

use crate::formats::emit::{TestRecord, check_totals, emit_plan, outcome_for, saturating_sum};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value, VisitAction, Visitor};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mochawesome-json", "mochawesome"],
    title: "mochawesome's JSON: mocha, Cypress",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &STATES,
    incomplete: "the document has no end; less than its stats declare",
    totals: "the stats: tests, testsRegistered, passes, pending, failures, skipped, other",
    link: "https://github.com/adamgruber/mochawesome",
    sniff: Sniff::Json(|head| {
        head.has_all(&["stats/suites", "stats/passes"])
            && (head.has_all(&["stats/testsRegistered"]) || head.has_all(&["results/*/suites"]))
    }),
    read: |input, builder| {
        json::read(
            input,
            &mut MochawesomeReader {
                builder,
                stats: Value::Null,
                seen: 0,
                doubled: 0,
                files: Vec::new(),
            },
        )
    },
};

const STATES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("no state, and skipped or pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("failed and timedOut", Outcome::TimedOut),
];

/// The message of mocha for a test that failed after it had passed; it counts both, but one test.
const DONE_TWICE: &str = "done() called multiple times in test ";

struct MochawesomeReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    stats: Value,
    seen: u64,
    /// How many tests are counted as passed and as failed.
    doubled: u64,
    /// The path of each open suite, absolute.
    files: Vec<String>,
}

impl Visitor for MochawesomeReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            ["stats"] | [.., "suites" | "results", "*", "fullFile"] => VisitAction::Take,
            [] | ["results"] | [.., "suites" | "results", "*"] => VisitAction::Enter,
            [.., "*", "suites" | "tests" | "beforeHooks" | "afterHooks"] => VisitAction::Enter,
            [.., "tests" | "beforeHooks" | "afterHooks", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], test: &Value) {
        if let ["stats"] = path {
            self.stats = test.clone();
            return;
        }
        if let [.., "fullFile"] = path {
            if let Some(file) = self.files.last_mut() {
                test.as_str().clone_into(file);
            }
            return;
        }
        let state = test["state"].as_str();
        // Only a hook that failed has a state.
        let is_hook = matches!(path, [.., "beforeHooks" | "afterHooks", _]);
        if test.is_null() || is_hook && matches!(state, "" | "passed") {
            return;
        }
        self.seen += 1;
        self.doubled += u64::from(test["err"]["message"].as_str().contains(DONE_TWICE));
        let outcome = match state {
            "" if test["skipped"].is_true() || test["pending"].is_true() => Outcome::Skipped,
            "failed" if test["timedOut"].is_true() => Outcome::TimedOut,
            state => outcome_for(&STATES, state),
        };
        let file = self.files.iter().rfind(|file| !file.is_empty());
        TestRecord::new(test["fullTitle"].as_str(), outcome)
            .message(test["err"].first_str(&["estack", "message"]))
            .location(file.map_or("", String::as_str), None)
            .emit(line, self.builder);
    }

    fn enter(&mut self, _: u32, path: &[&str]) {
        if let [.., "suites" | "results", "*"] = path {
            self.files.push(String::new());
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        match path {
            [] => self.emit_stats(line),
            [.., "suites" | "results", "*"] => {
                self.files.pop();
            }
            _ => {}
        }
    }
}

const TOTALS: [&str; 7] =
    ["passes", "pending", "failures", "tests", "testsRegistered", "skipped", "other"];

impl MochawesomeReader<'_, '_> {
    fn emit_stats(&mut self, line: u32) {
        check_totals(&self.stats, &TOTALS, line, self.builder);
        let [passes, pending, failures, tests, registered, skipped, other] =
            TOTALS.map(|key| self.stats[key].as_u64().unwrap_or(0));
        let ended = saturating_sum([passes, pending, failures]).saturating_sub(self.doubled);
        // Failures that are hooks: other than tests, and among the failures of old versions.
        let hooks = if ended == saturating_sum([tests, other]) { 0 } else { other };
        // Tests that never ran, because a hook failed.
        let all = saturating_sum([ended.max(tests), skipped]).max(registered);
        emit_plan(Some(saturating_sum([all, hooks])), self.seen, line, self.builder);
        self.builder.expect_failures(line, saturating_sum([failures, hooks]));
        self.builder.expect_skips(line, saturating_sum([pending, skipped]));
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn stats_are_compared_and_unknown_states_are_failures() {
        let read = |stats: &str, state: &str| {
            let text = format!(
                r#"{{"stats": {{"suites": 1, {stats}}}, "results": [{{"suites": [{{
                "tests": [{{"fullTitle": "t", "state": "passed"}}],
                "afterHooks": [{{"fullTitle": "h", "state": "{state}"}}]}}]}}]}}"#
            );
            read_as("mochawesome-json", &text)
        };
        let stats = r#""passes": 1, "tests": 1, "testsRegistered": 1"#;
        for whole in ["", r#", "failures": 0, "other": 1"#, r#", "failures": 1, "other": 1"#] {
            let read = read(&format!("{stats}{whole}"), "failed");
            assert_eq!((read.0.len(), read.1), (2, vec![]), "{whole}");
        }
        for wrong in [r#", "skipped": 2"#, r#", "failures": 2"#, r#", "other": 2"#] {
            assert!(!read(&format!("{stats}{wrong}"), "failed").1.is_empty(), "{wrong}");
        }
        assert_eq!(read(stats, "zorked").0, ["passed t", "failed h"]);
        assert_eq!(read(stats, "").0, ["passed t"]);
    }

    #[test]
    fn a_test_that_calls_done_twice_is_counted_twice_and_one() {
        let read = |message: &str| {
            let text = format!(
                r#"{{"stats": {{"suites": 1, "tests": 1, "passes": 1, "failures": 1, "testsRegistered": 1}},
                "results": [{{"suites": [{{"tests": [{{"fullTitle": "t", "state": "failed",
                "err": {{"message": "Error: {message} <t>"}}}}]}}]}}]}}"#
            );
            read_as("mochawesome-json", &text).1.len()
        };
        assert_eq!([read("done() called multiple times in test"), read("no")], [0, 1]);
    }

    #[test]
    fn location_is_the_file_of_the_innermost_suite_with_one() {
        let text = r#"{"stats": {"suites": 1, "passes": 0}, "results": [{"fullFile": "/w/a.js", "suites": [
            {"fullFile": "", "tests": [{"fullTitle": "t", "state": "failed"}]},
            {"fullFile": "/w/b.js", "tests": [{"fullTitle": "u", "state": "failed"}]}]}]}"#;
        assert_eq!(read_as("mochawesome-json", text).2, ["/w/a.js:0", "/w/b.js:0"]);
    }
}
