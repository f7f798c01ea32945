//! Patterns and claims, compared with a slow, literal version of the rule: every name against every row.

use knownfail::known::{
    Claim, KnownFailures, MatchMode, MessagePattern, Pattern, PatternKind, Row, RowId,
};
use knownfail::model::Variant;
use proptest::prelude::*;
use std::cmp::Reverse;

/// The README's wildcard rule, without any optimization.
fn matches_slowly(pattern: &[char], name: &[char]) -> bool {
    match pattern {
        [] => name.is_empty(),
        ['\\', c @ ('*' | '?' | '\\'), rest @ ..] | [c, rest @ ..] if !is_special(pattern) => {
            name.first() == Some(c) && matches_slowly(rest, &name[1..])
        }
        ['?', rest @ ..] => !name.is_empty() && matches_slowly(rest, &name[1..]),
        [_, rest @ ..] => (0..=name.len()).any(|cut| matches_slowly(rest, &name[cut..])),
    }
}

fn is_special(pattern: &[char]) -> bool {
    matches!(pattern.first(), Some('*' | '?'))
}

fn matches_slowly_str(pattern: &str, name: &str) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    matches_slowly(&chars(pattern), &chars(name))
}

fn parse_message(text: &str) -> MessagePattern {
    MessagePattern::parse(text).expect("no expression, or a good one")
}

fn parse(text: &str) -> Pattern {
    Pattern::parse(text).expect("no expression, or a good one")
}

#[test]
fn wildcard_keeps_its_literal_separator() {
    let dir = parse("smb2.dir.*");
    assert!(dir.matches("smb2.dir.find") && dir.matches("smb2.dir.a.b"));
    assert!(!dir.matches("smb2.dirlease.rename") && !dir.matches("smb2.dir"));
    assert!(parse("flock/*").matches("flock/00.t") && !parse("flock/*").matches("flock"));
    assert!(parse("utimensat/0?.t").matches("utimensat/09.t"));
}

#[test]
fn only_star_question_mark_and_their_escapes_are_special() {
    for literal in ["a[1]{x,y}", "f(int)", "a|b", "^a$", r"C:\dir", "!x", "a+", r"tail\"] {
        let pattern = parse(literal);
        assert_eq!(pattern.kind(), PatternKind::Exact, "{literal}");
        assert!(pattern.matches(literal), "{literal}");
    }
    for (pattern, name) in [(r"a\*b", "a*b"), (r"a\?b", "a?b"), (r"a\\*", r"a\xyz")] {
        assert!(parse(pattern).matches(name), "{pattern}");
    }
    assert!(!parse(r"a\*b").matches("axb") && !parse(r"a\?b").matches("axb"));
    assert_eq!(parse(r"a\\b"), parse(r"a\b"));
    assert_eq!(parse("a**b"), parse("a*b"));
}

#[test]
fn regular_expression_must_match_the_whole_name() {
    let either = parse(r"re:smb2\.(dir|lease)");
    assert!(either.matches("smb2.dir") && either.matches("smb2.lease"));
    assert!(!either.matches("smb2.dirlease") && !either.matches("xsmb2.dir"));
    assert!(!parse("re:a|b").matches("ax") && parse("re: a|b ").matches("b"));
    for bad in ["re:(", "re:a)|(b", "re:[z-a]", r"re:\w{1000}{1000}"] {
        let why = Pattern::parse(bad).expect_err(bad).why;
        assert!(!why.is_empty() && !why.contains('\n'), "{bad}: {why:?}");
    }
}

#[test]
fn message_pattern_matches_within_one_line() {
    let message = "../dir.c:99: status was NT_STATUS_NO_MEMORY, expected NT_STATUS_OK\nsecond";
    for pattern in ["NT_STATUS_*", "status was * expected", "second", "re:NO_(MEM|DISK)", "se?ond"]
    {
        assert!(parse_message(pattern).matches(message), "{pattern}");
    }
    for absent in ["NT_STATUS_OK*second", "first", "re:^NT_", "s?cnd"] {
        assert!(!parse_message(absent).matches(message), "{absent}");
    }
}

#[test]
fn loose_pattern_matches_every_name_with_the_prefix() {
    let loosened = |text: &str| parse(text).to_loose();
    let dir = loosened("smb2.dir.*").expect("ends in `.*`");
    assert!(dir.matches("smb2.dirlease.rename") && dir.matches("smb2.dir"));
    assert!(!dir.matches("smb2.di"));
    assert_eq!(dir.as_str(), "smb2.dir.*");
    assert!(loosened("a*.*").expect("ends in `.*`").matches("ab"));
    for none in ["a/*", "a*", ".*", "a.?", r"a.\*", "a.b", "re:a.*"] {
        assert_eq!(loosened(none), None, "{none}");
    }
}

