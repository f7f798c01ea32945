//! LKFT's lists of known issues, as SQUAD takes them.
//!
//! In: YAML with `projects`, each with `known_issues`. Out: rows, environments as variants. A newcomer's
//! trap: an issue that holds for some of its project's kernel branches alone cannot be a row, which would
//! hold for all of them.
//!
//! Grammar: <https://github.com/Linaro/qa-reports-known-issues/blob/master/README.md>

use super::list_builder::{Draft, variant};
use super::wildcard::{self, Piece};
use super::yaml::{NodeId, Tree};
use super::{About, Imported, Row, Source, Status, UnsaidKind, lines};
use std::collections::BTreeSet;

pub(super) const ABOUT: About =
    About { name: "lkft", recognise: |_, text| recognise(text), read: |source, _| read(source) };

fn recognise(text: &str) -> bool {
    let has = |key: &str| lines(text).any(|(_, line)| line == key);
    has("projects:") && has("known_issues:")
}

fn read(source: &Source) -> Imported {
    let mut draft = Draft::new(source);
    match Tree::read(&source.text) {
        Ok(tree) => {
            let mut budget = Budget::for_text(&source.text);
            let projects = tree.root().and_then(|root| tree.get(root, "projects"));
            for project in tree.items(projects) {
                let read = Project::new(&tree, project).read(&mut draft, &mut budget);
                if let Err(TooMuch { line }) = read {
                    // Rows of a part of the list would pass for all of it.
                    draft = Draft::new(source);
                    let why = "its aliases say far more than stands in it".to_owned();
                    draft.unsaid(line, UnsaidKind::Rest { why });
                    break;
                }
            }
        }
        Err((line, why)) => draft.unsaid(line, UnsaidKind::Rest { why }),
    }
    draft.finish()
}

/// How many bytes of rows, and steps to find them, a list may take: so many, and so many more for each byte of
/// its text. A list of a thousand bytes can name a million rows by aliases of aliases.
const ALLOWED: usize = 1 << 20;
const ALLOWED_TIMES: usize = 200;
/// No list takes more than that, however long it is.
const MOST_ALLOWED: usize = 1 << 30;
/// What a row takes, beside its texts.
const ROW: usize = 64;

/// What is left of that.
struct Budget {
    left: usize,
}

/// Nothing is left, at this line.
struct TooMuch {
    line: u32,
}

impl Budget {
    fn for_text(text: &str) -> Budget {
        let allowed = text.len().saturating_mul(ALLOWED_TIMES).saturating_add(ALLOWED);
        Budget { left: allowed.min(MOST_ALLOWED) }
    }

    fn spend(&mut self, count: usize, line: u32) -> Result<(), TooMuch> {
        self.left = self.left.checked_sub(count).ok_or(TooMuch { line })?;
        Ok(())
    }
}

/// The keys under which projects and issues say where they hold.
const ENVIRONMENTS: &str = "environments";
const PROJECTS: &str = "projects";

struct Project<'t> {
    tree: &'t Tree,
    id: NodeId,
    /// All that it has.
    environments: BTreeSet<&'t str>,
    projects: BTreeSet<&'t str>,
}

