//! Where a file stood before the commit that seems to have made it.
//!
//! In: a commit, its parent, and the file that only the commit has. Out: the file of the parent that the
//! commit took away and that has the same content, or more than half of the lines. A newcomer's trap:
//! git stores no renames; each reader guesses them, and this is a guess of the same kind.

use super::{BlobLocation, GitError, object_error};
use gix::ObjectId;
use gix::diff::tree::{Recorder, State, recorder::Change};
use std::collections::HashMap;
use std::path::PathBuf;

/// Files that are compared line by line; a commit can take away any number.
const MAX_COMPARED_FILES: usize = 100;

/// The file of the parent that became `now`.
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

/// The files that the parent has and the commit lacks, in the order of the tree.
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

/// How many lines of the longer text both have, in percent.
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
