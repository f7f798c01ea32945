//! Parser for directives: `<!-- knownfail: … -->` sets options for the rest of its section.
//!
//! Options also apply to the sections inside.

use crate::known::pattern::regex_budget::RegexBudget;
use crate::known::row::Expected;
use crate::known::variants::VariantScope;
use crate::model::{ProblemKind, is_invisible};
use std::collections::BTreeSet;

/// Maximum variants of a directive, and their bytes: a report repeats them for each row of the section.
const MAX_VARIANTS: usize = 100;
const MAX_VARIANTS_LEN: usize = 4_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct SectionOptions {
    /// The 1-based line of the directive by which its tables are not lists, even with a test column.
    pub ignored_by: Option<u32>,
    /// Whether `X.*` matches every name that begins with `X`, not only with `X.`.
    pub is_loose: bool,
    /// Whether each row must have an issue.
    pub requires_issue: bool,
    /// Codes of problems that are not reported.
    pub allow: BTreeSet<&'static str>,
    /// The variants of rows without variants of their own.
    pub variants: VariantScope,
    /// The status of rows without a status of their own.
    pub expected: Expected,
    /// Whether a pattern matches the ends of names.
    pub matches_ends: bool,
}

/// One line of HTML.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CommentLine<'l> {
    /// Not a directive.
    Other,
    /// A directive: the text after its colon.
    Directive(&'l str),
    /// A directive that is not on a line of its own, or that has no colon.
    Malformed,
}

impl<'l> CommentLine<'l> {
    pub(crate) fn parse(line: &'l str) -> CommentLine<'l> {
        let line = line.trim();
        let Some(start) = line.find("<!--") else { return CommentLine::Other };
        let comment = &line[start + 4..];
        let Some(after_colon) = after_keyword(comment).and_then(|rest| rest.strip_prefix(':'))
        else {
            let is_closed = comment.contains("-->");
            let is_malformed = is_closed && looks_like_directive(comment);
            return if is_malformed { CommentLine::Malformed } else { CommentLine::Other };
        };
        match after_colon.split_once("-->") {
            Some((body, "")) if start == 0 => CommentLine::Directive(body.trim()),
            Some(_) | None => CommentLine::Malformed,
        }
    }
}

/// Whether the text after `<!--` was meant as a directive. Prose may begin with `knownfail`, too, so nothing
/// else or the name of an option has to follow.
pub(crate) fn looks_like_directive(comment: &str) -> bool {
    // Nobody sees that such a comment is none.
    let visible: String = comment.chars().filter(|c| !is_invisible(*c)).collect();
    let Some(rest) = after_keyword(&visible) else { return false };
    let end = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | ';');
    let body = rest.split("-->").next().unwrap_or_default();
    let word = body.split(end).find(|word| !word.is_empty()).unwrap_or_default();
    word.is_empty()
        || body.starts_with(':')
        || OPTION_NAMES.iter().any(|option| word.eq_ignore_ascii_case(option))
}

/// The text after `knownfail`, if a comment begins with this word.
fn after_keyword(text: &str) -> Option<&str> {
    const KEYWORD: &str = "knownfail";
    let text = text.trim_start();
    let keyword = text.get(..KEYWORD.len())?;
    if !keyword.eq_ignore_ascii_case(KEYWORD) {
        return None;
    }
    let rest = &text[KEYWORD.len()..];
    let is_word = rest.is_empty()
        || rest.starts_with(char::is_whitespace)
        || rest.starts_with(':')
        || rest.starts_with("-->");
    is_word.then(|| rest.trim_start())
}

/// The code, if a directive can suppress its problems.
fn suppressible_code(code: &str) -> Option<&'static str> {
    ProblemKind::SUPPRESSIBLE.into_iter().find(|known| *known == code.trim())
}

/// The names of the options in [`SectionOptions::set`].
const OPTION_NAMES: [&str; 8] =
    ["ignore", "compat", "policy", "variants", "variant", "allow", "match", "status"];

