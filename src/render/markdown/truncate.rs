//! What fits: sections in, the text with as much of them as its place takes out.
//!
//! A place such as a comment has a limit. Sections are laid out in order, but get their room by rank:
//! the lowest rank first. What does not fit is cut between items, and the text says how much was cut.

use crate::report::messages::number;

/// A part of a text that can be cut between its items.
#[derive(Debug, Default)]
pub(crate) struct MarkdownSection {
    /// Who gets room first: 0 is never cut.
    pub rank: u8,
    /// Stands before the items, and only if one of them does (or there are none).
    pub head: String,
    pub items: Vec<String>,
    /// How much each item holds, where an item is more than one of its kind; else empty.
    pub weights: Vec<usize>,
    /// Stands behind the items.
    pub tail: String,
    /// What an item is called when there is more than one, for "… and 7 more failures".
    pub noun: &'static str,
    /// More items than this are never shown, whatever the room.
    pub max_items: usize,
}

/// The room kept in each section for the sentence that says what was cut, in bytes.
const NOTE_RESERVE: usize = 160;

/// Lays out the sections within so many bytes. `elsewhere` says where all of it is.
pub(crate) fn fit_to_budget(
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

/// How many items of a section fit, `None` when not even its head does, and the room they take.
fn allocate(section: &MarkdownSection, remaining: usize) -> (Option<usize>, usize) {
    let overhead = section.head.len() + section.tail.len();
    if section.rank == 0 {
        let all: usize = section.items.iter().map(String::len).sum();
        return (Some(section.items.len()), overhead + all);
    }
    let mut size = overhead;
    let mut item_count = 0;
    for item in section.items.iter().take(section.max_items) {
        if size + item.len() > remaining {
            break;
        }
        size += item.len();
        item_count += 1;
    }
    let empty = item_count == 0 && !section.items.is_empty();
    if empty || size > remaining { (None, 0) } else { (Some(item_count), size) }
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
    /// How much is left out when so many items are shown.
    fn hidden_items(&self, shown: usize) -> usize {
        let all = self.items.len();
        match self.weights.get(shown..) {
            Some(hidden) if self.weights.len() == all => hidden.iter().sum(),
            Some(_) | None => all - shown,
        }
    }
}

pub(crate) fn more_note(n: usize, noun: &str, full_report_hint: &str) -> String {
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
            noun: "items",
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
