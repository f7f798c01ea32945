//! Finds where a file that is complete goes on in another format.
//!
//! What a test prints may look like any format, so a line that begins another one proves nothing by itself. But a file
//! that is cut off inside a run is never complete: if what is before such a line is complete, the line is outside of
//! every test, and its results would be lost. So each such line is noted while the file is read; if the file seems
//! complete, its beginning up to that line is read once more.

use super::emit::malformed_total;
use super::format::Format;
use super::signatures;
use super::text_totals::{self, TextTotal};
use crate::model::{
    AffectedTests, Gap, GapKind, Origin, ProblemKind, ReadConfig, ResultsProblem, RunBuilder,
    Scope, Sink, SuiteId, TestResult,
};
use crate::syntax::{ansi, encoding};
use std::collections::VecDeque;
use std::io::{self, Read};

/// The most lines of a file that are tried, the first and the last ones.
const MAX_TRIED: usize = 8;

/// The most documents with the same first key, the most keys, and the most bytes of one, whose format is detected.
const MAX_PER_KEY: u32 = 4;
const MAX_KEYS: usize = 64;
const MAX_KEY_LEN: usize = 64;

/// A line at which another format may begin.
#[derive(Debug, Clone)]
struct Beginning {
    /// Where it begins, in bytes.
    offset: u64,
    /// 1-based.
    line: u32,
    format: &'static str,
}

impl Format {
    /// Reads a whole file as [`Format::read`] does, and emits a gap where another format begins after the tests of this
    /// one. `reopen` opens the file again.
    pub fn read_unmixed<R: Read>(
        self,
        input: impl Read,
        reopen: impl Fn() -> io::Result<R>,
        sink: &mut dyn Sink,
        file: u32,
        build: impl FnOnce(&mut dyn Sink) -> RunBuilder<'_>,
    ) {
        if self.checks_its_end() {
            let mut input = Head { input, head: Vec::new() };
            self.read(&mut input, build(sink));
            // What precedes subunit, its reader sees.
            let is_xml = self.name() != "subunit";
            if let Some(beginning) = self.find_before(&input.head).filter(|_| is_xml) {
                self.emit_other(&beginning, sink, file);
            }
            return;
        }
        let mut watched = Watched { sink, has_gap: false };
        let mut scanner = Scanner::new(self, input);
        self.read(&mut scanner, build(&mut watched));
        scanner.end();
        if watched.has_gap {
            return;
        }
        if let Some((line, what)) = scanner.malformed {
            return emit_damage(line, what, sink, file);
        }
        let found =
            scanner.beginnings().find(|beginning| self.is_complete_before(beginning, &reopen));
        if let Some(beginning) = found {
            self.emit_other(beginning, sink, file);
        }
    }

    fn emit_other(self, beginning: &Beginning, sink: &mut dyn Sink, file: u32) {
        let what = signatures::other_format(self.name(), beginning.format);
        emit_damage(beginning.line, what, sink, file);
    }

    /// The beginning of another format in what precedes the first element of XML.
    fn find_before(self, head: &[u8]) -> Option<Beginning> {
        let head = encoding::decode_head(head);
        let mut before = 0;
        for line in head.split_inclusive(|byte| *byte == b'\n') {
            let text = encoding::decode_lossy(line.trim_ascii_end());
            if signatures::is_xml_beginning(&text) {
                break;
            }
            before += line.len();
        }
        let before = &head[..before];
        let sniffed = Format::sniff(before).filter(|other| *other != self);
        if let Some(other) = sniffed.filter(|_| before.len() < head.len()) {
            return Some(Beginning { offset: 0, line: 1, format: other.name() });
        }
        let mut lines = before.split(|byte| *byte == b'\n').zip(1..);
        lines.find_map(|(text, line)| {
            let text = encoding::decode_lossy(text.trim_ascii_end());
            let format = signatures::of_other_format(self.name(), &ansi::strip(&text))?;
            Some(Beginning { offset: 0, line, format })
        })
    }

    /// Whether what is before a line is a complete file, or nothing of this format: the line is outside of every test.
    fn is_complete_before<R: Read>(
        self,
        beginning: &Beginning,
        reopen: &impl Fn() -> io::Result<R>,
    ) -> bool {
        let Ok(input) = reopen() else { return false };
        let before = self.dry_run(input.take(beginning.offset));
        let is_nothing = || before == self.dry_run(io::empty());
        before.gaps.iter().all(|gap| *gap == GapKind::NoTests) || is_nothing()
    }

    fn dry_run(self, input: impl Read) -> DryRun {
        let mut run = DryRun::default();
        self.read(input, RunBuilder::new(0, ReadConfig::default(), &mut run));
        run
    }
}

