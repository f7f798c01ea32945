//! The house rules that the compiler can't keep: who may import whom, and where a few things stand.
//!
//! In: the sources as text. Out: a violation a line, `file:line: what`. A newcomer's trap: a doc comment
//! may name a higher layer, code may not, unit tests included.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const CLI_IMPORTS: &[&str] = &[
    "model", "formats", "record", "known", "import", "compare", "report", "render", "git",
    "github", "error",
];
const ALL_MODULES: &[&str] = &[
    "model", "formats", "record", "known", "import", "compare", "report", "render", "git",
    "github", "error", "files", "cli", "run", "secrets",
];

/// A module of the crate and the ones it may know beside itself.
const LAYERS: [(&str, &[&str]); 17] = [
    ("secrets", &[]),
    ("model", &[]),
    ("formats", &["model"]),
    ("record", &["model"]),
    ("known", &["model"]),
    ("import", &["model", "known"]),
    ("compare", &["model", "known"]),
    ("report", &["model", "formats", "known", "import", "compare"]),
    ("render", &["model", "report"]),
    ("git", &[]),
    ("github", &["secrets"]),
    ("error", CLI_IMPORTS),
    ("files", &["model", "error", "secrets"]),
    ("cli", CLI_IMPORTS),
    ("run", ALL_MODULES),
    ("lib", ALL_MODULES),
    ("main", ALL_MODULES),
];

/// Something that only some files may name, tests aside.
const RESTRICTED_CODE: [(&str, &[&str]); 9] = [
    // They panic where nobody listens: `run::print` and `run::tell` do not.
    ("eprint", &[]),
    ("println!", &[]),
    ("comrak", &["src/known/document/"]),
    ("octocrab", &["src/github/"]),
    ("gix", &["src/git/"]),
    ("wide::", &["src/model/bytes.rs"]),
    ("async ", &["src/github/", "src/run"]),
    (".await", &["src/github/", "src/run"]),
    (".unwrap()", &[]),
];

#[test]
fn a_layer_imports_only_from_layers_below() {
    let mut found = String::new();
    for source in SourceFile::all() {
        let Some((_, may_know)) = LAYERS.iter().find(|(name, _)| *name == source.module) else {
            let _ = writeln!(found, "{}:1: `{}` stands in no layer", source.path, source.module);
            continue;
        };
        for (line, import) in source.imports() {
            let known = LAYERS.iter().any(|(name, _)| *name == import);
            if known && import != source.module && !may_know.contains(&import.as_str()) {
                let module = &source.module;
                let _ = writeln!(found, "{}:{line}: {module} imports {import}", source.path);
            }
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn restricted_code_is_only_in_allowed_files() {
    let mut found = String::new();
    for source in SourceFile::all() {
        for (line, code) in source.code.lines().enumerate() {
            for (what, places) in RESTRICTED_CODE {
                if code.contains(what) && !places.iter().any(|p| source.path.starts_with(p)) {
                    let _ = writeln!(found, "{}:{}: {what}", source.path, line + 1);
                }
            }
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

#[test]
fn every_file_has_a_module_comment() {
    let mut found = String::new();
    for path in rust_files("src").into_iter().chain(rust_files("tests/suite")) {
        if !fs::read_to_string(&path).expect("text").starts_with("//! ") {
            let _ = writeln!(found, "{}:1: no `//!`", path.display());
        }
    }
    assert!(found.is_empty(), "\n{found}");
}

/// One file of the crate.
struct SourceFile {
    /// From the repository's root.
    path: String,
    /// The crate's module that it belongs to.
    module: String,
    /// How many modules stand above it: a chain of that many `super` is the crate.
    depth: usize,
    /// Without comments; the lines keep their numbers.
    text: String,
    /// Without its unit tests either.
    code: String,
}

impl SourceFile {
    fn all() -> Vec<SourceFile> {
        rust_files("src").iter().map(|path| SourceFile::read(path)).collect()
    }

    fn read(path: &Path) -> SourceFile {
        let whole = fs::read_to_string(path).expect("text");
        let text = blank_other_lines(&whole, |line| !line.trim_start().starts_with("//"));
        let relative = path.strip_prefix("src").expect("a path below src").with_extension("");
        let mut names: Vec<&str> = relative.iter().filter_map(|n| n.to_str()).collect();
        if names.len() > 1 && names.last() == Some(&"mod") {
            names.pop();
        }
        SourceFile {
            path: path.display().to_string(),
            module: names[0].to_owned(),
            depth: names.len(),
            // A file of tests alone stands behind `#[cfg(test)]`.
            code: if path.ends_with("tests.rs") { String::new() } else { strip_tests(&text) },
            text,
        }
    }

    /// The crate's modules that this file names, with their lines.
    fn imports(&self) -> Vec<(usize, String)> {
        let from_root = "super::".repeat(self.depth);
        let mut found = Vec::new();
        for root in ["crate::", from_root.as_str()] {
            for (at, _) in self.text.match_indices(root) {
                let line = self.text[..at].matches('\n').count() + 1;
                let names = first_names(&self.text[at + root.len()..]);
                found.extend(names.into_iter().map(|name| (line, name)));
            }
        }
        found
    }
}

/// The first name of a path, or the first names of a braced group of them.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| {
        let text = text.trim_start();
        text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())].into()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let mut depth = 0;
    let mut names = vec![name(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

/// The text with the other lines emptied.
fn blank_other_lines(text: &str, mut keep: impl FnMut(&str) -> bool) -> String {
    text.lines().map(|line| if keep(line) { format!("{line}\n") } else { "\n".into() }).collect()
}

/// The text with each item behind `#[cfg(test)]` emptied, as rustfmt lays it out.
fn strip_tests(text: &str) -> String {
    let mut item: Option<String> = None;
    blank_other_lines(text, |line| {
        let indent = &line[..line.len() - line.trim_start().len()];
        if line.trim_start() == "#[cfg(test)]" {
            item = Some(indent.to_owned());
            return false;
        }
        let Some(item_indent) = &item else { return true };
        let last = line.strip_prefix(item_indent.as_str()).is_some_and(|l| l.starts_with('}'));
        if last || indent == item_indent && line.ends_with(';') {
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
    paths.filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

#[test]
fn imports_are_found_in_all_their_forms() {
    let text = "use crate::model::Outcome;\nuse crate::{\n    known::Row,\n    report::{a, b},\n};\n\
                fn f() { super::super::github::g() }\n";
    let source = SourceFile {
        path: String::new(),
        module: "formats".into(),
        depth: 2,
        text: text.into(),
        code: String::new(),
    };
    let names: Vec<String> = source.imports().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["model", "known", "report", "", "github"]);
    let tested = "a\n#[cfg(test)]\nmod tests {\n    b\n}\nc\n#[cfg(test)]\nuse d;\ne\n";
    assert_eq!(strip_tests(tested).split_whitespace().collect::<String>(), "ace");
}
