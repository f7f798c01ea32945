//! The JSON report of kirk, the Linux Test Project's runner (`kirk -o`): one document.
//!
//! When a suite's time runs out, kirk reports the tests that never ran, and the one that did, as skipped; they have
//! neither output nor duration. The numbers in `stats` count checks, not tests.

use super::ltp;
use crate::formats::emit::{TestRecord, emit_started, outcome_for};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{Outcome, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["kirk-json", "kirk"],
    title: "kirk's JSON report (-o), of the Linux Test Project",
    test_name: "the name in the runtest file, as in `getpid01`",
    outcomes: &STATUSES,
    incomplete: "the document has no end; the suite's time ran out",
    totals: "",
    link: "https://kirk.readthedocs.io/",
    sniff: Sniff::Json(|head| head.has_all(&["results/*/test_fqn"])),
    read: |input, builder| {
        json::for_each(input, &["results/*"], |line, _, result| emit(line, result, builder))
    },
};

const STATUSES: [(&str, Outcome); 8] = [
    ("pass", Outcome::Passed),
    ("conf", Outcome::Skipped),
    ("conf without output and duration: the suite's time had run out", Outcome::Unfinished),
    ("fail", Outcome::Failed),
    ("warn", Outcome::Failed),
    ("brok", Outcome::Errored),
    ("brok with the retval -1; TBROK: Test killed! (timeout?)", Outcome::TimedOut),
    ("a retval above 128 or below -1; TBROK: Test killed by SIG…", Outcome::Crashed),
];

fn emit(line: u32, result: &Value, builder: &mut RunBuilder<'_>) {
    let name = result["test_fqn"].as_str();
    let test = &result["test"];
    let log = test["log"].as_str();
    let status = outcome_for(&STATUSES, result["status"].as_str());
    let never_ran = log.is_empty() && test["duration"].as_u64() == Some(0);
    if status == Outcome::Skipped && never_ran {
        emit_started(name, line, builder);
        return;
    }
    let mut output = ltp::TestOutput::default();
    log.lines().for_each(|line| output.add_line(line));
    let retval = test["retval"].strings().first().and_then(|retval| retval.parse().ok());
    let outcome = match (status, retval) {
        (Outcome::Passed | Outcome::Skipped, _) => status,
        // kirk's own value for a test that it killed.
        (_, Some(-1)) => Outcome::TimedOut,
        (_, Some(retval)) if ltp::outcome_of_exit(retval) == Outcome::Crashed => {
            output.outcome(Outcome::Crashed)
        }
        (_, _) => output.outcome(status),
    };
    TestRecord::new(name, outcome).message(output.message(outcome)).emit(line, builder);
}

#[cfg(test)]
mod tests {
    use crate::formats::emit::test_record::testing::read_as;

    #[test]
    fn test_cut_off_by_suite_timeout_is_not_skipped() {
        let report = include_str!("../../../tests/formats/kirk-json/suite-timeout/results.json");
        let results = read_as("kirk-json", report).0;
        assert_eq!(
            results,
            ["passed uname01", "passed getcwd01", "unfinished slow", "unfinished pipe01"]
        );
    }

    #[test]
    fn test_killed_by_kirk_is_timed_out() {
        let report = include_str!("../../../tests/formats/kirk-json/quick/results.json");
        let results = read_as("kirk-json", report).0;
        assert!(results.contains(&"timed-out slow".to_owned()), "{results:?}");
        assert!(results.contains(&"crashed segv: Segmentation fault".to_owned()));
        assert!(
            results.iter().any(|result| result.starts_with("crashed test11: tst_test.c:1852: T"))
        );
        assert!(
            results.iter().any(|result| result.starts_with("skipped tst_needs_cmds02: tst_cmd.c"))
        );
    }
}
