//! Speed and memory: `cargo bench`.
//!
//! Each figure is a ratio to a baseline that was measured in turn with it, because the speed of a machine changes by the minute.
//! Inputs are generated, always the same; whole processes are measured from outside, parts of a run inside one.
//!
//! `cargo bench -- --tests 1000000 --rows 10000 --runs 5` are the sizes of `docs/performance.md`.

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "a benchmark prints its tables")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

mod baselines;
mod components;
mod cpu;
mod inputs;
mod measure;

use baselines::Baseline;
use components::Component;
use cpu::pin_to_one_cpu;
use inputs::RowKind;
use measure::Cost;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

const KNOWNFAIL: &str = env!("CARGO_BIN_EXE_knownfail");

fn main() -> ExitCode {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["baseline", name, file] => run_baseline(name, Path::new(file)),
        ["inside", part, ref options @ ..] => {
            Options::read(options).and_then(|o| run_component(part, &o))
        }
        ref options => Options::read(options).and_then(|options| bench(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("speed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The options.
struct Options {
    tests: u64,
    rows: u64,
    runs: usize,
}

impl Options {
    fn read(words: &[&str]) -> Result<Options, Box<dyn Error>> {
        let mut options = Options { tests: 100_000, rows: 10_000, runs: 5 };
        for pair in words.chunks(2) {
            match *pair {
                ["--tests", tests] => options.tests = tests.parse()?,
                ["--rows", rows] => options.rows = rows.parse()?,
                ["--runs", runs] => options.runs = runs.parse()?,
                ref other => return Err(format!("no such option: {}", other.join(" ")).into()),
            }
        }
        Ok(options)
    }

    fn words(&self) -> Vec<String> {
        let Options { tests, rows, runs } = self;
        format!("--tests {tests} --rows {rows} --runs {runs}")
            .split(' ')
            .map(String::from)
            .collect()
    }
}

/// A kind of results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResultsKind {
    Junit,
    Smbtorture,
}

impl ResultsKind {
    pub(crate) fn baseline(self) -> Baseline {
        match self {
            ResultsKind::Junit => Baseline::Xml,
            ResultsKind::Smbtorture => Baseline::Lines,
        }
    }
}

/// The paths of the inputs of some sizes.
pub(crate) struct Inputs {
    folder: PathBuf,
    tests: u64,
    rows: u64,
}

impl Inputs {
    fn new(options: &Options) -> Inputs {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("speed");
        Inputs { folder, tests: options.tests, rows: options.rows }
    }

    pub(crate) fn results(&self, kind: ResultsKind) -> PathBuf {
        self.folder.join(match kind {
            ResultsKind::Junit => format!("{}.xml", self.tests),
            ResultsKind::Smbtorture => format!("{}.txt", self.tests),
        })
    }

    pub(crate) fn document(&self, kind: RowKind) -> PathBuf {
        self.folder.join(format!("{}-{}-{}.md", self.tests, self.rows, kind.name()))
    }

    fn with_rows(&self, rows: u64) -> Inputs {
        Inputs { rows, folder: self.folder.clone(), ..*self }
    }

    fn write_results(&self) -> std::io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for kind in [ResultsKind::Junit, ResultsKind::Smbtorture] {
            let mut out = BufWriter::new(File::create(self.results(kind))?);
            match kind {
                ResultsKind::Junit => inputs::write_junit(self.tests, &mut out)?,
                ResultsKind::Smbtorture => inputs::write_smbtorture(self.tests, &mut out)?,
            }
            out.flush()?;
        }
        Ok(())
    }

    fn write_documents(&self) -> std::io::Result<()> {
        for kind in RowKind::ALL {
            let mut out = BufWriter::new(File::create(self.document(kind))?);
            inputs::write_document(self.tests, self.rows, kind, &mut out)?;
            out.flush()?;
        }
        Ok(())
    }
}

fn run_baseline(name: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let baseline = Baseline::ALL.into_iter().find(|baseline| baseline.name() == name);
    println!("{}", baseline.ok_or("no such baseline")?.read(file)?);
    Ok(())
}

fn run_component(name: &str, options: &Options) -> Result<(), Box<dyn Error>> {
    let part =
        Component::ALL.into_iter().find(|(other, _)| *other == name).ok_or("no such part")?.1;
    let [component_time, baseline_time] = part.measure(&Inputs::new(options), options.runs)?;
    println!("{} {}", component_time.as_nanos(), baseline_time.as_nanos());
    Ok(())
}

fn bench(options: &Options) -> Result<(), Box<dyn Error>> {
    let (inputs, small) = (Inputs::new(options), Options { tests: 10_000, rows: 1_000, runs: 20 });
    let small = Inputs::new(&small);
    for inputs in [&inputs, &small] {
        inputs.write_results()?;
        inputs.write_documents()?;
    }
    inputs.with_rows(100).write_documents()?;
    bench_whole_runs(&inputs, options.runs)?;
    bench_row_kinds(&inputs, options.runs)?;
    bench_startup(&inputs, &small)?;
    bench_components(options)
}

/// Whole runs of `knownfail check`.
fn bench_whole_runs(inputs: &Inputs, runs: usize) -> Result<(), Box<dyn Error>> {
    let Inputs { tests, rows, .. } = inputs;
    println!("\n{tests} tests, whole processes; ratios to the baseline in the same column\n");
    println!(
        "| | CPU s | ratio | time s | ratio | peak MiB |\n| --- | --- | --- | --- | --- | --- |"
    );
    for kind in [ResultsKind::Junit, ResultsKind::Smbtorture] {
        let (what, file) = match kind {
            ResultsKind::Junit => ("JUnit XML", inputs.results(kind)),
            ResultsKind::Smbtorture => ("smbtorture", inputs.results(kind)),
        };
        let hundred_rows = inputs.with_rows(100);
        let check = |document: &Path| check_command(&file, document);
        let (plain, expressions) = (RowKind::Plain, RowKind::Expressions);
        let lines = [
            (format!("{what}: the baseline"), baseline_command(kind.baseline(), &file)?),
            (format!("{what} × {rows} rows"), check(&inputs.document(plain))),
            (
                format!("{what} × {rows} rows, one processor"),
                pin_to_one_cpu(check(&inputs.document(plain)))?,
            ),
            (format!("{what} × {rows} rows, 3 of 10 `re:`"), check(&inputs.document(expressions))),
            (format!("{what} × 100 rows"), check(&hundred_rows.document(plain))),
        ];
        let (names, commands): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
        let costs = measure::measure_in_turn(&commands, runs)?;
        for (name, cost) in names.iter().zip(&costs) {
            println!("{}", row(name, cost, &costs[0]));
        }
    }
    Ok(())
}

/// The cost of rows of each kind: many against few.
fn bench_row_kinds(inputs: &Inputs, runs: usize) -> Result<(), Box<dyn Error>> {
    let Inputs { tests, rows, .. } = inputs;
    println!("\n{tests} tests of smbtorture × {rows} rows, ratios to the same with 100\n");
    println!("| rows | CPU s | ratio | peak MiB | with 100 |\n| --- | --- | --- | --- | --- |");
    let (file, hundred_rows) = (inputs.results(ResultsKind::Smbtorture), inputs.with_rows(100));
    for kind in RowKind::ALL {
        let commands = [hundred_rows.document(kind), inputs.document(kind)]
            .map(|document| check_command(&file, &document));
        let costs = measure::measure_in_turn(&commands, runs)?;
        let [base, full] = costs.as_slice() else { return Err("two commands, two costs".into()) };
        println!(
            "| {} | {:.3} | {:.2} | {:.0} | {:.0} |",
            kind.name(),
            full.cpu.as_secs_f64(),
            full.cpu.as_secs_f64() / base.cpu.as_secs_f64(),
            mib(full.peak),
            mib(base.peak),
        );
    }
    Ok(())
}

/// What has to be quick because somebody waits for it.
fn bench_startup(inputs: &Inputs, small: &Inputs) -> Result<(), Box<dyn Error>> {
    println!("\nFrom start to exit\n\n| | ms | peak MiB |\n| --- | --- | --- |");
    let junit = check_command(&small.results(ResultsKind::Junit), &small.document(RowKind::Plain));
    let smbtorture =
        check_command(&small.results(ResultsKind::Smbtorture), &small.document(RowKind::Plain));
    let document = inputs.document(RowKind::Plain).display().to_string();
    let words = |words: &[&str]| words.iter().copied().map(String::from).collect::<Vec<_>>();
    let lines = [
        ("`--version`".to_owned(), words(&[KNOWNFAIL, "--version"])),
        ("10000 tests in JUnit XML × 1000 rows".to_owned(), junit),
        ("10000 tests of smbtorture × 1000 rows".to_owned(), smbtorture),
        (format!("`lint` of {} rows", inputs.rows), words(&[KNOWNFAIL, "lint", &document])),
    ];
    let (names, commands): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
    for (name, cost) in names.iter().zip(measure::measure_in_turn(&commands, 20)?) {
        println!("| {name} | {:.1} | {:.0} |", cost.wall.as_secs_f64() * 1e3, mib(cost.peak));
    }
    Ok(())
}

/// Parts of a run, each in a process of its own.
fn bench_components(options: &Options) -> Result<(), Box<dyn Error>> {
    println!(
        "\nParts of a run; ratios to the baseline on the same file\n\n| | ms | ratio |\n| --- | --- | --- |"
    );
    for (name, _) in Component::ALL {
        let this = std::env::current_exe()?;
        let output = Command::new(this).args(["inside", name]).args(options.words()).output()?;
        let text = String::from_utf8(output.stdout)?;
        let times: Vec<u64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [component_time, baseline_time] = times[..] else {
            return Err(format!("{name}: unexpected output {text:?}").into());
        };
        println!(
            "| {name} | {:.1} | {:.2} |",
            component_time as f64 / 1e6,
            component_time as f64 / baseline_time as f64
        );
    }
    Ok(())
}

fn check_command(file: &Path, document: &Path) -> Vec<String> {
    let (file, document) = (file.display().to_string(), document.display().to_string());
    vec![KNOWNFAIL.to_owned(), "check".to_owned(), file, "-k".to_owned(), document]
}

fn baseline_command(baseline: Baseline, file: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let this = std::env::current_exe()?.display().to_string();
    Ok(vec![this, "baseline".to_owned(), baseline.name().to_owned(), file.display().to_string()])
}

fn row(name: &str, cost: &Cost, baseline: &Cost) -> String {
    let ratio =
        |value: Duration, reference: Duration| value.as_secs_f64() / reference.as_secs_f64();
    format!(
        "| {name} | {:.3} | {:.2} | {:.3} | {:.2} | {:.0} |",
        cost.cpu.as_secs_f64(),
        ratio(cost.cpu, baseline.cpu),
        cost.wall.as_secs_f64(),
        ratio(cost.wall, baseline.wall),
        mib(cost.peak),
    )
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
