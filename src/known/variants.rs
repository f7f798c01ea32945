//! The variants that a row applies to.
//!
//! A variant is a set of words separated by spaces, such as `linux memory`. An item of a scope is a pattern over the
//! whole variant, or a set of patterns, each of which matches one of its words: `memory` applies to `linux memory`.
//! Two items of words are never disjoint, since some variant may have the words of both.
//!
//! Scopes are compared by their items' sorted texts. That key is computed once, since all rows of a section share the
//! scope of its directive.

use super::pattern::regex_budget::RegexBudget;
use super::pattern::{BadRegex, Pattern, PatternKind};
use crate::model::Variant;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Deref;
use std::slice;
use std::sync::Arc;

/// Steps after which the comparison of two scopes ends: a cell may have a million patterns.
const MAX_SCOPE_STEPS: u64 = 1 << 20;

/// The variants that a row applies to.
#[derive(Debug, Clone, Default)]
pub struct VariantScope {
    /// What a variant has to match one of; empty means all variants.
    pub only: VariantItems,
    /// `!name`: not these.
    pub except: VariantItems,
}

impl VariantScope {
    /// Parses `memory, postgres-*, !linux nvidia`; empty, `-`, `all` and `*` are all variants.
    pub(super) fn parse(text: &str, budget: &mut RegexBudget) -> Result<VariantScope, BadRegex> {
        let (mut only, mut except, mut all) = (Vec::new(), Vec::new(), false);
        for item in text.split(',') {
            let item = item.trim_matches(|c: char| c == '`' || c.is_whitespace());
            match (item.strip_prefix('!'), item.to_ascii_lowercase().as_str()) {
                (Some(name), _) => except.push(VariantItem::parse(name.trim(), budget)?),
                (None, "" | "-") => {}
                (None, "all" | "any" | "*") => all = true,
                (None, _) => only.push(VariantItem::parse(item, budget)?),
            }
        }
        if all {
            only.clear();
        }
        Ok(VariantScope { only: VariantItems::new(only), except: VariantItems::new(except) })
    }

