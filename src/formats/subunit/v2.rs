//! subunit version 2: the binary packets that testtools, stestr and python's subunit.run write.
//!
//! A packet with the status `exists` lists a test and is not a result: subunit.run lists its tests before it runs them,
//! and those of a class whose set-up failed or was skipped have no result of their own. There may be text between packets, so a packet is
//! recognized by its checksum.

use crate::formats::emit::lookup;
use crate::formats::{FormatSpec, Input, ReadEnd, Sniff};
use crate::model::{EndOfInput, Event, Outcome, RunBuilder};
use crate::syntax::buffer::ReadBuffer;
use crate::syntax::encoding::EncodingSource;
use crate::syntax::{BoundedText, decode_lossy};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

pub(crate) const FORMAT: FormatSpec = FormatSpec {
    names: &["subunit-v2"],
    title: "subunit v2, as stestr and testtools write it",
    test_name: "the test id, whole",
    outcomes: &[
        ("success", Outcome::Passed),
        ("fail", Outcome::Failed),
        ("skip", Outcome::Skipped),
        ("xfail", Outcome::Xfailed),
        ("uxsuccess", Outcome::Xpassed),
        ("inprogress or exists, and nothing else", Outcome::Unfinished),
    ],
    incomplete: "a test without an outcome; a packet that is cut or whose checksum is wrong. A stream of \
                 tests that were not listed, cut between two of them, shows nothing",
    totals: "the tests that are listed as existing",
    link: "https://github.com/testing-cabal/subunit#version-2",
    // A whole packet.
    sniff: Sniff::Bytes(|head| {
        memchr::memchr_iter(SIGNATURE, head).take(1000).any(|at| {
            packet_len(&head[at..])
                .and_then(|length| head[at..].get(..length))
                .is_some_and(|packet| parse_packet(packet).is_some())
        })
    }),
    read,
};

/// The first byte of a packet.
const SIGNATURE: u8 = 0xb3;
/// The version, in the upper half of the second byte.
const VERSION: u8 = 0x20;
/// The longest packet the format allows, in bytes.
const MAX_PACKET_LEN: usize = 4 << 20;
/// The most bytes of damaged packets that are searched for intact ones: any few bytes may look like the head of a long
/// packet.
const MAX_RESYNC_BYTES: usize = 64 << 20;
/// The most open tests whose attachments are kept.
const MAX_OPEN_TESTS: usize = 10_000;

// The flags of the optional fields, which follow in this order.
const TEST_ID: u16 = 0x0800;
const TIME: u16 = 0x0200;
const TAGS: u16 = 0x0080;
const FILE: u16 = 0x0040;
const MIME: u16 = 0x0020;

// The status is three bits of the flags; each value has a meaning.
/// Only attachments.
const NO_STATUS: u8 = 0;
/// A list of tests.
const EXISTS: u8 = 1;
const IN_PROGRESS: u8 = 2;
const STATUSES: [(u8, Outcome); 5] = [
    (3, Outcome::Passed),
    (4, Outcome::Xpassed),
    (5, Outcome::Skipped),
    (6, Outcome::Failed),
    (7, Outcome::Xfailed),
];

/// The most tests that are remembered as listed.
const MAX_LISTED: usize = 100_000;

/// The most set-ups that are remembered.
const MAX_SETUPS: usize = 1_000;

/// What begins the name of a result that represents the tests of a class or module.
const SETUPS: [&str; 2] = ["setUpClass (", "setUpModule ("];

/// The fields of a packet that are used.
#[derive(Debug, Default, PartialEq, Eq)]
struct Packet<'a> {
    status: u8,
    test: Option<&'a [u8]>,
    mime: &'a [u8],
    file: &'a [u8],
    content: &'a [u8],
}

fn read(input: Input<'_>, builder: &mut RunBuilder<'_>) -> ReadEnd {
    let mut reader = SubunitV2Reader::default();
    let end = reader.read(input, builder);
    reader.emit_listed(builder);
    match end {
        Ok(EndOfInput::Complete) if reader.damaged > 0 => {
            ReadEnd::damaged(0, &format!("{} damaged packets", reader.damaged))
        }
        Ok(end) => ReadEnd { line: 0, end },
        Err(error) => ReadEnd::unreadable(0, &error),
    }
}

#[derive(Default)]
struct SubunitV2Reader {
    /// The attachments of tests without an outcome, by name.
    attached: BTreeMap<String, BoundedText>,
    /// The tests that are listed and have no other status so far.
    listed: BTreeSet<String>,
    /// The classes and modules with a result of their set-up.
    setups: Vec<String>,
    damaged: u64,
    /// The bytes of damaged packets that were searched, repeated ones included.
    resync_bytes: usize,
    packet_number: u32,
}

