//! One tag as it stands in a file: its name, its attributes and their values.
//!
//! In: bytes from `<` on, as many as can be seen. Out: where the tag ends and where its values stand; then
//! text. A newcomer's trap: real reports are often not well formed. What stands in quotes behind no `=` is
//! no attribute, and a tag ends at the first `>` outside quotes, whatever else it holds.
//!
//! <https://www.w3.org/TR/xml/#sec-starttags>

use super::delimiters::Marks;
use crate::byte_search;
use crate::model::start_of;
use crate::syntax::encoding;
use std::borrow::Cow;

/// What is kept of a value that is asked for by its name, in bytes: it may be a part of many tests'
/// names.
pub const LONGEST_VALUE: usize = 16 << 10;

/// References longer than this are none, in bytes.
pub const LONGEST_REFERENCE: usize = 16;

/// A start tag.
pub struct Tag<'a> {
    /// Without the angle brackets.
    source: Cow<'a, str>,
    /// Whether each of its values is what it means: no reference, no line end, no tab.
    plain: bool,
    /// Where its name without prefix stands.
    name: (usize, usize),
    attributes: &'a [Attribute],
    /// Whether each value has a name.
    well_formed: bool,
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

/// Where an attribute stands in its tag: places behind the `<`.
#[derive(Debug, Clone, Copy)]
struct Attribute {
    name: (usize, usize),
    value: (usize, usize),
}

/// Looks for the end of a tag, and can go on when more of it can be seen; used again for the next one.
#[derive(Debug, Default)]
pub struct Scan {
    /// Up to where it was looked at, behind the `<`.
    at: usize,
    /// Where its name ends, once that was seen.
    name_end: Option<usize>,
    /// Where the present word begins: what stands between blanks, `=` and quotes.
    word: usize,
    /// The word before, if only blanks came since.
    before: Option<(usize, usize)>,
    /// The name of the value that comes next, if only blanks came since its `=`.
    name: Option<(usize, usize)>,
    /// Where a value began that has not ended, and its quotation mark.
    quoted: Option<(usize, u8)>,
    attributes: Vec<Attribute>,
    /// Whether something in quotes has no name: then a quote stands inside a value, and nobody knows where
    /// that ends.
    nameless: bool,
}

/// A tag that was looked at to its end.
pub struct Scanned<'a> {
    pub what: What<'a>,
    /// Whether bytes of it were no UTF-8.
    pub fell_back: bool,
    /// Whether there is certainly no line end in it.
    pub one_line: bool,
}

