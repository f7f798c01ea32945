//! What to do about a path or pattern that names nothing: one table for the command line and the action.

use super::pattern::{
    Case, MAX_DEPTH, MAX_ENTRIES, compile, literal_prefix, max_depth, normalize, with_slashes,
};
use crate::sanitize;
use std::fs;
use std::path::{Path, PathBuf};

/// What fits a text; `None` if it does not apply.
type Hint = fn(&str) -> Option<String>;

/// Hints on how a path or a pattern is written.
const TEXT_HINTS: [Hint; 7] = [
    |text| {
        let name = variable(text)?;
        Some(format!(
            "`{name}` is not expanded: write its value, in a workflow with `${{{{ … }}}}`"
        ))
    },
    |text| text.starts_with('~').then(|| "`~` is not expanded: write the path itself".to_owned()),
    |text| {
        let why =
            "a YAML list is none of an input: write one path a line, without `- ` and brackets";
        is_yaml_list(text).then(|| why.to_owned())
    },
    |text| {
        let why = "`!` excludes nothing: name what is wanted, with alternatives such as `{unit,api}/*.xml`";
        text.starts_with('!').then(|| why.to_owned())
    },
    |text| is_quoted(text).then(|| "the quotes are a part of it: leave them out".to_owned()),
    |text| {
        let why = "write each path on a line of its own, or as an argument of its own";
        is_several(text).then(|| why.to_owned())
    },
    |text| {
        let why = "write `/` between directories, not `\\`";
        text.contains('\\').then(|| why.to_owned())
    },
];

/// Hints on what a pattern matches.
const PATTERN_HINTS: [Hint; 3] = [
    |pattern| {
        let word = placeholder(pattern)?;
        Some(format!(
            "`{{{word}}}` matches `{word}`: the placeholder of the variant is `{{variant}}`"
        ))
    },
    |pattern| {
        let why = "`[…]` matches one of the characters in it: write `[[]` for a `[`";
        pattern.contains('[').then(|| why.to_owned())
    },
    |pattern| {
        let is_glued = |part: &str| part.contains("**") && part != "**";
        let why =
            "`**` matches directories only where it is a whole part, as in `results/**/*.xml`";
        pattern.split('/').any(is_glued).then(|| why.to_owned())
    },
];

/// The hint that fits a pattern that no file matches.
pub(super) fn pattern_hint(pattern: &str) -> Option<String> {
    let hints = TEXT_HINTS.iter().chain(&PATTERN_HINTS);
    hints.into_iter().find_map(|hint| hint(pattern)).or_else(|| near_miss(pattern))
}

/// The hint that fits the path of a file that does not exist.
pub fn path_hint(path: &Path) -> Option<String> {
    let text = path.to_str().filter(|_| !path.exists())?;
    let hint = TEXT_HINTS.iter().find_map(|hint| hint(text));
    hint.or_else(|| other_case(&missing_part(path)?))
}

/// The first directory of a path or pattern that does not exist.
pub(super) fn missing_directory(pattern: &str) -> Option<String> {
    let missing = missing_part(&literal_prefix(pattern))?;
    let is_last = missing.components().count() == Path::new(pattern).components().count();
    (!is_last).then(|| sanitize::path_value(&missing))
}

/// A variable that a shell or a workflow would expand.
fn variable(text: &str) -> Option<&str> {
    if text.contains("${{") {
        return Some("${{ … }}");
    }
    let from = text.find('$')?;
    let rest = &text[from + 1..];
    let braces = rest.strip_prefix('{');
    let name = braces.unwrap_or(rest);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let len = name.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let end = from + 1 + len + 2 * usize::from(braces.is_some());
    text.get(from..end).filter(|_| is_name)
}

fn is_yaml_list(text: &str) -> bool {
    let is_flow = text.starts_with('[') && text.ends_with(']');
    text.starts_with("- ") || (is_flow && text.contains([',', '"', '\'']))
}

fn is_quoted(text: &str) -> bool {
    ['"', '\''].iter().any(|quote| text.starts_with(*quote) || text.ends_with(*quote))
}

/// Whether a text looks like several paths in one line. A comma in braces separates alternatives.
fn is_several(text: &str) -> bool {
    let mut depth = 0_u32;
    let outside = |character: &char| {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    };
    let text: String = text.chars().filter(outside).collect();
    let is_path = |part: &str| part.contains(['/', '*', '.']);
    let mut words = text.split_whitespace();
    text.contains([',', ';']) || (words.clone().count() > 1 && words.all(is_path))
}

/// A word in braces that is no alternative, such as a placeholder of another spelling.
fn placeholder(pattern: &str) -> Option<&str> {
    let words = pattern.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let is_placeholder = |word: &&str| *word != "variant" && !word.contains([',', '/', '*']);
    words.into_iter().find(is_placeholder)
}

/// A directory that the pattern matches, or a path that it matches in another case.
fn near_miss(pattern: &str) -> Option<String> {
    if let Some(missing) = missing_part(&literal_prefix(pattern)) {
        return other_case(&missing);
    }
    let found = find_in_any_case(pattern)?;
    if !found.is_dir() {
        return Some(case_hint(&found));
    }
    let inside = format!("{}/**/*.xml", pattern.trim_end_matches('/'));
    let found = sanitize::path_value(&found);
    Some(format!("`{found}` is a directory: name the files in it, such as `{inside}`"))
}

