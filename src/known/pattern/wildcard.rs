//! Wildcards: text, `?` and `*`, read into pieces and held against names.
//!
//! In: a pattern's text, then names. Out: whether they match, and how many steps it took to tell: documents
//! and names may be an attacker's, and somebody has to count. A newcomer's trap: what stands between two
//! `*` is taken where it is found first, and never needs another try: a later place leaves less for the
//! pieces behind it.

use memchr::memmem;
use std::collections::HashMap;

/// Steps that two wildcards may take to be found to overlap: beyond that they are taken not to.
const MAX_OVERLAP_CELLS: usize = 1 << 16;

/// Bytes that are compared or searched in about the time of one step.
const BYTES_PER_STEP: usize = 16;
/// Steps that it takes to begin a search.
const SEARCH_COST: u64 = 8;
/// Places where a piece is tried one by one; beyond, all places are tried at once, which takes longer to begin.
const MAX_ATTEMPTS: usize = 32;

/// A piece of a wildcard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum WildcardToken {
    /// These very characters; never empty, never beside another `Text`.
    Text(Box<str>),
    /// So many `?`: as many characters, whichever they are; never beside another `Any`.
    AnyChars(usize),
    /// `*`: any run of characters, the empty one too; never beside another `Run`.
    Star,
}

impl WildcardToken {
    /// How many characters of it stand for themselves.
    pub(crate) fn literal_len(&self) -> usize {
        match self {
            WildcardToken::Text(text) => text.chars().count(),
            WildcardToken::AnyChars(_) | WildcardToken::Star => 0,
        }
    }
}

/// The pieces of a pattern.
pub(crate) fn tokens(text: &str) -> Vec<WildcardToken> {
    if !text.contains(['*', '?', '\\']) {
        let name = Some(text).filter(|name| !name.is_empty());
        return name.map(|name| WildcardToken::Text(name.into())).into_iter().collect();
    }
    let mut tokens = Vec::new();
    let mut literal = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let special = match c {
            '*' => Some(WildcardToken::Star),
            '?' => Some(WildcardToken::AnyChars(1)),
            '\\' => {
                let escaped = rest.next_if(|next| matches!(next, '*' | '?' | '\\'));
                literal.push(escaped.unwrap_or(c));
                None
            }
            _ => {
                literal.push(c);
                None
            }
        };
        let Some(token) = special else { continue };
        if !literal.is_empty() {
            tokens.push(WildcardToken::Text(std::mem::take(&mut literal).into()));
        }
        match (tokens.last_mut(), token) {
            (Some(WildcardToken::AnyChars(existing)), WildcardToken::AnyChars(more)) => {
                *existing += more
            }
            (Some(WildcardToken::Star), WildcardToken::Star) => {}
            (_, token) => tokens.push(token),
        }
    }
    if !literal.is_empty() {
        tokens.push(WildcardToken::Text(literal.into()));
    }
    tokens
}

/// Whether the whole name matches. Counts the steps.
pub(crate) fn matches(tokens: &[WildcardToken], name: &str, steps: &mut u64) -> bool {
    let is_star = |token: &WildcardToken| *token == WildcardToken::Star;
    let Some(first) = tokens.iter().position(is_star) else {
        return strip_prefix(tokens, name, steps) == Some("");
    };
    let last = tokens.iter().rposition(is_star).unwrap_or(first);
    let Some(rest) = strip_prefix(&tokens[..first], name, steps) else { return false };
    let Some(mut rest) = strip_suffix(&tokens[last + 1..], rest, steps) else { return false };
    let pieces = tokens[first..last].split(is_star).filter(|piece| !piece.is_empty());
    for piece in pieces {
        match skip_past_first(piece, rest, steps) {
            Some(text) => rest = text,
            None => return false,
        }
    }
    true
}

/// Whether a line shows it, with anything before and behind. Counts the steps.
pub(crate) fn is_match_anywhere(tokens: &[WildcardToken], mut line: &str, steps: &mut u64) -> bool {
    let is_star = |token: &WildcardToken| *token == WildcardToken::Star;
    let mut pieces = tokens.split(is_star).filter(|piece| !piece.is_empty());
    pieces.all(|piece| {
        let rest = skip_past_first(piece, line, steps);
        line = rest.unwrap_or_default();
        rest.is_some()
    })
}