/// What kind of tag it is.
pub enum What<'a> {
    Start(Tag<'a>),
    /// A start tag that is its own end.
    Empty(Tag<'a>),
    /// An end tag, by its name without prefix.
    End(Cow<'a, str>),
}

impl Scan {
    /// Starts anew.
    pub fn restart(&mut self) {
        let mut attributes = std::mem::take(&mut self.attributes);
        attributes.clear();
        *self = Scan { attributes, ..Scan::default() };
    }

    /// How many bytes of the tag were looked at.
    pub fn scanned(&self) -> usize {
        self.at
    }

    /// Looks at what can be seen of a tag behind its `<`: how long it is without its `>`; `None` where that
    /// cannot be seen yet.
    pub fn end(&mut self, seen: &[u8]) -> Option<usize> {
        if self.at == 0 {
            if let Some(end) = self.usual_end(seen) {
                self.at = end + 1;
                return Some(end);
            }
            self.restart();
        }
        self.any_end(seen)
    }

    /// The same for a tag whose attributes are all written ` name="value"`, as in nearly every one; `None` for any
    /// other, and where there are no bytes behind it.
    fn usual_end(&mut self, seen: &[u8]) -> Option<usize> {
        let mut marks = Marks::new(seen);
        let mut at = marks.next().filter(|name_end| *name_end > 0)?;
        self.name_end = Some(at);
        while seen[at] != b'>' {
            let next = marks.next()?;
            match (seen[at], seen[next]) {
                (b' ' | b'/', b'/' | b'>') if next == at + 1 => at = next,
                (b' ', b'=') if next > at + 1 => {
                    let (open, close) = (marks.next()?, marks.next_quote()?);
                    if open != next + 1 || seen[open] != b'"' || marks.next()? != close + 1 {
                        return None;
                    }
                    let (name, value) = ((at + 1, next), (open + 1, close));
                    self.attributes.push(Attribute { name, value });
                    at = close + 1;
                }
                (_, _) => return None,
            }
        }
        Some(at)
    }

    fn any_end(&mut self, seen: &[u8]) -> Option<usize> {
        if self.name_end.is_none() {
            let length = byte_search::find_blank_or(ENDS_NAME, &seen[self.at..]);
            self.at = length.map_or(seen.len(), |length| self.at + length);
            (self.name_end, self.word) = (length.map(|_| self.at), self.at);
        }
        loop {
            let rest = &seen[self.at..];
            let found = match self.quoted {
                None => byte_search::find_blank_or(ENDS_WORD, rest),
                Some((_, quote)) => byte_search::find(quote, rest),
            };
            let Some(length) = found else {
                self.at = seen.len();
                return None;
            };
            let end = self.at + length;
            self.at = end + 1;
            match (self.quoted, seen[end]) {
                (Some((start, _)), _) => self.value(start, end),
                (None, b'>') => return Some(end),
                (None, byte) => self.word(end, byte),
            }
        }
    }

    /// Takes what ends a word, or comes behind something else that did.
    fn word(&mut self, end: usize, byte: u8) {
        if self.word < end {
            (self.before, self.name) = (Some((self.word, end)), None);
        }
        self.word = end + 1;
        match byte {
            b'=' => self.name = self.before.take(),
            b'"' | b'\'' => self.quoted = Some((end + 1, byte)),
            _ => {}
        }
    }

    /// Takes a whole value.
    fn value(&mut self, start: usize, end: usize) {
        match self.name.take() {
            Some(name) => self.attributes.push(Attribute { name, value: (start, end) }),
            None => self.nameless = true,
        }
        (self.word, self.before, self.quoted) = (end + 1, None, None);
    }

    /// The tag that was looked at to its end, without its angle brackets, at this line.
    pub fn tag<'a>(&'a mut self, source: &'a [u8], line: u32) -> Scanned<'a> {
        let source = encoding::text(source);
        let fell_back = matches!(source, Cow::Owned(_));
        if fell_back {
            // The places were those of the bytes.
            self.restart();
            self.end(source.as_bytes());
        }
        let plain = is_plain(&source);
        let what = if source.starts_with('/') {
            What::End(match source {
                Cow::Borrowed(name) => Cow::Borrowed(local(name[1..].trim_ascii_end())),
                Cow::Owned(name) => Cow::Owned(local(name[1..].trim_ascii_end()).to_owned()),
            })
        } else {
            let empty = source.ends_with('/');
            let end = self.name_end.unwrap_or(source.len());
            let name = (end - local(&source[..end]).len(), end);
            let (attributes, well_formed) = (&*self.attributes, !self.nameless);
            let tag = Tag { source, plain, name, attributes, well_formed, line };
            if empty { What::Empty(tag) } else { What::Start(tag) }
        };
        Scanned { what, fell_back, one_line: plain }
    }
}

/// What ends a word outside quotes, beside blanks.
const ENDS_WORD: [u8; 4] = *b"=\"'>";

/// What ends the name of a tag, beside blanks.
const ENDS_NAME: [u8; 5] = *b"=\"'>/";

/// A name without its prefix.
fn local(name: &str) -> &str {
    match byte_search::find(b':', name.as_bytes()) {
        None => name,
        Some(_) => name.rsplit(':').next().unwrap_or(name),
    }
}

/// Whether text has neither references nor anything that is a blank in a value.
fn is_plain(text: &str) -> bool {
    byte_search::all_within(b' '..=u8::MAX, b'&', text)
}

impl Tag<'_> {
    /// The name without prefix.
    pub fn name(&self) -> &str {
        &self.source[self.name.0..self.name.1]
    }

    /// The value of an attribute, up to [`LONGEST_VALUE`]; empty when there is none.
    pub fn attribute(&self, name: &str) -> Cow<'_, str> {
        let mut found = Value { source: "", plain: true };
        self.attributes(|attribute, value| {
            if attribute == name {
                found = value;
            }
        });
        found.bounded().text()
    }

    /// Whether each value has a name: else a quote stands inside a value, and nobody knows where it
    /// ends.
    pub fn is_well_formed(&self) -> bool {
        self.well_formed
    }

    /// Calls back with the name and value of each attribute; what is none is left out.
    pub fn attributes<'t>(&'t self, mut with: impl FnMut(&'t str, Value<'t>)) {
        for attribute in self.attributes {
            let text = |(start, end): (usize, usize)| &self.source[start..end];
            with(text(attribute.name), Value { source: text(attribute.value), plain: self.plain });
        }
    }
}

impl<'a> Value<'a> {
    /// A value that was kept as it is written.
    pub fn new(source: &'a str) -> Value<'a> {
        Value { source, plain: false }
    }

    /// The first [`LONGEST_VALUE`] bytes of it.
    #[inline]
    pub fn bounded(self) -> Value<'a> {
        Value { source: start_of(self.source, LONGEST_VALUE), ..self }
    }

