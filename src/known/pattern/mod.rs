//! Patterns: an exact name, a wildcard, or a regular expression over the whole name.
//!
//! `*` matches any characters, `.` and `/` too: `smb2.dir.*` does not match `smb2.dirlease.rename` only because of
//! its dots. Brackets and braces are ordinary characters.
//!
//! With `match = end`, a name or wildcard also matches what follows a separator in a name, up to its end.

pub(crate) mod ends;
pub(crate) mod message;
pub(crate) mod regex;
pub(crate) mod regex_analysis;
pub(crate) mod regex_budget;
pub(crate) mod wildcard;

pub use regex::BadRegex;
pub(crate) use wildcard::WildcardToken;

use super::document::lines::is_trimmed;
use ends::{SEPARATORS, ends};
use regex::{Extent, LazyRegex};
use regex_budget::RegexBudget;
use regex_syntax::hir::HirKind;
use std::borrow::Cow;
use std::sync::Arc;
use wildcard::tokens;

/// The prefix of a pattern that is a regular expression.
pub(super) const REGEX_PREFIX: &str = "re:";

/// Maximum ends of a wildcard that are compared.
const MAX_ENDS: usize = 32;

/// An exact name, a wildcard or a regular expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: Box<str>,
    matcher: Matcher,
}

/// The kinds of pattern, in the order in which they claim a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternKind {
    Exact,
    /// Also a name that matches the ends of others.
    Wildcard,
    Regex,
}

