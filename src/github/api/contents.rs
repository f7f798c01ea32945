//! Files of the repository at a commit, through symbolic links.
//!
//! GitHub follows some links itself and answers with the target's content. For others it answers with the link's own
//! text, and it finds nothing below a link to a directory. So an answer that may be a link's text is looked up, and so
//! are the directories above a file that is not found.
//! <https://docs.github.com/en/rest/repos/contents>

use super::error::Result;
use crate::github::event::parse_sha;
use crate::github::{Client, Context, RequestError};
use serde_json::Value;

/// Maximum length of a link's text, in bytes: the longest path of Linux.
const MAX_LINK_LEN: usize = 4096;
/// Maximum number of requests for one file: links may form a circle.
const MAX_REQUESTS: u32 = 16;
/// GitHub lists no more entries of a directory, and does not show that there are others.
const MAX_ENTRIES: usize = 1000;

/// A file at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommittedFile {
    Content(Vec<u8>),
    /// It is a directory with these files.
    Directory(Vec<DirectoryFile>),
    /// It does not exist, or is a link that leads out of the repository.
    Missing,
    /// Its author made it so that it cannot be read, and why; not a failure of GitHub.
    Unreadable(&'static str),
}

/// A file in a directory of a commit, or a link that may lead to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryFile {
    pub name: String,
    /// The id of its content; `None` for a link.
    pub blob: Option<String>,
}

/// A file or directory at a commit, links followed.
pub async fn file_at(
    client: &Client,
    context: &Context,
    commit: &str,
    path: &str,
) -> Result<CommittedFile> {
    let mut tree = Tree { client, context, commit, requests_left: MAX_REQUESTS };
    readable(tree.follow(path.to_owned()).await)
}

/// The content of a file that a directory of a commit lists.
pub async fn blob(client: &Client, context: &Context, id: &str) -> Result<CommittedFile> {
    let content = client.get_raw(&context.resource(&["git", "blobs", id]), &[]).await;
    readable(content.map(CommittedFile::Content).map_err(TreeError::Request))
}

/// What is wrong with a file, but not with GitHub, is no error.
fn readable(file: Result<CommittedFile, TreeError>) -> Result<CommittedFile> {
    match file {
        Ok(file) => Ok(file),
        Err(TreeError::Unreadable(why)) => Ok(CommittedFile::Unreadable(why)),
        Err(TreeError::Request(error)) if is_too_large(&error) => {
            Ok(CommittedFile::Unreadable("it is too large"))
        }
        Err(TreeError::Request(error)) => Err(error),
    }
}