/// The path up to its first part that does not exist.
fn missing_part(path: &Path) -> Option<PathBuf> {
    let parts = Vec::from_iter(path.components());
    let starts = (1..=parts.len()).map(|count| PathBuf::from_iter(&parts[..count]));
    starts.into_iter().find(|start| !start.exists())
}

/// The first file or directory that a pattern matches whatever the case of its letters, directories
/// first. What cannot be looked at is left out.
fn find_in_any_case(pattern: &str) -> Option<PathBuf> {
    let pattern = normalize(pattern);
    let pattern = pattern.trim_end_matches('/');
    let regex = compile(pattern, Case::Insensitive).ok()?;
    let base = literal_prefix(pattern);
    let depth = max_depth(pattern, &base).min(MAX_DEPTH);
    let start = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    let entries = walkdir::WalkDir::new(start).min_depth(1).max_depth(depth).sort_by_file_name();
    let paths = entries.into_iter().take(MAX_ENTRIES as usize).filter_map(|entry| {
        let path = entry.ok()?.into_path();
        Some(with_slashes(path.strip_prefix("./").unwrap_or(&path)))
    });
    let is_match = |path: &PathBuf| regex.is_match(path.as_os_str().as_encoded_bytes());
    paths.into_iter().filter(is_match).min_by_key(|path| !path.is_dir())
}

/// The hint that a path exists in another case.
fn other_case(missing: &Path) -> Option<String> {
    let name = missing.file_name()?.to_str()?;
    let directory = missing.parent().filter(|parent| !parent.as_os_str().is_empty());
    let entries = fs::read_dir(directory.unwrap_or(Path::new("."))).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let other = names.into_iter().find(|other| other.to_lowercase() == name.to_lowercase())?;
    Some(case_hint(&missing.with_file_name(other)))
}

fn case_hint(found: &Path) -> String {
    format!("there is `{}`: lower and upper case are different", sanitize::path_value(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_cause() {
        for (pattern, expected) in [
            ("$HOME/r.xml", "`$HOME` is not expanded"),
            ("${RUNNER_TEMP}/r.xml", "`${RUNNER_TEMP}` is not expanded"),
            ("${{ runner.temp }}/*.xml", "`${{ … }}` is not expanded"),
            ("~/r.xml", "`~` is not expanded"),
            ("- r/*.xml", "a YAML list"),
            ("[\"a.xml\", \"b.xml\"]", "a YAML list"),
            ("!r/*.xml", "`!` excludes nothing"),
            ("\"r/*.xml\"", "the quotes"),
            ("'r/*.xml'", "the quotes"),
            ("a.xml, b.xml", "write each path on a line"),
            ("a/*.{xml,json};b", "write each path on a line"),
            ("a.xml b/*.xml", "write each path on a line"),
            (r"r\*.xml", "write `/` between"),
            ("r/{Variant}/*.xml", "`{Variant}` matches `Variant`"),
            ("r/{variants}.xml", "`{variants}` matches `variants`"),
            ("r[linux]/*.xml", "`[…]` matches one of the characters"),
            ("r/**.xml", "`**` matches directories only"),
        ] {
            let hint = pattern_hint(pattern).unwrap_or_default();
            assert!(hint.starts_with(expected), "{pattern}: {hint}");
        }
        for plain in ["r/{variant}/*.{xml,json}", "No Such/**/x y.xml", "price $5/r.xml", "$"] {
            assert_eq!(pattern_hint(plain), None, "{plain}");
        }
    }

    #[test]
    fn a_near_miss_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_str().unwrap();
        fs::create_dir_all(directory.path().join("Out/deep")).unwrap();
        fs::write(directory.path().join("Out/deep/r.xml"), "").unwrap();
        for (pattern, expected) in [
            ("out/*.xml", "there is `ROOT/Out`: lower and upper"),
            ("Out/DEEP/r.xml", "there is `ROOT/Out/deep`: lower and upper"),
            ("Out/deep/*.XML", "there is `ROOT/Out/deep/r.xml`: lower and upper"),
            (
                "Out/*",
                "`ROOT/Out/deep` is a directory: name the files in it, such as `ROOT/Out/*/**/*.xml`",
            ),
            (
                "Out/*/",
                "`ROOT/Out/deep` is a directory: name the files in it, such as `ROOT/Out/*/**/*.xml`",
            ),
        ] {
            let hint = pattern_hint(&format!("{root}/{pattern}")).unwrap_or_default();
            assert!(hint.starts_with(&expected.replace("ROOT", root)), "{pattern}: {hint}");
        }
        for (pattern, expected) in [
            ("gone/x/*.xml", Some("ROOT/gone")),
            ("Out/gone/*.xml", Some("ROOT/Out/gone")),
            ("Out/gone", None),
            ("Out/*.xml", None),
        ] {
            let expected = expected.map(|path| path.replace("ROOT", root));
            assert_eq!(missing_directory(&format!("{root}/{pattern}")), expected, "{pattern}");
        }
    }
}