    /// What it means: references resolved, line ends and tabs as blanks.
    #[inline]
    pub fn text(self) -> Cow<'a, str> {
        if self.plain { Cow::Borrowed(self.source) } else { self.resolved() }
    }

    #[cold]
    fn resolved(self) -> Cow<'a, str> {
        if memchr::memchr3(b'\n', b'\r', b'\t', self.source.as_bytes()).is_none() {
            return references_resolved(self.source);
        }
        let blanks = self.source.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
        Cow::Owned(references_resolved(&blanks).into_owned())
    }
}

/// Text with XML's five entities and its character references resolved. A character that XML does not
/// know becomes U+FFFD; any other reference stays as it is written.
pub fn references_resolved(text: &str) -> Cow<'_, str> {
    let mut ampersands = memchr::memchr_iter(b'&', text.as_bytes()).peekable();
    if ampersands.peek().is_none() {
        return Cow::Borrowed(text);
    }
    let (mut resolved, mut done) = (String::with_capacity(text.len()), 0);
    for at in ampersands {
        resolved.push_str(&text[done..at]);
        let behind = &text[at + 1..];
        // Not farther: else a text of nothing but `&` is searched to its end as often as it is long.
        let near = &behind[..behind.floor_char_boundary(LONGEST_REFERENCE)];
        let known = near.split_once(';').and_then(|(name, _)| Some((reference(name)?, name.len())));
        done = match known {
            Some((character, length)) => {
                resolved.push(character);
                at + 1 + length + 1
            }
            None => {
                resolved.push('&');
                at + 1
            }
        };
    }
    resolved.push_str(&text[done..]);
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
    use proptest::prelude::*;

    /// The attributes of a tag of which first this much can be seen, and whether it is well formed.
    fn attributes(tag: &str, first: usize) -> (Vec<(String, String)>, bool) {
        let mut scan = Scan::default();
        let end = scan.end(&tag.as_bytes()[..first]).or_else(|| scan.end(tag.as_bytes())).unwrap();
        let (What::Start(tag) | What::Empty(tag)) = scan.tag(&tag.as_bytes()[..end], 1).what else {
            panic!("an end tag")
        };
        let mut all = Vec::new();
        tag.attributes(|name, value| all.push((name.to_owned(), value.text().into_owned())));
        (all, tag.is_well_formed())
    }

    #[test]
    fn attributes_are_found_however_they_are_written_and_wherever_the_view_ends() {
        let tag = "t:a  b='1>\"' c =\n\"2\"d=\"&lt;\" e = ''/>";
        let want = [("b", "1>\""), ("c", "2"), ("d", "<"), ("e", "")];
        let want: Vec<_> = want.map(|(name, value)| (name.into(), value.into())).into();
        for first in 0..tag.len() {
            assert_eq!(attributes(tag, first), (want.clone(), true), "{first}");
        }
    }

    proptest! {
        #[test]
        fn the_usual_tag_is_read_as_any_other(
            name in "[a/ '=\"]{0,3}",
            attributes in prop::collection::vec(
                prop_oneof![
                    3 => " [ab]{1,2}=\"[a=/> \n']{0,70}\"",
                    1 => " ?/?[ab']{0,2} ?= ?(\"[a=/> ]{0,3}\"|'\"?>?'|b)",
                ],
                0..4,
            ),
            end in "[ /a'\"]{0,3}",
        ) {
            let seen = format!("{name}{}{end}>{}", attributes.concat(), "\"> ".repeat(30));
            let [mut usual, mut any] = [(), ()].map(|()| Scan::default());
            let end = any.any_end(seen.as_bytes());
            if let Some(usual_end) = usual.usual_end(seen.as_bytes()) {
                let told = |scan: Scan| format!("{:?}", (scan.name_end, scan.attributes, scan.nameless));
                prop_assert_eq!(Some(usual_end), end);
                prop_assert_eq!(told(usual), told(any));
            }
        }
    }

    #[test]
    fn references_are_short_and_a_text_of_ampersands_takes_no_time() {
        let [short, long] = [12, 13].map(|zeros| format!("&#{}65;", "0".repeat(zeros)));
        assert_eq!(short.len(), 1 + LONGEST_REFERENCE);
        // A view of it may end inside a character.
        let text = format!("&lt;&&#x41;&no;{short}{long}&12345678901234\u{e4}\u{e4};");
        let want = format!("<&A&no;A{long}&12345678901234\u{e4}\u{e4};");
        assert_eq!(references_resolved(&text), want);
        let many = "&".repeat(1 << 20);
        let begun = std::time::Instant::now();
        assert_eq!(references_resolved(&many), many);
        assert!(begun.elapsed().as_secs() < 10);
    }

    #[test]
    fn what_stands_in_quotes_without_a_name_is_told() {
        for tag in ["a b=\"c\"d\"e\">", "a \"b\">", "a b=c \"d\">"] {
            assert!(!attributes(tag, 0).1, "{tag}");
        }
    }
}
