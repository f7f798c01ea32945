//! Drives a well-formed XML report through an [`XmlReport`], element by element.
//!
//! Each root element is a suite. The text of an element is its own, without that of the elements in it, up to a
//! bound. Every element that opens is closed exactly once, also where the file ends inside it. JUnit has its own
//! lenient reader, because many tools write it by hand.
//!
//! <https://www.w3.org/TR/xml/>

use super::totals::emit_malformed_total;
use crate::formats::signatures;
use crate::model::{EndOfInput, Event, RunBuilder, truncate_at_char};
use crate::syntax::bounded_text::BoundedText;
use crate::syntax::encoding;
use crate::syntax::read_end::ReadEnd;
use crate::syntax::xml::tag::Tag;
use crate::syntax::xml::{TextMode, XmlToken, XmlTokenizer};
use std::io::{self, Read};

/// The elements of a format and their meaning.
pub(crate) trait XmlReport: Default {
    /// The root elements.
    const ROOTS: &'static [&'static str];
    /// The elements that are read for their attributes and children.
    const ELEMENTS: &'static [&'static str];
    /// The elements that are read for their text too.
    const TEXTS: &'static [&'static str];

    /// A known element starts. `parent` is the element around it; empty where that is none of a known name.
    fn open(&mut self, tag: &Tag<'_>, parent: &str, builder: &mut RunBuilder<'_>);

    /// An element of an unknown name starts; the arguments are those of [`XmlReport::open`].
    fn open_unknown(&mut self, _: &Tag<'_>, _: &str, _: &mut RunBuilder<'_>) {}

    /// A known element ends, or the file ends inside it.
    fn close(&mut self, end: ElementEnd<'_>, builder: &mut RunBuilder<'_>);
}

pub(crate) struct ElementEnd<'a> {
    /// The element's name without prefix.
    pub name: &'static str,
    /// The name of the element around it; empty where that is none of a known name.
    pub parent: &'static str,
    /// The text in it; empty for elements outside [`XmlReport::TEXTS`].
    pub text: &'a str,
    /// Whether the end tag was found.
    pub kind: EndKind,
    /// The 1-based line of the end.
    pub line: u32,
}

/// Whether an element has its end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndKind {
    EndTag,
    Missing,
}

struct OpenElement {
    /// Where its name begins in [`XmlDriver::names`].
    name_start: usize,
    /// Its name if it is a known one.
    known: Option<&'static str>,
    text: Option<BoundedText>,
}

/// How deep elements may be nested.
const MAX_DEPTH: usize = 1000;

/// The beginning of an XML file, enough to detect its format.
#[derive(Debug, Default)]
pub(crate) struct XmlHead {
    /// The names of the first tags, the root's first.
    pub names: Vec<String>,
    /// The names of the root's attributes.
    pub attributes: Vec<String>,
    /// The root's `xmlns`.
    pub namespace: String,
}

impl XmlHead {
    /// Parses the first bytes of a file.
    pub(crate) fn parse(head: &[u8]) -> XmlHead {
        let mut parsed = XmlHead::default();
        let head = head.trim_ascii_start();
        // Most files are no XML, and the tokenizer allocates its buffer first.
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

    /// Whether one of these tags follows the root.
    pub(crate) fn has_inner(&self, names: &[&str]) -> bool {
        self.names.iter().skip(1).any(|name| names.contains(&name.as_str()))
    }

    /// Whether the first tag after the root is one of these, or is not in these bytes.
    pub(crate) fn may_start_with(&self, names: &[&str]) -> bool {
        self.names.get(1).is_none_or(|name| names.contains(&name.as_str()))
    }
}

/// Whether a file's root is one of those of a format.
pub(crate) fn has_root<E: XmlReport>(head: &XmlHead) -> bool {
    E::ROOTS.contains(&head.root())
}

pub(crate) fn read<E: XmlReport>(input: &mut dyn Read, builder: &mut RunBuilder<'_>) -> ReadEnd {
    read_into(&mut E::default(), input, builder)
}

fn read_into<E: XmlReport>(
    report: &mut E,
    input: &mut dyn Read,
    builder: &mut RunBuilder<'_>,
) -> ReadEnd {
    let mut xml = match XmlTokenizer::new(input) {
        Ok(xml) => xml,
        Err(error) => return ReadEnd::unreadable(0, &error),
    };
    let mut driver = XmlDriver {
        open: Vec::new(),
        names: String::new(),
        roots: 0,
        has_known: false,
        has_unknown: false,
        is_only_declared: false,
        text_after_root: BoundedText::default(),
        report,
        builder,
    };
    let result = driver.run(&mut xml);
    let line = xml.line();
    let open_at_end = driver.open.len();
    driver.close_to(0, EndKind::Missing, line);
    let roots = driver.roots;
    if xml.used_fallback_encoding() {
        builder.handle(line, Event::WrongEncoding { read_as: encoding::FALLBACK });
    }
    match result {
        Err(error) => ReadEnd::unreadable(line, &error),
        Ok(end) => ReadEnd { line, end }.truncated_if(open_at_end > 0 || roots == 0),
    }
}

struct XmlDriver<'w, 'b, 's, E> {
    open: Vec<OpenElement>,
    /// The names of the open elements, concatenated.
    names: String,
    /// The number of root elements so far.
    roots: u32,
    /// Whether the present root has elements of known names, and of others.
    has_known: bool,
    has_unknown: bool,
    /// Whether the present document has its declaration but no element yet.
    is_only_declared: bool,
    /// The text that follows the last root.
    text_after_root: BoundedText,
    report: &'w mut E,
    builder: &'b mut RunBuilder<'s>,
}

