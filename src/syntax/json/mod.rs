//! JSON as results files hold it: one document, or many, a line each, with other output between them.
//!
//! In: any reader, and a [`Visitor`] that says for each place whether to go in, take or skip it. Out:
//! the values it takes, one at a time; nothing else is held. What a newcomer would get wrong: a file
//! is a stream of documents even where its format has one, because runners print before and behind
//! it; a line that doesn't begin as a document is output and means nothing, but a document that
//! breaks off is never passed over: reading goes on behind it and the file is unreadable or cut. A
//! document that others stand beside, after a comma, is part of one whose beginning is lost.
//!
//! <https://www.rfc-editor.org/rfc/rfc8259>

use super::buffer::ReadBuffer;
use super::encoding::{self, EncodingSource};
use super::read_end::ReadEnd;
use crate::model::EndOfInput;
use std::io::{self, Read};
use std::ops::Index;

/// How deep values may be nested.
const MAX_DEPTH: usize = 128;

/// What is kept of one text, in bytes.
const MAX_TEXT_LEN: usize = 64 << 10;

/// What one taken value may cost, in bytes.
const MAX_VALUE_SIZE: usize = 64 << 20;

/// A value that was taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    Array(Vec<Value>),
    /// In the order of the file; of keys that repeat, the first counts.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The text; empty when it is none.
    pub fn as_str(&self) -> &str {
        match self {
            Value::String(text) => text,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => "",
        }
    }

    /// The number, if it is one that counts something.
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

    /// Whether it is there at all.
    pub fn is_some(&self) -> bool {
        *self != Value::Null
    }

    /// The elements; none when it is no list.
    pub fn as_array(&self) -> &[Value] {
        match self {
            Value::Array(items) => items,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => &[],
        }
    }

    /// The members; none when it is no map.
    pub fn as_object(&self) -> &[(String, Value)] {
        match self {
            Value::Object(members) => members,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => &[],
        }
    }

    /// The texts of a list.
    pub fn strings(&self) -> Vec<&str> {
        self.as_array().iter().map(Value::as_str).collect()
    }
}

/// The member of this name; null when there is none.
impl Index<&str> for Value {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.as_object()
            .iter()
            .find(|(name, _)| name == key)
            .map_or(&Value::Null, |(_, value)| value)
    }
}

/// What to do with the value at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisitAction {
    Skip,
    /// Hand it over whole.
    Take,
    /// Ask again for each of its elements or members; what has none is handed over.
    Enter,
}

/// What a file of JSON consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonLayout {
    /// One document; what runners print may stand before it, even on its first line.
    Document,
    /// Records, each on a line of its own.
    Lines,
}

/// What reads a stream of documents. A place is the way to it from the top of its document: the key
/// of each member, `*` for an element of a list.
pub trait Visitor {
    /// What it expects of the file.
    const LAYOUT: JsonLayout = JsonLayout::Document;

    /// What to do with the value at a place.
    fn visit(&mut self, path: &[&str]) -> VisitAction;
    /// Takes a value, and the 1-based line that it begins at.
    fn value(&mut self, line: u32, path: &[&str], value: &Value);
    /// A value that was asked to be entered begins.
    fn enter(&mut self, _line: u32, _path: &[&str]) {}
    /// A value that was entered is over.
    fn leave(&mut self, _line: u32, _path: &[&str]) {}

    /// The keys of which a document has one first; none where any will do. Where programs print what
    /// they like between the documents, what only looks like JSON is output by this.
    const FIRST_KEYS: &'static [&'static str] = &[];
    /// Takes a line that is no document, or the rest of one behind a document, up to [`LONGEST`].
    fn other_text(&mut self, _line: u32, _text: &[u8]) {}
}

/// Takes every document of a stream whole: for formats that have one a line.
pub struct ForEachDocument<F>(pub F);

impl<F: FnMut(u32, &Value)> Visitor for ForEachDocument<F> {
    const LAYOUT: JsonLayout = JsonLayout::Lines;

    fn visit(&mut self, _: &[&str]) -> VisitAction {
        VisitAction::Take
    }

    fn value(&mut self, line: u32, _: &[&str], value: &Value) {
        (self.0)(line, value);
    }
}

/// Reads all documents of a file.
pub fn read<V: Visitor>(input: impl Read, visitor: &mut V) -> ReadEnd {
    read_as(V::LAYOUT, input, visitor)
}

fn read_as(layout: JsonLayout, input: impl Read, visitor: &mut impl Visitor) -> ReadEnd {
    let mut json = match ReadBuffer::new(input, EncodingSource::Bom) {
        Ok(buffer) => JsonReader { buffer, line: 1, layout, member_count: 0, visitor_used: false },
        Err(error) => return ReadEnd::unreadable(0, &error),
    };
    let mut first_error = None;
    loop {
        let stopped = match json.next_document(visitor) {
            Ok(true) => continue,
            Ok(false) => break,
            Err(stopped) => stopped,
        };
        let line = json.line;
        match stopped {
            JsonError::Malformed(what) => {
                first_error.get_or_insert_with(|| ReadEnd::unreadable(line, &what));
                if json.skip_line().is_err() {
                    break;
                }
            }
            JsonError::Io(error) => return ReadEnd::unreadable(line, &error),
            JsonError::Truncated => {
                return first_error.unwrap_or(ReadEnd { line, end: EndOfInput::Truncated });
            }
        }
    }
    first_error.unwrap_or(ReadEnd { line: json.line, end: EndOfInput::Complete })
}