/// The key of a pattern: equal for patterns that match the same names for the same reason, however they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PatternIdentity<'p> {
    Exact(&'p str),
    Wildcard(&'p [WildcardToken]),
    Regex(&'p str),
    EndName(&'p str),
    EndWildcard(&'p [WildcardToken]),
}

#[derive(Debug, Clone)]
enum Matcher {
    Exact(Box<str>),
    Wildcard(Box<[WildcardToken]>),
    /// A name or wildcard that the whole name or an end of it matches. Boxed, because few patterns are such.
    End(Box<Pattern>),
    Regex(Arc<LazyRegex>),
}

impl Pattern {
    /// Parses a pattern. Only a `re:` pattern can be invalid.
    pub fn parse(text: &str) -> Result<Pattern, BadRegex> {
        Pattern::parse_with_budget(text, &mut RegexBudget::default())
    }

    /// Parses one of several patterns that share a budget.
    pub(crate) fn parse_with_budget(
        text: &str,
        budget: &mut RegexBudget,
    ) -> Result<Pattern, BadRegex> {
        Pattern::parse_for(Extent::Whole, text, budget)
    }

    fn parse_for(
        extent: Extent,
        text: &str,
        budget: &mut RegexBudget,
    ) -> Result<Pattern, BadRegex> {
        let matcher = if let Some(source) = text.strip_prefix(REGEX_PREFIX) {
            Matcher::Regex(Arc::new(LazyRegex::parse(source.trim(), extent, budget)?))
        } else {
            let mut tokens = tokens(text);
            match tokens.as_mut_slice() {
                [] => Matcher::Exact("".into()),
                [WildcardToken::Text(text)] => Matcher::Exact(std::mem::take(text).into()),
                _ => Matcher::Wildcard(tokens.into()),
            }
        };
        Ok(Pattern { text: text.into(), matcher })
    }

    /// The pattern that also matches names with an end that this one matches. A regular expression stays as it is.
    pub(crate) fn into_end(self) -> Pattern {
        match self.matcher {
            Matcher::Exact(_) | Matcher::Wildcard(_) => {
                Pattern { text: self.text.clone(), matcher: Matcher::End(Box::new(self)) }
            }
            Matcher::End(_) | Matcher::Regex(_) => self,
        }
    }

    /// The text that it was parsed from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> PatternKind {
        match &self.matcher {
            Matcher::Exact(_) => PatternKind::Exact,
            Matcher::Wildcard(_) | Matcher::End(_) => PatternKind::Wildcard,
            Matcher::Regex(_) => PatternKind::Regex,
        }
    }

    /// Its key for comparisons.
    pub(crate) fn identity(&self) -> PatternIdentity<'_> {
        match &self.matcher {
            Matcher::Exact(name) => PatternIdentity::Exact(name),
            Matcher::Wildcard(tokens) => PatternIdentity::Wildcard(tokens),
            Matcher::Regex(regex) => PatternIdentity::Regex(&regex.source),
            Matcher::End(end) => match &end.matcher {
                Matcher::Exact(name) => PatternIdentity::EndName(name),
                Matcher::Wildcard(tokens) => PatternIdentity::EndWildcard(tokens),
                Matcher::Regex(_) | Matcher::End(_) => end.identity(),
            },
        }
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_with(name, &mut 0)
    }

    /// Like [`Pattern::matches`]; adds the steps to `steps`.
    pub(crate) fn matches_with(&self, name: &str, steps: &mut u64) -> bool {
        *steps += 1;
        match &self.matcher {
            Matcher::Exact(exact) => **exact == *name,
            Matcher::Wildcard(tokens) => wildcard::matches(tokens, name, steps),
            Matcher::Regex(regex) => regex.matches(name, steps),
            Matcher::End(end) => end.matches_end_with(name, steps),
        }
    }

    /// Whether the whole name matches, or an end of it.
    fn matches_end_with(&self, name: &str, steps: &mut u64) -> bool {
        if let Some(exact) = self.exact_name() {
            wildcard::charge_bytes(steps, exact.len());
            let rest = name.strip_suffix(exact);
            return rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(SEPARATORS));
        }
        self.matches_with(name, steps) || ends(name).any(|end| self.matches_with(end, steps))
    }

    /// Whether it matches every name that the other pattern matches. May return false negatives; a regular expression
    /// is a superset of itself only. Adds the steps to `steps`.
    pub fn is_superset_of(&self, other: &Pattern, steps: &mut u64) -> bool {
        *steps += 1;
        match (&self.matcher, &other.matcher) {
            (_, Matcher::Exact(name)) => self.matches_with(name, steps),
            (Matcher::Wildcard(wide), Matcher::Wildcard(narrow)) => {
                wildcard::is_superset(wide, narrow, steps)
            }
            (Matcher::End(wide), Matcher::Wildcard(narrow)) => {
                let mut is_superset =
                    |narrow: &[WildcardToken]| wide.is_superset_of_tokens(narrow, steps);
                is_superset(narrow)
                    || wildcard::literal_ends(narrow).take(MAX_ENDS).any(|end| is_superset(&end))
            }
            // An end of an end is one, too.
            (Matcher::End(_), Matcher::End(narrow)) => self.is_superset_of(narrow, steps),
            (Matcher::Wildcard(wide), Matcher::End(narrow)) => {
                wildcard::is_superset(wide, &narrow.after(&[]), steps)
            }
            (Matcher::Exact(_) | Matcher::Regex(_), Matcher::Wildcard(_) | Matcher::End(_)) => {
                self.is_catch_all()
            }
            (_, Matcher::Regex(_)) => self == other,
        }
    }

    fn is_superset_of_tokens(&self, narrow: &[WildcardToken], steps: &mut u64) -> bool {
        match &self.matcher {
            Matcher::Wildcard(wide) => wildcard::is_superset(wide, narrow, steps),
            Matcher::Exact(exact) => {
                wildcard::charge_bytes(steps, exact.len());
                matches!(narrow, [WildcardToken::Text(name)] if **name == **exact)
            }
            Matcher::Regex(_) | Matcher::End(_) => false,
        }
    }

    /// The tokens of this name or wildcard after `*` and a separator, which may be missing; none of a regular expression.
    fn after(&self, separator: &[char]) -> Vec<WildcardToken> {
        let mut tokens = vec![WildcardToken::Star];
        WildcardToken::Text(separator.iter().collect()).append_to(&mut tokens);
        self.tokens().into_iter().for_each(|token| token.append_to(&mut tokens));
        tokens
    }

    /// The tokens of a name or wildcard.
    fn tokens(&self) -> Vec<WildcardToken> {
        match &self.matcher {
            Matcher::Exact(text) => vec![WildcardToken::Text(text.to_string())],
            Matcher::Wildcard(tokens) => tokens.to_vec(),
            Matcher::Regex(_) | Matcher::End(_) => Vec::new(),
        }
    }

    /// Whether a part of the text matches; of a regular expression, if it was parsed for that. Adds the steps to
    /// `steps`.
    fn matches_part_with(&self, text: &str, steps: &mut u64) -> bool {
        *steps += 1;
        match &self.matcher {
            Matcher::Exact(exact) => {
                wildcard::charge_bytes(steps, text.len());
                text.contains(&**exact)
            }
            Matcher::Wildcard(tokens) => wildcard::is_match_anywhere(tokens, text, steps),
            Matcher::Regex(regex) => regex.matches(text, steps),
            Matcher::End(end) => end.matches_part_with(text, steps),
        }
    }

    /// The number of its literal characters, by which wildcards are ranked. 0 for a regular expression.
    pub fn literal_len(&self) -> usize {
        match &self.matcher {
            Matcher::Exact(exact) => exact.chars().count(),
            Matcher::Wildcard(tokens) => {
                tokens.iter().filter_map(WildcardToken::text).map(|text| text.chars().count()).sum()
            }
            Matcher::Regex(_) => 0,
            Matcher::End(end) => end.literal_len(),
        }
    }

    /// The literal prefix of every name that matches. Empty for a regular expression.
    pub(crate) fn literal_prefix(&self) -> &str {
        match &self.matcher {
            Matcher::End(_) => "",
            Matcher::Exact(_) | Matcher::Wildcard(_) | Matcher::Regex(_) => {
                self.literal_at(<[_]>::first)
            }
        }
    }

    /// The literal suffix of every name that matches. Empty for a regular expression.
    pub(crate) fn literal_suffix(&self) -> &str {
        self.literal_at(<[_]>::last)
    }

    fn literal_at(&self, end: fn(&[WildcardToken]) -> Option<&WildcardToken>) -> &str {
        match &self.matcher {
            Matcher::Exact(exact) => exact,
            Matcher::Wildcard(tokens) => {
                end(tokens).and_then(WildcardToken::text).unwrap_or_default()
            }
            Matcher::Regex(_) => "",
            Matcher::End(inner) => inner.literal_at(end),
        }
    }

    /// Whether some name matches both patterns; `None` where that is not known, as for most regular expressions.
    /// Adds the steps to `steps`.
    pub(crate) fn overlaps(&self, other: &Pattern, steps: &mut u64) -> Option<bool> {
        *steps += 1;
        let is_prefix_shared = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
        match (&self.matcher, &other.matcher) {
            (Matcher::Exact(name), _) => Some(other.matches_with(name, steps)),
            (_, Matcher::Exact(name)) => Some(self.matches_with(name, steps)),
            (Matcher::Wildcard(a), Matcher::Wildcard(b)) => {
                if is_prefix_shared(self.literal_prefix(), other.literal_prefix()) {
                    wildcard::overlap(a, b, steps)
                } else {
                    Some(false)
                }
            }
            (Matcher::End(a), Matcher::End(b)) => {
                either(a.overlaps(other, steps), || self.overlaps(b, steps))
            }
            (Matcher::End(end), Matcher::Wildcard(tokens)) => end.overlaps_ends(tokens, steps),
            (Matcher::Wildcard(tokens), Matcher::End(end)) => end.overlaps_ends(tokens, steps),
            (Matcher::Regex(_), _) | (_, Matcher::Regex(_)) => {
                let is_possible = is_prefix_shared(self.fixed_prefix(), other.fixed_prefix());
                if is_possible { None } else { Some(false) }
            }
        }
    }

    /// Whether some name matches the tokens, and matches this pattern as a whole or with an end.
    fn overlaps_ends(&self, tokens: &[WildcardToken], steps: &mut u64) -> Option<bool> {
        let mut overlaps = |own: &[WildcardToken]| wildcard::overlap(own, tokens, steps);
        // This is faster, and nearly always enough.
        if overlaps(&self.after(&[])) == Some(false) {
            return Some(false);
        }
        let whole = self.tokens();
        let after = SEPARATORS.iter().map(|separator| self.after(&[*separator]));
        let mut found = Some(false);
        for own in std::iter::once(whole).chain(after) {
            found = either(found, || overlaps(&own));
        }
        found
    }

    /// The text that every name that matches begins with.
    fn fixed_prefix(&self) -> &str {
        match &self.matcher {
            Matcher::Regex(regex) => &regex.prefix,
            Matcher::Exact(_) | Matcher::Wildcard(_) | Matcher::End(_) => self.literal_prefix(),
        }
    }

    /// Whether every line with a part that the other pattern matches has one that this pattern matches. May return
    /// false negatives. Adds the steps to `steps`.
    pub(crate) fn is_superset_in_lines(&self, other: &Pattern, steps: &mut u64) -> bool {
        match (self.anywhere(), other.anywhere()) {
            (Some(wide), Some(narrow)) => wildcard::is_superset(&wide, &narrow, steps),
            (None, _) | (_, None) => self == other,
        }
    }

    /// The wildcard that matches the lines with a part that this pattern matches; `None` for a regular expression.
    fn anywhere(&self) -> Option<Vec<WildcardToken>> {
        let inner = match &self.matcher {
            Matcher::Exact(text) => vec![WildcardToken::Text(text.to_string())],
            Matcher::Wildcard(tokens) => tokens.to_vec(),
            Matcher::Regex(_) => return None,
            Matcher::End(end) => return end.anywhere(),
        };
        let mut tokens = vec![WildcardToken::Star];
        let ends = std::iter::once(WildcardToken::Star);
        inner.into_iter().chain(ends).for_each(|token| token.append_to(&mut tokens));
        Some(tokens)
    }

    /// Texts, each of which occurs in every name that matches, in upper or lower case.
    pub(crate) fn required_literals(&self) -> Vec<&str> {
        match &self.matcher {
            Matcher::Exact(exact) => vec![exact],
            Matcher::Wildcard(tokens) => tokens.iter().filter_map(WildcardToken::text).collect(),
            Matcher::Regex(regex) => regex.required_literals.iter().map(String::as_str).collect(),
            Matcher::End(end) => end.required_literals(),
        }
    }

    /// Whether some name that begins with `prefix` could match. May return false positives; true for a regular
    /// expression, and for one that matches ends.
    pub fn could_match_prefix(&self, prefix: &str) -> bool {
        match &self.matcher {
            Matcher::Exact(exact) => exact.starts_with(prefix),
            Matcher::Wildcard(tokens) => wildcard::could_match_prefix(tokens, prefix),
            Matcher::Regex(_) | Matcher::End(_) => true,
        }
    }

    /// The name, if it matches names that end with one.
    pub(crate) fn end_name(&self) -> Option<&str> {
        let Matcher::End(end) = &self.matcher else { return None };
        end.exact_name()
    }

    /// The name, if the pattern is an exact one.
    pub(crate) fn exact_name(&self) -> Option<&str> {
        let Matcher::Exact(name) = &self.matcher else { return None };
        Some(name)
    }

    /// The text before the `*` of a wildcard that has no other, at its end.
    pub(crate) fn stem(&self) -> Option<&str> {
        let Matcher::Wildcard(tokens) = &self.matcher else { return None };
        let [WildcardToken::Text(stem), WildcardToken::Star] = &**tokens else { return None };
        self.text.strip_suffix('*').filter(|text| *text == stem)
    }

    /// The regular expression, if it is one.
    pub(crate) fn as_regex(&self) -> Option<&LazyRegex> {
        let Matcher::Regex(regex) = &self.matcher else { return None };
        Some(regex)
    }

    /// Whether it matches exactly one name. A name that begins with `re:` or whitespace can only be written as a
    /// regular expression.
    pub fn matches_single_name(&self) -> bool {
        self.single_name().is_some()
    }

    /// The only name that it matches, if it matches exactly one.
    pub fn single_name(&self) -> Option<Cow<'_, str>> {
        if let Some(name) = self.exact_name() {
            return Some(Cow::Borrowed(name));
        }
        let parsed = regex_syntax::parse(&self.as_regex()?.source).ok()?;
        let HirKind::Literal(literal) = parsed.into_kind() else { return None };
        String::from_utf8(literal.0.into_vec()).ok().map(Cow::Owned)
    }

    /// Whether it also matches ends of names.
    pub fn is_end(&self) -> bool {
        matches!(self.matcher, Matcher::End(_))
    }

    /// The only name that it matches, or whose ends it matches.
    pub fn written_name(&self) -> Option<Cow<'_, str>> {
        match &self.matcher {
            Matcher::End(end) => end.single_name(),
            Matcher::Exact(_) | Matcher::Wildcard(_) | Matcher::Regex(_) => self.single_name(),
        }
    }

    /// Whether it matches every name, such as `*`, `?*` and `re:.*`.
    pub fn is_catch_all(&self) -> bool {
        match &self.matcher {
            Matcher::Exact(_) => false,
            Matcher::Wildcard(tokens) => {
                self.literal_len() == 0 && tokens.contains(&WildcardToken::Star)
            }
            Matcher::Regex(regex) => {
                let bare = regex.source.trim_start_matches('^').trim_end_matches('$');
                matches!(bare, ".*" | ".+" | ".*?" | ".+?")
            }
            Matcher::End(end) => end.is_catch_all(),
        }
    }

    /// Whether some name could match. May return false positives.
    pub(crate) fn can_match(&self) -> bool {
        self.as_regex().is_none_or(|regex| regex.can_match)
    }

    /// `X*` for `X.*`, which is what a document with `compat = loose` means by it. `None` for other patterns.
    pub fn to_loose(&self) -> Option<Pattern> {
        let tokens = match &self.matcher {
            Matcher::Wildcard(tokens) => tokens,
            Matcher::End(end) => return end.to_loose().map(Pattern::into_end),
            Matcher::Exact(_) | Matcher::Regex(_) => return None,
        };
        let [head @ .., WildcardToken::Text(text), WildcardToken::Star] = &**tokens else {
            return None;
        };
        let stem = text.strip_suffix('.')?;
        if stem.is_empty() && head.is_empty() {
            return None;
        }
        let mut loose = head.to_vec();
        WildcardToken::Text(stem.to_owned()).append_to(&mut loose);
        WildcardToken::Star.append_to(&mut loose);
        Some(Pattern { text: self.text.clone(), matcher: Matcher::Wildcard(loose.into()) })
    }

    /// Whether the name can only be written as a regular expression.
    pub fn requires_regex(name: &str) -> bool {
        name.is_empty()
            || name.starts_with(is_trimmed)
            || name.ends_with(is_trimmed)
            || name.starts_with(REGEX_PREFIX)
    }

    /// The pattern that matches exactly this name: the name itself where possible.
    pub fn for_name(name: &str) -> String {
        if Pattern::requires_regex(name) {
            return format!("{REGEX_PREFIX}(?:{})", regex_syntax::escape(name));
        }
        Pattern::escape(name)
    }

    /// This text as a part of a wildcard.
    pub(crate) fn escape(text: &str) -> String {
        let mut pattern = String::with_capacity(text.len() + 4);
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            let is_escape = c == '\\' && matches!(rest.peek(), Some('*' | '?' | '\\'));
            if is_escape || matches!(c, '*' | '?') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern
    }
}

