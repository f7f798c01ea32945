//! The elements of a well-formed XML report, with the elements around them and the text in them.
//!
//! In: any reader, and what a format makes of its elements. Out: how the file ended. Most formats of
//! XML are read by this; only JUnit, which too many tools write by hand, has a reader that forgives. A
//! newcomer's trap: the text of an element is its own only, up to a bound, without that of the
//! elements in it. An element is closed only once, also when the file ends in it: then it says so.
//!
//! <https://www.w3.org/TR/xml/>

use crate::model::{End, Event, RunBuilder, Sink};
use crate::syntax::bounded_text::Message;
use crate::syntax::encoding;
use crate::syntax::read_end::Ended;
use crate::syntax::xml::tag::Tag;
use crate::syntax::xml::{Node, Text, Xml};
use std::borrow::Cow;
use std::io::{self, Read};

/// What a format makes of its elements.
pub trait Elements {
    /// The root elements.
    const ROOTS: &'static [&'static str];
    /// All elements that mean something, and whether the text in them is wanted.
    const KNOWN: &'static [(&'static str, Content)];

    /// A known element starts.
    fn open<S: Sink>(&mut self, around: Around<'_>, tag: &Tag<'_>, builder: &mut RunBuilder<'_, S>);

    /// A known element ends, or the file ends in it.
    fn close<S: Sink>(
        &mut self,
        around: Around<'_>,
        closed: Closed<'_>,
        builder: &mut RunBuilder<'_, S>,
    );
}

/// What of an element is wanted beside its attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Its elements.
    Elements,
    /// The text in it too.
    Text,
}

/// The open elements around the present one.
#[derive(Clone, Copy)]
pub struct Around<'a>(&'a [Open]);

/// An element at its end.
pub struct Closed<'a> {
    /// As it stands in [`Elements::KNOWN`].
    pub name: &'static str,
    /// Empty when it is not wanted.
    pub text: &'a str,
    /// Whether its end tag came.
    pub how: Closing,
    /// The 1-based line where it ends.
    pub line: u32,
}

/// Whether an element has its end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    Closed,
    NeverClosed,
}

/// An open element.
struct Open {
    /// Where its name begins among those of all that are open.
    name: usize,
    /// Its name when it means something.
    known: Option<&'static str>,
    text: Option<Message>,
}

/// How deep elements may be nested.
const DEEPEST: usize = 1000;

impl Around<'_> {
    /// The element right around; empty when there is none that means something.
    pub fn parent(self) -> &'static str {
        self.0.last().and_then(|open| open.known).unwrap_or("")
    }

    /// Whether one of this name is open.
    pub fn has(self, name: &str) -> bool {
        self.0.iter().any(|open| open.known == Some(name))
    }
}

/// What stands at the beginning of a file: enough to know its format.
#[derive(Debug, Default)]
pub struct Opening {
    /// The names of the first tags, the root's first.
    pub names: Vec<String>,
    /// What the root's attributes are called.
    pub attributes: Vec<String>,
    /// The root's `xmlns`.
    pub namespace: String,
}

impl Opening {
    /// Looks at the first bytes of a file.
    pub fn of(head: &[u8]) -> Opening {
        let mut opening = Opening::default();
        let head = head.trim_ascii_start();
        // Most files are no XML, whose reader takes memory before it looks.
        let xml = head.starts_with(b"<").then(|| Xml::new(head));
        let Some(Ok(mut xml)) = xml else { return opening };
        while opening.names.len() < 8 {
            match xml.next(Text::Skip) {
                Ok(Node::Open(tag) | Node::Empty(tag)) => {
                    if opening.names.is_empty() {
                        tag.attributes(|name, _| opening.attributes.push(name.to_owned()));
                        opening.namespace = tag.attribute("xmlns").into_owned();
                    }
                    opening.names.push(tag.name().to_owned());
                }
                Ok(Node::Close(_) | Node::Declaration) => {}
                Ok(Node::End | Node::Cut) | Err(_) => break,
            }
        }
        opening
    }

