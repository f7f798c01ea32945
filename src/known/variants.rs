//! The variants that a row applies to.
//!
//! Scopes are compared by their patterns' sorted texts. That key is computed once, since all rows of a section
//! share the scope of its directive.

use super::pattern::regex_budget::RegexBudget;
use super::pattern::{BadRegex, Pattern, PatternKind};
use crate::model::Variant;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

/// Steps after which the comparison of two scopes ends: a cell may have a million patterns.
const MAX_SCOPE_STEPS: u64 = 1 << 20;

/// The variants that a row applies to.
#[derive(Debug, Clone, Default)]
pub struct VariantScope {
    /// Names or patterns; empty means all variants.
    pub only: VariantPatterns,
    /// `!name`: not these.
    pub except: VariantPatterns,
}

impl VariantScope {
    /// Parses `memory, postgres-*, !memory-slow`; empty, `-`, `all` and `*` are all variants.
    pub(super) fn parse(text: &str, budget: &mut RegexBudget) -> Result<VariantScope, BadRegex> {
        let (mut only, mut except, mut all) = (Vec::new(), Vec::new(), false);
        for item in text.split(',') {
            let item = item.trim_matches(|c: char| c == '`' || c.is_whitespace());
            match (item.strip_prefix('!'), item.to_ascii_lowercase().as_str()) {
                (Some(name), _) => except.push(Pattern::parse_with_budget(name.trim(), budget)?),
                (None, "" | "-") => {}
                (None, "all" | "any" | "*") => all = true,
                (None, _) => only.push(Pattern::parse_with_budget(item, budget)?),
            }
        }
        if all {
            only.clear();
        }
        Ok(VariantScope { only: VariantPatterns::new(only), except: VariantPatterns::new(except) })
    }

    /// A variant's name as it is written in a list of variants, where it is read as this variant alone; `None` for the
    /// unnamed variant.
    pub fn item_for(name: &str) -> Option<String> {
        let is_separator = |c: char| c == '`' || c.is_whitespace();
        let is_word = ["-", "all", "any", "*"].contains(&name.to_ascii_lowercase().as_str());
        let needs_regex = is_word
            || name.contains(',')
            || name.starts_with('!')
            || name.trim_matches(is_separator) != name
            || Pattern::requires_regex(name);
        if name.is_empty() {
            None
        } else if needs_regex {
            Some(format!("re:(?:{})", regex_syntax::escape(name).replace(',', r"\x2C")))
        } else {
            Some(Pattern::for_name(name))
        }
    }

    /// Whether the row applies to every variant.
    pub fn is_all(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Whether both have the same patterns, in whatever order they are written.
    pub fn is_same(&self, other: &VariantScope) -> bool {
        self.key() == other.key()
    }

    /// Whether the row applies to this variant.
    pub fn allows(&self, variant: &Variant) -> bool {
        self.allows_with(variant, &mut 0)
    }

    /// [`VariantScope::allows`], adding the steps taken to `steps`.
    pub(super) fn allows_with(&self, variant: &Variant, steps: &mut u64) -> bool {
        let name = variant.as_str();
        (self.only.is_empty() || self.only.iter().any(|p| p.matches_with(name, steps)))
            && !self.except.iter().any(|p| p.matches_with(name, steps))
    }

    /// Whether it allows every variant that `other` does. May return false negatives, of which those of long cells are many.
    /// Adds the steps taken to `steps`.
    pub(super) fn is_superset_of(&self, other: &VariantScope, steps: &mut u64) -> bool {
        if self.is_same(other) {
            return true;
        }
        let max_steps = steps.saturating_add(MAX_SCOPE_STEPS);
        let is_limited = !other.only.is_empty();
        let mut is_allowed = |b: &Pattern| {
            *steps <= max_steps && self.only.iter().any(|a| a.is_superset_of(b, steps))
        };
        let allows_all =
            self.only.is_empty() || is_limited && other.only.iter().all(&mut is_allowed);
        let mut is_excluded = |a: &Pattern| {
            if *steps > max_steps {
                return false;
            }
            let mut is_other =
                |b: &Pattern| b.kind() == PatternKind::Exact && !a.is_superset_of(b, steps);
            is_limited && other.only.iter().all(&mut is_other)
                || other.except.iter().any(|b| b.is_superset_of(a, steps))
        };
        allows_all && self.except.iter().all(&mut is_excluded)
    }

    /// Whether some variant could be in both. May return false positives.
    pub(super) fn may_overlap(&self, other: &VariantScope, steps: &mut u64) -> bool {
        let max_steps = steps.saturating_add(MAX_SCOPE_STEPS);
        let may_share = |a: &Pattern, b: &Pattern, steps: &mut u64| {
            *steps += 1;
            *steps > max_steps || a.overlaps(b, steps) != Some(false)
        };
        let is_disjoint = !self.only.is_empty()
            && !other.only.is_empty()
            && !self.only.iter().any(|a| other.only.iter().any(|b| may_share(a, b, steps)));
        let mut all_excluded = |named: &[Pattern], except: &[Pattern]| {
            let mut is_excluded = |p: &Pattern| {
                *steps <= max_steps && except.iter().any(|e| e.is_superset_of(p, steps))
            };
            !named.is_empty() && named.iter().all(&mut is_excluded)
        };
        !is_disjoint
            && !all_excluded(&self.only, &other.except)
            && !all_excluded(&other.only, &self.except)
    }

    /// Equal for scopes with the same patterns, in whatever order they are written.
    pub(super) fn key(&self) -> [Option<&str>; 2] {
        [self.only.key.as_deref(), self.except.key.as_deref()]
    }
}

/// Names or patterns of variants, in the order in which they are written. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct VariantPatterns {
    patterns: Arc<[Pattern]>,
    /// The patterns' texts, sorted and joined.
    key: Option<Arc<str>>,
}

impl VariantPatterns {
    fn new(patterns: Vec<Pattern>) -> VariantPatterns {
        let texts: BTreeSet<&str> = patterns.iter().map(Pattern::as_str).collect();
        let key = Vec::from_iter(texts).join(",");
        VariantPatterns {
            key: (!patterns.is_empty()).then(|| key.into()),
            patterns: patterns.into(),
        }
    }
}

impl Deref for VariantPatterns {
    type Target = [Pattern];

    fn deref(&self) -> &[Pattern] {
        &self.patterns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_item_is_read_as_its_variant_alone(
            name in r"All|any|-|\*|re:x|[a-zA-Z]{0,2}[-*,!|? `\\re:]{0,3}[a-zA-Z]{0,2}|\PC{1,4}",
            other in r"[a-zA-Z]{0,2}[-*,!|? `\\]{0,3}",
        ) {
            let name = Variant::new(&name).as_str().to_owned();
            let Some(item) = VariantScope::item_for(&name) else { return Ok(()) };
            let scope = VariantScope::parse(&format!("zzz, {item}"), &mut RegexBudget::default());
            let scope = scope.map_err(|_| TestCaseError::fail(item.clone()))?;
            prop_assert!(scope.allows(&Variant::new(&name)), "{item}");
            prop_assert_eq!(scope.only.len(), 2, "{}", item);
            prop_assert!(scope.except.is_empty(), "{item}");
            prop_assert_eq!(scope.allows(&Variant::new(&other)), other == name, "{} {}", item, other);
        }
    }
}