/// By [`PatternIdentity`].
impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Pattern {}

/// Whether one of two is true; `None` if that is not known.
fn either(first: Option<bool>, second: impl FnOnce() -> Option<bool>) -> Option<bool> {
    match first {
        Some(true) => first,
        Some(false) => second(),
        None => second().filter(|is_true| *is_true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_end_begins_after_a_separator() {
        for (pattern, name, is_match) in [
            ("BVT_Resize", "Suite.Class.BVT_Resize", true),
            ("BVT_Resize", "BVT_Resize", true),
            ("BVT_Resize", "xBVT_Resize", false),
            ("BVT_Resize", "Suite.BVT_Resize.x", false),
            ("BVT_*", "Suite.BVT_Resize", true),
            ("BVT_*", "Suite.xBVT_Resize", false),
            ("Class.BVT_Resize", "Suite.Class.BVT_Resize", true),
            ("read", "a::b::read", true),
            ("read", "a#read", true),
            ("read", "a > read", true),
            ("read", "a/read", true),
            (r"read", r"a\read", true),
            ("read", "a-read", false),
            ("read", "a_read", false),
            ("é", "ü.é", true),
            ("re:BVT_.*", "Suite.BVT_Resize", false),
            ("re:BVT_.*", "BVT_Resize", true),
        ] {
            let pattern = Pattern::parse(pattern).unwrap().into_end();
            assert_eq!(pattern.matches(name), is_match, "{pattern:?} {name}");
        }
    }

    fn pattern() -> impl Strategy<Value = Pattern> {
        (r"[ab*?./]{1,3}|re:a\.\?b", any::<bool>()).prop_map(|(text, is_end)| {
            let pattern = Pattern::parse(&text).unwrap();
            if is_end { pattern.into_end() } else { pattern }
        })
    }

    /// Every name of up to four characters.
    fn names() -> Vec<String> {
        let mut names = vec![String::new()];
        for at in 0.. {
            if names[at].len() == 4 {
                return names;
            }
            names.extend(["a", "b", ".", "/"].map(|c| format!("{}{c}", names[at])));
        }
        names
    }

    proptest! {
        #[test]
        fn what_is_known_of_two_patterns_is_so(a in pattern(), b in pattern()) {
            let is_superset = a.is_superset_of(&b, &mut 0);
            let overlaps = a.overlaps(&b, &mut 0);
            prop_assert_eq!(overlaps, b.overlaps(&a, &mut 0));
            prop_assert!(a.kind() == PatternKind::Regex || a.is_superset_of(&a, &mut 0));
            let names = names();
            let matching = |pattern: &Pattern| -> Vec<bool> {
                names.iter().map(|name| pattern.matches(name)).collect()
            };
            let (of_a, of_b) = (matching(&a), matching(&b));
            let is_shared = of_a.iter().zip(&of_b).any(|(a, b)| *a && *b);
            prop_assert!(!is_superset || of_a.iter().zip(&of_b).all(|(a, b)| *a || !*b));
            prop_assert!(overlaps != Some(false) || !is_shared);
            prop_assert!(a != b || of_a == of_b);
            for (name, is_match) in names.iter().zip(&of_a).filter(|(_, is_match)| **is_match) {
                prop_assert!(name.starts_with(a.literal_prefix()), "{name} {is_match}");
                prop_assert!(name.ends_with(a.literal_suffix()));
                prop_assert!(a.could_match_prefix(&name[..name.len() / 2]));
                prop_assert!(a.required_literals().iter().all(|literal| name.contains(literal)));
            }
        }
    }
}
