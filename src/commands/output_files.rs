//! The files that were asked for, written, and never over what is read or written beside them.
//!
//! In: the options, what was found to be read, the strings of a run. Out: files. A newcomer's trap: an output may
//! name an input by another path, so that paths are held against each other without their links.

use crate::cli::CheckOptions;
use crate::error::Error;
use crate::files::{self, AccessRoot, MatchedFile};
use crate::ingest::plan;
use crate::render::RenderedReport;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that is read.
struct InputFile<'f> {
    canonical: PathBuf,
    role: &'static str,
    /// Where it is an earlier run's.
    earlier_run: Option<&'f MatchedFile>,
}

/// What [`CheckOptions::record`] writes.
const RECORD_NAME: &str = "the record";

/// Refuses to write over what is read, or to write two outputs to one place. A record may take the place of the one that
/// it goes on from.
pub(crate) fn ensure_outputs_distinct(
    options: &CheckOptions,
    found: &[MatchedFile],
    base: &[MatchedFile],
    evidence: &[MatchedFile],
) -> Result<(), Error> {
    let outputs = [
        (&options.json, "the JSON report"),
        (&options.record, RECORD_NAME),
        (&options.patch, "the patch"),
        (&options.markdown, "the Markdown report"),
        (&options.junit, "the JUnit report"),
    ];
    let outputs = outputs
        .into_iter()
        .filter_map(|(path, output)| Some((path.as_ref()?, output_path(path.as_ref()?)?, output)));
    let outputs: Vec<(&PathBuf, PathBuf, &'static str)> = outputs.collect();
    if outputs.is_empty() {
        return Ok(());
    }
    let inputs = input_files(options, found, base, evidence);
    for (index, &(path, ref canonical, output)) in outputs.iter().enumerate() {
        let may_replace = |input: &InputFile<'_>| {
            output == RECORD_NAME && input.earlier_run.is_some_and(plan::is_record)
        };
        if let Some(input) =
            inputs.iter().find(|input| input.canonical == *canonical && !may_replace(input))
        {
            return Err(Error::OutputIsInput { path: path.clone(), role: input.role, output });
        }
        if let Some((_, _, first)) =
            outputs[..index].iter().find(|(_, other, _)| other == canonical)
        {
            return Err(Error::DuplicateOutput { path: path.clone(), first, output });
        }
    }
    Ok(())
}

/// Refuses to write `output` over one of the files that are read.
pub(crate) fn ensure_not_input<'p>(
    path: &Path,
    output: &'static str,
    inputs: impl IntoIterator<Item = &'p Path>,
    role: &'static str,
) -> Result<(), Error> {
    let target = output_path(path);
    match inputs.into_iter().any(|input| target.is_some() && canonical(input) == target) {
        true => Err(Error::OutputIsInput { path: path.to_owned(), role, output }),
        false => Ok(()),
    }
}

fn input_files<'f>(
    options: &CheckOptions,
    found: &'f [MatchedFile],
    base: &'f [MatchedFile],
    evidence: &'f [MatchedFile],
) -> Vec<InputFile<'f>> {
    let option_file = |path: &PathBuf, read_as| {
        Some(InputFile { canonical: canonical(path)?, role: read_as, earlier_run: None })
    };
    let documents =
        options.read.known_failures.iter().filter_map(|path| option_file(path, "a document"));
    let codes = options.completeness.exit_codes.iter();
    let codes = codes.filter_map(|path| option_file(path, "the exit-code table"));
    let found_file = |file: &'f MatchedFile, read_as| InputFile {
        canonical: file.safe_path.canonical(),
        role: read_as,
        earlier_run: Some(file),
    };
    let results =
        found.iter().map(|file| InputFile { earlier_run: None, ..found_file(file, "results") });
    let base = base.iter().map(|file| found_file(file, "results of the base run"));
    let evidence = evidence.iter().map(|file| found_file(file, "evidence"));
    documents.chain(codes).chain(results).chain(base).chain(evidence).collect()
}

/// A path without any link; `None` where there is no file.
fn canonical(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

/// Where a file will be, without any link; `None` for what is no file, such as a terminal or `/dev/null`: that takes
/// whatever is written into it.
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

/// Writes the files that were asked for.
pub(crate) fn write_files(
    options: &CheckOptions,
    rendered: &RenderedReport<'_>,
    root: &AccessRoot,
) -> Result<(), Error> {
    type WriteFn<'r> = fn(&RenderedReport<'r>, &mut dyn Write) -> io::Result<()>;
    let files: [(Option<&Path>, WriteFn<'_>); 4] = [
        (options.json.as_deref(), RenderedReport::write_json),
        (options.patch.as_deref(), |rendered, to| to.write_all(rendered.patch().as_bytes())),
        (options.markdown.as_deref(), |rendered, to| to.write_all(rendered.summary().as_bytes())),
        (options.junit.as_deref(), RenderedReport::write_junit),
    ];
    let mut result = Ok(());
    for (path, write) in files {
        if let Some(path) = path {
            result = result.and(files::write_with(path, root, |to| write(rendered, to)));
        }
    }
    result
}
