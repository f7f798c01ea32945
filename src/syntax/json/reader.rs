//! Bytes to JSON values, forgiving about everything around the documents and strict inside them.

use super::value::Value;
use super::visitor::{JsonLayout, VisitAction, Visitor};
use crate::model::EndOfInput;
use crate::syntax::buffer::ReadBuffer;
use crate::syntax::encoding::{self, EncodingSource};
use crate::syntax::read_end::ReadEnd;
use std::io::{self, Read};

/// Maximum nesting of values.
const MAX_DEPTH: usize = 128;

/// How much of a string is kept, in bytes.
const MAX_TEXT_LEN: usize = 64 << 10;

/// Maximum size in memory of one value that is passed on, in bytes.
const MAX_VALUE_SIZE: usize = 64 << 20;

/// Maximum length of a number, in bytes.
const MAX_LITERAL_LEN: usize = 400;

/// Reads all documents of a file into a visitor.
pub fn read(input: impl Read, visitor: &mut impl Visitor) -> ReadEnd {
    let layout = visitor.layout();
    let mut json = match ReadBuffer::new(input, EncodingSource::Bom) {
        Ok(buffer) => JsonReader { buffer, line: 1, layout, member_count: 0, visitor_used: false },
        Err(error) => return ReadEnd::unreadable(0, &error),
    };
    let mut first_error = None;
    loop {
        let result = json.next_document(visitor);
        let line = json.line;
        match result {
            Ok(true) => first_error = first_error.map(ReadEnd::was_read_past),
            Ok(false) => break,
            Err(JsonError::Malformed(what)) => {
                first_error.get_or_insert_with(|| ReadEnd::unreadable(line, &what));
                if json.skip_line().is_err() {
                    break;
                }
            }
            Err(JsonError::Io(error)) => return ReadEnd::unreadable(line, &error),
            Err(JsonError::Truncated) => {
                return first_error.unwrap_or(ReadEnd { line, end: EndOfInput::Truncated });
            }
        }
    }
    first_error.unwrap_or(ReadEnd { line: json.line, end: EndOfInput::Complete })
}

/// Why a document could not be read to its end.
enum JsonError {
    Truncated,
    Malformed(&'static str),
    Io(io::Error),
}

impl From<io::Error> for JsonError {
    fn from(error: io::Error) -> JsonError {
        JsonError::Io(error)
    }
}

/// Reads the value of a member, whose key is passed, or an element of an array, without a key.
type MemberFn<'f, J> = dyn FnMut(&mut J, Option<String>) -> Result<(), JsonError> + 'f;

struct JsonReader<R> {
    buffer: ReadBuffer<R>,
    /// 1-based.
    line: u32,
    layout: JsonLayout,
    /// Members and elements read so far.
    member_count: u64,
    /// Whether the visitor took or entered any part of the current document.
    visitor_used: bool,
}

impl<R: Read> JsonReader<R> {
    /// Reads the next document or a line without one; false at the end of the file.
    fn next_document(&mut self, visitor: &mut impl Visitor) -> Result<bool, JsonError> {
        let Some(first) = self.peek_non_whitespace()? else { return Ok(false) };
        if matches!(first, b'{' | b'[') && self.starts_document(first, visitor.first_keys())? {
            self.read_document(visitor)?;
        } else if self.layout == JsonLayout::Document && self.seek_in_line()? {
            let line = self.line;
            match self.read_document(visitor) {
                // Output may begin as JSON does.
                Err(JsonError::Malformed(_)) if !self.visitor_used && self.line == line => {
                    self.skip_line()?
                }
                result => result?,
            }
        } else {
            self.read_other_text(visitor)?;
        }
        Ok(true)
    }

    /// Reads a document, which no other part of a larger one may follow.
    fn read_document(&mut self, visitor: &mut impl Visitor) -> Result<(), JsonError> {
        let count_before = self.member_count;
        self.visitor_used = false;
        self.walk(visitor, &mut Vec::new())?;
        let was_empty = self.member_count == count_before;
        if self.layout == JsonLayout::Lines || was_empty {
            return Ok(());
        }
        match self.peek_non_whitespace()? {
            Some(b',' | b']' | b'}') => Err(JsonError::Malformed("JSON without its beginning")),
            Some(_) | None => Ok(()),
        }
    }