    /// The root's name; empty when there is none.
    pub fn root(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// Whether a file's root is one of those of a format.
pub fn has_root<E: Elements>(opening: &Opening) -> bool {
    E::ROOTS.contains(&opening.root())
}

/// Reads a whole file. Each root element is a suite.
pub fn read<E: Elements, S: Sink>(
    input: impl Read,
    elements: &mut E,
    builder: &mut RunBuilder<'_, S>,
) -> Ended {
    let mut xml = match Xml::new(input) {
        Ok(xml) => xml,
        Err(error) => return Ended::unreadable(0, &error),
    };
    let mut walk = Walk { open: Vec::new(), names: String::new(), roots: 0, elements, builder };
    let stopped = walk.run(&mut xml);
    let line = xml.line();
    let within = walk.open.len();
    walk.close_to(0, Closing::NeverClosed, line);
    let roots = walk.roots;
    if xml.fell_back() {
        builder.event(line, Event::WrongEncoding { read_as: encoding::FALLBACK });
    }
    let end = match stopped {
        Err(error) => return Ended::unreadable(line, &error),
        Ok(Stopped::Malformed(what)) => return Ended::unreadable(line, &what),
        Ok(Stopped::AtEnd) if within == 0 && roots > 0 => End::Whole,
        Ok(Stopped::AtEnd | Stopped::Cut) => End::Cut,
    };
    Ended { line, end }
}

/// Why reading stopped.
enum Stopped {
    AtEnd,
    Cut,
    Malformed(Cow<'static, str>),
}

struct Walk<'w, 'b, 's, E, S: Sink> {
    open: Vec<Open>,
    /// The names of the open elements, one behind the other.
    names: String,
    /// How many root elements came.
    roots: u32,
    elements: &'w mut E,
    builder: &'b mut RunBuilder<'s, S>,
}

impl<E: Elements, S: Sink> Walk<'_, '_, '_, E, S> {
    fn run(&mut self, xml: &mut Xml<impl Read>) -> io::Result<Stopped> {
        loop {
            let text = match self.open.last_mut().and_then(|open| open.text.as_mut()) {
                Some(message) => Text::Keep(message),
                None => Text::Skip,
            };
            let line = xml.line();
            match xml.next(text)? {
                Node::Open(tag) | Node::Empty(tag) if !tag.is_well_formed() => {
                    let what = "a quotation mark stands inside an attribute's value";
                    return Ok(Stopped::Malformed(Cow::Borrowed(what)));
                }
                Node::Open(tag) => self.start(&tag),
                Node::Empty(tag) => {
                    self.start(&tag);
                    self.close_to(self.open.len() - 1, Closing::Closed, tag.line);
                }
                Node::Close(name) => match self.closes(&name) {
                    Ok(depth) => self.close_to(depth, Closing::Closed, line),
                    Err(what) => return Ok(Stopped::Malformed(Cow::Borrowed(what))),
                },
                // A further document: the one before must have ended.
                Node::Declaration if self.open.is_empty() => {}
                Node::Declaration => {
                    self.close_to(0, Closing::NeverClosed, line);
                    return Ok(Stopped::Malformed(Cow::Borrowed("a document inside another")));
                }
                Node::End => return Ok(Stopped::AtEnd),
                Node::Cut => return Ok(Stopped::Cut),
            }
            if self.open.len() > DEEPEST {
                let what = format!("elements nested deeper than {DEEPEST}");
                return Ok(Stopped::Malformed(Cow::Owned(what)));
            }
        }
    }

    /// How many elements stay open behind an end tag. Text that a tool forgot to escape can look like
    /// tags: those of elements that mean nothing need not match.
    fn closes(&self, name: &str) -> Result<usize, &'static str> {
        let mut end = self.names.len();
        let depth = self.open.iter().rposition(|open| {
            let is_it = self.names[open.name..end] == *name;
            end = open.name;
            is_it
        });
        let is_known = E::KNOWN.iter().any(|(known, _)| *known == name);
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
            self.builder.event(tag.line, Event::SuiteStarted { name: None });
        }
        let known = E::KNOWN.iter().find(|(name, _)| *name == tag.name());
        if known.is_some() {
            self.elements.open(Around(&self.open), tag, self.builder);
        }
        self.open.push(Open {
            name: self.names.len(),
            known: known.map(|(name, _)| *name),
            text: known.filter(|(_, c)| *c == Content::Text).map(|_| Message::default()),
        });
        self.names.push_str(tag.name());
    }

    /// Closes elements until this many are open.
    fn close_to(&mut self, depth: usize, how: Closing, line: u32) {
        while self.open.len() > depth {
            let Some(open) = self.open.pop() else { return };
            self.names.truncate(open.name);
            if let Some(name) = open.known {
                let text = open.text.as_ref().map_or("", Message::text);
                let closed = Closed { name, text, how, line };
                self.elements.close(Around(&self.open), closed, self.builder);
            }
            if self.open.is_empty() && how == Closing::Closed {
                self.builder.event(line, Event::SuiteEnded);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, Naming, ProblemKind, TestResult};

    /// Writes down what it sees of `<root><a>text</a></root>`.
    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Elements for Seen {
        const ROOTS: &'static [&'static str] = &["root"];
        const KNOWN: &'static [(&'static str, Content)] =
            &[("root", Content::Elements), ("a", Content::Text)];

        fn open<S: Sink>(&mut self, around: Around<'_>, tag: &Tag<'_>, _: &mut RunBuilder<'_, S>) {
            self.0.push(format!("{}<{}", around.parent(), tag.name()));
        }

        fn close<S: Sink>(&mut self, _: Around<'_>, closed: Closed<'_>, _: &mut RunBuilder<'_, S>) {
            self.0.push(format!("{}: {} {:?}", closed.name, closed.text, closed.how));
        }
    }

    struct Nowhere;

    impl Sink for Nowhere {
        fn result(&mut self, _: &TestResult<'_>) {}
        fn gap(&mut self, _: Gap) {}
        fn problem(&mut self, _: u32, _: ProblemKind) {}
    }

    fn seen(xml: &str) -> (Vec<String>, End) {
        let mut seen = Seen::default();
        let mut nowhere = Nowhere;
        let mut builder = RunBuilder::new(0, Naming::default(), &mut nowhere);
        let Ended { end, .. } = read(xml.as_bytes(), &mut seen, &mut builder);
        (seen.0, end)
    }

    #[test]
    fn text_is_that_of_the_element_alone() {
        let (seen, end) = seen("<root><a>one <b>not</b> two<a>in</a> three</a></root>");
        let want = ["<root", "root<a", "a<a", "a: in Closed", "a: one  two three Closed"];
        assert_eq!(seen[..5], want);
        assert_eq!(end, End::Whole);
    }

    #[test]
    fn what_the_file_ends_in_is_closed_once_and_says_so() {
        let (came, end) = seen("<root><a>one");
        assert_eq!(came[2..], ["a: one NeverClosed", "root:  NeverClosed"]);
        assert_eq!(end, End::Cut);
        assert_eq!(seen("").1, End::Cut);
        assert_eq!(seen("<root><a><?xml version='1.0'?><root/>").0.len(), 4);
    }

    #[test]
    fn tags_that_mean_nothing_need_not_match_the_others_must() {
        assert_eq!(seen("<root><a>0x<hex digits> </br></a></root>").1, End::Whole);
        for broken in ["<root><a></root>", "<root></a></root>", "<root><a b=\"c\"d\"e\"/></root>"] {
            assert!(matches!(seen(broken).1, End::Unreadable { .. }), "{broken}");
        }
        assert!(matches!(seen(&"<root>".repeat(100_000)).1, End::Unreadable { .. }));
    }

    #[test]
    fn an_opening_is_what_stands_first_and_nothing_before_it() {
        let opening =
            Opening::of(b"<?xml version='1.0'?><!-- <c/> --><x:root xmlns='n' b='1'><a/>");
        assert_eq!((opening.root(), opening.namespace.as_str()), ("root", "n"));
        assert_eq!(opening.names, ["root", "a"]);
        assert_eq!(opening.attributes, ["xmlns", "b"]);
        assert_eq!(Opening::of(b"ok 1 - <root>").root(), "");
    }
}
