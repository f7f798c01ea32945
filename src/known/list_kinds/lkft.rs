//! LKFT's lists of known issues, in YAML for SQUAD.
//!
//! An issue applies to the kernel branches (`projects`) and to the environments that it names. They become variants: a
//! branch, an environment, or both as words of one variant.
//!
//! Syntax: <https://github.com/Linaro/qa-reports-known-issues/blob/master/README.md>

use super::lines::{entries, numbered_lines};
use super::list_builder::{ListBuilder, all_of_pattern};
use super::list_spec::ListKind;
use super::model::{ListEntry, ParsedList, SourceList, Status, UnsupportedKind};
use super::wildcard;
use super::yaml::{NodeId, YamlError, YamlTree};
use crate::known::WildcardToken;
use std::collections::BTreeSet;

pub(super) const ISSUES: ListKind =
    ListKind { name: "lkft", detect: |_, text| detect(text), read: |source, _| read(source) };

fn detect(text: &str) -> bool {
    let has = |key: &str| numbered_lines(text).any(|(_, line)| line == key);
    has("projects:") && has("known_issues:") || is_android_list(text)
}

/// Whether it is LKFT's `android/flakey.txt`: state, test, kernels, devices and Android versions on each line.
fn is_android_list(text: &str) -> bool {
    let is_line = |entry: &str| {
        let mut words = entry.split_whitespace();
        matches!(words.next(), Some("I" | "F" | "B" | "E")) && words.count() >= 2
    };
    entries(text).next().is_some() && entries(text).all(is_line)
}

/// Why the Android list is not read: which words name a test, and which a device, differs from line to line.
const ANDROID_LIST: &str = "it is LKFT's list of states of Android tests by kernel, device and Android version, not a \
                            list of tests";

fn read(source: &SourceList) -> ParsedList {
    let mut builder = ListBuilder::new(source);
    if is_android_list(&source.text) {
        builder.add_unsupported(1, UnsupportedKind::InvalidFile { why: ANDROID_LIST.to_owned() });
        return builder.finish();
    }
    let result = YamlTree::read(&source.text)
        .and_then(|tree| LkftReader::new(&tree, &source.text, &mut builder).read());
    if let Err(YamlError { line, why }) = result {
        // A part of the list would look like all of it.
        builder = ListBuilder::new(source);
        builder.add_unsupported(line, UnsupportedKind::InvalidFile { why });
    }
    builder.finish()
}

/// Bytes of rows, and steps to read them, that any list may take.
const BASE_EXPANSION: usize = 1 << 20;
/// The same, for each byte of the list. By aliases of aliases, a thousand bytes can express a million rows.
const MAX_EXPANSION_RATIO: usize = 200;
/// The same, for lists of any size.
const MAX_EXPANSION: usize = 1 << 30;
/// The cost of a row in addition to its texts.
const ROW_COST: usize = 64;

/// Keys of both projects and issues.
const ENVIRONMENTS: &str = "environments";
const PROJECTS: &str = "projects";

struct LkftReader<'t> {
    tree: &'t YamlTree,
    builder: &'t mut ListBuilder,
    /// The bytes and steps that are left.
    budget: usize,
}

/// The branches and environments that an issue names; `None` if it names none: it applies to all.
struct Scope<'t> {
    projects: Option<BTreeSet<&'t str>>,
    environments: Option<BTreeSet<&'t str>>,
}

impl<'t> Scope<'t> {
    /// The bytes of the variants.
    fn size(&self) -> usize {
        let count = |names: &Option<BTreeSet<&str>>| names.as_ref().map_or(1, BTreeSet::len);
        let bytes = |names: &Option<BTreeSet<&str>>| {
            names.iter().flatten().map(|name| name.len()).sum::<usize>()
        };
        let (projects, environments) = (&self.projects, &self.environments);
        let projects_bytes = bytes(projects).saturating_mul(count(environments));
        projects_bytes.saturating_add(bytes(environments).saturating_mul(count(projects)))
    }

    /// The alternatives; of a branch and an environment both must hold.
    fn variants(&self) -> Result<Vec<String>, UnsupportedKind> {
        let axis = |names: &Option<BTreeSet<&'t str>>| match names {
            Some(names) => names.iter().map(|name| Some(*name)).collect(),
            None => vec![None],
        };
        let environments: Vec<Option<&str>> = axis(&self.environments);
        let mut variants = Vec::new();
        for project in axis(&self.projects) {
            for environment in &environments {
                let words: Vec<&str> = project.into_iter().chain(*environment).collect();
                let variant = all_of_pattern(words.iter().copied());
                let name = || UnsupportedKind::Variant { name: words.join(" ") };
                variants.push(variant.ok_or_else(name)?);
            }
        }
        variants.retain(|variant| !variant.is_empty());
        Ok(variants)
    }
}

#[derive(Clone, Copy)]
struct LkftIssue {
    id: NodeId,
    /// The node with its environments and projects.
    scope: NodeId,
}

