//! Patterns and claims, compared with a slow version of the rule: every row against every name.

use super::choices::Choices;
use knownfail::known::{
    Claim, Expected, KnownFailures, MessagePattern, Pattern, PatternKind, Row, RowId,
};
use knownfail::model::Variant;
use std::cmp::Reverse;

const SYMBOLS: [&str; 12] = ["a", "b", ".", "*", "?", "é", "\\", "/", "aa", ".*", "b*", "a."];
const NAME_SYMBOLS: [&str; 8] = ["a", "b", ".", "é", "/", "aa", "*", "\\"];
const EXPRESSIONS: [&str; 10] =
    ["a", "b", ".", ".*", "(a|b)", "[^a]", "a{2,3}", "é?", "(?i)A", "\\."];
const VARIANTS: [&str; 5] = ["", "m", "!m", "m*, n", "n, !n"];

/// Rows, then names.
pub(crate) fn patterns(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let loose = choices.next_below(2) == 1;
    let rows: Vec<(String, &str)> =
        (0..choices.next_below(24) + 1).map(|_| row(&mut choices)).collect();
    let known = list(loose, &rows);
    for row in known.rows() {
        assert_eq!(row.expected, Expected::AnyFailure);
    }
    let mut first = true;
    while first || !choices.is_empty() {
        first = false;
        let name = choices.text(&NAME_SYMBOLS, 12);
        for variant in ["", "m", "n"].map(Variant::new) {
            assert_claims_follow_the_rule(&known, loose, &name, &variant);
        }
        for row in known.rows() {
            assert_approximations_are_sound(row, &name);
        }
    }
}

fn row(choices: &mut Choices<'_>) -> (String, &'static str) {
    let pattern = match choices.next_below(4) {
        0 => format!("re:{}", choices.text(&EXPRESSIONS, 4)),
        1 => format!("{}.*", choices.text(&SYMBOLS, 4)),
        _ => choices.text(&SYMBOLS, 9),
    };
    (pattern, choices.pick(&VARIANTS))
}

fn list(loose: bool, rows: &[(String, &str)]) -> KnownFailures {
    let head = if loose { "<!-- knownfail: compat = loose -->" } else { "" };
    let mut text = format!("{head}\n\n| Pattern | Variants |\n|---|---|\n");
    for (pattern, variants) in rows {
        text += &format!("| {} | {variants} |\n", pattern.replace('|', r"\|"));
    }
    KnownFailures::read(&[("list.md".into(), text)])
}

fn assert_claims_follow_the_rule(
    known: &KnownFailures,
    loose: bool,
    name: &str,
    variant: &Variant,
) {
    let fits = |row: &Row| match_row(row, loose, name).filter(|_| row.variants.allows(variant));
    let rows = known.rows_with_ids().filter(|(_, row)| row.inactive.is_none());
    let mut rows: Vec<(RowId, &Row, bool)> =
        rows.filter_map(|(id, row)| Some((id, row, fits(row)?))).collect();
    rows.sort_by_key(|(id, row, _)| {
        let literal = match row.pattern.kind() {
            PatternKind::Wildcard => literal_len(row.pattern.as_str()),
            PatternKind::Exact | PatternKind::Regex => 0,
        };
        (row.pattern.kind(), Reverse(literal), *id)
    });
    let ids: Vec<RowId> = rows.iter().map(|(id, _, _)| *id).collect();
    assert_eq!(known.matching(name, variant), ids, "{name:?}");
    let claim = rows.first().map(|(row, _, loosely)| Claim { row: *row, is_loose: *loosely });
    assert_eq!(known.claim(name, variant), claim, "{name:?}");
    let mut each = Vec::new();
    known.for_each_match(known.hash_name(name), name, variant, |id| each.push(id));
    // A row may come more than once there.
    each.sort_unstable();
    each.dedup();
    // A row may come twice.
    each.dedup();
    let mut sorted = ids;
    sorted.sort_unstable();
    assert_eq!(each, sorted, "{name:?}");
}

/// Whether a row matches, and if so whether only loosely.
fn match_row(row: &Row, loose: bool, name: &str) -> Option<bool> {
    let pattern = row.pattern.as_str();
    if pattern.starts_with("re:") {
        return row.pattern.matches(name).then_some(false);
    }
    if matches_slowly(pattern, name) {
        return Some(false);
    }
    let mut stem = tokens(pattern);
    let ends_in_star = stem.last() == Some(&ReferenceToken::Star);
    while stem.pop_if(|token| *token == ReferenceToken::Star).is_some() {}
    let ends_in_dot = stem.pop() == Some(ReferenceToken::Literal('.'));
    if !loose || !ends_in_star || !ends_in_dot || stem.is_empty() {
        return None;
    }
    stem.push(ReferenceToken::Star);
    tokens_match(&stem, name).then_some(true)
}

/// The wildcard rule, cell by cell of pattern times name.
fn matches_slowly(pattern: &str, name: &str) -> bool {
    tokens_match(&tokens(pattern), name)
}

fn tokens_match(tokens: &[ReferenceToken], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for token in tokens {
        let previous = std::mem::replace(&mut reached, vec![false; name.len() + 1]);
        for at in 0..=name.len() {
            reached[at] = match token {
                ReferenceToken::Star => previous[at] || at > 0 && reached[at - 1],
                ReferenceToken::AnyChar => at > 0 && previous[at - 1],
                ReferenceToken::Literal(c) => at > 0 && previous[at - 1] && name[at - 1] == *c,
            };
        }
    }
    reached[name.len()]
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReferenceToken {
    Star,
    AnyChar,
    Literal(char),
}

fn tokens(pattern: &str) -> Vec<ReferenceToken> {
    let mut tokens = Vec::new();
    let mut symbols = pattern.chars().peekable();
    while let Some(symbol) = symbols.next() {
        tokens.push(match symbol {
            '*' => ReferenceToken::Star,
            '?' => ReferenceToken::AnyChar,
            '\\' => match symbols.next_if(|next| ['*', '?', '\\'].contains(next)) {
                Some(literal) => ReferenceToken::Literal(literal),
                None => ReferenceToken::Literal('\\'),
            },
            symbol => ReferenceToken::Literal(symbol),
        });
    }
    tokens
}

fn literal_len(pattern: &str) -> usize {
    tokens(pattern).iter().filter(|token| matches!(token, ReferenceToken::Literal(_))).count()
}

/// Answers that may only be wrong on one side.
fn assert_approximations_are_sound(row: &Row, name: &str) {
    if row.pattern.matches(name) {
        for (cut, _) in name.char_indices() {
            assert!(
                row.could_match_prefix(&name[..cut]),
                "{:?} below {:?}",
                row.pattern,
                &name[..cut]
            );
        }
        let part = MessagePattern::parse(row.pattern.as_str()).expect("a pattern of a row");
        assert!(!row.pattern.is_catch_all() || part.matches(name) || name.is_empty());
    }
    let literal = Pattern::parse(&Pattern::for_name(name)).expect("a literal is a pattern");
    assert!(literal.matches(name), "{literal:?}");
    assert!(
        !row.pattern.is_superset_of(&literal, &mut 0) || row.pattern.matches(name),
        "{:?}",
        row.pattern
    );
}
