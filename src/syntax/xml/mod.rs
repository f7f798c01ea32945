//! A lenient streaming XML tokenizer: tags, their lines, and on request the text between them.
//!
//! Real reports are often not well formed, so little is checked: end tags need not match, a lone `<` or `&` is text,
//! several documents may follow each other. Only XML's own five entities are known and a DOCTYPE is skipped, so nothing
//! expands and nothing is fetched. Text is never buffered, however long it is, and a tag is parsed in place.
//!
//! <https://www.w3.org/TR/xml/>

pub(crate) mod delimiters;
pub(crate) mod tag;

use super::bounded_text::BoundedText;
use super::buffer::ReadBuffer;
use super::encoding::{self, EncodingSource};
use std::borrow::Cow;
use std::io::{self, Read};
use tag::{MAX_REFERENCE_LEN, ScannedTag, TagScanner, unescape};

pub use tag::XmlToken;

/// The longest tag, in bytes, attributes included.
const MAX_TAG_LEN: usize = 16 << 20;

/// Splits a file into tokens.
pub struct XmlTokenizer<R> {
    buffer: ReadBuffer<R>,
    /// The line `uncounted` bytes before the present position.
    current_line: u32,
    uncounted: usize,
    /// The line of the last token.
    line: u32,
    scanner: TagScanner,
    used_fallback_encoding: bool,
}