    /// Moves to where a document may begin after other output on this line; false if there is no such place.
    fn seek_in_line(&mut self) -> io::Result<bool> {
        while self.peek()?.is_some() {
            let available = self.buffer.available();
            let found = memchr::memchr3(b'{', b'[', b'\n', available);
            let byte = found.map(|at| available[at]);
            self.buffer.consume(found.unwrap_or(available.len()));
            match byte {
                Some(b'\n') => return Ok(false),
                Some(b'{') if self.starts_object(0)? => return Ok(true),
                Some(b'[') if self.starts_array_of_objects()? => return Ok(true),
                Some(_) => self.buffer.consume(1),
                None => {}
            }
        }
        Ok(false)
    }

    fn starts_array_of_objects(&mut self) -> io::Result<bool> {
        let at = self.skip_whitespace_from(1)?;
        if self.peek_at(at)? == Some(b'{') { self.starts_object(at) } else { Ok(false) }
    }

    /// Whether a key and a colon follow the brace at this offset.
    fn starts_object(&mut self, brace: usize) -> io::Result<bool> {
        let mut at = self.skip_whitespace_from(brace + 1)?;
        if self.peek_at(at)? != Some(b'"') {
            return Ok(false);
        }
        loop {
            at += 1;
            match self.peek_at(at)? {
                Some(b'"') => break,
                Some(b'\\' | b'\n') | None => return Ok(false),
                Some(_) => {}
            }
        }
        let colon = self.skip_whitespace_from(at + 1)?;
        Ok(self.peek_at(colon)? == Some(b':'))
    }

    /// The offset of the first byte at or after this one that is no whitespace.
    fn skip_whitespace_from(&mut self, mut at: usize) -> io::Result<usize> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek_at(at)? {
            at += 1;
        }
        Ok(at)
    }

    /// The byte at an offset; none after the end of the file or the maximum look-ahead.
    fn peek_at(&mut self, at: usize) -> io::Result<Option<u8>> {
        while self.buffer.available().len() <= at {
            if at > MAX_TEXT_LEN || !self.buffer.fill()? {
                return Ok(None);
            }
        }
        Ok(self.buffer.available().get(at).copied())
    }

    /// Whether a bracket at the beginning of a line opens a document: `[INFO]` is output. With keys, a document is
    /// an object that begins with one of them.
    fn starts_document(&mut self, bracket: u8, keys: &[&str]) -> io::Result<bool> {
        let at = self.skip_whitespace_from(1)?;
        let any = keys.is_empty();
        Ok(match self.peek_at(at)? {
            Some(b'"') => any || (bracket == b'{' && self.has_key(at + 1, keys)?),
            Some(b'}') => any && bracket == b'{',
            Some(b'{' | b']') => any && bracket == b'[',
            Some(_) => false,
            None => at <= MAX_TEXT_LEN && (any || bracket == b'{'),
        })
    }

    /// Whether one of these keys is at an offset, or the beginning of one where the file ends.
    fn has_key(&mut self, at: usize, keys: &[&str]) -> io::Result<bool> {
        let longest = keys.iter().map(|key| key.len()).max().unwrap_or(0);
        while self.buffer.available().len() <= at + longest && self.buffer.fill()? {}
        let rest = &self.buffer.available()[at..];
        Ok(keys.iter().any(|key| match rest.strip_prefix(key.as_bytes()) {
            Some(after) => after.first().is_none_or(|byte| *byte == b'"'),
            None => key.as_bytes().starts_with(rest),
        }))
    }

    /// Passes on a line that is no document, up to a maximum length.
    fn read_other_text(&mut self, visitor: &mut impl Visitor) -> io::Result<()> {
        let mut scanned = 0;
        let length = loop {
            let available = self.buffer.available();
            match memchr::memchr(b'\n', &available[scanned..]) {
                Some(end) => break (scanned + end).min(MAX_TEXT_LEN),
                None if available.len() > MAX_TEXT_LEN => break MAX_TEXT_LEN,
                None => scanned = available.len(),
            }
            if !self.buffer.fill()? {
                break scanned;
            }
        };
        visitor.other_text(self.line, &self.buffer.available()[..length]);
        self.skip_line()
    }

