//! A table as JSON Lines: an object with `name` and `outcome` on each line, with other output between.
//!
//! <https://jsonlines.org/>

use super::row::{
    COLUMN_NAMES, Column, INCOMPLETE, OUTCOMES, Promises, Row, TEST_NAME, emit_damage,
};
use crate::formats::emit::check_total;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::RunBuilder;
use crate::syntax::decode_lossy;
use crate::syntax::json::{self, JsonHead, JsonLayout, Value, VisitAction, Visitor};
use std::borrow::Cow;

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["table-jsonl", "jsonl", "ndjson"],
    title: "a table of results as JSON Lines, which a runner of your own can print",
    test_name: TEST_NAME,
    outcomes: &OUTCOMES,
    incomplete: INCOMPLETE,
    totals: "the plan: a line `{\"plan\": N}` anywhere; without one, only a last line that is cut off shows that the \
             file is truncated",
    link: "https://jsonlines.org/",
    sniff: Sniff::Json(sniff),
    read,
};

/// The key of a line with the number of tests.
const PLAN: &str = "plan";

/// The keys of formats whose records have a name and a status too: mozlog and meson.
const OF_OTHERS: [&[&str]; 2] = [&["action", "time", "source", "thread"], &["returncode", "env"]];

fn sniff(head: &JsonHead) -> bool {
    let needed = [Column::Name, Column::Outcome].map(|column| COLUMN_NAMES[column as usize].1);
    head.has_record_with(&needed) && !OF_OTHERS.iter().any(|keys| head.has_all(keys))
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = TableReader { builder, promises: Promises::default() };
    let end = json::read(input, &mut reader);
    reader.promises.emit(end.line, reader.builder);
    end
}

struct TableReader<'b, 's> {
    builder: &'b mut RunBuilder<'s>,
    promises: Promises,
}

impl Visitor for TableReader<'_, '_> {
    fn layout(&self) -> JsonLayout {
        JsonLayout::Lines
    }

    fn visit(&mut self, _: &[&str]) -> VisitAction {
        VisitAction::Take
    }

    fn value(&mut self, line: u32, _: &[&str], value: &Value) {
        let plan = &value[PLAN];
        check_total(PLAN, plan, line, self.builder);
        plan.as_u64().into_iter().for_each(|tests| self.promises.add_tests(tests));
        let needed = [Column::Name, Column::Outcome].map(|column| COLUMN_NAMES[column as usize].1);
        if plan.is_null() || needed.iter().any(|names| first_member(value, names).is_some()) {
            let row = COLUMN_NAMES.map(|(_, names)| cell(value, names));
            let row = Row(row.each_ref().map(AsRef::as_ref));
            row.emit(line, self.builder, &mut self.promises);
        }
        if has_inner_outcome(value) {
            emit_damage("an outcome inside of the row's own", line, self.builder);
        }
    }

    /// Other output is ignored, unless it may be a row without its beginning.
    fn other_text(&mut self, line: u32, text: &[u8]) {
        let is_outcome = |name: &&str| decode_lossy(text).contains(&format!("\"{name}\""));
        if COLUMN_NAMES[Column::Outcome as usize].1.iter().any(is_outcome) {
            emit_damage("a row without its beginning", line, self.builder);
        }
    }
}

/// The text in a column; empty if the value is no text, number or boolean: another of its names could differ.
fn cell<'v>(row: &'v Value, names: &[&str]) -> Cow<'v, str> {
    match first_member(row, names) {
        Some(Value::String(text)) => Cow::Borrowed(text.trim()),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        Some(Value::Bool(word)) => Cow::Owned(word.to_string()),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => Cow::default(),
    }
}

/// The value of the first of these keys that a row has.
fn first_member<'v>(row: &'v Value, names: &[&str]) -> Option<&'v Value> {
    let member = |name: &&str| row.as_object().iter().find(|(key, _)| key == name);
    names.iter().find_map(member).map(|(_, value)| value)
}

/// Whether a part of a row has an outcome of its own, which would be lost.
fn has_inner_outcome(row: &Value) -> bool {
    let outcomes = COLUMN_NAMES[Column::Outcome as usize].1;
    let mut inner: Vec<&Value> = row.as_object().iter().map(|(_, value)| value).collect();
    inner.extend(row.as_array());
    while let Some(value) = inner.pop() {
        let members = value.as_object();
        if members.iter().any(|(key, _)| outcomes.contains(&key.as_str())) {
            return true;
        }
        inner.extend(value.as_array().iter().chain(members.iter().map(|(_, value)| value)));
    }
    false
}

#[cfg(test)]
mod tests {
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::{DecodedRun, read_as};
    use crate::model::GapKind;

