//! Matching of wildcards, which consist of text, `?` and `*`.
//!
//! Each function counts its steps, since patterns and names are untrusted. The tokens between two `*` match at their
//! first occurrence and never need backtracking: a later occurrence leaves less text for the tokens after it.

use super::ends::ends;
use memchr::memmem;
use std::collections::HashMap;

/// Maximum size of the table that finds an overlap.
const MAX_OVERLAP_CELLS: usize = 1 << 16;

/// Bytes that are compared or searched in the time of about one step.
const BYTES_PER_STEP: usize = 16;
/// Steps that it takes to start a search.
const SEARCH_COST: u64 = 32;
/// Steps that it takes to load a token: those of a long list do not fit into a CPU's cache.
const TOKEN_COST: u64 = 16;
/// Occurrences of a literal that are tried one by one, before the search switches to the bitap algorithm.
const MAX_ATTEMPTS: usize = 32;

/// A token of a wildcard. No two neighbors are of the same kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum WildcardToken {
    /// Literal text; never empty.
    Text(String),
    /// A number of `?`, each of which matches any one character.
    AnyChars(usize),
    /// `*`: any number of any characters.
    Star,
}

impl WildcardToken {
    /// The text of a literal token.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            WildcardToken::Text(text) => Some(text),
            WildcardToken::AnyChars(_) | WildcardToken::Star => None,
        }
    }

    /// Appends the token, merged with the last one where they are of the same kind.
    pub(crate) fn append_to(self, tokens: &mut Vec<WildcardToken>) {
        match (tokens.last_mut(), self) {
            (_, WildcardToken::Text(text)) if text.is_empty() => {}
            (_, WildcardToken::AnyChars(0)) => {}
            (Some(WildcardToken::Text(text)), WildcardToken::Text(more)) => text.push_str(&more),
            (Some(WildcardToken::AnyChars(count)), WildcardToken::AnyChars(more)) => *count += more,
            (Some(WildcardToken::Star), WildcardToken::Star) => {}
            (_, token) => tokens.push(token),
        }
    }
}

/// Parses a pattern. An exact name has at most one token.
pub(crate) fn tokens(text: &str) -> Vec<WildcardToken> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (literal, special) = rest.split_at(rest.find(['*', '?', '\\']).unwrap_or(rest.len()));
        WildcardToken::Text(literal.to_owned()).append_to(&mut tokens);
        let mut chars = special.chars();
        match chars.next() {
            Some('*') => WildcardToken::Star.append_to(&mut tokens),
            Some('?') => WildcardToken::AnyChars(1).append_to(&mut tokens),
            Some(backslash) => {
                let is_escape = chars.as_str().starts_with(['*', '?', '\\']);
                let escaped = if is_escape { chars.next() } else { None };
                WildcardToken::Text(escaped.unwrap_or(backslash).into()).append_to(&mut tokens);
            }
            None => {}
        }
        rest = chars.as_str();
    }
    tokens
}

/// Whether the whole name matches.
pub(crate) fn matches(tokens: &[WildcardToken], name: &str, steps: &mut u64) -> bool {
    *steps += TOKEN_COST;
    let is_star = |token: &WildcardToken| *token == WildcardToken::Star;
    let Some(first) = tokens.iter().position(is_star) else {
        return strip_prefix(tokens, name, steps) == Some("");
    };
    let last = tokens.iter().rposition(is_star).unwrap_or(first);
    let Some(rest) = strip_prefix(&tokens[..first], name, steps) else { return false };
    let rest = strip_suffix(&tokens[last + 1..], rest, steps);
    rest.is_some_and(|rest| is_match_anywhere(&tokens[first..last], rest, steps))
}

/// Whether a part of the line matches.
pub(crate) fn is_match_anywhere(tokens: &[WildcardToken], mut line: &str, steps: &mut u64) -> bool {
    let is_star = |token: &WildcardToken| *token == WildcardToken::Star;
    let mut parts = tokens.split(is_star).filter(|part| !part.is_empty());
    parts.all(|part| {
        let rest = skip_past_first(part, line, steps);
        line = rest.unwrap_or_default();
        rest.is_some()
    })
}

/// The rest of the text after a prefix that matches these tokens, which contain no `*`.
fn strip_prefix<'t>(
    tokens: &[WildcardToken],
    mut text: &'t str,
    steps: &mut u64,
) -> Option<&'t str> {
    for token in tokens {
        text = match token {
            WildcardToken::Text(literal) => {
                charge_bytes(steps, literal.len());
                text.strip_prefix(&**literal)?
            }
            WildcardToken::AnyChars(count) => skip(*count, text, steps)?,
            WildcardToken::Star => text,
        };
    }
    Some(text)
}

