//! The architecture's rules that the compiler does not check: layers, circles, orphaned files.
//!
//! The sources are read as text. Imports are found in `use` items and in paths, and followed through the re-exports of
//! `mod.rs` to the file that defines the item.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The crate's modules from bottom to top, each with the modules that it may import.
const LAYERS: [(&str, &[&str]); 21] = [
    ("secrets", &[]),
    ("byte_search", &[]),
    ("git", &[]),
    ("model", &["byte_search"]),
    ("syntax", &["byte_search", "model"]),
    ("sanitize", &["model", "syntax"]),
    ("formats", &["byte_search", "model", "syntax"]),
    ("record", &["model"]),
    ("known", &["model"]),
    ("import", &["known", "model"]),
    ("compare", &["known", "model"]),
    ("policy", &["compare", "model"]),
    ("report", &["compare", "known", "model", "policy"]),
    ("render", &["model", "report", "sanitize"]),
    ("github", &["sanitize", "secrets"]),
    ("files", &["model", "sanitize", "secrets"]),
    ("error", &["files", "git", "github", "model", "policy", "sanitize"]),
    ("cli", BELOW_CLI),
    ("ingest", BELOW_INGEST),
    ("commands", BELOW_COMMANDS),
    ("main", &["cli", "commands", "error", "secrets"]),
];
const BELOW_CLI: &[&str] = &["compare", "error", "files", "formats", "known", "model", "policy"];
const BELOW_INGEST: &[&str] = &[
    "cli", "compare", "error", "files", "formats", "known", "model", "policy", "record", "report",
    "sanitize", "secrets", "syntax",
];
const BELOW_COMMANDS: &[&str] = &[
    "byte_search",
    "cli",
    "compare",
    "error",
    "files",
    "formats",
    "git",
    "github",
    "import",
    "ingest",
    "known",
    "model",
    "policy",
    "record",
    "render",
    "report",
    "sanitize",
    "secrets",
];

/// Crates and keywords that only some files may use, tests aside.
const RESTRICTED: [(&str, &[&str]); 6] = [
    ("comrak", &["src/known/document/"]),
    ("octocrab", &["src/github/"]),
    ("gix", &["src/git/"]),
    ("wide::", &["src/byte_search.rs"]),
    ("async ", &["src/github/", "src/commands/"]),
    (".await", &["src/github/", "src/commands/"]),
];

#[test]
fn a_layer_imports_only_from_layers_below() {
    let sources = Sources::read("src");
    let mut violations = String::new();
    for (file, source) in &sources.files {
        let layer = source.module.first().map_or("lib", String::as_str);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            if layer != "lib" {
                let _ = writeln!(violations, "{file}:1: `{layer}` is in no layer");
            }
            continue;
        };
        for import in source.imports(&source.text) {
            let imported = import.path.first().map_or("", String::as_str);
            let is_layer = LAYERS.iter().any(|(name, _)| *name == imported);
            if is_layer && imported != layer && !allowed.contains(&imported) {
                let _ = writeln!(violations, "{file}:{}: {layer} imports {imported}", import.line);
            }
        }
    }
    assert!(violations.is_empty(), "\n{violations}");
}

#[test]
fn layers_only_allow_layers_before_them() {
    for (index, (name, allowed)) in LAYERS.iter().enumerate() {
        let below: Vec<&str> = LAYERS[..index].iter().map(|(name, _)| *name).collect();
        for module in *allowed {
            assert!(below.contains(module), "{name} may import {module}, which is not below it");
        }
    }
}

#[test]
fn no_two_files_import_each_other() {
    let sources = Sources::read("src");
    let imports = sources.imports_by_file();
    let mut circles = String::new();
    for circle in circles_in(&imports) {
        let _ = writeln!(circles, "{}", circle.into_iter().collect::<Vec<_>>().join(" ↔ "));
    }
    assert!(circles.is_empty(), "\n{circles}");
}