/// What stands behind these pieces, which hold no `*`, if the text begins with them.
fn strip_prefix<'t>(
    pieces: &[WildcardToken],
    mut text: &'t str,
    steps: &mut u64,
) -> Option<&'t str> {
    for piece in pieces {
        text = match piece {
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

/// What stands before these pieces, which hold no `*`, if the text ends with them.
fn strip_suffix<'t>(
    pieces: &[WildcardToken],
    mut text: &'t str,
    steps: &mut u64,
) -> Option<&'t str> {
    for piece in pieces.iter().rev() {
        text = match piece {
            WildcardToken::Text(literal) => {
                charge_bytes(steps, literal.len());
                text.strip_suffix(&**literal)?
            }
            WildcardToken::AnyChars(count) => skip_back(*count, text, steps)?,
            WildcardToken::Star => text,
        };
    }
    Some(text)
}

/// What stands behind the first place in the text where these pieces are; they hold no `*`.
fn skip_past_first<'t>(
    pieces: &[WildcardToken],
    mut text: &'t str,
    steps: &mut u64,
) -> Option<&'t str> {
    let pieces = match pieces {
        [WildcardToken::AnyChars(count), rest @ ..] => {
            text = skip(*count, text, steps)?;
            rest
        }
        pieces => pieces,
    };
    let [WildcardToken::Text(literal), rest @ ..] = pieces else { return Some(text) };
    // What ends in `?` alone has no better place further behind.
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
    skip_past_first_bitap(pieces, text, steps)
}

/// The same for pieces that are nearly everywhere: all places where they could have begun are kept in mind, a
/// bit each.
///
/// The algorithm: <https://en.wikipedia.org/wiki/Bitap_algorithm>
fn skip_past_first_bitap<'t>(
    pieces: &[WildcardToken],
    text: &'t str,
    steps: &mut u64,
) -> Option<&'t str> {
    let symbols = symbols(pieces);
    let words = symbols.len().div_ceil(64);
    let bit = |at: usize| 1_u64 << (at % 64);
    let mut any_mask = vec![0; words];
    for (at, _) in symbols.iter().enumerate().filter(|(_, symbol)| **symbol == Symbol::AnyChar) {
        any_mask[at / 64] |= bit(at);
    }
    // By character: the places in the pattern where it may stand.
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

/// The text without its first so many characters.
fn skip<'t>(characters: usize, text: &'t str, steps: &mut u64) -> Option<&'t str> {
    charge_bytes(steps, characters.min(text.len()));
    if text.as_bytes().get(..characters)?.is_ascii() {
        return text.get(characters..);
    }
    *steps += characters as u64;
    let mut rest = text.chars();
    (0..characters).try_for_each(|_| rest.next().map(drop))?;
    Some(rest.as_str())
}

/// The text without its last so many characters.
fn skip_back<'t>(characters: usize, text: &'t str, steps: &mut u64) -> Option<&'t str> {
    charge_bytes(steps, characters.min(text.len()));
    let at = text.len().checked_sub(characters)?;
    if text.as_bytes()[at..].is_ascii() {
        return text.get(..at);
    }
    *steps += characters as u64;
    let mut rest = text.chars();
    (0..characters).try_for_each(|_| rest.next_back().map(drop))?;
    Some(rest.as_str())
}

fn charge_bytes(steps: &mut u64, bytes: usize) {
    *steps += 1 + (bytes / BYTES_PER_STEP) as u64;
}

/// The narrow one's pieces, matched as if they were a name: its `*` is swallowed by a `*` alone, its `?`
/// by either sign. Only the last `*` ever needs another try.
pub(crate) fn is_superset(
    wide: &[WildcardToken],
    narrow: &[WildcardToken],
    steps: &mut u64,
) -> bool {
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

/// Which ends of the one can be where the other is, sign by sign: the table of an edit distance, in which
/// only equal signs and runs take a step.
pub(crate) fn overlap(a: &[WildcardToken], b: &[WildcardToken], steps: &mut u64) -> bool {
    let (a, b) = (symbols(a), symbols(b));
    *steps += (a.len() + b.len()) as u64;
    if a.len().saturating_mul(b.len()) > MAX_OVERLAP_CELLS {
        return false;
    }
    *steps += (a.len() * b.len()) as u64;
    // Whether the first so many signs of `a` and of `b` have a name in common.
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
    row.last() == Some(&true)
}

/// One character of a wildcard.
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

/// Whether some name that begins so could match: the first `*` swallows whatever is left of the prefix, so
/// only what stands before it counts.
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
