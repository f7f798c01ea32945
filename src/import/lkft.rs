//! LKFT's lists of known issues, as SQUAD takes them.
//!
//! In: YAML with `projects`, each with `known_issues`. Out: rows, environments as variants. A newcomer's
//! trap: an issue that holds for some of its project's kernel branches alone cannot be a row, which would
//! hold for all of them.
//!
//! Grammar: <https://github.com/Linaro/qa-reports-known-issues/blob/master/README.md>

use super::draft::{Draft, variant};
use super::wildcard::{self, Piece};
use super::yaml::{NodeId, Tree};
use super::{About, Imported, Source, Status, UnsaidKind, lines};
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
            let projects = tree.root().and_then(|root| tree.get(root, "projects"));
            for project in tree.items(projects) {
                Project { tree: &tree, id: project }.read(&mut draft);
            }
        }
        Err((line, why)) => draft.unsaid(line, UnsaidKind::Rest { why }),
    }
    draft.finish()
}

struct Project<'t> {
    tree: &'t Tree,
    id: NodeId,
}

impl Project<'_> {
    fn read(&self, draft: &mut Draft) {
        let name = self.tree.get(self.id, "name").map_or("", |name| self.tree.text(name));
        draft.heading(1, name);
        for issue in self.tree.items(self.tree.get(self.id, "known_issues")) {
            // Each place that a matrix names is an issue of its own.
            let places = self.tree.items(self.tree.get(issue, "matrix_apply"));
            for place in if places.is_empty() { vec![issue] } else { places } {
                self.issue(draft, issue, place);
            }
        }
    }

    /// One issue at one place: the node that names environments and projects.
    fn issue(&self, draft: &mut Draft, issue: NodeId, place: NodeId) {
        let tree = self.tree;
        let line = tree.line(place);
        let said = |key| tree.get(issue, key).map_or("", |id| tree.text(id));
        let mut names = tree.texts(tree.get(issue, "test_names"));
        names.extend(tree.texts(tree.get(issue, "test_name")));
        if names.is_empty() {
            return draft.unknown_line(line, "known issue without test_name");
        }
        if ["false", "no", "off"].contains(&said("active").to_ascii_lowercase().as_str()) {
            let name = names.join(", ");
            return draft.unsaid(line, UnsaidKind::Inactive { name });
        }
        if let Some(places) = self.some_of("projects", place) {
            return draft.unsaid(line, UnsaidKind::OnlyIn { places });
        }
        let mut variants = Vec::new();
        for name in self.some_of("environments", place).unwrap_or_default() {
            match variant(&name) {
                Some(variant) => variants.push(variant),
                None => return draft.unsaid(line, UnsaidKind::Variant { name }),
            }
        }
        let flaky =
            ["true", "yes", "on"].contains(&said("intermittent").to_ascii_lowercase().as_str());
        for name in names {
            let Some(pattern) = pattern(name) else {
                draft.unsaid(line, UnsaidKind::Wildcard { text: name.to_owned() });
                continue;
            };
            let mut row = draft.blank_row(line, pattern);
            row.status = if flaky { Status::Flaky } else { Status::AnyFailure };
            row.reason = said("notes").to_owned();
            row.issue = said("url").to_owned();
            row.variants.clone_from(&variants);
            draft.row(row);
        }
    }

    /// What a place names under this key; `None` when that is all that the project has.
    fn some_of(&self, key: &str, place: NodeId) -> Option<Vec<String>> {
        let all: BTreeSet<&str> =
            self.tree.texts(self.tree.get(self.id, key)).into_iter().collect();
        let named: BTreeSet<&str> =
            self.tree.texts(self.tree.get(place, key)).into_iter().collect();
        let is_part = !named.is_empty() && !all.is_subset(&named);
        (is_part || !named.is_empty() && all.is_empty())
            .then(|| named.into_iter().map(str::to_owned).collect())
    }
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
