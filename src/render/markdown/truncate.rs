//! Fits sections into a byte budget.
//!
//! Sections are rendered in order and get their share of the budget by rank, the lowest first. A section that does not
//! fit is truncated between its items, with a note of how many are hidden.

use crate::report::messages::number;

/// What an item is called, for one and for several.
pub(super) type Noun = [&'static str; 2];

/// A part of a text that can be truncated between its items.
#[derive(Debug, Default)]
pub(super) struct MarkdownSection {
    /// The lowest gets its share first; 0 is never truncated.
    pub(super) rank: u8,
    /// Text before the items; hidden if all of them are.
    pub(super) head: String,
    pub(super) items: Vec<String>,
    /// How many each item counts for; empty if each is one.
    pub(super) weights: Vec<usize>,
    /// Text after the items.
    pub(super) tail: String,
    /// For "… and 7 more failures".
    pub(super) noun: Noun,
    /// More items than this are never shown.
    pub(super) max_items: usize,
}

/// The part of the budget that is reserved in each section for [`more_note`], in bytes.
const NOTE_RESERVE: usize = 160;

/// The sections in at most `budget` bytes. `full_report_hint` is where a reader finds all items.
pub(super) fn fit_to_budget(
    sections: &[MarkdownSection],
    budget: usize,
    full_report_hint: &str,
) -> String {
    let mut order: Vec<usize> = (0..sections.len()).collect();
    order.sort_by_key(|index| (sections[*index].rank, *index));
    let mut shown: Vec<Option<usize>> = vec![None; sections.len()];
    let mut remaining = budget.saturating_sub(NOTE_RESERVE * sections.len());
    for index in order {
        let (items, size) = allocate(&sections[index], remaining);
        shown[index] = items;
        remaining = remaining.saturating_sub(size);
    }
    let parts = sections
        .iter()
        .zip(shown)
        .map(|(section, items)| render_section(section, items, full_report_hint));
    parts.collect()
}

/// How many items of a section fit, `None` if not even one does, and their size with head and tail.
fn allocate(section: &MarkdownSection, remaining: usize) -> (Option<usize>, usize) {
    let overhead = section.head.len() + section.tail.len();
    if section.rank == 0 {
        let all: usize = section.items.iter().map(String::len).sum();
        return (Some(section.items.len()), overhead + all);
    }
    let items = section.items.iter().take(section.max_items);
    let sizes = items.scan(overhead, |size, item| {
        *size += item.len();
        Some(*size)
    });
    let sizes: Vec<usize> = sizes.take_while(|size| *size <= remaining).collect();
    let is_hidden = sizes.is_empty() && !section.items.is_empty();
    let size = sizes.last().copied().unwrap_or(overhead);
    if is_hidden || size > remaining { (None, 0) } else { (Some(sizes.len()), size) }
}

fn render_section(
    section: &MarkdownSection,
    shown: Option<usize>,
    full_report_hint: &str,
) -> String {
    let hidden = section.hidden_items(shown.unwrap_or(0));
    match shown {
        Some(shown) => {
            let items: String = section.items[..shown].concat();
            let note = more_note(hidden, section.noun, full_report_hint);
            format!("{}{items}{}{note}", section.head, section.tail)
        }
        None => more_note(hidden.max(1), section.noun, full_report_hint),
    }
}

impl MarkdownSection {
    pub(super) fn is_empty(&self) -> bool {
        self.head.is_empty() && self.items.is_empty()
    }

    /// How many are hidden if the first `shown` items are shown, by weight.
    fn hidden_items(&self, shown: usize) -> usize {
        let all = self.items.len();
        match self.weights.get(shown..) {
            Some(hidden) if self.weights.len() == all => hidden.iter().sum(),
            Some(_) | None => all - shown,
        }
    }
}

/// `… and 7 more failures: see the log`; empty if `n` is 0.
pub(super) fn more_note(n: usize, [one, many]: Noun, full_report_hint: &str) -> String {
    let noun = if n == 1 { one } else { many };
    if n == 0 {
        String::new()
    } else {
        format!("\n… and {} more {noun}: {full_report_hint}\n\n", number(n as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(rank: u8, items: usize) -> MarkdownSection {
        MarkdownSection {
            rank,
            head: format!("head {rank}\n"),
            items: (0..items).map(|n| format!("item {rank}.{n:04}\n")).collect(),
            tail: "\n".to_owned(),
            noun: ["item", "items"],
            max_items: usize::MAX,
            ..MarkdownSection::default()
        }
    }

    #[test]
    fn all_items_are_shown_within_budget() {
        let text = fit_to_budget(&[section(0, 1), section(2, 3)], 10_000, "in the summary");
        assert_eq!(
            text,
            "head 0\nitem 0.0000\n\nhead 2\nitem 2.0000\nitem 2.0001\nitem 2.0002\n\n"
        );
    }

    #[test]
    fn highest_rank_is_truncated_first_with_a_note() {
        let text = fit_to_budget(&[section(2, 1000), section(1, 10)], 2_000, "in the summary");
        assert!(text.len() <= 2_000, "{}", text.len());
        assert!(text.contains("item 1.0009\n"), "{text}");
        assert!(text.contains(" more items: in the summary\n"), "{text}");
    }

    #[test]
    fn noun_agrees_with_the_number_of_hidden_items() {
        for (items, note) in [(3, "… and 1 more item: x\n"), (4, "… and 2 more items: x\n")] {
            let two = MarkdownSection { max_items: 2, ..section(1, items) };
            let text = fit_to_budget(&[two], 2_000, "x");
            assert!(text.ends_with(&format!("item 1.0001\n\n\n{note}\n")), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn output_never_exceeds_budget(
            counts in proptest::collection::vec(0usize..300, 1..6),
            budget in 1_500usize..8_000,
        ) {
            let sections: Vec<MarkdownSection> =
                counts.iter().enumerate().map(|(n, items)| section(n as u8 + 1, *items)).collect();
            proptest::prop_assert!(fit_to_budget(&sections, budget, "elsewhere").len() <= budget);
        }
    }
}