    fn read(text: &str) -> DecodedRun {
        read_as("table-jsonl", text)
    }

    #[test]
    fn keys_may_have_other_names() {
        let run = read(
            "{\"plan\": 4}\n{\"name\": \"a\", \"outcome\": \"passed\", \"seconds\": 0.1}\nstarting b\n\
             {\"status\": \"FAIL\", \"test\": \"b\", \"suite\": \"s\", \"message\": \"1 == 2\", \"file\": \"b.c\", \"line\": 3}\n\n\
             {\"id\": 7, \"result\": \"timed_out\", \"retry\": true, \"meta\": {\"host\": \"h\"}}\n\
             {\"id\": 7, \"result\": \"ok\"}\n{\"test_name\": \"c\", \"outcome\": \"Skipped\"}",
        );
        let expected = ["passed a", "failed s.b: 1 == 2", "~timed-out 7", "passed 7", "skipped c"];
        assert_eq!(run.0, expected);
        assert_eq!((run.1, run.2), (vec![], vec!["b.c:3".to_owned()]));
    }

    #[test]
    fn rows_that_cannot_be_read_are_damage() {
        for (row, what) in [
            (r#"{"name": "b", "outcome": "warned"}"#, "unknown outcome `warned`"),
            (r#"{"name": "b", "outcome": true}"#, "unknown outcome `true`"),
            (r#"{"name": "b", "outcom": "failed"}"#, "the row has no outcome"),
            (r#"{"name": "b"}"#, "the row has no outcome"),
            (r#"{"outcome": "passed"}"#, "the row has no name"),
            (r#"{"summary": 1}"#, "the row has no outcome"),
            (r#"{"plan": "many"}"#, "plan is `many`, which is no number"),
            (r#"{"name": "b", "outcome": "ok", "plan": []}"#, "plan is `…`, which is no number"),
            (
                r#"{"outcome": {"kind": "failed"}, "result": "passed", "name": "b"}"#,
                "the row has no outcome",
            ),
            (r#"{"outcome": ["failed"], "plan": 2}"#, "the row has no outcome"),
            (r#"{"outcome": null, "result": "passed", "name": "b"}"#, "the row has no outcome"),
            (r#"{"name": {"first": "b"}, "id": 7, "outcome": "ok"}"#, "the row has no name"),
            (
                r#"{"name": "a", "outcome": "failed", "retry": true}"#,
                "no other attempt of `a` follows its `retry`",
            ),
            (
                r#"{"name": "b", "outcome": "passed", "steps": [{"status": "failed"}]}"#,
                "an outcome inside of the row's own",
            ),
            (r#"[{"name": "b", "outcome": "failed"}]"#, "the row has no outcome"),
            (r#"me": "b", "outcome": "failed"}"#, "a row without its beginning"),
            (r#"log {"name": "b", "outcome": "failed"}"#, "a row without its beginning"),
        ] {
            let run = read(&format!("{{\"name\": \"a\", \"outcome\": \"ok\"}}\n{row}\n"));
            let what = what.to_owned();
            assert_eq!(run.1.first(), Some(&GapKind::Damaged { what }), "{row}");
        }
    }

    #[test]
    fn truncated_tables_are_incomplete() {
        let row = "{\"name\": \"a\", \"outcome\": \"ok\"}\n";
        assert_eq!(read(row).1, []);
        assert_eq!(read(&format!("{row}{{\"name\": \"b\", \"outco")).1, [GapKind::Truncated]);
        let unmet = GapKind::PlanNotMet { planned: 2, actual: 1 };
        assert_eq!(read(&format!("{row}{{\"plan\": 2}}\n")).1, [unmet]);
        let unmet = GapKind::PlanNotMet { planned: 7, actual: 1 };
        assert_eq!(read(&row.replace('}', ", \"plan\": 7}")).1, [unmet]);
        let both = format!("{{\"plan\": 1}}\n{row}").repeat(2).replacen("\"a\"", "\"b\"", 1);
        assert_eq!(read(&both).1, []);
    }

    #[test]
    fn records_of_other_formats_are_no_table() {
        for text in [
            r#"{"action": "test_end", "test": "a", "status": "OK", "time": 1, "source": "s", "thread": "t"}"#,
            r#"{"type": "test", "event": "ok", "name": "a"}"#,
            "{\"type\": \"testStart\", \"test\": {\"id\": 1}}\n{\"type\": \"testDone\", \"testID\": 1, \"result\": \"success\"}",
            r#"{"name": "a", "result": "OK", "returncode": 0, "env": {}}"#,
            r#"{"tests": [{"name": "a", "outcome": "passed"}]}"#,
        ] {
            assert!(!Format::from_name("jsonl").unwrap().matches(text.as_bytes()), "{text}");
        }
    }
}
