//! Converts another tool's regular expression to a pattern that matches the same names: an exact name or a wildcard
//! if that is equivalent, or else `re:`.
//!
//! `re:` matches the whole name, while most tools search for a match inside the name. An unescaped dot matches any
//! character, so `a.b` is not an exact name.
//!
//! Syntax: <https://docs.rs/regex/latest/regex/#syntax>, <https://docs.python.org/3/library/re.html>

use super::wildcard;
use crate::known::{BadRegex, Pattern, WildcardToken};
use crate::model::TestName;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Where in a name a tool searches for a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// At its start, as Python's `re.match`.
    FromStart,
    /// Anywhere, as `is_match` of the `regex` crate.
    Anywhere,
}

/// The pattern, or why there is none.
pub(crate) fn pattern(source: &str, search: Search) -> Result<String, String> {
    let source = match search {
        Search::FromStart => from_python(source),
        Search::Anywhere => source.to_owned(),
    };
    let parsed = regex_syntax::parse(&source).map_err(|error| BadRegex::from(error).why)?;
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
        return Err("it contains characters that are escaped in test names".to_owned());
    }
    let pattern = whole(&source, open_start, starts, ends);
    Pattern::parse(&pattern).map(|_| pattern).map_err(|error| error.why)
}

/// `re:` over the whole name, as similar to the source as possible.
fn whole(source: &str, open_start: bool, starts: bool, ends: bool) -> String {
    // `|` and flags extend to the end of their group, so the source is kept as it is.
    let grouped = source.contains('|') || source.contains("(?");
    let core = if grouped {
        format!("(?:{source})")
    } else {
        let core = source.strip_prefix('^').filter(|_| starts).unwrap_or(source);
        core.strip_suffix('$').filter(|_| ends).unwrap_or(core).to_owned()
    };
    let prefix = if open_start { ".*" } else { "" };
    let suffix_is_open = !ends && (grouped || !core.ends_with(".*") || core.ends_with(r"\.*"));
    let full = format!("{prefix}{core}{}", if suffix_is_open { ".*" } else { "" });
    // Whitespace at either end is trimmed.
    let is_trimmed = full.trim() != full;
    if is_trimmed { format!("re:(?:{full})") } else { format!("re:{full}") }
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
    let mut tokens: Vec<_> = open_start.then_some(WildcardToken::Star).into_iter().collect();
    for part in parts {
        match part {
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                tokens.push(WildcardToken::Text(text.to_owned()));
            }
            // `.+` is `?*`.
            HirKind::Repetition(run)
                if run.min <= 8 && run.max.is_none() && is_any_char(run.sub.kind()) =>
            {
                tokens.push(WildcardToken::AnyChars(run.min as usize));
                tokens.push(WildcardToken::Star);
            }
            // A single dot mostly means a literal dot; it stays as it was written.
            _ => return None,
        }
    }
    tokens.extend(open_end.then_some(WildcardToken::Star));
    wildcard::pattern(tokens)
}

/// Whether this matches any character; names contain no line breaks.
fn is_any_char(kind: &HirKind) -> bool {
    let HirKind::Class(Class::Unicode(class)) = kind else { return false };
    let mut negated = class.clone();
    negated.negate();
    negated.iter().all(|range| range.start() == '\n' && range.end() == '\n')
}

/// Converts Python's syntax: `\<` is a literal, `\Z` is the end of the text.
fn from_python(source: &str) -> String {
    let mut converted = String::with_capacity(source.len());
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('Z')) => converted.push_str(r"\z"),
            ('\\', Some(symbol)) if "<>\"' ,;:/=@".contains(symbol) => converted.push(symbol),
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
            (r"^ lead", FromStart, "re:(?: lead.*)"),
            (r" lead", FromStart, "re:(?: lead.*)"),
            (r"^ lead$", FromStart, "re:(?: lead)"),
            (r"^ a.b", Anywhere, "re:(?: a.b.*)"),
            (r"^ a|b", FromStart, "re:(?:^ a|b).*"),
        ] {
            assert_eq!(pattern(source, search).as_deref(), Ok(expected), "{source}");
        }
        for bad in ["a(?=b)", "(", "a{3"] {
            assert!(pattern(bad, FromStart).is_err(), "{bad}");
        }
    }
}
