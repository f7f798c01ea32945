//! A JSON value in memory, in the vocabulary of `serde_json::Value`.

use std::ops::Index;

/// One value. The accessors return something empty for a value of another kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Also `NaN` and `Infinity`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string, possibly truncated.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Members in the order of the file; of repeated keys, the first counts.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The string; empty for any other value.
    pub fn as_str(&self) -> &str {
        if let Value::String(text) = self { text } else { "" }
    }

    /// The first of these members that is a string and not empty; otherwise empty.
    pub fn first_str(&self, keys: &[&str]) -> &str {
        keys.iter().map(|key| self[*key].as_str()).find(|text| !text.is_empty()).unwrap_or("")
    }

    /// The value as a whole number that is not negative, also from a string of digits.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Number(number) if *number >= 0.0 && number.fract() == 0.0 => {
                Some(*number as u64)
            }
            Value::String(digits) => digits.parse().ok(),
            Value::Number(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        *self == Value::Bool(true)
    }

    /// Whether it is `null`, which a missing member is too.
    pub fn is_null(&self) -> bool {
        *self == Value::Null
    }

    /// The elements; empty for any other value.
    pub fn as_array(&self) -> &[Value] {
        if let Value::Array(items) = self { items } else { &[] }
    }

    /// The members; empty for any other value.
    pub fn as_object(&self) -> &[(String, Value)] {
        if let Value::Object(members) = self { members } else { &[] }
    }

    /// The elements as strings.
    pub fn strings(&self) -> Vec<&str> {
        self.as_array().iter().map(Value::as_str).collect()
    }
}

/// The member of this name; null if there is none.
impl Index<&str> for Value {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.as_object()
            .iter()
            .find(|(name, _)| name == key)
            .map_or(&Value::Null, |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accessors_of_another_kind_return_nothing() {
        let object = Value::Object(vec![
            ("empty".to_owned(), Value::String(String::new())),
            ("number".to_owned(), Value::Number(7.0)),
            ("text".to_owned(), Value::String("8".to_owned())),
            ("text".to_owned(), Value::String("second".to_owned())),
        ]);
        assert_eq!(object.first_str(&["none", "empty", "number", "text"]), "8");
        assert_eq!([object["number"].as_u64(), object["text"].as_u64()], [Some(7), Some(8)]);
        assert_eq!(object["text"].as_array(), []);
        assert_eq!(object["number"].as_str(), "");
        assert!(object["none"].is_null() && object["none"]["deeper"].is_null());
        assert_eq!([Value::Number(-1.0).as_u64(), Value::Number(0.5).as_u64()], [None, None]);
    }
}
