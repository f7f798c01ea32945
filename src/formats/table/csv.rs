//! A table as CSV, with commas, semicolons or tabs: a header, and then a row for each test.
//!
//! A line that begins with `#` is a comment, but a test of such a name if it has as many fields as the header.

use super::header::{Header, is_header};
use super::row::{INCOMPLETE, OUTCOMES, Promises, Row, TEST_NAME, emit_damage};
use crate::formats::emit::total_in_text;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{EndOfInput, RunBuilder};
use crate::syntax::csv::CsvRow;
use crate::syntax::{encoding, lines};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["table-csv", "csv", "tsv"],
    title: "a table of results as CSV or TSV, which a runner of your own can print",
    test_name: TEST_NAME,
    outcomes: &OUTCOMES,
    incomplete: INCOMPLETE,
    totals: "the plan: a comment `# plan: N` anywhere; without one, only a last line without its end shows that the \
             file is truncated",
    link: "https://www.rfc-editor.org/rfc/rfc4180",
    sniff: Sniff::Lines(sniff),
    read,
};

/// What begins a comment with the number of tests.
const PLAN: &str = "plan:";

/// The header of subunit2csv, whose words are others.
const OF_SUBUNIT: &str = "test,status,start_time,stop_time";

fn sniff(head: &str) -> bool {
    let head = head.trim_start_matches('\u{feff}');
    let first = head.lines().find(|line| !is_comment(line) && !line.trim().is_empty());
    first.is_some_and(|line| line.trim_end() != OF_SUBUNIT && is_header(line))
}

fn is_comment(line: &str) -> bool {
    line.starts_with('#')
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = TableReader { builder, table: None, promises: Promises::default() };
    lines::read_lines(input, |lines| {
        let mut number = 0;
        while let Some(line) = lines.next_line()? {
            number += 1;
            let text = encoding::decode_lossy(line.bytes);
            if !line.has_newline && !text.trim().is_empty() {
                return Ok(EndOfInput::Truncated);
            }
            if line.truncated {
                emit_damage("the line is longer than 1 MiB", number, reader.builder);
            }
            if !reader.line(number, &text) {
                let what = "no header with the columns `name` and `outcome`".to_owned();
                return Ok(EndOfInput::Unreadable { what });
            }
        }
        Ok(reader.finish(number))
    })
}

struct TableReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    /// Once there was a header.
    table: Option<Table>,
    promises: Promises,
}

/// The header and the present row.
struct Table {
    header: Header,
    row: CsvRow,
    /// The line on which the row begins.
    line: u32,
}

impl TableReader<'_, '_> {
    /// Reads a line; false if it should be the header and is none.
    fn line(&mut self, number: u32, text: &str) -> bool {
        let is_in_row = self.table.as_ref().is_some_and(|table| table.row.is_open());
        if !is_in_row && text.trim().is_empty() {
            return true;
        }
        match &mut self.table {
            None if is_comment(text) => self.comment(number, text),
            None => {
                let header = Header::parse(text);
                self.table = header.map(|header| {
                    let row = CsvRow::new(header.separator);
                    Table { header, row, line: number }
                });
                return self.table.is_some();
            }
            Some(table) => {
                if !is_in_row {
                    table.row.clear();
                    table.line = number;
                }
                table.row.push_line(text);
                if is_in_row || !is_comment(text) || table.may_be_row() && plan(text).is_none() {
                    table.emit(text, self.builder, &mut self.promises);
                } else {
                    table.row.clear();
                    self.comment(number, text);
                }
            }
        }
        true
    }

    fn comment(&mut self, number: u32, text: &str) {
        if let Some(tests) = plan(text) {
            let tests = total_in_text("plan", tests, number, self.builder);
            tests.into_iter().for_each(|tests| self.promises.add_tests(tests));
        }
    }

    fn finish(&mut self, line: u32) -> EndOfInput {
        self.promises.emit(line, self.builder);
        let is_open = self.table.as_ref().is_some_and(|table| table.row.is_open());
        if is_open { EndOfInput::Truncated } else { EndOfInput::Complete }
    }
}

/// What follows the word in a comment with the number of tests.
fn plan(comment: &str) -> Option<&str> {
    comment.trim_start_matches('#').trim().strip_prefix(PLAN)
}

impl Table {
    /// Whether a line that begins like a comment may be a test, also one with too few or too many fields.
    fn may_be_row(&self) -> bool {
        self.row.len() > 1 || self.row.is_open()
    }

    /// Emits the row if it is complete. Where several files were joined, their header is repeated.
    fn emit(&self, last_line: &str, builder: &mut RunBuilder<'_>, promises: &mut Promises) {
        let Table { header, row, line } = self;
        if row.is_open() || last_line == header.text {
            return;
        }
        if let Some(what) = row.malformed() {
            emit_damage(what, *line, builder);
        }
        if row.len() != header.len {
            let (fields, columns) = (row.len(), header.len);
            let what = format!(
                "the row has {fields} fields and the header {columns}: quote a field with a separator"
            );
            return emit_damage(&what, *line, builder);
        }
        let cell = |column: Option<usize>| column.map_or("", |index| row.field(index));
        Row(header.columns.map(cell)).emit(*line, builder, promises);
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};
    use crate::formats::table::header::SEPARATORS;
    use crate::model::GapKind;

    fn read(text: &str) -> DecodedRun {
        read_as("table-csv", text)
    }

    fn damage(text: &str) -> String {
        match &read(text).1[..] {
            [GapKind::Damaged { what }, ..] => what.clone(),
            gaps => panic!("{text}: {gaps:?}"),
        }
    }

