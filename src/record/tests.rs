//! Round trips, truncation and damage of records.

use super::*;
use crate::model::{
    AffectedTests, Attempt, Gap, GapKind, Origin, Outcome, ProblemKind, ResultsProblem, Scope,
    Sink, SourceLocation, SuiteId, TestResult, Unread,
};
use std::io::Write;

/// Collects everything as text.
#[derive(Default)]
struct DebugSink(Vec<String>);

impl Sink for DebugSink {
    fn result(&mut self, result: &TestResult<'_>) {
        self.0.push(format!("{result:?}"));
    }
    fn gap(&mut self, gap: Gap) {
        self.0.push(format!("{gap:?}"));
    }
    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.0.push(format!("{line} {kind:?}"));
    }
}

fn example_manifest() -> RecordManifest {
    let file = |path: &str, variant: &str, modified| RecordedFile {
        path: path.to_owned(),
        variant: variant.to_owned(),
        stamp: NonZeroU64::new(modified).map(|modified| SourceStamp { size: 300, modified }),
    };
    let files = vec![
        file("out/a.txt", "memory", 1_796_116_590_123_456_789),
        file("out/ä.txt", "memory", 0),
        file("b", "", u64::MAX),
    ];
    RecordManifest { commit: "0123abc".to_owned(), files }
}

fn result(file: u32, n: u32) -> TestResult<'static> {
    let outcome = Outcome::ALL[n as usize % Outcome::ALL.len()];
    TestResult {
        name: format!("smb2.süite{}.test {n}", n / 50).into(),
        outcome,
        attempt: if n.is_multiple_of(7) { Attempt::Intermediate } else { Attempt::Final },
        message: if outcome.is_failing() { format!("wrong {}", n % 3).into() } else { "".into() },
        location: n.is_multiple_of(5).then(|| SourceLocation {
            file: format!("lib/{}.c", n % 4).into(),
            line: n.is_multiple_of(2).then_some(u64::from(n)),
        }),
        suite: SuiteId { file, suite: n / 50 },
        origin: Origin { file, line: 1 + n * 3 % 1000 },
    }
}

fn gaps(file: u32) -> Vec<Gap> {
    let suite = SuiteId { file, suite: 2 };
    let kinds = [
        GapKind::UnfinishedTest,
        GapKind::PlanNotMet { planned: 10, actual: 2 },
        GapKind::Truncated,
        GapKind::Unreadable { what: "x".into() },
        GapKind::Damaged { what: "x".into() },
        GapKind::CountMismatch { what: "tests".into(), declared: 3, actual: 1 },
        GapKind::ReportedFailure { what: "exitcode 1".to_owned() },
        GapKind::NoTests,
        GapKind::BailedOut { why: "no server".into() },
        GapKind::ExitCode { code: -9 },
        GapKind::TooFewTests { required: 5, actual: 4 },
        GapKind::NoResultsFiles { suites: 2, first: vec!["a (139)".into(), "b (0)".into()] },
        GapKind::DamagedRecord { path: "r".into(), offset: 7, what: "cut".into() },
        GapKind::NoExitCode,
        GapKind::Unread { why: Unread::Empty },
        GapKind::Unread { why: Unread::UnknownFormat { candidates: 7, looks_like: "x".into() } },
        GapKind::Unread { why: Unread::Failed { why: "y".into() } },
    ];
    let scopes = [Scope::Suite(suite), Scope::Variant { file }];
    let gap = |(index, kind): (usize, GapKind)| Gap {
        kind,
        affected: if index % 2 == 0 {
            AffectedTests::All
        } else {
            AffectedTests::WithPrefix("smb2.".into())
        },
        scope: scopes[index % 2],
        origin: (index % 3 > 0).then_some(Origin { file, line: index as u32 }),
    };
    kinds.into_iter().enumerate().map(gap).collect()
}