/// The rest of the text before a suffix that matches these tokens, which contain no `*`.
fn strip_suffix<'t>(tokens: &[WildcardToken], text: &'t str, steps: &mut u64) -> Option<&'t str> {
    match tokens {
        [] => return Some(text),
        [WildcardToken::Text(literal)] => {
            charge_bytes(steps, literal.len());
            return text.strip_suffix(&**literal);
        }
        _ => {}
    }
    let len = symbols(tokens).len();
    *steps += len as u64;
    let start = text.char_indices().nth_back(len.checked_sub(1)?)?.0;
    (strip_prefix(tokens, &text[start..], steps) == Some("")).then(|| &text[..start])
}

/// The rest of the text after the first part that matches these tokens, which contain no `*`.
fn skip_past_first<'t>(
    mut tokens: &[WildcardToken],
    mut text: &'t str,
    steps: &mut u64,
) -> Option<&'t str> {
    if let [WildcardToken::AnyChars(count), rest @ ..] = tokens {
        (text, tokens) = (skip(*count, text, steps)?, rest);
    }
    let [WildcardToken::Text(literal), rest @ ..] = tokens else { return Some(text) };
    // If only `?` follow, a later occurrence is no better.
    let has_no_more_text = !rest.iter().any(|token| matches!(token, WildcardToken::Text(_)));
    let first_char_len = literal.chars().next().map_or(1, char::len_utf8);
    for _ in 0..MAX_ATTEMPTS {
        let at = memmem::find(text.as_bytes(), literal.as_bytes());
        *steps += SEARCH_COST;
        charge_bytes(steps, literal.len() + at.unwrap_or(text.len()));
        let at = at?;
        let found = strip_prefix(rest, text.get(at + literal.len()..)?, steps);
        if found.is_some() || has_no_more_text {
            return found;
        }
        text = text.get(at + first_char_len..)?;
    }
    skip_past_first_bitap(tokens, text, steps)
}

/// Like [`skip_past_first`], for literals that occur nearly everywhere: the state has a bit for each prefix of the
/// tokens that matches up to the current character.
///
/// See <https://en.wikipedia.org/wiki/Bitap_algorithm>.
fn skip_past_first_bitap<'t>(
    tokens: &[WildcardToken],
    text: &'t str,
    steps: &mut u64,
) -> Option<&'t str> {
    let symbols = symbols(tokens);
    let words = symbols.len().div_ceil(64);
    let bit = |at: usize| 1_u64 << (at % 64);
    let mut any_mask = vec![0; words];
    for (at, symbol) in symbols.iter().enumerate() {
        any_mask[at / 64] |= if *symbol == Symbol::AnyChar { bit(at) } else { 0 };
    }
    // By character: the positions in the pattern where it can occur.
    let mut masks: HashMap<char, Vec<u64>> = HashMap::new();
    for (at, symbol) in symbols.iter().enumerate() {
        if let Symbol::Char(c) = symbol {
            masks.entry(*c).or_insert_with(|| any_mask.clone())[at / 64] |= bit(at);
        }
    }
    *steps += (symbols.len() + masks.len() * words) as u64;
    let mut reached = vec![0_u64; words];
    let last = symbols.len().checked_sub(1)?;
    for (at, c) in text.char_indices() {
        let mask = masks.get(&c).unwrap_or(&any_mask);
        *steps += 2 + words as u64;
        let mut carried = 1;
        for (reached, mask_word) in reached.iter_mut().zip(mask) {
            let next = *reached >> 63;
            *reached = (*reached << 1 | carried) & mask_word;
            carried = next;
        }
        if reached[last / 64] & bit(last) != 0 {
            return text.get(at + c.len_utf8()..);
        }
    }
    None
}

/// The text without its first characters.
fn skip<'t>(count: usize, text: &'t str, steps: &mut u64) -> Option<&'t str> {
    *steps += 1 + count.min(text.len()) as u64;
    let mut rest = text.chars();
    (0..count).try_for_each(|_| rest.next().map(drop))?;
    Some(rest.as_str())
}

pub(super) fn charge_bytes(steps: &mut u64, bytes: usize) {
    *steps += 1 + (bytes / BYTES_PER_STEP) as u64;
}

