//! Rename detection.
//!
//! Git does not store renames. A file that a commit adds is taken for a renamed one if the commit removes a file with
//! the same content, or with more than half of its lines.

use super::error::{GitError, object_error};
use gix::ObjectId;
use gix::diff::tree::{Recorder, State, recorder::Change};
use std::collections::HashMap;
use std::path::PathBuf;

/// Maximum number of removed files that are compared line by line.
const MAX_COMPARED_FILES: usize = 100;

/// A file in a commit.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct BlobLocation {
    pub path: PathBuf,
    pub blob: ObjectId,
}

/// The file of the parent that was renamed to `current`.
pub(super) fn find_rename_source(
    repository: &gix::Repository,
    parent: ObjectId,
    commit: ObjectId,
    current: &BlobLocation,
) -> Result<Option<BlobLocation>, GitError> {
    let removed = removed_files(repository, parent, commit)?;
    if let Some(same) = removed.iter().find(|file| file.blob == current.blob) {
        return Ok(Some(same.clone()));
    }
    let has_same_extension =
        |file: &&BlobLocation| file.path.extension() == current.path.extension();
    let text = repository.find_blob(current.blob).map_err(object_error)?;
    let mut best = None;
    for candidate in removed.iter().filter(has_same_extension).take(MAX_COMPARED_FILES) {
        let shared = shared_lines(
            &repository.find_blob(candidate.blob).map_err(object_error)?.data,
            &text.data,
        );
        if shared > 50 && best.is_none_or(|(best_shared, _)| shared > best_shared) {
            best = Some((shared, candidate));
        }
    }
    Ok(best.map(|(_, file)| file.clone()))
}

/// The files that the commit removes, in the order of the tree.
fn removed_files(
    repository: &gix::Repository,
    parent: ObjectId,
    commit: ObjectId,
) -> Result<Vec<BlobLocation>, GitError> {
    let tree =
        |id| repository.find_commit(id).and_then(|commit| commit.tree()).map_err(object_error);
    let (before, after) = (tree(parent)?, tree(commit)?);
    let mut recorder = Recorder::default();
    let (before, after) = (
        gix::objs::TreeRefIter::from_bytes(&before.data, before.id.kind()),
        gix::objs::TreeRefIter::from_bytes(&after.data, after.id.kind()),
    );
    gix::diff::tree(before, after, State::default(), &repository.objects, &mut recorder)
        .map_err(object_error)?;
    let removed = recorder.records.into_iter().filter_map(|change| match change {
        Change::Deletion { entry_mode, oid, path, .. } if entry_mode.is_blob() => {
            Some(BlobLocation { path: PathBuf::from(path.to_string()), blob: oid })
        }
        Change::Deletion { .. } | Change::Addition { .. } | Change::Modification { .. } => None,
    });
    Ok(removed.collect())
}

/// The lines that both texts have, in percent of the longer one's.
fn shared_lines(a: &[u8], b: &[u8]) -> usize {
    let [a, b] = [a, b].map(|text| text.split(|byte| *byte == b'\n').collect::<Vec<&[u8]>>());
    let longer = a.len().max(b.len());
    let mut remaining: HashMap<&[u8], usize> = HashMap::new();
    for line in &a {
        *remaining.entry(line).or_default() += 1;
    }
    let shared = b.iter().filter(|line| {
        let count = remaining.get_mut(*line).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    });
    shared.count() * 100 / longer
}
