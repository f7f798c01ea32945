//! mocha's `json-stream` reporter: lines, each an array of a word and a record. Pending tests are not written.

use super::mocha_json;
use crate::formats::emit::{check_totals, emit_plan, outcome_for, saturating_sum};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mocha-json-stream"],
    title: "mocha --reporter json-stream",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &OUTCOMES,
    incomplete: "the stream has no `end`; less than its `end` declares",
    totals: "passes and failures of the end; pending tests are not in the stream, and the total of the start \
             includes what --grep leaves out",
    link: "https://mochajs.org/#json-stream",
    sniff: Sniff::Json(|head| {
        head.has_text("*", "start") && head.has_all(&["*/total"])
            || head.has_all(&["*/fullTitle", "*/currentRetry"]) && head.has_text("*", "pass")
    }),
    read,
};

const OUTCOMES: [(&str, Outcome); 2] = [("pass", Outcome::Passed), ("fail", Outcome::Failed)];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = MochaStreamReader::default();
    json::for_each_record(input, |line, event| {
        if let [word, record, ..] = event.as_array() {
            reader.event(line, word.as_str(), record, builder);
        }
    })
    .truncated_if(!reader.ended)
}

#[derive(Default)]
struct MochaStreamReader {
    seen: u64,
    ended: bool,
}

impl MochaStreamReader {
    fn event(&mut self, line: u32, word: &str, record: &Value, builder: &mut RunBuilder<'_>) {
        match word {
            // Its total includes the tests that `--grep` and `.only` leave out.
            "start" => self.ended = false,
            "end" => self.end(line, record, builder),
            word if !record["fullTitle"].is_null() => {
                self.seen += 1;
                mocha_json::emit(line, record, outcome_for(&OUTCOMES, word), builder);
            }
            _ => {}
        }
    }

    fn end(&mut self, line: u32, stats: &Value, builder: &mut RunBuilder<'_>) {
        self.ended = true;
        check_totals(stats, &["passes", "failures"], line, builder);
        let counts = ["passes", "failures"].map(|key| stats[key].as_u64());
        let [_, failures] = counts;
        emit_plan(Some(saturating_sum(counts.into_iter().flatten())), self.seen, line, builder);
        builder.expect_failures(line, failures);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn end_is_compared_and_unknown_events_are_failures() {
        let read = |passes: u32, failures: u32| {
            let text = format!(
                "[\"start\",{{\"total\":9}}]\n[\"pass\",{{\"fullTitle\":\"a\"}}]\n[\"fail\",{{\"fullTitle\":\"b\"}}]\n\
                 [\"end\",{{\"passes\":{passes},\"pending\":7,\"failures\":{failures}}}]\n"
            );
            read_as("mocha-json-stream", &text).1.len()
        };
        assert_eq!([read(1, 1), read(2, 1), read(0, 2)], [0, 1, 1]);
        let unknown =
            "[\"start\",{\"total\":1}]\n[\"zorked\",{\"fullTitle\":\"a\"}]\n[\"end\",{}]\n";
        assert_eq!(read_as("mocha-json-stream", unknown).0, ["failed a"]);
    }
}
