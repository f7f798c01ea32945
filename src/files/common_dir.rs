//! Paths from a directory, with links followed: a diff names the file that an edit changes.

use std::path::{Component, Path, PathBuf};

/// The current directory, or the nearest one above it that all of some files are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommonDir {
    /// The directory from the current one; `None` for itself.
    pub directory: Option<PathBuf>,
    /// The paths of the files from it, in order.
    pub files: Vec<PathBuf>,
}

/// The nearest directory that some files are in; `None` if no directory has all of them.
pub fn common_dir(files: &[PathBuf]) -> Option<CommonDir> {
    let current = std::env::current_dir().ok()?.canonicalize().ok()?;
    let files = Vec::from_iter(files.iter().map(|file| real_path(&current, file)));
    let has_all = |directory: &&Path| files.iter().all(|file| file.starts_with(directory));
    let directory = current.ancestors().find(has_all)?;
    let above = current.components().count() - directory.components().count();
    let relative = |file: &PathBuf| Some(file.strip_prefix(directory).ok()?.to_owned());
    Some(CommonDir {
        directory: (above > 0).then(|| PathBuf::from_iter(vec![Component::ParentDir; above])),
        files: files.iter().filter_map(relative).collect(),
    })
}

/// The path of a file from a directory; `None` if it is not in it.
pub fn path_from(directory: &Path, file: &Path) -> Option<PathBuf> {
    let current = std::env::current_dir().ok()?;
    let file = real_path(&current, file);
    Some(file.strip_prefix(directory.canonicalize().ok()?).ok()?.to_owned())
}

/// A path without links and `..`. That of a file that does not exist is taken as if there were no links.
fn real_path(current: &Path, file: &Path) -> PathBuf {
    let lexical = || {
        let mut path = PathBuf::new();
        for component in current.join(file).components() {
            match component {
                Component::ParentDir => {
                    path.pop();
                }
                Component::CurDir => {}
                Component::Normal(_) | Component::RootDir | Component::Prefix(_) => {
                    path.push(component);
                }
            }
        }
        path
    };
    file.canonicalize().unwrap_or_else(|_| lexical())
}