fn emit_damage(line: u32, what: String, sink: &mut dyn Sink, file: u32) {
    sink.problem(line, ResultsProblem::Damaged { what: what.clone() }.into());
    let (scope, origin) = (Scope::Suite(SuiteId { file, suite: 0 }), Some(Origin { file, line }));
    let kind = GapKind::Damaged { what };
    sink.gap(Gap { kind, affected: AffectedTests::All, scope, origin });
}

/// What was found in a part of a file.
#[derive(Default, PartialEq, Eq)]
struct DryRun {
    has_result: bool,
    /// The first ones.
    gaps: Vec<GapKind>,
}

impl Sink for DryRun {
    fn result(&mut self, _: &TestResult<'_>) {
        self.has_result = true;
    }

    fn gap(&mut self, gap: Gap) {
        if self.gaps.len() < MAX_TRIED {
            self.gaps.push(gap.kind);
        }
    }

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}

/// A reader of a file that notes the lines at which another format may begin.
struct Scanner<R> {
    input: R,
    own: Format,
    /// Whether a document may also begin on the line on which one ends.
    is_json: bool,
    /// The lines of this format that have numbers, and the first one whose number is none.
    totals: Vec<&'static TextTotal>,
    malformed: Option<(u32, String)>,
    /// How much was read before the present bytes.
    offset: u64,
    /// The 1-based line there.
    line: u32,
    /// Whether a line begins there.
    is_at_start: bool,
    /// The beginning of a line that the bytes before ended in.
    partial: Option<(Beginning, Vec<u8>)>,
    /// What may be the beginning of a file of JSON.
    windows: Vec<(Beginning, Vec<u8>)>,
    /// The first keys of documents, and how many begin so.
    keys: Vec<(Vec<u8>, u32)>,
    first: Vec<Beginning>,
    last: VecDeque<Beginning>,
}

impl<R: Read> Read for Scanner<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.scan(&buffer[..count]);
        Ok(count)
    }
}

impl<R: Read> Scanner<R> {
    fn new(own: Format, input: R) -> Scanner<R> {
        Scanner {
            input,
            own,
            is_json: own.is_json(),
            totals: text_totals::of_format(own.name()),
            malformed: None,
            offset: 0,
            line: 1,
            is_at_start: true,
            partial: None,
            windows: Vec::new(),
            keys: Vec::new(),
            first: Vec::new(),
            last: VecDeque::new(),
        }
    }

    fn scan(&mut self, bytes: &[u8]) {
        self.extend_windows(bytes);
        self.extend_partial(bytes);
        if self.is_at_start && !bytes.is_empty() {
            self.is_at_start = false;
            self.start_line(0, bytes);
        }
        let mut at = 0;
        while let Some(found) = self.find_end(&bytes[at..]) {
            let end = at + found;
            at = end + 1;
            self.line = self.line.saturating_add(u32::from(bytes[end] == b'\n'));
            self.start_line(at, bytes);
        }
        self.offset += bytes.len() as u64;
    }

    /// Looks at what the file ended in.
    fn end(&mut self) {
        self.extend_partial(b"");
        self.end_windows(|_| true);
    }

    /// The end of a line, or of what may be a document.
    fn find_end(&self, bytes: &[u8]) -> Option<usize> {
        if self.is_json {
            memchr::memchr3(b'\n', b'}', b']', bytes)
        } else {
            memchr::memchr(b'\n', bytes)
        }
    }

    /// Looks at the line that begins here.
    fn start_line(&mut self, at: usize, bytes: &[u8]) {
        let rest = &bytes[at..];
        // The second byte of a line end in UTF-16.
        let (skipped, rest) = match rest {
            [0, rest @ ..] => (1, rest),
            rest => (0, rest),
        };
        let Some(first) = rest.first() else {
            self.is_at_start = true;
            return;
        };
        let offset = self.offset + (at + skipped) as u64;
        let beginning = Beginning { offset, line: self.line, format: "" };
        if matches!(first, b'{' | b'[') && may_be_json(rest) {
            self.start_window(beginning, rest);
        } else if self.may_matter(*first) {
            let line = &rest[..rest.len().min(signatures::MAX_LEN)];
            match memchr::memchr(b'\n', line) {
                Some(end) => self.check(beginning, &line[..end]),
                None if line.len() < signatures::MAX_LEN => {
                    self.partial = Some((beginning, line.to_vec()));
                }
                None => self.check(beginning, line),
            }
        }
    }

    /// Whether a line that begins with this byte may be one that is looked for.
    fn may_matter(&self, first: u8) -> bool {
        // A terminal's control sequence, and a byte order mark.
        matches!(first, 0x1b | 0xef)
            || signatures::may_begin_with(first)
            || self.totals.iter().any(|total| total.start.as_bytes()[0] == first)
    }

