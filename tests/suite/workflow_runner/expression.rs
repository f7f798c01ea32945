//! GitHub's expressions: operators, contexts and the functions that workflows of the pages call.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/expressions>

use serde_json::Value;

/// Whether the job, or a job that it needs, has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Failure,
}

/// What an expression can see.
pub(crate) struct Scope<'a> {
    /// An object with `github`, `steps`, …
    pub contexts: &'a Value,
    pub status: Status,
}

impl Scope<'_> {
    /// A text with each `${{ … }}` replaced by its value.
    pub(crate) fn expand(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
        let (expression, after) = rest.split_once("}}").expect("the end of an expression");
        before.to_owned() + &as_text(&self.evaluate(expression)) + &self.expand(after)
    }

    /// The value of an `if:`; without a function of the status it also wants success.
    pub(crate) fn holds(&self, condition: &Value) -> bool {
        let text = as_text(condition);
        let text = text.strip_prefix("${{").and_then(|t| t.strip_suffix("}}")).unwrap_or(&text);
        let asks = ["cancelled()", "always()", "failure()", "success()"];
        let is_met = asks.iter().any(|function| text.contains(function));
        (is_met || self.status == Status::Success)
            && (text.trim().is_empty() || is_truthy(&self.evaluate(text)))
    }

    fn evaluate(&self, text: &str) -> Value {
        let mut reader = Reader { rest: text, scope: self };
        let value = reader.either();
        assert_eq!(reader.rest.trim(), "", "the model reads a part of `{text}` only");
        value
    }

    fn call(&self, function: &str, arguments: &[Value]) -> Value {
        match (function, arguments) {
            // No test cancels a run.
            ("cancelled", []) => Value::from(false),
            ("always", []) => Value::from(true),
            ("success", []) => Value::from(self.status == Status::Success),
            ("failure", []) => Value::from(self.status == Status::Failure),
            ("join", [Value::Array(parts), separator]) => {
                let parts: Vec<String> = parts.iter().map(as_text).collect();
                Value::from(parts.join(&as_text(separator)))
            }
            ("toJSON", [value]) => Value::from(value.to_string()),
            _ => panic!("the model lacks {function}({arguments:?})"),
        }
    }

    /// The value at a path such as `steps.suite.outputs.code`; null where there is none.
    fn look_up(&self, path: &str) -> Value {
        let mut value = self.contexts.clone();
        for key in path.split('.') {
            value = match (key, value) {
                ("*", Value::Object(members)) => members.into_iter().map(|(_, v)| v).collect(),
                ("*", _) => Value::Array(Vec::new()),
                (key, mut value) => value.get_mut(key).map(Value::take).unwrap_or_default(),
            };
        }
        value
    }
}

struct Reader<'t> {
    rest: &'t str,
    scope: &'t Scope<'t>,
}

impl Reader<'_> {
    fn take(&mut self, symbol: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn either(&mut self) -> Value {
        let mut left = self.both();
        while self.take("||") {
            let right = self.both();
            left = if is_truthy(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> Value {
        let mut left = self.equality();
        while self.take("&&") {
            let right = self.equality();
            left = if is_truthy(&left) { right } else { left };
        }
        left
    }

    fn equality(&mut self) -> Value {
        let left = self.negation();
        for (symbol, expected) in [("==", true), ("!=", false)] {
            if self.take(symbol) {
                return Value::from(are_equal(&left, &self.negation()) == expected);
            }
        }
        left
    }

    fn negation(&mut self) -> Value {
        if self.take("!") { Value::from(!is_truthy(&self.negation())) } else { self.operand() }
    }

    fn operand(&mut self) -> Value {
        if self.take("(") {
            let value = self.either();
            assert!(self.take(")"), "a parenthesis at `{}`", self.rest);
            return value;
        }
        if self.take("'") {
            let (text, rest) = self.rest.split_once('\'').expect("the end of a text");
            self.rest = rest;
            return Value::from(text);
        }
        let rest = self.rest.trim_start();
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.*".contains(c);
        let (name, rest) = rest.split_at(rest.find(|c| !is_name(c)).unwrap_or(rest.len()));
        assert!(!name.is_empty(), "a name at `{rest}`");
        self.rest = rest;
        if !self.take("(") {
            return self.scope.look_up(name);
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.either());
            self.take(",");
        }
        self.scope.call(name, &arguments)
    }
}

fn is_truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && *value != "" && *value != 0
}

/// Texts without regard to case; what is missing is like an empty text.
fn are_equal(left: &Value, right: &Value) -> bool {
    as_text(left).eq_ignore_ascii_case(&as_text(right))
}

pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[test]
fn expressions_have_the_values_that_github_documents() {
    let contexts = serde_json::json!({
        "steps": { "a": { "outputs": { "code": "1", "cache-key": "k" } } },
        "matrix": { "os": "linux", "store": "memory" },
    });
    let scope = Scope { contexts: &contexts, status: Status::Failure };
    for (expression, value) in [
        ("${{ steps.a.outputs.code || '124' }}", "1"),
        ("${{ steps.b.outputs.code || '124' }}", "124"),
        ("${{ steps.a.outputs.cache-key && 'file' || '' }}.", "file."),
        ("${{ steps.b.outputs.cache-key && 'file' || '' }}.", "."),
        ("${{ join(matrix.*, ' ') }}", "linux memory"),
        ("${{ toJSON(matrix) }}", r#"{"os":"linux","store":"memory"}"#),
        ("${{ toJSON(inputs) }}", "null"),
        ("${{ !cancelled() && matrix.os == 'Linux' }}", "true"),
        ("a-${{ matrix.os }}-${{ matrix.store }}", "a-linux-memory"),
        ("${{ (success() || failure()) && matrix.x != 'false' }}", "true"),
    ] {
        assert_eq!(scope.expand(expression), value, "{expression}");
    }
    for (condition, holds) in
        [("", false), ("${{ !cancelled() }}", true), ("matrix.os == 'linux'", false)]
    {
        assert_eq!(scope.holds(&Value::from(condition)), holds, "{condition}");
    }
}