    /// Reads the value at a path as the visitor wants it.
    fn walk(
        &mut self,
        visitor: &mut impl Visitor,
        segments: &mut Vec<String>,
    ) -> Result<(), JsonError> {
        let first = self.next_non_whitespace()?;
        let line = self.line;
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let action = visitor.visit(&path);
        self.visitor_used |= action != VisitAction::Skip && !path.is_empty();
        match action {
            VisitAction::Skip => self.skip_value(segments.len()),
            VisitAction::Enter if matches!(first, b'{' | b'[') => {
                visitor.enter(line, &path);
                self.for_each_member(segments.len(), &mut |json, key| {
                    segments.push(key.unwrap_or_else(|| "*".to_owned()));
                    let walked = json.walk(visitor, segments);
                    segments.pop();
                    walked
                })?;
                let path: Vec<&str> = segments.iter().map(String::as_str).collect();
                visitor.leave(self.line, &path);
                Ok(())
            }
            VisitAction::Take | VisitAction::Enter => {
                let value = self.read_value(segments.len(), &mut { MAX_VALUE_SIZE })?;
                visitor.value(line, &path, &value);
                Ok(())
            }
        }
    }

    fn read_value(&mut self, depth: usize, budget: &mut usize) -> Result<Value, JsonError> {
        let spent = size_of::<Value>();
        let value = match self.next_non_whitespace()? {
            b'"' => Value::String(self.read_string()?),
            b'[' => {
                let mut items = Vec::new();
                self.for_each_member(depth, &mut |json, _| {
                    items.push(json.read_value(depth + 1, budget)?);
                    Ok(())
                })?;
                Value::Array(items)
            }
            b'{' => {
                let mut members = Vec::new();
                self.for_each_member(depth, &mut |json, key| {
                    let key = key.unwrap_or_default();
                    *budget = budget.saturating_sub(key.len());
                    members.push((key, json.read_value(depth + 1, budget)?));
                    Ok(())
                })?;
                Value::Object(members)
            }
            _ => self.read_literal()?,
        };
        *budget = budget.saturating_sub(spent + value.as_str().len());
        if *budget == 0 {
            return Err(JsonError::Malformed("one result is larger than 64 MiB"));
        }
        Ok(value)
    }

    fn skip_value(&mut self, depth: usize) -> Result<(), JsonError> {
        match self.next_non_whitespace()? {
            b'"' => self.read_string_parts(&mut |_| ()),
            b'[' | b'{' => self.for_each_member(depth, &mut |json, _| json.skip_value(depth + 1)),
            _ => self.read_literal().map(drop),
        }
    }

    /// Calls `on_member` for each element or member, which reads its value.
    fn for_each_member(
        &mut self,
        depth: usize,
        on_member: &mut MemberFn<'_, Self>,
    ) -> Result<(), JsonError> {
        let is_array = self.next_non_whitespace()? == b'[';
        let end = if is_array { b']' } else { b'}' };
        if depth >= MAX_DEPTH {
            return Err(JsonError::Malformed("JSON nested deeper than 128"));
        }
        self.buffer.consume(1);
        let mut first = true;
        loop {
            match self.next_non_whitespace()? {
                byte if byte == end => break,
                _ if first => {}
                b',' => self.buffer.consume(1),
                _ => return Err(JsonError::Malformed("JSON lacks a comma")),
            }
            first = false;
            self.member_count += 1;
            if is_array {
                on_member(self, None)?;
                continue;
            }
            if self.next_non_whitespace()? != b'"' {
                return Err(JsonError::Malformed("JSON lacks a key"));
            }
            let key = self.read_string()?;
            if self.next_non_whitespace()? != b':' {
                return Err(JsonError::Malformed("JSON lacks a colon"));
            }
            self.buffer.consume(1);
            on_member(self, Some(key))?;
        }
        self.buffer.consume(1);
        Ok(())
    }

