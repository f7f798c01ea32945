//! mocha's `json` reporter.
//!
//! In: one document. Out: the results of its lists `passes`, `pending` and `failures`; the list
//! `tests` repeats them. What a newcomer would get wrong: a failing hook stands among the failures,
//! is no test and is counted in `stats.failures` all the same.
//!
//! <https://mochajs.org/#json>

use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "mocha --reporter json",
    names: "the full title: the titles of its suites and its own, as --grep sees them",
    outcomes: &[
        ("passes", Outcome::Passed),
        ("pending", Outcome::Skipped),
        ("failures", Outcome::Failed),
        ("failures whose err.code is ERR_MOCHA_TIMEOUT", Outcome::TimedOut),
    ],
    incomplete: "the document has no end; its lists are shorter than its stats",
    link: "https://mochajs.org/#json",
};

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["stats/suites", "stats/passes", "stats/pending"]) && head.has(&["tests"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report { builder, announced: None, came: 0 })
}

struct Report<'b, 's, S: Sink> {
    builder: &'b mut RunBuilder<'s, S>,
    announced: Option<u64>,
    came: u64,
}

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["passes" | "pending" | "failures"] => Want::Enter,
            ["stats"] | ["passes" | "pending" | "failures", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], value: &Value) {
        match place {
            ["stats"] => {
                let counts = ["passes", "pending", "failures"].map(|key| value[key].count());
                self.announced = Some(test_record::sum(counts.into_iter().flatten()));
            }
            ["passes", _] => self.test(line, value, Outcome::Passed),
            ["pending", _] => self.test(line, value, Outcome::Skipped),
            ["failures", _] => self.test(line, value, failure(value)),
            _ => {}
        }
    }

    fn left(&mut self, line: u32, place: &[&str]) {
        if place.is_empty() {
            test_record::announced(self.announced, self.came, line, self.builder);
        }
    }
}

impl<S: Sink> Report<'_, '_, S> {
    fn test(&mut self, line: u32, test: &Value, outcome: Outcome) {
        self.came += 1;
        tell(line, test, outcome, self.builder);
    }
}

/// Whether a failure is one of time.
pub fn failure(test: &Value) -> Outcome {
    let timed_out = test["err"]["code"].text() == "ERR_MOCHA_TIMEOUT";
    if timed_out { Outcome::TimedOut } else { Outcome::Failed }
}

/// Tells a test as mocha's reporters write it.
pub fn tell<S: Sink>(line: u32, test: &Value, outcome: Outcome, to: &mut RunBuilder<'_, S>) {
    let err = &test["err"];
    let said = [err["stack"].text(), test["stack"].text(), err["message"].text(), err.text()];
    let name = test_record::first(&[test["fullTitle"].text(), test["title"].text()]);
    Told::new(name, outcome)
        .message(test_record::first(&said))
        .at(test["file"].text(), None)
        .flaky(test["currentRetry"].count() > Some(0))
        .tell(line, to);
}
