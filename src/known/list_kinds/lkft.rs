//! LKFT's lists of known issues, in YAML for SQUAD.
//!
//! Environments become variants. An issue of only some of the kernel branches of its project cannot be a row, which
//! would apply to all of them.
//!
//! Syntax: <https://github.com/Linaro/qa-reports-known-issues/blob/master/README.md>

use super::lines::numbered_lines;
use super::list_builder::{ListBuilder, variant_pattern};
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
    has("projects:") && has("known_issues:")
}

fn read(source: &SourceList) -> ParsedList {
    let mut builder = ListBuilder::new(source);
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

struct Project<'t> {
    environments: BTreeSet<&'t str>,
    projects: BTreeSet<&'t str>,
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
        let named = |key| tree.texts(tree.get(id, key)).into_iter().collect();
        let project = Project { environments: named(ENVIRONMENTS), projects: named(PROJECTS) };
        for issue in tree.items(tree.get(id, "known_issues")) {
            // Each item of a matrix is an issue of its own.
            let scopes = tree.items(tree.get(issue, "matrix_apply"));
            for scope in if scopes.is_empty() { vec![issue] } else { scopes } {
                self.read_issue(&project, LkftIssue { id: issue, scope })?;
            }
        }
        Ok(())
    }

    fn read_issue(&mut self, project: &Project<'_>, issue: LkftIssue) -> Result<(), YamlError> {
        let tree = self.tree;
        let line = tree.line(issue.scope);
        self.charge(self.cost(issue), line)?;
        let mut names = tree.texts(tree.get(issue.id, "test_names"));
        names.extend(tree.texts(tree.get(issue.id, "test_name")));
        match self.row(project, issue, &names) {
            Ok(row) => self.add_rows(&row, &names)?,
            Err(kind) => self.builder.add_unsupported(line, kind),
        }
        Ok(())
    }

    /// The row of an issue, without its pattern, or why it has none.
    fn row(
        &self,
        project: &Project<'_>,
        issue: LkftIssue,
        names: &[&str],
    ) -> Result<ListEntry, UnsupportedKind> {
        let tree = self.tree;
        let field = |key| tree.get(issue.id, key).map_or("", |id| tree.text(id));
        let is_one_of =
            |key, words: [&str; 3]| words.contains(&field(key).to_ascii_lowercase().as_str());
        if names.is_empty() {
            let text = "known issue without test_name".to_owned();
            return Err(UnsupportedKind::Line { text });
        }
        if is_one_of("active", ["false", "no", "off"]) {
            return Err(UnsupportedKind::Inactive { name: names.join(", ") });
        }
        let named = |key| tree.texts(tree.get(issue.scope, key));
        if let Some(projects) = subset_of(&project.projects, named(PROJECTS)) {
            let projects = projects.into_iter().map(str::to_owned).collect();
            return Err(UnsupportedKind::OnlyIn { projects });
        }
        let environments = subset_of(&project.environments, named(ENVIRONMENTS));
        let variant = |name| {
            variant_pattern(name).ok_or_else(|| UnsupportedKind::Variant { name: name.to_owned() })
        };
        let variants = environments.into_iter().flatten().map(variant).collect::<Result<_, _>>()?;
        let is_flaky = is_one_of("intermittent", ["true", "yes", "on"]);
        let status = if is_flaky { Status::Flaky } else { Status::AnyFailure };
        let (reason, url) = (field("notes").to_owned(), field("url").to_owned());
        let row = self.builder.new_row(tree.line(issue.scope), String::new());
        Ok(ListEntry { status, reason, issue: url, variants, ..row })
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

/// The named ones if they are a proper subset of all; `None` if they are all.
fn subset_of<'t>(all: &BTreeSet<&'t str>, named: Vec<&'t str>) -> Option<BTreeSet<&'t str>> {
    let named: BTreeSet<&str> = named.into_iter().collect();
    let is_part = !named.is_empty() && !all.is_subset(&named);
    (is_part || !named.is_empty() && all.is_empty()).then_some(named)
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
