//! The files of a directory, kept in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Contents by path, relative to a directory.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Files(BTreeMap<PathBuf, Vec<u8>>);

impl Files {
    /// The files below a directory of the workspace, or one file; none if there is no such path.
    pub(crate) fn read(workspace: &Path, path: &str) -> Files {
        let path = workspace.join(path);
        let root = if path.is_file() { path.parent().unwrap() } else { &path };
        let entries = walkdir::WalkDir::new(&path).into_iter().filter_map(Result::ok);
        let files = entries.filter(|entry| entry.file_type().is_file());
        let pair = |path: &Path| {
            let relative = path.strip_prefix(root).unwrap().to_owned();
            (relative, std::fs::read(path).unwrap())
        };
        Files(files.map(|entry| pair(entry.path())).collect())
    }

    /// Those that no dot hides.
    pub(crate) fn without_hidden(mut self) -> Files {
        let is_hidden =
            |path: &Path| path.iter().any(|part| part.to_string_lossy().starts_with('.'));
        self.0.retain(|path, _| !is_hidden(path));
        self
    }

    /// Writes the files, and overwrites others of the same path.
    pub(crate) fn write(&self, directory: &Path) {
        for (path, bytes) in &self.0 {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.0.keys().map(|path| path.to_string_lossy().into_owned()).collect()
    }

    /// The text of a file, empty if there is none.
    pub(crate) fn text(&self, path: &str) -> String {
        let bytes = self.0.get(Path::new(path)).cloned().unwrap_or_default();
        String::from_utf8(bytes).unwrap()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Files {
    fn from(files: [(&str, &str); N]) -> Files {
        Files(files.map(|(path, text)| (path.into(), text.into())).into_iter().collect())
    }
}
