//! The tags of an XML file, one at a time, and the text between them when somebody wants it.
//!
//! In: any reader. Out: tags with their attributes, and lines. Real reports are often not well
//! formed, so nothing is checked that need not be: end tags may not match, a lone `<` or `&` is text,
//! several documents may follow each other. There are no entities but XML's own five: a DOCTYPE is
//! skipped, so nothing expands and nothing is fetched. Text is never held, however long it is, and a
//! tag is looked at where it stands: that is why this is no general XML reader.
//!
//! <https://www.w3.org/TR/xml/>

pub(crate) mod delimiters;
pub(crate) mod tag;

use super::bounded_text::Message;
use super::buffer::Window;
use super::encoding::{self, Declared};
use std::borrow::Cow;
use std::io::{self, Read};
use tag::{LONGEST_REFERENCE, Scan, Scanned, Tag, What, references_resolved};

/// The longest tag, in bytes, attributes included.
const LONGEST_TAG: usize = 16 << 20;

/// The tags of a file.
pub struct Xml<R> {
    window: Window<R>,
    /// The line of the place `uncounted` bytes before the present one.
    reached: u32,
    uncounted: usize,
    line: u32,
    /// Of the last tag.
    scan: Scan,
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

/// How many bytes are looked at to tell what stands there: more than the longest opening.
const LOOKAHEAD: usize = LONGEST_REFERENCE;

const CDATA: &[u8] = b"<![CDATA[";

impl<R: Read> Xml<R> {
    /// The tags of the input.
    pub fn new(input: R) -> io::Result<Xml<R>> {
        let window = Window::new(input, Declared::InXml)?;
        Ok(Xml {
            window,
            reached: 1,
            uncounted: 0,
            line: 1,
            scan: Scan::default(),
            fell_back: false,
        })
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
            if let Text::Skip = text {
                self.skip_blanks();
            }
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

    /// Between tags there are most often a line end and a few blanks: not worth a search.
    fn skip_blanks(&mut self) {
        self.count_lines();
        let mut lines = 0;
        let is_blank = |b: &&u8| {
            lines += u32::from(**b == b'\n');
            **b <= b' '
        };
        let blanks = self.window.seen().iter().take_while(is_blank).count();
        self.window.consume(blanks);
        self.reached = self.reached.saturating_add(lines);
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
            [b'<', b'!', b'[', ..] if seen.starts_with(CDATA) => At::Cdata,
            [b'<'] => At::Cut,
            [b'<', b'!', ..] if seen.len() < CDATA.len() => At::Cut,
            [..] => At::Text,
        })
    }

    /// The tag at the present place: up to the first `>` outside quotes.
    fn tag(&mut self) -> io::Result<Node<'_>> {
        self.scan.restart();
        let length = loop {
            if let Some(length) = self.scan.end(&self.window.seen()[1..]) {
                break length;
            }
            if self.scan.scanned() > LONGEST_TAG {
                let what = format!("a tag longer than {LONGEST_TAG} bytes");
                return Err(io::Error::other(what));
            }
            if !self.fill()? {
                return Ok(Node::Cut);
            }
        };
        let whole = length + 2;
        self.window.consume(whole);
        let source = &self.window.passed(whole)[1..whole - 1];
        let Scanned { what, fell_back, one_line } = self.scan.tag(source, self.line);
        self.fell_back |= fell_back;
        if !one_line {
            self.uncounted = whole;
        }
        Ok(match what {
            What::Start(tag) => Node::Open(tag),
            What::Empty(tag) => Node::Empty(tag),
            What::End(name) => Node::Close(name),
        })
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
        if self.uncounted > 0 {
            let passed = self.window.passed(self.uncounted);
            let lines = memchr::memchr_iter(b'\n', passed).count() as u32;
            self.reached = self.reached.saturating_add(lines);
            self.uncounted = 0;
        }
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