#[test]
fn catch_all_patterns_are_detected() {
    for all in ["*", "**", "?*", "*?", "re:.*", "re:^.+$"] {
        assert!(parse(all).is_catch_all(), "{all}");
    }
    for some in ["a*", "???", "", "x", r"\*", "re:a.*"] {
        assert!(!parse(some).is_catch_all(), "{some}");
    }
}

#[test]
fn hostile_wildcards_match_in_bounded_time() {
    let pattern = parse(&"a*".repeat(200));
    let name = "a".repeat(2_000);
    assert!(pattern.matches(&name));
    assert!(!parse(&format!("{}b", "a*".repeat(200))).matches(&name));
    assert!(!parse(&format!("*{}", "?".repeat(3_000))).matches(&name));
}

/// A list with one row for each pattern and its variants.
fn list(head: &str, rows: &[(String, &str)]) -> KnownFailures {
    let mut text = format!("{head}\n\n| Pattern | Variants |\n|---|---|\n");
    for (pattern, variants) in rows {
        text += &format!("| {} | {variants} |\n", pattern.replace('|', r"\|"));
    }
    KnownFailures::read(&[("list.md".into(), text)])
}

/// The claiming rule, without any optimization.
fn matching_slowly(known: &KnownFailures, name: &str, variant: &Variant) -> Vec<RowId> {
    let fits = |row: &Row| row.inactive.is_none() && row.variants.allows(variant);
    let rows = known.rows_with_ids().filter(|(_, row)| fits(row));
    let mut rows: Vec<_> = rows.filter(|(_, row)| row.matches(name).is_some()).collect();
    rows.sort_by_key(|(id, row)| {
        let literal = match row.pattern.kind() {
            PatternKind::Wildcard => row.pattern.literal_len(),
            PatternKind::Exact | PatternKind::Regex => 0,
        };
        (row.pattern.kind(), Reverse(literal), *id)
    });
    rows.into_iter().map(|(id, _)| id).collect()
}

#[test]
fn claim_prefers_exact_then_longest_wildcard_then_regex() {
    let rows = ["re:.*", "*", "a.*", "a*b.c", "*.long.tail", "a.b", "a.b.*", "re:a.*"];
    let rows: Vec<_> = rows.iter().map(|pattern| ((*pattern).to_owned(), "")).collect();
    let known = list("", &rows);
    let claimed = |name: &str| {
        let claim = known.claim(name, &Variant::default()).expect("the catch-all claims it");
        known.row(claim.row).pattern.as_str()
    };
    assert_eq!(claimed("a.b"), "a.b");
    assert_eq!(claimed("a.b.c"), "a*b.c");
    assert_eq!(claimed("a.b.d"), "a.b.*");
    assert_eq!(claimed("a.long.tail"), "*.long.tail");
    assert_eq!(claimed("a.x"), "a.*");
    assert_eq!(claimed("b"), "*");
    let all: Vec<u32> =
        known.matching("a.b.c", &Variant::default()).iter().map(|id| id.0).collect();
    assert_eq!(all, [3, 6, 2, 1, 0, 7]);
}

#[test]
fn row_for_other_variants_does_not_block_a_claim() {
    let rows = [("a.b", "postgres"), ("a.*", "!memory*"), ("a*", ""), ("a.b", "`memory-2`, s3")];
    let rows = rows.map(|(pattern, variants)| (pattern.to_owned(), variants));
    let known = list("", &rows);
    let claimed = |variant: &str| known.claim("a.b", &Variant::new(variant)).map(|c| c.row.0);
    assert_eq!(claimed("postgres"), Some(0));
    assert_eq!(claimed("badger"), Some(1));
    assert_eq!(claimed("memory-1"), Some(2));
    assert_eq!(claimed("memory-2"), Some(3));
}