/// Whether GitHub has a commit, and the token may read it: if not, it finds no file of it either.
pub async fn has_commit(client: &Client, context: &Context, commit: &str) -> Result<bool> {
    let found: Result<Value> =
        client.get(&context.resource(&["git", "commits", commit]), &[]).await;
    match found {
        Ok(_) => Ok(true),
        Err(RequestError::Forbidden { status: 404, .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The files of a commit.
struct Tree<'a> {
    client: &'a Client,
    context: &'a Context,
    commit: &'a str,
    requests_left: u32,
}

/// What a path is.
enum Entry {
    File { size: Option<u64> },
    Link(String),
    Directory(Vec<DirectoryFile>),
    Missing,
}

/// Why there is no content.
#[derive(Debug)]
enum TreeError {
    Request(RequestError),
    Unreadable(&'static str),
}

impl From<RequestError> for TreeError {
    fn from(error: RequestError) -> TreeError {
        TreeError::Request(error)
    }
}

impl Tree<'_> {
    async fn follow(&mut self, mut path: String) -> Result<CommittedFile, TreeError> {
        loop {
            let content = self.read(&path).await?;
            let target = match content {
                Some(bytes) if may_be_no_file(&bytes) => match self.entry(&path).await? {
                    Entry::Link(target) => resolve(&path, &target, "")?,
                    Entry::File { size } if size.is_none_or(|size| size == bytes.len() as u64) => {
                        return Ok(CommittedFile::Content(bytes));
                    }
                    // GitHub has followed the link in one of both answers.
                    Entry::File { .. } => return Err(TreeError::Unreadable("it has two sizes")),
                    Entry::Directory(files) => return Ok(CommittedFile::Directory(files)),
                    Entry::Missing => None,
                },
                Some(bytes) => return Ok(CommittedFile::Content(bytes)),
                None => self.path_through_link(&path).await?,
            };
            match target {
                Some(target) => path = target,
                None => return Ok(CommittedFile::Missing),
            }
        }
    }

    async fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, TreeError> {
        self.count_request()?;
        let resource = self.resource(path);
        Ok(if_found(self.client.get_raw(&resource, &[("ref", self.commit)]).await)?)
    }

    async fn entry(&mut self, path: &str) -> Result<Entry, TreeError> {
        self.count_request()?;
        let resource = self.resource(path);
        let found: Option<Value> =
            if_found(self.client.get(&resource, &[("ref", self.commit)]).await)?;
        let found = found.unwrap_or_default();
        if let Value::Array(entries) = &found {
            return match entries.len() {
                0..MAX_ENTRIES => {
                    Ok(Entry::Directory(entries.iter().filter_map(directory_file).collect()))
                }
                MAX_ENTRIES.. => Err(TreeError::Unreadable("the directory has too many entries")),
            };
        }
        let field = |name: &str| found[name].as_str();
        Ok(match (field("type"), field("target")) {
            (Some("symlink"), Some(target)) => Entry::Link(target.to_owned()),
            (Some("file"), _) => Entry::File { size: found["size"].as_u64() },
            _ => Entry::Missing,
        })
    }

    /// The path that remains if the first link among the directories of a path is followed; `None` if there is no such
    /// link.
    async fn path_through_link(&mut self, path: &str) -> Result<Option<String>, TreeError> {
        for (slash, _) in path.match_indices('/') {
            let (directory, rest) = (&path[..slash], &path[slash + 1..]);
            match self.entry(directory).await? {
                Entry::Directory(_) => {}
                Entry::Link(target) => return resolve(directory, &target, rest),
                Entry::File { .. } | Entry::Missing => return Ok(None),
            }
        }
        Ok(None)
    }

    fn resource<'p>(&'p self, path: &'p str) -> Vec<&'p str> {
        let mut resource = self.context.resource(&["contents"]);
        resource.extend(path.split('/'));
        resource
    }

    fn count_request(&mut self) -> Result<(), TreeError> {
        let requests_left = self.requests_left.checked_sub(1);
        self.requests_left =
            requests_left.ok_or(TreeError::Unreadable("it is below too many symbolic links"))?;
        Ok(())
    }
}

/// The file or link that an entry of a directory is. Its name is a name: nothing leads out of the directory.
fn directory_file(entry: &Value) -> Option<DirectoryFile> {
    let is_name = |name: &&str| !matches!(*name, "" | "." | "..") && !name.contains(['/', '\\']);
    let name = entry["name"].as_str().filter(is_name)?.to_owned();
    match entry["type"].as_str()? {
        "file" => Some(DirectoryFile { name, blob: Some(parse_sha(entry["sha"].as_str()?)?) }),
        "symlink" => Some(DirectoryFile { name, blob: None }),
        _ => None,
    }
}

/// Whether an answer may be a link's text, GitHub's description of a link, or its list of a directory. No table is short
/// and has no `|`, and none begins with `[`.
fn may_be_no_file(content: &[u8]) -> bool {
    content.trim_ascii_start().starts_with(b"[")
        || (content.len() <= MAX_LINK_LEN && !content.contains(&b'|'))
}

/// `rest` below the target of a link; `None` if it is outside the repository.
fn resolve(link: &str, target: &str, rest: &str) -> Result<Option<String>, TreeError> {
    if target.starts_with('/') {
        return Ok(None);
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    let mut has_name = false;
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part != ".." {
            has_name = true;
            parts.push(part);
        } else if has_name {
            // The name may be a link itself, whose parent is another directory.
            return Err(TreeError::Unreadable("a symbolic link leads down and up again"));
        } else if parts.pop().is_none() {
            return Ok(None);
        }
    }
    parts.extend(Some(rest).filter(|rest| !rest.is_empty()));
    Ok((!parts.is_empty()).then(|| parts.join("/")))
}

/// `None` for a path that does not exist at a commit that does.
fn if_found<T>(response: Result<T>) -> Result<Option<T>> {
    match response {
        Ok(found) => Ok(Some(found)),
        Err(RequestError::Forbidden { status: 404, message, .. })
            if !message.starts_with("No commit found") =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the answer is longer than we read, or GitHub sends (100 MB).
fn is_too_large(error: &RequestError) -> bool {
    let too_large = |message: &str| message.contains("too large");
    matches!(error, RequestError::TooLong)
        || matches!(error, RequestError::Forbidden { status: 403, message, .. } if too_large(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_resolved_inside_the_repository() {
        for (link, target, rest, expected) in [
            ("K.md", "docs/K.md", "", Some("docs/K.md")),
            ("docs/K.md", "K2.md", "", Some("docs/K2.md")),
            ("docs/a/K.md", "../.././lists//K.md", "", Some("lists/K.md")),
            ("docs", "lists/", "K.md", Some("lists/K.md")),
            ("a/docs", "..", "K.md", Some("K.md")),
            ("K.md", "../K.md", "", None),
            ("a/K.md", "../../x/K.md", "", None),
            ("K.md", "/etc/passwd", "", None),
            ("K.md", ".", "", None),
        ] {
            let got = resolve(link, target, rest).expect("a path");
            assert_eq!(got.as_deref(), expected, "{link} {target} {rest}");
        }
        assert!(resolve("K.md", "a/../K.md", "").is_err());
    }

    #[test]
    fn entries_of_a_directory_are_files_of_it() {
        let sha = "a".repeat(40);
        let entry = |name: &str, kind: &str| {
            let entry = serde_json::json!({ "name": name, "type": kind, "sha": sha });
            directory_file(&entry).map(|file| file.blob.is_some())
        };
        assert_eq!(entry("smb2", "file"), Some(true));
        assert_eq!(entry("smb2", "symlink"), Some(false));
        for (name, kind) in [("a", "dir"), ("a", "submodule"), ("..", "file"), ("a/b", "file")] {
            assert_eq!(entry(name, kind), None, "{name} {kind}");
        }
        let bad = serde_json::json!({ "name": "a", "type": "file", "sha": "../x" });
        assert_eq!(directory_file(&bad), None);
    }

    #[test]
    fn unknown_commit_is_no_missing_file() {
        let refused = |message: &str| -> Result<()> {
            Err(RequestError::Forbidden { status: 404, message: message.to_owned(), needs: None })
        };
        assert_eq!(if_found(refused("Not Found")), Ok(None));
        assert!(if_found(refused("No commit found for the ref abc")).is_err());
    }

    #[test]
    fn file_that_github_does_not_send_is_too_large() {
        let refused = |message: &str| RequestError::Forbidden {
            status: 403,
            message: message.to_owned(),
            needs: None,
        };
        let blob =
            "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch";
        assert!(is_too_large(&refused(blob)) && is_too_large(&RequestError::TooLong));
        assert!(!is_too_large(&refused("Resource not accessible by integration")));
    }
}
