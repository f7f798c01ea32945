//! Records: what is written is read again; what was damaged since is never whole; any other bytes are no record.
//!
//! In: choices that make a record and damage it, or bytes that may be one. A newcomer's trap: what was read before
//! the damage counts, so it has to be the truth.

use super::choices::Choices;
use knownfail::model::{
    Attempt, Gap, GapKind, Origin, Outcome, Place, ProblemKind, Reach, ResultsProblem, Scope, Sink,
    SuiteId, TestName, TestResult, Unread,
};
use knownfail::record::{Contents, Damage, Entry, RecordReader, RecordedFile, Recorder};

const NAMES: [&str; 8] = ["a", "a.b", "suite.", "süite.", "é", "long ", "*", "|"];
const MESSAGES: [&str; 4] = ["", "wrong", "wrong\nin two lines", "é"];
const PATHS: [&str; 4] = ["", "lib/a.c", "lib/ä.c", "b"];
/// Files that a made record speaks of.
const FILES: u32 = 3;

/// The first byte says whether the others are choices or a file.
pub fn record(bytes: &[u8]) {
    match bytes.split_first() {
        Some((0, choices)) => made(&mut Choices::new(choices)),
        Some((_, file)) => {
            is_sound(&read(file));
        }
        None => {}
    }
}

/// A whole record, by choices.
pub fn example(choices: &[u8]) -> Vec<u8> {
    write(&mut Choices::new(choices)).0
}

fn made(choices: &mut Choices<'_>) {
    let (record, told) = write(choices);
    let whole = read(&record);
    assert_eq!(whole.damage, None);
    assert_eq!(whole.said, told);
    let mut damaged = record.clone();
    damage(&mut damaged, choices);
    let found = read(&damaged);
    is_sound(&found);
    // Some bits of what is packed mean nothing.
    assert!(found.damage.is_some() || found == whole, "{record:02x?} became {damaged:02x?}");
    // Only the end tells that a part is missing or came twice.
    let parts = found.damage.as_ref().is_some_and(|damage| damage.what.starts_with("parts of it"));
    for (found, told) in found.said.iter().zip(&told).filter(|_| !parts) {
        assert!(told.starts_with(found), "{record:02x?} became {damaged:02x?}");
    }
}

/// A record and what was said to it, by file.
fn write(choices: &mut Choices<'_>) -> (Vec<u8>, Vec<Vec<String>>) {
    let file = |number: u32| RecordedFile {
        path: format!("{}{number}", PATHS[number as usize]),
        variant: if number == 0 { "m".to_owned() } else { String::new() },
    };
    let contents = Contents { commit: "0123abc".to_owned(), files: (0..FILES).map(file).collect() };
    let scratch = tempfile::tempfile().expect("a file");
    let recorder = Recorder::new(contents, scratch, |text| text.into());
    let mut told = Vec::new();
    for number in 0..FILES {
        let mut said = Said::default();
        // Closed and begun again, so that there are several blocks.
        for _ in 0..choices.below(3) {
            let mut sink = recorder.recorded(number, Box::new(&mut said));
            (0..choices.below(12)).for_each(|_| say(choices, number, &mut sink));
        }
        told.push(said.0);
    }
    let mut record = Vec::new();
    recorder.finish(&mut record).expect("a record");
    (record, told)
}

fn say(choices: &mut Choices<'_>, file: u32, sink: &mut dyn Sink) {
    match choices.below(8) {
        0 => sink.gap(gap(choices, file)),
        1 => {
            let kind = choices.below(3);
            let kind = match kind {
                0 => ResultsProblem::Cut,
                1 => ResultsProblem::Unreadable { what: "x".to_owned() },
                _ => ResultsProblem::Unread { why: Unread::Empty },
            };
            sink.problem(choices.below(256) as u32, kind.into());
        }
        _ => {
            let name = choices.text(&NAMES, 40);
            let outcome = choices.of(&Outcome::ALL);
            let place = Place { file: choices.of(&PATHS).into(), line: None };
            let line = [None, Some(7), Some(u64::MAX)];
            sink.result(&TestResult {
                name: if name.is_empty() { "x".into() } else { name.into() },
                outcome,
                attempt: choices.of(&[Attempt::Only, Attempt::Retry]),
                message: choices.of(&MESSAGES).into(),
                place: (choices.below(2) == 0).then(|| Place { line: choices.of(&line), ..place }),
                suite: SuiteId { file, suite: choices.of(&[0, 1, u32::MAX]) },
                origin: Origin { file, line: choices.of(&[0, 1, 300, u32::MAX]) },
            });
        }
    }
}

