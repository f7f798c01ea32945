//! Entries that excuse nothing, such as `a/b.html [ Pass ]` next to `a/* [ Failure ]`.
//!
//! In the list's own tool, the entry that fits a test best counts alone. No row excuses nothing, so a row for more
//! tests than such an entry does not apply to its variants, or is left out if those are all of the row's. A row that
//! accepts only that tests do not run stays: it excuses no failure.

use super::chromium_header::Dialect;
use super::chromium_tags::{TagSet, variant};
use super::list_builder::{ListBuilder, RowChange};
use super::model::{ListEntry, Status, UnsupportedKind};
use crate::known::Pattern;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// Steps after which rows are left out without a comparison: lists are untrusted.
const MAX_STEPS: u64 = 1 << 26;

/// Maximum variants that are excepted from a row.
const MAX_EXCEPTIONS: usize = 64;

/// What an entry keeps other entries from excusing.
pub(super) struct Exemption {
    pattern: String,
    line: u32,
    /// An item of the variants column, or empty for all variants.
    variant: String,
}

impl Exemption {
    pub(super) fn new(row: &ListEntry, tags: &TagSet) -> Exemption {
        let (pattern, line) = (row.pattern.clone(), row.line);
        Exemption { pattern, line, variant: variant(tags).unwrap_or_default() }
    }

    fn report(&self) -> UnsupportedKind {
        UnsupportedKind::Exempted { pattern: self.pattern.clone(), line: self.line }
    }
}

/// Narrows or leaves out the rows that would excuse what other entries exempt.
pub(super) fn exempt(dialect: Dialect, builder: &mut ListBuilder, exemptions: &[Exemption]) {
    let mut by_pattern: HashMap<&str, Vec<&Exemption>> = HashMap::new();
    for exemption in exemptions {
        by_pattern.entry(&exemption.pattern).or_default().push(exemption);
    }
    let parse = |(text, found): (&&str, _)| Some((Pattern::parse(text).ok()?, found));
    let narrow: Vec<(Pattern, &Vec<&Exemption>)> = by_pattern.iter().filter_map(parse).collect();
    let mut steps = 0;
    builder.change_rows(|row| {
        let pattern = Pattern::parse(&row.pattern);
        let Some(pattern) = pattern.ok().filter(|_| row.status != Status::Skip) else {
            return RowChange::None;
        };
        let mut found: Vec<&Exemption> = Vec::new();
        // Of entries for the same test, all count in Chromium: their rows are resolved already.
        if dialect == Dialect::WebKit
            && let Some(own) = by_pattern.get(row.pattern.as_str())
        {
            steps += own.len() as u64;
            found.extend(own.iter().filter(|exemption| !is_narrower(row, exemption)));
        }
        if !pattern.matches_single_name() {
            for (narrow, exemptions) in &narrow {
                if steps > MAX_STEPS {
                    break;
                }
                if outranks(narrow, &pattern, &mut steps) {
                    steps += exemptions.len() as u64;
                    found.extend(exemptions.iter());
                }
            }
        }
        match exemptions.first() {
            Some(first) if steps > MAX_STEPS => RowChange::LeftOut(first.report()),
            Some(_) | None => take_variants(row, found),
        }
    });
}

/// Whether the first pattern is not the other one, and claims a name before it that both match.
fn outranks(narrow: &Pattern, wide: &Pattern, steps: &mut u64) -> bool {
    let rank = |pattern: &Pattern| (!pattern.matches_single_name(), Reverse(pattern.literal_len()));
    rank(narrow) <= rank(wide) && narrow != wide && narrow.overlaps(wide, steps) != Some(false)
}

/// Whether a row of the same test applies to a part of the variants of an exemption only: it counts there.
fn is_narrower(row: &ListEntry, exemption: &Exemption) -> bool {
    let variant = &exemption.variant;
    row.variants.iter().any(|item| has_all(item, variant) && !has_all(variant, item))
}

/// Whether an item of the variants column has all words of another one.
fn has_all(item: &str, words: &str) -> bool {
    words.split_whitespace().all(|word| item.split_whitespace().any(|own| own == word))
}

/// Takes the variants of exemptions from a row.
fn take_variants(row: &mut ListEntry, mut exemptions: Vec<&Exemption>) -> RowChange {
    exemptions.sort_by_key(|exemption| exemption.line);
    let Some(first) = exemptions.first() else { return RowChange::None };
    let (except, only): (Vec<String>, Vec<String>) =
        row.variants.iter().cloned().partition(|item| item.starts_with('!'));
    let takes_all = |exemption: &&&Exemption| {
        exemption.variant.is_empty()
            || !only.is_empty() && only.iter().all(|item| has_all(item, &exemption.variant))
    };
    if let Some(exemption) = exemptions.iter().find(takes_all) {
        return RowChange::LeftOut(exemption.report());
    }
    let items = exemptions.iter().map(|exemption| format!("!{}", exemption.variant));
    let items: BTreeSet<String> = except.into_iter().chain(items).collect();
    if items.len() > MAX_EXCEPTIONS {
        return RowChange::LeftOut(first.report());
    }
    let variants: Vec<String> = only.into_iter().chain(items).collect();
    if variants == row.variants {
        return RowChange::None;
    }
    row.variants = variants;
    // Without the variants of an entry for the same test, nothing is lost.
    match exemptions.iter().find(|exemption| exemption.pattern != row.pattern) {
        Some(exemption) => RowChange::Narrowed(exemption.report()),
        None => RowChange::None,
    }
}
