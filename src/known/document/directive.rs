//! What `<!-- knownfail: … -->` sets for the rest of its section.
//!
//! In: one line of a comment. Out: the [`Options`] it leads to, and the parts that are no option. A
//! newcomer's trap: an option also holds in the sections inside its own, and ends with its own.

use crate::known::VariantScope;
use crate::known::pattern::regex_budget::RegexBudget;
use crate::model::ProblemKind;

/// The variants that a directive may name, and their bytes: a report has them with each row of the section.
const MAX_VARIANTS: usize = 100;
const MAX_VARIANTS_LEN: usize = 4_000;

/// What holds in a part of a document.
#[derive(Debug, Clone, Default)]
pub(crate) struct SectionOptions {
    /// Whether its tables are lists.
    pub tables: Tables,
    /// How far `X.*` reaches.
    pub compat: Compat,
    /// What a row has to have.
    pub policy: Policy,
    /// Codes of problems that are known and not reported.
    pub allow: ProblemCodes,
    /// The variants of rows that do not say theirs.
    pub variants: VariantScope,
}

/// A set of codes of problems that may be allowed. It is small: each directive of a document may have one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ProblemCodes(u32);

// A bit for each of them.
const _: () = assert!(ProblemKind::SUPPRESSIBLE.len() <= u32::BITS as usize);

impl ProblemCodes {
    /// The codes of a list with commas between, if all of them may be allowed.
    fn parse(list: &str) -> Option<ProblemCodes> {
        let with = |ProblemCodes(bits), code: &str| {
            Some(ProblemCodes(bits | ProblemCodes::bit(code.trim())?))
        };
        list.split(',').try_fold(ProblemCodes::default(), with)
    }

    /// Whether a code is one of them.
    pub(crate) fn contains(self, code: &str) -> bool {
        ProblemCodes::bit(code).is_some_and(|bit| self.0 & bit != 0)
    }

    fn bit(code: &str) -> Option<u32> {
        let index = ProblemKind::SUPPRESSIBLE.iter().position(|known| *known == code)?;
        Some(1 << index)
    }
}

/// Whether tables with a test column are lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tables {
    #[default]
    Lists,
    Ignored,
}

/// How far `X.*` reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Compat {
    /// What lies below `X`.
    #[default]
    Strict,
    /// Every name that begins with `X`.
    Loose,
}

/// What a row has to have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Policy {
    #[default]
    None,
    IssueRequired,
}

/// What one line of a comment is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CommentLine<'l> {
    /// Nothing of ours.
    Other,
    /// A directive, by what stands behind its colon.
    Directive(&'l str),
    /// Begins as a directive and is not on a line of its own, or lacks its colon.
    Malformed,
}

impl<'l> CommentLine<'l> {
    /// Looks for a directive in a line.
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

/// Whether a comment, from behind its beginning on, was meant as a directive. Prose begins with our name, too:
/// what counts is that nothing follows, or the name of an option.
pub(crate) fn looks_like_directive(comment: &str) -> bool {
    let Some(rest) = after_keyword(comment) else { return false };
    let end = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | ';');
    let body = rest.split("-->").next().unwrap_or_default();
    let word = body.split(end).find(|word| !word.is_empty()).unwrap_or_default();
    word.is_empty()
        || body.starts_with(':')
        || OPTION_NAMES.iter().any(|option| word.eq_ignore_ascii_case(option))
}

/// What follows our name, where a comment begins with it as a word of its own.
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

/// The names of the options, as [`Options::set`] knows them.
const OPTION_NAMES: [&str; 6] = ["ignore", "compat", "policy", "variants", "variant", "allow"];

impl SectionOptions {
    /// Sets what a directive says; the parts that say nothing come back.
    pub(crate) fn apply<'l>(&mut self, directive: &'l str) -> Vec<&'l str> {
        let parts: Vec<&str> = directive.split(';').map(str::trim).collect();
        let (empty, parts): (Vec<_>, Vec<_>) = parts.into_iter().partition(|p| p.is_empty());
        if parts.is_empty() {
            return empty.into_iter().take(1).collect();
        }
        parts.into_iter().filter(|part| self.set(part).is_none()).collect()
    }

    fn set(&mut self, part: &str) -> Option<()> {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
        match (key.as_str(), value.to_ascii_lowercase().as_str()) {
            ("ignore", "") if !part.contains('=') => self.tables = Tables::Ignored,
            ("compat", "loose") => self.compat = Compat::Loose,
            ("compat", "strict") => self.compat = Compat::Strict,
            ("policy", "issue-required") => self.policy = Policy::IssueRequired,
            ("allow", _) => self.allow.0 |= ProblemCodes::parse(value)?.0,
            ("policy", "none") => self.policy = Policy::None,
            ("variants" | "variant", named) if !named.is_empty() => {
                if value.len() > MAX_VARIANTS_LEN || value.split(',').count() > MAX_VARIANTS {
                    return None;
                }
                self.variants = VariantScope::parse(value, &mut RegexBudget::default()).ok()?;
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let bad =
            options.apply("compat = loose; policy=issue-required; variants = a, !b; nonsense");
        assert_eq!(bad, ["nonsense"]);
        assert_eq!(options.compat, Compat::Loose);
        assert_eq!(options.policy, Policy::IssueRequired);
        assert_eq!((options.variants.only.len(), options.variants.except.len()), (1, 1));
        assert_eq!(options.tables, Tables::Lists);
        assert!(options.apply("allow = odd-issue, wrong-total").is_empty());
        let allowed = |code: &&str| options.allow.contains(code);
        let allowed: Vec<&str> = ProblemKind::SUPPRESSIBLE.into_iter().filter(allowed).collect();
        assert_eq!(allowed, ["odd-issue", "wrong-total"]);
        assert!(!options.allow.contains("bad-regex"));
        for bad in [
            "allow = ",
            "allow = bad-regex",
            "",
            ";",
            "ignore = no",
            "compat = tight",
            "variants =",
            "variants = re:(",
        ] {
            assert_eq!(options.apply(bad).len(), 1, "{bad}");
        }
        let names = |count: usize| format!("variants = {}v", "v,".repeat(count - 1));
        assert_eq!([100, 101].map(|count| options.apply(&names(count)).len()), [0, 1]);
        assert_eq!(options.apply(&format!("variants = {}", "v".repeat(4_001))).len(), 1);
        assert!(options.apply("ignore;").is_empty());
        assert_eq!(options.tables, Tables::Ignored);
    }
}
