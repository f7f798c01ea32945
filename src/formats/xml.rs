//! The tags of an XML file, one at a time, and the text between them when somebody wants it.
//!
//! In: any reader. Out: tags with their attributes, and lines. Real reports are often not well
//! formed, so nothing is checked that need not be: end tags may not match, a lone `<` or `&` is text,
//! several documents may follow each other. There are no entities but XML's own five: a DOCTYPE is
//! skipped, so nothing expands and nothing is fetched. Text is never held, however long it is.
//!
//! <https://www.w3.org/TR/xml/>

use super::encoding::{self, Declared};
use super::message::Message;
use super::window::Window;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::io::{self, BufRead, Read};

/// The longest tag, in bytes, attributes included.
const LONGEST_TAG: usize = 16 << 20;

/// The tags of a file.
pub struct Xml<R: Read> {
    reader: Reader<Source<R>>,
    buffer: Vec<u8>,
    line: u32,
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
    /// A DOCTYPE or an instruction.
    Other,
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
    start: BytesStart<'a>,
    /// The 1-based line where it begins.
    pub line: u32,
}

impl<R: Read> Xml<R> {
    /// The tags of the input.
    pub fn new(input: R) -> io::Result<Xml<R>> {
        let window = Window::new(input, Declared::InXml)?;
        let mut reader = Reader::from_reader(Source { window, line: 1, allowed: LONGEST_TAG });
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        Ok(Xml { reader, buffer: Vec::new(), line: 1 })
    }

    /// The 1-based line where the last node begins.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Whether bytes were no UTF-8 although nothing declares another encoding.
    pub fn fell_back(&self) -> bool {
        self.reader.get_ref().window.fell_back()
    }

    /// Goes on to the next tag.
    pub fn next(&mut self, mut text: Text<'_>) -> io::Result<Node<'_>> {
        let source = self.reader.get_mut();
        loop {
            match source.at()? {
                At::End => return Ok(Node::End),
                At::Tag => break,
                At::Text => source.text(&mut text)?,
                At::Cdata => {
                    source.consume(CDATA.len());
                    if !source.pass(b"]]>", &mut text)? {
                        return Ok(Node::Cut);
                    }
                }
                At::Comment => {
                    source.consume(COMMENT.len());
                    if !source.pass(b"-->", &mut Text::Skip)? {
                        return Ok(Node::Cut);
                    }
                }
            }
        }
        self.line = source.line;
        source.allowed = LONGEST_TAG;
        self.buffer.clear();
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::Start(start)) => Ok(Node::Open(Tag { start, line: self.line })),
            Ok(Event::Empty(start)) => Ok(Node::Empty(Tag { start, line: self.line })),
            Ok(Event::End(tag)) => {
                let name = tag.name().local_name().into_inner().to_owned();
                Ok(Node::Close(Cow::Owned(name)))
            }
            Ok(Event::Decl(_)) => Ok(Node::Declaration),
            Ok(Event::Eof) => Ok(Node::End),
            Ok(_) => Ok(Node::Other),
            Err(quick_xml::Error::Io(error)) => Err(io::Error::new(error.kind(), error)),
            Err(quick_xml::Error::Syntax(_)) => Ok(Node::Cut),
            Err(_) => Ok(Node::Other),
        }
    }
}

impl Tag<'_> {
    /// The name without prefix.
    pub fn name(&self) -> &str {
        self.start.local_name().into_inner()
    }

    /// Calls back with the name and value of each attribute; those that are malformed are left out.
    pub fn attributes(&self, mut with: impl FnMut(&str, Cow<'_, str>)) {
        for attribute in self.start.attributes().with_checks(false).flatten() {
            with(attribute.key.local_name().into_inner(), unescaped(&attribute.value));
        }
    }
}

const CDATA: &[u8] = b"<![CDATA[";
const COMMENT: &[u8] = b"<!--";

/// What stands at the present place.
enum At {
    Text,
    Tag,
    Cdata,
    Comment,
    End,
}