/// A record, and its contents by file.
fn write_record(results: u32) -> (Vec<u8>, Vec<DebugSink>) {
    let recorder =
        Recorder::new(example_manifest(), tempfile::tempfile().unwrap(), |text| text.into());
    let mut expected: Vec<DebugSink> = Vec::new();
    for file in 0..3 {
        let mut sink_log = DebugSink::default();
        {
            let mut sink = recorder.recording_sink(file, Box::new(&mut sink_log));
            (0..results).for_each(|n| sink.result(&result(file, n)));
            gaps(file).into_iter().for_each(|gap| sink.gap(gap));
            sink.problem(3, ResultsProblem::Truncated.into());
            sink.problem(
                0,
                ResultsProblem::WrongEncoding { read_as: "windows-1252".into() }.into(),
            );
        }
        expected.push(sink_log);
    }
    let mut record = Vec::new();
    recorder.finish(&mut record).unwrap();
    (record, expected)
}

/// The contents of a record by file, and its damage.
fn read_record(record: &[u8]) -> (Vec<DebugSink>, Option<RecordDamage>) {
    let mut actual: Vec<DebugSink> = (0..3).map(|_| DebugSink::default()).collect();
    let (mut reader, manifest) = match RecordReader::new(record) {
        Ok(reader) => reader,
        Err(damage) => return (actual, Some(damage)),
    };
    assert_eq!(manifest, example_manifest());
    loop {
        let mut block = match reader.next_block() {
            Ok(Some(block)) => block,
            Ok(None) => return (actual, None),
            Err(damage) => return (actual, Some(damage)),
        };
        let file = block.file();
        let sink = &mut actual[file as usize];
        loop {
            match block.next(file) {
                Ok(Some(RecordEntry::Result(result))) => sink.result(&result),
                Ok(Some(RecordEntry::Gap(gap))) => sink.gap(gap),
                Ok(Some(RecordEntry::Problem(line, kind))) => sink.problem(line, kind),
                Ok(None) => break,
                Err(_) => return (actual, Some(reader.malformed())),
            }
        }
        reader.verify_block(&block);
    }
}

#[test]
fn record_round_trips() {
    for results in [0, 1, 1000, 60_000] {
        let (record, expected) = write_record(results);
        let (actual, damage) = read_record(&record);
        assert_eq!(damage, None);
        for (expected, actual) in expected.iter().zip(&actual) {
            assert!(expected.0 == actual.0, "{results}");
        }
    }
}

#[test]
fn same_results_make_the_same_small_record() {
    let (once, again) = (write_record(20_000).0, write_record(20_000).0);
    assert!(once == again);
    assert!(once.len() < 60_000 * 4, "{}", once.len());
}

#[test]
fn truncated_record_is_reported_and_its_start_is_read() {
    let (record, expected) = write_record(400);
    for len in 0..record.len() {
        let (actual, damage) = read_record(&record[..len]);
        assert!(damage.is_some(), "{len}");
        for (expected, actual) in expected.iter().zip(&actual) {
            assert!(expected.0.starts_with(&actual.0), "{len}");
        }
    }
    let with_trailing_byte = [&record[..], b"x"].concat();
    assert_eq!(read_record(&with_trailing_byte).1.unwrap().what, "something stands behind its end");
}

#[test]
fn damage_anywhere_is_reported_without_panic() {
    let (record, expected) = write_record(400);
    for at in 0..record.len() {
        let mut damaged = record.clone();
        damaged[at] ^= 0x24;
        let (actual, damage) = read_damaged(&damaged);
        let mut is_complete = true;
        for (expected, actual) in expected.iter().zip(&actual) {
            assert!(expected.0.starts_with(&actual.0), "{at}");
            is_complete &= expected.0 == actual.0;
        }
        // Some bits have no meaning.
        assert!(damage.is_some() || is_complete, "{at}");
    }
}

/// [`read_record`] for a record whose head may be damaged.
fn read_damaged(record: &[u8]) -> (Vec<DebugSink>, Option<RecordDamage>) {
    match RecordReader::new(record) {
        Ok((_, other)) if other != example_manifest() => unreachable!("the head has a checksum"),
        Ok(_) => read_record(record),
        Err(damage) => (Vec::new(), Some(damage)),
    }
}

