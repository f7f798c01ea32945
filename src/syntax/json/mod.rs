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

use super::buffer::Window;
use super::encoding::{self, Declared};
use super::read_end::Ended;
use crate::model::End;
use std::io::{self, Read};
use std::ops::Index;

/// How deep values may be nested.
const DEEPEST: usize = 128;

/// What is kept of one text, in bytes.
const LONGEST: usize = 64 << 10;

/// What one taken value may cost, in bytes.
const LARGEST: usize = 64 << 20;

/// A value that was taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    /// In the order of the file; of keys that repeat, the first counts.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The text; empty when it is none.
    pub fn text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::Null | Value::Truth(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => "",
        }
    }

    /// The number, if it is one that counts something.
    pub fn count(&self) -> Option<u64> {
        match self {
            Value::Number(number) if *number >= 0.0 && number.fract() == 0.0 => {
                Some(*number as u64)
            }
            Value::Text(digits) => digits.parse().ok(),
            Value::Number(_) | Value::Null | Value::Truth(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        *self == Value::Truth(true)
    }

    /// Whether it is there at all.
    pub fn is_some(&self) -> bool {
        *self != Value::Null
    }

    /// The elements; none when it is no list.
    pub fn list(&self) -> &[Value] {
        match self {
            Value::List(list) => list,
            Value::Null | Value::Truth(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
                &[]
            }
        }
    }

    /// The members; none when it is no map.
    pub fn members(&self) -> &[(String, Value)] {
        match self {
            Value::Map(members) => members,
            Value::Null | Value::Truth(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                &[]
            }
        }
    }

    /// The texts of a list.
    pub fn texts(&self) -> Vec<&str> {
        self.list().iter().map(Value::text).collect()
    }
}

/// The member of this name; null when there is none.
impl Index<&str> for Value {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.members().iter().find(|(name, _)| name == key).map_or(&Value::Null, |(_, value)| value)
    }
}

/// What to do with the value at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Skip,
    /// Hand it over whole.
    Take,
    /// Ask again for each of its elements or members; what has none is handed over.
    Enter,
}

/// What a file of JSON consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One document; what runners print may stand before it, even on its first line.
    Document,
    /// Records, each on a line of its own.
    Records,
}

/// What reads a stream of documents. A place is the way to it from the top of its document: the key
/// of each member, `*` for an element of a list.
pub trait Visitor {
    /// What it expects of the file.
    const LAYOUT: Layout = Layout::Document;

    /// What to do with the value at a place.
    fn want(&mut self, place: &[&str]) -> Want;
    /// Takes a value, and the 1-based line that it begins at.
    fn value(&mut self, line: u32, place: &[&str], value: &Value);
    /// A value that was asked to be entered begins.
    fn entered(&mut self, _line: u32, _place: &[&str]) {}
    /// A value that was entered is over.
    fn left(&mut self, _line: u32, _place: &[&str]) {}

    /// The keys of which a document has one first; none where any will do. Where programs print what
    /// they like between the documents, what only looks like JSON is output by this.
    const FIRST_KEYS: &'static [&'static str] = &[];
    /// Takes a line that is no document, or the rest of one behind a document, up to [`LONGEST`].
    fn output(&mut self, _line: u32, _text: &[u8]) {}
}

/// Takes every document of a stream whole: for formats that have one a line.
pub struct Each<F>(pub F);

impl<F: FnMut(u32, &Value)> Visitor for Each<F> {
    const LAYOUT: Layout = Layout::Records;

    fn want(&mut self, _: &[&str]) -> Want {
        Want::Take
    }

    fn value(&mut self, line: u32, _: &[&str], value: &Value) {
        (self.0)(line, value);
    }
}

/// Reads all documents of a file.
pub fn read<V: Visitor>(input: impl Read, visitor: &mut V) -> Ended {
    read_as(V::LAYOUT, input, visitor)
}

