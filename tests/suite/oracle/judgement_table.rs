//! The judgement table of docs/reference.md is made of runs that the model judges alike.

use super::case::{
    Attempt, Case, Cells, Directive, Document, Format, MaxInfra, Options, Outcome, ResultsFile,
    Run, Section, TestEntry,
};
use super::model::Model;
use crate::judgement::{POLICIES, SITUATIONS, ShownWhen, Situation};

/// What the model does not know: invalid patterns, and changes of the list.
const NOT_MODELLED: [&str; 2] = ["document", "growth"];

/// The situation as a case.
fn case(situation: &Situation, fail_on: &'static str, has_base: bool, is_cut: bool) -> Case {
    let mut files = vec![file(situation.results, None)];
    files.extend(is_cut.then(|| file(&[("cut.t", "success")], Some(1))));
    let has_several = situation.results.len() > 1;
    Case {
        documents: vec![document(situation.rows)],
        run: Run { files },
        base: has_base.then(|| Run { files: vec![file(situation.base, None)] }),
        earlier: Vec::new(),
        options: Options {
            fail_on,
            infra: Some("no server"),
            max_infra: MaxInfra::Tests(u64::from(has_several)),
            min_tests: None,
            test_exit_code: None,
            has_exit_codes: false,
            has_lost_suite: false,
            runs: None,
            commit: None,
            all_tests: false,
        },
    }
}

/// A document with one row of a pattern and a status, or none.
fn document(row: &'static str) -> Document {
    let cells: Vec<&'static str> = row.split('|').map(str::trim).collect();
    let row = |(pattern, status)| Cells { pattern, status, variants: "", issue: "" };
    let rows = cells.get(1).zip(cells.get(2)).map(|(pattern, status)| row((*pattern, *status)));
    let rows = rows.into_iter().collect();
    Document { path: "K.md", sections: vec![Section { directive: Directive::None, rows }] }
}

/// A file with these results, in which a failure that a result of the same name follows was retried.
fn file(results: &[(&'static str, &str)], not_run: Option<u64>) -> ResultsFile {
    let mut tests: Vec<TestEntry> = Vec::new();
    for (name, word) in results {
        let last = attempt(word);
        match tests.last_mut().filter(|earlier| earlier.name == *name) {
            Some(earlier) => earlier.retried.push(std::mem::replace(&mut earlier.last, last)),
            None => tests.push(TestEntry { name, retried: Vec::new(), last }),
        }
    }
    ResultsFile {
        variant: "",
        format: Format::Subunit,
        tests,
        not_run,
        is_truncated: false,
        exit_code: None,
    }
}

fn attempt(word: &str) -> Attempt {
    let (outcome, message) = match word {
        "" => (Outcome::Unfinished, ""),
        "gone" => (Outcome::Errored, "no server"),
        "failure" => (Outcome::Failed, "wrong"),
        "error" => (Outcome::Errored, "wrong"),
        "skip" => (Outcome::Skipped, ""),
        "success" => (Outcome::Passed, ""),
        word => panic!("no outcome: {word}"),
    };
    Attempt { outcome, message }
}

#[test]
fn the_model_agrees_with_the_table_of_judgements() {
    for situation in SITUATIONS {
        if NOT_MODELLED.contains(&situation.own_reason) {
            continue;
        }
        for policy in POLICIES.into_iter().chain([situation.own_reason]) {
            for (has_base, is_cut) in [(false, false), (false, true), (true, false), (true, true)] {
                if has_base || situation.shown_when != ShownWhen::WithBase {
                    let case = case(situation, policy, has_base, is_cut);
                    assert_eq!(
                        Model::new(&case).answer().exit_code,
                        i32::from(situation.conclusion(policy, has_base, is_cut).exit_code()),
                        "{}: {policy}, base run: {has_base}, cut: {is_cut}",
                        situation.name,
                    );
                }
            }
        }
    }
}
