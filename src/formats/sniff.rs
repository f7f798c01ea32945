//! Detects the format of a file by its first bytes.

use super::emit::xml_report::XmlHead;
use super::unsupported;
use crate::syntax::json::{JsonHead, JsonLayout};
use crate::syntax::{ansi, encoding, lines};
use std::borrow::Cow;

/// How a format is detected.
pub(crate) enum Sniff {
    /// By the first bytes.
    Bytes(fn(&[u8]) -> bool),
    /// By the first lines; never matches XML.
    Lines(fn(&str) -> bool),
    /// By the first tags of XML.
    Xml(fn(&XmlHead) -> bool),
    /// By the keys of JSON.
    Json(fn(&JsonHead) -> bool),
    /// Not at all: `--format` has to name it, because another format reads the same files.
    Never,
}

impl Sniff {
    pub(super) fn matches(&self, head: &HeadView<'_>) -> bool {
        match self {
            Sniff::Bytes(sniff) => sniff(head.bytes),
            Sniff::Lines(sniff) => sniff(&head.lines),
            Sniff::Xml(sniff) => sniff(&head.xml),
            Sniff::Json(sniff) => sniff(head.json),
            Sniff::Never => false,
        }
    }
}

/// The first bytes of a file, parsed once for all formats.
pub(super) struct HeadView<'a> {
    bytes: &'a [u8],
    lines: Cow<'a, str>,
    xml: XmlHead,
    json: &'a JsonHead,
}

/// The views of the first bytes of a file in which a format is looked for: unchanged, without ANSI colours, and last
/// as JSON that begins after other output on its line.
pub(super) struct HeadViews<'a>(Vec<(Cow<'a, [u8]>, JsonHead)>);

impl<'a> HeadViews<'a> {
    pub(super) fn new(head: &'a [u8]) -> HeadViews<'a> {
        if unsupported::is_archive(head) {
            return HeadViews(Vec::new());
        }
        let head = encoding::decode_head(head);
        let plain =
            Some(ansi::strip_bytes(&head).into_owned()).filter(|plain| plain.len() < head.len());
        let after_output = JsonHead::parse(&head, JsonLayout::Document);
        let keys = JsonHead::parse(&head, JsonLayout::Lines);
        let mut heads = vec![(head, keys)];
        if let Some(plain) = plain {
            let keys = JsonHead::parse(&plain, JsonLayout::Lines);
            heads.push((Cow::Owned(plain), keys));
        }
        heads.push((Cow::Borrowed(b""), after_output));
        HeadViews(heads)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = HeadView<'_>> {
        self.0.iter().map(|(bytes, keys)| HeadView {
            bytes,
            lines: lines::first_lines(bytes),
            xml: XmlHead::parse(bytes),
            json: keys,
        })
    }
}
