//! CTRF, the common test report format.
//!
//! In: one document. Out: a result for each test and for each earlier try of it.
//!
//! <https://ctrf.io/docs/specification/overview>

use super::emit::names;
use super::emit::test_record::{self, TestRecord};
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{Attempt, Outcome, RunBuilder};
use crate::syntax::json::{self, JsonHead, Value, VisitAction, Visitor};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["ctrf-json", "ctrf"],
    title: "CTRF, the common test report format",
    test_name: "the suites and the name, joined by ` > `; the name alone where it begins with them",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer tests than its summary says",
    link: "https://ctrf.io/docs/specification/overview",
    sniff: Sniff::Json(sniff),
    read,
};

const STATUSES: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("other", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub(super) fn sniff(head: &JsonHead) -> bool {
    head.has_text("reportFormat", "CTRF")
        || head.has_all(&["results/tool", "results/summary/tests"])
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    json::read(input, &mut CtrfReader { builder, declared: None, seen: 0 })
}

struct CtrfReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    declared: Option<u64>,
    seen: u64,
}

impl Visitor for CtrfReader<'_, '_> {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        match path {
            [] | ["results"] | ["results", "tests"] => VisitAction::Enter,
            ["results", "summary"] | ["results", "tests", "*"] => VisitAction::Take,
            _ => VisitAction::Skip,
        }
    }

    fn value(&mut self, line: u32, path: &[&str], value: &Value) {
        match path {
            ["results", "summary"] => self.declared = value["tests"].as_u64(),
            ["results", "tests", _] => self.test(line, value),
            _ => {}
        }
    }

    fn leave(&mut self, line: u32, path: &[&str]) {
        if path.is_empty() {
            test_record::emit_declared_count(self.declared, self.seen, line, self.builder);
        }
    }
}

impl CtrfReader<'_, '_> {
    fn test(&mut self, line: u32, test: &Value) {
        self.seen += 1;
        let name = full_name(test);
        let attempts = test["retryAttempts"].as_array();
        for attempt in attempts {
            let outcome = test_record::outcome_for(&STATUSES, attempt["status"].as_str());
            TestRecord::new(name.as_str(), outcome)
                .message(message_of(attempt))
                .attempt(Attempt::Intermediate)
                .emit(line, self.builder);
        }
        let flaky = test["flaky"].is_true() || test["retries"].as_u64() > Some(0);
        TestRecord::new(name, test_record::outcome_for(&STATUSES, test["status"].as_str()))
            .message(message_of(test))
            .location(test["filePath"].as_str(), test["line"].as_u64())
            .flaky(flaky && attempts.is_empty())
            .emit(line, self.builder);
    }
}

fn message_of(test: &Value) -> &str {
    test_record::first_non_empty(&[test["message"].as_str(), test["trace"].as_str()])
}

fn full_name(test: &Value) -> String {
    let mut parts = test["suite"].strings();
    parts.push(test["suite"].as_str());
    let suite = names::join(&parts, " > ");
    match test["name"].as_str() {
        name if name.starts_with(&suite) => name.to_owned(),
        name => names::join(&[&suite, name], " > "),
    }
}
