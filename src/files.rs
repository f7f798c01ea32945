//! Files: patterns to paths, paths to open files, strings to files.
//!
//! In: what the user wrote. Out: regular files only, sorted, each with its variant. A newcomer's trap:
//! a results directory may come from an attacker's artifact, and a symbolic link in it may point at
//! `/proc/self/environ`: a link that leads out of the root is refused.

use crate::error::Error;
use crate::model::Variant;
use globset::GlobBuilder;
use regex::bytes::Regex;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// What stands for a file's variant in a pattern.
const VARIANT: &str = "{variant}";
/// The same while a pattern is turned into an expression; not part of any path that anybody has.
const VARIANT_MARK: &str = "KNOWNFAILvariantKNOWNFAIL";

/// One file that a pattern matched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// As the user would write it.
    pub path: PathBuf,
    pub variant: Variant,
}

/// What a process may read.
#[derive(Debug, Clone)]
pub enum Root {
    /// Everything the user names; links only lead to where they stand or below the present directory.
    Anywhere,
    /// Nothing outside this directory, whoever names it.
    Below(PathBuf),
}

/// Finds the files of some patterns, sorted and each once. A pattern that names an existing file is that
/// file, whatever characters it has.
///
/// # Errors
/// A pattern that cannot be read or that nothing matches; a file that may not be read.
pub fn find(patterns: &[String], variant: &Variant, root: &Root) -> Result<Vec<Found>, Error> {
    let mut found = BTreeMap::new();
    for pattern in patterns {
        let files = match Path::new(pattern) {
            path if path.is_file() => {
                vec![Found { path: path.to_owned(), variant: variant.clone() }]
            }
            path if path.exists() => return Err(Error::NoFile { path: path.to_owned() }),
            _ => matching(pattern, variant)?,
        };
        if files.is_empty() {
            return Err(Error::NoResults { pattern: pattern.clone() });
        }
        for file in files {
            permitted(&file.path, root)?;
            found.insert(file.path, file.variant);
        }
    }
    Ok(found.into_iter().map(|(path, variant)| Found { path, variant }).collect())
}

fn matching(pattern: &str, variant: &Variant) -> Result<Vec<Found>, Error> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let unreadable = |why: String| Error::Pattern { pattern: pattern.to_owned(), why };
    let glob = GlobBuilder::new(&pattern.replace(VARIANT, VARIANT_MARK))
        .literal_separator(true)
        .build()
        .map_err(|error| unreadable(error.kind().to_string()))?;
    let regex = glob.regex().replacen(VARIANT_MARK, "(?P<variant>[^/]+?)", 1);
    if regex.contains(VARIANT_MARK) {
        return Err(unreadable(format!("`{VARIANT}` may stand in it once")));
    }
    let regex = Regex::new(&regex).map_err(|error| unreadable(error.to_string()))?;
    let base = fixed_part(pattern);
    let start = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(start).sort_by_file_name().into_iter().flatten() {
        let path = &with_slashes(entry.path().strip_prefix("./").unwrap_or(entry.path()));
        let Some(parts) = regex.captures(path.as_os_str().as_encoded_bytes()) else { continue };
        if path.is_file() {
            let named = parts.name("variant").map(|name| String::from_utf8_lossy(name.as_bytes()));
            let variant = named.map_or_else(|| variant.clone(), |name| Variant::new(&name));
            found.push(Found { path: path.to_owned(), variant });
        }
    }
    Ok(found)
}

/// A path as patterns are written and reports show it: Windows has backslashes in it.
fn with_slashes(path: &Path) -> PathBuf {
    match cfg!(windows) {
        true => path.to_string_lossy().replace('\\', "/").into(),
        false => path.to_owned(),
    }
}

/// The directories of a pattern before the first one with a wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let path = Path::new(pattern);
    let fixed = |part: &Component<'_>| {
        !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\'])
    };
    path.components().take_while(fixed).collect()
}