    fn extend_partial(&mut self, bytes: &[u8]) {
        let Some((beginning, mut line)) = self.partial.take() else { return };
        let room = &bytes[..bytes.len().min(signatures::MAX_LEN - line.len())];
        let end = memchr::memchr(b'\n', room);
        line.extend_from_slice(&room[..end.unwrap_or(room.len())]);
        // An empty read is the end of the file.
        if end.is_none() && line.len() < signatures::MAX_LEN && !bytes.is_empty() {
            self.partial = Some((beginning, line));
        } else {
            self.check(beginning, &line);
        }
    }

    fn check(&mut self, beginning: Beginning, line: &[u8]) {
        let line: Vec<u8> = line.iter().copied().filter(|byte| *byte != 0).collect();
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line);
        let text = encoding::decode_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        let text = ansi::strip(&text);
        if let Some(format) = signatures::of_other_format(self.own.name(), &text) {
            return self.note(Beginning { format, ..beginning });
        }
        let malformed = self.totals.iter().find_map(|total| {
            let value = total.malformed_in(&text)?;
            Some((beginning.line, malformed_total("a count", value)))
        });
        if let Some(malformed) = malformed {
            self.malformed.get_or_insert(malformed);
        }
    }

    fn note(&mut self, beginning: Beginning) {
        if self.first.len() < MAX_TRIED {
            return self.first.push(beginning);
        }
        if self.last.len() == MAX_TRIED {
            self.last.pop_front();
        }
        self.last.push_back(beginning);
    }

    fn beginnings(&self) -> impl Iterator<Item = &Beginning> {
        self.first.iter().chain(&self.last)
    }

    fn start_window(&mut self, beginning: Beginning, rest: &[u8]) {
        let key = &rest[..rest.len().min(MAX_KEY_LEN)];
        let key = &key[..memchr::memchr(b':', key).unwrap_or(key.len())];
        let known = self.keys.iter_mut().find(|(known, _)| known == key);
        let is_new = match known {
            Some((_, count)) => {
                *count += 1;
                *count <= MAX_PER_KEY
            }
            None => self.keys.len() < MAX_KEYS,
        };
        if !is_new {
            return;
        }
        if !self.keys.iter().any(|(known, _)| known == key) {
            self.keys.push((key.to_vec(), 1));
        }
        let window = rest[..rest.len().min(Format::SNIFF_LEN)].to_vec();
        self.windows.push((beginning, window));
    }

    fn extend_windows(&mut self, bytes: &[u8]) {
        for (_, window) in &mut self.windows {
            let room = Format::SNIFF_LEN - window.len();
            window.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        self.end_windows(|window| {
            window.len() == Format::SNIFF_LEN || json_document(window).is_some()
        });
    }

    /// Detects the formats of the JSON in the windows that have ended.
    fn end_windows(&mut self, has_ended: impl Fn(&[u8]) -> bool) {
        for (beginning, window) in
            self.windows.extract_if(.., |(_, window)| has_ended(window)).collect::<Vec<_>>()
        {
            let document = json_document(&window).unwrap_or(&window);
            if let Some(other) = Format::sniff(document).filter(|other| *other != self.own) {
                self.note(Beginning { format: other.name(), ..beginning });
            }
        }
    }
}

/// Whether JSON may begin so: with a document that is no number or word.
fn may_be_json(bytes: &[u8]) -> bool {
    let next = bytes[1..].trim_ascii_start().first();
    next.is_none_or(|next| matches!(next, b'"' | b'{' | b'[' | b'}' | b']'))
}

/// The first document of these bytes, if it ends in them.
pub(super) fn json_document(bytes: &[u8]) -> Option<&[u8]> {
    let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(&bytes[..=at]);
                }
            }
            _ => {}
        }
    }
    None
}

/// The first bytes of a file, kept while it is read.
struct Head<R> {
    input: R,
    head: Vec<u8>,
}

impl<R: Read> Read for Head<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let room = Format::SNIFF_LEN - self.head.len();
        self.head.extend_from_slice(&buffer[..count.min(room)]);
        Ok(count)
    }
}

/// Notes whether there is a gap, besides that of a file without any test.
struct Watched<'s> {
    sink: &'s mut dyn Sink,
    has_gap: bool,
}

impl Sink for Watched<'_> {
    fn result(&mut self, result: &TestResult<'_>) {
        self.sink.result(result);
    }

    fn gap(&mut self, gap: Gap) {
        self.has_gap |= gap.kind != GapKind::NoTests;
        self.sink.gap(gap);
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.sink.problem(line, kind);
    }
}
