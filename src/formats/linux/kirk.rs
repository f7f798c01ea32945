//! The JSON report of kirk, the Linux Test Project's runner (`kirk -o`).
//!
//! In: one document. Out: a result for each element of `results`. What a newcomer would get wrong: when
//! a suite's time runs out, kirk calls the tests that never ran, and the one that did, skipped; they
//! have neither output nor duration. And the numbers in `stats` count checks, not tests.
//!
//! <https://kirk.readthedocs.io/>

use super::ltp;
use crate::formats::About;
use crate::formats::emit::test_record::{self, Told};
use crate::model::{Outcome, RunBuilder, Sink};
use crate::syntax::json::{self, Head, Value, Visitor, Want};
use crate::syntax::read_end::Ended;
use std::io::Read;

pub const ABOUT: About = About {
    title: "kirk's JSON report (-o), of the Linux Test Project",
    names: "the name in the runtest file, as in `getpid01`",
    outcomes: &[
        ("pass", Outcome::Passed),
        ("conf", Outcome::Skipped),
        ("conf without output and duration: the suite's time had run out", Outcome::Unfinished),
        ("fail", Outcome::Failed),
        ("warn", Outcome::Failed),
        ("brok", Outcome::Errored),
        ("brok with the retval -1; TBROK: Test killed! (timeout?)", Outcome::TimedOut),
        ("a retval above 128 or below -1; TBROK: Test killed by SIG…", Outcome::Crashed),
    ],
    incomplete: "the document has no end; the suite's time ran out",
    link: "https://kirk.readthedocs.io/",
};

const STATUSES: [(&str, Outcome); 5] = [
    ("pass", Outcome::Passed),
    ("conf", Outcome::Skipped),
    ("fail", Outcome::Failed),
    ("warn", Outcome::Failed),
    ("brok", Outcome::Errored),
];

/// Whether the first bytes of a file are of this format.
pub fn sniff(head: &Head) -> bool {
    head.has(&["results/*/test_fqn"])
}

/// Reads a whole file.
pub fn read<S: Sink>(input: impl Read, builder: &mut RunBuilder<'_, S>) -> Ended {
    json::read(input, &mut Report(builder))
}

struct Report<'b, 's, S: Sink>(&'b mut RunBuilder<'s, S>);

impl<S: Sink> Visitor for Report<'_, '_, S> {
    fn want(&mut self, place: &[&str]) -> Want {
        match place {
            [] | ["results"] => Want::Enter,
            ["results", "*"] => Want::Take,
            _ => Want::Skip,
        }
    }

    fn value(&mut self, line: u32, _: &[&str], result: &Value) {
        let name = result["test_fqn"].text();
        let test = &result["test"];
        let log = test["log"].text();
        let status = test_record::exact_outcome(&STATUSES, result["status"].text());
        let never_ran = log.is_empty() && test["duration"].count() == Some(0);
        if status == Outcome::Skipped && never_ran {
            test_record::started(name, line, self.0);
            return;
        }
        let mut printed = ltp::Printed::default();
        log.lines().for_each(|line| printed.line(line));
        let retval = test["retval"].texts().first().and_then(|retval| retval.parse().ok());
        let outcome = match (status, retval) {
            (Outcome::Passed | Outcome::Skipped, _) => status,
            // Its own, for a test that it gave up on.
            (_, Some(-1)) => Outcome::TimedOut,
            (_, Some(retval)) if ltp::exited(retval) == Outcome::Crashed => {
                printed.outcome(Outcome::Crashed)
            }
            (_, _) => printed.outcome(status),
        };
        Told::new(name, outcome).message(printed.message(outcome)).tell(line, self.0);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::said;

    #[test]
    fn what_the_suites_time_cut_off_is_not_skipped() {
        let report = include_str!("../../../tests/formats/kirk-json/suite-timeout/results.json");
        let said = said(Format::Kirk, report).0;
        assert_eq!(
            said,
            ["passed uname01", "passed getcwd01", "unfinished slow", "unfinished pipe01"]
        );
    }

    #[test]
    fn a_test_that_kirk_gave_up_on_timed_out() {
        let report = include_str!("../../../tests/formats/kirk-json/quick/results.json");
        let said = said(Format::Kirk, report).0;
        assert!(said.contains(&"timed-out slow".to_owned()), "{said:?}");
        assert!(said.contains(&"crashed segv: Segmentation fault".to_owned()));
        assert!(said.iter().any(|result| result.starts_with("crashed test11: tst_test.c:1852: T")));
        assert!(
            said.iter().any(|result| result.starts_with("skipped tst_needs_cmds02: tst_cmd.c"))
        );
    }
}
