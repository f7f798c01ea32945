//! A run in shards is the run: however its files are split into records, in any order, the report is the same.

use super::case::{Case, Run};
use super::cases::for_each_case;
use super::files::{self, BASE, RUN};
use super::generator::{self, Inputs};
use super::judging::{Workspace, show};
use proptest::prelude::*;

/// How the same results are given.
#[derive(Debug, Clone)]
struct Split {
    /// By file: the record that it goes into; 0 for a file that is read directly.
    shards: Vec<usize>,
    /// How far the arguments are rotated.
    rotation: usize,
    records: Records,
    base: BaseAs,
}

/// What becomes of the shards' records.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Records {
    Read,
    /// They are recorded again, as one.
    Merged,
}

/// How the base run is given.
#[derive(Debug, Clone, Copy, PartialEq)]
enum BaseAs {
    Files,
    Record,
    /// A record for each file.
    Shards,
}

fn split() -> impl Strategy<Value = Split> {
    let records = prop::sample::select(vec![Records::Read, Records::Merged]);
    let base = prop::sample::select(vec![BaseAs::Files, BaseAs::Record, BaseAs::Shards]);
    (prop::collection::vec(0..4usize, 8), 0..4usize, records, base)
        .prop_map(|(shards, rotation, records, base)| Split { shards, rotation, records, base })
}

/// The pattern that finds one file of a run, with its variant.
fn pattern_of(run: &Run, folder: &str, index: usize) -> String {
    let path = run.files[index].path(folder, index);
    let variant = run.files[index].variant;
    if variant.is_empty() { path } else { path.replace(&format!("/{variant}/"), "/{variant}/") }
}

/// The report and record of a call that reads these results.
fn report(
    workspace: &mut Workspace,
    options: &[String],
    results: &[String],
) -> (i32, String, Vec<u8>) {
    let outputs = ["--json=report.json", "--record=run.record"].map(str::to_owned);
    let arguments = [&["check".to_owned()], options, results, &outputs].concat();
    let output = workspace.run(&arguments, &["report.json", "run.record"]);
    (output.code, workspace.read("report.json"), workspace.read_bytes("run.record"))
}

/// Writes the record of some files.
fn record(workspace: &mut Workspace, results: &[String], codes: Option<&str>, name: &str) {
    let mut arguments = vec!["check".to_owned(), "-kK.md".to_owned(), format!("--record={name}")];
    arguments.extend(codes.map(|codes| format!("--exit-codes={codes}")));
    arguments.extend_from_slice(results);
    workspace.run(&arguments, &[name]);
}

/// The run's results as this split gives them: files and records.
fn shards(workspace: &mut Workspace, case: &Case, split: &Split) -> Vec<String> {
    let (mut results, mut records) = (Vec::new(), Vec::new());
    for shard in 0..4 {
        let files: Vec<usize> =
            (0..case.run.files.len()).filter(|index| split.shards[*index] == shard).collect();
        let patterns: Vec<String> =
            files.iter().map(|index| pattern_of(&case.run, RUN, *index)).collect();
        // A table of exit codes has at least one.
        let codes = files::exit_codes_of(&case.run, &files);
        let has_table = case.options.has_exit_codes;
        if shard == 0 || files.is_empty() || has_table && codes.is_empty() {
            results.extend(patterns);
            continue;
        }
        workspace.write(&[(format!("codes{shard}.txt"), codes)]);
        let (codes, name) = (format!("codes{shard}.txt"), format!("shard{shard}.record"));
        record(workspace, &patterns, has_table.then_some(&codes), &name);
        records.push(name);
    }
    if split.records == Records::Merged && !records.is_empty() {
        record(workspace, &records, None, "merged.record");
        records = vec!["merged.record".to_owned()];
    }
    results.extend(records);
    let rotation = split.rotation % results.len();
    results.rotate_left(rotation);
    results
}

/// The option that names the base run, as this split gives it.
fn base(workspace: &mut Workspace, run: &Run, how: BaseAs) -> String {
    match how {
        BaseAs::Files => return format!("--baseline={}", files::pattern(run, BASE)),
        BaseAs::Record => record(workspace, &[files::pattern(run, BASE)], None, "base0.base"),
        BaseAs::Shards => {
            for index in 0..run.files.len() {
                let pattern = pattern_of(run, BASE, index);
                record(workspace, &[pattern], None, &format!("base{index}.base"));
            }
        }
    }
    "--baseline=*.base".to_owned()
}

fn hold(workspace: &mut Workspace, (case, split): &(Case, Split)) -> Result<(), String> {
    let mut options = workspace.prepare(case);
    let once = report(workspace, &options, &[files::pattern(&case.run, RUN)]);
    if let Some(run) = &case.base {
        options.retain(|option| !option.starts_with("--baseline="));
        options.push(base(workspace, run, split.base));
    }
    let results = shards(workspace, case, split);
    let again = report(workspace, &options, &results);
    let what = match (once.0 == again.0 && once.1 == again.1, once.2 == again.2) {
        (true, true) => return Ok(()),
        (true, false) => "the record of the shards is another than that of the run".to_owned(),
        (false, _) => format!("at once: {} {}\nin shards: {} {}", once.0, once.1, again.0, again.1),
    };
    Err(format!("{what}\n{split:?}\n{results:?}\n{}", show(case)))
}

#[test]
fn any_split_into_records_in_any_order_is_the_run() {
    for_each_case(10, || (generator::case(Inputs::Run), split()), hold);
}