#[test]
fn every_file_is_a_module() {
    let mut orphans = String::new();
    for dir in ["src", "tests/suite", "fuzz/src", "benches/speed"] {
        let sources = Sources::read(dir);
        for file in sources.files.keys().filter(|file| !sources.is_declared(file)) {
            let _ = writeln!(orphans, "{file}:1: no `mod` names this file");
        }
    }
    assert!(orphans.is_empty(), "\n{orphans}");
}

#[test]
fn restricted_code_is_only_in_allowed_files() {
    let mut violations = String::new();
    for (file, source) in &Sources::read("src").files {
        for (index, line) in source.code.lines().enumerate() {
            for (code, allowed) in RESTRICTED {
                if line.contains(code) && !allowed.iter().any(|path| file.starts_with(path)) {
                    let _ = writeln!(violations, "{file}:{}: {code}", index + 1);
                }
            }
        }
    }
    assert!(violations.is_empty(), "\n{violations}");
}

#[test]
fn every_file_states_its_purpose() {
    let mut violations = String::new();
    for path in rust_files("src").into_iter().chain(rust_files("tests/suite")) {
        if !fs::read_to_string(&path).expect("text").starts_with("//! ") {
            let _ = writeln!(violations, "{}:1: no `//!`", path.display());
        }
    }
    assert!(violations.is_empty(), "\n{violations}");
}

/// All Rust files below a directory, by path.
struct Sources {
    root: String,
    files: BTreeMap<String, Source>,
}

/// One Rust file.
struct Source {
    /// The path of its module, without `crate`.
    module: Vec<String>,
    /// Without comments; the lines keep their numbers.
    text: String,
    /// Without its unit tests as well.
    code: String,
}

/// A path of the crate that a file names.
#[derive(Debug, PartialEq)]
struct Import {
    line: usize,
    /// The name under which a `use` item brings it into scope; for a re-export, its public name.
    name: String,
    path: Vec<String>,
    is_reexport: bool,
}

impl Sources {
    fn read(root: &str) -> Sources {
        let files = rust_files(root).into_iter().map(|path| {
            let text = fs::read_to_string(&path).expect("text");
            (path.display().to_string(), Source::new(&path, root, &text))
        });
        Sources { root: root.to_owned(), files: files.collect() }
    }

    /// Whether the parent module declares this file; the roots need no declaration.
    fn is_declared(&self, file: &str) -> bool {
        let module = &self.files[file].module;
        let Some((name, parent)) = module.split_last() else { return true };
        if parent.is_empty() && ["main", "lib"].contains(&name.as_str()) {
            return true;
        }
        let declaration = |line: &str| line.trim_end().ends_with(&format!("mod {name};"));
        let parents = self.files.iter().filter(|(path, source)| {
            let is_root = [format!("{}/main.rs", self.root), format!("{}/lib.rs", self.root)];
            source.module == *parent || parent.is_empty() && is_root.contains(path)
        });
        parents.into_iter().any(|(_, source)| source.text.lines().any(declaration))
    }

    /// By file, the files that its code imports from; re-exports and unit tests are no imports.
    fn imports_by_file(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let by_module: BTreeMap<&[String], &str> =
            self.files.iter().map(|(file, source)| (&*source.module, &**file)).collect();
        let mut imports = BTreeMap::new();
        for (file, source) in &self.files {
            let paths = source.imports(&source.code).into_iter().filter(|it| !it.is_reexport);
            let targets = paths.filter_map(|import| self.definition(&by_module, &import.path, 0));
            imports.insert(&**file, targets.filter(|target| target != file).collect());
        }
        imports
    }

    /// The file that defines what a path names, through re-exports.
    fn definition<'s>(
        &'s self,
        by_module: &BTreeMap<&[String], &'s str>,
        path: &[String],
        depth: usize,
    ) -> Option<&'s str> {
        let known = (1..=path.len()).rev().find(|length| by_module.contains_key(&path[..*length]));
        let (module, rest) = path.split_at(known?);
        let file = by_module[module];
        let Some(name) = rest.first().filter(|_| depth < 8) else { return Some(file) };
        let source = &self.files[file];
        let imports = source.imports(&source.code);
        let reexport = imports.iter().find(|import| import.is_reexport && import.name == *name);
        match reexport {
            Some(import) => self.definition(by_module, &import.path, depth + 1),
            None => Some(file),
        }
    }
}

