//! The JSON report of kirk, the Linux Test Project's runner (`kirk -o`): one document.
//!
//! When a suite's time runs out, kirk reports the tests that never ran, and the one that did, as skipped; they have
//! neither output nor duration. The numbers in `stats` count checks, not tests: they are the sums of those of the tests.

use super::ltp;
use crate::formats::emit::{TestRecord, check_totals, emit_started, lookup, unknown};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, OutcomeCounts, RunBuilder};
use crate::syntax::json::{self, Value};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["kirk-json", "kirk"],
    title: "kirk's JSON report (-o), of the Linux Test Project",
    test_name: "the name in the runtest file, as in `getpid01`",
    outcomes: &STATUSES,
    incomplete: "the document has no end; the suite's time ran out",
    totals: "checks that passed, failed, broke, were skipped or gave a warning, as the tests count them",
    link: "https://kirk.readthedocs.io/",
    sniff: Sniff::Json(|head| head.has_all(&["results/*/test_fqn"])),
    read,
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

/// The kinds of checks that `stats` and the tests count, and the outcome of a test that has one.
const CHECKS: [(&str, Outcome); 5] = [
    ("passed", Outcome::Passed),
    ("failed", Outcome::Failed),
    ("broken", Outcome::Failed),
    ("warnings", Outcome::Failed),
    ("skipped", Outcome::Skipped),
];

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let (mut counts, mut checks) = (OutcomeCounts::default(), [0_u64; CHECKS.len()]);
    json::for_each(input, &["results/*", "stats"], |line, path, value| match path {
        ["stats", ..] => compare(line, value, &checks, &counts, builder),
        _ => {
            for (sum, (key, _)) in checks.iter_mut().zip(CHECKS) {
                *sum = sum.saturating_add(value["test"][key].as_u64().unwrap_or(0));
            }
            emit(line, value, &mut counts, builder);
        }
    })
}

/// Declares the tests that have the checks which `stats` counts and no result has.
fn compare(
    line: u32,
    stats: &Value,
    checks: &[u64; CHECKS.len()],
    counts: &OutcomeCounts,
    builder: &mut RunBuilder<'_>,
) {
    check_totals(stats, &CHECKS.map(|(key, _)| key), line, builder);
    for (seen, (key, outcome)) in checks.iter().zip(CHECKS) {
        if stats[key].as_u64().is_none_or(|declared| declared <= *seen) {
            continue;
        }
        if outcome.is_failing() {
            builder.expect_failures(line, counts.failing() + 1);
        } else if outcome == Outcome::Skipped {
            builder.expect_skips(line, counts.get(Outcome::Skipped) + 1);
        } else {
            builder.expect_tests(line, counts.total() + 1);
        }
    }
}

fn emit(line: u32, result: &Value, counts: &mut OutcomeCounts, builder: &mut RunBuilder<'_>) {
    let name = result["test_fqn"].as_str();
    let test = &result["test"];
    let log = test["log"].as_str();
    // Both are the same word, but the second may be missing.
    let words = [result["status"].as_str(), test["result"].as_str()];
    let words = if words[1].is_empty() { &words[..1] } else { &words[..] };
    let outcomes = words.iter().map(|word| lookup(&STATUSES, *word).unwrap_or(Outcome::Failed));
    let status = outcomes.max().unwrap_or(Outcome::Failed);
    let unknown_word = words.iter().find(|word| lookup(&STATUSES, **word).is_none());
    let never_ran = log.is_empty() && test["duration"].as_u64() == Some(0);
    if status == Outcome::Skipped && never_ran {
        counts.add(Outcome::Unfinished);
        return emit_started(name, line, builder);
    }
    let mut output = ltp::TestOutput::default();
    if let Some(word) = unknown_word {
        output.add_note(&unknown("status", word));
    }
    log.lines().for_each(|line| output.add_line(line));
    let retval = test["retval"].strings().first().and_then(|retval| retval.parse().ok());
    let has = |key: &str| test[key].as_u64().is_some_and(|checks| checks > 0);
    let outcome = match (status, retval) {
        (Outcome::Passed, _) if has("failed") || has("broken") => Outcome::Failed,
        (Outcome::Passed | Outcome::Skipped, _) => status,
        // kirk's own value for a test that it killed.
        (_, Some(-1)) => Outcome::TimedOut,
        (_, Some(retval)) if ltp::outcome_of_exit(retval) == Outcome::Crashed => {
            output.outcome(Outcome::Crashed)
        }
        (_, _) => output.outcome(status),
    };
    counts.add(outcome);
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
    fn status_and_counts_are_not_trusted_blindly() {
        let report = |status: &str, failed: u32, stats: &str| {
            let checks =
                format!("\"passed\": 1, \"failed\": {failed}, \"broken\": 0, \"skipped\": 0");
            let test =
                format!("{{\"log\": \"x\", \"retval\": [\"0\"], \"duration\": 1, {checks}}}");
            let result =
                format!("{{\"test_fqn\": \"a\", \"status\": \"{status}\", \"test\": {test}}}");
            read_as("kirk-json", &format!("{{\"results\": [{result}], \"stats\": {{{stats}}}}}"))
        };
        assert_eq!(report("zorked", 0, "").0, ["failed a: unknown status `zorked`\nx"]);
        assert_eq!(report("pass", 1, "").0, ["failed a: x"]);
        assert_eq!(report("pass", 0, "\"passed\": 1, \"failed\": 0").1, []);
        for stats in ["\"passed\": 2", "\"failed\": 1", "\"warnings\": 1", "\"skipped\": 1"] {
            assert_eq!(report("pass", 0, stats).1.len(), 1, "{stats}");
        }
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
