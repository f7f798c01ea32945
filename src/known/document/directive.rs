//! What `<!-- knownfail: … -->` sets for the rest of its section.
//!
//! In: one line of a comment. Out: the [`Options`] it leads to, and the parts that are no option. A
//! newcomer's trap: an option also holds in the sections inside its own, and ends with its own.

use crate::known::VariantScope;
use crate::known::pattern::regex_budget::Budget;
use crate::model::ProblemKind;

/// The variants that a directive may name, and their bytes: a report has them with each row of the section.
const MOST_NAMED: usize = 100;
const LONGEST: usize = 4_000;

/// What holds in a part of a document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Whether its tables are lists.
    pub tables: Tables,
    /// How far `X.*` reaches.
    pub compat: Compat,
    /// What a row has to have.
    pub policy: Policy,
    /// Codes of problems that are known and not reported.
    pub allow: Codes,
    /// The variants of rows that do not say theirs.
    pub variants: VariantScope,
}

/// A set of codes of problems that may be allowed. It is small: each directive of a document may have one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Codes(u32);

// A bit for each of them.
const _: () = assert!(ProblemKind::ALLOWABLE.len() <= u32::BITS as usize);

impl Codes {
    /// The codes of a list with commas between, if all of them may be allowed.
    fn read(list: &str) -> Option<Codes> {
        let with = |Codes(bits), code: &str| Some(Codes(bits | Codes::bit(code.trim())?));
        list.split(',').try_fold(Codes::default(), with)
    }

    /// Whether a code is one of them.
    pub(crate) fn contains(self, code: &str) -> bool {
        Codes::bit(code).is_some_and(|bit| self.0 & bit != 0)
    }

    fn bit(code: &str) -> Option<u32> {
        let place = ProblemKind::ALLOWABLE.iter().position(|known| *known == code)?;
        Some(1 << place)
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
    Broken,
}

impl<'l> CommentLine<'l> {
    /// Looks for a directive in a line.
    pub(crate) fn read(line: &'l str) -> CommentLine<'l> {
        let line = line.trim();
        let Some(start) = line.find("<!--") else { return CommentLine::Other };
        let comment = &line[start + 4..];
        let Some(behind) = after_keyword(comment).and_then(|it| it.strip_prefix(':')) else {
            let is_whole = comment.contains("-->");
            let is_broken = is_whole && is_attempt(comment);
            return if is_broken { CommentLine::Broken } else { CommentLine::Other };
        };
        match behind.split_once("-->") {
            Some((body, "")) if start == 0 => CommentLine::Directive(body.trim()),
            Some(_) | None => CommentLine::Broken,
        }
    }
}

/// Whether a comment, from behind its beginning on, was meant as a directive. Prose begins with our name, too:
/// what counts is that nothing follows, or the name of an option.
pub(crate) fn is_attempt(comment: &str) -> bool {
    let Some(behind) = after_keyword(comment) else { return false };
    let end = |c: char| c.is_whitespace() || matches!(c, ':' | '=' | ';');
    let body = behind.split("-->").next().unwrap_or_default();
    let word = body.split(end).find(|word| !word.is_empty()).unwrap_or_default();
    word.is_empty()
        || body.starts_with(':')
        || OPTIONS.iter().any(|it| word.eq_ignore_ascii_case(it))
}

/// What follows our name, where a comment begins with it as a word of its own.
fn after_keyword(text: &str) -> Option<&str> {
    const KEYWORD: &str = "knownfail";
    let text = text.trim_start();
    let keyword = text.get(..KEYWORD.len())?;
    if !keyword.eq_ignore_ascii_case(KEYWORD) {
        return None;
    }
    let behind = &text[KEYWORD.len()..];
    let is_word = behind.is_empty()
        || behind.starts_with(char::is_whitespace)
        || behind.starts_with(':')
        || behind.starts_with("-->");
    is_word.then(|| behind.trim_start())
}

/// The names of the options, as [`Options::set`] knows them.
const OPTIONS: [&str; 6] = ["ignore", "compat", "policy", "variants", "variant", "allow"];

impl Options {
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
            ("allow", _) => self.allow.0 |= Codes::read(value)?.0,
            ("policy", "none") => self.policy = Policy::None,
            ("variants" | "variant", named) if !named.is_empty() => {
                if value.len() > LONGEST || value.split(',').count() > MOST_NAMED {
                    return None;
                }
                self.variants = VariantScope::parse(value, &mut Budget::default()).ok()?;
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
    fn a_directive_stands_on_a_line_of_its_own() {
        let read = CommentLine::read;
        assert_eq!(read("  <!-- knownfail: ignore -->\r\n"), CommentLine::Directive("ignore"));
        assert_eq!(read("<!--KnownFail : a; b-->"), CommentLine::Directive("a; b"));
        assert_eq!(read("<!-- knownfail: ignore"), CommentLine::Broken);
        assert_eq!(read("<!-- knownfail: ignore --> | a |"), CommentLine::Broken);
        assert_eq!(read("text <!-- knownfail: ignore -->"), CommentLine::Broken);
        assert_eq!(read("<!-- knownfail is run nightly -->"), CommentLine::Other);
        assert_eq!(read("<!-- é -->"), CommentLine::Other);
        assert_eq!(read("<!-- knownfailures: ignore -->"), CommentLine::Other);
    }

    #[test]
    fn what_was_meant_as_a_directive_is_one_that_is_broken() {
        for comment in [
            "<!-- knownfail ignore -->",
            "<!-- KnownFail variants = a -->",
            "<!--knownfail compat=loose-->",
            "<!-- knownfail Ignore; x -->",
            "<!-- knownfail -->",
            "<!--knownfail-->",
            "text <!-- knownfail ignore -->",
        ] {
            assert_eq!(CommentLine::read(comment), CommentLine::Broken, "{comment}");
        }
        for comment in [
            "<!-- knownfail is described in docs/ -->",
            "<!-- knownfail-action ignore -->",
            "<!-- knownfail's ignore -->",
            "<!-- see knownfail ignore -->",
        ] {
            assert_eq!(CommentLine::read(comment), CommentLine::Other, "{comment}");
        }
    }

    #[test]
    fn parts_are_set_and_bad_ones_come_back() {
        let mut options = Options::default();
        let bad =
            options.apply("compat = loose; policy=issue-required; variants = a, !b; nonsense");
        assert_eq!(bad, ["nonsense"]);
        assert_eq!(options.compat, Compat::Loose);
        assert_eq!(options.policy, Policy::IssueRequired);
        assert_eq!((options.variants.only.len(), options.variants.except.len()), (1, 1));
        assert_eq!(options.tables, Tables::Lists);
        assert!(options.apply("allow = odd-issue, wrong-total").is_empty());
        let allowed = |code: &&str| options.allow.contains(code);
        let allowed: Vec<&str> = ProblemKind::ALLOWABLE.into_iter().filter(allowed).collect();
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
