//! The files that were asked for, written, and never over what is read or written beside them.
//!
//! In: the options, what was found to be read, the strings of a run. Out: files. A newcomer's trap: an output may
//! name an input by another path, so that paths are held against each other without their links.

use crate::cli::CheckOptions;
use crate::error::Error;
use crate::files::{self, Found, Root};
use crate::ingest::plan;
use crate::render::Publication;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that is read.
struct Input<'f> {
    real: PathBuf,
    read_as: &'static str,
    /// Where it is an earlier run's.
    earlier: Option<&'f Found>,
}

/// What [`CheckOptions::record`] writes.
const RECORD: &str = "the record";

/// Refuses to write over what is read, or to write two outputs to one place. A record may take the place of the one that
/// it goes on from.
pub fn spare_inputs(
    options: &CheckOptions,
    found: &[Found],
    base: &[Found],
    evidence: &[Found],
) -> Result<(), Error> {
    let outputs = [
        (&options.json, "the JSON report"),
        (&options.record, RECORD),
        (&options.patch, "the patch"),
        (&options.markdown, "the Markdown report"),
        (&options.junit, "the JUnit report"),
    ];
    let outputs = outputs
        .into_iter()
        .filter_map(|(path, output)| Some((path.as_ref()?, will_be(path.as_ref()?)?, output)));
    let outputs: Vec<(&PathBuf, PathBuf, &'static str)> = outputs.collect();
    if outputs.is_empty() {
        return Ok(());
    }
    let inputs = inputs(options, found, base, evidence);
    for (number, &(path, ref real, output)) in outputs.iter().enumerate() {
        let goes_on = |it: &Input<'_>| output == RECORD && it.earlier.is_some_and(plan::is_record);
        if let Some(it) = inputs.iter().find(|it| it.real == *real && !goes_on(it)) {
            return Err(Error::ReadToo { path: path.clone(), read_as: it.read_as, output });
        }
        if let Some((_, _, first)) = outputs[..number].iter().find(|(_, other, _)| other == real) {
            return Err(Error::WrittenToo { path: path.clone(), first, output });
        }
    }
    Ok(())
}

/// Refuses to write `output` over one of the files that are read.
pub fn spare<'p>(
    path: &Path,
    output: &'static str,
    inputs: impl IntoIterator<Item = &'p Path>,
    read_as: &'static str,
) -> Result<(), Error> {
    let place = will_be(path);
    match inputs.into_iter().any(|input| place.is_some() && real(input) == place) {
        true => Err(Error::ReadToo { path: path.to_owned(), read_as, output }),
        false => Ok(()),
    }
}

fn inputs<'f>(
    options: &CheckOptions,
    found: &'f [Found],
    base: &'f [Found],
    evidence: &'f [Found],
) -> Vec<Input<'f>> {
    let named = |path: &PathBuf, read_as| Some(Input { real: real(path)?, read_as, earlier: None });
    let documents = options.read.known_failures.iter().filter_map(|it| named(it, "a document"));
    let codes = options.measured.exit_codes.iter();
    let codes = codes.filter_map(|it| named(it, "the exit-code table"));
    let of = |it: &'f Found, read_as| Input { real: it.place.real(), read_as, earlier: Some(it) };
    let results = found.iter().map(|it| Input { earlier: None, ..of(it, "results") });
    let base = base.iter().map(|it| of(it, "results of the base run"));
    let evidence = evidence.iter().map(|it| of(it, "evidence"));
    documents.chain(codes).chain(results).chain(base).chain(evidence).collect()
}

/// A path without any link; `None` where there is no file.
fn real(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}

/// Where a file will be, without any link; `None` for what is no file, such as a terminal or `/dev/null`: that takes
/// whatever is written into it.
fn will_be(path: &Path) -> Option<PathBuf> {
    match std::fs::metadata(path) {
        Ok(there) if there.is_file() => real(path),
        Ok(_) => None,
        Err(_) => {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            Some(real(directory.unwrap_or(Path::new(".")))?.join(path.file_name()?))
        }
    }
}

/// Writes the files that were asked for.
pub fn write_files(
    options: &CheckOptions,
    publication: &Publication<'_>,
    root: &Root,
) -> Result<(), Error> {
    type Written<'r> = fn(&Publication<'r>, &mut dyn Write) -> io::Result<()>;
    let files: [(Option<&Path>, Written<'_>); 4] = [
        (options.json.as_deref(), Publication::write_json),
        (options.patch.as_deref(), |it, to| to.write_all(it.patch().as_bytes())),
        (options.markdown.as_deref(), |it, to| to.write_all(it.summary().as_bytes())),
        (options.junit.as_deref(), Publication::write_junit),
    ];
    let mut written = Ok(());
    for (path, write) in files {
        if let Some(path) = path {
            written = written.and(files::write_pieces(path, root, |to| write(publication, to)));
        }
    }
    written
}
