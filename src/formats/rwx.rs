//! RWX test results (version 1), which Captain writes.
//!
//! In: one document. Out: a result for each test and for each earlier try of it. What a newcomer would
//! get wrong: a quarantined test failed, and its runner was told not to mind.
//!
//! <https://github.com/rwx-research/test-results-schema>

use super::About;
use super::emit::test_record::{self, Told};
use crate::model::{Attempt, Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "RWX test results (Captain)",
    names: "the name",
    outcomes: &KINDS,
    incomplete: "the document has no end; it has errors that are no test's",
    link: "https://github.com/rwx-research/test-results-schema",
};

const KINDS: [(&str, Outcome); 8] = [
    ("successful", Outcome::Passed),
    ("skipped", Outcome::Skipped),
    ("pended", Outcome::Skipped),
    ("todo", Outcome::Skipped),
    ("quarantined", Outcome::Xfailed),
    ("failed", Outcome::Failed),
    ("canceled", Outcome::Unfinished),
    ("timedOut", Outcome::TimedOut),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["framework/language", "framework/kind"]) && head.has(&["summary"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["tests" | "otherErrors"] => Want::Enter,
            ["tests" | "otherErrors", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, place: &[&str], test: &Value) {
        if place[0] == "otherErrors" {
            test_record::gave_up(test["message"].text(), line, self.0);
            return;
        }
        let location = &test["location"];
        let past = test["pastAttempts"].list().iter().map(|attempt| (attempt, Attempt::Retry));
        for (attempt, which) in past.chain([(&test["attempt"], Attempt::Only)]) {
            let status = &attempt["status"];
            Told::new(
                test["name"].text(),
                test_record::exact_outcome(&KINDS, status["kind"].text()),
            )
            .message(test_record::first(&[
                status["message"].text(),
                status["originalStatus"]["message"].text(),
            ]))
            .at(location["file"].text().trim_start_matches("./"), location["line"].count())
            .attempt(which)
            .tell(line, self.0);
        }
    }
}