impl SectionOptions {
    /// Applies the directive in a line; returns the parts that are invalid.
    pub(crate) fn apply<'l>(
        &mut self,
        line: u32,
        directive: &'l str,
        budget: &mut RegexBudget,
    ) -> Vec<&'l str> {
        let mut parts =
            directive.split(';').map(str::trim).filter(|part| !part.is_empty()).peekable();
        if parts.peek().is_none() {
            return vec![""];
        }
        parts.filter(|part| self.set(line, part, budget).is_none()).collect()
    }

    fn set(&mut self, line: u32, part: &str, budget: &mut RegexBudget) -> Option<()> {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        match (key.as_str(), value.to_ascii_lowercase().as_str()) {
            ("ignore", "") if !part.contains('=') => {
                self.ignored_by.get_or_insert(line);
            }
            ("compat", "loose") => self.is_loose = true,
            ("compat", "strict") => self.is_loose = false,
            ("policy", "issue-required") => self.requires_issue = true,
            ("allow", _) => {
                let codes: Option<Vec<_>> = value.split(',').map(suppressible_code).collect();
                self.allow.extend(codes?);
            }
            ("policy", "none") => self.requires_issue = false,
            ("match", "end") => self.matches_ends = true,
            ("match", "whole") => self.matches_ends = false,
            ("status", status) if !status.is_empty() => {
                self.expected = Expected::parse(value, budget).ok()?;
            }
            ("variants" | "variant", named) if !named.is_empty() => {
                if value.len() > MAX_VARIANTS_LEN || value.split(',').count() > MAX_VARIANTS {
                    return None;
                }
                self.variants = VariantScope::parse(value, budget).ok()?;
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::row::FailureKind;

    fn apply<'l>(options: &mut SectionOptions, directive: &'l str) -> Vec<&'l str> {
        options.apply(7, directive, &mut RegexBudget::default())
    }

    #[test]
    fn directive_is_read_only_when_alone_on_its_line() {
        let parse = CommentLine::parse;
        assert_eq!(parse("  <!-- knownfail: ignore -->\r\n"), CommentLine::Directive("ignore"));
        assert_eq!(parse("<!--KnownFail : a; b-->"), CommentLine::Directive("a; b"));
        assert_eq!(parse("<!-- knownfail: ignore"), CommentLine::Malformed);
        assert_eq!(parse("<!-- knownfail: ignore --> | a |"), CommentLine::Malformed);
        assert_eq!(parse("text <!-- knownfail: ignore -->"), CommentLine::Malformed);
        assert_eq!(parse("<!-- knownfail is run nightly -->"), CommentLine::Other);
        assert_eq!(parse("<!-- é -->"), CommentLine::Other);
        assert_eq!(parse("<!-- knownfailures: ignore -->"), CommentLine::Other);
    }

    #[test]
    fn attempted_directive_is_malformed() {
        for comment in [
            "<!-- knownfail ignore -->",
            "<!-- KnownFail variants = a -->",
            "<!--knownfail compat=loose-->",
            "<!-- knownfail Ignore; x -->",
            "<!-- knownfail -->",
            "<!--knownfail-->",
            "text <!-- knownfail ignore -->",
        ] {
            assert_eq!(CommentLine::parse(comment), CommentLine::Malformed, "{comment}");
        }
        for comment in [
            "<!-- knownfail is described in docs/ -->",
            "<!-- knownfail-action ignore -->",
            "<!-- knownfail's ignore -->",
            "<!-- see knownfail ignore -->",
        ] {
            assert_eq!(CommentLine::parse(comment), CommentLine::Other, "{comment}");
        }
    }

    #[test]
    fn apply_sets_options_and_returns_bad_parts() {
        let mut options = SectionOptions::default();
        let bad = apply(
            &mut options,
            "compat = loose; policy=issue-required; variants = a, !b; nonsense",
        );
        assert_eq!(bad, ["nonsense"]);
        assert!(options.is_loose);
        assert!(options.requires_issue);
        assert_eq!((options.variants.only.len(), options.variants.except.len()), (1, 1));
        assert_eq!(options.ignored_by, None);
        assert!(apply(&mut options, "allow = odd-issue, wrong-total").is_empty());
        assert_eq!(Vec::from_iter(options.allow.clone()), ["odd-issue", "wrong-total"]);
        for bad in [
            "allow = ",
            "allow = bad-regex",
            "",
            ";",
            "ignore = no",
            "compat = tight",
            "variants =",
            "variants = re:(",
            "match = start",
            "match",
            "status =",
            "status = slow",
            "status = fail: re:(",
            "status = skip: x",
        ] {
            assert_eq!(apply(&mut options, bad).len(), 1, "{bad}");
        }
        let names = |count: usize| format!("variants = {}v", "v,".repeat(count - 1));
        assert_eq!([100, 101].map(|count| apply(&mut options, &names(count)).len()), [0, 1]);
        assert_eq!(apply(&mut options, &format!("variants = {}", "v".repeat(4_001))).len(), 1);
        assert!(apply(&mut options, "Match = End; status = Timed out").is_empty());
        let timeout = Expected::Failure { worst: FailureKind::Timeout, message: None };
        assert_eq!((options.matches_ends, &options.expected), (true, &timeout));
        assert!(apply(&mut options, "match = whole; status = any").is_empty());
        assert_eq!((options.matches_ends, &options.expected), (false, &Expected::AnyFailure));
        assert!(apply(&mut options, "ignore;").is_empty());
        assert_eq!(options.ignored_by, Some(7));
    }
}
