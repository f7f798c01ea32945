//! Finds the lines of one version of a document in another.

use super::document::lines::lines;
use std::collections::{BTreeMap, HashMap};

/// Where the lines of a text are in another version of it.
///
/// A line is found by its text, wherever it has moved: the k-th of several equal lines is the k-th of as many. Where
/// their number differs, none is found, since it could be the wrong one. Unlike a diff, this takes linear time whatever
/// the texts are, and they may have been written by an attacker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineMap(BTreeMap<u32, u32>);

impl LineMap {
    /// Maps the lines of `old` to those of `new`, whatever their line ends.
    pub fn new(old: &str, new: &str) -> LineMap {
        let mut by_text: HashMap<&str, [Vec<u32>; 2]> = HashMap::new();
        for (side, text) in [old, new].into_iter().enumerate() {
            for (number, line) in (1..).zip(lines(text)) {
                let line = line.trim_end_matches(['\r', '\n']);
                by_text.entry(line).or_default()[side].push(number);
            }
        }
        let same_count = by_text.into_values().filter(|[old, new]| old.len() == new.len());
        LineMap(same_count.flat_map(|[old, new]| old.into_iter().zip(new)).collect())
    }

    /// The line of the new text that is this line of the old one.
    pub fn line(&self, old: u32) -> Option<u32> {
        self.0.get(&old).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let map = LineMap::new(old, new);
            assert_eq!([map.line(1), map.line(2)], expected, "{old:?} {new:?}");
        }
    }
}
