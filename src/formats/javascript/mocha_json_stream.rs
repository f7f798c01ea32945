//! mocha's `json-stream` reporter.
//!
//! In: lines, each a list of a word and a record. Out: a result for each `pass` and `fail`; pending
//! tests are not written. Without an `end` the stream is cut.
//!
//! <https://mochajs.org/#json-stream>

use super::mocha_json;
use crate::formats::About;
use crate::formats::emit::test_record;
use crate::model::{End, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Each, Head, Value};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "mocha --reporter json-stream",
    names: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &[("pass", Outcome::Passed), ("fail", Outcome::Failed)],
    incomplete: "the stream has no `end`; fewer tests came than it says",
    link: "https://mochajs.org/#json-stream",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.says("*", "start") && head.has(&["*/total"])
        || head.has(&["*/fullTitle", "*/currentRetry"]) && head.says("*", "pass")
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let mut came = 0;
    let mut open = true;
    let ended = json::read(
        input,
        &mut Each(|line, event: &Value| {
            let [word, record, ..] = event.list() else { return };
            match word.text() {
                "start" => open = true,
                "pass" => mocha_json::tell(line, record, Outcome::Passed, builder),
                "fail" => mocha_json::tell(line, record, Outcome::Failed, builder),
                "end" => {
                    open = false;
                    let counts = ["passes", "failures"].map(|key| record[key].count());
                    let announced = test_record::sum(counts.into_iter().flatten());
                    test_record::announced(Some(announced), came, line, builder);
                }
                _ => {}
            }
            came += u64::from(matches!(word.text(), "pass" | "fail"));
        }),
    );
    let end = if ended.end == End::Whole && open { End::Cut } else { ended.end };
    Ended { end, ..ended }
}
