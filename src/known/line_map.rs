//! Finds the lines of one version of a document in another.

use super::document::lines::lines;
use super::duplicates::ClaimKey;
use super::list::KnownFailures;
use super::row::Row;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

/// Where the lines of a document are in another version of it.
///
/// A row is the same one if it claims and excuses the same, whatever its other cells are: its text alone does not show to
/// which variants its section applies. Any other line is found by its text. Either is found wherever it has moved: the
/// k-th of several equal lines is the k-th of as many. Where their number differs, none is found, since it could be the
/// wrong one. Unlike a diff, this takes linear time whatever the texts are, and they may have been written by an attacker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineMap(BTreeMap<u32, u32>);

impl LineMap {
    /// Maps the lines of a document in one list to those in another, whatever their line ends; none if a list lacks it.
    pub fn new(old: &KnownFailures, new: &KnownFailures, path: &str) -> LineMap {
        let (Some(old), Some(new)) = (Version::new(old, path), Version::new(new, path)) else {
            return LineMap::default();
        };
        let rows = pairs(old.rows(), new.rows()).filter(|(old, new)| excuse_the_same(old, new));
        let rows = rows.map(|(old, new)| (old.line, new.line));
        LineMap(pairs(old.other_lines(), new.other_lines()).chain(rows).collect())
    }

    /// The line of the new text that is this line of the old one.
    pub fn line(&self, old: u32) -> Option<u32> {
        self.0.get(&old).copied()
    }
}

/// A document in a list.
struct Version<'k> {
    text: &'k str,
    rows: Vec<&'k Row>,
}

impl<'k> Version<'k> {
    fn new(known: &'k KnownFailures, path: &str) -> Option<Version<'k>> {
        let document = known.documents().iter().find(|document| *document.path == *path)?;
        let rows = known.rows().iter().filter(|row| *row.file == *path).collect();
        Some(Version { text: &document.text, rows })
    }

    fn rows(&self) -> impl Iterator<Item = (ClaimKey<'k>, &'k Row)> {
        self.rows.iter().map(|row| (ClaimKey::new(row), *row))
    }

    /// The lines that are no rows, without their ends.
    fn other_lines(&self) -> impl Iterator<Item = (&'k str, u32)> {
        let rows: HashSet<u32> = self.rows.iter().map(|row| row.line).collect();
        let lines = (1..).zip(lines(self.text)).filter(move |(number, _)| !rows.contains(number));
        lines.map(|(number, line)| (line.trim_end_matches(['\r', '\n']), number))
    }
}

/// The values of each key that has as many on both sides, in pairs.
fn pairs<K: Eq + Hash, V>(
    old: impl Iterator<Item = (K, V)>,
    new: impl Iterator<Item = (K, V)>,
) -> impl Iterator<Item = (V, V)> {
    let mut by_key: HashMap<K, (Vec<V>, Vec<V>)> = HashMap::new();
    old.for_each(|(key, value)| by_key.entry(key).or_default().0.push(value));
    new.for_each(|(key, value)| by_key.entry(key).or_default().1.push(value));
    let same_count = by_key.into_values().filter(|(old, new)| old.len() == new.len());
    same_count.flat_map(|(old, new)| old.into_iter().zip(new))
}

/// Whether rows with the same pattern and variants also excuse the same.
fn excuse_the_same(old: &Row, new: &Row) -> bool {
    old.expected == new.expected && old.loose.is_some() == new.loose.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(old: &str, new: &str) -> LineMap {
        let list = |text: &str| KnownFailures::read(&[("K.md".into(), text.to_owned())]);
        LineMap::new(&list(old), &list(new), "K.md")
    }

    #[test]
    fn lines_are_found_by_their_text() {
        for (old, new, expected) in [
            ("a\nb\n", "a\nb\n", [Some(1), Some(2)]),
            ("a\nb\n", "x\r\na\r\nb", [Some(2), Some(3)]),
            ("a\nb\n", "b\na\n", [Some(2), Some(1)]),
            ("a\rb\r", "a\nc\n", [Some(1), None]),
            ("a\na\n", "a\nx\na\n", [Some(1), Some(3)]),
            ("a\na\n", "a\n", [None, None]),
            ("a\nb\n", "a\na\nb\n", [None, Some(3)]),
            ("a\nb\n", "", [None, None]),
        ] {
            let map = map(old, new);
            assert_eq!([map.line(1), map.line(2)], expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_row_is_found_by_what_it_claims_and_excuses() {
        let list = |scope: &str, columns: &str, row: &str| {
            let delimiters = "| --- ".repeat(columns.matches('|').count() + 1);
            format!(
                "<!-- knownfail: variants = {scope} -->\n\n| {columns} |\n{delimiters}|\n| {row} |\n"
            )
        };
        let old = list("memory", "Test | Reason", "a.x | slow");
        for (new, found) in [
            (list("memory", "Test | Reason", "a.x  |  another"), true),
            (list("memory", "Test | Reason | Issue", "`a.x` | slow | #1"), true),
            (list("memory", "Reason | Test", "slow | a.x"), true),
            (list("all", "Test | Reason | Variants", "a.x | slow | memory"), true),
            (list("s3", "Test | Reason", "a.x | slow"), false),
            (list("memory", "Test | Status", "a.x | crash"), false),
            (list("memory", "Test | Reason", "a.y | slow"), false),
            (list("memory", "Test | Reason", "a.x | slow |\n| a.x | slow"), false),
            // The same text, in a table that is no list.
            (list("memory", "Name of it | Reason", "a.x | slow"), false),
        ] {
            assert_eq!(map(&old, &new).line(5).is_some(), found, "{new}");
        }
    }
}
