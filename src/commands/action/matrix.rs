//! The variant that the values of a job's matrix make.
//!
//! The default of the input `variant` is `toJSON(matrix)`. GitHub's `join` would show an object as the word `Object`.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The variant that an input names: of a matrix in JSON the values in their order, separated by spaces. A value that is
/// an object or a list has the values in it.
pub(super) fn variant(input: &str) -> String {
    let is_json = input == "null" || input.starts_with('{');
    match serde_json::from_str::<Values>(input) {
        Ok(Values(values)) if is_json => values.join(" "),
        Ok(_) | Err(_) => input.to_owned(),
    }
}

/// The values in a JSON text that are no objects and no lists.
struct Values(Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Values, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl ValuesVisitor {
    fn value<T: ToString, E>(value: T) -> Result<Values, E> {
        let value = value.to_string();
        Ok(Values(if value.trim().is_empty() { Vec::new() } else { vec![value] }))
    }
}

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Values, E> {
        Ok(Values(Vec::new()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Values, E> {
        ValuesVisitor::value(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Values, E> {
        ValuesVisitor::value(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Values, E> {
        ValuesVisitor::value(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Values, E> {
        ValuesVisitor::value(value)
    }

    fn visit_str<E>(self, value: &str) -> Result<Values, E> {
        ValuesVisitor::value(value.trim())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Values, A::Error> {
        let mut all = Vec::new();
        while let Some(Values(values)) = items.next_element()? {
            all.extend(values);
        }
        Ok(Values(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Values, A::Error> {
        let mut all = Vec::new();
        while let Some((_, Values(values))) = members.next_entry::<String, _>()? {
            all.extend(values);
        }
        Ok(Values(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_has_the_values_of_the_matrix_in_order() {
        for (input, expected) in [
            ("memory", "memory"),
            ("linux memory", "linux memory"),
            ("null", ""),
            ("{}", ""),
            (r#"{"os": "linux", "store": "memory"}"#, "linux memory"),
            (r#"{"store": "memory", "os": "linux"}"#, "memory linux"),
            ("{\n  \"version\": 4.1,\n  \"node\": 20,\n  \"slow\": false\n}", "4.1 20 false"),
            (
                r#"{"os": {"name": "linux", "arch": "x64"}, "with": ["a", 1], "n": null}"#,
                "linux x64 a 1",
            ),
            (r#"{"os": "windows server", "x": " "}"#, "windows server"),
            // No matrix.
            ("4.1", "4.1"),
            ("{brace", "{brace"),
            ("[a]", "[a]"),
        ] {
            assert_eq!(variant(input), expected, "{input}");
        }
    }
}