impl<'t> Project<'t> {
    fn new(tree: &'t Tree, id: NodeId) -> Project<'t> {
        let named = |key| tree.texts(tree.get(id, key)).into_iter().collect();
        Project { tree, id, environments: named(ENVIRONMENTS), projects: named(PROJECTS) }
    }

    fn read(&self, draft: &mut Draft, budget: &mut Budget) -> Result<(), TooMuch> {
        let tree = self.tree;
        let name = tree.get(self.id, "name").map_or("", |name| tree.text(name));
        let size = |key| tree.get(self.id, key).map_or(0, |id| tree.size(id));
        let steps = ROW + tree.size(self.id) + name.len() + size(ENVIRONMENTS) + size(PROJECTS);
        budget.spend(steps, tree.line(self.id))?;
        draft.heading(1, name);
        for issue in tree.items(tree.get(self.id, "known_issues")) {
            // Each place that a matrix names is an issue of its own.
            let places = tree.items(tree.get(issue, "matrix_apply"));
            for place in if places.is_empty() { vec![issue] } else { places } {
                self.issue(draft, budget, issue, place)?;
            }
        }
        Ok(())
    }

    /// One issue at one place: the node that names environments and projects.
    fn issue(
        &self,
        draft: &mut Draft,
        budget: &mut Budget,
        issue: NodeId,
        place: NodeId,
    ) -> Result<(), TooMuch> {
        let tree = self.tree;
        let line = tree.line(place);
        budget.spend(self.steps(issue, place), line)?;
        let said = |key| tree.get(issue, key).map_or("", |id| tree.text(id));
        let is = |key, words: [&str; 3]| words.contains(&said(key).to_ascii_lowercase().as_str());
        let mut names = tree.texts(tree.get(issue, "test_names"));
        names.extend(tree.texts(tree.get(issue, "test_name")));
        if names.is_empty() {
            draft.unknown_line(line, "known issue without test_name");
        } else if is("active", ["false", "no", "off"]) {
            let name = names.join(", ");
            draft.unsaid(line, UnsaidKind::Inactive { name });
        } else if let Some(places) = some_of(&self.projects, tree.texts(tree.get(place, PROJECTS)))
        {
            let places = places.into_iter().map(str::to_owned).collect();
            draft.unsaid(line, UnsaidKind::OnlyIn { places });
        } else {
            let named = some_of(&self.environments, tree.texts(tree.get(place, ENVIRONMENTS)));
            let named = named.into_iter().flatten();
            match named.map(|name| variant(name).ok_or(name)).collect::<Result<Vec<String>, &str>>()
            {
                Ok(variants) => {
                    let flaky = is("intermittent", ["true", "yes", "on"]);
                    let status = if flaky { Status::Flaky } else { Status::AnyFailure };
                    let (reason, issue) = (said("notes").to_owned(), said("url").to_owned());
                    let row = draft.blank_row(line, String::new());
                    rows(draft, budget, &Row { status, reason, issue, variants, ..row }, &names)?;
                }
                Err(name) => {
                    draft.unsaid(line, UnsaidKind::Variant { name: name.to_owned() });
                }
            }
        }
        Ok(())
    }

    /// What it takes to look at an issue, in nodes and bytes, before any row is made of it.
    fn steps(&self, issue: NodeId, place: NodeId) -> usize {
        let tree = self.tree;
        let lists =
            [(issue, "test_names"), (issue, "test_name"), (place, ENVIRONMENTS), (place, PROJECTS)];
        let of = |(node, key)| tree.texts(tree.get(node, key)).into_iter().map(|it| 1 + it.len());
        ROW + tree.size(issue) + tree.size(place) + lists.into_iter().flat_map(of).sum::<usize>()
    }
}

/// The same row for each of these names.
fn rows(draft: &mut Draft, budget: &mut Budget, row: &Row, names: &[&str]) -> Result<(), TooMuch> {
    let each = row.variants.iter().map(|it| ROW + it.len()).sum::<usize>()
        + row.reason.len()
        + row.issue.len();
    for name in names {
        budget.spend(ROW + each + name.len(), row.line)?;
        match pattern(name) {
            Some(pattern) => {
                draft.row(Row { pattern, ..row.clone() });
            }
            None => {
                draft.unsaid(row.line, UnsaidKind::Wildcard { text: (*name).to_owned() });
            }
        }
    }
    Ok(())
}

/// What is named of all that there is; `None` when that is all of it.
fn some_of<'t>(all: &BTreeSet<&'t str>, named: Vec<&'t str>) -> Option<BTreeSet<&'t str>> {
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
                '*' => Piece::Run,
                '?' => Piece::One,
                c => Piece::Text(c.to_string()),
            },
        );
    }
    wildcard::pattern(&pieces)
}