fn read_as(layout: Layout, input: impl Read, visitor: &mut impl Visitor) -> Ended {
    let mut json = match Window::new(input, Declared::ByMark) {
        Ok(window) => Json { window, line: 1, layout, members: 0, wanted: false },
        Err(error) => return Ended::unreadable(0, &error),
    };
    let mut broken = None;
    loop {
        let stopped = match json.document(visitor) {
            Ok(true) => continue,
            Ok(false) => break,
            Err(stopped) => stopped,
        };
        let line = json.line;
        match stopped {
            Stopped::Broken(what) => {
                broken.get_or_insert_with(|| Ended::unreadable(line, &what));
                if json.skip_line().is_err() {
                    break;
                }
            }
            Stopped::Input(error) => return Ended::unreadable(line, &error),
            Stopped::Cut => return broken.unwrap_or(Ended { line, end: End::Cut }),
        }
    }
    broken.unwrap_or(Ended { line: json.line, end: End::Whole })
}

/// Why a document has no end.
enum Stopped {
    Cut,
    Broken(&'static str),
    Input(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Stopped {
        Stopped::Input(error)
    }
}

/// What reads a member of a map behind its key, or an element of a list.
type EachMember<'f, J> = dyn FnMut(&mut J, Option<String>) -> Result<(), Stopped> + 'f;

struct Json<R> {
    window: Window<R>,
    line: u32,
    layout: Layout,
    /// How many members and elements came.
    members: u64,
    /// Whether the visitor wanted any part of the present document.
    wanted: bool,
}

impl<R: Read> Json<R> {
    /// Reads the next document, or goes past a line that has none; false at the end of the file.
    fn document<V: Visitor>(&mut self, visitor: &mut V) -> Result<bool, Stopped> {
        let Some(first) = self.peek_solid()? else { return Ok(false) };
        if matches!(first, b'{' | b'[') && self.begins_document(first, V::FIRST_KEYS)? {
            self.whole(visitor)?;
        } else if self.layout == Layout::Document && self.seek_in_line()? {
            let line = self.line;
            match self.whole(visitor) {
                // What a runner prints may begin as JSON does.
                Err(Stopped::Broken(_)) if !self.wanted && self.line == line => self.skip_line()?,
                whole => whole?,
            }
        } else {
            self.output(visitor)?;
        }
        Ok(true)
    }

    /// Reads a document, behind which no other part of a larger one may stand.
    fn whole(&mut self, visitor: &mut impl Visitor) -> Result<(), Stopped> {
        let members = self.members;
        self.wanted = false;
        self.walk(visitor, &mut Vec::new())?;
        let was_empty = self.members == members;
        if self.layout == Layout::Records || was_empty {
            return Ok(());
        }
        match self.peek_solid()? {
            Some(b',' | b']' | b'}') => Err(Stopped::Broken("JSON without its beginning")),
            Some(_) | None => Ok(()),
        }
    }

    /// Goes to where a document may begin behind other output, or to the end of the line.
    fn seek_in_line(&mut self) -> io::Result<bool> {
        while self.peek()?.is_some() {
            let seen = self.window.seen();
            let found = memchr::memchr3(b'{', b'[', b'\n', seen);
            let (at, byte) = found.map_or((seen.len(), b' '), |at| (at, seen[at]));
            self.window.consume(at);
            match byte {
                b'\n' => return Ok(false),
                b'{' if self.begins_map(0)? => return Ok(true),
                b'[' if self.begins_list_of_maps()? => return Ok(true),
                b'{' | b'[' => self.window.consume(1),
                _ => {}
            }
        }
        Ok(false)
    }

    fn begins_list_of_maps(&mut self) -> io::Result<bool> {
        let at = self.solid_from(1)?;
        if self.ahead(at)? == Some(b'{') { self.begins_map(at) } else { Ok(false) }
    }

    /// Whether a key and a colon stand behind the brace at this place.
    fn begins_map(&mut self, brace: usize) -> io::Result<bool> {
        let mut at = self.solid_from(brace + 1)?;
        if self.ahead(at)? != Some(b'"') {
            return Ok(false);
        }
        loop {
            at += 1;
            match self.ahead(at)? {
                Some(b'"') => break,
                Some(b'\\' | b'\n') | None => return Ok(false),
                Some(_) => {}
            }
        }
        let colon = self.solid_from(at + 1)?;
        Ok(self.ahead(colon)? == Some(b':'))
    }

    /// The first place from this one on where no blank stands.
    fn solid_from(&mut self, mut at: usize) -> io::Result<usize> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.ahead(at)? {
            at += 1;
        }
        Ok(at)
    }

    /// The byte so far ahead, if the file and what is looked at go so far.
    fn ahead(&mut self, at: usize) -> io::Result<Option<u8>> {
        while self.window.seen().len() <= at {
            if at > LONGEST || !self.window.fill()? {
                return Ok(None);
            }
        }
        Ok(self.window.seen().get(at).copied())
    }

    /// Whether what stands behind a bracket can: `[INFO]` is output. With keys, it is a map that begins with one
    /// of them.
    fn begins_document(&mut self, bracket: u8, keys: &[&str]) -> io::Result<bool> {
        let at = self.solid_from(1)?;
        let any = keys.is_empty();
        Ok(match self.ahead(at)? {
            Some(b'"') => any || (bracket == b'{' && self.has_key(at + 1, keys)?),
            Some(b'}') => any && bracket == b'{',
            Some(b'{' | b']') => any && bracket == b'[',
            Some(_) => false,
            None => at <= LONGEST && (any || bracket == b'{'),
        })
    }

    /// Whether one of these keys follows, or where the file ends the beginning of one.
    fn has_key(&mut self, at: usize, keys: &[&str]) -> io::Result<bool> {
        let longest = keys.iter().map(|key| key.len()).max().unwrap_or(0);
        while self.window.seen().len() <= at + longest && self.window.fill()? {}
        let rest = &self.window.seen()[at..];
        Ok(keys.iter().any(|key| match rest.strip_prefix(key.as_bytes()) {
            Some(behind) => behind.first().is_none_or(|byte| *byte == b'"'),
            None => key.as_bytes().starts_with(rest),
        }))
    }

    /// Hands over a line that is no document.
    fn output(&mut self, visitor: &mut impl Visitor) -> io::Result<()> {
        let mut scanned = 0;
        let length = loop {
            let seen = self.window.seen();
            match memchr::memchr(b'\n', &seen[scanned..]) {
                Some(end) => break (scanned + end).min(LONGEST),
                None if seen.len() > LONGEST => break LONGEST,
                None => scanned = seen.len(),
            }
            if !self.window.fill()? {
                break scanned;
            }
        };
        visitor.output(self.line, &self.window.seen()[..length]);
        self.skip_line()
    }

    fn walk(&mut self, visitor: &mut impl Visitor, way: &mut Vec<String>) -> Result<(), Stopped> {
        let first = self.solid()?;
        let line = self.line;
        let place: Vec<&str> = way.iter().map(String::as_str).collect();
        let want = visitor.want(&place);
        self.wanted |= want != Want::Skip && !place.is_empty();
        match want {
            Want::Skip => self.skip(way.len()),
            Want::Enter if matches!(first, b'{' | b'[') => {
                visitor.entered(line, &place);
                self.members(way.len(), &mut |json, key| {
                    way.push(key.unwrap_or_else(|| "*".to_owned()));
                    let walked = json.walk(visitor, way);
                    way.pop();
                    walked
                })?;
                let place: Vec<&str> = way.iter().map(String::as_str).collect();
                visitor.left(self.line, &place);
                Ok(())
            }
            Want::Take | Want::Enter => {
                let value = self.take(way.len(), &mut LARGEST.clone())?;
                visitor.value(line, &place, &value);
                Ok(())
            }
        }
    }

    fn take(&mut self, depth: usize, room: &mut usize) -> Result<Value, Stopped> {
        let spent = size_of::<Value>();
        let value = match self.solid()? {
            b'"' => Value::Text(self.text()?),
            b'[' => {
                let mut list = Vec::new();
                self.members(depth, &mut |json, _| {
                    list.push(json.take(depth + 1, room)?);
                    Ok(())
                })?;
                Value::List(list)
            }
            b'{' => {
                let mut map = Vec::new();
                self.members(depth, &mut |json, key| {
                    let key = key.unwrap_or_default();
                    *room = room.saturating_sub(key.len());
                    map.push((key, json.take(depth + 1, room)?));
                    Ok(())
                })?;
                Value::Map(map)
            }
            _ => self.word()?,
        };
        *room = room.saturating_sub(spent + value.text().len());
        if *room == 0 {
            return Err(Stopped::Broken("one result is larger than 64 MiB"));
        }
        Ok(value)
    }

    fn skip(&mut self, depth: usize) -> Result<(), Stopped> {
        match self.solid()? {
            b'"' => self.string(&mut |_| ()),
            b'[' | b'{' => self.members(depth, &mut |json, _| json.skip(depth + 1)),
            _ => self.word().map(drop),
        }
    }

    /// Goes through a list or a map; `each` reads the value, behind its key if it has one.
    fn members(&mut self, depth: usize, each: &mut EachMember<'_, Self>) -> Result<(), Stopped> {
        let list = self.solid()? == b'[';
        let end = if list { b']' } else { b'}' };
        if depth >= DEEPEST {
            return Err(Stopped::Broken("JSON nested deeper than 128"));
        }
        self.window.consume(1);
        let mut first = true;
        loop {
            match self.solid()? {
                byte if byte == end && first => break,
                _ if first => {}
                byte if byte == end => break,
                b',' => self.window.consume(1),
                _ => return Err(Stopped::Broken("JSON lacks a comma")),
            }
            first = false;
            self.members += 1;
            if list {
                each(self, None)?;
                continue;
            }
            if self.solid()? != b'"' {
                return Err(Stopped::Broken("JSON lacks a key"));
            }
            let key = self.text()?;
            if self.solid()? != b':' {
                return Err(Stopped::Broken("JSON lacks a colon"));
            }
            self.window.consume(1);
            each(self, Some(key))?;
        }
        self.window.consume(1);
        Ok(())
    }

    /// A number or one of the words; Python writes `NaN` and `Infinity` too.
    fn word(&mut self) -> Result<Value, Stopped> {
        let mut word = Vec::new();
        while let Some(byte) = self.peek()? {
            if !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') {
                break;
            }
            if word.len() > 400 {
                return Err(Stopped::Broken("JSON has an unknown word"));
            }
            word.push(byte);
            self.window.consume(1);
        }
        match word.as_slice() {
            b"null" | b"NaN" | b"Infinity" | b"-Infinity" => Ok(Value::Null),
            b"true" => Ok(Value::Truth(true)),
            b"false" => Ok(Value::Truth(false)),
            [b'0'..=b'9' | b'-', ..] => {
                let number = std::str::from_utf8(&word).ok().and_then(|digits| digits.parse().ok());
                number.map(Value::Number).ok_or(Stopped::Broken("JSON has a bad number"))
            }
            word if self.peek()?.is_none() && !word.is_empty() => Err(Stopped::Cut),
            _ => Err(Stopped::Broken("JSON has an unknown word")),
        }
    }

