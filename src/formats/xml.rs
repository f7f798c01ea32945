//! The tags of an XML file, one at a time, and the text between them when somebody wants it.
//!
//! In: any reader. Out: tags with their attributes, and lines. Real reports are often not well
//! formed, so nothing is checked that need not be: end tags may not match, a lone `<` or `&` is text,
//! several documents may follow each other. There are no entities but XML's own five: a DOCTYPE is
//! skipped, so nothing expands and nothing is fetched. Text is never held, however long it is, and a
//! tag is looked at where it stands: that is why this is no general XML reader.
//!
//! <https://www.w3.org/TR/xml/>

use super::encoding::{self, Declared};
use super::message::Message;
use super::window::Window;
use std::borrow::Cow;
use std::io::{self, Read};

/// The longest tag, in bytes, attributes included.
const LONGEST_TAG: usize = 16 << 20;

/// What is kept of a value that is asked for by its name, in bytes: it may be a part of many tests'
/// names.
pub const LONGEST_VALUE: usize = 16 << 10;

/// The tags of a file.
pub struct Xml<R> {
    window: Window<R>,
    /// The line of the place `uncounted` bytes before the present one.
    reached: u32,
    uncounted: usize,
    line: u32,
    /// The values of the attributes of the last tag, as places in it.
    values: Vec<(usize, usize)>,
    fell_back: bool,
}

/// What comes next.
pub enum Node<'a> {
    /// A start tag.
    Open(Tag<'a>),
    /// A start tag that is its own end.
    Empty(Tag<'a>),
    /// An end tag, by its name without prefix.
    Close(Cow<'a, str>),
    /// `<?xml …?>`: a document starts.
    Declaration,
    /// The end of the file.
    End,
    /// The file ends inside a tag, a comment or a CDATA section.
    Cut,
}

/// What to do with the text before the next tag.
pub enum Text<'m> {
    Skip,
    Keep(&'m mut Message),
}

/// A start tag.
pub struct Tag<'a> {
    /// Without the angle brackets and the slash.
    source: Cow<'a, str>,
    /// Whether each of its values is what it means: no reference, no line end, no tab.
    plain: bool,
    name: usize,
    values: &'a [(usize, usize)],
    /// The 1-based line where it begins.
    pub line: u32,
}

/// The value of an attribute, as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    pub source: &'a str,
    /// Whether that is known to be what it means.
    plain: bool,
}

/// What stands at the present place.
#[derive(Debug, Clone, Copy)]
enum At {
    Text,
    Tag,
    /// What has no nodes in it, up to an end: a comment, an instruction.
    Skipped {
        start: usize,
        end: &'static [u8],
    },
    Cdata,
    Doctype,
    Declaration,
    /// The beginning of what may have become anything.
    Cut,
    End,
}

/// How many bytes are looked at to tell what stands there: the longest reference, and more than the
/// longest opening.
const LOOKAHEAD: usize = 16;

const CDATA: &[u8] = b"<![CDATA[";

impl<R: Read> Xml<R> {
    /// The tags of the input.
    pub fn new(input: R) -> io::Result<Xml<R>> {
        let window = Window::new(input, Declared::InXml)?;
        Ok(Xml { window, reached: 1, uncounted: 0, line: 1, values: Vec::new(), fell_back: false })
    }

    /// The 1-based line where the last node begins.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Whether bytes of a tag were no UTF-8 although nothing declares another encoding.
    pub fn fell_back(&self) -> bool {
        self.fell_back
    }

