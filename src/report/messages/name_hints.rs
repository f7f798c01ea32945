//! How the names of rows and tests differ, and what to do about it.

use super::{count, shell_word};
use crate::compare::{NameHint, NameRelation, NameRemedy};
use crate::known::{ListFormat, Pattern, Row, ends};
use crate::report::RichText;

/// Heading of the hints.
pub(crate) const NAME_HINTS: &str = "Rows and tests whose names differ in form only";

/// Goes before the name of a hint's test.
pub(crate) const HINT_TEST: &str = "in the results:";

/// `1 row is the end of a test's name (3 tests)`; as many tests as rows are not counted
pub(crate) fn name_relation(relation: NameRelation, rows: u64, tests: u64) -> String {
    let (one, many) = match relation {
        NameRelation::Case => (
            "row differs from a test's name, or a part of it, in upper and lower case only",
            "rows differ from tests' names, or parts of them, in upper and lower case only",
        ),
        NameRelation::Separators => (
            "row differs from a test's name, or a part of it, in separators, case or extension only",
            "rows differ from tests' names, or parts of them, in separators, case or extension only",
        ),
        NameRelation::Extension => (
            "row differs from a test's name, or a part of it, in a file's extension only",
            "rows differ from tests' names, or parts of them, in a file's extension only",
        ),
        NameRelation::MissingPrefix => (
            "row begins with a prefix that the test's name lacks",
            "rows begin with a prefix that the tests' names lack",
        ),
        NameRelation::EndOfName => {
            ("row is the end of a test's name", "rows are the ends of tests' names")
        }
        NameRelation::PointsOfFile => (
            "row names a file, and the results name its points",
            "rows name files, and the results name their points",
        ),
        NameRelation::Parameters => (
            "row lacks the parameters at the end of a test's name",
            "rows lack the parameters at the ends of tests' names",
        ),
        NameRelation::CutAtBlank => {
            ("row is a test's name up to a blank", "rows are tests' names up to a blank")
        }
        NameRelation::Group => (
            "row names a file, class or suite, and the results name its tests",
            "rows name files, classes or suites, and the results name their tests",
        ),
        NameRelation::ShorterName => (
            "row has parameters or words at its end that the test's name lacks",
            "rows have parameters or words at their ends that the tests' names lack",
        ),
    };
    let rows_of_kind = count(rows, one, many);
    if tests > rows {
        format!("{rows_of_kind} ({})", count(tests, "test", "tests"))
    } else {
        rows_of_kind
    }
}

/// What makes a hint's first row match its test, and the others likewise.
pub(crate) fn name_remedy(hint: &NameHint, row: &Row, format: Option<ListFormat>) -> RichText {
    let format = format.unwrap_or(ListFormat::Markdown);
    match &hint.remedy {
        NameRemedy::Prefix { prefix, row } => {
            let option = format!("--prefix {}", shell_word(prefix));
            let text = RichText::new("add the prefix to the names with ").quoted(option);
            let text = text.text(" (input ").quoted("prefix").text(")");
            if format.has_patterns() {
                text.text(", or ").append(write_row(hint, row, format))
            } else {
                text
            }
        }
        NameRemedy::Row(pattern) => {
            write_row(hint, pattern, format).append(other_remedy(hint, row, format))
        }
    }
}

/// The row that matches the test, as its list can have it.
fn write_row(hint: &NameHint, pattern: &str, format: ListFormat) -> RichText {
    let others = if hint.rows.len() > 1 { ", and the others likewise" } else { "" };
    let is_name = Pattern::parse(pattern).is_ok_and(|pattern| pattern.exact_name().is_some());
    let write = |text: RichText| text.text("write the row as ").quoted(pattern).text(others);
    if format.has_patterns() {
        write(RichText::default())
    } else if is_name {
        let text = RichText::new("make the row match ").quoted(&*hint.test);
        text.text(", in the syntax of its list").text(others)
    } else {
        let text = RichText::new("make the list a document with ").quoted("knownfail import");
        write(text.text(", and "))
    }
}

/// What can be done instead, for all rows at once.
fn other_remedy(hint: &NameHint, row: &Row, format: ListFormat) -> RichText {
    if hint.relation == NameRelation::EndOfName {
        let is_end = is_after_separator(&hint.test, row.pattern.as_str());
        return if is_end { directive(format) } else { RichText::default() };
    }
    if is_point_of_file(hint) {
        let text = RichText::new("; or, if these are results of prove, read them by file with ");
        text.quoted("--format prove-files").text(" (input ").quoted("format").text(")")
    } else if is_pytest_id(hint, row) {
        let text = RichText::new("; or judge what ").quoted("pytest -rA");
        text.text(" prints, which names files as the rows do")
    } else {
        RichText::default()
    }
}

/// The directive by which rows match ends of names, if the list, or the document that is made of it, can have one.
fn directive(format: ListFormat) -> RichText {
    let put = |directive: &str| RichText::new("; or put ").quoted(directive);
    let above_table =
        || put("<!-- knownfail: match = end -->").text(" above the table, for all of its rows");
    match format {
        ListFormat::Markdown => above_table(),
        ListFormat::Other(kind) if kind.is_any_text() => {
            put("# knownfail: match = end").text(" at the top of the list, for all of its lines")
        }
        ListFormat::Other(kind) if kind.has_patterns() => RichText::default(),
        ListFormat::Other(_) => above_table(),
    }
}

/// Whether the row names a file, and the test is a point of it as prove's output names them.
fn is_point_of_file(hint: &NameHint) -> bool {
    match hint.relation {
        NameRelation::PointsOfFile => hint.test.contains(".t#"),
        NameRelation::Group => hint.test.contains(".t/"),
        NameRelation::Case
        | NameRelation::Separators
        | NameRelation::Extension
        | NameRelation::MissingPrefix
        | NameRelation::EndOfName
        | NameRelation::Parameters
        | NameRelation::CutAtBlank
        | NameRelation::ShorterName => false,
    }
}

/// Whether the row is an id of pytest's, and the test the same with dots, as in pytest's JUnit XML.
fn is_pytest_id(hint: &NameHint, row: &Row) -> bool {
    let is_id = row.pattern.as_str().contains(".py::") && !hint.test.contains("::");
    hint.relation == NameRelation::Separators && is_id
}

/// Whether `match = end` finds this end of a name; not known of a wildcard, which is assumed to be one.
fn is_after_separator(name: &str, end: &str) -> bool {
    !name.ends_with(end) || ends(name).any(|rest| rest == end)
}