    /// A variant's name as it is written in a list of variants, where it is read as this variant and none of the
    /// `others`; `None` for the unnamed variant.
    pub fn item_for<'v>(
        name: &str,
        others: impl IntoIterator<Item = &'v Variant>,
    ) -> Option<String> {
        let is_keyword = ["-", "all", "any", "*"].contains(&name.to_ascii_lowercase().as_str());
        let needs_regex = is_keyword
            || name.contains([',', '`'])
            || name.starts_with('!')
            || name.trim() != name
            || Pattern::requires_regex(name);
        let plain = (!needs_regex).then(|| Pattern::for_name(name));
        let is_of_name_alone = |text: &String| {
            let item = VariantItem::parse(text, &mut RegexBudget::default());
            let is_other = |other: &&Variant| other.as_str() != name;
            let mut others = others.into_iter().filter(is_other);
            item.is_ok_and(|item| !others.any(|other| item.matches(other)))
        };
        if name.is_empty() {
            return None;
        }
        let regex = || format!("re:(?:{})", regex_syntax::escape(name).replace(',', r"\x2C"));
        Some(plain.filter(is_of_name_alone).unwrap_or_else(regex))
    }

    /// Whether the row applies to every variant.
    pub fn is_all(&self) -> bool {
        self.only.is_empty() && self.except.is_empty()
    }

    /// Whether both have the same items, in whatever order they are written.
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
        (self.only.is_empty() || self.only.iter().any(|item| item.matches_with(name, steps)))
            && !self.except.iter().any(|item| item.matches_with(name, steps))
    }

    /// Whether it allows every variant that `other` does. May return false negatives, of which those of long cells are many.
    /// Adds the steps taken to `steps`.
    pub(super) fn is_superset_of(&self, other: &VariantScope, steps: &mut u64) -> bool {
        if self.is_same(other) {
            return true;
        }
        let max_steps = steps.saturating_add(MAX_SCOPE_STEPS);
        let is_limited = !other.only.is_empty();
        let mut is_allowed = |b: &VariantItem| {
            *steps <= max_steps && self.only.iter().any(|a| a.is_superset_of(b, steps, max_steps))
        };
        let allows_all =
            self.only.is_empty() || is_limited && other.only.iter().all(&mut is_allowed);
        let mut is_excluded = |a: &VariantItem| {
            let mut is_other = |b: &VariantItem| !a.may_overlap(b, steps);
            if is_limited && other.only.iter().all(&mut is_other) {
                return true;
            }
            other.except.iter().any(|b| b.is_superset_of(a, steps, max_steps))
        };
        allows_all && self.except.iter().all(&mut is_excluded)
    }

    /// Whether some variant could be in both. May return false positives.
    pub(super) fn may_overlap(&self, other: &VariantScope, steps: &mut u64) -> bool {
        let max_steps = steps.saturating_add(MAX_SCOPE_STEPS);
        let may_share = |a: &VariantItem, b: &VariantItem, steps: &mut u64| {
            *steps += 1;
            *steps > max_steps || a.may_overlap(b, steps)
        };
        let is_disjoint = !self.only.is_empty()
            && !other.only.is_empty()
            && !self.only.iter().any(|a| other.only.iter().any(|b| may_share(a, b, steps)));
        let mut all_excluded = |named: &[VariantItem], except: &[VariantItem]| {
            let mut is_excluded = |item: &VariantItem| {
                except.iter().any(|e| e.is_superset_of(item, steps, max_steps))
            };
            !named.is_empty() && named.iter().all(&mut is_excluded)
        };
        !is_disjoint
            && !all_excluded(&self.only, &other.except)
            && !all_excluded(&other.only, &self.except)
    }

    /// Whether one is about variants of the other, not only about some that have the words of both. May return false
    /// negatives.
    pub(super) fn overlaps(&self, other: &VariantScope, steps: &mut u64) -> bool {
        let max_steps = steps.saturating_add(MAX_SCOPE_STEPS);
        let mut is_part = |a: &VariantItem, b: &VariantItem| {
            a.is_superset_of(b, steps, max_steps) || b.is_superset_of(a, steps, max_steps)
        };
        let shares = self.only.is_empty()
            || other.only.is_empty()
            || self.only.iter().any(|a| other.only.iter().any(|b| is_part(a, b)));
        shares && self.may_overlap(other, steps)
    }

    /// What it names literally and no variant has: a word, or words that no variant has together.
    pub fn unknown_names(&self, variants: &[Variant]) -> Vec<String> {
        let items = self.only.iter().chain(self.except.iter());
        items.flat_map(|item| item.unknown_names(variants)).collect()
    }

    /// Equal for scopes with the same items, in whatever order they are written.
    pub(super) fn key(&self) -> [Option<&str>; 2] {
        [self.only.key.as_deref(), self.except.key.as_deref()]
    }
}

/// Items of a scope, in the order in which they are written. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct VariantItems {
    items: Arc<[VariantItem]>,
    /// The items' texts, sorted and joined.
    key: Option<Arc<str>>,
}

impl VariantItems {
    fn new(items: Vec<VariantItem>) -> VariantItems {
        let texts: BTreeSet<Cow<'_, str>> = items.iter().map(VariantItem::key).collect();
        let key = Vec::from_iter(texts).join(",");
        VariantItems { key: (!items.is_empty()).then(|| key.into()), items: items.into() }
    }
}

impl Deref for VariantItems {
    type Target = [VariantItem];

    fn deref(&self) -> &[VariantItem] {
        &self.items
    }
}

/// One alternative of a scope.
#[derive(Debug, Clone)]
pub struct VariantItem {
    whole: Pattern,
    words: Words,
}

/// The words of an item.
#[derive(Debug, Clone)]
enum Words {
    /// It is about whole variants: a regular expression, or empty.
    None,
    /// The item is one word.
    One,
    Several(Box<[Pattern]>),
}

