//! What a record gives back, whole, cut and damaged.

use super::*;
use crate::model::{
    Attempt, Gap, GapKind, Origin, Outcome, Place, ProblemKind, Reach, ResultsProblem, Scope, Sink,
    SuiteId, TestResult, Unread,
};
use std::io::Write;

/// Writes down all that it is told.
#[derive(Default)]
struct Said(Vec<String>);

impl Sink for Said {
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

fn contents() -> Contents {
    let file = |path: &str, variant: &str| RecordedFile {
        path: path.to_owned(),
        variant: variant.to_owned(),
    };
    let files = vec![file("out/a.txt", "memory"), file("out/ä.txt", "memory"), file("b", "")];
    Contents { commit: "0123abc".to_owned(), files }
}

fn result(file: u32, n: u32) -> TestResult<'static> {
    let outcome = Outcome::ALL[n as usize % Outcome::ALL.len()];
    TestResult {
        name: format!("smb2.süite{}.test {n}", n / 50).into(),
        outcome,
        attempt: if n.is_multiple_of(7) { Attempt::Retry } else { Attempt::Only },
        message: if outcome.is_failing() { format!("wrong {}", n % 3).into() } else { "".into() },
        place: n.is_multiple_of(5).then(|| Place {
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
        GapKind::OpenEnd,
        GapKind::PlanUnmet { planned: 10, came: 2 },
        GapKind::Cut,
        GapKind::Unreadable { what: "x".into() },
        GapKind::Counts { what: "tests".into(), announced: 3, came: 1 },
        GapKind::NoTests,
        GapKind::BailedOut { why: "no server".into() },
        GapKind::ExitCode { code: -9 },
        GapKind::TooFew { wanted: 5, came: 4 },
        GapKind::NoResultsFiles { suites: 2, first: vec!["a (139)".into(), "b (0)".into()] },
        GapKind::DamagedRecord { path: "r".into(), offset: 7, what: "cut".into() },
        GapKind::NoExitCode,
        GapKind::Unread { why: Unread::Empty },
        GapKind::Unread { why: Unread::NoFormat { tried: 7, looks_like: "x".into() } },
        GapKind::Unread { why: Unread::Failed { why: "y".into() } },
    ];
    let scopes = [Scope::Suite(suite), Scope::VariantOf { file }];
    let gap = |(index, kind): (usize, GapKind)| Gap {
        kind,
        reach: if index % 2 == 0 { Reach::Any } else { Reach::Below("smb2.".into()) },
        scope: scopes[index % 2],
        origin: (index % 3 > 0).then_some(Origin { file, line: index as u32 }),
    };
    kinds.into_iter().enumerate().map(gap).collect()
}

/// A record, and all that was said, by file.
fn written(results: u32) -> (Vec<u8>, Vec<Said>) {
    let recorder = Recorder::new(contents(), tempfile::tempfile().unwrap(), |text| text.into());
    let mut said: Vec<Said> = Vec::new();
    for file in 0..3 {
        let mut here = Said::default();
        {
            let mut sink = recorder.recorded(file, Box::new(&mut here));
            (0..results).for_each(|n| sink.result(&result(file, n)));
            gaps(file).into_iter().for_each(|gap| sink.gap(gap));
            sink.problem(3, ResultsProblem::Cut.into());
            sink.problem(
                0,
                ResultsProblem::WrongEncoding { read_as: "windows-1252".into() }.into(),
            );
        }
        said.push(here);
    }
    let mut record = Vec::new();
    recorder.finish(&mut record).unwrap();
    (record, said)
}

/// What a record says, by file, and what is wrong with it.
fn read(record: &[u8]) -> (Vec<Said>, Option<Damage>) {
    let mut said: Vec<Said> = (0..3).map(|_| Said::default()).collect();
    let (mut reader, read) = match RecordReader::new(record) {
        Ok(reader) => reader,
        Err(damage) => return (said, Some(damage)),
    };
    assert_eq!(read, contents());
    loop {
        let mut block = match reader.block() {
            Ok(Some(block)) => block,
            Ok(None) => return (said, None),
            Err(damage) => return (said, Some(damage)),
        };
        let file = block.file();
        let sink = &mut said[file as usize];
        loop {
            match block.next(file) {
                Ok(Some(Entry::Result(result))) => sink.result(&result),
                Ok(Some(Entry::Gap(gap))) => sink.gap(gap),
                Ok(Some(Entry::Problem(line, kind))) => sink.problem(line, kind),
                Ok(None) => break,
                Err(_) => return (said, Some(reader.malformed())),
            }
        }
        reader.done(&block);
    }
}

#[test]
fn everything_comes_back() {
    for results in [0, 1, 1000, 60_000] {
        let (record, said) = written(results);
        let (back, damage) = read(&record);
        assert_eq!(damage, None);
        for (said, back) in said.iter().zip(&back) {
            assert!(said.0 == back.0, "{results}");
        }
    }
}

#[test]
fn the_same_results_make_the_same_bytes_and_few_of_them() {
    let (once, again) = (written(20_000).0, written(20_000).0);
    assert!(once == again);
    assert!(once.len() < 60_000 * 4, "{}", once.len());
}

#[test]
fn a_cut_record_says_so_and_gives_what_it_has() {
    let (record, said) = written(400);
    for cut in 0..record.len() {
        let (back, damage) = read(&record[..cut]);
        assert!(damage.is_some(), "{cut}");
        for (said, back) in said.iter().zip(&back) {
            assert!(said.0.starts_with(&back.0), "{cut}");
        }
    }
    let behind = [&record[..], b"x"].concat();
    assert_eq!(read(&behind).1.unwrap().what, "something stands behind its end");
}

#[test]
fn damage_is_told_wherever_it_is_and_never_panics() {
    let (record, said) = written(400);
    for at in 0..record.len() {
        let mut damaged = record.clone();
        damaged[at] ^= 0x24;
        let (back, damage) = read_any(&damaged);
        let mut whole = true;
        for (said, back) in said.iter().zip(&back) {
            assert!(said.0.starts_with(&back.0), "{at}");
            whole &= said.0 == back.0;
        }
        // A bit that nobody reads is no damage.
        assert!(damage.is_some() || whole, "{at}");
    }
}

/// As [`read`], for a record whose head may be wrong.
fn read_any(record: &[u8]) -> (Vec<Said>, Option<Damage>) {
    match RecordReader::new(record) {
        Ok((_, other)) if other != contents() => unreachable!("the head has a checksum"),
        Ok(_) => read(record),
        Err(damage) => (Vec::new(), Some(damage)),
    }
}

#[test]
fn a_block_left_out_or_twice_is_told() {
    let (record, _) = written(20_000);
    let whole = read(&record);
    assert_eq!(whole.1, None);
    // The blocks behind the head, one after the other.
    let mut starts = vec![MARK.len() + VERSION.len()];
    while *starts.last().unwrap() < record.len() {
        let at = *starts.last().unwrap();
        let length = u32::from_le_bytes([5, 6, 7, 8].map(|i| record[at + i]));
        starts.push(at + 13 + length as usize);
    }
    assert!(starts.len() > 4);
    let without = [&record[..starts[1]], &record[starts[2]..]].concat();
    assert_eq!(read(&without).1.unwrap().what, "parts of it are missing");
    let twice = [&record[..starts[2]], &record[starts[1]..]].concat();
    assert_eq!(read(&twice).1.unwrap().what, "parts of it stand in it twice");
}

#[test]
fn another_version_is_named() {
    let damage = read(b"knownfail record 2\nH").1.unwrap();
    assert_eq!(damage.what, "it is of version 2, and this knownfail reads version 1");
    assert_eq!(read(b"smbtorture").1.unwrap().what, "it ends in the middle");
    assert_eq!(read(b"smbtorture 4.17.12 and more").1.unwrap().what, "it is no record");
}

/// A block whose checksum is right, whatever it holds.
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
fn what_is_made_to_take_long_is_refused() {
    let (record, _) = written(1);
    let head_length = u32::from_le_bytes([5, 6, 7, 8].map(|i| record[19 + i])) as usize;
    let head = &record[..19 + 13 + head_length];
    // A name of a megabyte, and a hundred thousand that share it.
    let (n, long) = (100_000_usize, vec![b'a'; 1 << 20]);
    let (mut lengths, mut names) = (Vec::new(), long.clone());
    varint::put_number(&mut lengths, 0);
    varint::put_number(&mut lengths, long.len() as u64);
    for _ in 1..n {
        varint::put_number(&mut lengths, long.len() as u64);
        varint::put_number(&mut lengths, 1);
    }
    names.extend(std::iter::repeat_n(b'b', n - 1));
    let mut raw = vec![0];
    for column in [&vec![0; n], &lengths, &names, &vec![0; n], &Vec::new()] {
        varint::put_number(&mut raw, column.len() as u64);
        raw.extend_from_slice(column);
    }
    let long = [head, &block(RESULTS, &raw)].concat();
    let (mut reader, _) = RecordReader::new(&*long).unwrap();
    let (mut block, mut came) = (reader.block().unwrap().unwrap(), 0);
    while let Ok(Some(_)) = block.next(0) {
        came += 1;
    }
    assert!(came < 100, "{came}");
    // What unpacks to much more than a record holds.
    let mut bomb = [head, &self::block(RESULTS, &[0])].concat();
    bomb[head.len() + 1..][..4].copy_from_slice(&((64 << 20) + 1_u32).to_le_bytes());
    assert_eq!(read(&bomb).1.unwrap().what, "it unpacks to more than a record holds");
}
