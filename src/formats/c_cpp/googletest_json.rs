//! googletest's JSON (`--gtest_output=json`): one document.
//!
//! A test that failed and then skipped itself has the result `SKIPPED` and its failures. What fails outside any test,
//! as in the set-up of a suite, is a test without a name, which no total counts but that of its own suite.

use crate::formats::emit::{
    TestRecord, check_total, first_non_empty, names, outcome_for, saturating_sum, unknown,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Event, Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["gtest-json"],
    title: "googletest's JSON (--gtest_output=json)",
    test_name: "`Suite.Test`, as --gtest_filter takes it, with the instance and the parameter's number",
    outcomes: &RESULTS,
    incomplete: "the document has no end; fewer tests than its header declares",
    totals: "tests, failures, errors and disabled tests of the run and of each suite",
    link: "https://google.github.io/googletest/advanced.html#generating-a-json-report",
    sniff: Sniff::Json(|head| {
        head.has_all(&["testsuites/*/testsuite"])
            || head.has_all(&["tests", "disabled", "testsuites"])
    }),
    read,
};

/// The results, and the status that decides alone.
const RESULTS: [(&str, Outcome); 7] = [
    ("COMPLETED", Outcome::Passed),
    ("SKIPPED", Outcome::Skipped),
    ("SUPPRESSED", Outcome::Skipped),
    ("NOTRUN", Outcome::Skipped),
    ("failures", Outcome::Failed),
    ("failures of no test", Outcome::Errored),
    ("INTERRUPTED", Outcome::Crashed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = GtestJsonReader::default();
    let paths = [
        "tests",
        "failures",
        "errors",
        "disabled",
        "testsuites/*/name",
        "testsuites/*/tests",
        "testsuites/*/failures",
        "testsuites/*/errors",
        "testsuites/*/disabled",
        "testsuites/*/testsuite/*",
        json::DOCUMENT_END,
    ];
    json::for_each(input, &paths, |line, path, value| match path {
        [key] => {
            check_total(key, value, line, builder);
            reader.declared.set(key, value.as_u64());
        }
        [_, _, "name"] => {
            reader.end_suite(line, builder);
            reader.suite.clear();
            reader.suite.push_str(value.as_str());
            reader.in_suite = true;
            builder.handle(line, Event::SuiteStarted { name: None });
        }
        [_, _, key] => {
            check_total(key, value, line, builder);
            reader.suite_declared.set(key, value.as_u64());
        }
        [_, _, _, _] => reader.emit(line, value, builder),
        [] => {
            reader.end_suite(line, builder);
            reader.declared.expect(&reader.seen, true, line, builder);
        }
        _ => {}
    })
}

#[derive(Default)]
struct GtestJsonReader {
    declared: GtestTotals,
    suite: String,
    in_suite: bool,
    suite_declared: GtestTotals,
    suite_seen: GtestCounts,
    seen: GtestCounts,
}

/// How many tests there are so far.
#[derive(Default)]
struct GtestCounts {
    named: u64,
    unnamed: u64,
    /// Those that skipped themselves, and are not disabled.
    skipped: u64,
}

#[derive(Default)]
struct GtestTotals {
    tests: Option<u64>,
    failures: Option<u64>,
    /// Always 0 as googletest writes it.
    errors: Option<u64>,
    disabled: Option<u64>,
}

impl GtestTotals {
    fn set(&mut self, key: &str, count: Option<u64>) {
        match key {
            "tests" => self.tests = count,
            "failures" => self.failures = count,
            "errors" => self.errors = count,
            "disabled" => self.disabled = count,
            _ => {}
        }
    }

    fn expect(
        &self,
        seen: &GtestCounts,
        counts_named: bool,
        line: u32,
        builder: &mut RunBuilder<'_>,
    ) {
        let uncounted = if counts_named { seen.unnamed } else { 0 };
        builder.expect_tests(line, self.tests.map(|tests| tests.saturating_add(uncounted)));
        let declared = self.failures.or(self.errors);
        let failures = saturating_sum(self.failures.into_iter().chain(self.errors));
        builder.expect_failures(line, declared.map(|_| failures.saturating_add(uncounted)));
        builder.expect_skips(line, self.disabled.map(|count| count.saturating_add(seen.skipped)));
    }
}

impl GtestJsonReader {
    fn end_suite(&mut self, line: u32, builder: &mut RunBuilder<'_>) {
        let declared = std::mem::take(&mut self.suite_declared);
        let seen = std::mem::take(&mut self.suite_seen);
        if std::mem::take(&mut self.in_suite) {
            declared.expect(&seen, seen.named > 0, line, builder);
            builder.handle(line, Event::SuiteEnded);
        }
    }

    fn emit(&mut self, line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
        let name = test["name"].as_str();
        let failure = test["failures"].as_array().first();
        let (word, outcome) = match failure {
            Some(_) => ("failures", Outcome::Failed),
            None => outcome_without_failure(test),
        };
        // What fails in the environment of a suite or of the program is a test without a name.
        let outcome = match outcome {
            Outcome::Failed if name.is_empty() => Outcome::Errored,
            outcome => outcome,
        };
        let is_skipped = outcome == Outcome::Skipped && word != "NOTRUN";
        for seen in [&mut self.suite_seen, &mut self.seen] {
            *(if name.is_empty() { &mut seen.unnamed } else { &mut seen.named }) += 1;
            seen.skipped += u64::from(is_skipped);
        }
        let class = first_non_empty(&[test["classname"].as_str(), &self.suite]);
        let failure_message = failure.map_or("", |failure| failure["failure"].as_str());
        let skip_message =
            test["skipped"].as_array().first().map_or("", |skipped| skipped["message"].as_str());
        let is_unknown = outcome == Outcome::Failed && failure.is_none();
        let unknown = if is_unknown { unknown("result", word) } else { String::new() };
        TestRecord::new(names::join(&[class, name], "."), outcome)
            .message(first_non_empty(&[failure_message, skip_message, &unknown]))
            .location(test["file"].as_str(), test["line"].as_u64())
            .emit(line, builder);
    }
}

/// The word that decides, and its outcome.
fn outcome_without_failure(test: &Value) -> (&str, Outcome) {
    let (status, result) = (test["status"].as_str(), test["result"].as_str());
    match status {
        "NOTRUN" => (status, Outcome::Skipped),
        // Before version 1.10 there were no results.
        "RUN" if test["result"].is_null() => (status, Outcome::Passed),
        "RUN" | "" => (result, outcome_for(&RESULTS, result)),
        status => (status, Outcome::Failed),
    }
}
