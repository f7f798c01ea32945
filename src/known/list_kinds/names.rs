//! JSON and YAML lists of names, and JSON objects from names to reasons; keys above them are sections.
//!
//! A comment after a name in YAML is its reason. JSON is read as the YAML that it nearly is, which has a line for each
//! name. A file of which any part is something else is no list: results are JSON too.

use super::list_builder::{ListBuilder, links, literal_pattern};
use super::list_spec::ListKind;
use super::model::{ListEntry, ParsedList, SourceList, UnsupportedKind};
use super::yaml::{NodeId, YamlError, YamlNode, YamlTree};
use crate::model::TestName;

pub(super) const JSON: ListKind = ListKind {
    name: "json",
    detect: |_, text| is_json(text) && NamesReader::new(Syntax::Json, "", text).read().is_ok(),
    read: |source, _| read(Syntax::Json, source),
};

pub(super) const YAML: ListKind = ListKind {
    name: "yaml",
    detect: |path, text| {
        is_yaml(path, text) && NamesReader::new(Syntax::Yaml, "", text).read().is_ok()
    },
    read: |source, _| read(Syntax::Yaml, source),
};

/// Maximum names and keys that are visited: aliases of aliases can expand without end.
const MAX_VISITED: usize = 400_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Json,
    Yaml,
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn is_yaml(path: &str, text: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    path.ends_with(".yml")
        || path.ends_with(".yaml")
        || first.is_some_and(|line| line.starts_with("- "))
}

fn read(syntax: Syntax, source: &SourceList) -> ParsedList {
    let read = NamesReader::new(syntax, &source.path, &source.text).read();
    read.unwrap_or_else(|YamlError { line, why }| {
        let mut builder = ListBuilder::new(source);
        builder.add_unsupported(line, UnsupportedKind::InvalidFile { why });
        builder.finish()
    })
}

struct NamesReader<'t> {
    syntax: Syntax,
    text: &'t str,
    lines: Vec<&'t str>,
    builder: ListBuilder,
    visited: usize,
}

impl<'t> NamesReader<'t> {
    fn new(syntax: Syntax, path: &str, text: &'t str) -> NamesReader<'t> {
        let source = SourceList { path: path.into(), text: String::new() };
        let lines = text.lines().collect();
        NamesReader { syntax, text, lines, builder: ListBuilder::new(&source), visited: 0 }
    }

    fn read(mut self) -> Result<ParsedList, YamlError> {
        let tree = YamlTree::read(self.text.trim_start_matches('\u{feff}'))?;
        if let Some(root) = tree.root() {
            self.read_root(&tree, root)?;
        }
        Ok(self.builder.finish())
    }

    fn read_root(&mut self, tree: &YamlTree, root: NodeId) -> Result<(), YamlError> {
        match tree.node(root) {
            YamlNode::Sequence(names) => self.read_names(tree, names),
            YamlNode::Mapping(entries) => {
                let is_text = |entry: &[NodeId]| matches!(tree.node(entry[1]), YamlNode::Scalar(_));
                let has_reasons = self.syntax == Syntax::Json
                    && entries.chunks_exact(2).next().is_some_and(is_text);
                entries.chunks_exact(2).try_for_each(|entry| {
                    let (key, value) = (entry[0], entry[1]);
                    if has_reasons {
                        self.read_reason(tree, key, value)
                    } else {
                        self.read_section(tree, key, value)
                    }
                })
            }
            YamlNode::Scalar(text) if is_null(text) => Ok(()),
            YamlNode::Scalar(_) => Err(not_a_name(tree, root)),
        }
    }

    fn read_names(&mut self, tree: &YamlTree, names: &[NodeId]) -> Result<(), YamlError> {
        names.iter().try_for_each(|id| match tree.node(*id) {
            YamlNode::Scalar(name) => self.add_name(tree.line(*id), name, None),
            YamlNode::Sequence(_) | YamlNode::Mapping(_) => Err(not_a_name(tree, *id)),
        })
    }

    /// A name and its reason.
    fn read_reason(
        &mut self,
        tree: &YamlTree,
        key: NodeId,
        value: NodeId,
    ) -> Result<(), YamlError> {
        let (YamlNode::Scalar(name), YamlNode::Scalar(reason)) = (tree.node(key), tree.node(value))
        else {
            return Err(not_a_name(tree, value));
        };
        if is_result(reason) {
            return Err(not_a_name(tree, value));
        }
        let reason = if is_null(reason) { "" } else { reason };
        self.add_name(tree.line(key), name, Some(reason))
    }

    /// A key above names.
    fn read_section(
        &mut self,
        tree: &YamlTree,
        key: NodeId,
        value: NodeId,
    ) -> Result<(), YamlError> {
        let YamlNode::Scalar(title) = tree.node(key) else { return Err(not_a_name(tree, key)) };
        self.count(tree.line(key))?;
        self.builder.add_heading(1, title);
        match tree.node(value) {
            YamlNode::Sequence(names) => self.read_names(tree, names),
            YamlNode::Scalar(text) if is_null(text) => Ok(()),
            YamlNode::Scalar(_) | YamlNode::Mapping(_) => Err(not_a_name(tree, value)),
        }
    }

    /// Adds a row; without a reason, that of the comment in its line.
    fn add_name(&mut self, line: u32, name: &str, reason: Option<&str>) -> Result<(), YamlError> {
        self.count(line)?;
        if name.trim().is_empty() {
            let kind = UnsupportedKind::Line { text: "an empty name".to_owned() };
            self.builder.add_unsupported(line, kind);
            return Ok(());
        }
        let reason = reason.unwrap_or_else(|| self.comment(line, name)).to_owned();
        // An escape would hide the symbols of a pattern.
        let name = TestName::escape(name.trim());
        let pattern = if self.line(line).contains(&*name) {
            name.into_owned()
        } else {
            literal_pattern(&name)
        };
        let row = self.builder.new_row(line, pattern);
        self.builder.add_row(ListEntry { issue: links(&reason), reason, ..row });
        Ok(())
    }

    /// The comment after a name in a line of YAML.
    fn comment(&self, line: u32, name: &str) -> &'t str {
        let line = if self.syntax == Syntax::Yaml { self.line(line) } else { "" };
        let after = line.rfind(name).map_or(0, |at| at + name.len());
        line[after..].split_once(" #").map_or("", |(_, comment)| comment.trim())
    }