fn gap(choices: &mut Choices<'_>, file: u32) -> Gap {
    let kind = match choices.below(6) {
        0 => GapKind::Cut,
        1 => GapKind::PlanUnmet { planned: u64::MAX, came: 0 },
        2 => GapKind::ExitCode { code: i64::MIN },
        3 => GapKind::Counts { what: "tests".into(), announced: 2, came: 1 },
        4 => GapKind::NoResultsFiles { suites: 2, first: vec!["a (1)".to_owned()] },
        _ => GapKind::Unread { why: Unread::Failed { why: "x".to_owned() } },
    };
    let suite = SuiteId { file, suite: 2 };
    Gap {
        kind,
        reach: if choices.below(2) == 0 { Reach::Any } else { Reach::Below("a.".to_owned()) },
        scope: choices.of(&[Scope::Suite(suite), Scope::VariantOf { file }, Scope::Run]),
        origin: (choices.below(2) == 0).then_some(Origin { file, line: 9 }),
    }
}

/// Changes, takes out, adds or doubles some bytes.
fn damage(record: &mut Vec<u8>, choices: &mut Choices<'_>) {
    let at = (choices.below(256) << 8 | choices.below(256)) % record.len();
    let end = (at + 1 + choices.below(60)).min(record.len());
    match choices.below(6) {
        0 => record.truncate(at),
        1 => drop(record.drain(at..end)),
        2 => record[at] ^= 1 << choices.below(8),
        3 => record[at] = choices.below(256) as u8,
        4 => {
            let again = record[at..end].to_vec();
            record.splice(at..at, again);
        }
        _ => record.push(choices.below(256) as u8),
    }
}

/// What a record said, by file, and what is wrong with it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    said: Vec<Vec<String>>,
    damage: Option<Damage>,
}

fn read(file: &[u8]) -> Read {
    let mut found = Read::default();
    let reader = RecordReader::new(file);
    found.damage = match reader {
        Ok((reader, contents)) => {
            found.said = vec![Vec::new(); contents.files.len()];
            blocks(reader, &mut found.said).err()
        }
        Err(damage) => Some(damage),
    };
    found
}

fn blocks(mut reader: RecordReader<&[u8]>, said: &mut [Vec<String>]) -> Result<(), Damage> {
    while let Some(mut block) = reader.block()? {
        let number = block.file();
        let mut sink = Said::default();
        let whole = loop {
            match block.next(number) {
                Ok(Some(Entry::Result(result))) => sink.result(&result),
                Ok(Some(Entry::Gap(gap))) => sink.gap(gap),
                Ok(Some(Entry::Problem(line, kind))) => sink.problem(line, kind),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        said[number as usize].extend(sink.0);
        if !whole {
            return Err(reader.malformed());
        }
        reader.done(&block);
    }
    Ok(())
}

fn is_sound(read: &Read) {
    if let Some(Damage { what, .. }) = &read.damage {
        assert!(what.len() <= 200 && !what.contains(char::is_control), "{what:?}");
    }
}

/// Writes down all that it is told.
#[derive(Debug, Default)]
struct Said(Vec<String>);

impl Sink for Said {
    fn result(&mut self, result: &TestResult<'_>) {
        assert_eq!(TestName::shown(&result.name), result.name, "a name that can do something");
        self.0.push(format!("{result:?}"));
    }

    fn gap(&mut self, gap: Gap) {
        self.0.push(format!("{gap:?}"));
    }

    fn problem(&mut self, line: u32, kind: ProblemKind) {
        self.0.push(format!("{line} {kind:?}"));
    }
}