#[test]
fn loose_claims_are_marked() {
    let rows = ["smb2.dir.*", "smb2.d*"].map(|pattern| (pattern.to_owned(), ""));
    let known = list("<!-- knownfail: compat = loose -->", &rows);
    let claim = |name: &str| known.claim(name, &Variant::default());
    assert_eq!(claim("smb2.dirlease.x"), Some(Claim { row: RowId(0), is_loose: true }));
    assert_eq!(claim("smb2.dir.x"), Some(Claim { row: RowId(0), is_loose: false }));
    assert_eq!(claim("smb2.dx"), Some(Claim { row: RowId(1), is_loose: false }));
    assert!(known.row(RowId(0)).could_match_prefix("smb2.dirlease."));
    assert!(!known.row(RowId(0)).pattern.could_match_prefix("smb2.dirlease."));
}

#[test]
fn expressions_too_large_for_one_automaton_still_claim() {
    let rows: Vec<_> = (0..30).map(|n| (format!(r"re:\w{{20}}-{n}"), "")).collect();
    let known = list("", &rows);
    assert_eq!(known.problems(), []);
    let name = format!("{}-17", "x".repeat(20));
    assert_eq!(known.matching(&name, &Variant::default()), [RowId(17)]);
}

fn pattern_text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => r"[ab.*?é\\|]{1,7}",
        1 => "(a|b|aa|\\.|\\.\\*|é){1,4}".prop_map(|text| format!("re:{text}")),
        1 => "[ab.]{1,6}\\.\\*",
    ]
}

proptest! {
    #[test]
    fn wildcard_matching_follows_the_rule(pattern in r"[ab.*?é\\]{0,8}", name in r"[ab.*?é\\]{0,10}") {
        prop_assert_eq!(parse(&pattern).matches(&name), matches_slowly_str(&pattern, &name));
        let anywhere = matches_slowly_str(&format!("*{pattern}*"), &name);
        // A trailing backslash would make the added star a literal one.
        if !pattern.ends_with('\\') {
            prop_assert_eq!(parse_message(&pattern).matches(&format!("x\n{name}\n")),
                anywhere || matches_slowly_str(&format!("*{pattern}*"), "x"));
        }
    }

    #[test]
    fn superset_pattern_matches_every_name_of_its_subset(
        wide in r"[ab*?]{0,6}", narrow in r"[ab*?]{0,6}", name in "[ab]{0,6}",
    ) {
        let (wide, narrow) = (parse(&wide), parse(&narrow));
        prop_assert!(!wide.is_superset_of(&narrow, &mut 0) || !narrow.matches(&name) || wide.matches(&name));
        prop_assert!(wide.is_superset_of(&wide, &mut 0) && parse("*").is_superset_of(&narrow, &mut 0));
        let wrapped = format!("*{}*", narrow.as_str());
        prop_assert!(parse(&wrapped).is_superset_of(&narrow, &mut 0));
    }

    #[test]
    fn claim_follows_the_rule(
        rows in prop::collection::vec((pattern_text(), prop_oneof!["", "m", "!m", "m*, n"]), 0..24),
        names in prop::collection::vec(r"[ab.é]{0,8}", 12),
        loose in any::<bool>(),
    ) {
        let rows: Vec<(String, &str)> =
            rows.iter().map(|(pattern, variants)| (pattern.clone(), variants.as_str())).collect();
        let known = list(if loose { "<!-- knownfail: compat = loose -->" } else { "" }, &rows);
        for name in names {
            for variant in ["", "m", "n"].map(Variant::new) {
                let slowly = matching_slowly(&known, &name, &variant);
                prop_assert_eq!(&known.matching(&name, &variant), &slowly);
                let claim = slowly.first().map(|id| {
                    let is_loose = known.row(*id).matches(&name) == Some(MatchMode::Loose);
                    Claim { row: *id, is_loose }
                });
                prop_assert_eq!(known.claim(&name, &variant), claim);
            }
        }
    }

    #[test]
    fn could_match_prefix_is_exact(
        pattern in r"[ab*?]{0,4}",
        prefix in "[ab]{0,4}",
    ) {
        let parsed = parse(&pattern);
        let mut names = vec![prefix.clone()];
        for at in 0.. {
            if names[at].len() == prefix.len() + 4 {
                break;
            }
            names.extend(["a", "b"].map(|c| format!("{}{c}", names[at])));
        }
        let some = names.iter().any(|name| parsed.matches(name));
        prop_assert_eq!(parsed.could_match_prefix(&prefix), some);
    }

    #[test]
    fn literal_pattern_matches_only_its_name(name in r"[ab*?\\re: |`]{0,8}", other in r"[ab*?\\]{0,8}") {
        let pattern = parse(&Pattern::for_name(&name));
        prop_assert!(pattern.matches(&name));
        prop_assert_eq!(pattern.matches(&other), name == other);
    }
}
