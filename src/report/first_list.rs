//! The first list of a team: an entry for each test that failed in a run.

use super::messages;
use super::name_groups::{NameGroup, name_groups};
use super::update_plan::{reason, variant_items};
use crate::compare::{Facts, TestFact, Verdict};
use crate::known::{ListStyle, NewEntry, NewList, NewSection, NewStatus};

/// A shorter list has no headings.
const MIN_ENTRIES_FOR_HEADINGS: usize = 16;
/// A suite with fewer entries has no heading.
const MIN_ENTRIES_OF_HEADING: usize = 3;
const MAX_HEADINGS: usize = 20;

/// The list that excuses the failures of a run without a list. `None` is the list of a team without results.
pub fn first_list(facts: Option<&Facts>, style: ListStyle) -> NewList {
    let Some(facts) = facts else {
        return NewList { intro: messages::intro_of_empty_list(style), sections: Vec::new() };
    };
    let failed = |test: &&TestFact| match test.verdict {
        Verdict::NewFailure | Verdict::Flaky => true,
        Verdict::Passed
        | Verdict::Skipped
        | Verdict::KnownFailure
        | Verdict::NewlyPassing
        | Verdict::Unmeasured
        | Verdict::Missing => false,
    };
    let tests: Vec<&TestFact> = facts.tests.iter().filter(failed).collect();
    let by_name = tests.chunk_by(|a, b| a.name == b.name);
    let entries: Vec<NewEntry> = by_name.flat_map(|same| entries(facts, same, style)).collect();
    NewList { intro: messages::intro_of_list(style), sections: sections(entries) }
}

/// The entries for the tests of one name: one for the variants in which it failed, one for those in which it is flaky.
fn entries(facts: &Facts, same: &[&TestFact], style: ListStyle) -> Vec<NewEntry> {
    let (flaky, failed): (Vec<&TestFact>, Vec<&TestFact>) =
        same.iter().copied().partition(|test| test.verdict == Verdict::Flaky);
    let can_name = |test: &&TestFact| !test.variant.as_str().is_empty();
    let can_name = style == ListStyle::Markdown && same.iter().all(can_name);
    let entry = |tests: &[&TestFact], status| {
        let results = tests.first()?.by_variant.iter().flatten().count();
        let is_named = can_name && facts.variants.len() > 1 && results > tests.len();
        let test = tests.iter().find(|test| !test.message.is_empty()).or(tests.first())?;
        Some(NewEntry {
            name: test.name.to_string(),
            reason: reason(&test.message, test.outcome),
            status,
            variants: if is_named { variant_items(tests, facts) } else { Vec::new() },
        })
    };
    // One row for both, where two would contradict each other.
    let found = match (failed.is_empty(), flaky.is_empty()) {
        (false, false) if !can_name => [entry(same, NewStatus::Flaky), None],
        _ => [entry(&failed, NewStatus::AnyFailure), entry(&flaky, NewStatus::Flaky)],
    };
    found.into_iter().flatten().collect()
}

/// Sections by the common start of names; what belongs to no larger suite comes first.
fn sections(entries: Vec<NewEntry>) -> Vec<NewSection> {
    let names: Vec<&str> = entries.iter().map(|entry| &*entry.name).collect();
    let has_headings = names.len() >= MIN_ENTRIES_FOR_HEADINGS;
    let groups = if has_headings { name_groups(&names, MAX_HEADINGS) } else { Vec::new() };
    let is_suite = |group: &&NameGroup| {
        group.range.len() >= MIN_ENTRIES_OF_HEADING
            && group.range.len() < names.len()
            && !title(&group.prefix).is_empty()
    };
    let suites: Vec<&NameGroup> = groups.iter().filter(is_suite).collect();
    let section = |group: &&NameGroup| NewSection {
        title: title(&group.prefix).to_owned(),
        entries: entries[group.range.clone()].to_vec(),
    };
    let is_single = |index: &usize| !suites.iter().any(|group| group.range.contains(index));
    let single = (0..entries.len()).filter(is_single).map(|index| entries[index].clone());
    let single = NewSection { title: String::new(), entries: single.collect() };
    let with_entries = |section: &NewSection| !section.entries.is_empty();
    std::iter::once(single).chain(suites.iter().map(section)).filter(with_entries).collect()
}

/// The common start of names as a heading: without what separates it from the rest.
fn title(prefix: &str) -> &str {
    prefix.trim_end_matches(|c: char| c.is_ascii_punctuation() || c == ' ').trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles_and_counts(names: &[String]) -> Vec<(String, usize)> {
        let entry = |name: &String| NewEntry {
            name: name.clone(),
            reason: String::new(),
            status: NewStatus::AnyFailure,
            variants: Vec::new(),
        };
        let sections = sections(names.iter().map(entry).collect());
        sections.into_iter().map(|section| (section.title, section.entries.len())).collect()
    }

    #[test]
    fn headings_are_few_and_a_short_list_has_none() {
        let mut names: Vec<String> = (0..15).map(|n| format!("smb2.dir.{n:02}")).collect();
        assert_eq!(titles_and_counts(&names), [(String::new(), 15)]);
        names.extend((0..20).map(|n| format!("smb2.lock.{n:02}")));
        names.extend(["rpc.a", "smb2.z"].map(str::to_owned));
        names.sort();
        let expected = [("", 2), ("smb2.dir", 15), ("smb2.lock", 20)];
        assert_eq!(titles_and_counts(&names), expected.map(|(title, n)| (title.to_owned(), n)));
        let same: Vec<String> = (0..99).map(|n| format!("suite.{n:02}")).collect();
        assert_eq!(titles_and_counts(&same), [(String::new(), 99)]);
        assert_eq!(titles_and_counts(&[]), []);
    }
}