    fn text(&mut self) -> Result<String, Stopped> {
        let mut bytes = Vec::new();
        self.string(&mut |part| {
            let room = LONGEST.saturating_sub(bytes.len());
            bytes.extend_from_slice(&part[..part.len().min(room)]);
        })?;
        if bytes.len() == LONGEST {
            // Cut between characters.
            let kept = bytes.utf8_chunks().last().map_or(0, |chunk| chunk.invalid().len());
            bytes.truncate(LONGEST - kept);
        }
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| encoding::text(error.as_bytes()).into_owned()))
    }

    /// Reads a string in parts.
    fn string(&mut self, part: &mut dyn FnMut(&[u8])) -> Result<(), Stopped> {
        self.window.consume(1);
        loop {
            let seen = self.window.seen();
            let plain = memchr::memchr3(b'"', b'\\', b'\n', seen);
            let length = plain.unwrap_or(seen.len());
            part(&seen[..length]);
            let stop = seen.get(length).copied();
            self.window.consume(length);
            match stop {
                Some(b'"') => {
                    self.window.consume(1);
                    return Ok(());
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    part(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(_) => return Err(Stopped::Broken("JSON has a text without an end")),
                None if !self.window.fill()? => return Err(Stopped::Cut),
                None => {}
            }
        }
    }

    /// Reads a `\` and what it stands for; half a surrogate pair stands for nothing.
    fn escape(&mut self) -> Result<char, Stopped> {
        self.window.consume(1);
        let Some(byte) = self.peek()? else { return Err(Stopped::Cut) };
        self.window.consume(1);
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hex()?;
                let pair = matches!(unit, 0xd800..0xdc00) && self.at_escaped_unit()?;
                if pair {
                    self.window.consume(2);
                    let second = self.hex()?;
                    let both = char::decode_utf16([unit, second]).next();
                    return Ok(both.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(Stopped::Broken("JSON has a bad escape")),
        })
    }

    fn at_escaped_unit(&mut self) -> Result<bool, Stopped> {
        while self.window.seen().len() < 2 {
            if !self.window.fill()? {
                return Err(Stopped::Cut);
            }
        }
        Ok(self.window.seen().starts_with(b"\\u"))
    }

    fn hex(&mut self) -> Result<u16, Stopped> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(byte) = self.peek()? else { return Err(Stopped::Cut) };
            let digit = char::from(byte).to_digit(16);
            let digit = digit.ok_or(Stopped::Broken("JSON has a bad escape"))?;
            unit = unit << 4 | digit as u16;
            self.window.consume(1);
        }
        Ok(unit)
    }

    /// The next byte that is not blank, inside a document.
    fn solid(&mut self) -> Result<u8, Stopped> {
        self.peek_solid()?.ok_or(Stopped::Cut)
    }

    /// The next byte that is not blank; a record separator is (RFC 7464).
    fn peek_solid(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b'\n') => self.line += 1,
                Some(b' ' | b'\t' | b'\r' | 0x1e) => {}
                other => return Ok(other),
            }
            self.window.consume(1);
        }
    }

    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.window.seen().is_empty() && !self.window.fill()? {
            return Ok(None);
        }
        Ok(self.window.seen().first().copied())
    }

    /// Goes on to the end of the line.
    fn skip_line(&mut self) -> io::Result<()> {
        while self.peek()?.is_some() {
            let seen = self.window.seen();
            let end = memchr::memchr(b'\n', seen);
            let length = end.unwrap_or(seen.len());
            self.window.consume(length);
            if end.is_some() {
                break;
            }
        }
        Ok(())
    }
}

