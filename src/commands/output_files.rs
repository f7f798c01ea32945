//! Writes the requested output files; refuses to overwrite an input or another output.
//!
//! An output may name an input by another path, so canonical paths are compared. On the command line, the path `-` is
//! standard output.

use super::console::print_output;
use crate::cli::CheckOptions;
use crate::error::Error;
use crate::files::{self, AccessRoot, MatchedFile};
use crate::ingest::inputs::Inputs;
use crate::ingest::plan;
use crate::render::{RenderedReport, json, junit};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

struct InputFile<'f> {
    canonical: PathBuf,
    role: &'static str,
    /// The file, where it belongs to an earlier run.
    earlier_run: Option<&'f MatchedFile>,
}

struct OutputFile<'o> {
    path: &'o Path,
    canonical: PathBuf,
    name: &'static str,
}

/// What [`CheckOptions::record`] writes.
const RECORD_NAME: &str = "the record";

/// Whether a path is standard output: on the command line, not as an input of the action.
pub(super) fn is_stdout(path: &Path, root: &AccessRoot) -> bool {
    matches!(root, AccessRoot::Unrestricted) && path == Path::new("-")
}

/// Whether an output is written to standard output.
pub(super) fn has_stdout_output(options: &CheckOptions, root: &AccessRoot) -> bool {
    outputs(options).any(|(path, _)| is_stdout(path, root))
}

/// Refuses to overwrite an input, or to write two outputs to one file. A record may replace one that it continues.
pub(super) fn ensure_distinct(inputs: &Inputs<'_>) -> Result<(), Error> {
    let outputs = output_files(inputs.options, inputs.root);
    if outputs.is_empty() {
        return Ok(());
    }
    let input_files = input_files(inputs);
    for (index, OutputFile { path, canonical, name }) in outputs.iter().enumerate() {
        let may_replace = |input: &InputFile<'_>| {
            *name == RECORD_NAME && input.earlier_run.is_some_and(plan::is_record)
        };
        let (path, output) = (path.to_path_buf(), *name);
        let same = |input: &&InputFile<'_>| input.canonical == *canonical && !may_replace(input);
        if let Some(input) = input_files.iter().find(same) {
            return Err(Error::OutputIsInput { path, role: input.role, output });
        }
        if let Some(first) = outputs[..index].iter().find(|other| other.canonical == *canonical) {
            return Err(Error::DuplicateOutput { path, first: first.name, output });
        }
    }
    Ok(())
}

/// Refuses to write `output` over one of the files that are read.
pub(super) fn ensure_not_input<'p>(
    path: &Path,
    output: &'static str,
    inputs: impl IntoIterator<Item = &'p Path>,
    role: &'static str,
) -> Result<(), Error> {
    let target = output_path(path);
    if inputs.into_iter().any(|input| target.is_some() && canonical(input) == target) {
        return Err(Error::OutputIsInput { path: path.to_owned(), role, output });
    }
    Ok(())
}

/// The outputs that are requested, with what they are called in messages.
fn outputs(options: &CheckOptions) -> impl Iterator<Item = (&Path, &'static str)> {
    let outputs = [
        (&options.json, "the JSON report"),
        (&options.record, RECORD_NAME),
        (&options.patch, "the patch"),
        (&options.markdown, "the Markdown report"),
        (&options.junit, "the JUnit report"),
        (&options.code_quality, "the Code Quality report"),
    ];
    outputs.into_iter().filter_map(|(path, name)| Some((path.as_deref()?, name)))
}

fn output_files<'o>(options: &'o CheckOptions, root: &AccessRoot) -> Vec<OutputFile<'o>> {
    let outputs = outputs(options).filter_map(|(path, name)| {
        let stdout = is_stdout(path, root).then(|| path.to_owned());
        Some(OutputFile { path, canonical: stdout.or_else(|| output_path(path))?, name })
    });
    outputs.collect()
}

fn input_files<'f>(inputs: &'f Inputs<'_>) -> Vec<InputFile<'f>> {
    let CheckOptions { read, completeness, .. } = inputs.options;
    let documents = read.known_failures.iter().map(|path| (path, "a document"));
    let codes = completeness.exit_codes.iter().map(|path| (path, "the exit-code table"));
    let named = documents.chain(codes).filter_map(|(path, role)| {
        Some(InputFile { canonical: canonical(path)?, role, earlier_run: None })
    });
    let found = |file: &MatchedFile, role, earlier_run| InputFile {
        canonical: file.safe_path.canonical(),
        role,
        earlier_run,
    };
    let results = inputs.results.iter().map(|file| found(file, "results", None));
    let base = inputs.base.iter().map(|file| found(file, "results of the base run", Some(file)));
    let evidence = inputs.evidence.iter().map(|file| found(file, "evidence", Some(file)));
    named.chain(results).chain(base).chain(evidence).collect()
}

/// A path without any link; `None` where there is no file.
fn canonical(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

/// The path of a file that may not exist yet, without any link; `None` for a terminal, a pipe or `/dev/null`, which
/// cannot be overwritten.
fn output_path(path: &Path) -> Option<PathBuf> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => canonical(path),
        Ok(_) => None,
        Err(_) => {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Some(canonical(directory.unwrap_or(Path::new(".")))?.join(path.file_name()?))
        }
    }
}

/// Writes all files that the options name, also after an error; returns those that were written, and the first error.
pub(super) fn write_files<'o>(
    options: &'o CheckOptions,
    rendered: &RenderedReport<'_>,
    root: &AccessRoot,
) -> (BTreeSet<&'o Path>, Result<(), Error>) {
    type WriteFn<'r> = fn(&RenderedReport<'r>, &mut dyn Write) -> io::Result<()>;
    let files: [(Option<&Path>, WriteFn<'_>); 4] = [
        (options.json.as_deref(), |rendered, to| json::write_json(rendered.report, to)),
        (options.markdown.as_deref(), |rendered, to| to.write_all(rendered.summary().as_bytes())),
        (options.junit.as_deref(), |rendered, to| junit::write_junit(rendered.report, to)),
        (options.code_quality.as_deref(), |rendered, to| {
            to.write_all(rendered.code_quality().as_bytes())
        }),
    ];
    let files = files.into_iter().filter_map(|(path, write)| Some((path?, write)));
    let mut results = Vec::from_iter(files.map(|(path, write)| {
        if is_stdout(path, root) {
            print_output(|to| write(rendered, to));
            return (path, Ok(()));
        }
        (path, files::write_with(path, root, |to| write(rendered, to)))
    }));
    if let Some(path) = options.patch.as_deref() {
        results.push((path, write_patch(path, &rendered.patch(), root)));
    }
    let written = results.iter().filter(|(_, result)| result.is_ok()).map(|(path, _)| *path);
    (written.collect(), results.into_iter().try_for_each(|(_, result)| Ok(result?)))
}

/// `git apply` refuses an empty patch, and would apply an old one.
fn write_patch(path: &Path, patch: &str, root: &AccessRoot) -> Result<(), files::Error> {
    if is_stdout(path, root) {
        print_output(|to| to.write_all(patch.as_bytes()));
        return Ok(());
    }
    files::write_unless_empty(path, patch, root)
}
