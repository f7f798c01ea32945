//! Patterns: an exact name, a wildcard, or a regular expression over the whole name.
//!
//! `*` matches any characters, `.` and `/` too: `smb2.dir.*` does not match `smb2.dirlease.rename` only because of
//! its dots. Brackets and braces are ordinary characters.

pub(crate) mod message;
pub(crate) mod regex;
pub(crate) mod regex_analysis;
pub(crate) mod regex_budget;
pub(crate) mod wildcard;

pub use regex::BadRegex;
pub(crate) use wildcard::WildcardToken;

use super::document::lines::is_trimmed;
use regex::{Extent, LazyRegex};
use regex_budget::RegexBudget;
use regex_syntax::hir::HirKind;
use std::borrow::Cow;
use std::sync::Arc;
use wildcard::tokens;

/// The prefix of a pattern that is a regular expression.
const REGEX_PREFIX: &str = "re:";

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
    Wildcard,
    Regex,
}

/// The key of a pattern: equal for patterns that match the same names for the same reason, however they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PatternIdentity<'p> {
    Exact(&'p str),
    Wildcard(&'p [WildcardToken]),
    Regex(&'p str),
}

#[derive(Debug, Clone)]
enum Matcher {
    Exact(Box<str>),
    Wildcard(Box<[WildcardToken]>),
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

    /// The text that it was parsed from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> PatternKind {
        match &self.matcher {
            Matcher::Exact(_) => PatternKind::Exact,
            Matcher::Wildcard(_) => PatternKind::Wildcard,
            Matcher::Regex(_) => PatternKind::Regex,
        }
    }

    /// Its key for comparisons.
    pub(crate) fn identity(&self) -> PatternIdentity<'_> {
        match &self.matcher {
            Matcher::Exact(name) => PatternIdentity::Exact(name),
            Matcher::Wildcard(tokens) => PatternIdentity::Wildcard(tokens),
            Matcher::Regex(regex) => PatternIdentity::Regex(&regex.source),
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
        }
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
            (_, Matcher::Wildcard(_)) => self.is_catch_all(),
            (_, Matcher::Regex(_)) => self == other,
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
        }
    }

    /// The literal prefix of every name that matches. Empty for a regular expression.
    pub(crate) fn literal_prefix(&self) -> &str {
        self.literal_at(<[_]>::first)
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
            (Matcher::Regex(_), _) | (_, Matcher::Regex(_)) => {
                let is_possible = is_prefix_shared(self.fixed_prefix(), other.fixed_prefix());
                if is_possible { None } else { Some(false) }
            }
        }
    }

    /// The text that every name that matches begins with.
    fn fixed_prefix(&self) -> &str {
        match &self.matcher {
            Matcher::Regex(regex) => &regex.prefix,
            Matcher::Exact(_) | Matcher::Wildcard(_) => self.literal_prefix(),
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
        }
    }

    /// Whether some name that begins with `prefix` could match. May return false positives; true for a regular
    /// expression.
    pub fn could_match_prefix(&self, prefix: &str) -> bool {
        match &self.matcher {
            Matcher::Exact(exact) => exact.starts_with(prefix),
            Matcher::Wildcard(tokens) => wildcard::could_match_prefix(tokens, prefix),
            Matcher::Regex(_) => true,
        }
    }

    /// The name, if the pattern is an exact one.
    pub(crate) fn exact_name(&self) -> Option<&str> {
        let Matcher::Exact(name) = &self.matcher else { return None };
        Some(name)
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
        }
    }

    /// Whether some name could match. May return false positives.
    pub(crate) fn can_match(&self) -> bool {
        self.as_regex().is_none_or(|regex| regex.can_match)
    }

    /// `X*` for `X.*`, which is what a document with `compat = loose` means by it. `None` for other patterns.
    pub fn to_loose(&self) -> Option<Pattern> {
        let Matcher::Wildcard(tokens) = &self.matcher else { return None };
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
        let mut pattern = String::with_capacity(name.len() + 4);
        let mut rest = name.chars().peekable();
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
