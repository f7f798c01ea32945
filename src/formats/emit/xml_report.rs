//! The elements of a well-formed XML report, with the elements around them and the text in them.
//!
//! In: any reader, and what a format makes of its elements. Out: how the file ended. Most formats of
//! XML are read by this; only JUnit, which too many tools write by hand, has a reader that forgives. A
//! newcomer's trap: the text of an element is its own only, up to a bound, without that of the
//! elements in it. An element is closed only once, also when the file ends in it: then it says so.
//!
//! <https://www.w3.org/TR/xml/>

use crate::model::{EndOfInput, Event, RunBuilder};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding;
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use crate::syntax::xml::{TextMode, XmlToken, XmlTokenizer};
use std::borrow::Cow;
use std::io::{self, Read};

/// What a format makes of its elements.
pub(crate) trait XmlReport {
    /// The root elements.
    const ROOTS: &'static [&'static str];
    /// All elements that mean something, and whether the text in them is wanted.
    const ELEMENTS: &'static [(&'static str, Content)];

    /// A known element starts.
    fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, builder: &mut RunBuilder<'_>);

    /// A known element ends, or the file ends in it.
    fn close(
        &mut self,
        ancestors: Ancestors<'_>,
        closed: ElementEnd<'_>,
        builder: &mut RunBuilder<'_>,
    );
}

/// What of an element is wanted beside its attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Its elements.
    Children,
    /// The text in it too.
    Text,
}

/// The open elements around the present one.
#[derive(Clone, Copy)]
pub(crate) struct Ancestors<'a>(&'a [OpenElement]);

/// An element at its end.
pub(crate) struct ElementEnd<'a> {
    /// As it stands in [`Elements::KNOWN`].
    pub name: &'static str,
    /// Empty when it is not wanted.
    pub text: &'a str,
    /// Whether its end tag came.
    pub kind: EndKind,
    /// The 1-based line where it ends.
    pub line: u32,
}

/// Whether an element has its end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndKind {
    EndTag,
    Missing,
}

/// An open element.
struct OpenElement {
    /// Where its name begins among those of all that are open.
    name_start: usize,
    /// Its name when it means something.
    known: Option<&'static str>,
    text: Option<BoundedText>,
}

/// How deep elements may be nested.
const MAX_DEPTH: usize = 1000;

impl Ancestors<'_> {
    /// The element right around; empty when there is none that means something.
    pub(crate) fn parent(self) -> &'static str {
        self.0.last().and_then(|open| open.known).unwrap_or("")
    }

    /// Whether one of this name is open.
    pub(crate) fn contains(self, name: &str) -> bool {
        self.0.iter().any(|open| open.known == Some(name))
    }
}

/// What stands at the beginning of a file: enough to know its format.
#[derive(Debug, Default)]
pub(crate) struct XmlHead {
    /// The names of the first tags, the root's first.
    pub names: Vec<String>,
    /// What the root's attributes are called.
    pub attributes: Vec<String>,
    /// The root's `xmlns`.
    pub namespace: String,
}

impl XmlHead {
    /// Looks at the first bytes of a file.
    pub(crate) fn parse(head: &[u8]) -> XmlHead {
        let mut parsed = XmlHead::default();
        let head = head.trim_ascii_start();
        // Most files are no XML, whose reader takes memory before it looks.
        let xml = head.starts_with(b"<").then(|| XmlTokenizer::new(head));
        let Some(Ok(mut xml)) = xml else { return parsed };
        while parsed.names.len() < 8 {
            match xml.next(TextMode::Discard) {
                Ok(XmlToken::StartTag(tag) | XmlToken::EmptyTag(tag)) => {
                    if parsed.names.is_empty() {
                        tag.attributes(|name, _| parsed.attributes.push(name.to_owned()));
                        parsed.namespace = tag.attribute("xmlns").into_owned();
                    }
                    parsed.names.push(tag.name().to_owned());
                }
                Ok(XmlToken::EndTag(_) | XmlToken::Declaration) => {}
                Ok(XmlToken::Eof | XmlToken::UnexpectedEof) | Err(_) => break,
            }
        }
        parsed
    }

