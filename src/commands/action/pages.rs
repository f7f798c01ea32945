//! Where the readers of a report find its documents: the commit whose list judged, and the tested commit.
//!
//! On a pull request the checked-out files usually are the head merged into the base branch, so that lines are others than
//! at the head.

use super::api::{Api, Job};
use super::committed::{checked_out_commits, first_difference};
use super::documents::{JudgingList, ListSource};
use super::paths::api_path;
use crate::files;
use crate::github::{CommittedFile, Context};
use crate::known::{Document, KnownFailures, LineMap};
use crate::render::{DocumentPage, page_address};
use crate::report::{DiffPaths, DocumentVersion, Report, VersionPatch, patches_in_version};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The pages of all documents, by their displayed paths. Documents that could not be compared have no source; `diffs` has their paths from the repository's root, links followed.
pub(super) fn document_pages(
    job: &Job<'_>,
    report: &Report,
    list: &JudgingList,
    source: &ListSource,
    diffs: &DiffPaths,
) -> BTreeMap<String, DocumentPage> {
    let JudgingList { paths, known, unknown_source } = list;
    let finder = PageFinder { job, source: Some(source).filter(|_| unknown_source.is_none()) };
    let documents = paths.iter().zip(known.documents());
    let find = |(path, document): (&PathBuf, &Document)| {
        let in_repository = job.workspace.path_from_root(path);
        let page = in_repository.map(|path| finder.page(&path, document, diffs));
        page.unwrap_or_else(|| FoundPage::outside(document))
    };
    let found: Vec<FoundPage> = documents.map(find).collect();
    let pairs = || known.documents().iter().zip(&found);
    let has_same_texts = pairs().all(|(document, page)| page.head.as_ref() == Some(&document.text));
    let changed = (!has_same_texts).then(|| {
        let at_head = |(document, page): (&Document, &FoundPage)| {
            Some(document.with_text(page.head.clone()?))
        };
        KnownFailures::from_files(pairs().filter_map(at_head))
    });
    let at_head = changed.as_ref().unwrap_or(known);
    let patches = patches_in_version(report, known, at_head);
    let mut patches: BTreeMap<String, VersionPatch> =
        patches.into_iter().map(|patch| (patch.patch.file.clone(), patch)).collect();
    let page = |(document, found): (&Document, FoundPage)| {
        let mut page = found.page?;
        if let DocumentVersion::Changed(lines) = &mut page.head {
            *lines = LineMap::new(known, at_head, &document.path);
        }
        page.patch = patches.remove(&*document.path);
        Some((document.path.to_string(), page))
    };
    known.documents().iter().zip(found).filter_map(page).collect()
}

/// A document's page without its lines at the tested commit and its patch.
struct FoundPage {
    /// `None` for a document outside the repository.
    page: Option<DocumentPage>,
    /// The text at the tested commit, or the one that judged where that is not known; `None` if the branch removes it.
    head: Option<String>,
}

impl FoundPage {
    fn outside(document: &Document) -> FoundPage {
        FoundPage { page: None, head: Some(document.text.clone()) }
    }
}

/// The commit whose files the tests most likely are: the one that is checked out by default, where that belongs to what is
/// tested. Nothing shows what a workflow really checks out but git's own directory, which is never read.
pub(super) fn checkout_commit(context: &Context) -> &str {
    let is_of_default_branch =
        matches!(context.event.as_str(), "workflow_run" | "pull_request_target");
    let checkout = context.checkout_sha.as_ref().filter(|_| !is_of_default_branch);
    checkout.unwrap_or(&context.head_sha)
}

struct PageFinder<'a> {
    job: &'a Job<'a>,
    source: Option<&'a ListSource>,
}

