//! Names of documentation tests: `src/lib.rs - item (line 12)`, whose lines change with the file.
//!
//! The tests of one item are numbered by their lines: they run in parallel and end in any order.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// The name of a documentation test without its line, which changes with the file.
pub(super) fn strip_line(name: &str) -> &str {
    match name.rsplit_once(" (line ") {
        Some((base, line)) if line.ends_with(')') && !base.is_empty() => base,
        Some(_) | None => name,
    }
}

/// Which of the tests of one name a test is, by its index, where that is not the first.
pub(super) fn ordinals<'a>(titles: impl Iterator<Item = &'a str>) -> BTreeMap<usize, u32> {
    let place = |(index, title): (usize, &'a str)| {
        let name = strip_line(title);
        let line = title.strip_prefix(name)?.strip_prefix(" (line ")?.strip_suffix(')')?;
        Some((name, line.parse::<u64>().ok()?, index))
    };
    let mut places: Vec<_> = titles.enumerate().filter_map(place).collect();
    places.sort_unstable();
    let (mut ordinals, mut ordinal) = (BTreeMap::new(), 1);
    for pair in places.windows(2) {
        ordinal = if pair[0].0 == pair[1].0 { ordinal + 1 } else { 1 };
        if ordinal > 1 {
            ordinals.insert(pair[1].2, ordinal);
        }
    }
    ordinals
}

/// The name of a test without its line, with the number that distinguishes it from others of its name.
pub(super) fn name(title: &str, ordinal: u32) -> Cow<'_, str> {
    let name = strip_line(title);
    if ordinal > 1 { Cow::Owned(format!("{name} #{ordinal}")) } else { Cow::Borrowed(name) }
}
