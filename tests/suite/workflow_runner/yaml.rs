//! YAML as JSON values.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// A list or a map that has not ended, with the key of the map's next value.
enum Open {
    List(Vec<Value>),
    Map(Map<String, Value>, Option<String>),
}

/// The value of a text's only document.
pub(crate) fn parse(text: &str) -> Value {
    let mut open = vec![Open::List(Vec::new())];
    for event in Parser::new_from_str(text) {
        let value = match event.expect("YAML").0 {
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(&text),
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop().expect("a start") {
                Open::List(values) => Value::Array(values),
                Open::Map(members, _) => Value::Object(members),
            },
            Event::Alias(_) => panic!("the pages use no aliases"),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match open.last_mut().expect("the document") {
            Open::List(values) => values.push(value),
            Open::Map(members, key) => match key.take() {
                Some(key) => drop(members.insert(key, value)),
                None => *key = Some(value.as_str().expect("a key").to_owned()),
            },
        }
    }
    match open.pop() {
        Some(Open::List(mut documents)) => documents.pop().unwrap_or_default(),
        _ => panic!("the document does not end"),
    }
}

/// A scalar without quotes.
fn plain(text: &str) -> Value {
    let is_other = matches!(text, "true" | "false" | "null") || text.parse::<u64>().is_ok();
    let other = is_other.then(|| serde_json::from_str(text).ok()).flatten();
    other.unwrap_or_else(|| if text.is_empty() { Value::Null } else { Value::from(text) })
}