impl<'t> LkftReader<'t> {
    fn new(tree: &'t YamlTree, text: &str, builder: &'t mut ListBuilder) -> LkftReader<'t> {
        let allowed = text.len().saturating_mul(MAX_EXPANSION_RATIO).saturating_add(BASE_EXPANSION);
        LkftReader { tree, builder, budget: allowed.min(MAX_EXPANSION) }
    }

    /// Takes the cost of a row from the budget.
    fn charge(&mut self, cost: usize, line: u32) -> Result<(), YamlError> {
        let why = || "its aliases expand to far more than the file contains".to_owned();
        let left = self.budget.checked_sub(ROW_COST + cost);
        self.budget = left.ok_or_else(|| YamlError { line, why: why() })?;
        Ok(())
    }

    fn read(mut self) -> Result<(), YamlError> {
        let tree = self.tree;
        let projects = tree.root().and_then(|root| tree.get(root, PROJECTS));
        tree.items(projects).into_iter().try_for_each(|project| self.read_project(project))
    }

    fn read_project(&mut self, id: NodeId) -> Result<(), YamlError> {
        let tree = self.tree;
        let name = tree.get(id, "name").map_or("", |name| tree.text(name));
        let size = |key| tree.get(id, key).map_or(0, |id| tree.size(id));
        let cost = tree.size(id) + name.len() + size(ENVIRONMENTS) + size(PROJECTS);
        self.charge(cost, tree.line(id))?;
        self.builder.add_heading(1, name);
        for issue in tree.items(tree.get(id, "known_issues")) {
            // Each item of a matrix is an issue of its own.
            let scopes = tree.items(tree.get(issue, "matrix_apply"));
            for scope in if scopes.is_empty() { vec![issue] } else { scopes } {
                self.read_issue(LkftIssue { id: issue, scope })?;
            }
        }
        Ok(())
    }

    fn read_issue(&mut self, issue: LkftIssue) -> Result<(), YamlError> {
        let tree = self.tree;
        let line = tree.line(issue.scope);
        self.charge(self.cost(issue), line)?;
        let mut names = tree.texts(tree.get(issue.id, "test_names"));
        names.extend(tree.texts(tree.get(issue.id, "test_name")));
        let named = |key| {
            let names = BTreeSet::from_iter(tree.texts(tree.get(issue.scope, key)));
            Some(names).filter(|names| !names.is_empty())
        };
        let scope = Scope { projects: named(PROJECTS), environments: named(ENVIRONMENTS) };
        self.charge(scope.size(), line)?;
        match self.row(&scope, issue, &names) {
            Ok(Some(row)) => self.add_rows(&row, &names)?,
            Ok(None) => self.builder.add_without_effect(),
            Err(kind) => self.builder.add_unsupported(line, kind),
        }
        Ok(())
    }

    /// The row of an issue, without its pattern, or why it has none; `None` if the issue is not active.
    fn row(
        &self,
        scope: &Scope<'_>,
        issue: LkftIssue,
        names: &[&str],
    ) -> Result<Option<ListEntry>, UnsupportedKind> {
        let tree = self.tree;
        let field = |key| tree.get(issue.id, key).map_or("", |id| tree.text(id));
        let is_one_of =
            |key, words: [&str; 3]| words.contains(&field(key).to_ascii_lowercase().as_str());
        if names.is_empty() {
            let text = "known issue without test_name".to_owned();
            return Err(UnsupportedKind::Line { text });
        }
        if is_one_of("active", ["false", "no", "off"]) {
            return Ok(None);
        }
        let variants = scope.variants()?;
        let is_flaky = is_one_of("intermittent", ["true", "yes", "on"]);
        let status = if is_flaky { Status::Flaky } else { Status::AnyFailure };
        let (reason, url) = (field("notes").to_owned(), field("url").to_owned());
        let row = self.builder.new_row(tree.line(issue.scope), String::new());
        Ok(Some(ListEntry { status, reason, issue: url, variants, ..row }))
    }

    /// The cost to read an issue in nodes and bytes, without its rows.
    fn cost(&self, LkftIssue { id, scope }: LkftIssue) -> usize {
        let tree = self.tree;
        let lists =
            [(id, "test_names"), (id, "test_name"), (scope, ENVIRONMENTS), (scope, PROJECTS)];
        let texts = lists.into_iter().flat_map(|(node, key)| tree.texts(tree.get(node, key)));
        tree.size(id) + tree.size(scope) + texts.map(|text| 1 + text.len()).sum::<usize>()
    }

    /// Adds the same row for each of these names.
    fn add_rows(&mut self, row: &ListEntry, names: &[&str]) -> Result<(), YamlError> {
        let variants = row.variants.iter().map(|name| ROW_COST + name.len()).sum::<usize>();
        for name in names {
            self.charge(variants + row.reason.len() + row.issue.len() + name.len(), row.line)?;
            if let Some(pattern) = pattern(name) {
                self.builder.add_row(ListEntry { pattern, ..row.clone() });
            } else {
                let text = (*name).to_owned();
                self.builder.add_unsupported(row.line, UnsupportedKind::Wildcard { text });
            }
        }
        Ok(())
    }
}

/// The pattern of a name with `*` and `?`; `None` if it has a set of characters.
fn pattern(name: &str) -> Option<String> {
    if name.contains('[') {
        return None;
    }
    wildcard::pattern(name.chars().map(|c| match c {
        '*' => WildcardToken::Star,
        '?' => WildcardToken::AnyChars(1),
        c => WildcardToken::Text(c.to_string()),
    }))
}