/// Why a document has no end.
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

/// What reads a member of a map behind its key, or an element of a list.
type MemberFn<'f, J> = dyn FnMut(&mut J, Option<String>) -> Result<(), JsonError> + 'f;

struct JsonReader<R> {
    buffer: ReadBuffer<R>,
    line: u32,
    layout: JsonLayout,
    /// How many members and elements came.
    member_count: u64,
    /// Whether the visitor wanted any part of the present document.
    visitor_used: bool,
}

impl<R: Read> JsonReader<R> {
    /// Reads the next document, or goes past a line that has none; false at the end of the file.
    fn next_document<V: Visitor>(&mut self, visitor: &mut V) -> Result<bool, JsonError> {
        let Some(first) = self.peek_non_whitespace()? else { return Ok(false) };
        if matches!(first, b'{' | b'[') && self.starts_document(first, V::FIRST_KEYS)? {
            self.read_document(visitor)?;
        } else if self.layout == JsonLayout::Document && self.seek_in_line()? {
            let line = self.line;
            match self.read_document(visitor) {
                // What a runner prints may begin as JSON does.
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

    /// Reads a document, behind which no other part of a larger one may stand.
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

    /// Goes to where a document may begin behind other output, or to the end of the line.
    fn seek_in_line(&mut self) -> io::Result<bool> {
        while self.peek()?.is_some() {
            let available = self.buffer.available();
            let found = memchr::memchr3(b'{', b'[', b'\n', available);
            let (at, byte) = found.map_or((available.len(), b' '), |at| (at, available[at]));
            self.buffer.consume(at);
            match byte {
                b'\n' => return Ok(false),
                b'{' if self.starts_object(0)? => return Ok(true),
                b'[' if self.starts_array_of_objects()? => return Ok(true),
                b'{' | b'[' => self.buffer.consume(1),
                _ => {}
            }
        }
        Ok(false)
    }

    fn starts_array_of_objects(&mut self) -> io::Result<bool> {
        let at = self.skip_whitespace_from(1)?;
        if self.peek_at(at)? == Some(b'{') { self.starts_object(at) } else { Ok(false) }
    }

    /// Whether a key and a colon stand behind the brace at this place.
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

    /// The first place from this one on where no blank stands.
    fn skip_whitespace_from(&mut self, mut at: usize) -> io::Result<usize> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek_at(at)? {
            at += 1;
        }
        Ok(at)
    }

    /// The byte so far ahead, if the file and what is looked at go so far.
    fn peek_at(&mut self, at: usize) -> io::Result<Option<u8>> {
        while self.buffer.available().len() <= at {
            if at > MAX_TEXT_LEN || !self.buffer.fill()? {
                return Ok(None);
            }
        }
        Ok(self.buffer.available().get(at).copied())
    }

    /// Whether what stands behind a bracket can: `[INFO]` is output. With keys, it is a map that begins with one
    /// of them.
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

    /// Whether one of these keys follows, or where the file ends the beginning of one.
    fn has_key(&mut self, at: usize, keys: &[&str]) -> io::Result<bool> {
        let longest = keys.iter().map(|key| key.len()).max().unwrap_or(0);
        while self.buffer.available().len() <= at + longest && self.buffer.fill()? {}
        let rest = &self.buffer.available()[at..];
        Ok(keys.iter().any(|key| match rest.strip_prefix(key.as_bytes()) {
            Some(after) => after.first().is_none_or(|byte| *byte == b'"'),
            None => key.as_bytes().starts_with(rest),
        }))
    }

    /// Hands over a line that is no document.
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
                let value = self.read_value(segments.len(), &mut MAX_VALUE_SIZE.clone())?;
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

    /// Goes through a list or a map; `each` reads the value, behind its key if it has one.
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
                byte if byte == end && first => break,
                _ if first => {}
                byte if byte == end => break,
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

    /// A number or one of the words; Python writes `NaN` and `Infinity` too.
    fn read_literal(&mut self) -> Result<Value, JsonError> {
        let mut literal = Vec::new();
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') {
                break;
            }
            if literal.len() > 400 {
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
            // Cut between characters.
            let partial_len = bytes.utf8_chunks().last().map_or(0, |chunk| chunk.invalid().len());
            bytes.truncate(MAX_TEXT_LEN - partial_len);
        }
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| encoding::decode_lossy(error.as_bytes()).into_owned()))
    }

    /// Reads a string in parts.
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

    /// Reads a `\` and what it stands for; half a surrogate pair stands for nothing.
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

    /// The next byte that is not blank, inside a document.
    fn next_non_whitespace(&mut self) -> Result<u8, JsonError> {
        self.peek_non_whitespace()?.ok_or(JsonError::Truncated)
    }

    /// The next byte that is not blank; a record separator is (RFC 7464).
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

    /// Goes on to the end of the line.
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