    /// The root's name; empty when there is none.
    pub(crate) fn root(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// Whether a file's root is one of those of a format.
pub(crate) fn has_root<E: XmlReport>(head: &XmlHead) -> bool {
    E::ROOTS.contains(&head.root())
}

/// Reads a whole file. Each root element is a suite.
pub(crate) fn read<E: XmlReport>(
    input: impl Read,
    report: &mut E,
    builder: &mut RunBuilder<'_>,
) -> ReadEnd {
    let mut xml = match XmlTokenizer::new(input) {
        Ok(xml) => xml,
        Err(error) => return ReadEnd::unreadable(0, &error),
    };
    let mut driver =
        XmlDriver { open: Vec::new(), names: String::new(), roots: 0, report, builder };
    let stop_reason = driver.run(&mut xml);
    let line = xml.line();
    let open_at_end = driver.open.len();
    driver.close_to(0, EndKind::Missing, line);
    let roots = driver.roots;
    if xml.used_fallback_encoding() {
        builder.handle(line, Event::WrongEncoding { read_as: encoding::FALLBACK });
    }
    let end = match stop_reason {
        Err(error) => return ReadEnd::unreadable(line, &error),
        Ok(XmlStopReason::Malformed(what)) => return ReadEnd::unreadable(line, &what),
        Ok(XmlStopReason::Eof) if open_at_end == 0 && roots > 0 => EndOfInput::Complete,
        Ok(XmlStopReason::Eof | XmlStopReason::Truncated) => EndOfInput::Truncated,
    };
    ReadEnd { line, end }
}

/// Why reading stopped.
enum XmlStopReason {
    Eof,
    Truncated,
    Malformed(Cow<'static, str>),
}

struct XmlDriver<'w, 'b, 's, E> {
    open: Vec<OpenElement>,
    /// The names of the open elements, one behind the other.
    names: String,
    /// How many root elements came.
    roots: u32,
    report: &'w mut E,
    builder: &'b mut RunBuilder<'s>,
}

impl<E: XmlReport> XmlDriver<'_, '_, '_, E> {
    fn run(&mut self, xml: &mut XmlTokenizer<impl Read>) -> io::Result<XmlStopReason> {
        loop {
            let text = match self.open.last_mut().and_then(|open| open.text.as_mut()) {
                Some(message) => TextMode::Collect(message),
                None => TextMode::Discard,
            };
            let line = xml.line();
            match xml.next(text)? {
                XmlToken::StartTag(tag) | XmlToken::EmptyTag(tag) if !tag.is_well_formed() => {
                    let what = "a quotation mark stands inside an attribute's value";
                    return Ok(XmlStopReason::Malformed(Cow::Borrowed(what)));
                }
                XmlToken::StartTag(tag) => self.start(&tag),
                XmlToken::EmptyTag(tag) => {
                    self.start(&tag);
                    self.close_to(self.open.len() - 1, EndKind::EndTag, tag.line);
                }
                XmlToken::EndTag(name) => match self.matching_depth(&name) {
                    Ok(depth) => self.close_to(depth, EndKind::EndTag, line),
                    Err(what) => return Ok(XmlStopReason::Malformed(Cow::Borrowed(what))),
                },
                // A further document: the one before must have ended.
                XmlToken::Declaration if self.open.is_empty() => {}
                XmlToken::Declaration => {
                    self.close_to(0, EndKind::Missing, line);
                    return Ok(XmlStopReason::Malformed(Cow::Borrowed(
                        "a document inside another",
                    )));
                }
                XmlToken::Eof => return Ok(XmlStopReason::Eof),
                XmlToken::UnexpectedEof => return Ok(XmlStopReason::Truncated),
            }
            if self.open.len() > MAX_DEPTH {
                let what = format!("elements nested deeper than {MAX_DEPTH}");
                return Ok(XmlStopReason::Malformed(Cow::Owned(what)));
            }
        }
    }

    /// How many elements stay open behind an end tag. Text that a tool forgot to escape can look like
    /// tags: those of elements that mean nothing need not match.
    fn matching_depth(&self, name: &str) -> Result<usize, &'static str> {
        let mut end = self.names.len();
        let depth = self.open.iter().rposition(|open| {
            let is_match = self.names[open.name_start..end] == *name;
            end = open.name_start;
            is_match
        });
        let is_known = E::ELEMENTS.iter().any(|(known, _)| *known == name);
        match depth {
            Some(depth) if self.open[depth + 1..].iter().all(|open| open.known.is_none()) => {
                Ok(depth)
            }
            _ if !is_known => Ok(self.open.len()),
            Some(_) | None => Err("an end tag that closes no open element"),
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        if self.open.is_empty() {
            self.roots += 1;
            self.builder.handle(tag.line, Event::SuiteStarted { name: None });
        }
        let known = E::ELEMENTS.iter().find(|(name, _)| *name == tag.name());
        if known.is_some() {
            self.report.open(Ancestors(&self.open), tag, self.builder);
        }
        self.open.push(OpenElement {
            name_start: self.names.len(),
            known: known.map(|(name, _)| *name),
            text: known.filter(|(_, c)| *c == Content::Text).map(|_| BoundedText::default()),
        });
        self.names.push_str(tag.name());
    }

    /// Closes elements until this many are open.
    fn close_to(&mut self, depth: usize, kind: EndKind, line: u32) {
        while self.open.len() > depth {
            let Some(open) = self.open.pop() else { return };
            self.names.truncate(open.name_start);
            if let Some(name) = open.known {
                let text = open.text.as_ref().map_or("", BoundedText::text);
                let closed = ElementEnd { name, text, kind, line };
                self.report.close(Ancestors(&self.open), closed, self.builder);
            }
            if self.open.is_empty() && kind == EndKind::EndTag {
                self.builder.handle(line, Event::SuiteEnded);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, ProblemKind, ReadConfig, Sink, TestResult};

    /// Writes down what it sees of `<root><a>text</a></root>`.
    #[derive(Default)]
    struct ElementLog(Vec<String>);

    impl XmlReport for ElementLog {
        const ROOTS: &'static [&'static str] = &["root"];
        const ELEMENTS: &'static [(&'static str, Content)] =
            &[("root", Content::Children), ("a", Content::Text)];

        fn open(&mut self, ancestors: Ancestors<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_>) {
            self.0.push(format!("{}<{}", ancestors.parent(), tag.name()));
        }

        fn close(&mut self, _: Ancestors<'_>, closed: ElementEnd<'_>, _: &mut RunBuilder<'_>) {
            self.0.push(format!("{}: {} {:?}", closed.name, closed.text, closed.kind));
        }
    }

