//! How many rows a list had over time, by section.
//!
//! In: each version of a document, counted. Out: [`History`], plain data. A newcomer's trap: a row that
//! repeats another one is no row of the list; such rows are counted apart.

use crate::known::{Inactive, KnownFailures};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// A document's versions.
#[derive(Debug, Clone)]
pub struct History {
    /// The document as it was asked for.
    pub file: String,
    /// When the part of the history that is told begins: what was asked for, or the first version.
    pub from: Timestamp,
    /// The commit that the history leads to, and its time.
    pub head: (String, Timestamp),
    /// The versions before the last one, oldest first.
    pub earlier: Vec<HistoryVersion>,
    /// The newest version.
    pub last: HistoryVersion,
}

/// What one commit made of the document.
#[derive(Debug, Clone)]
pub struct HistoryVersion {
    /// The commit's whole id.
    pub commit: String,
    pub time: Timestamp,
    /// Where it stands in the repository; `None` where the commit deleted it.
    pub file: Option<String>,
    /// Versions of the same content share them.
    pub size: Arc<ListSize>,
}

/// How many rows a document has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListSize {
    /// Rows that take part.
    pub rows: u64,
    /// Rows that repeat one of these.
    pub duplicates: u64,
    /// Those of `rows` by section, in the order of the document.
    pub sections: Vec<(String, u64)>,
}

impl ListSize {
    /// Counts a document's rows, those of a section down to a level of headings together.
    pub fn new(known: &KnownFailures, level: u8) -> ListSize {
        let mut counts = ListSize::default();
        let mut index_of: HashMap<&str, usize> = HashMap::new();
        for row in known.rows() {
            match row.inactive {
                Some(Inactive::Duplicate { .. }) => counts.duplicates += 1,
                // A single document has none of the other.
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
    pub section: String,
    /// Rows in the first version, at the most, and in the last one.
    pub first: u64,
    pub max: u64,
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

    /// Every section, the one that had the most rows first; of equals the one that came first.
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
