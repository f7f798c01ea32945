//! mocha's `json-stream` reporter: lines, each an array of a word and a record. Pending tests are not written.

use super::mocha_json;
use crate::formats::emit::{emit_plan, lookup, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mocha-json-stream"],
    title: "mocha --reporter json-stream",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &OUTCOMES,
    incomplete: "the stream has no `end`; fewer tests than its `end` declares",
    totals: "",
    link: "https://mochajs.org/#json-stream",
    sniff: Sniff::Json(|head| {
        head.has_text("*", "start") && head.has_all(&["*/total"])
            || head.has_all(&["*/fullTitle", "*/currentRetry"]) && head.has_text("*", "pass")
    }),
    read,
};

const OUTCOMES: [(&str, Outcome); 2] = [("pass", Outcome::Passed), ("fail", Outcome::Failed)];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut seen, mut is_open) = (0, true);
    json::for_each_record(input, |line, event| {
        let [word, record, ..] = event.as_array() else { return };
        match word.as_str() {
            "start" => is_open = true,
            "end" => {
                is_open = false;
                let counts = ["passes", "failures"].map(|key| record[key].as_u64());
                let declared = saturating_sum(counts.into_iter().flatten());
                emit_plan(Some(declared), seen, line, builder);
            }
            word => {
                if let Some(outcome) = lookup(&OUTCOMES, word) {
                    seen += 1;
                    mocha_json::emit(line, record, outcome, builder);
                }
            }
        }
    })
    .truncated_if(is_open)
}
