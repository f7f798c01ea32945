//! mochawesome's JSON, from mocha and Cypress: one document, suites in suites. A hook that failed is a result too.

use crate::formats::emit::{TestRecord, emit_plan, outcome_for};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value, VisitAction, Visitor};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mochawesome-json", "mochawesome"],
    title: "mochawesome's JSON: mocha, Cypress",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &STATES,
    incomplete: "the document has no end; fewer tests or failures than its stats declare",
    totals: "",
    link: "https://github.com/adamgruber/mochawesome",
    sniff: Sniff::Json(|head| {
        head.has_all(&["stats/suites", "stats/passes"])
            && (head.has_all(&["stats/testsRegistered"]) || head.has_all(&["results/*/suites"]))
    }),
    read: |input, builder| {
        json::read(input, &mut MochawesomeReader { builder, tests: None, failures: None, seen: 0 })
    },
};

const STATES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("no state, and skipped or pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("failed and timedOut", Outcome::TimedOut),
];

struct MochawesomeReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// As `stats` declares.
    tests: Option<u64>,
    failures: Option<u64>,
    seen: u64,
}

impl Visitor for MochawesomeReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            ["stats", "tests" | "failures"] => VisitAction::Take,
            [] | ["results" | "stats"] | [.., "suites" | "results", "*"] => VisitAction::Enter,
            [.., "*", "suites" | "tests" | "beforeHooks" | "afterHooks"] => VisitAction::Enter,
            [.., "tests" | "beforeHooks" | "afterHooks", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], test: &Value) {
        match path {
            ["stats", "tests"] => return self.tests = test.as_u64(),
            ["stats", _] => return self.failures = test.as_u64(),
            _ if test.is_null() => return,
            _ => self.seen += 1,
        }
        let state = test["state"].as_str();
        if matches!(path, [.., "beforeHooks" | "afterHooks", _]) && state != "failed" {
            return;
        }
        let outcome = match state {
            "" if test["skipped"].is_true() || test["pending"].is_true() => Outcome::Skipped,
            "failed" if test["timedOut"].is_true() => Outcome::TimedOut,
            state => outcome_for(&STATES, state),
        };
        TestRecord::new(test["fullTitle"].as_str(), outcome)
            .message(test["err"].first_str(&["estack", "message"]))
            .emit(line, self.builder);
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if path.is_empty() {
            emit_plan(self.tests, self.seen, line, self.builder);
            self.builder.expect_failures(line, self.failures);
        }
    }
}
