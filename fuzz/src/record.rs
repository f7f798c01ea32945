//! Records: what is written reads back, a damaged record never passes for a complete one, other bytes are no record.
//!
//! Choices make a record and damage it, or bytes are read as a record. What is read before the damage has to be true.

use super::choices::Choices;
use knownfail::model::{
    AffectedTests, Attempt, Gap, GapKind, Origin, Outcome, ProblemKind, ResultsProblem, Scope,
    Sink, SourceLocation, SuiteId, TestName, TestResult, Unread,
};
use knownfail::record::{
    RecordDamage, RecordEntry, RecordManifest, RecordReader, RecordedFile, Recorder, SourceStamp,
};
use std::num::NonZeroU64;

const NAMES: [&str; 8] = ["a", "a.b", "suite.", "süite.", "é", "long ", "*", "|"];
const MESSAGES: [&str; 4] = ["", "wrong", "wrong\nin two lines", "é"];
const PATHS: [&str; 4] = ["", "lib/a.c", "lib/ä.c", "b"];
/// The files of a generated record.
const FILE_COUNT: u32 = 3;

/// The first byte selects between choices and a file.
pub(crate) fn record(bytes: &[u8]) {
    match bytes.split_first() {
        Some((0, choices)) => check_generated(&mut Choices::new(choices)),
        Some((_, file)) => {
            assert_sound(&read(file));
        }
        None => {}
    }
}

/// A complete record from choices.
pub(crate) fn example(choices: &[u8]) -> Vec<u8> {
    write(&mut Choices::new(choices)).0
}

fn check_generated(choices: &mut Choices<'_>) {
    let (record, expected) = write(choices);
    let whole = read(&record);
    assert_eq!(whole.damage, None);
    assert_eq!(whole.events, expected);
    let mut damaged = record.clone();
    damage(&mut damaged, choices);
    let found = read(&damaged);
    assert_sound(&found);
    // Some bits of compressed data mean nothing.
    assert!(found.damage.is_some() || found == whole, "{record:02x?} became {damaged:02x?}");
    // Only the end shows that a part is missing or repeated.
    let parts = found.damage.as_ref().is_some_and(|damage| damage.what.starts_with("parts of it"));
    for (found, expected) in found.events.iter().zip(&expected).filter(|_| !parts) {
        assert!(expected.starts_with(found), "{record:02x?} became {damaged:02x?}");
    }
}

/// A record and its events, by file.
fn write(choices: &mut Choices<'_>) -> (Vec<u8>, Vec<Vec<String>>) {
    let file = |number: u32| RecordedFile {
        path: format!("{}{number}", PATHS[number as usize]),
        variant: if number == 0 { "m".to_owned() } else { String::new() },
        stamp: NonZeroU64::new(number.into()).map(|modified| SourceStamp { size: 9, modified }),
    };
    let contents =
        RecordManifest { commit: "0123abc".to_owned(), files: (0..FILE_COUNT).map(file).collect() };
    let scratch = tempfile::tempfile().expect("a file");
    let recorder = Recorder::new(contents, scratch, |text| text.into());
    let mut events = Vec::new();
    for number in 0..FILE_COUNT {
        let mut log = EventLog::default();
        // Finished and started again, so that there are several blocks.
        for _ in 0..choices.next_below(3) {
            let mut sink = recorder.recording_sink(number, Box::new(&mut log));
            (0..choices.next_below(12)).for_each(|_| emit(choices, number, &mut sink));
        }
        events.push(log.0);
    }
    let mut record = Vec::new();
    recorder.finish(&mut record).expect("a record");
    (record, events)
}

fn emit(choices: &mut Choices<'_>, file: u32, sink: &mut dyn Sink) {
    match choices.next_below(8) {
        0 => sink.gap(gap(choices, file)),
        1 => {
            let kind = choices.next_below(3);
            let kind = match kind {
                0 => ResultsProblem::Truncated,
                1 => ResultsProblem::Unreadable { what: "x".to_owned() },
                _ => ResultsProblem::Unread { why: Unread::Empty },
            };
            sink.problem(choices.next_below(256) as u32, kind.into());
        }
        _ => {
            let name = choices.text(&NAMES, 40);
            let outcome = choices.pick(Outcome::ALL);
            let place = SourceLocation { file: choices.pick(&PATHS).into(), line: None };
            let line = [None, Some(7), Some(u64::MAX)];
            sink.result(&TestResult {
                name: if name.is_empty() { "x".into() } else { name.into() },
                outcome,
                attempt: choices.pick(&[Attempt::Final, Attempt::Intermediate]),
                message: choices.pick(&MESSAGES).into(),
                location: (choices.next_below(2) == 0)
                    .then(|| SourceLocation { line: choices.pick(&line), ..place }),
                suite: SuiteId { file, suite: choices.pick(&[0, 1, u32::MAX]) },
                origin: Origin { file, line: choices.pick(&[0, 1, 300, u32::MAX]) },
            });
        }
    }
}