/// What to do with the text before the next tag.
pub enum TextMode<'m> {
    /// Skip it.
    Discard,
    /// Append it, unescaped.
    Collect(&'m mut BoundedText),
    /// Append the comments in it, each with `--` after it, and skip the rest.
    Comments(&'m mut BoundedText),
}

/// The construct at the present position.
#[derive(Debug, Clone, Copy)]
enum Construct {
    Text,
    Tag,
    /// A comment or processing instruction: `start` bytes, then anything up to `end`.
    Skipped {
        start: usize,
        end: &'static [u8],
    },
    Cdata,
    Doctype,
    Declaration,
    /// A construct that the file ends in.
    UnexpectedEof,
    Eof,
}

/// The number of bytes needed to classify a construct: more than the longest opening.
const LOOKAHEAD: usize = MAX_REFERENCE_LEN;

const CDATA: &[u8] = b"<![CDATA[";
const COMMENT_END: &[u8] = b"-->";

impl<R: Read> XmlTokenizer<R> {
    /// A tokenizer at the start of a file.
    pub fn new(input: R) -> io::Result<XmlTokenizer<R>> {
        let buffer = ReadBuffer::new(input, EncodingSource::XmlDeclaration)?;
        Ok(XmlTokenizer {
            buffer,
            current_line: 1,
            uncounted: 0,
            line: 1,
            scanner: TagScanner::default(),
            used_fallback_encoding: false,
        })
    }

    /// The 1-based line where the last token begins.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Whether bytes were no UTF-8 although no other encoding is declared.
    pub fn used_fallback_encoding(&self) -> bool {
        self.used_fallback_encoding
    }

    /// The next token. Text before it is handled as `mode` demands.
    pub fn next(&mut self, mut mode: TextMode<'_>) -> io::Result<XmlToken<'_>> {
        loop {
            if let TextMode::Discard = mode {
                self.skip_whitespace();
            }
            let construct = self.peek_construct()?;
            if !matches!(construct, Construct::Text) {
                self.count_lines();
                self.line = self.current_line;
            }
            let is_complete = match construct {
                Construct::Tag => return self.read_tag(),
                Construct::Eof => return Ok(XmlToken::Eof),
                Construct::UnexpectedEof => return Ok(XmlToken::UnexpectedEof),
                Construct::Text => {
                    self.read_text(&mut mode);
                    true
                }
                Construct::Cdata => {
                    self.consume(CDATA.len());
                    self.skip_until(b"]]>", &mut mode)?
                }
                Construct::Skipped { start, end } => {
                    self.consume(start);
                    match &mut mode {
                        TextMode::Comments(comments) if end == COMMENT_END => {
                            let is_complete =
                                self.skip_until(end, &mut TextMode::Collect(comments))?;
                            comments.push("--");
                            is_complete
                        }
                        TextMode::Comments(_) | TextMode::Collect(_) | TextMode::Discard => {
                            self.skip_until(end, &mut TextMode::Discard)?
                        }
                    }
                }
                Construct::Doctype => self.skip_doctype()?,
                Construct::Declaration => {
                    let is_complete = self.skip_until(b"?>", &mut TextMode::Discard)?;
                    return Ok(if is_complete {
                        XmlToken::Declaration
                    } else {
                        XmlToken::UnexpectedEof
                    });
                }
            };
            if !is_complete {
                return Ok(XmlToken::UnexpectedEof);
            }
        }
    }

    /// Between tags there are mostly a line end and a few spaces: not worth a search.
    fn skip_whitespace(&mut self) {
        self.count_lines();
        let mut lines = 0;
        let is_whitespace = |b: &&u8| {
            lines += u32::from(**b == b'\n');
            **b <= b' '
        };
        let count = self.buffer.available().iter().take_while(is_whitespace).count();
        self.buffer.consume(count);
        self.current_line = self.current_line.saturating_add(lines);
    }

    fn peek_construct(&mut self) -> io::Result<Construct> {
        while self.buffer.available().len() < LOOKAHEAD && self.fill()? {}
        let available = self.buffer.available();
        Ok(match available {
            [] => Construct::Eof,
            [b'<', b'/' | b'_' | b':' | b'a'..=b'z' | b'A'..=b'Z' | 0x80.., ..] => Construct::Tag,
            [b'<', b'!', b'-', b'-', ..] => Construct::Skipped { start: 4, end: COMMENT_END },
            [b'<', b'!', b'D' | b'd', ..] => Construct::Doctype,
            [b'<', b'?', b'x', b'm', b'l', b' ' | b'\t' | b'\r' | b'\n', ..] => {
                Construct::Declaration
            }
            [b'<', b'?', ..] => Construct::Skipped { start: 2, end: b"?>" },
            [b'<', b'!', b'[', ..] if available.starts_with(CDATA) => Construct::Cdata,
            [b'<'] => Construct::UnexpectedEof,
            [b'<', b'!', ..] if available.len() < CDATA.len() => Construct::UnexpectedEof,
            [..] => Construct::Text,
        })
    }

    /// Reads a tag: up to the first `>` outside quotes.
    fn read_tag(&mut self) -> io::Result<XmlToken<'_>> {
        self.scanner.restart();
        let length = loop {
            if let Some(length) = self.scanner.find_end(&self.buffer.available()[1..]) {
                break length;
            }
            if self.scanner.scanned_len() > MAX_TAG_LEN {
                let what = format!("a tag longer than {MAX_TAG_LEN} bytes");
                return Err(io::Error::other(what));
            }
            if !self.fill()? {
                return Ok(XmlToken::UnexpectedEof);
            }
        };
        let whole = length + 2;
        self.buffer.consume(whole);
        let source = &self.buffer.consumed(whole)[1..whole - 1];
        let ScannedTag { token, used_fallback_encoding, is_one_line } =
            self.scanner.tag(source, self.line);
        self.used_fallback_encoding |= used_fallback_encoding;
        if !is_one_line {
            self.uncounted = whole;
        }
        Ok(token)
    }

    /// Consumes text up to the next `<`.
    fn read_text(&mut self, mode: &mut TextMode<'_>) {
        let available = self.buffer.available();
        let end = memchr::memchr(b'<', &available[1..]).map(|at| at + 1);
        let end = end.unwrap_or_else(|| match memchr::memrchr(b'&', available) {
            // The rest of a reference may not be in the buffer yet.
            Some(at) if at > 0 && available.len() - at < LOOKAHEAD => at,
            Some(_) | None => match char_boundary(available, available.len()) {
                // The file ends inside a character.
                0 => available.len(),
                whole => whole,
            },
        });
        if let TextMode::Collect(message) = mode {
            let piece = encoding::decode_lossy(&available[..end]);
            self.used_fallback_encoding |= matches!(piece, Cow::Owned(_));
            message.push(&unescape(&piece));
        }
        self.consume(end);
    }

    /// Consumes everything up to and including `end`; returns false if the file has no such end.
    fn skip_until(&mut self, end: &[u8], mode: &mut TextMode<'_>) -> io::Result<bool> {
        loop {
            let available = self.buffer.available();
            let found = memchr::memmem::find(available, end);
            let upto = available.len().saturating_sub(end.len() - 1);
            let upto = found.unwrap_or_else(|| char_boundary(available, upto));
            if let TextMode::Collect(message) = mode {
                message.push_bytes(&available[..upto]);
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

    /// Consumes a DOCTYPE, its declarations in brackets included.
    fn skip_doctype(&mut self) -> io::Result<bool> {
        let (mut in_brackets, mut quote) = (false, None);
        loop {
            let available = self.buffer.available();
            let end = available.iter().position(|b| {
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
            self.consume(end.map_or(available.len(), |end| end + 1));
            if end.is_some() || !self.fill()? {
                return Ok(end.is_some());
            }
        }
    }

    fn consume(&mut self, count: usize) {
        self.buffer.consume(count);
        self.uncounted += count;
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.count_lines();
        self.buffer.fill()
    }

    fn count_lines(&mut self) {
        if self.uncounted > 0 {
            let consumed = self.buffer.consumed(self.uncounted);
            let lines = memchr::memchr_iter(b'\n', consumed).count() as u32;
            self.current_line = self.current_line.saturating_add(lines);
            self.uncounted = 0;
        }
    }
}

/// The number of bytes up to `upto` that are whole characters.
fn char_boundary(bytes: &[u8], upto: usize) -> usize {
    let back = bytes[..upto].iter().rev().take(3).position(|b| *b >= 0xc0 || *b < 0x80);
    match back {
        Some(back) if bytes[upto - 1 - back] >= 0xc0 => upto - 1 - back,
        Some(_) | None => upto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(xml: &[u8]) -> Vec<String> {
        let mut xml = XmlTokenizer::new(xml).unwrap();
        let mut message = BoundedText::default();
        let mut tokens = Vec::new();
        loop {
            let token = xml.next(TextMode::Collect(&mut message)).unwrap();
            let text = match &token {
                XmlToken::StartTag(tag) | XmlToken::EmptyTag(tag) => {
                    let mut text = format!("<{}", tag.name());
                    tag.attributes(|name, value| text += &format!(" {name}={}", value.text()));
                    text
                }
                XmlToken::EndTag(name) => format!("/{name}"),
                XmlToken::Declaration => "?xml".to_owned(),
                XmlToken::Eof => "end".to_owned(),
                XmlToken::UnexpectedEof => "cut".to_owned(),
            };
            let last = matches!(token, XmlToken::Eof | XmlToken::UnexpectedEof);
            if !message.text().is_empty() {
                tokens.push(format!("'{}'", message.text()));
                message.clear();
            }
            tokens.push(text);
            if last {
                return tokens;
            }
        }
    }

    #[test]
    fn text_is_joined_across_entities_and_cdata() {
        let xml = b"<?xml version='1.0'?><a>x &lt;y&gt; &#x7;&#65;&unknown; & <![CDATA[<z> ]]]]><![CDATA[>]]></a>";
        let want = ["?xml", "<a", "'x <y> \u{fffd}A&unknown; & <z> ]]>'", "/a", "end"];
        assert_eq!(tokens(xml), want);
    }

    #[test]
    fn entities_and_comments_are_not_expanded() {
        let xml = b"<!DOCTYPE a [<!ENTITY b 'x'><!ENTITY c '&b;&b;'>]><a><!-- <b> -->&c;</a>";
        assert_eq!(tokens(xml), ["<a", "'&c;'", "/a", "end"]);
    }

    #[test]
    fn comments_are_collected_on_request() {
        let mut xml = XmlTokenizer::new(&b"<a>b<!-- c --> d <!--e--><?f?></a>"[..]).unwrap();
        assert!(matches!(xml.next(TextMode::Discard), Ok(XmlToken::StartTag(_))));
        let mut comments = BoundedText::default();
        assert!(matches!(xml.next(TextMode::Comments(&mut comments)), Ok(XmlToken::EndTag(_))));
        assert_eq!(comments.text(), "c --e--");
    }

    #[test]
    fn malformed_xml_is_read_leniently() {
        let xml = b"noise <a b='1' c='&quot;\n&#10;'>1 < 2 ]]> </x></a>\nmore\n<a/>";
        let want = ["'noise'", "<a b=1 c=\" \n", "'1 < 2 ]]>'", "/x", "/a", "'more'", "<a", "end"];
        assert_eq!(tokens(xml), want);
    }

    #[test]
    fn truncated_input_gives_unexpected_eof() {
        for cut in
            ["<a b='", "<a><!-- x", "<a><![CDATA[x", "<a><![CDA", "<a><", "</a", "<!DOCTYPE a ["]
        {
            assert_eq!(tokens(cut.as_bytes()).last().unwrap(), "cut", "{cut}");
        }
    }
}