impl SubunitV2Reader {
    fn read(&mut self, input: impl Read, builder: &mut RunBuilder<'_>) -> io::Result<EndOfInput> {
        let mut buffer = ReadBuffer::new(input, EncodingSource::Bom)?;
        loop {
            if buffer.available().is_empty() && !buffer.fill()? {
                return Ok(EndOfInput::Complete);
            }
            match memchr::memchr(SIGNATURE, buffer.available()) {
                Some(at) => buffer.consume(at),
                None => {
                    let all = buffer.available().len();
                    buffer.consume(all);
                    continue;
                }
            }
            while buffer.available().len() < 6 && buffer.fill()? {}
            let Some(length) = packet_len(buffer.available()) else {
                let is_at_end = buffer.available().len() < 6;
                if is_at_end
                    && buffer.available().get(1).is_none_or(|flags| flags & 0xf0 == VERSION)
                {
                    return Ok(EndOfInput::Truncated);
                }
                buffer.consume(1);
                continue;
            };
            while buffer.available().len() < length && buffer.fill()? {}
            match buffer.available().get(..length).map(parse_packet) {
                Some(Some(packet)) => {
                    self.packet_number = self.packet_number.saturating_add(1);
                    self.handle_packet(&packet, builder);
                    buffer.consume(length);
                }
                Some(None) => {
                    self.damaged += 1;
                    self.resync_bytes += length;
                    if self.resync_bytes > MAX_RESYNC_BYTES {
                        let damaged = self.damaged;
                        let what =
                            format!("{damaged} damaged packets, and what follows was not read");
                        return Ok(EndOfInput::Unreadable { what });
                    }
                    buffer.consume(1);
                }
                None => return Ok(EndOfInput::Truncated),
            }
        }
    }

    fn handle_packet(&mut self, packet: &Packet<'_>, builder: &mut RunBuilder<'_>) {
        let Some(test) = packet.test else { return };
        let name = decode_lossy(test);
        if !packet.content.is_empty() && packet.mime.starts_with(b"text/") {
            let has_room =
                self.attached.len() < MAX_OPEN_TESTS || self.attached.contains_key(&*name);
            // One text is enough: the traceback or the reason, or else the first.
            let is_preferred = packet.file == b"traceback" || packet.file == b"reason";
            if has_room {
                let message = self.attached.entry(name.to_string()).or_default();
                if is_preferred && !message.text().starts_with("Traceback") {
                    message.clear();
                }
                message.push_bytes(packet.content);
            }
        }
        if packet.status != NO_STATUS {
            self.note_listed(&name, packet.status);
        }
        let outcome = match packet.status {
            NO_STATUS | EXISTS => return,
            IN_PROGRESS => {
                let name = name.into_owned().into();
                return builder.handle(self.packet_number, Event::Started { name });
            }
            status => lookup(&STATUSES, status).unwrap_or(Outcome::Failed),
        };
        let message = self.attached.remove(&*name).unwrap_or_default();
        builder.handle(self.packet_number, Event::finished(&name, outcome, message.text()));
    }
}

impl SubunitV2Reader {
    /// Notes a test that is listed, or that one has another status.
    fn note_listed(&mut self, name: &str, status: u8) {
        if status != EXISTS {
            self.listed.remove(name);
            let setup = SETUPS.iter().find_map(|setup| name.strip_prefix(setup));
            let class = setup.and_then(|class| class.strip_suffix(')'));
            self.setups.extend(class.filter(|_| self.setups.len() < MAX_SETUPS).map(str::to_owned));
        } else if self.listed.len() < MAX_LISTED {
            self.listed.insert(name.to_owned());
        }
    }

