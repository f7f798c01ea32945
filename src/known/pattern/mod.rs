//! What a row claims: one name, a wildcard, or a regular expression over the whole name.
//!
//! In: the text of a cell, or of a part of one. Out: a [`Pattern`] that says whether a name matches.
//! A newcomer's trap: `*` stops at nothing, so what keeps `smb2.dir.*` off `smb2.dirlease.rename` is
//! the dot in front of it, and brackets and braces are ordinary characters.

pub(crate) mod regex;
pub(crate) mod regex_analysis;
pub(crate) mod regex_budget;
pub(crate) mod wildcard;

use super::document::cells::is_blank;
use regex::Expression;
use regex_budget::Budget;
use std::borrow::Cow;
use wildcard::{Token, tokens};

/// What stands before a pattern that is a regular expression.
const REGEX_MARK: &str = "re:";

/// A name, a wildcard or a regular expression.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: Box<str>,
    shape: Shape,
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
    Wildcard(&'p [Token]),
    Regex(&'p str),
}

#[derive(Debug, Clone)]
enum Shape {
    Exact(Box<str>),
    Wildcard(Box<[Token]>),
    Regex(Box<Expression>),
}

impl Pattern {
    /// Reads a pattern. Only a `re:` pattern can be a bad one.
    pub fn parse(text: &str) -> Result<Pattern, BadRegex> {
        Pattern::parse_within(text, &mut Budget::default())
    }

    /// Reads one of many patterns, which together have to be affordable.
    pub(crate) fn parse_within(text: &str, budget: &mut Budget) -> Result<Pattern, BadRegex> {
        let shape = match text.strip_prefix(REGEX_MARK) {
            Some(source) => Shape::Regex(Box::new(Expression::parse(source.trim(), budget)?)),
            None => Shape::of(tokens(text)),
        };
        Ok(Pattern { text: text.into(), shape })
    }

    /// The text it was read from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which kind it is.
    pub fn kind(&self) -> PatternKind {
        match &self.shape {
            Shape::Exact(_) => PatternKind::Exact,
            Shape::Wildcard(_) => PatternKind::Wildcard,
            Shape::Regex(_) => PatternKind::Regex,
        }
    }

    /// What it has in common with every other way to write it.
    pub(crate) fn identity(&self) -> PatternIdentity<'_> {
        match &self.shape {
            Shape::Exact(name) => PatternIdentity::Exact(name),
            Shape::Wildcard(tokens) => PatternIdentity::Wildcard(tokens),
            Shape::Regex(expression) => PatternIdentity::Regex(expression.source()),
        }
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        self.matches_in(name, &mut 0)
    }

    /// The same; counts the steps that it takes.
    pub(crate) fn matches_in(&self, name: &str, steps: &mut u64) -> bool {
        *steps += 1;
        match &self.shape {
            Shape::Exact(exact) => **exact == *name,
            Shape::Wildcard(tokens) => wildcard::matches(tokens, name, steps),
            Shape::Regex(expression) => expression.matches(name, steps),
        }
    }

    /// Whether it matches every name that the other one matches. Never a wrong yes; of regular
    /// expressions only the very same.
    pub fn includes(&self, other: &Pattern) -> bool {
        self.includes_in(other, &mut 0)
    }

    /// The same; counts the steps that it takes.
    pub(crate) fn includes_in(&self, other: &Pattern, steps: &mut u64) -> bool {
        *steps += 1;
        match (&self.shape, &other.shape) {
            (_, Shape::Exact(name)) => self.matches_in(name, steps),
            (Shape::Wildcard(wide), Shape::Wildcard(narrow)) => {
                wildcard::includes(wide, narrow, steps)
            }
            (_, Shape::Wildcard(_)) => self.is_catch_all(),
            (_, Shape::Regex(_)) => self == other,
        }
    }

    /// Whether a line of this text shows it, with anything before and behind.
    pub fn contains_match(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Exact(exact) => text.lines().any(|line| line.contains(&**exact)),
            Shape::Wildcard(tokens) => {
                text.lines().any(|line| wildcard::is_shown(tokens, line, &mut 0))
            }
            Shape::Regex(expression) => text.lines().any(|line| expression.matches_part(line)),
        }
    }

    /// How many characters of it stand for themselves: the rank among wildcards. 0 for a regular
    /// expression.
    pub fn literal_len(&self) -> usize {
        match &self.shape {
            Shape::Exact(exact) => exact.chars().count(),
            Shape::Wildcard(tokens) => tokens.iter().map(Token::literal_len).sum(),
            Shape::Regex(_) => 0,
        }
    }

    /// The text that every name it matches begins with. Empty for a regular expression.
    pub(crate) fn literal_prefix(&self) -> &str {
        match &self.shape {
            Shape::Exact(exact) => exact,
            Shape::Wildcard(tokens) => match tokens.first() {
                Some(Token::Text(text)) => text,
                Some(Token::Any(_) | Token::Run) | None => "",
            },
            Shape::Regex(_) => "",
        }
    }

    /// The text that every name it matches ends with. Empty for a regular expression.
    pub(crate) fn literal_suffix(&self) -> &str {
        match &self.shape {
            Shape::Exact(exact) => exact,
            Shape::Wildcard(tokens) => match tokens.last() {
                Some(Token::Text(text)) => text,
                Some(Token::Any(_) | Token::Run) | None => "",
            },
            Shape::Regex(_) => "",
        }
    }

    /// Whether some name matches both, of two wildcards; a regular expression says no. Counts the steps.
    pub(crate) fn overlaps(&self, other: &Pattern, steps: &mut u64) -> bool {
        match (&self.shape, &other.shape) {
            (Shape::Wildcard(a), Shape::Wildcard(b)) => wildcard::overlap(a, b, steps),
            (Shape::Exact(name), _) => other.matches_in(name, steps),
            (_, Shape::Exact(name)) => self.matches_in(name, steps),
            (Shape::Regex(_), _) | (_, Shape::Regex(_)) => false,
        }
    }

    /// Its parts that no name can do without: for each the texts of which one has to be there.
    pub(crate) fn needs(&self) -> Vec<Vec<Cow<'_, str>>> {
        match &self.shape {
            Shape::Exact(exact) => vec![vec![Cow::Borrowed(exact)]],
            Shape::Wildcard(tokens) => {
                let texts = tokens.iter().filter_map(|token| match token {
                    Token::Text(text) => Some(vec![Cow::Borrowed(&**text)]),
                    Token::Any(_) | Token::Run => None,
                });
                texts.collect()
            }
            Shape::Regex(expression) => {
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
    pub fn could_match_below(&self, prefix: &str) -> bool {
        match &self.shape {
            Shape::Exact(exact) => exact.starts_with(prefix),
            Shape::Wildcard(tokens) => wildcard::could_match_below(tokens, prefix),
            Shape::Regex(_) => true,
        }
    }

    /// The name that it stands for, if it is one.
    pub(crate) fn exact_name(&self) -> Option<&str> {
        match &self.shape {
            Shape::Exact(name) => Some(name),
            Shape::Wildcard(_) | Shape::Regex(_) => None,
        }
    }

    /// The regular expression that it is, if it is one.
    pub(crate) fn expression(&self) -> Option<&Expression> {
        match &self.shape {
            Shape::Exact(_) | Shape::Wildcard(_) => None,
            Shape::Regex(expression) => Some(expression),
        }
    }

    /// Whether it matches one name and no other: a name that begins with `re:` or with a blank can only be said
    /// by an expression.
    pub fn names_one(&self) -> bool {
        match &self.shape {
            Shape::Exact(_) => true,
            Shape::Wildcard(_) => false,
            Shape::Regex(expression) => {
                let parsed = regex_syntax::parse(expression.source());
                parsed.is_ok_and(|parsed| parsed.properties().is_literal())
            }
        }
    }

    /// Whether it matches just any name: `*`, `?*`, `re:.*`.
    pub fn is_catch_all(&self) -> bool {
        match &self.shape {
            Shape::Exact(_) => false,
            Shape::Wildcard(tokens) => self.literal_len() == 0 && tokens.contains(&Token::Run),
            Shape::Regex(expression) => {
                let source = expression.source();
                let bare = source.trim_start_matches('^').trim_end_matches('$');
                matches!(bare, ".*" | ".+" | ".*?" | ".+?")
            }
        }
    }

    /// Whether some name could match. Never a wrong no.
    pub(crate) fn can_match(&self) -> bool {
        match &self.shape {
            Shape::Exact(_) | Shape::Wildcard(_) => true,
            Shape::Regex(expression) => expression.can_match(),
        }
    }

    /// What `X.*` matches where a document asks for `compat = loose`: every name that begins with
    /// `X`. `None` for a pattern that does not end so.
    pub fn loosened(&self) -> Option<Pattern> {
        let Shape::Wildcard(tokens) = &self.shape else { return None };
        let [head @ .., Token::Text(text), Token::Run] = &**tokens else { return None };
        let stem = text.strip_suffix('.')?;
        if stem.is_empty() && head.is_empty() {
            return None;
        }
        let mut loose = head.to_vec();
        if !stem.is_empty() {
            loose.push(Token::Text(stem.into()));
        }
        if loose.last() != Some(&Token::Run) {
            loose.push(Token::Run);
        }
        Some(Pattern { text: self.text.clone(), shape: Shape::Wildcard(loose.into()) })
    }

    /// Whether no plain text can say this name: what begins with the mark of expressions is one, and blanks at the
    /// ends of a cell are trimmed away.
    pub fn needs_expression(name: &str) -> bool {
        name.is_empty()
            || name.starts_with(is_blank)
            || name.ends_with(is_blank)
            || name.starts_with(REGEX_MARK)
    }

    /// The pattern that matches this name and no other. Plain text wherever that can say it.
    pub fn literal(name: &str) -> String {
        if Pattern::needs_expression(name) {
            return format!("{REGEX_MARK}(?:{})", ::regex::escape(name));
        }
        let mut pattern = String::with_capacity(name.len() + 4);
        let mut rest = name.chars().peekable();
        while let Some(c) = rest.next() {
            let special = match c {
                '*' | '?' => true,
                '\\' => matches!(rest.peek(), Some('*' | '?' | '\\')),
                _ => false,
            };
            if special {
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

impl Shape {
    fn of(mut tokens: Vec<Token>) -> Shape {
        match tokens.as_mut_slice() {
            [] => Shape::Exact("".into()),
            [Token::Text(text)] => Shape::Exact(std::mem::take(text)),
            _ => Shape::Wildcard(tokens.into()),
        }
    }
}
