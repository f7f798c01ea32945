//! Lists that outrank another list given with them, as deqp-runner's flakes and skips outrank its baseline.
//!
//! A row of an exact name would claim its test before any expression. So an entry of a baseline that an overriding list
//! matches gets the status of that list, in whichever order the lists are given.

use super::model::{ListEntry, ListItem, ParsedList, Precedence, Status};
use crate::known::Pattern;
use crate::known::index::literals::LiteralIndex;
use crate::known::pattern::regex_budget::RegexBudget;

/// Steps after which no more entries are changed: lists are untrusted. The entries that are left excuse less.
const MAX_STEPS: u64 = 1 << 31;

/// Gives the entries of baselines the status of the overriding entries that match them; skips come before flakes.
pub fn apply_overrides<'l>(lists: impl IntoIterator<Item = &'l mut ParsedList>) {
    let lists: Vec<&mut ParsedList> = lists.into_iter().collect();
    let overrides = Overrides::new(&lists);
    if overrides.patterns.is_empty() {
        return;
    }
    let mut steps = 0;
    for list in lists.into_iter().filter(|list| list.precedence == Precedence::Baseline) {
        for entry in list.items.iter_mut().filter_map(as_entry_mut) {
            if steps > MAX_STEPS {
                return;
            }
            let status = Pattern::parse(&entry.pattern)
                .ok()
                .and_then(|pattern| overrides.status_of(pattern.exact_name()?, &mut steps));
            entry.status = status.unwrap_or(entry.status);
        }
    }
}

/// The entries of all overriding lists.
struct Overrides {
    patterns: Vec<Pattern>,
    /// By the index of the pattern.
    statuses: Vec<Status>,
    literals: LiteralIndex,
}

impl Overrides {
    fn new(lists: &[&mut ParsedList]) -> Overrides {
        let mut budget = RegexBudget::default();
        let lists = lists.iter().filter(|list| list.precedence == Precedence::Override);
        let entries = lists.flat_map(|list| list.items.iter().filter_map(as_entry));
        let (patterns, statuses): (Vec<Pattern>, _) = entries
            .filter_map(|entry| {
                let pattern = Pattern::parse_with_budget(&entry.pattern, &mut budget).ok()?;
                Some((pattern, entry.status))
            })
            .unzip();
        let literals = LiteralIndex::new(patterns.iter());
        Overrides { patterns, statuses, literals }
    }

    /// The status of the entries that match a name.
    fn status_of(&self, name: &str, steps: &mut u64) -> Option<Status> {
        let mut candidates = self.literals.without_literals().to_vec();
        self.literals.for_each_candidate(name, steps, |found| candidates.extend(found));
        let matching = candidates
            .into_iter()
            .filter(|index| self.patterns[*index].matches_with(name, steps))
            .map(|index| self.statuses[index]);
        matching.max()
    }
}

fn as_entry(item: &ListItem) -> Option<&ListEntry> {
    match item {
        ListItem::Entry(entry) => Some(entry),
        ListItem::Heading { .. }
        | ListItem::SectionEnd { .. }
        | ListItem::Directive { .. }
        | ListItem::Prose(_) => None,
    }
}

fn as_entry_mut(item: &mut ListItem) -> Option<&mut ListEntry> {
    match item {
        ListItem::Entry(entry) => Some(entry),
        ListItem::Heading { .. }
        | ListItem::SectionEnd { .. }
        | ListItem::Directive { .. }
        | ListItem::Prose(_) => None,
    }
}
