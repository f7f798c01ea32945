//! subunit2csv's table: `test,status,start_time,stop_time`.
//!
//! A name with a comma or a quote is quoted; the other fields never contain commas.

use crate::formats::emit::{TestRecord, known_or_failed, lookup, read_rows};
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{Outcome, RunBuilder};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["subunit-csv", "subunit2csv"],
    title: "subunit2csv",
    test_name: "the test's id",
    outcomes: &STATUSES,
    incomplete: "a test is inprogress; a last line without its end",
    totals: "none: it is a table of tests",
    link: "https://github.com/testing-cabal/subunit",
    sniff: Sniff::Bytes(|head| head.starts_with(HEADER)),
    read,
};

/// The words of testtools' `TestByTestResult`; those of its streams, which older versions write.
const STATUSES: [(&str, Outcome); 10] = [
    ("success", Outcome::Passed),
    ("skip", Outcome::Skipped),
    ("exists", Outcome::Skipped),
    ("xfail", Outcome::Xfailed),
    ("uxsuccess", Outcome::Xpassed),
    ("failure", Outcome::Failed),
    ("fail", Outcome::Failed),
    ("error", Outcome::Errored),
    ("unknown", Outcome::Unfinished),
    ("inprogress", Outcome::Unfinished),
];

const HEADER: &[u8] = b"test,status,start_time,stop_time";

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let is_ignored = |line: &str| line.is_empty() || line.as_bytes() == HEADER;
    read_rows(input, is_ignored, "has too few fields", |number, line| {
        let mut fields = line.rsplitn(4, ',').skip(2);
        let (status, name) = (fields.next()?, fields.next()?);
        let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let name = quoted.map_or(name.to_owned(), |name| name.replace("\"\"", "\""));
        let (outcome, message) = known_or_failed(lookup(&STATUSES, status), "status", status);
        TestRecord::new(name, outcome).message(&message).emit(number, builder);
        Some(())
    })
}