    struct DiscardSink;

    impl Sink for DiscardSink {
        fn result(&mut self, _: &TestResult<'_>) {}
        fn gap(&mut self, _: Gap) {}
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    fn read_log(xml: &str) -> (Vec<String>, EndOfInput) {
        let mut log = ElementLog::default();
        let mut sink = DiscardSink;
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut sink);
        let ReadEnd { end, .. } = read(xml.as_bytes(), &mut log, &mut builder);
        (log.0, end)
    }

    #[test]
    fn text_excludes_that_of_child_elements() {
        let (log, end) = read_log("<root><a>one <b>not</b> two<a>in</a> three</a></root>");
        let want = ["<root", "root<a", "a<a", "a: in EndTag", "a: one  two three EndTag"];
        assert_eq!(log[..5], want);
        assert_eq!(end, EndOfInput::Complete);
    }

    #[test]
    fn elements_open_at_eof_are_closed_once() {
        let (log, end) = read_log("<root><a>one");
        assert_eq!(log[2..], ["a: one Missing", "root:  Missing"]);
        assert_eq!(end, EndOfInput::Truncated);
        assert_eq!(read_log("").1, EndOfInput::Truncated);
        assert_eq!(read_log("<root><a><?xml version='1.0'?><root/>").0.len(), 4);
    }

    #[test]
    fn unknown_tags_may_be_unmatched_known_ones_must_match() {
        assert_eq!(read_log("<root><a>0x<hex digits> </br></a></root>").1, EndOfInput::Complete);
        for broken in ["<root><a></root>", "<root></a></root>", "<root><a b=\"c\"d\"e\"/></root>"] {
            assert!(matches!(read_log(broken).1, EndOfInput::Unreadable { .. }), "{broken}");
        }
        assert!(matches!(read_log(&"<root>".repeat(100_000)).1, EndOfInput::Unreadable { .. }));
    }

    #[test]
    fn xml_head_skips_comments_and_rejects_leading_text() {
        let head =
            XmlHead::parse(b"<?xml version='1.0'?><!-- <c/> --><x:root xmlns='n' b='1'><a/>");
        assert_eq!((head.root(), head.namespace.as_str()), ("root", "n"));
        assert_eq!(head.names, ["root", "a"]);
        assert_eq!(head.attributes, ["xmlns", "b"]);
        assert_eq!(XmlHead::parse(b"ok 1 - <root>").root(), "");
    }
}