impl<E: XmlReport> XmlDriver<'_, '_, '_, E> {
    fn run(&mut self, xml: &mut XmlTokenizer<impl Read>) -> io::Result<EndOfInput> {
        loop {
            let is_after_root = self.open.is_empty() && self.roots > 0;
            let text = match self.open.last_mut().and_then(|open| open.text.as_mut()) {
                Some(message) => TextMode::Collect(message),
                // After a declaration, it is what the next program printed first.
                None if is_after_root && !self.is_only_declared => {
                    TextMode::Collect(&mut self.text_after_root)
                }
                None => TextMode::Discard,
            };
            let line = xml.line();
            let token = xml.next(text)?;
            if is_after_root
                && let Some(what) =
                    foreign_content::<E>(&std::mem::take(&mut self.text_after_root), &token)
            {
                self.builder.handle(line, Event::Damaged { what: what.into() });
            }
            match token {
                XmlToken::StartTag(tag) | XmlToken::EmptyTag(tag) if !tag.is_well_formed() => {
                    return Ok(malformed("a quotation mark inside an attribute's value"));
                }
                XmlToken::StartTag(tag) => self.start(&tag),
                XmlToken::EmptyTag(tag) => {
                    self.start(&tag);
                    self.close_to(self.open.len() - 1, EndKind::EndTag, tag.line);
                }
                XmlToken::EndTag(name) => match self.matching_depth(&name) {
                    Ok(depth) => self.close_to(depth, EndKind::EndTag, line),
                    Err(what) => return Ok(malformed(what)),
                },
                // A further document: the one before must have ended.
                XmlToken::Declaration if self.open.is_empty() => self.is_only_declared = true,
                XmlToken::Declaration => {
                    self.close_to(0, EndKind::Missing, line);
                    return Ok(malformed("a document inside another"));
                }
                XmlToken::Eof => return Ok(EndOfInput::Complete),
                XmlToken::UnexpectedEof => return Ok(EndOfInput::Truncated),
            }
            if self.open.len() > MAX_DEPTH {
                return Ok(malformed(&format!("elements nested deeper than {MAX_DEPTH}")));
            }
        }
    }

    /// The number of elements that stay open after an end tag. Text that a tool forgot to escape can look like
    /// tags, so elements of unknown names need not match.
    fn matching_depth(&self, name: &str) -> Result<usize, &'static str> {
        let mut end = self.names.len();
        let depth = self.open.iter().rposition(|open| {
            let is_match = self.names[open.name_start..end] == *name;
            end = open.name_start;
            is_match
        });
        match depth {
            Some(depth) if self.open[depth + 1..].iter().all(|open| open.known.is_none()) => {
                Ok(depth)
            }
            _ if known::<E>(name).is_none() => Ok(self.open.len()),
            Some(_) | None => Err("an end tag that closes no open element"),
        }
    }

    fn parent(&self) -> &'static str {
        self.open.last().and_then(|open| open.known).unwrap_or("")
    }

    fn start(&mut self, tag: &Tag<'_>) {
        if self.open.is_empty() {
            self.roots += 1;
            self.is_only_declared = false;
            (self.has_known, self.has_unknown) = (false, false);
            self.builder.handle(tag.line, Event::SuiteStarted { name: None });
        }
        let known = known::<E>(tag.name());
        if !self.open.is_empty() {
            self.has_known |= known.is_some();
            self.has_unknown |= known.is_none();
        }
        if known.is_some() {
            self.report.open(tag, self.parent(), self.builder);
        } else {
            self.report.open_unknown(tag, self.parent(), self.builder);
        }
        if let Some((name, value)) = tag.malformed_number() {
            emit_malformed_total(name, &value, tag.line, self.builder);
        }
        let has_text = known.is_some_and(|name| E::TEXTS.contains(&name));
        self.open.push(OpenElement {
            name_start: self.names.len(),
            known,
            text: has_text.then(BoundedText::default),
        });
        self.names.push_str(tag.name());
    }

    /// Closes elements until `depth` are open.
    fn close_to(&mut self, depth: usize, kind: EndKind, line: u32) {
        while self.open.len() > depth {
            let Some(open) = self.open.pop() else { return };
            self.names.truncate(open.name_start);
            if let Some(name) = open.known {
                let text = open.text.as_ref().map_or("", BoundedText::text);
                let end = ElementEnd { name, parent: self.parent(), text, kind, line };
                self.report.close(end, self.builder);
            }
            let is_foreign = self.roots > 1 && self.has_unknown && !self.has_known;
            if self.open.is_empty() && is_foreign {
                let what = "no element in the root is one of its format".into();
                self.builder.handle(line, Event::Damaged { what });
            }
            if self.open.is_empty() && kind == EndKind::EndTag {
                self.builder.handle(line, Event::SuiteEnded);
            }
        }
    }
}

