//! What a row claims: one name, a wildcard, or a regular expression over the whole name.
//!
//! In: the text of a cell, or of a part of one. Out: a [`Pattern`] that says whether a name matches.
//! A newcomer's trap: `*` stops at nothing, so what keeps `smb2.dir.*` off `smb2.dirlease.rename` is
//! the dot in front of it, and brackets and braces are ordinary characters.

pub(crate) mod regex;
pub(crate) mod regex_analysis;
pub(crate) mod regex_budget;
pub(crate) mod wildcard;

use super::document::cells::is_trimmed;
use regex::LazyRegex;
use regex_budget::RegexBudget;
use std::borrow::Cow;
use wildcard::{WildcardToken, tokens};

/// What stands before a pattern that is a regular expression.
const REGEX_PREFIX: &str = "re:";

/// A name, a wildcard or a regular expression.
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

/// Text behind `re:` that is no regular expression, or one that is too big.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadRegex {
    /// What the expression's parser says, on one line.
    pub why: String,
}

/// What makes two patterns the same one, however they are written.
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
    Regex(Box<LazyRegex>),
}

impl Pattern {
    /// Reads a pattern. Only a `re:` pattern can be a bad one.
    pub fn parse(text: &str) -> Result<Pattern, BadRegex> {
        Pattern::parse_with_budget(text, &mut RegexBudget::default())
    }

    /// Reads one of many patterns, which together have to be affordable.
    pub(crate) fn parse_with_budget(
        text: &str,
        budget: &mut RegexBudget,
    ) -> Result<Pattern, BadRegex> {
        let matcher = match text.strip_prefix(REGEX_PREFIX) {
            Some(source) => Matcher::Regex(Box::new(LazyRegex::parse(source.trim(), budget)?)),
            None => Matcher::from_tokens(tokens(text)),
        };
        Ok(Pattern { text: text.into(), matcher })
    }

    /// The text it was read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which kind it is.
    pub fn kind(&self) -> PatternKind {
        match &self.matcher {
            Matcher::Exact(_) => PatternKind::Exact,
            Matcher::Wildcard(_) => PatternKind::Wildcard,
            Matcher::Regex(_) => PatternKind::Regex,
        }
    }