impl VariantItem {
    fn parse(text: &str, budget: &mut RegexBudget) -> Result<VariantItem, BadRegex> {
        let parse = |text: &str, budget: &mut _| Pattern::parse_with_budget(text, budget);
        let whole = parse(text, budget)?;
        if whole.kind() == PatternKind::Regex {
            return Ok(VariantItem { whole, words: Words::None });
        }
        // `` `linux` `nvidia` `` are two words, and no backticks.
        let without_backticks = words(text).map(|word| word.trim_matches('`'));
        let texts: Vec<&str> = without_backticks.filter(|word| !word.is_empty()).collect();
        let whole = parse(&texts.join(" "), budget)?;
        let words = match texts.as_slice() {
            [] => Words::None,
            [_] => Words::One,
            [_, _, ..] => {
                let words: Result<_, _> = texts.iter().map(|word| parse(word, budget)).collect();
                Words::Several(words?)
            }
        };
        Ok(VariantItem { whole, words })
    }

    /// The text that it was parsed from, without its `!` and without backticks.
    pub fn as_str(&self) -> &str {
        self.whole.as_str()
    }

    /// Whether it applies to this variant.
    pub fn matches(&self, variant: &Variant) -> bool {
        self.matches_with(variant.as_str(), &mut 0)
    }

    fn matches_with(&self, variant: &str, steps: &mut u64) -> bool {
        let has_word = |pattern: &Pattern, steps: &mut u64| {
            words(variant).any(|word| pattern.matches_with(word, steps))
        };
        self.whole.matches_with(variant, steps)
            || !self.words().is_empty()
                && self.words().iter().all(|pattern| has_word(pattern, steps))
    }

    /// Whether it has no wildcard and is no regular expression.
    pub fn is_literal(&self) -> bool {
        self.whole.kind() == PatternKind::Exact
    }

    /// Patterns, each of which matches some word of every variant that it applies to by its words.
    fn words(&self) -> &[Pattern] {
        match &self.words {
            Words::None => &[],
            Words::One => slice::from_ref(&self.whole),
            Words::Several(words) => words,
        }
    }

    /// Whether it applies to every variant that the other does. May return false negatives.
    fn is_superset_of(&self, other: &VariantItem, steps: &mut u64, max_steps: u64) -> bool {
        if *steps > max_steps {
            return false;
        }
        // Words without wildcards are words of each variant that the whole pattern matches, too.
        let is_literal = |word: &&Pattern| word.kind() == PatternKind::Exact;
        let covers_whole = self.whole.is_superset_of(&other.whole, steps)
            || self.is_implied_by(other.words().iter().filter(is_literal), steps, max_steps);
        covers_whole
            && (matches!(other.words, Words::None)
                || self.whole.is_catch_all()
                || self.is_implied_by(other.words().iter(), steps, max_steps))
    }

