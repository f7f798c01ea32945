//! mocha's `json-stream` reporter.
//!
//! In: lines, each a list of a word and a record. Out: a result for each `pass` and `fail`; pending
//! tests are not written. Without an `end` the stream is cut.
//!
//! <https://mochajs.org/#json-stream>

use super::mocha_json;
use crate::formats::emit::test_record;
use crate::formats::format::FormatSpec;
use crate::formats::sniff::Sniff;
use crate::model::{EndOfInput, Outcome, RunBuilder};
use crate::syntax::json::{self, ForEachDocument, JsonHead, Value};
use crate::syntax::read_end::ReadEnd;
use std::io::Read;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["mocha-json-stream"],
    title: "mocha --reporter json-stream",
    test_name: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &[("pass", Outcome::Passed), ("fail", Outcome::Failed)],
    incomplete: "the stream has no `end`; fewer tests came than it says",
    link: "https://mochajs.org/#json-stream",
    sniff: Sniff::Json(sniff),
    read,
};

/// Whether the first bytes of a file are of this format.
pub(crate) fn sniff(head: &JsonHead) -> bool {
    head.has_text("*", "start") && head.has_all(&["*/total"])
        || head.has_all(&["*/fullTitle", "*/currentRetry"]) && head.has_text("*", "pass")
}

/// Reads a whole file.
fn read(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut seen = 0;
    let mut open = true;
    let ended = json::read(
        input,
        &mut ForEachDocument(|line, event: &Value| {
            let [word, record, ..] = event.as_array() else { return };
            match word.as_str() {
                "start" => open = true,
                "pass" => mocha_json::emit(line, record, Outcome::Passed, builder),
                "fail" => mocha_json::emit(line, record, Outcome::Failed, builder),
                "end" => {
                    open = false;
                    let counts = ["passes", "failures"].map(|key| record[key].as_u64());
                    let declared = test_record::saturating_sum(counts.into_iter().flatten());
                    test_record::emit_declared_count(Some(declared), seen, line, builder);
                }
                _ => {}
            }
            seen += u64::from(matches!(word.as_str(), "pass" | "fail"));
        }),
    );
    let end =
        if ended.end == EndOfInput::Complete && open { EndOfInput::Truncated } else { ended.end };
    ReadEnd { end, ..ended }
}