    /// What it has in common with every other way to write it.
    pub(crate) fn identity(&self) -> PatternIdentity<'_> {
        match &self.matcher {
            Matcher::Exact(name) => PatternIdentity::Exact(name),
            Matcher::Wildcard(tokens) => PatternIdentity::Wildcard(tokens),
            Matcher::Regex(expression) => PatternIdentity::Regex(expression.source()),
        }
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_with(name, &mut 0)
    }

    /// The same; counts the steps that it takes.
    pub(crate) fn matches_with(&self, name: &str, steps: &mut u64) -> bool {
        *steps += 1;
        match &self.matcher {
            Matcher::Exact(exact) => **exact == *name,
            Matcher::Wildcard(tokens) => wildcard::matches(tokens, name, steps),
            Matcher::Regex(expression) => expression.matches(name, steps),
        }
    }

    /// Whether it matches every name that the other one matches. Never a wrong yes; of regular
    /// expressions only the very same.
    pub fn is_superset_of(&self, other: &Pattern) -> bool {
        self.is_superset_with(other, &mut 0)
    }

    /// The same; counts the steps that it takes.
    pub(crate) fn is_superset_with(&self, other: &Pattern, steps: &mut u64) -> bool {
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

    /// Whether a line of this text shows it, with anything before and behind.
    pub fn is_match_in_lines(&self, text: &str) -> bool {
        match &self.matcher {
            Matcher::Exact(exact) => text.lines().any(|line| line.contains(&**exact)),
            Matcher::Wildcard(tokens) => {
                text.lines().any(|line| wildcard::is_match_anywhere(tokens, line, &mut 0))
            }
            Matcher::Regex(expression) => {
                text.lines().any(|line| expression.is_match_anywhere(line))
            }
        }
    }

    /// How many characters of it stand for themselves: the rank among wildcards. 0 for a regular
    /// expression.
    pub fn literal_len(&self) -> usize {
        match &self.matcher {
            Matcher::Exact(exact) => exact.chars().count(),
            Matcher::Wildcard(tokens) => tokens.iter().map(WildcardToken::literal_len).sum(),
            Matcher::Regex(_) => 0,
        }
    }

    /// The text that every name it matches begins with. Empty for a regular expression.
    pub(crate) fn literal_prefix(&self) -> &str {
        match &self.matcher {
            Matcher::Exact(exact) => exact,
            Matcher::Wildcard(tokens) => match tokens.first() {
                Some(WildcardToken::Text(text)) => text,
                Some(WildcardToken::AnyChars(_) | WildcardToken::Star) | None => "",
            },
            Matcher::Regex(_) => "",
        }
    }

    /// The text that every name it matches ends with. Empty for a regular expression.
    pub(crate) fn literal_suffix(&self) -> &str {
        match &self.matcher {
            Matcher::Exact(exact) => exact,
            Matcher::Wildcard(tokens) => match tokens.last() {
                Some(WildcardToken::Text(text)) => text,
                Some(WildcardToken::AnyChars(_) | WildcardToken::Star) | None => "",
            },
            Matcher::Regex(_) => "",
        }
    }

    /// Whether some name matches both, of two wildcards; a regular expression says no. Counts the steps.
    pub(crate) fn overlaps(&self, other: &Pattern, steps: &mut u64) -> bool {
        match (&self.matcher, &other.matcher) {
            (Matcher::Wildcard(a), Matcher::Wildcard(b)) => wildcard::overlap(a, b, steps),
            (Matcher::Exact(name), _) => other.matches_with(name, steps),
            (_, Matcher::Exact(name)) => self.matches_with(name, steps),
            (Matcher::Regex(_), _) | (_, Matcher::Regex(_)) => false,
        }
    }

    /// Its parts that no name can do without: for each the texts of which one has to be there.
    pub(crate) fn required_literals(&self) -> Vec<Vec<Cow<'_, str>>> {
        match &self.matcher {
            Matcher::Exact(exact) => vec![vec![Cow::Borrowed(exact)]],
            Matcher::Wildcard(tokens) => {
                let texts = tokens.iter().filter_map(|token| match token {
                    WildcardToken::Text(text) => Some(vec![Cow::Borrowed(&**text)]),
                    WildcardToken::AnyChars(_) | WildcardToken::Star => None,
                });
                texts.collect()
            }
            Matcher::Regex(expression) => {
                let texts = expression
                    .required()
                    .iter()
                    .map(|texts| texts.iter().map(|text| Cow::Borrowed(text.as_str())).collect());
                texts.collect()
            }
        }
    }

    /// Whether some name that begins with `prefix` could match. Never a wrong no; a regular
    /// expression always says yes.
    pub fn could_match_prefix(&self, prefix: &str) -> bool {
        match &self.matcher {
            Matcher::Exact(exact) => exact.starts_with(prefix),
            Matcher::Wildcard(tokens) => wildcard::could_match_prefix(tokens, prefix),
            Matcher::Regex(_) => true,
        }
    }

    /// The name that it stands for, if it is one.
    pub(crate) fn exact_name(&self) -> Option<&str> {
        match &self.matcher {
            Matcher::Exact(name) => Some(name),
            Matcher::Wildcard(_) | Matcher::Regex(_) => None,
        }
    }

    /// The regular expression that it is, if it is one.
    pub(crate) fn as_regex(&self) -> Option<&LazyRegex> {
        match &self.matcher {
            Matcher::Exact(_) | Matcher::Wildcard(_) => None,
            Matcher::Regex(expression) => Some(expression),
        }
    }

    /// Whether it matches one name and no other: a name that begins with `re:` or with a blank can only be said
    /// by an expression.
    pub fn matches_single_name(&self) -> bool {
        match &self.matcher {
            Matcher::Exact(_) => true,
            Matcher::Wildcard(_) => false,
            Matcher::Regex(expression) => {
                let parsed = regex_syntax::parse(expression.source());
                parsed.is_ok_and(|parsed| parsed.properties().is_literal())
            }
        }
    }

    /// Whether it matches just any name: `*`, `?*`, `re:.*`.
    pub fn is_catch_all(&self) -> bool {
        match &self.matcher {
            Matcher::Exact(_) => false,
            Matcher::Wildcard(tokens) => {
                self.literal_len() == 0 && tokens.contains(&WildcardToken::Star)
            }
            Matcher::Regex(expression) => {
                let source = expression.source();
                let bare = source.trim_start_matches('^').trim_end_matches('$');
                matches!(bare, ".*" | ".+" | ".*?" | ".+?")
            }
        }
    }

    /// Whether some name could match. Never a wrong no.
    pub(crate) fn can_match(&self) -> bool {
        match &self.matcher {
            Matcher::Exact(_) | Matcher::Wildcard(_) => true,
            Matcher::Regex(expression) => expression.can_match(),
        }
    }

    /// What `X.*` matches where a document asks for `compat = loose`: every name that begins with
    /// `X`. `None` for a pattern that does not end so.
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
        if !stem.is_empty() {
            loose.push(WildcardToken::Text(stem.into()));
        }
        if loose.last() != Some(&WildcardToken::Star) {
            loose.push(WildcardToken::Star);
        }
        Some(Pattern { text: self.text.clone(), matcher: Matcher::Wildcard(loose.into()) })
    }

    /// Whether no plain text can say this name: what begins with the mark of expressions is one, and blanks at the
    /// ends of a cell are trimmed away.
    pub fn requires_regex(name: &str) -> bool {
        name.is_empty()
            || name.starts_with(is_trimmed)
            || name.ends_with(is_trimmed)
            || name.starts_with(REGEX_PREFIX)
    }

    /// The pattern that matches this name and no other. Plain text wherever that can say it.
    pub fn for_name(name: &str) -> String {
        if Pattern::requires_regex(name) {
            return format!("{REGEX_PREFIX}(?:{})", ::regex::escape(name));
        }
        let mut pattern = String::with_capacity(name.len() + 4);
        let mut rest = name.chars().peekable();
        while let Some(c) = rest.next() {
            let is_special = match c {
                '*' | '?' => true,
                '\\' => matches!(rest.peek(), Some('*' | '?' | '\\')),
                _ => false,
            };
            if is_special {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern
    }
}

/// Two patterns are equal when they match the same names for the same reason, however they are
/// written.
impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Pattern {}

impl Matcher {
    fn from_tokens(mut tokens: Vec<WildcardToken>) -> Matcher {
        match tokens.as_mut_slice() {
            [] => Matcher::Exact("".into()),
            [WildcardToken::Text(text)] => Matcher::Exact(std::mem::take(text)),
            _ => Matcher::Wildcard(tokens.into()),
        }
    }
}
