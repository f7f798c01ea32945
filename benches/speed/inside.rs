//! The parts of a run, each measured inside a process of its own.
//!
//! In: the part's name and its inputs. Out: how long it took and how long its measuring stick took on the
//! same file, both the median of several turns.

use crate::inputs::Rows;
use crate::measure::median;
use crate::sticks::Stick;
use crate::{Inputs, Kind};
use knownfail::compare::{Fold, Infrastructure, Keep, ResultsFile, Run};
use knownfail::formats::Format;
use knownfail::known::KnownFailures;
use knownfail::model::{Gap, Naming, ProblemKind, RunBuilder, Sink, TestResult, Variant};
use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// A part of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Bytes to results that nobody keeps.
    Decode(Kind),
    /// The same, each result compared with the document.
    Compare(Kind),
    /// The document to rows.
    Document(Rows),
}

impl Part {
    pub const ALL: [(&'static str, Part); 6] = [
        ("decode JUnit XML", Part::Decode(Kind::Junit)),
        ("decode and compare JUnit XML", Part::Compare(Kind::Junit)),
        ("decode smbtorture", Part::Decode(Kind::Smbtorture)),
        ("decode and compare smbtorture", Part::Compare(Kind::Smbtorture)),
        ("read the document", Part::Document(Rows::Plain)),
        ("read the document, 3 of 10 rows re:", Part::Document(Rows::Expressions)),
    ];

    /// How long it takes, and how long its stick takes.
    pub fn measure(self, inputs: &Inputs, turns: usize) -> Result<[Duration; 2], Box<dyn Error>> {
        let (file, stick) = match self {
            Part::Decode(kind) | Part::Compare(kind) => (inputs.results(kind), kind.stick()),
            Part::Document(rows) => (inputs.document(rows), Stick::Lines),
        };
        let document = inputs.document(match self {
            Part::Document(rows) => rows,
            Part::Decode(_) | Part::Compare(_) => Rows::Plain,
        });
        let text = fs::read_to_string(document)?;
        let mut times = Vec::new();
        for _ in 0..=turns {
            let it = timed(|| self.once(&file, &text))?;
            times.push([it, timed(|| Ok(stick.read(&file)?))?]);
        }
        Ok([0, 1].map(|which| median(times[1..].iter().map(|turn| turn[which]))))
    }

    fn once(self, file: &Path, document: &str) -> Result<u64, Box<dyn Error>> {
        match self {
            Part::Decode(kind) => {
                let mut counted = Counted(0);
                let builder = RunBuilder::new(0, Naming::default(), &mut counted);
                kind.format().read(File::open(file)?, builder);
                Ok(counted.0)
            }
            Part::Compare(kind) => {
                let run = Run {
                    known: known(document),
                    files: vec![ResultsFile { path: "results".into(), variant: 0 }],
                    variants: vec![Variant::new("")],
                    keep: Keep::Noteworthy,
                    infra: Infrastructure::default(),
                };
                let mut fold = Fold::new(&run);
                let mut sink = fold.file(0);
                let builder = RunBuilder::new(0, Naming::default(), &mut sink);
                kind.format().read(File::open(file)?, builder);
                Ok(fold.end().tests())
            }
            Part::Document(_) => Ok(known(document).rows().len() as u64),
        }
    }
}

impl Kind {
    fn format(self) -> Format {
        match self {
            Kind::Junit => Format::Junit,
            Kind::Smbtorture => Format::Subunit,
        }
    }
}

fn known(document: &str) -> KnownFailures {
    KnownFailures::read(&[("KNOWN_FAILURES.md".into(), document.to_owned())])
}

fn timed(what: impl FnOnce() -> Result<u64, Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    black_box(what()?);
    Ok(begun.elapsed())
}

/// Counts results.
struct Counted(u64);

impl Sink for Counted {
    fn result(&mut self, result: &TestResult<'_>) {
        self.0 += result.name.len() as u64;
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