/// What stands in the first bytes of a file: its places, and their texts.
#[derive(Debug, Default)]
pub struct JsonHead(Vec<(String, String)>);

/// How deep places are noted.
const MAX_NOTED_DEPTH: usize = 6;

impl JsonHead {
    /// What the first bytes hold; they may end anywhere.
    pub fn parse(head: &[u8], layout: JsonLayout) -> JsonHead {
        let mut noted = JsonHead::default();
        if memchr::memchr2(b'{', b'[', head).is_some() {
            read_as(layout, head, &mut noted);
        }
        noted
    }

    /// Whether all these places are there; `results/*/test` is a place.
    pub fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.0.iter().any(|(noted, _)| noted == path))
    }

    /// Whether this key is there, so deep, below whatever names.
    pub fn has_key_at_depth(&self, depth: usize, key: &str) -> bool {
        self.0.iter().any(|(noted, _)| {
            noted.matches('/').count() >= depth && noted.rsplit('/').next() == Some(key)
        })
    }

    /// Whether a place has this text.
    pub fn has_text(&self, path: &str, text: &str) -> bool {
        self.0.iter().any(|(noted, value)| noted == path && value == text)
    }
}

impl Visitor for JsonHead {
    fn visit(&mut self, path: &[&str]) -> VisitAction {
        self.0.push((path.join("/"), String::new()));
        if path.len() < MAX_NOTED_DEPTH { VisitAction::Enter } else { VisitAction::Skip }
    }

    fn value(&mut self, _: u32, path: &[&str], value: &Value) {
        if let Value::String(text) = value {
            self.0.push((path.join("/"), text.chars().take(200).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(json: &[u8]) -> (Vec<(u32, Value)>, EndOfInput) {
        let mut values = Vec::new();
        let ended = read(
            json,
            &mut ForEachDocument(|line, value: &Value| values.push((line, value.clone()))),
        );
        (values, ended.end)
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
        assert!(matches!(end, EndOfInput::Unreadable { .. }));
        for cut in ["{", "{\"a", "{\"a\": tr", "[{\"a\":1}", "{\"a\":\"\\u12", "[{\"a\":1},"] {
            assert_eq!(read_all(cut.as_bytes()).1, EndOfInput::Truncated, "{cut}");
        }
    }

    /// Writes down the first keys and the output of a stream whose documents begin with `ours`.
    #[derive(Default)]
    struct FirstKeyVisitor(Vec<String>);

    impl Visitor for FirstKeyVisitor {
        const LAYOUT: JsonLayout = JsonLayout::Lines;
        fn visit(&mut self, _: &[&str]) -> VisitAction {
            VisitAction::Take
        }
        fn value(&mut self, line: u32, _: &[&str], value: &Value) {
            self.0.push(format!("{line} {}", value["ours"].as_str()));
        }
        const FIRST_KEYS: &'static [&'static str] = &["ours", "or this"];
        fn other_text(&mut self, line: u32, text: &[u8]) {
            self.0.push(format!("{line}: {}", encoding::decode_lossy(text)));
        }
    }

    /// Wants what stands below `a`.
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

    #[test]
    fn document_without_beginning_is_unreadable() {
        for cut in [
            "1}, {\"a\": 1}, {\"b\": 1}]}",
            "\"x\": [],\n{\n\"a\": 1\n},\n{\n\"a\": 2\n}\n]\n}\n",
            "\"x\": [\n{\"b\": 1}\n]\n}\n{\"a\": 1}\n",
        ] {
            assert!(matches!(paths_under_a(cut).1, EndOfInput::Unreadable { .. }), "{cut}");
        }
        assert!(matches!(paths_under_a("got {\"a\": 1, ...}\n").1, EndOfInput::Unreadable { .. }));
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
        assert!(matches!(broken.end, EndOfInput::Unreadable { .. }));
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

    #[test]
    fn head_of_truncated_document_is_parsed() {
        let text = br#"{"results": [{"test": "a", "status": "P"#;
        let head = JsonHead::parse(text, JsonLayout::Lines);
        assert!(head.has_all(&["results/*/test", "results/*/status"]));
        assert!(head.has_text("results/*/test", "a"));
        assert!(!head.has_all(&["results/test"]));
        let after_output = [b"[INFO] port [8080] ", &text[..]].concat();
        assert!(!JsonHead::parse(&after_output, JsonLayout::Lines).has_all(&["results/*/test"]));
        assert!(JsonHead::parse(&after_output, JsonLayout::Document).has_all(&["results/*/test"]));
    }
}
