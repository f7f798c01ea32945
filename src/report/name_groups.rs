//! Groups of names with a common prefix.
//!
//! Prefixes end after a separator, so that `smb2.dirlease` is not in a group with `smb2.dir`.

use std::ops::Range;

/// The last character of a part of a name.
const SEPARATORS: [char; 4] = ['.', '/', ':', ' '];
/// A group is only split if it has more names than this, and more than two for each part.
const MIN_SPLIT: usize = 12;

/// Names with a common prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameGroup {
    /// With the separator at its end; a whole name in a group of one.
    pub prefix: String,
    /// Indices of the names.
    pub range: Range<usize>,
}

/// Splits sorted names into at most `max_groups` groups, always splitting the largest one that can be.
pub fn name_groups(names: &[&str], max_groups: usize) -> Vec<NameGroup> {
    let mut groups = vec![group(names, 0..names.len())];
    loop {
        let available = max_groups.saturating_sub(groups.len());
        let splits = groups.iter().enumerate().filter_map(|(index, group)| {
            let parts = split(names, group);
            let fits = (2..=available + 1).contains(&parts.len());
            let is_worth_splitting = fits && group.range.len() > MIN_SPLIT.max(2 * parts.len());
            is_worth_splitting.then_some((group.range.len(), index, parts))
        });
        match splits.max_by_key(|(length, index, _)| (*length, std::cmp::Reverse(*index))) {
            None => return groups,
            Some((_, index, parts)) => {
                groups.splice(index..=index, parts);
            }
        }
    }
}

fn group(names: &[&str], range: Range<usize>) -> NameGroup {
    let (first, last) = match &names[range.clone()] {
        [] => ("", ""),
        [only] => return NameGroup { prefix: (*only).to_owned(), range },
        [first, .., last] => (*first, *last),
    };
    // The names are sorted: what the first and the last share, all do.
    let common = first.chars().zip(last.chars()).take_while(|(a, b)| a == b);
    let common_len: usize = common.map(|(c, _)| c.len_utf8()).sum();
    let end = first[..common_len].rfind(SEPARATORS).map_or(0, |at| at + 1);
    NameGroup { prefix: first[..end].to_owned(), range }
}

/// The groups by the next part of the names.
fn split(names: &[&str], parent: &NameGroup) -> Vec<NameGroup> {
    let next_part_len = |name: &str| {
        let rest = &name[parent.prefix.len()..];
        rest.find(SEPARATORS).map_or(rest.len(), |at| at + 1)
    };
    let mut parts: Vec<Range<usize>> = Vec::new();
    for index in parent.range.clone() {
        let group_prefix =
            |other: usize| &names[other][..parent.prefix.len() + next_part_len(names[other])];
        match parts.last_mut() {
            Some(last) if group_prefix(last.start) == group_prefix(index) => last.end = index + 1,
            Some(_) | None => parts.push(index..index + 1),
        }
    }
    parts.into_iter().map(|range| group(names, range)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes_and_counts(names: &[&str], max_groups: usize) -> Vec<(String, usize)> {
        name_groups(names, max_groups).into_iter().map(|g| (g.prefix, g.range.len())).collect()
    }

    #[test]
    fn largest_group_is_split_only_after_separators() {
        let mut names: Vec<String> = Vec::new();
        for (prefix, count) in [("smb2.dir.", 20), ("smb2.dirlease.", 14), ("rpc.", 3)] {
            names.extend((0..count).map(|n| format!("{prefix}test{n:02}")));
        }
        names.push("smb2.connect".to_owned());
        names.sort();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let pairs = |all: &[(&str, usize)]| -> Vec<(String, usize)> {
            all.iter().map(|(prefix, n)| ((*prefix).to_owned(), *n)).collect()
        };
        let whole = [("rpc.", 3), ("smb2.connect", 1), ("smb2.dir.", 20), ("smb2.dirlease.", 14)];
        assert_eq!(prefixes_and_counts(&names, 20), pairs(&whole));
        assert_eq!(prefixes_and_counts(&names, 3), pairs(&[("rpc.", 3), ("smb2.", 35)]));
        assert_eq!(prefixes_and_counts(&names, 1), pairs(&[("", 38)]));
        assert_eq!(prefixes_and_counts(&[], 20), pairs(&[("", 0)]));
        assert_eq!(prefixes_and_counts(&["é.ü", "é.ö"], 9), pairs(&[("é.", 2)]));
        assert_eq!(
            prefixes_and_counts(&["a"; 30], 9),
            pairs(&[("", 30)]),
            "equal names cannot be told apart"
        );
    }
}