    /// Goes on to the next tag.
    pub fn next(&mut self, mut text: Text<'_>) -> io::Result<Node<'_>> {
        loop {
            let at = self.at()?;
            if !matches!(at, At::Text) {
                self.count_lines();
                self.line = self.reached;
            }
            let whole = match at {
                At::Tag => return self.tag(),
                At::End => return Ok(Node::End),
                At::Cut => return Ok(Node::Cut),
                At::Text => {
                    self.text(&mut text);
                    true
                }
                At::Cdata => {
                    self.consume(CDATA.len());
                    self.pass(b"]]>", &mut text)?
                }
                At::Skipped { start, end } => {
                    self.consume(start);
                    self.pass(end, &mut Text::Skip)?
                }
                At::Doctype => self.doctype()?,
                At::Declaration => {
                    let whole = self.pass(b"?>", &mut Text::Skip)?;
                    return Ok(if whole { Node::Declaration } else { Node::Cut });
                }
            };
            if !whole {
                return Ok(Node::Cut);
            }
        }
    }

    fn at(&mut self) -> io::Result<At> {
        while self.window.seen().len() < LOOKAHEAD && self.fill()? {}
        let seen = self.window.seen();
        Ok(match seen {
            [] => At::End,
            [b'<', b'/' | b'_' | b':' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.., ..] => At::Tag,
            [b'<', b'!', b'-', b'-', ..] => At::Skipped { start: 4, end: b"-->" },
            [b'<', b'!', b'D' | b'd', ..] => At::Doctype,
            [b'<', b'?', b'x', b'm', b'l', b' ' | b'\t' | b'\r' | b'\n', ..] => At::Declaration,
            [b'<', b'?', ..] => At::Skipped { start: 2, end: b"?>" },
            _ if seen.starts_with(CDATA) => At::Cdata,
            [b'<'] => At::Cut,
            [b'<', b'!', ..] if seen.len() < CDATA.len() => At::Cut,
            [..] => At::Text,
        })
    }

    /// The tag at the present place: up to the first `>` outside quotes.
    fn tag(&mut self) -> io::Result<Node<'_>> {
        self.values.clear();
        let mut scanned = 1;
        let mut quoted = None;
        let end = loop {
            let seen = &self.window.seen()[scanned..];
            let found = match quoted {
                None => end_or_quote(seen).map(|at| (at, seen[at])),
                Some((_, quote)) => memchr::memchr(quote, seen).map(|at| (at, quote)),
            };
            match (found, quoted) {
                (Some((at, b'>')), None) => break scanned + at,
                (Some((at, quote)), None) => {
                    scanned += at + 1;
                    quoted = Some((scanned, quote));
                }
                (Some((at, _)), Some((start, _))) => {
                    self.values.push((start - 1, scanned + at - 1));
                    scanned += at + 1;
                    quoted = None;
                }
                (None, _) => {
                    scanned += seen.len();
                    if scanned > LONGEST_TAG {
                        let what = format!("a tag longer than {LONGEST_TAG} bytes");
                        return Err(io::Error::other(what));
                    }
                    if !self.fill()? {
                        return Ok(Node::Cut);
                    }
                }
            }
        };
        self.consume(end + 1);
        let passed = self.window.passed(end + 1);
        let source = encoding::text(&passed[1..passed.len() - 1]);
        if let Cow::Owned(source) = &source {
            // The places were those of the bytes.
            self.fell_back = true;
            find_values(source, &mut self.values);
        }
        Ok(node(source, &self.values, self.line))
    }

    /// Goes past text up to the next `<` behind the present place.
    fn text(&mut self, text: &mut Text<'_>) {
        let seen = self.window.seen();
        let end = memchr::memchr(b'<', &seen[1..]).map(|at| at + 1);
        let end = end.unwrap_or_else(|| match memchr::memrchr(b'&', seen) {
            // A reference may go on in what is not seen yet.
            Some(at) if at > 0 && seen.len() - at < LOOKAHEAD => at,
            Some(_) | None => match whole_characters(seen, seen.len()) {
                // The file ends in the middle of it.
                0 => seen.len(),
                whole => whole,
            },
        });
        if let Text::Keep(message) = text {
            let piece = encoding::text(&seen[..end]);
            self.fell_back |= matches!(piece, Cow::Owned(_));
            message.push(&references_resolved(&piece));
        }
        self.consume(end);
    }

    /// Goes past everything up to and with `end`; false when it never comes.
    fn pass(&mut self, end: &[u8], text: &mut Text<'_>) -> io::Result<bool> {
        loop {
            let seen = self.window.seen();
            let found = memchr::memmem::find(seen, end);
            let upto = seen.len().saturating_sub(end.len() - 1);
            let upto = found.unwrap_or_else(|| whole_characters(seen, upto));
            if let Text::Keep(message) = text {
                message.push_bytes(&seen[..upto]);
            }
            self.consume(upto);
            if found.is_some() {
                self.consume(end.len());
                return Ok(true);
            }
            if !self.fill()? {
                return Ok(false);
            }
        }
    }