impl Source {
    fn new(path: &Path, root: &str, text: &str) -> Source {
        let text = filter_lines(text, |line| !line.trim_start().starts_with("//"));
        let inside = path.strip_prefix(root).expect("a path below the root").with_extension("");
        let mut module: Vec<String> =
            inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        if module.last().is_some_and(|name| name == "mod") || module == ["lib"] {
            module.pop();
        }
        // A file of tests alone is compiled for tests only.
        let code = if path.ends_with("tests.rs") { String::new() } else { without_tests(&text) };
        Source { module, text, code }
    }

    /// The crate's paths that a part of this file's text names.
    fn imports(&self, text: &str) -> Vec<Import> {
        let mut imports = Vec::new();
        let starts = ["crate::", "super::", "self::"];
        let mut rest = 0;
        while let Some((at, _)) =
            starts.iter().filter_map(|start| Some((text[rest..].find(start)? + rest, start))).min()
        {
            let before = &text[..at];
            let is_path_start =
                !before.ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c));
            let item = before.rfind(['\n', ';', '}']).map_or(before, |end| &before[end + 1..]);
            let is_reexport = item.trim_start().starts_with("pub") && item.contains("use ");
            let (paths, length) = paths_at(&text[at..]);
            rest = at + length.max(1);
            if !is_path_start {
                continue;
            }
            let line = before.matches('\n').count() + 1;
            for (path, name) in paths {
                let path = self.absolute(&path);
                imports.push(Import { line, name, path, is_reexport });
            }
        }
        imports.extend(self.child_reexports(text));
        imports
    }

    /// What a `mod.rs` re-exports from its own children, which it names without `self`.
    fn child_reexports(&self, text: &str) -> Vec<Import> {
        let mut imports = Vec::new();
        for (at, _) in text.match_indices("use ") {
            let before = &text[..at];
            let item = before.rfind(['\n', ';']).map_or(before, |end| &before[end + 1..]);
            let (paths, _) = paths_at(&text[at + 4..]);
            for (path, name) in paths {
                if path.len() > 1 && !["crate", "super", "self"].contains(&&*path[0]) {
                    let path = self.module.iter().chain(&path).cloned().collect();
                    let is_reexport = item.trim_start().starts_with("pub");
                    let line = before.matches('\n').count() + 1;
                    imports.push(Import { line, name, path, is_reexport });
                }
            }
        }
        imports
    }

    fn absolute(&self, path: &[String]) -> Vec<String> {
        let mut base = match path[0].as_str() {
            "crate" => Vec::new(),
            _ => self.module.clone(),
        };
        for name in path.iter().skip_while(|name| ["crate", "self"].contains(&name.as_str())) {
            if name == "super" {
                base.pop();
            } else {
                base.push(name.clone());
            }
        }
        base
    }
}

/// The paths of a use tree or path expression at the start of a text, each with the name that it brings into scope,
/// and the length of what was read.
fn paths_at(text: &str) -> (Vec<(Vec<String>, String)>, usize) {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut prefix = Vec::new();
    let mut at = 0;
    loop {
        let length = text[at..].find(|c| !is_name(c)).unwrap_or(text.len() - at);
        if length > 0 {
            prefix.push(text[at..at + length].to_owned());
        }
        at += length;
        if !text[at..].starts_with("::") {
            break;
        }
        at += 2;
        if text[at..].starts_with('{') {
            let end = closing_brace(&text[at..]);
            let paths = split_list(&text[at + 1..at + end]).into_iter().flat_map(|part| {
                let (paths, _) = paths_at(part.trim_start());
                let alias = part.split_once(" as ").map(|(_, alias)| alias.trim().to_owned());
                paths.into_iter().map(move |(path, name)| (path, alias.clone().unwrap_or(name)))
            });
            let paths = paths.map(|(path, name)| {
                let own = path.iter().filter(|name| *name != "self");
                (prefix.iter().chain(own).cloned().collect(), name)
            });
            return (paths.collect(), at + end);
        }
    }
    let name = prefix.last().cloned().unwrap_or_default();
    let alias = text[at..]
        .strip_prefix(" as ")
        .map(|rest| rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())].to_owned());
    let paths = if prefix.is_empty() { Vec::new() } else { vec![(prefix, alias.unwrap_or(name))] };
    (paths, at)
}

