//! The tags of an expectation as variants.
//!
//! All tags of a Chromium entry must hold. In WebKit, an entry applies to any of the versions that it names, and to any
//! of the build types; both must hold.

use super::chromium_header::{Dialect, Header};
use super::list_builder::all_of_pattern;
use std::collections::{BTreeSet, HashSet};

/// Tags that must all hold.
pub(super) type TagSet = BTreeSet<String>;

/// The versions of macOS, oldest first: `Ventura+` is this version and later ones.
const MACOS_VERSIONS: [&str; 17] = [
    "Leopard",
    "SnowLeopard",
    "Lion",
    "MountainLion",
    "Mavericks",
    "Yosemite",
    "ElCapitan",
    "Sierra",
    "HighSierra",
    "Mojave",
    "Catalina",
    "BigSur",
    "Monterey",
    "Ventura",
    "Sonoma",
    "Sequoia",
    "Tahoe",
];

/// Systems and versions of others, of which a run has one.
const SYSTEMS: [&str; 16] = [
    "Mac", "iOS", "iPhone", "iPad", "Win", "XP", "Vista", "Win7", "Win8", "Win8.1", "Win10",
    "Win11", "WinCairo", "GTK", "WPE", "Linux",
];

const BUILD_TYPES: [&str; 3] = ["Debug", "Release", "Production"];

const ARCHITECTURES: [&str; 7] =
    ["x86", "x86_64", "arm64", "arm64e", "arm64_32", "armv7", "armv7k"];

/// The alternatives that an entry applies to, without any if it always does; `None` if they cannot be expressed.
pub(super) fn tag_sets(header: &Header, tags: &[&str]) -> Option<Vec<TagSet>> {
    let sets = match header.dialect {
        Dialect::Chromium => vec![chromium_set(header, tags)?],
        Dialect::WebKit => webkit_sets(tags)?,
    };
    let is_writable = |set: &TagSet| variant(set).is_some();
    sets.iter().all(is_writable).then_some(sets)
}

/// The item of the variants column for a set of tags.
pub(super) fn variant(tags: &TagSet) -> Option<String> {
    all_of_pattern(tags.iter().map(String::as_str))
}

/// The tags as the file declares them; `None` for two of a set, which is an error in Chromium.
fn chromium_set(header: &Header, tags: &[&str]) -> Option<TagSet> {
    let mut sets = HashSet::new();
    let name = |tag: &&str| match header.tags.get(tag) {
        Some(declared) => sets.insert(declared.set).then(|| declared.name.clone()),
        None => Some((*tag).to_owned()),
    };
    tags.iter().map(name).collect()
}

fn webkit_sets(tags: &[&str]) -> Option<Vec<TagSet>> {
    let mut axes: [TagSet; 4] = Default::default();
    let [versions, build_types, architectures, others] = &mut axes;
    for tag in tags.iter().copied() {
        if let Some(name) = find(&BUILD_TYPES, tag) {
            build_types.insert(name.to_owned());
        } else if let Some(name) = find(&ARCHITECTURES, tag) {
            architectures.insert(name.to_owned());
        } else if let Some(name) = find(&SYSTEMS, tag) {
            versions.insert(name.to_owned());
        } else if let Some(range) = macos_versions(tag) {
            versions.extend(range.iter().map(|name| (*name).to_owned()));
        } else if tag.contains('+') {
            return None;
        } else {
            others.insert(tag.to_owned());
        }
    }
    // Which axis an unknown word is on decides whether it widens or narrows the entry.
    if others.len() > 1 {
        return None;
    }
    let mut sets = vec![TagSet::new()];
    for axis in axes.iter().filter(|axis| !axis.is_empty()) {
        let with = |set: &TagSet| -> Vec<TagSet> {
            let add = |tag: &String| set.iter().chain([tag]).cloned().collect();
            axis.iter().map(add).collect()
        };
        sets = sets.iter().flat_map(with).collect();
    }
    Some(sets)
}

/// The name in a table that a tag means, without regard to case.
fn find(table: &[&'static str], tag: &str) -> Option<&'static str> {
    table.iter().copied().find(|name| name.eq_ignore_ascii_case(tag))
}

/// The versions of `Ventura`, `Ventura+` or `Monterey-Ventura`; `None` if it names none.
fn macos_versions(tag: &str) -> Option<&'static [&'static str]> {
    let position = |name: &str| MACOS_VERSIONS.iter().position(|v| v.eq_ignore_ascii_case(name));
    if let Some(first) = tag.strip_suffix('+') {
        return MACOS_VERSIONS.get(position(first)?..);
    }
    let (first, last) = tag.split_once('-').unwrap_or((tag, tag));
    MACOS_VERSIONS.get(position(first)?..=position(last)?)
}
