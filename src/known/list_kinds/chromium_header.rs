//! What the comments of an expectation file declare.
//!
//! Chromium's parser accepts only results that the file declares, while WebKit's knows no declarations, so the
//! declarations distinguish the two dialects.

use super::lines::numbered_lines;
use std::collections::HashMap;

/// The declarations of a file.
pub(super) struct Header {
    pub dialect: Dialect,
    pub wildcards: Wildcards,
    pub conflicts: ConflictResolution,
    pub tags: DeclaredTags,
}

/// Whose rules a file follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Chromium,
    WebKit,
}

/// Where a `*` is a wildcard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wildcards {
    AtEnd,
    Anywhere,
}

/// What several entries for a test that apply at the same time mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConflictResolution {
    /// The results of all of them may happen.
    Union,
    /// The last one counts.
    Override,
}

/// The tags by their names in lower case: Chromium compares them without regard to case.
#[derive(Debug, Default)]
pub(super) struct DeclaredTags(HashMap<String, DeclaredTag>);

#[derive(Debug)]
pub(super) struct DeclaredTag {
    /// As the file declares it.
    pub name: String,
    /// Its set; two tags of a set never hold at the same time.
    pub set: usize,
}

impl DeclaredTags {
    pub(super) fn get(&self, tag: &str) -> Option<&DeclaredTag> {
        self.0.get(&tag.to_lowercase())
    }
}

impl Header {
    pub(super) fn read(text: &str) -> Header {
        let mut header = Header {
            dialect: if declares(text) { Dialect::Chromium } else { Dialect::WebKit },
            wildcards: Wildcards::AtEnd,
            conflicts: ConflictResolution::Union,
            tags: DeclaredTags::default(),
        };
        let mut set = 0;
        let mut is_in_tags = false;
        for (_, line) in numbered_lines(text) {
            let Some(comment) = line.strip_prefix('#').map(str::trim) else {
                is_in_tags = false;
                continue;
            };
            let tags = if let Some(tags) = comment.strip_prefix("tags: [") {
                (set, is_in_tags) = (set + 1, true);
                tags
            } else {
                comment
            };
            if is_in_tags {
                header.add_tags(tags.split(']').next().unwrap_or_default(), set);
                is_in_tags = !tags.contains(']');
            } else {
                header.read_setting(comment);
            }
        }
        header
    }

    fn add_tags(&mut self, names: &str, set: usize) {
        for name in names.split_whitespace() {
            let tag = DeclaredTag { name: name.to_owned(), set };
            self.tags.0.insert(name.to_lowercase(), tag);
        }
    }

    fn read_setting(&mut self, comment: &str) {
        match comment.split_once(": ") {
            Some(("full_wildcard_support", value)) if value.eq_ignore_ascii_case("true") => {
                self.wildcards = Wildcards::Anywhere;
            }
            Some(("conflict_resolution", value)) if value.eq_ignore_ascii_case("override") => {
                self.conflicts = ConflictResolution::Override;
            }
            Some(_) | None => {}
        }
    }
}

/// Whether the file declares results or tags.
pub(super) fn declares(text: &str) -> bool {
    let is_declaration =
        |line: &str| line.starts_with("# results: [") || line.starts_with("# tags: [");
    numbered_lines(text).any(|(_, line)| is_declaration(line))
}

/// Whether a comment, without its `#`, begins a declaration.
pub(super) fn is_declaration(comment: &str) -> bool {
    let comment = comment.trim_start();
    comment.starts_with("tags: [") || comment.starts_with("results: [") || is_setting(comment)
}

/// Whether a comment, without its `#`, is a declaration of one line.
pub(super) fn is_setting(comment: &str) -> bool {
    let settings = ["conflicts_allowed: ", "conflict_resolution: ", "full_wildcard_support: "];
    settings.iter().any(|setting| comment.trim_start().starts_with(setting))
}
