//! mocha's `json-stream` reporter: lines, each an array of a word and a record. Pending tests are not written.

use super::mocha_json;
use crate::formats::emit::{emit_plan, outcome_for};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mocha-json-stream"],
    title: "mocha --reporter json-stream",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &OUTCOMES,
    incomplete: "the stream has no `end`; less than its `end` declares; fewer tests than its `start` declares, \
                 unless a hook failed",
    totals: "the total of the start; passes, pending and failures of the end",
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
    /// The tests of the run, as its start declares.
    total: Option<u64>,
    seen: u64,
    hook_failed: bool,
    ended: bool,
}

impl MochaStreamReader {
    fn event(&mut self, line: u32, word: &str, record: &Value, builder: &mut RunBuilder<'_>) {
        match word {
            "start" => {
                *self = MochaStreamReader { total: record["total"].as_u64(), ..Default::default() };
            }
            "end" => self.end(line, record, builder),
            word if !record["fullTitle"].is_null() => {
                self.seen += 1;
                self.hook_failed |= mocha_json::is_hook(record);
                mocha_json::emit(line, record, outcome_for(&OUTCOMES, word), builder);
            }
            _ => {}
        }
    }

    fn end(&mut self, line: u32, stats: &Value, builder: &mut RunBuilder<'_>) {
        self.ended = true;
        let [passes, failures, pending] =
            ["passes", "failures", "pending"].map(|key| stats[key].as_u64().unwrap_or(0));
        let written = passes.saturating_add(failures);
        // A hook that failed is no test, and prevents an unknown number of them.
        let total = self.total.filter(|_| !self.hook_failed).unwrap_or(0);
        let declared = written.max(total.saturating_sub(pending));
        emit_plan(Some(declared), self.seen, line, builder);
        builder.expect_failures(line, failures);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn totals_are_compared_and_unknown_events_are_failures() {
        let read = |total: u32, title: &str, end: [u32; 3]| {
            let [passes, pending, failures] = end;
            let text = format!(
                "[\"start\",{{\"total\":{total}}}]\n[\"pass\",{{\"title\":\"a\",\"fullTitle\":\"a\"}}]\n\
                 [\"fail\",{{\"title\":{title:?},\"fullTitle\":\"b\"}}]\n\
                 [\"end\",{{\"passes\":{passes},\"pending\":{pending},\"failures\":{failures}}}]\n"
            );
            read_as("mocha-json-stream", &text)
        };
        assert_eq!(read(3, "b", [1, 1, 1]).1, []);
        for [total, passes, pending, failures] in [[3, 1, 0, 1], [2, 2, 0, 1], [2, 1, 0, 2]] {
            assert!(!read(total, "b", [passes, pending, failures]).1.is_empty());
        }
        assert_eq!(read(9, "\"before all\" hook for \"c\"", [1, 0, 1]).1, []);
        let unknown =
            "[\"start\",{\"total\":1}]\n[\"zorked\",{\"fullTitle\":\"a\"}]\n[\"end\",{}]\n";
        assert_eq!(read_as("mocha-json-stream", unknown).0, ["failed a"]);
    }
}