/// The window as quick-xml sees it: it counts lines, and refuses a tag without bounds.
struct Source<R> {
    window: Window<R>,
    line: u32,
    allowed: usize,
}

impl<R: Read> Source<R> {
    fn at(&mut self) -> io::Result<At> {
        while self.window.seen().first().is_none_or(|b| *b == b'<')
            && self.window.seen().len() < CDATA.len()
            && self.window.fill()?
        {}
        Ok(match self.window.seen() {
            [] => At::End,
            [b'<', b'!', ..] if self.window.seen().starts_with(CDATA) => At::Cdata,
            [b'<', b'!', b'-', b'-', ..] => At::Comment,
            [b'<', b'!', b'D' | b'd', ..] => At::Tag,
            [b'<', b'/' | b'?' | b'_' | b':' | 0x80.., ..] => At::Tag,
            [b'<', b'a'..=b'z' | b'A'..=b'Z', ..] => At::Tag,
            // The file ends in what may have become anything.
            [b'<'] | [b'<', b'!', ..] if self.window.seen().len() < CDATA.len() => At::Tag,
            [..] => At::Text,
        })
    }

    /// Goes past text up to the next `<` behind the present place.
    fn text(&mut self, text: &mut Text<'_>) -> io::Result<()> {
        let seen = self.window.seen();
        let end = memchr::memchr(b'<', &seen[1..]).map(|at| at + 1);
        let end = end.unwrap_or_else(|| match memchr::memrchr(b'&', seen) {
            // A reference may go on in what is not seen yet.
            Some(at) if at > 0 && seen.len() - at < 16 => at,
            Some(_) | None => seen.len(),
        });
        if let Text::Keep(message) = text {
            let piece = encoding::text(&seen[..end]);
            message.push(&references_resolved(&piece));
        }
        self.consume(end);
        Ok(())
    }

    /// Goes past everything up to and with `end`; false when it never comes.
    fn pass(&mut self, end: &[u8], text: &mut Text<'_>) -> io::Result<bool> {
        loop {
            let seen = self.window.seen();
            let found = memchr::memmem::find(seen, end);
            let mut upto = found.unwrap_or_else(|| seen.len().saturating_sub(end.len() - 1));
            while upto > 0 && upto < seen.len() && (0x80..0xc0).contains(&seen[upto]) {
                upto -= 1;
            }
            if let Text::Keep(message) = text {
                message.push_bytes(&seen[..upto]);
            }
            self.consume(upto);
            if found.is_some() {
                self.consume(end.len());
                return Ok(true);
            }
            if !self.window.fill()? {
                return Ok(false);
            }
        }
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowed == 0 {
            return Err(io::Error::other(format!("a tag longer than {LONGEST_TAG} bytes")));
        }
        if self.window.seen().is_empty() {
            self.window.fill()?;
        }
        Ok(self.window.seen())
    }

    fn consume(&mut self, count: usize) {
        let gone = &self.window.seen()[..count.min(self.window.seen().len())];
        self.line = self.line.saturating_add(memchr::memchr_iter(b'\n', gone).count() as u32);
        self.allowed = self.allowed.saturating_sub(count);
        self.window.consume(count);
    }
}

/// An attribute's value: references resolved, line ends and tabs as blanks.
fn unescaped<'a>(value: &'a Cow<'a, str>) -> Cow<'a, str> {
    if !value.bytes().any(|b| matches!(b, b'&' | b'\n' | b'\r' | b'\t')) {
        return Cow::Borrowed(value);
    }
    let blanks = value.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
    Cow::Owned(references_resolved(&blanks).into_owned())
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
        let known = behind.split_once(';').filter(|(name, _)| name.len() < 16);
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
                    tag.attributes(|name, value| said.push_str(&format!(" {name}={value}")));
                    said
                }
                Node::Close(name) => format!("/{name}"),
                Node::Declaration => "?xml".to_owned(),
                Node::Other => "?".to_owned(),
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
        assert_eq!(seen(xml), ["?", "<a", "'&c;'", "/a", "end"]);
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
