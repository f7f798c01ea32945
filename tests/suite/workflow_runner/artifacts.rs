//! The artifact and cache actions: which files they leave in which directory.
//!
//! Read in the sources of upload-artifact 7, download-artifact 8 and cache 6. Where GitHub's documentation is silent, the
//! model is the worse case: an artifact outlives the attempt that uploaded it.

use super::files::Files;
use std::collections::BTreeMap;
use std::path::Path;

/// The artifacts of a run of a workflow, and the caches of a repository.
#[derive(Default)]
pub(crate) struct Storage {
    artifacts: BTreeMap<String, Files>,
    /// In the order in which they were saved.
    caches: Vec<(String, Files)>,
}

impl Storage {
    pub(crate) fn artifact(&self, name: &str) -> Option<&Files> {
        self.artifacts.get(name)
    }

    /// `actions/upload-artifact`. The root of an artifact is the directory that `path` names, or the file's.
    pub(crate) fn upload(
        &mut self,
        with: &BTreeMap<String, String>,
        workspace: &Path,
    ) -> Result<(), String> {
        let input = |name: &str| with.get(name).map_or("", String::as_str);
        let (name, path) = (input("name"), input("path"));
        assert!(!path.contains(['*', '\n']), "the model lacks patterns: {path}");
        let files = Files::read(workspace, path).without_hidden();
        if files.is_empty() {
            return match input("if-no-files-found") {
                "ignore" | "warn" | "" => Ok(()),
                _ => Err("No files were found".to_owned()),
            };
        }
        if self.artifacts.contains_key(name) && input("overwrite") != "true" {
            return Err("(409) Conflict: an artifact with this name already exists".to_owned());
        }
        self.artifacts.insert(name.to_owned(), files);
        Ok(())
    }

    /// `actions/download-artifact`: an artifact gets no directory of its own if it is named, or if no other matches.
    pub(crate) fn download(
        &self,
        with: &BTreeMap<String, String>,
        workspace: &Path,
    ) -> Result<(), String> {
        let input = |name: &str| with.get(name).map(String::as_str);
        let to = workspace.join(input("path").unwrap_or("."));
        if let Some(name) = input("name") {
            let artifact = self.artifacts.get(name);
            let artifact = artifact.ok_or_else(|| format!("Artifact '{name}' not found"))?;
            artifact.write(&to);
            return Ok(());
        }
        let pattern = globset::Glob::new(input("pattern").unwrap_or("*")).expect("a pattern");
        let pattern = pattern.compile_matcher();
        let matching: Vec<_> = self.artifacts.iter().filter(|(n, _)| pattern.is_match(n)).collect();
        let is_flat = matching.len() == 1 || input("merge-multiple") == Some("true");
        for (name, files) in matching {
            files.write(&if is_flat { to.clone() } else { to.join(name) });
        }
        Ok(())
    }

    /// `actions/cache/save`: a key is never overwritten, and nothing that goes wrong fails the step.
    pub(crate) fn save(&mut self, with: &BTreeMap<String, String>, workspace: &Path) {
        let (key, files) = (&with["key"], Files::read(workspace, &with["path"]));
        if !files.is_empty() && self.caches.iter().all(|(other, _)| other != key) {
            self.caches.push((key.clone(), files));
        }
    }

    /// `actions/cache/restore`: the key, or the newest one that begins like a restore key. Its name is an output.
    pub(crate) fn restore(
        &self,
        with: &BTreeMap<String, String>,
        workspace: &Path,
    ) -> Option<&str> {
        let prefixes = with.get("restore-keys").map_or("", String::as_str).lines();
        let exact = self.caches.iter().find(|(key, _)| *key == with["key"]);
        let newest = |prefix: &str| self.caches.iter().rfind(|(key, _)| key.starts_with(prefix));
        let (key, files) = exact.or_else(|| prefixes.map(newest).find_map(|found| found))?;
        files.write(workspace);
        Some(key)
    }
}

#[test]
fn a_single_artifact_has_no_directory_of_its_own() {
    let text = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let mut storage = Storage::default();
    let mut layouts = Vec::new();
    for store in ["memory", "postgres"] {
        let from = tempfile::tempdir().unwrap();
        Files::from([("results/a/x.txt", store), ("results/.hidden", "")]).write(from.path());
        let upload = text(&[("name", &format!("suite-{store}")), ("path", "results/")]);
        storage.upload(&upload, from.path()).unwrap();
        assert!(storage.upload(&upload, from.path()).unwrap_err().contains("409"));
        for merge in ["false", "true"] {
            let to = tempfile::tempdir().unwrap();
            let with = text(&[("pattern", "suite-*"), ("path", "in"), ("merge-multiple", merge)]);
            storage.download(&with, to.path()).unwrap();
            layouts.push(Files::read(to.path(), "in").paths().join(" "));
            let none = text(&[("pattern", "other-*"), ("path", "none")]);
            assert!(storage.download(&none, to.path()).is_ok() && !to.path().join("none").exists());
            assert!(storage.download(&text(&[("name", "other")]), to.path()).is_err());
        }
    }
    let two = "suite-memory/a/x.txt suite-postgres/a/x.txt";
    assert_eq!(layouts, ["a/x.txt", "a/x.txt", two, "a/x.txt"]);
}