    /// Reads a number, `true`, `false` or `null`; Python writes `NaN` and `Infinity` too.
    fn read_literal(&mut self) -> Result<Value, JsonError> {
        let mut literal = Vec::new();
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') {
                break;
            }
            if literal.len() > MAX_LITERAL_LEN {
                return Err(JsonError::Malformed("JSON has an unknown word"));
            }
            literal.push(byte);
            self.buffer.consume(1);
        }
        match literal.as_slice() {
            b"null" | b"NaN" | b"Infinity" | b"-Infinity" => Ok(Value::Null),
            b"true" => Ok(Value::Bool(true)),
            b"false" => Ok(Value::Bool(false)),
            [b'0'..=b'9' | b'-', ..] => {
                let number =
                    std::str::from_utf8(&literal).ok().and_then(|digits| digits.parse().ok());
                number.map(Value::Number).ok_or(JsonError::Malformed("JSON has a bad number"))
            }
            literal if self.peek()?.is_none() && !literal.is_empty() => Err(JsonError::Truncated),
            _ => Err(JsonError::Malformed("JSON has an unknown word")),
        }
    }

    fn read_string(&mut self) -> Result<String, JsonError> {
        let mut bytes = Vec::new();
        self.read_string_parts(&mut |part| {
            let room = MAX_TEXT_LEN.saturating_sub(bytes.len());
            bytes.extend_from_slice(&part[..part.len().min(room)]);
        })?;
        if bytes.len() == MAX_TEXT_LEN {
            // Remove a character that the limit has split.
            let partial_len = bytes.utf8_chunks().last().map_or(0, |chunk| chunk.invalid().len());
            bytes.truncate(MAX_TEXT_LEN - partial_len);
        }
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| encoding::decode_lossy(error.as_bytes()).into_owned()))
    }

    /// Reads a string in decoded parts.
    fn read_string_parts(&mut self, part: &mut dyn FnMut(&[u8])) -> Result<(), JsonError> {
        self.buffer.consume(1);
        loop {
            let available = self.buffer.available();
            let plain = memchr::memchr3(b'"', b'\\', b'\n', available);
            let length = plain.unwrap_or(available.len());
            part(&available[..length]);
            let stop = available.get(length).copied();
            self.buffer.consume(length);
            match stop {
                Some(b'"') => {
                    self.buffer.consume(1);
                    return Ok(());
                }
                Some(b'\\') => {
                    let character = self.read_escape()?;
                    part(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(_) => return Err(JsonError::Malformed("JSON has a text without an end")),
                None if !self.buffer.fill()? => return Err(JsonError::Truncated),
                None => {}
            }
        }
    }

    /// Reads an escape; a lone surrogate becomes U+FFFD.
    fn read_escape(&mut self) -> Result<char, JsonError> {
        self.buffer.consume(1);
        let Some(byte) = self.peek()? else { return Err(JsonError::Truncated) };
        self.buffer.consume(1);
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.read_hex4()?;
                let pair = matches!(unit, 0xd800..0xdc00) && self.at_unicode_escape()?;
                if pair {
                    self.buffer.consume(2);
                    let second = self.read_hex4()?;
                    let both = char::decode_utf16([unit, second]).next();
                    return Ok(both.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(JsonError::Malformed("JSON has a bad escape")),
        })
    }

    fn at_unicode_escape(&mut self) -> Result<bool, JsonError> {
        while self.buffer.available().len() < 2 {
            if !self.buffer.fill()? {
                return Err(JsonError::Truncated);
            }
        }
        Ok(self.buffer.available().starts_with(b"\\u"))
    }

    fn read_hex4(&mut self) -> Result<u16, JsonError> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(byte) = self.peek()? else { return Err(JsonError::Truncated) };
            let digit = char::from(byte).to_digit(16);
            let digit = digit.ok_or(JsonError::Malformed("JSON has a bad escape"))?;
            unit = unit << 4 | digit as u16;
            self.buffer.consume(1);
        }
        Ok(unit)
    }

    /// The next byte that is no whitespace, inside a document.
    fn next_non_whitespace(&mut self) -> Result<u8, JsonError> {
        self.peek_non_whitespace()?.ok_or(JsonError::Truncated)
    }

    /// The next byte that is no whitespace, which includes the record separator (RFC 7464).
    fn peek_non_whitespace(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b'\n') => self.line += 1,
                Some(b' ' | b'\t' | b'\r' | 0x1e) => {}
                other => return Ok(other),
            }
            self.buffer.consume(1);
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.buffer.available().is_empty() && !self.buffer.fill()? {
            return Ok(None);
        }
        Ok(self.buffer.available().first().copied())
    }

    /// Moves to the end of the line.
    fn skip_line(&mut self) -> io::Result<()> {
        while self.peek()?.is_some() {
            let available = self.buffer.available();
            let end = memchr::memchr(b'\n', available);
            let length = end.unwrap_or(available.len());
            self.buffer.consume(length);
            if end.is_some() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logs the documents of a file that has one a line.
    #[derive(Default)]
    struct DocumentLog(Vec<(u32, Value)>);

    impl Visitor for DocumentLog {
        fn layout(&self) -> JsonLayout {
            JsonLayout::Lines
        }

        fn visit(&mut self, _: &[&str]) -> VisitAction {
            VisitAction::Take
        }

        fn value(&mut self, line: u32, _: &[&str], value: &Value) {
            self.0.push((line, value.clone()));
        }
    }

    fn read_all(json: &[u8]) -> (Vec<(u32, Value)>, EndOfInput) {
        let mut values = DocumentLog::default();
        let ended = read(json, &mut values);
        (values.0, ended.end)
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let json = br#"{"a": [1, -2.5e1, true, null, NaN], "b": "\u00e4\ud83d\ude00\ud800x\n"}"#;
        let (values, end) = read_all(json);
        assert_eq!(end, EndOfInput::Complete);
        let value = &values[0].1;
        assert_eq!(value["a"].as_array()[1], Value::Number(-25.0));
        assert_eq!(value["a"].as_array()[4], Value::Null);
        assert_eq!(value["b"].as_str(), "\u{e4}\u{1f600}\u{fffd}x\n");
        assert_eq!(value["none"]["deeper"], Value::Null);
    }

    #[test]
    fn other_output_is_ignored_and_lines_are_counted() {
        let (values, end) =
            read_all(b"noise\n[INFO] x\n{ no }\n{\"a\":\n1}\n\x1e[]\n{\"b\":2} tail\n");
        assert_eq!(end, EndOfInput::Complete);
        assert_eq!(values.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 6, 7]);
    }

    #[test]
    fn malformed_document_is_reported_and_next_is_read() {
        let (values, end) = read_all(b"{\"a\": \"x\n{\"b\": 1}\n{\"c\" 1}\n{\"d\": 1}\n");
        assert_eq!(values.len(), 2);
        assert!(matches!(end, EndOfInput::Damaged { .. }));
        for cut in ["{", "{\"a", "{\"a\": tr", "[{\"a\":1}", "{\"a\":\"\\u12", "[{\"a\":1},"] {
            assert_eq!(read_all(cut.as_bytes()).1, EndOfInput::Truncated, "{cut}");
        }
    }

    /// Logs the documents that begin with `ours` or `or this`, and the other output.
    #[derive(Default)]
    struct FirstKeyVisitor(Vec<String>);

    impl Visitor for FirstKeyVisitor {
        fn layout(&self) -> JsonLayout {
            JsonLayout::Lines
        }

        fn first_keys(&self) -> &[&str] {
            &["ours", "or this"]
        }

        fn visit(&mut self, _: &[&str]) -> VisitAction {
            VisitAction::Take
        }

        fn value(&mut self, line: u32, _: &[&str], value: &Value) {
            self.0.push(format!("{line} {}", value["ours"].as_str()));
        }

        fn other_text(&mut self, line: u32, text: &[u8]) {
            self.0.push(format!("{line}: {}", encoding::decode_lossy(text)));
        }
    }

    /// Logs the paths under `a`.
    #[derive(Default)]
    struct SubtreeVisitor(Vec<String>);

    impl Visitor for SubtreeVisitor {
        fn visit(&mut self, path: &[&str]) -> VisitAction {
            if matches!(path, [] | ["a", ..]) { VisitAction::Enter } else { VisitAction::Skip }
        }

        fn value(&mut self, _: u32, path: &[&str], _: &Value) {
            self.0.push(path.join("/"));
        }
    }

    fn paths_under_a(json: &str) -> (Vec<String>, EndOfInput) {
        let mut visitor = SubtreeVisitor::default();
        let ended = read(json.as_bytes(), &mut visitor);
        (visitor.0, ended.end)
    }

    #[test]
    fn document_may_follow_output_on_its_line() {
        for output in
            ["", "listening on port 8080 ", "[INFO] {x} [1] {", "\u{1b}[1m", "{\"b\": 1} "]
        {
            for json in ["{\"a\": 1}", "{\n  \"a\": 1\n}\n", "{\"a\": 1} done, all {well}\n"] {
                let (paths, end) = paths_under_a(&format!("{output}{json}"));
                assert_eq!(
                    (paths, end),
                    (vec!["a".to_owned()], EndOfInput::Complete),
                    "{output}{json}"
                );
            }
        }
        for output in ["got {\"b\": 1, ...}\n", "{}\n}, x\n", "diff:\n-  }\n+  ]\n"] {
            assert_eq!(
                paths_under_a(&format!("{output}{{\"a\": 1}}")).1,
                EndOfInput::Complete,
                "{output}"
            );
        }
    }

    fn is_damaged(end: &EndOfInput) -> bool {
        matches!(end, EndOfInput::Unreadable { .. } | EndOfInput::Damaged { .. })
    }

    #[test]
    fn document_without_beginning_is_unreadable() {
        for cut in [
            "1}, {\"a\": 1}, {\"b\": 1}]}",
            "\"x\": [],\n{\n\"a\": 1\n},\n{\n\"a\": 2\n}\n]\n}\n",
            "\"x\": [\n{\"b\": 1}\n]\n}\n{\"a\": 1}\n",
        ] {
            assert!(is_damaged(&paths_under_a(cut).1), "{cut}");
        }
        assert!(is_damaged(&paths_under_a("got {\"a\": 1, ...}\n").1));
    }

    #[test]
    fn json_without_first_key_is_treated_as_output() {
        let mut visitor = FirstKeyVisitor::default();
        let text = "[\"a\",\n]\n{\"a\": Some(1)}\n{\n \"ours\": \"x\"} tail\n{}\n{\"or this\": 1}";
        assert_eq!(read(text.as_bytes(), &mut visitor).end, EndOfInput::Complete);
        let want = ["1: [\"a\",", "2: ]", "3: {\"a\": Some(1)}", "4 x", "5: tail", "6: {}", "7 "];
        assert_eq!(visitor.0, want);
        for cut in ["{", "{\"", "{\"o", "{\"ours", "{\"ours\""] {
            assert_eq!(read(cut.as_bytes(), &mut visitor).end, EndOfInput::Truncated, "{cut}");
        }
        for output in ["[", "{\"x", "{\"oursX"] {
            assert_eq!(read(output.as_bytes(), &mut visitor).end, EndOfInput::Complete, "{output}");
        }
        let broken = read(&b"{\"ours\": \"x\n{\"ours\": \"y\"}\n"[..], &mut visitor);
        assert!(matches!(broken.end, EndOfInput::Damaged { .. }));
        assert_eq!(visitor.0.last().map(String::as_str), Some("2 y"));
    }

    #[test]
    fn depth_and_size_limits_are_enforced() {
        let deep = format!("[[{}", "[".repeat(100_000));
        assert_eq!(read_all(deep.as_bytes()).0, []);
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(matches!(read_all(deep.as_bytes()).1, EndOfInput::Unreadable { .. }));
        let long = format!("[\"{}\"]", "\u{e4}".repeat(MAX_TEXT_LEN));
        assert_eq!(read_all(long.as_bytes()).0[0].1.as_array()[0].as_str().len(), MAX_TEXT_LEN);
        let many = format!("[\"a\"{}]", ",0".repeat(MAX_VALUE_SIZE / size_of::<Value>()));
        assert!(matches!(read_all(many.as_bytes()).1, EndOfInput::Unreadable { .. }));
    }
}
