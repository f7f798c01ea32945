//! The number of rows of a document over time, by section.

use crate::known::{Inactive, KnownFailures};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// The versions of a document.
#[derive(Debug, Clone)]
pub struct History {
    /// The document as it was given.
    pub file: String,
    /// The beginning of the history: as it was given, or the first version.
    pub from: Timestamp,
    /// The last commit of the history, and its time.
    pub head: (String, Timestamp),
    /// All versions but the last, oldest first.
    pub earlier: Vec<HistoryVersion>,
    /// The newest version.
    pub last: HistoryVersion,
}

#[derive(Debug, Clone)]
pub struct HistoryVersion {
    /// The whole id of the commit that made it.
    pub commit: String,
    pub time: Timestamp,
    /// The document's path in the repository; `None` if the commit deleted it.
    pub file: Option<String>,
    /// Shared by versions with the same content.
    pub size: Arc<ListSize>,
}

/// How many rows a document has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListSize {
    /// Rows without duplicates.
    pub rows: u64,
    /// Rows that repeat one of these.
    pub duplicates: u64,
    /// `rows` by section, in the order of the document.
    pub sections: Vec<(String, u64)>,
}

impl ListSize {
    /// Counts a document's rows; sections go down to this level of headings.
    pub fn new(known: &KnownFailures, level: u8) -> ListSize {
        let mut counts = ListSize::default();
        let mut index_of: HashMap<&str, usize> = HashMap::new();
        for row in known.rows() {
            match row.inactive {
                Some(Inactive::Duplicate { .. }) => counts.duplicates += 1,
                // Only a row of another document replaces one.
                Some(Inactive::Replaced { .. }) => {}
                None => {
                    counts.rows += 1;
                    let section = row.section_at_level(level);
                    let index = *index_of.entry(section).or_insert(counts.sections.len());
                    if index == counts.sections.len() {
                        counts.sections.push((section.to_owned(), 0));
                    }
                    counts.sections[index].1 += 1;
                }
            }
        }
        counts
    }

    /// How many rows a section has.
    pub fn section_rows(&self, section: &str) -> u64 {
        self.sections.iter().find(|(name, _)| name == section).map_or(0, |(_, rows)| *rows)
    }
}

/// One section over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionHistory {
    /// Its heading; empty for rows without one.
    pub section: String,
    /// Rows in the first version.
    pub first: u64,
    /// Rows in the version that has most.
    pub max: u64,
    /// Rows in the last version.
    pub last: u64,
}

impl History {
    /// All versions, oldest first.
    pub fn versions(&self) -> impl Iterator<Item = &HistoryVersion> {
        self.earlier.iter().chain([&self.last])
    }

    /// The oldest version.
    pub fn first(&self) -> &HistoryVersion {
        self.earlier.first().unwrap_or(&self.last)
    }

    /// The version with the most rows; of several the first.
    pub fn largest(&self) -> &HistoryVersion {
        self.versions().fold(self.first(), |largest, version| {
            if version.size.rows > largest.size.rows { version } else { largest }
        })
    }

    /// Every section, by the most rows it ever had, then in order of appearance.
    pub fn sections(&self) -> Vec<SectionHistory> {
        let mut sections: Vec<SectionHistory> = Vec::new();
        let mut index_of: HashMap<&str, usize> = HashMap::new();
        for (section, rows) in self.versions().flat_map(|version| &version.size.sections) {
            let index = *index_of.entry(section).or_insert(sections.len());
            if index == sections.len() {
                let first = self.first().size.section_rows(section);
                let last = self.last.size.section_rows(section);
                sections.push(SectionHistory { section: section.clone(), first, max: 0, last });
            }
            sections[index].max = sections[index].max.max(*rows);
        }
        sections.sort_by_key(|section| std::cmp::Reverse(section.max));
        sections
    }
}
