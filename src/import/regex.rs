//! A regular expression of another tool as a pattern of ours that claims the same names.
//!
//! In: the expression, and how its tool searches. Out: an exact name or a wildcard where that means the
//! same, else `re:` over the whole name. A newcomer's trap: our `re:` matches the whole name, theirs mostly
//! only looks for a match in it; and an unescaped dot is any character, so `a.b` is no exact name.
//!
//! Syntax: <https://docs.rs/regex/latest/regex/#syntax>, <https://docs.python.org/3/library/re.html>

use super::wildcard::{self, WildcardPiece};
use crate::known::Pattern;
use crate::model::TestName;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// How a tool searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// Python's `re.match`: from the start of the name, to wherever it matches.
    FromStart,
    /// The `regex` crate's `is_match`: anywhere in the name.
    Anywhere,
}

/// The pattern; or why there is none.
pub(crate) fn pattern(source: &str, search: Search) -> Result<String, String> {
    let source = match search {
        Search::FromStart => from_python(source),
        Search::Anywhere => source.to_owned(),
    };
    let parsed = regex_syntax::parse(&source).map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        last.trim_start_matches("error:").trim().to_owned()
    })?;
    let mut parts = Vec::new();
    flatten(&parsed, &mut parts);
    let starts = matches!(parts.first(), Some(HirKind::Look(Look::Start)));
    let ends =
        parts.len() > usize::from(starts) && matches!(parts.last(), Some(HirKind::Look(Look::End)));
    let inner = &parts[usize::from(starts)..parts.len() - usize::from(ends)];
    let open_start = !starts && search == Search::Anywhere;
    if let Some(pattern) = as_wildcard(inner, open_start, !ends) {
        return Ok(pattern);
    }
    if TestName::escape(&source) != source {
        return Err("it holds characters that results show as escapes".to_owned());
    }
    let pattern = whole(&source, open_start, starts, ends);
    match Pattern::parse(&pattern) {
        Ok(_) => Ok(pattern),
        Err(bad) => Err(bad.why),
    }
}

/// `re:` over the whole name, as near to the source as can be.
fn whole(source: &str, open_start: bool, starts: bool, ends: bool) -> String {
    let mut core = source;
    // An alternation reaches to its brackets, and a flag to the end: they stay as they are.
    let grouped = source.contains('|') || source.contains("(?");
    if !grouped && starts {
        core = core.strip_prefix('^').unwrap_or(core);
    }
    if !grouped && ends {
        core = core.strip_suffix('$').unwrap_or(core);
    }
    let core = if grouped { format!("(?:{core})") } else { core.to_owned() };
    let prefix = if open_start { ".*" } else { "" };
    let suffix_is_open = !ends && (grouped || !core.ends_with(".*") || core.ends_with(r"\.*"));
    let full = format!("{prefix}{core}{}", if suffix_is_open { ".*" } else { "" });
    // Blanks at the end of a cell are no part of what it says.
    if full.ends_with(char::is_whitespace) {
        format!("re:(?:{full})")
    } else {
        format!("re:{full}")
    }
}

fn flatten<'h>(hir: &'h Hir, parts: &mut Vec<&'h HirKind>) {
    match hir.kind() {
        HirKind::Concat(inner) => inner.iter().for_each(|part| flatten(part, parts)),
        HirKind::Capture(capture) => flatten(&capture.sub, parts),
        HirKind::Empty => {}
        kind => parts.push(kind),
    }
}

fn as_wildcard(parts: &[&HirKind], open_start: bool, open_end: bool) -> Option<String> {
    let mut pieces = Vec::new();
    if open_start {
        wildcard::push(&mut pieces, WildcardPiece::Star);
    }
    for part in parts {
        match part {
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                wildcard::push(&mut pieces, WildcardPiece::Text(text.to_owned()));
            }
            HirKind::Repetition(run) if run.max.is_none() && is_any_char(run.sub.kind()) => {
                // `.+` is one and then any.
                for _ in 0..run.min.min(8) {
                    wildcard::push(&mut pieces, WildcardPiece::AnyChar);
                }
                if run.min > 8 {
                    return None;
                }
                wildcard::push(&mut pieces, WildcardPiece::Star);
            }
            // A dot alone is mostly meant as a dot: left readable, as it was written.
            _ => return None,
        }
    }
    if open_end {
        wildcard::push(&mut pieces, WildcardPiece::Star);
    }
    wildcard::pattern(&pieces)
}

/// Whether this is any one character; names have no line ends.
fn is_any_char(kind: &HirKind) -> bool {
    let HirKind::Class(Class::Unicode(class)) = kind else { return false };
    let mut negated = class.clone();
    negated.negate();
    negated.iter().all(|range| range.start() == '\n' && range.end() == '\n')
}

/// What Python writes otherwise: `\<` is a character there, `\Z` the end.
fn from_python(source: &str) -> String {
    let mut converted = String::with_capacity(source.len());
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('Z')) => converted.push_str(r"\z"),
            (
                '\\',
                Some(symbol @ ('<' | '>' | '"' | '\'' | ' ' | ',' | ';' | ':' | '/' | '=' | '@')),
            ) => {
                converted.push(symbol);
            }
            (c, Some(escaped)) => converted.extend([c, escaped]),
            (c, None) => converted.push(c),
        }
    }
    converted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regex_becomes_an_equivalent_pattern() {
        use Search::{Anywhere, FromStart};
        for (source, search, expected) in [
            (r"^samba3\.smb2\.lease\.", FromStart, "samba3.smb2.lease.*"),
            (r"^samba3\.smb2\.lease\.a$", FromStart, "samba3.smb2.lease.a"),
            (r"samba3\.smb2\.lease\.a\(ad_dc\)$", FromStart, "samba3.smb2.lease.a(ad_dc)"),
            (r"^samba3.smb2.dir.one", FromStart, "re:samba3.smb2.dir.one.*"),
            (r"^samba4.rpc.*validate$", FromStart, "re:samba4.rpc.*validate"),
            (r"^samba4.rpc.*", FromStart, "re:samba4.rpc.*"),
            (r"^a\.*", FromStart, r"re:a\.*.*"),
            (r".*printer.*", FromStart, "*printer*"),
            (r".+x", FromStart, "?*x*"),
            (r"^a\((b|c)\)", FromStart, r"re:(?:^a\((b|c)\)).*"),
            (r"a\<b\Z", FromStart, "a<b"),
            (r"spec@foo", Anywhere, "*spec@foo*"),
            (r"^spec@foo.*$", Anywhere, "spec@foo*"),
            (r"a|bc", Anywhere, "re:.*(?:a|bc).*"),
            (r"[ab]c$", Anywhere, "re:.*[ab]c"),
            (r"^back\\slash\*", Anywhere, r"back\\slash\**"),
            (r"^$", Anywhere, "re:(?:)"),
            (r"FAIL: $", Anywhere, "re:(?:.*FAIL: )"),
        ] {
            assert_eq!(pattern(source, search).as_deref(), Ok(expected), "{source}");
        }
        for bad in ["a(?=b)", "(", "a{3"] {
            assert!(pattern(bad, FromStart).is_err(), "{bad}");
        }
    }
}