/// What follows a root and is no root of this format.
fn foreign_content<E: XmlReport>(text: &BoundedText, next: &XmlToken<'_>) -> Option<String> {
    match next {
        _ if signatures::may_be_results(text) => Some(RESULTS_AFTER_ROOT.to_owned()),
        XmlToken::StartTag(tag) | XmlToken::EmptyTag(tag) => {
            (!E::ROOTS.contains(&tag.name())).then(|| foreign_root(tag.name()))
        }
        XmlToken::EndTag(name) => Some(foreign_root(name)),
        XmlToken::Declaration | XmlToken::Eof | XmlToken::UnexpectedEof => None,
    }
}

/// Describes results of another format after the root element.
pub(crate) const RESULTS_AFTER_ROOT: &str = "results of another format, or much text, follow the root element: write each format to a file of its own";

/// Describes an element that is no root of the format.
fn foreign_root(name: &str) -> String {
    let name = truncate_at_char(name, 60);
    format!("the element `{name}` follows the root element: write each format to a file of its own")
}

fn malformed(what: &str) -> EndOfInput {
    EndOfInput::Unreadable { what: what.to_owned() }
}

/// A format's own copy of the name of one of its elements.
fn known<E: XmlReport>(name: &str) -> Option<&'static str> {
    let mut all = E::ELEMENTS.iter().chain(E::TEXTS).chain(E::ROOTS);
    all.find(|known| **known == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::emit::test_record::testing::DecodedRun;
    use crate::model::ReadConfig;

    /// A log of the elements of `<root><a>text</a></root>`.
    #[derive(Default)]
    struct ElementLog(Vec<String>);

    impl XmlReport for ElementLog {
        const ROOTS: &'static [&'static str] = &["root"];
        const ELEMENTS: &'static [&'static str] = &[];
        const TEXTS: &'static [&'static str] = &["a"];

        fn open(&mut self, tag: &Tag<'_>, parent: &str, _: &mut RunBuilder<'_>) {
            self.0.push(format!("{parent}<{}", tag.name()));
        }

        fn close(&mut self, end: ElementEnd<'_>, _: &mut RunBuilder<'_>) {
            self.0.push(format!("{}: {} {:?}", end.name, end.text, end.kind));
        }
    }

    fn read_log(xml: &str) -> (Vec<String>, EndOfInput) {
        let mut log = ElementLog::default();
        let mut sink = DecodedRun::default();
        let mut builder = RunBuilder::new(0, ReadConfig::default(), &mut sink);
        let ReadEnd { end, .. } = read_into(&mut log, &mut xml.as_bytes(), &mut builder);
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