    /// A line by its 1-based number; empty if there is no such line.
    fn line(&self, number: u32) -> &'t str {
        let line = (number as usize).checked_sub(1).and_then(|at| self.lines.get(at));
        line.copied().unwrap_or_default()
    }

    fn count(&mut self, line: u32) -> Result<(), YamlError> {
        self.visited += 1;
        let why = || format!("more than {MAX_VISITED} names");
        if self.visited > MAX_VISITED { Err(YamlError { line, why: why() }) } else { Ok(()) }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null")
}

/// Whether a value is what a test did, or no text at all: an object of results is no list.
fn is_result(value: &str) -> bool {
    const RESULTS: [&str; 14] = [
        "true", "false", "ok", "not ok", "pass", "passed", "success", "fail", "failed", "failure",
        "error", "skip", "skipped", "timeout",
    ];
    let value = value.trim();
    RESULTS.iter().any(|word| value.eq_ignore_ascii_case(word)) || value.parse::<f64>().is_ok()
}

fn not_a_name(tree: &YamlTree, id: NodeId) -> YamlError {
    YamlError { line: tree.line(id), why: "it is no list of names".to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::known::KnownFailures;

    #[test]
    fn names_have_their_lines_sections_and_reasons() {
        for (path, text, expected) in [
            ("k.json", "[\n\"a\", \"b.*\"\n]", vec![(2, "", "a", ""), (2, "", "b.*", "")]),
            (
                "k.json",
                "{\"a: #1\": \"https://x.example/1\",\n \"b\": null}",
                vec![(1, "", "a: #1", "https://x.example/1"), (2, "", "b", "")],
            ),
            (
                "k.json",
                "{\"s\": [\"a\"], \"t\": [\"\\u002a\"]}",
                vec![(1, "s", "a", ""), (1, "t", r"\*", "")],
            ),
            (
                "k.yml",
                "# all\nserver:\n  - 'it''s'  # slow\n  - b\nclient: []\nother:\n- c",
                vec![(3, "server", "it's", "slow"), (4, "server", "b", ""), (7, "other", "c", "")],
            ),
        ] {
            let known = KnownFailures::read(&[(path.into(), text.to_owned())]);
            let row = |row: &crate::known::Row| {
                (
                    row.line,
                    row.section.concat(),
                    row.pattern.as_str().to_owned(),
                    row.reason.clone(),
                )
            };
            let found: Vec<_> = known.rows().iter().map(row).collect();
            let found: Vec<_> = found.iter().map(|(l, s, p, r)| (*l, &**s, &**p, &**r)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_list() {
        for (path, text) in [
            ("r.json", "{\"stats\": {\"tests\": 3}, \"tests\": [{\"title\": \"a\"}]}"),
            ("r.json", "[[\"a\"]]"),
            ("r.json", "{\"a\": false, \"b\": \"known\"}"),
            ("r.json", "{\"a\": \"Passed\"}"),
            ("r.json", "{\"suite\": {\"skipped\": [\"a\"]}}"),
            ("p.json", "{\"name\": \"x\", \"scripts\": {\"test\": \"jest\"}}"),
            ("c.yml", "name: build\non: push"),
            ("c.yml", "a: &a [x, x]\nb: {c: {d: {e: {f: *a}}}}"),
        ] {
            let known = KnownFailures::read(&[(path.into(), text.to_owned())]);
            assert_eq!(known.rows().len(), 0, "{text}");
            assert_eq!(
                known.problems().first().map(|p| p.kind.code()),
                Some("unknown-list"),
                "{text}"
            );
        }
    }
}