/// What stands in the first bytes of a file: its places, and their texts.
#[derive(Debug, Default)]
pub struct Head(Vec<(String, String)>);

/// How deep places are noted.
const NOTED_DEPTH: usize = 6;

impl Head {
    /// What the first bytes hold; they may end anywhere.
    pub fn of(head: &[u8], layout: Layout) -> Head {
        let mut noted = Head::default();
        if memchr::memchr2(b'{', b'[', head).is_some() {
            read_as(layout, head, &mut noted);
        }
        noted
    }

    /// Whether all these places are there; `results/*/test` is a place.
    pub fn has(&self, places: &[&str]) -> bool {
        places.iter().all(|place| self.0.iter().any(|(noted, _)| noted == place))
    }

    /// Whether this key is there, so deep, below whatever names.
    pub fn has_below(&self, depth: usize, key: &str) -> bool {
        self.0.iter().any(|(noted, _)| {
            noted.matches('/').count() >= depth && noted.rsplit('/').next() == Some(key)
        })
    }

    /// Whether a place has this text.
    pub fn says(&self, place: &str, text: &str) -> bool {
        self.0.iter().any(|(noted, said)| noted == place && said == text)
    }
}

impl Visitor for Head {
    fn want(&mut self, place: &[&str]) -> Want {
        self.0.push((place.join("/"), String::new()));
        if place.len() < NOTED_DEPTH { Want::Enter } else { Want::Skip }
    }

