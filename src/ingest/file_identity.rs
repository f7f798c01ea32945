//! Whether two runs have read the same results file.

use crate::files::MatchedFile;
use crate::record::SourceStamp;
use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A results file as it was when it was read. Equal for the same file, whether it is read or a record of it; a file
/// without a stamp is equal to no file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileIdentity {
    /// Relative to the working directory, where it is below that. The name alone is not enough: several files are written
    /// in one tick of a file system's clock.
    path: PathBuf,
    stamp: Option<SourceStamp>,
}

impl FileIdentity {
    /// The identity of a file with this path, as it is displayed.
    pub(crate) fn new(path: &str, stamp: Option<SourceStamp>, current_dir: &Path) -> FileIdentity {
        let path = Path::new(path);
        FileIdentity { path: normalize(path.strip_prefix(current_dir).unwrap_or(path)), stamp }
    }

    pub(crate) fn stamp(&self) -> Option<SourceStamp> {
        self.stamp
    }

    /// Whether the file is among those that were read before.
    pub(crate) fn is_among(&self, others: &BTreeSet<FileIdentity>) -> bool {
        self.stamp.is_some() && others.contains(self)
    }
}

/// A path without `.` and, as far as they follow a name, without `..`.
fn normalize(path: &Path) -> PathBuf {
    let mut normalized = PathBuf::new();
    for part in path.components() {
        let last = normalized.components().next_back();
        match (part, last) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => drop(normalized.pop()),
            (part, _) => normalized.push(part),
        }
    }
    normalized
}

/// The size of a file and when it was modified. `None` for a time in whole seconds: archives and file systems that
/// round it give the same one to the files of several runs.
pub(crate) fn stamp(found: &MatchedFile) -> Option<SourceStamp> {
    let metadata = found.safe_path.open().and_then(|file| file.metadata()).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let nanoseconds = u64::try_from(modified.as_nanos()).ok().and_then(NonZeroU64::new)?;
    let is_rounded = modified.subsec_nanos() == 0;
    (!is_rounded).then_some(SourceStamp { size: metadata.len(), modified: nanoseconds })
}
