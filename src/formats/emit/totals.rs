//! Totals that a file declares of itself: one that is no number could be any, so the file is damaged.

use crate::model::{Event, RunBuilder, truncate_at_char};
use crate::syntax::json::Value;

/// How much of a value is shown, in bytes.
const MAX_SHOWN_LEN: usize = 60;

/// Emits damage unless these members of an object, those that it has, are numbers.
pub(crate) fn check_totals(
    object: &Value,
    names: &[&str],
    line: u32,
    builder: &mut RunBuilder<'_>,
) {
    if !object.is_null() && !matches!(object, Value::Object(_)) {
        let what = format!("the object with {} is none", names.join(", "));
        return builder.handle(line, Event::Damaged { what: what.into() });
    }
    for name in names {
        check_total(name, &object[*name], line, builder);
    }
}

/// Emits damage unless a value, if there is one, is a number.
pub(crate) fn check_total(name: &str, value: &Value, line: u32, builder: &mut RunBuilder<'_>) {
    if !value.is_null() && value.as_u64().is_none() {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(word) => word.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => "…".to_owned(),
        };
        emit_malformed_total(name, &shown, line, builder);
    }
}

/// The number in a text; emits damage if it is none.
pub(crate) fn total_in_text(
    name: &str,
    text: &str,
    line: u32,
    builder: &mut RunBuilder<'_>,
) -> Option<u64> {
    let number = text.trim().parse().ok();
    if number.is_none() {
        emit_malformed_total(name, text.trim(), line, builder);
    }
    number
}

/// Emits that a total is no number.
pub(crate) fn emit_malformed_total(
    name: &str,
    value: &str,
    line: u32,
    builder: &mut RunBuilder<'_>,
) {
    let what = malformed_total(name, value);
    builder.handle(line, Event::Damaged { what: what.into() });
}

/// Describes a total that is no number.
pub(crate) fn malformed_total(name: &str, value: &str) -> String {
    format!("{name} is `{}`, which is no number", truncate_at_char(value, MAX_SHOWN_LEN))
}