/// The position of the brace that closes the one at the start.
fn closing_brace(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The parts of a list that commas outside braces separate.
fn split_list(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// The sets of files that import each other, directly or through others.
fn circles_in<'s>(imports: &BTreeMap<&'s str, BTreeSet<&'s str>>) -> BTreeSet<BTreeSet<&'s str>> {
    let reachable = |start: &'s str| {
        let mut seen = BTreeSet::new();
        let mut queue = vec![start];
        while let Some(file) = queue.pop() {
            for next in imports.get(file).into_iter().flatten() {
                if seen.insert(*next) {
                    queue.push(next);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|file| (*file, reachable(file))).collect();
    let in_circle = reached.iter().filter(|(file, reached)| reached.contains(*file));
    in_circle
        .map(|(file, others)| {
            others.iter().copied().filter(|it| reached[it].contains(file)).collect()
        })
        .collect()
}

/// The text with the other lines emptied.
fn filter_lines(text: &str, mut keep: impl FnMut(&str) -> bool) -> String {
    text.lines().map(|line| if keep(line) { format!("{line}\n") } else { "\n".into() }).collect()
}

/// The text with each item under `#[cfg(test)]` emptied, as rustfmt lays it out.
fn without_tests(text: &str) -> String {
    let mut item: Option<String> = None;
    filter_lines(text, |line| {
        let indent = &line[..line.len() - line.trim_start().len()];
        if line.trim_start() == "#[cfg(test)]" {
            item = Some(indent.to_owned());
            return false;
        }
        let Some(item_indent) = &item else { return true };
        let is_end = line.strip_prefix(item_indent.as_str()).is_some_and(|l| l.starts_with('}'));
        if is_end || indent == item_indent && line.ends_with(';') {
            item = None;
        }
        false
    })
}

/// All Rust files below a directory of the repository, sorted.
fn rust_files(dir: &str) -> Vec<PathBuf> {
    // Cargo runs tests in the package's root.
    let entries = walkdir::WalkDir::new(dir).sort_by_file_name().into_iter();
    let paths = entries.map(|entry| entry.expect("a readable directory").into_path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

#[test]
fn imports_are_found_in_all_their_forms() {
    let text = "use crate::model::Outcome;\npub use crate::{\n    known::Row as R,\n    report::{self, b},\n};\n\
                pub use child::Item;\nfn f() { super::super::github::g() }\n";
    let source = Source::new(Path::new("src/formats/junit/case.rs"), "src", text);
    let found: Vec<String> = source
        .imports(&source.text)
        .into_iter()
        .map(|it| format!("{} {} {} {}", it.line, it.path.join("::"), it.name, it.is_reexport))
        .collect();
    assert_eq!(
        found,
        [
            "1 model::Outcome Outcome false",
            "2 known::Row R true",
            "2 report self true",
            "2 report::b b true",
            "7 formats::github::g g false",
            "6 formats::junit::case::child::Item Item true",
        ]
    );
    let tested = "a\n#[cfg(test)]\nmod tests {\n    b\n}\nc\n#[cfg(test)]\nuse d;\ne\n";
    assert_eq!(without_tests(tested).split_whitespace().collect::<String>(), "ace");
}

#[test]
fn circles_are_found_through_other_files() {
    let imports = BTreeMap::from([
        ("a", BTreeSet::from(["b"])),
        ("b", BTreeSet::from(["c"])),
        ("c", BTreeSet::from(["a"])),
        ("d", BTreeSet::from(["a"])),
    ]);
    assert_eq!(circles_in(&imports), BTreeSet::from([BTreeSet::from(["a", "b", "c"])]));
}