    /// Goes past a DOCTYPE, its declarations in brackets included.
    fn doctype(&mut self) -> io::Result<bool> {
        let (mut in_brackets, mut quote) = (false, None);
        loop {
            let seen = self.window.seen();
            let end = seen.iter().position(|b| {
                match (quote, *b) {
                    (Some(open), b) if open == b => quote = None,
                    (Some(_), _) => {}
                    (None, b'"' | b'\'') => quote = Some(*b),
                    (None, b'[') => in_brackets = true,
                    (None, b']') => in_brackets = false,
                    (None, b'>') => return !in_brackets,
                    (None, _) => {}
                }
                false
            });
            self.consume(end.map_or(seen.len(), |end| end + 1));
            if end.is_some() || !self.fill()? {
                return Ok(end.is_some());
            }
        }
    }

    fn consume(&mut self, count: usize) {
        self.window.consume(count);
        self.uncounted += count;
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.count_lines();
        self.window.fill()
    }

    fn count_lines(&mut self) {
        let lines = memchr::memchr_iter(b'\n', self.window.passed(self.uncounted)).count();
        self.reached = self.reached.saturating_add(lines as u32);
        self.uncounted = 0;
    }
}

/// The next `>` or quotation mark. Names of attributes are short, so it is most often near.
fn end_or_quote(bytes: &[u8]) -> Option<usize> {
    const NEAR: usize = 24;
    let (near, far) = bytes.split_at(NEAR.min(bytes.len()));
    let found = near.iter().position(|b| matches!(b, b'>' | b'"' | b'\''));
    found.or_else(|| Some(near.len() + memchr::memchr3(b'>', b'"', b'\'', far)?))
}

/// Whether text has neither references nor anything that is a blank in a value.
fn is_plain(text: &str) -> bool {
    // Not `all`: without an early end this is a few instructions for a whole tag.
    text.bytes().fold(true, |plain, b| plain & (b >= b' ') & (b != b'&'))
}

/// Finds what stands in quotes.
fn find_values(source: &str, values: &mut Vec<(usize, usize)>) {
    values.clear();
    let mut at = 0;
    while let Some(start) = memchr::memchr2(b'"', b'\'', &source.as_bytes()[at..]) {
        let start = at + start;
        let quote = source.as_bytes()[start];
        let Some(length) = memchr::memchr(quote, &source.as_bytes()[start + 1..]) else { return };
        values.push((start + 1, start + 1 + length));
        at = start + length + 2;
    }
}

fn node<'a>(source: Cow<'a, str>, values: &'a [(usize, usize)], line: u32) -> Node<'a> {
    if source.starts_with('/') {
        return Node::Close(match source {
            Cow::Borrowed(name) => Cow::Borrowed(local(name[1..].trim_ascii_end())),
            Cow::Owned(name) => Cow::Owned(local(name[1..].trim_ascii_end()).to_owned()),
        });
    }
    let is_empty = source.ends_with('/');
    let is_end = |b: u8| b <= b' ' || matches!(b, b'/' | b'=' | b'\'' | b'"');
    let name = source.bytes().position(is_end).unwrap_or(source.len());
    let tag = Tag { plain: is_plain(&source), source, name, values, line };
    if is_empty { Node::Empty(tag) } else { Node::Open(tag) }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    match name.bytes().rposition(|b| b == b':') {
        Some(colon) => &name[colon + 1..],
        None => name,
    }
}

/// How many bytes up to `upto` are whole characters; none where a single one has only begun.
fn whole_characters(bytes: &[u8], upto: usize) -> usize {
    let back = bytes[..upto].iter().rev().take(3).position(|b| *b >= 0xc0 || *b < 0x80);
    match back {
        Some(back) if bytes[upto - 1 - back] >= 0xc0 => upto - 1 - back,
        Some(_) | None => upto,
    }
}

impl Tag<'_> {
    /// The name without prefix.
    pub fn name(&self) -> &str {
        local(&self.source[..self.name])
    }

    /// The value of an attribute, up to [`LONGEST_VALUE`]; empty when there is none.
    pub fn attribute(&self, name: &str) -> Cow<'_, str> {
        let mut found = Value { source: "", plain: true };
        self.attributes(|attribute, value| {
            if attribute == name {
                found = value;
            }
        });
        found.source = &found.source[..found.source.floor_char_boundary(LONGEST_VALUE)];
        found.text()
    }

    /// Whether each value has a name: else a quote stands inside a value, and nobody knows where it
    /// ends.
    pub fn is_well_formed(&self) -> bool {
        let mut behind = self.name;
        self.values.iter().all(|&(start, end)| {
            let name = self.source[behind..start - 1].trim_ascii_end();
            behind = end + 1;
            name.ends_with('=')
        })
    }

    /// Calls back with the name and value of each attribute; what is none is left out.
    pub fn attributes<'t>(&'t self, mut with: impl FnMut(&'t str, Value<'t>)) {
        let mut behind = self.name;
        for &(start, end) in self.values {
            let name = self.source.get(behind..start - 1).unwrap_or_default().trim_ascii_end();
            behind = end + 1;
            if let Some(name) = name.strip_suffix('=') {
                let name = name.trim_ascii_end();
                let blank = name.bytes().rposition(|b| b <= b' ');
                let value = Value { source: &self.source[start..end], plain: self.plain };
                with(&name[blank.map_or(0, |blank| blank + 1)..], value);
            }
        }
    }
}

