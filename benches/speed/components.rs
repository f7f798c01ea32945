//! The parts of a run, each measured inside a process of its own.
//!
//! The time of a part and of its baseline on the same file, both the median of several rounds.

use crate::baselines::Baseline;
use crate::inputs::RowKind;
use crate::measure::median;
use crate::{Inputs, ResultsKind};
use knownfail::compare::{ComparisonBuilder, Infrastructure, ResultsFile, Retain, RunContext};
use knownfail::formats::Format;
use knownfail::known::KnownFailures;
use knownfail::model::{Gap, ProblemKind, ReadConfig, RunBuilder, Sink, TestResult, Variant};
use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// A part of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Component {
    /// Bytes to results that are dropped.
    Decode(ResultsKind),
    /// The same, each result compared with the document.
    Compare(ResultsKind),
    /// The document to rows.
    Document(RowKind),
}

impl Component {
    pub(crate) const ALL: [(&'static str, Component); 6] = [
        ("decode JUnit XML", Component::Decode(ResultsKind::Junit)),
        ("decode and compare JUnit XML", Component::Compare(ResultsKind::Junit)),
        ("decode smbtorture", Component::Decode(ResultsKind::Smbtorture)),
        ("decode and compare smbtorture", Component::Compare(ResultsKind::Smbtorture)),
        ("read the document", Component::Document(RowKind::Plain)),
        ("read the document, 3 of 10 rows re:", Component::Document(RowKind::Expressions)),
    ];

    /// The time of the part and of its baseline.
    pub(crate) fn measure(
        self,
        inputs: &Inputs,
        turns: usize,
    ) -> Result<[Duration; 2], Box<dyn Error>> {
        let (file, baseline) = match self {
            Component::Decode(kind) | Component::Compare(kind) => {
                (inputs.results(kind), kind.baseline())
            }
            Component::Document(rows) => (inputs.document(rows), Baseline::Lines),
        };
        let document = inputs.document(match self {
            Component::Document(rows) => rows,
            Component::Decode(_) | Component::Compare(_) => RowKind::Plain,
        });
        let text = fs::read_to_string(document)?;
        let mut times = Vec::new();
        for _ in 0..=turns {
            let component_time = measure_time(|| self.run_once(&file, &text))?;
            times.push([component_time, measure_time(|| Ok(baseline.read(&file)?))?]);
        }
        Ok([0, 1].map(|which| median(times[1..].iter().map(|turn| turn[which]))))
    }

    fn run_once(self, file: &Path, document: &str) -> Result<u64, Box<dyn Error>> {
        match self {
            Component::Decode(kind) => {
                let mut counter = CountingSink(0);
                let builder = RunBuilder::new(0, ReadConfig::default(), &mut counter);
                kind.format().read(File::open(file)?, builder);
                Ok(counter.0)
            }
            Component::Compare(kind) => {
                let known = known(document);
                let run = RunContext {
                    known: &known,
                    files: vec![ResultsFile { path: "results".into(), variant: 0 }],
                    variants: vec![Variant::new("")],
                    retain: Retain::Notable,
                    infra: Infrastructure::default(),
                };
                let mut fold = ComparisonBuilder::new(&run);
                let mut sink = fold.file_sink(0);
                let builder = RunBuilder::new(0, ReadConfig::default(), &mut sink);
                kind.format().read(File::open(file)?, builder);
                Ok(fold.finish().test_count())
            }
            Component::Document(_) => Ok(known(document).rows().len() as u64),
        }
    }
}

impl ResultsKind {
    fn format(self) -> Format {
        match self {
            ResultsKind::Junit => Format::from_name("junit").unwrap(),
            ResultsKind::Smbtorture => Format::from_name("subunit").unwrap(),
        }
    }
}

fn known(document: &str) -> KnownFailures {
    KnownFailures::read(&[("KNOWN_FAILURES.md".into(), document.to_owned())])
}

fn measure_time(
    what: impl FnOnce() -> Result<u64, Box<dyn Error>>,
) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    black_box(what()?);
    Ok(begun.elapsed())
}

/// Counts results.
struct CountingSink(u64);

impl Sink for CountingSink {
    fn result(&mut self, result: &TestResult<'_>) {
        self.0 += result.name.len() as u64;
    }

    fn gap(&mut self, _: Gap) {}

    fn problem(&mut self, _: u32, _: ProblemKind) {}
}