#[test]
fn missing_or_duplicate_block_is_reported() {
    let (record, _) = write_record(20_000);
    let whole = read_record(&record);
    assert_eq!(whole.1, None);
    // The offsets of the blocks.
    let mut starts = vec![MAGIC.len() + VERSION.len()];
    while *starts.last().unwrap() < record.len() {
        let at = *starts.last().unwrap();
        let length = u32::from_le_bytes([5, 6, 7, 8].map(|i| record[at + i]));
        starts.push(at + 13 + length as usize);
    }
    assert!(starts.len() > 4);
    let without = [&record[..starts[1]], &record[starts[2]..]].concat();
    assert_eq!(read_record(&without).1.unwrap().what, "parts of it are missing");
    let twice = [&record[..starts[2]], &record[starts[1]..]].concat();
    assert_eq!(read_record(&twice).1.unwrap().what, "parts of it stand in it twice");
}

#[test]
fn unknown_version_is_reported() {
    let damage = read_record(b"knownfail record 2\nH").1.unwrap();
    assert_eq!(damage.what, "it is of version 2, and this knownfail reads version 1");
    assert_eq!(read_record(b"smbtorture").1.unwrap().what, "it ends in the middle");
    assert_eq!(read_record(b"smbtorture 4.17.12 and more").1.unwrap().what, "it is no record");
}

/// A block with a valid checksum and any content.
fn block(kind: u8, raw: &[u8]) -> Vec<u8> {
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(raw).unwrap();
    let packed = encoder.finish().unwrap();
    let mut sum = flate2::Crc::new();
    sum.update(raw);
    let mut block = vec![kind];
    for number in [raw.len() as u32, packed.len() as u32, sum.sum()] {
        block.extend_from_slice(&number.to_le_bytes());
    }
    [block, packed].concat()
}

#[test]
fn files_of_a_record_without_stamps_are_not_identified() {
    let mut raw = Vec::new();
    varint::write_str(&mut raw, "c0ffee");
    for number in [1, 0] {
        varint::write_varint(&mut raw, number);
    }
    ["a.txt", ""].iter().for_each(|text| varint::write_str(&mut raw, text));
    let record = [MAGIC, VERSION, &block(HEAD_BLOCK, &raw)].concat();
    let (_, manifest) = RecordReader::new(&*record).unwrap();
    let expected = RecordedFile { path: "a.txt".to_owned(), variant: String::new(), stamp: None };
    assert_eq!(manifest.files, [expected]);
}

#[test]
fn expensive_record_is_rejected() {
    let (record, _) = write_record(1);
    let head_length = u32::from_le_bytes([5, 6, 7, 8].map(|i| record[19 + i])) as usize;
    let head = &record[..19 + 13 + head_length];
    // A name of a megabyte, and a hundred thousand that share it.
    let (n, long) = (100_000_usize, vec![b'a'; 1 << 20]);
    let (mut lengths, mut names) = (Vec::new(), long.clone());
    varint::write_varint(&mut lengths, 0);
    varint::write_varint(&mut lengths, long.len() as u64);
    for _ in 1..n {
        varint::write_varint(&mut lengths, long.len() as u64);
        varint::write_varint(&mut lengths, 1);
    }
    names.extend(std::iter::repeat_n(b'b', n - 1));
    let mut raw = vec![0];
    for column in [&vec![0; n], &lengths, &names, &vec![0; n], &Vec::new()] {
        varint::write_varint(&mut raw, column.len() as u64);
        raw.extend_from_slice(column);
    }
    let long = [head, &block(RESULTS_BLOCK, &raw)].concat();
    let (mut reader, _) = RecordReader::new(&*long).unwrap();
    let (mut block, mut count) = (reader.next_block().unwrap().unwrap(), 0);
    while let Ok(Some(_)) = block.next(0) {
        count += 1;
    }
    assert!(count < 100, "{count}");
    // A block that claims to expand beyond the limit.
    let mut bomb = [head, &self::block(RESULTS_BLOCK, &[0])].concat();
    bomb[head.len() + 1..][..4].copy_from_slice(&((64 << 20) + 1_u32).to_le_bytes());
    assert_eq!(read_record(&bomb).1.unwrap().what, "it unpacks to more than a record holds");
}
