//! LKFT's lists of known issues, in YAML for SQUAD.
//!
//! Environments become variants. An issue of only some of the kernel branches of its project cannot be a row, which
//! would apply to all of them.
//!
//! Syntax: <https://github.com/Linaro/qa-reports-known-issues/blob/master/README.md>

use super::lines::numbered_lines;
use super::list_builder::{ListBuilder, variant_pattern};
use super::list_spec::ListSpec;
use super::model::{Imported, ImportedRow, SourceList, Status, UnsupportedKind};
use super::wildcard::{self, WildcardToken};
use super::yaml::{NodeId, YamlTree};
use std::collections::BTreeSet;

pub(super) const ISSUES: ListSpec =
    ListSpec { name: "lkft", detect: |_, text| detect(text), read: |source, _| read(source) };

fn detect(text: &str) -> bool {
    let has = |key: &str| numbered_lines(text).any(|(_, line)| line == key);
    has("projects:") && has("known_issues:")
}

fn read(source: &SourceList) -> Imported {
    let mut builder = ListBuilder::new(source);
    match YamlTree::read(&source.text) {
        Ok(tree) => {
            let mut budget = ExpansionBudget::for_text(&source.text);
            let projects = tree.root().and_then(|root| tree.get(root, "projects"));
            for project in tree.items(projects) {
                let read = Project::new(&tree, project).read(&mut builder, &mut budget);
                if let Err(BudgetExceeded { line }) = read {
                    // A part of the list would look like all of it.
                    builder = ListBuilder::new(source);
                    let why = "its aliases expand to far more than the file contains".to_owned();
                    builder.add_unsupported(line, UnsupportedKind::InvalidFile { why });
                    break;
                }
            }
        }
        Err((line, why)) => builder.add_unsupported(line, UnsupportedKind::InvalidFile { why }),
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

/// The bytes and steps that are left.
struct ExpansionBudget {
    left: usize,
}

/// The list expands to too much, at this line.
struct BudgetExceeded {
    line: u32,
}

impl ExpansionBudget {
    fn for_text(text: &str) -> ExpansionBudget {
        let allowed = text.len().saturating_mul(MAX_EXPANSION_RATIO).saturating_add(BASE_EXPANSION);
        ExpansionBudget { left: allowed.min(MAX_EXPANSION) }
    }

    fn charge(&mut self, count: usize, line: u32) -> Result<(), BudgetExceeded> {
        self.left = self.left.checked_sub(count).ok_or(BudgetExceeded { line })?;
        Ok(())
    }
}

/// Keys of both projects and issues.
const ENVIRONMENTS: &str = "environments";
const PROJECTS: &str = "projects";

struct Project<'t> {
    tree: &'t YamlTree,
    id: NodeId,
    /// All environments and projects of this node.
    environments: BTreeSet<&'t str>,
    projects: BTreeSet<&'t str>,
}

impl<'t> Project<'t> {
    fn new(tree: &'t YamlTree, id: NodeId) -> Project<'t> {
        let named = |key| tree.texts(tree.get(id, key)).into_iter().collect();
        Project { tree, id, environments: named(ENVIRONMENTS), projects: named(PROJECTS) }
    }

    fn read(
        &self,
        builder: &mut ListBuilder,
        budget: &mut ExpansionBudget,
    ) -> Result<(), BudgetExceeded> {
        let tree = self.tree;
        let name = tree.get(self.id, "name").map_or("", |name| tree.text(name));
        let size = |key| tree.get(self.id, key).map_or(0, |id| tree.size(id));
        let cost = ROW_COST + tree.size(self.id) + name.len() + size(ENVIRONMENTS) + size(PROJECTS);
        budget.charge(cost, tree.line(self.id))?;
        builder.add_heading(1, name);
        for issue in tree.items(tree.get(self.id, "known_issues")) {
            // Each item of a matrix is an issue of its own.
            let scopes = tree.items(tree.get(issue, "matrix_apply"));
            for scope in if scopes.is_empty() { vec![issue] } else { scopes } {
                self.read_issue(builder, budget, issue, scope)?;
            }
        }
        Ok(())
    }

    /// Reads an issue; `scope` is the node with its environments and projects.
    fn read_issue(
        &self,
        builder: &mut ListBuilder,
        budget: &mut ExpansionBudget,
        issue: NodeId,
        scope: NodeId,
    ) -> Result<(), BudgetExceeded> {
        let tree = self.tree;
        let line = tree.line(scope);
        budget.charge(self.cost(issue, scope), line)?;
        let mut names = tree.texts(tree.get(issue, "test_names"));
        names.extend(tree.texts(tree.get(issue, "test_name")));
        let row = builder.new_row(line, String::new());
        match self.complete_row(row, issue, scope, &names) {
            Ok(row) => add_rows(builder, budget, &row, &names)?,
            Err(kind) => builder.add_unsupported(line, kind),
        }
        Ok(())
    }

    /// The row of an issue, without its pattern, or why it has none.
    fn complete_row(
        &self,
        row: ImportedRow,
        issue: NodeId,
        scope: NodeId,
        names: &[&str],
    ) -> Result<ImportedRow, UnsupportedKind> {
        let tree = self.tree;
        let field = |key| tree.get(issue, key).map_or("", |id| tree.text(id));
        let is_one_of =
            |key, words: [&str; 3]| words.contains(&field(key).to_ascii_lowercase().as_str());
        if names.is_empty() {
            let text = "known issue without test_name".to_owned();
            return Err(UnsupportedKind::Line { text });
        }
        if is_one_of("active", ["false", "no", "off"]) {
            return Err(UnsupportedKind::Inactive { name: names.join(", ") });
        }
        let named = |key| tree.texts(tree.get(scope, key));
        if let Some(projects) = subset_of(&self.projects, named(PROJECTS)) {
            let projects = projects.into_iter().map(str::to_owned).collect();
            return Err(UnsupportedKind::OnlyIn { projects });
        }
        let environments = subset_of(&self.environments, named(ENVIRONMENTS)).into_iter().flatten();
        let variant = |name| {
            variant_pattern(name).ok_or_else(|| UnsupportedKind::Variant { name: name.to_owned() })
        };
        let variants = environments.map(variant).collect::<Result<_, _>>()?;
        let is_flaky = is_one_of("intermittent", ["true", "yes", "on"]);
        let status = if is_flaky { Status::Flaky } else { Status::AnyFailure };
        let (reason, issue) = (field("notes").to_owned(), field("url").to_owned());
        Ok(ImportedRow { status, reason, issue, variants, ..row })
    }

    /// The cost to read an issue in nodes and bytes, without its rows.
    fn cost(&self, issue: NodeId, scope: NodeId) -> usize {
        let tree = self.tree;
        let lists =
            [(issue, "test_names"), (issue, "test_name"), (scope, ENVIRONMENTS), (scope, PROJECTS)];
        let text_cost =
            |(node, key)| tree.texts(tree.get(node, key)).into_iter().map(|text| 1 + text.len());
        ROW_COST
            + tree.size(issue)
            + tree.size(scope)
            + lists.into_iter().flat_map(text_cost).sum::<usize>()
    }
}

/// Adds the same row for each of these names.
fn add_rows(
    builder: &mut ListBuilder,
    budget: &mut ExpansionBudget,
    row: &ImportedRow,
    names: &[&str],
) -> Result<(), BudgetExceeded> {
    let per_row = row.variants.iter().map(|name| ROW_COST + name.len()).sum::<usize>()
        + row.reason.len()
        + row.issue.len();
    for name in names {
        budget.charge(ROW_COST + per_row + name.len(), row.line)?;
        match pattern(name) {
            Some(pattern) => {
                builder.add_row(ImportedRow { pattern, ..row.clone() });
            }
            None => {
                let text = (*name).to_owned();
                builder.add_unsupported(row.line, UnsupportedKind::Wildcard { text });
            }
        }
    }
    Ok(())
}

/// The named ones if they are a proper subset of all; `None` if they are all.
fn subset_of<'t>(all: &BTreeSet<&'t str>, named: Vec<&'t str>) -> Option<BTreeSet<&'t str>> {
    let named: BTreeSet<&str> = named.into_iter().collect();
    let is_part = !named.is_empty() && !all.is_subset(&named);
    (is_part || !named.is_empty() && all.is_empty()).then_some(named)
}

/// The pattern of a name with `*` and `?`; `None` if it has a set of characters.
fn pattern(name: &str) -> Option<String> {
    let mut tokens = Vec::new();
    for c in name.chars() {
        wildcard::push(
            &mut tokens,
            match c {
                '[' => return None,
                '*' => WildcardToken::Star,
                '?' => WildcardToken::AnyChar,
                c => WildcardToken::Text(c.to_string()),
            },
        );
    }
    wildcard::pattern(&tokens)
}