/// Whether a file may be read: a regular file, and within the root when its links are followed.
fn permitted(path: &Path, root: &Root) -> Result<(), Error> {
    let real = real_path(path)?;
    if !real.is_file() {
        return Err(Error::NoFile { path: path.to_owned() });
    }
    let allowed: Vec<PathBuf> = match root {
        Root::Below(root) => vec![real_path(root)?],
        Root::Anywhere => {
            let beside = path.parent().filter(|p| !p.as_os_str().is_empty());
            vec![real_path(beside.unwrap_or(Path::new(".")))?, real_path(Path::new("."))?]
        }
    };
    match allowed.iter().any(|root| real.starts_with(root)) {
        true => Ok(()),
        false => Err(Error::Outside { path: path.to_owned(), root: allowed[0].clone() }),
    }
}

fn real_path(path: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(path).map_err(|_| Error::NoFile { path: path.to_owned() })
}

/// Reads a document of known failures.
///
/// # Errors
/// A path that is none, or that leads out of the root.
pub fn read_document(path: &Path, root: &Root) -> Result<String, Error> {
    read_text(path, root).map_err(|error| match error {
        Error::Read { path, why } => Error::Document { path, why },
        other => other,
    })
}

/// The files that these paths are, and those in them where they are directories: sorted, without
/// editors' backups.
///
/// # Errors
/// A directory that cannot be read.
pub fn lists(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let read =
            |error: std::io::Error| Error::Read { path: path.clone(), why: error.to_string() };
        let mut inside = Vec::new();
        for entry in fs::read_dir(path).map_err(read)? {
            let entry = entry.map_err(read)?.path();
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if entry.is_file() && !name.ends_with('~') && !name.starts_with('.') {
                inside.push(entry);
            }
        }
        inside.sort();
        found.extend(inside);
    }
    Ok(found)
}

/// Reads a document that is to be written again: every byte has to come back.
///
/// # Errors
/// A path that is none, or that leads out of the root; bytes that are no UTF-8.
pub fn read_to_edit(path: &Path, root: &Root) -> Result<String, Error> {
    let lossy = read_document(path, root)?;
    let error = |why: String| Error::Document { path: path.to_owned(), why };
    let bytes = fs::read(path).map_err(|e| error(e.to_string()))?;
    let text = String::from_utf8(bytes);
    text.map(|_| lossy).map_err(|bad| error(format!("it is not UTF-8 ({})", bad.utf8_error())))
}

/// Reads a file whole. Bytes that are no UTF-8 become replacement characters.
///
/// # Errors
/// A path that is none, or that leads out of the root.
pub fn read_text(path: &Path, root: &Root) -> Result<String, Error> {
    let why = |error: std::io::Error| Error::Read {
        path: path.to_owned(),
        why: match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        },
    };
    let metadata = fs::metadata(path).map_err(why)?;
    if !metadata.is_file() {
        return Err(Error::NoFile { path: path.to_owned() });
    }
    permitted(path, root)?;
    let bytes = fs::read(path).map_err(why)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Opens a results file that [`find`] found.
///
/// # Errors
/// Those of the system.
pub fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

/// Writes over a file that exists, whole or not at all: where a link leads, with the same permissions.
///
/// # Errors
/// Those of the system, with the path.
pub fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let failed =
        |error: std::io::Error| Error::Write { path: path.to_owned(), why: error.to_string() };
    let real = real_path(path)?;
    let permissions = fs::metadata(&real).map_err(failed)?.permissions();
    write(&real, text, &Root::Anywhere)?;
    fs::set_permissions(&real, permissions).map_err(failed)
}

/// Writes a file whole or not at all: an interrupted process leaves the old one. A link may not lead a
/// relative path out of the root; an absolute one is what the user says it is.
///
/// # Errors
/// Those of the system, with the path; a link that leads out.
pub fn write(path: &Path, text: &str, root: &Root) -> Result<(), Error> {
    match root {
        Root::Below(root) if path.is_relative() => {
            let (root, parent) = (real_path(root)?, path.parent().unwrap_or(Path::new("")));
            let real = fs::canonicalize(Path::new(".").join(parent));
            if real.is_ok_and(|real| !real.starts_with(&root)) {
                return Err(Error::Outside { path: path.to_owned(), root });
            }
        }
        Root::Below(_) | Root::Anywhere => {}
    }
    let failed =
        |error: std::io::Error| Error::Write { path: path.to_owned(), why: error.to_string() };
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let half = path.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = File::create(&half)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&half, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&half);
        failed(error)
    })
}