    /// Whether it applies to every variant with words that match these patterns.
    fn is_implied_by<'p>(
        &self,
        words: impl Iterator<Item = &'p Pattern> + Clone,
        steps: &mut u64,
        max_steps: u64,
    ) -> bool {
        let mut is_implied = |wide: &Pattern| {
            let mut words = words.clone();
            words.any(|narrow| *steps <= max_steps && wide.is_superset_of(narrow, steps))
        };
        !self.words().is_empty() && self.words().iter().all(&mut is_implied)
    }

    /// Whether some variant is one of both. May return false positives.
    fn may_overlap(&self, other: &VariantItem, steps: &mut u64) -> bool {
        match (&self.words, &other.words) {
            (Words::None, _) if let Some(variant) = self.single_variant(steps) => {
                other.matches_with(&variant, steps)
            }
            (_, Words::None) if let Some(variant) = other.single_variant(steps) => {
                self.matches_with(&variant, steps)
            }
            (Words::None, Words::None) => self.whole.overlaps(&other.whole, steps) != Some(false),
            (Words::None | Words::One | Words::Several(_), _) => true,
        }
    }

    /// The only variant that it applies to, if it is about whole variants and applies to one.
    fn single_variant(&self, steps: &mut u64) -> Option<Cow<'_, str>> {
        *steps += COST_PER_PARSED_BYTE * self.whole.as_str().len() as u64;
        self.whole.single_name()
    }

    fn unknown_names(&self, variants: &[Variant]) -> Vec<String> {
        let is_literal = |word: &&Pattern| word.kind() == PatternKind::Exact;
        let is_word = |pattern: &Pattern| {
            let mut all = variants.iter().flat_map(|variant| words(variant.as_str()));
            all.any(|word| pattern.matches(word))
        };
        let literal = self.words().iter().filter(is_literal);
        let unknown = literal.filter(|word| !is_word(word)).map(|word| word.as_str().to_owned());
        let unknown: Vec<String> = unknown.collect();
        let is_known = || variants.iter().any(|variant| self.matches(variant));
        if unknown.is_empty() && self.is_literal() && !is_known() {
            return vec![self.as_str().to_owned()];
        }
        unknown
    }

    /// Equal for items that apply to the same variants.
    fn key(&self) -> Cow<'_, str> {
        let Words::Several(words) = &self.words else { return self.as_str().into() };
        if !self.is_literal() {
            return self.as_str().into();
        }
        let words: BTreeSet<&str> = words.iter().map(Pattern::as_str).collect();
        Vec::from_iter(words).join(" ").into()
    }
}

/// Steps charged for a byte of a regular expression that is parsed.
const COST_PER_PARSED_BYTE: u64 = 64;

