//! Meson's `testlog.json`.
//!
//! In: a test a line. Out: a result for each. What a newcomer would get wrong: the line holds the whole
//! environment of the run, which is nobody's business: only what the test printed is told.
//!
//! <https://mesonbuild.com/Unit-tests.html>

use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Each, Head, Value};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "Meson's testlog.json",
    names: "as Meson prints it: `suite / test`",
    outcomes: &RESULTS,
    incomplete: "a line has no end; a test was interrupted",
    link: "https://mesonbuild.com/Unit-tests.html",
};

const RESULTS: [(&str, Outcome); 9] = [
    ("OK", Outcome::Passed),
    ("SKIP", Outcome::Skipped),
    ("IGNORED", Outcome::Skipped),
    ("EXPECTEDFAIL", Outcome::Xfailed),
    ("UNEXPECTEDPASS", Outcome::Xpassed),
    ("FAIL", Outcome::Failed),
    ("ERROR", Outcome::Errored),
    ("TIMEOUT", Outcome::TimedOut),
    ("INTERRUPT", Outcome::Unfinished),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["name", "result", "starttime"]) || head.has(&["name", "result", "returncode"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    let tell = |line, test: &Value| {
        let outcome = test_record::exact_outcome(&RESULTS, test["result"].text());
        Told::new(test["name"].text(), outcome)
            .message(test_record::first(&[test["stderr"].text(), test["stdout"].text()]))
            .tell(line, builder);
    };
    json::read(input, &mut Each(tell))
}
