//! What one line of the Test Anything Protocol says: shared by TAP, prove's output and KTAP.
//!
//! In: a line without its indentation. Out: [`Said`]. What a newcomer would get wrong: a `#` opens a
//! directive only behind a blank, unescaped, and before `skip` or `todo`; any other stays in the name.
//! Names are handed out as they are printed, because who printed them decides what [`Escapes`] they have.
//!
//! <https://testanything.org/tap-version-14-specification.html>

use crate::model::Outcome;
use std::borrow::Cow;

/// How deep subtests are followed.
pub const DEEPEST: usize = 200;

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// `TAP version 14`, `KTAP version 1`.
    Version(&'a str),
    Plan {
        tests: u64,
    },
    Point(Point<'a>),
    BailedOut(&'a str),
    /// `# Subtest: name`.
    Subtest(&'a str),
    Comment(&'a str),
    /// `---`: a YAML block.
    Yaml,
    /// Output of the tests.
    Other,
}

/// A test point.
#[derive(Debug, PartialEq, Eq)]
pub struct Point<'a> {
    pub ok: bool,
    pub number: Option<u64>,
    /// Without a leading dash, a directive, a duration and an opening brace.
    pub name: &'a str,
    pub directive: Option<(Directive, &'a str)>,
    /// What stood behind a `#` that is no directive, durations left out: KTAP's `exit=1`, bats' `timeout`.
    pub aside: &'a str,
    /// Whether subtests in braces follow.
    pub opens: bool,
    /// Whether a `# time=…` stood behind it.
    pub timed: bool,
}

/// What changes the meaning of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    Skip,
    Todo,
}

impl<'a> Said<'a> {
    pub fn parse(line: &'a str) -> Said<'a> {
        let line = line.trim_end();
        match line.as_bytes() {
            [b'#', ..] => {
                let comment = line[1..].trim_start();
                match comment.strip_prefix("Subtest") {
                    Some("") => Said::Subtest(""),
                    Some(name) if name.starts_with(':') => {
                        Said::Subtest(without_asides(name[1..].trim()).0)
                    }
                    Some(_) | None => Said::Comment(comment),
                }
            }
            [b'0'..=b'9', ..] => plan(line).map_or(Said::Other, |tests| Said::Plan { tests }),
            [b'o' | b'n', ..] => point(line).map_or(Said::Other, Said::Point),
            b"---" => Said::Yaml,
            [b'T' | b't' | b'K' | b'k', ..] => version(line).map_or(Said::Other, Said::Version),
            [b'B', ..] => line
                .strip_prefix("Bail out!")
                .map_or(Said::Other, |why| Said::BailedOut(why.trim())),
            _ => Said::Other,
        }
    }
}

impl Point<'_> {
    /// What the point means to a harness: it never counts a directive's test as failed.
    pub fn outcome(&self) -> Outcome {
        match (self.directive, self.ok) {
            (Some((Directive::Skip, _)), _) => Outcome::Skipped,
            (Some((Directive::Todo, _)), false) => Outcome::Xfailed,
            (Some((Directive::Todo, _)) | None, true) => Outcome::Passed,
            (None, false) if self.aside.starts_with("timeout after ") => Outcome::TimedOut,
            (None, false) => Outcome::Failed,
        }
    }

    /// Why it was skipped or is to be done.
    pub fn reason(&self) -> &str {
        self.directive.map_or(self.aside, |(_, reason)| reason)
    }
}

fn version(line: &str) -> Option<&str> {
    let at = line.find(' ')?;
    let kind = &line[..at];
    let known = kind.eq_ignore_ascii_case("tap") || kind.eq_ignore_ascii_case("ktap");
    let rest = &line[at + 1..];
    let word = rest.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("version "));
    (known && word && rest[8..].starts_with(|c: char| c.is_ascii_digit())).then_some(line)
}

fn plan(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("1..")?;
    let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at(end);
    let ends = rest.is_empty() || rest.starts_with([' ', '\t', '#']);
    if ends { number.parse().ok() } else { None }
}

fn point(line: &str) -> Option<Point<'_>> {
    let rest = line.strip_prefix("not ").map(str::trim_start);
    let ok = rest.is_none();
    let rest = rest.unwrap_or(line).strip_prefix("ok")?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t', '-', '#', '{']) {
        return None;
    }
    let rest = rest.trim_start();
    let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..end].parse().ok();
    let number = number.filter(|_| !rest[end..].starts_with(|c: char| c.is_alphanumeric()));
    let rest = if number.is_some() { &rest[end..] } else { rest };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('-').unwrap_or(rest).trim();
    let (rest, opens) = match rest.strip_suffix('{') {
        Some(before) if before.is_empty() || before.ends_with(' ') => (before.trim_end(), true),
        Some(_) | None => (rest, false),
    };
    let (name, directive) = split_directive(rest);
    let (name, aside, timed) = without_asides(name);
    Some(Point { ok, number, name, directive, aside, opens, timed })
}

/// What a backslash escapes in a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escapes {
    /// A hash; and a backslash where Test::More escapes it: in a name with a hash, or with one at its end.
    OfTestMore,
    /// A hash and a backslash: TAP 14, and node in TAP 13.
    Always,
}