/// The words of a variant or of an item.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scope(cell: &str) -> VariantScope {
        VariantScope::parse(cell, &mut RegexBudget::default()).unwrap()
    }

    #[test]
    fn an_item_is_a_pattern_or_a_set_of_words() {
        for (cell, variant, is_allowed) in [
            ("memory", "memory", true),
            ("memory", "pjdfstest memory 4.1", true),
            ("memory", "memory-slow", false),
            ("Memory", "memory", false),
            ("linux nvidia", "nvidia fast linux", true),
            ("linux nvidia", "linux", false),
            ("linux nv*", "nvidia linux", true),
            ("*", "a b", true),
            ("ubuntu-*", "x ubuntu-24 y", true),
            ("x*y", "x a y", true),
            ("4.?", "x 4.1", true),
            ("s3, linux nvidia", "s3 x", true),
            ("!linux nvidia", "nvidia linux", false),
            ("!linux nvidia", "linux amd", true),
            ("linux, !nvidia", "linux nvidia", false),
            ("linux, !nvidia", "linux amd", true),
            ("`linux` `nvidia`", "linux nvidia", true),
            ("  linux   nvidia ", "nvidia linux", true),
            ("re:mem.*", "memory fast", true),
            ("re:mem.*", "fast memory", false),
            ("re:mem", "mem fast", false),
            ("!", "", false),
            ("!", "linux", true),
            ("linux", "", false),
        ] {
            assert_eq!(scope(cell).allows(&Variant::new(variant)), is_allowed, "{cell} {variant}");
        }
    }

    #[test]
    fn scopes_are_the_same_in_any_order_of_their_words() {
        for (a, b, is_same) in [
            ("linux nvidia", "nvidia linux", true),
            ("linux nvidia, s3", "s3, nvidia `linux`", true),
            ("linux linux", "linux", true),
            ("linux, nvidia", "linux nvidia", false),
            ("a* b", "b a*", false),
            ("re:a b", "re:b a", false),
        ] {
            assert_eq!(scope(a).is_same(&scope(b)), is_same, "{a} {b}");
        }
    }

    #[test]
    fn names_that_no_variant_has_are_unknown() {
        let variants = ["pjdfstest memory 4.1", "linux nvidia"].map(Variant::new);
        for (cell, unknown) in [
            ("memory", vec![]),
            ("memroy", vec!["memroy"]),
            ("memroy 4.1 lniux", vec!["memroy", "lniux"]),
            ("memory nvidia", vec!["memory nvidia"]),
            ("4.1 memory, !windows", vec!["windows"]),
            ("re:x, y*, y* memory", vec![]),
        ] {
            assert_eq!(scope(cell).unknown_names(&variants), unknown, "{cell}");
        }
    }

    #[test]
    fn an_item_for_a_variant_is_plain_where_that_is_enough() {
        let others = ["linux nvidia", "windows"].map(Variant::new);
        for (name, item) in [
            ("linux", "re:(?:linux)"),
            ("windows", "windows"),
            ("linux amd", "linux amd"),
            ("a,b", r"re:(?:a\x2Cb)"),
        ] {
            assert_eq!(VariantScope::item_for(name, &others).as_deref(), Some(item));
        }
    }

    fn cells() -> impl Strategy<Value = String> {
        let items = [
            "a", "b", "c", "a b", "b a", "b c", "a*", "?", "*b", "a*b", "a* c", "b ?", "c *",
            "re:a", "re:b c", "re:a.*", "*", "",
        ];
        let item = (proptest::bool::weighted(0.3), prop::sample::select(items.to_vec()));
        let item = item
            .prop_map(|(is_negated, item)| format!("{}{item}", if is_negated { "!" } else { "" }));
        prop::collection::vec(item, 1..4).prop_map(|items| items.join(", "))
    }

    /// Every variant of up to three words.
    fn variants() -> Vec<Variant> {
        let words = ["a", "b", "c", "ab", "cb"];
        let mut names = vec![String::new()];
        for (count, from) in [(1, 0), (2, 1), (3, 6)] {
            let longer: Vec<String> = names[from..]
                .iter()
                .filter(|name| name.split(' ').filter(|word| !word.is_empty()).count() == count - 1)
                .flat_map(|name| words.map(|word| format!("{name} {word}").trim().to_owned()))
                .collect();
            names.extend(longer);
        }
        names.iter().map(|name| Variant::new(name)).collect()
    }

    proptest! {
        #[test]
        fn a_superset_allows_all_and_disjoint_scopes_share_none(a in cells(), b in cells()) {
            let (a, b) = (scope(&a), scope(&b));
            let (is_superset, may_overlap) = (a.is_superset_of(&b, &mut 0), a.may_overlap(&b, &mut 0));
            prop_assert!(a.is_superset_of(&a, &mut 0));
            prop_assert_eq!(may_overlap, b.may_overlap(&a, &mut 0));
            for variant in variants() {
                let allowed = [&a, &b].map(|scope| scope.allows(&variant));
                prop_assert!(!(is_superset && allowed == [false, true]), "{variant}");
                prop_assert!(may_overlap || allowed != [true, true], "{variant}");
                prop_assert!(!a.is_same(&b) || allowed[0] == allowed[1], "{variant}");
            }
        }

        #[test]
        fn an_item_is_read_as_its_variant_alone(
            name in r"All|any|-|\*|re:x|[a-z]{0,2} [a-z]|[a-zA-Z]{0,2}[-*,!|? `\\re:]{0,3}[a-zA-Z]{0,2}|\PC{1,4}",
            other in r"[a-zA-Z]{0,2}[-*,!|? `\\]{0,3}[a-z]{0,2}",
            more in " [a-z]",
        ) {
            let name = Variant::new(&name).as_str().to_owned();
            for other in [Variant::new(&other), Variant::new(&format!("{name}{more}"))] {
                let Some(item) = VariantScope::item_for(&name, [&other]) else { return Ok(()) };
                let scope = VariantScope::parse(&format!("zzz, {item}"), &mut RegexBudget::default());
                let scope = scope.map_err(|_| TestCaseError::fail(item.clone()))?;
                prop_assert!(scope.allows(&Variant::new(&name)), "{item}");
                prop_assert_eq!(scope.only.len(), 2, "{}", item);
                prop_assert!(scope.except.is_empty(), "{item}");
                let is_same = other.as_str() == name;
                prop_assert_eq!(scope.allows(&other), is_same, "{} {}", item, other);
            }
        }
    }
}
