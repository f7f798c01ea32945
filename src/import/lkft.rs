//! LKFT's lists of known issues, as SQUAD takes them.
//!
//! In: YAML with `projects`, each with `known_issues`. Out: rows, environments as variants. A newcomer's
//! trap: an issue that holds for some of its project's kernel branches alone cannot be a row, which would
//! hold for all of them.
//!
//! Grammar: <https://github.com/Linaro/qa-reports-known-issues/blob/master/README.md>

use super::list_builder::{ListBuilder, variant_pattern};
use super::wildcard::{self, WildcardPiece};
use super::yaml::{NodeId, YamlTree};
use super::{
    Imported, ImportedRow, ListFormat, SourceList, Status, UnsupportedKind, numbered_lines,
};
use std::collections::BTreeSet;

pub(super) const FORMAT: ListFormat =
    ListFormat { name: "lkft", detect: |_, text| detect(text), read: |source, _| read(source) };

fn detect(text: &str) -> bool {
    let has = |key: &str| numbered_lines(text).any(|(_, line)| line == key);
    has("projects:") && has("known_issues:")
}

fn read(source: &SourceList) -> Imported {
    let mut draft = ListBuilder::new(source);
    match YamlTree::read(&source.text) {
        Ok(tree) => {
            let mut budget = ExpansionBudget::for_text(&source.text);
            let projects = tree.root().and_then(|root| tree.get(root, "projects"));
            for project in tree.items(projects) {
                let read = Project::new(&tree, project).read(&mut draft, &mut budget);
                if let Err(BudgetExceeded { line }) = read {
                    // Rows of a part of the list would pass for all of it.
                    draft = ListBuilder::new(source);
                    let why = "its aliases say far more than stands in it".to_owned();
                    draft.add_unsupported(line, UnsupportedKind::InvalidFile { why });
                    break;
                }
            }
        }
        Err((line, why)) => draft.add_unsupported(line, UnsupportedKind::InvalidFile { why }),
    }
    draft.finish()
}

/// How many bytes of rows, and steps to find them, a list may take: so many, and so many more for each byte of
/// its text. A list of a thousand bytes can name a million rows by aliases of aliases.
const BASE_EXPANSION: usize = 1 << 20;
const MAX_EXPANSION_RATIO: usize = 200;
/// No list takes more than that, however long it is.
const MAX_EXPANSION: usize = 1 << 30;
/// What a row takes, beside its texts.
const ROW_COST: usize = 64;

/// What is left of that.
struct ExpansionBudget {
    left: usize,
}

/// Nothing is left, at this line.
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

/// The keys under which projects and issues say where they hold.
const ENVIRONMENTS: &str = "environments";
const PROJECTS: &str = "projects";

struct Project<'t> {
    tree: &'t YamlTree,
    id: NodeId,
    /// All that it has.
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
        draft: &mut ListBuilder,
        budget: &mut ExpansionBudget,
    ) -> Result<(), BudgetExceeded> {
        let tree = self.tree;
        let name = tree.get(self.id, "name").map_or("", |name| tree.text(name));
        let size = |key| tree.get(self.id, key).map_or(0, |id| tree.size(id));
        let cost = ROW_COST + tree.size(self.id) + name.len() + size(ENVIRONMENTS) + size(PROJECTS);
        budget.charge(cost, tree.line(self.id))?;
        draft.add_heading(1, name);
        for issue in tree.items(tree.get(self.id, "known_issues")) {
            // Each place that a matrix names is an issue of its own.
            let scopes = tree.items(tree.get(issue, "matrix_apply"));
            for scope in if scopes.is_empty() { vec![issue] } else { scopes } {
                self.issue(draft, budget, issue, scope)?;
            }
        }
        Ok(())
    }

    /// One issue at one place: the node that names environments and projects.
    fn issue(
        &self,
        draft: &mut ListBuilder,
        budget: &mut ExpansionBudget,
        issue: NodeId,
        scope: NodeId,
    ) -> Result<(), BudgetExceeded> {
        let tree = self.tree;
        let line = tree.line(scope);
        budget.charge(self.cost(issue, scope), line)?;
        let field = |key| tree.get(issue, key).map_or("", |id| tree.text(id));
        let is_one_of =
            |key, words: [&str; 3]| words.contains(&field(key).to_ascii_lowercase().as_str());
        let mut names = tree.texts(tree.get(issue, "test_names"));
        names.extend(tree.texts(tree.get(issue, "test_name")));
        if names.is_empty() {
            draft.add_unknown_line(line, "known issue without test_name");
        } else if is_one_of("active", ["false", "no", "off"]) {
            let name = names.join(", ");
            draft.add_unsupported(line, UnsupportedKind::Inactive { name });
        } else if let Some(projects) =
            subset_of(&self.projects, tree.texts(tree.get(scope, PROJECTS)))
        {
            let projects = projects.into_iter().map(str::to_owned).collect();
            draft.add_unsupported(line, UnsupportedKind::OnlyIn { projects });
        } else {
            let named = subset_of(&self.environments, tree.texts(tree.get(scope, ENVIRONMENTS)));
            let named = named.into_iter().flatten();
            match named
                .map(|name| variant_pattern(name).ok_or(name))
                .collect::<Result<Vec<String>, &str>>()
            {
                Ok(variants) => {
                    let flaky = is_one_of("intermittent", ["true", "yes", "on"]);
                    let status = if flaky { Status::Flaky } else { Status::AnyFailure };
                    let (reason, issue) = (field("notes").to_owned(), field("url").to_owned());
                    let row = draft.new_row(line, String::new());
                    rows(
                        draft,
                        budget,
                        &ImportedRow { status, reason, issue, variants, ..row },
                        &names,
                    )?;
                }
                Err(name) => {
                    draft.add_unsupported(line, UnsupportedKind::Variant { name: name.to_owned() });
                }
            }
        }
        Ok(())
    }

    /// What it takes to look at an issue, in nodes and bytes, before any row is made of it.
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

/// The same row for each of these names.
fn rows(
    draft: &mut ListBuilder,
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
                draft.add_row(ImportedRow { pattern, ..row.clone() });
            }
            None => {
                draft.add_unsupported(
                    row.line,
                    UnsupportedKind::Wildcard { text: (*name).to_owned() },
                );
            }
        }
    }
    Ok(())
}

/// What is named of all that there is; `None` when that is all of it.
fn subset_of<'t>(all: &BTreeSet<&'t str>, named: Vec<&'t str>) -> Option<BTreeSet<&'t str>> {
    let named: BTreeSet<&str> = named.into_iter().collect();
    let is_part = !named.is_empty() && !all.is_subset(&named);
    (is_part || !named.is_empty() && all.is_empty()).then_some(named)
}

/// A name in which `*` and `?` are signs; `None` for one with a set of characters.
fn pattern(name: &str) -> Option<String> {
    let mut pieces = Vec::new();
    for c in name.chars() {
        wildcard::push(
            &mut pieces,
            match c {
                '[' => return None,
                '*' => WildcardPiece::Star,
                '?' => WildcardPiece::AnyChar,
                c => WildcardPiece::Text(c.to_string()),
            },
        );
    }
    wildcard::pattern(&pieces)
}
