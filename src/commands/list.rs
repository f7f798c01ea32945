//! `knownfail list`: the outcome and the name of each test, as knownfail reads them.
//!
//! The results are compared with an empty list, which sorts the tests and merges the results that share a name.

use super::check::compare;
use super::console::{eprint, eprint_warning, print_text, print_with};
use crate::cli::{CheckOptions, ListOptions, ListOutput, ReadOptions};
use crate::compare::{Facts, TestFact};
use crate::error::Error;
use crate::files::AccessRoot;
use crate::ingest::inputs::Inputs;
use crate::ingest::plan::ReadPlan;
use crate::known::KnownFailures;
use crate::render::{TestList, TestListLine, write_test_list_json};
use crate::report::messages;
use std::collections::BTreeMap;

/// Runs the command: exit code 0 if there is a test.
pub(super) fn run(options: &ListOptions) -> Result<u8, Error> {
    let (results, input) = (options.results.clone(), options.input.clone());
    let read = ReadOptions { results, input, ..ReadOptions::default() };
    let check = CheckOptions { read, all_tests: true, ..CheckOptions::default() };
    let inputs = Inputs::find(&check, &AccessRoot::Unrestricted)?;
    let known = KnownFailures::default();
    let facts = compare(&inputs, &known)?.facts;
    let formats = formats(&ReadPlan::new(&inputs, &known)?);
    let (tests, files) = (facts.counts.test_count(), inputs.results.len() as u64);
    eprint(&messages::results_read(tests, files, &formats));
    eprint_gaps(&facts);
    if tests == 0 {
        return Err(Error::NoTests);
    }
    print_tests(options, &facts);
    Ok(0)
}

fn print_tests(options: &ListOptions, facts: &Facts) {
    let is_selected =
        |test: &&TestFact| options.outcome.is_empty() || options.outcome.contains(&test.outcome);
    let selected = facts.tests.iter().filter(is_selected);
    let tests = Vec::from_iter(selected.map(list_line));
    if !options.outcome.is_empty() {
        eprint(&messages::tests_selected(tests.len() as u64));
    }
    match options.output {
        ListOutput::Text => print_text(&TestList(&tests)),
        ListOutput::Jsonl => print_with(|to| write_test_list_json(&tests, to)),
    }
}

fn list_line(test: &TestFact) -> TestListLine<'_> {
    let TestFact { name, variant, outcome, is_flaky, .. } = test;
    TestListLine { name, outcome: *outcome, variant: variant.as_str(), flaky: *is_flaky }
}

/// The formats that files are read as, and how many files each.
fn formats(plan: &ReadPlan<'_>) -> Vec<(&'static str, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for source in &plan.sources {
        *counts.entry(source.format_name()).or_default() += 1;
    }
    counts.into_iter().collect()
}

/// Reports what was not measured.
pub(super) fn eprint_gaps(facts: &Facts) {
    for variant in &facts.variants {
        let name = variant.variant.as_str();
        let prefix = if name.is_empty() { String::new() } else { format!("{name}: ") };
        for reason in &variant.incomplete {
            let reason = messages::incomplete_reason(reason).to_plain_line();
            eprint_warning(&format!("incomplete: {prefix}{reason}"));
        }
    }
}