impl PageFinder<'_> {
    /// The page of a document; `path` is its path from the repository's root.
    fn page(&self, path: &str, document: &Document, diffs: &DiffPaths) -> FoundPage {
        let (commit, is_judged) = self.judged_commit(path, &document.text);
        let real_path = diffs.documents.get(&document.path);
        let real_path = real_path.and_then(|path| api_path(path));
        let address = |commit: String| {
            let blob = format!("{}/blob/{commit}/", self.job.context.repository_url()?);
            Some(page_address(&blob, real_path.as_deref().unwrap_or(path)))
        };
        let (head, text) = self.head_version(path, &document.text);
        // Without the text that judged, a step has made it: that is no text of a commit.
        let is_gone = head == DocumentVersion::Missing && is_judged;
        let page = DocumentPage { url: commit.and_then(address), is_judged, head, patch: None };
        FoundPage { page: Some(page), head: (!is_gone).then_some(text) }
    }

    /// The commit whose page shows a document, and whether the document is the same there.
    fn judged_commit(&self, path: &str, text: &str) -> (Option<String>, bool) {
        let context = self.job.context;
        let api = match (self.source, &self.job.api) {
            (Some(ListSource::Commit(commit)), _) => return (Some(commit.clone()), true),
            (Some(ListSource::Workspace), Ok(api)) => api,
            // What is checked out by default is least likely to be another text.
            (None, _) | (_, Err(_)) => {
                let commit = context.checkout_sha.as_ref().unwrap_or(&context.head_sha);
                return (Some(commit.clone()), false);
            }
        };
        let mut shown = None;
        for commit in checked_out_commits(context) {
            match file_at(api, commit, path) {
                Some(CommittedFile::Content(found)) if is_same(&found, text) => {
                    return (Some(commit.to_owned()), true);
                }
                Some(CommittedFile::Content(_) | CommittedFile::Unreadable(_)) => {
                    shown = shown.or_else(|| Some(commit.to_owned()));
                }
                Some(CommittedFile::Directory(_) | CommittedFile::Missing) | None => {}
            }
        }
        (shown, false)
    }

    /// The document at the tested commit, and its text if that is known, or else the one that judged.
    fn head_version(&self, path: &str, judged: &str) -> (DocumentVersion, String) {
        let of_judged = |version| (version, judged.to_owned());
        let (Some(_), Ok(api)) = (self.source, &self.job.api) else {
            return of_judged(DocumentVersion::Unknown);
        };
        match file_at(api, &self.job.context.head_sha, path) {
            // Its author may have made it too large to be compared.
            Some(CommittedFile::Content(found))
                if files::check_document_size(Path::new(path), &found).is_ok() =>
            {
                match String::from_utf8_lossy(&found) {
                    text if text == judged => of_judged(DocumentVersion::Same),
                    text => (DocumentVersion::Changed(LineMap::default()), text.into_owned()),
                }
            }
            Some(CommittedFile::Directory(_) | CommittedFile::Missing) => {
                of_judged(DocumentVersion::Missing)
            }
            Some(CommittedFile::Content(_) | CommittedFile::Unreadable(_)) | None => {
                of_judged(DocumentVersion::Unknown)
            }
        }
    }
}

/// A file at a commit; a failure has been reported where the list was compared.
fn file_at(api: &Api<'_>, commit: &str, path: &str) -> Option<CommittedFile> {
    api.file_at(commit, path).ok()
}

fn is_same(found: &[u8], text: &str) -> bool {
    first_difference(&String::from_utf8_lossy(found), text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tests_are_linked_at_the_commit_that_was_tested() {
        let (head, checkout) = ("a".repeat(40), "d".repeat(40));
        let event = json!({
            "pull_request": { "number": 7, "head": { "sha": head } },
            "workflow_run": { "head_sha": head },
        });
        for (name, expected) in [
            ("pull_request", &checkout),
            ("push", &checkout),
            ("pull_request_target", &head),
            ("workflow_run", &head),
        ] {
            let env = |variable: &str| {
                let value = match variable {
                    "GITHUB_EVENT_NAME" => name,
                    "GITHUB_SHA" => &checkout,
                    "GITHUB_REPOSITORY" => "octo/r",
                    "GITHUB_API_URL" | "GITHUB_SERVER_URL" => "https://github.example",
                    "GITHUB_RUN_ID" | "GITHUB_RUN_NUMBER" | "GITHUB_RUN_ATTEMPT" => "1",
                    _ => "x",
                };
                Some(value.to_owned())
            };
            let context = Context::read(&env, Some(&event)).expect("a context");
            assert_eq!(checkout_commit(&context), expected, "{name}");
        }
    }
}
