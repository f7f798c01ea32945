//! Wildcards: text, `?` and `*`, read into pieces and held against names.
//!
//! In: a pattern's text, then names. Out: whether they match, and how many steps it took to tell: documents
//! and names may be an attacker's, and somebody has to count. A newcomer's trap: what stands between two
//! `*` is taken where it is found first, and never needs another try: a later place leaves less for the
//! pieces behind it.

use memchr::memmem;
use std::collections::HashMap;

/// Steps that two wildcards may take to be found to overlap: beyond that they are taken not to.
const OVERLAP_LIMIT: usize = 1 << 16;

/// Bytes that are compared or searched in about the time of one step.
const AT_ONCE: usize = 16;
/// Steps that it takes to begin a search.
const SEARCH: u64 = 8;
/// Places where a piece is tried one by one; beyond, all places are tried at once, which takes longer to begin.
const TRIES: usize = 32;

/// A piece of a wildcard.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Token {
    /// These very characters; never empty, never beside another `Text`.
    Text(Box<str>),
    /// So many `?`: as many characters, whichever they are; never beside another `Any`.
    Any(usize),
    /// `*`: any run of characters, the empty one too; never beside another `Run`.
    Run,
}

impl Token {
    /// How many characters of it stand for themselves.
    pub(crate) fn literal_len(&self) -> usize {
        match self {
            Token::Text(text) => text.chars().count(),
            Token::Any(_) | Token::Run => 0,
        }
    }
}

/// The pieces of a pattern.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    if !text.contains(['*', '?', '\\']) {
        let name = Some(text).filter(|name| !name.is_empty());
        return name.map(|name| Token::Text(name.into())).into_iter().collect();
    }
    let mut tokens = Vec::new();
    let mut literal = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let special = match c {
            '*' => Some(Token::Run),
            '?' => Some(Token::Any(1)),
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
            tokens.push(Token::Text(std::mem::take(&mut literal).into()));
        }
        match (tokens.last_mut(), token) {
            (Some(Token::Any(before)), Token::Any(more)) => *before += more,
            (Some(Token::Run), Token::Run) => {}
            (_, token) => tokens.push(token),
        }
    }
    if !literal.is_empty() {
        tokens.push(Token::Text(literal.into()));
    }
    tokens
}

/// Whether the whole name matches. Counts the steps.
pub(crate) fn matches(tokens: &[Token], name: &str, steps: &mut u64) -> bool {
    let is_run = |token: &Token| *token == Token::Run;
    let Some(first) = tokens.iter().position(is_run) else {
        return behind(tokens, name, steps) == Some("");
    };
    let last = tokens.iter().rposition(is_run).unwrap_or(first);
    let Some(rest) = behind(&tokens[..first], name, steps) else { return false };
    let Some(mut rest) = before(&tokens[last + 1..], rest, steps) else { return false };
    let pieces = tokens[first..last].split(is_run).filter(|piece| !piece.is_empty());
    for piece in pieces {
        match behind_first(piece, rest, steps) {
            Some(text) => rest = text,
            None => return false,
        }
    }
    true
}

/// Whether a line shows it, with anything before and behind. Counts the steps.
pub(crate) fn is_shown(tokens: &[Token], mut line: &str, steps: &mut u64) -> bool {
    let is_run = |token: &Token| *token == Token::Run;
    let mut pieces = tokens.split(is_run).filter(|piece| !piece.is_empty());
    pieces.all(|piece| {
        let behind = behind_first(piece, line, steps);
        line = behind.unwrap_or_default();
        behind.is_some()
    })
}

/// What stands behind these pieces, which hold no `*`, if the text begins with them.
fn behind<'t>(pieces: &[Token], mut text: &'t str, steps: &mut u64) -> Option<&'t str> {
    for piece in pieces {
        text = match piece {
            Token::Text(literal) => {
                count(steps, literal.len());
                text.strip_prefix(&**literal)?
            }
            Token::Any(count) => skip(*count, text, steps)?,
            Token::Run => text,
        };
    }
    Some(text)
}

/// What stands before these pieces, which hold no `*`, if the text ends with them.
fn before<'t>(pieces: &[Token], mut text: &'t str, steps: &mut u64) -> Option<&'t str> {
    for piece in pieces.iter().rev() {
        text = match piece {
            Token::Text(literal) => {
                count(steps, literal.len());
                text.strip_suffix(&**literal)?
            }
            Token::Any(count) => skip_back(*count, text, steps)?,
            Token::Run => text,
        };
    }
    Some(text)
}

/// What stands behind the first place in the text where these pieces are; they hold no `*`.
fn behind_first<'t>(pieces: &[Token], mut text: &'t str, steps: &mut u64) -> Option<&'t str> {
    let pieces = match pieces {
        [Token::Any(count), rest @ ..] => {
            text = skip(*count, text, steps)?;
            rest
        }
        pieces => pieces,
    };
    let [Token::Text(literal), rest @ ..] = pieces else { return Some(text) };
    // What ends in `?` alone has no better place further behind.
    let is_over = !rest.iter().any(|token| matches!(token, Token::Text(_)));
    let one = literal.chars().next().map_or(1, char::len_utf8);
    for _ in 0..TRIES {
        let at = memmem::find(text.as_bytes(), literal.as_bytes());
        *steps += SEARCH;
        count(steps, literal.len() + at.unwrap_or(text.len()));
        let at = at?;
        let found = behind(rest, text.get(at + literal.len()..)?, steps);
        if found.is_some() || is_over {
            return found;
        }
        text = text.get(at + one..)?;
    }
    behind_first_of_all(pieces, text, steps)
}

