//! RSpec's JSON formatter: one document. An example that failed as expected is `pending`, as a skipped one is.

use crate::formats::emit::{
    TestRecord, check_totals, emit_bail_out, emit_plan, first_non_empty, known_or_failed, lookup,
    total_in_text,
};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["rspec-json", "rspec"],
    title: "RSpec's JSON formatter (--format json)",
    test_name: "the full description",
    outcomes: &STATUSES,
    incomplete: "the document has no end; fewer examples than its summary declares; errors outside of \
                 examples",
    totals: "examples, failures and pending examples of the summary and of its line; errors outside of examples",
    link: "https://rspec.info/features/3-13/rspec-core/formatters/json-formatter/",
    sniff: Sniff::Json(|head| {
        head.has_all(&["examples/*/full_description"]) || head.has_all(&["version", "examples"])
    }),
    read,
};

/// What the summary line counts, as in `12 examples, 5 failures, 4 pending, 1 error occurred outside
/// of examples`.
const COUNTED: [(&str, Counted); 4] = [
    ("example", Counted::Examples),
    ("failure", Counted::Failures),
    ("pending", Counted::Pending),
    ("error", Counted::ErrorsOutside),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Examples,
    Failures,
    Pending,
    ErrorsOutside,
}

const STATUSES: [(&str, Outcome); 4] = [
    ("passed", Outcome::Passed),
    ("pending", Outcome::Skipped),
    ("failed", Outcome::Failed),
    ("failed, PendingExampleFixedError", Outcome::Xpassed),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut examples = 0;
    let paths = ["examples/*", "summary", "summary_line"];
    json::for_each(input, &paths, |line, path, value| match path {
        ["examples", _] => {
            examples += 1;
            emit(line, value, builder);
        }
        ["summary"] => {
            for (key, counted) in [
                ("example_count", Counted::Examples),
                ("failure_count", Counted::Failures),
                ("pending_count", Counted::Pending),
                ("errors_outside_of_examples_count", Counted::ErrorsOutside),
            ] {
                check_totals(value, &[key], line, builder);
                compare(counted, value[key].as_u64(), examples, line, builder);
            }
        }
        ["summary_line"] => {
            let parts = value.as_str().split(", ").filter_map(|part| part.split_once(' '));
            for (count, what) in parts {
                let counted = COUNTED.iter().find(|(word, _)| what.starts_with(word));
                if let Some((_, counted)) = counted {
                    let count = total_in_text("summary_line", count, line, builder);
                    compare(*counted, count, examples, line, builder);
                }
            }
        }
        _ => {}
    })
}

fn compare(
    counted: Counted,
    count: Option<u64>,
    examples: u64,
    line: u32,
    builder: &mut RunBuilder<'_>,
) {
    match counted {
        Counted::Examples => emit_plan(count, examples, line, builder),
        Counted::Failures => builder.expect_failures(line, count),
        Counted::Pending => builder.expect_skips(line, count),
        Counted::ErrorsOutside if count > Some(0) => {
            emit_bail_out("errors outside of examples", line, builder);
        }
        Counted::ErrorsOutside => {}
    }
}

fn emit(line: u32, example: &Value, builder: &mut RunBuilder<'_>) {
    let exception = &example["exception"];
    let fixed =
        exception["class"].as_str().starts_with("RSpec::Core::Pending::PendingExampleFixed");
    let status = example["status"].as_str();
    let (outcome, unknown) = known_or_failed(lookup(&STATUSES, status), "status", status);
    let outcome = match outcome {
        Outcome::Failed if fixed => Outcome::Xpassed,
        outcome => outcome,
    };
    let messages =
        [exception["message"].as_str(), example["pending_message"].as_str(), unknown.as_str()];
    let file = example["file_path"].as_str().trim_start_matches("./");
    TestRecord::new(example["full_description"].as_str(), outcome)
        .message(first_non_empty(&messages))
        .location(file, example["line_number"].as_u64())
        .emit(line, builder);
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn summary_and_its_line_are_compared() {
        let report = |summary: &str, line: &str, status: &str| {
            let text = format!(
                r#"{{"version": "3", "examples": [{{"full_description": "a", "status": "{status}"}}],
                "summary": {{{summary}}}, "summary_line": "{line}"}}"#
            );
            read_as("rspec-json", &text)
        };
        let counts = r#""example_count": 1, "failure_count": 0, "pending_count": 0"#;
        assert_eq!(report(counts, "1 example, 0 failures", "passed").1, []);
        assert_eq!(report("", "2 examples, 0 failures", "passed").1.len(), 1);
        assert_eq!(report(counts, "1 example, 0 failures, 1 pending", "passed").1.len(), 1);
        let error = "1 example, 0 failures, 1 error occurred outside of examples";
        assert_eq!(report(counts, error, "passed").1.len(), 1);
        assert_eq!(report(counts, "", "zorked").0, ["failed a: unknown status `zorked`"]);
    }
}