/// What a description says; a backslash before anything else is one.
pub fn unescaped(description: &str, escapes: Escapes) -> Cow<'_, str> {
    let has_escapes = match escapes {
        Escapes::OfTestMore => description.contains("\\#") || description.ends_with("\\\\"),
        Escapes::Always => description.contains('\\'),
    };
    if !has_escapes {
        return Cow::Borrowed(description);
    }
    let mut said = String::with_capacity(description.len());
    let mut characters = description.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.next_if(|next| character == '\\' && matches!(next, '#' | '\\'));
        said.push(escaped.unwrap_or(character));
    }
    Cow::Owned(said)
}

/// The text before a directive, and the directive with its reason.
fn split_directive(text: &str) -> (&str, Option<(Directive, &str)>) {
    for (at, _) in text.match_indices('#') {
        let before = &text[..at];
        if !before.is_empty() && !before.ends_with([' ', '\t']) {
            continue;
        }
        let rest = text[at + 1..].trim_start();
        let word = rest.split_whitespace().next().unwrap_or("");
        let starts =
            |known: &str| word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(known));
        let directive = match word.as_bytes().get(4) {
            _ if starts("skip") => Directive::Skip,
            None | Some(b':' | b'-' | b',' | b'.') if starts("todo") => Directive::Todo,
            _ => continue,
        };
        return (before.trim_end(), Some((directive, rest[word.len()..].trim())));
    }
    (text, None)
}

/// The text before what differs from run to run, what stood behind another `#`, and whether a time did.
fn without_asides(text: &str) -> (&str, &str, bool) {
    let (mut text, mut aside, mut timed) = (text.trim_end(), "", false);
    while let Some(at) = text.rfind(" # ") {
        let behind = &text[at + 3..];
        if behind.starts_with("time=") || behind.starts_with("in ") {
            timed = true;
        } else if ["exit=", "timeout after ", "TIMEOUT"].iter().any(|a| behind.starts_with(a)) {
            aside = behind;
        } else {
            break;
        }
        text = text[..at].trim_end();
    }
    if let Some(rest) = text.strip_prefix("# ").filter(|rest| rest.starts_with("time=")) {
        return (&rest[rest.len()..], aside, true);
    }
    (without_milliseconds(text), aside, timed)
}

/// The text without the ` in 12ms` that bats puts behind a name.
fn without_milliseconds(text: &str) -> &str {
    let cut = text.strip_suffix("ms").and_then(|rest| {
        let digits = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        if digits.len() == rest.len() { None } else { digits.strip_suffix(" in ") }
    });
    cut.unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> (Outcome, Option<u64>, &str, &str) {
        let Said::Point(point) = Said::parse(line) else { panic!("no point: {line}") };
        let reason = match point.directive {
            Some((_, reason)) => reason,
            None => point.aside,
        };
        (point.outcome(), point.number, point.name, reason)
    }

    #[test]
    fn points_in_every_spelling() {
        assert_eq!(said("ok"), (Outcome::Passed, None, "", ""));
        assert_eq!(said("not ok 2-b c"), (Outcome::Failed, Some(2), "b c", ""));
        assert_eq!(said("ok 3rd thing"), (Outcome::Passed, None, "3rd thing", ""));
        assert_eq!(said("ok 4 - x # time=1.2ms {"), (Outcome::Passed, Some(4), "x", ""));
        assert_eq!(said("ok 5 x in 12ms"), (Outcome::Passed, Some(5), "x", ""));
        let late = (Outcome::TimedOut, Some(6), "x", "timeout after 1s");
        assert_eq!(said("not ok 6 x # timeout after 1s"), late);
        for other in ["okay", "not okay", "ok: x", "nothing"] {
            assert_eq!(Said::parse(other), Said::Other, "{other}");
        }
    }

    #[test]
    fn directives_need_a_blank_before_them() {
        assert_eq!(said("ok 1 # SKIP why"), (Outcome::Skipped, Some(1), "", "why"));
        assert_eq!(
            said("ok 1 a # hash # skipped: b # c"),
            (Outcome::Skipped, Some(1), "a # hash", "b # c")
        );
        assert_eq!(said("not ok a # TODO b"), (Outcome::Xfailed, None, "a", "b"));
        assert_eq!(said("ok a # todo"), (Outcome::Passed, None, "a", ""));
        for name in ["a#skip b", r"a \# skip", "a # todos"] {
            assert_eq!(said(&format!("ok 1 - {name}")), (Outcome::Passed, Some(1), name, ""));
        }
    }

    #[test]
    fn a_backslash_escapes_a_hash_and_a_backslash() {
        let hash = r"hash \# a\b";
        for escapes in [Escapes::OfTestMore, Escapes::Always] {
            assert_eq!(unescaped(hash, escapes), r"hash # a\b");
            assert_eq!(unescaped(r"a\\\#b\\", escapes), r"a\#b\");
            assert_eq!(unescaped(r"matches \d \", escapes), r"matches \d \");
        }
        assert_eq!(unescaped(r"C:\\x", Escapes::Always), r"C:\x");
        assert_eq!(unescaped(r"C:\\x", Escapes::OfTestMore), r"C:\\x");
    }

    #[test]
    fn plans_and_titles() {
        assert_eq!(Said::parse("1..0 # SKIP x"), Said::Plan { tests: 0 });
        assert_eq!(Said::parse("100..1"), Said::Other);
        assert_eq!(Said::parse("tap version 13"), Said::Version("tap version 13"));
        assert_eq!(Said::parse("# Subtest: a # time=3ms"), Said::Subtest("a"));
        assert_eq!(Said::parse("# Subtest"), Said::Subtest(""));
        assert_eq!(Said::parse("# Subtests"), Said::Comment("Subtests"));
    }
}
