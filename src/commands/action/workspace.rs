//! What the paths of inputs mean, and where files may be.
//!
//! Inputs name files from the working directory, or with the path of the workspace, as `${{ github.workspace }}` does. The
//! runner translates that path for a container, but only at the start of a value, so a container sees its own path in the
//! first line of an input and the runner's in the others. All become one form, once.

use crate::error::{DirectoryProblem, Error};
use crate::files::AccessRoot;
use crate::github::ContextError;
use crate::report::SourceRoots;
use std::borrow::Cow;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where a job's container has the runner's directory of work.
const JOB_CONTAINER_WORK: &str = "/__w";
/// The runner's directory of temporary files in its directory of work.
const TEMP: &str = "_temp";

/// The workspace, and the runner's directory of temporary files.
pub(super) struct Workspace {
    /// Without links.
    root: PathBuf,
    /// The paths of the root for this process, for the runner and in the job's container; with `/`, none at the end.
    paths: Vec<String>,
    temp: Option<TempDirectory>,
    /// The working directory from the root: empty, or with a slash at its end.
    directory: String,
}

struct TempDirectory {
    path: String,
    /// The same for the runner and in the job's container.
    paths: Vec<String>,
    /// The path for the steps that run on the runner itself.
    on_runner: String,
}

impl Workspace {
    /// Changes to the working directory. If that is not possible, the error is why, and paths are relative to the root.
    pub(super) fn enter(
        env: &dyn Fn(&str) -> Option<String>,
        directory: &str,
    ) -> (Workspace, Option<Error>) {
        let workspace = Workspace::at_root(env);
        let is_set = env("GITHUB_WORKSPACE").is_some_and(|path| !path.is_empty());
        let is_set = is_set.then_some(()).ok_or(ContextError::NotSet("GITHUB_WORKSPACE").into());
        match is_set.and_then(|()| workspace.change_directory(directory)) {
            Ok(directory) => (Workspace { directory, ..workspace }, None),
            Err(error) => (workspace, Some(error)),
        }
    }

    fn at_root(env: &dyn Fn(&str) -> Option<String>) -> Workspace {
        let variable = |name: &str| {
            let value = env(name).filter(|value| !value.is_empty())?;
            Some(with_slashes(&value).trim_end_matches('/').to_owned())
        };
        let path = variable("GITHUB_WORKSPACE").unwrap_or_else(|| ".".to_owned());
        let root = Path::new(&path).canonicalize().unwrap_or_else(|_| path.clone().into());
        let repository = variable("GITHUB_REPOSITORY").unwrap_or_default();
        let name = repository.rsplit('/').next().unwrap_or_default();
        // The runner checks `NAME` out as `NAME/NAME`.
        let runner = variable("RUNNER_WORKSPACE");
        let work = runner.as_ref().and_then(|path| Some(path.rsplit_once('/')?.0.to_owned()));
        let outside = runner.iter().map(|path| format!("{path}/{name}"));
        let outside = outside.chain([format!("{JOB_CONTAINER_WORK}/{name}/{name}")]);
        let real = root.to_string_lossy().into_owned();
        let mut paths = vec![path, with_slashes(&real).into_owned()];
        paths.extend(outside.filter(|path| is_elsewhere(path, &root)));
        paths.retain(|path| !matches!(path.as_str(), "" | "."));
        let temp = variable("RUNNER_TEMP").map(|path| TempDirectory::new(path, work));
        Workspace { root, paths, temp, directory: String::new() }
    }

