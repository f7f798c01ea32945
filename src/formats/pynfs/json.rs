//! The results of pynfs as JSON: one document. A test that did not run because of the command line is skipped too.

use crate::formats::emit::{TestRecord, check_total, first_non_empty, saturating_sum, unknown};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["pynfs-json"],
    title: "pynfs (testserver.py --json)",
    test_name: "the code, such as `MKDIR4`",
    outcomes: &OUTCOMES,
    incomplete: "the document has no end; fewer tests, failures or skips than it declares",
    totals: "tests, failures, errors and skips",
    link: "https://linux-nfs.org/wiki/index.php/Pynfs",
    sniff: Sniff::Json(|head| head.has_all(&["errors", "failures", "testcase"])),
    read,
};

/// The members of a test that give an outcome. pynfs does not distinguish warnings from passes here.
const OUTCOMES: [(&str, Outcome); 3] = [
    ("neither failure nor skipped", Outcome::Passed),
    (SKIPPED, Outcome::Skipped),
    (FAILURE, Outcome::Failed),
];

const SKIPPED: &str = "skipped";
const FAILURE: &str = "failure";
const OTHER_MEMBERS: [&str; 4] = ["code", "name", "classname", "time"];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let paths = ["tests", "failures", "errors", "skipped", "testcase/*", json::DOCUMENT_END];
    let mut failures = [0, 0];
    json::for_each(input, &paths, |line, path, value| match path {
        ["testcase", _] => emit(line, value, builder),
        [key] if value.as_u64().is_none() => check_total(key, value, line, builder),
        ["tests"] => builder.expect_tests(line, value.as_u64().filter(|tests| *tests > 0)),
        ["failures"] => failures[0] = value.as_u64().unwrap_or(0),
        ["errors"] => failures[1] = value.as_u64().unwrap_or(0),
        ["skipped"] => builder.expect_skips(line, value.as_u64()),
        [] => builder.expect_failures(line, saturating_sum(failures)),
        _ => {}
    })
}

fn emit(line: u32, test: &Value, builder: &mut RunBuilder<'_>) {
    let members = test.as_object().iter().map(|(key, _)| key.as_str());
    let mut members = members.filter(|key| !OTHER_MEMBERS.contains(key));
    let unknown_key = members.find(|key| ![SKIPPED, FAILURE].contains(key));
    let outcome = match (&test[FAILURE], &test[SKIPPED]) {
        _ if unknown_key.is_some() => Outcome::Failed,
        (Value::Null, Value::Null) => Outcome::Passed,
        (Value::Null, _) => Outcome::Skipped,
        _ => Outcome::Failed,
    };
    let unknown = unknown_key.map(|key| unknown("member", key)).unwrap_or_default();
    let failure = &test[FAILURE];
    let message =
        first_non_empty(&[failure["message"].as_str(), failure["err"].as_str(), &unknown]);
    // Before 2021 there are no codes.
    TestRecord::new(test.first_str(&["code", "name"]), outcome)
        .message(message)
        .emit(line, builder);
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn unknown_members_are_failures_and_old_versions_have_no_codes() {
        let text = r#"{"errors": 0, "failures": 1, "name": "all", "skipped": 1, "tests": 4, "testcase": [
            {"code": "A1", "name": "testA", "classname": "st_a", "time": "0"},
            {"name": "testB", "classname": "st_a", "skipped": 1},
            {"code": "A3", "failure": {"message": "why", "err": "trace"}},
            {"code": "A4", "crashed": {}}]}"#;
        let read = read_as("pynfs-json", text);
        let want =
            ["passed A1", "skipped testB", "failed A3: why", "failed A4: unknown member `crashed`"];
        assert_eq!((read.0, read.1), (want.map(str::to_owned).to_vec(), vec![]));
    }
}