/// The same for pieces that are nearly everywhere: all places where they could have begun are kept in mind, a
/// bit each.
///
/// The algorithm: <https://en.wikipedia.org/wiki/Bitap_algorithm>
fn behind_first_of_all<'t>(pieces: &[Token], text: &'t str, steps: &mut u64) -> Option<&'t str> {
    let signs = signs(pieces);
    let words = signs.len().div_ceil(64);
    let bit = |at: usize| 1_u64 << (at % 64);
    let mut any = vec![0; words];
    for (at, _) in signs.iter().enumerate().filter(|(_, sign)| **sign == Sign::One) {
        any[at / 64] |= bit(at);
    }
    // By character: the places in the pattern where it may stand.
    let mut places: HashMap<char, Vec<u64>> = HashMap::new();
    for (at, sign) in signs.iter().enumerate() {
        if let Sign::Char(c) = sign {
            places.entry(*c).or_insert_with(|| any.clone())[at / 64] |= bit(at);
        }
    }
    *steps += (signs.len() + places.len() * words) as u64;
    let mut reached = vec![0_u64; words];
    let last = signs.len().checked_sub(1)?;
    for (at, c) in text.char_indices() {
        let here = places.get(&c).unwrap_or(&any);
        *steps += 2 + words as u64;
        let mut carried = 1;
        for (reached, here) in reached.iter_mut().zip(here) {
            let next = *reached >> 63;
            *reached = (*reached << 1 | carried) & here;
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
    count(steps, characters.min(text.len()));
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
    count(steps, characters.min(text.len()));
    let at = text.len().checked_sub(characters)?;
    if text.as_bytes()[at..].is_ascii() {
        return text.get(..at);
    }
    *steps += characters as u64;
    let mut rest = text.chars();
    (0..characters).try_for_each(|_| rest.next_back().map(drop))?;
    Some(rest.as_str())
}

fn count(steps: &mut u64, bytes: usize) {
    *steps += 1 + (bytes / AT_ONCE) as u64;
}

/// The narrow one's pieces, matched as if they were a name: its `*` is swallowed by a `*` alone, its `?`
/// by either sign. Only the last `*` ever needs another try.
pub(crate) fn includes(wide: &[Token], narrow: &[Token], steps: &mut u64) -> bool {
    let (wide, narrow) = (signs(wide), signs(narrow));
    let (mut w, mut n) = (0, 0);
    let mut retry = None;
    *steps += (wide.len() + narrow.len()) as u64;
    while n < narrow.len() {
        *steps += 1;
        let swallows = match (wide.get(w), narrow[n]) {
            (Some(Sign::Run), _) => {
                retry = Some((w + 1, n));
                w += 1;
                continue;
            }
            (Some(Sign::One), Sign::One | Sign::Char(_)) => true,
            (Some(Sign::Char(a)), Sign::Char(b)) => *a == b,
            (Some(Sign::One | Sign::Char(_)) | None, _) => false,
        };
        if swallows {
            (w, n) = (w + 1, n + 1);
        } else {
            let Some((behind_run, tried)) = retry else { return false };
            (w, n) = (behind_run, tried + 1);
            retry = Some((behind_run, n));
        }
    }
    wide[w..].iter().all(|sign| *sign == Sign::Run)
}

/// Which ends of the one can be where the other is, sign by sign: the table of an edit distance, in which
/// only equal signs and runs take a step.
pub(crate) fn overlap(a: &[Token], b: &[Token], steps: &mut u64) -> bool {
    let (a, b) = (signs(a), signs(b));
    *steps += (a.len() + b.len()) as u64;
    if a.len().saturating_mul(b.len()) > OVERLAP_LIMIT {
        return false;
    }
    *steps += (a.len() * b.len()) as u64;
    // Whether the first so many signs of `a` and of `b` have a name in common.
    let mut row: Vec<bool> = Vec::with_capacity(b.len() + 1);
    row.push(true);
    for sign in &b {
        row.push(row.last() == Some(&true) && *sign == Sign::Run);
    }
    for from in &a {
        let mut diagonal = row[0];
        row[0] &= *from == Sign::Run;
        for (at, to) in b.iter().enumerate() {
            let above = row[at + 1];
            let same = match (from, to) {
                (Sign::Char(a), Sign::Char(b)) => a == b,
                (Sign::Run, _) | (_, Sign::Run) => false,
                (Sign::One, _) | (_, Sign::One) => true,
            };
            row[at + 1] = diagonal && same
                || *from == Sign::Run && (above || row[at])
                || *to == Sign::Run && (above || row[at]);
            diagonal = above;
        }
    }
    row.last() == Some(&true)
}

/// One character of a wildcard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Char(char),
    One,
    Run,
}

fn signs(tokens: &[Token]) -> Vec<Sign> {
    let mut signs = Vec::new();
    for token in tokens {
        match token {
            Token::Text(text) => signs.extend(text.chars().map(Sign::Char)),
            Token::Any(count) => signs.extend(std::iter::repeat_n(Sign::One, *count)),
            Token::Run => signs.push(Sign::Run),
        }
    }
    signs
}

/// Whether some name that begins so could match: the first `*` swallows whatever is left of the prefix, so
/// only what stands before it counts.
pub(crate) fn could_match_below(tokens: &[Token], prefix: &str) -> bool {
    let mut rest = prefix;
    for token in tokens {
        let next = match token {
            Token::Run => return true,
            Token::Any(count) if rest.chars().take(*count).count() < *count => return true,
            Token::Any(count) => skip(*count, rest, &mut 0),
            Token::Text(text) if text.starts_with(rest) => return true,
            Token::Text(text) => rest.strip_prefix(&**text),
        };
        match next {
            Some(shorter) => rest = shorter,
            None => return false,
        }
    }
    rest.is_empty()
}
