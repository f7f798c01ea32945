//! Reading documents, lists and tables whole.

use super::access::{AccessRoot, SafePath};
use super::error::{Error, FilePurpose};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;

/// Maximum size of a file that is read whole, in bytes: documents, lists, tables, certificates.
const MAX_TEXT_SIZE: u64 = 256 << 20;
/// Maximum size of a document: reading it takes up to 200 bytes of memory per byte, and 1,000 per line.
const MAX_DOCUMENT_SIZE: usize = 8 << 20;
const MAX_DOCUMENT_LINES: usize = 200_000;

/// Checks that no document is given twice, be it by different paths.
///
/// # Errors
/// Two paths of one file.
pub fn ensure_distinct_documents(paths: &[PathBuf]) -> Result<(), Error> {
    let mut seen: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for path in paths {
        // Reading a path that names no file fails later, with the reason.
        let Ok(canonical) = fs::canonicalize(path) else { continue };
        if let Some(first) = seen.insert(canonical, path) {
            return Err(Error::SameDocument { path: path.clone(), first: first.to_owned() });
        }
    }
    Ok(())
}

/// Reads a document of known failures.
///
/// # Errors
/// A path that is not a readable file within the root; too many bytes or lines.
pub fn read_document(path: &Path, root: &AccessRoot) -> Result<Vec<u8>, Error> {
    let text = read_bytes(path, root).map_err(Error::into_document)?;
    check_document_size(path, &text)?;
    Ok(text)
}

/// Reads a document that is to be written again: every byte has to be preserved.
///
/// # Errors
/// Those of [`read_document`]; bytes that are not UTF-8.
pub fn read_for_edit(path: &Path, root: &AccessRoot) -> Result<String, Error> {
    let bytes = read_bytes(path, root).map_err(Error::into_document)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = NotUtf8::from_error(&error).line;
        Error::NotUtf8 { path: path.to_owned(), line }
    })?;
    check_document_size(path, &text)?;
    Ok(text)
}

/// Checks that a document is small enough to be parsed; `path` is only used in the error.
///
/// # Errors
/// Too many bytes or lines.
pub fn check_document_size(path: &Path, text: impl AsRef<[u8]>) -> Result<(), Error> {
    let text = text.as_ref();
    let too_large =
        |what: &'static str, limit| Err(Error::TooLarge { path: path.to_owned(), limit, what });
    if text.len() > MAX_DOCUMENT_SIZE {
        return too_large("bytes", MAX_DOCUMENT_SIZE as u64);
    }
    if memchr::memchr_iter(b'\n', text).count() > MAX_DOCUMENT_LINES {
        return too_large("lines", MAX_DOCUMENT_LINES as u64);
    }
    Ok(())
}

/// Text that is not all UTF-8.
#[derive(Debug)]
pub struct NotUtf8 {
    /// With replacement characters for invalid bytes.
    pub text: String,
    /// The first line with an invalid byte, 1-based.
    pub line: usize,
}

impl NotUtf8 {
    fn from_error(error: &FromUtf8Error) -> NotUtf8 {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        NotUtf8 {
            text: String::from_utf8_lossy(error.as_bytes()).into_owned(),
            line: 1 + memchr::memchr_iter(b'\n', valid).count(),
        }
    }
}

/// Reads a file of at most `MAX_TEXT_SIZE` bytes, as text where it is UTF-8.
///
/// # Errors
/// A path that is not a readable file within the root; too many bytes.
pub fn read_text(path: &Path, root: &AccessRoot) -> Result<Result<String, NotUtf8>, Error> {
    let text = String::from_utf8(read_bytes(path, root)?);
    Ok(text.map_err(|error| NotUtf8::from_error(&error)))
}

/// Reads a file of at most `MAX_TEXT_SIZE` bytes.
///
/// # Errors
/// A path that is not a readable file within the root; too many bytes.
pub fn read_bytes(path: &Path, root: &AccessRoot) -> Result<Vec<u8>, Error> {
    let read_error = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Error::read(path, "there is no such file"),
        _ => Error::read(path, error),
    };
    if !fs::metadata(path).map_err(read_error)?.is_file() {
        return Err(Error::not_a_file(path, FilePurpose::Text));
    }
    let file = SafePath::resolve(path, root)?.open().map_err(read_error)?;
    let mut bytes = Vec::new();
    file.take(MAX_TEXT_SIZE + 1).read_to_end(&mut bytes).map_err(read_error)?;
    if bytes.len() as u64 > MAX_TEXT_SIZE {
        return Err(Error::TooLarge { path: path.to_owned(), limit: MAX_TEXT_SIZE, what: "bytes" });
    }
    Ok(bytes)
}