/// Whether the symbols of `narrow` match `wide` as if they were a name: only `*` matches a `*`, and `*` and `?` match
/// a `?`. Only the last `*` ever needs backtracking.
pub(crate) fn is_superset(
    wide: &[WildcardToken],
    narrow: &[WildcardToken],
    steps: &mut u64,
) -> bool {
    *steps += TOKEN_COST * (wide.len() + narrow.len()) as u64;
    let (wide, narrow) = (symbols(wide), symbols(narrow));
    let (mut w, mut n) = (0, 0);
    let mut retry = None;
    *steps += (wide.len() + narrow.len()) as u64;
    while n < narrow.len() {
        *steps += 1;
        let is_covered = match (wide.get(w), narrow[n]) {
            (Some(Symbol::Star), _) => {
                retry = Some((w + 1, n));
                w += 1;
                continue;
            }
            (Some(Symbol::AnyChar), Symbol::AnyChar | Symbol::Char(_)) => true,
            (Some(Symbol::Char(a)), Symbol::Char(b)) => *a == b,
            (Some(Symbol::AnyChar | Symbol::Char(_)) | None, _) => false,
        };
        if is_covered {
            (w, n) = (w + 1, n + 1);
        } else {
            let Some((after_star, tried)) = retry else { return false };
            (w, n) = (after_star, tried + 1);
            retry = Some((after_star, n));
        }
    }
    wide[w..].iter().all(|symbol| *symbol == Symbol::Star)
}

/// What follows each separator in the literal text: every name that matches has an end that matches it.
pub(crate) fn literal_ends(tokens: &[WildcardToken]) -> impl Iterator<Item = Vec<WildcardToken>> {
    tokens.iter().enumerate().flat_map(move |(at, token)| {
        let rest = &tokens[at + 1..];
        ends(token.text().unwrap_or_default()).map(move |text| {
            let mut end = Vec::new();
            WildcardToken::Text(text.to_owned()).append_to(&mut end);
            end.extend_from_slice(rest);
            end
        })
    })
}

/// Whether some name matches both; `None` if they are too long to compare. Computed like an edit distance, row by row,
/// where only equal symbols and `*` lead to the next cell.
pub(crate) fn overlap(a: &[WildcardToken], b: &[WildcardToken], steps: &mut u64) -> Option<bool> {
    *steps += TOKEN_COST * (a.len() + b.len()) as u64;
    let (a, b) = (symbols(a), symbols(b));
    *steps += (a.len() + b.len()) as u64;
    if a.len().saturating_mul(b.len()) > MAX_OVERLAP_CELLS {
        return None;
    }
    *steps += (a.len() * b.len()) as u64;
    // By prefix of `b`: whether it overlaps with the current prefix of `a`.
    let mut row: Vec<bool> = Vec::with_capacity(b.len() + 1);
    row.push(true);
    for symbol in &b {
        row.push(row.last() == Some(&true) && *symbol == Symbol::Star);
    }
    for from in &a {
        let mut diagonal = row[0];
        row[0] &= *from == Symbol::Star;
        for (at, to) in b.iter().enumerate() {
            let above = row[at + 1];
            let same = match (from, to) {
                (Symbol::Char(a), Symbol::Char(b)) => a == b,
                (Symbol::Star, _) | (_, Symbol::Star) => false,
                (Symbol::AnyChar, _) | (_, Symbol::AnyChar) => true,
            };
            row[at + 1] = diagonal && same
                || *from == Symbol::Star && (above || row[at])
                || *to == Symbol::Star && (above || row[at]);
            diagonal = above;
        }
    }
    Some(row.last() == Some(&true))
}

/// A character of a wildcard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Char(char),
    AnyChar,
    Star,
}

fn symbols(tokens: &[WildcardToken]) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    for token in tokens {
        match token {
            WildcardToken::Text(text) => symbols.extend(text.chars().map(Symbol::Char)),
            WildcardToken::AnyChars(count) => {
                symbols.extend(std::iter::repeat_n(Symbol::AnyChar, *count))
            }
            WildcardToken::Star => symbols.push(Symbol::Star),
        }
    }
    symbols
}

/// Whether some name with this prefix could match. The first `*` matches the rest of the prefix, so that only the
/// tokens before it count.
pub(crate) fn could_match_prefix(tokens: &[WildcardToken], prefix: &str) -> bool {
    let mut rest = prefix;
    for token in tokens {
        let next = match token {
            WildcardToken::Star => return true,
            WildcardToken::AnyChars(count) if rest.chars().take(*count).count() < *count => {
                return true;
            }
            WildcardToken::AnyChars(count) => skip(*count, rest, &mut 0),
            WildcardToken::Text(text) if text.starts_with(rest) => return true,
            WildcardToken::Text(text) => rest.strip_prefix(&**text),
        };
        match next {
            Some(shorter) => rest = shorter,
            None => return false,
        }
    }
    rest.is_empty()
}