    /// Emits the listed tests that never ran as started.
    fn emit_listed(&mut self, builder: &mut RunBuilder<'_>) {
        for name in std::mem::take(&mut self.listed) {
            let is_of = |class: &String| {
                name.strip_prefix(class.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            if !self.setups.iter().any(is_of) {
                let name = name.into();
                builder.handle(self.packet_number, Event::Started { name });
            }
        }
    }
}

/// The length of the packet at the start of these bytes; `None` if there is none or its head is incomplete.
fn packet_len(bytes: &[u8]) -> Option<usize> {
    let [SIGNATURE, flags, _, rest @ ..] = bytes else { return None };
    if flags & 0xf0 != VERSION {
        return None;
    }
    let length = read_number(&mut &*rest)?;
    (8..=MAX_PACKET_LEN).contains(&length).then_some(length)
}

/// Reads a number of one to four bytes, whose first two bits are its length.
fn read_number(bytes: &mut &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    let size = usize::from(first >> 6) + 1;
    let (taken, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    let rest = taken[1..].iter().fold(usize::from(first & 0x3f), |n, b| n << 8 | usize::from(*b));
    Some(rest)
}

/// Reads a string: its length, then its bytes.
fn read_string<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = read_number(bytes)?;
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

/// Parses a packet of the right length; `None` if its checksum or its content is wrong.
fn parse_packet(bytes: &[u8]) -> Option<Packet<'_>> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    if checksum(body) != u32::from_be_bytes(*sum) {
        return None;
    }
    let flags = u16::from_be_bytes([*body.get(1)?, *body.get(2)?]);
    let mut rest = &body[3..];
    read_number(&mut rest)?;
    let mut packet = Packet { status: (flags & 7) as u8, ..Packet::default() };
    if flags & TIME != 0 {
        rest = rest.get(4..)?;
        read_number(&mut rest)?;
    }
    if flags & TEST_ID != 0 {
        packet.test = Some(read_string(&mut rest)?).filter(|test| !test.is_empty());
    }
    if flags & TAGS != 0 {
        for _ in 0..read_number(&mut rest)? {
            read_string(&mut rest)?;
        }
    }
    if flags & MIME != 0 {
        packet.mime = read_string(&mut rest)?;
    }
    if flags & FILE != 0 {
        packet.file = read_string(&mut rest)?;
        packet.content = read_string(&mut rest)?;
    }
    Some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::Format;
    use crate::formats::emit::test_record::testing::DecodedRun;
    use crate::model::{GapKind, ReadConfig};

    /// A packet with the outcome of a test.
    fn packet(test: &str, status: u8) -> Vec<u8> {
        let length = u8::try_from(3 + 1 + 1 + test.len() + 4).expect("a short name");
        let name_length = length - 9;
        let mut packet = vec![SIGNATURE, VERSION | 0x08, status, length, name_length];
        packet.extend_from_slice(test.as_bytes());
        let sum = checksum(&packet);
        packet.extend_from_slice(&sum.to_be_bytes());
        packet
    }

    /// Heads of packets of 64 KiB, one after another, without a packet.
    fn packet_heads(count: usize) -> Vec<u8> {
        let mut heads = [SIGNATURE, VERSION, 0, 0x80, 0xff, 0xff].repeat(count);
        heads.resize(heads.len() + (64 << 10), 0);
        heads
    }

    #[test]
    fn each_status_has_its_outcome() {
        let packets = (0..8).flat_map(|status| packet(&status.to_string(), status));
        let run = read_packets(&packets.collect::<Vec<_>>());
        let (ended, open) = (
            ["passed 3", "xpassed 4", "skipped 5", "failed 6", "xfailed 7"],
            ["unfinished 2", "unfinished 1"],
        );
        assert_eq!(run.0, [&ended[..], &open].concat());
    }

    #[test]
    fn listed_tests_without_a_result_are_unfinished() {
        let listed = ["m.A.a", "m.A.b", "m.B.c", "m.Bc.d"].map(|test| packet(test, EXISTS));
        let results = [packet("m.A.a", 3), packet("setUpClass (m.B)", 5)];
        let run = read_packets(&[listed.concat(), results.concat()].concat());
        let want =
            ["passed m.A.a", "skipped setUpClass (m.B)", "unfinished m.A.b", "unfinished m.Bc.d"];
        assert_eq!(run.0, want);
    }

    #[test]
    fn damaged_stream_is_resynced_within_a_limit() {
        let damaged = [packet("a", 3), packet_heads(2), packet("b", 6)].concat();
        let small = read_packets(&damaged);
        assert_eq!(small.0, ["passed a", "failed b"]);
        assert!(matches!(&small.1[..], [GapKind::Damaged { .. }]), "{:?}", small.1);
        let large = read_packets(&[packet("a", 3), packet_heads(700_000), packet("b", 6)].concat());
        assert_eq!(large.0, ["passed a"]);
        assert!(matches!(&large.1[..], [GapKind::Unreadable { .. }]), "{:?}", large.1);
    }

    fn read_packets(bytes: &[u8]) -> DecodedRun {
        let mut run = DecodedRun::default();
        Format::from_name("subunit-v2")
            .unwrap()
            .read(bytes, RunBuilder::new(0, ReadConfig::default(), &mut run));
        run
    }

    #[test]
    fn number_length_is_in_its_first_bits() {
        for (bytes, value) in [(&[0x3f][..], 63), (&[0x40, 0x40], 64), (&[0x80, 0x40, 0], 0x4000)] {
            assert_eq!(read_number(&mut &*bytes), Some(value));
        }
        assert_eq!(read_number(&mut &[0xc0, 0, 0][..]), None);
    }
}