impl<'a> Value<'a> {
    /// A value that was kept as it is written.
    pub fn new(source: &'a str) -> Value<'a> {
        Value { source, plain: false }
    }

    /// What it means: references resolved, line ends and tabs as blanks.
    pub fn text(self) -> Cow<'a, str> {
        if self.plain || is_plain(self.source) {
            return Cow::Borrowed(self.source);
        }
        let blanks = self.source.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        Cow::Owned(references_resolved(&blanks).into_owned())
    }
}

/// Text with XML's five entities and its character references resolved. A character that XML does not
/// know becomes U+FFFD; any other reference stays as it is written.
fn references_resolved(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        resolved.push_str(before);
        let known = behind.split_once(';').filter(|(name, _)| name.len() < LOOKAHEAD);
        match known.and_then(|(name, behind)| Some((reference(name)?, behind))) {
            Some((character, behind)) => {
                resolved.push(character);
                rest = behind;
            }
            None => {
                resolved.push('&');
                rest = behind;
            }
        }
    }
    resolved.push_str(rest);
    Cow::Owned(resolved)
}

fn reference(name: &str) -> Option<char> {
    let number = match name {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        name => name.strip_prefix('#')?,
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    let character = char::from_u32(number.ok()?).unwrap_or(char::REPLACEMENT_CHARACTER);
    let known = !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}'
        | '\u{fffe}' | '\u{ffff}');
    Some(if known { character } else { char::REPLACEMENT_CHARACTER })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(xml: &[u8]) -> Vec<String> {
        let mut xml = Xml::new(xml).unwrap();
        let mut message = Message::default();
        let mut seen = Vec::new();
        loop {
            let node = xml.next(Text::Keep(&mut message)).unwrap();
            let said = match &node {
                Node::Open(tag) | Node::Empty(tag) => {
                    let mut said = format!("<{}", tag.name());
                    tag.attributes(|name, value| said += &format!(" {name}={}", value.text()));
                    said
                }
                Node::Close(name) => format!("/{name}"),
                Node::Declaration => "?xml".to_owned(),
                Node::End => "end".to_owned(),
                Node::Cut => "cut".to_owned(),
            };
            let last = matches!(node, Node::End | Node::Cut);
            if !message.text().is_empty() {
                seen.push(format!("'{}'", message.text()));
                message.clear();
            }
            seen.push(said);
            if last {
                return seen;
            }
        }
    }

    #[test]
    fn text_comes_whole_however_it_is_written() {
        let xml = b"<?xml version='1.0'?><a>x &lt;y&gt; &#x7;&#65;&unknown; & <![CDATA[<z> ]]]]><![CDATA[>]]></a>";
        let want = ["?xml", "<a", "'x <y> \u{fffd}A&unknown; & <z> ]]>'", "/a", "end"];
        assert_eq!(seen(xml), want);
    }

    #[test]
    fn nothing_expands_and_comments_are_no_tags() {
        let xml = b"<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;'>]><a><!-- <b> -->&c;</a>";
        assert_eq!(seen(xml), ["<a", "'&c;'", "/a", "end"]);
    }

    #[test]
    fn what_is_not_well_formed_is_read_on() {
        let xml = b"noise <a b='1' c='&quot;\n&#10;'>1 < 2 ]]> </x></a>\nmore\n<a/>";
        let want = ["'noise'", "<a b=1 c=\" \n", "'1 < 2 ]]>'", "/x", "/a", "'more'", "<a", "end"];
        assert_eq!(seen(xml), want);
    }

    #[test]
    fn every_way_to_stop_in_the_middle_is_cut() {
        for cut in
            ["<a b='", "<a><!-- x", "<a><![CDATA[x", "<a><![CDA", "<a><", "</a", "<!DOCTYPE a ["]
        {
            assert_eq!(seen(cut.as_bytes()).last().unwrap(), "cut", "{cut}");
        }
    }
}
