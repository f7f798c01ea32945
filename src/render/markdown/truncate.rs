//! What fits: sections in, the text with as much of them as its place takes out.
//!
//! A place such as a comment has a limit. Sections are laid out in order, but get their room by rank:
//! the lowest rank first. What does not fit is cut between items, and the text says how much was cut.

use crate::report::messages::number;

/// A part of a text that can be cut between its items.
#[derive(Debug, Default)]
pub struct Section {
    /// Who gets room first: 0 is never cut.
    pub rank: u8,
    /// Stands before the items, and only if one of them does (or there are none).
    pub head: String,
    pub items: Vec<String>,
    /// How much each item holds, where an item is more than one of its kind; else empty.
    pub holds: Vec<usize>,
    /// Stands behind the items.
    pub tail: String,
    /// What an item is called when there is more than one, for "… and 7 more failures".
    pub noun: &'static str,
    /// More items than this are never shown, whatever the room.
    pub most: usize,
}

/// The room kept in each section for the sentence that says what was cut, in bytes.
const NOTE: usize = 160;

/// Lays out the sections within so many bytes. `elsewhere` says where all of it is.
pub fn fit(sections: &[Section], budget: usize, elsewhere: &str) -> String {
    let mut order: Vec<usize> = (0..sections.len()).collect();
    order.sort_by_key(|index| (sections[*index].rank, *index));
    let mut shown: Vec<Option<usize>> = vec![None; sections.len()];
    let mut left = budget.saturating_sub(NOTE * sections.len());
    for index in order {
        let (items, size) = room(&sections[index], left);
        shown[index] = items;
        left = left.saturating_sub(size);
    }
    let parts =
        sections.iter().zip(shown).map(|(section, items)| laid_out(section, items, elsewhere));
    parts.collect()
}

/// How many items of a section fit, `None` when not even its head does, and the room they take.
fn room(section: &Section, left: usize) -> (Option<usize>, usize) {
    let frame = section.head.len() + section.tail.len();
    if section.rank == 0 {
        let all: usize = section.items.iter().map(String::len).sum();
        return (Some(section.items.len()), frame + all);
    }
    let mut size = frame;
    let mut fitting = 0;
    for item in section.items.iter().take(section.most) {
        if size + item.len() > left {
            break;
        }
        size += item.len();
        fitting += 1;
    }
    let empty = fitting == 0 && !section.items.is_empty();
    if empty || size > left { (None, 0) } else { (Some(fitting), size) }
}

fn laid_out(section: &Section, shown: Option<usize>, elsewhere: &str) -> String {
    let cut = section.cut(shown.unwrap_or(0));
    match shown {
        Some(shown) => {
            let items: String = section.items[..shown].concat();
            let note = more(cut, section.noun, elsewhere);
            format!("{}{items}{}{note}", section.head, section.tail)
        }
        None => more(cut.max(1), section.noun, elsewhere),
    }
}

impl Section {
    /// How much is left out when so many items are shown.
    fn cut(&self, shown: usize) -> usize {
        let all = self.items.len();
        match self.holds.get(shown..) {
            Some(held) if self.holds.len() == all => held.iter().sum(),
            Some(_) | None => all - shown,
        }
    }
}

pub fn more(n: usize, noun: &str, elsewhere: &str) -> String {
    if n == 0 {
        String::new()
    } else {
        format!("\n… and {} more {noun}: {elsewhere}\n\n", number(n as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(rank: u8, items: usize) -> Section {
        Section {
            rank,
            head: format!("head {rank}\n"),
            items: (0..items).map(|n| format!("item {rank}.{n:04}\n")).collect(),
            tail: "\n".to_owned(),
            noun: "items",
            most: usize::MAX,
            ..Section::default()
        }
    }

    #[test]
    fn everything_is_shown_when_there_is_room() {
        let text = fit(&[section(0, 1), section(2, 3)], 10_000, "in the summary");
        assert_eq!(
            text,
            "head 0\nitem 0.0000\n\nhead 2\nitem 2.0000\nitem 2.0001\nitem 2.0002\n\n"
        );
    }

    #[test]
    fn the_highest_rank_is_cut_first_between_items_and_told() {
        let text = fit(&[section(2, 1000), section(1, 10)], 2_000, "in the summary");
        assert!(text.len() <= 2_000, "{}", text.len());
        assert!(text.contains("item 1.0009\n"), "{text}");
        assert!(text.contains(" more items: in the summary\n"), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn never_over_budget(
            counts in proptest::collection::vec(0usize..300, 1..6),
            budget in 1_500usize..8_000,
        ) {
            let sections: Vec<Section> =
                counts.iter().enumerate().map(|(n, items)| section(n as u8 + 1, *items)).collect();
            proptest::prop_assert!(fit(&sections, budget, "elsewhere").len() <= budget);
        }
    }
}