    #[test]
    fn columns_may_have_other_names_and_any_order() {
        for text in [
            "name,outcome,message\na,passed,\n\"b,c\",failed,1 == 2\n",
            "\u{feff}Status;Reason;Test_Name;seconds\r\nOK;;a;0.1\r\n\r\nFAILED;1 == 2;b,c;2\r\n",
            "# of our runner\n\nresult\tid\terror\npass\ta\t\nnot ok\tb,c\t1 == 2\n",
        ] {
            let run = read(text);
            assert_eq!(run.0, ["passed a", "failed b,c: 1 == 2"], "{text}");
            assert_eq!(run.1, [], "{text}");
        }
    }

    #[test]
    fn suite_class_location_and_attempts_are_read() {
        let run = read(
            "suite,class,name,outcome,file,line,retry\ns,C,a,fail,t/a.c,7,true\ns,C,a,pass,t/a.c,7,\n,,b,skip,,,\n",
        );
        assert_eq!(run.0, ["~failed s.C.a", "passed s.C.a", "skipped b"]);
        assert_eq!(run.2, ["t/a.c:7", "t/a.c:7"]);
        assert_eq!(run.1, []);
    }

    #[test]
    fn name_that_begins_like_a_comment_is_a_test() {
        let run =
            read("name,outcome\n# plan: 3\n#1,passed\n# and so on\n# 2,failed\n#3,\"ok\n\"\n");
        assert_eq!(run.0, ["passed #1", "failed # 2", "passed #3"]);
        assert_eq!(run.1, []);
        let what = "the row has 4 fields and the header 3: quote a field with a separator";
        for row in ["#1 adds,failed,expected 1, got 2", "#1,failed,a,\"\n# b\""] {
            assert_eq!(damage(&format!("name,outcome,message\n{row}\nb,passed,\n")), what, "{row}");
        }
        assert_eq!(
            damage("name,outcome\n# plan: 1, of many\na,passed\n"),
            "plan is `1, of many`, which is no number"
        );
    }

    #[test]
    fn attempt_that_never_came_is_damage() {
        let what = "no other attempt of `s.a` follows its `retry`";
        for rows in ["a,failed,true", "a,passed,\na,failed,true", "a,failed,yes\nb,passed,"] {
            let rows = rows.replace("\n", "\ns,");
            assert_eq!(damage(&format!("suite,name,outcome,retry\ns,{rows}\n")), what, "{rows}");
        }
    }

    #[test]
    fn rows_that_cannot_be_read_are_damage_with_their_line() {
        for (rows, what) in [
            ("a,warned\n", "unknown outcome `warned`"),
            ("a,\n", "the row has no outcome"),
            (",passed\n", "the row has no name"),
            (
                "a,b,passed\n",
                "the row has 3 fields and the header 2: quote a field with a separator",
            ),
            ("a\n", "the row has 1 fields and the header 2: quote a field with a separator"),
            ("\"a\"b,passed\n", "text follows a quoted field"),
            ("# plan: many\n", "plan is `many`, which is no number"),
        ] {
            assert_eq!(damage(&format!("name,outcome\n{rows}c,passed\n")), what, "{rows}");
        }
        assert_eq!(read("name,outcome\na,warned\n").0, ["failed a: unknown outcome `warned`"]);
        assert_eq!(read("name,outcome\na,\n").0, ["unfinished a"]);
    }

    #[test]
    fn truncated_tables_are_incomplete() {
        for text in
            ["name,outcome\na,passed\nb,pass", "name,outcome\na,passed\n\"b,passed\nc,passed\n"]
        {
            assert_eq!(read(text).1, [GapKind::Truncated], "{text}");
        }
        let unmet = GapKind::PlanNotMet { planned: 3, actual: 1 };
        assert_eq!(read("name,outcome\na,passed\n# plan: 3\n").1, [unmet]);
        assert_eq!(read("name,outcome\n").1, [GapKind::NoTests]);
    }

    #[test]
    fn joined_tables_are_one() {
        let part = "name,outcome\n# plan: 1\na,passed\n";
        let run = read(&format!("{part}{}", part.replace("a,", "b,")));
        assert_eq!(run.0, ["passed a", "passed b"]);
        assert_eq!(run.1, []);
        assert_eq!(damage(&format!("{part}outcome,name\nfailed,b\n")), "unknown outcome `name`");
    }

    #[test]
    fn header_without_the_columns_is_no_table() {
        let format = Format::from_name("table-csv").unwrap();
        for text in
            ["name,Pass\n", "name\n", "outcome,message\n", "test,status,start_time,stop_time\n"]
        {
            assert!(!format.matches(text.as_bytes()), "{text}");
            assert!(!super::is_header(text) || text.starts_with(super::OF_SUBUNIT), "{text}");
        }
        assert_eq!(Format::sniff(b"name,outcome\na,passed\n"), Some(format));
    }

    #[test]
    fn header_decides_whatever_the_rows_quote() {
        let format = Format::from_name("table-csv");
        for separator in SEPARATORS {
            for header in
                ["name,outcome", "outcome,name", "\"Test-Name\" , \"STATUS\"", "id,x,result"]
            {
                let header = header.replace(',', &separator.to_string());
                for quoted in
                    ["TAP version 13\n1..1\nok 1\n", "PASS\nok  \tp\t0.1s\n", "<testsuite>\n"]
                {
                    let text = format!("# of ours\n\n{header}\r\na{separator}\"{quoted}");
                    assert_eq!(Format::sniff(text.as_bytes()), format, "{text}");
                }
            }
        }
    }
}