fn gap(choices: &mut Choices<'_>, file: u32) -> Gap {
    let kind = match choices.next_below(6) {
        0 => GapKind::Truncated,
        1 => GapKind::PlanNotMet { planned: u64::MAX, actual: 0 },
        2 => GapKind::ExitCode { code: i64::MIN },
        3 => GapKind::CountMismatch { what: "tests".into(), declared: 2, actual: 1 },
        4 => GapKind::NoResultsFiles { suites: 2, first: vec!["a (1)".to_owned()] },
        _ => GapKind::Unread { why: Unread::Failed { why: "x".to_owned() } },
    };
    let suite = SuiteId { file, suite: 2 };
    Gap {
        kind,
        affected: if choices.next_below(2) == 0 {
            AffectedTests::All
        } else {
            AffectedTests::WithPrefix("a.".to_owned())
        },
        scope: choices.pick(&[Scope::Suite(suite), Scope::Variant { file }, Scope::Run]),
        origin: (choices.next_below(2) == 0).then_some(Origin { file, line: 9 }),
    }
}

/// Changes, removes, adds or repeats some bytes.
fn damage(record: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let at = (choices.next_below(256) << 8 | choices.next_below(256)) % record.len();
    let end = (at + 1 + choices.next_below(60)).min(record.len());
    match choices.next_below(6) {
        0 => record.truncate(at),
        1 => drop(record.drain(at..end)),
        2 => record[at] ^= 1 << choices.next_below(8),
        3 => record[at] = choices.next_below(256) as u8,
        4 => {
            let repeated = record[at..end].to_vec();
            record.splice(at..at, repeated);
        }
        _ => record.push(choices.next_below(256) as u8),
    }
}

/// The events of a record by file, and its problems.
#[derive(Debug, Default, PartialEq, Eq)]
struct ReadRecord {
    events: Vec<Vec<String>>,
    damage: Option<RecordDamage>,
}

fn read(file: &[u8]) -> ReadRecord {
    let mut found = ReadRecord::default();
    let reader = RecordReader::new(file);
    found.damage = match reader {
        Ok((reader, contents)) => {
            found.events = vec![Vec::new(); contents.files.len()];
            blocks(reader, &mut found.events).err()
        }
        Err(damage) => Some(damage),
    };
    found
}

fn blocks(mut reader: RecordReader<&[u8]>, events: &mut [Vec<String>]) -> Result<(), RecordDamage> {
    while let Some(mut block) = reader.next_block()? {
        let number = block.file();
        let mut sink = EventLog::default();
        let is_complete = loop {
            match block.next(number) {
                Ok(Some(RecordEntry::Result(result))) => sink.result(&result),
                Ok(Some(RecordEntry::Gap(gap))) => sink.gap(gap),
                Ok(Some(RecordEntry::Problem(line, kind))) => sink.problem(line, kind),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        events[number as usize].extend(sink.0);
        if !is_complete {
            return Err(reader.malformed());
        }
        reader.verify_block(&block);
    }
    Ok(())
}

fn assert_sound(read: &ReadRecord) {
    if let Some(RecordDamage { what, .. }) = &read.damage {
        assert!(what.len() <= 200 && !what.contains(char::is_control), "{what:?}");
    }
}

/// Logs all events.
#[derive(Debug, Default)]
struct EventLog(Vec<String>);

impl Sink for EventLog {
    fn result(&mut self, result: &TestResult<'_>) {
        assert_eq!(TestName::escape(&result.name), result.name, "a name that can do something");
        self.0.push(format!("{result:?}"));
    }

    fn gap(&mut self, gap: Gap) {
        self.0.push(format!("{gap:?}"));
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.0.push(format!("{line} {kind:?}"));
    }
}