    fn value(&mut self, _: u32, place: &[&str], value: &Value) {
        if let Value::Text(text) = value {
            self.0.push((place.join("/"), text.chars().take(200).collect()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(json: &[u8]) -> (Vec<(u32, Value)>, End) {
        let mut came = Vec::new();
        let ended = read(json, &mut Each(|line, value: &Value| came.push((line, value.clone()))));
        (came, ended.end)
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let json = br#"{"a": [1, -2.5e1, true, null, NaN], "b": "\u00e4\ud83d\ude00\ud800x\n"}"#;
        let (came, end) = all(json);
        assert_eq!(end, End::Whole);
        let value = &came[0].1;
        assert_eq!(value["a"].list()[1], Value::Number(-25.0));
        assert_eq!(value["a"].list()[4], Value::Null);
        assert_eq!(value["b"].text(), "\u{e4}\u{1f600}\u{fffd}x\n");
        assert_eq!(value["none"]["deeper"], Value::Null);
    }

    #[test]
    fn output_between_documents_is_none_and_lines_are_counted() {
        let (came, end) = all(b"noise\n[INFO] x\n{ no }\n{\"a\":\n1}\n\x1e[]\n{\"b\":2} tail\n");
        assert_eq!(end, End::Whole);
        assert_eq!(came.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 6, 7]);
    }

    #[test]
    fn a_broken_document_is_told_and_the_next_one_read() {
        let (came, end) = all(b"{\"a\": \"x\n{\"b\": 1}\n{\"c\" 1}\n{\"d\": 1}\n");
        assert_eq!(came.len(), 2);
        assert!(matches!(end, End::Unreadable { .. }));
        for cut in ["{", "{\"a", "{\"a\": tr", "[{\"a\":1}", "{\"a\":\"\\u12", "[{\"a\":1},"] {
            assert_eq!(all(cut.as_bytes()).1, End::Cut, "{cut}");
        }
    }

    /// Writes down the first keys and the output of a stream whose documents begin with `ours`.
    #[derive(Default)]
    struct Ours(Vec<String>);

    impl Visitor for Ours {
        const LAYOUT: Layout = Layout::Records;
        fn want(&mut self, _: &[&str]) -> Want {
            Want::Take
        }
        fn value(&mut self, line: u32, _: &[&str], value: &Value) {
            self.0.push(format!("{line} {}", value["ours"].text()));
        }
        const FIRST_KEYS: &'static [&'static str] = &["ours", "or this"];
        fn output(&mut self, line: u32, text: &[u8]) {
            self.0.push(format!("{line}: {}", encoding::text(text)));
        }
    }

    /// Wants what stands below `a`.
    #[derive(Default)]
    struct Below(Vec<String>);

    impl Visitor for Below {
        fn want(&mut self, place: &[&str]) -> Want {
            if matches!(place, [] | ["a", ..]) { Want::Enter } else { Want::Skip }
        }

        fn value(&mut self, _: u32, place: &[&str], _: &Value) {
            self.0.push(place.join("/"));
        }
    }

    fn below_a(json: &str) -> (Vec<String>, End) {
        let mut below = Below::default();
        let ended = read(json.as_bytes(), &mut below);
        (below.0, ended.end)
    }

    #[test]
    fn a_document_may_begin_behind_output_on_its_line() {
        for output in
            ["", "listening on port 8080 ", "[INFO] {x} [1] {", "\u{1b}[1m", "{\"b\": 1} "]
        {
            for json in ["{\"a\": 1}", "{\n  \"a\": 1\n}\n", "{\"a\": 1} done, all {well}\n"] {
                let (came, end) = below_a(&format!("{output}{json}"));
                assert_eq!((came, end), (vec!["a".to_owned()], End::Whole), "{output}{json}");
            }
        }
        for output in ["got {\"b\": 1, ...}\n", "{}\n}, x\n", "diff:\n-  }\n+  ]\n"] {
            assert_eq!(below_a(&format!("{output}{{\"a\": 1}}")).1, End::Whole, "{output}");
        }
    }

    #[test]
    fn a_document_without_its_beginning_is_told() {
        for cut in [
            "1}, {\"a\": 1}, {\"b\": 1}]}",
            "\"x\": [],\n{\n\"a\": 1\n},\n{\n\"a\": 2\n}\n]\n}\n",
            "\"x\": [\n{\"b\": 1}\n]\n}\n{\"a\": 1}\n",
        ] {
            assert!(matches!(below_a(cut).1, End::Unreadable { .. }), "{cut}");
        }
        assert!(matches!(below_a("got {\"a\": 1, ...}\n").1, End::Unreadable { .. }));
    }

    #[test]
    fn a_stream_that_knows_its_own_takes_other_json_for_output() {
        let mut ours = Ours::default();
        let text = "[\"a\",\n]\n{\"a\": Some(1)}\n{\n \"ours\": \"x\"} tail\n{}\n{\"or this\": 1}";
        assert_eq!(read(text.as_bytes(), &mut ours).end, End::Whole);
        let want = ["1: [\"a\",", "2: ]", "3: {\"a\": Some(1)}", "4 x", "5: tail", "6: {}", "7 "];
        assert_eq!(ours.0, want);
        for cut in ["{", "{\"", "{\"o", "{\"ours", "{\"ours\""] {
            assert_eq!(read(cut.as_bytes(), &mut ours).end, End::Cut, "{cut}");
        }
        for output in ["[", "{\"x", "{\"oursX"] {
            assert_eq!(read(output.as_bytes(), &mut ours).end, End::Whole, "{output}");
        }
        let broken = read(&b"{\"ours\": \"x\n{\"ours\": \"y\"}\n"[..], &mut ours);
        assert!(matches!(broken.end, End::Unreadable { .. }));
        assert_eq!(ours.0.last().map(String::as_str), Some("2 y"));
    }

    #[test]
    fn nothing_is_without_bounds() {
        let deep = format!("[[{}", "[".repeat(100_000));
        assert_eq!(all(deep.as_bytes()).0, []);
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert!(matches!(all(deep.as_bytes()).1, End::Unreadable { .. }));
        let long = format!("[\"{}\"]", "\u{e4}".repeat(LONGEST));
        assert_eq!(all(long.as_bytes()).0[0].1.list()[0].text().len(), LONGEST);
        let many = format!("[\"a\"{}]", ",0".repeat(LARGEST / size_of::<Value>()));
        assert!(matches!(all(many.as_bytes()).1, End::Unreadable { .. }));
    }

    #[test]
    fn the_head_of_a_document_may_end_anywhere() {
        let text = br#"{"results": [{"test": "a", "status": "P"#;
        let head = Head::of(text, Layout::Records);
        assert!(head.has(&["results/*/test", "results/*/status"]));
        assert!(head.says("results/*/test", "a"));
        assert!(!head.has(&["results/test"]));
        let behind = [b"[INFO] port [8080] ", &text[..]].concat();
        assert!(!Head::of(&behind, Layout::Records).has(&["results/*/test"]));
        assert!(Head::of(&behind, Layout::Document).has(&["results/*/test"]));
    }
}
