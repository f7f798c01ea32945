//! subunit2csv's table: `test,status,start_time,stop_time`.
//!
//! A name with a comma or a quote is quoted; the other fields never contain commas.

use crate::formats::emit::{TestRecord, test_record};
use crate::formats::{FormatSpec, Sniff};
use crate::model::{EndOfInput, Outcome, RunBuilder};
use crate::syntax::encoding;
use crate::syntax::lines::{self, LineReader};
use std::io::{self, Read};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["subunit-csv", "subunit2csv"],
    title: "subunit2csv",
    test_name: "the test's id",
    outcomes: &STATUSES,
    incomplete: "a test is inprogress; a last line without its end",
    link: "https://github.com/testing-cabal/subunit",
    sniff: Sniff::Bytes(|head| head.starts_with(HEADER)),
    read: |input, builder| lines::read_lines(input, |lines| read_rows(lines, builder)),
};

const STATUSES: [(&str, Outcome); 8] = [
    ("success", Outcome::Passed),
    ("skip", Outcome::Skipped),
    ("exists", Outcome::Skipped),
    ("xfail", Outcome::Xfailed),
    ("uxsuccess", Outcome::Xpassed),
    ("fail", Outcome::Failed),
    ("unknown", Outcome::Unfinished),
    ("inprogress", Outcome::Unfinished),
];

const HEADER: &[u8] = b"test,status,start_time,stop_time";

fn read_rows(
    lines: &mut LineReader<impl Read>,
    builder: &mut RunBuilder<'_>,
) -> io::Result<EndOfInput> {
    let (mut broken, mut number) = (None, 0);
    while let Some(line) = lines.next_line()? {
        number += 1;
        let text = encoding::decode_lossy(line.bytes);
        if text.is_empty() || text.as_bytes() == HEADER {
            continue;
        }
        if !line.has_newline {
            return Ok(EndOfInput::Truncated);
        }
        let mut fields = text.rsplitn(4, ',').skip(2);
        match (fields.next(), fields.next()) {
            (Some(status), Some(name)) => {
                let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
                let name = quoted.map_or(name.to_owned(), |name| name.replace("\"\"", "\""));
                TestRecord::new(name, test_record::outcome_for(&STATUSES, status))
                    .emit(number, builder);
            }
            _ => broken = Some(format!("line {number} has too few fields")),
        }
    }
    Ok(broken.map_or(EndOfInput::Complete, |what| EndOfInput::Unreadable { what }))
}