    /// Changes to a directory; returns it from the root.
    fn change_directory(&self, given: &str) -> Result<String, Error> {
        let error = |why| Error::WorkingDirectory { path: given.into(), why };
        let failed = |cause: std::io::Error| match cause.kind() {
            ErrorKind::NotFound => error(DirectoryProblem::Missing),
            ErrorKind::NotADirectory => error(DirectoryProblem::File),
            _ => error(DirectoryProblem::Inaccessible(cause.to_string())),
        };
        let outside = || error(DirectoryProblem::Outside);
        let target = self.root.join(self.resolve(given).ok_or_else(outside)?);
        let target = target.canonicalize().map_err(failed)?;
        let directory = target.strip_prefix(&self.root).map_err(|_| outside())?.to_string_lossy();
        std::env::set_current_dir(&target).map_err(failed)?;
        let end = if directory.is_empty() { "" } else { "/" };
        Ok(format!("{}{end}", with_slashes(&directory)))
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The working directory from the root: empty, or with a slash at its end.
    pub(super) fn directory(&self) -> &str {
        &self.directory
    }

    /// What may be read and written.
    pub(super) fn access_root(&self) -> AccessRoot {
        let temp = self.temp.as_ref().map(|temp| PathBuf::from(&temp.path));
        AccessRoot::Within { root: self.root.clone(), temp }
    }

    /// Where the suite may have seen the repository.
    pub(super) fn source_roots(&self) -> SourceRoots {
        SourceRoots::new(self.paths.iter().map(PathBuf::from), self.directory.as_str())
    }

    /// A path or pattern of an input: relative to the working directory, without `.` and with `..` only at its start. A
    /// path in the runner's directory of temporary files is absolute. `None` outside of both.
    pub(super) fn resolve(&self, given: &str) -> Option<String> {
        let given = &*with_slashes(given);
        let below = |roots: &[String]| roots.iter().find_map(|root| strip_root(given, root));
        let end = if given.ends_with('/') { "/" } else { "" };
        if let Some(inside) = below(&self.paths) {
            return Some(self.path_from_directory(&normalize("", inside)?) + end);
        }
        if let Some((temp, inside)) =
            self.temp.as_ref().and_then(|temp| Some((temp, below(&temp.paths)?)))
        {
            return Some(format!("{}/{}{end}", temp.path, normalize("", inside)?.join("/")));
        }
        if given.starts_with('/') || Path::new(given).is_absolute() {
            return None;
        }
        Some(self.path_from_directory(&normalize(&self.directory, given)?) + end)
    }

    /// A path from the root, from the working directory.
    fn path_from_directory(&self, parts: &[&str]) -> String {
        let directory = Vec::from_iter(self.directory.split_terminator('/'));
        let common = directory.iter().zip(parts).take_while(|(one, other)| one == other).count();
        let up = std::iter::repeat_n("..", directory.len() - common);
        match Vec::from_iter(up.chain(parts[common..].iter().copied())).join("/") {
            path if path.is_empty() => ".".to_owned(),
            path => path,
        }
    }

    /// A resolved path from the root; `None` if it is not in the workspace.
    pub(super) fn path_from_root(&self, path: &Path) -> Option<String> {
        let path = path.to_str().filter(|_| !path.is_absolute())?;
        let parts = normalize(&self.directory, path)?;
        (!parts.is_empty()).then(|| parts.join("/"))
    }

    /// The path from the root of a file that another one includes; `None` if it is not in the other one's directory.
    pub(super) fn path_beside(&self, path: &Path, included: &str) -> Option<String> {
        let directory = path.parent()?;
        let inside = self.path_from_root(&directory.join(included))?;
        let own = self.path_from_root(path)?;
        let directory = own.rsplit_once('/').map_or("", |(directory, _)| directory);
        (directory.is_empty() || strip_root(&inside, directory).is_some()).then_some(inside)
    }

    /// A resolved path as the steps after this one name it, whatever their working directory is.
    pub(super) fn for_later_steps(&self, path: &Path) -> String {
        let text = path.to_string_lossy();
        let in_temp = || {
            let temp = self.temp.as_ref()?;
            Some(format!("{}/{}", temp.on_runner, strip_root(&text, &temp.path)?))
        };
        self.path_from_root(path).or_else(in_temp).unwrap_or_else(|| text.clone().into_owned())
    }
}

impl TempDirectory {
    /// `work` is the runner's directory of work, which this process may not see.
    fn new(path: String, work: Option<String>) -> TempDirectory {
        let real = Path::new(&path).canonicalize().unwrap_or_else(|_| path.clone().into());
        let on_runner = work.map(|work| format!("{work}/{TEMP}"));
        let on_runner = on_runner.filter(|path| is_elsewhere(path, &real));
        let in_container = Some(format!("{JOB_CONTAINER_WORK}/{TEMP}"));
        let in_container = in_container.filter(|path| is_elsewhere(path, &real));
        let paths = [Some(path.clone()), on_runner.clone(), in_container];
        TempDirectory {
            paths: paths.into_iter().flatten().collect(),
            on_runner: on_runner.unwrap_or_else(|| path.clone()),
            path,
        }
    }
}

/// Whether a path can only mean a directory of this process that has another path: it is none of this machine, or the
/// same.
fn is_elsewhere(path: &str, real: &Path) -> bool {
    Path::new(path).canonicalize().map_or(true, |found| found == real)
}

/// What follows a directory in a path.
fn strip_root<'p>(path: &'p str, root: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(root)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// The parts of a path from a directory; `None` if it leads out of where the directory is. Only a name that is no pattern
/// can be left again.
fn normalize<'p>(directory: &'p str, path: &'p str) -> Option<Vec<&'p str>> {
    let is_name = |part: &&str| *part != ".." && !part.contains(['*', '?', '[', '{', '\\']);
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.is_empty() => return None,
            ".." if parts.last().is_some_and(is_name) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    Some(parts)
}

/// A path with `/`, also on Windows.
fn with_slashes(path: &str) -> Cow<'_, str> {
    if cfg!(windows) { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(directory: &str) -> Workspace {
        let text = |text: &str| text.to_owned();
        let env = |name: &str| match name {
            "GITHUB_WORKSPACE" => Some(text("/github/workspace")),
            "GITHUB_REPOSITORY" => Some(text("octo/r")),
            "RUNNER_WORKSPACE" => Some(text("/runner/work/r/")),
            "RUNNER_TEMP" => Some(text("/github/runner_temp")),
            _ => None,
        };
        Workspace { directory: text(directory), ..Workspace::at_root(&env) }
    }

    #[test]
    fn every_way_to_name_a_path_is_one_path() {
        for (directory, given, expected) in [
            ("", "list.md", Some("list.md")),
            ("", "./docs//x/../list.md", Some("docs/list.md")),
            ("", "/github/workspace/docs/list.md", Some("docs/list.md")),
            ("", "/github/workspace", Some(".")),
            ("", "/runner/work/r/r/docs/", Some("docs/")),
            ("", "/__w/r/r/./list.md", Some("list.md")),
            ("", "/github/workspaces/list.md", None),
            ("", "/github/workspace/../list.md", None),
            ("", "docs/../../list.md", None),
            ("", "/etc/passwd", None),
            ("ci/smb/", "list.md", Some("list.md")),
            ("ci/smb/", "../list.md", Some("../list.md")),
            ("ci/smb/", "../smb/list.md", Some("list.md")),
            ("ci/smb/", "/github/workspace/ci/smb/list.md", Some("list.md")),
            ("ci/smb/", "/github/workspace/ci/list.md", Some("../list.md")),
            ("ci/smb/", "/runner/work/r/r/docs/*.md", Some("../../docs/*.md")),
            ("ci/smb/", "../../../list.md", None),
            ("", "*/../r.xml", Some("*/../r.xml")),
            ("", "r/{variant}/**/*.xml", Some("r/{variant}/**/*.xml")),
            ("ci/smb/", "/github/runner_temp/r.json", Some("/github/runner_temp/r.json")),
            ("", "/runner/work/_temp/a/../r.json", Some("/github/runner_temp/r.json")),
            ("", "/__w/_temp/*.xml", Some("/github/runner_temp/*.xml")),
            ("", "/github/runner_temp/../x", None),
        ] {
            let got = workspace(directory).resolve(given);
            assert_eq!(got.as_deref(), expected, "{directory} {given}");
        }
    }

    #[test]
    fn later_steps_find_what_was_written() {
        for (directory, path, expected) in [
            ("", "report.json", "report.json"),
            ("ci/", "report.json", "ci/report.json"),
            ("ci/", "../report.json", "report.json"),
            ("ci/", "/github/runner_temp/report.json", "/runner/work/_temp/report.json"),
        ] {
            assert_eq!(workspace(directory).for_later_steps(Path::new(path)), expected);
        }
    }

    #[test]
    fn included_files_are_in_the_directory_of_the_list() {
        for (list, included, expected) in [
            ("lists/a.txt", "b.txt", Some("smb/lists/b.txt")),
            ("lists/a.txt", "sub/b.txt", Some("smb/lists/sub/b.txt")),
            ("lists/a.txt", "../b.txt", None),
            ("lists/a.txt", "../lists2/b.txt", None),
            ("a.txt", "b.txt", Some("smb/b.txt")),
            ("a.txt", "/etc/passwd", None),
        ] {
            let got = workspace("smb/").path_beside(Path::new(list), included);
            assert_eq!(got.as_deref(), expected, "{list} {included}");
        }
    }

    #[test]
    fn path_from_the_root_is_in_the_workspace() {
        for (directory, path, expected) in [
            ("", "KNOWN_FAILURES.md", Some("KNOWN_FAILURES.md")),
            ("test/smb/", "../known.md", Some("test/known.md")),
            ("test/", "../../known.md", None),
            ("", "/github/runner_temp/known.md", None),
            ("", ".", None),
        ] {
            let got = workspace(directory).path_from_root(Path::new(path));
            assert_eq!(got.as_deref(), expected, "{directory} {path}");
        }
    }
}
